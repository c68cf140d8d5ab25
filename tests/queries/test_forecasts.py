"""Simulated futures: where they start, what they do without shocks, and their moments."""

from types import SimpleNamespace

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import LIFTED, MODEL, PRIORS, as_observations, pinned
from oracle import close
from strategies import variable

import sanctions_model as sm
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import (
    ObservationError,
    QuestionError,
    SanctionsModelError,
    UnknownVariableError,
)
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.families import HalfNormal, Normal
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.queries.conditional import Condition, conditional_forecast
from sanctions_model.queries.counterfactuals import counterfactual, episode
from sanctions_model.queries.effects import relief_paths, total_effect
from sanctions_model.queries.forecasts import (
    driver_words,
    drivers_ahead,
    last_known_period,
    simulate,
)
from sanctions_model.scm.equations import Exogenous, Identity, Linear, PartialAdjustment
from sanctions_model.scm.interventions import Relief, ScaleBy, SetTo, ShiftBy
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.simulation.propagate import propagate
from sanctions_model.scm.simulation.shocks import draw_shocks
from sanctions_model.scm.variables import Hold, Noise, Path

HORIZON = 12
SILENT = {f"scale[{name}]": 0.0 for name in MODEL.stochastic}


def lab_problem(**edits):
    """The laboratory with a late key rate and otherwise complete data, some of them edited."""
    series = laboratory.simulate_series(laboratory.draw_truth(4), 5)
    series["key_rate"][: laboratory.RATE_FROM] = np.nan
    for name, where in edits.items():
        series[name][where] = np.nan
    return Problem.of(MODEL, as_observations(series), PRIORS)


@pytest.fixture(scope="module")
def problem():
    return lab_problem()


def with_cells(problem, draws, values):
    """Draws with completed cells, one row of `values` a draw, by label."""
    assert set(values) == set(problem.cases.missing_labels)
    cells = np.stack([np.broadcast_to(values[n], draws.sizes["draw"]) for n in values], axis=-1)
    completed = draws.assign_coords(missing=list(values))
    completed["missing_cell"] = (("chain", "draw", "missing"), cells[None])
    return completed


def repeated(draws, count):
    """The same draw many times, so that shocks alone differ."""
    return draws.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))


def priors_of(entries):
    """Priors for a model of one's own, the common parameters filled in."""
    common = {
        "intercept": Normal(mu=0, sigma=1),
        "scale": HalfNormal(sigma=1.0),
        "degrees_of_freedom": PRIORS.entries["degrees_of_freedom"]["*"],
    }
    return Priors.from_addresses(entries | common)


# Where it starts


def test_with_complete_data_a_forecast_starts_at_the_end(problem):
    for outcomes in (["inflation"], ["output_level"], ["premium", "harvest"]):
        assert last_known_period(problem, outcomes) == laboratory.PERIODS - 1
    paths = simulate(
        problem, pinned(scm=problem.scm), horizon=2, random_seed=1, outcomes=["growth"]
    )
    assert paths.attrs["start"] == "2019-10-01"
    assert paths["horizon"].to_numpy().tolist() == [1, 2]
    assert "weather" in paths.attrs["continuation"]


def test_a_forecast_reads_the_completed_ragged_edge_of_the_same_draw():
    problem = lab_problem(growth=-1)
    assert last_known_period(problem, ["inflation"]) == laboratory.PERIODS - 1
    draws = repeated(pinned(SILENT, scm=problem.scm), 3)
    completed = with_cells(problem, draws, {"growth[2019-10-01]": np.array([0.0, 1.0, -4.0])})
    found = simulate(problem, completed, horizon=1, random_seed=1, outcomes=["inflation", "growth"])
    values = found.isel(scenario=0, horizon=0, chain=0).to_numpy()
    # (1 - rho) theta for inflation, the coefficient itself for growth.
    close(values - values[:, :1], np.outer([0.4 * 0.3, 0.2], [0.0, 1.0, -4.0]))


