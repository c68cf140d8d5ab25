"""The room's public names, where they live."""

__all__ = [
    "DaskEngine",
    "InProcess",
    "SweepDesign",
    "load_sweep",
    "run_sweep",
]

from .design import SweepDesign
from .engines import DaskEngine, InProcess
from .run import run_sweep
from .store import load_sweep
