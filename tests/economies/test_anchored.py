"""Identities of the anchored transmission at the middle of its priors, and on the bundled data."""

import numpy as np
import pytest
from oracle import close, only

from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.families import Beta, Fixed, LogNormal, Normal
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.effects import channel_effects
from sanctions_model.scm.interventions import SetTo
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.simulation.propagate import propagate, respond

LONG = 1000
REAL = (
    "output_gap",
    "gdp_growth",
    "log_gdp",
    "real_lending_rate",
    "real_rate_gap",
    "log_rer",
    "real_depreciation",
    "log_imports",
    "log_exports",
    "exchange_need",
    "unemployment",
    "credit_growth",
    "real_wage_growth",
)


def middle(prior):
    """A number in the middle of a prior."""
    match prior:
        case Fixed():
            return prior.value
        case Normal():
            return prior.mu
        case LogNormal():
            return -prior.median if prior.negative else prior.median
        case Beta():
            return prior.alpha / (prior.alpha + prior.beta)


@pytest.fixture(scope="module")
def problem(anchored_problem):
    return anchored_problem


@pytest.fixture(scope="module")
def values(problem):
    kept = {a: middle(prior) for a, prior in problem.absolute.items()}
    return {
        address: value
        for address, value in kept.items()
        if value is not None and not address.startswith(("scale", "crisis"))
    }


@pytest.fixture(scope="module")
def draws(problem, values):
    return pin(problem.scm, values)


def end(problem, draws, outcomes, **run):
    found = propagate(problem.scm, draws, horizon=LONG, outcomes=list(outcomes), **run)
    last = found.isel(horizon=-1).to_numpy().ravel()
    return dict(zip(outcomes, last, strict=True))


