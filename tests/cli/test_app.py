"""The command line: what it writes, prints and refuses, with which words and exit codes."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from command import call, refused
from laboratory import TABLE_COLUMNS, FakeSampler

from sanctions_model import workflow as job
from sanctions_model.cli.parts import changed_files
from sanctions_model.data.bundled import data_path
from sanctions_model.data.vintages import bundled_vintage
from sanctions_model.economies.registry import default_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ConvergenceError, FitFileError, QuestionError
from sanctions_model.files import locked, publish
from sanctions_model.inference.fit import Fit, fit
from sanctions_model.inference.priors.families import Normal
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.inference.storage import load, save
from sanctions_model.queries.effects import total_effect
from sanctions_model.report.claims import claims_view
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.parameters import addresses
from sanctions_model.waiting import Waiting

FIGURES = {"chain", "channels", "graph", "prior_posterior", "responses", "scorecard", "waterfall"}


@pytest.fixture(scope="module")
def prior_run(tmp_path_factory):
    """A prior-only run of the default transmission with few draws, and what it said."""
    out = tmp_path_factory.mktemp("results") / "prior"
    done = call("run", "--prior-only", "--draws", 150, "--chains", 2, "--seed", 5, "--out", out)
    assert done.code == 0, done.err
    return out, done


@pytest.fixture
def copy(prior_run, tmp_path):
    """The same results in a folder of their own, to be damaged."""
    return Path(shutil.copytree(prior_run[0], tmp_path / "prior"))


# The main job


def test_a_run_writes_posterior_tables_figures_and_manifest(prior_run):
    out, _ = prior_run
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert written == {
        "posterior.nc",
        "links.csv",
        "effects.csv",
        "claims.csv",
        "manifest.json",
        *(f"figures/{name}.png" for name in FIGURES),
    }


@pytest.mark.parametrize("name", ["links", "effects", "claims"])
def test_tables_have_the_columns_of_their_description(prior_run, name):
    out, _ = prior_run
    with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert ",".join(header) == TABLE_COLUMNS[name]
    assert rows
    assert {len(row) for row in rows} == {len(header)}


def test_the_tables_of_a_prior_only_run_leave_the_posterior_empty(prior_run):
    out, _ = prior_run
    links, claims = (pd.read_csv(out / f"{name}.csv") for name in ("links", "claims"))
    assert links[["median", "lower", "upper", "information"]].isna().all().all()
    assert links["prior_median"].notna().all()
    assert claims["prob"].isna().all()
    assert claims["prob_prior"].between(0, 1).all()
    assert claims["verdict"].str.contains("prior only").all()


def test_tables_of_results_say_which_period_a_horizon_is(prior_run):
    out, _ = prior_run
    last = pd.Period(json.loads((out / "manifest.json").read_text())["data"]["last_period"], "Q")
    for name in ("effects", "claims"):
        table = pd.read_csv(out / f"{name}.csv")
        place = list(table).index("horizon")
        assert list(table)[place + 1] == "period"
        assert table["period"].tolist() == [str(last + ahead) for ahead in table["horizon"]]


def test_the_effects_table_covers_depths_horizons_and_channels(prior_run):
    effects = pd.read_csv(prior_run[0] / "effects.csv")
    scm = default_transmission()
    assert set(effects["outcome"]) == set(scm.headline)
    assert set(effects["relief"]) == {0.5, 1.0}
    parts = {"article_chain", "chain_offset", "chain_remainder"}
    assert set(effects["channel"]) == {"total", *scm.entries, *parts}
    assert len(effects) == len(scm.headline) * 2 * 4 * (4 + len(scm.entries))


def test_figures_are_pictures(prior_run):
    for name in FIGURES:
        content = (prior_run[0] / "figures" / f"{name}.png").read_bytes()
        assert content.startswith(b"\x89PNG\r\n")
        assert len(content) > 5_000


def test_the_manifest_is_that_of_the_fit(prior_run):
    out, _ = prior_run
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"] == {"draws": 300, "chains": 1, "random_seed": 5}
    bundled = bundled_vintage()
    assert manifest["inputs"] == {
        "data": None,
        "vintage": {"name": "bundled", "sha256": bundled.sha256},
        "mapping": None,
        "priors": None,
        "economy": "anchored",
    }
    assert manifest["priors"]["origin"] == "priors_anchored.toml"
    assert set(manifest["seconds"]) >= {"answering", "total", "writing"}
    sums = manifest.pop("files_sha256")
    assert sums["posterior.nc"] == hashlib.sha256((out / "posterior.nc").read_bytes()).hexdigest()
    assert {"links.csv", "effects.csv", "claims.csv", "figures/graph.png"} <= set(sums)
    assert manifest == dict(job.load_results(out).manifest)


def test_a_run_prints_tables_on_stdout_and_notes_on_stderr(prior_run):
    out, done = prior_run
    for title in (
        "series to 20",
        "links 0 are settled by the data",
        "Full relief of all measures",
        "claims",
    ):
        assert title in done.out
    assert "prior only: no data used" in done.err
    assert f"wrote 12 files to {out}" in done.err
    assert "warning" not in done.err


def test_the_same_seed_writes_the_same_tables(prior_run, tmp_path, monkeypatch):
    monkeypatch.setattr("sanctions_model.plots.main_figures", lambda fit, claims: {})
    again = call(
        *("run", "--prior-only", "--draws", 150, "--chains", 2, "--seed", 5),
        *("--out", tmp_path / "again"),
    )
    assert again.code == 0
    for name in ("links", "effects", "claims"):
        one, other = (folder / f"{name}.csv" for folder in (prior_run[0], tmp_path / "again"))
        assert one.read_bytes() == other.read_bytes()


def test_a_second_run_replaces_the_first_whole(copy, few_outcomes):
    (copy / "notes.txt").write_text("mine", encoding="utf-8")
    done = call("run", "--prior-only", "--draws", 40, "--chains", 1, "--out", copy)
    assert done.code == 0
    assert len(pd.read_csv(copy / "claims.csv")) > 0
    assert job.load_results(copy).draws.sizes["draw"] == 40
    assert (copy / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert not [path for path in copy.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()], ids=["ctrl-c", "memory"])
def test_an_interrupted_write_leaves_the_old_results(copy, monkeypatch, few_outcomes, error):
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}

    def interrupted(*arguments, **options):
        raise error

    monkeypatch.setattr(job, "save", interrupted)
    results = job.run(prior_only=True, draws=20, chains=1)
    with pytest.raises(type(error)):
        job.write(results, copy)
    after = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert after == before
    assert {path.name for path in copy.iterdir()} == {
        *("posterior.nc", "links.csv", "effects.csv", "claims.csv", "manifest.json", "figures")
    }


def test_an_interrupt_leaves_no_traceback(monkeypatch, tmp_path):
    def interrupted(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "run", interrupted)
    done = call("run", "--out", tmp_path / "out")
    assert done.code == 130
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def sampled_by_hand(monkeypatch, divergences, spread=0.0):
    """Let the job draw by hand where it would sample."""
    sampler = FakeSampler(divergences, spread=spread)
    monkeypatch.setattr(job, "fit", lambda *a, **given: fit(*a, **(given | {"sampler": sampler})))
    return sampler


def test_a_whole_run_samples_and_answers_from_the_posterior(tmp_path, monkeypatch, few_outcomes):
    sampler = sampled_by_hand(monkeypatch, [3, 0])
    out = tmp_path / "out"
    done = call("run", "--draws", 600, "--tune", 9, "--out", out)
    assert done.code == 0, done.err
    assert [call[:4] for call in sampler.calls] == [(0.8, 600, 9, 4), (0.95, 600, 9, 4)]
    notes = done.err.splitlines()
    assert notes[0].startswith("data: the bundled vintage")
    assert notes[1] == "sampling 4 chains of 9 + 600 draws ..."
    assert notes[2].startswith("warning: 3 divergences")
    assert "diagnostics: 0 divergences" in notes[3]
    assert notes[3].endswith("after a refit at target_accept 0.95")
    links, claims = (pd.read_csv(out / f"{name}.csv") for name in ("links", "claims"))
    assert ",".join(links.columns) == TABLE_COLUMNS["links"]
    assert ",".join(claims.columns) == TABLE_COLUMNS["claims"]
    assert links[["median", "lower", "upper"]].notna().all().all()
    # The draws are the prior's, so that data say nothing; equal seeds make them nearly equal.
    assert claims["information"].max() < 0.1
    assert set(claims["basis"]) == {"assumed"}
    assert (claims["prob"] - claims["prob_prior"]).abs().max() < 0.1
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["refitted_at_target_accept"] == 0.95
    assert {"sampling", "answering", "writing", "total"} <= set(manifest["seconds"])
    said = call("effects", "--fit", out, "--outcome", "key_rate").err
    assert said.startswith("fit of 20")


@pytest.mark.parametrize("allowed", [False, True])
def test_what_does_not_converge_is_written_only_when_asked(
    tmp_path, monkeypatch, few_outcomes, allowed
):
    sampled_by_hand(monkeypatch, [0], spread=1.0)
    out = tmp_path / "out"
    extra = ["--allow-unconverged"] if allowed else []
    done = call("run", "--draws", 200, "--chains", 2, "--out", out, "--quiet", *extra)
    assert "Sampling did not converge: R-hat" in done.err
    assert len(done.err.splitlines()) == 1
    if allowed:
        assert done.code == 0
        assert done.err.startswith("warning: ")
        assert (out / "posterior.nc").exists()
    else:
        assert done.code == 3
        assert done.out == ""
        assert [path.name for path in out.iterdir()] == ["unconverged.nc"]


def test_draws_that_do_not_converge_exit_with_3_and_write_nothing(monkeypatch, tmp_path):
    def unconverged(**options):
        raise ConvergenceError("Sampling did not converge: R-hat 1.250 (expected at most 1.01).")

    monkeypatch.setattr(job, "run", unconverged)
    done = call("run", "--out", tmp_path / "out", "--quiet")
    assert done.code == 3
    assert done.refusal.startswith("Sampling did not converge: R-hat 1.250")
    assert not (tmp_path / "out").exists()


def test_draws_that_do_not_converge_are_kept_with_a_way_to_go_on(monkeypatch, tmp_path, prior_run):
    def unconverged(**options):
        refusal = ConvergenceError("Sampling did not converge: R-hat 1.250.")
        refusal.fit = load(prior_run[0])
        raise refusal

    monkeypatch.setattr(job, "run", unconverged)
    out = tmp_path / "out"
    done = call("run", "--draws", 500, "--tune", 400, "--out", out, "--quiet")
    assert done.code == 3
    kept = out / "unconverged.nc"
    assert f"The draws are kept in {kept}" in done.refusal
    assert "--tune 800 --draws 1000" in done.refusal
    assert load(kept).draws.equals(load(prior_run[0]).draws)
    assert [path.name for path in out.iterdir()] == ["unconverged.nc"]


def test_draws_that_did_not_converge_say_so_wherever_they_answer(tmp_path, prior_run):
    kept = load(prior_run[0])
    groups = {name: node.to_dataset() for name, node in kept.idata.children.items()}
    numbers = {"r_hat": 1.25, "ess_bulk": 900.0, "ess_tail": 900.0, "divergences": 0}
    stuck = Fit(
        problem=kept.problem,
        idata=xr.DataTree.from_dict(groups | {"posterior": groups["prior"]}),
        manifest=kept.manifest | {"diagnostics": numbers | {"explosive": 0}},
    )
    save(stuck, tmp_path / "unconverged.nc")
    done = call("effects", "--fit", tmp_path / "unconverged.nc", "--outcome", "rouble", "--quiet")
    assert done.code == 0
    assert "warning: these draws did not converge: R-hat 1.250 (expected at most" in done.err
    assert ", which did not converge, data to" in stuck.draws.attrs["source"]
    assert "4 x" not in repr(stuck)
    assert "draws that did not converge" in repr(stuck)
    assert "converge" not in repr(kept) + kept.draws.attrs["source"]


def test_a_run_that_was_killed_between_two_files_is_not_read(copy, monkeypatch, few_outcomes):
    moved = []

    def killed(self, target):
        moved.append(target)
        if len(moved) == 3:
            raise KeyboardInterrupt
        return os.replace(self, target)  # noqa: PTH105 (what the patched method does)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        publish(staging(copy), copy)
    monkeypatch.undo()
    done = call("effects", "--fit", copy)
    assert done.code == 1
    assert "was interrupted while it wrote" in done.refusal
    assert "files are of two runs" in done.refusal
    with pytest.raises(FitFileError, match="of two runs"):
        load(copy)


@pytest.mark.parametrize("kind", ["link", "read-only"])
def test_a_run_replaces_no_link_and_nothing_read_only(copy, monkeypatch, kind):
    mine = copy.parent / f"{kind}.csv"
    mine.write_text("mine", encoding="utf-8")

    def keep(name):
        (copy / name).unlink(missing_ok=True)
        if kind == "link":
            (copy / name).symlink_to(mine)
        else:
            (copy / name).write_text("mine", encoding="utf-8")
            (copy / name).chmod(0o444)

    keep("claims.csv")
    monkeypatch.setattr(job, "run", lambda **_: pytest.fail("sampled"))
    done = call("run", "--out", copy)
    assert done.code == 1
    assert re.search(r"claims\.csv: (that is a link|it may not be written)", done.refusal)
    keep("c.csv")
    with pytest.raises(QuestionError, match=r"c\.csv"):
        publish(staging(copy), copy)
    assert not (copy / "a.csv").exists()  # the first of them
    assert (copy / "c.csv").read_text(encoding="utf-8") == "mine"
    assert load(copy).draws.sizes["draw"] > 0


def staging(copy):
    part = copy / ".part-x"
    part.mkdir()
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        (part / name).write_text("new", encoding="utf-8")
    return part


def test_a_posterior_of_another_run_than_its_manifest_is_refused(copy, few_outcomes, tmp_path):
    other = tmp_path / "other"
    assert call("run", "--prior-only", "--draws", 40, "--chains", 1, "--out", other).code == 0
    shutil.copy(other / "posterior.nc", copy)
    done = call("effects", "--fit", copy)
    assert done.code == 1
    assert "files of two runs are mixed" in done.refusal
    (copy / "manifest.json").unlink()
    assert load(copy).draws.sizes["draw"] == 40


def test_two_runs_do_not_write_to_one_folder_at_once(copy, few_outcomes):
    with locked(copy):
        done = call("run", "--prior-only", "--draws", 40, "--chains", 1, "--out", copy, "--quiet")
    assert done.code == 1
    assert "Another process is writing to" in done.refusal
    assert load(copy)


def test_leftovers_of_a_killed_run_go(copy, few_outcomes):
    staging(copy)
    assert call("run", "--prior-only", "--draws", 40, "--chains", 1, "--out", copy).code == 0
    assert not (copy / ".part-x").exists()


def test_a_disk_without_room_is_told_before_any_work(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    done = call("run", "--out", tmp_path / "out")
    assert done.code == 1
    assert "1 MB are free there, expected 500" in done.refusal


def test_options_of_a_run_reach_the_job(monkeypatch, tmp_path):
    seen = {}

    def record(**options):
        seen.update(options)
        raise ConvergenceError("enough")

    monkeypatch.setattr(job, "run", record)
    call(
        *("run", "--draws", 7, "--tune", 8, "--chains", 9, "--seed", 10, "--data", "d.csv"),
        *(
            "--mapping",
            "m.toml",
            "--priors",
            "p.toml",
            "--allow-unconverged",
            "--out",
            tmp_path / "out",
        ),
    )
    assert isinstance(seen.pop("progress"), Waiting)  # no terminal: a line now and then
    assert seen == {
        "data": Path("d.csv"),
        "mapping": Path("m.toml"),
        "priors": Path("p.toml"),
        "draws": 7,
        "tune": 8,
        "chains": 9,
        "random_seed": 10,
        "prior_only": False,
        "allow_unconverged": True,
        "economy": None,
    }


def test_a_table_of_one_s_own_runs(tmp_path, few_outcomes):
    frame = pd.read_csv(data_path("russia_quarterly.csv")).iloc[-44:]
    frame = frame[["quarter", "inflation_pct", "key_rate_pct_pa", "gdp_growth_pct"]]
    frame.to_csv(tmp_path / "mine.csv", index=False)
    done = call(
        *("run", "--prior-only", "--draws", 30, "--chains", 1, "--data", tmp_path / "mine.csv"),
        *("--out", tmp_path / "out"),
    )
    assert done.code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    inputs = {"data": "mine.csv", "vintage": None, "mapping": None, "priors": None}
    inputs["economy"] = "growth"
    assert manifest["inputs"] == inputs
    assert str(tmp_path) not in json.dumps(manifest)
    assert "mine.csv has no column for" in done.err


# Verbs on a finished run


def test_effects_answer_from_the_fit_and_say_which(prior_run, tmp_path):
    out, _ = prior_run
    done = call("effects", "--fit", out, "--csv", tmp_path / "mine.csv")
    assert done.code == 0
    assert "ull relief of all measures in 4 equal steps from 2026Q2" in done.out
    assert "prior draws of 20" in done.err  # the date
    assert f"in {out}, data to 20" in done.err
    mine, full = (pd.read_csv(path) for path in (tmp_path / "mine.csv", out / "effects.csv"))
    full = full[full["relief"] == 1.0].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, full, check_dtype=False)


def test_effects_of_what_is_asked(prior_run):
    out, _ = prior_run
    done = call(
        *("effects", "--fit", out, "--relief", 0.25, "--ramp", 2, "--measure", "trade"),
        *(
            "--measure",
            "finance",
            "--horizon",
            3,
            "--horizon",
            6,
            "--outcome",
            "key_rate",
            "--json",
        ),
    )
    rows = pd.DataFrame(json.loads(done.out))
    assert set(rows["outcome"]) == {"key_rate"}
    assert sorted(set(rows["horizon"])) == [3, 6]
    assert set(rows["relief"]) == {0.25}
    fitted = job.load_results(out)
    effect = total_effect(
        fitted.scm,
        fitted.draws,
        Relief(depth=0.25, ramp=2, measures=("trade", "finance")),
        horizon=6,
        outcomes=["key_rate"],
    )
    row = rows[(rows["horizon"] == 6) & (rows["channel"] == "total")].iloc[0]
    assert row["median"] == pytest.approx(float(effect.sel(horizon=6).median()), rel=1e-9)


def test_claims_answer_as_the_run_did(prior_run, tmp_path):
    out, _ = prior_run
    done = call("claims", "--fit", out, "--csv", tmp_path / "mine.csv")
    assert done.code == 0
    assert "of the article's 13 claims" in done.out
    assert (tmp_path / "mine.csv").read_bytes() == (out / "claims.csv").read_bytes()


def test_a_claim_without_a_probability_has_no_brackets_around_nothing(prior_run):
    table = pd.read_csv(prior_run[0] / "claims.csv")
    assert claims_view(table).table["P (before)"].str.fullmatch(r"\([<>]?0\.\d\d\)").all()
    table["prob_prior"] = np.nan
    assert (claims_view(table).table["P (before)"] == "").all()
    assert (claims_view(table.assign(prob=0.5)).table["P (before)"] == "0.50").all()


def test_claims_of_one_s_own_are_answered(prior_run, tmp_path):
    text = """
