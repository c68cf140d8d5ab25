"""Figures of sweeps: what they draw, say and refuse."""

import json

import numpy as np
import pytest
from figure_tables import NAMED, X, Y, made
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from pictures import faults_of

from sanctions_model.errors import QuestionError
from sanctions_model.plots import (
    plot_along_axis,
    plot_by_name,
    plot_response_surface,
    plot_sweep_tornado,
    sweep_figures,
)
from sanctions_model.plots.parts.style import Colour


@pytest.fixture
def plane():
    """On the first outcome 3 x + y, on the second minus twice that."""
    return made(3.0 * X[:, None] + Y[None, :], ("x", "y"), {"x": X, "y": Y})


def words(figure):
    return " ".join(" ".join(text.get_text() for text in figure.texts).split())


def test_the_line_along_an_axis_is_the_median_and_the_band_its_bounds(plane):
    figure = plot_along_axis(plane.sel(y=1.0), "x")
    assert faults_of(figure) == []
    first = figure.axes[0]
    np.testing.assert_allclose(first.lines[0].get_xydata(), np.c_[X, 3 * X + 1])
    (band,) = [c for c in first.collections if isinstance(c, PolyCollection)]
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.0, 5.0)
    assert first.get_title(loc="left") == "consumer prices"
    assert figure.axes[1].get_title(loc="left") == "GDP"
    assert [axes.get_ylabel() for axes in figure.axes[:2]] == ["%", "pp"]
    said = words(figure)
    for expected in ("a known plane", "after 8 periods", "89 % interval",
                     "relief of trade", "3 from the draws as they are", "y at 1.",
                     "Axes: x, share of the measures that is lifted; y, share"):  # fmt: skip
        assert expected in said


def test_relief_of_every_measure_is_called_that(plane):
    design = json.loads(plane.attrs["design"])
    design["relief"]["measures"] = ["*"]
    said = words(plot_along_axis(plane.assign_attrs(design=json.dumps(design)).sel(y=1.0), "x"))
    assert "relief of all measures" in said
    assert "*" not in said


def test_a_surface_has_the_medians_and_dots_where_the_sign_is_open(plane):
    figure = plot_response_surface(plane, "x", "y")
    assert faults_of(figure) == []
    first = figure.axes[0]
    (mesh,) = [c for c in first.collections if isinstance(c, QuadMesh)]
    np.testing.assert_allclose(mesh.get_array(), (3 * X[:, None] + Y[None, :]).T)
    dots = next(line for line in first.lines if line.get_marker() == ".")
    np.testing.assert_array_equal(dots.get_xydata(), [[0.0, 0.0], [0.0, 1.0]])
    assert first.get_xlabel() == first.get_ylabel() == "share of the measures that is lifted"


def test_an_answer_that_sampling_alone_may_have_moved_is_hollow():
    names = np.array(["stated", "the same", "near", "far"], dtype=object)
    found = made(np.array([1.0, 1.0, 1.2, 3.0]), ("belief",), {"belief": names})
    for route, hollow in (("refit", [0, 1, 1, 0]), ("propagate", [0, 1, 0, 0])):
        # From the same draws a shift of all of them is no sampling, and none is none.
        found["route"][:] = route
        figure = plot_by_name(found, "belief", outcomes=["price_level"])
        marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
        assert [mark.get_markerfacecolor() == "white" for mark in marks] == hollow
        said = f"{sum(hollow)} of 3 answers on consumer prices differ from the first by at"
        assert said in words(figure)


def test_a_line_is_grey_where_neighbours_are_within_monte_carlo_error():
    places = np.array([0.0, 0.5, 1.0, 2.0])
    found = made(np.array([1.0, 1.05, 3.0, 3.0]), ("x",), {"x": places})
    found["route"][:] = "refit"
    panel = plot_along_axis(found, "x", outcomes=["price_level"]).axes[0]
    grey = [line.get_xdata().tolist() for line in panel.lines if line.get_color() == Colour.faint]
    assert grey == [[0.0, 0.5], [1.0, 2.0]]


def test_bars_of_a_tornado_are_grey_where_an_axis_moves_no_more_than_sampling(plane):
    apart = made(3.0 * X[:, None] + 0.05 * Y[None, :], ("x", "y"), {"x": X, "y": Y})
    apart["route"][:] = "refit"
    shades = {}
    for found in (plane, apart):
        panel = plot_sweep_tornado(found, outcomes=["price_level"]).axes[0]
        rows = [label.get_text() for label in panel.get_yticklabels()]
        bars = [to_hex(bar.get_facecolor()) for bar in panel.patches]
        shades[found["route"].item(0)] = {
            row: set(bars[2 * at : 2 * at + 2]) == {to_hex(Colour.faint)}
            for at, row in enumerate(rows)
        }
    assert shades == {
        "propagate": {"x": False, "y": False}, "refit": {"x": False, "y": True}
    }  # fmt: skip


