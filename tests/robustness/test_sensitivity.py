"""What moves an answer, against plain loops on the laboratory economy."""

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import MODEL, PRIORS

from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior, log_likelihood
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.queries.claims import Claim
from sanctions_model.robustness.sensitivity import (
    claim_effects,
    leave_one_link_out,
    parameter_swings,
    power_scaling,
)


def claim(outcome, sign, horizon=8, **changed):
    return Claim(
        statement="made up",
        outcome=outcome,
        sign=sign,
        horizon=horizon,
        measures=("trade",),
        **({"material": 0.1} | changed),
    )


CLAIMS = {"prices": claim("price_level", -1), "output": claim("output_level", 1, 6)}


@pytest.fixture(scope="module")
def problem():
    return Problem.of(MODEL, laboratory.observe(laboratory.draw_truth(2), 3), PRIORS)


@pytest.fixture(scope="module")
def draws(problem):
    drawn = sample_prior(problem.scm, problem.absolute, draws=50, chains=2, random_seed=4)
    return complete_from_prior(problem, drawn, 5)


def test_effects_are_those_of_plain_loops(draws):
    effects = claim_effects(MODEL, draws, CLAIMS)
    for position in (0, 17):
        truth = laboratory.by_address(draws, position)
        expected = laboratory.relief_effect(truth, 8)
        assert float(effects["prices"][0, position]) == pytest.approx(expected["price_level"][7])
        assert float(effects["output"][0, position]) == pytest.approx(expected["output_level"][5])


def test_a_closed_link_is_a_coefficient_of_zero(draws):
    table = leave_one_link_out(MODEL, draws, CLAIMS).set_index(["claim", "link"])
    without = []
    for chain in range(2):
        for position in range(50):
            truth = laboratory.by_address(draws.isel(chain=[chain]), position) | {
                "premium -> inflation": 0.0
            }
            without.append(laboratory.relief_effect(truth, 8)["price_level"][7])
    row = table.loc["prices", "premium -> inflation"]
    assert row["without"] == pytest.approx(np.median(without))
    assert row["prob_without"] == pytest.approx(np.mean(np.array(without) < 0))
    assert row["moved"] == pytest.approx(row["without"] - row["base"])
    base = claim_effects(MODEL, draws, CLAIMS)["prices"].to_numpy().ravel()
    again = np.random.default_rng(1).integers(0, base.size, (4000, base.size))
    apart = np.median(np.array(without)[again], axis=1) - np.median(base[again], axis=1)
    assert row["error"] == pytest.approx(np.std(apart), rel=0.5)
    changed = (np.array(without) < 0).astype(float) - (base < 0)
    again = np.random.default_rng(2).integers(0, base.size, (4000, base.size))
    assert row["prob_moved_error"] == pytest.approx(changed[again].mean(axis=1).std(), rel=0.3)
    assert not any("harvest" in link or "silent" in link for _, link in table.index)


def test_swings_are_medians_with_one_parameter_at_its_bounds(problem, draws):
    table = parameter_swings(problem, draws, draws, CLAIMS)
    assert set(table["claim"]) == set(CLAIMS)
    for name in CLAIMS:
        sizes = table.loc[table["claim"] == name, "swing"].to_numpy()
        assert np.all(np.diff(sizes) <= 0)
    row = table.set_index(["claim", "parameter"]).loc["prices", "persistence[premium]"]
    values = draws["persistence"].sel(adjusting="premium").to_numpy().ravel()
    lower = np.quantile(values, (1 - row["ci_prob"]) / 2)
    found = []
    for chain in range(2):
        for position in range(50):
            truth = laboratory.by_address(draws.isel(chain=[chain]), position)
            truth["persistence[premium]"] = lower
            found.append(laboratory.relief_effect(truth, 8)["price_level"][7])
    assert row["low"] == pytest.approx(np.median(found))
    assert 0 < row["error"] < row["swing"]
    assert row["information"] == 0.0  # prior draws on both sides
    assert "intercept[growth]" not in set(table["parameter"])


def test_power_scaling_is_that_of_arviz_part_by_part(problem, draws):
    import arviz as az

    from sanctions_model.robustness.sensitivity import _prior_parts

    likelihood = log_likelihood(problem, draws)
    table = power_scaling(problem, draws, likelihood, CLAIMS).set_index(["claim", "component"])
    parts = _prior_parts(problem, draws)
    tree = xr.DataTree.from_dict(
        {"posterior": claim_effects(MODEL, draws, CLAIMS), "log_prior": parts}
    )
    for address in ("trade -> growth", "recovery_speed[trade]"):
        expected = az.psense(tree, group="prior", group_var_names=[address])
        for name in CLAIMS:
            assert table.loc[(name, address), "sensitivity"] == pytest.approx(
                float(expected[name]), rel=1e-9
            )
    # What cannot reach the outcome does not move it, and a known value has no prior to scale.
    assert table.loc[("prices", "weather -> silent"), "sensitivity"] < 0.1
    assert ("prices", "scale[harvest]") not in table.index
    assert table.loc[("output", "trade -> growth"), "sensitivity"] > 0.03


def test_what_is_no_effect_is_refused(draws):
    target = claim("inflation", -1, material=None, target=4.0, when="in 8")
    with pytest.raises(QuestionError, match="about a target: goal; expected"):
        claim_effects(MODEL, draws, {"goal": target})
    with pytest.raises(QuestionError, match="Got 0 claims"):
        claim_effects(MODEL, draws, {})
    along = claim("output_level", 1, channel="article_chain")
    with pytest.raises(QuestionError, match="'article_chain' has closed links already"):
        leave_one_link_out(MODEL, draws, {"along": along})
