"""Small models with data and pinned draws, for questions about futures."""

import numpy as np
from laboratory import as_observations

from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.sample import available_cases

COUNT = 20_000


def problem_of(scm, series):
    """A model with its data, parents entering as they are; no question here asks the priors."""
    observations = as_observations(series)
    return Problem(
        scm=scm,
        observations=observations,
        priors=Priors(entries={}),
        cases=available_cases(scm, observations),
        absolute={},
    )


def repeated(draws, count=COUNT):
    return draws.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))
