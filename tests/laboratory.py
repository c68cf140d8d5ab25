"""The known-truth economy of the package, and the one fit that tests share."""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import xarray as xr
from known_economy import BELIEFS as PRIORS
from known_economy import ECONOMY as MODEL
from known_economy import (  # noqa: F401 (the tests take these from here)
    HARVEST_INTERCEPT_SIGMA,
    HARVEST_SCALE,
    HARVEST_SIGMA,
    PERIODS,
    RATE_FROM,
    draw_truth,
    relief_effect,
    simulate_series,
)
from known_economy import observe_economy as observe
from known_economy import (  # noqa: F401 (the tests take it from here)
    series_as_observations as as_observations,
)

from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.queries.claims import Claim
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.parameters import addresses, pin
from sanctions_model.scm.variables import Variable

OUTPUT = Claim(
    statement="made up",
    outcome="output_level",
    sign=1,
    horizon=8,
    material=0.1,
    measures=("trade",),
)

LIFTED = Relief(measures=("trade",))

# What the three tables of a run promise.
TABLE_COLUMNS = {
    "links": (
        "link,parent,child,lag,unit,kind,prior_median,prior_lower,prior_upper,median,lower,upper,"
        "information,likelihood_share,basis,sign_assumed,ci_prob,ci_kind,sources"
    ),
    "effects": (
        "outcome,unit,relief,horizon,period,channel,prior_median,median,mean,lower,"
        "upper,prob_below_zero,"
        "median_error,lower_error,upper_error,prob_error,information,information_error,"
        "likelihood_share,variance_estimated,variance_unidentified,variance_policy,basis,"
        "ci_prob,ci_kind"
    ),
    "claims": (
        "claim,statement,cause,outcome,horizon,period,unit,prob_prior,prob,prob_material,"
        "prior_median,median,lower,upper,prob_error,median_error,lower_error,upper_error,"
        "information,information_error,likelihood_share,variance_estimated,"
        "variance_unidentified,variance_policy,basis,sign_assumed,verdict,ci_prob,ci_kind"
    ),
}


def variable(name, unit="%"):
    return Variable(name=name, unit=unit)


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


def pinned(changed=None, *, scm=MODEL):
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
    return pin(scm, values | (changed or {}))


@dataclass
class FakeSampler:
    """Independent draws from the prior, with as many divergences as told, one number a call."""

    divergences: list
    target_accept: float = 0.8
    spread: float = 0.0
    calls: list = field(default_factory=list)

    def sample(self, problem, *, draws, tune, chains, random_seed, progress=False):
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
    """The shared data set with its truth."""

    truth: dict
    observations: xr.Dataset

    @property
    def problem(self):
        return Problem.of(MODEL, self.observations, PRIORS)


@cache
def study():
    """One simulated data set of the laboratory."""
    truth = draw_truth(2)
    return Study(truth=truth, observations=observe(truth, 3))


def refit(observations, **settings):
    """Fit other data."""
    from sanctions_model.inference.fit import fit

    return fit(MODEL, observations, PRIORS, **settings)


@cache
def fitted():
    """The one fit that tests share; nothing may change it."""
    return refit(study().observations, draws=1000, tune=1000, chains=4, random_seed=7)


@cache
def prior_only():
    """The laboratory's answers before data."""
    from sanctions_model.inference.fit import sample_prior_predictive

    return sample_prior_predictive(
        MODEL, observe(draw_truth(2), 3), PRIORS, draws=2000, random_seed=7
    )


def by_address(draws, position):
    """One draw's parameters by address."""
    found = {}
    for address, (name, label) in addresses(MODEL).items():
        array = draws[name].isel(chain=0, draw=position)
        dim = next(iter(array.dims), None)
        found[address] = float(array if dim is None else array.sel({dim: label}))
    return found
