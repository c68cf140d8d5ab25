"""Effects under interventions: closed forms, loops, a VAR, sums of parts, tables, refusals."""

import re
from dataclasses import replace

import laboratory
import numpy as np
import pandas as pd
import pytest
from laboratory import LIFTED, MODEL, TABLE_COLUMNS, pinned
from oracle import as_dicts, close, propagated

from sanctions_model import summaries
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import NoCausalPathError, QuestionError, UnknownVariableError
from sanctions_model.inference.priors.families import Fixed, LogNormal, Normal
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.queries.basis import BASIS_COLUMNS, Basis
from sanctions_model.queries.effects import (
    CHAIN_PARTS,
    channel_effects,
    measure_effects,
    relief_paths,
    relief_subject,
    relief_words,
    total_effect,
)
from sanctions_model.queries.reading.information import information
from sanctions_model.queries.reading.tables import (
    effects_table,
    lasting_effects,
    link_effects,
    links_table,
)
from sanctions_model.queries.responses import impulse_response, step_response
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Affine, Decay, Grow, Hold, Path, Variable

HORIZON = 16


def variable(name):
    return Variable(name=name)


def squeezed(array):
    """The values of an effect whose other dims have length one."""
    return array.squeeze(drop=True).to_numpy()


@pytest.fixture(scope="module")
def many_draws(growth_problem):
    """Enough prior draws of the growth economy for facts that hold in each of them."""
    return sample_prior(
        growth_problem.scm, growth_problem.absolute, draws=40, chains=1, random_seed=3
    )


@pytest.fixture
def tariff():
    """A tariff raises a price, which adjusts; the price lowers demand at once."""
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("tariff"), continuation=Hold(2.0)),
            PartialAdjustment(variable=variable("price"), parents=("tariff",)),
            Linear(variable=variable("demand"), parents=("price",)),
            Linear(variable=variable("aside")),
        ),
        levels=(Level(variable=variable("lost_demand"), flow="demand", sign=-1.0),),
    )
    values = {"tariff -> price": 3.0, "persistence[price]": 0.5, "price -> demand": -0.25}
    return scm, pin(scm, values)


# Link effects


def test_link_effects_of_partial_adjustment_are_those_of_its_formula():
    draws = pinned({"persistence[inflation]": 0.6, "premium -> inflation": 0.4})
    effects = link_effects(MODEL, draws, horizon=3).sel(link="premium -> inflation")
    close(squeezed(effects.sel(kind="short_run")), 0.4 * 0.4)
    close(squeezed(effects.sel(kind="long_run")), 0.4)
    close(squeezed(effects.sel(kind="cumulative")), 0.4 * (1 - 0.6**3))


def test_link_effects_of_a_linear_equation_divide_by_one_minus_its_own_lags():
    effects = link_effects(MODEL, pinned()).sel(link="weather -> growth")
    close(squeezed(effects.sel(kind="short_run")), 0.5)
    close(squeezed(effects.sel(kind="long_run")), 0.5 / (1 - 0.2))


def test_what_a_cause_adds_to_a_random_walk_stays():
    walk = StructuralCausalModel(
        equations=(
            Exogenous(variable=Variable(name="shock"), continuation=Hold(0.0)),
            Linear(variable=Variable(name="rate"), parents=("shock", "rate[1]")),
            Linear(variable=Variable(name="price"), parents=("shock", "price[1]")),
        )
    )
    values = {"shock -> rate": 0.5, "rate[1] -> rate": 1.0}
    draws = pin(walk, values | {"shock -> price": 0.5, "price[1] -> price": 0.75})
    assert np.isnan(link_effects(walk, draws).sel(link="shock -> rate", kind="long_run")).all()
    lasting = lasting_effects(walk, draws)
    close(squeezed(lasting.sel(link="shock -> rate")), 0.5)
    close(squeezed(lasting.sel(link="shock -> price")), 2.0)


def test_the_long_run_link_effect_is_where_the_step_response_ends(tariff):
    path = step_response(*tariff, cause="tariff", size=1.0, horizon=60, outcomes=["price"])
    effects = link_effects(*tariff, horizon=60).sel(link="tariff -> price")
    close(squeezed(path)[-1], squeezed(effects.sel(kind="long_run")))
    for horizon in (1, 2, 7):
        effects = link_effects(*tariff, horizon=horizon).sel(link="tariff -> price")
        close(squeezed(path)[horizon - 1], squeezed(effects.sel(kind="cumulative")))
    close(squeezed(path)[0], squeezed(effects.sel(kind="short_run")))


def test_link_effects_cover_every_link_draw_by_draw(growth_problem, growth_draws):
    effects = link_effects(growth_problem.scm, growth_draws)
    assert effects.dims == ("chain", "draw", "link", "kind")
    assert effects["link"].to_numpy().tolist() == [e.label for e in growth_problem.scm.links]
    long_run = effects.sel(kind="long_run").drop_vars("kind")
    close(long_run.to_numpy(), growth_draws["coefficient"].to_numpy())


# Responses


