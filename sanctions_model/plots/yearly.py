"""Calendar years: what people quote of a year, before and ahead, and what moved it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.inference.conditioned import Problem
from sanctions_model.plots.decompositions import stack_bars
from sanctions_model.plots.parts.labels import label_lines, label_room
from sanctions_model.plots.parts.panels import chosen, frame, grid, zero_line
from sanctions_model.plots.parts.style import Colour, titled
from sanctions_model.queries.reading.calendar_years import (
    DIFFERENCE,
    RELIEF,
    UNCHANGED,
    YEAR,
    Statistic,
    past_years,
    quoted_words,
)
from sanctions_model.queries.reading.findings import annual_finding, forces_finding
from sanctions_model.queries.reading.headlines import short_name, spoken_label
from sanctions_model.queries.reading.yearly_forces import FORCE, OWN_SHOCKS, START, TOTAL
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.wording import upper_first

_OURS = {UNCHANGED: Colour.posterior, RELIEF: Colour.negative}
_OTHERS = (Colour.accent, Colour.mixed, "#E69F00", Colour.total)
_YEARS_BEFORE = 6
_APART, _WIDE = 0.09, 0.26  # years: of our two futures from the middle, of half a mark of others
_LEFT, _GAP, _ROW_GAP, _HEIGHT = 0.5, 0.5, 0.3, 1.35
_BAR = 0.8
_SANCTIONS, _NO_FORCE = Colour.negative, {START: "#8C8C8C", OWN_SHOCKS: "#D0D0D0"}
_FORCES = ("#E69F00", "#56B4E9", "#CC79A7", "#0072B2", "#009E73", "#F0E442")


def plot_annual(
    table: pd.DataFrame, problem: Problem, draws: xr.Dataset, *, drawn_from: str = "posterior"
) -> Figure:
    """Draw calendar years with sanctions unchanged and with relief, after the years before.

    Parameters
    ----------
    table : pandas.DataFrame
        What ``sanctions-model annual --csv`` writes, as `report.annual.annual_table` returns it.
    problem : Problem
        Whose data the years before are from.
    draws : xr.Dataset
        The draws that the table is of: they complete the past.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    QuestionError
        If the table has an outcome that is neither a level nor observed.
    """
    scm, said = problem.scm, table.attrs
    own = table[table["source"].isin(_OURS)]
    statistics = dict(zip(own["outcome"], own["statistic"], strict=True))
    shortened = {s.words: str(s) for s in Statistic}
    start = str(said[dims.Said.START])
    past = past_years(
        problem, draws, {name: shortened[how] for name, how in statistics.items()}, start=start
    )
    first = int(table["year"].min())
    years = np.arange(first - _YEARS_BEFORE, int(table["year"].max()) + 1)
    others = [s for s in dict.fromkeys(table["source"]) if s not in (*_OURS, DIFFERENCE)]
    colours = {s: _OTHERS[i % len(_OTHERS)] for i, s in enumerate(others)}
    asked = str(said["relief"]).removesuffix(f", against {UNCHANGED}")
    title = titled(
        annual_finding(table, scm),
        f"What will calendar years be with sanctions unchanged, and with {asked}?",
        source=said.get(dims.Said.SOURCE),
    )
    rule = interval_rule()
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=Colour.ink, lw=1.3, marker="o", ms=3.0, label="years before"),
        Line2D([], [], color=Colour.faint, lw=0.9, label=f"{rule.percent} interval"),
        *(Line2D([], [], color=colours[s], lw=2.2, label=_dated(table, s)) for s in others),
    ]
    headings = {n: quoted_words(scm, n, how, short=False) for n, how in statistics.items()}
    caption = (
        f"Lines: {drawn_from} medians; both futures meet the same shocks. December on December: "
        f"the last of the {scm.periods_name} on that of the year before. Of a year that has begun, "
        f"the {scm.periods_name} that are known are in it."
    )
    right = label_room(list(_OURS))
    figure, panels, _ = grid(
        (title, caption),
        [name for name, _ in headings.values()],
        handles,
        columns=2,
        beside=(_LEFT, _GAP + right, right),
        row_gap=_ROW_GAP,
        most=_HEIGHT,
    )
    for (name, (_, unit)), (axes, heading) in zip(headings.items(), panels, strict=True):
        rows = table[table["outcome"] == name]
        before = past.sel({dims.OUTCOME: name}).sel({YEAR: past[YEAR].isin(years)})
        last = _draw_past(axes, before.dropna(YEAR, how="any"))
        ends = [
            (
                _draw_future(axes, rows[rows["source"] == source], shift, colour, last),
                source,
                colour,
            )
            for (source, colour), shift in zip(_OURS.items(), (-_APART, _APART), strict=True)
        ]
        for source, colour in colours.items():
            _draw_others(axes, rows[rows["source"] == source], colour)
        axes.axvline(first - 0.5, color=Colour.faint, lw=0.7, ls=":")
        axes.set_xlim(years[0] - 0.5, years[-1] + 0.5)
        axes.set_xticks(years[years % 2 == 0], [str(year) for year in years[years % 2 == 0]])
        frame(axes, heading, unit)
        zero_line(axes)
        label_lines(axes, ends)
    return figure


def _dated(table: pd.DataFrame, source: str) -> str:
    """Name a source with the date of its forecast; a target and a plain rival have none."""
    return f"{source}, {table.loc[table['source'] == source, 'published'].max()}".rstrip(", ")


def _draw_past(axes: Axes, past: xr.DataArray) -> tuple[int, float] | None:
    """Draw the years before, and return the last of them with its median."""
    if not past.sizes[YEAR]:
        return None
    years, summary = past[YEAR].to_numpy(), interval(past, interval_rule())
    median, low, high = (summary.sel(summary=n).to_numpy() for n in ("median", "lower", "upper"))
    axes.vlines(years, low, high, color=Colour.ink, lw=0.9)
    axes.plot(years, median, color=Colour.ink, lw=1.3, marker="o", ms=3.0, zorder=4)
    return int(years[-1]), float(median[-1])


def _draw_future(
    axes: Axes, rows: pd.DataFrame, shift: float, colour: str, last: tuple[int, float] | None
) -> float:
    """Draw the years of one future from the last known one on, and return its last median."""
    years = rows["year"].to_numpy() + shift
    median = rows["median"].to_numpy()
    axes.vlines(years, rows["lower"], rows["upper"], color=colour, lw=1.1)
    if last is not None and last[0] < rows["year"].min():
        axes.plot([last[0], years[0]], [last[1], median[0]], color=colour, lw=1.2)
    axes.plot(years, median, color=colour, lw=1.2, marker="o", ms=3.0, zorder=5)
    return float(median[-1])


def _draw_others(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw a published figure as a bar across its year, a published range as a box."""
    for row in rows.to_dict("records"):
        ends = np.array([row["year"] - _WIDE, row["year"] + _WIDE])
        low, high = float(row["lower"]), float(row["upper"])
        if high > low:
            edge: dict[str, Any] = {"facecolor": "none", "edgecolor": colour}
            axes.fill_between(ends, low, high, lw=1.2, zorder=6, **edge)
        else:
            axes.plot(ends, [low, low], color=colour, lw=2.2, zorder=6)


