"""What several files of tests of the verbs read."""

import pytest

from sanctions_model.data.observations import load_observations
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.inference.fit import sample_prior_predictive
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.inference.storage import save


@pytest.fixture(scope="session")
def saved_fit(tmp_path_factory):
    """A folder with draws of the prior, as `run --prior-only` leaves them; nobody writes to it."""
    scm = growth_transmission()
    prior = sample_prior_predictive(
        scm, load_observations(scm=scm), load_priors(economy="growth"), draws=60, random_seed=5
    )
    folder = tmp_path_factory.mktemp("results")
    save(prior, folder / "posterior.nc")
    return folder


@pytest.fixture
def few_outcomes(monkeypatch):
    """Runs without figures and with one outcome, for what does not depend on them."""
    from sanctions_model import plots, workflow

    monkeypatch.setattr(plots, "main_figures", lambda fit, claims: {})
    table = workflow.effects_table
    monkeypatch.setattr(
        workflow,
        "effects_table",
        lambda scm, draws, basis: table(scm, draws, outcomes=["key_rate"], basis=basis),
    )
