"""What comes from outside, and what sanctions do to deliveries, capacity and investors."""

from sanctions_model.economies.russia import MEASURES, change_of, variable_of
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Equation,
    Exogenous,
    Identity,
    LatentAdjustment,
)
from sanctions_model.scm.variables import Affine, Constant, Decay, Grow, Hold, Indicator, Variable

KNOTS = ("2005Q1", "2008Q1", "2011Q1", "2014Q1", "2017Q1", "2020Q1", "2023Q1", "2025Q4")
_SLOW = ("trade", "finance", "energy", "transport")  # felt as supply chains feel them
SUDDEN = ("trade", "finance", "transport")  # what stops deliveries, and is routed around
# How the rouble was managed: one link from oil for each.
REGIMES = {
    "managed": ("2005-01-01", "2014-09-30", "managed rouble"),
    "floating": ("2014-10-01", "2017-03-31", "floating rouble"),
    "budget_rule": ("2017-04-01", "2021-12-31", "budget rule"),
    "controls": ("2022-01-01", None, "capital controls"),
}
FOREIGN_INFLATION = 0.5  # % a quarter
ADJECTIVES = {"finance": "financial", "assets": "asset"}


def _measures() -> tuple[Equation, ...]:
    return tuple(
        Exogenous(
            variable=Variable(
                name=name,
                label=f"{ADJECTIVES.get(name, name)} measures",
                unit="intensity, 1 = regime of end 2025",
                source="own calculation from dated events, data/measures_rule.toml",
                plausible=(0.0, 2.0),
            ),
            continuation=Hold(1.0, since="2025-10-01"),
        )
        for name in MEASURES
    )


def _indicator(name: str, label: str, start: str, end: str | None, onward: float) -> Equation:
    return Exogenous(
        variable=variable_of(name, label, "0 or 1"),
        default=Indicator(start, end),
        # What is in force since a day says nothing of what follows data that end before it.
        continuation=Hold(onward, since=start if onward else ""),
    )


def exogenous_equations() -> tuple[Equation, ...]:
    """Return the equations of what comes from outside."""
    return (
        *_measures(),
        Exogenous(
            variable=variable_of("inflation_target", "inflation target", "% a year"),
            continuation=Hold(4.0),
        ),
        Exogenous(
            variable=variable_of("war_pulse", "war economy", "share of its peak"),
            continuation=Decay(half_life=4.0),
        ),
        Exogenous(
            variable=variable_of(
                "fiscal_impulse", "fiscal impulse", "pp of GDP", column="fiscal_impulse_pp"
            ),
            continuation=Hold(0.0),
        ),
        Exogenous(
            variable=variable_of("one", "constant", "1"),
            default=Constant(1.0),
            continuation=Hold(1.0),
        ),
        _indicator("targeting", "policy by the key rate", "2014-04-01", None, 1.0),
        _indicator(
            "before_targeting", "policy before the key rate", "2005-01-01", "2014-03-31", 0.0
        ),
        _indicator("pandemic_2020q2", "pandemic in 2020Q2", "2020-04-01", "2020-06-30", 0.0),
        _indicator("pandemic_2020q3", "pandemic in 2020Q3", "2020-07-01", "2020-09-30", 0.0),
        # Pipelines to Europe since the summer of 2022: no measure, and not over by assumption.
        _indicator("gas_stopped", "halted gas exports to Europe", "2022-07-01", None, 1.0),
        # A falling number of young workers: over by assumption when the data end.
        _indicator("fewer_workers", "fewer young workers", "2005-01-01", "2025-12-31", 0.0),
        *(
            _indicator(name, label, start, end, 1.0 if end is None else 0.0)
            for name, (start, end, label) in REGIMES.items()
        ),
        # Growth at the last knot goes on.
        *(
            Exogenous(
                variable=variable_of(f"ramp_{knot}", f"trend growth from {knot}", "quarters"),
                continuation=Grow(1.0),
            )
            for knot in KNOTS
        ),
    )


def felt_equations() -> tuple[Equation, ...]:
    """Return the equations of measures as they are felt."""
    unit = "intensity, 1 = regime of end 2025"
    return (
        *(
            AsymmetricAdjustment(
                variable=variable_of(
                    f"effective_{name}", f"effective {ADJECTIVES.get(name, name)} measures", unit
                ),
                measure=name,
            )
            for name in _SLOW
        ),
        # What was routed around has nothing to give back: on relief only a share is felt.
        *(
            AsymmetricAdjustment(
                variable=variable_of(
                    f"felt_{name}", f"{ADJECTIVES.get(name, name)} measures as felt", unit
                ),
                measure=name,
                recovery="disruption",
            )
            for name in (*SUDDEN, "assets")
        ),
    )


def supply_equations() -> tuple[Equation, ...]:
    """Return the equations of what sanctions do to deliveries, capacity and risk."""
    felt = {f"felt_{name}": share for name, share in zip(SUDDEN, (0.5, 0.35, 0.15), strict=True)}
    indices = tuple(f"effective_{name}" for name in SUDDEN)
    share = "share, 1 = all measures at full size"
    return (
        LatentAdjustment(
            variable=variable_of("rerouted", "rerouted deliveries", share), parents=tuple(felt)
        ),
        # Deliveries that stop less what was routed around: a rise at once that fades.
        Identity(
            variable=variable_of("disruption", "disruption of deliveries", share),
            terms={**felt, "rerouted": -1.0},
        ),
        # Shares are fixed and the size is one parameter: a belief about the total.
        LatentAdjustment(
            variable=variable_of("premium_index", "lasting import premium, index", share),
            parents=indices,
        ),
        LatentAdjustment(
            variable=variable_of("technology_index", "technology gap, index", share),
            parents=indices,
        ),
        Identity(
            variable=variable_of("import_premium", "grey-import premium", "% of the border price"),
            terms={
                "premium_index": Affine("premium_size"),
                "disruption": Affine("premium_at_disruption"),
            },
        ),
        Identity(
            variable=variable_of("technology_gap", "technology gap", "% of potential output"),
            terms={"technology_index": Affine("technology_size")},
        ),
        # Investors: a lasting part, and news that they get used to; what they got used to has
        # nothing to give back.
        LatentAdjustment(
            variable=variable_of("risk_index", "lasting investor risk, index", share),
            parents=("finance", "assets"),
        ),
        LatentAdjustment(
            variable=variable_of("risk_adapted", "risk news that has worn off", share),
            parents=("felt_finance", "felt_assets"),
        ),
        Identity(
            variable=variable_of("risk_premium", "risk premium", "pp of the neutral rate"),
            terms={
                "risk_index": Affine("risk_lasting"),
                "felt_finance": Affine("risk_of_news", 0.0, 2 / 3),
                "felt_assets": Affine("risk_of_news", 0.0, 1 / 3),
                "risk_adapted": Affine("risk_of_news", 0.0, -1.0),
            },
        ),
        change_of(
            "import_premium_change", "import_premium", "change in the import premium", "points"
        ),
        change_of("risk_premium_change", "risk_premium", "change in the risk premium", "pp"),
    )
