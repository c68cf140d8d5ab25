"""Vintages: written whole or not at all, never changed, known by a hash, compared."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sanctions_model.data.bundled import data_path
from sanctions_model.data.observations import load_observations
from sanctions_model.data.transformations import RAW_COLUMNS_OF, build_quarterly, load_raw
from sanctions_model.data.vintages import (
    SeriesRecord,
    bundled_vintage,
    default_folder,
    diff_vintages,
    find_vintage,
    list_vintages,
    load_vintage,
    write_vintage,
)
from sanctions_model.errors import ObservationError

RECORD = SeriesRecord(
    column="brent_usd_bbl",
    source="A source",
    producer="A producer",
    unit="USD a barrel",
    retrieved="2026-07-01T00:00:00+00:00",
    join="2025Q1",
    last="2026Q2",
    factor=1.0,
)


def newer_raw():
    """Two revisions and one new quarter of Brent; one later quarter of nothing else."""
    raw = bundled_vintage().table("raw")
    raw = raw.reindex(pd.period_range(raw.index[0], "2026Q3", freq="Q", name="quarter"))
    raw.loc["2025Q1", "brent_usd_bbl"] += 0.5
    raw.loc["2025Q2", "brent_usd_bbl"] -= 0.75
    raw.loc["2026Q2", "brent_usd_bbl"] = 77.5
    return raw


def write(folder, raw=None, **changes):
    arguments = {
        "base": bundled_vintage(),
        "series": [RECORD],
        "failures": ["B (c): d"],
        "folder": folder,
        "check": load_observations,
    }
    return write_vintage(newer_raw() if raw is None else raw, **(arguments | changes))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "vintages"
    return write(folder)


def test_a_vintage_of_the_bundled_figures_is_the_bundled_data_to_the_last_digit(tmp_path):
    vintage = write(tmp_path, bundled_vintage().table("raw"))
    for name in ("russia_quarterly.csv", "measures.csv"):
        assert vintage.path(name).read_text() == data_path(name).read_text(), name
    diff = diff_vintages(bundled_vintage(), vintage)
    assert diff[["n_new", "n_lost", "n_revised"]].to_numpy().sum() == 0


def test_a_vintage_names_its_day_its_base_and_its_sources(written):
    record = json.loads(written.path("vintage.json").read_text())
    assert record["created"].startswith(written.name)
    assert record["base"] == "bundled"
    assert record["base_sha256"] == bundled_vintage().sha256
    assert record["series"] == [RECORD.model_dump()]
    assert record["failures"] == ["B (c): d"]


def test_a_second_vintage_of_a_day_stands_beside_the_first(tmp_path):
    names = [write(tmp_path).name for _ in range(3)]
    assert names[1:] == [f"{names[0]}.2", f"{names[0]}.3"]
    assert [v.name for v in list_vintages(tmp_path)] == ["bundled", *names]
    assert find_vintage("latest", tmp_path).name == names[2]


def test_vintages_are_in_order_of_their_dates_and_numbers(written, tmp_path):
    for name in ("2026-02-01", "2026-02-01.10", "2026-02-01.2", "2025-12-31"):
        shutil.copytree(written.folder, tmp_path / name)
    assert [v.name for v in list_vintages(tmp_path)] == [
        "bundled",
        "2025-12-31",
        "2026-02-01",
        "2026-02-01.2",
        "2026-02-01.10",
    ]


def test_observations_of_a_vintage_are_its_series_and_name_it_by_hash(written):
    observations = load_observations(written.folder)
    assert observations.attrs["vintage"] == written.name
    assert observations.attrs["vintage_sha256"] == written.sha256
    growth = 100 * np.log(77.5 / newer_raw().loc["2026Q1", "brent_usd_bbl"])
    newest = float(observations["oil_growth"].sel(time="2026-04-01"))
    assert newest == pytest.approx(growth, abs=1e-4)
    assert str(observations["time"].to_numpy()[-1])[:10] == "2026-07-01"


def test_measures_stay_at_their_level_after_the_last_day_that_the_rule_knows(written):
    observations = load_observations(written.folder)
    for name in ("trade", "finance", "energy", "transport", "assets"):
        last, before = observations[name].to_numpy()[[-1, -2]]
        assert last == pytest.approx(1.0, abs=1e-4)
        assert before <= last + 1e-9


def test_the_hash_depends_on_every_data_file_and_on_nothing_else(written, tmp_path):
    copy = Path(shutil.copytree(written.folder, tmp_path / "elsewhere"))
    assert load_vintage(copy).sha256 == written.sha256
    (copy / "notes.txt").write_text("mine")
    assert load_vintage(copy).sha256 == written.sha256
    assert written.sha256 != bundled_vintage().sha256


@pytest.mark.parametrize(
    "name", ["raw_quarterly.csv", "russia_quarterly.csv", "measures.csv", "measures_rule.toml"]
)
def test_a_vintage_that_was_changed_is_refused(written, tmp_path, name):
    copy = Path(shutil.copytree(written.folder, tmp_path / "copy"))
    with (copy / name).open("a") as stream:
        stream.write(" ")
    with pytest.raises(ObservationError, match=f"is not as it was written: {name} has changed"):
        load_vintage(copy)
    with pytest.raises(ObservationError, match="is not as it was written"):
        load_observations(copy)


def test_a_record_that_is_none_is_refused_with_its_place(written, tmp_path):
    copy = Path(shutil.copytree(written.folder, tmp_path / "copy"))
    record = json.loads((copy / "vintage.json").read_text())
    del record["series"][0]["join"]
    (copy / "vintage.json").write_text(json.dumps(record))
    with pytest.raises(ObservationError, match=r"vintage\.json: series\.0\.join: it is missing"):
        load_vintage(copy)


def test_a_folder_that_is_no_vintage_is_refused(tmp_path):
    with pytest.raises(ObservationError, match=r"is no vintage: it has no vintage\.json"):
        load_observations(tmp_path)


def test_an_unknown_name_is_refused_with_those_that_there_are(tmp_path):
    name = write(tmp_path).name
    with pytest.raises(ObservationError, match=rf"There is no vintage '1999'.*bundled, {name}\."):
        find_vintage("1999", tmp_path)


def test_a_vintage_is_found_by_name_and_by_path(written):
    assert find_vintage(written.name, written.folder.parent) == written
    assert find_vintage(str(written.folder)) == written
    assert find_vintage("bundled") == bundled_vintage()


def test_vintages_live_beside_the_results_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv("SANCTIONS_MODEL_VINTAGES", raising=False)
    assert default_folder() == Path("vintages")
    monkeypatch.setenv("SANCTIONS_MODEL_VINTAGES", "elsewhere")
    assert default_folder() == Path("elsewhere")


def test_figures_that_cannot_be_used_leave_nothing_behind(tmp_path):
    raw = newer_raw()
    raw.loc["2015Q1", "brent_usd_bbl"] = -5.0
    with pytest.raises(ObservationError, match="'brent_usd_bbl' is -5 in 2015Q1"):
        write(tmp_path, raw)
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_fails_leaves_nothing_behind(tmp_path):
    def refuse(folder):
        raise ObservationError("not this one")

    with pytest.raises(ObservationError, match="not this one"):
        write(tmp_path, check=refuse)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ObservationError, match=r"Cannot write vintages to .*; give another folder"):
        write(tmp_path / "file" / "vintages")


def test_only_unfinished_folders_that_are_a_day_old_are_removed(tmp_path):
    old, young = tmp_path / ".part-old", tmp_path / ".part-young"
    for path in (old, young):
        path.mkdir()
    os.utime(old, (1.0, 1.0))
    name = write(tmp_path).name
    assert sorted(p.name for p in tmp_path.iterdir()) == [".part-young", name]


# What changed


def test_a_diff_says_per_series_what_changed_and_where_the_join_is(written):
    diff = diff_vintages(bundled_vintage(), written).set_index(["table", "series"])
    brent = diff.loc["raw", "brent_usd_bbl"]
    assert brent["source"] == "A source"
    assert brent["join"] == "2025Q1"
    assert (brent["last_old"], brent["last_new"]) == ("2026Q1", "2026Q2")
    assert (brent["n_new"], brent["n_lost"], brent["n_revised"]) == (1, 0, 2)
    assert brent["largest_revision"] == pytest.approx(-0.75)
    assert brent["revised_in"] == "2025Q2"
    oil = diff.loc["model", "oil_growth_pct"]
    # A level that is revised moves the growth into it and out of it.
    assert (oil["n_new"], oil["n_revised"], oil["join"]) == (1, 3, "2025Q1")
    others = diff.drop([("raw", "brent_usd_bbl"), ("model", "oil_growth_pct")])
    assert (others["n_revised"] == 0).all()
    assert (others["join"] == "").all()
    # One more quarter of events: 2026Q3 follows the last anchor date.
    assert diff.loc["measures"]["n_new"].tolist() == [1] * 5


def test_a_diff_backwards_counts_what_is_lost(written):
    diff = diff_vintages(written, bundled_vintage()).set_index(["table", "series"])
    brent = diff.loc["raw", "brent_usd_bbl"]
    assert (brent["n_new"], brent["n_lost"], brent["n_revised"]) == (0, 1, 2)
    assert brent["largest_revision"] == pytest.approx(0.75)


def test_each_series_follows_from_the_columns_that_are_said():
    """Every transcribed column is moved in turn, and the series that follow must move."""
    raw = load_raw(data_path("raw_quarterly.csv"))
    before = build_quarterly(raw)
    moved = {name: set() for name in before}
    for column in raw:
        changed = raw.copy()
        changed[column] *= 1 + 0.02 * np.sin(np.arange(len(raw)))
        after = build_quarterly(changed)
        for name in before:
            if not np.allclose(before[name], after[name], equal_nan=True, rtol=0, atol=1e-6):
                moved[name].add(column)
    assert {name: set(columns) for name, columns in RAW_COLUMNS_OF.items()} == moved


# A process that dies

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import pandas as pd
from sanctions_model.data.sources.interface import figures
from sanctions_model.data.update import refresh
from sanctions_model.data.vintages import bundled_vintage, list_vintages

folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
base = bundled_vintage()
brent = base.table("raw")["brent_usd_bbl"]

class Source:
    name, series = "A source", "brent_usd_bbl"

    def __init__(self, newest):
        self.newest = newest

    def fetch(self, start, end):
        known = {**{str(p): v for p, v in brent.items()}, "2026Q2": self.newest}
        months = [(f"{p[:4]}-{3 * int(p[-1]) - 2 + k:02d}", v) for p, v in known.items()
                  for k in range(3) if p >= str(start)]
        return figures(months, name=self.name, unit="u", source="s", freq="M")

def update(newest):
    return refresh([Source(newest)], base=base, end=pd.Period("2026Q2"), folder=folder)

update(70.0)
began = time.monotonic()
update(71.0)
took = time.monotonic() - began
chance = random.Random(20260101)
old = new = 0
for k in range(rounds):
    before = {vintage.name: vintage.sha256 for vintage in list_vintages(folder)}
    child = os.fork()
    if child == 0:
        try:
            update(72.0 + k)
        finally:
            os._exit(0)
    # One moment in each part of a span that is long enough for some updates to finish.
    time.sleep(3.0 * took * chance.uniform(k, k + 1) / rounds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    # Listing checks every file of every vintage against the hashes that it was written with.
    after = list_vintages(folder)
    assert {v.name: v.sha256 for v in after if v.name in before} == before
    extra = [vintage for vintage in after if vintage.name not in before]
    if extra:
        (vintage,) = extra
        assert vintage.table("raw")["brent_usd_bbl"].iloc[-1] == 72.0 + k
        new += 1
    else:
        old += 1
part = len(list(folder.glob(".part-*")))
print(old, new, part)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
@pytest.mark.parametrize("rounds", [6, pytest.param(150, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_of_an_update_leaves_a_whole_old_or_new_vintage(tmp_path, rounds):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path / "vintages"), str(rounds)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    old, new, part = (int(word) for word in done.stdout.split())
    assert old + new == rounds
    assert old >= 1
    if rounds > 100:  # the kills did hit updates half-way, which few rounds may miss
        assert part >= 1
        assert new >= 1