@pytest.fixture(scope="module")
def autoregression():
    """Three variables with two lags and links within the period, and its VAR of statsmodels."""
    from statsmodels.tsa.vector_ar.var_model import VARProcess

    generator = np.random.default_rng(8)
    names, lags = ["a", "b", "c"], 2
    weights = generator.uniform(-0.35, 0.35, (lags, 3, 3))
    within = np.tril(generator.uniform(-0.8, 0.8, (3, 3)), -1)
    scales = np.array([0.5, 1.5, 0.8])
    equations, values = [], {}
    for row, child in enumerate(names):
        parents = {
            f"{parent}[{lag + 1}]": weights[lag, row, column]
            for lag in range(lags)
            for column, parent in enumerate(names)
        }
        parents |= {names[column]: within[row, column] for column in range(row)}
        equations.append(Linear(variable=variable(child), parents=tuple(parents)))
        values |= {f"{parent} -> {child}": weight for parent, weight in parents.items()}
        values[f"scale[{child}]"] = scales[row]
    scm = StructuralCausalModel(equations=tuple(equations))
    solved = np.linalg.inv(np.eye(3) - within)
    impact = solved @ np.diag(scales)
    process = VARProcess(
        coefs=np.stack([solved @ weights[lag] for lag in range(lags)]),
        coefs_exog=None,
        sigma_u=impact @ impact.T,
    )
    return scm, pin(scm, values), process


@pytest.mark.parametrize("position", [0, 1, 2])
def test_impulse_responses_are_those_of_a_vector_autoregression(autoregression, position):
    scm, draws, process = autoregression
    cause = "abc"[position]
    expected = process.orth_ma_rep(11)[:, :, position]
    found = impulse_response(scm, draws, cause=cause, horizon=12, outcomes=["a", "b", "c"])
    np.testing.assert_allclose(squeezed(found).T, expected, rtol=1e-8, atol=1e-8)


def test_an_impulse_has_the_size_of_one_scale_unless_told(autoregression):
    scm, draws, _ = autoregression
    default = impulse_response(scm, draws, cause="b", horizon=5)
    unit = impulse_response(scm, draws, cause="b", size=1.0, horizon=5)
    close(default.to_numpy(), 1.5 * unit.to_numpy())
    assert default.sel(outcome="b", horizon=1).item() == pytest.approx(1.5)


@pytest.mark.parametrize("cause", ["oil_growth", "key_rate", "war", "inflation_target"])
def test_a_step_response_is_the_cumulated_impulse_response(growth_problem, growth_draws, cause):
    arguments = {"cause": cause, "size": 0.7, "horizon": 12}
    impulse = impulse_response(growth_problem.scm, growth_draws, **arguments)
    step = step_response(growth_problem.scm, growth_draws, **arguments)
    assert float(np.abs(step).max()) > 1e-3
    close(step.to_numpy(), impulse.cumsum("horizon").to_numpy(), atol=1e-9)


def test_the_first_period_of_an_impulse_is_that_of_the_shock(growth_problem, growth_draws):
    found = impulse_response(
        growth_problem.scm, growth_draws, cause="key_rate", size=2.0, outcomes=["key_rate"]
    )
    close(squeezed(found.isel(horizon=0)), 2.0)
    assert found.sizes["horizon"] == 20


def test_a_level_cumulates_the_response_of_its_flow(growth_problem, growth_draws):
    found = impulse_response(
        growth_problem.scm,
        growth_draws,
        cause="oil_growth",
        outcomes=["depreciation", "rouble", "gdp_growth", "gdp_level"],
    )
    running = found.cumsum("horizon")
    close(found.sel(outcome="gdp_level"), running.sel(outcome="gdp_growth"))
    close(found.sel(outcome="rouble"), -running.sel(outcome="depreciation"))


def test_what_is_no_descendant_does_not_respond(tariff):
    with pytest.raises(NoCausalPathError, match="'aside'; what can be reached: demand, price"):
        step_response(*tariff, cause="tariff", outcomes=["aside"])
    assert "aside" not in step_response(*tariff, cause="tariff")["outcome"].to_numpy()


@pytest.mark.parametrize("size", [0.5, 1.0, -2.0])
def test_a_response_is_against_the_path_that_a_driver_continues_along(size):
    """With y = s, an impulse of s is an impulse of y, however s goes on by itself."""
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("s"), continuation=Path((0.0, 1.0, 2.0))),
            Linear(variable=variable("y"), parents=("s",)),
        )
    )
    asked = {"cause": "s", "size": size, "horizon": 4, "outcomes": ["y"]}
    draws = pin(scm, {"s -> y": 1.0})
    np.testing.assert_array_equal(
        squeezed(impulse_response(scm, draws, **asked)), [size, 0.0, 0.0, 0.0]
    )
    np.testing.assert_array_equal(squeezed(step_response(scm, draws, **asked)), [size] * 4)


def test_a_relief_that_starts_after_the_horizon_is_refused(growth_problem, growth_draws):
    relief = Relief(start=9)
    for question in (total_effect, channel_effects, measure_effects):
        with pytest.raises(QuestionError, match="starts in period 9, after the horizon of 8"):
            question(growth_problem.scm, growth_draws, relief, horizon=8)
        assert question(growth_problem.scm, growth_draws, relief, horizon=9).sizes["horizon"] == 9


