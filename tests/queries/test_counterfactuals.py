"""Counterfactual histories against plain loops, one linear system for a window, and a textbook.

What happened is data; what would have happened is computed here without the engine: shocks from
`oracle.Past`, replays from `oracle.Future`, or both by one matrix that holds all periods at once.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from laboratory import as_observations
from oracle import Future, Past, as_dicts, close
from small_problem import make_problem, small_series
from strategies import edits, models, random_draws, that_count, variable

from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import Priors, sample_prior
from sanctions_model.inference.sample import available_cases
from sanctions_model.queries.counterfactuals import abduct, counterfactual, episode
from sanctions_model.scm.equations import Exogenous, Identity, Linear
from sanctions_model.scm.interventions import ScaleBy, SetTo, ShiftBy
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import note_centres, pin
from sanctions_model.scm.variables import Noise

LENGTH = 16


def problem_of(scm, series):
    """A model with its data; no question of this file asks the priors."""
    observations = as_observations(series)
    cases = available_cases(scm, observations)
    return Problem(
        scm=scm.with_centres(cases.centres),
        observations=observations,
        priors=Priors(entries={}),
        cases=cases,
        absolute={},
    )


def random_series(scm, seed, *, gaps):
    """Series of a random model: holes, a ragged edge and late starts, or none of these."""
    generator = np.random.default_rng(seed)
    series = {name: generator.uniform(0, 1, LENGTH) for name in scm.exogenous}
    for name in scm.stochastic:
        path = generator.normal(size=LENGTH)
        if gaps:
            path[generator.uniform(size=LENGTH) < generator.choice([0, 0.1, 0.2])] = np.nan
            if generator.uniform() < 0.4:
                path[: generator.integers(1, LENGTH)] = np.nan
            if generator.uniform() < 0.3:
                path[generator.integers(LENGTH - 6, LENGTH) :] = np.nan
        series[name] = path
    return series


def quarter(period):
    """The name of a period of `as_observations`."""
    return f"{2000 + period // 4}Q{period % 4 + 1}"


@st.composite
def windows(draw, scm):
    assume(scm.longest_memory < LENGTH)
    first = draw(st.integers(scm.longest_memory, LENGTH - 1))
    return first, draw(st.integers(first, LENGTH - 1))


def matches(found, expected):
    """Equal up to rounding of the largest number on the way."""
    found, expected = np.asarray(found), np.asarray(expected)
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=1e-9)


# Abduction, then replay


@settings(max_examples=40)
@given(models(), st.integers(0, 2**32 - 1), st.data())
def test_abducting_then_replaying_gives_the_data_back(scm, seed, data):
    """With holes, a ragged edge, series that start late and equations without any data."""
    problem = problem_of(scm, random_series(scm, seed, gaps=True))
    draws = random_draws(scm, np.random.default_rng(seed), chains=2)
    draws = note_centres(problem.scm, draws)
    draws = complete_from_prior(problem, draws, seed)
    first, last = data.draw(windows(scm))
    past = episode(problem, draws, start=quarter(first), end=quarter(last))
    names = [*scm.stochastic, *scm.exogenous]
    found = past.replay(names).transpose("outcome", "chain", "draw", "time").to_numpy()
    history = problem.history(draws)
    for position, name in enumerate(names):
        path = np.broadcast_to(history[name], (4, LENGTH))[:, first : last + 1]
        known = past.known.get(name, np.ones(last - first + 1, bool))
        matches(found[position].reshape(4, -1)[:, known], path[:, known])


@pytest.mark.parametrize("start", ["2007-01-01", "2008Q3", "2014Q1", "2022Q1", "2026Q1"])
def test_replaying_the_growth_economy_gives_the_data_back(growth_problem, growth_draws, start):
    past = episode(growth_problem, growth_draws, start=start)
    names = list(growth_problem.scm.stochastic)
    found = past.replay(names).transpose("outcome", "chain", "draw", "time").to_numpy()
    for position, name in enumerate(names):
        observed = growth_problem.observations[name].to_numpy()[past.first :]
        seen = np.isfinite(observed)
        expected = np.broadcast_to(observed[seen], (2, 2, seen.sum()))
        close(found[position][..., seen], expected, rtol=1e-9, atol=1e-9)


def test_abducted_shocks_are_what_plain_loops_leave_unexplained(growth_judge):
    problem, draws, judge = growth_judge
    found = abduct(problem, draws)
    assert found.dims == ("chain", "draw", "time", "equation")
    rows = found.to_numpy().reshape(4, len(problem.cases.time), -1)
    for row, values in zip(rows, as_dicts(draws), strict=True):
        history = judge.history(values)
        past = Past(judge.scm, values, history)
        for column, name in enumerate(problem.scm.stochastic):
            used = np.flatnonzero(problem.cases.complete[:, column])
            assert set(judge.used[name]) <= set(used)  # some equations are estimated later on
            close(row[used, column], [history[name][t] - past.mean(name, t) for t in used])
            assert np.isnan(np.delete(row[:, column], used)).all()


def test_without_data_a_series_follows_its_mean_path_in_both_histories():
    """`late` starts in period 9: before, its shocks count as nothing."""
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=variable("early"), parents=("early[1]",)),
            Linear(variable=variable("late"), parents=("late[1]", "early")),
            Linear(variable=variable("reader"), parents=("late[1]",)),
        )
    )
    generator = np.random.default_rng(3)
    series = {name: generator.normal(size=LENGTH) for name in scm.stochastic}
    series["late"][:9] = np.nan
    problem = problem_of(scm, series)
    links = {"early[1] -> early": 0.5, "late[1] -> late": 0.7, "early -> late": -0.4}
    draws = pin(problem.scm, links | {"late[1] -> reader": 1.5, "intercept[late]": 0.3})
    early, late = series["early"], series["late"]
    mean = late[10:].mean()  # its equation needs its last value, so it begins a period later
    centre_own, centre_early = late[9:-1].mean(), early[10:].mean()
    path = [mean]
    for t in range(1, 9):
        path.append(0.3 + 0.7 * (path[-1] - centre_own) - 0.4 * (early[t] - centre_early))
    past = episode(problem, draws, start=quarter(3))
    found = past.replay(["late", "reader"])[..., 0, 0].to_numpy()
    close(found[0], [*path[3:], *late[9:]])
    close(found[1], series["reader"][3:])
    other = counterfactual(
        past, interventions=[SetTo(variable="early", value=1.0, start=2)], outcomes=["late"]
    )
    assert other.attrs["not_observed"] == "late"
    # The difference obeys late's equation alone, observed or not.
    moved = np.where(np.arange(3, LENGTH) > 3, 1.0 - early[3:], 0.0)
    expected = [0.0]
    for step in moved[1:]:
        expected.append(0.7 * expected[-1] - 0.4 * step)
    close(other["difference"].to_numpy().ravel(), expected)


def test_levels_of_a_replay_cumulate_the_data_from_the_window_on(growth_problem, growth_draws):
    past = episode(growth_problem, growth_draws, start="2010Q1", end="2019Q4")
    found = past.replay(["price_level", "rouble", "gdp_level"])
    for name, flow, sign in (
        ("price_level", "inflation", 1),
        ("rouble", "depreciation", -1),
        ("gdp_level", "gdp_growth", 1),
    ):
        observed = growth_problem.observations[flow].to_numpy()[past.first : past.last + 1]
        expected = sign * np.cumsum(observed)
        for chain in (0, 1):
            close(found.sel(outcome=name, chain=chain, draw=1).to_numpy(), expected)


# Setting what was


@settings(max_examples=30)
@given(models(), st.integers(0, 2**32 - 1), st.data())
def test_an_intervention_at_the_factual_path_gives_the_data_back(scm, seed, data):
    problem = problem_of(scm, random_series(scm, seed, gaps=True))
    draws = random_draws(scm, np.random.default_rng(seed), draws=1)
    draws = note_centres(problem.scm, draws)
    draws = complete_from_prior(problem, draws, seed)
    first, last = data.draw(windows(scm))
    past = episode(problem, draws, start=quarter(first), end=quarter(last))
    name = data.draw(st.sampled_from(sorted([*scm.exogenous, *scm.structural])))
    start = data.draw(st.integers(1, past.periods))
    stop = data.draw(st.integers(start, past.periods))
    factual = past.replay([name]).to_numpy().ravel()
    same = SetTo(variable=name, value=tuple(factual[start - 1 : stop]), start=start, stop=stop)
    found = counterfactual(past, interventions=[same], outcomes=list(scm.variables))
    matches(found["counterfactual"].to_numpy(), found["factual"].to_numpy())


@pytest.mark.parametrize("name", ["trade", "war", "key_rate", "inflation", "gdp_growth"])
def test_the_growth_economy_set_to_what_it_was_gives_the_data_back(
    growth_problem, growth_draws, name
):
    past = episode(growth_problem, growth_draws, start="2015Q1", end="2024Q4")
    observed = growth_problem.observations[name].to_numpy()[past.first : past.last + 1]
    found = counterfactual(past, interventions=[SetTo(variable=name, value=tuple(observed))])
    close(found["difference"].to_numpy(), 0.0, atol=1e-8)
    assert found["difference"].dims == ("outcome", "time", "chain", "draw")
    assert found["outcome"].to_numpy().tolist() == list(growth_problem.scm.headline)


# Other histories


@settings(max_examples=40)
@given(models(), st.integers(0, 2**32 - 1), st.data())
def test_another_history_of_any_model_is_that_of_plain_loops(scm, seed, data):
    series = random_series(scm, seed, gaps=False)
    problem = problem_of(scm, series)
    draws = random_draws(scm, np.random.default_rng(seed))
    draws = note_centres(problem.scm, draws)
    first, last = data.draw(windows(scm))
    length = last - first + 1
    changes = that_count(data.draw(edits([*scm.exogenous, *scm.structural], length)))
    silenced = data.draw(st.lists(st.sampled_from(sorted(scm.stochastic)), unique=True))
    if not changes and not silenced:
        silenced = sorted(scm.stochastic)
    past = episode(problem, draws, start=quarter(first), end=quarter(last))
    found = counterfactual(
        past, interventions=changes, without_shocks=silenced, outcomes=list(scm.variables)
    )
    for column, values in enumerate(as_dicts(draws)):
        expected = looped(problem.scm, values, series, (first, last), changes, silenced)
        for name in scm.variables:
            paths = found["counterfactual"].sel(outcome=name).to_numpy().reshape(length, -1)
            matches(paths[:, column], expected[name])


def looped(scm, values, series, window, changes=(), silenced=()):
    """Abduct one draw's shocks and replay them with changes, by loops."""
    first, last = window
    past = Past(scm, values, series)
    stochastic = {name: scm.by_name[name] for name in scm.stochastic if name not in silenced}
    shocks = {
        name: [series[name][t] - past.mean(name, t) for t in range(first, last + 1)]
        for name in stochastic
    }
    future = Future(
        scm,
        values,
        past={name: path[:first] for name, path in past.paths().items()},
        peaks={name: max(series[name][:first]) for name in scm.exogenous},
        exogenous={name: series[name][first : last + 1] for name in scm.exogenous},
        shocks=shocks,
        edits=changes,
    )
    return future.paths(last - first + 1)


