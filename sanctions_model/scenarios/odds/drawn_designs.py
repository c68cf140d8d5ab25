"""One scenario's designs, drawn for every path, in periods since it began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.scenarios.issuers import composite_weights, draw_parts
from sanctions_model.scenarios.quantities import counted, draw, draw_whole, require_counted
from sanctions_model.scenarios.relief import ReliefDesign
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scenarios.steps import Steps, draw_steps

KINDS = ("law", "felt", "priced")
_TOUCHED = 1e-12
NEED = "exchange_need"  # what reserves that are released ease


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDesigns:
    """One scenario's designs, drawn for every path, in periods since it began."""

    target: np.ndarray  # (measure, path)
    way: dict[str, np.ndarray]  # by kind: share of the way gone, (measure, period, path)
    rouble: np.ndarray  # (period, path), for a composite that falls by 1
    fade: tuple[float, ...]
    growth: dict[str, np.ndarray]  # (period, path)


def draw_designs(
    scenario: Scenario,
    generator: np.random.Generator,
    size: int,
    horizon: int,
    *,
    return_ramp: int,
) -> DrawnDesigns:
    """Draw one scenario; measures that it leaves alone return over `return_ramp` periods."""
    require_counted(scenario)
    target = np.ones((len(MEASURES), size))
    level = {kind: np.ones((len(MEASURES), horizon, size)) for kind in KINDS}
    parts = draw_parts([design.reach for design in scenario.relief], generator, size)
    steps = [_effective(design, generator, size, horizon) for design in scenario.relief]
    for name, own in parts.items():
        at = MEASURES.index(name)
        for designs, part in own:
            target[at] -= part * _lifted([steps[k].depth for k in designs])
            for kind in KINDS:
                level[kind][at] -= part * _lifted([getattr(steps[k], kind) for k in designs])
    rouble, fade = _announced(scenario, parts, steps, (horizon, size))
    for entry in scenario.tightening:
        rise = draw(entry.rise, generator, size)
        start = draw_whole(entry.start, generator, size)
        ramp = draw_whole(entry.ramp, generator, size)
        done = np.clip((np.arange(1, horizon + 1)[:, None] - start + 1) / ramp, 0.0, 1.0)
        for name in entry.measures:
            at = MEASURES.index(name)
            target[at] *= 1.0 + rise
            for kind in KINDS:
                level[kind][at] *= 1.0 + rise * done
    return DrawnDesigns(
        target=target,
        way={kind: _way(path, target, return_ramp) for kind, path in level.items()},
        rouble=rouble,
        fade=fade,
        growth=_growth(scenario, generator, size, horizon),
    )


def _effective(
    design: ReliefDesign, generator: np.random.Generator, size: int, horizon: int
) -> Steps:
    """Draw a design's steps, less what those who keep their measures deter."""
    steps = draw_steps(design, generator, size, horizon)
    kept = 1.0 - draw(design.deterred, generator, size)
    return Steps(
        depth=kept * steps.depth,
        law=kept * steps.law,
        felt=kept * steps.felt,
        priced=kept * steps.priced,
        rouble=kept * steps.rouble,
    )


def _lifted(steps: Sequence[np.ndarray]) -> np.ndarray:
    """Share of a part that several designs lift, each of what the others leave."""
    left: np.ndarray = np.ones(1)
    for step in steps:
        left = left * (1.0 - step)
    return 1.0 - left


def _announced(
    scenario: Scenario,
    parts: Mapping[str, list[tuple[tuple[int, ...], np.ndarray]]],
    steps: Sequence[Steps],
    shape: tuple[int, int],
) -> tuple[np.ndarray, tuple[float, ...]]:
    """Return the rouble's moves at announcements, for a composite that falls by 1, and fading."""
    fade: tuple[float, ...] = ()
    rouble, weights = np.zeros(shape), composite_weights()
    for position, design in enumerate(scenario.relief):
        said = design.announcement
        if said and steps[position].rouble.any():
            whole = sum(
                weights[name] * part
                for name, own in parts.items()
                for designs, part in own
                if position in designs
            )
            rouble += steps[position].rouble * whole
            fade = one_fade(fade, (1.0 - said.kept) / said.fades_over, said.fades_over)
    return rouble, fade


def _way(path: np.ndarray, target: np.ndarray, return_ramp: int) -> np.ndarray:
    """Share of the way from 1 to the target that a path has gone; untouched measures return."""
    way = np.empty_like(path)
    back = np.clip(np.arange(1, path.shape[1] + 1) / return_ramp, 0.0, 1.0)[:, None]
    for at, goal in enumerate(target):
        moves = np.abs(goal - 1.0) > _TOUCHED
        if not moves.any():
            way[at] = back
            continue
        np.divide(1.0 - path[at], np.where(moves, 1.0 - goal, 1.0), out=way[at])
        if not moves.all():
            way[at][:, ~moves] = back
    return way


def _growth(
    scenario: Scenario, generator: np.random.Generator, size: int, horizon: int
) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    clock = np.arange(1, horizon + 1)[:, None]
    for entry in scenario.level:
        start, stop = counted(entry.start), counted(entry.stop)
        inside = (clock >= start) & (clock <= stop)
        part = draw(entry.size, generator, size) / (stop - start + 1)
        found[entry.variable] = found.get(entry.variable, 0.0) + part * inside
    for release in scenario.release_assets:
        start = counted(release.start)
        inside = (clock >= start) & (clock < start + release.over)
        sold = draw(release.share, generator, size) * draw(release.sold, generator, size)
        stock = draw(release.stock, generator, size)
        if np.any(release.transferred != 0):
            stock = stock * (1.0 - draw(release.transferred, generator, size))
        flow = sold * stock / release.over
        eased = 100.0 * flow / draw(release.exports, generator, size)
        found[NEED] = found.get(NEED, 0.0) - eased * inside
    return found


def one_fade(known: tuple[float, ...], share: float, periods: int) -> tuple[float, ...]:
    """Return the pattern in which rouble shifts fade, refusing a second one."""
    fade = (share,) * periods if share > 0 else ()
    if known and known != fade:
        raise QuestionError(
            "Announcements with different `kept` or `fades_over` in one set of futures; give all "
            "the same."
        )
    return fade
