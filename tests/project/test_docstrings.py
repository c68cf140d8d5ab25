"""Every public name is documented in the numpydoc sections that its behaviour calls for."""

import ast
import enum
import functools
import importlib
import inspect
import textwrap

import pytest
from surface import PUBLIC

from sanctions_model import errors, plots

ROOT = errors.SanctionsModelError
NAMES = [name for name in PUBLIC if name not in plots.__all__]
# Pydantic's and dataclasses' own machinery calls these when an object is made.
MAKING = ("__init__", "__post_init__")


def public_callables():
    """Public functions, and public methods that public classes define themselves."""
    for name in NAMES:
        item = PUBLIC[name]
        if inspect.isfunction(item):
            yield name, item
        elif inspect.isclass(item):
            for attribute, value in vars(item).items():
                method = value.__func__ if isinstance(value, classmethod | staticmethod) else value
                if not attribute.startswith("_") and inspect.isfunction(method):
                    yield f"{name}.{attribute}", method


CALLABLES = dict(public_callables())
# What they call may raise, but not with what they call it with.
NEVER_RAISES = {"anchored_transmission", "growth_transmission"}


def sections(docstring):
    """Numpydoc sections of a docstring by title."""
    lines = inspect.cleandoc(docstring or "").splitlines()
    found, title = {}, "summary"
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line and below and set(below) == {"-"}:
            title = line
        elif not (line and set(line) == {"-"}):
            found.setdefault(title, []).append(line)
    return {title: "\n".join(body).strip() for title, body in found.items()}


def tree(item):
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(item)))
    except OSError:  # made by a dataclass
        return ast.Module(body=[], type_ignores=[])


def resolved(node, module):
    """What a called name is, within the module that calls it."""
    if isinstance(node, ast.Name):
        return getattr(module, node.id, None)
    if isinstance(node, ast.Attribute):
        owner = resolved(node.value, module)
        return getattr(owner, node.attr, None) if inspect.isclass(owner) else None
    return None


def raised_directly(item):
    """Errors of the package that a function's own lines raise."""
    module = importlib.import_module(item.__module__)
    found = set()
    for node in ast.walk(tree(item)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            kind = resolved(node.exc.func if isinstance(node.exc, ast.Call) else node.exc, module)
            if inspect.ismethod(kind):
                kind = kind.__self__
            if inspect.isclass(kind) and issubclass(kind, ROOT):
                found.add(kind.__name__)
    return found


@functools.cache
def raised(item):
    """Errors of the package that a function raises itself or through functions of the package."""
    module = importlib.import_module(item.__module__)
    if not module.__name__.startswith("sanctions_model"):
        return frozenset()
    found = raised_directly(item)
    for node in ast.walk(tree(item)):
        if isinstance(node, ast.Call):
            found |= raised_by_calling(resolved(node.func, module), item)
    return frozenset(found)


def raised_by_calling(called, caller):
    if inspect.isclass(called) and called.__module__.startswith("sanctions_model"):
        making = [vars(called)[name] for name in MAKING if name in vars(called)]
        return set().union(*(raised(method) for method in making if inspect.isfunction(method)))
    if inspect.ismethod(called):
        called = called.__func__
    called = inspect.unwrap(called) if callable(called) else called
    if inspect.isfunction(called) and called is not caller:
        return raised(called) if called.__module__.startswith("sanctions_model") else set()
    return set()


def own_parameters(item):
    names = inspect.signature(item).parameters
    return [name for name in names if name not in {"self", "cls"}]


@pytest.mark.parametrize("name", [n for n in CALLABLES if "." not in n])
def test_a_public_function_says_what_it_takes_and_returns(name):
    documented = sections(CALLABLES[name].__doc__)
    if own_parameters(CALLABLES[name]):
        assert "Parameters" in documented
    if inspect.signature(CALLABLES[name]).return_annotation not in {None, "None"}:
        assert {"Returns", "Yields"} & set(documented)


def entries(section):
    """What a section documents: each entry's head with the lines below it."""
    found = []
    for line in section.splitlines():
        if line and not line.startswith(" "):
            found.append((line, []))
        elif line.strip() and found:
            found[-1][1].append(line.strip())
    return found


DRAWN = {f"plots.{name}": getattr(plots, name) for name in plots.__all__}
CLASSES = {n: o for n in NAMES if inspect.isclass(o := PUBLIC[n])}
DESCRIBED = CALLABLES | DRAWN | CLASSES


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_is_taken_and_returned_is_described_beyond_its_type(name):
    documented = sections(DESCRIBED[name].__doc__)
    for title in ("Parameters", "Returns", "Yields"):
        for head, body in entries(documented.get(title, "")):
            assert body, f"{name}, {title}: {head!r} says no more than its type"


@pytest.mark.parametrize("name", CALLABLES)
def test_what_raises_says_so(name):
    item = CALLABLES[name]
    documented = {
        kind for kind in errors.__all__ if kind in sections(item.__doc__).get("Raises", "")
    }
    for error in sorted(raised_directly(item)):
        parents = {parent.__name__ for parent in getattr(errors, error).__mro__}
        assert parents & documented, f"{name} raises {error} and does not say so"
    if name not in NEVER_RAISES:
        assert documented or not raised(item), f"{name} may raise {set(raised(item))}"


@pytest.mark.parametrize("name", [n for n in NAMES if inspect.isclass(PUBLIC[n])])
def test_a_public_class_says_what_it_is_made_of(name):
    item = PUBLIC[name]
    if issubclass(item, Exception | enum.Enum) or not own_parameters(item):
        return
    documented = sections(item.__doc__)
    assert "Parameters" in documented
    for method in (vars(item).get(making) for making in MAKING):
        for error in raised_directly(method) if inspect.isfunction(method) else ():
            assert error in documented.get("Raises", ""), f"{name} raises {error}, says nothing"
