"""Which cells of the data the likelihood uses, and which it completes."""

import itertools
import statistics

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracle import centres, close, completed, missing_cells, used_periods
from strategies import models, variable

from sanctions_model.errors import ObservationError
from sanctions_model.inference.sample import available_cases
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Affine

QUARTERS = np.arange("2020-01", "2022-07", 3, dtype="datetime64[M]").astype("datetime64[ns]")


@pytest.fixture
def gapped():
    """y starts in period 1, has a hole in 5 and ends in 8; z reads y, y[1] and y[2]; w is empty."""
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            PartialAdjustment(variable=variable("y"), parents=("x", "x[1]")),
            Identity(
                variable=variable("i"),
                terms={"y": 1.0, "y[2]": -1.0, "x": 2.0, "z[1]": Affine("p")},
            ),
            Linear(variable=variable("z"), parents=("y[1]", "i", "x")),
            Linear(variable=variable("w"), parents=("z",)),
            Linear(variable=variable("v"), parents=("w[1]", "z")),
        )
    )
    generator = np.random.default_rng(9)
    series = {name: generator.normal(size=10) for name in "xyzwv"}
    series["y"][[0, 5, 9]] = np.nan
    series["w"][:] = np.nan
    return scm, series


def as_observations(series, time=QUARTERS):
    return xr.Dataset({n: ("time", path) for n, path in series.items()}, coords={"time": time})


def weights(scm, cases):
    return {
        name: np.flatnonzero(column).tolist()
        for name, column in zip(scm.stochastic, cases.weight.T, strict=True)
    }


def test_holes_and_the_ragged_edge_are_completed_and_what_precedes_a_series_is_not(gapped):
    scm, series = gapped
    cases = available_cases(scm, as_observations(series))
    # y needs itself and its last value: it starts in 2. z needs y of three periods. Without w
    # nothing can be said of w, or of v, which reads it.
    assert cases.missing == (("y", 5), ("y", 9))
    assert cases.missing_labels == ["y[2021-04-01]", "y[2022-04-01]"]
    assert weights(scm, cases) == {"y": [*range(2, 10)], "z": [*range(3, 10)], "w": [], "v": []}
    assert np.flatnonzero(cases.observed[:, 0]).tolist() == [2, 3, 4, 6, 7, 8]
    assert np.flatnonzero(cases.observed[:, 1]).tolist() == [*range(3, 10)]
    assert cases.columns == ("y", "z", "w", "v")


def test_data_without_gaps_lose_only_their_first_periods(gapped):
    scm, series = gapped
    whole = {name: np.nan_to_num(path) for name, path in series.items()}
    cases = available_cases(scm, as_observations(whole))
    every = list(range(10))
    assert weights(scm, cases) == {"y": every[1:], "z": every[2:], "w": every, "v": every[1:]}
    assert cases.missing == ()
    np.testing.assert_array_equal(cases.observed, cases.weight)


def test_centres_and_moments_are_means_over_the_periods_observed(gapped):
    scm, series = gapped
    cases = available_cases(scm, as_observations(series))
    x, y, z = (series[name] for name in "xyz")
    # Without its hole in 5 and its end in 8, y leaves z the periods 3, 4 and 8.
    assert set(cases.centres) == {"y[1] -> z", "i -> z"}  # exogenous parents are not centred
    close(cases.centres["y[1] -> z"], (y[2] + y[3] + y[7]) / 3)
    parts = [y[t] - y[t - 2] + 2 * x[t] for t in (3, 4, 8)]
    close(cases.centres["i -> z"], sum(parts) / 3)
    assert set(cases.moments) == {"y", "z"}
    close(cases.moments["z"], (z[[3, 4, 8]].mean(), np.sqrt(z[[3, 4, 8]].var())))
    close(cases.moments["y"], (y[[2, 3, 4, 7, 8]].mean(), y[[2, 3, 4, 7, 8]].std()))


@pytest.mark.parametrize(
    ("last", "completed_ones"), [(9, []), (8, [9]), (5, [6, 7, 8, 9]), (4, []), (3, [])]
)
def test_a_series_that_ends_more_than_a_year_before_the_rest_is_discontinued(last, completed_ones):
    scm = StructuralCausalModel(equations=(PartialAdjustment(variable=variable("y")),))
    path = np.where(np.arange(10) <= last, 1.0, np.nan)
    cases = available_cases(scm, as_observations({"y": path}))
    assert [period for _, period in cases.missing] == completed_ones
    assert weights(scm, cases) == {"y": [*range(1, last + 1), *completed_ones]}
    monthly = StructuralCausalModel(equations=scm.equations, periods_per_year=12)
    cases = available_cases(monthly, as_observations({"y": path}))
    assert [period for _, period in cases.missing] == [*range(last + 1, 10)]


def test_a_hole_that_nothing_prices_stays_one_and_so_do_those_that_need_it():
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=variable("late")),
            Linear(variable=variable("middle"), parents=("late",)),
            Linear(variable=variable("end"), parents=("middle",)),
            Linear(variable=variable("reader"), parents=("end[1]",)),
        )
    )
    series = {name: np.arange(10.0) for name in scm.stochastic}
    # A hole of `late` between its first and its last value is priced; before them it is not.
    series["late"][[0, 1, 2, 7]] = np.nan
    series["middle"][[7, 8]] = np.nan
    series["end"][8] = np.nan
    cases = available_cases(scm, as_observations(series))
    assert cases.missing == (("late", 7), ("middle", 7), ("middle", 8), ("end", 8))
    # Discontinued in 4, `late` prices no more of `middle`, nor that of `end`.
    series["late"][5:] = np.nan
    series["middle"][9] = 9.0
    cases = available_cases(scm, as_observations(series))
    assert cases.missing == ()
    assert weights(scm, cases) == {
        "late": [3, 4],
        "middle": [3, 4],
        "end": [0, 1, 2, 3, 4, 5, 6, 9],
        "reader": [1, 2, 3, 4, 5, 6, 7, 8],
    }


