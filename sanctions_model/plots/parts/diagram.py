"""What the picture of a model holds: boxes, and lines with the numbers on them.

Plumbing is merged so that the picture stays readable: an effective measure into its measure, an
identity of one variable (a change, a sum over a year) into that variable, drivers that are no
measures (war, pandemic) into the boxes that they act on. This module places and draws nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.plots.parts.signs import Sign
from sanctions_model.queries.reading.tables import lasting_effects, link_effects
from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    PartialAdjustment,
)
from sanctions_model.scm.graph import Edge
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, stack_draws
from sanctions_model.scm.variables import Affine
from sanctions_model.wording import decimals, number


@dataclass(frozen=True, slots=True)
class Term:
    """One way in which a line's source acts on its target.

    `edge`: the edge of the model that it stands for. `form`: what of the source acts, as in
    ``Δ[1]``; empty for the source itself, this period. `lag`: shortest lag from the source.
    `values`: draws of the long-run effect; None without draws. `sign`: what the prior leaves open.
    `under`: the regime that it acts under; empty for always.
    """

    edge: Edge
    form: str
    lag: int
    values: np.ndarray | None
    sign: Sign
    under: str = ""

    @property
    def words(self) -> str:
        """The form and the median."""
        if self.values is None:
            return self.form
        median = float(np.median(self.values))
        whole = self.sign is Sign.FIXED and median == round(median)
        size = decimals(median, signed=True) if whole else number(median)
        return f"{self.form} {size} {self.under}".strip()


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn line with all that runs along it.

    `on_chain`: whether a part of it belongs to the model's chain.
    """

    source: str
    target: str
    terms: tuple[Term, ...]
    on_chain: bool

    @property
    def words(self) -> str:
        """One line of text a term; without draws the lags alone, if they need saying."""
        if any(term.values is not None for term in self.terms):
            return "\n".join(term.words for term in self.terms)
        forms = [term.form for term in self.terms]
        return ", ".join(form or "[0]" for form in forms) if any(forms) else ""


@dataclass(frozen=True, slots=True)
class Box:
    """A variable: how it is called, its unit, and what acts on it without a line.

    `kind`: ``measure``, ``exogenous``, ``latent``, ``observed`` or ``identity``.
    """

    kind: str
    label: str
    unit: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes by variable, and lines: those along the layers, and those that close a feedback."""

    boxes: Mapping[str, Box]
    forward: tuple[Line, ...]
    back: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines."""
        return (*self.forward, *self.back)


@dataclass(frozen=True, slots=True)
class _Host:
    """The variable that stands for another one: by which form of it, at which shortest lag."""

    name: str
    form: str = ""
    lag: int = 0


def diagram(
    scm: StructuralCausalModel, draws: xr.Dataset | None, signs: Mapping[str, Sign]
) -> Diagram:
    """Merge a model's plumbing and collect the effects along what is left.

    `signs`: by link label.
    """
    hosts: dict[str, _Host] = {}
    for name in scm.by_name:
        _find_host(scm, name, hosts)
    measures = set(scm.measures)
    beside = {n for n in scm.exogenous if measures and n not in measures}
    values = None if draws is None else _values(scm, draws)
    linked = {edge.label for edge in scm.links}
    terms: dict[tuple[str, str], list[Term]] = {}
    notes: dict[str, list[str]] = {}
    for name, equation in scm.by_name.items():
        if hosts[name].name != name:
            continue
        through = getattr(equation, "through_errors", ())
        for edge in equation.edges:
            if edge in through or (edge.parent == name and edge.label not in linked):
                continue  # persistence
            host = hosts[edge.parent]
            term = Term(
                edge=edge,
                form=host.form + (f"[{edge.lag}]" if edge.lag else ""),
                lag=host.lag + edge.lag,
                values=None if values is None else values.get(edge.label),
                sign=signs.get(edge.label, Sign.FIXED),
                under=scm.variables[edge.factor].label if edge.factor else "",
            )
            if host.name in beside:
                label = scm.variables[host.name].label
                notes.setdefault(name, []).append(f"{label} {term.words}".strip())
            elif host.name == name:
                notes.setdefault(name, []).append(f"own {term.words}")
            else:
                terms.setdefault((host.name, name), []).append(term)
    chain = set(scm.chain)
    lines = [
        Line(s, t, tuple(found), any(term.edge.label in chain for term in found))
        for (s, t), found in terms.items()
    ]
    shown = [n for n in scm.by_name if hosts[n].name == n and n not in beside]
    boxes = {name: _box(scm, name, tuple(notes.get(name, ()))) for name in shown}
    forward, back = _directed(lines)
    return Diagram(boxes=boxes, forward=forward, back=back)


