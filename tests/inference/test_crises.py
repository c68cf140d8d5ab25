"""Windows of larger shocks: densities against scipy, scales in closed form, refusals.

The density for nutpie and that of PyMC are compared in `test_kernel`.
"""

from dataclasses import replace

import numpy as np
import pytest
from oracle import Judge, as_dicts, close
from small_problem import CRISIS_TABLES, crisis_problem, crisis_scm, small_scm, small_series

from sanctions_model.errors import SpecError
from sanctions_model.inference.density import (
    complete_from_prior,
    log_likelihood,
    log_probability,
    predictive,
    scales,
)
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.queries.conditional import Condition, conditional_forecast
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.serialization import from_dict, spec_hash, to_dict
from sanctions_model.scm.simulation.shocks import draw_crises, draw_shocks
from sanctions_model.scm.variables import Crisis, Noise


@pytest.fixture(params=[Noise.STUDENT_T, Noise.GAUSSIAN], ids=["student-t", "gaussian"])
def small(request):
    problem = crisis_problem(request.param)
    draws = sample_prior(problem.scm, problem.absolute, draws=3, chains=2, random_seed=4)
    draws = complete_from_prior(problem, draws, 5)
    judge = Judge(crisis_scm(request.param), small_series(), problem.cases.time, CRISIS_TABLES)
    return problem, draws, judge


def test_densities_in_a_crisis_are_those_of_scipy(small):
    problem, draws, judge = small
    found = log_likelihood(problem, draws)
    periods = {time: period for period, time in enumerate(problem.cases.time)}
    names, times = found["cell_equation"].to_numpy(), found["cell_time"].to_numpy()
    rows = found.to_numpy().reshape(6, -1)
    for row, values in zip(rows, as_dicts(draws), strict=True):
        expected = judge.observed_cells(values)
        cells = [expected[str(n), periods[t]] for n, t in zip(names, times, strict=True)]
        close(row, cells, rtol=1e-9, atol=1e-9)
    expected = [
        sum(judge.cells(values).values()) + sum(judge.prior(values).values())
        for values in as_dicts(draws)
    ]
    close(log_probability(problem, draws), expected)


def test_scales_are_larger_in_the_windows_alone(small):
    problem, draws, _ = small
    found = scales(problem, draws)
    quarters = problem.cases.time.astype("datetime64[M]").astype(str)
    windows = {"2010-10": "first", "2011-01": "first", "2013-01": "second"}
    for row, values in zip(found, as_dicts(draws), strict=True):
        for period, month in enumerate(quarters):
            times = values[f"crisis_multiplier[{windows[month]}]"] if month in windows else 1.0
            own = [values[f"scale[{name}]"] for name in problem.scm.stochastic]
            close(row[period], np.array(own) * times)


def test_predictions_in_a_crisis_are_wider():
    problem = crisis_problem(Noise.GAUSSIAN)
    draws = sample_prior(problem.scm, problem.absolute, draws=4000, random_seed=1)
    draws["scale"][:] = 1.0
    draws["crisis_multiplier"][:] = 5.0
    draws = complete_from_prior(problem, draws, 2)
    whole = predictive(problem, draws, 3)
    draws["crisis_multiplier"][:] = 1.0
    calm = predictive(problem, draws, 3)
    moved = np.abs(whole - calm).max(("chain", "draw")).sel(equation="output")
    in_crisis = problem.scm.crisis_at(problem.cases.time) >= 0
    seen = np.isfinite(moved.to_numpy())
    assert seen[in_crisis].any()
    assert np.all((moved.to_numpy() > 1)[seen] == in_crisis[seen])


def test_a_model_without_crises_has_the_hash_that_it_had():
    assert "crises" not in to_dict(small_scm())
    assert from_dict(to_dict(crisis_scm())) == crisis_scm()
    assert spec_hash(crisis_scm()) != spec_hash(small_scm())


@pytest.mark.parametrize(
    ("windows", "reason"),
    [
        ((("a", "2010-01-01", "2010-06-30"), ("b", "2010-04-01", "2011-01-01")), "overlap"),
        ((("a", "2010-01-01", "2010-06-30"), ("a", "2012-01-01", "2013-01-01")), "have one name"),
        ((("a b", "2010-01-01", "2010-06-30"),), "letters, digits"),
        ((("a", "2010-01-01", "2009-06-30"),), "ends on 2009-06-30, before 2010-01-01"),
    ],
)
def test_windows_that_make_no_sense_are_refused(windows, reason):
    with pytest.raises(SpecError, match=reason):
        StructuralCausalModel(
            equations=small_scm().equations, crises=tuple(Crisis(*window) for window in windows)
        )


def with_hazard(noise, hazard, multipliers=(3.0, 5.0)):
    """The small model with a chance of crises ahead, and draws whose multipliers are known."""
    problem = crisis_problem(noise)
    scm = replace(problem.scm, crisis_hazard=hazard)
    draws = sample_prior(problem.scm, problem.absolute, draws=4000, random_seed=4)
    kept = draws["crisis_multiplier"]
    fixed = np.resize(np.array(multipliers), kept.sizes["crisis"])
    return replace(problem, scm=scm), draws.assign(crisis_multiplier=kept * 0 + fixed)


def test_crises_ahead_start_with_their_hazard_and_last_as_long_as_those_before():
    problem, draws = with_hazard(Noise.GAUSSIAN, 0.1)
    scm = problem.scm
    times = draw_crises(scm, draws, 40, 3)
    multipliers = np.resize([3.0, 5.0], len(scm.crises))
    assert set(np.unique(times)) == {1.0, *multipliers}
    # In the long run: a renewal of quiet spells of 1 / h - 1 periods and crises of their length.
    length = np.mean(scm.crisis_lengths)
    expected = length / (length + (1 - 0.1) / 0.1)
    assert (times[20:] > 1).mean() == pytest.approx(expected, abs=0.01)
    assert (times[0] > 1).mean() == pytest.approx(0.1, abs=0.02)


def test_a_shock_ahead_is_multiplied_where_there_is_a_crisis_and_nowhere_else():
    problem, draws = with_hazard(Noise.STUDENT_T, 0.1)
    times = draw_crises(problem.scm, draws, 12, 3)
    found = draw_shocks(problem.scm, draws, 12, 3)
    quiet = draw_shocks(replace(problem.scm, crisis_hazard=0.0), draws, 12, 3)
    for name, path in found.items():
        assert np.allclose(path, quiet[name] * times, rtol=1e-14, atol=0)


def test_conditions_hold_in_crises_ahead_too():
    problem, draws = with_hazard(Noise.STUDENT_T, 0.3)
    few = complete_from_prior(problem, draws.isel(draw=slice(200)), 5)
    name = next(iter(problem.scm.stochastic))
    found = conditional_forecast(
        problem,
        few,
        [Condition(variable=name, values={3: 0.5})],
        horizon=4,
        outcomes=[name],
        random_seed=1,
    )
    assert np.allclose(found["path"].sel(outcome=name).isel(horizon=2), 0.5, atol=1e-9)


@pytest.mark.parametrize("hazard", [-0.1, 1.0])
def test_a_hazard_that_is_no_chance_is_refused(hazard):
    with pytest.raises(SpecError, match="expected a chance below 1"):
        replace(crisis_scm(Noise.GAUSSIAN), crisis_hazard=hazard)


def test_a_hazard_without_crises_is_refused():
    with pytest.raises(SpecError, match="needs crises to draw from"):
        replace(small_scm(), crisis_hazard=0.1)
