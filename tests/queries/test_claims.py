"""The scorecard: probabilities that are known exactly, words that repeat the numbers, refusals."""

import re

import numpy as np
import pytest
import xarray as xr
from arviz_base import rc_context
from laboratory import TABLE_COLUMNS, as_observations, variable
from oracle import close
from scipy import stats

from sanctions_model.errors import NoCausalPathError, QuestionError, UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.families import Fixed, Gamma, HalfNormal, Normal
from sanctions_model.inference.priors.ledger import Priors, sample_prior
from sanctions_model.queries.claims import Claim, load_claims, scorecard
from sanctions_model.queries.effects import channel_effects, relief_paths, total_effect
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.information import information
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold, Noise
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import chance_is


def market(noise=Noise.GAUSSIAN):
    """A tariff at 1 moves a price in the same period; prices have independent shocks."""
    scm = StructuralCausalModel(
        noise=noise,
        equations=(
            Exogenous(variable=variable("tariff", "intensity"), continuation=Hold(1.0)),
            Linear(variable=variable("price", "% a year"), parents=("tariff",)),
            Linear(variable=variable("other")),
        ),
        entries={"tariff": ("tariff -> price",)},
    )
    priors = Priors.from_addresses(
        {
            "tariff -> price": Normal(mu=0, sigma=1),
            "intercept": Normal(mu=0, sigma=1),
            "scale": HalfNormal(sigma=1.0),
            "degrees_of_freedom": Gamma(alpha=2.0, beta=0.1, shift=2.0),
        }
    )
    length = 8
    observations = as_observations(
        {"tariff": np.ones(length), "price": np.arange(float(length)), "other": np.ones(length)}
    )
    return Problem.of(scm, observations, priors)


@pytest.fixture(scope="module")
def problem():
    return market()


def pinned(problem, effects, **more):
    """One draw for each effect of the tariff."""
    draws = [pin(problem.scm, {"tariff -> price": value, **more}) for value in effects]
    return xr.concat(draws, dim="draw").assign_coords(draw=np.arange(len(draws)))


def claim(**changed):
    given = {
        "statement": "Prices fall.",
        "outcome": "price",
        "sign": -1,
        "horizon": 2,
        "measures": ("tariff",),
        "ramp": 1,
    }
    horizon = changed.get("horizon", given["horizon"])
    kind = {"when": f"by {horizon}"} if "target" in changed else {"material": 1.0}
    return Claim(**(given | kind | changed))


def answer(problem, prior, posterior=None, seed=5, **changed):
    """The one row of a scorecard of one claim."""
    table = scorecard(problem, prior, posterior, {"it": claim(**changed)}, random_seed=seed)
    return table.iloc[0]


# Effect claims

EFFECTS = [0.5, 2.0, -1.0, 1.5]  # of the tariff: lifting it has the opposite


def test_the_probability_of_an_effect_claim_is_the_share_of_draws(problem):
    row = answer(problem, pinned(problem, EFFECTS))
    assert row["prob_prior"] == 0.75
    assert row["prob_material"] == 0.5
    close(row["median"], -1.0)
    close([row["lower"], row["upper"]], np.quantile(np.negative(EFFECTS), [0.055, 0.945]))


def test_prior_and_posterior_are_answered_apart(problem):
    row = answer(problem, pinned(problem, EFFECTS), pinned(problem, [3.0, 2.5, -0.5, 4.0, 0.2]))
    assert row["prob_prior"] == 0.75
    assert row["prob"] == pytest.approx(0.8)
    assert row["prob_material"] == pytest.approx(0.6)
    close(row["median"], -2.5)
    before, after = (
        xr.DataArray(np.negative([values]), dims=("chain", "draw"))
        for values in (EFFECTS, [3.0, 2.5, -0.5, 4.0, 0.2])
    )
    assert row["information"] == information(before, after).value


def test_the_opposite_claim_has_the_opposite_probability(problem):
    draws = pinned(problem, EFFECTS)
    assert answer(problem, draws, sign=1)["prob_prior"] == 0.25
    assert answer(problem, draws, sign=1)["prob_material"] == 0.0


@pytest.mark.parametrize(("material", "expected"), [(0.4, 0.75), (0.5, 0.5), (1.9, 0.25), (9, 0)])
def test_material_means_larger_than_the_smallest_size_that_matters(problem, material, expected):
    row = answer(problem, pinned(problem, EFFECTS), material=material)
    assert row["prob_material"] == expected


