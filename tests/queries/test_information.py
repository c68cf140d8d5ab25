"""Information, likelihood and variance shares against closed forms; what cannot move them."""

import numpy as np
import pytest
import xarray as xr
from oracle import close

from sanctions_model.queries.reading.information import (
    basis_word,
    information,
    likelihood_share,
    likelihood_share_error,
    power_weights,
    prior_rank,
    variance_share,
)

SIZE = 4000


def draws(values, chains=4):
    return xr.DataArray(np.reshape(values, (chains, -1)), dims=("chain", "draw"))


def normals(mean=0.0, scale=1.0, seed=0, size=SIZE):
    return draws(mean + scale * np.random.default_rng(seed).normal(size=size))


def closed_form(mean, scale):
    """Of N(mean, scale) against N(0, 1)."""
    divergence = -np.log(scale) + (scale**2 + mean**2 - 1) / 2
    return 1 - np.exp(-2 * divergence)


# Information


@pytest.mark.parametrize(
    ("mean", "scale"), [(0, 1), (1 / 3, 1), (1, 1), (0, 0.5), (0.5, 0.5), (0, 0.1), (2, 0.3)]
)
def test_information_of_two_normals_is_that_of_the_closed_form(mean, scale):
    prior = normals(seed=1)
    found = [information(prior, normals(mean, scale, seed=seed)) for seed in range(2, 12)]
    values, errors = np.array(found).T
    expected = closed_form(mean, scale)
    assert abs(values.mean() - expected) < 0.02 + errors.mean()
    assert (np.abs(values - expected) < 0.02 + 3.5 * errors).all()
    # The error is that of the estimate over repetitions, prior draws included.
    apart = [
        information(normals(seed=100 + k), normals(mean, scale, seed=200 + k)) for k in range(40)
    ]
    values, errors = np.array(apart).T
    assert 0.3 * values.std() < errors.mean()
    assert expected == 0 or errors.mean() < 2.0 * values.std()


@pytest.mark.parametrize("change", [np.exp, lambda x: -(x**3), lambda x: np.arctan(5 * x) + 3])
@pytest.mark.parametrize("mean", [0.0, 0.7])
def test_information_is_the_same_after_any_monotone_transformation(change, mean):
    prior, posterior = normals(seed=1), normals(mean, 0.6, seed=2)
    found, again = (information(f(prior), f(posterior)) for f in (lambda x: x, change))
    close(again.value, found.value, rtol=1e-9, atol=1e-9)
    close(again.error, found.error, rtol=0.2)


def test_information_stays_below_one_and_never_falls_below_zero():
    prior = normals(seed=1)
    for posterior in (prior, normals(seed=3), normals(40, 1e-6, seed=2), normals(0, 9, seed=2)):
        found = information(prior, posterior)
        assert 0 <= found.value < 1
        assert found.error >= 0
    assert information(prior, prior).value == 0.0
    assert information(prior, normals(40, 1e-6)).value > 0.99
    fixed = xr.full_like(prior, 2.0)
    assert information(fixed, fixed).value == 0.0


def test_what_widened_or_moved_was_learned_from():
    prior = normals(seed=1)
    assert information(prior, normals(0, 2, seed=2)).value > 0.4
    moved = information(prior, normals(1 / 3, 1, seed=2))
    assert moved.value > 0.05
    assert prior_rank(prior, normals(1 / 3, 1, seed=2)) == pytest.approx(0.63, abs=0.03)


def test_information_does_not_depend_on_an_intervals_level_or_on_the_number_of_draws():
    prior, posterior = normals(seed=1, size=8000), normals(0.5, 0.7, seed=2, size=8000)
    many = information(prior, posterior).value
    few = information(prior[:, ::8], posterior[:, ::8])
    assert abs(few.value - many) < 3.5 * few.error


# Likelihood share


def conjugate(prior_scale, data_scale, seed=0):
    """Draws of N(0, 1)-like posterior whose prior and likelihood are normal about the same 0."""
    precision = prior_scale**-2 + data_scale**-2
    values = normals(0, precision**-0.5, seed=seed)
    logs = [-0.5 * (values.to_numpy() / scale) ** 2 for scale in (prior_scale, data_scale)]
    return values, [power_weights(log) for log in logs]


@pytest.mark.parametrize(("prior", "data", "expected"), [(1, 1, 0.5), (1, 0.5, 0.8), (1, 2, 0.2)])
def test_the_likelihood_share_is_its_share_of_the_precision(prior, data, expected):
    """Raising a normal to a power changes the variance in proportion to its precision."""
    values, weights = conjugate(prior, data)
    assert likelihood_share(values, *weights) == pytest.approx(expected, abs=0.03)


def test_the_likelihood_share_is_the_same_after_a_monotone_transformation():
    values, weights = conjugate(1, 0.7)
    close(likelihood_share(np.exp(3 * values), *weights), likelihood_share(values, *weights))


def test_without_spread_or_draws_there_is_no_share():
    values, weights = conjugate(1, 1)
    assert np.isnan(likelihood_share(0 * values, *weights))
    few, weights = values[:, :10], [[w[:, :10] for w in pair] for pair in weights]
    assert np.isnan(likelihood_share(few, *weights))


# Variance shares


