"""How much an answer moves when what it rests on moves: priors, links, single parameters.

Estimands. *Power scaling*: distance between the posterior of a claim's effect and the one with a
component of the prior, or the likelihood, raised to powers near 1, per doubling (Kallioinen,
Paananen, Bürkner and Vehtari 2024). *Leave one link out*: the effect with the link closed,
everything else as drawn. *Swing*: the median effect with one parameter at either end of its
posterior interval, the others as drawn; correlation with them is ignored, so a swing says what the
effect hangs on, not how uncertain it is. Nothing here fits a model: `alternatives` does.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import log_prior
from sanctions_model.inference.priors.families import Fixed, Prior
from sanctions_model.queries.basis import effective_addresses
from sanctions_model.queries.claims import Claim, asked_of, claim_effect, load_claims
from sanctions_model.queries.effects import relief_paths
from sanctions_model.queries.reading.information import POWERS, information, power_weights
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, one_parameter, parameter_dims
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.summaries import (
    interval,
    interval_rule,
    mean_error,
    median_difference_error,
)
from sanctions_model.units import effect_in_percent

HEADLINE_CLAIMS = ("lower_prices", "lower_key_rate", "gdp_growth")
# Above it a change of the prior, or of the likelihood, changes the answer (ArviZ's threshold).
_THRESHOLD = 0.05
_ENOUGH_DRAWS = 1000
_SWING_DRAWS = 300
_UNMOVED = 1e-9
_SAMPLE = (dims.CHAIN, dims.DRAW)


def headline_claims(claims: Mapping[str, Claim] | None = None) -> dict[str, Claim]:
    """Return the claims on prices, the key rate and GDP, which tables of sensitivity speak of.

    Parameters
    ----------
    claims : mapping of str to Claim, optional
        The bundled ones by default.

    Returns
    -------
    dict of str to Claim
        By name.

    Raises
    ------
    QuestionError
        If the bundled claims cannot be read.

    Examples
    --------
    >>> list(headline_claims())
    ['lower_prices', 'lower_key_rate', 'gdp_growth']
    """
    known = load_claims() if claims is None else claims
    return {name: known[name] for name in HEADLINE_CLAIMS if name in known}


def thinned(draws: xr.Dataset, size: int = _ENOUGH_DRAWS) -> xr.Dataset:
    """Return about `size` draws, evenly spaced within the chains."""
    step = max(1, draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW] // size)
    return draws.isel({dims.DRAW: slice(None, None, step)})


def claim_effects(
    scm: StructuralCausalModel, draws: xr.Dataset, claims: Mapping[str, Claim]
) -> xr.Dataset:
    """Return the effect that each claim speaks of, draw by draw.

    Returns: one variable a claim, dims ``(chain, draw)``, in the unit of its outcome; of a level in
    percent. Raises `QuestionError` if there is no claim, or one is about a target instead of an
    effect.
    """
    _require_effects(claims)
    return xr.Dataset(
        {
            name: effect_in_percent(
                claim_effect(scm, draws, claim).reset_coords(drop=True),
                scm.variables[claim.outcome],
            )
            for name, claim in claims.items()
        }
    )


def _require_effects(claims: Mapping[str, Claim]) -> None:
    targets = [name for name, claim in claims.items() if claim.target is not None]
    if targets or not claims:
        raise QuestionError(
            f"Got {len(claims)} claims, about a target: {', '.join(targets) or 'none'}; expected "
            "one or more claims about an effect."
        )


def power_scaling(
    problem: Problem,
    draws: xr.Dataset,
    log_likelihood: xr.DataArray,
    claims: Mapping[str, Claim],
    *,
    by_parameter: bool = True,
) -> pd.DataFrame:
    """Scale the prior, each part of it, and the likelihood, and see how far each claim moves.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Posterior draws, dims ``(chain, draw)``.
    log_likelihood : xr.DataArray
        Of each observed cell, dims ``(chain, draw, cell)``.
    claims : mapping of str to Claim
        By name, as `load_claims` returns them.
    by_parameter : bool
        Scale each parameter's prior alone as well.

    Returns
    -------
    pandas.DataFrame
        One row a claim and component: ``prior``, ``likelihood`` and each parameter's address, with
        ``sensitivity`` and, for prior and likelihood, ``diagnosis``.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach of the measures, or the question has no
        answer as put.
    """
    effects = claim_effects(problem.scm, draws, claims)
    parts = _prior_parts(problem, draws)
    tree = xr.DataTree.from_dict(
        {
            "posterior": effects,
            "log_prior": parts,
            "log_likelihood": xr.Dataset({"observed": log_likelihood.reset_coords(drop=True)}),
        }
    )
    found = {group: _power_scaled(tree, group) for group in ("prior", "likelihood")}
    if by_parameter:
        found |= _parts_scaled(effects, parts)
    rows = []
    for claim in claims:
        diagnosis = _diagnosis(found["prior"][claim], found["likelihood"][claim])
        for component, sizes in found.items():
            row: dict[str, object] = {"claim": claim, "component": component}
            row["sensitivity"] = sizes[claim]
            row["diagnosis"] = diagnosis if component in ("prior", "likelihood") else ""
            rows.append(row)
    return pd.DataFrame(rows)


def _power_scaled(tree: xr.DataTree, group: str) -> dict[str, float]:
    import arviz as az

    found = az.psense(tree, group=group, alphas=POWERS)
    return {str(name): float(values) for name, values in found.data_vars.items()}


def _parts_scaled(effects: xr.Dataset, parts: xr.Dataset) -> dict[str, dict[str, float]]:
    """Scale each parameter's prior alone: what `az.psense` does, without its bookkeeping."""
    from arviz_stats.base import array_stats

    values = {str(claim): effect.to_numpy() for claim, effect in effects.data_vars.items()}
    found = {}
    for address, part in parts.data_vars.items():
        density = part.transpose(dims.CHAIN, dims.DRAW).to_numpy()
        weights = power_weights(density)
        found[str(address)] = {
            claim: float(array_stats.power_scale_sense(effect, *weights, *POWERS))
            for claim, effect in values.items()
        }
    return found


