"""Simulated futures: parameters and shocks drawn together, from the end of the completed past.

*Forecast*: ``y_h`` given the completed history of the same draw. *Conditional forecast*: the same
given values of some variables in some periods, imposed jointly over the horizon by the shocks that
the caller names. *Forecast-error variance decomposition*: share of
``Var(y_h - E[y_h])`` that each equation's shocks make, parameters given.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_names, as_paths
from sanctions_model.errors import ObservationError, QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.scm.equations import Equation, Exogenous
from sanctions_model.scm.interventions import (
    Intervention,
    ScaleBy,
    SetTo,
    ShiftBy,
    edit_words,
    require_changes,
    require_horizon,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.periods import period_labels, with_periods
from sanctions_model.scm.simulation.propagate import (
    continuation_paths,
    propagate,
    respond,
    start_after,
)
from sanctions_model.scm.simulation.recursion import Start
from sanctions_model.scm.simulation.shocks import draw_shocks
from sanctions_model.scm.variables import Decay, Grow, Hold, Noise, continued
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import in_percent
from sanctions_model.wording import in_words

_SWITCHES = ("0 or 1", "1")


def last_known_period(problem: Problem, outcomes: Sequence[str]) -> int:
    """Return the last period whose state, as far as the outcomes need it, is known or completed.

    Returns: position along time. Raises `ObservationError` if there is no such period.
    """
    scm, lags = problem.scm, problem.scm.longest_lag
    flows = {level.variable.name: level.flow for level in scm.levels}
    direct = {flows.get(name, name) for name in outcomes}
    needed = direct.union(*(scm.graph.ancestors(name) for name in direct))
    known = np.ones(problem.cases.time.size, dtype=bool)
    for name in needed:
        known &= problem.cases.available[name]
    complete = np.array(
        [t >= lags - 1 and known[t - lags + 1 : t + 1].all() for t in range(known.size)]
    )
    if not complete.any():
        seen = [n for n in sorted(needed) if n in problem.scm.observed]
        never = [n for n in seen if not problem.cases.available[n].any()]
        lacking = (
            f"the table has no figure of {in_words(never)}"
            if never
            else f"expected one with {in_words(seen)}"
        )
        raise ObservationError(
            f"No period has all that {in_words(list(outcomes))} needs: {lacking}."
        )
    return int(np.flatnonzero(complete)[-1])


def starting_state(
    problem: Problem, draws: xr.Dataset, outcomes: Sequence[str]
) -> tuple[Start, int]:
    """Return the state that a forecast of the outcomes starts from, and its period's position."""
    last = last_known_period(problem, outcomes)
    history = problem.history(draws)
    past = {name: values[..., : last + 1] for name, values in history.items()}
    return start_after(problem.scm, draws, past), last


def simulate(
    problem: Problem,
    draws: xr.Dataset,
    *,
    horizon: int,
    exogenous: Mapping[str, np.ndarray] | None = None,
    interventions: Sequence[Intervention] = (),
    random_seed: int,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Draw one future for each draw of the parameters.

    Parameters
    ----------
    problem : Problem
        The data give the start: the last period at which all that the outcomes need is known.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    horizon : int
        Periods after the start.
    exogenous : mapping of str to numpy.ndarray, optional
        Paths of shape ``(horizon,)`` or ``(scenario, horizon)``; the others take their declared
        continuation. Every scenario meets the same shocks.
    interventions : sequence of Intervention
        What is set, shifted or scaled on the way; nothing by default.
    random_seed : int
        Of the shocks.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default. Levels start from 0.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, scenario, horizon, chain, draw)``; ``attrs["start"]`` is the last known
        period and ``attrs["continuation"]`` what the drivers were taken to do.

    Raises
    ------
    ObservationError
        If the state is nowhere known.
    QuestionError, UnknownVariableError
        As for `propagate`, or if an intervention changes nothing.
    """
    horizon = require_horizon(horizon)
    exogenous = as_paths(exogenous, "exogenous")
    require_changes(interventions, horizon)
    scm = problem.scm
    wanted = scm.wanted(outcomes)
    for name in wanted:
        scm.require(name, "the outcomes")
    start, last = starting_state(problem, draws, wanted)
    scm = settled(problem)
    paths = propagate(
        scm,
        draws,
        horizon=horizon,
        exogenous=drivers_ahead(problem, last, horizon, exogenous or {}),
        start=start,
        shocks=draw_shocks(scm, draws, horizon, random_seed),
        interventions=interventions,
        outcomes=wanted,
    )
    paths.attrs = dims.carried(draws.attrs) | {
        dims.Said.START: str(problem.cases.time[last])[:10],
        "continuation": continuation_words(scm, exogenous or {}, interventions),
    }
    if interventions:
        ahead = period_labels(paths.attrs[dims.Said.START], scm.periods_per_year, horizon)
        said = in_words([edit_words(edit, ahead, scm.measure_labels) for edit in interventions])
        paths.attrs[dims.Said.SUBJECT] = said
    return with_periods(paths.rename("path"), scm.periods_per_year)


def settled(problem: Problem) -> StructuralCausalModel:
    """Return the model with the continuations that these data leave.

    A value that is in force only since a day after their end says nothing of what follows them: the
    last observed one is held (as a number where it multiplies a link: its strength is declared).
    """
    scm, end = problem.scm, str(problem.cases.time[-1])[:10]  # an ISO date, as `since`
    values = problem.cases.values  # noqa: PD011 (a mapping, not a frame)

    def left(equation: Equation) -> Equation:
        match equation:
            case Exogenous(variable=own, continuation=Hold(since=day)) if day and day > end:
                last = float(values[own.name][-1]) if own.name in scm.factors else None
                return replace(equation, continuation=Hold(last))
        return equation

    equations = tuple(left(equation) for equation in scm.equations)
    return scm if equations == scm.equations else replace(scm, equations=equations)


def drivers_ahead(
    problem: Problem, last: int, horizon: int, given: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the drivers' paths after a period: as given, else as known, then as they continue.

    `last`: position of the period, which may lie before the end of the data: a series that stopped
    early does not make the drivers unknown. `horizon`: periods after it. `given`: paths that the
    caller states; these stay. Returns: the given ones, and of the others shape ``(horizon,)``.
    """
    paths = dict(given)
    for name, equation in settled(problem).exogenous.items():
        if name not in paths:
            series = problem.cases.values[name]  # noqa: PD011 (a mapping, not a frame)
            onward = continued(equation.continuation, horizon, float(series[-1]))
            paths[name] = np.concatenate([series[last + 1 :], onward])[:horizon]
    return paths


