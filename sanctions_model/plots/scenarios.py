"""The futures in pictures: what each does, where the spread is from, what the reader's odds change.

Fans in levels are drawn by `plot_forecast`, which takes the simulated paths of futures as they are.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.plots.parts.labels import End, label_lines, label_room
from sanctions_model.plots.parts.panels import (
    WIDE,
    bands_of,
    chosen,
    fan,
    fan_keys,
    frame,
    grid,
    horizon_axis,
    zero_line,
)
from sanctions_model.plots.parts.style import SMALL, Colour, titled
from sanctions_model.queries.reading.headlines import headline
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.scenarios.odds.variance import ORDERS
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval_rule
from sanctions_model.wording import number, percent, with_article

_LEFT, _GAP, _RIGHT = 0.62, 0.62, 0.2
_PLOT_HEIGHT, _ROW_GAP = 1.45, 0.44
_TOGETHER = "all by their odds"
_COLOURS = (Colour.posterior, Colour.accent, Colour.faint, Colour.negative, "#E69F00", "#56B4E9")
# Politics in warm colours, economics in cool ones.
_SOURCES = {
    "future": ("#D55E00", "which future begins"),
    "path": ("#E69F00", "how it goes: slides, depth, timing"),
    "parameters": ("#0072B2", "parameters"),
    "shocks": ("#BFBFBF", "shocks"),
}


def plot_future_effects(
    result: xr.Dataset,
    *,
    together: xr.DataArray | None = None,
    outcomes: Sequence[str] | None = None,
    scm: StructuralCausalModel,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw what each future does against sanctions unchanged.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures`.
    together : xr.DataArray, optional
        The effect of all futures mixed by their odds, which is then the finding: ``effect`` of
        `mixture`, with what it says of itself.
    outcomes : sequence of str, optional
        One panel each; the four that say most by default.
    scm : StructuralCausalModel
        Says what outcomes are called.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError
        If the result lacks an outcome.
    """
    chosen(result["effect"], outcomes, scm)
    slides = result.attrs.get("transitions") == "True"
    quo = str(result.attrs.get("status_quo", ""))
    futures = [str(n) for n in result[dims.SCENARIO].to_numpy() if slides or str(n) != quo]
    labels = {n: str(result["scenario_label"].sel({dims.SCENARIO: n}).item()) for n in futures}
    places = {str(name): at for at, name in enumerate(result[dims.SCENARIO].to_numpy())}
    colours = {labels[n]: _COLOURS[places[n] % len(_COLOURS)] for n in futures}
    effects = {labels[n]: result["effect"].sel({dims.SCENARIO: n}, drop=True) for n in futures}
    effects = {n: own.assign_attrs(result.attrs) for n, own in effects.items()}
    found: xr.Dataset | xr.DataArray = result
    if together is not None:
        found = together.rename("effect")
        effects, colours = effects | {_TOGETHER: together}, colours | {_TOGETHER: Colour.ink}
    rule, horizon, against = interval_rule(), result.sizes[dims.HORIZON], _against(result)
    how = "each future can turn into another once a year" if slides else "each future lasts"
    title = titled(
        headline(found, scm, outcome=_only(outcomes)),
        f"What do the futures change over {scm.count_periods(horizon)}, against {against}?",
        source=result.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"Against {against}; {how}. Lines: {drawn_from} medians; "
        f"bands: 50 % interval; dashed: {rule}. Every draw of the parameters has its own path of "
        "each future; shocks are the same in all and drop out."
    )
    return _fans(scm, effects, colours, outcomes, title, caption)


def _against(result: xr.DataArray | xr.Dataset) -> str:
    """Say what effects are compared with."""
    return str(result.attrs.get(dims.Said.AGAINST, "the future without it"))


def _only(outcomes: Sequence[str] | None) -> str | None:
    """Return the outcome that a figure is about, if it is one."""
    return outcomes[0] if outcomes and len(outcomes) == 1 else None


