"""Numbers as callers give them: Python's, numpy's and pandas' are taken, text and booleans not.

One place decides what counts as a number, so that every public argument accepts the same things
and refuses the others in the same words.
"""

import numbers
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from sanctions_model.errors import QuestionError, shown


def _scalar(value: object) -> object:
    """Return the one number of an array without dims, None if it is masked, else what is given."""
    if np.ma.is_masked(value):  # numpy makes 0 of it
        return None
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()
    return value


def as_number(value: object, what: str, *, expected: str = "a finite number") -> float:
    """Return a finite number as a float.

    `value`: a number of Python, numpy or pandas, or an array without dims. `what`: what it
    is, for the message, as in ``"The depth of the relief"``. `expected`: what was expected, for the
    message. Returns: the same number. Raises `QuestionError` if it is text, a boolean, complex, not
    finite or several numbers.

    Examples
    --------
    >>> as_number(np.float32(0.5), "The depth")
    0.5
    """
    given = _scalar(value)
    if isinstance(given, numbers.Real | Decimal) and not isinstance(given, bool | np.bool_):
        try:
            number = float(given)
        except (OverflowError, ValueError):  # a whole number of 400 digits; a decimal that signals
            number = np.nan
        if np.isfinite(number):
            return number
    raise QuestionError(f"{what} is {_shown(value)}; expected {expected}.")


def as_whole(value: object, what: str, *, least: int | None = None, most: int | None = None) -> int:
    """Return a whole number within bounds as an int.

    `value`: a whole number of Python, numpy or pandas. `what`: what it is, for the message.
    `least`, `most`: the smallest and the largest that are accepted; any by default. Returns: the
    same number. Raises `QuestionError` if it is no whole number (2.0 is none: it may have been 2.5
    before), or outside the bounds or 64 bits.

    Examples
    --------
    >>> as_whole(np.int64(4), "The ramp")
    4
    """
    given = _scalar(value)
    if isinstance(given, numbers.Integral) and not isinstance(given, bool | np.bool_):
        whole = int(given)
        lowest, highest = -(2**63) if least is None else least, 2**63 - 1 if most is None else most
        if lowest <= whole <= highest:
            return whole
    bounds = "" if least is None else f" of at least {least}"
    bounds += "" if most is None else f" and at most {most}"
    raise QuestionError(f"{what} is {_shown(value)}; expected a whole number{bounds}.")


def as_names(given: Iterable[str], what: str) -> list[str]:
    """Return names as a list; a single one may stand without brackets.

    `given`: text, or several. `what`: what each of them is, for the message. Raises `QuestionError`
    if one is no text, or stands there twice: the second does nothing, and was perhaps another name.

    Examples
    --------
    >>> as_names("key_rate", "What is held"), as_names(("b", "a"), "What is held")
    (['key_rate'], ['b', 'a'])
    """
    names = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    for name in names:
        if not isinstance(name, str):
            raise QuestionError(f"{what} is {shown(name)}; expected names.")
        if names.count(name) > 1:
            raise QuestionError(f"{what}, {shown(name)}, is given twice; give it once.")
    return names


def generator_of(random_seed: object, stream: Iterable[int] = ()) -> np.random.Generator:
    """Return the generator of a seed.

    `random_seed`: a whole number of at least 0. `stream`: names one of several independent streams
    of the seed. Raises `QuestionError` if it is no such number;
    numpy would take a boolean, and None for a seed of the moment.
    """
    seed = as_whole(random_seed, "The random seed", least=0)
    named = list(stream)
    return np.random.default_rng([seed, *named] if named else seed)


def as_number_or_path(value: object, what: str) -> float | tuple[float, ...]:
    """Return a number, or a path of numbers as a tuple.

    `value`: a number as `as_number` takes it, or a list, tuple, array or Series of them. `what`:
    what it is, for the message. Returns: a tuple for a path, which has at least one number. Raises
    `QuestionError` if it is neither.

    Examples
    --------
    >>> as_number_or_path(np.array([10, 9]), "The key rate")
    (10.0, 9.0)
    """
    several = isinstance(value, Iterable) and getattr(value, "shape", None) != ()
    if not several or isinstance(value, str | bytes | dict | set | frozenset):
        return as_number(value, what)
    path = tuple(as_number(entry, what) for entry in value)  # type: ignore[attr-defined]
    if not path:
        raise QuestionError(f"{what} is an empty path; expected one finite number a period.")
    return path


def as_array(value: object, what: str) -> np.ndarray:
    """Return an array of numbers of any shape, not finite ones too.

    `what`: opens the message. Raises `QuestionError` for text, booleans, dates, complex numbers and
    lists of unequal length.
    """
    try:
        found: np.ndarray = np.asarray(value)
        if found.dtype.kind not in "iufO":
            raise ValueError
        return found.astype(float)
    except (TypeError, ValueError):
        raise QuestionError(f"{what} is no array of numbers; expected numbers alone.") from None


def as_paths(given: object, what: str) -> dict[str, Any]:
    """Return paths by name, an empty table for nothing.

    `what`: opens the message. Raises `QuestionError` for what is no table of names.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise QuestionError(f"{what} is {shown(given)}; expected a table of paths by name.")
    return dict(given)


def _shown(value: object) -> str:
    """Say what was got; that a number came as text is what is wrong with it."""
    given = _scalar(value)
    return f"the text {shown(given)}" if isinstance(given, str) else shown(given)
