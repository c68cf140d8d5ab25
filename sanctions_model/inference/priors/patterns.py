"""Beliefs stated for many parameters at once, and laid over those of another file.

A label with a star, as ``* -> inflation``, stands for every label that it matches; ``*`` alone for
all of a parameter. What is stated for a label itself goes before a pattern, a pattern before ``*``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sanctions_model.errors import PriorError, did_you_mean
from sanctions_model.inference.priors.families import Fixed, Prior

_FACTOR = " * "  # between a parent and what it is multiplied by: no star of a pattern
_SAID = {"unit", "rationale", "sources"}


def is_pattern(label: str) -> bool:
    """Whether a label stands for several ones.

    Examples
    --------
    >>> [is_pattern(label) for label in ("* -> y", "*", "x -> y", "x * regime -> y")]
    [True, True, False, False]
    """
    return "*" in label.replace(_FACTOR, "")


def matching(pattern: str, labels: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that a pattern matches; a star stands for any text.

    Examples
    --------
    >>> matching("* -> y", ["x -> y", "x[1] -> y", "x -> z"])
    ('x -> y', 'x[1] -> y')
    """
    text = re.escape(_FACTOR).join(
        ".*".join(map(re.escape, part.split("*"))) for part in pattern.split(_FACTOR)
    )
    return tuple(label for label in labels if re.fullmatch(text, label))


def stated_for(group: Mapping[str, Prior], label: str) -> Prior | None:
    """Return what a group of beliefs states for a label: by name, by a pattern, or for all.

    Raises `PriorError` if two patterns match the label and differ.
    """
    if label in group:
        return group[label]
    rules = [rule for rule in group if rule != "*" and is_pattern(rule) and matching(rule, [label])]
    for other in rules[1:]:
        if group[other] != group[rules[0]]:
            raise PriorError(
                f"{rules[0]!r} and {other!r} both match {label!r} and differ; state "
                f"{label!r} itself, or narrow one of the two."
            )
    return group[rules[0]] if rules else group.get("*")


def laid_over(
    base: Mapping[str, Prior], tables: Mapping[str, Any], *, file: str, base_file: str, name: str
) -> dict[str, Any]:
    """Return the tables of a file that goes on from another one.

    A table without a family changes arguments of what the base states, for each label that it
    matches. A table with a family replaces the belief, a pattern also what the base states label by
    label. Known values (`Fixed`) are definitions, which a pattern of beliefs leaves as they are.

    `base`: what the base states for the parameter, by label. `tables`: what the file states, by
    label. `file`, `base_file`, `name`: for messages: the two files and the parameter. Returns: a
    whole table or a `Prior` by label. Raises `PriorError` if a table without a family matches
    nothing of the base, or two of them change the same.
    """
    found: dict[str, Any] = dict(base)
    own = {label for label in tables if not is_pattern(label)}
    changed_by: dict[str, str] = {}
    # Patterns first, so that what is stated for a label itself goes before them.
    for label in sorted(tables, key=own.__contains__):
        table, known = tables[label], dict(base)
        if not isinstance(table, dict) or "family" in table:
            for hit in set(_hits(label, known, table)) - own:
                found.pop(hit, None)
            found[label] = table
            continue
        if label in own and (stated := stated_for(base, label)) is not None:
            known[label] = stated
        hits = [hit for hit in _hits(label, known, table) if hit == label or hit not in own]
        place = f'[{name}."{label}"]'
        if not hits:
            raise PriorError(
                f"{file}: {place} changes nothing: {base_file} states no prior that it matches."
                f"{did_you_mean(label, list(base))} Give a whole table, with a family."
            )
        for hit in hits:
            if hit in changed_by:
                raise PriorError(
                    f"{file}: {changed_by[hit]!r} and {label!r} both change {hit!r}; state "
                    f"{hit!r} itself, or narrow one of the two."
                )
            changed_by[hit] = label
            found[hit] = _changed(known[hit], table, file=file, base_file=base_file, place=place)
    return found


def _hits(label: str, base: Mapping[str, Prior], table: Any) -> tuple[str, ...]:
    """Return what of the base a label means; a rule of beliefs leaves known values: definitions."""
    found = tuple(base) if label == "*" else matching(label, base)
    if not is_pattern(label) or isinstance(table, Fixed) or "value" in dict(table):
        return found
    return tuple(hit for hit in found if not isinstance(base[hit], Fixed))


def _changed(
    before: Prior, table: Mapping[str, Any], *, file: str, base_file: str, place: str
) -> dict[str, Any]:
    """Return a belief as a whole table, with the arguments that another table changes."""
    allowed = {*type(before).model_fields} - {"family"}
    for key in table:
        if key not in allowed:
            raise PriorError(
                f"{file}: {place}: the {before.family} of {base_file} has no {key!r}; it has "
                f"{', '.join(sorted(before.arguments))}.{did_you_mean(key, sorted(allowed))} "
                "Another family needs a whole table."
            )
    stated = before.model_dump(exclude_defaults=True) | {"family": before.family}
    changes = {key: value for key, value in table.items() if key not in _SAID}
    if changes:  # the sources of the base speak for its numbers, not for these
        was = before.model_dump()
        said = ", ".join(f"{key} {value} in place of {was[key]}" for key, value in changes.items())
        stated |= {"rationale": f"As in {base_file}, but {said}.", "sources": ["judgement"]}
    return stated | dict(table)
