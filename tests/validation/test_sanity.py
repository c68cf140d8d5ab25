"""Sanity checks: they hold under the prior, agree with closed forms, and can fail."""

import dataclasses

import arviz_base
import numpy as np
import pytest
import xarray as xr
from anchored_economy import anchored_draws, anchored_problem

from sanctions_model.data.bundled import data_path
from sanctions_model.data.observations import load_observations
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import load_priors, sample_prior
from sanctions_model.queries.effects import measure_effects
from sanctions_model.report.views import sanity_view
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, pin, stack_draws
from sanctions_model.scm.simulation.propagate import propagate
from sanctions_model.scm.surgery import with_parameters
from sanctions_model.scm.variables import Hold, Variable
from sanctions_model.validation import sanity
from sanctions_model.validation.sanity import COLUMNS, sanity_checks
from sanctions_model.validation.sanity_ranges import load_ranges, range_findings

BUNDLED = "imposition of 2014, bundled measures"
# The ranges were stated for measures of 2014 two to six times as large as the bundled rule, whose
# unit is the regime of 2025, puts them; effects are proportional to their size.
OUTSIDE = {
    (BUNDLED, "GDP after 12 quarters, %, median"),
    (BUNDLED, "CPI after 4 quarters, %, median"),
}
MEASURES_WITH_RECOVERY = ("trade", "finance", "energy", "transport")


@pytest.fixture(scope="module")
def prior_draws(growth_problem):
    scm, priors = growth_problem.scm, growth_problem.absolute
    return sample_prior(scm, priors, draws=20_000, random_seed=1)


@pytest.fixture(scope="module")
def prior_table(growth_problem, prior_draws):
    return sanity_checks(growth_problem, prior_draws)


@pytest.fixture(scope="module")
def medians(growth_problem, prior_draws):
    """The prior median of each parameter by address."""
    middle = prior_draws.median(("chain", "draw"))
    found = {}
    for address, (name, label) in addresses(growth_problem.scm).items():
        array = middle[name]
        found[address] = float(array if label is None else array.sel({array.dims[0]: label}))
    return found


@pytest.fixture
def checked(growth_problem, medians):
    """A function from changed parameters to the table of one draw at the prior medians."""

    def check(changes=None):
        draws = with_parameters(growth_problem.scm, pin(growth_problem.scm, medians), changes or {})
        return sanity_checks(growth_problem, draws)

    return check


def outside(table):
    return {tuple(row) for row in table.loc[~table["inside"], ["check", "what"]].to_numpy()}


def value(table, check, what):
    rows = table[(table["check"] == check) & table["what"].str.startswith(what)]
    assert len(rows) > 0
    assert rows["value"].nunique() == 1  # one draw: median and both ends are one number
    return float(rows["value"].iloc[0])


def test_the_bundled_prior_meets_every_range_but_those_stated_for_larger_measures(prior_table):
    assert outside(prior_table) == OUTSIDE


def test_every_value_outside_has_a_note_and_no_value_inside_has_one(prior_table):
    assert ((prior_table["note"] == "") == prior_table["inside"]).all()


def test_the_note_on_2014_gives_the_bundled_measures_and_those_of_the_ranges(prior_table):
    note = prior_table.set_index("check").loc[BUNDLED, "note"].max()
    assert "finance 0.18" in note
    assert "finance 0.3" in note


def test_the_table_has_one_row_a_number(prior_table):
    assert tuple(prior_table.columns) == COLUMNS
    assert set(prior_table["source"]) == {"prior"}
    assert prior_table["inside"].dtype == bool
    assert not prior_table.duplicated(["check", "what"]).any()
    assert prior_table["value"].notna().all()
    assert (prior_table["lower_bound"] <= prior_table["upper_bound"]).all()


def test_posterior_rows_follow_those_of_the_prior(growth_problem, growth_draws):
    table = sanity_checks(growth_problem, growth_draws, growth_draws)
    assert table["source"].is_monotonic_decreasing  # "prior" after "posterior" in the alphabet
    by_source = {name: set(rows["check"]) for name, rows in table.groupby("source")}
    assert by_source["posterior"] - by_source["prior"] == {
        "recovery is prior while no measure falls"
    }


def test_a_posterior_may_hold_no_explosive_draw(growth_problem, growth_draws):
    table = sanity_checks(growth_problem, growth_draws, growth_draws)
    rows = table[table["what"].str.startswith("explosive")].set_index("source")
    assert dict(rows["upper_bound"]) == {"prior": 1e-4, "posterior": 0.0}