def test_a_forecast_reads_the_completed_hole_of_the_same_draw():
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=laboratory.variable("y"), parents=("y[1]", "before")),
            Identity(variable=laboratory.variable("before"), terms={"y[3]": 1.0}),
        )
    )
    priors = priors_of({"y[1] -> y": Normal(mu=0, sigma=1), "before -> y": Normal(mu=0, sigma=1)})
    values = np.arange(20.0)
    values[17] = np.nan
    problem = Problem.of(scm, as_observations({"y": values}), priors)
    assert last_known_period(problem, ["y"]) == 19
    draws = pin(problem.scm, {"y[1] -> y": 0.5, "before -> y": 2.0, "scale[y]": 0.0})
    completed = with_cells(problem, repeated(draws, 2), {"y[2004-04-01]": np.array([10.0, -1.0])})
    found = simulate(problem, completed, horizon=1, random_seed=1, outcomes=["y"]).to_numpy()
    centred = 0.5 * problem.cases.centres["y[1] -> y"] + 2 * problem.cases.centres["before -> y"]
    close(found.ravel(), np.array([0.5 * 19 + 2 * 10.0, 0.5 * 19 - 2 * 1.0]) - centred)


@pytest.mark.parametrize(
    ("outcomes", "start"),
    [(["inflation"], 65), (["output_level"], 65), (["premium"], 79), (["harvest"], 79)],
)
def test_where_a_series_ends_for_good_a_forecast_of_what_it_moves_starts(outcomes, start):
    problem = lab_problem(growth=slice(66, None))
    assert last_known_period(problem, outcomes) == start
    paths = simulate(problem, pinned(scm=problem.scm), horizon=1, random_seed=1, outcomes=outcomes)
    last = problem.observations["time"].to_numpy()[start]
    assert paths.attrs["start"] == str(last)[:10]


def test_draws_without_the_completed_cells_are_refused():
    problem = lab_problem(growth=-1)
    with pytest.raises(QuestionError, match="no 'missing_cell', but the data lack 1 figure that"):
        simulate(problem, pinned(scm=problem.scm), horizon=1, random_seed=1, outcomes=["growth"])


def test_without_a_known_period_there_is_no_forecast(problem):
    with pytest.raises(ObservationError, match="silent needs: the table has no figure of silent"):
        simulate(problem, pinned(scm=problem.scm), horizon=2, random_seed=1, outcomes=["silent"])


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6])
def test_a_past_shorter_than_the_longest_lag_is_refused(length):
    """An equation elsewhere has the longest lag; the outcome itself needs one period."""
    scm = StructuralCausalModel(
        equations=(
            PartialAdjustment(variable=laboratory.variable("y")),
            Linear(variable=laboratory.variable("z"), parents=("z[4]",)),
        )
    )
    adjustment = PRIORS.entries["persistence"]["*"]
    priors = priors_of({"z[4] -> z": Normal(mu=0, sigma=1), "persistence[y]": adjustment})
    observations = as_observations({"y": np.arange(1.0, length + 1), "z": np.ones(length)})
    if length < 4:
        with pytest.raises(ObservationError, match=f"have {length} periods.* expected at least 4"):
            Problem.of(scm, observations, priors)
        return
    problem = Problem.of(scm, observations, priors)
    draws = pin(problem.scm, {"z[4] -> z": 0.0, "persistence[y]": 0.5, "scale[y]": 0.0})
    found = simulate(problem, draws, horizon=2, random_seed=1, outcomes=["y"])
    close(found.to_numpy().ravel(), [length / 2, length / 4])


# What it does without shocks