def _prior_parts(problem: Problem, draws: xr.Dataset) -> xr.Dataset:
    """Log prior of each free parameter under its address, dims ``(chain, draw)``."""
    density = log_prior(problem, draws)
    free = [a for a in addresses(problem.scm) if not isinstance(problem.absolute[a], Fixed)]
    return xr.Dataset({address: one_parameter(problem.scm, density, address) for address in free})


def _diagnosis(prior: float, likelihood: float) -> str:
    """Read the two sensitivities together, as Kallioinen and others (2024) do."""
    if prior < _THRESHOLD:
        return "neither moves it" if likelihood < _THRESHOLD else "data speak"
    if likelihood < _THRESHOLD:
        return "rests on the prior, data say little"
    return "prior and data both move it"


def leave_one_link_out(
    scm: StructuralCausalModel, draws: xr.Dataset, claims: Mapping[str, Claim]
) -> pd.DataFrame:
    """Close each link in turn and see what is left of each claim's effect.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``; about 1,000 of them are used.
    claims : mapping of str to Claim
        By name, as `headline_claims` returns them.

    Returns
    -------
    pandas.DataFrame
        One row a claim and link that matters to it: ``base`` and ``without`` (medians),
        ``prob`` and ``prob_without``, ``moved`` (without less base), largest first; Monte-Carlo
        standard errors ``error`` of ``moved`` and ``prob_moved_error`` of the difference of the
        two chances, both of the same draws.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown, or the question has no answer as put.
    """
    _require_effects(claims)
    few = thinned(draws)
    links = [link.label for link in scm.links]
    rows = []
    for name, claim in claims.items():
        effects = _closed_effects(scm, few, claim, links)
        base, without = effects[0], effects[1:]
        for label, values in zip(links, without, strict=True):
            if np.max(np.abs(values - base)) <= _UNMOVED:
                continue
            row = asked_of(name, claim, scm, draws) | {"link": label}
            row |= {"base": float(np.median(base)), "without": float(np.median(values))}
            row["prob"] = float(np.mean(claim.sign * base > 0))
            row["prob_without"] = float(np.mean(claim.sign * values > 0))
            row["moved"] = float(np.median(values) - np.median(base))
            row["error"] = _apart(base, values)
            changed = (claim.sign * values > 0).astype(float) - (claim.sign * base > 0)
            row["prob_moved_error"] = mean_error(xr.DataArray(changed[None], dims=_SAMPLE))
            rows.append(row)
    table = pd.DataFrame(rows)
    order = table["moved"].abs().groupby(table["claim"], sort=False).rank(ascending=False)
    return table.iloc[np.lexsort((order, table["claim"].map(list(claims).index)))].reset_index(
        drop=True
    )


def _closed_effects(
    scm: StructuralCausalModel, draws: xr.Dataset, claim: Claim, links: Sequence[str]
) -> np.ndarray:
    """Effect with nothing closed and with each link closed, shape ``(1 + link, draw)``."""
    if claim.channel != "total":
        raise QuestionError(
            f"A claim along {claim.channel!r} has closed links already; leave links out of claims "
            "about the total effect."
        )
    found = respond(
        scm,
        draws,
        horizon=claim.horizon,
        paths=relief_paths(scm, claim.relief, claim.horizon),
        closed=[(), *((label,) for label in links)],
        outcomes=[claim.outcome],
    ).isel({dims.OUTCOME: 0, dims.HORIZON: -1})
    values: np.ndarray = found.to_numpy().reshape(len(links) + 1, -1)
    return effect_in_percent(values, scm.variables[claim.outcome])


