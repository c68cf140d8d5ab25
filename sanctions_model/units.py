"""Percent and log points: what a series holds, and what a reader is told.

Growth rates and levels are estimated in log points, ``100 log(x_t / x_s)``: these add up. A reader,
a target and a threshold speak of percent, ``100 (x_t / x_s - 1)``. A fall of 55 log points is one
of 42 %.

That a series is kept in log points is a property of its `Variable`, ``logs``; what is printed is
the unit in words. The functions here take the variable, or a text that says it: "% a quarter, log
change" as results and files carry it, or with the mark of earlier files.
"""

import re
from typing import Any, Protocol

import numpy as np

# What a series in log points is: the change of a log, or the log of a level itself.
_WORDS = {"growth": ", log change", "level": ", log level"}
LOGS = tuple(_WORDS)
# How earlier files of models marked it, which are read still.
_MARK = re.compile(r"\s*\(100 (dlog|log points)\)")
_MARKED = {"dlog": "growth", "log points": "level"}
_OLDEST = re.compile(r"^100 log\b")


class Kept(Protocol):
    """A variable that says in which unit, and whether in log points, it is kept."""

    @property
    def unit(self) -> str:
        """The unit in words."""

    @property
    def logs(self) -> str:
        """``growth``, ``level`` or nothing."""


class Unit(str):
    """A unit in words that still says whether what it is of is kept in log points.

    Parameters
    ----------
    text : str
        In words.
    logs : str
        ``growth``, ``level`` or nothing.

    Examples
    --------
    >>> Unit("% a year", "growth"), Unit("% a year", "growth").logs
    ('% a year', 'growth')
    """

    __slots__ = ("logs",)
    logs: str

    def __new__(cls, text: str, logs: str = "") -> "Unit":
        """Make it of its words."""
        made = super().__new__(cls, text)
        made.logs = logs
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Say both parts to a copy."""
        return str(self), self.logs


def split_unit(text: str) -> tuple[str, str]:
    """Part a unit from the mark of log points in it.

    `text`: a unit as a model or a result states it. Returns: the unit in words; ``growth`` for the
    change of a log, ``level`` for a log, else nothing.

    Examples
    --------
    >>> split_unit("% a year, log change"), split_unit("%, log level"), split_unit("% a year")
    (('% a year', 'growth'), ('%', 'level'), ('% a year', ''))
    """
    for logs, words in _WORDS.items():
        if text.startswith("%") and text.endswith(words):
            return text.removesuffix(words), logs
    if text.startswith("%") and (marked := _MARK.search(text)):
        return _MARK.sub("", text), _MARKED[marked[1]]
    return _OLDEST.sub("%", text), "level" if _OLDEST.match(text) else ""


def kept_words(unit: str, logs: str) -> str:
    """Say the unit in which a series is kept, as `split_unit` reads it.

    Examples
    --------
    >>> kept_words("% a quarter", "growth"), kept_words("%", "level"), kept_words("pp", "")
    ('% a quarter, log change', '%, log level', 'pp')
    """
    return unit + _WORDS.get(logs, "")


def belief_unit(unit: str) -> str:
    """Say the unit of a belief as people read it.

    >>> belief_unit("log points at measure 1"), belief_unit("% per log point")
    ('% (log) at full measures', '% per % (log)')
    >>> belief_unit("% at disruption 1"), belief_unit("pp, finance and assets at full size")
    ('% at full disruption', 'pp, finance and assets at full size')
    """
    said = re.sub(r"\b(?:log points?|100 log)\b", "% (log)", unit)
    return re.sub(r" at (measure|disruption) 1\b", r" at full \1", said).replace(
        "full measure", "full measures"
    )


def logs_of(unit: str | Kept) -> str:
    """Return ``growth`` or ``level`` for what is kept in log points, else nothing."""
    if isinstance(unit, str) and not isinstance(unit, Unit):
        return split_unit(unit)[1]
    return unit.logs


def in_log_points(unit: str | Kept) -> bool:
    """Return whether a series called percent is kept in log points.

    `unit`: the variable, or a text that says it.

    Examples
    --------
    >>> in_log_points("% a year, log change"), in_log_points("% a year"), in_log_points("pp")
    (True, False, False)
    """
    return bool(logs_of(unit))


def percent_unit(unit: str | Kept) -> str:
    """Return the unit after `in_percent`.

    Examples
    --------
    >>> percent_unit("%, log level"), percent_unit("% a year, log change"), percent_unit("pp")
    ('%', '% a year', 'pp')
    """
    if isinstance(unit, Unit):
        return str(unit)
    return split_unit(unit)[0] if isinstance(unit, str) else str(unit.unit)


def in_percent[Values: Any](values: Values, unit: str | Kept) -> Values:
    """Turn log points into percent where the unit says that they are kept so.

    `values`: in `unit`. Returns: in `percent_unit` of it.

    Examples
    --------
    >>> round(float(in_percent(-55.0, "%, log level")), 1), in_percent(-55.0, "% a year")
    (-42.3, -55.0)
    """
    with np.errstate(over="ignore"):  # an explosive path is infinite in percent
        found: Values = 100.0 * np.expm1(values / 100.0) if in_log_points(unit) else values
    return found


def effect_in_percent[Values: Any](effect: Values, unit: str | Kept) -> Values:
    """Turn the effect on a level from log points into the percent by which the level differs.

    The effect on a rate stays a difference: its path says what it is in percentage points, see
    `difference_in_percent`.

    `unit`: of the outcome.

    Examples
    --------
    >>> round(float(effect_in_percent(10.0, "%, log level")), 2)
    10.52
    >>> effect_in_percent(10.0, "% a year, log change")
    10.0
    """
    return in_percent(effect, unit) if logs_of(unit) == "level" else effect


def difference_in_percent[Values: Any](paths: Values, effect: Values, unit: str | Kept) -> Values:
    """Turn an effect on a path into percent: of a level itself, else percentage points.

    `paths`, `effect`: the path with the effect, and the effect, in `unit`; dims alike. Returns: of
    a level the percent by which it differs, of a rate of growth the difference of the two rates in
    percent.

    Examples
    --------
    >>> round(float(difference_in_percent(20.0, 10.0, "% a year, log change")), 2)
    11.62
    """
    if logs_of(unit) != "growth":
        return effect_in_percent(effect, unit)
    found: Values = in_percent(paths, unit) - in_percent(paths - effect, unit)
    return found
