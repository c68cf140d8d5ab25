"""Structural equations: what a structural causal model is made of.

An equation is written once, as arithmetic, by `linear_form`: a constant and weighted parents.
The PyMC model and the numpy kernel both evaluate that form. This module knows no data, no priors
and no draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sanctions_model.errors import SpecError, shown
from sanctions_model.scm.graph import Edge, a_period_before, factor_edges, read_edge
from sanctions_model.scm.linear_form import (
    LinearForm,
    Parameters,
    Term,
    weighted_links,
    with_persistent_error,
)
from sanctions_model.scm.periods import read_day
from sanctions_model.scm.variables import (
    OMITTED_AT_DEFAULT,
    Affine,
    Constant,
    Continuation,
    Hold,
    Indicator,
    Variable,
)


def _check_parts(variable: object, parents: object = ()) -> None:
    if not isinstance(variable, Variable):
        name = variable if isinstance(variable, str) else "x"
        raise SpecError(f"The variable is {shown(variable)}; write it as Variable(name={name!r}).")
    if isinstance(parents, str):
        raise SpecError(
            f"The parents of {variable.name!r} are the text {parents!r}; write ({parents!r},)."
        )


def _refuse_factors(equation: "PartialAdjustment | Linear") -> None:
    for link in equation.links:
        if equation.persistent_errors and link.factor:
            raise SpecError(
                f"{link.label!r} has a factor and the errors of its equation persist; expected "
                "one of the two, as the factor of the period before is not kept."
            )


@dataclass(frozen=True, kw_only=True)
class Exogenous:
    """A variable from outside the model, with its default path and its continuation.

    Parameters
    ----------
    variable : Variable
        The driver: its name, unit, label and column.
    default : Constant or Indicator, optional
        Path when a data table lacks the column; None means that the table must have it.
    continuation : Hold, Path, Decay or Grow
        How it goes on after the last observation.
    """

    variable: Variable
    default: Constant | Indicator | None = None
    continuation: Continuation = field(default_factory=Hold)

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
    recovery : str, optional
        Label of its share and speed; the measure by default. A measure may be felt in several
        ways, each with its own recovery, and measures may share one.
    """

    variable: Variable
    measure: str
    recovery: str = field(default="", metadata=OMITTED_AT_DEFAULT)

    def __post_init__(self) -> None:
        _check_parts(self.variable)

    @property
    def recovers_as(self) -> str:
        """Label of its share and speed among the parameters."""
        return self.recovery or self.measure

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
        return tuple(read_edge(text, self.variable.name) for text in self.terms)

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
class Accumulator:
    """The level of a flow, as a parent of others: ``x_t = x_{t-1} + sum c u_{t-l}``.

    It is 0 before the first period. Its parents are exogenous, observed, or identities of these
    without parameters, so that data alone give it: known from the first period in which all of
    them are, up to their first gap that no equation fills.

    Parameters
    ----------
    variable : Variable
        What the equation explains: its name, unit, label and column.
    terms : mapping of str to float
        Parent (``name`` or ``name[lag]``) to its coefficient.
    """

    variable: Variable
    terms: Mapping[str, float]

    def __post_init__(self) -> None:
        _check_parts(self.variable)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Edges from the parents and from its own last value."""
        name = self.variable.name
        return (*(read_edge(text, name) for text in self.terms), Edge(name, name, 1))

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return the flows and its own last value, at weight 1."""
        del parameters, centres
        flows = zip(self.edges, self.terms.values(), strict=False)
        terms = tuple(Term(edge.parent, edge.lag, weight) for edge, weight in flows)
        return LinearForm(0.0, (*terms, Term(self.variable.name, 1, 1.0)))


@dataclass(frozen=True, kw_only=True)
class LatentAdjustment:
    """An unobserved state without noise: ``x_t = rho x_{t-1} + (1 - rho) sum theta_e u_{e,t-l}``.

    It may read observed variables, as one that learns from outcomes does: it is then known from
    the first period in which they all are, at rest before, up to their first gap that no equation
    fills.

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
        return (*(read_edge(text, name) for text in self.parents), Edge(name, name, 1))

    @property
    def links(self) -> tuple[Edge, ...]:
        """The edges that carry a coefficient."""
        return self.edges[:-1]

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return the state's own lag and its parents, short-run weights."""
        name = self.variable.name
        rho = parameters.persistence(name)
        offset, terms = weighted_links(self.links, parameters, centres, 1.0 - rho)
        return LinearForm(offset, (*terms, Term(name, 1, rho)))


