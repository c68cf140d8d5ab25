"""The report: what it says is computed and escaped, and what it embeds is the library's model."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from weighted_quantiles import mixture_quantiles

from sanctions_model.cli.app import app
from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.style import new_figure, place_axes
from sanctions_model.queries.effects import relief_paths, total_effect
from sanctions_model.report.page.answers import HORIZON, answer_report
from sanctions_model.report.page.compiled import compiled_model, representative_draws
from sanctions_model.report.page.ledger import picture
from sanctions_model.report.page.markup import Html, embedded_json, tag
from sanctions_model.report.page.page import report_html, write_report
from sanctions_model.report.page.sections import contrast_words
from sanctions_model.report.page.sentences import findings
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.scm.variables import Path
from sanctions_model.summaries import interval

SCRIPT = "<script>alert(1)</script>"


class Reader(HTMLParser):
    """Every element with its attributes, and all text outside scripts and styles."""

    def __init__(self):
        super().__init__()
        self.elements, self.words, self.silent = [], [], False

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.silent = tag in ("script", "style")

    def handle_endtag(self, tag):
        self.silent = False

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


@pytest.fixture(scope="module")
def read(report_file):
    reader = Reader()
    reader.feed(report_file.read_text(encoding="utf-8"))
    return SimpleNamespace(elements=reader.elements, text=" ".join(" ".join(reader.words).split()))


def test_text_is_escaped_and_html_is_not():
    found = tag("p", [SCRIPT, Html("<b>x</b>")], attributes={"title": '">'})
    assert found == '<p title="&quot;&gt;">&lt;script&gt;alert(1)&lt;/script&gt;<b>x</b></p>'


@pytest.mark.parametrize("text", ["</script>", "<!--", "&lt;", SCRIPT, "\u2028"])
def test_embedded_data_cannot_leave_their_script(text):
    found = embedded_json("data", {text: text})
    inside = found.removeprefix('<script type="application/json" id="data">').removesuffix(
        "</script>"
    )
    assert not set("<>&") & set(inside)
    assert json.loads(inside) == {text: text}


def test_embedded_data_refuse_what_json_lacks():
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded_json("data", float("nan"))


def test_few_draws_have_the_quantiles_of_all():
    generator = np.random.default_rng(1)
    features = generator.standard_t(4, (40, 5)) @ generator.standard_normal((5, 3000))
    chosen = representative_draws(features, 400)
    assert len(set(chosen)) == 400
    assert (representative_draws(features, 400) == chosen).all()
    levels = [0.055, 0.5, 0.945]
    whole, few = (np.quantile(x, levels, axis=1) for x in (features, features[:, chosen]))
    by_chance = features[:, generator.choice(3000, 400, replace=False)]
    width = whole[2] - whole[0]
    gap, random_gap = (
        np.abs((found - whole) / width).max(axis=1)
        for found in (few, np.quantile(by_chance, levels, axis=1))
    )
    assert gap[1] < 0.02  # the median
    assert (gap < random_gap).all()


def test_few_draws_are_all_when_there_are_no_more():
    assert representative_draws(np.ones((1, 3)), 5).tolist() == [0, 1, 2]


def bytes85(array):
    """Bytes of signs that no HTML escapes; some more than there were, to fill groups of four."""
    return base64.b85decode(array["base85"].translate(str.maketrans(".,:", "<>&")))


def unpacked(array):
    """Rows of three-byte levels between a row's lowest and highest value."""
    levels = np.frombuffer(bytes85(array), dtype="u1", count=3 * np.prod(array["shape"]))
    levels = levels.reshape(-1, 3)
    whole = (levels @ [1, 256, 65536]).reshape(array["shape"])
    low, step = (
        np.frombuffer(bytes85(array[name]), dtype="<f8")[:, None] for name in ("low", "step")
    )
    return low + whole * step


