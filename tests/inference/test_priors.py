"""Families of priors against scipy, the priors file and what it refuses."""

import csv
import re

import numpy as np
import pytest
from oracle import as_dicts, close, prior_density, prior_distribution
from scipy.stats import beta
from small_problem import TABLES, as_prior, make_problem, small_scm
from strategies import variable

from sanctions_model.data.bundled import data_path
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import PriorError
from sanctions_model.inference.priors.families import (
    Beta,
    BetaMixture,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    StudentT,
)
from sanctions_model.inference.priors.ledger import Priors, load_priors, sample_prior
from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.variables import Noise

BELIEFS = {
    "normal": {"family": "Normal", "mu": -0.7, "sigma": 1.3},
    "normal from below": {"family": "Normal", "mu": 0.8, "sigma": 0.5, "lower": 0.5},
    "normal to above": {"family": "Normal", "mu": 0.8, "sigma": 0.5, "upper": 0.2},
    "normal between": {"family": "Normal", "mu": 1.0, "sigma": 2.0, "lower": -1.0, "upper": 0.5},
    "student-t": {"family": "StudentT", "nu": 4.0, "mu": 2.0, "sigma": 3.2},
    "log-normal": {"family": "LogNormal", "median": 16.0, "sigma": 0.35},
    "negative log-normal": {"family": "LogNormal", "median": 0.3, "sigma": 0.8, "negative": True},
    "cut log-normal": {"family": "LogNormal", "median": 1.5, "sigma": 0.6, "upper": 2.0},
    "cut negative log-normal": {
        "family": "LogNormal",
        "median": 0.6,
        "sigma": 0.9,
        "upper": 2.0,
        "negative": True,
    },
    "beta": {"family": "Beta", "alpha": 8.0, "beta": 3.0},
    "flat beta": {"family": "Beta", "alpha": 1.0, "beta": 1.0},
    "gamma": {"family": "Gamma", "alpha": 3.0, "beta": 2.0},
    "shifted gamma": {"family": "Gamma", "alpha": 2.0, "beta": 0.1, "shift": 2.0},
    "half-normal": {"family": "HalfNormal", "sigma": 1.7},
}
every_belief = pytest.mark.parametrize("table", BELIEFS.values(), ids=BELIEFS)


def probability_below(table, values):
    """Distribution function of the magnitude of a prior, by scipy."""
    distribution, sign, shift = prior_distribution(table)
    share = distribution.cdf(sign * (values - shift))
    if table["family"] == "LogNormal" and "upper" in table:
        share = share / distribution.cdf(table["upper"])
    return share


@every_belief
def test_log_densities_are_those_of_scipy(table):
    prior = as_prior(table)
    values = np.concatenate([np.linspace(-6, 60, 397), [0.11, 0.51, 0.99, -0.43, -1.3]])
    expected = np.array([prior_density(table, value) for value in values])
    # At a bound itself either side may be right.
    distinct = ~np.isin(values, [*prior.support, *(-np.array(prior.support))])
    found = prior.log_density(values)
    assert np.isfinite(expected).sum() > 5
    np.testing.assert_allclose(found[distinct], expected[distinct], rtol=1e-9, atol=1e-9)


@every_belief
def test_outside_its_support_a_prior_has_no_density(table):
    prior = as_prior(table)
    low, high = prior.support
    outside = [v for v in (low - 1e-6, low - 3, high + 1e-6, high + 3) if np.isfinite(v)]
    assert np.all(prior.log_density(np.array(outside)) == -np.inf)


@every_belief
def test_draws_have_the_quantiles_of_scipy(table):
    size = 20_000
    drawn = as_prior(table).sample(np.random.default_rng(11), size)
    assert drawn.shape == (size,)
    shares = probability_below(table, drawn)
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        error = np.sqrt(level * (1 - level) / size)
        assert abs(np.mean(shares <= level) - level) < 4 * error


# Scipy has no cut log-normal; its quantiles are compared above.
@pytest.mark.parametrize("name", [name for name in BELIEFS if not name.startswith("cut")])
def test_draws_have_the_moments_of_scipy(name):
    table = BELIEFS[name]
    size = 20_000
    drawn = as_prior(table).sample(np.random.default_rng(12), size)
    distribution, sign, shift = prior_distribution(table)
    inner, deviation = sign * (drawn - shift), distribution.std()
    assert abs(inner.mean() - distribution.mean()) < 4 * deviation / np.sqrt(size)
    if table["family"] == "StudentT":
        return  # with 4 degrees of freedom the variance of a variance does not exist
    fourth = float(distribution.stats(moments="k")) + 3
    error = deviation**2 * np.sqrt((fourth - 1) / size)
    assert abs(inner.var() - deviation**2) < 4 * error


