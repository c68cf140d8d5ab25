"""Edited structure: fixed parameters, other equations, other policy rules, held variables.

The economy here has four equations; its futures are loops with dictionaries of numbers, written
for each question anew.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laboratory import LIFTED, as_observations, pinned
from laboratory import MODEL as LABORATORY
from oracle import as_dicts, close, propagated
from strategies import models, random_draws, variable

from sanctions_model.errors import (
    CyclicGraphError,
    QuestionError,
    SpecError,
    UnknownVariableError,
)
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.sample import available_cases
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.tables import link_effects
from sanctions_model.queries.responses import impulse_response
from sanctions_model.scm.equations import Exogenous, Identity, Linear, PartialAdjustment
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, pin
from sanctions_model.scm.simulation.propagate import Start, propagate, respond
from sanctions_model.scm.surgery import policy_rule, replace_equation, with_parameters
from sanctions_model.scm.variables import Hold, Noise

HORIZON = 12
QUIET = {f"scale[{name}]": 0.0 for name in ("price", "rate", "growth")}

MODEL = StructuralCausalModel(
    noise=Noise.GAUSSIAN,
    equations=(
        Exogenous(variable=variable("trade"), continuation=Hold(1.0)),
        PartialAdjustment(variable=variable("price"), parents=("trade", "growth[1]")),
        Identity(variable=variable("yearly"), terms={"price": 1.0, "price[1]": 1.0}),
        PartialAdjustment(variable=variable("rate"), parents=("yearly", "growth")),
        Linear(variable=variable("growth"), parents=("rate[1]", "growth[1]", "trade")),
    ),
    entries={"prices": ("trade -> price",), "output": ("trade -> growth",)},
    chain=("trade -> price", "price -> yearly", "yearly -> rate", "rate[1] -> growth"),
    headline=("price", "rate", "growth"),
)
VALUES = QUIET | {
    "trade -> price": 1.5,
    "growth[1] -> price": 0.4,
    "yearly -> rate": 0.9,
    "growth -> rate": 0.3,
    "rate[1] -> growth": -0.5,
    "growth[1] -> growth": 0.3,
    "trade -> growth": -0.8,
    "persistence[price]": 0.5,
    "persistence[rate]": 0.7,
    "intercept[price]": 0.2,
    "intercept[rate]": 1.1,
    "intercept[growth]": 0.6,
}
CENTRES = {"yearly -> rate": 2.0, "growth -> rate": 0.5, "rate[1] -> growth": 3.0}


def loop(rule, *, trade=1.0, horizon=HORIZON, values=VALUES):
    """Future from nothing; `rule(rate before, yearly, growth, price)` sets the rate."""
    price = rate = growth = 0.0
    found = []
    for _ in range(horizon):
        price_before, rate_before, growth_before = price, rate, growth
        target = values["intercept[price]"] + values["trade -> price"] * trade
        target += values["growth[1] -> price"] * growth_before
        price = 0.5 * price_before + 0.5 * target
        growth = (
            values["intercept[growth]"]
            + values["rate[1] -> growth"] * (rate_before - CENTRES["rate[1] -> growth"])
            + values["growth[1] -> growth"] * growth_before
            + values["trade -> growth"] * trade
        )
        rate = rule(rate_before, price + price_before, growth, price)
        found.append([price, rate, growth])
    return np.transpose(found)


def partial(smoothing=0.7, reaction=0.9, shift=0.0):
    """The central bank's rule with its target in the open."""

    def rule(before, yearly, growth, price):
        gap = yearly - CENTRES["yearly -> rate"] - shift
        wanted = 1.1 + reaction * gap + 0.3 * (growth - CENTRES["growth -> rate"])
        return smoothing * before + (1 - smoothing) * wanted

    return rule


def start_of(scm):
    """Everything at 0, the trade measure included."""
    return Start({name: np.zeros((scm.longest_lag, 1)) for name in scm.by_name})


def futures(scm, draws, *, trade=1.0):
    found = propagate(
        scm,
        draws,
        horizon=HORIZON,
        start=start_of(scm),
        exogenous={"trade": np.full(HORIZON, trade)},
        outcomes=["price", "rate", "growth"],
    )
    return found[:, 0, :, 0, 0].to_numpy()


@pytest.fixture
def economy():
    model = MODEL.with_centres(CENTRES)
    return model, pin(model, VALUES)


# Fixed parameters


def test_the_economy_is_its_loop(economy):
    close(futures(*economy), loop(partial()))


