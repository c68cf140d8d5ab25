"""A table that is another table: each fault is named in one line, and a good table gets none."""

import numpy as np
import pandas as pd
import pytest
from command import call

from sanctions_model.data.bundled import data_path
from sanctions_model.data.checks import odd_series
from sanctions_model.data.observations import load_observations

COLUMNS = ("inflation_pct", "gdp_growth_pct", "key_rate_pct_pa", "credit_growth_pct")


@pytest.fixture
def table():
    return pd.read_csv(data_path("russia_quarterly.csv"))


def said(table, tmp_path, caplog):
    path = tmp_path / "mine.csv"
    table.to_csv(path, index=False)
    caplog.clear()
    load_observations(path)
    return [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]


def test_the_bundled_table_and_a_revision_of_it_are_not_odd(table, tmp_path, caplog):
    assert said(table, tmp_path, caplog) == []
    revised = table.copy()
    noise = np.random.default_rng(1).normal(1.0, 0.05, revised.iloc[:, 1:].shape)
    revised.iloc[:, 1:] *= noise
    assert said(revised, tmp_path, caplog) == []


def times_four(values):
    return values * 4


def flipped(values):
    return -values


def later(values):
    return values.shift(1)


def padded(values):
    found = values.copy()
    found.iloc[40:48] = 0.0
    return found


def constant(values):
    return values * 0 + 4.25


def over_a_year(values):
    return values.rolling(4).sum()


def held_to_the_end(values):
    return values.where(np.arange(len(values)) < 40).ffill()


@pytest.mark.parametrize(
    ("change", "column", "expected"),
    [
        (over_a_year, "inflation_pct", "summed over a year: growth on the year before?"),
        (over_a_year, "gdp_growth_pct", "summed over a year: growth on the year before?"),
        (held_to_the_end, "inflation_pct", "periods, in which the bundled series moves: the last"),
        (held_to_the_end, "key_rate_pct_pa", "periods, in which the bundled series moves: the"),
        (times_four, "inflation_pct", "has ratio 4 to the bundled series: annualised?"),
        (times_four, "gdp_growth_pct", "has ratio 4 to the bundled series: annualised?"),
        (flipped, "gdp_growth_pct", "(correlation -1.00): the sign flipped?"),
        (flipped, "inflation_pct", "the sign flipped?"),
        (later, "key_rate_pct_pa", "is the bundled series 1 periods later: shifted dates?"),
        (later, "credit_growth_pct", "is the bundled series 1 periods later: shifted dates?"),
        (padded, "gdp_growth_pct", "is 0 in 8 periods for which the bundled series has other"),
        (constant, "key_rate_pct_pa", "is 4.25 in every period: a constant?"),
    ],
)
def test_each_fault_of_a_series_is_one_line(table, tmp_path, caplog, change, column, expected):
    table[column] = change(table[column])
    (line,) = said(table, tmp_path, caplog)
    assert line.startswith(f"mine.csv: {column!r} ")
    assert expected in line


def test_swapped_columns_are_named_both(table, tmp_path, caplog):
    one, other = "gdp_growth_pct", "real_wage_growth_pct"
    table[[one, other]] = table[[other, one]].to_numpy()
    lines = said(table, tmp_path, caplog)
    assert len(lines) == 2
    assert f"{one!r} looks like the bundled {other!r} (correlation 1.00): swapped columns?" in (
        lines[0] + lines[1]
    )


def test_fractions_of_short_series_are_told_by_their_ratio():
    known = {"rate": np.linspace(1, 9, 20) + np.sin(np.arange(20))}
    (line,) = odd_series({"rate": known["rate"] / 100}, known, ["rate"])
    assert line == "'rate' has ratio 0.01 to the bundled series: fractions? multiply by 100"


def test_nothing_is_said_where_too_little_overlaps():
    known = {"rate": np.r_[np.arange(7.0), np.full(13, np.nan)]}
    assert odd_series({"rate": -np.arange(20.0)}, known, ["rate", "absent"]) == []


def test_a_monthly_table_is_refused_by_check_as_by_run(tmp_path):
    months = pd.period_range("2010-01", "2016-12", freq="M").astype(str)
    growth = np.random.default_rng(2).normal(0, 2, len(months))
    path = tmp_path / "months.csv"
    pd.DataFrame({"month": months, "inflation_pct": growth}).to_csv(path, index=False)
    checked = call("data", "check", path, "--quiet")
    assert checked.code == 1
    assert "stated for 4 periods a year, the model has 12" in checked.refusal
    ran = call("run", "--data", path, "--out", tmp_path / "out", "--quiet", "--prior-only")
    assert ran.code == 1