@pytest.mark.parametrize(
    "changes",
    [
        [SetTo(variable=name, value=0.0) for name in ("trade", "finance", "transport", "assets")],
        [ShiftBy(variable="key_rate", value=-3.0, start=2, stop=9)],
        [SetTo(variable="real_lending_rate", value=5.0, stop=4)],
        [ScaleBy(variable="energy", value=0.5), SetTo(variable="war", value=0.0, start=18)],
    ],
    ids=["no measures", "easier money", "fixed real rate", "half the energy measures, no war"],
)
def test_another_history_of_the_growth_economy_is_that_of_plain_loops(growth_judge, changes):
    problem, draws, judge = growth_judge
    past = episode(problem, draws, start="2018Q1")
    outcomes = [*problem.scm.headline, "technology_gap", "effective_trade", "risk_premium"]
    found = counterfactual(past, interventions=changes, outcomes=outcomes)
    assert float(np.abs(found["difference"]).max()) > 0.1
    flat = found.stack(sample=("chain", "draw"))
    for column, values in enumerate(as_dicts(draws)):
        window = (past.first, past.last)
        expected = looped(judge.scm, values, judge.history(values), window, changes)
        for name in outcomes:
            path = flat["counterfactual"].sel(outcome=name).isel(sample=column).to_numpy()
            close(path, expected[name], rtol=1e-8, atol=1e-8)


