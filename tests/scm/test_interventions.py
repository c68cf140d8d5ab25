"""Interventions: windows and paths, the identities they satisfy, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import close
from strategies import runs

from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.scm.interventions import (
    Relief,
    ScaleBy,
    SetTo,
    ShiftBy,
    edit_words,
    require_each_counts,
    require_horizon,
)
from sanctions_model.scm.simulation.propagate import (
    Start,
    propagate,
)


@given(runs())
def test_no_intervention_is_the_baseline(run):
    baseline = propagate(run.scm, run.draws, **run.arguments)
    same = propagate(run.scm, run.draws, **run.arguments, interventions=[])
    none = [
        *(ShiftBy(variable=name, value=0.0) for name in run.scm.structural),
        *(ScaleBy(variable=name, value=1.0) for name in run.scm.exogenous),
    ]
    again = propagate(run.scm, run.draws, **run.arguments, interventions=none)
    np.testing.assert_array_equal(again.to_numpy(), baseline.to_numpy())
    np.testing.assert_array_equal(same.to_numpy(), baseline.to_numpy())


@given(runs(interventions=False), st.data())
def test_setting_a_variable_to_the_path_it_takes_changes_nothing(run, data):
    name = data.draw(st.sampled_from([*run.scm.structural, *run.scm.exogenous]))
    arguments = run.arguments | {
        "exogenous": {n: np.atleast_2d(path)[0] for n, path in run.exogenous.items()}
    }
    draws = run.draws.isel(chain=[0], draw=[0])
    arguments["shocks"] = {n: path[:, :1] for n, path in run.shocks.items()}
    if run.start is not None:
        first = {n: path[:, :1] for n, path in run.start.values.items()}
        arguments["start"] = Start(first, run.start.peaks)
    factual = propagate(run.scm, draws, **arguments)
    path = tuple(factual.sel(outcome=name).to_numpy().reshape(-1).tolist())
    held = propagate(run.scm, draws, **arguments, interventions=[SetTo(variable=name, value=path)])
    close(held.to_numpy(), factual.to_numpy())


@given(runs(), st.data())
def test_only_descendants_move(run, data):
    """Descendants found by search over the parents' texts, not by the graph."""
    scm = run.scm
    name = data.draw(st.sampled_from([*scm.structural, *scm.exogenous]))
    edges = {(edge.parent, child) for child, e in scm.by_name.items() for edge in e.edges}
    reached = {name}
    while more := {child for parent, child in edges if parent in reached} - reached:
        reached |= more
    reached |= {level.variable.name for level in scm.levels if level.flow in reached}
    before = propagate(scm, run.draws, **run.arguments)
    after = propagate(
        scm, run.draws, **run.arguments, interventions=[ShiftBy(variable=name, value=0.7)]
    )
    for outcome in scm.variables:
        moved = (after - before).sel(outcome=outcome).to_numpy()
        if outcome not in reached:
            np.testing.assert_array_equal(moved, 0.0)
    close((after - before).sel(outcome=name).isel(horizon=0), 0.7)


def test_holding_the_key_rate_blocks_what_passes_through_it(growth_problem, growth_draws):
    scm, horizon = growth_problem.scm, 8
    held = SetTo(variable="key_rate", value=10.0)
    common = {"horizon": horizon, "interventions": [held], "outcomes": ["lending_rate"]}
    relief = {name: Relief().path(1.0, horizon) for name in MEASURES}
    eased = propagate(scm, growth_draws, exogenous=relief, **common)
    kept = propagate(scm, growth_draws, **common)
    np.testing.assert_array_equal(eased.to_numpy(), kept.to_numpy())


def test_interventions_are_applied_in_order(vector):
    double, add = ScaleBy(variable="a", value=2.0), ShiftBy(variable="a", value=1.0)
    path = {"x": np.array([1.0])}
    first = propagate(*vector, horizon=1, exogenous=path, interventions=[double, add])
    second = propagate(*vector, horizon=1, exogenous=path, interventions=[add, double])
    plain = 0.65 * (0.2 + 1.3)
    close(first.sel(outcome="a").item(), 2 * plain + 1)
    close(second.sel(outcome="a").item(), 2 * (plain + 1))


def test_a_number_holds_from_start_to_stop():
    edit = SetTo(variable="x", value=2.0, start=2, stop=3)
    assert [edit.at(period) for period in range(1, 5)] == [None, 2.0, 2.0, None]


def test_without_a_stop_it_holds_to_the_end():
    edit = ShiftBy(variable="x", value=-1.0, start=3)
    assert [edit.at(period) for period in (1, 2, 3, 100)] == [None, None, -1.0, -1.0]


def test_a_path_runs_from_start_on_and_its_last_value_is_held():
    edit = ScaleBy(variable="x", value=(0.5, 0.25), start=2, stop=5)
    assert [edit.at(period) for period in range(1, 7)] == [None, 0.5, 0.25, 0.25, 0.25, None]


@pytest.mark.parametrize(
    ("kind", "expected"), [(SetTo, [3.0, 3.0]), (ShiftBy, [4.0, 1.0]), (ScaleBy, [3.0, -6.0])]
)
def test_each_kind_acts_within_its_window_and_changes_no_argument(kind, expected):
    values = np.array([1.0, -2.0])
    edit = kind(variable="x", value=3.0, start=2)
    assert edit.apply(values, 1).tolist() == [1.0, -2.0]
    assert edit.apply(values, 2).tolist() == expected
    assert values.tolist() == [1.0, -2.0]


