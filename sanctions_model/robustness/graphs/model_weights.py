r"""Which of several models predicts better: weights by leaving out one cell, or the future.

Both score the density that a model gives a cell, or all cells of a period, given the observed
parents: one step ahead, never many. *Leave one out* (Vehtari, Gelman and Gabry 2017) needs the
fits alone. *Leave future out* (Bürkner, Gabry and Vehtari 2020) scores each period by draws that
know only earlier ones, reached by importance weights from the nearest fit and by a refit where
these do not hold; the means that centre parents, and the scales of relative priors, are those of
the whole sample. Weights stack the predictive densities (Yao, Vehtari, Simpson and Gelman 2018):

.. math:: \max_w \sum_t \log \sum_k w_k p_k(y_t)
"""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.refits import SamplingSettings
from sanctions_model.inference.reweighting import importance_weights
from sanctions_model.robustness.subsamples import period_log_density, refit_without

_LOG = logging.getLogger(__name__)
_STEPS, _TOLERANCE = 20_000, 1e-10


def loo_weights(fits: Mapping[str, Fit], *, common: bool = False) -> pd.DataFrame:
    """Compare models by leaving out one cell at a time.

    Parameters
    ----------
    fits : mapping of str to Fit
        Of the same observed cells, which alternative equations may well have and other series or
        starts do not.
    common : bool
        Score the cells that all of them predict, for equations that start at different dates; the
        others then helped to fit some of the models, which the table cannot show.

    Returns
    -------
    pandas.DataFrame
        One row a model, best first: ``elpd``, ``elpd_error``, ``parameters`` (effective number,
        of all its cells), ``difference`` to the best and its error, ``weight`` (stacking),
        ``unreliable`` (cells with k-hat above 0.7) and ``cells``.

    Raises
    ------
    QuestionError
        If there are fewer than two fits, one has no posterior, or the cells differ.
    """
    import arviz as az

    cells = _shared_cells(fits, common=common)
    scores, pointwise, unreliable = {}, {}, {}
    with warnings.catch_warnings():  # unreliable cells are counted in the table
        warnings.simplefilter("ignore", UserWarning)
        for name, found in fits.items():
            score = az.loo(_scorable(found), var_name="observed", pointwise=True)
            scores[name] = score
            pointwise[name] = _flat(score.elpd_i)[cells[name]]
            unreliable[name] = int((_flat(score.pareto_k)[cells[name]] > 0.7).sum())
    best = max(pointwise, key=lambda name: float(pointwise[name].sum()))
    weights = stacking_weights(np.stack(list(pointwise.values()), axis=1))
    rows = []
    for (name, own), weight in zip(pointwise.items(), weights, strict=True):
        apart = own - pointwise[best]
        rows.append(
            {
                "model": name,
                "elpd": float(own.sum()),
                "elpd_error": float(np.sqrt(own.size * own.var())),
                "parameters": float(scores[name].p),
                "difference": float(apart.sum()),
                "difference_error": float(np.sqrt(apart.size * apart.var())),
                "weight": float(weight),
                "unreliable": unreliable[name],
                "cells": own.size,
            }
        )
    return pd.DataFrame(rows).sort_values("elpd", ascending=False, ignore_index=True)


def _flat(values: object) -> np.ndarray:
    return np.asarray(values, dtype=float).ravel()


def _scorable(found: Fit) -> xr.DataTree:
    likelihood = found.idata["log_likelihood"].to_dataset()["observed"]
    few = found.draws[["scale"]]  # `az.loo` asks for a posterior, for the size of its draws
    return xr.DataTree.from_dict(
        {
            "posterior": few,
            "log_likelihood": xr.Dataset({"observed": likelihood.reset_coords(drop=True)}),
        }
    )


def _shared_cells(
    fits: Mapping[str, Fit], *, common: bool = False, since: str = ""
) -> dict[str, np.ndarray]:
    """Positions of the cells that all fits predict from a day on, in one order for all."""
    if len(fits) < 2:
        raise QuestionError(f"Got {len(fits)} fits; expected two or more to weigh.")
    own: dict[str, dict[tuple[str, str, float], int]] = {}
    for name, found in fits.items():
        if found.is_prior_only:
            raise QuestionError(f"The fit {name!r} has prior draws alone; weigh fits of data.")
        cells = _cells(found.problem)
        own[name] = {cell: place for cell, place in cells.items() if cell[1] >= since}
    first = next(iter(own))
    shared = set(own[first]).intersection(*own.values())
    for name, cells in own.items():
        odd = sorted(set(cells) ^ set(own[first]))
        if odd and not common:
            raise QuestionError(
                f"{first!r} and {name!r} do not predict the same cells, for one {odd[0][0]} of "
                f"{odd[0][1]} = {odd[0][2]:g}; weigh models of the same data and starts, or the "
                "cells that they have in common."
            )
    if not shared:
        raise QuestionError("The fits have no observed cell in common; weigh fits of one data set.")
    order = sorted(shared)
    return {name: np.array([cells[cell] for cell in order]) for name, cells in own.items()}


