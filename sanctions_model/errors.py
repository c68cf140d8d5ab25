"""The exceptions of the package: one root, children only where a caller would act differently.

Every message says what was got, what was expected and what to do. This module knows no model.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from numbers import Number
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from sanctions_model.inference.fit import Fit

__all__ = [
    "ConvergenceError",
    "CyclicGraphError",
    "FitFileError",
    "NoCausalPathError",
    "ObservationError",
    "PriorError",
    "QuestionError",
    "ReweightingError",
    "SanctionsModelError",
    "SourceError",
    "SpecError",
    "UnknownVariableError",
    "did_you_mean",
    "first_fault",
    "reading_fault",
    "reason_of",
    "shown",
]


_LONGEST, _SHOWN, _BITS = 2000, 200, 63
_MANY = 300  # signs of a list of names that is not read to its end
_FIRST = 5  # names of such a list


class SanctionsModelError(ValueError):
    """Root of all errors that the package raises on purpose; its message is one line.

    Parameters
    ----------
    message : str
        Names from files and of users stand in it: what would break the line or steer a terminal
        becomes a space or a question mark, and a message without end is cut.
    """

    def __init__(self, message: object = "") -> None:
        line = " ".join(str(message).split())
        line = "".join(sign if sign.isprintable() else "?" for sign in line)
        super().__init__(line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ...")


class SpecError(SanctionsModelError):
    """A structural causal model that cannot be built as described."""


class CyclicGraphError(SpecError):
    """Links within one period that form a cycle."""


class UnknownVariableError(SanctionsModelError):
    """A name that the model does not have."""

    @classmethod
    def from_name(
        cls, name: str, available: Iterable[str], where: str, *, see: str = ""
    ) -> "UnknownVariableError":
        """Build the message from the unknown name and the names that exist.

        Parameters
        ----------
        name : str
            What was asked for.
        available : iterable of str
            What there is.
        where : str
            Where it was asked for, as in "the interventions".
        see : str
            How to see all names, where they are many.

        Returns
        -------
        UnknownVariableError
            To raise: its message lists the names, or where they are many offers the nearest ones
            and says how to see all, or else the first ones.
        """
        names = [str(known) for known in available]
        listed = ", ".join(names)
        if len(listed) <= _MANY:
            there = f" There is: {listed}.{did_you_mean(name, names)}"
        else:
            more = f"; {see}" if see else f", the first of them {', '.join(names[:_FIRST])}"
            there = f"{did_you_mean(name, names, most=3)} There are {len(names)}{more}."
        return cls(f"Unknown name {name!r} in {where}.{there}")


class NoCausalPathError(SanctionsModelError):
    """No directed path leads from the cause to the outcome."""


class PriorError(SanctionsModelError):
    """A prior, or a source of one, that is missing, unknown or outside its support."""


class ObservationError(SanctionsModelError):
    """A data table that cannot be used as it is."""


class SourceError(SanctionsModelError):
    """A source of data that did not answer, or whose answer cannot be used."""


class QuestionError(SanctionsModelError):
    """A question that has no answer as put: a horizon of 0, a relief outside [0, 1]."""


class ReweightingError(QuestionError):
    """Draws that cannot speak for other beliefs; fitting these can."""


class ConvergenceError(SanctionsModelError):
    """Sampling that did not converge; `fit` holds its draws where somebody may go on from them."""

    fit: "Fit | None" = None


class FitFileError(SanctionsModelError):
    """A saved fit that is foreign, corrupt, of another format or not the one it claims to be."""


def did_you_mean(name: str, available: Iterable[str], most: int = 1) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest name or names, or an empty string.

    Examples
    --------
    >>> did_you_mean("key-rate", ["key_rate", "credit"])
    " Did you mean 'key_rate'?"
    """
    lowered = {str(known).lower(): known for known in available}
    close = get_close_matches(name.lower(), lowered, n=most)
    if most > 1:  # a piece of a name, as "price" of price_level, is less like it than "cruise"
        stem = name.lower().rstrip("s").replace(" ", "_")
        holding = [known for known in lowered if len(stem) > 2 and stem in known]
        close = [*dict.fromkeys([*close[:1], *holding, *close])]
    return f" Did you mean {' or '.join(repr(lowered[k]) for k in close[:most])}?" if close else ""


def shown(value: object) -> str:
    """Say what was got as whoever gave it would: no object is spelt as Python spells it.

    Examples
    --------
    >>> shown("ten"), shown(2.5), shown(True), shown(None)
    ("'ten'", '2.5', 'the boolean True', 'nothing')
    >>> shown({"start": 1, "ramp": 4}), shown([1, 2]), shown(Ellipsis)
    ('a table of start, ramp', 'a list of 2', 'of type ellipsis')
    """
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return repr(str(value)) if len(value) < _SHOWN else "a long text"
    if isinstance(value, bool):
        return f"the boolean {value}"
    if isinstance(value, int) and value.bit_length() > _BITS:
        return "a whole number beyond 64 bits"
    if isinstance(value, Number):
        return f"{value}"
    if isinstance(value, Mapping):
        names = ", ".join(map(str, value)) or "nothing"
        return f"a table of {names}" if len(names) < _SHOWN else f"a table of {len(value)}"
    if isinstance(value, list | tuple | set | frozenset):
        return f"a list of {len(value)}"
    return f"of type {type(value).__name__}"


