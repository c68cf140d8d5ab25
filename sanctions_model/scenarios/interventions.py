"""What interventions do to the future, the shocks being the same.

What a scenario states is in `scenario_files`; targets are in `required`.
"""

from collections.abc import Sequence

import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.queries.forecasts import simulate
from sanctions_model.scm.interventions import Intervention
from sanctions_model.inference.conditioned import Problem
from sanctions_model.scenarios.library import Scenario, load_scenario

__all__ = [
    "Scenario",
    "load_scenario",
    "scenario_effect",
]


def scenario_effect(
    problem: Problem,
    draws: xr.Dataset,
    interventions: Sequence[Intervention],
    *,
    horizon: int,
    random_seed: int,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Difference that interventions make to simulated futures, the shocks being the same.

    Parameters
    ----------
    problem : Problem
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    interventions : sequence of Intervention
        On exogenous and endogenous variables alike.
    horizon : int
    random_seed : int
        Of the shocks, which matter only where an intervention sets or scales an endogenous
        variable.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``.

    Raises
    ------
    QuestionError
        If there is no intervention.
    UnknownVariableError
        If a name is unknown.
    """
    if not interventions:
        raise QuestionError("No intervention; give at least one.")

    def futures(edits: Sequence[Intervention]) -> xr.DataArray:
        return simulate(
            problem,
            draws,
            horizon=horizon,
            interventions=edits,
            random_seed=random_seed,
            outcomes=outcomes,
        ).isel({dims.SCENARIO: 0})

    return (futures(interventions) - futures(())).rename("effect")
