"""The brief on one sheet of A4, in vectors."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sanctions_model import dims
from sanctions_model.plots.parts.panels import bands_of, fan, frame, year_axis, zero_line
from sanctions_model.plots.parts.style import (
    Colour,
    line_inches,
    new_figure,
    place_axes,
    text_inches,
    write,
)
from sanctions_model.report.brief.drawing.setting import Column
from sanctions_model.report.brief.facts import HEADLINE, Facts, horizon_places
from sanctions_model.report.brief.said import Said

A4 = (8.27, 11.69)
_MARGIN, _GAP = 0.55, 0.3
_PICTURE = 2.5
_TITLE, _LEAD, _HEAD, _BODY, _NOTE = 17.0, 9.5, 9.0, 8.0, 7.0
_FAN_HEIGHT = 2.2


def sheet(facts: Facts, texts: Said) -> Figure:
    """Draw the brief on a sheet of A4.

    Returns: 210 by 297 mm; to be saved under the fonts of the language.
    """
    figure = new_figure(A4[1], A4[0])
    inside = A4[0] - 2 * _MARGIN
    page = Column(figure, _MARGIN, inside, 0.45)
    write(figure, _MARGIN, page.top, texts.kicker, size=_NOTE, colour=Colour.posterior, bold=True)
    write(
        figure, A4[0] - _MARGIN, page.top, texts.dated, size=_NOTE, colour=Colour.faint, ha="right"
    )
    page.top += 0.24
    page.paragraph(texts.title, _TITLE, bold=True, after=0.08)
    page.paragraph(texts.odds, _LEAD, bold=True, after=0.07)
    page.paragraph(texts.question, _BODY, colour=Colour.faint, after=0.14)
    page.top = max(_picture(figure, facts, texts, page.top), _effects(figure, texts, page.top))
    page.top += 0.16
    page.paragraph(texts.years, _HEAD, bold=True, after=0.05)
    page.top = _years(figure, texts, page.top) + 0.18
    half = (inside - _GAP) / 2
    left = Column(figure, _MARGIN, half, page.top)
    _lines(left, *texts.must)
    _boxed(left, *texts.failed)
    right = Column(figure, _MARGIN + half + _GAP, half, page.top)
    _lines(right, *texts.mind)
    foot = Column(figure, _MARGIN, inside, max(left.top, right.top) + 0.2)
    _rule(figure, foot.top - 0.06)
    for line in texts.source:
        foot.paragraph(line, _NOTE, colour=Colour.faint, after=0.03)
    return figure


def draw_fan(figure: Figure, facts: Facts, place: tuple[float, float, float, float]) -> None:
    """Draw the dated fan of the effect on output at a place in inches.

    `place`: left, top, width, height.
    """
    axes = place_axes(figure, *place)
    bands = bands_of(facts.effect.sel({dims.OUTCOME: HEADLINE})).after(0.0)
    places = horizon_places(facts)
    fan(axes, places, bands, Colour.posterior)
    frame(axes, [""], "")
    zero_line(axes)
    per_year = facts.fit.scm.periods_per_year
    year_axis(axes, float(places[0]), float(places[-1]), place[2], per_year)


def _picture(figure: Figure, facts: Facts, texts: Said, top: float) -> float:
    column = Column(figure, _MARGIN, _PICTURE, top)
    column.paragraph(texts.fan, _HEAD, bold=True, after=0.04)
    height = _FAN_HEIGHT - (column.top - top)
    draw_fan(figure, facts, (_MARGIN + 0.28, column.top, _PICTURE - 0.28, height))
    return top + _FAN_HEIGHT + 0.2


def _effects(figure: Figure, texts: Said, top: float) -> float:
    """Write the table of effects at the right of the picture."""
    left = _MARGIN + _PICTURE + 0.2
    width = A4[0] - _MARGIN - left
    column = Column(figure, left, width, top)
    column.paragraph(texts.after, _HEAD, bold=True, after=0.05)
    rows = [texts.after_columns, *texts.after_rows]
    edges = _edges(rows, left, width, _NOTE)
    for at, row in enumerate(rows):
        tall = [
            _cell(figure, x, column.top, room, text, head=at == 0)
            for (x, room), text in zip(edges, row, strict=True)
        ]
        column.top += max(tall) + 0.045
        _rule(figure, column.top - 0.025, left, left + width)
    return column.top


def _cell(figure: Figure, left: float, top: float, room: float, text: str, *, head: bool) -> float:
    """Write a cell and return its height; a head breaks into lines, and so does too long a name."""
    cell = Column(figure, left, room, top)
    cell.paragraph(text, _NOTE, colour=Colour.faint if head else Colour.ink, after=0.0)
    return cell.top - top


def _edges(
    rows: Sequence[Sequence[str]], left: float, width: float, size: float
) -> list[tuple[float, float]]:
    """Give each column the room of its widest cell; the names at the left get what remains."""
    slack, least = 0.02, 0.08
    wanted = [
        max(text_inches(text, size) for text in column) + slack
        for column in zip(*rows, strict=True)
    ]
    between = len(wanted) - 1
    gap = max((width - sum(wanted)) / between, least)
    rooms = [width - gap * between - sum(wanted[1:]), *wanted[1:]]
    starts = left + np.concatenate([[0.0], np.cumsum(np.array(rooms[:-1]) + gap)])
    return list(zip(starts.tolist(), rooms, strict=True))


def _years(figure: Figure, texts: Said, top: float) -> float:
    """Write the table of calendar years: sources in rows, years within outcomes in columns."""
    count, step = len(texts.year_columns), line_inches(_NOTE)
    ends = _right_ends(texts)
    for at, group in enumerate(texts.year_groups):
        write(figure, ends[(at + 1) * count - 1], top, group, size=_NOTE, bold=True, ha="right")
    top += step + 0.02
    for at, end in enumerate(ends):
        year = str(texts.year_columns[at % count])
        write(figure, end, top, year, size=_NOTE, colour=Colour.faint, ha="right")
    top += step + 0.04
    for row in texts.year_rows:
        _rule(figure, top - 0.02)
        write(figure, _MARGIN, top, row[0], size=_NOTE)
        for end, text in zip(ends, row[1:], strict=True):
            write(figure, end, top, text, size=_NOTE, ha="right")
        top += step + 0.05
    return top


def _right_ends(texts: Said) -> list[float]:
    """Return where the cells of each year end: as wide as their widest, the rest between them."""
    columns = list(zip(*texts.year_rows, strict=True))
    label, *wanted = [max(text_inches(text, _NOTE) for text in column) for column in columns]
    gap = (A4[0] - 2 * _MARGIN - label - sum(wanted)) / max(len(wanted), 1)
    ends: list[float] = (_MARGIN + label + np.cumsum(np.array(wanted) + gap)).tolist()
    return ends


def _lines(column: Column, heading: str, lines: Sequence[str]) -> None:
    column.paragraph(heading, _HEAD, bold=True, after=0.04)
    for line in lines:
        column.paragraph(line, _BODY, mark="·", after=0.03)
    column.top += 0.1


def _boxed(column: Column, heading: str, lines: Sequence[str]) -> None:
    """Write lines in a box."""
    top, pad = column.top, 0.1
    inner = Column(column.figure, column.left + pad, column.width - 2 * pad, top + pad)
    _lines(inner, heading, lines)
    column.top = inner.top - 0.1 + pad
    across, down = column.figure.get_size_inches()
    column.figure.add_artist(
        Rectangle(
            (column.left / across, 1 - column.top / down),
            column.width / across,
            (column.top - top) / down,
            facecolor="#FFF4E5",
            edgecolor=Colour.negative,
            linewidth=0.8,
            zorder=-1,
        )
    )


def _rule(
    figure: Figure, top: float, left: float = _MARGIN, right: float = A4[0] - _MARGIN
) -> None:
    across, down = figure.get_size_inches()
    figure.add_artist(
        Rectangle(
            (left / across, 1 - top / down),
            (right - left) / across,
            0.004 / down,
            facecolor=Colour.rule,
            linewidth=0,
        )
    )
