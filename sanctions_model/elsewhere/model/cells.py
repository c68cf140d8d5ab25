r"""The panel as arrays for the model: outcomes, their lags, common factors, what a lifting adds.

A cell is one outcome of one country in one year with two lags. Growth rates enter as log
changes times 100, inflation as :math:`100\pi/(100+\pi)`, which tames hyperinflations. Knows no
parameters.

Common factors are observed: the median of all economies, of the region and of oil exporters in
each year and outcome. Averages over many countries stand for the unknown factors up to their
rotation, and countries load on them as they do (common correlated effects: Pesaran 2006,
Econometrica 74); medians, because hyperinflations would be the mean.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sanctions_model.elsewhere.episodes import Episode
from sanctions_model.elsewhere.panel import OUTCOME_COLUMNS, ReliefData
from sanctions_model.errors import ObservationError

OUTCOMES = tuple(OUTCOME_COLUMNS)
LEADS = (-3, -2, -1)
HORIZONS = (0, 1, 2, 3, 4, 5)
REGRESSORS = ("conflict", "war", "oil", "gap", "sanctioned", "imposed", "cfa_1994")
GAP = REGRESSORS.index("gap")
_INFLATION = OUTCOMES.index("inflation")
_REAL_RATE = OUTCOMES.index("real_exchange_rate")
_OFFSETS = {offset: column for column, offset in enumerate((*LEADS, *HORIZONS))}
_LAST = HORIZONS[-1]
_FADING = 3  # years after the window in which inflation may still be moved: left out
_PEAK_YEARS, _MEAN_YEARS, _FEWEST = 15, 10, 5
_GAP_BOUND = 60.0
_AROUND = 5  # years on either side
# Prices freed and new currencies in transition economies.
_LIBERALISATION = (1990, 1995)
# In January 1994 the CFA franc was halved against the French franc: a fact known beforehand.
_CFA = frozenset(
    {
        *("BEN", "BFA", "CAF", "CIV", "CMR", "COG", "COM"),
        *("GAB", "GNQ", "MLI", "NER", "SEN", "TCD", "TGO"),
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """What the likelihood reads; arrays of one length, one entry a cell, sorted by outcome.

    `countries`: codes, in the order that `country` counts. `outcome`, `country`, `year`: integers,
    shape ``(cell,)``. `value`: shape ``(cell, 3)``: the outcome and its two lags. `factor`: shape
    ``(cell, 2)``: world, region less world. `regressor`: shape ``(cell, regressor)``, in the order
    of `REGRESSORS`. `spread`: shape ``(cell,)``: what the country's error scale is multiplied by.
    `entry`: integers, shape ``(entry, 3)``: cell, episode, column of `LEADS` and `HORIZONS`.
    `weight`: shape ``(entry, 4)``: of the effect's level in the outcome, its two lags and the gap.
    """

    countries: tuple[str, ...]
    episodes: tuple[Episode, ...]
    outcome: np.ndarray
    country: np.ndarray
    year: np.ndarray
    value: np.ndarray
    factor: np.ndarray
    regressor: np.ndarray
    spread: np.ndarray
    entry: np.ndarray
    weight: np.ndarray

    @property
    def n_columns(self) -> int:
        """Leads and horizons."""
        return len(_OFFSETS)


def outcome_cube(panel: pd.DataFrame) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Return the outcomes in the model's units.

    `panel`: as `load_country_panel` returns it. Returns: `values`, shape ``(outcome, country,
    year)``, NaN where unknown: log changes times 100; inflation bounded; `years`, all years from
    the first to the last.
    """
    countries = tuple(sorted(set(panel["iso3"])))
    years = np.arange(panel["year"].min(), panel["year"].max() + 1)
    cube = np.full((len(OUTCOMES), len(countries), len(years)), np.nan)
    at = (panel["iso3"].map(countries.index).to_numpy(), (panel["year"] - years[0]).to_numpy())
    for k, name in enumerate(OUTCOMES):
        raw = panel[OUTCOME_COLUMNS[name]].to_numpy()
        if name in {"gdp", "imports"}:
            raw = 100 * np.log1p(np.maximum(raw, -99.0) / 100)
        elif name == "inflation":
            raw = 100 * raw / (100 + raw)
        cube[k][at] = raw
    return cube, countries, years


