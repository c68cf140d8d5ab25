"""What the past of a variable was, for figures: what was observed, what was completed, when.

A value is *observed* when data alone give it, *completed* when it rests on a completed cell, and
*estimated* when it rests on parameters (latent states and what follows from them). This module
draws nothing.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.conditioned import Problem
from sanctions_model.scm.equations import Identity
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.simulation.history import evaluate_states
from sanctions_model.scm.simulation.propagate import falling_shares
from sanctions_model.scm.variables import Affine

_DAYS = 365.25


def periods_per_year(time: np.ndarray) -> int:
    """Return 1, 4 or 12 by the distance of the periods' first days; 4 for a single period.

    >>> periods_per_year(np.array(["2020-01-01", "2020-02-01"], dtype="datetime64[D]"))
    12
    """
    if len(time) < 2:
        return 4
    days = float(np.median(np.diff(time.astype("datetime64[D]")).astype(float)))
    return min((1, 4, 12), key=lambda count: abs(_DAYS / count - days))


def decimal_years(time: np.ndarray, per_year: int) -> np.ndarray:
    """Return the middles of periods as years with decimals.

    >>> decimal_years(np.array(["2022-01-01", "2022-04-01"], dtype="datetime64[D]"), 4).tolist()
    [2022.125, 2022.375]
    """
    months = time.astype("datetime64[M]").astype(int)
    return np.asarray(1970.0 + months / 12.0 + 0.5 / per_year)


def period_name(first_day: np.datetime64 | str, per_year: int) -> str:
    """Say which period starts on a day.

    >>> period_name("2022-04-01", 4), period_name("2022-04-01", 12), period_name("2022-01-01", 1)
    ('2022Q2', '2022-04', '2022')
    """
    year, month = str(np.datetime64(first_day, "M")).split("-")
    return {1: year, 12: f"{year}-{month}"}.get(per_year, f"{year}Q{(int(month) + 2) // 3}")


def flow_of(scm: StructuralCausalModel, name: str) -> tuple[str, float]:
    """Return the variable that a level cumulates and with what sign; any other name itself."""
    found = {level.variable.name: (level.flow, level.sign) for level in scm.levels}
    return found.get(name, (name, 1.0))


def level_from(flow: np.ndarray, sign: float, origin: int) -> np.ndarray:
    """Cumulate a flow along its last axis so that the level is 0 at a position.

    >>> level_from(np.array([1.0, 2.0, 3.0]), 1.0, 1).tolist()
    [-2.0, 0.0, 3.0]
    """
    after = np.cumsum(flow[..., origin + 1 :], axis=-1)
    before = -np.cumsum(flow[..., origin:0:-1], axis=-1)[..., ::-1]
    zero = np.zeros_like(flow[..., :1])
    return np.asarray(sign * np.concatenate([before, zero, after], axis=-1))


def observed_values(problem: Problem, name: str, origin: int) -> np.ndarray:
    """Return what data alone say of a variable or level, not a number elsewhere.

    `origin`: position along time at which levels are 0. Returns: shape ``(T,)``.
    """
    scm = problem.scm
    flow, sign = flow_of(scm, name)
    if flow != name:
        return level_from(observed_values(problem, flow, origin), sign, origin)
    size = problem.cases.time.size
    if name in scm.observed or name in scm.exogenous:
        return problem.observations[name].to_numpy().astype(float)
    equation = scm.by_name[name]
    nothing = np.full(size, np.nan)
    if not isinstance(equation, Identity):
        return nothing
    total = np.zeros(size)
    for edge, coefficient in zip(equation.edges, equation.terms.values(), strict=True):
        if isinstance(coefficient, Affine):
            return nothing
        parent = observed_values(problem, edge.parent, origin)
        total += coefficient * _lagged(parent, edge.lag, np.nan)
    return total


def completed_periods(problem: Problem, name: str, origin: int) -> np.ndarray:
    """Return where a variable's value rests on a completed cell, shape ``(T,)``."""
    size = problem.cases.time.size

    def own(variable: str) -> np.ndarray:
        found = np.zeros(size, dtype=bool)
        found[[period for cell, period in problem.cases.missing if cell == variable]] = True
        return found

    return _marked(problem, name, origin, own)


def known_periods(problem: Problem, name: str, origin: int) -> np.ndarray:
    """Return where a variable is observed, completed or follows from what is, shape ``(T,)``."""
    flow, _ = flow_of(problem.scm, name)
    available = np.asarray(problem.cases.available[flow])
    if flow == name:
        return available
    return np.asarray(level_from((~available).astype(float), 1.0, origin) == 0)


def drawn_histories(problem: Problem, draws: xr.Dataset) -> dict[str, np.ndarray]:
    """Return every variable of the model on the completed past.

    Returns: shape ``(chain * draw or 1, T)``; meaningless where the variable is not known.
    """
    scm = problem.scm
    parameters = DrawParameters(scm, draws)
    values = problem.history(draws)
    shares = falling_shares(scm, parameters, values)
    found = evaluate_states(scm, parameters, values, shares=shares)
    return {name: np.atleast_2d(path) for name, path in found.items()}


def as_draws(values: np.ndarray, draws: xr.Dataset) -> xr.DataArray:
    """Return an array of shape ``(chain * draw or 1, T)`` as one with named dims."""
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW])
    every = np.broadcast_to(values, (shape[0] * shape[1], values.shape[-1]))
    return xr.DataArray(every.reshape(*shape, -1), dims=(dims.CHAIN, dims.DRAW, dims.TIME))


def _marked(
    problem: Problem, name: str, origin: int, own: Callable[[str], np.ndarray]
) -> np.ndarray:
    """Where a mark of some cells reaches a variable through levels and identities."""
    scm = problem.scm
    flow, _ = flow_of(scm, name)
    if flow != name:
        marked = _marked(problem, flow, origin, own).astype(float)
        return np.asarray(level_from(marked, 1.0, origin) != 0)
    equation = scm.by_name[name]
    if not isinstance(equation, Identity):
        return own(name)
    found = np.zeros(problem.cases.time.size, dtype=bool)
    for edge in equation.edges:
        parent = _marked(problem, edge.parent, origin, own).astype(float)
        found |= _lagged(parent, edge.lag, 0.0) > 0
    return found


def _lagged(values: np.ndarray, lag: int, fill: float) -> np.ndarray:
    shifted = np.full(values.size, fill)
    shifted[lag:] = values[: values.size - lag]
    return shifted
