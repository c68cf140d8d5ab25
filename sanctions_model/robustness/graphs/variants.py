"""A model with one equation, or the measures, taken otherwise.

Each is an `Alternative` that takes a fit; how it differs stands here, because it changes equations.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.sanctions.events import load_rule
from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import Beta, Fixed, LogNormal, Normal, Prior
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.robustness.graphs.alternatives import Alternative
from sanctions_model.scm.equations import (
    Equation,
    Identity,
    LatentAdjustment,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.variables import Variable

_LOG = logging.getLogger(__name__)
_DOUBLED = (np.datetime64("2014-01-01"), np.datetime64("2022-01-01"))
_HELD_AT_ZERO = 1e-3  # a normal this narrow is a 0
_OUTPUT = ("gdp_growth", "log_gdp")  # the equation of output, as models have it


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
        A model of the five measures.

    Returns
    -------
    list of Alternative
        Each with its equations, data and beliefs, ready for `fit_alternatives`. An alternative
        that changes what the model lacks is left out, and a line of the log says so.

    Raises
    ------
    QuestionError
        If the model has nothing that an alternative changes.
    UnknownVariableError, ObservationError, SpecError
        If a name is unknown, the data do not fit the model, or an altered model cannot be
        built.
    """
    known = {edge.label for edge in scm.graph.edges} | {*addresses(scm), *scm.by_name}
    found = []
    for name, needed, make in _EQUATIONS:
        if lacking := [label for label in needed if label not in known]:
            _LOG.info("%s: not asked of this model: it has no %r", name, lacking[0])
            continue
        found.append(make(scm, observations, priors))
    if not found:
        raise QuestionError(
            f"The model {scm.name!r} has none of the links that alternative equations change, as "
            f"{_EQUATIONS[0][1][0]!r}; compare its prior sets, or fit your own `Alternative`."
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


def _oil_at_zero(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Alternative:
    output = next(name for name in _OUTPUT if name in scm.stochastic)
    oil = {f"export_oil_growth -> {output}": _normal(0.0, _HELD_AT_ZERO, "the link held at 0")}
    return Alternative(
        name="oil -> GDP at 0",
        kind="equations",
        rationale="Since 2014 the data hardly show an effect of the oil price on output.",
        scm=scm,
        observations=observations,
        priors=priors.replace(oil),
    )


def _rule_around_the_rate(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Alternative:
    rule = scm.by_name["key_rate"]
    assert isinstance(rule, PartialAdjustment)
    other = replace(rule, anchor="", parents=(*rule.parents, "risk_premium"))
    one = Fixed(value=1.0, rationale="the rate aims at the whole premium", sources="judgement")
    return Alternative(
        name="rule smooths around the rate",
        kind="equations",
        rationale="A bank that smooths the rate itself lets a premium pass through step by step.",
        scm=_with_equations(scm, other),
        observations=observations,
        priors=_with(priors, {"risk_premium -> key_rate": one}, set()),
    )


def _rule_around_neutral(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Alternative:
    rule, neutral = scm.by_name["key_rate"], scm.by_name["neutral_rate"]
    assert isinstance(rule, PartialAdjustment)
    assert isinstance(neutral, Identity)
    parents = tuple(name for name in rule.parents if name != "neutral_rate")
    whole = replace(neutral, terms={**neutral.terms, "risk_premium": 1.0})
    chain = tuple(label for label in scm.chain if label != "neutral_rate -> key_rate")
    return Alternative(
        name="rule smooths around the neutral rate",
        kind="equations",
        rationale="A bank that smooths its stance follows expectations and premium at once.",
        scm=_with_equations(
            scm, replace(rule, anchor="neutral_rate", parents=parents), whole, chain=chain
        ),
        observations=observations,
        priors=_with(priors, {}, {"neutral_rate -> key_rate"}),
    )


def _learning(scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors) -> Alternative:
    expected = scm.by_name["expected_inflation"]
    assert isinstance(expected, Identity)
    unit = scm.variables["inflation_target"].unit
    perceived = LatentAdjustment(
        variable=Variable(name="perceived_target", label="target that is believed", unit=unit),
        parents=("inflation_target", "inflation_yoy"),
    )
    terms = {
        {"inflation_target": "perceived_target"}.get(name, name): weight
        for name, weight in expected.terms.items()
    }
    half = Fixed(value=0.5, rationale="half the target, half the outcome", sources="judgement")
    slow = Beta(alpha=18, beta=2, rationale="half-life of about two years", sources="judgement")
    own: dict[str, Prior] = {
        "inflation_target -> perceived_target": half,
        "inflation_yoy -> perceived_target": half,
        "persistence[perceived_target]": slow,
    }
    return Alternative(
        name="credibility of the target learns",
        kind="equations",
        rationale="People believe in the target that past inflation makes believable.",
        scm=_with_equations(scm, replace(expected, terms=terms), perceived),
        observations=observations,
        priors=_with(priors, own, set()),
    )


def _disruption_recovers(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Alternative:
    same = {
        f"{what}[disruption]": priors[f"{what}[trade]"]
        for what in ("recoverable_share", "recovery_speed")
    }
    return Alternative(
        name="disruption recovers as other measures do",
        kind="equations",
        rationale="Relief gives back of a disruption what it gives back of any other loss.",
        scm=scm,
        observations=observations,
        priors=priors.replace(same),
    )


def _new_errors(
    scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors
) -> Alternative:
    forgetful = [
        replace(equation, persistent_errors=False)
        for equation in scm.by_name.values()
        if isinstance(equation, PartialAdjustment | Linear) and equation.persistent_errors
    ]
    entries = {name: own for name, own in priors.entries.items() if name != "error_persistence"}
    return Alternative(
        name="errors are new every quarter",
        kind="equations",
        rationale="What rates, imports and the survey leave unexplained does not last.",
        scm=_with_equations(scm, *forgetful),
        observations=observations,
        priors=priors.model_copy(update={"entries": entries}),
    )


def _with_equations(
    scm: StructuralCausalModel, *changed: Equation, chain: tuple[str, ...] | None = None
) -> StructuralCausalModel:
    """Return the model with these equations added, or in the place of those of the same name."""
    by_name = {**scm.by_name, **{equation.variable.name: equation for equation in changed}}
    chain = scm.chain if chain is None else chain
    return replace(scm, equations=tuple(by_name.values()), centres={}, chain=chain)


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


type _Make = Callable[[StructuralCausalModel, xr.Dataset, Priors], Alternative]

# Name, what it changes, and how.
_EQUATIONS: tuple[tuple[str, tuple[str, ...], _Make], ...] = (
    (
        "rates in levels",
        (
            "real_rate_change[1] -> gdp_growth",
            "real_rate_change[1] -> credit_growth",
            "key_rate_change[1] -> depreciation",
        ),
        _rates_in_levels,
    ),
    ("credit as a parent of GDP", ("real_rate_change[1] -> gdp_growth",), _credit),
    ("oil -> GDP at 0", ("export_oil_growth",), _oil_at_zero),
    ("rule smooths around the rate", ("neutral_rate -> key_rate",), _rule_around_the_rate),
    ("rule smooths around the neutral rate", ("neutral_rate -> key_rate",), _rule_around_neutral),
    (
        "credibility of the target learns",
        ("inflation_target -> expected_inflation", "expected_inflation -> neutral_rate"),
        _learning,
    ),
    (
        "disruption recovers as other measures do",
        ("recoverable_share[disruption]",),
        _disruption_recovers,
    ),
    ("errors are new every quarter", ("error_persistence[key_rate]",), _new_errors),
)
