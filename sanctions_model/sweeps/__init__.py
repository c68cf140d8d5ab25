"""Sweeps: thousands of settings, each answered by the cheapest route that holds."""

from sanctions_model.sweeps.design import SweepDesign
from sanctions_model.sweeps.engines import DaskEngine, InProcess
from sanctions_model.sweeps.run import run_sweep
from sanctions_model.sweeps.store import load_sweep

__all__ = ["DaskEngine", "InProcess", "SweepDesign", "load_sweep", "run_sweep"]
