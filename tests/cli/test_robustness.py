"""The verbs that ask what an answer rests on, on a small fit of the default model."""

import json
import re

import pandas as pd
import pytest
from command import call
from saved_fits import fit_of

import sanctions_model as sm
from sanctions_model.report.checks import evidence_views


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("fits")
    fit_of(sm.load_priors(economy="growth"), root / "one", 1)
    sceptic = sm.robustness.load_prior_sets()["sceptic"].priors
    fit_of(sm.load_priors(economy="growth").replace(sceptic), root / "two", 1)
    return root


def test_evidence_compares_figures_with_the_model_and_says_what_they_move(folders, tmp_path):
    table, figure = tmp_path / "e.csv", tmp_path / "forest.png"
    done = call(
        "evidence",
        "--fit",
        folders / "one",
        "--only",
        "pass_through_4q",
        "--only",
        "relief_2016_gdp",
        "--csv",
        table,
        "--figure",
        figure,
    )
    assert done.code == 0
    assert "Question: what did others measure" in done.out
    assert "with a published figure taken in?" in done.out
    written = pd.read_csv(table)
    compared, moved = (own for _, own in written.groupby(written["claim"].notna()))
    assert list(compared["evidence"]) == ["pass_through_4q", "relief_2016_gdp"]
    # Judged by distance with both uncertainties; what the priors knew is no success.
    near, known = (compared["z"].abs() < 1.6), compared["in_priors"].notna()
    assert (near == compared["miss"].isna()).all()
    assert known.tolist() == [True, False]
    smaller = (compared["z"] * compared["published_median"] < 0).sum()
    shown = ", 1 of them known to the priors" if near.iloc[0] else ""
    said = f"{near.sum()} of 2 published figures agree within both uncertainties{shown}; the model"
    assert f"{said} is smaller in {smaller}" in done.out
    # The second table: what each figure moves, its error and what the effect rests on.
    assert set(moved["evidence"]) == {"pass_through_4q", "relief_2016_gdp", "all"}
    assert moved["difference_error"].notna().equals(moved["used"].astype(bool))
    assert moved["basis"].isin(["identified", "mixed", "assumed"]).all()
    assert figure.stat().st_size > 10_000
    done = call("evidence", "--fit", folders / "one", "--only", "pass_trough_4q")
    assert done.code == 1
    assert "Did you mean 'pass_through_4q'" in done.err


def test_sensitivity_ranks_factors_and_takes_earlier_refits(folders, tmp_path):
    earlier, table, figure = tmp_path / "a.csv", tmp_path / "r.csv", tmp_path / "tornado.png"
    pd.DataFrame(
        {
            "alternative": ["sceptic", "broken"],
            "kind": "prior set",
            "claim": "gdp_growth",
            "outcome": "gdp_level",
            "horizon": 12,
            "median": [-9.0, 99.0],
            "prob": 0.1,
            "converged": [True, False],
        }
    ).to_csv(earlier, index=False)
    done = call(
        "sensitivity",
        "--fit",
        folders / "one",
        "--alternatives",
        earlier,
        "--csv",
        table,
        "--figure",
        figure,
        "--most",
        3,
    )
    assert done.code == 0
    written = pd.read_csv(table)
    own = written[written["claim"] == "gdp_growth"].set_index("rank")
    assert own.loc[1, "factor"] == "sceptic"
    assert own.loc[1, "low"] == -9.0
    assert "broken" not in set(written["factor"])
    assert {"parameter", "link closed", "prior set"} <= set(written["kind"])
    liftings = written[written["kind"] == "liftings elsewhere"]
    for row in liftings.itertuples():  # none where so few draws cannot be weighed
        assert row.base in (row.low, row.high)
    assert (written["low"] <= written["base"] + 1e-9).mean() > 0.9
    assert figure.stat().st_size > 10_000
    bad = tmp_path / "bad.csv"
    bad.write_text("x\n1\n")
    done = call("sensitivity", "--fit", folders / "one", "--alternatives", bad)
    assert done.code == 1
    assert "lacks alternative" in done.err


def test_confounding_gives_tipping_points(folders, tmp_path):
    figure = tmp_path / "tipping.png"
    done = call("confounding", "--fit", folders / "one", "--json", "--figure", figure)
    assert done.code == 0
    rows = {row["claim"]: row for row in json.loads(done.out)}
    assert set(rows) == {"lower_prices", "lower_key_rate", "gdp_growth"}
    assert rows["gdp_growth"]["tipping"] < 0 < rows["lower_prices"]["tipping"]
    assert rows["gdp_growth"]["known"] == "war"
    assert figure.stat().st_size > 10_000
    done = call("confounding", "--fit", folders / "one")
    assert done.out.startswith("Credited in full to the measures, a hidden cause ")
    done = call("confounding", "--fit", folders / "one", "--claim", "gdp_grwth")
    assert "Did you mean 'gdp_growth'" in done.err