def test_without_shocks_a_forecast_is_a_loop_from_the_last_known_period(problem):
    changed = SILENT | {"intercept[inflation]": 0.8, "intercept[growth]": 1.5}
    draws = pinned(changed, scm=problem.scm)
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
    last = laboratory.PERIODS - 1
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
    draws = pinned(SILENT, scm=problem.scm)
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
    last = problem.observations["weather"].to_numpy()[-1]
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
    observations = as_observations({"y": np.array([0.0, 1.0, last])})
    priors = priors_of({"persistence": PRIORS.entries["persistence"]["*"]})
    problem = Problem.of(scm, observations, priors)
    values = {"persistence[y]": rho, "intercept[y]": target, "scale[y]": scale}
    if noise is Noise.STUDENT_T:
        values["degrees_of_freedom[y]"] = freedom
    paths = simulate(
        problem,
        repeated(pin(problem.scm, values), count),
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
    draws = xr.concat(
        [pinned(changed, scm=problem.scm) for changed in (None, {"trade -> growth": -2.0})],
        dim="draw",
    )
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
    draws = repeated(pinned(scm=problem.scm), 5)
    arguments = {"horizon": 4, "random_seed": 3, "outcomes": ["growth"]}
    alone = simulate(problem, draws, **arguments)
    trade = {"trade": np.stack([np.ones(4), np.zeros(4), np.full(4, 0.5)])}
    among = simulate(problem, draws, exogenous=trade, **arguments)
    np.testing.assert_array_equal(among.isel(scenario=0), alone.isel(scenario=0))


def test_the_seed_settles_the_shocks(problem):
    draws = repeated(pinned(scm=problem.scm), 6)

    def paths(seed, horizon=4):
        return simulate(
            problem, draws, horizon=horizon, random_seed=seed, outcomes=["growth"]
        ).to_numpy()

    np.testing.assert_array_equal(paths(3), paths(3))
    assert np.abs(paths(3) - paths(4)).min() > 0
    assert np.unique(paths(3)[0, 0, 0, 0]).size == 6


def test_a_rate_held_fixed_is_fixed_and_what_follows_follows(problem):
    draws = repeated(pinned(scm=problem.scm), 7)
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


def test_a_driver_that_is_known_longer_than_a_series_is_used():
    """A series that stopped more than a year ago does not make its drivers unknown."""
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=laboratory.variable("x"), continuation=Path((7.0, 8.0))),
            Linear(variable=laboratory.variable("y"), parents=("x",), centred=False),
        )
    )
    drivers, prices = np.arange(12.0), np.arange(12.0)
    prices[6:] = np.nan
    problem = Problem.of(
        scm,
        as_observations({"x": drivers, "y": prices}),
        priors_of({"x -> y": Normal(mu=0, sigma=1)}),
    )
    draws = pin(problem.scm, {"x -> y": 2.0, "scale[y]": 0.0})
    expected = [*(2.0 * drivers[6:]), 14.0, 16.0, 16.0]
    found = simulate(problem, draws, horizon=9, random_seed=1, outcomes=["y"])
    close(found.to_numpy().ravel(), expected)
    short = simulate(problem, draws, horizon=3, random_seed=1, outcomes=["y"])
    close(short.to_numpy().ravel(), expected[:3])
    met = conditional_forecast(problem, draws, [], horizon=9, random_seed=1, outcomes=["y"])
    close(met["path"].to_numpy().ravel(), expected)
    other = {"x": np.full(9, 1.0)}
    given = simulate(problem, draws, horizon=9, exogenous=other, random_seed=1, outcomes=["y"])
    close(given.to_numpy().ravel(), [2.0] * 9)


