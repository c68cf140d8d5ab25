"""What the choice of the graph and of the priors adds to an answer, where both were refitted.

A results folder may hold ``alternatives.csv`` (other priors, equations and measures, each fitted
anew) and ``mixture.csv`` (the same with weights of scores). Both are of one fit: what is older than
the fit beside it is left out, and said to be.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from sanctions_model.data.bundled import read_whole_rows
from sanctions_model.errors import QuestionError, reading_fault
from sanctions_model.files import content_of
from sanctions_model.inference.fit import Fit
from sanctions_model.report.validation.words import is_older
from sanctions_model.report.views import View, size_cell
from sanctions_model.robustness.graphs.graph_mixture import graph_mixture, mixture_sentence
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.wording import decimals, difference_unit, percent, upper_first

_LOG = logging.getLogger(__name__)
_ALTERNATIVES, _MIXTURE = "alternatives.csv", "mixture.csv"
_SIZE = ("median", "lower", "upper")
_SHARES = ("share_graph", "share_priors", "share_parameters")
_NEEDED = (*("alternative", "kind", "claim", "outcome", "horizon", "converged", *_SIZE, "ci_prob"),)
CHOICE_COLUMNS = (*(f"mixture_{name}" for name in _SIZE), *_SHARES)


def graph_choice(folder: Path | str, fit: Fit) -> pd.DataFrame | None:
    """Mix the stated model with its alternatives, if they were refitted after it.

    `folder`: results folder of the fit. `fit`: the stated model. Returns: as
    `robustness.graph_mixture` returns it, with ``outcome`` and ``horizon`` of each claim, weighed
    equally and, where ``mixture.csv`` has them, by scores; None without refits of this fit. Raises
    `QuestionError` if a table cannot be read, lacks a column, or has no converged answer of the
    stated model.
    """
    file = Path(folder) / _ALTERNATIVES
    if not file.is_file():
        return None
    if is_older(file, fit):
        _LOG.info("%s is older than the fit beside it and left out", file)
        return None
    table = _read(file, _NEEDED)
    mixed = graph_mixture(table)
    if (scored := Path(folder) / _MIXTURE).is_file():
        if scored.stat().st_mtime < file.stat().st_mtime:
            _LOG.info("%s is older than %s and left out", scored, _ALTERNATIVES)
        else:
            found = _read(scored, tuple(mixed.columns))
            mixed = pd.concat([mixed, found[found["weights"] == "scores"]], ignore_index=True)
    asked = table.drop_duplicates("claim")[["claim", "outcome", "horizon"]]
    return mixed.merge(asked, on="claim", how="inner")


def _read(file: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = read_whole_rows(content_of(file))
    except (OSError, ValueError) as error:  # pandas' own are ValueErrors
        raise QuestionError(
            f"Cannot read {file}: {reading_fault(error)}. Remove it, or make it again with "
            "`sanctions-model sensitivity --refit`."
        ) from None
    if missing := [name for name in needed if name not in table]:
        raise QuestionError(
            f"{file} has no column {missing[0]!r}; remove it, or make it again with "
            "`sanctions-model sensitivity --refit`."
        )
    return table


def with_choice(table: pd.DataFrame, choice: pd.DataFrame | None) -> pd.DataFrame:
    """Put the interval over all graphs and priors beside that of the stated model.

    `table`: columns of ``claims.csv`` or, of full relief in four steps, of ``effects.csv``.
    `choice`: from `graph_choice`; the table is returned as it is without. Returns: with
    `CHOICE_COLUMNS`, equally weighed graphs; not a number where no refit was asked.
    """
    if choice is None:
        return table
    equal = choice[choice["weights"] == "equal"]
    equal = equal.rename(columns={name: f"mixture_{name}" for name in _SIZE})
    if "claim" in table:
        keys = ["claim"]
    else:
        keys = ["outcome", "horizon"]
        equal = equal.drop_duplicates(keys)
    found = table.merge(equal[[*keys, *CHOICE_COLUMNS]], on=keys, how="left")
    if "channel" in table:
        other = (found["channel"] != "total") | (found["relief"] != 1)
        found.loc[other, list(CHOICE_COLUMNS)] = np.nan
    found.attrs = dict(table.attrs)
    return found


def _called(row: dict[str, object], scm: StructuralCausalModel) -> tuple[str, str]:
    variable = scm.variables[str(row["outcome"])]
    return variable.short_label, difference_unit(variable.unit, short=True)


def choice_sentences(choice: pd.DataFrame, scm: StructuralCausalModel) -> list[str]:
    """Say, claim by claim, both intervals and whose choice the variance is.

    `choice`: from `graph_choice`. `scm`: says labels and units. Returns: every number in them is
    computed.
    """
    said = []
    for row in choice.to_dict("records"):
        label, unit = _called({str(k): v for k, v in row.items()}, scm)
        told = mixture_sentence({str(k): v for k, v in row.items()}, unit)
        said.append(f"{upper_first(label)} after {scm.count_periods(row['horizon'])}: {told}")
    return said


def choice_caption(choice: pd.DataFrame | None, scm: StructuralCausalModel) -> str:
    """Say in a line below a table how wide the last headline is with other graphs and priors."""
    if choice is None:
        return ""
    row = choice[choice["weights"] == "equal"].iloc[-1]
    label, unit = _called({str(k): v for k, v in row.items()}, scm)
    size = size_cell(*(float(row[name]) for name in _SIZE), signed=True)
    return (
        f"Over all graphs and priors: {label} {size} {unit} after "
        f"{scm.count_periods(int(row['horizon']))}; more: --all."
    )


def choice_view(choice: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Show the headline intervals with and without the choice of graph and priors.

    `choice`: from `graph_choice`. `scm`: says labels and units.
    """
    rows = []
    for row in choice.to_dict("records"):
        label, unit = _called({str(k): v for k, v in row.items()}, scm)
        sizes = {
            words: size_cell(*(float(row[f"{kind}{n}"]) for n in _SIZE), signed=True)
            for words, kind in (("stated model", "alone_"), ("all models", ""))
        }
        shares = {name: percent(row[f"share_{name}"]) for name in _OF}
        how = "" if row["weights"] == "equal" else " (by scores)"
        at = scm.count_periods(row["horizon"])
        rows.append({"effect": f"{label}, {unit}, {at}{how}"} | sizes | shares)
    first = choice.iloc[0]
    return View(
        table=pd.DataFrame(rows),
        title=choice_sentences(choice.tail(1), scm)[0],
        question="Question: how much of the interval is the choice of the model?",
        caption=f"{decimals(first['graphs'])} graphs, {decimals(first['models'])} models, each "
        "graph with the same weight unless by scores. Last columns: share of the variance. The "
        "stated model is fitted anew with fewer draws.",
    )


_OF = ("graph", "priors", "parameters")