def small_question(start):
    """The small problem, an episode of it from a period on, and its completed series by draw."""
    problem = make_problem()
    draws = sample_prior(problem.scm, problem.absolute, draws=2, random_seed=2)
    draws = complete_from_prior(problem, draws, 3)
    completed = []
    for values in as_dicts(draws):
        series = small_series()
        cells = zip(problem.cases.missing, problem.cases.missing_labels, strict=True)
        for (name, period), label in cells:
            series[name][period] = values[f"missing_cell[{label}]"]
        completed.append({name: np.nan_to_num(path) for name, path in series.items()})
    past = episode(problem, draws, start=str(problem.cases.time[start])[:10])
    return past, completed


def answers_as_loops_do(start, changes):
    past, completed = small_question(start)
    outcomes = ["effective", "strain", "price", "output"]
    found = counterfactual(past, interventions=changes, outcomes=outcomes)
    for column, values in enumerate(as_dicts(past.draws)):
        window = (past.first, past.last)
        expected = looped(past.problem.scm, values, completed[column], window, changes)
        for name in outcomes:
            path = found["counterfactual"].sel(outcome=name).isel(chain=0, draw=column)
            close(path.to_numpy(), expected[name])
    assert (np.abs(found["difference"].sel(outcome=["strain", "output"])).max("time") > 1e-6).all()


