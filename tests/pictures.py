"""What a test reads off a drawn figure."""

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
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
    found = [i for i, axes in enumerate(panels) if axes.get_title(loc="left") == heading]
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
