"""Other beliefs and other equations under the same question: named prior sets and transmissions.

An alternative is a model with data and priors of its own, so that it takes a fit. Which beliefs a
set changes is data, in ``prior_sets.toml``; other equations are in `variants`.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.errors import PriorError, QuestionError, first_fault
from sanctions_model.files import read_tables
from sanctions_model.inference.fit import Fit, fit
from sanctions_model.inference.priors.families import Prior
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.priors.pools import Pool, as_prior, load_pools, pool_studies
from sanctions_model.inference.priors.reading import read_prior
from sanctions_model.inference.samplers import sampler_for
from sanctions_model.queries.claims import Claim, asked_of
from sanctions_model.queries.estimands import Estimand, LinkEffect, ParameterValue, load_quantities
from sanctions_model.robustness.sensitivity import claim_effects
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.stability import STABLE, spectral_radius
from sanctions_model.summaries import interval, interval_rule, share_error, summary_errors

_LOG = logging.getLogger(__name__)


class PriorSet(BaseModel):
    """Beliefs that a set changes, with the reason.

    `priors`: by address, as `Priors.from_addresses` takes them. `otherwise`: the same for models
    that lack one of these addresses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    rationale: str = Field(min_length=1)
    priors: Mapping[str, Prior] = Field(default_factory=dict)
    otherwise: tuple[Mapping[str, Prior], ...] = ()

    def form_for(self, scm: StructuralCausalModel) -> Mapping[str, Prior] | None:
        """Return the first form whose addresses the model has, None where it lacks one of each."""
        known = set(addresses(scm))
        return next((f for f in (self.priors, *self.otherwise) if known.issuperset(f)), None)


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A model with its data and beliefs, beside the default one.

    Parameters
    ----------
    name, kind, rationale : str
        `kind` heads a group of a table: what was changed.
    scm : StructuralCausalModel
        Its equations.
    observations : xr.Dataset
        Its data, dim ``time``, each series in the unit of its variable.
    priors : Priors
        Its beliefs.
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
        By name: the beliefs that a set changes, with the reason.

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
        place = f"{file.name}: [prior_set.{name}]"
        if not isinstance(table, Mapping):
            raise QuestionError(f"{place}: expected a table of rationale and priors.")
        stated = dict(table)
        otherwise = stated.pop("otherwise", [])
        if not isinstance(otherwise, list):
            raise QuestionError(f"{place}: otherwise: expected a list of tables of priors.")
        first, *others = (
            _read_form(file.name, name, form, str(stated.get("rationale", "")))
            for form in (stated.pop("priors", {}), *otherwise)
        )
        try:
            content = {"priors": first, "otherwise": tuple(others), **stated}
            found[name] = PriorSet.model_validate(content)
        except ValidationError as error:
            raise QuestionError(f"{place}: {first_fault(error, PriorSet)}.") from None
    return found


def _read_form(file: str, name: str, form: object, rationale: str) -> dict[str, Prior]:
    """Return the priors of a set; one without a rationale has that of the set."""
    if not isinstance(form, Mapping):
        raise QuestionError(f"{file}: [prior_set.{name}]: expected a table of priors by address.")
    common = {"rationale": rationale, "sources": "judgement"}
    return {
        address: read_prior(
            file,
            f'[prior_set.{name}.priors."{address}"]',
            common | own if isinstance(own, dict) else own,
        )
        for address, own in form.items()
    }


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
        The same for every set.
    observations : xr.Dataset
        The same for every set, dim ``time``, as `load_observations` returns them.
    priors : Priors
        The beliefs that a set leaves alone.
    sets : mapping of str to PriorSet, optional
        The bundled ones by default, and the set ``pooled``.

    Returns
    -------
    list of Alternative
        One a set, in the order of the file; ``pooled`` comes last. A set that speaks of what the
        model lacks is left out, and a line of the log says so.

    Raises
    ------
    QuestionError, ObservationError, PriorError
        If the question has no answer as put, the data do not fit the model, or a prior does not
        fit the model.
    """
    found = load_prior_sets() if sets is None else sets
    chosen = []
    for name, own in found.items():
        form = own.form_for(scm)
        if form is None:
            _LOG.info("prior set %s: not asked of this model, which lacks what it speaks of", name)
            continue
        chosen.append((name, own.rationale, priors.replace(form)))
    if sets is None:
        reason = "Parameters that several published estimates speak of have the pool of these."
        chosen.append(("pooled", reason, pooled_priors(priors, known=addresses(scm))))
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
    quantities: Mapping[str, Estimand] | None = None,
    *,
    known: Collection[str] | None = None,
) -> Priors:
    """Return the beliefs with those of pooled parameters replaced by the pools.

    Parameters
    ----------
    priors : Priors
        Beliefs to start from.
    pools, quantities : mapping, optional
        The bundled ones by default. Pools of quantities that are no single parameter are left to
        `implied`.
    known : collection of str, optional
        Addresses of the model, whose other pools are left out; all are replaced by default.

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
        if known is not None and address not in known:
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
    return priors.stated(name, label)


def fit_alternatives(
    alternatives: Sequence[Alternative],
    *,
    draws: int = 500,
    tune: int = 500,
    chains: int = 4,
    random_seed: int = 20260101,
) -> Iterator[tuple[Alternative, Fit]]:
    """Fit each alternative.

    Parameters
    ----------
    alternatives : sequence of Alternative
        Models, each with its data and beliefs, in the order of the answers.
    draws, tune, chains : int
        Kept and discarded draws a chain, and chains.
    random_seed : int
        The same for each, so that alternatives differ by what they change.

    Yields
    ------
    alternative : Alternative
        As given.
    fit : Fit
        Returned even where it did not converge: its diagnostics say so.

    Raises
    ------
    QuestionError, ObservationError, ConvergenceError
        If the question has no answer as put, the data do not fit the model, or a fit does not
        converge.
    """
    for position, alternative in enumerate(alternatives, start=1):
        _LOG.info("fit %s of %s: %s", position, len(alternatives), alternative.name)
        found = fit(
            alternative.scm,
            alternative.observations,
            alternative.priors,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=random_seed,
            sampler=sampler_for(alternative.scm),
            allow_unconverged=True,
        )
        yield alternative, found


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
        One row an alternative and claim: ``median``, interval and ``prob`` with their Monte-Carlo
        errors, ``converged`` and the share of explosive draws.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach of the measures, or the question has no
        answer as put.
    """
    rule = interval_rule()
    rows = []
    for alternative, found in fits:
        effects = claim_effects(found.scm, found.draws, claims)
        diagnostics = found.diagnostics
        converged = diagnostics is not None and not diagnostics.failures
        explosive = float((spectral_radius(found.scm, found.draws) > STABLE).mean())
        for name, claim in claims.items():
            summary = interval(effects[name], rule)
            row: dict[str, object] = {"alternative": alternative.name, "kind": alternative.kind}
            row |= asked_of(name, claim, found.scm, found.draws)
            row |= {n: float(summary.sel(summary=n)) for n in ("median", "lower", "upper")}
            holds = (claim.sign * effects[name] > 0).transpose(dims.CHAIN, dims.DRAW)
            row |= {"prob": float(holds.mean()), "prob_error": share_error(holds.to_numpy())}
            row |= summary_errors(effects[name], summary)
            row |= {"converged": converged, "explosive_share": explosive}
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            rows.append(row)
    return pd.DataFrame(rows)
