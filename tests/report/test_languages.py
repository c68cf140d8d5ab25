"""The page in three languages: the same digits, nothing left in English, hostile names as text.

Skipped where there is no Chromium (`apt-get install chromium`).
"""

import re

import pytest
from browsing import NEEDS_CHROMIUM, opened
from typer.testing import CliRunner

from sanctions_model.cli.app import app
from sanctions_model.errors import QuestionError
from sanctions_model.report.lab.languages import page_texts

pytestmark = NEEDS_CHROMIUM
SCRIPT = "<script>alert(1)</script>"
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
# What is the same in every language: names of programs, of variables in a statement, and letters.
SAME = re.compile(
    r"sanctions_model|PNG|SVG|CSV|key_rate|GDP|ВВП|P\b|<script>alert\(1\)</script>|Reset|Worse"
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
            assert page.evaluate("document.title") == page.locator("h1").inner_text()
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
        numbers = [sorted(re.findall(r"\d+(?:[.,]\d+)?", text)) for text in (english, other)]
        marked = [sorted(number.replace(",", ".") for number in found) for found in numbers]
        assert marked[0] == marked[1], (english, other)
        signs = [re.findall(r"[+−]", text) for text in (english, other)]
        assert signs[0] == signs[1], (english, other)


def test_russian_has_its_decimal_mark(spoken):
    shown = [text for text in spoken["ru"] if re.fullmatch(r"[+−\d.,;() ]+", text)]
    assert any("," in text for text in shown)
    assert not [text for text in shown if re.search(r"\d\.\d", text)]


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


def test_texts_have_the_same_places_in_every_language():
    assert len(page_texts()) > 100


def test_a_language_that_the_page_lacks_is_refused_before_any_work(tmp_path):
    out = tmp_path / "report.html"
    result = CliRunner().invoke(app, ["report", "--out", str(out), "--lang", "fr"])
    assert isinstance(result.exception, QuestionError)
    assert "fr" in str(result.exception)
    assert not out.exists()
