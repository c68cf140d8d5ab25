"""The claims: probability before and after the data, probability of a size that matters, size."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.signs import ASSUMED
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    readable,
    tidy,
    titled,
    wrap,
)
from sanctions_model.queries.reading.findings import claims_finding, exceedance_finding
from sanctions_model.summaries import IntervalRule
from sanctions_model.wording import difference_unit, number, share_words

_COLUMNS = (
    "statement",
    "cause",
    "horizon",
    "unit",
    "prob_prior",
    "prob",
    "prob_material",
    "median",
    "lower",
    "upper",
    "information",
    "basis",
    "sign_assumed",
    "ci_prob",
    "ci_kind",
)
_MARGIN, _GAP = 0.12, 0.14
_STATEMENT, _EFFECT, _SHARE = 2.35, 1.62, 0.42
_HEAD = 0.5


def plot_scorecard(table: pd.DataFrame, *, periods: str = "quarters") -> Figure:
    """Draw each claim's probability under the prior and the posterior, with its effect.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of ``claims.csv``, one row a claim; rows of one cause stand together.
    periods : str
        What the horizons count, in the plural.

    Raises
    ------
    QuestionError
        If the table is empty or lacks a column.
    """
    missing = [name for name in _COLUMNS if name not in table]
    if missing or table.empty:
        what = f"lacks {', '.join(missing)}" if missing else "has no rows"
        raise QuestionError(f"The claims table {what}; give one with the columns of claims.csv.")
    blocks = {
        str(cause): [dict(zip(own.columns, row, strict=True)) for row in own.to_numpy()]
        for cause, own in table.groupby("cause", sort=False)
    }
    title = titled(
        claims_finding(table),
        "How probable are the article's claims, how large, and what do they rest on?",
        source=table.attrs.get(dims.Said.SOURCE),
    )
    caption = _caption(table, periods)
    top, bottom = page_text_inches(title, caption)
    tall = {cause: [_row_inches(row) for row in block] for cause, block in blocks.items()}
    height = sum(_heading_inches() + sum(rows) for rows in tall.values())
    figure = new_figure(top + _HEAD + height + 0.4 + bottom)
    add_page_text(figure, title, caption)
    left = _MARGIN + _STATEMENT + _GAP
    width = COLUMN_INCHES - left - _GAP - _EFFECT - _SHARE - _MARGIN
    axes = place_axes(figure, left, top + _HEAD, width, height)
    _frame(axes, height)
    _key(axes)
    page = _Page(axes, left, width)
    for words, place in (("effect, median (interval)", "effect"), ("rests on", "share")):
        page.write(place, -0.12, words.replace(" ", "\n", 1), colour=Colour.faint)
    down = 0.0
    for cause, block in blocks.items():
        page.heading(cause.replace("_", " "), down)
        down += _heading_inches()
        for row, inches in zip(block, tall[cause], strict=True):
            _claim(page, row, down + inches / 2, periods)
            down += inches
    return figure


class _Page:
    """Places on the page, in inches from the upper edge of the axes and the figure's left."""

    def __init__(self, axes: Axes, left: float, width: float) -> None:
        self.axes = axes
        self._left, self._width = left, width
        beyond = left + width + _GAP
        self._starts = {
            "statement": _MARGIN,
            "effect": beyond,
            "share": beyond + _EFFECT + _SHARE,
        }

    def write(
        self, place: str, down: float, words: str, *, colour: str = Colour.ink, bold: bool = False
    ) -> None:
        """Write a text, centred on `down`, at the start of its column (shares: at its end)."""
        self.axes.text(
            (self._starts[place] - self._left) / self._width,
            down,
            words,
            transform=self.axes.get_yaxis_transform(),
            size=SMALL,
            va="center",
            ha="right" if place == "share" else "left",
            color=colour,
            weight="bold" if bold else "normal",
            linespacing=1.2,
        )

    def heading(self, words: str, down: float) -> None:
        """Write a line over the rows of one cause."""
        self.write("statement", down + _heading_inches() * 0.6, words, bold=True)
        start = (_MARGIN - self._left) / self._width
        end = (COLUMN_INCHES - _MARGIN - self._left) / self._width
        self.axes.plot(
            [start, end],
            [down + 0.02] * 2,
            transform=self.axes.get_yaxis_transform(),
            color=Colour.faint,
            lw=0.6,
            clip_on=False,
        )


