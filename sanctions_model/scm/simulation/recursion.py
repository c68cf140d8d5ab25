"""The recursion under every propagation: equations solved period by period, in blocks.

Works on plain arrays: scenarios in rows, draws in columns. Knows no questions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.scm.interventions import Intervention, ScaleBy, SetTo, ShiftBy, said
from sanctions_model.scm.linear_form import LinearForm, Term
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.simulation.history import asymmetric_adjustment

if TYPE_CHECKING:
    from sanctions_model.scm.simulation.kernel import Program

# Columns (scenario x draw) that one pass works on: small enough to stay in the cache.
_BLOCK_COLUMNS = 16_384


@dataclass(frozen=True)
class Start:
    """The state that a propagation starts from.

    Parameters
    ----------
    values : mapping of str to numpy.ndarray
        The last periods of every variable, latest last; shape ``(lags, draw)`` or ``(lags, 1)``.
    peaks : mapping of str to float
        The highest intensity that each measure has had; its last value by default.
    """

    values: Mapping[str, np.ndarray]
    peaks: Mapping[str, float] = field(default_factory=dict)


class Drivers:
    """Paths that no equation changes: exogenous variables and effective measures."""

    def __init__(
        self,
        scm: StructuralCausalModel,
        parameters: DrawParameters,
        levels: Mapping[str, np.ndarray],
        *,
        baseline: Mapping[str, np.ndarray] | None = None,
        start: Start | None = None,
        edits: Sequence[Intervention] = (),
    ) -> None:
        self.scm, self.parameters, self.edits = scm, parameters, edits
        self.levels, self.baseline, self.start = levels, baseline, start
        self._unchanged: dict[str, np.ndarray] = {}  # the baseline's paths, the same in each block
        self.scenarios = max([1, *(len(path) for path in levels.values())])

    def block(self, rows: slice, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the paths of some scenarios, shape ``(scenario, period, draw or 1)``."""
        found = {}
        for name in names:
            measure = self.scm.effective[name].measure if name in self.scm.effective else name
            # A path given for the effective measure is the one it follows instead of the measure.
            followed = name if name in self.levels else measure
            if followed not in self.levels:
                continue  # no difference to the baseline
            path = self.levels[followed]
            found[name] = self._path(name, measure, path[rows] if len(path) > 1 else path)
            if self.baseline is not None:
                if name not in self._unchanged:
                    path = self.baseline[measure]
                    self._unchanged[name] = self._path(name, measure, path)
                found[name] = found[name] - self._unchanged[name]
        return found

    def _path(self, name: str, measure: str, path: np.ndarray) -> np.ndarray:
        if name in self.scm.effective:
            return self._effective(name, measure, path)
        return path if path.ndim == 3 else path[:, :, None]

    def _effective(self, name: str, measure: str, path: np.ndarray) -> np.ndarray:
        if self._never_relieved(name, measure, path):
            return path[:, :, None]
        label = self.scm.effective[name].recovers_as
        share = self.parameters.row("recoverable_share", label)
        speed = self.parameters.row("recovery_speed", label)
        first = self.scm.longest_lag - 1
        before = path[:, :first] if path.ndim == 3 else path[:, :first, None]
        early = np.broadcast_to(before, (len(path), first, share.size))
        state, peak = None, None
        if self.start is not None:
            past = np.broadcast_to(self.start.values[name], (first + 1, share.size))
            early = np.broadcast_to(past[None, :first], early.shape)
            state, peak = past[-1], self.start.peaks.get(measure)
        own = [edit for edit in self.edits if edit.variable == name]

        def act(values: np.ndarray, period: int) -> np.ndarray:
            for edit in own:
                values = edit.apply(values, period)
            return values

        late = asymmetric_adjustment(
            path[:, first:], share, speed, effective=state, peak=peak, act=act if own else None
        )
        return np.concatenate([early, late], axis=1)

    def _never_relieved(self, name: str, measure: str, path: np.ndarray) -> bool:
        """Whether a measure is always as effective as it is in force, the same in every draw."""
        if path.ndim == 3 or any(edit.variable == name for edit in self.edits):
            return False
        if self.start is not None:
            past, highest = path[:, : self.scm.longest_lag], self.start.peaks.get(measure)
            if np.any(self.start.values[name].T[:, None] != past) or (
                highest is not None and highest > past[:, -1].min()
            ):
                return False
        return bool((np.diff(path) >= 0).all())


