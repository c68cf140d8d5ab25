"""Waterfall by channel: how the parts of an effect, entry by entry, make the whole.

Steps are means, because means of parts add up to the mean of the whole and medians do not.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sanctions_model import dims
from sanctions_model.queries.effects import channel_effects
from sanctions_model.scm.interventions import Relief
from sanctions_model.plots.channels import channel_label
from sanctions_model.plots.parts.rows import place_panels, tidy_rows, write_beside
from sanctions_model.plots.parts.style import Colour
from sanctions_model.plots.parts.words import (
    count_periods,
    default_relief,
    number,
    periods_name,
    reached_outcomes,
    relief_words,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule

__all__ = ["plot_waterfall"]

_OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble")
_TOTAL = "total"
_ROW, _NUMBERS = 0.22, 0.55  # inches
_BAR = 0.6
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
        Not shown: write it with its `savefig`, or all at once with `save_figures`.

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
        "each beginning where the one above ends (blue raises, orange lowers); means add up to the "
        "mean total exactly. Line: "
        f"{rule} of the total. pp: percentage points."
    )
    labels = {name: channel_label(scm, name) for name in (*entries, _TOTAL)}
    rows = list(labels.values())
    figure, panels = place_panels(
        (title, caption), scm, names, rows, height=(len(rows) + 0.4) * _ROW, numbers=_NUMBERS
    )
    for name, axes, first in panels:
        where = {dims.OUTCOME: name}
        _steps(axes, [float(means.sel({**where, dims.CHANNEL: c})) for c in entries])
        own = bounds.sel(where)
        _total(
            axes,
            len(entries),
            float(means.sel({**where, dims.CHANNEL: _TOTAL})),
            (float(own.sel(summary="lower")), float(own.sel(summary="upper"))),
        )
        tidy_rows(axes, len(entries))
        ticks = axes.set_yticks(range(len(rows)), rows if first else [""] * len(rows))
        ticks[-1].label1.set_fontweight("bold")
    return figure


def _steps(axes: Axes, parts: Sequence[float]) -> None:
    """Draw each part from where the parts above it end."""
    ends = np.cumsum([0.0, *parts])
    for row, part in enumerate(parts):
        colour = Colour.posterior if part >= 0 else Colour.negative
        axes.barh(row, part, left=ends[row], height=_BAR, color=colour, lw=0)
        axes.plot([ends[row + 1]] * 2, [row, row + 1], color=Colour.faint, lw=0.6, zorder=0)
        write_beside(axes, row, _in_words(part))


def _total(axes: Axes, row: int, mean: float, bounds: tuple[float, float]) -> None:
    axes.barh(row, mean, height=_BAR, color=Colour.total, lw=0)
    axes.plot(bounds, [row, row], color=Colour.ink, lw=0.9)
    write_beside(axes, row, _in_words(mean), bold=True)


def _in_words(value: float) -> str:
    return number(value) if abs(value) > _ROUNDING else "0"
