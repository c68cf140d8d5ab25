"""Decompositions of history and of forecast errors, and effects along chosen paths.

The vector autoregression is one that statsmodels estimates: its residuals, moving averages,
forecasts and decompositions are what the engine must find again. Historical decompositions, which
statsmodels lacks, are sums over its moving averages.
"""

from dataclasses import replace

import laboratory
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from laboratory import MODEL, PRIORS, as_observations, pinned
from oracle import close, propagated
from small_problem import make_problem
from strategies import models, random_draws, variable

from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import Priors, sample_prior
from sanctions_model.inference.sample import available_cases
from sanctions_model.queries.counterfactuals import abduct, counterfactual, episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.forecasts import forecast_error_variance_decomposition
from sanctions_model.queries.reading.percent import contributions_in_percent
from sanctions_model.queries.responses import impulse_response
from sanctions_model.scm.equations import Exogenous, Level, Linear, PartialAdjustment
from sanctions_model.scm.interventions import SetTo
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import note_centres, pin
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.scm.variables import Noise, Variable

NAMES = ("a", "b", "c")
PERIODS = 60
FIRST = 9  # where the window of the autoregression starts


def problem_of(scm, series):
    """A model with its data; no question of this file asks the priors."""
    observations = as_observations(series)
    cases = available_cases(scm, observations)
    return Problem(
        scm=scm.with_centres(cases.centres),
        observations=observations,
        priors=Priors(entries={}),
        cases=cases,
        absolute={},
    )


@pytest.fixture(scope="module")
def autoregression():
    """A VAR(2) as statsmodels estimates it, and the same as a recursive causal model.

    With ``P`` the Cholesky factor of the residual covariance and ``D`` its diagonal, the equations
    ``D P^-1 y_t = ...`` have a unit diagonal, shocks without correlation and scales ``D``.
    """
    from statsmodels.tsa.vector_ar.var_model import VAR

    generator = np.random.default_rng(12)
    lags = generator.uniform(-0.4, 0.4, (2, 3, 3))
    mixing = np.array([[1.0, 0, 0], [0.8, 0.7, 0], [-0.5, 0.4, 1.3]])
    path = [np.zeros(3), np.ones(3)]
    for _ in range(2, PERIODS):
        path.append(0.3 + lags[0] @ path[-1] + lags[1] @ path[-2])
        path[-1] = path[-1] + mixing @ generator.normal(size=3)
    results = VAR(np.array(path)).fit(2)

    impact = np.linalg.cholesky(results.sigma_u)
    scales = np.diag(impact)
    structural = np.diag(scales) @ np.linalg.inv(impact)
    within = np.eye(3) - structural
    equations, values = [], {}
    for row, child in enumerate(NAMES):
        weights = {
            f"{parent}[{lag + 1}]": (structural @ results.coefs[lag])[row, column]
            for lag in (0, 1)
            for column, parent in enumerate(NAMES)
        }
        weights |= {NAMES[column]: within[row, column] for column in range(row)}
        equations.append(Linear(variable=variable(child), parents=tuple(weights)))
        values |= {f"{parent} -> {child}": weight for parent, weight in weights.items()}
        values[f"intercept[{child}]"] = (structural @ results.intercept)[row]
        values[f"scale[{child}]"] = scales[row]
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=tuple(equations),
        levels=(Level(variable=variable("sum_of_b"), flow="b"),),
    )
    problem = problem_of(scm, dict(zip(NAMES, np.array(path).T, strict=True)))
    # The intercepts are those of an autoregression: parents enter as they are.
    problem = replace(problem, scm=scm.with_centres({}))
    shocks = results.resid @ np.linalg.inv(impact).T  # of unit variance, from period 2 on
    return results, problem, pin(problem.scm, values), shocks


# The autoregression


def test_abducted_shocks_are_the_orthogonal_residuals(autoregression):
    results, problem, draws, shocks = autoregression
    found = abduct(problem, draws).isel(chain=0, draw=0).to_numpy()
    scales = np.diag(np.linalg.cholesky(results.sigma_u))
    np.testing.assert_allclose(found[2:], shocks * scales, rtol=1e-8, atol=1e-8)
    assert np.isnan(found[:2]).all()