def test_an_identity_has_no_shock_of_its_own(growth_problem, growth_draws):
    with pytest.raises(QuestionError, match="'inflation_yoy' has no shock of its own; shock one"):
        impulse_response(growth_problem.scm, growth_draws, cause="inflation_yoy")


# Total effect


def relief_by_loops(scm, draws, relief, outcomes):
    """E[y | do(relief)] - E[y | do(measures stay)], one draw, period and variable at a time."""
    exogenous = {name: relief.path(1.0, HORIZON) for name in scm.relief(relief).measures}
    common = {"horizon": HORIZON, "outcomes": outcomes}
    with_relief = propagated(scm, draws, exogenous=exogenous, **common)
    return (with_relief - propagated(scm, draws, **common))[:, 0]


@pytest.mark.parametrize(
    "relief",
    [
        Relief(),
        Relief(depth=0.5),
        Relief(depth=0.8, ramp=1, start=3, measures=("trade", "assets")),
        Relief(ramp=6, measures=("energy",)),
    ],
    ids=str,
)
def test_the_total_effect_is_the_difference_of_two_loops(growth_problem, growth_draws, relief):
    scm = growth_problem.scm
    found = total_effect(scm, growth_draws, relief, horizon=HORIZON)
    outcomes = found["outcome"].to_numpy().tolist()
    assert float(np.abs(found).max()) > 0.1
    close(found.to_numpy(), relief_by_loops(scm, growth_draws, relief, outcomes), atol=1e-9)


def test_the_total_effect_of_a_tariff_has_a_closed_form(tariff):
    relief = Relief(measures=("tariff",), ramp=1)
    found = total_effect(*tariff, relief, horizon=8, outcomes=["price", "demand", "lost_demand"])
    price = np.array([-2.0 * 3.0 * (1 - 0.5**h) for h in range(1, 9)])
    close(squeezed(found), np.stack([price, -0.25 * price, 0.25 * np.cumsum(price)]))


def test_the_laboratory_answers_relief_as_its_loops_do():
    outcomes = list(MODEL.headline)
    found = total_effect(MODEL, pinned(), LIFTED, horizon=HORIZON, outcomes=outcomes)
    close(found.to_numpy(), relief_by_loops(MODEL, pinned(), LIFTED, outcomes))
    truth = as_dicts(pinned())[0]
    by_hand = laboratory.relief_effect(truth, HORIZON)
    close(squeezed(found), np.stack([by_hand[name] for name in outcomes]))


def test_half_a_relief_has_half_the_effect(growth_problem, growth_draws):
    # Asymmetric adjustment is homogeneous: from the peak, half the fall is half the recovery.
    half, full = (
        total_effect(growth_problem.scm, growth_draws, Relief(depth=depth), horizon=HORIZON)
        for depth in (0.5, 1.0)
    )
    close(half.to_numpy(), 0.5 * full.to_numpy())


def test_relief_that_starts_later_has_the_same_effect_later(growth_problem, growth_draws):
    soon = total_effect(growth_problem.scm, growth_draws, Relief(), horizon=12)
    late = total_effect(growth_problem.scm, growth_draws, Relief(start=4), horizon=15)
    np.testing.assert_array_equal(late.isel(horizon=slice(0, 3)).to_numpy(), 0.0)
    close(late.isel(horizon=slice(3, None)).to_numpy(), soon.to_numpy())


def test_a_shorter_horizon_is_the_beginning_of_a_longer_one(growth_problem, growth_draws):
    short, long = (
        total_effect(growth_problem.scm, growth_draws, horizon=horizon) for horizon in (5, 20)
    )
    np.testing.assert_array_equal(short.to_numpy(), long.isel(horizon=slice(0, 5)).to_numpy())


def test_outcomes_asked_for_come_in_the_order_asked(growth_problem, growth_draws):
    asked = ["rouble", "technology_gap", "effective_trade", "gdp_growth"]
    found = total_effect(growth_problem.scm, growth_draws, outcomes=asked)
    assert found["outcome"].to_numpy().tolist() == asked
    assert found.dims == ("outcome", "horizon", "chain", "draw")
    alone = total_effect(growth_problem.scm, growth_draws, outcomes=["technology_gap"])
    close(found.sel(outcome="technology_gap"), alone.sel(outcome="technology_gap"))


def test_the_effect_on_a_measure_is_its_own_path(growth_problem, growth_draws):
    found = total_effect(growth_problem.scm, growth_draws, outcomes=["trade"], horizon=5)
    expected = np.array([-0.25, -0.5, -0.75, -1.0, -1.0])
    close(found.to_numpy(), np.broadcast_to(expected[None, :, None, None], found.shape))


def test_relief_lowers_premiums_and_more_relief_lowers_them_more(growth_problem, many_draws):
    def effect(depth):
        return total_effect(
            growth_problem.scm,
            many_draws,
            Relief(depth=depth),
            horizon=20,
            outcomes=["import_premium", "oil_discount"],
        )

    some, more = effect(0.4), effect(0.9)
    assert (more < some).all()
    assert (some < 0).all()


