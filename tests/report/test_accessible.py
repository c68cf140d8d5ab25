"""The report's page for everybody: axe finds no fault and leaves none open, and targets are large.

Skipped where there is no Chromium (`apt-get install chromium`).
"""

import re
from importlib.resources import files

import pytest
from browsing import NEEDS_CHROMIUM, opened

from sanctions_model.report.brief.html import page as brief_page
from sanctions_model.report.brief.language import LANGUAGES, load_language
from sanctions_model.report.brief.said import said
from sanctions_model.wording import chance_is, number

pytest.importorskip("axe_playwright_python", reason="pip install axe-playwright-python")
pytestmark = NEEDS_CHROMIUM
LONGEST = {"en": 9_500, "ru": 10_000, "zh": 9_500}  # a phone's page in pixels, nothing opened
SCREEN = 844  # a phone's first screen

RULES = [*(f"wcag{level}" for level in ("2a", "2aa", "21a", "21aa", "22aa")), "best-practice"]
# A word of one letter (a tick of an axis, a cell) is text too; else its contrast stays undecided.
CONTRAST = {
    "ignoreUnicode": True,
    "ignoreLength": True,
    "ignorePseudo": False,
    "boldValue": 700,
    "boldTextPt": 14,
    "largeTextPt": 18,
    "contrastRatio": {"normal": {"expected": 4.5}, "large": {"expected": 3}},
    "pseudoSizeThreshold": 0.25,
}
# The rules that look at colours: all that another scheme can change.
COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """([type, values, contrast]) => {
  window.axe.configure({ checks: [{ id: "color-contrast", options: contrast }] });
  // Of rules that pass only the first element is described: the page has thousands.
  const resultTypes = ["violations", "incomplete"];
  return window.axe.run(document, { runOnly: { type, values }, resultTypes });
}"""
OPEN = """() => {
  window.report.drawAll();
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
}"""
# Of what can be pressed; a link within a sentence is exempt (WCAG 2.2, 2.5.8).
SMALL = """() => [...document.querySelectorAll(
    "button, select, summary, input, nav a, .buttons a"
  )].filter((one) => {
    const box = (one.labels?.[0] ?? one).getBoundingClientRect();
    const own = one.getBoundingClientRect();
    const [width, height] = [Math.max(box.width, own.width), Math.max(box.height, own.height)];
    return own.width > 0 && (width < 24 || height < 24);
  }).map((one) => one.outerHTML.slice(0, 80))"""

# How much of a box to tick is in sight and yet under the buttons, in pixels of height.
COVERED = """() => {
  const form = document.getElementById("relief-controls");
  const ticks = [...form.querySelectorAll(".tick input")];
  let worst = 0;
  for (const tick of ticks) {
    tick.scrollIntoView({ block: "end" });
    const bar = form.querySelector(".buttons").getBoundingClientRect();
    for (const other of ticks) {
      const [own, area] = [other, form].map((box) => box.getBoundingClientRect());
      const seen = [Math.max(own.top, area.top), Math.min(own.bottom, area.bottom)];
      worst = Math.max(worst, Math.min(seen[1], bar.bottom) - Math.max(seen[0], bar.top));
    }
  }
  return worst;
}"""

# How much of each step of the chain is empty below its text, as a share of its height.
EMPTY = """() => [...document.querySelectorAll(".story li")].map((step) => {
  const [box, last] = [step, step.lastElementChild].map((one) => one.getBoundingClientRect());
  return (box.bottom - last.bottom) / box.height;
})"""

# How high the steps are, and how wide the part of each that is read at once.
STEPS = """() => [...document.querySelectorAll(".story li")].map((step) => [
  step.getBoundingClientRect().height,
  Math.max(...[...step.querySelectorAll(".part")].map((part) => part.offsetWidth)),
])"""

NAMES = """() => [...document.querySelectorAll("[role=img]")]
  .map((picture) => picture.getAttribute("aria-label"))"""

# Words of the heads of tables that run over two lines.
CUT = """() => [...document.querySelectorAll("thead th")].flatMap((head) => {
  const walk = document.createTreeWalker(head, NodeFilter.SHOW_TEXT), cut = [];
  while (walk.nextNode())
    for (const word of walk.currentNode.data.matchAll(/[A-Za-z()]+/g)) {
      const range = document.createRange();
      range.setStart(walk.currentNode, word.index);
      range.setEnd(walk.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) cut.push(word[0]);
    }
  return cut;
})"""