def test_a_target_higher_by_six_raises_what_is_nominal_by_six_and_nothing_real(problem, draws):
    nominal = {
        "inflation_yoy": 6.0,
        "expected_inflation": 6.0,
        "household_expectation": 6.0,
        "key_rate": 6.0,
        "lending_rate": 6.0,
        "inflation": 1.5,
        "depreciation": 1.5,
    }
    found = respond(
        problem.scm,
        draws,
        horizon=LONG,
        paths={"inflation_target": np.full(LONG, 10.0)},
        outcomes=[*nominal, *REAL],
    )
    last = found.isel(horizon=-1).to_numpy().ravel()
    close(last, [*nominal.values(), *np.zeros(len(REAL))], rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", ["household_expectation", "inflation", "key_rate", "lending_rate"])
def test_no_shock_of_one_period_moves_anything_for_good(problem, draws, name):
    pulse = np.zeros(LONG)
    pulse[0] = 5.0
    outcomes = [o for o in (*REAL, "inflation", "key_rate") if o != "unemployment"]
    found = respond(problem.scm, draws, horizon=LONG, shocks={name: pulse}, outcomes=outcomes)
    close(found.isel(horizon=-1).to_numpy().ravel(), np.zeros(len(outcomes)), rtol=0, atol=1e-8)


def test_a_long_simulation_ends_in_the_steady_state(problem, draws, values):
    risk = values["risk_lasting"]  # measures at full size, news adapted to
    growth = sum(value for name, value in values.items() if name.startswith("trend_growth_"))
    neutral, margin = values["neutral_real_rate"], values["lending_margin"]
    expected = {
        "inflation_yoy": 4.0,
        "output_gap": 0.0,
        "key_rate": 4.0 + neutral + risk,
        "real_lending_rate": neutral + margin + risk,
        "real_rate_gap": 0.0,
        "gdp_growth": growth,
        "credit_growth": growth + values["intercept[credit_growth]"],
        "real_wage_growth": growth + values["intercept[real_wage_growth]"],
        "import_premium": values["premium_size"],
        "technology_gap": values["technology_size"],
        "disruption": 0.0,
        "risk_premium": risk,
        "oil_discount": values["intercept[oil_discount]"]
        + values["effective_energy -> oil_discount"],
        "depreciation": 0.5,
        "exchange_need": 0.0,
    }
    found = end(problem, draws, expected)
    close(list(found.values()), list(expected.values()), rtol=0, atol=1e-6)


def plateau(values, rate, target=4.0):
    """Inflation while the key rate is held for ever, solved by hand.

    E = lambda tau + (1 - lambda) (E + 4 kappa gap), gap = a (E - c), c = rate - neutral - risk.
    """
    weight, slope = values["anchoring"], values["output_gap[1] -> inflation"]
    demand = -values["real_rate_gap_year[1] -> log_gdp"]
    pull = (1.0 - weight) * 4.0 * slope * demand
    assert pull < weight  # or inflation would drift on
    real = rate - values["neutral_real_rate"] - values["risk_lasting"]
    expected = (weight * target - pull * real) / (weight - pull)
    return expected + 4.0 * slope * demand * (expected - real)


def test_a_rate_held_too_low_raises_inflation_to_a_plateau_and_one_too_high_lowers_it(
    problem, draws, values
):
    rates = [0.0, 4.0, 8.0, 12.0, 21.0]
    found = [
        end(problem, draws, ["inflation_yoy"], interventions=[SetTo(variable="key_rate", value=r)])
        for r in rates
    ]
    reached = [one["inflation_yoy"] for one in found]
    close(reached, [plateau(values, rate) for rate in rates], rtol=0, atol=1e-6)
    assert np.all(np.diff(reached) < 0)


def test_the_balance_adds_up_and_the_rouble_closes_it(problem, draws, values):
    names = ["log_imports", "log_exports", "trend", "exchange_need"]
    run = propagate(
        problem.scm,
        draws,
        horizon=40,
        shocks={"log_exports": np.full((40, 1), -5.0)},
        outcomes=names,
    )
    imports, exports, trend, need = (only(run.sel(outcome=name)) for name in names)
    own = (imports - values["import_income"] * trend) - (exports - values["export_volume"] * trend)
    close(need, own - values["need_at_rest"])
    lasting = respond(
        problem.scm,
        draws,
        horizon=LONG,
        shocks={"log_exports": np.full(LONG, -5.0)},
        outcomes=names,
    )
    assert float(lasting.sel(outcome="exchange_need")[..., 0, :, :].max()) > 1.0
    close(lasting.sel(outcome="exchange_need").isel(horizon=-1).item(), 0.0, atol=1e-8)


@pytest.mark.parametrize("start", ["2007-04-01", "2016-01-01", "2022-01-01"])
def test_replaying_a_window_gives_the_data(problem, draws, start):
    completed = complete_from_prior(problem, draws, 3)
    past = episode(problem, completed, start=start)
    names = list(problem.scm.stochastic)
    found = past.replay(names)
    history = problem.history(completed)
    for name in names:
        known = past.known[name]
        path = np.atleast_2d(history[name])[0, past.first : past.last + 1]
        close(only(found.sel(outcome=name))[known], path[known], rtol=1e-9, atol=1e-7)


def test_histories_and_channels_add_up(problem, draws):
    completed = complete_from_prior(problem, draws, 3)
    past = episode(problem, completed, start="2014-01-01")
    outcomes = ["gdp_level", "price_level", "rouble", "key_rate"]
    parts = historical_decomposition(past, outcomes=outcomes)
    close(parts.sum("part"), past.replay(outcomes), rtol=1e-9, atol=1e-7)
    effect = channel_effects(problem.scm, draws, horizon=20)
    whole = effect.sel(channel="total")
    close(effect.sel(channel=list(problem.scm.entries)).sum("channel"), whole, atol=1e-9)


def test_every_equation_has_data(problem):
    used = dict(zip(problem.cases.columns, problem.cases.weight.sum(axis=0), strict=True))
    assert used.pop("tightness_change") == 24  # vacancies from 2020Q2; the last four are completed
    assert used.pop("output_gap_estimate") == 1  # what the Bank of Russia said of 2026Q1
    assert min(used.values()) > 40
    assert "russia_economy.csv" in problem.observations.attrs["source"]


def test_relief_brings_back_exports_under_ban_and_not_the_gas(problem, draws, values):
    outcomes = ["log_exports"]
    freed = [SetTo(variable="effective_trade", value=0.0)]
    lasting = (
        end(problem, draws, outcomes, interventions=freed)["log_exports"]
        - end(problem, draws, outcomes)["log_exports"]
    )
    close(lasting, -values["effective_trade -> log_exports"], rtol=0, atol=1e-8)
    flowing = respond(
        problem.scm,
        draws,
        horizon=LONG,
        paths={"gas_stopped": np.zeros(LONG)},
        outcomes=outcomes,
    )
    back = flowing.isel(horizon=-1).to_numpy().ravel()
    close(back, [-values["gas_stopped -> log_exports"]], rtol=0, atol=1e-8)
    assert problem.scm.entries["exports_direct"] == ("effective_trade -> log_exports",)
