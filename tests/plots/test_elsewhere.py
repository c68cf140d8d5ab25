"""The figure of an answer among liftings elsewhere."""

import pandas as pd
import pytest
from figure_tables import EPISODES, PREDICTIVE
from pictures import faults_of

from sanctions_model.errors import QuestionError
from sanctions_model.plots import plot_liftings


def test_a_dot_an_episode_with_a_figure_and_the_answer_on_top():
    figure = plot_liftings(EPISODES, PREDICTIVE, {"gdp": (1.0, -1.0, 3.0)})
    assert faults_of(figure) == []
    gdp, imports = figure.axes
    (dots, answer) = [line for line in gdp.lines if line.get_marker() in {"o", "D"}]
    assert dots.get_xdata().tolist() == [-1.0, 2.0]  # in order, the one without a figure left out
    assert answer.get_xdata().tolist() == [1.0]
    assert [line for line in imports.lines if line.get_marker() == "D"] == []
    assert "GDP" in gdp.get_title(loc="left")


def test_a_predictive_of_several_years_is_refused():
    with pytest.raises(QuestionError, match="choose one year"):
        plot_liftings(EPISODES, pd.concat([PREDICTIVE, PREDICTIVE]))
