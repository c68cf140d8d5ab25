"""The recursion in machine code against whole arrays in numpy, bit for bit, on any cores."""

import multiprocessing
import os

import numpy as np
import pytest
from strategies import random_draws

from sanctions_model.economies.growth import MEASURES, growth_transmission
from sanctions_model.scm.interventions import SetTo, ShiftBy
from sanctions_model.scm.simulation import kernel
from sanctions_model.scm.simulation.propagate import propagate, respond
from sanctions_model.scm.simulation.shocks import draw_shocks

SCM = growth_transmission()
DRAWS = random_draws(SCM, np.random.default_rng(1), chains=1, draws=700)  # more than a chunk
HORIZON = 9


def with_numpy(program, first, last):
    """Solve the steps for all scenarios and draws at once."""
    count, scenarios = len(program.equations), np.arange(program.buffer.shape[1])
    lags = program.shared.shape[1] - program.result.shape[1]
    for step in range(first, last):
        t, e = divmod(step, count)
        begin, end, slot, slots, shock, own, place = program.equations[e]
        value = program.buffer[slot + t % slots]
        value[...] = program.constants[e]
        for k in range(begin, end):
            kind, at, each, lag, slab, per = program.terms[k]
            if kind == kernel.EQUATION:
                parent = program.equations[at]
                x = program.buffer[parent[2] + (t - lag) % parent[3]]
            else:
                paths = program.shared if kind == kernel.SHARED else program.drivers
                x = paths[at + each * scenarios, lags + t - lag]
            value += x * program.weights[k] * program.factors[slab + per * scenarios, t]
        if shock >= 0:
            value += program.shocks[shock + own * scenarios, t]
        if place >= 0:
            program.result[place + scenarios, t] = value


def paths(scenarios):
    fall = 1.0 - np.linspace(0.2, 1.0, scenarios)[:, None] * np.linspace(0.1, 1.0, HORIZON)
    return {MEASURES[0]: fall, MEASURES[1]: fall[0]}


def in_levels():
    return propagate(
        SCM,
        DRAWS,
        horizon=HORIZON,
        exogenous=paths(3),
        shocks=draw_shocks(SCM, DRAWS, HORIZON, 1),
        interventions=[
            SetTo(variable="key_rate", value=9.0, start=3, stop=5),
            ShiftBy(variable="effective_trade", value=-0.1, start=4),
        ],
    )


def a_response():
    entries = [frozenset(links) for links in SCM.entries.values()]
    return respond(SCM, DRAWS, horizon=HORIZON, paths=paths(1), closed=[frozenset(), *entries])


def with_shocks_of_scenarios():
    pulses = np.zeros((2, HORIZON, 1))
    pulses[0, 0], pulses[1, 3] = 1.0, -2.0
    return respond(SCM, DRAWS, horizon=HORIZON, shocks={"inflation": pulses, "key_rate": [1.0] * 9})


QUESTIONS = [in_levels, a_response, with_shocks_of_scenarios]


@pytest.mark.parametrize("ask", QUESTIONS)
def test_machine_code_gives_the_bits_of_numpy(ask, monkeypatch):
    found = ask()
    monkeypatch.setattr(kernel, "advance", with_numpy)
    expected = ask()
    assert expected.std() > 0
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("ask", QUESTIONS)
def test_however_many_cores_there_are_the_bits_are_the_same(ask, monkeypatch):
    monkeypatch.setattr(kernel, "_WORTH_CORES", 0)
    found = []
    for cores in (1, 2, 7):
        monkeypatch.setattr(kernel.os, "cpu_count", lambda cores=cores: cores)
        found.append(ask())
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_starts_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(kernel, "_WORTH_CORES", 0)
    monkeypatch.setattr(kernel.os, "cpu_count", lambda: 2)
    expected = in_levels()  # whose second thread the child does not have
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(in_levels).get(timeout=60)
    assert found.equals(expected)
