"""Published totals beside what the model implies for the same experiment.

Each total of ``data/published_totals.toml`` is a number or a range from the literature with the
experiment that comes nearest to it: measures put in force or lifted, a premium scaled to a size, a
shock. The model answers it from prior and posterior draws, and is judged by distance, see
`summaries.distance`. Totals that the model cannot answer, or that contradict one another, stay in
the table with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.data.fields import Flag, Number, Whole
from sanctions_model.data.tables import parse_table, read_content
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError, UnknownVariableError, first_fault, shown
from sanctions_model.files import read_tables
from sanctions_model.queries.estimands import Experiment, form_for, not_asked, stated
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, distance, interval, interval_rule

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

_EXPERIMENT = TypeAdapter(Experiment)


class Total(BaseModel):
    """A published total and where the model's answer is read.

    `number`: totals that belong together share it. `title`, `published`: what is asked, and the
    published figures in words. `lower`, `upper`: the published range; equal for a single number,
    absent where there is none. `experiment`, `outcome`: absent where the model cannot answer.
    `horizon`: periods from the change. `divided_by`: for totals a year. `evidence`: ids of
    ``evidence.csv``. `used_for_priors`: whether the total was in sight when the priors were set.
    `reason`: why it is inside, outside or not answered. `reasons`: the same for a model of another
    name, where it differs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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
    experiments = load_experiments(file)
    totals = {
        name: _total(table, f"{file.name}: [total.{name}]")
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


def load_experiments(file: Path) -> dict[str, Experiment]:
    """Read the tables ``[experiment.NAME]`` of a file, by name; there may be none."""
    return {
        name: _experiment(table, f"{file.name}: [experiment.{name}]")
        for name, table in read_tables(file, "experiment", optional=True).items()
    }


def _total(table: object, place: str) -> Total:
    try:
        return Total.model_validate(table)
    except ValidationError as error:
        raise QuestionError(f"{place}: {first_fault(error, Total)}.") from None


def _experiment(table: Any, place: str) -> Experiment:
    """Read an experiment whose measures may be those of a quarter of the bundled table."""
    if isinstance(table, Mapping):
        table = {
            key: _levels(value, place) if key in {"before", "after"} else value
            for key, value in table.items()
        }
    return stated(table, _EXPERIMENT, place)


def _levels(levels: object, place: str) -> object:
    """Return measures by name; a quarter means that of the bundled table."""
    if isinstance(levels, Mapping):
        for name in levels:
            if name not in MEASURES:
                raise UnknownVariableError.from_name(str(name), MEASURES, f"{place}: measures")
    if not isinstance(levels, str):
        return levels
    quarters, columns = _bundled_measures()
    if levels not in quarters:
        raise QuestionError(
            f"{place}: the quarter is {shown(levels)}; expected one from {quarters[0]} to "
            f"{quarters[-1]}, as in '2015Q1'."
        )
    at = quarters.index(levels)
    return {name: float(columns[name].to_numpy()[at]) for name in MEASURES}


@cache
def _bundled_measures() -> tuple[list[str], dict[str, pd.Series]]:
    file = data_path("measures.csv")
    index, columns = parse_table(read_content(file), file.name)
    return [str(period) for period in index], columns


def implied_total(
    scm: StructuralCausalModel, draws: xr.Dataset, experiment: Experiment, total: Total
) -> xr.DataArray:
    """Return what the model says of a published total.

    `total`: with an experiment. Returns: dims ``(chain, draw)``, in the unit of the total. Raises
    `QuestionError` or `UnknownVariableError` if the total has no experiment, or a name is unknown.
    """
    if total.outcome is None or total.horizon is None:
        raise QuestionError(f"The total {total.title!r} has no experiment to run.")
    form = form_for(scm, experiment)
    answer = form.effect(scm, draws, total.outcome, total.horizon)
    return (answer / total.divided_by).rename("total")


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
            row["experiment"] = experiment.label
            lacks = not_asked(scm, experiment)
            if not lacks and total.outcome not in scm.variables:
                lacks = f"not asked of this model: it has no {total.outcome!r}"
            if lacks:
                row["reason"] = lacks
                continue
            sources = {"prior_": prior_draws} | ({} if draws is None else {"": draws})
            for prefix, sample in sources.items():  # the one judged comes last
                summary = interval(implied_total(scm, sample, experiment, total), rule)
                parts = [float(summary.sel(summary=part)) for part in _PARTS]
                row |= {prefix + part: value for part, value in zip(_PARTS, parts, strict=True)}
            assert total.lower is not None
            assert total.upper is not None
            published, model = (total.lower, total.upper), (parts[0], parts[1], parts[2])
            row |= distance(published, model, rule.prob)
            row["verdict"] = "outside" if row["miss"] else "inside"
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))
