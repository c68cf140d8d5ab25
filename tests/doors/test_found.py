"""What the search through the doors found once, each with the words that refuse it now."""

import io
import pickle
import tomllib
from dataclasses import replace

import hostile
import laboratory
import pandas as pd
import pytest
from command import call

import sanctions_model as sm
from sanctions_model.data.bundled import data_path
from sanctions_model.data.outside_forecasts import load_annual_figures, load_outside_forecasts
from sanctions_model.data.sanctions.events import load_rule
from sanctions_model.data.tables import parse_table
from sanctions_model.data.transformations import load_raw
from sanctions_model.data.user_tables import load_mapping
from sanctions_model.elsewhere.inside_russia import load_bans, load_news_days
from sanctions_model.elsewhere.prediction import fit_summary, load_effect_draws, load_trial
from sanctions_model.errors import FitFileError, QuestionError, SanctionsModelError
from sanctions_model.files import toml_content
from sanctions_model.inference.priors.pools import load_pools
from sanctions_model.queries.estimands import load_quantities
from sanctions_model.robustness.graphs.alternatives import load_prior_sets
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.sectors import load_output_losses, load_sectors
from sanctions_model.validation.published_effects import load_published_totals
from sanctions_model.validation.stated_backtests import load_back_tests

Q = ("quantity", "pass_through_1q")
KINDS = [
    (sm.load_claims, "claims", ("claim", "grey_premium", "material"), "0.5", "the text '0.5'"),
    (sm.load_claims, "claims", ("claim", "grey_premium", "material"), True, "the boolean True"),
    (sm.load_claims, "claims", ("claim", "grey_premium", "material"), float("inf"), "got inf"),
    (sm.load_claims, "claims", ("claim", "grey_premium", "horizon"), 8.0, "a whole number, got 8"),
    (sm.load_claims, "claims", ("format_version",), True, "expected format_version = 1"),
    (load_pools, "pools", ("pool", "gdp_2014", "between_scale"), "0.5", "the text '0.5'"),
    (load_quantities, "quantities", (*Q, "horizon"), True, "the boolean True"),
    (load_quantities, "quantities", (*Q, "otherwise", 0), "text", "otherwise"),
    (load_rule, "measures_rule", ("components", 1, "raw_values", 2), float("inf"), "got inf"),
    (load_rule, "measures_rule", ("format_version",), True, "a whole number"),
    (load_prior_sets, "prior_sets", ("prior_set", "flat", "priors"), "text", "a table of priors"),
    (load_prior_sets, "prior_sets", ("prior_set", "flat", "otherwise"), 1, "a list of tables"),
    (load_prior_sets, "prior_sets", ("prior_set", "flat"), 1, "a table of rationale and priors"),
    (
        *(load_prior_sets, "prior_sets"),
        *(
            ("prior_set", "flat", "priors", "gdp_growth -> import_growth"),
            True,
            "family is the boolean True",
        ),
    ),
    (
        *(load_back_tests, "backtests"),
        *(("backtest", "war_of_2022", "variant", "no_oil", "otherwise", 0), True, "a table"),
    ),
    (
        *(load_published_totals, "published_totals"),
        *(("experiment", "step_2022", "after"), "1066Q1", "the quarter is '1066Q1'"),
    ),
    (
        *(load_published_totals, "published_totals"),
        *(("experiment", "step_2022", "after"), {"a": 1}, "Unknown name 'a'"),
    ),
    (
        *(load_published_totals, "published_totals"),
        *(("experiment", "weaker_rouble", "otherwise", 0, "open", 1), True, "text"),
    ),
    (
        *(load_published_totals, "published_totals"),
        *(("total", "iran_imposition", "used_for_priors"), "true", "true or false"),
    ),
]


@pytest.mark.parametrize(("door", "name", "place", "wrong", "said"), KINDS)
def test_a_number_is_no_text_and_a_flag_no_number(tmp_path, door, name, place, wrong, said):
    content = tomllib.loads(data_path(f"{name}.toml").read_text(encoding="utf-8"))
    file = tmp_path / "mine.toml"
    file.write_text(hostile.toml(hostile.replaced(content, place, wrong)), encoding="utf-8")
    with pytest.raises(SanctionsModelError) as error:
        door(file)
    assert said in str(error.value)
    hostile.require_clear(str(error.value))