def test_the_reader_s_interval_does_not_change_the_table(growth_problem, growth_draws):
    table = sanity_checks(growth_problem, growth_draws)
    with arviz_base.rc_context({"stats.ci_prob": 0.3, "stats.ci_kind": "hdi"}):
        assert sanity_checks(growth_problem, growth_draws).equals(table)


def test_pass_through_has_its_closed_form(checked):
    rho, now, later = 0.37, 300.0, 200.0  # large, so that two decimals are enough
    table = checked(
        {
            "persistence[inflation]": rho,
            "depreciation -> inflation": now,
            "depreciation[1] -> inflation": later,
        }
    )
    check = "exchange-rate pass-through"

    def level(quarters):
        return now * (1 - rho**quarters) + later * (1 - rho ** (quarters - 1))

    assert value(table, check, "CPI after 1 quarter") == pytest.approx((1 - rho) * now, abs=0.006)
    assert value(table, check, "CPI after 4 quarters") == pytest.approx(level(4), abs=0.006)
    assert value(table, check, "CPI after 8 quarters") == pytest.approx(level(8) / level(4))


def test_the_premium_in_the_steady_state_is_the_sum_of_its_parts(checked):
    parts = {"trade": 4.0, "finance": 2.5, "transport": 1.25}
    table = checked({f"effective_{name} -> import_premium": part for name, part in parts.items()})
    assert value(table, "import premium", "steady state") == pytest.approx(7.75)


def test_the_premium_removed_at_once_and_in_full_follows_the_ramp(checked):
    rho = 0.45
    changes = {f"recoverable_share[{name}]": 1.0 for name in MEASURES_WITH_RECOVERY}
    changes |= {f"recovery_speed[{name}]": 1.0 for name in MEASURES_WITH_RECOVERY}
    table = checked(changes | {"persistence[import_premium]": rho})
    expected = sum((1 - rho) * rho**age * min(8 - age, 4) / 4 for age in range(8))
    check = "premium removed by full relief"
    assert value(table, check, "share after 8") == pytest.approx(expected)
    assert value(table, check, "recoverable share less") == pytest.approx(0.0, abs=1e-9)


def test_the_recoverable_share_is_weighted_by_the_premium(checked):
    changes = {f"recovery_speed[{name}]": 1.0 for name in MEASURES_WITH_RECOVERY}
    changes |= {"persistence[import_premium]": 0.1}
    changes |= {"effective_trade -> import_premium": 6.0, "recoverable_share[trade]": 0.2}
    changes |= {"effective_finance -> import_premium": 1.0, "recoverable_share[finance]": 0.9}
    changes |= {"effective_transport -> import_premium": 1.0, "recoverable_share[transport]": 0.5}
    table = checked(changes)
    check = "premium removed by full relief"
    assert value(table, check, "recoverable share less") == pytest.approx(0.0, abs=1e-9)
    reached = (6.0 * 0.2 + 0.9 + 0.5) / 8.0
    assert value(table, check, "share after 8") == pytest.approx(reached, abs=1e-4)


def test_the_premium_reaches_prices_by_its_own_coefficient(checked):
    table = checked({"import_premium_change -> inflation": 0.16, "depreciation -> inflation": 5.0})
    assert value(table, "premium to prices", "CPI") == pytest.approx(0.16, rel=1e-3)


def test_without_inertia_a_lower_policy_rate_peaks_a_quarter_after_its_year(checked):
    table = checked(
        {
            "persistence[lending_rate]": 0.0,
            "persistence[gdp_growth]": 0.0,
            "key_rate -> lending_rate": 0.9,
            "real_rate_change[1] -> gdp_growth": -50.0,
            "inflation_yoy -> key_rate": 3.0,  # the path is imposed: no reaction to anything
        }
    )
    check = "policy rate 1 pp lower for a year"
    assert value(table, check, "GDP at its peak") == pytest.approx(45.0)
    assert value(table, check, "quarter of the peak") == 5
    assert value(table, check, "GDP in quarter 12") == 0


def test_lending_pass_through_has_its_closed_form(checked):
    rho, theta = 0.93, 0.8
    table = checked({"persistence[lending_rate]": rho, "key_rate -> lending_rate": theta})
    check = "lending pass-through"
    first = value(table, check, "lending rate after 1 quarter")
    assert first == pytest.approx((1 - rho) * theta)
    last = value(table, check, "lending rate after 40 quarters")
    assert last == pytest.approx((1 - rho**40) * theta)


