"""Conditional forecasts against closed forms, quadrature and rejection.

A future of a linear model is ``M y = k + e`` with one matrix for all periods and variables. From
its inverse follow the mean path, every moving-average weight, and with Gaussian shocks the joint
distribution of the path given any linear conditions: that is the reference here, not responses.
"""

from dataclasses import replace

import numpy as np
import pytest
from laboratory import as_observations
from scipy import stats
from strategies import variable

from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.sample import available_cases
from sanctions_model.queries.conditional import Condition, conditional_forecast
from sanctions_model.queries.forecasts import simulate
from sanctions_model.scm.equations import Exogenous, Identity, Level, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import note_centres, pin
from sanctions_model.scm.variables import Hold, Noise

NAMES = ("u", "v", "w")
HORIZON = 5
COUNT = 10_000
ERRORS = 5.0  # Monte-Carlo standard errors that a difference may have

GENERATOR = np.random.default_rng(17)
WITHIN = np.array([[0, 0, 0], [0.6, 0, 0], [-0.4, 0.5, 0]])
LAGS = GENERATOR.uniform(-0.4, 0.4, (2, 3, 3))
OF_X = np.array([0.5, 0.0, -0.3])
CONSTANT = np.array([0.2, -0.1, 0.4])
SCALES = np.array([0.7, 1.2, 0.5])
PAST = GENERATOR.normal(size=(8, 3))
X_PATH = np.array([1.0, 0.5, 0.0, -0.5, 2.0])


def model(noise):
    equations = [Exogenous(variable=variable("x"), continuation=Hold(0.0))]
    for row, child in enumerate(NAMES):
        parents = [f"{parent}[{lag}]" for lag in (1, 2) for parent in NAMES]
        equations.append(Linear(variable=variable(child), parents=(*NAMES[:row], *parents, "x")))
    total = Identity(variable=variable("total"), terms={"u": 1.0, "v": 0.5, "w[1]": -1.0})
    return StructuralCausalModel(
        noise=noise,
        equations=(*equations, total),
        levels=(Level(variable=variable("level"), flow="v", sign=-1.0),),
    )


def values(freedom=None):
    found = {}
    for row, child in enumerate(NAMES):
        for column, parent in enumerate(NAMES):
            if column < row:
                found[f"{parent} -> {child}"] = WITHIN[row, column]
            for lag in (1, 2):
                found[f"{parent}[{lag}] -> {child}"] = LAGS[lag - 1, row, column]
        found[f"x -> {child}"] = OF_X[row]
        found[f"intercept[{child}]"] = CONSTANT[row]
        found[f"scale[{child}]"] = SCALES[row]
        if freedom is not None:
            found[f"degrees_of_freedom[{child}]"] = freedom[row]
    return found


def problem_of(scm, series):
    """A model with its data, parents entering as they are; no question here asks the priors."""
    observations = as_observations(series)
    return Problem(
        scm=scm,
        observations=observations,
        priors=Priors(entries={}),
        cases=available_cases(scm, observations),
        absolute={},
    )


def made(noise, freedom=None, count=COUNT):
    """The model with its past, and one draw of its parameters many times over."""
    scm = model(noise)
    series = dict(zip(NAMES, PAST.T, strict=True)) | {"x": np.zeros(8)}
    draws = pin(scm, values(freedom))
    draws = draws.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))
    return problem_of(scm, series), draws


@pytest.fixture(scope="module")
def gaussian():
    return made(Noise.GAUSSIAN)


@pytest.fixture(scope="module")
def heavy():
    return made(Noise.STUDENT_T, (3.0, 5.0, 4.0))


# The reference: positions along a path run over periods, then over u, v, w.


def system(horizon=HORIZON, x=X_PATH):
    """The matrix ``M`` and the right-hand side ``k`` of the future without shocks."""
    matrix = np.kron(np.eye(horizon), np.eye(3) - WITHIN)
    right = np.empty((horizon, 3))
    for period in range(horizon):
        right[period] = CONSTANT + OF_X * x[period]
        for lag in (1, 2):
            back = period - lag
            if back < 0:
                right[period] += LAGS[lag - 1] @ PAST[back]  # -1 is the last observed period
            else:
                rows, columns = slice(3 * period, 3 * period + 3), slice(3 * back, 3 * back + 3)
                matrix[rows, columns] -= LAGS[lag - 1]
    return matrix, right.ravel()