@dataclass(frozen=True, kw_only=True)
class PartialAdjustment:
    """``y_t - n_t = rho (y_{t-1} - n_{t-1}) + (1 - rho)(a + sum theta_e x_{e,t-l}) + sum b_f z_f``.

    Plus a shock ``s eps_t``. ``theta`` is the long-run effect of a parent on ``y`` at a given
    anchor ``n``, ``b`` the effect of a direct link in the same period, which then fades at the
    rate ``rho``; the half-life is ``ln(1/2) / ln(rho)``. Without an anchor ``n`` is 0.

    Parameters
    ----------
    variable : Variable
        What the equation explains: its name, unit, label and column.
    parents : tuple of str
        ``name`` or ``name[lag]``, or ``name * factor``: the parent times an exogenous factor of
        this period, a link that changes at stated dates.
    start : str, optional
        ISO date: the equation is estimated on periods that start on or after it.
    impact : tuple of str
        Parents with a direct link, written as the others.
    anchor : str, optional
        The variable around which it adjusts, as ``name`` or ``name[lag]``, at unit weight.
    centred : bool
        Whether parents enter less their mean over the sample, which makes the intercept ``a`` the
        level at ordinary values. False where zero means something: gaps, neutral rates, unit
        weights.
    persistent_errors : bool
        Whether what the equation leaves unexplained lasts: the error is ``u_t = psi u_{t-1} + s
        eps_t`` with the parameter ``error_persistence`` in [0, 1). What parents do is the same
        either way; a shock of one period fades at the rate ``psi`` besides.
    """

    variable: Variable
    parents: tuple[str, ...] = ()
    start: str | None = None
    impact: tuple[str, ...] = field(default=(), metadata=OMITTED_AT_DEFAULT)
    anchor: str = field(default="", metadata=OMITTED_AT_DEFAULT)
    centred: bool = field(default=True, metadata=OMITTED_AT_DEFAULT)
    persistent_errors: bool = field(default=False, metadata=OMITTED_AT_DEFAULT)

    def __post_init__(self) -> None:
        _check_parts(self.variable, self.parents)
        _check_parts(self.variable, self.impact)
        _refuse_factors(self)
        if self.start is not None:
            object.__setattr__(self, "start", read_day(self.start))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Edges from the parents and their factors, the anchor and its own last value."""
        return (*self._stated, *self.through_errors)

    @property
    def _stated(self) -> tuple[Edge, ...]:
        name = self.variable.name
        read = (*self.links, *self.anchor_edges)
        return (*read, *factor_edges(read), Edge(name, name, 1))

    @property
    def through_errors(self) -> tuple[Edge, ...]:
        """The edges of last period's error, closed with their links and with the own past."""
        return a_period_before(self._stated) if self.persistent_errors else ()

    @cached_property
    def links(self) -> tuple[Edge, ...]:
        """The edges that carry a coefficient, direct ones last."""
        name = self.variable.name
        return tuple(read_edge(text, name) for text in (*self.parents, *self.impact))

    @cached_property
    def direct(self) -> frozenset[str]:
        """Labels of the direct links."""
        return frozenset(link.label for link in self.links[len(self.parents) :])

    @cached_property
    def anchor_edges(self) -> tuple[Edge, ...]:
        """The edges from the anchor: of this period, at weight 1, and of the last, at -rho."""
        if not self.anchor:
            return ()
        now = read_edge(self.anchor, self.variable.name)
        return (now, Edge(now.parent, now.child, now.lag + 1))

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return own lag, short-run weights, the anchor and the constant."""
        name = self.variable.name
        rho = parameters.persistence(name)
        slow, at_once = self.links[: len(self.parents)], self.links[len(self.parents) :]
        offset, terms = weighted_links(slow, parameters, centres, 1.0 - rho)
        constant = (1.0 - rho) * parameters.intercept(name) + offset
        if at_once:
            extra, direct = weighted_links(at_once, parameters, centres, 1.0)
            constant, terms = constant + extra, (*terms, *direct)
        around = tuple(
            Term(edge.parent, edge.lag, weight)
            for edge, weight in zip(self.anchor_edges, (1.0, -rho), strict=False)
        )
        form = LinearForm(constant, (*terms, *around, Term(name, 1, rho)))
        if not self.persistent_errors:
            return form
        return with_persistent_error(form, name, parameters.error_persistence(name))


@dataclass(frozen=True, kw_only=True)
class Linear:
    """``y_t = a + sum b_e x_{e,t-l} + s eps_t``; own lags are links like any other.

    Parameters
    ----------
    variable : Variable
        What the equation explains: its name, unit, label and column.
    parents : tuple of str
        ``name``, ``name[lag]`` or ``name * factor``, as in `PartialAdjustment`.
    start : str, optional
        ISO date: the equation is estimated on periods that start on or after it.
    centred : bool
        As in `PartialAdjustment`.
    persistent_errors : bool
        As in `PartialAdjustment`.
    """

    variable: Variable
    parents: tuple[str, ...] = ()
    start: str | None = None
    centred: bool = field(default=True, metadata=OMITTED_AT_DEFAULT)
    persistent_errors: bool = field(default=False, metadata=OMITTED_AT_DEFAULT)

    def __post_init__(self) -> None:
        _check_parts(self.variable, self.parents)
        _refuse_factors(self)
        if self.start is not None:
            object.__setattr__(self, "start", read_day(self.start))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Edges from the parents and their factors."""
        return (*self.links, *factor_edges(self.links), *self.through_errors)

    @property
    def through_errors(self) -> tuple[Edge, ...]:
        """The edges of last period's error, closed with their links and with the own past."""
        if not self.persistent_errors:
            return ()
        name = self.variable.name
        return a_period_before((*self.links, Edge(name, name, 0)))

    @cached_property
    def links(self) -> tuple[Edge, ...]:
        """The edges that carry a coefficient."""
        return tuple(read_edge(text, self.variable.name) for text in self.parents)

    def linear_form(self, parameters: Parameters, centres: Mapping[str, Any]) -> LinearForm:
        """Return the weights and the constant ``a - sum b c``."""
        offset, terms = weighted_links(self.links, parameters, centres, 1.0)
        name = self.variable.name
        form = LinearForm(parameters.intercept(name) + offset, terms)
        if not self.persistent_errors:
            return form
        return with_persistent_error(form, name, parameters.error_persistence(name))


type Equation = (
    Exogenous
    | AsymmetricAdjustment
    | Identity
    | Accumulator
    | LatentAdjustment
    | PartialAdjustment
    | Linear
)
type Stochastic = PartialAdjustment | Linear
type Unobserved = Identity | LatentAdjustment | Accumulator
type Structural = Identity | LatentAdjustment | Accumulator | PartialAdjustment | Linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level that cumulates a growth rate: ``level_t = level_{t-1} + sign * flow_t``.

    With growth as 100 times the change of the log the level is in log points, read as % for small
    changes.

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
