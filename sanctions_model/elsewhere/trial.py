r"""Whether the panel model can be believed: made-up panels, placebos, episodes left out.

Each trial samples the compiled model again with other cells; results are tables. Left out means
that the outcomes from the lifting on are hidden: the episode then has the effect that the others
predict for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.elsewhere.episodes import Episode
from sanctions_model.elsewhere.model.cells import GAP, HORIZONS, LEADS, OUTCOMES, Cells, build_cells
from sanctions_model.elsewhere.model.panel_model import (
    EFFECT_SCALES,
    HEAVY,
    LKJ,
    instruments,
    sample_panel,
)
from sanctions_model.elsewhere.panel import ReliefData
from sanctions_model.elsewhere.prediction import correlation_root
from sanctions_model.errors import ObservationError
from sanctions_model.summaries import continuous_ranked_probability_score

__all__ = [
    "MONITORED",
    "after_reimposition",
    "hidden",
    "made_up",
    "placebo",
    "placebo_cells",
    "predicted_outcomes",
    "prior_truth",
    "rank_of_truth",
    "sample_again",
]

MONITORED = ("effect_mean", "effect_sd", "persistence", "anticipation")
_THIRD = HORIZONS.index(3)
_FEWEST_YEARS = 2


def _subset(cells: Cells, kept: np.ndarray) -> Cells:
    """Return the cells of a mask, with what enters them."""
    place = np.cumsum(kept) - 1
    inside = kept[cells.entry[:, 0]]
    entry = cells.entry[inside].copy()
    entry[:, 0] = place[entry[:, 0]]
    arrays = ("outcome", "country", "year", "value", "factor", "regressor")
    return replace(
        cells,
        **{name: getattr(cells, name)[kept] for name in arrays},
        entry=entry,
        weight=cells.weight[inside],
    )


def _window(cells: Cells, episode: Episode, first: int, last: int) -> np.ndarray:
    """Mask of the cells of an episode's country from `first` to `last` years after the lifting."""
    after = cells.year - episode.lift_year
    at_home = cells.country == cells.countries.index(episode.iso3)
    return np.asarray(at_home & (after >= first) & (after <= last))


def hidden(cells: Cells, names: Sequence[str]) -> Cells:
    """Hide what happened from the lifting on.

    Parameters
    ----------
    cells : Cells
    names : sequence of str
        Ids of episodes.

    Returns
    -------
    Cells
        Without the six years from the lifting on, and two more that would have them as lags.
    """
    gone = np.zeros(len(cells.year), dtype=bool)
    for episode in cells.episodes:
        if episode.episode_id in set(names):
            gone |= _window(cells, episode, 0, HORIZONS[-1] + 2)
    return _subset(cells, ~gone)


def placebo(data: ReliefData, *, random_seed: int = 0) -> ReliefData:
    """Move every episode to a country without one, and to another year.

    Parameters
    ----------
    data : ReliefData
    random_seed : int

    Returns
    -------
    ReliefData
        As many episodes, with their covariates of how they ended; none of them happened.
    """
    rng = np.random.default_rng(random_seed)
    taken = {episode.iso3 for episode in data.episodes}
    years = data.panel.dropna(subset=["gdp_growth"]).groupby("iso3")["year"].agg(["min", "max"])
    free = years[~years.index.isin(taken) & (years["max"] - years["min"] > 30)]
    countries = rng.choice(free.index.to_numpy(), size=len(data.episodes), replace=False)
    moved = []
    for episode, iso3 in zip(data.episodes, countries, strict=True):
        first, last = free.loc[iso3]
        lift = int(rng.integers(max(first + 12, 1985), last - 5))
        lasted = min(episode.lift_year - episode.first_year, 10)
        again = episode.reimposed_year
        back = None if again is None else lift + again - episode.lift_year
        change = {"iso3": str(iso3), "lift_year": lift, "first_year": lift - lasted}
        moved.append(episode.model_copy(update=change | {"reimposed_year": back}))
    return ReliefData(episodes=tuple(moved), panel=data.panel)


def without_real_episodes(cells: Cells, data: ReliefData) -> Cells:
    """Return placebo cells without the years around the real liftings."""
    gone = np.zeros(len(cells.year), dtype=bool)
    for episode in data.episodes:
        gone |= _window(cells, episode, LEADS[0], HORIZONS[-1] + 2)
    return _subset(cells, ~gone)


