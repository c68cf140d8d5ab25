"""Reads a table of periods and numbers, quarterly or monthly: CSV, XLSX or a DataFrame.

Knows labels of periods and cells; does not know which columns a model wants or what they mean.
"""

import io
import logging
import re
import zlib
from datetime import datetime
from itertools import chain
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from sanctions_model.data.bundled import require_whole_rows
from sanctions_model.errors import ObservationError, QuestionError, reading_fault
from sanctions_model.files import content_of
from sanctions_model.scm.periods import Span, is_day_first, read_span

_LOG = logging.getLogger(__name__)

PERIOD_COLUMNS = ("quarter", "month", "period", "date")
_MISSING = re.compile(r"|[.…]+|[-–—]+|#?n/?a|<na>|nan|null|н/д", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # "Unicode text" of a spreadsheet begins with one of them
_ZIP = b"PK\x03\x04"  # what an XLSX file begins with
_NAMES = {1: "monthly", 3: "quarterly", 12: "annual"}
# Infinities are read, so that they can be refused as such.
_SEPARATOR_LINE = re.compile(r"\Asep=.[\r\n]+", re.IGNORECASE)  # for Excel, above the header
_WITH_COMMA = re.compile(r"[+\u2212-]?\d+,\d+")
_WITH_POINT = re.compile(r"[+\u2212-]?\d+\.\d+")
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf(inity)?)", re.IGNORECASE)


def read_content(file: Path) -> bytes:
    """Return the bytes of a file, or raise `ObservationError` with its path."""
    try:
        return content_of(file)
    except OSError as error:
        raise ObservationError(
            f"Cannot read the data file {file}: {error.strerror}; give the path of a CSV or "
            "XLSX file."
        ) from error


def parse_table(content: bytes, where: str) -> tuple[pd.PeriodIndex, dict[str, pd.Series]]:
    """Return the periods and the columns of a table.

    `content`: a header line and one line a period, separated by commas, or by semicolons or tabs
    with a decimal point or comma; UTF-8, or Windows' Cyrillic (cp1251); or the first sheet of an
    XLSX file, whose text cells may have a decimal comma, too. The first column, or one called
    quarter, month, period or date, holds the periods. `where`: name of the table for messages.
    Returns `index`: quarters ("Q-DEC") or months ("M") in order, without gaps. Returns `columns`:
    the other columns by name, float64, NaN for empty cells. Raises `ObservationError` if the table
    is empty, irregular, of another frequency or holds text for numbers.
    """
    if content.startswith(_ZIP):
        cells, where = _sheet(content, where)
    else:
        cells = _lines(content, where)
    cells = _within(cells.map(str.strip))
    if cells.empty:
        raise ObservationError(f"{where} is empty; expected a header line and one line a period.")
    header = cells.iloc[0].tolist()
    _check_header(header, len(cells) - 1, where)
    lowered = [name.lower() for name in header]
    key = next((lowered.index(name) for name in PERIOD_COLUMNS if name in lowered), 0)
    body = cells.iloc[1:]
    index = _periods(body.iloc[:, key].tolist(), where)
    columns = {
        name: pd.Series(_numbers(body.iloc[:, k].tolist(), name, index, where), index)
        for k, name in enumerate(header)
        if k != key
    }
    if all(values.isna().all() for values in columns.values()):
        raise ObservationError(f"{where} has no figure in any column; fill it in first.")
    order = index.argsort()
    if not index.is_monotonic_increasing:
        _LOG.info("%s: the periods were not in order and have been sorted.", where)
    index = index[order]
    check_regular(index, where)
    return index, {name: values.iloc[order] for name, values in columns.items()}


