"""Variables and structural equations: what a structural causal model is made of.

An equation is written once, as arithmetic, by `linear_form`: a constant and weighted parents.
The PyMC model and the numpy kernel both evaluate that form. This module knows no data, no priors
and no draws.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from sanctions_model.errors import SpecError
from sanctions_model.scm.graph import Edge

__all__ = [
    "Affine",
    "AsymmetricAdjustment",
    "Constant",
    "Equation",
    "Exogenous",
    "Hold",
    "Identity",
    "Indicator",
    "LatentAdjustment",
    "Level",
    "Linear",
    "LinearForm",
    "Noise",
    "Parameters",
    "PartialAdjustment",
    "Path",
    "Stochastic",
    "Structural",
    "Term",
    "Unobserved",
    "Variable",
]

_PARENT = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\[(?P<lag>\d+)\])?")
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What a variable is called, what it measures and where its figures come from.

    Parameters
    ----------
    name : str
        Identifier: letters, digits and underscores.
    label : str, optional
        How tables and figures call it; the name by default.
    unit : str, optional
        As in "% a year".
    source : str, optional
        Producer of the series, or how it is made.
    column : str, optional
        Column of a data table that holds it; the name by default.
    plausible : tuple of float, optional
        Range that its values lie in when the unit is right.
    least_peak : float, optional
        Size that the largest of eight or more values exceeds when the unit is right: percentages
        given as fractions stay below it.

    Raises
    ------
    SpecError
        If the name is no identifier.
    """

    name: str
    label: str = ""
    unit: str = ""
    source: str = ""
    column: str = ""
    plausible: tuple[float, float] | None = None
    least_peak: float | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SpecError(
                f"Variable name {self.name!r} is not an identifier; "
                "use letters, digits and underscores."
            )
        object.__setattr__(self, "label", self.label or self.name)
        object.__setattr__(self, "column", self.column or self.name)


class Noise(StrEnum):
    """Family of the shocks of all stochastic equations: ``STUDENT_T`` or ``GAUSSIAN``."""

    STUDENT_T = "student_t"
    GAUSSIAN = "gaussian"


@dataclass(frozen=True, slots=True)
class Affine:
    """A coefficient of an identity that depends on a named parameter: ``constant + slope * p``.

    Parameters
    ----------
    parameter : str
        Name of the scalar parameter, as in ``anchoring``.
    constant, slope : float
        In the unit of the identity per unit of its parent.

    Examples
    --------
    >>> Affine("anchoring", 1.0, -1.0)  # one minus the weight of the target
    Affine(parameter='anchoring', constant=1.0, slope=-1.0)
    """

    parameter: str
    constant: float = 0.0
    slope: float = 1.0


@dataclass(frozen=True, slots=True)
class Constant:
    """An exogenous path that is the same in every period.

    Parameters
    ----------
    value : float
        In the unit of the variable.
    """

    value: float


@dataclass(frozen=True, slots=True)
class Indicator:
    """1 for periods that start within [start, end], else 0.

    Parameters
    ----------
    start : str
        ISO date, as in ``2022-01-01``.
    end : str, optional
        ISO date; None means for ever.
    """

    start: str
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Continuation of an exogenous variable: at a value.

    Parameters
    ----------
    value : float, optional
        In the unit of the variable; its last observed value by default.
    """

    value: float | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Continuation of an exogenous variable: these values, the last one held.

    Parameters
    ----------
    values : tuple of float
        One a period, in the unit of the variable.
    """

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One weighted parent of a linear form; `weight` is a number, an array or a tensor."""

    parent: str
    lag: int
    weight: Any


@dataclass(frozen=True, slots=True)
class LinearForm:
    """``constant + sum of weight * parent[t - lag]``: what every equation comes down to."""

    constant: Any
    terms: tuple[Term, ...]


class Parameters(Protocol):
    """Parameter values by name: numbers, arrays over draws, or tensors."""

    def coefficient(self, label: str) -> Any:
        """Return the long-run (partial adjustment) or direct (linear) effect of a link."""

    def intercept(self, equation: str) -> Any:
        """Return the value of the equation with its parents at their centres."""

    def persistence(self, variable: str) -> Any:
        """Return the share of last period's value that is kept, in [0, 1)."""

    def scalar(self, name: str) -> Any:
        """Return a named parameter of an identity."""