@pytest.mark.parametrize("address", sorted(set(VALUES) - set(QUIET)))
def test_a_fixed_parameter_is_the_one_pinned(economy, address):
    scm, draws = economy
    edited = with_parameters(scm, draws, {address: 0.25})
    expected = pin(economy[0], VALUES | {address: 0.25})
    assert edited.identical(expected)
    assert not edited.identical(draws)
    close(futures(scm, edited), futures(scm, expected))


def test_a_coefficient_of_zero_drops_its_link(economy):
    scm, draws = economy
    edited = with_parameters(scm, draws, {"rate[1] -> growth": 0.0})
    path = {"trade": np.linspace(1, 0, HORIZON)}
    common = {"horizon": HORIZON, "paths": path, "outcomes": ["growth", "rate"]}
    cut = respond(scm, draws, closed=[["rate[1] -> growth"]], **common)
    close(respond(scm, edited, **common).to_numpy(), cut.to_numpy())
    assert float(np.abs(cut - respond(scm, draws, **common)).max()) > 0.05


@settings(max_examples=25)
@given(models(), st.integers(0, 2**32 - 1), st.data())
def test_fixing_parameters_touches_these_alone_in_every_draw(scm, seed, data):
    draws = random_draws(scm, np.random.default_rng(seed), chains=2, draws=3)
    before = draws.copy(deep=True)
    chosen = data.draw(st.lists(st.sampled_from(sorted(addresses(scm))), unique=True, max_size=4))
    given_values = {address: 0.125 * (1 + i) for i, address in enumerate(chosen)}
    edited = with_parameters(scm, draws, given_values)
    for old, new in zip(as_dicts(before), as_dicts(edited), strict=True):
        assert new == old | given_values
    assert draws.identical(before)


def test_parameters_of_no_model_or_of_no_size_are_refused(economy):
    with pytest.raises(UnknownVariableError, match="Did you mean 'yearly -> rate'"):
        with_parameters(*economy, {"yearly -> rat": 1.0})
    with pytest.raises(UnknownVariableError, match="in the parameters to fix"):
        with_parameters(*economy, {"persistence[growth]": 0.5})
    for value in (np.nan, np.inf):
        with pytest.raises(QuestionError, match=r"is (nan|inf); expected a finite number"):
            with_parameters(*economy, {"yearly -> rate": value})


# Another policy rule


@pytest.mark.parametrize(
    "rule",
    [
        {"smoothing": 0.2},
        {"smoothing": 0.0},
        {"reaction": 2.5},
        {"reaction": 0.0},
        {"target_shift": 1.5},
        {"smoothing": 0.4, "reaction": 1.8, "target_shift": -2.0},
    ],
    ids=str,
)
def test_another_policy_rule_is_that_of_the_loop(economy, rule):
    scm, draws = economy
    before = draws.copy(deep=True)
    edited = policy_rule(scm, draws, rate="rate", inflation="yearly", **rule)
    names = {"target_shift": "shift"}
    expected = loop(partial(**{names.get(name, name): value for name, value in rule.items()}))
    close(futures(scm, edited), expected)
    assert draws.identical(before)
    assert np.abs(expected - loop(partial())).max() > 0.05


def test_the_rule_as_it_is_changes_nothing(economy):
    scm, draws = economy
    same = policy_rule(scm, draws, smoothing=0.7, reaction=0.9, rate="rate", inflation="yearly")
    assert same.identical(draws)


def test_a_higher_target_lowers_the_rate_by_reaction_times_as_much(economy):
    """At the same inflation, in the long run; draw by draw with the draw's own reaction."""
    scm, one = economy
    many = one.isel(draw=[0, 0, 0]).assign_coords(draw=[0, 1, 2])
    reactions = np.array([0.5, 1.0, 2.0])
    many["coefficient"].loc[{"link": "yearly -> rate"}] = reactions[None, :]
    shifted = policy_rule(scm, many, target_shift=2.0, rate="rate", inflation="yearly")
    gap = shifted["intercept"].sel(equation="rate") - many["intercept"].sel(equation="rate")
    close(gap.to_numpy(), -2.0 * reactions[None, :])
    rest = ["price", "growth"]
    assert shifted["intercept"].sel(equation=rest).identical(many["intercept"].sel(equation=rest))


def test_the_default_central_bank_can_follow_another_rule(growth_problem, growth_draws):
    scm = growth_problem.scm
    edited = policy_rule(scm, growth_draws, smoothing=0.3, reaction=2.5, target_shift=1.0)
    for values in as_dicts(edited):
        assert values["persistence[key_rate]"] == 0.3
        assert values["inflation_yoy -> key_rate"] == 2.5
    arguments = {"horizon": 8, "random_seed": 2, "outcomes": ["key_rate", "gdp_growth"]}
    old = simulate(growth_problem, growth_draws, **arguments)
    new = simulate(growth_problem, edited, **arguments)
    assert (np.abs(new - old).sel(outcome="key_rate") > 1e-3).all()
    assert (np.abs(new - old).sel(outcome="gdp_growth").isel(horizon=0) == 0).all()


