"""Implied quantities of a model small enough for a sum by hand."""

import pytest

from sanctions_model.queries.estimands import (
    Effect,
    ScaledTo,
    StatedRelief,
    not_asked,
    quantity_draws,
)
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold, Variable


def variable(name):
    return Variable(name=name, unit="%")


# a moves b by 2 at once, c by 5; b moves c by 3; the measure m moves a by -4.
SCM = StructuralCausalModel(
    equations=(
        Exogenous(variable=variable("m"), continuation=Hold(0.0)),
        Linear(variable=variable("a"), parents=("m",)),
        Linear(variable=variable("b"), parents=("a",)),
        Linear(variable=variable("c"), parents=("a", "b", "c[1]")),
    )
)
DRAWS = pin(SCM, {"m -> a": -4.0, "a -> b": 2.0, "a -> c": 5.0, "b -> c": 3.0, "c[1] -> c": 0.5})
WORDS = {"label": "c", "unit": "%"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"size": 2.0}, 2 * (5 + 2 * 3)),
        ({"horizon": 2}, 0.5 * 11),  # the shock is over, half of it is left
        ({"horizon": 2, "lasting": 2}, 1.5 * 11),
        ({"open": ("a -> b", "b -> c")}, 2 * 3),
        ({"open": ("a -> c",)}, 5),
        ({"scaled_to": ScaledTo(variable="b", size=1.0)}, 11 / 2),
        ({"outcome": "b"}, 2),
    ],
)
def test_the_response_to_a_shock_is_the_sum_over_open_paths(asked, expected):
    quantity = Effect(**WORDS, **({"cause": "a", "outcome": "c", "horizon": 1} | asked))
    assert float(quantity_draws(SCM, DRAWS, quantity).squeeze()) == pytest.approx(expected)


def test_what_a_model_lacks_is_named_by_the_first_that_was_asked_for():
    other = Effect(**WORDS, cause="other", outcome="c", horizon=1)
    quantity = Effect(**WORDS, cause="none", outcome="no", horizon=1, otherwise=(other,))
    assert not_asked(SCM, quantity) == "not asked of this model: it has no 'none'"
    known = Effect(**WORDS, cause="a", outcome="c", horizon=1)
    assert not_asked(SCM, known) == ""
    assert not_asked(SCM, quantity.model_copy(update={"otherwise": (known,)})) == ""


def test_a_horizon_of_one_period_is_one():
    assert Effect(**WORDS, outcome="c", horizon=1, after={"m": 1.0}).horizon == 1


def test_a_stated_relief_may_be_a_part():
    assert StatedRelief(depth=0.5, ramp=2).relief == Relief(depth=0.5, ramp=2)
    with pytest.raises(ValueError, match="less than or equal to 1"):
        StatedRelief(depth=1.1)
