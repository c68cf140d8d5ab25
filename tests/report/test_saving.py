"""Each chart can be taken away as picture, numbers and citation, and these are the chart's own.

Skipped where there is no Chromium (`apt-get install chromium`).
"""

import csv
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from browsing import NEEDS_CHROMIUM, opened

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def page(browser, report_file):
    page, complaints, requests = opened(browser, report_file)
    yield page
    assert complaints == []
    assert all(url.startswith(("file:", "blob:")) for url in requests)
    page.close()


def saved(page, place, kind):
    fold = page.locator(f"#{place} + .save")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    with page.expect_download() as found:
        fold.get_by_role("button", name=kind).click()
    return found.value.suggested_filename, Path(found.value.path()).read_bytes()


def test_numbers_are_those_of_the_chart(page, report_answers):
    name, raw = saved(page, "fan-gdp_level", "CSV")
    assert name == "fan-gdp_level.csv"
    rows = list(csv.DictReader(raw.decode().splitlines()))
    assert len(rows) == 24
    for at, row in enumerate(rows, start=1):
        bounds = report_answers.bounds("gdp_level", at)
        found = [float(row[part]) for part in ("median", "lower", "upper")]
        np.testing.assert_allclose(
            found, [report_answers.median("gdp_level", at), *bounds], rtol=1e-5, atol=1e-9
        )


def test_a_moved_chart_gives_the_numbers_of_its_setting(page):
    shown = page.evaluate("window.report.explorers[0].summaries().key_rate.median")
    rows = list(csv.DictReader(saved(page, "relief-key_rate", "CSV")[1].decode().splitlines()))
    assert [float(row["median"]) for row in rows] == shown


# Words of a picture that reach beyond its frame.
OUTSIDE = """(source) => {
  const holder = document.createElement("div");
  holder.innerHTML = source;
  document.body.append(holder);
  const frame = holder.firstChild.getBoundingClientRect();
  const found = [...holder.querySelectorAll("text")].filter((word) => {
    const box = word.getBoundingClientRect();
    return box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom;
  }).map((word) => word.textContent);
  holder.remove();
  return found;
}"""


def test_a_picture_stands_by_itself(page):
    _, raw = saved(page, "channels-gdp_level", "SVG")
    root = ET.fromstring(raw)
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "total" in words
    assert any("sanctions_model" in word for word in words)
    assert b"var(" not in raw
    _, png = saved(page, "fan-gdp_level", "PNG")
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    _, raw = saved(page, "fan-gdp_level", "SVG")
    _, top, across, down = map(float, ET.fromstring(raw).get("viewBox").split())
    assert (width, height) == (4 * across, 4 * down)
    assert (across, top) == (300, -26)


@pytest.mark.parametrize("place", ["fan-gdp_level", "channels-gdp_level"])
def test_every_word_of_a_saved_picture_lies_within_it(page, place):
    _, raw = saved(page, place, "SVG")
    outside = page.evaluate(OUTSIDE, raw.decode())
    assert outside == []


def test_a_citation_names_program_fit_and_data(page, report_fit):
    _, raw = saved(page, "fan-gdp_level", "Citation")
    assert report_fit.manifest["data"]["sha256"][:12] in raw.decode()
    assert report_fit.manifest["created"][:10] in raw.decode()
