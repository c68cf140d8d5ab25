"""Prior sets and transmissions: files, structures and the tables of fits."""

from dataclasses import replace

import laboratory
import numpy as np
import pytest
from anchored_economy import anchored_problem
from laboratory import MODEL, OUTPUT, PRIORS, FakeSampler

from sanctions_model.data.observations import load_observations
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import PriorError, QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.families import Normal
from sanctions_model.inference.priors.ledger import load_priors, sample_prior
from sanctions_model.robustness.graphs import alternatives
from sanctions_model.robustness.graphs.alternatives import (
    Alternative,
    PriorSet,
    compare_alternatives,
    fit_alternatives,
    load_prior_sets,
    prior_alternatives,
)
from sanctions_model.robustness.graphs.variants import transmission_alternatives
from sanctions_model.scm.interventions import ShiftBy
from sanctions_model.scm.simulation.propagate import propagate


def families(problem):
    return {
        address: (prior.family, getattr(prior, "lower", None) is None)
        for address, prior in problem.absolute.items()
    }


def test_bundled_sets_fit_the_model_and_share_its_structure(growth_problem):
    scm, data, priors = (
        growth_transmission(),
        load_observations(scm=growth_transmission()),
        load_priors(economy="growth"),
    )
    found = prior_alternatives(scm, data, priors)
    assert [a.name for a in found] == ["consensus", "optimist", "sceptic", "flat", "pooled"]
    for alternative in found:
        problem = Problem.of(alternative.scm, alternative.observations, alternative.priors)
        assert families(problem) == families(growth_problem), alternative.name
    by_name = {a.name: Problem.of(a.scm, a.observations, a.priors).absolute for a in found}
    assert by_name["consensus"] == growth_problem.absolute
    link = "effective_trade -> import_premium"
    assert by_name["sceptic"][link].median < by_name["consensus"][link].median
    assert by_name["consensus"][link].median < by_name["optimist"][link].median
    pooled = by_name["pooled"]["inflation_yoy -> key_rate"]
    assert pooled.lower == 0.5
    assert pooled.mu == pytest.approx((0.74 + 1.14) / 2, abs=0.05)  # errors nearly equal
    assert pooled.sigma > 0.43 / 2**0.5  # wider than the mean of two: their spread is kept
    assert "own_policy_rule_2003_2020_inflation" in pooled.sources
    # Flat means wide where data speak, and untouched where they do not.
    assert by_name["flat"][link] == by_name["consensus"][link]
    wide = "gdp_growth -> real_wage_growth"
    assert by_name["flat"][wide].sigma > 3 * by_name["consensus"][wide].sigma


def test_transmissions_are_what_they_say(growth_problem):
    data = load_observations(scm=growth_transmission())
    found = {
        a.name: a
        for a in transmission_alternatives(
            data, load_priors(economy="growth"), growth_transmission()
        )
    }
    assert len(found) == 7
    problems = {n: Problem.of(a.scm, a.observations, a.priors) for n, a in found.items()}
    levels = found["rates in levels"].scm
    labels = {edge.label for edge in levels.links}
    assert {"real_lending_rate[1] -> gdp_growth", "key_rate[1] -> depreciation"} <= labels
    assert "real_rate_change" not in levels.by_name
    assert "real_lending_rate[1] -> gdp_growth" in levels.chain
    credit = problems["credit as a parent of GDP"]
    assert "credit_growth -> gdp_growth" in {edge.label for edge in credit.scm.links}
    assert credit.cases.weight.sum() < growth_problem.cases.weight.sum()
    doubled = found["levels of 2014-2021 doubled"].observations
    year = data["time"].dt.year.to_numpy()
    for name in MEASURES:
        before, after = data[name].to_numpy(), doubled[name].to_numpy()
        inside = (year >= 2014) & (year <= 2021)
        np.testing.assert_allclose(after[inside], 2 * before[inside])
        assert np.all(after >= before)
    assert problems["levels of 2014-2021 doubled"].falling == ()
    composite = found["one composite, trade-heavy weights"].observations
    np.testing.assert_array_equal(composite["trade"], composite["assets"])
    np.testing.assert_allclose(float(composite["trade"][-1]), 0.9960, atol=2e-4)  # 2026Q1


