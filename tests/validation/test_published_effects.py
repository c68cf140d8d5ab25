"""Published totals: the file, the experiments against closed forms, the verdicts."""

import numpy as np
import pandas as pd
import pytest
from anchored_economy import anchored_draws, anchored_problem
from scipy import stats

from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.queries.effects import total_effect
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.parameters import addresses, pin
from sanctions_model.summaries import distance
from sanctions_model.validation.misses import miss_pattern
from sanctions_model.validation.published_effects import (
    COLUMNS,
    PublishedTotals,
    Total,
    implied_total,
    load_published_totals,
    totals_table,
)


@pytest.fixture(scope="module")
def medians(growth_problem):
    from sanctions_model.inference.priors.ledger import sample_prior

    middle = sample_prior(
        growth_problem.scm, growth_problem.absolute, draws=200, random_seed=1
    ).median(("chain", "draw"))
    values = {
        address: float(
            middle[name] if label is None else middle[name].sel({middle[name].dims[0]: label})
        )
        for address, (name, label) in addresses(growth_problem.scm).items()
    }
    return values, pin(growth_problem.scm, values)


@pytest.fixture(scope="module")
def totals():
    return load_published_totals()


@pytest.fixture(scope="module")
def table(growth_problem, growth_draws):
    return totals_table(growth_problem.scm, growth_draws, growth_draws)


def implied(problem, draws, totals, name):
    total = totals.totals[name]
    found = implied_total(problem.scm, draws, totals.experiments[total.experiment], total)
    return float(found.squeeze())


def test_all_twenty_totals_are_there_with_a_reason(totals):
    assert {total.number for total in totals.totals.values()} == set(range(1, 21))
    assert all(total.reason and total.evidence for total in totals.totals.values())
    used = {total.experiment for total in totals.totals.values()} - {None}
    assert used == set(totals.experiments)


def test_pass_through_is_its_closed_form(growth_problem, medians, totals):
    values, draws = medians
    rho = values["persistence[inflation]"]
    now, later = (values[f"depreciation{lag} -> inflation"] for lag in ("", "[1]"))
    first = (1 - rho) * now
    growth, level = first, first
    growth = rho * growth + (1 - rho) * later
    level += growth
    for _ in range(2):
        growth *= rho
        level += growth
    found = implied(growth_problem, draws, totals, "pass_through_first_quarter")
    assert found == pytest.approx(first)
    assert implied(growth_problem, draws, totals, "pass_through_first_year") == pytest.approx(level)


def test_a_scaled_premium_does_what_its_links_say(growth_problem, medians, totals):
    values, draws = medians
    found = implied(growth_problem, draws, totals, "food_embargo")
    theta, rho = values["import_premium_change -> inflation"], values["persistence[inflation]"]
    decay = values["persistence[import_premium]"]
    premium, growth, level = 0.0, 0.0, 0.0
    for _ in range(8):
        change = decay * premium + (1 - decay) - premium
        premium += change
        growth = rho * growth + (1 - rho) * theta * change
        level += growth
    assert found == pytest.approx(1.7 * level / premium)


def test_full_relief_is_the_engines_own_question(growth_problem, medians, totals):
    _, draws = medians
    effect = total_effect(
        growth_problem.scm, draws, Relief(ramp=1), horizon=20, outcomes=["gdp_level", "rouble"]
    )
    found = implied(growth_problem, draws, totals, "iran_ex_ante")
    assert found == pytest.approx(effect.sel(outcome="gdp_level", horizon=20).item())
    found = implied(growth_problem, draws, totals, "rouble_announcement")
    assert found == pytest.approx(effect.sel(outcome="rouble", horizon=1).item())


def test_closing_the_oil_link_takes_out_what_it_carries(growth_problem, medians, totals):
    _, draws = medians
    whole = totals.totals["iran_2016"]
    both = implied_total(growth_problem.scm, draws, totals.experiments["full_relief"], whole)
    without = implied(growth_problem, draws, totals, "iran_2016")
    assert both.item() > without > 0


