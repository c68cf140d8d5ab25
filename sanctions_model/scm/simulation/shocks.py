"""Shocks ahead, drawn with the parameters: their family, their scales, and crises among them."""

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, stack_draws
from sanctions_model.scm.variables import Noise

_CRISES = 7  # a stream of its own, so that shocks are the same with and without crises


def draw_crises(
    scm: StructuralCausalModel, draws: xr.Dataset, horizon: int, random_seed: int
) -> np.ndarray:
    """Draw by how much all scales are multiplied in each period ahead.

    A period without a crisis is the first of one with chance ``scm.crisis_hazard``; it lasts and
    multiplies as one of the past crises, each as likely as another, did in the same draw.

    Parameters
    ----------
    scm : StructuralCausalModel
    draws : xr.Dataset
        Dims ``(chain, draw)``; uses ``crisis_multiplier`` where there is a hazard.
    horizon : int
    random_seed : int

    Returns
    -------
    numpy.ndarray
        1 outside crises, shape ``(horizon, chain * draw)``.
    """
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    times = np.ones((horizon, size))
    if not scm.crisis_hazard:
        return times
    multipliers, lengths = stack_draws(draws, "crisis_multiplier"), np.array(scm.crisis_lengths)
    generator = generator_of(random_seed, [_CRISES])
    kind = generator.integers(len(lengths), size=(horizon, size))
    starts = generator.random((horizon, size)) < scm.crisis_hazard
    left, now, every = np.zeros(size, dtype=int), np.zeros(size, dtype=int), np.arange(size)
    for period in range(horizon):
        new = starts[period] & (left == 0)
        now = np.where(new, kind[period], now)
        left = np.where(new, lengths[now], left)
        times[period] = np.where(left > 0, multipliers[now, every], 1.0)
        left = np.maximum(left - 1, 0)
    return times


def draw_shocks(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    horizon: int,
    random_seed: int,
    *,
    times: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Draw one path of shocks for each draw, in the units of the equations.

    Parameters
    ----------
    scm : StructuralCausalModel
    draws : xr.Dataset
        Dims ``(chain, draw)``; uses ``scale`` and, with Student-t noise, ``degrees_of_freedom``.
    horizon : int
    random_seed : int
    times : numpy.ndarray, optional
        By how much each period multiplies the scales, shape ``(horizon, chain * draw)``; crises as
        `draw_crises` draws them by default.

    Returns
    -------
    dict of str to numpy.ndarray
        For each stochastic equation, shape ``(horizon, chain * draw)``.
    """
    parameters = DrawParameters(scm, draws)
    times = draw_crises(scm, draws, horizon, random_seed) if times is None else times
    generator = generator_of(random_seed)
    shocks = {}
    for name in scm.stochastic:
        standard = generator.standard_normal((horizon, parameters.size))
        if scm.noise is Noise.STUDENT_T:
            freedom = parameters.row("degrees_of_freedom", name)
            finite = np.where(np.isfinite(freedom), freedom, 1.0)
            mixing = generator.chisquare(finite, (horizon, parameters.size)) / finite
            standard = standard / np.sqrt(np.where(np.isfinite(freedom), mixing, 1.0))
        shocks[name] = parameters.row("scale", name) * times * standard
    return shocks
