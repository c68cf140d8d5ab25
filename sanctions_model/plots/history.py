"""Another past beside the one that happened: both paths on the left, their difference right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.plots.parts.labels import label_lines, label_room
from sanctions_model.plots.parts.observed_past import (
    as_draws,
    completed_periods,
    decimal_years,
    flow_of,
    known_periods,
    observed_values,
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
    key,
    key_inches,
    mark_completed,
    row_inches,
    year_axis,
    zero_line,
)
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    titled,
    wrap,
)
from sanctions_model.queries.reading.headlines import headline, spoken
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval_rule
from sanctions_model.units import difference_in_percent, in_percent

_WIDE_PANEL = 0.57
_YEARS_BEFORE = 2
_HAPPENED, _OTHERWISE = "happened", "otherwise"
_WINDOW = "#F1F1F1"
# A difference below this is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _Window:
    """The replayed periods and some before them, as positions along time and as years."""

    problem: Problem
    first: int
    size: int

    @property
    def periods_before(self) -> int:
        return min(_YEARS_BEFORE * self.problem.scm.periods_per_year, self.first)

    @property
    def before(self) -> slice:
        """Periods before the window that are shown."""
        return slice(self.first - self.periods_before, self.first)

    @property
    def inside(self) -> slice:
        return slice(self.first, self.first + self.size)

    @property
    def origin(self) -> int:
        """The period before the window, at which levels are 0."""
        return self.first - 1

    def years(self, periods: slice) -> np.ndarray:
        time = self.problem.cases.time[periods]
        return decimal_years(time, self.problem.scm.periods_per_year)

    @property
    def edges(self) -> tuple[float, float]:
        """Where the window starts and ends."""
        half = 0.5 / self.problem.scm.periods_per_year
        years = self.years(self.inside)
        return float(years[0]) - half, float(years[-1]) + half

    @property
    def words(self) -> str:
        time, per_year = self.problem.cases.time, self.problem.scm.periods_per_year
        ends = (time[self.first], time[self.first + self.size - 1])
        return " to ".join(dict.fromkeys(period_name(end, per_year) for end in ends))


@dataclass(frozen=True, slots=True)
class _History:
    """What is known of one outcome."""

    before: np.ndarray
    known: np.ndarray
    completed: np.ndarray
    estimated: bool

    @classmethod
    def of(cls, window: _Window, name: str, factual: Bands) -> "_History":
        problem, origin = window.problem, window.origin
        known = known_periods(problem, name, origin)[window.inside]
        completed = completed_periods(problem, name, origin)[window.inside] & known
        return cls(
            before=in_percent(
                observed_values(problem, name, origin)[window.before],
                problem.scm.variables[name],
            ),
            known=known,
            completed=completed & factual.spread,
            estimated=bool(np.any(factual.spread & known & ~completed)),
        )


def plot_counterfactual(
    result: xr.Dataset,
    problem: Problem,
    *,
    outcomes: Sequence[str] | None = None,
    title: str | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw what happened beside what would have happened, and the difference.

    Parameters
    ----------
    result : xr.Dataset
        From `counterfactual`: ``factual``, ``counterfactual`` and ``difference``, dims
        ``(outcome, time, chain, draw)``; one row each outcome.
    problem : Problem
        Whose data the window is from.
    outcomes : sequence of str, optional
        One row each; the four that say most by default.
    title : str, optional
        What was changed, as in "2022 to 2025 without new sanctions".
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError, QuestionError
        If the result lacks an outcome, or the window is not of the problem's data.
    """
    scm, per_year = problem.scm, problem.scm.periods_per_year
    names = chosen(result["difference"], outcomes, scm)
    window = _window(result, problem)
    shown = {name: _in_percent(result.sel({dims.OUTCOME: name}), scm, name) for name in names}
    found = {
        part: {name: bands_of(shown[name][part]) for name in names}
        for part in ("factual", "counterfactual", "difference")
    }
    histories = {name: _History.of(window, name, bands) for name, bands in found["factual"].items()}
    rule = interval_rule()
    title = titled(
        headline(result, scm),
        title or f"What would have happened, {window.words}?",
        source=result.attrs.get(dims.Said.SOURCE),
    )
    caption = _caption(window, histories, rule, drawn_from, str(result.attrs.get("changed", "")))
    handles = _handles(histories, rule)
    top, bottom = page_text_inches(title, caption)
    named = label_room([_HAPPENED, _OTHERWISE])
    room = COLUMN_INCHES - _LEFT - _GAP - _RIGHT - named
    widths = _WIDE_PANEL * room, (1.0 - _WIDE_PANEL) * room
    headings = {name: wrap(spoken(scm.variables[name].label), room, TEXT) for name in names}
    head = max(len(lines) for lines in headings.values()) * line_inches(TEXT) + 0.06
    below = 0.04 + key_inches(handles)
    rows = len(names)
    step, height = row_inches(rows, head, _ROW_GAP, top + below + bottom, most=_PLOT_HEIGHT)
    figure = new_figure(top + rows * step + below + bottom)
    add_page_text(figure, title, caption)
    right = _LEFT + widths[0] + named + _GAP
    for row, name in enumerate(names):
        down = top + row * step + head
        axes = place_axes(figure, _LEFT, down, widths[0], height)
        _paths(axes, window, histories[name], found["factual"][name], found["counterfactual"][name])
        frame(axes, headings[name], _level_unit(scm, name))
        year_axis(axes, float(window.years(window.before)[0]), window.edges[1], widths[0], per_year)
        zero_line(axes)
        ends = [
            (float(bands[name].median[-1]), words, colour)
            for bands, words, colour in (
                (found["factual"], _HAPPENED, Colour.ink),
                (found["counterfactual"], _OTHERWISE, Colour.posterior),
            )
        ]
        label_lines(axes, ends)
        axes = place_axes(figure, right, down, widths[1], height)
        _difference(axes, window, found["difference"][name])
        frame(axes, ["difference"], scm.effect_unit(name))
        year_axis(axes, window.edges[0] - 0.5 / per_year, window.edges[1], widths[1], per_year)
    key(figure, handles, top + rows * step + 0.02)
    return figure


