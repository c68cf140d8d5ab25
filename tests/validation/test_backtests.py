"""Training windows, back-tests and rolling origins: no future inside, the right things fed in."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from anchored_economy import anchored_problem

from sanctions_model.data.bundled import data_path
from sanctions_model.data.observations import load_observations
from sanctions_model.economies.anchored import anchored_transmission
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import load_priors, sample_prior
from sanctions_model.inference.refits import SamplingSettings, problem_structure
from sanctions_model.report.validation.words import converged_words
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.simulation.shocks import draw_crises
from sanctions_model.validation.backtests import (
    EXPORT_PRICE,
    NO_SANCTIONS,
    back_test_problem,
    run_back_test,
)
from sanctions_model.validation.origins.annual import annual_values
from sanctions_model.validation.origins.rolling import (
    MODEL,
    forecast_paths,
    rolling_scores,
    score_summary,
)
from sanctions_model.validation.stated_backtests import BackTest, Variant, load_back_tests
from sanctions_model.validation.windows import (
    as_known_at,
    clocks_ahead,
    readjusted_within,
    scored_series,
    series_in,
    training_observations,
    training_problem,
)

FEW = SamplingSettings(draws=30, tune=1, chains=2, random_seed=3)


@pytest.fixture(scope="module")
def parts():
    return (
        growth_transmission(),
        load_observations(scm=growth_transmission()),
        load_priors(economy="growth"),
    )


@dataclass
class PriorSampler:
    """Answers with prior draws: what a back-test does with draws can be tested without MCMC."""

    problems: tuple = ()

    def sample(self, problem, *, draws, tune, chains, random_seed, progress=False):
        self.problems = (*self.problems, problem)
        posterior = sample_prior(
            problem.scm, problem.absolute, draws=draws, chains=chains, random_seed=random_seed
        )
        posterior = complete_from_prior(problem, posterior, random_seed)
        stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((chains, draws), bool))})
        return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats})

    def with_target_accept(self, target_accept):
        return self


# Windows


@pytest.mark.parametrize("last", ["2013Q4", "2021Q4"])
def test_figures_after_the_window_do_not_change_it(parts, tmp_path, last):
    scm, observations, _ = parts
    raw = pd.read_csv(data_path("raw_quarterly.csv"), index_col=0)
    later = raw.index > last
    changed = raw.copy()
    changed.loc[later] = changed.loc[later] * 1.7
    changed.to_csv(tmp_path / "raw.csv")
    window = training_observations(observations, scm, last)
    other = training_observations(observations, scm, last, raw=tmp_path / "raw.csv")
    for name in scm.observed:
        np.testing.assert_allclose(window[name], other[name], rtol=1e-10)
        after = window["time"].to_numpy() > np.datetime64(pd.Period(last, "Q").start_time)
        assert np.isnan(window[name].to_numpy()[after]).all()
        assert np.isfinite(window[name].to_numpy()[~after]).any() or name in (
            "credit_growth",
            "real_wage_growth",
        )


def test_the_adjustment_over_the_whole_sample_does_see_the_future(parts):
    """Otherwise redoing it inside the window would be for nothing."""
    scm, observations, _ = parts
    window = training_observations(observations, scm, "2021Q4")
    known = np.isfinite(window["gdp_growth"])
    gap = abs(window["gdp_growth"] - observations["gdp_growth"]).where(known)
    assert float(gap.max()) > 0.2
    for name in ("depreciation", "oil_growth", "lending_rate"):
        assert float(abs(window[name] - observations[name]).max()) < 1e-3


def test_a_window_too_near_to_the_end_is_refused(parts):
    scm, observations, _ = parts
    with pytest.raises(QuestionError, match="A training window to 2025Q4; expected a quarter from"):
        training_observations(observations, scm, "2025Q4")


def test_windows_have_one_structure_and_learn_scales_from_themselves(parts):
    scm, observations, priors = parts
    problems = {}
    for last in ("2013Q4", "2017Q4", "2021Q4", "2024Q4"):
        window = training_observations(observations, scm, last)
        problems[last] = training_problem(scm, window, priors)
        assert problems[last].cases.missing == ()
        assert problem_structure(problems["2013Q4"]) == problem_structure(problems[last])
    intercepts = {last: p.absolute["intercept[gdp_growth]"].mu for last, p in problems.items()}
    growth = training_observations(observations, scm, "2013Q4")["gdp_growth"].to_numpy()
    weight = problems["2013Q4"].cases.weight[:, list(scm.stochastic).index("gdp_growth")]
    assert intercepts["2013Q4"] == pytest.approx(growth[weight > 0].mean())
    assert len(set(intercepts.values())) == 4


def test_a_silent_equation_reads_its_parents_from_their_means_in_the_window(parts):
    scm, observations, priors = parts
    window = training_observations(observations, scm, "2013Q4")
    problem = training_problem(scm, window, priors)
    plain = Problem.of(scm, window, priors)
    yearly = pd.Series(window["inflation"].to_numpy()).rolling(4).sum().to_numpy()[:36]
    label = "inflation_yoy -> key_rate"
    assert label not in plain.cases.centres
    used = np.arange(36) >= 4  # its own lag and the parents' are there
    assert problem.cases.centres[label] == pytest.approx(yearly[used].mean(), abs=0.3)
    assert {k: problem.cases.centres[k] for k in plain.cases.centres} == dict(plain.cases.centres)
    assert problem.cases.weight[:, list(scm.stochastic).index("key_rate")].sum() == 0


def test_what_is_adjusted_where_is_said_for_every_series(parts):
    scm, _, _ = parts
    assert set(readjusted_within("2013Q4")) == set(scm.stochastic)
    assert "inside the window" in readjusted_within("2013Q4")["import_growth"]
    assert "adjusted only" in readjusted_within("2021Q4")["import_growth"]
    assert "adjusted only" in readjusted_within("2021Q4")["real_wage_growth"]


# Paths


def test_a_value_is_its_location_plus_a_shock_of_its_scale(parts):
    scm, observations, priors = parts
    problem = training_problem(scm, training_observations(observations, scm, "2021Q4"), priors)
    draws = sample_prior(problem.scm, problem.absolute, draws=400, random_seed=1)
    last = list(pd.PeriodIndex(observations["time"].to_numpy(), freq="Q").astype(str)).index(
        "2021Q4"
    )
    paths = forecast_paths(problem, draws, last=last, horizon=2, random_seed=5)
    z = (paths.paths["gdp_growth"] - paths.location["gdp_growth"]) / paths.scale["gdp_growth"]
    assert abs(np.median(z)) < 0.2
    assert 0.5 < np.mean(np.abs(z) < 0.7) < 0.65  # the middle half of a Student-t
    # The mean of the first quarter by hand, for the equation without other parents.
    rho = draws["persistence"].sel(adjusting="oil_growth").to_numpy().ravel()
    level = draws["intercept"].sel(equation="oil_growth").to_numpy().ravel()
    before = float(problem.observations["oil_growth"].to_numpy()[last])
    np.testing.assert_allclose(
        paths.location["oil_growth"][:, 0], rho * before + (1 - rho) * level, rtol=1e-6
    )


@pytest.mark.parametrize("last", ["2020Q2", "2020Q3"])
def test_a_quarter_of_the_pandemic_does_not_last_in_a_forecast(parts, last):
    """Held on at 1 it would be a collapse in every quarter; the war, which has no end, stays."""
    scm, observations, priors = parts
    problem = training_problem(scm, training_observations(observations, scm, last), priors)
    draws = sample_prior(problem.scm, problem.absolute, draws=50, random_seed=1)
    place = list(pd.PeriodIndex(observations["time"].to_numpy(), freq="Q").astype(str)).index(last)

    def locations(link, effect, **driver):
        changed = draws.copy(deep=True)
        changed["coefficient"].loc[{"link": f"{link} -> gdp_growth"}] = effect
        found = forecast_paths(
            problem, changed, last=place, horizon=3, random_seed=5, exogenous=driver
        )
        return found.location["gdp_growth"]

    pulse = f"pandemic_{last.lower()}"
    np.testing.assert_array_equal(locations(pulse, -8.0), locations(pulse, 0.0))
    given = locations(pulse, -8.0, **{pulse: np.ones(3)})
    assert (given[:, 0] < locations(pulse, 0.0)[:, 0]).all()


def test_the_war_goes_on_in_a_forecast(parts):
    scm, observations, priors = parts
    problem = training_problem(scm, training_observations(observations, scm, "2022Q4"), priors)
    draws = sample_prior(problem.scm, problem.absolute, draws=50, random_seed=1)
    without = draws.copy(deep=True)
    draws["coefficient"].loc[{"link": "war -> gdp_growth"}] = 1.0
    without["coefficient"].loc[{"link": "war -> gdp_growth"}] = 0.0
    place = list(pd.PeriodIndex(observations["time"].to_numpy(), freq="Q").astype(str)).index(
        "2022Q4"
    )
    one, other = (
        forecast_paths(problem, d, last=place, horizon=3, random_seed=5).location["gdp_growth"]
        for d in (draws, without)
    )
    assert (one > other).all()


# Back-tests


@pytest.fixture(scope="module")
def result(parts):
    scm, observations, priors = parts
    spec = load_back_tests()["war_of_2022"]
    sampler = PriorSampler()
    found = run_back_test(
        spec, scm, observations, priors, settings=FEW, with_minnesota=False, sampler=sampler
    )
    return found, sampler.problems


def test_a_back_test_refits_to_the_window_alone(result):
    found, problems = result
    assert len(problems) == 1 + len(found.spec.variant)
    for problem in problems:
        assert str(problem.cases.time[problem.cases.weight.any(axis=1)][-1])[:7] == "2021-10"
    assert found.silent == ()


def test_a_back_test_says_that_its_refit_did_not_converge(result, parts):
    found, _ = result  # of 60 draws: too few for the gate
    assert not found.annual["converged"].any()
    assert not found.variants["converged"].any()
    said = converged_words(found.annual, "forecaster")
    assert said.startswith("**")
    assert "refits failed the convergence gate" in said
    assert MODEL in said
    scm, observations, priors = parts
    enough = SamplingSettings(draws=400, tune=1, chains=4, random_seed=3)
    again = run_back_test(
        found.spec.model_copy(update={"variant": {}}),
        scm,
        observations,
        priors,
        settings=enough,
        with_minnesota=False,
        sampler=PriorSampler(),
    )
    assert again.annual["converged"].all()
    assert converged_words(again.annual, "year") == "All refits passed the convergence gate."


def test_a_back_test_gives_every_forecaster_series_and_period(result):
    found, _ = result
    own = found.quarterly[found.quarterly["forecaster"] == MODEL]
    assert set(own["quarter"]) == {f"{y}Q{q}" for y in (2022, 2023) for q in (1, 2, 3, 4)}
    assert "oil_growth" not in set(own["series"])
    assert set(found.annual["forecaster"]) == {
        MODEL,
        EXPORT_PRICE,
        NO_SANCTIONS,
        "random walk",
        "autoregression",
    }
    assert (found.annual["width"] > 0).all()
    inside = (found.annual["lower"] <= found.annual["outcome"]) & (
        found.annual["outcome"] <= found.annual["upper"]
    )
    assert (inside == found.annual["inside"]).all()


def test_yearly_outcomes_are_the_published_ones(result):
    found, _ = result
    own = found.annual[found.annual["forecaster"] == MODEL].set_index(["series", "year"])
    assert own.loc[("gdp_growth", 2022), "outcome"] == pytest.approx(-1.4, abs=0.1)
    assert own.loc[("inflation", 2022), "outcome"] == pytest.approx(11.9, abs=0.1)
    rates = load_observations(scm=growth_transmission())["key_rate"].sel(
        time=slice("2022-01-01", "2022-12-31")
    )
    assert own.loc[("key_rate", 2022), "outcome"] == pytest.approx(float(rates.mean()))


def test_measures_change_the_prediction_and_only_from_the_window_on(result):
    found, _ = result
    wide = found.quarterly.pivot_table("median", ["series", "quarter"], "forecaster")
    assert (wide[MODEL] - wide[NO_SANCTIONS]).abs().loc["import_growth"].max() > 0.5


@dataclass
class WithoutDiscount(PriorSampler):
    """Draws in which measures on energy do not move the price that exporters get."""

    def sample(self, problem, **settings):
        tree = super().sample(problem, **settings)
        draws = tree["posterior"].to_dataset()
        link = {"link": "effective_energy -> oil_discount"}
        draws["coefficient"].loc[link] = 0.0
        return xr.DataTree.from_dict({"posterior": draws, "sample_stats": tree["sample_stats"]})


def predicted(parts, export_price, sampler):
    scm, observations, priors = parts
    changes = {"export_price": export_price, "variant": {}}
    spec = load_back_tests()["war_of_2022"].model_copy(update=changes)
    found = run_back_test(
        spec, scm, observations, priors, settings=FEW, with_minnesota=False, sampler=sampler
    )
    return found.quarterly.pivot_table("median", ["series", "quarter"], "forecaster")


def test_the_price_that_exporters_got_takes_the_place_of_brent_less_the_models_discount(parts):
    """Brent itself fed in changes nothing where there is no discount; Urals fell, Brent rose."""
    same = predicted(parts, "brent_usd_bbl", WithoutDiscount())
    np.testing.assert_allclose(same[EXPORT_PRICE], same[MODEL], rtol=1e-3, atol=1e-3)
    urals = predicted(parts, "urals_usd_bbl", WithoutDiscount())
    assert (urals[MODEL] == same[MODEL]).all()
    # In 2022Q2 Brent rose by 12 log points and Urals fell by as much.
    second = ("depreciation", "2022Q2")
    assert urals.loc[second, EXPORT_PRICE] - urals.loc[second, MODEL] > 2


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("urals", "There is no price 'urals' to feed in; raw_quarterly.csv has"),
        ("imports_goods_nsa_usd_bn", "is not known in 2022Q1, which the back-test needs"),
    ],
)
def test_a_price_that_cannot_be_fed_in_is_refused(parts, column, message):
    with pytest.raises(QuestionError, match=message):
        predicted(parts, column, PriorSampler())


# Variants


def test_each_variant_changes_its_one_thing_in_the_problem_that_is_fitted(parts, result):
    """Told apart by what the sampler was given, against the stated problem."""
    scm, observations, _ = parts
    found, problems = result
    stated, *others = problems
    by_name = dict(zip(found.spec.variant, others, strict=True))

    def series(problem, name="gdp_growth"):
        return problem.observations[name].to_series().dropna()

    def same(problem, name):
        return problem.observations[name].equals(stated.observations[name])

    late = series(by_name["output_from_2012"])
    assert str(late.index[0])[:10] == "2012-01-01"
    np.testing.assert_array_equal(late, series(stated)["2012-01-01":])
    assert all(same(by_name["output_from_2012"], n) for n in scm.observed if n != "gdp_growth")

    projected = series(by_name["season_of_2019"])
    only_2019 = training_observations(observations, scm, "2019Q4")["gdp_growth"].to_series()
    np.testing.assert_allclose(projected[:"2019-12-31"], only_2019[:"2019-12-31"].dropna())
    assert not same(by_name["season_of_2019"], "inflation")
    assert same(by_name["season_of_2019"], "depreciation")

    for name, address in (
        ("no_oil", "export_oil_growth -> gdp_growth"),
        ("loss_at_once", "persistence[technology_gap]"),
    ):
        changed = {
            key
            for key, prior in by_name[name].absolute.items()
            if prior.arguments != stated.absolute[key].arguments
        }
        assert changed == {address}
        assert all(same(by_name[name], n) for n in scm.observed)


def test_variants_have_a_yearly_table_each_with_the_random_walk_of_their_window(result):
    found, _ = result
    titles = [variant.title for variant in found.spec.variant.values()]
    assert list(dict.fromkeys(found.variants["title"])) == titles
    growth = found.variants[found.variants["series"] == "gdp_growth"]
    walks = growth[(growth["forecaster"] == "random walk") & (growth["year"] == 2022)]
    own = found.annual.query("forecaster == 'random walk' and series == 'gdp_growth'")
    stated = float(own.set_index("year").loc[2022, "median"])
    by_title = walks.set_index("title")["median"]
    assert by_title["oil does not move output"] == stated
    assert by_title["output from 2012 on alone"] < stated - 0.3  # the boom before is left out
    assert {MODEL, EXPORT_PRICE, NO_SANCTIONS} <= set(growth["forecaster"])


def test_a_variant_of_an_unknown_variable_is_refused(parts):
    scm, observations, priors = parts
    spec = load_back_tests()["war_of_2022"]
    wrong = Variant(title="x", rationale="y", starts={"gdp": "2012Q1"})
    with pytest.raises(UnknownVariableError, match="'gdp'"):
        back_test_problem(spec, scm, observations, priors, variant=wrong)


def test_judgements_are_needed_exactly_where_data_lack(parts):
    scm, observations, priors = parts
    spec = load_back_tests()["sanctions_of_2014"]
    problem, _, silent = back_test_problem(spec, scm, observations, priors)
    assert silent == ("key_rate", "lending_rate", "credit_growth", "real_wage_growth")
    assert problem.absolute["intercept[key_rate]"].mu == 6.0
    fewer = {k: v for k, v in spec.judgement.items() if k != "scale[key_rate]"}
    with pytest.raises(QuestionError, match=r"look at 'scale\[key_rate\]'"):
        back_test_problem(spec.model_copy(update={"judgement": fewer}), scm, observations, priors)
    late = BackTest(title="x", train_end="2021Q4", test_end="2022Q4", judgement=spec.judgement)
    with pytest.raises(QuestionError, match="needs judgements for exactly nothing"):
        back_test_problem(late, scm, observations, priors)


NUMBERS = re.compile(r"\d[\d.,]* ?(?:%|points?|pp)(?!\w)")


def test_the_numbers_in_the_words_on_2022_are_those_of_the_windows(parts):
    """What a comment of backtests.toml says of growth, from the series that it speaks of."""
    scm, observations, _ = parts

    def output(**settings):
        found = training_observations(observations, scm, "2021Q4", **settings)["gdp_growth"]
        return found.to_series().dropna()

    def carried(series):  # growth of 2022 over 2021 if output stood still
        history = series[:"2021-12-31"].to_numpy()
        return float(annual_values("gdp_growth", history, np.zeros((1, 4)), 1)[1][0, 0])

    spec = load_back_tests()["war_of_2022"]
    words = " ".join(spec.comment.split())
    window, projected = output(), output(factors_until="2019Q4")
    known_now = observations["gdp_growth"].to_series().dropna()
    assert f"carries {carried(window):.1f} points into 2022" in words
    assert f"later data make that {carried(known_now):.1f}," in words
    assert f"without the pandemic, makes it {carried(projected):.1f}." in words
    fall = float(known_now["2022-04-01":"2022-06-30"].iloc[0])
    assert f"output fell by {-fall:.0f} % in the quarter" in words
    rationale = " ".join(spec.variant["output_from_2012"].rationale.split())
    assert f"grew by {window[:'2011-12-31'].mean():.2f} % a quarter to 2011" in rationale
    assert f"by {window['2012-01-01':].mean():.2f} % from 2012 to 2021" in rationale


def test_every_judgement_says_why():
    for spec in load_back_tests().values():
        assert all(prior.rationale and prior.unit for prior in spec.judgement.values())
        assert spec.comment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format_version = 2", "expected format_version = 1 and tables"),
        ('format_version = 1\n[backtest.x]\ntitle = "x"', r"\[backtest.x\]: train_end"),
        (
            'format_version = 1\n[backtest.x]\ntitle = "x"\ntrain_end = "2021-12-32"',
            r"\[backtest.x\]: train_end: '2021-12-32' is no date: that month has no day 32",
        ),
        ("format_version = ", "mine.toml is not a TOML file"),
    ],
)
def test_an_unusable_file_is_refused_with_its_place(tmp_path, text, message):
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(QuestionError, match=message):
        load_back_tests(tmp_path / "mine.toml")


# Yearly figures


def test_an_annual_average_is_that_of_the_levels():
    generator = np.random.default_rng(1)
    growth = generator.normal(1, 2, 16)
    level = 100 * np.exp(np.cumsum(growth) / 100)
    means = level.reshape(4, 4).mean(axis=1)
    words, found = annual_values("gdp_growth", growth[:8], growth[None, 8:], 2)
    np.testing.assert_allclose(found[0], 100 * (means[2:] / means[1:3] - 1))
    assert words.startswith("annual average")


def test_prices_and_the_rouble_are_compared_at_the_ends_of_years():
    growth = np.random.default_rng(2).normal(1, 2, 12)
    level = np.exp(np.cumsum(growth) / 100)
    _, found = annual_values("inflation", growth[:4], growth[None, 4:], 2)
    np.testing.assert_allclose(
        found[0], [100 * (level[7] / level[3] - 1), 100 * (level[11] / level[7] - 1)]
    )


# Rolling origins


@pytest.fixture(scope="module")
def scores(parts):
    scm, observations, priors = parts
    return rolling_scores(
        observations,
        scm,
        priors,
        origins=["2018Q4", "2021Q4"],
        horizons=(1, 4),
        settings=FEW,
        with_minnesota=False,
        sampler=PriorSampler(),
    )


def test_every_forecaster_meets_the_same_outcomes(scores):
    counts = scores.groupby("forecaster").size()
    assert counts[MODEL] == 9 * 2 * 2
    assert counts["random walk"] == counts["autoregression"] == counts[MODEL]
    assert scores["pit"].between(0, 1).all()
    assert scores[["log_score", "crps"]].notna().all().all()


def test_a_summary_pairs_the_model_with_each_rival(scores):
    summary = score_summary(scores)
    keys = {"series": "gdp_growth", "horizon": 4}
    chosen = scores[(scores["series"] == "gdp_growth") & (scores["horizon"] == 4)]
    by_who = chosen.pivot_table("log_score", "origin", "forecaster")
    expected = (by_who[MODEL] - by_who["random walk"]).mean()
    row = summary.query("series == 'gdp_growth' and horizon == 4 and forecaster == 'random walk'")
    assert float(row["lead"].iloc[0]) == pytest.approx(expected)
    assert keys["horizon"] in set(summary["horizon"])
    assert summary[summary["forecaster"] == MODEL]["lead"].isna().all()


# The anchored economy


@pytest.fixture(scope="module")
def anchored():
    problem = anchored_problem()
    return anchored_transmission(), problem.observations, problem.priors


def position(observations, quarter):
    return list(pd.PeriodIndex(observations["time"].to_numpy(), freq="Q").astype(str)).index(
        quarter
    )


@pytest.mark.parametrize("last", ["2013Q4", "2021Q4"])
def test_levels_in_a_window_know_nothing_of_later_figures(anchored, tmp_path, last):
    scm, observations, _ = anchored
    raw = pd.read_csv(data_path("raw_quarterly.csv"), index_col=0)
    later = raw.index > last
    raw.loc[later] = raw.loc[later] * 1.7
    raw.to_csv(tmp_path / "raw.csv")
    window = training_observations(observations, scm, last)
    other = training_observations(observations, scm, last, raw=tmp_path / "raw.csv")
    at = position(observations, last)
    for name in scm.observed:
        np.testing.assert_allclose(window[name], other[name], rtol=1e-10)
        assert np.isnan(window[name].to_numpy()[at + 1 :]).all()
    for name in ("log_oil", "log_rer"):  # the base is the whole table's
        whole, own = (table[name].to_numpy()[: at + 1] for table in (observations, window))
        assert np.abs(own - whole).max() < 1.0


def test_a_window_knows_no_later_crisis_and_states_its_trend_against_its_own_end(anchored):
    scm, observations, priors = anchored
    at = position(observations, "2013Q4")
    window = training_observations(observations, scm, "2013Q4")
    then, seen, beliefs = as_known_at(scm, window, priors, at)
    assert [crisis.name for crisis in then.crises] == ["financial_crisis"]
    assert then.crisis_hazard == pytest.approx(1 / 36)  # one in the 36 quarters to 2013Q4
    clocks = [name for name in scm.exogenous if name.startswith("ramp_")]
    assert all(float(seen[name][at]) == 0.0 for name in clocks)
    # No measures yet, so no technology gap: the trend is expected where output was.
    assert beliefs["trend_level"].mu == pytest.approx(float(window["log_gdp"][at]), abs=0.3)
    training_problem(then, seen, beliefs)  # the beliefs fit the model


def test_clocks_go_on_by_the_date_and_drivers_as_their_continuations_say(anchored):
    scm, observations, priors = anchored
    at = position(observations, "2022Q2")
    ahead = clocks_ahead(scm, observations, at, 4)
    name = "ramp_2023Q1"
    np.testing.assert_array_equal(ahead[name], observations[name].to_numpy()[at + 1 : at + 5])
    beyond = clocks_ahead(scm, observations, observations.sizes["time"] - 2, 3)
    assert np.diff(beyond["ramp_2005Q1"]).tolist() == [1.0, 1.0]
    window = training_observations(observations, scm, "2022Q2")
    problem = training_problem(*as_known_at(scm, window, priors, at))
    draws = sample_prior(problem.scm, problem.absolute, draws=20, random_seed=1)
    given = {"one": np.ones(2), "fiscal_impulse": np.zeros(2), "trade": np.full(2, np.nan)}
    given["trade"][:] = float(window["trade"][at])
    plain = forecast_paths(problem, draws, last=at, horizon=2, random_seed=5)
    same = forecast_paths(problem, draws, last=at, horizon=2, random_seed=5, exogenous=given)
    for series in plain.paths:
        np.testing.assert_array_equal(plain.paths[series], same.paths[series])


def test_growth_is_scored_by_the_shock_of_its_level(anchored):
    scm, observations, priors = anchored
    at = position(observations, "2018Q4")
    window = training_observations(observations, scm, "2018Q4")
    problem = training_problem(*as_known_at(scm, window, priors, at))
    draws = sample_prior(problem.scm, problem.absolute, draws=400, random_seed=1)
    paths = forecast_paths(problem, draws, last=at, horizon=2, random_seed=5)
    assert set(paths.paths) == set(scored_series(scm))
    scale = draws["scale"].sel(equation="log_gdp").to_numpy().ravel()
    times = draw_crises(problem.scm, draws, 2, 5)
    assert 1.0 < times.mean() < 2.0  # a few draws have a crisis ahead
    np.testing.assert_allclose(paths.scale["gdp_growth"], (scale * times).T)
    own = draws["coefficient"].sel(link="real_depreciation -> inflation").to_numpy().ravel()
    kept = draws["persistence"].sel(adjusting="inflation").to_numpy().ravel()
    real = draws["scale"].sel(equation="log_rer").to_numpy().ravel()
    np.testing.assert_allclose(
        paths.scale["depreciation"], ((1 + (1 - kept) * own) * real * times).T
    )
    for name in ("gdp_growth", "depreciation"):
        z = (paths.paths[name] - paths.location[name]) / paths.scale[name]
        assert abs(np.median(z)) < 0.2
        assert 0.45 < np.mean(np.abs(z) < 0.7) < 0.65  # the middle half of a Student-t


def test_the_growth_of_levels_is_the_growth_that_the_other_economy_observes(anchored, parts):
    scm, observations, _ = anchored
    _, others, _ = parts
    for name in scored_series(scm):
        own, other = series_in(observations, scm, name), others[name].to_numpy()
        both = np.isfinite(own) & np.isfinite(other)
        assert both.sum() > 30
        np.testing.assert_allclose(own[both], other[both], atol=2e-3)


@pytest.mark.parametrize("name", ["sanctions_of_2014", "war_of_2022"])
def test_a_back_test_answers_on_the_anchored_economy(anchored, name):
    scm, observations, priors = anchored
    spec = load_back_tests()[name]
    sampler = PriorSampler()
    found = run_back_test(
        spec, scm, observations, priors, settings=FEW, with_minnesota=False, sampler=sampler
    )
    assert set(found.quarterly["series"]) == set(scored_series(scm))
    assert np.isfinite(found.quarterly[["median", "lower", "upper", "crps"]]).all().all()
    assert len(sampler.problems) == 1 + len(spec.variant)
    for variant in spec.variant.values():
        asked = variant.form_for(scm)
        assert set(asked.priors) <= set(addresses(scm))
        assert set(asked.starts) <= set(scm.observed)
    after = spec.train_end.replace("Q4", "-12-31")
    assert all(c.start < after for p in sampler.problems for c in p.scm.crises)


def test_a_series_without_data_rests_where_its_equation_pulls_it(anchored):
    scm, observations, priors = anchored
    at = position(observations, "2013Q4")
    window = training_observations(observations, scm, "2013Q4")
    problem = training_problem(*as_known_at(scm, window, priors, at))
    draws = sample_prior(problem.scm, problem.absolute, draws=50, random_seed=1)
    paths = forecast_paths(problem, draws, last=at, horizon=1, random_seed=5)
    margin = float(draws["lending_margin"].median())
    overnight = float(window["key_rate"][at])
    assert np.median(paths.paths["lending_rate"]) == pytest.approx(overnight + margin, abs=1.5)


def test_numbers_in_comments_are_of_the_data_alone():
    """Answers stand in the tables; a comment once spoke of those of another economy."""
    said = {name: NUMBERS.findall(spec.comment) for name, spec in load_back_tests().items()}
    assert said == {"sanctions_of_2014": [], "war_of_2022": ["2.2 points", "5 %"]}
