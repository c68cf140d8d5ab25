"""The numpy kernel: run the equations forward over draws and scenarios.

`propagate` gives paths in levels, from a starting state and with shocks; `respond` gives the
difference that other measures or shocks make, with links closed where asked. Both run one
recursion. This module knows arithmetic, not questions, and never PyMC.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import xarray as xr

from sanctions_model.coercion import as_array, as_paths
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.scm.interventions import (
    LONGEST_PATH,
    Intervention,
    SetTo,
    of_difference,
    require_horizon,
    require_inside,
    said,
)
from sanctions_model.scm.linear_form import LinearForm
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, linear_forms
from sanctions_model.scm.simulation.history import evaluate_states
from sanctions_model.scm.simulation.recursion import Drivers, Recursion, Start
from sanctions_model.scm.variables import Constant, continued

__all__ = [
    "Start",
    "continuation_paths",
    "falling_shares",
    "propagate",
    "respond",
    "start_after",
    "start_before",
]


def start_after(
    scm: StructuralCausalModel, draws: xr.Dataset, values: Mapping[str, np.ndarray]
) -> Start:
    """Return the state at the end of an observed past.

    Parameters
    ----------
    scm : StructuralCausalModel
        With its centres set.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    values : mapping of str to numpy.ndarray
        Observed and exogenous series up to the last period, shape ``(T,)``.

    Returns
    -------
    Start
    """
    parameters = DrawParameters(scm, draws)
    shares = falling_shares(scm, parameters, values)
    histories = evaluate_states(scm, parameters, values, shares=shares)
    return start_before(scm, histories, next(iter(values.values())).shape[-1])


def start_before(
    scm: StructuralCausalModel, histories: Mapping[str, np.ndarray], period: int
) -> Start:
    """Return the state before a period of a past in which every variable is known.

    Parameters
    ----------
    scm : StructuralCausalModel
    histories : mapping of str to numpy.ndarray
        Every variable, time last, as `evaluate_history` gives them.
    period : int
        Position along time, at least the longest lag.

    Returns
    -------
    Start
    """
    span = slice(period - scm.longest_lag, period)
    ends = {
        name: np.atleast_2d(np.asarray(path)[..., span]).T.copy()
        for name, path in histories.items()
    }
    peaks = {name: float(np.max(histories[name][..., :period])) for name in scm.relieved}
    return Start(ends, peaks)


def falling_shares(
    scm: StructuralCausalModel, parameters: DrawParameters, values: Mapping[str, np.ndarray]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return share and speed of each effective measure whose measure falls in a past."""
    return {
        name: (
            parameters.row("recoverable_share", equation.recovers_as),
            parameters.row("recovery_speed", equation.recovers_as),
        )
        for name, equation in scm.effective.items()
        if np.any(np.diff(values[equation.measure]) < 0)
    }


def _steady_start(
    scm: StructuralCausalModel, forms: Mapping[str, LinearForm], exogenous: Mapping[str, float]
) -> Start:
    """Observed variables and levels at 0, the rest at rest given the exogenous ones."""
    at_rest: dict[str, np.ndarray] = {n: np.array([v]) for n, v in exogenous.items()}
    at_rest |= {n: at_rest[e.measure] for n, e in scm.effective.items()}
    at_rest |= {name: np.zeros(1) for name in scm.stochastic}
    at_rest |= {name: np.zeros(1) for name in scm.accumulators}
    for name in scm.unobserved:
        if name in scm.accumulators:
            continue
        total, own = np.atleast_1d(forms[name].constant), 0.0
        for term in forms[name].terms:
            if term.parent == name:
                own = term.weight
            else:
                total = total + term.weight * at_rest[term.parent]
        at_rest[name] = total / (1.0 - own)
    length = scm.longest_lag
    return Start(
        {name: np.repeat(value[None, :], length, axis=0) for name, value in at_rest.items()}
    )


