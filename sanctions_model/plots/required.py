"""How probable a target is at each depth of relief, and which depths are enough."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from sanctions_model.scm.interventions import Relief
from sanctions_model.plots.parts.groups import part_label
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
from sanctions_model.plots.parts.words import count_periods, relief_words, short_unit
from sanctions_model.queries.required_relief import RequiredRelief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.transmission import default_transmission

__all__ = ["plot_required_relief"]

_LEFT, _RIGHT = 0.6, 0.2
_PLOT_HEIGHT, _BELOW = 2.3, 0.42
# The range of probabilities is never narrower: a flat line is to look flat.
_LEAST_RANGE = 0.3
_STANDARD_ERRORS = 2.0


def plot_required_relief(
    result: RequiredRelief,
    *,
    relief: Relief | None = None,
    scm: StructuralCausalModel | None = None,
    drawn_from: str = "posterior",
) -> Figure:
    """Draw the probability that a target is met against the depth of relief.

    Parameters
    ----------
    result : RequiredRelief
        From `required_relief`.
    relief : Relief, optional
        Whose depth was sought; the default of `required_relief` by default.
    scm : StructuralCausalModel, optional
        Says what the outcome is called; the default transmission by default.
    drawn_from : str
        What the draws are, for the caption.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown: write it with its `savefig`, or all at once with `save_figures`.
    """
    scm, relief, target = scm or default_transmission(), relief or Relief(), result.target
    sign = "at most" if target.below else "at least"
    goal = f"{part_label(scm, target.outcome)} {sign} {target.value:g} {_unit(scm, target.outcome)}"
    title = f"Required relief: {goal.replace('-', '−').strip()}"
    title += f" within {count_periods(scm, target.within)}"
    caption = _caption(result, relief, scm, drawn_from)
    handles = _handles(result)
    top, bottom = page_text_inches(title, caption)
    figure = new_figure(top + 0.1 + _PLOT_HEIGHT + _BELOW + key_inches(handles) + bottom)
    add_page_text(figure, title, caption)
    width = COLUMN_INCHES - _LEFT - _RIGHT
    axes = place_axes(figure, _LEFT, top + 0.1, width, _PLOT_HEIGHT)
    _draw(axes, result)
    frame(axes, [], "P(target met in at least one period)")
    every = set(relief.measures) == set(scm.measures)
    measures = "every measure" if every else ", ".join(relief.measures)
    axes.set_xlabel(
        f"depth of relief, % of {measures} lifted", size=SMALL, labelpad=2, color=Colour.ink
    )
    key(figure, handles, top + 0.1 + _PLOT_HEIGHT + _BELOW)
    return figure


def _draw(axes: Axes, result: RequiredRelief) -> None:
    depths, found = result.depths, result.probability
    asked, band = result.target.probability, _STANDARD_ERRORS * result.standard_error
    half = (depths[1] - depths[0]) / 2 if depths.size > 1 else 0.005
    for low, high in result.sufficient:
        axes.axvspan(
            max(0.0, low - half), min(1.0, high + half), color=Colour.accent, alpha=0.15, lw=0
        )
    axes.fill_between(depths, found - band, found + band, color=Colour.posterior, alpha=WIDE, lw=0)
    axes.plot(depths, found, color=Colour.posterior, lw=1.5)
    axes.axhline(asked, color=Colour.negative, lw=1.1, ls="--")
    low, high = min((found - band).min(), asked), max((found + band).max(), asked)
    spare = max(0.03, (_LEAST_RANGE - (high - low)) / 2)
    axes.set(xlim=(0, 1), ylim=(max(0.0, low - spare), min(1.0, high + spare)))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))


def _handles(result: RequiredRelief) -> list[Line2D | Patch]:
    asked = f"probability asked for, {result.target.probability:g}"
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=Colour.posterior, lw=1.5, label="P(target met)"),
        Patch(color=Colour.posterior, alpha=WIDE, lw=0, label="± 2 standard errors"),
        Line2D([], [], color=Colour.negative, lw=1.1, ls="--", label=asked),
    ]
    if result.sufficient:
        handles.append(Patch(color=Colour.accent, alpha=0.15, lw=0, label="relief that is enough"))
    return handles


def _unit(scm: StructuralCausalModel, name: str) -> str:
    return short_unit(scm.variables[name]) if name in scm.variables else ""


def _caption(
    result: RequiredRelief, relief: Relief, scm: StructuralCausalModel, drawn_from: str
) -> str:
    full = Relief(ramp=relief.ramp, start=relief.start, measures=relief.measures)
    uniform = relief_words(scm, full).replace("full relief", "uniform relief", 1)
    return (
        f"Answer: {result.verdict} Contrast: {uniform}. P: share of simulated futures that meet "
        f"the target in at least one period, one for each {drawn_from} draw, parameters and "
        "shocks together; all depths meet the same shocks. Band: two standard errors of the "
        "simulation either side, no credible interval."
    )
