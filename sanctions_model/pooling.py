r"""Several published estimates of one quantity, pooled by random effects with quality weights.

.. math:: y_i \sim N(\mu, (s_i^2 + \tau^2) / (K q_i)), \quad \tau \sim HalfNormal(scale)

with a flat prior on the mean. The quality shares ``q`` sum to 1: of K studies, one of share q
counts as K q studies, so that equal shares are the usual random-effects pool and ten tables of one
paper can count as one. The predictive distribution ``N(mu, V + tau^2)``, mixed over tau, is what
the next estimate would be: it, not the narrower one of the mean, becomes a prior or an observation,
so that the disagreement between studies stays in it.

Which rows of ``evidence.csv`` pool for what is data, in ``pools.toml``. This module knows no model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model.datasets import data_path
from sanctions_model.errors import PriorError, QuestionError, did_you_mean
from sanctions_model.evidence import Evidence, load_evidence
from sanctions_model.files import read_tables
from sanctions_model.prior_families import Beta, LogNormal, Normal

__all__ = ["Pool", "Pooled", "Study", "as_prior", "load_pools", "pool", "pool_studies"]

_GRID = 801
_TAU_REACH = 5.0  # half-normal deviations; the mass beyond is below 1e-6
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
    value: float | None = None
    error: float = Field(gt=0)
    quality: float = Field(gt=0, le=1)
    horizon: int = Field(ge=0)
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
    horizon: int = Field(ge=0)
    family: Literal["Normal", "LogNormal", "Beta"] = "Normal"
    between_scale: float = Field(gt=0)
    rationale: str = Field(min_length=1)
    studies: tuple[Study, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pooled:
    """A random-effects pool, as a mixture of normals over the between-study deviation.

    Parameters
    ----------
    names : tuple of str
        Studies.
    values, errors : numpy.ndarray
        As pooled (logs for a log-normal pool), shape ``(study,)``.
    shares : numpy.ndarray
        Share of each study in the mean, averaged over the deviation, shape ``(study,)``.
    between : numpy.ndarray
        Grid of the between-study deviation, shape ``(grid,)``.
    mass : numpy.ndarray
        Its posterior, summing to 1, shape ``(grid,)``.
    means, variances : numpy.ndarray
        Mean and variance of the pooled mean at each deviation, shape ``(grid,)``.
    """

    names: tuple[str, ...]
    values: np.ndarray
    errors: np.ndarray
    shares: np.ndarray
    between: np.ndarray
    mass: np.ndarray
    means: np.ndarray
    variances: np.ndarray

    @property
    def mean(self) -> float:
        """Mean of the pooled mean, also of the predictive distribution."""
        return float(self.mass @ self.means)

    @property
    def error(self) -> float:
        """Standard deviation of the pooled mean."""
        return self._deviation(0.0)

    @property
    def spread(self) -> float:
        """Standard deviation of the predictive distribution: the spread between studies kept."""
        return self._deviation(1.0)

    @property
    def between_mean(self) -> float:
        """Posterior mean of the between-study deviation."""
        return float(self.mass @ self.between)

    def _deviation(self, kept: float) -> float:
        inside = self.variances + kept * self.between**2
        around = (self.means - self.mean) ** 2
        return float(np.sqrt(self.mass @ (inside + around)))

    def quantiles(self, probs: Sequence[float], *, predictive: bool = True) -> np.ndarray:
        """Quantiles of the predictive distribution, or of the pooled mean.

        Parameters
        ----------
        probs : sequence of float
            In (0, 1).
        predictive : bool

        Returns
        -------
        numpy.ndarray
            Shape ``(prob,)``.
        """
        from scipy.optimize import brentq

        deviations = np.sqrt(self.variances + (self.between**2 if predictive else 0.0))
        low, high = self._reach(deviations)

        def excess(x: float, prob: float) -> float:
            return self._cumulative(x, deviations) - prob

        return np.array([brentq(excess, low, high, args=(prob,)) for prob in probs])

    def _reach(self, deviations: np.ndarray) -> tuple[float, float]:
        return (
            float((self.means - 12 * deviations).min()),
            float((self.means + 12 * deviations).max()),
        )

    def _cumulative(self, x: float, deviations: np.ndarray) -> float:
        from scipy.special import ndtr

        return float(self.mass @ ndtr((x - self.means) / deviations))

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density of the predictive distribution.

        Parameters
        ----------
        values : numpy.ndarray
            Any shape, as pooled.

        Returns
        -------
        numpy.ndarray
            The same shape.
        """
        used = self.mass > self.mass.max() * 1e-9
        variance = (self.variances + self.between**2)[used]
        z = (np.asarray(values)[..., None] - self.means[used]) ** 2 / variance
        terms = np.log(self.mass[used]) - 0.5 * (z + np.log(2 * np.pi * variance))
        largest = terms.max(axis=-1, keepdims=True)
        total = np.log(np.exp(terms - largest).sum(axis=-1))
        return np.asarray(total + largest[..., 0])