def test_less_recoverable_damage_means_a_larger_effect_of_relief():
    def effect(share, speed=0.4):
        changed = {"recoverable_share[trade]": share, "recovery_speed[trade]": speed}
        found = total_effect(MODEL, pinned(changed), LIFTED, horizon=40, outcomes=["premium"])
        return squeezed(found)

    close(effect(0.0), 0.0)
    np.testing.assert_array_less(effect(0.9), effect(0.3))
    np.testing.assert_array_less(effect(0.7, speed=0.8)[:10], effect(0.7, speed=0.2)[:10])
    close(effect(0.5)[-1], 0.5 * effect(1.0)[-1], rtol=1e-6)


def test_with_full_and_immediate_recovery_relief_mirrors_imposition():
    changed = {"recoverable_share[trade]": 1.0, "recovery_speed[trade]": 1.0}
    outcomes = list(MODEL.headline)
    relief = total_effect(
        MODEL,
        pinned(changed),
        Relief(measures=("trade",), ramp=1),
        horizon=10,
        outcomes=outcomes,
    )
    imposed = step_response(
        MODEL, pinned(changed), cause="trade", size=1.0, horizon=10, outcomes=outcomes
    )
    close(relief.to_numpy(), -imposed.to_numpy())


def test_an_effect_carries_unit_label_and_contrast(growth_problem, growth_draws):
    found = total_effect(growth_problem.scm, growth_draws, Relief(depth=0.5), horizon=2)
    assert str(found["unit"].sel(outcome="key_rate").item()) == "% a year"
    assert str(found["label"].sel(outcome="key_rate").item()) == "key rate"
    assert "half relief of all measures in 4 equal steps, against" in found.attrs["contrast"]


def test_asking_changes_neither_draws_nor_model(growth_problem, growth_draws):
    before = growth_draws.copy(deep=True)
    total_effect(growth_problem.scm, growth_draws)
    channel_effects(growth_problem.scm, growth_draws, outcomes=["gdp_level"])
    link_effects(growth_problem.scm, growth_draws)
    assert before.identical(growth_draws)


# Parts


def test_entries_add_up_to_the_total_draw_by_draw(growth_problem, growth_draws):
    scm = growth_problem.scm
    split = channel_effects(scm, growth_draws, horizon=HORIZON)
    total = total_effect(scm, growth_draws, horizon=HORIZON)
    close(split.sel(channel="total").to_numpy(), total.to_numpy())
    entries = split.sel(channel=list(scm.entries))
    assert float(np.abs(entries).max(["outcome", "horizon", "chain", "draw"]).min()) > 1e-3
    close(entries.sum("channel").to_numpy(), total.to_numpy(), atol=1e-9)


def test_the_parts_along_the_chain_add_up_to_the_total(growth_problem, growth_draws):
    split = channel_effects(growth_problem.scm, growth_draws, horizon=HORIZON)
    parts = split.sel(channel=list(CHAIN_PARTS))
    close(parts.sum("channel").to_numpy(), split.sel(channel="total").to_numpy(), atol=1e-9)
    names = ["total", *growth_problem.scm.entries, *CHAIN_PARTS]
    assert split["channel"].to_numpy().tolist() == names


def test_the_chain_is_what_is_left_when_the_other_coefficients_are_zero(
    growth_problem, growth_draws
):
    scm = growth_problem.scm
    outcomes = ["inflation_yoy", "key_rate", "lending_rate"]
    chain = channel_effects(scm, growth_draws, outcomes=outcomes, horizon=HORIZON)
    only_chain = growth_draws.copy(deep=True)
    for link in scm.links:
        if link.label not in scm.chain and link.child not in scm.effective:
            only_chain["coefficient"].loc[{"link": link.label}] = 0.0
    alone = total_effect(scm, only_chain, outcomes=outcomes, horizon=HORIZON)
    close(chain.sel(channel="article_chain").to_numpy(), alone.to_numpy(), atol=1e-9)


def test_the_expected_inflation_line_works_against_the_chain(growth_problem, many_draws):
    split = channel_effects(
        growth_problem.scm, many_draws, outcomes=["real_lending_rate"], horizon=8
    )
    chain, offset = (split.sel(channel=name) for name in CHAIN_PARTS[:2])
    assert (chain < 0).all()  # cheaper imports, lower prices, lower rates
    assert (offset > 0).all()  # lower expected inflation, dearer in real terms


def test_the_laboratory_splits_into_premium_and_direct():
    split = channel_effects(MODEL, pinned(), LIFTED, horizon=8, outcomes=["growth", "inflation"])
    without = pinned({"trade -> growth": 0.0})
    through_premium = total_effect(
        MODEL, without, LIFTED, horizon=8, outcomes=["growth", "inflation"]
    )
    close(split.sel(channel="premium").to_numpy(), through_premium.to_numpy())
    through_growth = pinned({"premium -> inflation": 0.0})
    direct = total_effect(
        MODEL, through_growth, LIFTED, horizon=8, outcomes=["growth", "inflation"]
    )
    close(split.sel(channel="direct").to_numpy(), direct.to_numpy())


