"""What can be done to a variable over a horizon: set, shift, scale; and relief of measures.

Periods of a horizon count from 1, the first period after the last observed one. This module knows
no equations and no draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Protocol

import numpy as np

from sanctions_model.coercion import as_names, as_number, as_number_or_path, as_whole
from sanctions_model.errors import QuestionError, shown
from sanctions_model.wording import significant

# Far beyond what linear equations say anything about; more would fill the memory. A path by itself
# may be longer: a steady state is seen there.
LONGEST_HORIZON, LONGEST_PATH = 400, 1000
# What a relief lifts where it names no measure: all of the model that is asked.
ALL_MEASURES = ("*",)
# Effects are linear in the depth: of less they are 0.00 everywhere, and their signs rounding.
_LEAST_DEPTH = 1e-6


class Intervention(Protocol):
    """Anything that changes a variable's value within a window of periods."""

    @property
    def variable(self) -> str:
        """The variable acted on."""

    def apply(self, values: np.ndarray, period: int) -> np.ndarray:
        """Return the values of `period` (counted from 1) after the intervention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """A value or a path over a window of periods.

    `value`: a tuple is a path from `start` on; its last value is held. `start`, `stop`: first and
    last period, counted from 1; `stop` None means to the end of the horizon. Raises `QuestionError`
    if the window is empty, starts before period 1, or a value is not finite.
    """

    variable: str
    value: float | tuple[float, ...]
    start: int = 1
    stop: int | None = None

    def __post_init__(self) -> None:
        where = f"{type(self).__name__} on {shown(self.variable)}"
        value = as_number_or_path(self.value, f"{where}: value")
        start = as_whole(self.start, f"{where}: start")
        stop = None if self.stop is None else as_whole(self.stop, f"{where}: stop")
        if start < 1 or (stop is not None and stop < start):
            raise QuestionError(
                f"{where}: periods {start} to {stop}; "
                "expected 1 <= start <= stop, counted from the first future period."
            )
        for name, checked in (("value", value), ("start", start), ("stop", stop)):
            object.__setattr__(self, name, checked)

    def at(self, period: int) -> float | None:
        """Return the value in force in `period`, None outside the window."""
        if period < self.start or (self.stop is not None and period > self.stop):
            return None
        if isinstance(self.value, tuple):
            return self.value[min(period - self.start, len(self.value) - 1)]
        return self.value


class SetTo(_Edit):
    """Set a variable to a value: its own equation has no say within the window.

    Parameters
    ----------
    variable : str
        Any variable of the model.
    value : float or tuple of float
        In the unit of the variable; a tuple is a path from `start` on, its last value held.
    start, stop : int
        First and last period, counted from 1; `stop` None means to the end of the horizon.

    Raises
    ------
    QuestionError
        If the window is empty, starts before period 1, or a value is not finite.

    Examples
    --------
    >>> SetTo(variable="key_rate", value=(10.0, 9.0)).at(3)
    9.0
    """

    def apply(self, values: np.ndarray, period: int) -> np.ndarray:
        """Return the value itself within the window."""
        value = self.at(period)
        return values if value is None else np.full_like(values, value)


class ShiftBy(_Edit):
    """Add a number to what the variable's equation gives.

    Parameters
    ----------
    variable, value, start, stop
        As for `SetTo`.

    Raises
    ------
    QuestionError
        If the window is empty, starts before period 1, or a value is not finite.
    """

    def apply(self, values: np.ndarray, period: int) -> np.ndarray:
        """Return the shifted values within the window."""
        value = self.at(period)
        return values if value is None else values + value


class ScaleBy(_Edit):
    """Multiply what the variable's equation gives.

    Parameters
    ----------
    variable : str
        Any variable of the model.
    value : float or tuple of float
        A factor; a tuple is a path from `start` on, its last value held.
    start, stop : int
        First and last period, counted from 1; `stop` None means to the end of the horizon.

    Raises
    ------
    QuestionError
        If the window is empty, starts before period 1, or a value is not finite.
    """

    def apply(self, values: np.ndarray, period: int) -> np.ndarray:
        """Return the scaled values within the window."""
        value = self.at(period)
        return values if value is None else values * value


def as_depth(value: object) -> float:
    """Return the share of a relief: 0 for none, else of at least a millionth and at most 1."""
    share = "a share between 0 (none) and 1 (full relief)"
    depth = as_number(value, "The relief", expected=share)
    if not 0 <= depth <= 1:
        raise QuestionError(f"Relief of {depth!r}; expected {share}.")
    if 0 < depth < _LEAST_DEPTH:
        raise QuestionError(
            f"Relief of {depth:g} lifts less than a millionth, whose effects are lost in rounding; "
            "expected a share of 0.000001 to 1, or 0 for none."
        )
    return depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """A reduction of measures in equal steps, then held.

    Parameters
    ----------
    depth : float
        Share of each measure that is lifted: 0 (none), or 0.000001 to 1 (full relief).
    ramp : int
        Number of equal steps, one a period; 1 lifts at once.
    start : int
        Period of the first step, counted from 1.
    measures : tuple of str
        Which measures; by default all of the model that is asked.

    Raises
    ------
    QuestionError
        If the depth is outside [0, 1] or below a millionth but not 0, ramp or start is below 1, or
        no measure is named, or one twice.

    Examples
    --------
    >>> Relief(depth=0.5, ramp=2).path(1.0, 3).tolist()
    [0.75, 0.5, 0.5]
    """

    depth: float = 1.0
    ramp: int = 4
    start: int = 1
    measures: tuple[str, ...] = ALL_MEASURES

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", as_depth(self.depth))
        for name in ("ramp", "start"):
            whole = as_whole(getattr(self, name), f"The {name} of a relief")
            object.__setattr__(self, name, whole)
        if self.ramp < 1 or self.start < 1:
            raise QuestionError(
                f"Relief with ramp {self.ramp} and start {self.start}; expected 1 or more periods."
            )
        if max(self.ramp, self.start) > LONGEST_HORIZON:
            raise QuestionError(
                f"Relief with ramp {self.ramp} and start {self.start}; expected at most "
                f"{LONGEST_HORIZON} periods: no answer speaks of later ones."
            )
        object.__setattr__(self, "measures", tuple(as_names(self.measures, "A measure to relieve")))
        if not self.measures:
            raise QuestionError("Relief of no measure; name at least one.")

    def path(self, level: float | np.ndarray, horizon: int) -> np.ndarray:
        """Return the measure's path, shape ``(horizon,)``, from what it is without relief."""
        steps = np.clip((np.arange(1, horizon + 1) - self.start + 1) / self.ramp, 0.0, 1.0)
        return level * (1.0 - self.depth * steps)


