"""A sweep's answers along one axis, with bands."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model.plots.parts.panels import WIDE, frame, zero_line
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

__all__ = ["plot_along_axis"]


def plot_along_axis(
    found: xr.Dataset, axis: str, *, outcomes: Sequence[str] | None = None
) -> Figure:
    """Draw each outcome's median and interval along one axis; the others must be chosen first.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it, with `axis` as its only axis; choose values of the others with
        ``found.sel(...)``.
    axis : str
        A numeric axis.
    outcomes : sequence of str, optional
        All by default.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.

    Raises
    ------
    QuestionError
        If there is no such numeric axis, or others are left.
    """
    require_axes(found, [axis])
    names = chosen_outcomes(found, outcomes)
    design, rule = design_of(found), rule_of(found)
    title = f"Effect along one axis: {design['label']}"
    caption = f"{question_words(found)} Line: median; band: {rule}. {routes_words(found)}"
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=Colour.posterior, lw=1.5, label="median"),
        Patch(color=Colour.posterior, alpha=WIDE, lw=0, label=str(rule)),
    ]
    ordered = found.sortby(axis)
    places = ordered[axis].to_numpy().astype(float)
    figure, panels = panels_for(title, caption, names, handles, 3)
    for panel, name in zip(panels, names, strict=True):
        own = ordered["effect_summary"].sel(outcome=name)
        low, high = own.sel(summary="lower").to_numpy(), own.sel(summary="upper").to_numpy()
        panel.fill_between(places, low, high, color=Colour.posterior, alpha=WIDE, lw=0)
        panel.plot(places, own.sel(summary="median"), color=Colour.posterior, lw=1.5)
        frame(panel, [outcome_label(found, name)], outcome_unit(found, name))
        zero_line(panel)
        panel.set_xlabel(axis.replace("_", " "), size=SMALL, labelpad=2, color=Colour.ink)
        panel.locator_params(axis="x", nbins=5)
    return figure