@every_belief
def test_draws_lie_in_the_support(table):
    prior = as_prior(table)
    drawn = prior.sample(np.random.default_rng(13), 5000)
    low, high = prior.support
    assert np.all((drawn >= low) & (drawn <= high))
    assert np.isfinite(prior.log_density(drawn)).all()


def test_a_fixed_value_is_known():
    prior = Fixed(value=-1.0)
    assert prior.sample(np.random.default_rng(0), 3).tolist() == [-1.0] * 3
    assert prior.log_density(np.array([-1.0, 5.0])).tolist() == [0.0, 0.0]
    assert prior.support == (-1.0, -1.0)


@pytest.mark.parametrize(
    ("prior", "sign"),
    [
        (Normal(mu=5.0, sigma=0.1), 0),
        (Normal(mu=0.0, sigma=1.0, lower=0.0), 1),
        (Normal(mu=0.0, sigma=1.0, lower=-0.1), 0),
        (Normal(mu=0.0, sigma=1.0, upper=0.0), -1),
        (Normal(mu=1.0, sigma=1.0, lower=0.5, upper=2.0), 1),
        (StudentT(nu=4.0, mu=9.0, sigma=0.1), 0),
        (LogNormal(median=1.0, sigma=1.0), 1),
        (LogNormal(median=1.0, sigma=1.0, negative=True), -1),
        (LogNormal(median=1.0, sigma=1.0, upper=2.0, negative=True), -1),
        (Beta(alpha=1.0, beta=1.0), 1),
        (Gamma(alpha=1.0, beta=1.0), 1),
        (Gamma(alpha=1.0, beta=1.0, shift=-1.0), 0),
        (HalfNormal(sigma=1.0), 1),
        (Fixed(value=-2.0), -1),
        (Fixed(value=0.0), 0),
        (Fixed(value=0.3), 1),
    ],
)
def test_a_sign_is_set_by_a_prior_that_leaves_no_other(prior, sign):
    assert prior.sign == sign


def test_a_relative_prior_is_scaled_by_the_series():
    words = {"unit": "%", "rationale": "why", "sources": ("judgement",)}
    normal = Normal(mu=0.5, sigma=2.0, relative_to_series=True, without_data={"sigma": 9}, **words)
    assert normal.scaled((10.0, 3.0)) == Normal(mu=11.5, sigma=6.0, **words)
    half = HalfNormal(sigma=1.5, relative_to_series=True, **words)
    assert half.scaled((10.0, 3.0)) == HalfNormal(sigma=4.5, **words)


def test_a_relative_prior_without_a_series_takes_its_other_arguments():
    other = {"mu": 1.0, "sigma": 4.0}
    prior = Normal(mu=0.5, sigma=2.0, relative_to_series=True, without_data=other)
    assert prior.scaled(None) == Normal(mu=1.0, sigma=4.0)
    half = HalfNormal(sigma=1.5, relative_to_series=True, without_data={"sigma": 3.0})
    assert half.scaled(None) == HalfNormal(sigma=3.0)


@pytest.mark.parametrize("moments", [None, (10.0, 3.0)])
def test_an_absolute_prior_is_scaled_by_nothing(moments):
    prior = Normal(mu=0.5, sigma=2.0)
    assert prior.scaled(moments) == prior


def test_a_relative_prior_without_a_series_or_other_arguments_is_refused():
    with pytest.raises(PriorError, match="give `without_data` or absolute arguments"):
        HalfNormal(sigma=1.5, relative_to_series=True).scaled(None)


