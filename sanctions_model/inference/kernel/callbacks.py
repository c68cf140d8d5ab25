"""What nutpie calls; the inputs arrive as one block of 8-byte words, see `kernel.inputs.pack`."""

import math
from collections.abc import Callable

import numpy as np
from numba import carray, types

from sanctions_model.inference.kernel.arrays import Inputs
from sanctions_model.inference.kernel.compiled import compiled
from sanctions_model.inference.kernel.density import log_density, natural_values

DENSITY_SIGNATURE = types.int64(
    types.uint64,
    types.CPointer(types.double),
    types.CPointer(types.double),
    types.CPointer(types.double),
    types.voidptr,
)
VALUES_SIGNATURE = types.int64(
    types.uint64,
    types.uint64,
    types.CPointer(types.double),
    types.CPointer(types.double),
    types.voidptr,
)
_WRONG_SIZE, _NO_GRADIENT, _NO_DENSITY = -1, 3, 4  # below 0 ends the sampling, above a trajectory


@compiled
def _row(words, place):
    return words[place[0] : place[0] + place[1] * place[2]]


@compiled
def _table(words, place):
    return _row(words, place).reshape((place[1], place[2]))


@compiled
def _unpack(whole, real):
    """Read the block as `Inputs`; each array's start, rows and columns stand at its head."""
    head = whole[:78].reshape((26, 3))
    return Inputs(
        _row(whole, head[0]),
        _row(whole, head[1]),
        _table(whole, head[2]),
        _row(whole, head[3]),
        _table(whole, head[4]),
        _table(whole, head[5]),
        _table(whole, head[6]),
        _row(whole, head[7]),
        _table(whole, head[8]),
        _table(whole, head[9]),
        _table(whole, head[10]),
        _table(real, head[11]),
        _row(real, head[12]),
        _row(real, head[13]),
        _table(real, head[14]),
        _table(real, head[15]),
        _table(real, head[16]),
        _table(real, head[17]),
        _table(real, head[18]),
        _row(real, head[19]),
        _row(whole, head[20]),
        _table(real, head[21]),
        _row(real, head[22]),
        _row(whole, head[23]),
        _table(whole, head[24]),
        _row(real, head[25]),
    )


@compiled
def _inputs(block):
    length = carray(block, (1,), np.int64)[0]
    return _unpack(carray(block, (length,), np.int64)[1:], carray(block, (length,), np.float64)[1:])


def callbacks(program: int) -> tuple[Callable[..., int], Callable[..., int]]:
    """Return what nutpie calls for the log density and for the values of a draw.

    Parameters
    ----------
    program : int
        Of the kernel's files, closed over, see `kernel.compiled`.

    Returns
    -------
    density, values : callable
        To be compiled with `DENSITY_SIGNATURE` and `VALUES_SIGNATURE`.
    """

    def density_callback(size, x_, gradient_, density_, block):
        """Write log density and gradient; return 0, or what is wrong."""
        assert program  # so that it is closed over
        given = _inputs(block)
        if size != given.kind.size + given.moments.shape[0]:
            return _WRONG_SIZE
        x, gradient = carray(x_, (size,)), carray(gradient_, (size,))
        density = log_density(given, x, gradient)
        density_[0] = density
        if not math.isfinite(density):
            return _NO_DENSITY
        return 0 if np.isfinite(gradient).all() else _NO_GRADIENT

    def values_callback(size, expanded, x_, values_, block):
        """Write the natural values of a draw; return 0, or what is wrong."""
        assert program  # so that it is closed over
        given = _inputs(block)
        if size != given.kind.size + given.moments.shape[0]:
            return _WRONG_SIZE
        natural_values(given, carray(x_, (size,)), carray(values_, (expanded,)))
        return 0

    return density_callback, values_callback
