"""Calendar years, responses to shocks and variance shares, asked on the command line."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from command import call, refused

import sanctions_model as sm
from sanctions_model.economies.russia import ANNUAL
from sanctions_model.report.annual import annual_table
from sanctions_model.report.outside import rival_path
from sanctions_model.report.views import variance_view


@pytest.fixture(scope="module")
def folder(small_fit):
    return small_fit.parent


def test_the_version_is_printed():
    done = call("--version")
    assert done.code == 0
    assert done.out.startswith("sanctions-model ")


def test_calendar_years_stand_beside_what_others_forecast(folder, tmp_path):
    done = call("annual", "--fit", folder, "--years", 3, "--csv", tmp_path / "years.csv")
    assert done.code == 0, done.err
    for words in ("unchanged", "with relief", "difference", "poll", "central bank", "2028"):
        assert words in done.out
    table = pd.read_csv(tmp_path / "years.csv")
    newest = sm.data.newest_forecasts(sm.data.load_outside_forecasts())
    poll = newest[(newest["forecaster"] == "poll") & (newest["variable"] == "gdp_growth")]
    shown = table[(table["source"] == "analysts' poll") & (table["outcome"] == "gdp_level")]
    expected = poll.set_index("year")["low"].loc[shown["year"]]
    np.testing.assert_allclose(shown["median"], expected)
    ours = table[table["source"] == "sanctions unchanged"]
    assert set(ours["year"]) == {2026, 2027, 2028}
    # Each outcome has a rival without a model, prices their target, a difference its basis.
    rival = table[table["source"] == "nothing new"]
    assert set(rival["outcome"]) == set(ours["outcome"])
    last = sm.load(folder / "posterior.nc").problem.observations["key_rate"].to_series().dropna()
    stays = rival[(rival["outcome"] == "key_rate") & (rival["year"] == 2027)]["median"].item()
    assert stays == pytest.approx(last.iloc[-1])
    target = table[(table["source"] == "target") & (table["outcome"] == "price_level")]
    np.testing.assert_allclose(target["median"], 4.0)
    words = table.loc[table["source"] == "difference", "basis"]
    assert set(words) <= {"identified", "mixed", "assumed"}
    assert table.loc[table["source"] != "difference", "basis"].isna().all()


def test_a_baseline_of_others_is_met_and_relief_comes_on_top(folder, tmp_path):
    given = tmp_path / "given.csv"
    given.write_text("year,gdp_level,key_rate\n2027,1.5,11\n", encoding="utf-8")
    out = tmp_path / "years.csv"
    asked = ("annual", "--fit", folder, "--years", 2, "--csv", out, "--baseline")
    done = call(*asked, given)
    assert done.code == 0, done.err
    assert "Unchanged: the baseline given" in " ".join(done.out.split())
    table = pd.read_csv(out)
    gdp = table[(table["outcome"] == "gdp_level") & (table["year"] == 2027)].set_index("source")
    rate = table[(table["outcome"] == "key_rate") & (table["year"] == 2027)].set_index("source")
    met = rate.loc["sanctions unchanged", ["median", "lower", "upper"]].astype(float)
    np.testing.assert_allclose(met, 11.0, atol=1e-6)  # an average is met exactly
    ours = gdp.loc["sanctions unchanged"]
    assert ours["median"] == pytest.approx(1.5, abs=0.02)
    # The geometric average is met, the arithmetic one is shown.
    assert 1.2 < ours["lower"] < ours["upper"] < 1.8
    assert call(*asked, "poll").code == 0
    assert "cannot be read as a table" in refused(*asked, tmp_path / "none.csv")


def test_a_table_of_four_years_has_the_numbers_of_one_of_five(folder):
    fit, relief = sm.load(folder / "posterior.nc"), sm.Relief()
    four, five = (
        annual_table(fit, relief, years=years, quoted=ANNUAL, random_seed=1) for years in (4, 5)
    )
    shared = five[five["year"].isin(four["year"].unique())].reset_index(drop=True)
    pd.testing.assert_frame_equal(four.reset_index(drop=True), shared)


def test_relief_of_nothing_changes_no_year(folder):
    fit, nothing = sm.load(folder / "posterior.nc"), sm.Relief(depth=0.0)
    rows = annual_table(fit, nothing, years=3, quoted=ANNUAL, random_seed=1)
    nothing = rows[rows["source"] == "difference"]
    assert len(nothing) > 0
    assert (nothing[["median", "lower", "upper"]].to_numpy() == 0).all()


def test_years_come_from_the_futures_that_are_simulated(folder):
    fit = sm.load(folder / "posterior.nc")
    done = call("annual", "--fit", folder, "--json", "--quiet", "--seed", 7, "--measure", "trade")
    rows = pd.DataFrame(json.loads(done.out))
    relief = sm.Relief(measures=("trade",))
    last = fit.problem.last_values
    paths = sm.simulate(
        fit.problem,
        fit.draws,
        horizon=24,
        exogenous=sm.queries.relief_paths(fit.scm, relief, 24, last),
        random_seed=7,
        outcomes=["key_rate"],
    )
    years = sm.queries.annual(paths, fit.problem, fit.draws)
    expected = years.median(("chain", "draw")).squeeze().to_series()
    own = rows[(rows["source"] == "with relief") & (rows["outcome"] == "key_rate")]
    np.testing.assert_allclose(own.set_index("year")["median"], expected.loc[own["year"]])


def test_what_parameters_make_has_no_rival_and_is_no_crash(anchored_problem):
    problem = anchored_problem
    # The real lending rate is one less expectations, which a parameter ties to the target.
    last = problem.cases.time.size - 1
    assert rival_path(problem, "real_lending_rate", last, 4) is None
    assert rival_path(problem, "inflation_yoy", last, 4).shape == (4,)


def test_too_many_years_are_refused(folder):
    assert "expected 1 to 30" in refused("annual", "--fit", folder, "--years", 99)


def test_an_impulse_response_is_printed_drawn_and_written(folder, tmp_path):
    fit = sm.load(folder / "posterior.nc")
    figure, csv = tmp_path / "irf.png", tmp_path / "irf.csv"
    asked = ("irf", "key_rate", "--outcome", "gdp_level", "--horizon", 8, "--fit", folder)
    done = call(*asked, "--figure", figure, "--csv", csv)
    assert done.code == 0, done.err
    assert figure.stat().st_size > 10_000
    assert "A surprise of usual size in the key rate" in done.out
    expected = sm.impulse_response(
        fit.scm, fit.draws, cause="key_rate", horizon=8, outcomes=["gdp_level"]
    )
    table = pd.read_csv(csv)
    # The level is in log points; a reader gets percent.
    medians = 100 * np.expm1(expected / 100).median(("chain", "draw")).squeeze().to_numpy()
    np.testing.assert_allclose(table["median"], medians, rtol=1e-4, atol=1e-9)
    assert table["period"].tolist() == expected["period"].to_numpy().tolist()
    assert set(table["basis"]) <= {"identified", "mixed", "assumed"}
    before = sm.impulse_response(
        fit.scm, fit.prior_draws, cause="key_rate", horizon=8, outcomes=["gdp_level"]
    )
    middle = 100 * np.expm1(before / 100).median(("chain", "draw")).squeeze().to_numpy()
    np.testing.assert_allclose(table["prior_median"], middle, rtol=1e-4, atol=1e-9)
    mean = 100 * np.expm1(expected.isel(outcome=0, horizon=-1) / 100)
    # Of draws that depend on each other the error is larger than of as many that do not.
    least = float(mean.std() / np.sqrt(mean.size))
    assert least * 0.99 <= table["mean_error"].iloc[-1] < 20 * least


def test_a_lasting_change_is_another_question(folder):
    one, lasting = (
        call("irf", "key_rate", "--outcome", "gdp_level", "--fit", folder, *more).out
        for more in ((), ("--lasting",))
    )
    assert "a lasting change" in lasting
    assert one != lasting


def test_nobody_is_surprised_by_a_measure(folder):
    """Drivers are set, not shocked: what follows is of a change."""
    done = call("irf", "finance", "--size=-0.5", "--outcome", "key_rate", "--fit", folder)
    assert done.code == 0, done.err
    assert "A one-quarter change of -0.5 in financial measures" in " ".join(done.out.split())
    assert "surprise" not in done.out


def test_variance_shares_are_printed_largest_first(folder, tmp_path):
    done = call("fevd", "--outcome", "key_rate", "--fit", folder, "--csv", tmp_path / "shares.csv")
    assert done.code == 0, done.err
    assert "whose shocks make forecasts miss?" in done.out
    assert "2027Q1" in done.out
    assert " miss in early 2031\n" in done.out
    table = pd.read_csv(tmp_path / "shares.csv")
    last = table[table["horizon"] == 20].sort_values("median", ascending=False)
    fit = sm.load(folder / "posterior.nc")
    assert fit.scm.variables[last["shock"].iloc[0]].short_label in done.out


def test_an_unknown_cause_is_refused_with_the_nearest(folder):
    assert "Did you mean 'key_rate'" in refused("irf", "key_rat", "--fit", folder)


def test_a_level_and_its_growth_have_names_of_their_own_among_shares():
    names = ["credit_growth", "credit_level", "gdp_level"]
    shares = xr.DataArray(
        np.ones((3, 1, 4, 1, 2)),
        dims=("outcome", "shock", "horizon", "chain", "draw"),
        coords={"outcome": names, "shock": ["credit_growth"], "horizon": [1, 2, 3, 4]},
    )
    called = variance_view(shares, sm.default_transmission()).table["outcome"]
    assert set(called) == {
        "real rouble credit to firms, growth",
        "real rouble credit to firms",
        "GDP",
    }