format_version = 1
[claim.mine]
statement = "The rouble falls."
outcome = "rouble"
sign = -1
horizon = 4
material = 1.0
measures = ["energy"]
"""
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    done = call("claims", "--fit", prior_run[0], "--claims", tmp_path / "mine.toml", "--json")
    (row,) = json.loads(done.out)
    assert row["claim"] == "mine"
    assert row["prob"] is None
    said = call("claims", "--fit", prior_run[0], "--claims", tmp_path / "mine.toml")
    assert "of 1 claims are likely" in said.out
    assert "article" not in said.out


def test_priors_are_printed_with_their_sources():
    done = call("priors", "--parameter", "import_premium", "--json")
    rows = json.loads(done.out)
    assert done.code == 0
    assert all("import_premium" in row["parameter"] for row in rows)
    assert {"prior", "unit", "rationale", "sources"} <= set(rows[0])
    assert "import_premium_change -> inflation" in {row["parameter"] for row in rows}
    everything = json.loads(call("priors", "--json").out)
    shown = [row["parameter"] for row in everything]
    assert sorted(shown) == sorted(addresses(default_transmission()))
    fixed = [row["prior"].startswith("Fixed") for row in everything]
    assert fixed == sorted(fixed)  # what is free comes first


def test_the_evidence_is_printed():
    rows = json.loads(call("priors", "--evidence", "--json").out)
    assert len(rows) == len(pd.read_csv(data_path("evidence.csv")))
    shown = call("priors", "--evidence").out
    assert f"{len(rows)} published estimates stand behind the priors" in shown
    assert "Kohl" in shown
    assert "untargeted countries" in shown


def test_the_graph_is_printed_and_drawn(prior_run, tmp_path):
    done = call("graph", "--fit", prior_run[0], "--figure", tmp_path / "graph.png")
    assert done.code == 0
    for name in default_transmission().by_name:
        assert name in done.out
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["graph.png"]


def test_the_graph_is_drawn_without_a_fit_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("graph", "--figure", tmp_path / "graph.png")
    assert done.code == 0
    assert "drawing the graph without effects" in done.err
    assert (tmp_path / "graph.png").exists()


def test_coverage_names_every_series():
    done = call("data", "coverage")
    rows = json.loads(call("data", "coverage", "--json").out)
    assert done.code == 0
    for position, name in enumerate(default_transmission().observed):
        assert default_transmission().variables[name].short_label in done.out
        assert rows[position]["series"] == default_transmission().variables[name].short_label


def test_building_the_data_again_changes_nothing(tmp_path):
    folder = Path(shutil.copytree(data_path("raw_quarterly.csv").parent, tmp_path / "data"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = call("data", "build", folder)
    assert done.code == 0
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert after == before


JSON_CALLS = {
    "graph": ["graph"],
    "priors": ["priors"],
    "evidence": ["priors", "--evidence"],
    "effects": ["effects", "--outcome", "gdp_level", "--fit"],
    "claims": ["claims", "--fit"],
    "validate": ["validate", "--quick", "--fit"],
    "coverage": ["data", "coverage"],
}


@pytest.mark.parametrize("verb", JSON_CALLS)
def test_json_is_all_there_is_on_stdout(prior_run, verb):
    arguments = JSON_CALLS[verb]
    if arguments[-1] == "--fit":
        arguments = [*arguments, prior_run[0]]
    done = call(*arguments, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out, parse_constant=pytest.fail)  # NaN is no JSON
    assert isinstance(rows, list)
    assert all(isinstance(row, dict) for row in rows)
    assert done.out.startswith("[\n")
    assert done.out.endswith("]\n")


def test_a_run_prints_its_claims_as_json(tmp_path, few_outcomes):
    done = call(
        *("run", "--prior-only", "--draws", 20, "--chains", 1, "--out", tmp_path / "out", "--json")
    )
    rows = json.loads(done.out, parse_constant=pytest.fail)
    assert list(rows[0]) == TABLE_COLUMNS["claims"].split(",")


@pytest.mark.parametrize("verb", JSON_CALLS)
def test_quiet_is_silent_on_stderr_and_prints_the_same(prior_run, verb):
    arguments = JSON_CALLS[verb]
    if arguments[-1] == "--fit":
        arguments = [*arguments, prior_run[0]]
    loud, quiet = call(*arguments), call(*arguments, "--quiet")
    assert quiet.code == 0
    assert quiet.err == ""
    assert quiet.out == loud.out


def test_a_quiet_run_is_silent_on_stderr(tmp_path, few_outcomes):
    done = call(
        *("run", "--prior-only", "--draws", 20, "--chains", 1, "--out", tmp_path / "out", "-q")
    )
    assert (done.code, done.err) == (0, "")


def test_a_fit_of_other_priors_is_used_with_one_warning(prior_run, monkeypatch):
    changed = load_priors().replace({"oil_growth[1] -> nothing": Normal(mu=0, sigma=1)})
    monkeypatch.setattr(changed_files, "load_priors", lambda *_, **__: changed)
    done = call("effects", "--fit", prior_run[0], "--outcome", "rouble", "--quiet")
    assert done.code == 0
    (line,) = done.err.splitlines()
    assert (
        line == "warning: priors differ from the files now; `sanctions-model run` makes a new fit"
    )


def test_a_reason_that_is_said_better_is_the_same_belief(prior_run, monkeypatch):
    stated = load_priors()
    other = {"rationale": "Said better.", "sources": ("hse_2022_consensus", "judgement")}
    said = {
        name: {item: prior.model_copy(update=other) for item, prior in own.items()}
        for name, own in stated.entries.items()
    }
    changed = stated.model_copy(update={"entries": said})
    assert changed != stated
    monkeypatch.setattr(changed_files, "load_priors", lambda *_, **__: changed)
    done = call("effects", "--fit", prior_run[0], "--outcome", "rouble", "--quiet")
    assert (done.code, done.err) == (0, "")


# Verbs on the past and the future

HISTORY_CALLS = {
    "scenario run": ["scenario", "run", "--set", "key_rate=12@1-4", "--horizon", 6],
    "scenario require": [
        *("scenario", "require", "--outcome", "price_level", "--below", 5, "--within", 2),
    ],
    "forecast": ["forecast", "--horizon", 3, "--outcome", "key_rate"],
    "conditional forecast": [
        *("forecast", "--horizon", 3, "--outcome", "key_rate", "--condition", "key_rate=12@1-2"),
    ],
    "counterfactual run": [
        *("counterfactual", "run", "--from", "2022Q1", "--to", "2023Q4", "--stay", "all"),
        *("--outcome", "inflation"),
    ],
    "decompose": [
        *("counterfactual", "decompose", "--from", "2023Q1", "--to", "2023Q4"),
        *("--outcome", "inflation"),
    ],
}


@pytest.mark.parametrize("verb", HISTORY_CALLS)
def test_questions_on_past_and_future_are_answered_printed_and_written(prior_run, tmp_path, verb):
    arguments = [*HISTORY_CALLS[verb], "--fit", prior_run[0]]
    done = call(*arguments, "--csv", tmp_path / "table.csv")
    assert done.code == 0, done.err
    assert done.out.strip()
    assert "prior draws of 20" in done.err
    rows = json.loads(call(*arguments, "--json").out, parse_constant=pytest.fail)
    table = pd.read_csv(tmp_path / "table.csv")
    assert len(rows) == len(table) > 0
    assert list(rows[0]) == list(table.columns)
    if "time" in table:
        assert [row["time"][:10] for row in rows] == table["time"].tolist()
    if "basis" in table:  # of draws of the prior alone
        kinds = table.get("quantity", pd.Series("effect", table.index))  # of require: every row
        effects = kinds.isin(["effect", "difference"])
        assert effects.any()
        assert set(table.loc[effects, "basis"]) == {"assumed"}
    rests = {"scenario run", "scenario require", "counterfactual run"}
    assert ("basis" in table) == (verb in rests)
    quiet = call(*arguments, "--quiet")
    assert (quiet.err, quiet.out) == ("", done.out)


@pytest.mark.parametrize("verb", HISTORY_CALLS)
def test_questions_on_past_and_future_need_a_fit(tmp_path, verb):
    message = refused(*HISTORY_CALLS[verb], "--fit", tmp_path / "nowhere")
    assert "There is no fit at" in message
    assert "sanctions-model run" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scenario", "run", "--set", "key-rate=12"], "variable=value"),
        (["scenario", "run", "--set", "key_rate"], "variable=value"),
        (["scenario", "run", "--set", "key_rate=high"], "variable=value"),
        (["scenario", "run", "--set", "key_rat=12"], "Did you mean 'key_rate'"),
        (["scenario", "run", "--set", "key_rate=12@4-2"], "expected 1 <= start <= stop"),
        (
            ["scenario", "run", "--set", "key_rate=12@0-2"],
            "expected a number greater than or equal to 1",
        ),
        (["scenario", "run", "--set", "key_rate=nan"], "expected a finite number"),
        (["scenario", "run", "--set", "trade=0", "--horizon", 0], "expected a whole number"),
        (["scenario", "run"], "No intervention"),
        (["scenario", "run", "--file", "nowhere.toml"], "No such file"),
        (["scenario", "require", "--outcome", "price_level"], "either --below or --above"),
        (
            ["scenario", "require", "--outcome", "prices_level", "--below", 1],
            "Did you mean 'price_level'",
        ),
        (
            ["scenario", "require", "--outcome", "inflation", "--below", 1, "--probability", 1.5],
            "expected a number between 0 and 1",
        ),
        (
            ["scenario", "require", "--outcome", "inflation", "--below", 1, "--within", 0],
            "expected at least 1",
        ),
        (["forecast", "--horizon", 0], "expected a whole number"),
        (["forecast", "--outcome", "inflaton"], "Did you mean 'inflation'"),
        (["forecast", "--condition", "key_rate=12"], "say which periods"),
        (["forecast", "--condition", "key_rate=12@3-2"], "periods run backwards"),
        (["forecast", "--condition", "key_rat=12@1-2"], "Did you mean 'key_rate'"),
        (["forecast", "--condition", "key_rate=12@1-99"], "but the horizon is 12"),
        (
            ["forecast", "--condition", "key_rate=12@1-2", "--absorb", "key_rat"],
            "Did you mean 'key_rate'",
        ),
        (
            ["forecast", "--condition", "key_rate=12@1-2", "--set", "trade=0"],
            "Conditions and interventions in one forecast",
        ),
        (["counterfactual", "run", "--from", "soon"], "soon"),
        (["counterfactual", "run", "--from", "2022Q1", "--to", "2021Q1"], "2021Q1"),
        (["counterfactual", "run", "--from", "2099Q1"], "2099Q1"),
        (["counterfactual", "run", "--from", "2022Q1", "--stay", "key_rate"], "not a measure"),
        (["counterfactual", "run", "--from", "2022Q1", "--stay", "trades"], "Did you mean 'trade'"),
        (["counterfactual", "decompose", "--from", "1980Q1"], "1980Q1"),
        (
            ["counterfactual", "decompose", "--from", "2022Q1", "--outcome", "inflaton"],
            "Did you mean 'inflation'",
        ),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_impossible_questions_on_past_and_future_are_refused(
    prior_run, tmp_path, arguments, message
):
    found = refused(*arguments, "--fit", prior_run[0], "--csv", tmp_path / "table.csv")
    assert message in found
    assert list(tmp_path.iterdir()) == []


# Refused data


def bundled():
    return pd.read_csv(data_path("russia_quarterly.csv"), dtype=str)


def without(period):
    frame = bundled()
    return frame[frame["quarter"] != period]


def twice(period):
    frame = bundled()
    return pd.concat([frame, frame[frame["quarter"] == period]])


def with_value(value, column="key_rate_pct_pa", period="2015Q1"):
    frame = bundled()
    frame.loc[frame["quarter"] == period, column] = value
    return frame


def yearly():
    frame = bundled().iloc[::4].copy()
    frame["quarter"] = frame["quarter"].str[:4]
    return frame


def every_other_quarter():
    return bundled().iloc[::2]


BAD_TABLES = {
    "a missing period": (lambda: without("2015Q2"), "2015Q2"),
    "a duplicate period": (lambda: twice("2015Q2"), "2015Q2"),
    "a word": (lambda: with_value("high"), "high.*2015Q1|2015Q1.*high"),
    "a decimal comma": (lambda: with_value("15,5"), "15,5"),
    "infinity": (lambda: with_value("inf"), "2015Q1"),
    "minus infinity": (lambda: with_value("-inf"), "2015Q1"),
    "another unit": (lambda: with_value("1500"), "2015Q1; expected -5 to 200 % a year"),
    "years": (yearly, "2005"),
    "half years": (every_other_quarter, "2005Q2"),
    "no series": (lambda: bundled()[["quarter"]], "mine.csv"),
    "other series": (
        lambda: bundled()[["quarter", "gdp_growth_pct"]].rename(columns={"gdp_growth_pct": "x"}),
        "none of the model's series",
    ),
    "a nameless period": (lambda: with_value("2015Q1").assign(quarter="soon"), "soon"),
}


@pytest.fixture(params=[["run", "--prior-only"], ["data", "coverage"]], ids=["run", "coverage"])
def reading(request, tmp_path):
    """A verb that reads data, and the folder where it must not write."""
    out = tmp_path / "out"

    def verb(path):
        place = ["--out", out] if request.param[0] == "run" else []
        message = refused(*request.param, "--data", path, *place)
        assert not out.exists()
        return message

    return verb


@pytest.mark.parametrize("fault", BAD_TABLES)
def test_an_unusable_table_is_refused_in_one_line(reading, tmp_path, fault):
    make, message = BAD_TABLES[fault]
    make().to_csv(tmp_path / "mine.csv", index=False)
    assert re.search(message, reading(tmp_path / "mine.csv"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "mine.csv"),
        (b"quarter,key_rate_pct_pa\n", "mine.csv"),
        (b"\xff\xfe\x00\x01binary", "mine.csv"),
        (b"quarter,key_rate_pct_pa\n2015Q1,15.0,3\n2015Q2,14.0\n", "mine.csv"),
        (b"quarter,key_rate_pct_pa,key_rate_pct_pa\n2015Q1,1,2\n2015Q2,1,2\n", "mine.csv"),
    ],
    ids=["empty", "header only", "binary", "ragged", "a column twice"],
)
def test_an_unreadable_table_is_refused_in_one_line(reading, tmp_path, content, message):
    (tmp_path / "mine.csv").write_bytes(content)
    assert message in reading(tmp_path / "mine.csv")


def test_a_missing_table_is_refused_in_one_line(reading, tmp_path):
    assert "No such file" in reading(tmp_path / "mine.csv")
    assert str(tmp_path) in reading(tmp_path)


def test_months_with_quarterly_priors_are_refused(tmp_path):
    months = pd.period_range("2015-01", periods=60, freq="M").astype(str)
    frame = pd.DataFrame({"month": months, "inflation_pct": np.linspace(0.1, 0.9, 60)})
    frame.to_csv(tmp_path / "months.csv", index=False)
    message = refused(
        "run", "--prior-only", "--data", tmp_path / "months.csv", "--out", tmp_path / "out"
    )
    assert "stated for 4 periods a year, the model has 12" in message
    assert not (tmp_path / "out").exists()


# Refused priors


PRIORS = data_path("priors_anchored.toml").read_text(encoding="utf-8")
OWN_TABLE = """
[coefficient."key_rate -> inflatoin"]
family = "Normal"
mu = 0.0
sigma = 1.0
rationale = "a slip of the pen"
sources = "judgement"
"""
BAD_PRIORS = {
    "an unknown link": (PRIORS + OWN_TABLE, "names no parameter of the model"),
    "an unknown parameter": (
        PRIORS + OWN_TABLE.replace('coefficient."key_rate -> inflatoin"', "anchorage"),
        "names no parameter of the model.*Did you mean 'anchoring'",
    ),
    "an unknown family": (
        PRIORS + OWN_TABLE.replace('"Normal"', '"Cauchy"'),
        "family is 'Cauchy'; expected one of",
    ),
    "a negative scale": (PRIORS + OWN_TABLE.replace("1.0", "-1.0"), "sigma: expected a number gr"),
    "no rationale": (PRIORS + OWN_TABLE.replace("a slip of the pen", ""), "no rationale"),
    "an unknown source": (
        PRIORS + OWN_TABLE.replace('"judgement"', '["hearsay"]'),
        "source 'hearsay' is not an id",
    ),
    "a table missing": (
        PRIORS.replace('[coefficient."real_depreciation -> inflation"]', "[other]"),
        "other|has no prior",
    ),
    "no version": (PRIORS.replace("format_version = 1", ""), "format_version is nothing"),
    "months": (PRIORS.replace("periods_per_year = 4", "periods_per_year = 12"), "12"),
    "no TOML": ("family = Normal", "is not a TOML file"),
    "empty": ("", "format_version is nothing"),
    "binary": ("\x00\x01", "is not a TOML file"),
}


@pytest.mark.parametrize("fault", BAD_PRIORS)
@pytest.mark.parametrize("verb", [["run", "--prior-only"], ["priors"]], ids=["run", "priors"])
def test_unusable_priors_are_refused_in_one_line(tmp_path, verb, fault):
    text, message = BAD_PRIORS[fault]
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    place = ["--out", tmp_path / "out"] if verb[0] == "run" else []
    found = refused(*verb, "--priors", tmp_path / "mine.toml", *place)
    assert re.search(message, found)
    assert "mine.toml" in found
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_missing_priors_are_refused(tmp_path):
    assert "No such file" in refused("priors", "--priors", tmp_path / "mine.toml")
    assert "directory" in refused("priors", "--priors", tmp_path)


def test_a_parameter_that_does_not_exist_is_refused():
    assert "No parameter's address contains 'wheat'" in refused("priors", "--parameter", "wheat")
    some = call("priors", "--parameter", "inflation")
    assert "parameters with 'inflation' in the address" in some.err + some.out


# Refused questions


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--relief", 1.5], "Relief of 1.5; expected a share between 0 (none) and 1 (full relief)"),
        (["--relief", -0.1], "Relief of -0.1; expected a share"),
        (["--relief", "nan"], "The relief is nan; expected a share"),
        (["--ramp", 0], "ramp 0"),
        (["--horizon", 0], "expected a whole number of periods of at least 1"),
        (["--horizon", 4, "--horizon", -1], "expected a whole number of periods of at least 1"),
        (["--outcome", "inflaton"], "Did you mean 'inflation'"),
        (["--measure", "trades"], "Did you mean 'trade'"),
        (["--measure", "key_rate"], "'key_rate' is not a measure"),
        (
            ["--measure", "energy", "--outcome", "risk_premium"],
            "No directed path leads from energy",
        ),
    ],
    ids=str,
)
def test_an_impossible_question_is_refused_in_one_line(prior_run, tmp_path, arguments, message):
    out, _ = prior_run
    assert message in refused("effects", "--fit", out, *arguments, "--csv", tmp_path / "e.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["effects", "claims", "validate"])
def test_without_a_fit_a_verb_says_what_to_run(tmp_path, verb):
    message = refused(verb, "--fit", tmp_path / "nowhere")
    assert "There is no fit at" in message
    assert "sanctions-model run" in message


@pytest.mark.parametrize("verb", ["effects", "claims", "validate"])
@pytest.mark.parametrize("fault", ["text", "truncated", "empty", "foreign"])
def test_a_corrupt_fit_is_refused_in_one_line(copy, verb, fault):
    path = copy / "posterior.nc"
    (copy / "manifest.json").unlink()  # which would say that the file is another one
    match fault:
        case "text":
            path.write_text("no fit", encoding="utf-8")
        case "truncated":
            path.write_bytes(path.read_bytes()[:5000])
        case "empty":
            path.write_bytes(b"")
        case "foreign":
            path.unlink()
            xr.Dataset({"x": ("time", [1.0])}).to_netcdf(path, engine="h5netcdf")
    message = refused(verb, "--fit", copy)
    assert "posterior.nc" in message
    assert ("is damaged" if fault == "truncated" else "netCDF file") in message


@pytest.mark.parametrize("content", ["", "format_version = 1", "[claim.x]"], ids=repr)
def test_unusable_claims_are_refused_in_one_line(prior_run, tmp_path, content):
    (tmp_path / "mine.toml").write_text(content, encoding="utf-8")
    message = refused("claims", "--fit", prior_run[0], "--claims", tmp_path / "mine.toml")
    assert "mine.toml: expected format_version = 1 and tables [claim.NAME]" in message


@pytest.mark.parametrize("count", ["--draws", "--chains"])
def test_a_run_of_nothing_is_refused(tmp_path, count):
    message = refused("run", "--prior-only", count, 0, "--out", tmp_path / "out")
    assert "is 0; expected a whole number of at least 1" in message
    assert not (tmp_path / "out").exists()


# Refused places


def test_results_cannot_go_where_a_file_is(tmp_path, few_outcomes):
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    for place in (tmp_path / "taken", tmp_path / "taken" / "below"):
        message = refused("run", "--prior-only", "--draws", 20, "--chains", 1, "--out", place)
        assert "Cannot write results to" in message
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_where_results_cannot_go_is_said_before_anything_is_computed(tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(job, "run", lambda **options: pytest.fail("computed all the same"))
    assert "Cannot write results to" in refused("run", "--out", tmp_path / "taken")


@pytest.mark.parametrize("verb", ["effects", "claims", "validate"])
def test_a_table_cannot_go_into_a_folder_that_does_not_exist(prior_run, tmp_path, verb):
    place = tmp_path / "nowhere" / "mine.csv"
    quick = ["--quick"] if verb == "validate" else []
    assert "there is no folder" in refused(verb, *quick, "--fit", prior_run[0], "--csv", place)
    assert list(tmp_path.iterdir()) == []


def test_a_table_cannot_replace_a_folder(prior_run, tmp_path):
    (tmp_path / "mine.csv").mkdir()
    message = refused("effects", "--fit", prior_run[0], "--csv", tmp_path / "mine.csv")
    assert "mine.csv" in message
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(
    ("place", "message"),
    [("graph.gif", "ends in .png or .svg or .pdf"), ("nowhere/graph.png", "there is no folder")],
)
def test_a_figure_goes_to_a_png_in_a_folder_that_exists(tmp_path, place, message):
    assert message in refused("graph", "--figure", tmp_path / place)
    assert list(tmp_path.iterdir()) == []


def test_building_data_needs_the_transcribed_files(tmp_path):
    assert str(tmp_path) in refused("data", "build", tmp_path)
    assert list(tmp_path.iterdir()) == []


# Wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--speed", "9"],
        ["run", "--draws", "many"],
        ["run", "--draws", "2.5"],
        ["effects", "--relief", "half"],
        ["effects", "--horizon", "next"],
        ["effects", "--horizon"],
        ["claims", "extra"],
        ["relieve"],
        ["data", "destroy"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments):
    done = call(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert "Error: " in done.err
    assert "Traceback" not in done.err


def test_without_a_verb_the_help_is_shown():
    done = call()
    assert "[OPTIONS] COMMAND [ARGS]" in done.out + done.err


# As other programs see it


def shell(*arguments, cwd):
    command = [sys.executable, "-m", "sanctions_model", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_a_refusal_in_a_process_of_its_own(tmp_path):
    done = shell("effects", "--relief", 1.5, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: Relief of 1.5")
    assert list(tmp_path.iterdir()) == []


def test_the_default_fit_is_looked_for_below_the_working_directory(tmp_path):
    done = shell("claims", "--quiet", cwd=tmp_path)
    assert done.returncode == 1
    assert "There is no fit at results/russia/posterior.nc" in done.stderr.replace("\\", "/")


def test_json_goes_through_a_pipe(prior_run, tmp_path):
    done = shell("claims", "--fit", prior_run[0], "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert len(json.loads(done.stdout)) >= 10
    assert done.stderr.count("\n") == 1  # which fit


def test_a_reader_that_stops_reading_is_no_error(prior_run, tmp_path):
    command = [sys.executable, "-m", "sanctions_model", "priors", "--evidence", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        error = process.stderr.read()
    assert "Traceback" not in error


def test_every_measure_can_be_lifted_alone(prior_run):
    for name in MEASURES:
        arguments = ["--measure", name, "--outcome", "rouble", "--quiet"]
        done = call("effects", "--fit", prior_run[0], *arguments)
        assert done.code == 0, done.err


def test_the_chain_is_asked_as_a_whole(prior_run, tmp_path):
    done = call("claims", "--chain", "--fit", prior_run[0], "--csv", tmp_path / "chain.csv")
    assert done.code == 0, done.err
    assert "It breaks most often at" in done.out
    assert "prior draws, no data used" in done.out
    table = pd.read_csv(tmp_path / "chain.csv")
    assert len(table) == 10
    assert table["breaks_here"].sum() + table["joint"].iloc[0] == pytest.approx(1.0, abs=1e-5)
    printed = json.loads(call("claims", "--chain", "--fit", prior_run[0], "--json").out)
    assert [row["claim"] for row in printed] == table["claim"].tolist()