@dataclass(frozen=True, kw_only=True)
class Recursion:
    """The equations, solved period by period for blocks of scenarios.

    Where ``moved`` is given, the run is a difference: the other variables differ by nothing.
    ``factors`` holds the values of what multiplies links, ``(scenario or 1, period, draw or 1)``.
    """

    scm: StructuralCausalModel
    parameters: DrawParameters
    forms: Mapping[str, LinearForm]
    start: Mapping[str, np.ndarray] | None
    shocks: Mapping[str, np.ndarray]
    edits: Sequence[Intervention]
    horizon: int
    factors: Mapping[str, np.ndarray] = field(default_factory=dict)
    closed: Sequence[frozenset[str]] | None = None
    moved: frozenset[str] | None = None

    def over(self, drivers: Drivers, outcomes: Sequence[str] | None) -> xr.DataArray:
        """Run all scenarios and return the outcomes."""
        wanted = self.scm.wanted(outcomes)
        for name in wanted:
            self.scm.require(name, "the outcomes")
        shocked = [len(path) for path in self.shocks.values() if path.ndim == 3]
        count = max([drivers.scenarios, len(self.closed or [()]), *shocked])
        size = self.parameters.size
        result = np.zeros((len(wanted), count, self.horizon, size))
        needed = self._needed(wanted)
        step = max(1, _BLOCK_COLUMNS // size)
        for first in range(0, count, step):
            rows = slice(first, min(first + step, count))
            self._run_block(drivers, rows, needed, wanted, result)
        return _labelled(result, wanted, self.scm, self.parameters.shape)

    def _needed(self, wanted: Sequence[str]) -> frozenset[str]:
        flows = {level.variable.name: level.flow for level in self.scm.levels}
        direct = {flows.get(name, name) for name in wanted}
        needed = frozenset(direct.union(*(self.scm.graph.ancestors(name) for name in direct)))
        return needed if self.moved is None else needed & self.moved

    def _run_block(
        self,
        drivers: Drivers,
        rows: slice,
        needed: frozenset[str],
        wanted: Sequence[str],
        result: np.ndarray,
    ) -> None:
        from sanctions_model.scm.simulation.kernel import advance

        outside = {*self.scm.exogenous, *self.scm.effective}
        paths = drivers.block(rows, sorted(needed & outside))
        for position, name in enumerate(wanted):
            if name in paths:
                result[position, rows] = paths[name][:, self.scm.longest_lag :]
        forms = {name: form for name, form in self.forms.items() if name in needed}
        for level in self.scm.levels:
            name = level.variable.name
            if name in wanted and level.flow in forms:
                total = (Term(name, 1, 1.0), Term(level.flow, 0, level.sign))
                forms[name] = LinearForm(0.0, total)
        places = {name: place for place, name in enumerate(wanted)}
        program = self._program(forms, paths, rows, places, result)
        done, order = 0, list(forms)
        edited = [e for e, name in enumerate(order) if any(i.variable == name for i in self.edits)]
        for period in range(self.horizon if edited else 0):
            for e in edited:
                until = period * len(order) + e + 1
                advance(program, done, until)
                done = until
                slot, slots = program.equations[e, 2:4]
                value = program.buffer[slot + period % slots]
                self._intervene(order[e], value, period + 1)
                if order[e] in places:
                    result[places[order[e]], rows, period] = value
        advance(program, done, self.horizon * len(order))

    def _intervene(self, name: str, value: np.ndarray, period: int) -> None:
        """Let the interventions have their say."""
        for edit in self.edits:
            if edit.variable == name:
                value[...] = edit.apply(value, period)
                self._require_plausible(edit, value, period)

    def _require_plausible(self, edit: Intervention, value: np.ndarray, period: int) -> None:
        """Refuse what takes a variable where the model says nothing; a difference has no level.

        What is set is judged by itself. What is added to or multiplied rests on the draws, some of
        which may lie outside: then the middle has to be far outside.
        """
        ours = isinstance(edit, SetTo | ShiftBy | ScaleBy) and edit.at(period) is not None
        if ours and self.moved is None:
            slack = 0.0 if isinstance(edit, SetTo) else 1.0
            variable = self.scm.variables[edit.variable]
            variable.require_plausible(np.median(value, axis=-1), said(edit), slack=slack)

    def _program(
        self,
        forms: Mapping[str, LinearForm],
        paths: Mapping[str, np.ndarray],
        rows: slice,
        places: Mapping[str, int],
        result: np.ndarray,
    ) -> "Program":
        """Write equations, drivers and state of a block of scenarios as arrays."""
        from sanctions_model.scm.simulation.kernel import DRIVER, EQUATION, SHARED, Program

        size, length = self.parameters.size, self.scm.longest_lag + self.horizon
        reach = self._reach(forms)
        slots = dict(zip(forms, np.cumsum([0, *(lag + 1 for lag in reach.values())]), strict=False))
        buffer = np.zeros((sum(reach.values()) + len(reach), rows.stop - rows.start, size))
        factors, shocks = _Slabs(self.horizon), _Slabs(self.horizon)
        factors.add(np.ones((1, self.horizon, 1)))
        found = {SHARED: _Slabs(length), DRIVER: _Slabs(length)}
        parents = {name: (EQUATION, e, 0) for e, name in enumerate(forms)}
        for name, path in paths.items():
            kind = SHARED if path.shape[2] == 1 else DRIVER
            parents[name] = (kind, *found[kind].add(path))
        equations, weights = [], []
        terms: list[tuple[int, ...]] = []
        for name, form in forms.items():
            first = len(terms)
            for term in form.terms:
                if term.parent not in parents:
                    continue  # no difference to the baseline
                times = self._times(term.closed_by(name), term.factor, rows)
                slab = (0, 0) if times is None else factors.add(times)
                terms.append((*parents[term.parent], term.lag, *slab))
                weights.append(term.weight)
            shock = (-1, 0)
            if name in self.shocks:
                path = self.shocks[name]
                shock = shocks.add(path[rows] if path.ndim == 3 else path[None])
            buffered = (slots[name], reach[name] + 1)
            place = places[name] * result.shape[1] + rows.start if name in places else -1
            equations.append((first, len(terms), *buffered, *shock, place))
            if self.start is not None and name in self.start and reach[name]:
                before = self.start[name][-reach[name] :, None, :]
                buffer[slots[name] + 1 : slots[name] + 1 + reach[name]] = before
        return Program(
            np.array(equations, dtype=np.int64).reshape(-1, 7),
            np.array(terms, dtype=np.int64).reshape(-1, 6),
            _rows([form.constant for form in forms.values()], size),
            _rows(weights, size),
            found[SHARED].whole(1),
            found[DRIVER].whole(size),
            shocks.whole(size),
            factors.whole(max(path.shape[2] for path in factors.paths)),
            buffer,
            result.reshape(-1, self.horizon, size),
        )

    def _reach(self, forms: Mapping[str, LinearForm]) -> dict[str, int]:
        """Return how far back some equation reads each variable.

        The buffer goes no further, because a pass over all of it should stay in the cache.
        """
        reach = dict.fromkeys(forms, 0)
        for form in forms.values():
            for term in form.terms:
                if term.parent in reach:
                    reach[term.parent] = max(reach[term.parent], term.lag)
        return reach

    def _times(self, links: frozenset[str], factor: str, rows: slice) -> np.ndarray | None:
        """Return what multiplies a term: its factor, and 0 in each scenario that closes a link.

        Shape ``(scenario or 1, period, draw or 1)``; None where nothing does.
        """
        every = self.closed or [frozenset()]
        closed = every[rows] if len(every) > 1 else every
        times = None
        is_open = np.array([links.isdisjoint(labels) for labels in closed], dtype=float)
        if not is_open.all():
            shape = (len(closed), self.horizon, 1)
            times = np.broadcast_to(is_open[:, None, None], shape)
        if factor:
            path = self.factors[factor]
            path = path[rows] if len(path) > 1 else path
            times = path if times is None else times * path
        return times


def _rows(values: Sequence[Any], size: int) -> np.ndarray:
    """Stack numbers and rows of numbers, one a draw."""
    found = np.empty((len(values), size))
    for row, value in zip(found, values, strict=True):
        row[:] = value
    return found


class _Slabs:
    """Paths of shape ``(scenario or 1, period, draw or 1)``, one below the other."""

    def __init__(self, periods: int) -> None:
        self.periods, self.paths, self._count = periods, list[np.ndarray](), 0

    def add(self, path: np.ndarray) -> tuple[int, int]:
        """Return where the path begins, and 1 if each scenario has its own."""
        first, self._count = self._count, self._count + len(path)
        self.paths.append(path)
        return first, int(len(path) > 1)

    def whole(self, width: int) -> np.ndarray:
        """Return all of them, at least one, with so many draws."""
        if not self.paths:
            return np.zeros((1, self.periods, width))
        found = np.empty((self._count, self.periods, width))
        first = 0
        for path in self.paths:
            found[first : first + len(path)] = path
            first += len(path)
        return found


def _labelled(
    result: np.ndarray, wanted: list[str], scm: StructuralCausalModel, shape: tuple[int, int]
) -> xr.DataArray:
    variables = [scm.variables[name] for name in wanted]
    said = tuple((variable.name, variable.kept_unit, variable.label) for variable in variables)
    return xr.DataArray(
        result.reshape(*result.shape[:3], *shape),
        dims=(dims.OUTCOME, dims.SCENARIO, dims.HORIZON, dims.CHAIN, dims.DRAW),
        coords=_coordinates(said, result.shape[2], shape),
    )


@lru_cache
def _coordinates(
    outcomes: tuple[tuple[str, str, str], ...], horizon: int, shape: tuple[int, int]
) -> xr.Coordinates:
    """Index names, units and labels of outcomes; kept, because short questions cost less."""
    names, units, labels = (list(texts) for texts in zip(*outcomes, strict=True))
    return xr.Coordinates(
        {
            dims.OUTCOME: names,
            dims.HORIZON: np.arange(1, horizon + 1),
            dims.CHAIN: np.arange(shape[0]),
            dims.DRAW: np.arange(shape[1]),
            "unit": (dims.OUTCOME, units),
            "label": (dims.OUTCOME, labels),
        }
    )
