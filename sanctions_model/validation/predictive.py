"""Does each equation predict its own data? Predictive intervals and leave-one-out scores.

*Prior and posterior predictive*: each quarter's outcome given its observed parents. *Leave one
out*: the same with parameters that have not seen that cell, by Pareto-smoothed importance sampling
(Vehtari, Gelman and Gabry 2017), with the log score, CRPS and probability integral transform. The
equations read parents of the same quarter, such as the rouble in the equation of prices; the
rivals do not. These scores say whether equations fit; whether the model forecasts is asked by
`rolling`.
"""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import log_likelihood, one_step_means, predictive, scales
from sanctions_model.scm.parameters import stack_draws
from sanctions_model.scm.variables import Noise
from sanctions_model.summaries import continuous_ranked_probability_score, interval_rule
from sanctions_model.validation.origins.baselines import leave_one_out
from sanctions_model.validation.origins.rolling import RATES

_RELIABLE = 0.7
SERIAL = 0.01  # errors whose independence is rejected at this level are said to persist
_LAGS = 4
_FEWEST = 10  # outcomes of a series; fewer say nothing of shares, ranks or rivals


def leave_one_out_cells(
    problem: Problem, draws: xr.Dataset, *, random_seed: int = 20260101
) -> pd.DataFrame:
    """Score every observed cell without the cell itself.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Posterior draws, dims ``(chain, draw)``.
    random_seed : int
        Of the draws; the same seed gives the same ones.

    Returns
    -------
    pandas.DataFrame
        One row a cell: ``series``, ``time``, ``position``, ``outcome``, ``log_score``, ``crps``,
        ``pit`` and ``pareto_k`` (the estimate is unreliable above 0.7).

    Raises
    ------
    QuestionError
        If the draws lack a parameter or the completed cells.
    """
    from arviz_stats.base import array_stats
    from scipy.special import logsumexp, ndtr, stdtr

    likelihood = log_likelihood(problem, draws)
    density = likelihood.transpose(dims.CELL, dims.CHAIN, dims.DRAW).to_numpy()
    density = density.reshape(len(density), -1)
    simulated = predictive(problem, draws, random_seed).to_numpy()
    simulated = simulated.reshape(-1, *simulated.shape[2:])
    means = one_step_means(problem, draws)
    scale = np.broadcast_to(scales(problem, draws), means.shape)
    heavy = problem.scm.noise is Noise.STUDENT_T
    freedom = stack_draws(draws, "degrees_of_freedom") if heavy else None
    period, column = np.nonzero(problem.cases.observed)
    names = problem.cases.columns
    series = problem.cases.values  # noqa: PD011 (a mapping, not a frame)
    rows = []
    for cell, (place, equation) in enumerate(zip(period, column, strict=True)):
        if np.ptp(density[cell]) > 0:
            # Takes log likelihoods and turns their sign itself.
            weights, shape = array_stats.psislw(density[cell])
        else:  # nothing was estimated: leaving the cell out changes nothing
            weights, shape = np.zeros(density.shape[1]), 0.0
        weights = np.asarray(weights) - logsumexp(weights)
        share = np.exp(weights)
        outcome = float(series[names[equation]][place])
        z = (outcome - means[:, place, equation]) / scale[:, place, equation]
        below = ndtr(z) if freedom is None else stdtr(freedom[equation], z)
        rows.append(
            {
                "series": names[equation],
                "time": problem.cases.time[place],
                "position": int(place),
                "outcome": outcome,
                "log_score": float(logsumexp(weights + density[cell])),
                "crps": continuous_ranked_probability_score(
                    simulated[:, place, equation], outcome, share
                ),
                "pit": float(np.sum(share * below)),
                "pareto_k": float(shape),
            }
        )
    return pd.DataFrame(rows)


