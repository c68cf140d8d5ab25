"""Effective intensity, available cases and the observed past."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import close

from sanctions_model.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Hold,
    Linear,
    Variable,
)
from sanctions_model.parameters import pin
from sanctions_model.propagate import (
    Start,
    propagate,
    respond,
)
from sanctions_model.scm import StructuralCausalModel
from sanctions_model.transmission import MEASURES


def variable(name):
    return Variable(name=name)


def only(result):
    """The path of a single outcome, scenario and draw."""
    return result.to_numpy().reshape(-1)


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


def test_with_full_and_immediate_recovery_relief_mirrors_imposition(default_problem, default_draws):
    scm, horizon = default_problem.scm, 14
    draws = default_draws.copy(deep=True)
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