def run_by_plain_loops(data, relief, share=None):
    """What the page's script does, draw by draw: values of every variable by name and draw."""
    horizon = data["horizon"]
    weights, shares, speeds = (
        unpacked(data[name]) for name in ("weights", "recoverable_share", "recovery_speed")
    )
    for d in range(data["draws"]):
        values = {}
        for measure in data["measures"]:
            path = relief.path(np.array(measure["stay"]), horizon)
            values[measure["name"]] = path - 1.0
            for follower in measure["effective"]:
                row = follower["recovery"]
                gives = shares[row, d] if share is None or row in data["own"] else share
                state, felt = 1.0, []
                for now in path:  # it only falls, from a peak of 1
                    goal = now + (1.0 - gives) * (1.0 - now)
                    state = max(state + speeds[row, d] * (goal - state), now)
                    felt.append(state - 1.0)
                values[follower["name"]] = felt
        for equation in data["equations"]:
            values[equation["name"]] = [0.0] * horizon
        for t in range(horizon):
            for equation in data["equations"]:
                values[equation["name"]][t] = sum(
                    (term["weight"] if "weight" in term else weights[term["row"], d])
                    * term.get("times", [1.0] * horizon)[t]
                    * values[term["parent"]][t - term["lag"]]
                    for term in equation["terms"]
                    if t >= term["lag"]
                )
        for level in data["levels"]:
            values[level["name"]] = level["sign"] * np.cumsum(values[level["flow"]])
        yield values


@pytest.mark.parametrize("economy", ["growth", "anchored"])
@pytest.mark.parametrize("share", [None, 0.3])
def test_compiled_equations_run_by_plain_loops_give_the_librarys_effects(request, economy, share):
    scm, horizon = request.getfixturevalue(f"{economy}_problem").scm, 9
    draws = request.getfixturevalue(f"{economy}_draws")
    outcomes = ("gdp_level", "rouble", "inflation_yoy")
    data = compiled_model(scm, draws, outcomes, horizon)
    relief = Relief(depth=0.8, ramp=3, start=2)
    if share is not None:  # of what is recovered measure by measure
        drawn = draws["recoverable_share"]
        mine = drawn["measure"].isin(scm.measures)
        draws = draws.assign(recoverable_share=drawn.where(~mine, share))
    paths = relief_paths(scm, relief, horizon)
    expected = respond(scm, draws, horizon=horizon, paths=paths, outcomes=outcomes)
    flat = expected.isel(scenario=0).stack(sample=("chain", "draw"))
    for d, values in enumerate(run_by_plain_loops(data, relief, share)):
        for outcome in outcomes:
            library = flat.isel(sample=d).sel(outcome=outcome)
            np.testing.assert_allclose(values[outcome], library, atol=1e-5)


def test_a_link_that_changes_at_stated_dates_changes_in_the_page(anchored_problem, anchored_draws):
    scm = replace(
        anchored_problem.scm,
        equations=tuple(
            replace(equation, continuation=Path((0.0, 1.0, 1.0, 0.5)))
            if name == "controls"
            else equation
            for name, equation in anchored_problem.scm.by_name.items()
        ),
    )
    data = compiled_model(scm, anchored_draws, ("rouble",), 6)
    relief = Relief(ramp=2)
    expected = respond(
        scm,
        anchored_draws,
        horizon=6,
        paths=relief_paths(scm, relief, 6),
        outcomes=["rouble"],
    ).stack(sample=("chain", "draw"))
    for d, values in enumerate(run_by_plain_loops(data, relief)):
        np.testing.assert_allclose(values["rouble"], expected.isel(sample=d)[0, 0], atol=1e-5)
    assert any("times" in term for equation in data["equations"] for term in equation["terms"])


def test_equal_odds_give_the_quantiles_of_all_values_together():
    values = np.random.default_rng(2).standard_normal((3, 2, 1, 50))
    effect = xr.DataArray(values, dims=("future", "horizon", "chain", "draw"))
    found = mixture_quantiles(effect, (1 / 3, 1 / 3, 1 / 3), (0.1, 0.5, 0.9))
    pooled = values.transpose(1, 0, 2, 3).reshape(2, -1)
    np.testing.assert_allclose(found, np.quantile(pooled, (0.1, 0.5, 0.9), axis=1).T)


def test_a_certain_future_is_its_own_mixture():
    values = np.random.default_rng(2).standard_normal((2, 1, 40))
    effect = xr.DataArray(values, dims=("future", "chain", "draw"))
    found = mixture_quantiles(effect, (1.0, 0.0), (0.5,))
    assert abs(found[0] - np.median(values[0])) < np.ptp(values[0]) / 40


def test_odds_that_do_not_sum_to_one_are_refused(report_futures):
    with pytest.raises(QuestionError, match="sum to 1"):
        replace(report_futures, odds=(0.4, 0.3, 0.2, 0.2))
    with pytest.raises(QuestionError, match="one of each"):
        replace(report_futures, labels=("a",))


