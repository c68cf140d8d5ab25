"""Tables and notes on a terminal: tables to stdout, notes to stderr. Knows no model.

A terminal gets a table that fits: words are never cut, columns that find no room and rows beyond a
screenful are left out and counted. A pipe gets every row on a line of its own. A minus sign is the
one that a shell reads, on a terminal, in a pipe and in every format.
"""

import bisect
import importlib.util
import io
import json
import logging
import math
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sanctions_model.errors import QuestionError
from sanctions_model.report.views import View
from sanctions_model.wording import shell_minus

if TYPE_CHECKING:
    import xarray as xr

FORMATS = ("table", "md", "csv", "tsv", "json", "tex")
_LINES = 25
_SAID = 10  # lines of sentences above a table
_FIRST = 12  # lines that a first table has before one below it gets any
_PIPE = 100_000  # no line of a pipe is folded
_KEPT = "\ue000"  # stands for a space that no line breaks at
_INTERVAL = re.compile(r"\([^()]{1,20}; [^()]{1,20}\)")


@dataclass(slots=True)
class Output:
    """How the verb that runs was asked to print its tables."""

    whole: bool = False
    form: str = "table"
    printed: int = 0  # lines of notes and warnings so far
    source: str = ""  # of which fit and data; said once
    waiting: "list[View | list[str]]" = field(default_factory=list)  # for the end of a verb


asked_output = Output()


def drawn_outcomes(result: "xr.DataArray", named: Sequence[str] | None) -> list[str] | None:
    """Return the panels of a figure: all where they are named or ``--all`` is asked, else None."""
    every = named or asked_output.whole
    return [str(name) for name in result["outcome"].to_numpy()] if every else None


class _Notes(logging.Handler):
    """Log records as plain lines on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, which takes room from the tables that share its terminal."""
        warns = record.levelno >= logging.WARNING
        line = f"{'warning: ' if warns else ''}{printable(record.getMessage())}"
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
        if (width := _terminal_width()) is not None:
            asked_output.printed += math.ceil(len(line) / width)


def printable(text: str) -> str:
    """Return a text as it is printed: each sign that would steer a terminal a question mark."""
    said = shell_minus(text)
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in said)


def configure(*, quiet: bool) -> None:
    """Send the package's log to stderr; `quiet` keeps warnings only."""
    logger = logging.getLogger("sanctions_model")
    logger.handlers = [_Notes()]
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False


def require_output(form: str) -> str:
    """Refuse a format that does not exist, before any work.

    Raises `QuestionError` if it is none of `FORMATS`, or needs a library that is not installed.
    """
    if form not in FORMATS:
        raise QuestionError(f"--format {form}: expected one of {', '.join(FORMATS)}.")
    needed = {"md": "tabulate", "tex": "jinja2"}.get(form)
    if needed is not None:
        require_library(needed, f"--format {form}")
    return form


def require_library(name: str, what: str) -> None:
    """Refuse a form whose library is not installed, before any work.

    Raises `QuestionError` if the library of the extra ``tables`` is missing.
    """
    if importlib.util.find_spec(name) is None:
        raise QuestionError(
            f"{what} needs the library {name}; install it with "
            "pip install 'sanctions-model[tables]'."
        )


def show(view: View, *, as_json: bool = False) -> None:
    """Print a view, or its records as JSON; what a terminal must fit waits for `print_waiting`.

    `view`: title, table and caption. `as_json`: one JSON array on stdout instead, for other
    programs.
    """
    if as_json or asked_output.form == "json":
        records = json.loads(view.table.to_json(orient="records", date_format="iso"))
        sys.stdout.write(shell_minus(json.dumps(records, indent=2, ensure_ascii=False)) + "\n")
    elif asked_output.form != "table":
        sys.stdout.write(shell_minus(_WRITERS[asked_output.form](view.table)))
    else:
        sourced = replace(view, source=asked_output.source)
        asked_output.source = ""
        if is_short():
            asked_output.waiting.append(sourced)
        else:
            sys.stdout.write(_whole(sourced, _terminal_width() or _PIPE))


