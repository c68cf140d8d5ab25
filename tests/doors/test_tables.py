"""Tables in memory and of a spreadsheet, Datasets, and what a fit's file says of itself, spoilt."""

import io
import json
import pathlib
from datetime import datetime

import h5py
import hostile
import laboratory
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laboratory import MODEL, PRIORS
from saved_fits import fit_of

import sanctions_model as sm
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import sample_prior_predictive

GROWTH = sm.growth_transmission()
COLUMNS = ["inflation_pct", "gdp_growth_pct", "key_rate_pct_pa"]
TABLE = pd.DataFrame(
    {"quarter": [f"{year}Q{quarter}" for year in range(2014, 2020) for quarter in (1, 2, 3, 4)]}
    | {name: np.linspace(1.0, 4.0, 24).round(2) + shift for shift, name in enumerate(COLUMNS)}
)
NO_CELL = ("ten", "inf", "-inf", "1e400", "1,5x", "0x10", "#DIV/0!", "{}", True, False)
NO_CELL += (datetime(2015, 1, 1), float("inf"))
NO_PERIOD = ("soon", "2015Q5", "2015-13-01", 20.5, True, -1, "1 2")
IN_MEMORY = (1j, [1], {"a": 1}, b"1", object(), np.datetime64("2020-01-01"), 10**400)


def as_sheet(table):
    content = io.BytesIO()
    table.to_excel(content, index=False)
    return content.getvalue()


SHEET = as_sheet(TABLE)  # made once: a spreadsheet bears its date


def observed(table):
    return sm.load_observations(table, scm=GROWTH)


def with_cell(row, column, wrong):
    return (
        TABLE.astype(object)
        .map(lambda value: value)
        .assign(
            **{column: [wrong if at == row else value for at, value in enumerate(TABLE[column])]}
        )
    )


CELLS = st.one_of(
    st.builds(
        with_cell,
        st.integers(0, 23),
        st.sampled_from(COLUMNS),
        st.sampled_from(NO_CELL),
    ),
    st.builds(with_cell, st.integers(0, 23), st.just("quarter"), st.sampled_from(NO_PERIOD)),
)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    """A spreadsheet of this test that is written over and over."""
    return tmp_path_factory.mktemp("sheets") / "mine.xlsx"


def test_the_table_is_one(sheet):
    TABLE.to_excel(sheet, index=False)
    assert hostile.answer(observed, sheet) is not None
    assert hostile.answer(observed, TABLE) is not None


@given(table=CELLS)
@hostile.searched(15)
def test_no_spreadsheet_takes_a_cell_of_a_wrong_kind(sheet, table):
    table.to_excel(sheet, index=False)
    hostile.must_refuse(observed, sheet)


@given(data=st.data())
@hostile.searched(40)
def test_no_frame_takes_a_cell_of_a_wrong_kind(data):
    one = st.builds(
        with_cell, st.integers(0, 23), st.sampled_from(COLUMNS), st.sampled_from(IN_MEMORY)
    )
    hostile.must_refuse(observed, data.draw(CELLS | one))


