"""The numpy kernel: run the equations forward over draws and scenarios.

`propagate` gives paths in levels, from a starting state and with shocks; `respond` gives the
difference that other measures or shocks make, with links closed where asked. Both run one
recursion. This module knows arithmetic, not questions, and never PyMC.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.histories import NumpyBackend, asymmetric_adjustment, evaluate_history
from sanctions_model.interventions import Intervention, require_horizon
from sanctions_model.parameters import DrawParameters, linear_forms
from sanctions_model.scm import (
    Constant,
    Hold,
    LinearForm,
    Noise,
    Path,
    StructuralCausalModel,
)

__all__ = ["Start", "continuation_paths", "draw_shocks", "propagate", "respond", "start_after"]

# Columns (scenario x draw) that one pass works on: small enough to stay in the cache.
_BLOCK_COLUMNS = 16_384


@dataclass(frozen=True)
class Start:
    """The state that a propagation starts from.

    Parameters
    ----------
    values : mapping of str to numpy.ndarray
        The last periods of every variable, latest last; shape ``(lags, draw)`` or ``(lags, 1)``.
    peaks : mapping of str to float
        The highest intensity that each measure has had; its last value by default.
    """

    values: Mapping[str, np.ndarray]
    peaks: Mapping[str, float] = field(default_factory=dict)


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
    shares = {
        measure: (
            parameters.row("recoverable_share", measure),
            parameters.row("recovery_speed", measure),
        )
        for measure in scm.relieved
        if np.any(np.diff(values[measure]) < 0)
    }
    histories, _ = evaluate_history(scm, parameters, values, NumpyBackend(), shares=shares)
    length = scm.longest_lag
    ends = {
        name: np.atleast_2d(np.asarray(path)[..., -length:]).T.copy()
        for name, path in histories.items()
    }
    return Start(ends, {name: float(values[name].max()) for name in scm.relieved})


def _steady_start(
    scm: StructuralCausalModel, forms: Mapping[str, LinearForm], exogenous: Mapping[str, float]
) -> Start:
    """Observed variables at 0, latent states and identities at rest given the exogenous ones."""
    at_rest: dict[str, np.ndarray] = {n: np.array([v]) for n, v in exogenous.items()}
    at_rest |= {n: at_rest[e.measure] for n, e in scm.effective.items()}
    at_rest |= {name: np.zeros(1) for name in scm.stochastic}
    for name in scm.unobserved:
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
        Last observed values, for the variables that hold them.
    """
    paths = {}
    for name, equation in scm.exogenous.items():
        match equation.continuation:
            case Path(values):
                steps = [values[min(i, len(values) - 1)] for i in range(horizon)]
                paths[name] = np.array(steps)
            case Hold(value):
                held = last.get(name, _default_value(equation.default)) if value is None else value
                paths[name] = np.full(horizon, held)
    return paths


def _default_value(default: object) -> float:
    return default.value if isinstance(default, Constant) else 0.0


def draw_shocks(
    scm: StructuralCausalModel, draws: xr.Dataset, horizon: int, random_seed: int
) -> dict[str, np.ndarray]:
    """Draw one path of shocks for each draw, in the units of the equations.

    Parameters
    ----------
    scm : StructuralCausalModel
    draws : xr.Dataset
        Dims ``(chain, draw)``; uses ``scale`` and, with Student-t noise, ``degrees_of_freedom``.
    horizon : int
    random_seed : int

    Returns
    -------
    dict of str to numpy.ndarray
        For each stochastic equation, shape ``(horizon, chain * draw)``.
    """
    parameters = DrawParameters(scm, draws)
    generator = np.random.default_rng(random_seed)
    shocks = {}
    for name in scm.stochastic:
        standard = generator.standard_normal((horizon, parameters.size))
        if scm.noise is Noise.STUDENT_T:
            freedom = parameters.row("degrees_of_freedom", name)
            finite = np.where(np.isfinite(freedom), freedom, 1.0)
            mixing = generator.chisquare(finite, (horizon, parameters.size)) / finite
            standard = standard / np.sqrt(np.where(np.isfinite(freedom), mixing, 1.0))
        shocks[name] = parameters.row("scale", name) * standard
    return shocks


