"""Required relief against probabilities in closed form, and scenario files.

One measure, one outcome: white noise or an autoregression around what the measure sets, so that
the probability of meeting a target within a few periods is a product or an integral of normal
distributions.
"""

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from small_futures import COUNT, problem_of, repeated
from strategies import variable

import sanctions_model as sm
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.queries.conditional import Condition, conditional_forecast
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.required import Target, relief_frontier, required_relief
from sanctions_model.scenarios.library import load_scenario
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Level,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.interventions import Relief, ScaleBy, SetTo, ShiftBy
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold, Noise, Path

ERRORS = 4.0
DEPTHS = np.round(np.arange(101) / 100, 2)


def measure(name, level=1.0):
    return Exogenous(variable=variable(name), continuation=Hold(level))


@pytest.fixture(scope="module")
def noisy():
    """Two measures move `y`, white noise around its mean, at once."""
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            measure("tariff"),
            measure("quota"),
            Linear(variable=variable("y"), parents=("tariff", "quota")),
        ),
        levels=(Level(variable=variable("total"), flow="y"),),
    )
    values = {"tariff -> y": 2.0, "quota -> y": 1.2, "intercept[y]": -1.0, "scale[y]": 0.8}
    series = {"tariff": np.ones(4), "quota": np.ones(4), "y": np.array([2.0, 3.0, 2.5, 1.9])}
    return problem_of(scm, series), repeated(pin(scm, values))


def below_at_some_time(means, scale, value):
    """P(a normal of each mean, all independent, is at or below the value at least once)."""
    return 1.0 - np.prod(stats.norm(means, scale).sf(value))


def noisy_probability(value, within, *, tariff=0.0, quota=0.0, ramp=4):
    """Of y at or below the value, by reliefs of both measures."""
    steps = np.minimum(np.arange(1, within + 1) / ramp, 1.0)
    means = -1.0 + 2.0 * (1 - tariff * steps) + 1.2 * (1 - quota * steps)
    return below_at_some_time(means, 0.8, value)


def binomial_error(expected, count=COUNT):
    """Standard error of a share, no less than that of ten draws: rarer ones are not normal."""
    return np.sqrt(np.maximum(expected * (1 - expected), 10 / count) / count)


def first_reaching(probabilities, wanted):
    """The smallest depth of a fine grid whose probability is reached."""
    fine = np.linspace(0, 1, 1001)
    return fine[np.flatnonzero([probabilities(depth) >= wanted for depth in fine])[0]]


# Required relief


@pytest.mark.parametrize(("within", "ramp", "start"), [(1, 1, 1), (4, 4, 1), (6, 2, 1), (6, 2, 3)])
def test_required_relief_of_white_noise_is_that_of_the_closed_form(noisy, within, ramp, start):
    problem, draws = noisy
    target = Target(outcome="y", value=1.0, below=True, when=f"by {within}", probability=0.7)
    relief = Relief(ramp=ramp, start=start, measures=("tariff", "quota"))
    found = required_relief(problem, draws, target, relief=relief, random_seed=3)

    def probability(depth):
        steps = np.clip((np.arange(1, within + 1) - start + 1) / ramp, 0, 1)
        return below_at_some_time(-1.0 + 3.2 * (1 - depth * steps), 0.8, 1.0)

    np.testing.assert_array_equal(found.depths, DEPTHS)
    expected = np.array([probability(depth) for depth in DEPTHS])
    error = binomial_error(expected)
    few = slice(0, None, 10)  # neighbours share their shocks
    assert (np.abs(found.probability - expected)[few] <= ERRORS * error[few]).all()
    np.testing.assert_allclose(found.standard_error, error, atol=5e-4)
    assert abs(found.smallest - first_reaching(probability, 0.7)) <= 0.02
    assert found.sufficient == ((found.smallest, 1.0),)
    # The same shocks meet all depths, so that P cannot fall by chance.
    assert (np.diff(found.probability) >= 0).all()


