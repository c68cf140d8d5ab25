"""A small simulated economy whose truth is known, and the one fit of it that tests share.

Trade measures raise a latent premium, the premium prices, prices the key rate, the rate lowers
growth and growth moves prices a quarter later. `harvest` is a Gaussian regression with a known
scale, so that its posterior has a closed form; `silent` never has data, so that its posterior is
its prior. Data are simulated with plain loops.
"""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.density import complete_from_prior
from sanctions_model.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Hold,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
    Variable,
)
from sanctions_model.interventions import Relief
from sanctions_model.parameters import addresses, pin
from sanctions_model.prior_families import Beta, Fixed, Gamma, LogNormal, Normal
from sanctions_model.priors import Priors, sample_prior
from sanctions_model.problem import Problem
from sanctions_model.scm import StructuralCausalModel

PERIODS = 80
RATE_FROM = 10  # the key rate is observed from here on
BURN_IN = 60
HARVEST_SCALE, HARVEST_SIGMA, HARVEST_INTERCEPT_SIGMA = 0.75, 1.0, 2.0
LIFTED = Relief(measures=("trade",))

# What the three tables of a run promise.
TABLE_COLUMNS = {
    "links": (
        "link,parent,child,lag,unit,kind,prior_median,prior_lower,prior_upper,median,lower,upper,"
        "data_share,sign_assumed,ci_prob,ci_kind,sources"
    ),
    "effects": (
        "outcome,unit,relief,horizon,channel,median,lower,upper,prob_below_zero,ci_prob,ci_kind"
    ),
    "claims": (
        "claim,statement,cause,outcome,horizon,unit,prob_prior,prob,prob_material,median,lower,"
        "upper,data_share,sign_assumed,verdict,ci_prob,ci_kind"
    ),
}


def variable(name, unit="%"):
    return Variable(name=name, unit=unit)


MODEL = StructuralCausalModel(
    name="laboratory",
    equations=(
        Exogenous(variable=variable("trade", "intensity"), continuation=Hold(1.0)),
        Exogenous(variable=variable("weather", "degrees"), continuation=Hold(0.0)),
        AsymmetricAdjustment(variable=variable("effective_trade", "intensity"), measure="trade"),
        LatentAdjustment(variable=variable("premium"), parents=("effective_trade",)),
        PartialAdjustment(variable=variable("inflation"), parents=("premium", "growth[1]")),
        PartialAdjustment(variable=variable("key_rate"), parents=("inflation",)),
        Linear(
            variable=variable("growth"), parents=("growth[1]", "key_rate[1]", "trade", "weather")
        ),
        Linear(variable=variable("harvest", "tonnes"), parents=("weather", "weather[1]")),
        Linear(variable=variable("silent"), parents=("weather",)),
    ),
    levels=(
        Level(variable=variable("price_level"), flow="inflation"),
        Level(variable=variable("output_level"), flow="growth"),
    ),
    entries={"premium": ("effective_trade -> premium",), "direct": ("trade -> growth",)},
    chain=(
        "effective_trade -> premium",
        "premium -> inflation",
        "inflation -> key_rate",
        "key_rate[1] -> growth",
    ),
    headline=("inflation", "price_level", "key_rate", "growth", "output_level"),
)

PRIORS = Priors.from_addresses(
    {
        "effective_trade -> premium": LogNormal(
            median=4.0, sigma=0.3, unit="% at measure 1", rationale="made up"
        ),
        "premium -> inflation": LogNormal(median=0.4, sigma=0.4),
        "growth[1] -> inflation": Normal(mu=0.3, sigma=0.2),
        "inflation -> key_rate": Normal(mu=1.2, sigma=0.3),
        "growth[1] -> growth": Normal(mu=0.2, sigma=0.15),
        "key_rate[1] -> growth": Normal(mu=-0.3, sigma=0.1),
        "trade -> growth": Normal(mu=-1.0, sigma=0.5),
        "weather -> growth": Normal(mu=0.5, sigma=0.3),
        "weather -> harvest": Normal(mu=0.0, sigma=HARVEST_SIGMA),
        "weather[1] -> harvest": Normal(mu=0.0, sigma=HARVEST_SIGMA),
        "weather -> silent": Normal(mu=1.0, sigma=0.5),
        "persistence": Beta(alpha=6.0, beta=4.0),
        "scale": LogNormal(median=0.6, sigma=0.3),
        "scale[harvest]": Fixed(value=HARVEST_SCALE),
        "intercept": Normal(mu=0.0, sigma=8.0),
        "intercept[harvest]": Normal(mu=0.0, sigma=HARVEST_INTERCEPT_SIGMA),
        "degrees_of_freedom": Gamma(alpha=2.0, beta=0.1, shift=2.0),
        "degrees_of_freedom[harvest]": Fixed(value=1e7),  # Gaussian to seven digits
        "recoverable_share[trade]": Beta(alpha=6.0, beta=3.0),
        "recovery_speed[trade]": Beta(alpha=3.0, beta=5.0),
    }
)