FRAMES = {
    "empty": pd.DataFrame(),
    "no rows": TABLE.iloc[:0],
    "no columns": TABLE[[]],
    "periods twice": TABLE.iloc[[0, 0, *range(1, 24)]],
    "a column twice": TABLE[["quarter", "inflation_pct", "inflation_pct"]],
    "columns of two levels": TABLE.set_axis(
        pd.MultiIndex.from_product([["a"], TABLE.columns]), axis=1
    ),
    "numbers as names": TABLE.set_axis(range(4), axis=1),
    "all text": TABLE.astype(str).assign(inflation_pct="ten"),
    "a hole of periods": TABLE.drop(index=[5, 6]),
    "a Series": TABLE["inflation_pct"],
    "a list": [1, 2, 3],
    "nothing at all": object(),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_no_frame_of_another_form_is_taken(kind):
    hostile.must_refuse(observed, FRAMES[kind])


@given(data=st.data())
@hostile.searched(15)
def test_a_damaged_spreadsheet_is_read_or_refused_in_one_line(sheet, data):
    sheet.write_bytes(data.draw(hostile.damaged(SHEET)))
    hostile.answer(observed, sheet)


# Datasets made by hand

DATA = laboratory.observe(laboratory.draw_truth(2), 3)
TIMES = DATA["time"].to_numpy()
SERIES = sorted(map(str, DATA.data_vars))
VALUES = {
    "text": lambda a: a.astype(str),
    "booleans": lambda a: a > 0,
    "complex numbers": lambda a: a.astype(complex),
    "objects": lambda a: a.astype(object).where(a > 0, "ten"),
    "dates": lambda a: a.copy(data=np.resize(TIMES, a.shape)),
    "infinite": lambda a: a.where(np.arange(a.size) != 3, np.inf),
    "another dim": lambda a: a.expand_dims({"country": ["a", "b"]}),
    "no dim": lambda a: a.mean(),
}
TIME = {
    "text": [str(day) for day in TIMES],
    "numbers": list(range(TIMES.size)),
    "not a date": [*TIMES[:2], np.datetime64("NaT", "ns"), *TIMES[3:]],
    "twice": TIMES[[0, 1, 1, *range(3, TIMES.size)]],
    "days later": TIMES + np.timedelta64(4, "D"),
    "backwards": TIMES[::-1],
}
DATASETS = {
    "problem": lambda data: Problem.of(MODEL, data, PRIORS),
    "prior": lambda data: sample_prior_predictive(MODEL, data, PRIORS, draws=2),
}


@pytest.mark.parametrize("door", DATASETS)
@given(name=st.sampled_from(SERIES), kind=st.sampled_from(sorted(VALUES)))
@hostile.searched(20)
def test_no_dataset_takes_values_of_a_wrong_kind(door, name, kind):
    hostile.must_refuse(DATASETS[door], DATA.assign({name: VALUES[kind](DATA[name])}))


@pytest.mark.parametrize("door", DATASETS)
@pytest.mark.parametrize("kind", TIME)
def test_no_dataset_takes_other_dates(door, kind):
    hostile.must_refuse(DATASETS[door], DATA.assign_coords(time=TIME[kind]))


@pytest.mark.parametrize("door", DATASETS)
@pytest.mark.parametrize("wrong", [None, 1, "text", [1], {"a": 1}, DATA["weather"], pd.DataFrame()])
def test_what_is_no_dataset_is_refused(door, wrong):
    hostile.must_refuse(DATASETS[door], wrong)


# What a fit's file and its folder say of themselves


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A fit's file, what it says of itself, and its draws."""
    folder = tmp_path_factory.mktemp("described") / "fit"
    draws = fit_of(sm.load_priors(economy="growth"), folder, 1).draws
    path = folder / "posterior.nc"
    with h5py.File(path) as file:
        return path, json.loads(file.attrs["sanctions_model"]), draws


def leaves(content, path=()):
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))


WRONG = (None, True, "text", -1, 10**30, 1.5, [], {}, [1, "a"], {"a": 1}, float("nan"), "\u202e")


@given(data=st.data())
@hostile.searched(8)
def test_no_description_of_a_fit_can_be_changed(stored, data):
    path, described, _ = stored
    place = data.draw(st.sampled_from(list(leaves(described))))
    wrong = hostile.replaced(described, place, data.draw(st.sampled_from(WRONG)))
    if wrong == described:
        return
    with h5py.File(path, "r+") as file:
        file.attrs["sanctions_model"] = json.dumps(wrong)
    hostile.must_refuse(sm.load, path)


@pytest.mark.parametrize(
    "text",
    ["", "[" * 20_000, "null", "[1]", "1" * 5000, '"a"', "{}", '{"format_version": 1}'],
)
def test_no_description_of_another_form_is_taken(stored, text):
    with h5py.File(stored[0], "r+") as file:
        file.attrs["sanctions_model"] = text
    hostile.must_refuse(sm.load, stored[0])


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("spec", "equations", 30, "variable", "column"), [1, "a"]),
        (("spec", "equations", 8, "variable", "unit"), -1),
        (("manifest",), -1),
    ],
)
def test_what_a_changed_description_broke_is_said_in_our_words(stored, place, wrong):
    path, described, _ = stored
    with h5py.File(path, "r+") as file:
        file.attrs["sanctions_model"] = json.dumps(hostile.replaced(described, place, wrong))
    hostile.must_refuse(sm.load, path)


@pytest.mark.parametrize("door", [sm.load_observations, sm.load_priors, sm.data.load_mapping])
def test_a_file_without_an_end_is_refused(door):
    if not pathlib.Path("/dev/zero").exists():
        pytest.skip("no device without an end here")
    with pytest.raises(sm.errors.SanctionsModelError, match="it holds more than 64 MB"):
        door("/dev/zero")
