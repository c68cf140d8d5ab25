"""What a user reads of a wrong file: places and reasons in our words, none of a library's."""

import itertools

import pytest
from pydantic import ValidationError

from sanctions_model.errors import (
    SanctionsModelError,
    UnknownVariableError,
    did_you_mean,
    first_fault,
)
from sanctions_model.inference.priors.families import Beta, LogNormal, Normal
from sanctions_model.scenarios.library import FutureProcess, load_scenario
from sanctions_model.scenarios.relief import Phase
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scm.simulation.propagate import respond

FOREIGN = (
    *("Input should", "Field required", "Extra inputs", "String should", "unable to parse"),
    *("valid number", "valid integer", "Value error", "function-", "tagged-union", "pydantic"),
    *(".float", ".int", "[type="),
)
WRONG = ["soon", "0.5", "", True, None, [], {}, [1, "a"], -1, 2.5, float("nan"), float("inf")]
HEAD = {"format_version": 1, "label": "Mine"}
FIELDS = [
    *(("intervention", [{"kind": k, "variable": "y", "value": 1}]) for k in ("set", "no")),
    ("intervention", [{"variable": "y"}]),
    ("condition", [{"variable": "y", "values": {1: 2.0}}]),
    ("absorbing", ["y"]),
    ("without_shocks", ["y"]),
    ("relief", [{"measures": ["finance"], "phase": [{"start": 1, "ramp": 2, "depth": 1.0}]}]),
    ("tightening", [{"measures": ["finance"], "rise": 0.5}]),
    ("level", [{"variable": "gdp_level", "size": 1.0, "stop": 2}]),
    ("nothing_of_ours", 1),
]