def test_a_model_without_a_chain_has_entries_alone():

    plain = replace(MODEL, chain=(), chain_offset=())
    split = channel_effects(plain, pinned(), LIFTED, horizon=3)
    assert split["channel"].to_numpy().tolist() == ["total", "premium", "direct"]


def test_measures_add_up_to_all_draw_by_draw(growth_problem, growth_draws):
    found = measure_effects(growth_problem.scm, growth_draws, horizon=HORIZON)
    assert found["lifted"].to_numpy().tolist() == [*MEASURES, "all"]
    close(found.sel(lifted=list(MEASURES)).sum("lifted"), found.sel(lifted="all"), atol=1e-9)
    total = total_effect(growth_problem.scm, growth_draws, horizon=HORIZON)
    close(found.sel(lifted="all").to_numpy(), total.to_numpy())


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_alone_is_its_relief_alone(growth_problem, growth_draws, name):
    scm, relief = growth_problem.scm, Relief(measures=(name,))
    alone = total_effect(scm, growth_draws, relief, horizon=8)
    found = measure_effects(scm, growth_draws, horizon=8).sel(lifted=name)
    outcomes = alone["outcome"].to_numpy().tolist()
    close(found.sel(outcome=outcomes).to_numpy(), alone.to_numpy())
    np.testing.assert_array_equal(found.drop_sel(outcome=outcomes).to_numpy(), 0.0)


def leaky(*, entries, parents=("effective_x",), direct=False):
    """A measure that acts through a state and, if direct, on the outcome itself."""
    return StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x"), continuation=Hold(1.0)),
            AsymmetricAdjustment(variable=variable("effective_x"), measure="x"),
            Identity(
                variable=variable("x_change"), terms={"effective_x": 1.0, "effective_x[1]": -1.0}
            ),
            LatentAdjustment(variable=variable("state"), parents=parents),
            Linear(
                variable=variable("y"),
                parents=("state", "x_change", *(["x"] if direct else [])),
            ),
        ),
        entries=entries,
    )


@pytest.mark.parametrize(
    ("entries", "direct", "missing"),
    [
        ({"state": ("effective_x -> state",)}, False, "x_change -> y"),
        ({"change": ("x_change -> y",)}, False, "effective_x -> state"),
        (
            {"state": ("effective_x -> state",), "change": ("x_change -> y",)},
            True,
            "x -> y",
        ),
    ],
)
def test_a_split_that_would_leave_out_a_link_is_refused(entries, direct, missing):
    scm = leaky(entries=entries, direct=direct)
    draws = pin(
        scm,
        {
            "effective_x -> state": 1.0,
            "state -> y": 1.0,
            "x_change -> y": 1.0,
            "persistence[state]": 0.5,
            "recoverable_share[x]": 1.0,
            "recovery_speed[x]": 1.0,
        }
        | ({"x -> y": 1.0} if direct else {}),
    )
    with pytest.raises(QuestionError, match=f"The link '{re.escape(missing)}' carries"):
        channel_effects(scm, draws, Relief(measures=("x",)), horizon=3)


def test_an_entry_behind_another_entry_is_refused():
    # What runs along both links is cut in either channel, so that the parts would not add up.
    scm = leaky(
        entries={
            "state": ("effective_x -> state",),
            "late": ("state -> y",),
            "change": ("x_change -> y",),
        }
    )
    values = {"effective_x -> state": 1.0, "state -> y": 1.0, "x_change -> y": 0.5}
    values |= {"persistence[state]": 0.5, "recoverable_share[x]": 1.0, "recovery_speed[x]": 1.0}
    with pytest.raises(QuestionError, match="state -> y"):
        channel_effects(scm, pin(scm, values), Relief(measures=("x",)), horizon=3)


def test_a_change_that_mixes_measures_with_anything_else_is_no_driver():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x"), continuation=Hold(1.0)),
            Exogenous(variable=variable("z"), continuation=Hold(1.0)),
            Identity(variable=variable("mix"), terms={"x": 1.0, "z": Affine("share")}),
            Linear(variable=variable("y"), parents=("mix",)),
        ),
        entries={"mix": ("mix -> y",)},
    )
    draws = pin(scm, {"mix -> y": 2.0, "share": 0.5})
    both = channel_effects(scm, draws, Relief(measures=("x", "z"), ramp=1), horizon=2)
    close(squeezed(both.sel(channel="mix")), [-3.0, -3.0])
    with pytest.raises(QuestionError, match="'x -> mix' carries an effect"):
        channel_effects(scm, draws, Relief(measures=("x",)), horizon=2)


def test_a_model_without_entries_cannot_be_split(tariff):
    with pytest.raises(QuestionError, match="names no entries; give it some"):
        channel_effects(*tariff, Relief(measures=("tariff",)), horizon=2)


# Refusals


