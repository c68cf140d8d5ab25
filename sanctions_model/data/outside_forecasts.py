"""What others forecast: the analysts' poll and the Bank of Russia's own table, with their dates."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sanctions_model.data.bundled import data_path, read_whole_rows
from sanctions_model.errors import ObservationError, did_you_mean, reading_fault
from sanctions_model.files import content_of

FORECASTERS = {"poll": "analysts' poll", "bank_of_russia": "Bank of Russia"}
_COLUMNS = ("forecaster", "published", "variable", "year", "low", "high", "producer", "quality")


def load_outside_forecasts(path: Path | str | None = None) -> pd.DataFrame:
    """Read forecasts of yearly figures that others published.

    Parameters
    ----------
    path : path, optional
        A table with the columns of the bundled ``outside_forecasts.csv``, which is the default.

    Returns
    -------
    pandas.DataFrame
        One row a forecaster, date, variable and year: ``low`` and ``high`` are the ends of a
        published range, equal where one number was published (growth and inflation in %, December
        on December; the key rate in % a year; USD/RUB in roubles).

    Raises
    ------
    ObservationError
        If the file is missing or a column, forecaster, date or number is not usable.

    Examples
    --------
    >>> sorted(load_outside_forecasts()["forecaster"].unique())
    ['bank_of_russia', 'poll']
    """
    file = data_path("outside_forecasts.csv") if path is None else Path(path)
    try:
        table = read_whole_rows(content_of(file), {"published": str})
    except (OSError, ValueError) as error:
        raise ObservationError(
            f"{file}: cannot be read as a table: {reading_fault(error)}."
        ) from None
    for name in _COLUMNS:
        if name not in table:
            raise ObservationError(
                f"{file.name}: no column {name!r}.{did_you_mean(name, list(table.columns))}"
            )
    low, high, years = (
        pd.to_numeric(table[name], errors="coerce").where(np.isfinite)
        for name in ("low", "high", "year")
    )
    dates = pd.to_datetime(table["published"], errors="coerce", format="mixed")
    for bad, name, expected in (
        (~table["forecaster"].isin(FORECASTERS), "forecaster", " or ".join(FORECASTERS)),
        (dates.isna(), "published", "a month or a date, as in 2026-07"),
        (~(years.between(1900, 2100) & (years % 1 == 0)), "year", "a year, as in 2026"),
        (~(low <= high), "low", "a number that is at most that of 'high'"),
    ):
        if bad.any():
            row = int(bad.to_numpy().argmax())
            got = table[name].astype(str).iloc[row]
            raise ObservationError(
                f"{file.name}, row {row + 2}: {name} {got!r}, expected {expected}."
            )
    return table


def newest_forecasts(table: pd.DataFrame, *, before: str | None = None) -> pd.DataFrame:
    """Return each forecaster's last word on each variable and year.

    Parameters
    ----------
    table : pandas.DataFrame
        As `load_outside_forecasts` returns it.
    before : str, optional
        Only what was published before this date, as in ``2025-12-31``.

    Returns
    -------
    pandas.DataFrame
        The same columns, the newest row for each forecaster, variable and year.
    """
    dated = table.assign(date=pd.to_datetime(table["published"], format="mixed"))
    if before is not None:
        dated = dated[dated["date"] < pd.Timestamp(before)]
    newest = dated.sort_values("date").groupby(["forecaster", "variable", "year"]).tail(1)
    return newest.drop(columns="date").sort_values(["forecaster", "variable", "year"])


def baseline_of(
    forecaster: str, quoted: Mapping[str, tuple[str, str | None]], *, years: Sequence[int]
) -> dict[str, dict[int, float]]:
    """Return a forecaster's newest figures, middles of ranges, by our outcome and year.

    `forecaster`: ``poll`` or ``bank_of_russia``. `quoted`: by outcome the statistic and what the
    forecaster calls it, None where nobody forecasts it. `years`: years wanted; what was not
    forecast is left out.
    """
    newest = newest_forecasts(load_outside_forecasts())
    own = newest[newest["forecaster"].eq(forecaster) & newest["year"].isin(list(years))]
    found: dict[str, dict[int, float]] = {}
    for outcome, (_, theirs) in quoted.items():
        rows = own[own["variable"] == theirs]
        if len(rows):
            middles = (rows["low"] + rows["high"]) / 2
            found[outcome] = dict(zip(map(int, rows["year"]), map(float, middles), strict=True))
    return found


def load_annual_figures(path: Path | str) -> dict[str, dict[int, float]]:
    """Read a table of yearly figures: a column ``year`` and one column an outcome.

    `path`: a CSV file; cells may be empty. Returns: by outcome and year. Raises `ObservationError`
    if it cannot be read, has no year, a year twice, no figure, or a cell that is no number.
    """
    file = Path(path)
    try:
        table = read_whole_rows(content_of(file), str)
    except (OSError, ValueError) as error:
        raise ObservationError(
            f"{file}: cannot be read as a table: {reading_fault(error)}."
        ) from None
    if "year" not in table or table.shape[1] < 2:
        raise ObservationError(
            f"{file.name}: columns {', '.join(map(str, table.columns))}; expected 'year' and one "
            "column an outcome, as in year,gdp_level,key_rate."
        )
    years = pd.to_numeric(table["year"], errors="coerce")
    if years.isna().any() or (years % 1 != 0).any() or years.duplicated().any():
        raise ObservationError(
            f"{file.name}: the years are {', '.join(map(str, table['year']))}; expected each "
            "calendar year once, as in 2027."
        )
    found: dict[str, dict[int, float]] = {}
    for name in table.columns.drop("year"):
        given = table[name].notna()
        numbers = pd.to_numeric(table[name], errors="coerce")
        if (bad := given & ~np.isfinite(numbers)).any():
            at = int(bad.to_numpy().argmax())
            raise ObservationError(
                f"{file.name}: {name} in {table['year'].iloc[at]} is {table[name].iloc[at]!r}; "
                "expected a number or an empty cell."
            )
        if given.any():
            found[str(name)] = {
                int(year): float(value)
                for year, value in zip(years[given], numbers[given], strict=True)
            }
    if not found:
        raise ObservationError(f"{file.name}: no figure in it; expected one or more.")
    return found
