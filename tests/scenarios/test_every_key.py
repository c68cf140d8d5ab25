"""Every verb and every key of a scenario's file, nested ones too: used, or refused by name."""

import json
import tomllib
from functools import cache

import pytest
from command import call, refused
from hostile import require_clear

from sanctions_model import workflow
from sanctions_model.cli.app import command
from sanctions_model.data.observations import load_observations
from sanctions_model.economies.anchored import anchored_transmission
from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import sample_prior_predictive
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.inference.storage import save
from sanctions_model.scenarios.keys import scenario_keys, scenario_schema
from sanctions_model.scenarios.library import load_scenario

RELIEF = {"measures": ["finance", "trade"], "issuer": "coalition"}
PHASE = {"start": 2, "ramp": 2, "depth": 0.5}
SNAP = {"probability": 0.5, "within": 3, "ramp": 1}
TOLD = {"lead": 1, "share": 0.5, "rouble": 10.0, "kept": 0.0, "fades_over": 2}
OPPOSED = {"probability": 1.0, "delay": 2, "defeat": 0.0}
# Of each table of the file: a statement, and for each of its keys the same with another value.
STATED = {
    "relief": (
        RELIEF,
        {
            "measures": {"measures": ["finance"]},
            "components": {"measures": None, "components": ["F1"]},
            "issuer": {"issuer": ["eu"]},
            "over_compliance": {"over_compliance": 2},
            "deterred": {"issuer": ["eu"], "deterred": 0.5},
        },
    ),
    "relief.phase": (PHASE, {"start": {"start": 3}, "ramp": {"ramp": 4}, "depth": {"depth": 1.0}}),
    "relief.announcement": (
        TOLD,
        {
            "lead": {"lead": 0},
            "share": {"share": 1.0},
            "rouble": {"rouble": 20.0},
            "kept": {"kept": 1.0},
            "fades_over": {"fades_over": 4},
        },
    ),
    "relief.opposition": (
        OPPOSED,
        {
            "probability": {"probability": 0.0},
            "delay": {"delay": 3},
            "defeat": {"defeat": 0.5},
        },
    ),
    "relief.snap_back": (
        SNAP,
        {
            "hazard": {"probability": None, "within": None, "hazard": 0.2},
            "probability": {"probability": 0.1},
            "within": {"within": 1},
            "until": {"within": None, "until": 3},
            "ramp": {"ramp": 3},
        },
    ),
    "relief.unpredictability": (
        {"depth": 1.0, "timing": 0.0},
        {"depth": {"depth": 2.0}, "timing": {"timing": 2.0}},
    ),
    "tightening": (
        {"measures": ["finance"], "rise": 0.5, "start": 1, "ramp": 2},
        {
            "measures": {"measures": ["trade"]},
            "rise": {"rise": 1.0},
            "start": {"start": 3},
            "ramp": {"ramp": 4},
        },
    ),
    "level": (
        {"variable": "gdp_level", "size": 1.0, "start": 1, "stop": 3},
        {
            "variable": {"variable": "price_level"},
            "size": {"size": 2.0},
            "start": {"start": 2},
            "stop": {"stop": 4},
        },
    ),
    "release_assets": (
        {"share": 0.5, "transferred": 0.0, "start": 1, "over": 2, "sold": 0.5},
        {
            "share": {"share": 1.0},
            "transferred": {"transferred": 0.5},
            "start": {"start": 3},
            "over": {"over": 4},
            "sold": {"sold": 1.0},
            "stock": {"stock": 100.0},
            "exports": {"exports": 50.0},
        },
    ),
    "intervention": (
        {"kind": "set", "variable": "key_rate", "value": 20.0, "start": 1, "stop": 4},
        {
            "kind": {"kind": "shift"},
            "variable": {"variable": "inflation"},
            "value": {"value": [20.0, 18.0]},
            "start": {"start": 2},
            "stop": {"stop": 2},
        },
    ),
    "condition": (
        {"variable": "key_rate", "values": {"1": 20.0}},
        {"variable": {"variable": "inflation"}, "values": {"values": {"1": 18.0, "2": 15.0}}},
    ),
}
ABOVE = {"relief.phase"} | {f"relief.{name}" for name in ("announcement", "opposition")}
ABOVE |= {"relief.snap_back", "relief.unpredictability"}
TABLES = {"relief", "tightening", "level", "release_assets", "intervention", "condition"}
WORDS = {"format_version", "label", "description"}  # say what is meant, and change nothing
WINDOW = ["--from", "2022Q1", "--to", "2023Q4"]
# By verb: how it is asked, and the tables that it uses.
VERBS = {
    ("scenario", "run"): (["--horizon", 8, "--seed", 3], TABLES - {"condition"}),
    ("forecast",): (["--horizon", 8, "--seed", 3], {"intervention", "condition"}),
    ("counterfactual", "run"): (WINDOW, {"intervention"}),
}
KEYS = [(table, key) for table, (_, keys) in STATED.items() for key in keys]


