"""Fit to the past alone, feed in the oil and the measures that came, compare with what happened.

The test is of the effects, not of foresight: the oil price, the five measures, the pandemic and war
terms take their real paths, everything else is predicted. Intercepts, scales and means come from
the training window; equations without data in it take the fixed arguments of
``data/backtests.toml``, which names them judgements. The rivals see the same window and are fed
nothing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model import dims
from sanctions_model.datasets import data_path
from sanctions_model.errors import QuestionError
from sanctions_model.interventions import SetTo
from sanctions_model.prior_families import (
    Beta,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    StudentT,
)
from sanctions_model.priors import Priors
from sanctions_model.problem import Problem
from sanctions_model.rolling import (
    MODEL,
    RATES,
    ModelPaths,
    Settings,
    forecast_paths,
    refit,
    rival_paths,
)
from sanctions_model.sampling import Compiled
from sanctions_model.scm import StructuralCausalModel
from sanctions_model.training import training_observations, training_problem
from sanctions_model.transformations import chain_level, growth, load_raw
from sanctions_model.transmission import MEASURES

__all__ = [
    "EXPORT_PRICE",
    "NO_SANCTIONS",
    "BackTest",
    "BackTestResult",
    "annual_values",
    "back_test_problem",
    "load_back_tests",
    "run_back_test",
]

NO_SANCTIONS = "this model, measures and war left out"
EXPORT_PRICE = "this model, fed the price of Urals"
FORMAT_VERSION = 1
_PROB = 0.9
_OIL, _EXPORT_OIL = "oil_growth", "export_oil_growth"
_ANNUAL_AVERAGE = ("gdp_growth", "import_growth", "real_wage_growth")
_WORDS = {
    "average": "annual average on the year before, %",
    "through": "fourth quarter on fourth quarter, %",
    "mean": "mean of the year, % a year",
}

type _Prior = Annotated[
    Normal | StudentT | LogNormal | Beta | Gamma | HalfNormal | Fixed,
    Field(discriminator="family"),
]


class BackTest(BaseModel):
    """A training window, what is predicted after it, and judgements for silent equations.

    Parameters
    ----------
    title : str
    train_end, test_end : str
        Last quarters of the window and of the prediction.
    judgement : mapping of str to Prior
        By address, for equations without data in the window.
    export_price : str, optional
        Column of ``raw_quarterly.csv`` with the price that exporters got, in USD a barrel. It is
        then fed in as well, in place of what the model makes of Brent and the measures on energy.
    published : tuple of str
        Evidence ids of forecasts of the same years.
    comment : str
        What is known of why the test went as it did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    train_end: str
    test_end: str
    judgement: Mapping[str, _Prior] = {}
    export_price: str | None = None
    published: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class BackTestResult:
    """What a back-test found.

    Parameters
    ----------
    spec : BackTest
    quarterly : pandas.DataFrame
        One row a forecaster, series and quarter: ``outcome``, ``median``, ``lower``, ``upper`` of
        the 90 % interval, ``inside``, ``crps`` and ``log_score``.
    annual : pandas.DataFrame
        One row a forecaster, series and year: ``statistic``, ``outcome``, ``median``, ``lower``,
        ``upper``, ``width``, ``inside``.
    silent : tuple of str
        Equations without data in the window.
    """

    spec: BackTest
    quarterly: pd.DataFrame
    annual: pd.DataFrame
    silent: tuple[str, ...]


def load_back_tests(path: Path | str | None = None) -> dict[str, BackTest]:
    """Read back-tests from a TOML file.

    Parameters
    ----------
    path : path, optional
        The bundled file by default.

    Returns
    -------
    dict of str to BackTest
        By name.

    Raises
    ------
    QuestionError
        If the file cannot be read or a table is not a back-test; the message names the place.

    Examples
    --------
    >>> load_back_tests()["war_of_2022"].train_end
    '2021Q4'
    """
    file = data_path("backtests.toml") if path is None else Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuestionError(f"Cannot read {file.name}: {error}; give a back-test file.") from None
    if content.get("format_version") != FORMAT_VERSION or not content.get("backtest"):
        raise QuestionError(
            f"{file.name}: expected format_version = {FORMAT_VERSION} and tables [backtest.NAME]."
        )
    found = {}
    for name, table in content["backtest"].items():
        try:
            found[name] = BackTest.model_validate(table)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise QuestionError(
                f"{file.name}: [backtest.{name}]: {place}: {first['msg']}."
            ) from None
    return found


