"""Fixtures that several test files share. Hypothesis runs fixed examples without deadlines."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# `oracle` and `strategies` stand beside the tests and belong to no package.
sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def default_problem():
    """The default transmission with the bundled data and priors."""
    from sanctions_model.observations import load_observations
    from sanctions_model.priors import load_priors
    from sanctions_model.problem import Problem
    from sanctions_model.transmission import default_transmission

    return Problem.of(default_transmission(), load_observations(), load_priors())


@pytest.fixture(scope="session")
def default_draws(default_problem):
    """Four draws, in two chains, from the bundled priors."""
    from sanctions_model.priors import sample_prior

    return sample_prior(
        default_problem.scm, default_problem.absolute, draws=2, chains=2, random_seed=20
    )
