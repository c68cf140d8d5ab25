"""From a model, data and priors to one PyMC model: the statement that users inspect and extend.

It has the density that `kernel` writes by hand, and none of its speed. The means are one matrix
product (`design_matrix`), the likelihood is one weighted density over the period x equation matrix.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

from sanctions_model import dims
from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.kernel.design_matrix import Design
from sanctions_model.inference.priors.families import (
    Beta,
    BetaMixture,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    StudentT,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, parameter_coords, parameter_dims
from sanctions_model.scm.variables import Noise


@dataclass(frozen=True)
class _Group:
    """Parameters that share a family, and so one vector of random variables."""

    addresses: tuple[str, ...]
    priors: tuple[Prior, ...]

    def arguments(self) -> dict[str, np.ndarray]:
        names = self.priors[0].arguments
        return {n: np.array([prior.arguments[n] for prior in self.priors]) for n in names}


def _groups(problem: Problem) -> dict[str, _Group]:
    """Free parameters by family; the group's name is the family's, in lower case."""
    members: dict[str, list[str]] = defaultdict(list)
    for address, prior in problem.absolute.items():
        bounded = [n for n in ("lower", "upper") if getattr(prior, n, None) is not None]
        members["_".join([prior.family.lower(), *bounded])].append(address)
    return {
        name: _Group(tuple(names), tuple(problem.absolute[a] for a in names))
        for name, names in members.items()
    }


def build(problem: Problem) -> pm.Model:
    """Build the PyMC model of a problem.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs.

    Returns
    -------
    pm.Model
        Parameters under their own names as deterministic variables with named dims; the observed
        matrix is ``observed``, dims ``(time, equation)``.
    """
    scm, design = problem.scm, Design(problem=problem)
    coords = {dim: labels for dim, labels in parameter_coords(scm).items() if labels}
    if problem.cases.missing:
        coords[dims.MISSING] = problem.cases.missing_labels
    with pm.Model(coords={**coords, dims.TIME: problem.cases.time}) as model:
        everything = _all_parameters(problem)
        vectors = _parameter_vectors(scm, everything)
        centres = [problem.cases.centres.get(link.label, 0.0) for link in scm.links]
        weights = _weights(design, pt.concatenate([everything, np.array([*centres, 1.0])]))
        cells = _completed_cells(problem) if problem.cases.missing else None
        columns = pt.as_tensor(design.known_values())
        if design.filtered:
            columns = pt.concatenate([columns, *_filtered(design, cells, vectors)], axis=1)
        if design.scaled:
            scaled = columns[:, design.unscaled] * design.factor_values()
            columns = pt.concatenate([columns, scaled], axis=1)
        mean = columns @ weights
        if cells is not None:
            mean = _with_completed_cells(design, cells, mean, weights)
        _likelihood(problem, mean, vectors)
    return model


def _weights(design: Design, factors: Any) -> Any:
    """Return the weight of each column in each equation's mean, ``(column, equation)``."""
    monomials = design.numbers
    for places in design.products.T:
        monomials = monomials * factors[places]
    shape = (len(design.rows), len(design.problem.scm.stochastic))
    flat = pt.zeros(shape[0] * shape[1])
    return pt.inc_subtensor(flat[design.places], monomials).reshape(shape)


def _filtered(design: Design, cells: Any, vectors: Mapping[str, Any]) -> list[Any]:
    """Pass series through the latent states' recursions; one matrix for each lag.

    A recursion starts from its steady state, as if the first value had always been there; so a
    lag reads from the same path, begun earlier by the longest lag.
    """
    length, longest = design.problem.cases.time.size, max(design.lags)
    begun = np.maximum(np.arange(-longest, length), 0)
    series = _sources(design, cells, vectors)
    row = {name: position for position, name in enumerate(design.problem.scm.adjusting)}
    columns = []
    for position, column in enumerate(design.filtered):
        path = series[position][begun]
        for name in column.filters:
            path = _partial_adjustment(path, vectors["persistence"][row[name]], begun.size)
        columns.append(path)
    matrix = pt.stack(columns, axis=1)
    return [matrix[longest - lag : longest - lag + length] for lag in design.lags]


def _partial_adjustment(inputs: Any, persistence: Any, length: int) -> Any:
    """Solve ``x_t = rho x_t-1 + u_t`` from its steady state: powers of rho in a Toeplitz matrix."""
    back = np.subtract.outer(np.arange(length), np.arange(length))
    powers = persistence ** np.arange(length)
    matrix = pt.where(back >= 0, powers[np.maximum(back, 0)], 0.0)
    return matrix @ (inputs - inputs[0]) + inputs[0] / (1.0 - persistence)


