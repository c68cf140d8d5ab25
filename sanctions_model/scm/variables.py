"""Variables, and what exogenous ones are where no data say it: names, units, continuations.

Knows no equation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from sanctions_model.coercion import as_number, as_number_or_path
from sanctions_model.errors import QuestionError, SpecError, shown
from sanctions_model.scm.periods import read_day
from sanctions_model.units import LOGS, Unit, kept_words, split_unit

# Marks options that came later: at their default they are not written, so that the hash of a model
# without them is what it was.
OMITTED_AT_DEFAULT: Mapping[str, bool] = MappingProxyType({"omitted_at_default": True})

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What a variable is called, what it measures and where its figures come from.

    Parameters
    ----------
    name : str
        Identifier: letters, digits and underscores.
    label : str, optional
        How tables and figures call it; the name by default.
    unit : str, optional
        As in "% a year"; a mark of logs in it, as in "% a year, log change", becomes `logs`.
    source : str, optional
        Producer of the series, or how it is made.
    column : str, optional
        Column of a data table that holds it; the name by default.
    plausible : tuple of float, optional
        Range that its values lie in when the unit is right.
    least_peak : float, optional
        Size that the largest of eight or more values exceeds when the unit is right: percentages
        given as fractions stay below it.
    logs : str, optional
        ``growth`` for 100 times the change of a log, ``level`` for 100 times a log: kept so, and
        told to readers in percent.

    Raises
    ------
    SpecError
        If the name is no identifier, or `logs` is neither or contradicts the unit.
    """

    name: str
    label: str = ""
    unit: str = ""
    source: str = ""
    column: str = ""
    plausible: tuple[float, float] | None = None
    least_peak: float | None = None
    logs: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SpecError(
                f"Variable name {self.name!r} is not an identifier; "
                "use letters, digits and underscores."
            )
        words, said = split_unit(self.unit)
        logs = self.logs or said
        if logs and (logs not in LOGS or logs != (said or logs) or words[:1] != "%"):
            raise SpecError(
                f"Variable {self.name!r} has logs={self.logs!r} and the unit {self.unit!r}; "
                "expected a unit in % and logs='growth' (change of a log) or 'level' (a log)."
            )
        object.__setattr__(self, "unit", Unit(words, logs))
        object.__setattr__(self, "logs", logs)
        object.__setattr__(self, "label", self.label or self.name)
        object.__setattr__(self, "column", self.column or self.name)

    @property
    def kept_unit(self) -> str:
        """The unit as results and files carry it: in words, with what is kept in logs said."""
        return kept_words(self.unit, self.logs)

    def require_plausible(
        self, values: np.ndarray | float, what: str, *, slack: float = 0.0
    ) -> None:
        """Refuse values outside the plausible range; every value is good where there is none.

        Parameters
        ----------
        values : numpy.ndarray or float
            In the unit of the variable.
        what : str
            What takes it there, for the message.
        slack : float
            By how many widths of the range they may leave it on either side.

        Raises
        ------
        QuestionError
            If one of the values lies outside; the message names the first.
        """
        if self.plausible is None:
            return
        low, high = self.plausible
        given = np.asarray(values, dtype=float)
        # Rounding of a path that ends at its bound is no fault.
        beyond = slack * (high - low) + 1e-9
        outside = (given < low - beyond) | (given > high + beyond)
        if outside.any():
            unit = f" {self.short_unit}" if self.unit else ""
            raise QuestionError(
                f"{what} takes {self.name!r} to {given[outside].flat[0]:g}{unit}; expected "
                f"{low:g} to {high:g}, outside which the model says nothing."
            )

    @property
    def short_label(self) -> str:
        """The label up to its first comma or bracket."""
        return re.split(r" \(|, ", self.label)[0]

    @property
    def short_unit(self) -> str:
        """The unit up to its first comma or bracket."""
        return re.split(r" \(|, ", self.unit)[0]


class Noise(StrEnum):
    """Family of the shocks of all stochastic equations: ``STUDENT_T`` or ``GAUSSIAN``."""

    STUDENT_T = "student_t"
    GAUSSIAN = "gaussian"


@dataclass(frozen=True, slots=True)
class Affine:
    """A coefficient of an identity that depends on a named parameter: ``constant + slope * p``.

    Parameters
    ----------
    parameter : str
        Name of the scalar parameter, as in ``anchoring``.
    constant, slope : float
        In the unit of the identity per unit of its parent.

    Examples
    --------
    >>> Affine("anchoring", 1.0, -1.0)  # one minus the weight of the target
    Affine(parameter='anchoring', constant=1.0, slope=-1.0)
    """

    parameter: str
    constant: float = 0.0
    slope: float = 1.0


@dataclass(frozen=True, slots=True)
class Constant:
    """An exogenous path that is the same in every period.

    Parameters
    ----------
    value : float
        In the unit of the variable.
    """

    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", as_number(self.value, "The value of a Constant"))


