"""The recursion under every propagation, as one function in machine code for all models.

A run is data here, see `Program`. With scenario s, period t and draw d, equation e gives

    y_e = c_e + sum over its terms k of w_k * x_k (* f_k) (+ shock_e),

``c`` and ``w`` one number a draw, ``x_k`` another equation or a driver, ``k``'s lag before t, ``f``
what multiplies the link in this period. Additions and products stand in the order of the terms and
are those of IEEE, nothing reordered, and each draw is on its own: however the draws are split over
cores, equal inputs give equal bits. Imported where something is propagated, because it loads numba.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit, types

from sanctions_model.scm.simulation.machine_code import announced, kept

__all__ = ["DRIVER", "EQUATION", "SHARED", "Program", "adjust", "advance"]

# Where the parent of a term stands: among the equations, or among the drivers that are the same in
# all draws or have a path in each.
EQUATION, SHARED, DRIVER = range(3)

_CHUNK = 512  # draws that are solved through all periods before the next: they stay in the cache
_WORTH_CORES = 1_000_000  # products from which on a second core pays


class Program(NamedTuple):
    """Equations, drivers and state of a block of scenarios; C-contiguous, int64 and float64.

    Drivers, shocks and factors are slabs, ``(period, draw)``: the table that refers to them holds
    the first one and 1 where each scenario has its own, else 0.

    Parameters
    ----------
    equations : numpy.ndarray
        First term and the one after the last; first slot of the buffer and number of slots; first
        slab of its shocks, -1 without, and their step; its first scenario in the
        result, -1 for none. Shape ``(equation, 7)``.
    terms : numpy.ndarray
        Where its parent stands, `EQUATION`, `SHARED` or `DRIVER`; which equation or first slab;
        the step; lag; first slab of its factor and the step. Shape ``(term, 6)``.
    constants, weights : numpy.ndarray
        Shapes ``(equation, draw)`` and ``(term, draw)``.
    shared, drivers : numpy.ndarray
        Shapes ``(slab, lags + period, 1)`` and ``(slab, lags + period, draw)``.
    shocks : numpy.ndarray
        Shape ``(slab, period, draw)``.
    factors : numpy.ndarray
        The first one is 1, for links without. Shape ``(slab, period, draw or 1)``.
    buffer : numpy.ndarray
        Period t of an equation is in slot t modulo their number, the last one before the first
        period in the last slot; shape ``(slot, scenario, draw)``.
    result : numpy.ndarray
        Each outcome's scenarios; shape ``(outcome * scenario, period, draw)``.
    """

    equations: np.ndarray
    terms: np.ndarray
    constants: np.ndarray
    weights: np.ndarray
    shared: np.ndarray
    drivers: np.ndarray
    shocks: np.ndarray
    factors: np.ndarray
    buffer: np.ndarray
    result: np.ndarray


def _solve(given, first, last, begin, end):  # type: ignore[no-untyped-def]
    """Solve steps `first` to `last`, equation after equation in each period, for some draws."""
    count = len(given.equations)
    for s in range(given.buffer.shape[1]):
        for a in range(begin, end, _CHUNK):
            b = min(a + _CHUNK, end)
            for step in range(first, last):
                t, e = step // count, step % count
                equation = given.equations[e]
                value = given.buffer[equation[2] + t % equation[3], s, a:b]
                _copy(value, given.constants[e, a:b])
                for k in range(equation[0], equation[1]):
                    factor = given.factors[given.terms[k, 4] + given.terms[k, 5] * s, t]
                    if factor.size > 1:
                        factor = factor[a:b]
                    elif factor[0] == 0.0:
                        continue  # a closed link
                    x = _parent(given, given.terms[k], s, t, a, b)
                    _add(value, x, given.weights[k, a:b], factor)
                if equation[4] >= 0:
                    shock = given.shocks[equation[4] + equation[5] * s, t, a:b]
                    for d in range(value.size):
                        value[d] += shock[d]
                if equation[6] >= 0:
                    _copy(given.result[equation[6] + s, t, a:b], value)


@njit(error_model="numpy", nogil=True)
def _parent(given, term, s, t, a, b):  # type: ignore[no-untyped-def]
    """Return the parent's draws in a scenario and period, one number if all are equal."""
    kind, place, own, lag = term[0], term[1], term[2], term[3]
    if kind == EQUATION:
        slot, length = given.equations[place, 2], given.equations[place, 3]
        return given.buffer[slot + (t - lag) % length, s, a:b]
    at = given.shared.shape[1] - given.result.shape[1] + t - lag
    if kind == SHARED:
        return given.shared[place + own * s, at]
    return given.drivers[place + own * s, at, a:b]


