"""Through which channel an effect comes: parts as bars, and one after the other."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.panels import (
    chosen,
    draws_the_effect,
    place_panels,
    tidy_rows,
    write_beside,
)
from sanctions_model.plots.parts.style import Colour, titled
from sanctions_model.queries.effects import CHAIN_PARTS
from sanctions_model.queries.reading.findings import channel_finding
from sanctions_model.queries.reading.percent import parts_in_percent
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval, interval_rule
from sanctions_model.wording import number

# A part below this is rounding.
_ROUNDING = 1e-9
_CHANNEL_OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble")
_WORDS = {
    **dict(zip(CHAIN_PARTS, ("along the chain", "offset of the chain", "remainder"), strict=True)),
    "rouble_direct": "trade limits on rouble",
    "imports_direct": "trade limits on imports",
    "exports_direct": "bans on exports",
}
_ROW = 0.2
_PARTING = 0.6  # empty share of a row before the second split
_NUMBERS = 1.25


@draws_the_effect("channel_effects")
def plot_channels(
    effect: xr.DataArray,
    *,
    scm: StructuralCausalModel,
    outcomes: Sequence[str] | None = None,
    horizon: int = 12,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the effect of a relief at one horizon, split by channel.

    Parameters
    ----------
    effect : xr.DataArray
        From `channel_effects`, dims ``(outcome, channel, horizon, chain, draw)``.
    scm : StructuralCausalModel
        Says what outcomes are called and measured in.
    outcomes : sequence of str, optional
        One panel each; the four that say most by default.
    horizon : int
        Periods from the start of the relief.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError, QuestionError
        If the effect lacks an outcome, or the horizon.
    """
    rule = interval_rule()
    effect = parts_in_percent(scm, _asked(effect, scm, outcomes, horizon))
    summary = interval(effect, rule)
    means = effect.mean((dims.CHAIN, dims.DRAW))
    reaches = (effect != 0).any((dims.CHAIN, dims.DRAW))
    names = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    channels = [str(name) for name in effect[dims.CHANNEL].to_numpy()]
    labels = {name: channel_label(scm, name) for name in channels}

    title = titled(
        channel_finding(effect, scm),
        f"Through which channels does relief act, after {scm.count_periods(horizon)}?",
        source=effect.attrs.get(dims.Said.SOURCE),
    )
    caption = _channel_caption(scm, effect, rule, drawn_from)
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
        _bars(axes, places, means.sel(where), summary.sel(where), reaches.sel(where))
        tidy_rows(axes, last)
        ticks = axes.set_yticks(list(places.values()), [labels[c] for c in places] if first else [])
        for tick, channel in zip(ticks, places, strict=False):
            if channel == "total":
                tick.label1.set_fontweight("bold")
    return figure


def _asked(
    effect: xr.DataArray,
    scm: StructuralCausalModel,
    outcomes: Sequence[str] | None,
    horizon: int,
) -> xr.DataArray:
    """Return the split of the outcomes to draw at one horizon."""
    if dims.CHANNEL not in effect.dims:
        raise QuestionError(
            f"The effect has dims {', '.join(map(str, effect.dims))}; expected it by channel, "
            "as `channel_effects` returns it."
        )
    horizons = effect[dims.HORIZON].to_numpy()
    if horizon not in horizons:
        raise QuestionError(
            f"The effect has no horizon {horizon}; it has {horizons[0]} to {horizons[-1]}."
        )
    there = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    default = [name for name in _CHANNEL_OUTCOMES if name in there] or None
    names = chosen(effect, outcomes or default, scm)
    return effect.sel({dims.OUTCOME: names, dims.HORIZON: horizon})


def _contrast(scm: StructuralCausalModel, effect: xr.DataArray) -> str:
    return (
        f"Contrast: {effect.attrs[dims.Said.QUESTION]}; effect in {scm.period_name} "
        f"{int(effect[dims.HORIZON])}, counted from the first of the relief."
    )


