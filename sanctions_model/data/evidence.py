"""The published estimates behind the priors: one row of ``data/evidence.csv`` each.

This module knows who estimated what, in which unit, and whether the figure was seen in the source
itself. It does not know how an estimate became a prior: that is said beside each prior.
"""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from sanctions_model.data.bundled import data_path
from sanctions_model.errors import PriorError, did_you_mean, reason_of
from sanctions_model.files import content_of

if TYPE_CHECKING:
    import pandas as pd

type EvidenceStatus = Literal["seen", "second_hand", "own_calculation", "qualitative"]

_STATUSES: tuple[str, ...] = get_args(EvidenceStatus.__value__)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_ADDRESS = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)+(/[^\s\"<>]*)?")
_EMPTY_MEANS_ABSENT = ("year", "value", "lower", "upper")

_Filled = Annotated[str, StringConstraints(min_length=1)]


class Estimate(BaseModel):
    """One published estimate, or one result without a number.

    `id`: name by which priors refer to the row, in snake case. `link`: link, parameter or total
    that the estimate speaks of, as in ``"key_rate -> lending_rate"`` or ``"total: relief -> gdp
    level"``. `authors`: authors or institution. `year`: year of publication; None where the record
    does not give it. `title`: title; a description in square brackets where the record does not
    give one. `venue`, `sample`, `method`: where it appeared, what was looked at, and how; empty
    where not recorded. `value`, `lower`, `upper`: central value and bounds in `unit`; what the
    bounds are is said in `note`. `unit`: unit of the numbers; required when there are any.
    `horizon`: after how long, or over which period. `status`: ``"seen"`` in the source itself,
    ``"second_hand"`` through another text named in `note`, ``"own_calculation"``, or
    ``"qualitative"`` when there is no number. `note`: what a reader of the number must know.
    `doi_or_url`: where it can be read: a DOI, as in ``"10.1093/qje/qjs020"``, or an address that
    begins with ``https://`` or ``http://``, of the text that `note` names where it is second hand;
    empty where none is known for sure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    id: str
    link: _Filled
    authors: _Filled
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    title: _Filled
    venue: str = ""
    sample: str = ""
    method: str = ""
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    lower: Annotated[float, Field(allow_inf_nan=False)] | None = None
    upper: Annotated[float, Field(allow_inf_nan=False)] | None = None
    unit: str = ""
    horizon: str = ""
    status: EvidenceStatus
    note: str = ""
    doi_or_url: str = ""

    @property
    def address(self) -> str:
        """Where it can be read, as an address for a browser; empty where none is known."""
        return f"https://doi.org/{self.doi_or_url}" if _is_doi(self.doi_or_url) else self.doi_or_url

    @field_validator("doi_or_url")
    @classmethod
    def _can_be_followed(cls, text: str) -> str:
        if text and not _is_doi(text) and _ADDRESS.fullmatch(text) is None:
            message = (
                f"{text!r} is neither a DOI, as in '10.1093/qje/qjs020', nor an address that "
                "begins with https:// or http://; leave the cell empty where none is known"
            )
            raise ValueError(message)
        return text

    @field_validator("id")
    @classmethod
    def _id_is_snake_case(cls, identifier: str) -> str:
        if _IDENTIFIER.fullmatch(identifier) is None:
            message = f"{identifier!r} is not snake case, as in 'ghomi_2021_iran'"
            raise ValueError(message)
        return identifier

    @field_validator("upper")
    @classmethod
    def _bounds_are_ordered(cls, upper: float | None, info: ValidationInfo) -> float | None:
        given = (info.data.get("lower"), info.data.get("value"), upper)
        ordered = [number for number in given if number is not None]
        if ordered != sorted(ordered):
            message = f"lower {given[0]}, value {given[1]}, upper {given[2]} are not in this order"
            raise ValueError(message)
        return upper

    @field_validator("unit")
    @classmethod
    def _numbers_have_a_unit(cls, unit: str, info: ValidationInfo) -> str:
        if _has_numbers(info) and not unit:
            message = "a number needs a unit"
            raise ValueError(message)
        return unit

    @field_validator("status")
    @classmethod
    def _status_fits_the_numbers(
        cls, status: EvidenceStatus, info: ValidationInfo
    ) -> EvidenceStatus:
        if (status == "qualitative") == _has_numbers(info):
            has = "numbers" if _has_numbers(info) else "no number"
            message = f"{status!r} with {has}; a row has no number exactly when it is 'qualitative'"
            raise ValueError(message)
        return status

    @field_validator("note")
    @classmethod
    def _second_hand_names_the_quoting_text(cls, note: str, info: ValidationInfo) -> str:
        if info.data.get("status") == "second_hand" and not note:
            message = "a second-hand figure must name the text that quotes it"
            raise ValueError(message)
        return note


@dataclass(frozen=True, slots=True)
class Evidence:
    """All estimates, in the order of the file.

    `estimates`: with ids that differ. Raises `PriorError` if there are none, or two have one id.

    >>> evidence = load_evidence()
    >>> evidence["nguyen_phan_williams_2017_long_run"].value
    0.83
    >>> "rumour_2022" in evidence
    False
    """

    estimates: tuple[Estimate, ...]

    def __post_init__(self) -> None:
        if not self.estimates:
            message = "Evidence needs at least one estimate and got none."
            raise PriorError(message)
        seen: set[str] = set()
        for estimate in self.estimates:
            if estimate.id in seen:
                message = f"Evidence has two estimates with the id {estimate.id!r}; rename one."
                raise PriorError(message)
            seen.add(estimate.id)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the estimates, in order."""
        return tuple(estimate.id for estimate in self.estimates)

    def __len__(self) -> int:
        """Return the number of estimates."""
        return len(self.estimates)

    def __iter__(self) -> Iterator[Estimate]:
        """Iterate over the estimates, in order."""
        return iter(self.estimates)

    def __contains__(self, identifier: object) -> bool:
        """Return whether there is an estimate with this id."""
        return identifier in self.ids

    def __getitem__(self, identifier: str) -> Estimate:
        """Return the estimate with this id. Raises `PriorError` if there is none."""
        for estimate in self.estimates:
            if estimate.id == identifier:
                return estimate
        message = (
            f"Unknown evidence id {identifier!r} among {len(self)} estimates; see "
            f"data/evidence.csv.{did_you_mean(identifier, self.ids)}"
        )
        raise PriorError(message)

    def to_frame(self) -> "pd.DataFrame":
        """Return the estimates as a table.

        Returns: index ``id``; one column for each other field; missing years are ``<NA>``, missing
        numbers NaN.
        """
        import pandas as pd

        frame = pd.DataFrame(
            [estimate.model_dump() for estimate in self.estimates],
            columns=list(Estimate.model_fields),
        ).set_index("id")
        return frame.astype({"year": "Int64", "value": float, "lower": float, "upper": float})


def load_evidence(path: str | Path | None = None) -> Evidence:
    """Read published estimates from a comma-separated file.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        File with the columns of `Estimate`; default: the bundled ``data/evidence.csv``.

    Returns
    -------
    Evidence
        The estimates in the order of the file; one by its id as ``evidence[id]``.

    Raises
    ------
    PriorError
        If the file is missing, empty or not text, lacks a column or has an unknown one, or has a
        row that is refused. The message names file, line, column and reason.

    Examples
    --------
    >>> load_evidence()["baqaee_malmberg_2025_consumption"].unit
    '% of consumption'
    """
    file = data_path("evidence.csv") if path is None else Path(path)
    rows = _read_rows(file)
    estimates: list[Estimate] = []
    line_of: dict[str, int] = {}
    for line, cells in rows:
        estimate = _parse_row(file, line, cells)
        if estimate.id in line_of:
            message = (
                f"{file}, line {line}, column 'id': {estimate.id!r} is already the id of line "
                f"{line_of[estimate.id]}; rename one."
            )
            raise PriorError(message)
        line_of[estimate.id] = line
        estimates.append(estimate)
    return Evidence(tuple(estimates))


def _is_doi(text: str) -> bool:
    return _DOI.fullmatch(text) is not None


def _has_numbers(info: ValidationInfo) -> bool:
    return any(info.data.get(name) is not None for name in ("value", "lower", "upper"))


def _read_rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = content_of(file).decode("utf-8-sig")
    except OSError as error:
        message = f"Cannot read the evidence file {file}: {error.strerror}."
        raise PriorError(message) from error
    except UnicodeDecodeError as error:
        message = f"The evidence file {file} is not UTF-8 text; save it as UTF-8."
        raise PriorError(message) from error
    reader = csv.reader(io.StringIO(text, newline=None))
    header = next(reader, [])
    _check_header(file, header)
    rows: list[tuple[int, dict[str, str]]] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            message = (
                f"{file}, line {reader.line_num}: {len(cells)} cells for {len(header)} columns; "
                "quote a cell that holds a comma."
            )
            raise PriorError(message)
        stripped = (cell.strip() for cell in cells)
        rows.append((reader.line_num, dict(zip(header, stripped, strict=True))))
    if not rows:
        message = f"The evidence file {file} has no rows; expected one published estimate a row."
        raise PriorError(message)
    return rows


def _check_header(file: Path, header: Sequence[str]) -> None:
    columns = list(Estimate.model_fields)
    if not header:
        message = f"The evidence file {file} is empty; expected the columns {', '.join(columns)}."
        raise PriorError(message)
    for name in header:
        if name not in columns:
            message = (
                f"{file}, line 1: unknown column {name!r}. The columns are: "
                f"{', '.join(columns)}.{did_you_mean(name, columns)}"
            )
            raise PriorError(message)
        if list(header).count(name) > 1:
            message = f"{file}, line 1: the column {name!r} is there twice; remove one."
            raise PriorError(message)
    missing = [name for name in columns if name not in header]
    if missing:
        message = f"{file}, line 1: missing column {', '.join(map(repr, missing))}; add it."
        raise PriorError(message)


def _parse_row(file: Path, line: int, cells: dict[str, str]) -> Estimate:
    present = {
        name: cell for name, cell in cells.items() if cell or name not in _EMPTY_MEANS_ABSENT
    }
    # Absent numbers are passed on as None, so that the order of the bounds is always checked.
    absent = dict.fromkeys(name for name in _EMPTY_MEANS_ABSENT if name not in present)
    try:
        return Estimate.model_validate(present | absent)
    except ValidationError as error:
        # The first fault: a fault of `lower` makes later checks of the row moot.
        first = error.errors()[0]
        column = str(first["loc"][0])
        reason = _reason(column, cells[column], reason_of(first))
        message = f"{file}, line {line}, column {column!r}: {reason}"
        raise PriorError(message) from error


def _reason(column: str, cell: str, fault: str) -> str:
    if column in _EMPTY_MEANS_ABSENT and not _is_finite(cell):
        return f"{cell!r} is not a number; leave the cell empty where there is none."
    if column == "status" and cell not in _STATUSES:
        choices = ", ".join(_STATUSES)
        return f"{cell!r} is not one of {choices}.{did_you_mean(cell, _STATUSES)}"
    if not fault.startswith("expected"):  # a sentence of ours, which says it
        return f"{fault}."
    return f"{cell!r} is refused: {fault}." if cell else "the cell must not be empty."


def _is_finite(cell: str) -> bool:
    try:
        return not cell or math.isfinite(float(cell))
    except ValueError:
        return False
