"""One effect has one number, one unit and one name on every surface that shows it."""

import re

import numpy as np
import pytest
from pictures import words

import sanctions_model as sm
from sanctions_model.plots import plot_chain, plot_responses
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.headlines import headline, short_name, spoken_label
from sanctions_model.queries.reading.tables import effects_table
from sanctions_model.report.dated import effects_view
from sanctions_model.wording import number

HORIZON = 12
UNITS = {"key_rate": "pp", "gdp_level": "%", "price_level": "%", "lending_rate": "pp"}


@pytest.fixture(scope="module")
def fit(small_fit):
    return sm.load(small_fit)


@pytest.fixture(scope="module")
def table(fit):
    return effects_table(fit.scm, fit.draws, horizons=[HORIZON], outcomes=list(UNITS))


@pytest.mark.parametrize(("outcome", "unit"), UNITS.items())
def test_an_effect_is_the_same_in_table_sentence_and_figure(fit, table, outcome, unit):
    scm, label = fit.scm, short_name(fit.scm, outcome)
    draws = total_effect(scm, fit.draws, horizon=HORIZON, outcomes=[outcome])
    log = draws.sel(horizon=HORIZON, outcome=outcome)
    by_hand = 100 * np.expm1(log / 100) if unit == "%" else log
    median = float(by_hand.median())

    # the file
    rows = table[(table["outcome"] == outcome) & (table["channel"] == "total")]
    row = rows[rows["relief"] == rows["relief"].max()].iloc[0]
    assert row["median"] == pytest.approx(median, abs=1e-9)

    # the table on a terminal
    shown = effects_view(table, scm).table.set_index("outcome")
    (name,) = [text for text in shown.index if text.startswith(label)]
    assert name.removesuffix(f", {unit}").removesuffix(" level") == label
    cell = re.match(r"[-+.0-9]+", shown.loc[name].iloc[0])[0]
    assert float(cell) == pytest.approx(median, abs=0.051)

    # the sentence
    said = headline(draws, scm, outcome=outcome, horizon=HORIZON)
    assert spoken_label(scm, outcome).removeprefix("the ") in said
    assert f"{number(abs(median), signed=False)} {unit}" in said or "less than 0.01" in said

    # the figure
    effect = total_effect(scm, fit.draws, outcomes=[outcome], horizon=HORIZON)
    figure = plot_responses(effect, scm=scm)
    (axes,) = figure.axes
    assert axes.get_ylabel() == unit
    assert axes.get_title(loc="left").startswith(label)
    (line,) = [line for line in axes.lines if line.get_linewidth() == 1.5]
    assert line.get_ydata()[-1] == pytest.approx(median, abs=1e-9)

    # what sentences of scenarios, claims and sweeps ask
    assert scm.effect_unit(outcome) == unit


def test_the_picture_of_the_chain_has_the_numbers_of_the_table(fit, table):
    total = table[(table["channel"] == "total") & (table["relief"] == table["relief"].max())]
    drawn = words(plot_chain(total_effect(fit.scm, fit.draws), scm=fit.scm))
    for outcome in ("key_rate", "gdp_level", "price_level"):
        median = float(total.loc[total["outcome"] == outcome, "median"].iloc[0])
        assert f"{number(median)} {UNITS[outcome]}" in drawn
