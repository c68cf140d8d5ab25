"""Episodes and panel: what is bundled, and what bad input is told in one line."""

import pandas as pd
import pytest

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere import (
    episodes_table,
    load_country_panel,
    load_episodes,
    load_relief_data,
    read_gsdb,
)
from sanctions_model.errors import ObservationError

EPISODES = pd.read_csv(data_path("relief_episodes.csv"), dtype=str, keep_default_na=False)
PANEL = pd.read_csv(data_path("country_panel.csv"), dtype=str, keep_default_na=False)


def written(table, folder, name="table.csv"):
    table.to_csv(folder / name, index=False)
    return folder / name


def changed(table, row, **cells):
    table = table.copy()
    for name, cell in cells.items():
        table.loc[row, name] = cell
    return table


def test_the_bundled_files_belong_together():
    data = load_relief_data()
    assert len(data.episodes) == 59
    assert sum(e.reimposed_year is not None for e in data.episodes) == 12
    assert {e.checked for e in data.episodes} == {"no", "EO 13716", "EO 13761", "UNSCR 1448"}
    assert data.panel["iso3"].nunique() == 165
    assert not data.panel.duplicated(["iso3", "year"]).any()


def test_episodes_come_back_from_their_table(tmp_path):
    episodes = load_episodes()
    assert load_episodes(written(episodes_table(episodes), tmp_path)) == episodes


def test_how_an_episode_ended():
    by_id = {episode.episode_id: episode for episode in load_episodes()}
    assert by_id["IRQ2003"].by_war
    assert by_id["IRQ2003"].by_regime_change
    assert not by_id["IRN2016"].by_war
    assert by_id["IRN2016"].instruments == ("trade", "financial", "travel")
    assert by_id["IRN2016"].senders == ("UN", "EU", "United States")


REFUSED_EPISODES = {
    "before its imposition": (
        {"lift_year": "1950", "lift_date": "1950"},
        "line 2 .DOM1962.*lifted in 1950, before",
    ),
    "a day of another year": (
        {"lift_date": "1999-01-01"},
        "lift_date is '1999-01-01' and lift_year",
    ),
    "no date": ({"lift_date": "soon"}, "expected a year, year-month or day of that year"),
    "before its lifting": ({"reimposed_year": "1961"}, "reimposed in 1961, before the lifting"),
    "another ending": ({"ended_how": "surrender"}, "ended_how.*got 'surrender'"),
    "a flag": ({"trade": "3"}, "trade.*got '3'"),
    "no instrument": ({"trade": "0", "arms": "0"}, "no instrument was lifted; expected"),
    "no year": ({"first_year": ""}, "first_year.*got ''"),
    "no sender": ({"senders": ""}, "senders"),
    "twice": ({"episode_id": "CHN1971"}, "'CHN1971' is there 2 times; keep one"),
}


@pytest.mark.parametrize(("cells", "message"), REFUSED_EPISODES.values(), ids=REFUSED_EPISODES)
def test_a_bad_episode_is_told_in_one_line(cells, message, tmp_path):
    with pytest.raises(ObservationError, match=message) as refusal:
        load_episodes(written(changed(EPISODES, 0, **cells), tmp_path))
    assert "\n" not in str(refusal.value)


def test_the_same_lifting_under_two_ids_is_refused(tmp_path):
    again = changed(EPISODES.iloc[:1], 0, episode_id="ANOTHER")
    with pytest.raises(ObservationError, match="'DOM1962' and 'ANOTHER' are the same lifting"):
        load_episodes(written(pd.concat([EPISODES, again]), tmp_path))
    other = again.assign(senders="Venezuela")
    assert len(load_episodes(written(pd.concat([EPISODES, other]), tmp_path))) == 60


def test_an_unknown_instrument_is_refused_with_the_known_ones(tmp_path):
    table = EPISODES.rename(columns={"financial": "finance"})
    with pytest.raises(ObservationError, match=r"unknown column 'finance'.*Did you mean 'financ"):
        load_episodes(written(table, tmp_path))


def test_an_episode_without_its_country_is_refused(tmp_path):
    panel = written(PANEL[PANEL["iso3"] != "IRN"], tmp_path)
    with pytest.raises(ObservationError, match=r"'IRN1981' is in IRN .Iran., which the panel"):
        load_relief_data(panel=panel)


REFUSED_PANELS = {
    "a year twice": (1, {"year": "1971"}, "line 3: AGO has the year 1971 twice; keep one row"),
    "text": (0, {"gdp_growth": "six"}, "line 2: gdp_growth is 'six'; expected a number"),
    "infinite": (0, {"gdp_growth": "inf"}, "gdp_growth is 'inf'"),
    "a flag": (0, {"oil_exporter": "2"}, "oil_exporter is '2'; expected one of 0, 1"),
    "an empty flag": (0, {"conflict_intensity": ""}, "conflict_intensity is ''"),
    "a year": (0, {"year": "1971.5"}, "the year is 1971.5"),
    "no country": (0, {"country": ""}, "country is empty"),
    "prices below 0": (0, {"cpi_inflation": "-100"}, "cpi_inflation is -100 %"),
    "a loss of more than all": (0, {"gdp_growth": "-150"}, "gdp_growth is -150 %; expected above"),
    "two regions": (0, {"region": "asia"}, "AGO is in 2 regions"),
}