@pytest.mark.parametrize(
    ("family", "arguments", "message"),
    [
        (Normal, {"mu": 0.0, "sigma": 0.0}, "sigma: expected a number greater than 0 (got 0.0)"),
        (Normal, {"mu": 0.0, "sigma": -1.0}, "sigma: expected a number greater than 0 (got -1.0)"),
        (Normal, {"mu": 0.0, "sigma": 1.0, "lower": 2.0, "upper": 1.0}, "lower 2.0 is not below"),
        (Normal, {"mu": 0.0, "sigma": 1.0, "lower": 1.0, "upper": 1.0}, "lower 1.0 is not below"),
        (StudentT, {"nu": 0.0, "mu": 0.0, "sigma": 1.0}, "nu: expected a number greater than 0"),
        (LogNormal, {"median": -1.0, "sigma": 1.0}, "median: expected a number greater than 0"),
        (
            LogNormal,
            {"median": 1.0, "sigma": 1.0, "upper": 0.0},
            "upper: expected a number greater",
        ),
        (Beta, {"alpha": 0.0, "beta": 1.0}, "alpha: expected a number greater than 0 (got 0.0)"),
        (Gamma, {"alpha": 1.0, "beta": -1.0}, "beta: expected a number greater than 0 (got -1.0)"),
        (HalfNormal, {"sigma": 0.0}, "sigma: expected a number greater than 0 (got 0.0)"),
        (HalfNormal, {}, "sigma: it is missing (got nothing)"),
        (Fixed, {}, "value: it is missing (got nothing)"),
        (Fixed, {"value": 1.0, "mu": 2.0}, "mu: there is no such field (got 2.0)"),
    ],
)
def test_impossible_arguments_are_refused_in_one_line(family, arguments, message):
    with pytest.raises(PriorError, match=re.escape(f"{family.__name__}: {message}")) as caught:
        family(**arguments)
    assert "\n" not in str(caught.value)


# Priors of a model


@pytest.fixture
def scm():
    return StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            PartialAdjustment(variable=variable("inflation"), parents=("x",)),
            Linear(variable=variable("credit"), parents=("inflation[1]",)),
        )
    )


@pytest.fixture
def given():
    return {
        "x -> inflation": Normal(mu=0.0, sigma=1.0),
        "inflation[1] -> credit": Normal(mu=0.0, sigma=2.0),
        "intercept": Normal(mu=0.0, sigma=3.0),
        "scale": HalfNormal(sigma=1.0),
        "scale[credit]": HalfNormal(sigma=5.0),
        "degrees_of_freedom": Gamma(alpha=2.0, beta=0.1, shift=2.0),
        "persistence[inflation]": Beta(alpha=2.0, beta=2.0),
    }


def test_every_parameter_gets_its_own_prior_or_that_of_its_kind(scm, given):
    found = Priors.from_addresses(given).for_model(scm)
    assert list(found) == list(addresses(scm))
    assert found["scale[inflation]"] == HalfNormal(sigma=1.0)
    assert found["scale[credit]"] == HalfNormal(sigma=5.0)
    assert found["intercept[inflation]"] == found["intercept[credit]"] == given["intercept"]
    assert found["inflation[1] -> credit"] == given["inflation[1] -> credit"]


def test_all_priors_that_are_missing_are_named_at_once(scm, given):
    del given["x -> inflation"], given["persistence[inflation]"]
    with pytest.raises(PriorError, match=r"'x -> inflation' .* Without one, too: persistence\[inf"):
        Priors.from_addresses(given).for_model(scm)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("x -> inflation", "parameter 'x -> inflation' has no prior; add the table [coefficient."),
        ("persistence[inflation]", 'add the table [persistence."inflation"]'),
        ("intercept", "parameter 'intercept[inflation]' has no prior"),
        ("scale", "parameter 'scale[inflation]' has no prior"),
        ("degrees_of_freedom", "parameter 'degrees_of_freedom[inflation]' has no prior"),
    ],
)
def test_a_missing_prior_is_refused(scm, given, missing, message):
    del given[missing]
    with pytest.raises(PriorError, match=re.escape(message)):
        Priors.from_addresses(given).for_model(scm)


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("x -> inflaton", "Did you mean 'x -> inflation'?"),
        ("persistence[inflatoin]", "Did you mean 'inflation'"),
        ("persistence[credit]", '[persistence."credit"] names no parameter of the model'),
        ("scale[credits]", "Did you mean 'credit'"),
        ("persistance[inflation]", "there is coefficient, intercept, persistence"),
        ("persistance[*]", '[persistance."*"] names no parameter of the model'),
        ("anchoring", "[anchoring] names no parameter of the model"),
        ("recovery_speed[x]", '[recovery_speed."x"] names no parameter of the model'),
    ],
)
def test_a_prior_of_no_parameter_is_refused(scm, given, address, hint):
    with pytest.raises(PriorError, match=re.escape(hint)):
        Priors.from_addresses(given | {address: Beta(alpha=1.0, beta=1.0)}).for_model(scm)


