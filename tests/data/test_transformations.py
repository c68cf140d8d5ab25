"""From figures to series: growth, levels, seasonal adjustment, the bundled table."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from sanctions_model.data.bundled import data_path
from sanctions_model.data.transformations import (
    build_quarterly,
    chain_level,
    growth,
    load_raw,
    seasonally_adjust,
    splice,
    write_table,
)
from sanctions_model.data.vintages import rebuild_data
from sanctions_model.errors import ObservationError


def quarters(values, start="2005Q1", name="level"):
    index = pd.period_range(start, periods=len(values), freq="Q")
    return pd.Series(np.asarray(values, dtype=float), index, name=name)


@pytest.fixture(scope="module")
def raw():
    return load_raw(data_path("raw_quarterly.csv"))


@pytest.fixture(scope="module")
def built(raw):
    return build_quarterly(raw)


def test_growth_is_100_times_the_log_difference():
    np.testing.assert_allclose(
        growth(quarters([100, 150, 75])).iloc[1:], [40.5465, -69.3147], atol=1e-4
    )


def test_growth_over_a_missing_level_is_missing_on_both_sides():
    assert growth(quarters([1, np.nan, 2, 4])).isna().tolist() == [True, True, True, False]


def test_growth_of_a_level_that_is_not_positive_is_refused():
    with pytest.raises(ObservationError, match="'level' is -1 in 2005Q2, expected levels above 0"):
        growth(quarters([1, -1]))


def test_a_chained_level_starts_one_period_before_its_first_rate():
    level = chain_level(quarters([10, -50]))
    assert [str(period) for period in level.index] == ["2004Q4", "2005Q1", "2005Q2"]
    np.testing.assert_allclose(level, [100, 110, 55])


def test_a_chained_level_ends_with_its_last_rate():
    assert chain_level(quarters([10, np.nan])).isna().tolist() == [False, False, True]


def test_a_missing_rate_inside_is_refused():
    with pytest.raises(ObservationError, match="no value in 2005Q2, expected none missing inside"):
        chain_level(quarters([1, np.nan, 1]))


def test_seasonal_adjustment_removes_a_fixed_season_and_keeps_the_trend():
    trend = 4.0 + 0.01 * np.arange(40)
    season = np.tile([0.05, -0.02, 0.01, -0.04], 10)
    adjusted = seasonally_adjust(quarters(np.exp(trend + season)), periods_per_year=4)
    np.testing.assert_allclose(np.log(adjusted), trend, atol=2e-3)


def test_seasonal_adjustment_of_months_removes_a_yearly_season():
    months = np.arange(96)
    index = pd.period_range("2010-01", periods=96, freq="M")
    level = pd.Series(np.exp(0.002 * months + 0.03 * np.cos(months * np.pi / 6)), index)
    adjusted = seasonally_adjust(level, periods_per_year=12)
    np.testing.assert_allclose(np.log(adjusted), 0.002 * months, atol=2e-3)


def test_seasonal_adjustment_does_not_take_one_bad_quarter_for_a_season():
    trend = 4.0 + 0.005 * np.arange(48)
    season = np.tile([0.05, -0.02, 0.01, -0.04], 12)
    shock = np.where(np.arange(48) == 30, -0.08, 0.0)
    adjusted = np.log(
        seasonally_adjust(quarters(np.exp(trend + season + shock)), periods_per_year=4)
    )
    np.testing.assert_allclose(adjusted - trend, shock, atol=8e-3)


def test_seasonal_adjustment_does_not_depend_on_the_unit():
    level = quarters(np.exp(np.sin(np.arange(24)) / 10))
    one = seasonally_adjust(level, periods_per_year=4)
    thousand = seasonally_adjust(1000 * level, periods_per_year=4)
    np.testing.assert_allclose(thousand, 1000 * one)


def test_seasonal_adjustment_leaves_the_empty_ends_empty():
    values = [np.nan, *np.exp(np.sin(np.arange(12)) / 10), np.nan]
    adjusted = seasonally_adjust(quarters(values), periods_per_year=4)
    assert np.flatnonzero(adjusted.isna()).tolist() == [0, 13]


def test_seasonal_adjustment_of_less_than_two_years_is_refused():
    with pytest.raises(ObservationError, match="has 7 values, expected at least 8"):
        seasonally_adjust(quarters(range(1, 8)), periods_per_year=4)


def test_projected_factors_learn_nothing_after_their_last_period():
    """A pattern that turns round later is taken out as it was before, season by season."""
    trend = 4.0 + 0.01 * np.arange(46)
    season = np.tile([0.05, -0.02, 0.01, -0.04], 12)[:46]
    turned = np.where(np.arange(46) < 37, season, -season)
    level = quarters(np.exp(trend + turned))
    until = level.index[36]  # a first quarter: the next factor is that of a second
    found = np.log(seasonally_adjust(level, periods_per_year=4, factors_until=until))
    np.testing.assert_allclose(found[:37], trend[:37], atol=2e-3)
    np.testing.assert_allclose(found[37:], trend[37:] - 2 * season[37:], atol=4e-3)
    early = seasonally_adjust(level[:37], periods_per_year=4)
    np.testing.assert_array_equal(np.log(early), found[:37])
    assert np.abs(np.log(seasonally_adjust(level, periods_per_year=4)) - found).max() > 0.01


def test_projected_factors_need_two_years_to_learn_from():
    level = quarters(np.exp(np.sin(np.arange(24)) / 10))
    with pytest.raises(ObservationError, match="has 7 values, expected at least 8"):
        seasonally_adjust(level, periods_per_year=4, factors_until=level.index[6])


def test_seasonal_adjustment_over_a_hole_is_refused():
    with pytest.raises(ObservationError, match="no value in 2006Q1"):
        seasonally_adjust(quarters([1, 2, 3, 4, np.nan, 6, 7, 8, 9]), periods_per_year=4)


def test_a_splice_takes_the_early_series_up_to_the_join():
    early, late = quarters([1, 2, 3]), quarters([7, 8, 9])
    assert splice(early, late, start="2005Q3").tolist() == [1, 2, 9]


@pytest.mark.parametrize(
    ("column", "first", "last"),
    [
        ("oil_growth_pct", "2005Q2", "2026Q1"),
        ("depreciation_pct", "2005Q2", "2025Q4"),
        ("import_growth_pct", "2005Q2", "2025Q3"),
        ("inflation_pct", "2005Q1", "2025Q4"),
        ("key_rate_pct_pa", "2005Q1", "2026Q1"),
        ("lending_rate_pct_pa", "2005Q1", "2025Q4"),
        ("credit_growth_pct", "2015Q2", "2025Q4"),
        ("gdp_growth_pct", "2005Q2", "2026Q1"),
        ("real_wage_growth_pct", "2015Q2", "2025Q4"),
    ],
)
def test_each_series_has_no_hole_between_its_first_and_last_quarter(built, column, first, last):
    known = built[column].dropna()
    assert known.index.equals(pd.period_range(first, last, freq="Q", name="quarter"))


def test_adjusted_inflation_adds_up_to_published_inflation_over_years(raw, built):
    """A season sums to about nothing in a year: both add up to the same rise of prices."""
    published = 100 * np.log1p(raw["cpi_growth_nsa_pct"] / 100)
    gap = (built["inflation_pct"] - published).rolling(4).sum().dropna()
    assert gap.abs().max() < 0.2


def test_adjustment_takes_most_of_the_season_out_of_inflation(raw, built):
    def range_over_quarters(rates):
        medians = rates.groupby(built.index.quarter).median()
        return medians.max() - medians.min()

    before = range_over_quarters(raw["cpi_growth_nsa_pct"])
    assert range_over_quarters(built["inflation_pct"]) < before / 3


def test_output_falls_and_rises_as_in_the_published_adjusted_series(built):
    """Growth of Rosstat's own seasonally adjusted GDP in 2021 prices, table of December 2025."""
    rosstat = {"2015Q1": -1.86, "2020Q2": -7.92, "2020Q3": 6.29, "2022Q2": -5.05, "2023Q3": 1.68}
    for quarter, figure in rosstat.items():
        assert built.loc[quarter, "gdp_growth_pct"] == pytest.approx(figure, abs=0.8), quarter


