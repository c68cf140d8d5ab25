"""What a hostile or a hurried user gives, each labelled with the kind of its fault, and how to ask.

A door is asked under a limit of time, and may do two things alone: answer, or refuse in one line
of our own words.
"""

import contextlib
import faulthandler
import math
import os
import re
import signal

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from sanctions_model.errors import SanctionsModelError

LIMIT = 20  # seconds an example may take; on an idle machine the slowest takes less than two
FOREIGN = re.compile(
    r"Input should|Field required|Extra inputs|String should|unable to parse|valid number"
    r"|valid integer|Value error|function-|tagged-union|pydantic|\.float\b|\.int\b|\[type="
    r"|Traceback|NoneType|object is not|object has no|<function|unexpected keyword"
    r"|tokenizing|Errno|numpy|xarray|KeyError|codec can't"
    # An object as Python spells it; one argument may be a hint, as in Relief(measures=...).
    r"|\b[A-Z]\w*\(\w+=[^()]*, \w+=|\bnp\.\w+\(|\barray\(|Timestamp\("
    r"|(\bgot|\bis) (None\b|[\[{<])|\(got (True|False)\b"
)


_TIMES = int(os.environ.get("SEARCH_TIMES", "1"))


def searched(examples):
    """So many examples, always the same; by hand SEARCH_TIMES as many, others each time."""
    return settings(max_examples=_TIMES * examples, derandomize=_TIMES == 1, print_blob=True)


class TooSlowError(Exception):
    """An example that went beyond its limit."""


@contextlib.contextmanager
def within(seconds=LIMIT):
    """End what goes on for longer; what hangs in compiled code ends the process with a trace."""

    def late(number, frame):
        raise TooSlowError(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(4 * seconds, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


def require_clear(message):
    """Hold a message to what a user can read: one line, without the words of a library."""
    assert message.strip()
    assert len(message.splitlines()) == 1, message
    assert not FOREIGN.search(message), message


def answer(door, *arguments, **settings):
    """Ask a door; None if it refused as it should, else a pair that holds what it returned."""
    with within():
        try:
            found = door(*arguments, **settings)
        except SanctionsModelError as error:
            require_clear(str(error))
            return None
    return (found,)


def must_refuse(door, *arguments, **settings):
    """Ask a door what it may not take."""
    found = answer(door, *arguments, **settings)
    assert found is None, f"taken: {found[0]!r:.300}"


# Labelled kinds: what is no number, no whole number, no text, no list at all.

TEXTS = (
    "ten",
    "",
    "0.5",
    "1e3",
    "nan",
    "inf",
    "-1",
    "true",
    "1,5",
    "0x10",
    "\u0661",
    "5 %",
    "=1+1",
)
BOOLEANS = (True, False)
NOT_FINITE = (math.nan, math.inf, -math.inf)
TOO_LARGE = (10**9, 10**30, -(10**9))
NESTED = ([[1]], {"a": 1}, [], [1, "a"], {})
TOO_LONG = (10**400, -(10**400))
NO_NUMBER = (*TEXTS, *BOOLEANS, *NOT_FINITE, *TOO_LONG, *NESTED)
NO_TEXT = (*BOOLEANS, 1, 0.5, math.nan, *NESTED)
NUMPY = (
    *(np.str_("1"), np.bool_(True), np.array("1"), np.array(True), np.array([1.0, np.nan])),
    *(np.float64("nan"), np.float32("inf"), np.datetime64("2020-01-01"), 1j, b"1", object()),
)
HOSTILE = ("\x1b[31mred", "a\nb", "x" * 300, "[bold]", "../..", "=cmd()", "\u202e", "\x00", "{0}")


def a_place_in(content, kinds):
    """Draw a copy of nested tables, one value of which is replaced by one of a wrong kind.

    `kinds` returns, for a path and the value there, the wrong values to choose from.
    """
    places = [
        (path, wrong) for path, value in _leaves(content, ()) for wrong in [kinds(path, value)]
    ]
    return st.sampled_from([place for place in places if place[1]]).flatmap(
        lambda place: st.sampled_from(list(place[1])).map(
            lambda wrong: replaced(content, place[0], wrong)
        )
    )


def _leaves(content, path):
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items:
        yield (*path, key), value
        if isinstance(value, dict | list):
            yield from _leaves(value, (*path, key))


def replaced(content, path, wrong):
    """Return a copy of nested tables with one value replaced."""
    if not path:
        return wrong
    copied = dict(content) if isinstance(content, dict) else list(content)
    copied[path[0]] = replaced(content[path[0]], path[1:], wrong)
    return copied


def toml(content):
    """Write nested tables as TOML, everything inline."""
    return "".join(f"{_quoted(key)} = {_value(value)}\n" for key, value in content.items())


def _quoted(text):
    escaped = {'"': '\\"', "\\": "\\\\"}
    return (
        '"'
        + "".join(escaped.get(s, s if s.isprintable() else f"\\u{ord(s):04x}") for s in text)
        + '"'
    )


def _value(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(k))} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    return str(value) if hasattr(value, "isoformat") else repr(value)


def damaged(content):
    """Draw a file with bits turned, an end cut off, lines lost or twice, or of another encoding."""
    places = st.integers(0, max(len(content) - 1, 0))
    inserted = st.sampled_from(
        [
            b'"',
            b"\x00",
            b",",
            b"\n",
            b"\xff\xfe",
            b"\r",
            b";",
            b"\x1b[31m",
            "\u202e".encode(),
            b"\x0c",
        ]
    )

    def turned(place, bit):
        return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]

    def without(line):
        lines = content.split(b"\n")
        return b"\n".join(lines[: line % len(lines)] + lines[line % len(lines) + 1 :])

    def twice(line):
        lines = content.split(b"\n")
        return b"\n".join([*lines[: line % len(lines)], *lines[line % len(lines) - 1 :]])

    return st.one_of(
        places.map(lambda place: content[:place]),
        st.builds(turned, places, st.integers(0, 7)),
        st.builds(lambda at, sign: content[:at] + sign + content[at:], places, inserted),
        places.map(without),
        places.map(twice),
        st.sampled_from(["utf-16", "utf-32", "utf-8-sig"]).map(
            lambda name: content.decode(errors="replace").encode(name)
        ),
        st.sampled_from(
            [
                *(b"", b"\n", b"\x00" * 10, b"PK\x03\x04junk", b"a" * 100_000, b'"' + content),
                *(content.replace(b",", b";"), content.partition(b"\n")[0]),
            ]
        ),
    )