@pytest.mark.parametrize(
    ("address", "prior"),
    [
        ("persistence[inflation]", Normal(mu=0.5, sigma=0.1)),
        ("persistence[inflation]", HalfNormal(sigma=0.1)),
        ("persistence[inflation]", Fixed(value=1.5)),
        ("scale[credit]", Normal(mu=3.0, sigma=0.1)),
        ("scale[credit]", LogNormal(median=1.0, sigma=1.0, negative=True)),
        ("degrees_of_freedom[credit]", StudentT(nu=4.0, mu=30.0, sigma=1.0)),
        ("degrees_of_freedom[credit]", Gamma(alpha=2.0, beta=2.0, shift=-1.0)),
    ],
)
def test_a_prior_with_density_where_the_parameter_cannot_be_is_refused(scm, given, address, prior):
    with pytest.raises(
        PriorError, match=f"{prior.family} has density on .*expected a prior within"
    ):
        Priors.from_addresses(given | {address: prior}).for_model(scm)


def test_a_prior_within_the_bounds_of_its_parameter_is_taken(scm, given):
    inside = Normal(mu=0.5, sigma=0.1, lower=0.0, upper=1.0)
    found = Priors.from_addresses(given | {"persistence[inflation]": inside}).for_model(scm)
    assert found["persistence[inflation]"] == inside


def test_priors_for_another_period_length_are_refused(scm, given):
    with pytest.raises(PriorError, match="stated for 12 periods a year, the model has 4"):
        Priors.from_addresses(given, periods_per_year=12).for_model(scm)
    with pytest.raises(PriorError, match=r"growth\.toml: stated for 4 periods a year, .* has 12"):
        load_priors(economy="growth").for_model(growth_transmission(12))


def test_gaussian_noise_needs_no_prior_of_degrees_of_freedom(scm, given):
    gaussian = StructuralCausalModel(equations=scm.equations, noise=Noise.GAUSSIAN)
    found = Priors.from_addresses(given).for_model(gaussian)
    assert not [address for address in found if address.startswith("degrees_of_freedom")]


def test_relative_priors_are_scaled_by_the_moments_of_their_equation(scm, given):
    relative = {
        "intercept": Normal(mu=0.0, sigma=1.0, relative_to_series=True, without_data={"sigma": 7}),
        "scale": HalfNormal(sigma=1.0, relative_to_series=True),
    }
    del given["scale[credit]"]
    priors = Priors.from_addresses(given | relative)
    found = priors.for_model(scm, {"inflation": (2.0, 0.5), "credit": (3.0, 4.0)})
    assert found["intercept[inflation]"] == Normal(mu=2.0, sigma=0.5)
    assert found["intercept[credit]"] == Normal(mu=3.0, sigma=4.0)
    assert found["scale[credit]"] == HalfNormal(sigma=4.0)
    with pytest.raises(PriorError, match="relative to its series has no series"):
        priors.for_model(scm, {"inflation": (2.0, 0.5)})


def test_replacing_a_prior_leaves_the_others_and_the_original(scm, given):
    priors = Priors.from_addresses(given)
    changed = priors.replace(
        {"x -> inflation": Fixed(value=2.0), "scale[credit]": Fixed(value=1.0)}
    )
    before, after = priors.for_model(scm), changed.for_model(scm)
    assert before == Priors.from_addresses(given).for_model(scm)
    assert {address for address in before if before[address] != after[address]} == {
        "x -> inflation",
        "scale[credit]",
    }


# Draws from priors


def test_the_same_seed_draws_the_same_and_each_parameter_by_itself(scm, given):
    absolute = Priors.from_addresses(given).for_model(scm)
    first = as_dicts(sample_prior(scm, absolute, draws=3, chains=2, random_seed=5))
    assert first == as_dicts(sample_prior(scm, absolute, draws=3, chains=2, random_seed=5))
    other = as_dicts(sample_prior(scm, absolute, draws=3, chains=2, random_seed=6))
    assert all(a[key] != b[key] for a, b in zip(first, other, strict=True) for key in a)
    # One more link, one more equation in front: the draws of the rest stay.
    wider = StructuralCausalModel(
        equations=(
            Linear(variable=variable("new"), parents=("x[2]",)),
            *scm.equations[:2],
            Linear(variable=variable("credit"), parents=("x", "inflation[1]")),
        )
    )
    more = given | {"x -> credit": Normal(mu=0, sigma=1), "x[2] -> new": Normal(mu=0, sigma=1)}
    absolute = Priors.from_addresses(more).for_model(wider)
    again = as_dicts(sample_prior(wider, absolute, draws=3, chains=2, random_seed=5))
    assert [{key: row[key] for key in first[0]} for row in again] == first