@pytest.mark.parametrize(("end", "level"), [("2000Q4", 0.25), ("2001Q1", 1.0)])
def test_a_value_of_today_does_not_continue_data_that_end_before_it(end, level):
    scm = StructuralCausalModel(
        equations=(
            Exogenous(
                variable=laboratory.variable("x"), continuation=Hold(1.0, since="2001-01-01")
            ),
            Linear(variable=laboratory.variable("y"), parents=("x",), centred=False),
        )
    )
    size = {"2000Q4": 4, "2001Q1": 5}[end]
    observations = as_observations({"x": np.full(size, 0.25), "y": np.zeros(size)})
    problem = Problem.of(scm, observations, priors_of({"x -> y": Normal(mu=0, sigma=1)}))
    draws = pin(problem.scm, {"x -> y": 2.0, "scale[y]": 0.0})
    found = simulate(problem, draws, horizon=3, random_seed=1, outcomes=["y"])
    close(found.to_numpy().ravel(), [2.0 * level] * 3)
    said = "x held at 1" if level == 1 else "x held at its last value"
    assert found.attrs["continuation"] == said


def test_a_fit_to_an_old_window_knows_nothing_of_later_measures_and_war(growth_problem):
    old = growth_problem.observations.sel(time=slice(None, "2021-12-31"))
    problem = Problem.of(growth_problem.scm.with_centres({}), old, growth_problem.priors)
    ahead = drivers_ahead(problem, old.sizes["time"] - 1, 4, {})
    for name in (*MEASURES, "war"):
        close(ahead[name], np.full(4, float(old[name][-1])))
    assert (ahead["war"] == 0).all()
    assert (ahead["finance"] < 1).all()
    now = drivers_ahead(growth_problem, growth_problem.cases.time.size - 1, 4, {})
    for name in (*MEASURES, "war"):
        close(now[name], np.ones(4))


def test_a_fit_of_levels_to_an_old_window_knows_nothing_of_what_began_later(anchored_problem):
    began = (*MEASURES, "gas_stopped", "controls")
    old = anchored_problem.observations.sel(time=slice(None, "2021-12-31"))
    problem = Problem.of(anchored_problem.scm.with_centres({}), old, anchored_problem.priors)
    ahead = drivers_ahead(problem, old.sizes["time"] - 1, 4, {})
    for name in began:
        close(ahead[name], np.full(4, float(old[name][-1])))
        assert (ahead[name] < 1).all()
    assert (ahead["targeting"] == 1).all()
    now = drivers_ahead(anchored_problem, anchored_problem.cases.time.size - 1, 4, {})
    for name in (*began, "targeting"):
        close(now[name], np.ones(4))


# Refusals


def test_impossible_questions_are_refused(problem):
    draws = pinned(scm=problem.scm)
    arguments = {"random_seed": 1, "outcomes": ["growth"]}
    with pytest.raises(QuestionError, match="Horizon 0"):
        simulate(problem, draws, horizon=0, **arguments)
    with pytest.raises(UnknownVariableError, match="Did you mean 'growth'"):
        simulate(problem, draws, horizon=2, random_seed=1, outcomes=["grwth"])
    with pytest.raises(QuestionError, match="expected 2 finite values"):
        simulate(
            problem,
            draws,
            horizon=2,
            exogenous={"trade": np.ones(3)},
            **arguments,
        )
    with pytest.raises(QuestionError, match="'growth', which is not exogenous"):
        simulate(
            problem,
            draws,
            horizon=2,
            exogenous={"growth": np.ones(2)},
            **arguments,
        )


@pytest.mark.parametrize(
    ("edit", "reached"),
    [
        (SetTo(variable="finance", value=40.0), "40"),
        (SetTo(variable="finance", value=(1.0, -0.4)), "-0.4"),
        (ScaleBy(variable="finance", value=40.0), "(40|13.42)"),
        (ShiftBy(variable="finance", value=1.7), r"2\."),
        (SetTo(variable="key_rate", value=1000.0), "1000"),
        (SetTo(variable="oil_growth", value=-500.0), "-500"),
        (ScaleBy(variable="key_rate", value=1e4), r"\d{6}"),
        (ShiftBy(variable="key_rate", value=-1e4), "-"),
    ],
)
def test_what_takes_a_variable_beyond_what_is_plausible_is_refused(
    growth_problem, growth_draws, edit, reached
):
    """One check where interventions meet the model: any question, any kind of intervention."""
    said = rf"takes '{edit.variable}' to {reached}.*; expected .* outside which the model says"
    past = episode(growth_problem, growth_draws, start="2022Q1", end="2022Q4")
    with pytest.raises(QuestionError, match=said):
        simulate(growth_problem, growth_draws, horizon=4, interventions=[edit], random_seed=1)
    with pytest.raises(QuestionError, match=said):
        counterfactual(past, interventions=[edit])


