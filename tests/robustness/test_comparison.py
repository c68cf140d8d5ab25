"""Two fits side by side and model weights, on pinned draws of the laboratory."""

from dataclasses import replace

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import LIFTED, MODEL, PRIORS

from sanctions_model.errors import NoCausalPathError, QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior, log_likelihood
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.families import Normal
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.report.checks import comparison_views
from sanctions_model.robustness.comparison import compare
from sanctions_model.robustness.graphs.model_weights import (
    leave_future_out,
    loo_weights,
    stacking_weights,
)
from sanctions_model.scm.parameters import note_centres
from sanctions_model.summaries import median_error
from sanctions_model.wording import chance


def made(priors=PRIORS, scm=MODEL, observations=None, seed=4, draws=100, spread=0.05):
    """A fit by hand: draws near one truth, with the groups that questions read."""
    observations = (
        laboratory.observe(laboratory.draw_truth(2), 3) if observations is None else observations
    )
    problem = Problem.of(scm, observations, priors)
    drawn = sample_prior(problem.scm, problem.absolute, draws=draws, chains=4, random_seed=seed)
    if spread:
        center = drawn.isel(chain=[0], draw=[1])
        drawn = xr.Dataset(
            {
                name: center[name].isel(chain=0, draw=0, drop=True)
                + spread * (drawn[name] - center[name].isel(chain=0, draw=0, drop=True))
                for name in drawn.data_vars
            }
        ).transpose("chain", "draw", ...)
    drawn = note_centres(problem.scm, drawn)
    drawn = complete_from_prior(problem, drawn, 5)
    prior = sample_prior(problem.scm, problem.absolute, draws=100, random_seed=1)
    groups = {
        "posterior": drawn,
        "prior": complete_from_prior(problem, prior, 2),
        "log_likelihood": log_likelihood(problem, drawn).to_dataset(),
    }
    manifest = {"settings": {"draws": draws, "random_seed": seed}, "sampler": "by hand"}
    return Fit(problem=problem, idata=xr.DataTree.from_dict(groups), manifest=manifest)


@pytest.fixture(scope="module")
def first():
    return made()


def test_a_fit_against_itself_differs_nowhere(first):
    found = compare(first, first, relief=LIFTED)
    assert (found.effects["difference"] == 0).all()
    assert (found.effects["errors_apart"] == 0).all()
    assert found.effects["within_error"].all()
    assert (found.links["difference"] == 0).all()
    assert found.differs.empty


def test_what_is_printed_greys_differences_below_two_errors(first):
    # Fits near two truths differ everywhere; two samples of one belief differ by chance alone.
    pairs = ((first, made(seed=9)), (made(spread=0), made(seed=9, spread=0)))
    greyed = []
    for pair in pairs:
        found = compare(*pair, relief=LIFTED)
        views = comparison_views(found.effects, found.links, found.differs, MODEL, ("one", "two"))
        shown, grey = views[0].table, np.array(views[0].grey)
        apart = shown["errors apart"].astype(float)
        assert (apart[grey] <= 2).all()
        assert (apart[~grey] >= 2).all()
        assert set(shown["±"]) & {"", "0", "0.00"} == set()
        odds = [chance(x) for x in found.effects["prob_below_zero_second"]]
        assert sorted(shown["P(lower), second"]) == sorted(odds)
        greyed.append(grey.mean())
    assert greyed[0] < 0.5 < greyed[1]


def test_differences_are_of_medians_with_errors_that_add_up(first):
    second = made(seed=9)
    found = compare(first, second, relief=LIFTED, horizons=(4, 8), outcomes=["price_level"])
    row = found.effects.set_index("horizon").loc[8]
    from sanctions_model.queries.effects import total_effect

    medians, errors = [], []
    for fit in (first, second):
        effect = total_effect(MODEL, fit.draws, LIFTED, horizon=8, outcomes=["price_level"])
        values = effect.isel(outcome=0, horizon=-1)
        medians.append(float(values.median()))
        errors.append(median_error(values))
    assert row["difference"] == pytest.approx(medians[1] - medians[0])
    assert row["difference_error"] == pytest.approx(np.hypot(*errors))
    assert row["prob_below_zero_first"] == 1.0
    assert row["prob_error_first"] == 0.0
    assert set(found.effects["horizon"]) == {4, 8}
    assert list(found.differs["part"].unique()) == ["draws"]


def test_the_error_of_a_median_is_that_of_many_medians():
    generator = np.random.default_rng(3)
    many = generator.normal(size=(2000, 4, 250))
    expected = np.median(many.reshape(2000, -1), axis=1).std()
    found = median_error(xr.DataArray(many[0], dims=("chain", "draw")))
    assert found == pytest.approx(expected, rel=0.25)


def test_what_differs_is_named(first):
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    changed = observations["growth"].to_numpy().copy()
    changed[50] += 1.0
    priors = PRIORS.replace({"trade -> growth": Normal(mu=-0.5, sigma=0.5)})
    equations = tuple(
        replace(e, parents=("weather",)) if e.variable.name == "harvest" else e
        for e in MODEL.equations
    )
    entries = {
        name: {label: prior for label, prior in group.items() if label != "weather[1] -> harvest"}
        for name, group in priors.entries.items()
    }
    second = made(
        priors=priors.model_copy(update={"entries": entries}),
        scm=replace(MODEL, equations=equations),
        observations=observations.assign(growth=("time", changed)),
    )
    found = compare(first, second, relief=LIFTED)
    rows = found.differs.set_index("item")
    assert rows.loc["growth (1 periods)", "part"] == "data"
    assert rows.loc["trade -> growth", "first"] == "Normal(mu −1, sigma 0.5)"
    assert rows.loc["trade -> growth", "second"] == "Normal(mu −0.5, sigma 0.5)"
    assert rows.loc["weather[1] -> harvest", "second"] == "not there"
    assert rows.loc["harvest", "first"] == "weather, weather[1]"
    assert rows.loc["harvest", "second"] == "weather"
    gone = found.links.set_index("link").loc["weather[1] -> harvest"]
    assert np.isnan(gone["median_second"])
    assert np.isnan(gone["difference"])


