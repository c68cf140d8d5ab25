"""Published figures of implied quantities, each beside the quantity that it speaks of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.data.fields import Number, Whole
from sanctions_model.errors import QuestionError, UnknownVariableError, first_fault
from sanctions_model.files import read_tables
from sanctions_model.inference.priors.meta_analysis import Pooled
from sanctions_model.inference.priors.pools import Pool, load_pools, pool_studies
from sanctions_model.queries.estimands import Estimand, load_quantities


class ImpliedEvidence(BaseModel):
    """One published figure of an implied quantity, as ``implied_evidence.toml`` states it.

    `unit` and `horizon` must be the quantity's own. The figure with its spread is the predictive
    distribution of `pool`, or else `value` and `spread` (error and disagreement between studies
    together, one standard deviation) with the evidence ids `sources`.
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
    """An implied quantity with the published figure of it."""

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

        `values`: of the quantity, any shape. Returns: -inf where a log-normal pool meets a value
        that is not positive.
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
            fault = first_fault(error, ImpliedEvidence, whole="evidence")
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

    Raises `QuestionError` or `PriorError` as `load_implied_evidence`.
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
