"""Updates: what works is taken, what fails is named, and the old vintage stays as it is."""

import dataclasses
import hashlib
import logging

import numpy as np
import pandas as pd
import pytest
import statistics_server as service
from newer_figures import NEW, newer_figures
from statistics_server import Services, bundled_figures

from sanctions_model.data.observations import load_observations
from sanctions_model.data.transformations import calendar_mean, quarter_end_growth, quarterly_mean
from sanctions_model.data.update import refresh
from sanctions_model.data.vintages import (
    bundled_vintage,
    diff_vintages,
    list_vintages,
    load_vintage,
    write_vintage,
)
from sanctions_model.errors import ObservationError, SourceError

END = pd.Period("2026Q3")


@pytest.fixture(scope="module")
def served():
    with Services(newer_figures()) as services:
        yield services


@pytest.fixture
def services(served, monkeypatch):
    monkeypatch.setenv("EIA_API_KEY", "a user's key")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served.faults.clear()
    served.asked.clear()
    served.figures = newer_figures()
    return served


@pytest.fixture(scope="module")
def updated(served, tmp_path_factory):
    """An update from every source, and the folder it was written to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EIA_API_KEY", "a user's key")
        patch.setenv("no_proxy", "127.0.0.1")
        folder = tmp_path_factory.mktemp("update") / "vintages"
        return refresh(served.sources(), base=bundled_vintage(), end=END, folder=folder)


def contents(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_an_update_takes_the_first_source_of_each_column_and_names_the_columns_kept(updated):
    assert {record.column: record.source for record in updated.fetched} == {
        "key_rate_average_pct_pa": "Bank of Russia, key rate",
        "usd_rub_average_rub": "Bank of Russia, official rate",
        "lending_rate_firms_pct_pa": "Bank of Russia, lending rates",
        "cpi_growth_nsa_pct": "BIS consumer prices",
        "brent_usd_bbl": "EIA Brent spot price",
        "gdp_index_nsa_2021eq100": "IMF quarterly accounts",
        "imports_goods_sa_usd_bn": "IMF balance of payments",
    }
    assert updated.failures == ()
    assert updated.kept == (
        "urals_usd_bbl",
        "imports_goods_nsa_usd_bn",
        "interbank_rate_pct_pa",
        "credit_firms_rouble_rub_trn",
        "wage_nominal_sa_rub",
    )


@pytest.mark.parametrize("column", [name for name in NEW if name != "imports_goods_sa_usd_bn"])
def test_new_quarters_are_those_that_the_services_published(updated, column):
    raw = updated.vintage.table("raw")[column].dropna()
    for (year, quarter), figure in NEW[column].items():
        period = pd.Period(f"{year}Q{quarter}")
        assert raw[period] == pytest.approx(figure, abs=2e-4), period
    assert raw.index[-1] == pd.Period("{}Q{}".format(*max(NEW[column])))
    # What the services said of the years before is what the base says, so nothing is revised.
    diff = diff_vintages(bundled_vintage(), updated.vintage).set_index(["table", "series"])
    assert diff.loc[("raw", column), "n_revised"] == 0
    assert diff.loc[("raw", column), "join"] == "2020Q2"
    assert diff.loc[("raw", column), "n_new"] == len(NEW[column])


def test_a_column_without_a_source_keeps_its_figures_and_has_none_in_new_quarters(updated):
    """Among them the price of Urals, which no series of the model follows from."""
    base, raw = bundled_vintage().table("raw"), updated.vintage.table("raw")
    diff = diff_vintages(bundled_vintage(), updated.vintage).set_index(["table", "series"])
    for column in updated.kept:
        pd.testing.assert_series_equal(raw[column].reindex(base.index), base[column])
        assert raw[column][raw.index > base.index[-1]].isna().all()
        changes = diff.loc[("raw", column), ["n_new", "n_lost", "n_revised"]]
        assert changes.tolist() == [0, 0, 0], column
        assert diff.loc[("raw", column), "join"] == ""


def test_output_in_roubles_continues_the_index_at_hand(updated):
    (record,) = (r for r in updated.fetched if r.column == "gdp_index_nsa_2021eq100")
    assert record.factor == pytest.approx(1 / 3.5e11, rel=1e-4)


def test_the_model_reads_the_new_vintage_with_its_late_series_empty_at_the_end(updated):
    observations = load_observations(updated.vintage.folder)
    last = {
        name: str(observations[name].dropna("time")["time"].to_numpy()[-1])[:7]
        for name in ("key_rate", "gdp_growth", "import_growth", "credit_growth")
    }
    assert last == {
        "key_rate": "2026-04",
        "gdp_growth": "2026-04",
        "import_growth": "2026-01",
        "credit_growth": "2025-10",
    }


@pytest.mark.parametrize("start", [None, "2011Q1"], ids=["link", "no link"])
def test_growth_at_the_join_is_that_of_the_source(services, tmp_path, start):
    """The source's level is higher by 1 % in the year after the join alone."""
    first = "2020Q2" if start is None else start
    served = services.figures["gdp_index_nsa_2021eq100"]
    if start is not None:  # the source begins at the join
        for quarter in [q for q in served if q < (2011, 1)]:
            del served[quarter]
    window = [(p.year, p.quarter) for p in pd.period_range(first, periods=4, freq="Q")]
    base = bundled_vintage().table("raw")["gdp_index_nsa_2021eq100"]
    for quarter in window:
        served[quarter] *= 1.01
    update = refresh(
        services.sources("gdp_index_nsa_2021eq100"),
        base=bundled_vintage(),
        start=None if start is None else pd.Period(start),
        end=END,
        folder=tmp_path,
    )
    raw = update.vintage.table("raw")["gdp_index_nsa_2021eq100"]
    join = pd.Period(first)
    found, before = raw[join] / raw[join - 1], base[join] / base[join - 1]
    # Without the quarter before, the levels of the first year are made the same.
    assert found / before == pytest.approx(1.01 if start is None else 1.0, abs=1e-5)
    after = join + 4
    expected = base[after] / base[after - 1] / 1.01
    assert raw[after] / raw[after - 1] == pytest.approx(expected, abs=1e-5)


