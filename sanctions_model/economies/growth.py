"""The growth economy: from sanctions to prices, rates, credit, output, rouble and incomes.

This is the file an economist reviews: every variable, every link, every lag. Units: growth is
100 times the change of the log a period, seasonally adjusted; rates are % a year. Beliefs about
sizes are in ``data/priors_growth.toml``; why the equations are as they are stands beside each
block.
"""

from sanctions_model.coercion import as_whole
from sanctions_model.economies.russia import MEASURES, change_of, levels, variable_of
from sanctions_model.errors import SpecError
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Equation,
    Exogenous,
    Identity,
    LatentAdjustment,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Affine, Constant, Hold, Indicator, Variable

_YEARS = (4, 12)
_EFFECTIVE = ("trade", "finance", "energy", "transport")

_MEASURE_LABELS = {
    "trade": "trade measures (export and import bans)",
    "finance": "financial measures (banks, markets, payments)",
    "energy": "energy measures (embargo, price cap, producers)",
    "transport": "transport measures (air, ports, tankers)",
    "assets": "asset measures (reserves, designations)",
}


def growth_transmission(periods_per_year: int = 4) -> StructuralCausalModel:
    """Return the equations of growth rates, which have no nominal anchor.

    Parameters
    ----------
    periods_per_year : int
        4 for quarters (what the bundled priors are stated for) or 12 for months.

    Returns
    -------
    StructuralCausalModel
        Five measures, four effective measures, four latent states, nine observed equations and
        the identities between them.

    Raises
    ------
    SpecError
        If there are other periods than quarters or months.
    QuestionError
        If it is no whole number.

    Examples
    --------
    >>> len(growth_transmission().stochastic)
    9
    """
    year = as_whole(periods_per_year, "The number of periods a year")
    if year not in _YEARS:
        raise SpecError(f"{year} periods a year; expected 4 (quarters) or 12 (months).")
    period = {4: "quarter", 12: "month"}.get(year, "period")
    return StructuralCausalModel(
        name="growth transmission",
        periods_per_year=year,
        equations=(
            *_exogenous(),
            *_effective(),
            *_latent(),
            *_changes(),
            *_external(period),
            *_prices(year, period),
            *_rates(year),
            *_activity(year, period),
        ),
        levels=levels(),
        entries=_ENTRIES,
        parameter_labels={"anchoring": "anchoring of expectations to the target"},
        chain=_chain(year),
        chain_offset=("inflation_yoy -> expected_inflation", *_OFFSET_TAIL),
        headline=(
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
            "depreciation",
            "rouble",
            "real_wage_growth",
            "real_wage_level",
        ),
    )


def _exogenous() -> tuple[Equation, ...]:
    measures = (
        Exogenous(
            variable=Variable(
                name=name,
                label=_MEASURE_LABELS[name],
                unit="intensity, 1 = regime of end 2025",
                source="own calculation from dated events, data/measures_rule.toml",
                plausible=(0.0, 2.0),
            ),
            # The level on the last day of 2025, not the mean of its last quarter.
            continuation=Hold(1.0, since="2025-10-01"),
        )
        for name in MEASURES
    )
    return (
        *measures,
        Exogenous(
            variable=Variable(
                name="inflation_target",
                label="inflation target",
                unit="% a year",
                source="Bank of Russia: 4 % since 2017, taken throughout",
                plausible=(0.0, 20.0),
            ),
            default=Constant(4.0),
        ),
        Exogenous(
            variable=variable_of("pandemic_2020q2", "pandemic in 2020Q2", "0 or 1"),
            default=Indicator("2020-04-01", "2020-06-30"),
            continuation=Hold(0.0),
        ),
        Exogenous(
            variable=variable_of("pandemic_2020q3", "pandemic in 2020Q3", "0 or 1"),
            default=Indicator("2020-07-01", "2020-09-30"),
            continuation=Hold(0.0),
        ),
        # War, mobilisation and the fiscal impulse must not hide in the links of the sanctions.
        Exogenous(
            variable=variable_of("war", "war economy", "0 or 1"),
            default=Indicator("2022-01-01"),
            continuation=Hold(1.0, since="2022-01-01"),
        ),
    )


def _effective() -> tuple[Equation, ...]:
    return tuple(
        AsymmetricAdjustment(
            variable=variable_of(
                f"effective_{name}",
                f"effective {_MEASURE_LABELS[name]}",
                "intensity, 1 = regime of end 2025",
            ),
            measure=name,
        )
        for name in _EFFECTIVE
    )


