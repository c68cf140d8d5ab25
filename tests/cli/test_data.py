"""The data verbs: what they print and write, offline and on line, and what they refuse."""

import json
import pathlib
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from command import call, files_of_at_most, refused
from newer_figures import newer_figures
from statistics_server import Services, failing

from sanctions_model.data.sources import registry
from sanctions_model.data.vintages import bundled_vintage, list_vintages
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.ledger import load_priors, sample_prior
from sanctions_model.inference.storage import load, save
from sanctions_model.robustness.vintages import revised_history
from sanctions_model.scm.serialization import spec_hash


@pytest.fixture
def away(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SANCTIONS_MODEL_VINTAGES", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("EIA_API_KEY", "a user's key")
    return tmp_path


@pytest.fixture
def online(away, monkeypatch):
    """The registered sources answer from the loopback address."""
    with Services(newer_figures()) as services:
        monkeypatch.setattr(registry, "SOURCES", services.sources())
        yield services


def run_prior(*more):
    return call("run", "--prior-only", "--draws", 20, "--chains", 1, *more)


def test_an_update_is_fitted_listed_and_compared_by_its_name(online, away, few_outcomes):
    """From an update to a fit that names it by hash."""
    online.faults["eia"] = failing(503)
    done = call("data", "update", "--to", "2026Q3")
    assert done.code == 0, done.err
    (name,) = (v.name for v in list_vintages(away / "vintages") if v.name != "bundled")
    lines = done.err.splitlines()
    assert (
        "warning: EIA Brent spot price (brent_usd_bbl): 127.0.0.1 answered HTTP 503 "
        "(Service Unavailable)" in lines
    )
    assert any(f"wrote the vintage {name}" in line for line in lines)
    assert "IMF commodity prices" in done.out
    assert "credit_firms_rouble_rub_trn" in done.out

    done = call("data", "update", "--to", "2026Q3")
    assert done.code == 0
    assert f"nothing is new against {name}: no vintage was written" in done.err
    assert len(list_vintages()) == 2

    vintage = list_vintages()[-1]
    found = json.loads(call("data", "list", "--json").out)
    assert [row["vintage"] for row in found] == ["bundled", name]
    assert found[1]["data checksum"] == vintage.sha256[:12]

    rows = json.loads(call("data", "diff", "bundled", name, "--json").out)
    (brent,) = (row for row in rows if row["series"] == "brent_usd_bbl")
    assert (brent["join"], brent["n_new"], brent["last_new"]) == ("2020Q2", 1, "2026Q2")
    shown = call("data", "diff", "bundled", "latest", "--figure", "diff.png")
    assert pathlib.Path("diff.png").is_file()
    assert "wage_nominal_sa_rub" not in shown.out
    assert "wage_nominal_sa_rub" in call("data", "diff", "bundled", "latest", "--all").out

    done = run_prior("--data", name, "--out", "results/new")
    assert done.code == 0, done.err
    assert f"data: vintage {name}, to 2026Q2, data checksum {vintage.sha256[:12]}" in done.err
    manifest = json.loads((away / "results" / "new" / "manifest.json").read_text())
    assert manifest["inputs"]["vintage"] == {"name": name, "sha256": vintage.sha256}
    assert manifest["data"]["last_period"] == "2026-04-01"
    assert str(away) not in json.dumps(manifest)
    fitted = load(away / "results" / "new" / "posterior.nc")
    assert fitted.problem.observations.attrs["vintage"] == name
    assert "figures are not out yet" in done.out
    done = call("data", "nowcast", "--fit", "results/new")
    assert f"results/new, data of vintage {name} to 2026Q2" in done.err


@pytest.mark.parametrize("size", [100, 10_000])
def test_an_update_on_a_full_disk_is_one_line_and_leaves_no_vintage(online, away, size):
    with files_of_at_most(size):
        done = call("data", "update", "--to", "2026Q3", "--quiet")
    assert done.code == 1
    assert (
        done.err
        == "error: Cannot write a vintage to vintages: File too large; give another folder.\n"
    )
    assert [path for path in away.rglob("*") if path.is_file()] == []


def test_an_update_without_a_network_names_every_source_and_leaves_everything(online, away):
    online.__exit__()
    before = bundled_vintage().sha256
    done = call("data", "update", "--to", "2026Q3")
    assert done.code == 1
    warnings = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == len(registry.SOURCES)
    assert all("cannot be reached (Connection refused)" in line for line in warnings)
    assert done.err.splitlines()[-1].startswith(
        "error: No source gave anything usable, so nothing was written; the newest data are still "
        "those of bundled."
    )
    assert list(away.iterdir()) == []
    assert bundled_vintage().sha256 == before


def test_offline_a_run_says_once_that_it_uses_the_bundled_vintage_and_shows_its_nowcast(
    away, few_outcomes, monkeypatch
):
    def no_network(*_, **__):
        raise AssertionError("a run asked the network")

    monkeypatch.setattr("socket.create_connection", no_network)
    monkeypatch.setattr("socket.getaddrinfo", no_network)
    done = run_prior("--out", "results/here")
    assert done.code == 0, done.err
    said = [line for line in done.err.splitlines() if "vintage" in line]
    checksum = bundled_vintage().sha256[:12]
    assert said == [f"data: the bundled vintage, to 2026Q1, data checksum {checksum}"]
    manifest = json.loads((away / "results" / "here" / "manifest.json").read_text())
    assert manifest["inputs"]["vintage"] == {
        "name": "bundled",
        "sha256": bundled_vintage().sha256,
    }
    done = call(
        "data", "nowcast", "--fit", "results/here", "--csv", "now.csv", "--figure", "now.png"
    )
    assert done.code == 0, done.err
    assert "2026Q1 *" in done.out
    assert "what does the prior expect of figures that are not out?" in " ".join(done.out.split())
    assert pd.read_csv("now.csv")["series"].tolist().count("log_imports") == 2
    assert (away / "now.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_vintage_is_refused_with_those_that_there_are(away):
    assert re.fullmatch(
        r"There is no vintage '1999-01-01' in vintages; there is bundled\.",
        refused("run", "--prior-only", "--data", "1999-01-01"),
    )
    for file in ("none.csv", "none.xlsx"):
        assert refused("run", "--prior-only", "--data", file).startswith("Cannot read the data")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("update", "--from", "soon"), "soon: expected a quarter such as 2026Q1"),
        (("update", "--to", "2026-01"), "--to 2026-01: expected a quarter such as 2026Q1"),
        (("update", "--base", "x"), "There is no vintage 'x'"),
        (("diff", "bundled", "x"), "There is no vintage 'x'"),
        (("template", "mine", "--from", "2010Q1", "--to", "2011-01"), "are not of one frequency"),
        (("check", "none.csv"), "Cannot read the data file none.csv"),
    ],
)
def test_a_wrong_question_is_refused(away, arguments, words):
    assert words in refused("data", *arguments)


