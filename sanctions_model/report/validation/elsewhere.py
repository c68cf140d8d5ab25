"""The trial of what liftings did elsewhere, as a section of the validation report."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from sanctions_model.elsewhere.prediction import UNITS, inflation_points, load_trial
from sanctions_model.report.validation.words import markdown_table, number, rows_of, span
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import decimals, figure, share_words

_NOMINAL = 0.9  # share that the intervals of the trial should hold
# Trial in the table: what it is called.
_HELD = {
    "left out": "left out",
    "reimposed": "imposed again, each predicted as if it undid its lifting",
    "placebo, left out": "placebos, left out",
}
_AGREED = 1.05  # R-hat of short samples; the fit itself has a stricter gate
_NAMES = {
    "gdp": "GDP, log points",
    "imports": "imports, log points",
    "inflation": "inflation, 100 π/(100 + π)",
    "real_exchange_rate": "real exchange rate, log points",
    "all": "all",
}


def elsewhere_failures(table: pd.DataFrame | None = None) -> list[str]:
    """Say in which trials of the panel model an interval held too little or too much.

    `table`: as `elsewhere.load_trial` returns it; the bundled one by default. Returns: one line a
    trial that failed; none if all passed.
    """
    table = load_trial() if table is None else table
    lines = [*_held(table), *_no_better(table), *_no_wider(table), *_four_years(table)]
    of = table[table["trial"] == "placebo"]
    moved = of[of["inside"] * of["n"] < binom.ppf(0.025, of["n"], 0.9)]
    lines += [
        f"Liftings elsewhere, placebos ({row.case}): an effect where nothing was lifted, on "
        f"{_plain(row.outcome)} in {decimals(row.n - row.inside * row.n)} of {decimals(row.n)}."
        for row in rows_of(moved)
    ]
    if "r_hat" in table and (table["r_hat"] > _AGREED).any():
        named = ", ".join(
            dict.fromkeys(_case(row) for row in rows_of(table) if row.r_hat > _AGREED)
        )
        lines.append(
            f"Liftings elsewhere: chains of these trials disagree (R-hat above {_AGREED:g}), their "
            f"rows are shown and not to be relied on: {named}."
        )
    return lines


def _held(table: pd.DataFrame) -> Iterable[str]:
    """Say where 90 % intervals held less or more than those of a sound model do."""
    for trial, words in _HELD.items():
        of = table[table["trial"] == trial]
        for side, found in (
            ("seldom", of[of["inside"] < of["low"]]),
            ("often (they are too wide)", of[of["inside"] > of["high"]]),
        ):
            if len(found):
                listed = ", ".join(
                    f"{_plain(row.outcome)} {decimals(row.inside * row.n)} of {decimals(row.n)} "
                    f"(expected {decimals(_NOMINAL * row.n)} ± {decimals(row.n * _error(row.n))})"
                    for row in rows_of(found)
                )
                yield (
                    f"Liftings elsewhere, {words}: what happened lay in the 90 % interval too "
                    f"{side}: {listed}."
                )


def _no_better(table: pd.DataFrame) -> Iterable[str]:
    """Say which outcomes a lifting does not help to predict, by two standard errors."""
    of = table[(table["trial"] == "left out") & (table["gain"] < 2 * table["gain_error"])]
    if len(of):
        named = ", ".join(f"{_plain(row.outcome)} {_gain(row)}" for row in rows_of(of))
        yield (
            "Liftings elsewhere, left out: whoever knows of the lifting predicts the years after "
            f"no better than whoever does not. Gain in the score (CRPS; below 0: worse): {named}."
        )


def _no_wider(table: pd.DataFrame) -> Iterable[str]:
    """Say where liftings differ no more from one another than dates on which nothing happened."""
    effects = table[table["trial"] == "dropped"]
    real = effects[effects["case"] == "all"].set_index("outcome")["spread"]
    moved = table[(table["trial"] == "placebo") & (table["case"] == "other dates")]
    found = [
        row for row in rows_of(moved) if row.outcome in real and row.spread >= real[row.outcome]
    ]
    if found:
        listed = ", ".join(
            f"{_plain(row.outcome)} {figure(real[row.outcome])} against {figure(row.spread)}"
            for row in found
        )
        yield (
            "Liftings elsewhere differ no more from one another than other dates of the same "
            f"countries, on which nothing was lifted: spread of the effects of {listed}."
        )


def _four_years(table: pd.DataFrame) -> Iterable[str]:
    """Say where intervals of four untouched years hold another share than they should.

    Windows of four years share three with the next, so that a quarter of them counts.
    """
    of = table[(table["trial"] == "untouched years") & (table["case"] == "four years")]
    off = [row for row in rows_of(of) if abs(row.inside - _NOMINAL) > 2 * _error(row.n / 4)]
    if off:
        named = ", ".join(f"{_plain(row.outcome)} {share_words(row.inside)}" for row in off)
        yield (
            "Liftings elsewhere, years that no lifting touches: 90 % intervals of four years hold "
            f"another share: {named}; too little in troubled decades, too much in calm ones."
        )


def _error(n: float) -> float:
    """Binomial standard error of a share that should be the nominal one."""
    return float(np.sqrt(_NOMINAL * (1 - _NOMINAL) / n))


def _gain(row: Any) -> str:
    return f"{number(row.gain)} ± {number(row.gain_error)}"


def _case(row: Any) -> str:
    """Name of a trial's case, that of the trial if it has none."""
    return row.trial if pd.isna(row.case) else str(row.case)


