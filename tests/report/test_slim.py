"""Pictures made short look the same in the browser."""

import html
import io

import numpy as np
from browsing import NEEDS_CHROMIUM
from matplotlib import image

from sanctions_model.plots.parts.style import figure_bytes, new_figure, place_axes
from sanctions_model.report.page.slim import slim_svg, svg_address

pytestmark = NEEDS_CHROMIUM


def test_a_short_picture_looks_as_the_long_one(browser):
    figure = new_figure(2.0)
    axes = place_axes(figure, 0.5, 0.4, 3.0, 1.3)
    axes.plot([1, 2, 4], [3.7, -4, 1])
    axes.set_title("A title − with spaces and digits 0.123", fontweight="bold")
    long = figure_bytes(figure)
    short = slim_svg(long)
    assert len(short) < 0.85 * len(long)
    shots = []
    page = browser.new_page(viewport={"width": 900, "height": 300})
    for source in (long, short):
        page.set_content(f"<body style='margin:0'>{source[source.index(b'<svg') :].decode()}")
        shots.append(page.screenshot())
    page.set_content(f'<body style="margin:0"><img src="{html.escape(svg_address(short))}">')
    shots.append(page.screenshot())
    page.close()
    assert shots[0] != empty_page(browser)
    assert alike(*shots[:2])
    assert alike(shots[0], shots[2])  # as the page shows it


def empty_page(browser):
    page = browser.new_page(viewport={"width": 900, "height": 300})
    page.set_content("<body>")
    shot = page.screenshot()
    page.close()
    return shot


def alike(first, second):
    """Whether two pictures differ by no more than smoothed edges; hundredths of a point move."""
    a, b = (image.imread(io.BytesIO(shot)) for shot in (first, second))
    return a.shape == b.shape and float(np.abs(a - b).mean()) < 5e-4
