r"""Published estimates of what the model implies, entered as noisy observations by weights.

.. math:: w_s \propto p(y \mid q(\theta_s))

with ``q`` the implied quantity under draw s and ``y`` the published figure, whose spread holds both
its error and the disagreement between studies. The weights are smoothed and judged by
`reweighting`; where they do not hold, the evidence is refused and a fit is the way. Every item is
off unless asked for, because the priors already rest on some of the same studies: the column
``in_priors`` names them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.errors import QuestionError, UnknownVariableError, first_fault
from sanctions_model.fields import Number, Whole
from sanctions_model.files import read_tables
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.meta_analysis import Pooled
from sanctions_model.inference.priors.pools import Pool, load_pools, pool_studies
from sanctions_model.inference.reweighting import (
    ImportanceWeights,
    importance_weights,
    resample,
    weighted_interval,
)
from sanctions_model.queries.claims import Claim, claim_effect
from sanctions_model.queries.estimands import (
    Estimand,
    load_quantities,
    not_asked,
    quantity_draws,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import effect_in_percent

__all__ = [
    "COLUMNS",
    "ImpliedEvidence",
    "Observation",
    "evidence_draws",
    "evidence_effects",
    "evidence_table",
    "evidence_weights",
    "load_implied_evidence",
    "relative_efficiency",
]

_PARTS = ("median", "lower", "upper")
COLUMNS = (
    *("evidence", "quantity", "unit", "horizon"),
    *(f"{prefix}{part}" for prefix in ("published_", "prior_", "", "with_") for part in _PARTS),
    *("k_hat", "effective_size", "used", "refused", "in_priors", "ci_prob", "ci_kind"),
)


class ImpliedEvidence(BaseModel):
    """One published figure of an implied quantity, as ``implied_evidence.toml`` states it.

    Parameters
    ----------
    quantity : str
        Name of the quantity.
    unit, horizon
        Of the figure; they must be the quantity's own.
    pool : str, optional
        Pool whose predictive distribution is the figure with its spread; or else
    value, spread : float, optional
        the figure and its standard deviation, error and disagreement between studies together,
        with
    sources : tuple of str
        its evidence ids.
    rationale : str
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    quantity: str
    unit: str
    horizon: Whole = Field(ge=0)
    pool: str | None = None
    value: Number | None = None
    spread: Number | None = Field(default=None, gt=0)
    sources: tuple[str, ...] = ()
    rationale: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_kind(self) -> "ImpliedEvidence":
        by_hand = (self.value is not None, self.spread is not None, bool(self.sources))
        if (self.pool is None) == (not all(by_hand)) or (self.pool is not None and any(by_hand)):
            raise ValueError("expected either `pool`, or `value`, `spread` and `sources`")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """An implied quantity with the published figure of it.

    Parameters
    ----------
    name : str
    quantity : Estimand
    stated : ImpliedEvidence
    pool : Pool or None
    pooled : Pooled or None
    """

    name: str
    quantity: Estimand
    stated: ImpliedEvidence
    pool: Pool | None = None
    pooled: Pooled | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Evidence ids behind the figure."""
        if self.pool is None:
            return self.stated.sources
        return tuple(dict.fromkeys(study.evidence for study in self.pool.studies))

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density of the published figure given the quantity's values, up to a constant.

        Parameters
        ----------
        values : numpy.ndarray
            Of the quantity, any shape.

        Returns
        -------
        numpy.ndarray
            -inf where a log-normal pool meets a value that is not positive.
        """
        if self.pool is None or self.pooled is None:
            assert self.stated.value is not None  # checked when read
            assert self.stated.spread is not None
            return np.asarray(-0.5 * ((values - self.stated.value) / self.stated.spread) ** 2)
        if self.pool.family != "LogNormal":
            return self.pooled.log_density(values)
        positive = values > 0
        density = self.pooled.log_density(np.log(np.where(positive, values, 1.0)))
        return np.where(positive, density, -np.inf)

    def quantiles(self, probs: Sequence[float]) -> np.ndarray:
        """Quantiles of the published figure with its spread, in the quantity's unit."""
        from scipy.special import ndtri

        if self.pool is None or self.pooled is None:
            assert self.stated.value is not None
            assert self.stated.spread is not None
            return np.asarray(self.stated.value + self.stated.spread * ndtri(np.asarray(probs)))
        found = self.pooled.quantiles(probs)
        return np.exp(found) if self.pool.family == "LogNormal" else found


