"""A real browser for tests of pages, and what a page complained about and asked for."""

import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"
)


def opened(browser, html, *, width=1280, fragment=""):
    """The page with all that it complained about and asked for."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    # A blob is the page's own memory: its worker's script.
    page.on("request", lambda r: r.url.startswith("blob:") or requests.append(r.url))
    page.set_default_timeout(180_000)  # on a busy machine
    page.goto(html.as_uri() + fragment)
    page.wait_for_selector("html[data-report=ready]")
    return page, complaints, requests
