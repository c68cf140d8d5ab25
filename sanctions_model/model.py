"""From a model, data and priors to one PyMC model.

Prior arguments and data are model inputs (`pm.Data`): other numbers need no new compilation.
The likelihood is one weighted density over the period x equation matrix; latent states, the only
recursion in it, are solved by doubling.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.shape import specify_shape

from sanctions_model import dims
from sanctions_model.equations import Noise
from sanctions_model.histories import evaluate_history
from sanctions_model.parameters import addresses, parameter_coords, parameter_dims
from sanctions_model.prior_families import (
    Beta,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    StudentT,
)
from sanctions_model.problem import MISSING_CELL, Problem
from sanctions_model.scm import StructuralCausalModel

__all__ = ["build", "model_inputs"]

SERIES = "history"


class _TensorBackend:
    """Time along the only axis."""

    def lag(self, values: Any, periods: int) -> Any:
        """Shift towards later periods, first value held."""
        if periods == 0:
            return values
        return pt.concatenate([pt.repeat(values[:1], periods), values[:-periods]])

    def adjust_partially(self, target: Any, persistence: Any) -> Any:
        """Solve the recursion by doubling: log2(T) steps instead of T.

        With ``v`` the deviation from the first target, ``x_t = sum_k rho^k v_{t-k}`` is built
        from sums over 1, 2, 4, ... periods.
        """
        length = target.type.shape[0]
        first = target[0]
        path, power, reach = target - first, persistence, 1
        while reach < length:
            path = pt.concatenate([path[:reach], path[reach:] + power * path[:-reach]])
            power, reach = power * power, 2 * reach
        return path + first / (1.0 - persistence)

    def adjust_asymmetrically(self, measure: Any, share: Any, speed: Any) -> Any:
        """Unroll the asymmetric recursion."""
        length = measure.type.shape[0]
        state = peak = measure[0]
        path = [state]
        for period in range(1, length):
            now, before = measure[period], measure[period - 1]
            peak = pt.maximum(peak, now)
            imposed = pt.minimum(state + now - before, peak)
            goal = now + (1.0 - share) * (peak - now)
            relieved = pt.maximum(state + speed * (goal - state), now)
            state = pt.switch(now > before, imposed, relieved)
            path.append(state)
        return pt.stack(path)


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


def model_inputs(problem: Problem) -> dict[str, np.ndarray]:
    """Return every number that the PyMC model takes as data, by name.

    A compiled model refits with other data or prior arguments by swapping these, as long as the
    equations, the number of periods, the families of the priors, the measures that fall, the
    completed cells and the links with a centre stay; `sampling.fit` checks that.
    """
    scm = problem.scm
    inputs = {
        SERIES: np.stack([problem.cases.values[name] for name in _series(scm)], axis=1),
        "weight": problem.cases.weight,
        "centre": np.array([problem.cases.centres.get(link.label, 0.0) for link in scm.links]),
    }
    if problem.cases.missing:
        moments = np.array([problem.cases.moments[name] for name, _ in problem.cases.missing])
        inputs["missing_mean"] = moments[:, 0]
        inputs["missing_deviation"] = np.where(moments[:, 1] > 0, moments[:, 1], 1.0)
    for name, group in _groups(problem).items():
        for argument, values in group.arguments().items():
            inputs[f"{name}_{argument}"] = values
        if name.startswith("lognormal"):
            signs = [-1.0 if getattr(prior, "negative", False) else 1.0 for prior in group.priors]
            inputs[f"{name}_sign"] = np.array(signs)
    return inputs


def _series(scm: StructuralCausalModel) -> list[str]:
    return [*scm.observed, *scm.exogenous]


class _TensorParameters:
    """Scalar tensors by name, cut from the model's parameter vectors."""

    def __init__(self, vectors: Mapping[str, Any], scm: StructuralCausalModel) -> None:
        coords = parameter_coords(scm)
        self._positions = {
            name: {label: i for i, label in enumerate(coords[dim])} if dim else {}
            for name, dim in parameter_dims(scm).items()
        }
        self._vectors = vectors

    def row(self, name: str, label: str) -> Any:
        return self._vectors[name][self._positions[name][label]]

    def coefficient(self, label: str) -> Any:
        return self.row("coefficient", label)

    def intercept(self, equation: str) -> Any:
        return self.row("intercept", equation)

    def persistence(self, variable: str) -> Any:
        return self.row("persistence", variable)

    def scalar(self, name: str) -> Any:
        return self._vectors[name]


