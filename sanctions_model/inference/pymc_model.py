"""From a model, data and priors to one PyMC model.

Prior arguments and data are model inputs (`pm.Data`): other numbers need no new compilation.
The means are one matrix product (`design`), the likelihood is one weighted density over the
period x equation matrix; latent states are the only recursion in it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from sanctions_model import dims
from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.design_matrix import Design
from sanctions_model.inference.priors.families import (
    Beta,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    StudentT,
)
from sanctions_model.inference.tensor_recursions import asymmetric_recursion, linear_recursion
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, parameter_coords, parameter_dims
from sanctions_model.scm.variables import Noise

__all__ = ["build", "model_inputs"]

SERIES, NUMBERS = "series", "numbers"


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


def _numbers(problem: Problem) -> dict[str, np.ndarray]:
    """Prior arguments, centres and scales of completed cells, in a fixed order."""
    numbers: dict[str, np.ndarray] = {}
    for name, group in _groups(problem).items():
        for argument, values in group.arguments().items():
            numbers[f"{name}_{argument}"] = values
        if name.startswith("lognormal"):
            signs = [-1.0 if getattr(prior, "negative", False) else 1.0 for prior in group.priors]
            numbers[f"{name}_sign"] = np.array(signs)
    centres = problem.cases.centres
    numbers["centre"] = np.array([centres.get(link.label, 0.0) for link in problem.scm.links])
    moments = [problem.cases.moments[name] for name, _ in problem.cases.missing]
    mean, deviation = np.array(moments).reshape(-1, 2).T
    numbers["missing_mean"] = mean
    numbers["missing_deviation"] = np.where(deviation > 0, deviation, 1.0)
    return numbers


def _matrices(problem: Problem, design: Design) -> dict[str, np.ndarray]:
    """Everything that runs over time, periods in rows, in a fixed order."""
    return {
        "outcomes": np.stack([problem.cases.values[n] for n in problem.scm.stochastic], axis=1),
        "weight": problem.cases.weight,
        "known": design.known_values(),
        "source": design.sources(),
        "factors": design.factor_values(),
    }


def model_inputs(problem: Problem) -> dict[str, np.ndarray]:
    """Return every number that the PyMC model takes as data, by name.

    A compiled model refits with other data or prior arguments by swapping these, as long as the
    equations, the number of periods, the families of the priors, the measures that fall, the
    completed cells and the links with a centre stay; `inference.fit.fit` checks that. They are two
    arrays, because each input costs nutpie's compilation half a second.
    """
    return {
        SERIES: np.concatenate([*_matrices(problem, Design(problem=problem)).values()], axis=1),
        NUMBERS: np.concatenate([*_numbers(problem).values()]),
    }


def _cut(whole: Any, parts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Cut along the last axis what `model_inputs` joined."""
    ends = np.cumsum([values.shape[-1] for values in parts.values()])
    starts = [0, *ends[:-1]]
    return {
        name: whole[..., start:end] for name, start, end in zip(parts, starts, ends, strict=True)
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
        inputs = {name: pm.Data(name, values) for name, values in model_inputs(problem).items()}
        numbers = _cut(inputs[NUMBERS], _numbers(problem))
        series = _cut(inputs[SERIES], _matrices(problem, design))
        everything = _all_parameters(problem, numbers)
        vectors = _parameter_vectors(scm, everything)
        weights = _weights(design, pt.concatenate([everything, numbers["centre"], np.ones(1)]))
        cells = _completed_cells(numbers) if problem.cases.missing else None
        columns = series["known"]
        if design.filtered:
            source = _source(design, series["source"], cells)
            columns = pt.concatenate([columns, *_filtered(design, source, vectors)], axis=1)
        if design.scaled:
            scaled = columns[:, design.unscaled] * series["factors"]
            columns = pt.concatenate([columns, scaled], axis=1)
        mean = columns @ weights
        if cells is not None:
            mean = _with_completed_cells(design, cells, mean, weights)
        _likelihood(scm.noise, series["outcomes"], mean, vectors, series["weight"])
    return model


def _weights(design: Design, factors: Any) -> Any:
    """Return the weight of each column in each equation's mean, ``(column, equation)``."""
    monomials = design.numbers
    for places in design.products.T:
        monomials = monomials * factors[places]
    shape = (len(design.rows), len(design.problem.scm.stochastic))
    flat = pt.zeros(shape[0] * shape[1])
    return pt.inc_subtensor(flat[design.places], monomials).reshape(shape)


def _filtered(design: Design, source: Any, vectors: Mapping[str, Any]) -> list[Any]:
    """Pass series through the latent states' recursions; one matrix for each lag.

    A recursion starts from its steady state, as if the first value had always been there; so a
    lag reads from the same path, begun earlier by the longest lag.
    """
    scm, length = design.problem.scm, design.problem.cases.time.size
    longest = max(design.lags)
    columns = _effective(design, source, vectors)
    if longest:  # without lags PyTensor 3.3 fails at, and prints, a rewrite of this index
        columns = columns[np.maximum(np.arange(-longest, length), 0)]
    row = {name: position for position, name in enumerate(scm.adjusting)}
    for depth in range(max(len(column.filters) for column in design.filtered)):
        passing = [column.filters[depth : depth + 1] for column in design.filtered]
        applies = np.array([float(bool(names)) for names in passing])
        persistence = applies * vectors["persistence"][[row[n[0]] if n else 0 for n in passing]]
        first = columns[0]
        columns = linear_recursion(columns - first, persistence) + first / (1.0 - persistence)
    return [columns[longest - lag : longest - lag + length] for lag in design.lags]


def _effective(design: Design, source: Any, vectors: Mapping[str, Any]) -> Any:
    """Put effective intensities in place of measures that fall in the sample."""
    scm = design.problem.scm
    if not design.moving:
        return source
    columns = []
    for position, column in enumerate(design.filtered):
        values = source[:, position]
        if column.series in design.moving:
            place = scm.recoveries.index(scm.effective[column.series].recovers_as)
            values = asymmetric_recursion(
                values, vectors["recoverable_share"][place], vectors["recovery_speed"][place]
            )
        columns.append(values)
    return pt.stack(columns, axis=1)


def _completed_cells(numbers: Mapping[str, Any]) -> Any:
    """Return the unknown cells; their prior is what the equations say of them."""
    offset = pm.Flat(f"{MISSING_CELL}_offset", dims=dims.MISSING)
    values = numbers["missing_mean"] + numbers["missing_deviation"] * offset
    return pm.Deterministic(MISSING_CELL, values, dims=dims.MISSING)


def _source(design: Design, source: Any, cells: Any) -> Any:
    """Put unknown cells into the series that latent states read."""
    places = design.source_cells()
    if not places.cell.size:
        return source
    at = source[places.period, places.column]
    return pt.inc_subtensor(at, cells[places.cell] * places.share)


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


def _all_parameters(problem: Problem, numbers: Mapping[str, Any]) -> Any:
    """Sample each family as one vector; return all parameters in the order of their addresses."""
    parts: list[Any] = []
    order: dict[str, int] = {}
    for name, group in _groups(problem).items():
        arguments = {argument: numbers[f"{name}_{argument}"] for argument in group.arguments()}
        parts.append(_family_vector(name, group, arguments, numbers.get(f"{name}_sign")))
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


def _family_vector(name: str, group: _Group, arguments: Mapping[str, Any], sign: Any | None) -> Any:
    shape = len(group.addresses)
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
                mu=pt.log(arguments["median"]),
                sigma=arguments["sigma"],
                upper=pt.log(bounds["upper"]),
                shape=shape,
            )
            return sign * pt.exp(log)
        case LogNormal():
            log = pm.Normal(label, pt.log(arguments["median"]), arguments["sigma"], shape=shape)
            return sign * pt.exp(log)
        case Beta():
            return pm.Beta(label, arguments["alpha"], arguments["beta"], shape=shape)
        case Gamma():
            excess = pm.Gamma(label, arguments["alpha"], arguments["beta"], shape=shape)
            return arguments["shift"] + excess
        case HalfNormal():
            return pm.HalfNormal(label, arguments["sigma"], shape=shape)
        case Fixed():
            return arguments["value"]
    raise AssertionError(name)


def _likelihood(
    noise: Noise, outcomes: Any, mean: Any, vectors: Mapping[str, Any], weight: Any
) -> None:
    axes = (dims.TIME, dims.EQUATION)
    scale = vectors["scale"]
    if noise is Noise.STUDENT_T:
        freedom = vectors["degrees_of_freedom"]
        pm.CustomDist(
            "observed",
            mean,
            scale,
            freedom,
            weight,
            logp=_student_t,
            random=_student_t_random,
            signature="(t,e),(e),(e),(t,e)->(t,e)",
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
        signature="(t,e),(e),(t,e)->(t,e)",
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
