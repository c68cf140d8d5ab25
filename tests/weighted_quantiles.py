"""Quantiles of a mixture of futures from all of its draws, by weights."""

from collections.abc import Sequence

import numpy as np
import xarray as xr


def mixture_quantiles(
    effect: xr.DataArray, odds: Sequence[float], probabilities: Sequence[float]
) -> np.ndarray:
    """Quantiles of the effect when futures come with these odds.

    With values ``x_1 <= ... <= x_N`` of weights ``w_k`` (a future's odds over its draws), the
    place of ``x_k`` is ``(k - 1) w_k + (N - 1) (w_1 + ... + w_{k-1})``; a quantile lies at its
    share of the last place, linear between values. With equal weights that is numpy's own rule.

    `effect`: dims ``future``, ``chain``, ``draw`` plus any others. Returns: the other dims, in
    their order, and the probabilities last.
    """
    rest = [dim for dim in effect.dims if dim not in ("future", "chain", "draw")]
    values = effect.transpose(*rest, "future", "chain", "draw").to_numpy()
    shape, draws = values.shape[: len(rest)], values.shape[-1] * values.shape[-2]
    values = values.reshape(-1, len(odds) * draws)
    weights = np.repeat(np.asarray(odds, dtype=float) / draws, draws)
    order = np.argsort(values, axis=-1, kind="stable")
    ordered, shares = np.take_along_axis(values, order, axis=-1), weights[order]
    count = values.shape[-1]
    before = np.cumsum(shares, axis=-1) - shares
    places = np.arange(count) * shares + (count - 1) * before
    found = [
        np.interp(np.asarray(probabilities) * place[-1], place, row)
        for place, row in zip(places, ordered, strict=True)
    ]
    return np.array(found).reshape(*shape, len(probabilities))