def build_cells(data: ReliefData, *, changing_scales: bool = False) -> Cells:
    """Lay the panel and the episodes out for the likelihood.

    `changing_scales`: let all error scales of an outcome rise and fall with how far economies were
    from their own median in the eleven years around; one scale a country for all years by default.
    Raises `ObservationError` if no outcome of any country has three years in a row.
    """
    cube, countries, years = outcome_cube(data.panel)
    flags = _flags(data.panel, countries, years)
    factors = _factors(cube, data.panel, countries)
    regressors = _regressors(cube, data.episodes, flags, countries, years)
    kept = (
        np.isfinite(cube[:, :, 2:]) & np.isfinite(cube[:, :, 1:-1]) & np.isfinite(cube[:, :, :-2])
    )
    kept &= ~_left_out(data.episodes, countries, years)[:, :, 2:]
    kept[_INFLATION] &= ~_liberalised(data.panel, countries, years)[:, 2:]
    k, i, t = np.nonzero(kept)
    t = t + 2
    if not len(k):
        raise ObservationError("No country has an outcome in three years in a row; add years.")
    entry, weight = _entries(data.episodes, countries, years, (k, i, t))
    unrest = _unrest(cube) if changing_scales else np.ones((len(OUTCOMES), len(years)))
    return Cells(
        countries=countries,
        episodes=data.episodes,
        outcome=k,
        country=i,
        year=years[t],
        value=np.stack([cube[k, i, t], cube[k, i, t - 1], cube[k, i, t - 2]], axis=1),
        factor=np.stack([factors[0][k, t], factors[1][k, i, t]], axis=1),
        regressor=np.stack(
            [
                *(flags["conflict"][i, t] >= level for level in (1, 2)),
                factors[2][k, t] * flags["oil"][i, t],
                *(regressors[name][k, i, t] for name in ("gap", "sanctioned", "imposed", "cfa")),
            ],
            axis=1,
        ).astype(float),
        spread=unrest[k, t],
        entry=entry,
        weight=weight,
    )


def _flags(
    panel: pd.DataFrame, countries: tuple[str, ...], years: np.ndarray
) -> dict[str, np.ndarray]:
    """Conflict by country and year; oil exporter, the same in all years."""
    conflict = np.zeros((len(countries), len(years)))
    i = panel["iso3"].map(countries.index).to_numpy()
    conflict[i, (panel["year"] - years[0]).to_numpy()] = panel["conflict_intensity"]
    oil = panel.groupby("iso3")["oil_exporter"].max().loc[list(countries)].to_numpy()
    return {"conflict": conflict, "oil": np.repeat(oil[:, None], len(years), axis=1)}


def _median(values: np.ndarray) -> np.ndarray:
    """Median over countries by outcome and year, NaN where fewer than five have a figure."""
    enough = np.isfinite(values).sum(axis=1) >= _FEWEST
    filled = np.where(enough[:, None, :], values, 0.0)
    return np.where(enough, np.nanmedian(filled, axis=1), np.nan)


def _centred(values: np.ndarray) -> np.ndarray:
    """Less the mean over years, 0 where unknown."""
    with np.errstate(invalid="ignore"):
        known = np.isfinite(values)
        mean = np.where(known, values, 0).sum(-1) / np.maximum(known.sum(-1), 1)
    return np.where(known, values - mean[..., None], 0.0)