def _cells(problem: Problem) -> dict[tuple[str, str, float], int]:
    """Position of each observed cell in the log likelihood, by equation, period and value."""
    period, column = np.nonzero(problem.cases.observed)
    names, series = problem.cases.columns, problem.cases.values  # noqa: PD011
    return {
        (names[c], str(problem.cases.time[p])[:10], round(float(series[names[c]][p]), 9)): position
        for position, (p, c) in enumerate(zip(period, column, strict=True))
    }


def stacking_weights(log_densities: np.ndarray) -> np.ndarray:
    """Weights of models that maximise the log density of their mixture.

    `log_densities`: shape ``(point, model)``. Returns: shape ``(model,)``, not negative, summing to
    1.

    The objective is concave; each step of expectation-maximisation raises it.

    >>> stacking_weights(np.log(np.array([[0.9, 0.1], [0.1, 0.9]]))).round(2).tolist()
    [0.5, 0.5]
    """
    densities = np.exp(log_densities - log_densities.max(axis=1, keepdims=True))
    weights = np.full(log_densities.shape[1], 1.0 / log_densities.shape[1])
    for _ in range(_STEPS):
        shares = weights * densities
        new = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(new - weights).max() < _TOLERANCE:
            return np.asarray(new)
        weights = new
    return np.asarray(weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureScores:
    """How well models foresaw each period from what came before.

    `table`: one row a model, best first: ``elpd``, ``difference`` to the best, its error,
    ``weight``, and how many of its refits are ``unconverged``. `periods`: one row a period, one
    column a model: log density of its cells. `refits`: fits that were needed besides those given.
    """

    table: pd.DataFrame
    periods: pd.DataFrame
    refits: int


def leave_future_out(
    fits: Mapping[str, Fit],
    *,
    last: int = 12,
    draws: int = 500,
    tune: int = 500,
    random_seed: int = 20260101,
) -> FutureScores:
    """Compare models by how they foresaw the last periods, one step ahead.

    Parameters
    ----------
    fits : mapping of str to Fit
        Of the same observed cells in the periods scored; equations may start at different dates.
    last : int
        Number of periods scored, at least 2.
    draws, tune : int
        Of a refit, in four chains.
    random_seed : int
        Of the refits.

    Returns
    -------
    FutureScores
        A table of the models, best first, and one of log densities by period.

    Raises
    ------
    QuestionError
        If the cells differ or `last` leaves no past.
    """
    first = next(iter(fits.values())).problem
    periods = _scored_periods(first, last)
    _shared_cells(fits, since=str(first.cases.time[periods[0]])[:10])
    refits, columns = 0, {}
    settings = SamplingSettings(draws=draws, tune=tune, random_seed=random_seed)
    unconverged = dict.fromkeys(fits, 0)
    for name, found in fits.items():
        scores = np.empty(len(periods))
        near, known = found.draws, len(found.problem.cases.time)
        for position in reversed(range(len(periods))):
            period = periods[position]
            density = period_log_density(found.problem, near)
            ratio = -density[:, period:known].sum(axis=1)
            weights = importance_weights(ratio)
            if not weights.holds:
                dropped = np.arange(len(found.problem.cases.time)) >= period
                again = refit_without(found.problem, dropped, settings)
                near, known = again.posterior, period
                unconverged[name] += not again.converged
                refits += 1
                _LOG.info("refit %s, %s: data before period %s", refits, name, period)
                density = period_log_density(found.problem, near)
                weights = importance_weights(np.zeros(density.shape[0]))
            scores[position] = _log_mean(density[:, period], weights.log_weights)
        columns[name] = scores
    return FutureScores(
        table=_ranked(columns).assign(unconverged=lambda table: table["model"].map(unconverged)),
        periods=_labelled(fits, periods, columns),
        refits=refits,
    )


def _scored_periods(problem: Problem, last: int) -> list[int]:
    used = np.flatnonzero(problem.cases.observed.sum(axis=1) > 0)
    if last < 2 or last >= used.size:
        raise QuestionError(
            f"{last} periods to foresee of {used.size} with data; expected 2 or more, and a past."
        )
    return [int(period) for period in used[-last:]]


def _log_mean(values: np.ndarray, log_weights: np.ndarray) -> float:
    terms = values + log_weights
    largest = terms.max()
    return float(largest + np.log(np.exp(terms - largest).sum()))


def _ranked(columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    totals = {name: float(scores.sum()) for name, scores in columns.items()}
    best = max(totals, key=lambda name: totals[name])
    weights = stacking_weights(np.stack(list(columns.values()), axis=1))
    rows = []
    for (name, scores), weight in zip(columns.items(), weights, strict=True):
        apart = scores - columns[best]
        row: dict[str, object] = {"model": name, "elpd": totals[name]}
        row |= {"difference": float(apart.sum())}
        row |= {"difference_error": float(np.sqrt(apart.size * apart.var()))}
        rows.append(row | {"weight": float(weight), "periods": scores.size})
    return pd.DataFrame(rows).sort_values("elpd", ascending=False, ignore_index=True)


def _labelled(
    fits: Mapping[str, Fit], periods: list[int], columns: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    time = next(iter(fits.values())).problem.cases.time[periods]
    return pd.DataFrame({"period": [str(t)[:10] for t in time], **columns})
