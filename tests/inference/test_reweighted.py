"""A fit under other beliefs against the conjugate posterior, whole and saved."""

import numpy as np
import pytest
import xarray as xr
from command import call, refused
from saved_fits import fit_of
from strategies import variable

import sanctions_model as sm
from sanctions_model.errors import PriorError, ReweightingError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit, groups_of_prior
from sanctions_model.inference.priors.reading import parse_priors
from sanctions_model.inference.reweighting import weighted_quantile
from sanctions_model.scm.variables import Noise

SIZE, NOISE, PERIODS = 4000, 1.5, 24
SCM = sm.StructuralCausalModel(
    noise=Noise.GAUSSIAN, equations=(sm.Linear(variable=variable("y"), parents=()),)
)


def believing(mu, sigma):
    return sm.Priors.from_addresses(
        {"intercept[y]": sm.Normal(mu=mu, sigma=sigma), "scale[y]": sm.Fixed(value=NOISE)}
    )


def series():
    time = np.arange("2010-01", "2016-01", 3, dtype="datetime64[M]").astype("datetime64[ns]")
    values = 2.0 + NOISE * np.random.default_rng(3).normal(size=PERIODS)
    return xr.Dataset({"y": ("time", values)}, coords={"time": time})


def conjugate(mu, sigma):
    """Mean and deviation of the posterior of a Gaussian mean with a known deviation."""
    values = series()["y"].to_numpy()
    precision = sigma**-2 + values.size / NOISE**2
    return (mu * sigma**-2 + values.sum() / NOISE**2) / precision, precision**-0.5


