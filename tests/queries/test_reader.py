"""What a reader finds in a claim's sentence: what, when, how surely, how much, on what basis."""

import re

import numpy as np
import pytest
from anchored_economy import anchored_problem

from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.inference.reweighting import resample
from sanctions_model.queries.claims import claim_effect, load_claims, scorecard
from sanctions_model.robustness.implied_evidence import load_implied_evidence
from sanctions_model.robustness.system_priors import evidence_weights
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import chance_is

BASES = ("identified", "mixed", "assumed")
LITTLE = re.compile(r"data say(s)? (next to )?(little|nothing)|restate", re.IGNORECASE)
PUBLISHED = ("pass_through_4q", "import_restriction_cpi", "relief_2016_gdp")


def weighed():
    """Draws of the default economy before and after published figures, without a sampler."""
    problem = anchored_problem()
    prior = sample_prior(problem.scm, problem.absolute, draws=1000, chains=2, random_seed=8)
    prior = complete_from_prior(problem, prior, 9)
    seen = load_implied_evidence()
    weights = evidence_weights(problem.scm, prior, [seen[name] for name in PUBLISHED])
    after = resample(prior, weights.weights, size=2000, random_seed=10)
    return problem, prior, after


def sampled():
    """A fit of the default economy to the bundled data, as `run` makes it but for the seed."""
    import sanctions_model as sm

    problem = anchored_problem()
    fit = sm.fit(problem.scm, problem.observations, problem.priors, random_seed=4)
    return problem, fit.prior_draws, fit.draws


@pytest.fixture(scope="module", params=["weighed", pytest.param("sampled", marks=pytest.mark.slow)])
def read(request):
    problem, prior, after = {"weighed": weighed, "sampled": sampled}[request.param]()
    return problem, prior, after, scorecard(problem, prior, after)


def test_there_is_a_sentence_for_every_claim(read):
    _, _, _, table = read
    assert set(table["claim"]) == set(load_claims())
    assert table["verdict"].is_unique


def test_a_sentence_says_what_when_how_surely_how_much_and_on_what_basis(read):
    problem, _, _, table = read
    for name, claim in load_claims().items():
        row = table.set_index("claim").loc[name]
        said = str(row["verdict"])
        called = problem.scm.variables[claim.outcome].short_label
        way = "higher" if claim.sign > 0 else "lower"
        if claim.target is None:
            assert f"{called} {way}" in said, said
            assert f"({chance_is(row['prob'])})" in said, said
        else:
            assert f"P({called} at or {'above' if claim.sign > 0 else 'below'}" in said, said
            assert f"= {row['prob']:.2f} with relief" in said, said
        assert f"after {claim.horizon} quarters" in said, said
        size = re.search(r"[+-]\d+\.\d+ \S+ \([+-]\d+\.\d+; [+-]\d+\.\d+\)", said)
        assert size is not None, said
        (basis,) = re.findall(rf"size (?:is fixed by definition: )?({'|'.join(BASES)})", said)
        assert basis == row["basis"], said


def test_nothing_is_called_little_where_the_centre_moved(read):
    """A third of a prior standard deviation is a move; the word assumed then has another reason."""
    problem, prior, after, table = read
    moved = 0
    for name, claim in load_claims().items():
        row = table.set_index("claim").loc[name]
        assert not LITTLE.search(str(row["verdict"])), row["verdict"]
        unit = problem.scm.variables[claim.outcome].unit
        before, now = (
            effect_in_percent(claim_effect(problem.scm, draws, claim), unit)
            for draws in (prior, after)
        )
        shift = abs(float(now.median() - before.median())) / float(before.std())
        if shift <= 1 / 3:
            continue
        moved += 1
        never = row["variance_unidentified"] + np.nan_to_num(row["variance_policy"])
        assert row["basis"] != "assumed" or never >= 0.9, row["verdict"]
    assert moved > 0
