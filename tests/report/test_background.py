"""What stands behind the answers: every number on the page is the one that Python answers with."""

import os
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import united_states
import xarray as xr
from saved_fits import write_validation

from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.data.outside_forecasts import load_outside_forecasts, newest_forecasts
from sanctions_model.data.sanctions.events import load_events
from sanctions_model.data.vintages import Vintage, bundled_vintage
from sanctions_model.economies.russia import ANNUAL
from sanctions_model.elsewhere import load_episode_effects, predict
from sanctions_model.elsewhere.prediction import LIFTINGS
from sanctions_model.inference.fit import sample_prior_predictive
from sanctions_model.queries.reading.calendar_years import UNCHANGED
from sanctions_model.queries.reading.yearly_forces import FORCE, TOTAL
from sanctions_model.report.annual import annual_table
from sanctions_model.report.lab.translated import translated
from sanctions_model.report.outside import rival_path
from sanctions_model.report.page.markup import join
from sanctions_model.report.sections import tested, vintages
from sanctions_model.report.sections.background import background_section
from sanctions_model.report.sections.elsewhere import LIFTING
from sanctions_model.report.sections.links import linked, source_links
from sanctions_model.report.sections.moved import forces_of_windows
from sanctions_model.robustness.liftings_error import liftings_error
from sanctions_model.robustness.observed_relief import with_liftings_elsewhere
from sanctions_model.scenarios.sectors.pooling import pool_premium, pooled_effects
from sanctions_model.scm.interventions import Relief
from sanctions_model.validation.published_effects import totals_table
from sanctions_model.wording import figure, number

SCRIPT = "<script>alert(1)</script>"
NAMES = ("now", "years", "moved", "tested", "published", "elsewhere", "vintages", "pooled")


class Page(HTMLParser):
    """Tables as rows of cells, by section and caption; texts and shapes by section."""

    def __init__(self, source):
        super().__init__()
        self.tables, self.text, self.shapes, self.links = {}, {}, {}, []
        self.section = self.cell = self.caption = None
        self.rows = []
        self.feed(source)

    def handle_starttag(self, name, attributes):
        given = dict(attributes)
        if name == "div" and given.get("id") in NAMES:
            self.section = given["id"]
        if name == "table":
            self.rows = []
        elif name == "caption":
            self.caption = ""
        elif name == "tr":
            self.rows.append([])
        elif name in ("th", "td"):
            self.cell = ""
        elif name in ("circle", "rect", "polyline", "path"):
            self.shapes.setdefault(self.section, []).append((name, given))
        elif name == "a":
            self.links.append(given["href"])

    def handle_endtag(self, name):
        if name in ("th", "td"):
            self.rows[-1].append(self.cell)
            self.cell = None
        elif name == "table":
            self.tables[self.section, self.title] = self.rows[1:]
        elif name == "caption":
            self.title, self.caption = self.caption, None

    def handle_data(self, text):
        self.text[self.section] = self.text.get(self.section, "") + text
        if self.cell is not None:
            self.cell += text
        elif self.caption is not None:
            self.caption += text

    def table(self, section, caption):
        (found,) = (v for (s, c), v in self.tables.items() if s == section and caption in c)
        return found


@pytest.fixture(scope="module")
def fit(anchored_problem):
    """Draws of the beliefs of the default economy, as if they were what the data left."""
    problem = anchored_problem
    prior = sample_prior_predictive(
        problem.scm, problem.observations, problem.priors, draws=1000, random_seed=4
    )
    draws = prior.prior_draws
    near = draws * 0.4 + draws.mean("draw") * 0.6
    return replace(prior, idata=xr.DataTree.from_dict({"/prior": draws, "/posterior": near}))


@pytest.fixture(scope="module")
def source(fit):
    return background_section(fit)


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


def span(row, prefix="", say=number):
    return "{} ({}; {})".format(*(say(row[prefix + p]) for p in ("median", "lower", "upper")))


