"""Parts and their sum: of the past by shocks and drivers, of forecast errors, of sectors."""

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
from sanctions_model.plots.parts.panels import chosen, frame, grid, key, key_inches, year_axis
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
    titled,
)
from sanctions_model.queries.reading.findings import parts_finding, variance_finding
from sanctions_model.queries.reading.headlines import spoken
from sanctions_model.queries.reading.percent import contributions_in_percent
from sanctions_model.scenarios.sectors import SECTOR
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.wording import number

_BASE, _PART = "base", "part"
_SHOCKS_APART = 5
_BAR = 0.88
# A contribution below this is rounding.
_ROUNDING = 1e-9


def plot_decomposition(
    parts: xr.DataArray,
    *,
    outcomes: Sequence[str] | None = None,
    drivers_together: bool = True,
    scm: StructuralCausalModel,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the contributions to an outcome's past, relative to its base.

    Parameters
    ----------
    parts : xr.DataArray
        From `historical_decomposition`, dims ``(outcome, part, time, chain, draw)``.
    outcomes : sequence of str, optional
        One panel each; the four that say most by default.
    drivers_together : bool
        Sum the sanctions measures, draw by draw; False draws each.
    scm : StructuralCausalModel, optional
        Tells measures from other drivers and gives parts their labels; the default transmission
        by default.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError, QuestionError
        If an outcome was not decomposed, or the parts have no base.
    """
    if _BASE not in parts[_PART].to_numpy():
        raise QuestionError("The parts have no 'base'; give what historical_decomposition returns.")
    names = chosen(parts, outcomes, scm)
    shown = contributions_in_percent(scm, parts.sel({dims.OUTCOME: names}))
    contributions = shown.drop_sel({_PART: _BASE})
    groups = _groups(contributions, scm, together=drivers_together)
    means = contributions.mean((dims.CHAIN, dims.DRAW))
    actual = means.sum(_PART)

    time = parts[dims.TIME].to_numpy()
    per_year = periods_per_year(time)
    window = " to ".join(dict.fromkeys(period_name(time[end], per_year) for end in (0, -1)))
    labels = {n: spoken(str(contributions["label"].sel({dims.OUTCOME: n}).item())) for n in names}
    what = labels[names[0]] if len(names) == 1 else f"{len(names)} outcomes"
    title = titled(
        parts_finding(parts.sel({dims.OUTCOME: names}), scm),
        f"What moved {what}, {window}?",
        source=parts.attrs.get(dims.Said.SOURCE),
    )
    caption = _caption(groups, scm, period_name(_before(time, per_year), per_year), drawn_from)
    handles = _handles(groups)
    figure, panels, width = grid(
        (title, caption),
        list(labels.values()),
        handles,
        columns=1,
        beside=_BESIDE,
        row_gap=_ROW_GAP,
        most=_PLOT_HEIGHT,
    )
    years, half = decimal_years(time, per_year), 0.5 / per_year
    for name, (axes, heading) in zip(names, panels, strict=True):
        where = {dims.OUTCOME: name}
        own = means.sel(where)
        bars = [(g.colour, own.sel({_PART: list(g.members)}).sum(_PART).to_numpy()) for g in groups]
        stack_bars(axes, years, bars, 2 * half * _BAR)
        line = actual.sel(where).to_numpy()
        axes.plot(years, line, color="white", lw=2.6, zorder=4)
        dot = "o" if years.size == 1 else ""  # a line needs two periods
        axes.plot(years, line, color=Colour.ink, lw=1.3, marker=dot, ms=4.0, zorder=5)
        axes.axhline(0.0, color=Colour.ink, lw=0.7, zorder=3)
        frame(axes, heading, scm.effect_unit(name))
        year_axis(axes, float(years[0]) - half, float(years[-1]) + half, width, per_year)
    return figure


def _groups(
    contributions: xr.DataArray, scm: StructuralCausalModel, *, together: bool
) -> list[Group]:
    """Return drivers first, then the larger shocks, then the others."""
    parts = [str(name) for name in contributions[_PART].to_numpy()]
    size = abs(contributions.mean((dims.CHAIN, dims.DRAW))).mean(dims.TIME)
    total = size.sum(_PART)
    shares = size / total.where(total > 0, 1.0)
    moving = [n for n in parts if float(abs(contributions.sel({_PART: n})).max()) > _ROUNDING]
    own = {n: shares.sel({_PART: n}).to_numpy() for n in moving if n in scm.exogenous}
    drivers = driver_groups(own, scm, together=together)
    shocks = {n: shares.sel({_PART: n}).to_numpy() for n in moving if n not in scm.exogenous}
    return [*drivers, *shock_groups(shocks, scm, room=_SHOCKS_APART)]


def stack_bars(
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
    return part_label(scm, name)


def _caption(
    groups: Sequence[Group], scm: StructuralCausalModel, before: str, drawn_from: str
) -> str:
    summed = ", ".join(
        f"{group.label} ({', '.join(_member(scm, name) for name in group.members)})"
        for group in groups
        if group.together
    )
    together = f" Summed: {summed}." if summed else ""
    return (
        f"Bars: {drawn_from} means of contributions, which add up to the line; line: mean of the "
        f"actual path less the base. Base: the path that follows from the state of {before} "
        f"without shocks and with every driver, sanctions among them, kept as it was in {before}; "
        "shocks of earlier periods are in it. Of a level: the % by which it differs from the "
        f"base.{together} "
        "pp: percentage points."
    )


_SHOCK = "shock"
_BESIDE = (0.52, 0.5, 0.16)  # inches left of panels, between and right of them
_PLOT_HEIGHT, _ROW_GAP = 1.45, 0.44
_VARIANCES_APART = 6


def plot_variance_decomposition(
    shares: xr.DataArray,
    outcomes: Sequence[str] | None = None,
    *,
    scm: StructuralCausalModel,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the mean share of each shock in the forecast-error variance, by horizon.

    Parameters
    ----------
    shares : xr.DataArray
        From `forecast_error_variance_decomposition`, dims
        ``(outcome, shock, horizon, chain, draw)``.
    outcomes : sequence of str, optional
        One panel each; the four that say most by default.
    scm : StructuralCausalModel
        Says what shocks and periods are called.
    drawn_from : str
        What the draws are, for the caption.

    Raises
    ------
    UnknownVariableError
        If the shares lack an outcome.
    """
    names = chosen(shares, outcomes, scm)
    means = shares.sel({dims.OUTCOME: names}).mean((dims.CHAIN, dims.DRAW))
    typical = means.mean(dims.HORIZON).fillna(0.0)
    groups = shock_groups(
        {str(n): typical.sel({_SHOCK: n}).to_numpy() for n in means[_SHOCK].to_numpy()},
        scm,
        room=_VARIANCES_APART,
    )
    horizons, start = means[dims.HORIZON].to_numpy(), shares.attrs.get(dims.Said.START)
    last = scm.count_periods(int(horizons[-1]))
    title = titled(
        variance_finding(shares.sel({dims.OUTCOME: names}), scm),
        f"Which shocks make forecasts uncertain, up to {last} ahead?",
        source=shares.attrs.get(dims.Said.SOURCE),
    )
    caption = _variance_caption(scm, groups, drawn_from)
    if start is None:
        counted = f"{scm.periods_name.capitalize()} ahead count from 1, the first after the start."
        caption = f"{caption} {counted}"
    handles = [Patch(color=group.colour, lw=0, label=group.label) for group in groups]
    columns = min(2, len(names))
    figure, panels, _ = grid(
        (title, caption),
        [spoken(str(means["label"].sel({dims.OUTCOME: name}).item())) for name in names],
        handles,
        columns=columns,
        beside=_BESIDE,
        row_gap=_ROW_GAP,
        most=_PLOT_HEIGHT,
    )
    for position, (name, (axes, heading)) in enumerate(zip(names, panels, strict=True)):
        _areas(axes, horizons, means.sel({dims.OUTCOME: name}), groups)
        frame(axes, heading, "" if position % columns else "% of the variance")
        axes.set_yticks([0, 25, 50, 75, 100])
        if start is None:
            axes.set_xlabel(f"{scm.periods_name} ahead", size=SMALL, labelpad=2, color=Colour.ink)
            continue
        ticks = [int(tick) for tick in axes.get_xticks() if tick > 1 or len(horizons) == 1]
        dates = [period_after(start, tick, scm.periods_per_year) for tick in ticks]
        axes.set_xticks(ticks, dates)
        axes.get_xticklabels()[-1].set_horizontalalignment("right")  # not beyond the page
    return figure


def _areas(axes: Axes, horizons: np.ndarray, means: xr.DataArray, groups: Sequence[Group]) -> None:
    single = horizons.size == 1
    places = horizons[0] + np.array([-0.4, 0.4]) if single else horizons
    axes.set(xlim=(places[0], places[-1]), ylim=(0, 100))
    if not np.isfinite(means.to_numpy()).all():
        axes.text(
            0.5, 0.5, "no shock reaches it", transform=axes.transAxes, ha="center", size=SMALL
        )
        return
    low = np.zeros(places.size)
    for group in groups:
        own = means.sel({_SHOCK: list(group.members)}).sum(_SHOCK).to_numpy()
        high = low + 100.0 * (np.repeat(own, 2) if single else own)
        axes.fill_between(places, low, high, color=group.colour, lw=0)
        low = high
    last = int(horizons[-1])
    step = max(1, round(last / 5 / 4) * 4 if last >= 12 else round(last / 4))
    ticks = np.arange(step, last + 1, step)
    axes.set_xticks([1, *ticks] if step > 1 else ticks)


def _variance_caption(scm: StructuralCausalModel, groups: Sequence[Group], drawn_from: str) -> str:
    others = [part_label(scm, name) for g in groups if g.together for name in g.members]
    listed = f" Other shocks: {', '.join(others)}." if others else ""
    return (
        "Share of each equation's shocks in the variance of the forecast error, in %: "
        f"{drawn_from} means, which add up to 100 (no interval is drawn). Parameters are taken as "
        "given within a draw, so the uncertainty about them is in no area; drivers such as "
        f"sanctions are known paths and have no share.{listed}"
    )


_SECTOR_NAMES, _SECTOR_EDGE, _SECTOR_ROW, _SECTOR_SHIFT = 2.1, 0.2, 0.34, 0.14
_SECTOR_BELOW = 0.42


def plot_sectors(
    result: xr.Dataset,
    *,
    scenario: str,
    scm: StructuralCausalModel,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw each sector's part of the import premium, their sum and the transmission's premium.

    Parameters
    ----------
    result : xr.Dataset
        From `sector_premiums`.
    scenario : str
        What the paths are of, in words.
    scm : StructuralCausalModel
        Says what periods are called.
    drawn_from : str
        What the draws of the parameters are, for the caption.
    """
    last, rule = int(result[dims.HORIZON][-1]), interval_rule()
    when = scm.count_periods(last)
    rows = [
        (str(result["sector_label"].sel({SECTOR: n}).item()), result["part"].sel({SECTOR: n}))
        for n in result[SECTOR].to_numpy()
    ]
    rows += [("sum of the sectors", result["total"])]
    rows += [("premium of the model itself", result["transmission"])]
    rows += [("sum less the model's", result["difference"])]
    ends = [float(result["total"].sel({dims.HORIZON: h}).median()) for h in (0, last)]
    start, year = result.attrs.get(dims.Said.START), scm.periods_per_year
    now, then = "today", f"after {when}"
    if start:
        now, then = (f"in {period_after(start, h, year)}" for h in (0, last))
    title = titled(
        f"The import premium goes from {number(ends[0], signed=False)} points {now} to "
        f"{number(ends[1], signed=False)} {then}",
        f"Where do grey imports cost most under {scenario}, {now} and {then}?",
        source=result.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"Points of the import premium: weight in imports times grey share times premium on it. "
        f"Dots: medians; lines: {rule}. Shares, premiums and weights are judgement where "
        f"sectors.csv says so; the model's premium is of the {drawn_from} and does not read "
        "the sectors. What differs is not forced to agree."
    )
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colour, marker="o", ms=4, lw=1.2, label=label)
        for colour, label in ((Colour.negative, now), (Colour.posterior, then))
    ]
    top, bottom = page_text_inches(title, caption)
    height = _SECTOR_ROW * len(rows)
    figure = new_figure(top + 0.1 + height + _SECTOR_BELOW + key_inches(handles) + bottom)
    add_page_text(figure, title, caption)
    axes = place_axes(
        figure, _SECTOR_NAMES, top + 0.1, COLUMN_INCHES - _SECTOR_NAMES - _SECTOR_EDGE, height
    )
    places = np.arange(len(rows))[::-1].astype(float)
    for place, (_, values) in zip(places, rows, strict=True):
        for at, shift, colour in (
            (0, _SECTOR_SHIFT, Colour.negative),
            (last, -_SECTOR_SHIFT, Colour.posterior),
        ):
            found = interval(values.sel({dims.HORIZON: at}), rule)
            middle, low, high = (float(found.sel(summary=n)) for n in ("median", "lower", "upper"))
            axes.plot([low, high], [place + shift] * 2, color=colour, lw=1.2)
            axes.plot([middle], [place + shift], color=colour, marker="o", ms=4, ls="")
    frame(axes, [], "")
    axes.axvline(0.0, color=Colour.ink, lw=0.7, zorder=1)
    axes.axhline(2.5, color=Colour.rule, lw=0.6)
    axes.set_yticks(places, [label for label, _ in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=Colour.rule, lw=0.4)
    axes.set_xlabel("points of the import premium (% of the border price)", size=SMALL, labelpad=2)
    key(figure, handles, top + 0.1 + height + _SECTOR_BELOW)
    return figure
