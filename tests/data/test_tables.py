"""Tables as people keep them: whatever separates cells, in whatever encoding, or in memory."""

import io
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_model.data.observations import load_observations
from sanctions_model.data.tables import parse_table
from sanctions_model.errors import ObservationError

QUARTERS = [f"{year}Q{quarter}" for year in (2015, 2016, 2017) for quarter in (1, 2, 3, 4)]
FRAME = pd.DataFrame(
    {
        "quarter": QUARTERS,
        "inflation_pct": np.round(np.linspace(0.5, 4.0, 12), 2),
        "gdp_growth_pct": [1.5, np.nan, -2.25, *np.linspace(-1, 2, 9).round(2)],
    }
)


def as_excel(frame):
    buffer = io.BytesIO()
    frame.to_excel(buffer, index=False)
    return buffer.getvalue()


def dated(frame):
    first_days = pd.PeriodIndex(frame["quarter"], freq="Q").to_timestamp()
    return frame.assign(quarter=first_days)


def with_commas(frame):
    """Return the numbers as a spreadsheet of another country keeps them that took them for text."""
    text = frame.astype(object)
    text["inflation_pct"] = [
        None if pd.isna(value) else str(value).replace(".", ",") for value in frame["inflation_pct"]
    ]
    return text


FORMS = {
    "commas": FRAME.to_csv(index=False).encode(),
    "semicolons": FRAME.to_csv(index=False, sep=";").encode(),
    "decimal commas": FRAME.to_csv(index=False, sep=";", decimal=",").encode(),
    "tabs": FRAME.to_csv(index=False, sep="\t", decimal=",").encode(),
    "byte order mark": FRAME.to_csv(index=False, sep=";").encode("utf-8-sig"),
    "n/a": FRAME.to_csv(index=False, na_rep="n/a").encode(),
    "n/a in Russian": FRAME.to_csv(index=False, sep=";", na_rep="н/д").encode("cp1251"),
    "dots": FRAME.to_csv(index=False, na_rep="...").encode(),
    "dashes": FRAME.to_csv(index=False, na_rep="—").encode(),
    "two dots": FRAME.to_csv(index=False, na_rep="..").encode(),
    "na": FRAME.to_csv(index=False, na_rep="na").encode(),
    "minus of a printed page": FRAME.to_csv(index=False).replace("-", "\u2212").encode(),
    "minus before a decimal comma": FRAME.to_csv(index=False, sep=";", decimal=",")
    .replace("-", "\u2212")
    .encode(),
    "Unicode text": FRAME.to_csv(index=False, sep="\t", decimal=",").encode("utf-16"),
    "separator named above": ("sep=;\r\n" + FRAME.to_csv(index=False, sep=";")).encode(),
    "empty cells around": FRAME.to_csv(index=False).replace("\n", ",,\n").encode()
    + b",,,,\n,,,,\n",
    "XLSX": as_excel(FRAME),
    "XLSX with dates": as_excel(dated(FRAME)),
    "XLSX with decimal commas as text": as_excel(with_commas(FRAME)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_is_the_same_table(form):
    index, columns = parse_table(FORMS[form], "mine")
    assert [str(period) for period in index] == QUARTERS
    for name in ("inflation_pct", "gdp_growth_pct"):
        np.testing.assert_array_equal(columns[name].to_numpy(), FRAME[name].to_numpy())


def test_cyrillic_names_in_the_encoding_of_windows_are_read():
    text = "квартал;рост\n2015Q1;1,5\n2015Q2;2\n"
    _, columns = parse_table(text.encode("cp1251"), "mine")
    assert columns["рост"].tolist() == [1.5, 2.0]


@pytest.mark.parametrize("indexed", [False, True])
def test_a_dataframe_is_observed_as_its_file_is(tmp_path, indexed):
    FRAME.to_csv(tmp_path / "mine.csv", index=False)
    from_file = load_observations(tmp_path / "mine.csv")
    frame = FRAME
    if indexed:
        frame = FRAME.drop(columns="quarter").set_axis(pd.PeriodIndex(QUARTERS, freq="Q"))
    found = load_observations(frame)
    assert found.equals(from_file)
    assert found.attrs["source"].startswith("the DataFrame")


def test_dates_of_a_dataframe_are_the_quarters_that_hold_them():
    quarters = pd.PeriodIndex(QUARTERS, freq="Q")
    expected = load_observations(FRAME)
    for index in (
        quarters.to_timestamp(how="end"),
        quarters.to_timestamp().tz_localize("Europe/Moscow"),
        quarters.asfreq("Q-MAR"),  # of a business year: 2015Q1 is its 2015Q4
    ):
        frame = FRAME.drop(columns="quarter").set_axis(index)
        assert load_observations(frame).equals(expected)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (pd.period_range("2015Q1", periods=12, freq="Q-JAN"), "begins on 2014-02-01; expected"),
        (pd.MultiIndex.from_product([["a"], QUARTERS]), "rows of the DataFrame have 2 levels"),
    ],
)
def test_other_rows_of_a_dataframe_are_refused(index, words):
    with pytest.raises(ObservationError, match=words):
        load_observations(FRAME.drop(columns="quarter").set_axis(index))


