"""Trade, output, prices, rates and incomes.

Errors persist in the four equations whose errors are seen to (`validate`: errors of neighbouring
quarters).
"""

from sanctions_model.economies.anchored.supply import FOREIGN_INFLATION, KNOTS, REGIMES
from sanctions_model.economies.russia import change_of, variable_of
from sanctions_model.scm.equations import Equation, Identity, Linear, PartialAdjustment
from sanctions_model.scm.variables import Affine

_WIDE, _RATE = (-300.0, 300.0), (-5.0, 200.0)  # plausible levels and rates


def external_equations() -> tuple[Equation, ...]:
    """Return the equations of oil, trade and the rouble."""
    level, growth = "100 log, 0 over 2021", "% a quarter, log change"
    return (
        Linear(
            variable=variable_of(
                "log_oil", "Brent price, constant dollars", level, plausible=_WIDE
            ),
            parents=("log_oil[1]", "oil_change[1]"),
            centred=False,
        ),
        change_of("oil_change", "log_oil", "real Brent price growth", growth),
        Identity(
            variable=variable_of(
                "discount_shortfall", "extra oil discount in a disruption", "log points"
            ),
            terms={"disruption": Affine("discount_at_disruption")},
        ),
        PartialAdjustment(
            variable=variable_of(
                "oil_discount", "oil discount, Brent over Urals", "log points", plausible=(-50, 100)
            ),
            parents=("effective_energy",),
            anchor="discount_shortfall",
            start="2015-04-01",
            centred=False,
        ),
        Identity(
            variable=variable_of("log_export_oil", "export oil price, constant dollars", level),
            terms={"log_oil": 1.0, "oil_discount": -1.0},
        ),
        change_of("export_oil_growth", "log_export_oil", "export oil price growth", growth),
        PartialAdjustment(
            variable=variable_of(
                "log_exports", "goods exports, constant dollars", level, plausible=_WIDE
            ),
            # Bans take markets away; gas stopped for other reasons, so that no relief undoes it.
            parents=("log_export_oil", "effective_trade", "gas_stopped"),
            impact=("export_oil_growth",),
            anchor="export_trend",
            centred=False,
        ),
        # Needs of foreign exchange beside the trends of both trades weaken the rouble, and a weak
        # rouble ends them: so the real exchange rate has a level.
        Linear(
            variable=variable_of(
                "log_rer", "real exchange rate, up = weaker", level, plausible=_WIDE
            ),
            parents=(
                "log_rer[1]",
                "real_depreciation[1]",
                *(f"export_oil_growth * {name}" for name in REGIMES),
                "exchange_need[1]",
                "risk_premium_change",
                "key_rate_change[1]",
            ),
            centred=False,
        ),
        change_of("real_depreciation", "log_rer", "real depreciation", growth),
        Identity(
            variable=variable_of("import_shortfall", "imports lost in a disruption", "%"),
            terms={"disruption": Affine("imports_at_disruption")},
        ),
        Identity(
            variable=variable_of("import_demand", "import demand from income", level),
            terms={"log_gdp": Affine("import_income")},
        ),
        PartialAdjustment(
            variable=variable_of(
                "log_imports", "goods imports, constant dollars", level, plausible=_WIDE
            ),
            parents=("import_demand", "log_rer", "effective_trade"),
            anchor="import_shortfall",
            centred=False,
            persistent_errors=True,
        ),
        Identity(
            variable=variable_of("import_growth", "goods imports growth, USD value", growth),
            terms={"log_imports": 1.0, "log_imports[1]": -1.0, "one": FOREIGN_INFLATION},
        ),
        Identity(
            variable=variable_of("export_trend", "export trend", level),
            terms={"trend": Affine("export_volume")},
        ),
        Identity(
            variable=variable_of("import_trend", "import trend", level),
            terms={"trend": Affine("import_income")},
        ),
        Identity(
            variable=variable_of("exchange_need", "need for foreign exchange", "log points"),
            terms={
                "log_imports": 1.0,
                "import_trend": -1.0,
                "log_exports": -1.0,
                "export_trend": 1.0,
                "one": Affine("need_at_rest", 0.0, -1.0),
            },
        ),
    )