def load_implied_evidence(
    path: Path | str | None = None,
    *,
    quantities: Mapping[str, Estimand] | None = None,
    pools: Mapping[str, Pool] | None = None,
) -> dict[str, Observation]:
    """Read the published figures of implied quantities.

    Parameters
    ----------
    path : path, optional
        A TOML file with one table ``[evidence.NAME]`` each; the bundled one by default.
    quantities, pools : mapping, optional
        What they speak of and which studies are behind them; the bundled ones by default.

    Returns
    -------
    dict of str to Observation
        By name: the quantity and its published figure.

    Raises
    ------
    QuestionError
        If an item is not well formed, names no known quantity or pool, or is in another unit or
        at another horizon than its quantity.
    PriorError
        If a source is no row of the evidence table.

    Examples
    --------
    >>> load_implied_evidence()["pass_through_4q"].quantity.horizon
    4
    """
    file = data_path("implied_evidence.toml") if path is None else Path(path)
    quantities = load_quantities() if quantities is None else quantities
    pools = load_pools() if pools is None else pools
    found = {}
    for name, table in read_tables(file, "evidence").items():
        try:
            stated = ImpliedEvidence.model_validate(table)
        except ValidationError as error:
            fault = first_fault(error, whole="evidence")
            raise QuestionError(f"{file.name}: [evidence.{name}]: {fault}.") from None
        found[name] = observation(name, stated, quantities, pools, origin=file.name)
    return found


def observation(
    name: str,
    stated: ImpliedEvidence,
    quantities: Mapping[str, Estimand],
    pools: Mapping[str, Pool],
    *,
    origin: str = "implied evidence",
) -> Observation:
    """Put a published figure beside the quantity that it speaks of.

    Raises
    ------
    QuestionError, PriorError
        As `load_implied_evidence`.
    """
    where = f"{origin}: [evidence.{name}]"
    if stated.quantity not in quantities:
        raise UnknownVariableError.from_name(stated.quantity, quantities, where)
    quantity = quantities[stated.quantity]
    pool = None
    _require_same(where, "the evidence", stated.unit, stated.horizon, quantity)
    if stated.pool is not None:
        if stated.pool not in pools:
            raise UnknownVariableError.from_name(stated.pool, pools, where)
        pool = pools[stated.pool]
        _require_same(where, f"pool {stated.pool!r}", pool.unit, pool.horizon, quantity)
    for source in stated.sources:
        load_evidence()[source]  # refuses an unknown id
    pooled = None if pool is None else pool_studies(pool)
    return Observation(name=name, quantity=quantity, stated=stated, pool=pool, pooled=pooled)


def _require_same(where: str, what: str, unit: str, horizon: int, quantity: Estimand) -> None:
    if unit != quantity.unit:
        raise QuestionError(
            f"{where}: {what} is in {unit!r}, the quantity in {quantity.unit!r}; convert it."
        )
    if horizon != quantity.horizon:
        raise QuestionError(
            f"{where}: {what} holds after {horizon} periods, the quantity after "
            f"{quantity.horizon}; use a quantity of that horizon."
        )


def relative_efficiency(values: xr.DataArray) -> float:
    """Effective over actual number of draws of a quantity, at most 1.

    Parameters
    ----------
    values : xr.DataArray
        Dims ``(chain, draw)``.
    """
    from arviz_stats.base import array_stats

    array = values.transpose(dims.CHAIN, dims.DRAW).to_numpy()
    effective = float(array_stats.ess(array, chain_axis=0, draw_axis=1, method="mean"))
    return 1.0 if not np.isfinite(effective) else min(1.0, effective / array.size)


def evidence_weights(
    scm: StructuralCausalModel, draws: xr.Dataset, observations: Sequence[Observation]
) -> ImportanceWeights:
    """Weigh draws by how well they agree with published figures of implied quantities.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    observations : sequence of Observation
        Values of what `load_implied_evidence` returns.

    Returns
    -------
    ImportanceWeights
        Ask `holds` before use, or call `require`.

    Raises
    ------
    QuestionError
        If there is no observation.
    """
    if not observations:
        raise QuestionError("No published figure to weigh by; name at least one.")
    total, efficiency = np.zeros(draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]), 1.0
    for seen in observations:
        values = quantity_draws(scm, draws, seen.quantity)
        efficiency = min(efficiency, relative_efficiency(values))
        total = total + seen.log_density(values.to_numpy().ravel())
    return importance_weights(total, relative_efficiency=efficiency)


def evidence_draws(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    observations: Sequence[Observation],
    *,
    random_seed: int = 20260101,
) -> xr.Dataset:
    """Return draws with the published figures taken in, for any question.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    observations : sequence of Observation
        Values of what `load_implied_evidence` returns.
    random_seed : int
        For the resampling.

    Returns
    -------
    xr.Dataset
        One chain of as many draws.

    Raises
    ------
    ReweightingError
        If the weights do not hold: take in fewer figures at a time, or fit.
    """
    weights = evidence_weights(scm, draws, observations)
    weights.require()
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    return resample(draws, weights.weights, size=size, random_seed=random_seed)