def test_a_table_that_no_equation_learns_from_is_said_to_be_none(away):
    quarters = [f"{year}Q{quarter}" for year in range(2014, 2020) for quarter in (1, 2, 3, 4)]
    rates = {"quarter": quarters, "key_rate_pct_pa": np.linspace(5.0, 9.0, 24)}
    pd.DataFrame(rates).to_csv("rates.csv", index=False)
    done = call("data", "check", "rates.csv")
    assert "can be read, but no equation learns from it" in " ".join(done.out.split())


def test_a_template_is_filled_in_checked_and_fitted(away, few_outcomes):
    assert call("data", "template", "mine", "--from", "2010Q1", "--to", "2024Q4").code == 0
    chance = np.random.default_rng(2)
    frame = pd.read_csv("mine/table.csv")
    frame = frame.rename(columns={"inflation_pct": "CPI"}).assign(
        CPI=chance.normal(2, 1, len(frame)),
        oil_growth_pct=chance.normal(0, 10, len(frame)),
        **dict.fromkeys(MEASURES, 0.0),
    )
    frame.to_csv("mine/table.csv", index=False)
    with pathlib.Path("mine/mapping.toml").open("w", encoding="utf-8") as stream:
        stream.write(
            'country = "Kazakhstan"\ncurrency = "KZT"\ninflation_target = 5.0\n'
            '[columns]\nCPI = "inflation_pct"\n'
        )
    of_mine = ("data", "check", "mine/table.csv", "--mapping", "mine/mapping.toml")
    done = call(*of_mine, "--figure", "mine/check.png")
    assert pathlib.Path("mine/check.png").is_file()
    assert done.code == 0, done.err
    flat = " ".join(done.out.split())
    assert "Prior only, the table says nothing of them: depreciation, import_growth" in flat
    rows = json.loads(
        call("data", "check", "mine/table.csv", "--mapping", "mine/mapping.toml", "--json").out
    )
    uses = {row["series"]: row["use"] for row in rows}
    assert uses["oil_growth"] == "estimated"
    assert uses["gdp_growth"] == "prior only: no figures"

    done = run_prior(
        "--data", "mine/table.csv", "--mapping", "mine/mapping.toml", "--out", "results/kz"
    )
    assert done.code == 0, done.err
    manifest = json.loads((away / "results" / "kz" / "manifest.json").read_text())
    assert manifest["inputs"]["vintage"] is None
    assert manifest["inputs"]["mapping"]["country"] == "Kazakhstan"
    fitted = load(away / "results" / "kz" / "posterior.nc")
    assert fitted.scm.variables["rouble"].label == "KZT against the dollar (+ = stronger)"
    # The fit's equations are those of the model under other labels.
    done = call("data", "nowcast", "--fit", "results/kz")
    assert done.code == 0, done.err
    assert "differ from the files" not in done.err


