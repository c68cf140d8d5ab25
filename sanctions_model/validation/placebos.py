"""What placebos show where they do nothing: on data that the fitted model made.

P(a placebo lowers the outcome) is one half on average over data sets and placebos, not over the
placebos of one data set: all of them meet the same shocks, and a step that stays to the end of the
data meets whatever kept the outcome up or down there. So each is compared with placebos in data
sets that the model itself made, from draws of the posterior, in which no placebo acts: a parametric
bootstrap of the test.
"""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_whole, generator_of
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.refits import SamplingSettings, refit
from sanctions_model.queries.claims import Claim
from sanctions_model.robustness.refutation import placebos, strength_of
from sanctions_model.validation.calibration import simulate_data_sets, with_outcomes

__all__ = ["placebo_reference"]

_SETTINGS = SamplingSettings(draws=400, tune=500, chains=2)


def placebo_reference(
    problem: Problem,
    draws: xr.Dataset,
    claim: Claim,
    *,
    data_sets: int = 24,
    settings: SamplingSettings = _SETTINGS,
    random_seed: int = 20260101,
    notify: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Fit a placebo measure to each of some data sets that the model made without one.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs without a placebo.
    draws : xr.Dataset
        Of its posterior, dims ``(chain, draw)``; each data set is made by one of them.
    claim : Claim
        Whose outcome's own equation gets the placebos, as in `placebos`.
    data_sets : int
        Made and fitted, each with steps at dates of its own.
    settings : SamplingSettings, optional
        Of each fit; its seed counts on from one data set to the next.
    random_seed : int
        Of the draws picked, the shocks and the dates.
    notify : callable, optional
        Called with the number of data sets done.

    Returns
    -------
    pandas.DataFrame
        One row a data set: the placebo's coefficient (``placebo_median``, ``placebo_lower``,
        ``placebo_upper``), ``prob_lowers``, and whether the fit ``converged``; for
        `placebo_verdict`.

    Raises
    ------
    QuestionError
        If the claim's outcome has no equation of its own, or a count is below 1.
    """
    count = as_whole(data_sets, "data_sets", least=1)
    stacked = draws.stack(sample=(dims.CHAIN, dims.DRAW))  # noqa: PD013 (xarray)
    chosen = generator_of(random_seed).choice(stacked.sizes["sample"], count)
    picked = (
        stacked.isel(sample=chosen)
        .drop_vars(["sample", dims.CHAIN, dims.DRAW])
        .rename(sample=dims.DRAW)
        .expand_dims(dims.CHAIN)
        .transpose(dims.CHAIN, dims.DRAW, ...)
    )
    made = simulate_data_sets(problem, picked, random_seed=random_seed)
    rows = []
    drawn = placebos(problem, claim, dates=0, measures=count, random_seed=random_seed)
    for number, placebo in enumerate(drawn):
        own = Problem.of(placebo.scm, placebo.observations, placebo.priors)
        own = with_outcomes(own, {name: paths[number] for name, paths in made.items()})
        seeded = replace(settings, random_seed=settings.random_seed + number)
        found = refit(own, seeded, allow_unconverged=True)
        row = strength_of(own.scm, found.posterior) | {"converged": found.converged}
        rows.append({"data_set": number} | row)
        if notify is not None:
            notify(number + 1)
    return pd.DataFrame(rows)
