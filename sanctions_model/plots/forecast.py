"""Fans into the future after the years before, in the units that people read.

Growth rates are shown over a year (the sum of a year's periods, history included), unless a
condition fixes one of their periods; levels are relative to the last observed period, or to the
start if a condition fixes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.plots.parts.beside import Beside, draw_beside
from sanctions_model.plots.parts.labels import End, label_lines, label_room
from sanctions_model.plots.parts.observed_past import (
    as_draws,
    completed_periods,
    decimal_years,
    drawn_histories,
    flow_of,
    known_periods,
    level_from,
    period_name,
)
from sanctions_model.plots.parts.panels import (
    ESTIMATE,
    Bands,
    bands_of,
    chosen,
    completed_key,
    estimate_key,
    fan,
    fan_keys,
    frame,
    grid,
    mark_completed,
    year_axis,
    zero_line,
)
from sanctions_model.plots.parts.style import Colour, titled
from sanctions_model.queries.conditional import Condition
from sanctions_model.queries.forecasts import driver_words, last_known_period
from sanctions_model.queries.reading.headlines import headline, spoken
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval_rule
from sanctions_model.units import Kept, in_percent, percent_unit
from sanctions_model.wording import share_words

_LEFT, _GAP, _RIGHT = 0.55, 0.55, 0.2
_PLOT_HEIGHT, _ROW_GAP = 1.5, 0.3
_YEARS_BEFORE = 5
_MEDIAN = "median"
_SCENARIOS = (Colour.posterior, Colour.negative, Colour.accent, Colour.mixed, "#E69F00", "#56B4E9")
_CONDITION: dict[str, Any] = {
    "ls": "",
    "marker": "D",
    "ms": 3.4,
    "mfc": Colour.ink,
    "mec": "white",
    "mew": 0.6,
    "zorder": 6,
}


@dataclass(frozen=True, slots=True)
class _View:
    """One outcome as it is shown: its last years and its futures, in the unit of the axis."""

    label: str
    unit: str
    past: Bands
    futures: tuple[Bands, ...]
    known: np.ndarray
    completed: np.ndarray
    yearly: bool

    @property
    def estimated(self) -> np.ndarray:
        """Where the past is no datum and no completed cell but follows from parameters."""
        return np.asarray(self.past.spread & self.known & ~self.completed)


@dataclass(frozen=True, slots=True)
class _Given:
    """Paths as dims ``(outcome, scenario, horizon, chain, draw)`` with what is said of them."""

    paths: xr.DataArray
    start: int
    attrs: Mapping[str, object]
    plausibility: float | None


def plot_forecast(
    paths: xr.DataArray | xr.Dataset,
    problem: Problem,
    draws: xr.Dataset,
    *,
    conditions: Sequence[Condition] = (),
    outcomes: Sequence[str] | None = None,
    scenario_labels: Sequence[str] | None = None,
    title: str | None = None,
    beside: Beside | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw futures as fans after the last years of the past.

    Parameters
    ----------
    paths : xr.DataArray or xr.Dataset
        From `simulate` or `conditional_forecast`, dims
        ``(outcome, [scenario,] horizon, chain, draw)``.
    problem : Problem
        Whose data the past is from.
    draws : xr.Dataset
        The draws that the paths are of: they complete the past.
    conditions : sequence of Condition
        What was imposed, drawn as markers.
    outcomes : sequence of str, optional
        One panel each; the four of the paths that say most by default.
    scenario_labels : sequence of str, optional
        One a scenario.
    title : str, optional
        What is forecast, as in "The futures by their odds"; horizon and start follow.
    beside : Beside, optional
        Targets, forecasts of others and plain rivals, from `report.outside.forecast_beside`.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError, QuestionError
        If the paths lack an outcome, or labels and scenarios differ in number.
    """
    scm, rule = problem.scm, interval_rule()
    if paths.sizes[dims.DRAW] != draws.sizes[dims.DRAW]:
        raise QuestionError("The paths are not of these draws; give the draws they were made from.")
    given = _given(paths, problem, conditions)
    names = chosen(given.paths, outcomes, scm)
    labels = _labels(given.paths, scenario_labels)
    histories = drawn_histories(problem, draws)
    imposed: dict[str, dict[int, float]] = {}
    for condition in conditions:
        kept = problem.scm.variables[condition.variable]
        values = {at: float(in_percent(value, kept)) for at, value in condition.values.items()}
        imposed.setdefault(condition.variable, {}).update(values)
    views = {name: _view(problem, draws, histories, given, name, imposed) for name in names}

    horizon = given.paths.sizes[dims.HORIZON]
    when = f"over {scm.count_periods(horizon)} after {_period(problem, given.start)}"
    what = f"{title}: what comes" if title else "What comes"
    asked = f"{what}{' under the conditions' if conditions else ''}, {when}?"
    first = given.paths.isel({dims.SCENARIO: 0}).rename("path")
    first = first.sel({dims.OUTCOME: names}).assign_attrs(paths.attrs)
    title = titled(headline(first, scm), asked, source=draws.attrs.get(dims.Said.SOURCE))
    caption = _caption(problem, given, views, rule, drawn_from, conditioned=bool(conditions))
    beside, horizon_ends = beside or Beside(), _ahead(problem, given)
    handles = _handles(labels, views, rule)
    last_year = int(horizon_ends[-1] + 0.5 / scm.periods_per_year) - 1
    handles += beside.handles(names, int(horizon_ends[0]), last_year)
    if not set(imposed).isdisjoint(names):
        handles.append(Line2D([], [], label="condition", **_CONDITION))
    room = label_room([*(labels if len(labels) > 1 else [_MEDIAN]), *beside.names])
    figure, panels, width = grid(
        (title, caption),
        [view.label for view in views.values()],
        handles,
        columns=min(2, len(names)),
        beside=(_LEFT, _GAP + room, room),
        row_gap=_ROW_GAP,
        most=_PLOT_HEIGHT,
    )
    for (name, view), (axes, heading) in zip(views.items(), panels, strict=True):
        ends = draw_beside(axes, beside, name, horizon_ends, scm.periods_per_year)
        ends += _panel(axes, problem, given.start, view, imposed.get(name, {}), width, labels)
        frame(axes, heading, view.unit)
        zero_line(axes)
        label_lines(axes, ends)
    return figure