def test_the_effects_of_2014_are_proportional_to_the_measures(checked):
    other_than_finance = (
        "effective_trade -> import_premium",
        "effective_trade -> technology_gap",
        "effective_trade_change -> depreciation",
        "effective_energy -> oil_discount",
        "effective_transport -> import_premium",
        "effective_transport -> technology_gap",
        "assets -> risk_premium",
    )
    table = checked(dict.fromkeys(other_than_finance, 0.0))
    bundled = value(table, BUNDLED, "CPI after 4 quarters")
    stated = value(table, "imposition of 2014, size of the ranges", "CPI after 4 quarters")
    assert bundled / stated == pytest.approx(0.1825 / 0.3)


def test_at_the_prior_medians_every_range_is_met_but_those_stated_for_larger_measures(checked):
    assert outside(checked()) == OUTSIDE


SCALED = {
    "rouble to prices ten times": (
        {"depreciation -> inflation": 10},
        ("exchange-rate pass-through", "CPI after 1 quarter"),
        ("exchange-rate pass-through", "CPI after 4 quarters"),
    ),
    "premium ten times": (
        {"effective_trade -> import_premium": 10},
        ("import premium", "steady state"),
    ),
    "slow recovery": (
        {f"recovery_speed[{name}]": 0.1 for name in MEASURES_WITH_RECOVERY},
        ("premium removed by full relief", "share after 8 quarters"),
        ("premium removed by full relief", "recoverable share less"),
    ),
    "premium to prices ten times": (
        {"import_premium_change -> inflation": 10},
        ("premium to prices", "CPI"),
        ("full relief, real lending rate", "after 4 quarters with anchored"),
        ("full relief, real lending rate", "after 4 quarters with backward"),
    ),
    "rates to output ten times": (
        {"real_rate_change[1] -> gdp_growth": 10},
        ("policy rate 1 pp lower for a year", "GDP at its peak"),
        ("monetary shock of 1 pp", "GDP"),
        ("full relief, output through rates alone", "GDP after 20 quarters"),
    ),
    "rates raise output": (
        {"real_rate_change[1] -> gdp_growth": -1},
        ("monetary shock of 1 pp", "GDP"),
        ("full relief, output through rates alone", "GDP after 40 quarters"),
    ),
    "rates weaken the rouble": (
        {"key_rate_change[1] -> depreciation": -3},
        ("monetary shock of 1 pp", "rouble"),
        ("monetary shock of 1 pp", "CPI"),
    ),
    "technology gap twenty times": (
        {"effective_trade -> technology_gap": 20},
        ("imposition of 2014, size of the ranges", "GDP after 12 quarters, %, median"),
        ("imposition of 2014, size of the ranges", "GDP after 12 quarters, %, 5 %"),
        ("step of 2022", "GDP"),
    ),
    "potential growth counts as demand": (
        {"technology_gap_change -> gdp_growth": 10},
        ("full relief, supply alone", "CPI"),
        ("full relief, supply alone", "key rate"),
    ),
    "lending detached": (
        {"key_rate -> lending_rate": 0.25},
        ("lending pass-through", "lending rate after 1 quarter"),
        ("lending pass-through", "lending rate after 40 quarters"),
    ),
    "neutral rate detached": ({"risk_premium -> key_rate": 0}, ("full relief, key rate", "dist")),
    "no risk premium and no rouble": (
        {"finance -> risk_premium": 0, "effective_finance -> import_premium": 0},
        ("imposition of 2014, size of the ranges", "CPI"),
        ("imposition of 2014, size of the ranges", "key rate"),
    ),
}
SET = {
    "explosive policy": (
        {"depreciation -> key_rate": 30.0},
        ("stability", "explosive"),
        ("stability", "largest modulus"),
    ),
    "inflation near a random walk": (
        {"persistence[inflation]": 0.95},
        ("exchange-rate pass-through", "CPI after 8 quarters over"),
    ),
    "output with great inertia": (
        {"persistence[gdp_growth]": 0.8},
        ("policy rate 1 pp lower for a year", "quarter of the peak"),
        ("policy rate 1 pp lower for a year", "GDP in quarter 12"),
    ),
    "premium near a random walk": (
        {"persistence[import_premium]": 0.97, "import_premium_change -> inflation": 0.35},
        ("full relief, inflation", "year on year"),
    ),
}


