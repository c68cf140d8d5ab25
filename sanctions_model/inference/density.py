"""Log densities in plain numpy: what a fit stores, and what a loaded fit is checked against.

Independent of PyMC: it walks the equations with the numpy backend.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.priors.families import student_t_log_density
from sanctions_model.scm.parameters import (
    DrawParameters,
    address_of,
    parameter_dims,
    rows_by_address,
    stack_draws,
)
from sanctions_model.scm.simulation.history import evaluate_history
from sanctions_model.scm.simulation.propagate import falling_shares
from sanctions_model.scm.variables import Noise


def one_step_means(
    problem: Problem,
    draws: xr.Dataset,
    *,
    history: Mapping[str, np.ndarray] | None = None,
    only: Sequence[str] | None = None,
) -> np.ndarray:
    """Mean of each equation given its observed parents.

    `history`: another history of the observed and exogenous variables, time last; the problem's
    own, completed, by default. `only`: the equations wanted, all by default. Returns: shape
    ``(chain * draw, time, equation)``.
    """
    scm = problem.scm
    parameters = DrawParameters(scm, draws)
    values = problem.history(draws) if history is None else history
    shares = falling_shares(scm, parameters, problem.cases.values)
    wanted = tuple(scm.stochastic if only is None else only)
    _, means = evaluate_history(scm, parameters, values, shares=shares, only=wanted)
    shape = (parameters.size, next(iter(values.values())).shape[-1])
    return np.stack([np.broadcast_to(means[name], shape) for name in wanted], axis=-1)


def cell_log_density(problem: Problem, draws: xr.Dataset) -> np.ndarray:
    """Log density of every cell given its parents, completed cells at their drawn values.

    Returns: shape ``(chain * draw, time, equation)``; meaningful where the weight is 1.
    """
    outcomes = problem.outcomes(draws)
    means = one_step_means(problem, draws)
    scale = scales(problem, draws)
    if problem.scm.noise is Noise.STUDENT_T:
        freedom = stack_draws(draws, "degrees_of_freedom").T[:, None, :]
        return student_t_log_density(outcomes, means, scale, freedom)
    z = (outcomes - means) / scale
    return np.asarray(-0.5 * z**2 - np.log(scale) - 0.5 * np.log(2 * np.pi))


def scales(problem: Problem, draws: xr.Dataset) -> np.ndarray:
    """Scale of the shocks of each period: larger in a crisis, by its multiplier.

    Returns: shape ``(chain * draw, time or 1, equation)``.
    """
    scale = stack_draws(draws, "scale").T[:, None, :]
    if not problem.scm.crises:
        return scale
    return np.asarray(scale * crisis_times(problem, draws).T[:, :, None])


def crisis_times(problem: Problem, draws: xr.Dataset) -> np.ndarray:
    """By how much each period of the data multiplies the scales, 1 outside crises.

    `problem`: of a model with crises. Returns: shape ``(time, chain * draw)``.
    """
    rows = stack_draws(draws, "crisis_multiplier")
    every = np.concatenate([rows, np.ones((1, rows.shape[1]))])  # the last one: no crisis
    return np.asarray(every[problem.scm.crisis_at(problem.cases.time)])


def log_likelihood(problem: Problem, draws: xr.Dataset) -> xr.DataArray:
    """Log density of every observed cell.

    Returns: dims ``(chain, draw, cell)``, observed cells only, with coordinates ``cell_equation``
    and ``cell_time``.
    """
    density = cell_log_density(problem, draws)
    period, column = np.nonzero(problem.cases.observed)
    names = np.array(problem.cases.columns)
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW], period.size)
    return xr.DataArray(
        density[:, period, column].reshape(shape),
        dims=(dims.CHAIN, dims.DRAW, dims.CELL),
        coords={
            dims.CHAIN: draws[dims.CHAIN],
            dims.DRAW: draws[dims.DRAW],
            dims.CELL: np.arange(period.size),
            "cell_equation": (dims.CELL, names[column]),
            "cell_time": (dims.CELL, problem.cases.time[period]),
        },
        name="observed",
    )


def log_probability(problem: Problem, draws: xr.Dataset) -> np.ndarray:
    """Log density of the data, the completed cells and the parameters together.

    Returns: shape ``(chain * draw,)``.
    """
    likelihood = (cell_log_density(problem, draws) * problem.cases.weight).sum(axis=(1, 2))
    rows = rows_by_address(problem.scm, draws)
    prior = sum(problem.absolute[address].log_density(row) for address, row in rows.items())
    return np.asarray(likelihood + prior)


def log_prior(problem: Problem, draws: xr.Dataset) -> xr.Dataset:
    """Log prior density of each parameter, in the space it is stated in.

    Returns: one variable a parameter, dims ``(chain, draw)`` plus the parameter's own; 0 where
    fixed.
    """
    rows = rows_by_address(problem.scm, draws)
    found = {}
    for name, dim in parameter_dims(problem.scm).items():
        labels = [None] if dim is None else [str(label) for label in draws[dim].to_numpy()]
        own = [address_of(name, label) for label in labels]
        density = np.stack([problem.absolute[a].log_density(rows[a]) for a in own])
        along = [*([] if dim is None else [dim]), dims.CHAIN, dims.DRAW]
        ordered = xr.Variable(along, density.reshape([draws.sizes[axis] for axis in along]))
        values = ordered.transpose(*draws[name].dims).to_numpy()
        found[name] = draws[name].copy(data=np.ascontiguousarray(values))
    return xr.Dataset(found)


def complete_from_prior(problem: Problem, draws: xr.Dataset, random_seed: int) -> xr.Dataset:
    """Draw the completed cells from what their own equations say, earliest period first.

    `draws`: parameter draws, dims ``(chain, draw)``, without ``missing_cell``. Returns: the draws
    with ``missing_cell``, unchanged if the problem has none.
    """
    missing = problem.cases.missing
    if not missing:
        return draws
    axes = (dims.CHAIN, dims.DRAW, dims.MISSING)
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW], len(missing))
    completed = draws.assign_coords({dims.MISSING: problem.cases.missing_labels})
    cells = np.zeros(shape)
    completed[MISSING_CELL] = (axes, cells)
    columns = {name: position for position, name in enumerate(problem.cases.columns)}
    noise = _noise(problem, draws, generator_of(random_seed), problem.cases.time.size)
    for position, (name, period) in enumerate(missing):
        # Within a period the cells are in solving order, so that a parent is drawn before it.
        means = one_step_means(problem, completed, only=[name])[:, period, 0]
        cells[..., position] = (means + noise[:, period, columns[name]]).reshape(shape[:2])
        completed[MISSING_CELL] = (axes, cells)
    return completed


def _noise(
    problem: Problem, draws: xr.Dataset, generator: np.random.Generator, periods: int
) -> np.ndarray:
    """Shocks in the units of the equations, shape ``(chain * draw, period, equation)``."""
    scale = scales(problem, draws)
    shape = (scale.shape[0], periods, scale.shape[2])
    if problem.scm.noise is Noise.STUDENT_T:
        freedom = np.broadcast_to(stack_draws(draws, "degrees_of_freedom").T[:, None, :], shape)
        heavy = np.isfinite(freedom)
        tails = generator.standard_t(np.where(heavy, freedom, 1.0))
        return np.asarray(scale * np.where(heavy, tails, generator.standard_normal(shape)))
    return np.asarray(scale * generator.standard_normal(shape))


def predictive(problem: Problem, draws: xr.Dataset, random_seed: int) -> xr.DataArray:
    """Draw each period's outcomes given the observed parents: one-step predictions.

    Returns: dims ``(chain, draw, time, equation)``; cells without a weight are not a number,
    because their parents are not there.
    """
    means = one_step_means(problem, draws)
    generator = generator_of(random_seed)
    drawn = means + _noise(problem, draws, generator, problem.cases.time.size)
    drawn = np.where(problem.cases.weight > 0, drawn, np.nan)
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW], *drawn.shape[1:])
    return xr.DataArray(
        drawn.reshape(shape),
        dims=(dims.CHAIN, dims.DRAW, dims.TIME, dims.EQUATION),
        coords={
            dims.CHAIN: draws[dims.CHAIN],
            dims.DRAW: draws[dims.DRAW],
            dims.TIME: problem.cases.time,
            dims.EQUATION: list(problem.cases.columns),
        },
        name="observed",
    )
