"""Simulated futures: where they start, what they do without shocks, and their moments."""

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import LIFTED, MODEL, PRIORS, as_observations, pinned
from oracle import close

from sanctions_model.effects import relief_paths, total_effect
from sanctions_model.equations import Exogenous, Hold, Identity, Linear, Noise, PartialAdjustment
from sanctions_model.errors import ObservationError, QuestionError, UnknownVariableError
from sanctions_model.forecasts import last_known_period, simulate
from sanctions_model.interventions import Relief, SetTo
from sanctions_model.parameters import pin
from sanctions_model.prior_families import HalfNormal, Normal
from sanctions_model.priors import Priors
from sanctions_model.problem import Problem
from sanctions_model.scm import StructuralCausalModel

HORIZON = 12
SILENT = {f"scale[{name}]": 0.0 for name in MODEL.stochastic}


@pytest.fixture(scope="module")
def problem():
    observations = laboratory.observe(laboratory.draw_truth(4), 5)
    return Problem.of(MODEL, observations, PRIORS)


def repeated(draws, count):
    """The same draw many times, so that shocks alone differ."""
    return draws.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))


# Where it starts


@pytest.mark.parametrize(
    ("outcomes", "back"),
    [
        (["inflation"], 2),  # growth, which inflation reads, ends a period early
        (["output_level"], 2),  # a level starts where its flow is known
        (["harvest"], 3),  # harvest ends two periods early and nothing else does
        (["premium"], 1),  # measures are known to the end
        (["inflation", "harvest"], 3),
    ],
)
def test_a_forecast_starts_at_the_last_period_that_its_outcomes_know(problem, outcomes, back):
    assert last_known_period(problem, outcomes) == laboratory.PERIODS - back
    paths = simulate(problem, pinned(), horizon=2, random_seed=1, outcomes=outcomes)
    last = problem.observations["time"].to_numpy()[-back]
    assert paths.attrs["start"] == str(last)[:10]
    assert paths["horizon"].to_numpy().tolist() == [1, 2]


def test_a_hole_within_reach_of_the_lags_moves_the_start_back():
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=laboratory.variable("y"), parents=("y[1]", "year")),
            Identity(variable=laboratory.variable("year"), terms={"y[3]": 1.0}),
        )
    )
    priors = Priors.from_addresses(
        {
            "y[1] -> y": Normal(mu=0, sigma=1),
            "year -> y": Normal(mu=0, sigma=1),
            "intercept": Normal(mu=0, sigma=1),
            "scale": HalfNormal(sigma=1.0),
            "degrees_of_freedom": laboratory.PRIORS.entries["degrees_of_freedom"]["*"],
        }
    )
    values = np.arange(20.0)
    values[16] = np.nan
    problem = Problem.of(scm, as_observations({"y": values}), priors)
    # `year` at 19 would read 16, and so would a start at 17 or 18; 15 is the last one.
    assert last_known_period(problem, ["y"]) == 15


def test_without_a_known_period_there_is_no_forecast(problem):
    with pytest.raises(ObservationError, match="No period has all that silent needs"):
        simulate(problem, pinned(), horizon=2, random_seed=1, outcomes=["silent"])


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_a_past_shorter_than_the_longest_lag_is_refused_or_answered(length):
    """An equation elsewhere has the longest lag; the outcome itself needs one period."""
    scm = StructuralCausalModel(
        equations=(
            PartialAdjustment(variable=laboratory.variable("y")),
            Linear(variable=laboratory.variable("z"), parents=("z[4]",)),
        )
    )
    priors = Priors.from_addresses(
        {
            "z[4] -> z": Normal(mu=0, sigma=1),
            "persistence[y]": laboratory.PRIORS.entries["persistence"]["*"],
            "intercept": Normal(mu=0, sigma=1),
            "scale": HalfNormal(sigma=1.0),
            "degrees_of_freedom": laboratory.PRIORS.entries["degrees_of_freedom"]["*"],
        }
    )
    series = {"y": np.arange(1.0, length + 1), "z": np.ones(length)}
    problem = Problem.of(scm, as_observations(series), priors)
    draws = pin(scm, {"z[4] -> z": 0.0, "persistence[y]": 0.5, "scale[y]": 0.0})
    try:
        found = simulate(problem, draws, horizon=2, random_seed=1, outcomes=["y"])
    except ObservationError:
        return
    close(found.to_numpy().ravel(), [length / 2, length / 4])


# What it does without shocks


