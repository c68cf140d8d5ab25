"""What a forecaster would have had at a date: series up to it, adjusted with them alone.

A seasonal adjustment is two-sided: one over the whole sample lets the future into the past. Prices,
GDP and credit are therefore adjusted anew inside each training window, and so are imports while
unadjusted figures exist (to 2017Q4). Wages and later imports exist adjusted only; interest rates,
the rouble and oil need no adjustment. Revisions of the published figures themselves stay.

Nor does the model know what came later: crises that begin after the window are none, clocks
(drivers that grow by a step) read 0 at its end, and the belief about the level of the trend, which
is stated against the last output known, is moved to that of the window.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.economy_series import build_economy
from sanctions_model.data.observations import load_observations
from sanctions_model.data.transformations import build_quarterly, load_raw, seasonally_adjust
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.families import Normal, Prior
from sanctions_model.inference.priors.ledger import Priors, sample_prior
from sanctions_model.scm.equations import Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.periods import read_period
from sanctions_model.scm.simulation.history import evaluate_states, flows_of
from sanctions_model.scm.simulation.propagate import falling_shares
from sanctions_model.scm.variables import Grow, continued

_CREDIT = "credit_firms_rouble_rub_trn"
_IMPORTS, _IMPORTS_UNADJUSTED = "imports_goods_sa_usd_bn", "imports_goods_nsa_usd_bn"
_PRIOR_DRAWS = 1000
_FIRST_YEAR = ("2005Q1", "2005Q4")  # a base that every window holds
# Beliefs about a level at the end of the data, and the gap that each puts near 0 there.
_LEVELS = {"trend_level": "output_gap"}


def readjusted_within(last: str) -> dict[str, str]:
    """Say for each series how its seasonal adjustment knows nothing after a quarter.

    `last`: last quarter of the training window, as in ``"2013Q4"``. Returns: by series that
    forecasts are scored on.
    """
    inside = "adjusted anew inside the window"
    early = read_period(last, 4, end=True) <= pd.Period("2017Q4", freq="Q")
    return {
        "oil_growth": "no season to adjust",
        "depreciation": "no season to adjust",
        "import_growth": inside
        if early
        else "adjusted to 2017Q4 with figures to 2017Q4; later figures exist adjusted only",
        "inflation": inside,
        "key_rate": "no season to adjust",
        "lending_rate": "no season to adjust",
        "credit_growth": inside,
        "gdp_growth": inside,
        "real_wage_growth": "wages exist adjusted only; their deflator is adjusted anew",
    }


def training_observations(
    observations: xr.Dataset,
    scm: StructuralCausalModel,
    last: str,
    *,
    raw: Path | str | None = None,
    factors_until: str | None = None,
) -> xr.Dataset:
    """Return the bundled observations as they would be with figures up to a quarter only.

    The time axis stays whole: outcomes after the window are empty. Exogenous variables
    stay as they are.

    `observations`: as `load_observations` returns the bundled table. `last`: last quarter of the
    window, at least a year before the end of the data: later, the ragged edge would be completed.
    `raw`: transcribed figures; the bundled ones by default. `factors_until`: last quarter from
    which seasonal patterns are learnt, as in `seasonally_adjust`. Raises `QuestionError` if the
    quarter is outside the data or too near to their end.
    """
    figures = load_raw(data_path("raw_quarterly.csv") if raw is None else raw)
    period = read_period(last, 4, end=True)
    index = pd.PeriodIndex(observations[dims.TIME].to_numpy(), freq="Q")
    room = len(index) - 1 - scm.periods_per_year
    if period not in index or list(index).index(period) >= room:
        raise QuestionError(
            f"A training window to {last}; expected a quarter from {index[0]} to {index[room - 1]}."
        )
    figures = figures.loc[figures.index <= period].copy()
    learnt = None if factors_until is None else read_period(factors_until, 4, end=True)
    if _IMPORTS_UNADJUSTED in figures and figures[_IMPORTS_UNADJUSTED].notna().all():
        figures[_IMPORTS] = seasonally_adjust(
            figures[_IMPORTS_UNADJUSTED], periods_per_year=4, factors_until=learnt
        )
    short = figures[_CREDIT].notna().sum() < 2 * scm.periods_per_year
    if short:  # no season to be found yet: leave it out of the adjustment and of the window
        figures[_CREDIT] = 1.0
    series = build_quarterly(figures, factors_until=learnt)
    if short:
        series[scm.variables["credit_growth"].column] = np.nan
    further = [name for name in scm.observed if scm.variables[name].column not in series]
    if further:
        economy = load_raw(data_path("economy_raw.csv")).reindex(figures.index)
        series = series.join(build_economy(figures, economy, base=_FIRST_YEAR))
    series = series.reindex(index)
    found = observations.copy(deep=True)
    for name in scm.observed:
        values = series[scm.variables[name].column].to_numpy()
        if name in further and name.startswith("log_"):
            # The same base as the whole table's: what a level is called says nothing of the future.
            values = values + np.nanmean(observations[name].to_numpy() - values)
        found[name][:] = values
    return found


def as_known_at(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors, last: int
) -> tuple[StructuralCausalModel, xr.Dataset, Priors]:
    """Return model, window and beliefs as they could have been stated at the end of a window.

    `observations`: as `training_observations` returns it. Returns: without crises that begin later;
    the hazard of more is counted up to then; with clocks that read 0 in the last period of the
    window; with beliefs about levels at the end of the data moved to the end of the window.
    """
    end = observations[dims.TIME].to_numpy()[last]
    known = tuple(crisis for crisis in scm.crises if np.datetime64(crisis.start) <= end)
    found = observations.copy()
    clocks = _clocks(scm)
    for name in clocks:
        found[name] = observations[name] - float(observations[name][last])
    changed: dict[str, Prior] = {}
    for parameter, gap in _LEVELS.items() if clocks else ():
        prior = priors.entries.get(parameter, {}).get("")
        if isinstance(prior, Normal) and gap in scm.variables:
            whole = load_observations(scm=scm)
            moved = _expected(scm, found, priors, gap, last) - _expected(scm, whole, priors, gap)
            changed[parameter] = prior.model_copy(update={"mu": prior.mu + moved})
    hazard = len(known) / (last + 1) if scm.crisis_hazard else 0.0
    return replace(scm, crises=known, crisis_hazard=hazard), found, priors.replace(changed)


def _expected(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors, name: str, last: int = -1
) -> float:
    """Return what beliefs expect of a variable in its last period with data, up to `last`."""
    draws = sample_prior(scm, priors.for_model(scm), draws=_PRIOR_DRAWS)
    values = {str(n): array.to_numpy().copy() for n, array in observations.data_vars.items()}
    parameters = DrawParameters(scm, draws)
    shares = falling_shares(scm, parameters, values)
    path = evaluate_states(scm, parameters, values, shares=shares)[name]
    path = np.atleast_2d(path).mean(axis=0)
    known = path[: last + 1] if last >= 0 else path
    return float(known[np.isfinite(known)][-1])


def _clocks(scm: StructuralCausalModel) -> list[str]:
    return [n for n, equation in scm.exogenous.items() if isinstance(equation.continuation, Grow)]


def clocks_ahead(
    scm: StructuralCausalModel, observations: xr.Dataset, last: int, horizon: int
) -> dict[str, np.ndarray]:
    """Return what clocks read after a window: they follow from the date alone.

    `observations`: dim ``time``, for the model. Returns: by driver, shape ``(horizon,)``; after the
    table's end they go on by their step.
    """
    found = {}
    for name in _clocks(scm):
        values = observations[name].to_numpy()
        after = values[last + 1 : last + 1 + horizon]
        rest = continued(scm.exogenous[name].continuation, horizon, float(values[-1]))
        found[name] = np.concatenate([after, rest])[:horizon]
    return found


def scored_series(scm: StructuralCausalModel) -> list[str]:
    """Return the series that forecasts are scored on, so that models can be compared.

    Returns: those of `readjusted_within` that the model has, observed or made of observed ones; its
    observed variables where it has none of these.
    """
    known = [name for name in readjusted_within("2017Q4") if name in scm.variables]
    return known or list(scm.stochastic)


def series_in(observations: xr.Dataset, scm: StructuralCausalModel, name: str) -> np.ndarray:
    """Return a scored series of a table, made of observed ones where it is none itself.

    `observations`: dim ``time``, for the model. `name`: one of `scored_series`. Returns: shape
    ``(time,)``, NaN where a part is missing.
    """
    values = {str(n): array.to_numpy() for n, array in observations.data_vars.items()}
    if name in values:
        return values[name]
    found = np.zeros(observations.sizes[dims.TIME])
    for (series, lag), share in flows_of(scm, name).items():
        part = np.full(found.size, np.nan)
        part[lag:] = values[series][: found.size - lag]
        found = found + share * part
    return found


def training_problem(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Problem:
    """Return the problem of a training window, with every parent read from a mean inside it.

    Equations with data find the means of their parents by themselves. One without data has none
    in `Problem.of`, and would read its parents from 0; here it reads them from their means over
    the window, so that its intercept is the level at ordinary values of the parents.

    `observations`: as `training_observations` returns it.
    """
    problem = Problem.of(scm, observations, priors)
    silent = [name for name in scm.stochastic if name not in problem.cases.moments]
    if not silent:
        return problem
    # The same window as if the silent equations had data: only the parents' means are taken.
    pretended = observations.copy(deep=True)
    seen = np.any([np.isfinite(observations[name].to_numpy()) for name in scm.observed], axis=0)
    inside = np.arange(seen.size) <= np.flatnonzero(seen)[-1]
    for name in silent:
        values = pretended[name].to_numpy()
        pretended[name][:] = np.where(inside & ~np.isfinite(values), 0.0, values)
    equations = (
        replace(equation, start=None)
        if isinstance(equation, Linear | PartialAdjustment) and name in silent
        else equation
        for name, equation in scm.by_name.items()
    )
    other = Problem.of(replace(scm, equations=tuple(equations)), pretended, priors)
    centres = {**other.cases.centres, **problem.cases.centres}
    cases = replace(problem.cases, centres=centres)
    return replace(problem, scm=problem.scm.with_centres(centres), cases=cases)
