"""Log densities in plain numpy: what a fit stores, and what a loaded fit is checked against.

Independent of PyMC: it walks the equations with the numpy backend.
"""

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.equations import Noise
from sanctions_model.histories import NumpyBackend, evaluate_history
from sanctions_model.parameters import DrawParameters, addresses, stack_draws
from sanctions_model.prior_families import student_t_log_density
from sanctions_model.problem import Problem

__all__ = ["log_likelihood", "log_prior", "one_step_means"]


def one_step_means(problem: Problem, draws: xr.Dataset) -> np.ndarray:
    """Mean of each equation given its observed parents.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(chain * draw, time, equation)``.
    """
    scm = problem.scm
    parameters = DrawParameters(scm, draws)
    shares = {
        measure: (
            parameters.row("recoverable_share", measure),
            parameters.row("recovery_speed", measure),
        )
        for measure in problem.falling
    }
    _, means = evaluate_history(
        scm, parameters, problem.cases.values, NumpyBackend(), shares=shares
    )
    shape = (parameters.size, problem.cases.time.size)
    return np.stack([np.broadcast_to(means[name], shape) for name in scm.stochastic], axis=-1)


def log_likelihood(problem: Problem, draws: xr.Dataset) -> xr.DataArray:
    """Log density of every observed cell.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw, cell)``, cells with weight only, with coordinates ``cell_equation``
        and ``cell_time``.
    """
    scm, cases = problem.scm, problem.cases
    means = one_step_means(problem, draws)
    scale = stack_draws(draws, "scale").T[:, None, :]
    if scm.noise is Noise.STUDENT_T:
        freedom = stack_draws(draws, "degrees_of_freedom").T[:, None, :]
        density = student_t_log_density(problem.outcomes, means, scale, freedom)
    else:
        z = (problem.outcomes - means) / scale
        density = -0.5 * z**2 - np.log(scale) - 0.5 * np.log(2 * np.pi)
    period, column = np.nonzero(cases.weight)
    names = np.array(list(scm.stochastic))
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW], period.size)
    return xr.DataArray(
        density[:, period, column].reshape(shape),
        dims=(dims.CHAIN, dims.DRAW, dims.CELL),
        coords={
            dims.CHAIN: draws[dims.CHAIN],
            dims.DRAW: draws[dims.DRAW],
            dims.CELL: np.arange(period.size),
            "cell_equation": (dims.CELL, names[column]),
            "cell_time": (dims.CELL, cases.time[period]),
        },
        name="observed",
    )


def log_prior(problem: Problem, draws: xr.Dataset) -> xr.Dataset:
    """Log prior density of each parameter, in the space it is stated in.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.

    Returns
    -------
    xr.Dataset
        One variable a parameter, dims ``(chain, draw)`` plus the parameter's own; 0 where fixed.
    """
    found = {name: xr.zeros_like(draws[name]) for name in draws.data_vars}
    for address, (name, label) in addresses(problem.scm).items():
        prior = problem.absolute[address]
        if label is None:
            found[name][...] = prior.log_density(draws[name].to_numpy())
            continue
        dim = next(d for d in draws[name].dims if d not in (dims.CHAIN, dims.DRAW))
        where = {dim: label}
        density = prior.log_density(draws[name].sel(where).to_numpy())
        found[name].loc[where] = density
    return xr.Dataset(found)


def predictive(problem: Problem, draws: xr.Dataset, random_seed: int) -> xr.DataArray:
    """Draw each period's outcomes given the observed parents: one-step predictions.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    random_seed : int

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw, time, equation)``; cells without a weight are not a number, because
        their parents are not there.
    """
    scm = problem.scm
    means = one_step_means(problem, draws)
    generator = np.random.default_rng(random_seed)
    if scm.noise is Noise.STUDENT_T:
        freedom = stack_draws(draws, "degrees_of_freedom").T[:, None, :]
        noise = generator.standard_t(np.broadcast_to(freedom, means.shape))
    else:
        noise = generator.standard_normal(means.shape)
    drawn = means + stack_draws(draws, "scale").T[:, None, :] * noise
    drawn = np.where(problem.cases.weight > 0, drawn, np.nan)
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW], *drawn.shape[1:])
    return xr.DataArray(
        drawn.reshape(shape),
        dims=(dims.CHAIN, dims.DRAW, dims.TIME, dims.EQUATION),
        coords={
            dims.CHAIN: draws[dims.CHAIN],
            dims.DRAW: draws[dims.DRAW],
            dims.TIME: problem.cases.time,
            dims.EQUATION: list(scm.stochastic),
        },
        name="observed",
    )
