"""What a sweep can vary: each axis knows how one of its values changes a setting."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model import dims
from sanctions_model.equations import Noise
from sanctions_model.errors import QuestionError, UnknownVariableError, did_you_mean
from sanctions_model.interventions import Relief, require_horizon
from sanctions_model.parameters import addresses, pin
from sanctions_model.prior_families import (
    Beta,
    Fixed,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    StudentT,
)
from sanctions_model.sweeps.settings import Setting, stated_prior

__all__ = ["Axis", "HorizonAxis", "Known", "Mix", "PriorWidth", "ReliefAxis", "Value"]

type Value = bool | int | float | str
STATED = "stated"


class _Axis(BaseModel):
    """What every axis has: a name, and values or a range.

    Parameters
    ----------
    name : str
        Dimension of the result.
    values : tuple
        For grids; for space-filling designs the levels, if there is no range.
    lower, upper : float, optional
        Range, for space-filling designs.
    log : bool
        Fill the range evenly in logs.
    """

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


class _Number(_Axis):
    values: tuple[float, ...] = ()
    lower: float | None = None
    upper: float | None = None
    log: bool = False


class _Prior(_Number):
    """An axis over the beliefs about one parameter.

    Parameters
    ----------
    parameter : str
        Address: ``"x -> y"``, ``"persistence[y]"``, or a bare ``"scale"`` for every equation.
    """

    parameter: str
    rank: ClassVar[int] = 4
    prior_only: ClassVar[bool] = True

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the other belief."""
        prior = stated_prior(setting, self.parameter)
        try:
            changed = type(prior).model_validate(prior.model_dump() | self.changes(prior, value))
        except ValidationError as error:
            raise QuestionError(
                f"Axis {self.name!r}: {prior.family} of {self.parameter!r} at {value}: "
                f"{error.errors()[0]['msg']}."
            ) from None
        return replace(setting, priors=setting.priors.replace({self.parameter: changed}))

    def changes(self, prior: Prior, value: float) -> dict[str, float]:
        """Return the arguments that the value changes."""
        raise NotImplementedError


class PriorArgument(_Prior):
    """One argument of a prior, in the units of ``priors.toml``."""

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


class PriorSet(_Axis):
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


class Known(_Number):
    """A parameter at a known value, such as the recoverable share of a measure."""

    kind: Literal["known"] = "known"
    parameter: str
    rank: ClassVar[int] = 5

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the parameter known; a bare name is all of its kind."""
        known = addresses(setting.scm)
        own = [a for a, (name, _) in known.items() if self.parameter in (a, name)]
        if not own:
            raise UnknownVariableError.from_name(self.parameter, known, f"axis {self.name!r}")
        values = dict.fromkeys(own, value)
        rest = dict.fromkeys((a for a in known if a not in own), 0.5)
        pin(setting.scm, {**rest, **values})  # refuses a value outside the parameter's range
        return replace(setting, known={**setting.known, **values})


class ReliefAxis(_Number):
    """Depth (0 to 1), start or ramp (periods) of every relief of the design, or of one future."""

    kind: Literal["relief"] = "relief"
    argument: Literal["depth", "start", "ramp"]
    future: str | None = None
    rank: ClassVar[int] = 7

    @property
    def whole(self) -> bool:  # type: ignore[override]
        """Start and ramp count periods."""
        return self.argument != "depth"

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the other relief."""
        if self.future is not None:
            _require_future(setting, self.future, self.name)
        new = int(value) if self.whole else value
        if new != value:
            raise QuestionError(
                f"Axis {self.name!r}: {self.argument} {value}; expected whole periods."
            )
        futures = {
            name: replace(f, relief=self._changed(f.relief, new))
            if self.future in (None, name)
            else f
            for name, f in setting.futures.items()
        }
        return replace(setting, futures=futures)

    def _changed(self, relief: Relief, value: float) -> Relief:
        match self.argument:
            case "depth":
                return replace(relief, depth=value)
            case "start":
                return replace(relief, start=int(value))
            case "ramp":
                return replace(relief, ramp=int(value))


