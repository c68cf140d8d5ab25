r"""Where the spread of the mixture forecast is from: politics, parameters, shocks.

The law of total variance in a stated order,

.. math:: V(y) = V_F E[y|F] + E_F V_P E[y|F,P] + E V_\theta E[y|F,P,\theta] + E V[y|F,P,\theta]

with ``F`` the first future, ``P`` the path that follows (slides to other futures, depth, timing,
opposition), ``theta`` the parameters, and the shocks last, in closed form: the model is linear in
them. The split depends on the order, since what two sources do together goes to the later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_whole, generator_of
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.forecasts import drivers_ahead, forecast_error_variance, starting_state
from sanctions_model.scenarios.effects import regime_of_today, respond_to
from sanctions_model.scenarios.library import ScenarioLibrary
from sanctions_model.scenarios.odds.mixture import future_manifest
from sanctions_model.scenarios.odds.regimes import draw_future_paths
from sanctions_model.scm.interventions import require_horizon
from sanctions_model.scm.periods import with_periods
from sanctions_model.scm.simulation.propagate import propagate

SOURCES = ("future", "path", "parameters", "shocks")
_MOST_PATHS, _MOST_DRAWS = 20_000, 4_000
_MOST_FUTURES = 20_000_000  # periods of pairs of a path and a draw, in minutes
ORDERS = ("future first", "parameters first")


def spread_split(
    problem: Problem,
    draws: xr.Dataset,
    library: ScenarioLibrary,
    *,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
    paths: int = 1000,
    parameters: int = 200,
    weights: Sequence[float] | None = None,
    random_seed: int,
) -> xr.Dataset:
    """Split the spread of the mixture forecast into future, path, parameters and shocks.

    Every path meets every draw of the parameters, so that the parts of a grid add up exactly.

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
    paths : int
        In all; every first future gets the same number and is weighted by its probability.
    parameters : int
        Draws used, evenly spaced.
    weights : sequence of float, optional
        Initial probabilities; those of the process by default.
    random_seed : int
        Of the paths.

    Returns
    -------
    xr.Dataset
        ``path`` (variance of the simulated outcome) and ``effect`` (of its difference to the
        status quo, which shocks do not enter), dims ``(order, source, outcome, horizon)``, in
        squared units. ``order`` says which source comes first; shocks are always last.

    Raises
    ------
    QuestionError
        If there are fewer paths than futures, or shocks without a variance.
    """
    process, horizon = library.process(), require_horizon(horizon)
    count = len(process.order)
    paths = as_whole(paths, "The number of paths", least=1, most=_MOST_PATHS)
    parameters = as_whole(parameters, "The number of draws", least=1, most=_MOST_DRAWS)
    if paths * min(parameters, _size(draws)) * horizon > _MOST_FUTURES:
        raise QuestionError(
            f"{paths} paths with {parameters} draws over {horizon} periods would take hours; "
            f"expected a product of at most {_MOST_FUTURES}."
        )
    if paths < count or parameters < 1:
        raise QuestionError(
            f"{paths} paths and {parameters} draws; expected at least one path for each of "
            f"{count} futures, and a draw."
        )
    share = np.asarray(process.initial if weights is None else weights, dtype=float)
    if share.shape != (count,) or abs(share.sum() - 1) > 1e-6 or (share < 0).any():
        raise QuestionError(f"{share.size} probabilities for {count} futures that must sum to 1.")
    thin = _thinned(draws, parameters)
    wanted = list(outcomes or problem.scm.headline or problem.scm.stochastic)
    start, last = starting_state(problem, thin, wanted)
    drivers = drivers_ahead(problem, last, horizon, regime_of_today(problem, horizon))
    stay = propagate(
        problem.scm, thin, horizon=horizon, exogenous=drivers, start=start, outcomes=wanted
    )
    base = stay.to_numpy()[:, 0].reshape(len(wanted), horizon, -1)
    moments = _grid_moments(problem, thin, library, wanted, paths // count, horizon, random_seed)
    shocks = forecast_error_variance(problem.scm, thin, horizon=horizon, outcomes=wanted)
    noise = shocks.sum("shock").mean([dims.CHAIN, dims.DRAW]).to_numpy()
    found = xr.Dataset(
        {
            "path": _parts(moments, share, base - base.mean(axis=-1, keepdims=True), noise),
            "effect": _parts(moments, share, np.zeros_like(base), np.zeros_like(noise)),
        },
        coords={
            "order": list(ORDERS),
            "source": list(SOURCES),
            dims.OUTCOME: wanted,
            dims.HORIZON: np.arange(1, horizon + 1),
        },
        attrs={
            **dims.carried(draws.attrs),
            dims.Said.START: str(problem.cases.time[last])[:10],
            "manifest": future_manifest(
                problem,
                library,
                {"random_seed": random_seed, "paths": paths, "parameters": parameters},
            ),
        },
    )
    return with_periods(found, problem.scm.periods_per_year)


def _size(draws: xr.Dataset) -> int:
    return draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]


def _thinned(draws: xr.Dataset, count: int) -> xr.Dataset:
    """Evenly spaced draws as one chain, all if there are no more."""
    each = draws.sizes[dims.DRAW]
    size = draws.sizes[dims.CHAIN] * each
    at = np.unique(np.linspace(0, size - 1, min(count, size)).round().astype(int))
    places = {
        dims.CHAIN: xr.DataArray(at // each, dims="sample"),
        dims.DRAW: xr.DataArray(at % each, dims="sample"),
    }
    flat = draws.isel(places).drop_vars([dims.CHAIN, dims.DRAW]).rename(sample=dims.DRAW)
    return flat.expand_dims({dims.CHAIN: [0]}).assign_coords({dims.DRAW: np.arange(at.size)})


@dataclass(frozen=True, slots=True)
class _Moments:
    """Of the effects of one future's paths on the grid of paths and parameters."""

    mean: np.ndarray  # over paths: (outcome, horizon, draw)
    square: np.ndarray  # mean square over paths: (outcome, horizon, draw)
    row_square: np.ndarray  # mean over paths of the squared mean over draws: (outcome, horizon)


