"""Check that the model written by hand and the library's have the same posterior."""

from typing import Any

import numpy as np
import pymc as pm
import xarray as xr
from pytensor.compile.mode import Mode

from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.density import log_prior, log_probability
from sanctions_model.scm.parameters import (
    addresses,
    note_centres,
    parameter_coords,
    parameter_dims,
)

TOLERANCE = 1e-6
POINTS = 5
# Interpreted and not rewritten, so that the check compiles nothing.
PYTHON = Mode(linker="vm", optimizer=None)


class DifferentPosteriorsError(AssertionError):
    """The two models do not agree, so their times cannot be compared."""


def check_same_posterior(problem: Problem, ours: pm.Model, by_hand: pm.Model) -> dict[str, float]:
    """Compare log densities at random points; raise if they differ by more than 1e-6.

    Both models have the same unconstrained parameters, only in another order and grouping. At five
    random points of that space two numbers must agree, PyMC computing both sides: the log prior
    with the Jacobians of the transformations, and the log likelihood with the density of the
    completed cells, which must also be what the library's numpy evaluator says.

    Returns
    -------
    dict
        Largest absolute differences and the number of points.

    Raises
    ------
    DifferentPosteriorsError
    """
    generator = np.random.default_rng(20260101)
    names = list(parameter_dims(problem.scm))
    if problem.cases.missing:
        names.append(MISSING_CELL)
    named = ours.replace_rvs_by_values([ours[name] for name in names])
    constrain = ours.compile_fn(named, inputs=ours.value_vars, mode=PYTHON)
    densities = {id(model): model.compile_logp(sum=False, mode=PYTHON) for model in (ours, by_hand)}
    worst = {"log_prior": 0.0, "log_likelihood": 0.0, "log_likelihood_numpy": 0.0}
    for _ in range(POINTS):
        point = {
            name: value + 0.5 * generator.standard_normal(np.shape(value))
            for name, value in ours.initial_point().items()
        }
        values = dict(zip(names, constrain(point), strict=True))
        same_point = _point_by_hand(problem, by_hand, values)
        prior, likelihood = _split(ours, densities[id(ours)](point))
        other_prior, other_likelihood = _split(by_hand, densities[id(by_hand)](same_point))
        draw = _one_draw(problem, values)
        priors = sum(float(array.sum()) for array in log_prior(problem, draw).values())
        numpy_likelihood = float(log_probability(problem, draw)[0]) - priors
        found = {
            "log_prior": abs(prior - other_prior),
            "log_likelihood": abs(likelihood - other_likelihood),
            "log_likelihood_numpy": abs(likelihood - numpy_likelihood),
        }
        worst = {name: max(worst[name], found[name]) for name in worst}
    if not max(worst.values()) < TOLERANCE:
        raise DifferentPosteriorsError(
            f"The model by hand is not the library's: largest differences {worst}."
        )
    return worst | {"points": POINTS}


def _split(model: pm.Model, densities: list[np.ndarray]) -> tuple[float, float]:
    """Return log prior and log likelihood; free variables come first, then data and potentials."""
    factors = [float(np.sum(density)) for density in densities]
    free = len(model.free_RVs)
    return sum(factors[:free]), sum(factors[free:])


def _point_by_hand(
    problem: Problem, by_hand: pm.Model, values: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the same parameters as values of the model by hand."""
    coords = parameter_coords(problem.scm)
    dimensions = parameter_dims(problem.scm)
    cells = values.get(MISSING_CELL, [])
    point = dict(zip(problem.cases.missing_labels, map(np.asarray, cells), strict=True))
    for address, (name, label) in addresses(problem.scm).items():
        dim = dimensions[name]
        value = values[name] if dim is None else values[name][coords[dim].index(str(label))]
        prior = problem.absolute[address]
        if prior.family == "Fixed":
            continue
        value = abs(value) if getattr(prior, "negative", False) else value
        value = value - getattr(prior, "shift", 0.0)
        if address in by_hand.named_vars:
            variable = by_hand[address]
        else:
            variable, value = by_hand[f"log {address}"], np.log(value)
        transform = by_hand.rvs_to_transforms[variable]
        if transform is not None:
            value = transform.forward(value, *variable.owner.inputs).eval(mode=PYTHON)
        point[by_hand.rvs_to_values[variable].name] = np.asarray(value)
    return point


def _one_draw(problem: Problem, values: dict[str, Any]) -> xr.Dataset:
    coords = parameter_coords(problem.scm)
    arrays = {
        name: (
            ("chain", "draw") if dim is None else ("chain", "draw", dim),
            np.asarray(values[name])[None, None],
        )
        for name, dim in parameter_dims(problem.scm).items()
    }
    used = {dim: labels for dim, labels in coords.items() if labels}
    if problem.cases.missing:
        arrays[MISSING_CELL] = (("chain", "draw", "missing"), values[MISSING_CELL][None, None])
    drawn = xr.Dataset(arrays, coords={"chain": [0], "draw": [0], **used})
    return note_centres(problem.scm, drawn)