class Mix(_Number):
    """Probability of one future; those of the others keep their proportions."""

    kind: Literal["mix"] = "mix"
    future: str
    rank: ClassVar[int] = 8

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the other odds."""
        _require_future(setting, self.future, self.name)
        if not 0 <= value <= 1:
            raise QuestionError(
                f"Axis {self.name!r}: probability {value}; expected a number from 0 to 1."
            )
        before = 1.0 - setting.futures[self.future].probability
        scale = (1.0 - value) / before if before > 0 else 0.0
        futures = {
            name: replace(f, probability=value if name == self.future else f.probability * scale)
            for name, f in setting.futures.items()
        }
        return replace(setting, futures=futures)


class RuleWeight(_Number):
    """Weight of one component in its measure; the measure's other components keep proportions."""

    kind: Literal["rule_weight"] = "rule_weight"
    component: str
    rank: ClassVar[int] = 0

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the measure's history recomputed from the events."""
        from sanctions_model.measures import intensities, load_events, load_rule

        rule = load_rule()
        chosen = rule.component(self.component)
        if chosen is None:
            names = [c.id for c in rule.components]
            raise UnknownVariableError.from_name(self.component, names, f"axis {self.name!r}")
        if not 0 <= value <= 1:
            raise QuestionError(f"Axis {self.name!r}: weight {value}; expected a share, 0 to 1.")
        scale = (1.0 - value) / (1.0 - chosen.weight) if chosen.weight < 1 else 0.0
        components = tuple(
            c
            if c.measure != chosen.measure
            else c.model_copy(update={"weight": value if c.id == chosen.id else c.weight * scale})
            for c in rule.components
        )
        index = pd.PeriodIndex(
            setting.observations[dims.TIME].to_numpy(), freq=setting.observations.attrs["freq"]
        )
        table = intensities(
            rule.model_copy(update={"components": components}), load_events(), index
        )
        data = setting.observations.copy()
        measure = str(chosen.measure)
        data[measure] = data[measure].copy(data=table[measure].to_numpy())
        return replace(setting, observations=data)


class Window(_Axis):
    """First or last period of the sample, as a date."""

    kind: Literal["window"] = "window"
    edge: Literal["first", "last"]
    values: tuple[str, ...]
    rank: ClassVar[int] = 1

    def apply(self, setting: Setting, value: str) -> Setting:
        """Return the setting with fewer data.

        An earlier end cuts the table. A later start blanks the observed series, so that the
        measures keep their history and the compiled model its shape.
        """
        data = setting.observations
        try:
            day = np.datetime64(value, "D")
        except ValueError:
            raise QuestionError(
                f"Axis {self.name!r}: {value!r} is no date; expected one such as '2010-01-01'."
            ) from None
        time = data[dims.TIME].to_numpy()
        if not time[0] <= day <= time[-1]:
            raise QuestionError(
                f"Axis {self.name!r}: {value} lies outside the data, {str(time[0])[:10]} to "
                f"{str(time[-1])[:10]}."
            )
        if self.edge == "last":
            return replace(setting, observations=data.isel({dims.TIME: time <= day}))
        blanked = data.copy()
        for name in setting.scm.observed:
            blanked[name] = data[name].where(data[dims.TIME] >= day)
        return replace(setting, observations=blanked)


class NoiseAxis(_Axis):
    """Family of the shocks: ``student_t`` or ``gaussian``."""

    kind: Literal["noise"] = "noise"
    values: tuple[str, ...]
    rank: ClassVar[int] = 2

    def apply(self, setting: Setting, value: str) -> Setting:
        """Return the setting with the other likelihood."""
        names = [noise.value for noise in Noise]
        if value not in names:
            raise UnknownVariableError.from_name(value, names, f"axis {self.name!r}")
        return replace(setting, scm=replace(setting.scm, noise=Noise(value)))


class LinkAxis(_Axis):
    """A link present (true) or absent (false)."""

    kind: Literal["link"] = "link"
    link: str
    values: tuple[bool, ...] = (True, False)
    rank: ClassVar[int] = 6

    def apply(self, setting: Setting, value: bool) -> Setting:  # noqa: FBT001
        """Return the setting; an absent link has a coefficient known to be 0."""
        labels = [link.label for link in setting.scm.links]
        if self.link not in labels:
            raise UnknownVariableError.from_name(self.link, labels, f"axis {self.name!r}")
        if value:
            return setting
        return replace(setting, priors=setting.priors.replace({self.link: Fixed(value=0.0)}))


class HorizonAxis(_Number):
    """Periods after the start at which outcomes are read."""

    kind: Literal["horizon"] = "horizon"
    rank: ClassVar[int] = 7
    whole: ClassVar[bool] = True

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the other horizon."""
        if int(value) != value:
            raise QuestionError(f"Axis {self.name!r}: horizon {value}; expected whole periods.")
        return replace(setting, horizon=require_horizon(int(value)))


type Axis = Annotated[
    PriorArgument
    | PriorShift
    | PriorWidth
    | PriorSet
    | Known
    | ReliefAxis
    | Mix
    | RuleWeight
    | Window
    | NoiseAxis
    | LinkAxis
    | HorizonAxis,
    Field(discriminator="kind"),
]


def _require_future(setting: Setting, future: str, axis: str) -> None:
    if future not in setting.futures:
        raise QuestionError(
            f"Axis {axis!r}: no future {future!r}; the design has "
            f"{', '.join(setting.futures)}.{did_you_mean(future, setting.futures)}"
        )
