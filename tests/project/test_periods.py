"""A horizon never stands without the period of the calendar that it is: tables, files, results."""

import ast
import inspect
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
from surface import PUBLIC

import sanctions_model as sm
from sanctions_model.cli.parts.numbers import resting
from sanctions_model.report.views import summary_table
from sanctions_model.robustness import ranking
from sanctions_model.robustness.sensitivity import headline_claims, parameter_swings
from sanctions_model.robustness.vintages import compare_vintages

PACKAGE = Path(sm.__file__).parent
# What writes a row's period: the words for it, or the two that know it.
SAYS = {"period", "period_column", "asked_of", "_periods"}
# Functions with rows that have a horizon and no period, each with the reason.
UNDATED = {
    "report/checks.py comparison_views": "heads of columns",
    "report/lab/paths.py paths_data": "how many periods the page propagates, beside its start",
    "report/outside.py with_others": "the type of a column of a table that has both",
    "report/page/compiled.py compiled_model": "how many periods the page propagates",
    "report/validation/sections.py _claims": "columns of a table on a page, from claims.csv",
    "robustness/ranking.py _entry": "rank_factors dates all rows at once",
    "validation/origins/rolling.py rival_paths": "arguments",
    "validation/origins/rolling.py score_summary": "a mean over origins, each of its own period",
    "validation/published_effects.py totals_table": "counted from a change that has no date",
}
# Public functions that are given a horizon and return no effect or path from the data's end.
WITHOUT_START = {
    "forecast_error_variance": "of matrices, without data",
    "link_effects": "of one equation, after periods of a change that has no date",
    "propagate": "the engine: knows paths, not dates",
    "respond": "the engine: knows paths, not dates",
    "step_response": "the engine's unit step",
}
ASKED = {"horizon": 5, "outcomes": ["key_rate"]}


def functions():
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if '"horizon"' not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield f"{file.relative_to(PACKAGE).as_posix()} {node.name}", node


def makes_a_horizon(function):
    keys = (key for node in ast.walk(function) if isinstance(node, ast.Dict) for key in node.keys)
    return any(isinstance(key, ast.Constant) and key.value == "horizon" for key in keys)


def says_a_period(function):
    nodes = list(ast.walk(function))
    named = {node.id for node in nodes if isinstance(node, ast.Name)}
    named |= {node.value for node in nodes if isinstance(node, ast.Constant)} - {None}
    return bool(named & SAYS)


def test_every_function_that_writes_a_horizon_writes_its_period():
    silent = {n for n, own in functions() if makes_a_horizon(own) and not says_a_period(own)}
    assert silent == set(UNDATED)


@pytest.fixture(scope="module")
def fitted(small_fit):
    return sm.load(small_fit)


def relief(share=1.0):
    return sm.Scenario(
        label="Relief",
        relief=[{"measures": ["finance"], "phase": [{"depth": share, "ramp": 1}]}],
    )


# By public name: one that takes a horizon is asked here, or it is said above why not.
RESULTS = {
    "total_effect": lambda fit: sm.total_effect(fit.scm, fit.draws, **ASKED),
    "channel_effects": lambda fit: sm.channel_effects(fit.scm, fit.draws, **ASKED),
    "measure_effects": lambda fit: sm.measure_effects(fit.scm, fit.draws, **ASKED),
    "impulse_response": lambda fit: sm.impulse_response(
        fit.scm, fit.draws, cause="key_rate", **ASKED
    ),
    "forecast_error_variance_decomposition": lambda fit: sm.forecast_error_variance_decomposition(
        fit.scm, fit.draws, **ASKED
    ),
    "simulate": lambda fit: sm.simulate(fit.problem, fit.draws, random_seed=1, **ASKED),
    "conditional_forecast": lambda fit: sm.conditional_forecast(
        fit.problem,
        fit.draws,
        [sm.Condition(variable="key_rate", values={1: 15.0})],
        random_seed=1,
        **ASKED,
    ),
    "designed_effect": lambda fit: sm.scenarios.designed_effect(
        fit.scm, fit.draws, relief(), random_seed=1, **ASKED
    ),
    "scenario_forecast": lambda fit: sm.scenarios.scenario_forecast(
        fit.problem, fit.draws, relief(), random_seed=1, **ASKED
    ),
    "compare_futures": lambda fit: sm.compare_futures(
        fit.problem, fit.draws, sm.load_scenarios(), random_seed=1, **ASKED
    ),
    "spread_split": lambda fit: sm.scenarios.spread_split(
        fit.problem,
        fit.draws,
        sm.load_scenarios(),
        paths=4,
        parameters=2,
        random_seed=1,
        **ASKED,
    ),
}