def print_waiting() -> None:
    """Print what waits for a terminal: sentences and tables share what notes leave of a screenful.

    Only here, at the end of a verb, is it known how many lines all of them want. A table that finds
    no room under the first one is counted.
    """
    waiting, asked_output.waiting = asked_output.waiting, []
    width = _terminal_width()
    if not waiting or width is None:
        return
    blocks = [_Block.of(what, width) for what in waiting]
    room = _LINES - asked_output.printed
    shown = list(blocks)
    while len(shown) > 1 and _least(shown) + (len(shown) < len(blocks)) > room:
        shown.pop()
    hidden = len(blocks) - len(shown)
    room -= min(hidden, 1)
    for place, block in enumerate(shown):
        text = block.within(room - _least(shown[place + 1 :], first=0))
        room -= text.count("\n")
        sys.stdout.write(text)
    if hidden:
        sys.stdout.write(f"{hidden} more {'table' if hidden == 1 else 'tables'}: --all.\n")


@dataclass(frozen=True, slots=True)
class _Block:
    """Sentences or a table that want a part of a screenful: how few lines will do, and how many."""

    within: Callable[[int], str]
    least: int
    most: int
    is_table: bool

    @classmethod
    def of(cls, what: View | list[str], width: int) -> "_Block":
        if isinstance(what, list):
            text = "".join(f"{said}\n" for said in _first(what)) + "\n"
            return cls(lambda _: text, text.count("\n"), text.count("\n"), is_table=False)
        within = partial(_fitting, what, width)
        least, most = (within(room).count("\n") for room in (0, _LINES))
        return cls(within, least, most, is_table=True)


def _least(blocks: Sequence[_Block], first: int = _FIRST) -> int:
    """Return the lines that blocks want at least; a first table wants `first` if it has them."""
    tables = [block for block in blocks if block.is_table]
    more = max(min(tables[0].most, first) - tables[0].least, 0) if tables else 0
    return more + sum(block.least for block in blocks)


def print_table(table: pd.DataFrame, title: str, caption: str, *, as_json: bool) -> None:
    """Print a table as it was computed, without the columns that only files need."""
    hidden = [] if as_json else [c for c in ("ci_prob", "ci_kind", "sources") if c in table]
    show(View(table=table.drop(columns=hidden), title=title, caption=caption), as_json=as_json)


def say(sentences: list[str], *, as_json: bool) -> None:
    """Print sentences above a table; in JSON the numbers speak for themselves."""
    if as_json or asked_output.form != "table":
        return
    width = _terminal_width() or _PIPE
    folded = [textwrap.fill(shell_minus(said), width) for said in sentences]
    if is_short():
        asked_output.waiting.append(folded)
    else:
        sys.stdout.write("".join(f"{sentence}\n" for sentence in folded) + "\n")


def _first(folded: list[str]) -> list[str]:
    """Return the sentences that leave room for a table, and say how many more there are."""
    kept: list[str] = []
    for sentence in folded:
        if kept and "\n".join([*kept, sentence]).count("\n") + 1 > _SAID:
            return [*kept, f"{len(folded) - len(kept)} more sentences: --all."]
        kept.append(sentence)
    return kept


def latex(table: pd.DataFrame) -> str:
    """Write a table as LaTeX that every font encoding sets as it reads, headers escaped too."""
    floats = table.select_dtypes("float").columns
    sizes: dict[Any, str | Callable[[object], str] | None] = dict.fromkeys(floats, "{:.6g}")
    styled = table.style.hide(axis="index").format(sizes, escape="latex", na_rep="")
    text = styled.format_index(escape="latex", axis="columns").to_latex()
    return text.replace("<", r"\textless{}").replace(">", r"\textgreater{}")


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown; text that looks like a number keeps its last zero."""
    texts = [i for i, kind in enumerate(table.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    return table.to_markdown(index=False, disable_numparse=texts)


_WRITERS: dict[str, Callable[[pd.DataFrame], str]] = {
    "md": lambda table: markdown(table) + "\n",
    "csv": lambda table: table.to_csv(index=False),
    "tsv": lambda table: table.to_csv(index=False, sep="\t"),
    "tex": latex,
}


def is_short() -> bool:
    """Return whether only what comes first is asked for: on a terminal, without ``--all``."""
    return _terminal_width() is not None and not asked_output.whole and asked_output.form == "table"


def _terminal_width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _whole(view: View, width: int) -> str:
    return _drawn(view, view.table, width, [])


def _fitting(view: View, width: int, room: int) -> str:
    """Return what of a view fits into so many lines, at least a row, and what is left out."""
    count = len(view.table)
    most = count if view.most is None else min(view.most, count)
    table, dropped = _narrowed(replace(view, table=view.table.iloc[:most]), width)
    notes = [_without_room(dropped)] if dropped else []

    def cut(rows: int) -> str:
        left = count - rows
        more = [f"{left} more {'row' if left == 1 else 'rows'}: --all."] if left else []
        return _drawn(view, table.iloc[:rows], width, [*notes, *more])

    text = cut(most)
    if text.count("\n") <= room or most <= 1:
        return text
    fitting = bisect.bisect_right(range(1, most), room, key=lambda n: cut(n).count("\n"))
    return cut(max(fitting, 1))


def _narrowed(view: View, width: int) -> tuple[pd.DataFrame, list[str]]:
    """Give columns room in their order of priority until the next one's longest word has none."""
    table = view.table.drop(columns=list(view.aside))
    names = [str(name) for name in table.columns]
    order = [names.index(name) for name in view.first] or list(range(len(names)))
    kept: list[int] = []
    for position in order:
        taken = sum(_longest_word(table, place) + 2 for place in (*kept, position))
        if kept and taken > width:
            break
        kept.append(position)
    shown = sorted(kept)
    return table.iloc[:, shown], [n for place, n in enumerate(names) if place not in shown]


