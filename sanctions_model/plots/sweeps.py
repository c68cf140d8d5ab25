"""A sweep's answers along an axis of names: one row a name, one panel an outcome."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.labels import label_lines, label_room
from sanctions_model.plots.parts.panels import WIDE, frame, zero_line
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
    readable,
    text_inches,
    tidy,
    titled,
    wrap,
)
from sanctions_model.plots.parts.sweep_panels import panels_for
from sanctions_model.summaries import ERRORS
from sanctions_model.sweeps.errors import contrast_errors, from_first
from sanctions_model.sweeps.words import (
    POINT,
    alike_words,
    axes_left,
    axis_label,
    chosen_outcomes,
    design_of,
    numeric_axes,
    outcome_label,
    outcome_unit,
    question_words,
    range_finding,
    require_axes,
    routes_words,
    rule_of,
    summary_of,
)
from sanctions_model.wording import number

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
    near = from_first(found.sel(outcome=shown))["within_error"]
    names = [str(value).replace("_", " ").replace("->", "→") for value in values]
    rule = rule_of(found)
    title = titled(
        range_finding(found, shown[0]),
        f"What is the answer at each: {design_of(found)['label']}?",
        source=found.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"{question_words(found)} Points: medians; lines: {rule}. Dotted: the median of the first "
        "row; hollow and grey: no further from it than two Monte-Carlo errors of the difference. "
        f"{alike_words(found, shown)} {routes_words(found)}"
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
        _rows(axes, summary_of(found, name), near[:, place])
        tidy(axes)
        axes.set_title("\n".join(headings[name]), size=TEXT, loc="left", pad=3, color=Colour.ink)
        axes.set_ylim(len(names) - 0.5, -0.5)
        written = ["\n".join(lines) for lines in labels] if column == 0 else [""] * len(names)
        axes.set_yticks(range(len(names)), written)
        axes.tick_params(axis="y", length=0, pad=5)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
        axes.set_xlabel(outcome_unit(found, name), size=SMALL, labelpad=2, color=Colour.ink)
    return figure


def _rows(axes: Axes, summary: xr.DataArray, near: np.ndarray) -> None:
    """One row a name; those within Monte-Carlo error of the first are hollow."""
    near = near & (np.arange(near.size) > 0)
    median, low, high = (
        summary.sel(summary=part).to_numpy().ravel() for part in ("median", "lower", "upper")
    )
    for row in np.flatnonzero(np.isfinite(median)):
        shade = Colour.faint if near[row] else Colour.posterior
        fill = "white" if near[row] else shade
        axes.plot([low[row], high[row]], [row, row], color=shade, lw=1.2)
        axes.plot([median[row]], [row], "o", color=shade, mfc=fill, ms=3.6)
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


def plot_along_axis(
    found: xr.Dataset, axis: str, *, outcomes: Sequence[str] | None = None
) -> Figure:
    """Draw each outcome's median and interval along one axis; the others must be chosen first.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it, with `axis` as its only axis; choose values of the others with
        ``found.sel(...)``.
    axis : str
        A numeric axis.
    outcomes : sequence of str, optional
        All by default.

    Raises
    ------
    QuestionError
        If there is no such numeric axis, or others are left.
    """
    require_axes(found, [axis])
    names = chosen_outcomes(found, outcomes)
    design, rule = design_of(found), rule_of(found)
    title = titled(
        range_finding(found, names[0]),
        f"How does the effect change along: {design['label']}?",
        source=found.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"{question_words(found)} Line: median, grey where two neighbours differ by at most two "
        f"Monte-Carlo errors; band: {rule}. {alike_words(found, names)} {routes_words(found)}"
    )
    ordered = found.sortby(axis)
    places = ordered[axis].to_numpy().astype(float)
    room = label_room(["median", rule.percent])
    figure, panels = panels_for(title, caption, names, [], 2, right=room)
    steps = np.diff(np.eye(places.size), axis=0)
    near = _within_error(ordered.sel(outcome=names), steps)
    for at, (panel, name) in enumerate(zip(panels, names, strict=True)):
        own = summary_of(ordered, name)
        median = own.sel(summary="median").to_numpy()
        low, high = own.sel(summary="lower").to_numpy(), own.sel(summary="upper").to_numpy()
        panel.fill_between(places, low, high, color=Colour.posterior, alpha=WIDE, lw=0)
        panel.plot(places, median, color=Colour.posterior, lw=1.5)
        for step in np.flatnonzero(near[:, at]):
            ends = slice(step, step + 2)
            panel.plot(places[ends], median[ends], color=Colour.faint, lw=1.6)
        frame(panel, [outcome_label(found, name)], outcome_unit(found, name))
        zero_line(panel)
        panel.set_xlabel(axis_label(found, axis), size=SMALL, labelpad=2, color=Colour.ink)
        panel.set_xlim(places[0], places[-1])
        panel.locator_params(axis="x", nbins=5)
        named = (float(median[-1]), "median"), (float(high[-1]), rule.percent)
        label_lines(panel, [(end, word, Colour.posterior) for end, word in named])
    return figure


def plot_response_surface(
    found: xr.Dataset, across: str, up: str, *, outcomes: Sequence[str] | None = None
) -> Figure:
    """Draw each outcome's median over two axes, with lines of equal effect.

    Parameters
    ----------
    found : xr.Dataset
        Of a grid, as `load_sweep` returns it, with these two as its only axes.
    across, up : str
        Numeric axes.
    outcomes : sequence of str, optional
        All by default.

    Returns
    -------
    matplotlib.figure.Figure
        Dotted where the interval includes zero.

    Raises
    ------
    QuestionError
        If these are not the axes of a grid.
    """
    require_axes(found, [across, up])
    names = chosen_outcomes(found, outcomes)
    design, rule = design_of(found), rule_of(found)
    title = titled(
        range_finding(found, names[0]),
        f"What is the effect at each pair: {design['label']}?",
        source=found.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"{question_words(found)} Colour and lines: median effect in the unit above each "
        f"panel; dots: the {rule} includes zero. {alike_words(found, names)} {routes_words(found)}"
    )
    figure, panels = panels_for(title, caption, names, [], 2)
    x, y = (found[name].to_numpy().astype(float) for name in (across, up))
    for panel, name in zip(panels, names, strict=True):
        own = summary_of(found, name).transpose(up, across, ...)
        median = own.sel(summary="median").to_numpy()
        far = max(float(np.nanmax(np.abs(median))), 1e-12)
        # The strongest colours of the map are too dark to read lines on.
        limit = 1.9 * far
        panel.pcolormesh(x, y, median, cmap="RdBu_r", vmin=-limit, vmax=limit, shading="nearest")
        if np.ptp(median) > 0 and min(median.shape) > 1:
            _contours(panel, x, y, median)
        unsure = (own.sel(summary="lower") <= 0) & (own.sel(summary="upper") >= 0)
        rows, columns = np.nonzero(unsure.to_numpy())
        panel.plot(x[columns], y[rows], ls="", marker=".", ms=1.6, color=Colour.ink)
        frame(panel, [outcome_label(found, name)], axis_label(found, up))
        panel.grid(visible=False)
        panel.set_title(
            outcome_unit(found, name), size=SMALL, loc="right", pad=3, color=Colour.faint
        )
        panel.set_xlabel(axis_label(found, across), size=SMALL, labelpad=2, color=Colour.ink)
    return figure


def _contours(panel: Axes, x: np.ndarray, y: np.ndarray, median: np.ndarray) -> None:
    """Draw lines of equal effect, each labelled where it is farthest from dots and labels."""
    steps = MaxNLocator(nbins=6).tick_values(float(median.min()), float(median.max()))
    # Where all effects have one sign, the line of zero is the panel's edge or a row of zeros.
    crossing = median.min() < 0.0 < median.max()
    levels = [float(level) for level in steps if level or crossing]
    lines = panel.contour(x, y, median, levels=levels, colors=Colour.ink, linewidths=0.6)
    size = np.array([np.ptp(x), np.ptp(y)])
    taken = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2) / size
    places = []
    for segment in (segment for of_level in lines.allsegs for segment in of_level):
        if len(segment) < 2:
            continue
        along = np.linspace(0, len(segment) - 1, 20 * len(segment))
        path = np.column_stack([np.interp(along, range(len(segment)), side) for side in segment.T])
        inner = path[len(path) // 8 : -len(path) // 8]  # a label at an end would be cut off
        gaps = np.linalg.norm((inner / size)[:, None] - taken[None], axis=-1).min(axis=1)
        best = inner[int(np.argmax(gaps))]
        taken = np.vstack([taken, best / size])
        places.append((float(best[0]), float(best[1])))
    panel.clabel(lines, fontsize=SMALL, fmt=lambda v: number(float(v)), manual=places)


def plot_sweep_tornado(found: xr.Dataset, *, outcomes: Sequence[str] | None = None) -> Figure:
    """Draw how far each axis moves the median of each outcome, the widest at the top.

    For a grid: from the mean over the points at an axis's smallest value to that at its largest.
    For lists and space-filling designs: the straight line through the points' medians over all
    numeric axes at once (least squares), from an axis's 5 % to its 95 % point.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it.
    outcomes : sequence of str, optional
        All by default.

    Raises
    ------
    QuestionError
        If fewer than two axes are numeric.
    """
    axes = numeric_axes(found)
    if len(axes) < 2:
        raise QuestionError(
            f"A tornado compares numeric axes; this sweep has {len(axes)}. "
            "Draw plot_along_axis instead."
        )
    names = chosen_outcomes(found, outcomes)
    design = design_of(found)
    ends = "smallest to largest value" if POINT not in found.dims else "5 % to 95 % point"
    title = titled(
        range_finding(found, names[0]),
        f"What moves the answer most: {design['label']}?",
        source=found.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"{question_words(found)} Bars: the median effect as an axis goes from its {ends}, "
        "the others averaged over; grey: the two ends differ by at most two Monte-Carlo errors. "
        f"Line: the mean of all points' medians. {routes_words(found)}"
    )
    figure, panels = panels_for(title, caption, names, [], 2, left=1.25)
    factors = [_ends(found, axis, axes) for axis in axes]
    contrasts = np.array([high - low for low, high in factors])
    near = _within_error(found.sel(outcome=names), contrasts)
    for at, (panel, name) in enumerate(zip(panels, names, strict=True)):
        median = summary_of(found, name).sel(summary="median").to_numpy().ravel()
        middle = float(np.nanmean(median))
        swings = [ends @ np.nan_to_num(median) for ends in factors]
        widths = [abs(np.subtract(*ends)) for ends in swings]
        order = np.argsort(widths, kind="stable")
        for row, which in enumerate(order):
            shades = [Colour.faint] * 2 if near[which, at] else [Colour.negative, Colour.posterior]
            for end, colour in zip(swings[which], shades, strict=True):
                panel.barh(row, end - middle, left=middle, height=0.6, color=colour, lw=0)
            if row == len(order) - 1:
                _name_ends(panel, row, *map(float, swings[which]))
        frame(panel, [outcome_label(found, name)], "")
        panel.grid(visible=False)
        panel.axvline(middle, color=Colour.ink, lw=0.7)
        panel.set_yticks(range(len(order)), [axes[at].replace("_", " ") for at in order])
        panel.set_xlabel(outcome_unit(found, name), size=SMALL, labelpad=2, color=Colour.ink)
        panel.locator_params(axis="x", nbins=4)
    return figure


def _name_ends(panel: Axes, row: int, low: float, high: float) -> None:
    """Write at the ends of the widest bar which of them is the axis's high one."""
    panel.margins(x=0.2)
    for end, other, word, colour in (
        (low, high, "low", Colour.negative),
        (high, low, "high", Colour.posterior),
    ):
        side = 1 if end > other else -1
        panel.annotate(
            word,
            (end, row),
            (3 * side, 0),
            textcoords="offset points",
            size=SMALL,
            ha="left" if side > 0 else "right",
            va="center",
            color=readable(colour),
            weight="bold",
        )


