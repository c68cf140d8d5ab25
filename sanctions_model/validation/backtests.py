"""Fit to the past alone, feed in the oil and the measures that came, compare with what happened.

The test is of the effects, not of foresight: the oil price, the five measures, the pandemic, war
and budget terms take their real paths, everything else is predicted; dates of crises after the
window are not known. Intercepts, scales and means come from the training window; where beliefs are
stated relative to data that the window has not, they are those of ``data/backtests.toml``, which
names them judgements. The rivals see the same window and are fed
nothing. Variants change one thing about the window or the beliefs and ask again: they say what a
failure hangs on. They are stated after the failure and pass no test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.transformations import growth, load_raw
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.refits import SamplingSettings, refit
from sanctions_model.inference.samplers import Sampler, sampler_for
from sanctions_model.scm.interventions import SetTo
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import read_period
from sanctions_model.summaries import interval_rule
from sanctions_model.validation.origins.annual import annual_table
from sanctions_model.validation.origins.baselines import RivalPaths
from sanctions_model.validation.origins.rolling import (
    MODEL,
    ModelPaths,
    forecast_paths,
    rival_paths,
)
from sanctions_model.validation.stated_backtests import BackTest, Variant
from sanctions_model.validation.windows import (
    as_known_at,
    clocks_ahead,
    scored_series,
    series_in,
    training_observations,
    training_problem,
)

NO_SANCTIONS = "this model, measures and war left out"
EXPORT_PRICE = "this model, fed the price of Urals"
_OIL = ("oil_growth", "log_oil")  # the oil price as models have it
_EXPORT_OIL, _DISCOUNT = "export_oil_growth", "oil_discount"
_WAR = ("war", "war_pulse", "fiscal_impulse", "gas_stopped")


@dataclass(frozen=True, kw_only=True)
class BackTestResult:
    """What a back-test found.

    `quarterly`: one row a forecaster, series and quarter: ``outcome``, ``median``, ``lower``,
    ``upper`` of the equal-tailed interval, ``inside``, ``crps`` and ``log_score``. `annual`: one
    row a forecaster, series and year: ``statistic``, ``outcome``, ``median``, ``lower``, ``upper``,
    ``width``, ``inside``. `variants`: the yearly table of each variant, with its ``title``; the
    random walk is that of its window. `silent`: equations without data in the window.
    """

    spec: BackTest
    quarterly: pd.DataFrame
    annual: pd.DataFrame
    variants: pd.DataFrame
    silent: tuple[str, ...]


def back_test_problem(
    spec: BackTest,
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    *,
    variant: Variant | None = None,
    raw: Path | str | None = None,
) -> tuple[Problem, xr.Dataset, tuple[str, ...]]:
    """Return the problem of the window, its observations and the equations without data in it.

    Raises `QuestionError` if a judgement is given for an equation that has data, or lacks for a
    belief relative to data that are not there. Raises `UnknownVariableError` if a variant speaks of
    a variable that the model has not.
    """
    variant = variant.form_for(scm) if variant else None
    factors_until = variant.factors_until if variant else None
    window = training_observations(
        observations, scm, spec.train_end, raw=raw, factors_until=factors_until
    )
    if variant is not None:
        window = _from(window, scm, variant.starts)
    quarters = pd.PeriodIndex(window[dims.TIME].to_numpy(), freq="Q")
    last = list(quarters).index(read_period(spec.train_end, 4, end=True))
    scm, seen, priors = as_known_at(scm, window, priors, last)
    silent = tuple(
        name for name in scm.stochastic if name not in Problem.of(scm, seen, priors).cases.moments
    )
    possible = {f"{what}[{name}]" for name in silent for what in ("intercept", "scale")}
    wanted = {a for a in possible if getattr(priors[a], "relative_to_series", False)}
    wrong = sorted((set(spec.judgement) - possible) | (wanted - set(spec.judgement)))
    if wrong:
        raise QuestionError(
            f"The back-test to {spec.train_end} needs judgements for exactly "
            f"{', '.join(sorted(wanted)) or 'nothing'}; look at {wrong[0]!r}."
        )
    stated = {address: prior for address, prior in spec.judgement.items() if address in wanted}
    judged = priors.replace({**stated, **(variant.priors if variant else {})})
    return training_problem(scm, seen, judged), seen, silent


def _from(window: xr.Dataset, scm: StructuralCausalModel, starts: Mapping[str, str]) -> xr.Dataset:
    found = window.copy(deep=True)
    quarters = pd.PeriodIndex(window[dims.TIME].to_numpy(), freq="Q")
    for name, first in starts.items():
        scm.graph.require(name, "the starts of a variant")
        found[name] = found[name].where(quarters >= read_period(first, 4))
    return found


class _Answer(NamedTuple):
    own: Mapping[str, ModelPaths]
    rivals: Mapping[str, Mapping[str, RivalPaths]]
    annual: pd.DataFrame
    silent: tuple[str, ...]


def run_back_test(
    spec: BackTest,
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    *,
    settings: SamplingSettings | None = None,
    with_minnesota: bool = True,
    sampler: Sampler | None = None,
) -> BackTestResult:
    """Refit to the window, feed in oil and measures, predict and compare.

    Parameters
    ----------
    spec : BackTest
        Window, periods predicted and what is compared, as `load_back_tests` returns it.
    scm : StructuralCausalModel
        Whose equations are asked.
    observations : xr.Dataset
        The bundled table for it.
    priors : Priors
        The stated beliefs, of which `spec` fixes those that the window cannot inform.
    settings : SamplingSettings, optional
        Draws, tuning draws, chains and seed of each refit.
    with_minnesota : bool
        Whether the vector autoregression of the extra ``bench`` takes part.
    sampler : Sampler, optional
        That of `sampler_for` by default.

    Returns
    -------
    BackTestResult
        Tables by quarter and by year, a row a forecaster and series, with equal-tailed intervals.

    Raises
    ------
    ObservationError
        If the window or the years to predict are not in the table.
    QuestionError
        If a judgement is given for an equation that has data, or lacks for a belief relative to
        data that are not there.
    """
    settings = settings or SamplingSettings()
    quarters = pd.PeriodIndex(observations[dims.TIME].to_numpy(), freq="Q")
    names = [str(quarter) for quarter in quarters]
    last, end = names.index(spec.train_end), names.index(spec.test_end)
    fed = _fed(spec, scm, observations, last, end)

    def ask(variant: Variant | None, *, with_minnesota: bool) -> _Answer:
        problem, window, silent = back_test_problem(
            spec, scm, observations, priors, variant=variant
        )
        again = refit(
            problem, settings, sampler=sampler or sampler_for(scm), allow_unconverged=True
        )
        draws = again.posterior
        seed = settings.random_seed
        own = {
            who: forecast_paths(
                problem,
                draws,
                last=last,
                horizon=end - last,
                exogenous={**drivers, **clocks_ahead(scm, window, last, end - last)},
                interventions=prices,
                random_seed=seed,
            )
            for who, (drivers, prices) in fed.items()
        }
        rivals = rival_paths(
            window,
            scm,
            last=last,
            horizon=end - last,
            draws=settings.draws * settings.chains,
            random_seed=seed,
            with_minnesota=with_minnesota,
        )
        paths = {who: found.paths for who, found in own.items()} | {
            who: {name: found.paths for name, found in series.items()}
            for who, series in rivals.items()
        }
        annual = annual_table(
            {
                who: {n: p for n, p in found.items() if n not in _OIL}
                for who, found in paths.items()
            },
            {name: series_in(window, scm, name) for name in scored_series(scm)},
            {name: series_in(observations, scm, name) for name in scored_series(scm)},
            years_of=[quarter.year for quarter in quarters],
            last=last,
            years=(end - last) // 4,
            prob=interval_rule().prob,
        )
        return _Answer(own, rivals, annual.assign(converged=again.converged), silent)

    stated = ask(None, with_minnesota=with_minnesota)
    variants = [
        ask(variant, with_minnesota=False).annual.assign(title=variant.title)
        for variant in spec.variant.values()
    ]
    return BackTestResult(
        spec=spec,
        quarterly=_quarterly_table(
            stated, scm, observations, last=last, quarters=names[last + 1 : end + 1]
        ),
        annual=stated.annual,
        variants=pd.concat([stated.annual.iloc[:0], *variants], ignore_index=True),
        silent=stated.silent,
    )


type _Fed = tuple[Mapping[str, np.ndarray], Sequence[SetTo]]


def _fed(
    spec: BackTest, scm: StructuralCausalModel, observations: xr.Dataset, last: int, end: int
) -> dict[str, _Fed]:
    """Drivers and prices that each forecaster with our equations is fed."""
    span = slice(last + 1, end + 1)
    came = {name: observations[name].to_numpy()[span] for name in scm.exogenous}
    for name in clocks_ahead(scm, observations, last, end - last):
        del came[name]
    oil = tuple(
        SetTo(variable=name, value=tuple(map(float, observations[name].to_numpy()[span])))
        for name in _OIL
        if name in scm.stochastic
    )
    calm = {n: path for n, path in came.items() if n not in (*MEASURES, *_WAR)}
    found: dict[str, _Fed] = {MODEL: (came, oil), NO_SANCTIONS: (calm, oil)}
    if spec.export_price is not None:
        quarters = pd.PeriodIndex(observations[dims.TIME].to_numpy(), freq="Q")[span]
        if _DISCOUNT in scm.stochastic:
            discount = observations[_DISCOUNT].to_numpy()[span]
            price = SetTo(variable=_DISCOUNT, value=tuple(map(float, discount)))
        else:
            price = SetTo(variable=_EXPORT_OIL, value=_growth_of(spec.export_price, quarters))
        found[EXPORT_PRICE] = (came, (*oil, price))
    return found


def _quarterly_table(
    answer: _Answer,
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    *,
    last: int,
    quarters: Sequence[str],
) -> pd.DataFrame:
    rows = []
    for name in scored_series(scm):
        if name in _OIL:
            continue
        came = series_in(observations, scm, name)
        for step, quarter in enumerate(quarters, start=1):
            outcome = float(came[last + step])
            if not np.isfinite(outcome):
                continue
            mixtures = {who: found.at(name, step) for who, found in answer.own.items()}
            for who, series in answer.rivals.items():
                if name in series:
                    mixtures[who] = series[name].at(step)
            for forecaster, mixture in mixtures.items():
                lower, upper = mixture.interval(interval_rule().prob)
                rows.append(
                    {
                        "forecaster": forecaster,
                        "series": name,
                        "quarter": quarter,
                        "outcome": outcome,
                        "median": float(np.median(mixture.drawn)),
                        "lower": lower,
                        "upper": upper,
                        "inside": lower <= outcome <= upper,
                        "crps": mixture.crps(outcome),
                        "log_score": mixture.log_score(outcome),
                    }
                )
    return pd.DataFrame(rows)


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