def plot_scenario_effect(
    effect: xr.DataArray,
    *,
    label: str,
    title: str | None = None,
    outcomes: Sequence[str] | None = None,
    scm: StructuralCausalModel,
    drawn_from: str = "posterior",
    end: int | None = None,
) -> Figure:
    """Draw what one scenario does, against what its effect says.

    Parameters
    ----------
    effect : xr.DataArray
        From `scenario_forecast` or `designed_effect`, dims ``(outcome, horizon, chain, draw)``.
    label : str
        What the scenario is called.
    title : str, optional
        The question, below the finding.
    outcomes, scm, drawn_from
        As for `plot_future_effects`.
    end : int, optional
        Period of the finding, counted from 1; the last one by default.

    Raises
    ------
    UnknownVariableError
        If the effect lacks an outcome.
    """
    chosen(effect, outcomes, scm)
    last, against = effect.sizes[dims.HORIZON], _against(effect)
    over = scm.count_periods(last)
    title = titled(
        headline(effect.rename("effect"), scm, outcome=_only(outcomes), horizon=end or last),
        title or f"What does {label} change over {over}, against {against}?",
        source=effect.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"Line: {drawn_from} median; band: 50 % interval; dashed: {interval_rule()}. "
        "Difference of two paths of the same draws and shocks; pp: percentage points."
    )
    return _fans(scm, {label: effect}, {label: _COLOURS[0]}, outcomes, title, caption)


def _fans(
    scm: StructuralCausalModel,
    effects: Mapping[str, xr.DataArray],
    colours: Mapping[str, str],
    outcomes: Sequence[str] | None,
    title: str,
    caption: str,
) -> Figure:
    """Draw a panel an outcome with a fan an effect, each by its label."""
    first = next(iter(effects.values()))
    start = first.attrs.get(dims.Said.START)
    dated = bool(start) and first.sizes[dims.HORIZON] >= 2 * scm.periods_per_year
    names, horizon = chosen(first, outcomes, scm), first.sizes[dims.HORIZON]
    shown = {
        label: effects_in_percent(scm, effect.sel({dims.OUTCOME: names}))
        for label, effect in effects.items()
    }
    handles = fan_keys(interval_rule(), outlined=True)
    places = np.arange(1, horizon + 1)

    def draw(axes: Axes, name: str) -> list[End]:
        ends = []
        for label, effect in shown.items():
            own = effect.sel({dims.OUTCOME: name})
            bands = bands_of(own.transpose(dims.CHAIN, dims.DRAW, dims.HORIZON))
            fan(axes, places, bands, colours[label], outlined=True)
            ends.append((float(bands.median[-1]), label, colours[label]))
        axes.set_xlim(1, max(horizon, 2))
        if not dated or not horizon_axis(axes, horizon, scm.periods_per_year, start):
            axes.set_xticks(_ticks(horizon))
            if "period" in first.coords:
                axes.set_xticks(_ticks(horizon), [labels_at[h - 1] for h in _ticks(horizon)])
        return ends if len(shown) > 1 else []

    labels_at = first["period"].to_numpy() if "period" in first.coords else ()
    across = "" if len(labels_at) else f"{scm.periods_name} ahead"
    units = {name: scm.effect_unit(name) for name in names}
    across = "" if dated else across
    named = list(shown) if len(shown) > 1 else []
    return _page(scm, names, units, title, caption, handles, draw, across, named)


