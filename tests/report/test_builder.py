"""The builder in a real browser answers what the library answers, to the sixth digit.

Skipped where there is no Chromium (`apt-get install chromium`).
"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from browsing import NEEDS_CHROMIUM, opened

import sanctions_model.report
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.reweighting import (
    effective_draws,
    prior_log_ratio,
    weighted_quantile,
)
from sanctions_model.queries.effects import relief_paths
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.queries.required import Target, required_relief
from sanctions_model.report.lab.beliefs import DIAL_STEPS, belief_dial
from sanctions_model.report.page.answers import HORIZON
from sanctions_model.robustness.graphs.alternatives import load_prior_sets
from sanctions_model.scenarios.issuers import issuer_shares
from sanctions_model.scenarios.statements import Statement
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.summaries import interval, median_difference_error

pytestmark = NEEDS_CHROMIUM
BUILDER = Path(sanctions_model.report.__file__).parent / "assets" / "builder"
MEASURES = ("trade", "finance", "energy", "transport", "assets")
SET = """(values) => new Promise((done) => {
  const form = document.getElementById("relief-controls");
  form.addEventListener("settled", () => done(window.report.explorers[0].summaries()),
    { once: true });
  for (const [id, value] of Object.entries(values)) {
    const input = document.getElementById(id);
    if (input.type === "checkbox") input.checked = value; else input.value = String(value);
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
})"""
START = {
    **{f"relief-of-{name}": 100 for name in MEASURES},
    **{f"start-of-{name}": 0 for name in MEASURES},
    **{f"by-{name}": True for name in ("us", "eu", "uk", "others")},
    "start": 1,
    "ramp": 4,
    "snap": 0,
    "held": False,
    "dial": 0,
    "share-as-drawn": True,
}


@pytest.fixture(scope="module")
def page(browser, report_file):
    return opened(browser, report_file)[0]


def paths_by_hand(scm, depths, starts, ramp, snap):
    """Each measure's path, quarter by quarter: lifted in equal steps, back where it is undone."""
    found = {}
    for name, depth, start in zip(MEASURES, depths, starts, strict=True):
        levels = []
        for quarter in range(1, HORIZON + 1):
            steps = min(max(quarter - start + 1, 0), ramp) / ramp
            undone = snap is not None and quarter >= snap
            levels.append(1.0 if undone else 1.0 - depth * steps)
        found[name] = np.array(levels)
    return found


def assert_same(found, expected, rtol=1e-6):
    for outcome, summary in found.items():
        own = expected.sel(outcome=outcome)
        width = float((own.sel(summary="upper") - own.sel(summary="lower")).max())
        for part in ("median", "lower", "upper"):
            gap = np.abs(np.array(summary[part]) - own.sel(summary=part).to_numpy()).max()
            assert gap <= rtol * max(width, 1.0), (outcome, part, gap, width)


@pytest.mark.parametrize(
    ("given", "issuers", "starts", "snap", "held"),
    [
        ({"by-us": False}, ("eu", "uk", "others"), (1, 1, 1, 1, 1), None, ()),
        ({"start-of-finance": 5, "start": 2}, None, (2, 5, 2, 2, 2), None, ()),
        ({"snap": 9, "ramp": 2}, None, (1, 1, 1, 1, 1), 9, ()),
        ({"held": True, "relief-of-energy": 35}, None, (1, 1, 1, 1, 1), None, ("key_rate",)),
    ],
)
def test_a_relief_as_set_has_the_effect_that_the_library_gives_it(
    page, report_fit, given, issuers, starts, snap, held
):
    scm, values = report_fit.scm, START | given
    shares = issuer_shares()
    held_by = shares.sum(axis=1) if issuers is None else shares[list(issuers)].sum(axis=1)
    depths = [values[f"relief-of-{name}"] / 100 * held_by[name] for name in MEASURES]
    effect = respond(
        scm,
        report_fit.draws,
        horizon=HORIZON,
        paths=paths_by_hand(scm, depths, starts, values["ramp"], snap),
        held=held,
        outcomes=list(page.evaluate("window.report.page.outcomes.map((o) => o.name)")),
    ).isel(scenario=0)
    assert_same(page.evaluate(SET, values), interval(effects_in_percent(scm, effect)))


def test_full_relief_by_all_at_once_is_the_plain_one(report_fit):
    """The paths by hand are the library's."""
    by_hand = paths_by_hand(report_fit.scm, (0.4,) * 5, (3,) * 5, 4, None)
    library = relief_paths(report_fit.scm, Relief(depth=0.4, start=3, ramp=4), HORIZON)
    for name, path in library.items():
        np.testing.assert_allclose(by_hand[name], path)


@pytest.mark.parametrize("dial", [-6, 3])
def test_other_beliefs_weigh_the_draws_as_the_library_weighs_them(page, report_fit, dial):
    scm, problem = report_fit.scm, report_fit.problem
    name = "sceptic" if dial < 0 else "optimist"
    changed = problem.priors.replace(load_prior_sets()[name].form_for(scm))
    other = Problem.of(scm, problem.observations, changed)
    ratio = prior_log_ratio(scm, report_fit.draws, problem.absolute, other.absolute)
    ratio = abs(dial) / DIAL_STEPS * ratio
    weights = np.exp(ratio - ratio.max())
    weights /= weights.sum()
    found = page.evaluate(SET, START | {"dial": dial})
    effect = respond(
        scm,
        report_fit.draws,
        horizon=HORIZON,
        paths=relief_paths(scm, Relief(), HORIZON),
        outcomes=list(found),
    ).isel(scenario=0)
    effect = effects_in_percent(scm, effect).transpose("outcome", "horizon", "chain", "draw")
    rows = effect.to_numpy().reshape(effect.sizes["outcome"], HORIZON, -1)
    expected = xr.DataArray(
        weighted_quantile(rows, weights, (0.5, 0.055, 0.945)),
        dims=("summary", "outcome", "horizon"),
        coords={"summary": ["median", "lower", "upper"], "outcome": effect["outcome"]},
    )
    assert_same(found, expected)
    above = (rows > 0) @ weights
    for at, outcome in enumerate(effect["outcome"].to_numpy()):
        np.testing.assert_allclose(found[outcome]["above"], above[at], atol=1e-9)
    light = page.locator("#dial-light")
    assert f"count as {round(effective_draws(ratio))}." in light.inner_text()
    dialled = belief_dial(report_fit)
    holds = dialled.reliable[0 if dial < 0 else 1, abs(dial) - 1]
    assert light.get_attribute("data-light") == ("good" if holds else "bad")


ASK = """(values) => {
  for (const [id, value] of Object.entries(values)) document.getElementById(id).value = value;
  document.getElementById("ask-controls").dispatchEvent(new Event("input", { bubbles: true }));
  return { ...window.report.ask(), text: document.getElementById("ask-statement").textContent };
}"""


@pytest.mark.parametrize(
    ("outcome", "sign", "value", "word", "first", "last"),
    [
        ("key_rate", "<=", 12.0, "in", 1, 12),
        ("key_rate", "<=", 11.0, "by", 1, 14),
        ("inflation_yoy", "<=", 5.5, "through", 11, 14),
        ("inflation_yoy", ">=", 4.0, "on average over", 5, 12),
        ("gdp_level", ">=", 4.0, "in", 1, 14),
    ],
)
def test_a_question_has_the_chance_and_takes_the_relief_that_the_library_says(
    page, report_fit, outcome, sign, value, word, first, last
):
    page.evaluate(SET, START | {"start": 2})
    found = page.evaluate(
        ASK,
        {
            "ask-outcome": outcome,
            "ask-sign": sign,
            "ask-value": str(value),
            "ask-word": word,
            "ask-first": str(first),
            "ask-last": str(last),
            "ask-chance": "50",
        },
    )
    relief = Relief(start=2)
    seed = int(report_fit.manifest["settings"]["random_seed"])
    start = str(report_fit.problem.cases.time[-1])[:10]
    statement = Statement.parse(found["text"], start=start)
    assert (statement.when.word, statement.when.last) == (word, last)
    assert statement.outcome == outcome
    chances = []
    for paths in ({}, relief_paths(report_fit.scm, relief, 14)):
        simulated = simulate(
            report_fit.problem,
            report_fit.draws,
            horizon=14,
            exogenous=paths,
            random_seed=seed,
            outcomes=[outcome],
        )
        variable = report_fit.scm.variables[outcome]
        result = xr.Dataset({"path": simulated.isel(scenario=0)})
        result = result.assign_coords(unit=("outcome", [variable.kept_unit]))
        chances.append(float(statement.holds(result).mean()))
    for name, chance in zip(("without", "given"), chances, strict=True):
        assert found[name] == pytest.approx(chance, abs=1e-6)
    target = Target(
        outcome=outcome,
        value=value,
        below=sign == "<=",
        when=str(statement.when),
        probability=0.5,
    )
    library = required_relief(
        report_fit.problem, report_fit.draws, target, relief=relief, random_seed=seed
    )
    if last == 14:  # other horizons meet other shocks
        assert found["relief"]["smallest"] == library.smallest


def test_a_kept_setting_stays_in_the_charts_the_table_and_the_link(browser, page, report_file):
    page.evaluate(SET, START)
    whole = page.locator("#relief-row-gdp_level td").first.inner_text()
    page.locator("#keep").click()
    page.evaluate(SET, START | {"relief-of-trade": 20, "by-eu": False})
    cell = page.locator("#relief-row-gdp_level td").first.inner_text()
    assert cell.splitlines()[-1] == f"kept: {whole.splitlines()[0]}"
    assert page.locator("#relief-gdp_level .ghost").get_attribute("d").count("M") == 3
    page.wait_for_timeout(500)  # the link is written when the slider rests
    fragment = page.evaluate("location.hash")
    other, complaints, _ = opened(browser, report_file, fragment=fragment)
    assert other.locator("#relief-row-gdp_level td").first.inner_text() == cell
    assert other.locator("#relief-gdp_level .ghost").get_attribute("d").count("M") == 3
    assert complaints == []
    other.close()
    page.locator("#keep").click()
    page.wait_for_function("() => !document.querySelector('#relief-row-gdp_level small')")


def test_a_damaged_kept_setting_does_no_harm(browser, report_file):
    fragment = "#start=2&kept=relief-of-trade%3D1e9%26start%3Dx%26snap%3D%3Cb%3E%26ramp%3D-3"
    page, complaints, _ = opened(browser, report_file, fragment=fragment)
    assert complaints == []
    assert "kept" in page.locator("#relief-row-gdp_level td").first.inner_text()
    page.close()


PAIRED = """([first, second, weights]) => {
  const [a, b] = [Float64Array.from(first), Float64Array.from(second)];
  const given = weights === null ? null : Float64Array.from(weights);
  return {
    median: pairedError(medianPulls(a, given), medianPulls(b, given)),
    above: pairedError(shareAbovePulls(a, given), shareAbovePulls(b, given)),
  };
}"""


@pytest.fixture(scope="module")
def formulas(browser):
    """A page with nothing but the formulas of the report's page."""
    page = browser.new_page()
    for name in ("weighted.js", "paired.js"):
        page.add_script_tag(content=(BUILDER / name).read_text(encoding="utf-8"))
    return page


@pytest.mark.parametrize("rho", [0.0, 0.9, 1.0])
def test_the_error_of_a_difference_of_two_settings_is_its_closed_form(formulas, rho):
    rng = np.random.default_rng(7)
    first, other = rng.normal(size=(2, 20_000))
    second = rho * first + np.sqrt(1.0 - rho**2) * other
    agree = np.arcsin(rho) / np.pi
    exact = {"median": np.pi * (1.0 - 2.0 * agree), "above": 0.5 - agree}
    for weights, worth in ((None, 20_000), (np.r_[[1e-4] * 10_000, [0.0] * 10_000], 10_000)):
        given = None if weights is None else weights.tolist()
        found = formulas.evaluate(PAIRED, [first.tolist(), second.tolist(), given])
        for name, variance in exact.items():
            close = pytest.approx(np.sqrt(variance / worth), rel=0.1, abs=1e-9)
            assert found[name] == close
    draws = [xr.DataArray(own[None], dims=("chain", "draw")) for own in (first, second)]
    library = median_difference_error(*draws)
    found = formulas.evaluate(PAIRED, [first.tolist(), second.tolist(), None])
    assert found["median"] == pytest.approx(library, rel=0.1, abs=1e-9)


def test_a_kept_number_is_grey_where_sampling_alone_may_have_moved_the_other(page):
    page.evaluate(SET, START)
    page.locator("#keep").click()
    same = ", the same within Monte-Carlo error"
    cells = page.locator("#relief-table td small")
    page.wait_for_function("() => document.querySelector('td small.same') !== null")
    assert all(text.endswith(same) for text in cells.all_inner_texts())
    page.evaluate(SET, START | {"relief-of-trade": 0})
    moved = page.locator("#relief-row-gdp_level td small").first
    assert same not in moved.inner_text()
    assert moved.get_attribute("class") == ""
    page.locator("#keep").click()
