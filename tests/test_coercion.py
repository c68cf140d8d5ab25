"""One coercion for every public number: numpy and pandas pass, text and booleans do not."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sanctions_model.coercion import as_number, as_number_or_path, as_whole
from sanctions_model.errors import QuestionError, shown
from sanctions_model.queries.conditional import Condition
from sanctions_model.queries.required import Target
from sanctions_model.scm.interventions import Relief, ScaleBy, SetTo, ShiftBy, require_horizon
from sanctions_model.scm.variables import Constant, Hold, Path

CELL = pd.DataFrame({"rate": [10, 9]})["rate"].iloc[0]
TENS = [
    10,
    10.0,
    np.int64(10),
    np.int8(10),
    np.float32(10),
    np.array(10),
    np.array(10.0),
    CELL,
    xr.DataArray(10),
    Decimal(10),
]
NO_NUMBERS = ["10", "", True, np.True_, None, 1 + 0j, b"10", float("nan"), float("inf"), {1: 2}]
NO_NUMBERS += [np.ma.masked, 10**400, 10**5000, Decimal("sNaN")]


@pytest.mark.parametrize("ten", TENS, ids=lambda value: type(value).__name__)
def test_numbers_of_every_library_are_numbers(ten):
    assert as_number(ten, "It") == 10.0
    assert type(as_number(ten, "It")) is float
    for kind in (SetTo, ShiftBy, ScaleBy):
        assert kind(variable="x", value=ten).value == 10.0
    assert Condition(variable="x", values={np.int64(2): ten}).values[2] == 10.0  # noqa: PD011
    assert Constant(ten).value == Hold(ten).value == Path((ten,)).values[0] == 10.0  # noqa: PD011


@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=shown)
def test_what_is_no_number_is_refused_everywhere_in_the_same_words(wrong):
    asked = [
        lambda: as_number(wrong, "It"),
        lambda: SetTo(variable="x", value=wrong),
        lambda: SetTo(variable="x", value=(1.0, wrong)),
        lambda: Condition(variable="x", values={1: wrong}),
        lambda: Constant(wrong),
        lambda: Path((1.0, wrong)),
        lambda: Target(outcome="x", value=wrong, below=True, when="by 4", probability=0.5),
    ]
    for ask in asked:
        with pytest.raises(QuestionError, match="expected a finite number"):
            ask()


def test_text_is_no_path_of_its_digits():
    with pytest.raises(QuestionError, match="value is the text '10'; expected a finite number"):
        SetTo(variable="x", value="10")


@pytest.mark.parametrize(
    "path", [[10, 9], (10.0, 9.0), np.array([10, 9]), pd.Series([10, 9]), xr.DataArray([10, 9])]
)
def test_a_path_may_be_any_sequence_of_numbers(path):
    assert as_number_or_path(path, "It") == (10.0, 9.0)
    assert SetTo(variable="x", value=path).value == (10.0, 9.0)


@pytest.mark.parametrize("wrong", [2.5, 2.0, "2", True, None, np.float64(2.0), np.inf])
def test_periods_are_whole_numbers(wrong):
    asked = [
        lambda: as_whole(wrong, "It"),
        lambda: Relief(ramp=wrong),
        lambda: Relief(start=wrong),
        lambda: SetTo(variable="x", value=1.0, start=wrong),
        lambda: Condition(variable="x", values={wrong: 1.0}),
    ]
    for ask in asked:
        with pytest.raises(QuestionError, match="expected a whole number"):
            ask()


def test_whole_numbers_have_bounds():
    assert as_whole(np.uint8(3), "It", least=1, most=3) == 3
    with pytest.raises(QuestionError, match="It is 4; expected a whole number of at least 1 and"):
        as_whole(4, "It", least=1, most=3)


def test_a_horizon_that_would_not_fit_into_memory_is_refused_at_once():
    assert require_horizon(400) == 400
    with pytest.raises(QuestionError, match="Horizon 10000000; expected at most 400 periods"):
        require_horizon(10_000_000)


def test_a_condition_needs_values_by_period():
    with pytest.raises(QuestionError, match=r"give them by period, as in values=\{1: 12\}"):
        Condition(variable="x", values=12)
