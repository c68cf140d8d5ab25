"""Beliefs about parameters, each with its rationale and sources: read, checked, sampled.

A prior is stated once, in ``priors.toml`` or by hand. The PyMC model takes its arguments as data;
numpy draws from it and evaluates its density here, so that prior-only answers compile nothing.
"""

import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import xarray as xr
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from sanctions_model import dims
from sanctions_model.datasets import data_path
from sanctions_model.errors import PriorError, did_you_mean
from sanctions_model.evidence import load_evidence
from sanctions_model.parameters import addresses, parameter_coords, parameter_dims
from sanctions_model.scm import StructuralCausalModel

__all__ = [
    "Beta",
    "Fixed",
    "Gamma",
    "HalfNormal",
    "LogNormal",
    "Normal",
    "Prior",
    "Priors",
    "StudentT",
    "load_priors",
    "sample_prior",
]

FORMAT_VERSION = 1


class _Belief(BaseModel):
    """What every prior carries beside its family: unit, rationale, sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str = ""
    rationale: str = ""
    sources: tuple[str, ...] | Literal["judgement"] = "judgement"

    @property
    def arguments(self) -> dict[str, float]:
        """The family's numeric arguments by name."""
        skipped = {*_Belief.model_fields, "family", "negative", "relative_to_series"}
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {n: float(v) for n, v in found.items() if n not in skipped and _is_number(v)}

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


class _Relative(_Belief):
    """A prior whose arguments may be in units of the equation's own series."""

    relative_to_series: bool = False
    without_data: dict[str, float] | None = None

    def scaled(self, moments: tuple[float, float] | None) -> Self:
        """Return the same belief in absolute units, given the series' mean and deviation."""
        if not self.relative_to_series:
            return self
        if moments is None:
            if self.without_data is None:
                raise PriorError(
                    "A prior relative to its series has no series; "
                    "give `without_data` or absolute arguments."
                )
            absolute = dict(self.without_data)
        else:
            mean, deviation = moments
            absolute = {name: value * deviation for name, value in self.arguments.items()}
            if "mu" in absolute:
                absolute["mu"] += mean
        kept = {"relative_to_series": False, "without_data": None}
        return type(self).model_validate(self.model_dump() | absolute | kept)