# Sanctions fall, rise and fall in the past of the small problem.
STARTS = pytest.mark.parametrize("start", [6, 9, 13], ids=["before", "after a fall", "at the peak"])


@STARTS
def test_relief_in_the_past_recovers_as_plain_loops_do(start):
    """The peak before the window counts."""
    answers_as_loops_do(start, [SetTo(variable="sanction", value=(0.3, 0.1), start=2)])


@STARTS
@pytest.mark.parametrize(
    "change",
    [
        SetTo(variable="effective", value=0.9, start=2, stop=4),
        ShiftBy(variable="effective", value=0.2, start=2, stop=2),
        ScaleBy(variable="effective", value=0.5),
    ],
    ids=lambda change: type(change).__name__,
)
def test_what_is_done_to_an_effective_measure_lasts_as_its_equation_says(start, change):
    """Its next value starts from the one that was set."""
    answers_as_loops_do(start, [change])


# One linear system for the whole window, of the model in the fixture `vector`

NAMES = ("a", "b", "c")
WITHIN = np.array([[0, 0, 0], [0.7, 0, 0], [0, 0.4 * -0.8, 0]])
FIRST_LAG = np.array([[0.35, 0, 0.65 * -0.4], [0, 0.5, 0], [0.4 * 0.9, 0, 0.6]])
SECOND_LAG = np.array([[0, 0, 0], [0, -0.3, 0], [0, 0, 0]])
OF_X_NOW, OF_X_BEFORE = np.array([0.65 * 1.3, 0, 0]), np.array([0, 0.6, 0])
WINDOW = (5, 14)
PERIODS = WINDOW[1] - WINDOW[0] + 1


@pytest.fixture(scope="module")
def vector_past(vector):
    """Data of the vector model, its episode, and the system ``matrix @ y = right``.

    What happened solves the system, so `right` holds constants, drivers, shocks and the past
    without any of them being known.
    """
    scm, draws = vector
    generator = np.random.default_rng(4)
    series = {name: generator.normal(size=LENGTH) for name in scm.by_name}
    problem = problem_of(scm, series)
    draws = note_centres(problem.scm, draws)
    past = episode(problem, draws, start=quarter(WINDOW[0]), end=quarter(WINDOW[1]))
    matrix = np.kron(np.eye(PERIODS), np.eye(3) - WITHIN)
    matrix -= np.kron(np.eye(PERIODS, k=-1), FIRST_LAG)
    matrix -= np.kron(np.eye(PERIODS, k=-2), SECOND_LAG)
    happened = np.stack([series[n][WINDOW[0] : WINDOW[1] + 1] for n in NAMES], axis=1)
    return past, series, matrix, matrix @ happened.ravel()


