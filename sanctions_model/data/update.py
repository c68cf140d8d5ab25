"""Newer figures from the sources, joined to a vintage and written as the next one.

Knows how figures of a source become a column of ``raw_quarterly.csv`` and when they do not fit the
figures at hand; does not know how to ask (`sources`) or what follows from a column
(`transformations`).
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import xarray as xr

from sanctions_model.data.bundled import data_path
from sanctions_model.data.observations import load_observations
from sanctions_model.data.sources.interface import Adapter
from sanctions_model.data.transformations import (
    calendar_mean,
    growth,
    quarter_end_growth,
    quarterly_mean,
    seasonally_adjust,
)
from sanctions_model.data.vintages import SeriesRecord, Vintage, default_folder, write_vintage
from sanctions_model.errors import ObservationError, SourceError
from sanctions_model.scm.periods import read_period
from sanctions_model.waiting import Waiting

_LOG = logging.getLogger(__name__)
# Quarters before the end of the base that are read anew, so that revisions come in.
_WINDOW = 24
_LEAST_OVERLAP = 4
_UNIT_RATIO = 1.25
_SAME_FACTOR = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What an update did.

    `vintage`: the new one; None if nothing was new. `base`: what it continues. `fetched`: columns
    with newly fetched figures. `failures`: one line for each source that was asked in vain: source,
    column, reason. `kept`: columns that keep the base's figures, because no source answered or none
    is registered.
    """

    vintage: Vintage | None
    base: Vintage
    fetched: tuple[SeriesRecord, ...]
    failures: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """How a source's figures become a column, and how far they may be from the figures at hand.

    `quarters`: from a series of days, months or quarters and the day of reading to quarters.
    `largest_gap`: largest median distance to the figures at hand where both are known: in the
    column's unit, or in percent a quarter for the growth of a level. `is_level`: whether the median
    ratio to the figures at hand must be about 1. `is_scaled`: whether the source's level is
    multiplied so that it continues the base. `first`: quarter from which figures are read whatever
    the window, for the seasonal adjustment.
    """

    quarters: Callable[[pd.Series, pd.Timestamp], pd.Series]
    largest_gap: float
    is_level: bool = False
    is_scaled: bool = False
    first: str | None = None


def refresh(
    sources: Sequence[Adapter],
    *,
    base: Vintage,
    end: pd.Period,
    start: pd.Period | None = None,
    folder: Path | None = None,
) -> Update:
    """Ask the sources, join what they say to the base, and write a new vintage.

    A source that does not answer, or whose figures do not fit, is named with its reason and left
    out; the next source of the same column is asked. The base is not touched.

    `sources`: in the order in which they are asked; see `sources.registry.SOURCES`. `end`: last
    quarter to ask for. `start`: first quarter to read anew; six years before the end of the base by
    default. `folder`: of the vintages; `vintages.default_folder` by default. Raises `SourceError`
    if no source gave anything usable. Raises `ObservationError` if the base or the joined figures
    cannot be used; nothing is written then.
    """
    raw = base.table("raw")
    start = raw.index[-1] - _WINDOW + 1 if start is None else start
    if end < start:
        raise ObservationError(f"The update would run from {start} to {end}; give a later end.")
    fetched: dict[str, SeriesRecord] = {}
    failures: list[str] = []
    waiting = Waiting(_LOG.info, "sources")
    for position, source in enumerate(sources):
        waiting(position, len(sources))
        if source.series in fetched:
            continue
        try:
            if source.series not in raw:
                raise SourceError(f"{base.name} has no such column; update from a newer vintage")
            before = next((r for r in base.series if r.column == source.series), None)
            values, record = _column(source, raw[source.series], before, start, end)
        except SourceError as error:
            line = f"{source.name} ({source.series}): {error}"
            failures.append(line)
            _LOG.warning("%s", line)
            continue
        fetched[source.series] = record
        raw = _joined(raw, source.series, values)
        _LOG.info("%s (%s): %s to %s", source.name, source.series, record.join, record.last)
    kept = tuple(name for name in raw.columns if name not in fetched)
    if not fetched:
        raise SourceError(
            f"No source gave anything usable, so nothing was written; the newest data are still "
            f"those of {base.name}. First reason: {failures[0] if failures else 'no sources'}."
        )
    outcome = Update(
        vintage=None,
        base=base,
        fetched=tuple(fetched.values()),
        failures=tuple(failures),
        kept=kept,
    )
    if raw.round(4).equals(base.table("raw").round(4)):
        return outcome
    earlier = tuple(record for record in base.series if record.column not in fetched)
    vintage = write_vintage(
        raw,
        base=base,
        series=(*earlier, *fetched.values()),
        failures=failures,
        folder=default_folder() if folder is None else folder,
        check=_require_usable,
    )
    return Update(
        vintage=vintage,
        base=base,
        fetched=outcome.fetched,
        failures=outcome.failures,
        kept=kept,
    )


