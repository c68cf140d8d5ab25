"""What ArviZ's own functions make of a fit."""

import warnings

import arviz as az
import numpy as np
import pytest
from saved_fits import fit_of

import sanctions_model as sm
from sanctions_model.inference.density import cell_log_density


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return fit_of(sm.load_priors(economy="growth"), tmp_path_factory.mktemp("a") / "fit", 3)


@pytest.fixture(scope="module")
def tree(fit):
    return sm.inference.for_arviz(fit)


def test_a_summary_of_everything_has_no_gap_and_no_warning(fit, tree):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = az.summary(tree)
    assert table["r_hat"].notna().all()
    known = {a for a, prior in fit.problem.absolute.items() if prior.family == "Fixed"}
    assert known
    assert not {f"coefficient[{address}]" for address in known} & set(table.index)
    free = [a for a in fit.problem.absolute if " -> " in a and a not in known]
    assert {f"coefficient[{address}]" for address in free} <= set(table.index)


def test_each_series_is_a_variable_in_the_periods_in_which_it_was_seen(fit, tree):
    name = "inflation"
    seen = np.flatnonzero(
        fit.problem.cases.observed[:, list(fit.problem.cases.columns).index(name)]
    )
    time = fit.problem.cases.time[seen]
    for group in ("observed_data", "posterior_predictive", "log_likelihood"):
        array = tree[group][name]
        np.testing.assert_array_equal(array[f"time_{name}"], time)
        assert np.isfinite(array).all()
    for group in ("posterior_predictive", "log_likelihood"):
        assert tree[group].sizes["draw"] == tree["posterior"].sizes["draw"]
    column = list(fit.problem.cases.columns).index(name)
    density = cell_log_density(fit.problem, fit.draws)[:, seen, column]
    found = tree["log_likelihood"][name].transpose("chain", "draw", ...).to_numpy()
    np.testing.assert_allclose(found.reshape(density.shape), density)


@pytest.mark.parametrize(
    ("ask", "given"),
    [
        (az.plot_loo_pit, {"var_names": ["inflation"], "backend": "matplotlib"}),
        (az.plot_ppc_pit, {"var_names": ["inflation"], "backend": "matplotlib"}),
        (az.plot_ppc_interval, {"var_names": ["inflation"], "backend": "matplotlib"}),
        (az.loo_metrics, {"var_name": "inflation"}),
        (az.loo_score, {"var_name": "inflation"}),
        (az.loo_r2, {"var_name": "inflation"}),
        (az.loo, {"var_name": "inflation"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_predictions_are_compared_with_figures_by_series(tree, ask, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # draws of the prior have heavy tails
        assert ask(tree, **given) is not None


def test_all_series_at_once_are_compared_with_their_figures(fit, tree):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = az.loo_pit(tree)
        assert az.plot_loo_pit(tree, backend="matplotlib") is not None
    seen = fit.problem.cases.observed
    assert sum(array.size for array in found.data_vars.values()) == seen.sum()


def test_functions_of_parameters_take_the_fit_as_it_is_saved(fit):
    table = az.summary(fit.idata, var_names=["scale"])
    assert np.isfinite(table["mean"]).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = az.loo(fit.idata)
    assert found.n_data_points == fit.idata["log_likelihood"].sizes["cell"]


def test_every_variable_says_what_it_is(tree):
    for group in tree.children:
        for name, array in tree[group].data_vars.items():
            assert {"label", "unit", "source"} <= set(array.attrs), (group, name)
    assert tree["observed_data"]["inflation"].attrs["unit"] == "% a quarter"


def test_links_can_be_selected_by_what_they_lead_to(fit):
    tree = sm.inference.for_arviz(fit, link_coords=True)
    own = tree["posterior"]["coefficient"]
    into = own.where(own["child"] == "inflation", drop=True)
    labels = [str(label) for label in into[into["child"].dims[0]].to_numpy()]
    assert labels
    assert all(label.endswith("-> inflation") for label in labels)
    assert "depreciation" in into["parent"].to_numpy()
