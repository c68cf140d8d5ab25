"""Run the command line and say wrong usage in our words: the parser's speak of its own types."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

import typer
from pydantic import ValidationError

from sanctions_model.errors import QuestionError, first_fault


def given_once(params: Sequence[Any], arguments: list[str]) -> list[str]:
    """Refuse an option given twice, of which the parser would drop one without a word.

    `params`: of the verb. One that may be repeated may have other values, and no value twice.
    `arguments`: what follows the verb. Returns: the arguments, as they were given. Raises
    `QuestionError`: with the option, and where it may be repeated the value.
    """
    takes = {name: p for p in params if not getattr(p, "is_flag", True) for name in p.opts}
    given: Counter[tuple[str, str]] = Counter()
    for place, text in enumerate(arguments):
        name, is_joined, value = text.partition("=")
        if name in takes and not (place and arguments[place - 1] in takes):
            value = value if is_joined else "".join(arguments[place + 1 : place + 2])
            given[takes[name].opts[0], value if takes[name].multiple else ""] += 1
    for (name, value), times in given.items():
        if times > 1:
            raise QuestionError(f"{f'{name} {value}'.strip()} is given twice; give it once.")
    return arguments


def name_values(params: Sequence[Any]) -> None:
    """Name what an option takes as a reader does, and an argument as usage lines elsewhere do.

    `params`: of the verb; changed in place. The parser would name Python's types, as in
    ``<list[str]>``, and set arguments in braces.
    """
    for param in params:
        if param.param_type_name == "argument":
            word = param.name.upper().replace("_", "-")
            usage = word if param.required else f"[{word}]"
            param.metavar = word
            param.display_type_rich = lambda ctx: None  # noqa: ARG005  the parser hands it on
            pieces = [f"{usage} {usage} ..." if param.nargs != 1 else usage]
            param.get_usage_pieces = lambda ctx, pieces=pieces: pieces  # noqa: ARG005
        else:
            choices = param.type_descriptor.choices
            param.metavar = "|".join(choices) if choices else _VALUES.get(_kind(param), "TEXT")


_VALUES = {int: "NUMBER", float: "NUMBER", Path: "PATH"}


def _kind(param: Any) -> Any:
    stated = param.type_descriptor.annotation
    return next(iter(get_args(stated)), stated)


def run_command(command: Any) -> NoReturn:
    """Run a command on the arguments of the process and end it with the command's exit code.

    `command`: as `typer.main.get_command` makes it. Raises `SystemExit`: 0, the code that a verb
    ended with, or 2 after usage and reason on stderr.
    """
    try:
        code = command.main(standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.exceptions.TyperException as error:
        if isinstance(error.__cause__, ValidationError):
            error.message = first_fault(error.__cause__)
        error.show()  # type: ignore[attr-defined]
        raise SystemExit(2) from None
    raise SystemExit(code or 0)