def _edge(text: str, child: str) -> Edge:
    match = _PARENT.fullmatch(text)
    if match is None:
        raise SpecError(
            f"Parent {text!r} of {child!r} is not of the form name or name[lag]; "
            "write it as in 'x' or 'x[1]'."
        )
    return Edge(match["name"], child, int(match["lag"] or 0))


def _check_parts(variable: object, parents: object = ()) -> None:
    if not isinstance(variable, Variable):
        raise SpecError(f"The variable is {variable!r}; write it as Variable(name={variable!r}).")
    if isinstance(parents, str):
        raise SpecError(
            f"The parents of {variable.name!r} are the text {parents!r}; write ({parents!r},)."
        )


def _weighted(
    links: Iterable[Edge], parameters: Parameters, centres: Mapping[str, Any], share: Any
) -> tuple[Any, tuple[Term, ...]]:
    """Terms of the links, and what centring them adds to the constant."""
    terms, offset = [], 0.0
    for link in links:
        weight = share * parameters.coefficient(link.label)
        terms.append(Term(link.parent, link.lag, weight))
        centre = centres.get(link.label)
        if centre is not None:
            offset = offset - weight * centre
    return offset, tuple(terms)


@dataclass(frozen=True, kw_only=True)
class Exogenous:
    """A variable from outside the model, with its default path and its continuation.

    Parameters
    ----------
    variable : Variable
        The driver: its name, unit, label and column.
    default : Constant or Indicator, optional
        Path when a data table lacks the column; None means that the table must have it.
    continuation : Hold or Path
        How it goes on after the last observation.
    """

    variable: Variable
    default: Constant | Indicator | None = None
    continuation: Hold | Path = Hold()

    def __post_init__(self) -> None:
        _check_parts(self.variable)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """No edge leads into an exogenous variable."""
        return ()


@dataclass(frozen=True, kw_only=True)
class AsymmetricAdjustment:
    """Effective intensity of a measure: imposed at once, relieved slowly and in part.

    ``peak_t = max(peak_{t-1}, s_t)``; on a rise ``e_t = min(e_{t-1} + s_t - s_{t-1}, peak_t)``;
    otherwise ``e_t = e_{t-1} + speed * (g_t - e_{t-1})`` with
    ``g_t = s_t + (1 - share) * (peak_t - s_t)``, never below ``s_t``; it starts at
    ``e = peak = s``. `share` is ``recoverable_share`` and `speed` is ``recovery_speed``.

    Parameters
    ----------
    variable : Variable
        The effective intensity, in the unit of the measure.
    measure : str
        An exogenous variable, 0 or more; 1 is the regime in force at the end of 2025.
    """

    variable: Variable
    measure: str

    def __post_init__(self) -> None:
        _check_parts(self.variable)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edge from the measure."""
        return (Edge(self.measure, self.variable.name, 0),)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A linear combination of current and lagged variables, without noise.

    Parameters
    ----------
    variable : Variable
        What the equation explains: its name, unit, label and column.
    terms : mapping of str to float or Affine
        Parent (``name`` or ``name[lag]``) to its coefficient.
    """

    variable: Variable
    terms: Mapping[str, float | Affine]

    def __post_init__(self) -> None:
        _check_parts(self.variable)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Edges from the parents."""
        return tuple(_edge(text, self.variable.name) for text in self.terms)

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return the identity's terms with parameter-dependent coefficients filled in."""
        del centres  # an identity is exact: nothing is centred
        terms = []
        for edge, coefficient in zip(self.edges, self.terms.values(), strict=True):
            weight = (
                coefficient.constant + coefficient.slope * parameters.scalar(coefficient.parameter)
                if isinstance(coefficient, Affine)
                else coefficient
            )
            terms.append(Term(edge.parent, edge.lag, weight))
        return LinearForm(0.0, tuple(terms))