@pytest.mark.parametrize(("row", "cells", "message"), REFUSED_PANELS.values(), ids=REFUSED_PANELS)
def test_a_bad_panel_is_told_in_one_line(row, cells, message, tmp_path):
    with pytest.raises(ObservationError, match=message) as refusal:
        load_country_panel(written(changed(PANEL, row, **cells), tmp_path))
    assert "\n" not in str(refusal.value)


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(ObservationError, match="Cannot read"):
        load_episodes(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ObservationError, match="is not a CSV table"):
        load_country_panel(tmp_path / "empty.csv")
    with pytest.raises(ObservationError, match="missing column 'region'"):
        load_country_panel(written(PANEL.drop(columns="region"), tmp_path))
    with pytest.raises(ObservationError, match="no rows"):
        load_episodes(written(EPISODES.iloc[:0], tmp_path))


def test_leaving_episodes_out():
    data = load_relief_data()
    assert len(data.without(["IRN2016"]).episodes) == 58
    with pytest.raises(ObservationError, match="Did you mean 'IRN2016'"):
        data.without(["IRN2017"])


# A user's own copy of the Global Sanctions Data Base: made-up cases in its columns


GSDB = pd.DataFrame(
    {
        "case_id": ["1", "2", "3"],
        "sanctioned_state": ["Iran", "Nepal", "Angola"],
        "sanctioning_state": ["EU,United States", "India", "UN"],
        "begin": ["2006", "1989", "2020"],
        "end": ["2016", "1990", "2022"],
        "trade": ["1", "1", "0"],
        "descr_trade": ["exp_part", "exp_compl", ""],
        "arms": ["0", "0", "1"],
        "military": ["1", "0", "0"],
        "financial": ["1", "0", "0"],
        "travel": ["1", "0", "0"],
        "other": ["0", "0", "0"],
        "target_mult": ["0", "0", "0"],
        "sender_mult": ["1", "0", "1"],
        "objective": ["policy_change", "policy_change", "end_war"],
        "success": ["nego_settlement", "success_total", "ongoing"],
    }
)


def test_cases_that_ended_are_read_from_a_copy_of_the_data_base(tmp_path):
    found = read_gsdb(written(GSDB, tmp_path), load_country_panel())
    assert found["episode_id"].tolist() == ["GSDB1", "GSDB2"]  # the third goes on
    assert found["iso3"].tolist() == ["IRN", "NPL"]
    assert found[["trade", "financial", "arms", "travel", "multilateral"]].to_numpy().tolist() == [
        [1, 1, 1, 1, 1],
        [1, 0, 0, 0, 0],
    ]
    assert found["senders"][0] == "EU;United States"


def test_what_was_read_becomes_episodes_and_none_counts_twice(tmp_path):
    found = read_gsdb(written(GSDB, tmp_path), load_country_panel())
    own = found.drop(columns=["objective", "success"]).assign(
        extent="full", ended_how="settlement", lift_date=found["lift_year"]
    )
    assert len(load_episodes(written(own, tmp_path))) == 2
    # Iran of 2016 is bundled, by another date and with one sender more.
    with pytest.raises(ObservationError, match=r"'IRN2016' and 'GSDB1' are the same.*by EU\)"):
        load_episodes(written(pd.concat([EPISODES, own]), tmp_path))


def test_states_by_another_name_need_a_code(tmp_path):
    file = written(changed(GSDB, 1, sanctioned_state="Kingdom of Nepal"), tmp_path)
    panel = load_country_panel()
    with pytest.raises(ObservationError, match=r"1 states are not in the panel.*Kingdom of Nepal"):
        read_gsdb(file, panel)
    assert read_gsdb(file, panel, codes={"Kingdom of Nepal": "NPL"})["iso3"][1] == "NPL"
    assert read_gsdb(file, panel, codes={"Kingdom of Nepal": ""})["iso3"].tolist() == ["IRN"]


def test_a_code_that_the_panel_does_not_have_is_refused(tmp_path):
    file = written(changed(GSDB, 1, sanctioned_state="Burma"), tmp_path)
    with pytest.raises(ObservationError, match="the code 'BUR' of 'Burma' is not in the panel"):
        read_gsdb(file, load_country_panel(), codes={"Burma": "BUR"})


REFUSED_COPIES = {
    "an older release": (changed(GSDB, 2, begin="2015", end="2019"), "release 1 or 2; expected"),
    "other columns": (GSDB.drop(columns="sender_mult"), "missing column.*release 3 or later"),
    "the dyadic table": (GSDB.assign(year="2000"), "unknown column 'year'.*dyadic tables"),
    "a flag": (changed(GSDB, 0, trade="x"), "trade of case 1 is 'x'; expected 0 or 1"),
    "a year": (changed(GSDB, 0, begin="x"), "begin of case 1 is 'x'"),
    "a case twice": (pd.concat([GSDB, GSDB.iloc[:1]]), "case 1 is there twice; keep one row"),
    "an early end": (changed(GSDB, 0, end="2001"), "case 1 ends before it begins"),
}


@pytest.mark.parametrize(("table", "message"), REFUSED_COPIES.values(), ids=REFUSED_COPIES)
def test_a_copy_that_cannot_be_used_is_refused(table, message, tmp_path):
    with pytest.raises(ObservationError, match=message):
        read_gsdb(written(table, tmp_path), load_country_panel())