def test_required_relief_reads_the_path_of_an_autoregression():
    """Its periods depend on each other: the probability is an integral over the whole path."""
    rho, weight, scale, last, within = 0.6, 3.0, 0.5, 3.5, 3
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            measure("tariff"),
            PartialAdjustment(variable=variable("y"), parents=("tariff",)),
        ),
    )
    values = {"tariff -> y": weight, "persistence[y]": rho, "scale[y]": scale}
    problem = problem_of(scm, {"tariff": np.ones(3), "y": np.array([0.0, 1.0, last])})
    target = Target(outcome="y", value=1.5, below=True, when=f"by {within}", probability=0.5)
    found = required_relief(
        problem,
        repeated(pin(scm, values)),
        target,
        relief=Relief(ramp=2, measures=("tariff",)),
        random_seed=4,
    )
    inverse = np.linalg.inv(np.eye(within) - rho * np.eye(within, k=-1))
    covariance = scale**2 * inverse @ inverse.T

    def probability(depth):
        steps = np.minimum(np.arange(1, within + 1) / 2, 1.0)
        input_ = (1 - rho) * weight * (1 - depth * steps)
        input_[0] += rho * last
        minus = stats.multivariate_normal(-inverse @ input_, covariance, seed=1)
        return 1.0 - minus.cdf(np.full(within, -1.5))

    at = np.arange(0, 101, 10)
    expected = np.array([probability(depth) for depth in DEPTHS[at]])
    assert (np.abs(found.probability[at] - expected) <= ERRORS * binomial_error(expected)).all()
    near = np.linspace(found.smallest - 0.03, found.smallest + 0.03, 61)
    exact = near[np.flatnonzero([probability(depth) >= 0.5 for depth in near])[0]]
    assert abs(found.smallest - exact) <= 0.02


def test_a_target_met_above_is_the_mirror_of_one_met_below(noisy):
    problem, draws = noisy
    relief = Relief(measures=("tariff",))
    target = Target(outcome="total", value=5.0, below=False, when="by 4", probability=0.5)
    found = required_relief(problem, draws, target, relief=relief, random_seed=3)
    # The sum of four periods is at or above 5 only if the best partial sum is.
    generator = np.random.default_rng(6)
    shocks = 0.8 * generator.standard_normal((200_000, 4))
    for depth in (0.0, 0.5, 1.0):
        means = -1.0 + 1.2 + 2.0 * (1 - depth * np.array([0.25, 0.5, 0.75, 1.0]))
        expected = ((means + shocks).cumsum(axis=1).max(axis=1) >= 5.0).mean()
        error = np.sqrt(expected * (1 - expected) * (1 / COUNT + 1 / 200_000))
        assert abs(found.probability[int(100 * depth)] - expected) <= ERRORS * error
    assert found.smallest == 0.0
    assert found.sufficient[0][1] < 1.0


def certain(signs, intercepts):
    """Draws without noise whose `y` is ``intercept + sign * tariff``."""
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(measure("tariff"), Linear(variable=variable("y"), parents=("tariff",))),
    )
    draws = [
        pin(scm, {"tariff -> y": sign, "intercept[y]": intercept, "scale[y]": 0.0})
        for sign, intercept in zip(signs, intercepts, strict=True)
    ]
    many = xr.concat(draws, dim="draw").assign_coords(draw=np.arange(len(draws)))
    return problem_of(scm, {"tariff": np.ones(3), "y": np.zeros(3)}), many


AT_ONCE = Relief(ramp=1, measures=("tariff",))


def test_relief_that_is_enough_only_in_the_middle_shows_both_ends():
    """One draw meets the target from 0.295 on, the other up to 0.705."""
    question = certain((1.0, -1.0), (-0.705, 0.295))
    target = Target(outcome="y", value=0.0, below=True, when="by 1", probability=0.8)
    found = required_relief(*question, target, relief=AT_ONCE, random_seed=1)
    assert found.sufficient == ((0.3, 0.7),)
    assert found.smallest == 0.3
    assert sorted(set(found.probability)) == [0.5, 1.0]


def test_a_probability_that_is_not_monotone_gives_the_set():
    question = certain((1.0, -1.0), (-0.295, 0.705))
    target = Target(outcome="y", value=0.0, below=True, when="by 1", probability=0.4)
    found = required_relief(*question, target, relief=AT_ONCE, random_seed=1)
    assert found.sufficient == ((0.0, 0.29), (0.71, 1.0))
    assert found.smallest == 0.0
    assert found.verdict.startswith("With a relief of 0 % to 29 % and of 71 % to 100 % y is at")
    frame = found.to_frame()
    assert frame.columns.tolist() == ["relief", "probability", "standard_error", "sufficient"]
    assert frame["relief"][frame["sufficient"]].tolist() == [
        *np.round(np.arange(0, 0.295, 0.01), 2),
        *np.round(np.arange(0.71, 1.005, 0.01), 2),
    ]


