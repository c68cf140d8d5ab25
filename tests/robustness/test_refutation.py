"""Refutations on simulated data whose truth is known."""

import laboratory
import numpy as np
import pytest
from laboratory import MODEL, OUTPUT, PRIORS

from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.robustness.refutation import (
    DRIVER,
    implied_independences,
    placebo_verdict,
    placebos,
    random_causes,
    with_driver,
)
from sanctions_model.robustness.subsamples import (
    leave_out_periods,
    period_log_density,
    without_periods,
)
from sanctions_model.scm.parameters import addresses, pin


def simulated(seed):
    """Data without holes and the draw that made them, its intercepts at the parents' means."""
    truth = laboratory.draw_truth(2)
    observations = laboratory.as_observations(laboratory.simulate_series(truth, seed))
    problem = Problem.of(MODEL, observations, PRIORS)
    return problem, pin(problem.scm, {a: truth[a] for a in addresses(MODEL)})


def test_the_true_graph_passes_as_often_as_promised():
    rejected = [
        bool(implied_independences(*simulated(seed), level=0.05)["rejected"].any())
        for seed in range(8)
    ]
    assert sum(rejected) <= 2  # P(3 or more of 8 at 5 %) = 0.006


def test_a_missing_link_is_found():
    from dataclasses import replace

    truth = laboratory.draw_truth(2) | {"weather -> growth": 0.8}
    observations = laboratory.as_observations(laboratory.simulate_series(truth, 3))
    equations = tuple(
        replace(e, parents=tuple(p for p in e.parents if p != "weather"))
        if e.variable.name == "growth"
        else e
        for e in MODEL.equations
    )
    scm = replace(MODEL, equations=equations)
    entries = {
        name: {label: p for label, p in group.items() if label != "weather -> growth"}
        for name, group in PRIORS.entries.items()
    }
    wrong = Problem.of(scm, observations, PRIORS.model_copy(update={"entries": entries}))
    draws = pin(wrong.scm, {a: truth[a] for a in addresses(scm)})
    table = implied_independences(wrong, draws)
    first = table.iloc[0]
    assert (first["variable"], first["other"], first["lag"]) == ("growth", "weather", 0)
    assert first["rejected"]
    assert np.all(np.diff(table["p_value"]) >= 0)
    assert np.all(table["p_holm"] >= table["p_fdr"] - 1e-12)
    assert np.all(table["p_fdr"] >= table["p_value"] - 1e-12)


def test_corrections_are_those_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    table = implied_independences(*simulated(3))
    for column, method in (("p_holm", "holm"), ("p_fdr", "fdr_bh")):
        expected = multipletests(table["p_value"], method=method)[1]
        np.testing.assert_allclose(table[column], expected)


def test_what_a_variable_causes_in_the_period_is_no_independence():
    table = implied_independences(*simulated(3))
    pairs = set(zip(table["variable"], table["other"], table["lag"], strict=True))
    assert ("inflation", "key_rate", 0) not in pairs  # inflation moves the rate at once
    assert ("key_rate", "inflation", 0) not in pairs  # and is its parent
    assert ("growth", "key_rate", 1) not in pairs
    assert ("growth", "inflation", 2) in pairs
    with pytest.raises(QuestionError, match="A level of 2"):
        implied_independences(*simulated(3), level=2)


def test_placebos_are_the_measures_path_at_other_dates_and_in_another_order():
    problem, _ = simulated(3)
    found = placebos(problem, OUTPUT, dates=2, measures=3)
    trade = problem.cases.values["trade"]
    assert [a.kind for a in found] == ["placebo date"] * 2 + ["placebo measure"] * 3
    early = found[1].observations[DRIVER].to_numpy()
    np.testing.assert_allclose(early[:-8], trade[8:])
    np.testing.assert_allclose(early[-8:], trade[-1])
    shuffled = found[2].observations[DRIVER].to_numpy()
    np.testing.assert_allclose(np.sort(np.diff(shuffled)), np.sort(np.diff(trade)), atol=1e-12)
    assert not np.allclose(shuffled, trade)
    link = f"{DRIVER} -> growth"
    assert link in {edge.label for edge in found[0].scm.links}
    prior = found[0].priors.entries["coefficient"][link]
    assert (prior.mu, prior.sigma) == (0.0, pytest.approx(problem.cases.moments["growth"][1]))
    noise = random_causes(problem, OUTPUT, number=2)
    assert [a.kind for a in noise] == ["random common cause"] * 2
    # One structure.
    from sanctions_model.scm.serialization import spec_hash

    everything = [*found, *noise]
    problems = [Problem.of(a.scm, a.observations, a.priors) for a in everything]
    assert len({spec_hash(problem.scm) for problem in problems}) == 1


def test_the_verdict_on_placebos_is_a_mean_of_uniform_numbers():
    found = placebo_verdict(np.linspace(0.05, 0.95, 10))
    assert found["mean"] == pytest.approx(0.5)
    assert found["errors_apart"] == pytest.approx(0, abs=1e-9)
    assert placebo_verdict([0.99] * 12)["errors_apart"] > 5
    with pytest.raises(QuestionError, match="Got 1 placebos"):
        placebo_verdict([0.5])


