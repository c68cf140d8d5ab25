"""The causal graph as a picture: what acts on what, by how much, and what the prior assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Polygon
from matplotlib.path import Path

from sanctions_model import dims
from sanctions_model.inference.priors.families import Prior
from sanctions_model.plots.parts.diagram import Box, Diagram, Line, diagram
from sanctions_model.plots.parts.graph_layout import (
    Layout,
    Point,
    curves,
    layered_layout,
    place_labels,
)
from sanctions_model.plots.parts.signs import Sign, link_signs
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    text_inches,
    titled,
    wrap,
)
from sanctions_model.scm.model import StructuralCausalModel

_MARGIN = 0.12
_BOX_TEXT = (1.65, 1.2, 0.8, 0.6)  # widest line in a box, the first that fits
_PAD = 0.05
_HEAD = (0.035, 0.085)  # half width and length of an arrow's head
# Numbers on lines: the line's colour, dark enough to be read.
_WRITTEN = {Colour.positive: "#004E7A", Colour.negative: "#8F3E00", Colour.mixed: "#7D3A5F"}
_FACES = {"measure": Colour.measure, "latent": Colour.latent, "identity": "#F2F2F2"}
_WIDTHS = ((0.95, 2.0), (0.8, 1.3), (0.0, 0.6))
_ASSUMED_WIDTH = 1.3
_DASHES: Mapping[Sign, str | tuple[float, tuple[float, ...]]] = {
    Sign.FREE: "-",
    Sign.ASSUMED: (0.0, (4.0, 1.6)),
    Sign.FIXED: (0.0, (1.0, 1.4)),
}


def plot_graph(
    scm: StructuralCausalModel,
    draws: xr.Dataset | None = None,
    prior_draws: xr.Dataset | None = None,
    *,
    priors: Mapping[str, Prior] | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the causal graph in layers from top to bottom, long-run effects on its links.

    Parameters
    ----------
    scm : StructuralCausalModel
        Any model; the picture grows with it.
    draws : xr.Dataset, optional
        Parameter draws, dims ``(chain, draw)``; without them the links carry no numbers.
    prior_draws : xr.Dataset, optional
        At least a hundred prior draws: they tell which signs the prior assumes.
    priors : mapping of str to Prior, optional
        By address; they tell the same without draws.
    drawn_from : str
        What `draws` are, for the caption.
    """
    signs = link_signs(scm, priors, prior_draws)
    picture = diagram(scm, draws, signs)
    texts, layout = _arranged(picture)
    knows_signs = priors is not None or prior_draws is not None
    title = titled(
        f"The model joins {len(scm.equations)} variables by {len(scm.links)} links",
        "What acts on what?",
        source=None if draws is None else draws.attrs.get(dims.Said.SOURCE),
    )
    caption = _caption(scm, picture, drawn_from, numbers=draws is not None)
    if draws is not None and not knows_signs:
        caption += " Signs that the prior assumes are not marked: no prior was given."
    width = layout.width + 2 * _MARGIN
    top, bottom = page_text_inches(title, caption, width)
    handles = _handles(picture, numbers=draws is not None)
    columns = 3
    key = -(-len(handles) // columns) * 0.148 + 0.05
    figure = new_figure(top + 0.06 + layout.height + 0.12 + key + bottom, width)
    add_page_text(figure, title, caption)
    axes = place_axes(figure, _MARGIN, top + 0.06, layout.width, layout.height)
    axes.set(xlim=(0, layout.width), ylim=(layout.height, 0))
    axes.set_axis_off()
    for line in picture.lines:
        _draw_line(axes, line, layout.routes[line.source, line.target])
    for name, text in texts.items():
        _draw_box(axes, picture.boxes[name], text, layout.centres[name])
    _draw_labels(axes, picture, layout, texts)
    below = place_axes(figure, _MARGIN, top + layout.height + 0.16, layout.width, key)
    below.set_axis_off()
    below.legend(
        handles=handles,
        loc="upper left",
        ncols=columns,
        frameon=False,
        fontsize=SMALL,
        borderpad=0,
        borderaxespad=0,
        labelspacing=0.35,
        handlelength=2.6,
    )
    return figure


def _arranged(picture: Diagram) -> tuple[dict[str, "_BoxText"], Layout]:
    """Wrap the boxes' text as narrowly as it takes to fit the column, if that is possible."""
    inside = COLUMN_INCHES - 2 * _MARGIN
    labels = {(line.source, line.target): _label_size(line.words) for line in picture.lines}
    for wide in _BOX_TEXT:
        texts = {name: _box_text(box, wide) for name, box in picture.boxes.items()}
        layout = layered_layout(
            {name: text.size for name, text in texts.items()},
            [(line.source, line.target) for line in picture.forward],
            [(line.source, line.target) for line in picture.back],
            labels=labels,
            width=inside,
        )
        if layout.width <= inside:
            break
    return texts, layout


@dataclass(frozen=True, slots=True)
class _BoxText:
    """Lines of a box: the label, then unit and notes."""

    label: tuple[str, ...]
    rest: tuple[str, ...]
    size: Point


def _box_text(box: Box, wide: float) -> _BoxText:
    label = tuple(wrap(box.label, wide, SMALL, bold=True))
    rest = tuple(line for text in (box.unit, *box.notes) for line in wrap(text, wide, SMALL))
    widths = [text_inches(line, SMALL, bold=True) for line in label]
    widths += [text_inches(line, SMALL) for line in rest]
    height = (len(label) + len(rest)) * line_inches(SMALL)
    return _BoxText(label, rest, (max(widths) + 2 * _PAD, height + 2 * _PAD))


def _draw_box(axes: Axes, box: Box, text: _BoxText, centre: Point) -> None:
    (x, y), (width, height) = centre, text.size
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.05",
            facecolor=_FACES.get(box.kind, "white"),
            edgecolor=Colour.faint if box.kind == "identity" else Colour.ink,
            linewidth=0.5 if box.kind == "identity" else 0.8,
            linestyle="--" if box.kind == "latent" else "-",
            zorder=3,
            clip_on=False,
        )
    )
    step = line_inches(SMALL)
    place = y - height / 2 + _PAD + step / 2
    for lines, weight, colour in (
        (text.label, "bold", Colour.ink),
        (text.rest, "normal", Colour.faint),
    ):
        for line in lines:
            axes.text(
                x,
                place,
                line,
                size=SMALL,
                weight=weight,
                color=colour,
                ha="center",
                va="center",
                zorder=4,
                gid="box",
            )
            place += step