def parameter_swings(
    problem: Problem,
    prior_draws: xr.Dataset,
    draws: xr.Dataset,
    claims: Mapping[str, Claim],
) -> pd.DataFrame:
    """Put each parameter at the ends of its posterior interval and see how far each claim swings.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    prior_draws, draws : xr.Dataset
        Prior and posterior draws, dims ``(chain, draw)``; about 300 of the latter are propagated.
    claims : mapping of str to Claim
        By name, as `load_claims` returns them.

    Returns
    -------
    pandas.DataFrame
        One row a claim and parameter that matters to it: ``low`` and ``high`` (median effect with
        the parameter at its lower and upper bound), ``base``, ``swing`` (size of the difference),
        its Monte-Carlo standard ``error`` (both ends are of the same draws),
        ``information`` gained on the parameter, ``sources``, ``sign_assumed``; largest swing first.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach of the measures, or the question has no
        answer as put.
    """
    _require_effects(claims)
    rule = interval_rule()
    few = thinned(draws, _SWING_DRAWS)
    moved = list(effective_addresses(problem))
    values = {a: one_parameter(problem.scm, draws, a) for a in moved}
    bounds = {a: interval(v, rule) for a, v in values.items()}
    gained = {
        a: information(one_parameter(problem.scm, prior_draws, a), values[a]).value for a in moved
    }
    stacked = _stacked(problem.scm, few, bounds)
    rows = []
    for name, claim in claims.items():
        unit = problem.scm.variables[claim.outcome]
        effect = effect_in_percent(claim_effect(problem.scm, stacked, claim), unit)
        answers = effect.transpose(dims.CHAIN, dims.DRAW).to_numpy()
        medians = np.median(answers, axis=-1)
        base = float(medians[0])
        for position, address in enumerate(moved):
            low, high = medians[1 + 2 * position : 3 + 2 * position]
            if max(abs(low - base), abs(high - base)) <= _UNMOVED:
                continue
            prior = problem.absolute[address]
            row = asked_of(name, claim, problem.scm, draws) | {"parameter": address}
            row |= {"low": float(low), "high": float(high), "base": base}
            row |= {"swing": float(abs(high - low))}
            row["error"] = _apart(*answers[1 + 2 * position : 3 + 2 * position])
            row["information"] = gained[address]
            row |= {"sources": _sources(prior), "sign_assumed": prior.sign != 0}
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            rows.append(row)
    table = pd.DataFrame(rows)
    asked = table["claim"].map(list(claims).index)
    return table.iloc[np.lexsort((-table["swing"], asked))].reset_index(drop=True)


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """Return the error of the difference of medians of two rows of the same draws."""
    rows = (xr.DataArray(row[None], dims=_SAMPLE) for row in (first, second))
    return median_difference_error(*rows)


def _stacked(
    scm: StructuralCausalModel, draws: xr.Dataset, bounds: Mapping[str, xr.DataArray]
) -> xr.Dataset:
    """Copy the draws along `chain`: as they are, then each parameter at either bound."""
    names = list(parameter_dims(scm))
    flat = draws[names].stack(sample=(dims.CHAIN, dims.DRAW), create_index=False)  # noqa: PD013 (xarray)
    flat = flat.drop_vars([dims.CHAIN, dims.DRAW], errors="ignore").rename(sample=dims.DRAW)
    copies = 1 + 2 * len(bounds)
    wide = flat.expand_dims({dims.CHAIN: np.arange(copies)}).copy(deep=True)
    wide = wide.transpose(dims.CHAIN, dims.DRAW, ...)
    known, dimension = addresses(scm), parameter_dims(scm)
    for position, (address, summary) in enumerate(bounds.items()):
        name, label = known[address]
        dim = dimension[name]
        for offset, end in enumerate(("lower", "upper")):
            where: dict[str, object] = {dims.CHAIN: 1 + 2 * position + offset}
            if dim is not None:
                where[dim] = label
            wide[name].loc[where] = float(summary.sel(summary=end))
    return wide.assign_coords({dims.DRAW: np.arange(wide.sizes[dims.DRAW])})


def _sources(prior: Prior) -> str:
    return prior.sources if isinstance(prior.sources, str) else "; ".join(prior.sources)
