"""The default transmission run forward as a PyMC model: what one propagated path is timed against.

Parameters are arrays over the draws of a posterior, so that one forward sample gives the path of
every draw (`pm.sample_posterior_predictive` would run the graph once a draw). The periods are
written in two ways:

- `unrolled`: each variable of each period a random variable of its own, so that `pm.do` may set any
  of them in any period, as an intervention of the library may;
- `scanned`: one `pytensor.scan` with the shocks as one random variable. `pm.do` then reaches the
  measures alone, but it compiles much faster: the fastest way found.
"""

from collections.abc import Mapping

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from benchmarks.period_by_hand import (
    MEASURES,
    OUTCOMES,
    Draws,
    Step,
    levels_of,
    scanned,
    unrolled,
)

WAYS = {"unrolled": unrolled, "scanned": scanned}


def forward_model(
    draws: xr.Dataset,
    centres: Mapping[str, float],
    horizon: int,
    *,
    way: str = "scanned",
    noise: bool = True,
) -> pm.Model:
    """Write the transmission over future periods.

    It starts with observed variables at 0, measures at 1 and latent states at rest.

    Parameters
    ----------
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    centres : mapping of str to float
        Mean of each centred parent, by link label.
    horizon : int
    way : str
        A key of `WAYS`.
    noise : bool
        False leaves the shocks out, for comparing paths.

    Returns
    -------
    pm.Model
        Data ``trade`` and so on for `pm.do`; deterministic variables `OUTCOMES`, shape
        ``(horizon, draw)``.
    """
    step = Step(Draws(draws, centres))
    with pm.Model() as model:
        paths = [pm.Data(name, np.ones(horizon)) for name in MEASURES]
        measures = pt.concatenate([pt.ones((1, len(MEASURES))), pt.stack(paths, axis=1)])
        columns, real = WAYS[way](step, measures, horizon, noise=noise)
        for name, path in levels_of(columns, real).items():
            pm.Deterministic(name, path)
    return model


def sample_forward(
    draws: xr.Dataset,
    centres: Mapping[str, float],
    measures: Mapping[str, np.ndarray],
    *,
    way: str = "scanned",
    noise: bool = True,
) -> dict[str, np.ndarray]:
    """Build the model, set the measures by `pm.do` and sample forward once.

    Parameters
    ----------
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    centres : mapping of str to float
    measures : mapping of str to numpy.ndarray
        One path each, shape ``(horizon,)``.
    way : str
        A key of `WAYS`.
    noise : bool

    Returns
    -------
    dict of str to numpy.ndarray
        `OUTCOMES`, shape ``(horizon, draw)``.
    """
    horizon = len(next(iter(measures.values())))
    model = forward_model(draws, centres, horizon, way=way, noise=noise)
    intervened = pm.do(model, dict(measures))
    found = pm.draw([intervened[name] for name in OUTCOMES], random_seed=1)
    return dict(zip(OUTCOMES, found, strict=True))
