"""A forest of every link: what was believed about its long-run effect, and what the data left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sanctions_model import dims
from sanctions_model.errors import UnknownVariableError
from sanctions_model.inference.priors.families import Prior
from sanctions_model.plots.parts.signs import ASSUMED, Sign, link_signs
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    TEXT,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
    text_inches,
    tidy,
    titled,
    wrap,
    write,
)
from sanctions_model.queries.reading.information import information
from sanctions_model.queries.reading.tables import lasting_effects
from sanctions_model.scm.graph import Edge
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import belief_unit
from sanctions_model.wording import number

_MARGIN, _GAP = 0.12, 0.28
_WIDTH = COLUMN_INCHES - 2 * _MARGIN
_SHARE = 0.42
_INSET = 0.1  # room for the first tick's label
# A row is a line of text, sometimes two, over a bar.
_LINE, _BAR = 0.12, 0.12
_TICKS, _HEADING = 0.19, 0.23
# Effects that differ by more than this cannot be read on one scale.
_ONE_SCALE = 5.0
_FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class _Row:
    """One link: its words, its interval before and after, how much the data say."""

    words: str
    unit: str
    prior: np.ndarray
    posterior: np.ndarray | None
    share: str

    @property
    def reach(self) -> float:
        """Largest absolute value of any bound."""
        both = self.prior if self.posterior is None else np.append(self.prior, self.posterior)
        return float(np.abs(both).max())

    def unit_lines(self, width: float) -> list[str]:
        """Return the unit in lines: the first follows the words if it is not empty."""
        beside = width - text_inches(f"{self.words}  ", SMALL)
        if text_inches(self.unit, SMALL) <= beside:
            return [self.unit]
        return ["", *wrap(self.unit, width, SMALL)]

    def inches(self, width: float) -> float:
        """Height of the row in a column of this width."""
        return _LINE * len(self.unit_lines(width)) + _BAR


@dataclass(frozen=True, slots=True)
class _Panel:
    """One child equation: strips of links that share a scale."""

    heading: str
    unit: str  # of all rows, if they share it
    strips: tuple[tuple[_Row, ...], ...]

    def unit_beside(self, width: float) -> bool:
        """Whether the unit finds room beside the heading."""
        heading = text_inches(f"{self.heading}  ", TEXT, bold=True)
        return heading + text_inches(self.unit, SMALL) <= width

    def inches(self, width: float) -> float:
        """Height of the panel in a column of this width."""
        rows = sum(sum(row.inches(width) for row in strip) + _TICKS for strip in self.strips)
        return self.head_inches(width) + rows

    def head_inches(self, width: float) -> float:
        """Height of the heading and the unit."""
        return _HEADING + (0.0 if self.unit_beside(width) else _LINE)


def _finding(
    scm: StructuralCausalModel,
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None,
    links: Sequence[str],
) -> str:
    """Say how many links the data narrowed by a fifth or more."""
    if draws is None:
        size = interval(lasting_effects(scm, prior_draws).sel(link=list(links)), interval_rule())
        either = (size.sel(summary="lower") < 0) & (size.sel(summary="upper") > 0)
        return f"Beliefs leave open which way {int(either.sum())} of {len(links)} links work"
    rule = interval_rule()
    sizes = [lasting_effects(scm, drawn) for drawn in (prior_draws, draws)]
    widths = [interval(size, rule) for size in sizes]
    before, after = (w.sel(summary="upper") - w.sel(summary="lower") for w in widths)
    kept = [name for name in links if float(before.sel(link=name)) > 0]
    narrowed = sum(float(after.sel(link=n) / before.sel(link=n)) < 0.8 for n in kept)
    return f"The data narrow {narrowed} of {len(links)} links by a fifth or more"


def plot_prior_posterior(
    scm: StructuralCausalModel,
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None = None,
    priors: Mapping[str, Prior] | None = None,
    links: Sequence[str] | None = None,
) -> Figure:
    """Draw every link's long-run effect, prior behind posterior, one panel a child.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    prior_draws : xr.Dataset
        Prior draws, dims ``(chain, draw)``.
    draws : xr.Dataset, optional
        Posterior draws; without them the figure shows the prior alone.
    priors : mapping of str to Prior, optional
        By address, for units and assumed signs; else signs are read off the prior draws.
    links : sequence of str, optional
        Labels of the links to show; by default all that are not fixed by definition.

    Raises
    ------
    UnknownVariableError
        If a label names no link of the model.
    """
    labels = [link.label for link in scm.links]
    for label in links or ():
        if label not in labels:
            raise UnknownVariableError.from_name(label, labels, "the links to plot")
    signs = link_signs(scm, priors, prior_draws)
    free = [label for label in labels if signs[label] is not Sign.FIXED]
    panels = _panels(scm, prior_draws, draws, priors, set(links or free or labels))
    rule = interval_rule()
    title = titled(
        _finding(scm, prior_draws, draws, links or free or labels),
        "What does every link do in the long run, "
        f"{'before' if draws is None else 'before and after'} the data?",
        source=(prior_draws if draws is None else draws).attrs.get(dims.Said.SOURCE),
    )
    share = (
        "Information: gained from the data, 1 − exp(−2 KL), KL from prior to posterior; at 0 the "
        "answer is prior. "
        if draws is not None
        else ""
    )
    caption = (
        "Each row: change of the panel's variable after a permanent unit change of the cause, "
        "others held (where the variable keeps all of itself, after that of one period); its unit "
        "in grey or in the heading. Lags in brackets. Scales differ between "
        f"axes; the dotted line is 0. Bars: {rule}, ticks and points: medians. {share}"
        f"{ASSUMED} sign assumed by the prior: no finding. "
    )
    out = 0 if links or not free else len(labels) - len(free)
    caption += f"Left out: {out} links fixed by definition." if out else "Fixed: by definition."
    top, bottom = page_text_inches(title, caption)
    columns = min(2, len(panels))
    width = (_WIDTH - (columns - 1) * _GAP) / columns
    sides = _sides(panels, width)
    key = 0.3
    height = max(sum(panel.inches(width) for panel in side) for side in sides)
    figure = new_figure(top + key + height + 0.12 + bottom)
    add_page_text(figure, title, caption)
    _key(figure, top, key, has_posterior=draws is not None)
    for position, side in enumerate(sides):
        left = _MARGIN + position * (width + _GAP)
        down = top + key
        for panel in side:
            _draw(figure, panel, left, down, width, has_posterior=draws is not None)
            down += panel.inches(width)
    return figure


def _panels(
    scm: StructuralCausalModel,
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None,
    priors: Mapping[str, Prior] | None,
    wanted: set[str],
) -> list[_Panel]:
    order = ["median", "lower", "upper"]
    drawn = lasting_effects(scm, prior_draws)
    effects = None if draws is None else lasting_effects(scm, draws)
    before = interval(drawn)
    after = None if effects is None else interval(effects)
    assumed = link_signs(scm, priors, prior_draws)
    found: dict[str, list[_Row]] = {}
    for link in scm.links:
        if link.label not in wanted:
            continue
        where = {dims.LINK: link.label}
        prior = before.sel(where).sel(summary=order)
        posterior = None if after is None else after.sel(where).sel(summary=order)
        fixed = assumed[link.label] is Sign.FIXED
        own = None if effects is None else effects.sel(where)
        share = np.nan if own is None else information(drawn.sel(where), own).value
        row = _Row(
            words=_cause(scm, link)
            + (f" {ASSUMED}" if assumed[link.label] is Sign.ASSUMED else ""),
            unit=_unit(scm, link, priors),
            prior=prior.to_numpy(),
            posterior=None if posterior is None else posterior.to_numpy(),
            share=_FIXED if fixed else "" if np.isnan(share) else number(share, signed=False),
        )
        found.setdefault(link.child, []).append(row)
    return [_panel(scm.variables[child].label, rows) for child, rows in found.items()]


def _panel(label: str, rows: Sequence[_Row]) -> _Panel:
    """Say a unit that all rows share once, in the heading."""
    units = {row.unit for row in rows}
    if len(units) > 1:
        return _Panel(heading=f"on {label}", unit="", strips=_strips(rows))
    bare = _strips([replace(row, unit="") for row in rows])
    return _Panel(heading=f"on {label}", unit=units.pop(), strips=bare)


def _cause(scm: StructuralCausalModel, link: Edge) -> str:
    lag = f" [{link.lag}]" if link.lag else ""
    under = f", {scm.variables[link.factor].label}" if link.factor else ""
    return scm.variables[link.parent].label.split(" (")[0] + lag + under


def _unit(scm: StructuralCausalModel, link: Edge, priors: Mapping[str, Prior] | None) -> str:
    if priors is not None and priors[link.label].unit:
        return belief_unit(priors[link.label].unit)
    child, parent = (scm.variables[n].short_unit or "unit" for n in (link.child, link.parent))
    return f"{child} per {parent}"


def _strips(rows: Sequence[_Row]) -> tuple[tuple[_Row, ...], ...]:
    """Sort rows by size and part them where one scale cannot serve them all."""
    strips: list[list[_Row]] = []
    for row in sorted(rows, key=lambda row: -row.reach):
        if strips and row.reach * _ONE_SCALE >= strips[-1][0].reach:
            strips[-1].append(row)
        else:
            strips.append([row])
    return tuple(tuple(strip) for strip in strips)


def _sides(panels: Sequence[_Panel], width: float) -> list[list[_Panel]]:
    """Part the panels, in their order, into two columns, and let one change sides to even them."""
    if len(panels) < 2:
        return [list(panels)]
    tall = [panel.inches(width) for panel in panels]
    places = range(len(panels))

    def uneven(left: Collection[int]) -> float:
        return abs(sum(tall[i] if i in left else -tall[i] for i in places))

    left = min(({*range(cut)} for cut in range(1, len(panels))), key=uneven)
    changed = [moved for i in places if 0 < len(moved := left ^ {i}) < len(panels)]
    left = min([left, *changed], key=uneven)
    return [[p for i, p in enumerate(panels) if (i in left) is side] for side in (True, False)]


def _draw(
    figure: Figure, panel: _Panel, left: float, top: float, width: float, *, has_posterior: bool
) -> None:
    write(figure, left, top + _HEADING - 0.04, panel.heading, size=TEXT, bold=True, va="bottom")
    down = top + panel.head_inches(width)
    beside = text_inches(f"{panel.heading}  ", TEXT, bold=True) if panel.unit_beside(width) else 0.0
    write(
        figure, left + beside, down - 0.04, panel.unit, size=SMALL, colour=Colour.faint, va="bottom"
    )
    inside = width - _INSET - (_SHARE if has_posterior else 0.0)
    for strip in panel.strips:
        height = sum(row.inches(width) for row in strip)
        axes = place_axes(figure, left + _INSET, down, inside, height)
        tidy(axes)
        axes.spines["left"].set_visible(False)
        axes.set(ylim=(height, 0.0), yticks=[])
        below = 0.0
        for row in strip:
            _words(figure, row, left, down + below, width)
            below += row.inches(width)
            _bars(axes, row, below - _BAR / 2)
            middle = down + below - _BAR / 2
            write(figure, left + width, middle, row.share, size=SMALL, ha="right", va="center")
        axes.use_sticky_edges = False  # bars would take the margin away
        axes.margins(x=0.03)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, min_n_ticks=2))
        down += height + _TICKS


def _bars(axes: Axes, row: _Row, place: float) -> None:
    ends = [place - _BAR / 2, place + _BAR / 2]
    axes.plot([0.0, 0.0], ends, color=Colour.faint, lw=0.8, ls=":", zorder=0)
    if row.share == _FIXED:
        axes.plot([row.prior[0]], [place], marker="s", ms=3.4, color=Colour.faint)
        return
    median, lower, upper = row.prior
    thick = 0.8 * _BAR
    axes.barh(place, upper - lower, left=lower, height=thick, color=Colour.prior, alpha=0.45, lw=0)
    axes.plot([median, median], [place - thick / 2, place + thick / 2], color=Colour.faint, lw=1.2)
    if row.posterior is not None:
        median, lower, upper = row.posterior
        axes.plot([lower, upper], [place, place], color=Colour.posterior, lw=1.6)
        axes.plot([median], [place], marker="o", ms=3.4, color=Colour.posterior)


def _words(figure: Figure, row: _Row, left: float, top: float, width: float) -> None:
    write(figure, left, top + _LINE / 2, row.words, size=SMALL, va="center")
    used = text_inches(f"{row.words}  ", SMALL)
    for position, line in enumerate(row.unit_lines(width)):
        start = left if position else left + used
        middle = top + (position + 0.5) * _LINE
        write(figure, start, middle, line, size=SMALL, va="center", colour=Colour.faint)


def _key(figure: Figure, top: float, height: float, *, has_posterior: bool) -> None:
    handles: list[Line2D | Patch] = [
        Patch(color=Colour.prior, alpha=0.45, lw=0, label="prior interval"),
        Line2D([], [], color=Colour.faint, lw=0, marker="|", mew=1.2, ms=7, label="prior median"),
    ]
    if has_posterior:
        dot: dict[str, Any] = {"color": Colour.posterior, "lw": 1.6, "marker": "o", "ms": 3.4}
        handles.append(Line2D([], [], label="posterior interval and median", **dot))
        right = COLUMN_INCHES - _MARGIN
        middle = top + height / 2
        write(figure, right, middle, "right: information", size=SMALL, ha="right", va="center")
    axes = place_axes(figure, _MARGIN, top, _WIDTH, height)
    axes.set_axis_off()
    axes.legend(
        handles=handles,
        loc="center left",
        ncols=3,
        frameon=False,
        fontsize=SMALL,
        borderpad=0,
        borderaxespad=0,
    )