def propagate(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
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
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)`` plus each parameter's own.
    horizon : int
        Number of periods, at least 1.
    exogenous : mapping of str to numpy.ndarray, optional
        Paths of exogenous variables, shape ``(horizon,)`` or ``(scenario, horizon)``; the others
        take their declared continuation.
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
        If a name is unknown, or a horizon or path is not usable.
    """
    horizon = require_horizon(horizon)
    parameters = DrawParameters(scm, draws)
    forms = linear_forms(scm, parameters)
    for intervention in interventions:
        scm.graph.require(intervention.variable, f"the intervention {intervention!r}")
    last = {n: float(start.values[n][-1, 0]) for n in scm.exogenous} if start else {}
    continued = continuation_paths(scm, horizon, last)
    if start is None:
        start = _steady_start(scm, forms, {name: path[0] for name, path in continued.items()})
    paths = _scenario_paths(scm, horizon, continued | dict(exogenous or {}))
    for intervention in interventions:
        if intervention.variable in paths:
            path = paths[intervention.variable].copy()
            for step in range(horizon):
                path[:, step] = intervention.apply(path[:, step], step + 1)
            paths[intervention.variable] = path
    past = (len(next(iter(paths.values()), [()])), scm.longest_lag)
    full = {
        name: np.concatenate([np.broadcast_to(start.values[name][:, 0], past), path], axis=1)
        for name, path in paths.items()
    }
    run = _Recursion(
        scm=scm,
        parameters=parameters,
        forms=forms,
        start=start.values,
        shocks=shocks or {},
        edits=[i for i in interventions if i.variable not in scm.exogenous],
        horizon=horizon,
    )
    return run.over(_Drivers(scm, parameters, full, start=start), outcomes)


def respond(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    horizon: int,
    paths: Mapping[str, np.ndarray] | None = None,
    baseline: Mapping[str, float] | None = None,
    shocks: Mapping[str, np.ndarray] | None = None,
    closed: Sequence[Collection[str]] | None = None,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Difference that exogenous paths or shocks make, draw by draw, against a constant baseline.

    The equations are linear after the effective measures, so the difference needs no starting
    state and no constants; it equals the difference of two propagations under common draws.

    Parameters
    ----------
    scm : StructuralCausalModel
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    horizon : int
        Number of periods, at least 1.
    paths : mapping of str to numpy.ndarray, optional
        Exogenous paths that differ from the baseline, shape ``(horizon,)`` or
        ``(scenario, horizon)``.
    baseline : mapping of str to float, optional
        Level of these variables without the change; their declared continuation by default.
    shocks : mapping of str to numpy.ndarray, optional
        Extra shocks in the units of the equations, shape ``(horizon,)`` or
        ``(horizon, chain * draw)``.
    closed : sequence of collection of str, optional
        One collection of link labels a scenario: through these links nothing passes.
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
    horizon = require_horizon(horizon)
    parameters = DrawParameters(scm, draws, with_constants=False)
    forms = linear_forms(scm, parameters, with_constants=False)
    continued = continuation_paths(scm, horizon, {})
    base = {name: float(path[0]) for name, path in continued.items()} | dict(baseline or {})
    given = _scenario_paths(scm, horizon, dict(paths or {}), at_least=len(closed or [()]))
    levels = {
        name: np.concatenate([np.full((len(path), scm.longest_lag), base[name]), path], axis=1)
        for name, path in given.items()
    }
    size = parameters.size
    extra = {
        name: np.broadcast_to(np.asarray(path, float).reshape(horizon, -1), (horizon, size))
        for name, path in (shocks or {}).items()
    }
    for name in extra:
        if name not in scm.stochastic:
            raise QuestionError(
                f"A shock to {name!r}, which has none; expected one of {', '.join(scm.stochastic)}."
            )
    run = _Recursion(
        scm=scm,
        parameters=parameters,
        forms=forms,
        start=None,
        shocks=extra,
        edits=[],
        horizon=horizon,
        closed=[frozenset(labels) for labels in closed] if closed else None,
    )
    return run.over(_Drivers(scm, parameters, levels, baseline=base), outcomes)


def _scenario_paths(
    scm: StructuralCausalModel,
    horizon: int,
    paths: Mapping[str, np.ndarray],
    at_least: int = 1,
) -> dict[str, np.ndarray]:
    """All paths as ``(scenario, horizon)`` arrays of one length."""
    checked = {}
    for name, path in paths.items():
        if name not in scm.exogenous:
            scm.graph.require(name, "the exogenous paths")
            raise QuestionError(
                f"A path for {name!r}, which is not exogenous; use an intervention such as SetTo."
            )
        array = np.atleast_2d(np.asarray(path, dtype=float))
        if array.shape[1] != horizon or not np.isfinite(array).all():
            raise QuestionError(
                f"The path of {name!r} has shape {np.shape(path)}; "
                f"expected {horizon} finite values, one a period."
            )
        checked[name] = array
    count = max([at_least, *(len(path) for path in checked.values())])
    for name, path in checked.items():
        if len(path) not in (1, count):
            raise QuestionError(f"{name!r} has {len(path)} scenarios, another path {count}.")
    return {n: np.broadcast_to(p, (count, horizon)) for n, p in checked.items()}


class _Drivers:
    """Paths that no equation changes: exogenous variables and effective measures."""

    def __init__(
        self,
        scm: StructuralCausalModel,
        parameters: DrawParameters,
        levels: Mapping[str, np.ndarray],
        *,
        baseline: Mapping[str, float] | None = None,
        start: Start | None = None,
    ) -> None:
        self.scm, self.parameters = scm, parameters
        self.levels, self.baseline, self.start = levels, baseline, start
        self.scenarios = max([1, *(len(path) for path in levels.values())])

    def block(self, rows: slice, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the paths of some scenarios, shape ``(scenario, period, draw or 1)``."""
        found = {}
        for name in names:
            measure = self.scm.effective[name].measure if name in self.scm.effective else name
            if measure not in self.levels:
                continue  # no difference to the baseline
            path = self.levels[measure][rows]
            if name in self.scm.effective:
                driver = self._effective(name, measure, path)
            else:
                driver = path[:, :, None]
            if self.baseline is not None:
                driver = driver - self.baseline[measure]
            found[name] = driver
        return found

    def _effective(self, name: str, measure: str, path: np.ndarray) -> np.ndarray:
        share = self.parameters.row("recoverable_share", measure)
        speed = self.parameters.row("recovery_speed", measure)
        first = self.scm.longest_lag - 1
        early = np.broadcast_to(path[:, :first, None], (*path[:, :first].shape, share.size))
        state, peak = None, None
        if self.start is not None:
            past = np.broadcast_to(self.start.values[name], (first + 1, share.size))
            early = np.broadcast_to(past[None, :first], early.shape)
            state, peak = past[-1], self.start.peaks.get(measure)
        late = asymmetric_adjustment(path[:, first:], share, speed, effective=state, peak=peak)
        return np.concatenate([early, late], axis=1)