def plot_yearly_forces(
    forces: xr.DataArray,
    *,
    outcomes: Sequence[str] | None = None,
    scm: StructuralCausalModel,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw what moved each calendar year of the past, in parts that add up.

    Parameters
    ----------
    forces : xr.DataArray
        From `yearly_forces`, dims ``(outcome, force, year, chain, draw)``.
    outcomes : sequence of str, optional
        One panel each; the four that say most by default.
    scm : StructuralCausalModel
        Names outcomes, and says which force is the sanctions.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError
        If an outcome was not decomposed.
    """
    names = chosen(forces, outcomes, scm)
    shown = forces.sel({dims.OUTCOME: names})
    means = shown.mean([dims.CHAIN, dims.DRAW])
    years = means[YEAR].to_numpy()
    colours = _colours([str(f) for f in means[FORCE].to_numpy() if f != TOTAL], scm)
    said = [f"{short_name(scm, n)}{', growth' if scm.is_level(n) else ''}" for n in names]
    of = f"{spoken_label(scm, names[0])} in " if len(names) == 1 else ""
    window = str(years[0]) if years.size == 1 else f"{years[0]} to {years[-1]}"
    title = titled(
        forces_finding(shown, scm),
        f"What moved {of}each calendar year, {window}?",
        source=forces.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"Bars: {drawn_from} means, in which parts add up; line: what happened. Growth: of the "
        "year's average, in points; of a rate: the year's average. "
        f"{upper_first(START)}: what the year would have been without drivers moving and without "
        f"shocks. {upper_first(OWN_SHOCKS)}: what the model has no name for."
    )
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=Colour.ink, lw=1.3, marker="o", ms=3.0, label=TOTAL),
        *(Patch(color=colour, lw=0, label=force) for force, colour in colours.items()),
    ]
    figure, panels, width = grid(
        (title, caption),
        said,
        handles,
        columns=min(2, len(names)),
        beside=(_LEFT, _GAP, 0.16),
        row_gap=_ROW_GAP,
        most=_HEIGHT,
    )
    step = max(1, -(-years.size // max(1, int(width / 0.45))))
    for name, (axes, heading) in zip(names, panels, strict=True):
        own = means.sel({dims.OUTCOME: name})
        bars = [(c, own.sel({FORCE: force}).to_numpy()) for force, c in colours.items()]
        stack_bars(axes, years, bars, _BAR)
        line = own.sel({FORCE: TOTAL}).to_numpy()
        axes.plot(years, line, color="white", lw=2.6, zorder=4)
        axes.plot(years, line, color=Colour.ink, lw=1.3, marker="o", ms=3.0, zorder=5)
        axes.axhline(0.0, color=Colour.ink, lw=0.7, zorder=3)
        axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
        axes.set_xticks(years[::step], [str(year) for year in years[::step]])
        unit = "points of growth" if scm.is_level(name) else scm.variables[name].short_unit
        frame(axes, heading, unit)
    return figure


def _colours(forces: Sequence[str], scm: StructuralCausalModel) -> dict[str, str]:
    """Give the sanctions vermilion, what no force moves grey, the others a colour each."""
    rest = [f for f in forces if f not in _NO_FORCE and not set(scm.forces[f]) & set(scm.measures)]
    own = {force: _FORCES[place % len(_FORCES)] for place, force in enumerate(rest)}
    return {f: own.get(f) or _NO_FORCE.get(f) or _SANCTIONS for f in forces}