def _window(result: xr.Dataset, problem: Problem) -> _Window:
    time = problem.cases.time
    wanted = result[dims.TIME].to_numpy()
    first = int(np.searchsorted(time, wanted[0]))
    if first < 1 or not np.array_equal(time[first : first + wanted.size], wanted):
        raise QuestionError(
            f"The window {str(wanted[0])[:10]} to {str(wanted[-1])[:10]} is not inside the data; "
            "give the problem that the counterfactual is of."
        )
    return _Window(problem, first, wanted.size)


def _in_percent(result: xr.Dataset, scm: StructuralCausalModel, name: str) -> xr.Dataset:
    """Paths in percent, and the percent or the percentage points by which they differ."""
    unit = scm.variables[name]
    found = in_percent(result[["factual", "counterfactual"]], unit)
    apart = difference_in_percent(result["counterfactual"], result["difference"], unit)
    return found.assign(difference=apart)


def _level_unit(scm: StructuralCausalModel, name: str) -> str:
    return scm.variables[name].unit or "unit of the variable"


def _paths(
    axes: Axes, window: _Window, history: _History, factual: Bands, counterfactual: Bands
) -> None:
    axes.axvspan(*window.edges, color=_WINDOW, lw=0, zorder=0)
    years, past = window.years(window.inside), window.years(window.before)
    _fan_from(axes, past, years, history.before, counterfactual)
    if history.estimated or not history.known.all():
        low, high = factual.bounds(wide=True)
        axes.fill_between(years, low, high, color=Colour.ink, alpha=ESTIMATE, lw=0)
    known = np.where(history.known, factual.median, np.nan)
    axes.plot(
        np.concatenate([past, years]),
        np.concatenate([history.before, known]),
        color=Colour.ink,
        lw=1.3,
        zorder=3,
    )
    if not history.known.all():
        axes.plot(years, factual.median, color=Colour.ink, lw=1.0, ls=":", zorder=3)
    mark_completed(axes, years, factual, history.completed)


def _fan_from(
    axes: Axes, past: np.ndarray, years: np.ndarray, before: np.ndarray, bands: Bands
) -> None:
    """Draw a fan that leaves the path that happened at its last known period."""
    if before.size and np.isfinite(before[-1]):
        fan(axes, np.array([past[-1], *years]), bands.after(float(before[-1])), Colour.posterior)
    else:
        fan(axes, years, bands, Colour.posterior)


def _difference(axes: Axes, window: _Window, bands: Bands) -> None:
    years = window.years(window.inside)
    step = 1.0 / window.problem.scm.periods_per_year
    if np.abs(bands.rows).max() < _ROUNDING:
        bands = Bands(np.zeros_like(bands.rows))
        axes.set_ylim(-1.0, 1.0)
    fan(axes, np.array([years[0] - step, *years]), bands.after(0.0), Colour.posterior)
    axes.axhline(0.0, color=Colour.ink, lw=0.7, zorder=1)