def test_the_last_figures_are_those_of_the_data(page, fit):
    rows = {row[0]: row for row in page.table("now", "last figures")}
    rate = fit.problem.observations["key_rate"].to_series().dropna()
    last = pd.Period(rate.index[-1], "Q")
    assert rows["key rate"][1:4] == [str(last), figure(rate.iloc[-1]), figure(rate.iloc[-5])]
    output = fit.problem.observations["log_gdp"].to_series().dropna()
    grown = [100 * np.expm1((output.iloc[at] - output.iloc[at - 4]) / 100) for at in (-1, -5)]
    assert rows["GDP"][2:4] == [figure(value) for value in grown]


def test_measures_and_events_are_those_of_the_tables(page, fit):
    rows = page.table("now", "Strength")
    for name, row in zip(fit.scm.measures, rows, strict=True):
        values = fit.problem.observations[name].to_numpy()
        assert row[2:] == [f"{values[-1]:.2f}", f"{values[-5]:.2f}"]
    events = load_events()
    newest = max(event.date for event in events)
    shown = page.table("now", "events behind")
    assert shown[0][0] == str(newest)
    assert {row[2] for row in shown} <= {event.event for event in events}
    assert len({tuple(row[:3]) for row in shown}) == len(shown) == 8


def test_the_years_are_those_of_the_other_verbs_and_of_the_published_tables(page, fit):
    rows = page.table("years", "Calendar years")
    quoted = {name: ANNUAL[name] for name in ("gdp_level", "price_level", "key_rate", "rouble")}
    seed = fit.manifest["settings"]["random_seed"]
    found = annual_table(fit, fit.scm.relief(Relief()), years=4, quoted=quoted, random_seed=seed)
    ours = [row[2:] for row in rows if row[1] == UNCHANGED]
    assert len(ours) == 4
    for name, cells in zip(quoted, ours, strict=True):
        own = found[(found["outcome"] == name) & (found["source"] == UNCHANGED)]
        assert cells == [span(row, say=figure) for row in own.to_dict("records")]
    newest = newest_forecasts(load_outside_forecasts())
    poll = newest[(newest["forecaster"] == "poll") & (newest["variable"] == "key_rate_average")]
    (shown,) = (row for row in rows if row[0].startswith("key rate") and "poll" in row[1])
    stated = poll.set_index("year")["low"]
    assert shown[2] == figure(stated[2026])
    (rival,) = (row for row in rows if row[0].startswith("key rate") and row[1] == "nothing new")
    last = fit.problem.observations["key_rate"].to_series().dropna().iloc[-1]
    assert rival[3] == figure(last)


def test_forces_add_up_in_the_table_and_in_the_bars(page, fit):
    means = [window.mean(["chain", "draw"]) for window in forces_of_windows(fit)]
    rows = page.table("moved", "growth of GDP")
    for row in rows:
        expected = [
            figure(float(value), signed=True)
            for window in means
            for value in window.sel(outcome="gdp_level").sel({FORCE: row[0]})
        ]
        assert row[1:] == expected
    values = np.array([[float(cell.replace("−", "-")) for cell in row[1:]] for row in rows])
    names = [row[0] for row in rows]
    parts = values[[name != TOTAL for name in names]].sum(axis=0)
    np.testing.assert_allclose(parts, values[names.index(TOTAL)], atol=0.05 * len(names))
    bars = [given for name, given in page.shapes["moved"] if name == "rect"]
    forces = len(names) - 1
    assert len(bars) == 2 * 7 * forces
    sizes = np.array([float(bar["height"]) for bar in bars[:forces]])
    exact = np.array(
        [
            float(means[0].sel(outcome="gdp_level", year=2014).sel({FORCE: name}))
            for name in names
            if name != TOTAL
        ]
    )
    scale = sizes.max() / np.abs(exact).max()
    np.testing.assert_allclose(sizes, scale * np.abs(exact), atol=0.11)


def test_published_effects_come_misses_first_with_links_to_their_sources(page, fit):
    found = totals_table(fit.scm, fit.prior_draws, fit.posterior_draws)
    answered = found[found["verdict"] != "not answered"]
    rows = page.table("published", "Published effects")
    assert len(rows) == len(answered)
    by_title = answered.set_index("title").to_dict("index")
    for row in rows:
        own = by_title[row[0]]
        assert row[2] == f"{span(own)} {own['unit']}"
        assert row[3] == number(own["z"])
    kinds = [row[4].partition(" ")[0] for row in rows]
    assert kinds == sorted(kinds, key=["hard", "soft", "agrees"].index)
    inside = int((answered["verdict"] == "inside").sum())
    assert f"Of {len(rows)} published figures" in page.text["published"]
    assert f"{inside} agree with it and {len(rows) - inside} do not" in page.text["published"]
    addresses = {e.address for e in load_evidence()} - {""}
    assert page.links
    assert set(page.links) <= addresses


