"""Does the posterior mean what it says? Simulation-based calibration.

Draw parameters from the prior, simulate data from them, fit, and ask where the truth stands among
the posterior draws. If prior, simulation and likelihood are one model, the truth's rank is uniform
for every quantity, and an interval of probability p holds the truth in a share p of the data sets
(Talts et al. 2018, arXiv:1804.06788). The check needs no real outcome and can fail: a likelihood
with a lag off by one or a wrong scale bends the ranks.

The data sets keep what the real one has: periods, gaps, drivers, priors in absolute units and the
means that parents are read from, so that prior and likelihood are the same for all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import crisis_times, one_step_means
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.inference.refits import SamplingSettings, refit
from sanctions_model.inference.samplers import Sampler, sampler_for
from sanctions_model.queries.effects import total_effect
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import rows_by_address
from sanctions_model.scm.simulation.shocks import draw_shocks
from sanctions_model.summaries import interval_rule

type Quantities = Callable[[StructuralCausalModel, xr.Dataset], Mapping[str, np.ndarray]]

_DATA_SET = "data_set"
_QUANTITY = "quantity"
_BAND_SIMULATIONS = 2000
_COVERAGE_TAIL = 0.005


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Ranks of known truths among posterior draws.

    `ranks`: dims ``(data_set, quantity)``: share of posterior draws below the truth, ties broken at
    random, in (0, 1); uniform if the posterior means what it says. `covered`: same dims, boolean:
    whether the equal-tailed interval holds the truth. `prob`: probability of that interval.
    `divergences`: over all fits. `unconverged`: fits that failed the convergence gate; few draws a
    fit fail its effective size. `settings`: draws, tuning, chains, thinning and seed.
    """

    ranks: xr.DataArray
    covered: xr.DataArray
    prob: float
    divergences: int
    unconverged: int
    settings: Mapping[str, int]

    @property
    def data_sets(self) -> int:
        """How many data sets were simulated and fitted."""
        return int(self.ranks.sizes[_DATA_SET])


def relief_quantities(
    relief: Relief, *, outcomes: tuple[str, ...], horizons: tuple[int, ...]
) -> Quantities:
    """Return a function from draws to the effects of a relief, to be ranked beside parameters.

    Parameters
    ----------
    relief : Relief
        Whose effects are ranked.
    outcomes : tuple of str
        Variables or levels.
    horizons : tuple of int
        Periods after the start.

    Returns
    -------
    callable
        From a model and draws to arrays of shape ``(chain * draw,)`` by name.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        When it is called, as for `total_effect`.
    """

    def quantities(scm: StructuralCausalModel, draws: xr.Dataset) -> dict[str, np.ndarray]:
        found = total_effect(scm, draws, relief, horizon=max(horizons), outcomes=outcomes)
        found = found.transpose(dims.OUTCOME, dims.HORIZON, dims.CHAIN, dims.DRAW)
        return {
            f"effect on {outcome} after {horizon}": found.sel(
                {dims.OUTCOME: outcome, dims.HORIZON: horizon}
            )
            .to_numpy()
            .ravel()
            for outcome in outcomes
            for horizon in horizons
        }

    return quantities


def simulate_data_sets(
    problem: Problem, draws: xr.Dataset, *, random_seed: int
) -> dict[str, np.ndarray]:
    """Simulate one data set a draw: every cell that the likelihood prices, in order of time.

    Cells without a weight stay what they are in the problem: the likelihood takes them as given.

    Returns: each stochastic variable, shape ``(chain * draw, time)``; completed cells hold the
    values that were simulated, unlike data.
    """
    scm, cases = problem.scm, problem.cases
    known = cases.values  # noqa: PD011 (a mapping, not a frame)
    periods = cases.time.size
    times = crisis_times(problem, draws) if scm.crises else None
    shocks = draw_shocks(scm, draws, periods, random_seed, times=times)
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    history = {name: known[name] for name in scm.exogenous}
    for name in scm.stochastic:
        history[name] = np.repeat(known[name][None, :], size, axis=0)
    columns = {name: position for position, name in enumerate(cases.columns)}
    order = [name for name in scm.graph.order if name in scm.stochastic]
    for period in range(periods):
        past = {name: values[..., : period + 1] for name, values in history.items()}
        for name in order:
            if cases.weight[period, columns[name]] > 0:
                mean = one_step_means(problem, draws, history=past, only=[name])[:, -1, 0]
                history[name][:, period] = mean + shocks[name][period]
    return {name: history[name] for name in scm.stochastic}