def reading(name, period, horizon=HORIZON):
    """The row, and the constant, that give a variable's value in a period from the path."""
    row, constant = np.zeros(3 * horizon), 0.0
    at = 3 * (period - 1)
    if name == "level":
        row[1 : at + 3 : 3] = -1.0
    elif name == "total":
        row[at], row[at + 1] = 1.0, 0.5
        if period == 1:
            constant = -PAST[-1, 2]
        else:
            row[at - 1] = -1.0
    else:
        row[at + NAMES.index(name)] = 1.0
    return row, constant


def conditions_matrix(cells, horizon=HORIZON):
    rows = [reading(name, period, horizon) for name, period, _ in cells]
    values = [value - shift for (_, _, value), (_, shift) in zip(cells, rows, strict=True)]
    return np.array([row for row, _ in rows]), np.array(values)


def closed_form(cells, absorbing=NAMES):
    """Mean and covariance of the path given the conditions, some shocks staying as drawn.

    Given the shocks ``f`` that are free, the others are Gaussian with mean
    ``K (c - C (m + F f))`` and covariance ``(I - K C A) D``; then ``f`` is integrated out.
    """
    matrix, right = system()
    weights = np.linalg.inv(matrix)
    mean = weights @ right
    variance = np.tile(SCALES**2, HORIZON)
    bent = np.tile([name in absorbing for name in NAMES], HORIZON)
    moved, free = weights[:, bent], weights[:, ~bent]
    inner = np.diag(variance[bent])
    constraint, wanted = conditions_matrix(cells)
    reach = constraint @ moved
    gain = inner @ reach.T @ np.linalg.inv(reach @ inner @ reach.T)
    kept = free - moved @ gain @ constraint @ free
    covariance = moved @ (inner - gain @ reach @ inner) @ moved.T
    covariance = covariance + kept @ np.diag(variance[~bent]) @ kept.T
    return mean + moved @ gain @ (wanted - constraint @ mean), covariance


def as_conditions(cells):
    """One condition a variable, from (variable, period, value)."""
    by_name = {}
    for name, period, value in cells:
        by_name.setdefault(name, {})[period] = value
    return [Condition(variable=name, values=found) for name, found in by_name.items()]


def ask(question, cells, *, seed=3, outcomes=NAMES, horizon=HORIZON, x=X_PATH, **options):
    return conditional_forecast(
        *question,
        as_conditions(cells),
        horizon=horizon,
        exogenous={"x": x},
        random_seed=seed,
        outcomes=outcomes,
        **options,
    )


def paths_of(found):
    """Draws in rows, the path along columns as in the reference."""
    path = found["path"].transpose("chain", "draw", "horizon", "outcome").to_numpy()
    return path.reshape(path.shape[0] * path.shape[1], -1)


def agree(sample, mean, covariance):
    """Moments of Gaussian draws, each within Monte-Carlo error of its value."""
    count = len(sample)
    spread = np.maximum(np.diag(covariance), 0.0)  # conditions leave rounding where nothing varies
    error = np.sqrt(spread / count)
    assert (np.abs(sample.mean(axis=0) - mean) <= ERRORS * error + 1e-9).all()
    found = np.cov(sample.T)
    error = np.sqrt((np.outer(spread, spread) + covariance**2) / count)
    assert (np.abs(found - covariance) <= ERRORS * error + 1e-9).all()


CASES = {
    "one value": [("v", 3, 2.0)],
    "a path": [("u", h, 0.5 * h) for h in range(1, 6)],
    "two variables": [("u", 2, -1.0), ("w", 2, 1.5), ("w", 4, 0.0)],
    "a level": [("level", 4, -3.0), ("level", 5, -2.0)],
    "an identity": [("total", 1, 0.3), ("total", 3, -1.0)],
    "several at once": [("level", 2, 1.0), ("total", 3, 2.0), ("u", 5, 0.0), ("v", 5, 1.0)],
}


# Gaussian shocks


@pytest.mark.parametrize("cells", CASES.values(), ids=CASES)
def test_gaussian_futures_have_the_conditional_distribution_of_the_closed_form(gaussian, cells):
    found = ask(gaussian, cells)
    agree(paths_of(found), *closed_form(cells))


