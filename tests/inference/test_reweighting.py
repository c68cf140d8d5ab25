"""Reweighting against closed forms: conjugate posteriors, known tails, counts."""

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import variable

from sanctions_model.errors import ReweightingError
from sanctions_model.inference.priors.families import (
    Beta,
    Fixed,
    Gamma,
    LogNormal,
    Normal,
    StudentT,
)
from sanctions_model.inference.reweighting import (
    changed_priors,
    effective_draws,
    importance_weights,
    median_change_error,
    prior_log_ratio,
    resample,
    share_change_error,
    weighted_interval,
    weighted_quantile,
)
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval

SCM = StructuralCausalModel(
    equations=(
        Exogenous(variable=variable("x")),
        Linear(variable=variable("y"), parents=("x", "y[1]")),
    )
)
FIXED = {
    "y[1] -> y": Normal(mu=0.0, sigma=1.0),
    "intercept[y]": Normal(mu=0.0, sigma=1.0),
    "scale[y]": Gamma(alpha=2.0, beta=2.0),
    "degrees_of_freedom[y]": Gamma(alpha=2.0, beta=0.1, shift=2.0),
}


@pytest.mark.parametrize("narrow", [0.3, 0.7, 1.0])
def test_effective_draws_are_those_of_a_normal_belief_within_another(narrow):
    """(E w)^2 / E w^2 for N(0, s^2) from draws of N(0, 1) is s sqrt(2 - s^2)."""
    z = scipy.stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    ratio = -0.5 * z**2 / narrow**2 + 0.5 * z**2
    share = narrow * np.sqrt(2 - narrow**2)
    assert effective_draws(ratio) / z.size == pytest.approx(share, rel=1e-3)
    assert effective_draws(ratio - 1e6) == pytest.approx(effective_draws(ratio))
    assert effective_draws(np.full(5, -np.inf)) == 0.0