def test_no_two_parameters_share_their_draws():
    scm = StructuralCausalModel(
        equations=tuple(Linear(variable=variable(name)) for name in ("ab", "ba", "aa"))
    )
    same = {
        "intercept": Normal(mu=0, sigma=1),
        "scale": HalfNormal(sigma=1),
        "degrees_of_freedom": Gamma(alpha=2, beta=0.1),
    }
    draws = sample_prior(scm, Priors.from_addresses(same).for_model(scm), draws=2000)
    table = np.array([list(row.values()) for row in as_dicts(draws)])
    correlation = np.corrcoef(table.T) - np.eye(table.shape[1])
    assert np.abs(correlation).max() < 5 / np.sqrt(2000)


def test_draws_of_all_parameters_have_their_priors_quantiles():
    problem = make_problem()
    size = 4000
    draws = sample_prior(problem.scm, problem.absolute, draws=size // 2, chains=2, random_seed=1)
    assert (draws.sizes["chain"], draws.sizes["draw"]) == (2, size // 2)
    found = as_dicts(draws)
    assert set(found[0]) == set(addresses(small_scm()))
    for address, table in TABLES.items():
        if address not in found[0] or table["family"] == "Fixed":
            continue
        values = np.array([row[address] for row in found])
        for level in (0.1, 0.5, 0.9):
            error = np.sqrt(level * (1 - level) / size)
            share = np.mean(probability_below(table, values) <= level)
            assert abs(share - level) < 4 * error, address
    assert {row["output[1] -> output"] for row in found} == {0.4}


# The priors file


def test_the_bundled_priors_fit_the_growth_economy_and_rest_on_sources():
    priors, scm = load_priors(economy="growth"), growth_transmission()
    assert list(priors.for_model(scm)) == list(addresses(scm))
    with data_path("evidence.csv").open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file)}
    assert set(priors.sources) <= ids
    assert len(priors.sources) > 20
    for group in priors.entries.values():
        for prior in group.values():
            assert prior.rationale
            assert prior.sources


HEAD = "format_version = 1\nperiods_per_year = 4\n"
GOOD = (
    '[anchoring]\nfamily = "Beta"\nalpha = 4\nbeta = 4\nrationale = "why"\nsources = "judgement"\n'
)


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_file_is_read_with_its_name_and_period_length(write):
    priors = load_priors(write("format_version = 1\nperiods_per_year = 12\n" + GOOD))
    assert (priors.origin, priors.periods_per_year) == ("mine.toml", 12)
    expected = Beta(alpha=4.0, beta=4.0, rationale="why", sources="judgement")
    assert priors.entries == {"anchoring": {"": expected}}
    path = str(write(HEAD + GOOD.replace("[anchoring]", '[scale."*"]')))
    assert list(load_priors(path).entries["scale"]) == ["*"]


