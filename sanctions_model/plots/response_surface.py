"""A sweep's answers over two axes, with lines of equal effect."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sanctions_model.plots.parts.panels import frame
from sanctions_model.plots.parts.style import SMALL, Colour
from sanctions_model.plots.parts.sweep_panels import (
    chosen_outcomes,
    design_of,
    outcome_label,
    outcome_unit,
    panels_for,
    question_words,
    require_axes,
    routes_words,
    rule_of,
)
from sanctions_model.plots.parts.words import number

__all__ = ["plot_response_surface"]


def plot_response_surface(
    found: xr.Dataset, across: str, up: str, *, outcomes: Sequence[str] | None = None
) -> Figure:
    """Draw each outcome's median over two axes, with lines of equal effect.

    Parameters
    ----------
    found : xr.Dataset
        Of a grid, as `load_sweep` returns it, with these two as its only axes.
    across, up : str
        Numeric axes.
    outcomes : sequence of str, optional
        All by default.

    Returns
    -------
    matplotlib.figure.Figure
        Dotted where the interval holds zero.

    Raises
    ------
    QuestionError
        If these are not the axes of a grid.
    """
    require_axes(found, [across, up])
    names = chosen_outcomes(found, outcomes)
    design, rule = design_of(found), rule_of(found)
    title = f"Response surface: {design['label']}"
    caption = (
        f"{question_words(found)} Colour and lines: median effect in the unit above each "
        f"panel; dots: the {rule} holds zero. {routes_words(found)}"
    )
    figure, panels = panels_for(title, caption, names, [], 2)
    grid = found["effect_summary"].transpose(up, across, ...)
    x, y = (found[name].to_numpy().astype(float) for name in (across, up))
    for panel, name in zip(panels, names, strict=True):
        own = grid.sel(outcome=name)
        median = own.sel(summary="median").to_numpy()
        far = max(float(np.nanmax(np.abs(median))), 1e-12)
        # The strongest colours of the map are too dark to read lines on.
        limit = 1.5 * far
        panel.pcolormesh(x, y, median, cmap="RdBu_r", vmin=-limit, vmax=limit, shading="nearest")
        if np.ptp(median) > 0 and min(median.shape) > 1:
            _contours(panel, x, y, median)
        unsure = (own.sel(summary="lower") <= 0) & (own.sel(summary="upper") >= 0)
        rows, columns = np.nonzero(unsure.to_numpy())
        panel.plot(x[columns], y[rows], ls="", marker=".", ms=1.6, color=Colour.ink)
        frame(panel, [outcome_label(found, name)], up.replace("_", " "))
        panel.grid(visible=False)
        panel.set_title(
            outcome_unit(found, name), size=SMALL, loc="right", pad=3, color=Colour.faint
        )
        panel.set_xlabel(across.replace("_", " "), size=SMALL, labelpad=2, color=Colour.ink)
    return figure


def _contours(panel: Axes, x: np.ndarray, y: np.ndarray, median: np.ndarray) -> None:
    """Draw lines of equal effect, each labelled where it is farthest from dots and labels."""
    steps = MaxNLocator(nbins=6).tick_values(float(median.min()), float(median.max()))
    # Where all effects have one sign, the line of zero is the panel's edge or a row of zeros.
    crossing = median.min() < 0.0 < median.max()
    levels = [float(level) for level in steps if level or crossing]
    lines = panel.contour(x, y, median, levels=levels, colors=Colour.ink, linewidths=0.6)
    size = np.array([np.ptp(x), np.ptp(y)])
    taken = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2) / size
    places = []
    for segment in (segment for of_level in lines.allsegs for segment in of_level):
        if len(segment) < 2:
            continue
        along = np.linspace(0, len(segment) - 1, 20 * len(segment))
        path = np.column_stack([np.interp(along, range(len(segment)), side) for side in segment.T])
        inner = path[len(path) // 8 : -len(path) // 8]  # a label at an end would be cut off
        gaps = np.linalg.norm((inner / size)[:, None] - taken[None], axis=-1).min(axis=1)
        best = inner[int(np.argmax(gaps))]
        taken = np.vstack([taken, best / size])
        places.append((float(best[0]), float(best[1])))
    panel.clabel(lines, fontsize=SMALL, fmt=lambda v: number(float(v)), manual=places)
