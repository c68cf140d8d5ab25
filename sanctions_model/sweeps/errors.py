"""Monte-Carlo errors of a sweep's answers and of their differences, from what is stored of them.

The stored draws are a part of the draws that a median is of: their spread gives each median's
influences, the answer's effective size the number of draws that it is worth. Points that are
answered from one base's draws share them, and what both of two points share cancels.
"""

import json
from collections.abc import Mapping

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.summaries import ERRORS, quantile_pulls


def summary_error(arrays: Mapping[str, np.ndarray], tails: tuple[float, float]) -> np.ndarray:
    """Return the standard error of each summary, shape ``(point, outcome, summary)``.

    `arrays`: ``effect``, shape ``(point, outcome, draw)``; ``effective_size`` and ``ess_bulk``,
    shape ``(point,)``, not a number where unknown: then the stored draws count. `tails`: shares of
    the draws below the interval's bounds. Returns: of median, lower and upper bound and the share
    of draws below zero.
    """
    found = [np.linalg.norm(_pulls(arrays, place), axis=-1) for place in (0.5, *tails)]
    share = (arrays["effect"] < 0).mean(axis=-1)
    found.append(np.sqrt(share * (1.0 - share) / _worth(arrays)[:, None]))
    return np.stack(found, axis=-1)


def from_first(found: xr.Dataset) -> dict[str, np.ndarray]:
    """Compare each point's median with that of the first point.

    Returns: each of shape ``(point, outcome)``: ``from_first``, the difference of the medians in
    the outcome's unit, ``from_first_error``, its Monte-Carlo standard error, and ``within_error``,
    whether it is at most two of them.
    """
    median = _flat(found["effect_summary"].sel(summary="median"))
    pulls, group = _stored(found)
    own = np.square(pulls).sum(axis=-1)
    paired = np.square(pulls - pulls[0]).sum(axis=-1)
    shared = (group == group[0])[:, None]
    error = np.sqrt(np.where(shared, paired, own + own[0]))
    apart = median - median[0]
    near = np.abs(apart) <= ERRORS * error
    return {"from_first": apart, "from_first_error": error, "within_error": near}


def contrast_errors(found: xr.Dataset, contrasts: np.ndarray) -> np.ndarray:
    """Return the standard errors of sums of medians, shape ``(contrast, outcome)``.

    `contrasts`: shape ``(contrast, point)``: the factor of each point's median.
    """
    pulls, group = _stored(found)
    total = np.zeros((len(contrasts), pulls.shape[1]))
    for one in np.unique(group):
        own = group == one
        total += np.square(np.einsum("cp,pod->cod", contrasts[:, own], pulls[own])).sum(axis=-1)
    return np.sqrt(total)


def _worth(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """How many independent draws an answer is worth, shape ``(point,)``."""
    worth = np.where(
        np.isfinite(arrays["effective_size"]), arrays["effective_size"], arrays["ess_bulk"]
    )
    return np.where(np.isfinite(worth), worth, arrays["effect"].shape[-1])


def _pulls(arrays: Mapping[str, np.ndarray], place: float = 0.5) -> np.ndarray:
    """Influences whose squares add up, over the stored draws, to the quantile's variance."""
    scale = np.sqrt(arrays["effect"].shape[-1] * _worth(arrays))
    pulls = quantile_pulls(arrays["effect"].astype(float), place)
    return np.asarray(pulls / scale[:, None, None])


def _stored(found: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Influences, shape ``(point, outcome, draw)``, and a number for points of the same draws."""
    effect = found["effect"].transpose(..., dims.OUTCOME, dims.DRAW).to_numpy()
    arrays = {name: found[name].to_numpy().ravel() for name in ("effective_size", "ess_bulk")}
    arrays["effect"] = effect.reshape(-1, *effect.shape[-2:])
    base, route = (found[name].to_numpy().ravel() for name in ("base", "route"))
    # Draws of a mixture of futures are drawn anew at every point.
    shared = (route == "propagate") & (not json.loads(found.attrs["design"]).get("future"))
    return _pulls(arrays), np.where(shared, base.astype(int), -1 - np.arange(base.size))


def _flat(values: xr.DataArray) -> np.ndarray:
    array = values.transpose(..., dims.OUTCOME).to_numpy()
    return np.asarray(array.reshape(-1, array.shape[-1]))