@pytest.mark.parametrize(
    ("absorbing", "which"),
    [
        (("u",), "one value"),
        (("v",), "one value"),
        (("u", "w"), "two variables"),
        (("v",), "a level"),
        (("w", "u"), "an identity"),
    ],
)
def test_shocks_that_do_not_absorb_keep_their_own_distribution(gaussian, absorbing, which):
    cells = CASES[which]
    found = ask(gaussian, cells, absorbing=absorbing)
    mean, covariance = closed_form(cells, absorbing)
    agree(paths_of(found), mean, covariance)
    everything, _ = closed_form(cells)
    assert np.abs(mean - everything).max() > 0.1  # who absorbs matters
    assert found.attrs["absorbing"] == ", ".join(absorbing)


def test_conditions_on_the_mean_path_leave_the_mean_where_it_is(gaussian):
    matrix, right = system()
    mean = np.linalg.solve(matrix, right)
    cells = [("v", 2, mean[4]), ("w", 5, mean[14])]
    sample = paths_of(ask(gaussian, cells))
    agree(sample, mean, closed_form(cells)[1])


# What holds in every draw


def meets(found, cells):
    for name, period, value in cells:
        path = found["path"].sel(outcome=name, horizon=period).to_numpy()
        np.testing.assert_allclose(path, value, rtol=0, atol=1e-9)


@pytest.mark.parametrize("noise", ["gaussian", "heavy"])
@pytest.mark.parametrize("which", CASES)
def test_conditions_hold_exactly_in_every_draw(request, noise, which):
    problem, draws = request.getfixturevalue(noise)
    few = (problem, draws.isel(draw=slice(0, 700)))  # more than one block of draws
    outcomes = (*NAMES, "level", "total")
    meets(ask(few, CASES[which], outcomes=outcomes), CASES[which])


def test_conditions_hold_on_variables_that_are_no_outcome(gaussian):
    problem, draws = gaussian
    few = draws.isel(draw=slice(0, 5))
    cells = [("v", 1, 3.0)]
    alone = ask((problem, few), cells, outcomes=["w"])
    both = ask((problem, few), cells, outcomes=["w", "v"])
    np.testing.assert_array_equal(alone["path"].sel(outcome="w"), both["path"].sel(outcome="w"))


def test_a_future_that_meets_conditions_obeys_the_equations(heavy):
    """After the last condition the shocks are those of the forecast with the same seed."""
    problem, draws = heavy
    few = (problem, draws.isel(draw=slice(0, 50)))
    matrix, right = system()
    bent = paths_of(ask(few, CASES["two variables"][:2])) @ matrix.T - right
    plain = paths_of(ask(few, [])) @ matrix.T - right
    np.testing.assert_allclose(bent[:, 6:], plain[:, 6:], rtol=0, atol=1e-10)
    assert np.abs(bent[:, :6] - plain[:, :6]).min() > 0
    only_v = paths_of(ask(few, CASES["one value"], absorbing=["v"])) @ matrix.T - right
    np.testing.assert_allclose(only_v[:, 0::3], plain[:, 0::3], rtol=0, atol=1e-10)
    np.testing.assert_allclose(only_v[:, 2::3], plain[:, 2::3], rtol=0, atol=1e-10)


@pytest.mark.parametrize("noise", ["gaussian", "heavy"])
def test_without_conditions_it_is_the_forecast_bit_for_bit(request, noise):
    problem, draws = request.getfixturevalue(noise)
    few = draws.isel(draw=slice(0, 30))
    found = ask((problem, few), [], outcomes=["w", "level", "total"])
    plain = simulate(
        problem,
        few,
        horizon=HORIZON,
        exogenous={"x": X_PATH},
        random_seed=3,
        outcomes=["w", "level", "total"],
    )
    np.testing.assert_array_equal(found["path"], plain.isel(scenario=0))
    np.testing.assert_array_equal(found["plausibility"], 1.0)
    assert found.attrs["start"] == plain.attrs["start"]


def test_letting_all_shocks_absorb_is_the_default(heavy):
    problem, draws = heavy
    few = (problem, draws.isel(draw=slice(0, 20)))
    named = ask(few, CASES["one value"], absorbing=NAMES)
    plain = ask(few, CASES["one value"])
    np.testing.assert_array_equal(named["path"], plain["path"])
    np.testing.assert_array_equal(named["plausibility"], plain["plausibility"])


