"""The page in three languages: the same digits, nothing left in English, hostile names as text.

Skipped where there is no Chromium (`apt-get install chromium`).
"""

import re

import pytest
from browsing import NEEDS_CHROMIUM, opened
from typer.testing import CliRunner

from sanctions_model.cli.app import app
from sanctions_model.data.sanctions.events import load_events
from sanctions_model.economies.registry import ANCHORED, GROWTH
from sanctions_model.errors import QuestionError
from sanctions_model.plots.channels import channel_label
from sanctions_model.queries.effects import CHAIN_PARTS
from sanctions_model.queries.reading.headlines import spoken_label
from sanctions_model.report.lab.languages import page_texts
from sanctions_model.report.lab.translated import spoken as said_by_the_page
from sanctions_model.report.lab.translated import translator, whole
from sanctions_model.report.ledgers import priors_view
from sanctions_model.report.page.markup import parameter_words, tag
from sanctions_model.report.page.page import write_report
from sanctions_model.scm.parameters import addresses
from sanctions_model.validation.published_effects import totals_table
from sanctions_model.validation.sanity import sanity_checks
from sanctions_model.wording import true_minus

pytestmark = NEEDS_CHROMIUM
SCRIPT = "<script>alert(1)</script>"
ACTS = {event.event for event in load_events()}
TEXTS = """() => {
  window.report.drawAll();
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (data.trim() && !parentElement.closest("script, style, noscript, [lang]:not(html)")) {
      found.push(data.trim());
    }
  }
  return found;
}"""
# What is the same in every language: names of programs, people, words of the data files, letters,
# ids of liftings (a country and a year) and checksums.
SAME = re.compile(
    r"sanctions_model|PNG|SVG|CSV|key_rate|GDP|ВВП|P\b|<script>alert\(1\)</script>|Reset|Worse|"
    r"SDN|SWIFT|BIS|CAATSA|CFSP|OJ L|SPFS|NSPK|LNG|Brent|Urals|VEB|VTB|Tinkoff|Rosbank|En\+|"
    r"[A-Z]{3}\d{4}|exp|KL|CRPS|CPI|Guseletov|[0-9a-f]{12}"
)


@pytest.fixture(scope="module")
def spoken(browser, report_file):
    """Texts of the page outside what is marked as English, by language."""
    found = {}
    for code in ("en", "ru", "zh"):
        page, complaints, requests = opened(browser, report_file, fragment=f"?lang={code}")
        found[code] = page.evaluate(TEXTS)
        assert page.evaluate("document.documentElement.lang") == code
        if code != "en":
            assert page.evaluate("document.title") == page.locator("header h1").inner_text()
        assert complaints == []
        assert len(requests) == 1
        page.close()
    return found


@pytest.mark.parametrize("code", ["ru", "zh"])
def test_no_word_is_left_in_english(spoken, code):
    left = [text for text in spoken[code] if re.search(r"[A-Za-z]{2}", SAME.sub("", text))]
    assert left == []


@pytest.mark.parametrize("code", ["ru", "zh"])
def test_every_number_has_the_same_digits(spoken, code):
    """Sorted, because a language may turn the order of a sentence."""
    assert len(spoken[code]) == len(spoken["en"])
    for english, other in zip(spoken["en"], spoken[code], strict=True):
        if english in ACTS:  # a month is a number in Chinese
            continue
        numbers = [sorted(re.findall(r"\d+(?:[.,]\d+)?", text)) for text in (english, other)]
        marked = [sorted(number.replace(",", ".") for number in found) for found in numbers]
        assert marked[0] == marked[1], (english, other)
        signs = [re.findall(r"[+−]", text) for text in (english, other)]
        assert signs[0] == signs[1], (english, other)


def test_russian_has_its_decimal_mark(spoken):
    shown = [text for text in spoken["ru"] if re.fullmatch(r"[+−\d.,;() ]+", text)]
    assert any("," in text for text in shown)
    assert not [text for text in shown if re.search(r"\d\.\d", text)]


@pytest.mark.parametrize("code", ["en", "ru", "zh"])
def test_no_mark_stands_twice_and_no_interval_is_broken(spoken, code):
    twice = [text for text in spoken[code] if re.search(r"(?<!\.)\.\.(?!\.)|[,;。，；]{2}", text)]
    assert twice == []
    interval = re.compile(r"\([-+−]?\d[\d.,]*; [-+−]?\d")
    static = [text for text in spoken[code] if "\xa0" in text]
    assert static
    assert not [text for text in static if interval.search(text)]


