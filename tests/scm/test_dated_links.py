"""Links with a factor: closed forms and refusals. Random models are in the files beside."""

import numpy as np
import pytest
from oracle import close, only
from small_problem import small_observations
from strategies import variable

from sanctions_model.errors import QuestionError, SpecError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import one_step_means
from sanctions_model.inference.priors.families import Beta, Normal
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.simulation.propagate import propagate, respond
from sanctions_model.scm.variables import Decay, Hold

RHO, MANAGED, FLOATING = 0.6, -0.2, -0.7


def regimes(*, floating=1.0):
    return StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("managed"), continuation=Hold(1.0 - floating)),
            Exogenous(variable=variable("floating"), continuation=Hold(floating)),
            Linear(variable=variable("oil")),
            PartialAdjustment(
                variable=variable("rouble"), parents=("oil * managed", "oil * floating")
            ),
        )
    )


VALUES = {
    "oil * managed -> rouble": MANAGED,
    "oil * floating -> rouble": FLOATING,
    "persistence[rouble]": RHO,
}


@pytest.mark.parametrize(("floating", "effect"), [(1.0, FLOATING), (0.0, MANAGED), (0.5, -0.45)])
def test_a_shock_passes_as_strongly_as_the_regime_lets_it(floating, effect):
    scm, horizon = regimes(floating=floating), 8
    found = respond(
        scm,
        pin(scm, VALUES),
        horizon=horizon,
        shocks={"oil": np.ones(horizon)},
        outcomes=["rouble"],
    )
    close(only(found), effect * (1 - RHO ** np.arange(1, horizon + 1)))


def test_a_regime_that_ends_in_the_horizon_weakens_the_link_from_then_on():
    scm, horizon = regimes(), 6
    path = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    found = propagate(
        scm,
        pin(scm, VALUES),
        horizon=horizon,
        exogenous={"floating": path, "managed": 1.0 - path},
        shocks={"oil": np.ones((horizon, 1))},
        outcomes=["rouble"],
    )
    expected, level = [], 0.0
    for floating in path:
        level = RHO * level + (1 - RHO) * (FLOATING if floating else MANAGED)
        expected.append(level)
    close(only(found), expected)


def test_what_multiplies_a_link_has_no_response_of_its_own():
    scm = regimes()
    with pytest.raises(QuestionError, match="multiplies a link"):
        respond(scm, pin(scm, VALUES), horizon=3, paths={"floating": np.zeros(3)})


@pytest.mark.parametrize(
    ("factor", "reason"),
    [
        (Exogenous(variable=variable("f")), "declare how strong the link is"),
        (Exogenous(variable=variable("f"), continuation=Decay(2.0)), "declare how strong"),
        (Linear(variable=variable("f")), "is not exogenous"),
    ],
)
def test_a_factor_without_a_stated_future_is_refused(factor, reason):
    with pytest.raises(SpecError, match=reason):
        StructuralCausalModel(
            equations=(
                factor,
                Linear(variable=variable("x")),
                Linear(variable=variable("y"), parents=("x * f",)),
            )
        )


def past_of_regimes():
    generator = np.random.default_rng(5)
    floating = np.repeat([0.0, 1.0], 10)
    series = {"managed": 1 - floating, "floating": floating}
    series |= {name: generator.normal(size=20) for name in ("oil", "rouble")}
    series["oil"][[5, 14, 19]] = np.nan  # cells that enter times 0 and times 1
    observations = small_observations(series | {"weather": np.zeros(20)}).drop_vars("weather")
    wide = Normal(mu=0.0, sigma=1.0)
    priors = Priors.from_addresses(
        {
            "oil * managed -> rouble": wide,
            "oil * floating -> rouble": wide,
            "intercept": wide,
            "scale": Normal(mu=1.0, sigma=1.0, lower=0.0),
            "degrees_of_freedom": Normal(mu=9.0, sigma=1.0, lower=2.0),
            "persistence": Beta(alpha=2.0, beta=2.0),
        }
    )
    return Problem.of(regimes(), observations, priors), series


def test_means_and_centres_read_the_parent_times_the_factor():
    problem, series = past_of_regimes()
    cells = {"missing_cell": (("chain", "draw", "missing"), np.array([[[3.0, 4.0, 5.0]]]))}
    draws = pin(problem.scm, VALUES).assign(cells)
    oil = series["oil"].copy()
    oil[[5, 14, 19]] = [3.0, 4.0, 5.0]
    used = np.arange(1, 20)
    centres = {
        f"oil * {name} -> rouble": np.mean(
            [(series["oil"] * series[name])[t] for t in used if np.isfinite(series["oil"][t])]
        )
        for name in ("managed", "floating")
    }
    assert problem.cases.centres == pytest.approx(centres)
    pull = sum(
        VALUES[f"oil * {name} -> rouble"]
        * (oil * series[name] - centres[f"oil * {name} -> rouble"])
        for name in ("managed", "floating")
    )
    expected = RHO * series["rouble"][:-1] + (1 - RHO) * pull[1:]
    close(one_step_means(problem, draws)[0, 1:, 1], expected)


def test_a_history_through_two_regimes_adds_up():
    problem, _ = past_of_regimes()
    cells = {"missing_cell": (("chain", "draw", "missing"), np.array([[[3.0, 4.0, 5.0]]]))}
    draws = pin(problem.scm, VALUES).assign(cells)
    past = episode(problem, draws, start="2011-01-01")
    parts = historical_decomposition(past, outcomes=["rouble", "oil"])
    assert list(parts["part"].to_numpy()) == ["base", "oil", "rouble"]
    close(parts.sum("part"), past.replay(["rouble", "oil"]))