def draws_of(slopes, chains=4):
    shape = (chains, slopes.size // chains)
    links = [link.label for link in SCM.links]
    values = np.zeros((*shape, len(links)))
    values[..., links.index("x -> y")] = slopes.reshape(shape)
    values[..., links.index("y[1] -> y")] = np.arange(slopes.size).reshape(shape)
    return xr.Dataset({"coefficient": (("chain", "draw", "link"), values)}, coords={"link": links})


def conjugate(prior_mean, prior_sd, data_mean=0.8, data_sd=0.5):
    """Mean and deviation of a Gaussian mean's posterior under a Gaussian prior."""
    precision = prior_sd**-2 + data_sd**-2
    return (prior_mean * prior_sd**-2 + data_mean * data_sd**-2) / precision, precision**-0.5


def with_slope(prior):
    return {"x -> y": prior, **FIXED}


@pytest.mark.parametrize(("mean", "sd"), [(1.0, 1.0), (-1.0, 1.0), (0.0, 0.5), (0.5, 2.0)])
def test_another_gaussian_prior_gives_the_conjugate_posterior(mean, sd):
    size = 20_000
    base = conjugate(0.0, 1.0)
    slopes = np.random.default_rng(3).normal(*base, size)
    ratio = prior_log_ratio(
        SCM,
        draws_of(slopes),
        with_slope(Normal(mu=0.0, sigma=1.0)),
        with_slope(Normal(mu=mean, sigma=sd)),
    )
    expected = scipy.stats.norm(mean, sd).logpdf(slopes) - scipy.stats.norm(0, 1).logpdf(slopes)
    np.testing.assert_allclose(ratio, expected, rtol=1e-10, atol=1e-12)
    found = importance_weights(ratio)
    found.require()
    target = scipy.stats.norm(*conjugate(mean, sd))
    error = target.std() / np.sqrt(found.effective_size)
    assert found.weights @ slopes == pytest.approx(target.mean(), abs=4 * error)
    for prob in (0.055, 0.5, 0.945):
        quantile = weighted_quantile(slopes, found.weights, [prob]).item()
        noise = np.sqrt(prob * (1 - prob) / found.effective_size) / target.pdf(target.ppf(prob))
        assert quantile == pytest.approx(target.ppf(prob), abs=4 * noise)


@pytest.mark.parametrize("shift", [0.3, 0.6, 1.0])
def test_a_shifted_gaussian_costs_the_effective_size_of_its_formula(shift):
    # For N(0, 1) against N(shift, 1), 1 / E[w^2] is exp(-shift^2).
    z = np.random.default_rng(4).normal(size=40_000)
    found = importance_weights(shift * z)
    assert found.effective_size / z.size == pytest.approx(np.exp(-(shift**2)), rel=0.1)
    halved = importance_weights(shift * z, relative_efficiency=0.5)
    assert halved.effective_size == pytest.approx(0.5 * found.effective_size, rel=0.05)


@pytest.mark.parametrize("variance", [1.5, 2.0, 10.0])
def test_k_hat_is_the_known_shape_of_a_wider_gaussian(variance):
    # Ratios of N(0, variance) to N(0, 1) have a Pareto tail of shape 1 - 1 / variance.
    z = np.random.default_rng(5).normal(size=200_000)
    found = importance_weights(0.5 * z**2 * (1 - 1 / variance))
    assert found.k_hat == pytest.approx(1 - 1 / variance, abs=0.12)
    assert (variance > 5) == any("k-hat" in failure for failure in found.failures)


def test_weights_that_do_not_hold_are_refused_with_both_numbers():
    z = np.random.default_rng(6).normal(size=4000)
    found = importance_weights(3.0 * z)
    assert not found.holds
    with pytest.raises(ReweightingError, match=r"k-hat .*effective sample size .*fit them"):
        found.require()


def test_the_same_beliefs_leave_the_weights_equal():
    slopes = np.random.default_rng(7).normal(size=400)
    prior = with_slope(Normal(mu=0.1, sigma=2.0))
    reworded = with_slope(Normal(mu=0.1, sigma=2.0, rationale="said in other words"))
    assert changed_priors(prior, reworded) == ()
    found = importance_weights(prior_log_ratio(SCM, draws_of(slopes), prior, reworded))
    assert found.k_hat == -np.inf
    np.testing.assert_allclose(found.weights, 1 / 400, rtol=1e-12)
    assert found.effective_size == pytest.approx(400)
    assert found.holds


def test_draws_outside_the_new_support_get_no_weight():
    slopes = np.random.default_rng(8).normal(size=8000)
    before = with_slope(Normal(mu=0.0, sigma=1.0))
    after = with_slope(Normal(mu=0.0, sigma=1.0, lower=0.0))
    found = importance_weights(prior_log_ratio(SCM, draws_of(slopes), before, after))
    assert (found.weights[slopes < 0] == 0).all()
    assert found.effective_size == pytest.approx((slopes > 0).sum())
    median = weighted_quantile(slopes, found.weights, [0.5]).item()
    assert median == pytest.approx(np.quantile(slopes[slopes > 0], 0.5), abs=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (Normal(mu=0.0, sigma=1.0, lower=0.0), Normal(mu=0.0, sigma=1.0), "never go beyond"),
        (LogNormal(median=1.0, sigma=1.0), StudentT(nu=4.0, mu=0.0, sigma=1.0), "never go beyond"),
        (Normal(mu=0.0, sigma=1.0), Fixed(value=0.3), "known value"),
        (Fixed(value=0.2), Fixed(value=0.3), "known value"),
    ],
)
def test_beliefs_that_no_draw_can_speak_for_are_refused(before, after, reason):
    draws = draws_of(np.full(400, 0.2))
    with pytest.raises(ReweightingError, match=f"'x -> y'.*{reason}"):
        prior_log_ratio(SCM, draws, with_slope(before), with_slope(after))


def test_a_mirrored_log_normal_is_another_belief():
    one = with_slope(LogNormal(median=1.0, sigma=1.0))
    other = with_slope(LogNormal(median=1.0, sigma=1.0, negative=True))
    assert changed_priors(one, other) == ("x -> y",)


def test_another_model_is_refused():
    fewer = {"x -> y": Beta(alpha=1.0, beta=1.0)}
    with pytest.raises(ReweightingError, match=r"Only one of the two .*'degrees_of_freedom\[y\]'"):
        changed_priors(fewer, with_slope(Beta(alpha=1.0, beta=1.0)))


@pytest.mark.parametrize(
    ("ratio", "reason"),
    [
        (np.zeros(20), "at least 100 draws"),
        (np.zeros((10, 40)), "one a draw"),
        (np.r_[np.zeros(200), np.nan], "not a number"),
        (np.r_[np.zeros(200), np.inf], "not a number or infinite"),
        (np.full(200, -np.inf), "no density at any draw"),
    ],
)
def test_ratios_that_make_no_weights_are_refused(ratio, reason):
    with pytest.raises(ReweightingError, match=reason):
        importance_weights(ratio)


@pytest.mark.parametrize("efficiency", [0.0, -1.0, 1.5, np.nan])
def test_an_impossible_efficiency_is_refused(efficiency):
    with pytest.raises(ReweightingError, match="above 0 and at most 1"):
        importance_weights(np.zeros(200), relative_efficiency=efficiency)


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_equal_weights_give_plain_quantiles(values, probs):
    values = np.array(values)
    found = weighted_quantile(values, np.full(values.size, 0.25), probs)
    np.testing.assert_allclose(found, np.quantile(values, probs), rtol=1e-9, atol=1e-9)


