"""What the brief says, as numbers: computed once from a fit, before a word of any language.

Effects are those of ``effects.csv``, yearly figures those of `report.annual`. What is not there
(tests that were not run, beliefs that were not fitted) is None and is said to be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.outside_forecasts import load_outside_forecasts, newest_forecasts
from sanctions_model.economies.russia import ANNUAL
from sanctions_model.elsewhere.prediction import predictive_table
from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit, data_checksum
from sanctions_model.queries.basis import Basis
from sanctions_model.queries.effects import channel_effects, total_effect
from sanctions_model.queries.reading.tables import effects_table
from sanctions_model.report.annual import annual_table
from sanctions_model.report.brief.failures import Failures, failures_of
from sanctions_model.scm.interventions import Relief
from sanctions_model.summaries import IntervalRule, interval, interval_rule
from sanctions_model.units import effect_in_percent

HEADLINE = "gdp_level"
OUTCOMES = (
    "gdp_level",
    "price_level",
    "key_rate",
    "real_lending_rate",
    "import_level",
    "real_wage_level",
    "rouble",
)
YEARLY = ("gdp_level", "price_level", "key_rate")
HORIZON, _FAN = 12, 20
_YEARS = 4
AUTHORS = "the sanctions_model developers"  # as in CITATION.cff
_LIFTING, _YEARS_AFTER = "settlement, all senders", 3


class Range(NamedTuple):
    """A median and the ends of its interval."""

    median: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """What a fit says about full relief of all measures, and how well it can be believed.

    `effects`: rows of ``effects.csv`` about full relief, channels included. `effect`: effect draws
    in percent or points, dims ``(outcome, horizon, chain, draw)``. `rests_on`: ``identified``,
    ``mixed`` or ``assumed`` for each outcome after `HORIZON` periods. `annual`: from
    `report.annual.annual_table`. `instead`: the headline's median with half the recoverable share
    (``half_share``), half the speed of recovery (``half_speed``) and without its largest channel
    (``no_channel``). `channel`: the largest channel of the headline, empty where the model names
    none. `elsewhere`: what liftings in other countries did to output after three years, in %.
    `rule`: of the intervals.
    """

    fit: Fit
    effects: pd.DataFrame
    effect: xr.DataArray
    rests_on: Mapping[str, str]
    annual: pd.DataFrame
    instead: Mapping[str, float]
    channel: str
    elsewhere: Range
    failures: Failures
    rule: IntervalRule

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes of the brief that the model has."""
        return tuple(str(name) for name in self.effect[dims.OUTCOME].to_numpy())

    def after(self, outcome: str) -> Range:
        """Return an effect after `HORIZON` periods, as in ``effects.csv``."""
        return self._row(outcome, "total")

    def _row(self, outcome: str, channel: str) -> Range:
        rows = self.effects
        own = rows[(rows["outcome"] == outcome) & (rows["horizon"] == HORIZON)]
        found = own[own["channel"] == channel].iloc[0]
        return Range(*(float(found[part]) for part in Range._fields))

    def prob_above(self, outcome: str) -> float:
        """Return P(effect > 0) after `HORIZON` periods."""
        at = self.effect.sel({dims.OUTCOME: outcome, dims.HORIZON: HORIZON})
        return float((at > 0).mean())

    @cached_property
    def first_period(self) -> pd.Period:
        """The first period of the relief: the one after the last of the data."""
        last = pd.Timestamp(str(self.fit.problem.cases.time[-1]))
        frequency = {4: "Q", 12: "M"}.get(self.fit.scm.periods_per_year, "Y")
        return pd.Period(last, freq=frequency) + 1

    @property
    def last_period(self) -> pd.Period:
        """The period that the effects of the headline are read in."""
        return self.first_period + HORIZON - 1

    def figure(self, outcome: str, source: str, year: int) -> Range | None:
        """Return a yearly figure, None where nobody gives one."""
        rows = self.annual
        own = rows[(rows["outcome"] == outcome) & (rows["source"] == source)]
        own = own[own["year"] == year]
        if own.empty:
            return None
        return Range(*(float(own.iloc[0][part]) for part in Range._fields))

    @cached_property
    def years(self) -> list[int]:
        """Calendar years of the table."""
        return sorted(int(year) for year in self.annual["year"].unique())

    @cached_property
    def published(self) -> dict[str, str]:
        """Newest date of each outside forecaster in the table."""
        rows = self.annual[self.annual["published"].astype(str) != ""]
        return {str(name): str(own["published"].max()) for name, own in rows.groupby("source")}

    @cached_property
    def unverified(self) -> bool:
        """Whether some outside figure was not read at its source."""
        newest = newest_forecasts(load_outside_forecasts())
        names = [ANNUAL[name][1] for name in YEARLY]
        own = newest[newest["variable"].isin(names) & newest["year"].isin(self.years)]
        return bool((own["quality"] == "unverified").any())

    @cached_property
    def recoverable(self) -> tuple[float, float]:
        """Smallest and largest median share of what a measure took that relief gives back."""
        shares = self.fit.draws["recoverable_share"].median((dims.CHAIN, dims.DRAW))
        return float(shares.min()), float(shares.max())

    @property
    def vintage(self) -> str:
        """Name of the data's vintage, empty where the fit was made of other data."""
        found = (self.fit.manifest.get("inputs") or {}).get("vintage")
        return str(found["name"]) if found else ""

    @property
    def checksum(self) -> str:
        """First digits of the hash of the data, as every page and `run` have them."""
        return data_checksum(self.fit.manifest)

    @property
    def made(self) -> str:
        """Day on which the fit was made."""
        return str(self.fit.manifest["created"])[:10]

    @property
    def version(self) -> str:
        """Version of the program."""
        return version("sanctions-model")