def test_a_language_has_its_own_way_with_per_cent(spoken):
    shown = {
        code: [text for text in texts if re.fullmatch(r"[−+]?\d[\d.,]*\s?%.*", text)]
        for code, texts in spoken.items()
    }
    assert len(shown["zh"]) > 10
    assert all(re.search(r"\d%", text) for text in shown["zh"])
    assert all(re.search(r"\d\s%", text) for text in shown["ru"])
    assert not [text for text in spoken["ru"] if re.search(r"\d\s%‑", text)]  # 89%‑й


def test_a_sentence_begins_with_a_capital_in_russian():
    said = (
        "GDP level after 8 quarters: +0.9 % (+0.1; +2.6) in the stated model, +1.0 % (0.0; +2.7) "
        "over 13 graphs and 16 models, graphs weighed equally. Of that variance 5 % is the choice "
        "of the graph, 8 % that of the priors, 87 % the parameters."
    )
    assert translator("ru")(said).startswith("Уровень ВВП, через 8 кв.")


@pytest.mark.parametrize("code", ["ru", "zh"])
def test_a_hostile_name_is_text_in_every_language(spoken, code):
    assert any(SCRIPT in text for text in spoken[code])


def test_the_switch_keeps_the_setting(browser, report_file):
    page, complaints, _ = opened(browser, report_file, fragment="#start=3&ramp=2")
    page.locator("a.language[lang=zh]").click()
    page.wait_for_selector("html[data-report=ready][lang=zh]")
    assert page.locator("#start").input_value() == "3"
    assert page.locator("#ramp-value").inner_text() == "2个等步"
    assert complaints == []
    page.close()


def test_an_unknown_language_in_the_address_is_english(browser, report_file):
    page, complaints, _ = opened(browser, report_file, fragment="?lang=%3Cb%3E")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert complaints == []
    page.close()


CUT = """() => {
  window.report.drawAll();
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const cut = [];
  for (const place of document.querySelectorAll(".plot")) {
    const { left, right } = place.getBoundingClientRect();
    for (const word of place.querySelectorAll(".drawing span")) {
      const box = word.getBoundingClientRect();
      const out = box.left < left - 0.5 || box.right > right + 0.5;
      if (box.width && out) cut.push(word.textContent);
    }
  }
  return cut;
}"""


@pytest.mark.parametrize("code", ["en", "ru", "zh"])
def test_no_word_of_a_chart_is_cut_at_its_edge(browser, report_file, code):
    page, _, _ = opened(browser, report_file, width=390, fragment=f"?lang={code}")
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(CUT) == [], width
    page.close()


def test_texts_have_the_same_places_in_every_language():
    assert len(page_texts()) > 100


@pytest.mark.parametrize("code", ["ru", "zh"])
def test_no_text_is_taken_for_another(code):
    put = translator(code)
    values = {"#": "7", "": "Credit"}
    for text in page_texts():
        marks = {name: mark for mark, name in re.findall(r"\{(#?)(\w+)\}", text["en"])}
        filled = re.sub(r"\{(#?)(\w+)\}", lambda place: values[place[1]], text["en"])
        expected = {name: put(values[mark]) for name, mark in marks.items()}
        assert put(filled) == text[code].format(**expected)


def _labels(scm):
    """All that the page may call a variable, a parameter or a channel."""
    for name, variable in scm.variables.items():
        yield name, variable.label
        yield name, variable.short_label
        yield name, spoken_label(scm, name).removeprefix("the ")
    for address in addresses(scm):
        yield address, parameter_words(scm, address)
    for channel in (*scm.entries, *CHAIN_PARTS):
        yield channel, channel_label(scm, channel)


@pytest.mark.parametrize("code", ["ru", "zh"])
@pytest.mark.parametrize("economy", [ANCHORED, GROWTH], ids=lambda economy: economy.name)
def test_every_variable_parameter_and_channel_of_both_economies_has_a_name(economy, code):
    put = translator(code)
    lacks = {(name, text) for name, text in _labels(economy.transmission()) if _english(put(text))}
    assert not lacks, f"sanctions_model/report/lab/texts/parameters.toml lacks {sorted(lacks)}"


