"""Sampling against closed forms, the convergence gate, refits, reproducibility, the manifest."""

import logging
import os
import subprocess
import sys
from dataclasses import replace

import arviz as az
import laboratory
import numpy as np
import pytest
from laboratory import MODEL, PRIORS, FakeSampler, as_observations, harvest_posterior
from oracle import close

from sanctions_model import workflow as sanctions
from sanctions_model.errors import ConvergenceError, PriorError, QuestionError
from sanctions_model.inference.diagnostics import diagnose
from sanctions_model.inference.fit import Fit, fit, sample_prior_predictive
from sanctions_model.inference.for_arviz import for_arviz
from sanctions_model.inference.kernel.nutpie_adapter import load_kernel
from sanctions_model.inference.priors.families import LogNormal, Normal
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.inference.samplers import Nutpie, PyMCSampler
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.tables import links_table
from sanctions_model.scm.parameters import parameter_dims
from sanctions_model.scm.serialization import spec_hash
from sanctions_model.workflow import SanctionsModel

# Comparisons with exact values allow this many Monte-Carlo standard errors: some 60 comparisons
# of which none should fail by chance.
ERRORS = 4.5


@pytest.fixture(scope="session")
def lab():
    """The one fit of the session."""
    return laboratory.fitted()


def errors_of(draws):
    """Monte-Carlo standard errors of mean and standard deviation of one parameter."""
    from arviz_stats.base import array_stats

    values = draws.transpose("chain", "draw").to_numpy()
    return tuple(
        float(array_stats.mcse(values, chain_axis=0, draw_axis=1, method=method))
        for method in ("mean", "sd")
    )


def agrees(draws, mean, deviation):
    """Whether draws have this mean and standard deviation, up to Monte-Carlo error."""
    error_of_mean, error_of_deviation = errors_of(draws)
    assert abs(float(draws.mean()) - mean) < ERRORS * error_of_mean
    assert abs(float(draws.std()) - deviation) < ERRORS * error_of_deviation


def harvest_draws(fitted):
    """Intercept and both slopes of the regression with a closed form."""
    draws = fitted.draws
    return [
        draws["intercept"].sel(equation="harvest"),
        draws["coefficient"].sel(link="weather -> harvest"),
        draws["coefficient"].sel(link="weather[1] -> harvest"),
    ]


# Against closed forms


def test_a_gaussian_regression_has_its_conjugate_posterior(lab):
    mean, covariance = harvest_posterior(lab.problem.observations)
    for draws, expected, deviation in zip(
        harvest_draws(lab), mean, np.sqrt(np.diag(covariance)), strict=True
    ):
        agrees(draws, expected, deviation)


def test_its_parameters_are_correlated_as_in_closed_form(lab):
    _, covariance = harvest_posterior(lab.problem.observations)
    deviations = np.sqrt(np.diag(covariance))
    expected = covariance / np.outer(deviations, deviations)
    found = np.corrcoef([draws.to_numpy().ravel() for draws in harvest_draws(lab)])
    np.testing.assert_allclose(found, expected, atol=ERRORS / np.sqrt(1000))


def test_the_ragged_edge_has_its_predictive_distribution(lab):
    mean, covariance = harvest_posterior(lab.problem.observations)
    weather = lab.problem.observations["weather"].to_numpy()
    cells = lab.draws["missing_cell"]
    labels = [str(label) for label in cells["missing"].to_numpy()]
    assert [label for label in labels if label.startswith("harvest")] == [
        "harvest[2019-07-01]",
        "harvest[2019-10-01]",
    ]
    for back, label in ((2, "harvest[2019-07-01]"), (1, "harvest[2019-10-01]")):
        row = np.array([1.0, weather[-back], weather[-back - 1]])
        variance = row @ covariance @ row + laboratory.HARVEST_SCALE**2
        agrees(cells.sel(missing=label), row @ mean, np.sqrt(variance))


