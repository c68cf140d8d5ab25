"""Futures over time: which one rules when, and what the measures do then.

A *future* has designs (relief, tightening, shifts of a level) that count from the day it begins;
another one that takes over carries each measure from where it stands to where its designs end, at
the pace of these designs, and takes measures that it leaves alone back to the level of today. The
levels before the first period are those of the status quo (1). This module knows no equations.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.scenarios.issuers import composite_weights
from sanctions_model.scenarios.library import FutureProcess, ScenarioLibrary
from sanctions_model.scenarios.odds.drawn_designs import KINDS, DrawnDesigns, draw_designs, one_fade
from sanctions_model.scenarios.quantities import bounds, first_date
from sanctions_model.scenarios.scenario import DESIGNS, Scenario
from sanctions_model.scm.interventions import require_horizon

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FuturePaths:
    """Drawn paths of measures, as laws, as firms feel them and as asset prices see them.

    Parameters
    ----------
    law, felt, priced : numpy.ndarray
        Shape ``([future,] measure, period, path)``, 1 = the regime of end 2025.
    rouble : numpy.ndarray
        Rouble move in % in the period of an announcement, in all; shape
        ``([future,] period, path)``.
    fade : tuple of float
        Share of the rouble shift taken back in each of the periods after it.
    growth : mapping of str to numpy.ndarray
        Extra growth of a level, in its unit a period, shape ``([future,] period, path)``; of the
        need of foreign exchange a shift in each period.
    regime : numpy.ndarray
        Position of the future in force, shape ``([future,] period, path)``.
    """

    law: np.ndarray
    felt: np.ndarray
    priced: np.ndarray
    rouble: np.ndarray
    fade: tuple[float, ...]
    growth: dict[str, np.ndarray]
    regime: np.ndarray

    @property
    def horizon(self) -> int:
        """Number of periods."""
        return int(self.regime.shape[-2])

    @property
    def paths(self) -> int:
        """Number of paths, of each future where there are several."""
        return int(self.regime.shape[-1])

    def one_a_draw(self) -> "FuturePaths":
        """Return the same as the paths of one future, each of which a draw has to itself."""
        return _stacked([self])


def draw_regimes(
    process: FutureProcess,
    generator: np.random.Generator,
    *,
    first: np.ndarray,
    horizon: int,
) -> np.ndarray:
    """Draw which future is in force in each period, each path with its own transition matrix.

    `first`: position of each path's first future, shape ``(path,)``. Returns: positions, shape
    ``(horizon, path)``.
    """
    size, count = len(first), len(process.order)
    means = np.asarray(process.transition)
    if process.concentration is None:
        matrices = np.broadcast_to(means, (size, count, count))
    else:
        # A Dirichlet row is a row of gamma draws over their sum; a mean of 0 stays 0.
        weights = generator.standard_gamma(process.concentration * means, (size, count, count))
        matrices = weights / weights.sum(axis=-1, keepdims=True)
    thresholds = np.cumsum(matrices, axis=-1)
    now = np.asarray(first)
    regimes = np.empty((horizon, size), dtype=int)
    for period in range(horizon):
        if period and period % process.every == 0:
            uniform = generator.random(size)
            rows = thresholds[np.arange(size), now]
            # The last threshold is 1 up to rounding: nothing may fall beyond it.
            now = np.minimum((uniform[:, None] >= rows).sum(axis=1), count - 1)
        regimes[period] = now
    return regimes


def draw_future_paths(
    library: ScenarioLibrary,
    *,
    first: np.ndarray,
    horizon: int,
    generator: np.random.Generator,
    transitions: bool = True,
) -> FuturePaths:
    """Draw paths of the measures, each beginning with a future and possibly sliding to others.

    Parameters
    ----------
    library : ScenarioLibrary
        With a process between futures.
    first : numpy.ndarray
        Position of each path's first future in the process's order, shape ``(path,)``; or
        ``(future, path)``: path i of every row then has the same draw of each future's designs,
        so that rows differ by what they begin with.
    horizon : int
        Periods of each path, at least 1.
    generator : numpy.random.Generator
        Source of all randomness.
    transitions : bool
        False keeps each path in its first future.

    Returns
    -------
    FuturePaths
        With a dim for futures if `first` has one.

    Raises
    ------
    QuestionError
        If the library has no process, or the horizon is below 1.
    """
    process, horizon = library.process(), require_horizon(horizon)
    if transitions:
        require_undated(library)
    rows = np.atleast_2d(first)
    drawn = [
        draw_designs(
            library.named(name), generator, rows.shape[1], horizon, return_ramp=process.return_ramp
        )
        for name in process.order
    ]
    found = []
    for row in rows:
        if transitions:
            regimes = draw_regimes(process, generator, first=row, horizon=horizon)
        else:
            regimes = np.broadcast_to(row, (horizon, row.size))
        found.append(_follow(drawn, regimes))
    return found[0] if np.ndim(first) == 1 else _stacked(found)


def require_undated(library: ScenarioLibrary) -> None:
    """Refuse futures with periods of the calendar where they can begin at any time."""
    for name in library.process().order:
        if (date := first_date(library.named(name))) is not None:
            raise QuestionError(
                f"{name!r} names the period {date!r}, but with transitions a future may begin at "
                "any time; count its periods from 1, the first in which it is in force."
            )


def draw_scenario_paths(
    scenario: Scenario, *, paths: int, horizon: int, generator: np.random.Generator
) -> FuturePaths:
    """Draw paths of one scenario that lasts.

    Parameters
    ----------
    scenario : Scenario
        With designs.
    paths : int
        Number of paths.
    horizon : int
        Periods of each path, at least 1.
    generator : np.random.Generator
        Source of all randomness.

    Returns
    -------
    FuturePaths
        Intensities of shape ``(measure, period, path)``, 1 = the regime of the end of 2025.

    Raises
    ------
    QuestionError
        If the scenario has interventions or conditions, which `simulate` and
        `conditional_forecast` answer.
    """
    horizon = require_horizon(horizon)
    if scenario.stated:  # a status quo states nothing, and has paths all the same
        scenario.require_used("the drawing of paths", DESIGNS)
    _require_begun(scenario, horizon)
    drawn = draw_designs(scenario, generator, paths, horizon, return_ramp=1)
    return _follow([drawn], np.zeros((horizon, paths), dtype=int))


def _require_begun(scenario: Scenario, horizon: int) -> None:
    """Refuse designs of which none can begin before the horizon ends; say which cannot."""
    starts = {f"relief.{k}": entry.phase[0].start for k, entry in enumerate(scenario.relief)}
    starts |= {f"tightening.{k}": entry.start for k, entry in enumerate(scenario.tightening)}
    starts |= {f"level.{k}": entry.start for k, entry in enumerate(scenario.level)}
    starts |= {f"release_assets.{k}": e.start for k, e in enumerate(scenario.release_assets)}
    late = {place: first for place, s in starts.items() if (first := bounds(s)[0]) > horizon}
    for place, first in late.items():
        words = f"{scenario.label!r}: {place} starts in period {first:g}, after the horizon"
        if len(late) == len(starts):
            raise QuestionError(f"{words} of {horizon}; start earlier or ask for a longer one.")
        _LOG.info("%s of %s", words, horizon)


def _follow(drawn: Sequence[DrawnDesigns], regimes: np.ndarray) -> FuturePaths:
    """Carry each measure from where it stands to where the future in force takes it."""
    names, fade = _common(drawn)
    if (regimes == regimes[0, 0]).all():
        return _stay(drawn[int(regimes[0, 0])], regimes, names, fade)
    horizon, size = regimes.shape
    level = {kind: np.empty((len(MEASURES), horizon, size)) for kind in KINDS}
    entry = {kind: np.ones((len(MEASURES), size)) for kind in KINDS}
    rouble = np.zeros(regimes.shape)
    growth = {name: np.zeros(regimes.shape) for name in names}
    since, goal = np.zeros(size, dtype=int), np.empty((len(MEASURES), size))
    for period, now in enumerate(regimes):
        if period:
            new = now != regimes[period - 1]
            since = np.where(new, 0, since + 1)
            for kind in KINDS:
                entry[kind] = np.where(new, level[kind][:, period - 1], entry[kind])
        for position, d in enumerate(drawn):
            mine = np.flatnonzero(now == position)
            age = since[mine]
            goal[:, mine] = d.target[:, mine]
            for kind in KINDS:
                before = entry[kind][:, mine]
                way = d.way[kind][:, age, mine]
                level[kind][:, period, mine] = before + (goal[:, mine] - before) * way
            if d.fade or d.rouble.any():
                part = _part_to_come(entry["law"][:, mine], goal[:, mine])
                rouble[period, mine] = d.rouble[age, mine] * part
            for name, extra in d.growth.items():
                growth[name][period, mine] = extra[age, mine]
    return FuturePaths(**level, rouble=rouble, fade=fade, growth=growth, regime=regimes)


def _common(drawn: Sequence[DrawnDesigns]) -> tuple[list[str], tuple[float, ...]]:
    """Return the levels that some future shifts, and how rouble shifts fade."""
    fade: tuple[float, ...] = ()
    for d in drawn:
        if d.fade:
            fade = one_fade(fade, d.fade[0], len(d.fade))
    return sorted({name for d in drawn for name in d.growth}), fade


def _stay(
    only: DrawnDesigns, regimes: np.ndarray, names: Sequence[str], fade: tuple[float, ...]
) -> FuturePaths:
    """Follow one future that never ends."""
    goal = only.target[:, None]
    level = {kind: 1.0 + (goal - 1.0) * only.way[kind] for kind in KINDS}
    still = np.zeros(regimes.shape)
    growth = {name: only.growth.get(name, still) for name in names}
    return FuturePaths(
        **level, rouble=only.rouble, fade=fade, growth=growth, regime=np.asarray(regimes)
    )


def _part_to_come(now: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Share of an announced fall of the composite, from 1, that is still to come."""
    weights = np.array([composite_weights()[name] for name in MEASURES])
    fall = weights @ np.clip(now - goal, 0.0, None)
    whole = weights @ np.clip(1.0 - goal, 0.0, None)
    part: np.ndarray = np.divide(fall, whole, out=np.zeros(whole.size), where=whole > 0)
    return part


def _stacked(found: Sequence[FuturePaths]) -> FuturePaths:
    arrays = {
        name: np.stack([getattr(paths, name) for paths in found])
        for name in (*KINDS, "rouble", "regime")
    }
    growth = {name: np.stack([paths.growth[name] for paths in found]) for name in found[0].growth}
    return FuturePaths(**arrays, fade=found[0].fade, growth=growth)
