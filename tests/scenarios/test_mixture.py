"""Mixtures, odds, statements and the split of the spread against closed forms and brute force."""

import json
import time

import numpy as np
import pytest
from future_world import (
    INITIAL,
    SCALE,
    A,
    B,
    effect_moments,
    library,
    repeated,
    world,
)

from sanctions_model.errors import QuestionError
from sanctions_model.queries.reading.windows import Window
from sanctions_model.scenarios.effects import respond_to
from sanctions_model.scenarios.library import load_scenarios, probabilities
from sanctions_model.scenarios.odds.mixture import (
    compare_futures,
    expected_by_odds,
    mixture,
    reweighted,
)
from sanctions_model.scenarios.odds.regimes import draw_future_paths
from sanctions_model.scenarios.odds.variance import ORDERS, spread_split
from sanctions_model.scenarios.statements import Statement, statement_probabilities

ERRORS = 4.0
COUNT, HORIZON = 20_000, 6
OUTCOMES = ["key_rate", "gdp_level", "rouble"]


@pytest.fixture(scope="module")
def mixed():
    """The world of two futures, each draw with its own path and shocks."""
    problem, draws = world()
    return compare_futures(
        problem,
        repeated(draws, COUNT),
        library(),
        horizon=HORIZON,
        random_seed=4,
        transitions=True,
    )


@pytest.fixture(scope="module")
def bundled(growth_problem, growth_draws):
    """The bundled futures with draws of the prior."""
    draws = growth_draws.isel(draw=np.arange(200) % 2).assign_coords(draw=np.arange(200))
    return compare_futures(
        growth_problem,
        draws,
        load_scenarios(),
        horizon=12,
        outcomes=OUTCOMES,
        random_seed=3,
        transitions=True,
    )


def at_end(result, name, outcome="y"):
    return result[name].sel(outcome=outcome, horizon=HORIZON)


def test_each_future_has_the_mean_of_the_closed_form(mixed):
    for at, first in enumerate(np.eye(2)):
        mean, variance = effect_moments(HORIZON, first)
        values = at_end(mixed, "effect").isel(scenario=at).to_numpy().ravel()
        assert abs(values.mean() - mean) < ERRORS * np.sqrt(variance / COUNT)


def test_simulated_paths_are_the_status_quo_plus_the_effect(mixed):
    """Both futures meet the same shocks, so their paths differ by their effects alone."""
    paths = at_end(mixed, "path")
    gap = paths.sel(scenario="open") - paths.sel(scenario="closed")
    effects = at_end(mixed, "effect")
    np.testing.assert_allclose(
        gap, effects.sel(scenario="open") - effects.sel(scenario="closed"), atol=1e-10
    )


def test_the_mixture_has_the_mean_and_variance_of_the_closed_form(mixed):
    values = at_end(mixture(mixed, random_seed=1), "effect").to_numpy().ravel()
    mean, variance = effect_moments(HORIZON)
    assert abs(values.mean() - mean) < ERRORS * np.sqrt(variance / COUNT)
    fourth = ((values - mean) ** 4).mean()
    assert abs(values.var() - variance) < ERRORS * np.sqrt((fourth - variance**2) / COUNT)


def test_the_mixture_forecast_adds_the_shocks(mixed):
    values = at_end(mixture(mixed, random_seed=1), "path").to_numpy().ravel()
    _, politics = effect_moments(HORIZON)
    noise = SCALE**2 * (A ** (2 * np.arange(HORIZON))).sum()
    fourth = ((values - values.mean()) ** 4).mean()
    error = np.sqrt((fourth - (politics + noise) ** 2) / COUNT)
    assert abs(values.var() - politics - noise) < ERRORS * error


def test_a_mixture_puts_draws_in_futures_in_proportion(bundled):
    shares = (0.5, 0.25, 0.25, 0.0)
    marked = reweighted(bundled, shares)
    marked["effect"] = marked["effect"] * 0 + np.arange(4)[None, :, None, None, None]
    found = mixture(marked, random_seed=2)["effect"].isel(outcome=0, horizon=0)
    counts = np.bincount(found.to_numpy().astype(int).ravel(), minlength=4)
    np.testing.assert_allclose(counts / counts.sum(), shares)


def test_expected_effects_are_a_straight_line_in_the_odds(mixed):
    line = expected_by_odds(mixed, future="open", odds=[0.0, 0.35, 1.0])
    means = mixed["effect"].mean(["chain", "draw"])
    np.testing.assert_allclose(line.sel(odds=0.0), means.sel(scenario="closed"))
    np.testing.assert_allclose(line.sel(odds=1.0), means.sel(scenario="open"))
    whole = (means * mixed["probability"]).sum("scenario")
    np.testing.assert_allclose(line.sel(odds=0.35), whole)