@pytest.mark.parametrize("smoothing", [1.0, 1.2, -0.1, np.nan])
def test_smoothing_outside_none_to_all_is_refused(economy, smoothing):
    with pytest.raises(QuestionError, match=r"Smoothing .*expected a share in"):
        policy_rule(*economy, smoothing=smoothing, rate="rate", inflation="yearly")


def test_a_rule_that_the_model_does_not_have_is_refused(economy):
    with pytest.raises(
        UnknownVariableError, match="'inflation_yoy -> key_rate' in the policy rule"
    ):
        policy_rule(*economy, smoothing=None)
    with pytest.raises(UnknownVariableError, match="'trade -> rate'"):
        policy_rule(*economy, target_shift=1.0, rate="rate", inflation="trade")


@pytest.mark.parametrize("name", ["reaction", "target_shift"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_rule_needs_finite_numbers(economy, name, value):
    with pytest.raises(QuestionError, match="finite"):
        policy_rule(*economy, rate="rate", inflation="yearly", **{name: value})


# Another equation


def test_a_rate_that_follows_another_equation_is_that_of_the_loop(economy):
    """A linear rule in levels that reads prices of the period and the rate of the one before."""
    scm, draws = economy
    before = draws.copy(deep=True)
    rule = Linear(variable=MODEL.variables["rate"], parents=("price", "rate[1]", "growth[1]"))
    values = {"price -> rate": 0.8, "rate[1] -> rate": 0.25, "growth[1] -> rate": -0.1}
    edited, changed = replace_equation(scm, draws, rule, values)

    growth_before = [0.0]

    def other(rate_before, yearly, growth, price):
        wanted = 1.1 + 0.8 * price + 0.25 * rate_before - 0.1 * growth_before[0]
        growth_before[0] = growth
        return wanted

    close(futures(edited, changed), loop(other))
    assert draws.identical(before)
    assert scm.by_name["rate"] is MODEL.by_name["rate"]
    assert isinstance(edited.by_name["rate"], Linear)
    # Other equations keep their centres, the new one has none.
    assert edited.centres == {"rate[1] -> growth": 3.0}
    assert edited.chain == tuple(label for label in MODEL.chain if label != "yearly -> rate")


def test_a_linear_equation_can_give_way_to_partial_adjustment(economy):
    scm, draws = economy
    slow = PartialAdjustment(variable=MODEL.variables["growth"], parents=("rate[1]", "trade"))
    values = {"rate[1] -> growth": -0.6, "trade -> growth": -0.4, "persistence[growth]": 0.8}
    edited, changed = replace_equation(scm, draws, slow, values)
    effects = link_effects(edited, changed).sel(link="rate[1] -> growth")
    close(effects.sel(kind="long_run").item(), -0.6)
    close(effects.sel(kind="short_run").item(), 0.2 * -0.6)
    common = {"horizon": HORIZON, "outcomes": ["growth", "price", "rate"]}
    found = propagate(edited, changed, start=start_of(edited), **common)
    expected = propagated(edited, changed, start=start_of(edited), **common)
    close(found.to_numpy(), expected)
    assert changed["scale"].identical(draws["scale"])
    assert changed["intercept"].identical(draws["intercept"])


def test_what_was_drawn_stays_unless_given(economy):
    scm, draws = economy
    same = MODEL.by_name["rate"]
    values = {"yearly -> rate": 0.9, "growth -> rate": 0.3, "intercept[rate]": 7.0}
    edited, changed = replace_equation(scm, draws, same, values)
    expected = with_parameters(scm, draws, {"intercept[rate]": 7.0})
    for name in draws.data_vars:
        if name != "degrees_of_freedom":
            assert changed[name].identical(expected[name]), name
    assert edited.equations == scm.equations


def test_completed_cells_stay_with_the_draws(growth_problem, growth_draws):
    rule = PartialAdjustment(
        variable=growth_problem.scm.variables["key_rate"], parents=("inflation_yoy",)
    )
    edited, changed = replace_equation(
        growth_problem.scm, growth_draws, rule, {"inflation_yoy -> key_rate": 2.0}
    )
    assert changed["missing_cell"].identical(growth_draws["missing_cell"])
    kept = replace(growth_problem, scm=edited)
    arguments = {"horizon": 6, "random_seed": 2, "outcomes": ["key_rate", "inflation_yoy"]}
    found = simulate(kept, changed, **arguments)
    assert np.isfinite(found).all()
    # Nothing but inflation and its own past moves this rate without shocks.
    response = impulse_response(
        edited, changed, cause="depreciation", horizon=1, outcomes=["key_rate", "inflation_yoy"]
    )
    smoothing = changed["persistence"].sel(adjusting="key_rate", drop=True)
    close(
        response.sel(outcome="key_rate")[0].to_numpy(),
        (2.0 * (1 - smoothing) * response.sel(outcome="inflation_yoy")[0]).to_numpy(),
    )


def test_a_cycle_within_a_period_is_refused(economy):
    rule = Linear(variable=MODEL.variables["price"], parents=("trade", "rate"))
    with pytest.raises(CyclicGraphError, match="rate"):
        replace_equation(*economy, rule, {"trade -> price": 1.0, "rate -> price": 1.0})


def test_a_missing_parameter_is_refused(economy):
    rule = Linear(variable=MODEL.variables["rate"], parents=("price", "rate[1]"))
    with pytest.raises(QuestionError, match=r"'rate' lacks 'price -> rate', 'rate\[1\] -> rate'"):
        replace_equation(*economy, rule, {})
    with pytest.raises(QuestionError, match=r"lacks 'rate\[1\] -> rate'; give each a value"):
        replace_equation(*economy, rule, {"price -> rate": 1.0})
    slow = PartialAdjustment(variable=MODEL.variables["growth"], parents=("trade",))
    with pytest.raises(QuestionError, match=r"lacks 'persistence\[growth\]'"):
        replace_equation(*economy, slow, {"trade -> growth": 1.0})


def test_a_link_that_was_there_needs_a_new_value_too(economy):
    """The new equation says what its coefficients are: none is taken over in silence."""
    with pytest.raises(QuestionError, match="lacks 'yearly -> rate'"):
        replace_equation(*economy, MODEL.by_name["rate"], {"growth -> rate": 0.1})


def test_an_equation_that_does_not_fit_is_refused(economy):
    lonely = Linear(variable=variable("wages"), parents=("price",))
    with pytest.raises(UnknownVariableError, match="'wages' in the equation to replace"):
        replace_equation(*economy, lonely, {"price -> wages": 1.0})
    shadow = Linear(variable=variable("yearly"), parents=("price",))
    with pytest.raises(UnknownVariableError, match="'yearly' in the equation to replace"):
        replace_equation(*economy, shadow, {"price -> yearly": 1.0})
    unknown = Linear(variable=MODEL.variables["rate"], parents=("gold",))
    with pytest.raises(UnknownVariableError, match="'gold' in the equation of 'rate'"):
        replace_equation(*economy, unknown, {"gold -> rate": 1.0})
    with pytest.raises(UnknownVariableError, match="Unknown name 'growth -> rate'"):
        replace_equation(
            *economy,
            Linear(variable=MODEL.variables["rate"], parents=("price",)),
            {"price -> rate": 1.0, "growth -> rate": 1.0},
        )


def test_an_equation_that_leaves_a_driver_without_a_child_is_refused():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            Linear(variable=variable("y"), parents=("x",)),
        )
    )
    with pytest.raises(SpecError, match="'x' has no child"):
        replace_equation(scm, pin(scm, {"x -> y": 1.0}), Linear(variable=variable("y")), {})