def _sources(design: Design, cells: Any, vectors: Mapping[str, Any]) -> list[Any]:
    """Return the series that latent states read, with unknown cells and effective intensities."""
    scm, found, places = design.problem.scm, [], design.source_cells()
    for row, (column, values) in enumerate(zip(design.filtered, design.sources().T, strict=True)):
        if column.series not in design.moving:
            here = places.column == row
            unknown = cells[places.cell[here]] * places.share[here] if here.any() else 0.0
            found.append(pt.inc_subtensor(pt.as_tensor(values)[places.period[here]], unknown))
            continue
        at = scm.recoveries.index(scm.effective[column.series].recovers_as)
        share, speed = vectors["recoverable_share"][at], vectors["recovery_speed"][at]
        found.append(_asymmetric_adjustment(values, share, speed))
    return found


def _asymmetric_adjustment(measure: np.ndarray, share: Any, speed: Any) -> Any:
    """Return the effective intensity of a measure, see `scm.equations.AsymmetricAdjustment`."""

    def step(now: Any, before: Any, peak: Any, state: Any, share: Any, speed: Any) -> Any:
        goal = now + (1.0 - share) * (peak - now)
        relieved = pt.maximum(state + speed * (goal - state), now)
        return pt.switch(now > before, pt.minimum(state + now - before, peak), relieved)

    peak = np.maximum.accumulate(measure)
    later = pytensor.scan(
        step,
        sequences=[pt.as_tensor(values) for values in (measure[1:], measure[:-1], peak[1:])],
        outputs_info=[pt.as_tensor(measure[0])],
        non_sequences=[share, speed],
        return_updates=False,
    )
    return pt.concatenate([measure[:1], later])


def _completed_cells(problem: Problem) -> Any:
    """Return the unknown cells; their prior is what the equations say of them."""
    cases = problem.cases
    centre, size = np.array([cases.moments[name] for name, _ in cases.missing]).T
    offset = pm.Flat(f"{MISSING_CELL}_offset", dims=dims.MISSING)
    values = centre + np.where(size > 0, size, 1.0) * offset
    return pm.Deterministic(MISSING_CELL, values, dims=dims.MISSING)


def _with_completed_cells(design: Design, cells: Any, mean: Any, weights: Any) -> Any:
    """Add what unknown cells do to the means.

    The cells are 0 in the data. As parents they add their weight; and since PyMC takes no random
    variable as observed value, and only value less mean enters, as values they count on the side
    of the mean.
    """
    missing, names = design.problem.cases.missing, list(design.problem.scm.stochastic)
    places = design.cells()
    own = np.eye(len(names))[[names.index(name) for name, _ in missing]]
    read = (cells[places.cell] * places.share)[:, None] * weights[places.column]
    moved = pt.concatenate([read, -cells[:, None] * own])
    periods = np.concatenate([places.period, [at for _, at in missing]])
    return pt.inc_subtensor(mean[periods], moved)


def _all_parameters(problem: Problem) -> Any:
    """Sample each family as one vector; return all parameters in the order of their addresses."""
    parts: list[Any] = []
    order: dict[str, int] = {}
    for name, group in _groups(problem).items():
        parts.append(_family_vector(name, group))
        for address in group.addresses:
            order[address] = len(order)
    places = [order[address] for address in addresses(problem.scm)]
    return pt.concatenate(parts)[places]


def _parameter_vectors(scm: StructuralCausalModel, everything: Any) -> dict[str, Any]:
    """Cut each parameter from all of them, under its own name."""
    coords, vectors, start = parameter_coords(scm), {}, 0
    for name, dim in parameter_dims(scm).items():
        end = start + (len(coords[dim]) if dim else 1)
        values = everything[start:end] if dim else everything[start]
        vectors[name] = pm.Deterministic(name, values, dims=dim)
        start = end
    return vectors


