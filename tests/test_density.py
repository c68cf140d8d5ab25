"""The plain log densities against scipy, cell by cell and parameter by parameter."""

import numpy as np
import pytest
from oracle import Judge, Past, as_dicts, close
from scipy import stats
from small_problem import LENGTH, TABLES, make_problem, small_scm, small_series

from sanctions_model.density import log_likelihood, log_prior, one_step_means, predictive
from sanctions_model.equations import Noise
from sanctions_model.priors import sample_prior


@pytest.fixture(params=[Noise.STUDENT_T, Noise.GAUSSIAN], ids=["student-t", "gaussian"])
def small(request):
    """A problem, draws from its prior, and its judge."""
    problem = make_problem(request.param)
    draws = sample_prior(problem.scm, problem.absolute, draws=3, chains=2, random_seed=4)
    judge = Judge(small_scm(request.param), small_series(), problem.cases.time, TABLES)
    return problem, draws, judge


def check_likelihood(problem, draws, judge):
    found = log_likelihood(problem, draws)
    assert found.dims == ("chain", "draw", "cell")
    assert np.isfinite(found.to_numpy()).all()
    periods = {time: period for period, time in enumerate(problem.cases.time)}
    cells = [
        (str(name), periods[time])
        for name, time in zip(
            found["cell_equation"].to_numpy(), found["cell_time"].to_numpy(), strict=True
        )
    ]
    rows = found.to_numpy().reshape(-1, len(cells))
    for row, values in zip(rows, as_dicts(draws), strict=True):
        expected = judge.cells(values)
        assert sorted(cells) == sorted(expected)
        close(row, [expected[cell] for cell in cells], rtol=1e-9, atol=1e-9)


def check_prior(problem, draws, judge):
    found = as_dicts(log_prior(problem, draws))
    for row, values in zip(found, as_dicts(draws), strict=True):
        expected = judge.prior(values)
        assert set(row) == set(expected)
        for address, density in expected.items():
            np.testing.assert_allclose(row[address], density, rtol=1e-9, err_msg=address)


def test_the_likelihood_of_every_cell_is_that_of_scipy(small):
    check_likelihood(*small)


def test_the_prior_of_every_parameter_is_that_of_scipy(small):
    check_prior(*small)


def test_the_likelihood_of_the_default_transmission_is_that_of_scipy(default_judge):
    check_likelihood(*default_judge)


def test_the_prior_of_the_default_transmission_is_that_of_scipy(default_judge):
    check_prior(*default_judge)


def test_one_step_means_are_those_of_plain_loops(small):
    problem, draws, judge = small
    found = one_step_means(problem, draws)
    assert found.shape == (6, LENGTH, 3)
    for row, values in zip(found, as_dicts(draws), strict=True):
        past = Past(judge.scm, values, problem.cases.values)
        for column, name in enumerate(problem.scm.stochastic):
            close(row[:, column], [past.mean(name, period) for period in range(LENGTH)])


def test_the_measure_falls_and_the_model_knows(small):
    assert small[0].falling == ("sanction",)


def test_an_equation_without_data_adds_nothing_to_the_likelihood(small):
    problem, draws, _ = small
    before = log_likelihood(problem, draws)
    assert "silent" not in before["cell_equation"].to_numpy()
    moved = draws.copy(deep=True)
    moved["coefficient"].loc[{"link": "price -> silent"}] += 3.0
    moved["intercept"].loc[{"equation": "silent"}] -= 2.0
    moved["scale"].loc[{"equation": "silent"}] *= 2.0
    moved["persistence"].loc[{"adjusting": "silent"}] *= 0.5
    np.testing.assert_array_equal(log_likelihood(problem, moved), before)


def test_cells_without_weight_add_nothing_whatever_stands_in_them(small):
    problem, draws, _ = small
    filled = make_problem(problem.scm.noise)
    filled.cases.values["silent"][:] = 1e6
    np.testing.assert_array_equal(log_likelihood(filled, draws), log_likelihood(problem, draws))
    assert log_likelihood(problem, draws).sizes["cell"] == int(problem.cases.weight.sum())


def test_outcomes_stand_in_the_order_of_the_equations(small):
    problem, _, _ = small
    series = small_series()
    expected = np.column_stack([np.nan_to_num(series[n]) for n in ("price", "output", "silent")])
    np.testing.assert_array_equal(problem.outcomes, expected)


def test_predictions_scatter_around_the_one_step_means_as_the_noise_says(small):
    problem, draws, judge = small
    one = draws.isel(chain=[0], draw=[1])
    many = one.isel(draw=np.zeros(500, dtype=int)).assign_coords(draw=np.arange(500))
    found = predictive(problem, many, random_seed=1)
    assert found.dims == ("chain", "draw", "time", "equation")
    there = np.isfinite(found.to_numpy())
    np.testing.assert_array_equal(there, np.broadcast_to(problem.cases.weight > 0, there.shape))
    (values,) = as_dicts(one)
    means = one_step_means(problem, one)[0]
    for column, name in enumerate(problem.scm.stochastic):
        if name not in judge.moments:
            continue
        residuals = (found.to_numpy()[0, :, :, column] - means[:, column]) / values[
            f"scale[{name}]"
        ]
        freedom = values.get(f"degrees_of_freedom[{name}]")
        noise = stats.norm if freedom is None else stats.t(freedom)
        assert stats.kstest(residuals[np.isfinite(residuals)], noise.cdf).pvalue > 0.01
    again = predictive(problem, many, random_seed=1)
    np.testing.assert_array_equal(again, found)
