"""Known truths found again: the model fitted to simulated data sets.

Truths are drawn from the prior, so that over data sets ``z = (posterior mean - truth) / posterior
sd`` has mean 0 and second moment 1, intervals cover at their nominal rate, and the truth's rank
among posterior draws is uniform. Errors of the checks follow from the number of data sets.
"""

from dataclasses import dataclass
from functools import cache

import laboratory
import numpy as np
import pytest
from laboratory import LIFTED, MODEL, RATE_FROM
from scipy import stats

from sanctions_model.queries.effects import total_effect

HORIZON = 8
# Neither fixed nor without data; intercepts are left out, because the prior is not their truth's.
FOUND = [
    "effective_trade -> premium",
    "premium -> inflation",
    "growth[1] -> inflation",
    "inflation -> key_rate",
    "growth[1] -> growth",
    "key_rate[1] -> growth",
    "trade -> growth",
    "weather -> growth",
    "weather -> harvest",
    "weather[1] -> harvest",
    "persistence[premium]",
    "persistence[inflation]",
    "persistence[key_rate]",
    "scale[inflation]",
    "scale[key_rate]",
    "scale[growth]",
    "degrees_of_freedom[inflation]",
    "recoverable_share[trade]",
    "recovery_speed[trade]",
]
EFFECTS = ["inflation", "key_rate", "price_level", "output_level"]
CELLS = {"growth[2010-01-01]": 40, "growth[2019-10-01]": 79}


@dataclass(frozen=True)
class Score:
    """How a posterior relates to the truth."""

    z: float
    covered: bool
    rank: float


def score(draws, truth):
    """Compare draws of a quantity with its true value."""
    values = np.ravel(draws)
    lower, upper = np.quantile(values, [0.05, 0.95])
    return Score(
        z=float((values.mean() - truth) / values.std()),
        covered=bool(lower <= truth <= upper),
        rank=float((values < truth).mean()),
    )


def of_address(draws, address):
    if " -> " in address:
        return draws["coefficient"].sel(link=address).to_numpy()
    name, label = address[:-1].split("[")
    (dim,) = set(draws[name].dims) - {"chain", "draw"}
    return draws[name].sel({dim: label}).to_numpy()


def scores(seed, draws):
    """Simulate one data set, fit it and score everything that can be known."""
    truth = laboratory.draw_truth([1, seed])
    observations = laboratory.observe(truth, [2, seed])
    fitted = laboratory.refit(
        observations,
        draws=draws,
        tune=500,
        chains=2,
        random_seed=seed,
        allow_unconverged=True,  # few draws a data set, many data sets
    )
    posterior = fitted.draws
    found = {name: score(of_address(posterior, name), truth[name]) for name in FOUND}
    effect = total_effect(fitted.scm, posterior, LIFTED, horizon=HORIZON, outcomes=EFFECTS).isel(
        horizon=-1
    )
    exact = laboratory.relief_effect(truth, HORIZON)
    for name in EFFECTS:
        found[f"effect on {name}"] = score(effect.sel(outcome=name), exact[name][-1])
    complete = laboratory.simulate_series(truth, [2, seed])
    for label, period in CELLS.items():
        cell = posterior["missing_cell"].sel(missing=label)
        found[label] = score(cell, complete["growth"][period])
    return found


@cache
def many(count, draws):
    """Scores of many data sets, one list a quantity."""
    each = [scores(seed, draws) for seed in range(count)]
    return {name: [found[name] for found in each] for name in each[0]}


def test_the_laboratory_has_something_to_find():
    truth = laboratory.draw_truth(1)
    assert truth["scale[harvest]"] == laboratory.HARVEST_SCALE
    series = laboratory.simulate_series(truth, 1)
    assert {len(values) for values in series.values()} == {laboratory.PERIODS}
    assert all(np.isfinite(values).all() for name, values in series.items() if name != "silent")
    assert np.all(np.diff(series["trade"]) >= 0)
    assert series["trade"][0] == 0.0
    assert series["trade"][-1] == 1.0
    observed = laboratory.observe(truth, 1)
    assert not np.isfinite(observed["key_rate"][:RATE_FROM]).any()
    assert laboratory.simulate_series(truth, 1)["growth"][3] == series["growth"][3]
    assert list(observed.data_vars) == list(series)


def test_ten_truths_are_found_again():
    found = many(10, 250)
    z = np.array([[one.z for one in found[name]] for name in found])
    covered = np.array([[one.covered for one in found[name]] for name in found])
    assert np.abs(z).max() < 5
    # Over ten data sets the mean of z has a standard error of 0.32.
    assert np.abs(z.mean(axis=1)).max() < 4.5 / np.sqrt(10)
    assert 0.75 < np.sqrt((z**2).mean()) < 1.3
    assert covered.mean() > 0.8
    assert len(found) == len(FOUND) + len(EFFECTS) + len(CELLS)


COUNT = 100
QUANTITIES = [*FOUND, *(f"effect on {name}" for name in EFFECTS), *CELLS]


@pytest.mark.slow
@pytest.mark.parametrize("name", QUANTITIES)
def test_over_many_data_sets_posteriors_are_calibrated(name):
    found = many(COUNT, 400)[name]
    z = np.array([one.z for one in found])
    assert abs(z.mean()) < 4 / np.sqrt(COUNT)
    # The second moment of z is 1; its error comes from the fourth moment of these z.
    squares = z**2
    assert abs(squares.mean() - 1) < 4 * squares.std() / np.sqrt(COUNT)
    assert 0.6 < z.std() < 1.4
    covered = sum(one.covered for one in found)
    assert stats.binomtest(covered, COUNT, 0.9).pvalue > 1e-4
    bins = np.histogram([one.rank for one in found], bins=5, range=(0, 1))[0]
    assert stats.chisquare(bins).pvalue > 1e-4


@pytest.mark.slow
def test_over_many_data_sets_intervals_cover_nine_in_ten():
    """All quantities together, the data sets being independent and the quantities not."""
    found = many(COUNT, 400)
    per_data_set = np.mean([[one.covered for one in found[name]] for name in found], axis=0)
    assert abs(per_data_set.mean() - 0.9) < 4 * per_data_set.std() / np.sqrt(COUNT)


@pytest.mark.slow
def test_more_data_say_more():
    """The regression's slopes are known better than its prior says, in every data set."""
    found = many(COUNT, 400)
    assert len(found) == len(QUANTITIES)
    slopes = [[abs(one.z) for one in found[f"weather{lag} -> harvest"]] for lag in ("", "[1]")]
    assert np.mean(slopes) < 1.0
    assert MODEL.centres == {}
