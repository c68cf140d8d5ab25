"""How soon the page paints and follows a slider on a processor a quarter as fast.

Bounds that a busy machine keeps; the goals, 1.5 s and 100 ms on an idle one, are measured by
``pytest -m slow tests/report/test_speed.py --junitxml=speed.xml``, which writes both numbers down.
"""

import numpy as np
import pytest
from browsing import NEEDS_CHROMIUM

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]
STEP = """(value) => new Promise((done) => {
  const form = document.getElementById("relief-controls");
  const input = document.getElementById("relief-of-trade");
  const began = performance.now();
  form.addEventListener("shown", () => requestAnimationFrame(() => setTimeout(() => (
    done(performance.now() - began)), 0)), { once: true });
  input.value = String(value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def test_the_page_paints_and_moves_soon_on_a_slow_processor(browser, report_file, record_property):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.set_default_timeout(180_000)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(report_file.as_uri())
    page.wait_for_selector("html[data-report=ready]")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    steps = float(np.median([page.evaluate(STEP, 5 * (at % 20)) for at in range(20)]))
    page.close()
    record_property("first_paint_milliseconds", round(paint))
    record_property("step_milliseconds", round(steps, 1))
    assert paint < 15_000
    assert steps < 2_000
