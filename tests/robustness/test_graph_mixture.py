"""The mixture over graphs and priors against the closed form of normals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sanctions_model.errors import QuestionError
from sanctions_model.robustness.graphs.graph_mixture import graph_mixture, mixture_sentence

WIDE = stats.norm.ppf(0.945)


def answer(name, kind, mean, sd, *, converged=True, claim="growth"):
    row = {"alternative": name, "kind": kind, "claim": claim, "converged": converged}
    row |= {"median": mean, "lower": mean - WIDE * sd, "upper": mean + WIDE * sd}
    return row | {"ci_prob": 0.89, "ci_kind": "eti"}


# Means and deviations of the stated graph under two sets of priors, and of two other graphs.
MODELS = [
    answer("consensus", "prior set", 1.0, 0.5),
    answer("sceptic", "prior set", 0.0, 0.3),
    answer("rates in levels", "equations", 2.0, 0.4),
    answer("one composite", "measures", -1.0, 0.6),
]


def shares(row):
    return [row[f"share_{name}"] for name in ("graph", "priors", "parameters")]


def test_variance_shares_of_normals_are_those_of_the_law_of_total_variance():
    (row,) = graph_mixture(pd.DataFrame(MODELS)).to_dict("records")
    graphs = np.array([0.5, 2.0, -1.0])  # the stated one at the mean of its two sets of priors
    between = np.mean((graphs - graphs.mean()) ** 2)
    priors = np.mean([0.25, 0.0, 0.0])
    within = np.mean([(0.25 + 0.09) / 2, 0.16, 0.36])
    expected = np.array([between, priors, within])
    assert shares(row) == pytest.approx(expected / expected.sum(), abs=2e-3)
    assert sum(shares(row)) == pytest.approx(1.0)
    assert (row["graphs"], row["models"]) == (3, 4)


def test_the_interval_of_the_mixture_has_the_mass_that_it_says():
    (row,) = graph_mixture(pd.DataFrame(MODELS)).to_dict("records")
    weights = np.array([1, 1, 2, 2]) / 6
    at = [
        weights @ stats.norm.cdf(row[name], [1, 0, 2, -1], [0.5, 0.3, 0.4, 0.6])
        for name in ("lower", "median", "upper")
    ]
    assert at == pytest.approx([0.055, 0.5, 0.945], abs=2e-3)
    assert (row["alone_lower"], row["alone_upper"]) == (1 - 0.5 * WIDE, 1 + 0.5 * WIDE)


def test_one_model_alone_is_its_own_mixture():
    (row,) = graph_mixture(pd.DataFrame(MODELS[:1])).to_dict("records")
    for name in ("median", "lower", "upper"):
        assert row[name] == pytest.approx(row[f"alone_{name}"], abs=2e-3)
    assert shares(row) == [0.0, 0.0, 1.0]


def test_scores_weigh_graphs_and_what_did_not_converge_is_left_out():
    failed = answer("flat", "prior set", 50.0, 1.0, converged=False)
    table = graph_mixture(
        pd.DataFrame([*MODELS, failed]), scores={"stated": 0.0, "rates in levels": 2.0}
    ).set_index("weights")
    assert table.loc["scores", "median"] == pytest.approx(2.0, abs=1e-2)
    assert table.loc["scores", "models"] == 1
    assert table.loc["equal", "upper"] < 4
    with pytest.raises(QuestionError, match="No graph of stated"):
        graph_mixture(pd.DataFrame(MODELS), scores={"another": 1.0})


def test_a_skewed_answer_keeps_its_skew():
    skewed = answer("consensus", "prior set", 1.0, 0.5) | {"upper": 9.0}
    (row,) = graph_mixture(pd.DataFrame([skewed])).to_dict("records")
    assert [row["lower"], row["upper"]] == pytest.approx([skewed["lower"], 9.0], rel=5e-3)


def test_without_the_stated_model_there_is_nothing_to_compare_with():
    with pytest.raises(QuestionError, match="'consensus'"):
        graph_mixture(pd.DataFrame(MODELS[1:]))


def test_the_sentence_has_both_intervals_and_the_three_shares():
    (row,) = graph_mixture(pd.DataFrame(MODELS)).to_dict("records")
    said = mixture_sentence(row, "%")
    for words in ("+1.0 % (+0.20; +1.8) in the stated model", "3 graphs and 4 models",
                  "choice of the graph", "that of the priors", "the parameters"):  # fmt: skip
        assert words in said
