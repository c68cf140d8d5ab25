"""Every verb of the command line with options of a wrong kind: one line, or the usage; no trace."""

import os
from pathlib import Path

import hostile
import pandas as pd
import pytest
from command import call
from hypothesis import given
from hypothesis import strategies as st
from saved_fits import fit_of

import sanctions_model as sm
from sanctions_model.cli.app import command
from sanctions_model.data.bundled import data_path
from sanctions_model.scm.interventions import LONGEST_HORIZON


def verbs(group, path=()):
    """Yield the words of every verb and its parameters."""
    for name, below in group.commands.items():
        if hasattr(below, "commands"):
            yield from verbs(below, (*path, name))
        else:
            yield (*path, name), below.params


# What a verb needs beside options; figures of networks and the rewriting of the checkout's data
# are left to their own tests.
VERBS = {words: params for words, params in verbs(command()) if words != ("data", "build")}
DESIGN = """format_version = 1
label = "Depths"
outcomes = ["gdp_level"]
[[axis]]
kind = "relief"
name = "depth"
argument = "depth"
values = [0.5, 1.0]
"""
NEEDED = {
    ("irf",): ["key_rate"],
    ("sweep",): ["@design"],
    ("compare",): ["@fit", "@other"],
    ("data", "diff"): ["bundled", "bundled"],
    ("data", "compare"): ["@fit", "@other"],
    ("data", "template"): ["@new", "--from", "2010Q1", "--to", "2011Q4"],
    ("data", "check"): ["@table"],
    ("data", "update"): ["--to", "2026Q1", "--base", "bundled"],
    ("counterfactual", "run"): ["--from", "2022Q1", "--to", "2022Q4", "--stay", "all"],
    ("counterfactual", "decompose"): ["--from", "2022Q1", "--to", "2022Q4"],
    ("scenario", "require"): ["--outcome", "gdp_level", "--above", "1"],
    ("scenario", "show"): ["reset"],
    ("scenario", "run"): ["reset"],
    ("scenario", "sectors"): ["reset"],
}
NAMES = {"--outcome", "--measure", "--claim", "--stay", "--without-shocks", "--absorb", "--only"}
NAMES |= {
    "--baseline",
    "--lifting",
    "--economy",
    "--lang",
    "--format",
    "--odds-of",
    "--odds",
    "--base",
    "--refit",
}
EDITS = {"--set", "--shift", "--scale", "--condition"}
WORDS = {"--statement", "--probability", "--when", "--from", "--to", "--horizon"}
FREE = {"--parameter", "--scheduler"}  # a part of an address; an address of a network
READ = {"--file", "--library", "--priors", "--mapping", "--claims", "--alternatives", "--sectors"}
READ |= {"--losses", "--data", "--fit", "--validation", "design", "file"}
WRITTEN = {"--csv", "--figure", "--out", "--keep"}
COUNTS = {"--horizon", "--years", "--draws", "--tune", "--chains", "--paths"}
COUNTS |= {"--within"}

NO_INTEGER = (
    "ten",
    "1.5",
    "nan",
    "inf",
    "-inf",
    "1e3",
    "true",
    "0x10",
    "",
    "1,0",
    "\x1b[31m",
    "-1",
)
TOO_MANY = ("1000000000", "1" + "0" * 30)
NO_FLOAT = ("ten", "nan", "inf", "-inf", "true", "", "1,5", "1e999", "\x1b[31m")
NO_NAME = (
    *("nothing_of_ours", "GDP LEVEL!", "\x1b[31mred", "a\nb", "x" * 5000, "[bold]", "=1+1"),
    *("\u202e", ""),
)
NO_EDIT = (
    *("key_rate", "=", "key_rate=", "key_rate=ten", "key_rate=nan", "key_rate=inf", "\x1b[31m=1"),
    *("key_rate=10@", "key_rate=10@0", "key_rate=10@4-2", "key_rate=10@-3", "key_rate=10@2090Q5"),
    *(
        "nothing=10@1",
        "key_rate=10@1-99999",
        "key_rate=10@1990Q1",
        "key_rate=True",
        "key_rate=1e999",
    ),
)
NO_PRIOR = (
    *("depreciation -> inflation", "depreciation -> inflation=", "=Normal(0, 1)", "\x1b[31m=1", ""),
    *("depreciation -> inflation=Normal(ten, 1)", "depreciation -> inflation=Nothing(0, 1)"),
    *("depreciation -> inflation=Normal(0, -1)", "depreciation -> inflation=Normal(0, nan)"),
    *("depreciation -> inflation=Normal(0", "nothing -> inflation=Normal(0, 1)", "x" * 5000),
    *("depreciation -> inflation=Normal(0, 1, 2, 3, 4)", "depreciation -> inflation=Beta(inf, 1)"),
)
NO_WORDS = ("soon", "key_rate << 10", "2030Q9", "reset=ten", "reset=nan", "=", "in -8", "\x1b[31m")
NO_PLACE = ("@missing/t.csv", "@folder", "@none", "/dev/null", "@link", "@long", "")


