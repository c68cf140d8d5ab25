"""A small model with every kind of equation and prior, gaps in its data and a measure that falls.

The beliefs are plain tables, as in ``priors.toml``, so that tests can read them without the
package.
"""

from dataclasses import replace

import numpy as np
import xarray as xr
from strategies import variable

from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors import families as prior_families
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Affine, Crisis, Noise

LENGTH = 23

TABLES = {
    "effective -> strain": {"family": "LogNormal", "median": 2.0, "sigma": 0.5},
    "weather[1] -> strain": {"family": "StudentT", "nu": 4.0, "mu": 0.5, "sigma": 1.0},
    "strain_change -> price": {
        "family": "LogNormal",
        "median": 0.8,
        "sigma": 0.6,
        "upper": 3.0,
        "negative": True,
    },
    "weather -> price": {
        "family": "Normal",
        "mu": 0.2,
        "sigma": 0.7,
        "lower": -0.5,
        "upper": 2.0,
    },
    "output[1] -> price": {"family": "Normal", "mu": 0.1, "sigma": 0.3},
    "blend -> output": {"family": "Normal", "mu": 0.4, "sigma": 0.5, "lower": 0.0},
    "price[2] -> output": {"family": "LogNormal", "median": 0.3, "sigma": 0.4, "negative": True},
    "output[1] -> output": {"family": "Fixed", "value": 0.4},
    "strain -> output": {"family": "Normal", "mu": -0.2, "sigma": 0.3, "upper": 1.0},
    "price -> silent": {"family": "Normal", "mu": 0.0, "sigma": 1.0},
    "intercept": {
        "family": "Normal",
        "mu": 0.1,
        "sigma": 2.0,
        "relative_to_series": True,
        "without_data": {"mu": 1.0, "sigma": 4.0},
    },
    "scale": {
        "family": "HalfNormal",
        "sigma": 1.5,
        "relative_to_series": True,
        "without_data": {"sigma": 3.0},
    },
    "scale[price]": {"family": "Gamma", "alpha": 3.0, "beta": 2.0},
    "degrees_of_freedom": {"family": "Gamma", "alpha": 2.0, "beta": 0.1, "shift": 2.0},
    "persistence[strain]": {"family": "Beta", "alpha": 4.0, "beta": 3.0},
    "persistence[price]": {"family": "Beta", "alpha": 2.0, "beta": 6.0},
    "persistence[silent]": {"family": "Beta", "alpha": 2.0, "beta": 2.0},
    "recoverable_share[sanction]": {"family": "Beta", "alpha": 8.0, "beta": 3.0},
    "recovery_speed[sanction]": {"family": "Beta", "alpha": 3.0, "beta": 9.0},
    "anchor": {"family": "Beta", "alpha": 4.0, "beta": 4.0},
}


def small_scm(noise=Noise.STUDENT_T):
    return StructuralCausalModel(
        noise=noise,
        equations=(
            Exogenous(variable=variable("sanction")),
            Exogenous(variable=variable("weather")),
            AsymmetricAdjustment(variable=variable("effective"), measure="sanction"),
            LatentAdjustment(variable=variable("strain"), parents=("effective", "weather[1]")),
            Identity(variable=variable("strain_change"), terms={"strain": 1.0, "strain[1]": -1.0}),
            PartialAdjustment(
                variable=variable("price"), parents=("strain_change", "weather", "output[1]")
            ),
            Identity(
                variable=variable("blend"),
                terms={
                    "price": Affine("anchor"),
                    "price[1]": Affine("anchor", 1.0, -1.0),
                    "weather": 0.5,
                },
            ),
            Linear(
                variable=variable("output"),
                parents=("blend", "price[2]", "output[1]", "strain"),
                start="2011-01-01",
            ),
            PartialAdjustment(variable=variable("silent"), parents=("price",)),
        ),
    )


