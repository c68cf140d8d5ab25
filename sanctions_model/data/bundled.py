"""Where the bundled data files are, and tables of one's own that take the place of one."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from sanctions_model.errors import ObservationError, did_you_mean, reading_fault

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def _data_directory() -> Path:
    # The checkout first: an editable install leaves a stale `_data` copy in site-packages.
    checkout = _PACKAGE.parent / "data"
    if (checkout / "datapackage.json").is_file():
        return checkout
    return _PACKAGE / "_data"


def data_path(name: str) -> Path:
    """Return the path of a bundled data file.

    `name`: file name inside ``data/``, as in ``"measures.csv"``. Raises `ObservationError` if there
    is no such file.

    >>> data_path("measures.csv").name
    'measures.csv'
    """
    path = _data_directory() / name
    if not path.is_file():
        raise ObservationError(
            f"The bundled data have no file {name!r} in {_data_directory()}; reinstall the package."
        )
    return path


def read_like_bundled(name: str, path: Path | str | None = None) -> pd.DataFrame:
    """Read a table with the columns of a bundled one, numbers where that has numbers.

    `name`: of the bundled table, which is read without `path`. Returns: its columns in its order;
    empty cells are NaN. Raises `ObservationError` if it cannot be read, lacks a column, or has
    something else where a number is expected.
    """
    known = pd.read_csv(data_path(name))
    if path is None:
        return known
    file = Path(path)
    numeric = [name for name in known if is_numeric_dtype(known[name])]
    try:
        table = pd.read_csv(file, encoding="utf-8-sig", dtype=dict.fromkeys(numeric, str))
    except (OSError, ValueError) as error:
        raise ObservationError(
            f"{file.name} cannot be read as a table: {reading_fault(error)}; give a CSV file with "
            f"the columns of {name}."
        ) from None
    for column in known:
        if column not in table:
            raise ObservationError(
                f"{file.name} lacks the column {column!r}; expected those of {name}."
                f"{did_you_mean(str(column), map(str, table.columns))}"
            )
    for column in numeric:
        numbers = pd.to_numeric(table[column], errors="coerce")
        bad = table[column].notna() & ~np.isfinite(numbers)
        if bad.any():
            row = int(bad.to_numpy().argmax())
            raise ObservationError(
                f"{file.name}, line {row + 2}: {column} is {table[column].iloc[row]!r}; expected "
                "a number."
            )
        table[column] = numbers
    return table[list(known)]