@pytest.mark.parametrize(
    "address",
    [
        "weather -> silent",
        "intercept[silent]",
        "scale[silent]",
        "degrees_of_freedom[silent]",
        "recoverable_share[trade]",
        "recovery_speed[trade]",
    ],
)
def test_what_meets_no_data_keeps_its_prior(lab, address):
    # `silent` has no series and the measure never falls in the sample.
    prior = lab.problem.absolute[address]
    exact = prior.sample(np.random.default_rng(1), 1_000_000)
    draws = of_address(lab.draws, address)
    agrees(draws, exact.mean(), exact.std())
    for share in (0.1, 0.5, 0.9):
        below = (draws < np.quantile(exact, share)).astype(float)
        error, _ = errors_of(below)
        assert abs(float(below.mean()) - share) < ERRORS * error


def of_address(draws, address):
    """The draws of one scalar parameter."""
    if " -> " in address:
        return draws["coefficient"].sel(link=address, drop=True)
    name, label = address[:-1].split("[")
    (dim,) = set(draws[name].dims) - {"chain", "draw"}
    return draws[name].sel({dim: label}, drop=True)


def test_known_parameters_are_constants(lab):
    for address, value in (("scale[harvest]", 0.75), ("degrees_of_freedom[harvest]", 1e7)):
        np.testing.assert_array_equal(of_address(lab.draws, address), value)


def test_the_fit_knows_more_than_the_prior_where_there_are_data(lab):
    table = links_table(
        lab.scm, lab.problem.absolute, lab.prior_draws, lab.draws, problem=lab.problem
    )
    rests = table[table["kind"] == "long_run"].set_index("link")["basis"]
    assert rests["weather -> harvest"] == "identified"
    assert rests["weather -> silent"] == "assumed"
    share = table[table["kind"] == "long_run"].set_index("link")["information"]
    assert share["weather -> harvest"] > 0.95
    assert share["weather -> growth"] > 0.5
    assert share["weather -> silent"] < 0.05


# What a fit holds


def test_a_fit_has_the_groups_that_arviz_expects(lab):
    assert set(lab.idata.children) == {
        "posterior",
        "posterior_predictive",
        "prior",
        "prior_predictive",
        "log_likelihood",
        "log_prior",
        "sample_stats",
        "observed_data",
    }
    names = {*parameter_dims(MODEL), "missing_cell"}
    assert set(lab.draws.data_vars) == set(lab.prior_draws.data_vars) == names
    assert set(lab.idata["log_prior"].data_vars) == set(parameter_dims(MODEL))
    assert lab.draws.sizes["chain"] == 4
    assert lab.draws.sizes["draw"] == 1000
    assert not any("variable" in group.dims for group in lab.idata.children.values())
    assert {"diverging", "energy", "lp", "n_steps"} <= set(lab.idata["sample_stats"].data_vars)
    for name in lab.draws.data_vars:
        assert np.isfinite(lab.draws[name]).all(), name


def test_the_prior_group_is_the_prior(lab):
    again = sample_prior(MODEL, lab.problem.absolute, draws=4000, random_seed=7)
    for name in again.data_vars:
        np.testing.assert_array_equal(again[name], lab.prior_draws[name])


def test_observed_data_are_the_cells_in_the_likelihood(lab):
    observed = lab.idata["observed_data"]["observed"]
    found = lab.idata["log_likelihood"]["observed"]
    assert int(np.isfinite(observed).sum()) == found.sizes["cell"]
    growth = observed.sel(equation="growth").to_numpy()
    series = lab.problem.observations["growth"].to_numpy()
    used = np.isfinite(growth)
    np.testing.assert_array_equal(growth[used], series[used])
    assert not np.isfinite(growth[[40, -1]]).any()
    assert not np.isfinite(observed.sel(equation="silent")).any()


