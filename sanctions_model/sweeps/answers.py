"""What a sweep keeps: base fits to reweight from, and each point's answer."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model.inference.samplers import WarmStart
from sanctions_model.sweeps.design import Point, Route

__all__ = ["Answer", "BaseFit"]


@dataclass(frozen=True, kw_only=True, eq=False)
class BaseFit:
    """A posterior that points are reweighted from.

    Parameters
    ----------
    point : Point
        Values of prior axes that it was fitted at; none for the stated beliefs.
    posterior : xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.
    efficiency : float
        Effective over actual number of draws, of the parameter that mixes worst.
    start : WarmStart or None
        For refits nearby; None where the draws were given.
    """

    point: Point
    posterior: xr.Dataset
    efficiency: float
    start: WarmStart | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What a sweep records of a point.

    Parameters
    ----------
    summary : numpy.ndarray
        Shape ``(outcome, 4)``: median, lower, upper, probability of a value below zero.
    draws : numpy.ndarray
        Shape ``(outcome, kept)``.
    route : Route or None
        None where the point failed before it had one.
    base : int
        Base fit that it rests on, -1 for none.
    k_hat, effective_size : float
        Of reweighting, not a number elsewhere.
    r_hat, ess_bulk : float
        Of the posterior's own fit, where it has one.
    seconds : float
    error : str
        Empty when answered.
    note : str
        Why cheaper routes did not hold.
    """

    summary: np.ndarray
    draws: np.ndarray
    route: Route | None
    base: int = -1
    k_hat: float = np.nan
    effective_size: float = np.nan
    r_hat: float = np.nan
    ess_bulk: float = np.nan
    seconds: float = 0.0
    error: str = ""
    note: str = ""
