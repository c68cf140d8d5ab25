r"""Published estimates of what the model implies, entered as noisy observations by weights.

.. math:: w_s \propto p(y \mid q(\theta_s))

with ``q`` the implied quantity under draw s and ``y`` the published figure, whose spread holds both
its error and the disagreement between studies. The weights are smoothed and judged by
`reweighting`; where they do not hold, the evidence is refused and a fit is the way. Every item is
off unless asked for, because the priors already rest on some of the same studies: the column
``in_priors`` names them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.reweighting import (
    ImportanceWeights,
    importance_weights,
    median_change_error,
    resample,
    share_change_error,
    weighted_interval,
)
from sanctions_model.queries.claims import Claim, asked_of, claim_effect
from sanctions_model.queries.estimands import not_asked, quantity_draws
from sanctions_model.robustness.implied_evidence import Observation
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import ERRORS, distance, interval, interval_rule
from sanctions_model.units import effect_in_percent

_PARTS = ("median", "lower", "upper")
COLUMNS = (
    *("evidence", "quantity", "unit", "horizon", "period"),
    *(f"{prefix}{part}" for prefix in ("published_", "prior_", "", "with_") for part in _PARTS),
    *("z", "miss", "size", "k_hat", "effective_size", "used", "refused", "in_priors"),
    *("ci_prob", "ci_kind"),
)


def relative_efficiency(values: xr.DataArray) -> float:
    """Effective over actual number of draws of a quantity, at most 1.

    `values`: dims ``(chain, draw)``.
    """
    from arviz_stats.base import array_stats

    array = values.transpose(dims.CHAIN, dims.DRAW).to_numpy()
    effective = float(array_stats.ess(array, chain_axis=0, draw_axis=1, method="mean"))
    return 1.0 if not np.isfinite(effective) else min(1.0, effective / array.size)


def evidence_weights(
    scm: StructuralCausalModel, draws: xr.Dataset, observations: Sequence[Observation]
) -> ImportanceWeights:
    """Weigh draws by how well they agree with published figures of implied quantities.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    observations : sequence of Observation
        Values of what `load_implied_evidence` returns.

    Returns
    -------
    ImportanceWeights
        Ask `holds` before use, or call `require`.

    Raises
    ------
    QuestionError
        If there is no observation.
    """
    if not observations:
        raise QuestionError("No published figure to weigh by; name at least one.")
    total, efficiency = np.zeros(draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]), 1.0
    for seen in observations:
        values = quantity_draws(scm, draws, seen.quantity)
        efficiency = min(efficiency, relative_efficiency(values))
        total = total + seen.log_density(values.to_numpy().ravel())
    return importance_weights(total, relative_efficiency=efficiency)


def evidence_draws(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    observations: Sequence[Observation],
    *,
    random_seed: int = 20260101,
) -> xr.Dataset:
    """Return draws with the published figures taken in, for any question.

    Parameters
    ----------
    scm, draws, observations
        As for `evidence_weights`.
    random_seed : int
        For the resampling.

    Returns
    -------
    xr.Dataset
        One chain of as many draws.

    Raises
    ------
    ReweightingError
        If the weights do not hold: take in fewer figures at a time, or fit.
    """
    weights = evidence_weights(scm, draws, observations)
    weights.require()
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    return resample(draws, weights.weights, size=size, random_seed=random_seed)


def evidence_table(
    problem: Problem,
    prior_draws: xr.Dataset,
    draws: xr.Dataset,
    observations: Mapping[str, Observation],
) -> pd.DataFrame:
    """Compare each published figure with what the model implies, before and after it is taken in.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    prior_draws, draws : xr.Dataset
        Prior and posterior draws, dims ``(chain, draw)``.
    observations : mapping of str to Observation
        By name, as `load_implied_evidence` returns them.

    Returns
    -------
    pandas.DataFrame
        One row a figure: quantity, unit, horizon (counted from a change of its own, so that
        ``period`` is empty: effects beside it have one), the figure with the interval of its
        spread, the quantity under prior, posterior and with the figure, how far the posterior is
        from the figure (``z``, ``miss`` and ``size``, from `summaries.distance`), ``k_hat``,
        ``effective_size``, ``used`` and the reason where it is refused or the model lacks a part,
        ``in_priors``.

    Raises
    ------
    UnknownVariableError, QuestionError, ReweightingError
        If a name is unknown, the question has no answer as put, or the draws cannot be
        reweighted so far.
    """
    rule = interval_rule()
    tail = (1 - rule.prob) / 2
    rows = []
    for seen in observations.values():
        quantity = seen.quantity
        published = seen.quantiles([0.5, tail, 1 - tail])
        row: dict[str, object] = {"evidence": seen.name, "quantity": quantity.label}
        row |= {"unit": quantity.unit, "horizon": quantity.horizon, "period": ""}
        row |= {f"published_{n}": float(x) for n, x in zip(_PARTS, published, strict=True)}
        row["in_priors"] = "; ".join(s for s in seen.sources if s in problem.priors.sources)
        row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
        rows.append(row)
        if reason := not_asked(problem.scm, quantity):
            row |= dict.fromkeys((*_PARTS, "z", "k_hat", "effective_size"), np.nan)
            row |= {"miss": "", "size": ""}
            row |= {f"{prefix}_{n}": np.nan for prefix in ("prior", "with") for n in _PARTS}
            row |= {"used": False, "refused": reason}
            continue
        values = quantity_draws(problem.scm, draws, quantity)
        before = interval(quantity_draws(problem.scm, prior_draws, quantity), rule)
        weights = evidence_weights(problem.scm, draws, [seen])
        row |= {f"prior_{n}": float(before.sel(summary=n)) for n in _PARTS}
        now = interval(values, rule)
        median, lower, upper = (float(now.sel(summary=n)) for n in _PARTS)
        row |= {"median": median, "lower": lower, "upper": upper}
        stated = float(published[1]), float(published[2])
        row |= distance(stated, (median, lower, upper), rule.prob, published_prob=rule.prob)
        after = weighted_interval(values, weights.weights, rule)
        row |= {
            f"with_{n}": float(after.sel(summary=n)) if weights.holds else np.nan for n in _PARTS
        }
        row |= {"k_hat": weights.k_hat, "effective_size": weights.effective_size}
        row |= {"used": weights.holds, "refused": "; ".join(weights.failures)}
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def evidence_effects(
    problem: Problem,
    draws: xr.Dataset,
    observations: Mapping[str, Observation],
    claims: Mapping[str, Claim],
) -> pd.DataFrame:
    """Say what each published figure, and all of them together, moves in each claim.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Posterior draws, dims ``(chain, draw)``.
    observations : mapping of str to Observation
        By name, as `load_implied_evidence` returns them.
    claims : mapping of str to Claim
        Effect claims.

    Returns
    -------
    pandas.DataFrame
        One row a figure (and ``all``) and claim: median, interval and P(claim) without and with,
        ``difference`` of the medians and of the probabilities (``prob_difference``) with their
        Monte-Carlo errors (``_error``), ``within_error``: the medians differ by less than two of
        them, ``k_hat``, ``used``; not a number where refused. Figures of what the model lacks are
        left out here: `evidence_table` names them.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError, ReweightingError
        If a name is unknown, an outcome is out of reach of the measures, the question has no
        answer as put, or the draws cannot be reweighted so far.
    """
    rule = interval_rule()
    sets = {
        name: [seen]
        for name, seen in observations.items()
        if not not_asked(problem.scm, seen.quantity)
    }
    if len(sets) > 1:
        sets["all"] = [seen for (seen,) in sets.values()]
    weighed = {name: evidence_weights(problem.scm, draws, seen) for name, seen in sets.items()}
    rows = []
    for claim_name, claim in claims.items():
        problem.scm.require(claim.outcome, "the claim")
        unit = problem.scm.variables[claim.outcome]
        effect = effect_in_percent(claim_effect(problem.scm, draws, claim), unit)
        base = interval(effect, rule)
        holds = (claim.sign * effect > 0).transpose(dims.CHAIN, dims.DRAW)
        for name, weights in weighed.items():
            after = weighted_interval(effect, weights.weights, rule)
            row: dict[str, object] = {"evidence": name}
            row |= asked_of(claim_name, claim, problem.scm, draws)
            row |= {n: float(base.sel(summary=n)) for n in ("median", "lower", "upper")}
            row["prob"] = float(holds.mean())
            found = {f"with_{n}": float(after.sel(summary=n)) for n in ("median", "lower", "upper")}
            found["with_prob"] = float(weights.weights @ holds.to_numpy().ravel())
            found["difference"] = found["with_median"] - float(str(row["median"]))
            found["difference_error"] = median_change_error(effect, weights.weights)
            found["prob_difference"] = found["with_prob"] - float(str(row["prob"]))
            found["prob_difference_error"] = share_change_error(holds, weights.weights)
            row |= found if weights.holds else dict.fromkeys(found, np.nan)
            apart = ERRORS * found["difference_error"]
            row["within_error"] = weights.holds and abs(found["difference"]) < apart
            row |= {"k_hat": weights.k_hat, "used": weights.holds}
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            rows.append(row)
    return pd.DataFrame(rows)