def require_lifting(relief: Relief) -> None:
    """Refuse a relief of depth 0, whose effect on everything is 0."""
    if relief.depth == 0:
        raise QuestionError(
            "A relief of depth 0 lifts nothing, so that it has no effects; expected a depth above "
            "0, up to 1."
        )


_NONE: Mapping[str, str] = {}


def edit_words(
    intervention: Intervention, periods: Sequence[str] = (), measures: Mapping[str, str] = _NONE
) -> str:
    """Say what an intervention does, for captions.

    `periods`: what the periods are called, from the first; they are counted where one has no name,
    and an end after the last is not said. `measures`: what sanctions are called, by name; nobody
    says of them that they are set to 0.

    >>> edit_words(SetTo(variable="key_rate", value=10.0, start=3))
    'key rate set to 10 from period 3'
    >>> edit_words(SetTo(variable="oil", value=10.0, stop=2), ["2026Q2", "2026Q3"])
    'oil set to 10 to 2026Q3'
    >>> edit_words(SetTo(variable="oil", value=10.0, stop=3), ["2026Q2", "2026Q3"])
    'oil set to 10'
    >>> edit_words(SetTo(variable="trade", value=0.0), measures={"trade": "trade measures"})
    'full relief of trade measures'
    """
    called = dict(enumerate(periods, start=1))
    name = intervention.variable.replace("_", " ")
    match intervention:
        case SetTo():
            verb = "set to"
        case ShiftBy():
            verb = "shifted by"
        case ScaleBy():
            verb = "multiplied by"
        case _:
            return f"{name} changed"
    value = "a path" if isinstance(intervention.value, tuple) else significant(intervention.value)
    first, last = (
        called.get(end or 0, f"period {end}") for end in (intervention.start, intervention.stop)
    )
    what = f"{name} {verb} {value}"
    if (
        isinstance(intervention, SetTo)
        and intervention.value == 0
        and intervention.variable in measures
    ):
        what = f"full relief of {measures[intervention.variable]}"
    since = f" from {first}" if intervention.start > 1 else ""
    outlasts = intervention.stop is None or 0 < len(periods) < intervention.stop
    until = "" if outlasts else f" to {last}"
    return f"{what}{since}{until}"


def done_until(interventions: Sequence[Intervention], last: int) -> int:
    """Return the period at whose end an effect is told: the last in which something is done.

    What ends before `last` has often died out by then.

    >>> brief = SetTo(variable="key_rate", value=10.0, start=3, stop=6)
    >>> done_until([brief], 20), done_until([brief], 4), done_until([], 20)
    (6, 4, 20)
    """
    stops = [getattr(edit, "stop", None) or last for edit in interventions]
    return min(max(stops, default=last), last)