def test_real_rouble_credit_hardly_grows_in_the_third_quarter_of_2015(built):
    assert built.loc["2015Q3", "credit_growth_pct"] == pytest.approx(0.6, abs=0.3)


def test_the_policy_rate_is_interbank_to_2013_and_the_key_rate_after(raw, built):
    assert built.loc["2013Q4", "key_rate_pct_pa"] == raw.loc["2013Q4", "interbank_rate_pct_pa"]
    assert built.loc["2014Q1", "key_rate_pct_pa"] == raw.loc["2014Q1", "key_rate_average_pct_pa"]


def test_raw_figures_without_a_column_are_refused(raw):
    with pytest.raises(ObservationError, match="lack the column 'brent_usd_bbl'"):
        build_quarterly(raw.drop(columns="brent_usd_bbl"))


def test_a_rebuild_gives_the_committed_files_back_to_the_last_digit(tmp_path):
    for name in ("raw_quarterly.csv", "sanctions_events.csv", "measures_rule.toml"):
        shutil.copy(data_path(name), tmp_path / name)
    written = rebuild_data(tmp_path)
    assert [path.name for path in written] == ["russia_quarterly.csv", "measures.csv"]
    for path in written:
        assert path.read_text() == data_path(path.name).read_text(), path.name
    assert len(list(tmp_path.iterdir())) == 5


def test_a_rebuild_without_inputs_is_refused_and_writes_nothing(tmp_path):
    with pytest.raises(ObservationError, match="Cannot read the data file"):
        rebuild_data(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_rebuild_in_no_directory_is_refused(tmp_path):
    with pytest.raises(ObservationError, match="There is no directory"):
        rebuild_data(tmp_path / "none")


def test_a_table_is_written_with_fixed_digits_and_empty_cells(tmp_path):
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [-0.00001, 2.34567]}, index=["x", "y"])
    path = write_table(frame.rename_axis("key"), tmp_path / "table.csv")
    assert path.read_text() == "key,a,b\nx,1.0000,0.0000\ny,,2.3457\n"


def test_a_table_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path):
    (tmp_path / "table.csv").mkdir()
    with pytest.raises(OSError, match=r"table\.csv"):
        write_table(pd.DataFrame({"a": [1.0]}), tmp_path / "table.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_the_data_package_describes_every_column_within_its_limits():
    package = json.loads(data_path("datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        table = pd.read_csv(data_path(resource["path"]))
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == list(table.columns), resource["path"]
        for field in fields:
            keys = ("title", "unit", "description", "producer", "obtained", "reliability", "breaks")
            assert all(field[key] for key in keys), field["name"]
            limits, values = field.get("constraints", {}), table[field["name"]].dropna()
            if "minimum" in limits:
                assert values.between(limits["minimum"], limits["maximum"]).all(), field["name"]
            if "enum" in limits:
                assert set(values) <= set(limits["enum"]), field["name"]
        assert not table.duplicated(resource["schema"]["primaryKey"]).any(), resource["path"]
