"""The same model without some of its observed cells: by weights, or by a refit with a mask.

A mask sets the weight of a cell to 0; completed cells keep theirs, so that they stay proper. The
means that centre parents, and the scales of relative priors, stay those of the whole sample.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import log_likelihood
from sanctions_model.inference.refits import Refit, SamplingSettings, refit
from sanctions_model.inference.reweighting import (
    importance_weights,
    median_change_error,
    weighted_interval,
)
from sanctions_model.queries.claims import Claim
from sanctions_model.robustness.sensitivity import claim_effects
from sanctions_model.scm.periods import read_day
from sanctions_model.summaries import interval, interval_rule, median_error

# What a row says of a refit that failed the gate: it is shown, and not to be relied on.
NOT_CONVERGED = "refit, not converged"
_FEW = SamplingSettings(draws=500, tune=500)
# First and last day of what may carry an answer alone.
EPISODES: Mapping[str, tuple[str, str]] = {
    "without 2008-2009": ("2008-07-01", "2009-12-31"),
    "without 2014-2015": ("2014-07-01", "2015-12-31"),
    "without 2020": ("2020-01-01", "2020-12-31"),
    "without 2022": ("2022-01-01", "2022-12-31"),
    "without 2024-2025": ("2024-01-01", "2025-12-31"),
}


def period_log_density(problem: Problem, draws: xr.Dataset) -> np.ndarray:
    """Log density of all observed cells of each period.

    Returns: shape ``(chain * draw, time)``, 0 where a period has no observed cell.
    """
    cells = log_likelihood(problem, draws)
    density = cells.transpose(dims.CHAIN, dims.DRAW, dims.CELL).to_numpy()
    density = density.reshape(-1, density.shape[-1])
    period = np.searchsorted(problem.cases.time, cells["cell_time"].to_numpy())
    found = np.zeros((problem.cases.time.size, density.shape[0]))
    np.add.at(found, period, density.T)
    return found.T


def without_periods(problem: Problem, dropped: np.ndarray) -> Problem:
    """Return the problem with the observed cells of some periods out of the likelihood.

    `dropped`: boolean, shape ``(time,)``. Raises `QuestionError` if nothing would be left.
    """
    weight = problem.cases.weight.copy()
    weight[dropped] -= problem.cases.observed[dropped]
    if not weight.any():
        raise QuestionError("Every period is left out; keep some.")
    return replace(problem, cases=replace(problem.cases, weight=weight))


def refit_without(
    problem: Problem, dropped: np.ndarray, settings: SamplingSettings = _FEW
) -> Refit:
    """Draw from the posterior without some periods.

    `dropped`: boolean, shape ``(time,)``. `settings`: draws, tuning draws, chains and seed.
    Returns: draws of all parameters, dims ``(chain, draw)``, and whether they converged.
    """
    return refit(without_periods(problem, dropped), settings, allow_unconverged=True)


def leave_out_periods(
    problem: Problem,
    draws: xr.Dataset,
    claims: Mapping[str, Claim],
    *,
    episodes: Mapping[str, tuple[str, str]] | None = None,
    refit: bool = False,
) -> pd.DataFrame:
    """Ask each claim without each episode, to see whether one crisis carries the answer.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Posterior draws, dims ``(chain, draw)``.
    claims : mapping of str to Claim
        By name, as `load_claims` returns them.
    episodes : mapping of str to (str, str), optional
        First and last day of what is left out, by name; `EPISODES` by default.
    refit : bool
        Refit where weights do not hold; without it such rows stay empty.

    Returns
    -------
    pandas.DataFrame
        One row an episode and claim: ``base`` and ``base_prob`` (whole sample), ``median``,
        interval and ``prob`` without it, the Monte-Carlo error of the difference of the medians
        (``difference_error``), ``cells`` left out, ``k_hat``, ``how`` (weights, refit or
        refused).

    Raises
    ------
    QuestionError
        If an episode lies outside the sample.
    """
    rule, time = interval_rule(), problem.cases.time
    density = period_log_density(problem, draws)
    effects = claim_effects(problem.scm, draws, claims)
    rows = []
    for name, (first, last) in (EPISODES if episodes is None else episodes).items():
        begin, end = np.datetime64(read_day(first)), np.datetime64(read_day(last, end=True))
        dropped = (time >= begin) & (time <= end)
        if not dropped.any():
            raise QuestionError(f"{name!r} ({first} to {last}) lies outside the sample.")
        weights = importance_weights(-density[:, dropped].sum(axis=1))
        how, other = "weights", None
        if not weights.holds:
            how = "refused"
            if refit:
                again = refit_without(problem, dropped)
                how = "refit" if again.converged else NOT_CONVERGED
                other = claim_effects(problem.scm, again.posterior, claims)
        for claim_name, claim in claims.items():
            effect = effects[claim_name]
            holds = claim.sign * effect > 0
            row: dict[str, object] = {"sample": name, "claim": claim_name}
            row |= {"base": float(effect.median()), "base_prob": float(holds.mean())}
            found, prob = weighted_interval(effect, weights.weights, rule), np.nan
            error = np.nan
            if how == "weights":
                error = median_change_error(effect, weights.weights)
                flat = holds.transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel()
                prob = float(weights.weights @ flat)
            elif other is not None:
                found = interval(other[claim_name], rule)
                prob = float((claim.sign * other[claim_name] > 0).mean())
                error = float(np.hypot(median_error(effect), median_error(other[claim_name])))
            else:
                found = found * np.nan
            row |= {n: float(found.sel(summary=n)) for n in ("median", "lower", "upper")}
            row["difference_error"] = error
            row |= {"prob": prob, "cells": int(problem.cases.observed[dropped].sum())}
            row |= {"k_hat": weights.k_hat, "how": how}
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            rows.append(row)
    return pd.DataFrame(rows)