def test_depth_ramp_and_horizon_are_those_of_the_claim(problem):
    draws = pinned(problem, [2.0])
    close(answer(problem, draws, depth=0.5)["median"], -1.0)
    close(answer(problem, draws, ramp=4, horizon=1)["median"], -0.5)
    close(answer(problem, draws, ramp=4, horizon=3)["median"], -1.5)


def test_a_claim_about_a_channel_reads_that_channel(growth_problem, growth_draws):
    along = claim(
        outcome="gdp_level", sign=1, horizon=6, ramp=4, channel="article_chain", material=0.1
    ).model_copy(update={"measures": growth_problem.scm.measures})
    row = scorecard(growth_problem, growth_draws, None, {"it": along}).iloc[0]
    split = channel_effects(growth_problem.scm, growth_draws, horizon=6, outcomes=["gdp_level"])
    values = split.sel(channel="article_chain", horizon=6).to_numpy()
    close(row["median"], np.median(100 * np.expm1(values / 100)))
    assert "along the article's chain alone" in row["cause"]


def test_with_the_posterior_equal_to_the_prior_data_say_nothing(problem):
    draws = pinned(problem, EFFECTS)
    row = answer(problem, draws, draws)
    assert row["prob"] == row["prob_prior"]
    assert (row["information"], row["basis"]) == (0.0, "assumed")


def test_without_a_posterior_the_prior_answers_and_says_so(problem):
    row = answer(problem, pinned(problem, EFFECTS))
    assert np.isnan(row["prob"])
    assert np.isnan(row["information"])
    assert row["basis"] == "assumed"
    assert "prior only, no data used" in row["verdict"]


@pytest.mark.parametrize(
    ("others", "assumed"), [(0, True), (1, True), (2, False), (998, False), (999, True)]
)
def test_a_sign_is_assumed_where_hardly_a_prior_draw_has_the_other(problem, others, assumed):
    effects = np.ones(1000)
    effects[:others] = -1.0
    prior = pinned(problem, [1.0]).isel(draw=np.zeros(1000, int))
    prior = prior.assign_coords(draw=np.arange(1000))
    prior["coefficient"] = prior["coefficient"] * effects[None, :, None]
    row = answer(problem, prior, pinned(problem, EFFECTS))
    assert row["sign_assumed"] == assumed
    assert row["verdict"].startswith("Sign assumed by the prior") == assumed


# Target claims


@pytest.mark.parametrize("freedom", [np.inf, 5.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_probability_of_reaching_a_target_has_a_closed_form(freedom, sign):
    problem = market(Noise.GAUSSIAN if np.isinf(freedom) else Noise.STUDENT_T)
    level, effect, scale, horizon, count = 1.0, 0.6 * sign, 0.8, 3, 20_000
    target = level + 0.6 * sign
    values = {"intercept[price]": level, "scale[price]": scale}
    if np.isfinite(freedom):
        values["degrees_of_freedom[price]"] = freedom
    one = pinned(problem, [-effect], **values)
    draws = one.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))
    row = answer(problem, draws, target=target, horizon=horizon, sign=sign)
    # The tariff at 1 moves the price by -effect, lifting it moves it back.
    noise = stats.norm if np.isinf(freedom) else stats.t(freedom)
    gaps = [sign * (target - mean) / scale for mean in (level - effect, level)]
    without, lifted = (1 - noise.cdf(gap) ** horizon for gap in gaps)
    error = 4 * np.sqrt(0.25 / count)
    assert abs(row["prob_prior"] - lifted) < error
    # What is reached without is reached with it, the shocks being the same.
    assert abs(row["prob_material"] - (lifted - without)) < error
    said = re.search(r"= (\d\.\d\d) with relief, (\d\.\d\d) without", row["verdict"])
    assert abs(float(said[1]) - lifted) < error + 0.005
    assert abs(float(said[2]) - without) < error + 0.005
    assert 0.1 < without < lifted < 0.95


def test_a_target_that_relief_works_against_is_never_reached_because_of_it(problem):
    draws = pinned(problem, [1.0] * 50, **{"intercept[price]": 0.0})
    row = answer(problem, draws, target=0.5, sign=1, horizon=2)
    assert row["prob_material"] == 0.0


def test_a_target_met_in_any_period_counts(problem):
    draws = pinned(problem, [0.0] * 400)
    soon, late = (answer(problem, draws, target=1.0, sign=1, horizon=h) for h in (1, 8))
    assert soon["prob_prior"] < late["prob_prior"]


