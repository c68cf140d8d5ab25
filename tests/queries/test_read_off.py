"""What questions read off a model and its data before they compute, against a plain reading."""

import numpy as np
import pandas as pd
import pytest
from laboratory import study

from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.queries.basis import effective_addresses
from sanctions_model.queries.conditional import _factors
from sanctions_model.queries.forecasts import nowcast_table
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.variables import Hold, Variable

SWITCHED = StructuralCausalModel(
    equations=(
        *(
            Exogenous(variable=Variable(name=name), continuation=onward)
            for name, onward in (("x", Hold(1.0)), ("switch", Hold(0.5)))
        ),
        Linear(variable=Variable(name="y"), parents=("x * switch",)),
    )
)


def test_what_is_known_is_no_parameter_that_an_answer_depends_on():
    problem = study().problem
    found = set(effective_addresses(problem))
    known = {a for a, prior in problem.absolute.items() if isinstance(prior, Fixed)}
    assert not found & known
    links = {a for a, (name, _) in addresses(problem.scm).items() if name == "coefficient"}
    assert links - known <= found


def test_each_completed_figure_says_the_last_period_of_its_own_series(growth_problem, growth_draws):
    table = nowcast_table(growth_problem, growth_draws)
    frame = growth_problem.observations.to_dataframe()
    for name, rows in table.groupby("series"):
        last = pd.Period(frame[name].last_valid_index(), freq="Q")
        assert set(rows["last_known"]) == {str(last)}
        later = [pd.Period(period) > last for period in rows["period"]]
        assert [place == "newest" for place in rows["place"]] == later


def test_a_conditional_forecast_needs_links_that_stay_as_they_are():
    assert _factors(SWITCHED, {}, 3) == {"switch": 0.5}
    assert _factors(SWITCHED, {"x": np.arange(3.0)}, 3) == {"switch": 0.5}
    with pytest.raises(QuestionError, match="'switch' multiplies a link and moves"):
        _factors(SWITCHED, {"switch": np.array([0.5, 0.5, 1.0])}, 3)
    assert _factors(SWITCHED, {"switch": np.full(3, 2.0)}, 3) == {"switch": 2.0}
