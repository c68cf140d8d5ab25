"""Families of prior distributions: their arguments, draws and densities, in numpy.

Every prior carries its unit, rationale and sources, as `Normal` says. Knows no parameters.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sanctions_model.data.fields import Flag, Number, Positive
from sanctions_model.errors import PriorError, first_fault


class Belief(BaseModel):
    """What every prior carries beside its family: unit, rationale, sources."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    unit: str = ""
    rationale: str = ""
    sources: tuple[str, ...] | Literal["judgement"] = "judgement"

    if not TYPE_CHECKING:  # type checkers know the arguments from the fields

        def __init__(self, **arguments: object) -> None:
            try:
                super().__init__(**arguments)
            except ValidationError as error:
                kind = type(self)
                raise PriorError(f"{kind.__name__}: {first_fault(error, kind)}.") from None

    @property
    def arguments(self) -> dict[str, float]:
        """The family's numeric arguments by name."""
        skipped = {*Belief.model_fields, "family", "negative", "relative_to_series"}
        found = ((n, getattr(self, n)) for n in type(self).model_fields if n not in skipped)
        return {name: float(value) for name, value in found if _is_number(value)}

    @property
    def sign(self) -> int:
        """1 or -1 where the prior leaves no other sign, 0 where both are possible."""
        lower, upper = self.support
        return 1 if lower >= 0 and upper > 0 else -1 if upper <= 0 and lower < 0 else 0

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest value that has any prior density."""
        raise NotImplementedError


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Relative(Belief):
    """A prior whose arguments may be in units of the equation's own series."""

    relative_to_series: Flag = False
    without_data: dict[str, Number] | None = None

    def scaled(self, moments: tuple[float, float] | None) -> Self:
        """Return the same belief in absolute units, given the series' mean and deviation."""
        if not self.relative_to_series:
            return self
        if moments is None or moments[1] == 0:  # no series, or one that never moves
            if self.without_data is None:
                raise PriorError(
                    "A prior relative to its series has no series; "
                    "give `without_data` or absolute arguments."
                )
            absolute = dict(self.without_data)
        else:
            mean, deviation = moments
            absolute = {name: value * deviation for name, value in self.arguments.items()}
            for name in {"mu", "lower", "upper"} & set(absolute):
                absolute[name] += mean
        kept = {"relative_to_series": False, "without_data": None}
        try:
            return type(self)(**self.model_dump() | absolute | kept)
        except PriorError as error:
            raise PriorError(
                f"A prior relative to its series cannot be scaled by {absolute}: {error}"
            ) from None


class Normal(Relative):
    """Normal(mu, sigma), truncated to [lower, upper] where these are given.

    Parameters
    ----------
    mu, sigma : float
        Mean and standard deviation before truncation, in the unit of the parameter.
    lower, upper : float, optional
        Truncation bounds.
    relative_to_series : bool
        Whether the arguments are in standard deviations of the equation's own series, around its
        mean.
    without_data : mapping of str to float, optional
        Absolute arguments for an equation without a series.
    unit : str, optional
        Unit of the parameter, as tables print it.
    rationale : str, optional
        Why this belief.
    sources : tuple of str, optional
        Ids of published estimates; ``"judgement"`` by default.

    Examples
    --------
    >>> Normal(mu=1.5, sigma=0.5, lower=0.5).sign
    1
    """

    family: Literal["Normal"] = "Normal"
    mu: Number
    sigma: Positive
    lower: Number | None = None
    upper: Number | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        lower, upper = self.support
        if not lower < upper:
            raise ValueError(f"lower {lower} is not below upper {upper}")
        return self

    @property
    def support(self) -> tuple[float, float]:
        """The truncation bounds."""
        lower = -np.inf if self.lower is None else self.lower
        return lower, np.inf if self.upper is None else self.upper

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draw by inverting the distribution function, on the side of the nearer tail."""
        from scipy.special import ndtr, ndtri

        low, high = self._standardised
        side = -1.0 if low > 0 else 1.0
        near, far = sorted((side * low, side * high))
        drawn = ndtri(generator.uniform(ndtr(near), ndtr(far), size))
        return np.asarray(self.mu + self.sigma * side * drawn)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, -inf outside the bounds."""
        from scipy.special import log_ndtr

        low, high = self._standardised
        near, far = sorted((-low, -high)) if low > 0 else (low, high)
        mass = log_ndtr(far) + np.log1p(-np.exp(log_ndtr(near) - log_ndtr(far)))
        inside = (values >= self.support[0]) & (values <= self.support[1])
        z = (values - self.mu) / self.sigma
        density = -0.5 * z**2 - np.log(self.sigma * np.sqrt(2 * np.pi)) - mass
        return np.where(inside, density, -np.inf)

    @property
    def _standardised(self) -> tuple[float, float]:
        low, high = self.support
        return (low - self.mu) / self.sigma, (high - self.mu) / self.sigma


