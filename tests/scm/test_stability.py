"""The spectral radius against the eigenvalues of a one-step simulator probed by unit vectors."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Future, as_dicts, close, continued, only
from strategies import models, random_draws, variable

from sanctions_model.inference.diagnostics import diagnose
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.scm.stability import STABLE, spectral_radius
from sanctions_model.scm.variables import Hold, Path
from sanctions_model.validation.headline import stability_table


def at_the_end(scm):
    """Exogenous variables at 0, but what multiplies a link as it is in the end."""
    ends = {name: continued(scm.exogenous[name], 20)[-1] for name in scm.factors}
    return {name: [ends.get(name, 0.0)] for name in scm.exogenous}


def probed_radius(scm, values):
    """Eigenvalues of the whole map from one state (every variable, every lag) to the next."""
    values = {a: 0.0 if a.startswith("intercept") else v for a, v in values.items()}
    states = [(name, back) for name in scm.structural for back in range(scm.longest_lag)]

    def step(probe=None):
        past = {name: [0.0] * scm.longest_lag for name in scm.by_name}
        if probe is not None:
            past[probe[0]][-1 - probe[1]] = 1.0
        future = Future(scm, values, past=past, exogenous=at_the_end(scm))
        return np.array([future.value(name, 1 - back) for name, back in states])

    # What multiplies a link may be a parent too: less what it does by itself.
    columns = [step(probe) - step() for probe in states]
    return np.abs(np.linalg.eigvals(np.array(columns).T)).max()


def test_the_growth_economy_has_the_radius_of_its_one_step_map(growth_problem, growth_draws):
    found = spectral_radius(growth_problem.scm, growth_draws)
    assert found.dims == ("chain", "draw")
    scm = growth_problem.scm.with_centres({})
    expected = [probed_radius(scm, values) for values in as_dicts(growth_draws)]
    close(found.to_numpy().ravel(), expected, rtol=1e-8)
    assert np.all(found < 1)


@given(models(), st.integers(0, 2**32 - 1))
def test_any_model_has_the_radius_of_its_one_step_map(scm, seed):
    draws = random_draws(scm, np.random.default_rng(seed), draws=2)
    found = spectral_radius(scm, draws).to_numpy().ravel()
    for radius, values in zip(found, as_dicts(draws), strict=True):
        expected = probed_radius(scm, values)
        if max(radius, expected) < 0.15:
            continue  # the roots of a matrix that is nearly nilpotent are not to be had so exactly
        close(radius, expected, rtol=1e-8)


def test_the_vector_model_has_the_radius_of_its_companion_matrix(vector):
    scm, draws = vector
    close(spectral_radius(scm, draws).item(), probed_radius(scm, as_dicts(draws)[0]))


def autoregression(*coefficients):
    parents = tuple(f"y[{lag}]" for lag in range(1, len(coefficients) + 1))
    scm = StructuralCausalModel(equations=(Linear(variable=variable("y"), parents=parents),))
    return scm, {f"{p} -> y": c for p, c in zip(parents, coefficients, strict=True)}


@pytest.mark.parametrize(
    ("coefficients", "radius"),
    [
        ((0.5,), 0.5),
        ((-0.9,), 0.9),
        ((0.0, 0.49), 0.7),
        ((0.0, -0.49), 0.7),
        ((1.3, -0.4), 0.8),  # roots 0.8 and 0.5
        ((0.0, 0.0, 0.0, 0.0016), 0.2),
        ((1.0,), 1.0),
    ],
)
def test_known_roots_are_found(coefficients, radius):
    scm, values = autoregression(*coefficients)
    close(spectral_radius(scm, pin(scm, values)).item(), radius)


def test_explosive_draws_can_be_counted():
    scm, values = autoregression(0.9)
    draws = pin(scm, values).isel(draw=[0] * 5).assign_coords(draw=range(5))
    draws["coefficient"][0, :, 0] = [0.9, 1.1, -1.2, 0.99, 1.0]
    radius = spectral_radius(scm, draws)
    close(only(radius), [0.9, 1.1, 1.2, 0.99, 1.0])
    assert int((radius >= 1).sum()) == 3
    grown = respond(scm, draws, horizon=60, shocks={"y": np.eye(60)[0]}).isel(horizon=-1)
    assert (np.abs(only(grown)) > 2).tolist() == [False, True, True, False, False]


def test_without_feedback_the_radius_is_nothing():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            Linear(variable=variable("y"), parents=("x", "x[3]")),
            Identity(variable=variable("i"), terms={"y": 1.0, "y[4]": 2.0}),
            Linear(variable=variable("z"), parents=("i[1]",)),
        )
    )
    values = {"x -> y": 9.0, "x[3] -> y": 9.0, "i[1] -> z": 9.0}
    assert spectral_radius(scm, pin(scm, values)).item() == 0.0


def test_a_latent_state_counts_by_its_persistence_and_its_measure_does_not():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("m")),
            AsymmetricAdjustment(variable=variable("e"), measure="m"),
            LatentAdjustment(variable=variable("state"), parents=("e",)),
            PartialAdjustment(variable=variable("y"), parents=("state",)),
        )
    )
    values = {
        "e -> state": 100.0,
        "state -> y": 100.0,
        "persistence[state]": 0.95,
        "persistence[y]": 0.4,
        "recoverable_share[m]": 0.0,
        "recovery_speed[m]": 0.0,
    }
    close(spectral_radius(scm, pin(scm, values)).item(), 0.95)


def test_levels_which_cumulate_by_definition_do_not_count():
    scm, values = autoregression(0.5)
    level = Level(variable=variable("sum"), flow="y")
    levelled = StructuralCausalModel(equations=scm.equations, levels=(level,))
    close(spectral_radius(levelled, pin(levelled, values)).item(), 0.5)


def test_neither_units_nor_the_order_of_equations_change_the_radius(vector):
    scm, draws = vector
    expected = spectral_radius(scm, draws).item()
    turned = StructuralCausalModel(equations=scm.equations[::-1])
    close(spectral_radius(turned, draws).item(), expected)
    # b in thousandths: links into it times 1000, links from it to others over 1000.
    scaled = draws.copy(deep=True)
    for label, factor in {"a -> b": 1e3, "x[1] -> b": 1e3, "b -> c": 1e-3}.items():
        scaled["coefficient"].loc[{"link": label}] *= factor
    close(spectral_radius(scm, scaled).item(), expected)


@pytest.mark.parametrize(
    ("continuation", "end"),
    [
        (Hold(0.5), 0.5),
        (Path((0.5,)), 0.5),
        (Path((1.0, 0.25)), 0.25),
        (Path((*[2.0] * 399, 0.5)), 0.5),
        (Path((*[0.0] * 1500, 1.25)), 1.25),  # later than any horizon that can be asked for
    ],
    ids=["held", "one value", "at once", "in the last period asked", "later than any horizon"],
)
def test_a_dated_link_counts_as_strongly_as_it_is_in_the_end(continuation, end):
    """``y = a f y[1] + b y[2]``: the roots of ``r^2 = a f r + b`` with the last value of ``f``."""
    a, b = 0.8, 0.05
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("f"), continuation=continuation),
            Linear(variable=variable("y"), parents=("y[1] * f", "y[2]")),
        )
    )
    found = spectral_radius(scm, pin(scm, {"y[1] * f -> y": a, "y[2] -> y": b})).item()
    close(found, (a * end + np.sqrt((a * end) ** 2 + 4 * b)) / 2)


def walks():
    """Random walks: alone, beside roots that die out, and of the mean of two variables."""
    yield autoregression(1.0)
    yield autoregression(1.5, -0.5)
    yield autoregression(0.3, 0.2, 0.5)
    both = tuple(
        Linear(variable=variable(name), parents=(f"{name}[1]", f"{other}[1]"))
        for name, other in ("yz", "zy")
    )
    # Half of each goes to the mean of both, which wanders.
    halves = {f"{parent}[1] -> {child}": 0.5 for parent in "yz" for child in "yz"}
    yield StructuralCausalModel(equations=both), halves


@pytest.mark.parametrize(("scm", "values"), list(walks()))
def test_a_random_walk_does_not_explode_and_what_grows_by_a_millionth_does(scm, values):
    walk = pin(scm, values)
    grown = walk.assign(coefficient=walk["coefficient"] * 1.000001)
    close(spectral_radius(scm, walk).item(), 1.0, rtol=1e-9)
    fit = SimpleNamespace(scm=scm, prior_draws=walk, draws=grown)
    assert list(stability_table(fit)["explosive"]) == [0, 1]
    assert [diagnose(scm, one).explosive for one in (walk, grown)] == [0, 1]
    assert spectral_radius(scm, walk).item() <= STABLE < spectral_radius(scm, grown).item()
