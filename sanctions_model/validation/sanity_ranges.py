"""Sanity checks of mechanisms: ranges that published estimates or judgement give for each.

``data/ranges.toml`` states them: experiments, as published totals and implied quantities state
theirs, numbers that are read off each, and where they must lie. What divides one experiment by
another is code. Ranges were stated for quarters; a model that lacks a part of every form of an
experiment is not asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Self

import numpy as np
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.fields import Number, Whole
from sanctions_model.errors import QuestionError, UnknownVariableError, first_fault
from sanctions_model.files import read_tables
from sanctions_model.queries.estimands import (
    Effect,
    Experiment,
    form_for,
    load_quantities,
    not_asked,
)
from sanctions_model.scm.graph import Edge
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.surgery import with_parameters
from sanctions_model.summaries import IntervalRule, interval
from sanctions_model.validation.published_effects import load_experiments

_SETTLED = 80  # quarters after which no state moves any more
# The bounds of the checks were stated for these quantiles; a check names the one that it reads.
_RULE = IntervalRule(0.9, "eti")
_DECIMALS = 2


class Bounds(BaseModel):
    """Where a number must lie; a bound that is not given is infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lower: Number = -np.inf
    upper: Number = np.inf

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.lower <= self.upper:
            raise ValueError(f"lower {self.lower:g} is above upper {self.upper:g}")
        return self


class Share(Bounds):
    """The least share of draws in which a number lies between two."""

    at_least: Number = Field(ge=0, le=1)


class Range(BaseModel):
    """One number that is read off an experiment, and where it must lie.

    `read`: the outcome at the horizon, or its peak up to there. `less`, `over`: an earlier horizon
    that is taken off or divided by. `distance_to`: another outcome. `median`, `interval`: bounds of
    the median and of the interval's ends.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    outcome: str
    horizon: Whole = Field(ge=1)
    read: Literal["value", "peak", "quarter of the peak"] = "value"
    less: Whole | None = Field(default=None, ge=1)
    over: Whole | None = Field(default=None, ge=1)
    distance_to: str | None = None
    median: Bounds | None = None
    interval: Bounds | None = None
    share: Share | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.median is None and self.interval is None and self.share is None:
            raise ValueError("give where it must lie: median, interval or share")
        return self

    @property
    def outcomes(self) -> list[str]:
        """What must be simulated."""
        return [self.outcome, *([self.distance_to] if self.distance_to else [])]

    def value(self, response: xr.DataArray) -> xr.DataArray:
        """Read the number off a response, draw by draw: dims ``(chain, draw)``."""
        path = response.sel({dims.OUTCOME: self.outcome}, drop=True)
        until = path.sel({dims.HORIZON: slice(1, self.horizon)})
        if self.read == "peak":
            return until.max(dims.HORIZON)
        if self.read == "quarter of the peak":
            return until.argmax(dims.HORIZON) + 1
        found = path.sel({dims.HORIZON: self.horizon}, drop=True)
        if self.less is not None:
            found = found - path.sel({dims.HORIZON: self.less}, drop=True)
        if self.over is not None:
            found = found / path.sel({dims.HORIZON: self.over}, drop=True)
        if self.distance_to is not None:
            at = {dims.OUTCOME: self.distance_to, dims.HORIZON: self.horizon}
            found = abs(found - response.sel(at, drop=True))
        return found

    def findings(self, check: str, response: xr.DataArray, note: str) -> list["Finding"]:
        """Return the number's median, ends or share, each with its bounds."""
        values = self.value(response)
        found = []
        if self.median is not None:
            found.append(median(check, self.what, values, self.median, note))
        if self.interval is not None:
            found += ends(check, self.what, values, self.interval, note)
        if self.share is not None:
            holds = (values >= self.share.lower) & (values <= self.share.upper)
            found.append(
                Finding(
                    check=check,
                    what=f"{self.what}, share of draws",
                    value=float(holds.mean()),  # for a draw that is no number it does not hold
                    lower_bound=self.share.at_least,
                    upper_bound=1.0,
                )
            )
        return found


class Check(BaseModel):
    """An experiment with the ranges of what is read off it.

    `fixed`: parameters that have one value in all draws, by address. `stated_for`: the experiment
    that the ranges were stated for, where it is another one. `note`: why a value may lie outside;
    ``{here}`` and ``{stated}`` become the measures of the two experiments.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    experiment: str
    fixed: Mapping[str, Number] = {}
    stated_for: str | None = None
    note: str = ""
    range: tuple[Range, ...] = Field(min_length=1)

    def not_asked(self, scm: StructuralCausalModel, experiment: Experiment) -> str:
        """Return why a model cannot be asked, in words; empty where it can."""
        outcomes = [name for asked in self.range for name in asked.outcomes]
        lacking = [name for name in outcomes if name not in scm.variables]
        lacking += [name for name in self.fixed if name not in addresses(scm)]
        own = f"not asked of this model: it has no {lacking[0]!r}" if lacking else ""
        return not_asked(scm, experiment) or own


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One number and the range in which it must lie; `note` says why it may lie outside."""

    check: str
    what: str
    value: float
    lower_bound: float = -np.inf
    upper_bound: float = np.inf
    note: str = ""

    @property
    def inside(self) -> bool:
        """Whether the value lies in its range; a value that is no number does not."""
        return bool(self.lower_bound <= self.value <= self.upper_bound)


