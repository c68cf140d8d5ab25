r"""Liftings elsewhere taken into an answer as one joint figure, by weights on the draws.

.. math:: w_s \propto p(q(\theta_s))^\lambda

with q the effect of relief under draw s on annual averages of GDP, imports, inflation and the real
exchange rate one, three and five years after the year of the lifting, p the predictive for a
country with these covariates (`elsewhere.prediction`), as a multivariate t, and :math:`\lambda` the
power: 0 leaves it out, 1 takes the country for one of the same population, 1/2 stands between. It
is off unless asked for, and never a silent prior.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere.model.cells import OUTCOMES
from sanctions_model.elsewhere.prediction import UNITS, YEARS
from sanctions_model.errors import QuestionError
from sanctions_model.inference import reweighting
from sanctions_model.inference.priors.families import Prior
from sanctions_model.inference.reweighting import (
    ImportanceWeights,
    median_change_error,
    weighted_interval,
)
from sanctions_model.queries.claims import Claim, asked_of
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.robustness.graphs.alternatives import load_prior_sets
from sanctions_model.robustness.implied_evidence import Observation
from sanctions_model.robustness.sensitivity import claim_effects
from sanctions_model.robustness.system_priors import relative_efficiency
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import effect_in_percent

POWERS = (0.0, 0.5, 1.0)
_FREEDOM, _T_95 = 4.0, 2.1318  # and its 95 % quantile
# The panel has one path for all; a country's own may differ by as much again in each year: a
# judgement, as share of variance. With less, the three years would say more of the path than known.
_OWN_PATH = 1.0
# Liftings fall into the middle of a year: year h has quarters 4h-1 to 4h+2 from the start.
_FIRST_QUARTER = 1
_LEVELS = ("gdp_level", "import_level", "inflation_yoy", "rouble", "price_level")


@dataclass(frozen=True, kw_only=True, eq=False)
class JointFigure:
    """A multivariate t with four degrees of freedom over outcomes and years.

    Parameters
    ----------
    centre : numpy.ndarray
        Shape ``(outcome * year,)``.
    scale : numpy.ndarray
        Scale matrix.
    """

    centre: np.ndarray
    scale: np.ndarray

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density up to a constant, of values of shape ``(draw, outcome * year)``."""
        root = np.linalg.cholesky(self.scale)
        z = np.linalg.solve(root, (values - self.centre).T)
        freedom, size = _FREEDOM, len(self.centre)
        return np.asarray(-0.5 * (freedom + size) * np.log1p((z**2).sum(0) / freedom))


def joint_figure(predicted: xr.DataArray) -> JointFigure:
    """Summarise a predictive by medians, 90 % widths and rank correlations.

    Parameters
    ----------
    predicted : xr.DataArray
        As `elsewhere.predict` returns it.

    Returns
    -------
    JointFigure
        Variances are twice the predictive's: a country's path may differ from the common one by as
        much in each year as countries differ (judgement).
    """
    from scipy.stats import spearmanr

    years = predicted.sel({dims.HORIZON: list(YEARS)}).transpose(dims.OUTCOME, dims.HORIZON, ...)
    values = years.to_numpy().reshape(len(OUTCOMES) * len(YEARS), -1)
    lower, centre, upper = np.quantile(values, [0.05, 0.5, 0.95], axis=1)
    width = (upper - lower) / (2 * _T_95)
    correlation = 2 * np.sin(np.pi / 6 * np.asarray(spearmanr(values, axis=1).statistic))
    spread = correlation + _OWN_PATH * np.eye(len(width))
    return JointFigure(centre=centre, scale=spread * np.outer(width, width))


def relief_averages(
    scm: StructuralCausalModel, draws: xr.Dataset, relief: Relief | None = None
) -> xr.DataArray:
    """Effect of a relief on annual averages, in the units of the liftings elsewhere.

    Parameters
    ----------
    scm : StructuralCausalModel
        With the levels of GDP, imports, the currency and prices, four periods a year.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    relief : Relief, optional
        Full relief by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``, years 1, 3 and 5. Imports are in value, not
        volume: cheaper imports make the one differ from the other.

    Raises
    ------
    UnknownVariableError, NoCausalPathError
        If the model has no such levels, or relief does not reach them.
    """
    last = 4 * YEARS[-1] + _FIRST_QUARTER + 1
    found = total_effect(scm, draws, relief, horizon=last, outcomes=list(_LEVELS))
    found = found.transpose(dims.OUTCOME, dims.HORIZON, dims.CHAIN, dims.DRAW)
    quarter = {
        name: np.stack(
            [
                found.sel({dims.OUTCOME: name}).to_numpy()[4 * h - 2 : 4 * h + 2].mean(0)
                for h in YEARS
            ]
        )
        for name in _LEVELS
    }
    real = quarter["rouble"] + quarter["price_level"]
    values = [quarter[name] for name in ("gdp_level", "import_level", "inflation_yoy")]
    return xr.DataArray(
        np.stack([*values, real]),
        dims=(dims.OUTCOME, dims.HORIZON, dims.CHAIN, dims.DRAW),
        coords={dims.OUTCOME: list(OUTCOMES), dims.HORIZON: list(YEARS)},
    )


