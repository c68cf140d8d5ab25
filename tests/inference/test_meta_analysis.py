"""Random-effects pools against closed forms and a brute-force integral."""

import numpy as np
import pytest

from sanctions_model.data.evidence import load_evidence
from sanctions_model.errors import PriorError, QuestionError
from sanctions_model.inference.priors.meta_analysis import pool
from sanctions_model.inference.priors.pools import as_prior, load_pools, pool_studies

VALUES, ERRORS = [0.2, 0.5, 0.35, 0.9], [0.1, 0.2, 0.05, 0.3]


@pytest.mark.parametrize("between", [0.0, 0.15, 2.0])
def test_known_deviation_is_the_closed_form(between):
    pooled = pool(VALUES, ERRORS, between=between)
    weights = [1 / (s**2 + between**2) for s in ERRORS]
    mean = sum(w * y for w, y in zip(weights, VALUES, strict=True)) / sum(weights)
    variance = 1 / sum(weights)
    assert pooled.mean == pytest.approx(mean, rel=1e-12)
    assert pooled.error == pytest.approx(variance**0.5, rel=1e-12)
    assert pooled.spread == pytest.approx((variance + between**2) ** 0.5, rel=1e-12)
    assert pooled.shares.sum() == pytest.approx(1)
    upper = pooled.quantiles([0.95])[0]
    assert upper == pytest.approx(mean + 1.6448536 * (variance + between**2) ** 0.5, rel=1e-6)


def test_unknown_deviation_agrees_with_integrating_the_joint_density():
    scale = 0.3
    pooled = pool(VALUES, ERRORS, between_scale=scale)
    mean, between = np.meshgrid(
        np.linspace(-3, 4, 1401), np.linspace(1e-4, 5 * scale, 751), indexing="ij"
    )
    log_density = -0.5 * (between / scale) ** 2
    for y, s in zip(VALUES, ERRORS, strict=True):
        variance = s**2 + between**2
        log_density = log_density - 0.5 * np.log(variance) - 0.5 * (y - mean) ** 2 / variance
    mass = np.exp(log_density - log_density.max())
    mass /= mass.sum()
    expected = (mass * mean).sum()
    assert pooled.mean == pytest.approx(expected, abs=2e-4)
    assert pooled.error == pytest.approx(((mass * (mean - expected) ** 2).sum()) ** 0.5, rel=5e-3)
    assert pooled.mass @ pooled.between == pytest.approx((mass * between).sum(), rel=1e-2)


def test_quality_shares_count_as_copies_of_a_study():
    twice = pool([0.2, 0.5, 0.5], [0.1, 0.2, 0.2], between=0.1)
    shared = pool([0.2, 0.5], [0.1, 0.2], quality=[1 / 3, 2 / 3], between=0.1)
    assert shared.mean == pytest.approx(twice.mean)
    # Two rows count as two studies, whatever their shares; three rows as three.
    assert shared.error**2 == pytest.approx(twice.error**2 * 3 / 2)


def test_disagreement_stays_in_the_predictive_distribution():
    close = pool([1.0, 1.0, 1.0], [0.1] * 3, between_scale=1.0)
    apart = pool([0.0, 1.0, 2.0], [0.1] * 3, between_scale=1.0)
    assert apart.mass @ apart.between > 3 * close.mass @ close.between
    assert apart.spread > 1.0 > apart.error
    narrower = apart.quantiles([0.05, 0.95], predictive=False)
    wider = apart.quantiles([0.05, 0.95])
    assert wider[0] < narrower[0] < narrower[1] < wider[1]


def test_predictive_density_integrates_to_one_and_has_the_stated_moments():
    pooled = pool(VALUES, ERRORS, between_scale=0.3)
    x = np.linspace(-5, 6, 3001)
    density = np.exp(pooled.log_density(x))
    step = x[1] - x[0]
    assert density.sum() * step == pytest.approx(1, abs=1e-6)
    assert (density * x).sum() * step == pytest.approx(pooled.mean, abs=1e-5)
    second = (density * (x - pooled.mean) ** 2).sum() * step
    assert second**0.5 == pytest.approx(pooled.spread, rel=1e-4)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"quality": [0.5, 0.2, 0.2, 0.2]}, "sum to 1.1; expected 1"),
        ({"quality": [0.5, 0.5]}, "4 values, 4 errors and 2 quality shares"),
        ({"between": 0.1}, "give exactly one"),
        ({"between_scale": -1.0}, "expected a number above 0"),
    ],
)
def test_bad_pools_are_refused(changed, message):
    arguments = {"between_scale": 0.3} | changed
    with pytest.raises(QuestionError, match=message):
        pool(VALUES, ERRORS, **arguments)


@pytest.mark.parametrize("error", [0.0, -0.1, np.nan])
def test_an_error_that_is_not_positive_is_refused(error):
    with pytest.raises(QuestionError, match="errors and quality shares above 0"):
        pool([1.0], [error], between=0.1)


def test_bundled_pools_become_priors_that_keep_their_quantiles():
    for name, found in load_pools().items():
        pooled = pool_studies(found)
        prior = as_prior(found, pooled)
        drawn = prior.sample(np.random.default_rng(1), 200_000)
        if found.family == "LogNormal":
            drawn = np.log(drawn)
        low, middle, high = pooled.quantiles([0.05, 0.5, 0.95])
        assert np.median(drawn) == pytest.approx(middle, abs=0.1 * (high - low)), name
        width = np.subtract(*np.quantile(drawn, [0.95, 0.05]))
        assert width == pytest.approx(high - low, rel=0.15), name
        assert set(prior.sources) == {study.evidence for study in found.studies}


def test_pooled_studies_lie_within_what_the_rows_say():
    evidence = load_evidence()
    found = load_pools()["pass_through_4q"]
    pooled = pool_studies(found, evidence)
    values = np.exp(pooled.values)
    assert values.min() == pytest.approx(0.055)
    assert values.max() == pytest.approx((0.51 + 0.68) / 2)
    low, high = np.exp(pooled.quantiles([0.05, 0.95]))
    assert low < values.min() * 1.2
    assert high > 0.48


POOL = """
format_version = 1
[pool.x]
quantity = "q"
unit = "{unit}"
horizon = {horizon}
between_scale = 0.1
rationale = "r"
[[pool.x.studies]]
evidence = "{evidence}"
error = 0.1
quality = {quality}
horizon = 4
basis = "b"
"""


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"quality": 0.9}, QuestionError, r"\[pool.x\]: the quality shares sum to 0.9; expected 1"),
        ({"unit": "pp"}, QuestionError, "is in '% of CPI per 1 % of depreciation', the pool in"),
        ({"horizon": 1}, QuestionError, "holds after 4 periods, the pool after 1"),
        ({"evidence": "ponomarev_2016_4"}, PriorError, "Did you mean 'ponomarev_2016_4q'"),
        ({"evidence": "itskhoki_mukhin_2025_sign"}, PriorError, "has no single number"),
    ],
)
def test_bad_pool_files_are_refused_with_the_place(tmp_path, changed, error, message):
    good = {
        "unit": "% of CPI per 1 % of depreciation",
        "horizon": 4,
        "evidence": "ponomarev_2016_4q",
        "quality": 1.0,
    }
    path = tmp_path / "pools.toml"
    path.write_text(POOL.format(**good))
    assert len(load_pools(path)["x"].studies) == 1
    path.write_text(POOL.format(**(good | changed)))
    with pytest.raises(error, match=message):
        load_pools(path)
