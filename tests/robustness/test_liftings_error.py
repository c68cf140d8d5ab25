"""The error that few shipped draws leave: less with more of them, none where they do not count."""

import numpy as np
import pytest
import xarray as xr

from sanctions_model.elsewhere.prediction import LIFTINGS, load_effect_draws
from sanctions_model.robustness.liftings_error import liftings_error

LIFTING = LIFTINGS["settlement, all senders"]


@pytest.fixture(scope="module")
def asked(growth_problem):
    from sanctions_model.inference.priors.ledger import sample_prior

    scm = growth_problem.scm
    return scm, sample_prior(scm, growth_problem.absolute, draws=1000, random_seed=6)


def test_no_power_leaves_no_error(asked):
    found = liftings_error(*asked, LIFTING, power=0.0, resamples=3)
    assert found["outcome"].to_list() == ["gdp_level", "price_level", "import_level", "rouble"]
    np.testing.assert_allclose(found[["median", "lower", "upper"]], 0.0, atol=1e-12)


def test_ten_times_the_draws_leave_a_smaller_error(asked):
    few = liftings_error(*asked, LIFTING, power=0.2, resamples=12)["median"]
    many = xr.concat([load_effect_draws()] * 10, "draw")
    less = liftings_error(*asked, LIFTING, power=0.2, resamples=12, shipped=many)["median"]
    assert (few > 0).all()
    # A third by the square root; each is known to a fifth.
    assert (less < 0.75 * few).all()