class StudentT(Belief):
    """Student-t with `nu` degrees of freedom, location mu and scale sigma.

    Parameters
    ----------
    nu : float
        Degrees of freedom.
    mu, sigma : float
        Location and scale, in the unit of the parameter.
    """

    family: Literal["StudentT"] = "StudentT"
    nu: Positive
    mu: Number
    sigma: Positive

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -np.inf, np.inf

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draw."""
        return self.mu + self.sigma * generator.standard_t(self.nu, size)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density."""
        return student_t_log_density(values, self.mu, self.sigma, self.nu)


class LogNormal(Belief):
    """Log-normal by its median and log standard deviation, cut above `upper` where given.

    With `negative` the parameter is minus such a variable.

    Parameters
    ----------
    median : float
        In the unit of the parameter.
    sigma : float
        Standard deviation of the logarithm.
    upper : float, optional
        Largest size.
    negative : bool
        Whether the parameter is minus such a variable.

    Examples
    --------
    >>> LogNormal(median=0.2, sigma=0.5, negative=True).support
    (-inf, 0.0)
    """

    family: Literal["LogNormal"] = "LogNormal"
    median: Positive
    sigma: Positive
    upper: Positive | None = None
    negative: Flag = False

    @property
    def support(self) -> tuple[float, float]:
        """The positive, or negative, numbers up to the cut."""
        top = np.inf if self.upper is None else self.upper
        return (-top, 0.0) if self.negative else (0.0, top)

    def _log_normal(self) -> Normal:
        upper = None if self.upper is None else float(np.log(self.upper))
        return Normal(mu=float(np.log(self.median)), sigma=self.sigma, upper=upper)

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draw."""
        drawn = np.exp(self._log_normal().sample(generator, size))
        return -drawn if self.negative else drawn

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, -inf outside the support."""
        magnitude = -values if self.negative else values
        safe = np.where(magnitude > 0, magnitude, 1.0)
        density = self._log_normal().log_density(np.log(safe)) - np.log(safe)
        return np.where(magnitude > 0, density, -np.inf)


class Beta(Belief):
    """Beta(alpha, beta) on (0, 1).

    Parameters
    ----------
    alpha, beta : float
        Both positive; the mean is ``alpha / (alpha + beta)``.
    """

    family: Literal["Beta"] = "Beta"
    alpha: Positive
    beta: Positive

    @property
    def support(self) -> tuple[float, float]:
        """The unit interval."""
        return 0.0, 1.0

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draw."""
        return generator.beta(self.alpha, self.beta, size)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, -inf outside (0, 1)."""
        from scipy.special import betaln, xlog1py, xlogy

        inside = (values > 0) & (values < 1)
        safe = np.where(inside, values, 0.5)
        density = xlogy(self.alpha - 1, safe) + xlog1py(self.beta - 1, -safe)
        return np.where(inside, density - betaln(self.alpha, self.beta), -np.inf)


