"""Dates, issuers and statements on the command line: one file, one command, an answer."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from command import call, refused

from sanctions_model.data.observations import load_observations
from sanctions_model.data.outside_forecasts import load_outside_forecasts, newest_forecasts
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.inference.fit import sample_prior_predictive
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.inference.priors.reading import parse_priors
from sanctions_model.inference.storage import load, save
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.mixture import compare_futures
from sanctions_model.wording import chance

EU = """
format_version = 1
label = "EU alone lifts half"
[[relief]]
measures = ["finance", "trade"]
issuer = "eu"
snap_back = { probability = 0.3, within = 8 }
phase = [{ start = "2027Q1", ramp = 1, depth = 0.5 }]
"""
AGAINST = "sanctions unchanged as at the end of 2025"
OUTCOME = ("--outcome", "gdp_level", "--outcome", "key_rate", "--quiet")
ABOVE, BELOW = "gdp_level >= 0.1 against status quo in 2028Q4", "key_rate <= 9 by 2028Q4"


@pytest.fixture(scope="module")
def saved_fit(tmp_path_factory):
    """A folder with draws of the prior, as `run --prior-only` leaves them."""
    prior = sample_prior_predictive(
        growth_transmission(),
        load_observations(scm=growth_transmission()),
        load_priors(economy="growth"),
        draws=60,
        random_seed=5,
    )
    folder = tmp_path_factory.mktemp("results")
    save(prior, folder / "posterior.nc")
    return folder


@pytest.fixture
def eu(tmp_path):
    path = tmp_path / "eu.toml"
    path.write_text(EU, encoding="utf-8")
    return path


def test_a_dated_design_is_answered_with_probabilities_dates_and_a_figure(saved_fit, eu, tmp_path):
    picture, table = tmp_path / "eu.png", tmp_path / "eu.csv"
    done = call(
        *("scenario", "run", "--file", eu, "--fit", saved_fit, "--horizon", "2028Q4", *OUTCOME),
        *("--statement", ABOVE, "--statement", BELOW, "--figure", picture, "--csv", table),
    )
    assert done.code == 0, done.err
    for words in ("EU alone lifts half", "2028Q4", "P(higher)", "P(matters)", "end of 2025", ABOVE):
        assert words in done.out
    assert picture.stat().st_size > 10_000
    written = pd.read_csv(table)
    said = written[written["quantity"] == "statement"].set_index("statement")["probability"]
    assert set(said.index) == {ABOVE, BELOW}
    effects = written[written["quantity"] == "effect"]
    last = effects[(effects["outcome"] == "gdp_level") & (effects["period"] == "2028Q4")].iloc[0]
    # One statement is about the effect in percent: its probability lies within the others'.
    assert said[ABOVE] <= 1 - last["prob_below_zero"] + 1e-9
    before = effects[effects["period"] == "2026Q4"]
    assert (before["mean"] == 0).all()


def test_dates_in_options_are_the_periods_that_they_name(saved_fit):
    asked = ("scenario", "run", "--fit", saved_fit, *OUTCOME, "--json")
    dated = call(*asked, "--set", "finance=0.4@2027Q1-2027Q4", "--horizon", "2028Q4")
    assert dated.code == 0, dated.err
    rows = pd.DataFrame(json.loads(dated.out))
    first = int(rows.loc[rows["period"] == "2027Q1", "horizon"].iloc[0])
    option = f"finance=0.4@{first}-{first + 3}"
    counted = call(*asked, "--set", option, "--horizon", first + 7)
    assert json.loads(counted.out) == json.loads(dated.out)


def test_a_forecast_tells_statements_beside_its_conditions(saved_fit):
    done = call(
        *("forecast", "--fit", saved_fit, "--horizon", "2027Q4", "--outcome", "inflation_yoy"),
        *("--condition", "key_rate=12@2027Q1-2027Q2", "--statement", BELOW.replace("2028", "2027")),
        *("--statement", "key_rate <= 12.01 in 2027Q2", "--json", "--quiet"),
    )
    assert done.code == 0, done.err
    rows = pd.DataFrame(json.loads(done.out))
    said = rows[rows["quantity"] == "statement"].set_index("statement")["probability"]
    assert said["key_rate <= 12.01 in 2027Q2"] == 1.0
    assert set(rows["outcome"].dropna()) == {"inflation_yoy"}


def test_a_statement_says_what_its_value_is_in(saved_fit):
    quarterly, yearly = (f"{name} <= 4 in 2027Q4" for name in ("inflation", "inflation_yoy"))
    lower = "inflation_yoy <= -0.1 against status quo in 2027Q4"
    asked = ("--fit", saved_fit, "--horizon", "2027Q4", *OUTCOME, "--statement", quarterly)
    done = call("forecast", *asked, "--statement", yearly)
    assert f"“{quarterly}”, in % a quarter, has probability" in " ".join(done.out.split())
    done = call(
        "scenario", "compare", *asked, "--statement", yearly, "--statement", lower, "--json"
    )
    rows = pd.DataFrame(json.loads(done.out))
    said = rows[rows["quantity"] == "statement"].set_index("statement")["unit"]
    assert said.to_dict() == {quarterly: "% a quarter", yearly: "% a year", lower: "pp"}


def test_the_futures_compared_have_their_statements(saved_fit):
    done = call(
        *("scenario", "compare", "--fit", saved_fit, "--horizon", "2028Q4", *OUTCOME),
        *("--statement", ABOVE, "--json"),
    )
    assert done.code == 0, done.err
    rows = pd.DataFrame(json.loads(done.out))
    said = rows[rows["quantity"] == "statement"].iloc[0]
    assert said["status_quo"] == 0
    shares = said[["reset", "limited", "status_quo", "deterioration"]].astype(float)
    assert said["mixture"] == pytest.approx(float(shares @ np.array([0.3, 0.35, 0.25, 0.1])))


def test_the_futures_compared_have_their_chances_on_the_screen(saved_fit):
    asked = ("scenario", "compare", "--fit", saved_fit, "--horizon", 4, *OUTCOME)
    shown = call(*asked).out
    rows = pd.DataFrame(json.loads(call(*asked, "--json").out))
    last = rows[(rows["quantity"] == "effect") & (rows["horizon"] == 4)]
    lines = [line for line in shown.splitlines() if line.strip().startswith("P(lower)")]
    assert len(lines) == 2
    odds = last.loc[last["scenario"] == "reset", ["outcome", "prob_below_zero"]]
    for prob in odds["prob_below_zero"]:
        assert any(chance(prob) in line.split() for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scenario", "run", "reset", "--horizon", "2019Q4"], "in the past"),
        (["scenario", "run", "reset", "--horizon", "soon"], "'soon' is no period"),
        (["scenario", "run", "--set", "finance=0.4@2019Q1"], "in the past"),
        (["scenario", "run", "--set", "finance=0.4@2027Q9"], "'2027Q9' is no period"),
        (["forecast", "--statement", ABOVE], "ask `scenario run`"),
        (["forecast", "--statement", "gdp_levl >= 1 in 4"], "Did you mean 'gdp_level'"),
        (["scenario", "run"], "No intervention; give a name"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_dates_and_statements_that_have_no_answer_are_refused(saved_fit, arguments, message):
    assert message in refused(*arguments, "--fit", saved_fit)


def test_a_dated_future_is_refused_where_futures_can_turn_into_each_other(saved_fit, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
format_version = 1
[scenario.open]
label = "open"
[[scenario.open.relief]]
measures = ["trade"]
phase = [{ start = "2027Q1", depth = 0.5 }]
[scenario.shut]
label = "shut"
[futures]
order = ["open", "shut"]
status_quo = "shut"
initial = [0.5, 0.5]
transition = [[0.9, 0.1], [0.1, 0.9]]
""",
        encoding="utf-8",
    )
    asked = ("--library", path, "--fit", saved_fit, "--horizon", 6, *OUTCOME)
    assert "count its periods from 1" in refused("scenario", "mix", *asked)
    done = call("scenario", "compare", *asked)
    assert done.code == 0, done.err


