"""Sampling: fit a model, gate its convergence, keep it in one file and read it back.

PyMC, PyTensor and nutpie are imported inside the functions that need them: a saved fit is loaded
and questioned without them.
"""

import importlib.metadata
import logging
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.checks import require_plausible
from sanctions_model.errors import ConvergenceError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import (
    complete_from_prior,
    log_likelihood,
    log_prior,
    predictive,
)
from sanctions_model.inference.diagnostics import Diagnostics
from sanctions_model.inference.priors.ledger import Priors, sample_prior
from sanctions_model.inference.refits import (
    ONE_AT_A_TIME,
    REFIT_TARGET_ACCEPT,
    checked_counts,
    examine,
)
from sanctions_model.inference.samplers import Sampler, sampler_for
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after
from sanctions_model.scm.serialization import content_hash, spec_hash, without_keys
from sanctions_model.waiting import Progress

_LOG = logging.getLogger(__name__)
_PREDICTED = 1000  # draws with predictions: what figures of them use
_PACKAGES = ("sanctions-model", "pymc", "pytensor", "nutpie", "numba", "arviz", "numpy", "xarray")
# Words of a prior, which say why and change no draw.
_REASONS = {"origin", "rationale", "sources"}


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Draws with everything they came from.

    Parameters
    ----------
    problem : Problem
        Model, data and priors.
    idata : xr.DataTree
        ArviZ groups: ``posterior`` (absent in prior-only mode), ``prior``, ``prior_predictive``,
        ``posterior_predictive``, ``log_likelihood``, ``log_prior``, ``sample_stats``,
        ``observed_data``. What compares predictions with figures, as `arviz.plot_loo_pit`, needs
        `for_arviz` of the fit: here likelihoods are by cell, predictions by period and series.
    manifest : mapping
        Versions, seed, sampler, hashes, diagnostics and wall times.
    """

    problem: Problem
    idata: xr.DataTree
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scm(self) -> StructuralCausalModel:
        """The model, with the centres that the data gave."""
        return self.problem.scm

    @property
    def is_prior_only(self) -> bool:
        """Whether there are prior draws alone."""
        return "posterior" not in self.idata.children

    @property
    def drawn_from(self) -> str:
        """What `draws` are: ``"posterior"``, or ``"prior"`` in prior-only mode."""
        return "prior" if self.is_prior_only else "posterior"

    @property
    def draws(self) -> xr.Dataset:
        """Posterior draws of the parameters, or prior draws in prior-only mode."""
        return self._signed(self.drawn_from)

    def _signed(self, group: str) -> xr.Dataset:
        """Return draws that say which period their data end at and which fit they are of."""
        year = self.scm.periods_per_year
        end = str(self.problem.cases.time[-1])[:10]
        made = str(self.manifest.get("created", ""))[:10]
        of_fit = f", fit of {made}" if made else ""
        of_fit += "" if self._converged else ", which did not converge"
        source = f"Source: sanctions-model{of_fit}, data to {period_after(end, 0, year)}"
        drawn = self.idata[group].to_dataset()
        return drawn.assign_attrs({dims.Said.START: end, dims.Said.SOURCE: source})

    @property
    def posterior_draws(self) -> xr.Dataset | None:
        """Posterior draws of the parameters, None in prior-only mode."""
        return None if self.is_prior_only else self.draws

    @property
    def prior_draws(self) -> xr.Dataset:
        """Prior draws of the parameters."""
        return self._signed("prior")

    @property
    def diagnostics(self) -> Diagnostics | None:
        """Convergence of the posterior draws, None in prior-only mode."""
        found = self.manifest.get("diagnostics")
        return None if found is None else Diagnostics(**found)

    @property
    def _converged(self) -> bool:
        return self.diagnostics is None or not self.diagnostics.failures

    def __repr__(self) -> str:
        """Say in a line what the fit holds."""
        draws = self.draws
        last = str(self.problem.cases.time[-1])[:10]
        return (
            f"Fit({self.scm.name or 'model'!r}: {draws.sizes[dims.CHAIN]} x "
            f"{draws.sizes[dims.DRAW]} {self.drawn_from} draws"
            f"{'' if self._converged else ' that did not converge'}, data to {last})"
        )

    def _repr_html_(self) -> str:
        """Show the draws as xarray does."""
        return str(self.idata._repr_html_())  # type: ignore[no-untyped-call]


def fit(
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    *,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    random_seed: int = 20260101,
    sampler: Sampler | None = None,
    allow_unconverged: bool = False,
    progress: Progress = False,
) -> Fit:
    """Draw from the posterior and refuse draws that did not converge.

    Parameters
    ----------
    scm : StructuralCausalModel
        The equations, from `default_transmission` or your own.
    observations : xr.Dataset
        As `load_observations` returns it.
    priors : Priors
        Beliefs about every parameter, as `load_priors` or `Priors.from_addresses` returns them.
    draws, tune, chains : int
        Kept and discarded draws a chain, and chains.
    random_seed : int
        Same versions, same kind of machine and same seed give the same bits.
    sampler : Sampler, optional
        That of `sampler_for` by default; `PyMCSampler` is slower.
    allow_unconverged : bool
        Return the fit even if the gate fails, with a warning in the log.
    progress : bool or callable
        Show a progress bar, or call this with draws done and draws in all.

    Returns
    -------
    Fit
        Model, data, beliefs and draws, with diagnostics and manifest.

    Raises
    ------
    ConvergenceError
        If R-hat exceeds 1.01, bulk or tail ESS is below 400 or a draw diverged, after one refit
        at a higher target if divergences alone fail.
    PriorError, ObservationError
        If priors or data do not fit the model.
    QuestionError
        If a count is below 1.
    """
    draws, tune, chains, random_seed = checked_counts(
        draws=draws, tune=tune, chains=chains, random_seed=random_seed
    )
    settings = {"draws": draws, "tune": tune, "chains": chains, "random_seed": random_seed}
    problem = _checked_problem(scm, observations, priors)
    sampler = sampler or sampler_for(scm)
    with ONE_AT_A_TIME:
        began = time.perf_counter()
        tree = sampler.sample(problem, progress=progress, **settings)
        posterior, diagnostics = examine(problem, tree)
        refitted = diagnostics.only_divergences_fail
        if refitted:
            _LOG.warning(
                "%s; sampling once more at target_accept %s.",
                diagnostics.failures[0],
                REFIT_TARGET_ACCEPT,
            )
            sampler = sampler.with_target_accept(REFIT_TARGET_ACCEPT)
            tree = sampler.sample(problem, progress=progress, **settings)
            posterior, diagnostics = examine(problem, tree)
        seconds = time.perf_counter() - began
    groups = groups_of_prior(problem, random_seed, draws * chains)
    few = posterior.isel({dims.DRAW: slice(0, max(1, _PREDICTED // chains))})
    groups |= {
        "posterior": posterior,
        "posterior_predictive": predictive(problem, few, random_seed + 2).to_dataset(),
        "sample_stats": _sample_stats(tree),
        "log_likelihood": log_likelihood(problem, posterior).to_dataset(),
        "log_prior": log_prior(problem, posterior),
    }
    manifest = _manifest(problem, settings, sampler) | {
        "diagnostics": {name: getattr(diagnostics, name) for name in Diagnostics.__slots__},
        "refitted_at_target_accept": REFIT_TARGET_ACCEPT if refitted else None,
        "seconds": {"sampling": seconds},
    }
    found = Fit(problem=problem, idata=xr.DataTree.from_dict(groups), manifest=manifest)
    if diagnostics.failures:
        refusal = ConvergenceError(
            f"Sampling did not converge: {'; '.join(diagnostics.failures)}. "
            "Sample longer (draws, tune), or look at priors and data; "
            "allow_unconverged returns the draws all the same."
        )
        if not allow_unconverged:
            refusal.fit = found
            raise refusal
        _LOG.warning("%s", refusal)
    return found


def sample_prior_predictive(
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    *,
    draws: int = 4000,
    random_seed: int = 20260101,
) -> Fit:
    """Draw parameters and one-step predictions from the prior, without PyMC.

    Parameters
    ----------
    scm, observations, priors
        As for `fit`; the data set scales and centres, nothing else.
    draws : int
        Number of draws, in one chain.
    random_seed : int
        Of the draws; the same seed gives the same ones.

    Returns
    -------
    Fit
        Without a posterior; every question answers it from the prior.

    Raises
    ------
    PriorError, ObservationError
        If priors or data do not fit the model.
    QuestionError
        If `draws` is below 1.
    """
    draws, _, _, random_seed = checked_counts(draws=draws, random_seed=random_seed)
    problem = _checked_problem(scm, observations, priors)
    groups = groups_of_prior(problem, random_seed, draws)
    settings = {"draws": draws, "chains": 1, "random_seed": random_seed}
    return Fit(
        problem=problem,
        idata=xr.DataTree.from_dict(groups),
        manifest=_manifest(problem, settings, None) | {"seconds": {}},
    )


def _checked_problem(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Problem:
    """Return what is estimated from figures; simulated ones may be of any size."""
    problem = Problem.of(scm, observations, priors)
    require_plausible(observations, scm)
    return problem


def groups_of_prior(problem: Problem, random_seed: int, draws: int) -> dict[str, xr.Dataset]:
    """Return the groups that need no posterior: prior, its predictions, and the data.

    `problem`: model, data and beliefs. `random_seed`, `draws`: of the prior draws, and how many.
    Returns: ``prior``, ``prior_predictive`` and ``observed_data``.
    """
    prior = sample_prior(problem.scm, problem.absolute, draws=draws, random_seed=random_seed)
    prior = complete_from_prior(problem, prior, random_seed + 1)  # not the noise of predictions
    few = prior.isel({dims.DRAW: slice(0, _PREDICTED)})
    values = np.stack([problem.cases.values[name] for name in problem.cases.columns], axis=1)
    observed = np.where(problem.cases.observed > 0, values, np.nan)
    return {
        "prior": prior,
        "prior_predictive": predictive(problem, few, random_seed).to_dataset(),
        "observed_data": xr.Dataset(
            {"observed": ((dims.TIME, dims.EQUATION), observed)},
            coords={dims.TIME: problem.cases.time, dims.EQUATION: list(problem.scm.stochastic)},
        ),
    }


def _sample_stats(tree: xr.DataTree) -> xr.Dataset:
    stats = tree["sample_stats"].to_dataset()
    wanted = ("diverging", "energy", "lp", "logp", "n_steps", "depth", "step_size", "tree_depth")
    kept = [name for name in wanted if name in stats]
    renamed = stats[kept].rename({"logp": "lp"} if "logp" in kept and "lp" not in kept else {})
    renamed.attrs = {}
    return renamed


def _manifest(
    problem: Problem, settings: Mapping[str, int], sampler: Sampler | None
) -> dict[str, Any]:
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: _version(name) for name in _PACKAGES}
        | {"python": platform.python_version()},
        "machine": {
            "system": platform.system(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
        },
        "settings": dict(settings),
        "sampler": None if sampler is None else repr(sampler),
        "data": {
            "title": str(problem.observations.attrs.get("title", "")),
            "last_period": str(problem.cases.time[-1])[:10],
            "sha256": str(problem.observations.attrs.get("data_sha256", "")),
        },
        "priors": {
            "origin": problem.priors.origin,
            "sha256": content_hash(problem.priors.model_dump(mode="json", exclude={"origin"})),
        },
        "spec_sha256": spec_hash(problem.scm),
    }


def data_checksum(manifest: Mapping[str, Any]) -> str:
    """Return the first twelve digits of the hash that the data of a fit are known by.

    That of their vintage, as ``run`` and ``data list`` print it; of data of one's own that of what
    was read. `manifest`: of a fit.
    """
    vintage = (manifest.get("inputs") or {}).get("vintage")
    return str((vintage or manifest["data"])["sha256"])[:12]


def beliefs_hash(priors: Priors) -> str:
    """Return the hash of beliefs alone: a reason said better, or with a source now, is the same."""
    return content_hash(without_keys(priors.model_dump(mode="json"), _REASONS))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
