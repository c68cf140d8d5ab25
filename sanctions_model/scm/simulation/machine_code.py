"""Machine code that numba keeps on disk, and a line where making it takes a while."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LOG = logging.getLogger(__name__)
_PATIENCE = 1.0  # seconds after which waiting is worth a line


@contextmanager
def announced(what: str) -> Iterator[None]:
    """Say that machine code is made or read, if it is not there at once.

    Parameters
    ----------
    what : str
        What it is and how long that takes.
    """
    timer = threading.Timer(_PATIENCE, _LOG.info, [f"making ready {what}"])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def kept(decorator: Callable[..., Any], signature: Any, function: Callable[..., Any]) -> Any:
    """Compile a function, or take what numba kept of it.

    numba keeps machine code beside the package, or in the user's cache where that cannot be
    written, or where ``NUMBA_CACHE_DIR`` says. Where nothing can be written, each process compiles.

    Parameters
    ----------
    decorator : callable
        ``numba.cfunc`` or ``numba.njit``, with what it is to be told.
    signature : numba.core.typing.Signature or str
    function : callable
        Of a module's top level.

    Returns
    -------
    What the decorator makes of the function.
    """
    try:
        return decorator(signature, cache=True, error_model="numpy")(function)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return decorator(signature, error_model="numpy")(function)
