"""Which figures of the data there are: periods covered, and what changed between vintages."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.rows import row_panels
from sanctions_model.plots.parts.style import Colour, titled

_HALF = 0.06  # inches: half a bar
_CHANGES = {
    "n_new": ("new", Colour.accent),
    "n_revised": ("revised", Colour.posterior),
    "n_lost": ("lost", Colour.negative),
}


def plot_coverage(
    table: pd.DataFrame, *, title: str, question: str, source: object = None
) -> Figure:
    """Draw from when to when each series has figures.

    Parameters
    ----------
    table : pandas.DataFrame
        ``series`` (its name), ``first``, ``last`` (periods such as 2005Q1, empty without data), and
        ``n_missing_inside``, the holes between them.
    title, question : str
        The finding, and what was asked.
    source : str, optional
        Where the figures are from.

    Returns
    -------
    matplotlib.figure.Figure
        A bar a series; one with holes says how many.

    Raises
    ------
    QuestionError
        If no series has a figure.
    """
    known = table[table["last"].astype(str) != ""]
    if known.empty:
        raise QuestionError("No series has a figure, so there is nothing to draw.")
    page = (
        titled(title, question, source=source),
        "Bars: from the first figure to the last. Holes: periods without a figure between them.",
    )
    newest = known["last"].max()
    kinds = {"to the newest period": Colour.posterior, "ends before it": Colour.negative}
    handles: list[Line2D | Patch] = [Patch(color=c, lw=0, label=n) for n, c in kinds.items()]
    figure, [axes], places = row_panels(page, [str(name) for name in table["series"]], handles)
    spans = zip(places, table.to_dict("records"), strict=True)
    for place, row in spans:
        if not str(row["last"]):
            continue
        ends = [pd.Period(str(row[end])) for end in ("first", "last")]
        low, high = (_year(ends[0].start_time), _year(ends[1].end_time))
        colour = Colour.posterior if row["last"] == newest else Colour.negative
        axes.barh(place, high - low, left=low, height=2 * _HALF, color=colour, lw=0)
        if row["n_missing_inside"]:
            holes = int(row["n_missing_inside"])
            said = f"{holes} hole{'' if holes == 1 else 's'}"
            axes.annotate(
                said,
                (high, place),
                (3, 0),
                textcoords="offset points",
                va="center",
                size="x-small",
                color=Colour.ink,
            )
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return figure


def _year(when: pd.Timestamp) -> float:
    return when.year + (when.day_of_year - 1) / 365.25


def plot_revisions(
    table: pd.DataFrame, *, title: str, question: str, source: object = None
) -> Figure:
    """Draw how many figures of each series are new, revised or lost in another vintage.

    Parameters
    ----------
    table : pandas.DataFrame
        From `diff_vintages`; series without a change are left out.
    title, question : str
        The finding, and what was asked.
    source : str, optional
        Which vintages.

    Returns
    -------
    matplotlib.figure.Figure
        A bar a series, in three parts.

    Raises
    ------
    QuestionError
        If no figure differs.
    """
    changed = table[(table[list(_CHANGES)] > 0).any(axis=1)]
    if changed.empty:
        raise QuestionError("No figure differs between the two vintages: there is nothing to draw.")
    page = (
        titled(title, question, source=source),
        "New and lost: figures in one vintage only. Revised: in both, and different as printed.",
    )
    handles: list[Line2D | Patch] = [
        Patch(color=colour, lw=0, label=name) for name, colour in _CHANGES.values()
    ]
    names = [str(name).replace("_", " ") for name in changed["series"]]
    figure, [axes], places = row_panels(page, names, handles, across="figures")
    start = np.zeros(len(changed))
    for column, (_, colour) in _CHANGES.items():
        size = changed[column].to_numpy(dtype=float)
        axes.barh(places, size, left=start, height=2 * _HALF, color=colour, lw=0)
        start = start + size
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return figure