def channel_label(scm: StructuralCausalModel, channel: str) -> str:
    """Return what figures and tables call a part of an effect."""
    if channel in _WORDS:
        return _WORDS[channel]
    if channel in scm.variables:
        return scm.variables[channel].short_label
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
    axes: Axes,
    places: dict[str, float],
    means: xr.DataArray,
    summary: xr.DataArray,
    reaches: xr.DataArray,
) -> None:
    for channel, place in places.items():
        where = {dims.CHANNEL: channel}
        mean = float(means.sel(where))
        lower, upper = (float(summary.sel({**where, "summary": n})) for n in ("lower", "upper"))
        there = bool(reaches.sel(where))
        if there:
            axes.barh(place, mean, height=0.62, color=_colour(channel), lw=0)
            axes.plot([lower, upper], [place, place], color=Colour.ink, lw=0.9)
        words = f"{number(mean)} ({number(lower)}; {number(upper)})" if there else "no path"
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


def _channel_caption(
    scm: StructuralCausalModel, effect: xr.DataArray, rule: IntervalRule, drawn_from: str
) -> str:
    chain = (
        " Below the dotted line another split of the same total: along the article's chain alone, "
        "the line through expected inflation that works against it, and the remainder."
        if scm.chain
        else ""
    )
    return (
        f"{_contrast(scm, effect)} Bars: {drawn_from} means, in which channels (blue "
        f"bars) add up to the total; lines and brackets: {rule}.{chain} pp: percentage points."
    )


_TOTAL = "total"
_STEP_ROW, _STEP_NUMBERS = 0.22, 0.55  # inches
_STEP = 0.6


@draws_the_effect("channel_effects")
def plot_waterfall(
    effect: xr.DataArray,
    *,
    scm: StructuralCausalModel,
    outcomes: Sequence[str] | None = None,
    horizon: int = 12,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw how the entries of a relief add up to its effect at one horizon.

    Parameters
    ----------
    effect, scm, outcomes, horizon, drawn_from
        As for `plot_channels`.

    Raises
    ------
    UnknownVariableError, QuestionError
        If the effect lacks an outcome, or the horizon.
    """
    effect = _asked(effect, scm, outcomes, horizon).sel({dims.CHANNEL: [*scm.entries, _TOTAL]})
    effect = parts_in_percent(scm, effect)
    means = effect.mean((dims.CHAIN, dims.DRAW))
    rule = interval_rule()
    bounds = interval(effect.sel({dims.CHANNEL: _TOTAL}), rule)
    names = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    moving = (abs(effect) > _ROUNDING).any((dims.OUTCOME, dims.CHAIN, dims.DRAW))
    entries = [name for name in scm.entries if bool(moving.sel({dims.CHANNEL: name}))]

    title = titled(
        channel_finding(effect, scm),
        f"What does each channel add to the effect of relief, after {scm.count_periods(horizon)}?",
        source=effect.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"{_contrast(scm, effect)} Bars: {drawn_from} means of the parts by channel, "
        "each beginning where the one above ends (blue raises, orange lowers); means add up to the "
        "mean total exactly. Line: "
        f"{rule} of the total. pp: percentage points."
    )
    labels = {name: channel_label(scm, name) for name in (*entries, _TOTAL)}
    rows = list(labels.values())
    figure, panels = place_panels(
        (title, caption),
        scm,
        names,
        rows,
        height=(len(rows) + 0.4) * _STEP_ROW,
        numbers=_STEP_NUMBERS,
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
        axes.barh(row, part, left=ends[row], height=_STEP, color=colour, lw=0)
        axes.plot([ends[row + 1]] * 2, [row, row + 1], color=Colour.faint, lw=0.6, zorder=0)
        write_beside(axes, row, _in_words(part))


def _total(axes: Axes, row: int, mean: float, bounds: tuple[float, float]) -> None:
    axes.barh(row, mean, height=_STEP, color=Colour.total, lw=0)
    axes.plot(bounds, [row, row], color=Colour.ink, lw=0.9)
    write_beside(axes, row, _in_words(mean), bold=True)


def _in_words(value: float) -> str:
    return number(value) if abs(value) > _ROUNDING else "0"
