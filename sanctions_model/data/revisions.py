"""What changed from one vintage of the data to another."""

import numpy as np
import pandas as pd

from sanctions_model.data.transformations import RAW_COLUMNS_OF
from sanctions_model.data.vintages import TABLES, Vintage

# Half of the last printed digit of a table.
_PRINTED = 5e-5
_MEASURE_PREFIXES = ("us_share_", "composite_")


def diff_vintages(old: Vintage, new: Vintage) -> pd.DataFrame:
    """Tabulate what changed from one vintage to another, series by series.

    Parameters
    ----------
    old, new : Vintage
        As `find_vintage` returns them.

    Returns
    -------
    pandas.DataFrame
        One row a series. ``table`` (raw, model or measures), ``series``, ``source`` and ``join``
        (first period that the new vintage took from the source; empty where nothing was fetched),
        ``last_old``, ``last_new``, ``n_new`` and ``n_lost`` (periods known in one only),
        ``n_revised`` (known in both and different as printed), ``largest_revision`` (new less old,
        in the series' unit) and ``revised_in``, its period.
    """
    rows = []
    for name in TABLES:
        before, after = old.table(name), new.table(name)
        for column in dict.fromkeys((*before.columns, *after.columns)):
            if str(column).startswith(_MEASURE_PREFIXES):
                continue
            pair = [
                frame[column] if column in frame else pd.Series(dtype=float)
                for frame in (before, after)
            ]
            rows.append(
                {"table": name, "series": column}
                | _origin(new, name, str(column))
                | _changes(*(series.dropna() for series in pair))
            )
    return pd.DataFrame(rows)


def _origin(vintage: Vintage, table: str, column: str) -> dict[str, str]:
    raw = {"raw": (column,), "model": RAW_COLUMNS_OF.get(column, ())}.get(table, ())
    found = [record for record in vintage.series if record.column in raw]
    return {
        "source": "; ".join(record.source for record in found),
        "join": min((record.join for record in found), default=""),
    }


def _changes(before: pd.Series, after: pd.Series) -> dict[str, object]:
    both = before.index.intersection(after.index)
    revision = after.reindex(both) - before.reindex(both)
    revised = revision[revision.abs() > _PRINTED]
    at = int(revised.abs().to_numpy().argmax()) if len(revised) else None
    return {
        "last_old": str(before.index[-1]) if len(before) else "",
        "last_new": str(after.index[-1]) if len(after) else "",
        "n_new": len(after.index.difference(before.index)),
        "n_lost": len(before.index.difference(after.index)),
        "n_revised": len(revised),
        "largest_revision": np.nan if at is None else float(revised.iloc[at]),
        "revised_in": "" if at is None else str(revised.index[at]),
    }
