"""Predictions from shipped draws against closed forms, and the shipped files themselves."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere import (
    Lifting,
    fit_summary,
    load_effect_draws,
    load_episode_effects,
    load_episodes,
    load_relief_data,
    predict,
    predictive_table,
    reimposition_hazard,
    snap_back_hazard,
)
from sanctions_model.elsewhere.model.cells import OUTCOMES, build_cells
from sanctions_model.elsewhere.model.fitting import (
    ReliefFit,
    episode_effects,
    fit_relief,
    input_hashes,
    write_relief_files,
)
from sanctions_model.elsewhere.model.panel_model import ROOT_ORDER
from sanctions_model.elsewhere.prediction import (
    COORDS,
    LIFTINGS,
    PARAMETERS,
    correlation_root,
    inflation_points,
    reliability,
)
from sanctions_model.errors import ObservationError, QuestionError
from sanctions_model.inference.diagnostics import Diagnostics
from sanctions_model.units import in_log_points


def draws_at(**values):
    """One draw with these values, the rest 0 (shares 1)."""
    found = {}
    for name, axes in PARAMETERS.items():
        shape = tuple(len(COORDS[axis]) for axis in axes)
        default = 0.5 if name in {"partial_correlation", "persistence"} else 0.0
        filled = np.broadcast_to(np.asarray(values.get(name, default), dtype=float), shape)
        found[name] = (("chain", "draw", *axes), filled[None, None])
    return xr.Dataset(found, coords=COORDS)


def test_without_spread_the_prediction_is_dose_times_mean_along_the_path():
    draws = draws_at(
        effect_mean=[2.0, 5.0, 0.0, 1.0],
        instrument_share=[0.5, 0.4, 0.1],
        alone_share=0.6,
        partial_share=0.5,
        persistence=0.8,
    )
    lifting = Lifting(instruments=("trade", "travel"), several=False, full=False, years=9.0)
    found = predict(lifting, draws, per_draw=1).squeeze()
    dose = (0.5 + 0.1) * 0.6 * 0.5
    path = (1 - 0.8 ** (np.arange(6) + 1)) / (1 - 0.8**4)
    np.testing.assert_allclose(found.sel(outcome="gdp"), dose * 2.0 * path)
    np.testing.assert_allclose(found.sel(outcome="imports", horizon=3), dose * 5.0)


def test_what_moved_before_counts_when_asked():
    before = np.zeros((4, 3))
    before[1] = [1.0, 2.0, 8.0]
    draws = draws_at(anticipation=before, effect_mean=[0, 3, 0, 0], instrument_share=[0.5, 0.5, 0])
    lifting = Lifting(instruments=("trade",), years=9.0)
    plain, whole = (
        predict(lifting, draws, anticipated=flag, per_draw=2).sel(outcome="imports", horizon=3)
        for flag in (False, True)
    )
    np.testing.assert_allclose(plain, 0.5 * 3)
    np.testing.assert_allclose(whole, 0.5 * (3 + 8))


def test_covariates_shift_the_mean():
    slope = np.zeros((4, 7))
    slope[0] = [1, 10, 100, 1000, 1, 1, 1]  # of GDP
    draws = draws_at(effect_slope=slope, instrument_share=[0.5, 0.4, 0.1])
    found = predict(Lifting(war=True, oil=True, years=9.0), draws, per_draw=1)
    assert found.sel(outcome="gdp", horizon=3).item() == pytest.approx(1001.0)
    other = Lifting(instruments=("financial",), regime_change=True, conflict=True, years=19.0)
    expected = 0.4 * (110 + np.log(2) + 0.5)
    assert predict(other, draws, per_draw=1).sel(outcome="gdp", horizon=3).item() == pytest.approx(
        expected
    )


def test_spread_and_correlation_are_those_of_the_draws():
    partial = np.full(6, 0.5)
    partial[-1] = 0.9  # correlation 0.8 of GDP and imports, the rest 0
    draws = draws_at(
        effect_sd=[2.0, 3.0, 1.0, 1.0], partial_correlation=partial, instrument_share=[1, 0, 0]
    )
    found = predict(Lifting(years=9.0), draws, per_draw=200_000).sel(horizon=3)
    gdp, imports = (found.sel(outcome=name).to_numpy().ravel() for name in ("gdp", "imports"))
    # A t with four degrees of freedom has 2.13 as its 95 % quantile.
    assert np.quantile(gdp, 0.95) == pytest.approx(2 * 2.132, rel=0.02)
    ranks = np.corrcoef(gdp.argsort().argsort(), imports.argsort().argsort())[0, 1]
    assert ranks == pytest.approx(0.77, abs=0.02)


def test_the_root_is_cholesky_s_of_the_outcomes_in_its_order():
    partial = np.random.default_rng(0).beta(3, 3, size=6)
    root = correlation_root(partial)
    correlation = root @ root.T
    np.testing.assert_allclose(np.diag(correlation), 1.0)
    order = [OUTCOMES.index(outcome) for outcome in ROOT_ORDER]
    ordered = correlation[np.ix_(order, order)]
    assert ordered[1, 0] == pytest.approx(2 * partial[0] - 1)
    np.testing.assert_allclose(np.linalg.cholesky(ordered), root[order], atol=1e-12)


def test_points_of_inflation_undo_the_bounded_scale():
    for before, after in ((6.0, 2.0), (6.0, 40.0), (20.0, 5.0)):
        change = 100 * after / (100 + after) - 100 * before / (100 + before)
        assert inflation_points(change, at=before) == pytest.approx(after - before)


def test_draws_say_in_which_unit_they_are_and_tables_are_these_draws_in_percent():
    lifting = Lifting(oil=True)
    found = predict(lifting)
    units = found["unit"].to_series()
    logs = {name: in_log_points(units[name]) for name in OUTCOMES}
    assert logs == {"gdp": True, "imports": True, "inflation": False, "real_exchange_rate": True}
    table = predictive_table(liftings={"one": lifting}).set_index(["outcome", "year"])["median"]
    for name in OUTCOMES:
        middle = np.median(found.sel(outcome=name, horizon=3))
        expected = 100 * np.expm1(middle / 100) if logs[name] else middle
        assert table[name, 3] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instruments": ("trade", "oil")}, "Unknown instrument 'oil'"),
        ({"instruments": ()}, "0 instruments"),
        ({"years": 0.0}, "after 0 years"),
    ],
)
def test_a_lifting_of_nothing_is_refused(change, message):
    with pytest.raises(QuestionError, match=message):
        Lifting(**change)


# The hazard of reimposition


def test_the_hazard_is_the_gamma_of_its_closed_form():
    from scipy.stats import gamma

    table = reimposition_hazard(years=None).set_index("group")
    row = table.loc["all"]
    episodes = load_episodes()
    years = sum(max((e.reimposed_year or 2025) - e.lift_year, 0.5) for e in episodes)
    assert row["reimposed"] == 12
    assert row["years_at_risk"] == pytest.approx(years)
    posterior = gamma(12.5, scale=1 / (10 + years))
    assert row["hazard"] == pytest.approx(posterior.median())
    assert row["upper"] == pytest.approx(posterior.ppf(0.945))
    draws = posterior.rvs(400_000, random_state=np.random.default_rng(1))
    assert row["within_5"] == pytest.approx(1 - np.exp(-5 * draws).mean(), abs=1e-3)


def test_groups_of_the_hazard_part_the_episodes():
    table = reimposition_hazard().set_index("group")
    for pair in (("lifted in full", "lifted in part"), ("several senders", "one sender")):
        assert table.loc[list(pair), "episodes"].sum() == 59
        assert table.loc[list(pair), "reimposed"].sum() == table.loc["all", "reimposed"]
    assert table.loc["all", "reimposed"] == 10  # 12, of which 2 came after more than five years


def test_the_hazard_of_a_snap_back_is_that_of_the_gamma_by_quarter():
    from scipy.stats import beta, gamma

    found = snap_back_hazard("lifted in part", years=None)
    part = [e for e in load_episodes() if e.extent == "partial"]
    again = [e for e in part if e.reimposed_year is not None]
    years = sum(max((e.reimposed_year or 2025) - e.lift_year, 0.5) for e in part)
    shape, rate = 0.5 + len(again), 4 * (10 + years)
    assert found.mean == pytest.approx(shape / rate)
    exact = gamma(shape, scale=1 / rate).ppf([0.05, 0.95])
    np.testing.assert_allclose(beta(found.alpha, found.beta).ppf([0.05, 0.95]), exact, rtol=0.02)
    assert found.source.startswith(f"{len(part)} liftings elsewhere (lifted in part)")


def test_a_group_that_is_not_there_is_refused():
    with pytest.raises(QuestionError, match="Did you mean 'settlement'"):
        snap_back_hazard("setlement")


# What is shipped


def test_the_shipped_files_are_made_from_the_data_that_are_shipped():
    assert fit_summary()["inputs"] == input_hashes(), "run `make elsewhere`"
    for name, told in fit_summary()["outputs"].items():
        found = hashlib.sha256(data_path(name).read_bytes()).hexdigest()
        assert found == told, f"{name} was changed by hand: run `make elsewhere`"


@pytest.mark.slow  # the fit of `make elsewhere`: minutes of processor time
def test_the_shipped_files_are_made_again(tmp_path):
    files = write_relief_files(fit_relief(), tmp_path)
    assert fit_summary(files[-1])["failures"] == []
    again, shipped = (
        predictive_table(load_effect_draws(file))
        for file in (tmp_path / "elsewhere_draws.csv", None)
    )
    # On the machine that shipped them to the last bit; elsewhere chains part, and medians move
    # by a few hundredths of the interval's width.
    width = shipped["upper"] - shipped["lower"]
    assert ((again["median"] - shipped["median"]).abs() < 0.1 * width).all()
    assert ((again["upper"] - again["lower"]) / width - 1).abs().max() < 0.25


def test_the_predictive_table_has_the_interval_in_force():
    from arviz_base import rc_context

    draws = load_effect_draws()
    found = predictive_table(draws)
    assert set(found["lifting"]) == set(LIFTINGS)
    values = predict(LIFTINGS["settlement, all senders"], draws).sel(horizon=3)
    rows = found.set_index(["lifting", "outcome", "year"]).loc["settlement, all senders"]
    for outcome in OUTCOMES:
        row = rows.loc[outcome, 3]
        logs = np.quantile(values.sel(outcome=outcome).to_numpy(), [0.055, 0.5, 0.945])
        expected = logs if outcome == "inflation" else 100 * np.expm1(logs / 100)
        np.testing.assert_allclose(row[["lower", "median", "upper"]].astype(float), expected)
        assert "log" not in row["unit"]
    with rc_context({"stats.ci_prob": 0.5}):
        narrow = predictive_table(draws)
    assert ((narrow["upper"] - narrow["lower"]) < (found["upper"] - found["lower"])).all()


def test_every_episode_has_its_effects():
    table = load_episode_effects()
    assert set(table["episode"]) == {episode.episode_id for episode in load_episodes()}
    assert (table["lower"] <= table["median"]).all()
    assert table.set_index(["episode", "outcome"]).loc[("CUB2015", "gdp"), "cells"] == 0
    assert table.set_index(["episode", "outcome"]).loc[("IRN2016", "gdp"), "cells"] == 2
    kept = pd.read_csv(data_path("elsewhere_episodes.csv"))
    moved = table["median"] - kept["median"]
    is_level = kept["outcome"] != "inflation"
    np.testing.assert_allclose(
        table["median"][is_level], 100 * np.expm1(kept["median"] / 100)[is_level]
    )
    assert (moved[~is_level] == 0).all()


def test_inflation_of_an_episode_becomes_points_once_and_leaves_the_draws_alone():
    data = load_relief_data()
    cells = build_cells(data)
    rng = np.random.default_rng(5)
    # Laid out so that a transposed view of the draws is contiguous.
    values = rng.normal(10.0, 3.0, size=(len(cells.episodes), len(OUTCOMES), 2, 50))
    effect = xr.DataArray(values.copy(), dims=("episode", "outcome", "chain", "draw"))
    fitted = ReliefFit(
        cells=cells,
        posterior=xr.Dataset({"effect": effect}),
        diagnostics=Diagnostics(r_hat=1.0, ess_bulk=1e3, ess_tail=1e3, divergences=0, explosive=0),
        settings={},
    )
    table = episode_effects(fitted).set_index(["episode", "outcome"])
    np.testing.assert_array_equal(effect, values)
    for e, episode in enumerate(cells.episodes[:5]):
        bounded = values[e, OUTCOMES.index("inflation")]
        expected = np.median(100 * (s := 600 / 106 + bounded) / (100 - s) - 6)
        assert table.loc[(episode.episode_id, "inflation"), "median"] == pytest.approx(expected)
        own = np.median(values[e, OUTCOMES.index("gdp")])
        assert table.loc[(episode.episode_id, "gdp"), "median"] == pytest.approx(own)


def test_the_fit_says_whether_it_converged():
    summary = fit_summary()
    assert f"R-hat {summary['r_hat']:.3f}" in reliability(summary)
    failed = summary | {"failures": ["R-hat"]}
    assert "NOT converged" in reliability(failed)


def test_draws_of_another_make_are_refused(tmp_path):
    (tmp_path / "draws.csv").write_text("effect_mean[gdp]\n1.0\n")
    with pytest.raises(ObservationError, match="lacks the column"):
        load_effect_draws(tmp_path / "draws.csv")