def plot_spread(
    split: xr.Dataset,
    *,
    outcomes: Sequence[str] | None = None,
    of_effect: bool = False,
    order: str = ORDERS[0],
    scm: StructuralCausalModel,
) -> Figure:
    """Draw the share of each source in the variance of the mixture, by horizon.

    Parameters
    ----------
    split : xr.Dataset
        From `spread_split`.
    outcomes : sequence of str, optional
        One panel each; the four that say most by default.
    of_effect : bool
        Of the effect of the measures instead of the forecast.
    order : str
        Which source comes first.
    scm : StructuralCausalModel
        Says what outcomes are called.

    Raises
    ------
    UnknownVariableError
        If the split lacks an outcome.
    """
    variance = split["effect" if of_effect else "path"].sel(order=order)
    names = chosen(variance, outcomes, scm)
    horizon = split.sizes[dims.HORIZON]
    what = "effects of the measures" if of_effect else "forecasts"
    question = f"What makes {what} uncertain, up to {scm.count_periods(horizon)} ahead?"
    caption = (
        f"Share in the variance over the mixture of futures, in %, {order}: law of total variance, "
        "in which what two sources do together goes to the later one"
        f"{'' if of_effect else '; shocks last and in closed form'}. Politics is the first two "
        "areas. No interval is drawn."
    )
    sources = [s for s in _SOURCES if not (of_effect and s == "shocks")]
    total = variance.sum("source")
    shares = (100.0 * variance / total.where(total > 1e-12)).fillna(0.0)
    last = shares.sel({dims.OUTCOME: names[0]}).isel({dims.HORIZON: -1})
    politics = float(last.sel(source=[s for s in ("future", "path") if s in sources]).sum())
    part = percent(politics / 100) if politics >= 1 else "less than 1 %"
    label = scm.variables[names[0]].short_label
    of = "what the measures do to " if of_effect else "the forecast of "
    title = titled(
        f"Politics makes {part} of what is uncertain about {of}{with_article(label)}",
        question,
        source=split.attrs.get(dims.Said.SOURCE),
    )
    # An area that nobody can see is said in words.
    largest = shares.sel({dims.OUTCOME: names}).max((dims.OUTCOME, dims.HORIZON))
    thin = {s: ", below 1 %" if float(largest.sel(source=s)) < 1.0 else "" for s in sources}
    handles: list[Line2D | Patch] = [
        Patch(color=_SOURCES[s][0], lw=0, label=_SOURCES[s][1] + thin[s]) for s in sources
    ]
    places = np.arange(1, horizon + 1)

    def draw(axes: Axes, name: str) -> list[End]:
        own = shares.sel({dims.OUTCOME: name})
        low = np.zeros(horizon)
        for source in sources:
            high = low + own.sel(source=source).to_numpy()
            axes.fill_between(places, low, high, color=_SOURCES[source][0], lw=0)
            low = high
        axes.set(xlim=(1, max(horizon, 2)), ylim=(0, 100))
        axes.set_xticks(_ticks(horizon))
        return []

    units = dict.fromkeys(names, "% of the variance")
    return _page(scm, names, units, title, caption, handles, draw, f"{scm.periods_name} ahead")


def plot_odds(
    expected: xr.DataArray,
    *,
    future: str,
    probability: float,
    horizons: Sequence[int],
    outcomes: Sequence[str] | None = None,
    scm: StructuralCausalModel,
) -> Figure:
    """Draw the expected effect against the probability given to one future.

    Parameters
    ----------
    expected : xr.DataArray
        From `expected_by_odds`.
    future : str
        What the probability is of, in words.
    probability : float
        The one that the file states, marked.
    horizons : sequence of int
        One line each.
    outcomes, scm
        As for `plot_future_effects`.

    Raises
    ------
    UnknownVariableError
        If the expectation lacks an outcome.
    """
    names, against = chosen(expected, outcomes, scm), _against(expected)
    odds = 100.0 * expected["odds"].to_numpy()
    line = expected.sel({dims.OUTCOME: names[0], dims.HORIZON: list(horizons)[-1]}).to_numpy()
    worth = number(
        0.1 * float(line[-1] - line[0]) / float(np.ptp(expected["odds"].to_numpy()) or 1.0)
    )
    label, unit = scm.variables[names[0]].short_label, scm.effect_unit(names[0]).split()[0]
    named = [f"after {scm.count_periods(h)}" for h in horizons]
    if "period" in expected.coords:
        named = [str(expected["period"].sel({dims.HORIZON: h}).item()) for h in horizons]
    last = named[-1] if named[-1].startswith("after") else f"in {named[-1]}"
    title = titled(
        f"Ten more points of odds move {with_article(label)} by {worth} {unit} {last}",
        f"What effect is expected, against {against}, by the odds of: {future}?",
        source=expected.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"Against {against}; mean over paths of all futures and "
        "draws of the parameters, the other futures in proportion to their probabilities; later "
        f"one can become another. Dotted: the probability one starts from, {100 * probability:.2g} "
        "%. Put in your own. No interval is drawn."
    )

    def draw(axes: Axes, name: str) -> list[End]:
        ends = []
        for position, horizon in enumerate(horizons):
            own = expected.sel({dims.OUTCOME: name, dims.HORIZON: horizon}).to_numpy()
            colour = _COLOURS[position % len(_COLOURS)]
            axes.plot(odds, own, color=colour, lw=1.5)
            ends.append((float(own[-1]), named[position], colour))
        axes.axvline(100 * probability, color=Colour.faint, lw=0.8, ls=":")
        axes.set_xlim(0, 100)
        return ends

    units = {name: scm.effect_unit(name) for name in names}
    return _page(scm, names, units, title, caption, [], draw, "probability, %", named)


