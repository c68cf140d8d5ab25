"""The trials: what is hidden, moved and made up, and recovery of known effects (slow)."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere import ReliefData
from sanctions_model.elsewhere.left_out import predicted_outcomes, untouched_years
from sanctions_model.elsewhere.model.cells import HORIZONS, LEADS, OUTCOMES, REGRESSORS
from sanctions_model.elsewhere.model.likelihood import log_density
from sanctions_model.elsewhere.model.panel_model import covariates
from sanctions_model.elsewhere.trial import (
    hidden,
    levels_of,
    made_up,
    placebo,
    placebo_cells,
    prior_truth,
    rank_of_truth,
)
from sanctions_model.errors import ObservationError


def posterior_at(cells, *, log_scale=-3.0, effect=0.0, draws=4):
    """Draws that are all the same: no dynamics but a first lag, hardly any noise."""
    k, n, e = len(OUTCOMES), len(cells.countries), len(cells.episodes)
    lags = np.tile([0.3, 0.0], (k, 1))
    values = {
        "intercept": np.full((k, n), 2.0),
        "world_loading": np.ones((k, n)),
        "region_loading": np.zeros((k, n)),
        "log_scale": np.full((k, n), log_scale),
        "regression": np.zeros((k, len(REGRESSORS))),
        "lags": lags,
        "freedom_above_1": np.full(k, 30.0),
        "persistence": np.full(k, 0.5),
        "dose": np.ones(e),
        "anticipation": np.zeros((k, len(LEADS))),
        "effect": np.full((e, k), effect),
    }
    return xr.Dataset(
        {
            name: (("chain", "draw", *(f"{name}_{a}" for a in range(x.ndim))), np.tile(
                x, (1, draws, *[1] * x.ndim)))
            for name, x in values.items()
        }
    )  # fmt: skip


def test_levels_follow_the_path_after_the_leads(cells):
    level = levels_of(posterior_at(cells, effect=3.0))[0]
    path = (1 - 0.5 ** (np.array(HORIZONS) + 1)) / (1 - 0.5**4)
    np.testing.assert_allclose(level[1, 7, len(LEADS) :], 3.0 * path)
    np.testing.assert_allclose(level[..., : len(LEADS)], 0.0)


def test_what_is_hidden_is_the_episode_from_its_lifting_on(cells):
    found = hidden(cells, ["SDN2017"])
    sudan = cells.countries.index("SDN")
    years = set(found.year[found.country == sudan].tolist())
    assert not years & set(range(2017, 2025))
    assert {2014, 2015, 2016} <= years
    others = cells.country != sudan
    np.testing.assert_array_equal(found.value[found.country != sudan], cells.value[others])
    assert (found.year[found.entry[:, 0]] > 0).all()
    # Entries still point to the country and the year of their episode.
    for cell, episode, column in found.entry[:: len(found.entry) // 50]:
        assert found.countries[found.country[cell]] == found.episodes[episode].iso3
        offset = found.year[cell] - found.episodes[episode].lift_year
        assert -2 <= offset - (*LEADS, *HORIZONS)[column] <= 3


def test_placebos_are_where_nothing_happened(data, cells):
    moved = placebo(data, random_seed=1)
    taken = {episode.iso3 for episode in data.episodes}
    assert not taken & {episode.iso3 for episode in moved.episodes}
    assert len({episode.iso3 for episode in moved.episodes}) == len(data.episodes)
    assert [e.ended_how for e in moved.episodes] == [e.ended_how for e in data.episodes]
    found, _ = placebo_cells(data, random_seed=1)
    for episode in data.episodes:
        home = found.country == found.countries.index(episode.iso3)
        assert not (home & (found.year == episode.lift_year)).any()
    assert placebo(data, random_seed=1).episodes == moved.episodes


def test_placebos_at_other_dates_meet_no_lifting(data):
    moved = placebo(data, dates=True, random_seed=3)
    real = {}
    for episode in data.episodes:
        real.setdefault(episode.iso3, []).append(episode.lift_year)
    stayed = [e for e, was in zip(moved.episodes, data.episodes, strict=True) if e.iso3 == was.iso3]
    assert len(stayed) > len(data.episodes) / 2  # the others have no year that is free
    for episode in moved.episodes:
        others = [e for e in moved.episodes if e.iso3 == episode.iso3 and e is not episode]
        near = [e.lift_year for e in others] + real.get(episode.iso3, [])
        # From three years before one to seven after it, and no year in common.
        assert all(abs(episode.lift_year - year) > 10 for year in near)
    countries = [e.iso3 for e in moved.episodes if e not in stayed]
    assert not set(countries) & set(real)


def test_too_few_countries_for_placebos_are_told(data):
    few = {episode.iso3 for episode in data.episodes} | {"FRA", "DEU"}
    panel = data.panel[data.panel["iso3"].isin(few)]
    with pytest.raises(ObservationError, match=r"need 59 countries.*the panel has 2"):
        placebo(ReliefData(episodes=data.episodes, panel=panel))


def test_a_made_up_panel_follows_its_own_past(cells):
    posterior = posterior_at(cells, log_scale=-12.0)
    level = np.zeros((len(OUTCOMES), len(cells.episodes), cells.n_columns))
    made = made_up(cells, posterior, level)
    at = np.flatnonzero(
        (made.outcome == 0) & (made.country == made.countries.index("FRA")) & (made.year > 1990)
    )
    expected = 2.0 + made.factor[at, 0] + 0.3 * made.value[at, 1]
    np.testing.assert_allclose(made.value[at, 0], expected, atol=1e-3)
    np.testing.assert_allclose(made.value[at[1:], 1], made.value[at[:-1], 0])


def test_a_made_up_panel_lies_in_its_own_intervals(cells):
    posterior = posterior_at(cells, log_scale=0.5)
    level = np.zeros((len(OUTCOMES), len(cells.episodes), cells.n_columns))
    found = untouched_years(made_up(cells, posterior, level), posterior)
    assert set(found["outcome"]) == set(OUTCOMES)
    # No window holds a year that a lifting touches: Sudan's from 2014 on.
    sudan = found[(found["iso3"] == "SDN") & (found["outcome"] == "gdp")]
    assert not sudan["year"].between(2011, 2024).any()
    for name in ("rank_1", "rank_4"):
        inside = found[name].between(0.05, 0.95).groupby(found["outcome"]).mean()
        # Some 5,000 windows an outcome, four of which share a year.
        assert inside.to_numpy() == pytest.approx(0.9, abs=0.02)
        assert found[name].mean() == pytest.approx(0.5, abs=0.02)


def test_a_made_up_effect_is_what_the_likelihood_takes_out(data, cells):
    posterior = posterior_at(cells, log_scale=-12.0)
    _, level = prior_truth(cells, covariates(data), random_seed=2)
    made = made_up(cells, posterior, level)
    own = np.stack([posterior[n][0, 0] for n in ("intercept", "world_loading", "region_loading")])
    own = np.concatenate([own, np.full((1, *own.shape[1:]), -3.0)])
    coefficient = np.concatenate([posterior["regression"][0, 0], posterior["lags"][0, 0]], axis=1)
    density = log_density(made, own, coefficient, level, np.full(len(OUTCOMES), 31.0))
    np.testing.assert_allclose(density, 3.0, atol=1e-6)  # no residual at all


def test_predictions_with_hardly_any_noise_are_the_path(cells):
    posterior = posterior_at(cells, effect=10.0)
    table = predicted_outcomes(cells, posterior, ["SDN2017", "IND2001"], draws=20)
    assert set(table["episode"]) == {"SDN2017", "IND2001"}
    assert (table["effect"] == 10.0).all()
    assert (table["width"] < 1.0).all()
    assert not table["inside"].any()


def test_an_episode_that_a_reimposition_ends_is_scored_until_then(cells):
    table = predicted_outcomes(cells, posterior_at(cells, effect=1.0), ["IRN2016"], draws=20)
    gdp = table.set_index("outcome").loc["gdp"]
    assert gdp["years"] == 2  # measures were back in 2018
    iran = (cells.country == cells.countries.index("IRN")) & (cells.outcome == 0)
    seen = cells.value[iran & np.isin(cells.year, [2016, 2017]), 0].sum()
    assert gdp["observed"] == pytest.approx(seen)
    path = (1 - 0.5**2) / (1 - 0.5**4)
    assert gdp["effect"] == pytest.approx(path)
    # A forecast without noise misses by its distance.
    assert gdp["crps"] > 0


def test_the_rank_of_the_truth():
    draws = xr.Dataset(
        {"a": (("chain", "draw", "x"), np.tile(np.arange(100.0)[:, None], (2, 1, 2)))}
    )
    truth = xr.Dataset({"a": ("x", [49.5, 99.5])})
    table = rank_of_truth(draws, truth)
    assert table["rank"].tolist() == [0.5, 1.0]
    assert table["inside"].tolist() == [True, False]


def test_a_short_sample_says_how_its_chains_mixed(cells, monkeypatch):
    from sanctions_model.elsewhere import trial
    from sanctions_model.inference.diagnostics import worst_mixing

    apart = np.random.default_rng(0).standard_normal((2, 60, 4)) + np.array([[[0.0]], [[5.0]]])
    draws = xr.Dataset(
        dict.fromkeys(trial.MONITORED, (("chain", "draw", "outcome"), apart))
        | {"intercept": (("chain", "draw"), np.full((2, 60), np.nan))}
    )
    diverging = xr.Dataset({"diverging": (("chain", "draw"), np.eye(2, 60, dtype=bool))})
    tree = xr.DataTree.from_dict({"posterior": draws, "sample_stats": diverging})
    monkeypatch.setattr(trial, "sample_panel", lambda *_, **settings: tree)
    found = trial.sample_again(None, cells, None)
    expected = worst_mixing(draws[["effect_mean"]])["r_hat"]  # of what is monitored alone
    assert found.attrs["r_hat"] == pytest.approx(expected)
    assert found.attrs["r_hat"] > 1.5
    assert found.attrs["divergences"] == 2


@pytest.mark.slow
def test_effects_of_a_made_up_panel_are_recovered(data, cells):
    from sanctions_model.elsewhere.model.panel_model import compile_panel
    from sanctions_model.elsewhere.trial import sample_again

    z = covariates(data)
    compiled = compile_panel(cells, z)
    base = sample_again(compiled, cells, z)
    inside = []
    for seed in range(3):
        truth, level = prior_truth(cells, z, random_seed=seed)
        found = sample_again(compiled, made_up(cells, base, level, random_seed=seed), z)
        inside += rank_of_truth(found, truth)["inside"].tolist()
    # 72 numbers, 90 % expected; they are correlated within a panel.
    assert np.mean(inside) >= 0.75


@pytest.mark.slow
def test_the_shipped_predictive_is_found_again():
    from sanctions_model.elsewhere import fit_relief
    from sanctions_model.elsewhere.model.fitting import episode_effects

    fitted = fit_relief(draws=300, tune=400, chains=2, random_seed=7, allow_unconverged=True)
    found, shipped = episode_effects(fitted), pd.read_csv(data_path("elsewhere_episodes.csv"))
    width = shipped["upper"] - shipped["lower"]
    assert ((found["median"] - shipped["median"]).abs() < 0.15 * width + 0.2).mean() > 0.95
