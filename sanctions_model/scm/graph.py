"""Algebra of directed graphs whose edges carry a lag. Knows names and lags, no numbers.

Edges of one period (lag 0) must form a DAG; feedback runs through lags of at least one period.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import lazy_loader

from sanctions_model.errors import CyclicGraphError, SpecError, UnknownVariableError

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy_loader.load("networkx")  # as dear as a third of xarray, and only graphs need it

EVERY_VARIABLE = "`sanctions-model graph --all` or `scm.variables` shows every variable"
_PARENT = re.compile(
    r"(?P<name>[A-Za-z_]\w*)(?:\[(?P<lag>\d+)\])?(?: \* (?P<factor>[A-Za-z_]\w*))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """One directed edge: `parent`, `lag` periods earlier, acts on `child`.

    With a `factor`, an exogenous variable, what acts is the parent times the factor of the child's
    period: a link that is there at some dates only, or of another size.

    >>> Edge("depreciation", "inflation", 1).label
    'depreciation[1] -> inflation'
    >>> Edge("oil", "depreciation", factor="float").label
    'oil * float -> depreciation'
    """

    parent: str
    child: str
    lag: int = 0
    factor: str = ""

    @property
    def label(self) -> str:
        """The edge's name, as in ``depreciation[1] -> inflation``."""
        lag = f"[{self.lag}]" if self.lag else ""
        factor = f" * {self.factor}" if self.factor else ""
        return f"{self.parent}{lag}{factor} -> {self.child}"


@dataclass(frozen=True)
class CausalGraph:
    """A directed graph over time, given by its nodes and lagged edges.

    Raises `CyclicGraphError` if the edges of lag 0 form a cycle; the message names it.
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        try:
            cycle = nx.find_cycle(self.within_period)
        except nx.NetworkXNoCycle:
            return
        path = " -> ".join([*(edge[0] for edge in cycle), cycle[0][0]])
        raise CyclicGraphError(
            f"Links within one period form a cycle: {path}. "
            "Expected a DAG within the period; give at least one of these links a lag of 1 or more."
        )

    @cached_property
    def within_period(self) -> "nx.DiGraph":
        """The graph of the edges with lag 0."""
        return self._digraph(edge for edge in self.edges if edge.lag == 0)

    @cached_property
    def summary(self) -> "nx.DiGraph":
        """The graph of all edges, lags dropped; it may hold cycles."""
        return self._digraph(self.edges)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Nodes so that within a period every parent comes before its children."""
        rank = {node: position for position, node in enumerate(self.nodes)}
        return tuple(nx.lexicographical_topological_sort(self.within_period, key=rank.__getitem__))

    def _digraph(self, edges: Iterable[Edge]) -> "nx.DiGraph":
        graph = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from((edge.parent, edge.child) for edge in edges)
        return graph

    def require(self, name: str, where: str) -> None:
        """Raise `UnknownVariableError` if `name` is not a node."""
        if name not in self.summary:
            raise UnknownVariableError.from_name(name, self.nodes, where, see=EVERY_VARIABLE)

    def descendants(self, name: str) -> frozenset[str]:
        """Nodes that a change of `name` can reach at any lag, `name` left out."""
        self.require(name, "the graph")
        return self._below[name]

    def ancestors(self, name: str) -> frozenset[str]:
        """Nodes that can reach `name` at any lag, `name` left out."""
        self.require(name, "the graph")
        return self._above[name]

    @cached_property
    def _below(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(nx.descendants(self.summary, name)) for name in self.summary}

    @cached_property
    def _above(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(nx.ancestors(self.summary, name)) for name in self.summary}

    def feedback_groups(self) -> tuple[frozenset[str], ...]:
        """Strongly connected groups of nodes over all lags, self-loops counting."""
        groups = nx.strongly_connected_components(self.summary)
        return tuple(
            frozenset(group)
            for group in groups
            if len(group) > 1 or self.summary.has_edge(*[next(iter(group))] * 2)
        )


def read_edge(text: str, child: str) -> Edge:
    """Return the edge that a parent's text means, as in ``x``, ``x[1]`` or ``x * factor``."""
    match = _PARENT.fullmatch(text)
    if match is None:
        raise SpecError(
            f"Parent {text!r} of {child!r} is not of the form name or name[lag]; "
            "write it as in 'x' or 'x[1]'."
        )
    return Edge(match["name"], child, int(match["lag"] or 0), match["factor"] or "")


def factor_edges(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Edges from the factors of links that are not there yet, each once."""
    edges = tuple(edges)
    factors = dict.fromkeys(Edge(edge.factor, edge.child) for edge in edges if edge.factor)
    return tuple(edge for edge in factors if edge not in edges)


def a_period_before(edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Return what last period's error reads and the equation does not read itself."""
    earlier = (Edge(edge.parent, edge.child, edge.lag + 1) for edge in edges)
    return tuple(edge for edge in dict.fromkeys(earlier) if edge not in edges)