def test_the_anchored_economy_is_asked_what_the_other_is(table):
    scm, draws = anchored_problem().scm, anchored_draws()
    found = totals_table(scm, draws, draws)
    assert list(found["title"]) == list(table["title"])
    answered = found["verdict"] != "not answered"
    assert answered.equals(table["verdict"] != "not answered")
    assert np.isfinite(found.loc[answered, "median"]).all()


def test_a_total_whose_parts_a_model_lacks_says_so(growth_problem, growth_draws, totals):
    own = totals.experiments["food_embargo"].model_copy(update={"otherwise": ()})
    asked = PublishedTotals(
        experiments={"food_embargo": own}, totals={"x": totals.totals["food_embargo"]}
    )
    row = totals_table(anchored_problem().scm, anchored_draws(), totals=asked).iloc[0]
    assert row["verdict"] == "not answered"
    assert row["reason"] == (
        "not asked of this model: it has no 'effective_trade -> import_premium'"
    )
    answered = totals_table(growth_problem.scm, growth_draws, totals=asked).iloc[0]
    assert answered["verdict"] != "not answered"


def test_totals_a_year_are_divided(growth_problem, medians, totals):
    _, draws = medians
    level = totals.totals["consensus_2022"].model_copy(update={"divided_by": 1.0})
    experiment = totals.experiments["full_imposition"]
    whole = float(implied_total(growth_problem.scm, draws, experiment, level).squeeze())
    assert implied(growth_problem, draws, totals, "consensus_2022") == pytest.approx(whole / 8)


def test_the_table_judges_every_total(table):
    assert tuple(table.columns) == COLUMNS
    assert set(table["verdict"]) <= {"inside", "outside", "not answered"}
    asked = table[table["verdict"] != "not answered"]
    assert (
        np.isfinite(asked[["prior_median", "median", "lower", "upper"]].astype(float)).all().all()
    )


def test_without_a_posterior_the_prior_is_judged(growth_problem, growth_draws):
    table = totals_table(growth_problem.scm, growth_draws)
    assert table["median"].isna().all()
    assert (table["verdict"] != "").all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format_version = 2", "expected format_version = 1"),
        ('[experiment.x]\nlabel = "x"', r"\[experiment.x\].*give measures before or after"),
        ("[total.y]\nnumber = 0", r"\[total.y\]: number"),
        (
            '[total.y]\nnumber = 1\ntitle = "t"\npublished = "p"\nunit = "%"\nlower = 1.0\n'
            'evidence = []\nused_for_priors = true\nreason = "r"',
            "give experiment, outcome, horizon, lower and upper, or none of them",
        ),
    ],
)
def test_an_unusable_file_is_refused_with_its_place(tmp_path, text, message):
    version = "" if "format_version" in text else "format_version = 1\n"
    rest = "" if "[total" in text else "\n[total.z]\nnumber = 1"
    (tmp_path / "mine.toml").write_text(version + text + rest, encoding="utf-8")
    with pytest.raises(QuestionError, match=message):
        load_published_totals(tmp_path / "mine.toml")


def test_unknown_evidence_and_measures_are_named(growth_problem, medians, totals, tmp_path):
    text = (
        'format_version = 1\n[total.y]\nnumber = 1\ntitle = "t"\npublished = "p"\nunit = "%"\n'
        'evidence = ["actual_gdp_2023"]\nused_for_priors = true\nreason = "r"\n'
    )
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UnknownVariableError, match="Did you mean 'actual_gdp_2022'"):
        load_published_totals(tmp_path / "mine.toml")
    wrong = totals.experiments["full_imposition"].model_copy(update={"after": {"trad": 1.0}})
    with pytest.raises(UnknownVariableError, match="Did you mean 'trade'"):
        implied_total(growth_problem.scm, medians[1], wrong, totals.totals["long_run_loss"])
    with pytest.raises(QuestionError, match="has no experiment to run"):
        implied_total(growth_problem.scm, medians[1], wrong, totals.totals["distribution"])


def test_a_monthly_model_is_refused(growth_draws):
    from sanctions_model.economies.growth import growth_transmission

    with pytest.raises(QuestionError, match="the published totals are read at quarters"):
        totals_table(growth_transmission(12), growth_draws)


