"""By, in, through and on average over are told apart by a path that touches and leaves."""

import numpy as np
import pytest
import xarray as xr

from sanctions_model.errors import QuestionError
from sanctions_model.queries.reading.windows import Window
from sanctions_model.queries.required import Target
from sanctions_model.scenarios.statements import Statement

TOUCHES = np.array([9.0, 3.5, 4.5, 9.0, 3.0, 3.0, 3.5, 4.2])
FOUR = {
    "by 8": True,
    "by 1": False,
    "in 2": True,
    "in 8": False,
    "through 5-7": True,
    "through 5-8": False,
    "through 2-3": False,
    "on average over 2-3": True,
    "on average over 3-4": False,
    "on average over 5-8": True,
}


@pytest.mark.parametrize(("when", "expected"), FOUR.items())
def test_a_path_that_touches_and_leaves_tells_the_words_apart(when, expected):
    assert bool(Window.parse(when).met(TOUCHES, 4.0, below=True)) is expected
    target = Target(outcome="y", value=4.0, below=True, when=when, probability=0.5)
    assert bool(target.met(TOUCHES)) is expected
    said = Statement.parse(f"y <= 4 {when}", start="2026-01-01")
    result = xr.Dataset(
        {"path": (("outcome", "horizon", "chain", "draw"), TOUCHES[None, :, None, None])},
        coords={"outcome": ["y"]},
    )
    assert bool(said.holds(result)) is expected
    assert bool(said.complement.holds(result)) is not expected


def test_through_is_no_likelier_than_in_and_in_no_likelier_than_by():
    paths = np.random.default_rng(1).normal(size=(8, 500)).cumsum(axis=0)
    through, inside, by = (
        Window.parse(when).met(paths, 0.3, below=True) for when in ("through 5-8", "in 8", "by 8")
    )
    assert (through <= inside).all()
    assert (inside <= by).all()
    assert through.mean() < inside.mean() < by.mean()


@pytest.mark.parametrize("when", ["through 5-5", "on average over 5 to 5"])
def test_a_window_that_names_a_period_twice_is_that_period(when):
    with pytest.raises(QuestionError, match="names one period twice; write 'in 5'"):
        Window.parse(when)


@pytest.mark.parametrize(
    "when",
    ["by by 8", "in 8 by 9", "by 8 in 8", "in 8 8", "through 5-6-7", "in 8 against status quo"],
)
def test_a_statement_takes_one_word_and_its_periods(when):
    with pytest.raises(QuestionError, match="Cannot read"):
        Statement.parse(f"y <= 4 {when}", start="2026-01-01")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("in 8", "in quarter 8"),
        ("by 8", "at some point within 8 quarters"),
        ("by 1", "at some point within 1 quarter"),
        ("through 5 to 8", "in every quarter from 5 to 8"),
        ("on average  over 5-8", "on average over quarters 5 to 8"),
    ],
)
def test_a_window_says_itself_in_words_and_is_read_back(when, words):
    read = Window.parse(when)
    assert read.words("quarter") == words
    assert Window.parse(str(read)) == read


def test_a_statement_takes_periods_by_their_dates():
    said = Statement.parse("y <= 4 through 2027Q1-2027Q4", start="2026-01-01")
    assert said.when == Window("through", 4, 7)
    assert said.when.words() == "in every period from 4 to 7"
    assert str(said) == "y <= 4 through 2027Q1-2027Q4"
    assert str(said.complement) == "not (y <= 4 through 2027Q1-2027Q4)"


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        *((f"in {form}", 7, 7) for form in ("2027Q4", "2027-Q4", "q4 2027", "2027M11", "2027-11")),
        *((f"in {form}", 7, 7) for form in ("2027-11-05", "13.10.2027", "7")),
        ("by 2027", 1, 7),
        ("through 2027-2028", 4, 11),
        ("through Q1 2027 to Q4 2027", 4, 7),
        ("on average over 2027-01-2027-12", 4, 7),
        ("on average over 13.01.2027 - 13.12.2027", 4, 7),
    ],
)
def test_a_statement_reads_periods_as_a_table_does(when, first, last):
    said = Statement.parse(f"y <= 4 {when}", start="2026-01-01")
    assert (said.when.first, said.when.last) == (first, last)


