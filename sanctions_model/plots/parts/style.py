"""How all figures look: colours, sizes in inches, titles and captions, files.

Figures are made for a column of 7 inches with type of at least 7 points. This module knows no
model and draws no data.
"""

import io
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from sanctions_model.files import whole_file
from sanctions_model.wording import true_minus

COLUMN_INCHES = 7.0
SMALL, TEXT, TITLE = 7.0, 8.0, 9.5
_LINE_SPACING = 1.25
_MARGIN = 0.12
_POINTS_PER_INCH = 72.0
_FILE_DPI = 200
# Glyphs are placed on whole pixels: at a low resolution text runs wider than it is.
_HINTING = 1.07
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
# Where neither draws nor results say which fit they are of.
_SOURCE = "Source: sanctions-model, own calculation"
_GAMMA = 5.5e-2  # of the colour space sRGB
_PIECE = re.compile(r"\S+(?: %\S*)?")


@dataclass(frozen=True, slots=True)
class _Colours:
    """Okabe and Ito's palette, told apart by the colour-blind, by what a colour means here."""

    posterior: str = "#0072B2"
    prior: str = "#999999"
    positive: str = "#0072B2"
    negative: str = "#D55E00"
    mixed: str = "#CC79A7"
    measure: str = "#FBE3B5"
    latent: str = "#D6ECF8"
    chain: str = "#F7E46B"
    total: str = "#8C8C8C"
    accent: str = "#009E73"
    ink: str = "#222222"
    faint: str = "#595959"
    rule: str = "#C8C8C8"


Colour = _Colours()


def new_figure(height: float, width: float = COLUMN_INCHES) -> Figure:
    """Return an empty white figure of this size in inches, that no global state knows of."""
    figure = Figure(figsize=(width, height), facecolor="white", dpi=_FILE_DPI)
    FigureCanvasAgg(figure)
    return figure


def place_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes at a place given in inches from the figure's upper left corner."""
    across, down = figure.get_size_inches()
    box = (left / across, 1.0 - (top + height) / down, width / across, height / down)
    return figure.add_axes(box)


def tidy(axes: Axes) -> None:
    """Leave only the frame and ticks that are read, in small type."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(Colour.faint)
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(
        labelsize=SMALL, length=2.5, width=0.6, color=Colour.faint, labelcolor=Colour.ink, pad=2
    )


def readable(colour: str, least: float = 4.6) -> str:
    """Return a colour, darkened until a text of it is read on white.

    `least`: contrast of luminances, by the Web Content Accessibility Guidelines 2.2 at least 4.5.

    >>> readable("#0072B2"), readable("#FFFFFF")
    ('#0072b2', '#747474')
    """
    shade = to_rgb(colour)
    while True:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + _GAMMA) / (1 + _GAMMA)) ** 2.4 for c in shade
        ]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        if 1.05 / (luminance + 0.05) >= least:
            return to_hex(shade)
        shade = (0.98 * shade[0], 0.98 * shade[1], 0.98 * shade[2])


def line_inches(size: float) -> float:
    """Return the height of a line of type of `size` points."""
    return size * _LINE_SPACING / _POINTS_PER_INCH


def text_inches(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line of text."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, False)  # noqa: FBT003
    return _HINTING * float(width) / _POINTS_PER_INCH


def wrap(text: str, inches: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `inches`; a longer word stands alone.

    A percent sign stays with its number.

    >>> wrap("relief of measures", 0.8, 7)
    ['relief of', 'measures']
    >>> wrap("bands hold 89 % of it", 0.75, 7)
    ['bands hold', '89 % of it']
    """
    lines: list[str] = []
    for word in _PIECE.findall(text):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_inches(longer, size, bold=bold) <= inches:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def write(
    figure: Figure,
    left: float,
    top: float,
    words: str,
    *,
    size: float,
    colour: str = Colour.ink,
    bold: bool = False,
    ha: Literal["left", "center", "right"] = "left",
    va: Literal["top", "center", "bottom"] = "top",
) -> None:
    """Write a text at a place given in inches from the figure's upper left corner."""
    across, down = figure.get_size_inches()
    figure.text(
        left / across,
        1.0 - top / down,
        words,
        size=size,
        color=colour,
        weight="bold" if bold else "normal",
        ha=ha,
        va=va,
        linespacing=_LINE_SPACING,
        parse_math=False,  # a label of a user's is no formula
    )