def brief_facts(fit: Fit, folder: Path, validation: Path | None = None) -> Facts:
    """Ask a fit everything that the brief says.

    `folder`: results folder of the fit: ``alternatives.csv`` is read there if it exists.
    `validation`: folder that ``sanctions-model validate`` wrote. Raises `QuestionError` if the fit
    has no posterior, or the model no measures or no output.
    """
    scm = fit.scm
    if fit.is_prior_only:
        raise QuestionError(
            "The brief quotes a posterior, and this fit has draws of the prior alone; make one "
            "with `sanctions-model run`."
        )
    if HEADLINE not in scm.variables:
        raise QuestionError(f"The model has no {HEADLINE!r}, which the brief is about.")
    relief = scm.relief()
    outcomes = [name for name in OUTCOMES if name in scm.variables]
    effect = _effect(fit, fit.draws, relief, outcomes)
    before = _effect(fit, fit.prior_draws, relief, outcomes)
    basis = Basis.of_fit(fit)
    at = {dims.HORIZON: HORIZON}
    effects = effects_table(
        scm, fit.draws, reliefs=(relief,), horizons=(HORIZON,), outcomes=outcomes
    )
    channel, without = _without_largest(fit, relief, effects)
    return Facts(
        fit=fit,
        effects=effects,
        effect=effect,
        rests_on={
            name: str(
                basis.of(
                    before.sel({dims.OUTCOME: name, **at}), effect.sel({dims.OUTCOME: name, **at})
                )["basis"]
            )
            for name in outcomes
        },
        annual=annual_table(
            fit,
            relief,
            years=_YEARS,
            quoted={name: ANNUAL[name] for name in YEARLY if name in scm.variables},
            random_seed=int(fit.manifest["settings"]["random_seed"]),
        ),
        instead={
            "half_share": _halved(fit, relief, "recoverable_share"),
            "half_speed": _halved(fit, relief, "recovery_speed"),
            "no_channel": without,
        },
        channel=channel,
        elsewhere=_elsewhere(),
        failures=failures_of(fit, folder, validation),
        rule=interval_rule(),
    )


def _effect(fit: Fit, draws: xr.Dataset, relief: Relief, outcomes: list[str]) -> xr.DataArray:
    found = total_effect(fit.scm, draws, relief, horizon=_FAN, outcomes=outcomes)
    parts = [
        effect_in_percent(found.sel({dims.OUTCOME: [name]}), fit.scm.variables[name])
        for name in outcomes
    ]
    return xr.concat(parts, dims.OUTCOME)


def _median(draws: xr.DataArray) -> float:
    return float(interval(draws).sel(summary="median"))


def _halved(fit: Fit, relief: Relief, name: str) -> float:
    """Median of the headline with every recovery halved in share or in speed."""
    draws = fit.draws.assign({name: fit.draws[name] * 0.5})
    found = _effect(fit, draws, relief, [HEADLINE])
    return _median(found.isel({dims.OUTCOME: 0}).sel({dims.HORIZON: HORIZON}))


def _without_largest(fit: Fit, relief: Relief, effects: pd.DataFrame) -> tuple[str, float]:
    """Name the headline's largest channel, and its median without it."""
    rows = effects[(effects["outcome"] == HEADLINE) & effects["channel"].isin(fit.scm.entries)]
    if rows.empty:
        return "", float("nan")
    channel = str(rows["channel"].iloc[int(rows["median"].abs().to_numpy().argmax())])
    parts = channel_effects(fit.scm, fit.draws, relief, horizon=HORIZON, outcomes=[HEADLINE])
    at = parts.isel({dims.OUTCOME: 0}).sel({dims.HORIZON: HORIZON})
    rest = at.sel({dims.CHANNEL: "total"}) - at.sel({dims.CHANNEL: channel})
    return channel, _median(effect_in_percent(rest, fit.scm.variables[HEADLINE]))


def _elsewhere() -> Range:
    table = predictive_table()
    own = table[(table["lifting"] == _LIFTING) & (table["outcome"] == "gdp")]
    row = own[own["year"] == _YEARS_AFTER].iloc[0]
    return Range(*(float(row[part]) for part in Range._fields))


def horizon_places(facts: Facts) -> np.ndarray:
    """Return the fan's periods on an axis of years, the last period before relief first.

    Returns: years with their fraction, shape ``(horizon + 1,)``.
    """
    per_year = facts.fit.scm.periods_per_year
    first = facts.first_period
    start = first.year + (first.month - 1) / 12
    return start + (np.arange(facts.effect.sizes[dims.HORIZON] + 1) - 1) / per_year