def _latent() -> tuple[Equation, ...]:
    return (
        # A price only: it reaches the CPI, not output, so that nothing counts twice.
        LatentAdjustment(
            variable=variable_of("import_premium", "grey-import premium", "% of the border price"),
            parents=("effective_trade", "effective_finance", "effective_transport"),
        ),
        # A quantity only: slow loss of capacity.
        LatentAdjustment(
            variable=variable_of("technology_gap", "technology gap", "% of potential output"),
            parents=("effective_trade", "effective_finance", "effective_transport"),
        ),
        # Asset prices do not wait for supply chains: the measures themselves, not the effective.
        LatentAdjustment(
            variable=variable_of("risk_premium", "risk premium", "pp of the neutral rate"),
            parents=("finance", "assets"),
        ),
        LatentAdjustment(
            variable=variable_of(
                "oil_discount", "oil discount", "log points, Brent over the export price"
            ),
            parents=("effective_energy",),
        ),
    )


def _changes() -> tuple[Equation, ...]:
    return (
        change_of(
            "import_premium_change", "import_premium", "change in the import premium", "points"
        ),
        change_of("technology_gap_change", "technology_gap", "change in the technology gap", "%"),
        change_of("risk_premium_change", "risk_premium", "change in the risk premium", "pp"),
        change_of(
            "oil_discount_change", "oil_discount", "change in the oil discount", "log points"
        ),
        change_of(
            "effective_trade_change",
            "effective_trade",
            "change in effective trade measures",
            "intensity",
        ),
        # Growth equations take changes of rates: money is neutral in the long run.
        change_of("key_rate_change", "key_rate", "change in the key rate", "pp"),
    )


def _external(period: str) -> tuple[Equation, ...]:
    growth = f"% a {period}, log change"
    return (
        PartialAdjustment(
            variable=Variable(
                name="oil_growth",
                label="Brent price growth",
                unit=growth,
                source="U.S. Energy Information Administration",
                column="oil_growth_pct",
                plausible=(-150.0, 150.0),
                least_peak=1.5,
            ),
        ),
        Identity(
            variable=variable_of("export_oil_growth", "export oil price growth", growth),
            terms={"oil_growth": 1.0, "oil_discount_change": -1.0},
        ),
        PartialAdjustment(
            variable=Variable(
                name="depreciation",
                label="rouble depreciation, USD/RUB growth",
                unit=growth,
                source="Bank of Russia, official rate",
                column="depreciation_pct",
                plausible=(-60.0, 100.0),
                least_peak=0.7,
            ),
            parents=(
                "export_oil_growth",
                "risk_premium_change",
                "effective_trade_change",  # import limits appreciate: sign left open
                "key_rate_change[1]",
            ),
        ),
        PartialAdjustment(
            variable=Variable(
                name="import_growth",
                label="goods imports growth, USD value",
                unit=growth,
                source="Bank of Russia, balance of payments, seasonally adjusted",
                column="import_growth_pct",
                plausible=(-80.0, 80.0),
                least_peak=0.8,
            ),
            parents=(
                "import_premium_change",  # value: price up, volume down, sign left open
                "effective_trade_change",
                "depreciation",
                "gdp_growth",
            ),
        ),
    )


def _prices(year: int, period: str) -> tuple[Equation, ...]:
    growth = f"% a {period}, log change"
    return (
        PartialAdjustment(
            variable=Variable(
                name="inflation",
                label="consumer price inflation",
                unit=growth,
                source="Rosstat, CPI, own seasonal adjustment",
                column="inflation_pct",
                plausible=(-10.0, 60.0),
                least_peak=0.3,
            ),
            parents=(
                "import_premium_change",
                "depreciation",
                "depreciation[1]",
                "excess_growth[1]",
                "war",
            ),
        ),
        Identity(
            variable=variable_of(
                "inflation_yoy", "inflation, year on year", "% a year, log change"
            ),
            terms={"inflation" + (f"[{lag}]" if lag else ""): 1.0 for lag in range(year)},
        ),
        # Wages and nominal credit catch up with prices within a year: a one-off fall of the price
        # level does not make them higher for good.
        Identity(
            variable=variable_of(
                "inflation_surprise",
                f"change in inflation over a year, per {period}",
                growth,
            ),
            terms={"inflation": 1.0, f"inflation[{year}]": -1.0},
        ),
        Identity(
            variable=variable_of("expected_inflation", "expected inflation", "% a year"),
            terms={
                "inflation_target": Affine("anchoring"),
                "inflation_yoy": Affine("anchoring", 1.0, -1.0),
            },
        ),
    )


