"""A second transmission, with an anchor: levels, rates and growth have a steady state.

Inflation returns to the target because expectations do; output is a trend and a gap; the rule aims
at the dated target around a neutral rate; sanctions act at two speeds, a disruption that fades
within quarters and a technology gap that stays; trade in levels closes the balance of payments.
Units: ``log_*`` are 100 log (0 over 2021), growth is 100 times the change of a log, rates
are % a year.
Beliefs are in ``data/priors_anchored.toml``; `docs/economy_anchored.md` says why and what fails.
"""

from sanctions_model.economies.anchored.economy import (
    external_equations,
    incomes_equations,
    output_equations,
    prices_equations,
    rates_equations,
)
from sanctions_model.economies.anchored.supply import (
    KNOTS,
    SUDDEN,
    exogenous_equations,
    felt_equations,
    supply_equations,
)
from sanctions_model.economies.russia import MEASURES, levels
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Crisis


def anchored_transmission() -> StructuralCausalModel:
    """Return the transmission with a nominal and a real anchor, in quarters.

    Returns
    -------
    StructuralCausalModel
        Five measures, fifteen observed equations; for `data/priors_anchored.toml`.

    Examples
    --------
    >>> len(anchored_transmission().stochastic)
    15
    """
    return StructuralCausalModel(
        name="anchored transmission",
        periods_per_year=4,
        equations=(
            *exogenous_equations(),
            *felt_equations(),
            *supply_equations(),
            *external_equations(),
            *output_equations(),
            *prices_equations(),
            *rates_equations(),
            *incomes_equations(),
        ),
        levels=levels(),
        entries=_entries(),
        chain=_CHAIN,
        chain_offset=("expected_inflation -> real_lending_rate",),
        headline=_HEADLINE,
        forces=_FORCES,
        parameter_labels=_PARAMETER_LABELS,
        crises=(
            Crisis("financial_crisis", "2008-10-01", "2009-01-01"),
            Crisis("rouble_crisis", "2014-10-01", "2015-01-01"),
            Crisis("pandemic", "2020-04-01", "2020-07-01"),
            Crisis("war_and_sanctions", "2022-01-01", "2022-04-01"),
        ),
        crisis_hazard=4 / 84,  # four in the 84 quarters of 2005 to 2025
    )


def _entries() -> dict[str, tuple[str, ...]]:
    felt = [f"felt_{name}" for name in SUDDEN]
    effective = [f"effective_{name}" for name in SUDDEN]
    investors = ("felt_finance", "felt_assets")
    return {
        "disruption": tuple(
            f"{n} -> {child}" for n in felt for child in ("rerouted", "disruption")
        ),
        "import_premium": tuple(f"{name} -> premium_index" for name in effective),
        "technology_gap": tuple(f"{name} -> technology_index" for name in effective),
        "risk_premium": (
            *(f"{name} -> risk_index" for name in ("finance", "assets")),
            *(f"{n} -> {child}" for n in investors for child in ("risk_adapted", "risk_premium")),
        ),
        "oil_discount": ("effective_energy -> oil_discount",),
        "imports_direct": ("effective_trade -> log_imports",),
        "exports_direct": ("effective_trade -> log_exports",),
    }


_PARAMETER_LABELS = {
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
    **{f"trend_growth_{knot}": f"trend growth from {knot}" for knot in KNOTS},
}

_CHAIN = (
    *(f"effective_{name} -> premium_index" for name in SUDDEN),
    "premium_index -> import_premium",
    "import_premium -> import_premium_change",
    "import_premium[1] -> import_premium_change",
    "import_premium_change -> inflation",
    *("inflation" + (f"[{lag}]" if lag else "") + " -> inflation_yoy" for lag in range(4)),
    "inflation_yoy -> expected_inflation",
    "expected_inflation -> neutral_rate",
    "expected_inflation -> expected_deviation",
    "neutral_rate -> key_rate",
    "expected_deviation -> key_rate",
    "key_rate -> loan_price",
    "loan_price -> lending_rate",
    "lending_rate -> real_lending_rate",
    "real_lending_rate -> real_rate_gap",
    *("real_rate_gap" + (f"[{lag}]" if lag else "") + " -> real_rate_gap_year" for lag in range(4)),
    "real_rate_gap_year[1] -> credit_growth",
    "real_rate_gap_year[1] -> log_gdp",
    "log_gdp -> gdp_growth",
    "log_gdp[1] -> gdp_growth",
)
_FORCES = {
    "sanctions": MEASURES,
    "oil": ("log_oil", "oil_discount"),
    "monetary policy": (
        *("key_rate", "lending_rate", "inflation_target"),
        *("targeting", "before_targeting"),
    ),
    "war and budget": ("war_pulse", "fiscal_impulse", "gas_stopped"),
    "the rouble and trade": ("log_rer", "log_imports", "log_exports"),
    "the pandemic": ("pandemic_2020q2", "pandemic_2020q3"),
    "the trend": tuple(f"ramp_{knot}" for knot in KNOTS),
}
_HEADLINE = (
    "import_premium",
    "import_level",
    "inflation",
    "inflation_yoy",
    "price_level",
    "key_rate",
    "lending_rate",
    "real_lending_rate",
    "credit_growth",
    "credit_level",
    "gdp_growth",
    "gdp_level",
    "output_gap",
    "depreciation",
    "rouble",
    "real_wage_growth",
    "real_wage_level",
)
