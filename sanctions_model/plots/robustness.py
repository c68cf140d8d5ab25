"""How far an answer swings with each factor, widest first."""

import pandas as pd
from matplotlib.figure import Figure

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
    text_inches,
    tidy,
    wrap,
    write,
)
from sanctions_model.plots.parts.words import number

__all__ = ["plot_tornado"]

_ROW, _BELOW, _RIGHT, _MOST_LABEL = 0.21, 0.42, 0.25, 3.0
_COLUMNS = ("factor", "low", "high", "base")


def plot_tornado(
    table: pd.DataFrame,
    *,
    title: str = "What the answer rests on",
    unit: str = "",
    caption: str = "",
) -> Figure:
    """Draw one bar a factor from its low to its high, in the order of the table.

    Parameters
    ----------
    table : pandas.DataFrame
        ``factor``, ``low``, ``high``, ``base``, in the unit of the outcome; rows in drawing order.
    title, unit, caption : str
        The outcome with its horizon, its unit, and the contrast with what a bar means.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.

    Raises
    ------
    QuestionError
        If a column is missing or there is no row.
    """
    missing = [name for name in _COLUMNS if name not in table]
    if missing or table.empty:
        raise QuestionError(
            f"A tornado of {len(table)} rows lacks {', '.join(missing) or 'rows'}; expected the "
            f"columns {', '.join(_COLUMNS)} and at least one row."
        )
    labels = [str(factor).replace("->", "→").replace("_", " ") for factor in table["factor"]]
    left = min(_MOST_LABEL, max(text_inches(label, SMALL) for label in labels)) + 0.22
    lines = [wrap(label, left - 0.2, SMALL) for label in labels]
    heights = [max(_ROW, 0.13 * len(own) + 0.06) for own in lines]
    above, below = page_text_inches(title, caption)
    figure = new_figure(above + sum(heights) + _BELOW + below + 0.1)
    add_page_text(figure, title, caption)
    width, height = COLUMN_INCHES - left - _RIGHT, sum(heights)
    axes = place_axes(figure, left, above + 0.05, width, height)
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_ylim(height, 0)
    at = 0.0
    low, high = float(table["low"].min()), float(table["high"].max())
    room = 0.14 * max(high - low, 1e-9)
    axes.set_xlim(
        min(low, float(table["base"].min())) - room, max(high, float(table["base"].max())) + room
    )
    for own, tall, row in zip(lines, heights, table.to_dict("records"), strict=True):
        middle = at + tall / 2
        base = float(row["base"])
        for end, colour, side in (
            (float(row["low"]), Colour.negative, -1),
            (float(row["high"]), Colour.posterior, 1),
        ):
            axes.barh(middle, end - base, left=base, height=0.62 * _ROW, color=colour, lw=0)
            if abs(end - base) > 1e-12:
                axes.annotate(
                    number(end),
                    (end, middle),
                    xytext=(3 * side, 0),
                    textcoords="offset points",
                    ha="left" if side > 0 else "right",
                    va="center",
                    size=SMALL - 0.5,
                    color=Colour.ink,
                    # The line of zero does not run through a number.
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
                )
        write(
            figure,
            left - 0.08,
            above + 0.05 + middle,
            "\n".join(own),
            size=SMALL,
            ha="right",
            va="center",
        )
        at += tall
    base = float(table["base"].iloc[0])
    axes.axvline(base, color=Colour.ink, lw=0.8)
    if axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
        axes.axvline(0, color=Colour.rule, lw=0.8, zorder=0)
    axes.set_xlabel(f"median effect{f', {unit}' if unit else ''}", size=SMALL, labelpad=2)
    return figure
