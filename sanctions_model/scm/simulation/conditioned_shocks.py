"""Shocks drawn given that linear conditions hold: exact for Gaussian ones, by Gibbs for others."""

from collections.abc import Sequence

import numpy as np

from sanctions_model.errors import QuestionError

_SMALLEST_SHARE = 1e-10


def feasible_root(responses: np.ndarray, scale: np.ndarray, shocked: Sequence[str]) -> np.ndarray:
    """Return the triangles ``U`` with ``U' U = R D R'``; refuse conditions that cannot be met."""
    feasible = responses.shape[1] <= responses.shape[2]
    if feasible:
        scaled = responses * scale[:, None, :]
        root = np.linalg.qr(scaled.transpose(0, 2, 1), mode="r")
        singular = np.linalg.svd(root, compute_uv=False)
        weakest = singular.min(axis=1) / np.maximum(singular.max(axis=1), 1e-300)
        feasible = not np.any(weakest < _SMALLEST_SHARE)
    if not feasible:
        raise QuestionError(
            f"The shocks to {', '.join(shocked)} cannot meet all {responses.shape[1]} conditions "
            "at once; let more shocks absorb them, or drop a condition that another implies."
        )
    return np.asarray(root)


def _kernel(responses: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``D R'`` and ``R D R'``."""
    weighted = (responses * variance[:, None, :]).transpose(0, 2, 1)
    return weighted, responses @ weighted


def draw_conditioned(
    responses: np.ndarray,
    scale: np.ndarray,
    freedom: np.ndarray,
    gap: np.ndarray,
    drawn: np.ndarray,
    generator: np.random.Generator,
    gibbs_steps: int,
) -> np.ndarray:
    """Draw shocks given that their responses close the gap, shape ``(draw, shock)``."""
    heavy = np.isfinite(freedom)
    tails = np.where(heavy, freedom, 1.0)
    current = drawn
    for _ in range(gibbs_steps if heavy.any() else 1):
        # Precision of each shock given its size; 1 for Gaussian ones.
        shape, rate = (tails + 1.0) / 2.0, (tails + (current / scale) ** 2) / 2.0
        precision = np.where(heavy, generator.gamma(shape) / rate, 1.0)
        variance = scale**2 / precision
        free = generator.standard_normal(scale.shape) * np.sqrt(variance)
        weighted, kernel = _kernel(responses, variance)
        short = gap - np.einsum("nkj,nj->nk", responses, free)
        current = free + np.einsum("njk,nk->nj", weighted, _solve(kernel, short))
    # One projection more takes the rounding of ill-scaled kernels out of the conditions.
    weighted, kernel = _kernel(responses, scale**2)
    short = gap - np.einsum("nkj,nj->nk", responses, current)
    return np.asarray(current + np.einsum("njk,nk->nj", weighted, _solve(kernel, short)))


def _solve(kernel: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.linalg.solve(kernel, right[..., None])[..., 0]


def plausibility_of(
    responses: np.ndarray,
    scale: np.ndarray,
    freedom: np.ndarray,
    gap: np.ndarray,
    root: np.ndarray,
    generator: np.random.Generator,
    futures: int = 100,
) -> np.ndarray:
    """Share of futures whose distance ``g' (R D R')^-1 g`` is at least that of the conditions.

    Of Gaussian shocks this distance is chi-squared; of others it is that of simulated futures.
    """
    from scipy.special import gammaincc

    asked = _distance(root, gap[..., None])[:, 0]
    heavy = np.isfinite(freedom)
    if not heavy.any():
        return np.asarray(gammaincc(gap.shape[1] / 2, asked / 2))
    shape = (*scale.shape, futures)
    shocks = scale[..., None] * generator.standard_normal(shape)
    tails = np.where(heavy, freedom, 1.0)[..., None]
    shocks /= np.sqrt(np.where(heavy[..., None], generator.chisquare(tails, shape) / tails, 1.0))
    beyond = _distance(root, responses @ shocks) >= asked[:, None]
    return np.asarray(beyond.mean(axis=1))


def _distance(root: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """Return ``g' (U' U)^-1 g`` of each column, shape ``(draw, column)``."""
    white = np.linalg.solve(root.transpose(0, 2, 1), reached)
    return np.asarray((white**2).sum(axis=1))
