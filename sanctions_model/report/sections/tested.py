"""Tests on the past: windows that end before a shock, and what was predicted after them."""

from pathlib import Path

import pandas as pd

from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit
from sanctions_model.report.page.markup import Html, join, table, tag
from sanctions_model.report.validation.words import is_older, names_fit, series_words, truth_of
from sanctions_model.validation.origins.rolling import MODEL
from sanctions_model.validation.stated_backtests import load_back_tests
from sanctions_model.wording import figure

_WALK = "random walk"
_COLUMNS = ("forecaster", "series", "year", "statistic", "outcome", "median", "lower", "upper")


def read_back_tests(fit: Fit, folder: Path) -> pd.DataFrame | None:
    """Read the yearly tables of the back-tests that were made of this fit.

    `folder`: that ``sanctions-model validate`` wrote: its report says which fit it is of, and is
    younger than it. Returns: the tables of ``folder/tables``, one below the other, with a column
    ``window``; None where there are none, or they are of another fit.
    """
    report = folder / "validation.md"
    if not report.is_file() or is_older(report, fit):
        return None
    if not names_fit(report.read_text(encoding="utf-8"), fit):
        return None
    files = sorted((folder / "tables").glob("backtest_*_annual.csv"))
    if not files:
        return None
    return pd.concat(
        [
            pd.read_csv(file).assign(
                window=file.stem.removeprefix("backtest_").removesuffix("_annual")
            )
            for file in files
        ],
        ignore_index=True,
    )


def tested_section(fit: Fit, folder: Path | None) -> Html:
    """Return the section, or the sentence that says what would fill it."""
    found = None if folder is None else read_back_tests(fit, folder)
    if found is None:
        return tag(
            "p",
            [
                "No tests on the past of this fit are at hand. ",
                tag("code", "sanctions-model validate", attributes={"lang": "en"}),
                " refits the model on windows that end before 2014 and 2022; a report made after "
                "it has them.",
            ],
        )
    if missing := [name for name in _COLUMNS if name not in found]:
        raise QuestionError(
            f"The tables of the back-tests have no column {missing[0]!r}; make them again with "
            "`sanctions-model validate`."
        )
    own = found[found["forecaster"] == MODEL]
    inside = truth_of(own["inside"])
    said = (
        f"Of {len(own)} yearly outcomes after the windows {int((~inside).sum())} lay outside the "
        "model's intervals. What drives the model (oil, measures, war) is fed in as it came, so "
        "that this tests the model and not whether it foresees them."
    )
    return join([tag("p", said), *(_window(fit, name, rows) for name, rows in _by_window(found))])


def _by_window(found: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(str(name), rows) for name, rows in found.groupby("window", sort=False)]


def _window(fit: Fit, name: str, rows: pd.DataFrame) -> Html:
    walks = rows[rows["forecaster"] == _WALK].set_index(["series", "year"])["median"]
    own = rows[rows["forecaster"] == MODEL]
    inside = truth_of(own["inside"])
    cells = []
    for row, held in zip(own.itertuples(), inside, strict=True):
        walk = walks.get((row.series, row.year))
        cells.append(
            [
                f"{series_words(str(row.series), fit.scm)}, {row.statistic}",
                str(row.year),
                figure(float(str(row.outcome))),
                f"{figure(float(str(row.median)))} "
                f"({figure(float(str(row.lower)))}; {figure(float(str(row.upper)))})",
                "inside" if held else "OUTSIDE",
                "" if walk is None else figure(float(walk)),
            ]
        )
    specs = load_back_tests()
    title = specs[name].title if name in specs else name.replace("_", " ")
    return table(
        title,
        ["Series", "Year", "Came", "Predicted, median and interval", "Result", "Random walk"],
        cells,
        numeric=(2, 3, 5),
        cards=True,
    )
