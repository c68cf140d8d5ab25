"""From transcribed figures to the series of the model: growth, seasonal adjustment, splices.

Pure functions on pandas objects plus one writer. Knows the columns of ``raw_quarterly.csv`` and how
each series of ``russia_quarterly.csv`` follows from them; does not know the equations.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from sanctions_model.data.tables import parse_table, read_content
from sanctions_model.errors import ObservationError
from sanctions_model.files import whole_file

_RAW_COLUMNS = (
    "cpi_growth_nsa_pct",
    "gdp_index_nsa_2021eq100",
    "usd_rub_average_rub",
    "brent_usd_bbl",
    "imports_goods_sa_usd_bn",
    "interbank_rate_pct_pa",
    "key_rate_average_pct_pa",
    "lending_rate_firms_pct_pa",
    "credit_firms_rouble_rub_trn",
    "wage_nominal_sa_rub",
)
# Which transcribed columns each series of the model follows from.
RAW_COLUMNS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "oil_growth_pct": ("brent_usd_bbl",),
        "depreciation_pct": ("usd_rub_average_rub",),
        "import_growth_pct": ("imports_goods_sa_usd_bn",),
        "inflation_pct": ("cpi_growth_nsa_pct",),
        "key_rate_pct_pa": ("interbank_rate_pct_pa", "key_rate_average_pct_pa"),
        "lending_rate_pct_pa": ("lending_rate_firms_pct_pa",),
        "credit_growth_pct": ("credit_firms_rouble_rub_trn", "cpi_growth_nsa_pct"),
        "gdp_growth_pct": ("gdp_index_nsa_2021eq100",),
        "real_wage_growth_pct": ("wage_nominal_sa_rub", "cpi_growth_nsa_pct"),
    }
)
_KEY_RATE_START = "2014Q1"
# Years over which the seasonal pattern is smoothed. Of the spans 7 to 35, 11 to 15 come nearest to
# the adjusted series that are published: Rosstat's GDP 2011-2025 (correlation of the growth rates
# 0.97, against 0.74 with 7, which takes half of the fall of 2022Q2 for a season) and consumer
# prices 2015-2025 (0.99, against 0.98).
_SEASONAL_SPAN = 13
# A daily figure older than this at a period's end is not taken to hold there.
_STALE_DAYS = 14


def growth(level: pd.Series) -> pd.Series:
    r"""Log growth from one period to the next.

    .. math:: g_t = 100 (\log x_t - \log x_{t-1})

    `level`: positive levels in any unit, one a period; NaN where missing. Returns: percent (log
    points) a period, NaN where a level is missing. Raises `ObservationError` if a level is zero or
    negative.

    >>> growth(pd.Series([100.0, 110.0])).round(3).tolist()
    [nan, 9.531]
    """
    return 100 * _log(level).diff()


def chain_level(growth_pct: pd.Series, *, base: float = 100.0) -> pd.Series:
    """Level that follows from rates of growth, with one more period in front.

    `growth_pct`: percent a period (not log), PeriodIndex; NaN only at the end. `base`: the level of
    the period before the first rate. Returns: levels in the unit of `base`, from the period before
    the first rate on; NaN where the rate is missing. Raises `ObservationError` if a rate is missing
    before the last one known.

    >>> rates = pd.Series([10.0, -50.0], pd.period_range("2005Q1", periods=2, freq="Q"))
    >>> chain_level(rates).round(1).tolist()
    [100.0, 110.0, 55.0]
    """
    _check_inside(growth_pct)
    periods = pd.PeriodIndex(growth_pct.index)
    index = pd.period_range(periods[0] - 1, periods[-1], freq=periods.freq)
    factors = 1 + growth_pct.to_numpy(dtype=float) / 100
    return pd.Series(base * np.concatenate([[1.0], np.cumprod(factors)]), index, name="level")


def seasonally_adjust(
    level: pd.Series, *, periods_per_year: int, factors_until: pd.Period | None = None
) -> pd.Series:
    """Level without its seasonal pattern, by STL on logs.

    STL (Cleveland et al. 1990) as in statsmodels with period `periods_per_year`, seasonal span 13,
    robust weights and the other spans at their defaults. Deterministic.

    `level`: positive levels in any unit, one a period; NaN only before the first and after the last
    value. `periods_per_year`: 4 or 12. `factors_until`: last period from which the pattern is
    learnt; a later one takes the factor of the same season in the last year before (projected
    factors). All periods by default. Returns: same unit and index; NaN where `level` is NaN. Raises
    `ObservationError` if a level is not positive, one is missing inside, or there are fewer than
    two years to learn from.
    """
    from statsmodels.tsa.seasonal import STL  # 1.4 s to import

    logs = _log(level)
    _check_inside(logs)
    known = logs.dropna()
    learnt = known if factors_until is None else known.loc[:factors_until]
    if len(learnt) < 2 * periods_per_year:
        raise ObservationError(
            f"The series {level.name!r} has {len(learnt)} values, expected at least "
            f"{2 * periods_per_year} (two years) for the seasonal adjustment."
        )
    factors = np.asarray(
        STL(learnt.to_numpy(), period=periods_per_year, seasonal=_SEASONAL_SPAN, robust=True)
        .fit()
        .seasonal
    )
    # The last year over and over: `resize` begins with its first season, the next to come.
    later = np.resize(factors[-periods_per_year:], len(known) - len(learnt))
    adjusted = pd.Series(known.to_numpy() - np.concatenate([factors, later]), known.index)
    return pd.Series(np.exp(adjusted.reindex(level.index)), level.index, name=level.name)


def splice(early: pd.Series, late: pd.Series, *, start: str) -> pd.Series:
    """Put two series end to end: `early` before `start`, `late` from it on, no rescaling.

    `early`, `late`: same unit and same PeriodIndex. `start`: first period of `late`, as in
    ``"2014Q1"``. Returns: same unit and index.

    >>> index = pd.period_range("2013Q4", periods=2, freq="Q")
    >>> splice(pd.Series([1.0, 2.0], index), pd.Series([3.0, 4.0], index), start="2014Q1").tolist()
    [1.0, 4.0]
    """
    periods = pd.PeriodIndex(early.index)
    return early.where(periods < pd.Period(start, freq=periods.freqstr), late)


def calendar_mean(days: pd.Series, freq: str, *, until: pd.Timestamp) -> pd.Series:
    """Mean over the calendar days of each period of a figure that holds until the next one.

    `days`: daily PeriodIndex in order; days without a figure may be absent. `freq`: ``"M"`` or
    ``"Q"``. `until`: the day on which the figures were read: a period that ends later is not over.
    Returns: same unit, one value a period; NaN where the first day has no figure to hold, the
    period is not over, or its last two weeks have no figure.

    >>> days = pd.Series([10.0, 13.0], pd.PeriodIndex(["2024-01-01", "2024-01-22"], freq="D"))
    >>> calendar_mean(days, "M", until=pd.Timestamp("2024-03-01")).round(3).tolist()
    [10.968]
    """
    index = pd.PeriodIndex(days.index)
    first, last = index[0].asfreq(freq, how="end"), index[-1].asfreq(freq, how="end")
    over = [
        period
        for period in pd.period_range(first, last, freq=freq)
        if period.end_time < until and (period.end_time - index[-1].end_time).days <= _STALE_DAYS
    ]
    if not over:
        return pd.Series(dtype=float, index=pd.PeriodIndex([], freq=freq), name=days.name)
    calendar = pd.period_range(over[0].start_time, over[-1].end_time, freq="D")
    held = days.reindex(calendar.union(index)).ffill().reindex(calendar)
    by_period = held.groupby(calendar.asfreq(freq))
    return by_period.mean().where(by_period.count() == by_period.size())


def quarterly_mean(months: pd.Series) -> pd.Series:
    """Mean of the three months of each quarter, NaN where one is missing.

    `months`: monthly PeriodIndex. Returns: same unit, quarterly PeriodIndex.

    >>> index = pd.period_range("2024-01", periods=4, freq="M")
    >>> quarterly_mean(pd.Series([1.0, 2.0, 6.0, 5.0], index)).tolist()
    [3.0, nan]
    """
    by_quarter = months.groupby(pd.PeriodIndex(months.index).asfreq("Q"))
    return by_quarter.mean().where(by_quarter.count() == 3)


def quarter_end_growth(months: pd.Series) -> pd.Series:
    r"""Growth of the last month of a quarter over the last month of the quarter before.

    .. math:: g_q = 100 (x_{3,q} / x_{3,q-1} - 1)

    `months`: positive levels in any unit, monthly PeriodIndex. Returns: percent a quarter (not
    log), quarterly PeriodIndex; NaN where a month is missing.

    >>> index = pd.PeriodIndex(["2023-12", "2024-01", "2024-02", "2024-03"], freq="M")
    >>> quarter_end_growth(pd.Series([100.0, 101.0, 102.0, 103.0], index)).round(6).tolist()
    [nan, 3.0]
    """
    index = pd.PeriodIndex(months.index)
    ends = months[(index.month % 3 == 0)]
    quarters = pd.PeriodIndex(ends.index).asfreq("Q")
    regular = pd.period_range(quarters[0], quarters[-1], freq="Q") if len(quarters) else quarters
    levels = pd.Series(ends.to_numpy(dtype=float), quarters, name=months.name).reindex(regular)
    return 100 * (levels / levels.shift(1) - 1)


def load_raw(path: Path | str) -> pd.DataFrame:
    """Read the transcribed figures.

    `path`: a file with the columns of ``raw_quarterly.csv``. Returns: quarterly PeriodIndex, one
    column a series, units in the names. Raises `ObservationError` if the file is missing or is no
    table of quarters and numbers.
    """
    file = Path(path)
    index, columns = parse_table(read_content(file), file.name)
    for name, values in columns.items():
        if np.isinf(values).any():
            raise ObservationError(f"{file.name}: {name} is infinite in a quarter; correct it.")
    return pd.DataFrame(columns, index).rename_axis("quarter")


def build_quarterly(raw: pd.DataFrame, *, factors_until: pd.Period | None = None) -> pd.DataFrame:
    """Compute the quarterly series of the model from the transcribed figures.

    `raw`: columns of ``raw_quarterly.csv``, quarterly PeriodIndex without gaps. `factors_until`: as
    in `seasonally_adjust`. Returns: same index; growth rates in percent a quarter (100 times the
    log difference), rates in percent a year. NaN where a figure is missing. Raises
    `ObservationError` if a column is missing, or the figures of one cannot be used.

    Seasonally adjusted here: consumer prices, GDP, real credit. The published series of imports and
    wages already are. Prices are those of the end of the quarter, so credit (end of quarter)
    matches them and wages (mean of the quarter) run half a quarter behind.
    """
    if missing := [name for name in _RAW_COLUMNS if name not in raw.columns]:
        raise ObservationError(
            f"The raw figures lack the column {missing[0]!r}; expected {', '.join(_RAW_COLUMNS)}."
        )
    adjust = partial(seasonally_adjust, periods_per_year=4, factors_until=factors_until)
    # The level of the quarter before the first rate is 100: so the first rate is adjusted too.
    prices = adjust(chain_level(raw["cpi_growth_nsa_pct"]).rename("price level"))
    price_level = prices.reindex(raw.index)
    real_credit = (raw["credit_firms_rouble_rub_trn"] / price_level).rename("real credit")
    columns = {
        "oil_growth_pct": growth(raw["brent_usd_bbl"]),
        "depreciation_pct": growth(raw["usd_rub_average_rub"]),
        "import_growth_pct": growth(raw["imports_goods_sa_usd_bn"]),
        "inflation_pct": growth(prices).reindex(raw.index),
        "key_rate_pct_pa": splice(
            raw["interbank_rate_pct_pa"], raw["key_rate_average_pct_pa"], start=_KEY_RATE_START
        ),
        "lending_rate_pct_pa": raw["lending_rate_firms_pct_pa"],
        "credit_growth_pct": growth(adjust(real_credit)),
        "gdp_growth_pct": growth(adjust(raw["gdp_index_nsa_2021eq100"])),
        "real_wage_growth_pct": growth(raw["wage_nominal_sa_rub"] / price_level),
    }
    return pd.DataFrame(columns, index=raw.index)


def write_table(frame: pd.DataFrame, path: Path | str, *, decimals: int = 4) -> Path:
    """Write a table with a fixed number of decimals, whole or not at all.

    `frame`: numbers; the index becomes the first column. NaN becomes an empty cell. `path`: where
    to; the file is written beside and renamed. `decimals`: digits after the point. Returns: the
    file written.
    """
    # Adding 0.0 turns -0.0 into 0.0, which would print as "-0.0000".
    text = (frame.round(decimals) + 0.0).to_csv(float_format=f"%.{decimals}f", lineterminator="\n")
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="")
    return Path(path)


def _log(level: pd.Series) -> pd.Series:
    if (level <= 0).any():
        period = level.index[(level <= 0).to_numpy()][0]
        raise ObservationError(
            f"The series {level.name!r} is {level.loc[period]:g} in {period}, expected levels "
            "above 0; correct the figure or leave the cell empty."
        )
    return pd.Series(np.log(level.to_numpy(dtype=float)), level.index, name=level.name)


def _check_inside(series: pd.Series) -> None:
    known = series.notna().to_numpy()
    if not known.any():
        return
    first, last = np.flatnonzero(known)[[0, -1]]
    if not known[first : last + 1].all():
        hole = series.index[first + np.flatnonzero(~known[first : last + 1])[0]]
        raise ObservationError(
            f"The series {series.name!r} has no value in {hole}, expected none missing inside."
        )
