"""A fit under other beliefs, from the draws that it has: in seconds, or refused.

What `reweighting` does with weights, for a whole `Fit`. This module samples no posterior.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import ReweightingError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import log_likelihood, log_prior, predictive
from sanctions_model.inference.fit import Fit, groups_of_prior
from sanctions_model.inference.priors.families import Prior
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.reweighting import (
    MAX_K_HAT,
    ImportanceWeights,
    changed_priors,
    importance_weights,
    prior_log_ratio,
    resample,
)
from sanctions_model.scm.parameters import one_parameter
from sanctions_model.scm.serialization import content_hash
from sanctions_model.summaries import effective_size

_LOG = logging.getLogger(__name__)
_PREDICTED = 1000  # draws with predictions, as a fit has them


@dataclass(frozen=True, kw_only=True)
class Reweighted:
    """The draws of a fit with weights that make them draws under other beliefs.

    Parameters
    ----------
    base : Fit
        Whose draws they are.
    problem : Problem
        Model and data of the fit with the other beliefs.
    weights : ImportanceWeights
        Of the draws of the fit, chain by chain.
    changed : tuple of str
        Addresses whose beliefs differ.
    """

    base: Fit
    problem: Problem
    weights: ImportanceWeights
    changed: tuple[str, ...]

    @property
    def k_hat(self) -> float:
        """Shape of the tail of the raw weights; answers hold up to 0.7."""
        return self.weights.k_hat

    @property
    def effective_size(self) -> float:
        """Independent draws that the weighted ones are worth."""
        return self.weights.effective_size

    @cached_property
    def draws(self) -> xr.Dataset:
        """As many draws as the fit has, taken in proportion to the weights, in one chain."""
        drawn = self.base.draws
        size = drawn.sizes[dims.CHAIN] * drawn.sizes[dims.DRAW]
        picked = resample(drawn, self.weights.weights, size=size, random_seed=self._seed)
        return picked.assign_attrs(drawn.attrs)

    @cached_property
    def fit(self) -> Fit:
        """A fit of these draws, which every question answers and `save` keeps.

        Its diagnostics are those of the draws before weighting; the manifest states k-hat.
        """
        posterior = self.draws.copy()
        posterior.attrs = dict(self.base.idata["posterior"].attrs)
        few = posterior.isel({dims.DRAW: slice(0, _PREDICTED)})
        groups = groups_of_prior(self.problem, self._seed, posterior.sizes[dims.DRAW])
        groups |= {
            "posterior": posterior,
            "posterior_predictive": predictive(self.problem, few, self._seed + 2).to_dataset(),
            "log_likelihood": log_likelihood(self.problem, posterior).to_dataset(),
            "log_prior": log_prior(self.problem, posterior),
        }
        priors = self.problem.priors
        hashed = content_hash(priors.model_dump(mode="json", exclude={"origin"}))
        said = {
            "priors": {"origin": priors.origin, "sha256": hashed},
            "reweighted": {
                "changed": list(self.changed),
                "k_hat": self.k_hat,
                "effective_size": self.effective_size,
            },
        }
        if "inputs" in self.base.manifest:
            said["inputs"] = {**self.base.manifest["inputs"], "priors": priors.origin}
        return Fit(
            problem=self.problem,
            idata=xr.DataTree.from_dict(groups),
            manifest={**self.base.manifest, **said},
        )

    @property
    def _seed(self) -> int:
        return int(self.base.manifest.get("settings", {}).get("random_seed", 0))

    def __repr__(self) -> str:
        """Say in a line what changed and whether it holds."""
        return (
            f"Reweighted({', '.join(self.changed) or 'nothing changed'}: k-hat {self.k_hat:.2f}, "
            f"worth {self.effective_size:.0f} draws)"
        )


def reweight(
    fit: Fit, priors: Priors | Mapping[str, Prior], *, allow_unreliable: bool = False
) -> Reweighted:
    """Return what a fit says under other beliefs, by Pareto-smoothed importance sampling.

    Parameters
    ----------
    fit : Fit
        With a posterior.
    priors : Priors or mapping of str to Prior
        All beliefs, or those that change by address, as `Priors.replace` takes them.
    allow_unreliable : bool
        Return weights whose k-hat is above 0.7 all the same, with a warning in the log.

    Returns
    -------
    Reweighted
        With `k_hat`, the `draws` under the other beliefs and a whole `fit` of them.

    Raises
    ------
    ReweightingError
        If k-hat is above 0.7, a new belief has density where the old one has none, one of the two
        is a known value, or the fit has draws of the prior alone.
    PriorError
        If a belief is of no parameter of the model.

    Notes
    -----
    Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance sampling", Journal of
    Machine Learning Research 25 (2024).
    """
    if fit.is_prior_only:
        raise ReweightingError(
            "These draws are of the prior alone; draw from the other prior instead, with "
            "sample_prior_predictive or `run --prior-only --priors FILE`."
        )
    before, scm = fit.problem, fit.scm
    beliefs = priors if isinstance(priors, Priors) else before.priors.replace(priors)
    absolute = beliefs.for_model(scm, before.cases.moments)
    draws = fit.draws
    changed = changed_priors(before.absolute, absolute)
    ratio = prior_log_ratio(scm, draws, before.absolute, absolute)
    weights = importance_weights(ratio, relative_efficiency=_efficiency(fit, draws, changed))
    found = Reweighted(
        base=fit,
        problem=replace(before, priors=beliefs, absolute=absolute),
        weights=weights,
        changed=changed,
    )
    if not weights.k_hat <= MAX_K_HAT:
        said = (
            f"{weights.failures[0]}: the draws of this fit hardly reach where "
            f"{', '.join(changed)} would put them. Fit with these beliefs instead."
        )
        if not allow_unreliable:
            raise ReweightingError(said)
        _LOG.warning("%s", said)
    elif weights.failures:
        _LOG.warning("%s: expect noise in the answers.", weights.failures[0])
    return found


def _efficiency(fit: Fit, draws: xr.Dataset, changed: tuple[str, ...]) -> float:
    """Effective over actual number of draws of the parameter that mixes worst."""
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    sizes = [effective_size(one_parameter(fit.scm, draws, address)) for address in changed]
    return min([1.0, *(own / size for own in sizes)])
