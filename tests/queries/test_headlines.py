"""The finding as one sentence: direction, size, date, and whether it could be nothing."""

import re

import numpy as np
import pytest
import xarray as xr

from sanctions_model import queries
from sanctions_model.errors import QuestionError
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.headlines import (
    at_periods,
    headline,
    in_words_of,
    main_outcomes,
)
from sanctions_model.queries.reading.tables import effects_table
from sanctions_model.queries.responses import impulse_response
from sanctions_model.scm.interventions import Relief, SetTo
from sanctions_model.wording import finding

HALF = Relief(depth=0.5, measures=("finance",))


@pytest.fixture(scope="module")
def dated(growth_draws):
    return growth_draws.assign_attrs(start="2026-01-01")


def test_relief_is_named_with_its_size_its_measures_and_a_date(growth_problem, dated):
    scm = growth_problem.scm
    effect = total_effect(scm, dated, HALF)
    size = abs(float(effect.sel(outcome="key_rate", horizon=12).median()))
    said = headline(effect, scm)
    assert said.startswith("Half relief of financial measures ")
    assert re.search(rf"the key rate by {size:.2g}\d* pp by early 2029", said), (said, size)
    assert "from 2026Q2, against sanctions unchanged" in effect.attrs["contrast"]


def test_a_table_of_effects_says_what_its_draws_say(growth_problem, dated):
    scm = growth_problem.scm
    table = effects_table(scm, dated, reliefs=[HALF], outcomes=["gdp_level"])
    effect = total_effect(scm, dated, HALF, outcomes=["gdp_level"])
    assert headline(table, scm) == headline(effect, scm)
    assert headline(table, scm, horizon=20).partition(";")[0].endswith("by early 2031")
    table.attrs.clear()  # as read from a file
    assert headline(table, scm).startswith("Relief of 50 % ")


def test_without_a_start_the_time_is_counted(growth_problem, growth_draws):
    effect = total_effect(growth_problem.scm, growth_draws, HALF)
    assert "after 12 quarters" in headline(effect, growth_problem.scm)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((-0.2, -0.5, -0.1, 0.0), "It lowers the rate by 0.20 pp by 2029"),
        ((-0.2, -0.5, 0.1, 0.1), "It lowers the rate by 0.20 pp by 2029; it could be nothing"),
        (
            (0.2, -0.5, 0.6, 0.7),
            "It raises the rate by 0.20 pp by 2029; it could well be nothing",
        ),
        (
            (0.2, -0.5, 0.6, 0.55),
            "Whether it raises or lowers the rate is open: +0.20 pp by 2029, from −0.50 to +0.60",
        ),
        ((0.001, 0.0, 0.002, 0.99), "It moves the rate by less than 0.01 pp by 2029"),
    ],
)
def test_the_words_follow_the_numbers(size, said):
    median, lower, upper, above = size
    found = finding(
        "It",
        "the rate",
        "pp",
        "by 2029",
        median=median,
        lower=lower,
        upper=upper,
        prob_above=above,
    )
    assert found == said
    bare = finding(
        "It",
        "the rate",
        "",
        "by 2029",
        median=median,
        lower=lower,
        upper=upper,
        prob_above=above,
    )
    assert bare == said.replace(" pp", "")  # a variable without a unit leaves no hole


def test_a_forecast_a_scenario_a_response_and_a_past_have_headlines(growth_problem, dated):
    scm = growth_problem.scm
    asked = {"horizon": 12, "random_seed": 1, "outcomes": ["key_rate", "gdp_level"]}
    path = simulate(growth_problem, dated, **asked).isel(scenario=0)
    assert re.match(
        r"The key rate is −?\d+(\.\d+)? % a year in early 2029: 9 in 10", headline(path, scm)
    )
    said = headline(path, scm, outcome="gdp_level")
    way = "higher" if float(path.sel(outcome="gdp_level", horizon=12).median()) > 0 else "lower"
    assert re.match(rf"GDP is \d+(\.\d+)? % {way} in early 2029 than in early 2026: ", said)
    turned = path.copy(data=-path.to_numpy())
    other_way = {"higher": "lower", "lower": "higher"}[way]
    assert f" % {other_way} in early 2029" in headline(turned, scm, outcome="gdp_level")
    edited = simulate(
        growth_problem, dated, interventions=[SetTo(variable="key_rate", value=10.0)], **asked
    )
    assert "with key rate set to 10" in headline(edited.isel(scenario=0), scm)
    response = impulse_response(scm, dated, cause="key_rate")
    assert "surprise of usual size in the key rate" in headline(response, scm)
    past = queries.episode(growth_problem, dated, start="2022Q1")
    other = queries.counterfactual(past, interventions=[SetTo(variable="trade", value=0.0)])
    last = str(np.datetime64(other["time"].to_numpy()[-1], "Y"))
    assert re.search(
        rf"ull relief of trade .*would have .*\d .* by \S+ {last}\b", headline(other, scm)
    )


