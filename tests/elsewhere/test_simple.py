"""Growth around liftings against plain loops over the panel's rows."""

from statistics import mean, median

import pytest

from sanctions_model.elsewhere import change_around, load_relief_data
from sanctions_model.errors import QuestionError


@pytest.mark.parametrize(("name", "years"), [("ZAF1991", 4), ("ERI2018", 2), ("IRN2016", 4)])
def test_a_change_is_that_of_plain_loops(name, years):
    data = load_relief_data()
    figures = {}
    for row in data.panel.itertuples():
        if row.gdp_growth == row.gdp_growth:
            figures.setdefault(row.year, {})[row.iso3] = row.gdp_growth
    episode = next(e for e in data.episodes if e.episode_id == name)
    beyond = {
        year: of[episode.iso3] - median(of.values())
        for year, of in figures.items()
        if episode.iso3 in of
    }
    lifted = episode.lift_year
    since = [beyond[y] for y in range(lifted, lifted + 4) if y in beyond]
    past = [beyond[y] for y in range(lifted - 3, lifted) if y in beyond]
    row = change_around().set_index("episode").loc[name]
    assert row["change"] == pytest.approx(mean(since) - mean(past))
    assert (row["years"], row["years_before"]) == (years, 3)


def test_endings_and_returns_are_told():
    table = change_around().set_index("episode")
    assert table.loc["IRQ2003", "ending"] == "war's end or intervention"
    assert table.loc["ZAF1991", "ending"].startswith("settlement")
    assert table.loc["IRN2016", "back"]  # in 2018, within the four years
    assert not change_around(after=2).set_index("episode").loc["IRN2016", "back"]
    assert table.loc["CUB2015", ["years", "years_before"]].tolist() == [0, 0]
    assert table["oil"].sum() == 15


def test_what_cannot_be_asked_is_told():
    with pytest.raises(QuestionError, match="Did you mean 'imports'"):
        change_around(outcome="import")
    with pytest.raises(QuestionError, match="0 years before"):
        change_around(before=0)