def test_stored_densities_are_those_of_a_hand_written_sum(lab):
    """One cell of each kind at one draw: a regression cell and a parameter of each family."""
    from scipy import stats

    one = lab.draws.isel(chain=2, draw=345)
    weather, harvest = (lab.problem.observations[n].to_numpy() for n in ("weather", "harvest"))
    mean = (
        one["intercept"].sel(equation="harvest")
        + one["coefficient"].sel(link="weather -> harvest") * weather[33]
        + one["coefficient"].sel(link="weather[1] -> harvest") * weather[32]
    )
    density = lab.idata["log_likelihood"]["observed"].isel(chain=2, draw=345)
    time = lab.problem.observations["time"].to_numpy()[33]
    cell = (density["cell_equation"] == "harvest") & (density["cell_time"] == time)
    expected = stats.norm(float(mean), laboratory.HARVEST_SCALE).logpdf(harvest[33])
    close(density.to_numpy()[cell.to_numpy()], expected, rtol=1e-5)
    prior = lab.idata["log_prior"].to_dataset().isel(chain=2, draw=345)
    slope = "weather -> growth"
    value = float(one["coefficient"].sel(link=slope))
    close(prior["coefficient"].sel(link=slope).item(), stats.norm(0.5, 0.3).logpdf(value))
    kept = float(one["persistence"].sel(adjusting="premium"))
    close(prior["persistence"].sel(adjusting="premium").item(), stats.beta(6, 4).logpdf(kept))


def test_arviz_reads_a_fit(lab):
    import arviz as az

    loo = az.loo(lab.idata)
    assert np.isfinite(loo.elpd)
    assert loo.n_data_points == lab.idata["log_likelihood"].sizes["cell"]
    sensitivity = az.psense_summary(lab.idata, var_names=["coefficient"])
    assert len(sensitivity) == len(MODEL.links)
    by_likelihood = sensitivity["likelihood"].astype(float)
    informed, silent = (
        by_likelihood[f"coefficient[weather -> {n}]"] for n in ("harvest", "silent")
    )
    assert silent < 0.3 * informed
    summary = az.summary(lab.idata, var_names=["persistence"])
    assert len(summary) == 3
    assert az.plot_energy(lab.idata) is not None
    assert "persistence" in lab._repr_html_()


def test_the_manifest_says_what_was_done(lab):
    manifest = lab.manifest
    assert manifest["settings"] == {"draws": 1000, "tune": 1000, "chains": 4, "random_seed": 7}
    assert manifest["sampler"] == "Nutpie(target_accept=0.8, low_rank=False)"
    assert manifest["spec_sha256"] == spec_hash(MODEL)
    assert manifest["data"] == {
        "title": "laboratory",
        "last_period": "2019-10-01",
        "sha256": "0" * 64,
    }
    assert len(manifest["priors"]["sha256"]) == 64
    assert manifest["refitted_at_target_accept"] is None
    assert set(manifest["seconds"]) == {"sampling"}
    assert {"pymc", "nutpie", "numpy", "python", "sanctions-model"} <= set(manifest["versions"])
    assert "unknown" not in manifest["versions"].values()
    assert manifest["created"].endswith("+00:00")
    assert set(manifest["machine"]) == {"system", "processor", "cores"}


def test_the_manifest_names_neither_host_nor_place(lab):
    import getpass
    import json
    import platform
    from pathlib import Path

    text = json.dumps(dict(lab.manifest))
    for name in (platform.node(), str(Path.cwd()), str(Path.home())):
        assert name not in text
    assert f'"{getpass.getuser()}"' not in text


def test_the_manifest_sees_other_priors():
    def hash_of(priors):
        found = sample_prior_predictive(MODEL, lab_observations(), priors, draws=2)
        return found.manifest["priors"]["sha256"]

    changed = PRIORS.replace({"weather -> growth": Normal(mu=0.5, sigma=0.31)})
    assert hash_of(PRIORS) == hash_of(PRIORS.model_copy(update={"origin": "another file"}))
    assert hash_of(PRIORS) != hash_of(changed)


def lab_observations(seed=3):
    return laboratory.observe(laboratory.draw_truth(2), seed)


# The gate