def _given(
    paths: xr.DataArray | xr.Dataset, problem: Problem, conditions: Sequence[Condition]
) -> _Given:
    plausibility = None
    if isinstance(paths, xr.Dataset):
        attrs = {**paths["path"].attrs, **paths.attrs}
        if "plausibility" in paths and conditions:
            plausibility = float(paths["plausibility"].median())
        array = paths["path"]
    else:
        attrs, array = dict(paths.attrs), paths
    if dims.SCENARIO not in array.dims:
        array = array.expand_dims(dims.SCENARIO)
    if "start" in attrs:
        first_day = np.datetime64(str(attrs["start"]), "D")
        start = int(np.searchsorted(problem.cases.time.astype("datetime64[D]"), first_day))
    else:
        needed = [str(name) for name in array[dims.OUTCOME].to_numpy()]
        start = last_known_period(problem, [*needed, *(c.variable for c in conditions)])
    return _Given(array, start, attrs, plausibility)


def _labels(paths: xr.DataArray, given: Sequence[str] | None) -> list[str]:
    count = paths.sizes[dims.SCENARIO]
    if given is not None:
        if len(given) != count:
            raise QuestionError(f"{len(given)} labels for {count} scenarios; give one for each.")
        return list(given)
    if dims.SCENARIO in paths.coords and paths[dims.SCENARIO].dtype.kind in "UO":
        return [str(label) for label in paths[dims.SCENARIO].to_numpy()]
    return [f"scenario {position + 1}" for position in range(count)] if count > 1 else [""]


