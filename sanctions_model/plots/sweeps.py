"""A sweep's answers along an axis of names: one row a name, one panel an outcome."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    text_inches,
    tidy,
    wrap,
)
from sanctions_model.plots.parts.sweep_panels import (
    axes_left,
    chosen_outcomes,
    design_of,
    numeric_axes,
    outcome_label,
    outcome_unit,
    question_words,
    routes_words,
    rule_of,
)

__all__ = ["plot_by_name"]

_COLUMNS, _MARGIN, _GAP, _BELOW = 3, 0.12, 0.18, 0.44
_ROW, _LONGEST = 0.2, 2.3


def plot_by_name(found: xr.Dataset, axis: str, *, outcomes: Sequence[str] | None = None) -> Figure:
    """Draw each outcome's median and interval for every name on an axis, such as an alternative.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it, with `axis` as its only axis; choose values of the others with
        ``found.sel(...)``.
    axis : str
        An axis of names.
    outcomes : sequence of str, optional
        All by default.

    Returns
    -------
    matplotlib.figure.Figure
        Rows in the order of the design; a dotted line at the first one's median.

    Raises
    ------
    QuestionError
        If there is no such axis of names, or others are left.
    """
    _require(found, axis)
    shown = chosen_outcomes(found, outcomes)
    values = found[axis].to_numpy().ravel().tolist()
    names = [str(value).replace("_", " ").replace("->", "→") for value in values]
    rule = rule_of(found)
    title = f"One answer each: {design_of(found)['label']}"
    caption = (
        f"{question_words(found)} Points: medians; lines: {rule}. Dotted: the median of the first "
        f"row. {routes_words(found)}"
    )
    left = _MARGIN + min(_LONGEST, max(text_inches(name, SMALL) for name in names)) + 0.12
    labels = [wrap(name, left - _MARGIN - 0.1, SMALL) for name in names]
    columns = min(_COLUMNS, len(shown))
    width = (COLUMN_INCHES - left - _MARGIN - (columns - 1) * _GAP) / columns
    headings = {name: wrap(outcome_label(found, name), width, TEXT) for name in shown}
    head = max(len(lines) for lines in headings.values()) * line_inches(TEXT) + 0.08
    # Every row is as tall as its label, so that rows of one panel line up with the others.
    tall = max(_ROW, max(map(len, labels)) * line_inches(SMALL) + 0.03)
    height, rows = tall * len(names), -(-len(shown) // columns)
    top, bottom = page_text_inches(title, caption)
    step = head + height + _BELOW
    figure = new_figure(top + rows * step + bottom)
    add_page_text(figure, title, caption)
    for place, name in enumerate(shown):
        row, column = divmod(place, columns)
        across = left + column * (width + _GAP)
        axes = place_axes(figure, across, top + row * step + head, width, height)
        _rows(axes, found["effect_summary"].sel(outcome=name))
        tidy(axes)
        axes.set_title("\n".join(headings[name]), size=TEXT, loc="left", pad=3, color=Colour.ink)
        axes.set_ylim(len(names) - 0.5, -0.5)
        written = ["\n".join(lines) for lines in labels] if column == 0 else [""] * len(names)
        axes.set_yticks(range(len(names)), written)
        axes.tick_params(axis="y", length=0, pad=5)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
        axes.set_xlabel(outcome_unit(found, name), size=SMALL, labelpad=2, color=Colour.ink)
    return figure


def _rows(axes: Axes, summary: xr.DataArray) -> None:
    median, low, high = (
        summary.sel(summary=part).to_numpy().ravel() for part in ("median", "lower", "upper")
    )
    for row in np.flatnonzero(np.isfinite(median)):
        axes.plot([low[row], high[row]], [row, row], color=Colour.posterior, lw=1.2)
        axes.plot([median[row]], [row], "o", color=Colour.posterior, ms=3.6)
    for row in np.flatnonzero(~np.isfinite(median)):
        axes.annotate(
            "no answer",
            (0.5, row),
            xycoords=("axes fraction", "data"),
            ha="center",
            va="center",
            size=SMALL,
            color=Colour.faint,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
    if np.isfinite(median[0]):
        axes.axvline(median[0], color=Colour.faint, lw=0.8, ls=":", zorder=0)
    bounds = axes.get_xlim()
    if bounds[0] < 0.0 < bounds[1]:
        axes.axvline(0.0, color=Colour.rule, lw=0.8, zorder=0)


def _require(found: xr.Dataset, axis: str) -> None:
    there = axes_left(found)
    named = [name for name in there if name not in numeric_axes(found)]
    if axis not in named:
        raise QuestionError(
            f"{axis!r} is no axis of names of this sweep; there is {', '.join(named) or 'none'}."
        )
    if len(there) > 1:
        other = next(name for name in there if name != axis)
        raise QuestionError(
            f"The axis {other!r} is left; choose a value first, as in found.sel({other}=...)."
        )