def test_own_totals_can_be_asked(growth_problem, growth_draws, totals):
    mine = Total(
        number=1,
        title="mine",
        published="0 to 100",
        unit="%",
        lower=-100.0,
        upper=100.0,
        experiment="full_relief",
        outcome="price_level",
        horizon=4,
        evidence=(),
        used_for_priors=False,
        reason="any",
    )
    table = totals_table(
        growth_problem.scm,
        growth_draws,
        None,
        PublishedTotals(experiments=totals.experiments, totals={"mine": mine}),
    )
    assert table["verdict"].tolist() == ["inside"]


# Distance, and the side of the misses


@pytest.mark.parametrize(
    ("centre", "half", "median", "sd", "miss", "size"),
    [
        (2.0, 1.0, 2.5, 0.4, "", ""),
        (2.0, 0.5, 1.2, 0.4, "", ""),  # outside the range, and no further off than both allow
        (2.0, 0.5, 1.1, 0.4, "soft", "too small"),
        (2.0, 0.5, 0.2, 0.1, "hard", "too small"),
        (-2.0, 0.5, -0.2, 0.1, "hard", "too small"),
        (-2.0, 0.5, -4.0, 0.1, "hard", "too large"),
        (2.0, 0.0, 0.2, 0.1, "hard", "too small"),
        (2.0, 0.0, 1.9, 0.1, "", ""),
    ],
)
def test_the_distance_of_two_normals_is_that_of_the_closed_form(
    centre, half, median, sd, miss, size
):
    low, high = median + sd * stats.norm.ppf([0.05, 0.95])
    found = distance((centre - half, centre + half), (median, low, high), 0.9)
    published = half / stats.norm.ppf(0.95) if half else abs(centre) / 4
    assert found["z"] == pytest.approx((median - centre) / np.hypot(sd, published), rel=1e-3)
    assert (found["miss"], found["size"]) == (miss, size)


def test_the_distance_does_not_depend_on_the_unit():
    one = distance((1.0, 3.0), (0.2, -0.1, 0.6), 0.9)
    assert distance((100.0, 300.0), (20.0, -10.0, 60.0), 0.9) == one | {
        "z": pytest.approx(one["z"])
    }


def test_the_distance_does_not_depend_on_the_level_of_the_interval():
    wide, narrow = (
        distance((1.0, 3.0), (0.2, *(0.2 + 0.3 * stats.norm.ppf([tail, 1 - tail]))), 1 - 2 * tail)
        for tail in (0.05, 0.25)
    )
    assert wide == narrow | {"z": pytest.approx(narrow["z"])}


def test_every_miss_has_a_side_and_a_distance(table):
    answered = table[table["verdict"] != "not answered"]
    assert np.isfinite(answered["z"].astype(float)).all()
    missed = answered[answered["verdict"] == "outside"]
    assert set(missed["miss"]) <= {"hard", "soft"}
    assert set(missed["size"]) <= {"too small", "too large"}
    others = table[table["verdict"] != "outside"]
    assert (others[["miss", "size"]] == "").all().all()
    far = answered["z"].astype(float).abs()
    assert ((answered["verdict"] == "outside") == (far >= 1.6)).all()
    assert ((answered["miss"] == "hard") == (far >= 2.0)).all()


def test_the_pattern_of_the_misses_is_a_line_with_a_binomial_probability():
    rows = {
        "miss": ["hard"] * 5 + ["soft"] + [""],
        "size": ["too small"] * 6 + [""],
        "horizon": [4, 8, 8, 12, 40, 4, 4],
    }
    said = miss_pattern(pd.DataFrame(rows))
    assert said.startswith("Hard misses: 5 (5 too small, 0 too large, 3 within two years)")
    assert "soft misses: 1 (1 too small, 0 too large, 1 within two years)" in said
    assert f"with probability {2 * 0.5**6:.2f}" in said
    none = miss_pattern(pd.DataFrame({k: [""] for k in rows} | {"horizon": [4]}))
    assert none.startswith("Hard misses: 0")
