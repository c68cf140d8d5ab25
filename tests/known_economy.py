"""A small simulated economy whose truth is known, for learning, testing and calibration.

Trade measures raise a latent premium, the premium prices, prices the key rate, the rate lowers
growth and growth moves prices a quarter later. ``harvest`` is a Gaussian regression with a known
scale, so that its posterior has a closed form; ``silent`` never has data, so that its posterior is
its prior. Series and true effects come from plain loops over periods, written without the engine
that they are to judge.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.inference.priors.families import Beta, Fixed, Gamma, LogNormal, Normal
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.variables import Hold, Variable

__all__ = [
    "BELIEFS",
    "ECONOMY",
    "PERIODS",
    "draw_truth",
    "observe_economy",
    "relief_effect",
    "series_as_observations",
    "simulate_series",
]

PERIODS = 80
RATE_FROM = 10  # the key rate is observed from here on
BURN_IN = 60
HARVEST_SCALE, HARVEST_SIGMA, HARVEST_INTERCEPT_SIGMA = 0.75, 1.0, 2.0

type Seed = int | Sequence[int]


def _variable(name: str, unit: str = "%") -> Variable:
    return Variable(name=name, unit=unit)


ECONOMY = StructuralCausalModel(
    name="laboratory",
    equations=(
        Exogenous(variable=_variable("trade", "intensity"), continuation=Hold(1.0)),
        Exogenous(variable=_variable("weather", "degrees"), continuation=Hold(0.0)),
        AsymmetricAdjustment(variable=_variable("effective_trade", "intensity"), measure="trade"),
        LatentAdjustment(variable=_variable("premium"), parents=("effective_trade",)),
        PartialAdjustment(variable=_variable("inflation"), parents=("premium", "growth[1]")),
        PartialAdjustment(variable=_variable("key_rate"), parents=("inflation",)),
        Linear(
            variable=_variable("growth"), parents=("growth[1]", "key_rate[1]", "trade", "weather")
        ),
        Linear(variable=_variable("harvest", "tonnes"), parents=("weather", "weather[1]")),
        Linear(variable=_variable("silent"), parents=("weather",)),
    ),
    levels=(
        Level(variable=_variable("price_level"), flow="inflation"),
        Level(variable=_variable("output_level"), flow="growth"),
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

BELIEFS = Priors.from_addresses(
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


def draw_truth(seed: Seed) -> dict[str, float]:
    """Draw the economy's parameters from its priors, by address.

    Intercepts are those of uncentred equations. A fit reads intercepts at the mean of the parents,
    which the data set; their prior is wide, so it hardly matters that the truth is drawn from a
    narrower one.

    Parameters
    ----------
    seed : int or sequence of int

    Returns
    -------
    dict of str to float
        In the units of the priors.

    Examples
    --------
    >>> draw_truth(1)["scale[harvest]"]
    0.75
    """
    generator = np.random.default_rng(seed)
    absolute = BELIEFS.for_model(ECONOMY)
    truth = {}
    for address in addresses(ECONOMY):
        drawn = float(absolute[address].sample(generator, 1)[0])
        truth[address] = drawn / 8.0 if address.startswith("intercept") else drawn
    truth["intercept[harvest]"] *= 8.0  # nothing in this equation is centred
    return truth


def simulate_series(truth: Mapping[str, float], seed: Seed) -> dict[str, np.ndarray]:
    """Simulate the economy, plain loops after a burn-in; the measure rises in steps.

    Parameters
    ----------
    truth : mapping of str to float
        By address, as `draw_truth` returns it.
    seed : int or sequence of int

    Returns
    -------
    dict of str to numpy.ndarray
        Every observed and exogenous series without gaps, shape ``(PERIODS,)``, but ``silent``,
        which is nowhere a number.
    """
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

    def adjusted(name: str, last: float, target: float) -> float:
        rho = truth[f"persistence[{name}]"]
        return rho * last + (1 - rho) * target

    premium, inflation, rate, growth, harvest = np.zeros((5, length))
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


def series_as_observations(series: Mapping[str, np.ndarray], first: str = "2000Q1") -> xr.Dataset:
    """Quarterly series as the Dataset that a fit takes.

    Parameters
    ----------
    series : mapping of str to numpy.ndarray
        Of one length; not a number where missing.
    first : str
        The first quarter.

    Returns
    -------
    xr.Dataset
        Dim ``time``.
    """
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


def relief_effect(truth: Mapping[str, float], horizon: int) -> dict[str, np.ndarray]:
    """Return what full relief of trade in four steps does, by plain loops on differences.

    Parameters
    ----------
    truth : mapping of str to float
        By address, as `draw_truth` returns it.
    horizon : int
        Periods from the first step.

    Returns
    -------
    dict of str to numpy.ndarray
        ``premium``, ``inflation``, ``key_rate``, ``growth`` and the levels ``price_level`` and
        ``output_level``, shape ``(horizon,)``, % and pp against a measure that stays.
    """
    share, speed = truth["recoverable_share[trade]"], truth["recovery_speed[trade]"]
    names = ("premium", "inflation", "key_rate", "growth", "price_level", "output_level")
    found: dict[str, list[float]] = {name: [] for name in names}
    effective, state = 1.0, dict.fromkeys(names, 0.0)
    for period in range(1, horizon + 1):
        measure = 1.0 - min(period / 4, 1.0)
        goal = measure + (1 - share) * (1 - measure)
        effective = max(effective + speed * (goal - effective), measure)
        before, state = state, {}

        def adjusted(name: str, target: float, before: Mapping[str, float] = before) -> float:
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


def observe_economy(truth: Mapping[str, float], seed: Seed) -> xr.Dataset:
    """Simulate observations with gaps: a late start, a hole and a ragged edge.

    Parameters
    ----------
    truth : mapping of str to float
        By address, as `draw_truth` returns it.
    seed : int or sequence of int

    Returns
    -------
    xr.Dataset
        Dim ``time``.

    Examples
    --------
    >>> observed = observe_economy(draw_truth(1), 2)
    >>> bool(np.isnan(observed["key_rate"][0]))
    True
    """
    series = simulate_series(truth, seed)
    series["key_rate"][:RATE_FROM] = np.nan
    series["growth"][40] = np.nan
    series["growth"][-1] = np.nan
    series["harvest"][-2:] = np.nan
    return series_as_observations(series)