def solved(matrix, right):
    return np.linalg.solve(matrix, right).reshape(PERIODS, 3).T


def answer(past, **changes):
    found = counterfactual(past, outcomes=NAMES, **changes)
    return found["counterfactual"][..., 0, 0].to_numpy()


def test_another_driver_adds_its_linear_response_to_the_data(vector_past):
    past, series, matrix, right = vector_past
    path = np.random.default_rng(5).normal(size=PERIODS)
    change = path - series["x"][WINDOW[0] : WINDOW[1] + 1]
    before = np.concatenate([[0.0], change[:-1]])
    added = np.outer(change, OF_X_NOW) + np.outer(before, OF_X_BEFORE)
    found = answer(past, interventions=[SetTo(variable="x", value=tuple(path))])
    response = np.linalg.solve(matrix, added.ravel()).reshape(PERIODS, 3).T
    happened = np.stack([series[n][WINDOW[0] : WINDOW[1] + 1] for n in NAMES])
    close(found, happened + response)
    close(found, solved(matrix, right + added.ravel()))


@pytest.mark.parametrize("window", [(1, None), (3, 6), (10, 10)], ids=str)
@pytest.mark.parametrize("kind", [SetTo, ShiftBy, ScaleBy], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("row", [0, 1, 2], ids=NAMES)
def test_intervening_on_an_equation_replaces_its_rows(vector_past, row, kind, window):
    past, _, matrix, right = vector_past
    start, stop = window
    edited, given_values = matrix.copy(), right.copy()
    for period in range(start, (stop or PERIODS) + 1):
        at = 3 * (period - 1) + row
        if kind is SetTo:
            edited[at] = np.eye(3 * PERIODS)[at]
            given_values[at] = -0.8
        elif kind is ShiftBy:
            given_values[at] -= 0.8
        else:
            edited[at] *= -0.8
            edited[at, at] = 1.0
            given_values[at] *= -0.8
    change = kind(variable=NAMES[row], value=-0.8, start=start, stop=stop)
    close(answer(past, interventions=[change]), solved(edited, given_values))


def test_interventions_on_two_equations_hold_at_once(vector_past):
    past, _, matrix, right = vector_past
    edited, given_values = matrix.copy(), right.copy()
    for period, value in ((4, 1.0), (5, 2.0), (6, 2.0)):
        at = 3 * (period - 1) + 1
        edited[at], given_values[at] = np.eye(3 * PERIODS)[at], value
        given_values[at + 1] += 0.5
    changes = [
        SetTo(variable="b", value=(1.0, 2.0), start=4, stop=6),
        ShiftBy(variable="c", value=0.5, start=4, stop=6),
    ]
    close(answer(past, interventions=changes), solved(edited, given_values))


def test_shocks_that_are_left_out_leave_their_rows(vector_past):
    past, series, matrix, right = vector_past
    (values,) = as_dicts(past.draws)
    loops = Past(past.problem.scm, values, series)
    without = right.copy()
    for period in range(PERIODS):
        t = WINDOW[0] + period
        without[3 * period + 2] -= series["c"][t] - loops.mean("c", t)
    close(answer(past, without_shocks=["c"]), solved(matrix, without))
    close(answer(past, without_shocks="c"), solved(matrix, without))


def test_the_past_of_a_replay_stays_what_it_was(vector_past):
    """An intervention in the last period moves nothing before it."""
    past, series, _, _ = vector_past
    found = answer(past, interventions=[SetTo(variable="a", value=9.0, start=PERIODS)])
    happened = np.stack([series[n][WINDOW[0] : WINDOW[1] + 1] for n in NAMES])
    close(found[:, :-1], happened[:, :-1])
    assert (np.abs(found[:, -1] - happened[:, -1]) > 0.1).all()


# What moves and what does not


def test_only_descendants_have_another_history(growth_problem, growth_draws):
    scm = growth_problem.scm
    past = episode(growth_problem, growth_draws, start="2019Q1")
    outcomes = [*scm.by_name, *(level.variable.name for level in scm.levels)]
    flows = {level.variable.name: level.flow for level in scm.levels}
    for name in ("gdp_growth", "lending_rate", "oil_growth", "assets"):
        shifted = [ShiftBy(variable=name, value=1.0)]
        found = counterfactual(past, interventions=shifted, outcomes=outcomes)["difference"]
        size = np.abs(found).max(["time", "chain", "draw"])
        moved = set(size["outcome"].to_numpy()[size.to_numpy() > 1e-9])
        reached = {name, *scm.graph.descendants(name)}
        assert moved == {other for other in outcomes if flows.get(other, other) in reached}


@pytest.mark.parametrize("name", ["effective", "strain", "strain_change", "price", "blend"])
def test_no_intervention_on_an_endogenous_variable_does_nothing(name):
    """Whatever its equation: effective measure, latent state, behaviour or identity."""
    past, _ = small_question(8)
    fixed = [SetTo(variable=name, value=7.0, start=2)]
    found = counterfactual(past, interventions=fixed, outcomes=[name, "output"])
    close(found["counterfactual"].sel(outcome=name).isel(time=slice(1, None)).to_numpy(), 7.0)
    assert (np.abs(found["difference"].sel(outcome="output").isel(time=-1)) > 1e-6).all()


# A worked example: Pearl, Glymour and Jewell, Causal Inference in Statistics: A Primer (2016),
# section 4.2.3. Encouragement, homework and the score of an exam; one student.


@pytest.fixture
def student():
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            Linear(variable=variable("encouragement")),
            Linear(variable=variable("homework"), parents=("encouragement",)),
            Linear(variable=variable("score"), parents=("encouragement", "homework")),
        ),
    )
    series = {"encouragement": 0.5, "homework": 1.0, "score": 1.5}
    padded = {name: np.array([0.0] * 4 + [value]) for name, value in series.items()}
    problem = problem_of(scm, padded)
    # The book's equations have no intercepts: parents enter as they are.
    problem = replace(problem, scm=scm.with_centres({}))
    links = {
        "encouragement -> homework": 0.5,
        "encouragement -> score": 0.7,
        "homework -> score": 0.4,
    }
    return problem, pin(problem.scm, links)


