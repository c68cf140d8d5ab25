"""Public functions as rooms hand them on: what is of a wrong kind is refused in one line.

A model where draws are asked for fails somewhere inside, in the words of whatever library meets it
first. One place compares the arguments with the function's annotations once a call has failed, so
that a call that works costs nothing; a fault of our own, with arguments that fit, stays as it is.
The comparison is typeguard's, which a call that works does not load.
"""

import functools
import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from numbers import Integral, Real
from typing import Any

import lazy_loader

from sanctions_model.errors import QuestionError, SanctionsModelError, first_fault, shown

_PACKAGE = "sanctions_model"

# What libraries raise where they are given what they do not know.
_FOREIGN = (AttributeError, TypeError, LookupError, ValueError, NotImplementedError)
_NAME = re.compile(r"[A-Za-z_]\w*")
_PATH = re.compile(r"\b(?:\w+\.)+")
_NUMBERS = {float: Real, int: Integral}
_LISTS = (tuple, list, Sequence, Collection, Iterable)
_TABLES = {"DataFrame", "Series", "Dataset", "DataArray", "DataTree"}


def attach(package: str, stub: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], Any]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a room whose names its stub lists.

    `package`, `stub`: the room's ``__name__`` and ``__file__``.
    """
    plain, listing, names = lazy_loader.attach_stub(package, stub)

    def found(name: str) -> Any:
        door = guarded(plain(name))
        vars(sys.modules[package])[name] = door  # where the plain one was kept
        return door

    return found, listing, names


def guarded(found: Any) -> Any:
    """Return a function or a class that refuses arguments of a wrong kind; else what is given.

    A function takes the place of the plain one in its module, so that both are one object, which
    can be pickled; a class stays the same, and its ``__init__`` is replaced.
    """
    if inspect.isclass(found):
        ours = found.__module__.startswith(_PACKAGE) and not issubclass(found, Enum | Exception)
        made = vars(found).get("__init__")
        if made is None and getattr(found.__init__, "__module__", "").startswith("pydantic"):
            made = found.__init__
        if ours and made and not hasattr(made, "__wrapped__"):
            setattr(found, "__init__", _door(made, found))  # noqa: B010 (a type's own)
    elif inspect.isfunction(found) and not hasattr(found, "__wrapped__"):
        door = _door(found, found)
        home, name = vars(sys.modules[found.__module__]), str(found.__name__)
        if home.get(name) is found:
            home[name] = door
        return door
    return found


def _door(called: Callable[..., Any], named_as: Any) -> Callable[..., Any]:
    """Wrap a function, or the ``__init__`` of a class, under the name that its callers know."""

    @functools.wraps(called)
    def door(*arguments: Any, **named: Any) -> Any:
        try:
            return called(*arguments, **named)
        except SanctionsModelError:
            raise
        except _FOREIGN as error:
            # Inside the package the fault is ours, and its trace tells where.
            if sys._getframe(1).f_globals.get("__name__", "").startswith(_PACKAGE):
                raise
            if hasattr(named_as, "model_fields") and hasattr(error, "errors"):
                fault = f"{first_fault(error, named_as)}."  # type: ignore[arg-type]
            else:
                fault = _fault(called, arguments, named, error)
            if not fault:
                raise
            raise QuestionError(f"{named_as.__name__}: {fault}") from error

    return door


def _fault(
    called: Callable[..., Any],
    arguments: Sequence[object],
    named: Mapping[str, object],
    error: Exception,
) -> str:
    """Say which argument is of a wrong kind, or lacks what was looked for; nothing if none is."""
    signature = inspect.signature(called)
    try:
        given = signature.bind(*arguments, **named).arguments
    except TypeError:  # Python's own words name what is missing or too much
        return ""
    for name, value in given.items():
        parameter = signature.parameters[name]
        many = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if not many and not _fits(value, hint := parameter.annotation):
            kind = hint if isinstance(hint, str) else inspect.formatannotation(hint)
            return f"{name} is {_got(value)}; expected {_PATH.sub('', kind)}."
    table = next((name for name, value in given.items() if _mro(value) & _TABLES), None)
    if table is None or not isinstance(error, LookupError):
        return ""
    looked = re.search(r"'([^']*)'", str(error))
    what = f"no {looked[1]!r}" if looked else "another form"
    return f"the {table} given has {what}; expected one as its description says."


def _got(value: object) -> str:
    return f"of type {type(value).__name__}" if _mro(value) & _TABLES else shown(value)


def _mro(value: object) -> set[str]:
    return {one.__name__ for one in type(value).__mro__}


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of the kind that an annotation names; yes where it names none."""
    if hint is inspect.Parameter.empty:
        return True
    if isinstance(hint, str):  # of a name that only type checkers import
        known = set(_NAME.findall(hint))
        return "[" in hint or bool(known & _mro(value)) or (value is None and "None" in known)
    import typeguard

    own = typeguard.checker_lookup_functions
    own.insert(0, _taken)  # for this question alone: the list is that of the whole process
    try:
        typeguard.check_type(
            value,
            hint,
            forward_ref_policy=typeguard.ForwardRefPolicy.IGNORE,
            collection_check_strategy=typeguard.CollectionCheckStrategy.ALL_ITEMS,
        )
    except typeguard.TypeCheckError:
        return False
    finally:
        own.remove(_taken)
    return True


def _taken(origin: Any, *_: Any) -> Any:
    """Return how typeguard is to check what this package takes more of than an annotation says.

    Of numbers and lists, those of any library: `coercion` reads them. Names that only type checkers
    import are not looked for.
    """
    if isinstance(origin, str):
        return lambda *_: None
    if origin in _NUMBERS:
        return _require_number
    is_list = origin in _LISTS or getattr(origin, "__name__", "") == "ndarray"
    return _require_list if is_list else None


def _require_number(value: Any, origin: Any, *_: Any) -> None:
    from typeguard import TypeCheckError

    scalar = value.item() if getattr(value, "shape", None) == () else value
    if isinstance(scalar, bool) or not isinstance(scalar, _NUMBERS[origin]):
        raise TypeCheckError("is no number")


def _require_list(value: Any, origin: Any, args: tuple[Any, ...], memo: Any) -> None:
    from typeguard import TypeCheckError, check_type_internal

    is_text = isinstance(value, str) and str not in args
    no_list = isinstance(value, bytes | Mapping) or "DataFrame" in _mro(value)
    if is_text or no_list or not isinstance(value, Iterable):
        raise TypeCheckError("is no list")
    kinds = [one for one in args if one is not Ellipsis]
    # An iterator would be used up, and an array's arguments are its form and type.
    if len(kinds) == 1 and isinstance(value, Collection) and origin in _LISTS:
        for item in value:
            check_type_internal(item, kinds[0], memo)
