"""Odds filtered through the measures, against the forward algorithm of a chain of two states."""

import time

import numpy as np
import pandas as pd
import pytest
from future_world import INITIAL, MATRIX, library

from sanctions_model.errors import QuestionError
from sanctions_model.scenarios.issuers import composite_weights
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.filtering import filtered_odds, observed_composite


def forward(observed, fall, spread):
    """P(state | observations so far) by the textbook recursion over pairs of states.

    The measures fall in the quarter in which relief (state 0) takes over, and in no other.
    """
    belief, rows = np.array(INITIAL), []
    for period, change in enumerate(np.diff(observed, prepend=1.0)):
        pairs = belief[:, None] * MATRIX if period else np.diag(belief)
        moved = np.array([[0.0, 0.0], [fall, 0.0]]) if period else np.diag([fall, 0.0])
        pairs = pairs * np.exp(-0.5 * ((change - moved) / spread) ** 2)
        belief = pairs.sum(axis=0) / pairs.sum()
        rows.append(belief)
    return np.array(rows)


def test_two_states_are_filtered_as_the_forward_algorithm_does():
    fall = -composite_weights()["trade"]
    observed, spread, paths = [0.9, 0.8, 0.85, 0.7, 0.72], 0.15, 40_000
    found = filtered_odds(library(), observed, spread=spread, paths=paths, random_seed=3)
    expected = forward(observed, fall, spread)
    np.testing.assert_allclose(found.loc["before"], INITIAL)
    error = np.sqrt(expected * (1 - expected) / found.attrs["paths"])
    assert (np.abs(found.to_numpy()[1:] - expected) < 4 * error + 1e-6).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_measures_that_rose_speak_against_relief():
    found = filtered_odds(load_scenarios(), random_seed=1)
    last = found.iloc[-1]
    assert last["reset"] < 0.1 < found.loc["before", "reset"]
    assert last["deterioration"] > found.loc["before", "deterioration"]


def test_the_filter_takes_less_than_a_second():
    """Seconds of the processor, so that other work on the machine does not count."""
    asked = load_scenarios()
    took = []
    for seed in range(3):
        began = time.process_time()
        filtered_odds(asked, random_seed=seed)
        took.append(time.process_time() - began)
    assert min(took) < 1.0


def test_what_is_observed_begins_at_one_and_ends_at_the_cap():
    seen = observed_composite()
    assert list(seen.index) == list(pd.period_range("2025Q1", "2026Q2", freq="Q"))
    assert 1.0 < seen.iloc[0] < seen.iloc[-1] < 1.13


@pytest.mark.parametrize(
    ("observed", "message"),
    [([], "finite values"), ([np.nan], "finite values"), ([9.0], "come near the measures")],
)
def test_what_cannot_be_filtered_is_refused(observed, message):
    with pytest.raises(QuestionError, match=message):
        filtered_odds(library(), observed, paths=2000, random_seed=1)