def output_equations() -> tuple[Equation, ...]:
    """Return the equations of trend, gap and jobs."""
    level = "100 log, 0 over 2021"
    ramps = {f"ramp_{knot}": Affine(f"trend_growth_{knot}") for knot in KNOTS}
    return (
        Identity(
            variable=variable_of("trend", "output trend", level),
            terms={"one": Affine("trend_level"), **ramps},
        ),
        # What lasts of potential output: wages and credit cannot outgrow it for ever.
        Identity(
            variable=variable_of("capacity", "capacity", level),
            terms={"trend": 1.0, "technology_gap": -1.0},
        ),
        change_of("capacity_growth", "capacity", "capacity growth", "% a quarter"),
        Identity(
            variable=variable_of("potential", "potential output", level),
            terms={
                "capacity": 1.0,
                "disruption": Affine("output_at_disruption", 0.0, -1.0),
            },
        ),
        PartialAdjustment(
            variable=variable_of("log_gdp", "real GDP", level, plausible=(-200.0, 200.0)),
            parents=("real_rate_gap_year[1]", "war_pulse"),
            impact=("fiscal_impulse", "export_oil_growth", "pandemic_2020q2", "pandemic_2020q3"),
            anchor="potential",
            centred=False,
        ),
        Identity(
            variable=variable_of("output_gap", "output gap", "% of potential"),
            terms={"log_gdp": 1.0, "potential": -1.0},
        ),
        change_of("output_gap_change", "output_gap", "change in the output gap", "pp"),
        change_of("gdp_growth", "log_gdp", "real GDP growth", "% a quarter, log change"),
        # The labour market measures changes of the gap; what else moves unemployment is drift.
        Linear(
            variable=variable_of(
                "unemployment", "unemployment", "%", column="unemployment_pct", plausible=(0, 30)
            ),
            parents=("unemployment[1]", "output_gap_change", "fewer_workers"),
            centred=False,
        ),
        # Vacancies for each CV on the largest job site tell the same from 2020 on; the drift of the
        # site is the intercept.
        Linear(
            variable=variable_of(
                "tightness_change",
                "growth in vacancies per CV",
                "% a quarter, log change",
                column="tightness_change_pct",
                plausible=(-100, 100),
            ),
            parents=("output_gap_change",),
            centred=False,
        ),
        # Neither measures the level of the gap, which output and its trend leave open together.
        Linear(
            variable=variable_of(
                "output_gap_estimate",
                "published estimate of the output gap",
                "% of potential",
                column="output_gap_estimate_pct",
                plausible=(-30, 30),
            ),
            parents=("output_gap",),
            centred=False,
        ),
    )


def prices_equations() -> tuple[Equation, ...]:
    """Return the equations of prices and expectations."""
    return (
        # No intercept and a whole weight on expectations: a quarter of a yearly rate.
        PartialAdjustment(
            variable=variable_of(
                "inflation",
                "consumer price inflation",
                "% a quarter, log change",
                column="inflation_pct",
                plausible=(-10.0, 60.0),
            ),
            parents=(
                "expected_inflation[1]",
                "output_gap[1]",
                "import_premium_change",
                "real_depreciation",
                "real_depreciation[1]",
            ),
            centred=False,
        ),
        Identity(
            variable=variable_of(
                "inflation_yoy", "inflation, year on year", "% a year, log change"
            ),
            terms={"inflation" + (f"[{lag}]" if lag else ""): 1.0 for lag in range(4)},
        ),
        Identity(
            variable=variable_of(
                "inflation_surprise", "change in inflation over a year", "% a quarter"
            ),
            terms={"inflation": 1.0, "inflation[4]": -1.0},
        ),
        Identity(
            variable=variable_of(
                "depreciation", "rouble depreciation, USD/RUB growth", "% a quarter, log change"
            ),
            terms={"real_depreciation": 1.0, "inflation": 1.0, "one": -FOREIGN_INFLATION},
        ),
        Identity(
            variable=variable_of("expected_inflation", "expected inflation", "% a year"),
            terms={
                "inflation_target": Affine("anchoring"),
                "inflation_yoy": Affine("anchoring", 1.0, -1.0),
            },
        ),
        # The survey tells how far expectations are anchored; its bias is the intercept.
        Linear(
            variable=variable_of(
                "household_expectation",
                "inflation expected by households",
                "% a year",
                column="household_expectation_pct",
                plausible=(-10.0, 60.0),
            ),
            parents=("expected_inflation",),
            centred=False,
            persistent_errors=True,
        ),
    )