@pytest.mark.parametrize("place", ["chain", "chain_offset", "entries"])
def test_links_that_are_no_more_leave_the_channels(economy, place):
    scm, draws = economy
    label = "yearly -> rate"
    named = {"prices": (label,), "output": ("trade -> growth",)} if place == "entries" else (label,)
    scm = replace(scm, **{place: named})
    rule = Linear(variable=MODEL.variables["rate"], parents=("price",))
    edited, _ = replace_equation(scm, draws, rule, {"price -> rate": 1.0})
    assert label not in str(getattr(edited, place))


# Variables that are held


def test_holding_a_variable_replaces_its_row_by_zeros():
    """Companion form of the laboratory: premium, inflation, rate and growth, one lag."""
    draws = pinned()
    (values,) = as_dicts(draws)
    share, speed = 0.7, 0.4
    # The premium is driven by effective trade; in order: premium, inflation, key rate, growth.
    within, lagged = np.zeros((4, 4)), np.zeros((4, 4))
    within[1, 0] = 0.4 * values["premium -> inflation"]
    within[2, 1] = 0.3 * values["inflation -> key_rate"]
    lagged[0, 0], lagged[1, 1], lagged[2, 2] = 0.5, 0.6, 0.7
    lagged[1, 3] = 0.4 * values["growth[1] -> inflation"]
    lagged[3, 3], lagged[3, 2] = values["growth[1] -> growth"], values["key_rate[1] -> growth"]
    names = ["premium", "inflation", "key_rate", "growth"]
    trade = LIFTED.path(1.0, HORIZON)
    effective, state = [], 1.0
    for now in trade:
        goal = now + (1 - share) * (1.0 - now)
        state = max(state + speed * (goal - state), now)
        effective.append(state)
    drive = np.zeros((HORIZON, 4))
    drive[:, 0] = 0.5 * values["effective_trade -> premium"] * (np.array(effective) - 1.0)
    drive[:, 3] = values["trade -> growth"] * (trade - 1.0)

    def respond_by_hand(held):
        now, before, input_ = within.copy(), lagged.copy(), drive.copy()
        for name in held:
            row = names.index(name)
            now[row], before[row], input_[:, row] = 0.0, 0.0, 0.0
        solve = np.linalg.inv(np.eye(4) - now)
        state, path = np.zeros(4), []
        for period in range(HORIZON):
            state = solve @ (before @ state + input_[period])
            path.append(state)
        return np.transpose(path)

    for held in ((), ("key_rate",), ("inflation",), ("premium", "growth")):
        found = total_effect(LABORATORY, draws, LIFTED, horizon=HORIZON, outcomes=names, held=held)
        close(found[:, :, 0, 0].to_numpy(), respond_by_hand(held))


