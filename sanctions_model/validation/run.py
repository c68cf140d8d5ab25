"""All checks of one fit, part by part: what the report of `validation_report` is made from.

Parts that answer from the fit alone cost seconds. Back-tests, rolling origins and calibration refit
the model. Each part is a table, written to its own file with a key of what it
was made from, program and data included, so that a stopped validation goes on where it stopped.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr

from sanctions_model.coercion import as_whole
from sanctions_model.data.bundled import data_path
from sanctions_model.data.observations import load_observations
from sanctions_model.errors import QuestionError
from sanctions_model.files import whole_file
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.refits import SamplingSettings
from sanctions_model.queries.claims import scorecard
from sanctions_model.queries.reading.tables import links_table
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.periods import read_period
from sanctions_model.scm.serialization import content_hash
from sanctions_model.validation.backtests import BackTestResult, run_back_test
from sanctions_model.validation.calibration import (
    Calibration,
    relief_quantities,
    simulation_based_calibration,
    uniformity,
)
from sanctions_model.validation.headline import headline_table, sensitivity_table, stability_table
from sanctions_model.validation.origins.rolling import rolling_scores
from sanctions_model.validation.predictive import leave_one_out_cells, predictive_table
from sanctions_model.validation.published_effects import totals_table
from sanctions_model.validation.sanity import sanity_checks
from sanctions_model.validation.stated_backtests import BackTest, load_back_tests
from sanctions_model.validation.windows import training_observations, training_problem
from sanctions_model.waiting import Waiting

_LOG = logging.getLogger(__name__)
_MOST_DATA_SETS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much a validation computes.

    `data_sets`: simulated for the calibration of the model; 0 leaves it out. `first_origin`,
    `last_origin`: quarters of the first and last rolling origin. `every`: quarters from one origin
    to the next.
    """

    data_sets: int = 60
    first_origin: str = "2017Q4"
    last_origin: str = "2024Q4"
    every: int = 2
    random_seed: int = 20260101

    def __post_init__(self) -> None:
        as_whole(self.data_sets, "The number of data sets", least=0, most=_MOST_DATA_SETS)
        as_whole(self.every, "The number of quarters between two origins", least=1)
        as_whole(self.random_seed, "The random seed", least=0)
        if not self.origins:
            raise QuestionError(
                f"No origin lies between {self.first_origin} and {self.last_origin}; give a later "
                "last one."
            )

    @property
    def origins(self) -> list[str]:
        """Last quarters of the training windows."""
        ends = read_period(self.first_origin, 4), read_period(self.last_origin, 4, end=True)
        periods = pd.period_range(*ends, freq="Q")
        return [str(period) for period in periods[:: self.every]]


@dataclass(frozen=True, kw_only=True)
class Validation:
    """Tables by part, and what they were made from."""

    fit: Fit
    plan: Plan
    tables: Mapping[str, pd.DataFrame]


def validate(
    fit: Fit,
    plan: Plan | None = None,
    *,
    folder: Path | None = None,
    quick: bool = False,
    with_minnesota: bool = True,
) -> Validation:
    """Run every check of a fit of the bundled data.

    Parameters
    ----------
    fit : Fit
        With a posterior.
    plan : Plan, optional
        Numbers of simulated data sets and of rolling origins.
    folder : path, optional
        Where parts are written as they are done; a part found there that was made from the same
        fit and plan, by the same version of package and data, is taken as it is.
    quick : bool
        Leave out what samples: back-tests, rolling origins and calibration.
    with_minnesota : bool
        Whether the vector autoregression of the extra ``bench`` takes part.

    Returns
    -------
    Validation
        Tables by part, and what they were made from.

    Raises
    ------
    QuestionError
        If the fit has no posterior.
    """
    if fit.is_prior_only:
        raise QuestionError(
            "The fit has prior draws alone, which say nothing of data; make one with "
            "`sanctions-model run`."
        )
    plan = plan or Plan()
    work = _Work(fit, plan, with_minnesota)
    parts = {**work.from_the_fit()} | ({} if quick else work.from_refits())
    tables: dict[str, pd.DataFrame] = {}
    made_of = {"fit": fit.manifest["created"], "program": _program()}
    for name, (scope, make) in parts.items():
        key = content_hash({**made_of, "part": name, "scope": scope})
        found = _kept(folder, name, key)
        if found is None:
            _LOG.info("%s ...", name.replace("_", " "))
            found = make()
            _keep(folder, name, key, found)
        tables[name] = found
    return Validation(fit=fit, plan=plan, tables=tables)


type _Parts = dict[str, tuple[Mapping[str, object], Callable[[], pd.DataFrame]]]


