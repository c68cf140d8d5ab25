"""A model with its data and its priors in absolute units: what an estimation starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import xarray as xr

from sanctions_model.histories import Cases, available_cases
from sanctions_model.prior_families import Prior
from sanctions_model.priors import Priors
from sanctions_model.scm import StructuralCausalModel

__all__ = ["Problem"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A model, its available cases and one absolute prior for each of its parameters.

    Parameters
    ----------
    scm : StructuralCausalModel
        With the centres that the data give.
    observations : xr.Dataset
        Dim ``time``.
    priors : Priors
        As stated.
    cases : Cases
        Fixed-shape arrays and weights.
    absolute : mapping of str to Prior
        By address, in absolute units.
    """

    scm: StructuralCausalModel
    observations: xr.Dataset
    priors: Priors
    cases: Cases
    absolute: Mapping[str, Prior]

    @classmethod
    def of(cls, scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors) -> Self:
        """Find the available cases and scale the priors.

        Raises
        ------
        PriorError
            If a parameter has no prior, or a prior no parameter.
        ObservationError
            If an exogenous variable has a gap.
        """
        cases = available_cases(scm, observations)
        absolute = priors.for_model(scm, cases.moments)
        return cls(
            scm=scm.with_centres(cases.centres),
            observations=observations,
            priors=priors,
            cases=cases,
            absolute=absolute,
        )

    @property
    def falling(self) -> tuple[str, ...]:
        """Measures with an asymmetric adjustment that fall inside the sample."""
        return tuple(
            measure
            for measure in self.scm.relieved
            if np.any(np.diff(self.cases.values[measure]) < 0)
        )

    @property
    def outcomes(self) -> np.ndarray:
        """Observed values, shape ``(time, equation)``; gaps hold 0 and have weight 0."""
        return np.stack([self.cases.values[name] for name in self.scm.stochastic], axis=1)