@dataclass(frozen=True, kw_only=True)
class LatentAdjustment:
    """An unobserved state without noise: ``x_t = rho x_{t-1} + (1 - rho) sum theta_e u_{e,t-l}``.

    Its parents are exogenous, effective measures or latent.

    Parameters
    ----------
    variable : Variable
        What the equation explains: its name, unit, label and column.
    parents : tuple of str
        ``name`` or ``name[lag]``.
    """

    variable: Variable
    parents: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_parts(self.variable, self.parents)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Edges from the parents and from its own last value."""
        name = self.variable.name
        return (*(_edge(text, name) for text in self.parents), Edge(name, name, 1))

    @property
    def links(self) -> tuple[Edge, ...]:
        """The edges that carry a coefficient."""
        return self.edges[:-1]

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return the state's own lag and its parents, short-run weights."""
        name = self.variable.name
        rho = parameters.persistence(name)
        offset, terms = _weighted(self.links, parameters, centres, 1.0 - rho)
        return LinearForm(offset, (*terms, Term(name, 1, rho)))


@dataclass(frozen=True, kw_only=True)
class PartialAdjustment:
    """``y_t = rho y_{t-1} + (1 - rho)(a + sum theta_e x_{e,t-l}) + s eps_t``.

    ``theta`` is the long-run effect of a parent, the half-life is ``ln(1/2) / ln(rho)``.

    Parameters
    ----------
    variable : Variable
        What the equation explains: its name, unit, label and column.
    parents : tuple of str
        ``name`` or ``name[lag]``.
    start : str, optional
        ISO date: the equation is estimated on periods that start on or after it.
    """

    variable: Variable
    parents: tuple[str, ...] = ()
    start: str | None = None

    def __post_init__(self) -> None:
        _check_parts(self.variable, self.parents)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Edges from the parents and from its own last value."""
        name = self.variable.name
        return (*(_edge(text, name) for text in self.parents), Edge(name, name, 1))

    @property
    def links(self) -> tuple[Edge, ...]:
        """The edges that carry a coefficient."""
        return self.edges[:-1]

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return own lag, short-run weights and the constant ``(1 - rho)(a - sum theta c)``."""
        name = self.variable.name
        rho = parameters.persistence(name)
        offset, terms = _weighted(self.links, parameters, centres, 1.0 - rho)
        constant = (1.0 - rho) * parameters.intercept(name) + offset
        return LinearForm(constant, (*terms, Term(name, 1, rho)))


@dataclass(frozen=True, kw_only=True)
class Linear:
    """``y_t = a + sum b_e x_{e,t-l} + s eps_t``; own lags are links like any other.

    Parameters
    ----------
    variable : Variable
        What the equation explains: its name, unit, label and column.
    parents : tuple of str
        ``name`` or ``name[lag]``.
    start : str, optional
        ISO date: the equation is estimated on periods that start on or after it.
    """

    variable: Variable
    parents: tuple[str, ...] = ()
    start: str | None = None

    def __post_init__(self) -> None:
        _check_parts(self.variable, self.parents)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Edges from the parents."""
        return tuple(_edge(text, self.variable.name) for text in self.parents)

    @property
    def links(self) -> tuple[Edge, ...]:
        """The edges that carry a coefficient."""
        return self.edges

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return the weights and the constant ``a - sum b c``."""
        offset, terms = _weighted(self.links, parameters, centres, 1.0)
        return LinearForm(parameters.intercept(self.variable.name) + offset, terms)


type Equation = (
    Exogenous | AsymmetricAdjustment | Identity | LatentAdjustment | PartialAdjustment | Linear
)
type Stochastic = PartialAdjustment | Linear
type Unobserved = Identity | LatentAdjustment
type Structural = Identity | LatentAdjustment | PartialAdjustment | Linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level that cumulates a growth rate: ``level_t = level_{t-1} + sign * flow_t``.

    With growth in ``100 dlog`` the level is in log points, read as % for small changes.

    Parameters
    ----------
    variable : Variable
        The level's name, unit and label.
    flow : str
        The growth rate that it cumulates, per period.
    sign : float
        -1 turns a depreciation into a stronger currency.
    """

    variable: Variable
    flow: str
    sign: float = 1.0
