"""Who lifts, until when, and in calendar time: designs against closed forms."""

import datetime as dt

import numpy as np
import pytest
from anchored_economy import anchored_draws, anchored_problem
from future_world import at_once, scenario, world

from sanctions_model.data.sanctions.events import ISSUERS
from sanctions_model.data.sanctions.measures import issuer_levels, load_events, load_rule
from sanctions_model.economies.russia import MEASURES
from sanctions_model.elsewhere.reimposition import reimposition_hazard, snap_back_hazard
from sanctions_model.errors import QuestionError
from sanctions_model.queries.forecasts import simulate
from sanctions_model.scenarios.effects import designed_effect
from sanctions_model.scenarios.forecast import scenario_forecast
from sanctions_model.scenarios.issuers import ISSUER_CONCENTRATION, issuer_shares
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.drawn_designs import NEED
from sanctions_model.scenarios.odds.regimes import draw_scenario_paths
from sanctions_model.scenarios.relief import Phase, ReliefDesign, SnapBack
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scm.interventions import ShiftBy

TRADE, FINANCE = MEASURES.index("trade"), MEASURES.index("finance")
ERRORS = 4.0


def law(*designs, horizon=1, paths=5, seed=1):
    generator = np.random.default_rng(seed)
    made = scenario(relief=designs)
    return draw_scenario_paths(made, paths=paths, horizon=horizon, generator=generator).law


# Who lifts


def test_what_the_issuers_hold_adds_up_to_every_measure():
    shares = issuer_shares()
    assert list(shares.columns) == list(ISSUERS)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-12)
    assert (shares > 0).all(axis=None)


def test_what_the_issuers_hold_is_the_rule_s_split_where_every_step_is_shared():
    """Component T2 was raised by shared steps only since 2022: the rest splits as the rule says."""
    rule, events = load_rule(), load_events()
    before, after = dt.date(2022, 2, 21), dt.date(2025, 12, 31)
    gained = (
        issuer_levels(rule, events, after) - issuer_levels(rule, events, before)
    ).loc["T2"]  # fmt: skip
    component = rule.component("T2")
    us = component.us_share_after
    expected = {"us": us} | {n: (1 - us) * part for n, part in component.rest.items()}
    for name, share in expected.items():
        assert gained[name] / gained.sum() == pytest.approx(share, abs=0.002), name


def test_everybody_in_one_list_or_each_in_a_design_of_their_own_is_the_coalition():
    everyone = law(at_once(0.6, measures=MEASURES))
    np.testing.assert_allclose(law(at_once(0.6, measures=MEASURES, issuer=ISSUERS)), everyone)
    apart = law(*(at_once(0.6, measures=MEASURES, issuer=name) for name in ISSUERS))
    np.testing.assert_allclose(apart, everyone, atol=1e-12)


def test_parts_of_two_issuers_add_up_draw_by_draw():
    """Both lift all they hold: what is left is what the other two hold, not a product."""
    designs = [at_once(issuer="us"), at_once(issuer="eu")]
    count = 40_000
    left = law(*designs, paths=count)[TRADE, 0]
    held = issuer_shares().loc["trade"]
    share = held["uk"] + held["others"]
    error = np.sqrt(share * (1 - share) / (ISSUER_CONCENTRATION + 1) / count)
    assert abs(left.mean() - share) < ERRORS * error
    together = law(at_once(issuer=["us", "eu"]), paths=count, seed=2)[TRADE, 0]
    assert abs(together.mean() - share) < ERRORS * error


def test_the_eu_alone_lifts_about_half_of_what_the_coalition_does():
    left = law(at_once(measures=("trade", "finance"), issuer="eu"), paths=40_000)[:, 0].mean(axis=1)
    assert 1 - left[TRADE] == pytest.approx(0.53, abs=0.01)
    assert 1 - left[FINANCE] == pytest.approx(0.27, abs=0.01)


def test_what_is_deterred_stays():
    alone = law(at_once(0.8, issuer="eu"), paths=2000)[TRADE, 0]
    deterred = law(at_once(0.8, issuer="eu", deterred=0.25), paths=2000)[TRADE, 0]
    np.testing.assert_allclose(1 - deterred, 0.75 * (1 - alone), atol=1e-12)


# Until when