def _colour(line: Line) -> str:
    medians = [float(np.median(t.values)) for t in line.terms if t.values is not None]
    if not medians:
        return Colour.ink
    if all(m >= 0 for m in medians):
        return Colour.positive
    return Colour.negative if all(m <= 0 for m in medians) else Colour.mixed


def _sign(line: Line) -> Sign:
    """Return the most open of the terms' signs."""
    found = {term.sign for term in line.terms}
    return next(sign for sign in (Sign.FREE, Sign.ASSUMED, Sign.FIXED) if sign in found)


def _width(line: Line) -> float:
    sign = _sign(line)
    free = [t.values for t in line.terms if t.values is not None and t.sign is Sign.FREE]
    if not free:
        return 0.9 if sign is Sign.FIXED else _ASSUMED_WIDTH
    sure = max(max(np.mean(values > 0), np.mean(values < 0)) for values in free)
    return next(width for least, width in _WIDTHS if sure >= least)


def _draw_line(axes: Axes, line: Line, route: Sequence[Point]) -> None:
    (x, y), before = route[-1], route[-2]
    half, long = _HEAD
    long = long if y > before[1] else -long
    shortened = [*route[:-1], (x, y - long * 0.9)]
    points, codes = [shortened[0]], [Path.MOVETO]
    for _, first, second, end in curves(shortened):
        points += [first, second, end]
        codes += [Path.CURVE4] * 3
    path = Path(points, codes)
    colour = _colour(line)
    if line.on_chain:
        axes.add_patch(
            PathPatch(path, fill=False, edgecolor=Colour.chain, lw=6.0, alpha=0.7, zorder=0)
        )
    style = _DASHES[_sign(line)]
    axes.add_patch(
        PathPatch(path, fill=False, edgecolor=colour, lw=_width(line), ls=style, zorder=1)
    )
    head = [(x, y), (x - half, y - long), (x + half, y - long)]
    axes.add_patch(Polygon(head, closed=True, facecolor=colour, edgecolor="none", zorder=2))