def test_naming_a_shock_twice_is_naming_it_once(gaussian):
    problem, draws = gaussian
    few = (problem, draws.isel(draw=slice(0, 20)))
    try:
        found = ask(few, CASES["one value"], absorbing=["v", "v"])
    except QuestionError:
        return
    meets(found, CASES["one value"])


def test_the_seed_settles_the_draws(heavy):
    problem, draws = heavy
    few = (problem, draws.isel(draw=slice(0, 20)))
    first, again, other = (paths_of(ask(few, CASES["one value"], seed=s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first[:, :6] != other[:, :6]).all()
    before = few[1].copy(deep=True)
    ask(few, CASES["several at once"])
    assert before.identical(few[1])


def test_conditions_of_the_growth_economy_hold_in_every_draw(growth_problem):
    from sanctions_model.inference.density import complete_from_prior
    from sanctions_model.inference.priors.ledger import sample_prior

    draws = sample_prior(growth_problem.scm, growth_problem.absolute, draws=40, random_seed=5)
    draws = complete_from_prior(growth_problem, draws, 6)
    conditions = [
        Condition(variable="key_rate", values=dict.fromkeys(range(1, 9), 14.0)),
        Condition(variable="inflation_yoy", values={4: 6.0, 8: 4.0}),
        Condition(variable="oil_growth", values={1: -20.0}),
        Condition(variable="rouble", values={8: -5.0}),
    ]
    found = conditional_forecast(growth_problem, draws, conditions, horizon=10, random_seed=8)
    for condition in conditions:
        if condition.variable in found["outcome"]:
            path = found["path"].sel(outcome=condition.variable)
            for period, value in condition.values.items():
                np.testing.assert_allclose(path.sel(horizon=period), value, rtol=0, atol=1e-9)
    assert found["path"].dims == ("outcome", "horizon", "chain", "draw")
    assert np.isfinite(found["path"]).all()
    only = conditional_forecast(
        growth_problem,
        draws,
        conditions[:1],
        horizon=8,
        absorbing=["key_rate"],
        random_seed=8,
        outcomes=["key_rate"],
    )
    np.testing.assert_allclose(only["path"].sel(outcome="key_rate"), 14.0, rtol=0, atol=1e-9)


# Student-t shocks


def along_the_line(cells, freedom, horizon):
    """Moments of the path when the conditions leave one direction, by quadrature along it."""
    matrix, right = system(horizon)
    weights = np.linalg.inv(matrix)
    constraint, wanted = conditions_matrix(cells, horizon)
    reach = constraint @ weights
    mean = weights @ right
    at = np.linalg.pinv(reach) @ (wanted - constraint @ mean)
    direction = np.linalg.svd(reach)[2][-1]
    scale, tails = np.tile(SCALES, horizon), np.tile(freedom, horizon)
    steps = np.linspace(-400, 400, 1_600_001)
    density = np.zeros(steps.size)
    for position in range(3 * horizon):
        shock = at[position] + direction[position] * steps
        density += stats.t.logpdf(shock / scale[position], tails[position])
    density = np.exp(density - density.max())
    density /= density.sum()
    centre = density @ steps
    variance = density @ (steps - centre) ** 2
    skew = density @ (steps - centre) ** 3
    spread = weights @ direction
    return mean + weights @ (at + centre * direction), variance * spread**2, skew * spread**3


@pytest.mark.parametrize(
    ("horizon", "cells"),
    [
        (1, [("v", 1, 2.0), ("w", 1, 0.5)]),
        (1, [("u", 1, 4.0), ("total", 1, 3.0)]),
        (2, [("v", 1, 1.0), ("w", 1, 1.0), ("u", 2, 0.0), ("level", 2, -4.0), ("w", 2, -1.0)]),
    ],
    ids=["two of three", "a large shock", "five of six"],
)
def test_student_t_futures_have_the_moments_of_quadrature(heavy, horizon, cells):
    mean, variance, skew = along_the_line(cells, (3.0, 5.0, 4.0), horizon)
    sample = paths_of(ask(heavy, cells, horizon=horizon, x=X_PATH[:horizon]))
    deviation = sample - mean
    error = sample.std(axis=0) / np.sqrt(COUNT)
    assert (np.abs(deviation.mean(axis=0)) <= ERRORS * error + 1e-9).all()
    error = (deviation**2).std(axis=0) / np.sqrt(COUNT)
    assert (np.abs((deviation**2).mean(axis=0) - variance) <= ERRORS * error + 1e-9).all()
    error = (deviation**3).std(axis=0) / np.sqrt(COUNT)
    assert (np.abs((deviation**3).mean(axis=0) - skew) <= ERRORS * error + 1e-9).all()


def test_student_t_futures_are_those_that_rejection_keeps(heavy):
    """Futures drawn without conditions by hand, of which those near the value are kept."""
    matrix, right = system(2)
    weights = np.linalg.inv(matrix)
    generator = np.random.default_rng(5)
    tails = np.tile((3.0, 5.0, 4.0), 2)
    kept = []
    for _ in range(10):
        shocks = generator.standard_t(tails, size=(200_000, 6)) * np.tile(SCALES, 2)
        paths = (right + shocks) @ weights.T
        kept.append(paths[np.abs(paths[:, 4] - 1.5) < 0.01])  # v in period 2
    kept = np.concatenate(kept)
    sample = paths_of(ask(heavy, [("v", 2, 1.5)], horizon=2, x=X_PATH[:2]))
    assert len(kept) > 3000
    for power in (1, 2):
        first, second = kept**power, sample**power
        error = np.sqrt(first.var(axis=0) / len(kept) + second.var(axis=0) / COUNT)
        gap = np.abs(first.mean(axis=0) - second.mean(axis=0))
        assert (gap <= ERRORS * error + 0.02).all()  # the width of what is kept
    for column in (0, 1, 3):
        found = stats.ks_2samp(kept[:, column], sample[:, column])
        assert found.pvalue > 1e-4


@pytest.mark.parametrize("absorbing", [None, ("u", "w")])
def test_longer_chains_give_no_other_moments(heavy, absorbing):
    problem, draws = heavy
    cells = CASES["two variables"]
    usual = paths_of(ask(heavy, cells, absorbing=absorbing))
    few = (problem, draws.isel(draw=slice(0, 1500)))
    long = paths_of(ask(few, cells, absorbing=absorbing, gibbs_steps=400, seed=11))
    for power in (1, 2):
        first, second = usual**power, long**power
        error = np.sqrt(first.var(axis=0) / len(first) + second.var(axis=0) / len(second))
        assert (np.abs(first.mean(axis=0) - second.mean(axis=0)) <= ERRORS * error + 1e-9).all()


def test_tails_without_end_are_gaussian():
    """The precisions of Gaussian shocks are known, whatever the family is called."""
    problem, draws = made(Noise.STUDENT_T, (np.inf, np.inf, np.inf), count=4000)
    agree(paths_of(ask((problem, draws), CASES["a level"])), *closed_form(CASES["a level"]))
    mixed = made(Noise.STUDENT_T, (np.inf, 4.0, np.inf), count=200)
    found = ask(mixed, CASES["a level"], outcomes=["level"])
    meets(found, CASES["a level"])


# Plausibility


@pytest.mark.parametrize(
    "cells", [[("v", 3, 2.0)], [("u", 2, 0.5), ("w", 2, 1.5), ("w", 4, 0.0)]], ids=["one", "three"]
)
def test_plausibility_is_the_tail_of_a_chi_squared(gaussian, cells):
    """With Gaussian shocks the distance has as many degrees of freedom as there are conditions."""
    matrix, right = system()
    weights = np.linalg.inv(matrix)
    constraint, wanted = conditions_matrix(cells)
    gap = wanted - constraint @ weights @ right
    variance = (
        constraint @ weights @ np.diag(np.tile(SCALES**2, HORIZON)) @ (constraint @ weights).T
    )
    distance = gap @ np.linalg.solve(variance, gap)
    expected = stats.chi2(len(cells)).sf(distance)
    found = ask(gaussian, cells)["plausibility"]
    assert found.dims == ("chain", "draw")
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    # Of almost Gaussian shocks it is a share of a hundred simulated futures each.
    almost = made(Noise.STUDENT_T, (1e7, 1e7, 1e7), count=2000)
    found = ask(almost, cells, gibbs_steps=1)["plausibility"]
    error = float(found.std()) / np.sqrt(2000)
    assert abs(float(found.mean()) - expected) < ERRORS * error
    assert float(found.std()) == pytest.approx(np.sqrt(expected * (1 - expected) / 100), rel=0.1)


def test_the_mean_path_is_plausible_and_absurd_values_are_not(heavy):
    problem, draws = heavy
    few = (problem, draws.isel(draw=slice(0, 200)))
    matrix, right = system()
    mean = np.linalg.solve(matrix, right)
    likely = ask(few, [("v", 2, mean[4] + 0.01), ("w", 3, mean[8])])["plausibility"]
    absurd = ask(few, [("v", 2, 1e4), ("w", 3, -1e4)])["plausibility"]
    assert float(likely.min()) > 0.95
    assert float(absurd.max()) < 0.01
    larger = [float(ask(few, [("v", 2, v)])["plausibility"].mean()) for v in (1.0, 3.0, 9.0)]
    assert larger == sorted(larger, reverse=True)


# Refusals


@pytest.mark.parametrize(
    ("cells", "options", "message"),
    [
        ([("v", 2, 1.0), ("v", 1, 1.0)], {"absorbing": ("w",)}, "w cannot meet all 2 conditions"),
        ([("u", 1, 1.0), ("u", 2, 1.0)], {"absorbing": ("w",)}, "let more shocks absorb them"),
        (
            [("u", 1, 1.0), ("v", 1, 1.0), ("w", 1, 0.0), ("total", 1, 0.0)],
            {},
            "u, v, w cannot meet all 4 conditions at once",
        ),
        ([("v", 1, 1.0), ("level", 1, -1.0)], {}, "drop a condition that another implies"),
        ([("v", 6, 1.0)], {}, "'v' in period 6, but the horizon is 5; lengthen the horizon"),
        ([("x", 1, 1.0)], {}, "No shock moves 'x', so no shock can meet"),
    ],
)
def test_conditions_that_cannot_be_met_are_refused(gaussian, cells, options, message):
    problem, draws = gaussian
    few = (problem, draws.isel(draw=slice(0, 3)))
    with pytest.raises(QuestionError, match=message):
        ask(few, cells, **options)


def test_two_conditions_on_one_cell_are_refused(gaussian):
    problem, draws = gaussian
    twice = [Condition(variable="v", values={1: 1.0, 2: value}) for value in (0.0, 0.5)]
    with pytest.raises(QuestionError, match="Two conditions on 'v' in period 1; keep one"):
        conditional_forecast(problem, draws, twice, horizon=3, random_seed=1)


def test_names_that_the_model_does_not_have_are_refused(gaussian):
    problem, draws = gaussian
    few = (problem, draws.isel(draw=slice(0, 3)))
    with pytest.raises(UnknownVariableError, match=r"'levl' in the conditions.*Did you mean 'lev"):
        ask(few, [("levl", 1, 1.0)])
    with pytest.raises(UnknownVariableError, match="Unknown name 'q' in the absorbing shocks"):
        ask(few, [("v", 1, 1.0)], absorbing=["q"])
    with pytest.raises(QuestionError, match="'total' has no shock; there is u, v, w"):
        ask(few, [("v", 1, 1.0)], absorbing=["total"])
    with pytest.raises(UnknownVariableError, match="Unknown name 'q'"):
        ask(few, [], outcomes=["q"])
    with pytest.raises(QuestionError, match="Horizon 0"):
        ask(few, [], horizon=0)


def test_conditions_without_any_shock_to_meet_them_are_refused(gaussian):
    problem, draws = gaussian
    few = (problem, draws.isel(draw=slice(0, 3)))
    with pytest.raises(QuestionError, match="absorb"):
        ask(few, [("v", 1, 1.0)], absorbing=[])


def test_a_latent_state_meets_no_condition(growth_problem, growth_draws):
    for name in ("import_premium", "effective_trade", "trade"):
        condition = [Condition(variable=name, values={1: 0.5})]
        with pytest.raises(QuestionError, match=f"No shock moves '{name}'"):
            conditional_forecast(growth_problem, growth_draws, condition, horizon=2, random_seed=1)
    change = [Condition(variable="import_premium_change", values={1: 0.5})]
    with pytest.raises(QuestionError, match="cannot meet all 1 conditions"):
        conditional_forecast(growth_problem, growth_draws, change, horizon=2, random_seed=1)


def test_several_paths_of_a_driver_are_refused(gaussian):
    """One future a draw: a second scenario would be left out in silence."""
    problem, draws = gaussian
    few = (problem, draws.isel(draw=slice(0, 3)))
    with pytest.raises(QuestionError, match="x"):
        ask(few, [("v", 1, 1.0)], x=np.stack([X_PATH, X_PATH + 1]))


@pytest.mark.parametrize("steps", [0, -1])
def test_heavy_tails_need_a_step_at_least(heavy, steps):
    problem, draws = heavy
    few = (problem, draws.isel(draw=slice(0, 3)))
    with pytest.raises(QuestionError, match="gibbs_steps"):
        ask(few, [("v", 1, 1.0)], gibbs_steps=steps)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({}, "'v' has no values"),
        ({0: 1.0}, "'v' in period 0, which is past; expected periods from 1"),
        ({2: 1.0, -1: 1.0}, "period -1, which is past"),
        ({1: np.nan}, "'v' in period 1 is nan; expected a finite number"),
        ({1: np.inf}, "is inf; expected a finite number"),
    ],
)
def test_a_condition_that_cannot_be_is_refused(found, message):
    with pytest.raises(QuestionError, match=message):
        Condition(variable="v", values=found)


