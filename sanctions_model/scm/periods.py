"""How people write periods, and which quarter or month they mean.

The one reader of tables, options, statements and files. It accepts ``2014Q1``, ``2014-Q1``,
``2014 Q1``, ``Q1 2014``, ``2014M01``, ``2014-01``, dates as in ``2014-01-31``, a year alone, and
``31.01.2014`` where day and month cannot be mixed up. What could mean two periods is refused.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError, shown

# What a calendar of quarters can hold, and no year of a typing error.
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_FORMS = "a quarter (2014Q1), a month (2014-01) or a date (2014-01-31)"
_YEAR = re.compile(r"(?P<year>\d{4})")
_QUARTER = re.compile(
    r"(?P<year>\d{4})[- ]?Q(?P<quarter>[1-4])|Q(?P<quarter2>[1-4])[- ]?(?P<year2>\d{4})",
    re.IGNORECASE,
)
_MONTH = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)|[- ]?M(?P<month2>\d\d?))", re.IGNORECASE)
_ISO_DAY = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?)?"
)
# A period inside a longer text, as in `key_rate=12@2027-10-2028-03`, or the number of one.
PERIOD = (
    r"(?i:Q[1-4][- ]?\d{4}|\d{4}[- ]?(?:Q[1-4]|M\d\d?)"
    r"|\d{4}-\d\d(?:-\d\d)?|\d\d?\.\d\d?\.\d{4}|\w+)(?!\w)"
)
_DOTTED = re.compile(r"(?P<first>\d{1,2})\.(?P<second>\d{1,2})\.(?P<year>\d{4})")


@dataclass(frozen=True, slots=True)
class Span:
    """A year, a quarter, a month or a day of the calendar.

    `month`: its first month, counted from January of year 0. `months`: 12 for a year, 3 for a
    quarter, 1 for a month or a day. `day`: day of the month, for a date.
    """

    month: int
    months: int
    day: int | None = None


def _in_months(year: int, month: int, text: str) -> int:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise QuestionError(
            f"{text!r} is in the year {year}; expected one from {_FIRST_YEAR} to {_LAST_YEAR}."
        )
    if not 1 <= month <= 12:
        raise QuestionError(f"{text!r} has the month {month}; expected 1 to 12.")
    return year * 12 + month - 1


def _day(year: int, month: int, day: int, text: str) -> Span:
    start = _in_months(year, month, text)
    try:
        dt.date(year, month, day)
    except ValueError:
        raise QuestionError(f"{text!r} is no date: that month has no day {day}.") from None
    return Span(start, 1, day)


def read_span(given: object, *, day_first: bool = False) -> Span:
    """Return the piece of the calendar that a label names.

    `given`: text, or a date of Python, numpy or pandas. `day_first`: whether ``01.10.2014`` is
    known to be the first of October. Returns: year, quarter, month or day. Raises `QuestionError`
    if it is none, does not exist, or could be two of them.

    >>> read_span("Q1 2014") == read_span("2014-q1")
    True
    >>> read_span("2014M02").months
    1
    """
    if isinstance(given, pd.Period):
        first, months = given.start_time, _months_of(given)  # a business year starts in any month
        if months == 3 and first.month % 3 != 1:
            raise QuestionError(
                f"{given} begins on {first:%Y-%m-%d}; expected a quarter that begins in January, "
                "April, July or October."
            )
        return Span(first.year * 12 + first.month - 1, months)
    if isinstance(given, dt.date | np.datetime64):
        if pd.isna(given):
            raise QuestionError(f"No date is given; expected {_FORMS}.")
        return read_span(str(pd.Timestamp(given).date()))
    text = " ".join(str(given).split())
    if match := _YEAR.fullmatch(text):
        return Span(_in_months(int(match["year"]), 1, text), 12)
    if match := _QUARTER.fullmatch(text):
        year, quarter = match["year"] or match["year2"], match["quarter"] or match["quarter2"]
        return Span(_in_months(int(year), 3 * int(quarter) - 2, text), 3)
    if match := _MONTH.fullmatch(text):
        month = match["month"] or match["month2"]
        return Span(_in_months(int(match["year"]), int(month), text), 1)
    if match := _ISO_DAY.fullmatch(text):
        return _day(int(match["year"]), int(match["month"]), int(match["day"]), text)
    if match := _DOTTED.fullmatch(text):
        return _dotted(match, text, day_first=day_first)
    got = text if isinstance(given, str | int) else given
    got = f"{text[:36]} ..." if isinstance(got, str) and len(text) >= 40 else got
    raise QuestionError(f"{shown(got)} is no period; expected {_FORMS}.")


def _months_of(period: pd.Period) -> int:
    return {"Q": 3, "M": 1, "Y": 12, "A": 12}.get(str(period.freqstr)[0], 1)


def _dotted(match: re.Match[str], text: str, *, day_first: bool) -> Span:
    first, second, year = (int(match[name]) for name in ("first", "second", "year"))
    if first != second and max(first, second) <= 12 and not day_first:
        raise QuestionError(
            f"{text!r} could be day.month or month.day; write it as "
            f"{year}-{second:02d}-{first:02d} or {year}-{first:02d}-{second:02d}."
        )
    return _day(year, second, first, text)


def read_period(given: object, periods_per_year: int, *, end: bool = False) -> pd.Period:
    """Return the model's period that a label names.

    `end`: whether it ends a window: a year alone is then its last period, else its first. Returns:
    a quarter or a month; a date is the one that holds it. Raises `QuestionError` if it cannot be
    read, or could be read in two ways.

    >>> str(read_period("2023", 4, end=True)), str(read_period("2023-05-17", 4))
    ('2023Q4', '2023Q2')
    """
    found = read_span(given)
    month = found.month + found.months - 1 if end else found.month
    label = f"{month // 12:04d}-{month % 12 + 1:02d}"
    return pd.Period(label, freq="Q" if periods_per_year == 4 else "M")


def period_after(start: object, count: int, periods_per_year: int) -> str:
    """Name the period that comes so many after another one.

    `start`: as `read_span` takes it. `periods_per_year`: 1, 4 or 12. Returns: as in ``2029Q1``,
    ``2029-01`` or ``2029``.

    >>> period_after("2026-01-01", 12, 4), period_after("2026-01-01", 1, 12)
    ('2029Q1', '2026-02')
    """
    month = read_span(start).month + count * 12 // periods_per_year
    year, within = divmod(month, 12)
    if periods_per_year == 4:
        return f"{year:04d}Q{within // 3 + 1}"
    return f"{year:04d}" if periods_per_year == 1 else f"{year:04d}-{within + 1:02d}"


def periods_ahead(given: object, start: str, periods_per_year: int, *, end: bool = False) -> int:
    """Return how many periods after the last known one a period is.

    `start`: a day of the last known period, as in ``attrs["start"]`` of a forecast. `end`: whether
    it ends a window: of a year alone the last period then counts. Returns: at least 1. Raises
    `QuestionError` if it cannot be read, or is not in the future.

    >>> periods_ahead("2027Q1", "2026-04-01", 4)
    3
    """
    last = read_period(start[:10], periods_per_year)
    found = read_period(given, periods_per_year, end=end).ordinal - last.ordinal
    if found < 1:
        raise QuestionError(f"{given} is in the past: the future starts after {last}.")
    return int(found)


def period_labels(start: str, periods_per_year: int, count: int) -> list[str]:
    """Return what the periods after the last known one are called.

    `start`: a day of the last known period. `count`: how many.

    >>> period_labels("2026-04-01", 4, 3)
    ['2026Q3', '2026Q4', '2027Q1']
    """
    return [period_after(start[:10], ahead, periods_per_year) for ahead in range(1, count + 1)]


def with_periods[Result: (xr.DataArray, xr.Dataset)](
    found: Result, periods_per_year: int
) -> Result:
    """Name the periods of a result by the calendar, in a coordinate ``period`` of its horizon.

    `found`: with a dim ``horizon`` counted from 1; ``attrs["start"]`` is a day of the last known
    period. Without that it stays as it is.
    """
    start = found.attrs.get(dims.Said.START)
    if start is None:
        return found
    ahead = found[dims.HORIZON].to_numpy().tolist()
    labels = [period_after(str(start)[:10], each, periods_per_year) for each in ahead]
    return found.assign_coords(period=(dims.HORIZON, labels))


def period_column(start: object, ahead: int, periods_per_year: int) -> dict[str, str]:
    """Return the cell ``period`` of a row of a table, empty where nobody knows the start.

    `start`: a day of the last known period, as in ``attrs["start"]`` of draws. `ahead`: the row's
    horizon, counted from 1. `periods_per_year`: 4 for quarters, 12 for months.

    >>> period_column("2026-01-01", 12, 4)
    {'period': '2029Q1'}
    """
    known = start is not None
    return {"period": period_after(str(start)[:10], ahead, periods_per_year) if known else ""}


def read_day(given: object, *, end: bool = False) -> str:
    """Return a date as ISO text: the day itself, or the first one of a month, quarter or year.

    `end`: whether it ends a window: of several months the last one then counts. Returns: as in
    ``2014-01-01``. Raises `QuestionError` if it cannot be read, or could be read in two ways.

    >>> read_day("2014Q2"), read_day("2014Q2", end=True), read_day("2014-05-17")
    ('2014-04-01', '2014-06-01', '2014-05-17')
    """
    found = read_span(given)
    month = found.month + found.months - 1 if end else found.month
    return f"{month // 12:04d}-{month % 12 + 1:02d}-{found.day or 1:02d}"


def is_day_first(labels: Sequence[str]) -> bool:
    """Whether dates with dots in one column can only be day.month.year.

    They can where some day is beyond 12, or where as month.day.year several labels would fall into
    one month.

    `labels`: the column. Returns: for `read_span`.

    >>> is_day_first(["01.01.2014", "01.04.2014"]), is_day_first(["01.10.2014"])
    (True, False)
    """
    dotted = [match for label in labels if (match := _DOTTED.fullmatch(label.strip()))]
    if any(int(match["first"]) > 12 for match in dotted):
        return True
    months = [(match["year"], int(match["first"])) for match in dotted]
    return len(set(months)) < len({match.group() for match in dotted})