@pytest.mark.parametrize("when", [{"within": 4}, {"until": 6}], ids=["within", "until"])
def test_a_snap_back_within_a_window_comes_with_its_probability_and_not_after(when):
    """In force after k of n periods with probability (1 - p) ** (k / n)."""
    count, chance, first, periods = 20_000, 0.3, 3, 4
    design = {
        "measures": ("trade",),
        "phase": ({"start": first, "ramp": 1, "depth": 1.0},),
        "snap_back": {"probability": chance, **when},
    }
    held = law(design, horizon=10, paths=count)[TRADE] == 0
    done = np.clip(np.arange(1, 11) - first + 1, 0, periods)
    expected = np.where(done > 0, (1 - chance) ** (done / periods), 0.0)
    error = np.sqrt(expected * (1 - expected) / count)
    assert (np.abs(held.mean(axis=1) - expected) <= ERRORS * error).all()


def test_a_window_that_ends_before_the_first_step_undoes_nothing():
    design = {
        "measures": ("trade",),
        "phase": ({"start": 5, "ramp": 1, "depth": 1.0},),
        "snap_back": {"probability": 1.0, "until": 4},
    }
    assert (law(design, horizon=8)[TRADE, 4:] == 0).all()


# When


def dated_design(**more):
    phase = Phase(start="2002Q1", ramp=1, depth=1.0)
    return ReliefDesign(measures=("trade",), phase=(phase,), **more)


def test_dates_count_from_the_last_known_period():
    snap_back = SnapBack(probability=0.5, within="2003")
    made = Scenario(label="dated", relief=(dated_design(snap_back=snap_back),))
    counted = made.dated("2001-04-01", 4).relief[0]
    assert counted.phase[0].start == 3
    assert counted.snap_back.until == 10  # a year as an end is its last quarter
    assert made.dated("2001-04-01", 12).relief[0].phase[0].start == 9


def test_a_dated_scenario_is_the_one_that_counts():
    problem, draws = world()
    dated = Scenario(label="dated", relief=(dated_design(),))
    asked = {"horizon": "2002Q4", "random_seed": 1, "outcomes": ["y"]}
    found = scenario_forecast(problem, draws, dated, **asked)
    at = list(found["period"].to_numpy()).index("2002Q1")
    counted = Scenario(
        label="counted",
        relief=({"measures": ("trade",), "phase": ({"start": at + 1, "ramp": 1, "depth": 1.0},)},),
    )
    np.testing.assert_array_equal(
        found["effect"], scenario_forecast(problem, draws, counted, **asked)["effect"]
    )
    assert found["period"].to_numpy()[-1] == "2002Q4"
    assert (found["effect"].isel(horizon=slice(at)) == 0).all()
    assert (found["effect"].isel(horizon=at) != 0).all()


def test_interventions_are_answered_by_the_same_question():
    problem, draws = world()
    edit = {"kind": "set", "variable": "trade", "value": 0.0, "start": "2002Q1"}
    asked = {"horizon": 8, "random_seed": 1, "outcomes": ["y"]}
    by_edit = scenario_forecast(problem, draws, Scenario(label="x", intervention=[edit]), **asked)
    by_design = scenario_forecast(
        problem, draws, Scenario(label="x", relief=(dated_design(),)), **asked
    )
    np.testing.assert_allclose(by_edit["effect"], by_design["effect"], atol=1e-12)
    np.testing.assert_allclose(by_edit["path"], by_design["path"], atol=1e-12)


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([{"start": "1999Q1", "depth": 1}], "1999Q1 is in the past: the future starts after"),
        (
            [{"start": "2002Q1", "ramp": 4, "depth": 1}, {"start": "2002Q3", "depth": 1}],
            "dates counted: .*phases overlap",
        ),
    ],
)
def test_dates_that_cannot_be_are_refused(phases, message):
    made = Scenario(label="x", relief=({"measures": ("trade",), "phase": phases},))
    with pytest.raises(QuestionError, match=message):
        made.dated("2001-04-01", 4)


def test_dates_without_a_start_are_refused():
    with pytest.raises(QuestionError, match="'2002Q1' is a period of the calendar"):
        law(dated_design())


def test_what_is_wrong_in_python_is_said_in_our_words():
    with pytest.raises(QuestionError, match=r"^Phase: depth can be 2, expected 0 to 1"):
        Phase(depth=2)
    with pytest.raises(QuestionError, match=r"^Phase: Relief of 1e-09 lifts less than a milli"):
        Phase(depth=1e-9)
    with pytest.raises(QuestionError, match=r"^ReliefDesign: isuer: there is no such field"):
        ReliefDesign(measures=("trade",), phase=({"depth": 1},), isuer="eu")


# Reserves that are released


def released(**more):
    return Scenario(label="x", release_assets=({"share": 0.5, "start": 3, "over": 4} | more,))


