"""Answers under other prior arguments from the draws at hand, and whether they can be trusted.

Pareto-smoothed importance sampling (PSIS): a draw's weight is the ratio of the new density to the
one it was drawn from; the largest weights are smoothed by a generalised Pareto tail, whose shape
k-hat says whether the answer holds. This module samples nothing and knows no sweep.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.errors import ReweightingError
from sanctions_model.inference.priors.families import Fixed, Prior
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import one_parameter
from sanctions_model.summaries import IntervalRule, interval_rule, mean_error

MAX_K_HAT = 0.7  # Vehtari, Simpson, Gelman, Yao and Gabry (2024), section 3
MIN_ESS = 400.0  # the same as the convergence gate asks of a fit
_NO_SPREAD = 1e-9  # log ratios that differ by less are the same belief up to rounding
_FEWEST_DRAWS = 100  # below, the tail has too few draws for a shape


@dataclass(frozen=True, kw_only=True, eq=False)
class ImportanceWeights:
    """Weights of draws, with what says whether they hold.

    Parameters
    ----------
    log_weights : numpy.ndarray
        Shape ``(chain * draw,)``, smoothed, normalised so that the weights sum to 1.
    k_hat : float
        Shape of the Pareto tail of the raw weights; -inf where all weights are equal.
    relative_efficiency : float
        Effective over actual number of the draws that are weighted.
    """

    log_weights: np.ndarray
    k_hat: float
    relative_efficiency: float = 1.0

    @cached_property
    def weights(self) -> np.ndarray:
        """The weights, summing to 1, shape ``(chain * draw,)``."""
        return np.asarray(np.exp(self.log_weights))

    @property
    def effective_size(self) -> float:
        """Independent draws of the new posterior that say as much: ``efficiency / sum w^2``."""
        return float(self.relative_efficiency / np.sum(self.weights**2))

    @property
    def failures(self) -> tuple[str, ...]:
        """Why the weights do not hold, in words; empty when they do."""
        found = []
        if not self.k_hat <= MAX_K_HAT:
            found.append(
                "no draw is where the new beliefs are"
                if np.isnan(self.k_hat)
                else f"k-hat {self.k_hat:.2f} (expected at most {MAX_K_HAT})"
            )
        if not self.effective_size >= MIN_ESS - 1e-6:  # 400 equal weights are 400
            found.append(
                f"effective sample size {self.effective_size:.0f} (expected at least {MIN_ESS:.0f})"
            )
        return tuple(found)

    @property
    def holds(self) -> bool:
        """Whether answers from these weights can be used."""
        return not self.failures

    def require(self) -> None:
        """Raise `ReweightingError` if the weights do not hold."""
        if self.failures:
            raise ReweightingError(
                f"Reweighting does not hold: {'; '.join(self.failures)}. "
                "The new beliefs are too far from those that were sampled; fit them."
            )


def changed_priors(before: Mapping[str, Prior], after: Mapping[str, Prior]) -> tuple[str, ...]:
    """Return the addresses at which two sets of priors have other families or arguments.

    `before`, `after`: by address, in absolute units (`Problem.absolute`). Raises `ReweightingError`
    if the two are not priors of the same parameters.
    """
    if set(before) != set(after):
        odd = min(set(before) ^ set(after))
        raise ReweightingError(
            f"Only one of the two sets of priors has {odd!r}; "
            "reweighting needs the same parameters, fit the other model instead."
        )
    return tuple(
        address
        for address, old in before.items()
        if old is not (new := after[address]) and _belief(old) != _belief(new)
    )


def _belief(prior: Prior) -> tuple[object, ...]:
    """Return what a density depends on: no unit, rationale or source."""
    return prior.family, prior.arguments, getattr(prior, "negative", False)


def prior_log_ratio(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    before: Mapping[str, Prior],
    after: Mapping[str, Prior],
) -> np.ndarray:
    r"""Log ratio of two prior densities at each draw.

    .. math:: r_s = \sum_{j} \log p'_j(\theta_{js}) - \log p_j(\theta_{js})

    over the parameters j whose prior changes. With the same data and equations, this is the log
    ratio of the two posteriors, up to a constant.

    `draws`: draws under `before`, dims ``(chain, draw)`` plus each parameter's own. `before`,
    `after`: by address, in absolute units (`Problem.absolute`). Returns: shape ``(chain * draw,)``;
    -inf where the new prior has no density. Raises `ReweightingError` if a new prior has density
    where the old one has none, so that no draw can speak for it, or one of the two is a known
    value.
    """
    total = np.zeros(draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW])
    for address in changed_priors(before, after):
        old, new = before[address], after[address]
        _require_coverage(address, old, new)
        own = one_parameter(scm, draws, address).transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel()
        total += new.log_density(own) - old.log_density(own)
    return total


def _require_coverage(address: str, old: Prior, new: Prior) -> None:
    if isinstance(old, Fixed) or isinstance(new, Fixed):
        raise ReweightingError(
            f"{address!r} is a known value in one of the two sets of priors; "
            "draws of one say nothing about the other, fit it instead."
        )
    if new.support[0] < old.support[0] or new.support[1] > old.support[1]:
        raise ReweightingError(
            f"{address!r}: the new prior has density on {new.support}, the draws are from "
            f"{old.support}; they never go beyond, fit it instead."
        )


def importance_weights(
    log_ratio: np.ndarray, *, relative_efficiency: float = 1.0
) -> ImportanceWeights:
    """Smooth and normalise importance ratios.

    `log_ratio`: log of new over old density at each draw, up to a constant, shape ``(chain *
    draw,)``; -inf where the new density is 0. `relative_efficiency`: effective over actual number
    of draws, in (0, 1]; 1 for independent draws. Returns: ask `holds` before use, or call
    `require`. Raises `ReweightingError` if there are fewer than 100 draws, a ratio is not a number
    or infinite, or the new density is 0 at every draw.

    Notes
    -----
    Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance sampling", Journal of
    Machine Learning Research 25 (2024). The smoothing is ArviZ's.
    """
    from arviz_stats.base import array_stats

    ratio = np.asarray(log_ratio, dtype=float)
    if ratio.ndim != 1 or ratio.size < _FEWEST_DRAWS:
        raise ReweightingError(
            f"Got log ratios of shape {ratio.shape}; expected one a draw and at least "
            f"{_FEWEST_DRAWS} draws. Use more draws."
        )
    if not 0.0 < relative_efficiency <= 1.0:
        raise ReweightingError(
            f"relative_efficiency is {relative_efficiency}; expected effective over actual number "
            "of draws, above 0 and at most 1."
        )
    if np.isnan(ratio).any() or np.isposinf(ratio).any():
        raise ReweightingError(
            "A log ratio is not a number or infinite: the old density is 0 at a draw from it; "
            "check that these priors are those of the draws."
        )
    possible = np.isfinite(ratio)
    if not possible.any():
        raise ReweightingError(
            "The new prior has no density at any draw; its support lies elsewhere, fit it instead."
        )
    if np.ptp(ratio[possible]) < _NO_SPREAD:
        flat = np.where(possible, -np.log(possible.sum()), -np.inf)
        return ImportanceWeights(
            log_weights=flat, k_hat=-np.inf, relative_efficiency=relative_efficiency
        )
    # ArviZ takes log likelihoods, whose negatives are the log ratios of leaving one out.
    log_weights, k_hat = array_stats.psislw(-ratio, r_eff=relative_efficiency)
    return ImportanceWeights(
        log_weights=np.asarray(log_weights),
        k_hat=float(k_hat),
        relative_efficiency=relative_efficiency,
    )


def effective_draws(log_ratio: np.ndarray) -> float:
    """Return how many equal weights are worth these, before any smoothing.

    `log_ratio`: as `importance_weights` takes it. Returns: Kish's ``(sum w)^2 / sum w^2``, draws
    taken as independent; 0 where no weight is positive.

    Examples
    --------
    >>> effective_draws(np.log([0.5, 0.5, 1e-300]))
    2.0
    """
    ratio = np.asarray(log_ratio, dtype=float)
    largest = ratio.max(initial=-np.inf)
    if not np.isfinite(largest):
        return 0.0
    weights = np.exp(ratio - largest)
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_quantile(
    values: np.ndarray, weights: np.ndarray, probs: Sequence[float]
) -> np.ndarray:
    """Quantiles of weighted draws; with equal weights those of `numpy.quantile`.

    `values`: draws along the last axis, shape ``(..., draw)``. `weights`: shape ``(draw,)``, not
    negative. `probs`: in [0, 1]. Returns: shape ``(prob, ...)``.

    Notes
    -----
    A sorted draw stands at the middle of its weight; positions are stretched so that the first and
    the last draw are the quantiles 0 and 1.

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]), [0.25]).item()
    1.5
    """
    ordered, positions = _ordered(values, weights)
    rows = zip(
        ordered.reshape(-1, ordered.shape[-1]),
        positions.reshape(-1, ordered.shape[-1]),
        strict=True,
    )
    found = np.stack([np.interp(probs, position, row) for row, position in rows], axis=1)
    return found.reshape(len(probs), *ordered.shape[:-1])


def _ordered(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted draws with a weight, and their positions from 0 to 1, both ``(..., draw)``."""
    used = weights > 0
    values, weights = values[..., used], weights[used]
    order = np.argsort(values, axis=-1, kind="stable")
    sorted_weights = weights[order]
    middle = np.cumsum(sorted_weights, axis=-1) - 0.5 * sorted_weights
    first, last = middle[..., :1], middle[..., -1:]
    spread = np.where(last > first, last - first, 1.0)
    return np.take_along_axis(values, order, axis=-1), (middle - first) / spread


