"""What moved each calendar year, against the series themselves and a hand-written Divisia index."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from anchored_economy import anchored_draws, anchored_problem

from sanctions_model.errors import QuestionError, SpecError, UnknownVariableError
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.reading.yearly_forces import (
    OWN_SHOCKS,
    START,
    TOTAL,
    _before,
    yearly_forces,
)
from sanctions_model.scm.serialization import from_dict, to_dict

OUTCOMES = ["gdp_level", "rouble", "key_rate"]


def decomposed(start, end):
    problem, draws = anchored_problem(), anchored_draws()
    parts = historical_decomposition(
        episode(problem, draws, start=start, end=end), outcomes=OUTCOMES
    )
    return parts, yearly_forces(parts, problem, draws)


@pytest.fixture(scope="module")
def asked():
    return decomposed("2014Q1", "2016Q4")


def yearly_series(problem, name):
    values = pd.Series(dict(problem.cases.values)[name], pd.DatetimeIndex(problem.cases.time))
    return values.groupby(values.index.year).mean()


@pytest.mark.parametrize("start", ["2014Q1", "2013Q3"])
def test_the_total_is_growth_of_the_series_and_the_average_of_a_rate(start):
    _, found = decomposed(start, "2016Q4")
    assert list(found["year"].to_numpy()) == [2014, 2015, 2016]
    growth = 100 * np.expm1(yearly_series(anchored_problem(), "log_gdp").diff() / 100)
    rates = yearly_series(anchored_problem(), "key_rate")
    for year in (2014, 2015, 2016):
        own = found.sel(force=TOTAL, year=year)
        np.testing.assert_allclose(own.sel(outcome="gdp_level"), growth[year], atol=1e-9)
        np.testing.assert_allclose(own.sel(outcome="key_rate"), rates[year], atol=1e-9)


def test_forces_add_up_to_what_happened_in_every_draw(asked):
    _, found = asked
    others = found.sel(force=[f for f in found["force"].to_numpy() if f != TOTAL]).sum("force")
    np.testing.assert_allclose(others, found.sel(force=TOTAL), atol=1e-9)


def test_a_force_is_its_share_of_the_log_change_times_growth(asked):
    parts, found = asked
    force = "sanctions"
    names = anchored_problem().scm.forces[force]
    own = parts.sel(outcome="rouble", chain=0, draw=1)
    mine = own.sel(part=[n for n in own["part"].to_numpy() if n in names]).sum("part").to_numpy()
    whole = own.sum("part").to_numpy()
    for position, year in ((1, 2015), (2, 2016)):
        now, before = (slice(4 * position + shift, 4 * position + shift + 4) for shift in (0, -4))
        share = mine[now].mean() - mine[before].mean()
        total = whole[now].mean() - whole[before].mean()
        expected = share / total * 100 * np.expm1(total / 100)
        got = float(found.sel(outcome="rouble", force=force, year=year, chain=0, draw=1))
        assert got == pytest.approx(expected, abs=1e-9)


def test_a_mean_of_a_rate_is_the_mean_of_the_parts(asked):
    parts, found = asked
    named = {n for names in anchored_problem().scm.forces.values() for n in names}
    own = parts.sel(outcome="key_rate").isel(time=slice(0, 4)).mean("time")
    rest = [p for p in own["part"].to_numpy() if p != "base" and p not in named]
    year = found.sel(outcome="key_rate", year=2014)
    np.testing.assert_allclose(year.sel(force=START), own.sel(part="base"), atol=1e-12)
    np.testing.assert_allclose(
        year.sel(force=OWN_SHOCKS), own.sel(part=rest).sum("part"), atol=1e-12
    )


def test_a_window_without_a_whole_year_is_refused():
    with pytest.raises(QuestionError, match="no whole calendar year"):
        decomposed("2014Q2", "2015Q3")


def test_forces_name_variables_once_and_survive_a_file():
    scm = anchored_problem().scm
    assert from_dict(to_dict(scm)) == scm
    assert "forces" not in to_dict(dataclasses.replace(scm, forces={}))
    with pytest.raises(UnknownVariableError, match="log_oli"):
        dataclasses.replace(scm, forces={"oil": ("log_oli",)})
    with pytest.raises(SpecError, match="two of the forces"):
        dataclasses.replace(scm, forces={"oil": ("log_oil",), "prices": ("log_oil",)})


def test_the_level_before_the_window_is_that_of_each_draw_s_own_past():
    # Two draws with another past each, as completed figures give them: by hand, backwards from 0.
    time = pd.date_range("2013-01-01", periods=8, freq="QS")
    flow = np.array([[1.0, 2.0, 3.0, 4.0, 0, 0, 0, 0], [-2.0, 5.0, 0.5, 7.0, 0, 0, 0, 0]])
    own = xr.DataArray(
        np.zeros((1, 2, 1, 4)),
        dims=("force", "chain", "draw", "time"),
        coords={"force": [START], "time": time[4:]},
    )
    found = _before(flow, time, time[4], own)
    assert list(found["year"].to_numpy()) == [2013]
    for chain in (0, 1):
        levels = [0.0]
        for step in flow[chain, 3:0:-1]:  # the level a period earlier is less by what came since
            levels.append(levels[-1] - step)
        got = float(found.isel(chain=chain).squeeze())
        assert got == pytest.approx(np.mean(levels))
