"""Panels of horizontal bars, one an outcome: names of the rows left, numbers right.

Knows where things stand on the page, not what the bars mean.
"""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
    text_inches,
    tidy,
    wrap,
)
from sanctions_model.plots.parts.words import effect_unit
from sanctions_model.scm.model import StructuralCausalModel

__all__ = ["place_panels", "tidy_rows", "write_beside"]

_GAP = 0.16  # inches between two columns of panels
_WIDEST = 3.1


def place_panels(
    figure_text: tuple[str, str],
    scm: StructuralCausalModel,
    outcomes: Sequence[str],
    labels: Sequence[str],
    *,
    height: float,
    numbers: float,
) -> tuple[Figure, Iterator[tuple[str, Axes, bool]]]:
    """Return a figure and its panels, two in a row, with heading and unit.

    Parameters
    ----------
    figure_text : tuple of str
        Title and caption.
    scm : StructuralCausalModel
    outcomes : sequence of str
        Variables or levels, one panel each.
    labels : sequence of str
        Names of the rows, which stand left of the first column.
    height : float
        Of a panel, in inches.
    numbers : float
        Room for numbers right of a panel, in inches.

    Returns
    -------
    matplotlib.figure.Figure
    iterator of (str, matplotlib.axes.Axes, bool)
        Outcome, its panel, and whether the names of the rows belong to it.
    """
    top, bottom = page_text_inches(*figure_text)
    columns = min(2, len(outcomes))
    left = 0.14 + max(text_inches(words, SMALL, bold=True) for words in labels) + 0.06
    width = (COLUMN_INCHES - left - 0.1 - columns * numbers - (columns - 1) * _GAP) / columns
    width = min(width, _WIDEST)
    headings = {name: wrap(scm.variables[name].label, width + numbers, TEXT) for name in outcomes}
    head = max(len(found) for found in headings.values()) * line_inches(TEXT) + 0.08
    step = head + height + 0.42
    figure = new_figure(top + -(-len(outcomes) // columns) * step + bottom)
    add_page_text(figure, *figure_text)

    def panels() -> Iterator[tuple[str, Axes, bool]]:
        for position, name in enumerate(outcomes):
            row, column = divmod(position, columns)
            start = left + column * (width + numbers + _GAP)
            axes = place_axes(figure, start, top + row * step + head, width, height)
            heading = "\n".join(headings[name])
            axes.set_title(heading, size=TEXT, loc="left", pad=4, color=Colour.ink)
            axes.set_xlabel(effect_unit(scm, name), size=SMALL, labelpad=2, color=Colour.ink)
            yield name, axes, column == 0

    return figure, panels()


def tidy_rows(axes: Axes, last: float) -> None:
    """Take away what rows do not need, count them downwards, and draw the line of no effect."""
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(last + 0.6, -0.6)
    axes.axvline(0.0, color=Colour.ink, lw=0.7)
    axes.margins(x=0.04)
    axes.locator_params(axis="x", nbins=5)


def write_beside(
    axes: Axes, row: float, words: str, *, bold: bool = False, colour: str = Colour.ink
) -> None:
    """Write the number of a row right of its panel."""
    axes.annotate(
        words,
        (1.0, row),
        (4, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        size=SMALL,
        va="center",
        color=colour,
        weight="bold" if bold else "normal",
    )