@pytest.fixture(scope="module")
def saved_fit(tmp_path_factory):
    """Draws of the prior of the default economy, the one with an external balance."""
    fit = sample_prior_predictive(
        anchored_transmission(), load_observations(), load_priors(), draws=12, random_seed=5
    )
    folder = tmp_path_factory.mktemp("results")
    save(fit, folder / "posterior.nc")
    with pytest.MonkeyPatch.context() as patch:  # read and checked once, not with every question
        patch.setattr(workflow, "load_results", cache(workflow.load_results))
        yield folder


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def written(folder, table, change=None):
    """Write a scenario with one table, and for a nested one what it is in."""
    stated = {k: v for k, v in (STATED[table][0] | (change or {})).items() if v is not None}
    top = table.partition(".")[0]
    if top == "relief":
        relief = RELIEF | {"phase": [PHASE]}
        if table == "relief":
            relief = stated | {"phase": [PHASE]}
        elif table == "relief.phase":
            relief["phase"] = [stated]
        else:
            relief[table.partition(".")[2]] = stated
        stated = relief
    path = folder / f"{abs(hash(json.dumps(stated)))}.toml"
    path.write_text(f'format_version = 1\nlabel = "Mine"\n{top} = [{toml(stated)}]\n', "utf-8")
    return path


def answered(verb, path, fit):
    options, _ = VERBS[verb]
    done = call(*verb, "--file", path, "--fit", fit, *options, "--json", "--quiet")
    assert done.code == 0, done.err
    return done.out


@pytest.fixture(scope="module")
def unchanged(saved_fit, tmp_path_factory):
    found = {}

    def ask(verb, table):
        if (verb, table) not in found:
            path = written(tmp_path_factory.mktemp("asked"), table)
            found[verb, table] = answered(verb, path, saved_fit)
        return found[verb, table]

    return ask


def test_no_key_of_any_table_is_left_out():
    keys = scenario_keys()
    nested = {(table, key) for table, key in zip(keys["table"], keys["key"], strict=True)}
    parts = {tuple(table.rsplit(".", 1)) for table in ABOVE}  # keys that are tables of their own
    assert {(t, k) for t, k in nested - parts if t != "(top)"} == set(KEYS)
    top = {key for table, key in nested if table == "(top)"}
    assert top == TABLES | WORDS | {"absorbing", "without_shocks"}


USED = [
    pytest.param(verb, table, key, id=f"{' '.join(verb)}-{table}.{key}")
    for verb, (_, used) in VERBS.items()
    for table, key in KEYS
    if table.partition(".")[0] in used
]
REFUSED = [
    pytest.param(verb, table, id=f"{' '.join(verb)}-{table}")
    for verb, (_, used) in VERBS.items()
    for table in STATED
    if table.partition(".")[0] not in used
]


@pytest.mark.parametrize(("verb", "table", "key"), USED)
def test_a_key_that_a_verb_uses_changes_its_answer(
    saved_fit, unchanged, tmp_path, verb, table, key
):
    before = unchanged(verb, table)
    if key == "deterred":  # of a lifting by some, for somebody has to be left who deters
        before = answered(verb, written(tmp_path, table, {"issuer": ["eu"]}), saved_fit)
    assert answered(verb, written(tmp_path, table, STATED[table][1][key]), saved_fit) != before


@pytest.mark.parametrize(("verb", "table"), REFUSED)
def test_a_table_that_a_verb_does_not_use_is_refused_by_name(saved_fit, tmp_path, verb, table):
    path = written(tmp_path, table)
    found = refused(*verb, "--file", path, "--fit", saved_fit, *VERBS[verb][0])
    assert f"'Mine' states '{table.partition('.')[0]}', which" in found


def verbs_with(option, group, before=()):
    """Find the verbs of the command tree that take an option."""
    if any(option in own.opts for own in group.params):
        yield before
    for name, below in getattr(group, "commands", {}).items():
        yield from verbs_with(option, below, (*before, name))


# Verbs with a library of scenarios that ask none of its scenarios for an effect, and the verbs that
# ask all of its futures at once.
WITHOUT_ANSWER = {("scenario", "list"), ("scenario", "show"), ("scenario", "odds")}
OF_FUTURES = {("scenario", "compare"), ("scenario", "mix"), ("scenario", "sectors"), ("report",)}


def test_every_verb_with_a_file_or_a_library_is_crossed_with_the_keys():
    tree = command()
    assert set(verbs_with("--file", tree)) == set(VERBS)
    assert set(verbs_with("--library", tree)) == WITHOUT_ANSWER | OF_FUTURES | {("scenario", "run")}


