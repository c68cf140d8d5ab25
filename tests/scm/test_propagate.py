"""Propagation against plain loops, companion algebra and `pm.do`."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import close, only, propagated
from scipy import stats
from strategies import models, random_draws, runs, variable

from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
from sanctions_model.scm.interventions import Relief, ScaleBy, SetTo, ShiftBy
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.simulation.propagate import (
    Start,
    continuation_paths,
    propagate,
    respond,
    start_after,
)
from sanctions_model.scm.simulation.shocks import draw_shocks
from sanctions_model.scm.variables import Constant, Hold, Indicator, Noise, Path


def vector_matrices():
    """Structural matrices of the vector model in the order a, b, c, written down by hand."""
    now = np.array([[0, 0, 0], [0.7, 0, 0], [0, 0.4 * -0.8, 0]])
    first = np.array([[0.35, 0, 0.65 * -0.4], [0, 0.5, 0], [0.4 * 0.9, 0, 0.6]])
    second = np.array([[0, 0, 0], [0, -0.3, 0], [0, 0, 0]])
    constant = np.array([0.65 * 0.2, -0.1, 0.4 * 0.4])
    x_now, x_before = np.array([0.65 * 1.3, 0, 0]), np.array([0, 0.6, 0])
    return now, first, second, constant, x_now, x_before


def companion_path(horizon, *, path, start, shocks, replaced=None, last_x=0.0):
    """``z_h = F_h ... F_1 z_0 + sum_j F_h ... F_{j+1} u_j`` with ``z = (y_t, y_{t-1})``.

    `replaced` maps a period to (row, weight kept of the row, constant added): 0 and v for ``do``.
    """
    transitions, inputs = [], []
    x = [last_x, *path]
    for period in range(1, horizon + 1):
        now, first, second, constant, x_now, x_before = vector_matrices()
        drive = constant + x_now * x[period] + x_before * x[period - 1] + shocks[period - 1]
        if replaced and period in replaced:
            row, kept, added = replaced[period]
            for matrix in (now, first, second):
                matrix[row] *= kept
            drive[row] = kept * drive[row] + added
        solve = np.linalg.inv(np.eye(3) - now)
        block = np.zeros((6, 6))
        block[:3, :3], block[:3, 3:], block[3:, :3] = solve @ first, solve @ second, np.eye(3)
        transitions.append(block)
        inputs.append(np.concatenate([solve @ drive, np.zeros(3)]))
    found = []
    for period in range(1, horizon + 1):

        def carry(since, until=period):
            return functools.reduce(lambda m, f: f @ m, transitions[since:until], np.eye(6))

        state = carry(0) @ start + sum(carry(j + 1) @ inputs[j] for j in range(period))
        found.append(state[:3])
    return np.array(found).T


@given(runs(interventions=False))
def test_propagate_equals_plain_loops_over_periods_and_draws(run):
    close(
        propagate(run.scm, run.draws, **run.arguments).to_numpy(),
        propagated(run.scm, run.draws, **run.arguments),
    )


@given(runs())
def test_interventions_of_every_kind_equal_plain_loops(run):
    arguments = run.arguments | {"interventions": run.interventions}
    close(
        propagate(run.scm, run.draws, **arguments).to_numpy(),
        propagated(run.scm, run.draws, **arguments),
    )


@pytest.mark.parametrize("from_history", [False, True])
def test_the_growth_economy_equals_plain_loops(growth_problem, growth_draws, from_history):
    scm, horizon = growth_problem.scm, 11
    generator = np.random.default_rng(3)
    start = None
    if from_history:
        start = start_after(scm, growth_draws, growth_problem.history(growth_draws))
    arguments = {
        "horizon": horizon,
        "start": start,
        "outcomes": list(scm.variables),
        "exogenous": {
            "trade": np.stack([Relief().path(1.0, horizon), np.linspace(1.0, 1.25, horizon)]),
            "finance": generator.uniform(0, 1.2, (2, horizon)),
            "energy": Relief(depth=0.5, ramp=2, start=3).path(1.0, horizon),
            "assets": generator.uniform(0, 1, horizon),
            "war": np.linspace(1, 0, horizon),
        },
        "shocks": draw_shocks(scm, growth_draws, horizon, 8),
        "interventions": [
            SetTo(variable="key_rate", value=(16.0, 14.0, 12.0), start=2, stop=6),
            ShiftBy(variable="inflation_yoy", value=0.5, start=4),
            ScaleBy(variable="import_premium", value=0.9, start=3, stop=5),
            ShiftBy(variable="transport", value=-0.25, start=2),
        ],
    }
    close(
        propagate(scm, growth_draws, **arguments).to_numpy(),
        propagated(scm, growth_draws, **arguments),
        atol=1e-9,
    )


def test_the_monthly_transmission_equals_plain_loops():
    scm = growth_transmission(12)
    draws = random_draws(scm, np.random.default_rng(4))
    arguments = {
        "horizon": 15,
        "outcomes": list(scm.variables),
        "exogenous": {name: Relief(ramp=5).path(1.0, 15) for name in MEASURES},
    }
    found = propagate(scm, draws, **arguments).to_numpy()
    close(found, propagated(scm, draws, **arguments), rtol=1e-9)


@given(models(), st.integers(0, 2**32 - 1))
def test_every_draw_stands_for_itself(scm, seed):
    generator = np.random.default_rng(seed)
    draws = random_draws(scm, generator, chains=2, draws=2)
    path = {"x0": generator.uniform(size=(2, 4))}
    together = propagate(scm, draws, horizon=4, exogenous=path)
    for chain, draw in itertools.product([0, 1], [0, 1]):
        alone = propagate(scm, draws.isel(chain=[chain], draw=[draw]), horizon=4, exogenous=path)
        chosen = together.isel(chain=[chain], draw=[draw])
        np.testing.assert_array_equal(alone.to_numpy(), chosen.to_numpy())


@given(runs(), st.randoms(use_true_random=False))
def test_neither_the_order_of_equations_nor_that_of_labels_matters(run, random):
    equations, links = list(run.scm.equations), list(run.draws["link"].to_numpy())
    random.shuffle(equations)
    random.shuffle(links)
    shuffled = StructuralCausalModel(equations=tuple(equations), levels=run.scm.levels)
    close(
        propagate(shuffled, run.draws.sel(link=links), **run.arguments).to_numpy(),
        propagate(run.scm, run.draws, **run.arguments).to_numpy(),
    )


@given(runs())
def test_asking_for_fewer_outcomes_changes_none(run):
    arguments = run.arguments | {"interventions": run.interventions}
    everything = propagate(run.scm, run.draws, **arguments)
    for name in run.scm.variables:
        alone = propagate(run.scm, run.draws, **arguments | {"outcomes": [name]})
        np.testing.assert_array_equal(alone[0].to_numpy(), everything.sel(outcome=name))


def test_many_scenarios_equal_their_blocks(vector):
    scm, draws = vector
    paths = np.random.default_rng(1).normal(size=(40_000, 3))
    together = propagate(scm, draws, horizon=3, exogenous={"x": paths}, outcomes=["c"])
    for row in (0, 16_383, 16_384, 39_999):
        alone = propagate(scm, draws, horizon=3, exogenous={"x": paths[row]}, outcomes=["c"])
        np.testing.assert_array_equal(only(alone), only(together[:, row]))


def test_the_result_is_labelled(growth_problem, growth_draws):
    result = propagate(growth_problem.scm, growth_draws, horizon=5)
    assert result.dims == ("outcome", "scenario", "horizon", "chain", "draw")
    assert result["outcome"].to_numpy().tolist() == list(growth_problem.scm.headline)
    assert result["horizon"].to_numpy().tolist() == [1, 2, 3, 4, 5]
    assert str(result["unit"].sel(outcome="key_rate").item()) == "% a year"


def test_without_a_headline_the_observed_variables_are_returned(vector):
    assert propagate(*vector, horizon=1)["outcome"].to_numpy().tolist() == ["a", "b", "c"]


HORIZON = 9
X_PATH = tuple(np.random.default_rng(0).normal(size=HORIZON))
SHOCKS = np.random.default_rng(1).normal(size=(HORIZON, 3))
BEFORE = np.random.default_rng(2).normal(size=(2, 3))  # t = -1, then t = 0


def vector_paths(vector, interventions=(), path=X_PATH):
    scm, draws = vector
    values = {name: BEFORE[:, [i]] for i, name in enumerate("abc")}
    result = propagate(
        scm,
        draws,
        horizon=HORIZON,
        start=Start(values | {"x": np.array([[0.0], [0.8]])}),
        exogenous={"x": np.array(path)},
        shocks={name: SHOCKS[:, [i]] for i, name in enumerate("abc")},
        interventions=interventions,
    )
    return result[:, 0, :, 0, 0].to_numpy()


def companion_paths(replaced=None, path=X_PATH):
    start = np.concatenate([BEFORE[1], BEFORE[0]])
    return companion_path(
        HORIZON, path=path, start=start, shocks=SHOCKS, replaced=replaced, last_x=0.8
    )


def test_propagation_is_powers_of_the_companion_matrix(vector):
    close(vector_paths(vector), companion_paths())


@pytest.mark.parametrize(("row", "name"), list(enumerate("abc")))
def test_setting_an_endogenous_variable_replaces_its_row(vector, row, name):
    replaced = dict.fromkeys(range(1, HORIZON + 1), (row, 0.0, 2.5))
    found = vector_paths(vector, [SetTo(variable=name, value=2.5)])
    close(found, companion_paths(replaced))
    close(found[row], 2.5)


@pytest.mark.parametrize(("row", "name"), list(enumerate("abc")))
def test_within_a_window_only_the_rows_of_the_window_are_replaced(vector, row, name):
    values = {3: -1.0, 4: 0.5, 5: 0.5}
    replaced = {period: (row, 0.0, value) for period, value in values.items()}
    intervention = SetTo(variable=name, value=(-1.0, 0.5), start=3, stop=5)
    close(vector_paths(vector, [intervention]), companion_paths(replaced))


@pytest.mark.parametrize(("row", "name"), list(enumerate("abc")))
def test_shifting_and_scaling_change_the_row(vector, row, name):
    replaced = dict.fromkeys(range(2, HORIZON + 1), (row, 0.5, 0.75))
    interventions = [
        ScaleBy(variable=name, value=0.5, start=2),
        ShiftBy(variable=name, value=0.75, start=2),
    ]
    close(vector_paths(vector, interventions), companion_paths(replaced))


def test_setting_an_exogenous_variable_is_another_input(vector):
    found = vector_paths(vector, [SetTo(variable="x", value=1.5, start=2)])
    close(found, companion_paths(path=[X_PATH[0], *[1.5] * (HORIZON - 1)]))


@pytest.mark.parametrize(("row", "name"), list(enumerate("abc")))
def test_the_response_to_an_intervention_needs_no_constants(vector, row, name):
    set_to = [SetTo(variable=name, value=value) for value in (0.0, 1.0, 3.0)]
    zero, one, three = (vector_paths(vector, [intervention]) for intervention in set_to)
    close(three - zero, 3 * (one - zero))


PERIODS = 6


@pytest.fixture(scope="module")
def unrolled():
    """Written by hand over the periods: y adjusts partially, z reads y, itself and the last x."""
    import pymc as pm

    with pm.Model() as model:
        x = [pm.Normal(f"x_{t}") for t in range(1, PERIODS + 1)]
        y, z, before = 0.0, 0.0, 0.0
        for t in range(1, PERIODS + 1):
            y = pm.Deterministic(f"y_{t}", 0.6 * y + 0.4 * (0.5 + 1.5 * x[t - 1] - 0.7 * z))
            z = pm.Deterministic(f"z_{t}", 0.2 - 0.9 * y + 0.3 * z + 0.8 * before)
            before = x[t - 1]
    return model


@pytest.fixture(scope="module")
def pinned():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            PartialAdjustment(variable=variable("y"), parents=("x", "z[1]")),
            Linear(variable=variable("z"), parents=("y", "z[1]", "x[1]")),
        )
    )
    values = {
        "x -> y": 1.5,
        "z[1] -> y": -0.7,
        "persistence[y]": 0.6,
        "intercept[y]": 0.5,
        "y -> z": -0.9,
        "z[1] -> z": 0.3,
        "x[1] -> z": 0.8,
        "intercept[z]": 0.2,
    }
    return scm, pin(scm, values)


def drawn(model, done):
    import pymc as pm
    from pytensor.compile.mode import Mode

    intervened = pm.do(model, done)
    names = [f"{name}_{t}" for name in "yz" for t in range(1, PERIODS + 1)]
    values = pm.draw([intervened[name] for name in names], random_seed=1, mode=Mode("py", None))
    return np.array(values, dtype=float).reshape(2, PERIODS)


def test_do_on_an_exogenous_path_equals_that_of_pymc(unrolled, pinned):
    path = np.random.default_rng(7).normal(size=PERIODS)
    done = {f"x_{t}": value for t, value in enumerate(path, 1)}
    found = propagate(*pinned, horizon=PERIODS, exogenous={"x": path})
    close(found.to_numpy().reshape(2, -1), drawn(unrolled, done))


@pytest.mark.parametrize("name", ["y", "z"])
def test_do_on_an_endogenous_path_equals_that_of_pymc(unrolled, pinned, name):
    path = np.random.default_rng(8).normal(size=PERIODS)
    done = {f"x_{t}": value for t, value in enumerate(path, 1)}
    done |= {f"{name}_{t}": value for t, value in [(2, 1.25), (3, -0.5), (4, -0.5)]}
    found = propagate(
        *pinned,
        horizon=PERIODS,
        exogenous={"x": path},
        interventions=[SetTo(variable=name, value=(1.25, -0.5), start=2, stop=4)],
    )
    close(found.to_numpy().reshape(2, -1), drawn(unrolled, done))


def test_each_exogenous_variable_goes_on_as_declared():
    def outside(name, **options):
        return Exogenous(variable=variable(name), **options)

    scm = StructuralCausalModel(
        equations=(
            outside("held"),
            outside("constant", default=Constant(4.0)),
            outside("flag", default=Indicator("2020-01-01")),
            outside("fixed", continuation=Hold(1.5)),
            outside("path", continuation=Path((3.0, 2.0))),
            Linear(variable=variable("y"), parents=("held", "constant", "flag", "fixed", "path")),
        )
    )
    found = continuation_paths(scm, 3, {"held": 7.0, "fixed": 9.0, "path": 9.0})
    expected = {
        "held": [7.0] * 3,
        "constant": [4.0] * 3,
        "flag": [0.0] * 3,
        "fixed": [1.5] * 3,
        "path": [3.0, 2.0, 2.0],
    }
    assert {name: path.tolist() for name, path in found.items()} == expected
    assert continuation_paths(scm, 1, {"constant": 5.0})["constant"].tolist() == [5.0]


def test_the_measures_continue_at_their_level_of_the_last_day(growth_problem):
    found = continuation_paths(growth_problem.scm, 2, dict.fromkeys(MEASURES, 0.9))
    assert all(found[name].tolist() == [1.0, 1.0] for name in MEASURES)


@pytest.fixture
def many_draws():
    scm = StructuralCausalModel(
        equations=(Linear(variable=variable("y")), Linear(variable=variable("z")))
    )
    one = pin(scm, {"scale[y]": 2.0, "degrees_of_freedom[y]": 3.0, "scale[z]": 0.5})
    return scm, one.isel(draw=np.zeros(4000, dtype=int)).assign_coords(draw=np.arange(4000))


def test_shocks_have_the_family_and_the_scale_of_their_equation(many_draws):
    scm, many = many_draws
    shocks = draw_shocks(scm, many, 5, 0)
    assert {name: path.shape for name, path in shocks.items()} == {
        "y": (5, 4000),
        "z": (5, 4000),
    }
    for name, family in {"y": stats.t(3.0, scale=2.0), "z": stats.norm(scale=0.5)}.items():
        assert stats.kstest(shocks[name].ravel(), family.cdf).pvalue > 0.01
    # Without tails of their own the two equations' shocks do not go together.
    assert abs(np.corrcoef(shocks["y"].ravel(), shocks["z"].ravel())[0, 1]) < 0.03


def test_gaussian_noise_has_no_degrees_of_freedom():
    scm = StructuralCausalModel(equations=(Linear(variable=variable("y")),), noise=Noise.GAUSSIAN)
    many = pin(scm, {"scale[y]": 3.0}).isel(draw=np.zeros(4000, dtype=int))
    shocks = draw_shocks(scm, many, 3, 1)["y"]
    assert stats.kstest(shocks.ravel(), stats.norm(scale=3.0).cdf).pvalue > 0.01


def test_the_same_seed_draws_the_same_shocks(many_draws):
    first, second, other = (draw_shocks(*many_draws, 2, seed)["y"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert np.all(first != other)


def test_an_intervention_on_an_unknown_variable_is_refused(growth_problem, growth_draws):
    with pytest.raises(UnknownVariableError, match="Did you mean 'key_rate'"):
        propagate(
            growth_problem.scm,
            growth_draws,
            horizon=2,
            interventions=[SetTo(variable="key-rate", value=1.0)],
        )


@pytest.mark.parametrize("question", [propagate, respond])
def test_an_unknown_outcome_is_refused(growth_problem, growth_draws, question):
    with pytest.raises(UnknownVariableError, match=r"in the outcomes.*Did you mean 'gdp_level'"):
        question(growth_problem.scm, growth_draws, horizon=2, outcomes=["gdp_levle"])


@pytest.mark.parametrize("horizon", [0, -1, 2.0, True, "4"])
@pytest.mark.parametrize("question", [propagate, respond])
def test_a_horizon_that_is_no_number_of_periods_is_refused(vector, question, horizon):
    with pytest.raises(QuestionError, match="expected a whole number of periods of at least 1"):
        question(*vector, horizon=horizon)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([SetTo(variable="a", value=1.0, start=3)], "starts after the window, which has 2 periods"),
        ([{"a": 1.0}], "An intervention is .* expected one as in SetTo"),
        ({"a": 1.0}, "The interventions are .* expected a list"),
    ],
)
def test_what_is_no_intervention_or_does_nothing_is_refused(vector, given, message):
    with pytest.raises(QuestionError, match=message):
        propagate(*vector, horizon=2, interventions=given)


@pytest.mark.parametrize(
    ("paths", "error", "message"),
    [
        ({"y": [1.0, 1.0]}, UnknownVariableError, "Unknown name 'y' in the exogenous paths"),
        ({"a": [1.0, 1.0]}, QuestionError, "'a', which is not exogenous; use an intervention"),
        ({"x": [1.0]}, QuestionError, r"'x' has shape \(1,\); expected 2 finite values"),
        ({"x": [1.0, np.nan]}, QuestionError, "expected 2 finite values"),
        ({"x": [1.0, np.inf]}, QuestionError, "expected 2 finite values"),
    ],
)
def test_paths_that_cannot_be_used_are_refused(vector, paths, error, message):
    scm, draws = vector
    paths = {name: np.array(path) for name, path in paths.items()}
    with pytest.raises(error, match=message):
        propagate(scm, draws, horizon=2, exogenous=paths)
    with pytest.raises(error, match=message):
        respond(scm, draws, horizon=2, paths=paths)


def test_paths_of_different_numbers_of_scenarios_are_refused(growth_problem, growth_draws):
    paths = {"trade": np.ones((2, 4)), "finance": np.ones((3, 4))}
    with pytest.raises(QuestionError, match="scenarios, another path 3"):
        propagate(growth_problem.scm, growth_draws, horizon=4, exogenous=paths)


@pytest.mark.parametrize("name", ["import_premium", "inflation_yoy", "trade", "nothing"])
def test_a_shock_to_what_has_none_is_refused(growth_problem, growth_draws, name):
    with pytest.raises((QuestionError, UnknownVariableError), match=f"'{name}'"):
        respond(growth_problem.scm, growth_draws, horizon=2, shocks={name: np.ones(2)})