@pytest.fixture(scope="module")
def fitted():
    """Draws of the closed form in the place of a sampler's."""
    problem = Problem.of(SCM, series(), believing(0.0, 2.0))
    mean, deviation = conjugate(0.0, 2.0)
    drawn = np.random.default_rng(5).normal(mean, deviation, (4, SIZE // 4, 1))
    posterior = xr.Dataset(
        {
            "intercept": (("chain", "draw", "equation"), drawn),
            "scale": (("chain", "draw", "equation"), np.full_like(drawn, NOISE)),
        },
        coords={"chain": range(4), "draw": range(SIZE // 4), "equation": ["y"]},
    )
    groups = groups_of_prior(problem, 1, SIZE) | {"posterior": posterior}
    base = sm.sample_prior_predictive(SCM, series(), believing(0.0, 2.0), draws=10)
    return Fit(problem=problem, idata=xr.DataTree.from_dict(groups), manifest=base.manifest)


@pytest.mark.parametrize(("mu", "sigma"), [(2.5, 0.4), (1.0, 0.5), (0.0, 1.0), (3.0, 5.0)])
def test_weighted_draws_are_those_of_the_conjugate_posterior(fitted, mu, sigma):
    mean, deviation = conjugate(mu, sigma)
    found = sm.reweight(fitted, believing(mu, sigma))
    assert found.changed == ("intercept[y]",)
    assert found.k_hat < 0.7
    error = deviation / np.sqrt(found.effective_size)
    values = fitted.draws["intercept"].to_numpy().ravel()
    assert values @ found.weights.weights == pytest.approx(mean, abs=4 * error)
    spread = weighted_quantile(values, found.weights.weights, [0.16, 0.84])
    assert np.ptp(spread) / 2 == pytest.approx(0.9945 * deviation, rel=0.12)
    # The draws taken in proportion, and a fit of them, say the same.
    for drawn in (found.draws, found.fit.draws):
        assert drawn.sizes["draw"] == SIZE
        assert float(drawn["intercept"].mean()) == pytest.approx(mean, abs=5 * error)


def test_a_fit_of_them_is_a_fit(fitted, tmp_path):
    found = sm.reweight(fitted, {"intercept[y]": sm.Normal(mu=2.5, sigma=0.4)}).fit
    assert found.problem.absolute["intercept[y]"].mu == 2.5
    assert found.manifest["reweighted"]["changed"] == ["intercept[y]"]
    assert found.manifest["reweighted"]["k_hat"] < 0.7
    prior = found.prior_draws["intercept"]
    assert float(prior.mean()) == pytest.approx(2.5, abs=0.05)
    sm.save(found, tmp_path / "posterior.nc")
    again = sm.load(tmp_path / "posterior.nc")
    xr.testing.assert_equal(again.draws, found.draws)


def test_beliefs_out_of_reach_are_refused_or_said(fitted, caplog):
    far = {"intercept[y]": sm.Normal(mu=9.0, sigma=0.1)}
    with pytest.raises(ReweightingError, match=r"k-hat .*expected at most 0.7.*: .*intercept\[y\]"):
        sm.reweight(fitted, far)
    with pytest.raises(ReweightingError, match=r"^no draw is where the new beliefs are: "):
        sm.reweight(fitted, {"intercept[y]": sm.Normal(mu=1e6, sigma=1e-3)})
    with caplog.at_level("WARNING", logger="sanctions_model"):
        assert sm.reweight(fitted, far, allow_unreliable=True).k_hat > 0.7
    assert "Fit with these beliefs instead" in caplog.text
    with pytest.raises(ReweightingError, match="known value"):
        sm.reweight(fitted, {"intercept[y]": sm.Fixed(value=2.0)})
    with pytest.raises(PriorError, match="names no parameter"):
        sm.reweight(fitted, {"intercept[x]": sm.Normal(mu=0, sigma=1)})
    prior = sm.sample_prior_predictive(SCM, series(), believing(0.0, 2.0), draws=200)
    with pytest.raises(ReweightingError, match="draws are of the prior alone"):
        sm.reweight(prior, far)


def test_the_same_beliefs_change_nothing(fitted):
    found = sm.reweight(fitted, believing(0.0, 2.0))
    assert found.changed == ()
    assert found.k_hat == -np.inf
    np.testing.assert_array_equal(
        found.draws["intercept"].to_numpy().ravel(), fitted.draws["intercept"].to_numpy().ravel()
    )


TYPED = {
    "x -> y=LogNormal(0.14,0.6)": ("x -> y", sm.LogNormal(median=0.14, sigma=0.6)),
    "x[1] -> y = Normal(-1, sigma=2)": ("x[1] -> y", sm.Normal(mu=-1, sigma=2)),
    "persistence[y]=Beta(2, 3)": ("persistence[y]", sm.Beta(alpha=2, beta=3)),
    "* -> y=LogNormal(1, 2, negative=True)": (
        "* -> y",
        sm.LogNormal(median=1, sigma=2, negative=True),
    ),
}


@pytest.mark.parametrize("text", TYPED)
def test_beliefs_are_read_as_they_are_typed(text):
    address, prior = TYPED[text]
    assert parse_priors([text]) == {address: prior}


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["x -> y"], "Cannot read the prior"),
        (["x -> y=Nrmal(1, 2)"], "Did you mean 'Normal'"),
        (["x -> y=Normal(a, b)"], "Normal takes mu, sigma, lower, upper"),
        (["x -> y=Normal(1, 2)(3)"], "Cannot read the arguments"),
        (["x -> y=Normal(1, 2, mu=3)"], "argument twice"),
        (["x -> y=Normal(1, sgma=3)"], "of another name"),
        (["x -> y=Normal(1)"], "sigma: it is missing"),
        (["x -> y=Normal(1, -2)"], "sigma"),
        (["x -> y=Normal(1, __import__('os'))"], "Cannot read the arguments"),
        (["x -> y=Normal(1, 2)", "x -> y=Normal(1, 3)"], "two priors"),
    ],
)
def test_what_is_no_belief_is_refused_in_one_line(texts, reason):
    with pytest.raises(PriorError, match=reason) as caught:
        parse_priors(texts)
    assert "\n" not in str(caught.value)


def test_effects_under_another_belief_stand_beside_the_fitted_ones(tmp_path):
    """By hand: the draws' effects, weighted by the ratio of two log-normal densities."""
    import json

    from scipy.stats import lognorm

    folder = tmp_path / "fit"
    fit = fit_of(sm.load_priors(economy="growth"), folder, 1)
    link = next(
        label
        for label, prior in fit.problem.absolute.items()
        if prior.family == "LogNormal" and label.endswith("depreciation -> inflation")
    )
    old = fit.problem.absolute[link]
    median = 1.05 * old.median
    text = f"{link}=LogNormal({median}, {old.sigma})"
    done = call("effects", "--fit", folder, "--prior", text, "--horizon", 8, "--json", "-q")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    place = [each.label for each in fit.scm.links].index(link)
    drawn = fit.draws["coefficient"][..., place].to_numpy().ravel()
    ratio = lognorm.pdf(drawn, old.sigma, scale=median) / lognorm.pdf(
        drawn, old.sigma, scale=old.median
    )
    effect = sm.total_effect(fit.scm, fit.draws, horizon=8, outcomes=["key_rate"])
    values = effect.isel(horizon=-1).to_numpy().ravel()
    (row,) = [row for row in rows if row["outcome"] == "key_rate"]
    assert row["prob_below_zero"] == pytest.approx((values < 0).mean())
    # Smoothing moves the few largest weights alone.
    expected = ratio @ (values < 0) / ratio.sum()
    assert row["new_prob_below_zero"] == pytest.approx(expected, abs=0.01)
    assert row["k_hat"] < 0.7
    shown = call("effects", "--fit", folder, "--prior", text)
    assert "with your prior" in shown.out
    assert "k-hat" in shown.out
    far = f"{link}=LogNormal({50 * old.median}, 0.05)"
    assert "Fit with these beliefs" in refused("effects", "--fit", folder, "--prior", far)
