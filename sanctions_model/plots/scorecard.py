"""The claims: probability before and after the data, probability of a size that matters, size."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sanctions_model.errors import QuestionError
from sanctions_model.plots.style import (
    COLUMN_INCHES,
    SMALL,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    tidy,
    wrap,
)
from sanctions_model.plots.words import number, plain_unit
from sanctions_model.summaries import IntervalRule

__all__ = ["plot_scorecard"]

_COLUMNS = (
    "statement",
    "cause",
    "horizon",
    "unit",
    "prob_prior",
    "prob",
    "prob_material",
    "median",
    "lower",
    "upper",
    "data_share",
    "sign_assumed",
    "ci_prob",
    "ci_kind",
)
_STATEMENT = 2.45
_EFFECT = 1.75
_SHARE = 0.5
_MARGIN = 0.12
_ASSUMED = "†"


def plot_scorecard(table: pd.DataFrame, *, periods: str = "quarters") -> Figure:
    """Draw each claim's probability under the prior and the posterior, with its effect.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of ``claims.csv``, one row a claim.
    periods : str
        What the horizons count.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    QuestionError
        If the table is empty or lacks a column.
    """
    missing = [name for name in _COLUMNS if name not in table]
    if missing or table.empty:
        what = f"lacks {', '.join(missing)}" if missing else "has no rows"
        raise QuestionError(f"The claims table {what}; give one with the columns of claims.csv.")
    title = "The article's claims: how probable, how large, how much of it is data"
    caption = _caption(table, periods)
    top, bottom = page_text_inches(title, caption)
    blocks = _blocks(table)
    rows = [row for block in blocks.values() for row in block]
    height = sum(_heading_inches(cause) for cause in blocks) + sum(_row_inches(row) for row in rows)
    head = 0.52
    figure = new_figure(top + head + height + 0.42 + bottom)
    add_page_text(figure, title, caption)
    left = _MARGIN + _STATEMENT + 0.12
    width = COLUMN_INCHES - left - _EFFECT - _SHARE - 2 * _MARGIN
    axes = place_axes(figure, left, top + head, width, height)
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.set(xlim=(-0.02, 1.02), ylim=(height, 0.0), yticks=[])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "¼", "½", "¾", "1"])
    axes.set_xlabel("probability", size=SMALL, labelpad=2)
    axes.grid(axis="x", color=Colour.rule, lw=0.4)
    axes.set_axisbelow(True)
    _headers(figure, axes, top + head, width)
    down = 0.0
    for cause, block in blocks.items():
        _heading(axes, cause, down, width)
        down += _heading_inches(cause)
        for row in block:
            tall = _row_inches(row)
            _claim(axes, row, down + tall / 2, width)
            down += tall
    return figure


type _Row = dict[str, object]