def _within(cells: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns without a cell, and the rows below the last one that has any."""
    filled = cells != ""
    return cells.loc[: filled.any(axis=1)[::-1].idxmax(), filled.any()] if filled.size else cells


def _lines(content: bytes, where: str) -> pd.DataFrame:
    """Return the cells of a text table; what separates them is read off its header line."""
    try:
        text = content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        _LOG.info("%s: not in UTF-8; read as Windows' Cyrillic (cp1251).", where)
        text = content.decode("cp1251", errors="replace")
    if "\0" in text:
        raise ObservationError(f"{where} is no text; expected a CSV or XLSX table.")
    text = _SEPARATOR_LINE.sub("", text)
    header = text.lstrip("\ufeff\r\n").partition("\n")[0]
    separator = max(",;\t", key=header.count) if header else ","
    try:
        cells = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            header=None,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=separator != "\t",
        ).fillna("")
        require_whole_rows(text, separator)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (ValueError, pd.errors.ParserError) as error:
        raise ObservationError(
            f"{where} is not a CSV table ({reading_fault(error)}); save it as one, with commas."
        ) from error
    return cells if separator == "," else _with_points(cells.map(str.strip), where)


def _with_points(found: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return text with decimal points for decimal commas; both in one table are refused."""
    commas = found.map(lambda cell: _WITH_COMMA.fullmatch(cell) is not None).to_numpy()
    points = found.map(lambda cell: _WITH_POINT.fullmatch(cell) is not None).to_numpy()
    if commas.any() and points.any():
        raise ObservationError(
            f"{where} has {found.to_numpy()[commas][0]!r} and {found.to_numpy()[points][0]!r}; "
            "expected decimal points or decimal commas, not both."
        )
    return found.mask(commas, found.map(lambda cell: cell.replace(",", ".")))


def _sheet(content: bytes, where: str) -> tuple[pd.DataFrame, str]:
    """Return the cells of the first sheet of an XLSX file as text, and what messages call it."""
    try:
        with pd.ExcelFile(io.BytesIO(content)) as book:
            names = book.sheet_names
            cells = pd.read_excel(book, header=None, dtype=object)
        fault = _without_result(content)
    except ImportError:
        raise ObservationError(
            f"{where} is an XLSX file, which needs openpyxl: save it as CSV, or install it with "
            "pip install 'sanctions-model[tables]'."
        ) from None
    except (
        BadZipFile,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        SyntaxError,
        zlib.error,
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ObservationError(
            f"{where} cannot be read as an XLSX file ({reason}); save it as CSV."
        ) from None
    if fault:
        raise ObservationError(f"{where}: {fault}.")
    if len(names) > 1:
        where = f"{where} (sheet {names[0]!r}, the first of {len(names)})"
    # Numbers that were pasted as text, with the decimal comma of their country.
    texts = cells.map(lambda cell: cell.strip() if isinstance(cell, str) else "")
    return cells.map(_as_text).where(texts == "", _with_points(texts, where)), where


def _without_result(content: bytes) -> str:
    """Say which cell pandas would read as empty although it is not; #N/A is for no figure."""
    import openpyxl

    results, formulas = (
        openpyxl.load_workbook(io.BytesIO(content), data_only=only).worksheets[0].iter_rows()
        for only in (True, False)
    )
    for result, formula in zip(chain(*results), chain(*formulas), strict=True):
        where = result.coordinate
        if result.data_type == "e" and result.value != "#N/A":
            shown = f"{where} ({result.value})"
            return f"{shown} is an error of the spreadsheet; mend its formula, or empty it"
        # A formula that gives an empty text is of the type "str" and a gap.
        if formula.data_type == "f" and result.value is None and result.data_type != "str":
            return (
                f"{where} has a formula whose result was never computed; open the file in a "
                "spreadsheet and save it there, or write the number"
            )
    return ""


def _as_text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return "" if cell is None or cell != cell else str(cell)


def _check_header(header: list[str], n_rows: int, where: str) -> None:
    if len(header) == 1:
        hint = "it looks separated by semicolons; " if ";" in header[0] else ""
        raise ObservationError(
            f"{where} has one column, expected periods and at least one series; {hint}"
            "separate columns by commas."
        )
    if "" in header[1:]:
        raise ObservationError(
            f"Column {header.index('', 1) + 1} of {where} has no name in the first row; expected "
            "one row of names and below it one row a period, without titles or rows of units."
        )
    if repeated := [name for name in header if header.count(name) > 1]:
        raise ObservationError(
            f"{where} has the column {repeated[0]!r} more than once; keep one of them."
        )
    if n_rows == 0:
        raise ObservationError(f"{where} has no rows below the header; expected one a period.")


def _periods(labels: list[str], where: str) -> pd.PeriodIndex:
    spans = _spans(labels, where)
    months = np.array([span.month for span in spans])
    steps = np.diff(np.sort(months))
    if all(span.months == 3 for span in spans):
        step = 3
    else:
        _check_days(labels, months, where)
        if len(steps) == 0:
            raise ObservationError(
                f"{where} has one row, {labels[0]!r}; expected two or more, so that quarters and "
                "months can be told apart."
            )
        # The most common step; 1 when all rows are one period, which is refused as a repetition.
        step = int(np.bincount(steps[steps > 0], minlength=2)[1:].argmax()) + 1
    if step not in {1, 3}:
        raise ObservationError(
            f"The periods of {where} are {_NAMES.get(step, f'{step} months apart')} "
            f"({labels[0]!r}, {labels[1]!r}, ...); expected quarters or months."
        )
    out_of_step = np.flatnonzero((months - months[0]) % step)
    if out_of_step.size:
        raise ObservationError(
            f"The periods of {where} are irregular: {labels[out_of_step[0]]!r} is out of step with "
            f"{labels[0]!r}; expected every {'quarter' if step == 3 else 'month'} once."
        )
    first_days = pd.DatetimeIndex((months - 1970 * 12).astype("datetime64[M]"))
    return first_days.to_period("M" if step == 1 else "Q")


def _spans(labels: list[str], where: str) -> list[Span]:
    """Return what the labels name; annual ones are refused."""
    day_first = is_day_first(labels)
    found = []
    for row, label in enumerate(labels):
        try:
            span = read_span(label, day_first=day_first)
        except QuestionError as error:
            raise ObservationError(
                f"Row {row + 2} of {where} has the period {label!r}: {error}"
            ) from None
        if span.months == 12:
            raise ObservationError(
                f"The periods of {where} are annual ({label!r}); expected quarters or months."
            )
        found.append(span)
    return found


def _check_days(labels: list[str], months: np.ndarray, where: str) -> None:
    """Refuse several dates in one month: days or weeks, not periods given twice."""
    dates = sorted(set(labels))
    if len(dates) > len(set(months.tolist())):
        raise ObservationError(
            f"The periods of {where} are shorter than a month ({dates[0]!r}, {dates[1]!r}, ...); "
            "expected quarters or months: average them first."
        )


def check_regular(index: pd.PeriodIndex, where: str) -> None:
    """Raise `ObservationError` if a period of an ordered index is there twice or missing."""
    if index.has_duplicates:
        raise ObservationError(
            f"{where} has the period {index[index.duplicated()][0]} more than once; keep one row."
        )
    missing = pd.period_range(index[0], index[-1], freq=index.freq).difference(index)
    if len(missing):
        raise ObservationError(
            f"{where} lacks {len(missing)} of its periods, the first {missing[0]}; expected every "
            "period once: add the row and leave its cells empty."
        )


def _numbers(texts: list[str], column: str, index: pd.PeriodIndex, where: str) -> np.ndarray:
    values = np.full(len(texts), np.nan)
    for row, given in enumerate(texts):
        text = given.replace("\u2212", "-")  # the minus of printed pages
        if _MISSING.fullmatch(text):
            continue
        if not _NUMBER.fullmatch(text):
            raise ObservationError(
                f"Row {row + 2} ({index[row]}), column {column!r} of {where} has {given!r}; "
                "expected a number with a decimal point, or an empty cell."
            )
        values[row] = float(text)
    return values


def frame_content(frame: pd.DataFrame) -> bytes:
    """Return a DataFrame as the content of a CSV file, its index first unless it only counts."""
    if frame.columns.nlevels > 1:
        raise ObservationError(
            f"The columns of the DataFrame have {frame.columns.nlevels} levels; expected one name "
            "each."
        )
    if frame.index.nlevels > 1:
        raise ObservationError(
            f"The rows of the DataFrame have {frame.index.nlevels} levels; expected a period each."
        )
    whole = frame.copy()
    if not isinstance(frame.index, pd.RangeIndex):
        whole.insert(0, str(frame.index.name or "period"), frame.index)
    return whole.apply(_labelled).to_csv(index=False).encode()


def _labelled(column: pd.Series) -> pd.Series:
    """Write dates as days, and quarters of any business year as those of the calendar."""
    labels: pd.Series = column
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        labels = column.dt.strftime("%Y-%m-%d")
    elif column.dtype.name.startswith("period[Q"):
        starts = column.dt.start_time
        if (starts.dropna().dt.month % 3 != 1).any():
            raise ObservationError(
                f"The quarters of the DataFrame are {column.dtype.name}, whose first one begins on "
                f"{starts.iloc[0]:%Y-%m-%d}; expected quarters that begin in January, April, July "
                "and October."
            )
        labels = starts.dt.to_period("Q").astype(str)
    return labels
