"""How probable an effect of at least a size is: what matters is judgement, the curve is not."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.queries.claims import Claim, claim_effect
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_column
from sanctions_model.summaries import share_error
from sanctions_model.units import effect_in_percent

# In smallest sizes that matter.
_MULTIPLES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)


def exceedance_table(
    scm: StructuralCausalModel,
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None,
    claims: Mapping[str, Claim],
    *,
    multiples: Sequence[float] = _MULTIPLES,
) -> pd.DataFrame:
    """Tabulate how probable effects in a claim's direction are beyond sizes around what matters.

    `draws`: posterior draws; None leaves ``prob`` empty. `claims`: by name; target claims have no
    size and are left out. `multiples`: sizes asked, in each claim's smallest size that matters.
    Returns: one row a claim and size: ``claim``, ``statement``, ``outcome``, ``horizon``, ``unit``,
    ``size``, ``matters`` (the size is the smallest that matters), ``prob_prior``, ``prob`` and its
    Monte-Carlo standard error ``prob_error``. Raises `QuestionError` if no claim has a size, or a
    multiple is below 0. Raises `UnknownVariableError`, `NoCausalPathError` if a claim has no answer
    as put.
    """
    effects = {name: claim for name, claim in claims.items() if claim.material is not None}
    if not effects or min(multiples, default=-1.0) < 0:
        raise QuestionError(
            f"{len(effects)} claims with a size that matters and the multiples "
            f"{', '.join(map(str, multiples)) or 'none'}; expected a claim with `material` and "
            "multiples of it from 0 on."
        )
    carried = dims.carried((prior_draws if draws is None else draws).attrs)
    start, rows = carried.get(dims.Said.START), []
    for name, claim in effects.items():
        variable, material = scm.variables[claim.outcome], claim.material or 0.0
        signed = {
            drawn: claim.sign
            * effect_in_percent(claim_effect(scm, sample, claim), variable)
            .transpose(dims.CHAIN, dims.DRAW)
            .to_numpy()
            for drawn, sample in (("prior", prior_draws), ("posterior", draws))
            if sample is not None
        }
        for multiple in multiples:
            size = multiple * material
            beyond = {drawn: values > size for drawn, values in signed.items()}
            after = beyond.get("posterior")
            rows.append(
                {
                    "claim": name,
                    "statement": claim.statement,
                    "outcome": claim.outcome,
                    "horizon": claim.horizon,
                    **period_column(start, claim.horizon, scm.periods_per_year),
                    "unit": variable.unit,
                    "size": size,
                    "matters": multiple == 1.0,
                    "prob_prior": float(beyond["prior"].mean()),
                    "prob": np.nan if after is None else float(after.mean()),
                    "prob_error": np.nan if after is None else share_error(after),
                }
            )
    table = pd.DataFrame(rows)
    table.attrs.update(carried)
    return table
