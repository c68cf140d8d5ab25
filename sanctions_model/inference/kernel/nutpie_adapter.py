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

# Draws of the warm-up between two computations of a mass matrix of low rank. Each costs as much as
# 2,000 gradients of 130 free numbers; nutpie's own 20 took two thirds of a fit and gained nothing.
_MASS_MATRIX_EVERY = 100


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
    with announced("the log density (some ten seconds the first time on a machine)"):
        return (
            kept(cfunc, kernel.DENSITY_SIGNATURE, density),
            kept(cfunc, kernel.VALUES_SIGNATURE, values),
        )


@cache
def _model_class() -> type[Any]:
    """Return nutpie's class of models, told how often to compute a mass matrix of low rank."""
    from nutpie.compile_pymc import CompiledPyMCModel

    class KernelModel(CompiledPyMCModel):  # type: ignore[misc, unused-ignore]
        """A model whose density is the kernel."""

        def _make_sampler(self, settings: Any, *rest: Any, **named: Any) -> Any:
            """Start the sampler; `nutpie.sample` has no argument for how often."""
            chosen = settings.as_dict()
            if chosen["adaptation"] == "low_rank":
                chosen["settings"]["adapt_options"]["mass_matrix_update_freq"] = _MASS_MATRIX_EVERY
                settings.update_settings(chosen["settings"])
            return super()._make_sampler(settings, *rest, **named)

    return KernelModel


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

    return _model_class()(
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
