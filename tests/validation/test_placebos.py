"""Placebos in data that a model made without one: which data, which placebos, which verdict."""

import laboratory
import numpy as np
import pytest
from laboratory import OUTPUT

from sanctions_model.errors import QuestionError
from sanctions_model.inference.refits import SamplingSettings
from sanctions_model.robustness.confounding import measures_path
from sanctions_model.robustness.refutation import DRIVER, placebo_verdict
from sanctions_model.scm.parameters import addresses, pin
from sanctions_model.validation import placebos as room
from sanctions_model.validation.placebos import placebo_reference


@pytest.fixture(scope="module")
def known():
    from sanctions_model.inference.conditioned import Problem

    truth = laboratory.draw_truth(2)
    observations = laboratory.as_observations(laboratory.simulate_series(truth, 4))
    problem = Problem.of(laboratory.MODEL, observations, laboratory.PRIORS)
    return problem, pin(problem.scm, {a: truth[a] for a in addresses(problem.scm)})


def test_each_data_set_is_the_models_own_and_each_placebo_has_dates_of_its_own(known, monkeypatch):
    problem, draws = known
    seen = []

    class Found:
        converged = False
        posterior = None

    def instead(own, settings, **options):
        assert options == {"allow_unconverged": True}
        seen.append((own, settings.random_seed))
        return Found()

    monkeypatch.setattr(room, "refit", instead)
    monkeypatch.setattr(room, "strength_of", lambda scm, draws: {"prob_lowers": 0.5})
    settings = SamplingSettings(draws=10, tune=10, chains=1, random_seed=7)
    found = placebo_reference(problem, draws, OUTPUT, data_sets=3, settings=settings)
    assert found["data_set"].tolist() == [0, 1, 2]
    assert not found["converged"].any()
    assert [seed for _, seed in seen] == [7, 8, 9]
    real, steps = problem.cases.values["growth"], np.sort(np.diff(measures_path(problem)))
    for own, _ in seen:
        assert DRIVER in own.scm.exogenous
        made = own.cases.values["growth"]
        assert np.abs(made - real).max() > 0.1  # not the data, but as large
        assert 0.3 < made.std() / real.std() < 3.0
        path = own.cases.values[DRIVER]
        np.testing.assert_allclose(np.sort(np.diff(path)), steps, atol=1e-12)
    assert not np.array_equal(seen[0][0].cases.values[DRIVER], seen[1][0].cases.values[DRIVER])
    assert not np.array_equal(seen[0][0].cases.values["growth"], seen[1][0].cases.values["growth"])


def test_the_verdict_counts_how_many_data_sets_are_as_far_out():
    there = np.linspace(0.05, 0.95, 19)
    verdict = placebo_verdict([0.0, 0.1], there)
    assert verdict["mean"] == pytest.approx(0.05)
    assert verdict["reference_mean"] == pytest.approx(0.5)
    assert verdict["reference_p"] == pytest.approx(2 * (1 + 1) / 20)  # 0.05 itself is as far out
    assert placebo_verdict([0.5, 0.5], there)["reference_p"] == 1.0
    assert placebo_verdict([1.0, 1.0], there)["reference_p"] == pytest.approx(2 / 20)
    assert "reference_p" not in placebo_verdict([0.2, 0.4])


def test_no_data_set_is_refused(known):
    with pytest.raises(QuestionError, match="data_sets is 0; expected a whole number"):
        placebo_reference(*known, OUTPUT, data_sets=0)
