"""Scenarios from files, and the relief that a target requires.

*Required relief*: the smallest depth of a uniform relief such that
``P(target met in at least one period <= h on the same simulated path) >= p``, parameters and
shocks drawn together. All depths meet the same shocks (common random numbers).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model import dims
from sanctions_model.conditional import Condition
from sanctions_model.effects import relief_paths
from sanctions_model.errors import QuestionError
from sanctions_model.forecasts import simulate
from sanctions_model.interventions import Intervention, Relief, ScaleBy, SetTo, ShiftBy
from sanctions_model.problem import Problem

__all__ = [
    "RequiredRelief",
    "Scenario",
    "Target",
    "load_scenario",
    "relief_frontier",
    "required_relief",
    "scenario_effect",
]

FORMAT_VERSION = 1
_STEP = 0.01


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A value that an outcome is to reach.

    Parameters
    ----------
    outcome : str
        Variable or level.
    value : float
    below : bool
        True if the target is met at or below the value, False at or above.
    within : int
        Periods.
    probability : float
        In (0, 1).

    Raises
    ------
    QuestionError
        If the probability is outside (0, 1) or `within` below 1.
    """

    outcome: str
    value: float
    below: bool
    within: int
    probability: float

    def __post_init__(self) -> None:
        if not 0 < self.probability < 1:
            raise QuestionError(
                f"Probability {self.probability}; expected a number between 0 and 1, as in 0.8."
            )
        if not np.isfinite(self.value):
            raise QuestionError(f"A target of {self.value}; expected a finite number.")
        if self.within < 1:
            raise QuestionError(f"Within {self.within} periods; expected at least 1.")

    def met(self, paths: xr.DataArray) -> xr.DataArray:
        """Whether each path meets the target in at least one period."""
        reached = paths <= self.value if self.below else paths >= self.value
        return reached.any(dims.HORIZON)


@dataclass(frozen=True, kw_only=True)
class RequiredRelief:
    """What a target requires of relief.

    Parameters
    ----------
    target : Target
    depths : numpy.ndarray
        The depths tried, 0 to 1 in steps of 0.01.
    probability : numpy.ndarray
        P(target met) at each depth.
    standard_error : numpy.ndarray
        Of each probability, over draws.
    """

    target: Target
    depths: np.ndarray
    probability: np.ndarray
    standard_error: np.ndarray

    @property
    def sufficient(self) -> tuple[tuple[float, float], ...]:
        """Intervals of depth at which the probability is reached; one where P is monotone."""
        enough = self.probability >= self.target.probability
        edges = np.flatnonzero(np.diff(np.concatenate([[False], enough, [False]]).astype(int)))
        return tuple(
            (float(self.depths[first]), float(self.depths[last - 1]))
            for first, last in edges.reshape(-1, 2)
        )

    @property
    def smallest(self) -> float | None:
        """The smallest sufficient depth, None if the target is out of reach."""
        return self.sufficient[0][0] if self.sufficient else None

    @property
    def verdict(self) -> str:
        """The answer in a sentence."""
        goal = f"{self.target.outcome} {'<=' if self.target.below else '>='} {self.target.value:g}"
        asked = f"{goal} within {self.target.within} periods with P >= {self.target.probability:g}"
        best = int(np.argmax(self.probability))
        if self.smallest is None:
            short = self.target.probability - self.probability[best]
            near = short < 2 * self.standard_error[best]
            close = ", within two standard errors of it" if near else ""
            return (
                f"{asked} is out of reach: the best is P = {self.probability[best]:.2f} "
                f"(s.e. {self.standard_error[best]:.3f}){close}, at a relief of "
                f"{self.depths[best]:.2f}; without relief P = {self.probability[0]:.2f}."
            )
        at = int(np.argmin(np.abs(self.depths - self.smallest)))
        found = f"P = {self.probability[at]:.2f}, s.e. {self.standard_error[at]:.3f}"
        if len(self.sufficient) > 1:
            pieces = " and ".join(f"{low:.2f} to {high:.2f}" for low, high in self.sufficient)
            return f"{asked} holds for relief of {pieces} (P is not monotone in the relief)."
        without = f"without relief P = {self.probability[0]:.2f}"
        return f"{asked} requires a relief of {self.smallest:.2f} ({found}; {without})."

    def to_frame(self) -> pd.DataFrame:
        """Return depths, probabilities and standard errors as a table."""
        return pd.DataFrame(
            {
                "relief": self.depths,
                "probability": self.probability,
                "standard_error": self.standard_error,
                "sufficient": self.probability >= self.target.probability,
            }
        )


