"""Holes and the ragged edge: which cells are completed, what prices them, who reads them.

A small economy of two equations; its densities are written here in scipy, its conditional
distributions in closed form, and once (marked slow) its whole posterior as a plain PyMC model.
"""

import numpy as np
import pytest
import xarray as xr
from laboratory import as_observations
from oracle import close
from scipy import stats
from strategies import variable

from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import (
    complete_from_prior,
    log_likelihood,
    log_probability,
    predictive,
)
from sanctions_model.inference.fit import sample_prior_predictive
from sanctions_model.inference.priors.families import Beta, Gamma, HalfNormal, Normal
from sanctions_model.inference.priors.ledger import Priors, sample_prior
from sanctions_model.inference.sample import available_cases
from sanctions_model.queries.conditional import Condition, conditional_forecast
from sanctions_model.queries.counterfactuals import abduct, episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.forecasts import last_known_period, simulate
from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import note_centres, pin
from sanctions_model.scm.variables import Hold, Noise

LENGTH = 24
COUNT = 20_000
ERRORS = 4.0


def economy(noise=Noise.STUDENT_T):
    """Prices adjust to the weather; output reads prices of this period and of the last."""
    return StructuralCausalModel(
        noise=noise,
        equations=(
            Exogenous(variable=variable("weather"), continuation=Hold(0.5)),
            PartialAdjustment(variable=variable("price"), parents=("weather",)),
            Linear(variable=variable("output"), parents=("price", "price[1]", "output[1]")),
        ),
    )


PRIORS = Priors.from_addresses(
    {
        "weather -> price": Normal(mu=0.0, sigma=1.0),
        "price -> output": Normal(mu=0.0, sigma=0.5),
        "price[1] -> output": Normal(mu=0.0, sigma=0.5),
        "output[1] -> output": Normal(mu=0.2, sigma=0.2),
        "persistence[price]": Beta(alpha=3.0, beta=3.0),
        "intercept": Normal(mu=0.0, sigma=2.0),
        "scale": HalfNormal(sigma=1.5),
        "degrees_of_freedom": Gamma(alpha=2.0, beta=0.1, shift=2.0),
    }
)
VALUES = {
    "weather -> price": 0.9,
    "price -> output": -0.6,
    "price[1] -> output": 0.3,
    "output[1] -> output": 0.4,
    "persistence[price]": 0.7,
    "intercept[price]": 0.3,
    "intercept[output]": 1.2,
    "scale[price]": 0.8,
    "scale[output]": 0.5,
    "degrees_of_freedom[price]": 6.0,
    "degrees_of_freedom[output]": 9.0,
}


def whole_series(length=LENGTH, seed=3):
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=length) for name in ("weather", "price", "output")}


def gapped_series():
    """Prices lack periods 9, 15, 16 and the last; output lacks 9, 12 and the last two."""
    series = whole_series()
    series["price"][[9, 15, 16, 23]] = np.nan
    series["output"][[9, 12, 22, 23]] = np.nan
    return series


GAPS = (
    ("price", 9),
    ("output", 9),
    ("output", 12),
    ("price", 15),
    ("price", 16),
    ("output", 22),
    ("price", 23),
    ("output", 23),
)


def pinned(noise=Noise.STUDENT_T, count=1, changed=None):
    values = VALUES | (changed or {})
    if noise is Noise.GAUSSIAN:
        values = {a: v for a, v in values.items() if not a.startswith("degrees")}
    draws = pin(economy(noise), values)
    return draws.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))


def problem_of(series, noise=Noise.STUDENT_T):
    return Problem.of(economy(noise), as_observations(series), PRIORS)


def with_cells(problem, draws, cells):
    """Draws with completed cells at these values, one row a draw."""
    labels = problem.cases.missing_labels
    values = np.asarray(cells, dtype=float).reshape(1, -1, len(labels))
    return note_centres(problem.scm, draws.assign_coords(missing=labels)).assign(
        missing_cell=(("chain", "draw", "missing"), values)
    )


# Which cells