def continuation_words(
    scm: StructuralCausalModel,
    exogenous: Mapping[str, np.ndarray],
    interventions: Sequence[Intervention] = (),
) -> str:
    """Say what each driver is taken to do over the horizon."""
    given = {*exogenous, *(i.variable for i in interventions)}
    words = []
    for name, equation in scm.exogenous.items():
        if name in given:
            words.append(f"{name} as given")
            continue
        match equation.continuation:
            case Hold(None):
                words.append(f"{name} held at its last value")
            case Hold(value):
                words.append(f"{name} held at {value:g}")
            case Decay(half_life, level):
                periods = f"{half_life:g} {scm.periods_name}"
                words.append(f"{name} fading to {level:g} with a half-life of {periods}")
            case Grow(step):
                words.append(f"{name} growing by {step:g} a {scm.period_name}")
            case _:
                words.append(f"{name} along its declared path")
    return "; ".join(words)


def driver_words(scm: StructuralCausalModel, attrs: Mapping[str, object]) -> str:
    """Say by labels what a result's drivers were taken to do, those that do the same together.

    Switches and trends that the model itself sets are not told: nobody can choose otherwise.

    `attrs`: of the result, with what `continuation_words` says.
    """
    said = str(attrs.get("continuation", ""))
    if not said:
        return "as declared by the model where no path was given"
    together: dict[str, list[str]] = {}
    for item in said.split("; "):
        name, _, what = item.partition(" ")
        if name in scm.measures and what == "held at 1":
            what = "unchanged"
        if scm.variables[name].unit not in _SWITCHES and not what.startswith("growing"):
            together.setdefault(what, []).append(scm.variables[name].short_label)
    every = [scm.variables[name].short_label for name in scm.measures]
    for what, names in together.items():
        if len(every) > 1 and set(every) <= set(names):
            together[what] = ["all measures", *(name for name in names if name not in every)]
    return "; ".join(f"{', '.join(names)} {what}" for what, names in together.items())


def forecast_error_variance_decomposition(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
    held: Collection[str] = (),
    interventions: Sequence[Intervention] = (),
) -> xr.DataArray:
    """Share of the forecast-error variance that each equation's shocks make.

    With ``psi_k`` the response after k periods to a unit shock and ``v`` its variance
    (``scale**2 nu / (nu - 2)`` for Student-t), shock j's part at horizon h is
    ``v_j sum_{k < h} psi_{j,k}**2``; where links or interventions change over the horizon, the
    response is that to the shock of each period.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    horizon : int
        Periods ahead, at least 1; every one up to it is reported.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.
    held : collection of str
        Endogenous variables that are kept on a path: no shock moves them, nor passes through them.
    interventions : sequence of Intervention
        What is set, shifted or scaled in the forecast. No shock moves what is set within its
        window, nor passes through it; what is multiplied passes on so much more; what is shifted
        varies as before.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, shock, horizon, chain, draw)``; sums to 1 over ``shock``.

    Raises
    ------
    QuestionError
        If some draw has no variance (Student-t with 2 or fewer degrees of freedom), or the horizon
        is below 1, or an intervention starts after it.
    UnknownVariableError
        If an outcome, or a variable that is held or acted on, is unknown.

    Notes
    -----
    Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), section 2.3.3.
    """
    shares = forecast_error_variance(
        scm, draws, horizon=horizon, outcomes=outcomes, held=held, interventions=interventions
    )
    values = shares.to_numpy()
    total = values.sum(axis=1, keepdims=True)
    values /= np.where(total > 0, total, np.nan)
    found = shares.rename("share").assign_attrs(dims.carried(draws.attrs))
    return with_periods(found, scm.periods_per_year)


