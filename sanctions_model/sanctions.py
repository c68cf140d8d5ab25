"""A transmission with its priors, for those who like one object to start from."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import xarray as xr

from sanctions_model.data.observations import load_observations
from sanctions_model.inference.priors.ledger import Priors, load_priors
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit, fit, sample_prior_predictive
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.transmission import default_transmission

if TYPE_CHECKING:
    import pymc as pm

__all__ = ["SanctionsModel"]


@dataclass(frozen=True, kw_only=True)
class SanctionsModel:
    """The default transmission and its priors, or your own.

    Parameters
    ----------
    transmission : StructuralCausalModel
        Equations; `default_transmission` by default.
    priors : Priors
        Beliefs; the bundled ones by default.

    Examples
    --------
    >>> prior = SanctionsModel().sample_prior_predictive(draws=10)
    >>> prior.draws.sizes["draw"]
    10
    """

    transmission: StructuralCausalModel = field(default_factory=default_transmission)
    priors: Priors = field(default_factory=load_priors)

    def fit(
        self,
        observations: xr.Dataset | None = None,
        *,
        draws: int = 1000,
        tune: int = 1000,
        chains: int = 4,
        random_seed: int = 20260101,
        progress: bool = False,
    ) -> Fit:
        """Draw from the posterior, as `sampling.fit` does.

        Parameters
        ----------
        observations : xr.Dataset, optional
            The bundled series of Russia by default.
        draws, tune, chains : int
            Kept and discarded draws a chain, and chains.
        random_seed : int
            Same versions, same kind of machine and same seed give the same bits.
        progress : bool
            Show a progress bar.

        Returns
        -------
        Fit
            Model, data, beliefs and draws, with diagnostics and manifest.

        Raises
        ------
        ConvergenceError
            If the draws fail the convergence gate.
        PriorError, ObservationError, QuestionError
            As for `sampling.fit`.
        """
        return fit(
            self.transmission,
            _data(observations),
            self.priors,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=random_seed,
            progress=progress,
        )

    def sample_prior_predictive(
        self,
        observations: xr.Dataset | None = None,
        *,
        draws: int = 4000,
        random_seed: int = 20260101,
    ) -> Fit:
        """Draw from the prior, as `sampling.sample_prior_predictive` does.

        Parameters
        ----------
        observations : xr.Dataset, optional
            The bundled series of Russia by default.
        draws : int
            Number of draws, in one chain.
        random_seed : int
            Of the draws; the same seed gives the same ones.

        Returns
        -------
        Fit
            Without a posterior.

        Raises
        ------
        PriorError, ObservationError, QuestionError
            As for `sampling.sample_prior_predictive`.
        """
        return sample_prior_predictive(
            self.transmission,
            _data(observations),
            self.priors,
            draws=draws,
            random_seed=random_seed,
        )

    def build(self, observations: xr.Dataset | None = None) -> "pm.Model":
        """Build the PyMC model, as `model.build` does.

        Parameters
        ----------
        observations : xr.Dataset, optional
            The bundled series of Russia by default.

        Returns
        -------
        pm.Model
            For PyMC's own functions.

        Raises
        ------
        PriorError, ObservationError
            If priors or data do not fit the model.
        """
        from sanctions_model.inference.pymc_model import build

        return build(Problem.of(self.transmission, _data(observations), self.priors))


def _data(observations: xr.Dataset | None) -> xr.Dataset:
    return load_observations() if observations is None else observations
