"""The rivals: conjugate posteriors against closed forms and against refits."""

import numpy as np
import pytest
from scipy import integrate, stats

from sanctions_model.errors import QuestionError
from sanctions_model.validation.origins.baselines import (
    autoregression,
    leave_one_out,
    minnesota,
    random_walk,
)


@pytest.fixture(scope="module")
def series():
    generator = np.random.default_rng(7)
    values = np.zeros(120)
    for t in range(2, 120):
        values[t] = 0.4 + 0.6 * values[t - 1] - 0.2 * values[t - 2] + generator.normal()
    return values


def test_a_walk_of_a_rate_starts_where_the_rate_is_and_spreads(series):
    found = random_walk(series, horizon=8, is_growth=False, draws=8000)
    assert np.median(found.paths[:, 0]) == pytest.approx(series[-1], abs=0.1)
    spread = found.paths.std(axis=0)
    steps = np.diff(series).std()
    assert spread[0] == pytest.approx(steps, rel=0.1)
    assert spread[7] == pytest.approx(np.sqrt(8) * steps, rel=0.1)


def test_a_walk_of_a_level_keeps_the_mean_growth(series):
    found = random_walk(series, horizon=4, is_growth=True, draws=8000)
    assert found.paths.mean() == pytest.approx(series.mean(), abs=0.05)
    assert found.paths[:, 3].std() == pytest.approx(series.std(), rel=0.1)


def test_an_autoregression_forecasts_like_least_squares(series):
    design = np.stack([np.ones(118), series[1:-1], series[:-2]], axis=1)
    weights, *_ = np.linalg.lstsq(design, series[2:], rcond=None)
    first = weights @ [1, series[-1], series[-2]]
    second = weights @ [1, first, series[-1]]
    found = autoregression(series, horizon=2, draws=20000)
    np.testing.assert_allclose(found.location.mean(axis=0), [first, second], atol=0.05)
    residual = series[2:] - design @ weights
    assert np.median(found.scale) == pytest.approx(residual.std(), rel=0.05)


def test_the_density_of_a_value_is_around_its_location(series):
    found = autoregression(series, horizon=3, draws=4000)
    z = (found.paths - found.location) / found.scale[:, None]
    assert stats.kstest(z.ravel(), "norm").pvalue > 0.01


@pytest.mark.parametrize("is_growth", [True, False])
def test_leaving_one_out_equals_a_forecast_that_never_saw_it(series, is_growth):
    short = series[:30]
    found = leave_one_out(short, is_growth=is_growth)["random walk"]
    place = 12
    if is_growth:
        others, shift = np.delete(short, place), 0.0
        direct = random_walk(others, horizon=1, is_growth=True, draws=40000)
    else:
        steps, shift = np.delete(np.diff(short), place - 1), short[place - 1]
        walk = np.concatenate([[0.0], np.cumsum(steps)])
        direct = random_walk(walk, horizon=1, is_growth=False, draws=40000)
        shift = shift - walk[-1]
    for outcome in (short[place], short[place] + 1.0):
        expected = direct.at(1).log_score(outcome - shift)
        assert found[place].log_score(outcome) == pytest.approx(expected, abs=0.03)


def test_leave_one_out_densities_integrate_to_one(series):
    found = leave_one_out(series[:20], is_growth=True)
    assert set(found["autoregression"]) == set(range(2, 20))
    one = found["autoregression"][9]
    area, _ = integrate.quad(lambda y: np.exp(one.log_score(y)), -60, 60, limit=400)
    assert area == pytest.approx(1.0, abs=1e-3)


def test_gaps_leave_out_what_needs_them(series):
    holed = series[:20].copy()
    holed[10] = np.nan
    found = leave_one_out(holed, is_growth=False)
    assert 10 not in found["random walk"]
    assert 11 not in found["random walk"]
    assert {10, 11, 12}.isdisjoint(found["autoregression"])


def test_short_series_are_refused():
    with pytest.raises(QuestionError, match="a rival needs at least 4"):
        autoregression(np.array([1.0, 2.0, np.nan, 1.0]), horizon=1)


def test_minnesota_forecasts_each_series_and_its_density_is_right():
    pytest.importorskip("bvar")
    generator = np.random.default_rng(3)
    a = np.cumsum(generator.normal(size=90)) * 0.3 + 8
    b = generator.normal(0.5, 1.0, 90)
    found = minnesota({"rate": a, "growth": b}, horizon=4, in_levels=["rate"], draws=3000)
    assert found["rate"].paths.shape == (3000, 4)
    assert np.median(found["rate"].paths[:, 0]) == pytest.approx(a[-1], abs=0.3)
    assert found["growth"].paths[:, 3].mean() == pytest.approx(b.mean(), abs=0.3)
    for one in found.values():
        z = (one.paths - one.location) / one.scale[:, None]
        assert stats.kstest(z.ravel()[::7], "norm").pvalue > 0.01
    with pytest.raises(QuestionError, match="no value inside the sample or at the origin"):
        minnesota({"rate": a, "growth": np.where(np.arange(90) == 50, np.nan, b)}, horizon=1)