NO_FOLDER = ("@junk", "@junk/below", "/dev/null", "@link", "@long", "")
FILES_OUT = {("report",), ("scenario", "template")}


def wrong_for(name, kind, words=()):
    """Return the values that an option or an argument can never take."""
    wrong = ()
    if name == "--out" and words not in FILES_OUT:
        wrong = NO_FOLDER
    elif name in NAMES:
        wrong = NO_NAME
    elif name == "--prior":
        wrong = NO_PRIOR
    elif name in EDITS:
        wrong = NO_EDIT
    elif name in WORDS and kind is not int:
        wrong = (*NO_WORDS, "", "x" * 5000)
    elif name in READ:
        wrong = ("@missing.toml", "@folder", "@junk", "", "x" * 5000)
    elif name in WRITTEN:
        wrong = NO_PLACE
    elif kind is int:
        wrong = (*NO_INTEGER, *(TOO_MANY if name in COUNTS else ()))
    elif kind is float:
        wrong = NO_FLOAT
    return wrong


def kind_of(parameter):
    found = parameter.type_descriptor.annotation
    return getattr(found, "__args__", (found,))[0]


def test_what_a_verb_needs_is_given_with_every_wrong_option():
    needing = {words for words, params in VERBS.items() if any(p.required for p in params)}
    assert needing - set(NEEDED) == set(), "add to NEEDED what the verb cannot do without"