@pytest.mark.parametrize("position", [0, 1, 2])
def test_impulse_responses_are_the_orthogonal_moving_average(autoregression, position):
    results, problem, draws, _ = autoregression
    found = impulse_response(
        problem.scm, draws, cause=NAMES[position], horizon=16, outcomes=NAMES
    ).isel(chain=0, draw=0)
    expected = results.irf(15).orth_irfs[:, :, position]
    np.testing.assert_allclose(found.to_numpy().T, expected, rtol=1e-8, atol=1e-8)


def test_a_historical_decomposition_is_a_sum_over_the_moving_average(autoregression):
    results, problem, draws, shocks = autoregression
    past = episode(problem, draws, start="2002Q2")
    assert past.first == FIRST
    found = historical_decomposition(past, outcomes=NAMES).isel(chain=0, draw=0)
    assert found["part"].to_numpy().tolist() == ["base", *NAMES]
    length = PERIODS - FIRST
    responses = results.orth_ma_rep(length)
    series = np.stack([problem.observations[name].to_numpy() for name in NAMES], axis=1)
    base = results.forecast(series[FIRST - 2 : FIRST], length)
    np.testing.assert_allclose(found.sel(part="base").T, base, rtol=1e-8, atol=1e-8)
    for column, name in enumerate(NAMES):
        expected = np.zeros((length, 3))
        for t in range(length):
            for back in range(t + 1):
                size = shocks[FIRST - 2 + t - back, column]
                expected[t] += responses[back][:, column] * size
        np.testing.assert_allclose(found.sel(part=name).T, expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.sum("part").T, series[FIRST:], rtol=1e-8, atol=1e-8)


def test_variance_decompositions_are_those_of_statsmodels(autoregression):
    results, problem, draws, _ = autoregression
    found = forecast_error_variance_decomposition(
        problem.scm, draws, horizon=12, outcomes=NAMES
    ).isel(chain=0, draw=0)
    assert found.dims == ("outcome", "shock", "horizon")
    expected = results.fevd(12).decomp  # equation x period x shock
    np.testing.assert_allclose(
        found.transpose("outcome", "horizon", "shock").to_numpy(), expected, rtol=1e-8, atol=1e-8
    )
    # The first error of the first variable in the ordering is its own.
    assert found.sel(outcome="a", shock="a", horizon=1).item() == 1.0


def test_the_variance_of_a_level_is_that_of_its_cumulated_responses(autoregression):
    results, problem, draws, _ = autoregression
    found = forecast_error_variance_decomposition(
        problem.scm, draws, horizon=9, outcomes=["sum_of_b"]
    ).isel(chain=0, draw=0, outcome=0)
    parts = (results.orth_ma_rep(8).cumsum(axis=0)[:, 1, :] ** 2).cumsum(axis=0)
    expected = parts / parts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.transpose("horizon", "shock"), expected, rtol=1e-8)


# Historical decomposition


@pytest.fixture(scope="module")
def lab_past():
    """The laboratory with holes and a late key rate, from before that start, two draws."""
    problem = Problem.of(MODEL, laboratory.observe(laboratory.draw_truth(4), 5), PRIORS)
    draws = sample_prior(problem.scm, problem.absolute, draws=2, random_seed=6)
    return episode(problem, complete_from_prior(problem, draws, 7), start="2001Q2")


@settings(max_examples=40)
@given(models(), st.integers(0, 2**32 - 1), st.booleans())
def test_the_parts_of_any_history_add_up_to_it(scm, seed, gaps):
    generator = np.random.default_rng(seed)
    length = scm.longest_memory + int(generator.integers(4, 12))
    series = {name: generator.uniform(0, 1, length) for name in scm.exogenous}
    for name in scm.stochastic:
        series[name] = generator.normal(size=length)
        if gaps:
            series[name][generator.uniform(size=length) < 0.2] = np.nan
    problem = problem_of(scm, series)
    draws = note_centres(problem.scm, random_draws(scm, generator, chains=2))
    draws = complete_from_prior(problem, draws, seed)
    first = int(generator.integers(scm.longest_memory, length))
    time = problem.cases.time
    past = episode(problem, draws, start=str(time[first])[:10])
    outcomes = list(scm.variables)
    factual = past.replay(outcomes)
    parts = historical_decomposition(past, outcomes=outcomes)
    scale = max(1.0, float(np.abs(parts).max()))
    close(parts.sum("part").to_numpy() / scale, factual.to_numpy() / scale)