def _widths(table: pd.DataFrame, width: int) -> list[int]:
    """Give every column its longest word, and as much of its longest cell as all have room for."""
    places = range(table.shape[1])
    least = [_longest_word(table, place) for place in places]
    whole = [max(map(len, _texts(table, place)), default=1) for place in places]

    def shared(cap: int) -> list[int]:
        return [max(low, min(full, cap)) for low, full in zip(least, whole, strict=True)]

    room = width - 2 * (len(least) - 1)
    cap = bisect.bisect_right(range(1, width), room, key=lambda cap: sum(shared(cap)))
    return shared(max(cap, 1))


def _texts(table: pd.DataFrame, position: int) -> list[str]:
    cells = (_together(_cell(value)) for value in table.iloc[:, position])
    return [printable(str(table.columns[position])), *cells]


def _without_room(dropped: list[str]) -> str:
    few = ", ".join(dropped) if len(dropped) < 4 else f"{dropped[0]} to {dropped[-1]}"
    return f"Columns without room: {few} (--all)."


def _longest_word(table: pd.DataFrame, position: int) -> int:
    texts = _texts(table, position)
    return max((len(word) for text in texts for word in text.split(" ")), default=1)


def _drawn(view: View, table: pd.DataFrame, width: int, notes: list[str]) -> str:
    piped = width == _PIPE
    rich = Table(
        box=None if piped else SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
        show_edge=False,
        padding=(0, 2 if piped else 1, 0, 0),
    )
    widths = [None] * table.shape[1] if piped else _widths(table, width)
    for position, name in enumerate(table.columns):
        numeric = pd.api.types.is_numeric_dtype(table.iloc[:, position])
        rich.add_column(
            escape(printable(str(name))),
            justify="right" if numeric else "left",
            width=widths[position],
            no_wrap=piped,
        )
    greyed = islice(chain(view.grey, repeat(False)), len(table))
    for row, grey in zip(table.itertuples(index=False), greyed, strict=True):
        cells = (_cell(value) for value in row)
        shown = [escape(cell if piped else _together(cell)) for cell in cells]
        rich.add_row(*shown, style="dim" if grey else None)
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width if piped else max(width, sum(w + 2 for w in widths if w) - 2),
        highlight=False,
        force_terminal=not piped and sys.stdout.isatty(),
        soft_wrap=piped,
    )
    console.print(escape(printable(view.title)), style="bold", soft_wrap=piped, width=width)
    if view.question:
        console.print(escape(printable(view.question)), soft_wrap=piped, width=width)
    console.print(rich)
    if below := " ".join([view.caption, *notes, view.source]).strip():
        console.print(escape(printable(below)), soft_wrap=piped, width=width)
    lines = (line.replace(_KEPT, " ").rstrip() for line in buffer.getvalue().splitlines())
    return "\n".join(lines) + "\n"


def _together(text: str) -> str:
    """Keep an interval on one line: ``(-4.8; -0.9)`` breaks at no space."""
    return _INTERVAL.sub(lambda found: found[0].replace(" ", _KEPT), text)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}"
    return printable(str(value))