@pytest.mark.parametrize("held", ["key_rate", "inflation_yoy", "import_premium"])
def test_what_is_held_does_not_move_and_nothing_passes_through_it(
    growth_problem, growth_draws, held
):
    scm = growth_problem.scm
    outcomes = [*scm.headline, "inflation_yoy"]
    outcomes = list(dict.fromkeys([*outcomes, held]))
    found = total_effect(scm, growth_draws, horizon=10, outcomes=outcomes, held=(held,))
    np.testing.assert_array_equal(found.sel(outcome=held), 0.0)
    into = [edge.label for edge in scm.by_name[held].edges]
    cut = respond(
        scm,
        growth_draws,
        horizon=10,
        paths={name: Relief().path(1.0, 10) for name in scm.measures},
        closed=[into],
        outcomes=outcomes,
    ).isel(scenario=0)
    close(found.to_numpy(), cut.to_numpy())
    free = total_effect(scm, growth_draws, horizon=10, outcomes=outcomes)
    assert float(np.abs(found - free).max()) > 0.01


def test_holding_a_driver_or_nothing_known_is_refused(growth_problem, growth_draws):
    scm = growth_problem.scm
    with pytest.raises(QuestionError, match="'trade' is not endogenous; give it a path"):
        total_effect(scm, growth_draws, held=("trade",))
    with pytest.raises(QuestionError, match="'effective_trade' is not endogenous"):
        total_effect(scm, growth_draws, held=("effective_trade",))
    with pytest.raises(UnknownVariableError, match="Did you mean 'key_rate'"):
        total_effect(scm, growth_draws, held=("keyrate",))


def test_a_problem_answers_with_edited_draws_from_its_own_past():
    """Another rule from the end of the data on: the past is what it was."""
    generator = np.random.default_rng(8)
    series = {name: generator.normal(size=20) for name in ("price", "rate", "growth")}
    series["trade"] = np.full(20, 1.0)
    observations = as_observations(series)
    cases = available_cases(MODEL, observations)
    problem = Problem(
        scm=MODEL.with_centres(CENTRES),
        observations=observations,
        priors=Priors(entries={}),
        cases=cases,
        absolute={},
    )
    draws = policy_rule(
        problem.scm, pin(problem.scm, VALUES), smoothing=0.1, rate="rate", inflation="yearly"
    )
    found = simulate(problem, draws, horizon=1, random_seed=1, outcomes=["rate", "price", "growth"])
    last = {name: path[-1] for name, path in series.items()}
    price = 0.5 * last["price"] + 0.5 * (0.2 + 1.5 + 0.4 * last["growth"])
    growth = 0.6 - 0.5 * (last["rate"] - 3.0) + 0.3 * last["growth"] - 0.8
    wanted = 1.1 + 0.9 * (price + last["price"] - 2.0) + 0.3 * (growth - 0.5)
    rate = 0.1 * last["rate"] + 0.9 * wanted
    close(found[:, 0, 0, 0, 0].to_numpy(), [rate, price, growth])
