"""Draws become numbers as ArviZ makes them, by the rule in force when asked."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from arviz_base import rc_context
from hypothesis import given
from hypothesis import strategies as st
from oracle import close
from scipy import stats

from sanctions_model import summaries
from sanctions_model.elsewhere import reimposition_hazard
from sanctions_model.summaries import (
    IntervalRule,
    continuous_ranked_probability_score,
    interval,
    interval_rule,
    mean_error,
    median_difference_error,
    probability,
    quantile_pulls,
    share_error,
    summary_errors,
)


def sample(shape, seed=0):
    """Skewed draws, so that the two kinds of interval differ."""
    values = np.random.default_rng(seed).gamma(2.0, 1.5, shape)
    axes = ("chain", "draw", *[f"axis{i}" for i in range(len(shape) - 2)])
    return xr.DataArray(values, dims=axes, name="effect")


def bounds(low, high, median=0.0):
    return xr.DataArray(
        [median, low, high], dims="summary", coords={"summary": ["median", "lower", "upper"]}
    )


@pytest.mark.parametrize("prob", [0.5, 0.89, 0.95, 0.999])
@pytest.mark.parametrize("shape", [(4, 250), (1, 997), (2, 30, 3)])
def test_equal_tailed_bounds_are_those_of_arviz(prob, shape):
    import arviz as az

    draws = sample(shape)
    expected = az.eti(draws, prob=prob).transpose(..., "ci_bound")
    found = interval(draws, IntervalRule(prob, "eti")).sel(summary=["lower", "upper"])
    close(found.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("prob", [0.5, 0.89, 0.95, 0.999])
@pytest.mark.parametrize("shape", [(4, 250), (1, 997), (2, 30, 3)])
def test_highest_density_bounds_are_those_of_arviz(prob, shape):
    import arviz as az

    draws = sample(shape)
    expected = az.hdi(draws, prob=prob).transpose(..., "ci_bound")
    found = interval(draws, IntervalRule(prob, "hdi")).sel(summary=["lower", "upper"])
    close(found.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("kind", ["eti", "hdi"])
def test_the_default_rule_is_that_of_arviz(kind):
    import arviz as az

    draws = sample((4, 100))
    with rc_context({"stats.ci_kind": kind, "stats.ci_prob": 0.8}):
        own = az.eti if kind == "eti" else az.hdi
        close(interval(draws).sel(summary=["lower", "upper"]).to_numpy(), own(draws).to_numpy())


def test_the_rule_is_asked_for_at_every_call():
    draws = sample((2, 400))
    before = interval(draws)
    with rc_context({"stats.ci_prob": 0.5, "stats.ci_kind": "hdi"}):
        assert interval_rule() == IntervalRule(0.5, "hdi")
        assert str(interval_rule()) == "50 % highest-density interval"
        within = interval(draws)
    assert interval_rule() == IntervalRule(0.89, "eti")
    width = [float(i.sel(summary="upper") - i.sel(summary="lower")) for i in (before, within)]
    assert width[1] < width[0]
    xr.testing.assert_identical(interval(draws), before)


@pytest.mark.parametrize("kind", ["eti", "hdi"])
def test_the_median_is_the_median_under_either_rule(kind):
    draws = sample((3, 101, 2))
    found = interval(draws, IntervalRule(0.9, kind)).sel(summary="median")
    close(found.to_numpy(), np.median(draws.to_numpy(), axis=(0, 1)))


@pytest.mark.parametrize("kind", ["eti", "hdi"])
def test_one_draw_is_its_own_interval(kind):
    found = interval(sample((1, 1)), IntervalRule(0.89, kind)).to_numpy()
    assert found[0] == found[1] == found[2]


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    st.floats(0.05, 0.99),
    st.sampled_from(["eti", "hdi"]),
)
def test_bounds_are_ordered_and_inside_the_draws(values, prob, kind):
    draws = xr.DataArray(np.array(values)[None, :], dims=("chain", "draw"))
    median, lower, upper = interval(draws, IntervalRule(prob, kind)).to_numpy()
    slack = 1e-9 * max(1.0, np.abs(values).max())
    assert min(values) - slack <= lower <= upper + slack <= max(values) + 2 * slack
    assert min(values) - slack <= median <= max(values) + slack


def test_the_order_of_dims_does_not_matter():
    draws = sample((2, 50, 3)).assign_coords(axis0=["a", "b", "c"])
    found = interval(draws.transpose("axis0", "draw", "chain"))
    xr.testing.assert_identical(found, interval(draws))
    assert found.dims == ("axis0", "summary")
    assert found["axis0"].to_numpy().tolist() == ["a", "b", "c"]


def test_a_probability_is_a_share_of_draws():
    draws = xr.DataArray([[1.0, -1.0], [2.0, 3.0]], dims=("chain", "draw"))
    assert float(probability(draws > 0)) == 0.75


def test_crps_of_a_sample_is_the_mean_of_distances_by_brute_force():
    generator = np.random.default_rng(1)
    values, weights = generator.normal(size=40), generator.uniform(size=40)
    share = weights / weights.sum()
    pairs = sum(
        share[i] * share[j] * abs(values[i] - values[j]) for i in range(40) for j in range(40)
    )
    expected = np.sum(share * np.abs(values - 0.4)) - pairs / 2
    assert continuous_ranked_probability_score(values, 0.4, weights) == pytest.approx(expected)


def test_crps_of_a_gaussian_is_its_closed_form():
    values = stats.norm(1, 2).ppf((np.arange(20000) + 0.5) / 20000)
    z = (0.5 - 1) / 2
    exact = 2 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert continuous_ranked_probability_score(values, 0.5) == pytest.approx(exact, rel=1e-3)


def test_monte_carlo_errors_are_the_spread_of_the_summaries_over_repetitions():
    many = np.random.default_rng(3).normal(size=(1500, 4, 250))
    rule = IntervalRule(0.8, "eti")
    each = xr.DataArray(many, dims=("repetition", "chain", "draw"))
    spread = interval(each, rule).std("repetition")
    found = [summary_errors(own, interval(own, rule)) for own in each[:20]]
    for name in ("median", "lower", "upper"):
        mean = np.mean([errors[f"{name}_error"] for errors in found])
        assert mean == pytest.approx(float(spread.sel(summary=name)), rel=0.1)
    means = [mean_error(own) for own in each[:20]]
    assert np.mean(means) == pytest.approx(float(each.mean(("chain", "draw")).std()), rel=0.1)
    shares = (many < 0.5).mean(axis=(1, 2))
    assert share_error(many[0] < 0.5) == pytest.approx(shares.std(), rel=0.1)


def test_draws_that_depend_on_each_other_have_larger_errors():
    steps = np.random.default_rng(3).normal(size=(4, 1000))
    slow = np.zeros_like(steps)
    for draw in range(1, 1000):
        slow[:, draw] = 0.9 * slow[:, draw - 1] + np.sqrt(1 - 0.9**2) * steps[:, draw]
    apart, together = (xr.DataArray(x, dims=("chain", "draw")) for x in (steps, slow))
    errors = [summary_errors(x, interval(x))["median_error"] for x in (apart, together)]
    assert mean_error(together) > 3 * mean_error(apart)
    assert errors[1] > 3 * errors[0]  # the square root of (1 + 0.9) / (1 - 0.9) is 4.4
    assert share_error(slow < 0) > 2 * share_error(steps < 0)


@pytest.mark.parametrize("place", [0.055, 0.5, 0.8])
def test_the_error_of_a_quantile_is_its_closed_form(place):
    # sqrt(q (1 - q) / n) / f(x_q), of normal draws.
    values = 3.0 * np.random.default_rng(4).normal(size=40_000)
    found = quantile_pulls(values, place).std() / np.sqrt(values.size)
    density = stats.norm.pdf(stats.norm.ppf(place)) / 3.0
    exact = np.sqrt(place * (1.0 - place) / values.size) / density
    assert found == pytest.approx(exact, rel=0.12)


def test_the_error_of_a_mean_and_of_a_probability_is_its_closed_form():
    values = np.random.default_rng(5).normal(0.0, 3.0, (4, 2500))
    draws = xr.DataArray(values, dims=("chain", "draw"))
    assert mean_error(draws) == pytest.approx(3.0 / 100.0, rel=0.08)
    share = float(stats.norm.cdf(-0.5))
    exact = np.sqrt(share * (1.0 - share)) / 100.0
    assert share_error(values > 1.5) == pytest.approx(exact, rel=0.08)


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.9, 1.0])
def test_what_two_medians_of_the_same_draws_share_cancels_in_the_error_of_their_difference(rho):
    # Both pulls are signs times sqrt(pi / 2): the variance is pi (1 - 2 asin(rho) / pi) / n.
    rng = np.random.default_rng(6)
    first, other = rng.normal(size=(2, 4, 5000))
    second = rho * first + np.sqrt(1.0 - rho**2) * other
    pair = [xr.DataArray(own, dims=("chain", "draw")) for own in (first, second)]
    exact = np.sqrt(np.pi * (1.0 - 2.0 * np.arcsin(rho) / np.pi) / first.size)
    assert median_difference_error(*pair) == pytest.approx(exact, rel=0.1, abs=1e-12)


def test_what_does_not_vary_has_no_error():
    fixed = xr.DataArray(np.full((4, 50), 7.0), dims=("chain", "draw"))
    assert set(summary_errors(fixed, interval(fixed)).values()) == {0.0}


# A published range is read as 90 %, sanity checks name the quantiles that they read, what is
# shipped of single episodes and of a trial is at 90 % and says so; the rest gives a law a scale.
OWN_LEVEL = {
    "elsewhere/left_out.py",
    "elsewhere/model/fitting.py",
    "inference/priors/pools.py",
    "plots/sweeps.py",
    "report/sections/elsewhere.py",
    "report/validation/elsewhere.py",
    "robustness/observed_relief.py",
    "validation/misses.py",
    "validation/sanity_ranges.py",
    "report/validation/sections.py",
    "elsewhere/prediction.py",
    "elsewhere/trial.py",
    "cli/elsewhere.py",
}
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def test_no_surface_has_an_interval_of_its_own():
    package = Path(summaries.__file__).parent
    own_level = re.compile(
        r"\b90 %|0\.055(?!\) / 1\.055)|IntervalRule\(0\.[^5]|(?:PROB|BOUND)\s*=\s*0|interval\(0\."
        r"|quantile\(.*0\.05"
    )
    found = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if own_level.search(line)
    }
    assert found <= OWN_LEVEL
    own_band = re.compile(r"\b90 %|\[0\.05, 0\.95\]")
    written = {file.name: file.read_text(encoding="utf-8") for file in NOTEBOOKS.glob("*.py")}
    assert {name for name, text in written.items() if own_band.search(text)} == set()


def test_every_table_follows_when_the_level_changes():
    with rc_context({"stats.ci_prob": 0.5}):
        rule = interval_rule()
        assert (rule.percent, rule.tails) == ("50 %", (0.25, 0.75))
        hazard = reimposition_hazard()
    wide = reimposition_hazard()
    assert ((wide["upper"] - wide["lower"]) > (hazard["upper"] - hazard["lower"])).all()
