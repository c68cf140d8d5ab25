"""Do neighbouring errors hang together: against another package and against made-up errors."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.stattools import acf

from sanctions_model.inference.density import complete_from_prior
from sanctions_model.validation.predictive import (
    SERIAL,
    leave_one_out_cells,
    predictive_table,
    serial_correlation,
)


def ranks(kept, *, size=200, seed=4):
    """Ranks of an autoregression's values under their own distribution."""
    generator = np.random.default_rng(seed)
    error = np.zeros(size)
    for period in range(1, size):
        error[period] = kept * error[period - 1] + generator.normal()
    return stats.norm.cdf(error * np.sqrt(1 - kept**2))


@pytest.mark.parametrize("kept", [0.0, 0.6])
def test_without_gaps_it_is_the_test_of_ljung_and_box(kept):
    pit = ranks(kept)
    found = serial_correlation(np.arange(pit.size), pit)
    scores = stats.norm.ppf(pit)
    assert found["neighbours"] == pytest.approx(acf(scores, nlags=1)[1], abs=1e-12)
    theirs = acorr_ljungbox(scores, lags=[4])["lb_pvalue"].item()
    assert found["serial_p_value"] == pytest.approx(theirs, abs=1e-12)
    assert (found["serial_p_value"] < SERIAL) == (kept > 0)


def test_pairs_across_a_gap_are_left_out():
    pit = ranks(0.6)
    kept = np.r_[np.arange(0, 40), np.arange(60, 80)]
    far = np.r_[np.arange(0, 40), np.arange(1060, 1080)]
    near, apart = (serial_correlation(where, pit[kept]) for where in (kept, far))
    assert near == pytest.approx(apart)


def test_too_few_cells_have_no_test():
    assert np.isnan(list(serial_correlation(np.arange(9), np.full(9, 0.3)).values())).all()


def test_a_rank_of_none_or_all_is_no_infinity():
    found = serial_correlation(np.arange(12), np.r_[0.0, 1.0, np.linspace(0.1, 0.9, 10)])
    assert np.isfinite(list(found.values())).all()


def test_a_series_of_few_outcomes_has_no_row():
    """A share or a rank of fewer than ten outcomes says nothing, and one outcome has no rival."""
    import laboratory

    from sanctions_model.inference.conditioned import Problem
    from sanctions_model.inference.priors.ledger import sample_prior

    truth = laboratory.draw_truth(2)
    data = laboratory.as_observations(laboratory.simulate_series(truth, 4))
    growth = data["growth"].to_numpy().copy()
    growth[:-4] = np.nan
    problem = Problem.of(laboratory.MODEL, data.assign(growth=("time", growth)), laboratory.PRIORS)
    draws = sample_prior(problem.scm, problem.absolute, draws=50, random_seed=1)
    draws = complete_from_prior(problem, draws, 2)
    cells = leave_one_out_cells(problem, draws)
    assert 0 < (cells["series"] == "growth").sum() < 10
    table = predictive_table(problem, draws, draws, cells)
    outcomes = cells["series"].value_counts()
    assert set(table["series"]) == set(outcomes.index[outcomes >= 10]) != set(outcomes.index)
    assert np.isfinite(table["coverage"]).all()