def test_without_holes_there_is_no_missing_cell_anywhere():
    fitted = sample_prior_predictive(
        economy(), as_observations(whole_series()), PRIORS, draws=20, random_seed=1
    )
    assert fitted.problem.cases.missing == ()
    assert fitted.problem.cases.missing_labels == []
    for group in fitted.idata.children.values():
        assert "missing_cell" not in group.data_vars
        assert "missing" not in group.dims
    draws = fitted.draws
    assert complete_from_prior(fitted.problem, draws, 1) is draws
    history = fitted.problem.history(draws)
    assert {path.ndim for path in history.values()} == {1}
    for name, path in whole_series().items():
        np.testing.assert_array_equal(history[name], path)


def test_holes_and_the_ragged_edge_are_the_cells():
    problem = problem_of(gapped_series())
    assert problem.cases.missing == GAPS
    assert problem.cases.missing_labels[:2] == ["price[2002-04-01]", "output[2002-04-01]"]
    fitted = sample_prior_predictive(
        economy(), as_observations(gapped_series()), PRIORS, draws=20, random_seed=1
    )
    assert fitted.draws["missing_cell"].dims == ("chain", "draw", "missing")
    assert fitted.draws["missing"].to_numpy().tolist() == problem.cases.missing_labels
    # A completed cell is no observation.
    observed = fitted.idata["observed_data"]["observed"]
    density = log_likelihood(problem, fitted.draws)
    assert int(np.isfinite(observed).sum()) == density.sizes["cell"]
    times = problem.cases.time
    for name, period in GAPS:
        here = (density["cell_equation"] == name) & (density["cell_time"] == times[period])
        assert not here.any()


@pytest.mark.parametrize(
    ("name", "gap", "expected"),
    [
        ("price", [0, 1, 2], []),  # before the start
        ("price", [0, 1, 2, 5], [("price", 5)]),
        ("output", [0], []),
        ("output", [20, 21, 22, 23], [("output", t) for t in (20, 21, 22, 23)]),  # a year
        ("output", [19, 20, 21, 22, 23], []),  # more than a year: discontinued
        ("output", [10, 19, 20, 21, 22, 23], [("output", 10)]),
        ("price", [19, 20, 21, 22, 23], []),
    ],
)
def test_what_precedes_a_series_or_follows_its_end_is_not_completed(name, gap, expected):
    series = whole_series()
    series[name][gap] = np.nan
    assert problem_of(series).cases.missing == tuple(expected)


def test_a_cell_before_the_start_of_its_equation_is_not_completed():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("weather")),
            PartialAdjustment(variable=variable("price"), parents=("weather",), start="2002-01-01"),
            Linear(variable=variable("output"), parents=("price",)),
        )
    )
    series = whole_series()
    series["price"][[4, 12]] = np.nan  # the equation starts in period 8
    cases = available_cases(scm, as_observations(series))
    assert cases.missing == (("price", 12),)
    used = np.flatnonzero(cases.weight[:, 1])
    assert 4 not in used  # and output cannot use that period
    assert {3, 5, 12} <= set(used)


# What prices them


def scipy_density(series, cells, values=VALUES):
    """Log density of data and cells, the loops of both equations written out."""
    price, output = series["price"].copy(), series["output"].copy()
    for (name, period), value in zip(GAPS, cells, strict=True):
        (price if name == "price" else output)[period] = value
    seen_price = [t for t in range(1, LENGTH) if np.isfinite(series["price"][t - 1 : t + 1]).all()]
    seen = [t for t in seen_price if np.isfinite(series["output"][t - 1 : t + 1]).all()]
    centre_now = np.mean([series["price"][t] for t in seen])
    centre_before = np.mean([series["price"][t - 1] for t in seen])
    centre_own = np.mean([series["output"][t - 1] for t in seen])
    total = 0.0
    for t in range(1, LENGTH):
        target = values["intercept[price]"] + values["weather -> price"] * series["weather"][t]
        mean = 0.7 * price[t - 1] + 0.3 * target
        total += stats.t(6.0, mean, values["scale[price]"]).logpdf(price[t])
        mean = (
            values["intercept[output]"]
            + values["price -> output"] * (price[t] - centre_now)
            + values["price[1] -> output"] * (price[t - 1] - centre_before)
            + values["output[1] -> output"] * (output[t - 1] - centre_own)
        )
        total += stats.t(9.0, mean, values["scale[output]"]).logpdf(output[t])
    return total


