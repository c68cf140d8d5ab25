"""Symbolic weights against the same arithmetic in numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sanctions_model.inference.kernel.design_matrix import Polynomial

VALUES = {"a": 0.7, "b": -1.3, "c": 2.1}
leaves = st.one_of(st.sampled_from(sorted(VALUES)), st.integers(-3, 3).map(float))


@st.composite
def expressions(draw):
    """A polynomial and the number it stands for, built by the same operations."""
    leaf = draw(leaves)
    symbolic = Polynomial.of(leaf)
    number = VALUES[leaf] if isinstance(leaf, str) else leaf
    for _ in range(draw(st.integers(0, 5))):
        other = draw(leaves)
        value = VALUES[other] if isinstance(other, str) else other
        right = Polynomial.of(other) if isinstance(other, str) else other
        match draw(st.sampled_from(["plus", "times", "minus", "from", "negative"])):
            case "plus":
                symbolic, number = symbolic + right, number + value
            case "times":
                symbolic, number = symbolic * right, number * value
            case "minus":
                symbolic, number = symbolic - right, number - value
            case "from":
                symbolic, number = right - symbolic, value - number
            case "negative":
                symbolic, number = -symbolic, -number
    return symbolic, number


def evaluate(polynomial):
    return sum(
        number * np.prod([VALUES[name] for name in factors])
        for factors, number in polynomial.terms.items()
    )


@given(expressions())
def test_symbols_compute_what_numbers_compute(pair):
    symbolic, number = pair
    assert np.isclose(evaluate(symbolic), number, rtol=1e-12, atol=1e-9)


def test_like_terms_are_collected_and_cancelled_ones_dropped():
    a, b = Polynomial.of("a"), Polynomial.of("b")
    assert dict((a * b + b * a).terms) == {("a", "b"): 2.0}
    assert not (a - a).terms


def test_numbers_of_numpy_on_the_left_give_polynomials_too():
    found = np.float64(2.0) * Polynomial.of("a") + np.float64(1.0)
    assert dict(found.terms) == {("a",): 2.0, (): 1.0}
