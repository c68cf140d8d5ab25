"""Fan charts: how far and how fast a relief moves each outcome."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sanctions_model import dims
from sanctions_model.plots.parts.labels import End, label_lines, label_room
from sanctions_model.plots.parts.panels import chosen, draws_the_effect, horizon_axis
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
    tidy,
    titled,
    wrap,
)
from sanctions_model.queries.reading.headlines import asked_words, headline, spoken
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval, interval_rule
from sanctions_model.units import belief_unit
from sanctions_model.wording import upper_first

_COLUMNS = 3
_LEFT, _BELOW = 0.55, 0.1
_PLOT_HEIGHT, _ROW_GAP = 1.12, 0.3


@draws_the_effect("total_effect")
def plot_responses(
    effect: xr.DataArray,
    prior: xr.DataArray | None = None,
    *,
    scm: StructuralCausalModel,
    outcomes: Sequence[str] | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the effect of a relief on each outcome, period by period.

    Parameters
    ----------
    effect : xr.DataArray
        From `total_effect`, dims ``(outcome, horizon, chain, draw)``.
    prior : xr.DataArray, optional
        The same under prior draws: adds its interval as dashed lines.
    scm : StructuralCausalModel
        Says what outcomes are called and measured in.
    outcomes : sequence of str, optional
        One panel each; the four that say most by default.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError
        If the effect, or the prior's, lacks an outcome.
    """
    names = chosen(effect, outcomes, scm)
    answer = effect.sel({dims.OUTCOME: names})
    rule, shown = interval_rule(), effects_in_percent(scm, answer)
    bands = interval(shown, rule), interval(shown, IntervalRule(0.5, rule.kind))
    before = None
    if prior is not None:
        asked = prior.sel({dims.OUTCOME: chosen(prior, names, scm)})
        before = interval(effects_in_percent(scm, asked), rule)

    found = headline(answer, scm, outcome=names[0] if len(names) == 1 else None)
    question = upper_first(asked_words(answer.attrs))
    title = titled(found, question, source=answer.attrs.get(dims.Said.SOURCE))
    caption = _caption(rule, drawn_from, with_prior=before is not None)
    along = f"{scm.periods_name} after the start of relief"
    return _fans(scm, bands, before, title, caption, along, answer.attrs.get(dims.Said.START))


def plot_impulse_response(
    response: xr.DataArray,
    *,
    scm: StructuralCausalModel,
    outcomes: Sequence[str] | None = None,
    title: str = "",
    drawn_from: str = "posterior",
) -> Figure:
    """Draw responses to a shock as fans, one panel an outcome.

    Parameters
    ----------
    response : xr.DataArray
        From `impulse_response` or `step_response`, dims ``(outcome, horizon, chain, draw)``.
    scm, outcomes
        As for `plot_responses`.
    title : str, optional
        The question, below the finding; by default what was shocked and by how much.
    drawn_from : str
        What the draws are, for the caption.
    """
    response = response.sel({dims.OUTCOME: chosen(response, outcomes, scm)})
    rule, shown = interval_rule(), effects_in_percent(scm, response)
    bands = interval(shown, rule), interval(shown, IntervalRule(0.5, rule.kind))
    caption = (
        f"Line: {drawn_from} median; bands: 50 % interval and {rule}. pp: percentage points. "
        f"The first {scm.period_name} is that of the shock."
    )
    asked = title or upper_first(asked_words(response.attrs) or "what follows a shock?")
    name = str(response[dims.OUTCOME].to_numpy()[0]) if response.sizes[dims.OUTCOME] == 1 else None
    text = titled(
        headline(response.rename("effect"), scm, outcome=name),
        asked,
        source=response.attrs.get(dims.Said.SOURCE),
    )
    return _fans(
        scm, bands, None, text, caption, scm.periods_name, response.attrs.get(dims.Said.START)
    )


