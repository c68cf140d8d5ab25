"""Waterfall by channel: how the parts of an effect, entry by entry, make the whole.

Steps are means, because means of parts add up to the mean of the whole and medians do not.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sanctions_model import dims
from sanctions_model.effects import channel_effects
from sanctions_model.interventions import Relief
from sanctions_model.plots.channels import channel_label
from sanctions_model.plots.style import (
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
from sanctions_model.plots.words import (
    count_periods,
    default_relief,
    effect_unit,
    number,
    periods_name,
    reached_outcomes,
    relief_words,
)
from sanctions_model.scm import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule

__all__ = ["plot_waterfall"]

_OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble")
_TOTAL = "total"
_ROW, _NUMBERS, _BAR = 0.22, 0.55, 0.6
_ROUNDING = 1e-9


def plot_waterfall(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    relief: Relief | None = None,
    outcomes: Sequence[str] | None = None,
    horizon: int = 12,
    *,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw how the entries of a relief add up to its effect at one horizon.

    Parameters
    ----------
    scm : StructuralCausalModel
        With named entries.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    relief : Relief, optional
        Full relief of the model's measures in four steps by default.
    outcomes : sequence of str, optional
        Variables or levels, one panel each.
    horizon : int
        Periods from the start of the relief.
    drawn_from : str
        What `draws` are, for the caption.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach, the horizon is below 1, or the model
        names no entries.
    """
    relief = relief or default_relief(scm)
    wanted = outcomes or reached_outcomes(scm, relief, _OUTCOMES) or None
    effect = channel_effects(scm, draws, relief, horizon=horizon, outcomes=wanted)
    effect = effect.sel({dims.HORIZON: horizon, dims.CHANNEL: [*scm.entries, _TOTAL]})
    means = effect.mean((dims.CHAIN, dims.DRAW))
    rule = interval_rule()
    bounds = interval(effect.sel({dims.CHANNEL: _TOTAL}), rule)
    names = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    moving = (abs(effect) > _ROUNDING).any((dims.OUTCOME, dims.CHAIN, dims.DRAW))
    entries = [name for name in scm.entries if bool(moving.sel({dims.CHANNEL: name}))]

    title = f"From channel to channel: effect of relief after {count_periods(scm, horizon)}"
    caption = (
        f"Contrast: {relief_words(scm, relief)}; effect in {periods_name(scm)[:-1]} {horizon}, "
        f"counted from the first of the relief. Bars: {drawn_from} means of the parts by entry, "
        "each beginning where the one above ends; means add up to the mean total exactly. Line: "
        f"{rule} of the total. pp: percentage points."
    )
    top, bottom = page_text_inches(title, caption)
    labels = {name: channel_label(scm, name) for name in (*entries, _TOTAL)}
    left = 0.14 + max(text_inches(words, SMALL, bold=True) for words in labels.values()) + 0.06
    columns = min(2, len(names))
    width = (COLUMN_INCHES - left - 0.1 - columns * _NUMBERS - (columns - 1) * 0.2) / columns
    width = min(width, 3.2)
    height = (len(labels) + 0.4) * _ROW
    headings = {name: wrap(scm.variables[name].label, width + _NUMBERS, TEXT) for name in names}
    head = max(len(found) for found in headings.values()) * line_inches(TEXT) + 0.08
    step = head + height + 0.42
    figure = new_figure(top + -(-len(names) // columns) * step + bottom)
    add_page_text(figure, title, caption)
    for position, name in enumerate(names):
        row, column = divmod(position, columns)
        start = left + column * (width + _NUMBERS + 0.2)
        axes = place_axes(figure, start, top + row * step + head, width, height)
        where = {dims.OUTCOME: name}
        _steps(axes, [float(means.sel({**where, dims.CHANNEL: c})) for c in entries])
        own = bounds.sel(where)
        _total(
            axes,
            len(entries),
            float(means.sel({**where, dims.CHANNEL: _TOTAL})),
            (float(own.sel(summary="lower")), float(own.sel(summary="upper"))),
        )
        _frame(axes, list(labels.values()) if column == 0 else [""] * len(labels))
        axes.set_title("\n".join(headings[name]), size=TEXT, loc="left", pad=4, color=Colour.ink)
        axes.set_xlabel(effect_unit(scm, name), size=SMALL, labelpad=2, color=Colour.ink)
    return figure


def _steps(axes: Axes, parts: Sequence[float]) -> None:
    """Draw each part from where the parts above it end."""
    ends = np.cumsum([0.0, *parts])
    for row, part in enumerate(parts):
        colour = Colour.posterior if part >= 0 else Colour.negative
        axes.barh(row, part, left=ends[row], height=_BAR, color=colour, lw=0)
        axes.plot([ends[row + 1]] * 2, [row, row + 1], color=Colour.faint, lw=0.6, zorder=0)
        _say(axes, row, part)


def _total(axes: Axes, row: int, mean: float, bounds: tuple[float, float]) -> None:
    axes.barh(row, mean, height=_BAR, color=Colour.total, lw=0)
    axes.plot(bounds, [row, row], color=Colour.ink, lw=0.9)
    _say(axes, row, mean, bold=True)


def _say(axes: Axes, row: int, value: float, *, bold: bool = False) -> None:
    axes.annotate(
        number(value) if abs(value) > _ROUNDING else "0",
        (1.0, row),
        (4, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        size=SMALL,
        va="center",
        color=Colour.ink,
        weight="bold" if bold else "normal",
    )


def _frame(axes: Axes, labels: Sequence[str]) -> None:
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    ticks = axes.set_yticks(range(len(labels)), labels)
    ticks[-1].label1.set_fontweight("bold")
    axes.axvline(0.0, color=Colour.ink, lw=0.7)
    axes.margins(x=0.04)
    axes.locator_params(axis="x", nbins=5)