def rates_equations() -> tuple[Equation, ...]:
    """Return the equations of policy and loans."""
    return (
        Identity(
            variable=variable_of("expected_deviation", "expected inflation above target", "pp"),
            terms={"expected_inflation": 1.0, "inflation_target": -1.0},
        ),
        Identity(
            variable=variable_of("neutral_rate", "neutral nominal rate, without risk", "% a year"),
            terms={"expected_inflation": 1.0, "one": Affine("neutral_real_rate")},
        ),
        PartialAdjustment(
            variable=variable_of(
                "key_rate", "key rate", "% a year", column="key_rate_pct_pa", plausible=_RATE
            ),
            parents=("neutral_rate", "expected_deviation", "output_gap"),
            anchor="risk_premium",
            start="2014-04-01",
            centred=False,
            persistent_errors=True,
        ),
        change_of("key_rate_change", "key_rate", "change in the key rate", "pp"),
        Identity(
            variable=variable_of("loan_price", "key rate plus margin", "% a year"),
            terms={"key_rate": 1.0, "one": Affine("lending_margin")},
        ),
        # A whole weight, or money would not be neutral.
        PartialAdjustment(
            variable=variable_of(
                "lending_rate",
                "lending rate, firms up to one year",
                "% a year",
                column="lending_rate_pct_pa",
                plausible=_RATE,
            ),
            parents=("loan_price",),
            start="2014-04-01",
            centred=False,
            persistent_errors=True,
        ),
        Identity(
            variable=variable_of("real_lending_rate", "real lending rate", "% a year"),
            terms={"lending_rate": 1.0, "expected_inflation": -1.0},
        ),
        Identity(
            variable=variable_of("real_rate_gap", "real lending rate above neutral", "pp"),
            terms={
                "real_lending_rate": 1.0,
                "one": Affine("lending_margin", 0.0, -1.0),
                "targeting": Affine("neutral_real_rate", 0.0, -1.0),
                "before_targeting": Affine("neutral_real_rate_before", 0.0, -1.0),
                "risk_premium": -1.0,
            },
        ),
        Identity(
            variable=variable_of("real_rate_gap_year", "real rate gap, mean of a year", "pp"),
            terms={"real_rate_gap" + (f"[{lag}]" if lag else ""): 0.25 for lag in range(4)},
        ),
    )


def incomes_equations() -> tuple[Equation, ...]:
    """Return the equations of credit and wages."""
    growth = "% a quarter, log change"
    return (
        # Outcomes only. In the long run both grow with capacity, up to a small own drift.
        PartialAdjustment(
            variable=variable_of(
                "credit_growth",
                "real rouble credit to firms, growth",
                growth,
                column="credit_growth_pct",
                plausible=(-40.0, 40.0),
            ),
            parents=(
                "capacity_growth",
                "real_rate_gap_year[1]",
                "output_gap[1]",
                "war_pulse",
                "inflation_surprise",
            ),
            centred=False,
        ),
        PartialAdjustment(
            variable=variable_of(
                "real_wage_growth",
                "real wage growth",
                growth,
                column="real_wage_growth_pct",
                plausible=(-40.0, 40.0),
            ),
            # Dearer imports are paid for good: surprises end, the premium does not.
            parents=(
                "capacity_growth",
                "output_gap",
                "war_pulse",
                "inflation_surprise",
                "import_premium_change",
            ),
            centred=False,
        ),
    )
