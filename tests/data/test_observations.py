"""The door for data: what it lets in, what it refuses and with which words."""

import logging

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sanctions_model.data.bundled import data_path
from sanctions_model.data.checks import validate_observations
from sanctions_model.data.observations import coverage, load_observations
from sanctions_model.data.sanctions.measures import intensities, load_events, load_rule
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Constant, Indicator, Variable


@pytest.fixture
def table(tmp_path):
    """Write a CSV file and return its path."""

    def write(text: str, name: str = "mine.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def bundled():
    return load_observations(scm=growth_transmission())


@pytest.fixture
def small():
    """Sales follow weather (no default), with a flag and a constant that have one."""

    def variable(name, **options):
        return Variable(name=name, unit="tonnes", **options)

    def make(periods_per_year=4):
        return StructuralCausalModel(
            name="small",
            periods_per_year=periods_per_year,
            equations=(
                Exogenous(variable=variable("weather")),
                Exogenous(variable=variable("flag"), default=Indicator("2020-02-01", "2020-04-01")),
                Exogenous(variable=variable("price"), default=Constant(3.0)),
                Linear(
                    variable=variable("sales", column="sales_t", plausible=(0.0, 50.0)),
                    parents=("weather", "flag", "price"),
                ),
            ),
        )

    return make


def test_the_bundled_data_hold_every_observed_and_exogenous_variable(bundled):
    scm = growth_transmission()
    assert list(bundled.data_vars) == [*scm.observed, *scm.exogenous]
    assert all(bundled[name].dims == ("time",) for name in bundled.data_vars)
    assert all(bundled[name].dtype == np.float64 for name in bundled.data_vars)
    assert bundled["time"].dtype == "datetime64[ns]"
    assert bundled["time"].to_numpy()[[0, -1]].astype("datetime64[D]").tolist() == [
        pd.Timestamp("2005-01-01").date(),
        pd.Timestamp("2026-01-01").date(),
    ]


def test_attributes_can_be_written_to_a_netcdf_file(bundled, tmp_path):
    bundled.to_netcdf(tmp_path / "data.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "data.nc", engine="h5netcdf") as read:
        xr.testing.assert_equal(read.load(), bundled)
        assert read.attrs["freq"] == "Q"
        assert read.attrs["periods_per_year"] == 4
        assert read["gdp_growth"].attrs["unit"] == "% a quarter, log change"


def test_the_bundled_series_are_the_columns_of_the_committed_files(bundled):
    series = pd.read_csv(data_path("russia_quarterly.csv"))
    measures = pd.read_csv(data_path("measures.csv"), index_col="quarter")
    np.testing.assert_array_equal(bundled["inflation"], series["inflation_pct"])
    np.testing.assert_array_equal(bundled["energy"], measures.loc[series["quarter"], "energy"])


def test_coverage_counts_values_and_holes(small, table):
    text = "quarter,sales_t,weather\n2019Q4,,0\n2020Q1,1,0\n2020Q2,,0\n2020Q3,2,0\n2020Q4,,0\n"
    observations = load_observations(table(text), scm=small())
    row = coverage(observations, small()).loc["sales"]
    assert row.tolist() == ["2020Q1", "2020Q3", 2, 1]


def test_coverage_of_a_series_without_data_is_empty(table):
    scm = growth_transmission()
    observations = load_observations(table("quarter,gdp_growth\n2020Q1,1\n2020Q2,2\n"))
    assert coverage(observations, scm).loc["credit_growth"].tolist() == ["", "", 0, 0]


def test_absent_columns_are_all_missing_and_said_once(table, caplog):
    with caplog.at_level(logging.INFO, "sanctions_model"):
        observations = load_observations(table("quarter,gdp_growth\n2020Q1,1\n2020Q2,2\n"))
    assert np.isnan(observations["inflation"]).all()
    said = [record.message for record in caplog.records if "not observed" in record.message]
    assert len(said) == 1
    assert "inflation_pct" in said[0]
    assert "gdp_growth" not in said[0]


def test_a_column_may_bear_the_variables_name_or_its_columns_name(small, table):
    by_name = load_observations(table("quarter,sales,weather\n2020Q1,1,2\n"), scm=small())
    by_column = load_observations(table("quarter,sales_t,weather\n2020Q1,1,2\n"), scm=small())
    xr.testing.assert_identical(by_name.drop_attrs(deep=False), by_column.drop_attrs(deep=False))


def test_defaults_fill_absent_exogenous_columns(small, table):
    text = "month,sales,weather\n2020-01,1,2\n2020-02,1,2\n2020-03,1,2\n2020-04,1,2\n2020-05,1,2\n"
    observations = load_observations(table(text), scm=small(12))
    assert observations["price"].to_numpy().tolist() == [3.0] * 5
    assert observations["flag"].to_numpy().tolist() == [0, 1, 1, 1, 0]


def test_a_given_exogenous_column_goes_before_its_default(small, table):
    text = "quarter,sales,weather,price\n2020Q1,1,2,7\n"
    assert load_observations(table(text), scm=small())["price"].item() == 7


def test_monthly_data_get_the_monthly_model_and_measures_of_their_months(table):
    text = "month,inflation\n2022-01,0.9\n2022-02,1.1\n2022-03,7.3\n"
    observations = load_observations(table(text))
    assert (observations.attrs["freq"], observations.attrs["periods_per_year"]) == ("M", 12)
    months = pd.period_range("2022-01", "2022-03", freq="M")
    expected = intensities(load_rule(), load_events(), months)
    for name in MEASURES:
        np.testing.assert_array_equal(observations[name], expected[name])
    assert observations["war"].to_numpy().tolist() == [1, 1, 1]
    assert "sanctions_events.csv" in observations.attrs["source"]


@pytest.mark.parametrize(
    ("labels", "freq", "first"),
    [
        (("2014Q1", "2014Q2", "2014Q3"), "Q", "2014-01-01"),
        (("2014-Q4", "2015-Q1", "2015-Q2"), "Q", "2014-10-01"),
        (("2014-03-31", "2014-06-30", "2014-09-30"), "Q", "2014-01-01"),
        (("2014-02-15", "2014-05-15", "2014-08-15"), "Q", "2014-01-01"),
        (("2014-11", "2014-12", "2015-01"), "M", "2014-11-01"),
        (("2014-11-30", "2014-12-31", "2015-01-31"), "M", "2014-11-01"),
        (("2015Q3", "2015Q2", "2015Q1"), "Q", "2015-01-01"),
    ],
)
def test_periods_are_read_from_their_labels(table, labels, freq, first):
    rows = "".join(f"{label},{k}\n" for k, label in enumerate(labels))
    observations = load_observations(table(f"when,gdp_growth\n{rows}"))
    assert observations.attrs["freq"] == freq
    assert observations["time"].to_numpy()[0] == np.datetime64(first)


def test_rows_in_reverse_order_keep_their_values(table):
    path = table("quarter,gdp_growth\n2015Q2,2\n2015Q1,1\n")
    assert load_observations(path)["gdp_growth"].to_numpy().tolist() == [1, 2]


def test_the_periods_may_stand_in_another_column(table):
    observations = load_observations(table("gdp_growth,date\n1,2015-01-01\n2,2015-04-01\n"))
    assert observations["gdp_growth"].to_numpy().tolist() == [1, 2]


def test_an_unknown_column_is_ignored_and_the_nearest_name_offered(table, caplog):
    path = table("quarter,gdp_growth,key-rate\n2015Q1,1,5\n2015Q2,2,5\n")
    with caplog.at_level(logging.INFO, "sanctions_model"):
        load_observations(path)
    (said,) = [r.message for r in caplog.records if "unknown" in r.message]
    assert "ignored unknown columns: key-rate." in said
    assert "Did you mean 'key_rate'" in said


def test_the_hash_follows_the_content_not_the_name(table):
    one = load_observations(table("quarter,gdp_growth\n2015Q1,1\n2015Q2,2\n", "a.csv"))
    same = load_observations(table("quarter,gdp_growth\n2015Q1,1\n2015Q2,2\n", "b.csv"))
    other = load_observations(table("quarter,gdp_growth\n2015Q1,1\n2015Q2,3\n", "c.csv"))
    assert one.attrs["data_sha256"] == same.attrs["data_sha256"] != other.attrs["data_sha256"]
    assert len(one.attrs["data_sha256"]) == 64


HEAD = "quarter,gdp_growth\n"

REFUSED = {
    "an_empty_file": ("", "is empty; expected a header line"),
    "a_header_without_rows": (HEAD, "has no rows below the header"),
    "one_column": ("quarter\n2015Q1\n", "has one column, expected periods"),
    "points_and_commas": (
        "quarter;gdp_growth;war\n2015Q1;1,5;0.5\n",
        "has '1,5' and '0.5'; expected decimal points or decimal commas",
    ),
    "a_column_twice": ("quarter,war,war\n2015Q1,1,1\n", "column 'war' more than once"),
    "a_line_that_is_too_long": (HEAD + "2015Q1,1\n2015Q2,1,5\n", "not a CSV table"),
    "annual_labels": ("year,gdp_growth\n2014,1\n2015,2\n", "are annual"),
    "annual_dates": ("date,gdp_growth\n2014-12-31,1\n2015-12-31,2\n", "are annual"),
    "half_years": ("date,gdp_growth\n2014-06-30,1\n2014-12-31,2\n", "are 6 months apart"),
    "weeks": (
        "date,gdp_growth\n2015-01-05,1\n2015-01-12,2\n2015-01-19,2\n",
        "are shorter than a month",
    ),
    "one_date": ("date,gdp_growth\n2015-01-01,1\n", "has one row, '2015-01-01'"),
    "no_period": (HEAD + "first,1\nsecond,2\n", "Row 2 of .* has the period 'first'"),
    "a_month_13": (HEAD + "2015-12,1\n2015-13,2\n", "Row 3 of .* has the period '2015-13'"),
    "a_period_twice": (HEAD + "2015Q1,1\n2015Q2,1\n2015Q2,2\n", "period 2015Q2 more than once"),
    "only_one_month_twice": (HEAD + "2015-01,1\n2015-01,1\n", "period 2015-01 more than once"),
    "a_missing_period": (HEAD + "2015Q1,1\n2015Q2,1\n2015Q4,2\n", "lacks 1 .* the first 2015Q3"),
    "a_date_out_of_step": (
        HEAD + "2015-01-01,1\n2015-04-01,1\n2015-07-01,1\n2015-11-01,1\n",
        "irregular: '2015-11-01' is out of step",
    ),
    "text_for_a_number": (
        HEAD + "2015Q1,1\n2015Q2,none\n",
        r"Row 3 \(2015Q2\), column 'gdp_growth' of .* has 'none'",
    ),
    "a_decimal_comma": (HEAD + '2015Q1,"1,5"\n', "has '1,5'; expected a number with a decimal"),
    "an_infinity": (HEAD + "2015Q1,1\n2015Q2,-inf\n", "'gdp_growth_pct' .* is infinite in 2015Q2"),
    "an_index_for_a_growth_rate": (
        HEAD + "2015Q1,101.5\n",
        r"'gdp_growth_pct' of .* is 101\.5 in 2015Q1; .* it looks like another unit",
    ),
    "a_measure_above_2": (
        "quarter,gdp_growth,trade\n2015Q1,1,2.5\n",
        r"'trade' of .* is 2\.5 in 2015Q1; expected 0 to 2",
    ),
    "a_measure_below_0": (
        "quarter,gdp_growth,trade\n2015Q1,1,-0.1\n",
        r"'trade' of .* is -0\.1 in 2015Q1; expected 0 to 2",
    ),
    "an_exogenous_hole": (
        "quarter,gdp_growth,trade\n2015Q1,1,\n",
        "exogenous variable 'trade' of .* has no value in 2015Q1",
    ),
    "a_variable_twice": (
        "quarter,gdp_growth,gdp_growth_pct\n2015Q1,1,1\n",
        "gives 'gdp_growth' twice, as 'gdp_growth_pct' and 'gdp_growth'",
    ),
    "none_of_the_series": (
        "quarter,temperature\n2015Q1,1\n",
        "has none of the model's series, but 'temperature'; .* or give a mapping",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_table_is_refused_in_one_line(table, case):
    text, message = REFUSED[case]
    with pytest.raises(ObservationError, match=message) as refusal:
        load_observations(table(text))
    assert "\n" not in str(refusal.value)
    assert "mine.csv" in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ObservationError, match=r"Cannot read the data file .*none\.csv"):
        load_observations(tmp_path / "none.csv")


def test_a_frequency_other_than_the_models_is_refused(table):
    path = table("month,gdp_growth\n2015-01,1\n2015-02,1\n")
    with pytest.raises(ObservationError, match=r"12 periods a year, but the model is made for 4"):
        load_observations(path, scm=growth_transmission(4))


def test_an_exogenous_variable_without_default_must_be_in_the_table(small, table):
    with pytest.raises(
        ObservationError, match="exogenous variable 'weather', which has no default"
    ):
        load_observations(table("quarter,sales\n2020Q1,1\n"), scm=small())


def test_a_byte_order_mark_and_spaces_do_no_harm(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("quarter, gdp_growth\n2015Q1, 1.5 \n", encoding="utf-8-sig")
    assert load_observations(path)["gdp_growth"].item() == 1.5


def hand_made(**changes):
    time = np.array(["2020-01-01", "2020-04-01"], dtype="datetime64[ns]")
    names = ("sales", "weather", "flag", "price")
    values = {name: ("time", np.array([1.0, 2.0])) for name in names}
    attrs = {"freq": "Q", "periods_per_year": 4}
    return xr.Dataset(values | changes, coords={"time": time}, attrs=attrs)


def test_a_dataset_made_by_hand_passes(small):
    validate_observations(hand_made(), small())


def test_a_dataset_with_implausible_values_is_refused(small):
    wrong = hand_made(sales=("time", np.array([1.0, 51.0])))
    with pytest.raises(
        ObservationError, match=r"'sales_t' of the Dataset is 51 in 2020Q2; .*tonnes"
    ):
        validate_observations(wrong, small())


def test_a_dataset_without_a_variable_is_refused(small):
    with pytest.raises(ObservationError, match="has no variable 'weather'"):
        validate_observations(hand_made().drop_vars("weather"), small())


def test_a_dataset_of_whole_numbers_is_taken_and_text_is_not(small):
    validate_observations(hand_made(sales=("time", np.array([1, 2]))), small())
    with pytest.raises(ObservationError, match=r"expected dims .* and float64"):
        validate_observations(hand_made(sales=("time", np.array(["1", "2"]))), small())


def test_a_dataset_without_frequency_has_that_of_the_model(small):
    validate_observations(hand_made().drop_attrs(), small())
    with pytest.raises(ObservationError, match="attribute freq = 'A'; expected 'Q'"):
        validate_observations(hand_made().assign_attrs(freq="A"), small())


def test_a_dataset_whose_periods_per_year_contradict_its_frequency_is_refused(small):
    with pytest.raises(ObservationError, match="periods_per_year = 12; expected 4"):
        validate_observations(hand_made().assign_attrs(periods_per_year=12), small())


def test_a_dataset_with_last_days_of_periods_is_refused(small):
    last_days = np.array(["2020-03-31", "2020-06-30"], dtype="datetime64[ns]")
    with pytest.raises(ObservationError, match="expected such as 2020-01-01 for 2020Q1"):
        validate_observations(hand_made().assign_coords(time=last_days), small())


def test_a_dataset_with_a_gap_is_refused(small):
    gap = np.array(["2020-01-01", "2020-07-01"], dtype="datetime64[ns]")
    with pytest.raises(ObservationError, match="lacks 1 of its periods, the first 2020Q2"):
        validate_observations(hand_made().assign_coords(time=gap), small())


def test_a_dataset_out_of_order_is_refused(small):
    with pytest.raises(ObservationError, match="not in order"):
        validate_observations(hand_made().isel(time=[1, 0]), small())


def test_a_dataset_without_time_is_refused(small):
    with pytest.raises(ObservationError, match="no coordinate 'time' of dates"):
        validate_observations(hand_made().drop_vars("time"), small())


def test_percentages_given_as_fractions_are_refused(tmp_path):
    rows = [f"20{10 + i // 4}Q{i % 4 + 1},{0.16 + 0.01 * (i % 3)}" for i in range(12)]
    path = tmp_path / "fractions.csv"
    path.write_text("\n".join(["quarter,key_rate_pct_pa", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(ObservationError, match="looks like fractions, multiply by 100"):
        load_observations(path)


@pytest.mark.parametrize("name", growth_transmission().observed)
def test_no_series_passes_as_fractions(tmp_path, name):
    column = growth_transmission().variables[name].column
    table = pd.read_csv(data_path("russia_quarterly.csv"))[["quarter", column]]
    table[column] /= 100
    table.to_csv(tmp_path / "fractions.csv", index=False)
    with pytest.raises(ObservationError, match="looks like fractions, multiply by 100"):
        load_observations(tmp_path / "fractions.csv")


@pytest.mark.parametrize(
    "label", [lambda q: f"Q{q.quarter} {q.year}", lambda q: q.start_time.strftime("%d.%m.%Y")]
)
def test_periods_of_a_table_may_be_written_as_people_do(tmp_path, label):
    table = pd.read_csv(data_path("russia_quarterly.csv"))[["quarter", "key_rate_pct_pa"]]
    expected = load_observations(scm=growth_transmission())["key_rate"]
    table["quarter"] = [label(pd.Period(q, freq="Q")) for q in table["quarter"]]
    table.to_csv(tmp_path / "mine.csv", index=False)
    xr.testing.assert_equal(load_observations(tmp_path / "mine.csv")["key_rate"], expected)


def test_a_date_that_does_not_exist_is_refused(tmp_path):
    text = "date,key_rate_pct_pa\n2014-01-31,5\n2014-02-29,6\n"
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ObservationError, match=r"Row 3 of mine.csv .* that month has no day 29"):
        load_observations(tmp_path / "mine.csv")