def prior_truth(
    cells: Cells, z: np.ndarray, *, random_seed: int = 0
) -> tuple[xr.Dataset, np.ndarray]:
    """Draw effects from their prior.

    Parameters
    ----------
    cells : Cells
    z : numpy.ndarray
        As `covariates` returns it.
    random_seed : int

    Returns
    -------
    truth : xr.Dataset
        Of the parameters `MONITORED`, without draws.
    level : numpy.ndarray
        As `made_up` takes it.
    """
    rng = np.random.default_rng(random_seed)
    scales, n = np.array(EFFECT_SCALES), len(cells.episodes)
    found = {
        "effect_mean": rng.normal(0, scales),
        "effect_sd": np.abs(rng.normal(0, scales)),
        "persistence": rng.beta(2, 2, size=len(scales)),
        "anticipation": rng.normal(0, 0.5 * scales[:, None], size=(len(scales), len(LEADS))),
    }
    slope = rng.normal(0, 0.5 * scales[:, None], size=(len(scales), z.shape[1]))
    shape = [LKJ + (2 - column) / 2 for row in range(4) for column in range(row)]
    raw = rng.standard_normal((n, 4)) @ correlation_root(rng.beta(shape, shape)).T
    raw /= np.sqrt(rng.gamma(HEAVY / 2, 2 / HEAVY, size=n))[:, None]
    flags = instruments(cells.episodes)
    alone, partial = rng.beta(5, 5, size=2)
    dose = flags[:, :3] @ rng.dirichlet([8, 8, 4])
    dose = dose * np.where(flags[:, 3] == 1, 1, alone) * np.where(flags[:, 4] == 1, 1, partial)
    effect = dose[:, None] * (found["effect_mean"] + z @ slope.T + raw * found["effect_sd"])
    axes = ("chain", "draw", "outcome", "lead")
    whole = xr.Dataset(
        {name: (axes[: 2 + x.ndim], x[None, None]) for name, x in found.items()}
        | {"effect": (("chain", "draw", "episode", "outcome"), effect[None, None])}
        | {"dose": (("chain", "draw", "episode"), dose[None, None])}
    )
    return whole[list(found)].isel(chain=0, draw=0), levels_of(whole)[0]


def levels_of(posterior: xr.Dataset) -> np.ndarray:
    """Levels of the effects by draw: shape ``(draw, outcome, episode, column)``."""
    phi, years = _flat(posterior, "persistence"), np.array(HORIZONS)
    path = (1 - phi[..., None] ** (years + 1)) / (1 - phi[..., None] ** 4)
    dose = _flat(posterior, "dose")
    before = _flat(posterior, "anticipation")[:, :, None, :] * dose[:, None, :, None]
    effect = _flat(posterior, "effect").swapaxes(1, 2)
    after = before[..., -1:] + effect[..., None] * path[:, :, None, :]
    return np.concatenate([before, after], axis=-1)


