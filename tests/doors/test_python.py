"""Numbers, periods, statements and addresses as Python callers give them, and damaged fits."""

import hostile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laboratory import MODEL, PRIORS, as_observations, draw_truth, pinned, simulate_series
from saved_fits import fit_of

import sanctions_model as sm
from sanctions_model.coercion import generator_of
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.reading.windows import Window
from sanctions_model.scenarios.statements import Statement
from sanctions_model.scm.periods import periods_ahead, read_day, read_period, read_span

DRAWS = pinned()
SEEN = as_observations(simulate_series(draw_truth(4), 5))
PROBLEM = Problem.of(MODEL, SEEN, PRIORS)
OWN = sm.inference.sample_prior(PROBLEM.scm, PROBLEM.absolute, draws=3, random_seed=1)
CONDITION = sm.Condition(variable="inflation", values={1: 2.0})
NONE_OF_NUMBERS = (*hostile.NO_NUMBER, *hostile.NUMPY)
NO_COUNT = (*NONE_OF_NUMBERS, 1.5, 2.0, -1, *hostile.TOO_LARGE)
NO_SMALL_COUNT = (*NONE_OF_NUMBERS, 1.5, 2.0, -1, 0)
# A list or an array may be a path, and is none here: its entries are no numbers.
NO_PATH = tuple(wrong for wrong in NONE_OF_NUMBERS if not isinstance(wrong, dict) or wrong)