def test_a_driver_needs_an_equation_and_a_value_a_period():
    problem, _ = simulated(3)
    with pytest.raises(QuestionError, match="'premium' has no equation that a driver"):
        with_driver(MODEL, PRIORS, problem.observations, "premium", np.zeros(80))
    with pytest.raises(QuestionError, match=r"shape \(4,\); expected 80 finite"):
        with_driver(MODEL, PRIORS, problem.observations, "growth", np.zeros(4))


def test_periods_left_out_leave_the_likelihood():
    problem, draws = simulated(3)
    dropped = np.zeros(80, dtype=bool)
    dropped[20:25] = True
    shorter = without_periods(problem, dropped)
    assert shorter.cases.weight[20:25].sum() == 0
    assert (
        shorter.cases.weight.sum()
        == problem.cases.weight.sum() - problem.cases.observed[20:25].sum()
    )
    whole = period_log_density(problem, draws)
    from sanctions_model.inference.density import log_likelihood

    assert whole.sum() == pytest.approx(float(log_likelihood(problem, draws).sum()))
    kept = period_log_density(shorter, draws)
    np.testing.assert_allclose(kept[:, ~dropped], whole[:, ~dropped])
    assert np.all(kept[:, dropped] == 0)
    with pytest.raises(QuestionError, match="Every period is left out"):
        without_periods(problem, np.ones(80, dtype=bool))


def test_an_episode_outside_the_sample_is_refused():
    from sanctions_model.inference.density import complete_from_prior
    from sanctions_model.inference.priors.ledger import sample_prior

    problem, _ = simulated(3)
    draws = sample_prior(problem.scm, problem.absolute, draws=60, chains=2, random_seed=4)
    draws = complete_from_prior(problem, draws, 5)
    claims = {"output": OUTPUT}
    with pytest.raises(QuestionError, match=r"'war' .* lies outside the sample"):
        leave_out_periods(problem, draws, claims, episodes={"war": ("2090-01-01", "2091-01-01")})
    table = leave_out_periods(
        problem, draws, claims, episodes={"all of it": ("1990-01-01", "2030-01-01")}
    )
    assert table["how"].tolist() == ["refused"]
    assert np.isnan(table["prob"][0])
    assert np.isnan(table["difference_error"][0])


def test_a_refit_without_an_episode_that_did_not_converge_is_flagged(monkeypatch):
    import sys
    from dataclasses import replace

    from sanctions_model.inference.density import complete_from_prior
    from sanctions_model.inference.priors.ledger import sample_prior
    from sanctions_model.robustness import subsamples

    problem, _ = simulated(4)
    draws = sample_prior(problem.scm, problem.absolute, draws=120, random_seed=5)
    draws = complete_from_prior(problem, draws, 5)
    # Chains that do not agree: the second stands elsewhere.
    apart = replace(laboratory.FakeSampler([0, 0]), spread=50.0)
    fitting = sys.modules["sanctions_model.inference.refits"]
    monkeypatch.setattr(fitting, "sampler_for", lambda scm: apart)
    table = subsamples.leave_out_periods(
        problem,
        draws,
        {"output": OUTPUT},
        episodes={"all but the start": ("2003-01-01", "2030-01-01")},
        refit=True,
    )
    assert table["how"].tolist() == [subsamples.NOT_CONVERGED]
    assert table["difference_error"][0] > 0


@pytest.mark.slow
def test_placebos_stay_within_noise_of_their_prior_and_a_planted_effect_is_found():
    from sanctions_model.robustness.graphs.alternatives import fit_alternatives
    from sanctions_model.robustness.refutation import placebo_table
    from sanctions_model.robustness.sensitivity import claim_effects

    fitted = laboratory.fitted()
    claims = {"output": OUTPUT}
    base = claim_effects(MODEL, fitted.draws, claims)
    chosen = placebos(fitted.problem, OUTPUT, dates=0, measures=10, random_seed=5)
    planted = with_planted(fitted.problem)
    fits = list(fit_alternatives([*chosen, planted], draws=500, tune=500))
    table = placebo_table(fits, claims, base)
    verdict = placebo_verdict(table["prob_lowers"][:10].tolist())
    assert verdict["errors_apart"] < 3
    assert table["moved"][:10].abs().max() < 1.5
    assert (table["moved_error"] > 0).all()
    assert table["prob_lowers"][10] > 0.99  # the planted one is found
    assert table["placebo_lower"][10] < -1.0 < table["placebo_upper"][10]


def with_planted(problem):
    """A driver that did lower growth by 1 % a quarter at full strength."""
    from sanctions_model.robustness.graphs.alternatives import Alternative

    path = np.repeat(np.random.default_rng(8).integers(0, 2, 16), 5).astype(float)
    growth = problem.observations["growth"].to_numpy() - 1.0 * path
    observations = problem.observations.assign(growth=("time", growth))
    # The same prior as the placebos have.
    spread = problem.cases.moments["growth"][1]
    scm, priors, data = with_driver(MODEL, PRIORS, observations, "growth", path, spread=spread)
    return Alternative(
        name="planted", kind="planted", rationale="made", scm=scm, observations=data, priors=priors
    )