def median(check: str, what: str, values: xr.DataArray, bounds: Bounds, note: str = "") -> Finding:
    """Median over the draws."""
    return Finding(
        check=check,
        what=f"{what}, median",
        value=float(interval(values, _RULE).sel(summary="median")),
        lower_bound=bounds.lower,
        upper_bound=bounds.upper,
        note=note,
    )


def ends(
    check: str, what: str, values: xr.DataArray, bounds: Bounds, note: str = ""
) -> list[Finding]:
    """Return the interval's ends that have a bound, at the decimals in which bounds are stated."""
    summary = interval(values, _RULE)
    return [
        Finding(
            check=check,
            what=f"{what}, {percent} % quantile",
            value=round(float(summary.sel(summary=end)), _DECIMALS),
            lower_bound=bounds.lower,
            upper_bound=bounds.upper,
            note=note,
        )
        for percent, end in ((5, "lower"), (95, "upper"))
        if np.isfinite(getattr(bounds, end))
    ]


def unasked(check: str, reason: str) -> Finding:
    """Return the line of a check that a model cannot be asked."""
    return Finding(check=check, what="nothing asked", value=np.nan, note=reason)


def load_ranges(path: Path | None = None) -> tuple[Mapping[str, Check], Mapping[str, Experiment]]:
    """Read the checks, and every experiment that they may name.

    Raises `QuestionError` if a file cannot be read, a table is wrong or an experiment is not there.
    """
    file = path or data_path("ranges.toml")
    known = {**_shared_experiments(), **load_experiments(file)}
    checks = {}
    for name, table in read_tables(file, "check").items():
        try:
            checks[name] = Check.model_validate(table)
        except ValidationError as error:
            place = f"{file.name}: [check.{name}]"
            raise QuestionError(f"{place}: {first_fault(error, Check)}.") from None
        for used in {checks[name].experiment, checks[name].stated_for} - {None, *known}:
            raise QuestionError(f"{file.name}: [check.{name}]: there is no experiment {used!r}.")
    return checks, known


@cache
def _shared_experiments() -> Mapping[str, Experiment]:
    """Return the effects among the implied quantities, and the experiments of published totals."""
    asked = {name: each for name, each in load_quantities().items() if isinstance(each, Effect)}
    return {**asked, **load_experiments(data_path("published_totals.toml"))}


_bundled = cache(load_ranges)


def range_findings(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Return every range of the file with what the draws say; a line for what a model lacks."""
    checks, experiments = _bundled()
    found = []
    for check in checks.values():
        experiment = experiments[check.experiment]
        if reason := check.not_asked(scm, experiment):
            found.append(unasked(check.label, reason))
            continue
        response = form_for(scm, experiment).response(
            scm,
            with_parameters(scm, draws, check.fixed) if check.fixed else draws,
            list(dict.fromkeys(name for asked in check.range for name in asked.outcomes)),
            max(asked.horizon for asked in check.range),
        )
        note = check.note
        if check.stated_for:
            stated, here = experiments[check.stated_for].after or {}, experiment.after or {}
            note = note.format(
                here=", ".join(f"{name} {size:.2f}" for name, size in here.items()),
                stated=", ".join(f"{name} {size:g}" for name, size in stated.items()),
            )
        for asked in check.range:
            found += asked.findings(check.label, response, note)
    return found


def premium_removed(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Compare the share of the premium that relief removes with what can be given back.

    Raises `UnknownVariableError` if the model has no import premium that measures make.
    """
    check = "premium removed by full relief"
    links = _premium_links(scm)
    measures = [scm.effective[link.parent].recovers_as for link in links]
    parts = draws["coefficient"].sel({dims.LINK: [link.label for link in links]})
    parts = parts.drop_vars(dims.LINK)
    recoverable = draws["recoverable_share"].sel({dims.MEASURE: measures})
    recoverable = recoverable.drop_vars(dims.MEASURE).rename({dims.MEASURE: dims.LINK})
    possible = (parts * recoverable).sum(dims.LINK) / parts.sum(dims.LINK)
    _, experiments = _bundled()
    outcome = "import_premium"
    premium = experiments["full_imposition"].effect(scm, draws, outcome, _SETTLED)
    relief = experiments["relief_in_steps"].response(scm, draws, [outcome], 40)
    removed = {
        quarters: -relief.sel({dims.OUTCOME: outcome, dims.HORIZON: quarters}, drop=True) / premium
        for quarters in (8, 40)
    }
    return [
        median(check, "share after 8 quarters", removed[8], Bounds(lower=0.35, upper=0.55)),
        median(
            check,
            "recoverable share less that after 40",
            possible - removed[40],
            Bounds(lower=0.0, upper=0.03),
        ),
    ]


def _premium_links(scm: StructuralCausalModel) -> list[Edge]:
    """Return the links from measures to the premium, or to the index that it is a multiple of."""
    for name in ("import_premium", "premium_index"):
        if found := [link for link in scm.links if link.child == name]:
            return found
    children = sorted({link.child for link in scm.links})
    raise UnknownVariableError.from_name("import_premium", children, "a sanity check")
