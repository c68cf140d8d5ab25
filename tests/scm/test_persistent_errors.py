"""Errors that persist: closed forms. Random models against plain loops are with the others."""

import numpy as np
import pytest
import xarray as xr
from oracle import close, only
from strategies import variable

from sanctions_model.errors import SpecError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import log_likelihood
from sanctions_model.inference.priors.families import Beta, Normal
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.queries.counterfactuals import abduct
from sanctions_model.robustness.confounding import net_of_memory
from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, addresses, pin
from sanctions_model.scm.serialization import from_dict, to_dict
from sanctions_model.scm.simulation.propagate import propagate, respond
from sanctions_model.scm.stability import spectral_radius
from sanctions_model.scm.variables import Hold, Noise

RHO, PSI, THETA, A = 0.6, 0.5, 2.0, 0.3
VALUES = {"x -> y": THETA, "persistence[y]": RHO, "intercept[y]": A}


def adjusting(*, persistent_errors, **options):
    equation = PartialAdjustment(
        variable=variable("y"), parents=("x",), persistent_errors=persistent_errors, **options
    )
    driver = Exogenous(variable=variable("x"), continuation=Hold(0.0))
    return StructuralCausalModel(equations=(driver, equation), noise=Noise.GAUSSIAN)


def pinned(scm, **more):
    own = {"error_persistence[y]": PSI} if scm.persisting else {}
    return pin(scm, {**VALUES, **own, **more})


def test_what_a_parent_does_does_not_hang_on_how_errors_behave():
    horizon = 9
    path = {"x": np.linspace(0.0, 3.0, horizon) ** 2}
    with_errors, without = adjusting(persistent_errors=True), adjusting(persistent_errors=False)
    found = [
        only(respond(scm, pinned(scm), horizon=horizon, paths=path, outcomes=["y"]))
        for scm in (with_errors, without)
    ]
    close(*found)


def test_a_shock_fades_at_both_rates():
    scm, horizon = adjusting(persistent_errors=True), 12
    shock = {"y": np.eye(horizon)[0]}
    found = only(respond(scm, pinned(scm), horizon=horizon, shocks=shock, outcomes=["y"]))
    ahead = np.arange(1, horizon + 1)
    close(found, (RHO**ahead - PSI**ahead) / (RHO - PSI))


def test_it_rests_where_it_would_without():
    scm = adjusting(persistent_errors=True)
    path = {"x": np.full(400, 1.5)}
    found = only(propagate(scm, pinned(scm), horizon=400, exogenous=path, outcomes=["y"]))
    close(found[-1], A + THETA * 1.5)


def test_the_slower_of_both_rates_is_the_radius():
    for psi in (0.2, 0.9):
        scm = adjusting(persistent_errors=True)
        draws = pinned(scm, **{"error_persistence[y]": psi})
        close(spectral_radius(scm, draws).item(), max(RHO, psi), rtol=1e-7)


def made_problem(**options):
    scm = adjusting(persistent_errors=True, centred=False, **options)
    generator = np.random.default_rng(5)
    time = np.arange("2001-01", "2011-01", 3, dtype="datetime64[M]").astype("datetime64[ns]")
    series = {name: ("time", generator.normal(size=time.size)) for name in ("x", "y")}
    priors = {
        address: Beta(alpha=2, beta=2) if "persistence" in name else Normal(mu=0, sigma=1, lower=0)
        for address, (name, _) in addresses(scm).items()
    }
    data = xr.Dataset(series, coords={"time": time})
    return Problem.of(scm, data, Priors.from_addresses(priors))


def test_shocks_and_density_are_those_of_quasi_differences():
    """Cochrane and Orcutt: what is left of y and x after a share of the period before is taken."""
    problem = made_problem()
    draws = pinned(problem.scm, **{"scale[y]": 0.7})
    x, y = (problem.observations[name].to_numpy() for name in ("x", "y"))
    error = y[1:] - RHO * y[:-1] - (1 - RHO) * (A + THETA * x[1:])
    shock = error[1:] - PSI * error[:-1]
    found = abduct(problem, draws).to_numpy().ravel()
    assert np.isnan(found[:2]).all()
    close(found[2:], shock)
    density = -0.5 * (shock / 0.7) ** 2 - np.log(0.7) - 0.5 * np.log(2 * np.pi)
    close(log_likelihood(problem, draws).to_numpy().ravel(), density)


def test_a_linear_equation_may_have_them_too():
    equation = Linear(variable=variable("y"), parents=("x",), persistent_errors=True)
    scm = StructuralCausalModel(equations=(Exogenous(variable=variable("x")), equation))
    draws = pin(scm, {"x -> y": THETA, "error_persistence[y]": PSI})
    shock = {"y": np.eye(6)[0]}
    close(only(respond(scm, draws, horizon=6, shocks=shock, outcomes=["y"])), PSI ** np.arange(6))
    closed = respond(scm, draws, horizon=6, paths={"x": np.ones(6)}, closed=[["x -> y"]])
    assert not closed.to_numpy().any()
    assert scm.closable == {"x -> y", "y[1] -> y"}


def test_with_its_own_past_closed_a_variable_is_where_a_shock_puts_it():
    scm = adjusting(persistent_errors=True)
    path = np.array([1.0, 1.0, 0.0, 2.0])
    found = respond(scm, pinned(scm), horizon=4, shocks={"y": path}, closed=[["y[1] -> y"]])
    close(only(found.sel(outcome=["y"])), path)


def test_a_hidden_cause_acts_as_a_parent_would():
    """What a cause adds to the mean, as a shock: no part of it is carried on as an error is."""
    scm = adjusting(persistent_errors=True)
    path = np.linspace(0.0, 2.0, 8) ** 2
    added = net_of_memory(scm, DrawParameters(scm, pinned(scm)), "y", (1 - RHO) * path[:, None])
    as_shock = only(
        respond(scm, pinned(scm), horizon=8, shocks={"y": added * THETA}, outcomes=["y"])
    )
    as_parent = only(respond(scm, pinned(scm), horizon=8, paths={"x": path}, outcomes=["y"]))
    close(as_shock, as_parent)


def test_the_description_keeps_them_and_leaves_them_out_where_there_are_none():
    scm = adjusting(persistent_errors=True)
    assert from_dict(to_dict(scm)) == scm
    assert "persistent_errors" in str(to_dict(scm))
    assert "persistent_errors" not in str(to_dict(adjusting(persistent_errors=False)))


def test_a_link_with_a_factor_is_refused_beside_them():
    with pytest.raises(SpecError, match="expected one of the two"):
        PartialAdjustment(variable=variable("y"), parents=("x * f",), persistent_errors=True)