NO_KEY = [wrong for wrong in NO_SMALL_COUNT if type(wrong).__hash__ is not None]
NUMBERS = {
    "Relief.depth": (lambda x: sm.Relief(depth=x), NONE_OF_NUMBERS),
    "Relief.ramp": (lambda x: sm.Relief(ramp=x), NO_SMALL_COUNT),
    "Relief.start": (lambda x: sm.Relief(start=x), NO_SMALL_COUNT),
    "SetTo.value": (lambda x: sm.SetTo(variable="key_rate", value=x), NO_PATH),
    "ShiftBy.value": (lambda x: sm.ShiftBy(variable="key_rate", value=x), NO_PATH),
    "ScaleBy.value": (lambda x: sm.ScaleBy(variable="key_rate", value=x), NO_PATH),
    "Normal.mu": (lambda x: sm.Normal(mu=x, sigma=1), NONE_OF_NUMBERS),
    "Normal.sigma": (lambda x: sm.Normal(mu=0, sigma=x), (*NONE_OF_NUMBERS, 0, -1)),
    "Beta.alpha": (lambda x: sm.Beta(alpha=x, beta=1), (*NONE_OF_NUMBERS, 0, -1)),
    "Gamma.beta": (lambda x: sm.Gamma(alpha=1, beta=x), (*NONE_OF_NUMBERS, 0, -1)),
    "StudentT.nu": (lambda x: sm.StudentT(nu=x, mu=0, sigma=1), (*NONE_OF_NUMBERS, 0, -1)),
    "LogNormal.median": (lambda x: sm.LogNormal(median=x, sigma=1), (*NONE_OF_NUMBERS, 0, -1)),
    "HalfNormal.sigma": (lambda x: sm.HalfNormal(sigma=x), (*NONE_OF_NUMBERS, 0, -1)),
    "Fixed.value": (lambda x: sm.Fixed(value=x), NONE_OF_NUMBERS),
    "Target.value": (
        lambda x: sm.Target(outcome="y", value=x, below=True, when="by 8", probability=0.8),
        NONE_OF_NUMBERS,
    ),
    "Target.probability": (
        lambda x: sm.Target(outcome="y", value=1, below=True, when="by 8", probability=x),
        (*NONE_OF_NUMBERS, 0, 1, -1, 2),
    ),
    "Condition.value": (lambda x: sm.Condition(variable="y", values={1: x}), NONE_OF_NUMBERS),
    "Condition.period": (lambda x: sm.Condition(variable="y", values={x: 1.0}), NO_KEY),
    "pin": (lambda x: sm.pin(MODEL, {"trade -> growth": x}), NONE_OF_NUMBERS),
    "total_effect": (lambda x: sm.total_effect(MODEL, DRAWS, horizon=x), NO_COUNT),
    "impulse horizon": (
        lambda x: sm.impulse_response(MODEL, DRAWS, cause="key_rate", horizon=x),
        NO_COUNT,
    ),
    "impulse size": (
        lambda x: sm.impulse_response(MODEL, DRAWS, cause="key_rate", size=x, horizon=2),
        NONE_OF_NUMBERS,
    ),
    "step size": (
        lambda x: sm.step_response(MODEL, DRAWS, cause="key_rate", size=x, horizon=2),
        NONE_OF_NUMBERS,
    ),
    "variance horizon": (
        lambda x: sm.forecast_error_variance_decomposition(MODEL, DRAWS, horizon=x),
        NO_COUNT,
    ),
    "generator": (generator_of, (*NONE_OF_NUMBERS, 1.5, -1)),
    "transmission": (sm.growth_transmission, (*NONE_OF_NUMBERS, 0, -1, 5, 1.5)),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_of_the_public_functions_is_anything_else(name):
    door, wrong = NUMBERS[name]
    for value in wrong:
        hostile.must_refuse(door, value)


NO_PERIODS = (
    *(
        "",
        " ",
        "soon",
        "2014Q5",
        "2014Q0",
        "2014M13",
        "2014-13",
        "2014-03-99",
        "0000Q1",
        "2014Q1Q2",
    ),
    *(
        "14Q1",
        "Q5 2014",
        "31.02.2014",
        "2014-1-1-1",
        "\x1b[31m",
        "nan",
        "None",
        "1e3",
        "\u00b2",
        "-1",
    ),
    *("9" * 5000, "2014Q\u00b2", "20 14", None, True, 1.5, float("nan"), [], {}, b"2014Q1", object),
)
LIKE_PERIODS = st.one_of(
    st.text("0123456789QM-. /q\u00b2\u0661", max_size=12),
    st.from_regex(r"\A(\d{1,5}[-. ]?[QM]?\d{0,3}|[QM]\d ?\d{2,4}|\d{1,2}\.\d{1,2}\.\d{2,5})\Z"),
)
PERIOD_DOORS = {
    "span": read_span,
    "quarter": lambda text: read_period(text, 4),
    "month": lambda text: read_period(text, 12, end=True),
    "day": read_day,
    "ahead": lambda text: periods_ahead(text, "2025-10-01", 4),
}


@pytest.mark.parametrize("name", PERIOD_DOORS)
def test_no_period_is_read_from_what_is_none(name):
    for wrong in NO_PERIODS:
        hostile.must_refuse(PERIOD_DOORS[name], wrong)


@pytest.mark.parametrize("name", PERIOD_DOORS)
@given(text=LIKE_PERIODS)
@hostile.searched(60)
def test_what_looks_like_a_period_is_read_or_refused(name, text):
    hostile.answer(PERIOD_DOORS[name], text)


NO_WINDOWS = (
    "",
    "in",
    "in 0",
    "in -1",
    "in 1.5",
    "by 4-8",
    "through 8",
    "through 8-4",
    "in \u00b2",
)
NO_WINDOWS += (
    "by 10000",
    "by " + "9" * 5000,
    "on average over 0-4",
    "\x1b[31m",
    "in nan",
    "IN eight",
)
NO_STATEMENTS = (
    *("", "key_rate", "key_rate <= ten by 8", "key_rate <= nan by 8", "key_rate <= inf by 8"),
    *("key_rate = 10 by 8", "<= 10 by 8", "key_rate <= 10", "key_rate <= 10 by 0"),
    *("10 <= key_rate by 8", "key_rate <= 10 by 2090Q9", "key_rate <= 10 by 2010Q1"),
    *("key_rate <= 1e999 by 8", "\x1b[31m", "key_rate <= 10 by 100000"),
    *("key_rate <= 10 through 8-4", "key_rate <= 10 by 2028Q0"),
)
WORDS = ("key_rate", "gdp_level", "<=", ">=", "<", "not", "10", "-3", "1e9", "nan", "%", "by", "in")
WORDS += (
    "through",
    "on average over",
    "8",
    "4-8",
    "2028Q4",
    "against",
    "status quo",
    "\u00b2",
    "(",
)
LIKE_STATEMENTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


def statement(text):
    return Statement.parse(text, start="2025-10-01")


def test_no_window_or_statement_is_read_from_what_is_none():
    for wrong in NO_WINDOWS:
        hostile.must_refuse(Window.parse, wrong)
    for wrong in NO_STATEMENTS:
        hostile.must_refuse(statement, wrong)


@given(text=LIKE_STATEMENTS)
@hostile.searched(150)
def test_what_looks_like_a_statement_is_read_or_refused(text):
    hostile.answer(statement, text)
    hostile.answer(Window.parse, text)


NO_ADDRESSES = ("", "a", "a ->", "-> a", "trade->growth", "trade -> nothing", "scale[", "\x1b")
NO_ADDRESSES += (
    "scale[nothing]",
    "persistence[growth] ",
    "trade -> growth -> inflation",
    "x" * 5000,
)


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=lambda address: repr(address)[:30])
def test_no_parameter_is_found_at_what_is_no_address(address):
    hostile.must_refuse(sm.pin, MODEL, {address: 1.0})


