"""What a future is compared with, in right words for every field that a scenario states."""

import pytest
from anchored_economy import anchored_draws, anchored_problem
from future_world import world
from matplotlib.text import Text

from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.plots import plot_scenario_effect
from sanctions_model.report.answers import scenario_answer, scenario_sentences
from sanctions_model.scenarios.effects import designed_effect
from sanctions_model.scenarios.forecast import scenario_forecast
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.mixture import compare_futures, expected_by_odds, mixture
from sanctions_model.scenarios.scenario import Scenario

TODAY = "sanctions unchanged as at the end of 2025"
WITHOUT = f"the future without it, with {TODAY}"
RELIEF = {"relief": [{"measures": ["finance"], "phase": [{"start": 1, "depth": 0.5}]}]}
TIGHTER = {"tightening": [{"measures": ["trade"], "rise": 0.2, "start": 1, "ramp": 1}]}
LEVEL = {"level": [{"variable": "gdp_level", "size": 0.5, "start": 1, "stop": 2}]}
RESERVES = {"release_assets": [{"share": 0.5, "over": 2}]}


def edits(*variables):
    """Interventions that set each variable to 0.5 for a while."""
    common = {"kind": "set", "value": 0.5, "start": 1, "stop": 2}
    return {"intervention": [{"variable": name} | common for name in variables]}


# By what is stated: the words.
STATED = [
    ({}, TODAY),
    (RELIEF, TODAY),
    (TIGHTER, TODAY),
    (RELIEF | TIGHTER, TODAY),
    (LEVEL, WITHOUT),
    (RELIEF | LEVEL, WITHOUT),
    (RESERVES, WITHOUT),
    (RELIEF | TIGHTER | LEVEL | RESERVES, WITHOUT),
    (edits("finance"), TODAY),
    (edits("finance", "trade"), TODAY),
    (edits("key_rate"), WITHOUT),
    (edits("finance", "key_rate"), WITHOUT),
]


def said(problem, draws, stated):
    """What each surface says of an effect, by surface."""
    scenario = Scenario(label="Mine", **stated)
    asked = {"random_seed": 1, "outcomes": ["gdp_level"], "horizon": 4}
    found = scenario_forecast(problem, draws, scenario, **asked)
    shown = found["effect"].assign_coords(basis=(("outcome", "horizon"), [["mixed"] * 4]))
    figure = plot_scenario_effect(found["effect"], label="Mine", scm=problem.scm)
    texts = [own.get_text() for own in figure.findobj(Text)]
    yield f"against {found.attrs['against']}"
    yield scenario_sentences(found, problem.scm, ["gdp_level"])[0]
    yield scenario_answer(shown, problem.scm, label="Mine").question
    yield next(text for text in texts if "What does Mine change" in text)
    if scenario.is_designed:
        drawn = designed_effect(problem.scm, draws, scenario, **asked)
        yield f"against {drawn.attrs['against']}"


@pytest.mark.parametrize(("stated", "words"), STATED)
def test_every_surface_says_what_a_future_is_compared_with(stated, words):
    for text in said(anchored_problem(), anchored_draws(), stated):
        assert f"against {words}" in " ".join(text.split())


def test_data_that_end_early_are_compared_with_sanctions_as_they_were_then(growth_problem):
    """Measures go on at their last value there, which is not the regime of the end of 2025."""
    early = growth_problem.observations.sel(time=slice(None, "2021-12-31"))
    problem = Problem.of(growth_problem.scm, early, growth_problem.priors)
    prior = sample_prior(problem.scm, problem.absolute, draws=2, chains=1, random_seed=20)
    draws = complete_from_prior(problem, prior, 21)
    for stated, words in (
        (edits("finance"), "sanctions unchanged after 2021Q4"),
        (edits("key_rate"), "the future without it, with sanctions unchanged after 2021Q4"),
        (RELIEF, TODAY),  # a relief states what becomes of the regime of the end of 2025
    ):
        for text in said(problem, draws, stated):
            assert f"against {words}" in " ".join(text.split())


def test_a_model_of_one_s_own_is_compared_with_the_future_without_it():
    problem, draws = world()
    for stated in (edits("trade"), {"tightening": TIGHTER["tightening"]}):
        scenario = Scenario(label="Mine", **stated)
        found = scenario_forecast(problem, draws, scenario, horizon=4, random_seed=1)
        assert found.attrs["against"] == "the future without it"


def test_futures_their_mixture_and_the_odds_say_it_too():
    library = load_scenarios()
    asked = {"horizon": 4, "outcomes": ["gdp_level"], "random_seed": 1}
    found = compare_futures(anchored_problem(), anchored_draws(), library, **asked)
    mixed = mixture(found, random_seed=1)
    expected = expected_by_odds(found, future="reset", odds=[0.0, 1.0])
    assert {own.attrs["against"] for own in (found, mixed, expected)} == {TODAY}