def test_imports_are_adjusted_for_the_season_before_they_are_joined(services, tmp_path):
    season = {1: 0.90, 2: 1.0, 3: 1.02, 4: 1.09}
    plain = services.figures["imports_goods_sa_usd_bn"]
    services.figures["imports_goods_sa_usd_bn"] = {
        (year, quarter): value * season[quarter] for (year, quarter), value in plain.items()
    }
    update = refresh(
        services.sources("imports_goods_sa_usd_bn"),
        base=bundled_vintage(),
        end=END,
        folder=tmp_path,
    )
    raw = update.vintage.table("raw")["imports_goods_sa_usd_bn"].dropna()
    growth = 100 * np.log(raw).diff()["2020Q3":]
    expected = pd.Series(
        {pd.Period(f"{y}Q{q}"): v for (y, q), v in plain.items()}, name="level"
    ).sort_index()
    truth = 100 * np.log(expected).diff()[growth.index]
    adjusted, served_as = (
        (growth - truth),
        100
        * np.log(expected.index.quarter.map(season).to_series(index=expected.index)).diff()[
            growth.index
        ],
    )
    # Far from the season that was put in, near to what was there before.
    assert adjusted.std() < served_as.std() / 3
    assert "2025Q4" in raw.index
    assert "2026Q1" in raw.index


def test_a_vintage_can_be_the_base_of_the_next_one(services, updated, tmp_path):
    services.figures["brent_usd_bbl"][2026, 3] = 69.0
    update = refresh(
        services.sources("brent_usd_bbl"), base=updated.vintage, end=END, folder=tmp_path
    )
    assert update.vintage.table("raw")["brent_usd_bbl"].dropna().iloc[-1] == 69.0
    sources = {record.column: record.source for record in update.vintage.series}
    assert sources["cpi_growth_nsa_pct"] == "BIS consumer prices"
    assert len(sources) == len(NEW)


def test_an_update_without_news_writes_nothing(services, tmp_path):
    services.figures = bundled_figures()
    update = refresh(
        services.sources("brent_usd_bbl"), base=bundled_vintage(), end=END, folder=tmp_path / "v"
    )
    assert update.vintage is None
    assert len(update.fetched) == 1
    assert not (tmp_path / "v").exists()


# Failures

