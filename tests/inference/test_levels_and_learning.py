"""Levels of flows as parents, and latent states that read observed variables.

Densities against scipy with holes, a late start and a ragged edge; closed forms; refusals. The
density for nutpie meets both kinds in the random models of `test_kernel`.
"""

import numpy as np
import pytest
from oracle import Judge, as_dicts, close, only
from small_problem import LEARNING_TABLES, learning_problem, learning_scm, learning_series
from strategies import variable

from sanctions_model.errors import SpecError
from sanctions_model.inference.density import complete_from_prior, log_likelihood, log_probability
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.scm.equations import (
    Accumulator,
    Exogenous,
    Identity,
    LatentAdjustment,
    Linear,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.simulation.propagate import propagate, respond
from sanctions_model.scm.stability import spectral_radius
from sanctions_model.scm.variables import Affine


def test_densities_are_those_of_scipy_and_plain_loops():
    given = learning_problem()
    draws = sample_prior(given.scm, given.absolute, draws=4, random_seed=4)
    draws = complete_from_prior(given, draws, 5)
    judge = Judge(learning_scm(), learning_series(), given.cases.time, LEARNING_TABLES)
    assert set(judge.missing.values()) == set(given.cases.missing)
    assert ("growth", 9) in given.cases.missing
    found = log_likelihood(given, draws)
    periods = {time: period for period, time in enumerate(given.cases.time)}
    names, times = found["cell_equation"].to_numpy(), found["cell_time"].to_numpy()
    rows = found.to_numpy().reshape(4, -1)
    for row, values in zip(rows, as_dicts(draws), strict=True):
        expected = judge.observed_cells(values)
        assert len(expected) == row.size
        cells = [expected[str(n), periods[t]] for n, t in zip(names, times, strict=True)]
        close(row, cells, rtol=1e-9, atol=1e-9)
    whole = [
        sum(judge.cells(values).values()) + sum(judge.prior(values).values())
        for values in as_dicts(draws)
    ]
    close(log_probability(given, draws), whole)


def test_a_window_is_replayed_from_its_own_level():
    given = learning_problem()
    draws = sample_prior(given.scm, given.absolute, draws=1, random_seed=4)
    draws = complete_from_prior(given, draws, 5)
    past = episode(given, draws, start="2012-01-01")
    found = past.replay(["growth", "price"])
    history = given.history(draws)
    for name in ("growth", "price"):
        path = np.atleast_2d(history[name])[0, past.first :]
        close(only(found.sel(outcome=name)), path, atol=1e-9)


def controlled(correction):
    """A level that its flow corrects: ``y_t = -c z_{t-1} + e_t``, ``z`` the sum of ``y``."""
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=variable("y"), parents=("z[1]",)),
            Accumulator(variable=variable("z"), terms={"y": 1.0}),
        )
    )
    return scm, pin(scm, {"z[1] -> y": -correction})


def test_a_level_that_its_flow_corrects_goes_back_geometrically():
    scm, draws = controlled(0.3)
    pulse = np.zeros(8)
    pulse[0] = 1.0
    found = respond(scm, draws, horizon=8, shocks={"y": pulse}, outcomes=["z"])
    close(only(found), 0.7 ** np.arange(8))
    close(spectral_radius(scm, draws).item(), 0.7)
    without, none = controlled(0.0)
    close(spectral_radius(without, none).item(), 1.0)
    close(only(respond(without, none, horizon=8, shocks={"y": pulse}, outcomes=["z"])), np.ones(8))


def test_a_target_learnt_from_outcomes_follows_them():
    """``y = learnt[1] + e`` with ``learnt`` a mean of past ``y``: shocks leave a lasting trace."""
    scm = StructuralCausalModel(
        equations=(
            Linear(variable=variable("y"), parents=("learnt[1]",)),
            LatentAdjustment(variable=variable("learnt"), parents=("y",)),
        )
    )
    draws = pin(scm, {"learnt[1] -> y": 1.0, "y -> learnt": 1.0, "persistence[learnt]": 0.9})
    pulse = np.zeros((6, 1))
    pulse[0] = 1.0
    found = propagate(scm, draws, horizon=6, shocks={"y": pulse}, outcomes=["y", "learnt"])
    close(only(found.sel(outcome="learnt")), np.full(6, 0.1))
    close(only(found.sel(outcome="y")), [1.0, *np.full(5, 0.1)])


@pytest.mark.parametrize(
    ("equation", "reason"),
    [
        (LatentAdjustment(variable=variable("s"), parents=("x",)), "which data alone do not give"),
        (Identity(variable=variable("s"), terms={"y": Affine("share")}), "data alone do not give"),
    ],
)
def test_a_level_of_what_no_data_give_is_refused(equation, reason):
    with pytest.raises(SpecError, match=reason):
        StructuralCausalModel(
            equations=(
                Exogenous(variable=variable("x")),
                Linear(variable=variable("y"), parents=("x",)),
                equation,
                Accumulator(variable=variable("level"), terms={"s": 1.0}),
                Linear(variable=variable("w"), parents=("level",)),
            )
        )