def test_what_stays_within_the_plausible_range_is_answered(growth_problem, growth_draws):
    edits = [
        SetTo(variable="finance", value=0.0),
        ShiftBy(variable="trade", value=1.0),
        ScaleBy(variable="energy", value=2.0),
        SetTo(variable="key_rate", value=20.0),
    ]
    found = simulate(growth_problem, growth_draws, horizon=4, interventions=edits, random_seed=1)
    assert np.isfinite(found).all()


def test_a_path_or_a_condition_beyond_what_is_plausible_is_refused(growth_problem, growth_draws):
    asked = (growth_problem, growth_draws)
    with pytest.raises(QuestionError, match="The path given for 'finance' takes 'finance' to 3"):
        simulate(*asked, horizon=2, exogenous={"finance": np.full(2, 3.0)}, random_seed=1)
    condition = Condition(variable="key_rate", values={2: 500.0})
    with pytest.raises(QuestionError, match="A condition in period 2 takes 'key_rate' to 500"):
        conditional_forecast(*asked, [condition], horizon=4, random_seed=1)


def test_an_intervention_after_the_horizon_is_refused(problem):
    late = SetTo(variable="key_rate", value=9.0, start=5)
    with pytest.raises(QuestionError, match="starts after the window, which has 4 periods"):
        simulate(problem, pinned(scm=problem.scm), horizon=4, interventions=[late], random_seed=1)


def test_a_forecast_of_the_growth_economy_goes_on_from_its_completed_history(
    growth_problem,
):
    from sanctions_model.inference.density import complete_from_prior
    from sanctions_model.inference.priors.ledger import sample_prior

    draws = sample_prior(growth_problem.scm, growth_problem.absolute, draws=50, random_seed=1)
    draws = complete_from_prior(growth_problem, draws, 1)
    outcomes = ["inflation_yoy", "inflation"]
    last = last_known_period(growth_problem, outcomes)
    paths = simulate(growth_problem, draws, horizon=1, random_seed=1, outcomes=outcomes)
    history = np.broadcast_to(growth_problem.history(draws)["inflation"], (50, last + 1))
    before = history[:, last - 2 : last + 1].sum(axis=1)
    close(
        paths.sel(outcome="inflation_yoy").to_numpy().ravel(),
        before + paths.sel(outcome="inflation").to_numpy().ravel(),
    )


def test_hold_without_a_value_keeps_the_last_observation():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=laboratory.variable("x"), continuation=Hold()),
            Linear(variable=laboratory.variable("y"), parents=("x",)),
        )
    )
    observations = as_observations({"x": np.array([1.0, 2.0, 5.0]), "y": np.zeros(3)})
    problem = Problem.of(scm, observations, priors_of({"x -> y": Normal(mu=0, sigma=1)}))
    draws = pin(problem.scm, {"x -> y": 2.0, "scale[y]": 0.0})
    found = simulate(problem, draws, horizon=2, random_seed=1, outcomes=["y"])
    close(found.to_numpy().ravel(), [10.0, 10.0])


