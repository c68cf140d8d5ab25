"""Questions that would do nothing, or say the same twice: refused in one line, wherever asked."""

import hostile
import numpy as np
import pytest
from laboratory import MODEL, PRIORS, as_observations, draw_truth, pinned, simulate_series

import sanctions_model as sm
from sanctions_model.errors import SanctionsModelError
from sanctions_model.inference.conditioned import Problem

DRAWS = pinned()
SEEN = as_observations(simulate_series(draw_truth(4), 5))
PROBLEM = Problem.of(MODEL, SEEN, PRIORS)
OWN = sm.inference.sample_prior(PROBLEM.scm, PROBLEM.absolute, draws=3, random_seed=1)
LAST = str(SEEN.time.to_numpy()[-1])[:10]
PAST = sm.episode(PROBLEM, OWN, start=str(SEEN.time.to_numpy()[-5])[:10], end=LAST)
CONDITION = sm.Condition(variable="inflation", values={1: 2.0})
TARGET = sm.Target(outcome="growth", value=1, below=False, when="by 2", probability=0.5)
PHASE = sm.Phase(depth=0.5)
LIFTING = {"war": False, "regime_change": False, "conflict": True, "oil": True}

# Doors that take outcomes, by name.
OUTCOMES = {
    "total_effect": lambda x: sm.total_effect(MODEL, DRAWS, horizon=2, outcomes=x),
    "measure_effects": lambda x: sm.measure_effects(MODEL, DRAWS, horizon=2, outcomes=x),
    "channel_effects": lambda x: sm.channel_effects(MODEL, DRAWS, horizon=2, outcomes=x),
    "effects_table": lambda x: sm.effects_table(MODEL, DRAWS, horizons=[2], outcomes=x),
    "impulse": lambda x: sm.impulse_response(MODEL, DRAWS, cause="key_rate", outcomes=x),
    "step": lambda x: sm.step_response(MODEL, DRAWS, cause="key_rate", outcomes=x),
    "simulate": lambda x: sm.simulate(PROBLEM, OWN, horizon=2, random_seed=1, outcomes=x),
    "conditional": lambda x: sm.conditional_forecast(
        PROBLEM, OWN, [CONDITION], horizon=2, random_seed=1, outcomes=x
    ),
    "counterfactual": lambda x: sm.counterfactual(PAST, without_shocks=["growth"], outcomes=x),
    "history": lambda x: sm.historical_decomposition(PAST, outcomes=x),
    "fevd": lambda x: sm.forecast_error_variance_decomposition(MODEL, DRAWS, outcomes=x),
    "propagate": lambda x: sm.scm.propagate(MODEL, DRAWS, horizon=2, outcomes=x),
    "respond": lambda x: sm.scm.respond(
        MODEL, DRAWS, horizon=2, paths={"trade": np.zeros(2)}, outcomes=x
    ),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_no_outcome_is_asked_for_twice_and_one_is_asked_for(name):
    with pytest.raises(SanctionsModelError, match="An outcome, 'growth', is given twice; give it"):
        OUTCOMES[name](["growth", "growth"])
    with pytest.raises(SanctionsModelError, match="The outcomes are an empty list; name at least"):
        OUTCOMES[name]([])
    OUTCOMES[name](["growth"])


# Doors that take interventions, by name.
EDITED = {
    "simulate": lambda x: sm.simulate(PROBLEM, OWN, horizon=2, random_seed=1, interventions=x),
    "counterfactual": lambda x: sm.counterfactual(PAST, interventions=x),
    "fevd": lambda x: sm.forecast_error_variance_decomposition(
        MODEL, DRAWS, horizon=2, interventions=x
    ),
}


@pytest.mark.parametrize("name", EDITED)
def test_no_intervention_does_nothing(name):
    door = EDITED[name]
    for kind, value, said in (
        (sm.ShiftBy, 0, "shifted by 0' changes nothing"),
        (sm.ShiftBy, (0.0, 0.0), "changes nothing"),
        (sm.ScaleBy, 1, "multiplied by 1' changes nothing"),
    ):
        with pytest.raises(SanctionsModelError, match=said):
            door([kind(variable="key_rate", value=value)])
    for kind in (sm.SetTo, sm.ShiftBy, sm.ScaleBy):
        once = kind(variable="key_rate", value=0.5)
        with pytest.raises(SanctionsModelError, match="is given twice; give it once"):
            door([once, kind(variable="key_rate", value=0.5)])
        door([once, kind(variable="inflation", value=0.5)])


NOTHING = {
    "measures": (lambda: sm.Relief(measures=("trade", "trade")), "'trade', is given twice"),
    "no measures": (lambda: sm.Relief(measures=()), "no measure"),
    "relief of 0": (lambda: sm.total_effect(MODEL, DRAWS, sm.Relief(depth=0)), "lifts nothing"),
    "each of 0": (lambda: sm.measure_effects(MODEL, DRAWS, sm.Relief(depth=0)), "lifts nothing"),
    "split of 0": (lambda: sm.channel_effects(MODEL, DRAWS, sm.Relief(depth=0)), "lifts nothing"),
    "table of 0": (
        lambda: sm.effects_table(MODEL, DRAWS, reliefs=[sm.Relief(depth=0)]),
        "lifts nothing",
    ),
    "no reliefs": (lambda: sm.effects_table(MODEL, DRAWS, reliefs=[]), "0 reliefs, none"),
    "reliefs": (
        lambda: sm.effects_table(MODEL, DRAWS, reliefs=[sm.Relief(), sm.Relief()]),
        "2 reliefs, one of them twice",
    ),
    "impulse": (
        lambda: sm.impulse_response(MODEL, DRAWS, cause="key_rate", size=0),
        "A change of 0 moves nothing",
    ),
    "step": (
        lambda: sm.step_response(MODEL, DRAWS, cause="trade", size=0.0),
        "A change of 0 moves nothing",
    ),
    "held": (lambda: sm.total_effect(MODEL, DRAWS, held=["growth"] * 2), "is given twice"),
    "held shock": (
        lambda: sm.forecast_error_variance_decomposition(MODEL, DRAWS, held=["growth"] * 2),
        "is given twice",
    ),
    "left out": (
        lambda: sm.counterfactual(PAST, without_shocks=["growth", "growth"]),
        "A shock to leave out, 'growth', is given twice",
    ),
    "absorbing": (
        lambda: sm.conditional_forecast(
            PROBLEM, OWN, [CONDITION], horizon=2, random_seed=1, absorbing=["growth"] * 2
        ),
        "An absorbing shock, 'growth', is given twice",
    ),
    "claims": (lambda: sm.scorecard(PROBLEM, OWN, OWN, {}), "The table of claims is empty"),
    "rule": (
        lambda: sm.policy_rule(MODEL, DRAWS, inflation="inflation"),
        "Nothing of the policy rule changes",
    ),
    "lifting": (
        lambda: sm.elsewhere.Lifting(instruments=("trade", "trade"), **LIFTING),
        "'trade', is given twice",
    ),
    "stated shocks": (
        lambda: sm.Scenario(label="x", without_shocks=["growth", "growth"]),
        "without_shocks names 'growth' twice",
    ),
    "stated absorbing": (
        lambda: sm.Scenario(label="x", absorbing=["growth", "growth"]),
        "absorbing names 'growth' twice",
    ),
    "absorbing none": (lambda: sm.Scenario(label="x", absorbing=[]), "absorbing is empty"),
    "stated values": (
        lambda: sm.Scenario(label="x", condition=[{"variable": "growth", "values": {}}]),
        "expected at least 1, got 0",
    ),
    "stated path": (
        lambda: sm.Scenario(
            label="x", intervention=[{"kind": "set", "variable": "oil", "value": []}]
        ),
        "got a list of 0",
    ),
    "design": (
        lambda: sm.ReliefDesign(measures=("trade", "trade"), phase=[PHASE]),
        "a measure is named twice",
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_question_that_does_nothing_is_refused(name):
    door, said = NOTHING[name]
    with pytest.raises(SanctionsModelError, match=said) as error:
        door()
    hostile.require_clear(str(error.value))