def scipy_prior(values=VALUES):
    total = stats.norm(0, 1).logpdf(values["weather -> price"])
    total += stats.norm(0, 0.5).logpdf(values["price -> output"])
    total += stats.norm(0, 0.5).logpdf(values["price[1] -> output"])
    total += stats.norm(0.2, 0.2).logpdf(values["output[1] -> output"])
    total += stats.beta(3, 3).logpdf(values["persistence[price]"])
    for name in ("price", "output"):
        total += stats.norm(0, 2).logpdf(values[f"intercept[{name}]"])
        total += stats.halfnorm(scale=1.5).logpdf(values[f"scale[{name}]"])
        freedom = values[f"degrees_of_freedom[{name}]"]
        total += stats.gamma(2, scale=10).logpdf(freedom - 2)
    return total


def test_the_log_probability_is_a_sum_of_scipy_over_data_and_cells():
    problem = problem_of(gapped_series())
    cells = np.random.default_rng(4).normal(size=(5, len(GAPS)))
    draws = with_cells(problem, pinned(count=5), cells)
    expected = [scipy_density(gapped_series(), row) + scipy_prior() for row in cells]
    close(log_probability(problem, draws), expected)


@pytest.mark.parametrize(
    ("position", "touched"),
    [
        (0, {("price", 9), ("price", 10), ("output", 9), ("output", 10)}),
        (1, {("output", 9), ("output", 10)}),
        (6, {("price", 23), ("output", 23)}),
        (7, {("output", 23)}),
    ],
)
def test_a_cell_is_priced_by_every_equation_that_reads_it(position, touched):
    """Moving it changes the density by these cells of these equations and by no other."""
    problem = problem_of(gapped_series())
    base = np.random.default_rng(4).normal(size=len(GAPS))
    moved = base.copy()
    moved[position] += 0.9
    draws = with_cells(problem, pinned(count=2), [base, moved])
    shocks = abduct(problem, draws).isel(chain=0)
    changed = np.abs(shocks.isel(draw=1) - shocks.isel(draw=0)).fillna(0.0) > 1e-12
    found = {
        (str(changed["equation"].to_numpy()[e]), int(t)) for t, e in np.argwhere(changed.to_numpy())
    }
    assert found == touched
    # The difference of the log probability is that of these shocks.
    difference = 0.0
    for name, t in touched:
        family = stats.t(VALUES[f"degrees_of_freedom[{name}]"], 0.0, VALUES[f"scale[{name}]"])
        before, after = (float(shocks.sel(equation=name)[row, t]) for row in (0, 1))
        difference += family.logpdf(after) - family.logpdf(before)
    close(np.diff(log_probability(problem, draws)), difference)


def test_given_the_parameters_a_hole_of_an_autoregression_has_its_smoothed_distribution():
    """The density along the cell is normal with the mean and variance of the textbook."""
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN, equations=(PartialAdjustment(variable=variable("y")),)
    )
    entries = {"persistence": Beta(alpha=2, beta=2), "intercept": Normal(mu=0, sigma=1)}
    priors = Priors.from_addresses(entries | {"scale": HalfNormal(sigma=1.0)})
    path = np.random.default_rng(5).normal(size=12)
    path[6] = np.nan
    problem = Problem.of(scm, as_observations({"y": path}), priors)
    rho, level, scale = 0.8, 1.5, 0.6
    one = pin(scm, {"persistence[y]": rho, "intercept[y]": level, "scale[y]": scale})
    grid = np.linspace(-2, 4, 7)
    draws = one.isel(draw=np.zeros(7, int)).assign_coords(draw=np.arange(7))
    found = log_probability(problem, with_cells(problem, draws, grid[:, None]))
    mean = level + rho * ((path[5] - level) + (path[7] - level)) / (1 + rho**2)
    deviation = scale / np.sqrt(1 + rho**2)
    expected = stats.norm(mean, deviation).logpdf(grid)
    close(found - found[0], expected - expected[0])


