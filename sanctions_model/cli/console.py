"""Tables and notes on a terminal: tables to stdout, notes to stderr. Knows no model."""

import json
import logging
import sys

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sanctions_model.report.views import View

__all__ = ["configure", "show"]


class _Notes(logging.Handler):
    """Log records as plain lines on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        prefix = "warning: " if record.levelno >= logging.WARNING else ""
        sys.stderr.write(f"{prefix}{record.getMessage()}\n")
        sys.stderr.flush()


def configure(*, quiet: bool) -> None:
    """Send the package's log to stderr; `quiet` keeps warnings only."""
    logger = logging.getLogger("sanctions_model")
    logger.handlers = [_Notes()]
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False


def show(view: View, *, as_json: bool = False) -> None:
    """Print a view, or its records as JSON.

    Parameters
    ----------
    view : View
    as_json : bool
        One JSON array on stdout instead, for other programs.
    """
    if as_json:
        records = json.loads(view.table.to_json(orient="records", date_format="iso"))
        sys.stdout.write(json.dumps(records, indent=2, ensure_ascii=False) + "\n")
        return
    table = view.table
    rich = Table(
        title=escape(view.title),
        caption=escape(view.caption) or None,
        title_justify="left",
        header_style="bold",
    )
    rich.caption_justify = "left"
    for name in table.columns:
        numeric = pd.api.types.is_numeric_dtype(table[name])
        rich.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in table.itertuples(index=False):
        rich.add_row(*(_cell(value) for value in row))
    # A pipe has no width of its own: give it one that does not fold the tables.
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(rich)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}"
    return escape(str(value))  # "persistence[key_rate]" is no markup
