"""The past split into base, shocks and drivers, draw by draw.

``y_t = base_t + sum of shocks' contributions + sum of drivers' contributions``, the base being
what follows from the state before the window without shocks and with every driver held at its
value before it. The parts add up exactly.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.queries.counterfactuals import Episode, over_time
from sanctions_model.scm.simulation.propagate import propagate, respond


def historical_decomposition(
    past: Episode, *, outcomes: Sequence[str] | None = None
) -> xr.DataArray:
    """Split the history of a window into base, shocks and drivers.

    Parameters
    ----------
    past : Episode
        From `episode`.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, part, time, chain, draw)``. ``part`` is ``base``, each stochastic variable
        (its own shocks) and each exogenous variable that moves in the window, what multiplies a
        link apart; the parts add up to the factual history.

    Raises
    ------
    UnknownVariableError, QuestionError
        If an outcome is unknown, or the draws belong to another model.
    """
    scm, cases = past.problem.scm, past.problem.cases
    wanted = scm.wanted(outcomes)
    history = cases.values
    before = {n: float(history[n][past.first - 1]) for n in scm.exogenous}
    held = {name: np.full(past.periods, level) for name, level in before.items()}
    # Links are as strong as they were: what multiplies one has no part of its own.
    factors = {name: past.exogenous[name] for name in scm.factors}
    held |= factors
    moving = [name for name, path in past.exogenous.items() if np.any(path != held[name])]
    level = partial(
        propagate, scm, past.rows, horizon=past.periods, start=past.start, outcomes=wanted
    )
    response = partial(respond, scm, past.rows, horizon=past.periods, outcomes=wanted)
    base = level(exogenous=held).isel({dims.SCENARIO: 0})
    parts = ["base", *scm.stochastic, *moving]
    # One array for all parts: copies of the parts would cost more than the recursions.
    found = np.empty((len(wanted), len(parts), *base.shape[1:]))
    found[:, 0] = base
    for position, name in enumerate(parts[1:], start=1):
        if name in scm.stochastic:
            part = response(shocks={name: past.shocks[name]}, baseline=factors)
        elif _at_rest(past, name, before[name]):
            part = response(paths={name: past.exogenous[name]}, baseline={**before, **factors})
        else:
            # From the same state: a measure that fell before is not as effective as it is high.
            part = level(exogenous=held | {name: past.exogenous[name]}) - base
        found[:, position] = part.isel({dims.SCENARIO: 0})
    whole = xr.DataArray(
        found,
        dims=(dims.OUTCOME, "part", *base.dims[1:]),
        coords={**base.coords, "part": parts},
        name="contribution",
    )
    return over_time(whole, past.time).assign_attrs(dims.carried(past.draws.attrs))


def _at_rest(past: Episode, name: str, level: float) -> bool:
    """Whether a driver is felt as it is in force when the window begins, after no higher level."""
    if past.start.peaks.get(name, level) > level:
        return False
    before = past.start.values
    own = [e for e, equation in past.problem.scm.effective.items() if equation.measure == name]
    return all(bool(np.all(before[effective] == level)) for effective in own)
