"""What one sees around the liftings without a model: growth after them less growth before.

Knows episodes and the panel; estimates nothing. It stands beside the model's effects, whose
question is another one: with the same sanctions kept.
"""

import numpy as np
import pandas as pd

from sanctions_model.elsewhere.episodes import Episode
from sanctions_model.elsewhere.panel import OUTCOME_COLUMNS, ReliefData, load_relief_data
from sanctions_model.errors import QuestionError, did_you_mean

ENDINGS = (
    "war's end or intervention",
    "another government",
    "settlement, policy change, sender's decision",
)


def _ending(episode: Episode) -> str:
    return ENDINGS[0 if episode.by_war else 1 if episode.by_regime_change else 2]


def change_around(
    data: ReliefData | None = None, *, outcome: str = "gdp", before: int = 3, after: int = 4
) -> pd.DataFrame:
    """Compare an outcome's mean in the years from each lifting with that in the years before.

    Parameters
    ----------
    data : ReliefData, optional
        The bundled episodes and panel by default.
    outcome : str
        ``"gdp"``, ``"imports"``, ``"inflation"`` or ``"real_exchange_rate"``.
    before, after : int
        Years before that of the lifting, and years from it on.

    Returns
    -------
    pandas.DataFrame
        One row an episode: ``episode``, ``ending`` (one of `ENDINGS`), ``oil``: whether the country
        exports it, ``change`` of the mean, in percentage points a year beyond the change of the
        median economy, missing without a figure on either side; ``years_before`` and ``years``:
        years with a figure; ``back``: whether measures were back within the years from the lifting.

    Raises
    ------
    QuestionError
        If there is no such outcome, or no year on either side is asked for.

    Examples
    --------
    >>> around = change_around()
    >>> len(around), round(float(around["change"].median()), 1)
    (59, 1.3)
    """
    if outcome not in OUTCOME_COLUMNS:
        raise QuestionError(
            f"Unknown outcome {outcome!r}; there is {', '.join(OUTCOME_COLUMNS)}."
            f"{did_you_mean(outcome, OUTCOME_COLUMNS)}"
        )
    if before < 1 or after < 1:
        raise QuestionError(
            f"{before} years before and {after} from the lifting; expected 1 or more of each."
        )
    data = load_relief_data() if data is None else data
    table = data.panel.pivot_table(index="year", columns="iso3", values=OUTCOME_COLUMNS[outcome])
    beyond = table.sub(table.median(axis=1), axis=0)
    oil = data.panel.groupby("iso3")["oil_exporter"].max()
    rows = []
    for e in data.episodes:
        own = beyond[e.iso3] if e.iso3 in beyond else pd.Series(np.nan, index=beyond.index)
        past = own[(own.index >= e.lift_year - before) & (own.index < e.lift_year)]
        since = own[(own.index >= e.lift_year) & (own.index < e.lift_year + after)]
        again = e.reimposed_year is not None and e.reimposed_year < e.lift_year + after
        row = {"episode": e.episode_id, "ending": _ending(e), "oil": bool(oil[e.iso3])}
        row |= {"change": since.mean() - past.mean(), "years_before": int(past.count())}
        rows.append(row | {"years": int(since.count()), "back": again})
    return pd.DataFrame(rows)
