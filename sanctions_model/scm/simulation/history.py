"""The observed past, all periods at once: latent states, identities and one-step means.

The recursion runs only inside latent states; everything else reads observed parents.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from sanctions_model.errors import SpecError
from sanctions_model.scm.equations import Accumulator, Identity
from sanctions_model.scm.linear_form import Parameters
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import centres_for
from sanctions_model.scm.variables import Affine


def lagged(values: np.ndarray, periods: int) -> np.ndarray:
    """Shift towards later periods along the last axis; what precedes the first holds its value."""
    if periods == 0:
        return values
    first = np.repeat(values[..., :1], min(periods, values.shape[-1]), axis=-1)
    return np.concatenate([first, values[..., :-periods]], axis=-1)


def partial_adjustment(target: np.ndarray, persistence: np.ndarray) -> np.ndarray:
    """Solve ``x_t = rho x_{t-1} + target_t`` from its steady state, draws in rows."""
    rho = np.asarray(persistence)
    target = np.broadcast_to(target, (*rho.shape, np.shape(target)[-1]))
    path = np.empty(target.shape)
    state = target[..., 0] / (1.0 - rho)
    for period in range(target.shape[-1]):
        state = rho * state + target[..., period]
        path[..., period] = state
    return path


def asymmetric_adjustment(
    paths: np.ndarray,
    share: np.ndarray,
    speed: np.ndarray,
    *,
    effective: np.ndarray | None = None,
    peak: float | None = None,
    act: Callable[[np.ndarray, int], np.ndarray] | None = None,
) -> np.ndarray:
    """Effective intensity along measure paths, see `scm.equations.AsymmetricAdjustment`.

    Parameters
    ----------
    paths : numpy.ndarray
        Measure intensities, shape ``(scenario, period)``, or ``(scenario, period, draw)`` where
        every draw has its own; the first period is the start, where effective intensity, peak and
        measure are equal.
    share, speed : numpy.ndarray
        Recoverable share and recovery speed per period, shape ``(draw,)``.
    effective : numpy.ndarray, optional
        Effective intensity at the start, shape ``(draw,)``; the measure itself by default.
    peak : float, optional
        Largest intensity up to the start; the measure itself by default.
    act : callable, optional
        What interventions make of a period's intensity, given the period; it carries on from there.

    Returns
    -------
    numpy.ndarray
        Shape ``(scenario, period, draw)``.
    """
    from sanctions_model.scm.simulation.kernel import adjust

    own = np.ascontiguousarray(paths if paths.ndim == 3 else paths[:, :, None])
    result = np.empty((*paths.shape[:2], np.size(share)))
    result[:, 0] = own[:, 0] if effective is None else effective
    highest = own[:, 0].copy() if peak is None else np.full((len(paths), own.shape[2]), float(peak))
    share, speed = (np.atleast_1d(np.asarray(rate, dtype=float)) for rate in (share, speed))
    if act is None:
        adjust(own, share, speed, result, highest, 1, paths.shape[1])
        return result
    for period in range(1, paths.shape[1]):
        adjust(own, share, speed, result, highest, period, period + 1)
        result[:, period] = act(result[:, period], period)
    return result


def evaluate_history(
    scm: StructuralCausalModel,
    parameters: Parameters,
    values: Mapping[str, Any],
    *,
    shares: Mapping[str, tuple[Any, Any]],
    only: Collection[str] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evaluate latent states, identities and one-step means on the observed past.

    Parameters
    ----------
    scm : StructuralCausalModel
        With its centres set.
    parameters : Parameters
        Arrays over draws.
    values : mapping of str to array
        Observed and exogenous series, time last.
    shares : mapping of str to (share, speed)
        Recoverable share and recovery speed of each effective measure whose measure falls in the
        sample; the others are as effective as they are in force.
    only : collection of str, optional
        Stochastic variables whose means are wanted; all by default.

    Returns
    -------
    histories, means : dict of str to array
        Every variable of the model; the mean of each wanted equation given its parents.
    """
    histories = evaluate_states(scm, parameters, values, shares=shares)
    means = {}
    centres = centres_for(scm, parameters)
    for name in scm.stochastic if only is None else only:
        form = scm.stochastic[name].linear_form(parameters, centres)
        mean = _column(form.constant)
        for term in form.terms:
            part = _weighted(term.weight, histories[term.parent], term.lag)
            mean = mean + (part * histories[term.factor] if term.factor else part)
        means[name] = mean
    return histories, means


