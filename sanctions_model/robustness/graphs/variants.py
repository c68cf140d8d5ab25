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

type _Changed = tuple[StructuralCausalModel, Priors]

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
    for name, rationale, needed, make in _EQUATIONS:
        if lacking := [label for label in needed if label not in known]:
            _LOG.info("%s: not asked of this model: it has no %r", name, lacking[0])
            continue
        changed, beliefs = make(scm, priors)
        found.append(
            Alternative(
                name=name,
                kind="equations",
                rationale=rationale,
                scm=changed,
                observations=observations,
                priors=beliefs,
            )
        )
    if not found:
        raise QuestionError(
            f"The model {scm.name!r} has none of the links that alternative equations change, as "
            f"{_EQUATIONS[0][2][0]!r}; compare its prior sets, or fit your own `Alternative`."
        )
    for name, measures, rationale in _other_measures(scm, observations):
        found.append(
            Alternative(
                name=name,
                kind="measures",
                rationale=rationale,
                scm=scm,
                observations=measures,
                priors=priors,
            )
        )
    return found


def _oil_at_zero(scm: StructuralCausalModel, priors: Priors) -> _Changed:
    output = next(name for name in _OUTPUT if name in scm.stochastic)
    oil = {f"export_oil_growth -> {output}": _normal(0.0, _HELD_AT_ZERO, "the link held at 0")}
    return scm, priors.replace(oil)


def _exports_follow_oil_alone(scm: StructuralCausalModel, priors: Priors) -> _Changed:
    labels = ("effective_trade -> log_exports", "gas_stopped -> log_exports")
    return scm, priors.replace(
        {n: _normal(0.0, _HELD_AT_ZERO, "the link held at 0") for n in labels}
    )


def _rule_around_the_rate(scm: StructuralCausalModel, priors: Priors) -> _Changed:
    rule = scm.by_name["key_rate"]
    assert isinstance(rule, PartialAdjustment)
    other = replace(rule, anchor="", parents=(*rule.parents, "risk_premium"))
    one = Fixed(value=1.0, rationale="the rate aims at the whole premium", sources="judgement")
    return _with_equations(scm, other), _with(priors, {"risk_premium -> key_rate": one}, set())


def _rule_around_neutral(scm: StructuralCausalModel, priors: Priors) -> _Changed:
    rule, neutral = scm.by_name["key_rate"], scm.by_name["neutral_rate"]
    assert isinstance(rule, PartialAdjustment)
    assert isinstance(neutral, Identity)
    parents = tuple(name for name in rule.parents if name != "neutral_rate")
    whole = replace(neutral, terms={**neutral.terms, "risk_premium": 1.0})
    chain = tuple(label for label in scm.chain if label != "neutral_rate -> key_rate")
    other = replace(rule, anchor="neutral_rate", parents=parents)
    changed = _with_equations(scm, other, whole, chain=chain)
    return changed, _with(priors, {}, {"neutral_rate -> key_rate"})


def _learning(scm: StructuralCausalModel, priors: Priors) -> _Changed:
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
    changed = _with_equations(scm, replace(expected, terms=terms), perceived)
    return changed, _with(priors, own, set())


def _disruption_recovers(scm: StructuralCausalModel, priors: Priors) -> _Changed:
    same = {
        f"{what}[disruption]": priors[f"{what}[trade]"]
        for what in ("recoverable_share", "recovery_speed")
    }
    return scm, priors.replace(same)


def _new_errors(scm: StructuralCausalModel, priors: Priors) -> _Changed:
    forgetful = [
        replace(equation, persistent_errors=False)
        for equation in scm.by_name.values()
        if isinstance(equation, PartialAdjustment | Linear) and equation.persistent_errors
    ]
    entries = {name: own for name, own in priors.entries.items() if name != "error_persistence"}
    return _with_equations(scm, *forgetful), priors.model_copy(update={"entries": entries})


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


def _rates_in_levels(scm: StructuralCausalModel, priors: Priors) -> _Changed:
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
    changed = replace(
        scm,
        equations=equations,
        centres={},
        chain=_renamed(scm.chain, new, unused),
        chain_offset=_renamed(scm.chain_offset, new, unused),
    )
    return changed, _with(priors, own, dropped)


def _credit(scm: StructuralCausalModel, priors: Priors) -> _Changed:
    added = "credit_growth -> gdp_growth"
    output = scm.by_name["gdp_growth"]
    assert isinstance(output, PartialAdjustment)
    driven = replace(output, parents=(*output.parents, "credit_growth"))
    belief = LogNormal(
        median=0.05,
        sigma=0.8,
        unit="% per %",
        rationale="Judgement: weakly informative, and on top of the effect of rates.",
        sources="judgement",
    )
    changed = _with_equations(scm, driven, chain=(*scm.chain, added))
    return changed, _with(priors, {added: belief}, set())


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


type _Make = Callable[[StructuralCausalModel, Priors], _Changed]

# Name, why it is asked, what it changes, and how.
_EQUATIONS: tuple[tuple[str, str, tuple[str, ...], _Make], ...] = (
    (
        "rates in levels",
        "Growth follows the level of real rates, not its change: money is not neutral.",
        (
            "real_rate_change[1] -> gdp_growth",
            "real_rate_change[1] -> credit_growth",
            "key_rate_change[1] -> depreciation",
        ),
        _rates_in_levels,
    ),
    (
        "credit as a parent of GDP",
        "Credit drives output besides rates; the equation then starts in 2015.",
        ("real_rate_change[1] -> gdp_growth",),
        _credit,
    ),
    (
        "oil -> GDP at 0",
        "Since 2014 the data hardly show an effect of the oil price on output.",
        ("export_oil_growth",),
        _oil_at_zero,
    ),
    (
        "exports follow oil alone",
        "Neither bans nor the gas that stopped: exports of 2022 have no cause but the price.",
        ("effective_trade -> log_exports", "gas_stopped -> log_exports"),
        _exports_follow_oil_alone,
    ),
    (
        "rule smooths around the rate",
        "A bank that smooths the rate itself lets a premium pass through step by step.",
        ("neutral_rate -> key_rate",),
        _rule_around_the_rate,
    ),
    (
        "rule smooths around the neutral rate",
        "A bank that smooths its stance follows expectations and premium at once.",
        ("neutral_rate -> key_rate",),
        _rule_around_neutral,
    ),
    (
        "credibility of the target learns",
        "People believe in the target that past inflation makes believable.",
        (
            "inflation_target -> expected_inflation",
            "expected_inflation -> neutral_rate",
        ),
        _learning,
    ),
    (
        "disruption recovers as other measures do",
        "Relief gives back of a disruption what it gives back of any other loss.",
        ("recoverable_share[disruption]",),
        _disruption_recovers,
    ),
    (
        "errors are new every quarter",
        "What rates, imports and the survey leave unexplained does not last.",
        ("error_persistence[key_rate]",),
        _new_errors,
    ),
)
