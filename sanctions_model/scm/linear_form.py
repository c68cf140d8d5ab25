"""What an equation comes to: a constant and weighted parents, the same for numbers and symbols."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sanctions_model.scm.graph import Edge


@dataclass(frozen=True, slots=True)
class Term:
    """One weighted parent of a linear form; `weight` is a number, an array or a tensor.

    A `factor` is an exogenous variable whose value in the child's period multiplies it. `earlier`
    says how many periods before the child's own its link acted, in an error that persists.
    """

    parent: str
    lag: int
    weight: Any
    factor: str = ""
    earlier: int = 0

    def closed_by(self, child: str) -> frozenset[str]:
        """Return the labels of the links that take the term along when they are closed.

        That is its own link; and for what last period's error holds, the child's own past too.
        """
        own = Edge(self.parent, child, self.lag - self.earlier, self.factor).label
        past = Edge(child, child, 1).label
        return frozenset({own, past} if self.earlier else {own})


@dataclass(frozen=True, slots=True)
class LinearForm:
    """``constant + sum of weight * parent[t - lag]`` (times a factor): what equations come to."""

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

    def error_persistence(self, equation: str) -> Any:
        """Return the share of last period's error that is kept, in [0, 1)."""

    def scalar(self, name: str) -> Any:
        """Return a named parameter of an identity."""


def with_persistent_error(form: LinearForm, name: str, kept: Any) -> LinearForm:
    """Add what is kept of last period's error, ``kept * (y_{t-1} - its mean)``."""
    earlier = tuple(
        Term(term.parent, term.lag + 1, -(kept * term.weight), earlier=term.earlier + 1)
        for term in form.terms
    )
    own = Term(name, 1, kept, earlier=1)
    return LinearForm((1.0 - kept) * form.constant, (*form.terms, *earlier, own))


def weighted_links(
    links: Iterable[Edge], parameters: Parameters, centres: Mapping[str, Any], share: Any
) -> tuple[Any, tuple[Term, ...]]:
    """Terms of the links, and what centring them adds to the constant."""
    terms, offset = [], 0.0
    for link in links:
        weight = share * parameters.coefficient(link.label)
        terms.append(Term(link.parent, link.lag, weight, link.factor))
        centre = centres.get(link.label)
        if centre is not None:
            offset = offset - weight * centre
    return offset, tuple(terms)
