"""Figures of evidence, tipping points and tornadoes: what they show, and that nothing is cut."""

import laboratory
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from figure_tables import FACTORS
from pictures import faults_of

from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.pools import load_pools, pool_studies
from sanctions_model.plots import plot_forest, plot_tipping, plot_tornado
from sanctions_model.queries.estimands import load_quantities
from sanctions_model.robustness.confounding import TippingPoint
from sanctions_model.wording import number


def texts(figure):
    own = [text.get_text() for text in figure.texts]
    inside = [text.get_text() for axes in figure.axes for text in axes.texts]
    labels = [axes.get_xlabel() for axes in figure.axes] + [a.get_ylabel() for a in figure.axes]
    return " ".join(" ".join([*own, *inside, *labels]).split())


def inside_the_page(figure):
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
    boxes += [text.get_window_extent() for a in figure.axes for text in a.texts if text.get_text()]
    return all(
        box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        for box in boxes
    )


def test_a_tornado_has_a_bar_a_factor_from_low_to_high():
    figure = plot_tornado(FACTORS, title="What moves output?", unit="%", caption="Contrast: none.")
    assert faults_of(figure) == []
    (axes,) = figure.axes
    ends = sorted(
        {round(bar.get_x(), 9) for bar in axes.patches}
        | {round(bar.get_x() + bar.get_width(), 9) for bar in axes.patches}
    )
    assert ends == [-1.0, 0.2, 0.5, 2.0]
    assert "median effect, %" in texts(figure)
    assert "−1.0" in texts(figure)
    assert inside_the_page(figure)


def test_a_swing_within_monte_carlo_error_is_grey():
    sure = plot_tornado(FACTORS.assign(error=0.0)).axes[0].patches
    unsure = plot_tornado(FACTORS.assign(error=[100.0] * len(FACTORS)))
    colours = [{bar.get_facecolor() for bar in bars} for bars in (sure, unsure.axes[0].patches)]
    assert [len(own) for own in colours] == [2, 1]
    assert "within Monte-Carlo error" in texts(unsure)


@pytest.mark.parametrize(
    "table", [FACTORS.drop(columns="base"), FACTORS.iloc[:0]], ids=["no base", "no rows"]
)
def test_a_tornado_of_nothing_is_refused(table):
    with pytest.raises(QuestionError, match=r"A tornado of . rows lacks"):
        plot_tornado(table)


@pytest.mark.parametrize(
    ("name", "studies"),
    [
        (
            "pass_through_4q",
            ["own calculation, 2015-2020", "Ponomarev et al., 2016", "Comunale and Simola, 2018"],
        ),
        ("gdp_2014", ["Mamonov and Pestova, 2023", "International Monetary Fund, 2019"]),
        ("import_restriction_cpi", ["Isakov (VTB Capital)", "Bank of Russia, 2015"]),
        ("relief_2016_gdp", ["Bloomberg, 2016"]),
    ],
)
def test_a_forest_shows_every_study_the_pool_and_the_model(name, studies):
    pool, quantity = load_pools()[name], load_quantities()[name]
    pooled = pool_studies(pool)
    drawn = xr.DataArray(
        np.random.default_rng(1).normal(0.2, 0.1, (2, 200)), dims=("chain", "draw")
    )
    figure = plot_forest(quantity, pool, pooled, drawn, drawn / 2)
    assert faults_of(figure) == []
    (axes,) = figure.axes
    squares = [line for line in axes.lines if line.get_marker() == "s"]
    assert len(squares) == len(pool.studies) + 3
    words = texts(figure)
    for study in studies:
        assert study in words
    assert quantity.unit in words
    centre = np.exp(pooled.mean) if pool.family == "LogNormal" else pooled.mean
    assert f"Studies find {number(float(centre))} and" in words
    assert "89 % interval" in words
    low, high = axes.get_xlim()
    for line in axes.lines[: 2 * len(pool.studies)]:
        assert low <= min(line.get_xdata()) <= max(line.get_xdata()) <= high
    assert inside_the_page(figure)
    assert len(plot_forest(quantity, pool, pooled, drawn).axes[0].lines) < len(axes.lines)


def test_a_tipping_figure_marks_one_half_and_the_known_driver():
    strength = np.linspace(-2, 2, 9)
    curve = pd.DataFrame(
        {
            "strength": strength,
            "full_prob": 1 / (1 + np.exp(-strength - 1)),
            "sample_prob": np.full(9, 0.8),
            "used": np.abs(strength) < 1.6,
        }
    )
    point = TippingPoint(
        equation="growth",
        unit="%",
        prob=0.73,
        strength=-1.0,
        known="weather",
        known_median=0.5,
        known_lower=0.2,
        known_upper=0.9,
    )
    scm = laboratory.MODEL
    figure = plot_tipping(scm, laboratory.OUTPUT, curve, point)
    assert faults_of(figure) == []
    axes = figure.axes[0]
    (mark,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (-1.0, 0.5)
    sample = axes.lines[2].get_ydata()
    assert np.isnan(sample[[0, -1]]).all()
    assert not np.isnan(sample[1:-1]).any()
    words = texts(figure)
    assert "as likely as not at −1.0" in words
    assert "weather: median and 89 % interval" in words
    assert inside_the_page(figure)
