"""Relief as it is designed: partial, phased, announced, delayed, opposed, reversible, uncertain.

A design says what the law will do and how far asset prices and firms run ahead of or behind it.
Drawing one gives, for each path and measure, the share of the way gone by law, as firms feel it
(over-compliance delays it) and as asset prices see it (an announcement brings part of it forward).

A backward-looking model gives an announcement little to act on. Here it is a share of the fall of
the risk premium brought forward, and a one-off rouble shift that tops the quarter's move up to a
stated size and fades; nothing else anticipates. This module knows no equations.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sanctions_model.data.events import Component, Rule, load_events, load_rule
from sanctions_model.data.measures import intensities
from sanctions_model.errors import did_you_mean
from sanctions_model.fields import Number, Whole
from sanctions_model.inference.priors.families import Prior
from sanctions_model.transmission import MEASURES

__all__ = [
    "US_SHARE_CONCENTRATION",
    "Announcement",
    "Opposition",
    "Phase",
    "Quantity",
    "ReliefDesign",
    "SnapBack",
    "Tightening",
    "Unpredictability",
    "bounds",
    "composite_weights",
    "draw",
    "draw_whole",
    "us_shares",
]

type Quantity = Number | Prior

# Judgement: Beta draws with this many pseudo-counts around the rule's shares lie between 0.12 and
# 0.44 for trade and between 0.39 and 0.75 for finance (5-95 %), about the ranges of the rule.
US_SHARE_CONCENTRATION = 20.0
_HIGHEST = 2.0
_LATE = 10_000  # a step that never comes


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def bounds(quantity: Quantity) -> tuple[float, float]:
    """Return the smallest and largest value that a quantity can take."""
    return (quantity, quantity) if isinstance(quantity, int | float) else quantity.support


def draw(quantity: Quantity, generator: np.random.Generator, size: int) -> np.ndarray:
    """Draw a quantity, shape ``(size,)``; a number is repeated and uses no randomness."""
    if isinstance(quantity, int | float):
        return np.full(size, float(quantity))
    return np.asarray(quantity.sample(generator, size))


def draw_whole(quantity: Quantity, generator: np.random.Generator, size: int) -> np.ndarray:
    """Draw a number of periods: a quantity rounded to whole ones."""
    return np.rint(draw(quantity, generator, size)).astype(int)


def _within(quantity: Quantity, low: float, high: float, name: str, hint: str) -> None:
    least, most = bounds(quantity)
    if least < low or most > high:
        raise ValueError(
            f"{name} can be {least:g} to {most:g}, expected {low:g} to {high:g}; {hint}"
        )


def _known_measures(names: tuple[str, ...]) -> None:
    for name in names:
        if name not in MEASURES:
            near = did_you_mean(name, MEASURES)
            raise ValueError(
                f"unknown measure {name!r}, expected some of {', '.join(MEASURES)}{near}"
            )
    if len(set(names)) < len(names):
        raise ValueError(f"a measure is named twice: {', '.join(names)}")


class Phase(_Part):
    """One step of a relief: from `start` over `ramp` equal steps, one a period.

    Parameters
    ----------
    start, ramp : Quantity
        Whole periods of at least 1; the start is counted from when the future begins.
    depth : Quantity
        Share lifted of what is then left, in [0, 1].
    """

    start: Quantity = 1
    ramp: Quantity = 4
    depth: Quantity

    @model_validator(mode="after")
    def _check(self) -> Self:
        least, _ = bounds(self.depth)
        if least < 0:
            raise ValueError(
                f"depth can be {least:g}, a relief that raises the measure; "
                "expected a share of 0 to 1, or use a tightening"
            )
        _within(self.depth, 0, 1, "depth", "1 lifts all that is left")
        for name in ("start", "ramp"):
            _within(getattr(self, name), 1, np.inf, name, "periods are counted from 1")
        return self

    @property
    def latest_end(self) -> float:
        """Last period in which the phase can still be moving, as planned."""
        return float(np.rint(bounds(self.start)[1]) + np.rint(bounds(self.ramp)[1]) - 1)


class Announcement(_Part):
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

    lead: Quantity = 1
    share: Quantity = 0.5
    rouble: Quantity = 0.0
    kept: Number = Field(default=0.0, ge=0, le=1)
    fades_over: Whole = Field(default=4, ge=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _within(self.lead, 0, np.inf, "lead", "an announcement does not follow the step")
        _within(self.share, 0, 1, "share", "1 brings all of it forward")
        return self


class Opposition(_Part):
    """Domestic opposition: an announced step may not be enacted on its day.

    Parameters
    ----------
    probability : Quantity
        That a step is blocked on its day.
    delay : Quantity
        Periods by which a blocked step is late.
    defeat : Quantity
        Probability that a blocked step, and all after it, never comes.
    """

    probability: Quantity
    delay: Quantity = 2
    defeat: Quantity = 0.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("probability", "defeat"):
            _within(getattr(self, name), 0, 1, name, "it is a probability")
        _within(self.delay, 0, np.inf, "delay", "a delay is no lead")
        return self


class SnapBack(_Part):
    """Reversal: in each period from the first step on, all of the relief may be undone for good.

    With hazard 1 (and a ramp of 1) it never takes effect, with 0 it is never undone.
    """

    hazard: Quantity
    ramp: Whole = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _within(self.hazard, 0, 1, "hazard", "it is a probability a period")
        return self


class Unpredictability(_Part):
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


class ReliefDesign(_Part):
    """One relief: which measures or components, by whom, in which phases, how surely.

    Parameters
    ----------
    measures : tuple of str
        Whole measures; or
    components : tuple of str
        components of the rule of the measures, as in ``("T1", "R1")``; one of the two.
    issuer : str
        ``coalition`` (all who impose them) or ``us`` (its own part alone, by the rule's US shares).
    phase : tuple of Phase
        In order, not overlapping.
    over_compliance : Quantity
        Periods by which firms and banks act as if nothing had been lifted yet. Asset prices do not
        wait: the risk premium follows the law.
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
    issuer: Literal["coalition", "us"] = "coalition"
    phase: tuple[Phase, ...] = Field(min_length=1)
    over_compliance: Quantity = 0
    announcement: Announcement | None = None
    opposition: Opposition | None = None
    snap_back: SnapBack | None = None
    unpredictability: Unpredictability | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.measures) == bool(self.components):
            raise ValueError("expected either `measures` or `components`")
        _known_measures(self.measures)
        known = [component.id for component in _rule().components]
        for name in self.components:
            if name not in known:
                raise ValueError(
                    f"unknown component {name!r}, expected some of {', '.join(known)}"
                    f"{did_you_mean(name, known)}"
                )
        if len(set(self.components)) < len(self.components):
            raise ValueError(f"a component is named twice: {', '.join(self.components)}")
        for earlier, later in zip(self.phase, self.phase[1:], strict=False):
            if earlier.latest_end >= np.rint(bounds(later.start)[0]):
                raise ValueError(
                    f"phases overlap: one can last to period {earlier.latest_end:g}, the next can "
                    f"start in period {np.rint(bounds(later.start)[0]):g}; let it start later"
                )
        _within(self.over_compliance, 0, np.inf, "over_compliance", "it is a delay in periods")
        said, first = self.announcement, bounds(self.phase[0].start)[0]
        if said and np.rint(first) - np.rint(bounds(said.lead)[1]) < 1:
            raise ValueError(
                f"announced up to {bounds(said.lead)[1]:g} periods before a start in period "
                f"{first:g}, so before period 1; start later or shorten `lead`"
            )
        return self

    @property
    def reached(self) -> tuple[str, ...]:
        """The measures that the design moves, in the model's order."""
        if self.measures:
            return tuple(name for name in MEASURES if name in self.measures)
        found = {component.measure for component in _components(self.components)}
        return tuple(name for name in MEASURES if name in found)

    def shares(self, generator: np.random.Generator, size: int) -> dict[str, np.ndarray]:
        """Draw the share of each measure's level that the design can lift, shape ``(size,)``.

        Raises
        ------
        ObservationError
            If the data do not fit the model.
        """
        found = {}
        for name in self.reached:
            part, us = 1.0, us_shares()[name]
            if self.components:
                own = [c for c in _components(self.components) if c.measure == name]
                part = sum(c.weight for c in own)
                us = sum(c.weight * c.us_share_after for c in own) / part
            if self.issuer == "us":
                ends = (us * US_SHARE_CONCENTRATION, (1 - us) * US_SHARE_CONCENTRATION)
                found[name] = part * generator.beta(*ends, size)
            else:
                found[name] = np.full(size, part)
        return found

    def steps(self, generator: np.random.Generator, size: int, horizon: int) -> "Steps":
        """Draw how far the design has gone in each period.

        Returns
        -------
        Steps
            In shares of the part that the design can lift.
        """
        extra, shift = np.zeros(size, dtype=int), np.zeros(size)
        if self.unpredictability:
            extra = generator.poisson(self.unpredictability.timing, size)
            shift = self.unpredictability.depth * generator.standard_normal(size)
        clock = np.arange(1, horizon + 1)[:, None]
        law, felt = np.zeros((horizon, size)), np.zeros((horizon, size))
        delay = draw_whole(self.over_compliance, generator, size)
        left, planned_depth = np.ones(size), np.zeros(size)
        enacted, failed = np.ones(size, dtype=bool), np.full(size, _LATE)
        free, first = np.ones(size, dtype=int), np.full(size, _LATE)
        announced = np.full(size, _LATE)
        for position, phase in enumerate(self.phase):
            start = draw_whole(phase.start, generator, size) + extra
            if position == 0 and self.announcement:
                announced = start - draw_whole(self.announcement.lead, generator, size)
            ramp = draw_whole(phase.ramp, generator, size)
            size_of = left * _shifted(draw(phase.depth, generator, size), shift)
            left, planned_depth = left - size_of, planned_depth + size_of
            late, defeated = self._blocked(generator, size)
            failed = np.where(enacted & defeated, start, failed)
            enacted &= ~defeated
            start = np.maximum(start + late, free)
            free = start + ramp
            first = np.where(enacted, np.minimum(first, start), first)
            lifted = np.where(enacted, size_of, 0.0)
            law = law + lifted * _ramped(clock, start, ramp)
            felt = felt + lifted * _ramped(clock, start + delay, ramp)
        undone, kept = self._kept(generator, size, clock, first)
        law, felt = law * kept, felt * kept
        priced, rouble = law, np.zeros((horizon, size))
        if self.announcement:
            ends = np.minimum(failed, undone)
            on = (clock >= announced) & (clock < ends)
            share = draw(self.announcement.share, generator, size)
            priced = law + share * on * (planned_depth - law)
            move = draw(self.announcement.rouble, generator, size)
            said = (clock == announced) & (announced < undone)
            rouble = move * planned_depth * said
        return Steps(depth=planned_depth, law=law, felt=felt, priced=priced, rouble=rouble)

    def _blocked(self, generator: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw each path's delay of a step, and whether the step never comes."""
        if self.opposition is None:
            return np.zeros(size, dtype=int), np.zeros(size, dtype=bool)
        probability = draw(self.opposition.probability, generator, size)
        blocked = generator.random(size) < probability
        late = draw_whole(self.opposition.delay, generator, size)
        never = generator.random(size) < draw(self.opposition.defeat, generator, size)
        return np.where(blocked, late, 0), blocked & never

    def _kept(
        self, generator: np.random.Generator, size: int, clock: np.ndarray, first: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw the period in which the relief is undone, and the share of it still in force."""
        if self.snap_back is None:
            return np.full(size, _LATE), np.ones((clock.size, size))
        hazard = draw(self.snap_back.hazard, generator, size)
        strikes = (clock >= first) & (generator.random((clock.size, size)) < hazard)
        undone = np.where(strikes.any(axis=0), strikes.argmax(axis=0) + 1, _LATE)
        back = np.clip((clock - undone + 1) / self.snap_back.ramp, 0.0, 1.0)
        return undone, 1.0 - back


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Draws of how far one design has gone, in shares of the part that it can lift.

    Parameters
    ----------
    depth : numpy.ndarray
        Where it is to end, shape ``(path,)``.
    law, felt, priced : numpy.ndarray
        By law, as firms feel it and as asset prices see it, shape ``(period, path)``.
    rouble : numpy.ndarray
        Rouble move in the quarter of the announcement, in % for a whole composite of measures;
        shape ``(period, path)``, 0 in every other period.
    """

    depth: np.ndarray
    law: np.ndarray
    felt: np.ndarray
    priced: np.ndarray
    rouble: np.ndarray


class Tightening(_Part):
    """More measures than those in force.

    Parameters
    ----------
    measures : tuple of str
        Which ones, as in ``("finance", "energy")``.
    rise : Quantity
        Added to the level in the end, at most 1 (a level of 2).
    start, ramp : Quantity
        Whole periods of at least 1.
    """

    measures: tuple[str, ...] = Field(min_length=1)
    rise: Quantity
    start: Quantity = 1
    ramp: Quantity = 4

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
            _within(getattr(self, name), 1, np.inf, name, "periods are counted from 1")
        return self


def _ramped(clock: np.ndarray, start: np.ndarray, ramp: np.ndarray) -> np.ndarray:
    """Share of a step that is done in each period, shape ``(period, path)``."""
    done: np.ndarray = np.clip((clock - start + 1) / ramp, 0.0, 1.0)
    return done


def _shifted(depth: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Shift shares on the logit scale; 0 and 1 stay."""
    if not shift.any():
        return depth
    odds = depth * np.exp(shift)
    return np.where(depth < 1, odds / (odds + 1.0 - depth), depth)


@cache
def _rule() -> Rule:
    return load_rule()


def _components(names: tuple[str, ...]) -> list[Component]:
    return [component for component in _rule().components if component.id in names]


@cache
def us_shares() -> dict[str, float]:
    """Share of each measure's full level that the United States alone could lift.

    By the rule of the measures, on the first day after the date at which every level is 1.

    Examples
    --------
    >>> {name: round(share, 2) for name, share in us_shares().items()}
    {'trade': 0.26, 'finance': 0.57, 'energy': 0.4, 'transport': 0.37, 'assets': 0.19}
    """
    rule = _rule()
    day = pd.period_range(rule.cap.date, periods=2, freq="D")[1:]
    found = intensities(rule, load_events(), day).iloc[0]
    return {name: float(found[f"us_share_{name}"]) for name in MEASURES}


@cache
def composite_weights() -> dict[str, float]:
    """Weights of the measures in the rule's first composite."""
    return dict(next(iter(_rule().composites.values())))
