"""Paths of futures and their effects against closed forms and against plain loops."""

import json

import numpy as np
import pytest
from future_world import (
    MATRIX,
    at_once,
    chain_moments,
    effect_moments,
    library,
    repeated,
    scenario,
    world,
)
from laboratory import MODEL, pinned

from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.queries.effects import total_effect
from sanctions_model.scenarios.effects import designed_effect, respond_to
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.regimes import (
    draw_future_paths,
    draw_regimes,
    draw_scenario_paths,
)
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.serialization import spec_hash
from sanctions_model.scm.simulation.propagate import propagate, respond

ERRORS = 4.0
TRADE = MEASURES.index("trade")


def generator(seed=1):
    return np.random.default_rng(seed)


# The engine with a path for each draw


def test_a_path_for_each_draw_is_what_every_draw_alone_would_have(growth_problem, growth_draws):
    scm, horizon = growth_problem.scm, 9
    size = growth_draws.sizes["chain"] * growth_draws.sizes["draw"]
    paths = {n: generator(3).uniform(0, 1.2, (2, horizon, size)) for n in ("trade", "finance")}
    shocks = {"inflation": generator(4).normal(size=(2, horizon, size))}
    found = respond(scm, growth_draws, horizon=horizon, paths=paths, shocks=shocks)
    levels = propagate(scm, growth_draws, horizon=horizon, exogenous=paths)
    flat = found.stack(sample=("chain", "draw")), levels.stack(sample=("chain", "draw"))
    for at in range(size):
        chain, draw = divmod(at, growth_draws.sizes["draw"])
        own = growth_draws.isel(chain=[chain], draw=[draw])
        for row in range(2):
            mine = {n: p[row, :, at] for n, p in paths.items()}
            alone = respond(
                scm,
                own,
                horizon=horizon,
                paths=mine,
                shocks={"inflation": shocks["inflation"][row, :, at]},
            )
            where = {"sample": at, "scenario": row}
            expected = alone.isel(scenario=0, chain=0, draw=0)
            np.testing.assert_allclose(flat[0].isel(where), expected, atol=1e-12)
            alone = propagate(scm, own, horizon=horizon, exogenous=mine)
            expected = alone.isel(scenario=0, chain=0, draw=0)
            np.testing.assert_allclose(flat[1].isel(where), expected, atol=1e-12)


def test_a_felt_path_replaces_the_measure_for_its_effective_measure_alone():
    """In the laboratory `trade` acts on growth itself and, once felt, on the premium."""
    draws, law, felt = pinned(), np.full(12, 0.3), np.linspace(1.0, 0.4, 12)
    both = respond(MODEL, draws, horizon=12, paths={"trade": law, "effective_trade": felt})
    felt_only = respond(MODEL, draws, horizon=12, paths={"effective_trade": felt})
    law_only = respond(
        MODEL, draws, horizon=12, paths={"trade": law, "effective_trade": np.ones(12)}
    )
    np.testing.assert_allclose(both, felt_only + law_only, atol=1e-12)
    same = respond(MODEL, draws, horizon=12, paths={"trade": felt, "effective_trade": felt})
    np.testing.assert_allclose(same, respond(MODEL, draws, horizon=12, paths={"trade": felt}))


@pytest.mark.parametrize(
    "paths", [{"trade": np.ones((2, 5, 3))}, {"trade": np.ones((2, 4, 1))}], ids=["draws", "length"]
)
def test_a_path_for_another_number_of_draws_is_refused(paths):
    with pytest.raises(QuestionError, match="expected 5 finite values"):
        respond(MODEL, pinned(), horizon=5, paths=paths)


# Degenerate designs


