"""Graphs of lagged edges: order, cycles, reach."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_model.errors import (
    CyclicGraphError,
    SpecError,
    UnknownVariableError,
)
from sanctions_model.scm.graph import CausalGraph, Edge, a_period_before, read_edge

NAMES = tuple("abcdef")


@st.composite
def graphs(draw):
    """Edges within a period run along a hidden order; edges with a lag run anywhere."""
    order = draw(st.permutations(NAMES))
    forward = list(itertools.combinations(order, 2))
    edges = {
        *(Edge(*pair, 0) for pair in draw(st.lists(st.sampled_from(forward), max_size=8))),
        *(
            Edge(parent, child, lag)
            for parent, child, lag in draw(
                st.lists(
                    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 3)),
                    max_size=5,
                )
            )
        ),
    }
    return CausalGraph(NAMES, tuple(sorted(edges)))


def reachable(graph, name, forward=True):
    """All that a step-by-step search finds; `name` itself only if a cycle leads back to it."""
    reached, fresh = set(), {name}
    while fresh:
        step = {
            edge.child if forward else edge.parent
            for edge in graph.edges
            if (edge.parent if forward else edge.child) in fresh
        }
        fresh = step - reached
        reached |= step
    return reached


@pytest.mark.parametrize(
    ("edge", "label"), [(Edge("x", "y"), "x -> y"), (Edge("x", "y", 4), "x[4] -> y")]
)
def test_an_edge_is_called_after_its_parent_lag_and_child(edge, label):
    assert edge.label == label


def test_the_order_of_a_diamond_puts_parents_first_and_keeps_the_given_order_else():
    edges = (Edge("top", "right"), Edge("top", "left"), Edge("left", "end"), Edge("right", "end"))
    graph = CausalGraph(("end", "right", "left", "top"), edges)
    assert graph.order == ("top", "right", "left", "end")


@given(graphs())
def test_within_a_period_every_parent_comes_before_its_children(graph):
    assert sorted(graph.order) == sorted(NAMES)
    for edge in graph.edges:
        if edge.lag == 0:
            assert graph.order.index(edge.parent) < graph.order.index(edge.child)


@given(graphs())
def test_descendants_and_ancestors_are_what_a_search_by_hand_reaches(graph):
    for name in NAMES:
        assert graph.descendants(name) == reachable(graph, name) - {name}
        assert graph.ancestors(name) == reachable(graph, name, forward=False) - {name}


@given(graphs())
def test_feedback_groups_are_the_variables_that_reach_each_other(graph):
    groups = graph.feedback_groups()
    expected = {
        frozenset(
            other
            for other in NAMES
            if other in reachable(graph, name) and name in reachable(graph, other)
        )
        for name in NAMES
        if name in reachable(graph, name)
    }
    assert set(groups) == expected
    assert len(groups) == len(expected)


def test_a_cycle_within_a_period_is_named():
    edges = (Edge("a", "b"), Edge("b", "c"), Edge("c", "b"), Edge("c", "a", 1))
    message = r"form a cycle: b -> c -> b\. .*give at least one of these links a lag of 1 or more"
    with pytest.raises(CyclicGraphError, match=message):
        CausalGraph(NAMES, edges)


def test_a_variable_that_is_its_own_parent_within_a_period_is_a_cycle():
    with pytest.raises(SpecError, match="a -> a"):
        CausalGraph(NAMES, (Edge("a", "a"),))


def test_the_same_cycle_with_a_lag_is_feedback():
    graph = CausalGraph(NAMES, (Edge("a", "b"), Edge("b", "a", 1)))
    assert graph.feedback_groups() == (frozenset("ab"),)


@pytest.mark.parametrize("question", ["descendants", "ancestors"])
def test_an_unknown_node_is_refused_with_the_nearest_name(question):
    graph = CausalGraph(("key_rate", "credit"), (Edge("key_rate", "credit"),))
    with pytest.raises(UnknownVariableError, match=r"There is: key_rate, credit\..*'key_rate'"):
        getattr(graph, question)("key-rate")


def test_last_periods_error_reads_each_parent_a_period_earlier_and_nothing_twice():
    now, lagged, other = Edge("x", "y", 0), Edge("x", "y", 1), Edge("z", "y", 0)
    assert a_period_before((now,)) == (lagged,)
    assert a_period_before((now, lagged, other)) == (Edge("x", "y", 2), Edge("z", "y", 1))


def test_a_parent_is_a_name_with_or_without_a_lag_and_a_factor():
    assert read_edge("x", "y") == Edge("x", "y", 0)
    assert read_edge("x[2]", "y") == Edge("x", "y", 2)
    assert read_edge("x * z", "y") == Edge("x", "y", 0, "z")
    with pytest.raises(SpecError, match=r"Parent 'x\[' of 'y' is not of the form"):
        read_edge("x[", "y")
