"""The observed past, all periods at once: latent states, identities and one-step means.

The recursion runs only inside latent states, by doubling; everything else reads observed parents.
The same walk serves numpy draws and PyTensor expressions: `Backend` is all that differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.equations import Affine, LatentAdjustment, Parameters
from sanctions_model.errors import ObservationError
from sanctions_model.scm import StructuralCausalModel

__all__ = [
    "Backend",
    "Cases",
    "NumpyBackend",
    "asymmetric_adjustment",
    "available_cases",
    "evaluate_history",
]


class Backend(Protocol):
    """Array operations over the time axis, the last one."""

    def lag(self, values: Any, periods: int) -> Any:
        """Shift towards later periods; what precedes the first period holds its value."""

    def adjust_partially(self, target: Any, persistence: Any) -> Any:
        """Solve ``x_t = rho x_{t-1} + target_t``, starting from its steady state."""

    def adjust_asymmetrically(self, measure: np.ndarray, share: Any, speed: Any) -> Any:
        """Return the effective intensity of an observed measure that falls in the sample."""


class NumpyBackend:
    """Draws in rows, time in columns."""

    def lag(self, values: np.ndarray, periods: int) -> np.ndarray:
        """Shift towards later periods, first value held."""
        if periods == 0:
            return values
        first = np.repeat(values[..., :1], min(periods, values.shape[-1]), axis=-1)
        return np.concatenate([first, values[..., :-periods]], axis=-1)

    def adjust_partially(self, target: np.ndarray, persistence: np.ndarray) -> np.ndarray:
        """Solve the recursion period by period."""
        rho = np.asarray(persistence)
        target = np.broadcast_to(target, (*rho.shape, np.shape(target)[-1]))
        path = np.empty(target.shape)
        state = target[..., 0] / (1.0 - rho)
        for period in range(target.shape[-1]):
            state = rho * state + target[..., period]
            path[..., period] = state
        return path

    def adjust_asymmetrically(
        self, measure: np.ndarray, share: np.ndarray, speed: np.ndarray
    ) -> np.ndarray:
        """Run the asymmetric recursion, draws in rows."""
        path: np.ndarray = asymmetric_adjustment(measure[None, :], share, speed)[0].T
        return path


_BACKEND = NumpyBackend()


def asymmetric_adjustment(
    paths: np.ndarray,
    share: np.ndarray,
    speed: np.ndarray,
    *,
    effective: np.ndarray | None = None,
    peak: float | None = None,
) -> np.ndarray:
    """Effective intensity along measure paths, see `scm.AsymmetricAdjustment`.

    Parameters
    ----------
    paths : numpy.ndarray
        Measure intensities, shape ``(scenario, period)``; the first period is the start, where
        effective intensity, peak and measure are equal.
    share, speed : numpy.ndarray
        Recoverable share and recovery speed per period, shape ``(draw,)``.
    effective : numpy.ndarray, optional
        Effective intensity at the start, shape ``(draw,)``; the measure itself by default.
    peak : float, optional
        Largest intensity up to the start; the measure itself by default.

    Returns
    -------
    numpy.ndarray
        Shape ``(scenario, period, draw)``.
    """
    result = np.empty((*paths.shape, np.size(share)))
    result[:, 0] = paths[:, :1] if effective is None else effective
    state = result[:, 0]
    highest = paths[:, :1] if peak is None else np.full((len(paths), 1), peak)
    for period in range(1, paths.shape[1]):
        now, before = paths[:, period, None], paths[:, period - 1, None]
        highest = np.maximum(highest, now)
        imposed = np.minimum(state + now - before, highest)
        goal = now + (1.0 - share) * (highest - now)
        relieved = np.maximum(state + speed * (goal - state), now)
        state = np.where(now > before, imposed, relieved)
        result[:, period] = state
    return result


@dataclass(frozen=True)
class Cases:
    """What the likelihood reads: fixed-shape arrays and the weights of available cells.

    Parameters
    ----------
    time : numpy.ndarray
        First day of each period, shape ``(T,)``.
    values : mapping of str to numpy.ndarray
        Observed and exogenous series, shape ``(T,)``, gaps filled with 0 (they carry no weight).
    weight : numpy.ndarray
        1 where the equation's own value, lags and parents are there, else 0; ``(T, equation)``.
    centres : mapping of str to float
        Mean of each centred parent over its equation's available periods, by link label.
    moments : mapping of str to tuple of float
        Mean and standard deviation of each equation's variable over its available periods; absent
        for equations without data.
    available : mapping of str to numpy.ndarray
        Where each variable of the model is known, parameters apart; shape ``(T,)``.
    """

    time: np.ndarray
    values: Mapping[str, np.ndarray]
    weight: np.ndarray
    centres: Mapping[str, float]
    moments: Mapping[str, tuple[float, float]]
    available: Mapping[str, np.ndarray]


def available_cases(scm: StructuralCausalModel, observations: xr.Dataset) -> Cases:
    """Find the periods that each equation can use, and its parents' means over them.

    Parameters
    ----------
    scm : StructuralCausalModel
    observations : xr.Dataset
        As `observations.load_observations` returns it, dim ``time``.

    Returns
    -------
    Cases

    Raises
    ------
    ObservationError
        If an exogenous variable has a gap.
    """
    time = observations[dims.TIME].to_numpy()
    raw = {
        name: observations[name].to_numpy().astype(float)
        for name in (*scm.observed, *scm.exogenous)
    }
    there = {name: np.isfinite(values) for name, values in raw.items()}
    for name in scm.exogenous:
        if not there[name].all():
            raise ObservationError(
                f"The exogenous variable {name!r} lacks {int((~there[name]).sum())} of {time.size} "
                "periods; expected a value for each, because every state that follows reads it."
            )
    values = {name: np.where(there[name], raw[name], 0.0) for name in raw}
    data_part = _complete(scm, values, there)
    weight = np.zeros((time.size, len(scm.stochastic)))
    centres: dict[str, float] = {}
    moments: dict[str, tuple[float, float]] = {}
    outside = {*scm.exogenous, *scm.effective, *scm.latent}
    for column, (name, equation) in enumerate(scm.stochastic.items()):
        used = there[name] & _all_there(there, equation.edges, time.size)
        if equation.start is not None:
            used &= time >= np.datetime64(equation.start)
        weight[:, column] = used
        if not used.any():
            continue
        own = values[name][used]
        moments[name] = (float(own.mean()), float(own.std()))
        for link in equation.links:
            if link.parent not in outside:
                parent = _BACKEND.lag(data_part[link.parent], link.lag)
                centres[link.label] = float(parent[used].mean())
    return Cases(time, values, weight, centres, moments, there)


def _complete(
    scm: StructuralCausalModel, values: Mapping[str, np.ndarray], there: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Mark where unobserved variables are known; return what the data alone give of each.

    Latent states and parameter-dependent terms count as 0 in that part: any constant would do as
    a centre, and this one needs no parameters.
    """
    size = len(next(iter(values.values())))
    part = dict(values) | {name: np.zeros(size) for name in (*scm.effective, *scm.latent)}
    there |= {name: there[equation.measure] for name, equation in scm.effective.items()}
    for name, equation in scm.unobserved.items():
        if isinstance(equation, LatentAdjustment):
            there[name] = _all_there(there, equation.links, size)
            continue
        there[name] = _all_there(there, equation.edges, size)
        part[name] = np.zeros(size)
        for edge, coefficient in zip(equation.edges, equation.terms.values(), strict=True):
            if not isinstance(coefficient, Affine):
                part[name] += coefficient * _BACKEND.lag(part[edge.parent], edge.lag)
    return part


