"""Liftings of sanctions: one row of ``data/relief_episodes.csv`` each, checked when read.

Knows dates, senders and instruments; knows no outcomes.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sanctions_model.data.bundled import data_path, require_whole_rows
from sanctions_model.errors import ObservationError, did_you_mean, first_fault, reading_fault
from sanctions_model.files import content_of

type Instrument = Literal["trade", "financial", "arms", "travel"]
type Ending = Literal[
    "sender_decision",
    "policy_change",
    "settlement",
    "settlement_regime_change",
    "settlement_war_end",
    "regime_change",
    "regime_change_election",
    "regime_change_by_war",
    "regime_change_by_intervention",
    "war_end",
]

INSTRUMENTS: tuple[Instrument, ...] = get_args(Instrument.__value__)
_Year = Annotated[int, Field(ge=1900, le=2100)]
_Filled = Annotated[str, Field(min_length=1)]


class Episode(BaseModel):
    """One lifting of sanctions.

    `target`, `iso3`: country, in words and as the code of ISO 3166 that the panel uses. `senders`:
    who lifted; in the file with semicolons between them. `first_year`, `lift_year`: of the
    imposition and of the lifting. `lift_date`: as exact as known: year, year-month or day. `trade`,
    `financial`, `arms`, `travel`: instruments that were lifted. `multilateral`: whether several
    senders, or an organisation, acted together. `extent`: ``"full"`` or ``"partial"``. `ended_how`:
    what led to the lifting, as in ``"settlement"``. `imposed_by`, `lifted_by`: resolutions, orders
    and decisions. `checked`: the act whose text was read, or ``"no"``: dates from memory of public
    records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    episode_id: _Filled
    target: _Filled
    iso3: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    senders: tuple[_Filled, ...] = Field(min_length=1)
    first_year: _Year
    lift_year: _Year
    lift_date: str
    trade: bool
    financial: bool
    arms: bool
    travel: bool
    multilateral: bool
    extent: Literal["full", "partial"]
    ended_how: Ending
    imposed_by: str = ""
    lifted_by: str = ""
    reimposed_year: _Year | None = None
    checked: _Filled = "no"

    @field_validator("senders", mode="before")
    @classmethod
    def _split(cls, senders: object) -> object:
        if isinstance(senders, str):
            return tuple(part.strip() for part in senders.split(";"))
        return senders

    @model_validator(mode="after")
    def _date_is_of_the_year(self) -> "Episode":
        said = re.fullmatch(r"(\d{4})(-(0[1-9]|1[0-2])(-\d{2})?)?", self.lift_date)
        if said is None or int(said[1]) != self.lift_year:
            raise ValueError(
                f"lift_date is {self.lift_date!r} and lift_year {self.lift_year}; expected a year, "
                "year-month or day of that year, as in 2016-01-16"
            )
        return self

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> "Episode":
        if self.lift_year < self.first_year:
            raise ValueError(
                f"lifted in {self.lift_year}, before the imposition in {self.first_year}"
            )
        if self.reimposed_year is not None and self.reimposed_year < self.lift_year:
            raise ValueError(
                f"reimposed in {self.reimposed_year}, before the lifting in {self.lift_year}"
            )
        if not any(getattr(self, name) for name in INSTRUMENTS):
            raise ValueError(
                "no instrument was lifted; expected one or more of trade, financial, arms, travel"
            )
        return self

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Names of the instruments that were lifted."""
        return tuple(name for name in INSTRUMENTS if getattr(self, name))

    @property
    def by_war(self) -> bool:
        """Whether a war's end or an intervention from outside ended it."""
        return "war" in self.ended_how or "intervention" in self.ended_how

    @property
    def by_regime_change(self) -> bool:
        """Whether another government came first."""
        return "regime_change" in self.ended_how


