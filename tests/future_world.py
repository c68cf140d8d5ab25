"""A world of two futures and one outcome, in which mixtures have closed forms.

The measure `trade` is 0 while relief rules and 1 otherwise; ``y_t = a y_{t-1} + b trade_t + s e``.
"""

import numpy as np
from laboratory import as_observations
from strategies import variable

from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.sample import available_cases
from sanctions_model.scenarios.library import FutureProcess, ScenarioLibrary
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scm.equations import Exogenous, Level, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold, Noise

A, B, SCALE = 0.6, 2.0, 0.7
INITIAL = np.array([0.35, 0.65])
MATRIX = np.array([[0.8, 0.2], [0.3, 0.7]])


def world():
    """The problem and its one draw."""
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            Exogenous(variable=variable("trade"), continuation=Hold(1.0)),
            Linear(variable=variable("y"), parents=("y[1]", "trade")),
        ),
        levels=(Level(variable=variable("total"), flow="y"),),
        headline=("y", "total"),
    )
    series = {"trade": np.ones(6), "y": np.array([5.0, 4.0, 5.5, 5.1, 4.8, 5.0])}
    observations = as_observations(series)
    problem = Problem(
        scm=scm,
        observations=observations,
        priors=Priors(entries={}),
        cases=available_cases(scm, observations),
        absolute={},
    )
    return problem, pin(scm, {"y[1] -> y": A, "trade -> y": B, "scale[y]": SCALE})


def repeated(draws, count):
    return draws.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))


def scenario(**designs):
    return Scenario(format_version=1, label="made up", **designs)


def at_once(depth=1.0, measures=("trade",), **more):
    phase = {"start": 1, "ramp": 1, "depth": depth}
    return {"measures": measures, "phase": (phase,), **more}


def library(*, scenarios=None, initial=tuple(INITIAL), matrix=MATRIX, **process):
    scenarios = scenarios or {"open": scenario(relief=(at_once(),)), "closed": scenario()}
    settings = {"every": 1, "return_ramp": 1, "status_quo": "closed"} | process
    return ScenarioLibrary(
        scenarios=scenarios,
        futures=FutureProcess(
            order=tuple(scenarios),
            initial=initial,
            transition=tuple(map(tuple, matrix)),
            **settings,
        ),
        origin="made up",
        sha256="0" * 64,
    )


def chain_moments(horizon, initial=INITIAL):
    """Mean and covariance over time of "relief rules", a two-state Markov chain."""
    powers = [np.linalg.matrix_power(MATRIX, lag) for lag in range(horizon)]
    mean = np.array([(initial @ power)[0] for power in powers])
    joint = np.array(
        [
            [mean[min(s, t)] * powers[abs(t - s)][0, 0] for t in range(horizon)]
            for s in range(horizon)
        ]
    )
    return mean, joint - np.outer(mean, mean)


def effect_moments(horizon, initial=INITIAL):
    """Mean and variance over paths of the effect on y in the last period."""
    mean, covariance = chain_moments(horizon, initial)
    weights = -B * A ** np.arange(horizon)[::-1]
    return weights @ mean, weights @ covariance @ weights
