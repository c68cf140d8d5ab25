"""The verb `sweep`: what it writes, prints and refuses."""

import json

import laboratory
import pandas as pd
import pytest
from command import call

import sanctions_model as sm
from sanctions_model import workflow as job
from sanctions_model.sweeps import engines, load_sweep

DESIGN = """
format_version = 1
label = "depth and start"
outcomes = ["price_level", "gdp_level"]
horizon = 8
kept_draws = 20

[[axis]]
kind = "relief"
name = "depth"
argument = "depth"
values = [0.5, 1.0]

[[axis]]
kind = "relief"
name = "start"
argument = "start"
values = [1, 3]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A results folder whose posterior is prior draws: nothing is compiled."""
    fitted = sm.fit(
        sm.growth_transmission(),
        sm.load_observations(scm=sm.growth_transmission()),
        sm.load_priors(economy="growth"),
        draws=500,
        tune=10,
        chains=4,
        sampler=laboratory.FakeSampler([0]),
    )
    place = tmp_path_factory.mktemp("fit")
    sm.save(fitted, place / "posterior.nc")
    assert job.load_results(place).draws.sizes["draw"] == 500
    return place


def test_a_sweep_is_run_printed_drawn_and_continued(folder, tmp_path):
    design = tmp_path / "design.toml"
    design.write_text(DESIGN, encoding="utf-8")
    arguments = ("sweep", design, "--fit", folder, "--out", tmp_path / "out")
    done = call(*arguments, "--figures", "--csv", tmp_path / "points.csv")
    assert done.code == 0, done.err
    assert "depth and start: what is the effect at each point?" in done.out
    assert "4 from the draws as they are" in done.out
    found = load_sweep(tmp_path / "out")
    assert dict(found["effect"].sizes) == {"depth": 2, "start": 2, "outcome": 2, "draw": 20}
    assert {p.name for p in (tmp_path / "out").glob("*.png")} == {"surface.png", "tornado.png"}
    points = pd.read_csv(tmp_path / "points.csv")
    assert len(points) == 4 * 2
    assert not any("basis" in name for name in points)  # docs/schema.md says why
    start = pd.Period(job.load_results(folder).draws.attrs["start"], freq="Q")
    assert set(points["period"]) == {str(start + 8)}
    again = call(*arguments, "--quiet", "--json")
    assert again.code == 0
    records = json.loads(again.out)
    assert {r["route"] for r in records} == {"propagate"}
    assert {r["outcome"] for r in records} == {"price_level", "gdp_level"}
    other = tmp_path / "other.toml"
    other.write_text(DESIGN.replace("horizon = 8", "horizon = 9"), encoding="utf-8")
    refused = call("sweep", other, "--fit", folder, "--out", tmp_path / "out", "--quiet")
    assert refused.code == 1
    assert "made with another design" in refused.refusal


def test_a_failed_point_ends_with_code_3_and_its_reason(folder, tmp_path):
    design = tmp_path / "design.toml"
    link = "import_premium_change -> inflation"
    axis = f"""
[[axis]]
kind = "prior_shift"
name = "shift"
parameter = "{link}"
values = [0.0, 0.3]
"""
    text = DESIGN.replace("kept_draws", "route = 'propagate'\nkept_draws") + axis
    design.write_text(text, encoding="utf-8")
    done = call("sweep", design, "--fit", folder, "--out", tmp_path / "out")
    assert done.code == 3
    assert "4 points failed" in done.err
    assert "needs at least 'reweight'" in done.err


def test_lost_points_end_with_code_3_and_the_same_command_asks_them_again(
    folder, tmp_path, monkeypatch
):
    design = tmp_path / "design.toml"
    design.write_text(DESIGN, encoding="utf-8")
    arguments = ("sweep", design, "--fit", folder, "--out", tmp_path / "out")

    def lost(_, bench, indices):
        return ((index, engines._lost(bench, OSError("no memory"))) for index in indices)

    with monkeypatch.context() as patched:
        patched.setattr(engines.InProcess, "answers", lost)
        done = call(*arguments)
    assert done.code == 3
    assert "4 points have no answer yet, the same command asks them again: lost" in done.err
    assert "no memory" in done.err
    assert call(*arguments).code == 0
    assert (load_sweep(tmp_path / "out")["status"] == "done").all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("'relief'", "'relief'"), None),
        (('argument = "depth"', 'argument = "width"'), "argument: expected 'depth'"),
        (("values = [0.5, 1.0]", "values = [0.5, 7.0]"), "between 0"),
        (('"gdp_level"', '"gdp"'), "Unknown name 'gdp'"),
        (("format_version = 1", "format_version = 3"), "format_version"),
    ],
)
def test_a_design_that_does_not_fit_is_refused_in_one_line(folder, tmp_path, change, reason):
    if reason is None:
        done = call("sweep", tmp_path / "none.toml", "--fit", folder, "--quiet")
        reason = "Cannot read"
    else:
        design = tmp_path / "design.toml"
        design.write_text(DESIGN.replace(*change), encoding="utf-8")
        done = call("sweep", design, "--fit", folder, "--out", tmp_path / "out", "--quiet")
    assert done.code == 1
    assert reason in done.refusal
    assert not (tmp_path / "out" / "identity.json").exists()
