"""A few draws that stand for all: few enough to travel in a page, with the quantiles of the whole.

This module knows numbers, not what they measure.
"""

import numpy as np

__all__ = ["representative_draws"]

_QUANTILES = (0.055, 0.5, 0.945)


def representative_draws(features: np.ndarray, size: int) -> np.ndarray:
    """Choose draws so that quantiles of all features are close to those of the whole.

    Herding on indicators: with ``b_i`` the vector of ``([feature <= its q-quantile] - q) /
    sqrt(q (1 - q))`` over features and ``q`` in 0.055, 0.5, 0.945, draws are added one by one, each
    the one that keeps the length of the sum of the ``b_i`` smallest. No random numbers: equal input
    gives equal output.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(feature, draw)``; features that do not vary are left out of account.
    size : int
        Number of draws wanted.

    Returns
    -------
    numpy.ndarray
        Increasing positions, shape ``(min(size, draw),)``.

    Notes
    -----
    Chen, Welling and Smola, Super-samples from kernel herding (2010).
    """
    count = features.shape[1]
    if size >= count:
        return np.arange(count)
    varying = features[np.ptp(features, axis=1) > 0]
    levels = np.array(_QUANTILES)
    bounds = np.quantile(varying, levels, axis=1)
    inside = varying[None] <= bounds[:, :, None]
    spread = np.sqrt(levels * (1.0 - levels))[:, None, None]
    vectors = (inside - levels[:, None, None]) / spread
    vectors = vectors.reshape(-1, count).T.astype(np.float32)
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    total = np.zeros(vectors.shape[1], dtype=np.float32)
    free = np.ones(count, dtype=bool)
    for _ in range(size):
        growth = np.where(free, lengths + 2.0 * (vectors @ total), np.inf)
        chosen = int(np.argmin(growth))
        free[chosen] = False
        total += vectors[chosen]
    return np.flatnonzero(~free)
