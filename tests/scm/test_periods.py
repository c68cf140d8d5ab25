"""Periods as people write them: one reader, the same answers everywhere."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from sanctions_model.errors import QuestionError, SpecError
from sanctions_model.scm.periods import (
    is_day_first,
    periods_ahead,
    read_day,
    read_period,
    read_span,
    with_periods,
)
from sanctions_model.scm.variables import Indicator


@pytest.mark.parametrize(
    "text", ["2014Q1", "2014-Q1", "2014 Q1", "Q1 2014", "2014q1", " q1-2014 ", "2014  Q1"]
)
def test_a_quarter_may_be_written_in_many_ways(text):
    assert str(read_period(text, 4)) == "2014Q1"
    assert str(read_period(text, 12)) == "2014-01"
    assert str(read_period(text, 12, end=True)) == "2014-03"


@pytest.mark.parametrize("text", ["2014M10", "2014-10", "2014m10", "2014-M10", "2014 M10"])
def test_a_month_may_be_written_in_many_ways(text):
    assert str(read_period(text, 12)) == "2014-10"
    assert str(read_period(text, 4)) == "2014Q4"


@given(st.dates(dt.date(1800, 1, 1), dt.date(2200, 12, 31)))
def test_a_date_is_in_the_period_that_pandas_says_however_it_is_given(day):
    expected = [str(pd.Period(day, freq)) for freq in ("Q", "M")]
    for form in (day, day.isoformat(), f"{day.isoformat()}T00:00:00", np.datetime64(day)):
        assert [str(read_period(form, year)) for year in (4, 12)] == expected
    dotted = f"{day.day:02d}.{day.month:02d}.{day.year}"
    assert read_span(dotted, day_first=True) == read_span(day)
    if day.day > 12 or day.day == day.month:
        assert read_span(dotted) == read_span(day)
    else:
        with pytest.raises(QuestionError, match=r"could be day.month or month.day; write it as"):
            read_span(dotted)


def test_a_year_alone_runs_from_its_first_period_to_its_last():
    assert str(read_period("2023", 4)) == "2023Q1"
    assert str(read_period("2023", 4, end=True)) == "2023Q4"
    assert str(read_period("2023", 12, end=True)) == "2023-12"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("01.10.2022", "could be day.month or month.day; write it as 2022-10-01 or 2022-01-10"),
        ("2014-03-99", "is no date: that month has no day 99"),
        ("2014-02-29", "that month has no day 29"),
        ("0000Q1", "in the year 0; expected one from 1800 to 2200"),
        ("9999-01", "in the year 9999"),
        ("2014-13", "has the month 13; expected 1 to 12"),
        ("2014M0", "has the month 0"),
        ("2014Q5", "is no period; expected a quarter"),
        ("01.31.2014", "has the month 31"),
        ("01/10/2022", "is no period"),
        ("2014-1", "is no period"),
        ("10", "is no period"),
        ("", "is no period"),
        (None, "is no period"),
        ("x" * 500, "is no period"),
    ],
)
def test_what_is_no_period_or_could_be_two_is_refused_with_the_reason(text, reason):
    with pytest.raises(QuestionError, match=reason) as refusal:
        read_period(text, 4)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["01.01.2014", "01.04.2014", "01.07.2014"], True),
        (["31.01.2014", "28.02.2014"], True),
        (["01.10.2022"], False),
        (["01.01.2014", "02.02.2014"], False),
        (["2014Q1", "2014Q2"], False),
    ],
)
def test_a_column_says_where_the_day_stands_if_it_can(column, expected):
    assert is_day_first(column) is expected


def test_an_indicator_takes_periods_and_keeps_dates():
    found = Indicator("2014Q2", "2015")
    assert (found.start, found.end) == ("2014-04-01", "2015-12-01")
    assert read_day(dt.date(2014, 5, 17)) == "2014-05-17"
    with pytest.raises(QuestionError, match="is no period"):
        Indicator("soon")


def test_a_period_of_pandas_is_the_months_that_its_name_is():
    for freq, name in (("Q", "2014Q3"), ("M", "2014-05"), ("Y", "2014")):
        assert read_span(pd.Period(name, freq)) == read_span(name)


def test_what_comes_is_counted_from_the_last_known_period_and_what_was_is_refused():
    for ahead, name in enumerate(("2026Q1", "2026Q2", "2026Q3", "2026Q4", "2027Q1"), start=1):
        assert periods_ahead(name, "2025-10-01", 4) == ahead
    for past in ("2025Q4", "2025Q3", "2025Q1", "2014Q1"):
        with pytest.raises(QuestionError, match="is in the past"):
            periods_ahead(past, "2025-10-01", 4)


def test_an_indicator_ends_no_earlier_than_it_starts():
    same = Indicator("2014Q2", "2014-04")
    assert (same.start, same.end) == ("2014-04-01", "2014-04-01")
    with pytest.raises(SpecError, match="is 1 nowhere"):
        Indicator("2014Q2", "2014Q1")


def test_a_result_names_its_periods_where_it_knows_its_start():
    values = xr.DataArray([1.0, 2.0, 3.0], dims="horizon", coords={"horizon": [1, 4, 8]})
    assert "period" not in with_periods(values, 4).coords
    dated = with_periods(values.assign_attrs(start="2026-01-01"), 4)
    assert dated["period"].to_numpy().tolist() == ["2026Q2", "2027Q1", "2028Q1"]
    assert dated["period"].dims == ("horizon",)
