"""Sectors' parts of the import premium, today and at the end, beside the transmission's own."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.plots.parts.panels import frame, key, key_inches
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
)
from sanctions_model.plots.parts.words import count_periods
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scenarios.sectors import SECTOR
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.transmission import default_transmission

__all__ = ["plot_sectors"]

_LEFT, _RIGHT, _ROW, _SHIFT = 2.1, 0.2, 0.34, 0.14
_BELOW = 0.42


def plot_sectors(
    result: xr.Dataset,
    *,
    scenario: str,
    scm: StructuralCausalModel | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw each sector's part of the import premium, their sum and the transmission's premium.

    Parameters
    ----------
    result : xr.Dataset
        From `sector_premiums`.
    scenario : str
        What the paths are of, in words.
    scm : StructuralCausalModel, optional
        Says what periods are called; the default transmission by default.
    drawn_from : str
        What the draws of the parameters are, for the caption.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.
    """
    scm = scm or default_transmission()
    last, rule = int(result[dims.HORIZON][-1]), interval_rule()
    when = count_periods(scm, last)
    rows = [
        (str(result["sector_label"].sel({SECTOR: n}).item()), result["part"].sel({SECTOR: n}))
        for n in result[SECTOR].to_numpy()
    ]
    rows += [("sum of the sectors", result["total"])]
    rows += [("premium of the transmission", result["transmission"])]
    rows += [("sum less transmission", result["difference"])]
    title = f"Grey-import premium by sector: {scenario}, today and after {when}"
    caption = (
        f"Points of the import premium: weight in imports times grey share times premium on it. "
        f"Dots: medians; lines: {rule}. Shares, premiums and weights are judgement where "
        f"sectors.csv says so; the transmission's premium is of the {drawn_from} and does not read "
        "the sectors. What differs is not forced to agree."
    )
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colour, marker="o", ms=4, lw=1.2, label=label)
        for colour, label in ((Colour.negative, "today"), (Colour.posterior, f"after {when}"))
    ]
    top, bottom = page_text_inches(title, caption)
    height = _ROW * len(rows)
    figure = new_figure(top + 0.1 + height + _BELOW + key_inches(handles) + bottom)
    add_page_text(figure, title, caption)
    axes = place_axes(figure, _LEFT, top + 0.1, COLUMN_INCHES - _LEFT - _RIGHT, height)
    places = np.arange(len(rows))[::-1].astype(float)
    for place, (_, values) in zip(places, rows, strict=True):
        for at, shift, colour in (
            (0, _SHIFT, Colour.negative),
            (last, -_SHIFT, Colour.posterior),
        ):
            found = interval(values.sel({dims.HORIZON: at}), rule)
            middle, low, high = (float(found.sel(summary=n)) for n in ("median", "lower", "upper"))
            axes.plot([low, high], [place + shift] * 2, color=colour, lw=1.2)
            axes.plot([middle], [place + shift], color=colour, marker="o", ms=4, ls="")
    frame(axes, [], "")
    axes.axvline(0.0, color=Colour.ink, lw=0.7, zorder=1)
    axes.axhline(2.5, color=Colour.rule, lw=0.6)
    axes.set_yticks(places, [label for label, _ in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=Colour.rule, lw=0.4)
    axes.set_xlabel("points of the import premium (% of the border price)", size=SMALL, labelpad=2)
    key(figure, handles, top + 0.1 + height + _BELOW)
    return figure
