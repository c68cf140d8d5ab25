"""A finding is a sentence with a number whatever the result holds: little, nothing, no number."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from figure_tables import claims_table, yearly_table

from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.effects import channel_effects, total_effect
from sanctions_model.queries.forecasts import forecast_error_variance_decomposition, simulate
from sanctions_model.queries.reading import findings
from sanctions_model.queries.reading.headlines import headline
from sanctions_model.queries.reading.yearly_forces import FORCE, TOTAL, yearly_forces

ASKED = ["gdp_level", "key_rate"]


@pytest.fixture(scope="module")
def past(growth_problem, growth_draws):
    return episode(growth_problem, growth_draws, start="2022Q1")


@pytest.fixture(scope="module")
def parts(past):
    return historical_decomposition(past, outcomes=ASKED)


def is_said(sentence):
    assert re.search(r"\d", sentence), sentence
    assert re.search(r"\bnan\b", sentence, re.IGNORECASE) is None, sentence


def test_a_model_that_names_no_force_is_moved_by_its_shocks(growth_problem, growth_draws, parts):
    scm = growth_problem.scm
    forces = yearly_forces(parts, growth_problem, growth_draws)
    own = forces.sel(outcome="gdp_level", force="other shocks").mean(["chain", "draw"])
    year = int(abs(own).idxmax())
    said = findings.forces_finding(forces, scm)
    assert said.startswith(f"Shocks moved growth of GDP most in {year}: by ")
    is_said(said)
    is_said(findings.forces_finding(forces.isel(year=[0]), scm))
    for less in (forces.sel({FORCE: [TOTAL]}), forces.isel(year=[]), forces * np.nan):
        assert findings.forces_finding(less, scm) == (
            "0 forces are known to have moved growth of GDP"
        )


def test_a_force_that_unnamed_shocks_beat_is_not_said_to_have_moved_most(forces_of_two):
    scm, forces = forces_of_two(shocks=-2.5)
    assert findings.forces_finding(forces, scm) == (
        "Apart from other shocks sanctions moved growth of GDP most: by −2.1 points in 2023"
    )
    scm, forces = forces_of_two(shocks=-2.0)
    assert findings.forces_finding(forces, scm) == (
        "Sanctions moved growth of GDP most: by −2.1 points in 2023"
    )


@pytest.fixture
def forces_of_two(growth_problem):
    def made(shocks):
        sizes = [[0.5, -2.1], [shocks, 0.1], [1.0, 1.0]]
        named = {
            "outcome": ["gdp_level"],
            FORCE: ["sanctions", "other shocks", TOTAL],
            "year": [2022, 2023],
        }
        values = np.array(sizes)[None, :, :, None, None] * np.ones((1, 1, 1, 1, 2))
        return growth_problem.scm, xr.DataArray(values, named, (*named, "chain", "draw"))

    return made


def test_claims_that_were_likely_before_the_data_are_no_finding_of_the_data():
    table = pd.DataFrame(
        {
            "prob": [0.96, 0.9, 0.85, 0.5],
            "prob_prior": [0.97, 0.99, 0.81, 0.9],
            "sign_assumed": [False, True, False, False],
        }
    )
    assert findings.claims_finding(table) == (
        "3 of the article's 4 claims are likely, all of them before the data too, 1 by belief alone"
    )
    some = table.assign(prob_prior=[0.97, 0.5, 0.5, 0.9], sign_assumed=False)
    assert findings.claims_finding(some).endswith("are likely, 1 of them before the data too")
    prior_only = table.assign(prob=np.nan)
    assert findings.claims_finding(prior_only) == (
        "4 of the article's 4 claims are likely, 1 of them by belief alone"
    )


def test_a_decomposition_without_a_part_or_a_number(growth_problem, parts):
    scm = growth_problem.scm
    is_said(findings.parts_finding(parts.isel(time=[0]), scm))
    for less in (parts.sel(part=["base"]), parts * np.nan):
        assert findings.parts_finding(less, scm) == "0 parts are known to have moved GDP"


def test_channels_and_shares_without_a_number(growth_problem, growth_draws):
    scm = growth_problem.scm
    effect = channel_effects(scm, growth_draws, horizon=1, outcomes=ASKED).isel(horizon=-1)
    is_said(findings.channel_finding(effect, scm))
    is_said(findings.channel_finding(effect * np.nan, scm))
    shares = forecast_error_variance_decomposition(scm, growth_draws, horizon=2, outcomes=ASKED)
    is_said(findings.variance_finding(shares.isel(horizon=[0]), scm))
    known = shares.where(shares["horizon"] < 2)
    assert findings.variance_finding(known, scm).endswith("after 1 quarter")
    assert findings.variance_finding(shares * np.nan, scm).startswith("0 outcomes ")


def test_tables_without_rows(growth_problem):
    claims, years = claims_table(), yearly_table()
    is_said(findings.claims_finding(claims.iloc[:0]))
    is_said(findings.claims_finding(claims.assign(prob=np.nan, prob_prior=np.nan)))
    scm = growth_problem.scm
    for less in (years.iloc[:0], years[years["source"] == "none"]):
        is_said(findings.annual_finding(less, scm))
    none = years.assign(median=np.nan, lower=np.nan, upper=np.nan)
    assert "0 draws" in findings.annual_finding(none, scm)
    marked = pd.DataFrame({"matters": [True], "prob": [np.nan], "prob_prior": [np.nan]})
    is_said(findings.exceedance_finding(marked))
    is_said(findings.exceedance_finding(marked.iloc[:0]))


def test_headlines_of_draws_without_a_number(growth_problem, growth_draws):
    scm = growth_problem.scm
    effect = total_effect(scm, growth_draws, horizon=1, outcomes=ASKED)
    path = simulate(growth_problem, growth_draws, horizon=1, random_seed=1)
    for result in (effect, path.isel(scenario=0)):
        is_said(headline(result, scm))
        assert "0 draws with a number" in headline((result * np.nan).rename(result.name), scm)