def _nuisance(posterior: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Own parameters (draw, 4, outcome, country), coefficients, degrees of freedom, by draw."""
    names = ("intercept", "world_loading", "region_loading", "log_scale")
    own = np.stack([_flat(posterior, name) for name in names], axis=1)
    pair = [_flat(posterior, name) for name in ("regression", "lags")]
    return own, np.concatenate(pair, axis=-1), 1.0 + _flat(posterior, "freedom_above_1")


def _flat(posterior: xr.Dataset, name: str) -> np.ndarray:
    """Draws of all chains in one row, shape ``(sample, ...)``."""
    values = posterior[name].transpose("chain", "draw", ...).to_numpy()
    return np.asarray(values.reshape(-1, *values.shape[2:]))


def _means(
    cells: Cells, own: np.ndarray, coefficient: np.ndarray, regressor: np.ndarray
) -> np.ndarray:
    """Means of untreated outcomes without their lags."""
    k, i = cells.outcome, cells.country
    mean = own[0, k, i] + own[1, k, i] * cells.factor[:, 0] + own[2, k, i] * cells.factor[:, 1]
    return np.asarray(mean + (coefficient[k, :-2] * regressor).sum(1))


def _added(cells: Cells, level: np.ndarray) -> np.ndarray:
    """Return what liftings add to outcome, lags and gap, shape ``(cell, 4)``."""
    added = np.zeros((len(cells.year), 4))
    cell, episode, column = cells.entry.T
    effect = level[cells.outcome[cell], episode, column]
    np.add.at(added, cell, cells.weight * effect[:, None])
    return added


def made_up(
    cells: Cells, posterior: xr.Dataset, level: np.ndarray, *, random_seed: int = 0
) -> Cells:
    """Make outcomes up from the model itself, with effects that are known.

    Parameters
    ----------
    cells : Cells
        Countries, years, factors and regressors stay as they are.
    posterior : xr.Dataset
        Draws of the panel model; the untreated part is taken at their means.
    level : numpy.ndarray
        Effects' levels, shape ``(outcome, episode, column)``.
    random_seed : int

    Returns
    -------
    Cells
        With other values: each follows from the two before it, made up as well where they are
        cells themselves.
    """
    rng = np.random.default_rng(random_seed)
    own, coefficient, freedom = (part.mean(0) for part in _nuisance(posterior))
    added = _added(cells, level)
    regressor = cells.regressor.copy()
    regressor[:, GAP] -= added[:, 3]
    mean = _means(cells, own, coefficient, regressor)
    k, i = cells.outcome, cells.country
    noise = np.exp(own[3, k, i]) * rng.standard_t(freedom[k])
    # A panel of such tails would have a few outliers that no country has had.
    noise = np.clip(noise, -15 * np.exp(own[3, k, i]), 15 * np.exp(own[3, k, i]))
    value = cells.value.copy()
    place = {key: at for at, key in enumerate(zip(k, i, cells.year, strict=True))}
    for at in np.argsort(cells.year, kind="stable"):
        for lag in (1, 2):
            before = place.get((k[at], i[at], cells.year[at] - lag))
            if before is not None:
                value[at, lag] = value[before, 0]
        untreated = value[at, 1:] - added[at, 1:3]
        value[at, 0] = added[at, 0] + mean[at] + coefficient[k[at], -2:] @ untreated + noise[at]
    return replace(cells, value=value)


def sample_again(
    compiled: Any, cells: Cells, z: np.ndarray, *, draws: int = 300, random_seed: int = 0
) -> xr.Dataset:
    """Sample other cells, two chains, shortly: enough for intervals.

    Returns
    -------
    xr.Dataset
        Dims ``(chain, draw)``, with the number of divergences in its attributes.
    """
    tree = sample_panel(
        compiled, cells, z, draws=draws, tune=350, chains=2, random_seed=random_seed
    )
    posterior: xr.Dataset = tree["posterior"].to_dataset()
    return posterior.assign_attrs(divergences=int(tree["sample_stats"]["diverging"].sum()))


def rank_of_truth(posterior: xr.Dataset, truth: xr.Dataset) -> pd.DataFrame:
    """Return where the truth lies among the draws.

    Parameters
    ----------
    posterior : xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.
    truth : xr.Dataset
        The same parameters without draws.

    Returns
    -------
    pandas.DataFrame
        One row a number: ``parameter``, ``rank`` in [0, 1], ``inside``: whether the 90 % interval
        holds it.
    """
    rows = []
    for name in truth.data_vars:
        values = posterior[name].transpose("chain", "draw", ...).to_numpy()
        values = values.reshape(-1, int(np.prod(values.shape[2:])))
        for at, value in enumerate(truth[name].to_numpy().ravel()):
            rank = float((values[:, at] < value).mean())
            rows.append((f"{name}[{at}]", rank, 0.05 <= rank <= 0.95))
    return pd.DataFrame(rows, columns=["parameter", "rank", "inside"])


def predicted_outcomes(
    cells: Cells,
    posterior: xr.Dataset,
    names: Sequence[str],
    *,
    level: np.ndarray | None = None,
    draws: int = 400,
    random_seed: int = 0,
) -> pd.DataFrame:
    """Predict what happened in the four years from a lifting on, and compare.

    Parameters
    ----------
    cells : Cells
        All of them, those that were hidden as well.
    posterior : xr.Dataset
        Draws without the episodes (`hidden`).
    names : sequence of str
        Ids of the episodes.
    level : numpy.ndarray, optional
        Levels of the effects by draw, shape ``(draw, outcome, episode, column)``; those of the
        posterior by default.
    draws : int
        Paths to simulate.
    random_seed : int

    Returns
    -------
    pandas.DataFrame
        One row an episode and outcome with two of the four years from the lifting or more (a
        reimposition ends them): ``years``, ``observed`` (growth added up, inflation of the last
        year), ``rank`` of it in the predictive, ``inside`` its 90 %, ``inside_without``: inside
        that of the same country without a lifting, ``effect``: median of the predicted effect,
        ``width`` and ``width_without`` of the intervals, ``crps`` and ``crps_without``: continuous
        ranked probability scores, smaller is better.
    """
    rng = np.random.default_rng(random_seed)
    own, coefficient, freedom = _nuisance(posterior)
    level = levels_of(posterior) if level is None else level
    chosen = rng.choice(len(own), size=draws, replace=len(own) < draws)
    parts = own[chosen], coefficient[chosen], freedom[chosen]
    rows = []
    for e, episode in enumerate(cells.episodes):
        if episode.episode_id not in set(names):
            continue
        for k, outcome in enumerate(OUTCOMES):
            at = np.flatnonzero(_window(cells, episode, 0, _THIRD) & (cells.outcome == k))
            at = at[cells.year[at] - episode.lift_year == np.arange(len(at))]
            if len(at) < _FEWEST_YEARS:
                continue
            local = _subset(cells, np.isin(np.arange(len(cells.year)), at))
            paths = _paths(local, parts, level[chosen], rng)
            last = len(LEADS) + len(at) - 1
            effect = level[chosen, k, e, last] - level[chosen, k, e, len(LEADS) - 1]
            rows.append(_comparison(episode.episode_id, outcome, local, paths, effect))
    return pd.DataFrame(rows)


def after_reimposition(data: ReliefData, cells: Cells, posterior: xr.Dataset) -> pd.DataFrame:
    """Predict the four years from a reimposition on, as if it undid the lifting.

    Parameters
    ----------
    data : ReliefData
    cells : Cells
        Of these data.
    posterior : xr.Dataset
        Draws from them.

    Returns
    -------
    pandas.DataFrame
        As `predicted_outcomes`: ``effect`` is the lifting's own with the opposite sign.
    """
    again = [e for e in data.episodes if e.reimposed_year is not None]
    places = [data.episodes.index(episode) for episode in again]
    turned = tuple(
        e.model_copy(update={"lift_year": e.reimposed_year, "reimposed_year": None}) for e in again
    )
    undone = levels_of(posterior)[:, :, places]
    undone = -(undone - undone[..., len(LEADS) - 1 : len(LEADS)])
    undone[..., : len(LEADS)] = 0.0
    after = build_cells(ReliefData(episodes=turned, panel=data.panel))
    if after.countries != cells.countries:
        raise ObservationError("The cells are of another panel than the data; build them anew.")
    names = [episode.episode_id for episode in turned]
    return predicted_outcomes(after, posterior, names, level=undone)


def _paths(
    local: Cells,
    parts: tuple[np.ndarray, np.ndarray, np.ndarray],
    level: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate outcomes of four years in a row with and without the effect, ``(draw, year)``."""
    own, coefficient, freedom = parts
    k, i = local.outcome[0], local.country[0]
    regressor = local.regressor.copy()
    regressor[:, GAP] = regressor[0, GAP]  # what later years know of the outcome is not used
    treated, plain = (np.zeros((len(own), len(local.year))) for _ in range(2))
    for s in range(len(own)):
        added = _added(local, level[s])
        none = _added(local, _leads_only(level[s]))
        mean = _means(local, own[s], coefficient[s], regressor)
        scale = np.exp(own[s, 3, k, i])
        noise = np.clip(rng.standard_t(freedom[s, k], size=len(mean)), -15, 15) * scale
        u1, u2 = local.value[0, 1:] - added[0, 1:3]
        for t in range(len(mean)):
            u = mean[t] + coefficient[s, k, -2] * u1 + coefficient[s, k, -1] * u2 + noise[t]
            treated[s, t], plain[s, t] = u + added[t, 0], u + none[t, 0]
            u1, u2 = u, u1
    return treated, plain


def _leads_only(level: np.ndarray) -> np.ndarray:
    """Levels that stay where they were in the year before the lifting."""
    kept = level.copy()
    kept[..., len(LEADS) :] = kept[..., len(LEADS) - 1 : len(LEADS)]
    return kept


def _comparison(
    episode: str,
    outcome: str,
    local: Cells,
    paths: tuple[np.ndarray, np.ndarray],
    effect: np.ndarray,
) -> dict[str, object]:
    last = outcome == "inflation"
    observed = local.value[-1, 0] if last else local.value[:, 0].sum()
    treated, plain = (path[:, -1] if last else path.sum(1) for path in paths)
    row: dict[str, object] = {"episode": episode, "outcome": outcome, "years": len(local.year)}
    row["observed"] = float(observed)
    row["rank"] = float((treated < observed).mean())
    for name, values in (("", treated), ("_without", plain)):
        lower, upper = np.quantile(values, [0.05, 0.95])
        row[f"inside{name}"] = bool(lower <= observed <= upper)
        row[f"width{name}"] = float(upper - lower)
        row[f"crps{name}"] = continuous_ranked_probability_score(values, float(observed))
    return row | {"effect": float(np.median(effect))}


def placebo_cells(data: ReliefData, *, random_seed: int = 0) -> tuple[Cells, ReliefData]:
    """Return the cells of placebo episodes, years around real liftings left out, and the data."""
    moved = placebo(data, random_seed=random_seed)
    return without_real_episodes(build_cells(moved), data), moved
