"""Responses: differences of propagations, superposition, channels, sums over paths."""

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import close, continued, only, propagated
from strategies import runs, variable

from sanctions_model.economies.russia import MEASURES
from sanctions_model.scm.equations import (
    Exogenous,
    Identity,
    LatentAdjustment,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.interventions import Relief, SetTo
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.simulation.propagate import Start, propagate, respond
from sanctions_model.scm.simulation.shocks import draw_shocks
from sanctions_model.scm.variables import Hold


def baseline_start(scm, state):
    """Latent states that are full (at rest under the measures) or empty (zero)."""
    if state == "full":
        return None
    empty = {name: np.zeros((scm.longest_lag, 1)) for name in (*scm.structural, *scm.exogenous)}
    for name in (*MEASURES, *scm.effective):
        empty[name] = np.ones((scm.longest_lag, 1))
    return Start(empty)


@pytest.mark.parametrize("state", ["full", "empty"])
def test_a_response_is_the_difference_of_two_propagations(growth_problem, growth_draws, state):
    scm, horizon = growth_problem.scm, 13
    start = baseline_start(scm, state)
    paths = {
        "trade": np.stack([Relief(ramp=3).path(1.0, horizon), np.full(horizon, 1.2)]),
        "assets": Relief(depth=0.4).path(1.0, horizon),
        "energy": np.r_[np.linspace(1, 0, 6), np.linspace(0, 1.1, 7)],
        "inflation_target": np.full(horizon, 3.0),
    }
    shocks = {"depreciation": np.random.default_rng(0).normal(size=(horizon, 4))}
    common = {"horizon": horizon, "start": start, "outcomes": list(scm.variables)}
    background = draw_shocks(scm, growth_draws, horizon, 1)
    more = background | {"depreciation": background["depreciation"] + shocks["depreciation"]}
    with_change = propagate(scm, growth_draws, exogenous=paths, shocks=more, **common)
    without = propagate(scm, growth_draws, shocks=background, **common)
    found = respond(
        scm,
        growth_draws,
        horizon=horizon,
        paths=paths,
        shocks=shocks,
        baseline={"inflation_target": 4.0},
        outcomes=list(scm.variables),
    )
    if state == "empty":  # there the target was 0 before, but the difference is the same
        target = {"inflation_target": np.full(horizon, 4.0)}
        without = propagate(scm, growth_draws, shocks=background, exogenous=target, **common)
    close(found.to_numpy(), (with_change - without.isel(scenario=0)).to_numpy(), atol=1e-9)


def test_a_response_to_imposition_from_nothing_is_the_difference_of_two_propagations(
    growth_problem, growth_draws
):
    scm, horizon = growth_problem.scm, 8
    nothing = Start(
        {
            n: np.zeros((scm.longest_lag, 1))
            for n in (*scm.structural, *scm.exogenous, *scm.effective)
        }
    )
    imposed = {name: np.linspace(0.2, 1, horizon) for name in MEASURES}
    free = {name: np.zeros(horizon) for name in MEASURES}
    common = {"horizon": horizon, "start": nothing, "outcomes": list(scm.variables)}
    with_measures = propagate(scm, growth_draws, exogenous=imposed, **common)
    without = propagate(scm, growth_draws, exogenous=free, **common)
    found = respond(
        scm,
        growth_draws,
        horizon=horizon,
        paths=imposed,
        baseline=dict.fromkeys(MEASURES, 0.0),
        outcomes=list(scm.variables),
    )
    close(found.to_numpy(), (with_measures - without).to_numpy(), atol=1e-9)


def without_moved_factors(run):
    """The same run, but that what multiplies a link stays at its baseline."""
    paths = {name: path for name, path in run.exogenous.items() if name not in run.scm.factors}
    scenarios = max([1, *(len(np.atleast_2d(path)) for path in paths.values())])
    return replace(run, exogenous=paths, scenarios=scenarios)


def baselines(data, run):
    """Baselines as given to `respond` (numbers, paths or nothing), and the paths they stand for."""
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    given_ones = {}
    for name in run.scm.exogenous:
        kind = data.draw(st.sampled_from(["continuation", "number", "path"]))
        if kind != "continuation":
            given_ones[name] = generator.uniform(0, 1, run.horizon if kind == "path" else None)
    paths = {
        name: np.broadcast_to(given_ones.get(name, continued(e, run.horizon)), (run.horizon,))
        for name, e in run.scm.exogenous.items()
    }
    return given_ones, paths


@given(runs(interventions=False), st.data())
def test_a_response_of_any_model_is_the_difference_of_two_loops(run, data):
    scm = run.scm
    run = without_moved_factors(run)
    given_ones, flat = baselines(data, run)
    common = {"horizon": run.horizon, "outcomes": list(scm.variables)}
    first = {name: path[0] for name, path in flat.items()}
    with_change, without = (
        propagated(scm, run.draws, exogenous=flat | paths, shocks=shocks, first=first, **common)
        for paths, shocks in ((run.exogenous, run.shocks), ({}, {}))
    )
    found = respond(
        scm, run.draws, paths=run.exogenous, shocks=run.shocks, baseline=given_ones, **common
    )
    close(found.to_numpy(), with_change - without)


@given(runs(interventions=False), st.data())
def test_through_closed_links_nothing_passes(run, data):
    scm = run.scm
    run = without_moved_factors(run)
    given_ones, flat = baselines(data, run)
    first = {name: path[0] for name, path in flat.items()}
    labels = sorted(scm.closable)
    closed = [
        data.draw(st.lists(st.sampled_from(labels), unique=True)) for _ in range(run.scenarios)
    ]
    common = {"horizon": run.horizon, "outcomes": list(scm.variables)}
    found = respond(
        scm,
        run.draws,
        paths=run.exogenous,
        shocks=run.shocks,
        baseline=given_ones,
        closed=closed,
        **common,
    ).to_numpy()
    for row, shut in enumerate(closed):
        chosen = {
            name: path[row] if path.ndim == 2 else path for name, path in run.exogenous.items()
        }
        options = {"closed": shut, "first": first, **common}
        with_change, without = (
            propagated(scm, run.draws, exogenous=flat | paths, shocks=shocks, **options)
            for paths, shocks in ((chosen, run.shocks), ({}, {}))
        )
        close(found[:, [row]], with_change - without)


@given(runs(interventions=False), st.floats(-3, 3))
def test_a_response_is_linear_in_the_shocks(run, factor):
    assume(run.shocks)

    def response(shocks):
        return respond(
            run.scm,
            run.draws,
            horizon=run.horizon,
            shocks=shocks,
            outcomes=list(run.scm.variables),
        ).to_numpy()

    one_by_one = [response({name: path}) for name, path in run.shocks.items()]
    together = response(run.shocks)
    close(together, sum(one_by_one))
    scaled = response({name: factor * path for name, path in run.shocks.items()})
    close(scaled, factor * together)


def test_a_response_is_linear_in_exogenous_paths_without_an_effective_measure(
    growth_problem, growth_draws
):
    horizon = 9
    path = np.random.default_rng(5).normal(size=horizon)

    def response(factor):
        return respond(
            growth_problem.scm,
            growth_draws,
            horizon=horizon,
            paths={"assets": 1 + factor * path, "war": 1 - factor * path},
        ).to_numpy()

    close(response(-2.5), -2.5 * response(1.0), atol=1e-9)


@pytest.mark.parametrize("relief", [Relief(), Relief(depth=0.6, ramp=1, start=3)])
def test_measures_superpose_draw_by_draw(growth_problem, growth_draws, relief):
    scm, horizon = growth_problem.scm, 16
    path = relief.path(1.0, horizon)

    def response(measures):
        paths = dict.fromkeys(measures, path)
        return respond(
            scm, growth_draws, horizon=horizon, paths=paths, outcomes=list(scm.variables)
        ).to_numpy()

    close(sum(response([name]) for name in MEASURES), response(MEASURES))


@pytest.mark.parametrize("measures", [MEASURES, ("trade",), ("finance", "assets")])
def test_channels_add_up_to_the_total_draw_by_draw(growth_problem, growth_draws, measures):
    scm, horizon = growth_problem.scm, 16
    generator = np.random.default_rng(6)
    paths = {name: np.abs(1 - generator.uniform(0, 1.3, horizon)) for name in measures}
    everything = {label for labels in scm.entries.values() for label in labels}
    closed = [everything - set(labels) for labels in scm.entries.values()]
    outcomes = [*scm.stochastic, *(level.variable.name for level in scm.levels)]
    parts = respond(
        scm, growth_draws, horizon=horizon, paths=paths, closed=closed, outcomes=outcomes
    )
    total = respond(scm, growth_draws, horizon=horizon, paths=paths, outcomes=outcomes)
    assert parts.sizes["scenario"] == len(scm.entries)
    assert float(np.abs(total).max()) > 0.1
    close(parts.sum("scenario").to_numpy(), total.isel(scenario=0).to_numpy())


def test_with_all_entries_closed_no_measure_reaches_an_outcome(growth_problem, growth_draws):
    scm = growth_problem.scm
    everything = {label for labels in scm.entries.values() for label in labels}
    found = respond(
        scm,
        growth_draws,
        horizon=8,
        paths={name: np.zeros(8) for name in MEASURES},
        closed=[everything],
        outcomes=list(scm.stochastic),
    )
    np.testing.assert_array_equal(found.to_numpy(), 0.0)


def test_many_scenarios_with_links_of_their_own_closed_equal_their_blocks(vector):
    paths = np.random.default_rng(3).normal(size=(20_000, 3))
    closed = [[], ["x -> a"], ["x[1] -> b"], ["a -> b", "b -> c"], ["x -> a", "x[1] -> b"]] * 4000
    together = respond(*vector, horizon=3, paths={"x": paths}, closed=closed)
    for row in (0, 4, 16_383, 16_384, 16_386, 19_998, 19_999):
        alone = respond(*vector, horizon=3, paths={"x": paths[row]}, closed=[closed[row]])
        np.testing.assert_array_equal(alone[:, 0].to_numpy(), together[:, row].to_numpy())


def test_one_set_of_closed_links_serves_all_scenarios(vector):
    paths = np.random.default_rng(4).normal(size=(5, 3))
    together = respond(*vector, horizon=3, paths={"x": paths}, closed=[["a -> b"]])
    for row in range(5):
        alone = respond(*vector, horizon=3, paths={"x": paths[row]}, closed=[["a -> b"]])
        np.testing.assert_array_equal(alone[:, 0].to_numpy(), together[:, row].to_numpy())


def test_one_path_serves_all_sets_of_closed_links(vector):
    path = np.array([1.0, 0.5, 0.0])
    closed = [[], ["x -> a"], ["x[1] -> b"]]
    together = respond(*vector, horizon=3, paths={"x": path}, closed=closed)
    for row, links in enumerate(closed):
        alone = respond(*vector, horizon=3, paths={"x": path}, closed=[links])
        np.testing.assert_array_equal(alone[:, 0].to_numpy(), together[:, row].to_numpy())


def test_the_chain_its_offset_and_the_rest_are_links_of_the_model(growth_problem):
    scm = growth_problem.scm
    labels = {edge.label for edge in scm.graph.edges}
    assert {*scm.chain, *scm.chain_offset} <= labels


def test_no_change_makes_no_difference(growth_problem, growth_draws):
    found = respond(
        growth_problem.scm,
        growth_draws,
        horizon=6,
        paths={name: np.ones(6) for name in MEASURES},
    )
    np.testing.assert_array_equal(found.to_numpy(), 0.0)


def unrolled_vector(horizon):
    """the vector model in time: one node a variable and period, weights written down by hand."""
    weights = {
        ("x", "a", 0): 0.65 * 1.3,
        ("c", "a", 1): 0.65 * -0.4,
        ("a", "a", 1): 0.35,
        ("a", "b", 0): 0.7,
        ("b", "b", 1): 0.5,
        ("b", "b", 2): -0.3,
        ("x", "b", 1): 0.6,
        ("a", "c", 1): 0.4 * 0.9,
        ("b", "c", 0): 0.4 * -0.8,
        ("c", "c", 1): 0.6,
    }
    graph = nx.DiGraph()
    for (parent, child, lag), weight in weights.items():
        for period in range(1 + lag, horizon + 1):
            graph.add_edge((parent, period - lag), (child, period), weight=weight)
    return graph


def sum_over_paths(graph, cause, outcome):
    """Sum, over directed paths, of the products of their weights."""
    if cause == outcome:
        return 1.0
    return sum(
        np.prod([graph.edges[edge]["weight"] for edge in itertools.pairwise(path)])
        for path in nx.all_simple_paths(graph, cause, outcome)
    )


@pytest.mark.parametrize("cause", ["a", "b", "c"])
def test_the_effect_of_a_shock_is_the_sum_over_directed_paths(vector, cause):
    horizon = 6
    graph = unrolled_vector(horizon)
    response = respond(*vector, horizon=horizon, shocks={cause: np.eye(horizon)[0]})
    for outcome, period in itertools.product("abc", range(1, horizon + 1)):
        expected = sum_over_paths(graph, (cause, 1), (outcome, period))
        close(float(response.sel(outcome=outcome, horizon=period).item()), expected)


def test_the_effect_of_an_exogenous_pulse_or_step_is_the_sum_over_directed_paths(vector):
    horizon = 6
    graph = unrolled_vector(horizon)
    pulse = respond(*vector, horizon=horizon, paths={"x": np.eye(horizon)[0]})
    step = respond(*vector, horizon=horizon, paths={"x": np.ones(horizon)})
    for outcome, period in itertools.product("abc", range(1, horizon + 1)):
        totals = [
            sum_over_paths(graph, ("x", at), (outcome, period)) for at in range(1, period + 1)
        ]
        where = {"outcome": outcome, "horizon": period}
        close(pulse.sel(where).item(), totals[0])
        close(step.sel(where).item(), sum(totals))


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_the_total_effect_in_a_static_graph_is_the_sum_over_directed_paths(seed):
    generator = np.random.default_rng(seed)
    names = [f"v{i}" for i in range(5)]
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    for parent, child in itertools.combinations(names, 2):
        if generator.uniform() < 0.6 or child == names[-1]:
            graph.add_edge(parent, child, weight=generator.normal())
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("v0")),
            *(
                Linear(variable=variable(name), parents=tuple(graph.predecessors(name)))
                for name in generator.permutation(names[1:])
            ),
        )
    )
    weights = {f"{p} -> {c}": weight for p, c, weight in graph.edges(data="weight")}
    draws = pin(scm, weights)
    found = respond(scm, draws, horizon=1, paths={"v0": np.ones(1)})
    for outcome in names[1:]:
        expected = sum_over_paths(graph, "v0", outcome)
        close(found.sel(outcome=outcome).item(), expected)
        for cut in names[1:]:
            held = [SetTo(variable=cut, value=1.0)]
            runs = [
                propagate(scm, draws, horizon=1, exogenous={"v0": [value]}, interventions=held)
                for value in (0.0, 1.0)
            ]
            without = nx.DiGraph(graph)
            without.remove_edges_from(list(graph.in_edges(cut)))
            effect = (runs[1] - runs[0]).sel(outcome=outcome).item()
            expected = 0.0 if outcome == cut else sum_over_paths(without, "v0", outcome)
            close(effect, expected)


