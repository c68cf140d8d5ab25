"""What the futures do, over all of them, and as the odds of one of them change.

*Effect of a future*: ``E[y_h | do(measures follow a path of it)] - E[y_h | do(measures stay)]``,
each draw of the parameters paired with its own path. *Mixture*: the futures weighted with their
initial probabilities. *Expected effect by odds*: ``p E[effect | future] + (1 - p) E[effect | one of
the others]``, the others in proportion to their probabilities.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.forecasts import simulate
from sanctions_model.scenarios.effects import (
    against_regime,
    regime_of_today,
    respond_to,
    starting_day,
)
from sanctions_model.scenarios.library import ScenarioLibrary
from sanctions_model.scenarios.odds.regimes import draw_future_paths
from sanctions_model.scm.interventions import require_horizon
from sanctions_model.scm.periods import period_labels
from sanctions_model.scm.serialization import content_hash, spec_hash
from sanctions_model.units import effect_in_percent


def compare_futures(
    problem: Problem,
    draws: xr.Dataset,
    library: ScenarioLibrary,
    *,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
    random_seed: int,
    transitions: bool = False,
) -> xr.Dataset:
    """Draw every future and push it through the posterior, each draw with its own path of each.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    library : ScenarioLibrary
        With a process between futures.
    horizon : int
        Periods after the last known one, at least 1.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.
    random_seed : int
        Of paths and shocks.
    transitions : bool
        Whether a future can turn into another one; False asks what each does while it lasts.

    Returns
    -------
    xr.Dataset
        ``effect`` (against sanctions unchanged) and ``path`` (simulated, shocks included), dims
        ``(outcome, scenario, horizon, chain, draw)``; ``probability`` of each scenario, ``unit`` of
        each outcome; ``attrs`` say what it is ``against`` and hold a manifest as JSON. All
        scenarios meet the same shocks and designs.

    Raises
    ------
    QuestionError, UnknownVariableError, ObservationError
        As for `simulate` and `draw_future_paths`.
    """
    process, horizon = library.process(), require_horizon(horizon)
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    first = np.repeat(np.arange(len(process.order))[:, None], size, axis=1)
    generator = generator_of(random_seed)
    scm = problem.scm
    start, year = starting_day(problem, list(outcomes or scm.headline)), scm.periods_per_year
    paths = draw_future_paths(
        library if transitions else library.dated(start, year),
        first=first,
        horizon=horizon,
        generator=generator,
        transitions=transitions,
    )
    effect = respond_to(scm, draws, paths, outcomes=outcomes)
    effect = effect.assign_coords({dims.SCENARIO: list(process.order)})
    wanted = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    stay = simulate(
        problem,
        draws,
        horizon=horizon,
        exogenous=regime_of_today(problem, horizon),
        random_seed=random_seed,
        outcomes=wanted,
    )
    found = xr.Dataset({"effect": effect, "path": stay.isel({dims.SCENARIO: 0}) + effect})
    found["path"] = found["path"].transpose(*effect.dims)
    found = found.assign_coords(
        probability=(dims.SCENARIO, list(process.initial)),
        scenario_label=(dims.SCENARIO, [library.named(name).label for name in process.order]),
        unit=(dims.OUTCOME, [scm.variables[name].kept_unit for name in wanted]),
        period=(dims.HORIZON, period_labels(start, year, horizon)),
    )
    against = {dims.Said.AGAINST: against_regime(scm)}
    found["effect"].attrs |= against
    found.attrs = dims.carried(stay.attrs) | {
        **against,
        "continuation": stay.attrs["continuation"],
        "status_quo": process.status_quo,
        "transitions": str(transitions),
        "manifest": future_manifest(problem, library, {"random_seed": random_seed}),
    }
    return found


def future_manifest(problem: Problem, library: ScenarioLibrary, settings: Mapping[str, Any]) -> str:
    """Say as JSON what an answer rests on: versions, seed and hashes of its inputs.

    `settings`: seed and sizes.
    """
    priors = problem.priors.model_dump(mode="json", exclude={"origin"})
    return json.dumps(
        {
            "version": version("sanctions-model"),
            "settings": dict(settings),
            "scenarios": {"origin": library.origin, "sha256": library.sha256},
            "spec_sha256": spec_hash(problem.scm),
            "data_sha256": str(problem.observations.attrs.get("data_sha256", "")),
            "priors": {"origin": problem.priors.origin, "sha256": content_hash(priors)},
        },
        sort_keys=True,
    )


def reweighted(result: xr.Dataset, weights: Sequence[float]) -> xr.Dataset:
    """Return the same futures under other initial probabilities.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures`.
    weights : Sequence[float]
        A probability a future, in the order of dim ``scenario``; sums to 1.

    Returns
    -------
    xr.Dataset
        As `result`, with the other ``probability``, dim ``scenario``; nothing is drawn anew.

    Raises
    ------
    QuestionError
        If there is not one non-negative weight a future, summing to 1.
    """
    given = np.asarray(weights, dtype=float)
    count = result.sizes[dims.SCENARIO]
    if given.shape != (count,) or (given < 0).any() or abs(given.sum() - 1) > 1e-6:
        raise QuestionError(
            f"Probabilities {', '.join(f'{p:g}' for p in given)} for {count} futures; expected "
            f"{count} that sum to 1."
        )
    return result.assign_coords(probability=(dims.SCENARIO, given))


def mixture(result: xr.Dataset, *, random_seed: int) -> xr.Dataset:
    """Put each draw in one future, in proportion to the initial probabilities.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures`.
    random_seed : int
        Of who goes where; the shares are exact up to rounding.

    Returns
    -------
    xr.Dataset
        Without ``scenario``: draws of the mixture, for intervals, fans and probabilities.

    Raises
    ------
    QuestionError
        If the seed is no whole number of at least 0.
    """
    chains, count = result.sizes[dims.CHAIN], result.sizes[dims.DRAW]
    size = chains * count
    middle = (np.arange(size) + 0.5) / size
    edges = np.cumsum(result["probability"].to_numpy())
    which = np.minimum((middle[:, None] >= edges).sum(axis=1), edges.size - 1)
    which = generator_of(random_seed).permutation(which).reshape(chains, count)
    chosen = xr.DataArray(which, dims=(dims.CHAIN, dims.DRAW))
    picked = result.isel({dims.SCENARIO: chosen}).drop_vars(
        [dims.SCENARIO, "probability", "scenario_label"], errors="ignore"
    )
    order = [d for d in result["effect"].dims if d != dims.SCENARIO]
    found = picked.transpose(*order)
    found.attrs = dict(result.attrs)
    return found


def expected_by_odds(
    result: xr.Dataset, *, future: str, odds: Sequence[float] | np.ndarray
) -> xr.DataArray:
    """Give the expected effect as a function of the probability of one future.

    The others keep their probabilities in proportion to each other, so that the line is straight:
    ``p E[effect | future] + (1 - p) E[effect | another]``.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures`, with transitions for odds of how things begin.
    future : str
        Name of the future whose probability varies.
    odds : sequence of float
        Probabilities in [0, 1].

    Returns
    -------
    xr.DataArray
        Dims ``(odds, outcome, horizon)``; of levels in percent.

    Raises
    ------
    QuestionError
        If the future is unknown, the only one, or odds are outside [0, 1].
    """
    names = [str(name) for name in result[dims.SCENARIO].to_numpy()]
    if future not in names or len(names) < 2:
        raise QuestionError(f"No future {future!r} among others; there is: {', '.join(names)}.")
    given = np.asarray(odds, dtype=float)
    if ((given < 0) | (given > 1)).any():
        raise QuestionError("Odds outside [0, 1]; give probabilities.")
    effect = result["effect"]
    if "unit" in effect.coords:
        parts = [effect.sel({dims.OUTCOME: [name]}) for name in effect[dims.OUTCOME].to_numpy()]
        shown = [effect_in_percent(own, str(own["unit"].item())) for own in parts]
        effect = xr.concat(shown, dims.OUTCOME, coords="different", compat="equals")
    means = effect.mean([dims.CHAIN, dims.DRAW])
    others = [name for name in names if name != future]
    weights = result["probability"].sel({dims.SCENARIO: others})
    if float(weights.sum()) == 0:
        raise QuestionError(f"Only {future!r} has any probability; give the others some.")
    elsewhere = (means.sel({dims.SCENARIO: others}) * weights / weights.sum()).sum(dims.SCENARIO)
    here = means.sel({dims.SCENARIO: future}, drop=True)
    share = xr.DataArray(given, dims="odds", coords={"odds": given})
    found = (share * here + (1.0 - share) * elsewhere).drop_vars("probability", errors="ignore")
    found = found.transpose("odds", dims.OUTCOME, dims.HORIZON).rename("expected_effect")
    return found.assign_attrs(dims.carried(result.attrs))