@pytest.mark.parametrize("case", SCALED)
def test_a_check_fails_when_a_parameter_is_scaled(checked, medians, case):
    factors, *expected = SCALED[case]
    table = checked({address: factor * medians[address] for address, factor in factors.items()})
    assert_fails(table, expected)


@pytest.mark.parametrize("case", SET)
def test_a_check_fails_when_a_parameter_is_extreme(checked, case):
    changes, *expected = SET[case]
    assert_fails(checked(changes), expected)


def assert_fails(table, expected):
    for check, what in expected:
        rows = table[(table["check"] == check) & table["what"].str.startswith(what)]
        assert len(rows) > 0
        assert not rows["inside"].all(), f"{check}: {what}"


def with_identity(problem, name, **terms):
    """The same problem with other coefficients in one identity, by parent without its lag."""
    equations = tuple(
        dataclasses.replace(
            equation,
            terms={
                parent: terms.get(parent.replace("[4]", "_a_year_ago"), coefficient)
                for parent, coefficient in equation.terms.items()
            },
        )
        if equation.variable.name == name
        else equation
        for equation in problem.scm.equations
    )
    return dataclasses.replace(problem, scm=dataclasses.replace(problem.scm, equations=equations))


def test_lost_potential_that_looks_like_weak_demand_is_found(growth_problem, medians):
    faulty = with_identity(growth_problem, "excess_growth", technology_gap_change=0.0)
    table = sanity_checks(faulty, pin(faulty.scm, medians))
    assert_fails(
        table, [("full relief, supply alone", "CPI"), ("full relief, supply alone", "key rate")]
    )


def test_a_level_of_the_real_rate_that_drives_growth_is_found(growth_problem, medians):
    faulty = with_identity(
        growth_problem,
        "real_rate_change",
        real_lending_rate=0.25,
        real_lending_rate_a_year_ago=0.0,
    )
    table = sanity_checks(faulty, pin(faulty.scm, medians))
    rates_alone = "full relief, output through rates alone"
    assert_fails(
        table,
        [
            ("policy rate 1 pp lower for a year", "GDP in quarter 12"),
            (rates_alone, "GDP after 40 quarters less"),
        ],
    )


def test_every_range_has_a_parameter_that_breaks_it_or_a_test_of_its_own(prior_table):
    broken = {pair for _, *pairs in (*SCALED.values(), *SET.values()) for pair in pairs}
    own = {BUNDLED, "measures add up", "starting state"}
    for check, what in prior_table[["check", "what"]].to_numpy():
        named = any(check == name and what.startswith(start) for name, start in broken)
        assert named or check in own, f"{check}: {what}"


def test_a_value_that_is_no_number_is_outside(growth_problem, medians, monkeypatch):
    # Draws that are no numbers are refused before; what others make may be none all the same.
    monkeypatch.setattr("sanctions_model.scm.parameters._stack_possible", stack_draws)
    draws = pin(growth_problem.scm, medians)
    draws["coefficient"].loc[{"link": "technology_gap_change -> gdp_growth"}] = np.nan
    asked = {"step of 2022", "imposition of 2014, size of the ranges"}
    found = [
        finding
        for finding in range_findings(growth_problem.scm, draws)
        if finding.check in asked and "GDP" in finding.what
    ]
    assert {finding.check for finding in found} == asked
    found += sanity._measures_add_up(growth_problem.scm, draws)
    assert not any(finding.inside for finding in found)