def _fans(
    scm: StructuralCausalModel,
    bands: tuple[xr.DataArray, xr.DataArray],
    prior: xr.DataArray | None,
    title: str,
    caption: str,
    along: str,
    start: object,
) -> Figure:
    """One panel an outcome: a wide and a narrow band around the median."""
    rule = interval_rule()
    names = [str(name) for name in bands[0][dims.OUTCOME].to_numpy()]
    horizon = int(bands[0][dims.HORIZON].max())
    top, bottom = page_text_inches(title, caption)
    columns = 2 if len(names) == 4 else min(_COLUMNS, len(names))
    room = label_room(_named(rule, with_prior=prior is not None))
    width = (COLUMN_INCHES - columns * (_LEFT + room)) / columns
    headings = {name: wrap(spoken(scm.variables[name].label), width + room, TEXT) for name in names}
    lines = max(len(found) for found in headings.values())
    head = lines * line_inches(TEXT) + 0.04
    step = head + _PLOT_HEIGHT + _ROW_GAP
    rows = -(-len(names) // columns)
    figure = new_figure(top + rows * step + _BELOW + bottom)
    add_page_text(figure, title, caption)
    for position, name in enumerate(names):
        row, column = divmod(position, columns)
        left = _LEFT + column * (width + room + _LEFT)
        axes = place_axes(figure, left, top + row * step + head, width, _PLOT_HEIGHT)
        where = {dims.OUTCOME: name}
        _fan(axes, bands[0].sel(where), bands[1].sel(where))
        if prior is not None:
            _prior_lines(axes, prior.sel(where))
        dated = _finish(axes, horizon, scm.periods_per_year, start)
        axes.set_title("\n".join(headings[name]), size=TEXT, loc="left", pad=3, color=Colour.ink)
        axes.set_ylabel(
            belief_unit(scm.effect_unit(name)), size=SMALL, color=Colour.ink, labelpad=2
        )
        if position + columns >= len(names) and not dated:
            axes.set_xlabel("\n".join(wrap(along, width + 0.3, SMALL)), size=SMALL, labelpad=2)
        label_lines(axes, _ends(axes, bands, prior, name))
    return figure


def _named(rule: IntervalRule, *, with_prior: bool) -> list[str]:
    """Names of what ends at the right of a panel: the median and the upper bounds."""
    return ["median", "50 %", f"{rule.percent}", *(["prior"] if with_prior else [])]


def _ends(
    axes: Axes,
    bands: tuple[xr.DataArray, xr.DataArray],
    prior: xr.DataArray | None,
    name: str,
) -> list[End]:
    """Return where the median, the bands and the prior leave a panel, with their names."""
    last = {dims.OUTCOME: name}
    wide, half = (float(b.sel({**last, "summary": "upper"})[-1]) for b in bands)
    middle = float(bands[0].sel({**last, "summary": "median"})[-1])
    heights = [middle, half, wide]
    colours = [Colour.posterior] * 3
    if prior is not None:
        upper = float(prior.sel({**last, "summary": "upper"})[-1])
        heights.append(min(upper, axes.get_ylim()[1]))
        colours.append(Colour.faint)
    words = _named(interval_rule(), with_prior=prior is not None)
    return list(zip(heights, words, colours, strict=True))


def _fan(axes: Axes, band: xr.DataArray, half: xr.DataArray) -> None:
    periods, repeats = _drawn_periods(band)
    for found, alpha in ((band, 0.22), (half, 0.4)):
        lower, upper = found.sel(summary="lower"), found.sel(summary="upper")
        low, high = (np.repeat(bound.to_numpy(), repeats) for bound in (lower, upper))
        axes.fill_between(periods, low, high, color=Colour.posterior, alpha=alpha, lw=0)
    median = np.repeat(band.sel(summary="median").to_numpy(), repeats)
    axes.plot(periods, median, color=Colour.posterior, lw=1.5)


def _drawn_periods(band: xr.DataArray) -> tuple[np.ndarray, int]:
    """Return the periods; a single one is drawn as a short stretch."""
    periods = band[dims.HORIZON].to_numpy()
    return (periods, 1) if periods.size > 1 else (periods[0] + np.array([-0.2, 0.2]), 2)


def _prior_lines(axes: Axes, prior: xr.DataArray) -> None:
    """Dash the prior's bounds without letting a wide prior set the scale."""
    axes.autoscale_view()
    low, high = axes.get_ylim()
    periods, repeats = _drawn_periods(prior)
    for bound in ("lower", "upper"):
        values = np.repeat(prior.sel(summary=bound).to_numpy(), repeats)
        axes.plot(periods, values, color=Colour.faint, lw=0.9, ls="--")
    axes.autoscale_view()
    widest = 2.0 * (high - low)
    wide_low, wide_high = axes.get_ylim()
    axes.set_ylim(max(wide_low, low - widest), min(wide_high, high + widest))


def _finish(axes: Axes, horizon: int, per_year: int, start: object) -> bool:
    """Tidy a panel; return whether its axis has dates."""
    tidy(axes)
    axes.axhline(0.0, color=Colour.ink, lw=0.7, zorder=1)
    axes.set_xlim((1, horizon) if horizon > 1 else (0.5, 1.5))
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y", color=Colour.rule, lw=0.4)
    axes.set_axisbelow(True)
    return horizon_axis(axes, horizon, per_year, start)


def _caption(rule: IntervalRule, drawn_from: str, *, with_prior: bool) -> str:
    prior = (
        "; dashed: the same under the prior alone, cut where it is far wider" if with_prior else ""
    )
    return (
        f"Line: {drawn_from} median; bands: 50 % interval and {rule}{prior}. Difference of two "
        "paths of the same draws and shocks; pp: percentage points."
    )