def test_a_target_that_must_hold_through_a_window_is_the_joint_probability_of_it():
    """White noise about a level: met in each of four periods, and in the last one alone."""
    problem, count = market(), 20_000
    one = pinned(problem, [0.0], **{"intercept[price]": 1.0, "scale[price]": 0.8})
    draws = one.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))
    once = stats.norm.cdf((1.8 - 1.0) / 0.8)
    mean = stats.norm.cdf((1.8 - 1.0) / 0.8 * 2)
    expected = {"through 5-8": once**4, "in 8": once, "on average over 5-8": mean}
    for when, closed in expected.items():
        row = answer(problem, draws, target=1.8, horizon=8, when=when)
        assert abs(row["prob_prior"] - closed) < 4 * np.sqrt(0.25 / count)
    assert "at or below 1.8 % a year on average over quarters 5 to 8" in row["verdict"]


def test_a_percentage_meets_log_points_as_a_percentage(growth_problem, growth_draws):
    """The share of simulated paths on which prices of a year stay below the target in percent."""
    claims = {"it": load_claims()["inflation_at_target"]}
    draws = complete(growth_problem, growth_draws)
    row = scorecard(growth_problem, draws, None, claims, random_seed=4).iloc[0]
    paths = simulate(
        growth_problem,
        draws,
        horizon=8,
        exogenous=relief_paths(growth_problem.scm, Relief(), 8, growth_problem.last_values),
        random_seed=4,
        outcomes=["inflation_yoy"],
    )[0, 0]
    rise = np.exp(paths / 100)  # prices over prices a year before
    assert row["prob_prior"] == float(
        (rise.isel(horizon=slice(4, 8)) <= 1.04).all("horizon").mean()
    )
    assert "in every quarter from 5 to 8" in row["verdict"]


def test_the_effect_on_a_level_is_the_percent_by_which_it_differs(growth_problem, growth_draws):
    claims = {"it": load_claims()["import_normalisation"]}
    row = scorecard(growth_problem, growth_draws, None, claims).iloc[0]
    effect = total_effect(growth_problem.scm, growth_draws, horizon=8, outcomes=["import_level"])[
        0, -1
    ]
    ratio = np.exp(effect / 100)
    close(row["median"], 100 * (float(ratio.median()) - 1))
    close(row["prob_material"], float((ratio > 1.05).mean()))
    assert row["unit"] == "%"


def test_target_claims_follow_the_seed_and_effect_claims_do_not(problem):
    draws = pinned(problem, np.linspace(-1, 2, 60))

    def both(seed):
        claims = {"target": claim(target=0.0), "effect": claim()}
        return scorecard(problem, draws, None, claims, random_seed=seed).set_index("claim")

    assert both(1).equals(both(1))
    assert both(1).loc["effect"].equals(both(2).loc["effect"])
    assert both(1).loc["target", "prob_prior"] != both(2).loc["target", "prob_prior"]


def test_a_target_claim_is_no_assumed_sign_and_shows_the_effect_of_relief(problem):
    draws = pinned(problem, [2.0, 2.5])
    row = answer(problem, draws, target=0.0)
    assert not row["sign_assumed"]
    close(row["median"], -2.25)


# The table


@pytest.fixture(scope="module")
def bundled(growth_problem):
    """The scorecard of the bundled claims, prior draws standing in for a posterior."""
    prior, posterior = (
        complete(
            growth_problem,
            sample_prior(growth_problem.scm, growth_problem.absolute, draws=250, random_seed=seed),
        )
        for seed in (1, 2)
    )
    return scorecard(growth_problem, prior, posterior), posterior


def complete(problem, draws):
    """Fill in the cells that the data lack."""
    from sanctions_model.inference.density import complete_from_prior

    return complete_from_prior(problem, draws, 1)


def test_the_scorecard_has_the_columns_of_its_description(bundled):
    table, _ = bundled
    assert ",".join(table.columns) == TABLE_COLUMNS["claims"]
    assert table["claim"].tolist() == list(load_claims())
    assert not table.isna().any().any()
    assert (table[["prob", "prob_prior", "prob_material"]] >= 0).all().all()
    assert (table[["prob", "prob_prior", "prob_material"]] <= 1).all().all()
    assert table["prob_material"].le(table["prob"]).all()
    assert set(table["ci_prob"]) == {0.89}
    assert set(table["ci_kind"]) == {"eti"}