def build(problem: Problem) -> pm.Model:
    """Build the PyMC model of a problem.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    pm.Model
        Parameters under their own names as deterministic variables with named dims; the observed
        matrix is ``observed``, dims ``(time, equation)``.
    """
    scm = problem.scm
    coords = {dim: labels for dim, labels in parameter_coords(scm).items() if labels}
    if problem.cases.missing:
        coords[dims.MISSING] = problem.cases.missing_labels
    inputs = model_inputs(problem)
    with pm.Model(coords={**coords, dims.TIME: problem.cases.time}) as model:
        data = {name: pm.Data(name, values) for name, values in inputs.items()}
        vectors = _parameter_vectors(problem, data)
        parameters = _TensorParameters(vectors, scm)
        length = problem.cases.time.size
        history = _completed(problem, data)
        columns = {
            name: specify_shape(history[:, i], length) for i, name in enumerate(_series(scm))
        }
        centres = {
            link.label: data["centre"][i]
            for i, link in enumerate(scm.links)
            if link.label in problem.cases.centres
        }
        _, means = evaluate_history(
            scm,
            parameters,
            columns,
            _TensorBackend(),
            centres=centres,
            shares={
                measure: (
                    parameters.row("recoverable_share", measure),
                    parameters.row("recovery_speed", measure),
                )
                for measure in problem.falling
            },
        )
        mean = pt.stack(
            [pt.broadcast_to(means[name], (length,)) for name in scm.stochastic], axis=1
        )
        outcomes = data[SERIES][:, : len(scm.observed)]
        if problem.cases.missing:
            # PyMC takes no random variable as observed value; only value - mean enters, so the
            # completed cells (0 in the data) move to the side of the mean.
            mean = mean - (history[:, : len(scm.observed)] - outcomes)
        _likelihood(scm.noise, outcomes, mean, vectors, data["weight"])
    return model


def _completed(problem: Problem, data: Mapping[str, Any]) -> Any:
    """Put the unknown cells into the history: their prior is what the equations say of them."""
    missing, history = problem.cases.missing, data[SERIES]
    if not missing:
        return history
    offset = pm.Flat(f"{MISSING_CELL}_offset", dims=dims.MISSING)
    values = data["missing_mean"] + data["missing_deviation"] * offset
    cells = pm.Deterministic(MISSING_CELL, values, dims=dims.MISSING)
    columns = [_series(problem.scm).index(name) for name, _ in missing]
    periods = [period for _, period in missing]
    return pt.set_subtensor(history[np.array(periods), np.array(columns)], cells)


def _parameter_vectors(problem: Problem, data: Mapping[str, Any]) -> dict[str, Any]:
    """Sample each family as one vector; cut the parameters from all of them."""
    parts: list[Any] = []
    order: list[str] = []
    for name, group in _groups(problem).items():
        arguments = {argument: data[f"{name}_{argument}"] for argument in group.arguments()}
        parts.append(_family_vector(name, group, arguments, data.get(f"{name}_sign")))
        order.extend(group.addresses)
    everything = pt.concatenate(parts)
    known = addresses(problem.scm)
    vectors = {}
    for name, dim in parameter_dims(problem.scm).items():
        own = [
            order.index(address) for address, (parameter, _) in known.items() if parameter == name
        ]
        values = everything[np.array(own)] if dim else everything[own[0]]
        vectors[name] = pm.Deterministic(name, values, dims=dim)
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