def faults(page, kind="tag", rules=RULES):
    """What axe found, and what it could not decide, as rule and first element."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate(RUN, [kind, rules, CONTRAST])
    assert len(found["passes"]) > (20 if rules is RULES else 0)
    return [
        (kind, rule["id"], rule["nodes"][0]["html"][:120])
        for kind in ("violations", "incomplete")
        for rule in found[kind]
    ]


@pytest.mark.parametrize(
    # Other languages have longer words and other fonts; the places and colours are the same.
    "code",
    ["en", *(pytest.param(code, marks=pytest.mark.slow) for code in ("ru", "zh"))],
)
@pytest.mark.parametrize(
    "width", [390, *(pytest.param(width, marks=pytest.mark.slow) for width in (768, 1280))]
)
def test_axe_finds_no_fault_and_leaves_none_open(browser, report_file, width, code):
    page, complaints, _ = opened(browser, report_file, width=width, fragment=f"?lang={code}")
    page.emulate_media(color_scheme="light")
    page.evaluate(OPEN)
    light = page.evaluate("getComputedStyle(document.body).color")
    assert faults(page) == []
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") != light
    assert faults(page, "rule", COLOURS) == []
    assert complaints == []
    page.close()


@pytest.mark.parametrize("code", LANGUAGES)
def test_axe_finds_no_fault_in_the_brief(browser, report_brief, tmp_path, code):
    file = tmp_path / "brief.html"
    file.write_text(brief_page(report_brief, said(report_brief, load_language(code))), "utf-8")
    page = browser.new_page(viewport={"width": 390, "height": SCREEN})
    page.goto(file.as_uri())
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, "rule", COLOURS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_no_box_to_tick_is_under_the_buttons(browser, report_file):
    page, _, _ = opened(browser, report_file)
    page.set_viewport_size({"width": 1280, "height": 600})
    page.evaluate(OPEN)
    assert page.evaluate(COVERED) <= 0.5  # rounding of places
    page.close()


@pytest.mark.parametrize("width", [768, 1280])
def test_no_word_in_the_head_of_a_table_is_cut(browser, report_file, width):
    page, _, _ = opened(browser, report_file, width=width)
    page.evaluate(OPEN)
    assert page.evaluate(CUT) == []
    page.close()


def test_axe_would_have_found_faint_text_and_a_nameless_button(browser, report_file):
    page, _, _ = opened(browser, report_file)
    page.evaluate(
        """() => {
          const faint = document.createElement("p");
          faint.style.color = "#aaa";
          faint.textContent = "7";
          document.querySelector("main").prepend(faint, document.createElement("button"));
        }"""
    )
    assert {rule for _, rule, _ in faults(page)} >= {"color-contrast", "button-name"}
    page.close()


def test_every_picture_is_named_by_what_it_shows(browser, report_file):
    page, _, _ = opened(browser, report_file)
    names = page.evaluate(NAMES)
    assert len(names) > 20
    assert [name for name in names if not re.search(r"\d", name)] == []
    cell = page.locator("#relief-row-gdp_level td").nth(1).inner_text()
    assert cell.split()[0] in page.locator("#relief-gdp_level").get_attribute("aria-label")
    page.close()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_phone_is_not_scrolled_for_ever(browser, report_file, code):
    page, _, _ = opened(browser, report_file, width=390, fragment=f"?lang={code}")
    page.evaluate("window.report.drawAll()")
    assert page.evaluate("document.documentElement.scrollHeight") < LONGEST[code]
    assert max(page.evaluate(EMPTY)) < 0.4
    heights, widths = zip(*page.evaluate(STEPS), strict=True)
    assert max(heights) < 1.3 * min(heights)  # the strip is as high as the highest
    assert max(widths) < 390
    page.close()


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_number_of_the_summary_runs_over_two_lines_on_a_phone(browser, report_file, code):
    page, _, _ = opened(browser, report_file, width=390, fragment=f"?lang={code}")
    lines = page.locator(".tile strong").evaluate_all(
        "all => all.map((one) => one.offsetHeight / parseFloat(getComputedStyle(one).lineHeight))"
    )
    assert len(lines) > 2
    assert max(lines) < 1.5
    assert page.locator(".tile strong").evaluate_all(
        "all => all.every((one) => one.scrollWidth <= one.closest('.tile').clientWidth)"
    )
    page.close()


@pytest.mark.parametrize("code", ["en", "ru", "zh"])
def test_a_phones_first_screen_holds_the_finding_its_odds_a_picture_source_and_date(
    browser, report_file, report_answers, code
):
    page, _, _ = opened(browser, report_file, width=390, fragment=f"?lang={code}")
    mark = "," if code == "ru" else "."
    size = number(abs(report_answers.median("gdp_level", 12)), signed=False).replace(".", mark)
    odds = chance_is(report_answers.prob_above("gdp_level", 12)).replace(".", mark)
    odds = odds.replace(" ", "\xa0")  # does not break between lines
    manifest = report_answers.fit.manifest
    for place, holds in (
        ("header h1", (size, odds)),
        ("header .meta", (manifest["created"][:10], "sanctions_model")),
        ("header .plot svg", ()),
    ):
        box = page.locator(place).first.bounding_box()
        assert box["height"] > 0
        assert box["y"] + box["height"] <= SCREEN, (place, box)
        assert all(words in page.locator(place).first.inner_text() for words in holds)
    page.close()
