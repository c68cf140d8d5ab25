"""Past forecasts of others against what came: the Bank of Russia, the analysts' poll, no model.

Knows yearly figures as others quote them, and no model and no fit.
"""

import numpy as np
import pandas as pd

from sanctions_model.data.bundled import data_path
from sanctions_model.data.outside_forecasts import load_outside_forecasts
from sanctions_model.data.transformations import load_raw

# By what is forecast: the column of the unadjusted figures, and days after a quarter by which its
# figure is out; of the statistics offices' calendars, rounded up.
_SERIES = {
    "gdp_growth": ("gdp_index_nsa_2021eq100", 60),
    "inflation_december": ("cpi_growth_nsa_pct", 15),
    "key_rate_average": ("key_rate_average_pct_pa", 0),
    "usd_rub_average": ("usd_rub_average_rub", 0),
}


def past_forecast_errors(
    forecasts: pd.DataFrame | None = None, raw: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Score the forecasts of others, each published before the end of the year that it is of.

    Outcomes, and what the rival knows, are figures as they stand today, not as first published.

    `forecasts`: as `load_outside_forecasts` returns it; of ranges the middle counts. `raw`:
    unadjusted figures by quarter, as `load_raw` returns them. Returns: a row a ``variable``,
    ``forecaster`` and ``ahead`` (0: of the year in which it was published; 1: of a later one):
    ``n`` forecasts of ``years`` different years, ``mean_error`` (forecast less outcome),
    ``absolute_error`` and, for the same cases, ``rival_error``, the mean absolute error of no
    model: output and prices go on as they grew on average until then, the key rate and the dollar
    stay where they were last. In percentage points; of the dollar in % of what it cost. Raises
    `ObservationError` if a bundled table is not usable.
    """
    asked = load_outside_forecasts() if forecasts is None else forecasts
    known = load_raw(data_path("raw_quarterly.csv")) if raw is None else raw
    known = known.set_axis(pd.PeriodIndex(known.index, freq="Q"))
    rows = []
    for row in asked.to_dict("records"):
        column, days = _SERIES[str(row["variable"])]
        said = pd.to_datetime(row["published"])
        ahead, values = int(row["year"]) - said.year, known[column].dropna()
        came = _yearly(values, str(row["variable"])).get(int(row["year"]), np.nan)
        out = pd.PeriodIndex(values.index).end_time.normalize() + pd.Timedelta(days=days)
        until = values[out <= said]
        if ahead < 0 or not np.isfinite(came) or until.empty:
            continue
        rival = _yearly(_goes_on(until, str(row["variable"]), ahead), str(row["variable"]))
        size = came / 100 if row["variable"] == "usd_rub_average" else 1.0
        error = ((row["low"] + row["high"]) / 2 - came) / size
        rows.append(
            {
                "variable": row["variable"],
                "forecaster": row["forecaster"],
                "ahead": min(ahead, 1),
                "year": row["year"],
                "mean_error": error,
                "absolute_error": abs(error),
                "rival_error": abs(rival.get(int(row["year"]), np.nan) - came) / size,
            }
        )
    cases = pd.DataFrame(rows).dropna()
    grouped = cases.groupby(["variable", "forecaster", "ahead"])
    found = grouped[["mean_error", "absolute_error", "rival_error"]].mean()
    found.insert(0, "n", grouped.size())
    found.insert(1, "years", grouped["year"].nunique())
    return found.reset_index()


def _yearly(values: "pd.Series[float]", variable: str) -> "pd.Series[float]":
    """Return the yearly figure that is quoted, by year; years that are not whole have none."""
    quarters = pd.PeriodIndex(values.index)
    by_year = values.groupby(quarters.year)
    if variable == "inflation_december":
        grown: pd.Series[float] = (1.0 + values / 100).groupby(quarters.year).prod()
        return 100 * (grown.where(by_year.count() == 4) - 1.0)
    means: pd.Series[float] = by_year.mean().where(by_year.count() == 4)
    return 100 * means.pct_change() if variable == "gdp_growth" else means


def _goes_on(values: "pd.Series[float]", variable: str, ahead: int) -> "pd.Series[float]":
    """Return the known quarters and those that no model would add, to the end of the year asked."""
    last = values.index[-1]
    new = pd.period_range(last + 1, periods=4 * (ahead + 2), freq="Q")
    if variable == "inflation_december":
        more = np.full(len(new), float(values.mean()))
    elif variable == "gdp_growth":
        # Unadjusted: a quarter is the one of the year before, grown by the mean of a year.
        growth = float(np.log(values / values.shift(4)).mean())
        steps = np.arange(len(new))
        more = values.to_numpy()[-4:][steps % 4] * np.exp(growth * (1 + steps // 4))
    else:
        more = np.full(len(new), float(values.iloc[-1]))
    longer: pd.Series[float] = pd.concat([values, pd.Series(more, index=new)])
    return longer
