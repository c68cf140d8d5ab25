"""The four futures in the report: drawn from the scenario file for the draws of the fit."""

import numpy as np
import pytest

from sanctions_model.cli.app import app
from sanctions_model.data.bundled import data_path
from sanctions_model.errors import QuestionError
from sanctions_model.report.page.answers import HORIZON
from sanctions_model.report.page.controls import futures_section
from sanctions_model.report.page.mixtures import drawn_futures
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.mixture import compare_futures


@pytest.fixture(scope="module")
def drawn(report_fit):
    return drawn_futures(report_fit)


def test_futures_are_those_of_the_file_with_their_odds(drawn):
    process = load_scenarios().process()
    assert drawn.odds == tuple(process.initial)
    assert drawn.labels[list(process.order).index(process.status_quo)] == "Status quo"
    assert drawn.effect.sizes["horizon"] == HORIZON


def test_each_draw_meets_its_own_path_of_each_future(report_fit, drawn):
    expected = compare_futures(
        report_fit.problem,
        report_fit.draws,
        load_scenarios(),
        horizon=HORIZON,
        outcomes=["gdp_level"],
        random_seed=report_fit.manifest["settings"]["random_seed"],
        transitions=True,
    )["effect"]
    found = drawn.effect.sel(outcome="gdp_level").transpose(*("future", "horizon", "chain", "draw"))
    expected = expected.sel(outcome="gdp_level").transpose("scenario", "horizon", "chain", "draw")
    np.testing.assert_allclose(found, expected)


def test_a_name_from_a_users_file_is_text(report_answers, report_fit, tmp_path):
    text = data_path("scenarios.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    hostile = "<script>alert(1)</script>"
    own.write_text(text.replace("Rapprochement (reset)", hostile), encoding="utf-8")
    found = futures_section(report_answers, drawn_futures(report_fit, load_scenarios(own)))
    assert "<script" not in found
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found


def test_the_verb_refuses_a_bad_library_before_any_work(tmp_path):
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, ["report", "--library", str(tmp_path / "none.toml")])
    assert isinstance(result.exception, QuestionError)
