"""What a user of PyMC and ArviZ expects of a fit, of answers and of names."""

import inspect

import pytest

import sanctions_model as sm


@pytest.fixture(scope="module")
def fit(small_fit):
    return sm.load(small_fit)


@pytest.fixture(autouse=True)
def no_window():
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    yield
    plt.close("all")


NAMED = {"var_names": ["anchoring"]}
SEEN = {
    "summary": NAMED,
    "ess": NAMED,
    "rhat": NAMED,
    "mcse": NAMED,
    "hdi": NAMED,
    "eti": NAMED,
    "extract": NAMED,
    "psense_summary": NAMED,
    "plot_trace": NAMED,
    "plot_trace_dist": NAMED,
    "plot_dist": NAMED,
    "plot_forest": NAMED,
    "plot_rank": NAMED,
    "plot_autocorr": NAMED,
    "plot_pair": {"var_names": ["anchoring", "recovery_speed"]},
    "plot_prior_posterior": NAMED,
    "plot_psense_dist": NAMED,
    "plot_ppc_dist": {"num_samples": 5},
}


@pytest.mark.parametrize("name", SEEN)
def test_arviz_opens_a_fit(fit, name):
    import arviz as az

    assert getattr(az, name)(fit.idata, **SEEN[name]) is not None


@pytest.mark.filterwarnings("ignore:Estimated shape parameter of Pareto")  # of forty prior draws
def test_arviz_compares_fits_out_of_sample(fit):
    import arviz as az

    loo = az.loo(fit.idata, pointwise=True)
    assert loo.n_data_points == fit.idata["log_likelihood"].sizes["cell"]
    table = az.compare({"one": loo, "the same": loo})
    assert list(table.index) == ["one", "the same"]


def test_a_fit_shows_itself_in_a_notebook(fit):
    shown = fit._repr_html_()
    for group in ("posterior", "prior", "observed_data"):
        assert group in shown


def test_every_question_answers_with_labelled_arrays(fit):
    effect = sm.total_effect(fit.scm, fit.draws, horizon=4, outcomes=["gdp_level"])
    assert effect.dims == ("outcome", "horizon", "chain", "draw")
    assert "gdp_level" in effect._repr_html_()
    assert "against sanctions unchanged" in effect.attrs["contrast"]


def test_a_model_shows_every_variable(fit):
    shown = fit.scm._repr_html_()
    for name, equation in fit.scm.by_name.items():
        assert f">{name}<" in shown
        assert equation.variable.unit.replace("&", "&amp;") in shown
    assert "depreciation[1]" in shown


def test_priors_show_their_arguments_and_sources():
    shown = sm.load_priors(economy="growth")._repr_html_()
    assert "effective_trade -&gt; import_premium" in shown
    assert "LogNormal(median=4.5, sigma=0.6" in shown
    assert "manturov_2022_parallel_import_markup" in shown


def test_convergence_shows_what_fails(fit):
    shown = fit.diagnostics._repr_html_()
    assert "R-hat" in shown
    assert ("converged" in shown) == (not fit.diagnostics.failures)


def test_large_things_say_what_they_are_in_a_line(fit):
    assert repr(fit) == "Fit('anchored transmission': 2 x 20 posterior draws, data to 2026-01-01)"
    for thing in (fit, fit.problem, fit.scm):
        assert len(repr(thing)) < 150


def test_things_say_what_they_are_in_a_line():
    assert repr(sm.Relief(depth=0.5)).startswith("Relief(depth=0.5, ramp=4, start=1, measures=(")
    assert repr(sm.SetTo(variable="key_rate", value=8.0)).startswith("SetTo(variable='key_rate'")
    assert "mu=0" in repr(sm.Normal(mu=0, sigma=1))


def test_tab_completion_finds_the_questions():
    questions = {"total_effect", "counterfactual", "simulate", "required_relief", "scorecard"}
    assert questions <= set(dir(sm))


def test_options_are_given_by_name():
    positional = {"scm", "draws", "relief", "problem", "past", "observations", "priors"}
    for name in ("total_effect", "channel_effects", "counterfactual", "simulate", "fit"):
        for parameter in inspect.signature(getattr(sm, name)).parameters.values():
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                assert parameter.name in positional, f"{name}: {parameter.name}"


# First steps that a newcomer takes wrong


def test_one_outcome_and_one_measure_need_no_brackets(fit):
    bare = sm.total_effect(
        fit.scm, fit.draws, sm.Relief(measures="finance"), horizon=2, outcomes="gdp_level"
    )
    relief = sm.Relief(measures=("finance",))
    listed = sm.total_effect(fit.scm, fit.draws, relief, horizon=2, outcomes=["gdp_level"])
    assert bare.identical(listed)
    past = sm.episode(fit.problem, fit.draws, start="2025Q1")
    assert sm.historical_decomposition(past, outcomes="key_rate").sizes["outcome"] == 1


def test_a_prior_is_found_by_its_address():
    priors = sm.load_priors(economy="growth")
    assert priors["depreciation -> inflation"].family == "LogNormal"
    assert priors["anchoring"].family == "Beta"
    assert {"depreciation -> inflation", "anchoring", "scale[inflation]"} <= set(priors.addresses)
    shared = sm.Priors.from_addresses({"scale": sm.HalfNormal(sigma=1)})
    assert shared["scale[inflation]"] == shared["scale"] == sm.HalfNormal(sigma=1)
    assert all(priors[address] for address in priors.addresses)
    with pytest.raises(sm.PriorError, match="Did you mean 'depreciation -> inflation'"):
        priors["depreciaton -> inflation"]


def test_text_in_place_of_a_tuple_or_a_variable_is_refused():
    y = sm.Variable(name="y")
    for kind in (sm.PartialAdjustment, sm.Linear, sm.LatentAdjustment):
        with pytest.raises(sm.SpecError, match=r"write \('price',\)"):
            kind(variable=y, parents="price")
    with pytest.raises(sm.SpecError, match=r"write it as Variable\(name='y'\)"):
        sm.Exogenous(variable="y")


def test_a_table_in_memory_is_observed_as_a_file_is():
    scm = sm.growth_transmission()
    bundled = sm.load_observations(scm=scm)
    assert sm.load_observations(bundled.to_dataframe(), scm=scm).equals(bundled)


def test_relief_of_measures_that_a_model_lacks_names_those_that_it_has():
    scm = sm.StructuralCausalModel(
        equations=(
            sm.Exogenous(variable=sm.Variable(name="duty"), continuation=sm.Hold(1.0)),
            sm.Linear(variable=sm.Variable(name="price"), parents=("duty",)),
        )
    )
    with pytest.raises(sm.QuestionError, match="There is: duty"):
        sm.total_effect(scm, sm.pin(scm, {"duty -> price": 1.0}), horizon=2)
    with pytest.raises(sm.UnknownVariableError, match="There is: duty"):
        sm.total_effect(
            scm, sm.pin(scm, {"duty -> price": 1.0}), sm.Relief(measures=("trade",)), horizon=2
        )
