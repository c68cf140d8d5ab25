"""Countries by year: ``data/country_panel.csv``, checked when read, and put beside the episodes.

Knows growth rates and codes of countries; knows no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere.episodes import Episode, load_episodes, read_cells
from sanctions_model.errors import ObservationError, did_you_mean

# Outcomes of the model and the columns that they are made from.
OUTCOME_COLUMNS = {
    "gdp": "gdp_growth",
    "imports": "import_volume_growth",
    "inflation": "cpi_inflation",
    "real_exchange_rate": "real_appreciation",
}
_TEXT = ("iso3", "country", "region")
_FLAGS = {"conflict_intensity": {0, 1, 2}, "oil_exporter": {0, 1}}
_COLUMNS = (*_TEXT, "year", *OUTCOME_COLUMNS.values(), *_FLAGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefData:
    """Liftings and the countries in which they, or nothing, happened.

    Parameters
    ----------
    episodes : tuple of Episode
        As `load_episodes` returns them.
    panel : pandas.DataFrame
        As `load_country_panel` returns it; it has every episode's country.

    Raises
    ------
    ObservationError
        If the panel lacks the country of an episode.
    """

    episodes: tuple[Episode, ...]
    panel: pd.DataFrame

    def __post_init__(self) -> None:
        known = sorted(set(self.panel["iso3"]))
        for episode in self.episodes:
            if episode.iso3 not in known:
                raise ObservationError(
                    f"The episode {episode.episode_id!r} is in {episode.iso3} ({episode.target}), "
                    "which the panel of countries does not have; add its years to the panel, or "
                    f"leave the episode out.{did_you_mean(episode.iso3, known)}"
                )

    def without(self, names: Sequence[str]) -> "ReliefData":
        """Return the same panel without some episodes.

        Parameters
        ----------
        names : sequence of str
            Their ids.

        Raises
        ------
        ObservationError
            If there is no such episode.
        """
        known = [episode.episode_id for episode in self.episodes]
        for name in names:
            if name not in known:
                raise ObservationError(f"Unknown episode {name!r}.{did_you_mean(name, known)}")
        kept = tuple(e for e in self.episodes if e.episode_id not in set(names))
        return ReliefData(episodes=kept, panel=self.panel)


def load_country_panel(path: Path | str | None = None) -> pd.DataFrame:
    """Read a panel of countries and years.

    Parameters
    ----------
    path : path, optional
        A CSV file; the bundled ``data/country_panel.csv`` by default. Its columns: iso3, country,
        region, year, gdp_growth, import_volume_growth, cpi_inflation (%), real_appreciation
        (log change times 100), conflict_intensity (0, 1, 2), oil_exporter (0, 1). Empty cells
        are unknown; years may be missing.

    Returns
    -------
    pandas.DataFrame
        In the order of country and year, numbers as float64.

    Raises
    ------
    ObservationError
        If the file cannot be read, a column is unknown or missing, a cell is no number or out of
        its range, a country has a year twice or two regions.

    Examples
    --------
    >>> panel = load_country_panel()
    >>> int(panel["year"].min()), int(panel["year"].max())
    (1960, 2024)
    """
    file = data_path("country_panel.csv") if path is None else Path(path)
    cells = read_cells(file, _COLUMNS)
    table = cells[list(_TEXT)].copy()
    for name in _TEXT:
        if (empty := cells[name] == "").any():
            raise ObservationError(f"{file.name}, line {_line(empty)}: {name} is empty; fill it.")
    for name in _COLUMNS[len(_TEXT) :]:
        table[name] = _numbers(file, cells, name)
    _check_years(file, table)
    for name, allowed in _FLAGS.items():
        odd = ~table[name].isin(allowed)
        if odd.any():
            got = cells[name][odd].iloc[0]
            raise ObservationError(
                f"{file.name}, line {_line(odd)}: {name} is {got!r}; expected one of "
                f"{', '.join(map(str, sorted(allowed)))}."
            )
    for name in ("gdp_growth", "import_volume_growth", "cpi_inflation"):
        if (low := table[name] <= -100).any():
            raise ObservationError(
                f"{file.name}, line {_line(low)}: {name} is {table[name][low].iloc[0]:g} %; "
                "expected above -100."
            )
    types = {"year": int, **dict.fromkeys(_FLAGS, int)}
    return table.astype(types).sort_values(["iso3", "year"], ignore_index=True)


def load_relief_data(
    episodes: Path | str | None = None, panel: Path | str | None = None
) -> ReliefData:
    """Read episodes and panel, and check that they belong together.

    Parameters
    ----------
    episodes, panel : path, optional
        The bundled ones by default.

    Returns
    -------
    ReliefData
        Episodes with the panel that has their countries.

    Raises
    ------
    ObservationError
        As `load_episodes` and `load_country_panel`, and if an episode's country is not in the
        panel.

    Examples
    --------
    >>> len(load_relief_data().episodes)
    59
    """
    return ReliefData(episodes=load_episodes(episodes), panel=load_country_panel(panel))


def _line(odd: pd.Series) -> int:
    """Line of the file with the first fault."""
    return int(np.flatnonzero(odd)[0]) + 2


def _numbers(file: Path, cells: pd.DataFrame, name: str) -> pd.Series:
    texts = cells[name]
    values = pd.to_numeric(texts.where(texts != ""), errors="coerce")
    odd = (texts != "") & ~np.isfinite(values)
    if odd.any():
        raise ObservationError(
            f"{file.name}, line {_line(odd)}: {name} is {texts[odd].iloc[0]!r}; expected a number "
            "with a decimal point, or an empty cell."
        )
    return values.astype(float)


def _check_years(file: Path, table: pd.DataFrame) -> None:
    odd = table["year"].isna() | (table["year"] % 1 != 0) | ~table["year"].between(1900, 2100)
    if odd.any():
        raise ObservationError(
            f"{file.name}, line {_line(odd)}: the year is {table['year'][odd].iloc[0]:g}; expected "
            "one like 1994."
        )
    twice = table.duplicated(["iso3", "year"])
    if twice.any():
        row = table[twice].iloc[0]
        raise ObservationError(
            f"{file.name}, line {_line(twice)}: {row['iso3']} has the year {row['year']:.0f} "
            "twice; keep one row."
        )
    regions = table.groupby("iso3")["region"].nunique()
    if (regions > 1).any():
        raise ObservationError(
            f"{file.name}: {regions.index[regions > 1][0]} is in {regions.max()} regions; "
            "expected one."
        )
