"""A planted common cause of measure and outcome moves the estimate as the curve predicts."""

import laboratory
import numpy as np
import pytest
from anchored_economy import anchored_draws, anchored_problem
from laboratory import HARVEST_SCALE, MODEL, PRIORS, harvest_posterior, pinned

from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.inference.reweighting import importance_weights
from sanctions_model.robustness.confounding import (
    common_cause_log_ratio,
    confounding_curve,
    outcome_equation,
    tipping_point,
    tipping_table,
)
from sanctions_model.scm.equations import PartialAdjustment

OUTPUT = laboratory.OUTPUT.model_copy(update={"horizon": 7})
PRICES = OUTPUT.model_copy(update={"outcome": "price_level", "sign": -1})


def planted(strength):
    """Laboratory data whose harvest a common cause of weather and harvest has moved as well."""
    series = laboratory.simulate_series(laboratory.draw_truth(2), 3)  # no cells to complete
    observations = laboratory.as_observations(series)
    weather = observations["weather"].to_numpy()
    cause = 0.8 * weather + 0.6 * np.random.default_rng(9).standard_normal(weather.size)
    moved = observations["harvest"].to_numpy() + strength * cause
    return observations.assign(harvest=("time", moved)), cause


def exact_draws(observations, size=20_000):
    """Draws of the harvest equation from its closed-form posterior, all else pinned."""
    mean, covariance = harvest_posterior(observations)
    drawn = np.random.default_rng(5).multivariate_normal(mean, covariance, (4, size // 4))
    scm = Problem.of(MODEL, observations, PRIORS).scm
    draws = pinned(scm=scm).isel(chain=0, draw=0, drop=True)
    draws = draws.expand_dims(chain=4, draw=size // 4).copy(deep=True)
    draws["scale"].loc[{"equation": "harvest"}] = HARVEST_SCALE
    draws["intercept"].loc[{"equation": "harvest"}] = drawn[..., 0]
    draws["coefficient"].loc[{"link": "weather -> harvest"}] = drawn[..., 1]
    draws["coefficient"].loc[{"link": "weather[1] -> harvest"}] = drawn[..., 2]
    return draws.assign_coords(chain=range(4), draw=range(size // 4)), mean, covariance


def test_a_planted_confounder_moves_the_estimate_as_the_curve_predicts():
    strength = 0.15
    observations, cause = planted(strength)
    problem = Problem.of(MODEL, observations, PRIORS)
    draws, naive, covariance = exact_draws(observations)
    used = problem.cases.weight[:, problem.cases.columns.index("harvest")] > 0
    # The closed form: the regression of what is left when the cause's part is taken off.
    cleaned = observations["harvest"].to_numpy() - strength * (cause - cause[used].mean())
    corrected, _ = harvest_posterior(observations.assign(harvest=("time", cleaned)))
    ratio = common_cause_log_ratio(problem, draws, "harvest", cause, strength)
    weights = importance_weights(ratio)
    weights.require()
    slope = draws["coefficient"].sel(link="weather -> harvest").to_numpy().ravel()
    deviation = covariance[1, 1] ** 0.5
    found = weights.weights @ slope
    assert found == pytest.approx(corrected[1], abs=4 * deviation / weights.effective_size**0.5)
    # It moved by the textbook bias (the slope of the cause on weather is 0.8), back to where it
    # is without the cause.
    assert naive[1] - found == pytest.approx(0.8 * strength, abs=0.3 * strength)
    clean, _ = harvest_posterior(planted(0.0)[0])
    assert found == pytest.approx(clean[1], abs=0.1 * deviation)


def test_no_strength_changes_nothing():
    observations, cause = planted(0.0)
    problem = Problem.of(MODEL, observations, PRIORS)
    draws, *_ = exact_draws(observations, 400)
    np.testing.assert_array_equal(
        common_cause_log_ratio(problem, draws, "harvest", cause, 0.0), np.zeros(400)
    )


def output_response(truth, strength, horizon):
    """Output when a cause falls as the measure does, plain loops; levels cumulated."""
    growth = rate = inflation = level = 0.0
    for period in range(1, horizon + 1):
        fall = min(period / 4, 1.0) * -1
        new = truth["growth[1] -> growth"] * growth + truth["key_rate[1] -> growth"] * rate
        new += strength * fall
        inflation = (
            truth["persistence[inflation]"] * inflation
            + (1 - truth["persistence[inflation]"]) * truth["growth[1] -> inflation"] * growth
        )
        rate = (
            truth["persistence[key_rate]"] * rate
            + (1 - truth["persistence[key_rate]"]) * truth["inflation -> key_rate"] * inflation
        )
        growth = new
        level += growth
    return level


@pytest.fixture(scope="module")
def problem():
    return Problem.of(MODEL, laboratory.observe(laboratory.draw_truth(2), 3), PRIORS)


@pytest.fixture(scope="module")
def draws(problem):
    from sanctions_model.inference.density import complete_from_prior

    drawn = sample_prior(problem.scm, problem.absolute, draws=400, chains=2, random_seed=4)
    return complete_from_prior(problem, drawn, 5)


def test_full_credit_is_the_effect_less_the_causes_own(draws, problem):
    one = draws.isel(chain=[0], draw=[3])
    truth = laboratory.by_address(draws, 3)
    effect = laboratory.relief_effect(truth, 7)["output_level"][-1]
    expected = effect / output_response(truth, 1.0, 7)
    point = tipping_point(MODEL, one, OUTPUT, known="weather")
    assert point.strength == pytest.approx(expected, rel=1e-9)
    assert point.equation == "growth"
    assert point.known_median == pytest.approx(truth["weather -> growth"])
    half = tipping_point(MODEL, one, OUTPUT, association=0.5)
    assert half.strength == pytest.approx(2 * expected, rel=1e-9)
    assert half.known == ""
    assert np.isnan(half.known_median)


def test_the_claim_is_as_likely_as_not_at_the_tipping_point(problem, draws):
    for claim in (OUTPUT, PRICES):
        point = tipping_point(MODEL, draws, claim)
        table = confounding_curve(
            problem, draws, claim, strengths=[0.0, point.strength, 2 * point.strength]
        )
        assert table["full_prob"][0] == pytest.approx(point.prob)
        assert table["full_prob"][1] == pytest.approx(0.5, abs=0.01)
        assert table["full_median"][1] == pytest.approx(0, abs=0.05 * abs(table["full_median"][0]))
        assert table["full_prob"][2] < 0.5
        assert table["sample_prob"][0] == pytest.approx(point.prob)


def test_partial_adjustment_takes_its_share(draws):
    assert isinstance(MODEL.by_name["inflation"], PartialAdjustment)
    one = draws.isel(chain=[0], draw=[3])
    truth = laboratory.by_address(draws, 3) | {"growth[1] -> inflation": 0.0}
    from sanctions_model.scm.surgery import with_parameters

    changed = with_parameters(MODEL, one, {"growth[1] -> inflation": 0.0})
    effect = laboratory.relief_effect(truth, 7)["price_level"][-1]
    rho, inflation, level = truth["persistence[inflation]"], 0.0, 0.0
    for period in range(1, 8):
        inflation = rho * inflation - (1 - rho) * min(period / 4, 1.0)
        level += inflation
    assert tipping_point(MODEL, changed, PRICES).strength == pytest.approx(effect / level)


def test_an_outcome_made_of_one_series_has_the_equation_of_that_series():
    scm, draws = anchored_problem().scm, anchored_draws()
    assert outcome_equation(scm, "gdp_level") == "log_gdp"
    assert outcome_equation(scm, "import_level") == "log_imports"
    with pytest.raises(QuestionError, match="'rouble' has no equation of its own"):
        outcome_equation(scm, "rouble")  # its flow is made of prices and the real rate
    point = tipping_point(scm, draws, OUTPUT.model_copy(update={"outcome": "gdp_level"}))
    assert point.known == "war_pulse"
    assert np.isfinite(point.strength)


def test_bad_questions_are_refused(problem, draws):
    with pytest.raises(QuestionError, match="'premium' has no equation of its own"):
        outcome_equation(MODEL, "premium")
    with pytest.raises(QuestionError, match="An association of 0"):
        tipping_point(MODEL, draws, OUTPUT, association=0.0)
    with pytest.raises(QuestionError, match=r"shape \(3,\); expected 80 finite values"):
        common_cause_log_ratio(problem, draws, "growth", np.zeros(3), 1.0)
    with pytest.raises(QuestionError, match="'silent' has no data"):
        common_cause_log_ratio(problem, draws, "silent", np.zeros(80), 1.0)


@pytest.mark.slow
def test_a_planted_confounder_of_the_measure_in_a_sampled_fit():
    """The full route: simulate with a cause that moves with trade, fit without it, correct."""
    from sanctions_model.robustness.sensitivity import claim_effects

    strength = 0.2
    truth = laboratory.draw_truth(2)
    # A cause that moves one for one with the measure is a larger coefficient of the measure.
    confounded = truth | {"trade -> growth": truth["trade -> growth"] + strength}
    observations = laboratory.observe(confounded, 3)
    naive = laboratory.refit(observations, draws=2000, tune=1000, chains=4, random_seed=21)
    trade = observations["trade"].to_numpy()
    ratio = common_cause_log_ratio(naive.problem, naive.draws, "growth", trade, strength)
    weights = importance_weights(ratio)
    weights.require()
    slope = naive.draws["coefficient"].sel(link="trade -> growth").to_numpy().ravel()
    corrected = weights.weights @ slope
    # A refit of the model in which the cause stands with its known strength.
    from sanctions_model.inference.fit import fit
    from sanctions_model.robustness.refutation import with_driver

    scm, priors, data = with_driver(MODEL, PRIORS, observations, "growth", trade, strength=strength)
    again = fit(scm, data, priors, draws=2000, tune=1000, chains=4, random_seed=22)
    exact = again.draws["coefficient"].sel(link="trade -> growth")
    error = float(exact.std()) * (1 / weights.effective_size + 1 / 1000) ** 0.5
    assert corrected == pytest.approx(float(exact.mean()), abs=4 * error)
    assert slope.mean() - corrected > 0.25 * strength
    effects = claim_effects(scm, again.draws, {"output": OUTPUT})["output"]
    curve = confounding_curve(naive.problem, naive.draws, OUTPUT, strengths=[strength], path=trade)
    assert curve["sample_median"][0] == pytest.approx(
        float(effects.median()), abs=4 * float(effects.std()) / 400**0.5
    )


def test_what_is_compared_in_the_table_has_its_error(problem, draws):
    """Errors of independent draws by their closed forms, and of a moved chance by the curve's."""
    claims = {"output": OUTPUT, "prices": PRICES}
    table = tipping_table(problem, draws, claims, known="weather").set_index("claim")
    for name, row in table.iterrows():
        size = draws.sizes["chain"] * draws.sizes["draw"]
        independent = np.sqrt(row["prob"] * (1 - row["prob"]) / size)
        assert independent <= row["prob_error"] <= 1.5 * independent
        point = tipping_point(MODEL, draws, claims[name], known="weather")
        again = [
            tipping_point(MODEL, draws.isel(draw=own), claims[name]).strength
            for own in np.random.default_rng(3).integers(0, 400, (60, 400))
        ]
        assert row["tipping_error"] == point.strength_error
        assert row["tipping_error"] == pytest.approx(np.std(again), rel=0.5)
        moved = abs(row["sample_prob"] - row["prob"])
        assert np.isnan(row["sample_prob_error"]) == np.isnan(row["sample_prob"])
        assert row["within_error"] == (moved < 2 * row["sample_prob_error"])
    curve = confounding_curve(problem, draws, OUTPUT, strengths=[0.0, 0.01])
    assert curve["used"].all()
    assert curve["sample_prob_error"][0] == pytest.approx(0, abs=1e-12)
    assert 0 < curve["sample_prob_error"][1] < 0.02