def test_a_required_relief_rests_on_what_its_effect_rests_on(folders, tmp_path):
    path, fit = tmp_path / "table.csv", ("--fit", folders / "one")
    columns = ["information", "likelihood_share", "variance_estimated", "basis"]
    asked = ("--outcome", "key_rate", "--horizon", 6, "--measure", "finance", "--measure", "trade")
    assert call("effects", *asked, *fit, "--csv", path).code == 0
    effects = pd.read_csv(path)
    own = effects[(effects["channel"] == "total") & (effects["horizon"] == 6)].iloc[0]
    target = ("--outcome", "key_rate", "--below", 8, "--within", 6)
    measures = asked[-4:]
    for more in ((), ("--frontier",)):
        done = call("scenario", "require", *target, *measures, *more, *fit, "--csv", path)
        assert done.code == 0, done.err
        for row in pd.read_csv(path)[columns].to_dict("records"):
            assert row.pop("basis") == own["basis"]
            assert row == {name: pytest.approx(own[name], nan_ok=True) for name in row}
    shown = call("scenario", "require", *target, *measures, *fit).out
    assert f"rests on: {own['basis']}" in " ".join(shown.split())


def test_agreement_with_what_the_priors_knew_is_told_apart(growth_problem):
    table = pd.DataFrame(
        {
            "evidence": ["a", "b", "c"],
            "quantity": ["a", "b", "c"],
            "published_median": [1.0, -2.0, 1.0],
            "prior_median": 1.0,
            "median": [0.5, -2.5, 9.0],
            "z": [-1.0, -0.4, 8.0],
            "miss": ["", "", "hard"],
            "with_median": 1.0,
            "in_priors": ["study", "", "study"],
        }
    )
    moved = pd.DataFrame({"evidence": ["a"], "outcome": "gdp_level", "difference": 0.1})
    moved = moved.assign(median=1.0, with_median=1.1, within_error=False)
    first, _ = evidence_views(table, moved, growth_problem.scm)
    assert first.title == (
        "2 of 3 published figures agree within both uncertainties, 1 of them known to the priors; "
        "the model is smaller in 1"
    )


def test_refute_tests_the_graph(folders):
    done = call("refute", "--fit", folders / "one", "--json")
    assert done.code == 0
    rows = json.loads(done.out)
    assert len(rows) > 300
    assert all(row["p_value"] <= row["p_fdr"] <= row["p_holm"] + 1e-12 for row in rows)


def test_compare_puts_fits_side_by_side(folders, tmp_path):
    table = tmp_path / "c.csv"
    done = call(
        "compare", folders / "one", folders / "two", "--csv", table, "--outcome", "gdp_level"
    )
    assert done.code == 0
    assert re.search(r"\d+ inputs differ", done.out)
    assert "recovery_speed[trade]" in done.out
    written = pd.read_csv(table).set_index("horizon")
    assert (written["difference"] < 0).all()  # the sceptic expects less
    assert (written["errors_apart"] > 2).any()
    assert "the data alone differ" not in done.err
    assert "expected two or more" in call("compare", folders / "one").err


def test_a_fit_is_compared_with_itself_under_no_path(folders, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(folders / "one")
    monkeypatch.setattr("sanctions_model.cli.data._third_fit", lambda *_: pytest.fail("sampled"))
    for verb in (["compare"], ["data", "compare"]):
        for other in (".", "posterior.nc", "../one"):
            done = call(*verb, folders / "one", folders / "one" / other)
            assert "is given twice; give different ones" in done.err
        assert "is given twice" in call(*verb, folders / "one", tmp_path / "link").err


def test_a_prior_alone_has_no_posterior_to_ask(folders, tmp_path):
    prior = sm.sample_prior_predictive(
        sm.growth_transmission(),
        sm.load_observations(scm=sm.growth_transmission()),
        sm.load_priors(economy="growth"),
        draws=50,
    )
    sm.save(prior, tmp_path / "posterior.nc")
    done = call("sensitivity", "--fit", tmp_path)
    assert done.code == 1
    assert "has prior draws alone" in done.err