def _view(
    problem: Problem,
    draws: xr.Dataset,
    histories: Mapping[str, np.ndarray],
    given: _Given,
    name: str,
    imposed: Mapping[str, Mapping[int, float]],
) -> _View:
    scm, start, year = problem.scm, given.start, problem.scm.periods_per_year
    variable = scm.variables[name]
    flow, sign = flow_of(scm, name)
    origin = start if name in imposed else _last_observed(problem, flow, start)
    values = histories[flow][:, : start + 1]
    past = as_draws(values if flow == name else level_from(values, sign, origin), draws)
    futures = [
        given.paths.sel({dims.OUTCOME: name})
        .isel({dims.SCENARIO: scenario})
        .transpose(dims.CHAIN, dims.DRAW, dims.HORIZON)
        for scenario in range(given.paths.sizes[dims.SCENARIO])
    ]
    known = known_periods(problem, name, origin)[: start + 1]
    completed = completed_periods(problem, name, origin)[: start + 1] & known
    label, unit = spoken(variable.label), variable.unit or "unit of the variable"
    kept: str | Kept = variable
    yearly = name not in imposed and year > 1 and name in {level.flow for level in scm.levels}
    if yearly:
        label, kept = f"{label}, year on year", "% a year, log change"
        futures = [_yearly(future, year, before=past) for future in futures]
        past = _yearly(past, year)
        known = _within(known, year, every=True)
        completed = _within(completed, year, every=False) & known
    elif flow != name:
        # Paths of levels start from 0 after the start: put them where the past ends.
        futures = [future + past.isel({dims.TIME: -1}) for future in futures]
        unit = f"{variable.short_unit}, {_period(problem, origin)} = 0"
        if (flow, origin) in problem.cases.missing:
            completed = np.zeros_like(completed)  # all of the past is relative to that cell
    shown = slice(max(0, start + 1 - _YEARS_BEFORE * year), None)
    past = past.isel({dims.TIME: shown})
    past, futures = in_percent(past, kept), [in_percent(future, kept) for future in futures]
    bands = bands_of(past)
    return _View(
        label=label,
        unit=percent_unit(kept) if yearly else unit,
        past=bands,
        futures=tuple(bands_of(future) for future in futures),
        known=known[shown],
        completed=completed[shown] & bands.spread,
        yearly=yearly,
    )


def _last_observed(problem: Problem, flow: str, start: int) -> int:
    """Return the last period up to the start at which a flow is no completed cell."""
    completed = {period for name, period in problem.cases.missing if name == flow}
    return max(period for period in range(start + 1) if period not in completed)


def _yearly(values: xr.DataArray, year: int, *, before: xr.DataArray | None = None) -> xr.DataArray:
    """Sum the last year's periods in each draw; without a past the first ones stay incomplete."""
    own = values.to_numpy()
    joined = own if before is None else np.concatenate([before.to_numpy(), own], axis=-1)
    summed = np.cumsum(joined, axis=-1)
    summed[..., year:] -= summed[..., :-year].copy()
    return values.copy(data=summed[..., -own.shape[-1] :])


def _within(marked: np.ndarray, year: int, *, every: bool) -> np.ndarray:
    """Whether all, or any, of the last year's periods are marked."""
    padded = np.concatenate([np.zeros(year - 1, dtype=bool), marked])
    windows = np.lib.stride_tricks.sliding_window_view(padded, year)
    return np.asarray(windows.all(axis=1) if every else windows.any(axis=1))


