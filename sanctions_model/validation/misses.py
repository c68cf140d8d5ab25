"""How far the model is from a published range, and the side of its misses.

``z`` is the model's median less the middle of the published range, over both standard deviations
together, each interval being read as one of a normal: published ranges as 90 %, the model's as what
it is. By that distance alone a total is *inside* or a miss: a miss from 1.6 standard deviations on,
where an 89 % interval of the difference leaves out zero, and *hard* from 2 on. Whether a median
lies in a range says nothing of how sure either is.
"""

import numpy as np
import pandas as pd

from sanctions_model.wording import chance

_PUBLISHED = 0.9  # what a published range is taken to hold
# A number published without a range: its standard deviation as a part of its size, our judgement.
_UNSTATED = 0.25
_SOFT = 1.6  # standard deviations: half the width of a normal's 89 % interval
_HARD = 2.0  # what this project calls apart wherever it compares numbers
_SOON = 8  # quarters


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
    gap = median - centre
    z = gap / spread if spread > 0 else np.copysign(np.inf, gap) if gap else 0.0
    inside = abs(z) < _SOFT
    side = "too small" if np.sign(centre) * gap < 0 else "too large"
    return {
        "z": float(z),
        "miss": "" if inside else "hard" if abs(z) >= _HARD else "soft",
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
    'Hard misses: 1 (1 too small, 0 too large, 1 within two years)'
    """
    said = []
    for kind in ("hard", "soft"):
        own = table[table["miss"] == kind]
        small = int((own["size"] == "too small").sum())
        soon = int((own["horizon"].astype(float) <= _SOON).sum())
        large = len(own) - small
        sides = f"{small} too small, {large} too large"
        said.append(f"{kind} misses: {len(own)} ({sides}, {soon} within two years)")
    missed = table[table["miss"].isin(["hard", "soft"])]
    small = int((missed["size"] == "too small").sum())
    side = max(small, len(missed) - small)
    counts = "; ".join(said).capitalize()
    if len(missed) < 2:
        return f"{counts}."
    from scipy.stats import binomtest

    by_luck = float(binomtest(side, len(missed), 0.5).pvalue)
    return (
        f"{counts}. Were the misses independent and either side as likely, one so "
        f"one-sided would come with probability {chance(by_luck)}."
    )