def _require_usable(folder: Path) -> None:
    load_observations(folder)


def _column(
    source: Adapter,
    at_hand: pd.Series,
    earlier: SeriesRecord | None,
    start: pd.Period,
    end: pd.Period,
) -> tuple[pd.Series, SeriesRecord]:
    """Return a column's newly read quarters in the base's unit, and where they come from."""
    if source.series not in _COLUMNS:
        raise SourceError(
            f"feeds no column that can be refreshed; expected one of {', '.join(_COLUMNS)}"
        )
    recipe = _COLUMNS[source.series]
    first = start if recipe.first is None else min(start, read_period(recipe.first, 4))
    # One quarter more: growth needs the one before, and a rate holds over a holiday.
    array = _fetch(source, first - 1, end)
    try:
        quarters = recipe.quarters(_series(array), pd.Timestamp(array.attrs["retrieved"][:10]))
        values = quarters[(quarters.index >= start) & (quarters.index <= end)].dropna()
        _require_fitting(values, at_hand, recipe)
    except ObservationError as error:
        raise SourceError(str(error)) from None
    factor = (
        _factor(quarters.dropna(), at_hand.dropna(), values.index[0]) if recipe.is_scaled else 1.0
    )
    if earlier is not None and earlier.source == source.name:
        # Else every update would move a level by the rounding of the last one.
        factor = earlier.factor if abs(factor / earlier.factor - 1) < _SAME_FACTOR else factor
    values = (values * factor).round(4)
    _require_plausible(values, source.series)
    record = SeriesRecord(
        column=source.series,
        source=source.name,
        producer=str(array.attrs["source"]),
        unit=str(array.attrs["unit"]),
        retrieved=str(array.attrs["retrieved"]),
        join=str(values.index[0]),
        last=str(values.index[-1]),
        factor=factor,
    )
    return values, record


def _fetch(source: Adapter, start: pd.Period, end: pd.Period) -> xr.DataArray:
    try:
        return source.fetch(start, end)
    except SourceError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise SourceError(
            f"the answer is not as documented ({type(error).__name__}: {reason})"
        ) from error


def _series(array: xr.DataArray) -> pd.Series:
    index = pd.DatetimeIndex(array["time"].to_numpy()).to_period(array.attrs["freq"])
    return pd.Series(array.to_numpy(), index, name=str(array.name))


def _joined(raw: pd.DataFrame, column: str, values: pd.Series) -> pd.DataFrame:
    index = pd.period_range(raw.index[0], max(raw.index[-1], values.index[-1]), freq="Q")
    wider = raw.reindex(index).rename_axis("quarter")
    wider[column] = values.combine_first(wider[column]).reindex(index)
    return wider


