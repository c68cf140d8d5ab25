"""What a number rests on: three statistics of draws and one word for them.

*Information* compares an answer before and after the data: ``1 - exp(-2 KL)``, KL from the prior's
to the posterior's distribution of the answer, in [0, 1). It sees a move of the centre as well as a
narrower spread, and depends on ranks alone: any monotone transformation of the answer gives the
same number. A move by a third of a prior standard deviation, the spread unchanged, is 0.1.

*Likelihood share* is the likelihood's part of how far the answer's ranks move when prior and
likelihood are raised to powers near 1 (Kallioinen, Paananen, Bürkner and Vehtari 2024).

*Variance share* of a group of parameters is the first-order Sobol index ``Var E[answer | group] /
Var(answer)``, from the draws at hand.

The word: `basis_word`. This module knows no model.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.summaries import effective_size

POWERS = (0.99, 1.01)
# Fewer draws say nothing about power scaling or variances.
LEAST_DRAWS = 200
# The rule of the word, in docs/howto/scorecard.md.
_LITTLE, _MUCH = 0.1, 0.5
_MOST_OF_VARIANCE, _PART_OF_VARIANCE = 0.9, 0.25
_UNMOVED = (0.37, 0.63)  # ranks a third of a standard deviation either side of a normal's median


class Information(NamedTuple):
    """Information gained, in [0, 1), and its Monte-Carlo standard error."""

    value: float
    error: float


def information(prior: xr.DataArray, posterior: xr.DataArray) -> Information:
    """Return ``1 - exp(-2 KL)`` of the posterior's distribution against the prior's.

    The posterior draws' ranks among the prior draws are counted in equal bins; of two equal
    distributions these counts are equal. The bias of the counts' entropy, of first order in both
    numbers of draws, is taken off (Miller 1955), and what is below zero by chance is zero.

    `prior`, `posterior`: draws of one number, dims ``(chain, draw)``. Returns: zero where neither
    has any spread and both are the same number.

    >>> draws = xr.DataArray(np.arange(500.0)[None], dims=("chain", "draw"))
    >>> information(draws, draws).value
    0.0
    """
    before, after = np.sort(_flat(prior)), _flat(posterior)
    size, prior_size = effective_size(posterior), before.size
    bins = max(3, 2 * int(min(size, prior_size) ** 0.45 / 2) + 1)
    mass = _binned(before, after, bins)
    logs = np.log(bins * mass, where=mass > 0, out=np.zeros(bins))
    divergence = float(mass @ logs)
    occupied = int((mass > 0).sum())
    bias = (occupied - 1) / (2 * size) + (bins - 1) / (2 * prior_size)
    variance = (
        max(0.0, float(mass @ logs**2) - divergence**2) / size
        + max(0.0, bins * float(mass @ mass) - 1.0) / prior_size
        + (bins - 1) / 2 * (1 / size + 1 / prior_size) ** 2
    )
    kept = max(0.0, divergence - bias)
    left = float(np.exp(-2.0 * kept))
    return Information(1.0 - left, 2.0 * left * float(np.sqrt(variance)))


def prior_rank(prior: xr.DataArray, posterior: xr.DataArray) -> float:
    """Return the rank of the posterior median among the prior draws, 0 to 1.

    Where many draws are one number, as those of a relief that does not come are zero, all of these
    have the same rank: 0.5 if it is the prior's median too, which has then not moved.

    >>> draws = xr.DataArray(np.arange(500.0)[None], dims=("chain", "draw"))
    >>> prior_rank(draws, draws + 125), prior_rank(draws, 0 * draws + 7)
    (0.75, 0.015)
    """
    before, middle = _flat(prior), float(np.median(_flat(posterior)))
    below, same = float(np.mean(before < middle)), float(np.mean(before == middle))
    return 0.5 if below <= 0.5 <= below + same else below + same / 2


def power_weights(log_density: np.ndarray) -> list[np.ndarray]:
    """Return smoothed weights of the draws with a density raised to powers just off 1.

    `log_density`: of each draw, dims ``(chain, draw)``. Returns: for each of `POWERS`, in the shape
    of the density; each sums to 1. Where the density is the same for all draws, as that of a table
    which informs no equation, so are the weights.
    """
    from arviz_stats.base import array_stats

    if np.ptp(log_density) == 0:
        return [np.full(log_density.shape, 1.0 / log_density.size) for _ in POWERS]
    found = []
    for power in POWERS:
        log_weights = np.asarray(array_stats.power_scale_lw(log_density.ravel(), alpha=power))
        raw = np.exp(log_weights - log_weights.max())
        found.append((raw / raw.sum()).reshape(log_density.shape))
    return found


def likelihood_share(
    values: xr.DataArray, prior: list[np.ndarray], likelihood: list[np.ndarray]
) -> float:
    """Return the likelihood's part of how far an answer moves with prior and likelihood.

    `values`: posterior draws of one number, dims ``(chain, draw)``. `prior`, `likelihood`: from
    `power_weights`, of the draws' log prior and log likelihood. Returns: 0 to 1; not a number where
    the answer has no spread, or fewer than 200 draws.
    """
    from arviz_stats.base import array_stats

    array = values.transpose(dims.CHAIN, dims.DRAW).to_numpy()
    if np.ptp(array) == 0 or array.size < LEAST_DRAWS:
        return np.nan
    ranks = _ranks(array.ravel()).reshape(array.shape)
    by_prior, by_likelihood = (
        float(array_stats.power_scale_sense(ranks, *weights, *POWERS))
        for weights in (prior, likelihood)
    )
    total = by_prior + by_likelihood
    return by_likelihood / total if total > 0 else np.nan


def likelihood_share_error(
    values: xr.DataArray, prior: list[np.ndarray], likelihood: list[np.ndarray]
) -> float:
    """Return the Monte-Carlo standard error of `likelihood_share`, from its spread over chains.

    `values`, `prior`, `likelihood`: as `likelihood_share` takes them. Returns: not a number for a
    single chain, or one whose chains have fewer than 200 draws each.
    """
    chains = [
        likelihood_share(
            values.isel({dims.CHAIN: [chain]}),
            *(
                [own[[chain]] / own[chain].sum() for own in weights]
                for weights in (prior, likelihood)
            ),
        )
        for chain in range(values.sizes[dims.CHAIN])
    ]
    return float(np.std(chains, ddof=1) / np.sqrt(len(chains))) if len(chains) > 1 else np.nan


def variance_share(values: np.ndarray, parameters: "np.ndarray | ParameterScores") -> float:
    """Return the first-order Sobol index of a group of parameters, from given draws.

    The conditional mean is read along one index of the group: a regression on the normal scores of
    its parameters, their squares and cubes on one half of the draws, binned on the other half (and
    the other way round), within-bin noise taken off. Exact for functions linear in normal
    parameters; products inside a group are missed, so that it is a lower bound there. Parameters
    that move together are credited together: shares of several groups need not sum to 1.

    `values`: shape ``(draw,)``. `parameters`: shape ``(draw, parameter)``, or what was made ready
    of it for many answers. Returns: in [0, 1); zero for a group without parameters, not a number
    where the answer has no spread or fewer than 200 draws.

    Plischke, Borgonovo and Smith 2013, European Journal of Operational Research 226.
    """
    if np.ptp(values) == 0 or values.size < LEAST_DRAWS:
        return np.nan
    scores = parameters if isinstance(parameters, ParameterScores) else ParameterScores(parameters)
    if not scores.moving:
        return 0.0
    shares = [
        _between_bins(scores.predicted(values, half), values[tried])
        for half, tried in enumerate(scores.halves[::-1])
    ]
    return float(np.clip(np.mean(shares), 0.0, 1.0 - 1e-9))


class ParameterScores:
    """Normal scores of a group of parameters, with their squares and cubes, for many answers.

    `parameters`: shape ``(draw, parameter)``; those that do not move say nothing.
    """

    def __init__(self, parameters: np.ndarray) -> None:
        from scipy.linalg import cho_factor
        from scipy.special import ndtri

        moved = parameters[:, np.ptp(parameters, axis=0) > 0]
        size, half = len(parameters), len(parameters) // 2
        self.moving = moved.shape[1]
        self.halves = slice(None, half), slice(half, None)
        if not self.moving:
            return
        scores = np.column_stack([ndtri(_ranks(column)) for column in moved.T])
        features = np.column_stack([np.ones(size), scores, scores**2, scores**3])
        self._features = [features[own] for own in self.halves]
        ridge = 1e-6 * size * np.eye(features.shape[1])
        self._factors = [cho_factor(own.T @ own + ridge) for own in self._features]

    def predicted(self, values: np.ndarray, half: int) -> np.ndarray:
        """Return the index of the draws of one half, fitted to the values of the other half.

        `values`: shape ``(draw,)``. `half`: the half that is fitted, 0 or 1.
        """
        from scipy.linalg import cho_solve

        own = values[self.halves[half]]
        moments = self._features[half].T @ (own - own.mean())
        return np.asarray(self._features[1 - half] @ cho_solve(self._factors[half], moments))


def basis_word(
    gained: float,
    rank: float,
    share: float,
    unidentified: float,
    assumed: float = np.nan,
    *,
    errors: tuple[float, float] = (0.0, 0.0),
) -> str:
    """Say in one word what a number rests on, by the rule of the scorecard's page.

    `gained`: from `information`. `rank`: from `prior_rank`. `share`: from `likelihood_share`; not a
    number where unknown. `unidentified`: variance share of parameters that the data say nothing
    about; not a number where unknown. `assumed`: variance share of these and of what is assumed
    about policy together. `errors`: Monte-Carlo standard errors of `gained` and `share`. The
    strongest word is given only where both hold by two of them: it must not hang on the seed.
    Returns: ``assumed``: information below 0.1 with the median within a third of a prior standard
    deviation, or 0.9 of the variance from parameters never identified (with policy and
    expectations). ``identified``: information and likelihood share of 0.5 or more, at most 0.25 of
    the variance from parameters never identified. ``mixed``: all else. What is unknown (not a
    number) keeps nobody from a word, but information is needed for each.

    >>> basis_word(0.05, 0.5, 0.3, 0.6), basis_word(0.05, 0.2, 0.3, 0.6)
    ('assumed', 'mixed')
    >>> basis_word(0.9, 0.2, 0.7, 0.1), basis_word(0.9, 0.2, 0.7, 0.95)
    ('identified', 'assumed')
    >>> basis_word(0.9, 0.2, 0.53, 0.1, errors=(0.02, 0.03))
    'mixed'
    """
    if np.isnan(gained):
        return "assumed"
    stayed = gained < _LITTLE and _UNMOVED[0] <= rank <= _UNMOVED[1]
    if stayed or max(_known(unidentified, 0.0), _known(assumed, 0.0)) >= _MOST_OF_VARIANCE:
        return "assumed"
    less = [2.0 * _known(error, 0.0) for error in errors]
    speaks = gained - less[0] >= _MUCH and _known(share - less[1], 1.0) >= _MUCH
    return "identified" if speaks and _known(unidentified, 0.0) <= _PART_OF_VARIANCE else "mixed"


def _known(value: float, otherwise: float) -> float:
    return otherwise if np.isnan(value) else value


def _flat(draws: xr.DataArray) -> np.ndarray:
    return np.asarray(draws.transpose(dims.CHAIN, dims.DRAW).to_numpy(), dtype=float).ravel()


def _ranks(values: np.ndarray) -> np.ndarray:
    """Middle ranks in (0, 1), shape ``(draw,)``."""
    from scipy.stats import rankdata

    return np.asarray((rankdata(values) - 0.5) / values.size)


def _binned(before: np.ndarray, after: np.ndarray, bins: int) -> np.ndarray:
    """Share of draws by their rank among sorted others, in equal bins; ties are spread out."""
    low = np.searchsorted(before, after, side="left") / before.size
    high = np.searchsorted(before, after, side="right") / before.size
    width = 1.0 / before.size
    # A draw between two others lies somewhere about the rank where they meet.
    alone = high <= low
    low = np.where(alone, low - width / 2, low).clip(0.0, 1.0 - width / 2)
    high = np.where(alone, high + width / 2, high).clip(width / 2, 1.0)
    edges = np.arange(1, bins) / bins
    below = ((edges[:, None] - low) / (high - low)).clip(0.0, 1.0).mean(axis=1)
    return np.diff(np.concatenate([[0.0], below, [1.0]])).clip(0.0)


def _between_bins(index: np.ndarray, values: np.ndarray) -> float:
    """Share of variance between equally filled bins of an index, noise within bins taken off."""
    bins = max(5, values.size // 20)
    centred = values[np.argsort(index, kind="stable")] - values.mean()
    starts = np.arange(bins) * values.size // bins
    sizes = np.diff([*starts, values.size])
    total = float(centred @ centred)
    within = total - float((np.add.reduceat(centred, starts) ** 2 / sizes).sum())
    return 1.0 - within / (values.size - bins) * (values.size - 1) / total


def assumed_words(answer: xr.DataArray) -> str:
    """Say at the end of a sentence on one effect that it is assumed, where it is known to be.

    `answer`: of one outcome and period, with the word beside it as `Basis.beside` puts it.
    """
    known = "basis" in answer.coords and str(answer["basis"].item()) == "assumed"
    return "; assumed, not learned from data" if known else ""
