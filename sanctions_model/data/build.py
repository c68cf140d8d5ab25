"""Rebuilds the derived files of ``data/`` from the transcribed ones.

Knows which file follows from which; the arithmetic is in `transformations` and `measures`.
"""

from pathlib import Path

import pandas as pd

from sanctions_model.errors import ObservationError
from sanctions_model.data.measures import intensities, load_events, load_rule
from sanctions_model.data.transformations import build_quarterly, load_raw, write_table

__all__ = ["rebuild_data"]

_FIRST_QUARTER = "2005Q1"


def rebuild_data(directory: Path | str) -> list[Path]:
    """Write ``russia_quarterly.csv`` and ``measures.csv`` anew, each whole or not at all.

    Parameters
    ----------
    directory : pathlib.Path or str
        Holds ``raw_quarterly.csv``, ``sanctions_events.csv`` and ``measures_rule.toml``.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    ObservationError
        If the directory or an input is missing or cannot be used; nothing is written then.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise ObservationError(
            f"There is no directory {folder}; give the one that holds raw_quarterly.csv."
        )
    series = build_quarterly(load_raw(folder / "raw_quarterly.csv"))
    rule = load_rule(folder / "measures_rule.toml")
    events = load_events(folder / "sanctions_events.csv")
    # Past the last day that the rule knows, a measure stays at its level.
    last = max(pd.Period(str(rule.anchor_dates[-1]), freq="Q"), series.index[-1])
    index = pd.period_range(_FIRST_QUARTER, last, freq="Q", name="quarter")
    measures = intensities(rule, events, index)
    return [
        write_table(series, folder / "russia_quarterly.csv"),
        write_table(measures, folder / "measures.csv"),
    ]