# Completing from what the equations say


@pytest.mark.parametrize("noise", [Noise.GAUSSIAN, Noise.STUDENT_T], ids=["gaussian", "student-t"])
def test_the_edge_of_an_autoregression_has_the_moments_of_its_closed_form(noise):
    series = whole_series()
    series["price"][[21, 22, 23]] = np.nan
    problem = problem_of(series, noise)
    draws = complete_from_prior(problem, note_centres(problem.scm, pinned(noise, COUNT)), 5)
    names = [f"price[{str(t)[:10]}]" for t in problem.cases.time[21:]]
    cells = draws["missing_cell"].sel(missing=names).isel(chain=0).to_numpy()
    mean, expected = series["price"][20], []
    for t in (21, 22, 23):
        mean = 0.7 * mean + 0.3 * (0.3 + 0.9 * series["weather"][t])
        expected.append(mean)
    variance = 0.8**2 * (1.0 if noise is Noise.GAUSSIAN else 6.0 / 4.0)
    steps = np.arange(1, 4)
    spread = variance * (1 - 0.7 ** (2 * steps)) / (1 - 0.7**2)
    covariance = np.array(
        [[0.7 ** abs(i - j) * spread[min(i, j)] for j in range(3)] for i in range(3)]
    )
    deviation = cells - np.array(expected)
    error = np.sqrt(np.diag(covariance) / COUNT)
    assert (np.abs(deviation.mean(axis=0)) <= ERRORS * error).all()
    products = deviation[:, :, None] * deviation[:, None, :]
    error = products.std(axis=0) / np.sqrt(COUNT)
    assert (np.abs(products.mean(axis=0) - covariance) <= ERRORS * error).all()


def test_cells_of_one_period_follow_each_other_within_it():
    """Prices of the last period first, then output that reads them: one joint distribution."""
    series = whole_series()
    series["price"][23] = series["output"][23] = np.nan
    problem = problem_of(series, Noise.GAUSSIAN)
    draws = complete_from_prior(
        problem, note_centres(problem.scm, pinned(Noise.GAUSSIAN, COUNT)), 6
    )
    price, output = draws["missing_cell"].isel(chain=0).to_numpy().T
    centre = problem.cases.centres
    mean = 0.7 * series["price"][22] + 0.3 * (0.3 + 0.9 * series["weather"][23])
    wanted = (
        1.2
        - 0.6 * (mean - centre["price -> output"])
        + 0.3 * (series["price"][22] - centre["price[1] -> output"])
        + 0.4 * (series["output"][22] - centre["output[1] -> output"])
    )
    covariance = np.array([[0.64, -0.6 * 0.64], [-0.6 * 0.64, 0.36 * 0.64 + 0.25]])
    sample = np.stack([price - mean, output - wanted])
    error = np.sqrt(np.diag(covariance) / COUNT)
    assert (np.abs(sample.mean(axis=1)) <= ERRORS * error).all()
    np.testing.assert_allclose(np.cov(sample), covariance, atol=4 * 0.9 / np.sqrt(COUNT))


def test_a_hole_is_completed_from_its_past_alone():
    """Before data are seen a completed cell follows its own equation, not what comes after it."""
    series = whole_series()
    series["price"][9] = np.nan
    problem = problem_of(series, Noise.GAUSSIAN)
    draws = complete_from_prior(
        problem, note_centres(problem.scm, pinned(Noise.GAUSSIAN, COUNT)), 7
    )
    cells = draws["missing_cell"].to_numpy().ravel()
    mean = 0.7 * series["price"][8] + 0.3 * (0.3 + 0.9 * series["weather"][9])
    assert stats.kstest((cells - mean) / 0.8, stats.norm.cdf).pvalue > 0.001


