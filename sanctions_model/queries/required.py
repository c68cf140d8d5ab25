"""The relief that a target requires.

*Required relief*: the smallest depth of a uniform relief such that
``P(target met on the simulated path, when asked) >= p``, parameters and shocks drawn together. A
target is met in every period of a window, on average over it, in one period or by it. All depths
meet the same shocks (common random numbers). *Frontier*: the same for a second measure at each
depth of a first one.

Everything after the effective measures is linear, and an effective measure is linear in the depth
as long as the measure rises in the same periods. Depths that share these periods are read off two
simulated paths (three for two measures), draw by draw; where an effective measure is not linear
each depth is simulated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_number
from sanctions_model.errors import QuestionError, shown
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.effects import relief_paths
from sanctions_model.queries.forecasts import last_known_period, settled, simulate
from sanctions_model.queries.reading.headlines import spoken_label
from sanctions_model.queries.reading.windows import Window
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.units import Kept, in_percent
from sanctions_model.wording import chance, percent, true_minus, upper_first

_STEP = 0.01
_DEPTHS = np.round(np.arange(0.0, 1.0 + _STEP / 2, _STEP), 2)
# Scenarios simulated at once, so that memory does not grow with their number.
_SHARE = "a number between 0 and 1, as in 0.8"
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A value that an outcome is to reach.

    Parameters
    ----------
    outcome : str
        Variable or level.
    value : float
        In the unit of the outcome; in percent where the outcome is in log points.
    below : bool
        True if the target is met at or below the value, False at or above.
    when : str
        ``through 5-8`` (in every one of these periods), ``on average over 5-8``, ``in 8`` or ``by
        8`` (at some point up to then).
    probability : float
        In (0, 1).

    Raises
    ------
    QuestionError
        If the probability is outside (0, 1), or `when` is of another form.
    """

    outcome: str
    value: float
    below: bool
    when: str
    probability: float

    def __post_init__(self) -> None:
        probability = as_number(self.probability, "The probability", expected=_SHARE)
        if not 0 < probability < 1:
            raise QuestionError(f"Probability {probability:g}; expected {_SHARE}.")
        object.__setattr__(self, "probability", probability)
        object.__setattr__(self, "value", as_number(self.value, "The target"))
        Window.parse(self.when)

    @property
    def window(self) -> Window:
        """When the target is to be met."""
        return Window.parse(self.when)

    def met(self, paths: np.ndarray, unit: str | Kept = "") -> np.ndarray:
        """Return whether paths, period first and in `unit`, meet the target when asked."""
        return self.window.met(in_percent(paths, unit), self.value, below=self.below)


