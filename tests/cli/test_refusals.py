"""What a command would have dropped, overwritten or left without an answer is refused by name."""

import errno
import json
import pathlib
import subprocess
import sys

import pytest
from command import call, files_of_at_most, refused

import sanctions_model as sm

EDIT = '[[intervention]]\nkind = "set"\nvariable = "key_rate"\nvalue = 10.0\n'
CONDITION = '[[condition]]\nvariable = "key_rate"\nvalues = { 1 = 12.0 }\n'
RELIEF = '[[relief]]\nmeasures = ["finance"]\nphase = [{ start = 1, ramp = 2, depth = 1.0 }]\n'
TIGHTENING = '[[tightening]]\nmeasures = ["finance"]\nrise = 0.5\n'
LEVEL = '[[level]]\nvariable = "gdp_level"\nsize = 1.0\nstart = 1\nstop = 2\n'
STATED = {
    "intervention": EDIT,
    "condition": CONDITION,
    "absorbing": 'absorbing = ["key_rate"]\n',
    "without_shocks": 'without_shocks = ["inflation"]\n',
    "relief": RELIEF,
    "tightening": TIGHTENING,
    "level": LEVEL,
    "release_assets": "[[release_assets]]\nshare = 0.5\n",
}
VERBS = {
    "forecast": (["forecast", "--horizon", 2], {"intervention", "condition"}),
    "counterfactual": (
        ["counterfactual", "run", "--from", "2022Q1", "--to", "2022Q4"],
        {"intervention", "without_shocks"},
    ),
    "scenario": (
        ["scenario", "run", "--horizon", 2],
        {"intervention", "relief", "tightening", "level"},
    ),
}


