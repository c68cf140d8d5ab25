"""Further series of the anchored transmission: by hand, and as committed."""

import shutil

import numpy as np
import pandas as pd
import pytest
from oracle import close

from sanctions_model.data.bundled import data_path
from sanctions_model.data.economy_series import build_economy, ramps, war_pulse
from sanctions_model.data.observations import load_observations
from sanctions_model.data.transformations import load_raw
from sanctions_model.data.vintages import rebuild_data
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import ObservationError
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Variable


@pytest.fixture(scope="module")
def raw():
    return load_raw(data_path("raw_quarterly.csv"))


@pytest.fixture(scope="module")
def economy():
    return load_raw(data_path("economy_raw.csv"))


@pytest.fixture(scope="module")
def built(raw, economy):
    return build_economy(raw, economy)


def test_levels_grow_as_the_model_s_other_series_do(built):
    growth = load_raw(data_path("russia_quarterly.csv"))
    close(built["log_gdp"].diff()[1:], growth["gdp_growth_pct"][1:], atol=1e-3)
    close(built["log_oil"].diff()[1:], growth["oil_growth_pct"][1:] - 0.5, atol=1e-3)
    real = growth["depreciation_pct"] - growth["inflation_pct"] + 0.5
    close(built["log_rer"].diff()[1:-1], real[1:-1], atol=1e-3)
    for name in ("log_gdp", "log_oil", "log_imports", "log_exports", "log_rer"):
        assert built.loc["2021Q1":"2021Q4", name].mean() == pytest.approx(0.0, abs=1e-9)


def test_the_discount_is_that_of_urals_and_a_stated_number_before(raw, built):
    at = pd.Period("2022Q2", freq="Q")
    expected = 100 * np.log(raw.loc[at, "brent_usd_bbl"] / raw.loc[at, "urals_usd_bbl"])
    assert built.loc[at, "oil_discount"] == pytest.approx(expected)
    assert set(built.loc[:"2014Q4", "oil_discount"]) == {2.0}


def test_trend_growth_is_linear_between_its_knots():
    quarters = pd.period_range("2005Q1", "2026Q1", freq="Q")
    found = ramps(quarters)
    first, steps = 1.0, {"ramp_2011Q1": -0.4, "ramp_2025Q4": 0.2}
    trend = first * found["ramp_2005Q1"] + sum(s * found[name] for name, s in steps.items())
    growth = trend.diff()
    assert growth["2008Q1"] == pytest.approx(1.0)
    assert growth["2009Q3"] == pytest.approx(0.8)  # half way between the knots
    assert growth["2014Q1"] == pytest.approx(0.6)
    assert growth["2026Q1"] == pytest.approx(0.8)  # after the last knot growth stays
    assert trend.iloc[-1] == 0.0


def test_the_pulse_of_the_war_halves_within_a_year():
    quarters = pd.PeriodIndex(["2022Q2", "2022Q3", "2023Q1", "2024Q4", "2025Q4"], freq="Q")
    assert war_pulse(quarters).tolist() == [0.0, 0.5, 1.0, 1.0, 0.5]


def test_a_rebuild_with_the_further_figures_gives_the_committed_file_back(tmp_path):
    inputs = ("raw_quarterly.csv", "economy_raw.csv", "sanctions_events.csv", "measures_rule.toml")
    for name in inputs:
        shutil.copy(data_path(name), tmp_path / name)
    written = rebuild_data(tmp_path)
    assert [path.name for path in written][-1] == "russia_economy.csv"
    assert written[-1].read_text() == data_path("russia_economy.csv").read_text()


def test_figures_that_do_not_fit_are_refused(raw, economy):
    with pytest.raises(ObservationError, match="lack the column 'inflation_goal_pct'"):
        build_economy(raw, economy.drop(columns="inflation_goal_pct"))
    with pytest.raises(ObservationError, match="expected the same quarters"):
        build_economy(raw, economy.iloc[:-1])


def test_only_a_model_that_asks_for_them_reads_the_further_series():
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=Variable(name="war_pulse")),
            Linear(variable=Variable(name="log_gdp"), parents=("war_pulse",)),
        )
    )
    found = load_observations(scm=scm)
    assert found.attrs["source"] == "russia_quarterly.csv, measures.csv, russia_economy.csv"
    assert (
        load_observations(scm=growth_transmission()).attrs["source"]
        == "russia_quarterly.csv, measures.csv"
    )