def _panel(
    axes: Axes,
    problem: Problem,
    start: int,
    view: _View,
    imposed: Mapping[int, float],
    width: float,
    labels: Sequence[str],
) -> list[End]:
    per_year = problem.scm.periods_per_year
    first = start + 1 - view.known.size
    years = decimal_years(problem.cases.time[first : start + 1], per_year)
    ahead = years[-1] + np.arange(1, view.futures[0].median.size + 1) / per_year
    ends = []
    for label, colour, future in zip(labels, _colours(len(labels)), view.futures, strict=True):
        ends.append((float(future.median[-1]), label or _MEDIAN, colour))
        bands, places = future, ahead
        if view.known[-1]:
            bands, places = future.after(view.past), np.array([years[-1], *ahead])
        fan(axes, places, bands, colour, outlined=len(view.futures) > 1)
    low, high = view.past.bounds(wide=True)
    if view.estimated.any():
        where = view.known.tolist()
        axes.fill_between(years, low, high, where=where, color=Colour.ink, alpha=ESTIMATE, lw=0)
    median = np.where(view.known, view.past.median, np.nan)
    axes.plot(years, median, color=Colour.ink, lw=1.3, zorder=3)
    mark_completed(axes, years, view.past, view.completed)
    for period, value in imposed.items():
        if period <= ahead.size:
            axes.plot([ahead[period - 1]], [value], **_CONDITION)
    half = 0.5 / per_year
    axes.axvline(years[-1] + half, color=Colour.faint, lw=0.7, ls=":")
    year_axis(axes, float(years[0]) - half, float(ahead[-1]) + half, width, per_year)
    return ends


def _ahead(problem: Problem, given: _Given) -> np.ndarray:
    """Middles of the periods ahead, in years with decimals."""
    per_year = problem.scm.periods_per_year
    last = decimal_years(problem.cases.time[given.start : given.start + 1], per_year)[0]
    return np.asarray(last + np.arange(1, given.paths.sizes[dims.HORIZON] + 1) / per_year)


def _colours(count: int) -> list[str]:
    return [_SCENARIOS[position % len(_SCENARIOS)] for position in range(count)]


def _period(problem: Problem, position: int) -> str:
    return period_name(problem.cases.time[position], problem.scm.periods_per_year)


def _handles(
    labels: Sequence[str], views: Mapping[str, _View], rule: IntervalRule
) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=Colour.ink, lw=1.3, label="past"),
        *fan_keys(rule, outlined=len(labels) > 1),
    ]
    if any(view.completed.any() for view in views.values()):
        handles.append(completed_key(rule))
    if any(view.estimated.any() for view in views.values()):
        handles.append(estimate_key(rule, "past, estimated"))
    return handles


def _caption(
    problem: Problem,
    given: _Given,
    views: Mapping[str, _View],
    rule: IntervalRule,
    drawn_from: str,
    *,
    conditioned: bool,
) -> str:
    scm, start = problem.scm, _period(problem, given.start)
    year, periods = scm.periods_per_year, scm.periods_name
    alone = all(len(view.futures) == 1 for view in views.values())
    wide = f"and {rule}" if alone else f"dashed lines: {rule}"
    notes = []
    if any(view.yearly for view in views.values()):
        notes.append(f"Growth is that over a year: the sum of {year} {periods}. ")
    if any(flow_of(scm, name)[0] != name for name in views):
        notes.append("Levels: % from the period named at the axis. ")
    if any(view.completed.any() for view in views.values()):
        notes.append("Open circles: estimates, where figures are not out. ")
    return (
        f"Start: {start}, the last period that is known or estimated (dotted line). "
        f"Drivers: {driver_words(scm, given.attrs)}. One future for each {drawn_from} draw, "
        "parameters and shocks drawn together; lines: medians; bands: 50 % interval"
        f"{' ' if alone else '; '}{wide}. "
        f"{_conditions(scm, given) if conditioned else ''}{''.join(notes)}".strip()
    )


def _conditions(scm: StructuralCausalModel, given: _Given) -> str:
    absorbing = str(given.attrs.get("absorbing", ""))
    every = absorbing == ", ".join(scm.stochastic)
    which = "all shocks together" if every else f"the shocks to {absorbing.replace('_', ' ')}"
    met = f", met by {which}" if absorbing else ""
    found = (
        f"; plausibility {share_words(given.plausibility)} (share of unconditional futures at "
        "least as far from their mean, median over draws)"
        if given.plausibility is not None
        else ""
    )
    return f"Conditions are hard{met}{found}. "
