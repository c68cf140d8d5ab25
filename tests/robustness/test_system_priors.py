"""Published figures of implied quantities, against closed forms and a refit."""

import laboratory
import numpy as np
import pytest
import xarray as xr
from anchored_economy import anchored_draws, anchored_problem
from laboratory import MODEL, PRIORS, harvest_posterior, pinned

from sanctions_model.errors import QuestionError, ReweightingError, UnknownVariableError
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.inference.priors.pools import Pool, pool_studies
from sanctions_model.queries.claims import Claim
from sanctions_model.queries.estimands import (
    Effect,
    LinkEffect,
    ParameterValue,
    form_for,
    load_quantities,
    not_asked,
    quantity_draws,
)
from sanctions_model.robustness.implied_evidence import (
    ImpliedEvidence,
    load_implied_evidence,
    observation,
)
from sanctions_model.robustness.system_priors import (
    evidence_draws,
    evidence_effects,
    evidence_table,
    evidence_weights,
)

UNIT = "tonnes per degree"
SLOPE = LinkEffect(label="slope", unit=UNIT, link="weather -> harvest", run="short_run")


def harvest_draws(size=20_000):
    """Exact posterior draws of the harvest equation; everything else pinned."""
    mean, covariance = harvest_posterior(laboratory.observe(laboratory.draw_truth(2), 3))
    drawn = np.random.default_rng(5).multivariate_normal(mean, covariance, (4, size // 4))
    draws = pinned().isel(chain=0, draw=0, drop=True)
    draws = draws.expand_dims(chain=4, draw=size // 4).copy(deep=True)
    draws["intercept"].loc[{"equation": "harvest"}] = drawn[..., 0]
    draws["coefficient"].loc[{"link": "weather -> harvest"}] = drawn[..., 1]
    draws["coefficient"].loc[{"link": "weather[1] -> harvest"}] = drawn[..., 2]
    return draws.assign_coords(chain=range(4), draw=range(size // 4)), mean, covariance


def seen(value, spread, quantity=SLOPE):
    stated = ImpliedEvidence(
        quantity="slope",
        unit=UNIT,
        horizon=0,
        value=value,
        spread=spread,
        sources=("ponomarev_2016_4q",),
        rationale="made up",
    )
    return observation("slope", stated, {"slope": quantity}, {})


def test_weights_are_the_conjugate_posterior_with_the_figure_in_the_likelihood():
    draws, mean, covariance = harvest_draws()
    spread = 1.5 * covariance[1, 1] ** 0.5
    figure = mean[1] + 1.2 * spread
    weights = evidence_weights(MODEL, draws, [seen(figure, spread)])
    weights.require()
    # The figure is one more row of the regression: a direct observation of its slope.
    row = np.array([0.0, 1.0, 0.0])
    precision = np.linalg.inv(covariance) + np.outer(row, row) / spread**2
    expected = np.linalg.solve(
        precision, np.linalg.solve(covariance, mean) + row * figure / spread**2
    )
    wide = np.linalg.inv(precision)
    for position, label in ((1, "weather -> harvest"), (2, "weather[1] -> harvest")):
        values = draws["coefficient"].sel(link=label).to_numpy().ravel()
        found = weights.weights @ values
        error = (wide[position, position] / weights.effective_size) ** 0.5
        assert found == pytest.approx(expected[position], abs=4 * error)
        variance = weights.weights @ (values - found) ** 2
        assert variance == pytest.approx(wide[position, position], rel=0.05)


def test_resampled_draws_answer_as_the_weights_do():
    draws, mean, covariance = harvest_draws(8_000)
    spread = 2 * covariance[1, 1] ** 0.5
    item = seen(mean[1] - spread, spread)
    weights = evidence_weights(MODEL, draws, [item])
    again = evidence_draws(MODEL, draws, [item], random_seed=3)
    slope = "weather -> harvest"
    expected = weights.weights @ draws["coefficient"].sel(link=slope).to_numpy().ravel()
    found = again["coefficient"].sel(link=slope)
    assert float(found.mean()) == pytest.approx(expected, abs=5 * float(found.std()) / 8000**0.5)
    assert again.sizes == {**draws.sizes, "chain": 1, "draw": 8_000}


def test_a_figure_far_from_every_draw_is_refused():
    draws, mean, covariance = harvest_draws(4_000)
    far = seen(mean[1] + 40 * covariance[1, 1] ** 0.5, 0.2 * covariance[1, 1] ** 0.5)
    assert not evidence_weights(MODEL, draws, [far]).holds
    with pytest.raises(ReweightingError, match="does not hold"):
        evidence_draws(MODEL, draws, [far])


def test_a_log_normal_pool_weighs_logs_and_refuses_what_is_not_positive():
    found = Pool.model_validate(
        {
            "quantity": "slope",
            "unit": UNIT,
            "horizon": 0,
            "family": "LogNormal",
            "between_scale": 0.5,
            "rationale": "r",
            "studies": [
                {"evidence": "ponomarev_2016_4q", "error": 0.1, "quality": 1.0, "horizon": 0}
                | {"value": 0.5, "conversion": "made up", "basis": "b"}
            ],
        }
    )
    stated = ImpliedEvidence(quantity="slope", unit=UNIT, horizon=0, pool="p", rationale="r")
    item = observation("slope", stated, {"slope": SLOPE}, {"p": found})
    values = np.array([0.25, 0.5, 1.0, -0.1, 0.0])
    density = item.log_density(values)
    expected = pool_studies(found).log_density(np.log([0.25, 0.5, 1.0]))
    np.testing.assert_allclose(density[:3], expected)
    assert np.all(np.isneginf(density[3:]))
    assert density[0] == pytest.approx(density[2])  # half and twice are as far
    assert item.quantiles([0.5])[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"unit": "bushels"}, "is in 'bushels', the quantity in 'tonnes per degree'; convert"),
        ({"horizon": 4}, "holds after 4 periods, the quantity after 0"),
    ],
)
def test_another_unit_or_horizon_is_refused(changed, message):
    good = {"quantity": "slope", "unit": UNIT, "horizon": 0, "value": 1.0, "spread": 1.0}
    good |= {"sources": ("ponomarev_2016_4q",), "rationale": "r"}
    with pytest.raises(QuestionError, match=message):
        observation("x", ImpliedEvidence(**(good | changed)), {"slope": SLOPE}, {})


def test_unknown_names_are_refused(tmp_path):
    path = tmp_path / "implied.toml"
    item = (
        'format_version = 1\n[evidence.x]\nquantity = "pass_trough_4q"\nunit = "u"\nhorizon = 4\n'
    )
    path.write_text(item + 'pool = "p"\nrationale = "r"\n')
    with pytest.raises(UnknownVariableError, match="Did you mean 'pass_through_4q'"):
        load_implied_evidence(path)
    path.write_text(item + 'rationale = "r"\n')
    with pytest.raises(QuestionError, match=r"\[evidence.x\].*expected either `pool`"):
        load_implied_evidence(path)
    draws = pinned()
    with pytest.raises(UnknownVariableError, match="what is asked, 'slope'"):
        quantity_draws(MODEL, draws, SLOPE.model_copy(update={"link": "rain -> harvest"}))


def test_quantities_are_what_plain_loops_give():
    draws = pinned()
    change = Effect(
        label="output", unit="%", outcome="output_level", horizon=9, before={"trade": 1.0}, ramp=4
    )
    truth = {a: float(v) for a, v in _by_address(draws).items()}
    expected = laboratory.relief_effect(truth, 9)["output_level"][-1]
    assert float(quantity_draws(MODEL, draws, change)[0, 0]) == pytest.approx(expected, rel=1e-10)
    only = change.model_copy(update={"entries": ("premium",)})
    expected = laboratory.relief_effect(truth | {"trade -> growth": 0.0}, 9)["output_level"][-1]
    assert float(quantity_draws(MODEL, draws, only)[0, 0]) == pytest.approx(expected, rel=1e-10)
    shock = Effect(
        label="rate",
        unit="pp",
        cause="inflation",
        size=2.0,
        outcome="key_rate",
        horizon=3,
        open=("inflation -> key_rate", "inflation[1] -> inflation", "key_rate[1] -> key_rate"),
    )
    inflation, rate = 0.0, 0.0
    for period in range(3):
        inflation = 0.6 * inflation + (2.0 if period == 0 else 0.0)
        rate = 0.7 * rate + 0.3 * 1.2 * inflation
    assert float(quantity_draws(MODEL, draws, shock)[0, 0]) == pytest.approx(rate, rel=1e-10)
    value = ParameterValue(label="p", unit="share", parameter="persistence[key_rate]")
    assert float(quantity_draws(MODEL, draws, value)[0, 0]) == 0.7


def _by_address(draws):
    from sanctions_model.scm.parameters import addresses

    found = {}
    for address, (name, label) in addresses(MODEL).items():
        array = draws[name].isel(chain=0, draw=0)
        dim = next((d for d in array.dims), None)
        found[address] = array if dim is None else array.sel({dim: label})
    return found


def test_the_bundled_figures_can_be_asked_of_the_growth_economy(growth_problem):
    from sanctions_model.inference.density import complete_from_prior

    draws = sample_prior(
        growth_problem.scm, growth_problem.absolute, draws=500, chains=2, random_seed=1
    )
    draws = complete_from_prior(growth_problem, draws, 2)
    found = load_implied_evidence()
    table = evidence_table(growth_problem, draws, draws, found)
    assert list(table["evidence"]) == list(found)
    assert table["used"].all()
    # Before any data the model says of the pass-through what its priors were tuned to.
    row = table.set_index("evidence").loc["pass_through_4q"]
    assert 0.09 < row["median"] < 0.14
    assert row["median"] < row["with_median"] < row["published_median"]
    assert "khotulev_2020_pass_through" in row["in_priors"]
    assert table.set_index("evidence").loc["relief_2016_gdp", "in_priors"] == ""


def test_effects_table_says_what_each_figure_moves():
    draws, mean, covariance = harvest_draws(4_000)
    spread = covariance[1, 1] ** 0.5
    draws = draws.copy(deep=True)
    slope = draws["coefficient"].sel(link="weather -> harvest")
    draws["coefficient"].loc[{"link": "trade -> growth"}] = -slope  # so that the effect follows
    table = evidence_effects(
        _problem(),
        draws,
        {"up": seen(mean[1] + spread, spread), "down": seen(mean[1] - spread, spread)},
        {"output": laboratory.OUTPUT},
    ).set_index("evidence")
    assert list(table.index) == ["up", "down", "all"]
    assert table.loc["down", "with_median"] < table.loc["all", "with_median"]
    assert table.loc["all", "with_median"] < table.loc["up", "with_median"]
    assert (table["difference"] == table["with_median"] - table["median"]).all()
    near = table["difference"].abs() < 2 * table["difference_error"]
    assert (table["within_error"] == near).all()
    assert not table.loc[["up", "down"], "within_error"].any()


def _problem():
    from sanctions_model.inference.conditioned import Problem

    return Problem.of(MODEL, laboratory.observe(laboratory.draw_truth(2), 3), PRIORS)


@pytest.mark.slow
def test_weights_agree_with_a_refit_that_has_the_figure_in_the_likelihood():
    from sanctions_model.inference.fit import fit
    from sanctions_model.inference.priors.families import Normal

    base = laboratory.refit(
        laboratory.study().observations, draws=2000, tune=1000, chains=4, random_seed=11
    )
    address = "trade -> growth"
    slope = base.draws["coefficient"].sel(link=address)
    value, spread = float(slope.mean() + slope.std()), 1.5 * float(slope.std())
    quantity = LinkEffect(label="slope", unit=UNIT, link=address, run="short_run")
    weights = evidence_weights(MODEL, base.draws, [seen(value, spread, quantity)])
    weights.require()
    # A normal figure of a parameter with a normal prior is another normal prior.
    prior = PRIORS.for_model(MODEL)[address]
    precision = prior.sigma**-2 + spread**-2
    mu = (prior.mu / prior.sigma**2 + value / spread**2) / precision
    again = fit(
        MODEL,
        laboratory.study().observations,
        PRIORS.replace({address: Normal(mu=mu, sigma=precision**-0.5)}),
        draws=2000,
        tune=1000,
        chains=4,
        random_seed=12,
    )
    from sanctions_model.queries.effects import total_effect

    for outcome in ("price_level", "output_level"):

        def effect(draws, outcome=outcome) -> xr.DataArray:
            found = total_effect(MODEL, draws, laboratory.LIFTED, horizon=8, outcomes=[outcome])
            return found.isel(outcome=0, horizon=-1)

        before, after = (
            effect(base.draws).to_numpy().ravel(),
            effect(again.draws).to_numpy().ravel(),
        )
        weighed = weights.weights @ before
        error = after.std() * (1 / weights.effective_size + 1 / 400) ** 0.5
        assert weighed == pytest.approx(after.mean(), abs=4 * error)


def test_every_bundled_quantity_is_defined_for_the_growth_economy(growth_problem, growth_draws):
    for name, quantity in load_quantities().items():
        values = quantity_draws(growth_problem.scm, growth_draws, quantity)
        assert values.dims == ("chain", "draw"), name
        assert np.isfinite(values).all(), name


OTHER = LinkEffect(label="slope", unit=UNIT, link="rain -> harvest", run="short_run")


def test_a_quantity_is_asked_in_the_first_form_whose_parts_the_model_has():
    draws, _, _ = harvest_draws(8)
    asked = OTHER.model_copy(update={"otherwise": (SLOPE,)})
    assert form_for(MODEL, asked) is SLOPE
    assert quantity_draws(MODEL, draws, asked).equals(quantity_draws(MODEL, draws, SLOPE))
    with pytest.raises(UnknownVariableError, match="'rain -> harvest' in what is asked, 'slope'"):
        quantity_draws(MODEL, draws, OTHER)


def test_what_a_model_lacks_is_a_line_and_not_an_end():
    problem = anchored_problem()
    draws = sample_prior(problem.scm, problem.absolute, draws=50, chains=2, random_seed=1)
    found = dict(list(load_implied_evidence().items())[:1]) | {"slope": seen(1.0, 1.0, OTHER)}
    table = evidence_table(problem, draws, draws, found)
    row = table.set_index("evidence").loc["slope"]
    assert row["refused"] == "not asked of this model: it has no 'rain -> harvest'"
    assert not row["used"]
    assert np.isnan(row["median"])
    prices = {
        "lower_prices": Claim(
            statement="x", outcome="price_level", sign=-1, horizon=4, material=0.1
        )
    }
    effects = evidence_effects(problem, draws, found, prices)
    assert "slope" not in set(effects["evidence"])


@pytest.mark.parametrize("name", list(load_quantities()))
def test_every_bundled_quantity_is_defined_for_the_anchored_model(name):
    quantity = load_quantities()[name]
    assert not not_asked(anchored_problem().scm, quantity)
    values = quantity_draws(anchored_problem().scm, anchored_draws(), quantity)
    assert np.isfinite(values).all()


def test_the_rule_reacts_to_what_expectations_take_from_past_inflation():
    draws, scm = anchored_draws(), anchored_problem().scm
    found = quantity_draws(scm, draws, load_quantities()["key_rate_reaction"])
    reaction = draws["coefficient"].sel(link="expected_deviation -> key_rate")
    closed = (1 - draws["anchoring"]) * (1 + reaction)
    smoothing = draws["persistence"].sel(adjusting="key_rate")
    assert np.allclose(found, closed, rtol=float(smoothing.max()) ** 30)


def test_a_weaker_rouble_is_scaled_to_the_nominal_one():
    draws, scm = anchored_draws(), anchored_problem().scm
    found = quantity_draws(scm, draws, load_quantities()["pass_through_1q"])
    own = draws["coefficient"].sel(link="real_depreciation -> inflation")
    real = (1 - draws["persistence"].sel(adjusting="inflation")) * own
    assert np.allclose(found, real / (1 + real))