def reading_fault(error: Exception) -> str:
    """Say in our words why a file could not be read as TOML or CSV, or not written.

    Parameters
    ----------
    error : Exception
        As the readers of the standard library and of pandas raise it.

    Returns
    -------
    str
        A reason, without a full stop.

    Examples
    --------
    >>> reading_fault(UnicodeDecodeError("utf-8", bytes(3), 2, 3, "invalid start byte"))
    'it is not text in UTF-8, from byte 3 on'
    """
    if isinstance(error, UnicodeDecodeError):
        return f"it is not text in UTF-8, from byte {error.start + 1} on"
    if isinstance(error, OSError):
        # What the library below netCDF says of a full disk names buffers and offsets as well.
        own = re.search(r"error message = '([^']+)'", str(error))
        return own[1] if own else str(error.strerror or error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    text = str(error)
    if "digits) for integer" in text:
        return "a whole number in it is too long"
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text):
        return f"line {found[2]} has {found[3]} cells where the first line has {found[1]}"
    if found := re.search(r"EOF inside string starting at row (\d+)", text):
        return f"a quotation mark in line {int(found[1]) + 1} has no second one"
    if "No columns to parse" in text:
        return "it is empty"
    return text.removeprefix("Error tokenizing data. C error: ").rstrip(". ")


def first_fault(
    error: "ValidationError",
    model: "type[BaseModel] | None" = None,
    *,
    whole: str = "",
    skip: int = 0,
) -> str:
    """Say in one line what is wrong with a table that pydantic refused.

    Parameters
    ----------
    error : pydantic.ValidationError
        The first of its faults is told: later ones often follow from it.
    model : type of pydantic.BaseModel, optional
        What refused it: of its fields the one that a misspelt one may mean is offered.
    whole : str
        What a fault of no single field is of.
    skip : int
        Leading parts of the place that are ours and not the user's, such as a union's tag.

    Returns
    -------
    str
        Place, reason and what was got, without a full stop.
    """
    found = error.errors()
    # A quantity is a number or a table: of a table, say what is wrong with the table.
    meant = [
        fault
        for fault in found
        if not (_tried_a_number(fault) and isinstance(fault["input"], dict))
    ]
    first = (meant or found)[0]
    parts = [str(part) for part in first["loc"][skip:]]
    place = ".".join(part for part in parts if not _TRIED.fullmatch(part)) or whole
    reason = reason_of(first)
    got = f" (got {shown(first['input'])})"
    if first["type"] == "missing":  # the names that there are: one may be misspelt
        got = f" (got {', '.join(str(name) for name in first['input']) or 'nothing'})"
    elif first["type"] == "value_error":  # a sentence of ours, which says it
        got = ""
    if model is not None and first["type"] == "extra_forbidden":
        *above, name = first["loc"]
        near = did_you_mean(str(name), _fields_at(model, above))
        got += near.replace(" Did", "; did").rstrip("?")
    return f"{place}: {reason}{got}" if place else f"{reason}{got}"


def _fields_at(model: "type[BaseModel]", place: "Sequence[int | str]") -> set[str]:
    """Return the names of the fields that there are at a place below a model."""
    models = [model]
    for part in place:
        named = [own.model_fields[part] for own in models if part in own.model_fields]
        models = [below for field in named for below in _models_in(field.annotation)] or models
    return {name for own in models for name in own.model_fields}


def _models_in(annotation: object) -> "list[type[BaseModel]]":
    """Return the models that a field's annotation names: one, a list or a union of them."""
    if hasattr(annotation, "model_fields"):
        return [annotation]  # type: ignore[list-item]
    named = getattr(annotation, "__value__", None)  # of a named type
    return [
        below
        for part in (get_args(annotation) if named is None else (named,))
        for below in _models_in(part)
    ]


# Parts of a place that say which kind of value was tried, and no field of the user's file.
_TRIED = re.compile(
    r"float|int|str|bool|\[key\]|(function-\w+|tuple|list|union|tagged-union|constrained-\w+)\[.*"
)
_REASONS = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "literal_error": "expected {expected}",
    "greater_than": "expected a number greater than {gt:g}",
    "greater_than_equal": "expected a number greater than or equal to {ge:g}",
    "less_than": "expected a number less than {lt:g}",
    "less_than_equal": "expected a number less than or equal to {le:g}",
    "string_too_short": "expected text of at least {min_length} character",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "too_short": "expected at least {min_length}, got {actual_length}",
    "union_tag_invalid": "{discriminator} is {tag!r}; expected one of {expected_tags}",
    "union_tag_not_found": "it lacks {discriminator}",
}
_KINDS = {
    "float": "a number",
    "finite": "a finite number",
    "int": "a whole number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a table",
    "mapping": "a table",
    "model": "a table",
    "date": "a date such as 2022-02-24",
    "path": "a path",
}


def _tried_a_number(fault: "ErrorDetails") -> bool:
    """Whether the last thing tried was to read a number."""
    last = str(fault["loc"][-1]) if fault["loc"] else ""
    return last == "float" or last.startswith(
        ("function-before[_number", "union[function-before[_number")
    )


def reason_of(fault: "ErrorDetails") -> str:
    """Say a fault in our words: those of the library speak of its own types."""
    kind = fault["type"]
    if kind in {"value_error", "assertion_error"}:
        return str(fault["msg"]).removeprefix("Value error, ").removesuffix(".")
    if kind in _REASONS:
        return _REASONS[kind].format(**fault.get("ctx", {}))
    return f"expected {_KINDS.get(kind.partition('_')[0], 'another value')}"
