"""What the liftings elsewhere say to scenarios: which lifting a future is, what had moved before.

Futures and their liftings are read from ``data/elsewhere_futures.csv``, a judgement; this module
knows none of them by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd
import xarray as xr

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere.episodes import Ending, Episode, load_episodes, read_cells
from sanctions_model.elsewhere.model.cells import OUTCOMES
from sanctions_model.elsewhere.prediction import LIFTINGS, load_effect_draws
from sanctions_model.errors import ObservationError, QuestionError, did_you_mean

_COLUMNS = ("future", "lifting", "endings", "why")


def liftings_by_future(
    path: Path | str | None = None, episodes: Sequence[Episode] | None = None
) -> pd.DataFrame:
    """Say which lifting stands for which future, and how often its kind was seen.

    Parameters
    ----------
    path : path, optional
        A CSV file with the columns future, lifting (a name of `liftings_like_russia`, or nothing),
        endings (of `Episode.ended_how`, with semicolons between them) and why; the bundled
        ``data/elsewhere_futures.csv`` by default.
    episodes : sequence of Episode, optional
        The bundled ones by default.

    Returns
    -------
    pandas.DataFrame
        One row a future: ``future``, ``lifting`` ("" where nothing is lifted), ``seen``: episodes
        that ended so, ``of``: all episodes, ``why``. Shares of liftings, no probabilities of the
        futures: sanctions that stayed are not counted.

    Raises
    ------
    ObservationError
        If the file cannot be read, a future is there twice, or a lifting or an ending is unknown.

    Examples
    --------
    >>> table = liftings_by_future().set_index("future")
    >>> table.loc["reset", "lifting"]
    'settlement, all senders'
    """
    file = data_path("elsewhere_futures.csv") if path is None else Path(path)
    cells = read_cells(file, _COLUMNS)
    chosen = load_episodes() if episodes is None else episodes
    known = {"lifting": list(LIFTINGS), "ending": list(get_args(Ending.__value__))}
    rows = []
    for line, row in enumerate(cells.to_dict("records"), start=2):
        endings = [ending.strip() for ending in row["endings"].split(";") if ending.strip()]
        named = [("lifting", row["lifting"])] * bool(row["lifting"])
        for what, name in [*named, *(("ending", ending) for ending in endings)]:
            if name not in known[what]:
                raise ObservationError(
                    f"{file.name}, line {line}: unknown {what} {name!r}; there is "
                    f"{', '.join(known[what])}.{did_you_mean(name, known[what])}"
                )
        seen = sum(episode.ended_how in endings for episode in chosen)
        found = {"future": row["future"], "lifting": row["lifting"], "seen": seen}
        rows.append(found | {"of": len(chosen), "why": row["why"]})
    table = pd.DataFrame(rows)
    if (twice := table.duplicated("future")).any():
        name = table.loc[twice, "future"].iloc[0]
        raise ObservationError(f"{file.name}: the future {name!r} is there twice; keep one row.")
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedMove:
    """What had moved before liftings, as a scenario's announcement takes it.

    `mu`, `sigma`: of a Normal: ``rouble = { family = "Normal", mu = ..., sigma = ... }``, in %.
    `source`: what it was read from.
    """

    mu: float
    sigma: float
    source: str


def announced_move(
    outcome: str = "real_exchange_rate", draws: xr.Dataset | None = None
) -> AnnouncedMove:
    """Return how far an outcome had moved by the year before a full lifting.

    It holds whatever moved then: anticipation, and the recovery or the crisis that led to it.

    Parameters
    ----------
    outcome : str
        ``"gdp"``, ``"imports"``, ``"inflation"`` or ``"real_exchange_rate"``.
    draws : xr.Dataset, optional
        As `load_effect_draws` returns them; the bundled ones by default.

    Returns
    -------
    AnnouncedMove
        Mean and standard deviation of the level in the year before a lifting by all senders in
        full, beyond the untreated path; annual averages, in log points (up = stronger).

    Raises
    ------
    QuestionError
        If there is no such outcome.

    Examples
    --------
    >>> announced_move().sigma > 0
    True
    """
    if outcome not in OUTCOMES:
        raise QuestionError(
            f"Unknown outcome {outcome!r}; there is {', '.join(OUTCOMES)}."
            f"{did_you_mean(outcome, OUTCOMES)}"
        )
    draws = load_effect_draws() if draws is None else draws
    before = draws["anticipation"].sel(outcome=outcome).isel(lead=-1)
    return AnnouncedMove(
        mu=float(before.mean()),
        sigma=float(before.std(ddof=1)),
        source=f"{outcome} in the year before liftings elsewhere, annual averages, a full lifting",
    )
