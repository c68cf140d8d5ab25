"""Yearly figures as conditions: they hold, and shocks bend as the joint normal says."""

import dataclasses

import numpy as np
import pytest
from small_futures import problem_of, repeated
from strategies import variable

from sanctions_model.data.outside_forecasts import baseline_of, load_annual_figures
from sanctions_model.economies.russia import ANNUAL
from sanctions_model.errors import ObservationError, QuestionError, UnknownVariableError
from sanctions_model.queries.annual_conditions import annual_conditions, first_open_year
from sanctions_model.queries.conditional import conditional_forecast
from sanctions_model.queries.reading.calendar_years import annual
from sanctions_model.scm.equations import Level, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Noise

RHO, SCALE, CONSTANT = 0.6, 0.8, 0.3
QUARTERS = 10  # of data; the open year has two known quarters


def world(noise=Noise.GAUSSIAN):
    scm = StructuralCausalModel(
        noise=noise,
        equations=(
            Linear(variable=variable("growth"), parents=("growth[1]",), centred=False),
            Linear(variable=variable("rate"), parents=("rate[1]", "growth"), centred=False),
        ),
        levels=(Level(variable=variable("level"), flow="growth"),),
    )
    generator = np.random.default_rng(4)
    series = {
        "growth": generator.normal(0.5, 1.0, QUARTERS),
        "rate": generator.normal(8.0, 1.0, QUARTERS),
    }
    values = {"growth[1] -> growth": RHO, "rate[1] -> rate": 0.8, "growth -> rate": 0.4}
    values |= {"intercept[growth]": CONSTANT, "intercept[rate]": 1.7}
    values |= {"scale[growth]": SCALE, "scale[rate]": 0.5}
    if noise is Noise.STUDENT_T:
        values |= {f"degrees_of_freedom[{name}]": 5.0 for name in ("growth", "rate")}
    return problem_of(scm, series), pin(scm, values), series


def met(problem, draws, figures, statistics=None, horizon=12, outcomes=("level", "rate")):
    given = annual_conditions(problem, draws, figures, statistics=statistics)
    return conditional_forecast(
        problem, draws, given, horizon=horizon, random_seed=5, outcomes=list(outcomes)
    )


@pytest.mark.parametrize("noise", list(Noise))
def test_the_yearly_figures_hold_in_every_draw(noise):
    problem, draws, _ = world(noise)
    first = first_open_year(problem)
    figures = {"level": {first: 3.0, first + 2: -1.5}, "rate": {first: 9.0, first + 1: 7.5}}
    found = met(problem, repeated(draws, 20), figures, statistics={"level": "end"})
    paths = found["path"].expand_dims("scenario", axis=1).assign_attrs(found.attrs)
    years = annual(paths, problem, repeated(draws, 20), statistics={"level": "end"})
    for outcome, by_year in figures.items():
        for year, value in by_year.items():
            got = years.sel(outcome=outcome, year=year).to_numpy()
            np.testing.assert_allclose(got, value, atol=1e-8)


def test_growth_of_a_year_is_that_of_the_geometric_average():
    problem, draws, series = world()
    first = first_open_year(problem)
    found = met(problem, repeated(draws, 5), {"level": {first: 2.0, first + 1: 4.0}})
    future = found["path"].sel(outcome="level").squeeze("chain").to_numpy().T
    known = np.cumsum(series["growth"]) - np.sum(series["growth"])  # 0 in the last period
    whole = np.concatenate([np.broadcast_to(known, (5, QUARTERS)), future], axis=1)
    begun = QUARTERS - 2  # the first quarter of the open year
    mean = [whole[:, begun + 4 * k : begun + 4 * k + 4].mean(axis=1) for k in (-1, 0, 1)]
    np.testing.assert_allclose(100 * np.expm1((mean[1] - mean[0]) / 100), 2.0, atol=1e-9)
    np.testing.assert_allclose(100 * np.expm1((mean[2] - mean[1]) / 100), 4.0, atol=1e-9)


