"""The verbs on futures: what they print, write and refuse; sentences follow from the numbers."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from command import call, refused

from sanctions_model.economies.registry import default_transmission
from sanctions_model.report.scenarios import (
    compare_sentences,
    mix_sentences,
    scenario_view,
    spread_sentences,
)
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.mixture import compare_futures, expected_by_odds, reweighted
from sanctions_model.scenarios.odds.variance import spread_split
from sanctions_model.wording import number, share_words

AGAINST = "sanctions unchanged as at the end of 2025"
OUTCOME = ("--outcome", "gdp_level", "--outcome", "key_rate")
BROKEN = """
format_version = 1
[scenario.a]
label = "a"
[scenario.b]
label = "b"
[futures]
order = ["a", "b"]
status_quo = "b"
initial = [0.5, 0.4]
transition = [[1, 0], [0, 1]]
"""


@pytest.fixture(scope="module")
def futures(growth_problem, growth_draws):
    draws = growth_draws.isel(draw=np.arange(100) % 2).assign_coords(draw=np.arange(100))
    return compare_futures(
        growth_problem,
        draws,
        load_scenarios(),
        horizon=8,
        outcomes=["gdp_level", "key_rate"],
        random_seed=1,
        transitions=True,
    )


def test_scenarios_are_listed_with_their_first_probabilities():
    rows = json.loads(call("scenario", "list", "--json").out)
    assert [row["name"] for row in rows][:4] == ["reset", "limited", "status_quo", "deterioration"]
    assert sum(float(row["probability"] or 0) for row in rows) == pytest.approx(1.0)
    assert {row["kind"] for row in rows} == {"future", "package"}


@pytest.mark.parametrize("name", load_scenarios().scenarios)
def test_every_scenario_is_shown_with_where_it_enters(name):
    done = call("scenario", "show", name)
    assert done.code == 0, done.err
    assert load_scenarios().named(name).label in done.out
    assert "Measures by law" in done.out


def test_what_is_done_for_a_while_is_told_at_its_end(small_fit):
    done = call(
        *("scenario", "run", "--set", "key_rate=10@3-6", "--fit", small_fit.parent),
        *("--horizon", "20", "--quiet"),
    )
    finding = next(line for line in done.out.splitlines() if "to 2027Q3 " in line)
    assert "autumn 2027" in done.out.partition("Question:")[0], finding
    assert " 2027Q3 " in done.out.partition("Question:")[2]


def test_a_shown_design_says_all_that_it_states():
    scm = default_transmission()
    table = scenario_view("reset", load_scenarios().named("reset"), scm).table
    first = " ".join(table.iloc[0])
    for words in (
        "the United States alone",
        "measures by the United States alone",
        "from quarter 2, over 4 quarters",
        "relief of trade, financial, energy, transport and asset measures",
        "announced 1 quarter ahead",
        "blocked with P = 0.35 for 1.8 (0.7; 3.8) quarters",
        "firms",
    ):
        assert words in first


def test_a_named_scenario_runs(saved_fit, tmp_path):
    path = tmp_path / "machinery.csv"
    settings = ("--fit", saved_fit, "--horizon", 4, *OUTCOME, "--quiet")
    figure = path.with_name("machinery.png")
    done = call("scenario", "run", "machinery", *settings, "--csv", path, "--figure", figure)
    assert done.code == 0, done.err
    assert figure.stat().st_size > 10_000
    assert "Machinery" in done.out
    table = pd.read_csv(path)
    assert len(table) == 2 * 4
    quo = json.loads(call("scenario", "run", "status_quo", *settings, "--json").out)
    assert all(row["median"] == row["lower"] == row["upper"] == 0 for row in quo)


def test_the_futures_are_compared_and_written(saved_fit, tmp_path):
    out = tmp_path / "compared"
    done = call("scenario", "compare", "--fit", saved_fit, "--horizon", 6, *OUTCOME, "--out", out)
    assert done.code == 0, done.err
    assert {path.name for path in out.iterdir()} == {
        "futures.csv",
        "futures.nc",
        "future_effects.png",
    }
    with xr.open_dataset(out / "futures.nc") as saved:
        assert set(saved["effect"].dims) == {"outcome", "scenario", "horizon", "chain", "draw"}
        manifest = json.loads(saved.attrs["manifest"])
        assert manifest["settings"]["random_seed"] == 20260101
        assert "created" in json.loads(saved.attrs["fit_manifest"])
        assert (saved["effect"].sel(scenario="status_quo") == 0).all()
    assert "moves most" in done.out


def test_the_mixture_is_printed_and_written(saved_fit, tmp_path):
    out = tmp_path / "mixed"
    said = "gdp_level >= 0.1 against status quo in 6"
    done = call(
        *("scenario", "mix", "--fit", saved_fit, "--horizon", 6, *OUTCOME, "--out", out),
        *("--probability", "reset=0.5", "--statement", said, "--paths", 40, "--parameters", 20),
    )
    assert done.code == 0, done.err
    names = {path.name for path in out.iterdir()}
    tables = {"mixture", "futures", "spread", "odds", "statements"}
    pictures = {"mixture", "future_effects", "spread_forecast", "spread_effect", "odds"}
    assert names == {f"{n}.csv" for n in tables} | {f"{n}.png" for n in pictures} | {
        "futures.nc",
        "spread.nc",
    }
    assert "is politics" in done.out
    assert "Rapprochement (reset) 0.50" in done.out
    assert "P(matters)" in done.out
    assert "weighted by their odds, against sanctions unchanged as at the end of 2025?" in " ".join(
        done.out.split()
    )
    for name in ("mixture", "futures", "odds"):
        table = pd.read_csv(out / f"{name}.csv", keep_default_na=False)
        assert AGAINST in set(table["against"]), name
        assert table["period"].str.fullmatch(r"20\d\dQ[1-4]").all(), name
    odds = pd.read_csv(out / "odds.csv")
    assert len(odds) == 21 * 2 * 6 + 21 * 3 * 6  # with the series of the fan chart
    statements = pd.read_csv(out / "statements.csv")
    shares = statements.iloc[0][["reset", "limited", "status_quo", "deterioration"]]
    initial = np.array([0.5, 0.25, 0.25 / 1.4, 0.1 / 1.4])
    assert statements["mixture"][0] == pytest.approx(float(shares @ initial), abs=1e-5)


def test_sectors_are_printed_beside_the_premium(saved_fit, tmp_path):
    figure, path = tmp_path / "sectors.png", tmp_path / "sectors.csv"
    done = call(
        *("scenario", "sectors", "reset", "--fit", saved_fit, "--horizon", 8),
        *("--figure", figure, "--csv", path),
    )
    assert done.code == 0, done.err
    assert figure.is_file()
    assert "The difference is" in done.out
    assert "not answered by the model" in done.out
    assert "One premium instead of two: not answered" in done.out  # of four draws
    assert "lost 14 % of output; 2 of 6 sectors are not answered" in done.out
    table = pd.read_csv(path)
    assert set(table["quantity"]) >= {"share", "premium", "part", "difference", "output"}
    dated = table[table["quantity"] != "output"]  # whose evidence names its years itself
    ends = dated.groupby("horizon")["period"].unique()
    assert [list(ends[at]) for at in (0, 4, 8)] == [["2026Q1"], ["2027Q1"], ["2028Q1"]]


def test_losses_of_another_package_are_printed_by_sector_with_the_gap(saved_fit, tmp_path):
    losses, path = tmp_path / "losses.csv", tmp_path / "sectors.csv"
    head = "code,output_loss_usd_mn,benchmark_output_usd_mn"
    losses.write_text(f"{head}\nC28,30,150\nC21,1,50\n", encoding="utf-8")
    asked = ("scenario", "sectors", "reset", "--fit", saved_fit, "--horizon", 4)
    done = call(*asked, "--losses", losses, "--csv", path)
    assert done.code == 0, done.err
    assert "-20 %" in done.out
    assert "-6.0 points" in done.out
    table = pd.read_csv(path).set_index(["sector", "quantity"])
    assert table.loc[("machine_tools", "output_gap"), "median"] == pytest.approx(-6)
    losses.write_text("country\nRUS\n", encoding="utf-8")
    refused = call(*asked, "--losses", losses)
    assert refused.code == 1
    assert "no column 'code'" in refused.err
    assert refused.err.count("\n") <= 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "rest"], "Did you mean 'reset'"),
        (["run", "rest"], "Did you mean 'reset'"),
        (["run", "reset", "--set", "key_rate=12"], "not both"),
        (["run", "reset", "--horizon", 0], "expected a whole number"),
        (["run", "reset", "--outcome", "gdp_levl"], "Did you mean 'gdp_level'"),
        (["compare", "--horizon", 0], "expected a whole number"),
        (["compare", "--outcome", "gdp_levl"], "Did you mean 'gdp_level'"),
        (["mix", "--probability", "reset"], "expected future=value"),
        (["mix", "--probability", "reset=2"], "expected 0 to 1"),
        (["mix", "--probability", "rest=0.2"], "No future 'rest'"),
        (["mix", "--statement", "it gets better"], "Cannot read the statement"),
        (["mix", "--odds-of", "rest"], "No future 'rest'"),
        (["mix", "--paths", 2, "--horizon", 2], "at least one path for each"),
        (["sectors", "rest"], "Did you mean 'reset'"),
        (["sectors", "reset", "--sectors", "none.csv"], "Cannot read the sectors"),
        (["compare", "--library", "none.toml"], "Cannot read none.toml"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_what_has_no_answer_is_refused_and_nothing_is_written(
    saved_fit,
    tmp_path,
    arguments,
    message,
):
    fit = [] if arguments[0] == "show" else ["--fit", saved_fit]
    out = tmp_path / "out"
    written = ["--out", out] if arguments[0] in ("compare", "mix") else []
    assert message in refused("scenario", *arguments, *fit, *written)
    assert not list(tmp_path.iterdir())


def test_a_wrong_library_is_refused_by_every_verb(saved_fit, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(BROKEN, encoding="utf-8")
    for verb in (["list"], ["show", "a"], ["compare"], ["mix"], ["run", "a"], ["sectors", "a"]):
        assert "sum to 0.9" in refused("scenario", *verb, "--library", path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]


# Sentences


def test_sentences_say_the_medians_of_the_numbers_in_percent(futures, growth_problem):
    scm = growth_problem.scm
    said = compare_sentences(futures, scm)
    own = futures["effect"].sel(scenario="reset", outcome="gdp_level", horizon=8)
    percent = 100 * np.expm1(own / 100)
    assert f"GDP level {number(float(percent.median()))} (" in said[0]
    assert f"on average {number(float(percent.mean()))} ± " in said[0]
    higher = f"P(higher) {share_words(float((own > 0).mean()))}"
    assert higher in said[0].partition("GDP level")[2]
    assert said[0].startswith(f"Rapprochement (reset), after 8 quarters, against {AGAINST}: ")
    sizes = abs(futures["effect"].sel(horizon=8).mean(("chain", "draw")))
    largest = str(sizes.sel(outcome="gdp_level").idxmax("scenario").item())
    label = load_scenarios().named(largest).label
    (line,) = [s for s in said if "moves most on average" in s and "GDP level" in s]
    assert label in line


@pytest.mark.parametrize(("gap", "apart"), [(1.0, True), (0.001, False)])
def test_a_future_that_the_draws_do_not_tell_from_another_is_not_called_the_largest(
    futures, growth_problem, gap, apart
):
    """The second future has the effect of the first plus noise of mean zero, less a gap."""
    one = futures.sel(outcome=["gdp_level"]).isel(draw=[0] * 400).assign_coords(draw=range(400))
    names = [str(n) for n in one["scenario"].to_numpy() if n != one.attrs["status_quo"]]
    made = one.copy(deep=True)
    made["effect"][...] = 0.0
    noise = np.random.default_rng(2).normal(size=(one.sizes["chain"], 400))
    noise -= noise.mean()
    made["effect"].loc[{"scenario": names[0]}] = 5.0
    second = {"scenario": names[1]}
    noisy = xr.DataArray(5.0 - gap + noise, dims=("chain", "draw"))
    made["effect"].loc[second] = noisy.broadcast_like(made["effect"].sel(second))
    said = compare_sentences(made, growth_problem.scm)[-1]
    assert ("within the Monte-Carlo error of" in said) != apart


def test_sentences_on_odds_follow_the_line_in_percent(futures, growth_problem):
    said = mix_sentences(futures, growth_problem.scm, future="reset")
    percent = futures.assign(effect=100 * np.expm1(futures["effect"] / 100))
    ends = expected_by_odds(percent, future="reset", odds=[0, 1]).sel(outcome="gdp_level")
    low, high = ends.sel(horizon=8).to_numpy()
    (line,) = [s for s in said if "GDP level" in s]
    assert f"{number(low)} if" in line
    assert f"{number(high)} if" in line
    assert f"worth {number((high - low) / 10)} ± " in line
    other = mix_sentences(
        reweighted(futures, (1, 0, 0, 0)).isel(scenario=[0, 1, 2, 3]),
        growth_problem.scm,
        future="limited",
    )
    assert "1.00" in other[0]


def test_sentences_on_the_spread_say_the_shares(growth_problem, growth_draws):
    split = spread_split(
        growth_problem,
        growth_draws,
        load_scenarios(),
        horizon=8,
        outcomes=["gdp_level"],
        paths=80,
        random_seed=1,
    )
    (line,) = spread_sentences(split, growth_problem.scm)
    own = split["effect"].sel(outcome="gdp_level", horizon=8, order="future first")
    politics = float((own / own.sum()).sel(source=["future", "path"]).sum())
    assert f"{100 * politics:.0f} % is politics" in line