def answer_after(
    scm: StructuralCausalModel, draws: xr.Dataset, relief: Relief | None = None, *, year: int = 3
) -> dict[str, tuple[float, float, float]]:
    """Return the effect of a relief in one year, as figures show it.

    Parameters
    ----------
    scm : StructuralCausalModel
        With the levels of GDP, imports, the currency and prices, four periods a year.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    relief : Relief, optional
        Full relief by default.
    year : int
        One of 1, 3 and 5.

    Returns
    -------
    dict of str to tuple
        Median, lower and upper bound of `relief_averages` by outcome, in percent of a level.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If the model has no such levels, or relief does not reach them.
    """
    found = relief_averages(scm, draws, relief).sel({dims.HORIZON: year})
    answer = {}
    for name, row in zip(OUTCOMES, interval(found.reset_coords(drop=True)), strict=True):
        median, lower, upper = effect_in_percent(row.to_numpy(), UNITS[name]).tolist()
        answer[name] = (median, lower, upper)
    return answer


def relief_weights(
    answer: xr.DataArray, predicted: xr.DataArray, *, power: float = 0.5
) -> ImportanceWeights:
    """Weigh draws by how well they agree with the liftings elsewhere.

    Parameters
    ----------
    answer : xr.DataArray
        As `relief_averages` returns it.
    predicted : xr.DataArray
        As `elsewhere.predict` returns it, for a lifting of the same extent.
    power : float
        From 0 to 1.

    Returns
    -------
    ImportanceWeights
        Ask `holds` before use, or call `require`.

    Raises
    ------
    QuestionError
        If the power is outside [0, 1].
    """
    if not 0.0 <= power <= 1.0:
        raise QuestionError(f"power is {power}; expected 0 (left out) to 1 (taken in full).")
    values = answer.transpose(dims.CHAIN, dims.DRAW, dims.OUTCOME, dims.HORIZON).to_numpy()
    flat = values.reshape(values.shape[0] * values.shape[1], -1)
    density = power * joint_figure(predicted).log_density(flat)
    efficiency = relative_efficiency(answer.isel({dims.OUTCOME: 0, dims.HORIZON: 1}))
    return reweighting.importance_weights(density, relative_efficiency=efficiency)


def with_liftings_elsewhere(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    predicted: xr.DataArray,
    relief: Relief | None = None,
    *,
    powers: Sequence[float] = POWERS,
    outcomes: Sequence[str] = ("gdp_level", "price_level", "import_level", "rouble"),
    horizon: int = 12,
) -> pd.DataFrame:
    """Put an answer without and with the liftings elsewhere side by side.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    predicted : xr.DataArray
        As `elsewhere.predict` returns it.
    relief : Relief, optional
        Full relief by default.
    powers : sequence of float
        How far the liftings count, from 0 to 1; the first is the answer compared with.
    outcomes : sequence of str
        Variables or levels to show.
    horizon : int
        Periods from the start.

    Returns
    -------
    pandas.DataFrame
        One row an outcome and power, in percent and points: ``median``, ``lower``, ``upper``,
        ``shift`` of the median in standard deviations of the answer without, ``narrower``: share by
        which the interval shrank, ``k_hat``, ``effective_size``, ``used``; numbers are missing
        where the weights do not hold.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If the model has no such levels, relief does not reach them, or a power is outside [0, 1].
    """
    rule = interval_rule()
    answer = relief_averages(scm, draws, relief)
    effect = total_effect(scm, draws, relief, horizon=horizon, outcomes=list(outcomes))
    shown = effects_in_percent(scm, effect.isel({dims.HORIZON: -1}, drop=True))
    rows = []
    for name in outcomes:
        values = shown.sel({dims.OUTCOME: name}).reset_coords(drop=True)
        spread = float(values.std())
        before: dict[str, float] = {}
        for power in powers:
            weights = relief_weights(answer, predicted, power=power)
            after = weighted_interval(values, weights.weights, rule)
            found = {n: float(after.sel(summary=n)) for n in ("median", "lower", "upper")}
            before = before or _unweighted(values)
            if not weights.holds:
                found = dict.fromkeys(found, np.nan)
            row: dict[str, object] = {"outcome": name, "power": power} | found
            row["shift"] = (found["median"] - before["median"]) / spread
            error = median_change_error(values, weights.weights) / spread
            row["shift_error"] = error if weights.holds else np.nan
            width = before["upper"] - before["lower"]
            row["narrower"] = 1 - (found["upper"] - found["lower"]) / width
            row |= {"k_hat": weights.k_hat, "effective_size": weights.effective_size}
            rows.append(row | {"used": weights.holds})
    return pd.DataFrame(rows)