def back_test_problem(
    spec: BackTest,
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    *,
    raw: Path | str | None = None,
) -> tuple[Problem, xr.Dataset, tuple[str, ...]]:
    """Return the problem of the window, its observations and the equations without data in it.

    Raises
    ------
    QuestionError
        If a judgement is given for an equation that has data, or lacks for one that has none.
    """
    window = training_observations(observations, scm, spec.train_end, raw=raw)
    silent = tuple(
        name for name in scm.stochastic if name not in Problem.of(scm, window, priors).cases.moments
    )
    wanted = {f"{what}[{name}]" for name in silent for what in ("intercept", "scale")}
    if set(spec.judgement) != wanted:
        wrong = sorted(set(spec.judgement) ^ wanted)
        raise QuestionError(
            f"The back-test to {spec.train_end} needs judgements for exactly "
            f"{', '.join(sorted(wanted)) or 'nothing'}; look at {wrong[0]!r}."
        )
    judged = priors.replace(dict(spec.judgement)) if spec.judgement else priors
    return training_problem(scm, window, judged), window, silent


def run_back_test(
    spec: BackTest,
    compiled: Compiled,
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    *,
    settings: Settings | None = None,
    with_minnesota: bool = True,
) -> BackTestResult:
    """Refit to the window, feed in oil and measures, predict and compare.

    Parameters
    ----------
    spec : BackTest
        Window, periods predicted and what is compared, as `load_back_tests` returns it.
    compiled : Compiled
        Of any training window of the same model.
    scm : StructuralCausalModel
        The default transmission.
    observations : xr.Dataset
        The bundled table.
    priors : Priors
        The stated beliefs, of which `spec` fixes those that the window cannot inform.
    settings : Settings, optional
        Draws, tuning draws, chains and seed of each refit.
    with_minnesota : bool
        Whether the vector autoregression of the extra ``bench`` takes part.

    Returns
    -------
    BackTestResult
        Tables by quarter and by year, a row a forecaster and series, with 90 % intervals.

    Raises
    ------
    ObservationError
        If the window or the years to predict are not in the table.
    QuestionError
        If the compiled model has another structure.
    """
    settings = settings or Settings(draws=1000, tune=1000, chains=4)
    problem, window, silent = back_test_problem(spec, scm, observations, priors)
    index = pd.PeriodIndex(observations[dims.TIME].to_numpy(), freq="Q")
    names = [str(period) for period in index]
    last, end = names.index(spec.train_end), names.index(spec.test_end)
    horizon = end - last
    draws = refit(compiled, problem, settings)
    future = {
        name: observations[name].to_numpy()[last + 1 : end + 1] for name in (*scm.exogenous, _OIL)
    }
    oil = SetTo(variable=_OIL, value=tuple(float(v) for v in future.pop(_OIL)))

    def predict(drivers: Mapping[str, np.ndarray], *more: SetTo) -> ModelPaths:
        return forecast_paths(
            problem,
            draws,
            last=last,
            horizon=horizon,
            exogenous=drivers,
            interventions=[oil, *more],
            random_seed=settings.random_seed,
        )

    calm = {n: path for n, path in future.items() if n not in (*MEASURES, "war")}
    own = {MODEL: predict(future), NO_SANCTIONS: predict(calm)}
    if spec.export_price is not None:
        price = _growth_of(spec.export_price, index[last + 1 : end + 1])
        own[EXPORT_PRICE] = predict(future, SetTo(variable=_EXPORT_OIL, value=price))
    forecasts = {forecaster: found.paths for forecaster, found in own.items()}
    rivals = rival_paths(
        window,
        scm,
        last=last,
        horizon=horizon,
        draws=settings.draws * settings.chains,
        random_seed=settings.random_seed,
        with_minnesota=with_minnesota,
    )
    forecasts |= {
        rival: {name: rival_path.paths for name, rival_path in series.items()}
        for rival, series in rivals.items()
    }
    quarterly = []
    for name in scm.stochastic:
        if name == _OIL:
            continue
        for step in range(1, horizon + 1):
            outcome = float(observations[name].to_numpy()[last + step])
            if not np.isfinite(outcome):
                continue
            mixtures = {who: found.at(name, step) for who, found in own.items()}
            mixtures |= {
                who: series[name].at(step) for who, series in rivals.items() if name in series
            }
            for forecaster, mixture in mixtures.items():
                lower, upper = mixture.interval(_PROB)
                quarterly.append(
                    {
                        "forecaster": forecaster,
                        "series": name,
                        "quarter": names[last + step],
                        "outcome": outcome,
                        "median": float(np.median(mixture.drawn)),
                        "lower": lower,
                        "upper": upper,
                        "inside": lower <= outcome <= upper,
                        "crps": mixture.crps(outcome),
                        "log_score": mixture.log_score(outcome),
                    }
                )
    annual = _annual_table(forecasts, window, observations, index, last, end)
    return BackTestResult(
        spec=spec, quarterly=pd.DataFrame(quarterly), annual=annual, silent=silent
    )