def predictive_table(
    problem: Problem,
    prior_draws: xr.Dataset,
    draws: xr.Dataset,
    cells: pd.DataFrame,
    *,
    random_seed: int = 20260101,
) -> pd.DataFrame:
    """Summarise predictive checks by series, beside rivals on the same cells.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    prior_draws, draws : xr.Dataset
        Dims ``(chain, draw)``.
    cells : pandas.DataFrame
        From `leave_one_out_cells`.
    random_seed : int
        Of the draws; the same seed gives the same ones.

    Returns
    -------
    pandas.DataFrame
        One row a series of ten outcomes or more: cells ``n``; ``prior_coverage`` and ``coverage``
        of predictive intervals; mean leave-one-out ``log_score`` and ``crps``; ``pit_p_value`` of a
        uniform
        transform; ``neighbours`` and ``serial_p_value`` from `serial_correlation`;
        ``unreliable``, cells with Pareto k above 0.7; and for each rival its mean
        ``log_score`` with the model's ``lead`` and its standard error, on the cells that both
        have.

    Raises
    ------
    QuestionError
        If the draws lack a parameter or the completed cells.
    """
    from scipy import stats

    few = prior_draws.isel({dims.DRAW: slice(0, 1000)})
    inside = {
        "prior_coverage": _inside(problem, few, random_seed),
        "coverage": _inside(problem, draws, random_seed),
    }
    names = list(problem.cases.columns)
    series = problem.cases.values  # noqa: PD011 (a mapping, not a frame)
    observed = problem.cases.observed > 0
    rows = []
    for name, group in cells.groupby("series", sort=False):
        if len(group) < _FEWEST:
            continue
        column = names.index(str(name))
        used = observed[:, column]
        row: dict[str, object] = {"series": name, "n": len(group)}
        row |= {what: float(hits[used, column].mean()) for what, hits in inside.items()}
        row |= {
            "log_score": group["log_score"].mean(),
            "crps": group["crps"].mean(),
            "pit_p_value": float(stats.kstest(group["pit"], "uniform").pvalue),
            **serial_correlation(group["position"].to_numpy(), group["pit"].to_numpy()),
            "unreliable": int((group["pareto_k"] > _RELIABLE).sum()),
        }
        path = np.where(problem.cases.available[str(name)], series[str(name)], np.nan)
        rivals = leave_one_out(path, is_growth=name not in RATES, random_seed=random_seed)
        own = group.set_index("position")["log_score"]
        for rival, forecasts in rivals.items():
            shared = [place for place in own.index if place in forecasts]
            theirs = np.array(
                [forecasts[place].log_score(float(series[str(name)][place])) for place in shared]
            )
            lead = own.loc[shared].to_numpy() - theirs
            row[f"{rival}: log_score"] = theirs.mean()
            row[f"{rival}: lead"] = lead.mean()
            row[f"{rival}: lead_error"] = lead.std(ddof=1) / np.sqrt(lead.size)
        rows.append(row)
    return pd.DataFrame(rows)


def serial_correlation(position: np.ndarray, pit: np.ndarray) -> dict[str, float]:
    """Say whether an equation's error tells that of the next period.

    `position`: whole numbers in time order, shape ``(cell,)``; gaps are periods without a cell.
    `pit`: leave-one-out probability integral transform of each cell, in [0, 1]. Returns:
    ``neighbours``, the correlation of normal scores one period apart, and ``serial_p_value`` of no
    correlation at one to four periods; not a number with fewer than ten cells.

    Ljung and Box (1978), On a measure of lack of fit in time series models, for series without
    gaps; pairs across a gap are left out.
    """
    from scipy.special import chdtrc, ndtri

    if pit.size < _FEWEST:
        return {"neighbours": np.nan, "serial_p_value": np.nan}
    score = np.full(position.max() + 1, np.nan)
    score[position] = ndtri(np.clip(pit, 1e-4, 1 - 1e-4))
    score -= np.nanmean(score)
    variance = np.nansum(score**2)
    correlations = np.array(
        [np.nansum(score[lag:] * score[:-lag]) / variance for lag in range(1, _LAGS + 1)]
    )
    size = pit.size
    terms = correlations**2 / (size - np.arange(1, _LAGS + 1))
    statistic = size * (size + 2) * terms.sum()
    return {
        "neighbours": float(correlations[0]),
        "serial_p_value": float(chdtrc(_LAGS, statistic)),
    }


def _inside(problem: Problem, draws: xr.Dataset, random_seed: int) -> np.ndarray:
    """Whether each cell lies in its predictive interval, shape ``(time, equation)``."""
    simulated = predictive(problem, draws, random_seed).to_numpy()
    simulated = np.nan_to_num(simulated.reshape(-1, *simulated.shape[2:]))
    lower, upper = np.quantile(simulated, interval_rule().tails, axis=0)
    series = problem.cases.values  # noqa: PD011 (a mapping, not a frame)
    values = np.stack([series[name] for name in problem.cases.columns], axis=1)
    return np.asarray((lower <= values) & (values <= upper))