def test_the_ledgers_of_the_default_economy_have_a_form_of_our_own_words(
    anchored_problem, anchored_draws
):
    beliefs = priors_view(anchored_problem.priors, anchored_problem.scm).table
    answered = totals_table(anchored_problem.scm, anchored_draws)
    answered = answered[answered["verdict"] != "not answered"]
    said = {*beliefs["rationale"], *beliefs["unit"], *answered["published"]}
    lacks = {text for text in said if 'lang="en"' in whole(text) and re.search(r"[A-Za-z]", text)}
    assert not lacks, f"rationales.toml or ledger.toml in lab/texts lack {sorted(lacks)}"

    checks = sanity_checks(anchored_problem, anchored_draws, anchored_draws)
    for code in ("ru", "zh"):
        put = translator(code)
        said = {true_minus(text) for column in ("check", "what", "note") for text in checks[column]}
        lacks = {text for text in said if _english(put(text).replace("CPI", ""))}
        assert not lacks, f"ledger.toml in lab/texts lacks {sorted(lacks)}"


def test_a_rationale_of_ones_own_stays_as_it_is_written():
    """A pattern would turn its "and" alone."""
    said = "Prices and rates by my own judgement."
    assert translator("ru")(said) != said
    assert whole(said) == f'<i lang="en">{said}</i>'
    assert "&lt;script&gt;" in whole(SCRIPT)


@pytest.mark.parametrize("code", ["ru", "zh"])
def test_every_act_behind_the_measures_has_a_name(code):
    lacks = {act for act in ACTS if translator(code)(act) == act}
    assert not lacks, f"sanctions_model/report/lab/texts/events.toml lacks {sorted(lacks)}"


def test_a_hostile_name_of_a_parameter_or_an_act_is_text():
    shown = [tag("td", said_by_the_page(name)) for name in (SCRIPT, f"{SCRIPT} → real GDP")]
    assert all("&lt;script&gt;" in cell and "<script" not in cell for cell in shown)
    assert 'lang="en"' in shown[0]  # no language has it
    assert translator("ru")(f"{SCRIPT} → real GDP") == f"{SCRIPT} → реальный ВВП"


def _english(text):
    """Whether words are left that have no form; names of prices and letters stay."""
    return re.search(r"[A-Za-z]{2}", re.sub(r"Brent|Urals|GDP|USD", "", text)) is not None


def test_a_language_that_the_page_lacks_is_refused_before_any_work(tmp_path):
    out = tmp_path / "report.html"
    result = CliRunner().invoke(app, ["report", "--out", str(out), "--lang", "fr"])
    assert isinstance(result.exception, QuestionError)
    assert "fr" in str(result.exception)
    assert not out.exists()


@pytest.fixture(scope="module")
def written(report_fit, report_answers, report_futures, report_brief, tmp_path_factory):
    """The page as it is written in each other language; answered once."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sanctions_model.report.page.page.answer_report", lambda fit, choice: report_answers
        )
        return {
            code: write_report(
                report_fit,
                folder / f"{code}.html",
                report_futures,
                brief=report_brief,
                language=code,
            )
            for code in ("ru", "zh")
        }


@pytest.mark.parametrize("code", ["ru", "zh"])
def test_without_a_script_the_page_is_in_the_language_that_it_was_written_in(
    browser, written, spoken, code
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written[code].as_uri())
    assert page.locator("html").get_attribute("lang") == code
    shown = page.locator("body").inner_text()
    assert page.title() == page.locator("header h1").inner_text()
    headings = page.locator("section:not(:has(> [lang])) > h2").all_inner_texts()
    assert len(headings) > 4
    assert set(headings) <= set(spoken[code])
    assert page.locator("#story .part p").first.inner_text() in spoken[code]
    assert page.locator("#fan-gdp_level svg").is_visible()
    assert SCRIPT in shown
    assert spoken["en"][0] not in shown
    context.close()


@pytest.mark.parametrize("code", ["ru", "zh"])
@pytest.mark.parametrize("wanted", ["", "?lang=en", "?lang=zh"])
def test_a_page_written_in_another_language_says_the_same_in_every_language(
    browser, written, spoken, code, wanted
):
    page, complaints, _ = opened(browser, written[code], fragment=wanted)
    assert page.evaluate(TEXTS) == spoken[wanted[-2:] or code]
    assert complaints == []
    page.close()