REFUSED = {
    "an empty file": ("", "format_version is nothing; expected 1"),
    "another version": (HEAD.replace("1", "2") + GOOD, "format_version is 2; expected 1"),
    "a version in words": ('format_version = "1"\n' + GOOD, "; expected 1 as the first key"),
    "no priors": (HEAD, "mine.toml has no priors; expected one table a parameter"),
    "no TOML": ("format_version: 1", "mine.toml is not a TOML file"),
    "a table twice": (HEAD + GOOD + GOOD, "mine.toml is not a TOML file"),
    "no text": (b"\xff\xfe\x00", "mine.toml is not a TOML file"),
    "no period length": (HEAD.replace("= 4", "= 0") + GOOD, "periods_per_year is 0"),
    "a period length in words": (HEAD.replace("= 4", '= "Q"') + GOOD, "periods_per_year is 'Q'"),
    "a number for a table": (HEAD + "anchoring = 0.5\n", "anchoring is 0.5; expected a table"),
    "a number in a group": (
        HEAD + "[scale]\ncredit = 2\n",
        'scale."credit"]: family is 2; expected',
    ),
    "an unknown family": (
        HEAD + GOOD.replace("Beta", "Cauchy"),
        "mine.toml: [anchoring]: family is 'Cauchy'; expected one of Normal, StudentT, LogNormal",
    ),
    "no family": (
        HEAD + GOOD.replace("[anchoring]\nfamily", '[scale."credit"]\nfamly'),
        'mine.toml: [scale."credit"]: family is nothing; expected one of',
    ),
    "an unknown argument": (
        HEAD + GOOD.replace("alpha", "alhpa"),
        "mine.toml: [anchoring]: Beta: alpha: it is missing (got family, alhpa, beta, rationale",
    ),
    "one argument too many": (
        HEAD + GOOD + "gamma = 1\n",
        "mine.toml: [anchoring]: Beta: gamma: there is no such field (got 1)",
    ),
    "a missing argument": (
        HEAD + GOOD.replace("beta = 4\n", ""),
        "mine.toml: [anchoring]: Beta: beta: it is missing",
    ),
    "an argument outside its support": (
        HEAD + GOOD.replace("alpha = 4", "alpha = -4"),
        "mine.toml: [anchoring]: Beta: alpha: expected a number greater than 0 (got -4.0)",
    ),
    "an argument in words": (
        HEAD + GOOD.replace("alpha = 4", 'alpha = "four"'),
        "mine.toml: [anchoring]: Beta: alpha: expected a finite number",
    ),
    "bounds in the wrong order": (
        HEAD
        + '[anchoring]\nfamily = "Normal"\nmu = 0\nsigma = 1\nlower = 2\nupper = 1\n'
        + 'rationale = "why"\n',
        "mine.toml: [anchoring]: Normal: lower 2.0 is not below upper 1.0.",
    ),
    "no rationale": (
        HEAD + GOOD.replace('rationale = "why"\n', ""),
        "mine.toml: [anchoring]: no rationale or sources",
    ),
    "an empty rationale": (
        HEAD + GOOD.replace('"why"', '""'),
        "mine.toml: [anchoring]: no rationale or sources",
    ),
    "no sources": (
        HEAD + GOOD.replace('"judgement"', "[]"),
        "mine.toml: [anchoring]: no rationale or sources",
    ),
    "sources in words": (
        HEAD + GOOD.replace('"judgement"', '"a book"'),
        "mine.toml: [anchoring]: Beta: sources: expected a list",
    ),
    "an unknown source": (
        HEAD + GOOD.replace('"judgement"', '["judgement", "corsetti_2025_markup"]'),
        "mine.toml: [anchoring]: source 'corsetti_2025_markup' is not an id of evidence.csv. "
        "Did you mean 'corsetti_2025_markups'?",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_used_is_refused_with_place_and_reason(write, text, message):
    with pytest.raises(PriorError, match=re.escape(message)) as refusal:
        load_priors(write(text))
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PriorError, match="No such file or directory; give a priors file"):
        load_priors(tmp_path / "nowhere.toml")


def test_a_file_for_another_model_is_refused_where_it_is_used(write, scm):
    with pytest.raises(PriorError, match=r"mine\.toml: \[anchoring\] names no parameter"):
        load_priors(write(HEAD + GOOD)).for_model(scm)


def test_log_densities_broadcast_over_draws():
    values = np.linspace(0.1, 0.9, 12).reshape(2, 6)
    for table in BELIEFS.values():
        prior = as_prior(table)
        close(np.exp(prior.log_density(values)).ravel(), np.exp(prior.log_density(values.ravel())))


def test_a_mixture_of_two_shares_has_the_density_and_the_draws_of_both():
    prior = BetaMixture(weight=0.3, alpha=1.5, beta=6.0, other_alpha=8.0, other_beta=3.0)
    values = np.linspace(0.001, 0.999, 57)
    components = beta(1.5, 6.0), beta(8.0, 3.0)
    expected = np.log(0.3 * components[0].pdf(values) + 0.7 * components[1].pdf(values))
    np.testing.assert_allclose(prior.log_density(values), expected, rtol=1e-10, atol=1e-10)
    assert np.all(prior.log_density(np.array([-0.1, 0.0, 1.0, 1.2])) == -np.inf)
    size = 20_000
    drawn = prior.sample(np.random.default_rng(4), size)
    for level in (0.1, 0.3, 0.5, 0.8):
        share = 0.3 * components[0].cdf(level) + 0.7 * components[1].cdf(level)
        assert abs(np.mean(drawn < level) - share) < 4 * np.sqrt(share * (1 - share) / size)


def test_a_mixture_of_two_shares_is_read_from_a_table_and_refused_in_a_line():
    table = {"family": "BetaMixture", "weight": 0.25, "alpha": 1.5, "beta": 6}
    table |= {"other_alpha": 8, "other_beta": 3}
    assert as_prior(table).components[1] == Beta(alpha=8, beta=3)
    with pytest.raises(PriorError, match="weight"):
        BetaMixture(weight=1.0, alpha=1, beta=1, other_alpha=1, other_beta=1)
