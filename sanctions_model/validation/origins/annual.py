"""Yearly figures that people quote, from the quarters of a series.

Growth of output, imports and wages: annual average on the annual average before. Prices, credit and
the rouble: fourth quarter on fourth quarter. Rates: mean of the year.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sanctions_model.data.bundled import data_path
from sanctions_model.data.transformations import chain_level, load_raw
from sanctions_model.validation.origins.rolling import RATES

_ANNUAL_AVERAGE = ("gdp_growth", "import_growth", "real_wage_growth")
_WORDS = {
    "average": "annual average on the year before, %",
    "through": "fourth quarter on fourth quarter, %",
    "mean": "mean of the year, % a year",
}


def annual_values(
    name: str, history: np.ndarray, future: np.ndarray, years: int
) -> tuple[str, np.ndarray]:
    """Return the yearly figure that people quote of a series, for whole years after its history.

    `name`: a scored series. `history`: quarters up to the end of a year, shape ``(time,)``.
    `future`: quarters after it, shape ``(draw, 4 * years)``. Returns: the figure in words, with its
    unit; shape ``(draw, years)``; not a number where a quarter is missing.

    >>> words, values = annual_values("key_rate", np.ones(4), np.full((1, 4), 7.0), 1)
    >>> float(values[0, 0])
    7.0
    """
    size = len(future)
    if name in RATES:
        return _WORDS["mean"], future.reshape(size, years, 4).mean(axis=2)
    if name not in _ANNUAL_AVERAGE:
        total = future.reshape(size, years, 4).sum(axis=2)
        return _WORDS["through"], 100 * np.expm1(total / 100)
    # Levels from the first quarter of the last known year on; its own growth is not needed.
    known = np.concatenate([[0.0], history[-3:]])
    rates = np.concatenate([np.repeat(known[None], size, axis=0), future], axis=1)
    means = np.exp(np.cumsum(rates, axis=1) / 100).reshape(size, years + 1, 4).mean(axis=2)
    return _WORDS["average"], 100 * (means[:, 1:] / means[:, :-1] - 1)


def annual_table(
    forecasts: Mapping[str, Mapping[str, np.ndarray]],
    window: Mapping[str, np.ndarray],
    outcomes: Mapping[str, np.ndarray],
    *,
    years_of: Sequence[int],
    last: int,
    years: int,
    prob: float,
) -> pd.DataFrame:
    """Compare forecasts with what came, year by year.

    `forecasts`: by forecaster and series, shape ``(draw, at least 4 * years)``. `window`: series
    that the forecasters saw, each from the first quarter of the table on. `outcomes`: the same
    series as they came. `years_of`: year of each quarter. `last`: position of the window's last
    quarter, the fourth of a year. `prob`: mass of the equal-tailed intervals. Returns: one row a
    forecaster, series and year: ``statistic``, ``outcome``, ``median``, ``lower``, ``upper``,
    ``width``, ``inside``. Growth of output and of prices comes from unadjusted figures, which need
    no adjustment.
    """
    published = _unadjusted()
    rows = []
    for forecaster, own in forecasts.items():
        for name, paths in own.items():
            truth = outcomes[name]
            words, came = annual_values(
                name, truth[: last + 1], truth[None, last + 1 : last + 1 + 4 * years], years
            )
            _, values = annual_values(name, window[name][: last + 1], paths[:, : 4 * years], years)
            for position in range(years):
                year = years_of[last + 1 + 4 * position]
                outcome = published.get((name, year), float(came[0, position]))
                sample = values[:, position]
                if not np.isfinite(outcome) or not np.isfinite(sample).all():
                    continue
                middle, lower, upper = np.quantile(sample, [0.5, (1 - prob) / 2, (1 + prob) / 2])
                rows.append(
                    {
                        "forecaster": forecaster,
                        "series": name,
                        "year": year,
                        "statistic": words,
                        "outcome": outcome,
                        "median": middle,
                        "lower": lower,
                        "upper": upper,
                        "width": upper - lower,
                        "inside": bool(lower <= outcome <= upper),
                    }
                )
    return pd.DataFrame(rows)


def _unadjusted() -> dict[tuple[str, int], float]:
    """Yearly growth of output and of prices from unadjusted figures, which need no adjustment."""
    raw = load_raw(data_path("raw_quarterly.csv"))
    output = raw["gdp_index_nsa_2021eq100"]
    prices = chain_level(raw["cpi_growth_nsa_pct"])
    quarters, price_quarters = pd.PeriodIndex(output.index), pd.PeriodIndex(prices.index)
    by_year = output.groupby(quarters.year)
    levels = {
        "gdp_growth": by_year.mean().where(by_year.count() == 4),
        "inflation": prices[price_quarters.quarter == 4].set_axis(
            price_quarters.year[price_quarters.quarter == 4]
        ),
    }
    rates = {
        name: (100 * own.pct_change(fill_method=None)).dropna() for name, own in levels.items()
    }
    return {
        (name, year): float(rate)
        for name, own in rates.items()
        for year, rate in zip(own.index.tolist(), own.to_numpy(), strict=True)
    }
