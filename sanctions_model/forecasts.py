"""Simulated futures: parameters and shocks drawn together, from the end of the observed past."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import ObservationError
from sanctions_model.interventions import Intervention, require_horizon
from sanctions_model.problem import Problem
from sanctions_model.propagate import draw_shocks, propagate, start_after
from sanctions_model.scm import StructuralCausalModel

__all__ = ["last_known_period", "simulate"]


def last_known_period(problem: Problem, outcomes: Sequence[str]) -> int:
    """Return the last period whose state, as far as the outcomes need it, is observed.

    Parameters
    ----------
    problem : Problem
    outcomes : sequence of str

    Returns
    -------
    int
        Position along time.

    Raises
    ------
    ObservationError
        If there is no such period.
    """
    scm, lags = problem.scm, problem.scm.longest_lag
    needed = _needed(scm, outcomes)
    known = np.ones(problem.cases.time.size, dtype=bool)
    for name in needed:
        known &= problem.cases.available[name]
    complete = np.array([known[max(0, t - lags + 1) : t + 1].all() for t in range(known.size)])
    if not complete.any():
        raise ObservationError(
            f"No period has all that {', '.join(outcomes)} needs; the data lack one of "
            f"{', '.join(sorted(needed))}."
        )
    return int(np.flatnonzero(complete)[-1])


def _needed(scm: StructuralCausalModel, outcomes: Sequence[str]) -> set[str]:
    flows = {level.variable.name: level.flow for level in scm.levels}
    direct = {flows.get(name, name) for name in outcomes}
    return direct.union(*(scm.graph.ancestors(name) for name in direct))


def simulate(
    problem: Problem,
    draws: xr.Dataset,
    *,
    horizon: int,
    exogenous: Mapping[str, np.ndarray] | None = None,
    interventions: Sequence[Intervention] = (),
    random_seed: int,
    outcomes: Sequence[str],
) -> xr.DataArray:
    """Draw one future for each draw of the parameters.

    Parameters
    ----------
    problem : Problem
        The data give the start: the last period at which all that the outcomes need is known.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    horizon : int
        Periods after the start.
    exogenous : mapping of str to numpy.ndarray, optional
        Paths of shape ``(horizon,)`` or ``(scenario, horizon)``; the others take their declared
        continuation. Every scenario meets the same shocks.
    interventions : sequence of Intervention
    random_seed : int
    outcomes : sequence of str

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, scenario, horizon, chain, draw)``; ``attrs["start"]`` is the last known
        period.

    Raises
    ------
    ObservationError
        If the state is nowhere known.
    QuestionError, UnknownVariableError
        As for `propagate`.
    """
    horizon = require_horizon(horizon)
    scm = problem.scm
    for name in outcomes:
        scm.require(name, "the outcomes")
    last = last_known_period(problem, outcomes)
    past = {name: values[: last + 1] for name, values in problem.cases.values.items()}
    paths = propagate(
        scm,
        draws,
        horizon=horizon,
        exogenous=exogenous,
        start=start_after(scm, draws, past),
        shocks=draw_shocks(scm, draws, horizon, random_seed),
        interventions=interventions,
        outcomes=outcomes,
    )
    paths.attrs["start"] = str(problem.cases.time[last])[:10]
    return paths.rename("path").assign_coords({dims.HORIZON: np.arange(1, horizon + 1)})