@pytest.fixture
def scenario(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(f'format_version = 1\nlabel = "Mine"\n{text}', encoding="utf-8")
        return path

    return write


def test_no_field_and_no_verb_is_left_out_of_what_is_tried():
    """Every field that says what changes, and every verb that takes a file of a scenario."""
    from typer.main import get_command

    from sanctions_model.cli.app import app
    from sanctions_model.scenarios.scenario import Scenario

    words = {"format_version", "label", "description"}
    assert set(STATED) == set(Scenario.model_fields) - words
    found = set()

    def walk(command, path):
        for name, child in getattr(command, "commands", {}).items():
            walk(child, (*path, name))
        options = {opt for param in command.params for opt in param.opts}
        if "--file" in options:
            found.add(path)

    walk(get_command(app), ())
    tried = {tuple(n for n in map(str, a[:2]) if not n.startswith("-")) for a, _ in VERBS.values()}
    assert found == tried


@pytest.mark.parametrize("field", STATED)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_uses_every_field_of_a_scenario_or_refuses_it_by_name(
    saved_fit, scenario, verb, field
):
    arguments, used = VERBS[verb]
    asked = [*arguments, "--file", scenario(STATED[field]), "--fit", saved_fit]
    if field in used:
        done = call(*asked, "--outcome", "gdp_level", "--json")
        assert done.code == 0, done.err
    elif (verb, field) == ("scenario", "release_assets"):  # of an economy without a balance
        assert "ask the anchored economy" in refused(*asked)
    elif (verb, field) == ("forecast", "absorbing"):
        assert "no condition that they could meet" in refused(*asked)
    else:
        assert f"'Mine' states '{field}', which" in refused(*asked)


@pytest.mark.parametrize("verb", VERBS)
def test_a_scenario_that_states_nothing_is_refused(saved_fit, scenario, verb):
    arguments, _ = VERBS[verb]
    found = refused(*arguments, "--file", scenario(""), "--fit", saved_fit)
    assert "'Mine' changes nothing" in found


def test_a_field_that_a_verb_uses_changes_its_answer(saved_fit, scenario):
    asked = ["counterfactual", "run", "--from", "2022Q1", "--to", "2022Q4", "--fit", saved_fit]
    asked += ["--outcome", "inflation", "--json", "--file"]
    alone = call(*asked, scenario(EDIT)).out
    both = call(*asked, scenario(STATED["without_shocks"] + EDIT)).out
    assert alone != both


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["forecast", "--absorb", "key_rate"], "no condition that they could meet"),
        (["forecast", "--set", "key_rate=10@2090"], "starts after the window"),
        (["forecast", "--set", "key_rate=10", "--set", "key_rate=12"], "keep one of them"),
        (
            ["forecast", "--set", "finance=40"],
            "a path of 'finance' of 40; a measure lies between 0 and 2",
        ),
        (["forecast", "--set", "finance=-0.4"], "a path of 'finance' of -0.4"),
        (["scenario", "run", "--scale", "finance=40"], "takes 'finance' to 40"),
        (["scenario", "run", "reset", "--horizon", 10**9], "expected at most 400 periods"),
        (
            ["scenario", "mix", "--probability", "reset=0.2", "--probability", "reset=0.3"],
            "give one",
        ),
        (["effects", "--ramp", 0], "ramp 0"),
        (["counterfactual", "run", "--stay", "all", "--from", "01.10.2022"], "day.month"),
        (["counterfactual", "run", "--stay", "all", "--from", "2014-03-99"], "has no day 99"),
        (["forecast", "--seed", -1], "expected a whole number of at least 0"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_a_question_that_would_do_nothing_or_something_else_is_refused(
    saved_fit, arguments, message
):
    assert message in refused(*arguments, "--fit", saved_fit)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["forecast", "--shift", "key_rate=0"], "'key rate shifted by 0' changes nothing"),
        (["forecast", "--scale", "key_rate=1"], "'key rate multiplied by 1' changes nothing"),
        (["forecast", "--set", "finance=1"], "With finance set to 1 none of the outcomes moves"),
        (["scenario", "run", "--shift", "key_rate=0"], "shifted by 0' changes nothing"),
        (["scenario", "run", "--set", "finance=1"], "With 'the interventions' none of"),
        ([*VERBS["counterfactual"][0], "--shift", "key_rate=0"], "shifted by 0' changes nothing"),
        ([*VERBS["counterfactual"][0], "--set", "war=1"], "none of the outcomes moves"),
        (["irf", "key_rate", "--size", 0], "A change of 0 moves nothing"),
        (["irf", "key_rate", "--size", 0, "--lasting"], "A change of 0 moves nothing"),
        (["effects", "--relief", 0], "--relief 0 lifts nothing"),
        (["annual", "--relief", 0], "--relief 0 lifts nothing"),
        (["effects", "--relief", "1e-310"], "Relief of 1e-310 lifts less than a millionth"),
        (["annual", "--relief", "9e-7"], "Relief of 9e-07 lifts less than a millionth"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_a_value_that_changes_nothing_is_no_question(saved_fit, arguments, message):
    assert message in refused(*arguments, "--fit", saved_fit)


@pytest.mark.parametrize(
    "stated",
    [
        RELIEF.replace("1.0", "0.0"),
        RELIEF + "snap_back = { hazard = 1 }\n",
        RELIEF + "opposition = { probability = 1, defeat = 1 }\n",
        TIGHTENING.replace("0.5", "0"),
        LEVEL.replace("size = 1.0", "size = 0"),
    ],
)
def test_a_design_that_never_moves_anything_is_no_question(saved_fit, scenario, stated):
    asked = ["scenario", "run", "--fit", saved_fit, "--file", scenario(stated)]
    assert "With 'Mine' none of the outcomes moves, in any draw" in refused(*asked)


def test_all_measures_stay_but_the_one_that_is_set(saved_fit):
    asked = ["counterfactual", "run", "--fit", saved_fit, "--from", "2022Q1", "--json"]
    asked += ["--outcome", "inflation", "--set", "trade=0.5"]
    others = [name for name in sm.load(saved_fit).scm.measures if name != "trade"]
    found = call(*asked, "--stay", "all")
    assert found.code == 0, found.err
    each = call(*asked, *(text for name in others for text in ("--stay", name)))
    rows = [json.loads(answer.out) for answer in (found, each)]
    assert rows[0] == rows[1]
    message = refused(*asked, "--stay", "trade")
    assert "does nothing, because 'trade set to 0.5' comes after it" in message


def test_a_year_as_the_end_is_its_last_quarter(saved_fit):
    asked = ["counterfactual", "run", "--stay", "all", "--fit", saved_fit, "--json"]
    asked += ["--outcome", "inflation", "--from"]
    year = call(*asked, "2022", "--to", "2023")
    quarters = call(*asked, "Q1 2022", "--to", "2023M12")
    assert year.code == 0, year.err
    assert year.out == quarters.out
    assert year.out.count("2023-10-01") == 3 or "2023-10-01" in year.out


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((form, "2027Q4") for form in ("2027-Q4", "Q4 2027", "2027M10", "2027-10", "13.10.2027")),
        ("2027-10-05-2028-03-05", "2027Q4-2028Q1"),
        ("Q4 2027 - Q1 2028", "2027Q4-2028Q1"),
        ("2027-2028", "2027Q1-2028Q4"),
        ("2027", "2027Q1-2027Q4"),
    ],
)
def test_an_option_reads_periods_as_a_table_does(saved_fit, written, meant):
    asked = ["forecast", "--outcome", "key_rate", "--json", "--fit", saved_fit, "--horizon"]
    found, expected = (
        call(*asked, horizon, "--set", f"key_rate=10@{when}")
        for horizon, when in (("2029", written), ("2029Q4", meant))
    )
    assert found.code == 0, found.err
    assert found.out == expected.out