def test_without_shocks_a_forecast_is_a_loop_from_the_last_known_period(problem):
    draws = pinned(SILENT | {"intercept[inflation]": 0.8, "intercept[growth]": 1.5})
    found = simulate(
        problem,
        draws,
        horizon=HORIZON,
        random_seed=1,
        outcomes=["premium", "inflation", "key_rate", "growth", "price_level", "output_level"],
    )
    centre = problem.cases.centres
    data = {name: problem.observations[name].to_numpy() for name in ("trade", "inflation")}
    data |= {name: problem.observations[name].to_numpy() for name in ("key_rate", "growth")}
    last = laboratory.PERIODS - 2
    premium = 4.0 * data["trade"][0]
    for trade in data["trade"][: last + 1]:
        premium = 0.5 * premium + 0.5 * 4.0 * trade
    inflation, rate, growth = (data[name][last] for name in ("inflation", "key_rate", "growth"))
    prices = output = 0.0
    expected = []
    for _ in range(HORIZON):
        premium = 0.5 * premium + 0.5 * 4.0 * 1.0
        target = 0.8 + 0.4 * premium + 0.3 * (growth - centre["growth[1] -> inflation"])
        inflation = 0.6 * inflation + 0.4 * target
        rate_before = rate
        rate = 0.7 * rate + 0.3 * 1.2 * (inflation - centre["inflation -> key_rate"])
        growth = (
            1.5
            + 0.2 * (growth - centre["growth[1] -> growth"])
            - 0.3 * (rate_before - centre["key_rate[1] -> growth"])
            - 1.0
        )
        prices, output = prices + inflation, output + growth
        expected.append([premium, inflation, rate, growth, prices, output])
    close(found.isel(scenario=0, chain=0, draw=0).to_numpy(), np.transpose(expected))


def test_exogenous_variables_follow_their_continuation_or_the_path_given(problem):
    draws = pinned(SILENT)
    outcomes = ["harvest", "trade"]
    plain = simulate(problem, draws, horizon=3, random_seed=1, outcomes=outcomes)
    close(plain.sel(outcome="harvest", horizon=2).item(), 0.0)
    close(plain.sel(outcome="trade").to_numpy().ravel(), np.ones(3))
    path = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]])
    given = simulate(
        problem,
        draws,
        horizon=3,
        random_seed=1,
        outcomes=["harvest"],
        exogenous={"weather": path},
    )
    last = problem.observations["weather"].to_numpy()[laboratory.PERIODS - 3]
    before = np.column_stack([[last, last], path[:, :-1]])
    close(given.to_numpy()[0, :, :, 0, 0], 0.7 * path - 0.2 * before)


# Shocks


@pytest.mark.parametrize("freedom", [np.inf, 12.0])
def test_an_autoregression_has_the_moments_of_its_closed_form(freedom):
    rho, target, scale, last, count = 0.7, 3.0, 1.5, -4.0, 40_000
    noise = Noise.GAUSSIAN if np.isinf(freedom) else Noise.STUDENT_T
    scm = StructuralCausalModel(
        noise=noise, equations=(PartialAdjustment(variable=laboratory.variable("y")),)
    )
    entries = {
        "persistence": laboratory.PRIORS.entries["persistence"]["*"],
        "intercept": Normal(mu=0, sigma=1),
        "scale": HalfNormal(sigma=1.0),
        "degrees_of_freedom": laboratory.PRIORS.entries["degrees_of_freedom"]["*"],
    }
    observations = as_observations({"y": np.array([0.0, 1.0, last])})
    problem = Problem.of(scm, observations, Priors.from_addresses(entries))
    values = {"persistence[y]": rho, "intercept[y]": target, "scale[y]": scale}
    if noise is Noise.STUDENT_T:
        values["degrees_of_freedom[y]"] = freedom
    paths = simulate(
        problem,
        repeated(pin(scm, values), count),
        horizon=10,
        random_seed=11,
        outcomes=["y"],
    ).to_numpy()[0, 0, :, 0]
    steps = np.arange(1, 11)
    mean = target + rho**steps * (last - target)
    shock_variance = scale**2 * (1.0 if np.isinf(freedom) else freedom / (freedom - 2))
    variance = shock_variance * (1 - rho ** (2 * steps)) / (1 - rho**2)
    squares = (paths - mean[:, None]) ** 2
    assert (np.abs(paths.mean(1) - mean) < 4 * paths.std(1) / np.sqrt(count)).all()
    assert (np.abs(squares.mean(1) - variance) < 4 * squares.std(1) / np.sqrt(count)).all()
    lagged = ((paths[8] - mean[8]) * (paths[7] - mean[7])).mean()
    assert lagged == pytest.approx(rho * variance[7], rel=0.05)


def test_scenarios_meet_the_same_shocks(problem):
    draws = xr.concat([pinned(), pinned({"trade -> growth": -2.0})], dim="draw")
    draws = draws.assign_coords(draw=[0, 1])
    outcomes = ["inflation", "growth", "output_level"]
    stay = relief_paths(MODEL, Relief(depth=0.0, measures=("trade",)), HORIZON)["trade"]
    lifted = relief_paths(MODEL, LIFTED, HORIZON)["trade"]
    paths = simulate(
        problem,
        draws,
        horizon=HORIZON,
        random_seed=3,
        outcomes=outcomes,
        exogenous={"trade": np.stack([stay, lifted])},
    )
    difference = paths.isel(scenario=1) - paths.isel(scenario=0)
    response = total_effect(MODEL, draws, LIFTED, horizon=HORIZON, outcomes=outcomes)
    close(difference.to_numpy(), response.to_numpy())