def _frame(axes: Axes, height: float) -> None:
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.set(xlim=(-0.03, 1.03), ylim=(height, 0.0), yticks=[])
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_xlabel("probability", size=SMALL, labelpad=2, color=Colour.ink)
    axes.grid(axis="x", color=Colour.rule, lw=0.4)
    axes.set_axisbelow(True)


def _statement(row: Mapping[str, Any]) -> list[str]:
    mark = f" {ASSUMED}" if row["sign_assumed"] else ""
    return wrap(f"{row['statement']}{mark}", _STATEMENT, SMALL)


def _row_inches(row: Mapping[str, Any]) -> float:
    return max(2, len(_statement(row))) * line_inches(SMALL) + 0.1


def _heading_inches() -> float:
    return line_inches(SMALL) + 0.12


def _claim(page: _Page, row: Mapping[str, Any], down: float, periods: str) -> None:
    before, after, large = (float(row[n]) for n in ("prob_prior", "prob", "prob_material"))
    if np.isfinite(after):
        page.axes.plot([before, after], [down] * 2, color=Colour.prior, lw=1.6, zorder=1)
    for probability, marker in ((before, _PRIOR), (after, _POSTERIOR), (large, _MATERIAL)):
        if np.isfinite(probability):
            page.axes.plot([probability], [down], ls="", clip_on=False, **marker)
    page.write("statement", down, "\n".join(_statement(row)))
    size = f"{number(row['median'])} ({number(row['lower'])}; {number(row['upper'])})"
    # Levels are in plain percent, rates in percent of a period.
    unit = "%" if row["unit"] == "%" else difference_unit(str(row["unit"]), short=True)
    page.write("effect", down, f"{size}\n{unit}, {_when(row, periods)}")
    gained = float(row["information"])
    number_of = f"\n{share_words(gained)}" if np.isfinite(gained) else ""
    page.write("share", down, f"{row['basis']}{number_of}")


def _when(row: Mapping[str, Any] | pd.Series, periods: str) -> str:
    """Say the date of an effect, or count to it where the table names no date."""
    dated = str(row.get("period") or "")
    return f"in {dated}" if dated else f"after {row['horizon']} {periods}"


_PRIOR: dict[str, Any] = {
    "marker": "o",
    "ms": 7.5,
    "mfc": "white",
    "mec": Colour.faint,
    "zorder": 3,
}
_POSTERIOR: dict[str, Any] = {
    "marker": "o",
    "ms": 5.0,
    "mfc": Colour.posterior,
    "mec": "white",
    "zorder": 4,
}
_MATERIAL: dict[str, Any] = {
    "marker": "D",
    "ms": 4.0,
    "mfc": Colour.negative,
    "mec": "white",
    "zorder": 5,
}


def _key(axes: Axes) -> None:
    words = ("claim, before the data", "claim, with the data", "large enough to matter")
    handles = [
        Line2D([], [], ls="", label=label, **{k: v for k, v in marker.items() if k != "zorder"})
        for label, marker in zip(words, (_PRIOR, _POSTERIOR, _MATERIAL), strict=True)
    ]
    axes.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        frameon=False,
        fontsize=SMALL,
        borderpad=0.2,
        labelspacing=0.15,
        handletextpad=0.3,
    )


def _caption(table: pd.DataFrame, periods: str) -> str:
    rule = IntervalRule(float(table["ci_prob"].iloc[0]), str(table["ci_kind"].iloc[0]))
    prior_only = not np.isfinite(table["prob"].astype(float)).any()
    source = "prior only, no data used" if prior_only else "posterior"
    when = f"at the horizon, counted in {periods} from the start of relief"
    if "period" in table and table["period"].astype(bool).all():
        when = "at the date that is named"
    return (
        "Contrast: the relief that heads each group, against sanctions unchanged. Circles: "
        "probability of the claim under prior and posterior; diamonds: probability that the "
        f"effect is larger than the smallest size that matters ({source}). For a target claim: "
        f"of reaching the target, and of relief making the difference. Effect {when}: {source} "
        f"median and {rule}; pp: "
        "percentage points. At the right: what the size rests on, and the information gained from "
        f"the data (0 to 1). {ASSUMED} sign assumed by the prior: its probability is no finding."
    )


