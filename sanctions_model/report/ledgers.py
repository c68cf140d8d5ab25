"""The model itself as tables: every equation, every prior with its reason and sources."""

import numpy as np
import pandas as pd

from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import Prior, Relative
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.report.views import View
from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Equation,
    Exogenous,
    Identity,
    LatentAdjustment,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.variables import Affine

__all__ = ["equations_view", "priors_view"]

_KIND_NAMES: dict[type, str] = {
    Exogenous: "exogenous",
    AsymmetricAdjustment: "asymmetric adjustment",
    Identity: "identity",
    LatentAdjustment: "latent",
    Accumulator: "level of a flow",
    PartialAdjustment: "observed, partial adjustment",
    Linear: "observed, linear",
}


def equations_view(scm: StructuralCausalModel) -> View:
    """Every variable with its kind, parents and unit."""
    rows = [
        {
            "variable": name,
            "label": equation.variable.label,
            "unit": equation.variable.unit,
            "kind": _KIND_NAMES[type(equation)],
            "parents": _parents(equation),
        }
        for name, equation in scm.by_name.items()
    ]
    return View(
        table=pd.DataFrame(rows),
        title=f"The {scm.name or 'model'} has {len(rows)} equations and {len(scm.links)} links to "
        "estimate",
        question="Question: what depends on what?",
        first=("variable", "label", "parents", "unit", "kind"),
    )


_FIXED = "Fixed("


def _parents(equation: Equation) -> str:
    if isinstance(equation, Exogenous):
        return ""
    if isinstance(equation, AsymmetricAdjustment):
        return equation.measure
    if isinstance(equation, Identity | Accumulator):
        return " ".join(f"{_signed(c)} {parent}" for parent, c in equation.terms.items()).lstrip(
            "+ "
        )
    if not isinstance(equation, PartialAdjustment):
        return ", ".join(equation.parents)
    parents = [*equation.parents, *(f"{text} (direct)" for text in equation.impact)]
    return ", ".join([*([f"around {equation.anchor}"] if equation.anchor else []), *parents])


def _signed(coefficient: float | Affine) -> str:
    if not isinstance(coefficient, Affine):
        size = abs(coefficient)
        return ("-" if coefficient < 0 else "+") + ("" if size == 1 else f" {size:g}")
    if coefficient.constant == 0:
        return f"+ {coefficient.parameter}"
    return f"+ ({coefficient.constant:g} {coefficient.slope:+g} {coefficient.parameter})"


def priors_view(priors: Priors, scm: StructuralCausalModel, *, containing: str = "") -> View:
    """Every prior of a model as stated, with rationale and sources.

    Raises
    ------
    PriorError
        If the priors do not fit the model.
    QuestionError
        If no address contains `containing`.
    """
    # Prior-only scales: enough to check that every parameter has exactly one prior.
    priors.for_model(scm, dict.fromkeys(scm.stochastic, (0.0, 1.0)))
    rows = []
    for address, (name, label) in addresses(scm).items():
        prior = priors.stated(name, label)
        if prior is None or containing not in address:
            continue
        sources = prior.sources
        rows.append(
            {
                "parameter": address,
                "prior": _stated(prior),
                "unit": prior.unit,
                "sign": "assumed" if prior.sign and name == "coefficient" else "",
                "rationale": prior.rationale,
                "sources": sources if isinstance(sources, str) else ", ".join(sources),
            }
        )
    if not rows:
        raise QuestionError(f"No parameter's address contains {containing!r}.")
    table = pd.DataFrame(rows)
    fixed = table["prior"].str.startswith(_FIXED)
    many = f"each of {len(rows)} parameters" if len(rows) > 1 else "one parameter"
    chosen = f" with {containing!r} in the address" if containing else ""
    return View(
        table=table.iloc[np.argsort(fixed.to_numpy(), kind="stable")],
        title=f"{priors.origin} states a prior for {many}{chosen}, "
        f"{int(fixed.sum())} of them fixed",
        question="Question: what was believed before the data?",
        caption="Fixed ones last. Reasons and sources (ids of evidence.csv): --all.",
        aside=("rationale", "sources"),
    )


def _stated(prior: Prior) -> str:
    arguments = ", ".join(f"{name} {value:g}" for name, value in prior.arguments.items())
    minus = "-" if getattr(prior, "negative", False) else ""
    relative = isinstance(prior, Relative) and prior.relative_to_series
    scaled = " in units of the series" if relative else ""
    return f"{minus}{prior.family}({arguments}){scaled}"