@pytest.mark.parametrize("start", ["2007Q1", "2013Q1", "2022Q1"])
def test_the_parts_of_the_default_history_add_up_to_the_data(growth_problem, growth_draws, start):
    past = episode(growth_problem, growth_draws, start=start)
    scm = growth_problem.scm
    parts = historical_decomposition(past, outcomes=list(scm.variables))
    assert parts.dims == ("outcome", "part", "time", "chain", "draw")
    total = parts.sum("part").transpose("outcome", "chain", "draw", "time")
    for name in scm.stochastic:
        observed = growth_problem.observations[name].to_numpy()[past.first :]
        seen = np.isfinite(observed)
        found = total.sel(outcome=name).to_numpy()[..., seen]
        close(found, np.broadcast_to(observed[seen], found.shape), rtol=1e-8, atol=1e-8)
    for level in scm.levels:
        flow = level.sign * total.sel(outcome=level.flow).cumsum("time")
        close(total.sel(outcome=level.variable.name), flow, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    "start", ["2010Q4", "2012Q1", "2013Q2"], ids=["before relief", "in it", "after it"]
)
def test_the_parts_add_up_after_a_measure_has_fallen(start):
    """Then effective intensity is not at rest, and the peak is a memory."""
    problem = make_problem()
    draws = sample_prior(problem.scm, problem.absolute, draws=3, random_seed=4)
    past = episode(problem, complete_from_prior(problem, draws, 5), start=start)
    outcomes = list(problem.scm.variables)
    parts = historical_decomposition(past, outcomes=outcomes)
    close(parts.sum("part").to_numpy(), past.replay(outcomes).to_numpy())


def test_a_shock_s_part_is_what_its_absence_takes_away(lab_past):
    outcomes = [*MODEL.headline, "premium"]
    parts = historical_decomposition(lab_past, outcomes=outcomes)
    for name in MODEL.stochastic:
        without = counterfactual(lab_past, without_shocks=[name], outcomes=outcomes)
        found = parts.sel(part=name).to_numpy()
        close(found, -without["difference"].to_numpy())


