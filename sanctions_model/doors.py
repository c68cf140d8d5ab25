"""Public functions as rooms hand them on: what is of a wrong kind is refused in one line.

A model where draws are asked for fails somewhere inside, in the words of whatever library meets it
first. One place compares the arguments with the function's annotations once a call has failed, so
that a call that works costs nothing; a fault of our own, with arguments that fit, stays as it is.
"""

import collections.abc
import functools
import inspect
import numbers
import os
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

import lazy_loader

from sanctions_model.errors import QuestionError, SanctionsModelError, first_fault, shown

_PACKAGE = "sanctions_model"

# What libraries raise where they are given what they do not know.
_FOREIGN = (AttributeError, TypeError, LookupError, ValueError, NotImplementedError)
_NAME = re.compile(r"[A-Za-z_]\w*")
_WORDS = {float: "a number", int: "a whole number", str: "text", bool: "True or False"}
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

    A function takes the place of the plain one in its module, so that both are one object; a class
    stays the same, and its ``__init__`` is replaced.
    """
    if inspect.isclass(found):
        ours = found.__module__.startswith(_PACKAGE) and not issubclass(found, Enum | Exception)
        made = vars(found).get("__init__")
        if made is None and getattr(found.__init__, "__module__", "").startswith("pydantic"):
            made = found.__init__
        if ours and made and not hasattr(made, "__wrapped__"):
            setattr(found, "__init__", _door(made, found))  # noqa: B010 (a type's own)
    elif inspect.isfunction(found) and not hasattr(found, "__wrapped__"):
        return _in_its_module(found, _door(found, found))
    return found


def _in_its_module(plain: types.FunctionType, door: Callable[..., Any]) -> Callable[..., Any]:
    home = sys.modules.get(plain.__module__)
    if getattr(home, plain.__name__, None) is plain:
        setattr(home, plain.__name__, door)
    return door


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
                fault = f"{named_as.__name__}: {first_fault(error, named_as)}."  # type: ignore[arg-type]
            else:
                fault = _fault(called, named_as.__name__, arguments, named, error)
            if not fault:
                raise
            raise QuestionError(fault) from error

    return door


def _fault(
    function: Callable[..., Any],
    called: str,
    arguments: Sequence[object],
    named: Mapping[str, object],
    error: Exception,
) -> str:
    """Say which argument is of a wrong kind, or lacks what was looked for; nothing if none is."""
    signature = inspect.signature(function)
    try:
        given = signature.bind(*arguments, **named).arguments
    except TypeError:  # Python's own words name what is missing or too much
        return ""
    for name, value in given.items():
        parameter = signature.parameters[name]
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) and not _fits(
            value, parameter.annotation
        ):
            return f"{called}: {name} is {_got(value)}; expected {_words(parameter.annotation)}."
    table = next((name for name, value in given.items() if _mro(value) & _TABLES), None)
    if table is None or not isinstance(error, LookupError):
        return ""
    looked = re.search(r"'([^']*)'", str(error))
    what = f"no {looked[1]!r}" if looked else "another form"
    return f"{called}: the {table} given has {what}; expected one as its description says."


def _got(value: object) -> str:
    return f"of type {type(value).__name__}" if _mro(value) & _TABLES else shown(value)


def _mro(value: object) -> set[str]:
    return {one.__name__ for one in type(value).__mro__}


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of the kind that an annotation names; yes where it names none."""
    if isinstance(hint, str):  # of a name that only type checkers import
        known = set(_NAME.findall(hint))
        return "[" in hint or bool(known & _mro(value)) or (value is None and "None" in known)
    if isinstance(hint, typing.TypeAliasType):
        return _fits(value, hint.__value__)
    if hint is None or hint is type(None):
        return value is None
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is typing.Annotated:
        return _fits(value, inner[0])
    if origin is typing.Literal:
        return isinstance(value, tuple(type(one) for one in inner))
    if origin is not None:
        return _holds(value, origin, inner)
    return _is_a(value, hint)


def _holds(value: object, origin: Any, inner: Sequence[Any]) -> bool:
    """Whether a value is a container of the kind, with what belongs into it."""
    if origin is collections.abc.Callable:
        return callable(value)
    if not isinstance(origin, type):
        return True
    if issubclass(origin, Mapping):
        return isinstance(value, Mapping) and (
            len(inner) < 2 or all(_fits(one, inner[1]) for one in value.values())
        )
    if issubclass(origin, Iterable):
        if isinstance(value, str):
            return str in inner
        if not isinstance(value, Iterable) or isinstance(value, bytes | Mapping):
            return False
        if "DataFrame" in _mro(value):
            return False
        is_plain = isinstance(value, list | tuple) or type(value).__name__ == "ndarray"
        listed = is_plain and inner and not isinstance(inner[0], str)
        kinds = [one for one in inner if one is not Ellipsis]
        return not listed or len(kinds) > 1 or all(_fits(one, kinds[0]) for one in value)
    return isinstance(value, origin)


def _is_a(value: object, hint: Any) -> bool:
    """Whether a value is of a class; a number of any library is one."""
    if not isinstance(hint, type) or hint is inspect.Parameter.empty or hint is object:
        return True
    scalar = value.item() if getattr(value, "shape", None) == () else value  # type: ignore[attr-defined]
    if hint in (float, int):
        kind = numbers.Real if hint is float else numbers.Integral
        return isinstance(scalar, kind) and not isinstance(scalar, bool)
    if hint is bool:
        return isinstance(scalar, bool)
    if typing.is_protocol(hint):
        return all(hasattr(value, member) for member in typing.get_protocol_members(hint))
    if hint.__name__ == "ndarray":
        is_array = hasattr(value, "__array__") and not isinstance(value, Mapping)
        return isinstance(value, list | tuple) or is_array
    return isinstance(value, hint)


def _words(hint: Any) -> str:
    """Say what an annotation names."""
    if isinstance(hint, str):
        return " or ".join("nothing" if one == "None" else one for one in _NAME.findall(hint))
    if hint is None or hint is type(None):
        return "nothing"
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(one) for one in inner))
    if origin is typing.Annotated:
        return _words(inner[0])
    if origin is not None:
        return _words_of(origin, inner)
    if isinstance(hint, type) and issubclass(hint, os.PathLike):
        return "a path"
    return _WORDS.get(hint) or f"a {getattr(hint, '__name__', hint)}"


def _words_of(origin: Any, inner: Sequence[Any]) -> str:
    """Say what a container, a choice or a function is."""
    if origin is typing.Literal:
        return "one of " + ", ".join(map(str, inner))
    if origin is collections.abc.Callable:
        return "a function"
    is_table = isinstance(origin, type) and issubclass(origin, Mapping)
    kinds = [_words(one) for one in (inner[1:] if is_table else inner) if one is not Ellipsis]
    listed = f" of {' and '.join(dict.fromkeys(kinds))}" if kinds else ""
    return f"a {'table by name' if is_table else 'list'}{listed}"
