"""The default transmission without its latent states: shows what they cost a fit."""

from dataclasses import replace

from sanctions_model.economies.russia import MEASURES
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.equations import Identity
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses


def without_latent_states(problem: Problem) -> Problem:
    """Remove latent states, their changes, and the measures, which then have nothing to act on.

    The nine observed equations stay, on the same periods; they lose the parents that are removed,
    the change of the effective trade measures included.
    """
    scm = problem.scm
    removed = {*MEASURES, *scm.effective, *scm.latent}
    removed |= {f"{name}_change" for name in (*scm.latent, "effective_trade")}
    equations = []
    for equation in scm.equations:
        if equation.variable.name in removed:
            continue
        if isinstance(equation, Identity):
            terms = {p: c for p, c in equation.terms.items() if p.partition("[")[0] not in removed}
            equations.append(replace(equation, terms=terms))
        elif parents := getattr(equation, "parents", ()):
            kept = tuple(p for p in parents if p.partition("[")[0] not in removed)
            equations.append(replace(equation, parents=kept))
        else:
            equations.append(equation)
    smaller = StructuralCausalModel(
        name=f"{scm.name} without latent states",
        periods_per_year=scm.periods_per_year,
        equations=tuple(equations),
    )
    return Problem.of(smaller, problem.observations, _priors_of(smaller, problem.priors))


def _priors_of(scm: StructuralCausalModel, priors: Priors) -> Priors:
    """Keep the priors that the model has parameters for."""
    wanted = {(name, label or "") for name, label in addresses(scm).values()}
    names = {name for name, _ in wanted}
    entries = {
        name: {
            label: prior
            for label, prior in group.items()
            if (name, label) in wanted or (label == "*" and name in names)
        }
        for name, group in priors.entries.items()
    }
    kept = {name: group for name, group in entries.items() if group}
    return priors.model_copy(update={"entries": kept})
