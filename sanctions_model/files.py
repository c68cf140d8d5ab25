"""Files that appear whole or not at all, and tables of TOML files."""

import contextlib
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sanctions_model.errors import QuestionError

__all__ = ["read_tables", "whole_file"]

TABLES_FORMAT_VERSION = 1


def read_tables(file: Path, name: str, *, optional: bool = False) -> dict[str, Any]:
    """Return the tables ``[name.X]`` of a TOML file of this format version.

    Parameters
    ----------
    file : pathlib.Path
    name : str
    optional : bool
        Whether there may be none.

    Returns
    -------
    dict of str to object

    Raises
    ------
    QuestionError
        If the file cannot be read, is no TOML, has another version or no such table.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuestionError(f"Cannot read {file}: {error.strerror}; give a TOML file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuestionError(f"{file.name} is not a TOML file: {error}.") from None
    tables: object = content.get(name, {})
    version = content.get("format_version")
    if version != TABLES_FORMAT_VERSION or not isinstance(tables, dict) or not (tables or optional):
        raise QuestionError(
            f"{file.name}: expected format_version = {TABLES_FORMAT_VERSION} and tables "
            f"[{name}.NAME]."
        )
    return tables


@contextlib.contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the name when the block succeeds.

    Parameters
    ----------
    path : path
        An existing file of this name is replaced.

    Yields
    ------
    pathlib.Path

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
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        yield beside
        Path(beside).replace(target)
    finally:
        beside.unlink(missing_ok=True)
