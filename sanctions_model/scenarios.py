"""Scenarios: named interventions, conditions and shocks to leave out, from files, and their effect.

This module knows no targets; see `required` for those.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model import dims
from sanctions_model.conditional import Condition
from sanctions_model.errors import QuestionError
from sanctions_model.forecasts import simulate
from sanctions_model.interventions import Intervention, ScaleBy, SetTo, ShiftBy
from sanctions_model.problem import Problem

__all__ = [
    "Scenario",
    "load_scenario",
    "scenario_effect",
]

FORMAT_VERSION = 1


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    variable: str
    value: float | tuple[float, ...]
    start: int = Field(default=1, ge=1)
    stop: int | None = Field(default=None, ge=1)


class _Set(_Entry):
    kind: Literal["set"]


class _Shift(_Entry):
    kind: Literal["shift"]


class _Scale(_Entry):
    kind: Literal["scale"]


class _ConditionEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    variable: str
    values: dict[int, float]


class Scenario(BaseModel):
    """A named set of interventions, conditions and shocks to leave out, as a TOML file states it.

    Parameters
    ----------
    format_version : int
        1.
    label : str
    intervention : tuple
        ``kind`` is ``set``, ``shift`` or ``scale``; ``value`` a number or a path; ``start`` and
        ``stop`` periods counted from 1.
    condition : tuple
        ``variable`` and ``values`` by period, for conditional forecasts.
    absorbing : tuple of str
        Shocks that meet the conditions; all by default.
    without_shocks : tuple of str
        For counterfactuals.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1]
    label: str = Field(min_length=1)
    intervention: tuple[Annotated[_Set | _Shift | _Scale, Field(discriminator="kind")], ...] = ()
    condition: tuple[_ConditionEntry, ...] = ()
    absorbing: tuple[str, ...] | None = None
    without_shocks: tuple[str, ...] = ()

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """The interventions as the kernel takes them."""
        kinds: dict[str, type[SetTo | ShiftBy | ScaleBy]]
        kinds = {"set": SetTo, "shift": ShiftBy, "scale": ScaleBy}
        return tuple(
            kinds[entry.kind](
                variable=entry.variable, value=entry.value, start=entry.start, stop=entry.stop
            )
            for entry in self.intervention
        )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions as `conditional_forecast` takes them."""
        return tuple(Condition(variable=c.variable, values=c.values) for c in self.condition)


def load_scenario(path: Path | str) -> Scenario:
    """Read a scenario file.

    Raises
    ------
    QuestionError
        If it is missing, no TOML, or not of the schema; the message names file, place and reason.
    """
    file = Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuestionError(
            f"Cannot read {file}: {error.strerror}; give a scenario file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuestionError(f"{file.name} is not a TOML file: {error}.") from None
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise QuestionError(f"{file.name}: {place}: {first['msg']}.") from None


def scenario_effect(
    problem: Problem,
    draws: xr.Dataset,
    interventions: Sequence[Intervention],
    *,
    horizon: int,
    random_seed: int,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Difference that interventions make to simulated futures, the shocks being the same.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    interventions : sequence of Intervention
        On exogenous and endogenous variables alike.
    horizon : int
    random_seed : int
        Of the shocks, which matter only where an intervention sets or scales an endogenous
        variable.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``.

    Raises
    ------
    QuestionError
        If there is no intervention.
    UnknownVariableError
        If a name is unknown.
    """
    if not interventions:
        raise QuestionError("No intervention; give at least one.")

    def futures(edits: Sequence[Intervention]) -> xr.DataArray:
        return simulate(
            problem,
            draws,
            horizon=horizon,
            interventions=edits,
            random_seed=random_seed,
            outcomes=outcomes,
        ).isel({dims.SCENARIO: 0})

    return (futures(interventions) - futures(())).rename("effect")
