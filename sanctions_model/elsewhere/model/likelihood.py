r"""The likelihood of the panel and its gradient in one pass over the cells.

.. math:: r = y - D - a_i - \lambda_i' f_t - \beta' x - \rho_1 (y_1 - D_1) - \rho_2 (y_2 - D_2)

with D what a lifting adds to the outcome and its lags (and, with the opposite sign, to the gap from
the own peak), so that the equation is one of the untreated outcome; r is Student-t with a scale by
country and outcome. As a graph of PyTensor this compiles for minutes; here it is one operation.
"""

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from sanctions_model.elsewhere.model.cells import GAP, Cells

CELL_ARRAYS = ("outcome", "country", "value", "factor", "regressor", "spread", "entry", "weight")
_PARAMETERS = 4
_LARGE = 1e200


def one_pass(
    own: np.ndarray,
    coefficient: np.ndarray,
    level: np.ndarray,
    freedom: np.ndarray,
    outcome: np.ndarray,
    country: np.ndarray,
    value: np.ndarray,
    factor: np.ndarray,
    regressor: np.ndarray,
    spread: np.ndarray,
    entry: np.ndarray,
    weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log density of all cells together (shape ``(1,)``) and its derivatives by the parameters."""
    n_cells, n_x = regressor.shape
    gap = GAP
    added = np.zeros((n_cells, 4))
    for j in range(entry.shape[0]):
        cell = entry[j, 0]
        effect = level[outcome[cell], entry[j, 1], entry[j, 2]]
        for place in range(4):
            added[cell, place] += weight[j, place] * effect
    total = np.zeros(1)
    d_own, d_coefficient = np.zeros_like(own), np.zeros_like(coefficient)
    d_level, d_freedom = np.zeros_like(level), np.zeros_like(freedom)
    slope = np.zeros(n_cells)
    inverse = np.exp(-own[3])
    # Logarithms are half the work: one of a product of many cells, before it overflows.
    product, logs = np.ones(freedom.shape[0]), np.zeros(freedom.shape[0])
    for c in range(n_cells):
        k, i = outcome[c], country[c]
        r = value[c, 0] - added[c, 0] - own[0, k, i]
        r -= own[1, k, i] * factor[c, 0] + own[2, k, i] * factor[c, 1]
        for p in range(n_x):
            r -= coefficient[k, p] * regressor[c, p]
        r += coefficient[k, gap] * added[c, 3]
        for lag in range(2):
            r -= coefficient[k, n_x + lag] * (value[c, 1 + lag] - added[c, 1 + lag])
        nu = freedom[k]
        narrow = inverse[k, i] / spread[c]
        z = r * narrow
        square = z * z
        product[k] *= 1.0 + square / nu
        if product[k] > _LARGE:
            logs[k] += np.log(product[k])
            product[k] = 1.0
        total[0] -= own[3, k, i]
        share = (nu + 1.0) / (nu + square)
        g = share * z * narrow  # of -r
        slope[c] = g
        d_own[0, k, i] += g
        d_own[1, k, i] += g * factor[c, 0]
        d_own[2, k, i] += g * factor[c, 1]
        d_own[3, k, i] += share * square - 1.0
        for p in range(n_x):
            d_coefficient[k, p] += g * regressor[c, p]
        d_coefficient[k, gap] -= g * added[c, 3]
        for lag in range(2):
            d_coefficient[k, n_x + lag] += g * (value[c, 1 + lag] - added[c, 1 + lag])
        d_freedom[k] += 0.5 * share * square / nu
    logs += np.log(product)
    total[0] -= 0.5 * ((freedom + 1.0) * logs).sum()
    d_freedom -= 0.5 * logs
    for j in range(entry.shape[0]):
        cell = entry[j, 0]
        k = outcome[cell]
        part = weight[j, 0] - coefficient[k, gap] * weight[j, 3]
        part -= coefficient[k, n_x] * weight[j, 1] + coefficient[k, n_x + 1] * weight[j, 2]
        d_level[k, entry[j, 1], entry[j, 2]] += slope[cell] * part
    return total, d_own, d_coefficient, d_level, d_freedom


def log_density(
    cells: Cells, own: np.ndarray, coefficient: np.ndarray, level: np.ndarray, freedom: np.ndarray
) -> np.ndarray:
    """Log density of each cell, up to what no parameter changes, in plain numpy.

    `own`: shape ``(4, outcome, country)``: intercept, loadings on world and region, log scale.
    `coefficient`: shape ``(outcome, regressor + 2)``: of the regressors and the two lags. `level`:
    shape ``(outcome, episode, column)``: the effect's level at leads and horizons. `freedom`:
    degrees of freedom, shape ``(outcome,)``. Returns: shape ``(cell,)``.
    """
    k, i = cells.outcome, cells.country
    added = np.zeros((len(k), 4))
    cell, episode, column = cells.entry.T
    np.add.at(added, cell, cells.weight * level[k[cell], episode, column][:, None])
    x = cells.regressor.copy()
    x[:, GAP] -= added[:, 3]
    x = np.hstack([x, cells.value[:, 1:] - added[:, 1:3]])
    mean = own[0, k, i] + own[1, k, i] * cells.factor[:, 0] + own[2, k, i] * cells.factor[:, 1]
    scale = np.exp(own[3, k, i]) * cells.spread
    z = (cells.value[:, 0] - added[:, 0] - mean - (coefficient[k] * x).sum(1)) / scale
    return np.asarray(-own[3, k, i] - 0.5 * (freedom[k] + 1) * np.log1p(z**2 / freedom[k]))


class PanelLikelihood(Op):  # type: ignore[misc]
    """Log likelihood of all cells with its derivatives by the parameters, as further outputs.

    The cells are inputs as well: as constants they would be compiled into the program, and other
    cells (an episode left out) would need it compiled anew.
    """

    __props__ = ()

    def make_node(
        self,
        own: Any,
        coefficient: Any,
        level: Any,
        freedom: Any,
        outcome: Any,
        country: Any,
        value: Any,
        factor: Any,
        regressor: Any,
        spread: Any,
        entry: Any,
        weight: Any,
    ) -> Apply:
        """Take own (4, outcome, country), coefficients, levels, degrees of freedom, the cells."""
        cells = (outcome, country, value, factor, regressor, spread, entry, weight)
        inputs = (own, coefficient, level, freedom, *cells)
        tensors = [pt.as_tensor(item) for item in inputs]
        parameters = [item.type() for item in tensors[:_PARAMETERS]]
        return Apply(self, tensors, [pt.dvector(), *parameters])

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        """Return one number and the shapes of the parameters."""
        del node
        return [(1,), *shapes[:_PARAMETERS]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Say that nothing flows back to the cells, or from the derivatives."""
        rest = [False] * _PARAMETERS
        return [[place < _PARAMETERS, *rest] for place in range(len(node.inputs))]

    def perform(self, node: Apply, inputs: list[Any], outputs: list[list[Any]]) -> None:
        """Compute in Python, slowly."""
        del node
        for place, found in zip(outputs, one_pass(*inputs), strict=True):
            place[0] = found

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Scale the derivatives by the cotangent of the log likelihood."""
        from pytensor.gradient import disconnected_type

        scaled = [cotangents[0][0] * derivative for derivative in outputs[1:]]
        return [*scaled, *(disconnected_type() for _ in inputs[_PARAMETERS:])]


def _in_numba(op: PanelLikelihood, node: Apply, **kwargs: Any) -> Any:
    del op, node, kwargs
    return numba_njit(one_pass)


register_funcify_default_op_cache_key(PanelLikelihood)(_in_numba)