class _Work:
    """The parts of a validation, each a function of no arguments."""

    def __init__(self, fit: Fit, plan: Plan, with_minnesota: bool) -> None:  # noqa: FBT001
        self.fit, self.plan, self.with_minnesota = fit, plan, with_minnesota

    def from_the_fit(self) -> _Parts:
        fit, seed = self.fit, {"seed": self.plan.random_seed}
        problem, before, after = fit.problem, fit.prior_draws, fit.draws
        return {
            "sanity": ({}, lambda: sanity_checks(problem, before, after)),
            "totals": ({}, lambda: totals_table(fit.scm, before, after)),
            "claims": (
                seed,
                lambda: scorecard(problem, before, after, random_seed=self.plan.random_seed),
            ),
            "links": (
                {},
                lambda: links_table(fit.scm, problem.absolute, before, after, problem=problem),
            ),
            "headline": ({}, lambda: headline_table(fit)),
            "sensitivity": ({}, lambda: sensitivity_table(fit)),
            "stability": ({}, lambda: stability_table(fit)),
            "cells": (seed, lambda: self._cells),
            "predictive": (
                seed,
                lambda: predictive_table(
                    problem, before, after, self._cells, random_seed=self.plan.random_seed
                ),
            ),
        }

    @cached_property
    def _cells(self) -> pd.DataFrame:
        return leave_one_out_cells(
            self.fit.problem, self.fit.draws, random_seed=self.plan.random_seed
        )

    def from_refits(self) -> _Parts:
        seed = {"seed": self.plan.random_seed, "minnesota": self.with_minnesota}
        parts: _Parts = {}
        for name, spec in load_back_tests().items():
            words = {"title", "published", "comment"}
            asked = {**seed, "spec": spec.model_dump(mode="json", exclude=words)}
            parts[f"backtest_{name}_quarterly"] = (asked, self._back_test(name, spec, "quarterly"))
            parts[f"backtest_{name}_annual"] = (asked, self._back_test(name, spec, "annual"))
            if spec.variant:
                parts[f"backtest_{name}_variants"] = (
                    asked,
                    self._back_test(name, spec, "variants"),
                )
        origins = {**seed, "origins": self.plan.origins}
        parts["rolling"] = (origins, self._rolling)
        if self.plan.data_sets > 0:
            sets = {**seed, "data_sets": self.plan.data_sets}
            parts["ranks"] = (sets, lambda: self._ranks)
            parts["calibration"] = (sets, self._calibration_table)
        return parts

    @cached_property
    def _observations(self) -> xr.Dataset:
        return load_observations(scm=self._scm)

    @cached_property
    def _scm(self):  # type: ignore[no-untyped-def]  # the model before data set its centres
        return self.fit.scm.with_centres({})

    @cached_property
    def _results(self) -> dict[str, BackTestResult]:
        return {}

    def _result(self, name: str, spec: BackTest) -> BackTestResult:
        if name not in self._results:
            self._results[name] = run_back_test(
                spec,
                self._scm,
                self._observations,
                self.fit.problem.priors,
                settings=SamplingSettings(
                    draws=1000, tune=1000, chains=4, random_seed=self.plan.random_seed
                ),
                with_minnesota=self.with_minnesota,
            )
        return self._results[name]

    def _back_test(self, name: str, spec: BackTest, table: str) -> Callable[[], pd.DataFrame]:
        return lambda: getattr(self._result(name, spec), table)

    def _rolling(self) -> pd.DataFrame:
        return rolling_scores(
            self._observations,
            self._scm,
            self.fit.problem.priors,
            origins=self.plan.origins,
            settings=SamplingSettings(random_seed=self.plan.random_seed),
            with_minnesota=self.with_minnesota,
            notify=self._tell_origin,
        )

    def _tell_origin(self, origin: str) -> None:
        origins = self.plan.origins
        done = origins.index(origin) if origin in origins else 0
        self._waiting(done, len(origins))

    @cached_property
    def _waiting(self) -> Waiting:
        return Waiting(_LOG.info, "rolling origins")

    @cached_property
    def _calibrated(self) -> Calibration:
        quantities = relief_quantities(
            Relief(),
            outcomes=("price_level", "key_rate", "gdp_level", "rouble", "credit_level"),
            horizons=(4, 12),
        )
        # The longest window without completed cells.
        window = training_observations(self._observations, self._scm, self.plan.last_origin)
        problem = training_problem(self._scm, window, self.fit.problem.priors)
        waiting = Waiting(_LOG.info, "simulated data sets")
        waiting(0, self.plan.data_sets)
        return simulation_based_calibration(
            problem,
            data_sets=self.plan.data_sets,
            quantities=quantities,
            random_seed=self.plan.random_seed,
            notify=lambda done: waiting(done, self.plan.data_sets),
        )

    @property
    def _ranks(self) -> pd.DataFrame:
        ranks = self._calibrated.ranks
        names = [str(name) for name in ranks["quantity"].to_numpy()]
        return pd.DataFrame(ranks.to_numpy(), columns=names)

    def _calibration_table(self) -> pd.DataFrame:
        found = self._calibrated
        table = uniformity(found).reset_index()
        return table.assign(data_sets=found.data_sets, divergences=found.divergences)


def _program() -> str:
    """Hash of the package and its data: parts made by another one are not taken as they are."""
    digest = hashlib.sha256()
    package, data = Path(__file__).parents[1], data_path("datapackage.json").parent
    for file in sorted([*package.rglob("*.py"), *data.glob("*.*")]):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _kept(folder: Path | None, name: str, key: str) -> pd.DataFrame | None:
    if folder is None:
        return None
    table = folder / f"{name}.csv"
    if not table.is_file() or _notes(folder).get(name) != key:
        return None
    # Empty words are words, not missing numbers.
    return pd.read_csv(table, keep_default_na=False, na_values=["nan"])


def _notes(folder: Path) -> dict[str, str]:
    """Keys of the parts in a folder; none where the note is missing or no JSON."""
    try:
        found = json.loads((folder / "parts.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(folder: Path | None, name: str, key: str, table: pd.DataFrame) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / f"{name}.csv") as part:
        table.to_csv(part, index=False, na_rep="nan")
    noted = _notes(folder) | {name: key}
    with whole_file(folder / "parts.json") as part:
        part.write_text(json.dumps(noted, indent=2) + "\n", encoding="utf-8")
