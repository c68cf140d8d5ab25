"""The kernel of the log density as a model that nutpie samples, without PyTensor.

nutpie has no public way to hand over a compiled function with its data, so this fills in the model
that it makes of a PyMC model: two C functions, a block of data, names and shapes. The fields are
nutpie's own and not documented; `pyproject.toml` holds nutpie to the versions that have them.
"""

from functools import cache
from typing import Any

import numpy as np

from sanctions_model import dims
from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.kernel.inputs import (
    central_point,
    free_parameters,
    kernel_inputs,
    pack,
)
from sanctions_model.scm.parameters import parameter_coords, parameter_dims
from sanctions_model.scm.simulation.machine_code import announced, kept

__all__ = ["kernel_model", "load_kernel"]


@cache
def load_kernel() -> tuple[Any, Any]:
    """Return the log density and the values of a draw as C functions; once a process.

    Returns
    -------
    density, values : numba.core.ccallback.CFunc
    """
    from numba import cfunc

    from sanctions_model.inference.kernel import callbacks as kernel
    from sanctions_model.inference.kernel.compiled import program

    density, values = kernel.callbacks(program())
    with announced("the log density (some ten seconds, once on a machine; all models share it)"):
        return (
            kept(cfunc, kernel.DENSITY_SIGNATURE, density),
            kept(cfunc, kernel.VALUES_SIGNATURE, values),
        )


def kernel_model(problem: Problem) -> Any:
    """Return nutpie's model of a problem.

    Chains start around the middle of the priors, up to 1 away in each free number.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    nutpie.compile_pymc.CompiledPyMCModel
        Its draws are all parameters under their own names and the completed cells.
    """
    from nutpie.compile_pymc import CompiledPyMCModel
    from pandas import Index

    density, values = load_kernel()
    coords = {dim: labels for dim, labels in parameter_coords(problem.scm).items() if labels}
    axes = {name: (dim,) if dim else () for name, dim in parameter_dims(problem.scm).items()}
    if problem.cases.missing:
        coords[dims.MISSING] = problem.cases.missing_labels
        axes[MISSING_CELL] = (dims.MISSING,)
    shapes = {name: tuple(len(coords[dim]) for dim in own) for name, own in axes.items()}
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    slices = [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    free = [*free_parameters(problem), *problem.cases.missing_labels]
    centre = central_point(problem)

    def start(seed: int) -> np.ndarray:
        return centre + np.random.default_rng(seed).uniform(-1.0, 1.0, centre.size)

    return CompiledPyMCModel(
        dims=axes,
        compiled_logp_func=density,
        compiled_expand_func=values,
        initial_point_func=start,
        shared_data={},
        shared_var_keys={},
        user_data=pack(kernel_inputs(problem)),
        n_expanded=int(ends[-1]),
        shape_info=(list(shapes), slices, list(shapes.values())),
        logp_func=None,
        expand_func=None,
        _n_dim=len(free),
        _shapes=shapes,
        _coords={dim: Index(labels) for dim, labels in coords.items()}
        | {"unconstrained_parameter": Index(free)},
    )