def _ticks(horizon: int) -> np.ndarray:
    """Whole periods, years where there are many."""
    step = max(1, round(horizon / 5 / 4) * 4 if horizon >= 12 else round(horizon / 4))
    return np.array([1, *np.arange(step if step > 1 else 2, horizon + 1, step)])


def plot_filtered_odds(filtered: pd.DataFrame, labels: Mapping[str, str], *, title: str) -> Figure:
    """Draw the odds of the futures, quarter by quarter, as the measures were seen to change.

    Parameters
    ----------
    filtered : pandas.DataFrame
        From `odds_by_spread`.
    labels : mapping of str to str
        What each future is called.
    title : str
        The finding.
    """
    stated = float(filtered["spread"].iloc[0])
    quarters = list(filtered.loc[filtered["spread"] == stated, "quarter"])
    places = np.arange(len(quarters))
    page = (
        titled(title, "What do the measures since then do to the futures' odds?"),
        "First odds: as the file states them. Then, each quarter: given how the measures changed. "
        f"Line: a spread of {stated:g} between what a future says and what a quarter shows, which "
        "is judgement; band: half and twice as much.",
    )
    figure, [(axes, heading)], _ = grid(
        page,
        ["odds of each future"],
        [],
        columns=1,
        beside=(_LEFT, 0.0, label_room(list(labels.values()))),
        row_gap=_ROW_GAP,
        most=2 * _PLOT_HEIGHT,
    )
    ends = []
    for place, (name, label) in enumerate(labels.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        by_spread = filtered.pivot_table(name, "quarter", "spread", sort=False).loc[quarters]
        low, high = by_spread.min(axis=1), by_spread.max(axis=1)
        axes.fill_between(places, low, high, color=colour, alpha=WIDE, lw=0)
        axes.plot(places, by_spread[stated], color=colour, lw=1.5, marker="o", ms=3.0)
        ends.append((float(by_spread[stated].iloc[-1]), label, colour))
    axes.set_ylim(0.0, 1.0)
    axes.set_xlim(-0.2, len(quarters) - 0.8)
    axes.set_xticks(places, ["first odds", *quarters[1:]])
    frame(axes, heading, "probability")
    label_lines(axes, ends)
    return figure


def _page(
    scm: StructuralCausalModel,
    names: Sequence[str],
    units: dict[str, str],
    title: str,
    caption: str,
    handles: Sequence[Line2D | Patch],
    draw: Callable[[Axes, str], list[End]],
    across: str,
    named: Sequence[str] = (),
) -> Figure:
    """Lay out one panel an outcome, two abreast, lines named at their ends and a key below."""
    gap = _GAP + (label_room(named) if named else 0.0)
    figure, panels, _ = grid(
        (title, caption),
        [scm.variables[name].label for name in names],
        handles,
        columns=min(2, len(names)),
        beside=(_LEFT, gap, max(_RIGHT, label_room(named))),
        row_gap=_ROW_GAP,
        most=_PLOT_HEIGHT,
    )
    for name, (axes, heading) in zip(names, panels, strict=True):
        ends = draw(axes, name)
        frame(axes, heading, units[name])
        zero_line(axes)
        axes.set_xlabel(across, size=SMALL, labelpad=2, color=Colour.ink)
        label_lines(axes, ends)
    return figure