@pytest.mark.parametrize("table", STATED)
def test_a_scenario_of_a_library_is_answered_or_refused_as_one_of_a_file(
    saved_fit, tmp_path, table
):
    path = written(tmp_path, table)
    stated = path.read_text("utf-8").partition("\n")[2]
    head, _, rest = stated.partition("\n")
    library = tmp_path / "library.toml"
    library.write_text(f"format_version = 1\n[scenario.mine]\n{head}\n{rest}", "utf-8")
    verb, (options, used) = ("scenario", "run"), VERBS["scenario", "run"]
    named = (*verb, "mine", "--library", library, "--fit", saved_fit, *options)
    if table.partition(".")[0] in used:
        done = call(*named, "--json", "--quiet")
        assert done.code == 0, done.err
        own, other = json.loads(done.out), json.loads(answered(verb, path, saved_fit))
        assert own == other
    else:
        assert f"'Mine' states '{table}', which" in refused(*named)


FUTURES = """format_version = 1
[futures]
order = ["stay", "mine"]
status_quo = "stay"
initial = [0.2, 0.8]
transition = [[0.9, 0.1], [0.0, 1.0]]
every = 4
return_ramp = 1
[scenario.stay]
label = "Stay"
[scenario.mine]
"""
ASKED_OF_FUTURES = {
    ("scenario", "compare"): (),
    ("scenario", "mix"): ("--paths", 8, "--parameters", 4),
}


@pytest.mark.parametrize("verb", ASKED_OF_FUTURES, ids=" ".join)
@pytest.mark.parametrize("table", sorted(TABLES))
def test_what_a_future_states_is_used_or_refused_by_name(saved_fit, tmp_path, table, verb):
    library, answers = tmp_path / "library.toml", []
    arguments = (*verb, "--library", library, "--fit", saved_fit, "--horizon", 8)
    arguments += ASKED_OF_FUTURES[verb]
    changes = [None, next(iter(reversed(STATED[table][1].values())))]
    for change in changes:
        stated = written(tmp_path, table, change).read_text("utf-8").partition("\n")[2]
        library.write_text(FUTURES + stated, "utf-8")
        if table in {"intervention", "condition"}:
            said = refused(*arguments)
            assert f"this states '{table}'" in said
            assert all(name in said for name in TABLES - {"intervention", "condition"})
            continue
        done = call(*arguments, "--json", "--quiet")
        assert done.code == 0, done.err
        answers.append(done.out)
    assert len(answers) < 2 or answers[0] != answers[1]


# Keys at the top that name shocks: what they stand beside, and the verb that uses them.
SHOCKS = {
    "absorbing": ("condition", ("forecast",), ["inflation"]),
    "without_shocks": ("intervention", ("counterfactual", "run"), ["inflation"]),
}


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize("key", SHOCKS)
def test_shocks_that_a_file_names_are_used_or_refused_by_name(saved_fit, tmp_path, key, verb):
    table, user, shocks = SHOCKS[key]
    path = written(tmp_path, table)
    before = answered(user, path, saved_fit) if verb == user else None
    stated = path.read_text("utf-8")
    path.write_text(stated + f"{key} = {json.dumps(shocks)}\n", "utf-8")
    if verb == user:
        assert answered(verb, path, saved_fit) != before
        return
    if table not in VERBS[verb][1]:  # refused for the table else
        path.write_text(stated.rpartition(f"{table} =")[0] + f"{key} = {json.dumps(shocks)}\n")
    found = refused(*verb, "--file", path, "--fit", saved_fit, *VERBS[verb][0])
    assert f"'Mine' states '{key}', which" in found


BETA = {"family": "Beta", "alpha": 2, "beta": 4}
OTHERS = (None, True, "?", [], {}, -1, 0, 1.5, 10**9, "2027Q1", ["finance"], [1])
OTHERS += (BETA, BETA | {"family": "Gama"}, BETA | {"gamma": 1})
# What only the reader can know: what one key says of another, a distribution's support, and the
# components that the data have.
KNOWN_TO_THE_READER = {
    ("relief", "measures", "[]"),
    ("relief", "components", "[]"),
    ("relief", "components", '["finance"]'),
    ("relief.announcement", "lead", "1.5"),
    ("relief.announcement", "lead", "1000000000"),
    ("level", "start", "1000000000"),
    *((f"relief.{table}", key, json.dumps(BETA)) for table, key in [("snap_back", "within")]),
    *((t, k, json.dumps(BETA)) for t in ("relief.phase", "tightening") for k in ("start", "ramp")),
}


def test_editors_refuse_what_the_reader_refuses_and_nothing_else(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = jsonschema.Draft202012Validator(scenario_schema())
    apart, told = set(), set()
    for table, (_, changes) in STATED.items():
        for key, change in ({"colour": {}} | changes).items():
            for value in OTHERS:
                path = written(tmp_path, table, change | ({} if value is None else {key: value}))
                try:
                    is_read = bool(load_scenario(path))
                except QuestionError as error:
                    is_read = False
                    told.add(str(error))
                if schema.is_valid(tomllib.loads(path.read_text("utf-8"))) != is_read:
                    apart.add((table, key, json.dumps(value)))
    assert apart == KNOWN_TO_THE_READER
    assert len(told) > 300
    for message in told:
        require_clear(message)