def test_the_variance_under_a_held_variable_is_that_of_the_model_without_its_links():
    """y = 0.5 x + e, z = 2 y + 0.3 x + u: held at a path, y passes nothing on to z."""
    scm = sm.StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            sm.Linear(variable=variable("x"), parents=()),
            sm.Linear(variable=variable("y"), parents=("x",)),
            sm.Linear(variable=variable("z"), parents=("x", "y")),
        ),
    )
    values = {"x -> y": 0.5, "x -> z": 0.3, "y -> z": 2.0}
    scales = {"scale[x]": 1.5, "scale[y]": 0.7, "scale[z]": 1.1}
    draws = sm.pin(scm, values | scales)
    free = sm.queries.forecast_error_variance(scm, draws, horizon=1, outcomes=["z"])
    held = sm.queries.forecast_error_variance(scm, draws, horizon=1, outcomes=["z"], held=["y"])
    expected = {
        "free": [((0.3 + 2 * 0.5) * 1.5) ** 2, (2 * 0.7) ** 2, 1.1**2],
        "held": [(0.3 * 1.5) ** 2, 0.0, 1.1**2],
    }
    np.testing.assert_allclose(free.to_numpy().ravel(), expected["free"])
    np.testing.assert_allclose(held.to_numpy().ravel(), expected["held"])
    shares = sm.forecast_error_variance_decomposition(
        scm, draws, horizon=1, outcomes=["z"], held=["y"]
    )
    assert float(shares.sum()) == pytest.approx(1.0)
    with pytest.raises(sm.UnknownVariableError):
        sm.queries.forecast_error_variance(scm, draws, horizon=1, held=["w"])


# Variances under interventions: x_t = r x_{t-1} + e, y_t = b x_t + u, z_t = a z_{t-1} + c y_t + w
R, B, C, A = 0.6, 0.8, 1.5, 0.5
SCALES = {"x": 1.3, "y": 0.7, "z": 0.4}


def chain_of_three(continuation=None):
    """The chain above; with a continuation the link from x to y is dated by a factor."""
    dated = continuation is not None
    factor = (Exogenous(variable=variable("f"), continuation=continuation),) if dated else ()
    parent = "x * f" if dated else "x"
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            *factor,
            Linear(variable=variable("x"), parents=("x[1]",)),
            Linear(variable=variable("y"), parents=(parent,)),
            Linear(variable=variable("z"), parents=("z[1]", "y")),
        ),
    )
    values = {"x[1] -> x": R, f"{parent} -> y": B, "z[1] -> z": A, "y -> z": C}
    return scm, pin(scm, values | {f"scale[{name}]": scale for name, scale in SCALES.items()})


def variances_of_z(horizon, times, links=None):
    """Of z by shock, with y multiplied by `times` and the link into it by `links` a period."""
    links = np.ones(horizon) if links is None else links
    found = np.zeros((3, horizon))
    for shocked in range(horizon):
        ahead = np.arange(horizon) - shocked
        after = ahead >= 0
        x = np.where(after, R ** np.maximum(ahead, 0), 0.0)
        y = {"x": times * links * B * x, "y": times * (ahead == 0), "z": np.zeros(horizon)}
        for row, (name, scale) in enumerate(SCALES.items()):
            entering = C * y[name] + (name == "z") * (ahead == 0)
            z = [sum(A ** (h - k) * entering[k] for k in range(h + 1)) for h in range(horizon)]
            found[row] += (scale * np.array(z)) ** 2
    return found


def variance_of_z(scm, draws, horizon=5, **options):
    found = sm.queries.forecast_error_variance(
        scm, draws, horizon=horizon, outcomes=["z"], **options
    )
    return found.sel(outcome="z", shock=list(SCALES)).to_numpy().reshape(3, horizon)


def window(value, first, last, horizon=5):
    ahead = np.arange(1, horizon + 1)
    return np.where((ahead >= first) & (ahead <= last), value, 1.0)


