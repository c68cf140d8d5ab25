"""The structural causal model (SCM) that equations make, checked when it is made.

This module knows no data, no priors and no draws.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np

from sanctions_model.coercion import as_names
from sanctions_model.display import html_table
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Equation,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
    Stochastic,
    Structural,
    Unobserved,
)
from sanctions_model.scm.graph import EVERY_VARIABLE, CausalGraph, Edge
from sanctions_model.scm.interventions import ALL_MEASURES, Relief
from sanctions_model.scm.simulation.consistency import check, unobserved_graph
from sanctions_model.scm.variables import OMITTED_AT_DEFAULT, Affine, Crisis, Noise, Variable
from sanctions_model.wording import difference_unit

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy_loader.load("networkx")  # as dear as a third of xarray, and only graphs need it


@dataclass(frozen=True, kw_only=True)
class StructuralCausalModel:
    """A set of structural equations, checked when it is made.

    Parameters
    ----------
    equations : tuple of Equation
        One a variable.
    periods_per_year : int
        4 for quarters, 12 for months.
    noise : Noise
        Family of the shocks.
    levels : tuple of Level
        Levels that questions may ask for.
    name : str
        What it is called when it is printed.
    entries : mapping of str to tuple of str
        Named channels: the link labels through which a part of an effect enters.
    chain, chain_offset : tuple of str
        Edge labels of the article's chain, and of the line that works against it.
    headline : tuple of str
        Outcomes that questions report by default.
    centres : mapping of str to float
        Mean of each centred parent over its equation's periods, by link label; set by the data.
    crises : tuple of Crisis
        Windows in which every scale is multiplied by a parameter; they do not overlap.
    crisis_hazard : float
        Chance, in each simulated period without one, that a crisis like one of those starts.
    forces : mapping of str to tuple of str
        Words for what moves a history, and the exogenous and stochastic variables meant by each;
        what none of them names is a shock of its own.
    parameter_labels : mapping of str to str
        Words for named parameters of identities; one without is said by its name.

    Raises
    ------
    SpecError, CyclicGraphError, UnknownVariableError
        If the equations do not make a model; the message says which and what to change.
    """

    equations: tuple[Equation, ...]
    periods_per_year: int = 4
    noise: Noise = Noise.STUDENT_T
    levels: tuple[Level, ...] = ()
    name: str = ""
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chain: tuple[str, ...] = ()
    chain_offset: tuple[str, ...] = ()
    headline: tuple[str, ...] = ()
    centres: Mapping[str, float] = field(default_factory=dict)
    crises: tuple[Crisis, ...] = field(default=(), metadata=OMITTED_AT_DEFAULT)
    crisis_hazard: float = field(default=0.0, metadata=OMITTED_AT_DEFAULT)
    forces: Mapping[str, tuple[str, ...]] = field(default_factory=dict, metadata=OMITTED_AT_DEFAULT)
    parameter_labels: Mapping[str, str] = field(default_factory=dict, metadata=OMITTED_AT_DEFAULT)

    def __post_init__(self) -> None:
        check(self)

    @cached_property
    def by_name(self) -> Mapping[str, Equation]:
        """Equations by the name of their variable."""
        return {equation.variable.name: equation for equation in self.equations}

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """All variables by name, levels included."""
        named = (*self.equations, *self.levels)
        return {item.variable.name: item.variable for item in named}

    @cached_property
    def graph(self) -> CausalGraph:
        """The graph of the equations (levels left out)."""
        edges = tuple(edge for equation in self.equations for edge in equation.edges)
        return CausalGraph(tuple(self.by_name), edges)

    @cached_property
    def exogenous(self) -> Mapping[str, Exogenous]:
        """Exogenous variables by name."""
        return {n: e for n, e in self.by_name.items() if isinstance(e, Exogenous)}

    @cached_property
    def effective(self) -> Mapping[str, AsymmetricAdjustment]:
        """Effective measures by name."""
        return {n: e for n, e in self.by_name.items() if isinstance(e, AsymmetricAdjustment)}

    @cached_property
    def latent(self) -> Mapping[str, LatentAdjustment]:
        """Latent states by name."""
        return {n: e for n, e in self.by_name.items() if isinstance(e, LatentAdjustment)}

    @cached_property
    def accumulators(self) -> Mapping[str, Accumulator]:
        """Levels of flows by name."""
        return {n: e for n, e in self.by_name.items() if isinstance(e, Accumulator)}

    @cached_property
    def stochastic(self) -> Mapping[str, Stochastic]:
        """Equations with a shock by name."""
        return {n: e for n, e in self.by_name.items() if isinstance(e, PartialAdjustment | Linear)}

    @property
    def observed(self) -> tuple[str, ...]:
        """Names of the endogenous variables that have a data series."""
        return tuple(self.stochastic)

    @cached_property
    def structural(self) -> Mapping[str, Structural]:
        """Equations with a linear form, in the order in which a period is solved."""
        return {
            name: equation
            for name in self.graph.order
            if not isinstance(equation := self.by_name[name], Exogenous | AsymmetricAdjustment)
        }

    @cached_property
    def unobserved(self) -> Mapping[str, Unobserved]:
        """Latent states and identities so that each follows all it reads, at any lag."""
        order = nx.topological_sort(unobserved_graph(self))
        found = {name: self.by_name[name] for name in order}
        kinds = Identity | LatentAdjustment | Accumulator
        return {n: e for n, e in found.items() if isinstance(e, kinds)}

    @cached_property
    def links(self) -> tuple[Edge, ...]:
        """Every link with a coefficient, in the order of the equations."""
        return tuple(
            link
            for equation in self.equations
            if isinstance(equation, LatentAdjustment | PartialAdjustment | Linear)
            for link in equation.links
        )

    @cached_property
    def adjusting(self) -> tuple[str, ...]:
        """Variables with a persistence: latent states and partially adjusting equations."""
        kinds = LatentAdjustment | PartialAdjustment
        return tuple(n for n, e in self.by_name.items() if isinstance(e, kinds))

    @cached_property
    def persisting(self) -> tuple[str, ...]:
        """Observed variables whose equation has errors that persist."""
        return tuple(n for n, e in self.stochastic.items() if e.persistent_errors)

    @cached_property
    def relieved(self) -> tuple[str, ...]:
        """Measures whose relief is asymmetric, in the order of their effective variables."""
        return tuple(dict.fromkeys(equation.measure for equation in self.effective.values()))

    @cached_property
    def recoveries(self) -> tuple[str, ...]:
        """Labels of recoverable shares and recovery speeds, in the same order."""
        return tuple(dict.fromkeys(equation.recovers_as for equation in self.effective.values()))

    def crisis_at(self, time: np.ndarray) -> np.ndarray:
        """Return which crisis each period is in.

        Parameters
        ----------
        time : numpy.ndarray
            First day of each period, shape ``(T,)``.

        Returns
        -------
        numpy.ndarray
            Position in `crises`, -1 outside; shape ``(T,)``.
        """
        found = np.full(len(time), -1)
        for position, crisis in enumerate(self.crises):
            first, last = np.datetime64(crisis.start), np.datetime64(crisis.end)
            found[(time >= first) & (time <= last)] = position
        return found

    @cached_property
    def crisis_lengths(self) -> tuple[int, ...]:
        """Number of periods of each crisis."""
        years = [int(day[:4]) for crisis in self.crises for day in (crisis.start, crisis.end)]
        first, last = (f"{year}-01" for year in (min(years), max(years) + 1))
        step = np.timedelta64(12 // self.periods_per_year, "M")
        found = self.crisis_at(np.arange(np.datetime64(first), np.datetime64(last), step))
        return tuple(int(np.sum(found == position)) for position in range(len(self.crises)))

    @cached_property
    def scalars(self) -> tuple[str, ...]:
        """Named parameters of identities."""
        found = [
            coefficient.parameter
            for equation in self.equations
            if isinstance(equation, Identity)
            for coefficient in equation.terms.values()
            if isinstance(coefficient, Affine)
        ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Exogenous variables that an effective measure or a named channel starts from."""
        starts = {edge.parent for edge in self.graph.edges if edge.label in self._entry_labels}
        return tuple(n for n in self.exogenous if n in starts or n in self.relieved)

    @cached_property
    def measure_labels(self) -> dict[str, str]:
        """What each measure is called, by its name."""
        return {name: self.variables[name].short_label for name in self.measures}

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """Exogenous variables that some link is multiplied by."""
        return tuple(dict.fromkeys(link.factor for link in self.links if link.factor))

    @cached_property
    def _entry_labels(self) -> frozenset[str]:
        return frozenset(label for labels in self.entries.values() for label in labels)

    @cached_property
    def closable(self) -> frozenset[str]:
        """Labels of the edges that a propagation can close: all that enter a linear form."""
        labels = {edge.label for equation in self.structural.values() for edge in equation.edges}
        errors = {edge.label for e in self.stochastic.values() for edge in e.through_errors}
        own_past = {f"{name}[1] -> {name}" for name in self.persisting}
        return frozenset(labels - errors | own_past)

    @cached_property
    def longest_lag(self) -> int:
        """The longest lag of any edge, at least 1."""
        return max([1, *(edge.lag for edge in self.graph.edges)])

    @cached_property
    def longest_memory(self) -> int:
        """How many earlier periods some equation reads, lags of identities of identities summed."""
        depth = dict.fromkeys(self.by_name, 0)
        for name, equation in self.unobserved.items():
            if isinstance(equation, Identity):
                depth[name] = max(edge.lag + depth[edge.parent] for edge in equation.edges)
        found = [
            edge.lag + depth[edge.parent]
            for equation in self.structural.values()
            for edge in equation.edges
        ]
        return max([1, *found])

    @property
    def periods_name(self) -> str:
        """What the model's periods are called, in the plural."""
        return {1: "years", 4: "quarters", 12: "months"}.get(self.periods_per_year, "periods")

    @property
    def period_name(self) -> str:
        """What one of the model's periods is called."""
        return self.periods_name[:-1]

    def count_periods(self, count: int) -> str:
        """Return a number of periods in words, as in ``1 quarter``."""
        return f"{count} {self.period_name if count == 1 else self.periods_name}"

    def is_level(self, name: str) -> bool:
        """Return whether a name is that of a level, which is quoted by its growth."""
        return any(level.variable.name == name for level in self.levels)

    def effect_unit(self, name: str) -> str:
        """Return the unit of a difference of a variable, or of a level."""
        variable = self.variables[name]
        if self.is_level(name):
            return variable.unit
        return difference_unit(variable, short=True) or "unit of the variable"

    def __repr__(self) -> str:
        """Say in a line what the model holds."""
        return (
            f"StructuralCausalModel({self.name!r}: {len(self.equations)} equations, "
            f"{len(self.links)} links with a coefficient, {self.periods_per_year} periods a year)"
        )

    def _repr_html_(self) -> str:
        """Show every variable with its equation."""
        rows = [
            {
                "variable": name,
                "equation": type(equation).__name__,
                "parents": ", ".join(edge.label.partition(" -> ")[0] for edge in equation.edges),
                "unit": equation.variable.unit,
            }
            for name, equation in self.by_name.items()
        ]
        return html_table(repr(self), rows)

    def with_centres(self, centres: Mapping[str, float]) -> "StructuralCausalModel":
        """Return the same model with these centres of its parents."""
        found = copy(self)  # what was checked and found out about the equations stays
        object.__setattr__(found, "centres", dict(centres))
        return found

    def wanted(self, outcomes: Sequence[str] | None) -> list[str]:
        """Return the outcomes asked for: the headline ones by default, one for a single name.

        Parameters
        ----------
        outcomes : sequence of str, or str, optional
            Variables or levels.

        Returns
        -------
        list of str
            Names that the model has, in the order asked.

        Raises
        ------
        QuestionError
            If none is named, or one twice.
        """
        if outcomes is None:
            return list(self.headline or self.stochastic)
        names = as_names(outcomes, "An outcome")
        if not names:
            raise QuestionError(
                "The outcomes are an empty list; name at least one, or leave them out for the "
                "headline ones."
            )
        return names

    def relief(self, asked: Relief | None = None) -> Relief:
        """Return a relief with its measures named: all of this model's where it names none.

        Parameters
        ----------
        asked : Relief, optional
            Full relief of every measure by default.

        Returns
        -------
        Relief
            The same relief, its measures by name.

        Raises
        ------
        QuestionError
            If the model has no measure that could be lifted.
        """
        asked = Relief() if asked is None else asked
        if asked.measures != ALL_MEASURES:
            return asked
        if not self.measures:
            named = f"The model {self.name!r}" if self.name else "The model"
            raise QuestionError(
                f"{named} names no measures that relief could lift (what a channel or an effective "
                "variable starts from); name drivers yourself, as in Relief(measures=...) or "
                "--measure. "
                f"There is: {', '.join(self.exogenous)}."
            )
        return replace(asked, measures=self.measures)

    def some_of(self, preferred: Sequence[str]) -> list[str]:
        """Return the preferred outcomes that the model has, else its headline ones."""
        return [n for n in preferred if n in self.variables] or self.wanted(None)

    def require(self, name: str, where: str) -> None:
        """Refuse a name that is no variable or level of the model.

        Parameters
        ----------
        name : str
            A variable or a level.
        where : str
            Where it was asked for, for the message.

        Raises
        ------
        UnknownVariableError
            If the model has no such name.
        """
        if name not in self.variables:
            raise UnknownVariableError.from_name(name, self.variables, where, see=EVERY_VARIABLE)
