"""Which published studies pool for which quantity, read and checked; pools as priors.

Knows rows of the evidence table, units and horizons; the arithmetic of pooling is in `pooling`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import Evidence, load_evidence
from sanctions_model.data.fields import Number, Whole
from sanctions_model.errors import PriorError, QuestionError, did_you_mean, first_fault
from sanctions_model.files import read_tables
from sanctions_model.inference.priors.families import Beta, LogNormal, Normal
from sanctions_model.inference.priors.meta_analysis import Pooled, pool

_SUM_TOLERANCE = 1e-6
_Z90 = 1.6448536269514722


class Study(BaseModel):
    """One row of the evidence table as it enters a pool.

    Parameters
    ----------
    evidence : str
        Id of the row.
    value : float, optional
        In the pool's unit; the row's own value, or the middle of its bounds, by default.
    error : float
        Standard error in the pool's unit.
    quality : float
        Share of the pool's weight, in (0, 1]; the shares of a pool sum to 1.
    horizon : int
        Periods after which the estimate holds; must be the pool's.
    conversion : str
        How the row's unit became the pool's; required where the two differ.
    basis : str
        Where error and quality come from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    evidence: str
    value: Number | None = None
    error: Number = Field(gt=0)
    quality: Number = Field(gt=0, le=1)
    horizon: Whole = Field(ge=0)
    conversion: str = ""
    basis: str = Field(min_length=1)


class Pool(BaseModel):
    """Studies of one quantity, and what is believed about their disagreement.

    Parameters
    ----------
    quantity : str
        Name of the quantity they speak of.
    unit : str
    horizon : int
        Periods; 0 where the quantity has none.
    family : str
        ``Normal``; ``LogNormal`` pools logarithms; ``Beta`` pools shares as they are.
    between_scale : float
        Scale of the half-normal prior of the between-study deviation, in the pooled unit (logs
        for ``LogNormal``).
    rationale : str
    studies : tuple of Study
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    quantity: str
    unit: str = Field(min_length=1)
    horizon: Whole = Field(ge=0)
    family: Literal["Normal", "LogNormal", "Beta"] = "Normal"
    between_scale: Number = Field(gt=0)
    rationale: str = Field(min_length=1)
    studies: tuple[Study, ...] = Field(min_length=1)


def load_pools(path: Path | str | None = None, evidence: Evidence | None = None) -> dict[str, Pool]:
    """Read which studies pool for which quantity.

    Parameters
    ----------
    path : path, optional
        A TOML file with one table ``[pool.NAME]`` each; the bundled one by default.
    evidence : Evidence, optional
        The table that the studies are rows of; the bundled one by default.

    Returns
    -------
    dict of str to Pool
        By name of the quantity that they speak of.

    Raises
    ------
    QuestionError
        If a pool is not well formed, its shares do not sum to 1, or a study is in another unit
        (without a conversion) or at another horizon than its pool.
    PriorError
        If a study is no row of the evidence table, or has no number.

    Examples
    --------
    >>> sorted(load_pools())[0]
    'gdp_2014'
    """
    file = data_path("pools.toml") if path is None else Path(path)
    evidence = load_evidence() if evidence is None else evidence
    pools = {}
    for name, table in read_tables(file, "pool").items():
        try:
            found = Pool.model_validate(table)
        except ValidationError as error:
            fault = first_fault(error, Pool, whole="pool")
            raise QuestionError(f"{file.name}: [pool.{name}]: {fault}.") from None
        _check_pool(f"{file.name}: [pool.{name}]", found, evidence)
        pools[name] = found
    return pools


def _check_pool(where: str, found: Pool, evidence: Evidence) -> None:
    total = sum(study.quality for study in found.studies)
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise QuestionError(f"{where}: the quality shares sum to {total:g}; expected 1.")
    for study in found.studies:
        if study.evidence not in evidence:
            raise PriorError(
                f"{where}: {study.evidence!r} is not an id of evidence.csv."
                f"{did_you_mean(study.evidence, evidence.ids)}"
            )
        row = evidence[study.evidence]
        if study.value is None and _central(row.value, row.lower, row.upper) is None:
            raise PriorError(
                f"{where}: {study.evidence!r} has no single number; give the study a value."
            )
        if row.unit != found.unit and not study.conversion:
            raise QuestionError(
                f"{where}: {study.evidence!r} is in {row.unit!r}, the pool in {found.unit!r}; "
                "give the converted value, and say in `conversion` how it was converted."
            )
        if study.horizon != found.horizon:
            raise QuestionError(
                f"{where}: {study.evidence!r} holds after {study.horizon} periods, the pool after "
                f"{found.horizon}; pool estimates of one horizon."
            )
        if found.family != "Normal" and _value(study, evidence) <= 0:
            raise QuestionError(
                f"{where}: {study.evidence!r} is not positive; a {found.family} pool needs "
                "positive values."
            )


def _central(value: float | None, lower: float | None, upper: float | None) -> float | None:
    if value is not None:
        return value
    return None if lower is None or upper is None else 0.5 * (lower + upper)


def _value(study: Study, evidence: Evidence) -> float:
    row = evidence[study.evidence]
    found = _central(row.value, row.lower, row.upper) if study.value is None else study.value
    assert found is not None  # refused when the pool was read
    return found


def pool_studies(found: Pool, evidence: Evidence | None = None) -> Pooled:
    """Pool the studies of a pool, logarithms of them where it is log-normal.

    `evidence`: the bundled table by default. Returns: errors of logs are relative errors (first
    order).
    """
    evidence = load_evidence() if evidence is None else evidence
    values = np.array([_value(study, evidence) for study in found.studies])
    errors = np.array([study.error for study in found.studies])
    if found.family == "LogNormal":
        values, errors = np.log(values), errors / values
    return pool(
        values,
        errors,
        quality=[study.quality for study in found.studies],
        between_scale=found.between_scale,
        names=[study.evidence for study in found.studies],
    )


def as_prior(
    found: Pool, pooled: Pooled, *, bounds: Mapping[str, float] | None = None
) -> Normal | LogNormal | Beta:
    """Return the predictive distribution as a prior of the pool's family.

    `pooled`: of its studies. `bounds`: ``lower`` and ``upper`` of a truncated normal. Returns:
    normal and log-normal match the median and the width from 5 to 95 %, beta matches mean and
    standard deviation. Raises `QuestionError` if a beta cannot have this mean and spread.
    """
    rationale = f"Random-effects pool of {len(found.studies)} estimates. {found.rationale}"
    sources = tuple(dict.fromkeys(study.evidence for study in found.studies))
    low, middle, high = pooled.quantiles([0.05, 0.5, 0.95])
    width = (high - low) / (2 * _Z90)
    if found.family == "LogNormal":
        return LogNormal(
            median=float(np.exp(middle)),
            sigma=width,
            unit=found.unit,
            rationale=rationale,
            sources=sources,
        )
    if found.family == "Normal":
        ends = bounds or {}
        return Normal(
            mu=float(middle),
            sigma=float(width),
            lower=ends.get("lower"),
            upper=ends.get("upper"),
            unit=found.unit,
            rationale=rationale,
            sources=sources,
        )
    mean, variance = pooled.mean, pooled.spread**2
    size = mean * (1 - mean) / variance - 1
    if not 0 < mean < 1 or size <= 0:
        raise QuestionError(
            f"A pooled share of {mean:g} with spread {pooled.spread:g} is no beta distribution; "
            "give the pool another family."
        )
    return Beta(
        alpha=mean * size,
        beta=(1 - mean) * size,
        unit=found.unit,
        rationale=rationale,
        sources=sources,
    )
