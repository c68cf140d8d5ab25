"""Liftings elsewhere as one joint figure: its density, its averages, its weights."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import sanctions_model as sm
from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere.model.cells import OUTCOMES
from sanctions_model.errors import QuestionError
from sanctions_model.robustness.implied_evidence import load_implied_evidence
from sanctions_model.robustness.observed_relief import (
    JointFigure,
    answer_after,
    independent_figures,
    joint_figure,
    liftings_effects,
    overlapping_evidence,
    relief_averages,
    relief_weights,
    wide_priors,
    wide_recovery,
    with_liftings_elsewhere,
)
from sanctions_model.robustness.sensitivity import claim_effects

DIMS = ("outcome", "horizon", "chain", "draw")


@pytest.fixture(scope="module")
def prior():
    return sm.SanctionsModel().sample_prior_predictive(draws=500)


def made(values, horizons):
    return xr.DataArray(values, dims=DIMS, coords={"outcome": list(OUTCOMES), "horizon": horizons})


def test_the_density_is_that_of_scipy():
    from scipy.stats import multivariate_t

    rng = np.random.default_rng(0)
    root = rng.standard_normal((12, 12))
    figure = JointFigure(centre=rng.standard_normal(12), scale=root @ root.T + np.eye(12))
    values = rng.standard_normal((7, 12))
    expected = multivariate_t(figure.centre, figure.scale, df=4).logpdf(values)
    found = figure.log_density(values)
    np.testing.assert_allclose(found - found[0], expected - expected[0])


def test_a_joint_figure_finds_centre_width_and_correlation():
    rng = np.random.default_rng(1)
    common = rng.standard_t(4, size=200_000)
    values = np.zeros((4, 6, 1, common.size))
    values += np.array([1.0, 2.0, 3.0, 4.0])[:, None, None, None]
    values[0] += common
    values[1] += 2 * common
    values[2:] += rng.standard_normal((2, 6, 1, common.size))
    figure = joint_figure(made(values, [0, 1, 2, 3, 4, 5]))
    np.testing.assert_allclose(figure.centre.reshape(4, 3)[:, 1], [1, 2, 3, 4], atol=0.02)
    scale = figure.scale
    assert scale[0, 0] == pytest.approx(2.0, rel=0.03)  # a t of scale 1, and a path of its own
    assert scale[0, 4] == pytest.approx(2.0, rel=0.03)  # GDP with imports, twice as wide
    assert scale[0, 8] == pytest.approx(0.0, abs=0.03)


def test_annual_averages_are_those_of_quarters_counted_by_hand(prior):
    found = relief_averages(prior.scm, prior.draws)
    path = sm.total_effect(
        prior.scm, prior.draws, horizon=22, outcomes=["gdp_level", "rouble", "price_level"]
    )
    by_hand = path.sel(outcome="gdp_level", horizon=slice(3, 6)).mean("horizon")
    np.testing.assert_allclose(found.sel(outcome="gdp", horizon=1), by_hand)
    real = path.sel(outcome="rouble") + path.sel(outcome="price_level")
    by_hand = real.sel(horizon=slice(19, 22)).mean("horizon")
    np.testing.assert_allclose(found.sel(outcome="real_exchange_rate", horizon=5), by_hand)
    logs = float(found.sel(outcome="imports", horizon=3).median())
    read = answer_after(prior.scm, prior.draws)["imports"][0]
    assert read == pytest.approx(100 * np.expm1(logs / 100))
    assert abs(read - logs) > 0.1


@pytest.fixture(scope="module")
def predicted():
    rng = np.random.default_rng(2)
    size = np.array([4.0, 20.0, 6.0, 12.0])[:, None, None, None]
    return made(size * rng.standard_t(4, size=(4, 6, 1, 4000)), [0, 1, 2, 3, 4, 5])


def test_power_0_leaves_the_answer_as_it_is(prior, predicted):
    answer = relief_averages(prior.scm, prior.draws)
    weights = relief_weights(answer, predicted, power=0.0)
    np.testing.assert_allclose(weights.weights, 1 / weights.weights.size)
    table = with_liftings_elsewhere(prior.scm, prior.draws, predicted, powers=(0.0,))
    np.testing.assert_allclose(table["shift"], 0.0, atol=1e-9)
    np.testing.assert_allclose(table["shift_error"], 0.0, atol=1e-9)  # of the same draws
    np.testing.assert_allclose(table["narrower"], 0.0, atol=1e-9)


def test_the_answer_without_them_is_that_of_the_table_of_effects(prior, predicted):
    table = with_liftings_elsewhere(prior.scm, prior.draws, predicted, powers=(0.0,))
    effects = sm.effects_table(
        prior.scm,
        prior.draws,
        reliefs=[sm.Relief()],
        horizons=[12],
        outcomes=list(table["outcome"]),
    ).query("channel == 'total'")
    columns = ["median", "lower", "upper"]
    np.testing.assert_allclose(table[columns], effects[columns], rtol=1e-3, atol=1e-3)


def test_log_weights_grow_with_the_power(prior, predicted):
    answer = relief_averages(prior.scm, prior.draws)
    values = answer.transpose("chain", "draw", "outcome", "horizon").to_numpy().reshape(500, -1)
    density = joint_figure(predicted).log_density(values)
    half = relief_weights(answer, predicted, power=0.5)
    far, near = density.argmin(), density.argsort()[len(density) // 2]
    found = half.log_weights[far] - half.log_weights[near]
    assert found == pytest.approx(0.5 * (density[far] - density[near]), abs=1e-6)


def test_a_power_outside_0_and_1_is_refused(prior, predicted):
    with pytest.raises(QuestionError, match="power is 2"):
        relief_weights(relief_averages(prior.scm, prior.draws), predicted, power=2.0)


def test_weights_that_do_not_hold_give_no_numbers(prior, predicted):
    far = predicted / 1000 + 5
    table = with_liftings_elsewhere(prior.scm, prior.draws, far, powers=(0.0, 1.0))
    refused = table[table["power"] == 1.0]
    assert not refused["used"].any()
    assert refused["median"].isna().all()


def test_evidence_on_the_same_liftings_is_tagged_and_goes_out():
    tagged = overlapping_evidence()
    known = sm.data.load_evidence().ids
    episodes = {episode.episode_id for episode in sm.elsewhere.load_episodes()}
    assert set(tagged) <= set(known)
    assert {name for names in tagged.values() for name in names} <= episodes | {"many"}
    figures = load_implied_evidence()
    for figure in independent_figures(figures).values():
        assert not set(figure.sources) & set(tagged)


def test_a_figure_on_the_same_liftings_goes_out():
    figures = load_implied_evidence()
    name, figure = next(iter(figures.items()))
    stated = figure.stated.model_copy(update={"sources": ("ghomi_2021_iran",)})
    mixed = {"iran": replace(figure, stated=stated, pool=None), name: figure}
    assert list(independent_figures(mixed)) == [name]


def test_every_belief_on_the_same_liftings_has_a_wide_version():
    tagged = set(overlapping_evidence())
    for economy in ("anchored", "growth"):
        stated = sm.load_priors(economy=economy)
        for address in stated.addresses:
            sources = stated[address].sources
            assert sources == "judgement" or not tagged & set(sources) or address in wide_priors()


def test_studies_of_the_lifted_countries_are_tagged():
    """What came after a lifting, by the words of the evidence itself."""
    countries = {e.target for e in sm.elsewhere.load_episodes()} | {"Iran", "Syria"}
    evidence = pd.read_csv(data_path("evidence.csv"), dtype=str, keep_default_na=False)
    after = evidence["link"].str.contains("relief -> |recover")
    abroad = evidence["sample"].str.contains("|".join(map(re.escape, sorted(countries))))
    ending = evidence["horizon"].str.contains("after lifting") | evidence["sample"].str.contains(
        "terminations"
    )
    found = evidence[(after & abroad) | ending]
    assert len(found) >= 6
    assert set(found["id"]) <= set(overlapping_evidence())


def test_liftings_move_a_claim_as_weights_do_by_hand(prior, predicted):
    claims = {"gdp": sm.robustness.headline_claims()["gdp_growth"]}
    table = liftings_effects(prior.scm, prior.draws, predicted, claims, powers=(0.05,))
    table = table.set_index("power")
    values = claim_effects(prior.scm, prior.draws, claims)["gdp"].to_numpy().ravel()
    assert table.loc[0.05, "median"] == pytest.approx(np.median(values))
    weights = relief_weights(relief_averages(prior.scm, prior.draws), predicted, power=0.05)
    assert weights.holds
    order = values.argsort()
    middle = values[order][np.searchsorted(weights.weights[order].cumsum(), 0.5)]
    spread = np.quantile(values, 0.52) - np.quantile(values, 0.48)
    assert table.loc[0.05, "with_median"] == pytest.approx(middle, abs=spread)
    far = liftings_effects(prior.scm, prior.draws, predicted / 1000 + 5, claims)
    assert far["with_median"].isna().all()


def test_wide_priors_keep_the_families_and_are_wider(prior):
    stated = sm.load_priors(economy="growth")
    for address, wide in wide_priors().items():
        assert wide.family == stated[address].family
        rng = np.random.default_rng(0)
        spreads = [belief.sample(rng, 4000).std() for belief in (wide, stated[address])]
        assert spreads[0] > 1.3 * spreads[1], address


def test_recovery_drawn_anew_is_that_of_the_wide_priors_alone(prior):
    draws = prior.draws
    found = wide_recovery(draws)
    share = found["recoverable_share"].sel(measure="trade")
    assert float(share.mean()) == pytest.approx(0.5, abs=0.05)
    assert float(share.std()) == pytest.approx(12**-0.5, abs=0.03)
    speed = found["recovery_speed"].sel(measure="energy")
    assert float(speed.mean()) == pytest.approx(1 / 6, abs=0.02)
    for name in set(draws.data_vars) - {"recoverable_share", "recovery_speed"}:
        assert found[name].equals(draws[name]), name
    assert not draws["recoverable_share"].equals(found["recoverable_share"])
    assert found.equals(wide_recovery(draws))
