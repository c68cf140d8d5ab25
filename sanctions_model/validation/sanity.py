"""Sanity checks of a transmission for Russia: what any draws of it must say to be believable.

Knows ranges that published estimates, or an economist's judgement, give for single mechanisms and
for whole answers, and identities that hold whatever the parameters are. Does not know whether the
sampler converged (`diagnostics`) or how well the model forecasts.
"""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import NoCausalPathError, QuestionError, UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.effects import measure_effects, relief_paths
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.simulation.propagate import Start, continuation_paths, propagate
from sanctions_model.scm.stability import STABLE, spectral_radius
from sanctions_model.validation.sanity_ranges import (
    Finding,
    premium_removed,
    range_findings,
    unasked,
)

COLUMNS = (
    "check",
    "what",
    "source",
    "value",
    "lower_bound",
    "upper_bound",
    "inside",
    "asked",
    "note",
)

type _Check = Callable[[StructuralCausalModel, xr.Dataset], list[Finding]]

_QUARTERS = 4
_EXPLOSIVE_SHARE = {"prior": 1e-4, "posterior": 0.0}
_FULL = Relief()
_EXACT = 1e-8
_MONTE_CARLO_ERRORS = 4.0
_EXACT_OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble")


def sanity_checks(
    problem: Problem, prior_draws: xr.Dataset, draws: xr.Dataset | None = None
) -> pd.DataFrame:
    """Check what a transmission for Russia says against ranges stated beforehand.

    Intervals are 5 to 95 % equal-tailed here always, whatever the setting of ArviZ is: the ranges
    were stated for them. Ends of intervals are shown and compared at the two decimals of their
    ranges. The priors were tuned with these ranges in sight, so that meeting them under the prior
    validates the mapping from evidence to parameters, not the model.

    Parameters
    ----------
    problem : Problem
        With quarterly data and the five measures.
    prior_draws : xr.Dataset
        Independent prior draws, dims ``(chain, draw)``.
    draws : xr.Dataset, optional
        Posterior draws; without them the prior alone is checked.

    Returns
    -------
    pandas.DataFrame
        One row a number: ``check`` and ``what`` (with the statistic and its unit), ``source``
        (``prior`` or ``posterior``), ``value``, ``lower_bound``, ``upper_bound`` (infinite where
        there is none), ``inside``, and a ``note`` where a value outside is known and explained. A
        check that needs what the model lacks has one row that says so: no value, and ``asked``
        false.

    Raises
    ------
    QuestionError
        If the model is not quarterly.

    Examples
    --------
    >>> from sanctions_model.data.observations import load_observations
    >>> from sanctions_model.inference.priors.ledger import load_priors, sample_prior
    >>> from sanctions_model.economies.growth import growth_transmission
    >>> problem = Problem.of(
    ...     growth_transmission(),
    ...     load_observations(scm=growth_transmission()),
    ...     load_priors(economy="growth"),
    ... )
    >>> prior = sample_prior(problem.scm, problem.absolute, draws=100)
    >>> table = sanity_checks(problem, prior).set_index("check")
    >>> bool(table.loc["measures add up", "inside"])
    True
    """
    scm = problem.scm
    if scm.periods_per_year != _QUARTERS:
        raise QuestionError(
            f"The model has {scm.periods_per_year} periods a year; the ranges of the sanity checks "
            "are stated for quarters."
        )
    sources: dict[str, xr.Dataset] = {"prior": prior_draws}
    if draws is not None:
        sources["posterior"] = draws
    rows = []
    for source, sample in sources.items():
        found = _stability(scm, sample, allowed=_EXPLOSIVE_SHARE[source])
        found += range_findings(scm, sample)
        for check in _CHECKS:
            found += _asked(check, scm, sample)
        if source == "posterior":
            found += _recovery_is_prior(problem, prior_draws, sample)
        rows += [
            asdict(finding)
            | {"source": source, "inside": finding.inside, "asked": not np.isnan(finding.value)}
            | ({"note": ""} if finding.inside else {})
            for finding in found
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _asked(check: _Check, scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Return a check's findings, or the one that says what the model lacks for it."""
    try:
        return check(scm, draws)
    except (UnknownVariableError, NoCausalPathError, QuestionError) as error:
        reason = str(error).partition(". ")[0]
        words = check.__name__.strip("_").replace("_", " ")
        return [unasked(words, f"not asked of this model: {reason}")]


def _stability(scm: StructuralCausalModel, draws: xr.Dataset, *, allowed: float) -> list[Finding]:
    check = "stability"
    radius = spectral_radius(scm, draws)
    return [
        Finding(
            check=check,
            what="explosive draws, share of draws",
            value=float((radius > STABLE).mean()),
            lower_bound=0.0,
            upper_bound=allowed,
        ),
        Finding(
            check=check,
            what="largest modulus of any draw",
            value=float(radius.max()),
            lower_bound=0.0,
            upper_bound=STABLE,
        ),
    ]


def _measures_add_up(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    found = measure_effects(scm, draws, _FULL, horizon=20, outcomes=_EXACT_OUTCOMES)
    gap = found.sel(lifted=list(MEASURES)).sum("lifted") - found.sel(lifted="all")
    what = "largest gap between the sum of single measures and all, any draw"
    return [_exact("measures add up", what, gap)]


def _starting_state(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Compare effects from two pasts: how far latent states had built up cannot matter."""
    horizon = 20
    stay = continuation_paths(scm, horizon, {})
    relieved = relief_paths(scm, _FULL, horizon)
    paths = {name: np.stack([relieved.get(name, path), path]) for name, path in stay.items()}
    zeros = np.zeros((scm.longest_lag, 1))
    empty = dict.fromkeys(scm.structural, zeros)
    empty |= {name: zeros + path[0] for name, path in stay.items()}
    empty |= {name: empty[equation.measure] for name, equation in scm.effective.items()}
    contrasts = []
    for start in (None, Start(empty)):
        found = propagate(
            scm,
            draws,
            horizon=horizon,
            exogenous=paths,
            start=start,
            outcomes=_EXACT_OUTCOMES,
        )
        contrasts.append(found.isel({dims.SCENARIO: 0}) - found.isel({dims.SCENARIO: 1}))
    what = "largest gap between effects from full and from empty latent states, any draw"
    return [_exact("starting state", what, contrasts[0] - contrasts[1])]


def _exact(check: str, what: str, gap: xr.DataArray) -> Finding:
    value = float(abs(gap).max(skipna=False))
    return Finding(check=check, what=what, value=value, lower_bound=0.0, upper_bound=_EXACT)


def _recovery_is_prior(
    problem: Problem, prior_draws: xr.Dataset, draws: xr.Dataset
) -> list[Finding]:
    """Compare recovery before and after data in which no measure falls: they say nothing on it."""
    silent = list(problem.resting)
    found = []
    for name in ("recoverable_share", "recovery_speed") if silent else ():
        before, after = (
            sample[name].sel({dims.MEASURE: silent}).transpose(dims.MEASURE, dims.CHAIN, dims.DRAW)
            for sample in (prior_draws, draws)
        )
        centre = before.mean((dims.CHAIN, dims.DRAW))
        for moment, power in (("mean", 1), ("variance", 2)):
            errors = _monte_carlo_errors((before - centre) ** power, (after - centre) ** power)
            found.append(
                Finding(
                    check="recovery is prior while no measure falls",
                    what=f"{name}, gap of the {moment} to the prior in Monte-Carlo errors, largest",
                    value=float(errors.max()),
                    lower_bound=0.0,
                    upper_bound=_MONTE_CARLO_ERRORS,
                )
            )
    return found


def _monte_carlo_errors(before: xr.DataArray, after: xr.DataArray) -> np.ndarray:
    """Distance of two means in standard errors, dims ``(measure,)``."""
    from arviz_stats.base import array_stats

    means, errors = [], []
    for sample in (before.to_numpy(), after.to_numpy()):
        size = np.asarray(array_stats.ess(sample, chain_axis=1, draw_axis=2, method="mean"))
        means.append(sample.mean(axis=(1, 2)))
        errors.append(sample.var(axis=(1, 2)) / size)
    gap, error = np.abs(means[1] - means[0]), np.sqrt(errors[0] + errors[1])
    # A fixed parameter has no error but that of rounding: it is the same or it is not.
    distance = np.where(gap > _EXACT, np.inf, 0.0)
    return np.divide(gap, error, out=distance, where=error > _EXACT)


_CHECKS: tuple[_Check, ...] = (
    premium_removed,
    _measures_add_up,
    _starting_state,
)