def test_fits_with_different_outcomes_are_refused(first):
    headline = tuple(name for name in MODEL.headline if name != "price_level")
    second = made(scm=replace(MODEL, headline=headline))
    with pytest.raises(QuestionError, match="different outcomes: only the first has price_level"):
        compare(first, second, relief=LIFTED)
    assert not compare(first, second, relief=LIFTED, outcomes=["growth"]).effects.empty
    with pytest.raises(NoCausalPathError):
        compare(first, second, relief=LIFTED, outcomes=["harvest"])


def test_stacking_puts_all_weight_on_the_true_model_and_shares_where_each_is_right():
    generator = np.random.default_rng(1)
    y = generator.normal(size=4000)
    good, bad = -0.5 * y**2, -0.5 * (y - 3) ** 2
    assert stacking_weights(np.stack([good, bad], axis=1))[0] > 0.99
    mixed = np.where(generator.random(4000) < 0.3, y + 6, y)
    columns = np.stack([-0.5 * mixed**2, -0.5 * (mixed - 6) ** 2], axis=1)
    assert stacking_weights(columns)[1] == pytest.approx(0.3, abs=0.03)


def test_leave_one_out_is_that_of_arviz_and_prefers_the_model_near_the_data(first):
    import warnings

    import arviz as az

    second = made(seed=9)
    table = loo_weights({"one": first, "two": second}).set_index("model")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        trees = {
            name: xr.DataTree.from_dict(
                {
                    "posterior": fit.draws[["scale"]],
                    "log_likelihood": xr.Dataset(
                        {
                            "observed": fit.idata["log_likelihood"]["observed"].reset_coords(
                                drop=True
                            )
                        }
                    ),
                }
            )
            for name, fit in (("one", first), ("two", second))
        }
        expected = az.compare(trees, var_name="observed", method="stacking", round_to="none")
        score = float(az.loo(trees["one"], var_name="observed").elpd)
    assert table.loc["one", "elpd"] == pytest.approx(score)
    for name in ("one", "two"):
        assert table.loc[name, "weight"] == pytest.approx(expected.loc[name, "weight"], abs=0.01)
    assert table["difference"].max() == 0


def test_models_of_other_cells_are_not_weighed(first):
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    shorter = observations["harvest"].to_numpy().copy()
    shorter[:5] = np.nan
    second = made(observations=observations.assign(harvest=("time", shorter)))
    with pytest.raises(QuestionError, match="do not predict the same cells, for one harvest of"):
        loo_weights({"one": first, "two": second})
    shared = loo_weights({"one": first, "two": second}, common=True)
    harvest = first.problem.cases.columns.index("harvest")
    gone = first.problem.cases.observed[:5, harvest].sum() + 1  # its lag as well
    assert (shared["cells"] == first.problem.cases.observed.sum() - gone + 1).all()
    with pytest.raises(QuestionError, match="Got 1 fits"):
        loo_weights({"one": first})


def test_the_future_is_foreseen_by_models_that_start_at_different_dates():
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    shorter = observations["harvest"].to_numpy().copy()
    shorter[:5] = np.nan
    first = made(spread=1e-3, draws=150)  # nearly one point, so that weights always hold
    second = made(
        observations=observations.assign(harvest=("time", shorter)), spread=1e-3, draws=150
    )
    scores = leave_future_out({"one": first, "two": second}, last=3)
    assert scores.refits == 0
    assert scores.periods.shape == (3, 3)
    density = log_likelihood(first.problem, first.draws).to_numpy().reshape(600, -1)
    own = first.problem.cases.observed
    last = np.nonzero(own)[0] == np.flatnonzero(own.any(axis=1))[-1]
    exact = np.log(np.mean(np.exp(density[:, last].sum(axis=1))))
    assert scores.periods["one"].iloc[-1] == pytest.approx(exact, abs=0.05)
    shorter[np.flatnonzero(np.isfinite(shorter))[-1]] = np.nan
    third = made(
        observations=observations.assign(harvest=("time", shorter)), spread=1e-3, draws=150
    )
    with pytest.raises(QuestionError, match="do not predict the same cells, for one harvest of"):
        leave_future_out({"one": first, "three": third}, last=3)


@pytest.mark.slow
def test_leave_future_out_by_weights_and_refits_agrees_with_refitting_every_period():
    from sanctions_model.inference.refits import SamplingSettings
    from sanctions_model.robustness.subsamples import period_log_density, refit_without

    fitted = laboratory.fitted()
    scores = leave_future_out({"a": fitted, "b": fitted}, last=4)
    assert scores.table["weight"].tolist() == pytest.approx([0.5, 0.5])
    problem = fitted.problem
    for row in scores.periods.itertuples():
        period = int(np.searchsorted(problem.cases.time, np.datetime64(row.period)))
        dropped = np.arange(problem.cases.time.size) >= period
        settings = SamplingSettings(draws=1000, tune=500, random_seed=3)
        draws = refit_without(problem, dropped, settings).posterior
        density = period_log_density(problem, draws)[:, period]
        exact = np.log(np.mean(np.exp(density)))
        assert row.a == pytest.approx(exact, abs=0.15)
