"""Where the bundled data files are, and tables of one's own that take the place of one."""

import csv
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype, is_numeric_dtype

from sanctions_model.errors import ObservationError, did_you_mean, reading_fault
from sanctions_model.files import content_of

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


def require_whole_rows(text: str, separator: str = ",") -> None:
    """Refuse a table, a row of which has not one cell for every column, with pandas' own error.

    Where rows and header differ pandas takes the first column for an index or fills up on the
    right, and figures stand under another column's name. Raises `ValueError`.
    """
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t"
    )
    try:
        header = next((cells for cells in rows if cells), [])
        for cells in rows:
            if cells and len(cells) != len(header):
                raise pd.errors.ParserError(
                    f"Expected {len(header)} fields in line {rows.line_num}, saw {len(cells)}"
                )
    except csv.Error as error:
        raise pd.errors.ParserError(str(error)) from None


def read_whole_rows(content: bytes, dtype: type | Mapping[str, type] | None = None) -> pd.DataFrame:
    """Read a CSV table, each row of which has a cell for every column.

    `content`: of the file. `dtype`: of the columns, as pandas takes it. Raises `ValueError`, as the
    errors of pandas are too.
    """
    text = content.decode("utf-8-sig")
    require_whole_rows(text)
    return pd.read_csv(io.StringIO(text), dtype=dtype, index_col=False)


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
    numeric = [str(name) for name in known if is_numeric_dtype(known[name])]
    try:
        table = read_whole_rows(content_of(file), dict.fromkeys(numeric, str))
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
        # Figures without a fraction stay what the bundled ones are.
        table[column] = numbers.astype(float) if is_float_dtype(known[column]) else numbers
    return table[list(known)]
