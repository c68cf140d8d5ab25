"""Which axis of a sweep moves the answers most."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.panels import frame
from sanctions_model.plots.parts.style import SMALL, Colour
from sanctions_model.plots.parts.sweep_panels import (
    POINT,
    chosen_outcomes,
    design_of,
    numeric_axes,
    outcome_label,
    outcome_unit,
    panels_for,
    question_words,
    routes_words,
)

__all__ = ["plot_sweep_tornado"]


def plot_sweep_tornado(found: xr.Dataset, *, outcomes: Sequence[str] | None = None) -> Figure:
    """Draw how far each axis moves the median of each outcome, the widest at the top.

    For a grid: from the mean over the points at an axis's smallest value to that at its largest.
    For lists and space-filling designs: the straight line through the points' medians over all
    numeric axes at once (least squares), from an axis's 5 % to its 95 % point.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it.
    outcomes : sequence of str, optional
        All by default.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.

    Raises
    ------
    QuestionError
        If fewer than two axes are numeric.
    """
    axes = numeric_axes(found)
    if len(axes) < 2:
        raise QuestionError(
            f"A tornado compares numeric axes; this sweep has {len(axes)}. "
            "Draw plot_along_axis instead."
        )
    names = chosen_outcomes(found, outcomes)
    design = design_of(found)
    ends = "smallest to largest value" if POINT not in found.dims else "5 % to 95 % point"
    title = f"What moves the answer most: {design['label']}"
    caption = (
        f"{question_words(found)} Bars: the median effect as an axis goes from its {ends}, "
        f"the others averaged over. Line: the mean of all points' medians. {routes_words(found)}"
    )
    handles: list[Line2D | Patch] = [
        Patch(color=Colour.prior, lw=0, label="axis low"),
        Patch(color=Colour.posterior, lw=0, label="axis high"),
    ]
    figure, panels = panels_for(title, caption, names, handles, 2, left=1.25)
    for panel, name in zip(panels, names, strict=True):
        median = found["effect_summary"].sel(outcome=name, summary="median")
        middle = float(median.mean())
        swings = {axis: _swing(found, median, axis, axes) for axis in axes}
        order = sorted(axes, key=lambda axis: abs(np.subtract(*swings[axis])))
        for row, axis in enumerate(order):
            low, high = swings[axis]
            for end, colour in ((low, Colour.prior), (high, Colour.posterior)):
                panel.barh(row, end - middle, left=middle, height=0.6, color=colour, lw=0)
        frame(panel, [outcome_label(found, name)], "")
        panel.grid(visible=False)
        panel.axvline(middle, color=Colour.ink, lw=0.7)
        panel.set_yticks(range(len(order)), [axis.replace("_", " ") for axis in order])
        panel.set_xlabel(outcome_unit(found, name), size=SMALL, labelpad=2, color=Colour.ink)
        panel.locator_params(axis="x", nbins=4)
    return figure


def _swing(
    found: xr.Dataset, median: xr.DataArray, axis: str, axes: Sequence[str]
) -> tuple[float, float]:
    """Return the median at the low and at the high end of an axis, the others averaged over."""
    if POINT not in found.dims:
        others = [dim for dim in median.dims if dim != axis]
        line = median.mean(others).sortby(axis).to_numpy()
        return float(line[0]), float(line[-1])
    values = np.column_stack([found[name].to_numpy().astype(float) for name in axes])
    outcome = median.to_numpy()
    used = np.isfinite(outcome)
    centred = values[used] - values[used].mean(axis=0)
    slopes, *_ = np.linalg.lstsq(
        np.column_stack([np.ones(used.sum()), centred]), outcome[used], rcond=None
    )
    own = centred[:, list(axes).index(axis)]
    slope = slopes[1 + list(axes).index(axis)]
    low, high = np.quantile(own, [0.05, 0.95])
    return float(slopes[0] + slope * low), float(slopes[0] + slope * high)