@pytest.fixture
def adjusting():
    """y follows x with persistence 1/2 in four periods; a latent state does the same."""
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            PartialAdjustment(variable=variable("y"), parents=("x",)),
            LatentAdjustment(variable=variable("state"), parents=("x",)),
            Linear(variable=variable("z"), parents=("state",)),
        )
    )
    half_in_four = 0.5**0.25
    values = {
        "x -> y": -1.7,
        "x -> state": 2.4,
        "state -> z": 1.0,
        "persistence[y]": half_in_four,
        "persistence[state]": half_in_four,
    }
    return scm, pin(scm, values)


def test_a_permanent_change_moves_the_child_by_theta_in_the_end(adjusting):
    found = respond(*adjusting, horizon=400, paths={"x": np.ones(400)})
    close(found.sel(outcome="y", horizon=400).item(), -1.7)
    close(found.sel(outcome="z", horizon=400).item(), 2.4)


@pytest.mark.parametrize(("outcome", "theta"), [("y", -1.7), ("z", 2.4)])
def test_the_half_life_is_that_of_the_persistence(adjusting, outcome, theta):
    scm, draws = adjusting
    persistence = 0.5**0.25
    close(np.log(0.5) / np.log(persistence), 4.0)
    path = respond(scm, draws, horizon=12, paths={"x": np.ones(12)}).sel(outcome=outcome)
    close(only(path), [theta * (1 - persistence**h) for h in range(1, 13)])
    close(path.sel(horizon=4).item(), theta / 2)
    close(path.sel(horizon=8).item(), theta * 3 / 4)


def test_at_rest_nothing_moves():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x"), continuation=Hold(0.6)),
            LatentAdjustment(variable=variable("state"), parents=("x[3]",)),
            Identity(variable=variable("twice"), terms={"state": 1.0, "state[2]": 1.0}),
            Linear(variable=variable("y"), parents=("twice",)),
        )
    )
    values = {"x[3] -> state": 5.0, "persistence[state]": 0.9, "twice -> y": 1.0}
    found = propagate(scm, pin(scm, values), horizon=5, outcomes=["state", "twice", "y"])
    close(found.to_numpy().reshape(3, 5), np.array([[3.0], [6.0], [6.0]]) * np.ones(5))
