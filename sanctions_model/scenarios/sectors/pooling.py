r"""The import premium as one quantity: what the sectors add up to, taken in as evidence.

The economy has a premium of its own, and the sectors add up to another. Both mean the same, so
that the sum of the sectors, as a log-normal with mean m and spread s of its logarithm, is evidence
of the economy's premium q under each draw, by weights:

.. math:: w_s \propto \exp\left(-\frac{\lambda}{2} \Big(\frac{\log q(\theta_s) - m}{s}\Big)^2\right)

Where log q is normal with mean a and spread b, the pooled one is normal with precision
:math:`b^{-2} + \lambda s^{-2}` and the mean weighted by these. The power is one half unless said
otherwise: the belief about the premium was stated with some of the sectors' figures in view, and
at a power of one these would count twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_number
from sanctions_model.errors import QuestionError
from sanctions_model.inference.reweighting import (
    ImportanceWeights,
    importance_weights,
    median_change_error,
    resample,
    weighted_interval,
)
from sanctions_model.queries.effects import total_effect
from sanctions_model.scenarios.sectors.figures import Sector, load_sectors
from sanctions_model.scenarios.sectors.premiums import (
    PREMIUM,
    SECTOR,
    drawn_sectors,
    premium_at_rest,
)
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_column
from sanctions_model.summaries import ERRORS, effective_size, interval, interval_rule
from sanctions_model.units import effect_in_percent, percent_unit

HALF = 0.5
_PARTS = ("median", "lower", "upper")


@dataclass(frozen=True, kw_only=True, eq=False)
class PooledPremium:
    """The premium of today from above and from below, and the weights that make them one.

    Parameters
    ----------
    own : xr.DataArray
        The economy's premium with all measures as they are, points, dims ``(chain, draw)``.
    sectors : xr.DataArray
        Sum over the sectors, points, dims ``(chain, draw)``; independent of `own`.
    centre, spread : float
        Mean and standard deviation of the logarithm of `sectors`.
    power : float
        0 leaves the sectors out, 1 counts them in full.
    weights : ImportanceWeights
        Of the draws; ask `holds` before use.
    """

    own: xr.DataArray
    sectors: xr.DataArray
    centre: float
    spread: float
    power: float
    weights: ImportanceWeights

    @property
    def sectors_higher(self) -> float:
        """Probability that the sectors add up to more than the economy's own premium."""
        return float((self.sectors.to_numpy() > self.own.to_numpy()).mean())

    def draws(self, draws: xr.Dataset, *, random_seed: int = 20260101) -> xr.Dataset:
        """Return draws with the sectors taken in, for any question.

        Parameters
        ----------
        draws : xr.Dataset
            Those that were weighed, dims ``(chain, draw)``.
        random_seed : int
            For the resampling.

        Raises
        ------
        ReweightingError
            If the weights do not hold.
        """
        self.weights.require()
        return resample(draws, self.weights.weights, size=self.own.size, random_seed=random_seed)


def pool_premium(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    sectors: Sequence[Sector] | None = None,
    power: float = HALF,
    random_seed: int,
) -> PooledPremium:
    """Take the sum of the sectors as evidence of the economy's import premium.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    sectors : sequence of Sector, optional
        The bundled ones by default.
    power : float
        Of the evidence, 0 to 1.
    random_seed : int
        Of the sectors' figures.

    Returns
    -------
    PooledPremium
        Both premiums and the weights; `draws` returns draws with the sectors taken in.

    Raises
    ------
    QuestionError
        If the model has no import premium, or the power is outside 0 to 1.
    ReweightingError
        If there are fewer than 100 draws, or the premium is positive at none.
    """
    power = as_number(power, "The power of the sectors")
    if not 0.0 <= power <= 1.0:
        raise QuestionError(
            f"The power of the sectors is {power:g}; expected 0 (left out) to 1 (in full)."
        )
    if PREMIUM not in scm.variables:
        raise QuestionError(f"The model has no {PREMIUM!r}, which the sectors are evidence of.")
    own = premium_at_rest(scm, draws)
    drawn = drawn_sectors(list(sectors or load_sectors()), draws, random_seed)
    below = (drawn["weight"] * drawn["share"] * drawn["premium"]).sum(SECTOR)
    logs = np.log(below.to_numpy())
    centre, spread = float(logs.mean()), float(logs.std())
    values = own.transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel()
    positive = values > 0
    distance = (np.log(np.where(positive, values, 1.0)) - centre) / spread
    density = -0.5 * power * distance**2
    if power > 0:
        density = np.where(positive, density, -np.inf)
    efficiency = min(1.0, effective_size(own) / own.size)
    return PooledPremium(
        own=own,
        sectors=below,
        centre=centre,
        spread=spread,
        power=power,
        weights=importance_weights(density, relative_efficiency=efficiency),
    )


def pooled_effects(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    pools: Sequence[PooledPremium],
    *,
    outcomes: Sequence[str],
    horizon: int,
    relief: Relief | None = None,
) -> pd.DataFrame:
    """Say what one premium instead of two does to the effect of a relief.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Those that were weighed, dims ``(chain, draw)``.
    pools : sequence of PooledPremium
        From `pool_premium`, one a power.
    outcomes : sequence of str
        Variables or levels.
    horizon : int
        Periods after the start of the relief.
    relief : Relief, optional
        Full relief by default.

    Returns
    -------
    pandas.DataFrame
        One row a power and quantity (the premium of today, then each outcome): ``horizon`` and
        its ``period``, ``median``,
        ``lower``, ``upper`` without and ``pooled_`` with the sectors, ``difference`` of the
        medians and its Monte-Carlo standard error ``difference_error``, ``within_error``: it is
        less than two of them, ``k_hat``, ``used``; not a number where the weights do not hold.
        Levels in percent.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If an outcome is unknown or out of reach of the measures.
    """
    rule, year = interval_rule(), scm.periods_per_year
    found = total_effect(scm, draws, relief, horizon=horizon, outcomes=list(outcomes))
    found = found.isel({dims.HORIZON: -1}, drop=True)
    rows = []
    for pool in pools:
        quantities = {PREMIUM: (pool.own, "points", 0)} | {
            name: (
                effect_in_percent(
                    found.sel({dims.OUTCOME: name}, drop=True), scm.variables[name].unit
                ),
                percent_unit(scm.effect_unit(name)),
                horizon,
            )
            for name in outcomes
        }
        holds, weights = pool.weights.holds, pool.weights
        for name, (values, unit, at) in quantities.items():
            before = interval(values, rule)
            after = weighted_interval(values, weights.weights, rule)
            row: dict[str, object] = {"power": pool.power, "quantity": name, "unit": unit}
            row |= {"horizon": at, **period_column(draws.attrs.get(dims.Said.START), at, year)}
            row |= {n: float(before.sel(summary=n)) for n in _PARTS}
            row |= {f"pooled_{n}": float(after.sel(summary=n)) if holds else np.nan for n in _PARTS}
            change = float(after.sel(summary="median") - before.sel(summary="median"))
            error = median_change_error(values, weights.weights)
            row |= {"difference": change if holds else np.nan}
            row |= {"difference_error": error if holds else np.nan}
            row |= {"within_error": bool(holds and abs(change) < ERRORS * error)}
            row |= {"k_hat": weights.k_hat, "used": holds}
            rows.append(row | {"ci_prob": rule.prob, "ci_kind": rule.kind})
    return pd.DataFrame(rows)
