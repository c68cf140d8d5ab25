"""The page of the command line, made from the commands themselves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sanctions_model.cli.app import command

__all__ = ["page"]

_TITLE = """---
title: The command line
---

# Every command

Made from `sanctions-model --help`. Every verb also has `--help`, and where it prints a table
`--all`, `--format` and, mostly, `--csv`. Without `--fit` a verb asks the fit in `results/russia`.

`--figure` draws what the table says; verbs that print a table and draw none, and why:
[One figure at a time](howto/report.md#one-figure-at-a-time).
"""
_SHARED = {"_whole", "_form"}


def page() -> str:
    """Return the page in Markdown: verbs in the order of the command line, groups with theirs."""
    verbs = list(_verbs("sanctions-model", command()))
    index = [f"| [`{name}`](#{_anchor(name)}) | {_first(verb)} |" for name, verb in verbs]
    lines = [_TITLE, "| command | what it does |", "|---|---|", *index, ""]
    for name, verb in verbs:
        lines += [f"## {name.removeprefix('sanctions-model ')} {{ #{_anchor(name)} }}", ""]
        lines += [_paragraphs(verb.help), "", "```text", _usage(name, verb), "```", ""]
        lines += _options(verb)
    return "\n".join(lines) + "\n"


def _verbs(name: str, verb: Any) -> Iterator[tuple[str, Any]]:
    below = getattr(verb, "commands", None)
    if below is None:
        yield name, verb
    else:
        for part, child in below.items():
            yield from _verbs(f"{name} {part}", child)


def _options(verb: Any) -> list[str]:
    own = [parameter for parameter in verb.params if parameter.name not in _SHARED]
    if not own:
        return []
    rows = [
        f"| {_names(parameter)} | {_cell(getattr(parameter, 'help', ''))} | {_default(parameter)} |"
        for parameter in own
    ]
    return ["| option | | default |", "|---|---|---|", *rows, ""]


def _default(parameter: Any) -> str:
    value = parameter.default
    shown = isinstance(value, str | int | float | Path) and not isinstance(value, bool)
    return f"`{value}`" if shown else ""


def _names(parameter: Any) -> str:
    if not any(option.startswith("-") for option in parameter.opts):
        return f"`{parameter.name.upper()}`"
    return ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))


def _usage(name: str, verb: Any) -> str:
    given = [p for p in verb.params if not any(option.startswith("-") for option in p.opts)]
    words = [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in given]
    return " ".join((name, *words, "[OPTIONS]"))


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _first(verb: Any) -> str:
    return _cell((verb.help or "").partition("\n\n")[0])


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _anchor(name: str) -> str:
    return name.removeprefix("sanctions-model ").replace(" ", "-")
