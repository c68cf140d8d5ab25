r"""Several published estimates of one quantity, pooled by random effects with quality weights.

.. math:: y_i \sim N(\mu, (s_i^2 + \tau^2) / (K q_i)), \quad \tau \sim HalfNormal(scale)

with a flat prior on the mean. The quality shares ``q`` sum to 1: of K studies, one of share q
counts as K q studies, so that equal shares are the usual random-effects pool and ten tables of one
paper can count as one. The predictive distribution ``N(mu, V + tau^2)``, mixed over tau, is what
the next estimate would be: it, not the narrower one of the mean, becomes a prior or an observation,
so that the disagreement between studies stays in it.

This module knows numbers: which studies pool for what is in `pools`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sanctions_model.errors import QuestionError

_GRID = 801
_TAU_REACH = 5.0  # half-normal deviations; the mass beyond is below 1e-6
_SUM_TOLERANCE = 1e-6


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

    def _deviation(self, kept: float) -> float:
        inside = self.variances + kept * self.between**2
        around = (self.means - self.mean) ** 2
        return float(np.sqrt(self.mass @ (inside + around)))

    def quantiles(self, probs: Sequence[float], *, predictive: bool = True) -> np.ndarray:
        """Quantiles of the predictive distribution, or of the pooled mean.

        `probs`: in (0, 1). Returns: shape ``(prob,)``.
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

        `values`: any shape, as pooled. Returns: the same shape.
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
        Names of the studies; numbers by default.

    Returns
    -------
    Pooled
        Posterior of the pooled mean and of the deviation between studies, in the unit given.

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
