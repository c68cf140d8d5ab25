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

from sanctions_model.coercion import generator_of
from sanctions_model.elsewhere.episodes import Episode
from sanctions_model.elsewhere.model.cells import GAP, HORIZONS, LEADS, Cells, build_cells
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
from sanctions_model.inference.diagnostics import worst_mixing

MONITORED = ("effect_mean", "effect_sd", "persistence", "anticipation")
_LONG_PANEL = 30  # years that a country of placebos has at least


def subset(cells: Cells, kept: np.ndarray) -> Cells:
    """Return the cells of a mask, with what enters them."""
    place = np.cumsum(kept) - 1
    inside = kept[cells.entry[:, 0]]
    entry = cells.entry[inside].copy()
    entry[:, 0] = place[entry[:, 0]]
    arrays = ("outcome", "country", "year", "value", "factor", "regressor", "spread")
    return replace(
        cells,
        **{name: getattr(cells, name)[kept] for name in arrays},
        entry=entry,
        weight=cells.weight[inside],
    )


def window(cells: Cells, episode: Episode, first: int, last: int) -> np.ndarray:
    """Mask of the cells of an episode's country from `first` to `last` years after the lifting."""
    after = cells.year - episode.lift_year
    at_home = cells.country == cells.countries.index(episode.iso3)
    return np.asarray(at_home & (after >= first) & (after <= last))


def hidden(cells: Cells, names: Sequence[str]) -> Cells:
    """Hide what happened from the lifting on.

    `names`: ids of episodes. Returns: without the six years from the lifting on, and two more that
    would have them as lags.
    """
    gone = np.zeros(len(cells.year), dtype=bool)
    for episode in cells.episodes:
        if episode.episode_id in set(names):
            gone |= window(cells, episode, 0, HORIZONS[-1] + 2)
    return subset(cells, ~gone)


def placebo(data: ReliefData, *, dates: bool = False, random_seed: int = 0) -> ReliefData:
    """Move every episode to where nothing was lifted.

    `dates`: keep the country and move the year alone, to one whose window meets no window of a
    lifting; an episode whose country has no such year goes to another country all the same.
    `random_seed`: equal seeds give equal placebos. Returns: as many episodes, with their covariates
    of how they ended; none of them happened. In other countries, by default, and other years.
    Raises `ObservationError` if the panel has too few countries without a lifting and with more
    than thirty years.
    """
    rng = generator_of(random_seed)
    taken = {episode.iso3 for episode in data.episodes}
    years = data.panel.dropna(subset=["gdp_growth"]).groupby("iso3")["year"].agg(["min", "max"])
    long = years[~years.index.isin(taken) & (years["max"] - years["min"] > _LONG_PANEL)]
    free = [iso3 for iso3 in long.index if _free_years(years, iso3, [])]
    if len(free) < len(data.episodes):
        raise ObservationError(
            f"Placebos need {len(data.episodes)} countries without a lifting and with more than "
            f"{_LONG_PANEL} years; the panel has {len(free)}. Add countries, or leave episodes out."
        )
    countries = iter(rng.permutation(free))
    used: dict[str, list[int]] = {}
    for episode in data.episodes:
        used.setdefault(episode.iso3, []).append(episode.lift_year)
    moved = []
    for episode in data.episodes:
        iso3, others = episode.iso3, used[episode.iso3]
        candidates = _free_years(years, iso3, others) if dates else []
        if not candidates:
            iso3, others = str(next(countries)), []
            candidates = _free_years(years, iso3, others)
        lift = int(rng.choice(candidates))
        others.append(lift)
        lasted = min(episode.lift_year - episode.first_year, 10)
        again = episode.reimposed_year
        back = None if again is None else lift + again - episode.lift_year
        change = {"iso3": iso3, "lift_year": lift, "first_year": lift - lasted}
        moved.append(episode.model_copy(update=change | {"reimposed_year": back}))
    return ReliefData(episodes=tuple(moved), panel=data.panel)


def _free_years(years: pd.DataFrame, iso3: str, others: Sequence[int]) -> list[int]:
    """Years of a country whose window meets none of others' and has some past before it."""
    if iso3 not in years.index:
        return []
    first, last = years.loc[iso3]
    apart = HORIZONS[-1] + 2 - LEADS[0]
    return [
        year
        for year in range(max(int(str(first)) + 12, 1985), int(str(last)) - 5)
        if all(abs(year - other) > apart for other in others)
    ]