def forecast_error_variance(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
    held: Collection[str] = (),
    interventions: Sequence[Intervention] = (),
) -> xr.DataArray:
    """Variance of the forecast error that each equation's shocks make, parameters given.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    horizon, outcomes
        As for `forecast_error_variance_decomposition`.
    held, interventions
        What no shock moves, and what is done, as in `forecast_error_variance_decomposition`, whose
        shares are these over their sum.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, shock, horizon, chain, draw)``, in squared units of the outcome.

    Raises
    ------
    QuestionError
        If some draw has no variance (Student-t with 2 or fewer degrees of freedom), or the horizon
        is below 1, or an intervention starts after it.
    UnknownVariableError
        If an outcome, or a variable that is held or acted on, is unknown.

    Notes
    -----
    Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), section 2.3.3.
    """
    horizon = require_horizon(horizon)
    parameters = DrawParameters(scm, draws)
    wanted = scm.wanted(outcomes)
    held = as_names(held, "A variable that is held")
    for name in held:
        scm.graph.require(name, "the variables that are held")
    require_changes(interventions, horizon)
    pulses = np.eye(horizon)[:, :, None]
    same = _same_in_every_period(scm, interventions, horizon)
    shape = (len(wanted), len(scm.stochastic), horizon, *parameters.shape)
    variances = np.empty(shape)
    for position, name in enumerate(scm.stochastic):
        variance = parameters.row("scale", name) ** 2
        if scm.noise is Noise.STUDENT_T:
            freedom = parameters.row("degrees_of_freedom", name)
            if np.any(freedom <= 2):
                raise QuestionError(
                    f"{int((freedom <= 2).sum())} draws of degrees_of_freedom[{name}] are 2 or "
                    "less: these shocks have no variance; use a prior with shift = 2."
                )
            variance = variance / (1.0 - 2.0 / freedom)
        own = variances[:, position]
        own[:] = 0.0
        for pulse in pulses[: 1 if same else horizon]:
            response = respond(
                scm,
                parameters,
                horizon=horizon,
                shocks={name: pulse},
                outcomes=wanted,
                held=held,
                interventions=interventions,
            )
            own += np.square(response.isel({dims.SCENARIO: 0}).to_numpy())
        if same:  # that to the shock of a later period is the same, later
            np.cumsum(own, axis=1, out=own)
        own *= variance.reshape(parameters.shape)
    labels = response.isel({dims.SCENARIO: 0}).coords
    return xr.DataArray(
        variances,
        dims=(dims.OUTCOME, "shock", dims.HORIZON, dims.CHAIN, dims.DRAW),
        coords={**labels, "shock": list(scm.stochastic)},
        name="variance",
    )


def _same_in_every_period(
    scm: StructuralCausalModel, interventions: Sequence[Intervention], horizon: int
) -> bool:
    """Whether a shock of any period meets the same links and the same interventions."""
    ahead = continuation_paths(scm, horizon, {})
    moving = any(np.ptp(ahead[name]) > 0 for name in scm.factors)
    return not moving and all(
        isinstance(edit, SetTo | ShiftBy | ScaleBy)
        and edit.start == 1
        and edit.stop is None
        and not isinstance(edit.value, tuple)
        for edit in interventions
    )


def nowcast_table(problem: Problem, draws: xr.Dataset) -> pd.DataFrame:
    """Tabulate every completed cell.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``, with ``missing_cell``.

    Returns
    -------
    pandas.DataFrame
        ``series``, ``label``, ``period``, ``place`` ("newest" after the last figure, "hole"
        before it), ``median``, ``lower``, ``upper`` (in percent where the series is kept in log
        points), ``unit``, ``last_known`` (the last figure's
        period), ``ci_prob``, ``ci_kind``; no rows without completed cells.
    """
    rule = interval_rule()
    cases, scm = problem.cases, problem.scm
    periods = pd.PeriodIndex(cases.time, freq=str(problem.observations.attrs["freq"]))
    rows = []
    for (name, at), cell in zip(cases.missing, problem.completed(draws), strict=True):
        known = np.flatnonzero(np.isfinite(problem.observations[name].to_numpy()))
        variable = scm.variables[name]
        shown = in_percent(cell[None, :], variable)
        summary = interval(xr.DataArray(shown, dims=("chain", "draw")), rule)
        rows.append(
            {
                "series": name,
                "label": variable.label,
                "period": str(periods[at]),
                "place": "newest" if at > known[-1] else "hole",
                "median": float(summary.sel(summary="median")),
                "lower": float(summary.sel(summary="lower")),
                "upper": float(summary.sel(summary="upper")),
                "unit": variable.unit,
                "last_known": str(periods[known[-1]]),
                "ci_prob": rule.prob,
                "ci_kind": rule.kind,
            }
        )
    columns = ["series", "label", "period", "place", "median", "lower", "upper", "unit"]
    return pd.DataFrame(rows, columns=[*columns, "last_known", "ci_prob", "ci_kind"])