def _require_fitting(values: pd.Series, at_hand: pd.Series, recipe: _Column) -> None:
    """Refuse figures with a hole, or in another unit than the figures at hand."""
    if values.empty:
        raise SourceError("the figures cover no whole quarter")
    known = pd.PeriodIndex(at_hand.dropna().index.union(values.index))
    if len(holes := pd.period_range(known[0], known[-1], freq="Q").difference(known)):
        raise SourceError(f"the figures leave a hole in {holes[0]}")
    both = values.index.intersection(at_hand.dropna().index)
    if len(both) < _LEAST_OVERLAP:
        raise SourceError(
            f"the figures share {len(both)} quarters with those at hand, expected "
            f"{_LEAST_OVERLAP} or more, so that units can be compared"
        )
    new, old = values[both], at_hand[both]
    ratio = float((new / old).median()) if recipe.is_level else 1.0
    if not 1 / _UNIT_RATIO <= ratio <= _UNIT_RATIO:
        raise SourceError(
            f"the figures are {ratio:.4g} times those at hand in {both[0]} to {both[-1]}, "
            "expected about 1: another unit"
        )
    gap = growth(new) - growth(old) if recipe.is_level or recipe.is_scaled else new - old
    size = float(gap.abs().median())
    if not size <= recipe.largest_gap:
        raise SourceError(
            f"the figures differ from those at hand by {size:.3g} (median of {both[0]} to "
            f"{both[-1]}), expected at most {recipe.largest_gap:g}: another series or unit"
        )


def _factor(quarters: pd.Series, at_hand: pd.Series, join: pd.Period) -> float:
    """Return what a source's level is multiplied by to continue the figures at hand.

    Linked in the quarter before the join where both know it, so that growth at the join is the
    source's own; else over the first quarters that both have.
    """
    both = quarters.index.intersection(at_hand.index)
    link = both[both == join - 1]
    if not len(link):
        link = both[both >= join][:_LEAST_OVERLAP]
    return float(f"{at_hand[link].mean() / quarters[link].mean():.8g}")


@cache
def _limits() -> dict[str, tuple[float, float]]:
    package = json.loads(data_path("datapackage.json").read_text(encoding="utf-8"))
    fields = next(
        resource["schema"]["fields"]
        for resource in package["resources"]
        if resource["name"] == "raw_quarterly"
    )
    return {
        field["name"]: (field["constraints"]["minimum"], field["constraints"]["maximum"])
        for field in fields
        if "minimum" in field.get("constraints", {})
    }


def _require_plausible(values: pd.Series, column: str) -> None:
    low, high = _limits()[column]
    outside = values[(values < low) | (values > high)]
    if len(outside):
        raise SourceError(
            f"the figure of {outside.index[0]} is {outside.iloc[0]:g}, expected {low:g} to "
            f"{high:g}: another unit, or a mistake of the source"
        )


def _mean_of_days(figures: pd.Series, read: pd.Timestamp) -> pd.Series:
    return calendar_mean(figures, "Q", until=read)


def _mean_of_months(figures: pd.Series, read: pd.Timestamp) -> pd.Series:
    daily = str(pd.PeriodIndex(figures.index).freqstr) == "D"
    return quarterly_mean(calendar_mean(figures, "M", until=read) if daily else figures)


def _end_of_quarter(figures: pd.Series, _: pd.Timestamp) -> pd.Series:
    return quarter_end_growth(figures)


def _as_published(figures: pd.Series, _: pd.Timestamp) -> pd.Series:
    return figures


def _adjusted(figures: pd.Series, _: pd.Timestamp) -> pd.Series:
    return seasonally_adjust(figures, periods_per_year=4)


# Each as the column is described in ``datapackage.json``. The distances allowed are several times
# those between the bundled figures and other public copies of them.
_COLUMNS: dict[str, _Column] = {
    "usd_rub_average_rub": _Column(quarters=_mean_of_months, largest_gap=1.0, is_level=True),
    "brent_usd_bbl": _Column(quarters=_mean_of_months, largest_gap=3.0, is_level=True),
    "key_rate_average_pct_pa": _Column(quarters=_mean_of_days, largest_gap=0.3),
    "lending_rate_firms_pct_pa": _Column(quarters=_mean_of_months, largest_gap=0.6),
    "cpi_growth_nsa_pct": _Column(quarters=_end_of_quarter, largest_gap=0.3),
    "gdp_index_nsa_2021eq100": _Column(quarters=_as_published, largest_gap=1.5, is_scaled=True),
    "imports_goods_sa_usd_bn": _Column(
        quarters=_adjusted, largest_gap=4.0, is_level=True, is_scaled=True, first="2014Q1"
    ),
}