def test_gaps_are_filled_with_nothing_and_values_kept(gapped):
    scm, series = gapped
    observations = as_observations(series)
    cases = available_cases(scm, observations)
    np.testing.assert_array_equal(cases.time, QUARTERS)
    for name, path in series.items():
        np.testing.assert_array_equal(cases.values[name], np.nan_to_num(path, nan=0.0))
        np.testing.assert_array_equal(observations[name], path)


@pytest.mark.parametrize(
    ("start", "periods"),
    [
        ("2020-10-01", [3, 4, 5, 6, 7, 8, 9]),
        ("2020-10-02", [4, 5, 6, 7, 8, 9]),
        ("2021-01-01", [4, 5, 6, 7, 8, 9]),
        ("2023-01-01", []),
    ],
)
def test_an_equation_may_start_later_than_its_data(gapped, start, periods):
    scm, series = gapped
    equations = [
        Linear(variable=e.variable, parents=e.parents, start=start) if e.variable.name == "z" else e
        for e in scm.equations
    ]
    later = StructuralCausalModel(equations=tuple(equations))
    cases = available_cases(later, as_observations(series))
    assert weights(later, cases)["z"] == periods
    assert ("z" in cases.moments) == bool(periods)


def test_latent_states_need_their_measures_only_and_reach_back_to_the_first_period():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("m")),
            AsymmetricAdjustment(variable=variable("e"), measure="m"),
            LatentAdjustment(variable=variable("state"), parents=("e", "m[2]")),
            Identity(variable=variable("change"), terms={"state": 1.0, "state[1]": -1.0}),
            Linear(variable=variable("y"), parents=("change",)),
            Linear(variable=variable("z"), parents=("e",)),
        )
    )
    series = {name: np.arange(10.0) for name in "myz"}
    cases = available_cases(scm, as_observations(series))
    assert weights(scm, cases) == {"y": list(range(3, 10)), "z": list(range(10))}
    assert cases.centres == {"change -> y": 0.0}


def test_an_exogenous_variable_with_a_gap_is_refused(gapped):
    scm, series = gapped
    series["x"][[2, 7]] = np.nan
    with pytest.raises(ObservationError, match="'x' lacks 2 of 10 periods"):
        available_cases(scm, as_observations(series))


@given(models(), st.integers(0, 2**32 - 1), st.integers(4, 14), st.sampled_from([4, 12]))
def test_the_cases_of_any_model_are_those_found_period_by_period(scm, seed, length, year):
    generator = np.random.default_rng(seed)
    scm = StructuralCausalModel(equations=scm.equations, periods_per_year=year)
    series = {name: generator.uniform(0, 1, length) for name in scm.exogenous}
    for name in scm.stochastic:
        series[name] = generator.normal(size=length)
        series[name][generator.uniform(size=length) < generator.choice([0, 0.1, 0.3])] = np.nan
        if generator.uniform() < 0.4:
            series[name][generator.integers(1, length) :] = np.nan
        if generator.uniform() < 0.3:
            series[name][: generator.integers(1, length)] = np.nan
    time = np.datetime64("2010-01-01", "ns") + 91 * np.arange(length) * np.timedelta64(1, "D")
    cases = available_cases(scm, as_observations(series, time))
    missing = missing_cells(scm, series, time)
    assert set(cases.missing) == missing
    filled = completed(series, dict.fromkeys(missing, 0.0))
    used = used_periods(scm, filled, time)
    assert weights(scm, cases) == {name: used[name] for name in scm.stochastic}
    seen = used_periods(scm, series, time)
    expected = centres(scm, series, seen)
    assert set(cases.centres) == set(expected)
    for label, centre in expected.items():
        close(cases.centres[label], centre)
    for name, periods in seen.items():
        if not periods:
            assert name not in cases.moments
            continue
        own = [series[name][period] for period in periods]
        close(cases.moments[name], (statistics.fmean(own), statistics.pstdev(own)))


@given(models(), st.integers(0, 2**32 - 1))
def test_a_completed_cell_follows_the_completed_parents_of_its_period(scm, seed):
    generator = np.random.default_rng(seed)
    series = {name: generator.uniform(0, 1, 10) for name in scm.exogenous}
    for name in scm.stochastic:
        series[name] = np.where(generator.uniform(size=10) < 0.3, np.nan, 1.0)
    cases = available_cases(scm, as_observations(series))
    assert sorted(cases.missing, key=lambda cell: cell[1]) == list(cases.missing)
    parents = {
        name: {edge.parent for edge in e.edges if edge.lag == 0} for name, e in scm.by_name.items()
    }
    for (first, before), (second, after) in itertools.combinations(cases.missing, 2):
        if before == after:
            above, fresh = set(), {first}
            while fresh := {p for name in fresh for p in parents[name]} - above:
                above |= fresh
            assert second not in above