def test_the_anchored_economy_has_its_own_forms_of_every_set():
    problem = anchored_problem()
    scm, priors = problem.scm.with_centres({}), problem.priors
    found = prior_alternatives(scm, problem.observations, priors)
    assert [a.name for a in found] == ["consensus", "optimist", "sceptic", "flat", "pooled"]
    by_name = {a.name: Problem.of(a.scm, a.observations, a.priors).absolute for a in found}
    for name, absolute in by_name.items():
        own = {a: prior.family for a, prior in absolute.items()}
        assert own == {a: prior.family for a, prior in problem.absolute.items()}, name
    sizes = [by_name[name]["premium_size"].median for name in ("sceptic", "consensus", "optimist")]
    assert sizes == sorted(set(sizes))
    assert by_name["pooled"]["persistence[key_rate]"] != priors["persistence[key_rate]"]
    lacking = {"x": PriorSet(rationale="r", priors={"no -> link": Normal(mu=0.0, sigma=1.0)})}
    assert prior_alternatives(scm, problem.observations, priors, lacking) == []


def test_the_decisions_of_the_anchored_economy_are_alternatives(caplog):
    problem = anchored_problem()
    scm, data, priors = problem.scm.with_centres({}), problem.observations, problem.priors
    with caplog.at_level("INFO"):
        found = {a.name: a for a in transmission_alternatives(data, priors, scm)}
    assert "rates in levels: not asked of this model" in caplog.text
    assert len(found) == 11
    draws = {}
    for name, alternative in found.items():
        own = Problem.of(alternative.scm, alternative.observations, alternative.priors)
        drawn = sample_prior(own.scm, own.absolute, draws=2, chains=1, random_seed=3)
        draws[name] = own.scm, drawn

    def premium(name):
        """Response of the key rate to a lasting premium, by quarter, in the first draw."""
        scm, drawn = draws[name]
        moved = propagate(
            scm,
            drawn,
            horizon=40,
            interventions=[ShiftBy(variable="risk_premium", value=1.0)],
            outcomes=["key_rate"],
        ) - propagate(scm, drawn, horizon=40, outcomes=["key_rate"])
        return moved.isel(outcome=0, scenario=0, chain=0, draw=0).to_numpy()

    assert premium("oil -> GDP at 0")[0] == pytest.approx(1.0, abs=0.2)  # at once
    assert premium("rule smooths around the neutral rate")[0] == pytest.approx(1.0, abs=0.2)
    assert premium("rule smooths around the rate")[0] < 0.6  # step by step
    learning = found["credibility of the target learns"].scm
    assert "perceived_target" in learning.latent
    share = found["disruption recovers as other measures do"].priors[
        "recoverable_share[disruption]"
    ]
    assert share == priors["recoverable_share[trade]"]
    assert scm.persisting
    assert not found["errors are new every quarter"].scm.persisting


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("format_version = 2\n", QuestionError, "expected format_version = 1"),
        ("format_version = 1\n[prior_set.a]\n", QuestionError, r"\[prior_set.a\]"),
        (
            'format_version = 1\n[prior_set.a]\nrationale = "r"\n[prior_set.a.priors]\n'
            '"x -> y" = { family = "Norm", mu = 0, sigma = 1 }\n',
            PriorError,
            "family is 'Norm'; expected one of",
        ),
        (
            'format_version = 1\n[prior_set.a]\nrationale = "r"\n[prior_set.a.priors]\n'
            '"x -> y" = { family = "Normal", mu = 0, sigma = -1 }\n',
            PriorError,
            "sigma: expected a number greater than 0",
        ),
    ],
)
def test_bad_files_are_refused(tmp_path, text, error, message):
    path = tmp_path / "sets.toml"
    path.write_text(text)
    with pytest.raises(error, match=message):
        load_prior_sets(path)


def test_alternatives_are_fitted_one_by_one(monkeypatch):
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    sampler = FakeSampler(divergences=[0] * 9)
    monkeypatch.setattr(alternatives, "sampler_for", lambda scm: sampler)

    def one(name, scm=MODEL, priors=PRIORS):
        return Alternative(
            name=name, kind="k", rationale="r", scm=scm, observations=observations, priors=priors
        )

    other = PRIORS.replace({"trade -> growth": Normal(mu=1.0, sigma=0.5)})
    chain = replace(MODEL, name="another", chain=())
    fits = list(
        fit_alternatives(
            [one("as it is"), one("mirrored", priors=other), one("another", scm=chain)],
            draws=120,
            tune=1,
        )
    )
    assert len(sampler.calls) == 3
    table = compare_alternatives(fits, {"output": OUTPUT}).set_index("alternative")
    # The draws are the priors': relief of a measure that is believed to raise growth lowers it.
    assert table.loc["as it is", "prob"] > 0.9
    assert table.loc["mirrored", "prob"] < 0.5
    assert table.loc["as it is", "median"] > 0 > table.loc["mirrored", "median"]
    assert table["explosive_share"].between(0, 1).all()