@pytest.mark.parametrize(("start", "ramp", "depth"), [(1, 4, 1.0), (3, 2, 0.4), (1, 1, 0.1)])
def test_a_design_of_numbers_is_the_deterministic_relief(
    growth_problem, growth_draws, start, ramp, depth
):
    design = {"measures": MEASURES, "phase": ({"start": start, "ramp": ramp, "depth": depth},)}
    found = designed_effect(
        growth_problem.scm,
        growth_draws,
        scenario(relief=(design,)),
        horizon=12,
        random_seed=1,
    )
    relief = Relief(depth=depth, ramp=ramp, start=start)
    expected = total_effect(growth_problem.scm, growth_draws, relief, horizon=12)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_two_phases_lift_what_is_then_left():
    phases = ({"start": 1, "ramp": 2, "depth": 0.5}, {"start": 4, "ramp": 1, "depth": 0.4})
    made = scenario(relief=({"measures": ("trade",), "phase": phases},))
    law = draw_scenario_paths(made, paths=1, horizon=5, generator=generator()).law[TRADE, :, 0]
    np.testing.assert_allclose(law, [0.75, 0.5, 0.5, 0.3, 0.3])


def test_two_designs_of_one_measure_act_on_what_the_other_leaves():
    made = scenario(relief=(at_once(0.5), at_once(0.2)))
    law = draw_scenario_paths(made, paths=1, horizon=2, generator=generator()).law[TRADE, :, 0]
    np.testing.assert_allclose(law, 0.4)


def test_the_status_quo_against_itself_is_exactly_zero(growth_problem, growth_draws):
    bundled = load_scenarios()
    at = bundled.process().order.index("status_quo")
    paths = draw_future_paths(
        bundled, first=np.full(4, at), horizon=20, generator=generator(), transitions=False
    )
    effect = respond_to(growth_problem.scm, growth_draws, paths.one_a_draw())
    assert (effect == 0).all()
    assert (designed_effect(
        growth_problem.scm, growth_draws, bundled.named("status_quo"), horizon=8, random_seed=1
    ) == 0).all()  # fmt: skip


# Limits of the risks


@pytest.mark.parametrize("horizon", [6])
def test_hazards_of_0_and_1_are_a_lasting_relief_and_none(horizon):
    def law(hazard):
        made = scenario(relief=(at_once(0.7, snap_back={"hazard": hazard}),))
        return draw_scenario_paths(made, paths=50, horizon=horizon, generator=generator()).law

    np.testing.assert_allclose(law(0.0)[TRADE], 0.3)
    assert (law(1.0) == 1.0).all()


def test_a_hazard_undoes_relief_at_its_rate():
    made = scenario(relief=(at_once(snap_back={"hazard": 0.2}),))
    count = 20_000
    law = draw_scenario_paths(made, paths=count, horizon=8, generator=generator()).law[TRADE]
    expected = 0.8 ** np.arange(1, 9)
    error = np.sqrt(expected * (1 - expected) / count)
    assert (np.abs((law == 0).mean(axis=1) - expected) < ERRORS * error).all()
    assert (np.diff(law, axis=0) >= 0).all()  # undone for good


def test_opposition_blocks_delays_and_defeats():
    def law(**opposition):
        made = scenario(relief=(at_once(opposition=opposition),))
        return draw_scenario_paths(made, paths=20_000, horizon=5, generator=generator()).law[TRADE]

    assert (law(probability=0.0, delay=2) == 0).all()
    late = law(probability=1.0, delay=2)
    np.testing.assert_array_equal(late[:, 0], [1, 1, 0, 0, 0])
    assert (law(probability=1.0, delay=2, defeat=1.0) == 1).all()
    some = law(probability=0.4, delay=2, defeat=0.5)
    for period, expected in ((0, 0.6), (4, 0.8)):
        error = np.sqrt(expected * (1 - expected) / 20_000)
        assert abs((some[period] == 0).mean() - expected) < ERRORS * error


def test_over_compliance_delays_what_firms_feel_but_not_the_law():
    made = scenario(relief=(at_once(0.5, over_compliance=2),))
    paths = draw_scenario_paths(made, paths=1, horizon=4, generator=generator())
    np.testing.assert_allclose(paths.law[TRADE, :, 0], 0.5)
    np.testing.assert_allclose(paths.felt[TRADE, :, 0], [1, 1, 0.5, 0.5])
    np.testing.assert_array_equal(paths.priced, paths.law)


