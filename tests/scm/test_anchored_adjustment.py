"""Adjustment around an anchor, direct links, equations without centring: closed forms.

Random models against plain loops are in `test_propagate`, `test_respond` and `test_history`.
"""

import numpy as np
import pytest
from oracle import close, only
from small_problem import small_observations
from strategies import variable

from sanctions_model.errors import SpecError
from sanctions_model.inference.sample import available_cases
from sanctions_model.queries.reading.tables import link_effects
from sanctions_model.report.ledgers import equations_view
from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.serialization import from_dict, spec_hash, to_dict
from sanctions_model.scm.simulation.propagate import Start, continuation_paths, propagate, respond
from sanctions_model.scm.variables import Decay, Grow, Hold, Path

RHO, THETA, B, A = 0.7, 2.0, -0.5, 0.3


def anchored(**options):
    return StructuralCausalModel(
        equations=(
            *(Exogenous(variable=variable(name)) for name in ("n", "x", "z")),
            PartialAdjustment(
                variable=variable("y"), parents=("x",), impact=("z",), anchor="n", **options
            ),
        )
    )


VALUES = {"x -> y": THETA, "z -> y": B, "persistence[y]": RHO, "intercept[y]": A}


def test_a_gap_closes_at_its_own_rate_wherever_the_anchor_goes():
    scm, horizon = anchored(), 12
    generator = np.random.default_rng(3)
    n = np.concatenate([[5.0], 5.0 + np.cumsum(generator.normal(size=horizon))])
    start = Start(
        {"n": n[:1, None], "x": np.zeros((1, 1)), "z": np.zeros((1, 1)), "y": np.array([[9.0]])}
    )
    paths = {"n": n[1:], "x": np.zeros(horizon), "z": np.zeros(horizon)}
    found = propagate(
        scm, pin(scm, VALUES), horizon=horizon, exogenous=paths, start=start, outcomes=["y"]
    )
    ahead = np.arange(1, horizon + 1)
    close(only(found) - n[1:], A + (4.0 - A) * RHO**ahead)


def test_responses_to_anchor_parent_and_direct_link_are_geometric():
    scm, horizon = anchored(), 10
    draws, ahead = pin(scm, VALUES), np.arange(1, horizon + 1)
    step = {
        name: only(
            respond(scm, draws, horizon=horizon, paths={name: np.ones(horizon)}, outcomes=["y"])
        )
        for name in ("n", "x", "z")
    }
    close(step["n"], np.ones(horizon))  # at once and for good
    close(step["x"], THETA * (1 - RHO**ahead))
    close(step["z"], B * (1 - RHO**ahead) / (1 - RHO))


def test_effects_of_direct_links_are_those_of_a_step():
    scm = anchored()
    found = link_effects(scm, pin(scm, VALUES), horizon=3).squeeze()
    close(found.sel(link="x -> y"), [(1 - RHO) * THETA, THETA, (1 - RHO**3) * THETA])
    close(found.sel(link="z -> y"), [B, B / (1 - RHO), B * (1 + RHO + RHO**2)])


def test_only_centred_equations_find_means_of_their_parents():
    generator = np.random.default_rng(1)
    series = {name: generator.normal(4.0, 1.0, 20) for name in ("weather", "y", "w")}

    def cases(*, centred):
        scm = StructuralCausalModel(
            equations=(
                Exogenous(variable=variable("weather")),
                Linear(variable=variable("w"), parents=("weather",)),
                Linear(variable=variable("y"), parents=("w", "weather"), centred=centred),
            )
        )
        return available_cases(scm, small_observations(series))

    assert cases(centred=True).centres == {"w -> y": pytest.approx(series["w"].mean())}
    assert cases(centred=False).centres == {}


def test_continuations_decay_and_grow_from_the_last_value():
    rules = {"a": Decay(2.0, 1.0), "b": Grow(-0.25), "c": Hold(), "d": Path((7.0, 8.0))}
    scm = StructuralCausalModel(
        equations=(
            *(Exogenous(variable=variable(n), continuation=rule) for n, rule in rules.items()),
            Linear(variable=variable("y"), parents=tuple(rules)),
        )
    )
    found = continuation_paths(scm, 4, {"a": 5.0, "b": 3.0, "c": 2.0})
    close(found["a"], [1 + 4 / np.sqrt(2), 3.0, 1 + np.sqrt(2), 2.0])
    close(found["b"], [2.75, 2.5, 2.25, 2.0])
    close(found["c"], [2.0] * 4)
    close(found["d"], [7.0, 8.0, 8.0, 8.0])


@pytest.mark.parametrize("half_life", [0.0, -1.0, np.nan])
def test_a_half_life_that_is_none_is_refused(half_life):
    with pytest.raises(SpecError, match="expected periods above 0"):
        Decay(half_life)


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"anchor": "y"}, "its own lag is its persistence"), ({"anchor": "x"}, "given twice")],
)
def test_an_anchor_that_is_read_twice_is_refused(options, reason):
    with pytest.raises(SpecError, match=reason):
        StructuralCausalModel(
            equations=(
                Exogenous(variable=variable("x")),
                PartialAdjustment(variable=variable("y"), parents=("x",), **options),
            )
        )


def test_options_at_their_default_are_not_written_and_others_come_back():
    plain = to_dict(StructuralCausalModel(equations=(PartialAdjustment(variable=variable("y")),)))
    assert set(plain["equations"][0]) == {"kind", "variable", "parents", "start"}
    scm = anchored(centred=False)
    assert from_dict(to_dict(scm)) == scm
    assert spec_hash(scm) != spec_hash(anchored())


def test_the_table_of_equations_names_anchor_and_direct_links():
    table = equations_view(anchored()).table.set_index("variable")
    assert table.loc["y", "parents"] == "around n, x, z (direct)"