def test_a_statement_about_months_may_name_the_quarters_they_fill():
    said = Statement.parse("y <= 4 through 2027Q1-2027Q2", start="2026-12-01", periods_per_year=12)
    assert (said.when.first, said.when.last) == (1, 6)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("in 2027", "2027 has several periods; name one of them, as in 2027Q4"),
        ("by 01.10.2027", "could be day.month or month.day; write it as 2027-10-01"),
        ("by 2027-13", "has the month 13"),
        ("by 2020", "in the past"),
    ],
)
def test_a_statement_refuses_what_could_be_several_periods_or_none(when, message):
    with pytest.raises(QuestionError, match=message):
        Statement.parse(f"y <= 4 {when}", start="2026-01-01")


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("% a year (100 dlog)", 100 * np.log(1.04), True),
        ("% a year, log change", 3.95, False),
        ("% a year", 3.95, True),
        ("% (100 log points)", 100 * np.log(1.04) + 1e-6, False),
    ],
)
def test_four_percent_is_a_hundred_log_of_1_04_where_the_series_is_in_log_points(
    unit, value, expected
):
    target = Target(outcome="y", value=4.0 + 1e-12, below=True, when="in 1", probability=0.5)
    assert bool(target.met(np.array([value]), unit)) is expected
    result = xr.Dataset(
        {"path": (("outcome", "horizon", "chain", "draw"), np.full((1, 1, 1, 1), value))},
        coords={"outcome": ["y"], "unit": ("outcome", [unit])},
    )
    said = Statement(outcome="y", value=4.0 + 1e-12, below=True, when=Window.parse("in 1"))
    assert bool(said.holds(result)) is expected


def test_an_effect_on_a_rate_of_log_growth_is_a_difference_of_percents():
    effect, path = -5.0, 15.0  # exp(0.15) less exp(0.20): 5.96 percentage points
    result = xr.Dataset(
        {
            name: (("outcome", "horizon", "chain", "draw"), np.full((1, 1, 1, 1), value))
            for name, value in (("path", path), ("effect", effect))
        },
        coords={"outcome": ["y"], "unit": ("outcome", ["% a year (100 dlog)"])},
    )
    gap = 100 * (np.exp(0.20) - np.exp(0.15))
    for value, expected in ((-gap + 0.01, True), (-gap - 0.01, False)):
        said = Statement.parse(f"y <= {value} against status quo in 1", start="2026-01-01")
        assert bool(said.holds(result)) is expected


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("within 8", "Cannot read 'within 8'; write when as 'in 8', 'by 8'"),
        ("by 5-8", "'by' takes one period, as in 'by 8'"),
        ("through 8", "'through' takes two periods, as in 'through 5-8'"),
        ("through 8-5", "Periods 8 to 5 run backwards"),
        ("in 0", "periods count from 1"),
        ("by 2027Q1", "'2027Q1' is no number of periods"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused_in_a_line(when, message):
    with pytest.raises(QuestionError, match=message) as refusal:
        Target(outcome="y", value=1.0, below=True, when=when, probability=0.5)
    assert "\n" not in str(refusal.value)


def test_tables_for_readers_are_in_percent_computed_as_percent(growth_problem):
    """A rouble 80 log points down is down by 55 %; two halves of that are 27.5 % each."""
    from sanctions_model.report.dated import dated_view
    from sanctions_model.report.views import summary_table

    scm, size = growth_problem.scm, (2, 3, 1, 50)
    values = np.full(size, -80.0)
    array = xr.DataArray(
        values,
        dims=("outcome", "horizon", "chain", "draw"),
        coords={"outcome": ["rouble", "inflation_yoy"], "horizon": [1, 2, 3]},
    )
    fall = 100 * (np.exp(-0.8) - 1)
    halves = xr.concat([0.0 * array, array / 2, array / 2], dim="part").assign_coords(
        part=["base", "oil", "war"]
    )
    parts = halves.transpose("outcome", "part", ...)
    table = summary_table({"path": array, "effect": array, "contribution": parts}, scm)
    medians = table.groupby(["quantity", "outcome"])["median"].first()
    assert medians["path", "rouble"] == medians["effect", "rouble"] == pytest.approx(fall)
    assert medians["path", "inflation_yoy"] == pytest.approx(fall)
    # A difference of two rates is no rate.
    assert medians["effect", "inflation_yoy"] == -80.0
    own = table[(table["quantity"] == "contribution") & (table["part"] == "oil")]
    np.testing.assert_allclose(own["median"], fall / 2)
    shown = dated_view(array.rename("path"), scm).table.set_index("outcome")
    assert shown.loc["rouble against the dollar, %"].iloc[0].startswith("-55.1")