def test_a_target_out_of_reach_says_so_with_the_best_there_is(noisy):
    problem, draws = noisy
    target = Target(outcome="y", value=-2.0, below=True, when="by 2", probability=0.95)
    relief = Relief(ramp=1, measures=("tariff",))
    found = required_relief(problem, draws, target, relief=relief, random_seed=3)
    assert found.smallest is None
    assert found.sufficient == ()
    best = noisy_probability(-2.0, 2, tariff=1.0, ramp=1)
    assert found.probability.max() == pytest.approx(best, abs=0.01)
    said = "A probability of 0.95 that y is at most −2 at some point by 2001Q2 is out of reach"
    assert said in found.verdict
    assert f"the best is {found.probability.max():.2f}, at a relief of 100 %" in found.verdict


def test_a_target_in_reach_says_how_far_away_it_is(noisy):
    problem, draws = noisy
    target = Target(outcome="y", value=1.0, below=True, when="by 2", probability=0.6)
    relief = Relief(ramp=1, measures=("tariff",))
    found = required_relief(problem, draws, target, relief=relief, random_seed=3)
    exact = first_reaching(lambda depth: noisy_probability(1.0, 2, tariff=depth, ramp=1), 0.6)
    assert abs(found.smallest - exact) <= 0.02
    assert f"With a relief of {100 * found.smallest:.0f} % y is at most 1" in found.verdict
    assert "with a probability of 0.6;" in found.verdict
    assert f"without relief it is {noisy_probability(1.0, 2):.2f}." in found.verdict


def test_no_relief_is_required_where_the_target_is_met_anyhow(noisy):
    problem, draws = noisy
    target = Target(outcome="y", value=9.0, below=True, when="by 1", probability=0.5)
    found = required_relief(
        problem, draws, target, relief=Relief(measures=("tariff",)), random_seed=3
    )
    assert found.smallest == 0.0
    assert (found.probability == 1.0).all()
    assert (found.standard_error == 0.0).all()


def test_required_relief_follows_the_recovery_of_its_measure():
    """Of a measure that recovers in part, all of it does less than its depth."""
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            measure("tariff"),
            AsymmetricAdjustment(variable=variable("effective"), measure="tariff"),
            Linear(variable=variable("y"), parents=("effective",)),
        ),
    )
    values = {
        "effective -> y": 1.0,
        "scale[y]": 0.0,
        "recoverable_share[tariff]": 0.6,
        "recovery_speed[tariff]": 0.5,
    }
    problem = problem_of(scm, {"tariff": np.ones(3), "y": np.ones(3)})
    target = Target(outcome="y", value=0.649, below=True, when="by 3", probability=0.5)
    found = required_relief(problem, pin(scm, values), target, relief=AT_ONCE, random_seed=1)
    # After three periods 1 - 0.6 depth (1 - 0.5**3) is left: 0.649 takes a depth of 0.6686.
    assert found.smallest == 0.67


def test_a_measure_held_at_its_last_value_is_relieved_from_there():
    """The continuation without a number is what was observed last, not nothing."""
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            Exogenous(variable=variable("tariff"), continuation=Hold()),
            Linear(variable=variable("y"), parents=("tariff",)),
        ),
    )
    problem = problem_of(scm, {"tariff": np.array([0.0, 1.0, 2.0]), "y": np.zeros(3)})
    target = Target(outcome="y", value=1.0, below=True, when="by 1", probability=0.5)
    draws = pin(scm, {"tariff -> y": 1.0, "scale[y]": 0.0})
    found = required_relief(problem, draws, target, relief=AT_ONCE, random_seed=1)
    assert found.smallest == 0.5