def test_pinned_draws_without_tails_complete_cells_too():
    """`pin` leaves the degrees of freedom infinite: Gaussian shocks, not none."""
    values = {a: v for a, v in VALUES.items() if not a.startswith("degrees")}
    series = whole_series()
    series["price"][23] = np.nan
    problem = problem_of(series)
    one = pin(problem.scm, values)
    draws = one.isel(draw=np.zeros(4000, int)).assign_coords(draw=np.arange(4000))
    cells = complete_from_prior(problem, draws, 8)["missing_cell"].to_numpy().ravel()
    mean = 0.7 * series["price"][22] + 0.3 * (0.3 + 0.9 * series["weather"][23])
    assert np.isfinite(cells).all()
    assert stats.kstest((cells - mean) / 0.8, stats.norm.cdf).pvalue > 0.001
    few = complete_from_prior(problem, one, 8)
    assert np.isfinite(predictive(problem, few, 1).isel(time=slice(1, None))).all()


def test_the_seed_settles_the_cells():
    problem = problem_of(gapped_series())
    draws = sample_prior(problem.scm, problem.absolute, draws=5, random_seed=1)
    before = draws.copy(deep=True)
    first, again, other = (
        complete_from_prior(problem, draws, seed)["missing_cell"] for seed in (1, 1, 2)
    )
    assert first.identical(again)
    assert (first != other).all()
    assert draws.identical(before)


# Who reads them


@pytest.fixture(scope="module")
def completed():
    problem = problem_of(gapped_series())
    draws = sample_prior(problem.scm, problem.absolute, draws=3, chains=2, random_seed=2)
    return problem, complete_from_prior(problem, draws, 3)


def test_the_history_holds_the_cells_of_its_own_draw(completed):
    problem, draws = completed
    history = problem.history(draws)
    assert history["weather"].ndim == 1
    rows = draws["missing_cell"].to_numpy().reshape(6, -1)
    for column, (name, period) in enumerate(GAPS):
        assert history[name].shape == (6, LENGTH)
        np.testing.assert_array_equal(history[name][:, period], rows[:, column])
    for name in ("price", "output"):
        seen = np.isfinite(gapped_series()[name])
        expected = np.broadcast_to(gapped_series()[name][seen], (6, seen.sum()))
        np.testing.assert_array_equal(history[name][:, seen], expected)


def test_shocks_are_those_of_the_completed_history(completed):
    problem, draws = completed
    found = abduct(problem, draws).sel(equation="price")
    history = problem.history(draws)["price"]
    rho = draws["persistence"].sel(adjusting="price").to_numpy().reshape(-1, 1)
    level = draws["intercept"].sel(equation="price").to_numpy().reshape(-1, 1)
    weight = draws["coefficient"].sel(link="weather -> price").to_numpy().reshape(-1, 1)
    target = level + weight * gapped_series()["weather"]
    expected = history[:, 1:] - rho * history[:, :-1] - (1 - rho) * target[:, 1:]
    close(found.to_numpy().reshape(6, LENGTH)[:, 1:], expected)
    assert np.isfinite(found.isel(time=slice(1, None))).all()


def test_replays_and_decompositions_give_the_completed_history_back(completed):
    problem, draws = completed
    past = episode(problem, draws, start="2000Q4")
    assert all(known.all() for known in past.known.values())
    history = problem.history(draws)
    parts = historical_decomposition(past, outcomes=["price", "output"]).sum("part")
    replayed = past.replay(["price", "output"])
    for found in (parts, replayed):
        for name in ("price", "output"):
            rows = found.sel(outcome=name).transpose("chain", "draw", "time").to_numpy()
            close(rows.reshape(6, -1), history[name][:, past.first :])


def test_a_forecast_starts_after_the_completed_edge(completed):
    problem, draws = completed
    assert last_known_period(problem, ["output"]) == LENGTH - 1
    quiet = draws.copy(deep=True)
    quiet["scale"][...] = 0.0
    found = simulate(problem, quiet, horizon=2, random_seed=1, outcomes=["price", "output"])
    assert found.attrs["start"] == "2005-10-01"
    edge = draws["missing_cell"].sel(missing="price[2005-10-01]").to_numpy()
    rho = draws["persistence"].sel(adjusting="price").to_numpy()
    level = draws["intercept"].sel(equation="price").to_numpy()
    weight = draws["coefficient"].sel(link="weather -> price").to_numpy()
    path = edge
    for horizon in (1, 2):
        path = rho * path + (1 - rho) * (level + weight * 0.5)
        close(found.sel(outcome="price", horizon=horizon).isel(scenario=0).to_numpy(), path)