def test_liftings_elsewhere_are_those_of_the_verb_with_failures_first(page, fit):
    lifting = LIFTINGS[LIFTING]
    found = with_liftings_elsewhere(fit.scm, fit.draws, predict(lifting))
    errors = liftings_error(fit.scm, fit.draws, lifting)["median"].to_list()
    rows = page.table("elsewhere", "Full relief after 12 quarters")
    by_name = [own.to_dict("records") for _, own in found.groupby("outcome", sort=False)]
    for row, own, error in zip(rows, by_name, errors, strict=True):
        assert row[1:4] == [span(r) if r["used"] else "refused: too few draws" for r in own]
        if own[-1]["used"]:
            assert row[4:6] == [number(error, signed=False), number(own[-1]["shift"])]
    effects = load_episode_effects()
    dots = [given for name, given in page.shapes["elsewhere"] if name == "circle"]
    assert len(dots) == int((effects["cells"] > 0).sum()) + 4  # the answer in each panel
    text = page.text["elsewhere"]
    assert text.index("What failed") < text.index("What they change")


def test_the_premium_is_pooled_as_the_library_pools_it(page, fit):
    seed = fit.manifest["settings"]["random_seed"]
    pools = [pool_premium(fit.scm, fit.draws, power=p, random_seed=seed) for p in (0.5, 1.0)]
    found = pooled_effects(fit.scm, fit.draws, pools, outcomes=["price_level"], horizon=12)
    premium, prices = page.table("pooled", "The premium")
    for row, name, say in ((premium, "import_premium", figure), (prices, "price_level", number)):
        half, full = found[found["quantity"] == name].to_dict("records")
        assert row[1] == span(half, say=say)
        assert row[2:] == [
            span(r, "pooled_", say) if r["used"] else "refused: too few draws" for r in (half, full)
        ]


def write_tests(folder, fit, **changed):
    row = {"series": "key_rate", "year": 2014, "statistic": SCRIPT, "outcome": 7.9}
    row |= {"median": 6.1, "lower": 4.0, "upper": 7.25, "inside": False}
    walk = row | {"forecaster": "random walk", "median": 6.3}
    rows = [row | {"forecaster": "this model"}, walk]
    write_validation(folder, fit, {"backtest_sanctions_of_2014_annual": rows}, **changed)


def test_tests_on_the_past_are_read_where_they_are_of_this_fit(page, fit, tmp_path):
    assert "sanctions-model validate" in page.text["tested"]
    write_tests(tmp_path / "own", fit)
    found = tested.tested_section(fit, tmp_path / "own")
    assert SCRIPT not in found
    shown = Page(f'<div id="tested">{found}</div>')
    (row,) = shown.table("tested", "Fit to 2013Q4")
    assert row[1:] == ["2014", "7.9", "6.1 (4.0; 7.2)", "OUTSIDE", "6.3"]
    assert "Of 1 yearly outcomes after the windows 1 lay outside" in shown.text["tested"]
    assert SCRIPT in row[0]  # as text
    write_tests(tmp_path / "other", fit, created="2020-01-01T00:00:00+00:00")
    assert tested.read_back_tests(fit, tmp_path / "other") is None
    before = pd.Timestamp(fit.manifest["created"]).timestamp() - 1
    os.utime(tmp_path / "own" / "validation.md", (before, before))  # an earlier fit of that day
    assert tested.read_back_tests(fit, tmp_path / "own") is None