def weighted_interval(
    draws: xr.DataArray, weights: np.ndarray, rule: IntervalRule | None = None
) -> xr.DataArray:
    """Weighted median and interval bounds over chains and draws.

    `draws`: dims ``chain`` and ``draw`` plus any others. `weights`: shape ``(chain * draw,)``.
    `rule`: the one in force by default. Returns: the other dims plus ``summary`` with ``median``,
    ``lower``, ``upper``, as `summaries.interval` gives them for equal weights.
    """
    rule = rule or interval_rule()
    rest = [dim for dim in draws.dims if dim not in (dims.CHAIN, dims.DRAW)]
    values = draws.transpose(*rest, dims.CHAIN, dims.DRAW).to_numpy()
    values = values.reshape(*values.shape[:-2], -1)
    if rule.kind == "eti":
        tail = (1.0 - rule.prob) / 2.0
        found = weighted_quantile(values, weights, [0.5, tail, 1.0 - tail])
    else:
        median = weighted_quantile(values, weights, [0.5])[0]
        found = np.stack([median, *_highest_density(values, weights, rule.prob)])
    coords = {dim: draws[dim] for dim in rest if dim in draws.coords}
    return xr.DataArray(
        np.moveaxis(found, 0, -1),
        dims=(*rest, "summary"),
        coords={**coords, "summary": ["median", "lower", "upper"]},
    )


