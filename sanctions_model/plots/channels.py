"""Bars by channel: through which entry a relief moves an outcome, and what the article's chain is.

Above the line the entries that add up to the total; below it the other split of the same total,
along the article's chain and beside it.
"""

from collections.abc import Sequence

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sanctions_model import dims
from sanctions_model.queries.effects import CHAIN_PARTS, channel_effects
from sanctions_model.scm.interventions import Relief
from sanctions_model.plots.parts.rows import place_panels, tidy_rows, write_beside
from sanctions_model.plots.parts.style import Colour
from sanctions_model.plots.parts.words import (
    count_periods,
    default_relief,
    number,
    periods_name,
    reached_outcomes,
    relief_words,
    short_label,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval, interval_rule

__all__ = ["channel_label", "plot_channels"]

_OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble")
_WORDS = {
    **dict(zip(CHAIN_PARTS, ("along the chain", "offset of the chain", "remainder"), strict=True)),
    "rouble_direct": "trade limits on rouble",
    "imports_direct": "trade limits on imports",
}
_ROW = 0.2
_PARTING = 0.6  # empty share of a row before the second split
_NUMBERS = 1.25


def plot_channels(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    relief: Relief | None = None,
    outcomes: Sequence[str] | None = None,
    horizon: int = 12,
    *,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the effect of a relief at one horizon, split by channel.

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
    rule = interval_rule()
    effect = channel_effects(scm, draws, relief, horizon=horizon, outcomes=wanted)
    effect = effect.sel({dims.HORIZON: horizon})
    summary = interval(effect, rule)
    reaches = (effect != 0).any((dims.CHAIN, dims.DRAW))
    names = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    channels = [str(name) for name in effect[dims.CHANNEL].to_numpy()]
    labels = {name: channel_label(scm, name) for name in channels}

    title = f"Through which channel: effect of relief after {count_periods(scm, horizon)}"
    caption = _caption(scm, relief, horizon, rule, drawn_from)
    places = _places(channels)
    last = max(places.values())
    figure, panels = place_panels(
        (title, caption),
        scm,
        names,
        list(labels.values()),
        height=(last + 1.0) * _ROW,
        numbers=_NUMBERS,
    )
    for name, axes, first in panels:
        where = {dims.OUTCOME: name}
        _bars(axes, places, summary.sel(where), reaches.sel(where))
        tidy_rows(axes, last)
        ticks = axes.set_yticks(list(places.values()), [labels[c] for c in places] if first else [])
        for tick, channel in zip(ticks, places, strict=False):
            if channel == "total":
                tick.label1.set_fontweight("bold")
    return figure


def channel_label(scm: StructuralCausalModel, channel: str) -> str:
    """Return what figures and tables call a part of an effect."""
    if channel in _WORDS:
        return _WORDS[channel]
    if channel in scm.variables:
        return short_label(scm.variables[channel])
    return channel.replace("_", " ")


def _places(channels: Sequence[str]) -> dict[str, float]:
    """Return each channel's row, counted downwards, the chain's parts set apart."""
    entries = [name for name in channels if name not in CHAIN_PARTS]
    parts = [name for name in channels if name in CHAIN_PARTS]
    below = len(entries) + _PARTING
    return {
        **{name: float(row) for row, name in enumerate(entries)},
        **{name: below + row for row, name in enumerate(parts)},
    }


def _bars(
    axes: Axes, places: dict[str, float], summary: xr.DataArray, reaches: xr.DataArray
) -> None:
    for channel, place in places.items():
        where = {dims.CHANNEL: channel}
        median, lower, upper = (
            float(summary.sel({**where, "summary": n})) for n in ("median", "lower", "upper")
        )
        there = bool(reaches.sel(where))
        if there:
            axes.barh(place, median, height=0.62, color=_colour(channel), lw=0)
            axes.plot([lower, upper], [place, place], color=Colour.ink, lw=0.9)
        words = f"{number(median)} ({number(lower)}; {number(upper)})" if there else "no path"
        colour = Colour.ink if there else Colour.faint
        write_beside(axes, place, words, bold=channel == "total", colour=colour)
    apart = [place for channel, place in places.items() if channel in CHAIN_PARTS]
    if apart:
        axes.axhline(
            min(apart) - 0.5 - _PARTING / 2, color=Colour.faint, lw=0.7, ls=":", clip_on=False
        )


def _colour(channel: str) -> str:
    if channel == "total":
        return Colour.total
    return Colour.accent if channel in CHAIN_PARTS else Colour.posterior


def _caption(
    scm: StructuralCausalModel, relief: Relief, horizon: int, rule: IntervalRule, drawn_from: str
) -> str:
    chain = (
        " Below the dotted line another split of the same total: along the article's chain alone, "
        "the line through expected inflation that works against it, and the remainder."
        if scm.chain
        else ""
    )
    return (
        f"Contrast: {relief_words(scm, relief)}; effect in {periods_name(scm)[:-1]} {horizon}, "
        f"counted from the first of the relief. Bars: {drawn_from} medians; lines and brackets: "
        f"{rule}. Entries (blue bars) add up to the total draw by draw, which their medians do "
        f"not exactly.{chain} pp: percentage points."
    )
