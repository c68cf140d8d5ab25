"""What failed, in numbers: forecasts tested on the past, published effects, other beliefs.

Everything is computed from the fit or read from a file that was made from it; what is neither is
None.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.inference.fit import Fit
from sanctions_model.report.sections.tested import read_back_tests
from sanctions_model.report.validation.words import is_older, truth_of
from sanctions_model.validation.origins.rolling import MODEL
from sanctions_model.validation.published_effects import (
    PublishedTotals,
    load_published_totals,
    totals_table,
)


@dataclass(frozen=True, slots=True)
class BackTests:
    """Yearly outcomes of the windows tested, and how many lay outside the interval."""

    outside: int
    tested: int


@dataclass(frozen=True, slots=True)
class Published:
    """Published effects that the model answers, how many it misses, and on which side."""

    outside: int
    answered: int
    too_small: int
    not_answered: int


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Medians of output under a sceptic's and an optimist's beliefs, in %."""

    sceptic: float
    optimist: float
    horizon: int


@dataclass(frozen=True, slots=True)
class Failures:
    """What failed; None where it was not asked."""

    back_tests: BackTests | None
    published: Published | None
    beliefs: Beliefs | None


def failures_of(fit: Fit, folder: Path, validation: Path | None) -> Failures:
    """Collect what failed.

    `folder`: results folder of the fit. `validation`: folder that ``sanctions-model validate``
    wrote; taken if it is about this fit.
    """
    return Failures(
        back_tests=None if validation is None else _back_tests(fit, validation),
        published=_published(fit),
        beliefs=_beliefs(fit, folder / "alternatives.csv"),
    )


def _back_tests(fit: Fit, folder: Path) -> BackTests | None:
    rows = read_back_tests(fit, folder)
    if rows is None:
        return None
    own = rows[rows["forecaster"] == MODEL]
    inside = truth_of(own["inside"])
    return BackTests(outside=int((~inside).sum()), tested=len(own))


def _published(fit: Fit) -> Published | None:
    """Ask each published total alone: another economy lacks the links of some of them."""
    if fit.scm.periods_per_year != 4:
        return None
    every = load_published_totals()
    verdicts, sizes = list[str](), list[str]()
    for name, total in every.totals.items():
        one = PublishedTotals(experiments=every.experiments, totals={name: total})
        try:
            row = totals_table(fit.scm, fit.prior_draws, fit.posterior_draws, one).iloc[0]
        except (UnknownVariableError, QuestionError):
            verdicts.append("not answered")
            continue
        verdicts.append(str(row["verdict"]))
        if row["verdict"] == "outside":
            sizes.append(str(row["size"]))
    missing = verdicts.count("not answered")
    return Published(
        outside=verdicts.count("outside"),
        answered=len(verdicts) - missing,
        too_small=sizes.count("too small"),
        not_answered=missing,
    )


def _beliefs(fit: Fit, file: Path) -> Beliefs | None:
    """Read what ``scripts/what_it_rests_on.py`` found with other beliefs, if about this fit."""
    if not file.is_file() or is_older(file, fit):
        return None
    table = pd.read_csv(file)
    own = table[(table["outcome"] == "gdp_level") & table["converged"].astype(bool)]
    found = {str(row["alternative"]): row for _, row in own.iterrows()}
    if not {"sceptic", "optimist"} <= set(found):
        return None
    sceptic, optimist = found["sceptic"], found["optimist"]
    return Beliefs(
        sceptic=float(sceptic["median"]),
        optimist=float(optimist["median"]),
        horizon=int(sceptic["horizon"]),
    )
