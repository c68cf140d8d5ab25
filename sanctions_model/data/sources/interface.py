"""What every source of data offers, and the checks that all of their answers pass.

Knows the shape of an answer; does not know where it comes from or what is made of it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.errors import QuestionError, SourceError
from sanctions_model.scm.periods import read_day, read_span


class Adapter(Protocol):
    """A source of one series of transcribed figures.

    `name`: the source, as people know it. `series`: the column of ``raw_quarterly.csv`` that its
    figures feed.
    """

    @property
    def name(self) -> str:
        """The source, as people know it."""

    @property
    def series(self) -> str:
        """The column of ``raw_quarterly.csv`` that it feeds."""

    def fetch(self, start: pd.Period, end: pd.Period) -> xr.DataArray:
        """Return the published figures from one quarter to another.

        `start`, `end`: first and last quarter. Returns: dim ``time`` (first day of the period, in
        order, none twice), as `figures` makes it. Raises `SourceError` if the source does not
        answer, or its answer cannot be used.
        """


def figures(
    pairs: Iterable[tuple[str, str | float]], *, name: str, unit: str, source: str, freq: str
) -> xr.DataArray:
    """Check an answer's figures and make them an array.

    `pairs`: periods as dates, ``2024-01``, ``2024-M01`` or ``2024-Q1``; figures as numbers or text.
    `name`: of the adapter, for the array and for messages. `unit`, `source`: of the figures; kept
    as attributes. `freq`: ``"D"``, ``"M"`` or ``"Q"``. Returns: float64, dim ``time``: first day of
    each period, in order. Attributes ``unit``, ``source``, ``retrieved`` (UTC) and ``freq``. Raises
    `SourceError` if there are no figures, a period is there twice or is of another frequency, or a
    figure is no finite number.

    >>> array = figures(
    ...     [("2024-Q2", "2"), ("2024-Q1", 1.0)], name="a", unit="%", source="b", freq="Q"
    ... )
    >>> array.to_numpy().tolist(), str(array["time"].to_numpy()[0])[:10]
    ([1.0, 2.0], '2024-01-01')
    """
    found: dict[pd.Period, float] = {}
    for label, text in pairs:
        period = _period(str(label), freq)
        if period in found:
            raise SourceError(f"the period {label} is there twice")
        try:
            value = float(text)
        except (TypeError, ValueError):
            raise SourceError(f"the figure of {label} is {text!r}, expected a number") from None
        if not np.isfinite(value):
            raise SourceError(f"the figure of {label} is {text!r}, expected a finite number")
        found[period] = value
    if not found:
        raise SourceError("there are no figures for these periods")
    periods = sorted(found)
    times = pd.PeriodIndex(periods).to_timestamp(how="start").to_numpy().astype("datetime64[ns]")
    return xr.DataArray(
        np.array([found[period] for period in periods]),
        dims="time",
        coords={"time": times},
        name=name,
        attrs={
            "unit": unit,
            "source": source,
            "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
            "freq": freq,
        },
    )


def require_unit(got: object, expected: str) -> None:
    """Raise `SourceError` if a source states another unit than the one that it is known for."""
    if got != expected:
        raise SourceError(f"the unit is {got!r}, expected {expected!r}: the source changed it")


def _period(label: str, freq: str) -> pd.Period:
    try:
        span, day = read_span(label), read_day(label)
    except QuestionError:
        raise SourceError(f"the period {label!r} cannot be read") from None
    kind = "D" if span.day is not None else {1: "M", 3: "Q"}.get(span.months, "Y")
    if kind != freq:
        names = {"D": "days", "M": "months", "Q": "quarters"}
        raise SourceError(f"the period {label!r} is none of the {names[freq]} expected")
    return pd.Period(day, freq=freq)