def test_given_odds_leave_the_others_in_proportion():
    process = load_scenarios().process()
    found = probabilities(process, {"reset": 0.5})
    initial = np.array(process.initial)
    np.testing.assert_allclose(found, [0.5, *(0.5 * initial[1:] / initial[1:].sum())])
    assert probabilities(process, {}) == pytest.approx(process.initial)
    np.testing.assert_allclose(probabilities(process, {"limited": 1.0}), [0, 1, 0, 0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resett": 0.5}, "No future 'resett'"),
        ({"reset": 1.5}, "expected 0 to 1"),
        ({"reset": 0.7, "limited": 0.7}, "sum to 1.4"),
        (dict.fromkeys(("reset", "limited", "status_quo", "deterioration"), 0.2), "sum to 0.8"),
    ],
)
def test_impossible_odds_are_refused(given, message):
    with pytest.raises(QuestionError, match=message):
        probabilities(load_scenarios().process(), given)


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.5, 0.2, 0.2, 0.2), (1.5, -0.5, 0, 0)])
def test_weights_that_are_no_probabilities_are_refused(bundled, weights):
    with pytest.raises(QuestionError, match="that sum to 1"):
        reweighted(bundled, weights)


def test_results_say_what_they_rest_on(bundled):
    manifest = json.loads(bundled.attrs["manifest"])
    assert manifest["settings"] == {"random_seed": 3}
    assert manifest["scenarios"]["origin"] == "scenarios.toml"
    assert len(manifest["scenarios"]["sha256"]) == len(manifest["spec_sha256"]) == 64
    assert "trade as given" in bundled.attrs["continuation"]


# Statements


def test_a_statement_has_the_probability_of_the_closed_form(mixed):
    """At period 1 the effect is -B with relief, else 0."""
    said = Statement(
        outcome="y", value=-B / 2, below=True, when=Window("in", 1, 1), against_status_quo=True
    )
    found = statement_probabilities(mixed, [said]).iloc[0]
    assert (found["open"], found["closed"]) == (1.0, 0.0)
    assert found["mixture"] == pytest.approx(INITIAL[0])


@pytest.mark.parametrize(
    "text",
    [
        "key_rate <= 14 by 2028Q4",
        "key_rate <= 14 in 2028Q4",
        "gdp_level >= 0.1 against status quo in 12",
        "rouble >= 0 against status quo by 3",
        "key_rate <= 14 through 2028Q1-2028Q4",
        "key_rate <= 14 on average over 2028Q1 to 2028Q4",
    ],
)
def test_complementary_statements_have_probabilities_that_sum_to_one(bundled, text):
    said = Statement.parse(text, start=bundled.attrs["start"])
    table = statement_probabilities(bundled, [said, said.complement])
    numbers = table.drop(columns=["statement", "unit", "standard_error"]).to_numpy(float)
    np.testing.assert_allclose(numbers.sum(axis=0), 1.0)
    assert said.complement.complement == said
    assert (numbers[0] != numbers[1]).any()


def test_reached_by_a_period_is_at_least_as_likely_as_in_it(bundled):
    texts = [f"key_rate <= 14 {when} 2028Q4" for when in ("by", "in")]
    read = [Statement.parse(t, start=bundled.attrs["start"]) for t in texts]
    assert [said.when for said in read] == [Window("by", 1, 11), Window("in", 11, 11)]
    by, within = statement_probabilities(bundled, read)["mixture"]
    assert by >= within


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("key_rate < 10 by 2028Q4", "Cannot read the statement"),
        ("key_rate <= ten by 2028Q4", "Cannot read the statement"),
        ("key_rate <= 10 by 2020Q4", "is in the past"),
        ("key_rate <= 10 by 2028Q7", "is no period"),
        ("key_rate <= 10 by 2050Q1", "beyond the 12 periods"),
        ("keyrate <= 10 by 3", "simulated: key_rate"),
    ],
)
def test_statements_that_have_no_answer_are_refused(bundled, text, message):
    with pytest.raises(QuestionError, match=message):
        statement_probabilities(bundled, [Statement.parse(text, start=bundled.attrs["start"])])


# The split of the spread


def test_the_split_has_the_parts_of_the_closed_form():
    """One draw of the parameters: politics is a Markov chain's variance, the rest shocks."""
    problem, draws = world()
    split = spread_split(
        problem, draws, library(), horizon=HORIZON, outcomes=["y"], paths=COUNT, random_seed=5
    )
    own = split["path"].sel(outcome="y", horizon=HORIZON, order=ORDERS[0])
    ends = np.array([effect_moments(HORIZON, first) for first in np.eye(2)])
    between = INITIAL @ (ends[:, 0] - INITIAL @ ends[:, 0]) ** 2
    within = INITIAL @ ends[:, 1]
    assert between + within == pytest.approx(effect_moments(HORIZON)[1])
    # Errors of means and variances over half of the paths each.
    error = np.sqrt(ends[:, 1] / (COUNT / 2)).max() * 2 * np.ptp(ends[:, 0])
    assert abs(float(own.sel(source="future")) - between) < ERRORS * error
    assert abs(float(own.sel(source="path")) - within) < ERRORS * within / np.sqrt(COUNT / 4)
    assert float(own.sel(source="parameters")) == pytest.approx(0, abs=1e-9)
    noise = SCALE**2 * (A ** (2 * np.arange(HORIZON))).sum()
    assert float(own.sel(source="shocks")) == pytest.approx(noise)


