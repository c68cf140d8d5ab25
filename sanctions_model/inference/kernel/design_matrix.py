"""The means of all equations as one matrix product: which columns, and what weight each one has.

Given the persistences of latent states, every mean is linear in series and in series that passed
through a state's recursion. Linear forms with symbols for parameters, expanded down to such
columns, give the weights as polynomials; a mean is then ``columns @ weights``. This module knows
data, but no values of parameters and no PyMC.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Self

import numpy as np

from sanctions_model.inference.conditioned import Problem
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import address_of, addresses
from sanctions_model.scm.simulation.history import accumulated, flows_of, lagged

_CONSTANT = "1"  # no name of a variable: the series that is 1 throughout


type Number = float | int


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A sum of numbers times products of named factors.

    Parameters
    ----------
    terms : mapping of tuple of str to float
        The names multiplied, sorted (none for the constant), to the number before them.

    Examples
    --------
    >>> rho, theta = Polynomial.of("rho"), Polynomial.of("theta")
    >>> dict(((1.0 - rho) * theta).terms)
    {('rho', 'theta'): -1.0, ('theta',): 1.0}
    """

    terms: Mapping[tuple[str, ...], float]
    __array_ufunc__ = None  # so that numpy's numbers leave sums and products to this class

    @classmethod
    def of(cls, value: str | Number) -> Self:
        """Return one factor by its name, or a number."""
        key, number = ((value,), 1.0) if isinstance(value, str) else ((), float(value))
        return cls(MappingProxyType({key: number}))

    def __add__(self, other: "Polynomial | Number") -> "Polynomial":
        other = other if isinstance(other, Polynomial) else Polynomial.of(other)
        return _collected([*self.terms.items(), *other.terms.items()])

    def __mul__(self, other: "Polynomial | Number") -> "Polynomial":
        other = other if isinstance(other, Polynomial) else Polynomial.of(other)
        return _collected(
            [
                (tuple(sorted((*mine, *theirs))), number * factor)
                for mine, number in self.terms.items()
                for theirs, factor in other.terms.items()
            ]
        )

    def __neg__(self) -> "Polynomial":
        return -1.0 * self

    def __sub__(self, other: "Polynomial | Number") -> "Polynomial":
        return self + -other

    def __rsub__(self, other: Number) -> "Polynomial":
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__


