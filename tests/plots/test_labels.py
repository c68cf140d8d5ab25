"""Names at the ends of lines: no overlap, as near as can be; what a forecast is drawn beside."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from scipy.optimize import LinearConstraint, minimize

from sanctions_model.plots.parts.beside import Beside, draw_beside
from sanctions_model.plots.parts.labels import apart, label_lines, label_room
from sanctions_model.plots.parts.panels import frame
from sanctions_model.plots.parts.style import new_figure, place_axes

ROOM = 10.0


@given(
    st.lists(st.floats(0.0, ROOM), min_size=1, max_size=6),
    st.lists(st.floats(0.5, 1.5), min_size=6, max_size=6),
)
def test_labels_stay_in_the_panel_and_never_overlap(wanted, heights):
    wanted, heights = np.array(wanted), np.array(heights[: len(wanted)])
    found = apart(wanted, heights, ROOM)
    order = np.argsort(found)
    lower, upper = found - heights / 2, found + heights / 2
    assert lower.min() >= -1e-9
    assert upper.max() <= ROOM + 1e-9
    assert (lower[order][1:] - upper[order][:-1] >= -1e-7).all()
    assert (np.diff(wanted[order]) >= -1e-12).all()  # in the order of the lines


@pytest.mark.parametrize("wanted", [[5.0, 5.2, 5.1], [1.0, 1.5, 8.0], [0.2, 0.3, 9.9]])
def test_labels_lie_where_least_squares_put_them(wanted):
    wanted, heights = np.sort(wanted), np.array([1.0, 2.0, 1.0])
    gaps = (heights[1:] + heights[:-1]) / 2
    best = minimize(
        lambda x: np.sum((x - wanted) ** 2),
        np.array([2.0, 5.0, 8.0]),
        constraints=LinearConstraint([[-1, 1, 0], [0, -1, 1]], gaps, np.inf),
        bounds=[(h / 2, ROOM - h / 2) for h in heights],
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    np.testing.assert_allclose(apart(wanted, heights, ROOM), best.x, atol=1e-5)


def test_names_of_lines_are_drawn_apart():
    figure = new_figure(2.0)
    axes = place_axes(figure, 0.5, 0.2, 3.0, 1.5)
    axes.set_ylim(0.0, 1.0)
    ends = [(0.50, "sanctions unchanged", "#0072B2"), (0.51, "relief", "#E69F00")]
    label_lines(axes, ends)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not boxes[0].overlaps(boxes[1])
    right = 3.5 + label_room([name for _, name, _ in ends])
    assert max(box.x1 for box in boxes) <= right * figure.dpi


def test_others_forecasts_stand_in_their_year():
    others = pd.DataFrame(
        {
            "outcome": ["rate", "rate", "prices", "rate"],
            "source": ["poll", "bank", "poll", "poll"],
            "year": [2026, 2027, 2026, 2031],
            "statistic": ["mean", "mean", "end", "mean"],
            "lower": [14.0, 9.0, 5.0, 1.0],
            "upper": [14.0, 11.0, 5.0, 1.0],
            "published": ["2026-07"] * 4,
        }
    )
    ahead = 2026.125 + np.arange(1, 9) / 4
    beside = Beside(
        targets={"prices": np.full(8, 4.0)},
        rivals={"rate": ("no change", np.full(8, 16.0))},
        others=others,
    )
    figure = new_figure(2.0)
    axes = place_axes(figure, 0.5, 0.2, 3.0, 1.5)
    assert draw_beside(axes, beside, "rate", ahead, 4) == [(16.0, "no change", "#595959")]
    rival, poll = axes.lines
    np.testing.assert_array_equal(rival.get_xdata(), ahead)
    # The rest of the year that has begun; a year beyond the horizon is left out.
    np.testing.assert_allclose(poll.get_xdata(), [2026.25, 2027.0])
    assert list(poll.get_ydata()) == [14.0, 14.0]
    (box,) = axes.collections
    corners = box.get_paths()[0].get_extents()
    assert (corners.x0, corners.x1, corners.y0, corners.y1) == (2027.0, 2028.0, 9.0, 11.0)
    axes = place_axes(figure, 0.5, 0.2, 3.0, 1.5)
    assert draw_beside(axes, beside, "prices", ahead, 4) == [(4.0, "target", "#222222")]
    assert np.mean(axes.lines[1].get_xdata()) == pytest.approx(2026.875, abs=0.11)  # in 2026Q4
    handles = beside.handles(["rate", "prices"], 2026, 2027)
    assert [h.get_label() for h in handles] == ["poll, 2026-07", "bank, 2026-07"]
    assert to_hex(handles[0].get_color()) == to_hex(axes.lines[1].get_color())
    assert beside.names == ["target", "no change"]


def test_an_axis_says_no_log_points():
    figure = new_figure(2.0)
    axes = figure.add_axes((0.2, 0.2, 0.6, 0.6))
    frame(axes, ["oil discount"], "log points")
    assert axes.get_ylabel() == "% (log)"
