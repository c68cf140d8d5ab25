"""Series of the anchored transmission: levels, the oil discount, expectations, war and budget.

Pure functions on pandas objects. Knows the columns of ``economy_raw.csv`` and how each series of
``russia_economy.csv`` follows from them; does not know the equations.
"""

from functools import partial

import numpy as np
import pandas as pd

from sanctions_model.data.transformations import chain_level, seasonally_adjust, splice
from sanctions_model.errors import ObservationError

# Dates at which trend growth may change; from the last one on it stays.
KNOTS = ("2005Q1", "2008Q1", "2011Q1", "2014Q1", "2017Q1", "2020Q1", "2023Q1")
_LAST_KNOT = "2025Q4"
_COLUMNS = (
    "exports_goods_nsa_usd_bn",
    "exports_goods_sa_usd_bn",
    "household_expectation_pct",
    "fiscal_impulse_nonoil_pp",
    "unemployment_nsa_pct",
    "cvs_per_vacancy_sa",
    "inflation_goal_pct",
    "output_gap_estimate_pct",
)
_FOREIGN_INFLATION = 0.5  # % a quarter, US prices: turns dollars into real ones
_BASE = ("2021Q1", "2021Q4")  # over which every level is 0 on average
_DISCOUNT_BEFORE = 2.0  # log points, Brent over Urals before 2015: judgement
_EXPORTS_SEAM = "2015Q1"


def build_economy(
    raw: pd.DataFrame, economy: pd.DataFrame, *, base: tuple[str, str] = _BASE
) -> pd.DataFrame:
    """Compute the further series of the anchored transmission.

    `raw`: columns of ``raw_quarterly.csv``, quarterly PeriodIndex without gaps. `economy`: columns
    of ``economy_raw.csv``, same index. `base`: first and last quarter of the span over which levels
    are 0 on average. Returns: same index. Levels ``log_*`` are 100 log, 0 on average over the base,
    dollars in constant ones; ``log_rer`` rises when the rouble is weaker. Rates are % a year. NaN
    where a figure is missing. Raises `ObservationError` if a column is missing, the quarters
    differ, or figures cannot be used.

    Seasonally adjusted here: GDP, consumer prices, unemployment, exports before 2015.
    """
    if missing := [name for name in _COLUMNS if name not in economy.columns]:
        raise ObservationError(
            f"The figures of the economy lack the column {missing[0]!r}; "
            f"expected {', '.join(_COLUMNS)}."
        )
    if not economy.index.equals(raw.index):
        raise ObservationError(
            f"The figures of the economy run from {economy.index[0]} to {economy.index[-1]}, the "
            f"others from {raw.index[0]} to {raw.index[-1]}; expected the same quarters."
        )
    adjust, level = partial(seasonally_adjust, periods_per_year=4), partial(_level, base=base)
    abroad = pd.Series(np.exp(_FOREIGN_INFLATION / 100 * np.arange(len(raw))), raw.index)
    prices = adjust(chain_level(raw["cpi_growth_nsa_pct"]).rename("price level")).reindex(raw.index)
    early = adjust(economy["exports_goods_nsa_usd_bn"])
    late = economy["exports_goods_sa_usd_bn"]
    first_year = slice(_EXPORTS_SEAM, str(pd.Period(_EXPORTS_SEAM, freq="Q") + 3))
    join = float(late.loc[first_year].mean() / early.loc[first_year].mean())
    # Figures that end before the seam have nothing to be joined to.
    exports = splice(early * join, late, start=_EXPORTS_SEAM) if np.isfinite(join) else early
    ratio = (raw["brent_usd_bbl"] / raw["urals_usd_bbl"]).to_numpy(dtype=float)
    discount = pd.Series(100 * np.log(ratio), raw.index)
    held = pd.Series(_DISCOUNT_BEFORE, raw.index)
    columns = {
        "log_gdp": level(adjust(raw["gdp_index_nsa_2021eq100"])),
        "log_oil": level(raw["brent_usd_bbl"] / abroad),
        "log_imports": level(raw["imports_goods_sa_usd_bn"] / abroad),
        "log_exports": level(exports / abroad),
        "log_rer": level(raw["usd_rub_average_rub"] * abroad / prices),
        "oil_discount": splice(held, discount, start="2015Q1"),
        "unemployment_pct": adjust(economy["unemployment_nsa_pct"]),
        "tightness_change_pct": _change(1 / economy["cvs_per_vacancy_sa"]),
        "output_gap_estimate_pct": economy["output_gap_estimate_pct"],
        "household_expectation_pct": economy["household_expectation_pct"],
        "fiscal_impulse_pp": economy["fiscal_impulse_nonoil_pp"].fillna(0.0),
        "inflation_target": economy["inflation_goal_pct"],
        "war_pulse": war_pulse(pd.PeriodIndex(raw.index)),
        **ramps(pd.PeriodIndex(raw.index)),
    }
    return pd.DataFrame(columns, index=raw.index)


def _level(values: pd.Series, *, base: tuple[str, str]) -> pd.Series:
    """100 log, 0 on average over the base."""
    logs = pd.Series(100 * np.log(values.to_numpy(dtype=float)), values.index)
    return logs - logs.loc[base[0] : base[1]].mean()


def _change(values: pd.Series) -> pd.Series:
    """100 times the change of the log."""
    return pd.Series(100 * np.log(values.to_numpy(dtype=float)), values.index).diff()


def war_pulse(quarters: pd.PeriodIndex) -> pd.Series:
    """War and mobilisation: 0.5 from 2022Q3, 1 in 2023 and 2024, then half as much a year later.

    A judgement on timing, from federal spending; its size is estimated.

    Returns: from 0 to 1.
    """
    since = np.array([quarter.ordinal for quarter in quarters], dtype=float)
    begin, full, end = (pd.Period(q, freq="Q").ordinal for q in ("2022Q3", "2023Q1", "2024Q4"))
    values = np.where(since >= begin, 0.5, 0.0)
    values = np.where(since >= full, 1.0, values)
    values = np.where(since > end, 0.5 ** ((since - end) / 4), values)
    return pd.Series(values, quarters, name="war_pulse")


def ramps(quarters: pd.PeriodIndex) -> dict[str, pd.Series]:
    """Cumulated weights of trend growth at the knots, 0 in the last quarter.

    Growth is linear between knots. ``ramp_2005Q1`` counts quarters: its coefficient is growth at
    the first knot. That of ``ramp_`` any later knot is the step of growth to it from the one
    before, so that independent steps make growth a random walk over the knots.

    Returns: by name; every one rises by 1 a quarter after the last knot.
    """
    names = [*KNOTS, _LAST_KNOT]
    knots = np.array([pd.Period(name, freq="Q").ordinal for name in names], dtype=float)
    at = np.array([quarter.ordinal for quarter in quarters], dtype=float)
    hats = np.array([np.interp(at, knots, row) for row in np.eye(len(knots))])
    found = {}
    for position, name in enumerate(names):
        total = np.cumsum(hats[position:].sum(axis=0))
        found[f"ramp_{name}"] = pd.Series(total - total[-1], quarters)
    return found