def with_outcomes(problem: Problem, outcomes: Mapping[str, np.ndarray]) -> Problem:
    """Return the problem with other outcomes; weights, means of parents and priors stay.

    `outcomes`: by stochastic variable, shape ``(time,)``. Cells that are missing are missing again.
    """
    known = problem.cases.values  # noqa: PD011 (a mapping, not a frame)
    values = {**known, **{name: path.copy() for name, path in outcomes.items()}}
    for name, period in problem.cases.missing:
        values[name][period] = 0.0  # unknown to the fit
    return replace(problem, cases=replace(problem.cases, values=values))


def simulation_based_calibration(
    problem: Problem,
    *,
    data_sets: int = 200,
    quantities: Quantities | None = None,
    draws: int = 250,
    tune: int = 300,
    chains: int = 2,
    thin: int = 2,
    prob: float | None = None,
    random_seed: int = 20260101,
    notify: Callable[[int], None] | None = None,
    sampler: Sampler | None = None,
) -> Calibration:
    """Rank truths drawn from the prior among the draws of the posteriors of their own data.

    Parameters
    ----------
    problem : Problem
        Gives model, periods, gaps, drivers and priors.
    data_sets : int
        Simulated and fitted.
    quantities : callable, optional
        Functions of the parameters to rank too, as `relief_quantities` makes them.
    draws, tune, chains : int
        Of each fit.
    thin : int
        Every how many draws are kept: ranks are uniform for independent draws only.
    prob : float
        Probability of the interval whose coverage is counted; that of all tables by default.
    random_seed : int
        One number of it a data set; resuming at another count gives the same data sets.
    notify : callable, optional
        Called with the number of data sets done.
    sampler : Sampler, optional
        Whose likelihood is judged; that of `sampler_for` by default.

    Returns
    -------
    Calibration
        Quantities: every parameter that is not fixed, every completed cell, and those asked for.

    Raises
    ------
    QuestionError
        If a count is below 1.
    """
    for name, count in {"data_sets": data_sets, "thin": thin}.items():
        if count < 1:
            raise QuestionError(f"{name} is {count}; expected at least 1.")
    sampler = sampler or sampler_for(problem.scm)
    prob = interval_rule().prob if prob is None else prob
    truths = sample_prior(problem.scm, problem.absolute, draws=data_sets, random_seed=random_seed)
    simulated = simulate_data_sets(problem, truths, random_seed=random_seed)
    true_cells = {
        label: simulated[name][:, period]
        for label, (name, period) in zip(
            problem.cases.missing_labels, problem.cases.missing, strict=True
        )
    }
    truth = {**_parameters(problem, truths), **true_cells}
    if quantities is not None:
        truth |= quantities(problem.scm, truths)
    tails = generator_of(random_seed, [1])
    ranks = np.empty((data_sets, len(truth)))
    covered = np.empty((data_sets, len(truth)), dtype=bool)
    divergences = unconverged = 0
    for number in range(data_sets):
        own = with_outcomes(problem, {n: path[number] for n, path in simulated.items()})
        settings = SamplingSettings(
            draws=draws, tune=tune, chains=chains, random_seed=random_seed + number
        )
        again = refit(own, settings, sampler=sampler, allow_unconverged=True)
        divergences += again.diagnostics.divergences
        unconverged += not again.converged
        posterior = again.posterior.isel({dims.DRAW: slice(None, None, thin)})
        found = _parameters(problem, posterior) | _cells(problem, posterior)
        if quantities is not None:
            found |= quantities(problem.scm, posterior)
        for position, name in enumerate(truth):
            values, value = found[name], truth[name][number]
            below, equal = np.sum(values < value), np.sum(values == value)
            ranks[number, position] = (below + (equal + 1) * tails.uniform()) / (values.size + 1)
            lower, upper = np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2])
            covered[number, position] = lower <= value <= upper
        if notify is not None:
            notify(number + 1)
    coords = {_DATA_SET: np.arange(data_sets), _QUANTITY: list(truth)}
    axes = (_DATA_SET, _QUANTITY)
    return Calibration(
        ranks=xr.DataArray(ranks, dims=axes, coords=coords, name="rank"),
        covered=xr.DataArray(covered, dims=axes, coords=coords, name="covered"),
        prob=prob,
        divergences=divergences,
        unconverged=unconverged,
        settings={
            "draws": draws,
            "tune": tune,
            "chains": chains,
            "thin": thin,
            "random_seed": random_seed,
        },
    )