def test_reversed_relief_is_felt_at_once():
    """Banks that came late to relief do not come late to its end."""
    made = library(
        scenarios={
            "open": scenario(relief=(at_once(0.5, over_compliance=1),)),
            "closed": scenario(),
        },
        matrix=[[0, 1], [0, 1]],
        every=3,
    )
    paths = draw_future_paths(made, first=np.zeros(2, int), horizon=5, generator=generator())
    np.testing.assert_allclose(paths.law[TRADE, :, 0], [0.5, 0.5, 0.5, 1, 1])
    np.testing.assert_allclose(paths.felt[TRADE, :, 0], [1, 0.5, 0.5, 1, 1])


def test_unpredictability_spreads_depth_and_timing():
    made = scenario(relief=(at_once(0.5, unpredictability={"depth": 0.5, "timing": 2.0}),))
    count = 20_000
    law = draw_scenario_paths(made, paths=count, horizon=20, generator=generator()).law[TRADE]
    logits = np.log(1 / law[-1] - 1)
    assert abs(logits.std() - 0.5) < ERRORS * 0.5 / np.sqrt(2 * count)
    late = (law == 1).sum(axis=0)
    assert abs(late.mean() - 2.0) < ERRORS * np.sqrt(2.0 / count)
    certain = scenario(relief=(at_once(1.0, unpredictability={"depth": 0.5}),))
    full = draw_scenario_paths(certain, paths=9, horizon=2, generator=generator()).law[TRADE]
    assert (full == 0).all()


# Announcements


def announced(share=0.5, rouble=6.0, kept=0.0, fades_over=2, **more):
    said = {"lead": 2, "share": share, "rouble": rouble, "kept": kept, "fades_over": fades_over}
    phase = {"start": 4, "ramp": 1, "depth": 0.8}
    return scenario(
        relief=(
            {"measures": ("finance", "assets"), "phase": (phase,), "announcement": said, **more},
        )
    )


def rouble_effect(problem, draws, made, horizon=12):
    return designed_effect(
        problem.scm, draws, made, horizon=horizon, random_seed=1, outcomes=["rouble"]
    ).squeeze("outcome")


def test_an_announcement_moves_the_rouble_by_the_stated_size(growth_problem, growth_draws):
    """0.8 of finance and assets, 0.4 of the composite: 6 % times 0.32 in its quarter."""
    effect = rouble_effect(growth_problem, growth_draws, announced())
    np.testing.assert_array_equal(effect.sel(horizon=1), 0.0)
    np.testing.assert_allclose(effect.sel(horizon=2), 6.0 * 0.8 * 0.4, atol=1e-10)


def test_an_announcement_brings_a_share_of_the_risk_premium_forward():
    paths = draw_scenario_paths(announced(), paths=1, horizon=5, generator=generator())
    at = MEASURES.index("finance")
    np.testing.assert_allclose(paths.law[at, :, 0], [1, 1, 1, 0.2, 0.2])
    np.testing.assert_allclose(paths.priced[at, :, 0], [1, 0.6, 0.6, 0.2, 0.2])
    np.testing.assert_allclose(paths.felt[at, :, 0], paths.law[at, :, 0])


def test_a_rouble_shift_that_fades_leaves_what_the_model_itself_gives(growth_problem, growth_draws):
    with_shift = rouble_effect(growth_problem, growth_draws, announced(), 120)
    without = rouble_effect(growth_problem, growth_draws, announced(rouble=0.0), 120)
    kept = rouble_effect(growth_problem, growth_draws, announced(kept=1.0), 120)
    end = {"horizon": 120}
    assert abs(with_shift.sel(end) - without.sel(end)).max() < 0.05
    # What is kept is what the model's own move fell short of, but for feedback on the rouble.
    short = 6.0 * 0.8 * 0.4 - without.sel(horizon=2)
    ratio = (kept.sel(end) - without.sel(end)) / short
    assert ((ratio > 0.5) & (ratio < 1.5)).all()


