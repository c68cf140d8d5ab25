"""Forest plots: published estimates, their pool and the belief made of it."""

import re

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sanctions_model.data.evidence import load_evidence
from sanctions_model.inference.priors.meta_analysis import Pooled
from sanctions_model.inference.priors.pools import Pool
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    Colour,
    add_page_text,
    new_figure,
    page_text_inches,
    place_axes,
    tidy,
    titled,
    write,
)
from sanctions_model.queries.estimands import Estimand
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.wording import number

_ROW, _LEFT, _RIGHT, _BELOW = 0.23, 2.75, 1.25, 0.36


def plot_forest(
    quantity: Estimand,
    pool: Pool,
    pooled: Pooled,
    prior: xr.DataArray,
    posterior: xr.DataArray | None = None,
    *,
    source: object = None,
) -> Figure:
    """Draw studies, pooled prior, the model's prior and its posterior of one quantity.

    Parameters
    ----------
    quantity : Estimand
        What it is called, and its unit.
    pool : Pool
        Which studies are pooled.
    pooled : Pooled
        Of its studies.
    prior, posterior : xr.DataArray
        Draws of the quantity, dims ``(chain, draw)``; no posterior leaves its row out.
    source : str, optional
        Which fit and data the draws are of, as draws state it.
    """
    rule = interval_rule()
    rows = _rows(pool, pooled, prior, posterior)
    quarters = "1 quarter" if quantity.horizon == 1 else f"{quantity.horizon} quarters"
    after = f"after {quarters}" if quantity.horizon else "no horizon"
    answer = prior if posterior is None else posterior
    studies = np.exp(pooled.mean) if pool.family == "LogNormal" else pooled.mean
    title = titled(
        f"Studies find {number(studies)} and the model "
        f"{number(float(answer.median()))} {quantity.unit}",
        f"What do studies find, and what does the model, for {quantity.label}?",
        source=source,
    )
    caption = (
        f"Unit: {quantity.unit}; {after}. Points: medians. Bars: {rule}; of a study from its "
        "error, of the pool the predictive one, which keeps the spread between studies. Size of a "
        "study's square: its share of the pooled mean. Grey: the model's prior; blue: its "
        "posterior. "
        f"{quantity.note}"
    ).strip()
    above, below = page_text_inches(title, caption)
    height = _ROW * len(rows)
    figure = new_figure(above + height + _BELOW + below)
    add_page_text(figure, title, caption)
    axes = place_axes(figure, _LEFT, above + 0.05, COLUMN_INCHES - _LEFT - _RIGHT, height)
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_ylim(len(rows), 0)
    for position, (label, numbers, colour, size) in enumerate(rows):
        middle, low, high = numbers
        at = position + 0.5
        axes.plot([low, high], [at, at], color=colour, lw=1.2, solid_capstyle="butt")
        axes.plot([middle], [at], "s", color=colour, ms=size, mew=0)
        top = above + 0.05 + at * _ROW
        write(figure, _LEFT - 0.1, top, label, size=SMALL, ha="right", va="center")
        words = f"{number(middle)} ({number(low)}; {number(high)})"
        write(figure, COLUMN_INCHES - _RIGHT + 0.08, top, words, size=SMALL, va="center")
    axes.axhline(len(pool.studies), color=Colour.rule, lw=0.6)
    if axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
        axes.axvline(0, color=Colour.rule, lw=0.8, zorder=0)
    axes.set_xlabel(quantity.unit, size=SMALL, labelpad=2)
    return figure


def _rows(
    pool: Pool, pooled: Pooled, prior: xr.DataArray, posterior: xr.DataArray | None
) -> list[tuple[str, np.ndarray, str, float]]:
    """Label, (median, lower, upper), colour and marker size of each row."""
    from scipy.special import ndtri

    rule = interval_rule()
    tail = (1.0 - rule.prob) / 2.0
    reach = float(ndtri(1.0 - tail))
    found = []
    for name, value, error, share in zip(
        pooled.names, pooled.values, pooled.errors, pooled.shares, strict=True
    ):
        numbers = np.array([value, value - reach * error, value + reach * error])
        shown = np.exp(numbers) if pool.family == "LogNormal" else numbers
        size = 2.5 + 5.0 * float(np.sqrt(share))
        found.append((_study(name), shown, Colour.ink, size))
    numbers = pooled.quantiles([0.5, tail, 1.0 - tail])
    shown = np.exp(numbers) if pool.family == "LogNormal" else numbers
    found.append(("pool, spread kept", shown, Colour.accent, 5.0))
    found.append(("model, prior", interval(prior, rule).to_numpy(), Colour.prior, 5.0))
    if posterior is not None:
        found.append(
            ("model, posterior", interval(posterior, rule).to_numpy(), Colour.posterior, 5.0)
        )
    return found


def _study(evidence: str) -> str:
    """Name a study as a reader knows it: its authors and year, the sample of own calculations."""
    studies = load_evidence()
    if evidence not in studies:  # of a user's own pool
        return evidence.replace("_", " ")
    study = studies[evidence]
    if study.authors == "sanctions_model":
        return f"own calculation, {study.sample.rpartition(', ')[2]}"
    first, *others = re.split(", | and ", study.authors)
    authors = f"{first} et al." if len(others) > 1 else study.authors
    return authors if study.year is None else f"{authors}, {study.year}"