def pool(
    values: Sequence[float] | np.ndarray,
    errors: Sequence[float] | np.ndarray,
    *,
    quality: Sequence[float] | None = None,
    between_scale: float | None = None,
    between: float | None = None,
    names: Sequence[str] | None = None,
) -> Pooled:
    """Pool estimates by random effects with quality weights.

    Parameters
    ----------
    values, errors : sequence of float
        Estimates and their standard errors, one a study, in one unit.
    quality : sequence of float, optional
        Shares that sum to 1; equal by default.
    between_scale : float, optional
        Scale of the half-normal prior of the between-study deviation.
    between : float, optional
        The deviation where it is known; instead of `between_scale`.
    names : sequence of str, optional

    Returns
    -------
    Pooled

    Raises
    ------
    QuestionError
        If lengths differ, an error is not positive, the shares do not sum to 1, or not exactly one
        of `between_scale` and `between` is given.

    Notes
    -----
    Given tau the mean has precision ``sum_i K q_i / (s_i^2 + tau^2)``; the posterior of tau is
    computed on a grid (Röver, "Bayesian random-effects meta-analysis using the bayesmeta R
    package", Journal of Statistical Software 93(6), 2020).

    Examples
    --------
    >>> pooled = pool([0.1, 0.3], [0.1, 0.1], between=0.1)
    >>> round(pooled.mean, 3), round(pooled.error, 3), round(pooled.spread, 3)
    (0.2, 0.1, 0.141)
    """
    y, s = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    q = np.full(y.size, 1.0 / max(y.size, 1)) if quality is None else np.asarray(quality, float)
    _require_studies(y, s, q)
    tau, log_prior = _deviations(between_scale, between)
    counts = y.size * q  # what each study counts for
    precision = counts / (s**2 + tau[:, None] ** 2)
    variances = 1.0 / precision.sum(axis=1)
    shares = precision * variances[:, None]
    means = shares @ y
    misfit = (precision * (y - means[:, None]) ** 2).sum(axis=1)
    scale = (counts * np.log(s**2 + tau[:, None] ** 2)).sum(axis=1)
    log_mass = log_prior - 0.5 * (scale + misfit) + 0.5 * np.log(variances)
    mass = np.exp(log_mass - log_mass.max())
    mass /= mass.sum()
    return Pooled(
        names=tuple(names) if names is not None else tuple(map(str, range(y.size))),
        values=y,
        errors=s,
        shares=mass @ shares,
        between=tau,
        mass=mass,
        means=means,
        variances=variances,
    )


def _require_studies(values: np.ndarray, errors: np.ndarray, quality: np.ndarray) -> None:
    if values.size == 0 or not values.shape == errors.shape == quality.shape:
        raise QuestionError(
            f"A pool of {values.size} values, {errors.size} errors and {quality.size} quality "
            "shares; expected one of each for every study, and at least one study."
        )
    if not np.all(np.isfinite(values)) or not np.all(errors > 0) or not np.all(quality > 0):
        raise QuestionError(
            "A pool needs finite values, and errors and quality shares above 0; "
            f"got errors {errors.tolist()} and shares {quality.tolist()}."
        )
    if abs(quality.sum() - 1.0) > _SUM_TOLERANCE:
        raise QuestionError(
            f"The quality shares of a pool sum to {quality.sum():g}; expected 1: "
            "give each study its share of the weight."
        )


def _deviations(scale: float | None, known: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Grid of the between-study deviation with the log of its prior, up to a constant."""
    if (scale is None) == (known is None):
        raise QuestionError(
            f"between_scale is {scale} and between is {known}; give exactly one: the scale of a "
            "prior, or the deviation where it is known."
        )
    given = known if scale is None else scale
    if given is None or not np.isfinite(given) or given < 0 or (scale is not None and given == 0):
        raise QuestionError(f"A between-study deviation of {given}; expected a number above 0.")
    if scale is None:
        return np.array([given]), np.zeros(1)
    grid = np.linspace(0.0, _TAU_REACH * given, _GRID)
    log_prior = -0.5 * (grid / given) ** 2
    log_prior[[0, -1]] += np.log(0.5)  # ends of the trapezoidal rule
    return grid, log_prior


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
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"]) or "pool"
            raise QuestionError(f"{file.name}: [pool.{name}]: {key}: {first['msg']}.") from None
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

    Parameters
    ----------
    found : Pool
    evidence : Evidence, optional
        The bundled table by default.

    Returns
    -------
    Pooled
        Errors of logs are relative errors (first order).
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

    Parameters
    ----------
    found : Pool
    pooled : Pooled
        Of its studies.
    bounds : mapping of str to float, optional
        ``lower`` and ``upper`` of a truncated normal.

    Returns
    -------
    Normal, LogNormal or Beta
        Normal and log-normal match the median and the width from 5 to 95 %, beta matches mean and
        standard deviation.

    Raises
    ------
    QuestionError
        If a beta cannot have this mean and spread.
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