def continuation_paths(
    scm: StructuralCausalModel, horizon: int, last: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """Return each exogenous variable's declared continuation, shape ``(horizon,)``.

    Parameters
    ----------
    scm : StructuralCausalModel
    horizon : int
    last : mapping of str to float
        Last observed values, for the variables that go on from them.
    """
    paths = {}
    for name, equation in scm.exogenous.items():
        begin = last.get(name, _default_value(equation.default))
        paths[name] = continued(equation.continuation, horizon, begin)
    return paths


def _default_value(default: object) -> float:
    return default.value if isinstance(default, Constant) else 0.0


def propagate(
    scm: StructuralCausalModel,
    draws: xr.Dataset | DrawParameters,
    *,
    horizon: int,
    exogenous: Mapping[str, np.ndarray] | None = None,
    start: Start | None = None,
    shocks: Mapping[str, np.ndarray] | None = None,
    interventions: Sequence[Intervention] = (),
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Run the model forward: paths in levels for every draw and scenario.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset or DrawParameters
        Parameter draws, dims ``(chain, draw)`` plus each parameter's own; as rows where the same
        draws answer many times.
    horizon : int
        Number of periods, at least 1.
    exogenous : mapping of str to numpy.ndarray, optional
        Paths of exogenous variables, shape ``(horizon,)``, ``(scenario, horizon)`` or, each draw
        with its own, ``(scenario, horizon, chain * draw)``; the others take their declared
        continuation.
    start : Start, optional
        State before the first period; by default observed variables are 0 and latent states at
        rest with the exogenous variables at their first continued value.
    shocks : mapping of str to numpy.ndarray, optional
        In the units of the equations, shape ``(horizon, chain * draw)``, the same in every
        scenario; none by default.
    interventions : sequence of Intervention
        On exogenous and endogenous variables alike, applied in order.
    outcomes : sequence of str, optional
        Variables or levels; the model's headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, scenario, horizon, chain, draw)``; horizon counts from 1. Levels start
        from 0 before the first period.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown, a horizon or path is not usable, or what is no intervention, or one
        that starts after the horizon, is given.
    """
    horizon = require_horizon(horizon, most=LONGEST_PATH)
    parameters = DrawParameters.of(scm, draws)
    forms = linear_forms(scm, parameters)
    require_inside(interventions, horizon)
    for intervention in interventions:
        scm.graph.require(intervention.variable, "the interventions")
    last = {n: float(start.values[n][-1, 0]) for n in scm.exogenous} if start else {}
    continued = continuation_paths(scm, horizon, last)
    if start is None:
        start = _steady_start(scm, forms, {name: path[0] for name, path in continued.items()})
    given = as_paths(exogenous, "exogenous")
    paths = _scenario_paths(scm, horizon, continued | given, parameters.size)
    for name in given:
        scm.variables[name].require_plausible(paths[name], f"The path given for {name!r}")
    paths = _edited(scm, paths, interventions)
    full = {name: _after(start.values[name][:, :1].T, path) for name, path in paths.items()}
    run = Recursion(
        scm=scm,
        parameters=parameters,
        forms=forms,
        start=start.values,
        shocks=_checked_shocks(scm, shocks, (horizon, parameters.size)),
        edits=[i for i in interventions if i.variable not in scm.exogenous],
        horizon=horizon,
        factors=_factor_paths(scm, paths),
    )
    return run.over(Drivers(scm, parameters, full, start=start, edits=interventions), outcomes)


def respond(
    scm: StructuralCausalModel,
    draws: xr.Dataset | DrawParameters,
    *,
    horizon: int,
    paths: Mapping[str, np.ndarray] | None = None,
    baseline: Mapping[str, float | np.ndarray] | None = None,
    shocks: Mapping[str, np.ndarray] | None = None,
    closed: Sequence[Collection[str]] | None = None,
    held: Collection[str] = (),
    interventions: Sequence[Intervention] = (),
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Difference that exogenous paths or shocks make, draw by draw, against a baseline.

    The equations are linear after the effective measures, so the difference needs no starting
    state and no constants; it equals the difference of two propagations under common draws. Links
    with a factor are as strong as its baseline makes them.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset or DrawParameters
        Parameter draws, dims ``(chain, draw)``; as rows where the same draws answer many times.
    horizon : int
        Number of periods, at least 1.
    paths : mapping of str to numpy.ndarray, optional
        Exogenous paths that differ from the baseline, shape ``(horizon,)``,
        ``(scenario, horizon)`` or, each draw with its own, ``(scenario, horizon, chain * draw)``.
        A path under the name of an effective measure is what that follows in place of its measure:
        the measure as it is felt, where this differs from the law.
    baseline : mapping of str to float or numpy.ndarray, optional
        These variables without the change, a level or a path of shape ``(horizon,)``; their
        declared continuation by default. Before the first period they are at its first value.
    shocks : mapping of str to numpy.ndarray, optional
        Extra shocks in the units of the equations, shape ``(horizon,)``,
        ``(horizon, chain * draw)`` or ``(scenario, horizon, chain * draw)``.
    closed : sequence of collection of str, optional
        One collection of link labels a scenario: through these links nothing passes.
    held : collection of str
        Endogenous variables that an intervention keeps where they would be without the change.
    interventions : sequence of Intervention
        Done with the change and without it alike: what is set does not differ within its window,
        what is added cancels, what is multiplied multiplies the difference.
    outcomes : sequence of str, optional
        Variables or levels; the model's headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, scenario, horizon, chain, draw)``, in the units of the outcomes.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown, or a horizon or path is not usable.
    """
    horizon = require_horizon(horizon, most=LONGEST_PATH)
    parameters = DrawParameters.of(scm, draws)
    forms = linear_forms(scm, parameters, with_constants=False)
    extra = _checked_shocks(scm, shocks, (horizon, parameters.size))
    given = _scenario_paths(
        scm,
        horizon,
        dict(paths or {}),
        parameters.size,
        allowed=[*scm.exogenous, *scm.effective],
        at_least=max(len(closed or [()]), *(len(p) for p in extra.values() if p.ndim == 3), 1),
    )
    stay = continuation_paths(scm, horizon, {})
    for name, level in (baseline or {}).items():
        if name not in scm.exogenous:
            raise UnknownVariableError.from_name(name, scm.exogenous, "the baseline")
        stay[name] = np.broadcast_to(np.asarray(level, dtype=float), (horizon,))
    past = {name: np.full((1, scm.longest_lag), path[0]) for name, path in stay.items()}
    followed = {n: scm.effective[n].measure if n in scm.effective else n for n in given}
    base = {name: _after(past[name], stay[name][None]) for name in followed.values()}
    levels = {name: _after(past[followed[name]], path) for name, path in given.items()}
    closures = _checked_closures(scm, closed, max([1, *(len(path) for path in given.values())]))
    for name in held:
        scm.graph.require(name, "the variables held")
        if name not in scm.structural:
            raise QuestionError(
                f"{name!r} is not endogenous; give it a path instead of holding it."
            )
    require_inside(interventions, horizon)
    for intervention in interventions:
        scm.graph.require(intervention.variable, "the interventions")
        if isinstance(intervention, SetTo):
            variable = scm.variables[intervention.variable]
            variable.require_plausible(np.asarray(intervention.value), said(intervention))
    for name in scm.factors:
        if name in given:
            raise QuestionError(
                f"{name!r} multiplies a link, so that what it does depends on the level of the "
                "link's parent; ask for the difference of two propagations."
            )
    causes = {*given, *extra}
    run = Recursion(
        scm=scm,
        parameters=parameters,
        forms=forms,
        start=None,
        shocks=extra,
        edits=[
            *(SetTo(variable=name, value=0.0) for name in held),
            *(of_difference(edit) for edit in interventions if edit.variable in scm.structural),
        ],
        horizon=horizon,
        factors=_factor_paths(
            scm, _edited(scm, {name: path[None] for name, path in stay.items()}, interventions)
        ),
        closed=closures,
        moved=frozenset(causes.union(*(scm.graph.descendants(name) for name in causes))),
    )
    return run.over(Drivers(scm, parameters, levels, baseline=base), outcomes)


def _edited(
    scm: StructuralCausalModel,
    paths: Mapping[str, np.ndarray],
    interventions: Sequence[Intervention],
) -> dict[str, np.ndarray]:
    """Paths of drivers after what is done to them; scenarios first, then periods."""
    found = dict(paths)
    for intervention in interventions:
        name = intervention.variable
        if name in found:
            found[name] = path = found[name].copy()
            for step in range(path.shape[1]):
                path[:, step] = intervention.apply(path[:, step], step + 1)
            scm.variables[name].require_plausible(path, said(intervention))
    return found


def _factor_paths(
    scm: StructuralCausalModel, paths: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Paths of what multiplies links, with draws last."""
    return {n: paths[n] if paths[n].ndim == 3 else paths[n][:, :, None] for n in scm.factors}


def _after(past: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Put the periods of a past, shape ``(1, lags)``, before each scenario's path."""
    early = past if path.ndim == 2 else past[:, :, None]
    shape = (len(path), early.shape[1], *path.shape[2:])
    return np.concatenate([np.broadcast_to(early, shape), path], axis=1)


def _checked_shocks(
    scm: StructuralCausalModel, shocks: Mapping[str, np.ndarray] | None, shape: tuple[int, int]
) -> dict[str, np.ndarray]:
    """Shocks of stochastic equations, ``(horizon, draw)`` or ``(scenario, horizon, draw)``."""
    checked = {}
    for name, path in as_paths(shocks, "shocks").items():
        if name not in scm.stochastic:
            scm.graph.require(name, "the shocks")
            raise QuestionError(
                f"A shock to {name!r}, which has none; expected one of {', '.join(scm.stochastic)}."
            )
        array = as_array(path, f"The shocks to {name!r}")
        array = array[:, None] if array.ndim == 1 else array
        if array.shape[-2:] not in (shape, (shape[0], 1)) or not np.isfinite(array).all():
            raise QuestionError(
                f"The shocks to {name!r} have shape {np.shape(path)}; expected finite values of "
                f"shape {shape} or {shape[:1]}."
            )
        checked[name] = np.broadcast_to(array, (*array.shape[:-2], *shape))
    return checked


def _checked_closures(
    scm: StructuralCausalModel, closed: Sequence[Collection[str]] | None, scenarios: int
) -> list[frozenset[str]] | None:
    """Return the closed links of each scenario, every label being a link that can be closed."""
    if not closed:
        return None
    if scenarios not in (1, len(closed)) and len(closed) != 1:
        raise QuestionError(
            f"{len(closed)} sets of closed links for {scenarios} scenarios; give one for each."
        )
    for label in frozenset[str]().union(*closed):
        if label not in scm.closable:
            raise UnknownVariableError.from_name(label, sorted(scm.closable), "the closed links")
    return [frozenset(labels) for labels in closed]


def _scenario_paths(
    scm: StructuralCausalModel,
    horizon: int,
    paths: Mapping[str, np.ndarray],
    size: int,
    *,
    allowed: Collection[str] | None = None,
    at_least: int = 1,
) -> dict[str, np.ndarray]:
    """All paths as ``(scenario, horizon)`` or ``(scenario, horizon, draw)``, of one length."""
    checked = {}
    for name, path in paths.items():
        if name not in (scm.exogenous if allowed is None else allowed):
            scm.graph.require(name, "the exogenous paths")
            raise QuestionError(
                f"A path for {name!r}, which is not exogenous; use an intervention such as SetTo."
            )
        array = np.atleast_2d(as_array(path, f"The path of {name!r}"))
        ours = array.shape[1] == horizon and array.shape[2:] in ((), (1,), (size,))
        if not ours or not np.isfinite(array).all():
            raise QuestionError(
                f"The path of {name!r} has shape {np.shape(path)}; "
                f"expected {horizon} finite values, one a period."
            )
        checked[name] = array
    count = max([at_least, *(len(path) for path in checked.values())])
    for name, path in checked.items():
        if len(path) not in (1, count):
            raise QuestionError(f"{name!r} has {len(path)} scenarios, another path {count}.")
    return checked
