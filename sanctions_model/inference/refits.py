"""Draws without a whole fit: counts that are checked, one run at a time, the convergence gate.

Every refit goes through here: sweeps, back-tests, rolling origins, calibration, subsamples.
"""

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_whole
from sanctions_model.errors import ConvergenceError, QuestionError
from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.diagnostics import Diagnostics, diagnose
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.inference.samplers import Sampler, WarmStart, sampler_for
from sanctions_model.scm.parameters import note_centres, parameter_dims
from sanctions_model.scm.serialization import spec_hash

ONE_AT_A_TIME = threading.Lock()  # of all runs of the sampler
REFIT_TARGET_ACCEPT = 0.95
# Beyond these the draws would not fit into memory, or a seed into the samplers' numbers.
_MOST = {"draws": 100_000, "tune": 100_000, "chains": 100, "random_seed": 4_000_000_000}
_MOST_IN_ALL = 400_000  # draws of all chains: some 10 kB each, with likelihood and predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingSettings:
    """How much a refit samples.

    Parameters
    ----------
    draws, tune, chains : int
        Kept and discarded draws a chain, and chains.
    random_seed : int

    Raises
    ------
    QuestionError
        If a count is below 1.
    """

    draws: int = 1000
    tune: int = 1000
    chains: int = 4
    random_seed: int = 20260101

    def __post_init__(self) -> None:
        names = ("draws", "tune", "chains", "random_seed")
        stated = {name: getattr(self, name) for name in names}
        for name, value in zip(names, checked_counts(**stated), strict=True):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, kw_only=True)
class Refit:
    """Posterior draws, and nothing else.

    Parameters
    ----------
    posterior : xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.
    diagnostics : Diagnostics
    start : WarmStart or None
        For fits nearby, if it was asked for.
    """

    posterior: xr.Dataset
    diagnostics: Diagnostics
    start: WarmStart | None = None

    @property
    def converged(self) -> bool:
        """Whether the draws passed the gate."""
        return not self.diagnostics.failures


def refit(
    problem: Problem,
    settings: SamplingSettings | None = None,
    *,
    sampler: Sampler | None = None,
    start: WarmStart | None = None,
    warm_tune: int = 150,
    keep_start: bool = False,
    allow_unconverged: bool = False,
) -> Refit:
    """Draw from a posterior, from where a fit nearby was.

    With a start, tuning is short; if the draws then fail the gate, they are drawn again with the
    whole tuning. No prior, predictive or likelihood groups are made: `fit` does that.

    `sampler`: that of `sampler_for` by default; only `Nutpie` can begin at a start. `start`: of a
    fit nearby, of the same `problem_structure`. `warm_tune`: tuning draws a chain from a start.
    `keep_start`: keep what starts fits nearby. `allow_unconverged`: return draws that fail the
    gate, to be flagged where they are used: ``converged`` says so. They are drawn again, at a
    higher target, only if divergences alone fail. Raises `ConvergenceError` if the draws fail the
    gate, at the end also at a higher target.
    """
    settings = settings or SamplingSettings()
    sampler = sampler or sampler_for(problem.scm)
    bold = sampler.with_target_accept(REFIT_TARGET_ACCEPT)
    attempts: list[tuple[Sampler, WarmStart | None, int]] = [
        (sampler, None, settings.tune),
        (bold, None, settings.tune),
    ]
    if start is not None:
        attempts.insert(0, (sampler, start, max(warm_tune, 1)))
    with ONE_AT_A_TIME:
        for chosen, begin, tuning in attempts:
            beside: dict[str, Any] = {} if begin is None else {"start": begin}
            tree = chosen.sample(
                problem,
                draws=settings.draws,
                tune=tuning,
                chains=settings.chains,
                random_seed=settings.random_seed,
                **beside,
            )
            posterior, diagnostics = examine(problem, tree)
            failed = bool(diagnostics.failures)
            last = not failed or not diagnostics.only_divergences_fail
            if not failed or (allow_unconverged and begin is None and last):
                kept = WarmStart.of(tree) if keep_start else None
                return Refit(posterior=posterior, diagnostics=diagnostics, start=kept)
    if allow_unconverged:
        return Refit(posterior=posterior, diagnostics=diagnostics)
    raise ConvergenceError(
        f"A refit did not converge: {'; '.join(diagnostics.failures)}. "
        "Sample longer (draws, tune), or look at these beliefs and data."
    )


def examine(problem: Problem, tree: xr.DataTree) -> tuple[xr.Dataset, Diagnostics]:
    """Return the posterior of a run of the sampler, and what its draws are like."""
    names = [*parameter_dims(problem.scm), *([MISSING_CELL] if problem.cases.missing else [])]
    posterior = tree["posterior"].to_dataset()[names].transpose(dims.CHAIN, dims.DRAW, ...)
    posterior.attrs = {}
    posterior = note_centres(problem.scm, posterior)
    divergences = int(tree["sample_stats"]["diverging"].sum())
    known = [a for a, prior in problem.absolute.items() if isinstance(prior, Fixed)]
    return posterior, diagnose(problem.scm, posterior, divergences, known=known)


def checked_counts(
    *, draws: int = 1, tune: int = 1, chains: int = 1, random_seed: int = 0
) -> tuple[int, int, int, int]:
    """Return counts and seed as ints, so that wrong ones are refused before anything is compiled.

    `draws`, `tune`, `chains`: of each chain and how many; those that are not asked for are 1.
    `random_seed`: of the sampler. Returns: the same, in this order. Raises `QuestionError` if one
    is no whole number or outside its bounds.
    """
    asked = {"draws": draws, "tune": tune, "chains": chains, "random_seed": random_seed}
    found = {
        name: as_whole(value, name, least=int(name != "random_seed"), most=_MOST[name])
        for name, value in asked.items()
    }
    in_all = found["draws"] * found["chains"]
    if in_all > _MOST_IN_ALL:
        raise QuestionError(
            f"{found['chains']} chains of {found['draws']} draws are {in_all}; expected at most "
            f"{_MOST_IN_ALL} in all, more would not fit into memory."
        )
    return found["draws"], found["tune"], found["chains"], found["random_seed"]


def problem_structure(problem: Problem) -> tuple[Hashable, ...]:
    """Return what the free numbers of a posterior mean; starts serve problems that share it."""
    families = frozenset((a, _family(prior)) for a, prior in problem.absolute.items())
    return spec_hash(problem.scm), families, problem.cases.missing


def _family(prior: Any) -> tuple[str, bool, bool]:
    bounds = (getattr(prior, "lower", None) is not None, getattr(prior, "upper", None) is not None)
    return (prior.family, *bounds)
