"""Required relief at every depth is that of one simulation for each depth."""

import numpy as np
import pytest
from small_futures import problem_of, repeated
from strategies import variable

from sanctions_model.errors import QuestionError
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.queries import required
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.findings import required_finding
from sanctions_model.queries.required import Target, relief_frontier, required_relief
from sanctions_model.scm.equations import AsymmetricAdjustment, Exogenous, Linear
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold, Noise

DEPTHS = np.round(np.arange(0, 1.005, 0.01), 2)


def one_by_one(problem, draws, target, path_at, seed):
    """P(target met) with every depth a scenario of its own."""
    each = [path_at(depth) for depth in DEPTHS]
    futures = simulate(
        problem,
        draws,
        horizon=target.window.last,
        exogenous={name: np.stack([paths[name] for paths in each]) for name in each[0]},
        random_seed=seed,
        outcomes=[target.outcome],
    ).to_numpy()[0]
    reached = futures <= target.value if target.below else futures >= target.value
    return reached.any(axis=1).reshape(len(DEPTHS), -1).mean(axis=1)


@pytest.fixture(scope="module")
def bundled(growth_problem):
    drawn = sample_prior(growth_problem.scm, growth_problem.absolute, draws=150, random_seed=5)
    return growth_problem, complete_from_prior(growth_problem, drawn, 6)


def simulations(monkeypatch):
    """Count the scenarios that are simulated."""
    counted = []
    original = required.simulate

    def counting(*args, **options):
        counted.append(len(next(iter(options["exogenous"].values()))))
        return original(*args, **options)

    monkeypatch.setattr(required, "simulate", counting)
    return counted


@pytest.mark.parametrize("start", [1, 3])
def test_few_simulations_answer_for_every_depth(bundled, monkeypatch, start):
    """Energy measures still rise at the end of the data: a small relief only slows that."""
    problem, draws = bundled
    counted = simulations(monkeypatch)
    target = Target(outcome="import_premium", value=6.0, below=True, when="by 10", probability=0.5)
    relief = Relief(ramp=4, start=start)
    found = required_relief(problem, draws, target, relief=relief, random_seed=2)
    assert problem.cases.values["energy"][-1] < 1.0
    assert sum(counted) <= 4

    def path_at(depth):
        own = Relief(depth=depth, ramp=4, start=start)
        return {name: own.path(1.0, 10) for name in problem.scm.measures}

    expected = one_by_one(problem, draws, target, path_at, 2)
    np.testing.assert_allclose(found.probability, expected, atol=1e-12)
    assert np.ptp(found.probability) > 0


def relieved_once():
    """A measure that was relieved in the past and may be imposed again or relieved further."""
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            Exogenous(variable=variable("tariff"), continuation=Hold(0.9)),
            AsymmetricAdjustment(variable=variable("effective"), measure="tariff"),
            Linear(variable=variable("y"), parents=("effective", "y[1]")),
        ),
    )
    values = {
        "effective -> y": 1.5,
        "y[1] -> y": 0.4,
        "scale[y]": 0.3,
        "recoverable_share[tariff]": 0.6,
        "recovery_speed[tariff]": 0.3,
    }
    series = {"tariff": np.array([0.0, 1.0, 0.7, 0.7]), "y": np.array([0.0, 1.0, 1.2, 1.1])}
    return problem_of(scm, series), repeated(pin(scm, values), 300)


def test_where_an_effective_measure_has_a_kink_each_depth_is_simulated(monkeypatch):
    problem, draws = relieved_once()
    counted = simulations(monkeypatch)
    target = Target(outcome="y", value=1.9, below=False, when="by 4", probability=0.5)
    relief = Relief(ramp=2, measures=("tariff",))
    found = required_relief(problem, draws, target, relief=relief, random_seed=4)
    # From 0.7 the measure goes to 0.9 (1 - depth / 2): it rises for depths below 4 / 9.
    assert sum(counted) == 45 + 2

    def path_at(depth):
        return {"tariff": Relief(depth=depth, ramp=2, measures=("tariff",)).path(0.9, 4)}

    expected = one_by_one(problem, draws, target, path_at, 4)
    np.testing.assert_allclose(found.probability, expected, atol=1e-12)
    assert np.ptp(found.probability) > 0