@pytest.mark.parametrize(
    "question", [total_effect, channel_effects, measure_effects], ids=lambda f: f.__name__
)
class TestRefusals:
    def test_an_unknown_outcome_gets_the_nearest_name(self, growth_problem, growth_draws, question):
        with pytest.raises(UnknownVariableError, match="Did you mean 'key_rate'"):
            question(growth_problem.scm, growth_draws, outcomes=["key-rate"])

    def test_an_unknown_measure_gets_the_nearest_name(self, growth_problem, growth_draws, question):
        relief = Relief(measures=("trades",))
        with pytest.raises(UnknownVariableError, match="Did you mean 'trade'"):
            question(growth_problem.scm, growth_draws, relief)

    def test_relief_of_what_is_no_measure_is_refused(self, growth_problem, growth_draws, question):
        relief = Relief(measures=("key_rate",))
        with pytest.raises(QuestionError, match="'key_rate' is not a measure"):
            question(growth_problem.scm, growth_draws, relief)

    @pytest.mark.parametrize("horizon", [0, -3, 2.5])
    def test_a_horizon_below_one_is_refused(self, growth_problem, growth_draws, question, horizon):
        with pytest.raises(QuestionError, match=r"Horizon .*; expected a whole number"):
            question(growth_problem.scm, growth_draws, horizon=horizon)

    def test_an_outcome_out_of_reach_is_refused(self, growth_problem, growth_draws, question):
        relief = Relief(measures=("energy",))
        with pytest.raises(NoCausalPathError, match="leads from energy to 'risk_premium'"):
            question(growth_problem.scm, growth_draws, relief, outcomes=["risk_premium"])


@pytest.mark.parametrize("depth", [1.5, -0.1, float("nan")])
def test_relief_outside_none_to_full_is_refused(depth):
    with pytest.raises(QuestionError, match=r"expected a share between 0 \(none\) and 1"):
        Relief(depth=depth)


def test_a_cause_that_reaches_none_of_the_headline_outcomes_is_refused():
    # The silent series is no headline outcome and leads nowhere.
    with pytest.raises(NoCausalPathError, match="silent"):
        impulse_response(MODEL, pinned(), cause="silent")


@pytest.mark.parametrize("response", [impulse_response, step_response], ids=lambda f: f.__name__)
def test_responses_refuse_unknown_causes_and_horizons(growth_problem, growth_draws, response):
    with pytest.raises(UnknownVariableError, match="Did you mean 'inflation'"):
        response(growth_problem.scm, growth_draws, cause="inflaton")
    with pytest.raises(QuestionError, match="Horizon 0"):
        response(growth_problem.scm, growth_draws, cause="inflation", horizon=0)


def test_link_effects_refuse_a_horizon_of_zero(growth_problem, growth_draws):
    with pytest.raises(QuestionError, match="Horizon 0"):
        link_effects(growth_problem.scm, growth_draws, horizon=0)


def test_draws_of_another_model_are_refused(growth_problem):
    with pytest.raises(QuestionError, match="they belong to another model"):
        total_effect(growth_problem.scm, pinned(), horizon=2)


def test_relief_paths_start_from_the_continued_level(growth_problem, tariff):
    paths = relief_paths(growth_problem.scm, Relief(depth=0.5, ramp=2), 3)
    assert set(paths) == set(MEASURES)
    close(np.stack(list(paths.values())), np.tile([0.75, 0.5, 0.5], (5, 1)))
    close(relief_paths(tariff[0], Relief(measures=("tariff",)), 2)["tariff"], [1.5, 1.0])


# Tables


@pytest.fixture(scope="module")
def links(growth_problem, many_draws):
    draws = sample_prior(
        growth_problem.scm, growth_problem.absolute, draws=30, chains=2, random_seed=4
    )
    return links_table(growth_problem.scm, growth_problem.absolute, many_draws, draws), draws


def test_the_links_table_has_the_columns_of_its_description(growth_problem, links):
    table, _ = links
    assert ",".join(table.columns) == TABLE_COLUMNS["links"]
    assert len(table) == 2 * len(growth_problem.scm.links)
    assert set(table["kind"]) == {"short_run", "long_run"}
    assert table.drop(columns=["information", "likelihood_share"]).notna().all().all()


def test_the_links_table_says_what_the_draws_say(growth_problem, many_draws, links):
    table, draws = links
    rows = table[table["link"] == "key_rate -> lending_rate"]
    row = rows.set_index("kind").loc["long_run"]
    values = draws["coefficient"].sel(link="key_rate -> lending_rate").to_numpy().ravel()
    close(row["median"], np.median(values))
    close([row["lower"], row["upper"]], np.quantile(values, [0.055, 0.945]))
    assert (row["parent"], row["child"], row["lag"]) == ("key_rate", "lending_rate", 0)
    assert (row["ci_prob"], row["ci_kind"]) == (0.89, "eti")
    before, after = (
        link_effects(growth_problem.scm, each).sel(link="key_rate -> lending_rate", kind="long_run")
        for each in (many_draws, draws)
    )
    assert row["information"] == information(before, after).value < 0.1
    assert row["basis"] == "assumed"  # prior draws on both sides


def test_the_links_table_says_where_the_prior_sets_the_sign(growth_problem, links):
    table, _ = links
    for _, row in table.iterrows():
        prior = growth_problem.absolute[row["link"]]
        below, above = prior.support
        assert row["sign_assumed"] == (above <= 0 or below >= 0), row["link"]
        stated = prior.sources if isinstance(prior.sources, str) else "; ".join(prior.sources)
        assert row["sources"] == stated
        assert row["unit"] == prior.unit