# Odds that have seen the measures since


def test_odds_are_told_before_and_after_and_beside_liftings_elsewhere():
    done = call("scenario", "odds", "--quiet")
    assert done.code == 0, done.err
    for words in ("first odds", "filtered to 2026Q2", "a chance of 18 %", "upper bounds"):
        assert words in done.out
    rows = pd.DataFrame(json.loads(call("scenario", "odds", "--json", "--quiet").out))
    assert rows["quarter"].iloc[0] == "before"
    assert rows["reset"].iloc[-1] < rows["reset"].iloc[0]
    assert sorted(rows["spread"].unique()) == [0.005, 0.01, 0.02]
    # The title has the range that the judged spread leaves, not one number alone.
    ends = rows[rows["quarter"] == "2026Q2"]["deterioration"]
    assert f"({ends.min():.2f} to {ends.max():.2f} with another spread)" in done.out
    for words in ("half the spread", "twice the spread", "is judgement"):
        assert words in done.out
    mine = json.loads(call("scenario", "odds", "--probability", "reset=0", "--json", "--quiet").out)
    assert mine[0]["reset"] == 0


def test_the_mixture_takes_either_odds_and_shows_what_both_expect(saved_fit):
    asked = ("scenario", "mix", "--fit", saved_fit, "--horizon", 4, "--paths", 8, "--parameters", 5)
    done = call(*asked, "--odds", "filtered", *OUTCOME)
    assert done.code == 0, done.err
    for words in ("first odds", "filtered to 2026Q2", "Expected effect by"):
        assert words in done.out
    # Two numbers that are compared have their Monte-Carlo errors.
    assert re.search(r"GDP level, % +-?\+?[\d.]+ ± [<\d.]+ +-?\+?[\d.]+ ± [<\d.]+", done.out)
    begins = next(line for line in done.out.splitlines() if line.startswith("It begins with"))
    assert "Rapprochement (reset) 0.30" not in begins