def test_the_student_of_the_primer_has_the_shocks_of_the_book(student):
    shocks = abduct(*student).isel(chain=0, draw=0, time=-1)
    close(shocks.sel(equation="encouragement").item(), 0.5)
    close(shocks.sel(equation="homework").item(), 0.75)
    close(shocks.sel(equation="score").item(), 0.75)


def test_the_student_of_the_primer_would_have_scored_one_point_nine(student):
    past = episode(*student, start=quarter(4))
    doubled = [SetTo(variable="homework", value=2.0)]
    found = counterfactual(past, interventions=doubled)
    assert found["factual"].to_numpy().ravel().tolist() == pytest.approx([0.5, 1.0, 1.5])
    assert found["counterfactual"].to_numpy().ravel().tolist() == pytest.approx([0.5, 2.0, 1.9])


def test_without_own_effort_the_student_keeps_the_other_shocks(student):
    past = episode(*student, start=quarter(4))
    found = counterfactual(past, without_shocks=["homework"])
    expected = [0.5, 0.25, 0.7 * 0.5 + 0.4 * 0.25 + 0.75]
    close(found["counterfactual"].to_numpy().ravel(), expected)


# Questions without an answer


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("1999Q4", None, "1999Q4 to 2003Q4 is not inside the data; .* within 2000Q4 to 2003Q4"),
        ("2001Q1", "2004Q1", "2001Q1 to 2004Q1 is not inside the data"),
        ("soon", None, "'soon' is no period; expected a quarter"),
        ("2003Q2", "2003Q1", "2003Q2 to 2003Q1 is empty or starts too early"),
        ("2000Q3", None, "2000Q3 to 2003Q4 is empty or starts too early; .* 2000Q4 to 2003Q4"),
        ("01.10.2002", None, "could be day.month or month.day"),
    ],
)
def test_a_window_outside_the_data_is_refused(start, end, message):
    scm = StructuralCausalModel(
        equations=(Linear(variable=variable("y"), parents=("y[1]", "y[3]")),)
    )
    problem = problem_of(scm, {"y": np.arange(16.0)})
    draws = pin(problem.scm, {"y[1] -> y": 0.5, "y[3] -> y": 0.1})
    with pytest.raises(QuestionError, match=message):
        episode(problem, draws, start=start, end=end)


