"""The script of the trials on a small panel, with draws that are given instead of sampled."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sanctions_model.elsewhere import ReliefData, load_effect_draws, load_relief_data
from sanctions_model.elsewhere.model.cells import OUTCOMES, REGRESSORS
from sanctions_model.elsewhere.model.panel_model import instruments

SCRIPT = Path(__file__).parents[2] / "scripts/elsewhere_trial.py"
EPISODES = ("IRN2016", "SDN2017", "IND2001", "ZAF1991", "PAN1990", "NPL1990")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("elsewhere_trial", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def small():
    """Six episodes, their countries and twenty without one."""
    data = load_relief_data()
    chosen = tuple(e for e in data.episodes if e.episode_id in EPISODES)
    taken = {e.iso3 for e in data.episodes}
    home = {e.iso3 for e in chosen}
    others = [iso3 for iso3 in sorted(set(data.panel["iso3"])) if iso3 not in taken][:20]
    panel = data.panel[data.panel["iso3"].isin([*home, *others])].reset_index(drop=True)
    return ReliefData(episodes=chosen, panel=panel)


class Given:
    """Draws of the population as shipped, around countries that are all alike; counts its calls."""

    def __init__(self, r_hat=1.01):
        self.calls, self.r_hat = 0, r_hat

    def __call__(self, cells, z):
        self.calls += 1
        assert len(z) == len(cells.episodes)
        k, n, draws = len(OUTCOMES), len(cells.countries), 40
        rng = np.random.default_rng(self.calls)
        own = {
            "intercept": np.array([3.0, 5.0, 6.0, 0.0])[:, None] + np.zeros((k, n)),
            "world_loading": np.ones((k, n)),
            "region_loading": np.zeros((k, n)),
            "log_scale": np.log([4.0, 12.0, 5.0, 9.0])[:, None] + np.zeros((k, n)),
            "regression": np.zeros((k, len(REGRESSORS))),
            "lags": np.tile([0.2, 0.0], (k, 1)),
            "freedom_above_1": np.full(k, 4.0),
        }
        found = load_effect_draws().isel(draw=slice(draws))
        found = found.assign(
            {
                name: (("chain", "draw", *(f"{name}_{a}" for a in range(x.ndim))),
                       np.tile(x, (1, draws, *[1] * x.ndim)))
                for name, x in own.items()
            }
        )  # fmt: skip
        dose = instruments(cells.episodes)[:, :3].mean(1)
        effect = dose[:, None] * rng.standard_normal((1, draws, len(dose), k))
        shape = ("chain", "draw", "episode")
        found["dose"] = (shape, np.tile(dose, (1, draws, 1)))
        found["effect"] = ((*shape, "outcome"), effect)
        return found.assign_attrs(r_hat=self.r_hat, ess_bulk=90.0, divergences=0)


@pytest.fixture(scope="module")
def run(script, small, tmp_path_factory):
    """Folder, sampler and summary of a whole run."""
    folder, given = tmp_path_factory.mktemp("trials"), Given()
    trials = script.Trials(folder, small, given)
    assert script.missing(folder) == list(script.KINDS)
    for kind in script.KINDS:
        getattr(trials, kind)()
    assert script.missing(folder) == []
    return folder, given, script.summary(folder)


def test_every_trial_leaves_its_tables(script, run):
    folder, given, table = run
    # Folds, placebos, all in their place once, kinds of episodes, made-up panels.
    assert given.calls == script.FOLDS + 12 + 1 + 6 + script.PANELS
    assert set(table["trial"]) == {
        *("left out", "fold", "reimposed", "one episode", "one reimposition"),
        "untouched years",
        *("placebo", "placebo, left out", "dropped", "made up"),
    }
    assert not list(folder.glob("*.part"))
    assert (table["r_hat"].dropna() >= 1).all()
    table.to_csv(folder / "summary.csv", index=False)
    read = pd.read_csv(folder / "summary.csv").drop(columns=["trial", "case", "outcome"])
    assert all(kind.kind in "fi" for kind in read.dtypes)  # numbers, no words for yes and no


def test_coverage_is_counted_by_hand(run):
    folder, _, table = run
    folds = pd.concat(pd.read_csv(file) for file in folder.glob("folds_*.csv"))
    assert set(folds["episode"]) <= set(EPISODES)
    inside = [row.lower <= row.observed <= row.upper for row in folds.itertuples()]
    all_of_them = table[(table["trial"] == "left out") & (table["outcome"] == "all")].iloc[0]
    assert all_of_them["n"] == len(inside)
    assert all_of_them["inside"] == pytest.approx(np.mean(inside))
    gained = (folds["crps_without"] - folds["crps"])[folds["outcome"] == "gdp"]
    gdp = table[(table["trial"] == "left out") & (table["outcome"] == "gdp")].iloc[0]
    assert gdp["gain"] == pytest.approx(gained.mean())
    assert gdp["gain_error"] == pytest.approx(gained.std() / len(gained) ** 0.5)
    by_fold = table[table["trial"] == "fold"]
    assert by_fold["n"].sum() == len(inside)
    assert (by_fold["inside"] * by_fold["n"]).sum() == pytest.approx(sum(inside))


def test_iran_stands_by_itself(run):
    folder, _, table = run
    folds = pd.concat(pd.read_csv(file) for file in folder.glob("folds_*.csv"))
    seen = folds[folds["episode"] == "IRN2016"].set_index("outcome")
    shown = table[table["trial"] == "one episode"].set_index("outcome")
    assert shown.loc["gdp", "observed"] == seen.loc["gdp", "observed"]
    assert shown.loc["gdp", "n"] == 2  # measures were back in 2018
    assert set(table.loc[table["trial"] == "one reimposition", "case"]) == {"IRN2016"}


def test_placebos_are_of_two_kinds(script, run):
    folder, _, table = run
    effects = table[table["trial"] == "placebo"].set_index(["case", "outcome"])
    assert set(effects.index.get_level_values(0)) == {"other countries", "other dates"}
    means = []
    for seed in script.PLACEBOS["other countries"]:
        rows = pd.read_csv(folder / f"placebo_{seed}.csv")
        means += rows.loc[rows["episode"].isna() & (rows["outcome"] == "gdp"), "mean"].tolist()
    row = effects.loc[("other countries", "gdp")]
    assert [row["lower"], row["upper"]] == pytest.approx([min(means), max(means)])
    assert row["n"] == 6
    # Of six episodes a fifth is one: at most one row an outcome and sample.
    assert table.loc[table["trial"] == "placebo, left out", "n"].max() <= 6 * len(OUTCOMES)


def test_years_without_a_lifting_are_counted_by_decade(run):
    folder, _, table = run
    years = pd.read_csv(folder / "years.csv").query("outcome == 'gdp' and 2000 <= year < 2010")
    row = table[table["trial"] == "untouched years"].set_index(["case", "outcome"])
    row = row.loc[("2000s", "gdp")]
    assert row["n"] == len(years)
    inside = ((years["rank_4"] >= 0.05) & (years["rank_4"] <= 0.95)).mean()
    assert row["inside"] == pytest.approx(inside)


def test_scales_that_change_are_another_model_and_leave_the_shipped_table(
    script, small, tmp_path, monkeypatch
):
    trials = script.Trials(tmp_path, small, Given(), changing_scales=True)
    assert np.ptp(trials.cells.spread) > 0.5
    monkeypatch.setattr(script, "load_relief_data", lambda: small)
    with pytest.raises(SystemExit, match="other episodes, another panel or other"):
        script.Trials(tmp_path)  # of one scale a country


def test_a_run_goes_on_where_it_stopped(script, small, run, tmp_path):
    folder, _, table = run
    for file in folder.iterdir():
        if file.name != "panels_3.csv":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert script.missing(tmp_path) == ["panels"]
    given = Given()
    trials = script.Trials(tmp_path, small, given)
    for kind in script.KINDS:
        getattr(trials, kind)()
    assert given.calls == 2  # all in their place, and one made-up panel
    again = script.summary(tmp_path)
    pd.testing.assert_frame_equal(again.iloc[:-1], table.iloc[:-1])


def test_trials_of_other_data_are_not_mixed(script, small, tmp_path):
    (tmp_path / "inputs.json").write_text('{"country_panel.csv": "another"}')
    with pytest.raises(SystemExit, match="other episodes, another panel or other"):
        script.Trials(tmp_path, small, Given())


def test_chains_that_disagree_are_in_the_summary(script, small, tmp_path):
    trials = script.Trials(tmp_path, small, Given(r_hat=1.4))
    trials.back()
    row = script.coverage(pd.read_csv(tmp_path / "back.csv"), "reimposed")[-1]
    assert row["r_hat"] == 1.4


@pytest.mark.slow
def test_a_small_panel_is_sampled_again(small):
    from sanctions_model.elsewhere.model.cells import build_cells
    from sanctions_model.elsewhere.model.panel_model import compile_panel, covariates
    from sanctions_model.elsewhere.trial import hidden, sample_again

    cells, z = build_cells(small), covariates(small)
    found = sample_again(
        compile_panel(cells, z), hidden(cells, ["IRN2016"]), z, draws=150, tune=250
    )
    assert isinstance(found, xr.Dataset)
    assert found.sizes["draw"] == 150
    assert np.isfinite(found["effect"]).all()
    assert found.attrs["r_hat"] < 1.2