def _growth_of(column: str, quarters: pd.PeriodIndex) -> tuple[float, ...]:
    """Log growth of a transcribed price in each of the quarters, in percent."""
    prices = load_raw(data_path("raw_quarterly.csv"))
    if column not in prices.columns:
        raise QuestionError(
            f"There is no price {column!r} to feed in; raw_quarterly.csv has "
            f"{', '.join(prices.columns)}."
        )
    rates = growth(prices[column]).reindex(quarters)
    if rates.isna().any():
        raise QuestionError(
            f"The price {column!r} is not known in {rates.index[rates.isna()][0]}, which the "
            "back-test needs; leave out export_price."
        )
    return tuple(float(rate) for rate in rates)


def annual_values(
    name: str, history: np.ndarray, future: np.ndarray, years: int
) -> tuple[str, np.ndarray]:
    """Return the yearly figure that people quote of a series, for whole years after its history.

    Growth of output, imports and wages: annual average on the annual average before. Prices,
    credit and the rouble: fourth quarter on fourth quarter. Rates: mean of the year.

    Parameters
    ----------
    name : str
        A series of the default transmission.
    history : numpy.ndarray
        Quarters up to the end of a year, shape ``(time,)``.
    future : numpy.ndarray
        Quarters after it, shape ``(draw, 4 * years)``.
    years : int

    Returns
    -------
    str
        The figure in words, with its unit.
    numpy.ndarray
        Shape ``(draw, years)``; not a number where a quarter is missing.

    Examples
    --------
    >>> words, values = annual_values("key_rate", np.ones(4), np.full((1, 4), 7.0), 1)
    >>> float(values[0, 0])
    7.0
    """
    size = len(future)
    if name in RATES:
        return _WORDS["mean"], future.reshape(size, years, 4).mean(axis=2)
    if name not in _ANNUAL_AVERAGE:
        total = future.reshape(size, years, 4).sum(axis=2)
        return _WORDS["through"], 100 * np.expm1(total / 100)
    # Levels from the first quarter of the last known year on; its own growth is not needed.
    known = np.concatenate([[0.0], history[-3:]])
    rates = np.concatenate([np.repeat(known[None], size, axis=0), future], axis=1)
    means = np.exp(np.cumsum(rates, axis=1) / 100).reshape(size, years + 1, 4).mean(axis=2)
    return _WORDS["average"], 100 * (means[:, 1:] / means[:, :-1] - 1)


def _annual_table(
    forecasts: Mapping[str, Mapping[str, np.ndarray]],
    window: xr.Dataset,
    observations: xr.Dataset,
    index: pd.PeriodIndex,
    last: int,
    end: int,
) -> pd.DataFrame:
    years = (end - last) // 4
    published = _unadjusted()
    rows = []
    for forecaster, own in forecasts.items():
        for name, paths in own.items():
            if name == _OIL:
                continue
            truth = observations[name].to_numpy()
            words, outcomes = annual_values(
                name, truth[: last + 1], truth[None, last + 1 : last + 1 + 4 * years], years
            )
            _, values = annual_values(
                name, window[name].to_numpy()[: last + 1], paths[:, : 4 * years], years
            )
            for position in range(years):
                year = index[last + 1 + 4 * position].year
                outcome = published.get((name, year), float(outcomes[0, position]))
                sample = values[:, position]
                if not np.isfinite(outcome) or not np.isfinite(sample).all():
                    continue
                middle, lower, upper = np.quantile(sample, [0.5, (1 - _PROB) / 2, (1 + _PROB) / 2])
                rows.append(
                    {
                        "forecaster": forecaster,
                        "series": name,
                        "year": year,
                        "statistic": words,
                        "outcome": outcome,
                        "median": middle,
                        "lower": lower,
                        "upper": upper,
                        "width": upper - lower,
                        "inside": bool(lower <= outcome <= upper),
                    }
                )
    return pd.DataFrame(rows)


def _unadjusted() -> dict[tuple[str, int], float]:
    """Yearly growth of output and of prices from unadjusted figures, which need no adjustment."""
    raw = load_raw(data_path("raw_quarterly.csv"))
    output = raw["gdp_index_nsa_2021eq100"]
    prices = chain_level(raw["cpi_growth_nsa_pct"])
    found: dict[tuple[str, int], float] = {}
    by_year: dict[int, list[float]] = {}
    for period, level in zip(pd.PeriodIndex(output.index), output.to_numpy(), strict=True):
        by_year.setdefault(period.year, []).append(float(level))
    means = {year: float(np.mean(own)) for year, own in by_year.items() if len(own) == 4}
    for year, mean in means.items():
        if np.isfinite(mean) and np.isfinite(means.get(year - 1, np.nan)):
            found["gdp_growth", year] = 100 * (mean / means[year - 1] - 1)
    ends = {
        period.year: float(level)
        for period, level in zip(pd.PeriodIndex(prices.index), prices.to_numpy(), strict=True)
        if period.quarter == 4
    }
    for year, level in ends.items():
        if np.isfinite(level) and year - 1 in ends:
            found["inflation", year] = 100 * (level / ends[year - 1] - 1)
    return found
