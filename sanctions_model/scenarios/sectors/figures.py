"""The sectors' figures: grey share, premium, weight and exposure of each, with their sources."""

import csv
import io
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, model_validator

from sanctions_model.data.bundled import data_path, require_whole_rows
from sanctions_model.errors import ObservationError, first_fault, reading_fault
from sanctions_model.files import content_of

_SUMS = 1e-6
type Status = Literal["seen", "second_hand", "own_calculation", "judgement", "remainder"]


class Sector(BaseModel):
    """One row of ``sectors.csv``.

    `share_alpha`, `share_beta`: Beta of the grey share of the sector's imports. `premium_median`,
    `premium_sigma`: log-normal of the premium on these, in % of the border price. `weight_alpha`,
    `weight_beta`: Beta of the sector's share of goods imports; none for the row that takes what is
    left. `trade`, `finance`, `transport`: exposure to the effective measures; they sum to 1.
    `output_percent`: change of the output of its firms that used banned inputs, against other
    firms, in %; none where it is not answered. `output_status`, `output_source`: what that rests
    on, or why it is not answered. `capacity`: what is known of the sector's capacity, in words.
    `share_status`, `premium_status`, `weight_status`: what each figure rests on. `share_source`,
    `premium_source`, `weight_source`: where it is from, or why it was judged so. `evidence`: ids of
    the rows of ``evidence.csv`` that these sources quote, which hold their addresses, separated by
    semicolons; none where they quote no row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sector: str = Field(min_length=1)
    label: str = Field(min_length=1)
    share_alpha: PositiveFloat
    share_beta: PositiveFloat
    share_status: Status
    share_source: str = Field(min_length=1)
    premium_median: PositiveFloat
    premium_sigma: PositiveFloat
    premium_status: Status
    premium_source: str = Field(min_length=1)
    weight_alpha: PositiveFloat | None
    weight_beta: PositiveFloat | None
    weight_status: Status
    weight_source: str = Field(min_length=1)
    trade: float = Field(ge=0, le=1)
    finance: float = Field(ge=0, le=1)
    transport: float = Field(ge=0, le=1)
    output_percent: float | None = Field(default=None, ge=-100, allow_inf_nan=False)
    output_status: Status | Literal["not_answered"] = "not_answered"
    output_source: str = Field(default="no figure given", min_length=1)
    capacity: str = Field(default="not answered", min_length=1)
    evidence: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if abs(self.trade + self.finance + self.transport - 1) > _SUMS:
            raise ValueError("trade, finance and transport are exposures that must sum to 1")
        remainder = self.weight_alpha is None
        if remainder != (self.weight_beta is None) or remainder != (
            self.weight_status == "remainder"
        ):
            raise ValueError(
                "expected weight_alpha and weight_beta, or neither and weight_status remainder"
            )
        if (self.output_percent is None) != (self.output_status == "not_answered"):
            raise ValueError(
                "expected output_percent with what it rests on, or neither and output_status "
                "not_answered"
            )
        return self

    @property
    def is_remainder(self) -> bool:
        """Whether the row takes the weight that the others leave."""
        return self.weight_alpha is None


def load_sectors(path: Path | str | None = None) -> tuple[Sector, ...]:
    """Read the sectors.

    Parameters
    ----------
    path : path, optional
        A CSV file with the columns of `Sector`; the bundled one by default. Those of output,
        capacity and evidence may be missing.

    Returns
    -------
    tuple of Sector
        In the order of the file: grey share, premium and weight of each, with sources.

    Raises
    ------
    ObservationError
        If the file is missing, a row is wrong, a sector is there twice, or there is not exactly one
        row for the remainder.

    Examples
    --------
    >>> [sector.sector for sector in load_sectors()][:2]
    ['aircraft', 'rail']
    """
    file = data_path("sectors.csv") if path is None else Path(path)
    try:
        text = content_of(file).decode("utf-8-sig")
        require_whole_rows(text)
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, ValueError, csv.Error) as error:  # pandas' own are ValueErrors
        raise ObservationError(f"Cannot read the sectors {file}: {reading_fault(error)}.") from None
    found = []
    for line, row in rows:
        try:
            stated = {name: None if value == "" else value for name, value in row.items()}
            found.append(Sector.model_validate(stated))
        except ValidationError as error:
            raise ObservationError(f"{file.name}: line {line}: {first_fault(error)}.") from None
    names = [sector.sector for sector in found]
    if len(set(names)) < len(names):
        raise ObservationError(f"{file.name}: a sector is there twice: {', '.join(names)}.")
    if sum(sector.is_remainder for sector in found) != 1:
        raise ObservationError(
            f"{file.name}: expected exactly one row whose weight is the remainder."
        )
    return tuple(found)