def _find_host(scm: StructuralCausalModel, name: str, hosts: dict[str, _Host]) -> _Host:
    if name in hosts:
        return hosts[name]
    equation = scm.by_name[name]
    found = _Host(name)
    if isinstance(equation, AsymmetricAdjustment):
        found = _Host(equation.measure)
    elif isinstance(equation, Identity) and len({edge.parent for edge in equation.edges}) == 1:
        inner = _find_host(scm, equation.edges[0].parent, hosts)
        lag = min(edge.lag for edge in equation.edges)
        found = _Host(inner.name, _form(equation) + inner.form, inner.lag + lag)
    hosts[name] = found
    return found


def _form(equation: Identity) -> str:
    """Say an identity of one variable in a sign or two."""
    coefficients = list(equation.terms.values())
    lags = [edge.lag for edge in equation.edges]
    if any(isinstance(c, Affine) for c in coefficients):
        return "f"
    fixed = [float(c) for c in coefficients if not isinstance(c, Affine)]
    by_lag = dict(zip(lags, fixed, strict=True))
    if all(c == 1 for c in by_lag.values()) and sorted(lags) == list(range(len(lags))):
        return f"Σ{len(lags)}" if len(lags) > 1 else ""
    later = [lag for lag in lags if lag]
    if len(lags) == 2 and len(later) == 1 and by_lag[0] == -by_lag[later[0]] and by_lag[0] > 0:
        apart = str(later[0]) if later[0] > 1 else ""
        return f"Δ{apart}" + ("" if by_lag[0] == 1 else f"/{1 / by_lag[0]:g}")
    return "f"


def _values(scm: StructuralCausalModel, draws: xr.Dataset) -> dict[str, np.ndarray]:
    """Draws of what each edge carries in the long run, by label."""
    lasting, at_once = lasting_effects(scm, draws), link_effects(scm, draws).sel(kind="short_run")
    found = {}
    for link in scm.links:
        effects = at_once if link.parent == link.child else lasting
        found[link.label] = effects.sel({dims.LINK: link.label}).to_numpy().ravel()
    for equation in scm.by_name.values():
        if isinstance(equation, PartialAdjustment) and equation.anchor:
            now, before = (edge.label for edge in equation.anchor_edges)
            found[now] = np.ones(1)
            found[before] = -np.atleast_1d(
                DrawParameters(scm, draws).persistence(equation.variable.name)
            )
        if not isinstance(equation, Identity):
            continue
        for edge, coefficient in zip(equation.edges, equation.terms.values(), strict=True):
            found[edge.label] = (
                coefficient.constant + coefficient.slope * stack_draws(draws, coefficient.parameter)
                if isinstance(coefficient, Affine)
                else np.array([coefficient])
            )
    return found


def _box(scm: StructuralCausalModel, name: str, notes: tuple[str, ...]) -> Box:
    equation, variable = scm.by_name[name], scm.variables[name]
    kind = "observed"
    if isinstance(equation, Exogenous):
        kind = "measure" if name in scm.measures else "exogenous"
    elif isinstance(equation, LatentAdjustment):
        kind = "latent"
    elif isinstance(equation, Identity | Accumulator):
        kind = "identity"
    return Box(kind, variable.short_label, variable.short_unit, notes)


def _directed(lines: list[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Part lines into a DAG, links within the period first, and those that close a feedback."""
    graph = nx.DiGraph()
    graph.add_nodes_from(end for line in lines for end in (line.source, line.target))
    forward, back = [], []
    for line in sorted(lines, key=lambda line: min(term.lag for term in line.terms)):
        if nx.has_path(graph, line.target, line.source):
            back.append(line)
        else:
            graph.add_edge(line.source, line.target)
            forward.append(line)
    return tuple(forward), tuple(back)
