"""Percent and log points: what a series holds, and what a reader is told.

Growth rates and levels are estimated in log points, ``100 log(x_t / x_s)``: these add up. A reader,
a target and a threshold speak of percent, ``100 (x_t / x_s - 1)``. A fall of 55 log points is one
of 42 %.
"""

import re
from typing import Any

import numpy as np

__all__ = [
    "difference_in_percent",
    "effect_in_percent",
    "in_log_points",
    "in_percent",
    "percent_unit",
]

_LOG = re.compile(r"\s*\(100 (?:dlog|log points)\)")


def in_log_points(unit: str) -> bool:
    """Return whether a series called percent is kept in log points.

    Parameters
    ----------
    unit : str
        As a variable states it.

    Examples
    --------
    >>> in_log_points("% a year (100 dlog)"), in_log_points("% a year"), in_log_points("log points")
    (True, False, False)
    """
    return unit.startswith("%") and _LOG.search(unit) is not None


def percent_unit(unit: str) -> str:
    """Return the unit after `in_percent`.

    Parameters
    ----------
    unit : str

    Examples
    --------
    >>> percent_unit("% (100 log points)"), percent_unit("% a year (100 dlog)"), percent_unit("pp")
    ('%', '% a year', 'pp')
    """
    return _LOG.sub("", unit) if in_log_points(unit) else unit


def in_percent[Values: Any](values: Values, unit: str) -> Values:
    """Turn log points into percent where the unit says that they are kept so.

    Parameters
    ----------
    values : array or number
        In `unit`.
    unit : str

    Returns
    -------
    array or number
        In `percent_unit` of it.

    Examples
    --------
    >>> round(float(in_percent(-55.0, "% (100 log points)")), 1), in_percent(-55.0, "% a year")
    (-42.3, -55.0)
    """
    with np.errstate(over="ignore"):  # an explosive path is infinite in percent
        found: Values = 100.0 * np.expm1(values / 100.0) if in_log_points(unit) else values
    return found


def effect_in_percent[Values: Any](effect: Values, unit: str) -> Values:
    """Turn the effect on a level from log points into the percent by which the level differs.

    The effect on a rate stays a difference: its path says what it is in percentage points, see
    `difference_in_percent`.

    Parameters
    ----------
    effect : array or number
    unit : str
        Of the outcome.

    Examples
    --------
    >>> round(float(effect_in_percent(10.0, "% (100 log points)")), 2)
    10.52
    >>> effect_in_percent(10.0, "% a year (100 dlog)")
    10.0
    """
    return in_percent(effect, unit) if "log points" in unit else effect


def difference_in_percent[Values: Any](paths: Values, effect: Values, unit: str) -> Values:
    """Turn an effect on a path into percent: of a level itself, else percentage points.

    Parameters
    ----------
    paths, effect : array
        The path with the effect, and the effect, in `unit`; dims alike.
    unit : str

    Returns
    -------
    array
        Of a level (``100 log points``) the percent by which it differs, of a rate of growth (``100
        dlog``) the difference of the two rates in percent.

    Examples
    --------
    >>> round(float(difference_in_percent(20.0, 10.0, "% a year (100 dlog)")), 2)
    11.62
    """
    if not in_log_points(unit) or "log points" in unit:
        return effect_in_percent(effect, unit)
    found: Values = in_percent(paths, unit) - in_percent(paths - effect, unit)
    return found