def load_episodes(path: Path | str | None = None) -> tuple[Episode, ...]:
    """Read liftings of sanctions from a comma-separated file.

    Parameters
    ----------
    path : path, optional
        With the columns of `Episode`; the bundled ``data/relief_episodes.csv`` by default.

    Returns
    -------
    tuple of Episode
        In the order of the file.

    Raises
    ------
    ObservationError
        If the file cannot be read, has a column too many or too few, or a row is refused: a
        lifting before the imposition, a date outside its year, an unknown instrument, an id or a
        lifting given twice.

    Examples
    --------
    >>> episodes = {episode.episode_id: episode for episode in load_episodes()}
    >>> episodes["IRN2016"].reimposed_year
    2018
    """
    file = data_path("relief_episodes.csv") if path is None else Path(path)
    cells = read_cells(file, list(Episode.model_fields), _optional())
    found = [
        _episode(file, row, {str(name): str(cell) for name, cell in cells_of.items()})
        for row, cells_of in enumerate(cells.to_dict("records"))
    ]
    for name, count in Counter(episode.episode_id for episode in found).items():
        if count > 1:
            raise ObservationError(
                f"{file.name}: the episode {name!r} is there {count} times; "
                "keep one row or give another id."
            )
    _refuse_the_same_lifting(file, found)
    return tuple(found)


def _refuse_the_same_lifting(file: Path, episodes: Sequence[Episode]) -> None:
    """Refuse one lifting under two ids: it would count twice, and years do not tell them apart."""
    known: dict[tuple[str, int, str], str] = {}
    for e in episodes:
        for sender in e.senders:
            first = known.setdefault((e.iso3, e.lift_year, sender), e.episode_id)
            if first != e.episode_id:
                raise ObservationError(
                    f"{file.name}: {first!r} and {e.episode_id!r} are the same lifting ({e.iso3}, "
                    f"{e.lift_year}, by {sender}); keep one."
                )


def _optional() -> list[str]:
    return [name for name, field in Episode.model_fields.items() if not field.is_required()]


def _episode(file: Path, row: int, cells: dict[str, str]) -> Episode:
    given = {name: cell for name, cell in cells.items() if cell or name not in _optional()}
    where = f"{file.name}, line {row + 2} ({cells['episode_id'] or 'no id'})"
    try:
        return Episode.model_validate(given)
    except ValidationError as error:
        raise ObservationError(f"{where}: {first_fault(error)}.") from None


def read_cells(file: Path, columns: Sequence[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """Return the cells of a CSV file as text, or say which column is unknown, twice or missing.

    `columns`: all that there may be. `optional`: those of them that may be missing. Returns: text
    without spaces around it, "" for empty cells. Raises `ObservationError`.
    """
    try:
        text = content_of(file).decode("utf-8-sig")
        cells = pd.read_csv(io.StringIO(text), header=None, dtype=str, keep_default_na=False)
        require_whole_rows(text)
    except OSError as error:
        raise ObservationError(f"Cannot read {file}: {error.strerror}; give a CSV file.") from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ObservationError(
            f"{file.name} is not a CSV table in UTF-8 ({reading_fault(error)})."
        ) from None
    header = [str(name).strip() for name in cells.iloc[0]]
    for name in header:
        if name not in columns:
            raise ObservationError(
                f"{file.name}: unknown column {name!r}; the columns are {', '.join(columns)}."
                f"{did_you_mean(name, columns)}"
            )
        if header.count(name) > 1:
            raise ObservationError(f"{file.name}: the column {name!r} is there twice; keep one.")
    if missing := [name for name in columns if name not in header and name not in set(optional)]:
        raise ObservationError(f"{file.name}: missing column {missing[0]!r}; add it.")
    if len(cells) == 1:
        raise ObservationError(f"{file.name} has no rows below the header.")
    body = cells.iloc[1:].fillna("").map(str.strip).reset_index(drop=True)
    return body.set_axis(header, axis=1)


def episodes_table(episodes: Sequence[Episode]) -> pd.DataFrame:
    """Return episodes as a table that `load_episodes` would read back once written.

    Parameters
    ----------
    episodes : sequence of Episode
        As `load_episodes` returns them.

    Returns
    -------
    pandas.DataFrame
        One row an episode, the columns of `Episode`, flags as 0 and 1, senders joined by ``;``.
    """
    table = pd.DataFrame(
        [episode.model_dump() for episode in episodes], columns=list(Episode.model_fields)
    )
    table["senders"] = table["senders"].map(";".join)
    flags = [*INSTRUMENTS, "multilateral"]
    table[flags] = table[flags].astype(int)
    return table.astype({"reimposed_year": "Int64"})
