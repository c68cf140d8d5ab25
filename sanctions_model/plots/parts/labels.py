"""Names at the ends of lines, instead of a key that has to be looked up."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from sanctions_model.plots.parts.style import SMALL, line_inches, readable, text_inches, wrap

# Last value, name and colour of a line.
type End = tuple[float, str, str]
# Where a longer name breaks, and the gap between a line and its name.
LABEL_INCHES = 0.78
_GAP = 0.05


def label_room(labels: Sequence[str]) -> float:
    """Return the inches right of a panel that names at the ends of its lines take."""
    lines = [line for label in labels for line in wrap(label, LABEL_INCHES, SMALL)]
    return max((text_inches(line, SMALL, bold=True) for line in lines), default=0.0) + 2 * _GAP


def apart(wanted: np.ndarray, heights: np.ndarray, room: float) -> np.ndarray:
    """Return the middles of labels, as near as can be to where they are wanted, without overlap.

    Labels that would meet stand as one block around the mean of where its members are wanted.

    `wanted`, `heights`: middle and height of each, in the same unit from the lower end of the
    panel. `room`: height of the panel; more labels than it holds stand out of it evenly. Returns:
    middles, in the order given.

    >>> apart(np.array([5.0, 5.0, 1.0]), np.ones(3), 10.0).tolist()
    [4.5, 5.5, 1.0]
    """
    order = np.argsort(wanted, kind="stable")
    blocks: list[list[int]] = []

    def bounds(block: list[int]) -> tuple[float, float]:
        size = float(heights[block].sum())
        below = np.cumsum(heights[block]) - heights[block] / 2
        start = float(np.mean(wanted[block] - below))
        start = max(0.0, min(start, room - size)) if size <= room else (room - size) / 2
        return start, start + size

    for label in order.tolist():
        blocks.append([label])
        while len(blocks) > 1 and bounds(blocks[-2])[1] > bounds(blocks[-1])[0] + 1e-9:
            last = blocks.pop()
            blocks[-1] += last
    found = np.empty(wanted.size)
    for block in blocks:
        found[block] = bounds(block)[0] + np.cumsum(heights[block]) - heights[block] / 2
    return found


def label_lines(axes: Axes, ends: Sequence[End]) -> None:
    """Write names right of a panel at the heights where lines end.

    `axes`: with its final limits: names follow them. `ends`: last value, name and colour of each
    line.
    """
    if not ends:
        return
    low, high = axes.get_ylim()
    figure = axes.get_figure(root=True)
    assert figure is not None
    room = axes.get_position().height * float(figure.get_figheight())
    lines = [wrap(name, LABEL_INCHES, SMALL) for _, name, _ in ends]
    heights = np.array([line_inches(SMALL) * len(own) for own in lines])
    wanted = np.array([(value - low) / (high - low) * room for value, _, _ in ends])
    places = apart(np.clip(wanted, 0.0, room), heights, room)
    for own, place, (_, _, colour) in zip(lines, places, ends, strict=True):
        axes.annotate(
            "\n".join(own),
            (1.0, place / room),
            (72 * _GAP, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            size=SMALL,
            va="center",
            color=readable(colour),
            weight="bold",
            annotation_clip=False,
        )
