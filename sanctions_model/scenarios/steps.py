"""Drawing a design: how far it has gone by law, as firms feel it and as asset prices see it.

Over-compliance delays what firms feel; an announcement brings part of what asset prices see
forward. This module knows no equations.
"""

from dataclasses import dataclass

import numpy as np

from sanctions_model.scenarios.quantities import draw, draw_whole
from sanctions_model.scenarios.relief import Opposition, ReliefDesign, SnapBack

_LATE = 10_000  # a step that never comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Draws of how far one design has gone, in shares of the part that it can lift.

    `depth`: where it is to end, shape ``(path,)``. `law`, `felt`, `priced`: by law, as firms feel
    it and as asset prices see it, shape ``(period, path)``. `rouble`: rouble move in the quarter of
    the announcement, in % for a whole composite of measures; shape ``(period, path)``, 0 in every
    other period.
    """

    depth: np.ndarray
    law: np.ndarray
    felt: np.ndarray
    priced: np.ndarray
    rouble: np.ndarray


def draw_steps(
    design: ReliefDesign, generator: np.random.Generator, size: int, horizon: int
) -> Steps:
    """Draw how far a design has gone in each period.

    `design`: with its dates counted. `generator`: source of all randomness. `size`, `horizon`:
    numbers of paths and of periods. Returns: in shares of the part that the design can lift.
    """
    extra, shift = np.zeros(size, dtype=int), np.zeros(size)
    if design.unpredictability:
        extra = generator.poisson(design.unpredictability.timing, size)
        shift = design.unpredictability.depth * generator.standard_normal(size)
    clock = np.arange(1, horizon + 1)[:, None]
    law, felt = np.zeros((horizon, size)), np.zeros((horizon, size))
    delay = draw_whole(design.over_compliance, generator, size)
    left, planned_depth = np.ones(size), np.zeros(size)
    enacted, failed = np.ones(size, dtype=bool), np.full(size, _LATE)
    free, first = np.ones(size, dtype=int), np.full(size, _LATE)
    announced = np.full(size, _LATE)
    for position, phase in enumerate(design.phase):
        start = draw_whole(phase.start, generator, size) + extra
        if position == 0 and design.announcement:
            announced = start - draw_whole(design.announcement.lead, generator, size)
        ramp = draw_whole(phase.ramp, generator, size)
        size_of = left * _shifted(draw(phase.depth, generator, size), shift)
        left, planned_depth = left - size_of, planned_depth + size_of
        late, defeated = _blocked(design.opposition, generator, size)
        failed = np.where(enacted & defeated, start, failed)
        enacted &= ~defeated
        start = np.maximum(start + late, free)
        free = start + ramp
        first = np.where(enacted, np.minimum(first, start), first)
        lifted = np.where(enacted, size_of, 0.0)
        law = law + lifted * _ramped(clock, start, ramp)
        felt = felt + lifted * _ramped(clock, start + delay, ramp)
    undone, kept = _kept(design.snap_back, generator, size, clock, first)
    law, felt = law * kept, felt * kept
    priced, rouble = law, np.zeros((horizon, size))
    if design.announcement:
        ends = np.minimum(failed, undone)
        on = (clock >= announced) & (clock < ends)
        share = draw(design.announcement.share, generator, size)
        priced = law + share * on * (planned_depth - law)
        move = draw(design.announcement.rouble, generator, size)
        said = (clock == announced) & (announced < undone)
        rouble = move * planned_depth * said
    return Steps(depth=planned_depth, law=law, felt=felt, priced=priced, rouble=rouble)


def _blocked(
    opposition: Opposition | None, generator: np.random.Generator, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw each path's delay of a step, and whether the step never comes."""
    if opposition is None:
        return np.zeros(size, dtype=int), np.zeros(size, dtype=bool)
    probability = draw(opposition.probability, generator, size)
    blocked = generator.random(size) < probability
    late = draw_whole(opposition.delay, generator, size)
    never = generator.random(size) < draw(opposition.defeat, generator, size)
    return np.where(blocked, late, 0), blocked & never


def _kept(
    snap_back: SnapBack | None,
    generator: np.random.Generator,
    size: int,
    clock: np.ndarray,
    first: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the period in which the relief is undone, and the share of it still in force."""
    if snap_back is None:
        return np.full(size, _LATE), np.ones((clock.size, size))
    hazards = _hazards(snap_back, generator, clock, first)
    strikes = generator.random((clock.size, size)) < hazards
    undone = np.where(strikes.any(axis=0), strikes.argmax(axis=0) + 1, _LATE)
    back = np.clip((clock - undone + 1) / snap_back.ramp, 0.0, 1.0)
    return undone, 1.0 - back


def _hazards(
    snap_back: SnapBack, generator: np.random.Generator, clock: np.ndarray, first: np.ndarray
) -> np.ndarray:
    """Draw the probability that the relief is undone in each period, given that it is in force.

    Shape ``(period, path)``; 0 before each path's first step and after the window.
    """
    begun = clock >= first
    if snap_back.hazard is not None:
        return np.asarray(begun * draw(snap_back.hazard, generator, first.size))
    assert snap_back.probability is not None
    chance = draw(snap_back.probability, generator, first.size)
    if snap_back.within is not None:
        length = draw_whole(snap_back.within, generator, first.size)
    else:
        assert snap_back.until is not None
        length = draw_whole(snap_back.until, generator, first.size) - first + 1
    each = 1.0 - (1.0 - chance) ** (1.0 / np.maximum(length, 1))
    return np.asarray(begun * (clock < first + length) * each)


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