def test_a_statement_given_twice_is_refused(saved_fit):
    twice = ("--statement", BELOW, "--statement", BELOW)
    assert "is given twice" in refused("forecast", "--fit", saved_fit, *twice)


@pytest.mark.parametrize("verb", ["run", "compare", "mix"])
def test_files_say_what_an_effect_is_compared_with(saved_fit, tmp_path, verb):
    asked = {"run": ["partial_lifting"], "compare": [], "mix": ["--paths", 20, "--parameters", 4]}
    path = tmp_path / "table.csv"
    done = call("scenario", verb, *asked[verb], "--fit", saved_fit, "--horizon", 4, "--csv", path)
    assert done.code == 0, done.err
    table = pd.read_csv(path, keep_default_na=False)
    effects = table["quantity"] == "effect"
    assert effects.any()
    assert (table.loc[effects, "against"] == AGAINST).all()
    assert (table.loc[~effects, "against"] == "").all()
    # Of draws of the prior alone nothing but belief speaks.
    assert (table.loc[effects, "basis"] == "assumed").all()
    assert (table.loc[effects, "mean_error"].astype(float) >= 0).all()


def test_every_effect_of_the_futures_says_what_it_rests_on(small_fit, tmp_path):
    path, only = tmp_path / "table.csv", ("--outcome", "gdp_level", "--horizon", 4)
    done = call("scenario", "compare", "--fit", small_fit, *only, "--csv", path)
    assert done.code == 0, done.err
    table = pd.read_csv(path)
    effects = table[table["quantity"] == "effect"]
    assert set(effects["basis"]) <= {"identified", "mixed", "assumed"}
    assert table.loc[table["quantity"] != "effect", "basis"].isna().all()
    fit = load(small_fit)
    question = {"horizon": 4, "outcomes": ["gdp_level"], "random_seed": 20260101}
    before = compare_futures(fit.problem, fit.prior_draws, load_scenarios(), **question)
    for name in ("reset", "deterioration"):
        own = before["effect"].sel(scenario=name, outcome="gdp_level")
        middle = (100 * np.expm1(own / 100)).median(("chain", "draw"))
        written = effects.loc[effects["scenario"] == name, "prior_median"]
        np.testing.assert_allclose(written, middle, rtol=1e-4, atol=1e-9)


def test_a_sentence_on_an_assumed_effect_says_that_it_is_assumed(small_fit, tmp_path):
    """A shift of GDP that a file states is no finding, neither in the title nor in the sentence."""
    path, only = tmp_path / "table.csv", ("--outcome", "gdp_level", "--fit", small_fit)
    said = {}
    for name in ("northern_sea_route", "reset"):
        done = call("scenario", "run", name, *only, "--csv", path)
        assert done.code == 0, done.err
        table = pd.read_csv(path)
        word = table.loc[table["quantity"] == "effect", "basis"].iloc[-1]
        flat = " ".join(done.out.split())
        said[name] = flat.count("; assumed, not learned from data"), word
    assert said["northern_sea_route"] == (2, "assumed")  # the title and the sentence
    assert all((count > 0) == (word == "assumed") for count, word in said.values())