def test_one_vintage_is_said_and_two_are_compared(page, fit, tmp_path, monkeypatch):
    assert "Only one vintage is known here" in page.text["vintages"]
    for name in ("raw_quarterly.csv", "russia_quarterly.csv", "measures.csv"):
        shutil.copy(data_path(name), tmp_path / name)
    table = pd.read_csv(tmp_path / "raw_quarterly.csv", dtype=str)
    table.loc[60, "key_rate_average_pct_pa"] = "99"
    table.to_csv(tmp_path / "raw_quarterly.csv", index=False)
    newer = Vintage(name=SCRIPT, folder=tmp_path, sha256="0" * 64)
    monkeypatch.setattr(vintages, "list_vintages", lambda: [bundled_vintage(), newer])
    source = vintages.vintages_section(fit)
    assert SCRIPT not in source
    (row,) = Page(f'<div id="vintages">{source}</div>').table("vintages", "What changed")
    assert row == ["bundled", SCRIPT, "0", "1", "1"]


def test_all_sections_are_folded_and_short(source):
    assert source.count("<details>") == len(NAMES)
    assert "open" not in re.findall(r"<details[^>]*>", source)
    assert len(source.encode()) < 200_000
    for part in re.split(r'<div id="(?:' + "|".join(NAMES) + ')">', source)[1:]:
        assert len(part.encode()) < 40_000


def test_a_model_of_another_country_has_what_it_can_and_a_line_for_the_rest(tmp_path):
    (level,) = united_states.MODEL.levels
    hostile = replace(level, variable=replace(level.variable, label=SCRIPT))
    scm = replace(united_states.MODEL, levels=(hostile,))
    fit = sample_prior_predictive(
        scm, united_states.observe(tmp_path / "series.csv"), united_states.PRIORS, draws=50
    )
    source = background_section(fit)
    assert SCRIPT not in source
    page = Page(source)
    for name in ("moved", "published", "elsewhere", "pooled"):
        assert "Not shown. " in page.text[name], page.text[name]
    assert "This fit is of data of one's own, to 2009Q3." in page.text["vintages"]
    assert "EU" not in page.text["now"]


def test_a_link_is_an_address_and_its_words_are_escaped():
    known = load_evidence()["gutmann_2023_no_recovery"]
    found = linked(SCRIPT, known)
    assert 'href="https://doi.org/10.1016/j.jce.2023.05.005"' in found
    assert SCRIPT not in found
    assert linked("a < b", replace_address(known, "")) == join(["a < b"])
    twice = source_links(["mamonov_pestova_2023_gdp_2014", "mamonov_pestova_2023_gdp_2022"])
    assert twice.count("<a ") == 1


def replace_address(estimate, address):
    return estimate.model_copy(update={"doi_or_url": address})


@pytest.mark.parametrize("code", ["ru", "zh"])
def test_every_sentence_head_and_caption_is_put_into_the_language_with_the_same_digits(
    source, code
):
    """But for what is marked as English: acts, titles of sources, commands and errors."""
    shown, texts = translated(source, code)
    after = translated(shown, "en")[1]
    for kind, english in texts.items():
        assert len(after[kind]) == len(english)
        for text, put in zip(english, after[kind], strict=True):
            # Three letters and a year are the id of a lifting.
            left = re.sub(r"\b[A-Z]{3}\d{4}\b|GDP|ВВП|CRPS", "", put)
            assert not re.search(r"[A-Za-z]{2}", left), (text, put)
            # A month has a name in English and in Russian, and a number in Chinese.
            digits = [sorted(re.findall(r"\d+(?!\d*月)", one)) for one in (text, put)]
            assert digits[0] == digits[1], (text, put)
            assert [re.findall(r"[+−]", one) for one in (text, put)] == 2 * [
                re.findall(r"[+−]", text)
            ]


def test_nothing_new_reads_no_gap(growth_problem):
    """A rate stays where it was last seen, though the likelihood's arrays hold 0 after that."""
    last = len(growth_problem.cases.time) - 1
    seen = growth_problem.observations["lending_rate"].to_series().dropna()
    assert seen.index[-1] < growth_problem.cases.time[last]
    path = rival_path(growth_problem, "lending_rate", last, 3)
    np.testing.assert_array_equal(path, np.full(3, seen.iloc[-1]))
    inflation = growth_problem.observations["inflation"].to_series()
    over_a_year = inflation.rolling(4).sum().dropna().iloc[-1]
    found = rival_path(growth_problem, "inflation_yoy", last, 3)
    np.testing.assert_allclose(found, np.full(3, over_a_year), rtol=0, atol=1e-12)
