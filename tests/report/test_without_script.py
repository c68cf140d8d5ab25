"""The page is readable where no script runs: finding, pictures and tables are in it.

Skipped where there is no Chromium (`apt-get install chromium`).
"""

import re

import numpy as np
import pytest
from browsing import NEEDS_CHROMIUM

from sanctions_model.wording import number

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def silent(browser, report_file):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(report_file.as_uri())
    yield page
    context.close()


def test_finding_tables_and_claims_are_there(silent, report_answers):
    size = number(abs(report_answers.median("gdp_level", 12)), signed=False)
    assert f"by about {size}\xa0%" in silent.locator("header h1").inner_text()
    assert silent.locator("#claims tbody tr").count() == len(report_answers.claims)
    silent.locator("#fans summary").click()  # a table that opens needs no script
    assert silent.locator("#fans tbody tr").first.is_visible()


def test_pictures_stand_still_and_have_the_numbers_of_the_answers(silent, report_answers):
    for outcome in report_answers.outcomes:
        drawn = silent.locator(f"#fan-{outcome} svg")
        assert drawn.is_visible()
    medians = [report_answers.median("gdp_level", at) for at in range(1, 25)]
    path = silent.locator("#fan-gdp_level svg path").last.get_attribute("d")
    places = np.array([float(y) for y in re.findall(r",([-\d.]+)", path)])
    # Places on the page are a straight line in the values, downwards.
    slope, first = np.polyfit([0.0, *medians], places, 1)
    assert slope < 0
    np.testing.assert_allclose(places, first + slope * np.array([0.0, *medians]), atol=0.06)
    assert "2027" in silent.locator("#fan-gdp_level .drawing").text_content()


def test_what_needs_a_script_is_not_shown(silent):
    assert silent.locator("#relief-controls").is_hidden()
    assert "Sliders need a script" in silent.locator("#explorer").inner_text()
    assert silent.locator("a.language").first.is_hidden()