class BetaMixture(Belief):
    """Beta(alpha, beta) with probability `weight`, else Beta(other_alpha, other_beta), on (0, 1).

    For a share on which the literature disagrees: the belief keeps both answers and not their
    average, which nobody gave.

    Parameters
    ----------
    weight : float
        Probability of the first component, between 0 and 1.
    alpha, beta, other_alpha, other_beta : float
        All positive.

    Examples
    --------
    >>> BetaMixture(weight=0.25, alpha=1.5, beta=6, other_alpha=8, other_beta=3).support
    (0.0, 1.0)
    """

    family: Literal["BetaMixture"] = "BetaMixture"
    weight: Annotated[Number, Field(gt=0, lt=1)]
    alpha: Positive
    beta: Positive
    other_alpha: Positive
    other_beta: Positive

    @property
    def support(self) -> tuple[float, float]:
        """The unit interval."""
        return 0.0, 1.0

    @property
    def components(self) -> tuple[Beta, Beta]:
        """The two beliefs that are mixed."""
        first = Beta(alpha=self.alpha, beta=self.beta)
        return first, Beta(alpha=self.other_alpha, beta=self.other_beta)

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draw."""
        first, other = (component.sample(generator, size) for component in self.components)
        return np.where(generator.uniform(size=size) < self.weight, first, other)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, -inf outside (0, 1)."""
        first, other = (component.log_density(values) for component in self.components)
        return np.asarray(np.logaddexp(np.log(self.weight) + first, np.log1p(-self.weight) + other))


class Gamma(Belief):
    """`shift` plus Gamma with shape alpha and rate beta.

    Parameters
    ----------
    alpha, beta : float
        Shape and rate; the mean above the shift is ``alpha / beta``.
    shift : float
        Smallest value, in the unit of the parameter.
    """

    family: Literal["Gamma"] = "Gamma"
    alpha: Positive
    beta: Positive
    shift: Number = 0.0

    @property
    def support(self) -> tuple[float, float]:
        """The numbers above the shift."""
        return self.shift, np.inf

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draw."""
        return self.shift + generator.gamma(self.alpha, 1.0 / self.beta, size)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, -inf below the shift."""
        from scipy.special import gammaln, xlogy

        excess = values - self.shift
        safe = np.where(excess > 0, excess, 1.0)
        density = xlogy(self.alpha - 1, safe) - self.beta * safe
        constant = self.alpha * np.log(self.beta) - gammaln(self.alpha)
        return np.where(excess > 0, density + constant, -np.inf)


class HalfNormal(Relative):
    """The absolute value of Normal(0, sigma).

    Parameters
    ----------
    sigma : float
        In the unit of the parameter.
    relative_to_series : bool
        Whether `sigma` is in standard deviations of the equation's own series.
    without_data : mapping of str to float, optional
        Absolute arguments for an equation without a series.
    """

    family: Literal["HalfNormal"] = "HalfNormal"
    sigma: Positive

    @property
    def support(self) -> tuple[float, float]:
        """The positive numbers."""
        return 0.0, np.inf

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draw."""
        return np.abs(self.sigma * generator.standard_normal(size))

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, -inf below 0."""
        density = 0.5 * np.log(2 / np.pi) - np.log(self.sigma) - 0.5 * (values / self.sigma) ** 2
        return np.where(values >= 0, density, -np.inf)


class Fixed(Belief):
    """A known value: nothing is estimated.

    Parameters
    ----------
    value : float
        In the unit of the parameter.
    """

    family: Literal["Fixed"] = "Fixed"
    value: Number

    @property
    def support(self) -> tuple[float, float]:
        """The value alone."""
        return self.value, self.value

    @property
    def sign(self) -> int:
        """The value's sign."""
        return int(np.sign(self.value))

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Repeat the value."""
        del generator
        return np.full(size, self.value)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Return 0: a constant adds nothing to a posterior."""
        return np.zeros(np.shape(values))


type Prior = Annotated[
    Normal | StudentT | LogNormal | Beta | BetaMixture | Gamma | HalfNormal | Fixed,
    Field(discriminator="family"),  # so that a table is read as the family that it names
]


def student_t_log_density(values: np.ndarray, mu: Any, sigma: Any, nu: Any) -> np.ndarray:
    """Log density of a Student-t; arguments broadcast, an infinite `nu` means Gaussian."""
    from scipy.special import gammaln

    z = (values - mu) / sigma
    tails = np.where(np.isfinite(nu), nu, 1.0)
    heavy = gammaln((tails + 1) / 2) - gammaln(tails / 2) - 0.5 * np.log(tails * np.pi)
    heavy = heavy - (tails + 1) / 2 * np.log1p(z**2 / tails)
    gaussian = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    return np.asarray(np.where(np.isfinite(nu), heavy, gaussian) - np.log(sigma))