def _rates(year: int) -> tuple[Equation, ...]:
    return (
        # From 2014: before, the interbank rate was no policy instrument.
        PartialAdjustment(
            variable=Variable(
                name="key_rate",
                label="key rate",
                unit="% a year",
                source="Bank of Russia: overnight interbank to 2013Q4, then key rate average",
                column="key_rate_pct_pa",
                plausible=(-5.0, 200.0),
                least_peak=1.0,
            ),
            parents=("inflation_yoy", "excess_growth", "depreciation", "risk_premium", "war"),
            start="2014-04-01",
        ),
        PartialAdjustment(
            variable=Variable(
                name="lending_rate",
                label="lending rate, firms up to one year",
                unit="% a year",
                source="Bank of Russia, weighted average on new rouble loans",
                column="lending_rate_pct_pa",
                plausible=(-5.0, 200.0),
                least_peak=1.0,
            ),
            parents=("key_rate",),
            start="2014-04-01",
        ),
        Identity(
            variable=variable_of("real_lending_rate", "real lending rate", "% a year"),
            terms={"lending_rate": 1.0, "expected_inflation": -1.0},
        ),
        # The mean quarterly change over a year spreads the effect over the 3 to 6 quarters that
        # the Bank of Russia names.
        Identity(
            variable=variable_of(
                "real_rate_change", "change in the real lending rate, mean of a year", "pp a period"
            ),
            terms={"real_lending_rate": 1.0 / year, f"real_lending_rate[{year}]": -1.0 / year},
        ),
    )


def _activity(year: int, period: str) -> tuple[Equation, ...]:
    del year
    growth = f"% a {period}, log change"
    return (
        PartialAdjustment(
            variable=Variable(
                name="gdp_growth",
                label="real GDP growth",
                unit=growth,
                source="Rosstat, own seasonal adjustment",
                column="gdp_growth_pct",
                plausible=(-40.0, 40.0),
                least_peak=0.3,
            ),
            parents=(
                "real_rate_change[1]",
                "technology_gap_change",  # fixed at -1: that is what "% of potential" means
                "export_oil_growth",
                "pandemic_2020q2",
                "pandemic_2020q3",
                "war",
            ),
        ),
        # Growth above potential: lost technology must not look like weak demand to prices and
        # to the central bank.
        Identity(
            variable=variable_of("excess_growth", "growth above potential", growth),
            terms={"gdp_growth": 1.0, "technology_gap_change": 1.0},
        ),
        # An outcome only: the effect of rates on output already holds the credit channel.
        PartialAdjustment(
            variable=Variable(
                name="credit_growth",
                label="real rouble credit to firms, growth",
                unit=growth,
                source="Bank of Russia, deflated by the CPI, own seasonal adjustment",
                column="credit_growth_pct",
                plausible=(-40.0, 40.0),
                least_peak=0.3,
            ),
            parents=("real_rate_change[1]", "gdp_growth[1]", "inflation_surprise", "war"),
        ),
        PartialAdjustment(
            variable=Variable(
                name="real_wage_growth",
                label="real wage growth",
                unit=growth,
                source="Rosstat nominal wage, deflated by the CPI",
                column="real_wage_growth_pct",
                plausible=(-40.0, 40.0),
                least_peak=0.3,
            ),
            parents=("gdp_growth", "inflation_surprise", "war"),
        ),
    )


# Everything after the effective measures is linear, so the parts of an effect that enter through
# these links add up to the whole.
_ENTRIES = {
    "import_premium": tuple(
        f"effective_{name} -> import_premium" for name in ("trade", "finance", "transport")
    ),
    "technology_gap": tuple(
        f"effective_{name} -> technology_gap" for name in ("trade", "finance", "transport")
    ),
    "risk_premium": ("finance -> risk_premium", "assets -> risk_premium"),
    "oil_discount": ("effective_energy -> oil_discount",),
    "rouble_direct": ("effective_trade_change -> depreciation",),
    "imports_direct": ("effective_trade_change -> import_growth",),
}

_OFFSET_TAIL = ("expected_inflation -> real_lending_rate",)


def _chain(year: int) -> tuple[str, ...]:
    """Return the article's chain: own lags and every lag of an identity on the way included."""
    yoy = tuple(f"inflation{f'[{lag}]' if lag else ''} -> inflation_yoy" for lag in range(year))
    return (
        *_ENTRIES["import_premium"],
        "import_premium -> import_premium_change",
        "import_premium[1] -> import_premium_change",
        "import_premium_change -> inflation",
        *yoy,
        "inflation_yoy -> key_rate",
        "key_rate -> lending_rate",
        "lending_rate -> real_lending_rate",
        "real_lending_rate -> real_rate_change",
        f"real_lending_rate[{year}] -> real_rate_change",
        "real_rate_change[1] -> credit_growth",
        "real_rate_change[1] -> gdp_growth",
    )
