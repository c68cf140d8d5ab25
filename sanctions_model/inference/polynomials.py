"""Polynomials in named parameters: what a linear form's weights are before they have numbers.

Only what `equations` does with weights: sums, differences and products.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

__all__ = ["Polynomial"]

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