def test_on_a_known_link_there_is_nothing_to_learn(growth_problem, links):
    table, _ = links
    fixed = [a for a, prior in growth_problem.absolute.items() if isinstance(prior, Fixed)]
    rows = table[table["link"].isin(fixed) & (table["kind"] == "long_run")]
    assert len(rows) >= 2
    assert rows["information"].isna().all()


def test_without_a_posterior_the_links_table_leaves_it_empty(growth_problem, many_draws):
    table = links_table(growth_problem.scm, growth_problem.absolute, many_draws, None)
    assert ",".join(table.columns) == TABLE_COLUMNS["links"]
    assert table[["median", "lower", "upper", "information"]].isna().all().all()
    assert table["prior_median"].notna().all()


@pytest.fixture(scope="module")
def learned(many_draws):
    """Draws as if the data had moved and narrowed every coefficient."""
    halved = many_draws.copy(deep=True)
    middle = many_draws["coefficient"].mean(("chain", "draw"))
    halved["coefficient"] = middle + 0.5 * (many_draws["coefficient"] - middle)
    return halved


@pytest.fixture(scope="module")
def effects(growth_problem, many_draws, learned):
    basis = Basis(growth_problem, many_draws, learned)
    outcomes = ["gdp_level", "key_rate"]
    return effects_table(growth_problem.scm, learned, outcomes=outcomes, basis=basis)


def test_the_effects_table_has_the_columns_and_rows_of_its_description(growth_problem, effects):
    assert ",".join(effects.columns) == TABLE_COLUMNS["effects"]
    channels = ["total", *growth_problem.scm.entries, *CHAIN_PARTS]
    assert len(effects) == 2 * 2 * 4 * len(channels)
    assert set(effects["relief"]) == {0.5, 1.0}
    assert set(effects["horizon"]) == {4, 8, 12, 20}
    assert effects["channel"].unique().tolist() == channels
    keys = ["outcome", "relief", "horizon", "channel"]
    assert not effects.duplicated(keys).any()
    # Where nothing can be learned, nothing is said.
    assert not effects.drop(columns=list(BASIS_COLUMNS)).isna().any().any()
    assert set(effects["basis"]) <= {"identified", "mixed", "assumed"}


def test_every_effect_says_what_it_rests_on(growth_problem, many_draws, learned, effects):
    question = {"horizon": 12, "outcomes": ["gdp_level"]}
    before, after = (
        total_effect(growth_problem.scm, draws, Relief(), **question).isel(outcome=0, horizon=-1)
        for draws in (many_draws, learned)
    )
    expected = Basis(growth_problem, many_draws, learned).of(before, after)
    keys = ["outcome", "relief", "horizon", "channel"]
    for depth in (1.0, 0.5):  # half of a relief rests on the same
        row = effects.set_index(keys).loc[("gdp_level", depth, 12, "total")]
        for column in BASIS_COLUMNS:
            if isinstance(expected[column], str):
                assert row[column] == expected[column]
            else:
                close(row[column], expected[column], atol=1e-6)
    row = effects.set_index(keys).loc[("gdp_level", 1.0, 12, "total")]
    close(row["prior_median"], float((100 * np.expm1(before / 100)).median()))
    unasked = effects_table(growth_problem.scm, learned, horizons=[4], outcomes=["key_rate"])
    assert not {"prior_median", *BASIS_COLUMNS} & set(unasked.columns)


def test_an_answer_as_an_array_says_what_each_cell_rests_on(growth_problem, many_draws, learned):
    question = {"horizon": 2, "outcomes": ["gdp_level", "key_rate"]}
    before, after = (
        total_effect(growth_problem.scm, draws, Relief(), **question)
        for draws in (many_draws, learned)
    )
    basis = Basis(growth_problem, many_draws, learned)
    found = basis.beside(before.transpose("draw", "chain", "horizon", "outcome"), after)
    assert found.dims == after.dims
    np.testing.assert_array_equal(found, after)
    at = {"outcome": 1, "horizon": 0}
    for name, value in basis.of(before.isel(at), after.isel(at)).items():
        assert found[name].dims == ("outcome", "horizon")
        assert found[name].isel(at).item() == value or np.isnan(value)
    close(found["prior_median"].isel(at), before.isel(at).median())
    assert "identified:" in found.attrs["basis_rule"]
    alone = Basis(growth_problem, many_draws, None).beside(before, before)
    assert set(alone["basis"].to_numpy().ravel()) == {"assumed"}
    with pytest.raises(QuestionError, match="expected the same but for chains and draws"):
        basis.beside(before.isel(horizon=[0]), after)


def test_draws_that_explode_rest_on_nothing_that_is_known(growth_problem, many_draws, learned):
    still = total_effect(growth_problem.scm, learned, horizon=1, outcomes=["key_rate"])[0, 0]
    told = Basis(growth_problem, many_draws, learned).of(still.where(still.draw > 0, np.inf), still)
    assert told["basis"] == "assumed"
    assert np.isnan(told["information"])


