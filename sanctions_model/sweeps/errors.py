"""Monte-Carlo errors of a sweep's answers, from what is stored of them."""

from collections.abc import Mapping

import numpy as np

__all__ = ["median_errors"]


def median_errors(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the standard error of each median, shape ``(point, outcome)``.

    The stored draws are a part of the draws that the median is of; the spread of their order
    statistics gives the density there, the answer's effective size the number of draws.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        ``effect``, shape ``(point, outcome, draw)``; ``effective_size`` and ``ess_bulk``, shape
        ``(point,)``, not a number where unknown: then the stored draws count.
    """
    ordered = np.sort(arrays["effect"].astype(float), axis=-1)
    kept = ordered.shape[-1]
    sizes = [arrays["effective_size"], arrays["ess_bulk"]]
    worth = np.where(np.isfinite(sizes[0]), sizes[0], sizes[1])
    worth = np.where(np.isfinite(worth), worth, kept)[:, None]
    # Ranks that lie one standard error of a share either side of the half.
    step = max(1, round(np.sqrt(kept) / 2))
    low, high = max(0, kept // 2 - step), min(kept - 1, kept // 2 + step)
    spread = (ordered[..., high] - ordered[..., low]) / max(high - low, 1)
    return np.asarray(spread * kept / (2.0 * np.sqrt(worth)))