def test_too_few_draws_do_not_pass_the_gate():
    with pytest.raises(
        ConvergenceError, match=r"bulk ESS \d+ \(expected at least 400\)"
    ) as refusal:
        laboratory.refit(lab_observations(), draws=60, tune=200, chains=2, random_seed=1)
    assert "allow_unconverged returns the draws all the same" in str(refusal.value)


def test_unconverged_draws_come_back_only_when_asked_and_with_a_warning(caplog):
    with caplog.at_level(logging.WARNING, logger="sanctions_model"):
        found = laboratory.refit(
            lab_observations(),
            draws=60,
            tune=200,
            chains=2,
            random_seed=1,
            allow_unconverged=True,
        )
    assert "Sampling did not converge: " in caplog.text
    assert found.diagnostics.failures
    assert found.manifest["diagnostics"]["ess_bulk"] < 400
    assert found.draws.sizes["draw"] == 60


def test_the_shared_fit_passes_the_gate(lab):
    found = lab.diagnostics
    assert found.failures == ()
    assert found.r_hat <= 1.01
    assert min(found.ess_bulk, found.ess_tail) >= 400
    assert found.divergences == 0


def test_diagnostics_are_those_of_arviz(lab):
    import arviz as az

    free = lab.draws.drop_vars(["scale", "degrees_of_freedom"])
    for name in ("scale", "degrees_of_freedom"):
        others = [e for e in MODEL.stochastic if e != "harvest"]
        free[name] = lab.draws[name].sel(equation=others).rename(equation="other")
    # The tail is that of Vehtari et al. (2021): 5 and 95 %, whatever interval is reported.
    tail = az.ess(free, method="tail", prob=(0.05, 0.95))
    summary = [az.rhat(free), az.ess(free, method="bulk"), tail]
    worst = [
        max(float(a.max()) for a in summary[0].data_vars.values()),
        *(min(float(a.min()) for a in s.data_vars.values()) for s in summary[1:]),
    ]
    found = lab.diagnostics
    np.testing.assert_allclose([found.r_hat, found.ess_bulk, found.ess_tail], worst, rtol=1e-3)


def judged(draws):
    """What the gate says of draws of the laboratory, whose one known scale may stand still."""
    known = ("scale[harvest]", "degrees_of_freedom[harvest]")
    return diagnose(MODEL, draws, known=known)


def test_explosive_draws_are_counted(lab):
    explosive = lab.draws.copy(deep=True)
    explosive["coefficient"].loc[{"link": "growth[1] -> growth", "chain": 1}] = 1.5
    assert judged(lab.draws).explosive == 0
    assert judged(explosive).explosive == 1000


