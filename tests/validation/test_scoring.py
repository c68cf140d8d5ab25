"""Scores against closed forms and brute force."""

import numpy as np
import pytest
from scipy import integrate, stats

from sanctions_model.errors import QuestionError
from sanctions_model.validation.origins.scoring import Mixture


def mixture(**changed):
    generator = np.random.default_rng(3)
    parts = {
        "location": np.array([0.0, 1.0, -2.0]),
        "scale": np.array([1.0, 0.5, 2.0]),
        "freedom": np.array([4.0, np.inf, 7.0]),
        "drawn": generator.normal(size=3),
    }
    return Mixture(**(parts | changed))


def densities(y):
    return [stats.t(4).pdf(y), stats.norm(1, 0.5).pdf(y), stats.t(7, -2, 2).pdf(y)]


@pytest.mark.parametrize("outcome", [-5.0, 0.3, 2.0])
def test_the_log_score_is_the_log_of_the_mean_density(outcome):
    assert mixture().log_score(outcome) == pytest.approx(np.log(np.mean(densities(outcome))))


@pytest.mark.parametrize("outcome", [-5.0, 0.3, 2.0])
def test_the_transform_is_the_integral_of_the_density(outcome):
    area, _ = integrate.quad(lambda y: np.mean(densities(y)), -200, outcome, limit=500)
    assert mixture().transform(outcome) == pytest.approx(area, abs=1e-4)


def test_a_right_forecast_scores_better_than_a_wrong_one_on_average():
    generator = np.random.default_rng(5)
    outcomes = generator.normal(size=400)

    def mean_scores(shift, scale):
        drawn = shift + scale * generator.normal(size=500)
        one = Mixture(
            location=np.full(500, shift),
            scale=np.full(500, scale),
            freedom=np.full(500, np.inf),
            drawn=drawn,
        )
        return np.mean([(one.log_score(y), -one.crps(y)) for y in outcomes], axis=0)

    right = mean_scores(0.0, 1.0)
    for wrong in ((1.0, 1.0), (0.0, 3.0), (0.0, 0.3)):
        assert (right > mean_scores(*wrong)).all()


def test_a_mixture_of_unequal_lengths_or_no_scale_is_refused():
    with pytest.raises(QuestionError, match="expected one length for all"):
        mixture(drawn=np.zeros(2))
    with pytest.raises(QuestionError, match="scale that is not positive"):
        mixture(scale=np.array([1.0, 0.0, 1.0]))
