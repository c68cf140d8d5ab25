"""A model with one equation, or the measures, taken otherwise.

Each is an `Alternative` that takes a fit; how it differs stands here, because it changes equations.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.events import load_rule
from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import LogNormal, Normal, Prior
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.robustness.alternatives import Alternative
from sanctions_model.scm.equations import Equation, Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel

__all__ = ["transmission_alternatives"]

_DOUBLED = (np.datetime64("2014-01-01"), np.datetime64("2022-01-01"))
_CHANGED = (
    "export_oil_growth -> gdp_growth",
    "real_rate_change[1] -> gdp_growth",
    "real_rate_change[1] -> credit_growth",
    "key_rate_change[1] -> depreciation",
)
_HELD_AT_ZERO = 1e-3  # a normal this narrow is a 0


def transmission_alternatives(
    observations: xr.Dataset, priors: Priors, scm: StructuralCausalModel
) -> list[Alternative]:
    """Return a model with one equation, or the measures, taken otherwise.

    Parameters
    ----------
    observations : xr.Dataset
        Quarterly, as `load_observations` returns it.
    priors : Priors
        Of the model.
    scm : StructuralCausalModel
        A model with the links that these alternatives change, as `default_transmission` has.

    Returns
    -------
    list of Alternative
        Each with its equations, data and beliefs, ready for `fit_alternatives`.

    Raises
    ------
    QuestionError
        If the model lacks a link that an alternative changes.
    UnknownVariableError, ObservationError, SpecError
        If a name is unknown, the data do not fit the model, or an altered model cannot be
        built.
    """
    _require_links(scm)
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
    for name, changed, rationale in _other_measures(scm, observations):
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


def _require_links(scm: StructuralCausalModel) -> None:
    known = {edge.label for edge in scm.graph.edges}
    lacking = [label for label in _CHANGED if label not in known]
    if lacking:
        raise QuestionError(
            f"The model {scm.name!r} has no link {lacking[0]!r}, which one of the alternative "
            "equations changes; compare its prior sets, or fit your own `Alternative`."
        )


def _normal(mu: float, sigma: float, rationale: str) -> Normal:
    return Normal(mu=mu, sigma=sigma, rationale=rationale, sources="judgement")


def _other_measures(
    scm: StructuralCausalModel, observations: xr.Dataset
) -> Iterator[tuple[str, xr.Dataset, str]]:
    for name, weights in load_rule().composites.items():
        composite = sum(
            weight * observations[measure].to_numpy() for measure, weight in weights.items()
        )
        changed = {m: (dims.TIME, np.maximum.accumulate(composite)) for m in scm.measures}
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
        for name in scm.measures
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