def spoilt(content, wrong):
    """Every way to put the wrong value somewhere in a table, or to leave an entry out."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield {k: v for k, v in content.items() if k != key}
            for other in spoilt(value, wrong):
                yield content | {key: other}
        yield content | {"extra": wrong}
    elif isinstance(content, list):
        for position, value in enumerate(content):
            for other in spoilt(value, wrong):
                yield [*content[:position], other, *content[position + 1 :]]
    yield wrong


def messages():
    for (name, content), wrong in itertools.product(FIELDS, WRONG):
        for other in spoilt(content, wrong):
            try:
                Scenario.model_validate(HEAD | {name: other})
            except ValidationError as error:
                yield first_fault(error, whole="the file")
            except SanctionsModelError as error:
                yield str(error)


def test_no_words_of_a_library_reach_a_user():
    found = set(messages())
    assert len(found) > 300
    for message in found:
        assert "\n" not in message
        assert not [word for word in FOREIGN if word in message], message


@pytest.mark.parametrize("wrong", ["0.5", True, None, [0.5], float("nan")])
def test_text_and_booleans_are_no_numbers_in_files_and_beliefs(wrong):
    asked = [
        lambda: Normal(mu=wrong, sigma=1.0),
        lambda: Beta(alpha=1.0, beta=wrong),
        lambda: LogNormal(median=wrong, sigma=1.0),
        lambda: Phase(start=1, ramp=1, depth=wrong),
        lambda: FutureProcess(
            order=("a", "b"), status_quo="a", initial=(wrong, 0.5), transition=((1, 0), (0, 1))
        ),
    ]
    for ask in asked:
        with pytest.raises((SanctionsModelError, ValidationError), match="expected a finite num"):
            ask()


def test_an_endless_ramp_and_half_a_period_are_refused(tmp_path):
    file = tmp_path / "mine.toml"
    for start, reason in (("inf", "got inf"), ('"soon"', "got the text 'soon'")):
        file.write_text(
            'format_version = 1\nlabel = "x"\n[[relief]]\nmeasures = ["finance"]\n'
            f"phase = [{{ start = 1, ramp = {start}, depth = 1 }}]\n",
            encoding="utf-8",
        )
        place = r"mine.toml: relief.0.phase.0.ramp: expected a finite number, "
        with pytest.raises(SanctionsModelError, match=place + reason):
            load_scenario(file)


def test_the_nearest_name_is_found_whatever_its_case():
    assert did_you_mean("KEY_RATE", ["key_rate", "credit"]) == " Did you mean 'key_rate'?"
    assert did_you_mean("Gdp_Levl", ["gdp_level", "GDP"]) == " Did you mean 'gdp_level'?"
    names = ["price_level", "loan_price", "unemployment"]
    assert did_you_mean("prices", names, most=3) == " Did you mean 'loan_price' or 'price_level'?"


def test_of_many_names_the_nearest_are_told_and_how_to_see_all():
    many = [f"measure_of_sector_{number}" for number in range(40)]
    asked = ("measure_of_sector_7x", many, "the causes")
    told = str(UnknownVariableError.from_name(*asked, see="a list shows them"))
    assert "Did you mean 'measure_of_sector_7' or" in told
    assert told.endswith("There are 40; a list shows them.")
    told = str(UnknownVariableError.from_name(*asked))
    assert told.endswith(f"There are 40, the first of them {', '.join(many[:5])}.")


def test_only_an_unknown_variable_is_looked_for_among_variables(anchored_problem, anchored_draws):
    scm = anchored_problem.scm
    shown = "`sanctions-model graph --all` or `scm.variables` shows every variable."
    for ask in (scm.require, scm.graph.require):
        with pytest.raises(UnknownVariableError, match=r"Did you mean 'inflation'") as caught:
            ask("inflatio", "the outcomes")
        assert str(caught.value).endswith(shown)
    label = next(iter(scm.closable))
    with pytest.raises(UnknownVariableError) as caught:
        respond(scm, anchored_draws, horizon=1, paths={"trade": [0.0]}, closed=[{f"{label}x"}])
    assert "scm.variables" not in str(caught.value)
    assert repr(label) in str(caught.value)


# What a file says, misspelt, and the name that is offered.
MISSPELT = {
    "descripton = 'x'": "'description'",
    "[[relief]]\nmesures = ['finance']\nphase = [{ depth = 0.5 }]": "'measures'",
    "[[relief]]\nmeasures = ['finance']\nphase = [{ depth = 0.5, rmap = 2 }]": "'ramp'",
    "[[relief]]\nmeasures = ['finance']\nphase = [{ depth = 0.5 }]\n"
    "snap_back = { probability = 0.3, witin = 8 }": "'within'",
    "[[intervention]]\nkind = 'set'\nvariable = 'war'\nvalue = 0\nstrat = 2": "'start'",
    "[[condition]]\nvariable = 'war'\nvalues = { 1 = 0 }\nvariabel = 'war'": "'variable'",
    "[[release_assets]]\nshare = 0.5\nexprots = 100": "'exports'",
    "[[tightening]]\nmeasures = ['finance']\nrise = 0.1\nzzz = 1": "",
    "depth = 0.5": "",  # a field of another place is no answer here
}


@pytest.mark.parametrize("stated", MISSPELT)
def test_a_misspelt_key_of_a_scenario_is_answered_with_the_one_that_is_near(tmp_path, stated):
    file = tmp_path / "mine.toml"
    file.write_text(f"format_version = 1\nlabel = 'Mine'\n{stated}\n", encoding="utf-8")
    with pytest.raises(SanctionsModelError, match="there is no such field") as refusal:
        load_scenario(file)
    near = MISSPELT[stated]
    assert ("did you mean" in str(refusal.value)) == bool(near)
    assert str(refusal.value).endswith(f"; did you mean {near}." if near else ").")


def test_a_misspelt_argument_is_answered_with_the_one_that_is_near():
    with pytest.raises(SanctionsModelError, match=r"; did you mean 'depth'\.$"):
        Phase(depth=0.5, dept=1)
    with pytest.raises(SanctionsModelError, match=r"; did you mean 'sigma'\.$"):
        Normal(mu=0, sigma=1, sigm=2)
