"""What makes equations a model: names, parents, order, reach; the first fault is refused.

Read by the model when it is made. Knows no data, no priors and no draws.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import lazy_loader

from sanctions_model.errors import SpecError, UnknownVariableError
from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Equation,
    Exogenous,
    Identity,
    LatentAdjustment,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.variables import Affine, Decay, Grow, Hold, Variable

if TYPE_CHECKING:
    import networkx as nx

    from sanctions_model.scm.model import StructuralCausalModel
else:
    nx = lazy_loader.load("networkx")

# What results call the sum of measures, a history without shocks and the time axis; and what tables
# call the column of their periods.
_LABELS = {"all", "base", "time", "quarter", "month", "period", "date"}
_CHANNELS = {"total", "article_chain", "chain_offset", "chain_remainder"}


def check(scm: "StructuralCausalModel") -> None:
    """Refuse equations that do not make a model.

    Parameters
    ----------
    scm : StructuralCausalModel

    Raises
    ------
    SpecError, UnknownVariableError
        The message says which equation and what to change.
    """
    _check_names(scm)
    _check_parents(scm)
    if scm.graph.order:  # solving the order refuses cycles within a period
        _check_unobserved(scm)
    _check_reach(scm)
    _check_forces(scm)
    for name in scm.parameter_labels:
        if name not in scm.scalars:
            raise UnknownVariableError.from_name(name, scm.scalars, "the parameters' labels")


def _check_names(scm: "StructuralCausalModel") -> None:
    if not scm.equations:
        raise SpecError("The model has no equations; give at least one.")
    names = [item.variable.name for item in (*scm.equations, *scm.levels)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"{', '.join(twice)} has more than one equation; give each variable one.")
    if scm.periods_per_year < 1:
        raise SpecError(f"periods_per_year is {scm.periods_per_year}; expected 1 or more.")
    taken = {"coefficient", "intercept", "persistence", "scale", "degrees_of_freedom"}
    taken |= {
        "error_persistence",
        "persisting",
        "recoverable_share",
        "recovery_speed",
        "missing_cell",
        "missing_cell_offset",
    }
    taken |= {"observed", "series", "numbers", "chain", "draw", "link", "equation"}
    taken |= {"adjusting", "measure", "missing", "time", "crisis", "crisis_multiplier"}
    _check_crises(scm)
    for item in (*scm.equations, *scm.levels):
        _check_label(item.variable)
    if both := sorted({*scm.entries} & _CHANNELS):
        raise SpecError(f"The channel {both[0]!r} has the name of one of ours; rename it.")
    for name in scm.scalars:
        if name in taken:
            raise SpecError(f"Parameter {name!r} of an identity has a reserved name; rename it.")


def _check_crises(scm: "StructuralCausalModel") -> None:
    windows = sorted(scm.crises, key=lambda crisis: crisis.start)
    for before, after in pairwise(windows):
        if after.start <= before.end:
            raise SpecError(
                f"The crises {before.name!r} and {after.name!r} overlap; expected windows apart."
            )
    names = [crisis.name for crisis in windows]
    if len(set(names)) < len(names):
        raise SpecError(f"Two crises have one name: {', '.join(names)}; give each its own.")
    if not 0.0 <= scm.crisis_hazard < 1.0:
        raise SpecError(f"crisis_hazard is {scm.crisis_hazard}; expected a chance below 1.")
    if scm.crisis_hazard and not (scm.crises and all(scm.crisis_lengths)):
        raise SpecError(
            "crisis_hazard needs crises to draw from, each with a period that starts in it; "
            "add some, or leave it at 0."
        )


def _check_label(variable: Variable) -> None:
    """Refuse names that tables and results give to something else, where they would be mixed up."""
    for name in (variable.name, variable.column):
        if name.lower() in _LABELS:
            raise SpecError(
                f"The variable {variable.name!r} has the name or the column {name!r}, which tables "
                "and results use for something else; rename it."
            )


def _check_parents(scm: "StructuralCausalModel") -> None:
    for equation in scm.equations:
        for edge in equation.edges:
            if edge.parent not in scm.by_name:
                raise UnknownVariableError.from_name(
                    edge.parent, scm.by_name, f"the equation of {equation.variable.name!r}"
                )
        _check_own_parents(equation)
        _check_factors(scm, equation)
    for name, equation in scm.effective.items():
        if equation.measure not in scm.exogenous:
            raise SpecError(
                f"{name!r} follows {equation.measure!r}, which is not exogenous; "
                "an effective measure needs an exogenous one."
            )
    followed = [(equation.measure, equation.recovers_as) for equation in scm.effective.values()]
    if len(set(followed)) < len(followed):
        names = ", ".join(measure for measure, _ in followed)
        raise SpecError(
            f"Two effective measures follow one of {names} with the same recovery; keep one, or "
            "name another recovery."
        )
    for level in scm.levels:
        if level.flow not in scm.structural:
            raise UnknownVariableError.from_name(
                level.flow, scm.structural, f"the level {level.variable.name!r}"
            )


def _check_own_parents(equation: Equation) -> None:
    child = equation.variable.name
    own = [edge for edge in equation.edges if edge.parent == child]
    labels = [edge.label for edge in equation.edges]
    lags = 2 if isinstance(equation, PartialAdjustment) and equation.persistent_errors else 1
    if isinstance(equation, PartialAdjustment | LatentAdjustment | Accumulator) and len(own) > lags:
        raise SpecError(
            f"{child!r} adjusts partially, so its own lag is its persistence; "
            f"drop {own[0].label!r} or use Linear."
        )
    if isinstance(equation, Identity) and own:
        raise SpecError(
            f"Identity {child!r} refers to itself; use Level to cumulate, or Accumulator where "
            "others read it."
        )
    kinds = LatentAdjustment | Identity | Accumulator
    if isinstance(equation, kinds) and len(labels) == len(own):
        raise SpecError(f"{child!r} has no parents; give it one, or make it exogenous.")
    if len(set(labels)) < len(labels):
        raise SpecError(f"A parent of {child!r} is given twice: {', '.join(labels)}.")


def _check_factors(scm: "StructuralCausalModel", equation: Equation) -> None:
    """Refuse factors that are not exogenous, and those of equations that pass through states."""
    child = equation.variable.name
    for edge in equation.edges:
        if not edge.factor:
            continue
        if not isinstance(equation, PartialAdjustment | Linear):
            raise SpecError(
                f"{edge.label!r} has a factor, but {child!r} is no observed variable; give the "
                "factor to a link of an observed one."
            )
        if edge.factor not in scm.exogenous:
            raise SpecError(
                f"The factor {edge.factor!r} of {edge.label!r} is not exogenous; a link changes "
                "at dates that an exogenous variable states."
            )
        onward = scm.exogenous[edge.factor].continuation
        if onward == Hold() or isinstance(onward, Decay | Grow):
            raise SpecError(
                f"The factor {edge.factor!r} of {edge.label!r} goes on from a value that only data "
                "give; declare how strong the link is, as in continuation=Hold(1.0)."
            )


def _check_unobserved(scm: "StructuralCausalModel") -> None:
    for name, level in scm.accumulators.items():
        for edge in level.edges:
            if edge.parent != name and not _given_by_data(scm, edge.parent):
                raise SpecError(
                    f"{name!r} sums {edge.parent!r}, which data alone do not give; expected "
                    "exogenous or observed parents, or identities of these without parameters."
                )
    through_lags = unobserved_graph(scm)
    if not nx.is_directed_acyclic_graph(through_lags):
        cycle = " -> ".join(edge[0] for edge in nx.find_cycle(through_lags))
        raise SpecError(
            f"Identities and latent states depend on each other through lags: {cycle}. "
            "Expected an observed variable in between; make one of them observed."
        )


def _given_by_data(scm: "StructuralCausalModel", name: str) -> bool:
    """Whether a variable is a series, or made of series without a parameter."""
    equation = scm.by_name[name]
    if isinstance(equation, Exogenous | PartialAdjustment | Linear):
        return True
    if not isinstance(equation, Identity):
        return False
    fixed = not any(isinstance(c, Affine) for c in equation.terms.values())
    return fixed and all(_given_by_data(scm, edge.parent) for edge in equation.edges)


def unobserved_graph(scm: "StructuralCausalModel") -> "nx.DiGraph":
    """All edges between latent states and identities, persistence left out."""
    kinds = Identity | LatentAdjustment | Accumulator
    names = [n for n, e in scm.by_name.items() if isinstance(e, kinds)]
    graph = nx.DiGraph(scm.graph.summary.subgraph(names))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    return graph


def _check_reach(scm: "StructuralCausalModel") -> None:
    stochastic = set(scm.stochastic)
    for name, equation in scm.by_name.items():
        if not isinstance(equation, Exogenous | AsymmetricAdjustment):
            continue
        if not scm.graph.descendants(name) & stochastic:
            raise SpecError(
                f"{name!r} has no child that leads to an observed variable, so it can answer "
                "nothing; link it or leave it out."
            )
    labels = {edge.label for edge in scm.graph.edges}
    named = {**scm.entries, "chain": scm.chain, "chain_offset": scm.chain_offset}
    for channel, wanted in named.items():
        for label in wanted:
            if label not in labels:
                raise UnknownVariableError.from_name(label, sorted(labels), f"channel {channel!r}")
    for name in scm.headline:
        scm.require(name, "the headline outcomes")


def _check_forces(scm: "StructuralCausalModel") -> None:
    named = [name for names in scm.forces.values() for name in names]
    parts = (*scm.exogenous, *scm.stochastic)
    for name in named:
        if name not in parts:
            raise UnknownVariableError.from_name(name, parts, "the forces")
        if named.count(name) > 1:
            raise SpecError(f"{name!r} is in two of the forces; expected at most one.")