def test_a_headline_is_about_an_outcome_that_moves(growth_problem, dated):
    scm = growth_problem.scm
    effect = total_effect(scm, dated, HALF, outcomes=["key_rate", "gdp_level"])
    still = effect.where(effect["outcome"] != "key_rate", 0.001)
    assert " the key rate " in headline(effect, scm)
    assert " GDP " in headline(still, scm)
    assert "less than 0.01" in headline(still, scm, outcome="key_rate")
    assert "less than 0.01" in headline(still * 0 + 0.001, scm)
    table = effects_table(scm, dated, reliefs=[HALF], outcomes=["key_rate", "gdp_level"])
    table.loc[table["outcome"] == "key_rate", "median"] = 0.001
    assert " GDP " in headline(table, scm)


def test_levels_are_said_in_percent(growth_problem, dated):
    effect = 0.0 * total_effect(growth_problem.scm, dated, outcomes=["gdp_level"]) + 10.0
    assert "raises GDP by 11 %" in headline(effect.rename("effect"), growth_problem.scm)


def test_an_index_that_only_sizes_a_gap_is_said_as_that_gap(anchored_problem):
    scm = anchored_problem.scm
    said = in_words_of(scm, "effective_trade -> technology_index")
    assert said == "effect of effective trade measures on technology gap"
    assert in_words_of(scm, "persistence[technology_index]") == "inertia of the technology gap"
    assert not [link for link in scm.links if "index of the gap" in in_words_of(scm, link.label)]


def test_what_is_no_result_is_refused(growth_problem, dated):
    scm = growth_problem.scm
    with pytest.raises(QuestionError, match="No headline of DataArray"):
        headline(xr.DataArray(np.zeros(2)), scm)
    effect = total_effect(scm, dated, HALF)
    with pytest.raises(QuestionError, match="No outcome 'prices' in the result"):
        headline(effect, scm, outcome="prices")
    with pytest.raises(QuestionError, match="No horizon 99 in the result"):
        headline(effect, scm, horizon=99)


def test_few_outcomes_and_periods_are_shown_first(growth_problem):
    scm = growth_problem.scm
    assert main_outcomes(scm, list(scm.headline))[:3] == ["gdp_level", "price_level", "key_rate"]
    assert len(main_outcomes(scm, list(scm.headline))) == 6
    assert main_outcomes(scm, ["import_level"]) == ["import_level"]
    assert at_periods(range(1, 41), 4) == [4, 8, 12, 20]
    assert at_periods(range(1, 61), 12) == [12, 24, 36, 60]


def test_futures_are_ranked_by_means_where_a_median_is_a_spike_at_zero(growth_problem):
    rare = np.where(np.arange(10) < 4, -10.0, 0.0)  # mean -4, median 0
    steady = np.full(10, -1.0)
    values = np.stack([rare, steady])[:, None, None, None, :]
    effect = xr.DataArray(
        values,
        dims=("scenario", "outcome", "horizon", "chain", "draw"),
        coords={"scenario": ["rare", "steady"], "outcome": ["key_rate"], "horizon": [12]},
        name="effect",
    )
    labels = ("scenario", ["a rare lifting", "a steady one"])
    result = xr.Dataset({"effect": effect}).assign_coords(scenario_label=labels)
    said = headline(result.assign_attrs(start="2026-01-01"), growth_problem.scm)
    assert said.startswith(
        "Of the futures, a rare lifting moves the key rate by −4.0 pp on average"
    )
    assert said.endswith("; nothing changes in 60 of 100 draws"), said