def evaluate_states(
    scm: StructuralCausalModel,
    parameters: Parameters,
    values: Mapping[str, Any],
    *,
    shares: Mapping[str, tuple[Any, Any]],
) -> dict[str, Any]:
    """Evaluate effective measures, latent states and identities on the observed past.

    Parameters as for `evaluate_history`.

    Returns
    -------
    dict of str to array
        Every variable of the model.
    """
    histories = dict(values)
    for name, effective in scm.effective.items():
        measure = effective.measure
        if name in shares:
            histories[name] = asymmetric_adjustment(values[measure][None], *shares[name])[0].T
        else:
            histories[name] = values[measure]
    for name, equation in scm.unobserved.items():
        form = equation.linear_form(parameters, scm.centres)
        inputs = form.constant
        persistence = None
        for term in form.terms:
            if term.parent == name:
                persistence = term.weight
            else:
                inputs = inputs + _weighted(term.weight, histories[term.parent], term.lag)
        if isinstance(equation, Accumulator):
            inputs = np.cumsum(inputs, axis=-1)
        elif persistence is not None:
            inputs = partial_adjustment(inputs, persistence)
        histories[name] = inputs
    return histories


def flows_of(scm: StructuralCausalModel, name: str) -> dict[tuple[str, int], float]:
    """Return what an accumulator, or an identity without parameters, adds up a period.

    Parameters
    ----------
    scm : StructuralCausalModel
    name : str

    Returns
    -------
    dict of (str, int) to float
        Series and lag to its coefficient.

    Raises
    ------
    SpecError
        If a coefficient is a parameter.
    """
    equation = scm.by_name[name]
    if not isinstance(equation, Accumulator | Identity):
        return {(name, 0): 1.0}
    found: dict[tuple[str, int], float] = {}
    for edge, weight in zip(equation.edges, equation.terms.values(), strict=False):
        if isinstance(weight, Affine):
            raise SpecError(
                f"The coefficient of {edge.label!r} is a parameter, so that series alone do not "
                f"say what {name!r} was; ask of one that is observed or made of observed ones."
            )
        for (series, lag), share in flows_of(scm, edge.parent).items():
            key = (series, lag + edge.lag)
            found[key] = found.get(key, 0.0) + weight * share
    return found


def accumulated(
    scm: StructuralCausalModel, values: Mapping[str, np.ndarray], name: str
) -> np.ndarray:
    """Return the level of an accumulator on the observed past.

    Parameters
    ----------
    scm : StructuralCausalModel
    values : mapping of str to numpy.ndarray
        Observed and exogenous series, time last.
    name : str

    Returns
    -------
    numpy.ndarray
        Time last.
    """
    return np.cumsum(_added_up(flows_of(scm, name), values), axis=-1)


def known_past(
    scm: StructuralCausalModel, values: Mapping[str, np.ndarray], name: str
) -> np.ndarray | None:
    """Return a series, or an identity of series, on the observed past.

    Parameters
    ----------
    scm : StructuralCausalModel
    values : mapping of str to numpy.ndarray
        Observed and exogenous series, time last.
    name : str

    Returns
    -------
    numpy.ndarray or None
        Time last; None where parameters or what is not observed would be needed.
    """
    try:
        flows = flows_of(scm, name)
    except SpecError:
        return None
    return _added_up(flows, values) if all(series in values for series, _ in flows) else None


def _added_up(flows: Mapping[tuple[str, int], float], values: Mapping[str, np.ndarray]) -> Any:
    return sum(share * lagged(values[series], lag) for (series, lag), share in flows.items())


def read_by_states(scm: StructuralCausalModel) -> tuple[str, ...]:
    """Return the observed variables that latent states are made of, through identities.

    Parameters
    ----------
    scm : StructuralCausalModel

    Returns
    -------
    tuple of str
    """
    found: dict[str, None] = {}
    waiting = [edge.parent for equation in scm.latent.values() for edge in equation.links]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in scm.stochastic:
            found[name] = None
        elif name in scm.unobserved and name not in seen:
            seen.add(name)
            waiting += [edge.parent for edge in scm.by_name[name].edges if edge.parent != name]
    return tuple(found)


def _weighted(weight: Any, values: Any, lag: int) -> Any:
    return _column(weight) * lagged(values, lag)


def _column(weight: Any) -> Any:
    """Draws of a number stand in rows, so that time runs along the last axis."""
    return weight[:, None] if isinstance(weight, np.ndarray) and weight.ndim == 1 else weight