FAULTS = {
    "silence": (service.silent, "was silent for 0.1 seconds (time-out)"),
    "drip": (service.dripping, "took more than 0.3 seconds for its answer"),
    "error": (service.failing(503), "answered HTTP 503 (Service Unavailable)"),
    "half a body": (service.truncated(b"<a>" * 50), "was cut off after 75 of 150 bytes"),
    "foreign redirect": (service.redirecting("http://localhost:9/"), "redirects to localhost"),
    "entity bomb": (service.saying(service.BOMB), "declares a document type or entities"),
    "changed column": (
        service.saying(b"<a><KR><When>2024</When></KR></a>"),
        "a row has no 'DT' but When: the format changed",
    ),
    "period twice": (
        service.saying(
            b"<a>" + b"<KR><DT>2024-01-09T00:00:00</DT><Rate>16</Rate></KR>" * 2 + b"</a>"
        ),
        "the period 2024-01-09 is there twice",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_source_that_fails_is_named_with_its_reason_and_the_next_one_is_asked(
    services, updated, tmp_path, caplog, fault
):
    """Key rate: the Bank of Russia fails, the BIS is asked; the old vintage is as it was."""
    answer, reason = FAULTS[fault]
    services.faults["key rate"] = answer
    old = contents(updated.vintage.folder)
    services.figures["key_rate_average_pct_pa"][2026, 2] = 15.5
    # Only the source that fails is hurried: a busy machine may answer late.
    bounds = {"silence": {"wait_seconds": 0.1}, "drip": {"deadline_seconds": 0.3}}.get(fault, {})
    first, _ = services.sources("key_rate_average_pct_pa", **bounds)
    _, second = services.sources("key_rate_average_pct_pa")
    with caplog.at_level(logging.WARNING, "sanctions_model"):
        update = refresh(
            [first, second],
            base=updated.vintage,
            start=pd.Period("2025Q1"),  # few days to read
            end=END,
            folder=tmp_path,
        )
    (line,) = update.failures
    assert line.startswith("Bank of Russia, key rate (key_rate_average_pct_pa): ")
    assert reason in line
    assert "\n" not in line
    assert [record.getMessage() for record in caplog.records] == [line]
    assert [record.source for record in update.fetched] == ["BIS policy rates"]
    assert update.vintage.table("raw")["key_rate_average_pct_pa"].iloc[-1] == pytest.approx(15.5)
    assert contents(updated.vintage.folder) == old
    assert [path.name for path in tmp_path.iterdir()] == [update.vintage.name]


def test_when_every_source_fails_nothing_is_written(services, tmp_path):
    for name in ("eia", "IMF.RES,PCPS"):
        services.faults[name] = service.failing(500)
    with pytest.raises(SourceError) as caught:
        refresh(
            services.sources("brent_usd_bbl"),
            base=bundled_vintage(),
            end=END,
            folder=tmp_path / "vintages",
        )
    assert str(caught.value) == (
        "No source gave anything usable, so nothing was written; the newest data are still those "
        "of bundled. First reason: EIA Brent spot price (brent_usd_bbl): 127.0.0.1 answered HTTP "
        "500 (Internal Server Error)."
    )
    assert not (tmp_path / "vintages").exists()


@pytest.mark.parametrize(
    ("column", "factor", "words"),
    [
        (
            "usd_rub_average_rub",
            0.01,
            "the figures are 0.01 times those at hand in 2020Q2 to 2025Q4",
        ),
        ("imports_goods_sa_usd_bn", 1000.0, "times those at hand in 2020Q2 to 2025Q3"),
        ("brent_usd_bbl", 0.159, "expected about 1: another unit"),
        ("key_rate_average_pct_pa", 0.01, "another series or unit"),
        ("cpi_growth_nsa_pct", 4.0, "another series or unit"),
    ],
)
def test_a_change_of_unit_that_no_message_states_is_seen_in_the_figures(
    services, tmp_path, column, factor, words
):
    for quarter in services.figures[column]:
        services.figures[column][quarter] *= factor
    with pytest.raises(SourceError) as caught:
        refresh(services.sources(column), base=bundled_vintage(), end=END, folder=tmp_path / "v")
    assert words in str(caught.value)
    assert not (tmp_path / "v").exists()


def test_a_unit_that_changes_in_the_newest_quarter_is_seen_by_the_column_s_limits(
    services, tmp_path
):
    services.figures["brent_usd_bbl"][2026, 2] = 7100.0
    with pytest.raises(SourceError, match="the figure of 2026Q2 is 7100, expected 5 to 300"):
        refresh(
            services.sources("brent_usd_bbl"),
            base=bundled_vintage(),
            end=END,
            folder=tmp_path / "v",
        )


def test_figures_with_a_hole_before_the_newest_quarter_are_refused(services, tmp_path):
    del services.figures["gdp_index_nsa_2021eq100"][2026, 2]
    services.figures["gdp_index_nsa_2021eq100"][2026, 3] = 104.0
    with pytest.raises(SourceError, match="the figures leave a hole in 2026Q2"):
        refresh(
            services.sources("gdp_index_nsa_2021eq100"),
            base=bundled_vintage(),
            end=END,
            folder=tmp_path / "v",
        )


def test_figures_that_cannot_be_compared_with_those_at_hand_are_refused(services, tmp_path):
    with pytest.raises(SourceError, match="share 2 quarters with those at hand, expected 4"):
        refresh(
            services.sources("brent_usd_bbl"),
            base=bundled_vintage(),
            start=pd.Period("2025Q4"),
            end=END,
            folder=tmp_path / "v",
        )


def test_a_source_that_breaks_in_an_unforeseen_way_does_not_stop_the_others(
    services, tmp_path, monkeypatch
):
    class Broken:
        name, series = "A broken source", "brent_usd_bbl"

        def fetch(self, start, end):
            raise KeyError("colour")

    update = refresh(
        [Broken(), *services.sources("brent_usd_bbl")],
        base=bundled_vintage(),
        end=END,
        folder=tmp_path,
    )
    assert update.failures == (
        "A broken source (brent_usd_bbl): the answer is not as documented (KeyError: 'colour')",
    )
    assert update.fetched[0].source == "EIA Brent spot price"


def test_a_source_of_a_column_that_the_base_has_not_is_left_out(services, tmp_path):
    """As when a newer package knows a column that an older vintage was written without."""
    older = write_vintage(
        bundled_vintage().table("raw").drop(columns="urals_usd_bbl"),
        base=bundled_vintage(),
        series=(),
        failures=(),
        folder=tmp_path,
        check=load_observations,
    )
    (known,) = services.sources("gdp_index_nsa_2021eq100")
    unknown = dataclasses.replace(known, name="A source of Urals", series="urals_usd_bbl")
    update = refresh([unknown, known], base=older, end=END, folder=tmp_path)
    assert update.failures == (
        f"A source of Urals (urals_usd_bbl): {older.name} has no such column; update from a newer "
        "vintage",
    )
    assert [record.column for record in update.fetched] == [known.series]
    diff = diff_vintages(bundled_vintage(), update.vintage).set_index(["table", "series"])
    urals = bundled_vintage().table("raw")["urals_usd_bbl"]
    assert diff.loc[("raw", "urals_usd_bbl"), "n_lost"] == urals.notna().sum()


def test_an_update_that_runs_backwards_is_refused(tmp_path):
    with pytest.raises(ObservationError, match="would run from 2020Q2 to 2019Q1"):
        refresh([], base=bundled_vintage(), end=pd.Period("2019Q1"), folder=tmp_path)


def test_vintages_of_updates_can_be_listed_and_read_again(updated):
    assert list_vintages(updated.vintage.folder.parent)[1] == updated.vintage
    assert load_vintage(updated.vintage.folder) == updated.vintage


# Period averages


def loop_mean(figures, first, last):
    """Mean of calendar days from first to last, each with the newest figure up to it."""
    total, day = [], first
    while day <= last:
        known = [d for d in figures if d <= day]
        total.append(figures[max(known)])
        day += pd.Timedelta(days=1)
    return sum(total) / len(total)


def test_the_mean_of_days_is_the_mean_over_the_calendar_with_figures_that_hold():
    chance = np.random.default_rng(5)
    stamps = pd.date_range("2023-12-20", "2024-06-28", freq="D")
    chosen = sorted(chance.choice(len(stamps), 70, replace=False))
    figures = {stamps[k]: float(v) for k, v in zip(chosen, chance.normal(size=70), strict=True)}
    figures[stamps[0]], figures[stamps[-1]] = 1.0, 2.0
    series = pd.Series(figures).sort_index()
    series.index = series.index.to_period("D")
    found = calendar_mean(series, "Q", until=pd.Timestamp("2024-07-10"))
    for quarter in ("2024Q1", "2024Q2"):
        period = pd.Period(quarter)
        expected = loop_mean(figures, period.start_time.normalize(), period.end_time.normalize())
        assert found[period] == pytest.approx(expected), quarter
    assert np.isnan(found["2023Q4"])


@pytest.mark.parametrize(
    ("last_day", "until", "known"),
    [
        ("2024-03-29", "2024-04-01", True),
        ("2024-03-29", "2024-03-30", False),
        ("2024-03-01", "2024-05-01", False),
    ],
    ids=["over", "not over yet", "stale"],
)
def test_a_period_counts_only_when_it_is_over_and_its_figures_are_not_stale(last_day, until, known):
    days = pd.Series([1.0, 2.0], pd.PeriodIndex(["2024-01-01", last_day], freq="D"))
    found = calendar_mean(days, "Q", until=pd.Timestamp(until))
    assert (pd.Period("2024Q1") in found.index) == known


def test_a_quarter_without_one_of_its_months_has_no_mean():
    months = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], pd.period_range("2024-01", periods=5, freq="M"))
    assert quarterly_mean(months).tolist()[0] == 2.0
    assert quarterly_mean(months).isna().tolist() == [False, True]


def test_growth_of_quarter_ends_is_that_of_their_last_months():
    index = pd.period_range("2023-12", periods=7, freq="M")
    months = pd.Series([100.0, 1.0, 1.0, 110.0, 1.0, 1.0, 99.0], index)
    np.testing.assert_allclose(quarter_end_growth(months).dropna(), [10.0, -10.0])
    del months["2024-03"]
    assert quarter_end_growth(months).isna().all()
