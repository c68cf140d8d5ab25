"""The article's chain, step by step: the numbers of the tables, in the page as it stands.

Skipped where there is no Chromium (`apt-get install chromium`).
"""

import re

import pytest
from browsing import NEEDS_CHROMIUM, opened

from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.report.lab.story import STEPS
from sanctions_model.summaries import interval
from sanctions_model.wording import chance_is, number

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def story(browser, report_file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report_file.as_uri())
    yield page.locator("#story")
    context.close()


def test_each_step_says_the_numbers_of_the_model_without_a_script(story, report_fit):
    wanted = [(at, name) for at, step in enumerate(STEPS, start=1) for name in step.expected]
    effect = total_effect(
        report_fit.scm, report_fit.draws, horizon=12, outcomes=[name for _, name in wanted]
    )
    effect = effects_in_percent(report_fit.scm, effect).sel(horizon=12)
    sizes = interval(effect)
    assert story.locator(".story li").count() == len(STEPS) == 7
    for at, name in wanted:
        sign = STEPS[at - 1].expected[name][0]
        own = sizes.sel(outcome=name)
        middle, low, high = (
            number(float(own.sel(summary=part))) for part in ("median", "lower", "upper")
        )
        prob = float((sign * effect.sel(outcome=name) > 0).mean())
        card = story.locator(f"#step-{at}")
        said = " ".join(card.inner_text().split())
        assert re.search(
            rf"{re.escape(middle)} (pp|%) \({re.escape(low)}; {re.escape(high)}\)", said
        )
        assert chance_is(prob, "P(as expected)") in said
        assert card.locator("svg.fan").first.is_visible()


def test_the_keyboard_reaches_every_step(browser, report_file):
    page, complaints, _ = opened(browser, report_file, width=390)
    link = page.locator("#story nav a").last
    link.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#step-7"
    page.wait_for_function(
        """() => [...document.querySelectorAll("#step-7 h3, #step-7 .part:nth-of-type(1)")]
          .map((one) => one.getBoundingClientRect())
          .every(({ left, right }) => left >= 0 && right <= innerWidth)"""
    )
    assert complaints == []
    page.close()
