"""How far an answer with the liftings elsewhere rests on the few draws of them that are shipped."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.elsewhere.prediction import Lifting, load_effect_draws, predict
from sanctions_model.inference.reweighting import weighted_interval
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.robustness.observed_relief import relief_averages, relief_weights
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel

_PARTS = ("median", "lower", "upper")


def liftings_error(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    lifting: Lifting,
    relief: Relief | None = None,
    *,
    power: float = 1.0,
    outcomes: Sequence[str] = ("gdp_level", "price_level", "import_level", "rouble"),
    horizon: int = 12,
    shipped: xr.Dataset | None = None,
    resamples: int = 30,
    random_seed: int = 20260101,
) -> pd.DataFrame:
    """Return the Monte-Carlo error that the shipped draws leave in `with_liftings_elsewhere`.

    The shipped draws are drawn anew with replacement, and new countries with them (the bootstrap:
    Efron 1979, Annals of Statistics 7); the draws of the model stay as they are. The error of a
    standard deviation of n resamples is its size over the root of 2n.

    Parameters
    ----------
    scm, draws
        As `with_liftings_elsewhere` takes them.
    lifting : Lifting
        What the liftings are to predict.
    relief : Relief, optional
        Full relief by default.
    power : float
        How far the liftings count, from 0 to 1.
    outcomes : sequence of str
        Variables or levels.
    horizon : int
        Periods from the start.
    shipped : xr.Dataset, optional
        As `elsewhere.load_effect_draws` returns them; the bundled ones by default.
    resamples : int
        Two or more.
    random_seed : int
        Of the resampling.

    Returns
    -------
    pandas.DataFrame
        One row an outcome: ``outcome``, ``power`` and the standard deviation over the resamples of
        ``median``, ``lower`` and ``upper``, in percent and points.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        As `with_liftings_elsewhere`.
    """
    shipped = load_effect_draws() if shipped is None else shipped
    generator = generator_of(random_seed)
    answer = relief_averages(scm, draws, relief)
    shown = total_effect(scm, draws, relief, horizon=horizon, outcomes=list(outcomes))
    shown = effects_in_percent(scm, shown.isel({dims.HORIZON: -1}).reset_coords(drop=True))
    size = shipped.sizes[dims.DRAW]
    found = np.empty((resamples, len(outcomes), len(_PARTS)))
    for at in range(resamples):
        again = shipped.isel({dims.DRAW: generator.integers(0, size, size)})
        seed = int(generator.integers(2**31))
        weights = relief_weights(answer, predict(lifting, again, random_seed=seed), power=power)
        for place, name in enumerate(outcomes):
            own = weighted_interval(shown.sel({dims.OUTCOME: name}), weights.weights)
            found[at, place] = own.sel(summary=list(_PARTS))
    table = pd.DataFrame(found.std(axis=0, ddof=1), columns=list(_PARTS))
    table.insert(0, "power", power)
    table.insert(0, "outcome", list(outcomes))
    return table
