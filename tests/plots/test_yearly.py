"""Figures of calendar years: the same numbers as the tables beside them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from anchored_economy import anchored_draws, anchored_problem
from command import call
from figure_tables import RATE, yearly_table
from matplotlib.colors import to_hex
from pictures import panel, words

from sanctions_model import plots
from sanctions_model.cli import queries
from sanctions_model.plots import plot_annual, plot_yearly_forces
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.reading.calendar_years import (
    RELIEF,
    UNCHANGED,
)
from sanctions_model.queries.reading.yearly_forces import FORCE, TOTAL, yearly_forces


@pytest.fixture(scope="module")
def table():
    return yearly_table()


@pytest.fixture(scope="module")
def figure(table):
    return plot_annual(table, anchored_problem(), anchored_draws())


def drawn(axes, colour):
    """Points of the one line with dots of this colour."""
    (found,) = [
        artist
        for artist in axes.lines
        if artist.get_marker() == "o" and to_hex(artist.get_color()) == colour.lower()
    ]
    return found.get_xdata(), found.get_ydata()


def test_years_are_those_of_the_table_after_those_of_the_data(figure, table):
    axes, _ = panel(figure, "key rate, average of the year")
    years, past = drawn(axes, "#222222")
    values = anchored_problem().cases
    rates = pd.Series(dict(values.values)[RATE], pd.DatetimeIndex(values.time))
    by_year = rates.groupby(rates.index.year).mean()
    np.testing.assert_array_equal(years, range(2020, 2026))
    np.testing.assert_allclose(past, by_year.loc[2020:2025], atol=1e-12)
    for colour, source in (("#0072B2", UNCHANGED), ("#D55E00", RELIEF)):
        places, medians = drawn(axes, colour)
        own = table[(table["source"] == source) & (table["outcome"] == RATE)]
        np.testing.assert_array_equal(np.round(places), own["year"])
        np.testing.assert_array_equal(medians, own["median"])
    bars = [artist for artist in axes.lines if artist.get_linewidth() == 2.2]
    assert [list(bar.get_ydata()) for bar in bars] == [[14.0, 14.0]]
    (box,) = [c for c in axes.collections if c.get_linewidth()[0] == 1.2]
    extent = box.get_paths()[0].get_extents()
    assert (round(extent.x0), extent.y0, extent.y1) == (2027, 9.0, 11.0)
    assert "analysts' poll, 2026-07" in words(figure)


def test_december_on_december_is_the_last_quarter_on_that_of_the_year_before(figure):
    axes, _ = panel(figure, "consumer prices, December on December")
    years, past = drawn(axes, "#222222")
    cases = anchored_problem().cases
    inflation = pd.Series(dict(cases.values)["inflation"], pd.DatetimeIndex(cases.time))
    whole = 100 * np.expm1(inflation.groupby(inflation.index.year).sum() / 100)
    np.testing.assert_allclose(past, whole.loc[years], atol=1e-12)


@pytest.fixture(scope="module")
def forces():
    problem, draws = anchored_problem(), anchored_draws()
    past = episode(problem, draws, start="2014Q1", end="2016Q4")
    parts = historical_decomposition(past, outcomes=["gdp_level", RATE])
    return yearly_forces(parts, problem, draws)


def test_what_moved_a_year_is_drawn_as_the_table_has_it(forces):
    scm = anchored_problem().scm
    picture = plot_yearly_forces(forces, scm=scm)
    axes, _ = panel(picture, "GDP, growth")
    means = forces.sel(outcome="gdp_level").mean(["chain", "draw"])
    _, total = drawn(axes, "#222222")
    np.testing.assert_allclose(total, means.sel({FORCE: TOTAL}), atol=1e-12)
    named = [f for f in means[FORCE].to_numpy() if f != TOTAL]
    for force, bars in zip(named, axes.containers, strict=True):
        heights = [bar.get_height() for bar in bars]
        np.testing.assert_allclose(heights, means.sel({FORCE: force}), atol=1e-12)
    at = named.index("sanctions")
    assert to_hex(axes.containers[at][0].get_facecolor()) == "#d55e00"
    colours = {to_hex(bars[0].get_facecolor()) for bars in axes.containers}
    assert len(colours) == len(named)


def test_the_command_line_draws_what_it_prints(monkeypatch, tmp_path):
    problem, draws = anchored_problem(), anchored_draws()
    fit = SimpleNamespace(scm=problem.scm, problem=problem, draws=draws)
    monkeypatch.setattr(queries, "load_fit", lambda folder: fit)
    shown = []
    for name in ("plot_yearly_forces", "plot_decomposition"):
        own = getattr(plots, name)
        monkeypatch.setattr(
            plots, name, lambda *a, _own=own, _n=name, **k: shown.append(_n) or _own(*a, **k)
        )
    asked = ("counterfactual", "decompose", "--from", "2014Q1", "--figure", tmp_path / "f.png")
    for parts in ((), ("--parts",)):
        assert call(*asked, "--outcome", "gdp_level", *parts, "--quiet").code == 0
    assert shown == ["plot_yearly_forces", "plot_decomposition"]
