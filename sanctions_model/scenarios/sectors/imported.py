"""Losses of output by sector that a user computed with another package, beside the evidence here.

The package ``sanction-simulator`` solves an embargo on the OECD's inter-country input-output tables
(80 countries, 50 sectors, 2022) at one point in time. It knows no relief and gives no uncertainty;
what it says of Russia's sectors can be read from a file and stands beside ours. The column names
are those of the table that it offers for countries.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sanctions_model.data.bundled import read_whole_rows
from sanctions_model.data.tables import read_content
from sanctions_model.errors import ObservationError, reading_fault
from sanctions_model.scenarios.sectors.figures import Sector, load_sectors

# Where the OECD's tables have a sector of the article. They do not part aircraft from rail.
CODES = {
    "aircraft": "C302T309",
    "rail": "C302T309",
    "chemicals": "C20",
    "machine_tools": "C28",
    "pharma_medical": "C21",
}
_CODE, _LOSS, _BASE = "code", "output_loss_usd_mn", "benchmark_output_usd_mn"
_COLUMNS = (_CODE, _LOSS, _BASE)
_HOW = f"expected a CSV file with the columns {', '.join(_COLUMNS)}, a sector of Russia a row"


def load_output_losses(path: Path | str) -> pd.Series:
    """Read losses of output by sector of the OECD's tables.

    Parameters
    ----------
    path : path
        A CSV file: ``code`` of the sector (``C28``), ``output_loss_usd_mn`` and
        ``benchmark_output_usd_mn``, as the docs show to write it with ``sanction-simulator``.

    Returns
    -------
    pandas.Series
        Change of the sector's output in %, negative for a loss; index ``code``.

    Raises
    ------
    ObservationError
        If the file cannot be read, lacks a column, is that of the countries, has a code twice or
        none of the article's sectors, or a cell is no number or a loss larger than the output.
    """
    file = Path(path)
    where = f"{file.name}: "
    content = read_content(file)
    try:
        table = read_whole_rows(content, str)
    except ValueError as error:  # pandas' own are ValueErrors
        raise ObservationError(f"{where}no table ({reading_fault(error)}); {_HOW}.") from None
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise ObservationError(f"{where}no column {missing[0]!r}; {_HOW}.")
    codes = table[_CODE].fillna("").str.strip()
    if not codes.isin(CODES.values()).any():
        some = ", ".join(codes.head(3)) or "no row"
        hint = " This is the table of countries." if codes.eq("RUS").any() else ""
        raise ObservationError(
            f"{where}no sector of the article among the codes ({some}, ...); expected some of "
            f"{', '.join(sorted(set(CODES.values())))}.{hint}"
        )
    if codes.duplicated().any():
        raise ObservationError(
            f"{where}sector {codes[codes.duplicated()].iloc[0]} is there twice; expected one row a "
            "sector, of Russia alone."
        )
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in (_LOSS, _BASE)}
    for name, values in numbers.items():
        bad = ~np.isfinite(values.to_numpy(dtype=float))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise ObservationError(
                f"{where}line {row + 2}: {name} is {table[name].iloc[row]!r}; expected a number."
            )
    wrong = (numbers[_BASE] < 0) | (numbers[_LOSS] > numbers[_BASE])
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ObservationError(
            f"{where}line {row + 2}: a loss of {numbers[_LOSS].iloc[row]:g} of an output of "
            f"{numbers[_BASE].iloc[row]:g}; expected at most all of it, both in USD mn."
        )
    base = numbers[_BASE].where(numbers[_BASE] > 0)
    changed = -100.0 * numbers[_LOSS] / base
    return pd.Series(changed.to_numpy(), index=pd.Index(codes, name=_CODE), name="output_percent")


def output_table(
    sectors: Sequence[Sector] | None = None, imported: pd.Series | None = None
) -> pd.DataFrame:
    """Tabulate what is known of output and capacity of each sector.

    Parameters
    ----------
    sectors : sequence of Sector, optional
        The bundled ones by default.
    imported : pandas.Series, optional
        From `load_output_losses`.

    Returns
    -------
    pandas.DataFrame
        ``sector``, ``label``, ``output_percent`` (of its firms that used banned inputs, against
        others), ``output_status``, ``output_source``, ``capacity``; with `imported` also ``code``,
        ``imported_percent`` (of the whole sector) and ``gap`` (imported less own, points). Not a
        number where not answered.

    Raises
    ------
    ObservationError
        If the bundled sectors cannot be read.
    """
    rows = []
    for sector in sectors or load_sectors():
        own = np.nan if sector.output_percent is None else sector.output_percent
        row: dict[str, object] = {"sector": sector.sector, "label": sector.label}
        row |= {"output_percent": own, "output_status": sector.output_status}
        row |= {"output_source": sector.output_source, "capacity": sector.capacity}
        if imported is not None:
            code = CODES.get(sector.sector, "")
            other = float(imported.get(code, np.nan))
            row |= {"code": code, "imported_percent": other, "gap": other - own}
        rows.append(row)
    return pd.DataFrame(rows)
