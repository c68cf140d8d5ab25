"""Where the bundled data files are. Knows paths, not contents."""

from functools import cache
from pathlib import Path

from sanctions_model.errors import ObservationError

__all__ = ["data_path"]

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def _data_directory() -> Path:
    # The checkout first: an editable install leaves a stale `_data` copy in site-packages.
    checkout = _PACKAGE.parent / "data"
    if (checkout / "datapackage.json").is_file():
        return checkout
    return _PACKAGE / "_data"


def data_path(name: str) -> Path:
    """Return the path of a bundled data file.

    Parameters
    ----------
    name : str
        File name inside ``data/``, as in ``"measures.csv"``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ObservationError
        If there is no such file.

    Examples
    --------
    >>> data_path("measures.csv").name
    'measures.csv'
    """
    path = _data_directory() / name
    if not path.is_file():
        raise ObservationError(
            f"The bundled data have no file {name!r} in {_data_directory()}; reinstall the package."
        )
    return path
