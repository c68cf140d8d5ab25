"""Stacked bars: what shocks, sanctions and other drivers made of the past, period by period."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.groups import Group, driver_groups, part_label, shock_groups
from sanctions_model.plots.parts.observed_past import decimal_years, period_name, periods_per_year
from sanctions_model.plots.parts.panels import chosen, frame, key, key_inches, row_inches, year_axis
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    wrap,
)
from sanctions_model.plots.parts.words import difference_unit
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.transmission import default_transmission

__all__ = ["plot_decomposition"]

_BASE, _PART = "base", "part"
_LEFT, _RIGHT = 0.6, 0.2
_PLOT_HEIGHT, _ROW_GAP = 2.0, 0.3
_SHOCKS_APART = 5
_BAR = 0.88
# A contribution below this is rounding.
_ROUNDING = 1e-9


def plot_decomposition(
    parts: xr.DataArray,
    *,
    outcomes: Sequence[str] | None = None,
    drivers_together: bool = True,
    scm: StructuralCausalModel | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the contributions to an outcome's past, relative to its base.

    Parameters
    ----------
    parts : xr.DataArray
        From `historical_decomposition`, dims ``(outcome, part, time, chain, draw)``.
    outcomes : sequence of str, optional
        One panel each; all by default.
    drivers_together : bool
        Sum the sanctions measures, draw by draw; False draws each.
    scm : StructuralCausalModel, optional
        Tells measures from other drivers and gives parts their labels; the default transmission
        by default.
    drawn_from : str
        What the draws are, for the caption.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.

    Raises
    ------
    UnknownVariableError, QuestionError
        If an outcome was not decomposed, or the parts have no base.
    """
    if _BASE not in parts[_PART].to_numpy():
        raise QuestionError("The parts have no 'base'; give what historical_decomposition returns.")
    scm = scm or default_transmission()
    names = chosen(parts, outcomes)
    contributions = parts.sel({dims.OUTCOME: names}).drop_sel({_PART: _BASE})
    groups = _groups(contributions, scm, together=drivers_together)
    medians = {g.label: _median(contributions, g) for g in groups}
    actual = contributions.sum(_PART).median((dims.CHAIN, dims.DRAW))

    time = parts[dims.TIME].to_numpy()
    per_year = periods_per_year(time)
    window = " to ".join(dict.fromkeys(period_name(time[end], per_year) for end in (0, -1)))
    labels = {n: str(contributions["label"].sel({dims.OUTCOME: n}).item()) for n in names}
    what = labels[names[0]] if len(names) == 1 else f"{len(names)} outcomes"
    title = f"What moved {what}, {window}"
    caption = _caption(groups, scm, period_name(_before(time, per_year), per_year), drawn_from)
    handles = _handles(groups)
    top, bottom = page_text_inches(title, caption)
    width = COLUMN_INCHES - _LEFT - _RIGHT
    headings = {name: wrap(label, width, TEXT) for name, label in labels.items()}
    head = max(len(lines) for lines in headings.values()) * line_inches(TEXT) + 0.06
    below = 0.04 + key_inches(handles)
    rows = len(names)
    step, height = row_inches(rows, head, _ROW_GAP, top + below + bottom, most=_PLOT_HEIGHT)
    figure = new_figure(top + rows * step + below + bottom)
    add_page_text(figure, title, caption)
    years, half = decimal_years(time, per_year), 0.5 / per_year
    for row, name in enumerate(names):
        axes = place_axes(figure, _LEFT, top + row * step + head, width, height)
        where = {dims.OUTCOME: name}
        bars = [(g.colour, medians[g.label].sel(where).to_numpy()) for g in groups]
        _stack(axes, years, bars, 2 * half * _BAR)
        line = actual.sel(where).to_numpy()
        axes.plot(years, line, color="white", lw=2.6, zorder=4)
        dot = "o" if years.size == 1 else ""  # a line needs two periods
        axes.plot(years, line, color=Colour.ink, lw=1.3, marker=dot, ms=4.0, zorder=5)
        axes.axhline(0.0, color=Colour.ink, lw=0.7, zorder=3)
        unit = str(contributions["unit"].sel(where).item())
        frame(axes, headings[name], difference_unit(unit) or "unit of the variable")
        year_axis(axes, float(years[0]) - half, float(years[-1]) + half, width, per_year)
    key(figure, handles, top + rows * step + 0.02)
    return figure


def _groups(
    contributions: xr.DataArray, scm: StructuralCausalModel, *, together: bool
) -> list[Group]:
    """Return drivers first, then the larger shocks, then the others."""
    parts = [str(name) for name in contributions[_PART].to_numpy()]
    size = abs(contributions.median((dims.CHAIN, dims.DRAW))).mean(dims.TIME)
    total = size.sum(_PART)
    shares = size / total.where(total > 0, 1.0)
    moving = [n for n in parts if float(abs(contributions.sel({_PART: n})).max()) > _ROUNDING]
    drivers = driver_groups([n for n in moving if n in scm.exogenous], scm, together=together)
    shocks = {n: shares.sel({_PART: n}).to_numpy() for n in moving if n not in scm.exogenous}
    return [*drivers, *shock_groups(shocks, scm, room=_SHOCKS_APART)]


def _median(contributions: xr.DataArray, group: Group) -> xr.DataArray:
    """Return the median over draws of what a group's parts are together in each draw."""
    together = contributions.sel({_PART: list(group.members)}).sum(_PART)
    return together.median((dims.CHAIN, dims.DRAW))


def _stack(
    axes: Axes, years: np.ndarray, bars: Sequence[tuple[str, np.ndarray]], width: float
) -> None:
    """Stack positive contributions upwards from zero, negative ones downwards."""
    up, down = np.zeros(years.size), np.zeros(years.size)
    for colour, values in bars:
        bottom = np.where(values >= 0, up, down)
        axes.bar(years, values, width, bottom=bottom, color=colour, lw=0, zorder=2)
        up, down = up + np.maximum(values, 0.0), down + np.minimum(values, 0.0)


def _before(time: np.ndarray, per_year: int) -> np.datetime64:
    return np.datetime64(time[0], "M") - np.timedelta64(12 // per_year, "M")


def _handles(groups: Sequence[Group]) -> list[Line2D | Patch]:
    patches = [Patch(color=group.colour, lw=0, label=group.label) for group in groups]
    line = Line2D([], [], color=Colour.ink, lw=1.3, label="actual less base")
    return [line, *patches]


def _member(scm: StructuralCausalModel, name: str) -> str:
    return name.replace("_", " ") if name in scm.exogenous else part_label(scm, name)


def _caption(
    groups: Sequence[Group], scm: StructuralCausalModel, before: str, drawn_from: str
) -> str:
    summed = ", ".join(
        f"{group.label} ({', '.join(_member(scm, name) for name in group.members)})"
        for group in groups
        if group.together
    )
    together = f" Summed in each draw: {summed}." if summed else ""
    return (
        f"Bars: {drawn_from} medians of contributions; line: median of the actual path less the "
        f"base. Base: the path that follows from the state of {before} without shocks and with "
        f"every driver, sanctions among them, kept as it was in {before}; shocks of earlier "
        "periods are in it. Contributions add up to the line draw by draw, which medians do not "
        f"exactly.{together} pp: percentage points."
    )