def small_series(seed=1, length=LENGTH):
    generator = np.random.default_rng(seed)
    steps = [0, 0, 0.3, 0.8, 0.8, 0.5, 0.2, 0.2, 0.6, 1.0, 1.0, 0.7]
    series = {
        "sanction": np.array([*steps, *[0.4] * (length - len(steps))]),
        "weather": generator.normal(size=length),
        "price": 3 + np.cumsum(generator.normal(size=length)),
        "output": generator.normal(1.0, 2.0, length),
        "silent": np.full(length, np.nan),
    }
    series["price"][[0, 1, 9]] = np.nan
    series["output"][[12, -1]] = np.nan
    return series


def whole_series():
    """The same without holes; `silent` stays silent."""
    series = small_series()
    return series | {name: np.nan_to_num(series[name]) for name in ("price", "output")}


def small_observations(series):
    time = np.arange("2010-01", "2020-01", 3, dtype="datetime64[M]").astype("datetime64[ns]")
    length = len(series["weather"])
    return xr.Dataset(
        {name: ("time", path) for name, path in series.items()}, coords={"time": time[:length]}
    )


def as_prior(table):
    return getattr(prior_families, table["family"])(**table)


def make_problem(noise=Noise.STUDENT_T, *, series=None, tables=None):
    tables = TABLES if tables is None else tables
    priors = Priors.from_addresses({address: as_prior(table) for address, table in tables.items()})
    observations = small_observations(small_series() if series is None else series)
    return Problem.of(small_scm(noise), observations, priors)


CRISIS_TABLES = TABLES | {
    "crisis_multiplier": {"family": "LogNormal", "median": 2.0, "sigma": 0.5},
    "crisis_multiplier[second]": {"family": "Gamma", "alpha": 3.0, "beta": 2.0},
}


def crisis_scm(noise=Noise.STUDENT_T):
    """The small model with two windows of larger shocks; a completed cell lies in the second."""
    windows = (
        Crisis("first", "2010-10-01", "2011-03-31"),
        Crisis("second", "2012-12-01", "2013-02-01"),
    )
    return replace(small_scm(noise), crises=windows)


def crisis_problem(noise=Noise.STUDENT_T):
    priors = {address: as_prior(table) for address, table in CRISIS_TABLES.items()}
    observations = small_observations(small_series())
    return Problem.of(crisis_scm(noise), observations, Priors.from_addresses(priors))


LEARNING_LENGTH = 20
WIDE = {"family": "Normal", "mu": 0.1, "sigma": 0.5}
LEARNING_TABLES = {
    "need[1] -> growth": WIDE,
    "growth[1] -> learnt": WIDE,
    "mean -> learnt": WIDE,
    "learnt -> price": WIDE,
    "need[2] -> price": WIDE,
    "intercept": WIDE,
    "scale": {"family": "HalfNormal", "sigma": 1.5},
    "degrees_of_freedom": {"family": "Gamma", "alpha": 2.0, "beta": 0.1, "shift": 2.0},
    "persistence": {"family": "Beta", "alpha": 4.0, "beta": 3.0},
}


def learning_scm():
    return StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            PartialAdjustment(variable=variable("growth"), parents=("need[1]",)),
            Identity(variable=variable("mean"), terms={"growth": 0.5, "growth[1]": 0.5}),
            Accumulator(variable=variable("need"), terms={"mean": 2.0, "x[1]": -1.0}),
            LatentAdjustment(variable=variable("learnt"), parents=("growth[1]", "mean")),
            Linear(variable=variable("price"), parents=("learnt", "need[2]")),
        )
    )


def learning_series():
    generator = np.random.default_rng(8)
    found = {name: generator.normal(size=LEARNING_LENGTH) for name in ("x", "growth", "price")}
    found["growth"][[0, 1, 9, LEARNING_LENGTH - 1]] = np.nan  # starts late; a hole; a ragged edge
    return found


def learning_problem():
    observations = small_observations(learning_series() | {"weather": np.zeros(LEARNING_LENGTH)})
    priors = Priors.from_addresses({a: as_prior(table) for a, table in LEARNING_TABLES.items()})
    return Problem.of(learning_scm(), observations.drop_vars("weather"), priors)