def _within_error(found: xr.Dataset, contrasts: np.ndarray) -> np.ndarray:
    """Whether sums of medians are within two Monte-Carlo errors of zero: (contrast, outcome)."""
    median = found["effect_summary"].sel(summary="median").transpose(..., "outcome").to_numpy()
    sums = contrasts @ np.nan_to_num(median.reshape(-1, median.shape[-1]))
    return np.asarray(np.abs(sums) <= ERRORS * contrast_errors(found, contrasts))


def _ends(found: xr.Dataset, axis: str, axes: Sequence[str]) -> np.ndarray:
    """Return the factors of every point's median in the answer at an axis's two ends.

    Shape ``(end, point)``, the low end first; the other axes are averaged over.
    """
    known = found["effect_summary"].isel(outcome=0).sel(summary="median").notnull()
    used = known.to_numpy().ravel()
    if POINT not in found.dims:
        there, values = xr.broadcast(known, found[axis])[1], found[axis]
        ends = [(there == end).transpose(*known.dims) for end in (values.min(), values.max())]
        inside = np.array([end.to_numpy().ravel() & used for end in ends], dtype=float)
        return np.asarray(inside / np.maximum(inside.sum(axis=1, keepdims=True), 1.0))
    values = np.column_stack([found[name].to_numpy().astype(float) for name in axes])[used]
    centred = values - values.mean(axis=0)
    line = np.linalg.pinv(np.column_stack([np.ones(len(values)), centred]))
    own = list(axes).index(axis)
    places = np.quantile(centred[:, own], [0.05, 0.95])
    found_factors = np.zeros((2, used.size))
    found_factors[:, used] = line[0] + places[:, None] * line[1 + own]
    return found_factors