def test_the_scorecard_answers_each_bundled_claim_from_the_draws(growth_problem, bundled):
    table, posterior = bundled
    for name, asked in load_claims().items():
        if asked.channel != "total":
            continue
        row = table.set_index("claim").loc[name]
        effect = total_effect(
            growth_problem.scm,
            posterior,
            asked.relief,
            horizon=asked.horizon,
            outcomes=[asked.outcome],
        ).isel(outcome=0, horizon=-1)
        effect = effect_in_percent(effect, growth_problem.scm.variables[asked.outcome].unit)
        close(row["median"], float(effect.median()))
        if asked.target is None:
            close(row["prob"], float((asked.sign * effect > 0).mean()))
            close(row["prob_material"], float((asked.sign * effect > asked.material).mean()))


def test_verdicts_repeat_the_numbers_of_their_row(bundled):
    table, _ = bundled
    for _, row in table.iterrows():
        verdict = row["verdict"]
        size = re.search(r"([+-][\d.]+) \S+ \(([+-][\d.]+); ([+-][\d.]+)\) after (\d+)", verdict)
        digits = len(size[1].split(".")[1])
        for said, name in zip(size.groups()[:3], ("median", "lower", "upper"), strict=True):
            assert float(said) == pytest.approx(row[name], abs=0.51 * 10**-digits), verdict
        assert int(size[4]) == row["horizon"]
        assert f"information gained {row['information']:.2f}" in verdict
        assert f"size {row['basis']} (" in verdict
        assert f"likelihood share {row['likelihood_share']:.2f}" in verdict
        assert f"before the data {chance_is(row['prob_prior'])} and the median" in verdict
        if "without" in verdict:
            assert f"{chance_is(row['prob'], '')} with relief" in verdict
            assert f"on {100 * row['prob_material']:.0f} % of the simulated paths" in verdict
        else:
            assert f"with {chance_is(row['prob_material'])}" in verdict
            assert ("Sign assumed" in verdict) == row["sign_assumed"]
            assert f"({chance_is(row['prob'])})" in verdict


@pytest.mark.parametrize(
    ("prob", "word"),
    [(1.0, "Well"), (0.9, "Likely"), (0.7, "Weakly"), (0.5, "Open"), (0.3, "Not supp")],
)
def test_the_first_word_of_a_verdict_follows_the_posterior_probability(problem, prob, word):
    effects = np.where(np.arange(10) < round(10 * prob), 1.0, -1.0)
    row = answer(problem, pinned(problem, EFFECTS), pinned(problem, effects))
    assert row["prob"] == pytest.approx(prob)
    assert row["verdict"].startswith(word)


@pytest.mark.parametrize(
    ("centre", "spread", "word"),
    [(0.5, 1.0, "assumed"), (0.5, 0.5, "mixed"), (1.2, 1.0, "mixed"), (0.5, 0.05, "identified")],
)
def test_a_verdict_says_what_the_size_rests_on(problem, centre, spread, word):
    """A posterior made by hand; of so few draws the likelihood is not asked."""
    shape = np.random.default_rng(1).permutation(stats.norm.ppf((np.arange(150) + 0.5) / 150))
    posterior = pinned(problem, centre + spread * shape)
    row = answer(problem, pinned(problem, 0.5 + shape), posterior)
    assert row["basis"] == word
    assert f"size {word} (information gained {row['information']:.2f} ± " in row["verdict"]
    assert f"the median {-0.5:+.1f}" in row["verdict"]


def test_what_the_prior_already_had_is_not_well_supported(problem):
    sure, unsure = pinned(problem, np.linspace(1, 2, 20)), pinned(problem, np.linspace(-1, 2, 20))
    assert answer(problem, unsure, sure)["verdict"].startswith("Well supported")
    almost = np.r_[-1.0, np.linspace(1, 2, 39)]
    assert answer(problem, pinned(problem, almost), sure)["verdict"].startswith(
        "As sure before the data (P > 0.99)"
    )


def test_the_scorecard_follows_the_interval_rule_in_force(problem):
    draws = pinned(problem, np.linspace(-1, 3, 40) ** 3)
    with rc_context({"stats.ci_prob": 0.5, "stats.ci_kind": "hdi"}):
        row = answer(problem, draws)
    assert (row["ci_prob"], row["ci_kind"]) == (0.5, "hdi")
    assert row["upper"] - row["lower"] < np.ptp(np.quantile(np.linspace(-1, 3, 40) ** 3, [0.05, 1]))


def test_a_claim_names_its_cause(problem):
    draws = pinned(problem, [1.0])
    assert answer(problem, draws)["cause"] == "full relief of tariff in 1 steps"
    half = answer(problem, draws, depth=0.5, ramp=4)
    assert half["cause"] == "relief of 50 % of tariff in 4 steps"
    assert answer(problem, draws)["unit"] == "% a year"


