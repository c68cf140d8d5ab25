"""The two recursions of the likelihood as PyTensor operations with their gradients.

Written period by period in the graph they would be hundreds of nodes, which take minutes to
compile; `scan` costs 34 times the gradient. The numpy counterparts are in `histories`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

__all__ = ["asymmetric_recursion", "linear_recursion"]


def _solve_linear(inputs: np.ndarray, persistence: np.ndarray) -> np.ndarray:
    periods, states = inputs.shape
    path = np.empty((periods, states))
    for state in range(states):
        value = 0.0
        for period in range(periods):
            value = persistence[state] * value + inputs[period, state]
            path[period, state] = value
    return path


def _solve_asymmetric(
    measure: np.ndarray, share: np.ndarray, speed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    periods = measure.shape[0]
    path, by_share, by_speed = np.empty(periods), np.zeros(periods), np.zeros(periods)
    state, peak, d_share, d_speed = measure[0], measure[0], 0.0, 0.0
    path[0] = state
    for period in range(1, periods):
        now, before = measure[period], measure[period - 1]
        peak = max(peak, now)
        if now > before:
            state, bound = state + now - before, peak
            inside = state <= bound
        else:
            gap = now + (1.0 - share) * (peak - now) - state
            state, bound = state + speed * gap, now
            d_share = (1.0 - speed) * d_share - speed * (peak - now)
            d_speed = (1.0 - speed) * d_speed + gap
            inside = state >= bound
        if not inside:
            state, d_share, d_speed = bound, 0.0, 0.0
        path[period], by_share[period], by_speed[period] = state, d_share, d_speed
    return path, by_share, by_speed


class LinearRecursion(Op):  # type: ignore[misc]
    """``x_t = rho x_{t-1} + u_t`` from 0, periods in rows, states in columns.

    Its gradient is the same recursion backwards in time, so the operation serves both.
    """

    __props__ = ()

    def make_node(self, inputs: Any, persistence: Any) -> Apply:
        """Take a matrix of inputs and a vector of persistences."""
        inputs, persistence = pt.as_tensor(inputs), pt.as_tensor(persistence)
        return Apply(self, [inputs, persistence], [inputs.type()])

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        """Return the shape of the inputs."""
        del node
        return [shapes[0]]

    def perform(self, node: Apply, inputs: list[Any], outputs: list[list[Any]]) -> None:
        """Solve in Python."""
        del node
        outputs[0][0] = _solve_linear(*inputs)

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Run the recursion backwards over the cotangent."""
        (_, persistence), (path,), (above,) = inputs, outputs, cotangents
        back = self(above[::-1], persistence)[::-1]
        return [back, (back[1:] * path[:-1]).sum(axis=0)]


class AsymmetricRecursion(Op):  # type: ignore[misc]
    """Effective intensity of a measure, and its derivatives by recoverable share and speed.

    See `scm.equations.AsymmetricAdjustment`. The measure is data: it has no gradient.
    """

    __props__ = ()

    def make_node(self, measure: Any, share: Any, speed: Any) -> Apply:
        """Take a vector and two scalars."""
        inputs = [pt.as_tensor(item) for item in (measure, share, speed)]
        return Apply(self, inputs, [inputs[0].type() for _ in range(3)])

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        """Return three times the shape of the measure."""
        del node
        return [shapes[0]] * 3

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Say that nothing flows back to the measure, or from the derivatives."""
        del node
        return [[False] * 3, [True, False, False], [True, False, False]]

    def perform(self, node: Apply, inputs: list[Any], outputs: list[list[Any]]) -> None:
        """Solve in Python."""
        del node
        for place, values in zip(outputs, _solve_asymmetric(*inputs), strict=True):
            place[0] = values

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Weight the derivatives by the cotangent of the path."""
        from pytensor.gradient import disconnected_type

        del inputs
        _, by_share, by_speed = outputs
        above = cotangents[0]
        return [disconnected_type(), (above * by_share).sum(), (above * by_speed).sum()]


linear_recursion = LinearRecursion()
_asymmetric = AsymmetricRecursion()


def asymmetric_recursion(measure: Any, share: Any, speed: Any) -> Any:
    """Return the effective intensity of an observed measure that falls in the sample.

    Parameters
    ----------
    measure : tensor
        Shape ``(T,)``.
    share, speed : tensor
        Scalars: recoverable share, recovery speed.

    Returns
    -------
    tensor
        Shape ``(T,)``.
    """
    return _asymmetric(measure, share, speed)[0]


def _in_numba(solve: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(op: Op, node: Apply, **kwargs: Any) -> Any:
        del op, node, kwargs
        return numba_njit(solve)

    return dispatch


register_funcify_default_op_cache_key(LinearRecursion)(_in_numba(_solve_linear))
register_funcify_default_op_cache_key(AsymmetricRecursion)(_in_numba(_solve_asymmetric))