def draw_truth(seed):
    """Parameters from the prior by address; intercepts as those of uncentred equations.

    The fit reads intercepts at the mean of the parents, which the data set. Their prior is wide,
    so it hardly matters that the truth is drawn from a narrower one.
    """
    generator = np.random.default_rng(seed)
    absolute = PRIORS.for_model(MODEL)
    truth = {}
    for address in addresses(MODEL):
        drawn = float(absolute[address].sample(generator, 1)[0])
        truth[address] = drawn / 8.0 if address.startswith("intercept") else drawn
    truth["intercept[harvest]"] *= 8.0  # nothing in this equation is centred
    return truth


def simulate_series(truth, seed):
    """Series of the economy, plain loops after a burn-in; the measure rises in steps."""
    generator = np.random.default_rng(seed)
    steps = np.concatenate([np.zeros(30), [0.4, 0.4, 0.4, 0.7], np.full(20, 0.7)])
    trade = np.concatenate([np.zeros(BURN_IN), steps, np.ones(PERIODS - steps.size)])
    length = trade.size
    weather = generator.standard_normal(length)
    shock = {
        name: truth[f"scale[{name}]"]
        * generator.standard_t(truth[f"degrees_of_freedom[{name}]"], length)
        for name in ("inflation", "key_rate", "growth", "harvest")
    }

    def adjusted(name, last, target):
        rho = truth[f"persistence[{name}]"]
        return rho * last + (1 - rho) * target

    premium, inflation, rate, growth = np.zeros((4, length))
    harvest = np.zeros(length)
    for t in range(1, length):
        premium[t] = adjusted(
            "premium", premium[t - 1], truth["effective_trade -> premium"] * trade[t]
        )
        inflation[t] = shock["inflation"][t] + adjusted(
            "inflation",
            inflation[t - 1],
            truth["intercept[inflation]"]
            + truth["premium -> inflation"] * premium[t]
            + truth["growth[1] -> inflation"] * growth[t - 1],
        )
        rate[t] = shock["key_rate"][t] + adjusted(
            "key_rate",
            rate[t - 1],
            truth["intercept[key_rate]"] + truth["inflation -> key_rate"] * inflation[t],
        )
        growth[t] = (
            truth["intercept[growth]"]
            + truth["growth[1] -> growth"] * growth[t - 1]
            + truth["key_rate[1] -> growth"] * rate[t - 1]
            + truth["trade -> growth"] * trade[t]
            + truth["weather -> growth"] * weather[t]
            + shock["growth"][t]
        )
        harvest[t] = (
            truth["intercept[harvest]"]
            + truth["weather -> harvest"] * weather[t]
            + truth["weather[1] -> harvest"] * weather[t - 1]
            + shock["harvest"][t]
        )
    found = {
        "trade": trade,
        "weather": weather,
        "inflation": inflation,
        "key_rate": rate,
        "growth": growth,
        "harvest": harvest,
        "silent": np.full(length, np.nan),
    }
    return {name: values[BURN_IN:].copy() for name, values in found.items()}


def as_observations(series, first="2000Q1"):
    """Series as the Dataset that a fit takes."""
    length = len(next(iter(series.values())))
    time = pd.period_range(first, periods=length, freq="Q").to_timestamp()
    return xr.Dataset(
        {name: ("time", np.asarray(values, float)) for name, values in series.items()},
        coords={"time": time.to_numpy().astype("datetime64[ns]")},
        attrs={
            "title": "laboratory",
            "freq": "Q",
            "periods_per_year": 4,
            "data_sha256": "0" * 64,
        },
    )


def relief_effect(truth, horizon):
    """What full relief in four steps does, plain loops on differences; levels included."""
    share, speed = truth["recoverable_share[trade]"], truth["recovery_speed[trade]"]
    names = ("premium", "inflation", "key_rate", "growth", "price_level", "output_level")
    found = {name: [] for name in names}
    effective, state = 1.0, dict.fromkeys(names, 0.0)
    for period in range(1, horizon + 1):
        measure = 1.0 - min(period / 4, 1.0)
        goal = measure + (1 - share) * (1 - measure)
        effective = max(effective + speed * (goal - effective), measure)
        before, state = state, {}

        def adjusted(name, target, before=before):
            rho = truth[f"persistence[{name}]"]
            return rho * before[name] + (1 - rho) * target

        state["premium"] = adjusted(
            "premium", truth["effective_trade -> premium"] * (effective - 1)
        )
        state["inflation"] = adjusted(
            "inflation",
            truth["premium -> inflation"] * state["premium"]
            + truth["growth[1] -> inflation"] * before["growth"],
        )
        state["key_rate"] = adjusted(
            "key_rate", truth["inflation -> key_rate"] * state["inflation"]
        )
        state["growth"] = (
            truth["growth[1] -> growth"] * before["growth"]
            + truth["key_rate[1] -> growth"] * before["key_rate"]
            + truth["trade -> growth"] * (measure - 1)
        )
        state["price_level"] = before["price_level"] + state["inflation"]
        state["output_level"] = before["output_level"] + state["growth"]
        for name in names:
            found[name].append(state[name])
    return {name: np.array(path) for name, path in found.items()}