FLAGS = {"--all", "--json", "--quiet"}
CASES = {
    words: [
        (p.opts[0], p.param_type_name == "argument", wrong)
        for p in params
        for wrong in wrong_for(p.opts[0], kind_of(p), words)
        if p.opts[0] not in FLAGS and kind_of(p) is not bool
    ]
    for words, params in VERBS.items()
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Folders and files that the options name."""
    folder = tmp_path_factory.mktemp("commands")
    priors = sm.load_priors(economy="growth")
    for seed, name in enumerate(("fit", "other")):
        fit_of(priors, folder / name, seed + 1)
    (folder / "folder").mkdir()
    (folder / "foreign").mkdir()
    (folder / "foreign" / "validation.md").write_text("Of another fit.", encoding="utf-8")
    (folder / "junk").write_bytes(bytes(range(256)) * 4)
    for name in ("link", "link.html"):
        (folder / name).symlink_to(folder / "junk")
    (folder / "design.toml").write_text(DESIGN, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def no_work(places):
    """Nothing is sampled or fetched, and a fit is read once."""
    from functools import cache

    from sanctions_model import workflow

    def worked(*arguments, **options):
        raise AssertionError("worked with a wrong option")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workflow, "load_results", cache(workflow.load_results))
        patch.setattr("sanctions_model.inference.samplers.Nutpie.sample", worked)
        patch.setattr("sanctions_model.data.update.refresh", worked)
        patch.chdir(places)
        yield


def named(text, folder):
    """Put the paths of this test in the place of their names."""
    special = {"@long": "x" * 300 + ".csv", "@none": "no_suffix"}
    special |= {"@table": str(data_path("russia_quarterly.csv")), "@design": "design.toml"}
    if text in special:
        return special[text]
    return str(folder / text[1:]) if text.startswith("@") else text


def asked(words, case, folder):
    """Return the arguments of a verb with one of them wrong."""
    name, is_argument, wrong = case
    known = [parameter.opts[0] for parameter in VERBS[words]]
    rest = list(NEEDED.get(words, []))
    if is_argument:
        rest = [wrong, *rest[1:]]
    elif name in rest:
        rest[rest.index(name) + 1] = wrong
    else:
        rest += [name, wrong]
    for option, value in (("--fit", "@fit"), ("--horizon", "2")):
        if option in known and option != name and words != ("sweep",):
            rest += [option, value]
    return [*words, *(named(text, folder) for text in rest)]


def require_refused(arguments):
    """Ask, and hold what is said to one line, or to the usage with its reason."""
    with hostile.within():
        done = call(*arguments)
    assert done.code in {1, 2}, (arguments, done.code, done.out[:300], done.err[-300:])
    assert done.out == "", (arguments, done.out[:300])
    notes = [line for line in done.err.splitlines() if not line.startswith("warning: ")]
    reason = notes[-1]
    assert reason.lower().startswith("error: "), (arguments, done.err[-500:])
    hostile.require_clear(reason)
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err
    assert done.code == 2 or sum(line.startswith("error: ") for line in notes) == 1


@pytest.mark.parametrize("words", CASES, ids=" ".join)
@given(data=st.data())
@hostile.searched(4)
def test_no_verb_takes_an_option_of_a_wrong_kind(words, places, no_work, data):
    if CASES[words]:
        require_refused(asked(words, data.draw(st.sampled_from(CASES[words])), places))


@pytest.mark.parametrize(
    ("words", "option"),
    [
        pytest.param(words, parameter.opts[0], id=" ".join((*words, parameter.opts[0])))
        for words, params in VERBS.items()
        for parameter in params
        if parameter.opts[0] in WRITTEN
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_read(
    words, option, places, no_work, monkeypatch
):
    def read(*arguments, **options):
        raise AssertionError("read before the place was checked")

    monkeypatch.setattr("sanctions_model.workflow.load_results", read)
    for wrong in wrong_for(option, Path, words):
        require_refused(asked(words, (option, False, wrong), places))


REQUIRE = ["scenario", "require", "--outcome", "gdp_level", "--above", "1"]
SAID = [
    (["effects", "--ramp", "ten"], "--ramp': expected a whole number (got 'ten')"),
    (["effects", "--relief", "1,5"], "--relief': expected a number (got '1,5')"),
    (["scenario", "mix", "--odds", "mine"], "is not one of 'article', 'filtered'"),
    (["scenario", "show", "reset", "--seed", "-1"], "The random seed is -1"),
    (["scenario", "sectors", "reset", "--seed", "-1", "--fit", "@fit"], "The random seed is -1"),
    (["scenario", "odds", "--spread", "nan"], "The spread is nan; expected a finite number"),
    (
        [*REQUIRE, "--within", "1000000000", "--fit", "@fit"],
        f"expected at most {LONGEST_HORIZON} periods",
    ),
    (
        [*REQUIRE, "--when", "by \u00b2"],
        "is no number of periods",
    ),
    (["forecast", "--set", "key_rate=10@\u00b2", "--fit", "@fit"], "is no period"),
    (["sensitivity", "--most", "-1"], "--most is -1; expected a whole number of at least 1"),
    (["refute", "--number", "0"], "--number is 0; expected a whole number of at least 1"),
    (["elsewhere", "--fit", "@folder"], "There is no fit at"),
    (["graph", "--fit", "@folder"], "There is no fit at"),
    (["brief", "--validation", "@nowhere", "--fit", "@fit"], "no validation.md is there"),
    (["brief", "--validation", "@folder", "--fit", "@fit"], "no validation.md is there"),
    (["report", "--validation", "@folder", "--fit", "@fit"], "no validation.md is there"),
    (["report", "--validation", "@foreign", "--fit", "@fit"], "it tests another fit"),
    (["brief", "--validation", "@foreign", "--fit", "@fit"], "it tests another fit"),
    (["brief", "--out", "@junk", "--fit", "@fit"], "is a file; give a folder"),
    (["sweep", "@design.toml", "--out", "@junk"], "is a file; give a folder"),
    (["scenario", "compare", "--out", "@long"], "a name in it is too long"),
    (["report", "--out", "@none"], "ends in .html"),
    (["report", "--out", "@link.html"], "that is a link or a device"),
    (["data", "compare", "@fit", "@other", "--keep", "@none"], "ends in .nc"),
    (["data", "compare", "@fit", "@other", "--relief", "2"], "a share between 0"),
]


@pytest.mark.parametrize(("arguments", "said"), SAID, ids=lambda value: " ".join(value)[:60])
def test_what_was_found_is_refused_in_these_words(arguments, said, places, no_work):
    arguments = [named(text, places) for text in arguments]
    require_refused(arguments)
    assert said in call(*arguments).err


def test_a_comparison_of_several_fits_is_written_whole(places, no_work):
    third = places / "third"
    if not third.exists():
        fit_of(sm.load_priors(economy="growth"), third, 7)
    folders = [places / "fit", places / "other", third]
    done = call("compare", *folders, "--outcome", "gdp_level", "--csv", places / "several.csv")
    assert done.code == 0, done.err
    table = pd.read_csv(places / "several.csv")
    assert set(table["compared"]) == {str(folder) for folder in folders[1:]}
    assert len(set(table["compared"].value_counts())) == 1


def test_a_read_only_place_is_refused(places, no_work, monkeypatch):
    # Root may write anywhere.
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
    for words in (
        *(["effects", "--csv", "t.csv"], ["irf", "key_rate", "--figure", "t.png"]),
        *(["run", "--out", "new"], ["report", "--out", "r.html"], ["brief", "--out", "new"]),
        *(["scenario", "mix", "--out", "new"], ["scenario", "template", "--out", "t.toml"]),
        *(["validate", "--out", "new"], ["sweep", "design.toml", "--out", "new"]),
    ):
        require_refused(words)
        assert "written" in call(*words).err


def test_every_option_that_takes_a_value_is_searched():
    unknown = {
        parameter.opts[0]
        for params in VERBS.values()
        for parameter in params
        if kind_of(parameter) is not bool and not wrong_for(parameter.opts[0], kind_of(parameter))
    }
    assert unknown <= {
        *FREE,
        *FLAGS,
        "name",
        "cause",
        "folders",
        "old",
        "new",
        "folder",
        "--vintages",
    }