def test_the_mean_path_is_that_of_the_joint_normal():
    problem, draws, series = world()
    first, horizon, count = first_open_year(problem), 6, 4000
    lag = np.eye(horizon) - RHO * np.eye(horizon, k=-1)
    before = np.zeros(horizon)
    before[0] = RHO * series["growth"][-1]
    mean = np.linalg.solve(lag, CONSTANT + before)
    spread = SCALE**2 * np.linalg.inv(lag) @ np.linalg.inv(lag).T
    # Four quarters of the year after the open one: growth from end to end is their sum.
    weights = np.array([0, 0, 1.0, 1.0, 1.0, 1.0])
    target = 100 * np.log(1.05)
    gain = spread @ weights / (weights @ spread @ weights)
    expected = mean + gain * (target - weights @ mean)
    found = met(
        problem,
        repeated(draws, count),
        {"level": {first + 1: 5.0}},
        {"level": "end"},
        horizon,
        ("growth",),
    )
    path = found["path"].sel(outcome="growth").squeeze("chain").to_numpy()
    left = spread - np.outer(gain, weights @ spread)
    errors = np.sqrt(np.diag(left) / count)
    assert np.all(np.abs(path.mean(axis=1) - expected) < 5 * errors + 1e-9)
    np.testing.assert_allclose(np.cov(path), left, atol=6 * SCALE**2 / np.sqrt(count) * 2)


def test_what_cannot_be_a_condition_is_refused_in_a_line():
    problem, draws, _ = world()
    first = first_open_year(problem)
    with pytest.raises(QuestionError, match="that year is over"):
        annual_conditions(problem, draws, {"rate": {first - 1: 8.0}})
    with pytest.raises(UnknownVariableError, match="rte"):
        annual_conditions(problem, draws, {"rte": {first: 8.0}})
    with pytest.raises(QuestionError, match="below -100"):
        annual_conditions(problem, draws, {"level": {first: -120.0}})
    with pytest.raises(QuestionError, match="horizon is 3"):
        met(problem, draws, {"rate": {first + 1: 8.0}}, horizon=3)
    twice = annual_conditions(problem, draws, {"rate": {first: 8.0}}) * 2
    with pytest.raises(QuestionError, match="cannot meet all 2 conditions"):
        conditional_forecast(problem, draws, twice, horizon=4, random_seed=1)


def test_a_year_after_data_that_end_with_one_is_the_next():
    problem, _, _ = world()
    shorter = dataclasses.replace(
        problem, cases=dataclasses.replace(problem.cases, time=problem.cases.time[:8])
    )
    assert first_open_year(problem) == first_open_year(shorter)


def test_forecasters_have_middles_of_their_ranges_by_our_names():
    found = baseline_of("bank_of_russia", ANNUAL, years=range(2026, 2030))
    assert set(found) == {"gdp_level", "price_level", "key_rate"}
    assert found["gdp_level"][2027] == 2.0  # 1.5 to 2.5 %, July 2026
    assert baseline_of("poll", ANNUAL, years=[1990]) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("when,gdp\n2027,1\n", "expected 'year'"),
        ("year,gdp\n2027,1\n2027,2\n", "each calendar year once"),
        ("year,gdp\n2027,x\n", "gdp in 2027 is 'x'"),
        ("year,gdp\n2027,inf\n", "gdp in 2027 is 'inf'"),
        ("year,gdp\n2027,\n", "no figure"),
        ("year,gdp\nlater,1\n", "calendar year once"),
    ],
)
def test_a_table_of_years_that_is_none_is_refused(tmp_path, text, message):
    file = tmp_path / "years.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ObservationError, match=message):
        load_annual_figures(file)
    with pytest.raises(ObservationError, match="cannot be read"):
        load_annual_figures(tmp_path / "none.csv")


def test_a_table_of_years_may_have_gaps(tmp_path):
    file = tmp_path / "years.csv"
    file.write_text("year,gdp_level,key_rate\n2027,1.5,\n2028,,8\n", encoding="utf-8")
    assert load_annual_figures(file) == {"gdp_level": {2027: 1.5}, "key_rate": {2028: 8.0}}
