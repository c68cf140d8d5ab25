"""The site as a reader has it: it builds without a warning, a search finds, nothing is too wide.

Built once, and read in Chromium where there is one (`apt-get install chromium`).
"""

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from browsing import NEEDS_CHROMIUM
from surface import PUBLIC

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

# What a new user types, and the page that answers it.
QUESTIONS = {
    "how do I change a prior": "howto/priors/",
    "use my own table from Excel": "howto/data/",
    "my own country": "howto/country/",
    "irf": "howto/irf/",
    "impulse response": "howto/irf/",
    "write a scenario file": "howto/scenario/",
    "run a sweep": "howto/sweep/",
    "report in my language": "howto/report/",
    "install on Windows": "howto/install/",
    "where does it fail": "where_it_fails/",
    "forecast": "howto/forecast/",
    # the same in other words
    "change my beliefs": "howto/priors/",
    "spreadsheet": "howto/data/",
    "response to a shock": "howto/irf/",
    "scenario file": "howto/scenario/",
    "sensitivity sweep": "howto/sweep/",
    "translate the report": "howto/report/",
    "pdf to send": "howto/report/",
    "pip install": "howto/install/",
    "limitations": "where_it_fails/",
    "conditional forecast": "howto/forecast/",
    "draw my own graph": "howto/graph/",
    "credible interval": "howto/uncertainty/",
    "own graph": "howto/graph/",
    "dag": "howto/graph/",
    "where it fails": "where_it_fails/",
    "how do I use my own data": "howto/data/",
    "import csv": "howto/data/",
    "another country": "howto/country/",
    "sensitivity analysis": "howto/sweep/",
    # what there is to see
    "gallery": "gallery/",
    "data explorer": "explorer/",
    "lab": "lab/",
    "command line": "commands/",
    "model card": "model_card/",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    # No proxy answers on this port: whoever asks for something from elsewhere fails.
    away = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | away | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def address(site):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_the_site_has_every_page_and_asks_for_nothing_from_elsewhere(site):
    for name in PUBLIC:
        page = (site / "reference" / name / "index.html").read_text(encoding="utf-8")
        assert "doc-contents" in page, name
    pages = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//', pages)
    assert "<math" in (site / "model" / "index.html").read_text(encoding="utf-8")
    assert "<!-- from validation" not in pages


@NEEDS_CHROMIUM
def test_the_search_finds_the_page_first_or_second(address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    missed = {}
    for question, answer in QUESTIONS.items():
        page.focus(".md-search__input")
        page.fill(".md-search__input", question[:-1])
        page.keyboard.type(question[-1])
        missed[question] = first_two(page, address, answer)
    missed = {question: found for question, found in missed.items() if found}
    assert not missed, missed


def first_two(page, address, answer):
    """Nothing once the answer is among the first two pages found, else these two."""
    found = []
    for _ in range(40):
        links = page.eval_on_selector_all(
            "a.md-search-result__link", "links => links.map(link => link.href)"
        )
        pages = [re.sub("[?#].*", "", link.removeprefix(address)) for link in links]
        found = list(dict.fromkeys(pages))[:2]
        if answer in found:
            return []
        page.wait_for_timeout(250)
    return found or ["nothing"]


@NEEDS_CHROMIUM
def test_no_page_is_wider_than_a_phone(site, address, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    paths = [path.relative_to(site).as_posix() for path in site.rglob("index.html")]
    wide = {}
    for path in paths:
        page.goto(address + path, wait_until="load")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[path] = width
    assert not wide, wide


@NEEDS_CHROMIUM
def test_the_explorer_draws_every_event_and_complains_of_nothing(address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}explorer/", wait_until="load")
    drawn = page.evaluate("document.getElementById('explorer').data.map(trace => trace.name)")
    assert {"trade", "finance", "energy", "transport", "assets", "EU", "US", "UK"} <= set(drawn), (
        drawn
    )
    assert not [text for text in complaints if "favicon" not in text]
