"""Run the command line and say wrong usage in our words: the parser's speak of its own types."""

from typing import Any, NoReturn

import typer
from pydantic import ValidationError

from sanctions_model.errors import first_fault

__all__ = ["run_command"]


def run_command(command: Any) -> NoReturn:
    """Run a command on the arguments of the process and end it with the command's exit code.

    Parameters
    ----------
    command : typer's command
        As `typer.main.get_command` makes it.

    Raises
    ------
    SystemExit
        0, the code that a verb ended with, or 2 after usage and reason on stderr.
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