def evidence_table(
    problem: Problem,
    prior_draws: xr.Dataset,
    draws: xr.Dataset,
    observations: Mapping[str, Observation],
) -> pd.DataFrame:
    """Compare each published figure with what the model implies, before and after it is taken in.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    prior_draws, draws : xr.Dataset
        Prior and posterior draws, dims ``(chain, draw)``.
    observations : mapping of str to Observation
        By name, as `load_implied_evidence` returns them.

    Returns
    -------
    pandas.DataFrame
        One row a figure: quantity, unit, horizon, the figure with the interval of its spread, the
        quantity under prior, posterior and with the figure, ``k_hat``, ``effective_size``,
        ``used`` and the reason where it is refused or the model lacks a part, ``in_priors``.

    Raises
    ------
    UnknownVariableError, QuestionError, ReweightingError
        If a name is unknown, the question has no answer as put, or the draws cannot be
        reweighted so far.
    """
    rule = interval_rule()
    tail = (1 - rule.prob) / 2
    rows = []
    for seen in observations.values():
        quantity = seen.quantity
        published = seen.quantiles([0.5, tail, 1 - tail])
        row: dict[str, object] = {"evidence": seen.name, "quantity": quantity.label}
        row |= {"unit": quantity.unit, "horizon": quantity.horizon}
        row |= {f"published_{n}": float(x) for n, x in zip(_PARTS, published, strict=True)}
        row["in_priors"] = "; ".join(s for s in seen.sources if s in problem.priors.sources)
        row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
        rows.append(row)
        if reason := not_asked(problem.scm, quantity):
            row |= dict.fromkeys((*_PARTS, "k_hat", "effective_size"), np.nan)
            row |= {f"{prefix}_{n}": np.nan for prefix in ("prior", "with") for n in _PARTS}
            row |= {"used": False, "refused": reason}
            continue
        values = quantity_draws(problem.scm, draws, quantity)
        before = interval(quantity_draws(problem.scm, prior_draws, quantity), rule)
        weights = evidence_weights(problem.scm, draws, [seen])
        row |= {f"prior_{n}": float(before.sel(summary=n)) for n in _PARTS}
        row |= {n: float(interval(values, rule).sel(summary=n)) for n in _PARTS}
        after = weighted_interval(values, weights.weights, rule)
        row |= {
            f"with_{n}": float(after.sel(summary=n)) if weights.holds else np.nan for n in _PARTS
        }
        row |= {"k_hat": weights.k_hat, "effective_size": weights.effective_size}
        row |= {"used": weights.holds, "refused": "; ".join(weights.failures)}
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def evidence_effects(
    problem: Problem,
    draws: xr.Dataset,
    observations: Mapping[str, Observation],
    claims: Mapping[str, Claim],
) -> pd.DataFrame:
    """Say what each published figure, and all of them together, moves in each claim.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Posterior draws, dims ``(chain, draw)``.
    observations : mapping of str to Observation
        By name, as `load_implied_evidence` returns them.
    claims : mapping of str to Claim
        Effect claims.

    Returns
    -------
    pandas.DataFrame
        One row a figure (and ``all``) and claim: median, interval and P(claim) without and with,
        ``k_hat``, ``used``; not a number where refused. Figures of what the model lacks are left
        out here: `evidence_table` names them.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError, ReweightingError
        If a name is unknown, an outcome is out of reach of the measures, the question has no
        answer as put, or the draws cannot be reweighted so far.
    """
    rule = interval_rule()
    sets = {
        name: [seen]
        for name, seen in observations.items()
        if not not_asked(problem.scm, seen.quantity)
    }
    if len(sets) > 1:
        sets["all"] = [seen for (seen,) in sets.values()]
    weighed = {name: evidence_weights(problem.scm, draws, seen) for name, seen in sets.items()}
    rows = []
    for claim_name, claim in claims.items():
        problem.scm.require(claim.outcome, "the claim")
        unit = problem.scm.variables[claim.outcome]
        effect = effect_in_percent(claim_effect(problem.scm, draws, claim), unit)
        base = interval(effect, rule)
        holds = (claim.sign * effect > 0).transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel()
        for name, weights in weighed.items():
            after = weighted_interval(effect, weights.weights, rule)
            row: dict[str, object] = {"evidence": name, "claim": claim_name}
            row |= {"outcome": claim.outcome, "horizon": claim.horizon}
            row |= {n: float(base.sel(summary=n)) for n in ("median", "lower", "upper")}
            row["prob"] = float(holds.mean())
            found = {f"with_{n}": float(after.sel(summary=n)) for n in ("median", "lower", "upper")}
            found["with_prob"] = float(weights.weights @ holds)
            row |= found if weights.holds else dict.fromkeys(found, np.nan)
            row |= {"k_hat": weights.k_hat, "used": weights.holds}
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            rows.append(row)
    return pd.DataFrame(rows)
