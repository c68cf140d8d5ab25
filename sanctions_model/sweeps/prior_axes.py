"""Axes over beliefs, and what every axis has. A value changes prior arguments alone."""

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sanctions_model.data.fields import Flag, Number
from sanctions_model.errors import PriorError, QuestionError, UnknownVariableError
from sanctions_model.inference.priors.families import (
    Beta,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    StudentT,
)
from sanctions_model.sweeps.settings import Setting, stated_prior

type Value = bool | int | float | str
STATED = "stated"


class AnyAxis(BaseModel):
    """What every axis has: a name, a dimension of the result, and values or a range."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    # The lower the rank, the earlier an axis acts: data, structure, beliefs, question.
    rank: ClassVar[int] = 9
    # Whether a value changes nothing but prior arguments, so that reweighting may do.
    prior_only: ClassVar[bool] = False
    whole: ClassVar[bool] = False

    @property
    def levels(self) -> tuple[Value, ...]:
        """The values given, if any."""
        return tuple(getattr(self, "values", ()))

    @property
    def range(self) -> tuple[float, float] | None:
        """The range given, if any."""
        lower, upper = getattr(self, "lower", None), getattr(self, "upper", None)
        return None if lower is None or upper is None else (lower, upper)

    def at(self, unit: float) -> Value:
        """Return the value at a place of the unit interval."""
        if self.range is None:
            return self.levels[min(int(unit * len(self.levels)), len(self.levels) - 1)]
        lower, upper = self.range
        if self.whole:
            return int(min(lower + np.floor(unit * (upper - lower + 1)), upper))
        if getattr(self, "log", False):
            return float(np.exp(np.log(lower) + unit * (np.log(upper) - np.log(lower))))
        return float(lower + unit * (upper - lower))


class NumberAxis(AnyAxis):
    """An axis over numbers.

    `values`: for grids; for space-filling designs the levels, if there is no range. `lower`,
    `upper`: range, for space-filling designs. `log`: fill the range evenly in logs.
    """

    values: tuple[Number, ...] = ()
    lower: Number | None = None
    upper: Number | None = None
    log: Flag = False


class _Prior(NumberAxis):
    """An axis over the beliefs about one parameter.

    `parameter`: address: ``"x -> y"``, ``"persistence[y]"``, or a bare ``"scale"`` for every
    equation.
    """

    parameter: str
    rank: ClassVar[int] = 4
    prior_only: ClassVar[bool] = True

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the other belief."""
        prior = stated_prior(setting, self.parameter)
        try:
            changed = type(prior)(**prior.model_dump() | self.changes(prior, value))
        except PriorError as error:
            raise QuestionError(
                f"Axis {self.name!r}: {self.parameter!r} at {value}: {error}"
            ) from None
        return replace(setting, priors=setting.priors.replace({self.parameter: changed}))

    def changes(self, prior: Prior, value: float) -> dict[str, float]:
        """Return the arguments that the value changes."""
        raise NotImplementedError


class PriorArgument(_Prior):
    """One argument of a prior, in the units of a priors file."""

    kind: Literal["prior"] = "prior"
    argument: str

    def changes(self, prior: Prior, value: float) -> dict[str, float]:
        """Replace the argument."""
        if self.argument not in prior.arguments:
            raise QuestionError(
                f"Axis {self.name!r}: the {prior.family} prior of {self.parameter!r} has no "
                f"argument {self.argument!r}; it has {', '.join(prior.arguments)}."
            )
        return {self.argument: value}


class PriorShift(_Prior):
    """A prior moved by so many of its own standard deviations (of the log, if log-normal)."""

    kind: Literal["prior_shift"] = "prior_shift"

    def changes(self, prior: Prior, value: float) -> dict[str, float]:
        """Move the location."""
        match prior:
            case Normal() | StudentT():
                return {"mu": prior.mu + value * prior.sigma}
            case LogNormal():
                return {"median": float(prior.median * np.exp(value * prior.sigma))}
            case Beta():
                size = prior.alpha + prior.beta
                mean = prior.alpha / size
                moved = mean + value * np.sqrt(mean * (1 - mean) / (size + 1))
                return {"alpha": moved * size, "beta": (1 - moved) * size}
        raise QuestionError(
            f"Axis {self.name!r}: a {prior.family} prior cannot be shifted; expected Normal, "
            "StudentT, LogNormal or Beta. Use kind = 'prior' with one of its arguments."
        )


class PriorWidth(_Prior):
    """A prior whose standard deviation (of the log, if log-normal) is multiplied."""

    kind: Literal["prior_width"] = "prior_width"

    def changes(self, prior: Prior, value: float) -> dict[str, float]:
        """Multiply the scale; a Beta keeps its mean."""
        match prior:
            case Normal() | StudentT() | LogNormal() | HalfNormal():
                return {"sigma": prior.sigma * value}
            case Beta():
                size = prior.alpha + prior.beta
                ratio = ((size + 1) / value**2 - 1) / size
                return {"alpha": prior.alpha * ratio, "beta": prior.beta * ratio}
        raise QuestionError(
            f"Axis {self.name!r}: a {prior.family} prior cannot be widened; expected Normal, "
            "StudentT, LogNormal, HalfNormal or Beta. Use kind = 'prior' with an argument."
        )


class PriorSet(AnyAxis):
    """A named set of priors of the design; ``stated`` leaves them as they are."""

    kind: Literal["prior_set"] = "prior_set"
    values: tuple[str, ...]
    rank: ClassVar[int] = 3
    prior_only: ClassVar[bool] = True

    def apply(self, setting: Setting, value: str) -> Setting:
        """Return the setting with the set's priors in place of those stated."""
        if value == STATED:
            return setting
        if value not in setting.prior_sets:
            raise UnknownVariableError.from_name(
                value, [STATED, *setting.prior_sets], f"the prior sets of axis {self.name!r}"
            )
        priors = setting.priors.replace(setting.prior_sets[value])
        return replace(setting, priors=priors)
