"""Effective intensity and the observed past."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Past, as_dicts, close, effective, only
from strategies import models, random_draws, variable

from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.forecasts import simulate
from sanctions_model.scm.equations import AsymmetricAdjustment, Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, note_centres, pin
from sanctions_model.scm.simulation.history import (
    asymmetric_adjustment,
    evaluate_history,
    lagged,
    partial_adjustment,
)
from sanctions_model.scm.simulation.propagate import Start, propagate, respond, start_after
from sanctions_model.scm.variables import Hold


@pytest.fixture
def measured():
    """A measure, its effective intensity e and an outcome y that equals e."""
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("m"), continuation=Hold(1.0)),
            AsymmetricAdjustment(variable=variable("e"), measure="m"),
            Linear(variable=variable("y"), parents=("e",)),
        )
    )

    def draws(share, speed):
        values = {"e -> y": 1.0, "recoverable_share[m]": share, "recovery_speed[m]": speed}
        return pin(scm, values)

    return scm, draws


def effective_path(measured, share, speed, measure, start=None):
    scm, draws = measured
    measure = np.asarray(measure, dtype=float)
    return only(
        propagate(
            scm,
            draws(share, speed),
            horizon=measure.size,
            exogenous={"m": measure},
            start=start,
            outcomes=["y"],
        )
    )


def test_after_a_fall_effective_intensity_approaches_its_goal_geometrically(measured):
    share, speed, floor = 0.7, 0.2, 0.3
    goal = floor + (1 - share) * (1 - floor)
    expected = [goal + (1 - goal) * (1 - speed) ** h for h in range(1, 31)]
    close(effective_path(measured, share, speed, [floor] * 30), expected)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.99, 1.0])
def test_effective_intensity_never_recovers_more_than_the_recoverable_share(measured, share):
    found = effective_path(measured, share, 0.3, [0.25] * 300)
    close(found[-1], 0.25 + (1 - share) * (1 - 0.25))
    assert np.all(found >= 0.25 + (1 - share) * 0.75 - 1e-12)


def test_imposition_takes_effect_at_once(measured):
    close(effective_path(measured, 0.5, 0.1, [1.2, 1.2, 1.5]), [1.2, 1.2, 1.5])


def test_reimposition_adds_what_is_imposed_up_to_the_peak(measured):
    # Down to 0: 1 -> 1 + 0.5 (0.4 - 1) = 0.7; up by 0.1; up by 0.8, but the peak is 1; down
    # by 0.4: goal 0.5 + 0.4 * 0.5 = 0.7.
    found = effective_path(measured, 0.6, 0.5, [0.0, 0.1, 0.9, 0.5, 0.5])
    close(found, [0.7, 0.8, 1.0, 0.85, 0.775])


def test_a_new_peak_moves_the_goal(measured):
    found = effective_path(measured, 0.5, 1.0, [2.0, 0.0, 0.0, 1.0])
    close(found, [2.0, 1.0, 1.0, 2.0])


def test_the_peak_of_the_past_counts(measured):
    values = {"m": np.array([[0.5]]), "e": np.array([[0.8]]), "y": np.array([[0.0]])}
    # Goal with peak 1.5: 0.4 + 0.5 * 1.1 = 0.95, above where it stands.
    start = Start(values, {"m": 1.5})
    close(effective_path(measured, 0.5, 0.2, [0.4], start), [0.8 + 0.2 * (0.95 - 0.8)])
    close(effective_path(measured, 0.5, 0.2, [1.4], start), [1.5])
    # Without one, the last value of the measure is the peak.
    close(effective_path(measured, 0.5, 0.2, [0.4], Start(values)), [0.8 + 0.2 * (0.45 - 0.8)])


@given(st.lists(st.floats(0, 2), min_size=1, max_size=12), st.floats(0, 1), st.floats(0, 1))
def test_effective_intensity_lies_between_the_measure_and_its_peak(path, share, speed):
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("m")),
            AsymmetricAdjustment(variable=variable("e"), measure="m"),
            Linear(variable=variable("y"), parents=("e",)),
        )
    )
    values = {"e -> y": 1.0, "recoverable_share[m]": share, "recovery_speed[m]": speed}
    measure = np.array(path)
    found = only(
        propagate(
            scm,
            pin(scm, values),
            horizon=measure.size,
            exogenous={"m": measure},
            outcomes=["e"],
        )
    )
    peak = np.maximum.accumulate(np.r_[0.0, measure])[1:]
    assert np.all(found >= measure - 1e-12)
    assert np.all(found <= peak + 1e-12)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=12))
def test_with_full_and_immediate_recovery_effective_intensity_is_the_measure(path):
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("m")),
            AsymmetricAdjustment(variable=variable("e"), measure="m"),
            Linear(variable=variable("y"), parents=("e",)),
        )
    )
    values = {"e -> y": 1.0, "recoverable_share[m]": 1.0, "recovery_speed[m]": 1.0}
    paths = {"m": np.array(path)}
    found = propagate(scm, pin(scm, values), horizon=len(path), exogenous=paths)
    close(only(found), path, atol=1e-12)


def test_with_full_and_immediate_recovery_relief_mirrors_imposition(growth_problem, growth_draws):
    scm, horizon = growth_problem.scm, 14
    draws = growth_draws.copy(deep=True)
    draws["recoverable_share"][...] = 1.0
    draws["recovery_speed"][...] = 1.0
    path = np.clip(np.arange(1, horizon + 1) / 4, 0, 1)
    outcomes = list(scm.variables)
    imposed = respond(
        scm,
        draws,
        horizon=horizon,
        paths=dict.fromkeys(MEASURES, path),
        baseline=dict.fromkeys(MEASURES, 0.0),
        outcomes=outcomes,
    )
    relieved = respond(
        scm,
        draws,
        horizon=horizon,
        paths=dict.fromkeys(MEASURES, 1 - path),
        outcomes=outcomes,
    )
    assert float(np.abs(relieved).max()) > 0.1
    close(relieved.to_numpy(), -imposed.to_numpy())


def test_effective_intensity_never_stays_below_the_measure():
    low = asymmetric_adjustment(
        np.array([[0.5, 0.5, 0.4]]), np.ones(1), np.zeros(1), effective=np.array([0.2]), peak=0.5
    )
    close(low.ravel(), [0.2, 0.5, 0.5])


def test_scenarios_and_draws_of_effective_intensity_stand_for_themselves():
    generator = np.random.default_rng(2)
    paths = generator.uniform(0, 1.5, (3, 12))
    share, speed = generator.uniform(size=(2, 4))
    found = asymmetric_adjustment(paths, share, speed)
    assert found.shape == (3, 12, 4)
    for row, draw in itertools.product(range(3), range(4)):
        state, peak = paths[row, 0], paths[row, 0]
        expected = [state]
        for before, now in itertools.pairwise(paths[row]):
            peak = max(peak, now)
            state = effective(state, before, now, peak, share[draw], speed[draw])
            expected.append(state)
        close(found[row, :, draw], expected)


def random_series(scm, generator, length, draws):
    """Exogenous series, and observed ones that are the same in every draw or completed in each."""
    series = {name: generator.uniform(0, 1, length) for name in scm.exogenous}
    for name in scm.stochastic:
        shape = length if generator.uniform() < 0.5 else (draws, length)
        series[name] = generator.normal(size=shape)
    return series


def of_draw(series, draw):
    return {name: path[draw] if path.ndim == 2 else path for name, path in series.items()}


@given(models(), st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_the_observed_past_of_any_model_equals_plain_loops(scm, seed, length):
    generator = np.random.default_rng(seed)
    draws = random_draws(scm, generator, draws=3)
    series = random_series(scm, generator, length, 3)
    observed = set(scm.stochastic)
    labels = [link.label for link in scm.links if {link.parent, link.child} <= observed]
    centred = scm.with_centres({label: generator.normal() for label in labels})
    parameters = DrawParameters(centred, note_centres(centred, draws))
    falling = {
        name: tuple(
            parameters.row(kind, equation.recovery or equation.measure)
            for kind in ("recoverable_share", "recovery_speed")
        )
        for name, equation in scm.effective.items()
        if any(after < before for before, after in itertools.pairwise(series[equation.measure]))
    }
    histories, means = evaluate_history(centred, parameters, series, shares=falling)
    for draw, values in enumerate(as_dicts(draws)):
        past = Past(centred, values, of_draw(series, draw))
        for name, path in past.paths().items():
            close(np.broadcast_to(histories[name], (3, length))[draw], path)
        for name in scm.stochastic:
            expected = [past.mean(name, period) for period in range(length)]
            close(np.broadcast_to(means[name], (3, length))[draw], expected)


@given(models(), st.integers(0, 2**32 - 1))
def test_a_start_after_the_past_holds_its_last_periods(scm, seed):
    generator = np.random.default_rng(seed)
    draws, length = random_draws(scm, generator, draws=2), 9
    series = random_series(scm, generator, length, 2)
    start = start_after(scm, draws, series)
    assert dict(start.peaks) == {measure: series[measure].max() for measure in scm.relieved}
    for draw, values in enumerate(as_dicts(draws)):
        for name, path in Past(scm, values, of_draw(series, draw)).paths().items():
            ends = np.broadcast_to(start.values[name], (scm.longest_lag, 2))
            close(ends[:, draw], path[-scm.longest_lag :])


@given(models(), st.integers(0, 2**32 - 1), st.integers(5, 8))
def test_propagating_the_past_from_its_first_part_continues_it(scm, seed, known):
    """With shocks that make up for the means, the observed series return, states included."""
    generator = np.random.default_rng(seed)
    draws, length = random_draws(scm, generator, draws=1), 12
    series = {name: generator.uniform(0, 1, length) for name in (*scm.exogenous, *scm.stochastic)}
    past = Past(scm, as_dicts(draws)[0], series)
    ahead = range(known, length)
    start = start_after(scm, draws, {name: path[:known] for name, path in series.items()})
    shocks = {
        name: np.array([[series[name][t] - past.mean(name, t)] for t in ahead])
        for name in scm.stochastic
    }
    outcomes = list(scm.by_name)
    found = propagate(
        scm,
        draws,
        horizon=len(ahead),
        start=start,
        shocks=shocks,
        exogenous={name: series[name][known:] for name in scm.exogenous},
        outcomes=outcomes,
    )
    for name in outcomes:
        close(only(found.sel(outcome=name)), [past.value(name, t) for t in ahead], atol=1e-9)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 30])
def test_partial_adjustment_starts_at_rest_and_follows_the_recursion(length):
    generator = np.random.default_rng(length)
    target, persistence = generator.normal(size=length), np.array([0.0, 0.5, 0.97])
    found = partial_adjustment(target, persistence)
    for row, rho in enumerate(persistence):
        state, expected = target[0] / (1 - rho), []
        for value in target:
            state = rho * state + value
            expected.append(state)
        close(found[row], expected)
        close(found[row, 0], target[0] / (1 - rho))


def test_what_precedes_the_first_period_holds_its_value():
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert lagged(values, 0).tolist() == values.tolist()
    assert lagged(values, 1).tolist() == [[1.0, 1.0, 2.0], [4.0, 4.0, 5.0]]
    assert lagged(values, 3).tolist() == [[1.0] * 3, [4.0] * 3]
    assert lagged(values[0], 2).tolist() == [1.0, 1.0, 1.0]


def test_draws_that_lost_where_they_are_centred_are_refused(growth_problem, growth_draws):
    """Their levels would be read at other values of the parents; differences need none."""
    lost = growth_draws.drop_attrs()
    with pytest.raises(QuestionError, match="no attribute 'parents_centred_at'"):
        simulate(growth_problem, lost, horizon=4, random_seed=1)
    with pytest.raises(QuestionError, match="no attribute 'parents_centred_at'"):
        episode(growth_problem, lost, start="2014Q1")
    found, again = (
        total_effect(growth_problem.scm, draws, horizon=4) for draws in (lost, growth_draws)
    )
    np.testing.assert_array_equal(found, again)
    given_back = lost.assign_attrs(growth_draws.attrs)
    answered = simulate(growth_problem, given_back, horizon=4, random_seed=1)
    expected = simulate(growth_problem, growth_draws, horizon=4, random_seed=1)
    np.testing.assert_array_equal(answered, expected)