def median_change_error(draws: xr.DataArray, weights: np.ndarray) -> float:
    r"""Return the Monte-Carlo standard error of what weights move a median by.

    With m and m' the medians without and with weights w that sum to 1, and f and f' the densities
    there, the error is that of the mean over the n draws of

    .. math:: n w_i (1/2 - [x_i \le m']) / f'(m') - (1/2 - [x_i \le m]) / f(m)

    in which what both medians take from the same draws cancels; the weights are taken as given.

    `draws`: dims ``(chain, draw)``. `weights`: shape ``(chain * draw,)``. Returns: in the unit of
    the draws.

    Notes
    -----
    The delta method for self-normalised importance sampling: Owen (2013), Monte Carlo theory,
    methods and examples, 9.2.
    """
    values = draws.transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel()
    equal = np.full(values.size, 1.0 / values.size)
    moved, stayed = (_median_pulls(values, own) for own in (weights / weights.sum(), equal))
    return _mean_error(moved - stayed, draws)


def _median_pulls(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return what each draw adds to a weighted median's error: `summaries.quantile_pulls`."""
    step = min(0.25, float(np.sqrt(np.sum(weights**2))))  # two errors of a share of one half
    low, middle, high = weighted_quantile(values, weights, [0.5 - step, 0.5, 0.5 + step])
    slope = (high - low) / (2.0 * step)
    return np.asarray(values.size * weights * slope * np.where(values > middle, 0.5, -0.5))


def share_change_error(holds: xr.DataArray, weights: np.ndarray) -> float:
    """Return the Monte-Carlo standard error of what weights move a probability by.

    `holds`: whether it holds, dims ``(chain, draw)``. `weights`: shape ``(chain * draw,)``.
    """
    values = holds.transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel().astype(float)
    weights = weights / weights.sum()
    moved = values.size * weights * (values - weights @ values)
    return _mean_error(moved - (values - values.mean()), holds)


def _mean_error(pulls: np.ndarray, like: xr.DataArray) -> float:
    by_chain = pulls.reshape(like.sizes[dims.CHAIN], -1)
    return mean_error(xr.DataArray(by_chain, dims=(dims.CHAIN, dims.DRAW)))


def _highest_density(
    values: np.ndarray, weights: np.ndarray, prob: float
) -> tuple[np.ndarray, np.ndarray]:
    """Narrowest interval between two draws whose positions are `prob` apart."""
    ordered, positions = _ordered(values, weights)
    shape, size = ordered.shape[:-1], ordered.shape[-1]
    bounds = np.empty((2, int(np.prod(shape, dtype=int))))
    rows = zip(ordered.reshape(-1, size), positions.reshape(-1, size), strict=True)
    for row, (draws, position) in enumerate(rows):
        last = np.searchsorted(position, position + prob * (1 - 1e-12))
        first = np.flatnonzero(last < size)
        best = first[np.argmin(draws[last[first]] - draws[first])]
        bounds[:, row] = draws[best], draws[last[best]]
    return bounds[0].reshape(shape), bounds[1].reshape(shape)


def resample(draws: xr.Dataset, weights: np.ndarray, *, size: int, random_seed: int) -> xr.Dataset:
    """Draw with replacement in proportion to the weights.

    `draws`: dims ``(chain, draw)`` plus any others. `weights`: shape ``(chain * draw,)``, summing
    to 1. `size`: draws to return. Returns: one chain of `size` draws, in the order of the draws
    they come from. Raises `ReweightingError` if `size` is below 1.

    Notes
    -----
    Systematic resampling (Kitagawa 1996): a draw of weight w is taken ``size * w`` times, rounded
    down or up, so that resampling adds next to no noise.
    """
    if size < 1:
        raise ReweightingError(f"size is {size}; expected at least 1 draw.")
    start = generator_of(random_seed).random()
    cumulative = np.cumsum(weights)
    places = (start + np.arange(size)) / size * cumulative[-1]
    chosen = np.minimum(np.searchsorted(cumulative, places, side="right"), weights.size - 1)
    chain, draw = np.divmod(chosen, draws.sizes[dims.DRAW])
    along = "resampled"
    picked = draws.isel(
        {
            dims.CHAIN: xr.DataArray(chain, dims=along),
            dims.DRAW: xr.DataArray(draw, dims=along),
        }
    )
    picked = picked.drop_vars([dims.CHAIN, dims.DRAW], errors="ignore")
    picked = picked.rename({along: dims.DRAW}).expand_dims({dims.CHAIN: [0]})
    return picked.assign_coords({dims.DRAW: np.arange(size)}).transpose(dims.CHAIN, dims.DRAW, ...)
