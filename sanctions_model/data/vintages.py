"""Vintages of the data: dated folders that are written whole, never changed, known by a hash.

A vintage holds the transcribed figures, the events and the rule of the measures, what follows from
them, and ``vintage.json``, which says where each column comes from. The bundled data are one too.
This module knows files; it fetches nothing and knows no model.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from sanctions_model.data.bundled import data_path
from sanctions_model.data.economy_series import build_economy
from sanctions_model.data.fields import Number, Version
from sanctions_model.data.tables import parse_table, read_content
from sanctions_model.data.transformations import (
    RAW_COLUMNS_OF,
    build_quarterly,
    load_raw,
    write_table,
)
from sanctions_model.errors import ObservationError, did_you_mean, first_fault

_LOG = logging.getLogger(__name__)
# Half of the last printed digit of a table.
_PRINTED = 5e-5
_MEASURE_PREFIXES = ("us_share_", "composite_")
BUNDLED = "bundled"
_RECORD = "vintage.json"
_RAW = "raw_quarterly.csv"
TABLES = {"raw": _RAW, "model": "russia_quarterly.csv", "measures": "measures.csv"}
_INPUTS = ("sanctions_events.csv", "measures_rule.toml")
_FILES = (*TABLES.values(), *_INPUTS)
_PART = ".part-"
_ABANDONED_SECONDS = 86_400.0


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeriesRecord(_Frozen):
    """Where the newest figures of a transcribed column come from.

    `join` is the first period taken from the source; what precedes it is the base vintage's. The
    source's figures were multiplied by `factor` to continue the base.
    """

    column: str
    source: str
    producer: str
    unit: str
    retrieved: str
    join: str
    last: str
    factor: Number


class _Record(_Frozen):
    format_version: Version
    created: str
    base: str
    base_sha256: str
    series: tuple[SeriesRecord, ...]
    failures: tuple[str, ...]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vintage:
    """One vintage of the data.

    `name`: its date, with a number from the second of a day on; ``"bundled"`` for the bundled one.
    `sha256`: of the names and contents of its data files. `series`: columns that were fetched, each
    with its source; empty for the bundled one.
    """

    name: str
    folder: Path
    sha256: str
    series: tuple[SeriesRecord, ...] = ()

    def path(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.folder / name

    def table(self, name: str) -> pd.DataFrame:
        """Return ``"raw"``, ``"model"`` or ``"measures"``: quarters by series."""
        file = self.path(TABLES[name])
        index, columns = parse_table(read_content(file), file.name)
        return pd.DataFrame(columns, index).rename_axis("quarter")


def default_folder() -> Path:
    """Return where vintages are kept unless said otherwise.

    ``$SANCTIONS_MODEL_VINTAGES``, or ``vintages`` in the working directory, beside ``results``:
    never inside the package or the bundled data, which an update of the package replaces.
    """
    return Path(os.environ.get("SANCTIONS_MODEL_VINTAGES") or "vintages")


def bundled_vintage() -> Vintage:
    """Return the vintage that came with the package.

    >>> bundled_vintage().name
    'bundled'
    """
    folder = data_path(_RAW).parent
    return Vintage(name=BUNDLED, folder=folder, sha256=_sha256(_hashes(folder)))


def load_vintage(folder: Path | str) -> Vintage:
    """Read a vintage and check that it is whole.

    `folder`: as `write_vintage` made it. Raises `ObservationError` if there is none, or a file is
    missing or has been changed.
    """
    folder = Path(folder)
    try:
        record = _Record.model_validate_json((folder / _RECORD).read_bytes())
    except OSError:
        raise ObservationError(
            f"{folder} is no vintage: it has no {_RECORD}; `sanctions-model data list` names "
            "those that there are."
        ) from None
    except ValidationError as error:
        raise ObservationError(
            f"The vintage {folder} cannot be used: {_RECORD}: {first_fault(error)}."
        ) from None
    found = _hashes(folder)
    if changed := [name for name in _FILES if record.files.get(name) != found[name]]:
        raise ObservationError(
            f"The vintage {folder} is not as it was written: {changed[0]} has changed; take "
            "another vintage, or make a table of your own of it."
        )
    return Vintage(name=folder.name, folder=folder, sha256=_sha256(found), series=record.series)


def list_vintages(folder: Path | str | None = None) -> list[Vintage]:
    """Return the vintages of a folder from the oldest to the newest, the bundled one first.

    Unfinished and foreign folders are passed over.
    """
    place = default_folder() if folder is None else Path(folder)
    return [bundled_vintage(), *(load_vintage(place / name) for name in _names(place))]


def find_vintage(name: str, folder: Path | str | None = None) -> Vintage:
    """Return a vintage by name, by path, or by ``"latest"`` or ``"bundled"``.

    Parameters
    ----------
    name : str
        Date of a vintage, its folder, or one of the two words.
    folder : path, optional
        Where vintages are kept.

    Returns
    -------
    Vintage
        Its name, folder, hash, and the source of each series.

    Raises
    ------
    ObservationError
        If there is none of that name; the message names those that there are.
    """
    place = default_folder() if folder is None else Path(folder)
    if name == BUNDLED:
        return bundled_vintage()
    if name == "latest":
        own = _names(place)
        return load_vintage(place / own[-1]) if own else bundled_vintage()
    for candidate in (Path(name), place / name):
        if (candidate / _RECORD).is_file():
            return load_vintage(candidate)
    names = [BUNDLED, *_names(place)]
    raise ObservationError(
        f"There is no vintage {name!r} in {place}; there is {', '.join(names)}."
        f"{did_you_mean(name, names)}"
    )


def write_vintage(
    raw: pd.DataFrame,
    *,
    base: Vintage,
    series: Sequence[SeriesRecord],
    failures: Sequence[str],
    folder: Path,
    check: Callable[[Path], None],
) -> Vintage:
    """Write a new vintage beside the old ones: it appears whole or not at all.

    Everything is written to a hidden folder beside, checked, forced to the disk and renamed; an
    existing vintage is never replaced. A process that dies leaves a hidden folder, which a later
    call removes when it is a day old.

    `raw`: transcribed figures, columns of ``raw_quarterly.csv``. `base`: gives the events and the
    rule of the measures. `series`: columns that were fetched, now or for the base. `failures`: what
    was asked for in vain, one line each. `folder`: made if need be. `check`: given the finished
    folder, raises if its data cannot be used. Raises `ObservationError` if the figures cannot be
    used or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
        staging = folder / f"{_PART}{uuid.uuid4().hex}"
        staging.mkdir()
    except OSError as error:
        raise ObservationError(
            f"Cannot write vintages to {folder}: {error.strerror}; give another folder."
        ) from None
    try:
        created = datetime.now(UTC)
        write_table(raw.rename_axis("quarter"), staging / _RAW)
        for name in _INPUTS:
            shutil.copyfile(base.path(name), staging / name)
        rebuild_data(staging)
        hashes = _hashes(staging)
        record = _Record(
            format_version=1,
            created=created.isoformat(timespec="seconds"),
            base=base.name,
            base_sha256=base.sha256,
            series=tuple(series),
            failures=tuple(failures),
            files=hashes,
        )
        text = json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False)
        (staging / _RECORD).write_text(text + "\n", encoding="utf-8")
        check(staging)
        for path in (*staging.iterdir(), staging):
            _force_to_disk(path)
        target = _publish(staging, folder, created.date().isoformat())
        _force_to_disk(folder)
        return load_vintage(target)
    except OSError as error:
        raise ObservationError(
            f"Cannot write a vintage to {folder}: {error.strerror}; give another folder."
        ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256(read_content(folder / name)).hexdigest() for name in sorted(_FILES)
    }


