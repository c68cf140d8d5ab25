"""Files and folders that appear whole or not at all, and tables of TOML files."""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import tomllib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanctions_model.errors import QuestionError, SanctionsModelError, reading_fault

if TYPE_CHECKING:
    import xarray as xr

TABLES_FORMAT_VERSION = 1
_PART = ".part-"
_UNFINISHED = ".unfinished"  # stands in a folder while its files are being replaced
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_KNOWN_BY = ("manifest.json", "identity.json")  # the folder of a run, of a sweep
_MOST_READ = 2**26  # bytes: a table of all countries and all days is smaller
_LONGEST_NAME = 200  # bytes: what file systems hold, less what a part file adds


def content_of(file: Path) -> bytes:
    """Return the bytes of a file that somebody names, of a device or a pipe without an end too.

    Raises `OSError` if it cannot be read, or holds more than any table or text that is read whole.
    """
    with file.open("rb") as opened:
        content = opened.read(_MOST_READ + 1)
    if len(content) > _MOST_READ:
        raise OSError(errno.EFBIG, f"it holds more than {_MOST_READ // 2**20} MB")
    return content


def toml_content(
    file: Path, what: str = "a TOML file", refuse: type[SanctionsModelError] = QuestionError
) -> dict[str, Any]:
    """Return what a TOML file says, as it stands there.

    `what`: what should be given in place of a file that cannot be read. `refuse`: raised if the
    file cannot be read or is no TOML.
    """
    try:
        return _parsed_toml(content_of(file))
    except OSError as error:
        raise refuse(f"Cannot read {file}: {error.strerror}; give {what}.") from None
    except (ValueError, RecursionError) as error:
        raise refuse(f"{file.name} is not a TOML file: {reading_fault(error)}.") from None


def _parsed_toml(content: bytes) -> dict[str, Any]:
    """Parse TOML, whose whole numbers have 64 bits: `tomllib` takes longer ones, no array does.

    Raises `ValueError` if it is no TOML, and `RecursionError` if it is nested too deeply.
    """
    tables = tomllib.loads(content.decode())
    _require_64_bits(tables)
    return tables


def _require_64_bits(value: object) -> None:
    if isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            _require_64_bits(entry)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("a whole number in it is too long")


def read_tables(file: Path, name: str, *, optional: bool = False) -> dict[str, Any]:
    """Return the tables ``[name.X]`` of a TOML file of this format version.

    `optional`: whether there may be none. Raises `QuestionError` if the file cannot be read, is no
    TOML, has another version or no such table.
    """
    content = toml_content(file)
    tables: object = content.get(name, {})
    version = content.get("format_version")
    known = version == TABLES_FORMAT_VERSION and not isinstance(version, bool)
    if not known or not isinstance(tables, dict) or not (tables or optional):
        raise QuestionError(
            f"{file.name}: expected format_version = {TABLES_FORMAT_VERSION} and tables "
            f"[{name}.NAME]."
        )
    return tables


def require_target(path: Path, what: str, suffixes: Sequence[str]) -> None:
    """Refuse a path that no file could or should be written to; call it before any work.

    `path`: what is to be written. A file that is there is replaced, if it is a plain one. `what`:
    what names it, for the message, as in ``--csv``. `suffixes`: endings that say of what kind it
    is; without this a fit could be replaced by a table. Raises `QuestionError` if the ending is
    another, the folder is not there or not writable, or there is something of this name that is no
    plain file of ours to replace.
    """
    where = f"{what} {path}"
    if path.is_dir():
        raise QuestionError(f"{where}: that is a folder; give a file name.")
    if not path.parent.is_dir():
        raise QuestionError(f"{where}: there is no folder {path.parent}; make it first.")
    if path.suffix.lower() not in suffixes:
        raise QuestionError(f"{where}: expected a file name that ends in {' or '.join(suffixes)}.")
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        raise QuestionError(f"{what}: the file name is too long; give a shorter one.")
    if path.name in _KNOWN_BY and path.exists():
        raise QuestionError(f"{where}: a run or a sweep is known by that file; give another name.")
    require_replaceable(path, where)
    if not os.access(path.parent, os.W_OK):
        raise QuestionError(f"{where}: it may not be written; give another place.")