def _collected(terms: list[tuple[tuple[str, ...], float]]) -> Polynomial:
    total: dict[tuple[str, ...], float] = defaultdict(float)
    for key, number in terms:
        total[key] += number
    return Polynomial(MappingProxyType({key: n for key, n in total.items() if n != 0.0}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A series at a lag that passed through the recursions of these latent states, innermost first.

    Lags and recursions commute, because both hold what precedes the first period. A factor of the
    equation's own period multiplies what comes of it.
    """

    series: str
    lag: int = 0
    filters: tuple[str, ...] = ()
    factor: str = ""


class _Symbols:
    """Parameters as polynomials in their own addresses."""

    def coefficient(self, label: str) -> Polynomial:
        return Polynomial.of(address_of("coefficient", label))

    def intercept(self, equation: str) -> Polynomial:
        return Polynomial.of(address_of("intercept", equation))

    def persistence(self, variable: str) -> Polynomial:
        return Polynomial.of(address_of("persistence", variable))

    def error_persistence(self, equation: str) -> Polynomial:
        return Polynomial.of(address_of("error_persistence", equation))

    def scalar(self, name: str) -> Polynomial:
        return Polynomial.of(address_of(name))


def _centre(label: str) -> str:
    return f"centre of {label}"


@dataclass(frozen=True, kw_only=True)
class _Expansion:
    """Variables as sums of columns times polynomials."""

    scm: StructuralCausalModel
    centres: Mapping[str, Polynomial]

    def of(self, name: str, lag: int = 0) -> dict[Column, Polynomial]:
        """Expand a variable at a lag down to series."""
        equation = self.scm.unobserved.get(name)
        if equation is None or name in self.scm.accumulators:
            return {Column(series=name, lag=lag): Polynomial.of(1.0)}
        own = [edge for edge in equation.edges if edge.parent == name]
        found = self.terms_of(name, lag)
        if not own:
            return found
        return {replace(c, filters=(*c.filters, name)): weight for c, weight in found.items()}

    def terms_of(self, name: str, lag: int = 0) -> dict[Column, Polynomial]:
        """Expand the right-hand side of an equation; a latent state's own lag is its filter."""
        form = self.scm.structural[name].linear_form(_Symbols(), self.centres)
        found: dict[Column, Polynomial] = defaultdict(lambda: Polynomial.of(0.0))
        found[Column(series=_CONSTANT)] += form.constant
        for term in form.terms:
            if term.parent == name and name in self.scm.latent:
                continue
            for column, weight in self.of(term.parent, lag + term.lag).items():
                times = replace(column, factor=term.factor) if term.factor else column
                found[times] += term.weight * weight
        return {column: weight for column, weight in found.items() if any(weight.terms.values())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Where completed cells stand in columns, and how much of each; all of shape ``(place,)``.

    Parameters
    ----------
    cell, period, column : numpy.ndarray
        Whole numbers: which cell, at which period of which column.
    share : numpy.ndarray
        What the cell is multiplied by there: 1 but for factors and sums.
    """

    cell: np.ndarray
    period: np.ndarray
    column: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, places: list[tuple[int, int, int, float]]) -> Self:
        """Collect places, each a cell, a period, a column and a share."""
        found = np.array(places, dtype=float).reshape(-1, 4).T
        cell, period, column = (row.astype(int) for row in found[:3])
        return cls(cell=cell, period=period, column=column, share=found[3])


@dataclass(frozen=True, kw_only=True)
class Design:
    """Columns of all means and the weights on them.

    Parameters
    ----------
    problem : Problem
    """

    problem: Problem

    @cached_property
    def _weights(self) -> list[tuple[int, Column, tuple[str, ...], float]]:
        """Equation, column, factors and number of every monomial."""
        centres = {label: Polynomial.of(_centre(label)) for label in self.problem.cases.centres}
        expansion = _Expansion(scm=self.problem.scm, centres=centres)
        return [
            (position, column, factors, number)
            for position, name in enumerate(self.problem.scm.stochastic)
            for column, weight in expansion.terms_of(name).items()
            for factors, number in weight.terms.items()
        ]

    @cached_property
    def moving(self) -> frozenset[str]:
        """Effective measures that depend on parameters, because their measure falls."""
        effective = self.problem.scm.effective.items()
        return frozenset(n for n, e in effective if e.measure in self.problem.falling)

    @cached_property
    def known(self) -> tuple[Column, ...]:
        """Columns that data give."""
        columns = dict.fromkeys(column for _, column, _, _ in self._weights)
        return tuple(c for c in columns if not c.filters and c.series not in self.moving)

    @cached_property
    def _unknown(self) -> tuple[Column, ...]:
        known = set(self.known)
        return tuple(dict.fromkeys(c for _, c, _, _ in self._weights if c not in known))

    @cached_property
    def filtered(self) -> tuple[Column, ...]:
        """Columns that depend on parameters, without their lags and factors."""
        return tuple(dict.fromkeys(replace(column, lag=0, factor="") for column in self._unknown))

    @cached_property
    def lags(self) -> tuple[int, ...]:
        """Lags at which filtered columns are read; they follow the known ones lag by lag."""
        return tuple(sorted({column.lag for column in self._unknown}))

    @cached_property
    def scaled(self) -> tuple[Column, ...]:
        """Columns that depend on parameters and have a factor; they follow all others."""
        return tuple(column for column in self._unknown if column.factor)

    @cached_property
    def rows(self) -> Mapping[Column, int]:
        """Row of each column in the matrix of weights."""
        shifted = [replace(c, lag=lag) for lag in self.lags for c in self.filtered]
        return {column: row for row, column in enumerate((*self.known, *shifted, *self.scaled))}

    @property
    def unscaled(self) -> np.ndarray:
        """Row of what each scaled column is made of, shape ``(scaled,)``."""
        return np.array([self.rows[replace(c, factor="")] for c in self.scaled], dtype=int)

    @cached_property
    def factors(self) -> Mapping[str, int]:
        """Place of each factor: parameters by address, centres in the order of the links, 1."""
        links = [_centre(link.label) for link in self.problem.scm.links]
        return {name: i for i, name in enumerate((*addresses(self.problem.scm), *links, ""))}

    @cached_property
    def numbers(self) -> np.ndarray:
        """Number before each monomial."""
        return np.array([number for _, _, _, number in self._weights])

    @cached_property
    def products(self) -> np.ndarray:
        """Places of the factors of each monomial, ``(monomial, degree)``, filled up with 1."""
        degree = max(1, *(len(factors) for _, _, factors, _ in self._weights))
        one = self.factors[""]
        rows = [[self.factors[name] for name in factors] for _, _, factors, _ in self._weights]
        return np.array([row + [one] * (degree - len(row)) for row in rows])

    @cached_property
    def places(self) -> np.ndarray:
        """Place of each monomial in the flattened matrix of weights, ``(row, equation)``."""
        width = len(self.problem.scm.stochastic)
        return np.array([self.rows[c] * width + position for position, c, _, _ in self._weights])

    @cached_property
    def _series(self) -> Mapping[str, np.ndarray]:
        values = self.problem.cases.values
        effective = {n: values[e.measure] for n, e in self.problem.scm.effective.items()}
        levels = {
            n: accumulated(self.problem.scm, values, n) for n in self.problem.scm.accumulators
        }
        return {**values, **effective, **levels, _CONSTANT: np.ones(self.problem.cases.time.size)}

    def known_values(self) -> np.ndarray:
        """Return the known columns, ``(time, column)``; completed cells hold 0."""
        columns = [
            lagged(self._series[c.series], c.lag) * self._series[c.factor or _CONSTANT]
            for c in self.known
        ]
        return np.stack(columns, axis=1)

    def factor_values(self) -> np.ndarray:
        """Return what multiplies the scaled columns, ``(time, scaled)``."""
        columns = [self._series[c.factor] for c in self.scaled]
        return np.stack(columns, axis=1) if columns else np.empty((self._length, 0))

    def sources(self) -> np.ndarray:
        """Return the series that the filtered columns start from, ``(time, column)``."""
        columns = [self._series[c.series] for c in self.filtered]
        return np.stack(columns, axis=1) if columns else np.empty((self._length, 0))

    @property
    def _length(self) -> int:
        return int(self.problem.cases.time.size)

    def cells(self) -> Cells:
        """Return where completed cells stand in the known columns."""
        found = []
        for row, column in enumerate(self.known):
            factor = self._series[column.factor or _CONSTANT]
            for cell, at, share in self._marks(column.series):
                period = at + column.lag
                if period < self._length and factor[period] != 0.0:
                    found.append((cell, period, row, share * factor[period]))
        return Cells.of(found)

    def source_cells(self) -> Cells:
        """Return where completed cells stand in the series of the filtered columns."""
        return Cells.of(
            [
                (cell, period, row, share)
                for row, column in enumerate(self.filtered)
                for cell, period, share in self._marks(column.series)
            ]
        )

    def _marks(self, series: str) -> list[tuple[int, int, float]]:
        """Completed cell, period and share of each place where a series holds such a cell."""
        missing, scm = self.problem.cases.missing, self.problem.scm
        if series not in scm.accumulators:
            return [(cell, at, 1.0) for cell, (name, at) in enumerate(missing) if name == series]
        return [
            (cell, period, share)  # in the level from then on
            for (flow, lag), share in flows_of(scm, series).items()
            for cell, (name, at) in enumerate(missing)
            if name == flow
            for period in range(at + lag, self._length)
        ]