def test_the_seed_settles_the_answer(noisy):
    problem, draws = noisy
    few = draws.isel(draw=slice(0, 500))
    target = Target(outcome="y", value=1.0, below=True, when="by 3", probability=0.7)
    relief = Relief(measures=("tariff",))
    first, again, other = (
        required_relief(problem, few, target, relief=relief, random_seed=seed).probability
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_growth_economy_answers_with_all_measures(growth_problem):
    from sanctions_model.inference.density import complete_from_prior
    from sanctions_model.inference.priors.ledger import sample_prior

    draws = sample_prior(growth_problem.scm, growth_problem.absolute, draws=60, random_seed=5)
    draws = complete_from_prior(growth_problem, draws, 6)
    target = Target(outcome="key_rate", value=13.0, below=True, when="by 6", probability=0.5)
    found = required_relief(growth_problem, draws, target, random_seed=2)
    for depth in (0.0, 0.37, 1.0):
        paths = {name: Relief(depth=depth).path(1.0, 6) for name in growth_problem.scm.measures}
        futures = simulate(
            growth_problem,
            draws,
            horizon=6,
            exogenous=paths,
            random_seed=2,
            outcomes=["key_rate"],
        ).to_numpy()[0, 0, :, 0]
        expected = (futures.min(axis=0) <= 13.0).mean()
        assert found.probability[round(100 * depth)] == pytest.approx(expected, abs=1e-12)


def test_a_forecast_says_what_its_drivers_do():
    """Held at a number, held at what they were, along a declared path, or as the caller says."""
    continuations = {
        "held": Hold(0.5),
        "last": Hold(),
        "declared": Path((1.0, 0.25)),
        "given": Hold(),
        "moved": Hold(),
    }
    scm = StructuralCausalModel(
        noise=Noise.GAUSSIAN,
        equations=(
            *(
                Exogenous(variable=variable(name), continuation=continuation)
                for name, continuation in continuations.items()
            ),
            Linear(variable=variable("y"), parents=tuple(continuations)),
        ),
    )
    problem = problem_of(scm, {name: np.arange(3.0) for name in (*continuations, "y")})
    draws = pin(scm, {f"{name} -> y": 1.0 for name in continuations})
    found = simulate(
        problem,
        draws,
        horizon=3,
        random_seed=1,
        exogenous={"given": np.zeros(3)},
        interventions=[ShiftBy(variable="moved", value=1.0)],
        outcomes=["declared", "held", "last"],
    )
    np.testing.assert_array_equal(
        found[:, 0, :, 0, 0], [[1.0, 0.25, 0.25], [0.5, 0.5, 0.5], [2.0, 2.0, 2.0]]
    )
    words = found.attrs["continuation"].split("; ")
    assert words[0] == "held held at 0.5"
    assert words[1] == "last held at its last value"
    assert "held" not in words[2]
    assert words[3:] == ["given as given", "moved as given"]


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.2, 1.5, np.nan])
def test_a_probability_outside_none_to_all_is_refused(probability):
    with pytest.raises(QuestionError, match="expected a number between 0 and 1"):
        Target(outcome="y", value=0.0, below=True, when="by 4", probability=probability)


def test_a_target_without_periods_or_value_is_refused():
    with pytest.raises(QuestionError, match="Periods 1 to 0 run backwards"):
        Target(outcome="y", value=0.0, below=True, when="by 0", probability=0.5)
    with pytest.raises(QuestionError, match="finite"):
        Target(outcome="y", value=np.nan, below=True, when="by 2", probability=0.5)


def test_unknown_names_are_refused(noisy):
    problem, draws = noisy
    few = draws.isel(draw=slice(0, 5))
    target = Target(outcome="y", value=0.0, below=True, when="by 2", probability=0.5)
    with pytest.raises(UnknownVariableError, match=r"'tarif' in the relief.*Did you mean 'tariff'"):
        required_relief(problem, few, target, relief=Relief(measures=("tarif",)), random_seed=1)
    with pytest.raises(QuestionError, match="'y' is not a measure"):
        required_relief(problem, few, target, relief=Relief(measures=("y",)), random_seed=1)
    odd = Target(outcome="z", value=0.0, below=True, when="by 2", probability=0.5)
    with pytest.raises(UnknownVariableError, match="'z' in the outcomes"):
        required_relief(problem, few, odd, relief=Relief(measures=("tariff",)), random_seed=1)


# The frontier