def required_relief(
    problem: Problem,
    draws: xr.Dataset,
    target: Target,
    *,
    relief: Relief | None = None,
    random_seed: int,
) -> RequiredRelief:
    """Find the smallest uniform relief that meets a target with a probability.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    target : Target
    relief : Relief, optional
        Measures, start and ramp; its depth is what is sought. All measures in four steps by
        default.
    random_seed : int

    Returns
    -------
    RequiredRelief
        With P at every depth, so that a P that is not monotone shows.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown.
    """
    relief = relief or Relief()
    depths = np.round(np.arange(0.0, 1.0 + _STEP / 2, _STEP), 2)
    stacked = _at_depths(problem, relief, depths, target.within)
    met = _met(problem, draws, target, stacked, random_seed)
    probability = met.mean(axis=-1)
    error = np.sqrt(probability * (1 - probability) / met.shape[-1])
    return RequiredRelief(
        target=target, depths=depths, probability=probability, standard_error=error
    )


def _at_depths(
    problem: Problem, relief: Relief, depths: Sequence[float] | np.ndarray, horizon: int
) -> dict[str, np.ndarray]:
    paths = [
        relief_paths(
            problem.scm,
            Relief(
                depth=float(depth), ramp=relief.ramp, start=relief.start, measures=relief.measures
            ),
            horizon,
            problem.last_values,
        )
        for depth in depths
    ]
    return {name: np.stack([path[name] for path in paths]) for name in relief.measures}


def _met(
    problem: Problem,
    draws: xr.Dataset,
    target: Target,
    paths: Mapping[str, np.ndarray],
    random_seed: int,
) -> np.ndarray:
    """Whether each scenario's path meets the target, shape ``(scenario, draw)``."""
    futures = simulate(
        problem,
        draws,
        horizon=target.within,
        exogenous=paths,
        random_seed=random_seed,
        outcomes=[target.outcome],
    )
    met = target.met(futures.isel({dims.OUTCOME: 0})).to_numpy()
    return np.asarray(met.reshape(met.shape[0], -1))


def relief_frontier(
    problem: Problem,
    draws: xr.Dataset,
    target: Target,
    measures: tuple[str, str],
    *,
    ramp: int = 4,
    random_seed: int,
) -> pd.DataFrame:
    """Return the smallest relief of a second measure for each relief of a first one.

    The other measures stay. 21 x 101 scenarios are simulated, in slices.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    target : Target
    measures : tuple of two str
    ramp : int
    random_seed : int

    Returns
    -------
    pandas.DataFrame
        Columns: the first measure's relief (0 to 1 in steps of 0.05), the second's smallest
        sufficient relief (empty where none suffices), ``probability`` there or at full relief of
        the second.

    Raises
    ------
    QuestionError
        If the two measures are the same.
    """
    first, second = measures
    if first == second:
        raise QuestionError(f"The frontier needs two different measures, got {first!r} twice.")
    depths = np.round(np.arange(0.0, 1.0 + _STEP / 2, _STEP), 2)
    along = _at_depths(problem, Relief(ramp=ramp, measures=(second,)), depths, target.within)
    rows = []
    for depth in np.round(np.linspace(0, 1, 21), 2):
        fixed = _at_depths(problem, Relief(ramp=ramp, measures=(first,)), [depth], target.within)
        paths = {first: np.repeat(fixed[first], len(depths), axis=0), **along}
        probability = _met(problem, draws, target, paths, random_seed).mean(axis=-1)
        enough = np.flatnonzero(probability >= target.probability)
        at = int(enough[0]) if enough.size else len(depths) - 1
        rows.append(
            {
                first: float(depth),
                second: float(depths[at]) if enough.size else np.nan,
                "probability": float(probability[at]),
            }
        )
    return pd.DataFrame(rows)


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