def test_a_period_that_is_no_whole_number_is_refused(gaussian):
    problem, draws = gaussian
    few = draws.isel(draw=slice(0, 3))
    with pytest.raises(QuestionError, match="period"):
        conditional_forecast(
            problem, few, [Condition(variable="v", values={1.5: 1.0})], horizon=3, random_seed=1
        )


def test_where_nothing_random_is_left_conditions_are_infeasible(gaussian):
    problem, draws = gaussian
    few = draws.isel(draw=slice(0, 3)).copy(deep=True)
    few["scale"].loc[{"equation": "u"}] = 0.0
    with pytest.raises(QuestionError, match="u cannot meet all 1 conditions"):
        ask((problem, few), [("u", 1, 1.0)], absorbing=["u"])


def test_a_problem_is_told_apart_from_its_model():
    """Centres are those of the problem: another centre is another mean path."""
    problem, draws = made(Noise.GAUSSIAN, count=3)
    moved = replace(problem, scm=problem.scm.with_centres({"u[1] -> u": 5.0}))
    first, second = (
        ask((p, note_centres(p.scm, draws)), [("v", 1, 1.0)], horizon=1, x=X_PATH[:1])
        for p in (problem, moved)
    )
    meets(first, [("v", 1, 1.0)])
    meets(second, [("v", 1, 1.0)])
    assert (first["path"].sel(outcome="u") != second["path"].sel(outcome="u")).all()


