"""Headline intervals with the choice of the model in them, from refits beside a fit."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from command import call, refused
from scipy import stats

from sanctions_model.errors import QuestionError
from sanctions_model.report.graph_choice import (
    CHOICE_COLUMNS,
    choice_caption,
    choice_sentences,
    choice_view,
    graph_choice,
    with_choice,
)
from sanctions_model.report.page.sections import body

WIDE = stats.norm.ppf(0.945)
# Two graphs, the stated one under two sets of priors: means of -1 and +1, and 3.
MEANS = {
    "consensus": (-1.0, "prior set"),
    "sceptic": (1.0, "prior set"),
    "other": (3.0, "equations"),
}
ASKED = {"lower_prices": ("price_level", 8), "gdp_growth": ("gdp_level", 12)}
SD = 0.5


def refits():
    rows = []
    for claim, (outcome, horizon) in ASKED.items():
        for name, (mean, kind) in MEANS.items():
            row = {"alternative": name, "kind": kind, "claim": claim, "converged": True}
            row |= {"outcome": outcome, "horizon": horizon, "ci_prob": 0.89, "ci_kind": "eti"}
            row |= {"median": mean, "lower": mean - WIDE * SD, "upper": mean + WIDE * SD}
            rows.append(row)
    return pd.DataFrame(rows)


# The law of total variance: graphs at 0 and 3 of equal weight, priors at -1 and 1 in half of it.
PARTS = {"graph": 1.5**2, "priors": 0.5 * 1.0, "parameters": SD**2}


@pytest.fixture
def folder(tmp_path, report_fit):
    refits().to_csv(tmp_path / "alternatives.csv", index=False)
    return tmp_path


@pytest.fixture
def choice(folder, report_fit):
    return graph_choice(folder, report_fit)


def test_a_folder_of_refits_gives_both_intervals_and_the_shares(choice):
    for claim, (outcome, horizon) in ASKED.items():
        row = choice.set_index("claim").loc[claim]
        assert (row["outcome"], row["horizon"], row["weights"]) == (outcome, horizon, "equal")
        assert row["alone_median"] == pytest.approx(-1.0)
        assert row["alone_upper"] - row["alone_lower"] == pytest.approx(2 * WIDE * SD)
        for name, part in PARTS.items():
            assert row[f"share_{name}"] == pytest.approx(part / sum(PARTS.values()), abs=2e-3)
        # The mixture's distribution function, in closed form, at its own bounds.
        for bound, place in (("lower", 0.055), ("median", 0.5), ("upper", 0.945)):
            at = [stats.norm.cdf(row[bound], mean, SD) for mean in (-1.0, 1.0, 3.0)]
            assert 0.25 * at[0] + 0.25 * at[1] + 0.5 * at[2] == pytest.approx(place, abs=2e-3)


def test_tables_get_columns_where_a_refit_was_asked(choice):
    claims = pd.DataFrame({"claim": ["gdp_growth", "stronger_rouble"]})
    found = with_choice(claims, choice)
    equal = choice.set_index("claim").loc["gdp_growth"]
    assert found.loc[0, "mixture_lower"] == equal["lower"]
    assert found.loc[0, "share_priors"] == equal["share_priors"]
    assert found.loc[1, list(CHOICE_COLUMNS)].isna().all()
    effects = pd.DataFrame(
        {
            "outcome": ["gdp_level"] * 4,
            "horizon": [12, 12, 8, 12],
            "channel": ["total", "import_premium", "total", "total"],
            "relief": [1.0, 1.0, 1.0, 0.5],
        }
    )
    effects.attrs["start"] = "2026Q2"
    found = with_choice(effects, choice)
    assert found["mixture_median"].notna().tolist() == [True, False, False, False]
    assert found.attrs == effects.attrs
    assert with_choice(claims, None) is claims


def test_sentences_and_the_view_say_both_and_whose_choice_it_is(choice, report_fit):
    scm = report_fit.scm
    said = choice_sentences(choice, scm)
    assert len(said) == len(ASKED)
    (gdp,) = [line for line in said if line.startswith("GDP level after 12 quarters: ")]
    assert "in the stated model" in gdp
    assert "over 2 graphs and 3 models" in gdp
    share = 100 * PARTS["graph"] / sum(PARTS.values())
    assert f"{share:.0f} % is the choice of the graph" in gdp
    view = choice_view(choice, scm)
    assert view.title in said
    row = view.table.iloc[-1]
    assert row["stated model"] == "-1.00 (-1.80; -0.20)"
    assert row["graph"] == f"{share:.0f} %"
    assert "GDP level" in choice_caption(choice, scm)
    assert choice_caption(None, scm) == ""


def test_scores_stand_beside_equal_weights(folder, report_fit):
    mixed = graph_choice(folder, report_fit).drop(columns=["outcome", "horizon"])
    mixed.assign(weights="scores", share_graph=0.25).to_csv(folder / "mixture.csv", index=False)
    found = graph_choice(folder, report_fit)
    assert found["weights"].value_counts().to_dict() == {"equal": 2, "scores": 2}
    shown = choice_view(found, report_fit.scm).table
    assert (shown.loc[shown["effect"].str.endswith("(by scores)"), "graph"] == "25 %").all()


def test_the_report_says_it(choice, report_answers, report_file):
    asked = replace(report_answers, choice=choice)
    assert "over 2 graphs and 3 models" in body(asked)
    assert "over 2 graphs and 3 models" not in report_file.read_text(encoding="utf-8")


def test_refits_of_an_older_fit_or_none_are_left_out(folder, report_fit, tmp_path):
    os.utime(folder / "alternatives.csv", (0, 0))
    assert graph_choice(folder, report_fit) is None
    (folder / "alternatives.csv").unlink()
    assert graph_choice(folder, report_fit) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Cannot read .*alternatives.csv: it is empty"),
        ("claim,median\ngdp_growth,1\n", "alternatives.csv has no column 'alternative'"),
        (
            refits().query("alternative != 'consensus'").to_csv(index=False),
            "No converged answer of 'consensus'",
        ),
    ],
)
def test_a_table_of_refits_that_is_wrong_is_one_line(folder, report_fit, content, message):
    (folder / "alternatives.csv").write_text(content, encoding="utf-8")
    with pytest.raises(QuestionError, match=message) as caught:
        graph_choice(folder, report_fit)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("verb", ["claims", "effects"])
def test_verbs_show_it_in_full_in_short_and_in_files(small_fit, tmp_path, monkeypatch, verb):
    from sanctions_model.cli.parts import console

    results = tmp_path / "results"
    results.mkdir()
    (results / "posterior.nc").write_bytes(small_fit.read_bytes())
    refits().to_csv(results / "alternatives.csv", index=False)
    asked = (verb, "--fit", results, "--quiet")
    whole = call(*asked, "--csv", tmp_path / "table.csv")
    assert whole.code == 0, whole.err
    assert "over 2 graphs and 3 models" in whole.out
    table = pd.read_csv(tmp_path / "table.csv")
    assert set(CHOICE_COLUMNS) <= set(table)
    known = table["mixture_median"].notna()
    assert known.sum() == len(ASKED)
    np.testing.assert_allclose(
        table.loc[known, "share_priors"], 0.5 / sum(PARTS.values()), atol=2e-3
    )
    monkeypatch.setattr(console, "_terminal_width", lambda: 80)
    short = call(*asked)
    assert "Over all graphs and priors: GDP level" in " ".join(short.out.split())
    lines = short.out.splitlines()
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 80
    (results / "alternatives.csv").write_text("claim\n", encoding="utf-8")
    assert "has no column 'alternative'" in refused(*asked)


def test_partial_relief_is_no_question_of_the_refits(small_fit, tmp_path):
    (tmp_path / "posterior.nc").write_bytes(small_fit.read_bytes())
    refits().to_csv(tmp_path / "alternatives.csv", index=False)
    done = call("effects", "--fit", tmp_path, "--quiet", "--relief", 0.5)
    assert "graphs and" not in done.out