def test_whole_weights_are_repeated_draws_in_the_limit():
    generator = np.random.default_rng(9)
    values, counts = generator.normal(size=(3, 3000)), generator.integers(0, 5, 3000)
    repeated = np.repeat(values, counts, axis=1)
    found = weighted_quantile(values, counts / counts.sum(), [0.1, 0.5, 0.9])
    np.testing.assert_allclose(found, np.quantile(repeated, [0.1, 0.5, 0.9], axis=1), atol=5e-3)


@pytest.mark.parametrize("kind", ["eti", "hdi"])
def test_equal_weights_give_the_interval_of_plain_draws(kind):
    values = np.random.default_rng(10).gamma(2.0, size=(4, 500, 3))
    draws = xr.DataArray(
        values, dims=("chain", "draw", "outcome"), coords={"outcome": ["a", "b", "c"]}
    )
    rule = IntervalRule(0.89, kind)
    found = weighted_interval(draws, np.full(2000, 1 / 2000), rule)
    xr.testing.assert_allclose(found, interval(draws, rule), atol=0.02 if kind == "hdi" else 1e-9)


def test_the_weighted_highest_density_interval_of_an_exponential_starts_at_zero():
    # Uniform draws weighted by exp(-u) are exponential, whose narrowest interval is [0, q(prob)].
    u = np.random.default_rng(11).uniform(0, 20, 50_000)
    weights = np.exp(-u) / np.exp(-u).sum()
    draws = xr.DataArray(u.reshape(2, -1), dims=("chain", "draw"))
    found = weighted_interval(draws, weights, IntervalRule(0.8, "hdi"))
    assert found.sel(summary="lower").item() == pytest.approx(0.0, abs=0.05)
    assert found.sel(summary="upper").item() == pytest.approx(-np.log(0.2), abs=0.1)


def test_resampling_takes_each_draw_as_often_as_its_weight_says():
    generator = np.random.default_rng(12)
    weights = generator.dirichlet(np.full(400, 0.3))
    draws = draws_of(generator.normal(size=400))
    size = 1000
    found = resample(draws, weights, size=size, random_seed=1)
    assert dict(found.sizes) == {"chain": 1, "draw": size, "link": 2}
    names = found["coefficient"].sel(link="y[1] -> y").to_numpy().ravel().astype(int)
    counts = np.bincount(names, minlength=400)
    assert (np.abs(counts - size * weights) < 1).all()
    # Whole rows are taken: the slope belongs to the same draw as the row's number.
    slopes = draws["coefficient"].sel(link="x -> y").to_numpy().ravel()
    np.testing.assert_array_equal(
        found["coefficient"].sel(link="x -> y").to_numpy().ravel(), slopes[names]
    )


def test_resampling_repeats_with_its_seed_and_differs_with_another():
    draws = draws_of(np.random.default_rng(13).normal(size=400))
    weights = np.random.default_rng(14).dirichlet(np.ones(400))
    first = resample(draws, weights, size=50, random_seed=5)
    xr.testing.assert_identical(first, resample(draws, weights, size=50, random_seed=5))
    assert not first.equals(resample(draws, weights, size=50, random_seed=6))
    with pytest.raises(ReweightingError, match="at least 1 draw"):
        resample(draws, weights, size=0, random_seed=5)


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_the_error_of_what_weights_move_is_its_closed_form(shift):
    # Normal draws tilted to N(shift, 1), weights exp(shift x - shift^2 / 2), whose second moment
    # is exp(shift^2) and under which x is N(2 shift, 1); what both share cancels.
    x = np.random.default_rng(15).normal(size=(4, 10_000))
    weights = np.exp(shift * x - shift**2 / 2).ravel() / x.size
    draws = xr.DataArray(x, dims=("chain", "draw"))
    square, up = np.exp(shift**2), scipy.stats.norm.cdf(shift)
    median = np.pi / 2 * (square + 1 - 4 * scipy.stats.norm.cdf(-shift))
    assert median_change_error(draws, weights) == pytest.approx(
        np.sqrt(median / x.size), rel=0.1, abs=1e-12
    )
    far = scipy.stats.norm.cdf(2 * shift)
    share = square * (far * (1 - up) ** 2 + (1 - far) * up**2) + 1 / 4 - 2 * up * (1 - up)
    assert share_change_error(draws > 0, weights) == pytest.approx(
        np.sqrt(share / x.size), rel=0.1, abs=1e-12
    )
