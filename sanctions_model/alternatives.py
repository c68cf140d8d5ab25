"""Other beliefs and other equations under the same question: named prior sets and transmissions.

An alternative is a model with data and priors of its own, so that it takes a fit; fits of one
structure share one compiled model. Which beliefs a set changes is data, in ``prior_sets.toml``;
how a transmission differs stands here, because it changes equations.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model import dims
from sanctions_model.claims import Claim
from sanctions_model.datasets import data_path
from sanctions_model.equations import Equation, Linear, PartialAdjustment
from sanctions_model.errors import PriorError, QuestionError
from sanctions_model.files import read_tables
from sanctions_model.measures_rule import load_rule
from sanctions_model.pooling import Pool, as_prior, load_pools, pool_studies
from sanctions_model.prior_families import LogNormal, Normal, Prior
from sanctions_model.priors import Priors, read_prior
from sanctions_model.problem import Problem
from sanctions_model.quantities import LinkEffect, ParameterValue, Quantity, load_quantities
from sanctions_model.sampling import Compiled, Fit, compile_problem, fit
from sanctions_model.scm import StructuralCausalModel
from sanctions_model.sensitivity import claim_effects
from sanctions_model.specification import spec_hash
from sanctions_model.stability import spectral_radius
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.transmission import MEASURES, default_transmission

__all__ = [
    "Alternative",
    "PriorSet",
    "compare_alternatives",
    "fit_alternatives",
    "load_prior_sets",
    "pooled_priors",
    "prior_alternatives",
    "transmission_alternatives",
]

_LOG = logging.getLogger(__name__)
_DOUBLED = (np.datetime64("2014-01-01"), np.datetime64("2022-01-01"))
_HELD_AT_ZERO = 1e-3  # a normal this narrow is a 0 that needs no other compiled model


class PriorSet(BaseModel):
    """Beliefs that a set changes, with the reason.

    Parameters
    ----------
    rationale : str
    priors : mapping of str to Prior
        By address, as `Priors.from_addresses` takes them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    rationale: str = Field(min_length=1)
    priors: Mapping[str, Prior] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A model with its data and beliefs, beside the default one.

    Parameters
    ----------
    name, kind, rationale : str
        `kind` heads a group of a table: what was changed.
    scm : StructuralCausalModel
    observations : xr.Dataset
    priors : Priors
    """

    name: str
    kind: str
    rationale: str
    scm: StructuralCausalModel
    observations: xr.Dataset
    priors: Priors


def load_prior_sets(path: Path | str | None = None) -> dict[str, PriorSet]:
    """Read named sets of beliefs.

    Parameters
    ----------
    path : path, optional
        A TOML file with tables ``[prior_set.NAME]`` and
        ``[prior_set.NAME.priors."ADDRESS"]``; the bundled one by default. A prior without a
        rationale has that of its set.

    Returns
    -------
    dict of str to PriorSet

    Raises
    ------
    QuestionError
        If the file is missing, no TOML or empty, or a set has no rationale.
    PriorError
        If a prior is not well formed.

    Examples
    --------
    >>> list(load_prior_sets())
    ['consensus', 'optimist', 'sceptic', 'flat']
    """
    file = data_path("prior_sets.toml") if path is None else Path(path)
    found = {}
    for name, table in read_tables(file, "prior_set").items():
        stated = dict(table) if isinstance(table, Mapping) else {}
        tables = stated.pop("priors", {})
        common = {"rationale": str(stated.get("rationale", "")), "sources": "judgement"}
        priors = {
            address: read_prior(file.name, f'[prior_set.{name}.priors."{address}"]', common | own)
            for address, own in tables.items()
        }
        try:
            found[name] = PriorSet(priors=priors, **stated)
        except (ValidationError, TypeError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise QuestionError(f"{file.name}: [prior_set.{name}]: {reason}.") from None
    return found


def prior_alternatives(
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    sets: Mapping[str, PriorSet] | None = None,
) -> list[Alternative]:
    """Return the model under each named set of beliefs.

    Parameters
    ----------
    scm : StructuralCausalModel
    observations : xr.Dataset
    priors : Priors
        The beliefs that a set leaves alone.
    sets : mapping of str to PriorSet, optional
        The bundled ones by default, and the set ``pooled``.

    Returns
    -------
    list of Alternative
    """
    found = load_prior_sets() if sets is None else sets
    chosen = [(name, own.rationale, priors.replace(own.priors)) for name, own in found.items()]
    if sets is None:
        reason = "Parameters that several published estimates speak of have the pool of these."
        chosen.append(("pooled", reason, pooled_priors(priors)))
    return [
        Alternative(
            name=name,
            kind="prior set",
            rationale=rationale,
            scm=scm,
            observations=observations,
            priors=beliefs,
        )
        for name, rationale, beliefs in chosen
    ]


def pooled_priors(
    priors: Priors,
    pools: Mapping[str, Pool] | None = None,
    quantities: Mapping[str, Quantity] | None = None,
) -> Priors:
    """Return the beliefs with those of pooled parameters replaced by the pools.

    Parameters
    ----------
    priors : Priors
    pools, quantities : mapping, optional
        The bundled ones by default. Pools of quantities that are no single parameter are left to
        `implied`.

    Returns
    -------
    Priors
        Bounds of a replaced normal prior are kept.

    Raises
    ------
    PriorError
        If a pooled parameter has no prior, or one of another family than its pool.
    """
    quantities = load_quantities() if quantities is None else quantities
    replaced: dict[str, Prior] = {}
    for pool in (load_pools() if pools is None else pools).values():
        match quantities[pool.quantity]:
            case ParameterValue(parameter=address):
                pass
            case LinkEffect(link=address, run="long_run"):
                pass
            case _:
                continue
        before = _stated(priors, address)
        if before is None or before.family != pool.family:
            stated = "none" if before is None else before.family
            raise PriorError(
                f"The pool of {address!r} is {pool.family}, its prior {stated}; give the pool the "
                "family of the prior."
            )
        ends = {n: getattr(before, n, None) for n in ("lower", "upper")}
        bounds = {n: float(end) for n, end in ends.items() if end is not None}
        replaced[address] = as_prior(pool, pool_studies(pool), bounds=bounds)
    return priors.replace(replaced)


def _stated(priors: Priors, address: str) -> Prior | None:
    name, label = "coefficient", address
    if " -> " not in address:
        name, _, label = address.removesuffix("]").partition("[")
    group = priors.entries.get(name, {})
    return group.get(label, group.get("*"))


def transmission_alternatives(
    observations: xr.Dataset, priors: Priors, scm: StructuralCausalModel | None = None
) -> list[Alternative]:
    """Return the default transmission with one equation, or the measures, taken otherwise.

    Parameters
    ----------
    observations : xr.Dataset
        Quarterly, as `load_observations` returns it.
    priors : Priors
        Of the default transmission.
    scm : StructuralCausalModel, optional
        The default transmission by default.

    Returns
    -------
    list of Alternative
    """
    scm = default_transmission() if scm is None else scm
    found = [_rates_in_levels(scm, observations, priors), _credit(scm, observations, priors)]
    oil = {"export_oil_growth -> gdp_growth": _normal(0.0, _HELD_AT_ZERO, "the link held at 0")}
    found.append(
        Alternative(
            name="oil -> GDP at 0",
            kind="equations",
            rationale="Since 2014 the data hardly show an effect of the oil price on output.",
            scm=scm,
            observations=observations,
            priors=priors.replace(oil),
        )
    )
    for name, changed, rationale in _other_measures(observations):
        found.append(
            Alternative(
                name=name,
                kind="measures",
                rationale=rationale,
                scm=scm,
                observations=changed,
                priors=priors,
            )
        )
    return found


def _normal(mu: float, sigma: float, rationale: str) -> Normal:
    return Normal(mu=mu, sigma=sigma, rationale=rationale, sources="judgement")


def _other_measures(observations: xr.Dataset) -> Iterator[tuple[str, xr.Dataset, str]]:
    for name, weights in load_rule().composites.items():
        composite = sum(
            weight * observations[measure].to_numpy() for measure, weight in weights.items()
        )
        changed = {m: (dims.TIME, np.maximum.accumulate(composite)) for m in MEASURES}
        label = name.replace("_", "-")
        yield (
            f"one composite, {label} weights",
            observations.assign(changed),
            "All five measures follow one composite: what the split between them decides.",
        )
    time = observations[dims.TIME].to_numpy()
    inside = (time >= _DOUBLED[0]) & (time < _DOUBLED[1])
    doubled = {
        name: (
            dims.TIME,
            # Later levels are at least these: doubling must not read as a relief in 2022.
            np.maximum(
                np.where(inside, 2.0, 1.0) * observations[name].to_numpy(),
                np.where(time >= _DOUBLED[1], 2.0 * observations[name].to_numpy()[inside][-1], 0.0),
            ),
        )
        for name in MEASURES
    }
    yield (
        "levels of 2014-2021 doubled",
        observations.assign(doubled),
        "How large the measures of 2014 were against those of 2025 is a judgement.",
    )


def _rates_in_levels(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Alternative:
    swaps = {
        "gdp_growth": ("real_rate_change[1]", "real_lending_rate[1]"),
        "credit_growth": ("real_rate_change[1]", "real_lending_rate[1]"),
        "depreciation": ("key_rate_change[1]", "key_rate[1]"),
    }
    dropped = {f"{old} -> {child}" for child, (old, _) in swaps.items()}
    unused = {"real_rate_change", "key_rate_change"}
    equations = tuple(
        _swapped(equation, swaps)
        for equation in scm.equations
        if equation.variable.name not in unused
    )
    own = {
        "real_lending_rate[1] -> gdp_growth": _normal(-0.1, 0.1, "a level drives growth for good"),
        "real_lending_rate[1] -> credit_growth": _normal(-0.25, 0.25, "as for output"),
        "key_rate[1] -> depreciation": _normal(-0.1, 0.3, "as for output, sign free"),
    }
    new = {f"{old} -> {child}": f"{now} -> {child}" for child, (old, now) in swaps.items()}
    model = replace(
        scm,
        equations=equations,
        centres={},
        chain=_renamed(scm.chain, new, unused),
        chain_offset=_renamed(scm.chain_offset, new, unused),
    )
    return Alternative(
        name="rates in levels",
        kind="equations",
        rationale="Growth follows the level of real rates, not its change: money is not neutral.",
        scm=model,
        observations=observations,
        priors=_with(priors, own, dropped),
    )


def _credit(scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors) -> Alternative:
    added = "credit_growth -> gdp_growth"
    equations = tuple(
        replace(equation, parents=(*equation.parents, "credit_growth"))
        if isinstance(equation, PartialAdjustment) and equation.variable.name == "gdp_growth"
        else equation
        for equation in scm.equations
    )
    belief = LogNormal(
        median=0.05,
        sigma=0.8,
        unit="% per %",
        rationale="Judgement: weakly informative, and on top of the effect of rates.",
        sources="judgement",
    )
    return Alternative(
        name="credit as a parent of GDP",
        kind="equations",
        rationale="Credit drives output besides rates; the equation then starts in 2015.",
        scm=replace(scm, equations=equations, centres={}, chain=(*scm.chain, added)),
        observations=observations,
        priors=_with(priors, {added: belief}, set()),
    )


def _swapped(equation: Equation, swaps: Mapping[str, tuple[str, str]]) -> Equation:
    name = equation.variable.name
    if name not in swaps or not isinstance(equation, PartialAdjustment | Linear):
        return equation
    old, new = swaps[name]
    parents = tuple(new if parent == old else parent for parent in equation.parents)
    return replace(equation, parents=parents)


def _renamed(labels: Sequence[str], new: Mapping[str, str], unused: set[str]) -> tuple[str, ...]:
    kept = [new.get(label, label) for label in labels]
    return tuple(x for x in kept if x.split(" -> ")[-1] not in unused)


def _with(priors: Priors, added: Mapping[str, Prior], dropped: set[str]) -> Priors:
    entries = {
        name: {label: prior for label, prior in group.items() if label not in dropped}
        for name, group in priors.entries.items()
    }
    return priors.model_copy(update={"entries": entries}).replace(added)


def fit_alternatives(
    alternatives: Sequence[Alternative],
    *,
    draws: int = 500,
    tune: int = 500,
    chains: int = 4,
    random_seed: int = 20260101,
) -> Iterator[tuple[Alternative, Fit]]:
    """Fit each alternative, with one compiled model for all of one structure.

    Parameters
    ----------
    alternatives : sequence of Alternative
    draws, tune, chains : int
    random_seed : int
        The same for each, so that alternatives differ by what they change.

    Yields
    ------
    alternative : Alternative
    fit : Fit
        Returned even where it did not converge: its diagnostics say so.
    """
    compiled: list[Compiled] = []

    def sample(alternative: Alternative, ready: Compiled) -> Fit:
        return fit(
            alternative.scm,
            alternative.observations,
            alternative.priors,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=random_seed,
            compiled=ready,
            allow_unconverged=True,
        )

    for position, alternative in enumerate(alternatives, start=1):
        _LOG.info("fit %s of %s: %s", position, len(alternatives), alternative.name)
        found = None
        for ready in compiled:
            if spec_hash(ready.problem.scm) != spec_hash(alternative.scm):
                continue
            try:
                found = sample(alternative, ready)
            except QuestionError:  # another structure of data or families
                continue
            break
        if found is None:
            _LOG.info("compiling (model %s; up to two minutes)", len(compiled) + 1)
            problem = Problem.of(alternative.scm, alternative.observations, alternative.priors)
            compiled.append(compile_problem(problem))
            found = sample(alternative, compiled[-1])
        yield alternative, found
    _LOG.info("%s fits, %s compiled models", len(alternatives), len(compiled))


def compare_alternatives(
    fits: Sequence[tuple[Alternative, Fit]], claims: Mapping[str, Claim]
) -> pd.DataFrame:
    """Tabulate each claim under each alternative.

    Parameters
    ----------
    fits : sequence of (Alternative, Fit)
        As `fit_alternatives` yields them.
    claims : mapping of str to Claim
        Effect claims.

    Returns
    -------
    pandas.DataFrame
        One row an alternative and claim: ``median``, interval, ``prob``, ``converged`` and the
        share of explosive draws.
    """
    rule = interval_rule()
    rows = []
    for alternative, found in fits:
        effects = claim_effects(found.scm, found.draws, claims)
        diagnostics = found.diagnostics
        converged = diagnostics is not None and not diagnostics.failures
        explosive = float((spectral_radius(found.scm, found.draws) >= 1.0).mean())
        for name, claim in claims.items():
            summary = interval(effects[name], rule)
            row: dict[str, object] = {"alternative": alternative.name, "kind": alternative.kind}
            row |= {"claim": name, "outcome": claim.outcome, "horizon": claim.horizon}
            row |= {n: float(summary.sel(summary=n)) for n in ("median", "lower", "upper")}
            row["prob"] = float((claim.sign * effects[name] > 0).mean())
            row |= {"converged": converged, "explosive_share": explosive}
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            rows.append(row)
    return pd.DataFrame(rows)
