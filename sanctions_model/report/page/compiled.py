"""The model as numbers that a page can run: equations, drivers and weights of a few draws.

Everything after the effective measures is linear, so an effect is the recursion over each
equation's `linear_form` without constants. What is written here are those forms, evaluated; the
page repeats no economics. Its script runs the recursion and the asymmetric adjustment.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model.scm.linear_form import Term
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, linear_forms
from sanctions_model.scm.simulation.propagate import continuation_paths
from sanctions_model.summaries import interval_rule

_SIGNS = str.maketrans("<>&", ".,:")


def packed(values: np.ndarray) -> dict[str, Any]:
    """Return an array as base85 of its little-endian doubles, with its shape."""
    return {"shape": list(values.shape), "base85": _base85(values.astype("<f8").tobytes())}


def packed_rows(values: np.ndarray, width: int = 3) -> dict[str, Any]:
    """Return rows of draws in a few bytes a value: levels from each row's lowest to its highest.

    The error is at most half a level: ``2**-25`` of a row's range in three bytes.

    `values`: shape ``(row, draw)``. `width`: bytes a value, 1 to 3.
    """
    low = values.min(axis=1)
    step = (values.max(axis=1) - low) / (256**width - 1)
    level = np.ascontiguousarray((values - low[:, None]) / np.where(step > 0, step, 1.0)[:, None])
    return {
        "shape": list(values.shape),
        "width": width,
        "low": packed(low),
        "step": packed(step),
        "base85": _base85(
            np.rint(level).astype("<u4").view("u1").reshape(-1, 4)[:, :width].tobytes()
        ),
    }


def _base85(raw: bytes) -> str:
    # A sixteenth shorter than base64; the three signs that HTML would escape are others here.
    return base64.b85encode(raw, pad=True).decode("ascii").translate(_SIGNS)


class _Weights:
    """Rows of weights over draws; numbers that are the same in all draws stay numbers."""

    def __init__(self, draws: int) -> None:
        self.draws, self.rows = draws, list[np.ndarray]()

    def add(self, weight: Any) -> dict[str, Any]:
        values = np.broadcast_to(np.asarray(weight, dtype=float), (self.draws,))
        if np.all(values == values[0]):
            return {"weight": float(values[0])}
        self.rows.append(values)
        return {"row": len(self.rows) - 1}


def compiled_model(
    scm: StructuralCausalModel, draws: xr.Dataset, outcomes: Sequence[str], horizon: int
) -> dict[str, Any]:
    """Evaluate the equations that lead to the outcomes, for data in a page.

    Returns: ``measures`` (name, path without relief, its effective intensities with the row of
    their recovery), ``equations`` in solving order with their terms (parent, lag, a weight or a row
    of weights, and ``times``, a path that multiplies it, where one changes), ``levels``,
    ``weights`` of shape ``(row, draw)``, ``recoverable_share`` and ``recovery_speed`` of shape
    ``(recovery, draw)``, ``own`` (rows of recoveries that are no measure's).
    """
    parameters = DrawParameters(scm, draws)
    forms = linear_forms(scm, parameters, with_constants=False)
    levels = {level.variable.name: level for level in scm.levels}
    direct = {levels[name].flow if name in levels else name for name in outcomes}
    needed = direct.union(*(scm.graph.ancestors(name) for name in direct))
    # What no measure moves has no part in an effect of relief.
    moved = set(scm.measures).union(*(scm.graph.descendants(name) for name in scm.measures))
    kept = needed & moved
    weights, paths = _Weights(parameters.size), continuation_paths(scm, horizon, {})
    equations = []
    for name, form in forms.items():
        if name not in kept:
            continue
        terms = [
            {"parent": term.parent, "lag": term.lag, **weights.add(weight), **times}
            for term in form.terms
            if term.parent in kept
            for weight, times in _multiplied(term, paths)
        ]
        equations.append({"name": name, "terms": terms})
    return {
        "horizon": horizon,
        "draws": parameters.size,
        "measures": _measures(scm, paths),
        "equations": equations,
        "levels": [
            {"name": name, "flow": levels[name].flow, "sign": levels[name].sign}
            for name in outcomes
            if name in levels
        ],
        "weights": packed_rows(np.array(weights.rows).reshape(-1, parameters.size)),
        "recoverable_share": _rows(parameters, scm, "recoverable_share"),
        "recovery_speed": _rows(parameters, scm, "recovery_speed"),
        "own": [at for at, name in enumerate(scm.recoveries) if name not in scm.measures],
    }


def _multiplied(
    term: Term, paths: Mapping[str, np.ndarray]
) -> list[tuple[Any, dict[str, list[float]]]]:
    """Return a term's weight and what multiplies it over the periods; nothing where that is 0."""
    if not term.factor:
        return [(term.weight, {})]
    path = paths[term.factor]
    if np.all(path == path[0]):
        return [(term.weight * path[0], {})] if path[0] else []
    return [(term.weight, {"times": [float(value) for value in path]})]


def _measures(
    scm: StructuralCausalModel, paths: Mapping[str, np.ndarray]
) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "effective": [
                {"name": follower, "recovery": scm.recoveries.index(equation.recovers_as)}
                for follower, equation in scm.effective.items()
                if equation.measure == name
            ],
            "stay": [float(value) for value in paths[name]],
        }
        for name in scm.measures
    ]


def _rows(parameters: DrawParameters, scm: StructuralCausalModel, name: str) -> dict[str, Any]:
    """One row a recovery of `scm.recoveries`."""
    rows = [parameters.row(name, label) for label in scm.recoveries]
    return packed_rows(np.array(rows).reshape(-1, parameters.size))


def representative_draws(features: np.ndarray, size: int) -> np.ndarray:
    """Choose draws so that quantiles of all features are close to those of the whole.

    Herding on indicators: with ``b_i`` the vector of ``([feature <= its q-quantile] - q) /
    sqrt(q (1 - q))`` over features and ``q`` (a half, and both tails of the interval), draws are
    added one by one, each the one that keeps the length of the sum of the ``b_i`` smallest. No
    random numbers: equal input gives equal output.

    `features`: shape ``(feature, draw)``; features that do not vary are left out of account.
    `size`: number of draws wanted. Returns: increasing positions, shape ``(min(size, draw),)``.

    Chen, Welling and Smola, Super-samples from kernel herding (2010).
    """
    count = features.shape[1]
    if size >= count:
        return np.arange(count)
    varying = features[np.ptp(features, axis=1) > 0]
    below, up_to = interval_rule().tails
    levels = np.array([below, 0.5, up_to])
    bounds = np.quantile(varying, levels, axis=1)
    inside = varying[None] <= bounds[:, :, None]
    spread = np.sqrt(levels * (1.0 - levels))[:, None, None]
    vectors = (inside - levels[:, None, None]) / spread
    vectors = vectors.reshape(-1, count).T.astype(np.float32)
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    total = np.zeros(vectors.shape[1], dtype=np.float32)
    free = np.ones(count, dtype=bool)
    for _ in range(size):
        growth = np.where(free, lengths + 2.0 * (vectors @ total), np.inf)
        chosen = int(np.argmin(growth))
        free[chosen] = False
        total += vectors[chosen]
    return np.flatnonzero(~free)