_CURVE, _BETWEEN, _ACROSS = 1.3, 0.45, 3


def plot_exceedance(table: pd.DataFrame, *, periods: str = "quarters") -> Figure:
    """Draw how probable each claim's effect is beyond a size, before and after the data.

    Parameters
    ----------
    table : pandas.DataFrame
        From `exceedance_table`.
    periods : str
        What the horizons count, in the plural.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a claim; a dotted line at the smallest size that matters.

    Raises
    ------
    QuestionError
        If there is no row.
    """
    if table.empty:
        raise QuestionError("No claim to draw; expected the rows of `exceedance_table`.")
    title = titled(
        exceedance_finding(table),
        "How probable is an effect of at least this size?",
        source=table.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        "Share of draws with an effect in the claim's direction beyond the size at the axis. "
        "Dotted: the smallest size that matters, which is judgement."
    )
    groups = list(table.groupby("claim", sort=False))
    top, bottom = page_text_inches(title, caption)
    width = (COLUMN_INCHES - _MARGIN - _ACROSS * 0.45) / _ACROSS
    headings = [wrap(str(own["statement"].iloc[0]), width, SMALL) for _, own in groups]
    head = max(map(len, headings)) * line_inches(SMALL) + 0.08
    step = head + _CURVE + _BETWEEN
    figure = new_figure(top + -(-len(groups) // _ACROSS) * step + bottom)
    add_page_text(figure, title, caption)
    for place, ((_, own), heading) in enumerate(zip(groups, headings, strict=True)):
        row, column = divmod(place, _ACROSS)
        left = 0.4 + column * (width + 0.45)
        axes = place_axes(figure, left, top + row * step + head, width - 0.05, _CURVE)
        tidy(axes)
        for name, colour in (("prob_prior", Colour.prior), ("prob", Colour.posterior)):
            axes.plot(own["size"], own[name], color=colour, lw=1.4)
        for size in own.loc[own["matters"], "size"]:
            axes.axvline(size, color=Colour.ink, lw=0.8, ls=":")
        axes.set_ylim(0.0, 1.02)
        axes.set_xlim(0.0, float(own["size"].max()))
        if place == 0:
            _name_curves(axes, own)
        if column == 0:
            axes.set_ylabel("probability", size=SMALL, labelpad=2, color=Colour.ink)
        axes.locator_params(axis="x", nbins=4)
        axes.set_title("\n".join(heading), size=SMALL, loc="left", pad=3, color=Colour.ink)
        unit = difference_unit(str(own["unit"].iloc[0]), short=True)
        unit = "%" if own["unit"].iloc[0] == "%" else unit
        words = f"{unit}, {_when(own.iloc[0], periods)}"
        axes.set_xlabel(words, size=SMALL, labelpad=2, color=Colour.ink)
    return figure


def _name_curves(axes: Axes, own: pd.DataFrame) -> None:
    """Write in the first panel, beside the curves, which is which."""
    middle = own.iloc[len(own) // 2]
    for name, words, colour in (
        ("prob_prior", "before the data", Colour.prior),
        ("prob", "after", Colour.posterior),
    ):
        above = middle[name] >= max(middle["prob_prior"], middle["prob"])
        axes.annotate(
            words,
            (float(middle["size"]), float(middle[name])),
            (4, 3) if above else (-4, -3),
            textcoords="offset points",
            size=SMALL,
            ha="left" if above else "right",
            va="bottom" if above else "top",
            color=readable(colour),
            weight="bold",
            bbox={"fc": "white", "ec": "none", "pad": 0.5},  # the dotted line stops at the words
        )
