"""What parameters of the bundled economies are called, and labels that earlier fits have.

A label is no equation: a fit that was saved with an older one is read with the one of today.
"""

from sanctions_model.economies.registry import economy_of
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.serialization import from_dict, to_dict

_PARAMETERS = {
    "premium_at_disruption": "grey-import premium in a full disruption",
    "risk_of_news": "risk premium on news of sanctions",
    "discount_at_disruption": "oil discount in a full disruption",
    "imports_at_disruption": "imports lost in a full disruption",
    "import_income": "income elasticity of imports",
    "export_volume": "elasticity of exports to the output trend",
    "need_at_rest": "normal need for foreign exchange",
    "trend_level": "level of the output trend",
    "output_at_disruption": "output lost in a full disruption",
    "anchoring": "anchoring of expectations to the target",
    "neutral_real_rate": "neutral real rate",
    "neutral_real_rate_before": "neutral real rate before 2014Q2",
    "lending_margin": "lending margin over the key rate",
}
_FORMER = {
    "finance measures": "financial measures",
    "assets measures": "asset measures",
    "key rate as the instrument": "policy by the key rate",
    "before the key rate": "policy before the key rate",
    "pandemic, 2020Q2": "pandemic in 2020Q2",
    "pandemic, 2020Q3": "pandemic in 2020Q3",
    "gas to Europe stopped": "halted gas exports to Europe",
    "budget rule in the currency market": "budget rule",
    "capital controls and a split market": "capital controls",
    "effective finance measures": "effective financial measures",
    "felt trade measures": "trade measures as felt",
    "felt finance measures": "financial measures as felt",
    "felt transport measures": "transport measures as felt",
    "felt assets measures": "asset measures as felt",
    "deliveries routed around": "rerouted deliveries",
    "index of the premium": "lasting import premium, index",
    "index of the gap": "technology gap, index",
    "index of lasting risk": "lasting investor risk, index",
    "news that was adapted to": "risk news that has worn off",
    "change of the premium": "change in the import premium",
    "change of the risk premium": "change in the risk premium",
    "discount in a disruption": "extra oil discount in a disruption",
    "income that imports follow": "import demand from income",
    "trend of exports": "export trend",
    "trend of imports": "import trend",
    "need of foreign exchange": "need for foreign exchange",
    "trend of output": "output trend",
    "growth of capacity": "capacity growth",
    "change of the output gap": "change in the output gap",
    "change of vacancies for each CV": "growth in vacancies per CV",
    "inflation less that a year before": "change in inflation over a year",
    "expected inflation over target": "expected inflation above target",
    "neutral nominal rate, risk apart": "neutral nominal rate, without risk",
    "change of the key rate": "change in the key rate",
    "key rate and margin": "key rate plus margin",
    "real lending rate over neutral": "real lending rate above neutral",
    "change of the technology gap": "change in the technology gap",
    "change of the oil discount": "change in the oil discount",
    "change of effective trade measures": "change in effective trade measures",
    "inflation less inflation a year before, per quarter": (
        "change in inflation over a year, per quarter"
    ),
    "change of the real lending rate, mean of a year": (
        "change in the real lending rate, mean of a year"
    ),
    "inflation less inflation a year before, per month": (
        "change in inflation over a year, per month"
    ),
}


def parameter_words(name: str) -> str:
    """Say a scalar parameter of an identity; its own words where it is of another model.

    >>> parameter_words("need_at_rest"), parameter_words("trend_growth_2005Q1")
    ('normal need for foreign exchange', 'trend growth from 2005Q1')
    """
    trend, at, knot = name.partition("trend_growth_")
    if at and not trend:
        return f"trend growth from {knot}"
    return _PARAMETERS.get(name, name.replace("_", " "))


def with_labels_of_today(scm: StructuralCausalModel) -> StructuralCausalModel:
    """Return a bundled economy with today's labels in place of former ones, else all as it is.

    Labels that somebody has put there stay, and so does every other model.
    """
    if economy_of(scm) is None or not any(v.label in _FORMER for v in scm.variables.values()):
        return scm
    # By the description of the model: it holds units as they were written, which the hash counts.
    described = to_dict(scm)
    for equation in described["equations"]:
        label = equation["variable"]["label"]
        equation["variable"]["label"] = _FORMER.get(label, label)
    return from_dict(described)
