"""When a path is asked to be at a value: in a period, by it, through a window, on average over one.

A path that touches the value and leaves again meets ``by`` and not ``through``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from sanctions_model.errors import QuestionError, shown
from sanctions_model.scm.interventions import require_horizon
from sanctions_model.scm.periods import PERIOD, period_after

WINDOW_FORMS = "'in 8', 'by 8', 'through 5-8' or 'on average over 5-8'"
_WINDOW = re.compile(
    r"(?P<word>in|by|through|on\s+average\s+over)\s+"
    rf"(?P<first>{PERIOD})(?:\s*(?:-|–|to)\s*(?P<last>{PERIOD}))?"
)
type Edge = Literal["only", "first", "last"]


@dataclass(frozen=True, slots=True)
class Window:
    """Periods of a path, and how many of them count.

    Parameters
    ----------
    word : str
        ``in`` (that period), ``by`` (at some point from period 1 on), ``through`` (every period)
        or ``on average over``.
    first, last : int
        Periods after the last known one, counted from 1; the same for ``in``, 1 and the last for
        ``by``.

    Raises
    ------
    QuestionError
        If the periods run backwards, begin before 1 or end after the longest horizon.
    """

    word: str
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first < 1:
            raise QuestionError(
                f"Period {shown(self.first)}; periods count from 1, the first unknown."
            )
        if self.last < self.first:
            raise QuestionError(f"Periods {shown(self.first)} to {shown(self.last)} run backwards.")
        require_horizon(self.last)

    @classmethod
    def parse(cls, text: str, *, period: Callable[[str, Edge], int] | None = None) -> Self:
        """Read ``in 8``, ``by 8``, ``through 5-8`` or ``on average over 5-8``.

        Parameters
        ----------
        text : str
            One of the four words and its period or periods.
        period : callable, optional
            Turns the name of a period into its number, told whether the period is the ``"only"``
            one, or the ``"first"`` or ``"last"`` of a window; by default a period is a number.

        Raises
        ------
        QuestionError
            If the text is of another form, a window lacks its first or last period or has one
            twice, or `period` refuses one.
        """
        match = _WINDOW.fullmatch(text.strip())
        if match is None:
            raise QuestionError(f"Cannot read {text!r}; write when as {WINDOW_FORMS}.")
        number = period or _number
        word = " ".join(match["word"].split())
        last = match["last"]
        if word in ("in", "by"):
            if last is not None:
                raise QuestionError(f"{text!r}: '{word}' takes one period, as in '{word} 8'.")
            first = number(match["first"], "only" if word == "in" else "last")
            return cls(word, 1 if word == "by" else first, first)
        if last is None:
            raise QuestionError(f"{text!r}: '{word}' takes two periods, as in '{word} 5-8'.")
        first, end = number(match["first"], "first"), number(last, "last")
        if end == first:
            raise QuestionError(f"{text!r} names one period twice; write 'in {match['first']}'.")
        return cls(word, first, end)

    def met(self, paths: np.ndarray, value: float, *, below: bool) -> np.ndarray:
        """Return whether paths, period first, are at or beyond the value when asked.

        Parameters
        ----------
        paths : numpy.ndarray
            Shape ``(period, ...)``, from period 1 on.
        value : float
            In the unit of the paths.
        below : bool
            At or below, else at or above.

        Returns
        -------
        numpy.ndarray
            Shape of the paths without its first dim.
        """
        asked = paths[self.first - 1 : self.last]
        if self.word == "on average over":
            asked = asked.mean(axis=0, keepdims=True)
        reached = asked <= value if below else asked >= value
        found = reached.any(axis=0) if self.word == "by" else reached.all(axis=0)
        return np.asarray(found)

    def words(self, period: str = "period") -> str:
        """Say it in words.

        Parameters
        ----------
        period : str
            What a period is called.

        Examples
        --------
        >>> Window.parse("through 5-8").words("quarter"), Window.parse("by 8").words("quarter")
        ('in every quarter from 5 to 8', 'at some point within 8 quarters')
        """
        if self.word == "in":
            return f"in {period} {self.last}"
        if self.word == "by":
            return f"at some point within {self.last} {period}{'s' if self.last > 1 else ''}"
        how = f"in every {period} from" if self.word == "through" else f"on average over {period}s"
        return f"{how} {self.first} to {self.last}"

    def dated_words(self, start: str, periods_per_year: int) -> str:
        """Say it in words, with the dates of its periods.

        Parameters
        ----------
        start : str
            First day of the last known period; the window counts from the one after.
        periods_per_year : int
            Of the model.

        Raises
        ------
        QuestionError
            If `start` is no period.

        Examples
        --------
        >>> window = Window.parse("through 5-8")
        >>> window.dated_words("2026-01-01", 4), Window.parse("by 8").dated_words("2026-01-01", 4)
        ('all the time from 2027Q2 to 2028Q1', 'at some point by 2028Q1')
        """
        last = period_after(start, self.last, periods_per_year)
        if self.word in ("in", "by"):
            return f"in {last}" if self.word == "in" else f"at some point by {last}"
        how = "all the time" if self.word == "through" else "on average"
        return f"{how} from {period_after(start, self.first, periods_per_year)} to {last}"

    def __str__(self) -> str:
        """Say it as it is written."""
        one = self.word in ("in", "by")
        return f"{self.word} {self.last}" if one else f"{self.word} {self.first}-{self.last}"


_DIGITS = 12  # of a number of periods that is refused as too large; more is no number


def _number(text: str, _edge: Edge) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        raise QuestionError(f"{text!r} is no number of periods; write when as {WINDOW_FORMS}.")
    return int(text)