def test_data_too_short_for_any_window_are_refused():
    scm = StructuralCausalModel(equations=(Linear(variable=variable("y"), parents=("y[2]",)),))
    problem = problem_of(scm, {"y": np.arange(2.0)})
    with pytest.raises(QuestionError, match="2 periods; a window needs more than 2"):
        episode(problem, pin(problem.scm, {"y[2] -> y": 0.5}), start="2000Q2")


def test_a_window_may_begin_as_soon_as_every_lag_is_there():
    scm = StructuralCausalModel(equations=(Linear(variable=variable("y"), parents=("y[1]",)),))
    problem = problem_of(scm, {"y": np.array([1.0, 3.0])})
    past = episode(problem, pin(problem.scm, {"y[1] -> y": 0.5}), start="2000Q2")
    assert past.shocks["y"].item() == 3.0  # the one lag is its own mean


def test_lags_are_summed_through_identities_of_identities():
    """What reads a sum of a sum needs the periods of both: no shock is made of padding."""
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=variable("x")),
            Identity(variable=variable("year"), terms={"x": 1.0, "x[1]": 1.0, "x[2]": 1.0}),
            Identity(variable=variable("before"), terms={"year[2]": 1.0}),
            Linear(variable=variable("y"), parents=("before[1]",)),
        )
    )
    assert (scm.longest_lag, scm.longest_memory) == (2, 5)
    generator = np.random.default_rng(1)
    problem = problem_of(scm, {name: generator.normal(size=12) for name in ("x", "y")})
    draws = pin(problem.scm, {"before[1] -> y": 1.0})
    implied = abduct(problem, draws)
    first = int(np.flatnonzero(np.isfinite(implied.sel(equation="y").to_numpy().ravel()))[0])
    past = episode(problem, draws, start=quarter(first))
    for name in ("x", "y"):
        close(past.shocks[name].ravel(), implied.sel(equation=name).to_numpy().ravel()[first:])
    with pytest.raises(QuestionError, match=f"starts too early; .* within {quarter(first)}"):
        episode(problem, draws, start=quarter(first - 1))


def test_no_window_of_the_bundled_data_is_made_of_padding(growth_problem, growth_draws):
    with pytest.raises(QuestionError, match="starts too early"):
        episode(growth_problem, growth_draws, start="2006Q4", end="2007Q4")


def test_a_window_is_named_by_any_day_of_its_periods(vector_past):
    past, _, _, _ = vector_past
    again = episode(past.problem, past.draws, start="2001-06-30", end="2003-08-01")
    assert (again.first, again.last) == WINDOW
    assert again.time[0] == np.datetime64("2001-04-01")
    alone = episode(past.problem, past.draws, start="2002Q1", end="2002Q1")
    assert alone.periods == 1


def test_what_cannot_be_changed_is_refused(vector_past):
    past, _, _, _ = vector_past
    with pytest.raises(QuestionError, match="Nothing to change; give interventions or shocks"):
        counterfactual(past)
    with pytest.raises(UnknownVariableError, match=r"Unknown name 'd' in the interventions"):
        counterfactual(past, interventions=[SetTo(variable="d", value=0.0)])
    with pytest.raises(UnknownVariableError, match="Unknown name 'd' in the shocks to leave out"):
        counterfactual(past, without_shocks=["d"])
    with pytest.raises(QuestionError, match="'x' has no shocks; there is a, b, c"):
        counterfactual(past, without_shocks=["x"])
    with pytest.raises(QuestionError, match="The interventions are 'a=1'; expected a list"):
        counterfactual(past, interventions="a=1")
    with pytest.raises(QuestionError, match="An intervention is 'a=1'; expected one as in"):
        counterfactual(past, interventions=["a=1"])
    with pytest.raises(UnknownVariableError, match="Unknown name 'd' in the outcomes"):
        counterfactual(past, without_shocks=["a"], outcomes=["d"])


@pytest.mark.parametrize("name", ["x", "b"])
def test_an_intervention_after_the_window_is_refused(vector_past, name):
    past, _, _, _ = vector_past
    late = SetTo(variable=name, value=0.0, start=PERIODS + 1)
    with pytest.raises(QuestionError, match="window"):
        counterfactual(past, interventions=[late])


