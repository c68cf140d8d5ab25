"""One scenario as a forecast: where the economy goes with it, and what the scenario changes.

*Effect*: ``E[y_h | do(scenario)] - E[y_h | do(measures stay)]``, draw by draw with the same shocks.
*Path*: the forecast that the effect is against, plus the effect. Periods of the calendar
count from the last known one.
"""

import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.forecasts import simulate
from sanctions_model.scenarios.effects import (
    against_designs,
    against_interventions,
    answer_manifest,
    designed_effect,
    regime_of_today,
    starting_day,
)
from sanctions_model.scenarios.scenario import DESIGNS, Scenario
from sanctions_model.scm.interventions import require_horizon
from sanctions_model.scm.periods import period_labels, periods_ahead
from sanctions_model.scm.serialization import content_hash

# What a scenario may state for this question.
USED = ("intervention", *DESIGNS)


def scenario_forecast(
    problem: Problem,
    draws: xr.Dataset,
    scenario: Scenario,
    *,
    horizon: int | str = 20,
    outcomes: list[str] | None = None,
    random_seed: int,
) -> xr.Dataset:
    """Forecast under a scenario, beside what the scenario changes.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    scenario : Scenario
        With designs or interventions, in periods counted from 1 or of the calendar.
    horizon : int or str
        Periods after the last known one, or the last one wanted (``"2029Q4"``).
    outcomes : list of str, optional
        Variables or levels; the headline ones by default.
    random_seed : int
        Of paths and shocks.

    Returns
    -------
    xr.Dataset
        ``path`` and ``effect``, dims ``(outcome, horizon, chain, draw)``, with ``period`` beside
        the horizon and ``unit`` of each outcome; ``attrs`` say the scenario's ``label``, what it is
        compared with (``against``), the ``start``, what the drivers were taken to do
        (``continuation``) and a manifest as JSON.

    Raises
    ------
    QuestionError
        If the scenario states what has no place here (conditions, shocks left out), or a period
        lies in the past.
    UnknownVariableError
        If a name is unknown.
    ObservationError
        If the state is nowhere known.
    """
    if scenario.stated:  # a status quo states nothing
        scenario.require_used("the effect of a scenario", USED)
    scm = problem.scm
    wanted = list(outcomes or scm.headline or scm.stochastic)
    start = starting_day(problem, wanted)
    year = scm.periods_per_year
    if isinstance(horizon, str):
        horizon = periods_ahead(horizon, start, year, end=True)
    ahead = require_horizon(horizon)
    counted = scenario.dated(start, year)
    stay = simulate(
        problem,
        draws,
        horizon=ahead,
        exogenous=None if counted.interventions else regime_of_today(problem, ahead),
        random_seed=random_seed,
        outcomes=wanted,
    )
    base = stay.isel({dims.SCENARIO: 0}, drop=True)
    if counted.interventions:
        with_it = simulate(
            problem,
            draws,
            horizon=ahead,
            interventions=counted.interventions,
            random_seed=random_seed,
            outcomes=wanted,
        )
        effect = with_it.isel({dims.SCENARIO: 0}, drop=True) - base
        against = against_interventions(problem, counted.interventions, start, ahead)
    else:
        effect = designed_effect(
            scm, draws, counted, horizon=ahead, random_seed=random_seed, outcomes=wanted
        ).drop_vars(dims.SCENARIO, errors="ignore")
        against = against_designs(scm, counted)
    found = xr.Dataset({"path": base + effect, "effect": effect})
    found = found.transpose(dims.OUTCOME, dims.HORIZON, dims.CHAIN, dims.DRAW).assign_coords(
        period=(dims.HORIZON, period_labels(start, year, ahead)),
        unit=(dims.OUTCOME, [scm.variables[name].kept_unit for name in wanted]),
    )
    found["effect"].attrs[dims.Said.AGAINST] = against
    found.attrs = {
        "label": scenario.label,
        dims.Said.AGAINST: against,
        "start": start,
        "continuation": stay.attrs["continuation"],
        "manifest": answer_manifest(
            scm, random_seed, {"scenario": content_hash(scenario.model_dump(mode="json"))}
        ),
    }
    return found
