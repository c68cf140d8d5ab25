"""Relief as it is designed: partial, phased, announced, delayed, opposed, reversible, uncertain.

A design says what the law will do and how far asset prices and firms run ahead of or behind it.

A backward-looking model gives an announcement little to act on. Here it is a share of the fall of
the risk premium brought forward, and a one-off rouble shift that tops the quarter's move up to a
stated size and fades; nothing else anticipates. This module draws nothing and knows no equations.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sanctions_model.data.fields import Number, Whole
from sanctions_model.data.sanctions.events import ISSUERS, Component
from sanctions_model.economies.russia import MEASURES
from sanctions_model.elsewhere.reimposition import snap_back_hazard
from sanctions_model.errors import QuestionError, did_you_mean, shown
from sanctions_model.queries.estimands import stated_depth
from sanctions_model.scenarios.issuers import COALITION, Reach, draw_parts, measures_rule
from sanctions_model.scenarios.quantities import (
    PERIOD_TEXT,
    Amount,
    Count,
    Moment,
    Quantity,
    Share,
    Stated,
    WholeMoment,
    bounds,
    require_within,
)
from sanctions_model.scm.periods import read_span

_HIGHEST = 2.0


def _unknown(what: str, name: object, known: Sequence[str]) -> str:
    near = did_you_mean(str(name), known).replace(" Did", "; did").rstrip("?")
    return f"unknown {what} {name!r}, expected some of {', '.join(known)}{near}"


def _known_measures(names: tuple[str, ...]) -> None:
    for name in names:
        if name not in MEASURES:
            raise ValueError(_unknown("measure", name, MEASURES))
    if len(set(names)) < len(names):
        raise ValueError(f"a measure is named twice: {', '.join(names)}")


class Phase(Stated):
    """One step of a relief: from `start` over `ramp` equal steps, one a period.

    Parameters
    ----------
    start : Moment
        A period counted from when the future begins, at least 1, or one of the calendar
        (``"2027Q1"``).
    ramp : Quantity
        Whole periods of at least 1.
    depth : Quantity
        Share lifted of what is then left, in [0, 1].
    """

    start: Moment = 1
    ramp: Count = 4
    depth: Share

    @model_validator(mode="after")
    def _check(self) -> Self:
        least, _ = bounds(self.depth)
        if least < 0:
            raise ValueError(
                f"depth can be {least:g}, a relief that raises the measure; "
                "expected a share of 0 to 1, or use a tightening"
            )
        require_within(self.depth, 0, 1, "depth", "1 lifts all that is left")
        if isinstance(self.depth, float):
            stated_depth(self.depth)
        for name in ("start", "ramp"):
            require_within(getattr(self, name), 1, np.inf, name, "periods are counted from 1")
        return self

    @property
    def latest_end(self) -> float:
        """Last period in which the phase can still be moving, as planned."""
        return float(np.rint(bounds(self.start)[1]) + np.rint(bounds(self.ramp)[1]) - 1)


class Announcement(Stated):
    """What is said before it is done.

    Parameters
    ----------
    lead : Quantity
        Periods between the announcement and the planned start.
    share : Quantity
        Share of the announced fall of the risk premium that comes with the announcement.
    rouble : Quantity
        Rouble move in the quarter of the announcement, in all, in % for full relief by everyone;
        it scales with the announced fall of the composite of the measures.
    kept : float
        Share of the rouble shift beyond the model's own move that stays.
    fades_over : int
        Periods over which the rest of it goes.
    """

    lead: Amount = 1
    share: Share = 0.5
    rouble: Quantity = 0.0
    kept: Number = Field(default=0.0, ge=0, le=1)
    fades_over: Whole = Field(default=4, ge=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        require_within(self.lead, 0, np.inf, "lead", "an announcement does not follow the step")
        require_within(self.share, 0, 1, "share", "1 brings all of it forward")
        return self


class Opposition(Stated):
    """Domestic opposition: an announced step may not be enacted on its day.

    Parameters
    ----------
    probability : Quantity
        Probability that a step is blocked on its day.
    delay : Quantity
        Periods by which a blocked step is late.
    defeat : Quantity
        Probability that a blocked step, and all after it, never comes.
    """

    probability: Share
    delay: Amount = 2
    defeat: Share = 0.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("probability", "defeat"):
            require_within(getattr(self, name), 0, 1, name, "it is a probability")
        require_within(self.delay, 0, np.inf, "delay", "a delay is no lead")
        return self


def _or_a_date(schema: dict[str, Any]) -> None:
    """Say to editors that a period of the calendar is taken as well."""
    schema["anyOf"].append({"type": "string", **PERIOD_TEXT})


class SnapBack(Stated):
    """Reversal: all of the relief may be undone for good, at any time or within a window.

    With a hazard of 1 (and a ramp of 1) it never takes effect, with 0 it is never undone. With a
    probability p within n periods it is undone in each of them with ``1 - (1 - p) ** (1 / n)``, so
    that p is the probability that it comes at all; after them it is not.

    Parameters
    ----------
    hazard : Quantity, optional
        Probability that it is undone in each period from the first step on; this or `probability`.
        With neither it is that of liftings elsewhere, a Beta with the mean of 0.96 % a quarter: of
        59 liftings 10 were imposed again within five years (`elsewhere.snap_back_hazard`).
    probability : Quantity, optional
        Probability that it is undone at all, `within` so many periods or `until` one.
    within : Quantity, optional
        Whole periods from the first step on.
    until : int or str, optional
        Instead: the last period in which it can come, counted from when the future begins, or of
        the calendar; `within` takes one of the calendar too.
    ramp : int
        Equal steps, one a period.
    """

    hazard: Share | None = None
    probability: Share | None = None
    within: Count | None = Field(default=None, json_schema_extra=_or_a_date)
    until: WholeMoment | None = None
    ramp: Whole = Field(default=1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _date(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("within"), str):
            try:
                read_span(given["within"])
            except QuestionError as error:
                raise ValueError(f"within: {error}") from None
            until = given.get("until", given["within"])
            return {n: v for n, v in given.items() if n != "within"} | {"until": until}
        return given

    @model_validator(mode="before")
    @classmethod
    def _as_elsewhere(cls, given: Any) -> Any:
        if isinstance(given, dict) and not set(given) - {"ramp"}:
            seen = snap_back_hazard()
            hazard = {"family": "Beta", "alpha": seen.alpha, "beta": seen.beta}
            return given | {"hazard": hazard}
        return given

    @model_validator(mode="after")
    def _check(self) -> Self:
        ends = [name for name in ("within", "until") if getattr(self, name) is not None]
        if (self.hazard is None) == (self.probability is None) or (
            len(ends) != (0 if self.probability is None else 1)
        ):
            raise ValueError(
                "expected `hazard`, a probability a period, or `probability` with `within`, as in "
                "{ probability = 0.3, within = 8 }, or neither for how often liftings elsewhere "
                "were undone"
            )
        for name in ("hazard", "probability"):
            if (chance := getattr(self, name)) is not None:
                require_within(chance, 0, 1, name, "it is a probability")
        if self.within is not None:
            require_within(self.within, 1, np.inf, "within", "it is a number of periods")
        return self


class Unpredictability(Stated):
    """Spread of depth and timing beyond what the phases state.

    Parameters
    ----------
    depth : float
        Standard deviation of a shift of all depths on the logit scale.
    timing : float
        Mean of an extra delay of the whole design in periods, Poisson.
    """

    depth: Number = Field(default=0.0, ge=0)
    timing: Number = Field(default=0.0, ge=0)


def _issuers(given: object) -> object:
    """Read one issuer or several, and refuse what is none."""
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not names:
        raise ValueError(
            f"expected {COALITION} or some of {', '.join(ISSUERS)}, got {shown(given)}"
        )
    known = (COALITION, *ISSUERS)
    for name in names:
        if name not in known:
            raise ValueError(_unknown("issuer", name, known))
    if len(set(names)) < len(names) or (COALITION in names and len(names) > 1):
        raise ValueError(f"an issuer is named twice: {', '.join(names)}")
    return tuple(names)


_NAMES = {"enum": [COALITION, *ISSUERS]}
type Issuers = Annotated[
    tuple[str, ...],
    BeforeValidator(_issuers),
    WithJsonSchema({"anyOf": [_NAMES, {"type": "array", "items": _NAMES, "minItems": 1}]}),
]


class ReliefDesign(Stated):
    """One relief: which measures or components, by whom, in which phases, how surely.

    Parameters
    ----------
    measures : tuple of str
        Whole measures, as in ``("finance", "trade")``; this or `components`.
    components : tuple of str
        Components of the rule of the measures, as in ``("T1", "R1")``; this or `measures`.
    issuer : str or tuple of str
        ``coalition`` (all who impose them), or one or several of ``us``, ``eu``, ``uk`` and
        ``others``, each lifting the part that it holds by the dated events.
    phase : tuple of Phase
        In order, not overlapping.
    over_compliance : Quantity
        Periods by which firms and banks act as if nothing had been lifted yet. Asset prices do not
        wait: the risk premium follows the law.
    deterred : Quantity
        Share of what these issuers lift that stays without effect, because those who keep theirs
        threaten whoever makes use of it. Secondary sanctions on banks are a component of their own
        (F3, most of it the United States'), so that this is for what goes beyond the law: 0 unless
        stated.
    announcement : Announcement or None
        What is said before it is done.
    opposition : Opposition or None
        Odds that a step comes late or never.
    snap_back : SnapBack or None
        Odds that all is undone.
    unpredictability : Unpredictability or None
        Spread of depth and timing beyond what the phases state.
    """

    measures: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    issuer: Issuers = (COALITION,)
    phase: tuple[Phase, ...] = Field(min_length=1)
    over_compliance: Amount = 0
    deterred: Share = 0
    announcement: Announcement | None = None
    opposition: Opposition | None = None
    snap_back: SnapBack | None = None
    unpredictability: Unpredictability | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.measures) == bool(self.components):
            raise ValueError("expected either `measures` or `components`")
        _known_measures(self.measures)
        known = [component.id for component in measures_rule().components]
        for name in self.components:
            if name not in known:
                raise ValueError(_unknown("component", name, known))
        if len(set(self.components)) < len(self.components):
            raise ValueError(f"a component is named twice: {', '.join(self.components)}")
        if bounds(self.deterred) != (0, 0) and self.reach.issuers == frozenset(ISSUERS):
            raise ValueError("`deterred` with everybody lifting: nobody is left who could deter")
        require_within(self.deterred, 0, 1, "deterred", "it is a share of what is lifted")
        require_within(self.over_compliance, 0, np.inf, "over_compliance", "it is a delay")
        self._check_times()
        return self

    def _check_times(self) -> None:
        """Refuse phases that overlap and announcements before the first period."""
        for earlier, later in zip(self.phase, self.phase[1:], strict=False):
            if isinstance(earlier.start, str) or isinstance(later.start, str):
                continue  # checked once the dates are counted
            if earlier.latest_end >= np.rint(bounds(later.start)[0]):
                raise ValueError(
                    f"phases overlap: one can last to period {earlier.latest_end:g}, the next can "
                    f"start in period {np.rint(bounds(later.start)[0]):g}; let it start later"
                )
        said, first = self.announcement, bounds(self.phase[0].start)[0]
        if isinstance(self.phase[0].start, str):
            return
        if said and np.rint(first) - np.rint(bounds(said.lead)[1]) < 1:
            raise ValueError(
                f"announced up to {bounds(said.lead)[1]:g} periods before a start in period "
                f"{first:g}, so before period 1; start later or shorten `lead`"
            )

    @property
    def reached(self) -> tuple[str, ...]:
        """The measures that the design moves, in the model's order."""
        if self.measures:
            return tuple(name for name in MEASURES if name in self.measures)
        found = {component.measure for component in _components(self.components)}
        return tuple(name for name in MEASURES if name in found)

    @property
    def reach(self) -> Reach:
        """The components that the design can lift, and whose parts of them."""
        named = [c.id for c in measures_rule().components if c.measure in self.measures]
        issuers = ISSUERS if COALITION in self.issuer else self.issuer
        return Reach(frozenset(self.components or named), frozenset(issuers))

    def shares(self, generator: np.random.Generator, size: int) -> dict[str, np.ndarray]:
        """Draw the share of each measure's level that the design can lift, shape ``(size,)``.

        Raises
        ------
        ObservationError
            If the data do not fit the model.
        """
        parts = draw_parts([self.reach], generator, size)
        return {name: np.sum([part for _, part in own], axis=0) for name, own in parts.items()}


class Tightening(Stated):
    """More measures than those in force.

    Parameters
    ----------
    measures : tuple of str
        Which ones, as in ``("finance", "energy")``.
    rise : Quantity
        Added to the level in the end, at most 1 (a level of 2).
    start : Moment
        A period counted from when the future begins, at least 1, or one of the calendar.
    ramp : Quantity
        Whole periods of at least 1.
    """

    measures: tuple[str, ...] = Field(min_length=1)
    rise: Share
    start: Moment = 1
    ramp: Count = 4

    @model_validator(mode="after")
    def _check(self) -> Self:
        _known_measures(self.measures)
        least, most = bounds(self.rise)
        if least < 0:
            raise ValueError(f"rise can be {least:g}; a measure that falls is a relief")
        if 1 + most > _HIGHEST:
            raise ValueError(
                f"rise can be {most:g}, a measure path above {_HIGHEST:g}; give the "
                "distribution an upper bound of at most 1"
            )
        for name in ("start", "ramp"):
            require_within(getattr(self, name), 1, np.inf, name, "periods are counted from 1")
        return self


def _components(names: tuple[str, ...]) -> list[Component]:
    return [component for component in measures_rule().components if component.id in names]