def placebo_cells(
    data: ReliefData,
    *,
    dates: bool = False,
    changing_scales: bool = False,
    random_seed: int = 0,
) -> tuple[Cells, ReliefData]:
    """Return the cells of placebo episodes, years around real liftings left out, and the data.

    `random_seed`: as `placebo` takes them. `changing_scales`: as `build_cells` takes it. Raises
    `ObservationError` as `placebo` does.
    """
    moved = placebo(data, dates=dates, random_seed=random_seed)
    cells = build_cells(moved, changing_scales=changing_scales)
    gone = np.zeros(len(cells.year), dtype=bool)
    for episode in data.episodes:
        gone |= window(cells, episode, LEADS[0], HORIZONS[-1] + 2)
    return subset(cells, ~gone), moved


def prior_truth(
    cells: Cells, z: np.ndarray, *, random_seed: int = 0
) -> tuple[xr.Dataset, np.ndarray]:
    """Draw effects from their prior.

    Returns: `truth`, of the parameters `MONITORED`, without draws; `level`, as `made_up` takes it.
    """
    rng = generator_of(random_seed)
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


def nuisance(posterior: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Own parameters (draw, 4, outcome, country), coefficients, degrees of freedom, by draw."""
    names = ("intercept", "world_loading", "region_loading", "log_scale")
    own = np.stack([_flat(posterior, name) for name in names], axis=1)
    pair = [_flat(posterior, name) for name in ("regression", "lags")]
    return own, np.concatenate(pair, axis=-1), 1.0 + _flat(posterior, "freedom_above_1")


def _flat(posterior: xr.Dataset, name: str) -> np.ndarray:
    """Draws of all chains in one row, shape ``(sample, ...)``."""
    values = posterior[name].transpose("chain", "draw", ...).to_numpy()
    return np.asarray(values.reshape(-1, *values.shape[2:]))


def untreated_means(
    cells: Cells, own: np.ndarray, coefficient: np.ndarray, regressor: np.ndarray
) -> np.ndarray:
    """Means of untreated outcomes without their lags."""
    k, i = cells.outcome, cells.country
    mean = own[0, k, i] + own[1, k, i] * cells.factor[:, 0] + own[2, k, i] * cells.factor[:, 1]
    return np.asarray(mean + (coefficient[k, :-2] * regressor).sum(1))


def added_by(cells: Cells, level: np.ndarray) -> np.ndarray:
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

    `cells`: countries, years, factors and regressors stay as they are. `posterior`: draws of the
    panel model; the untreated part is taken at their means. `level`: effects' levels, shape
    ``(outcome, episode, column)``. Returns: with other values: each follows from the two before it,
    made up as well where they are cells themselves.
    """
    rng = generator_of(random_seed)
    own, coefficient, freedom = (part.mean(0) for part in nuisance(posterior))
    added = added_by(cells, level)
    regressor = cells.regressor.copy()
    regressor[:, GAP] -= added[:, 3]
    mean = untreated_means(cells, own, coefficient, regressor)
    k, i = cells.outcome, cells.country
    # A panel of such tails would have a few outliers that no country has had.
    noise = np.clip(rng.standard_t(freedom[k]), -15, 15) * np.exp(own[3, k, i]) * cells.spread
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
    compiled: Any,
    cells: Cells,
    z: np.ndarray,
    *,
    draws: int = 400,
    tune: int = 350,
    random_seed: int = 0,
) -> xr.Dataset:
    """Sample other cells, two chains, shortly: enough for intervals, not for the gate of a fit.

    Returns: dims ``(chain, draw)``; in its attributes ``divergences`` and the worst ``r_hat`` and
    ``ess_bulk`` of the parameters `MONITORED`.
    """
    tree = sample_panel(
        compiled, cells, z, draws=draws, tune=tune, chains=2, random_seed=random_seed
    )
    posterior: xr.Dataset = tree["posterior"].to_dataset()
    worst = worst_mixing(posterior[list(MONITORED)])
    return posterior.assign_attrs(
        divergences=int(tree["sample_stats"]["diverging"].sum()),
        r_hat=worst["r_hat"],
        ess_bulk=worst["ess_bulk"],
    )


def rank_of_truth(posterior: xr.Dataset, truth: xr.Dataset) -> pd.DataFrame:
    """Return where the truth lies among the draws.

    `truth`: the same parameters without draws. Returns: one row a number: ``parameter``, ``rank``
    in [0, 1], ``inside``: whether the 90 % interval holds it.
    """
    rows = []
    for name in truth.data_vars:
        values = posterior[name].transpose("chain", "draw", ...).to_numpy()
        values = values.reshape(-1, int(np.prod(values.shape[2:])))
        for at, value in enumerate(truth[name].to_numpy().ravel()):
            rank = float((values[:, at] < value).mean())
            rows.append((f"{name}[{at}]", rank, 0.05 <= rank <= 0.95))
    return pd.DataFrame(rows, columns=["parameter", "rank", "inside"])