def elsewhere_section(table: pd.DataFrame | None = None) -> str:
    """Return the section, in Markdown.

    `table`: as `elsewhere.load_trial` returns it; the bundled one by default.
    """
    table = load_trial() if table is None else table
    parts = [
        "## Relief observed elsewhere",
        "The panel model of liftings in other countries on trial (`scripts/elsewhere_trial.py`; "
        "the page on relief observed elsewhere says what each trial is). "
        "Expected inside: 90 %, ± the binomial error of that share for so many predictions, and "
        "within the 95 % range of a sound model; outcomes of one episode are not independent, so "
        "that the errors of `all` are somewhat too small. CRPS: a score, smaller is better; "
        "without: had nothing been lifted; gain: how much smaller it is with the lifting, paired, "
        "± standard error. Scores are taken on the scales of the panel: levels in log points (100 "
        "times the logarithm), inflation on one that hyperinflations cannot stretch, "
        "100 π/(100 + π): 30 there are 43 % a year. What is said in % is in percent.",
        markdown_table(pd.DataFrame(_coverage_rows(table))),
        *_by_fold(table),
        *_with_table(
            "Iran alone: what followed the lifting of 2016, in two years, predicted without "
            "them; and from 2018 on, in four, as if the reimposition undid the lifting's own "
            "effect. 90 % interval; rank: share of the predictive below what was seen.",
            _single_rows(table),
        ),
        *_with_table(
            "Placebos: the episodes moved to countries without one, or to other dates of the same "
            "country. The mean effect of a full lifting should be 0, and its 90 % interval should "
            "hold 0 nine times in ten.",
            _placebo_rows(table),
        ),
        *_with_table(
            "Kinds of episodes hidden: mean of a full lifting, and what is predicted for GDP of a "
            "country like Russia after a settlement, three years on (%, 90 % intervals).",
            _dropped_rows(table),
        ),
        *_made_up(table),
        *_with_table(
            "All years in a row that no lifting touches, predicted from the fit, which has seen "
            "them: share inside 90 %, one year ahead, four, and four by the decade of the first.",
            _untouched_rows(table),
        ),
    ]
    return "\n\n".join(parts)


def _plain(outcome: str) -> str:
    return _NAMES[outcome].partition(",")[0]