def _handles(histories: dict[str, _History], rule: IntervalRule) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [*fan_keys(rule)]
    if any(history.completed.any() for history in histories.values()):
        handles.append(completed_key(rule))
    if any(history.estimated for history in histories.values()):
        handles.append(estimate_key(rule, "what happened, estimated"))
    if any(not history.known.all() for history in histories.values()):
        label = "not observed: mean path"
        handles.append(Line2D([], [], color=Colour.ink, lw=1.0, ls=":", label=label))
    return handles


def _caption(
    window: _Window,
    histories: dict[str, _History],
    rule: IntervalRule,
    drawn_from: str,
    changed: str,
) -> str:
    scm = window.problem.scm
    notes = []
    if any(history.completed.any() for history in histories.values()):
        notes.append(
            "Open circles rest on figures that are not out and are estimated in each draw. "
        )
    lacking = [scm.variables[n].label for n, h in histories.items() if not h.known.all()]
    if lacking:
        notes.append(
            f"Not observed throughout: {'; '.join(lacking)} (dotted, the model's mean path with "
            "shocks of 0). "
        )
    if any(flow_of(scm, name)[0] != name for name in histories):
        origin = period_name(window.problem.cases.time[window.origin], scm.periods_per_year)
        notes.append(f"Levels are relative to {origin}. ")
    return (
        f"Contrast: the window {window.words} (shaded) replayed with "
        f"{changed or 'the changed course'}, all other shocks as they were, also "
        "those that sanctions may have caused, against what happened; right: the difference. "
        f"Blue: {drawn_from} median; bands: 50 % interval and {rule}. "
        f"{''.join(notes)}pp: percentage points."
    )


_COLUMNS = 2
_LEFT, _GAP, _RIGHT = 0.6, 0.75, 0.15
_PLOT_HEIGHT, _ROW_GAP = 1.25, 0.34


def plot_nowcast(
    problem: Problem,
    draws: xr.Dataset,
    *,
    periods: int = 12,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw each series that has completed cells, its newest periods.

    Parameters
    ----------
    problem : Problem
        Model and data with the cells that the draws complete.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``, with ``missing_cell``.
    periods : int
        How many of the newest periods to draw; holes before them are left out.
    drawn_from : str
        What the draws are, for the caption.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a series: figures as a line, completed cells as open circles with an interval.

    Raises
    ------
    QuestionError
        If no cell is completed in these periods.
    """
    size = problem.cases.time.size
    first = max(0, size - periods)
    names = list(dict.fromkeys(name for name, at in problem.cases.missing if at >= first))
    if not names:
        raise QuestionError(
            f"No series has a missing cell in the last {size - first} periods, so there is no "
            "nowcast to draw; ask for more periods, or use newer data."
        )
    scm, rule = problem.scm, interval_rule()
    time, per_year = problem.cases.time[first:], problem.scm.periods_per_year
    newest = period_name(time[-1], per_year)
    title = titled(
        f"The fit estimates the figures of {len(names)} series that are not out by {newest}",
        "What does the fit expect of figures that are not out?",
        source=draws.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"Circles: {drawn_from} median of a figure that is not out, given all others, with its "
        f"{rule}. Line: figures. Missing ones are estimated together with the model."
    )
    handles = [Line2D([], [], color=Colour.ink, lw=1.3, label="figures"), completed_key(rule)]
    figure, panels, width = grid(
        (title, caption),
        [scm.variables[name].label for name in names],
        handles,
        columns=_COLUMNS,
        beside=(_LEFT, _GAP, _RIGHT),
        row_gap=_ROW_GAP,
        most=_PLOT_HEIGHT,
    )
    history = problem.history(draws)
    years = decimal_years(time, per_year)
    half = 0.5 / per_year
    for name, (axes, heading) in zip(names, panels, strict=True):
        completed = [at - first for cell, at in problem.cases.missing if cell == name]
        _panel(
            axes,
            years,
            in_percent(problem.observations[name].to_numpy()[first:], scm.variables[name]),
            in_percent(as_draws(history[name][..., first:], draws), scm.variables[name]),
            np.array([at for at in completed if at >= 0]),
        )
        frame(axes, heading, scm.variables[name].unit)
        year_axis(axes, years[0] - half, years[-1] + half, width, per_year)
        zero_line(axes)
    return figure


def _panel(
    axes: Axes, years: np.ndarray, figures: np.ndarray, paths: xr.DataArray, completed: np.ndarray
) -> None:
    axes.plot(years, figures, color=Colour.ink, lw=1.3, marker="o", ms=2.0, zorder=3)
    marked = np.zeros(years.size, dtype=bool)
    marked[completed] = True
    mark_completed(axes, years, bands_of(paths), marked)