@pytest.mark.parametrize("wrong", [-1, True, 1.5, "1", None])
def test_no_stream_of_a_seed_takes_another_seed(wrong):
    hostile.must_refuse(lambda given: generator_of(given, [1]), wrong)
    hostile.must_refuse(
        lambda given: sm.inference.sample_prior(MODEL, {}, draws=2, random_seed=given), wrong
    )


@pytest.mark.parametrize("wrong", [None, "draws", MODEL, DRAWS.to_array()])
def test_what_are_no_draws_is_refused(wrong):
    hostile.must_refuse(lambda given: sm.total_effect(MODEL, given), wrong)


def test_one_name_needs_no_brackets():
    for door in (sm.queries.forecast_error_variance, sm.total_effect):
        one, listed = (door(MODEL, DRAWS, held=given) for given in ("key_rate", ["key_rate"]))
        assert one.equals(listed)
        hostile.must_refuse(lambda given, door=door: door(MODEL, DRAWS, held=given), [1])


NO_PATHS = (
    [1.0],
    "trade",
    3,
    {"trade": "11"},
    {"trade": ["a", "b"]},
    {"trade": [True, False]},
    {"trade": [1j, 1j]},
    {"trade": [None, None]},
    {"trade": [[1.0], [1.0, 2.0]]},
    {"trade": np.array(["2020", "2021"], dtype="M8[Y]")},
)


@pytest.mark.parametrize("wrong", NO_PATHS, ids=lambda wrong: repr(wrong)[:40])
def test_what_are_no_paths_by_name_is_refused(wrong):
    hostile.must_refuse(
        lambda given: sm.scm.propagate(MODEL, DRAWS, horizon=2, exogenous=given), wrong
    )
    shocked = {"growth": wrong["trade"]} if isinstance(wrong, dict) else wrong
    hostile.must_refuse(
        lambda given: sm.scm.propagate(MODEL, DRAWS, horizon=2, shocks=given), shocked
    )
    for door in (
        lambda given: sm.simulate(PROBLEM, OWN, horizon=2, random_seed=1, exogenous=given),
        lambda given: sm.conditional_forecast(
            PROBLEM, OWN, [CONDITION], horizon=2, random_seed=1, exogenous=given
        ),
    ):
        hostile.must_refuse(door, wrong)


def test_a_missing_time_is_refused():
    times = [np.datetime64("NaT", "ns"), *SEEN.time.to_numpy()[1:]]
    hostile.must_refuse(Problem.of, MODEL, SEEN.assign_coords(time=times), PRIORS)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A fit, its file's bytes, and its draws."""
    folder = tmp_path_factory.mktemp("stored") / "fit"
    found = fit_of(sm.load_priors(economy="growth"), folder, 1)
    return folder / "posterior.nc", (folder / "posterior.nc").read_bytes(), found.draws


@given(data=st.data())
@hostile.searched(40)
def test_a_damaged_fit_is_refused_or_is_the_same(stored, data):
    path, content, draws = stored
    head = st.integers(0, 4000) | st.integers(0, len(content) - 1)
    if data.draw(st.booleans()):
        changed = content[: data.draw(head)]
    else:
        places = data.draw(st.lists(head, min_size=1, max_size=4))
        damaged = bytearray(content)
        for place in places:
            damaged[place] ^= 1 << data.draw(st.integers(0, 7))
        changed = bytes(damaged)
    path.with_name("damaged.nc").write_bytes(changed)
    found = hostile.answer(sm.load, path.with_name("damaged.nc"))
    if found is not None:  # bits that hold nothing
        np.testing.assert_equal(
            found[0].draws["coefficient"].to_numpy(), draws["coefficient"].to_numpy()
        )