def test_the_frontier_of_two_measures_is_that_of_the_closed_form(noisy):
    problem, draws = noisy
    target = Target(outcome="y", value=1.0, below=True, when="by 3", probability=0.9)
    few = draws.isel(draw=slice(0, 4_000))
    found = relief_frontier(problem, few, target, ("tariff", "quota"), ramp=2, random_seed=5)
    assert found.columns.tolist() == ["tariff", "quota", "probability"]
    np.testing.assert_allclose(found["tariff"], np.linspace(0, 1, 21), atol=1e-12)
    for row in found.itertuples():

        def probability(depth, first=row.tariff):
            return noisy_probability(1.0, 3, tariff=first, quota=depth, ramp=2)

        at = 1.0 if np.isnan(row.quota) else row.quota
        expected = probability(at)
        error = binomial_error(expected, 4_000)
        assert abs(row.probability - expected) <= ERRORS * error
        if np.isnan(row.quota):
            assert expected < 0.9 + ERRORS * error
            continue
        # Enough, and a step less is not, as far as 4,000 draws can tell.
        assert expected > 0.9 - ERRORS * error
        assert row.quota == 0.0 or probability(row.quota - 0.01) < 0.9 + ERRORS * error
    assert found["quota"].isna().any()
    assert (found["quota"] == 0.0).any()
    # More relief of one never asks for more of the other.
    assert (np.diff(found["quota"].dropna()) <= 0).all()


def test_the_frontier_needs_two_measures(noisy):
    problem, draws = noisy
    target = Target(outcome="y", value=1.0, below=True, when="by 3", probability=0.8)
    with pytest.raises(QuestionError, match="two different measures, got 'quota' twice"):
        relief_frontier(problem, draws, target, ("quota", "quota"), random_seed=1)
    with pytest.raises(UnknownVariableError, match="Did you mean 'quota'"):
        relief_frontier(problem, draws, target, ("tariff", "qota"), random_seed=1)


# Scenario files