def test_the_split_adds_up_to_the_total_variance_in_either_order(growth_problem, growth_draws):
    """The total is that of all pairs of path and draw, each weighted with its probability."""
    asked, each, horizon = load_scenarios(), 6, 7
    settings = {"horizon": horizon, "outcomes": OUTCOMES, "paths": 4 * each, "random_seed": 9}
    split = spread_split(growth_problem, growth_draws, asked, **settings)
    drawing, cells, weights = np.random.default_rng(9), [], []
    for at, share in enumerate(asked.process().initial):
        paths = draw_future_paths(
            asked, first=np.full(each, at), horizon=horizon, generator=drawing
        )
        effect = respond_to(growth_problem.scm, growth_draws, paths, outcomes=OUTCOMES)
        flat = effect.to_numpy().reshape(3, -1, horizon, 4)
        cells.append(np.broadcast_to(flat, (3, each, horizon, 4)))
        weights += [share / each] * each
    cells = np.concatenate(cells, axis=1)
    w = np.array(weights)[:, None, None] / 4
    mean = (cells * w).sum(axis=(1, 3))
    total = ((cells - mean[:, None, :, None]) ** 2 * w).sum(axis=(1, 3))
    for order in ORDERS:
        parts = split["effect"].sel(order=order)
        np.testing.assert_allclose(parts.sum("source"), total, rtol=1e-8, atol=1e-14)
        assert (parts > -1e-12).all()
    # What the forecast is without measures adds to the parameters' part alone.
    for source in ("future", "path"):
        own, same = (split[n].sel(order=ORDERS[0], source=source) for n in ("path", "effect"))
        np.testing.assert_array_equal(own, same)
    first, second = (split["path"].sel(order=order).sum("source") for order in ORDERS)
    np.testing.assert_allclose(first, second, rtol=1e-8)


def test_given_the_parameters_first_their_part_is_the_spread_of_means_by_draw(
    growth_problem, growth_draws
):
    asked = load_scenarios()
    one = spread_split(
        growth_problem,
        growth_draws.isel(chain=[0], draw=[0]),
        asked,
        horizon=6,
        outcomes=OUTCOMES,
        paths=40,
        random_seed=2,
    )
    for order in ORDERS:
        assert abs(one["effect"].sel(order=order, source="parameters")).max() < 1e-12
    certain = spread_split(
        growth_problem,
        growth_draws,
        asked,
        horizon=6,
        outcomes=OUTCOMES,
        paths=40,
        weights=(0, 0, 1, 0),
        random_seed=2,
    )
    assert (certain["effect"].sel(source="future", order=ORDERS[0]) == 0).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"paths": 3}, "at least one path for each of 4 futures"),
        ({"parameters": 0}, "number of draws is 0; expected"),
        ({"weights": (0.5, 0.5)}, "2 probabilities for 4 futures"),
        ({"weights": (0.5, 0.5, 0.5, 0.5)}, "must sum to 1"),
    ],
)
def test_a_split_that_makes_no_sense_is_refused(growth_problem, growth_draws, changed, message):
    settings = {"horizon": 2, "random_seed": 1} | changed
    with pytest.raises(QuestionError, match=message):
        spread_split(growth_problem, growth_draws, load_scenarios(), **settings)


# Cost


def processor_seconds(work):
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.slow
def test_four_thousand_paired_draws_and_the_nested_split_are_within_their_budgets(
    growth_problem, growth_draws
):
    """Seconds of the processor, so that other work on the machine does not count."""
    at = np.arange(2000) % 2
    draws = growth_draws.isel(draw=at).assign_coords(draw=np.arange(2000))
    asked = load_scenarios()

    def compare(size):
        return compare_futures(
            growth_problem,
            draws.isel(draw=slice(0, size // 2)),
            asked,
            horizon=40,
            random_seed=1,
            transitions=True,
        )

    compare(100)
    whole = min(processor_seconds(lambda: compare(4000)) for _ in range(3))
    assert whole < 5.0
    half = min(processor_seconds(lambda: compare(2000)) for _ in range(3))
    assert whole < 3.0 * half + 0.2  # linear: twice, with room for noise
    split = processor_seconds(
        lambda: spread_split(
            growth_problem, draws, asked, horizon=40, paths=1000, parameters=200, random_seed=1
        )
    )
    assert split < 30.0


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"paths": 10**9}, "number of paths is 1000000000; expected .* at most 20000"),
        ({"parameters": 10**9}, "number of draws is 1000000000; expected .* at most 4000"),
        ({"paths": 20_000, "horizon": 400}, "would take hours"),
        ({"horizon": 401}, "expected at most 400 periods"),
    ],
)
def test_a_split_that_would_not_end_is_refused(growth_problem, growth_draws, counts, reason):
    asked = {"horizon": 8, "outcomes": OUTCOMES, "random_seed": 1, **counts}
    with pytest.raises(QuestionError, match=reason):
        spread_split(growth_problem, growth_draws, load_scenarios(), **asked)