def test_few_draws_have_the_medians_of_the_posterior(report_fit, report_draws):
    for relief in (
        Relief(),
        Relief(depth=0.3, start=4, ramp=8),
        Relief(measures=("trade", "assets"), ramp=1),
        Relief(measures=("finance",), start=2),
    ):
        whole, few = (
            interval(total_effect(report_fit.scm, draws, relief, horizon=HORIZON))
            for draws in (report_fit.draws, report_draws)
        )
        width = whole.sel(summary="upper") - whole.sel(summary="lower")
        gap = abs(few.sel(summary="median") - whole.sel(summary="median"))
        assert float((gap / width.where(width > 0)).max()) < 0.05
    assert report_draws.sizes["draw"] >= 400


def test_the_summary_says_what_the_fit_says(report_answers, read):
    price = report_answers.median("price_level", 12)
    assert f"{abs(price):.1f} % lower" in read.text
    prob = report_answers.prob_above("gdp_level", 12)
    assert f"P(GDP higher after three years) = {prob:.2f}" in read.text
    chain = report_answers.channel("gdp_level", 12, "article_chain")["median"]
    assert f"carries +{chain:.2f} %" in read.text


def test_every_claim_prior_and_source_is_in_the_page(report_fit, report_answers, read):
    for statement in report_answers.claims["statement"]:
        assert " ".join(statement.split()) in read.text
    for address in report_fit.problem.absolute:
        assert address.replace("->", "→") in read.text
    assert "manturov_2022_parallel_import_markup" in read.text
    assert "89 % interval" in read.text


def test_a_source_without_a_year_has_no_empty_brackets(report_file):
    assert "()" not in re.sub(r"(?s)<script.*?</script>", "", report_file.read_text("utf-8"))


def test_a_hostile_name_is_text_in_the_page(read):
    assert SCRIPT in read.text
    assert len([name for name, _ in read.elements if name == "script"]) == 2


def test_the_page_names_no_address_to_load_from(read):
    for name, attributes in read.elements:
        if name == "a" and attributes.get("href", "").startswith(("https://", "http://")):
            continue  # a link to a source: a reader's click, no load
        for key in ("src", "href", "action", "srcset", "poster"):
            if key in attributes:
                assert attributes[key].startswith(("data:", "#", "?lang=")), (
                    name,
                    attributes[key][:60],
                )


def test_every_slider_has_a_label(read):
    inputs = {a["id"] for name, a in read.elements if name in ("input", "select")}
    labelled = {a["for"] for name, a in read.elements if name == "label"}
    assert inputs == labelled
    builder = 5 + 5 + 4 + 3 + 4  # depths, starts, issuers, when, what else
    assert len(inputs) == builder + 7 + 4  # a question, odds of futures


def test_the_report_is_small_enough_to_send(report_file):
    assert report_file.stat().st_size <= 4e6


def test_equal_figures_are_equal_pictures():
    drawn = []
    for _ in range(2):
        figure = new_figure(1.0)
        place_axes(figure, 0.5, 0.2, 3.0, 0.6).plot([1, 2], [3, 4])
        drawn.append(picture(figure, "a line"))
    assert drawn[0] == drawn[1]


@pytest.fixture(scope="module")
def prior_fit(report_fit):
    tree = xr.DataTree.from_dict({"/prior": report_fit.prior_draws.isel(draw=slice(0, 100))})
    return replace(report_fit, idata=tree)


def test_answers_of_the_prior_say_so(prior_fit):
    answers = answer_report(prior_fit)
    assert "Numbers are prior medians" in contrast_words(answers)
    assert "Prior only" in " ".join(finding.text for finding in findings(answers))


@pytest.mark.slow
def test_a_report_of_the_prior_says_so_and_equal_fits_give_equal_reports(prior_fit):
    text = report_html(prior_fit)
    assert "answers of the prior alone" in text
    assert "posterior medians" not in text
    assert report_html(prior_fit) == text


def test_a_report_that_cannot_be_written_is_refused(report_fit, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(QuestionError, match="is a file; give a folder"):
        write_report(report_fit, tmp_path / "file" / "report.html")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_report_makes_its_folder(report_file):
    assert report_file.parts[-3:] == ("new", "deep", "report.html")
    assert report_file.is_file()


@pytest.mark.parametrize(
    ("out", "why"), [("file/report.html", "is a file; give a folder"), (".", "a folder")]
)
def test_the_verb_refuses_a_bad_place_before_any_work(out, why, tmp_path):
    from typer.testing import CliRunner

    (tmp_path / "file").write_text("x")
    result = CliRunner().invoke(app, ["report", "--out", str(tmp_path / out)])
    assert isinstance(result.exception, QuestionError)
    assert why in str(result.exception)