@njit(error_model="numpy", nogil=True)
def _copy(target, source):  # type: ignore[no-untyped-def]
    for d in range(target.size):  # a loop is vectorised, an assignment of slices is not
        target[d] = source[d]


@njit(error_model="numpy", nogil=True)
def _add(value, x, weight, factor):  # type: ignore[no-untyped-def]
    """Add a term; a parent or factor of one number is the same in all draws."""
    if factor.size == 1:
        f = factor[0]
        if x.size == 1:
            one = x[0]
            for d in range(value.size):
                value[d] += one * weight[d] * f
        else:
            for d in range(value.size):
                value[d] += x[d] * weight[d] * f
    else:
        for d in range(value.size):
            value[d] += x[d if x.size > 1 else 0] * weight[d] * factor[d]


def _adjust(path, share, speed, result, highest, first, last):  # type: ignore[no-untyped-def]
    """Follow a measure's effective intensity from the state before period `first`.

    See `history.asymmetric_adjustment`, of which this is the loop.
    """
    for s in range(result.shape[0]):
        for t in range(first, last):
            state, before = result[s, t], result[s, t - 1]
            for d in range(state.size):
                own = d if path.shape[2] > 1 else 0
                now, was = path[s, t, own], path[s, t - 1, own]
                peak = max(highest[s, own], now)
                if now > was:
                    state[d] = min(before[d] + now - was, peak)
                else:
                    goal = now + (1.0 - share[d]) * (peak - now)
                    state[d] = max(before[d] + speed[d] * (goal - before[d]), now)
            for own in range(path.shape[2]):
                highest[s, own] = max(highest[s, own], path[s, t, own])


_row, _table, _slabs = (types.Array(types.float64, n, "C") for n in (1, 2, 3))
_whole = types.Array(types.int64, 2, "C")
_program = types.NamedTuple(
    [_whole, _whole, _table, _table, _slabs, _slabs, _slabs, _slabs, _slabs, _slabs], Program
)
_fast = partial(njit, nogil=True)
with announced("the equations' recursion (some seconds the first time on a machine)"):
    _solved = kept(_fast, types.void(_program, *[types.int64] * 4), _solve)
    adjust = kept(
        _fast,
        types.void(_slabs, _row, _row, _slabs, _table, types.int64, types.int64),
        _adjust,
    )


def advance(program: Program, first: int, last: int) -> None:
    """Solve some steps, one an equation and period, and write the results, on all cores.

    Parameters
    ----------
    program : Program
    first, last : int
        Steps, period times equations plus equation; the last one is not solved any more.
    """
    if first == last:
        return
    _, scenarios, size = program.buffer.shape
    products = (last - first) / len(program.equations) * program.weights.size * scenarios
    cores = min(os.cpu_count() or 1, size) if products > _WORTH_CORES else 1
    if cores == 1:
        _solved(program, first, last, 0, size)
        return
    bounds = [size * core // cores for core in range(cores + 1)]
    own, *others = pairwise(bounds)
    parts = [_threads().submit(_solved, program, first, last, *part) for part in others]
    _solved(program, first, last, *own)
    for part in parts:
        part.result()


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads beside the caller's, which wait between questions.

    Starting them anew took as long as a counterfactual gains by them. A forked process has none of
    its parent's threads and starts its own.
    """
    return ThreadPoolExecutor(max((os.cpu_count() or 1) - 1, 1), "sanctions_model")


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_threads.cache_clear)
