"""What a sweep can vary: each axis knows how one of its values changes a setting."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field

from sanctions_model import dims
from sanctions_model.errors import QuestionError, UnknownVariableError, did_you_mean
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.scm.interventions import Relief, require_horizon
from sanctions_model.scm.parameters import addresses, pin
from sanctions_model.scm.periods import read_period
from sanctions_model.scm.variables import Noise
from sanctions_model.sweeps.prior_axes import (
    STATED,
    AnyAxis,
    NumberAxis,
    PriorArgument,
    PriorSet,
    PriorShift,
    PriorWidth,
    Value,
)
from sanctions_model.sweeps.settings import Setting

if TYPE_CHECKING:
    from sanctions_model.robustness.graphs.alternatives import Alternative

__all__ = ["Axis", "HorizonAxis", "Known", "Mix", "PriorWidth", "ReliefAxis", "Value"]


class Known(NumberAxis):
    """A parameter at a known value, such as the recoverable share of a measure."""

    kind: Literal["known"] = "known"
    parameter: str
    rank: ClassVar[int] = 5

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the parameter known; a bare name is all of its kind.

        A bare name of a recovery is that of every measure, not of what measures share.
        """
        known = addresses(setting.scm)
        named = {a: label for a, (name, label) in known.items() if self.parameter in (a, name)}
        own = [a for a, label in named.items() if label in setting.scm.measures] or list(named)
        if not own:
            raise UnknownVariableError.from_name(self.parameter, known, f"axis {self.name!r}")
        values = dict.fromkeys(own, value)
        rest = dict.fromkeys((a for a in known if a not in own), 0.5)
        pin(setting.scm, {**rest, **values})  # refuses a value outside the parameter's range
        return replace(setting, known={**setting.known, **values})


class ReliefAxis(NumberAxis):
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


class Mix(NumberAxis):
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


class RuleWeight(NumberAxis):
    """Weight of one component in its measure; the measure's other components keep proportions."""

    kind: Literal["rule_weight"] = "rule_weight"
    component: str
    rank: ClassVar[int] = 0

    def apply(self, setting: Setting, value: float) -> Setting:
        """Return the setting with the measure's history recomputed from the events."""
        from sanctions_model.data.sanctions.measures import intensities, load_events, load_rule

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


class AlternativeAxis(AnyAxis):
    """A whole model taken otherwise: a bundled prior set, or another equation or measure.

    Values are the names of `prior_alternatives` and `transmission_alternatives`; ``stated`` leaves
    the model as it is.
    """

    kind: Literal["alternative"] = "alternative"
    values: tuple[str, ...]
    rank: ClassVar[int] = -1

    def apply(self, setting: Setting, value: str) -> Setting:
        """Return the setting with the alternative's model, data and beliefs."""
        if value == STATED:
            return setting
        known = _alternatives(setting, self.name)
        if value not in known:
            raise UnknownVariableError.from_name(value, [STATED, *known], f"axis {self.name!r}")
        chosen = known[value]
        return replace(
            setting, scm=chosen.scm, observations=chosen.observations, priors=chosen.priors
        )


class Window(AnyAxis):
    """First or last period of the sample, as in ``2010Q1`` or a date within it."""

    kind: Literal["window"] = "window"
    edge: Literal["first", "last"]
    values: tuple[str, ...]
    rank: ClassVar[int] = 1

    def apply(self, setting: Setting, value: str) -> Setting:
        """Return the setting with fewer data.

        An earlier end cuts the table. A later start blanks the observed series, so that the
        measures keep their history.
        """
        data = setting.observations
        year = setting.scm.periods_per_year
        try:
            period = read_period(value, year, end=self.edge == "last")
        except QuestionError as error:
            raise QuestionError(f"Axis {self.name!r}: {error}") from None
        day = period.start_time.to_datetime64()
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


class NoiseAxis(AnyAxis):
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


class LinkAxis(AnyAxis):
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


class HorizonAxis(NumberAxis):
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
    | AlternativeAxis
    | Window
    | NoiseAxis
    | LinkAxis
    | HorizonAxis,
    Field(discriminator="kind"),
]


def _alternatives(setting: Setting, axis: str) -> "Mapping[str, Alternative]":
    from sanctions_model.robustness.graphs.alternatives import prior_alternatives
    from sanctions_model.robustness.graphs.variants import transmission_alternatives

    data, priors = setting.observations, setting.priors
    try:
        found = transmission_alternatives(data, priors, setting.scm)
    except QuestionError as error:
        raise QuestionError(
            f"Axis {axis!r}: {error} Axes of kind 'prior_set' and 'link' work for any model."
        ) from error
    found += prior_alternatives(setting.scm, data, priors)
    return {alternative.name: alternative for alternative in found}


def _require_future(setting: Setting, future: str, axis: str) -> None:
    if future not in setting.futures:
        raise QuestionError(
            f"Axis {axis!r}: no future {future!r}; the design has "
            f"{', '.join(setting.futures)}.{did_you_mean(future, setting.futures)}"
        )