class Normal(_Relative):
    """Normal(mu, sigma), truncated to [lower, upper] where these are given."""

    family: Literal["Normal"] = "Normal"
    mu: float
    sigma: PositiveFloat
    lower: float | None = None
    upper: float | None = None

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
        """Draw by inverting the distribution function."""
        from scipy.special import ndtr, ndtri

        low, high = (ndtr((bound - self.mu) / self.sigma) for bound in self.support)
        return np.asarray(self.mu + self.sigma * ndtri(generator.uniform(low, high, size)))

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, -inf outside the bounds."""
        from scipy.special import ndtr

        low, high = (ndtr((bound - self.mu) / self.sigma) for bound in self.support)
        inside = (values >= self.support[0]) & (values <= self.support[1])
        z = (values - self.mu) / self.sigma
        density = -0.5 * z**2 - np.log(self.sigma * np.sqrt(2 * np.pi) * (high - low))
        return np.where(inside, density, -np.inf)


class StudentT(_Belief):
    """Student-t with `nu` degrees of freedom, location mu and scale sigma."""

    family: Literal["StudentT"] = "StudentT"
    nu: PositiveFloat
    mu: float
    sigma: PositiveFloat

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


class LogNormal(_Belief):
    """Log-normal by its median and log standard deviation, cut above `upper` where given.

    With `negative` the parameter is minus such a variable.
    """

    family: Literal["LogNormal"] = "LogNormal"
    median: PositiveFloat
    sigma: PositiveFloat
    upper: PositiveFloat | None = None
    negative: bool = False

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


class Beta(_Belief):
    """Beta(alpha, beta) on (0, 1)."""

    family: Literal["Beta"] = "Beta"
    alpha: PositiveFloat
    beta: PositiveFloat

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


class Gamma(_Belief):
    """`shift` plus Gamma with shape alpha and rate beta."""

    family: Literal["Gamma"] = "Gamma"
    alpha: PositiveFloat
    beta: PositiveFloat
    shift: float = 0.0

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


class HalfNormal(_Relative):
    """The absolute value of Normal(0, sigma)."""

    family: Literal["HalfNormal"] = "HalfNormal"
    sigma: PositiveFloat

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


class Fixed(_Belief):
    """A known value: nothing is estimated."""

    family: Literal["Fixed"] = "Fixed"
    value: float

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


type Prior = Normal | StudentT | LogNormal | Beta | Gamma | HalfNormal | Fixed

_ADAPTER: TypeAdapter[Prior] = TypeAdapter(
    Annotated[
        Normal | StudentT | LogNormal | Beta | Gamma | HalfNormal | Fixed,
        Field(discriminator="family"),
    ]
)
_FAMILIES = ("Normal", "StudentT", "LogNormal", "Beta", "Gamma", "HalfNormal", "Fixed")
# Where a parameter lives: a prior with density outside is refused.
_SUPPORTS = {
    "persistence": (0.0, 1.0),
    "recoverable_share": (0.0, 1.0),
    "recovery_speed": (0.0, 1.0),
    "scale": (0.0, np.inf),
    "degrees_of_freedom": (0.0, np.inf),
}


def student_t_log_density(values: np.ndarray, mu: Any, sigma: Any, nu: Any) -> np.ndarray:
    """Log density of a Student-t; arguments broadcast, infinite `nu` is not allowed."""
    from scipy.special import gammaln

    z = (values - mu) / sigma
    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi) - np.log(sigma)
    return np.asarray(constant - (nu + 1) / 2 * np.log1p(z**2 / nu))


class Priors(BaseModel):
    """Priors of all parameters, by parameter and label, with where they came from.

    Parameters
    ----------
    entries : mapping of str to mapping of str to Prior
        By parameter, then by label; the label ``*`` serves every equation without an own entry,
        a scalar parameter has the label ``""``.
    periods_per_year : int
        The period that persistence, speeds and flow coefficients are stated for.
    origin : str
        Name of the file, for messages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: Mapping[str, Mapping[str, Prior]]
    periods_per_year: int = 4
    origin: str = "priors given by hand"

    @classmethod
    def from_addresses(cls, priors: Mapping[str, Prior], *, periods_per_year: int = 4) -> "Priors":
        """Make priors from ``{"x -> y": Normal(...), "persistence[y]": Beta(...), "scale": ...}``.

        A bare ``scale``, ``intercept`` or ``degrees_of_freedom`` serves every equation.
        """
        entries: dict[str, dict[str, Prior]] = {}
        for address, prior in priors.items():
            if " -> " in address:
                name, label = "coefficient", address
            elif address.endswith("]"):
                name, _, label = address[:-1].partition("[")
            else:
                starred = address in {"intercept", "scale", "degrees_of_freedom", "persistence"}
                name, label = address, "*" if starred else ""
            entries.setdefault(name, {})[label] = prior
        return cls(entries=entries, periods_per_year=periods_per_year)

    def replace(self, changed: Mapping[str, Prior]) -> "Priors":
        """Return the same priors with some replaced, by address as in `from_addresses`."""
        new = Priors.from_addresses(changed)
        merged = {name: dict(group) for name, group in self.entries.items()}
        for name, group in new.entries.items():
            merged.setdefault(name, {}).update(group)
        return self.model_copy(update={"entries": merged})

    def for_model(
        self,
        scm: StructuralCausalModel,
        moments: Mapping[str, tuple[float, float]] | None = None,
    ) -> dict[str, Prior]:
        """Return one prior in absolute units for each parameter of a model, by address.

        Parameters
        ----------
        scm : StructuralCausalModel
        moments : mapping of str to tuple of float, optional
            Mean and deviation of each equation's series, for priors relative to it.

        Raises
        ------
        PriorError
            If a parameter has no prior, a prior names no parameter of the model, its support does
            not fit, or it is stated for another period length.
        """
        if self.periods_per_year != scm.periods_per_year:
            raise PriorError(
                f"{self.origin}: stated for {self.periods_per_year} periods a year, the model has "
                f"{scm.periods_per_year}; restate persistence, speeds and flow coefficients."
            )
        known = addresses(scm)
        self._refuse_unknown(scm, known)
        found: dict[str, Prior] = {}
        for address, (name, label) in known.items():
            group = self.entries.get(name, {})
            prior = group.get(label or "", group.get("*"))
            if prior is None:
                raise PriorError(
                    f"{self.origin}: parameter {address!r} has no prior; "
                    f"add the table {_table(name, label)}."
                )
            if isinstance(prior, _Relative):
                prior = prior.scaled((moments or {}).get(label or ""))
            low, high = _SUPPORTS.get(name, (-np.inf, np.inf))
            if prior.support[0] < low or prior.support[1] > high:
                raise PriorError(
                    f"{self.origin}: {_table(name, label)}: {prior.family} has density on "
                    f"{prior.support}; expected a prior within ({low}, {high})."
                )
            found[address] = prior
        return found

    def _refuse_unknown(
        self, scm: StructuralCausalModel, known: Mapping[str, tuple[str, str | None]]
    ) -> None:
        coords = parameter_coords(scm)
        dimension = parameter_dims(scm)
        pairs = {(name, label or "") for name, label in known.values()}
        for name, group in self.entries.items():
            for label in group:
                if (name, label) in pairs or (label == "*" and name in dimension):
                    continue
                if name == "degrees_of_freedom" and name not in dimension:
                    continue  # Gaussian noise: nothing to be free about
                choices = coords[dimension[name] or ""] if dimension.get(name) else list(dimension)
                raise PriorError(
                    f"{self.origin}: {_table(name, label)} names no parameter of the model; "
                    f"there is {', '.join(choices)}.{did_you_mean(label or name, choices)}"
                )

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Evidence ids that some prior rests on."""
        found = [
            source
            for group in self.entries.values()
            for prior in group.values()
            if not isinstance(prior.sources, str)
            for source in prior.sources
            if source != "judgement"
        ]
        return tuple(dict.fromkeys(found))


def _table(name: str, label: str | None) -> str:
    return f'[{name}."{label}"]' if label else f"[{name}]"


def load_priors(path: Path | str | None = None) -> Priors:
    """Read a priors file.

    Parameters
    ----------
    path : path, optional
        A TOML file with one table a parameter; the bundled ``priors.toml`` by default.

    Returns
    -------
    Priors

    Raises
    ------
    PriorError
        If the file is missing, empty or no TOML; if a table has an unknown family, a missing,
        unknown or impossible argument, no rationale, or a source id that does not exist. The
        message names file, table and reason.

    Examples
    --------
    >>> load_priors().entries["anchoring"][""].family
    'Beta'
    """
    file = data_path("priors.toml") if path is None else Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PriorError(f"Cannot read {file}: {error.strerror}; give a priors file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PriorError(f"{file.name} is not a TOML file: {error}.") from None
    version = content.pop("format_version", None)
    if version != FORMAT_VERSION:
        raise PriorError(
            f"{file.name}: format_version is {version}; expected {FORMAT_VERSION} as the first key."
        )
    periods = content.pop("periods_per_year", 4)
    if not isinstance(periods, int) or periods < 1:
        raise PriorError(f"{file.name}: periods_per_year is {periods!r}; expected 4 or 12.")
    entries = {name: _read_group(file.name, name, tables) for name, tables in content.items()}
    if not entries:
        raise PriorError(f"{file.name} has no priors; expected one table a parameter.")
    priors = Priors(entries=entries, periods_per_year=periods, origin=file.name)
    known = load_evidence()
    for name, group in entries.items():
        for label, prior in group.items():
            for source in () if isinstance(prior.sources, str) else prior.sources:
                if source != "judgement" and source not in known:
                    raise PriorError(
                        f"{file.name}: {_table(name, label)}: source {source!r} is not an id of "
                        f"evidence.csv.{did_you_mean(source, list(known))}"
                    )
    return priors


def _read_group(file: str, name: str, tables: Any) -> dict[str, Prior]:
    if not isinstance(tables, dict):
        raise PriorError(f"{file}: {name} is {tables!r}; expected a table with a family.")
    if "family" in tables:
        tables = {"": tables}
    return {label: _read_prior(file, _table(name, label), table) for label, table in tables.items()}


def _read_prior(file: str, place: str, table: Any) -> Prior:
    if not isinstance(table, dict) or table.get("family") not in _FAMILIES:
        got = table.get("family") if isinstance(table, dict) else table
        raise PriorError(
            f"{file}: {place}: family {got!r}; expected one of {', '.join(_FAMILIES)}."
        )
    try:
        prior = _ADAPTER.validate_python(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:]) or "arguments"
        raise PriorError(
            f"{file}: {place}: {key}: {first['msg']} (got {first['input']!r})."
        ) from None
    if not prior.rationale or not prior.sources:
        raise PriorError(
            f"{file}: {place}: no rationale or sources; say why, and give evidence ids or "
            '"judgement".'
        )
    return prior


def sample_prior(
    scm: StructuralCausalModel,
    priors: Mapping[str, Prior],
    *,
    draws: int = 4000,
    chains: int = 1,
    random_seed: int = 0,
) -> xr.Dataset:
    """Draw all parameters from their priors, without PyMC.

    Parameters
    ----------
    scm : StructuralCausalModel
    priors : mapping of str to Prior
        By address, as `Priors.for_model` returns them.
    draws, chains : int
    random_seed : int

    Returns
    -------
    xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.
    """
    coords = parameter_coords(scm)
    known = addresses(scm)
    # One stream a parameter, named by its address: adding a link moves no other draw.
    streams = {
        address: np.random.default_rng([random_seed, *address.encode()]) for address in known
    }
    arrays = {}
    for name, dim in parameter_dims(scm).items():
        own = [
            priors[address].sample(streams[address], chains * draws).reshape(chains, draws)
            for address, (parameter, _) in known.items()
            if parameter == name
        ]
        if dim is None:
            arrays[name] = ((dims.CHAIN, dims.DRAW), own[0])
        else:
            arrays[name] = ((dims.CHAIN, dims.DRAW, dim), np.stack(own, axis=-1))
    used = {dim: labels for dim, labels in coords.items() if labels}
    return xr.Dataset(
        arrays, coords={dims.CHAIN: np.arange(chains), dims.DRAW: np.arange(draws), **used}
    )
