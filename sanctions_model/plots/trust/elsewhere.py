"""An answer among the liftings of sanctions in other countries."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    TEXT,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
    readable,
    tidy,
    titled,
)
from sanctions_model.wording import number

_PANEL, _GAP_ACROSS, _GAP_DOWN, _SIDE = 2.35, 0.45, 0.6, 0.25
_LABELS = {
    "gdp": "GDP, % of the level",
    "imports": "imports, % of the volume",
    "inflation": "inflation, pp a year",
    "real_exchange_rate": "real exchange rate, % (+ = stronger)",
}
_OUTSIDE = 1.6
_BELOW = -3.0  # rows under the dots, where the band is named


def plot_liftings(
    episodes: pd.DataFrame,
    predictive: pd.DataFrame,
    answer: Mapping[str, tuple[float, float, float]] | None = None,
    *,
    title: str = "Where does the answer for Russia lie among liftings elsewhere after three years?",
    caption: str = "",
    source: object = None,
) -> Figure:
    """Draw a dot an episode, the predictive for a new country, and an answer.

    Parameters
    ----------
    episodes : pandas.DataFrame
        As `elsewhere.load_episode_effects` returns it; rows without a figure of their own are left
        out.
    predictive : pandas.DataFrame
        Rows of one lifting and year of `elsewhere.predictive_table`.
    answer : mapping of str to tuple, optional
        Median, lower and upper bound by outcome.
    title, caption : str
        Above and below the panels.
    source : str, optional
        Which fit the answer is of, as draws state it.

    Returns
    -------
    matplotlib.figure.Figure
        One panel an outcome, two in a row.

    Raises
    ------
    QuestionError
        If the predictive does not have each outcome once.
    """
    if predictive["outcome"].duplicated().any() or predictive.empty:
        raise QuestionError("The predictive has an outcome twice or none; choose one year.")
    names = predictive["outcome"].tolist()
    first = predictive.iloc[0]
    label, _, unit = _LABELS.get(names[0], names[0]).partition(", ")
    unit = unit.split(" ")[0]
    title = titled(
        f"Liftings elsewhere predict {number(first['median'])} {unit} on {label}: 9 in 10 between "
        f"{number(first['lower'])} and {number(first['upper'])}",
        title,
        source=source,
    )
    above, below = page_text_inches(title, caption)
    rows = -(-len(names) // 2)
    figure = new_figure(above + rows * (_PANEL + _GAP_DOWN) + below)
    width = (COLUMN_INCHES - 2 * _SIDE - _GAP_ACROSS) / 2
    for place, name in enumerate(names):
        left = _SIDE + (place % 2) * (width + _GAP_ACROSS)
        top = above + (place // 2) * (_PANEL + _GAP_DOWN) + 0.25
        axes = place_axes(figure, left, top, width, _PANEL)
        mine = episodes[(episodes["outcome"] == name) & (episodes["cells"] > 0)]
        row = predictive[predictive["outcome"] == name].iloc[0]
        _panel(axes, mine.sort_values("median"), row, (answer or {}).get(name))
        axes.set_title(_LABELS.get(name, name), fontsize=TEXT, loc="left", color=Colour.ink)
    add_page_text(figure, title, caption)
    return figure


def _panel(
    axes: Axes,
    episodes: pd.DataFrame,
    predictive: pd.Series,
    answer: tuple[float, float, float] | None,
) -> None:
    tidy(axes)
    places = np.arange(len(episodes))
    axes.axvspan(predictive["lower"], predictive["upper"], color=Colour.latent, lw=0)
    ends = (-0.5, len(episodes) - 0.5)  # short of the names above and below
    axes.vlines(predictive["median"], *ends, color=Colour.faint, lw=0.8, ls=(0, (3, 2)))
    axes.vlines(0.0, *ends, color=Colour.rule, lw=0.8)
    axes.hlines(places, episodes["lower"], episodes["upper"], color=Colour.rule, lw=0.7)
    axes.plot(episodes["median"], places, "o", ms=2.4, color=Colour.ink, mew=0)
    top = len(episodes) + 3.0
    if answer is not None:
        median, lower, upper = answer
        axes.hlines([top], [lower], [upper], color=Colour.negative, lw=2.2)
        axes.plot([median], [top], "D", ms=4, color=Colour.negative, mew=0)
        _name(axes, max(upper, median), top, "this model", Colour.negative)
    _name(axes, predictive["lower"], _BELOW, "predicted", Colour.posterior)
    edges = np.abs([predictive["lower"], predictive["upper"], *(answer or ()), 1e-3])
    reach = max(_OUTSIDE * float(np.max(edges)), float(episodes["median"].abs().max() or 0) * 1.05)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(_BELOW - 2.0, top + 3)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", labelsize=SMALL)


def _name(axes: Axes, across: float, up: float, words: str, colour: str) -> None:
    """Write what is drawn beside its right or lower left end."""
    on_band = 5.8  # names stand on the light blue band
    axes.annotate(
        words,
        (across, up),
        (4, 0),
        textcoords="offset points",
        size=SMALL,
        va="center",
        color=readable(colour, on_band),
        weight="bold",
    )
