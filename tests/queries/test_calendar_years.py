"""Yearly figures of simulated paths, against figures worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from small_futures import problem_of
from strategies import variable

from sanctions_model.errors import QuestionError
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.calendar_years import annual
from sanctions_model.scm.equations import Level, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin


def world(quarters=10):
    """A growth rate in log points, its levels and a rate; the past ends in a second quarter."""
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=variable("growth"), parents=("growth[1]",)),
            Linear(variable=variable("rate"), parents=("rate[1]", "growth")),
        ),
        levels=(
            Level(variable=variable("level"), flow="growth"),
            Level(variable=variable("falling"), flow="growth", sign=-1.0),
        ),
    )
    generator = np.random.default_rng(4)
    series = {
        "growth": generator.normal(0.5, 1.0, quarters),
        "rate": generator.normal(8.0, 1.0, quarters),
    }
    problem = problem_of(scm, series)
    values = {"growth[1] -> growth": 0.3, "rate[1] -> rate": 0.8, "growth -> rate": 0.4}
    values |= {"intercept[growth]": 0.4, "intercept[rate]": 1.7, "scale[growth]": 0.9}
    draws = pin(scm, values)
    return problem, draws, series


@pytest.fixture(scope="module")
def asked():
    problem, draws, series = world()
    outcomes = ["level", "falling", "rate"]
    paths = simulate(problem, draws, horizon=11, random_seed=3, outcomes=outcomes)
    return problem, draws, series, paths


def by_hand(asked):
    """Growth and rate of every quarter, known and simulated, with their years."""
    problem, _, series, paths = asked
    level = paths.sel(outcome="level").isel(scenario=0, chain=0, draw=0).to_numpy()
    growth = np.concatenate([series["growth"], np.diff(np.concatenate([[0.0], level]))])
    rate = paths.sel(outcome="rate").isel(scenario=0, chain=0, draw=0).to_numpy()
    rate = np.concatenate([series["rate"], rate])
    start = pd.Period(pd.Timestamp(problem.cases.time[0]), freq="Q")
    quarters = pd.period_range(start, periods=growth.size, freq="Q")
    return growth, rate, quarters.year.to_numpy()


def test_growth_is_that_of_averages_of_levels(asked):
    problem, draws, _, paths = asked
    found = annual(paths, problem, draws)
    growth, _, years = by_hand(asked)
    level = 100.0
    levels = []
    for rate in growth:
        level *= np.exp(rate / 100)
        levels.append(level)
    for year in found["year"].to_numpy():
        own = [v for v, y in zip(levels, years, strict=True) if y == year]
        before = [v for v, y in zip(levels, years, strict=True) if y == year - 1]
        expected = 100 * (sum(own) / sum(before) - 1)
        got = found.sel(outcome="level", year=year).item()
        assert got == pytest.approx(expected, abs=1e-12)
        inverse = [1 / v for v in own], [1 / v for v in before]
        expected = 100 * (sum(inverse[0]) / sum(inverse[1]) - 1)
        assert found.sel(outcome="falling", year=year).item() == pytest.approx(expected, abs=1e-12)


def test_the_end_of_a_year_is_compared_with_the_end_of_the_one_before(asked):
    problem, draws, _, paths = asked
    found = annual(paths, problem, draws, statistics={"level": "end"})
    growth, _, years = by_hand(asked)
    for year in found["year"].to_numpy():
        product = np.prod(np.exp(growth[years == year] / 100))
        got = found.sel(outcome="level", year=year).item()
        assert got == pytest.approx(100 * (product - 1), abs=1e-12)


def test_a_rate_is_averaged_over_the_year_its_known_quarters_included(asked):
    problem, draws, _, paths = asked
    found = annual(paths, problem, draws)
    _, rate, years = by_hand(asked)
    for year in found["year"].to_numpy():
        expected = sum(rate[years == year]) / 4
        assert found.sel(outcome="rate", year=year).item() == pytest.approx(expected, abs=1e-12)


def test_only_whole_years_that_the_future_reaches_into_are_there(asked):
    problem, draws, _, paths = asked
    found = annual(paths, problem, draws)
    _, _, years = by_hand(asked)
    last = pd.Timestamp(problem.cases.time[-1]).year
    whole = [y for y in np.unique(years) if (years == y).sum() == 4 and y >= last]
    assert found["year"].to_numpy().tolist() == [y for y in whole if y > np.unique(years)[0]]
    with pytest.raises(QuestionError, match="no whole calendar year"):
        annual(paths.isel(horizon=slice(1)), problem, draws)


@pytest.mark.parametrize(
    ("statistics", "said"),
    [
        ({"level": "mean"}, "level 'level'; expected growth or end"),
        ({"rate": "end"}, "rate 'rate'; expected mean"),
        ({"rate": "median"}, "expected one of growth, end, mean"),
    ],
)
def test_a_statistic_that_does_not_fit_is_refused(asked, statistics, said):
    problem, draws, _, paths = asked
    with pytest.raises(QuestionError, match=said):
        annual(paths, problem, draws, statistics=statistics)