def _family_vector(name: str, group: _Group) -> Any:
    arguments, shape = group.arguments(), len(group.addresses)
    sign = np.array([-1.0 if getattr(p, "negative", False) else 1.0 for p in group.priors])
    bounds = {n: v for n, v in arguments.items() if n in ("lower", "upper")}
    label = f"{name}_parameters"
    match group.priors[0]:
        case Normal() if bounds:
            return pm.TruncatedNormal(
                label, mu=arguments["mu"], sigma=arguments["sigma"], **bounds, shape=shape
            )
        case Normal():
            return pm.Normal(label, arguments["mu"], arguments["sigma"], shape=shape)
        case StudentT():
            return pm.StudentT(
                label, nu=arguments["nu"], mu=arguments["mu"], sigma=arguments["sigma"], shape=shape
            )
        case LogNormal() if bounds:
            log = pm.TruncatedNormal(
                label,
                mu=np.log(arguments["median"]),
                sigma=arguments["sigma"],
                upper=np.log(bounds["upper"]),
                shape=shape,
            )
            return sign * pt.exp(log)
        case LogNormal():
            log = pm.Normal(label, np.log(arguments["median"]), arguments["sigma"], shape=shape)
            return sign * pt.exp(log)
        case Beta() | BetaMixture():
            return _shares(label, arguments, shape)
        case Gamma():
            excess = pm.Gamma(label, arguments["alpha"], arguments["beta"], shape=shape)
            return arguments["shift"] + excess
        case HalfNormal():
            return pm.HalfNormal(label, arguments["sigma"], shape=shape)
        case Fixed():
            return arguments["value"]
    raise AssertionError(name)


def _shares(label: str, arguments: Mapping[str, np.ndarray], shape: int) -> Any:
    if "weight" not in arguments:
        return pm.Beta(label, arguments["alpha"], arguments["beta"], shape=shape)
    share = np.broadcast_to(arguments["weight"], shape)
    components = [
        pm.Beta.dist(arguments[f"{name}alpha"], arguments[f"{name}beta"], shape=shape)
        for name in ("", "other_")
    ]
    weights = np.stack([share, 1.0 - share], axis=-1)
    return pm.Mixture(label, w=weights, comp_dists=components, shape=shape)


def _scales(problem: Problem, vectors: Mapping[str, Any]) -> Any:
    """Scale of each cell: larger in a crisis, by its multiplier."""
    times = np.ones((problem.cases.time.size, 1))
    if problem.scm.crises:
        every = pt.concatenate([vectors["crisis_multiplier"], np.ones(1)])  # the last: no crisis
        times = every[problem.scm.crisis_at(problem.cases.time)][:, None]
    return times * vectors["scale"]


def _likelihood(problem: Problem, mean: Any, vectors: Mapping[str, Any]) -> None:
    scm, cases, axes = problem.scm, problem.cases, (dims.TIME, dims.EQUATION)
    outcomes = np.stack([cases.values[name] for name in scm.stochastic], axis=1)
    weight, scale = pt.as_tensor(cases.weight), _scales(problem, vectors)
    if scm.noise is Noise.STUDENT_T:
        freedom = vectors["degrees_of_freedom"]
        pm.CustomDist(
            "observed",
            mean,
            scale,
            freedom,
            weight,
            logp=_student_t,
            random=_student_t_random,
            signature="(t,e),(t,e),(e),(t,e)->(t,e)",
            observed=outcomes,
            dims=axes,
        )
        return
    pm.CustomDist(
        "observed",
        mean,
        scale,
        weight,
        logp=_gaussian,
        random=_gaussian_random,
        signature="(t,e),(t,e),(t,e)->(t,e)",
        observed=outcomes,
        dims=axes,
    )


def _student_t(value: Any, mean: Any, scale: Any, freedom: Any, weight: Any) -> Any:
    z = (value - mean) / scale
    half = (freedom + 1.0) / 2.0
    constant = pt.gammaln(half) - pt.gammaln(freedom / 2.0) - pt.log(scale)
    constant = constant - 0.5 * pt.log(freedom * np.pi)
    return weight * (constant - half * pt.log1p(z**2 / freedom))


def _gaussian(value: Any, mean: Any, scale: Any, weight: Any) -> Any:
    z = (value - mean) / scale
    return weight * (-0.5 * z**2 - pt.log(scale) - 0.5 * np.log(2 * np.pi))


def _student_t_random(
    mean: np.ndarray,
    scale: np.ndarray,
    freedom: np.ndarray,
    weight: np.ndarray,
    rng: np.random.Generator,
    size: Any,
) -> np.ndarray:
    del weight, size  # an absent cell has a predictive distribution too
    shocks = rng.standard_t(np.broadcast_to(freedom, mean.shape))
    return np.asarray(mean + scale * shocks)


def _gaussian_random(
    mean: np.ndarray,
    scale: np.ndarray,
    weight: np.ndarray,
    rng: np.random.Generator,
    size: Any,
) -> np.ndarray:
    del weight, size
    return np.asarray(mean + scale * rng.standard_normal(mean.shape))