def test_of_prior_draws_alone_every_effect_is_assumed(growth_problem, many_draws):
    table = effects_table(
        growth_problem.scm,
        many_draws,
        horizons=[4],
        outcomes=["key_rate"],
        basis=Basis(growth_problem, many_draws, None),
    )
    assert set(table["basis"]) == {"assumed"}
    assert table["information"].isna().all()


def test_totals_alone_are_the_totals_of_the_whole_table(
    growth_problem, many_draws, learned, effects
):
    basis = Basis(growth_problem, many_draws, learned)
    outcomes = ["gdp_level", "key_rate"]
    alone = effects_table(
        growth_problem.scm, learned, outcomes=outcomes, channels=False, basis=basis
    )
    totals = effects[effects["channel"] == "total"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, totals, rtol=1e-9)


def test_the_effects_table_says_what_the_draws_say(growth_problem, learned, effects):
    effect = total_effect(
        growth_problem.scm, learned, Relief(depth=0.5), horizon=12, outcomes=["key_rate"]
    ).sel(horizon=12)
    keys = ["outcome", "relief", "horizon", "channel"]
    row = effects.set_index(keys).loc[("key_rate", 0.5, 12, "total")]
    values = effect.to_numpy().ravel()
    close(row["median"], np.median(values))
    close([row["lower"], row["upper"]], np.quantile(values, [0.055, 0.945]))
    close(row["prob_below_zero"], (values < 0).mean())
    assert row["unit"] == "% a year"


def test_tables_follow_the_interval_rule_in_force(growth_problem, many_draws):
    from arviz_base import rc_context

    with rc_context({"stats.ci_prob": 0.5, "stats.ci_kind": "hdi"}):
        narrow = effects_table(growth_problem.scm, many_draws, horizons=[4], outcomes=["key_rate"])
        rule = summaries.interval_rule()
    assert (rule.prob, rule.kind) == (0.5, "hdi")
    assert set(narrow["ci_prob"]) == {0.5}
    assert set(narrow["ci_kind"]) == {"hdi"}
    wide = effects_table(growth_problem.scm, many_draws, horizons=[4], outcomes=["key_rate"])
    widths = [(t["upper"] - t["lower"]).to_numpy() for t in (narrow, wide)]
    assert (widths[0] <= widths[1]).all()
    assert widths[0].sum() < widths[1].sum()


def test_the_effects_table_refuses_an_impossible_horizon(growth_problem, growth_draws):
    for horizons in ([4, 0], [], [1.5]):
        with pytest.raises(QuestionError, match=r"Horizon .*; expected a whole number"):
            effects_table(growth_problem.scm, growth_draws, horizons=horizons)


def test_one_pinned_draw_answers_every_question():
    arguments = {"horizon": 4}
    draws = pinned()
    for answer in (
        link_effects(MODEL, draws),
        impulse_response(MODEL, draws, cause="inflation", **arguments),
        step_response(MODEL, draws, cause="weather", **arguments),
        total_effect(MODEL, draws, LIFTED, **arguments),
        measure_effects(MODEL, draws, LIFTED, **arguments),
        channel_effects(MODEL, draws, LIFTED, **arguments),
    ):
        assert answer.sizes["chain"] == answer.sizes["draw"] == 1
        assert np.isfinite(answer).all()
    table = effects_table(MODEL, draws, reliefs=[LIFTED], horizons=[2])
    close(table["median"], table["lower"])
    priors = laboratory.PRIORS.for_model(MODEL)
    assert isinstance(priors["premium -> inflation"], LogNormal)
    assert isinstance(priors["trade -> growth"], Normal)
    assert len(links_table(MODEL, priors, draws, draws)) == 2 * len(MODEL.links)


def test_a_relief_says_when_it_begins_and_in_how_many_steps():
    scm = growth_transmission()
    assert "from" not in relief_words(scm, Relief(ramp=4))
    assert "in 4 equal steps from quarter 3," in relief_words(scm, Relief(ramp=4, start=3))
    assert "at once from quarter 2," in relief_words(scm, Relief(ramp=1, start=2))
    assert "from 2026Q3," in relief_words(scm, Relief(ramp=1, start=3), start="2025-10-01")


@pytest.mark.parametrize("onward", [Hold(), Decay(half_life=2.0), Grow(1.0)])
def test_a_measure_that_goes_on_from_its_last_value_needs_one(onward):
    measure = replace(MODEL.exogenous["trade"], continuation=onward)
    others = [e for e in MODEL.equations if e.variable.name != "trade"]
    scm = replace(MODEL, equations=(measure, *others))
    with pytest.raises(QuestionError, match="last observed value, which no data give here"):
        relief_paths(scm, LIFTED, 4)
    assert len(relief_paths(scm, LIFTED, 4, last={"trade": 0.8})["trade"]) == 4


def test_a_relief_of_some_measures_is_not_said_to_be_of_all():
    scm = growth_transmission()
    assert relief_subject(scm, Relief(measures=MEASURES)) == "Full relief of all measures"
    some = relief_subject(scm, Relief(measures=("trade", "finance"), depth=0.5))
    assert some == "Half relief of trade and financial measures"