FULL = """
format_version = 1
label = "Easier money while trade opens"
absorbing = ["y"]
without_shocks = ["y"]

[[intervention]]
kind = "set"
variable = "tariff"
value = [0.5, 0.25]
start = 2
stop = 3

[[intervention]]
kind = "shift"
variable = "y"
value = -1.0

[[intervention]]
kind = "scale"
variable = "quota"
value = 0.5
start = 2

[[condition]]
variable = "y"
values = {1 = 0.5, 3 = -0.5}
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="scenario.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_scenario_file_is_read(write):
    found = load_scenario(write(FULL))
    assert found.label == "Easier money while trade opens"
    assert found.interventions == (
        SetTo(variable="tariff", value=(0.5, 0.25), start=2, stop=3),
        ShiftBy(variable="y", value=-1.0),
        ScaleBy(variable="quota", value=0.5, start=2),
    )
    assert found.conditions == (Condition(variable="y", values={1: 0.5, 3: -0.5}),)
    assert found.absorbing == ("y",)
    assert found.without_shocks == ("y",)
    assert load_scenario(str(write(FULL))) == found


def test_a_scenario_survives_being_written_down(write):
    found = load_scenario(write(FULL))
    assert Scenario.model_validate_json(found.model_dump_json()) == found
    assert Scenario.model_validate(found.model_dump()) == found


def test_a_scenario_needs_no_more_than_a_label(write):
    found = load_scenario(write('format_version = 1\nlabel = "As it is"\n'))
    assert found.interventions == ()
    assert found.conditions == ()
    assert found.absorbing is None
    assert found.without_shocks == ()


def test_a_scenario_cannot_be_changed(write):
    from pydantic import ValidationError

    found = load_scenario(write(FULL))
    with pytest.raises(ValidationError, match="frozen"):
        found.label = "Other"


def test_a_scenario_from_a_file_is_what_its_parts_are(write, noisy):
    problem, draws = noisy
    few = draws.isel(draw=slice(0, 20))
    found = load_scenario(write(FULL))
    common = {"horizon": 4, "random_seed": 3, "outcomes": ["y", "tariff", "quota"]}
    paths = simulate(problem, few, interventions=found.interventions, **common)[:, 0, :, 0]
    plain = simulate(problem, few, **common)[:, 0, :, 0]
    np.testing.assert_array_equal(paths.sel(outcome="tariff")[:, 0], [1.0, 0.5, 0.25, 1.0])
    np.testing.assert_array_equal(paths.sel(outcome="quota")[:, 0], [1.0, 0.5, 0.5, 0.5])
    effect = np.array([-1.0, -1.0 - 1.0 - 0.6, -1.0 - 1.5 - 0.6, -1.0 - 0.6])
    gap = (paths - plain).sel(outcome="y").to_numpy()
    np.testing.assert_allclose(gap, np.repeat(effect[:, None], 20, axis=1), atol=1e-12)
    bent = conditional_forecast(
        problem,
        few,
        found.conditions,
        horizon=4,
        absorbing=found.absorbing,
        random_seed=3,
        outcomes=["y"],
    )["path"]
    np.testing.assert_allclose(bent.sel(outcome="y", horizon=1), 0.5, atol=1e-9)
    np.testing.assert_allclose(bent.sel(outcome="y", horizon=3), -0.5, atol=1e-9)


HEAD = 'format_version = 1\nlabel = "x"\n'
SETTING = HEAD + '[[intervention]]\nvariable = "y"\nvalue = 1.0\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label =", "scenario.toml is not a TOML file"),
        ('label = "x"\n', "scenario.toml: format_version: it is missing"),
        ('format_version = 2\nlabel = "x"\n', "format_version: expected 1"),
        ("format_version = 1\n", "scenario.toml: label: it is missing"),
        ('format_version = 1\nlabel = ""\n', "label: expected text of at least 1 character"),
        (HEAD + "depth = 0.5\n", "depth: there is no such field"),
        (SETTING, "intervention.0: .*kind"),
        (
            SETTING + 'kind = "multiply"\n',
            "intervention.0: 'kind' is 'multiply'; expected one of 'set', 'shift', 'scale'",
        ),
        (
            SETTING + 'kind = "set"\nstart = 0\n',
            "intervention.0.set.start: .*greater than or equal",
        ),
        (SETTING + 'kind = "set"\nstop = 0\n', "intervention.0.set.stop: .*greater than or equal"),
        (SETTING + 'kind = "set"\nuntil = 3\n', "intervention.0.set.until: there is no such field"),
        (
            HEAD + '[[intervention]]\nkind = "set"\nvariable = "y"\n',
            "intervention.0.set.value: it is missing",
        ),
        (
            HEAD + '[[intervention]]\nkind = "shift"\nvariable = "y"\nvalue = "low"\n',
            "intervention.0.shift.value: expected a finite number, got",
        ),
        (HEAD + '[[condition]]\nvariable = "y"\n', "condition.0.values: it is missing"),
        (
            HEAD + '[[condition]]\nvariable = "y"\nvalues = {soon = 1.0}\n',
            "condition.0.values.soon.*'soon' is no period; expected a quarter",
        ),
        (HEAD + 'absorbing = "y"\n', "absorbing: expected a list"),
        (HEAD + "without_shocks = [1]\n", "without_shocks.0: expected text"),
    ],
)
def test_a_malformed_file_is_refused_with_its_place_and_reason(write, text, message):
    with pytest.raises(QuestionError, match=message):
        load_scenario(write(text))


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(QuestionError, match=r"Cannot read .*none.toml: No such file.*give a scen"):
        load_scenario(tmp_path / "none.toml")
    with pytest.raises(QuestionError, match="Cannot read"):
        load_scenario(tmp_path)
    (tmp_path / "latin.toml").write_bytes('label = "é"'.encode("latin-1"))
    with pytest.raises(QuestionError, match=r"latin.toml is not a TOML file"):
        load_scenario(tmp_path / "latin.toml")


def test_what_a_file_says_of_periods_is_checked_where_it_is_used(write):
    backwards = load_scenario(write(SETTING + 'kind = "set"\nstart = 3\nstop = 2\n'))
    with pytest.raises(QuestionError, match="periods 3 to 2; expected 1 <= start <= stop"):
        _ = backwards.interventions
    past = load_scenario(write(HEAD + '[[condition]]\nvariable = "y"\nvalues = {0 = 1.0}\n'))
    with pytest.raises(QuestionError, match="period 0, which is past"):
        _ = past.conditions


def test_a_scenario_takes_what_questions_take():
    stated = (
        sm.SetTo(variable="oil", value=(1.0, 2.0), start=2, stop=4),
        sm.ShiftBy(variable="key_rate", value=0.5),
        sm.ScaleBy(variable="trade", value=0.5, stop=3),
    )
    condition = sm.Condition(variable="inflation", values={1: 2.0, 3: 1.0})
    found = sm.Scenario(label="Mine", intervention=stated, condition=[condition])
    assert found.interventions == stated
    assert found.conditions == (condition,)
    tables = [{"kind": "shift", "variable": "key_rate", "value": 0.5}]
    assert sm.Scenario(label="x", intervention=stated[1:2]) == sm.Scenario(
        label="x", intervention=tables
    )