def _grid_moments(
    problem: Problem,
    draws: xr.Dataset,
    library: ScenarioLibrary,
    wanted: Sequence[str],
    each: int,
    horizon: int,
    random_seed: int,
) -> list[_Moments]:
    generator, found = generator_of(random_seed), []
    for position in range(len(library.process().order)):
        drawn = draw_future_paths(
            library, first=np.full(each, position), horizon=horizon, generator=generator
        )
        effect = respond_to(problem.scm, draws, drawn, outcomes=wanted).to_numpy()
        effect = effect.reshape(*effect.shape[:3], -1)
        if effect.shape[1] == 1:  # no path of this future moves anything
            effect = np.broadcast_to(effect, (effect.shape[0], each, *effect.shape[2:]))
        rows = effect.mean(axis=-1)
        found.append(
            _Moments(
                effect.mean(axis=1),
                np.einsum("ophd,ophd->ohd", effect, effect) / each,
                (rows**2).mean(axis=1),
            )
        )
    return found


def _parts(
    moments: Sequence[_Moments], share: np.ndarray, base: np.ndarray, noise: np.ndarray
) -> xr.DataArray:
    """Variances by order and source from the moments of the effects and a base by draw."""
    means = np.stack([m.mean for m in moments])
    centre = np.einsum("f,fohd->ohd", share, means)
    by_future = means.mean(axis=-1)
    overall = centre.mean(axis=-1)
    future = np.einsum("f,foh->oh", share, (by_future - overall) ** 2)
    within = np.stack([m.row_square for m in moments]) - by_future**2
    path = np.einsum("f,foh->oh", share, np.clip(within, 0.0, None))
    squares = np.stack([m.square for m in moments])
    # E over paths of Var over draws of base + effect, and the total on the grid.
    total_square = np.einsum("f,fohd->ohd", share, squares) + 2 * base * centre + base**2
    total = total_square.mean(axis=-1) - (base + centre).mean(axis=-1) ** 2
    parameters = total - future - path
    first = (base + centre).var(axis=-1)
    apart = np.einsum("f,fohd->ohd", share, (means - centre) ** 2).mean(axis=-1)
    orders = [
        [future, path, parameters, noise],
        [apart, total - first - apart, first, noise],
    ]
    return xr.DataArray(np.array(orders), dims=("order", "source", dims.OUTCOME, dims.HORIZON))
