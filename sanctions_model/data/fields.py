"""Types of fields in files that people edit: numbers are numbers, and no text that looks it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from sanctions_model.coercion import as_number, as_whole
from sanctions_model.errors import QuestionError


def _number(value: object) -> float:
    try:
        return as_number(value, "It")
    except QuestionError as error:
        raise ValueError(_expectation(error)) from None


def _whole(value: object) -> int:
    try:
        return as_whole(value, "It")
    except QuestionError as error:
        raise ValueError(_expectation(error)) from None


def _expectation(error: QuestionError) -> str:
    """Return what was expected and what was got, without the name of a field: its place is told."""
    got, _, expected = str(error).removesuffix(".").partition("; ")
    return f"{expected}, got {got.removeprefix('It is ')}"


Flag = Annotated[bool, Field(strict=True)]  # neither 1 nor "yes"
Number = Annotated[float, BeforeValidator(_number)]
Positive = Annotated[float, Field(gt=0), BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Version = Annotated[Literal[1], BeforeValidator(_whole)]  # true is no version
