"""JSON from the network, refused in a line where it is none."""

import json
from typing import Any

from sanctions_model.errors import SourceError

__all__ = ["parse_json"]


def parse_json(content: bytes, path: tuple[str, ...] = ()) -> Any:
    """Parse a document and return what stands in it at a path of field names.

    Parameters
    ----------
    content : bytes
    path : tuple of str
        Names of fields, from the outside in.

    Returns
    -------
    object

    Raises
    ------
    SourceError
        If it is not JSON or has no such field.
    """
    try:
        found = json.loads(content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise SourceError("the answer is not JSON") from None
    try:
        for name in path:
            found = found[name]
    except (KeyError, TypeError):
        raise SourceError(f"the answer has no field {'.'.join(path)!r}") from None
    return found