def test_a_shock_s_part_in_the_default_history_is_what_its_absence_takes_away(
    growth_problem, growth_draws
):
    past = episode(growth_problem, growth_draws, start="2014Q1")
    parts = historical_decomposition(past)
    for name in growth_problem.scm.stochastic:
        without = counterfactual(past, without_shocks=[name])["difference"]
        close(parts.sel(part=name).to_numpy(), -without.to_numpy(), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("start", ["2010Q4", "2012Q1"], ids=["before relief", "in it"])
def test_a_driver_s_part_is_what_holding_it_takes_away(start):
    problem = make_problem()
    draws = sample_prior(problem.scm, problem.absolute, draws=3, random_seed=4)
    past = episode(problem, complete_from_prior(problem, draws, 5), start=start)
    outcomes = ["effective", "strain", "price", "output"]
    parts = historical_decomposition(past, outcomes=outcomes)
    for name in ("sanction", "weather"):
        before = float(problem.observations[name][past.first - 1])
        held = [SetTo(variable=name, value=before)]
        found = counterfactual(past, interventions=held, outcomes=outcomes)
        close(parts.sel(part=name).to_numpy(), -found["difference"].to_numpy())


def test_the_base_is_the_path_without_shocks_and_with_drivers_held(lab_past):
    outcomes = [*MODEL.headline, "premium"]
    parts = historical_decomposition(lab_past, outcomes=outcomes)
    held = [
        SetTo(variable=name, value=float(lab_past.problem.observations[name][lab_past.first - 1]))
        for name in ("trade", "weather")
    ]
    quiet = counterfactual(
        lab_past,
        interventions=held,
        without_shocks=list(MODEL.stochastic),
        outcomes=outcomes,
    )
    close(parts.sel(part="base").to_numpy(), quiet["counterfactual"].to_numpy())


def test_the_base_of_the_laboratory_is_a_loop():
    series = laboratory.simulate_series(laboratory.draw_truth(4), 5)
    series["silent"] = np.zeros(laboratory.PERIODS)
    problem = Problem.of(MODEL, as_observations(series), PRIORS)
    past = episode(problem, pinned({"intercept[growth]": 0.7}, scm=problem.scm), start="2008Q1")
    found = historical_decomposition(past, outcomes=["premium", "inflation", "growth"])
    centre, before = problem.cases.centres, past.first - 1
    premium = 4.0 * series["trade"][0]
    for trade in series["trade"][: past.first]:
        premium = 0.5 * premium + 0.5 * 4.0 * trade
    inflation, rate, growth = (series[n][before] for n in ("inflation", "key_rate", "growth"))
    trade, weather = series["trade"][before], series["weather"][before]
    expected = []
    for _ in range(past.periods):
        premium = 0.5 * premium + 0.5 * 4.0 * trade
        target = 0.4 * premium + 0.3 * (growth - centre["growth[1] -> inflation"])
        inflation = 0.6 * inflation + 0.4 * target
        rate_before = rate
        rate = 0.7 * rate + 0.3 * 1.2 * (inflation - centre["inflation -> key_rate"])
        growth = (
            0.7
            + 0.2 * (growth - centre["growth[1] -> growth"])
            - 0.3 * (rate_before - centre["key_rate[1] -> growth"])
            - 1.0 * trade
            + 0.5 * weather
        )
        expected.append([premium, inflation, growth])
    close(found.sel(part="base")[..., 0, 0].to_numpy(), np.transpose(expected))


def test_only_drivers_that_move_have_a_part(growth_problem, growth_draws):
    scm = growth_problem.scm
    early = episode(growth_problem, growth_draws, start="2008Q1", end="2012Q4")
    parts = historical_decomposition(early, outcomes=["inflation"])
    assert parts["part"].to_numpy().tolist() == ["base", *scm.stochastic]
    late = episode(growth_problem, growth_draws, start="2021Q4", end="2022Q4")
    parts = historical_decomposition(late, outcomes=["inflation"])["part"].to_numpy().tolist()
    assert {"war", "trade", "finance", "assets"} <= set(parts)
    assert "pandemic_2020q2" not in parts


def test_a_shock_has_no_part_in_what_it_does_not_reach(growth_problem, growth_draws):
    scm = growth_problem.scm
    past = episode(growth_problem, growth_draws, start="2018Q1", end="2019Q4")
    parts = historical_decomposition(past, outcomes=list(scm.by_name))
    size = np.abs(parts).max(["time", "chain", "draw"])
    for name in scm.stochastic:
        reached = {name, *scm.graph.descendants(name)}
        moved = size.sel(part=name)
        assert set(moved["outcome"].to_numpy()[moved.to_numpy() > 1e-9]) <= reached
        assert (moved.sel(outcome=[n for n in scm.by_name if n not in reached]) == 0).all()


def test_a_decomposition_refuses_an_unknown_outcome(lab_past):
    with pytest.raises(UnknownVariableError, match="Did you mean 'growth'"):
        historical_decomposition(lab_past, outcomes=["grwth"])


# Forecast-error variances


def tailed(scm, draws, freedom):
    """The same draws with Student-t shocks."""
    heavy = replace(scm, noise=Noise.STUDENT_T)
    names = list(scm.stochastic)
    tails = draws["scale"].copy(data=np.broadcast_to(freedom, draws["scale"].shape))
    assert draws["scale"]["equation"].to_numpy().tolist() == names
    return heavy, draws.assign(degrees_of_freedom=tails)


def test_shocks_with_heavy_tails_count_with_their_variance(autoregression):
    _, problem, draws, _ = autoregression
    freedom = np.array([2.5, 4.0, 30.0])
    scm, heavy = tailed(problem.scm, draws, freedom)
    found = forecast_error_variance_decomposition(scm, heavy, horizon=8)
    wider = draws.assign(scale=draws["scale"] * np.sqrt(freedom / (freedom - 2)))
    expected = forecast_error_variance_decomposition(problem.scm, wider, horizon=8)
    close(found.to_numpy(), expected.to_numpy())
    gaussian = forecast_error_variance_decomposition(problem.scm, draws, horizon=8)
    assert float(np.abs(found - gaussian).max()) > 0.05


def test_infinite_degrees_of_freedom_are_gaussian(autoregression):
    _, problem, draws, _ = autoregression
    scm, heavy = tailed(problem.scm, draws, np.inf)
    found = forecast_error_variance_decomposition(scm, heavy, horizon=4)
    expected = forecast_error_variance_decomposition(problem.scm, draws, horizon=4)
    close(found.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("freedom", [2.0, 1.5])
def test_shocks_without_a_variance_are_refused(autoregression, freedom):
    _, problem, draws, _ = autoregression
    scm, heavy = tailed(problem.scm, draws, np.array([5.0, freedom, 5.0]))
    message = r"1 draws of degrees_of_freedom\[b\] are 2 or less: these shocks have no variance"
    with pytest.raises(QuestionError, match=message):
        forecast_error_variance_decomposition(scm, heavy, horizon=4)


def test_a_decomposition_refuses_a_horizon_of_zero(autoregression):
    _, problem, draws, _ = autoregression
    with pytest.raises(QuestionError, match="Horizon 0"):
        forecast_error_variance_decomposition(problem.scm, draws, horizon=0)


def test_shares_of_the_growth_economy_add_up_to_one(growth_problem, growth_draws):
    shares = forecast_error_variance_decomposition(growth_problem.scm, growth_draws, horizon=8)
    assert shares["shock"].to_numpy().tolist() == list(growth_problem.scm.stochastic)
    outcomes = shares["outcome"].to_numpy().tolist()
    assert outcomes == list(growth_problem.scm.headline)
    random = shares.sel(outcome=[name for name in outcomes if name != "import_premium"])
    close(random.sum("shock").to_numpy(), 1.0)
    assert (random >= 0).all()
    # No shock moves the premium: it has no variance to share.
    assert np.isnan(shares.sel(outcome="import_premium")).all()


@settings(max_examples=30)
@given(models(), st.integers(0, 2**32 - 1))
def test_shares_of_any_model_add_up_to_one(scm, seed):
    draws = random_draws(scm, np.random.default_rng(seed))
    shares = forecast_error_variance_decomposition(
        scm, draws, horizon=5, outcomes=list(scm.stochastic)
    )
    close(shares.sum("shock").to_numpy(), 1.0)
    assert (shares >= 0).all()


def test_shares_are_those_of_simulated_forecast_errors(autoregression):
    """The share of a shock is the variance left when it alone is random."""
    _, problem, draws, _ = autoregression
    count, horizon = 40_000, 5
    generator = np.random.default_rng(9)
    noise = generator.standard_normal((horizon, count))
    many = draws.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))
    variances = []
    for name in NAMES:
        scale = draws["scale"].sel(equation=name).item()
        paths = respond(
            problem.scm, many, horizon=horizon, shocks={name: scale * noise}, outcomes=["c"]
        )
        variances.append(paths.isel(outcome=0, scenario=0, chain=0).to_numpy().var(axis=1))
    variances = np.array(variances)
    shares = forecast_error_variance_decomposition(
        problem.scm, draws, horizon=horizon, outcomes=["c"]
    ).isel(outcome=0, chain=0, draw=0)
    expected = variances / variances.sum(axis=0)
    np.testing.assert_allclose(shares.to_numpy(), expected, atol=4 * np.sqrt(2 / count))


