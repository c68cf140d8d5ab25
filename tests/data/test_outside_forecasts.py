"""The table of other people's forecasts: what it holds, and what is refused."""

import pandas as pd
import pytest

from sanctions_model.data.bundled import data_path
from sanctions_model.data.outside_forecasts import load_outside_forecasts, newest_forecasts
from sanctions_model.errors import ObservationError


def test_the_newest_word_of_each_is_taken_and_none_later_than_asked():
    table = load_outside_forecasts()
    newest = newest_forecasts(table)
    keys = ["forecaster", "variable", "year"]
    assert not newest.duplicated(keys).any()
    for row in newest.itertuples():
        own = table[(table[keys] == [row.forecaster, row.variable, row.year]).all(axis=1)]
        assert row.published == max(own["published"])
    before = newest_forecasts(table, before="2022-02-01")
    assert pd.to_datetime(before["published"], format="mixed").max() < pd.Timestamp("2022-02-01")
    bank = before[(before["variable"] == "gdp_growth") & (before["year"] == 2022)]
    assert (bank["high"] > 1).all()  # nobody foresaw that year's fall


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("forecaster", "pol", "row 2: forecaster 'pol', expected poll or bank_of_russia"),
        ("published", "soon", "row 2: published 'soon', expected a month or a date"),
        ("low", 99.0, "row 2: low '99.0', expected a number that is at most"),
        ("low", "many", "row 2: low 'many'"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path, column, value, said):
    table = pd.read_csv(data_path("outside_forecasts.csv")).astype(object)
    table.loc[0, column] = value
    table.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(ObservationError, match=said):
        load_outside_forecasts(tmp_path / "mine.csv")


def test_a_missing_column_and_a_missing_file_are_named(tmp_path):
    table = pd.read_csv(data_path("outside_forecasts.csv")).rename(columns={"low": "lows"})
    table.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(ObservationError, match=r"no column 'low'\. Did you mean 'lows'"):
        load_outside_forecasts(tmp_path / "mine.csv")
    with pytest.raises(ObservationError, match="cannot be read as a table"):
        load_outside_forecasts(tmp_path / "nowhere.csv")