def test_what_is_released_flows_into_the_balance_once():
    """All of it, in even parts: the flows add up to share times stock, over a quarter's exports."""
    made = released(sold=1.0, stock=300.0, exports=100.0)
    generator = np.random.default_rng(1)
    eased = draw_scenario_paths(made, paths=2, horizon=9, generator=generator).growth[NEED]
    np.testing.assert_allclose(eased[:, 0], [0, 0, *[-37.5] * 4, 0, 0, 0])
    assert -eased.sum(axis=0)[0] / 100 * 100.0 == pytest.approx(0.5 * 300.0)


@pytest.mark.parametrize(
    ("share", "transferred", "released_usd"),
    [(0.5, 0.0, 150.0), (1.0, 0.0, 300.0), (1.0, 0.4, 180.0), (0.5, 0.4, 90.0), (0.0, 1.0, 0.0)],
)
def test_a_part_all_and_a_transfer_ease_the_balance_by_what_is_left(
    share, transferred, released_usd
):
    """Sums of the flows: share * (1 - transferred) * stock, of which 80 % are sold."""
    made = released(share=share, transferred=transferred, sold=0.8, stock=300.0, exports=120.0)
    eased = draw_scenario_paths(
        made, paths=3, horizon=9, generator=np.random.default_rng(1)
    ).growth[NEED]
    np.testing.assert_allclose(-eased.sum(axis=0) / 100 * 120.0, 0.8 * released_usd, atol=1e-9)
    np.testing.assert_allclose(eased[2:6], -100 * 0.8 * released_usd / 4 / 120.0, atol=1e-9)


def test_a_transfer_alone_leaves_the_rouble_where_it_is():
    problem, draws = anchored_problem(), anchored_draws()
    made = released(share=0.0, transferred=1.0)
    asked = {"horizon": 6, "random_seed": 1, "outcomes": ["log_rer"]}
    np.testing.assert_array_equal(designed_effect(problem.scm, draws, made, **asked), 0.0)


def test_more_than_all_cannot_be_transferred():
    with pytest.raises(ValueError, match=r"transferred can be 1\.2"):
        released(transferred=1.2)


def test_a_release_does_to_the_rouble_what_its_surplus_does():
    """The real exchange rate reads last quarter's need: the shift of the need itself, by hand."""
    problem, draws = anchored_problem(), anchored_draws()
    made = released(sold=1.0, stock=300.0, exports=100.0)
    asked = {"horizon": 8, "random_seed": 1, "outcomes": ["log_rer"]}
    found = designed_effect(problem.scm, draws, made, **asked)
    shift = ShiftBy(variable="exchange_need", value=-37.5, start=3, stop=6)
    changed, unchanged = (
        simulate(problem, draws, interventions=edits, **asked).isel(scenario=0)
        for edits in ([shift], [])
    )
    by_hand = changed - unchanged
    np.testing.assert_allclose(
        found.transpose(*by_hand.dims).to_numpy(), by_hand.to_numpy(), atol=1e-9
    )
    assert (found.sel(horizon=4) < 0).all()  # stronger


def test_an_economy_without_a_balance_refuses_a_release():
    problem, draws = world()
    with pytest.raises(QuestionError, match="ask the anchored economy"):
        designed_effect(problem.scm, draws, released(), horizon=6, random_seed=1)


def test_a_snap_back_that_states_nothing_is_as_frequent_as_elsewhere():
    """Ten of 59 liftings in 264.5 years at risk; half an event and ten years before the data."""
    hazard = SnapBack().hazard
    assert (hazard.alpha, hazard.beta) == (10.5, 4 * 274.5 - 10.5)
    assert SnapBack(ramp=2).hazard == hazard
    assert SnapBack(hazard=0.1).hazard == 0.1
    assert SnapBack(probability=0.3, within=8).hazard is None


def test_bundled_reversals_are_those_of_liftings_in_part_elsewhere():
    library = load_scenarios()
    seen = snap_back_hazard("lifted in part")
    (design,) = library.named("partial_lifting").relief
    stated = design.snap_back.hazard
    assert (stated.alpha, stated.beta) == pytest.approx((seen.alpha, seen.beta))
    process = library.process()
    table = reimposition_hazard().set_index("group").loc["lifted in part"]
    rate = 10 + table["years_at_risk"]
    in_a_year = 1 - (rate / (rate + 1)) ** (0.5 + table["reimposed"])
    for future in ("reset", "limited"):
        row = process.transition[process.order.index(future)]
        assert sum(row) == pytest.approx(1)
        back = sum(row[process.order.index(n)] for n in ("status_quo", "deterioration"))
        assert back == pytest.approx(in_a_year, abs=0.005)