# Effects along chosen paths


@pytest.fixture(scope="module")
def mediation():
    """x moves y by itself, through m, and through m's own past; y feeds back on m."""
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            PartialAdjustment(variable=variable("m"), parents=("x[1]", "y[1]")),
            Linear(variable=variable("y"), parents=("m", "m[2]", "x", "y[1]")),
        )
    )
    values = {
        "x[1] -> m": 0.8,
        "y[1] -> m": -0.5,
        "m -> y": 0.6,
        "m[2] -> y": 0.3,
        "x -> y": -0.7,
        "y[1] -> y": 0.4,
        "persistence[m]": 0.25,
    }
    return scm, pin(scm, values)


def severed(horizon, x, closed=()):
    """The responses of m and y by hand, links that are closed left out."""

    def link(label, size):
        return 0.0 if label in closed else size

    m, y = {}, {}
    for t in range(horizon):
        m[t] = link("m[1] -> m", 0.25) * m.get(t - 1, 0.0)
        if t >= 1:
            m[t] += 0.75 * link("x[1] -> m", 0.8) * x[t - 1]
            m[t] += 0.75 * link("y[1] -> m", -0.5) * y[t - 1]
        y[t] = link("m -> y", 0.6) * m[t] + link("m[2] -> y", 0.3) * m.get(t - 2, 0.0)
        y[t] += link("x -> y", -0.7) * x[t] + link("y[1] -> y", 0.4) * y.get(t - 1, 0.0)
    return np.array([[m[t] for t in range(horizon)], [y[t] for t in range(horizon)]])