@pytest.mark.parametrize("question", ["gaussian", "heavy"])
def test_bent_shocks_are_those_that_make_the_paths(question, request):
    """By the reference's system: what is left of each path without shocks is its shocks."""
    found = ask(request.getfixturevalue(question), CASES["several at once"])
    matrix, right = system()
    left = paths_of(found) @ matrix.T - right
    shock = found["shock"].sel(equation=list(NAMES))
    shock = shock.transpose("chain", "draw", "horizon", "equation").to_numpy()
    np.testing.assert_allclose(shock.reshape(left.shape), left, atol=1e-8)


def test_mean_and_deviation_are_those_of_the_closed_form(gaussian):
    cells = CASES["two variables"]
    found = ask(gaussian, cells)
    mean, covariance = closed_form(cells)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    by_period = {name: found[name].transpose("horizon", "outcome") for name in ("mean", "sd")}
    error = ERRORS * spread / np.sqrt(COUNT) + 1e-6  # a root of rounding where met
    assert (np.abs(by_period["mean"].to_numpy().ravel() - mean) <= error).all()
    assert (np.abs(by_period["sd"].to_numpy().ravel() - spread) <= error).all()


def test_conditions_that_would_fill_the_memory_are_refused(gaussian):
    long = [("u", period, 0.0) for period in range(1, 301)]
    with pytest.raises(QuestionError, match="300 conditioned values up to period 300 need"):
        ask(gaussian, long, horizon=300, x=np.zeros(300))