def test_a_forecast_over_the_edge_is_one_forecast():
    """From data that end early, or from cells completed up to the end: the same distribution."""
    short = {name: path[:22] for name, path in whole_series().items()}
    early = problem_of(short, Noise.GAUSSIAN)
    ragged = whole_series()
    ragged["price"][[22, 23]] = np.nan
    late = problem_of(ragged, Noise.GAUSSIAN)
    draws = note_centres(early.scm, pinned(Noise.GAUSSIAN, COUNT))
    weather = np.array([*ragged["weather"][22:], 0.5])
    three = simulate(
        early,
        draws,
        horizon=3,
        random_seed=1,
        exogenous={"weather": weather},
        outcomes=["price"],
    ).sel(horizon=3)
    one = simulate(
        late, complete_from_prior(late, draws, 2), horizon=1, random_seed=3, outcomes=["price"]
    )
    first, second = three.to_numpy().ravel(), one.to_numpy().ravel()
    assert stats.ks_2samp(first, second).pvalue > 0.001


def test_a_conditional_forecast_starts_after_the_completed_edge(completed):
    problem, draws = completed
    condition = [Condition(variable="output", values={1: 2.0})]
    found = conditional_forecast(
        problem, draws, condition, horizon=2, random_seed=4, outcomes=["output"]
    )
    assert found.attrs["start"] == "2005-10-01"
    np.testing.assert_allclose(found["path"].sel(horizon=1), 2.0, atol=1e-9)


def test_no_question_does_without_the_completed_cells(completed):
    problem, draws = completed
    bare = draws.drop_vars("missing_cell")
    message = "no 'missing_cell', but the data lack 8 figures that draws estimate"
    with pytest.raises(QuestionError, match=message):
        simulate(problem, bare, horizon=1, random_seed=1, outcomes=["price"])
    with pytest.raises(QuestionError, match=message):
        abduct(problem, bare)
    with pytest.raises(QuestionError, match=message):
        episode(problem, bare, start="2001Q1")
    with pytest.raises(QuestionError, match=message):
        log_probability(problem, bare)
    with pytest.raises(QuestionError, match=message):
        conditional_forecast(problem, bare, [], horizon=1, random_seed=1, outcomes=["price"])


# The whole posterior


def simulated(length=80, seed=21):
    """Data of the economy at `VALUES`, about 5 % of the cells and the edge not observed."""
    generator = np.random.default_rng(seed)
    weather = generator.normal(size=length)
    price, output = np.zeros(length), np.zeros(length)
    for t in range(1, length):
        price[t] = 0.7 * price[t - 1] + 0.3 * (0.3 + 0.9 * weather[t])
        price[t] += 0.8 * generator.standard_t(6.0)
        output[t] = 1.2 - 0.6 * price[t] + 0.3 * price[t - 1] + 0.4 * output[t - 1]
        output[t] += 0.5 * generator.standard_t(9.0)
    for path in (price, output):
        path[generator.choice(np.arange(4, length - 4), 4, replace=False)] = np.nan
    price[-1] = np.nan
    output[-2:] = np.nan
    return {"weather": weather, "price": price, "output": output}


