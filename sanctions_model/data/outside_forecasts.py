"""What others forecast: the analysts' poll and the Bank of Russia's own table, with their dates."""

from pathlib import Path

import pandas as pd

from sanctions_model.data.bundled import data_path
from sanctions_model.errors import ObservationError, did_you_mean

__all__ = ["FORECASTERS", "load_outside_forecasts", "newest_forecasts"]

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
        table = pd.read_csv(file, dtype={"published": str})
    except (OSError, ValueError) as error:
        raise ObservationError(f"{file}: cannot be read as a table: {error}.") from None
    for name in _COLUMNS:
        if name not in table:
            raise ObservationError(
                f"{file.name}: no column {name!r}.{did_you_mean(name, list(table.columns))}"
            )
    low, high = (pd.to_numeric(table[name], errors="coerce") for name in ("low", "high"))
    dates = pd.to_datetime(table["published"], errors="coerce", format="mixed")
    for bad, name, expected in (
        (~table["forecaster"].isin(FORECASTERS), "forecaster", " or ".join(FORECASTERS)),
        (dates.isna(), "published", "a month or a date, as in 2026-07"),
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