def test_the_frontier_is_that_of_one_simulation_for_each_pair(bundled, monkeypatch):
    problem, draws = bundled
    counted = simulations(monkeypatch)
    target = Target(outcome="key_rate", value=12.0, below=True, when="by 6", probability=0.6)
    found = relief_frontier(
        problem, draws, target, ("finance", "energy"), ramp=3, random_seed=7
    ).set_index("finance")
    assert sum(counted) <= 6
    for first in (0.0, 0.35, 1.0):

        def path_at(depth, first=first):
            return {
                "finance": Relief(depth=first, ramp=3).path(1.0, 6),
                "energy": Relief(depth=depth, ramp=3).path(1.0, 6),
            }

        expected = one_by_one(problem, draws, target, path_at, 7)
        enough = np.flatnonzero(expected >= 0.6)
        at = enough[0] if enough.size else -1
        assert found["probability"][first] == pytest.approx(expected[at], abs=1e-12)
        if enough.size:
            assert found["energy"][first] == DEPTHS[at]
        else:
            assert np.isnan(found["energy"][first])


def test_depths_that_suffice_are_intervals_of_their_own_ends():
    depths = np.round(np.linspace(0, 1, 11), 2)
    chances = np.array([0.9, 0.9, 0.1, 0.1, 0.8, 0.85, 0.9, 0.2, 0.2, 0.9, 0.9])
    target = Target(outcome="y", value=0.0, below=True, when="by 4", probability=0.8)

    def intervals(probability):
        return required.RequiredRelief(
            target=target, depths=depths, probability=probability, standard_error=0 * depths
        ).sufficient

    assert intervals(chances) == ((0.0, 0.1), (0.4, 0.6), (0.9, 1.0))
    assert intervals(0 * depths) == ()
    assert intervals(0 * depths + 0.8) == ((0.0, 1.0),)
    assert intervals((depths == 0.3).astype(float)) == ((0.3, 0.3),)


def test_the_verdict_says_how_near_the_best_is_and_that_relief_may_be_too_large():
    target = Target(outcome="y", value=0.0, below=True, when="by 4", probability=0.8)

    def said(probability, error):
        return required.RequiredRelief(
            target=target,
            depths=np.array([0.0, 0.5, 1.0]),
            probability=np.array(probability),
            standard_error=np.array([error] * 3),
        ).verdict

    assert "within two standard errors" in said([0.1, 0.75, 0.2], 0.03)
    assert "within two standard errors" not in said([0.1, 0.75, 0.2], 0.02)
    assert said([0.9, 0.1, 0.9], 0.01) != said([0.9, 0.9, 0.9], 0.01)


def test_the_verdict_is_the_title_of_view_and_figure(growth_problem, growth_draws):
    """One sentence, in words and with dates: no id of a variable, no sign of comparison."""
    target = Target(outcome="key_rate", value=12.0, below=True, when="in 8", probability=0.5)
    found = required_relief(growth_problem, growth_draws, target, random_seed=1)
    start = str(growth_problem.cases.time[-1])[:10]
    finding = required_finding(found, growth_problem.scm, start=start)
    assert found.verdict == f"{finding}."
    assert "the key rate is at most 12 % a year in 20" in finding


def test_a_depth_that_is_sought_cannot_be_stated(growth_problem, growth_draws):
    target = Target(outcome="key_rate", value=8.0, below=True, when="in 2", probability=0.5)
    stated = Relief(depth=0.5, measures=("trade",))
    with pytest.raises(QuestionError, match=r"depth 0\.5; expected none stated"):
        required_relief(growth_problem, growth_draws, target, relief=stated, random_seed=1)