@pytest.mark.parametrize("wrong", ["0.5", True])
def test_an_inflation_target_is_a_number(tmp_path, wrong):
    (tmp_path / "m.toml").write_text(hostile.toml({"inflation_target": wrong}), encoding="utf-8")
    with pytest.raises(SanctionsModelError, match="inflation_target: expected a finite number"):
        load_mapping(tmp_path / "m.toml")


TABLES = [
    (load_outside_forecasts, "outside_forecasts", "year", "inf", "expected a year"),
    (load_outside_forecasts, "outside_forecasts", "high", "inf", "low '"),
    (load_trial, "elsewhere_trial", "low", "True", "low is 'True'; expected a number"),
    (
        load_effect_draws,
        "elsewhere_draws",
        "effect_mean[gdp]",
        "inf",
        "is 'inf'; expected a number",
    ),
    (load_effect_draws, "elsewhere_draws", "effect_mean[gdp]", "", "an empty cell"),
    (load_bans, "relief_inside_russia", "value", "ten", "line 2: value is 'ten'"),
    (load_news_days, "news_days", "brent_pct", "=1+1", "brent_pct is '=1+1'"),
    (load_sectors, "sectors", "premium_median", "inf", "a finite number"),
    (load_raw, "raw_quarterly", "brent_usd_bbl", "1e400", "is infinite"),
]


@pytest.mark.parametrize(("door", "name", "column", "wrong", "said"), TABLES)
def test_a_cell_of_a_table_is_a_finite_number(tmp_path, door, name, column, wrong, said):
    import csv

    with data_path(f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[1][rows[0].index(column)] = wrong
    with (tmp_path / "mine.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    with pytest.raises(SanctionsModelError) as error:
        door(tmp_path / "mine.csv")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"case,item\n\xff,1\n", "it is not text in UTF-8, from byte 11 on"),
        (b"case,item\n1,2\n1,2,3\n", "line 3 has 3 cells where the first line has 2"),
        (b'case,item\n1,"2\n', "a quotation mark in line 2 has no second one"),
        (b"case,item\n1,2\n", "lacks the column 'year'; expected those of relief_inside"),
    ],
)
def test_why_a_table_cannot_be_read_is_said_in_our_words(tmp_path, content, said):
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(SanctionsModelError) as error:
        load_bans(tmp_path / "mine.csv")
    assert said in str(error.value)


@pytest.mark.parametrize("digits", [20, 400, 5000])
@pytest.mark.parametrize("door", [toml_content, load_rule, sm.load_priors, load_scenarios])
def test_a_whole_number_of_a_file_has_64_bits(tmp_path, door, digits):
    (tmp_path / "mine.toml").write_text(f"[[deep]]\nvalue = [-{'1' * digits}]\n")
    with pytest.raises(SanctionsModelError, match="a whole number in it is too long"):
        door(tmp_path / "mine.toml")


@pytest.mark.parametrize("content", ["", "[" * 100_000, "{}", "[1]", '{"failures": '])
def test_a_summary_of_another_fit_is_refused(tmp_path, content):
    (tmp_path / "fit.json").write_text(content, encoding="utf-8")
    hostile.must_refuse(fit_summary, tmp_path / "fit.json")


def test_a_message_is_one_line_whatever_names_stand_in_it():
    error = QuestionError("a\nb\x1b[31m\u202e" + "x" * 10_000)
    assert str(error).startswith("a b?[31m?xx")
    assert len(str(error)) < 2010
    assert isinstance(pickle.loads(pickle.dumps(error)), QuestionError)
    assert str(FitFileError(3)) == "3"


