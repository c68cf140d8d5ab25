"""One effect has one number, one unit and one name on every surface that shows it."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pictures import words

import sanctions_model as sm
from sanctions_model.cli.parts.options import write_table
from sanctions_model.plots import plot_chain, plot_responses
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.headlines import headline, short_name, spoken_label
from sanctions_model.queries.reading.tables import effects_table
from sanctions_model.report.brief.facts import Facts
from sanctions_model.report.dated import effects_view
from sanctions_model.report.page import page, sections
from sanctions_model.report.sections import vintages
from sanctions_model.report.validation.words import fit_words, names_fit
from sanctions_model.robustness.vintages import vintage_of
from sanctions_model.wording import number

HORIZON = 12
UNITS = {"key_rate": "pp", "gdp_level": "%", "price_level": "%", "lending_rate": "pp"}


@pytest.fixture(scope="module")
def fit(small_fit):
    return sm.load(small_fit)


@pytest.fixture(scope="module")
def table(fit):
    return effects_table(fit.scm, fit.draws, horizons=[HORIZON], outcomes=list(UNITS))


@pytest.mark.parametrize(("outcome", "unit"), UNITS.items())
def test_an_effect_is_the_same_in_table_sentence_and_figure(fit, table, outcome, unit):
    scm, label = fit.scm, short_name(fit.scm, outcome)
    draws = total_effect(scm, fit.draws, horizon=HORIZON, outcomes=[outcome])
    log = draws.sel(horizon=HORIZON, outcome=outcome)
    by_hand = 100 * np.expm1(log / 100) if unit == "%" else log
    median = float(by_hand.median())

    # the file
    rows = table[(table["outcome"] == outcome) & (table["channel"] == "total")]
    row = rows[rows["relief"] == rows["relief"].max()].iloc[0]
    assert row["median"] == pytest.approx(median, abs=1e-9)

    # the table on a terminal
    shown = effects_view(table, scm).table.set_index("outcome")
    (name,) = [text for text in shown.index if text.startswith(label)]
    assert name.removesuffix(f", {unit}").removesuffix(" level") == label
    cell = re.match(r"[-+.0-9]+", shown.loc[name].iloc[0])[0]
    assert float(cell) == pytest.approx(median, abs=0.051)

    # the sentence
    said = headline(draws, scm, outcome=outcome, horizon=HORIZON)
    assert spoken_label(scm, outcome).removeprefix("the ") in said
    assert f"{number(abs(median), signed=False)} {unit}" in said or "less than 0.01" in said

    # the figure
    effect = total_effect(scm, fit.draws, outcomes=[outcome], horizon=HORIZON)
    figure = plot_responses(effect, scm=scm)
    (axes,) = figure.axes
    assert axes.get_ylabel() == unit
    assert axes.get_title(loc="left").startswith(label)
    (line,) = [line for line in axes.lines if line.get_linewidth() == 1.5]
    assert line.get_ydata()[-1] == pytest.approx(median, abs=1e-9)

    # what sentences of scenarios, claims and sweeps ask
    assert scm.effect_unit(outcome) == unit


def test_the_data_have_one_checksum_wherever_they_are_cited(report_answers):
    read, vintage = "1" * 64, "abcdef0123456789" * 4
    old = report_answers.fit.manifest
    manifest = old | {
        "data": old["data"] | {"sha256": read},
        "inputs": {"vintage": {"name": "bundled", "sha256": vintage}},
    }
    fit = replace(report_answers.fit, manifest=manifest)
    surfaces = [
        page._citation(fit),
        sections._footer(replace(report_answers, fit=fit)),
        vintages._data_of(fit),
        fit_words(fit),
        vintage_of(fit),
        Facts.checksum.fget(SimpleNamespace(fit=fit)),
    ]
    for text in surfaces:
        assert vintage[:12] in text, text
        assert read[:12] not in text, text
    earlier = f"the fit {fit_words(fit)}".replace(
        f"data checksum {vintage[:12]}", f"sha256 {read[:12]}"
    )
    assert names_fit(earlier, fit)
    assert not names_fit(earlier.replace("111", "222"), fit)
    own = replace(fit, manifest=manifest | {"inputs": {"vintage": None}})
    assert read[:12] in fit_words(own)


def test_the_picture_of_the_chain_has_the_numbers_of_the_table(fit, table):
    total = table[(table["channel"] == "total") & (table["relief"] == table["relief"].max())]
    drawn = words(plot_chain(total_effect(fit.scm, fit.draws), scm=fit.scm))
    for outcome in ("key_rate", "gdp_level", "price_level"):
        median = float(total.loc[total["outcome"] == outcome, "median"].iloc[0])
        assert f"{number(median)} {UNITS[outcome]}" in drawn


class Text(HTMLParser):
    """What a page says, without scripts, styles and what is to be typed."""

    UNREAD = ("script", "style", "code", "pre", "kbd")

    def __init__(self, page):
        super().__init__()
        self.inside, self.said = 0, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside += tag in self.UNREAD

    def handle_endtag(self, tag):
        self.inside -= tag in self.UNREAD

    def handle_data(self, data):
        if not self.inside:
            self.said.append(data)


HYPHEN = re.compile(r".{0,30}(?<![\w%])-\d.{0,10}")


def test_a_page_has_true_minus_signs(report_file):
    said = Text(report_file.read_text(encoding="utf-8")).said
    assert len(said) > 500
    assert any("−" in text for text in said)
    assert [text for text in said if HYPHEN.search(text)] == []


def test_a_table_in_the_docs_has_true_minus_signs_and_code_its_own():
    page = Path(__file__).parents[2] / "docs" / "evidence.md"
    assert HYPHEN.findall(re.sub(r"`[^`]*`", "", page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "json", "md", "tex"])
def test_a_file_of_a_table_has_the_minus_that_a_program_reads(ending, tmp_path):
    path = tmp_path / f"table.{ending}"
    write_table(pd.DataFrame({"what": ["fell by −2 %", "−1.5"], "size": [-2.0, -1.5]}), path)
    read = pd.read_excel(path).to_csv() if ending == "xlsx" else path.read_text(encoding="utf-8")
    assert "−" not in read
    assert "fell by -2" in read
