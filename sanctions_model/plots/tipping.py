"""P(claim) against the strength of an unmeasured common cause, a known driver for scale."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model.queries.claims import Claim
from sanctions_model.robustness.confounding import TippingPoint
from sanctions_model.plots.parts.panels import WIDE, frame, key, key_inches
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
)
from sanctions_model.plots.parts.words import count_periods, number, relief_words
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval_rule

__all__ = ["plot_tipping"]

_LEFT, _RIGHT, _HEIGHT, _BELOW = 0.6, 0.2, 2.3, 0.45


def plot_tipping(
    scm: StructuralCausalModel, claim: Claim, curve: pd.DataFrame, point: TippingPoint
) -> Figure:
    """Draw the bias curves of one claim.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    claim : Claim
        The claim that the curve and the point are of.
    curve : pandas.DataFrame
        From `confounding_curve`.
    point : TippingPoint
        From `tipping_point`.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.
    """
    label = scm.variables[claim.outcome].label
    direction = "higher" if claim.sign > 0 else "lower"
    title = f"How strong a hidden common cause must be: {label} {direction}"
    caption = (
        f"Claim: {label} is {direction} {count_periods(scm, claim.horizon)} after "
        f"{relief_words(scm, claim.relief)}. A hidden cause moves with the measures and acts on "
        f"{scm.variables[point.equation].label}. Full credit: all it did was put down to the "
        f"measures; the claim is as likely as not at {number(point.strength)}. In the sample: the "
        "posterior had it acted in the years of the data; not drawn where weights do not hold."
    )
    if point.known:
        caption += (
            f" Shaded and dotted, {point.known}: median and {interval_rule()} of its coefficient."
        )
    handles = _handles(point)
    above, below = page_text_inches(title, caption)
    figure = new_figure(above + 0.1 + _HEIGHT + _BELOW + key_inches(handles) + below)
    add_page_text(figure, title, caption)
    axes = place_axes(figure, _LEFT, above + 0.1, COLUMN_INCHES - _LEFT - _RIGHT, _HEIGHT)
    strength = curve["strength"].to_numpy()
    if point.known:
        axes.axvspan(point.known_lower, point.known_upper, color=Colour.prior, alpha=WIDE, lw=0)
        axes.axvline(point.known_median, color=Colour.faint, lw=1.0, ls=":")
    axes.plot(strength, curve["full_prob"], color=Colour.negative, lw=1.5)
    sample = np.where(curve["used"], curve["sample_prob"], np.nan)
    axes.plot(strength, sample, color=Colour.posterior, lw=1.5)
    axes.axhline(0.5, color=Colour.rule, lw=0.8, zorder=0)
    axes.plot([point.strength], [0.5], "o", color=Colour.negative, ms=4)
    frame(axes, [], "P(claim)")
    axes.set(xlim=(strength.min(), strength.max()), ylim=(-0.02, 1.02))
    axes.set_xlabel(f"strength of the hidden cause, {point.unit}", size=SMALL, labelpad=2)
    key(figure, handles, above + 0.1 + _HEIGHT + _BELOW)
    return figure


def _handles(point: TippingPoint) -> list[Line2D | Patch]:
    found: list[Line2D | Patch] = [
        Line2D([], [], color=Colour.negative, lw=1.5, label="full credit"),
        Line2D([], [], color=Colour.posterior, lw=1.5, label="in the sample"),
    ]
    if point.known:
        found.append(Patch(color=Colour.prior, alpha=WIDE, lw=0, label=f"{point.known}, estimated"))
    return found
