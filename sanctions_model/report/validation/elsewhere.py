"""The trial of what liftings did elsewhere, as a section of the validation report."""

from collections.abc import Iterable

import pandas as pd

from sanctions_model.elsewhere.prediction import load_trial
from sanctions_model.report.validation.words import markdown_table, number, rows_of, span

__all__ = ["elsewhere_failures", "elsewhere_section"]

_NAMES = {
    "gdp": "GDP, %",
    "imports": "imports, %",
    "inflation": "inflation, pp",
    "real_exchange_rate": "real exchange rate, %",
    "all": "all",
}


def elsewhere_failures(table: pd.DataFrame | None = None) -> list[str]:
    """Say in which trials of the panel model an interval held too little or too much.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        As `elsewhere.load_trial` returns it; the bundled one by default.

    Returns
    -------
    list of str
        One line a trial that failed; none if all passed.
    """
    table = load_trial() if table is None else table
    lines = []
    for trial, words in (("left out", "left out"), ("reimposed", "imposed again")):
        of = table[table["trial"] == trial]
        missed = of[(of["inside"] < of["low"]) | (of["inside"] > of["high"])]
        if len(missed):
            found = ", ".join(
                f"{_plain(row.outcome)} {row.inside * row.n:.0f} of {row.n:.0f}"
                for row in rows_of(missed)
            )
            lines.append(
                f"Liftings elsewhere, {words}: 90 % intervals held too few or too many: {found}."
            )
    of = table[(table["trial"] == "left out") & (table["crps"] > table["crps_without"])]
    if len(of):
        named = ", ".join(_plain(outcome) for outcome in of["outcome"])
        lines.append(
            "Liftings elsewhere, left out: predicted no better than had nothing been lifted: "
            f"{named}."
        )
    return lines


def elsewhere_section(table: pd.DataFrame | None = None) -> str:
    """Return the section, in Markdown.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        As `elsewhere.load_trial` returns it; the bundled one by default.

    Returns
    -------
    str
    """
    table = load_trial() if table is None else table
    parts = [
        "## Relief observed elsewhere",
        "The panel model of liftings in other countries on trial (`scripts/elsewhere_trial.py`; "
        "the page on relief observed elsewhere says what each trial is, and which have not been "
        "run). Expected inside: 90 %, within the 95 % range of a sound model. CRPS: smaller is "
        "better; without: had nothing been lifted.",
        markdown_table(pd.DataFrame(_coverage_rows(table))),
        *_with_table(
            "Placebos: the episodes moved to countries and years without one. The mean effect of "
            "a full lifting should be 0, and its 90 % interval should hold 0 nine times in ten.",
            _placebo_rows(table),
        ),
        *_with_table(
            "Kinds of episodes hidden: mean of a full lifting, and what is predicted for GDP of a "
            "country like Russia after a settlement, three years on (90 % intervals).",
            _dropped_rows(table),
        ),
        *_made_up(table),
    ]
    return "\n\n".join(parts)


def _plain(outcome: str) -> str:
    return _NAMES[outcome].partition(",")[0]


def _with_table(words: str, rows: Iterable[dict[str, str]]) -> list[str]:
    """Words and a table; nothing if the trial has not been run."""
    shown = pd.DataFrame(rows)
    return [] if shown.empty else [words, markdown_table(shown)]


def _coverage_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    for row in rows_of(table[table["trial"].isin(["left out", "reimposed"])]):
        scores = (row.crps, row.crps_without)
        yield {
            "trial": row.trial,
            "outcome": _NAMES[row.outcome],
            "predictions": f"{row.n:.0f}",
            "inside 90 %": f"{row.inside:.2f}",
            "a sound model": f"{row.low:.2f} to {row.high:.2f}",
            "inside without": f"{row.inside_without:.2f}",
            "CRPS, without": "" if pd.isna(row.crps) else "{:.1f}, {:.1f}".format(*scores),
        }


def _placebo_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    for row in rows_of(table[table["trial"] == "placebo"]):
        yield {
            "outcome": _NAMES[row.outcome],
            "placebos": f"{row.n:.0f}",
            "hold 0": f"{row.inside:.2f}",
            "mean": number(row.mean),
            "spread between countries": number(row.spread),
        }


def _dropped_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    of = table[(table["trial"] == "dropped") & (table["outcome"] == "gdp")]
    for row in rows_of(of):
        yield {
            "episodes": row.case,
            "mean": span(row.mean, row.lower, row.upper),
            "settlement": span(row.settlement, row.settlement_lower, row.settlement_upper),
        }


def _made_up(table: pd.DataFrame) -> list[str]:
    return [
        f"Made-up panels: of {row.n:.0f} numbers the 90 % interval held {row.inside:.2f}; ranks of "
        f"the truth have mean {row.mean:.2f} and standard deviation {row.spread:.2f} (0.50 and "
        "0.29 if all is well)."
        for row in rows_of(table[table["trial"] == "made up"])
    ]