@pytest.mark.parametrize(
    "closed",
    [
        (),
        ("x -> y",),
        ("x[1] -> m",),
        ("m -> y", "m[2] -> y"),
        ("m[2] -> y",),
        ("y[1] -> m",),
        ("m[1] -> m", "y[1] -> y"),
        ("x -> y", "y[1] -> m", "m[2] -> y"),
    ],
    ids=lambda labels: ", ".join(labels) or "all open",
)
def test_the_effect_along_some_paths_is_that_of_equations_with_links_cut(mediation, closed):
    scm, draws = mediation
    horizon = 9
    x = np.random.default_rng(6).normal(size=horizon)
    found = respond(
        scm, draws, horizon=horizon, paths={"x": x}, closed=[closed], outcomes=["m", "y"]
    )
    close(found.isel(scenario=0, chain=0, draw=0).to_numpy(), severed(horizon, x, closed))


def test_entries_that_share_no_path_add_up_and_paths_with_feedback_do_not(mediation):
    """Closing the entries of x one at a time splits its effect; closing inner links does not."""
    scm, draws = mediation
    x = np.ones(8)
    common = {"horizon": 8, "paths": {"x": x}, "outcomes": ["y"]}
    closed = [(), ("x -> y",), ("x[1] -> m",), ("m -> y", "m[2] -> y")]
    total, through_m, by_itself, cut = respond(scm, draws, closed=closed, **common)[
        0, :, :, 0, 0
    ].to_numpy()
    close(through_m + by_itself, total)
    assert np.abs(total - cut - through_m).max() > 0.05


def test_a_shock_passes_along_open_links_only(growth_problem, growth_draws):
    """The key rate's shock on output, the lending rate being its only way."""
    scm, horizon = growth_problem.scm, 9
    pulse = {"key_rate": np.eye(horizon)[0]}
    closed = [(), ("key_rate -> lending_rate",), ("real_rate_change[1] -> gdp_growth",)]
    found = respond(
        scm,
        growth_draws,
        horizon=horizon,
        shocks=pulse,
        closed=closed,
        outcomes=["gdp_growth", "inflation"],
    )
    shocks = {"key_rate": np.repeat(np.eye(horizon)[:, [0]], 4, axis=1)}
    for row, shut in enumerate(closed):
        common = {"horizon": horizon, "outcomes": ["gdp_growth", "inflation"], "closed": shut}
        hit = propagated(scm, growth_draws, shocks=shocks, **common)
        calm = propagated(scm, growth_draws, **common)
        close(found[:, row].to_numpy(), (hit - calm)[:, 0], atol=1e-9)
    assert float(np.abs(found[0, 0]).max()) > 1e-3


def test_a_decomposition_in_percent_adds_up_to_the_percent_of_the_paths():
    """Growth and a level that cumulates it, against exponentials of the paths; a rate stays."""
    rng = np.random.default_rng(5)
    log_parts = rng.normal(0.0, 8.0, size=(3, 4, 6, 2, 5))
    log_parts[:, 1:, 0] = np.array([0.0, 3.0, -3.0])[:, None, None]  # parts that cancel
    parts = xr.DataArray(
        log_parts,
        dims=("outcome", "part", "time", "chain", "draw"),
        coords={
            "outcome": ["growth", "level", "rate"],
            "part": ["base", "a", "b", "c"],
            "unit": ("outcome", ["% a quarter, log change", "%, log level", "%"]),
        },
    )
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=Variable(name="growth", unit="% a quarter", logs="growth")),
            Linear(variable=Variable(name="rate", unit="%")),
        ),
        levels=(Level(variable=Variable(name="level", unit="%", logs="level"), flow="growth"),),
    )
    found = contributions_in_percent(scm, parts)
    log_base, log_actual = log_parts[:, 0], log_parts.sum(axis=1)
    base, actual = (100 * (np.exp(values / 100) - 1) for values in (log_base, log_actual))
    together = found.drop_sel(part="base").sum("part").to_numpy()
    close(found.sel(part="base").to_numpy()[:2], base[:2])
    close(together[0], actual[0] - base[0])
    close(together[1], 100 * ((1 + actual[1] / 100) / (1 + base[1] / 100) - 1))
    close(found.sel(outcome="rate").to_numpy(), log_parts[2])
    # Shares of parts in their sum are those in log points; parts that cancel keep their sizes.
    own = found.isel(time=slice(1, None)).to_numpy()
    for at in (0, 1):
        close(own[at, 1] / own[at, 2], log_parts[at, 1, 1:] / log_parts[at, 2, 1:])
    close(found.to_numpy()[1, 2, 0], np.full((2, 5), 3.0))
    close(found.to_numpy()[0, 2, 0], 3.0 * np.exp(log_base[0, 0] / 100))
    assert list(found["unit"].to_numpy()) == ["% a quarter", "%", "%"]