def test_another_scenario_leaves_the_shocks_of_the_first_alone(problem):
    draws = repeated(pinned(), 5)
    arguments = {"horizon": 4, "random_seed": 3, "outcomes": ["growth"]}
    alone = simulate(problem, draws, **arguments)
    trade = {"trade": np.stack([np.ones(4), np.zeros(4), np.full(4, 0.5)])}
    among = simulate(problem, draws, exogenous=trade, **arguments)
    np.testing.assert_array_equal(among.isel(scenario=0), alone.isel(scenario=0))


def test_the_seed_settles_the_shocks(problem):
    draws = repeated(pinned(), 6)

    def paths(seed, horizon=4):
        return simulate(
            problem, draws, horizon=horizon, random_seed=seed, outcomes=["growth"]
        ).to_numpy()

    np.testing.assert_array_equal(paths(3), paths(3))
    assert np.abs(paths(3) - paths(4)).min() > 0
    assert np.unique(paths(3)[0, 0, 0, 0]).size == 6


def test_a_rate_held_fixed_is_fixed_and_what_follows_follows(problem):
    draws = repeated(pinned(), 7)
    arguments = {
        "horizon": 5,
        "random_seed": 3,
        "outcomes": ["key_rate", "growth", "inflation"],
    }
    free = simulate(problem, draws, **arguments)
    held = simulate(
        problem, draws, interventions=[SetTo(variable="key_rate", value=9.0)], **arguments
    )
    np.testing.assert_array_equal(held.sel(outcome="key_rate"), 9.0)
    # Growth reads the rate of the period before, inflation the growth of the period before.
    first = {"horizon": 1}
    np.testing.assert_array_equal(
        held.sel(outcome="growth", **first), free.sel(outcome="growth", **first)
    )
    gap = (held - free).sel(horizon=2)
    rate_gap = 9.0 - free.sel(outcome="key_rate", horizon=1)
    close(gap.sel(outcome="growth").to_numpy(), -0.3 * rate_gap.to_numpy())
    close(gap.sel(outcome="inflation").to_numpy(), 0.0)


# Refusals


def test_impossible_questions_are_refused(problem):
    arguments = {"random_seed": 1, "outcomes": ["growth"]}
    with pytest.raises(QuestionError, match="Horizon 0"):
        simulate(problem, pinned(), horizon=0, **arguments)
    with pytest.raises(UnknownVariableError, match="Did you mean 'growth'"):
        simulate(problem, pinned(), horizon=2, random_seed=1, outcomes=["grwth"])
    with pytest.raises(QuestionError, match="expected 2 finite values"):
        simulate(problem, pinned(), horizon=2, exogenous={"trade": np.ones(3)}, **arguments)
    with pytest.raises(QuestionError, match="'growth', which is not exogenous"):
        simulate(problem, pinned(), horizon=2, exogenous={"growth": np.ones(2)}, **arguments)


def test_a_forecast_of_the_default_transmission_starts_where_the_data_end(default_problem):
    from sanctions_model.priors import sample_prior

    draws = sample_prior(default_problem.scm, default_problem.absolute, draws=50, random_seed=1)
    known = {
        name: last_known_period(default_problem, [name])
        for name in ("oil_growth", "inflation_yoy", "price_level")
    }
    series = default_problem.observations
    assert known["oil_growth"] == np.flatnonzero(np.isfinite(series["oil_growth"]))[-1]
    assert known["price_level"] == known["inflation_yoy"] <= known["oil_growth"]
    last = known["inflation_yoy"]
    paths = simulate(
        default_problem, draws, horizon=1, random_seed=1, outcomes=["inflation_yoy", "inflation"]
    )
    before = series["inflation"].to_numpy()[last - 2 : last + 1].sum()
    close(
        paths.sel(outcome="inflation_yoy").to_numpy(),
        before + paths.sel(outcome="inflation").to_numpy(),
    )


def test_hold_without_a_value_keeps_the_last_observation():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=laboratory.variable("x"), continuation=Hold()),
            Linear(variable=laboratory.variable("y"), parents=("x",)),
        )
    )
    entries = {
        "x -> y": Normal(mu=0, sigma=1),
        "intercept": Normal(mu=0, sigma=1),
        "scale": HalfNormal(sigma=1.0),
        "degrees_of_freedom": laboratory.PRIORS.entries["degrees_of_freedom"]["*"],
    }
    observations = as_observations({"x": np.array([1.0, 2.0, 5.0]), "y": np.zeros(3)})
    problem = Problem.of(scm, observations, Priors.from_addresses(entries))
    draws = pin(scm, {"x -> y": 2.0, "scale[y]": 0.0})
    found = simulate(problem, draws, horizon=2, random_seed=1, outcomes=["y"])
    close(found.to_numpy().ravel(), [10.0, 10.0])