def test_an_option_refuses_a_date_that_could_be_two(saved_fit):
    asked = ["forecast", "--fit", saved_fit, "--set", "key_rate=10@01.10.2027"]
    assert "could be day.month or month.day; write it as 2027-10-01" in refused(*asked)


def test_a_sweep_of_a_fit_takes_no_other_data(tmp_path):
    for other in (["--data", "mine.csv"], ["--priors", "mine.toml"], ["--without-fit"]):
        found = refused("sweep", tmp_path / "design.toml", "--fit", tmp_path, *other)
        assert other[0] in found
        assert "give one of the two" in found


@pytest.mark.parametrize(
    "arguments",
    [["run", "--out", ""], ["run", "--out="], ["effects", "--csv", ""], ["run", "--out", " \t"]],
)
def test_an_empty_text_is_no_path(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    assert "the value is empty" in refused(*arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--out", "--data", "--priors"])
def test_an_option_is_no_path(tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    done = call("run", option, "--quiet")
    assert done.code == 1
    assert f"{option}: the value is missing before --quiet" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--draws", -1], "draws is -1; expected a whole number of at least 1"),
        (["run", "--tune", 0], "tune is 0"),
        (
            ["run", "--chains", 10**6],
            "chains is 1000000; expected a whole number of",
        ),
        (["run", "--draws", 10**12], "at most 100000"),
        (["run", "--draws", 10**5, "--chains", 5], "expected at most 400000 in all"),
        (["run", "--seed", -1], "random_seed is -1; expected a whole number of at least 0"),
        (["validate", "--every", 0], "The number of quarters between two origins is 0"),
        (["validate", "--data-sets", -1], "The number of data sets is -1"),
        (["validate", "--seed", -1], "The random seed is -1"),
    ],
)
def test_counts_are_checked_before_anything_is_read_or_compiled(
    tmp_path, monkeypatch, arguments, message
):
    monkeypatch.setattr(
        "sanctions_model.workflow.load_observations",
        lambda *given, **options: pytest.fail("read all the same"),
    )
    assert message in refused(*arguments, "--out", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_file_nested_without_end_is_refused(tmp_path):
    deep = tmp_path / "deep.toml"
    deep.write_text("a = " + "[" * 100_000 + "]" * 100_000, encoding="utf-8")
    for arguments in (
        ["priors", "--priors", deep],
        ["scenario", "list", "--library", deep],
        ["scenario", "run", "--file", deep],
        ["sweep", deep, "--out", tmp_path / "out"],
        ["data", "coverage", "--mapping", deep],
    ):
        assert "TOML" in refused(*arguments)


# Outputs


def test_a_table_replaces_no_fit_no_input_no_link_and_nothing_read_only(tmp_path, saved_fit):
    posterior = saved_fit / "posterior.nc"
    before = posterior.read_bytes()
    assert "ends in .csv" in refused("effects", "--fit", saved_fit, "--csv", posterior)
    assert posterior.read_bytes() == before
    table = tmp_path / "mine.csv"
    table.write_text("mine", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(table)
    found = refused("data", "check", table, "--csv", table)
    assert "that file is read as well" in found
    for known_by in ("manifest.json", "identity.json"):  # of a run, of a sweep
        (tmp_path / known_by).write_text("{}", encoding="utf-8")
        found = refused("effects", "--fit", saved_fit, "--csv", tmp_path / known_by)
        assert "is known by that file; give another name" in found
    for place in (tmp_path / "link.csv", "/dev/null"):
        found = refused("effects", "--fit", saved_fit, "--csv", place)
        assert "link or a device" in found or "ends in .csv" in found
    table.chmod(0o444)
    found = refused("effects", "--fit", saved_fit, "--csv", table)
    assert "it may not be written; give another place" in found
    assert table.read_text(encoding="utf-8") == "mine"


def test_a_name_that_no_file_system_holds_is_refused_before_any_work(tmp_path):
    for option, ending in (("--csv", ".csv"), ("--figure", ".png")):
        found = refused("forecast", option, tmp_path / ("x" * 250 + ending))
        assert "the file name is too long" in found


def test_a_full_disk_is_one_line(saved_fit, tmp_path, monkeypatch):
    import pandas as pd

    def full(self, *arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device", "table.csv")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    found = refused("effects", "--fit", saved_fit, "--csv", tmp_path / "table.csv")
    assert found == "table.csv: No space left on device; what was being written was not kept"
    assert list(tmp_path.iterdir()) == []


# A device that is full, whoever writes: /dev/full refuses every byte.
FULL = pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="a device of Linux")


@FULL
@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
def test_a_figure_for_a_full_disk_is_one_line(saved_fit, tmp_path, monkeypatch, form):
    onto_a_full_device(monkeypatch)
    drawn = tmp_path / f"mine.{form}"
    found = refused("irf", "key_rate", "--horizon", 2, "--fit", saved_fit, "--figure", drawn)
    assert found == "No space left on device; what was being written was not kept"
    assert list(tmp_path.iterdir()) == []


@FULL
@pytest.mark.parametrize("ending", ["csv", "xlsx", "md"])
def test_a_table_for_a_full_disk_is_one_line(saved_fit, tmp_path, monkeypatch, ending):
    onto_a_full_device(monkeypatch)
    table = tmp_path / f"mine.{ending}"
    done = call(*("irf", "key_rate", "--horizon", 2, "--fit", saved_fit, "--csv", table, "--quiet"))
    assert done.err.count("\n") == 1
    assert "No space left on device" in done.err
    assert list(tmp_path.iterdir()) == []


def onto_a_full_device(monkeypatch):
    """Let every file that is written whole be written to a full device."""

    def beside(path, name):
        found = path.parent / name
        if name.endswith(".part"):
            found.symlink_to("/dev/full")
        return found

    monkeypatch.setattr(pathlib.PosixPath, "with_name", beside)


def test_draws_for_a_full_disk_are_one_line_and_the_process_ends_well(small_fit, tmp_path):
    """In a process of its own, with files of 20 kB at most: HDF5 took it down when it ended."""
    code = (
        "import resource, signal, sys\n"
        "import sanctions_model as sm\n"
        "fit = sm.load(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    sm.save(fit, sys.argv[2])\n"
        "except sm.FitFileError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, small_fit, tmp_path / "mine.nc"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"Cannot write {tmp_path / 'mine.nc'}: File too large."
    assert list(tmp_path.iterdir()) == []


def test_a_validation_on_a_full_disk_is_one_line(small_fit, tmp_path):
    asked = ["validate", "--fit", small_fit.parent, "--out", tmp_path / "new"]
    with files_of_at_most(100):
        done = call(*asked)
    assert (done.code, done.out) == (1, "")
    # Before it a line may say that a rival's package is not installed.
    assert done.err.splitlines()[-1] == "error: File too large; what was being written was not kept"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_closed_output_is_one_line():
    asked = f"{sys.executable} -m sanctions_model priors"
    done = subprocess.run(["sh", "-c", f"{asked} >&-"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: The output is closed; send it to a file or to /dev/null.\n"


@pytest.mark.parametrize("fault", [MemoryError, RecursionError])
def test_a_full_memory_is_one_line(monkeypatch, fault):
    def fails(*arguments, **options):
        raise fault

    monkeypatch.setattr("sanctions_model.inference.priors.ledger.load_priors", fails)
    assert "Traceback" not in refused("priors")


def test_what_steers_a_terminal_is_not_printed(monkeypatch):
    done = call("effects", "--fit", "\x1b[31mred", "--quiet")
    assert "\x1b" not in done.err
    assert "?[31mred" in done.err


def test_tables_hold_no_formulas(tmp_path):
    import pandas as pd

    from sanctions_model.cli.parts.options import write_csv

    table = pd.DataFrame({"label": ["=1+1", "@x", "+1", "-", "-3", "GDP"], "value": [-1.5] * 6})
    write_csv(table, tmp_path / "t.csv")
    read = pd.read_csv(tmp_path / "t.csv", dtype={"label": str})
    assert read["label"].tolist() == ["'=1+1", "'@x", "'+1", "'-", "-3", "GDP"]
    assert (read["value"] == -1.5).all()
    assert "sanctions_model" in sys.modules


@pytest.mark.parametrize(
    "option", [("--out", "here"), ("--data-sets", 3), ("--every", 4), ("--seed", 5)], ids=str
)
def test_what_a_quick_validation_would_drop_is_refused(small_fit, option):
    said = refused("validate", "--quick", *option, "--fit", small_fit.parent)
    assert said.startswith(f"{option[0]} with --quick")