def said(intervention: Intervention) -> str:
    """Name an intervention in a message."""
    return f"The intervention '{edit_words(intervention)}'"


def of_difference(edit: Intervention) -> Intervention:
    """Return what an intervention in two worlds does to the difference between them.

    Raises `QuestionError` if it is none of `SetTo`, `ShiftBy` and `ScaleBy`.
    """
    if isinstance(edit, SetTo | ShiftBy):  # the same value in both, or the same is added to both
        return replace(edit, value=0.0)
    if isinstance(edit, ScaleBy):
        return edit
    raise QuestionError(
        f"{said(edit)}: what it does to a difference is not known; expected SetTo, ShiftBy or "
        "ScaleBy."
    )


def require_horizon(horizon: int | Sequence[int], *, most: int = LONGEST_HORIZON) -> int:
    """Return the largest of the horizons asked for, each a whole number of at least 1.

    Raises `QuestionError` if a horizon is not a whole number from 1 to ``most``, given twice, or
    none is given.
    """
    several = np.ndim(horizon) > 0
    asked = list(horizon) if several else [horizon]  # type: ignore[arg-type]
    if not asked:
        raise QuestionError("Horizon []; expected a whole number of periods of at least 1.")
    counts = [_period_count(one, most) for one in asked]
    if len(set(counts)) < len(counts):
        raise QuestionError(f"Horizons {counts}: one is given twice; give it once.")
    return max(counts)


def _period_count(horizon: object, most: int) -> int:
    try:
        found = as_whole(horizon, "The horizon", least=1)
    except QuestionError:
        raise QuestionError(
            f"Horizon {shown(horizon)}; expected a whole number of periods of at least 1."
        ) from None
    if found > most:
        raise QuestionError(
            f"Horizon {found}; expected at most {most} periods: no model of this kind "
            "speaks of later ones, and their paths would not fit into memory."
        )
    return found


def require_inside(interventions: Sequence[Intervention], horizon: int) -> None:
    """Refuse what is no intervention, and what begins after the last period and so does nothing.

    `interventions`: periods counted from 1. `horizon`: the number of periods that there are. Raises
    `QuestionError` if one of them starts later.
    """
    given: object = interventions
    if not isinstance(given, list | tuple):
        raise QuestionError(f"The interventions are {shown(given)}; expected a list.")
    for intervention in interventions:
        if not hasattr(intervention, "apply"):
            raise QuestionError(
                f"An intervention is {shown(intervention)}; expected one as in "
                "SetTo(variable='x', value=1.0)."
            )
        start = getattr(intervention, "start", 1)
        if start > horizon:
            raise QuestionError(
                f"{said(intervention)} starts after the window, which has {horizon} periods; "
                "periods count from 1, so start earlier or ask for more."
            )


def require_changes(interventions: Sequence[Intervention], horizon: int) -> None:
    """Refuse what a question takes no answer from: `require_inside` and `require_each_counts`."""
    require_inside(interventions, horizon)
    require_each_counts(interventions)


def require_each_counts(interventions: Sequence[Intervention]) -> None:
    """Refuse an intervention that changes nothing.

    It adds 0, multiplies by 1, or sets a value that a later one makes void for all its periods.

    `interventions`: in the order in which they apply. Raises `QuestionError` if one adds 0 or
    multiplies by 1, the same is given twice, or a `SetTo` covers all periods of an earlier one of
    its variable.
    """
    for position, edit in enumerate(interventions):
        if isinstance(edit, _Edit) and edit in interventions[:position]:
            raise QuestionError(
                f"{said(edit)} is given twice; give it once, with what both are to do together."
            )
        if isinstance(edit, ShiftBy | ScaleBy) and (
            set(np.atleast_1d(edit.value)) == {1.0 if isinstance(edit, ScaleBy) else 0.0}
        ):
            raise QuestionError(
                f"{said(edit)} changes nothing; give another value, or leave it out."
            )
    sets = [edit for edit in interventions if isinstance(edit, SetTo)]
    for earlier, later in combinations(sets, 2):
        if earlier.variable == later.variable and later.start <= earlier.start:
            last = np.inf if earlier.stop is None else earlier.stop
            if (np.inf if later.stop is None else later.stop) >= last:
                raise QuestionError(
                    f"{said(earlier)} does nothing, because '{edit_words(later)}' comes after it; "
                    "keep one of them."
                )
