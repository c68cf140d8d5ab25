"""What a design states: numbers, distributions of them, and moments as periods or dates.

Periods count from 1, the first after the data; a period of the calendar is counted from there once
the start is known. Knows no design.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator

from sanctions_model.data.fields import Number, Whole
from sanctions_model.errors import QuestionError, first_fault
from sanctions_model.inference.priors.families import Prior
from sanctions_model.scm.periods import periods_ahead, read_span

type Quantity = Number | Prior
# The same with bounds that an editor can check of a number: a share or probability, an amount, a
# count from 1. `require_within` checks them of a distribution as well.
type Share = Annotated[Number, Field(json_schema_extra={"minimum": 0, "maximum": 1})] | Prior
type Amount = Annotated[Number, Field(json_schema_extra={"minimum": 0})] | Prior
type Count = Annotated[Number, Field(json_schema_extra={"minimum": 1})] | Prior


if TYPE_CHECKING:  # type checkers know the arguments from the fields
    _Speaking = BaseModel
else:

    class _Speaks(type(BaseModel)):
        """Says in our words what is wrong with an object that is made in Python."""

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().__call__(*args, **kwargs)
            except ValidationError as error:
                raise QuestionError(f"{cls.__name__}: {first_fault(error, cls)}.") from None

    class _Speaking(BaseModel, metaclass=_Speaks):
        pass


class Stated(_Speaking):
    """What is stated of a future: as it was said, and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _or_date(value: object, handler: Callable[[object], Any]) -> Any:
    """Take text for a period of the calendar, and leave the rest to the field's own type."""
    if not isinstance(value, str):
        return handler(value)
    try:
        read_span(value)
    except QuestionError as error:
        raise ValueError(str(error)) from None
    return value


PERIOD_TEXT: dict[str, Any] = {"pattern": r"\d{4}"}  # whatever its form, it has a year
type _Date = Annotated[str, Field(json_schema_extra=PERIOD_TEXT)]
type _First = Annotated[Whole, Field(ge=1, json_schema_extra={"minimum": 1})]
type Moment = Annotated[Count | _Date, WrapValidator(_or_date)]
type WholeMoment = Annotated[_First | _Date, WrapValidator(_or_date)]
# Fields that say when; of a year alone the first counts from its first period, a last to its last.
_FIRST, _LAST = ("start",), ("stop", "until")
_NOT_COUNTED = (
    "{!r} is a period of the calendar, and when the future starts is not known here; give the "
    "scenario as its `dated(start, periods_per_year)`, or count periods from 1."
)


def bounds(quantity: Moment) -> tuple[float, float]:
    """Return the smallest and largest value that a quantity can take; of a date any period."""
    if isinstance(quantity, str):
        return 1.0, np.inf
    return (quantity, quantity) if isinstance(quantity, int | float) else quantity.support


def draw(quantity: Quantity, generator: np.random.Generator, size: int) -> np.ndarray:
    """Draw a quantity, shape ``(size,)``; a number is repeated and uses no randomness."""
    if isinstance(quantity, int | float):
        return np.full(size, float(quantity))
    return np.asarray(quantity.sample(generator, size))


def draw_whole(quantity: Moment, generator: np.random.Generator, size: int) -> np.ndarray:
    """Draw a number of periods: a quantity rounded to whole ones."""
    if isinstance(quantity, str):
        raise QuestionError(_NOT_COUNTED.format(quantity))
    return np.rint(draw(quantity, generator, size)).astype(int)


def require_within(quantity: Moment, low: float, high: float, name: str, hint: str) -> None:
    """Refuse a quantity that can leave its bounds; a date is checked once it is counted."""
    least, most = (low, high) if isinstance(quantity, str) else bounds(quantity)
    if least < low or most > high:
        most_too = "" if most == least else f" to {most:g}"
        expected = f"at least {low:g}" if high == np.inf else f"{low:g} to {high:g}"
        raise ValueError(f"{name} can be {least:g}{most_too}, expected {expected}; {hint}")


def first_date(value: object) -> str | None:
    """Return a period of the calendar that a design or anything in it names, None without one."""
    if isinstance(value, BaseModel):
        for name, part in value:
            if name in (*_FIRST, *_LAST) and isinstance(part, str):
                return part
            if (found := first_date(part)) is not None:
                return found
    if isinstance(value, tuple):
        return next((found for part in value if (found := first_date(part)) is not None), None)
    if isinstance(value, dict):
        return next((name for name in value if isinstance(name, str)), None)
    return None


def counted(when: int | str) -> int:
    """Return a period that has a number, and refuse one of the calendar."""
    if isinstance(when, str):
        raise QuestionError(_NOT_COUNTED.format(when))
    return when


def require_counted(model: BaseModel) -> None:
    """Refuse a scenario that names a period of the calendar where the start is not known."""
    if (date := first_date(model)) is not None:
        raise QuestionError(_NOT_COUNTED.format(date))


def dated[Model: BaseModel](model: Model, start: str, periods_per_year: int) -> Model:
    """Return the same with each period of the calendar counted from the start.

    `model`: a scenario, or a part of one. `start`: first day of the last known period, as in
    ``attrs["start"]`` of a forecast. Raises `QuestionError` if a period lies in the past, or what
    is stated does not fit together once it is counted.
    """
    if first_date(model) is None:
        return model

    def read(name: str, value: object) -> Any:
        if isinstance(value, str) and name in (*_FIRST, *_LAST):
            return periods_ahead(value, start, periods_per_year, end=name in _LAST)
        if isinstance(value, tuple):
            return tuple(read("", part) for part in value)
        if isinstance(value, dict):
            return {
                periods_ahead(k, start, periods_per_year) if isinstance(k, str) else k: v
                for k, v in value.items()
            }
        return dated(value, start, periods_per_year) if isinstance(value, BaseModel) else value

    try:
        return type(model).model_validate({name: read(name, value) for name, value in model})
    except ValidationError as error:
        whole = type(model).__name__
        raise QuestionError(f"With its dates counted: {first_fault(error, whole=whole)}.") from None
