"""Setting text on a figure: paragraphs that flow down a column, in any of the languages.

Chinese has no spaces: a line may break between two of its letters, but no line begins with a mark
that ends something. Text is never read as a formula. Places are in inches from the upper left.
"""

import re
from dataclasses import dataclass

from matplotlib.figure import Figure

from sanctions_model.plots.parts.style import Colour, line_inches, text_inches, write

_CHINESE = "\u3000-\u9fff\uff00-\uffef"
_OPENING, _CLOSING = "（“《", "，。；：、）！？”》%"
# A Chinese letter with the marks that close it, or what stands between spaces and such letters; a
# no-break space is no space.
_PIECE = re.compile(
    rf"[ \n]*[{_OPENING}]*(?:[^ \n{_CHINESE}]+(?: %\S*)?|[{_CHINESE}])[{_CLOSING}]*"
)


def broken(text: str, inches: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `inches`; a longer word stands alone.

    `inches`, `size`: width of the lines, and size of the type in points.

    >>> broken("bands hold 89 % of it", 0.75, 7)
    ['bands hold', '89 % of it']
    """
    lines, room = [""], inches
    for piece in _PIECE.findall(text):
        needed = text_inches(piece, size, bold=bold)
        if lines[-1] and needed > room:
            lines.append(piece.strip())
            room = inches - text_inches(lines[-1], size, bold=bold)
        else:
            lines[-1] += piece if lines[-1] else piece.strip()
            room -= needed
    return lines


@dataclass
class Column:
    """A column of a figure, written from the top down. `top`: where the next line begins."""

    figure: Figure
    left: float
    width: float
    top: float

    def paragraph(
        self,
        text: str,
        size: float,
        *,
        colour: str = Colour.ink,
        bold: bool = False,
        mark: str = "",
        after: float = 0.06,
    ) -> None:
        """Write a text over as many lines as it needs, with a mark before it where one is given."""
        indent = 0.11 if mark else 0.0
        if mark:
            write(self.figure, self.left, self.top, mark, size=size, colour=colour)
        for line in broken(text, self.width - indent, size, bold=bold):
            write(
                self.figure, self.left + indent, self.top, line, size=size, colour=colour, bold=bold
            )
            self.top += line_inches(size)
        self.top += after
