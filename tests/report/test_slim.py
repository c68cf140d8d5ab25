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


def test_a_picture_of_letters_is_half_as_long_and_shows_the_same(browser):
    figure = new_figure(2.0)
    axes = place_axes(figure, 0.5, 0.4, 3.0, 1.3)
    axes.plot([1, 2, 4], [3.7, -4, 1])
    axes.set_title(
        "A <title> & words − of many different letters: jumpy wizards", fontweight="bold"
    )
    glyphs = slim_svg(figure_bytes(figure))
    letters = slim_svg(figure_bytes(figure, letters=True))
    assert letters == slim_svg(figure_bytes(figure, letters=True))
    assert len(letters) < 0.5 * len(glyphs)
    assert letters.count(b"font-family") == 1
    shots, page = [], browser.new_page(viewport={"width": 900, "height": 300})
    for source in (glyphs, letters):
        page.set_content(f'<body style="margin:0"><img src="{html.escape(svg_address(source))}">')
        shots.append(image.imread(io.BytesIO(page.screenshot())))
    page.close()
    dark = [np.argwhere(shot[..., :3].mean(axis=-1) < 0.7) for shot in shots]
    # In any font the words stand where they stood, and none leaves the picture.
    assert np.abs(dark[0].min(axis=0) - dark[1].min(axis=0)).max() < 40
    assert np.abs(dark[0].max(axis=0) - dark[1].max(axis=0)).max() < 40


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
