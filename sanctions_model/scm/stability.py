"""Spectral radius of the model's companion form, draw by draw. Knows no data."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.scm.linear_form import LinearForm, Term
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, linear_forms
from sanctions_model.scm.variables import Continuation, Path, continued

# Above it a draw explodes; a stated random walk, as of oil, has a modulus of 1 up to rounding.
STABLE = 1.0 + 1e-8

type Weights = dict[tuple[str, int], np.ndarray | float]


def reduced_form(
    scm: StructuralCausalModel, forms: Mapping[str, LinearForm], states: frozenset[str]
) -> dict[str, Weights]:
    """Express each state by lagged states alone: within-period parents and identities resolved.

    `forms`: of every structural equation. `states`: stochastic and latent variables to keep;
    everything else that is no identity counts as 0. Returns: for each state, the weight of each
    (state, lag) with lag of at least 1.
    """
    parts: dict[str, Weights] = {}  # identities by states, any lag
    for name in scm.unobserved:
        if name in forms and name not in states:
            parts[name] = _collect(forms[name], states, parts)
    solved: dict[str, Weights] = {}
    for name in scm.graph.order:  # parents of the same period first
        if name not in states:
            continue
        solved[name] = {}
        for (parent, lag), weight in _collect(forms[name], states, parts).items():
            found = solved[parent] if lag == 0 else {(parent, lag): 1.0}
            for key, share in found.items():
                solved[name][key] = solved[name].get(key, 0.0) + weight * share
    return solved


def _collect(form: LinearForm, states: frozenset[str], parts: Mapping[str, Weights]) -> Weights:
    """Weights of the states behind a form's terms, identities replaced by what they are made of."""
    total: Weights = {}
    for term in form.terms:
        found = {(term.parent, 0): 1.0} if term.parent in states else parts.get(term.parent, {})
        for (name, lag), weight in found.items():
            key = (name, lag + term.lag)
            total[key] = total.get(key, 0.0) + term.weight * weight
    return total


def spectral_radius(scm: StructuralCausalModel, draws: xr.Dataset) -> xr.DataArray:
    """Largest modulus of the companion form's eigenvalues.

    Feedback groups of variables are solved apart: the companion matrix is block triangular in
    them, so its eigenvalues are those of the blocks. Levels, which cumulate by definition, do not
    count. A link with a factor counts at the value that the factor's continuation comes to.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw)``; above `STABLE` a draw explodes.

    Raises
    ------
    QuestionError
        If the draws belong to another model.

    Notes
    -----
    Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), section 2.1.
    """
    parameters = DrawParameters(scm, draws)
    forms = in_force(scm, linear_forms(scm, parameters, with_constants=False))
    kept = {*scm.stochastic, *scm.latent, *scm.accumulators}
    radius = np.zeros(parameters.size)
    for group in scm.graph.feedback_groups():
        states = frozenset(group & kept)
        if not states:
            continue
        radius = np.maximum(radius, _group_radius(scm, forms, group, states, parameters.size))
    return xr.DataArray(
        radius.reshape(parameters.shape), dims=(dims.CHAIN, dims.DRAW), name="spectral_radius"
    )


def in_force(scm: StructuralCausalModel, forms: Mapping[str, LinearForm]) -> dict[str, LinearForm]:
    """Put the value that a factor holds in the end into the weights that it multiplies.

    Returns: without factors.
    """
    ends = {name: _end(scm.exogenous[name].continuation) for name in scm.factors}
    return {
        name: LinearForm(
            form.constant,
            tuple(
                Term(t.parent, t.lag, t.weight * ends[t.factor]) if t.factor else t
                for t in form.terms
            ),
        )
        for name, form in forms.items()
    }


def _end(continuation: Continuation) -> float:
    """Return where a factor stays, which is along a `Path` or at a stated `Hold`."""
    span = len(continuation.values) if isinstance(continuation, Path) else 1
    return float(continued(continuation, span, np.nan)[-1])


def _group_radius(
    scm: StructuralCausalModel,
    forms: Mapping[str, LinearForm],
    group: frozenset[str],
    states: frozenset[str],
    size: int,
) -> np.ndarray:
    inside = {name: form for name, form in forms.items() if name in group}
    reduced = reduced_form(scm, inside, states)
    depth = dict.fromkeys(sorted(states), 1)
    for weights in reduced.values():
        for name, lag in weights:
            depth[name] = max(depth[name], lag)
    first, total = {}, 0
    for name, lags in depth.items():
        first[name], total = total, total + lags
    companion = np.zeros((size, total, total))
    for name, weights in reduced.items():
        for (parent, lag), weight in weights.items():
            companion[:, first[name], first[parent] + lag - 1] = weight
        for lag in range(1, depth[name]):
            companion[:, first[name] + lag, first[name] + lag - 1] = 1.0
    return np.abs(np.linalg.eigvals(companion)).max(axis=1)