def _with_table(words: str, rows: Iterable[dict[str, str]]) -> list[str]:
    """Words and a table; nothing if the trial has not been run."""
    shown = pd.DataFrame(rows)
    return [] if shown.empty else [words, markdown_table(shown)]


def _coverage_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    for row in rows_of(table[table["trial"].isin(list(_HELD))]):
        scores = (row.crps, row.crps_without)
        yield {
            "trial": row.trial.replace(", left out", f", {row.case}"),
            "outcome": _NAMES[row.outcome],
            "predictions": decimals(row.n),
            "inside 90 %": f"{share_words(row.inside)} ± {share_words(_error(row.n))}",
            "a sound model": f"{share_words(row.low)} to {share_words(row.high)}",
            "inside without": share_words(row.inside_without),
            "CRPS, without": "" if pd.isna(row.crps) else ", ".join(map(figure, scores)),
            "gain": "" if pd.isna(row.crps) else _gain(row),
        }


def _placebo_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    for row in rows_of(table[table["trial"] == "placebo"]):
        yield {
            "where": row.case,
            "outcome": _NAMES[row.outcome],
            "placebos": decimals(row.n),
            "hold 0": share_words(row.inside),
            "mean (lowest; highest)": span(row.mean, row.lower, row.upper),
            "spread between countries": number(row.spread),
        }


def _by_fold(table: pd.DataFrame) -> list[str]:
    """Coverage of each fifth of the episodes in one sentence, if it was kept."""
    of = table[table["trial"] == "fold"]
    if of.empty:
        return []
    found = ", ".join(f"{decimals(row.inside * row.n)} of {decimals(row.n)}" for row in rows_of(of))
    return [f"Left out a fifth of the episodes at a time; inside 90 % by fifth: {found}."]


def _single_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    for row in rows_of(table[table["trial"].isin(["one episode", "one reimposition"])]):
        seen, lower, upper = row.observed, row.lower, row.upper
        said = partial(inflation_points, at=0.0) if row.outcome == "inflation" else _percent
        seen, lower, upper = (said(value) for value in (seen, lower, upper))
        yield {
            "trial": "lifting" if row.trial == "one episode" else "reimposition",
            "outcome": f"{_plain(row.outcome)}, %",
            "seen": number(seen),
            "predicted": f"{number(lower)} to {number(upper)}",
            "rank": share_words(row.rank),
            "CRPS, without": f"{figure(row.crps)}, {figure(row.crps_without)}",
        }


def _dropped_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    of = table[(table["trial"] == "dropped") & (table["outcome"] == "gdp")]
    for row in rows_of(of):
        yield {
            "episodes": row.case,
            "mean": span(*map(_percent, (row.mean, row.lower, row.upper))),
            "settlement": span(
                *map(_percent, (row.settlement, row.settlement_lower, row.settlement_upper))
            ),
        }


def _percent(logs: float) -> float:
    return effect_in_percent(logs, UNITS["gdp"])


def _untouched_rows(table: pd.DataFrame) -> Iterable[dict[str, str]]:
    years = table[table["trial"] == "untouched years"]
    for outcome, of in years.groupby("outcome", sort=False):
        row = {"outcome": _plain(str(outcome)), "cases": decimals(of["n"].iloc[0])}
        yield (
            row
            | dict.fromkeys(years["case"], "")
            | {str(found.case): share_words(found.inside) for found in rows_of(of)}
        )


def _made_up(table: pd.DataFrame) -> list[str]:
    return [
        f"Made-up panels: of {decimals(row.n)} numbers the 90 % interval held "
        f"{share_words(row.inside)}; ranks of the truth have mean {share_words(row.mean)} and "
        f"standard deviation {share_words(row.spread)} (0.50 and "
        "0.29 if all is well)."
        for row in rows_of(table[table["trial"] == "made up"])
    ]