def observe(truth, seed):
    """Simulated observations with gaps: a late start, a hole and a ragged edge."""
    series = simulate_series(truth, seed)
    series["key_rate"][:RATE_FROM] = np.nan
    series["growth"][40] = np.nan
    series["growth"][-1] = np.nan
    series["harvest"][-2:] = np.nan
    return as_observations(series)


def harvest_posterior(observations):
    """Mean and covariance of (intercept, weather, weather[1]) in closed form."""
    weather, harvest = (observations[name].to_numpy() for name in ("weather", "harvest"))
    now, before, outcome = weather[1:], weather[:-1], harvest[1:]
    used = np.isfinite(outcome)
    design = np.column_stack([np.ones(used.sum()), now[used], before[used]])
    prior = np.diag([HARVEST_INTERCEPT_SIGMA, HARVEST_SIGMA, HARVEST_SIGMA]) ** 2
    precision = np.linalg.inv(prior) + design.T @ design / HARVEST_SCALE**2
    covariance = np.linalg.inv(precision)
    return covariance @ design.T @ outcome[used] / HARVEST_SCALE**2, covariance


def pinned(changed=None):
    """One draw near the priors' centres, some parameters changed by address."""
    values = {
        "effective_trade -> premium": 4.0,
        "premium -> inflation": 0.4,
        "growth[1] -> inflation": 0.3,
        "inflation -> key_rate": 1.2,
        "growth[1] -> growth": 0.2,
        "key_rate[1] -> growth": -0.3,
        "trade -> growth": -1.0,
        "weather -> growth": 0.5,
        "weather -> harvest": 0.7,
        "weather[1] -> harvest": -0.2,
        "weather -> silent": 1.0,
        "persistence[premium]": 0.5,
        "persistence[inflation]": 0.6,
        "persistence[key_rate]": 0.7,
        "recoverable_share[trade]": 0.7,
        "recovery_speed[trade]": 0.4,
    }
    return pin(MODEL, values | (changed or {}))


@dataclass
class FakeSampler:
    """Independent draws from the prior, with as many divergences as told, one number a call."""

    divergences: list
    target_accept: float = 0.8
    spread: float = 0.0
    calls: list = field(default_factory=list)

    def compile(self, problem):
        self.calls.append("compile")
        return "compiled"

    def sample(self, compiled, problem, *, draws, tune, chains, random_seed, progress):
        assert compiled == "compiled"
        self.calls.append((self.target_accept, draws, tune, chains, random_seed, progress))
        posterior = sample_prior(
            problem.scm, problem.absolute, draws=draws, chains=chains, random_seed=random_seed
        )
        posterior = complete_from_prior(problem, posterior, random_seed)
        posterior["coefficient"] = posterior["coefficient"] + self.spread * posterior["chain"]
        posterior["of_no_interest"] = posterior["scale"]
        diverging = np.zeros((chains, draws), dtype=bool)
        diverging.flat[: self.divergences.pop(0)] = True
        stats = xr.Dataset(
            {
                "diverging": (("chain", "draw"), diverging),
                "logp": posterior["scale"].sum("equation"),
            }
        )
        return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats})

    def with_target_accept(self, target_accept):
        return replace(self, target_accept=target_accept)


@dataclass(frozen=True)
class Study:
    """The shared data set with its truth, and the model compiled for it."""

    truth: dict
    observations: xr.Dataset
    compiled: object


@cache
def study():
    """Compile the laboratory once for the whole session."""
    from sanctions_model.sampling import compile_problem

    truth = draw_truth(2)
    observations = observe(truth, 3)
    return Study(
        truth=truth,
        observations=observations,
        compiled=compile_problem(Problem.of(MODEL, observations, PRIORS)),
    )


def refit(observations, **settings):
    """Fit other data with the compiled model."""
    from sanctions_model.sampling import fit

    return fit(MODEL, observations, PRIORS, compiled=study().compiled, **settings)


@cache
def fitted():
    """The one fit that tests share; nothing may change it."""
    return refit(study().observations, draws=1000, tune=1000, chains=4, random_seed=7)


@cache
def prior_only():
    """The laboratory's answers before data; compiles nothing."""
    from sanctions_model.sampling import sample_prior_predictive

    return sample_prior_predictive(
        MODEL, observe(draw_truth(2), 3), PRIORS, draws=2000, random_seed=7
    )
