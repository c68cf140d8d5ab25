"""The verb on relief observed elsewhere, with and without a fit."""

import json

import pandas as pd
import pytest
from command import call
from saved_fits import fit_of

import sanctions_model as sm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("fit")
    fit_of(sm.load_priors(economy="growth"), root / "one", 1)
    return root / "one"


def test_without_a_fit_the_shipped_files_answer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "e.csv"
    done = call("elsewhere", "--csv", table)
    assert done.code == 0
    assert "did lifting sanctions do elsewhere (settlement, all senders)?" in done.out
    assert "liftings were taken back" in done.out
    assert "With the liftings elsewhere" not in done.out
    assert f"R-hat {sm.elsewhere.fit_summary()['r_hat']:.3f}" in " ".join(done.out.split())
    assert len(pd.read_csv(table)) == 3 * 4 * 3


def test_with_a_fit_the_answer_stands_without_and_with(folder, tmp_path):
    figure = tmp_path / "liftings.png"
    done = call("elsewhere", "--fit", folder, "--figure", figure)
    assert done.code == 0
    assert "With the liftings elsewhere full relief moves GDP by" in done.out
    for column in ("not counted", "counted half", "counted in full"):
        assert column in done.out
    starts = ("GDP", "imports", "prices", "inflation", "settlement", "other government")
    rows = [line for line in done.out.splitlines() if line.startswith(starts)]
    assert len(rows) == 3 * 3 + 3 + 2
    assert max(map(len, rows)) <= 80
    assert figure.stat().st_size > 10_000


def test_json_is_for_programs(folder):
    done = call("elsewhere", "--fit", folder, "--json", "--quiet")
    assert {row["outcome"] for row in json.loads(done.out)} == {
        "gdp",
        "imports",
        "inflation",
        "real_exchange_rate",
    }


def test_an_unknown_lifting_is_refused_with_the_known(folder):
    done = call("elsewhere", "--fit", folder, "--lifting", "settlement")
    assert done.code == 1
    assert "settlement, all senders" in done.err