@dataclass(frozen=True, kw_only=True)
class RequiredRelief:
    """What a target requires of relief.

    Parameters
    ----------
    target : Target
        What was asked.
    depths : numpy.ndarray
        The depths tried, 0 to 1 in steps of 0.01.
    probability : numpy.ndarray
        P(target met) at each depth.
    standard_error : numpy.ndarray
        Of each probability, over draws.
    goal : str
        The target in words; empty where nobody knows what its outcome is called.
    """

    target: Target
    depths: np.ndarray
    probability: np.ndarray
    standard_error: np.ndarray
    goal: str = ""

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
        return f"{self.said(self.goal)}."

    def said(self, goal: str = "") -> str:
        """Say how much relief makes the target as probable as was asked.

        Parameters
        ----------
        goal : str
            The target in words, as in "the key rate is at most 12 % a year in 2028Q1"; by its
            variable's name by default.

        Returns
        -------
        str
            Without a full stop, as a title has it.
        """
        at, depths = self.target, self.depths
        size = true_minus(f"{at.value:g}")
        bound = f"{at.outcome} is at {'most' if at.below else 'least'} {size}"
        goal = goal or f"{bound} {at.window.words()}"
        asked, without = f"a probability of {at.probability:g}", chance(self.probability[0])
        if self.smallest is None:
            best = int(np.argmax(self.probability))
            short = at.probability - self.probability[best]
            near = short < 2 * self.standard_error[best]
            close = ", within two standard errors of it" if near else ""
            return (
                f"{upper_first(asked)} that {goal} is out of reach: the best is "
                f"{chance(self.probability[best])}{close}, at a relief of {percent(depths[best])}; "
                f"without relief it is {without}"
            )
        if self.smallest == 0 and len(self.sufficient) == 1:
            return f"Without any relief {goal} with a probability of {without}"
        pieces = [f"{percent(low)} to {percent(high)}" for low, high in self.sufficient]
        relief = percent(self.smallest) if len(pieces) == 1 else " and of ".join(pieces)
        return f"With a relief of {relief} {goal} with {asked}; without relief it is {without}"

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
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    target : Target
        Outcome, value, time and probability.
    relief : Relief, optional
        Measures, start and ramp; its depth is what is sought, so that one which states another
        than all is refused. All measures in four steps by default.
    random_seed : int
        Of the shocks.

    Returns
    -------
    RequiredRelief
        With P at every depth, so that a P that is not monotone shows.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown, or the relief states a depth.
    ObservationError
        If the data nowhere give the state that a future starts from.
    """
    relief = problem.scm.relief(relief)
    if relief.depth != 1.0:
        raise QuestionError(
            f"A relief of depth {relief.depth:g}; expected none stated: the depth is what is "
            "sought, from 0 to 1."
        )
    met = _met(problem, draws, target, [relief], _DEPTHS[:, None], random_seed)
    probability = met.mean(axis=-1)
    error = np.sqrt(probability * (1 - probability) / met.shape[-1])
    last = problem.cases.time[last_known_period(problem, [target.outcome])]
    return RequiredRelief(
        target=target,
        depths=_DEPTHS.copy(),
        probability=probability,
        standard_error=error,
        goal=goal_words(target, problem.scm, str(last)[:10]),
    )


def goal_words(target: Target, scm: StructuralCausalModel, start: str = "") -> str:
    """Say a target in words, with the dates of its window where the last known period is given."""
    window, unit = target.window, scm.variables[target.outcome].short_unit
    when = window.dated_words(start, scm.periods_per_year) if start else ""
    size = true_minus(f"{target.value:g} {unit}".strip())
    return (
        f"{spoken_label(scm, target.outcome)} is at {'most' if target.below else 'least'} {size} "
        f"{when or window.words(scm.period_name)}"
    )


@dataclass(frozen=True)
class _Piece:
    """Scenarios whose paths are a weighted sum of those of a few among them.

    `rows`: the scenarios. `corners`: the scenarios to simulate: a reference, then one for each
    direction. `weights`: how far each scenario is from the reference to each other corner; ``(row,
    direction)``.
    """

    rows: np.ndarray
    corners: np.ndarray
    weights: np.ndarray


def _met(
    problem: Problem,
    draws: xr.Dataset,
    target: Target,
    reliefs: Sequence[Relief],
    depths: np.ndarray,
    random_seed: int,
) -> np.ndarray:
    """Whether the target is met at depths ``(scenario, relief)``; shape ``(scenario, draw)``."""
    paths: dict[str, np.ndarray] = {}
    problem.scm.require(target.outcome, "the outcomes")
    horizon, unit = target.window.last, problem.scm.variables[target.outcome]
    for relief, column in zip(reliefs, depths.T, strict=True):
        paths |= _at_depths(problem, relief, column, horizon)
    met = np.empty((len(depths), draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]), dtype=bool)
    for batch in _batches(_pieces(problem, target, paths, depths)):
        corners = np.concatenate([piece.corners for piece in batch])
        futures = simulate(
            problem,
            draws,
            horizon=horizon,
            exogenous={name: path[corners] for name, path in paths.items()},
            random_seed=random_seed,
            outcomes=[target.outcome],
        )
        simulated = futures.to_numpy().reshape(len(corners), horizon, -1)
        first = 0
        for piece in batch:
            own = simulated[first : first + len(piece.corners)]
            first += len(piece.corners)
            changes = own[1:] - own[0]
            for row, weights in zip(piece.rows, piece.weights, strict=True):
                path = own[0]
                for weight, change in zip(weights, changes, strict=True):
                    path = path + weight * change
                met[row] = target.met(path, unit)
    return met


def _at_depths(
    problem: Problem, relief: Relief, depths: np.ndarray, horizon: int
) -> dict[str, np.ndarray]:
    """Return the measures' paths at each depth, shape ``(scenario, horizon)``."""
    few, place = np.unique(depths, return_inverse=True)
    scm = settled(problem)
    paths = [
        relief_paths(scm, replace(relief, depth=float(depth)), horizon, problem.last_values)
        for depth in few
    ]
    return {name: np.stack([path[name] for path in paths])[place] for name in relief.measures}