@pytest.mark.parametrize("periods", [1, 5, 0, "4", True, None, [4], 4.0])
def test_a_year_of_the_growth_economy_has_quarters_or_months(periods):
    hostile.must_refuse(sm.growth_transmission, periods)
    assert sm.growth_transmission(12).periods_per_year == 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["effects", "--horizon", "8", "--horizon=8"], "--horizon 8 is given twice"),
        (["effects", "--ramp", "4", "--ramp", "8"], "--ramp is given twice"),
        (["forecast", "--set", "oil=1", "--set", "oil=1"], "--set oil=1 is given twice"),
        (["run", "--seed=1", "--seed=2"], "--seed is given twice"),
        (["scenario", "mix", "--outcome", "x", "--outcome", "x"], "--outcome x is given twice"),
    ],
)
def test_an_option_given_twice_is_refused_where_one_would_be_dropped(options, said):
    assert said in call(*options).refusal


def test_an_option_that_may_be_repeated_and_a_flag_may_be():
    done = call("effects", "--horizon", "4", "--horizon", "8", "-q", "-q", "--fit", "nowhere")
    assert "There is no fit at nowhere" in done.refusal


def test_a_horizon_without_end_is_refused_before_a_third_fit_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("sanctions_model.cli.data.load_fit", lambda folder: pytest.fail("loaded"))
    asked = ("data", "compare", tmp_path, tmp_path / "other", "--horizon", 10**9)
    assert "Horizon 1000000000; expected at most 400 periods" in call(*asked).refusal


def test_a_spreadsheet_whose_parts_do_not_unpack_is_refused_in_one_line():
    book = io.BytesIO()
    pd.DataFrame({"quarter": ["2015Q1", "2015Q2"], "a": [1, 2]}).to_excel(book, index=False)
    content, part = bytearray(book.getvalue()), b"xl/worksheets/sheet1.xml"
    content[content.index(part) + len(part) + 3] ^= 0xFF
    with pytest.raises(SanctionsModelError, match="cannot be read as an XLSX file"):
        parse_table(bytes(content), "mine")


def test_losses_that_are_no_text_are_refused_in_our_words(tmp_path):
    (tmp_path / "mine.csv").write_bytes(b"code,\x80\n")
    with pytest.raises(
        SanctionsModelError, match="no table \\(it is not text in UTF-8, from byte 6"
    ):
        load_output_losses(tmp_path / "mine.csv")


def test_a_horizon_given_twice_is_refused():
    with pytest.raises(QuestionError, match=r"Horizons \[2, 2\]: one is given twice"):
        sm.effects_table(laboratory.MODEL, laboratory.pinned(), horizons=[2, 2])


@pytest.mark.parametrize("name", ["ramp", "start"])
def test_a_relief_that_no_answer_reaches_is_refused(name):
    with pytest.raises(QuestionError, match="expected at most 400 periods"):
        sm.Relief(**{name: 401})
    assert getattr(sm.Relief(**{name: 400}), name) == 400


def test_a_surprise_and_a_change_stay_within_what_is_plausible():
    plausible = {"key_rate": (-5.0, 45.0), "weather": (-3.0, 3.0)}
    equations = [
        replace(e, variable=replace(e.variable, plausible=plausible.get(e.variable.name)))
        for e in laboratory.MODEL.equations
    ]
    scm = replace(laboratory.MODEL, equations=tuple(equations))
    draws = laboratory.pinned(scm=scm)
    for size in (50.0, -50.0, 3.0):
        sm.impulse_response(scm, draws, cause="key_rate", size=size, horizon=2)
    for size in (50.1, -50.1, 1e300):
        with pytest.raises(QuestionError, match="expected at most 50 either way"):
            sm.impulse_response(scm, draws, cause="key_rate", size=size, horizon=2)
    sm.step_response(scm, draws, cause="weather", size=3.0, horizon=2)
    with pytest.raises(QuestionError, match=r"takes 'weather' to 3.1.*expected -3 to 3"):
        sm.step_response(scm, draws, cause="weather", size=3.1, horizon=2)


def test_a_baseline_that_is_not_there_is_refused_in_our_words(tmp_path):
    hostile.must_refuse(load_annual_figures, tmp_path / "nothing.csv")
