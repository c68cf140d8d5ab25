"""Stacked areas: which shocks make an outcome hard to forecast, by horizon."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.plots.parts.groups import Group, part_label, shock_groups
from sanctions_model.plots.parts.panels import chosen, frame, key, key_inches, row_inches
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    wrap,
)
from sanctions_model.plots.parts.words import count_periods, periods_name
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.transmission import default_transmission

__all__ = ["plot_variance_decomposition"]

_SHOCK = "shock"
_LEFT, _GAP, _RIGHT = 0.52, 0.5, 0.16
_PLOT_HEIGHT, _ROW_GAP = 1.45, 0.44
_SHOCKS_APART = 6


def plot_variance_decomposition(
    shares: xr.DataArray,
    outcomes: Sequence[str] | None = None,
    *,
    scm: StructuralCausalModel | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the mean share of each shock in the forecast-error variance, by horizon.

    Parameters
    ----------
    shares : xr.DataArray
        From `forecast_error_variance_decomposition`, dims
        ``(outcome, shock, horizon, chain, draw)``.
    outcomes : sequence of str, optional
        One panel each; all by default.
    scm : StructuralCausalModel, optional
        Says what shocks and periods are called; the default transmission by default.
    drawn_from : str
        What the draws are, for the caption.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.

    Raises
    ------
    UnknownVariableError
        If the shares lack an outcome.
    """
    scm = scm or default_transmission()
    names = chosen(shares, outcomes)
    means = shares.sel({dims.OUTCOME: names}).mean((dims.CHAIN, dims.DRAW))
    typical = means.mean(dims.HORIZON).fillna(0.0)
    groups = shock_groups(
        {str(n): typical.sel({_SHOCK: n}).to_numpy() for n in means[_SHOCK].to_numpy()},
        scm,
        room=_SHOCKS_APART,
    )
    horizons = means[dims.HORIZON].to_numpy()

    last = count_periods(scm, int(horizons[-1]))
    title = f"Which shocks make forecasts uncertain, up to {last} ahead"
    caption = _caption(scm, groups, drawn_from)
    handles = [Patch(color=group.colour, lw=0, label=group.label) for group in groups]
    top, bottom = page_text_inches(title, caption)
    columns = min(2, len(names))
    width = (COLUMN_INCHES - _LEFT - _RIGHT - (columns - 1) * _GAP) / columns
    labels = {n: str(means["label"].sel({dims.OUTCOME: n}).item()) for n in names}
    headings = {name: wrap(label, width, TEXT) for name, label in labels.items()}
    head = max(len(lines) for lines in headings.values()) * line_inches(TEXT) + 0.06
    rows = -(-len(names) // columns)
    below = 0.04 + key_inches(handles)
    step, height = row_inches(rows, head, _ROW_GAP, top + below + bottom, most=_PLOT_HEIGHT)
    figure = new_figure(top + rows * step + below + bottom)
    add_page_text(figure, title, caption)
    for position, name in enumerate(names):
        row, column = divmod(position, columns)
        left = _LEFT + column * (width + _GAP)
        axes = place_axes(figure, left, top + row * step + head, width, height)
        _areas(axes, horizons, means.sel({dims.OUTCOME: name}), groups)
        frame(axes, headings[name], "% of the variance" if column == 0 else "")
        axes.set_yticks([0, 25, 50, 75, 100])
        axes.set_xlabel(f"{periods_name(scm)} ahead", size=SMALL, labelpad=2, color=Colour.ink)
    key(figure, handles, top + rows * step + 0.02)
    return figure


def _areas(axes: Axes, horizons: np.ndarray, means: xr.DataArray, groups: Sequence[Group]) -> None:
    single = horizons.size == 1
    places = horizons[0] + np.array([-0.4, 0.4]) if single else horizons
    axes.set(xlim=(places[0], places[-1]), ylim=(0, 100))
    if not np.isfinite(means.to_numpy()).all():
        axes.text(
            0.5, 0.5, "no shock reaches it", transform=axes.transAxes, ha="center", size=SMALL
        )
        return
    low = np.zeros(places.size)
    for group in groups:
        own = means.sel({_SHOCK: list(group.members)}).sum(_SHOCK).to_numpy()
        high = low + 100.0 * (np.repeat(own, 2) if single else own)
        axes.fill_between(places, low, high, color=group.colour, lw=0)
        low = high
    last = int(horizons[-1])
    step = max(1, round(last / 5 / 4) * 4 if last >= 12 else round(last / 4))
    ticks = np.arange(step, last + 1, step)
    axes.set_xticks([1, *ticks] if step > 1 else ticks)


def _caption(scm: StructuralCausalModel, groups: Sequence[Group], drawn_from: str) -> str:
    others = [part_label(scm, name) for g in groups if g.together for name in g.members]
    listed = f" Other shocks: {', '.join(others)}." if others else ""
    return (
        "Share of each equation's shocks in the variance of the forecast error, in %: "
        f"{drawn_from} means, which add up to 100 (no interval is drawn). Parameters are taken as "
        "given within a draw, so the uncertainty about them is in no area; drivers such as "
        f"sanctions are known paths and have no share.{listed} {periods_name(scm).capitalize()} "
        "ahead count from 1, the first after the start."
    )
