"""Addresses of parameters, pinned draws, and draws that do not fit the model."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracle import as_dicts
from strategies import models, random_draws

from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import (
    DrawParameters,
    addresses,
    one_parameter,
    parameter_dims,
    pin,
    rows_by_address,
    stack_draws,
)
from sanctions_model.scm.simulation.propagate import propagate
from sanctions_model.scm.surgery import with_parameters
from sanctions_model.scm.variables import Affine, Noise, Variable


def make(noise=Noise.STUDENT_T):
    return StructuralCausalModel(
        noise=noise,
        equations=(
            Exogenous(variable=Variable(name="m")),
            AsymmetricAdjustment(variable=Variable(name="e"), measure="m"),
            PartialAdjustment(variable=Variable(name="y"), parents=("e", "z[1]")),
            Linear(variable=Variable(name="z"), parents=("i[2]",)),
            Identity(variable=Variable(name="i"), terms={"y": Affine("anchor"), "y[1]": 1.0}),
        ),
    )


@pytest.fixture
def scm():
    return make()


@pytest.fixture
def values():
    return {
        "e -> y": 1.0,
        "z[1] -> y": 2.0,
        "i[2] -> z": 3.0,
        "persistence[y]": 0.5,
        "recoverable_share[m]": 0.6,
        "recovery_speed[m]": 0.1,
        "anchor": 0.7,
    }


def test_every_parameter_has_an_address(scm):
    assert addresses(scm) == {
        "e -> y": ("coefficient", "e -> y"),
        "z[1] -> y": ("coefficient", "z[1] -> y"),
        "i[2] -> z": ("coefficient", "i[2] -> z"),
        "intercept[y]": ("intercept", "y"),
        "intercept[z]": ("intercept", "z"),
        "persistence[y]": ("persistence", "y"),
        "scale[y]": ("scale", "y"),
        "scale[z]": ("scale", "z"),
        "degrees_of_freedom[y]": ("degrees_of_freedom", "y"),
        "degrees_of_freedom[z]": ("degrees_of_freedom", "z"),
        "recoverable_share[m]": ("recoverable_share", "m"),
        "recovery_speed[m]": ("recovery_speed", "m"),
        "anchor": ("anchor", None),
    }


def test_gaussian_noise_has_no_degrees_of_freedom():
    assert "degrees_of_freedom" in parameter_dims(make())
    assert "degrees_of_freedom" not in parameter_dims(make(Noise.GAUSSIAN))


def test_a_model_has_only_the_parameters_it_needs():
    scm = StructuralCausalModel(equations=(Linear(variable=Variable(name="y")),))
    assert list(parameter_dims(scm)) == ["intercept", "scale", "degrees_of_freedom"]


def test_a_pinned_model_holds_what_was_given_and_neutral_values_else(scm, values):
    draws = pin(scm, values)
    assert {name: size for name, size in draws.sizes.items() if name in {"chain", "draw"}} == {
        "chain": 1,
        "draw": 1,
    }
    neutral = {
        "intercept[y]": 0.0,
        "intercept[z]": 0.0,
        "scale[y]": 1.0,
        "scale[z]": 1.0,
        "degrees_of_freedom[y]": np.inf,
        "degrees_of_freedom[z]": np.inf,
    }
    assert [draws[dim].to_numpy().tolist() for dim in ("chain", "draw")] == [[0], [0]]
    assert as_dicts(draws) == [values | neutral]
    given_all = values | {"intercept[y]": -1.0, "scale[z]": 0.2, "degrees_of_freedom[y]": 4.0}
    assert as_dicts(pin(scm, given_all)) == [neutral | given_all]


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"e -> z": 1.0}, UnknownVariableError, "Unknown name 'e -> z' in pin.*Did you mean"),
        ({"persistance[y]": 1.0}, UnknownVariableError, r"Did you mean 'persistence\[y\]'"),
        ({"persistence": 0.5}, UnknownVariableError, r"Did you mean 'persistence\[y\]'"),
        ({"e -> y": np.nan}, QuestionError, "'e -> y' is nan; expected a finite number"),
        ({"e -> y": np.inf}, QuestionError, "'e -> y' is inf; expected a finite number"),
        ({"scale[y]": np.inf}, QuestionError, "expected a finite number"),
        ({"degrees_of_freedom[y]": np.nan}, QuestionError, "expected a finite number"),
        ({"persistence[y]": 1.0}, QuestionError, "is 1.0; expected a value from 0 to below 1"),
        ({"recovery_speed[m]": 1.1}, QuestionError, "is 1.1; expected a value from 0 to 1"),
    ],
)
def test_values_that_cannot_be_pinned_are_refused(scm, values, changed, error, message):
    with pytest.raises(error, match=message):
        pin(scm, values | changed)


@pytest.mark.parametrize("missing", ["i[2] -> z", "persistence[y]", "recovery_speed[m]", "anchor"])
def test_a_missing_value_is_named(scm, values, missing):
    del values[missing]
    with pytest.raises(QuestionError) as refusal:
        pin(scm, values)
    assert f"no value for {missing!r}; give one for each parameter" in str(refusal.value)


def test_stacked_draws_run_chain_after_chain():
    array = xr.DataArray(np.arange(12.0).reshape(2, 3, 2), dims=("chain", "draw", "link"))
    stacked = stack_draws(array.to_dataset(name="coefficient"), "coefficient")
    assert stacked.tolist() == [[0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [1.0, 3.0, 5.0, 7.0, 9.0, 11.0]]
    turned = array.transpose("link", "draw", "chain").to_dataset(name="coefficient")
    np.testing.assert_array_equal(stack_draws(turned, "coefficient"), stacked)


def test_draws_of_another_model_are_refused(scm, values):
    draws = pin(scm, values)
    with pytest.raises(QuestionError, match=r"The draws have no 'anchor'.*or pin\(\)"):
        DrawParameters(scm, draws.drop_vars("anchor"))
    with pytest.raises(QuestionError, match=r"'coefficient' lack 'z\[1\] -> y'; they belong to"):
        DrawParameters(scm, draws.sel(link=["e -> y", "i[2] -> z"]))


def test_without_constants_intercepts_are_nothing(scm, values):
    draws = pin(scm, values | {"intercept[y]": 3.0})
    rows = DrawParameters(scm, draws)
    assert rows.without_constants().intercept("y") == 0.0
    assert rows.intercept("y").tolist() == [3.0]
    assert DrawParameters.of(scm, rows) is rows


@given(models(), st.integers(0, 2**32 - 1))
def test_parameters_are_found_by_label_in_any_order_of_dims(scm, seed):
    draws = random_draws(scm, np.random.default_rng(seed), chains=2, draws=3)
    turned = draws.transpose(*reversed(list(draws.sizes)))
    labels = [dim for dim in turned.sizes if dim not in {"chain", "draw"}]
    turned = turned.isel({dim: slice(None, None, -1) for dim in labels})
    outcomes = list(scm.variables)
    first, second = (propagate(scm, d, horizon=3, outcomes=outcomes) for d in (draws, turned))
    np.testing.assert_array_equal(first.to_numpy(), second.to_numpy())


def larger(draws, dim):
    """Return draws with one more label along a dim, as those of a model with one more part."""
    labels = [*draws[dim].to_numpy(), "another"]
    return draws.reindex({dim: labels}, fill_value=0.5)


DRAW_FAULTS = {
    "a link more": (lambda d: larger(d, "link"), "'coefficient' have 'another'"),
    "an equation more": (lambda d: larger(d, "equation"), "have 'another', which the model does"),
    "a measure more": (lambda d: larger(d, "measure"), "'recoverable_share' have 'another'"),
    "a parameter more": (
        lambda d: d.assign(strength=d["anchor"]),
        "have 'strength', which the model does not know; they belong to another model",
    ),
    "a label twice": (
        lambda d: d.isel(link=[0, 1, 2, 0]),
        "have 'e -> y' twice; expected it once",
    ),
    "one chain without its dim": (lambda d: d.isel(chain=0), "no dim 'chain'"),
    "one draw without its dim": (lambda d: d.isel(draw=0), "no dim 'draw'"),
}


@pytest.mark.parametrize("fault", DRAW_FAULTS)
def test_draws_of_a_larger_model_are_refused(scm, values, fault):
    spoil, reason = DRAW_FAULTS[fault]
    draws = spoil(pin(scm, values))
    for ask in (
        lambda: propagate(scm, draws, horizon=2),
        lambda: with_parameters(scm, draws, {"anchor": 0.5}),
        lambda: DrawParameters(scm, draws),
    ):
        with pytest.raises(QuestionError, match=reason):
            ask()


def test_the_parameter_of_another_noise_is_refused(values):
    draws = pin(make(), values)
    with pytest.raises(QuestionError, match="have 'degrees_of_freedom', which the model does not"):
        DrawParameters(make(Noise.GAUSSIAN), draws)


@given(models(), st.integers(0, 1000))
def test_the_rows_of_all_parameters_are_those_of_each_asked_alone(scm, seed):
    """Whatever the order of the dims and of the labels."""
    draws = random_draws(scm, np.random.default_rng(seed), chains=2)
    for dim in set(parameter_dims(scm).values()) - {None}:
        draws = draws.isel({dim: slice(None, None, -1)})
    rows = rows_by_address(scm, draws.transpose())
    assert set(rows) == set(addresses(scm))
    for address, row in rows.items():
        one = one_parameter(scm, draws, address)
        assert set(one.dims) == {"chain", "draw"}
        np.testing.assert_array_equal(row, one.transpose("chain", "draw").to_numpy().ravel())


def with_one(draws, name, value):
    spoilt = draws.copy(deep=True)
    spoilt[name][..., 0] = value
    return spoilt


DRAWS_THAT_CANNOT_BE = {
    "not a number": (
        lambda d: with_one(d, "coefficient", np.nan),
        r"'coefficient' have nan in 1 of 3 values; expected a finite number",
    ),
    "infinite": (lambda d: with_one(d, "intercept", np.inf), "'intercept' have inf in 1 of 2"),
    "a persistence of 1.5": (
        lambda d: with_one(d, "persistence", 1.5),
        "'persistence' have 1.5 in 1 of 1 values; expected a value from 0 to below 1",
    ),
    "a negative scale": (
        lambda d: with_one(d, "scale", -0.5),
        "'scale' have -0.5 in 1 of 2 values; expected a number of at least 0",
    ),
    "no tails": (
        lambda d: with_one(d, "degrees_of_freedom", np.nan),
        "'degrees_of_freedom' have nan in 1 of 2",
    ),
    "text": (lambda d: d.assign(anchor=d["anchor"].astype(str)), "'anchor' are of type <U"),
    "flags": (lambda d: d.assign(coefficient=d["coefficient"] > 0), "are of type bool; expected"),
    "complex": (lambda d: d.assign(anchor=d["anchor"] * 1j), "are of type complex128"),
    "none": (lambda d: d.isel(draw=slice(0, 0)), "The draws are none; expected at least one"),
    "no chain": (lambda d: d.isel(chain=slice(0, 0)), "The draws are none"),
    # Read by position, the rows of links would pass for those of equations.
    "another dim": (
        lambda d: d.assign(intercept=d["coefficient"]),
        "'intercept' have the dims chain, draw, link; expected chain, draw, equation",
    ),
    "a dim too many": (lambda d: d.expand_dims(model=2), "have the dims model, chain, draw"),
    "a scalar with a dim": (lambda d: d.assign(anchor=d["coefficient"]), "expected chain, draw."),
    "centres of no JSON": (
        lambda d: d.assign_attrs(parents_centred_at="centred"),
        "is 'centred'; expected the JSON of a number for each link",
    ),
    "centres of no table": (
        lambda d: d.assign_attrs(parents_centred_at="[1]"),
        "expected the JSON",
    ),
    "centres in words": (
        lambda d: d.assign_attrs(parents_centred_at='{"e -> y": "one"}'),
        "expected the JSON of a number for each link",
    ),
    "centres of nothing": (
        lambda d: d.assign_attrs(parents_centred_at='{"e -> y": NaN}'),
        "expected the JSON of a number for each link",
    ),
}


@pytest.mark.parametrize("fault", DRAWS_THAT_CANNOT_BE)
def test_draws_that_no_sampler_made_are_refused(scm, values, fault):
    spoil, reason = DRAWS_THAT_CANNOT_BE[fault]
    draws = spoil(pin(scm, values))
    with pytest.raises(QuestionError, match=reason):
        propagate(scm, draws, horizon=2)


def test_draws_may_round_at_the_ends_of_what_they_can_be_and_be_gaussian(scm, values):
    draws = pin(scm, values | {"recoverable_share[m]": 1.0, "scale[y]": 0.0})
    assert np.isinf(draws["degrees_of_freedom"]).all()
    rounded = with_one(draws, "recoverable_share", 1 + 1e-12).astype("float32")
    for own in (draws, rounded, draws.assign(anchor=draws["anchor"].astype(int))):
        assert np.isfinite(propagate(scm, own, horizon=2)).all()


@pytest.mark.parametrize(
    ("address", "value", "reason"),
    [
        ("persistence[y]", 1.0, "'persistence.y.' is 1.0; expected a value from 0 to below 1"),
        ("scale[y]", -1.0, "expected a number of at least 0"),
        ("recoverable_share[m]", 1.5, "expected a value from 0 to 1"),
    ],
)
def test_a_parameter_is_fixed_at_what_it_can_be(scm, values, address, value, reason):
    draws = pin(scm, values)
    with pytest.raises(QuestionError, match=reason):
        with_parameters(scm, draws, {address: value})
    gaussian = with_parameters(scm, draws, {"degrees_of_freedom[y]": np.inf})
    assert np.isinf(gaussian["degrees_of_freedom"].sel(equation="y")).all()