def liftings_effects(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    predicted: xr.DataArray,
    claims: Mapping[str, Claim],
    *,
    powers: Sequence[float] = POWERS[1:],
) -> pd.DataFrame:
    """Say how far the liftings elsewhere move the effect that each claim speaks of.

    Parameters
    ----------
    scm, draws, predicted
        As `with_liftings_elsewhere` takes them.
    claims : mapping of str to Claim
        About total effects.
    powers : sequence of float
        How far the liftings count, from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        One row a claim and power: ``claim``, ``outcome``, ``horizon``, ``period``, ``power``,
        ``median`` without them, ``with_median`` and the Monte-Carlo error ``difference_error`` that
        the model's draws leave in their difference: missing where the weights do not hold.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        As `with_liftings_elsewhere`.
    """
    answer, effects = relief_averages(scm, draws), claim_effects(scm, draws, claims)
    rows = []
    for power in powers:
        weights = relief_weights(answer, predicted, power=power)
        for name, claim in claims.items():
            after = weighted_interval(effects[name], weights.weights).sel(summary="median")
            row = asked_of(name, claim, scm, draws) | {
                "power": power,
                "median": float(effects[name].median()),
            }
            error = median_change_error(effects[name], weights.weights)
            found = {"with_median": float(after), "difference_error": error}
            rows.append(row | (found if weights.holds else dict.fromkeys(found, np.nan)))
    return pd.DataFrame(rows)


def _unweighted(values: xr.DataArray) -> dict[str, float]:
    equal = np.full(values.size, 1 / values.size)
    found = weighted_interval(values, equal, interval_rule())
    return {name: float(found.sel(summary=name)) for name in ("median", "lower", "upper")}


def overlapping_evidence() -> dict[str, tuple[str, ...]]:
    """Name the evidence that rests on the same liftings.

    Taking in the liftings as well would count it twice.

    Returns
    -------
    dict of str to tuple of str
        By evidence id: the ids of the episodes, or ``many``.

    Raises
    ------
    ObservationError
        If the bundled table is missing.

    Examples
    --------
    >>> overlapping_evidence()["ghomi_2021_iran"]
    ('IRN2016',)
    """
    table = pd.read_csv(data_path("elsewhere_overlap.csv"))
    return {
        str(row.evidence): tuple(str(row.episodes).split(";"))
        for row in table.itertuples(index=False)
    }


def independent_figures(figures: Mapping[str, Observation]) -> dict[str, Observation]:
    """Leave out published figures that rest on the same liftings.

    Parameters
    ----------
    figures : mapping of str to Observation
        As `load_implied_evidence` returns them.

    Returns
    -------
    dict of str to Observation
        Those that can be taken in beside the liftings elsewhere.

    Raises
    ------
    ObservationError
        If the bundled table of overlaps is missing.
    """
    tagged = overlapping_evidence()
    return {
        name: figure
        for name, figure in figures.items()
        if not any(source in tagged for source in figure.sources)
    }


def wide_priors() -> dict[str, Prior]:
    """Return wider beliefs of what relief gives back, for use with the liftings elsewhere.

    Returns
    -------
    dict of str to Prior
        By address: shares, speeds and the persistence of the technology gap, without the studies
        of `overlapping_evidence`. A fit takes them in the place of the stated ones; for draws
        `wide_recovery` needs none.

    Raises
    ------
    QuestionError
        If the bundled set is missing.

    Examples
    --------
    >>> wide_priors()["recoverable_share[trade]"].alpha
    1.0
    """
    sets = load_prior_sets(data_path("prior_sets_elsewhere.toml"))
    return dict(sets["liftings_taken_in"].priors)


def wide_recovery(draws: xr.Dataset, *, random_seed: int = 20260101) -> xr.Dataset:
    """Draw what relief gives back, and how fast, anew from the wider beliefs.

    No measure with a recovery has fallen yet, so the data say nothing of these two and their
    posterior is their prior: other draws of the prior are those of another fit.

    Parameters
    ----------
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    random_seed : int
        Equal seeds give equal draws.

    Returns
    -------
    xr.Dataset
        The same draws with other ``recoverable_share`` and ``recovery_speed``, of the measures
        that the set names.

    Raises
    ------
    QuestionError
        If the bundled set is missing.
    """
    generator, changed = generator_of(random_seed), draws.copy()
    for name in ("recoverable_share", "recovery_speed"):
        values = draws[name].copy(deep=True)
        for measure in values["measure"].to_numpy():
            prior = wide_priors().get(f"{name}[{measure}]")
            if prior is not None:
                place = values.loc[{"measure": measure}]
                place[:] = prior.sample(generator, place.size).reshape(place.shape)
        changed[name] = values
    return changed
