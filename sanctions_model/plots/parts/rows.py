"""Rows with names at their left: how figures of lists are laid out. Knows no model."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model.plots.parts.panels import key, key_inches
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

_ROW, _MOST_NAME, _EDGE, _GAP, _BELOW = 0.21, 3.0, 0.2, 0.25, 0.42


def row_panels(
    page: tuple[str, str],
    names: Sequence[str],
    handles: Sequence[Line2D | Patch],
    *,
    headings: Sequence[str] = ("",),
    across: str = "",
) -> tuple[Figure, list[Axes], np.ndarray]:
    """Lay out a row a name, downwards, in one or more panels abreast, with the key below.

    `page`: title and caption. `headings`: one a panel. `across`: what the axis below measures.
    Returns: the figure, its panels, and the middle of each row on their axes.
    """
    room = max((text_inches(name, SMALL) for name in names), default=0.0)
    left = min(_MOST_NAME, room) + 0.25
    lines = [wrap(name, left - 0.2, SMALL) for name in names]
    heights = np.array([max(_ROW, line_inches(SMALL) * len(own) + 0.06) for own in lines])
    head = line_inches(TEXT) + 0.08 if any(headings) else 0.05
    top, bottom = page_text_inches(*page)
    below = _BELOW + (key_inches(handles) if handles else 0.0)
    figure = new_figure(top + head + heights.sum() + below + bottom)
    add_page_text(figure, *page)
    count = len(headings)
    width = (COLUMN_INCHES - left - _EDGE - (count - 1) * _GAP) / count
    middles = np.cumsum(heights) - heights / 2
    panels = []
    for place, heading in enumerate(headings):
        start = left + place * (width + _GAP)
        axes = place_axes(figure, start, top + head, width, float(heights.sum()))
        tidy(axes)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(float(heights.sum()), 0.0)
        axes.set_yticks(middles, ["\n".join(own) for own in lines] if not place else [], size=SMALL)
        axes.set_title(heading, size=TEXT, loc="left", pad=4, color=Colour.ink)
        axes.set_xlabel(across, size=SMALL, labelpad=2, color=Colour.ink)
        axes.locator_params(axis="x", nbins=6)
        axes.grid(axis="x", color=Colour.rule, lw=0.4)
        axes.set_axisbelow(True)
        panels.append(axes)
    if handles:
        key(figure, handles, top + head + float(heights.sum()) + _BELOW)
    return figure, panels, middles