@pytest.mark.parametrize(
    ("group", "expected"), [([0], 1 / 14), ([1], 4 / 14), ([0, 2], 10 / 14), ([], 0), ([3], 0)]
)
def test_variance_shares_of_a_linear_function_are_those_of_its_weights(group, expected):
    values = np.random.default_rng(3).normal(size=(SIZE, 4))
    answer = values @ np.array([1.0, 2.0, 3.0, 0.0])
    assert variance_share(answer, values[:, group]) == pytest.approx(expected, abs=0.03)


def test_variance_shares_do_not_depend_on_the_scale_of_the_parameters():
    values = np.random.default_rng(3).normal(size=(SIZE, 2))
    answer = values @ np.array([1.0, 1.0])
    plain = variance_share(answer, values[:, :1])
    close(variance_share(answer, np.exp(values[:, :1])), plain)
    close(variance_share(5 + 3 * answer, values[:, :1]), plain)


def test_an_interaction_is_credited_to_no_factor_alone():
    """Of a product of two centred factors no first-order index is left."""
    values = np.random.default_rng(3).normal(size=(SIZE, 2))
    answer = values[:, 0] * values[:, 1]
    for column in (0, 1):
        assert variance_share(answer, values[:, [column]]) < 0.05


def test_a_curved_function_is_credited():
    """Var(x + x^2) is 1 + 2; the independent noise has variance 1."""
    values = np.random.default_rng(4).normal(size=(SIZE, 2))
    answer = values[:, 0] + values[:, 0] ** 2 + values[:, 1]
    assert variance_share(answer, values[:, :1]) == pytest.approx(0.75, abs=0.05)
    assert 0 <= variance_share(values[:, 0], values[:, :1]) < 1
    assert np.isnan(variance_share(np.ones(SIZE), values))


# The word


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        ((np.nan, 0.5, 0.9, 0.0), "assumed"),
        ((0.05, 0.5, 0.9, 0.0), "assumed"),
        ((0.05, 0.7, 0.9, 0.0), "mixed"),
        ((0.3, 0.5, 0.9, 0.0), "mixed"),
        ((0.6, 0.5, 0.9, 0.0), "identified"),
        ((0.6, 0.5, 0.4, 0.0), "mixed"),
        ((0.6, 0.5, 0.9, 0.3), "mixed"),
        ((0.6, 0.5, 0.9, 0.95), "assumed"),
        ((0.6, 0.5, 0.9, 0.2, 0.95), "assumed"),
        ((0.6, 0.5, np.nan, np.nan), "identified"),
    ],
)
def test_one_word_follows_the_written_rule(numbers, word):
    assert basis_word(*numbers) == word


def test_the_strongest_word_needs_two_monte_carlo_errors():
    rests = 0.6, 0.5, 0.55, 0.0
    assert basis_word(*rests) == basis_word(*rests, errors=(0.04, 0.02)) == "identified"
    assert basis_word(*rests, errors=(0.06, 0.02)) == "mixed"
    assert basis_word(*rests, errors=(0.04, 0.03)) == "mixed"
    assert basis_word(*rests, errors=(0.04, np.nan)) == "identified"


def test_the_error_of_the_likelihood_share_is_its_spread_over_seeds():
    found = []
    for seed in range(40):
        draws = np.random.default_rng(seed).normal(0.5, np.sqrt(0.5), size=(4, 500))
        weights = power_weights(-0.5 * draws**2), power_weights(-0.5 * (1.0 - draws) ** 2)
        values = xr.DataArray(draws, dims=("chain", "draw"))
        found.append((likelihood_share(values, *weights), likelihood_share_error(values, *weights)))
    shares, errors = np.array(found).T
    assert shares.mean() == pytest.approx(0.5, abs=0.02)
    assert errors.mean() == pytest.approx(shares.std(ddof=1), rel=0.4)
    one = xr.DataArray(draws[:1], dims=("chain", "draw"))
    assert np.isnan(likelihood_share_error(one, *([w[:1] for w in own] for own in weights)))


def test_a_centre_that_moved_by_more_than_a_third_of_a_standard_deviation_is_not_assumed():
    for seed in range(20):
        prior, posterior = normals(seed=seed), normals(0.42, 1, seed=seed + 50)
        word = basis_word(
            information(prior, posterior).value, prior_rank(prior, posterior), 0.2, 0.5
        )
        assert word == "mixed"


def test_a_median_that_stays_on_a_spike_has_not_moved():
    """A third of the draws lie below zero, the rest at it: nothing was learned, nothing moved."""
    spiked = xr.DataArray(
        np.concatenate([-np.arange(1.0, 334.0), np.zeros(667)])[None], dims=("chain", "draw")
    )
    assert prior_rank(spiked, spiked) == 0.5
    assert prior_rank(spiked, 0 * spiked - 3.5) == pytest.approx(0.33)
    assert prior_rank(spiked, 0 * spiked + 1) == 1.0
    word = basis_word(information(spiked, spiked).value, prior_rank(spiked, spiked), 0.3, 0.2)
    assert word == "assumed"


def test_an_assumed_shift_in_and_out_again_is_assumed():
    """The prior's own numbers, drawn anew, are all that the answer consists of."""
    for seed in range(20):
        prior, posterior = normals(seed=seed), normals(seed=seed + 50)
        gained = information(prior, posterior)
        assert gained.value < 0.03
        assert basis_word(gained.value, prior_rank(prior, posterior), 0.5, np.nan) == "assumed"


def test_a_density_that_knows_no_draw_from_another_leaves_all_weights_alike():
    for weights in power_weights(np.full((2, 300), -3.0)):
        np.testing.assert_array_equal(weights, np.full((2, 300), 1 / 600))
