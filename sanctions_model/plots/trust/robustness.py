"""How far an answer swings with each factor, widest first."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.labels import End, label_lines, label_room
from sanctions_model.plots.parts.panels import WIDE, frame, key, key_inches
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
    text_inches,
    tidy,
    titled,
    wrap,
    write,
)
from sanctions_model.queries.claims import Claim
from sanctions_model.queries.effects import relief_words
from sanctions_model.queries.reading.findings import required_finding
from sanctions_model.queries.reading.headlines import spoken_label
from sanctions_model.queries.required import RequiredRelief
from sanctions_model.robustness.confounding import TippingPoint
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import ERRORS, interval_rule
from sanctions_model.wording import (
    number,
    upper_first,
    with_article,
)

_ROW, _MOST_LABEL = 0.21, 3.0
_LEFT, _RIGHT, _BELOW, _PLOT_HEIGHT = 0.6, 0.2, 0.45, 2.3
_COLUMNS = ("factor", "low", "high", "base")


def _said(factor: object) -> str:
    return str(factor).replace("->", "→").replace("_", " ")


def plot_tornado(
    table: pd.DataFrame,
    *,
    title: str = "What does the answer rest on?",
    unit: str = "",
    caption: str = "",
    answer: str = "the answer",
    source: object = None,
) -> Figure:
    """Draw one bar a factor from its low to its high, in the order of the table.

    Parameters
    ----------
    table : pandas.DataFrame
        ``factor``, ``low``, ``high``, ``base``, in the unit of the outcome; rows in drawing order.
        Bars shorter than two of their Monte-Carlo ``error``, if there is such a column, are grey.
    title, unit, caption : str
        The question, the unit, and the contrast with what a bar means.
    answer : str
        What the bars are of, within the finding.
    source : str, optional
        Which fit and data the answer is of, as draws state it.

    Raises
    ------
    QuestionError
        If a column is missing or there is no row.
    """
    missing = [name for name in _COLUMNS if name not in table]
    if missing or table.empty:
        raise QuestionError(
            f"A tornado of {len(table)} rows lacks {', '.join(missing) or 'rows'}; expected the "
            f"columns {', '.join(_COLUMNS)} and at least one row."
        )
    unclear = _within_error(table)
    if unclear.any():
        caption = f"{caption} Grey: within Monte-Carlo error.".strip()
    labels = [_said(factor) for factor in table["factor"]]
    left = min(_MOST_LABEL, max(text_inches(label, SMALL) for label in labels)) + 0.22
    lines = [wrap(label, left - 0.2, SMALL) for label in labels]
    heights = [max(_ROW, 0.13 * len(own) + 0.06) for own in lines]
    top = table.iloc[(table["high"] - table["low"]).abs().argmax()]
    finding = f"{upper_first(_said(top['factor']))} takes {answer} from {number(top['low'])} to "
    measured = f" {unit.split(' (')[0]}" if unit else ""
    title = titled(f"{finding}{number(top['high'])}{measured}", title, source=source)
    above, below = page_text_inches(title, caption)
    figure = new_figure(above + sum(heights) + _BELOW + below + 0.1)
    add_page_text(figure, title, caption)
    width, height = COLUMN_INCHES - left - _RIGHT, sum(heights)
    axes = place_axes(figure, left, above + 0.05, width, height)
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_ylim(height, 0)
    at = 0.0
    low, high = float(table["low"].min()), float(table["high"].max())
    room = 0.14 * max(high - low, 1e-9)
    axes.set_xlim(
        min(low, float(table["base"].min())) - room, max(high, float(table["base"].max())) + room
    )
    rows = zip(lines, heights, table.to_dict("records"), unclear, strict=True)
    for own, tall, row, grey in rows:
        middle = at + tall / 2
        base = float(row["base"])
        for end, colour, side in (
            (float(row["low"]), Colour.negative, -1),
            (float(row["high"]), Colour.posterior, 1),
        ):
            shade = Colour.rule if grey else colour
            axes.barh(middle, end - base, left=base, height=0.62 * _ROW, color=shade, lw=0)
            if abs(end - base) > 1e-12:
                axes.annotate(
                    number(end),
                    (end, middle),
                    xytext=(3 * side, 0),
                    textcoords="offset points",
                    ha="left" if side > 0 else "right",
                    va="center",
                    size=SMALL - 0.5,
                    color=Colour.ink,
                    # The line of zero does not run through a number.
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
                )
        write(
            figure,
            left - 0.08,
            above + 0.05 + middle,
            "\n".join(own),
            size=SMALL,
            ha="right",
            va="center",
        )
        at += tall
    base = float(table["base"].iloc[0])
    axes.axvline(base, color=Colour.ink, lw=0.8)
    if axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
        axes.axvline(0, color=Colour.rule, lw=0.8, zorder=0)
    axes.set_xlabel(f"median effect{f', {unit}' if unit else ''}", size=SMALL, labelpad=2)
    return figure


# The range of probabilities is never narrower: a flat line is to look flat.
_LEAST_RANGE = 0.3
_STANDARD_ERRORS = 2.0


def _within_error(table: pd.DataFrame) -> np.ndarray:
    """Whether each bar is shorter than what its two ends differ by from sampling alone."""
    if "error" not in table:
        return np.zeros(len(table), dtype=bool)
    swing = (table["high"] - table["low"]).to_numpy(dtype=float)
    return np.asarray(swing < ERRORS * table["error"].to_numpy(dtype=float))


def plot_required_relief(
    result: RequiredRelief,
    *,
    relief: Relief | None = None,
    scm: StructuralCausalModel,
    drawn_from: str = "posterior",
    source: object = None,
    start: str = "",
) -> Figure:
    """Draw the probability that a target is met against the depth of relief.

    Parameters
    ----------
    result : RequiredRelief
        From `required_relief`.
    relief : Relief, optional
        Whose depth was sought; the default of `required_relief` by default.
    scm : StructuralCausalModel
        Says what the outcome is called.
    drawn_from : str
        What the draws are, for the caption.
    source : str, optional
        Which fit and data the answer is of, as draws state it.
    start : str, optional
        First day of the last known period; the target's time has dates with it.
    """
    relief, target = scm.relief(relief), result.target
    title = titled(
        required_finding(result, scm, start=start),
        f"How much relief does the target for {spoken_label(scm, target.outcome)} need?",
        source=source,
    )
    caption = _caption(relief, scm, drawn_from)
    handles, ends = _handles(result), _ends(result)
    top, bottom = page_text_inches(title, caption)
    below = _BELOW + (key_inches(handles) if handles else 0.0)
    figure = new_figure(top + 0.1 + _PLOT_HEIGHT + below + bottom)
    add_page_text(figure, title, caption)
    width = COLUMN_INCHES - _LEFT - label_room([name for _, name, _ in ends])
    axes = place_axes(figure, _LEFT, top + 0.1, width, _PLOT_HEIGHT)
    _draw(axes, result)
    frame(axes, [], "probability that the target is met")
    label_lines(axes, ends)
    every = set(relief.measures) == set(scm.measures)
    measures = "every measure" if every else ", ".join(relief.measures)
    axes.set_xlabel(
        f"depth of relief, % of {measures} lifted", size=SMALL, labelpad=2, color=Colour.ink
    )
    if handles:
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


def _ends(result: RequiredRelief) -> list[End]:
    asked = result.target.probability
    return [
        (asked, f"asked for: {asked:g}", Colour.negative),
        (float(result.probability[-1]), "target met", Colour.posterior),
    ]


def _handles(result: RequiredRelief) -> list[Patch]:
    if not result.sufficient:
        return []
    return [Patch(color=Colour.accent, alpha=0.15, lw=0, label="relief that is enough")]


def _unit(scm: StructuralCausalModel, name: str) -> str:
    return scm.variables[name].short_unit if name in scm.variables else ""


def _caption(relief: Relief, scm: StructuralCausalModel, drawn_from: str) -> str:
    full = Relief(ramp=relief.ramp, start=relief.start, measures=relief.measures)
    uniform = relief_words(scm, full).replace("full relief", "uniform relief", 1)
    return (
        f"Contrast: {uniform}. Probability: share of simulated futures that meet "
        f"the target, one for each {drawn_from} draw, parameters and "
        "shocks together; all depths meet the same shocks. Band: two standard errors of the "
        "simulation either side, no credible interval."
    )


def plot_tipping(
    scm: StructuralCausalModel,
    claim: Claim,
    curve: pd.DataFrame,
    point: TippingPoint,
    *,
    source: object = None,
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
    source : str, optional
        Which fit and data the curve is of, as draws state it.
    """
    label = scm.variables[claim.outcome].label
    direction = "higher" if claim.sign > 0 else "lower"
    unit = point.unit.partition(",")[0]
    said = with_article(scm.variables[claim.outcome].short_label.removesuffix(" level"))
    title = titled(
        f"Credited in full to the measures, a hidden cause of {number(point.strength)} {unit} "
        f"would leave the claim on {said} open",
        f"How strong must a hidden cause be to overturn that {said} is {direction}?",
        source=source,
    )
    known = scm.variables[point.known].label if point.known in scm.variables else point.known
    caption = (
        f"Claim: {label} is {direction} {scm.count_periods(claim.horizon)} after "
        f"{relief_words(scm, claim.relief)}. A hidden cause moves with the measures and acts on "
        f"{scm.variables[point.equation].label}. Full credit: all it did was put down to the "
        f"measures; the claim is as likely as not at {number(point.strength)}. In the sample: the "
        "posterior had it acted in the years of the data; not drawn where weights do not hold."
    )
    if point.known:
        caption += f" Shaded and dotted, {known}: median and {interval_rule()} of its coefficient."
    handles = []
    if known:
        handles = [Patch(color=Colour.prior, alpha=WIDE, lw=0, label=f"{known}, estimated")]
    sample = np.where(curve["used"], curve["sample_prob"], np.nan)
    seen = sample[np.isfinite(sample)]
    ends = [(float(curve["full_prob"].iloc[-1]), "full credit", Colour.negative)]
    if seen.size:
        ends.append((float(seen[-1]), "in the sample", Colour.posterior))
    above, below = page_text_inches(title, caption)
    room = key_inches(handles) if handles else 0.0
    figure = new_figure(above + 0.1 + _PLOT_HEIGHT + _BELOW + room + below)
    add_page_text(figure, title, caption)
    width = COLUMN_INCHES - _LEFT - label_room([name for _, name, _ in ends])
    axes = place_axes(figure, _LEFT, above + 0.1, width, _PLOT_HEIGHT)
    strength = curve["strength"].to_numpy()
    if point.known:
        axes.axvspan(point.known_lower, point.known_upper, color=Colour.prior, alpha=WIDE, lw=0)
        axes.axvline(point.known_median, color=Colour.faint, lw=1.0, ls=":")
    axes.plot(strength, curve["full_prob"], color=Colour.negative, lw=1.5)
    axes.plot(strength, sample, color=Colour.posterior, lw=1.5)
    axes.axhline(0.5, color=Colour.rule, lw=0.8, zorder=0)
    axes.plot([point.strength], [0.5], "o", color=Colour.negative, ms=4)
    frame(axes, [], "probability of the claim")
    axes.set(xlim=(strength.min(), strength.max()), ylim=(-0.02, 1.02))
    axes.set_xlabel(f"strength of the hidden cause, {unit}", size=SMALL, labelpad=2)
    label_lines(axes, ends)
    if handles:
        key(figure, handles, above + 0.1 + _PLOT_HEIGHT + _BELOW)
    return figure
