"""Responses of a model to a shock: one period of it, or a step that stays."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_number
from sanctions_model.errors import QuestionError
from sanctions_model.queries.effects import finished, reachable
from sanctions_model.scm.interventions import require_horizon
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.periods import with_periods
from sanctions_model.scm.simulation.propagate import continuation_paths, respond
from sanctions_model.scm.variables import Variable
from sanctions_model.wording import lower_first, with_article


def impulse_response(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    cause: str,
    size: float | None = None,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Response to a change of one period: a shock to an equation, or a pulse of a driver.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    cause : str
        A stochastic or an exogenous variable.
    size : float, optional
        In the unit of the cause; by default one ``scale`` of the equation, draw by draw, or 1 for
        an exogenous variable.
    horizon : int
        Periods, the first one being that of the shock.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``, in the units of the outcomes.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If the cause is unknown, cannot be shocked or reaches none of the outcomes.

    Examples
    --------
    >>> from sanctions_model.scm.variables import Variable
    >>> from sanctions_model.scm.equations import PartialAdjustment
    >>> from sanctions_model.scm.parameters import pin
    >>> scm = StructuralCausalModel(equations=(PartialAdjustment(variable=Variable(name="price")),))
    >>> draws = pin(scm, {"persistence[price]": 0.5})
    >>> impulse_response(scm, draws, cause="price", horizon=3).squeeze().to_numpy().tolist()
    [1.0, 0.5, 0.25]
    """
    return _response(scm, draws, cause, size, horizon, outcomes, lasting=1)


def step_response(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    cause: str,
    size: float | None = None,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Response to a change that stays: a shock in every period, or a driver at a new level.

    Parameters
    ----------
    scm, draws, cause, size
        As for `impulse_response`.
    horizon : int
        Periods, the first one being that of the change.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``, in the units of the outcomes.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If the cause is unknown, cannot be shocked or reaches none of the outcomes.

    Examples
    --------
    >>> from sanctions_model.scm.variables import Variable
    >>> from sanctions_model.scm.equations import Exogenous, PartialAdjustment
    >>> from sanctions_model.scm.parameters import pin
    >>> scm = StructuralCausalModel(
    ...     equations=(
    ...         Exogenous(variable=Variable(name="tariff")),
    ...         PartialAdjustment(variable=Variable(name="price"), parents=("tariff",)),
    ...     )
    ... )
    >>> draws = pin(scm, {"tariff -> price": 2.0, "persistence[price]": 0.5})
    >>> step_response(scm, draws, cause="tariff", size=1.0, horizon=3).squeeze().to_numpy().tolist()
    [1.0, 1.5, 1.75]
    """
    return _response(scm, draws, cause, size, horizon, outcomes, lasting=require_horizon(horizon))


def _response(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    cause: str,
    size: float | None,
    horizon: int,
    outcomes: Sequence[str] | None,
    *,
    lasting: int,
) -> xr.DataArray:
    horizon = require_horizon(horizon)
    size = None if size is None else as_number(size, "The size of the change")
    if size == 0:
        raise QuestionError("A change of 0 moves nothing; expected another size.")
    scm.graph.require(cause, "the cause")
    wanted = reachable(scm, [cause], outcomes)
    steps = (np.arange(horizon) < lasting).astype(float)
    if cause in scm.exogenous:
        base = continuation_paths(scm, horizon, {})[cause]
        change = 1.0 if size is None else size
        path = base + steps * change
        scm.variables[cause].require_plausible(path, f"A change of {change:g}")
        found = respond(scm, draws, horizon=horizon, paths={cause: path}, outcomes=wanted)
    elif cause in scm.stochastic:
        _require_within_range(scm.variables[cause], size)
        shock = DrawParameters(scm, draws).row("scale", cause) if size is None else size
        shocks = {cause: steps[:, None] * np.atleast_1d(shock)}
        found = respond(scm, draws, horizon=horizon, shocks=shocks, outcomes=wanted)
    else:
        choices = ", ".join([*scm.stochastic, *scm.exogenous])
        raise QuestionError(f"{cause!r} has no shock of its own; shock one of {choices}.")
    label = with_article(scm.variables[cause].short_label)
    passing = "A surprise" if cause in scm.stochastic else f"A one-{scm.period_name} change"
    how = "A lasting change" if lasting > 1 else passing
    amount = f"{size:+g}" if size is not None else "usual size" if cause in scm.stochastic else "1"
    subject = f"{how} of {amount} in {label}"
    asked = f"what follows {lower_first(subject)}"
    found = finished(found.isel({dims.SCENARIO: 0}), draws, asked, subject)
    return with_periods(found, scm.periods_per_year)


def _require_within_range(variable: Variable, size: float | None) -> None:
    """Refuse a surprise that is larger than the whole plausible range of its variable."""
    if size is None or variable.plausible is None:
        return
    low, high = variable.plausible
    if abs(size) > high - low:
        raise QuestionError(
            f"A surprise of {size:g} in {variable.name!r}; expected at most {high - low:g} either "
            f"way, the width of its plausible range of {low:g} to {high:g}."
        )