def test_that_no_relief_reaches_a_target_is_assumed(small_fit, tmp_path):
    asked = ("--outcome", "log_oil", "--below", 1, "--fit", small_fit, "--csv", tmp_path / "t.csv")
    done = call("scenario", "require", *asked)
    assert done.code == 0, done.err
    assert set(pd.read_csv(tmp_path / "t.csv")["basis"]) == {"assumed"}


def test_a_transfer_of_reserves_alone_is_answered_with_no_effect(small_fit, tmp_path):
    mine = tmp_path / "mine.toml"
    stated = 'format_version = 1\nlabel = "All handed on"\n[[release_assets]]\nshare = 0.0\n'
    mine.write_text(f"{stated}transferred = 1.0\n", encoding="utf-8")
    asked = ("scenario", "run", "--file", mine, "--fit", small_fit, "--outcome", "rouble")
    done = call(*asked, "--horizon", 4, "--quiet")
    assert done.code == 0, done.err
    assert "no effect" in done.out
    idle = '[[relief]]\nmeasures = ["trade"]\nphase = [{ depth = 0.0 }]\n'
    mine.write_text(f"{stated}transferred = 1.0\n{idle}", encoding="utf-8")
    assert "none of the outcomes moves" in refused(*asked, "--horizon", 4)
    mine.write_text(stated, encoding="utf-8")
    assert "none of the outcomes moves" in refused(*asked, "--horizon", 4)


def test_a_size_that_matters_is_one_of_the_whole_effect(saved_fit):
    """A claim on one channel counts 0.25 % of GDP as much; the claim on GDP itself 1 %."""
    asked = ("scenario", "run", "reset", "--fit", saved_fit, "--outcome", "gdp_level", "--quiet")
    done = call(*asked, "--horizon", 4)
    assert "(at least 1)" in done.out
    assert "(at least 0.25)" not in done.out


def test_a_forecast_never_stands_alone(saved_fit, tmp_path):
    newest = newest_forecasts(load_outside_forecasts())
    asked = ["forecast", "--fit", saved_fit, "--horizon", "2027Q4", "--outcome", "inflation_yoy"]
    done = call(*asked, "--outcome", "key_rate", "--outcome", "lending_rate", "--json", "--quiet")
    rows = pd.DataFrame(json.loads(done.out))
    others = {"analysts' poll": "poll", "Bank of Russia": "bank_of_russia"}
    for outcome, theirs, period in (
        ("inflation_yoy", "inflation_december", "2027Q4"),
        ("key_rate", "key_rate_average", "2027"),
    ):
        said = newest[(newest["variable"] == theirs) & (newest["year"] == 2027)]
        own = rows[(rows["outcome"] == outcome) & (rows["period"] == period)]
        own = own.set_index("quantity")
        for who, name in others.items():
            (row,) = said[said["forecaster"] == name].to_dict("records")
            assert own.loc[who, ["lower", "upper"]].tolist() == [row["low"], row["high"]]
        assert own.loc["no change", "median"] > 0
    assert (rows[rows["quantity"] == "target"]["median"] == 4.0).all()
    of = rows[rows["outcome"] == "lending_rate"]
    assert of[of["quantity"] == "no change"]["period"].tolist() == ["2027Q4"]  # of nobody's
    (last,) = of[(of["quantity"] == "path") & (of["period"] == "2027Q4")]["horizon"]
    assert last == len(of[of["quantity"] == "path"])
    read = call(*asked).out
    assert "poll" in read
    assert "central bank" in read
    assert "nothing new" in read
    short = call("forecast", "--fit", saved_fit, "--horizon", 2, "--outcome", "key_rate").out
    assert "nothing new" in short  # no year to its end, and a rival all the same


@pytest.mark.parametrize("typed", ["x", "key_rate -> lending_rate=Normal(ten, 1)"])
def test_a_belief_that_a_message_offers_is_one_of_the_model_that_is_asked(saved_fit, typed):
    said = refused("effects", "--prior", typed, "--fit", saved_fit)
    (offered,) = re.findall(r"as(?: in)? '([^']+\))'", said)
    ((address, belief),) = parse_priors([offered]).items()
    stated = load(saved_fit).problem.absolute[address]
    assert (belief.family, belief.support) == (stated.family, stated.support)


def test_a_statement_that_a_message_offers_is_one_of_the_model_that_is_asked(saved_fit):
    said = refused("forecast", "--statement", "gdp > 3", "--outcome", "rouble", "--fit", saved_fit)
    assert "write it as in 'rouble <= 10 by 2028Q4'" in said