def test_a_sheet_of_notes_is_named():
    book = io.BytesIO()
    with pd.ExcelWriter(book) as writer:
        pd.DataFrame({"notes": ["from the yearbook"]}).to_excel(
            writer, sheet_name="Notes", index=False
        )
        FRAME.to_excel(writer, sheet_name="Data")
    with pytest.raises(ObservationError, match=r"sheet 'Notes', the first of 2\) has one column"):
        parse_table(book.getvalue(), "mine")


def test_what_is_no_table_is_refused():
    with pytest.raises(ObservationError, match="mine has no figure in any column; fill it in"):
        parse_table(b"quarter,inflation_pct,trade\n2014Q1,,\n2014Q2,n/a,\n", "mine")
    with pytest.raises(ObservationError, match="Column 3 of mine has no name in the first row"):
        parse_table(b"\n,a title,\nquarter,inflation_pct,b\n2014Q1,1,2\n", "mine")
    with pytest.raises(ObservationError, match="mine is no text"):
        parse_table(bytes(range(128)), "mine")
    with pytest.raises(ObservationError, match="this is a dict; give the name of a CSV or XLSX"):
        load_observations({"quarter": QUARTERS})


@pytest.mark.parametrize("keep", [4, 100, 2000])
def test_a_cut_xlsx_file_is_refused_in_one_line(keep):
    with pytest.raises(ObservationError, match="cannot be read as an XLSX file") as refusal:
        parse_table(FORMS["XLSX"][:keep], "mine")
    assert "\n" not in str(refusal.value)


def with_formula(cell, cached):
    """Return a book whose B3 holds a formula, with what the spreadsheet kept of its result."""
    book, changed = io.BytesIO(as_excel(FRAME)), io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content, n = re.subn(rb'<c r="B3".*?</c>', cell % cached, content)
                assert n == 1
            new.writestr(name, content)
    return changed.getvalue()


NUMBER, TEXT = (b'<c r="B3"%s><f>1+1</f><v>%%s</v></c>' % kind for kind in (b"", b' t="str"'))


@pytest.mark.parametrize(
    ("cell", "cached", "read"),
    [(NUMBER, b"2", 2.0), (TEXT, b"", np.nan), (TEXT, b"n/a", np.nan), (NUMBER, b"", None)],
)
def test_a_formula_is_its_result_and_never_a_gap_that_nobody_meant(cell, cached, read):
    content = with_formula(cell, cached)
    if read is None:
        with pytest.raises(ObservationError, match="mine: B3 has a formula whose result was never"):
            parse_table(content, "mine")
        return
    _, columns = parse_table(content, "mine")
    np.testing.assert_equal(columns["inflation_pct"].iloc[1], read)


def test_a_formula_that_was_never_computed_is_refused_in_a_column_of_periods_too():
    frame = FRAME.assign(quarter=["=A1", *QUARTERS[1:]])
    with pytest.raises(ObservationError, match="A2 has a formula whose result was never"):
        parse_table(as_excel(frame), "mine")


ODD = ["", "1", "1,5", "1.5", "-3", "n/a", "1e400", "inf", "nan", "٣", "=1+1", "\x00"]
cells = st.one_of(st.sampled_from(ODD), st.text(max_size=6))
periods = st.sampled_from([*QUARTERS, "2015", "2015-01", "01.02.2015"])
labels = st.one_of(periods, st.text(max_size=8))
rows = st.lists(st.tuples(labels, cells, cells), max_size=8)


@settings(max_examples=300, deadline=None)
@given(rows, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_is_a_table_of_finite_or_missing_numbers_or_refused_in_one_line(
    given_rows, separator, encoding
):
    lines = [separator.join(("quarter", "a", "b")), *(separator.join(row) for row in given_rows)]
    content = "\n".join(lines).encode(encoding, errors="surrogatepass")
    _read_or_refused(content)


ends = st.binary(max_size=60).map(lambda content: FORMS["XLSX"][:4000] + content)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), ends))
def test_any_bytes_are_a_table_or_refused_in_one_line(content):
    _read_or_refused(content)


def _read_or_refused(content):
    said = ""
    try:
        index, columns = parse_table(content, "mine")
    except ObservationError as refusal:
        said = str(refusal)
    assert "\n" not in said
    if not said:
        assert index.is_monotonic_increasing
        assert not index.has_duplicates
        assert all(len(values) == len(index) for values in columns.values())
