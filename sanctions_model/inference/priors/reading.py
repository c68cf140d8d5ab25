"""Tables of a priors file: families with their arguments, rationale and sources, checked.

This module knows one table at a time, and no model.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sanctions_model.errors import PriorError, did_you_mean, shown
from sanctions_model.files import toml_content
from sanctions_model.inference.priors.families import (
    Beta,
    BetaMixture,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    StudentT,
)
from sanctions_model.inference.priors.patterns import laid_over

FORMAT_VERSION = 1
_FAMILIES: Mapping[str, Callable[..., Prior]] = MappingProxyType(
    {
        family.__name__: family
        for family in (Normal, StudentT, LogNormal, Beta, BetaMixture, Gamma, HalfNormal, Fixed)
    }
)


def table_of(name: str, label: str | None) -> str:
    """Return the head of a table, as a file has it."""
    return f'[{name}."{label}"]' if label else f"[{name}]"


def read_toml(file: Path) -> dict[str, Any]:
    """Return the tables of a priors file.

    Raises `PriorError` if it cannot be read, is no TOML or of another version.
    """
    content = toml_content(file, "a priors file", PriorError)
    version = content.pop("format_version", None)
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise PriorError(
            f"{file.name}: format_version is {shown(version)}; "
            f"expected {FORMAT_VERSION} as the first key."
        )
    return content


def read_group(
    file: str,
    name: str,
    tables: Any,
    *,
    bare: str = "",
    base: Mapping[str, Prior] | None = None,
    base_file: str = "",
) -> dict[str, Prior]:
    """Return the priors of a parameter by label, from its tables.

    `file`, `name`: the file, for messages, and the parameter. `tables`: one table, or tables by
    label. `bare`: the label of one table alone. `base`: what these tables change. `base_file`:
    where that stands, for messages. Raises `PriorError` if a table is none, changes nothing, or
    `read_prior` refuses it.
    """
    if not isinstance(tables, dict):
        raise PriorError(f"{file}: {name} is {shown(tables)}; expected a table with a family.")
    partial = base is not None and not any(isinstance(table, dict) for table in tables.values())
    if "family" in tables or partial:
        tables = {bare: tables}
    if base is not None:
        tables = laid_over(base, tables, file=file, base_file=base_file, name=name)
    return {
        label: table
        if hasattr(table, "family")  # a belief of the base, as it stands there
        else read_prior(file, table_of(name, label), table)
        for label, table in tables.items()
    }


def read_prior(file: str, place: str, table: Any) -> Prior:
    """Return one prior from its table.

    `file`, `place`: where the table stands, for messages. Raises `PriorError` if the family is
    unknown, an argument missing, unknown or impossible, or there is no rationale.
    """
    family = table.get("family") if isinstance(table, dict) else table
    if not isinstance(family, str) or family not in _FAMILIES:
        raise PriorError(
            f"{file}: {place}: family is {shown(family)}; expected one of {', '.join(_FAMILIES)}."
        )
    try:
        prior = _FAMILIES[family](**table)
    except PriorError as error:
        raise PriorError(f"{file}: {place}: {error}") from None
    if not prior.rationale or not prior.sources:
        raise PriorError(
            f"{file}: {place}: no rationale or sources; say why, and give evidence ids or "
            '"judgement".'
        )
    return prior


_STATED = re.compile(r"(?P<address>.*\S)\s*=\s*(?P<family>\w+)\s*(?P<arguments>\(.*\))\s*")


def typed(address: str, prior: Prior) -> str:
    """Say a belief as `parse_priors` reads it.

    >>> typed("x -> y", parse_priors(["x -> y=LogNormal(0.2, sigma=0.5)"])["x -> y"])
    'x -> y=LogNormal(0.2, 0.5)'
    """
    fields = type(prior).model_fields
    stated = [
        f"{value:.3g}" if fields[name].is_required() else f"{name}={value:.3g}"
        for name, value in prior.arguments.items()
        if isfinite(value)
    ]
    stated += ["negative=True"] if getattr(prior, "negative", False) else []
    return f"{address}={prior.family}({', '.join(stated)})"


def parse_priors(texts: Iterable[str], *, example: str = "x -> y=Normal(0, 1)") -> dict[str, Prior]:
    """Read beliefs as they are typed, ``x -> y=LogNormal(0.14, 0.6)``.

    `texts`: an address, an equals sign, a family with its arguments: in the order of the family's
    signature, or by name. `example`: one of the model that is asked, for messages. Returns: by
    address, as `Priors.replace` takes them. Raises `PriorError` if a text is of another form, the
    family or an argument unknown or impossible, or an address is given twice.

    Examples
    --------
    >>> parse_priors(["x -> y=LogNormal(0.2, sigma=0.5, negative=True)"])["x -> y"].support
    (-inf, 0.0)
    """
    found: dict[str, Prior] = {}
    for text in texts:
        match = _STATED.fullmatch(text.strip())
        if match is None:
            raise PriorError(f"Cannot read the prior {text!r}; write it as {example!r}.")
        address, family = match["address"].strip(), match["family"]
        if family not in _FAMILIES:
            raise PriorError(
                f"{text!r}: there is no family {family!r}; there is {', '.join(_FAMILIES)}."
                f"{did_you_mean(family, _FAMILIES)}"
            )
        if address in found:
            raise PriorError(f"{address!r} is given two priors; give one.")
        stated = _arguments(text, family, match["arguments"], example)
        try:
            found[address] = _FAMILIES[family](**stated)
        except PriorError as error:
            raise PriorError(f"{text!r}: {error}") from None
    return found


def _arguments(text: str, family: str, written: str, example: str) -> dict[str, Any]:
    """Return the arguments of a call by name; only numbers and booleans are read."""
    model: Any = _FAMILIES[family]
    own = [n for n in model.model_fields if n in model.__annotations__ and n != "family"]
    takes = f"{family} takes {', '.join(own)}"
    try:
        call = ast.parse(f"{family}{written}", mode="eval").body
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            raise ValueError
        named = [(own[k], node) for k, node in enumerate(call.args)]
        named += [(str(word.arg), word.value) for word in call.keywords]
        found = {name: ast.literal_eval(node) for name, node in named}
    except (SyntaxError, ValueError, IndexError, RecursionError, MemoryError):
        raise PriorError(
            f"Cannot read the arguments of {text!r}; {takes}, as in {example!r}."
        ) from None
    if len(found) < len(named) or not set(found) <= set(own):
        raise PriorError(f"{text!r} has an argument twice or of another name; {takes}.")
    return found