# Refusals


def test_what_the_model_does_not_have_is_refused(problem):
    draws = pinned(problem, [1.0])
    with pytest.raises(UnknownVariableError, match="Did you mean 'price'"):
        answer(problem, draws, outcome="prices")
    with pytest.raises(UnknownVariableError, match="Did you mean 'tariff'"):
        answer(problem, draws, measures=("tariffs",))
    with pytest.raises(QuestionError, match="Unknown channel 'tarif' in a claim; there is total"):
        answer(problem, draws, channel="tarif")
    with pytest.raises(NoCausalPathError, match="leads from tariff to 'other'"):
        answer(problem, draws, outcome="other")


GOOD = """
format_version = 1
[claim.cheaper]
statement = "Prices fall."
outcome = "price_level"
sign = -1
horizon = 8
material = 0.5
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "claims.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_well_formed_file_is_read(write):
    found = load_claims(write(GOOD))
    assert list(found) == ["cheaper"]
    assert found["cheaper"].relief == Relief()
    assert found["cheaper"].channel == "total"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sign = -1", "sign = 0", r"\[claim.cheaper\]: .*sign is 0, expected 1 \(higher\)"),
        ("sign = -1", "", r"\[claim.cheaper\]: sign: it is missing"),
        ("horizon = 8", "horizon = 0", "horizon: expected a number greater than or equal to 1"),
        ("horizon = 8", "horizon = 2.5", "horizon: expected a whole number"),
        ("material = 0.5", "", "expected either `material`"),
        ("material = 0.5", "material = 0.5\ntarget = 4.0", "expected either `material`"),
        ("material = 0.5", "material = -0.5", "material: expected a number greater than 0"),
        ("material = 0.5", 'material = 0.5\nwhen = "in 8"', "`when` belongs to a `target`"),
        ("material = 0.5", "target = 4.0", "a `target` needs `when`, one of 'in 8', 'by 8'"),
        ("material = 0.5", 'target = 4.0\nwhen = "by 6"', "expected it to end at horizon 8"),
        ("material = 0.5", 'target = 4.0\nwhen = "soon"', "Cannot read 'soon'; write when as"),
        ("material = 0.5", "material = 0.5\ndepth = 1.5", "depth: .*less than or equal to 1"),
        ("material = 0.5", "material = 0.5\ndepth = 1e-9", "depth: .*less than a millionth"),
        ("material = 0.5", "material = 0.5\nramp = 0", "ramp: .*greater than or equal to 1"),
        ("material = 0.5", "material = 0.5\nsize = 3", "size: there is no such field"),
        ('statement = "Prices fall."', 'statement = ""', "statement: .*at least 1 character"),
        ("format_version = 1", "", "expected format_version = 1"),
        ("format_version = 1", "format_version = 2", "expected format_version = 1"),
        ("[claim.cheaper]", "[claims.cheaper]", r"tables \[claim.NAME\]"),
        ("[claim.cheaper]", "[claim]", r"claim"),
        ("sign = -1", "sign = ", "claims.toml is not a TOML file"),
    ],
)
def test_a_malformed_file_is_refused_with_its_place_and_reason(write, old, new, message):
    assert old in GOOD
    with pytest.raises(QuestionError, match=message) as refusal:
        load_claims(write(GOOD.replace(old, new)))
    assert "claims.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(QuestionError, match="No such file or directory; give a TOML file"):
        load_claims(tmp_path / "claims.toml")
    with pytest.raises(QuestionError, match="Is a directory; give a TOML file"):
        load_claims(tmp_path)
    binary = tmp_path / "claims.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(QuestionError, match="is not a TOML file"):
        load_claims(binary)
    binary.write_text("", encoding="utf-8")
    with pytest.raises(QuestionError, match="expected format_version = 1"):
        load_claims(binary)


def test_relief_of_no_measure_is_refused(write):
    with pytest.raises(QuestionError, match="measure"):
        load_claims(write(GOOD + "measures = []\n"))


def test_a_fixed_effect_is_answered_without_width(problem):
    fixed = Problem.of(
        problem.scm,
        problem.observations,
        problem.priors.replace({"tariff -> price": Fixed(value=2.0)}),
    )
    draws = sample_prior(fixed.scm, fixed.absolute, draws=20, random_seed=1)
    row = answer(fixed, draws, draws)
    assert row["prob"] == 1.0
    assert row["sign_assumed"]
    assert np.isnan(row["information"])
    assert "nan" not in row["verdict"]
