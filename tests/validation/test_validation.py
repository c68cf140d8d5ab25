"""The validation of a fit: its tables, its words, its files, and what a stopped run keeps."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import laboratory
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from arviz_base import rc_context
from laboratory import MODEL, PRIORS
from pictures import faults_of
from pictures import words as words_of
from scipy import stats

from sanctions_model.economies.anchored import anchored_transmission
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.plots.trust.validation import (
    plot_back_test,
    plot_rolling_scores,
    plot_totals,
    plot_transforms,
)
from sanctions_model.queries.basis import Basis
from sanctions_model.report.validation.backtests import back_test_bars, back_test_sentence, failures
from sanctions_model.report.validation.document import report_figures, write_report
from sanctions_model.report.validation.sections import _sensitivity
from sanctions_model.report.validation.words import SERIES, number, series_words, span
from sanctions_model.validation import run as validation
from sanctions_model.validation.backtests import EXPORT_PRICE
from sanctions_model.validation.predictive import leave_one_out_cells, predictive_table
from sanctions_model.validation.run import Plan, Validation, validate
from sanctions_model.validation.stated_backtests import load_back_tests

# Leave one out, against a posterior in closed form


@pytest.fixture(scope="module")
def gaussian():
    """The laboratory with draws of its Gaussian regression from the exact posterior."""
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    problem = Problem.of(MODEL, observations, PRIORS)
    mean, covariance = laboratory.harvest_posterior(observations)
    size = 4000
    pinned = laboratory.pinned({"scale[harvest]": laboratory.HARVEST_SCALE}, scm=problem.scm)
    draws = xr.concat([pinned] * size, dim="draw").assign_coords(draw=np.arange(size))
    draws = draws.transpose("chain", "draw", ...).copy(deep=True)
    exact = np.random.default_rng(1).multivariate_normal(mean, covariance, size)
    draws["intercept"].loc[{"equation": "harvest"}] = exact[None, :, 0]
    for column, link in enumerate(("weather -> harvest", "weather[1] -> harvest"), start=1):
        draws["coefficient"].loc[{"link": link}] = exact[None, :, column]
    draws["missing_cell"] = (
        ("chain", "draw", "missing"),
        np.zeros((1, size, len(problem.cases.missing))),
    )
    return problem, observations, draws.assign_coords(missing=problem.cases.missing_labels)


def test_leave_one_out_scores_are_those_of_exact_refits(gaussian):
    problem, observations, draws = gaussian
    cells = leave_one_out_cells(problem, draws)
    own = cells[cells["series"] == "harvest"].set_index("position")
    assert (own["pareto_k"] < 0.7).all()
    for place in (5, 30, 60):
        holed = observations.copy(deep=True)
        harvest = holed["harvest"].to_numpy().copy()
        outcome, harvest[place] = harvest[place], np.nan
        holed["harvest"] = ("time", harvest)
        mean, covariance = laboratory.harvest_posterior(holed)
        weather = holed["weather"].to_numpy()
        row = np.array([1.0, weather[place], weather[place - 1]])
        exact = stats.norm(
            row @ mean, np.sqrt(row @ covariance @ row + laboratory.HARVEST_SCALE**2)
        )
        assert own.loc[place, "log_score"] == pytest.approx(exact.logpdf(outcome), abs=0.02)
        assert own.loc[place, "pit"] == pytest.approx(exact.cdf(outcome), abs=0.01)


def test_the_predictive_table_compares_on_shared_cells(gaussian):
    problem, _, draws = gaussian
    cells = leave_one_out_cells(problem, draws)
    table = predictive_table(problem, draws, draws, cells).set_index("series")
    own = cells[cells["series"] == "harvest"]
    assert table.loc["harvest", "n"] == len(own)
    assert table.loc["harvest", "log_score"] == pytest.approx(own["log_score"].mean())
    assert 0.75 < table.loc["harvest", "coverage"] <= 1.0
    # Weather explains the harvest and no rival sees it.
    assert (
        table.loc["harvest", "random walk: lead"]
        > 2 * table.loc["harvest", "random walk: lead_error"]
    )


# A validation without refits


@pytest.fixture(scope="module")
def fitted(growth_problem, growth_draws):
    """A fit whose posterior is a few prior draws: every table can be made from it."""
    from sanctions_model.inference.density import log_likelihood, log_prior
    from sanctions_model.inference.fit import Fit

    groups = {
        "posterior": growth_draws,
        "prior": growth_draws,
        "log_likelihood": log_likelihood(growth_problem, growth_draws).to_dataset(),
        "log_prior": log_prior(growth_problem, growth_draws),
    }
    versions = dict.fromkeys(("sanctions-model", "pymc", "nutpie", "arviz", "numpy"), "1.0")
    manifest = {
        "created": "2026-01-01T00:00:00+00:00",
        "versions": versions,
        "settings": {"chains": 2, "draws": 2, "random_seed": 1},
        "data": {"last_period": "2026-01-01", "sha256": "0" * 64},
    }
    return Fit(problem=growth_problem, idata=xr.DataTree.from_dict(groups), manifest=manifest)


@pytest.fixture(scope="module")
def found(fitted, tmp_path_factory):
    """Cheap stand-ins for the tables whose content other tests check."""
    folder = tmp_path_factory.mktemp("validation")
    with pytest.MonkeyPatch.context() as patch:
        few = pd.DataFrame({"series": ["gdp_growth"] * 9, "pit": np.linspace(0.1, 0.9, 9)})
        patch.setattr(validation, "leave_one_out_cells", lambda *a, **k: few)
        row = dict.fromkeys(
            (
                *("prior_coverage", "coverage", "log_score", "crps", "pit_p_value"),
                *("neighbours", "serial_p_value"),
                *(
                    f"{r}: {w}"
                    for r in ("random walk", "autoregression")
                    for w in ("lead", "lead_error")
                ),
            ),
            0.5,
        )
        table = pd.DataFrame([{"series": "gdp_growth", "n": 3, "unreliable": 0, **row}])
        patch.setattr(validation, "predictive_table", lambda *a, **k: table)
        patch.setattr(
            validation,
            "headline_table",
            lambda fit: pd.DataFrame(
                {
                    "outcome": ["gdp_level"],
                    "unit": ["%"],
                    "horizon": [12],
                    **{k: [1.0] for k in ("prior_median", "prior_lower", "prior_upper")},
                    **{k: [1.0] for k in ("median", "lower", "upper")},
                    "information": [0.1],
                    "likelihood_share": [0.2],
                    "basis": ["assumed"],
                    "prior_sensitivity": [0.2],
                    "likelihood_sensitivity": [0.01],
                }
            ),
        )
        return validate(fitted, folder=folder, quick=True), folder


def test_a_quick_validation_has_the_tables_that_need_no_refit(found):
    result, folder = found
    assert {"sanity", "totals", "claims", "links", "headline", "sensitivity", "stability"} <= set(
        result.tables
    )
    assert not any(name.startswith("backtest") for name in result.tables)
    assert {path.stem for path in folder.glob("*.csv")} == set(result.tables)


def test_a_validation_goes_on_where_it_stopped(fitted, found, monkeypatch):
    result, folder = found
    for name in ("sanity_checks", "totals_table", "scorecard", "leave_one_out_cells"):
        monkeypatch.setattr(validation, name, lambda *a, **k: pytest.fail("made again"))
    again = validate(fitted, folder=folder, quick=True)
    assert set(again.tables) == set(result.tables)
    np.testing.assert_allclose(
        again.tables["totals"]["median"].astype(float),
        result.tables["totals"]["median"].astype(float),
    )
    other = replace(fitted, manifest={**fitted.manifest, "created": "later"})
    with pytest.raises(pytest.fail.Exception, match="made again"):
        validate(other, folder=folder, quick=True)


@pytest.mark.parametrize("note", ["{", "[]", '{"totals": "of another program"}'])
def test_parts_without_a_note_that_fits_are_made_again(fitted, found, tmp_path, monkeypatch, note):
    result, folder = found
    copy = shutil.copytree(folder, tmp_path / "parts")
    whole = json.loads((folder / "parts.json").read_text(encoding="utf-8"))
    assert set(whole) == set(result.tables)
    (copy / "parts.json").write_text(note, encoding="utf-8")
    made = []
    original = validation.totals_table
    monkeypatch.setattr(
        validation, "totals_table", lambda *a, **k: made.append(1) or original(*a, **k)
    )
    for maker, name in (
        ("leave_one_out_cells", "cells"),
        ("predictive_table", "predictive"),
        ("headline_table", "headline"),
        ("scorecard", "claims"),
    ):
        monkeypatch.setattr(validation, maker, lambda *a, n=name, **k: result.tables[n])
    validate(fitted, folder=copy, quick=True)
    assert made == [1]
    assert json.loads((copy / "parts.json").read_text(encoding="utf-8")) == whole


def test_a_part_made_by_another_program_is_made_again(fitted, found, monkeypatch):
    _, folder = found
    monkeypatch.setattr(validation, "_program", lambda: "edited")
    monkeypatch.setattr(validation, "sanity_checks", lambda *a, **k: pytest.fail("made again"))
    with pytest.raises(pytest.fail.Exception, match="made again"):
        validate(fitted, folder=folder, quick=True)


def test_sensitivity_starts_from_the_fit_and_moves_what_it_says(found):
    table = found[0].tables["sensitivity"].set_index("change")
    as_fitted = table.loc["as fitted"]
    slow = table.loc["recovery at 5 % a quarter"]
    assert (abs(slow - as_fitted) > 0).any()
    same = table.loc["rates do not move output", "price level after 12".replace(" ", "_", 1)]
    assert np.isfinite(same)


def test_the_sensitivity_of_the_headline_has_errors_and_leans_what_is_within_two(found):
    result, _ = found
    table = result.tables["sensitivity"].set_index("change")
    medians = [name for name in table if not name.endswith("_error")]
    assert list(table) == [own for name in medians for own in (name, f"{name}_error")]
    page = _sensitivity(result)
    for name in medians:
        moved = (table[name] - table.loc["as fitted", name]).abs()
        errors = table[f"{name}_error"]
        assert (errors[1:][table[name][1:].notna()] >= 0).all()  # three draws say none of a median
        for change in table.index[1:][moved[1:] < 2 * errors[1:]]:
            assert f"*{number(table.loc[change, name])}* ± " in page
    assert "*" not in next(line for line in page.splitlines() if line.startswith("| as fitted"))


def test_a_small_error_of_the_sensitivity_is_not_said_as_none(found):
    result, _ = found
    small = result.tables["sensitivity"].copy()
    small[[name for name in small if name.endswith("_error")]] = 0.0031
    page = _sensitivity(replace(result, tables=result.tables | {"sensitivity": small}))
    assert " ± 0.003 |" in page
    assert "± 0.00 " not in page


def test_a_prior_only_fit_is_refused(fitted):
    tree = xr.DataTree.from_dict({"prior": fitted.prior_draws})
    with pytest.raises(QuestionError, match="prior draws alone"):
        validate(replace(fitted, idata=tree))


# Words


def test_numbers_are_short_and_signs_are_minus_signs():
    assert [number(v) for v in (0.1234, 12.34, 1234.5, -1.0)] == ["0.12", "12.3", "1234", "−1.00"]
    assert number(float("nan")) == ""
    assert number(2.0, sign=True) == "+2.00"
    assert span(1.0, 0.0, 2.0) == "1.00 (0.00; 2.00)"


def row(median, lower, upper, outcome=-1.44):
    return {
        "series": "gdp_growth",
        "year": 2022,
        "outcome": outcome,
        "median": median,
        "lower": lower,
        "upper": upper,
        "width": upper - lower,
    }


def annual(model, walk):
    rows = {
        "this model": model,
        "random walk": walk,
        "this model, measures and war left out": model,
    }
    return pd.DataFrame([{"forecaster": who, **row(*one)} for who, one in rows.items()])


def test_bars_are_met_or_not_by_the_numbers():
    met = back_test_bars("war_of_2022", annual((1.0, -3.0, 4.0), (3.0, -1.0, 8.0)))
    assert [", met" in line for line in met[:3]] == [True, True, True]
    missed = back_test_bars("war_of_2022", annual((-7.0, -20.0, -5.0), (3.0, -1.0, 8.0)))
    assert ["not met" in line for line in missed[:3]] == [True, True, True]
    assert back_test_bars("sanctions_of_2014", annual((1, 0, 2), (1, 0, 2))) == []


def test_bars_are_held_against_the_price_that_exporters_got_as_well():
    table = annual((1.0, -3.0, 4.0), (3.0, -1.0, 8.0))
    fed = pd.DataFrame([{"forecaster": EXPORT_PRICE, **row(2.0, 0.5, 3.0)}])
    lines = back_test_bars("war_of_2022", pd.concat([table, fed]))
    assert [", met" in line for line in lines[:6]] == [True, True, True, True, False, True]
    assert all(line.startswith("Price of Urals fed in") for line in lines[3:6])


def test_a_sentence_says_where_the_outcome_fell():
    walk = SimpleNamespace(**row(3.0, -2.0, 8.0))
    low = SimpleNamespace(**row(5.0, 0.0, 10.0))
    assert back_test_sentence(low, walk) == (
        "outside: came lower than the interval; 1.00 times the random walk's width, which held."
    )
    assert back_test_sentence(SimpleNamespace(**row(0, -5, 5)), None) == "held."
    assert "higher" in back_test_sentence(SimpleNamespace(**row(-9, -10, -5)), None)


WHO = ("this model", "random walk", "autoregression", "this model, measures and war left out")


def quarterly():
    numbers = {"median": 1.0, "lower": -1.0, "upper": 3.0, "crps": 0.4, "log_score": -1.0}
    return pd.DataFrame(
        [
            {
                "forecaster": who,
                "series": series,
                "quarter": f"2022Q{step}",
                "outcome": 0.5 * step,
                "inside": True,
                **numbers,
            }
            for who in WHO
            for series in ("gdp_growth", "key_rate")
            for step in range(1, 5)
        ]
    )


def rolling():
    return pd.DataFrame(
        [
            {
                "forecaster": who,
                "series": "gdp_growth",
                "origin": origin,
                "horizon": 1,
                "log_score": score,
                "crps": 0.5,
                "pit": 0.5,
                "inside": True,
                "converged": (who, origin) != ("this model", "2019Q4"),
            }
            for who, score in (("this model", -1.0), ("random walk", -0.5))
            for origin in ("2018Q4", "2019Q4", "2020Q4")
        ]
    )


@pytest.fixture(scope="module")
def whole(found):
    yearly = annual((5.2, 0.9, 9.7), (3.8, -0.8, 8.6)).assign(
        statistic="a year, %", inside=False, converged=True
    )
    tables = dict(found[0].tables)
    for name in ("sanctions_of_2014", "war_of_2022"):
        tables |= {f"backtest_{name}_quarterly": quarterly(), f"backtest_{name}_annual": yearly}
    variants = load_back_tests()["war_of_2022"].variant.values()
    tables["backtest_war_of_2022_variants"] = pd.concat(
        [yearly.assign(title=variant.title) for variant in variants]
    )
    ranks = np.random.default_rng(1).uniform(size=(20, 1))
    tables |= {
        "rolling": rolling(),
        "ranks": pd.DataFrame(ranks, columns=["effect on gdp_level after 4"]),
        "calibration": pd.DataFrame(
            {
                "quantity": ["effect on gdp_level after 4", "scale[inflation]"],
                "inside": [True, False],
                "excess": [0.0, 0.1],
                "p_value": [0.5, 0.001],
                "coverage": [0.9, 0.5],
                "coverage_lower": [0.7, 0.7],
                "coverage_upper": [1.0, 1.0],
                "covers": [True, False],
                "data_sets": [20, 20],
                "divergences": [0, 0],
            }
        ),
    }
    return Validation(fit=found[0].fit, plan=Plan(data_sets=20), tables=tables)


def test_failures_name_what_missed_was_beaten_or_is_prior(whole):
    text = "\n".join(failures(whole))
    assert "yearly outcomes outside the 89 % interval: GDP growth 2022 (−1.44 against" in text
    assert "89 % interval holds the outcome" in text
    assert "beaten in 1 of 1 comparisons" in text
    assert "1 of 2 quantities outside their 99 % band" in text
    assert "GDP level, quarter 12" in text


def test_a_report_is_written_with_its_figures(whole, tmp_path):
    path = write_report(whole, tmp_path, command="sanctions-model validate --seed 7")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Can it be believed?\n\n## In half a page\n")
    opening = text.partition("## How this was made")[0]
    assert opening.count("\n- **") == 7
    assert "figures/validation_totals.png" in opening
    outside = (whole.tables["totals"]["verdict"] == "outside").sum()
    assert f"{outside} lie outside" in opening
    for words in (
        "`sanctions-model validate --seed 7`",
        "seed 20260101",
        "## What failed, and what cannot be shown",
        "## What is data and what is prior",
        "## The article's claims, before and after the data",
        "## Stability",
        "## Sensitivity of the headline",
        "## Calibration of the default model",
        "## Forecasts from rolling origins",
        "**1 of 3 refits failed the convergence gate** (2019Q4)",
        "All refits passed the convergence gate.",
        "## Published totals",
        "(size of shocks to consumer price inflation)",
        "**not met**",
        "Judgement: Overnight rates stood near 6 %",
        "wages exist adjusted only",
        "| capacity lost at once | Brent | 5.20 (0.90; 9.70) | 3.80 (−0.80; 8.60) | outside",
        "they pass no test",
        "Of these 4 intervals 0 hold the outcome, 0 of them without",
    ):
        assert words in text
    assert "nan" not in text.replace("finance", "").replace("Finance", "")
    drawn = {picture.stem for picture in (tmp_path / "figures").glob("*.png")}
    assert drawn == {name for name in drawn if f"figures/{name}.png" in text}
    assert len(drawn) == 6
    page = (tmp_path / "validation.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") == 6
    assert "<table>" in page
    assert 'src="figures' not in page


def test_a_report_without_refits_says_what_was_left_out(found, tmp_path):
    text = write_report(found[0], tmp_path, command="x").read_text(encoding="utf-8")
    assert "Left out of this run" in text
    assert "## Back-test" not in text


# Figures

ASKED = "Which question is it?"


def test_ranks_say_how_many_leave_the_band_and_name_effects_by_their_labels(whole):
    table = pd.DataFrame(
        {
            "effect on gdp_level after 12": (np.arange(60) + 0.5) / 60,
            "effect on key_rate after 4": 0.4 * (np.arange(60) + 0.5) / 60,
        }
    )
    drawn = report_figures(replace(whole, tables=whole.tables | {"ranks": table}))
    heads = [axes.get_title(loc="left") for axes in drawn["validation_ranks"].axes]
    assert heads == ["GDP level, quarter 12 (n = 60)", "key rate, quarter 4 (n = 60)"]
    said = words_of(drawn["validation_ranks"])
    assert "1 of 2 lies outside the 99 % band; farthest off, by 0.60: key rate, quarter 4" in said
    assert "PIT" not in said


def test_a_series_of_one_outcome_has_no_panel(whole):
    cells = whole.tables["cells"]
    alone = cells.iloc[[0]].assign(series="output_gap_estimate")
    more = whole.tables | {"cells": pd.concat([cells, alone], ignore_index=True)}
    drawn = report_figures(replace(whole, tables=more))
    heads = [axes.get_title(loc="left") for axes in drawn["validation_pit"].axes]
    assert heads
    assert not any("(n = 1)" in head for head in heads)


def test_figures_show_every_panel_and_row(whole):
    uniform = np.random.default_rng(2).uniform(size=(3, 40))
    lengths = {"long": uniform[0], "short": uniform[1][:10]}
    transforms = plot_transforms(lengths, title=ASKED, caption="c")
    assert [axes.get_title(loc="left") for axes in transforms.axes] == [
        "long (n = 40)",
        "short (n = 10)",
    ]
    shown = plot_back_test(quarterly(), SERIES, title=ASKED, caption="c")
    assert len(shown.axes) == 2
    totals = plot_totals(whole.tables["totals"], title=ASKED, caption="c")
    labels = [label.get_text() for label in totals.axes[0].get_yticklabels()]
    assert len(labels) == int((whole.tables["totals"]["verdict"] != "not answered").sum())
    from sanctions_model.validation.origins.rolling import score_summary

    lead = plot_rolling_scores(score_summary(rolling()), SERIES, title=ASKED, caption="c")
    assert [axes.get_title(loc="left") for axes in lead.axes] == ["1 quarter ahead"]
    for figure in (transforms, shown, totals, lead):
        assert faults_of(figure) == []


def test_headline_effects_have_the_interval_of_every_other_table(growth_problem, monkeypatch):
    size = (4, 250)
    values = np.random.default_rng(1).normal(size=size)
    draws = xr.DataArray(values, dims=("chain", "draw"))
    group = SimpleNamespace(to_dataset=lambda: xr.Dataset({"observed": -(draws**2) / 2}))
    fit = SimpleNamespace(
        problem=growth_problem,
        scm=growth_problem.scm,
        prior_draws=None,
        draws=xr.Dataset(),
        posterior_draws=xr.Dataset(),
        idata={"log_prior": group, "log_likelihood": group},
    )
    monkeypatch.setattr(
        "sanctions_model.validation.headline._headline_effects",
        lambda fit, drawn: iter([("key_rate", 12, draws)]),
    )
    monkeypatch.setattr(Basis, "of", lambda self, before, after: {"basis": "mixed"})
    for level in (0.89, 0.5):
        with rc_context({"stats.ci_prob": level}):
            row = validation.headline_table(fit).iloc[0]
        expected = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        np.testing.assert_allclose([row["lower"], row["upper"]], expected)


def test_a_series_without_words_of_its_own_has_its_label():
    scm = anchored_transmission()
    assert series_words("log_exports", scm) == scm.variables["log_exports"].label
    assert series_words("inflation", scm) == "inflation"
    # Every series that is scored has a name, in either economy.
    assert all(series_words(name, scm) for name in scm.observed)