def _pieces(
    problem: Problem, target: Target, paths: Mapping[str, np.ndarray], depths: np.ndarray
) -> Iterator[_Piece]:
    """Split the scenarios into pieces on which every path is linear in the depths."""
    last = last_known_period(problem, [target.outcome])
    rises, may_rise = [np.zeros((len(depths), 1), dtype=bool)], True
    for name in set(paths) & set(problem.scm.relieved):
        past = problem.cases.values[name][: last + 1]  # noqa: PD011 (a mapping, not a frame)
        before = np.full((len(depths), 1), past[-1])
        rises.append(np.diff(np.concatenate([before, paths[name]], axis=1)) > 0)
        # A measure that was never relieved is at its peak and as effective as in force.
        may_rise &= not np.any(np.diff(past) < 0)
    kinds, kind = np.unique(np.concatenate(rises, axis=1), axis=0, return_inverse=True)
    for number in range(len(kinds)):
        rows = np.flatnonzero(kind.ravel() == number)
        # Imposing again what was relieved before the rise has a kink where it meets the peak.
        one_way = all((np.diff(pattern[rows[0]].astype(int)) <= 0).all() for pattern in rises)
        never = not kinds[number].any()
        piece = _spanned(rows, depths) if never or (one_way and may_rise) else None
        if piece is not None:
            yield piece
            continue
        for row in rows:
            yield _Piece(np.array([row]), np.array([row]), np.zeros((1, 0)))


def _spanned(rows: np.ndarray, depths: np.ndarray) -> _Piece | None:
    """Span scenarios by one of them and the farthest along each relief; None if that fails."""
    away = depths[rows] - depths[rows[0]]
    corners, weights = [rows[0]], []
    for column, distance in enumerate(away.T):
        if not distance.any():
            continue
        along = np.flatnonzero(~np.delete(away, column, axis=1).any(axis=1))
        farthest = along[np.argmax(np.abs(distance[along]))]
        if distance[farthest] == 0:
            return None
        corners.append(rows[farthest])
        weights.append(distance / distance[farthest])
    return _Piece(rows, np.array(corners), np.array(weights).reshape(len(weights), len(rows)).T)


def _batches(pieces: Iterator[_Piece]) -> Iterator[list[_Piece]]:
    """Gather pieces that are simulated together."""
    batch: list[_Piece] = []
    for piece in pieces:
        batch.append(piece)
        if sum(len(piece.corners) for piece in batch) >= _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


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

    The other measures stay.

    Parameters
    ----------
    problem, draws, target
        As for `required_relief`.
    measures : tuple of two str
        The first and the second measure.
    ramp : int
        Equal steps in which a relief is reached, at least 1.
    random_seed : int
        Of the shocks.

    Returns
    -------
    pandas.DataFrame
        Columns: the first measure's relief (0 to 1 in steps of 0.05), the second's smallest
        sufficient relief (empty where none suffices), ``probability`` there or at full relief of
        the second.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown, or the two measures are the same.
    ObservationError
        If the data nowhere give the state that a future starts from.
    """
    first, second = measures
    if first == second:
        raise QuestionError(f"The frontier needs two different measures, got {shown(first)} twice.")
    along = np.round(np.linspace(0, 1, 21), 2)
    pairs = np.stack([grid.ravel() for grid in np.meshgrid(along, _DEPTHS, indexing="ij")], axis=1)
    reliefs = [Relief(ramp=ramp, measures=(name,)) for name in measures]
    met = _met(problem, draws, target, reliefs, pairs, random_seed)
    rows = []
    for depth, probability in zip(
        along, met.mean(axis=-1).reshape(len(along), len(_DEPTHS)), strict=True
    ):
        enough = np.flatnonzero(probability >= target.probability)
        at = int(enough[0]) if enough.size else len(_DEPTHS) - 1
        rows.append(
            {
                first: float(depth),
                second: float(_DEPTHS[at]) if enough.size else np.nan,
                "probability": float(probability[at]),
            }
        )
    return pd.DataFrame(rows)
