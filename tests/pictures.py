"""What a test reads off a drawn figure."""

import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Text


def texts(figure):
    found = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text for text in found if text.get_text().strip()]


def drawn_texts(figure):
    """Texts without the tick labels that lie beyond their axis."""
    beyond = set()
    for axis in (a for axes in figure.axes for a in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                beyond |= {id(tick.label1), id(tick.label2)}
    return [text for text in texts(figure) if id(text) not in beyond]


def words(figure):
    return " ".join(" ".join(text.get_text().split()) for text in texts(figure))


def panel(figure, heading):
    """Return the panel of this heading and the one after it."""
    panels = [axes for axes in figure.axes if axes.axison]
    titles = [" ".join(axes.get_title(loc="left").split()) for axes in panels]
    found = [i for i, title in enumerate(titles) if title == heading]
    return panels[found[0]], panels[found[0] + 1] if found[0] + 1 < len(panels) else None


def line(axes: Axes, colour, width):
    """Return the one line of this colour and width."""
    found = [
        artist
        for artist in axes.lines
        if to_hex(artist.get_color()).upper() == colour.upper() and artist.get_linewidth() == width
    ]
    assert len(found) == 1
    return found[0].get_xdata(), found[0].get_ydata()


def key_labels(figure):
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    return [text.get_text() for text in legends[0].get_texts() if text.get_text()]


VERB = re.compile(
    r"\b(agree|are|came|contradict|differ|gives?|holds?|lack|estimates|find|goes|is|joins|leads|lie|lies|lowers|make|makes"
    r"|meets|move|moves|moved|narrow|needs|predict|raises|reaches|takes|would)\b"
)


def faults_of(figure):
    """What a figure lacks: a finding with a verb and a number, a question, a source, contrast."""
    found = []
    title, question = (text.get_text() for text in figure.texts[:2])
    if not (re.search(r"\d", title) and VERB.search(title)):
        found.append(f"no finding: {title!r}")
    if len(question.split()) < 3 or "?" not in question:
        found.append(f"no question: {question!r}")
    if "Source: " not in words(figure):
        found.append("no source")
    hyphens = re.findall(r".{0,20}(?<![\w%])-\d.{0,10}", words(figure))
    found += [f"no true minus: {said!r}" for said in hyphens]
    return found + [f"contrast {ratio:.1f}: {said!r}" for said, ratio in faint_texts(figure)]


def faint_texts(figure, least=4.5):
    """Texts whose colour is too near to what is drawn behind them, with the ratio."""
    shown = drawn_texts(figure)
    figure.canvas.draw()
    places = [(text, text.get_window_extent()) for text in shown]
    for text in shown:
        text.set_visible(False)
    figure.canvas.draw()
    behind = np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255.0
    for text in shown:
        text.set_visible(True)
    height = behind.shape[0]
    for text, box in places:
        rows = slice(max(0, int(height - box.y1)), max(1, int(height - box.y0)))
        patch = behind[rows, max(0, int(box.x0)) : max(1, int(box.x1))].reshape(-1, 3)
        if len(patch):
            ratio = contrast(to_rgb(text.get_color()), np.median(patch, axis=0))
            if ratio < least:
                yield text.get_text(), ratio


def contrast(first, second):
    """The ratio of WCAG 2."""
    light = sorted(_luminance(np.asarray(colour)) for colour in (first, second))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
