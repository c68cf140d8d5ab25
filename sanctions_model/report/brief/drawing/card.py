"""The brief as a picture to share: the finding, its chances, the fan, source and date."""

from matplotlib.figure import Figure

from sanctions_model.plots.parts.style import Colour, new_figure, write
from sanctions_model.report.brief.drawing.setting import Column
from sanctions_model.report.brief.drawing.sheet import draw_fan
from sanctions_model.report.brief.facts import Facts
from sanctions_model.report.brief.said import Said

DPI = 150
_WIDTH, _HEIGHT = 1200 / DPI, 630 / DPI
_MARGIN = 0.35


def card(facts: Facts, texts: Said) -> Figure:
    """Draw the picture.

    Returns: 1200 by 630 pixels at `DPI`; to be saved under the fonts of the language.
    """
    figure = new_figure(_HEIGHT, _WIDTH)
    inside = _WIDTH - 2 * _MARGIN
    write(figure, _MARGIN, 0.25, texts.kicker, size=8, colour=Colour.posterior, bold=True)
    write(figure, _WIDTH - _MARGIN, 0.25, texts.dated, size=8, colour=Colour.faint, ha="right")
    column = Column(figure, _MARGIN, inside, 0.5)
    column.paragraph(texts.title, 17, bold=True, after=0.1)
    words = Column(figure, _MARGIN, 2.9, column.top + 0.1)
    words.paragraph(texts.odds, 10, after=0.14)
    for label, effect, interval, *_ in texts.after_rows[:3]:
        one = texts.language("one_effect", label=label, effect=effect, interval=interval)
        words.paragraph(one, 9, colour=Colour.faint, after=0.05)
    right = Column(figure, _MARGIN + 3.15, inside - 3.15, column.top + 0.1)
    right.paragraph(texts.fan, 8, bold=True, after=0.04)
    foot = _HEIGHT - 0.42
    draw_fan(
        figure, facts, (right.left + 0.1, right.top, right.width - 0.1, foot - right.top - 0.35)
    )
    Column(figure, _MARGIN, inside, foot).paragraph(texts.source[0], 8, colour=Colour.faint)
    return figure
