"""The plain log densities against scipy, cell by cell and parameter by parameter."""

import numpy as np
import pytest
from oracle import Judge, Past, as_dicts, close
from scipy import stats
from small_problem import LENGTH, TABLES, make_problem, small_scm, small_series, whole_series

from sanctions_model.errors import QuestionError
from sanctions_model.inference.density import (
    cell_log_density,
    complete_from_prior,
    log_likelihood,
    log_prior,
    log_probability,
    one_step_means,
    predictive,
)
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.scm.parameters import note_centres
from sanctions_model.scm.variables import Noise


@pytest.fixture(params=[Noise.STUDENT_T, Noise.GAUSSIAN], ids=["student-t", "gaussian"])
def small(request):
    """A problem with holes, draws from its prior, and its judge."""
    problem = make_problem(request.param)
    draws = sample_prior(problem.scm, problem.absolute, draws=3, chains=2, random_seed=4)
    draws = complete_from_prior(problem, draws, 5)
    judge = Judge(small_scm(request.param), small_series(), problem.cases.time, TABLES)
    return problem, draws, judge


def check_likelihood(problem, draws, judge):
    found = log_likelihood(problem, draws)
    assert found.dims == ("chain", "draw", "cell")
    periods = {time: period for period, time in enumerate(problem.cases.time)}
    names, times = found["cell_equation"].to_numpy(), found["cell_time"].to_numpy()
    cells = [(str(name), periods[time]) for name, time in zip(names, times, strict=True)]
    rows = found.to_numpy().reshape(-1, len(cells))
    for row, values in zip(rows, as_dicts(draws), strict=True):
        expected = judge.observed_cells(values)
        assert sorted(cells) == sorted(expected)
        close(row, [expected[cell] for cell in cells], rtol=1e-9, atol=1e-9)


def check_prior(problem, draws, judge):
    found = as_dicts(log_prior(problem, draws))
    for row, values in zip(found, as_dicts(draws), strict=True):
        expected = judge.prior(values)
        assert set(row) == set(expected)
        for address, density in expected.items():
            np.testing.assert_allclose(row[address], density, rtol=1e-9, err_msg=address)


def check_probability(problem, draws, judge):
    expected = [
        sum(judge.cells(values).values()) + sum(judge.prior(values).values())
        for values in as_dicts(draws)
    ]
    close(log_probability(problem, draws), expected, rtol=1e-10)


CHECKS = pytest.mark.parametrize(
    "check", [check_likelihood, check_prior, check_probability], ids=lambda f: f.__name__
)


@CHECKS
def test_densities_of_a_problem_with_holes_are_those_of_scipy(small, check):
    check(*small)


@CHECKS
def test_densities_of_the_growth_economy_are_those_of_scipy(growth_judge, check):
    check(*growth_judge)


def test_the_small_problem_has_holes_a_ragged_edge_and_a_measure_that_falls(small):
    problem, draws, judge = small
    assert problem.falling == ("sanction",)
    assert problem.cases.missing == (("price", 9), ("output", 12), ("output", LENGTH - 1))
    assert set(judge.missing.values()) == set(problem.cases.missing)
    assert draws["missing_cell"].dims == ("chain", "draw", "missing")


def test_one_step_means_are_those_of_plain_loops(small):
    problem, draws, judge = small
    found = one_step_means(problem, draws)
    assert found.shape == (6, LENGTH, 3)
    for row, values in zip(found, as_dicts(draws), strict=True):
        past = Past(judge.scm, values, judge.history(values))
        for column, name in enumerate(problem.scm.stochastic):
            close(row[:, column], [past.mean(name, period) for period in range(LENGTH)])


def test_means_and_states_read_the_completed_cells_of_the_same_draw(small):
    problem, draws, _ = small
    history = problem.history(draws)
    assert {name: path.ndim for name, path in history.items()} == {
        "price": 2,
        "output": 2,
        "silent": 1,
        "sanction": 1,
        "weather": 1,
    }
    cells = draws["missing_cell"].to_numpy().reshape(6, 3)
    np.testing.assert_array_equal(history["price"][:, 9], cells[:, 0])
    np.testing.assert_array_equal(history["output"][:, [12, LENGTH - 1]], cells[:, 1:])
    np.testing.assert_array_equal(problem.outcomes(draws)[:, :, 0], history["price"])
    np.testing.assert_array_equal(
        problem.cases.values["price"], np.nan_to_num(small_series()["price"])
    )


