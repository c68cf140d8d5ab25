"""The likelihood's two recursions against loops, expected paths and finite differences."""

import numpy as np
import pytensor.tensor as pt
import pytest
from oracle import close
from pytensor.compile.mode import Mode
from pytensor.gradient import verify_grad

from sanctions_model.inference.tensor_recursions import asymmetric_recursion, linear_recursion
from sanctions_model.scm.history import asymmetric_adjustment

SLOW_BUT_UNCOMPILED = Mode("py", None)
# Goals: 0.6, 0.6 after the first fall (peak 0.9), 0.6 after the second (peak 1.5).
MEASURE = np.array([0.2, 0.9, 0.4, 0.4, 0.6, 1.5, 0.0, 1.0])
EFFECTIVE = np.array([0.2, 0.9, 0.75, 0.675, 0.875, 1.5, 1.05, 1.5])


@pytest.mark.parametrize("length", [1, 2, 3, 40])
def test_the_linear_recursion_is_a_loop(length):
    generator = np.random.default_rng(length)
    inputs, persistence = generator.normal(size=(length, 3)), np.array([0.0, 0.3, 0.97])
    path = linear_recursion(pt.as_tensor(inputs), pt.as_tensor(persistence))
    state, expected = np.zeros(3), []
    for row in inputs:
        state = persistence * state + row
        expected.append(state)
    close(path.eval(mode=SLOW_BUT_UNCOMPILED), expected)


def test_the_gradient_of_the_linear_recursion_is_that_of_finite_differences():
    generator = np.random.default_rng(3)
    point = [generator.normal(size=(9, 2)), np.array([0.2, 0.9])]
    verify_grad(linear_recursion, point, rng=generator, mode=SLOW_BUT_UNCOMPILED)


def test_the_asymmetric_recursion_is_that_of_the_docstring():
    path = asymmetric_recursion(
        pt.as_tensor(MEASURE), pt.as_tensor(np.float64(0.6)), pt.as_tensor(np.float64(0.5))
    )
    close(path.eval(mode=SLOW_BUT_UNCOMPILED), EFFECTIVE)


def test_both_evaluators_have_the_same_asymmetric_recursion():
    generator = np.random.default_rng(11)
    for _ in range(20):
        measure = np.round(generator.uniform(0, 2, 30), 1)
        share, speed = generator.uniform(size=2)
        path = asymmetric_recursion(*map(pt.as_tensor, (measure, share, speed)))
        expected = asymmetric_adjustment(measure[None], np.array([share]), np.array([speed]))
        close(path.eval(mode=SLOW_BUT_UNCOMPILED), expected[0, :, 0])


@pytest.mark.parametrize("speed", [0.1, 0.5, 0.95])
def test_the_gradient_of_the_asymmetric_recursion_is_that_of_finite_differences(speed):
    def path(share, speed):
        return asymmetric_recursion(pt.as_tensor(MEASURE), share, speed)

    point = [np.float64(0.6), np.float64(speed)]
    verify_grad(path, point, rng=np.random.default_rng(1), mode=SLOW_BUT_UNCOMPILED)
