"""The model itself as tables: every equation, every prior with its reason and sources."""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import Fixed, Prior, Relative
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.queries.reading.headlines import in_words_of
from sanctions_model.report.views import View, interval_words, size_cell
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
from sanctions_model.scm.variables import Affine, Variable
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import belief_unit
from sanctions_model.wording import upper_first

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
    """Every variable with its kind, parents and unit: the headline first, drivers last."""
    flows = {level.variable.name: level.flow for level in scm.levels}
    headline = {flows.get(name, name) for name in scm.wanted(None)}
    rows = [
        {
            "what": _named(equation.variable),
            "depends on": in_words_of(scm, _parents(equation)) or "nothing: comes from outside",
            "variable": name,
            "label": equation.variable.label,
            "unit": equation.variable.unit,
            "kind": _KIND_NAMES[type(equation)],
            "parents": _parents(equation),
        }
        for name, equation in sorted(
            scm.by_name.items(), key=lambda own: (own[0] not in headline, _place(own[1]))
        )
    ]
    return View(
        table=pd.DataFrame(rows),
        title=f"The model joins {len(rows)} variables by {len(scm.links)} links",
        question="Question: what depends on what?",
        caption="The main outcomes first, what comes from outside last. Names to type in other "
        "commands: --all.",
        aside=("variable", "label", "unit", "kind", "parents"),
    )


def _named(variable: Variable) -> str:
    unit = variable.short_unit
    return variable.short_label + (f", {unit}" if unit not in {"", "1"} else "")


def _place(equation: Equation) -> int:
    """Put what has a series first, and what comes from outside last."""
    observed = isinstance(equation, PartialAdjustment | Linear)
    return 0 if observed else 2 if isinstance(equation, Exogenous) else 1


_FIXED = "Fixed("
_DRAWS = 4000


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
        return f"+ {coefficient.parameter} times"
    return f"+ ({coefficient.constant:g} {coefficient.slope:+g} {coefficient.parameter}) times"


def priors_view(priors: Priors, scm: StructuralCausalModel, *, containing: str = "") -> View:
    """Every prior of a model as stated, with rationale and sources.

    Raises `PriorError` if the priors do not fit the model. Raises `QuestionError` if no address
    contains `containing`.
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
                "belief about": upper_first(in_words_of(scm, address)),
                "size": _size(prior),
                "parameter": address,
                "prior": _stated(prior),
                "unit": belief_unit(prior.unit),
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
        caption=f"{interval_words(interval_rule())} Fixed ones last. Full measures: those at the "
        "end of the data. Addresses to type, families, reasons and sources: --all.",
        aside=("parameter", "prior", "rationale", "sources"),
    )


def _size(prior: Prior) -> str:
    """Say the median and the interval of a belief, from draws: two digits need no more."""
    if isinstance(prior, Fixed):
        return f"{prior.value:g}, fixed"
    drawn = prior.sample(np.random.default_rng(0), _DRAWS)
    sizes = interval(xr.DataArray(drawn[None], dims=(dims.CHAIN, dims.DRAW)))
    cell = size_cell(*(float(sizes.sel(summary=n)) for n in ("median", "lower", "upper")))
    relative = isinstance(prior, Relative) and prior.relative_to_series
    return f"{cell} spreads of the series" if relative else cell


def estimates_view(estimates: pd.DataFrame) -> View:
    """Every published estimate: whose, what it found, how it was seen.

    `estimates`: from `Evidence.to_frame`, the id as a column.
    """
    rows = []
    for row in estimates.to_dict("records"):
        known = [row[end] for end in ("lower", "upper") if not pd.isna(row[end])]
        between = f" ({known[0]:g}; {known[1]:g})" if len(known) == 2 else ""
        size = "" if pd.isna(row["value"]) else f"{row['value']:g}"
        year = "" if pd.isna(row["year"]) else f" ({row['year']})"
        rows.append(
            {
                "study": f"{row['authors']}{year}",
                "found": f"{size}{between} {row['unit']}".strip(),
                "when": row["horizon"],
                "id": row["id"],
                "link": row["link"],
                "status": row["status"],
            }
        )
    read = int((estimates["status"] == "seen").sum())
    return View(
        table=pd.DataFrame(rows),
        title=f"{len(rows)} published estimates stand behind the priors, {read} of them read in "
        "the source",
        question="Question: what was found by others?",
        caption="Ids, links and how each was seen: --all.",
        aside=("id", "link", "status"),
    )


def _stated(prior: Prior) -> str:
    arguments = ", ".join(f"{name} {value:g}" for name, value in prior.arguments.items())
    minus = "-" if getattr(prior, "negative", False) else ""
    relative = isinstance(prior, Relative) and prior.relative_to_series
    scaled = " in units of the series" if relative else ""
    return f"{minus}{prior.family}({arguments}){scaled}"