@pytest.mark.parametrize(
    ("interventions", "times"),
    [
        ((), window(1.0, 1, 5)),
        ((sm.SetTo(variable="y", value=4.0),), window(0.0, 1, 5)),
        ((sm.SetTo(variable="y", value=4.0, start=2, stop=3),), window(0.0, 2, 3)),
        ((sm.SetTo(variable="y", value=(1.0, 2.0), start=4),), window(0.0, 4, 5)),
        ((sm.ShiftBy(variable="y", value=9.0, start=2),), window(1.0, 1, 5)),
        ((sm.ScaleBy(variable="y", value=2.0),), window(2.0, 1, 5)),
        ((sm.ScaleBy(variable="y", value=(0.5, 3.0), stop=2),), [0.5, 3.0, 1.0, 1.0, 1.0]),
        (
            (
                sm.ScaleBy(variable="y", value=2.0, stop=2),
                sm.SetTo(variable="y", value=1.0, start=2, stop=2),
            ),
            [2.0, 0.0, 1.0, 1.0, 1.0],
        ),
    ],
    ids=["none", "set", "set in a window", "set late", "shifted", "scaled", "a path", "both"],
)
def test_variances_under_interventions_have_their_closed_form(interventions, times):
    scm, draws = chain_of_three()
    expected = variances_of_z(5, np.array(times))
    close(variance_of_z(scm, draws, interventions=interventions), expected)
    shares = sm.forecast_error_variance_decomposition(
        scm, draws, horizon=5, outcomes=["z"], interventions=interventions
    )
    close(shares.to_numpy().reshape(3, 5), expected / expected.sum(axis=0))


@pytest.mark.parametrize(
    ("interventions", "links"),
    [
        ((), [1.0, 1.0, 0.25, 0.25, 0.25]),
        ((sm.SetTo(variable="f", value=0.5),), [0.5] * 5),
        ((sm.ShiftBy(variable="f", value=1.0, start=4),), [1.0, 1.0, 0.25, 1.25, 1.25]),
    ],
    ids=["as it continues", "set", "shifted"],
)
def test_variances_follow_a_link_that_changes_over_the_horizon(interventions, links):
    scm, draws = chain_of_three(Path((1.0, 1.0, 0.25)))
    expected = variances_of_z(5, np.ones(5), np.array(links))
    close(variance_of_z(scm, draws, interventions=interventions), expected)


def test_variances_under_interventions_are_those_of_simulated_forecasts():
    scm, draws = chain_of_three()
    edits = (sm.SetTo(variable="y", value=1.0, start=2, stop=3),)
    many = draws.isel(draw=[0] * 40_000).assign_coords(draw=range(40_000))
    paths = propagate(
        scm,
        many,
        horizon=5,
        shocks=draw_shocks(scm, many, 5, 3),
        interventions=edits,
        outcomes=["z"],
    )
    found = paths.to_numpy().reshape(5, -1).var(axis=1)
    expected = variance_of_z(scm, draws, interventions=edits).sum(axis=0)
    np.testing.assert_allclose(found, expected, rtol=5 * np.sqrt(2 / 40_000))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (sm.SetTo(variable="y", value=1.0, start=6), "starts after the window"),
        (sm.SetTo(variable="nothing", value=1.0), "Unknown name 'nothing'"),
        ("y=1", "The interventions are"),
        (SimpleNamespace(variable="y", apply=lambda values, period: values), "to a difference"),
    ],
)
def test_an_intervention_that_cannot_be_is_refused_by_variances(edit, reason):
    scm, draws = chain_of_three()
    given = edit if isinstance(edit, str) else [edit]
    with pytest.raises(SanctionsModelError, match=reason):
        variance_of_z(scm, draws, interventions=given)


def test_drivers_that_do_the_same_are_told_together(growth_problem):
    scm = growth_problem.scm
    few, every = ("; ".join(f"{name} held at 1" for name in scm.measures[:n]) for n in (2, None))
    assert driver_words(scm, {"continuation": every}) == "all measures unchanged"
    said = driver_words(scm, {"continuation": few})
    assert said == "trade measures, financial measures unchanged"