def test_an_episode_needs_the_completed_cells():
    problem = make_problem()
    draws = sample_prior(problem.scm, problem.absolute, draws=1, random_seed=1)
    with pytest.raises(QuestionError, match="no 'missing_cell', but the data lack 3 figures"):
        episode(problem, draws, start="2013Q1")


def test_asking_changes_neither_draws_nor_data(vector_past):
    past, series, _, _ = vector_past
    draws = past.draws.copy(deep=True)
    observations = past.problem.observations.copy(deep=True)
    counterfactual(past, interventions=[SetTo(variable="x", value=3.0)], without_shocks=["a"])
    abduct(past.problem, past.draws)
    assert draws.identical(past.draws)
    assert observations.identical(past.problem.observations)
    for name, path in series.items():
        np.testing.assert_array_equal(past.problem.cases.values[name], path)


def test_an_exogenous_driver_alone_is_a_history_too():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            Linear(variable=variable("y"), parents=("x", "x[2]")),
        )
    )
    problem = problem_of(scm, {"x": np.arange(8.0), "y": np.zeros(8)})
    draws = pin(problem.scm, {"x -> y": 2.0, "x[2] -> y": -1.0})
    past = episode(problem, draws, start=quarter(4))
    found = counterfactual(past, interventions=[ScaleBy(variable="x", value=0.0)])
    # Lags of two periods read the past before the window, which stays.
    close(found["counterfactual"].to_numpy().ravel(), [-8.0, -10.0, -8.0, -9.0])


# The page that lists the identities


def test_the_page_of_identities_names_tests_that_exist():
    page = Path(__file__).parents[2] / "docs" / "identities.md"
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", page.read_text(encoding="utf-8"))
    assert len(named) > 50
    for file, function in named:
        text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
        assert f"\ndef {function}(" in text, f"{file}::{function}"


def test_shocks_left_out_in_a_part_of_the_window_are_those_of_that_part(vector_past):
    """By the linear system: the path moves by the response to minus these shocks alone."""
    past, _, _, _ = vector_past
    name = next(iter(past.problem.scm.stochastic))
    days = [str(day)[:10] for day in past.time]
    span = (days[1], days[2])
    found = counterfactual(past, without_shocks={name: span}, outcomes=list(past.shocks))
    kept = np.array(past.shocks[name], copy=True)
    kept[1:3] = 0.0
    again = past.replay(list(past.shocks), shocks={**past.shocks, name: kept})
    np.testing.assert_allclose(found["counterfactual"], again, atol=1e-12)
    # Before the part nothing changes, in it something does.
    moved = np.abs(found["difference"]).max(["outcome", "chain", "draw"]).to_numpy()
    assert moved[0] == pytest.approx(0, abs=1e-12)
    assert moved[1] > 1e-6
    whole = counterfactual(past, without_shocks=[name], outcomes=list(past.shocks))
    same = counterfactual(
        past, without_shocks={name: (days[0], days[-1])}, outcomes=list(past.shocks)
    )
    np.testing.assert_allclose(whole["difference"], same["difference"], atol=1e-12)
    assert f"from {span[0]} to {span[1]}" in found.attrs["changed"]
    with pytest.raises(QuestionError, match="first and last period"):
        counterfactual(past, without_shocks={name: span[0]})


def test_a_window_is_shown_in_a_line(vector_past):
    past, *_ = vector_past
    shown = repr(past)
    assert shown.startswith("Episode(")
    assert f"{past.periods} periods" in shown
    assert f"{str(past.time[0])[:10]} to {str(past.time[-1])[:10]}" in shown
    assert "\n" not in shown


def test_a_change_is_dated_by_the_periods_of_the_window(vector_past):
    past, *_ = vector_past
    name = next(iter(past.problem.scm.stochastic))
    changed = SetTo(variable=name, value=1.0, start=2, stop=2)
    assert str(past.time[1])[:10] == "2001-07-01"
    found = counterfactual(past, interventions=[changed], outcomes=NAMES)
    assert found.attrs["changed"].endswith("set to 1 from 2001Q3 to 2001Q3")