def _draw_labels(
    axes: Axes, picture: Diagram, layout: Layout, texts: Mapping[str, _BoxText]
) -> None:
    boxes = [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        for (w, h), (x, y) in ((texts[n].size, at) for n, at in layout.centres.items())
    ]
    lines = [line for line in picture.lines if line.words]
    routes = [layout.routes[line.source, line.target] for line in lines]
    wants = [_label_size(line.words) for line in lines]
    centres = place_labels(wants, routes, boxes, layout.width)
    for line, (x, y) in zip(lines, centres, strict=True):
        axes.text(
            x,
            y,
            line.words,
            size=SMALL,
            color=_WRITTEN.get(_colour(line), Colour.ink),
            ha="center",
            va="center",
            linespacing=1.05,
            zorder=6,
            gid="link",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.9},
        )


def _label_size(words: str) -> Point:
    lines = words.split("\n")
    return max(text_inches(line, SMALL) for line in lines) + 0.03, 0.115 * len(lines) + 0.02


def _handles(picture: Diagram, *, numbers: bool) -> list[Line2D | Patch]:
    """Return the key's entries, only for what the picture shows."""
    found: list[Line2D | Patch] = []
    if numbers:
        found += [
            Line2D([], [], color=Colour.positive, lw=1.3, label="raises"),
            Line2D([], [], color=Colour.negative, lw=1.3, label="lowers"),
        ]
    shown = {_sign(line) for line in picture.lines}
    kinds = {box.kind for box in picture.boxes.values()}
    if numbers and Sign.FREE in shown:
        words = ("P(sign) 0.95 or more", "P(sign) 0.80 to 0.95", "P(sign) below 0.80")
        found += [
            Line2D([], [], color=Colour.ink, lw=width, label=label)
            for (_, width), label in zip(_WIDTHS, words, strict=True)
        ]
    for sign, label in (
        (Sign.ASSUMED, "sign assumed by the prior"),
        (Sign.FIXED, "fixed by definition"),
    ):
        if sign in shown:
            style = _DASHES[sign]
            found.append(Line2D([], [], color=Colour.ink, lw=1.3, ls=style, label=label))
    if any(line.on_chain for line in picture.lines):
        found.append(
            Line2D([], [], color=Colour.chain, lw=6, alpha=0.7, label="the article's chain")
        )
    names = {"measure": "measure", "latent": "latent state", "identity": "identity"}
    for kind, label in names.items():
        if kind in kinds:
            edge = Colour.faint if kind == "identity" else Colour.ink
            style = "--" if kind == "latent" else "-"
            found.append(
                Patch(facecolor=_FACES[kind], edgecolor=edge, lw=0.8, ls=style, label=label)
            )
    return found


def _caption(
    scm: StructuralCausalModel, picture: Diagram, drawn_from: str, *, numbers: bool
) -> str:
    parts = []
    if numbers:
        parts.append(
            f"Numbers: {drawn_from} median of the long-run effect of a permanent unit change of "
            "the parent (of one period's where the child keeps all of itself), others "
            "held, in units of the child per unit of the parent (intervals: "
            "see the figure of all links)."
        )
    forms = {term.form for line in picture.lines for term in line.terms}
    period = scm.period_name
    said = {
        "Δ": f"Δ: change on the last {period}; Δk, Δk/k: on k {period}s before, and its mean",
        "Σ": f"Σk: sum over k {period}s",
        "[": f"[k]: k {period}s before",
        "f": "f: a fixed combination of present and past",
    }
    found = [words for mark, words in said.items() if any(mark in form for form in forms)]
    if found:
        parts.append(f"On the lines, what of the parent acts: {'; '.join(found)}.")
    if any(box.notes for box in picture.boxes.values()):
        parts.append("In the boxes: effects of own lags and of drivers without an arrow.")
    units = {scm.variables[name].unit for name in scm.measures}
    if len(units) == 1 and numbers:
        parts.append(f"Unit of the measures: {units.pop()}.")
    if scm.effective:
        parts.append("Measures stand for their effective intensity where relief takes time.")
    if picture.back:
        parts.append("Lines that run upwards close a feedback and act with a lag.")
    return " ".join(parts) or "Arrows lead from cause to effect."
