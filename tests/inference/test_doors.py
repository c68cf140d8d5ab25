"""Every way into an estimation goes through one check, and draws stay with their own data."""

import laboratory
import numpy as np
import pytest
from laboratory import as_observations, variable

from sanctions_model.errors import ObservationError, QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior, log_probability
from sanctions_model.inference.fit import fit, sample_prior_predictive
from sanctions_model.inference.priors.families import Fixed, Normal
from sanctions_model.inference.priors.ledger import Priors, sample_prior
from sanctions_model.queries.forecasts import nowcast_table, simulate
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold, Variable
from sanctions_model.workflow import SanctionsModel

REGRESSION = StructuralCausalModel(
    equations=(
        Exogenous(variable=variable("x"), continuation=Hold(0.0)),
        Linear(variable=variable("z")),
        Linear(variable=variable("y"), parents=("x", "z")),
    )
)
BELIEFS = Priors.from_addresses(
    {
        "x -> y": Fixed(value=1.0),
        "z -> y": Fixed(value=2.0),
        "intercept": Normal(mu=0.0, sigma=5.0),
        "scale": Fixed(value=1e-9),
        "degrees_of_freedom": Fixed(value=1e7),
    }
)
PINNED = {"x -> y": 1.0, "z -> y": 2.0, "intercept[y]": 5.0, "intercept[z]": 3.0}
QUIET = {"scale[y]": 1e-9, "scale[z]": 1e-9}


def data(z=3.0, hole=None, length=12):
    generator = np.random.default_rng(0)
    series = {
        "x": np.zeros(length),
        "z": z + generator.normal(size=length),
        "y": generator.normal(size=length),
    }
    series["z"] += z - series["z"].mean()
    if hole is not None:
        series["y"][hole] = np.nan
    return as_observations(series)


def infinite(observations):
    found = observations.copy(deep=True)
    found["y"][5] = np.inf
    return found


def off_grid(observations):
    time = observations["time"].to_numpy().copy()
    return observations.assign_coords(time=time + np.timedelta64(3, "D"))


DAMAGES = {
    "reversed": (lambda d: d.isel(time=slice(None, None, -1)), "are not in order"),
    "shuffled": (lambda d: d.isel(time=[3, 0, 1, 2, *range(4, 12)]), "are not in order"),
    "cut": (lambda d: d.isel(time=[*range(5), *range(7, 12)]), "lacks 2 of its periods"),
    "repeated": (lambda d: d.isel(time=[0, 0, *range(1, 12)]), "more than once"),
    "off the grid": (off_grid, "not first days of periods"),
    "infinite": (infinite, "'y' of the Dataset is infinite in 2001Q2"),
    "monthly": (lambda d: d.assign_attrs(freq="M"), "periods a year"),
    "without dates": (lambda d: d.drop_vars("time"), "no coordinate 'time'"),
    "without a series": (lambda d: d.drop_vars("y"), "no variable 'y'"),
    "words": (lambda d: d.assign(y=d["y"].astype(str)), "expected dims"),
}
DOORS = {
    "fit": lambda d: fit(REGRESSION, d, BELIEFS, draws=1, tune=1, chains=1),
    "prior": lambda d: sample_prior_predictive(REGRESSION, d, BELIEFS, draws=1),
    "problem": lambda d: Problem.of(REGRESSION, d, BELIEFS),
    "model": lambda d: SanctionsModel(transmission=REGRESSION, priors=BELIEFS).build(d),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_no_door_takes_a_damaged_dataset(door, damage):
    change, said = DAMAGES[damage]
    with pytest.raises(ObservationError, match=said):
        DOORS[door](change(data()))


@pytest.mark.parametrize("door", ["fit", "prior"])
def test_figures_beyond_what_is_plausible_are_refused_for_a_dataset_too(door):
    price = Variable(name="y", unit="%", plausible=(-5.0, 5.0))
    equation = Linear(variable=price, parents=("x", "z"))
    scm = StructuralCausalModel(equations=(*REGRESSION.equations[:2], equation))
    observations = data().assign(y=data()["y"] * 100)
    asked = {
        "fit": lambda: fit(scm, observations, BELIEFS, draws=1, tune=1, chains=1),
        "prior": lambda: sample_prior_predictive(scm, observations, BELIEFS, draws=1),
    }
    with pytest.raises(ObservationError, match=r"expected -5 to 5 %: it looks like another unit"):
        asked[door]()
    assert Problem.of(scm, observations, BELIEFS)  # what simulates data may make any


# Draws of one data set with another


def drawn(problem, seed=1):
    prior = sample_prior(problem.scm, problem.absolute, draws=3, random_seed=seed)
    return complete_from_prior(problem, prior, seed)


def test_a_forecast_from_draws_of_other_data_is_refused():
    own, other = (Problem.of(REGRESSION, data(z), BELIEFS) for z in (3.0, -1.0))
    draws = pin(own.scm, PINNED | QUIET)
    found = simulate(own, draws, horizon=1, random_seed=1, outcomes=["y"])
    assert float(found.squeeze()) == pytest.approx(5.0)  # z at its mean of 3: the intercept
    with pytest.raises(QuestionError, match=r"levels at 3 for 'z -> y'.* centred at -1"):
        simulate(other, draws, horizon=1, random_seed=1, outcomes=["y"])
    with pytest.raises(QuestionError, match="of other data"):
        log_probability(other, drawn(own))


def test_draws_pinned_to_an_uncentred_model_are_not_read_as_centred_ones():
    problem = Problem.of(REGRESSION, data(), BELIEFS)
    with pytest.raises(QuestionError, match=r"pin\(fit\.scm, \.\.\.\)"):
        simulate(problem, pin(REGRESSION, PINNED | QUIET), horizon=1, random_seed=1)


def test_a_model_that_is_not_centred_takes_its_pinned_draws_as_they_are():
    scm = StructuralCausalModel(
        equations=(
            *REGRESSION.equations[:2],
            Linear(variable=variable("y"), parents=("x", "z"), centred=False),
        )
    )
    problem = Problem.of(scm, data(), BELIEFS)
    found = simulate(problem, pin(scm, PINNED | QUIET), horizon=1, random_seed=1, outcomes=["y"])
    assert float(found.squeeze()) == pytest.approx(5.0 + 2.0 * 3.0)


def test_completed_cells_are_found_by_their_labels():
    early, late = (Problem.of(REGRESSION, data(hole=hole), BELIEFS) for hole in (5, 6))
    draws = drawn(early)
    assert early.cases.missing_labels == ["y[2001-04-01]"]
    with pytest.raises(QuestionError, match=r"do not complete y\[2001-07-01\].* of other data"):
        late.history(draws)
    with pytest.raises(QuestionError, match=r"do not complete y\[2001-07-01\]"):
        nowcast_table(late, draws)


def test_completed_cells_may_come_in_any_order():
    problem = Problem.of(REGRESSION, data(hole=[5, 8]), BELIEFS)
    draws = drawn(problem)
    turned = draws.isel(missing=[1, 0])
    np.testing.assert_array_equal(problem.history(draws)["y"], problem.history(turned)["y"])


def test_draws_of_the_prior_and_of_a_fit_say_where_they_are_centred():
    fitted = laboratory.prior_only()
    assert (
        fitted.prior_draws.attrs["parents_centred_at"]
        == drawn(fitted.problem).attrs["parents_centred_at"]
    )
    assert fitted.scm.centres["inflation -> key_rate"] != 0