def saved_fit(folder, observations, seed, vintage):
    """A fit whose posterior is a draw from the prior: what a verb needs, without sampling."""
    problem = Problem.of(growth_transmission(), observations, load_priors(economy="growth"))
    drawn = sample_prior(problem.scm, problem.absolute, draws=40, chains=2, random_seed=seed)
    draws = complete_from_prior(problem, drawn, seed + 1)
    fitted = Fit(
        problem=problem,
        idata=xr.DataTree.from_dict({"posterior": draws, "prior": draws}),
        manifest={
            "created": f"day {seed}",
            "spec_sha256": spec_hash(problem.scm),
            "priors": {"sha256": "p"},
            "data": {"last_period": "2025-01-01", "sha256": "d" * 64},
            "settings": {"draws": 40, "tune": 40, "chains": 2, "random_seed": seed},
            "inputs": {"vintage": vintage},
        },
    )
    folder.mkdir(exist_ok=True)
    save(fitted, folder / "posterior.nc")
    return fitted


@pytest.fixture
def two_vintages(away, monkeypatch, growth_problem):
    """Fits in folders ``a`` and ``b``; a third one is made without sampling, and counted."""
    from sanctions_model.robustness import vintages as vintage_comparison

    newer = growth_problem.observations
    older = newer.isel(time=slice(0, -3)).copy(deep=True)
    older["inflation"][-8:] += 0.5
    saved_fit(away / "a", older, 1, None)
    saved_fit(away / "b", newer, 2, {"name": "2026-07-01", "sha256": "e" * 64})
    made = []

    def fit_revised(old, new):
        history = revised_history(old.problem.observations, new.problem.observations)
        made.append(saved_fit(away / "c", history, 3, None))
        return made[-1]

    monkeypatch.setattr(vintage_comparison, "fit_revised", fit_revised)
    return made


def test_two_fits_are_compared_with_a_third_on_the_new_figures_of_the_old_periods(two_vintages):
    verb = ("data", "compare", "a", "b", "--horizon", 4)
    done = call(*verb, "--csv", "c.csv", "--keep", "c.nc")
    assert done.code == 0, done.err
    assert "wrote c.nc" in done.err
    table = pd.read_csv("c.csv").set_index("outcome")
    parts = table["due_to_revisions"] + table["due_to_new_periods"]
    np.testing.assert_allclose(parts, table["change"], rtol=1e-3, atol=1e-6)
    for name in ("old", "new"):
        assert set(table[f"{name}_basis"]) <= {"identified", "mixed", "assumed"}
        assert table[f"{name}_information"].between(0, 1, inclusive="left").all()
    place = list(table).index("horizon")
    assert list(table)[place + 1 : place + 3] == ["old_period", "new_period"]
    start = pd.Period(load(pathlib.Path("a") / "posterior.nc").draws.attrs["start"], freq="Q")
    assert set(table["old_period"]) == {str(start + 4)}
    assert set(table["old_vintage"]) == {"bundled (dddddddddddd)"}
    assert set(table["new_vintage"]) == {"2026-07-01 (eeeeeeeeeeee)"}
    text = " ".join(done.out.split())
    assert "Old: bundled (dddddddddddd); new: 2026-07-01 (eeeeeeeeeeee)." in text
    row = table.loc["key_rate"]
    for part, error in (
        ("change", "monte_carlo_error"),
        ("due_to_revisions", "error_revisions"),
        ("due_to_new_periods", "error_new_periods"),
    ):
        assert row[error] > 0
        assert f"{row[part]:+.3f} ± {row[error]:.3f}" in text
    # Levels are shown in place of the growth that they sum.
    shown = table.drop([level.flow for level in growth_transmission().levels], errors="ignore")
    clear = (shown["change"].abs() > shown["monte_carlo_error"]).sum()
    assert f"{clear} of {len(shown)} changes are beyond it" in text

    pointed = call("compare", "a", "b", "--outcome", "key_rate", "--json")
    assert "the data alone differ: `sanctions-model data compare a b` says" in pointed.err

    # The third fit was kept, so it is not made again.
    again = call(*verb, "--csv", "again.csv", "--keep", "c.nc", "--json", "--figure", "c.png")
    assert again.code == 0, again.err
    assert "fitting" not in again.err
    assert pathlib.Path("c.png").is_file()
    assert len(two_vintages) == 1
    assert pathlib.Path("again.csv").read_text() == pathlib.Path("c.csv").read_text()
    assert [found["outcome"] for found in json.loads(again.out)] == table.index.to_list()


def test_what_cannot_be_compared_or_kept_is_refused_before_the_fit(two_vintages):
    verb = ("data", "compare", "--quiet")
    for words, said in (
        (("b", "a"), "expected new data that hold all old periods"),
        (("a", "b"), "is not one of the new figures of the old periods"),
    ):
        assert said in call(*verb, *words, "--keep", "b/posterior.nc").err
    for option in ("--keep", "--csv"):
        assert (
            f"{option} no/c: there is no folder no; make it"
            in call(*verb, "a", "b", option, "no/c").err
        )
    assert two_vintages == []
