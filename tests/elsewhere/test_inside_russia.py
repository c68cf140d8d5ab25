"""Checks of single links inside Russia against closed forms, and the tables they rest on."""

import numpy as np
import pandas as pd
import pytest

from sanctions_model.elsewhere.inside_russia import (
    load_bans,
    load_news_days,
    news_moves,
    share_back,
)


def test_a_share_that_comes_back_at_once_is_the_share_itself():
    table = share_back(np.array([0.8, 0.8]), np.array([1.0, 1.0])).set_index(["case", "year"])
    assert table.loc[("georgian_wine", 2018), "median"] == pytest.approx(0.8)
    # In 2013 two quarters of four came after the lifting in June.
    assert table.loc[("georgian_wine", 2013), "median"] == pytest.approx(0.4)
    assert table.loc[("turkish_tomatoes", 2018), "median"] == pytest.approx(0.8)


def test_a_share_that_comes_back_slowly_is_that_of_a_loop_over_quarters():
    table = share_back(np.array([0.7]), np.array([0.2])).set_index(["case", "year"])
    felt, years = 1.0, []
    for _ in range(3):
        quarters = []
        for _ in range(4):
            felt += 0.2 * (0.3 - felt)
            quarters.append(1 - felt)
        years.append(np.mean(quarters))
    assert table.loc[("turkish_tomatoes", 2020), "median"] == pytest.approx(years[2])


def test_what_was_seen_is_a_share_of_the_last_free_year():
    table = share_back(np.array([0.5]), np.array([0.5])).set_index(["case", "year"])
    assert table.loc[("georgian_wine", 2018), "seen"] == pytest.approx(53.6 / 50.2)
    assert table.loc[("georgian_wine", 2018), "rank"] == 1.0
    assert table.loc[("turkish_tomatoes", 2018), "rank"] == 0.0


def test_figures_that_follow_from_others_follow_from_them():
    bans = load_bans().set_index(["case", "item", "year"])["value"].sort_index()
    wine = bans.loc[("georgian_wine", "delivered_to_russia")]
    assert wine[2005] == pytest.approx(0.88 * 57, abs=0.1)
    assert wine[2014] == pytest.approx(0.64 * 59, abs=0.1)
    assert wine[2017] == pytest.approx(wine[2018] / 1.12, abs=0.1)
    assert wine[2016] == pytest.approx(1.49 * wine[2015], abs=0.1)


def test_moves_around_news_are_means_of_the_days_that_are_clear():
    days = pd.DataFrame(
        {
            "kind": ["relief", "relief", "relief"],
            "usd_rub_pct": [1.0, 3.0, 50.0],
            "yield_1y_pp": [np.nan, -0.2, 5.0],
            "shares_pct": [0.0, 0.0, 0.0],
            "brent_pct": [1.0, -1.0, 20.0],
            "confounded_by": ["", "", "an oil shock"],
        }
    )
    table = news_moves(days).set_index("move")
    assert table.loc["usd_rub_pct", ["days", "mean", "error"]].tolist() == [2, 2.0, 1.0]
    assert table.loc["yield_1y_pp", ["days", "mean"]].tolist() == [1, -0.2]


def test_the_oil_licences_of_2026_are_marked_as_confounded():
    days = load_news_days().set_index("date")
    assert "oil shock" in days.loc["2026-03-05", "confounded_by"]
    assert (days["confounded_by"] == "").sum() == len(days) - 4


def test_every_figure_of_a_ban_can_be_followed_to_its_source():
    bans = load_bans()
    assert bans["url"].str.match(r"https://\S+$").all()
    places = bans["source"].str.split(",").str[0]
    assert all(place in url for place, url in zip(places, bans["url"], strict=True))
    assert len(bans[["source", "url"]].drop_duplicates()) == bans["source"].nunique()