def _all_there(there: Mapping[str, np.ndarray], edges: Any, size: int) -> np.ndarray:
    everywhere = np.ones(size, dtype=bool)
    for edge in edges:
        shifted = np.zeros(size, dtype=bool)
        shifted[edge.lag :] = there[edge.parent][: size - edge.lag]
        everywhere &= shifted
    return everywhere


def evaluate_history(
    scm: StructuralCausalModel,
    parameters: Parameters,
    values: Mapping[str, Any],
    backend: Backend,
    *,
    shares: Mapping[str, tuple[Any, Any]],
    centres: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evaluate latent states, identities and one-step means on the observed past.

    Parameters
    ----------
    scm : StructuralCausalModel
        With its centres set.
    parameters : Parameters
        Arrays over draws or tensors.
    values : mapping of str to array
        Observed and exogenous series, time last.
    backend : Backend
    shares : mapping of str to (share, speed)
        Recoverable share and recovery speed of each measure that falls in the sample; the others
        are as effective as they are in force.
    centres : mapping of str to number or tensor, optional
        The model's own by default.

    Returns
    -------
    histories, means : dict of str to array
        Every variable of the model; the mean of each stochastic equation given its parents.
    """
    at = scm.centres if centres is None else centres
    histories = dict(values)
    for name, effective in scm.effective.items():
        measure = effective.measure
        if measure in shares:
            histories[name] = backend.adjust_asymmetrically(values[measure], *shares[measure])
        else:
            histories[name] = values[measure]
    for name, equation in scm.unobserved.items():
        form = equation.linear_form(parameters, at)
        inputs = form.constant
        persistence = None
        for term in form.terms:
            if term.parent == name:
                persistence = term.weight
            else:
                inputs = inputs + _weighted(term.weight, histories[term.parent], term.lag, backend)
        if persistence is not None:
            inputs = backend.adjust_partially(inputs, persistence)
        histories[name] = inputs
    means = {}
    for name, behaviour in scm.stochastic.items():
        form = behaviour.linear_form(parameters, at)
        mean = _column(form.constant)
        for term in form.terms:
            mean = mean + _weighted(term.weight, histories[term.parent], term.lag, backend)
        means[name] = mean
    return histories, means


def _weighted(weight: Any, values: Any, lag: int, backend: Backend) -> Any:
    return _column(weight) * backend.lag(values, lag)


def _column(weight: Any) -> Any:
    """Draws of a number stand in rows, so that time runs along the last axis."""
    return weight[:, None] if isinstance(weight, np.ndarray) and weight.ndim == 1 else weight
