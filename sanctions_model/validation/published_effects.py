"""Published totals beside what the model implies for the same experiment.

Each total of ``data/published_totals.toml`` is a number or a range from the literature with the
experiment that comes nearest to it: measures put in force or lifted, a premium scaled to a size, a
shock. The model answers it from prior and posterior draws, and is judged by distance, see `misses`.
*Inside*: the model's median lies in the published range, or its interval holds the published
number. Totals that the model cannot answer, or that contradict one another, stay in the table
with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.data.tables import parse_table, read_content
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError, UnknownVariableError, first_fault
from sanctions_model.fields import Flag, Number, Whole
from sanctions_model.files import read_tables
from sanctions_model.queries.estimands import ScaledTo
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.summaries import IntervalRule, interval, interval_rule
from sanctions_model.validation.misses import distance, is_inside

__all__ = [
    "COLUMNS",
    "Experiment",
    "PublishedTotals",
    "Total",
    "implied_total",
    "load_published_totals",
    "totals_table",
]

COLUMNS = (
    "number",
    "title",
    "published",
    "unit",
    "experiment",
    "horizon",
    "published_lower",
    "published_upper",
    "prior_median",
    "prior_lower",
    "prior_upper",
    "median",
    "lower",
    "upper",
    "verdict",
    "z",
    "miss",
    "size",
    "used_for_priors",
    "reason",
    "evidence",
)
_PARTS = ("median", "lower", "upper")

type _Levels = str | Mapping[str, Number]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Shock(_Table):
    variable: str
    path: tuple[Number, ...]


class Experiment(_Table):
    """What is done to the model.

    Parameters
    ----------
    title : str
    before, after : str or mapping of str to float, optional
        Measures without and with the change: a quarter of the bundled measures, or levels.
    shock : table, optional
        A stochastic variable and its shocks, one a period, in place of measures.
    closed : tuple of str
        Links through which nothing passes.
    open : tuple of str
        If given, the only links through which anything passes.
    scaled_to : table, optional
        Scale the answer so that this variable's own effect at the horizon has this size.
    otherwise : tuple of table
        Further forms, for models that lack a part: what each states replaces what is stated here,
        and the first one that a model has all parts of is done to it.
    """

    title: str
    before: _Levels | None = None
    after: _Levels | None = None
    shock: _Shock | None = None
    closed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    scaled_to: ScaledTo | None = None
    otherwise: tuple[Mapping[str, Any], ...] = ()

    @property
    def forms(self) -> tuple[Self, ...]:
        """The experiment itself, then its further forms."""
        own = self.model_dump(exclude={"otherwise"})
        return (self, *(self.model_validate({**own, **other}) for other in self.otherwise))

    def lacking(self, scm: StructuralCausalModel) -> tuple[str, list[str]] | None:
        """Name of the first part that a model has not, with those that it has."""
        scaled = [] if self.scaled_to is None else [self.scaled_to.variable]
        labels = sorted(scm.closable)
        parts = [(name, list(scm.variables)) for name in scaled]
        parts += [(label, labels) for label in (*self.open, *self.closed)]
        if self.shock is not None:
            parts.append((self.shock.variable, list(scm.stochastic)))
        return next(((name, known) for name, known in parts if name not in known), None)

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        measures = self.before is not None and self.after is not None
        if measures == (self.shock is not None) or (self.before is None) != (self.after is None):
            raise ValueError("give before and after, or a shock")
        if self.closed and self.open:
            raise ValueError("give closed or open links, not both")
        return self


class Total(_Table):
    """A published total and where the model's answer is read.

    Parameters
    ----------
    number : int
        Totals that belong together share it.
    title, published : str
        What is asked, and the published figures in words.
    unit : str
    lower, upper : float, optional
        The published range; equal for a single number, absent where there is none.
    experiment, outcome : str, optional
        Absent where the model cannot answer.
    horizon : int, optional
        Periods from the change.
    divided_by : float
        For totals a year.
    evidence : tuple of str
        Ids of ``evidence.csv``.
    used_for_priors : bool
        Whether the total was in sight when the priors were set.
    reason : str
        Why it is inside, outside or not answered.
    reasons : mapping of str to str
        The same for a model of another name, where it differs.
    """

    number: Whole = Field(ge=1)
    title: str
    published: str
    unit: str
    lower: Number | None = None
    upper: Number | None = None
    experiment: str | None = None
    outcome: str | None = None
    horizon: Whole | None = Field(default=None, ge=1)
    divided_by: Number = 1.0
    evidence: tuple[str, ...]
    used_for_priors: Flag
    reason: str
    reasons: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        asked = (self.experiment, self.outcome, self.horizon, self.lower, self.upper)
        if any(part is None for part in asked) and any(part is not None for part in asked):
            raise ValueError("give experiment, outcome, horizon, lower and upper, or none of them")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower {self.lower} is above upper {self.upper}")
        return self


@dataclass(frozen=True, kw_only=True)
class PublishedTotals:
    """Totals and their experiments, by name."""

    experiments: Mapping[str, Experiment]
    totals: Mapping[str, Total]


def load_published_totals(path: Path | str | None = None) -> PublishedTotals:
    """Read published totals from a TOML file.

    Parameters
    ----------
    path : path, optional
        The bundled file by default.

    Returns
    -------
    PublishedTotals
        Totals and the experiments that come nearest to them, by name.

    Raises
    ------
    QuestionError
        If the file cannot be read, a table is wrong or an experiment is not there; the message
        names the place.
    UnknownVariableError
        If an evidence id is unknown.

    Examples
    --------
    >>> len({total.number for total in load_published_totals().totals.values()})
    20
    """
    file = data_path("published_totals.toml") if path is None else Path(path)
    experiments = {
        name: _read_experiment(table, f"{file.name}: [experiment.{name}]")
        for name, table in read_tables(file, "experiment", optional=True).items()
    }
    totals = {
        name: _read(Total, table, f"{file.name}: [total.{name}]")
        for name, table in read_tables(file, "total").items()
    }
    known = load_evidence()
    for name, total in totals.items():
        if total.experiment is not None and total.experiment not in experiments:
            raise QuestionError(
                f"{file.name}: [total.{name}]: there is no experiment {total.experiment!r}; "
                f"there is {', '.join(experiments)}."
            )
        for source in total.evidence:
            if source not in known:
                raise UnknownVariableError.from_name(
                    source, known.ids, f"{file.name}: [total.{name}]: evidence"
                )
    return PublishedTotals(experiments=experiments, totals=totals)


def _read[T: BaseModel](model: type[T], table: object, place: str) -> T:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise QuestionError(f"{place}: {first_fault(error)}.") from None


def _read_experiment(table: object, place: str) -> Experiment:
    """Return an experiment, its further forms proved as it is itself."""
    found = _read(Experiment, table, place)
    own = found.model_dump(exclude={"otherwise"})
    others = [_read(Experiment, {**own, **form}, f"{place}: otherwise") for form in found.otherwise]
    for form in (found, *others):
        for levels in (form.before, form.after):
            if levels is not None:
                _levels(levels, place)
    return found


def _levels(levels: _Levels, where: str = "an experiment") -> dict[str, float]:
    """Return measures by name; a quarter means that of the bundled table."""
    if not isinstance(levels, str):
        for name in levels:
            if name not in MEASURES:
                raise UnknownVariableError.from_name(name, MEASURES, f"{where}: measures")
        return {name: float(levels.get(name, 0.0)) for name in MEASURES}
    quarters, columns = _bundled_measures()
    if levels not in quarters:
        raise QuestionError(
            f"{where}: the quarter is {levels!r}; expected one from {quarters[0]} to "
            f"{quarters[-1]}, as in '2015Q1'."
        )
    place = quarters.index(levels)
    return {name: float(columns[name].to_numpy()[place]) for name in MEASURES}


@cache
def _bundled_measures() -> tuple[list[str], dict[str, pd.Series]]:
    file = data_path("measures.csv")
    index, columns = parse_table(read_content(file), file.name)
    return [str(period) for period in index], columns


def implied_total(
    scm: StructuralCausalModel, draws: xr.Dataset, experiment: Experiment, total: Total
) -> xr.DataArray:
    """Return what the model says of a published total.

    Parameters
    ----------
    scm : StructuralCausalModel
        Whose equations are asked.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    experiment : Experiment
    total : Total
        With an experiment.

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw)``, in the unit of the total.

    Raises
    ------
    QuestionError, UnknownVariableError
        If the total has no experiment, or a name is unknown.
    """
    if total.outcome is None or total.horizon is None:
        raise QuestionError(f"The total {total.title!r} has no experiment to run.")
    horizon = total.horizon
    outcomes = [total.outcome]
    experiment = _form_for(scm, experiment)
    if experiment.scaled_to is not None:
        outcomes.append(experiment.scaled_to.variable)
    closed = frozenset(experiment.closed)
    if experiment.open:
        closed = scm.closable - frozenset(experiment.open)
    paths: dict[str, np.ndarray] | None = None
    before: dict[str, float] | None = None
    shocks: dict[str, np.ndarray] | None = None
    if experiment.shock is not None:
        path = np.zeros(horizon)
        given = experiment.shock.path[:horizon]
        path[: len(given)] = given
        shocks = {experiment.shock.variable: path}
    else:
        before = _levels(experiment.before or {})
        after = _levels(experiment.after or {})
        paths = {name: np.full(horizon, level) for name, level in after.items()}
    found = respond(
        scm,
        draws,
        horizon=horizon,
        paths=paths,
        baseline=before,
        shocks=shocks,
        closed=[closed],
        outcomes=outcomes,
    )
    at_end = found.isel({dims.SCENARIO: 0}).sel({dims.HORIZON: horizon}, drop=True)
    answer = at_end.sel({dims.OUTCOME: total.outcome}, drop=True)
    if experiment.scaled_to is not None:
        own = at_end.sel({dims.OUTCOME: experiment.scaled_to.variable}, drop=True)
        answer = answer / own * experiment.scaled_to.size
    return (answer / total.divided_by).rename("total")


def _form_for(scm: StructuralCausalModel, experiment: Experiment) -> Experiment:
    """Return the first form whose parts the model has."""
    for form in experiment.forms:
        if form.lacking(scm) is None:
            return form
    name, known = experiment.lacking(scm) or ("", [])
    raise UnknownVariableError.from_name(name, known, f"the experiment {experiment.title!r}")


def _not_asked(scm: StructuralCausalModel, experiment: Experiment, total: Total) -> str:
    """Say what a model lacks for a total, empty where it can answer."""
    lacks = [form.lacking(scm) for form in experiment.forms]
    if None not in lacks:
        return f"not asked of this model: it has no {lacks[0][0]!r}"  # type: ignore[index]
    if total.outcome in scm.variables:
        return ""
    return f"not asked of this model: it has no {total.outcome!r}"


def totals_table(
    scm: StructuralCausalModel,
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None = None,
    totals: PublishedTotals | None = None,
) -> pd.DataFrame:
    """Compare the model with every published total, before and after the data.

    Intervals are equal-tailed.

    Parameters
    ----------
    scm : StructuralCausalModel
        Quarterly, with the five measures.
    prior_draws : xr.Dataset
        Dims ``(chain, draw)``.
    draws : xr.Dataset, optional
        Posterior draws; without them the verdict is on the prior.
    totals : PublishedTotals, optional
        The bundled ones by default.

    Returns
    -------
    pandas.DataFrame
        Columns as in `COLUMNS`; ``verdict`` is ``inside``, ``outside`` or ``not answered``, ``z``
        the distance in standard deviations, ``miss`` ``hard``, ``soft`` or empty, and ``size`` of a
        miss ``too small`` or ``too large``.

    Raises
    ------
    QuestionError
        If the model is not quarterly.
    """
    if scm.periods_per_year != 4:
        raise QuestionError(
            f"The model has {scm.periods_per_year} periods a year; the published totals are read "
            "at quarters."
        )
    totals = totals or load_published_totals()
    rule = IntervalRule(interval_rule().prob, "eti")
    rows = []
    for total in totals.totals.values():
        row: dict[str, object] = {
            "number": total.number,
            "title": total.title,
            "published": total.published,
            "unit": total.unit,
            "experiment": "",
            "horizon": total.horizon,
            "published_lower": total.lower,
            "published_upper": total.upper,
            "verdict": "not answered",
            "miss": "",
            "size": "",
            "used_for_priors": total.used_for_priors,
            "reason": " ".join((total.reasons.get(scm.name) or total.reason).split()),
            "evidence": ", ".join(total.evidence),
        }
        rows.append(row)
        if total.experiment is not None:
            experiment = totals.experiments[total.experiment]
            row["experiment"] = experiment.title
            if reason := _not_asked(scm, experiment, total):
                row["reason"] = reason
                continue
            sources = {"prior_": prior_draws} | ({} if draws is None else {"": draws})
            for prefix, sample in sources.items():  # the one judged comes last
                summary = interval(implied_total(scm, sample, experiment, total), rule)
                parts = [float(summary.sel(summary=part)) for part in _PARTS]
                row |= {prefix + part: value for part, value in zip(_PARTS, parts, strict=True)}
            assert total.lower is not None
            assert total.upper is not None
            published, model = (total.lower, total.upper), (parts[0], parts[1], parts[2])
            row["verdict"] = "inside" if is_inside(published, model) else "outside"
            row |= distance(published, model, rule.prob)
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))
