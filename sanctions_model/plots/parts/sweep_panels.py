"""Panels of figures of sweeps: one an outcome, between title and caption."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model.plots.parts.panels import key, key_inches
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
)

_LEFT, _RIGHT = 0.62, 0.2
_PANEL, _BELOW = 1.75, 0.42


def panels_for(
    title: str,
    caption: str,
    names: Sequence[str],
    handles: Sequence[Line2D | Patch],
    columns: int,
    *,
    left: float = _LEFT,
    right: float = 0.0,
) -> tuple[Figure, list[Axes]]:
    """Lay out a panel an outcome between a title and a caption, `right` inches beside it free."""
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    top, bottom = page_text_inches(title, caption)
    room = key_inches(handles) if handles else 0.0
    head = 0.3
    height = top + rows * (head + _PANEL + _BELOW) + room + 0.06 + bottom
    figure = new_figure(height)
    add_page_text(figure, title, caption)
    width = (COLUMN_INCHES - _RIGHT) / columns - left - right
    panels = []
    for place in range(len(names)):
        row, column = divmod(place, columns)
        across = left + column * (width + left + right)
        down = top + row * (head + _PANEL + _BELOW) + head
        panels.append(place_axes(figure, across, down, width, _PANEL))
    if handles:
        key(figure, handles, top + rows * (head + _PANEL + _BELOW))
    return figure, panels
