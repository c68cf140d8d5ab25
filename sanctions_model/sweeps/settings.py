"""A setting: all that an answer of a sweep depends on. Answers nothing and samples nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import xarray as xr

from sanctions_model.errors import UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.families import Fixed, Prior
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses


@dataclass(frozen=True, kw_only=True)
class Future:
    """A relief that happens with a probability."""

    relief: Relief
    probability: float


@dataclass(frozen=True, kw_only=True)
class Setting:
    """All that an answer depends on.

    `futures`: reliefs with their probabilities, which add up to 1 or less; the rest is no relief.
    `horizon`: periods after the start of the relief at which the outcomes are read. `known`:
    parameters at a known value, by address. `prior_sets`: named sets of beliefs that replace those
    stated. `near`: one that this comes from: with the same data and model, only beliefs are worked
    out anew.
    """

    scm: StructuralCausalModel
    observations: xr.Dataset
    priors: Priors
    futures: Mapping[str, Future]
    horizon: int = 12
    known: Mapping[str, float] = field(default_factory=dict)
    prior_sets: Mapping[str, Mapping[str, Prior]] = field(default_factory=dict)
    near: "Setting | None" = field(default=None, repr=False, compare=False)

    @cached_property
    def problem(self) -> Problem:
        """What an estimation of this setting starts from.

        A known value of a parameter that the data cannot see is left to the question.
        """
        stated = self._before_known
        seen = {a: v for a, v in self.known.items() if a not in unseen(stated)}
        if not seen:
            return stated
        return _believing(stated, self.priors.replace({a: Fixed(value=v) for a, v in seen.items()}))

    @property
    def _before_known(self) -> Problem:
        near = self.near
        if near is None or near.observations is not self.observations or near.scm is not self.scm:
            return Problem.of(self.scm, self.observations, self.priors)
        if near.priors is self.priors:
            return near.problem
        return _believing(near.problem, self.priors)


def _believing(problem: Problem, priors: Priors) -> Problem:
    """Return the same problem under other beliefs, those that stay being the very same objects."""
    absolute = priors.for_model(problem.scm, problem.cases.moments)
    for address, (name, label) in addresses(problem.scm).items():
        before, after = (p.stated(name, label) for p in (problem.priors, priors))
        if before is after:
            absolute[address] = problem.absolute[address]
    return replace(problem, priors=priors, absolute=absolute)


def unseen(problem: Problem) -> frozenset[str]:
    """Return addresses that the likelihood does not hold: their posterior is their prior.

    The share and the speed of relief of a measure that never falls in the sample. Nothing else is
    correlated with them, so that an answer at a known value needs no new posterior.
    """
    names = ("recoverable_share", "recovery_speed")
    return frozenset(f"{name}[{label}]" for name in names for label in problem.resting)


def stated_prior(setting: Setting, address: str) -> Prior:
    """Return the prior stated for an address, or for all of a kind.

    Raises `UnknownVariableError` if the model has no such parameter.
    """
    priors = Priors.from_addresses({address: Fixed(value=0.0)})  # splits the address
    ((name, group),) = priors.entries.items()
    (label,) = group
    entries = setting.priors.entries.get(name, {})
    known = addresses(setting.scm)
    names = {parameter for parameter, _ in known.values()}
    if address not in known and not (address in names and label in entries):
        raise UnknownVariableError.from_name(address, known, "the parameters of the sweep")
    return setting.priors[address]
