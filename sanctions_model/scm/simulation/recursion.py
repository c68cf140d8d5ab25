"""The recursion under every propagation: equations solved period by period, in blocks.

Works on plain arrays: scenarios in rows, draws in columns. Knows no questions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.scm.interventions import Intervention, ScaleBy, SetTo, ShiftBy, said
from sanctions_model.scm.linear_form import LinearForm
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.simulation.history import asymmetric_adjustment

__all__ = ["Drivers", "Recursion", "Start"]

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
            found[name] = self._path(name, measure, self.levels[followed][rows])
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
            self._run_block(drivers, rows, needed, wanted, result[:, rows])
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
        lags = self.scm.longest_lag
        outside = {*self.scm.exogenous, *self.scm.effective}
        paths = drivers.block(rows, sorted(needed & outside))
        count = rows.stop - rows.start
        shape = (count, self.parameters.size)
        forms = {name: form for name, form in self.forms.items() if name in needed}
        rings = self._rings(forms, shape)
        times = self._times(forms, rows)
        levels = {
            level.variable.name: level
            for level in self.scm.levels
            if level.variable.name in wanted and level.flow in rings
        }
        totals = {name: np.zeros(shape) for name in levels}
        work = np.empty(shape)
        for period in range(self.horizon):
            for name, form in forms.items():
                value = rings[name][period % len(rings[name])]
                value[...] = form.constant
                for position, term in enumerate(form.terms):
                    if term.parent in rings:
                        ring = rings[term.parent]
                        parent = ring[(period - term.lag) % len(ring)]
                    elif term.parent in paths:
                        parent = paths[term.parent][:, lags + period - term.lag]
                    else:
                        continue  # no difference to the baseline
                    np.multiply(parent, term.weight, out=work)
                    if (name, position) in times:
                        np.multiply(work, times[name, position][:, period], out=work)
                    value += work
                self._disturb(name, value, period, rows)
            now_known = {name: ring[period % len(ring)] for name, ring in rings.items()}
            now_known |= {name: path[:, lags + period] for name, path in paths.items()}
            for name, level in levels.items():
                totals[name] += level.sign * now_known[level.flow]
            now_known |= totals
            for position, name in enumerate(wanted):
                if name in now_known:
                    result[position, :, period] = now_known[name]

    def _disturb(self, name: str, value: np.ndarray, period: int, rows: slice) -> None:
        """Add the period's shock, then let the interventions have their say."""
        if name in self.shocks:
            shock = self.shocks[name]
            value += shock[rows, period] if shock.ndim == 3 else shock[period]
        for edit in self.edits:
            if edit.variable == name:
                value[...] = edit.apply(value, period + 1)
                self._require_plausible(edit, value, period + 1)

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

    def _rings(
        self, forms: Mapping[str, LinearForm], shape: tuple[int, int]
    ) -> dict[str, np.ndarray]:
        """Buffer of each variable: this period and those before it that some equation reads.

        Period ``t`` is in slot ``t % length``, the last one before the first in slot -1. No longer
        than that, because a pass over all buffers should stay in the cache.
        """
        reach = dict.fromkeys(forms, 0)
        for form in forms.values():
            for term in form.terms:
                if term.parent in reach:
                    reach[term.parent] = max(reach[term.parent], term.lag)
        rings = {name: np.zeros((lag + 1, *shape)) for name, lag in reach.items()}
        if self.start is not None:
            for name, lag in reach.items():
                if lag:
                    rings[name][1:] = self.start[name][-lag:, None, :]
        return rings

    def _times(
        self, forms: Mapping[str, LinearForm], rows: slice
    ) -> dict[tuple[str, int], np.ndarray]:
        """Collect what multiplies links: their factor, and 0 for each scenario that closes them.

        Shape ``(scenario or 1, period, draw or 1)``, by equation and position of the link's term.
        """
        every = self.closed or [frozenset()]
        closed = every[rows] if len(every) > 1 else every
        times = {}
        for name, form in forms.items():
            for position, term in enumerate(form.terms):
                label = term.link_to(name)
                is_open = np.array([label not in labels for labels in closed], dtype=float)
                if not is_open.all():
                    shape = (len(closed), self.horizon, 1)
                    times[name, position] = np.broadcast_to(is_open[:, None, None], shape)
                if term.factor:
                    path = self.factors[term.factor]
                    path = path[rows] if len(path) > 1 else path
                    times[name, position] = times.get((name, position), 1.0) * path
        return times


def _labelled(
    result: np.ndarray, wanted: list[str], scm: StructuralCausalModel, shape: tuple[int, int]
) -> xr.DataArray:
    variables = [scm.variables[name] for name in wanted]
    return xr.DataArray(
        result.reshape(*result.shape[:3], *shape),
        dims=(dims.OUTCOME, dims.SCENARIO, dims.HORIZON, dims.CHAIN, dims.DRAW),
        coords={
            dims.OUTCOME: wanted,
            dims.HORIZON: np.arange(1, result.shape[2] + 1),
            dims.CHAIN: np.arange(shape[0]),
            dims.DRAW: np.arange(shape[1]),
            "unit": (dims.OUTCOME, [variable.kept_unit for variable in variables]),
            "label": (dims.OUTCOME, [variable.label for variable in variables]),
        },
    )