@dataclass(frozen=True, kw_only=True)
class _Recursion:
    """The equations, solved period by period for blocks of scenarios."""

    scm: StructuralCausalModel
    parameters: DrawParameters
    forms: Mapping[str, LinearForm]
    start: Mapping[str, np.ndarray] | None
    shocks: Mapping[str, np.ndarray]
    edits: Sequence[Intervention]
    horizon: int
    closed: Sequence[frozenset[str]] | None = None

    def over(self, drivers: _Drivers, outcomes: Sequence[str] | None) -> xr.DataArray:
        """Run all scenarios and return the outcomes."""
        wanted = list(
            outcomes if outcomes is not None else self.scm.headline or self.scm.stochastic
        )
        for name in wanted:
            self.scm.require(name, "the outcomes")
        count = max(drivers.scenarios, len(self.closed or [()]))
        size = self.parameters.size
        result = np.empty((len(wanted), count, self.horizon, size))
        needed = self._needed(wanted)
        step = max(1, _BLOCK_COLUMNS // size)
        for first in range(0, count, step):
            rows = slice(first, min(first + step, count))
            self._run_block(drivers, rows, needed, wanted, result[:, rows])
        return _labelled(result, wanted, self.scm, self.parameters.shape)

    def _needed(self, wanted: Sequence[str]) -> frozenset[str]:
        flows = {level.variable.name: level.flow for level in self.scm.levels}
        direct = {flows.get(name, name) for name in wanted}
        return frozenset(direct.union(*(self.scm.graph.ancestors(name) for name in direct)))

    def _run_block(
        self,
        drivers: _Drivers,
        rows: slice,
        needed: frozenset[str],
        wanted: Sequence[str],
        result: np.ndarray,
    ) -> None:
        lags = self.scm.longest_lag
        outside = {*self.scm.exogenous, *self.scm.effective}
        paths = drivers.block(rows, sorted(needed & outside))
        count = rows.stop - rows.start
        shape = (count, self.parameters.size)
        forms = {name: form for name, form in self.forms.items() if name in needed}
        rings = {name: self._ring(name, shape) for name in forms}
        masks = self._masks(forms, rows)
        levels = {lv.variable.name: lv for lv in self.scm.levels if lv.variable.name in wanted}
        totals = {name: np.zeros(shape) for name in levels}
        work = np.empty(shape)
        for period in range(self.horizon):
            for name, form in forms.items():
                value = rings[name][(period + lags) % (lags + 1)]
                value[...] = form.constant
                for position, term in enumerate(form.terms):
                    if term.parent in rings:
                        parent = rings[term.parent][(period + lags - term.lag) % (lags + 1)]
                    elif term.parent in paths:
                        parent = paths[term.parent][:, lags + period - term.lag]
                    else:
                        continue
                    np.multiply(parent, term.weight, out=work)
                    mask = masks.get((name, position))
                    if mask is not None:
                        np.multiply(work, mask, out=work)
                    value += work
                if name in self.shocks:
                    value += self.shocks[name][period]
                for edit in self.edits:
                    if edit.variable == name:
                        value[...] = edit.apply(value, period + 1)
            for name, level in levels.items():
                totals[name] += level.sign * rings[level.flow][(period + lags) % (lags + 1)]
            for position, name in enumerate(wanted):
                result[position, :, period] = self._value(name, period, totals, rings, paths)

    def _value(
        self,
        name: str,
        period: int,
        totals: Mapping[str, np.ndarray],
        rings: Mapping[str, np.ndarray],
        paths: Mapping[str, np.ndarray],
    ) -> np.ndarray | float:
        lags = self.scm.longest_lag
        if name in totals:
            return totals[name]
        if name in rings:
            value: np.ndarray = rings[name][(period + lags) % (lags + 1)]
            return value
        return paths[name][:, lags + period] if name in paths else 0.0

    def _ring(self, name: str, shape: tuple[int, int]) -> np.ndarray:
        """Buffer of the longest lag plus the current period; slot ``(t + lags) % (lags + 1)``."""
        lags = self.scm.longest_lag
        ring = np.zeros((lags + 1, *shape))
        if self.start is not None:
            ring[:lags] = self.start[name][-lags:, None, :]
        return ring

    def _masks(
        self, forms: Mapping[str, LinearForm], rows: slice
    ) -> dict[tuple[str, int], np.ndarray]:
        """1 or 0 for each scenario of the block, for the links that some scenario closes."""
        if self.closed is None:
            return {}
        closed = self.closed[rows] if len(self.closed) > 1 else self.closed
        masks = {}
        for name, form in forms.items():
            for position, term in enumerate(form.terms):
                lag = f"[{term.lag}]" if term.lag else ""
                label = f"{term.parent}{lag} -> {name}"
                is_open = np.array([label not in labels for labels in closed], dtype=float)
                if not is_open.all():
                    masks[name, position] = is_open[:, None]
        return masks


def _labelled(
    result: np.ndarray, wanted: list[str], scm: StructuralCausalModel, shape: tuple[int, int]
) -> xr.DataArray:
    variables = [scm.variables[name] for name in wanted]
    return xr.DataArray(
        result.reshape(*result.shape[:3], *shape),
        dims=(dims.OUTCOME, dims.SCENARIO, dims.HORIZON, dims.CHAIN, dims.DRAW),
        coords={
            dims.OUTCOME: wanted,
            dims.HORIZON: np.arange(1, result.shape[2] + 1),
            dims.CHAIN: np.arange(shape[0]),
            dims.DRAW: np.arange(shape[1]),
            "unit": (dims.OUTCOME, [variable.unit for variable in variables]),
            "label": (dims.OUTCOME, [variable.label for variable in variables]),
        },
    )