def plain_model(series):
    """The same posterior written down in PyMC by hand; returns it with the order of its cells."""
    import pymc as pm
    import pytensor.tensor as pt

    weather, price, output = (series[name] for name in ("weather", "price", "output"))
    lacking = [("price", int(t)) for t in np.flatnonzero(np.isnan(price))]
    lacking += [("output", int(t)) for t in np.flatnonzero(np.isnan(output))]
    seen = [
        t
        for t in range(1, len(weather))
        if np.isfinite([price[t], price[t - 1], output[t], output[t - 1]]).all()
    ]
    now, before = np.mean(price[seen]), np.mean(price[np.array(seen) - 1])
    own = np.mean(output[np.array(seen) - 1])
    with pm.Model() as model:
        to_price = pm.Normal("to_price", 0.0, 1.0)
        to_output = pm.Normal("to_output", 0.0, 0.5, shape=2)
        own_lag = pm.Normal("own_lag", 0.2, 0.2)
        persistence = pm.Beta("persistence", 3.0, 3.0)
        intercept = pm.Normal("intercept", 0.0, 2.0, shape=2)
        scale = pm.HalfNormal("scale", 1.5, shape=2)
        excess = pm.Gamma("excess", 2.0, 0.1, shape=2)
        cells = pm.Flat("cells", shape=len(lacking), initval=np.zeros(len(lacking)))
        count = int(np.isnan(price).sum())
        p = pt.set_subtensor(pt.as_tensor(price)[np.flatnonzero(np.isnan(price))], cells[:count])
        q = pt.set_subtensor(pt.as_tensor(output)[np.flatnonzero(np.isnan(output))], cells[count:])
        mean = persistence * p[:-1]
        mean += (1 - persistence) * (intercept[0] + to_price * weather[1:])
        prices = pm.StudentT.dist(nu=2 + excess[0], mu=mean, sigma=scale[0])
        pm.Potential("prices", pm.logp(prices, p[1:]).sum())
        mean = intercept[1] + to_output[0] * (p[1:] - now) + to_output[1] * (p[:-1] - before)
        outputs = pm.StudentT.dist(
            nu=2 + excess[1], mu=mean + own_lag * (q[:-1] - own), sigma=scale[1]
        )
        pm.Potential("outputs", pm.logp(outputs, q[1:]).sum())
    return model, lacking


@pytest.mark.slow
def test_the_posterior_with_missing_cells_is_that_of_a_plain_model():
    import arviz as az
    import pymc as pm

    from sanctions_model.inference.fit import fit

    series = simulated()
    settings = {"draws": 2500, "tune": 1500, "chains": 4, "random_seed": 6}
    fitted = fit(economy(), as_observations(series), PRIORS, **settings)
    model, lacking = plain_model(series)
    with model:
        plain = pm.sample(nuts_sampler="nutpie", progressbar=False, **settings)
    posterior, reference = fitted.draws, plain["posterior"].to_dataset()
    assert set(fitted.problem.cases.missing) == set(lacking)
    assert len(lacking) == 11

    pairs = {"persistence": (posterior["persistence"][..., 0], reference["persistence"])}
    for label, found in (
        ("weather -> price", reference["to_price"]),
        ("price -> output", reference["to_output"][..., 0]),
        ("price[1] -> output", reference["to_output"][..., 1]),
        ("output[1] -> output", reference["own_lag"]),
    ):
        pairs[label] = posterior["coefficient"].sel(link=label), found
    for position, name in enumerate(("price", "output")):
        at = {"equation": name}
        pairs[f"intercept {name}"] = (
            posterior["intercept"].sel(at),
            reference["intercept"][..., position],
        )
        pairs[f"scale {name}"] = posterior["scale"].sel(at), reference["scale"][..., position]
        pairs[f"tails {name}"] = (
            np.log(posterior["degrees_of_freedom"].sel(at) - 2),
            np.log(reference["excess"][..., position]),
        )
    labels = dict(
        zip(fitted.problem.cases.missing, fitted.problem.cases.missing_labels, strict=True)
    )
    for position, cell in enumerate(lacking):
        found = posterior["missing_cell"].sel(missing=labels[cell])
        pairs[str(cell)] = found, reference["cells"][..., position]

    for what, both in pairs.items():
        first, second = (
            xr.DataArray(draws.transpose("chain", "draw").to_numpy(), dims=("chain", "draw"))
            for draws in both
        )
        sizes = [float(az.ess(draws.rename("x").to_dataset())["x"]) for draws in (first, second)]
        assert min(sizes) >= 2000, what
        spread = float(second.std())
        assert abs(float(first.mean() - second.mean())) < 0.15 * spread, what
        assert float(first.std()) == pytest.approx(spread, rel=0.1), what