def _sha256(hashes: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()


def _names(place: Path) -> list[str]:
    found = [path.parent.name for path in place.glob(f"*/{_RECORD}") if path.is_file()]
    return sorted((name for name in found if not name.startswith(".")), key=_order)


def _order(name: str) -> tuple[str, int]:
    date, _, number = name.partition(".")
    return date, int(number) if number.isdigit() else 1


def _publish(staging: Path, folder: Path, date: str) -> Path:
    number = 1
    while True:
        target = folder / (date if number == 1 else f"{date}.{number}")
        if not target.exists():
            try:
                # A full folder is never replaced by a rename, so two updates cannot collide.
                staging.rename(target)
            except OSError:
                if not target.exists():
                    raise
            else:
                return target
        number += 1


def _force_to_disk(path: Path) -> None:
    if path.is_dir():
        # Folders cannot be opened on every system; there a rename is as safe as it gets.
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(f"{_PART}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
                _LOG.info("removed the unfinished vintage %s", path.name)


_FIRST_QUARTER = "2005Q1"


def rebuild_data(directory: Path | str) -> list[Path]:
    """Write ``russia_quarterly.csv`` and ``measures.csv`` anew, each whole or not at all.

    And ``russia_economy.csv`` where ``economy_raw.csv`` is there.

    `directory`: holds ``raw_quarterly.csv``, ``sanctions_events.csv`` and ``measures_rule.toml``.
    Returns: the files written. Raises `ObservationError` if the directory or an input is missing or
    cannot be used; nothing is written then.
    """
    from sanctions_model.data.sanctions.measures import intensities, load_events, load_rule

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
    tables = {"russia_quarterly.csv": series, "measures.csv": measures}
    further = folder / "economy_raw.csv"
    if further.is_file():
        raw = load_raw(folder / "raw_quarterly.csv")
        tables["russia_economy.csv"] = build_economy(raw, load_raw(further))
    return [write_table(table, folder / name) for name, table in tables.items()]


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