def titled(finding: str, question: str, *, source: object = None) -> str:
    """Join what a figure found, what was asked and which fit it is of, for `add_page_text`.

    `finding`: a sentence with its number, without a full stop. `question`: the line below.
    `source`: of the fit and its data, as draws and results state it.
    """
    return "\n".join([true_minus(finding), question, *([str(source)] if source else [])])


def add_page_text(figure: Figure, title: str, caption: str) -> None:
    """Write finding and question at the top, caption and source at the bottom.

    `page_text_inches` says how much room they take; `titled` makes the title.
    """
    across, down = figure.get_size_inches()
    above, question, below = _page_lines(title, caption, across - 2 * _MARGIN)
    write(figure, _MARGIN, 0.08, "\n".join(above), size=TITLE, bold=True)
    if question:
        start = 0.08 + len(above) * line_inches(TITLE) + 0.02
        write(figure, _MARGIN, start, "\n".join(question), size=TEXT, colour=Colour.faint)
    text = "\n".join(below)
    write(figure, _MARGIN, down - 0.06, text, size=SMALL, colour=Colour.faint, va="bottom")


def _page_lines(title: str, caption: str, inside: float) -> tuple[list[str], list[str], list[str]]:
    """Return the lines of the finding, of the question, and of caption and source."""
    finding, question, source = (*title.split("\n"), "", "")[:3]
    return (
        wrap(finding, inside, TITLE, bold=True),
        wrap(question, inside, TEXT),
        wrap(caption, inside, SMALL) + wrap(f"{source or _SOURCE}.", inside, SMALL),
    )


def page_text_inches(title: str, caption: str, width: float = COLUMN_INCHES) -> tuple[float, float]:
    """Return the room that `add_page_text` needs at the top and at the bottom."""
    above, question, below = _page_lines(title, caption, width - 2 * _MARGIN)
    room = len(question) * line_inches(TEXT) + 0.04 if question else 0.0
    top = len(above) * line_inches(TITLE) + room + 0.12
    return top, len(below) * line_inches(SMALL) + 0.12


def save_figures(figures: Mapping[str, Figure], directory: Path | str) -> list[Path]:
    """Write each figure as ``NAME.png``, or as the ending of its name says.

    A picture of dots has 200 an inch; each file appears whole or not at all.

    Parameters
    ----------
    figures : mapping of str to Figure
        By file name: one that ends in ``.svg`` or ``.pdf`` is drawn in lines, else it is a PNG.
    directory : path
        An existing folder.

    Returns
    -------
    list of pathlib.Path
        The files written, in the order given.
    """
    written = []
    for name, figure in figures.items():
        form = Path(name).suffix.lower().removeprefix(".")
        target = Path(directory) / (name if form in _METADATA else f"{name}.png")
        form = form if form in _METADATA else "png"
        with whole_file(target) as part:
            part.write_bytes(figure_bytes(figure, form, dpi=_FILE_DPI))
        written.append(target)
    return written


def _reproducible(*, letters: bool = False) -> AbstractContextManager[None]:
    """Give equal figures equal ids in SVG, and glyphs as paths or as letters."""
    kind = "none" if letters else "path"
    return rc_context({"svg.hashsalt": "sanctions_model", "svg.fonttype": kind})


def figure_bytes(
    figure: Figure,
    form: str = "svg",
    *,
    dpi: float | None = None,
    title: str | None = None,
    letters: bool = False,
) -> bytes:
    """Return a figure as a file of this form; equal figures give equal bytes.

    There is no date, no version of the plotting library and no id from memory. It is drawn in
    memory also where a file is written: drawn onto a full disk, a PDF ends in errors of the
    plotting library, which hide the disk's.

    `form`: ``svg``, ``png`` or ``pdf``. `dpi`: dots an inch; the figure's own if absent. `title`:
    what a PDF says that it is called. `letters`: an SVG's text as text in the reader's font, less
    than half as long as with the shapes of its letters.
    """
    buffer = io.BytesIO()
    metadata = _METADATA[form] | ({} if title is None else {"Title": title})
    with _reproducible(letters=letters):
        figure.savefig(buffer, dpi=dpi or "figure", format=form, metadata=metadata)
    return buffer.getvalue()