def test_lines_of_equal_effect_are_labelled_away_from_dots_and_zero_is_drawn_if_crossed(plane):
    def labels(found):
        figure = plot_response_surface(found, "x", "y", outcomes=["price_level"])
        figure.canvas.draw()
        return {text.get_text(): text.get_position() for text in figure.axes[0].texts}

    near = labels(plane)  # all effects are positive or 0
    assert near
    assert "0" not in {text.lstrip("+−") for text in near}
    dots = [(x, y) for x in X for y in Y]
    for x, y in near.values():
        assert min(np.hypot(x - a, y - b) for a, b in dots) > 0.15
    across = plane.assign(effect_summary=plane["effect_summary"] - 2.0)
    assert "0.00" in labels(across) or "0" in labels(across)


def test_an_axis_of_names_has_a_row_a_name_with_median_and_interval():
    found = made(np.array([0.5, np.nan, -0.2]), ("alternative",), {"alternative": NAMED})
    figure = plot_by_name(found, "alternative")
    assert faults_of(figure) == []
    first, second = figure.axes
    rows = [label.get_text().replace("\n", " ") for label in first.get_yticklabels()]
    assert rows == ["stated", "a sceptic", "oil → GDP at 0"]
    assert not any(label.get_text() for label in second.get_yticklabels())
    points = [line.get_xydata()[0].tolist() for line in first.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(points, [[0.5, 0], [-0.2, 2]])
    bands = [line.get_xdata() for line in first.lines if line.get_linewidth() == 1.2]
    np.testing.assert_allclose(bands, [[-0.5, 1.5], [-1.2, 0.8]])
    assert [text.get_text() for text in first.texts] == ["no answer"]
    assert first.get_xlabel() == "%"
    said = words(figure)
    for expected in ("a known plane", "after 8 periods", "relief of trade", "89 % interval"):
        assert expected in said
    drawn = figure.get_tightbbox(figure.canvas.get_renderer())
    assert min(drawn.x0, drawn.y0) >= 0
    assert drawn.x1 <= 7.0


def test_a_tornado_of_a_grid_has_the_swings_of_a_plane_with_the_widest_on_top(plane):
    figure = plot_sweep_tornado(plane)
    assert faults_of(figure) == []
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["y", "x"]
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(widths, [-0.5, 0.5, -1.5, 1.5])
    np.testing.assert_allclose([b.get_width() for b in figure.axes[1].patches], [1, -1, 3, -3])


def test_a_tornado_of_points_reads_the_slopes_of_a_plane():
    generator = np.random.default_rng(1)
    x, y = generator.uniform(0, 1, 200), generator.uniform(0, 10, 200)
    found = made(3.0 * x + 0.1 * y, ("point",), {"x": x, "y": y})
    figure = plot_sweep_tornado(found)
    bars = figure.axes[0].patches
    swings = {
        name: bars[2 * row + 1].get_width() - bars[2 * row].get_width()
        for row, name in enumerate(t.get_text() for t in figure.axes[0].get_yticklabels())
    }
    assert swings["x"] == pytest.approx(3.0 * np.diff(np.quantile(x, [0.05, 0.95])).item())
    assert swings["y"] == pytest.approx(0.1 * np.diff(np.quantile(y, [0.05, 0.95])).item())


def test_the_figures_follow_from_the_axes(plane):
    assert set(sweep_figures(plane)) == {"surface", "tornado"}
    one = made(X, ("x",), {"x": X})
    assert set(sweep_figures(one)) == {"along_axis"}
    named = made(X, ("alternative",), {"alternative": NAMED})
    assert set(sweep_figures(named)) == {"by_name"}
    mixed = made(X[:, None] + Y[None, :], ("alternative", "y"), {"alternative": NAMED, "y": Y})
    assert sweep_figures(mixed) == {}


def test_what_cannot_be_drawn_is_refused(plane):
    with pytest.raises(QuestionError, match=r"axis 'y' is left; .*found.sel\(y=...\)"):
        plot_along_axis(plane, "x")
    with pytest.raises(QuestionError, match="'z' is no numeric axis of this sweep; there is x, y"):
        plot_along_axis(plane, "z")
    with pytest.raises(QuestionError, match="has 1"):
        plot_sweep_tornado(made(X, ("x",), {"x": X}))
    with pytest.raises(QuestionError, match="no outcome 'rouble'"):
        plot_sweep_tornado(plane, outcomes=["rouble"])
    with pytest.raises(QuestionError, match="'x' is no axis of names of this sweep; there is none"):
        plot_by_name(plane, "x")
    mixed = made(X[:, None] + Y[None, :], ("alternative", "y"), {"alternative": NAMED, "y": Y})
    with pytest.raises(QuestionError, match=r"axis 'y' is left; .*found.sel\(y=...\)"):
        plot_by_name(mixed, "alternative")
    points = made(X, ("point",), {"x": X, "y": X})
    with pytest.raises(QuestionError, match="needs a grid"):
        plot_response_surface(points, "x", "y")