def test_what_is_defeated_is_priced_out_again():
    made = announced(opposition={"probability": 1.0, "defeat": 1.0})
    paths = draw_scenario_paths(made, paths=1, horizon=5, generator=generator())
    at = MEASURES.index("finance")
    np.testing.assert_allclose(paths.priced[at, :, 0], [1, 0.6, 0.6, 1, 1])
    assert (paths.law == 1).all()


def test_an_announcement_about_what_is_no_asset_price_is_refused():
    said = {"lead": 1, "share": 0.5}
    phase = {"start": 2, "ramp": 1, "depth": 0.5}
    made = scenario(relief=({"measures": ("trade",), "phase": (phase,), "announcement": said},))
    with pytest.raises(QuestionError, match="also enters growth"):
        designed_effect(MODEL, pinned(), made, horizon=4, random_seed=1)


def test_a_measure_that_the_model_lacks_is_refused():
    made = scenario(relief=(at_once(measures=("energy",)),))
    with pytest.raises(QuestionError, match="no measure energy"):
        designed_effect(MODEL, pinned(), made, horizon=4, random_seed=1)


# Shifts of levels


def test_a_shifted_level_reaches_its_size_whatever_the_own_lag():
    """The laboratory's growth has an own lag and feeds back through prices and the key rate."""
    draws = pinned({"growth[1] -> inflation": 0.0})
    made = scenario(level=({"variable": "output_level", "size": 0.6, "start": 3, "stop": 5},))
    effect = designed_effect(
        MODEL, draws, made, horizon=8, random_seed=1, outcomes=["output_level"]
    )
    expected = [0, 0, 0.2, 0.4, 0.6, 0.6, 0.6, 0.6]
    np.testing.assert_allclose(effect.to_numpy().ravel(), expected, atol=1e-12)


def test_a_level_that_cumulates_the_change_of_a_state_reaches_its_size(
    anchored_problem, anchored_draws
):
    """Output of the anchored economy, without what the real rate makes of the gap."""
    coefficient = anchored_draws["coefficient"]
    cut = coefficient["link"] == "real_rate_gap_year[1] -> log_gdp"
    draws = anchored_draws.assign(coefficient=coefficient.where(~cut, 0.0))
    made = scenario(level=({"variable": "gdp_level", "size": 0.6, "start": 3, "stop": 5},))
    effect = designed_effect(
        anchored_problem.scm, draws, made, horizon=8, random_seed=1, outcomes=["gdp_level"]
    )
    expected = np.array([0, 0, 0.2, 0.4, 0.6, 0.6, 0.6, 0.6])[:, None, None]
    np.testing.assert_allclose(effect.isel(outcome=0) - expected, 0.0, atol=1e-12)


