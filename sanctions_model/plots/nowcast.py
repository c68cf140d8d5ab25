"""Late series: their last figures, and the posterior of the periods that have none yet."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.observed_past import as_draws, decimal_years, period_name
from sanctions_model.plots.parts.panels import (
    bands_of,
    completed_key,
    frame,
    key,
    key_inches,
    mark_completed,
    row_inches,
    year_axis,
    zero_line,
)
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    wrap,
)
from sanctions_model.inference.conditioned import Problem
from sanctions_model.summaries import interval_rule

__all__ = ["plot_nowcast"]

_COLUMNS = 2
_LEFT, _GAP, _RIGHT = 0.6, 0.75, 0.15
_PLOT_HEIGHT, _ROW_GAP = 1.25, 0.34


def plot_nowcast(
    problem: Problem,
    draws: xr.Dataset,
    *,
    periods: int = 12,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw each series that has completed cells, its newest periods.

    Parameters
    ----------
    problem : Problem
        Model and data with the cells that the draws complete.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``, with ``missing_cell``.
    periods : int
        How many of the newest periods to draw; holes before them are left out.
    drawn_from : str
        What the draws are, for the caption.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a series: figures as a line, completed cells as open circles with an interval.

    Raises
    ------
    QuestionError
        If no cell is completed in these periods.
    """
    size = problem.cases.time.size
    first = max(0, size - periods)
    names = list(dict.fromkeys(name for name, at in problem.cases.missing if at >= first))
    if not names:
        raise QuestionError(
            f"No series has a missing cell in the last {size - first} periods, so there is no "
            "nowcast to draw; ask for more periods, or use newer data."
        )
    scm, rule = problem.scm, interval_rule()
    time, per_year = problem.cases.time[first:], problem.scm.periods_per_year
    title = f"Nowcast: what the figures to {period_name(time[-1], per_year)} say of those missing"
    caption = (
        f"Circles: median of the {drawn_from} of a cell that has no figure, given all figures that "
        f"there are, with its {rule}. Line: figures. Missing cells are estimated together with the "
        "model."
    )
    handles = [Line2D([], [], color=Colour.ink, lw=1.3, label="figures"), completed_key(rule)]
    top, bottom = page_text_inches(title, caption)
    width = (COLUMN_INCHES - _LEFT - _RIGHT - (_COLUMNS - 1) * _GAP) / _COLUMNS
    headings = {name: wrap(scm.variables[name].label, width, TEXT) for name in names}
    head = max(len(lines) for lines in headings.values()) * line_inches(TEXT) + 0.06
    below = 0.04 + key_inches(handles)
    rows = -(-len(names) // _COLUMNS)
    step, height = row_inches(rows, head, _ROW_GAP, top + below + bottom, most=_PLOT_HEIGHT)
    figure = new_figure(top + rows * step + below + bottom)
    add_page_text(figure, title, caption)
    history = problem.history(draws)
    years = decimal_years(time, per_year)
    half = 0.5 / per_year
    for place, name in enumerate(names):
        row, column = divmod(place, _COLUMNS)
        left = _LEFT + column * (width + _GAP)
        axes = place_axes(figure, left, top + row * step + head, width, height)
        completed = [at - first for cell, at in problem.cases.missing if cell == name]
        _panel(
            axes,
            years,
            problem.observations[name].to_numpy()[first:],
            as_draws(history[name][..., first:], draws),
            np.array([at for at in completed if at >= 0]),
        )
        frame(axes, headings[name], scm.variables[name].unit)
        year_axis(axes, years[0] - half, years[-1] + half, width, per_year)
        zero_line(axes)
    key(figure, handles, top + rows * step + 0.02)
    return figure


def _panel(
    axes: Axes, years: np.ndarray, figures: np.ndarray, paths: xr.DataArray, completed: np.ndarray
) -> None:
    axes.plot(years, figures, color=Colour.ink, lw=1.3, marker="o", ms=2.0, zorder=3)
    marked = np.zeros(years.size, dtype=bool)
    marked[completed] = True
    mark_completed(axes, years, bands_of(paths), marked)