@pytest.mark.parametrize("kind", [SetTo, ShiftBy, ScaleBy])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"value": 1.0, "start": 0}, "periods 0 to None; expected 1 <= start <= stop"),
        ({"value": 1.0, "start": -2, "stop": 3}, "periods -2 to 3"),
        ({"value": 1.0, "start": 4, "stop": 3}, "periods 4 to 3"),
        ({"value": np.nan}, "value is nan; expected a finite number"),
        ({"value": (1.0, np.inf)}, "value is inf; expected a finite number"),
        ({"value": ()}, "empty path; expected one finite number a period"),
    ],
)
def test_an_intervention_that_cannot_be_is_refused(kind, arguments, message):
    with pytest.raises(QuestionError, match=message) as refusal:
        kind(variable="key_rate", **arguments)
    assert str(refusal.value).startswith(f"{kind.__name__} on 'key_rate'")


@pytest.mark.parametrize(
    ("relief", "expected"),
    [
        (Relief(), [0.75, 0.5, 0.25, 0.0, 0.0, 0.0]),
        (Relief(ramp=1), [0.0] * 6),
        (Relief(depth=0.5, ramp=2, start=3), [1.0, 1.0, 0.75, 0.5, 0.5, 0.5]),
        (Relief(depth=0.0), [1.0] * 6),
        (Relief(depth=1e-6, ramp=1), [1.0 - 1e-6] * 6),
        (Relief(start=7), [1.0] * 6),
    ],
)
def test_relief_falls_in_equal_steps_and_is_held(relief, expected):
    close(relief.path(1.0, 6), expected)
    close(relief.path(0.8, 6), 0.8 * np.array(expected))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 1.1}, "Relief of 1.1; expected a share between 0"),
        ({"depth": -0.1}, "Relief of -0.1"),
        ({"depth": 1e-310}, "Relief of 1e-310 lifts less than a millionth"),
        ({"depth": np.float32(9e-7)}, "Relief of 9e-07 lifts less than a millionth"),
        ({"depth": np.nan}, "The relief is nan; expected a share between 0"),
        ({"ramp": 0}, "ramp 0 and start 1; expected 1 or more periods"),
        ({"start": 0}, "ramp 4 and start 0"),
        ({"measures": ()}, "Relief of no measure; name at least one"),
    ],
)
def test_relief_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(QuestionError, match=message):
        Relief(**arguments)


@pytest.mark.parametrize(
    ("horizon", "longest"), [(1, 1), (24, 24), ([4, 12, 8], 12), (np.int64(3), 3), ((2,), 2)]
)
def test_the_longest_horizon_asked_for_counts(horizon, longest):
    assert require_horizon(horizon) == longest


@pytest.mark.parametrize("horizon", [0, -4, 1.0, 2.5, [4, 0], [], True, "12", None, [1.0, 2.0]])
def test_a_horizon_that_is_no_whole_number_of_periods_is_refused(horizon):
    with pytest.raises(QuestionError, match="expected a whole number of periods of at least 1"):
        require_horizon(horizon)


SPANS = [(a, b) for a in (1, 2, 3) for b in (1, 2, 3, None) if b is None or a <= b]


@pytest.mark.parametrize("first", SPANS)
@pytest.mark.parametrize("second", SPANS)
def test_a_value_is_void_where_a_later_one_covers_all_its_periods(first, second):
    earlier, later = (set(range(a, 10 if b is None else b + 1)) for a, b in (first, second))
    edits = [
        SetTo(variable="x", value=value, start=start, stop=stop)
        for value, (start, stop) in enumerate((first, second))
    ]
    if earlier <= later:
        with pytest.raises(QuestionError, match="does nothing"):
            require_each_counts(edits)
    else:
        require_each_counts(edits)
    require_each_counts([edits[0], SetTo(variable="y", value=1.0)])
    require_each_counts([edits[0], ShiftBy(variable="x", value=1.0)])


@pytest.mark.parametrize("edit", [ShiftBy, ScaleBy])
@pytest.mark.parametrize("value", [0.0, 1.0, (0.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
def test_adding_nothing_and_multiplying_by_one_are_refused(edit, value):
    neutral = {ShiftBy: {0.0}, ScaleBy: {1.0}}[edit]
    asked = [edit(variable="x", value=value)]
    if set(np.atleast_1d(value)) == neutral:
        with pytest.raises(QuestionError, match="changes nothing; give another value"):
            require_each_counts(asked)
    else:
        require_each_counts(asked)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({}, ""),
        ({"start": 2}, " from period 2"),
        ({"stop": 1}, " to period 1"),
        ({"start": 2, "stop": 5}, " from period 2 to period 5"),
    ],
)
def test_an_edit_is_told_with_its_window_where_it_has_one(window, said):
    assert edit_words(SetTo(variable="key_rate", value=10.0, **window)) == (
        f"key rate set to 10{said}"
    )


def test_an_end_within_the_horizon_is_named_and_one_beyond_it_is_not():
    told = [
        edit_words(SetTo(variable="oil", value=10.0, stop=stop), ["2026Q2", "2026Q3"])
        for stop in (1, 2, 3)
    ]
    assert told == ["oil set to 10 to 2026Q2", "oil set to 10 to 2026Q3", "oil set to 10"]
