"""Figures of the validation report: ranks, transforms, back-tests, published totals, scores."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sanctions_model.plots.parts.style import (
    SMALL,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    tidy,
    titled,
    wrap,
)
from sanctions_model.wording import percent, share_words

_MODEL, _CALM, _WALK = "this model", "this model, measures and war left out", "random walk"
_SIMULATED = 500  # uniform samples behind the band
_COLUMNS, _ACROSS = 3, 2.25  # panels in a row, and inches from one to the next
_ENDS = (
    "published_lower",
    "published_upper",
    "prior_median",
    "prior_lower",
    "prior_upper",
    "median",
    "lower",
    "upper",
)


def _distance(values: np.ndarray) -> float:
    """Largest distance of the empirical distribution function from the uniform one."""
    ordered = np.sort(np.asarray(values, dtype=float))
    steps = np.arange(1, ordered.size + 1) / ordered.size
    return float(np.max(np.abs(steps - ordered)))


def _calibrated(values: Mapping[str, np.ndarray], prob: float) -> str:
    """Say how many distributions leave the band, and which one is farthest from uniform."""
    out = [name for name, path in values.items() if _leaves(path, prob)]
    worst = max(values, key=lambda name: _distance(values[name]))
    off = f"farthest off, by {share_words(_distance(values[worst]))}: {worst}"
    if not out:
        return f"All {len(values)} lie within the {percent(prob)} band; {off}"
    verb = "lies" if len(out) == 1 else "lie"
    return f"{len(out)} of {len(values)} {verb} outside the {percent(prob)} band; {off}"


def _leaves(values: np.ndarray, prob: float) -> bool:
    from arviz_stats.ecdf_utils import ecdf_pit

    _, ecdf, lower, upper = ecdf_pit(np.asarray(values, dtype=float), prob, _SIMULATED)
    return bool(np.any((ecdf < lower) | (ecdf > upper)))


def plot_transforms(
    values: Mapping[str, np.ndarray],
    *,
    title: str,
    caption: str,
    prob: float = 0.99,
    source: object = None,
) -> Figure:
    """Draw how far probability integral transforms are from uniform, panels of any length.

    `values`: in (0, 1), by name; the names become panel titles. `prob`: of the simultaneous band.
    `source`: of the fit and its data, as draws state it.
    """
    from arviz_stats.ecdf_utils import ecdf_pit

    title = titled(_calibrated(values, prob), title, source=source)
    top, bottom = page_text_inches(title, caption)
    heads = [
        " ".join(("\n".join(wrap(name, _ACROSS - 0.6, TEXT)), f"(n = {len(path)})"))
        for name, path in values.items()
    ]
    head = (1 + max(words.count("\n") for words in heads)) * line_inches(TEXT) + 0.1
    rows, each = -(-len(values) // _COLUMNS), head + 1.2
    figure = new_figure(top + bottom + each * rows + 0.1)
    for place, (path, words) in enumerate(zip(values.values(), heads, strict=True)):
        row, column = divmod(place, _COLUMNS)
        axes = place_axes(figure, 0.42 + column * _ACROSS, top + head + row * each, 1.85, 0.9)
        points, ecdf, lower, upper = ecdf_pit(np.asarray(path), prob, _SIMULATED)
        axes.fill_between(
            points, lower - points, upper - points, color=Colour.prior, alpha=0.3, lw=0
        )
        axes.plot(points, ecdf - points, color=Colour.posterior, lw=1.2, drawstyle="steps-post")
        axes.axhline(0, color=Colour.rule, lw=0.6, zorder=0)
        axes.set_title(words, size=TEXT, loc="left")
        axes.set_xticks([0, 0.5, 1])
        tidy(axes)
    add_page_text(figure, title, caption)
    return figure


def plot_back_test(
    quarterly: pd.DataFrame,
    series: Mapping[str, str],
    *,
    title: str,
    caption: str,
    source: object = None,
) -> Figure:
    """Draw the prediction of each series against what came, with and without the measures.

    `quarterly`: from `run_back_test`. `series`: series to show, with their panel titles (unit
    included). `source`: of the fit and its data, as draws state it.
    """
    shown = [name for name in series if name in set(quarterly["series"])]
    rows = -(-len(shown) // _COLUMNS)
    title = titled(_covered(quarterly), title, source=source)
    top, bottom = page_text_inches(title, caption)
    each, wide = 1.75, 2.0
    figure = new_figure(top + bottom + each * rows)
    for place, name in enumerate(shown):
        row, column = divmod(place, _COLUMNS)
        axes = place_axes(figure, 0.42 + column * 2.25, top + 0.3 + row * each, wide - 0.15, 1.05)
        own = quarterly[quarterly["series"] == name]
        model = own[own["forecaster"] == _MODEL]
        ticks = np.arange(len(model))
        for forecaster, colour in ((_WALK, Colour.prior), (_MODEL, Colour.posterior)):
            path = own[own["forecaster"] == forecaster]
            if path.empty:
                continue
            where = ticks[-len(path) :]
            axes.fill_between(
                where,
                path["lower"],
                path["upper"],
                color=colour,
                alpha=0.25,
                lw=0,
                label=forecaster,
            )
            axes.plot(where, path["median"], color=colour, lw=1.2)
        calm = own[own["forecaster"] == _CALM]
        axes.plot(ticks[-len(calm) :], calm["median"], color=Colour.posterior, lw=1.0, ls=":")
        axes.plot(ticks, model["outcome"], "o", ms=3.2, color=Colour.ink)
        axes.set_title("\n".join(wrap(series[name], wide, TEXT)), size=TEXT, loc="left")
        quarters = list(model["quarter"])
        keep = [i for i, quarter in enumerate(quarters) if quarter.endswith("Q1")] or [0]
        named = [quarters[i][: 4 if quarters[i].endswith("Q1") else None] for i in keep]
        axes.set_xticks(keep, named)
        _zero(axes)
        tidy(axes)
    add_page_text(figure, title, caption)
    return figure


def _covered(quarterly: pd.DataFrame) -> str:
    own = quarterly[quarterly["forecaster"] == _MODEL].dropna(subset=["outcome"])
    inside = own["outcome"].between(own["lower"], own["upper"])
    if own.empty:
        return "0 quarterly figures of the model are out"
    years = f"{min(own['quarter'])[:4]} and {max(own['quarter'])[:4]}"
    return (
        f"{int(inside.sum())} of {len(own)} quarterly figures of {years} came out inside the "
        "model's interval"
    )


def _zero(axes: Axes) -> None:
    low, high = axes.get_ylim()
    if low < 0 < high:
        axes.axhline(0, color=Colour.rule, lw=0.6, zorder=0)


def plot_totals(totals: pd.DataFrame, *, title: str, caption: str, source: object = None) -> Figure:
    """Draw each published range against the model's answer, in units of that range.

    Published totals have many units and sizes, so every row is scaled: its larger absolute end is
    at 1 or -1.

    `totals`: from `totals_table`; rows without an answer are left out. `source`: of the fit and its
    data, as draws state it.
    """
    asked = totals[totals["verdict"] != "not answered"].reset_index(drop=True)
    inside = int((asked["verdict"] == "inside").sum())
    title = titled(
        f"{inside} of {len(asked)} published totals agree with the model",
        title,
        source=source,
    )
    top, bottom = page_text_inches(title, caption)
    step, left = 0.3, 3.05
    height = top + bottom + step * len(asked) + 0.45
    figure = new_figure(height)
    axes = place_axes(figure, left, top + 0.05, 3.75, step * len(asked))
    numbers = asked[list(_ENDS)].astype(float)
    size = numbers[["published_lower", "published_upper"]].abs().max(axis=1)
    scaled = numbers.div(size, axis=0)
    y = np.arange(len(asked))
    shades = np.where(asked["verdict"] == "inside", Colour.posterior, Colour.negative).tolist()
    for row in y:
        line = scaled.iloc[int(row)]
        low, high = line["published_lower"], line["published_upper"]
        axes.plot([low, high], [row - 0.18] * 2, color=Colour.ink, lw=4, solid_capstyle="butt")
        axes.plot([(low + high) / 2], [row - 0.18], "D", color="white", mec=Colour.ink, ms=3.4)
        colour = shades[int(row)]
        axes.plot(
            [line["prior_lower"], line["prior_upper"]], [row + 0.26] * 2, color=Colour.prior, lw=1.2
        )
        axes.plot([line["lower"], line["upper"]], [row + 0.06] * 2, color=colour, lw=1.6)
        axes.plot(line["median"], row + 0.06, "o", color=colour, ms=3.6)
    axes.set_ylim(len(asked) - 0.4, -0.6)
    reach = min(3.1, 1.05 * float(scaled.abs().to_numpy().max()))
    axes.set_xlim(-reach, reach)
    axes.axvline(0, color=Colour.rule, lw=0.6, zorder=0)
    labels = [
        "\n".join(wrap(f"{number}  {words}", left - 0.2, SMALL)[:2])
        for number, words in zip(asked["number"], asked["title"], strict=True)
    ]
    axes.set_yticks(y, labels, size=SMALL)
    axes.set_xlabel("share of the published total's larger end", size=SMALL)
    tidy(axes)
    add_page_text(figure, title, caption)
    return figure


def plot_rolling_scores(
    summary: pd.DataFrame,
    names: Mapping[str, str],
    *,
    title: str,
    caption: str,
    source: object = None,
) -> Figure:
    """Draw the model's lead in log score over each rival, by series and horizon.

    `summary`: from `score_summary`. `names`: labels of the series. `source`: of the fit and its
    data, as draws state it.
    """
    rivals = [name for name in dict.fromkeys(summary["forecaster"]) if name != _MODEL]
    horizons = sorted(summary["horizon"].unique())
    series = [name for name in names if name in set(summary["series"])]
    ahead = int((summary["lead"] > 0).sum())
    title = titled(
        f"The model leads in {ahead} of {len(summary)} comparisons with rivals",
        title,
        source=source,
    )
    top, bottom = page_text_inches(title, caption)
    step, left = 0.36, 1.75
    figure = new_figure(top + bottom + step * len(series) + 1.0)
    wide = (7.0 - left - 0.15) / len(horizons)
    colours: Sequence[str] = (Colour.prior, Colour.accent, Colour.mixed)
    for place, horizon in enumerate(horizons):
        axes = place_axes(figure, left + place * wide, top + 0.5, wide - 0.2, step * len(series))
        for number, rival in enumerate(rivals):
            own = summary[(summary["horizon"] == horizon) & (summary["forecaster"] == rival)]
            own = own.set_index("series").reindex(series)
            y = np.arange(len(series)) + 0.22 * (number - 1)
            axes.errorbar(
                own["lead"],
                y,
                xerr=2 * own["lead_error"],
                fmt="o",
                ms=3.4,
                lw=1.0,
                color=colours[number % len(colours)],
                label=rival,
            )
        axes.axvline(0, color=Colour.rule, lw=0.8, zorder=0)
        axes.set_ylim(len(series) - 0.4, -0.6)
        axes.set_yticks(
            np.arange(len(series)), [names[n] for n in series] if place == 0 else [""] * len(series)
        )
        quarters = "quarter" if horizon == 1 else "quarters"
        axes.set_title(f"{horizon} {quarters} ahead", size=TEXT, loc="left")
        axes.set_xlabel("log score of this model less the rival's", size=SMALL)
        tidy(axes)
        if place == 0:
            axes.legend(
                fontsize=SMALL,
                frameon=False,
                ncols=3,
                loc="lower left",
                bbox_to_anchor=(-0.05, 1.07),
            )
    add_page_text(figure, title, caption)
    return figure
