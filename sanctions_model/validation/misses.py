"""How far the model is from a published range, and the side of its misses.

``z`` is the model's median less the middle of the published range, over both standard deviations
together, each interval being read as one of a normal: published ranges as 90 %, the model's as what
it is. A miss is *hard* where the model's interval
and the published range do not touch, else *soft*.
"""

import numpy as np
import pandas as pd

from sanctions_model.wording import chance

_PUBLISHED = 0.9  # what a published range is taken to hold
# A number published without a range: its standard deviation as a part of its size, our judgement.
_UNSTATED = 0.25
_SOON = 8  # quarters


def is_inside(published: tuple[float, float], model: tuple[float, float, float]) -> bool:
    """Return whether the median lies in a published range, or the interval holds a number.

    `published`: lower and upper; equal for a single number. `model`: median, lower and upper bound
    of an equal-tailed interval.
    """
    (least, most), (median, lower, upper) = published, model
    return lower <= least <= upper if least == most else least <= median <= most


def distance(
    published: tuple[float, float], model: tuple[float, float, float], prob: float
) -> dict[str, object]:
    """Say how far the model is from a published figure, and on which side.

    `published`: lower and upper; equal for a single number, whose standard deviation is then taken
    to be a quarter of its size. `model`: median, lower and upper bound of an equal-tailed interval.
    `prob`: what the model's interval holds. Returns: ``z`` in standard deviations, ``miss``
    (``hard``, ``soft`` or empty) and the ``size`` of a miss, ``too small`` or ``too large``.
    """
    (least, most), (median, lower, upper) = published, model
    centre = (least + most) / 2
    stated = (most - least) / _width(_PUBLISHED) or _UNSTATED * abs(centre)
    spread = float(np.hypot((upper - lower) / _width(prob), stated))
    gap, inside = median - centre, is_inside(published, model)
    side = "too small" if np.sign(centre) * gap < 0 else "too large"
    apart = lower > most or upper < least
    return {
        "z": gap / spread if spread > 0 else np.nan,
        "miss": "" if inside else "hard" if apart else "soft",
        "size": "" if inside else side,
    }


def _width(prob: float) -> float:
    """Width of a normal's interval, in standard deviations."""
    from scipy.special import ndtri

    return float(2.0 * ndtri((1.0 + prob) / 2.0))


def miss_pattern(table: pd.DataFrame) -> str:
    """Say on which side the misses lie: one-sided ones are a fault, not noise.

    `table`: from `totals_table`. Returns: counts of hard and soft misses, their sides, and how many
    are asked within two years.

    >>> rows = {"miss": ["hard", "soft"], "size": ["too small", "too large"], "horizon": [4, 12]}
    >>> miss_pattern(pd.DataFrame(rows)).partition(";")[0]
    '1 hard miss (1 too small, 0 too large, 1 within two years)'
    """
    said = []
    for kind, plural in (("hard", "hard misses"), ("soft", "soft misses")):
        own = table[table["miss"] == kind]
        small = int((own["size"] == "too small").sum())
        soon = int((own["horizon"].astype(float) <= _SOON).sum())
        words = plural if len(own) != 1 else plural.removesuffix("es")
        said.append(
            f"{len(own)} {words} ({small} too small, {len(own) - small} too large, {soon} within "
            "two years)"
        )
    missed = table[table["miss"].isin(["hard", "soft"])]
    small = int((missed["size"] == "too small").sum())
    side = max(small, len(missed) - small)
    if len(missed) < 2:
        return "; ".join(said) + "."
    from scipy.stats import binomtest

    by_luck = float(binomtest(side, len(missed), 0.5).pvalue)
    return (
        f"{'; '.join(said)}. Were the misses independent and either side as likely, one so "
        f"one-sided would come with probability {chance(by_luck)}."
    )
