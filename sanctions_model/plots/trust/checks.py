"""What speaks against a model or a fit: independences, sanity checks, another fit."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.rows import row_panels
from sanctions_model.plots.parts.style import Colour, titled
from sanctions_model.queries.reading.headlines import in_words_of, label_with_unit, main_outcomes
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval_rule
from sanctions_model.wording import upper_first

_MOST = 16  # rows that a page shows
_HALF, _SHIFT = 0.06, 0.05  # inches: half a bar, and how far a fit lies from a row's middle


def plot_independences(table: pd.DataFrame, *, title: str, scm: StructuralCausalModel) -> Figure:
    """Draw the independences of a graph that the data speak against most.

    Parameters
    ----------
    table : pandas.DataFrame
        From `implied_independences`, the strongest first.
    title : str
        The finding.
    scm : StructuralCausalModel
        Names the variables.

    Returns
    -------
    matplotlib.figure.Figure
        A bar a pair of variables: how they move together, given the causes.

    Raises
    ------
    QuestionError
        If the graph implies no independence.
    """
    if table.empty:
        raise QuestionError("The graph implies no independence, so there is none to draw.")
    shown = table.iloc[:_MOST]
    names = []
    for row in shown.to_dict("records"):
        first, other = (in_words_of(scm, str(row[end])) for end in ("variable", "other"))
        earlier = f" {scm.count_periods(int(row['lag']))} earlier" if row["lag"] else ""
        names.append(upper_first(f"{first} and {other}{earlier}"))
    page = (
        titled(
            title,
            "Which variables move together although the graph says that they do not?",
            source=table.attrs.get("source"),
        ),
        f"Correlation of ranks, given the causes in the graph; the {len(shown)} least probable of "
        f"{len(table)} pairs. Contradicted: by Holm's test at 5 %. In doubt: at a rate of 5 % "
        "false alarms.",
    )
    kinds = {"contradicted": Colour.negative, "in doubt": "#E69F00", "neither": Colour.total}
    kind = np.where(shown["rejected"], *("contradicted", "neither"))
    kind = np.where(shown["suspect"] & ~shown["rejected"], "in doubt", kind)
    handles: list[Line2D | Patch] = [
        Patch(color=colour, lw=0, label=name) for name, colour in kinds.items() if name in kind
    ]
    figure, [axes], places = row_panels(page, names, handles, across="correlation of ranks")
    colours = [kinds[str(own)] for own in kind]
    axes.barh(places, shown["correlation"], height=2 * _HALF, color=colours, lw=0)
    axes.set_xlim(-1.0, 1.0)
    axes.axvline(0.0, color=Colour.ink, lw=0.7)
    return figure


def plot_sanity(table: pd.DataFrame, *, title: str, source: object = None) -> Figure:
    """Draw how many sanity checks of each kind are inside their bounds.

    Parameters
    ----------
    table : pandas.DataFrame
        From `sanity_checks`.
    title : str
        The finding.
    source : str, optional
        Which fit and data were checked, as draws state it.

    Returns
    -------
    matplotlib.figure.Figure
        A row a kind of check, before the data and after them where both were checked.

    Raises
    ------
    QuestionError
        If no check could be asked.
    """
    asked = table[table["asked"].astype(bool)]
    if asked.empty:
        raise QuestionError("No sanity check can be asked of this model, so there is none to draw.")
    kinds = list(dict.fromkeys(asked["check"]))
    before = {"prior": "before the data", "posterior": "after the data"}
    whose = [name for name in before if name in set(asked["source"])]
    page = (
        titled(title, "Which checks of sizes, spreads and signs fail?", source=source),
        "Number of checks of each kind; bounds and values: the table.",
    )
    handles: list[Line2D | Patch] = [
        Patch(color=Colour.posterior, lw=0, label="inside the bounds"),
        Patch(color=Colour.negative, lw=0, label="outside"),
    ]
    figure, panels, places = row_panels(
        page,
        [upper_first(kind) for kind in kinds],
        handles,
        headings=[before[name] for name in whose],
        across="checks",
    )
    counted = asked.assign(inside=asked["inside"].astype(bool))
    for axes, name in zip(panels, whose, strict=True):
        own = counted[counted["source"] == name].groupby("check")["inside"]
        inside = own.sum().reindex(kinds, fill_value=0).to_numpy()
        outside = own.count().reindex(kinds, fill_value=0).to_numpy() - inside
        axes.barh(places, inside, height=2 * _HALF, color=Colour.posterior, lw=0)
        axes.barh(places, outside, left=inside, height=2 * _HALF, color=Colour.negative, lw=0)
        axes.set_xlim(0, max(1, int(asked.groupby(["check", "source"]).size().max())) + 0.2)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return figure


def plot_two_fits(
    table: pd.DataFrame,
    names: tuple[str, str],
    *,
    title: str,
    scm: StructuralCausalModel,
    source: object = None,
) -> Figure:
    """Draw the effects of relief under two fits beside each other.

    Parameters
    ----------
    table : pandas.DataFrame
        ``outcome``, ``horizon``, and ``median``, ``lower`` and ``upper`` of both, ending in
        ``_first`` and ``_second``: the effects of `compare`.
    names : tuple of str
        What the two are called.
    title : str
        The finding.
    scm : StructuralCausalModel
        Names the outcomes.
    source : str, optional
        Of the first fit, as draws state it.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a horizon, a row an outcome: of those that people ask about first, six at most.

    Raises
    ------
    QuestionError
        If the two have no effect in common.
    """
    known = table.dropna(subset=["median_first", "median_second"])
    if known.empty:
        raise QuestionError("The two fits have no effect in common, so there is none to draw.")
    outcomes = main_outcomes(scm, list(dict.fromkeys(known["outcome"])))
    horizons = sorted(set(known["horizon"]))[-2:]
    page = (
        titled(title, f"How does {names[1]} differ from {names[0]}?", source=source),
        f"Effects of relief: dots are medians, lines {interval_rule()}.",
    )
    colours = (Colour.total, Colour.posterior)
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colour, marker="o", ms=4, lw=1.2, label=name)
        for colour, name in zip(colours, names, strict=True)
    ]
    figure, panels, places = row_panels(
        page,
        [upper_first(label_with_unit(scm, name)) for name in outcomes],
        handles,
        headings=[f"after {scm.count_periods(int(horizon))}" for horizon in horizons],
        across="effect, each in the unit of its row",
    )
    rows = known.set_index(["outcome", "horizon"])
    for axes, horizon in zip(panels, horizons, strict=True):
        for place, name in zip(places, outcomes, strict=True):
            if (name, horizon) not in rows.index:
                continue
            row = rows.loc[(name, horizon)]
            sides = zip(("first", "second"), colours, (-_SHIFT, _SHIFT), strict=True)
            for end, colour, shift in sides:
                bounds = [row[f"lower_{end}"], row[f"upper_{end}"]]
                axes.plot(bounds, [place + shift] * 2, color=colour, lw=1.2)
                axes.plot([row[f"median_{end}"]], [place + shift], "o", color=colour, ms=3.6)
        axes.axvline(0.0, color=Colour.ink, lw=0.7, zorder=1)
    return figure


def plot_steps(steps: pd.DataFrame, *, title: str, source: object = None) -> Figure:
    """Draw how probable each step of a chain of claims is, alone and with those before it.

    Parameters
    ----------
    steps : pandas.DataFrame
        In order: ``step`` (in words), ``prob``, ``prob_given`` (where all before hold) and
        ``breaks_here``, the share of draws that fail there first.
    title : str
        The finding.
    source : str, optional
        Of the fit, as draws state it.

    Returns
    -------
    matplotlib.figure.Figure
        A row a step: two dots, and a bar for where the chain breaks.

    Raises
    ------
    QuestionError
        If there is no step.
    """
    if steps.empty:
        raise QuestionError("The chain has no step, so there is none to draw.")
    page = (
        titled(
            title,
            "Does the article's chain hold as a whole, and where does it break?",
            source=source,
        ),
        "Shares of draws. Breaks here: the first step that fails, so the bars and the probability "
        "that all hold add up to 1.",
    )
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=Colour.total, marker="o", ms=4, lw=0, label="alone"),
        Line2D(
            [], [], color=Colour.posterior, marker="D", ms=4, lw=0, label="if those before hold"
        ),
        Patch(color=Colour.negative, lw=0, label="breaks here"),
    ]
    figure, [axes], places = row_panels(
        page, [str(step) for step in steps["step"]], handles, across="probability"
    )
    axes.barh(places, steps["breaks_here"], height=2 * _HALF, color=Colour.negative, lw=0)
    axes.plot(steps["prob"], places - _SHIFT, "o", color=Colour.total, ms=4)
    axes.plot(steps["prob_given"], places + _SHIFT, "D", color=Colour.posterior, ms=4)
    axes.set_xlim(0.0, 1.02)
    return figure
