"""The anchored economy with a few draws of its priors, made once."""

from functools import cache

from sanctions_model.data.bundled import data_path
from sanctions_model.data.observations import load_observations
from sanctions_model.economies.anchored import anchored_transmission
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import load_priors, sample_prior


@cache
def anchored_problem():
    """Return the problem of the bundled data."""
    scm = anchored_transmission()
    priors = load_priors(data_path("priors_anchored.toml"))
    return Problem.of(scm, load_observations(scm=scm), priors)


@cache
def anchored_draws():
    """Return four prior draws, cells that no data give included."""
    problem = anchored_problem()
    draws = sample_prior(problem.scm, problem.absolute, draws=2, chains=2, random_seed=20)
    return complete_from_prior(problem, draws, 21)