BROKEN = {
    "a bound": ("lower = 9.0", "lower = 12.0", r"\[check.import_premium\].*above upper"),
    "an experiment": ('"full_imposition"', '"no_such"', "there is no experiment 'no_such'"),
    "nothing asked": (", median = { lower = 0.15, upper = 0.20 }", "", "give where it must lie"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_range_that_is_not_well_stated_is_refused_by_name(tmp_path, case):
    before, after, message = BROKEN[case]
    text = data_path("ranges.toml").read_text(encoding="utf-8")
    assert before in text
    file = tmp_path / "ranges.toml"
    file.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(QuestionError, match=message):
        load_ranges(file)


def test_parts_that_do_not_add_up_are_found(checked, monkeypatch):
    def more_than_the_sum(*args, **kwargs):
        found = measure_effects(*args, **kwargs)
        return found + 1e-6 * (found["lifted"] == "all")

    monkeypatch.setattr(sanity, "measure_effects", more_than_the_sum)
    assert outside(checked()) - OUTSIDE == {
        ("measures add up", "largest gap between the sum of single measures and all, any draw")
    }


def test_an_effect_that_depends_on_the_past_is_found(checked, monkeypatch):
    def remembers(*args, start=None, **kwargs):
        found = propagate(*args, start=start, **kwargs)
        first = xr.DataArray([1.0, 0.0], dims="scenario")
        return found if start is None else found + 1e-6 * first

    monkeypatch.setattr(sanity, "propagate", remembers)
    assert {check for check, _ in outside(checked()) - OUTSIDE} == {"starting state"}


def recovery_rows(problem, before, after):
    found = sanity._recovery_is_prior(problem, before, after)
    return {
        finding.what.split(",")[0] + " " + finding.what.split()[4]: finding for finding in found
    }


@pytest.fixture(scope="module")
def another_sample(growth_problem):
    scm, priors = growth_problem.scm, growth_problem.absolute
    return sample_prior(scm, priors, draws=1000, chains=4, random_seed=2)


def test_another_sample_of_the_prior_has_the_prior_s_recovery(
    growth_problem, prior_draws, another_sample
):
    rows = recovery_rows(growth_problem, prior_draws, another_sample)
    assert set(rows) == {
        "recoverable_share mean",
        "recoverable_share variance",
        "recovery_speed mean",
        "recovery_speed variance",
    }
    assert all(finding.inside for finding in rows.values())


def test_a_recovery_that_the_data_cannot_know_is_found(growth_problem, prior_draws, another_sample):
    energy = another_sample["measure"] == "energy"
    share, speed = another_sample["recoverable_share"], another_sample["recovery_speed"]
    middle = speed.mean(("chain", "draw"))
    changed = another_sample.assign(
        recoverable_share=xr.where(energy, share + 0.02, share),
        recovery_speed=xr.where(energy, middle + 0.8 * (speed - middle), speed),
    )
    rows = recovery_rows(growth_problem, prior_draws, changed)
    assert {what for what, finding in rows.items() if not finding.inside} == {
        "recoverable_share mean",
        "recovery_speed variance",
    }


def test_a_fixed_recovery_is_the_same_or_it_is_not(growth_problem, prior_draws, another_sample):
    def fixed(sample, size):
        return sample.assign(recoverable_share=xr.full_like(sample["recoverable_share"], size))

    same = recovery_rows(growth_problem, fixed(prior_draws, 0.7), fixed(another_sample, 0.7))
    assert same["recoverable_share mean"].value == 0
    other = recovery_rows(growth_problem, fixed(prior_draws, 0.7), fixed(another_sample, 0.71))
    assert not other["recoverable_share mean"].inside


def test_a_measure_that_falls_may_teach_its_own_recovery(prior_draws, another_sample):
    observations = load_observations(scm=growth_transmission()).copy(deep=True)
    observations["trade"][-8:] = np.linspace(1.0, 0.3, 8)
    problem = Problem.of(growth_transmission(), observations, load_priors(economy="growth"))
    assert problem.falling == ("trade",)
    share = another_sample["recoverable_share"]
    learnt = another_sample.assign(
        recoverable_share=xr.where(another_sample["measure"] == "trade", 0.5, share)
    )
    rows = recovery_rows(problem, prior_draws, learnt)
    assert all(finding.inside for finding in rows.values())


def test_a_monthly_model_is_refused(growth_problem, growth_draws):
    monthly = dataclasses.replace(growth_problem, scm=growth_transmission(12))
    with pytest.raises(QuestionError, match="12 periods a year"):
        sanity_checks(monthly, growth_draws)


def test_what_a_model_lacks_is_a_line_and_not_an_end(growth_problem):
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=Variable(name="tariff"), continuation=Hold(1.0)),
            Linear(variable=Variable(name="price"), parents=("tariff",)),
        )
    )
    other = dataclasses.replace(growth_problem, scm=scm)
    table = sanity_checks(other, pin(scm, {"tariff -> price": 2.0}))
    silent = table[~table["asked"]].set_index("check")
    assert set(table.loc[table["asked"], "check"]) == {"stability"}
    assert "'depreciation'" in silent.loc["exchange-rate pass-through", "note"]
    assert silent["note"].str.startswith("not asked of this model: ").all()
    assert not silent["inside"].any()
    assert "not asked of this model" in sanity_view(table).title


def test_the_anchored_economy_is_asked_every_check():
    table = sanity_checks(anchored_problem(), anchored_draws())
    assert table["asked"].all()
    exact = table.set_index("check").loc[["measures add up", "starting state"], "inside"]
    assert exact.all()