def _factors(
    cube: np.ndarray, panel: pd.DataFrame, countries: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """World (outcome, year), region less world (outcome, country, year), oil less world."""
    world = _median(cube)
    by_country = panel.groupby("iso3")[["region", "oil_exporter"]].first().loc[list(countries)]
    regional = np.zeros_like(cube)
    for region in sorted(set(by_country["region"])):
        inside = (by_country["region"] == region).to_numpy()
        regional[:, inside] = _centred(_median(cube[:, inside]) - world)[:, None]
    exporters = (by_country["oil_exporter"] == 1).to_numpy()
    return _centred(world), regional, _centred(_median(cube[:, exporters]) - world)


def _unrest(cube: np.ndarray) -> np.ndarray:
    """Median distance of economies from their own median, as a ratio: shape ``(outcome, year)``.

    Beyond the world's common movement, and a mean over the years around, so that no single crisis
    makes its own interval wide.
    """
    own = np.stack([pd.DataFrame(of).median(axis=1).to_numpy() for of in cube])
    away = _median(np.abs(cube - own[..., None] - _centred(_median(cube))[:, None]))
    around = pd.DataFrame(away.T).rolling(2 * _AROUND + 1, center=True, min_periods=1).mean().T
    ratio = np.log(around.to_numpy())
    return np.exp(np.nan_to_num(ratio - np.nanmean(ratio, axis=1, keepdims=True)))


def _regressors(
    cube: np.ndarray,
    episodes: tuple[Episode, ...],
    flags: dict[str, np.ndarray],
    countries: tuple[str, ...],
    years: np.ndarray,
) -> dict[str, np.ndarray]:
    sanctioned, imposed = (np.zeros_like(flags["oil"]) for _ in range(2))
    for episode in episodes:
        i = countries.index(episode.iso3)
        since = years - episode.first_year
        sanctioned[i] |= (since >= 0) & (years <= episode.lift_year + _LAST)
        imposed[i] |= (since >= 0) & (since <= 1)
    cfa = np.outer([code in _CFA for code in countries], years == 1994)
    everywhere = {"sanctioned": sanctioned, "imposed": imposed, "cfa": cfa}
    found = {name: np.broadcast_to(x, cube.shape) for name, x in everywhere.items()}
    return found | {"gap": np.clip(_gaps(cube), -_GAP_BOUND, _GAP_BOUND)}


def _gaps(cube: np.ndarray) -> np.ndarray:
    """Distance of last year's level from the own peak, of the real rate from its own mean."""
    gaps = np.zeros_like(cube)
    levels = np.cumsum(np.nan_to_num(cube), axis=-1)
    unknown = np.cumsum(~np.isfinite(cube), axis=-1)
    for k in range(len(OUTCOMES)):
        if k == _INFLATION:
            continue
        for t in range(2, cube.shape[-1]):
            for years in range(_MEAN_YEARS if k == _REAL_RATE else _PEAK_YEARS, 1, -1):
                first = t - years
                if first < 0:
                    continue
                whole = (unknown[k, :, t - 1] == unknown[k, :, first]) & (gaps[k, :, t] == 0)
                window = levels[k, :, first:t]
                usual = window.mean(-1) if k == _REAL_RATE else window.max(-1)
                gaps[k, :, t] = np.where(whole, window[:, -1] - usual, gaps[k, :, t])
    return gaps


def _left_out(
    episodes: tuple[Episode, ...], countries: tuple[str, ...], years: np.ndarray
) -> np.ndarray:
    """Cells that neither a lifting nor its absence explains, shape ``(outcome, country, year)``."""
    out = np.zeros((len(OUTCOMES), len(countries), len(years)), dtype=bool)
    for episode in episodes:
        i = countries.index(episode.iso3)
        after = years - episode.lift_year
        out[_INFLATION, i] |= (after > _LAST) & (after <= _LAST + _FADING)
        if episode.reimposed_year is not None:
            later = [e.lift_year for e in episodes if e.iso3 == episode.iso3]
            until = min([y for y in later if y > episode.reimposed_year], default=9999)
            since = years - episode.reimposed_year
            out[:, i] |= (since >= 0) & (since <= _LAST) & (years < until)
    return out


def _liberalised(panel: pd.DataFrame, countries: tuple[str, ...], years: np.ndarray) -> np.ndarray:
    """Years in which prices were set free and currencies new: inflation was the transition."""
    region = panel.groupby("iso3")["region"].first().loc[list(countries)]
    first, last = _LIBERALISATION
    return np.outer(region == "transition", (years >= first) & (years <= last))


def _entries(
    episodes: tuple[Episode, ...],
    countries: tuple[str, ...],
    years: np.ndarray,
    cells: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Where a lifting enters: the outcome, its lags and the gap, all less the effect's part."""
    entry, weight = [], []
    by_country: dict[int, list[int]] = {}
    for e, episode in enumerate(episodes):
        by_country.setdefault(countries.index(episode.iso3), []).append(e)
    for cell, (k, i, t) in enumerate(zip(*cells, strict=True)):
        for e in by_country.get(int(i), ()):
            offset = int(years[t]) - episodes[e].lift_year
            found = _weights(int(k), offset)
            entry += [(cell, e, column) for column in found]
            weight += list(found.values())
    return np.array(entry, dtype=np.int64).reshape(-1, 3), np.array(weight, float).reshape(-1, 4)


def _weights(outcome: int, offset: int) -> dict[int, list[float]]:
    """Weights of the columns of levels in a cell `offset` years after the lifting."""
    found: dict[int, list[float]] = {}

    def add(column: int | None, place: int, amount: float) -> None:
        if column is not None:
            found.setdefault(column, [0.0] * 4)[place] += amount

    for place in range(3):
        there = offset - place
        add(_OFFSETS.get(there), place, 1.0)
        if outcome != _INFLATION and there in _OFFSETS:  # growth: the level less that before
            add(_OFFSETS.get(there - 1), place, -1.0)
    if outcome != _INFLATION and LEADS[0] < offset <= _LAST + _FADING:
        add(_OFFSETS[min(offset - 1, _LAST)], 3, 1.0)
    return found