@pytest.mark.parametrize("name", ["coefficient", "scale", "recovery_speed"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_draws_that_are_no_numbers_do_not_pass(lab, name, value):
    broken = lab.draws.copy(deep=True)
    broken[name][1, 500:, 0] = value
    assert judged(broken).failures


def test_chains_stuck_at_different_places_do_not_pass(lab):
    stuck = lab.draws.copy(deep=True)
    stuck["coefficient"][:, :, 3] = np.arange(4.0)[:, None]
    assert judged(stuck).failures


@pytest.mark.parametrize("value", [0.8, 0.1, 1 / 3, 1e7 + 0.1])
def test_known_parameters_do_not_count_whatever_their_value(lab, value):
    # The standard deviation of equal numbers need not be exactly zero.
    known = lab.draws.copy(deep=True)
    known["scale"].loc[{"equation": "harvest"}] = value
    found = judged(known)
    assert found.failures == ()
    close(found.r_hat, lab.diagnostics.r_hat)


def test_known_tails_of_a_normal_distribution_are_no_fault(lab):
    gaussian = lab.draws.copy(deep=True)
    gaussian["degrees_of_freedom"].loc[{"equation": "harvest"}] = np.inf
    gaussian["coefficient"].loc[{"link": "growth[1] -> growth", "chain": 1}] = 1.5
    found = judged(gaussian)
    assert found.explosive == 1000
    assert judged(gaussian.assign(coefficient=lab.draws["coefficient"])).failures == ()


@pytest.mark.parametrize("value", [0.3, "first"])
@pytest.mark.parametrize("chains", [slice(None), slice(0, 1)], ids=["all chains", "one chain"])
def test_a_free_parameter_that_stands_still_does_not_pass(lab, value, chains):
    dead = lab.draws.copy(deep=True)
    own = dead["coefficient"].loc[{"link": "weather -> growth"}]
    dead["coefficient"].loc[{"link": "weather -> growth", "chain": own["chain"][chains]}] = (
        float(own[0, 0]) if value == "first" else value
    )
    found = judged(dead)
    assert any("R-hat cannot be computed" in failure for failure in found.failures)
    assert np.isnan(found.r_hat)


@pytest.mark.parametrize(("chains", "draws"), [(1, 1000), (4, 1), (4, 3), (1, 1)])
def test_too_few_chains_or_draws_for_a_diagnosis_do_not_pass(lab, chains, draws):
    few = lab.draws.isel(chain=slice(0, chains), draw=slice(0, draws))
    assert np.isnan(judged(few).r_hat)
    assert any(
        "expected 2 chains or more of 4 draws" in failure for failure in judged(few).failures
    )


def test_one_chain_cannot_agree_with_others_but_its_size_counts(lab):
    short = lab.draws.isel(chain=[0], draw=slice(0, 100))
    assert any("ESS" in failure for failure in judged(short).failures)


# A sampler made by hand: what `fit` does with what it gets


def fit_with(sampler, **settings):
    given = {"draws": 1000, "tune": 10, "chains": 4, "random_seed": 3}
    return fit(MODEL, lab_observations(), PRIORS, sampler=sampler, **(given | settings))


def test_a_sampler_of_one_s_own_is_asked_once():
    sampler = FakeSampler([0])
    found = fit_with(sampler, progress=True)
    assert sampler.calls == [(0.8, 1000, 10, 4, 3, True)]
    assert found.manifest["refitted_at_target_accept"] is None
    assert "FakeSampler" in found.manifest["sampler"]
    assert "of_no_interest" not in found.draws
    assert found.draws["coefficient"].dims == ("chain", "draw", "link")
    assert "lp" in found.idata["sample_stats"]


def test_divergences_alone_are_answered_by_one_refit_at_a_higher_target(caplog):
    sampler = FakeSampler([7, 0])
    with caplog.at_level(logging.WARNING, logger="sanctions_model"):
        found = fit_with(sampler)
    assert [call[0] for call in sampler.calls] == [0.8, 0.95]
    assert found.diagnostics.divergences == 0
    assert found.manifest["refitted_at_target_accept"] == 0.95
    assert "target_accept=0.95" in found.manifest["sampler"]
    assert "7 divergences (expected 0); sampling once more at target_accept 0.95" in caplog.text


def test_divergences_that_stay_are_refused():
    sampler = FakeSampler([7, 2])
    with pytest.raises(ConvergenceError, match=r"did not converge: 2 divergences \(expected 0\)"):
        fit_with(sampler)
    assert len(sampler.calls) == 2


def test_chains_that_disagree_are_not_refitted():
    sampler = FakeSampler([7], spread=1.0)
    with pytest.raises(ConvergenceError, match=r"R-hat [\d.]+ \(expected at most 1.01\).*7 diverg"):
        fit_with(sampler)
    assert len(sampler.calls) == 1


def test_samplers_keep_all_but_their_target():
    assert Nutpie(low_rank=True).with_target_accept(0.95) == Nutpie(
        low_rank=True, target_accept=0.95
    )
    assert Nutpie().with_target_accept(0.95) == Nutpie(target_accept=0.95)
    assert PyMCSampler().with_target_accept(0.9) == PyMCSampler(target_accept=0.9)
    assert Nutpie().target_accept == PyMCSampler().target_accept == 0.8


# Refits


SHORT = {"draws": 150, "tune": 300, "chains": 2, "allow_unconverged": True}


def test_the_same_seed_gives_the_same_bits():
    once, again, other = (
        laboratory.refit(lab_observations(), random_seed=seed, **SHORT).draws for seed in (5, 5, 6)
    )
    assert once.identical(again)
    assert not once.equals(other)


def test_refitting_other_data_leaves_nothing_behind():
    before = laboratory.refit(lab_observations(), random_seed=5, **SHORT).draws
    laboratory.refit(lab_observations(seed=99), random_seed=5, **SHORT)
    after = laboratory.refit(lab_observations(), random_seed=5, **SHORT).draws
    assert before.identical(after)


def test_other_data_give_their_own_posterior():
    observations = laboratory.observe(laboratory.draw_truth(8), 9)
    found = laboratory.refit(observations, draws=1600, tune=600, chains=2, random_seed=6)
    mean, covariance = harvest_posterior(observations)
    old, _ = harvest_posterior(lab_observations())
    assert np.abs(mean - old).max() > 0.5
    for draws, expected, deviation in zip(
        harvest_draws(found), mean, np.sqrt(np.diag(covariance)), strict=True
    ):
        agrees(draws, expected, deviation)


def test_other_prior_arguments_give_their_own_posterior():
    changed = PRIORS.replace(
        {
            "weather -> harvest": Normal(mu=5.0, sigma=1e-3),
            "scale[silent]": LogNormal(median=30.0, sigma=0.01),
        }
    )
    found = fit(
        MODEL,
        lab_observations(),
        changed,
        random_seed=4,
        **SHORT,
    )
    slope = of_address(found.draws, "weather -> harvest")
    assert abs(float(slope.mean()) - 5.0) < 0.01
    assert abs(float(of_address(found.draws, "scale[silent]").mean()) - 30.0) < 1.0


def with_family(address, prior):
    return PRIORS.replace({address: prior})


def changed_series(**changed):
    series = {name: array.to_numpy().copy() for name, array in lab_observations().items()}
    for name, edit in changed.items():
        edit(series[name])
    return as_observations(series)


def fall(values):
    values[-5:] = 0.5


def hole(values):
    values[50] = np.nan


@pytest.mark.parametrize(
    ("scm", "observations", "priors"),
    [
        (MODEL, lab_observations().isel(time=slice(0, 79)), PRIORS),
        (MODEL, changed_series(trade=fall), PRIORS),
        (MODEL, changed_series(inflation=hole), PRIORS),
        (
            MODEL,
            lab_observations(),
            with_family("weather -> growth", LogNormal(median=0.5, sigma=1.0)),
        ),
        (
            MODEL,
            lab_observations(),
            with_family("weather -> growth", Normal(mu=0.5, sigma=1.0, lower=0.0)),
        ),
        (replace(MODEL, equations=MODEL.equations[:-1]), lab_observations(), None),
    ],
    ids=["fewer periods", "a measure falls", "another hole", "a family", "a bound", "an equation"],
)
def test_another_structure_is_fitted_without_compiling(scm, observations, priors):
    from numba.core import event

    if priors is None:
        entries = {
            name: {label: prior for label, prior in group.items() if "silent" not in label}
            for name, group in PRIORS.entries.items()
        }
        priors = PRIORS.model_copy(update={"entries": entries})
    load_kernel()
    settings = {"draws": 10, "tune": 30, "chains": 1, "random_seed": 3, "allow_unconverged": True}
    with event.install_recorder("numba:compile") as recorder:
        found = fit(scm, observations, priors, **settings)
    assert recorder.buffer == []
    assert set(found.draws.data_vars) == {*parameter_dims(scm), "missing_cell"}


def test_fitting_changes_neither_data_nor_priors():
    observations = lab_observations()
    before, priors = observations.copy(deep=True), PRIORS.model_copy(deep=True)
    laboratory.refit(observations, random_seed=1, **SHORT)
    assert observations.identical(before)
    assert priors == PRIORS
    assert MODEL.centres == {}


@pytest.mark.parametrize("name", ["draws", "tune", "chains"])
@pytest.mark.parametrize("value", [0, -1, 2.5])
def test_a_count_below_one_is_refused(name, value):
    with pytest.raises(QuestionError, match=f"{name} is {value}; expected a whole number"):
        fit(MODEL, lab_observations(), PRIORS, sampler=FakeSampler([0]), **{name: value})


def test_a_missing_prior_is_refused_before_anything_is_sampled():
    entries = {name: dict(group) for name, group in PRIORS.entries.items()}
    del entries["coefficient"]["inflation -> key_rate"]
    sampler = FakeSampler([0])
    lacking = PRIORS.model_copy(update={"entries": entries})
    with pytest.raises(PriorError, match="'inflation -> key_rate' has no prior"):
        fit(MODEL, lab_observations(), lacking, sampler=sampler)
    assert sampler.calls == []


# The prior alone


def test_prior_only_answers_the_same_questions():
    found = laboratory.prior_only()
    assert isinstance(found, Fit)
    assert found.is_prior_only
    assert found.diagnostics is None
    assert found.draws.identical(found.prior_draws)
    assert set(found.idata.children) == {"prior", "prior_predictive", "observed_data"}
    effect = total_effect(found.scm, found.draws, laboratory.LIFTED, horizon=8)
    assert effect.sizes["draw"] == 2000
    assert np.isfinite(effect).all()


def test_prior_only_refuses_no_draws():
    with pytest.raises(QuestionError, match="draws is 0; expected a whole number"):
        sample_prior_predictive(MODEL, lab_observations(), PRIORS, draws=0)


def test_prior_draws_follow_the_seed():
    def draws(seed):
        found = sample_prior_predictive(
            MODEL, lab_observations(), PRIORS, draws=20, random_seed=seed
        )
        return found.idata

    assert draws(1).identical(draws(1))
    assert not draws(1)["prior"].to_dataset().equals(draws(2)["prior"].to_dataset())


def test_the_prior_predictive_is_one_step_ahead_of_the_data(lab):
    predicted = lab.idata["prior_predictive"]["observed"]
    observed = lab.idata["observed_data"]["observed"]
    assert predicted.sizes["draw"] == 1000
    known = np.isfinite(observed)
    assert np.isfinite(predicted.where(known, drop=False).sel(equation="harvest")[0, 0, 1:-2]).all()
    assert not np.isfinite(predicted.sel(equation="silent")).any()
    # The regression of harvest on weather: E = 0, Var = 4 + w^2 + w[1]^2 + s^2.
    weather = lab.problem.observations["weather"].to_numpy()
    for period in (5, 30, 70):
        values = predicted.sel(equation="harvest").isel(time=period).to_numpy().ravel()
        variance = 4 + weather[period] ** 2 + weather[period - 1] ** 2 + 0.75**2
        assert abs(values.mean()) < ERRORS * np.sqrt(variance / 1000)
        assert abs(values.var() / variance - 1) < ERRORS * np.sqrt(2 / 1000)


def run_python(code, **environment):
    """Run code in a fresh process and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
        cwd=laboratory.__file__.rpartition(os.sep)[0],
    )
    return done.stdout.strip()


def test_prior_only_loads_no_sampler():
    code = (
        "import sys, laboratory; laboratory.prior_only(); "
        "print([n for n in ('pymc', 'pytensor', 'nutpie', 'numba') if n in sys.modules])"
    )
    assert run_python(code) == "[]"


# One object to start from


def test_the_one_object_calls_the_functions_of_the_same_name(monkeypatch):
    model = SanctionsModel(transmission=MODEL, priors=PRIORS)
    observations = lab_observations()
    same = sample_prior_predictive(MODEL, observations, PRIORS, draws=7, random_seed=2)
    found = model.sample_prior_predictive(observations, draws=7, random_seed=2)
    assert found.draws.identical(same.draws)
    monkeypatch.setattr(sanctions, "fit", lambda *given, **options: (given, options))
    given, options = model.fit(observations, draws=1, tune=2, chains=3, random_seed=4)
    assert given == (MODEL, observations, PRIORS)
    assert options.items() >= {"draws": 1, "tune": 2, "chains": 3, "random_seed": 4}.items()
    built = model.build(observations)
    assert [variable.name for variable in built.observed_RVs] == ["observed"]


# Minutes of compiling


@pytest.mark.slow
def test_a_cold_cache_and_another_process_give_the_same_bits(tmp_path):
    code = """
import hashlib, laboratory
observations = laboratory.observe(laboratory.draw_truth(2), 3)
draws = laboratory.refit(
    observations, draws=150, tune=300, chains=2, random_seed=5, allow_unconverged=True
).draws
digest = hashlib.sha256()
for name in sorted(draws.data_vars):
    digest.update(draws[name].to_numpy().tobytes())
print(digest.hexdigest())
"""
    warm = run_python(code)
    cold = run_python(
        code,
        NUMBA_CACHE_DIR=str(tmp_path / "numba"),
    )
    assert cold == warm
    assert len(cold) == 64


@pytest.mark.slow
def test_pymc_s_own_sampler_agrees_with_nutpie(lab):
    found = fit(
        MODEL,
        lab.problem.observations,
        PRIORS,
        sampler=PyMCSampler(target_accept=0.85),
        draws=1000,
        tune=1000,
        chains=4,
        random_seed=11,
    )
    assert found.manifest["sampler"] == "PyMCSampler(target_accept=0.85)"
    mean, covariance = harvest_posterior(lab.problem.observations)
    for draws, expected, deviation in zip(
        harvest_draws(found), mean, np.sqrt(np.diag(covariance)), strict=True
    ):
        agrees(draws, expected, deviation)
    for address in lab.problem.absolute:
        one, other = (of_address(f.draws, address) for f in (lab, found))
        if float(one.std()) > 0:
            error = np.hypot(errors_of(one)[0], errors_of(other)[0])
            assert abs(float(one.mean() - other.mean())) < ERRORS * error, address


# What ArviZ's usual functions are called with: the groups as they are saved, or by series.
DRAWN = {"backend": "none"}
ON_THE_GROUPS = {
    "summary": az.summary,
    "plot_trace": lambda tree: az.plot_trace(tree, var_names=["scale"], **DRAWN),
    "plot_trace_dist": lambda tree: az.plot_trace_dist(tree, var_names=["intercept"], **DRAWN),
    "plot_rank": lambda tree: az.plot_rank(tree, var_names=["scale"], **DRAWN),
    "plot_forest": lambda tree: az.plot_forest(tree, **DRAWN),
    "plot_energy": lambda tree: az.plot_energy(tree, **DRAWN),
    "plot_ppc_dist": lambda tree: az.plot_ppc_dist(tree, **DRAWN),
    "psense_summary": az.psense_summary,
    "loo": az.loo,
    "compare": lambda tree: az.compare({"a": tree, "b": tree}),
}
BY_SERIES = {name: ask for name, ask in ON_THE_GROUPS.items() if name not in {"loo", "compare"}} | {
    "plot_loo_pit": lambda tree: az.plot_loo_pit(tree, **DRAWN),
    "loo of a series": lambda tree: az.loo(tree, var_name="growth"),
    "loo_metrics": lambda tree: az.loo_metrics(tree, var_name="growth"),
}


@pytest.fixture(scope="module")
def lab_by_series(lab):
    return for_arviz(lab)


@pytest.mark.parametrize("name", ON_THE_GROUPS)
@pytest.mark.filterwarnings("ignore")  # known values have no R-hat
def test_arviz_takes_the_groups_of_a_fit(lab, name):
    assert ON_THE_GROUPS[name](lab.idata) is not None


@pytest.mark.parametrize("name", BY_SERIES)
@pytest.mark.filterwarnings("ignore")
def test_arviz_takes_a_fit_by_series(lab_by_series, name):
    assert BY_SERIES[name](lab_by_series) is not None