def test_every_public_function_with_a_horizon_is_asked():
    def returns_arrays(function):
        said = str(inspect.signature(function).return_annotation)
        return "DataArray" in said or "xarray.core.dataset.Dataset" in said

    takers = {
        name
        for name, own in PUBLIC.items()
        if inspect.isfunction(own)
        and "horizon" in inspect.signature(own).parameters
        and returns_arrays(own)
    }
    assert takers == RESULTS.keys() | WITHOUT_START.keys()


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_names_the_periods_of_its_horizon(name, fitted):
    found = RESULTS[name](fitted)
    last = pd.Period(fitted.problem.cases.time[-1], freq="Q")
    arrays = found.data_vars.values() if isinstance(found, xr.Dataset) else [found]
    dated = [own for own in arrays if "horizon" in own.dims]
    assert dated
    for own in dated:
        frame = own.to_dataframe(name="x").reset_index()
        whole = frame[frame["horizon"] > 0].drop_duplicates("horizon")
        named = pd.PeriodIndex(whole["period"], freq="Q")
        # A forecast of a series that came earlier starts there.
        assert set(named - whole["horizon"].to_numpy()) <= {last, last - 1}


def test_a_table_of_a_result_has_the_period_beside_the_horizon(fitted):
    def answer(draws):
        return sm.total_effect(fitted.scm, draws, **ASKED)

    effect = resting(fitted, answer, answer(fitted.draws))
    columns = list(summary_table({"effect": effect}, fitted.scm))
    assert columns.index("period") == columns.index("horizon") + 1


def test_two_fits_are_compared_with_the_periods_of_either(fitted):
    effects = sm.robustness.compare(fitted, fitted, outcomes=["key_rate"], horizons=[4]).effects
    place = list(effects).index("horizon")
    assert list(effects)[place + 1 : place + 3] == ["period_first", "period_second"]
    own = sm.effects_table(fitted.scm, fitted.draws, horizons=[4], outcomes=["key_rate"])
    assert set(effects["period_first"]) == set(effects["period_second"]) == set(own["period"])
    vintages = compare_vintages(fitted, fitted, fitted, horizons=(4,), outcomes=("key_rate",))
    assert set(vintages["old_period"]) == set(vintages["new_period"]) == set(own["period"])


def test_a_ranking_dates_refits_of_a_file_that_does_not(fitted, monkeypatch):
    monkeypatch.setattr(ranking, "_common_causes", lambda *_: [])  # weighs more draws than these
    claims = {"gdp_growth": headline_claims()["gdp_growth"]}
    own = sm.queries.scorecard(fitted.problem, fitted.prior_draws, fitted.draws, claims)
    (period,) = own["period"]
    swings = parameter_swings(fitted.problem, fitted.prior_draws, fitted.draws, claims)
    assert set(swings["period"]) == {period}
    refits = pd.DataFrame(
        {
            "claim": ["gdp_growth"],
            "outcome": ["gdp_level"],
            "horizon": claims["gdp_growth"].horizon,
            "alternative": "sceptic",
            "kind": "priors",
            "median": 0.1,
            "converged": True,
        }
    )
    table = ranking.rank_factors(fitted, claims, alternatives=refits)
    assert "sceptic" in set(table["factor"])
    assert set(table["period"]) == {period}
