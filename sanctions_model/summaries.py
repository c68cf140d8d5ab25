"""Intervals, probabilities and a score: how draws become numbers in a table.

Credible intervals follow ArviZ's settings (``stats.ci_prob``, ``stats.ci_kind``), asked when a
table is made: one level on every surface, forecasts and checks included. Each number has a
Monte-Carlo standard error, that of a summary of finitely many draws that depend on each other, not
the spread of the answer. This module knows no model.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims

# A difference below so many Monte-Carlo standard errors is not told from none.
ERRORS = 2.0
# A number published without a range: its standard deviation as a part of its size, our judgement.
_UNSTATED = 0.25
_SOFT = 1.6  # standard deviations: half the width of a normal's 89 % interval
_HARD = 2.0  # what this project calls apart wherever it compares numbers
_SAMPLE = (dims.CHAIN, dims.DRAW)


@dataclass(frozen=True, slots=True)
class IntervalRule:
    """Mass and kind of a credible interval: ``eti`` (equal-tailed) or ``hdi`` (highest density)."""

    prob: float
    kind: str

    @property
    def percent(self) -> str:
        """The mass as in ``89 %``."""
        return f"{100 * self.prob:g} %"

    @property
    def tails(self) -> tuple[float, float]:
        """Shares of the draws below and up to the bounds of an equal-tailed interval."""
        return (1.0 - self.prob) / 2.0, (1.0 + self.prob) / 2.0

    def __str__(self) -> str:
        """Say the rule as a caption does."""
        kind = "" if self.kind == "eti" else "highest-density "
        return f"{self.percent} {kind}interval"


def interval_rule() -> IntervalRule:
    """Return the rule in force now.

    Examples
    --------
    >>> str(interval_rule())
    '89 % interval'
    """
    from arviz_base import rcParams  # a quarter of a second, which an import need not wait for

    return IntervalRule(float(rcParams["stats.ci_prob"]), str(rcParams["stats.ci_kind"]))


def interval(draws: xr.DataArray, rule: IntervalRule | None = None) -> xr.DataArray:
    """Median and interval bounds over chains and draws.

    `draws`: dims ``chain`` and ``draw`` plus any others. `rule`: the one in force by default.
    Returns: the other dims plus ``summary`` with ``median``, ``lower``, ``upper``.
    """
    rule = rule or interval_rule()
    rest = [dim for dim in draws.dims if dim not in _SAMPLE]
    values = draws.transpose(*rest, *_SAMPLE).to_numpy()
    values = values.reshape(*values.shape[:-2], -1)
    if rule.kind == "eti":
        tail = (1.0 - rule.prob) / 2.0
        with np.errstate(invalid="ignore"):  # between two infinite values of explosive draws
            found = np.quantile(values, [0.5, tail, 1.0 - tail], axis=-1)
    else:
        lower, upper = _highest_density(values, rule.prob)
        found = np.stack([np.median(values, axis=-1), lower, upper])
    coords = {dim: draws[dim] for dim in rest if dim in draws.coords}
    return xr.DataArray(
        np.moveaxis(found, 0, -1),
        dims=(*rest, "summary"),
        coords={**coords, "summary": ["median", "lower", "upper"]},
    )


def _highest_density(values: np.ndarray, prob: float) -> tuple[np.ndarray, np.ndarray]:
    """Narrowest interval of sorted draws that holds `prob` of them (Hyndman 1996)."""
    ordered = np.sort(values, axis=-1)
    size = ordered.shape[-1]
    inside = min(size - 1, max(1, int(np.floor(prob * size)))) if size > 1 else 0
    widths = ordered[..., inside:] - ordered[..., : size - inside]
    first = np.argmin(widths, axis=-1)[..., None]
    lower = np.take_along_axis(ordered, first, axis=-1)[..., 0]
    upper = np.take_along_axis(ordered, first + inside, axis=-1)[..., 0]
    return lower, upper


def probability(claim: xr.DataArray) -> xr.DataArray:
    """Share of draws for which a boolean holds, over chains and draws."""
    return claim.mean(_SAMPLE)


def continuous_ranked_probability_score(
    values: np.ndarray, outcome: float, weights: np.ndarray | None = None
) -> float:
    r"""Score a sample as a forecast of one outcome.

    .. math:: E|X - y| - \tfrac12 E|X - X'|

    `values`: draws of the forecast, shape ``(draw,)``. `weights`: of the draws; they are scaled to
    add up to 1. Equal by default. Returns: in the unit of the outcome; 0 for a forecast that is
    sure and right (Gneiting and Raftery 2007, Journal of the American Statistical Association 102).

    >>> continuous_ranked_probability_score(np.array([1.0, 3.0]), 2.0)
    0.5
    """
    from arviz_stats.base import array_stats

    weights = np.ones(values.size) if weights is None else weights
    with np.errstate(divide="ignore"):  # a draw may have no weight
        logs = np.log(weights)
    drawn, logs = values.reshape(1, 1, -1), logs.reshape(1, 1, -1)  # cell, chain, draw
    # ArviZ turns the sign, so that larger is better.
    return -float(array_stats.loo_score(drawn, np.array([outcome]), logs)[0])


def mean_error(draws: xr.DataArray) -> float:
    """Return the Monte-Carlo standard error of the mean of draws."""
    values = draws.transpose(*_SAMPLE).to_numpy()
    return float(values.std() / np.sqrt(effective_size(draws)))


def median_error(draws: xr.DataArray) -> float:
    """Return the Monte-Carlo standard error of the median of draws."""
    return _quantile_error(draws.transpose(*_SAMPLE).to_numpy(), 0.5)


def quantile_pulls(values: np.ndarray, place: float = 0.5) -> np.ndarray:
    r"""Return what each draw adds to the error of a quantile, its influence.

    .. math:: (q - [x_i \le x_q]) / f(x_q)

    with the density f from the order statistics two standard errors of a share around q. The
    standard deviation of the pulls over the root of the number of independent draws is the
    quantile's standard error; of two quantiles of the same draws what they share cancels.

    `values`: the last axis is of draws. `place`: the share q of the draws below, the median's by
    default. Returns: of the same shape, in the unit of the draws; zero where all draws are one
    number.

    Notes
    -----
    Serfling (1980), Approximation Theorems of Mathematical Statistics, 2.5.
    """
    ordered = np.sort(values, axis=-1)
    size = values.shape[-1]
    centre = round(place * (size - 1))
    step = max(1, round(2.0 * np.sqrt(size * place * (1.0 - place))))
    low, high = max(0, centre - step), min(size - 1, centre + step)
    slope = (ordered[..., high] - ordered[..., low]) / max(high - low, 1) * size
    above = values > np.quantile(ordered, place, axis=-1)[..., None]
    return np.asarray(slope[..., None] * np.where(above, place, place - 1.0))


def median_difference_error(first: xr.DataArray, second: xr.DataArray) -> float:
    """Return the Monte-Carlo standard error of a difference of medians from the same draws.

    That of a difference of probabilities or means is `mean_error` of the difference.

    `first`, `second`: dims ``(chain, draw)``; the same parameters draw by draw.
    """
    pulls = [quantile_pulls(own.transpose(*_SAMPLE).to_numpy().ravel()) for own in (first, second)]
    apart = (pulls[1] - pulls[0]).reshape(first.sizes[dims.CHAIN], -1)
    return mean_error(xr.DataArray(apart, dims=_SAMPLE))


def summary_errors(draws: xr.DataArray, summary: xr.DataArray) -> dict[str, float]:
    """Return the Monte-Carlo standard errors of median and interval bounds.

    `summary`: from `interval` of them. Returns: ``median_error``, ``lower_error``, ``upper_error``,
    in the unit of the draws; zero where all draws are one number, not a number of fewer than four
    draws a chain. A bound's error is that of the quantile at which it lies.
    """
    values = draws.transpose(*_SAMPLE).to_numpy()
    found = {"median_error": _quantile_error(values, 0.5)}
    for bound, at in zip(("lower", "upper"), summary.to_numpy()[1:], strict=True):
        place = float((values < at).mean())
        found[f"{bound}_error"] = _quantile_error(values, min(max(place, 0.001), 0.999))
    return found


def _quantile_error(values: np.ndarray, place: float) -> float:
    from arviz_stats.base import array_stats

    if np.ptp(values) == 0:
        return 0.0
    axes = {"chain_axis": 0, "draw_axis": 1}
    return float(array_stats.mcse(values, method="quantile", prob=place, **axes))


def share_error(holds: np.ndarray) -> float:
    """Return the Monte-Carlo standard error of a share of draws.

    `holds`: whether it holds, dims ``(chain, draw)``; draws of a chain that depend on each other
    count for less.
    """
    share = float(holds.mean())
    size = effective_size(xr.DataArray(holds.astype(float), dims=(dims.CHAIN, dims.DRAW)))
    return float(np.sqrt(share * (1.0 - share) / size))


def effective_size(draws: xr.DataArray) -> float:
    """Return the number of independent draws that draws are worth, at most their number."""
    from arviz_stats.base import array_stats

    array = draws.transpose(dims.CHAIN, dims.DRAW).to_numpy()
    if array.shape[1] < 10 or np.ptp(array) == 0:
        return float(array.size)
    found = float(array_stats.ess(array, chain_axis=0, draw_axis=1, method="bulk"))
    return min(float(array.size), found) if np.isfinite(found) else float(array.size)


def distance(
    published: tuple[float, float],
    model: tuple[float, float, float],
    prob: float,
    *,
    published_prob: float = 0.9,
) -> dict[str, object]:
    """Say how far the model is from a published figure, and on which side.

    ``z`` is the model's median less the middle of the published range, over both standard
    deviations together, each interval being read as one of a normal. By that distance alone a
    figure is inside or a miss: a miss from 1.6 standard deviations on, where an 89 % interval of
    the difference leaves out zero, and *hard* from 2 on. Whether a median lies in a range says
    nothing of how sure either is.

    `published`: lower and upper; equal for a single number, whose standard deviation is then taken
    to be a quarter of its size. `model`: median, lower and upper bound of an equal-tailed interval.
    `prob`, `published_prob`: what the model's interval and the published range hold. Returns: ``z``
    in standard deviations, ``miss`` (``hard``, ``soft`` or empty) and the ``size`` of a miss, ``too
    small`` or ``too large``.
    """
    (least, most), (median, lower, upper) = published, model
    centre = (least + most) / 2
    stated = (most - least) / _width(published_prob) or _UNSTATED * abs(centre)
    spread = float(np.hypot((upper - lower) / _width(prob), stated))
    gap = median - centre
    z = gap / spread if spread > 0 else np.copysign(np.inf, gap) if gap else 0.0
    inside = abs(z) < _SOFT
    side = "too small" if np.sign(centre) * gap < 0 else "too large"
    return {
        "z": float(z),
        "miss": "" if inside else "hard" if abs(z) >= _HARD else "soft",
        "size": "" if inside else side,
    }


def _width(prob: float) -> float:
    """Width of a normal's interval, in standard deviations."""
    from scipy.special import ndtri

    return float(2.0 * ndtri((1.0 + prob) / 2.0))