def _parameters(problem: Problem, draws: xr.Dataset) -> dict[str, np.ndarray]:
    """Every parameter that is not fixed, by address, shape ``(chain * draw,)``."""
    rows = rows_by_address(problem.scm, draws)
    return {a: row for a, row in rows.items() if not isinstance(problem.absolute[a], Fixed)}


def _cells(problem: Problem, draws: xr.Dataset) -> dict[str, np.ndarray]:
    return dict(zip(problem.cases.missing_labels, problem.completed(draws), strict=False))


def uniformity(calibration: Calibration, *, prob: float = 0.99) -> pd.DataFrame:
    """Compare ranks with a uniform distribution, and coverage with its nominal rate.

    Parameters
    ----------
    calibration : Calibration
        Ranks of the truths and whether intervals held them, as `simulation_based_calibration`
        returns it.
    prob : float
        Probability that the whole empirical distribution function of uniform ranks lies inside
        the band (simultaneous over its points, for one quantity).

    Returns
    -------
    pandas.DataFrame
        Index: quantities. ``inside`` the band; ``excess``, by how much the distribution function
        leaves it at most (0 inside); ``p_value`` of Kolmogorov's test; ``coverage``, the share of
        intervals that hold the truth, with ``coverage_lower`` and ``coverage_upper``, the 99 %
        range of that share if the nominal rate is true; ``covers``, whether it lies there.

    Notes
    -----
    The band: Säilynoja, Bürkner and Vehtari (2022), Statistics and Computing 32, as ArviZ
    simulates it.
    """
    from scipy import stats

    count = calibration.data_sets
    low, high = (
        float(stats.binom.ppf(tail, count, calibration.prob)) / count
        for tail in (_COVERAGE_TAIL, 1 - _COVERAGE_TAIL)
    )
    points, lower, upper = _band(count, prob)
    rows = {}
    for name in calibration.ranks[_QUANTITY].to_numpy():
        values = calibration.ranks.sel({_QUANTITY: name}).to_numpy()
        ecdf = np.searchsorted(np.sort(values), points, side="right") / count
        excess = float(np.max(np.maximum(ecdf - upper, lower - ecdf)))
        share = float(calibration.covered.sel({_QUANTITY: name}).mean())
        rows[str(name)] = {
            "inside": excess <= 0.0,
            "excess": max(excess, 0.0),
            "p_value": float(stats.kstest(values, "uniform").pvalue),
            "coverage": share,
            "coverage_lower": low,
            "coverage_upper": high,
            "covers": bool(low <= share <= high),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(_QUANTITY)


@cache
def _band(count: int, prob: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, lower and upper bounds of the simultaneous band for `count` uniform ranks."""
    from arviz_stats.ecdf_utils import ecdf_pit

    uniform = (np.arange(count) + 0.5) / count
    points, _, lower, upper = ecdf_pit(
        uniform, prob, _BAND_SIMULATIONS, rng=np.random.default_rng(0)
    )
    return points, lower, upper