def test_an_announcement_moves_the_nominal_rouble_of_the_anchored_economy_by_the_stated_size(
    anchored_problem, anchored_draws
):
    effect = rouble_effect(anchored_problem, anchored_draws, announced())
    np.testing.assert_allclose(effect.sel(horizon=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(effect.sel(horizon=2), 6.0 * 0.8 * 0.4, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "error"), [("gdp_levl", UnknownVariableError), ("key_rate", QuestionError)]
)
def test_a_shift_of_what_is_no_level_is_refused(growth_problem, growth_draws, name, error):
    made = scenario(level=({"variable": name, "size": 0.6, "stop": 5},))
    with pytest.raises(error):
        designed_effect(growth_problem.scm, growth_draws, made, horizon=4, random_seed=1)


# Asymmetry


def test_with_full_and_instant_recovery_relief_mirrors_imposition():
    draws = pinned({"recoverable_share[trade]": 1.0, "recovery_speed[trade]": 1.0})
    ramp = {"start": 2, "ramp": 3}
    lifted = scenario(relief=({"measures": ("trade",), "phase": ({**ramp, "depth": 0.4},)},))
    raised = scenario(tightening=({"measures": ("trade",), "rise": 0.4, **ramp},))
    down, up = (
        designed_effect(MODEL, draws, made, horizon=16, random_seed=1) for made in (lifted, raised)
    )
    np.testing.assert_allclose(down, -up, atol=1e-12)


@pytest.mark.parametrize("share", [0.9, 0.4])
def test_with_partial_recovery_relief_never_undoes_all(share):
    draws = pinned({"recoverable_share[trade]": share, "recovery_speed[trade]": 0.5})
    made = scenario(relief=(at_once(),))
    effect = designed_effect(
        MODEL, draws, made, horizon=200, random_seed=1, outcomes=["effective_trade", "premium"]
    )
    left = 1.0 + effect.sel(outcome="effective_trade").to_numpy().ravel()
    assert (left > 1 - share - 1e-12).all()
    assert left[-1] == pytest.approx(1 - share, abs=1e-9)
    whole = 4.0  # the premium per unit of the measure
    assert -effect.sel(outcome="premium").min() < share * whole + 1e-9


# Which future rules


def test_regimes_follow_the_mean_matrix_whatever_the_concentration():
    count = 40_000
    for concentration in (None, 8.0, 0.5):
        process = library(concentration=concentration).process()
        regimes = draw_regimes(process, generator(5), first=np.zeros(count, int), horizon=2)
        expected = MATRIX[0, 1]
        error = np.sqrt(expected * (1 - expected) / count)
        assert abs((regimes[1] == 1).mean() - expected) < ERRORS * error


def test_an_uncertain_matrix_makes_transitions_of_one_path_alike():
    """P(leave and come back at once) is E p E q for sure; staying twice is E p^2 > (E p)^2."""
    count, concentration = 40_000, 2.0
    process = library(concentration=concentration).process()
    regimes = draw_regimes(process, generator(6), first=np.zeros(count, int), horizon=3)
    stay = MATRIX[0, 0]
    expected = stay * (stay * concentration + 1) / (concentration + 1)
    error = np.sqrt(expected * (1 - expected) / count)
    assert abs(((regimes[1] == 0) & (regimes[2] == 0)).mean() - expected) < ERRORS * error


def test_futures_change_only_when_a_transition_is_due():
    process = library(every=4, concentration=3.0).process()
    regimes = draw_regimes(process, generator(), first=np.zeros(500, int), horizon=12)
    moved = (np.diff(regimes, axis=0) != 0).any(axis=1)
    assert set(np.flatnonzero(moved) + 2) == {5, 9}


def test_a_future_that_takes_over_carries_measures_from_where_they_stand():
    half = {"measures": ("trade",), "phase": ({"start": 1, "ramp": 2, "depth": 0.5},)}
    made = library(
        scenarios={
            "open": scenario(relief=(at_once(0.8),)),
            "partial": scenario(relief=(half,)),
            "closed": scenario(),
        },
        initial=(1, 0, 0),
        matrix=[[0, 1, 0], [0, 0, 1], [0, 0, 1]],
        every=2,
        return_ramp=4,
    )
    paths = draw_future_paths(made, first=np.zeros(3, int), horizon=8, generator=generator())
    expected = [0.2, 0.2, 0.35, 0.5, 0.625, 0.75, 0.875, 1.0]
    np.testing.assert_allclose(paths.law[TRADE], np.repeat(np.array(expected)[:, None], 3, 1))


def test_the_mean_and_spread_of_a_mixture_are_those_of_the_closed_form():
    count, horizon = 20_000, 6
    problem, draws = world()
    first = generator(8).choice(2, count, p=[0.35, 0.65])
    paths = draw_future_paths(library(), first=first, horizon=horizon, generator=generator(9))
    share, _ = chain_moments(horizon)
    error = np.sqrt(share * (1 - share) / count)
    assert (np.abs((paths.law[TRADE] == 0).mean(axis=1) - share) < ERRORS * error).all()
    effect = respond_to(problem.scm, repeated(draws, count), paths.one_a_draw(), outcomes=["y"])
    values = effect.sel(horizon=horizon).to_numpy().ravel()
    mean, variance = effect_moments(horizon)
    assert abs(values.mean() - mean) < ERRORS * np.sqrt(variance / count)
    fourth = ((values - mean) ** 4).mean()
    assert abs(values.var() - variance) < ERRORS * np.sqrt((fourth - variance**2) / count)


# The bundled designs


def test_bundled_futures_stay_inside_what_a_measure_can_be():
    bundled = load_scenarios()
    first = np.repeat(np.arange(4)[:, None], 800, axis=1)
    paths = draw_future_paths(bundled, first=first, horizon=24, generator=generator())
    for kind in (paths.law, paths.felt, paths.priced):
        assert kind.min() >= 0
        assert kind.max() <= 1.25 + 1e-12
    assert (paths.law > 1).any()


def test_a_package_moves_only_what_it_names():
    bundled = load_scenarios()
    moved = {
        "unfreezing": {"assets"},
        "machinery": {"trade", "transport"},
        "partial_lifting": set(MEASURES),
        "northern_sea_route": set(),
    }
    for name, expected in moved.items():
        paths = draw_scenario_paths(
            bundled.named(name), paths=50, horizon=12, generator=generator()
        )
        found = {m for at, m in enumerate(MEASURES) if (paths.law[at] != 1).any()}
        assert found == expected
    least = {"unfreezing": ("assets", 0.5), "machinery": ("trade", 0.2)}
    for name, (measure, floor) in least.items():
        paths = draw_scenario_paths(
            bundled.named(name), paths=400, horizon=12, generator=generator()
        )
        assert paths.law[MEASURES.index(measure)].min() >= floor


def test_the_northern_sea_route_shifts_gdp_from_the_third_year(growth_problem, growth_draws):
    effect = designed_effect(
        growth_problem.scm,
        growth_draws,
        load_scenarios().named("northern_sea_route"),
        horizon=20,
        random_seed=1,
        outcomes=["gdp_level", "import_premium"],
    )
    gdp = effect.sel(outcome="gdp_level")
    assert (gdp.sel(horizon=8) == 0).all()
    assert (gdp.sel(horizon=20) > 0).all()
    assert (effect.sel(outcome="import_premium") == 0).all()


def test_paths_without_a_process_and_designs_without_a_draw_each_are_refused(growth_problem):
    bundled = load_scenarios()
    without = type(bundled)(
        scenarios=bundled.scenarios, futures=None, origin="mine.toml", sha256=""
    )
    with pytest.raises(QuestionError, match=r"mine.toml has no table \[futures\]"):
        draw_future_paths(without, first=np.zeros(2, int), horizon=4, generator=generator())
    paths = draw_scenario_paths(
        bundled.named("machinery"), paths=3, horizon=4, generator=generator()
    )
    with pytest.raises(QuestionError, match="3 paths of each future for 1 draws"):
        respond_to(MODEL, pinned(), paths.one_a_draw())


def test_an_answer_says_what_it_rests_on(growth_problem, growth_draws):
    def manifest(seed, depth):
        made = scenario(relief=(at_once(depth),))
        found = designed_effect(growth_problem.scm, growth_draws, made, horizon=2, random_seed=seed)
        return json.loads(found.attrs["manifest"])

    one, other = manifest(1, 0.5), manifest(2, 0.6)
    assert (one["settings"], other["settings"]) == ({"random_seed": 1}, {"random_seed": 2})
    assert one["spec_sha256"] == other["spec_sha256"] == spec_hash(growth_problem.scm)
    assert one["sha256"]["scenario"] != other["sha256"]["scenario"]
    assert one == manifest(1, 0.5)
