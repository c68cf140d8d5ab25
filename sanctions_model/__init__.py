"""Bayesian structural causal model of sanctions and of their relief.

Names load on first use (PEP 562), as the stub file beside this one lists them: importing the
package loads neither PyMC nor ArviZ nor matplotlib. The everyday names stand here; the rest stands
in its room, as in `sanctions_model.robustness.tipping_point`.
"""

import importlib
import pathlib
import warnings
from typing import Any

from sanctions_model.doors import attach

_public, __dir__, __all__ = attach(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Return a public name; one that has moved to its room with a warning, for one release."""
    if name == "__version__":  # on demand: reading the distribution's metadata takes time
        return importlib.import_module("importlib.metadata").version("sanctions-model")
    room = None if name in __all__ else _room_of(name)
    if room is None:
        return _public(name)
    warnings.warn(
        f"sanctions_model.{name} is now sanctions_model.{room}.{name}",
        DeprecationWarning,
        stacklevel=2,
    )
    return getattr(importlib.import_module(f"sanctions_model.{room}"), name)


def _room_of(name: str) -> str | None:
    """Read it off the rooms' stubs, which loads none of them."""
    for stub in pathlib.Path(__file__).parent.glob("*/__init__.pyi"):
        if f'"{name}",' in stub.read_text(encoding="utf-8"):
            return stub.parent.name
    return None