@dataclass(frozen=True, slots=True)
class Indicator:
    """1 for periods that start within [start, end], else 0.

    Parameters
    ----------
    start : str
        A date, or a period as `read_day` takes it, as in ``2022-01-01``; kept as an ISO date.
    end : str, optional
        Likewise; None means for ever.

    Raises
    ------
    QuestionError, SpecError
        If a date cannot be read, or the end precedes the start.
    """

    start: str
    end: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", read_day(self.start))
        if self.end is not None:
            object.__setattr__(self, "end", read_day(self.end, end=True))
            if self.end < self.start:
                raise SpecError(f"An Indicator from {self.start} to {self.end} is 1 nowhere.")


@dataclass(frozen=True, slots=True)
class Crisis:
    """A window in which all shocks are larger: every scale times one parameter of the window.

    Parameters
    ----------
    name : str
        Label of its multiplier, ``crisis_multiplier[name]``.
    start, end : str
        ISO dates: periods that start within them, both included.

    Raises
    ------
    SpecError
        If the name is no identifier or the end lies before the start.

    Notes
    -----
    Lenza and Primiceri, How to estimate a vector autoregression after March 2020, Journal of
    Applied Econometrics (2022), https://doi.org/10.1002/jae.2895.
    """

    name: str
    start: str
    end: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w+", self.name):
            raise SpecError(f"Crisis name {self.name!r}; use letters, digits and underscores.")
        object.__setattr__(self, "start", read_day(self.start))
        object.__setattr__(self, "end", read_day(self.end, end=True))
        if self.end < self.start:
            raise SpecError(f"The crisis {self.name!r} ends on {self.end}, before {self.start}.")


@dataclass(frozen=True, slots=True)
class Hold:
    """Continuation of an exogenous variable: at a value.

    Parameters
    ----------
    value : float, optional
        In the unit of the variable; its last observed value by default.
    since : str, optional
        Day from which the value is in force: a forecast from data that end before holds the last
        observed value instead. It counts everywhere by default.
    """

    value: float | None = None
    since: str = field(default="", metadata=OMITTED_AT_DEFAULT)

    def __post_init__(self) -> None:
        if self.since:
            object.__setattr__(self, "since", read_day(self.since))
        if self.value is not None:
            object.__setattr__(self, "value", as_number(self.value, "The value of a Hold"))


@dataclass(frozen=True, slots=True)
class Path:
    """Continuation of an exogenous variable: these values, the last one held.

    Parameters
    ----------
    values : tuple of float
        One a period, in the unit of the variable.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        found = as_number_or_path(self.values, "The values of a Path")
        object.__setattr__(self, "values", found if isinstance(found, tuple) else (found,))


@dataclass(frozen=True, slots=True)
class Decay:
    """Continuation of an exogenous variable: from its last value towards a level.

    ``x_h = level + (x_0 - level) (1/2)^(h / half_life)``, with ``x_0`` the last observed value.

    Parameters
    ----------
    half_life : float
        Periods in which half of the distance is gone, above 0.
    level : float
        Where it goes, in the unit of the variable.

    Raises
    ------
    SpecError
        If the half-life is not above 0.
    """

    half_life: float
    level: float = 0.0

    def __post_init__(self) -> None:
        try:
            half_life = as_number(self.half_life, "The half-life")
        except QuestionError:
            half_life = 0.0
        if not half_life > 0:
            raise SpecError(f"A half-life of {shown(self.half_life)}; expected periods above 0.")
        object.__setattr__(self, "half_life", half_life)
        object.__setattr__(self, "level", as_number(self.level, "The level of a Decay"))


@dataclass(frozen=True, slots=True)
class Grow:
    """Continuation of an exogenous variable: from its last value on by a step every period.

    Parameters
    ----------
    step : float
        In the unit of the variable a period.
    """

    step: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", as_number(self.step, "The step of a Grow"))


type Continuation = Hold | Path | Decay | Grow


def continued(continuation: Continuation, horizon: int, last: float) -> np.ndarray:
    """Return an exogenous variable's path after its last value.

    `last`: the last observed value. Returns: shape ``(horizon,)``.

    >>> continued(Decay(half_life=1.0, level=2.0), 3, 6.0).tolist()
    [4.0, 3.0, 2.5]
    >>> continued(Grow(0.5), 2, 1.0).tolist()
    [1.5, 2.0]
    """
    ahead = np.arange(1, horizon + 1)
    match continuation:
        case Path(values):
            return np.array([values[min(step, len(values) - 1)] for step in range(horizon)])
        case Decay(half_life, level):
            return np.asarray(level + (last - level) * 0.5 ** (ahead / half_life))
        case Grow(step):
            return np.asarray(last + step * ahead)
        case Hold(value):
            return np.full(horizon, last if value is None else value)
