"""A reader for a user's own copy of the Global Sanctions Data Base; no row of it is shipped.

The data base (Felbermayr, Kirilakha, Syropoulos, Yalcin and Yotov 2020, European Economic Review
129; Kirilakha and others 2021) is handed out by its producers on request. What is read is the
table of cases of release 3 and later, by the column names that the producers describe.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sanctions_model.elsewhere.episodes import read_cells
from sanctions_model.errors import ObservationError, did_you_mean

_INSTRUMENTS = ("trade", "arms", "military", "financial", "travel", "other")
_COLUMNS = (
    *("case_id", "sanctioned_state", "sanctioning_state", "begin", "end"),
    *("trade", "descr_trade", "arms", "military", "financial", "travel", "other"),
    *("target_mult", "sender_mult", "objective", "success"),
)
_OPTIONAL = ("descr_trade", "target_mult")
# Release 2 ends in 2019; release 3 goes to 2022.
_NEWEST_BEGIN = 2020


def read_gsdb(
    path: Path | str, panel: pd.DataFrame, *, codes: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the cases that ended, from your own copy of the data base.

    Parameters
    ----------
    path : path
        The table of cases as CSV, release 3 or later.
    panel : pandas.DataFrame
        As `load_country_panel` returns it; its names give the codes of countries.
    codes : mapping of str to str, optional
        Codes of states that the data base calls otherwise than the panel, as in
        ``{"Burma": "MMR"}``; an empty code leaves the state out.

    Returns
    -------
    pandas.DataFrame
        One row a case that ended before the last year of the release: ``episode_id`` (GSDB and
        the case), ``target``, ``iso3``, ``senders``, ``first_year``, ``lift_year``, ``trade``,
        ``financial``, ``arms`` (arms or military), ``travel``, ``multilateral``, ``objective``,
        ``success``. How it ended, its extent and a later reimposition are not in the data base:
        add them, and `load_episodes` reads the table.

    Raises
    ------
    ObservationError
        If the file is of another release or another table of the data base, a year or a flag is
        not one, a case ends before it begins or is there twice, or a state has no code that the
        panel knows.
    """
    file = Path(path)
    try:
        cells = read_cells(file, _COLUMNS, _OPTIONAL)
    except ObservationError as error:
        if "column" not in str(error):
            raise
        raise ObservationError(
            f"{error} Expected the table of cases of the Global Sanctions Data Base, release 3 or "
            "later; dyadic tables and earlier releases have other columns."
        ) from None
    years = {name: _years(file, cells, name) for name in ("begin", "end")}
    if years["begin"].max() < _NEWEST_BEGIN:
        raise ObservationError(
            f"{file.name}: the newest case begins in {years['begin'].max()}, so it is release 1 or "
            "2; expected release 3 or later, ask its producers for it."
        )
    if (early := years["end"] < years["begin"]).any():
        case = cells["case_id"][early].iloc[0]
        raise ObservationError(f"{file.name}: case {case} ends before it begins; correct it.")
    if (again := cells.duplicated("case_id")).any():
        case = cells["case_id"][again].iloc[0]
        raise ObservationError(f"{file.name}: case {case} is there twice; keep one row.")
    iso3 = _codes(file, cells["sanctioned_state"], panel, codes or {})
    flags = {name: _flags(file, cells, name) for name in (*_INSTRUMENTS, "sender_mult")}
    table = pd.DataFrame(
        {
            "episode_id": "GSDB" + cells["case_id"],
            "target": cells["sanctioned_state"],
            "iso3": iso3,
            "senders": cells["sanctioning_state"].str.replace(",", ";"),
            "first_year": years["begin"],
            "lift_year": years["end"],
            "trade": flags["trade"],
            "financial": flags["financial"],
            "arms": flags["arms"] | flags["military"],
            "travel": flags["travel"],
            "multilateral": flags["sender_mult"],
            "objective": cells["objective"],
            "success": cells["success"],
        }
    )
    ended = (table["lift_year"] < table["lift_year"].max()) & (table["iso3"] != "")
    found: pd.DataFrame = table[ended].reset_index(drop=True)
    return found


def _years(file: Path, cells: pd.DataFrame, name: str) -> pd.Series:
    years = pd.to_numeric(cells[name], errors="coerce")
    odd = ~years.between(1900, 2100) | (years % 1 != 0)
    if odd.any():
        case, got = cells.loc[odd, ["case_id", name]].iloc[0]
        raise ObservationError(
            f"{file.name}: {name} of case {case} is {got!r}; expected a year like 1994."
        )
    return years.astype(int)


def _flags(file: Path, cells: pd.DataFrame, name: str) -> pd.Series:
    odd = ~cells[name].isin(["0", "1"])
    if odd.any():
        case, got = cells.loc[odd, ["case_id", name]].iloc[0]
        raise ObservationError(f"{file.name}: {name} of case {case} is {got!r}; expected 0 or 1.")
    return cells[name].astype(int)


def _codes(
    file: Path, states: pd.Series, panel: pd.DataFrame, codes: Mapping[str, str]
) -> pd.Series:
    known = dict(zip(panel["country"], panel["iso3"], strict=True)) | dict(codes)
    for name, code in codes.items():
        if code and code not in set(panel["iso3"]):
            raise ObservationError(
                f"{file.name}: the code {code!r} of {name!r} is not in the panel."
                f"{did_you_mean(code, sorted(set(panel['iso3'])))}"
            )
    unknown = sorted(set(states) - set(known))
    if unknown:
        listed = ", ".join(unknown[:5]) + (" ..." if len(unknown) > 5 else "")
        raise ObservationError(
            f"{file.name}: {len(unknown)} states are not in the panel by these names ({listed}); "
            "give their codes as codes={'name': 'ISO3'}, or '' to leave one out."
        )
    return states.map(known)