def require_replaceable(path: Path, where: str) -> None:
    """Refuse to put a file in the place of a link, a device or what its owner keeps.

    `path`: what is to be written, there or not. `where`: what names it, for the message. Raises
    `QuestionError`.
    """
    if path.is_dir() and not path.is_symlink():
        return  # which the system refuses
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise QuestionError(f"{where}: that is a link or a device; give the name of a plain file.")
    # Root may write to any file, also to one that its owner marked as read-only.
    if path.exists() and not (os.access(path, os.W_OK) and path.stat().st_mode & _WRITABLE):
        raise QuestionError(f"{where}: it may not be written; give another place.")


def require_folder(folder: Path, what: str) -> None:
    """Refuse a folder that could not be made or written to; call it before any work.

    `folder`: that is there, or would be made with the folders above it. `what`: what names it, for
    the message, as in ``--out``. Raises `QuestionError` if something on the way is no folder or may
    not be written, or a name is too long.
    """
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in folder.parts):
        raise QuestionError(f"{what}: a name in it is too long; give a shorter one.")
    existing = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not existing.is_dir():
        raise QuestionError(f"{what} {folder}: {existing} is a file; give a folder.")
    if not os.access(existing, os.W_OK):
        raise QuestionError(f"{what} {folder}: {existing} cannot be written; give another folder.")


@contextlib.contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the name when the block succeeds.

    `path`: an existing file of this name is replaced. Raises `QuestionError`, before anything is
    made, if a link, a device or a file that is kept from being written stands there.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with whole_file(folder / "a.txt") as part:
    ...     _ = part.write_text("all of it")
    >>> [file.name for file in folder.iterdir()]
    ['a.txt']
    """
    target = Path(path)
    require_replaceable(target, str(target))
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        yield beside
        Path(beside).replace(target)
    finally:
        beside.unlink(missing_ok=True)


def write_netcdf(data: "xr.Dataset | xr.DataTree", path: Path | str) -> None:
    """Write labelled arrays as netCDF, whole or not at all.

    The file is made in memory: HDF5 that meets a full disk takes the process down when it ends.

    `path`: an existing file of this name is replaced.
    """
    dask = sys.modules.get("dask")
    # In a client of a Dask cluster xarray would ask it for a lock on bytes that it does not know.
    here = contextlib.nullcontext() if dask is None else dask.config.set(scheduler="threads")
    with whole_file(path) as part, here:
        part.write_bytes(data.to_netcdf(engine="h5netcdf"))


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, which the system frees when the process dies.

    `folder`: that is there. Raises `QuestionError` if another process holds it.
    """
    import filelock

    file = folder / ".lock"
    lock = filelock.FileLock(file)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise QuestionError(
            f"Another process is writing to {folder}; wait for it, or give another folder."
        ) from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # some systems delete no open file
            file.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Yield a new folder inside another, gone afterwards; what killed processes left goes first.

    `folder`: that is there, its lock held.
    """
    for left in folder.glob(f"{_PART}*"):
        shutil.rmtree(left, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=_PART, dir=folder))
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def publish(part: Path, folder: Path) -> list[Path]:
    """Move finished files into place; until the last one is there the folder counts as unfinished.

    `part`, `folder`: from where and to where; files of the same names are replaced. Raises
    `QuestionError`, with nothing moved, if a link, a device or a read-only file has such a name.
    """
    files = sorted(path for path in part.rglob("*") if path.is_file())
    targets = [folder / file.relative_to(part) for file in files]
    for target in targets:
        require_replaceable(target, str(target))
    mark = folder / _UNFINISHED
    mark.touch()
    for file, target in zip(files, targets, strict=True):
        target.parent.mkdir(exist_ok=True)
        file.replace(target)
    mark.unlink()
    return targets


def interrupted(folder: Path) -> bool:
    """Whether files of a folder were being replaced when the process that did it ended."""
    return (folder / _UNFINISHED).exists()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