def test_draws_without_the_completed_cells_are_refused(small):
    problem, draws, _ = small
    with pytest.raises(QuestionError, match="no 'missing_cell', but the data lack 3 figures"):
        log_likelihood(problem, draws.drop_vars("missing_cell"))


def test_a_completed_cell_is_priced_by_every_equation_that_reads_it(small):
    problem, draws, _ = small
    moved = draws.copy(deep=True)
    moved["missing_cell"].loc[{"missing": "price[2012-04-01]"}] += 1.0
    changed = cell_log_density(problem, moved) != cell_log_density(problem, draws)
    cells = {(int(t), int(e)) for _, t, e in np.argwhere(changed & (problem.cases.weight > 0))}
    # price in 9; price in 10 by its persistence; output by the blend in 9 and 10, and two later.
    assert cells == {(9, 0), (10, 0), (9, 1), (10, 1), (11, 1)}


def test_without_noise_cells_completed_from_the_prior_are_their_own_means(small):
    problem, draws, judge = small
    quiet = draws.drop_vars("missing_cell").copy(deep=True)
    quiet["scale"][...] = 1e-14
    for values in as_dicts(complete_from_prior(problem, quiet, 7)):
        past = Past(judge.scm, values, judge.history(values))
        for address, (name, period) in judge.missing.items():
            close(values[address], past.mean(name, period))


def test_cells_completed_from_the_prior_have_the_noise_of_their_equation(small):
    problem, draws, _ = small
    many = repeated(draws, 2000).drop_vars("missing_cell")
    found = complete_from_prior(problem, many, 8)
    means = one_step_means(problem, found)
    history = problem.history(found)
    (values,) = as_dicts(draws.isel(chain=[0], draw=[1]))
    names, shocks = list(problem.scm.stochastic), []
    for name, period in problem.cases.missing:
        shock = history[name][:, period] - means[:, period, names.index(name)]
        assert stats.kstest(shock / values[f"scale[{name}]"], noise(values, name).cdf).pvalue > 0.01
        shocks.append(stats.rankdata(shock))
    together = np.corrcoef(shocks) - np.eye(len(shocks))
    assert np.abs(together).max() < 5 / np.sqrt(2000)


def test_a_problem_without_holes_is_complete(small):
    problem, draws, _ = small
    whole = make_problem(problem.scm.noise, series=whole_series())
    bare = note_centres(whole.scm, draws.drop_vars("missing_cell"))
    assert complete_from_prior(whole, bare, 1) is bare
    assert log_likelihood(whole, bare).sizes["cell"] == int(whole.cases.weight.sum())


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
    assert log_likelihood(problem, draws).sizes["cell"] == int(problem.cases.observed.sum())


def repeated(draws, times):
    one = draws.isel(chain=[0], draw=[1])
    return one.isel(draw=np.zeros(times, dtype=int)).assign_coords(draw=np.arange(times))


def noise(values, name):
    freedom = values.get(f"degrees_of_freedom[{name}]")
    return stats.norm if freedom is None else stats.t(freedom)


def test_predictions_scatter_around_the_one_step_means_as_the_noise_says(small):
    problem, draws, _ = small
    many = repeated(draws, 500)
    found = predictive(problem, many, random_seed=1)
    assert found.dims == ("chain", "draw", "time", "equation")
    there = np.isfinite(found.to_numpy())
    np.testing.assert_array_equal(there, np.broadcast_to(problem.cases.weight > 0, there.shape))
    (values,) = as_dicts(draws.isel(chain=[0], draw=[1]))
    means = one_step_means(problem, many)
    for column, name in enumerate(("price", "output")):
        shocks = (found.to_numpy()[0] - means)[:, :, column] / values[f"scale[{name}]"]
        assert stats.kstest(shocks[np.isfinite(shocks)], noise(values, name).cdf).pvalue > 0.01
    np.testing.assert_array_equal(predictive(problem, many, random_seed=1), found)
