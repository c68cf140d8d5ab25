"""Files that appear whole or not at all."""

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

__all__ = ["whole_file"]


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
