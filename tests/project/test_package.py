"""The public surface: what importing loads, what is promised, and that promises are kept."""

import ast
import contextlib
import importlib
import inspect
import io
import re
import subprocess
import sys
import tomllib
import warnings
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from command import call
from surface import PUBLIC, ROOMS

import sanctions_model
from sanctions_model.cli.app import command
from sanctions_model.scenarios.scenario import DESIGNS

PACKAGE = Path(sanctions_model.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
HEAVY = (
    "pymc",
    "pytensor",
    "nutpie",
    "numba",
    "arviz",
    "scipy.stats",
    "matplotlib",
    "statsmodels",
)


def run_python(code):
    """Run code in a fresh process, away from the checkout, and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    ).stdout.strip()


def loaded_after(code):
    """The heavy packages that running code has loaded."""
    report = f"; print('LOADED', [name for name in {HEAVY} if name in sys.modules])"
    return run_python(f"import sys; {code}{report}").rpartition("LOADED ")[2]


def command_paths(command, above=()):
    """Every verb of the command line with the verbs above it."""
    found = [above]
    for name, below in getattr(command, "commands", {}).items():
        found += command_paths(below, (*above, name))
    return found


VERBS = command_paths(command())


# What importing loads


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after("import sanctions_model") == "[]"


def test_listing_the_public_names_loads_nothing_heavy():
    assert loaded_after("import sanctions_model; dir(sanctions_model)") == "[]"


def test_the_command_line_loads_nothing_heavy():
    assert loaded_after("import sanctions_model.cli.app") == "[]"


@pytest.mark.parametrize("verb", ["graph", "priors"])
def test_a_verb_that_draws_nothing_loads_no_figures(verb):
    code = (
        f"from sanctions_model.cli.app import command; command()(['{verb}'], standalone_mode=False)"
    )
    loaded = loaded_after(code)
    for name in ("pymc", "pytensor", "nutpie", "matplotlib"):
        assert f"'{name}'" not in loaded


def test_questions_about_a_prior_load_no_sampler_and_no_figures():
    code = (
        "from sanctions_model import SanctionsModel, total_effect; "
        "prior = SanctionsModel().sample_prior_predictive(draws=5); "
        "total_effect(prior.scm, prior.draws)"
    )
    loaded = loaded_after(code)  # numba is there: the recursion is machine code
    for name in ("pymc", "pytensor", "nutpie", "matplotlib", "statsmodels"):
        assert f"'{name}'" not in loaded


def test_help_of_every_verb_is_printed_and_loads_nothing_heavy():
    code = f"""
import sys
from collections import Counter
from sanctions_model.cli.app import main
for verbs in {VERBS}:
    sys.argv = ["sanctions-model", *verbs, "--help"]
    try:
        main()
    except SystemExit as end:
        print("CODE", end.code)
print("LOADED", [name for name in {HEAVY} if name in sys.modules])
"""
    printed = run_python(code)
    assert printed.count("CODE 0") == len(VERBS)
    assert printed.count("Usage: ") == len(VERBS)
    assert printed.endswith("LOADED []")


def test_every_verb_and_option_says_what_it_is_for():
    def check(command, path):
        assert command.help, path
        for parameter in command.params:
            if parameter.name != "help":
                assert getattr(parameter, "help", None), (path, parameter.name)
        for name, below in getattr(command, "commands", {}).items():
            check(below, f"{path} {name}")

    check(command(), "sanctions-model")


def helps():
    """Every help text as a terminal of 80 columns has it, by its words on the command line."""

    def walk(verb, words):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            command().main([*words, "--help"], prog_name="sanctions-model", standalone_mode=False)
        yield " ".join(words), printed.getvalue(), verb
        for name, below in getattr(verb, "commands", {}).items():
            yield from walk(below, (*words, name))

    yield from walk(command(), ())


def test_help_is_read_at_80_columns(monkeypatch):
    """No sentence is cut, no type of Python named, no option listed twice."""
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    for name, text, verb in helps():
        assert max(map(len, text.splitlines())) <= 80, name
        cut = [line for line in text.splitlines() if line.endswith("...") and "Usage" not in line]
        assert cut == [], name
        assert not re.search(r"<\w|list\[|[{}]|\b(?:str|int|float)\b", text), name
        options = [option for parameter in verb.params for option in parameter.opts]
        assert len(set(options)) == len(options), name


@pytest.mark.parametrize("way", [["-m", "sanctions_model"], None], ids=["module", "script"])
def test_the_command_line_starts_both_ways(way):
    script = Path(sys.executable).with_name("sanctions-model")
    command = [str(script)] if way is None else [sys.executable, *way]
    if way is None and not script.exists():
        pytest.skip("the package is not installed here")
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    for verb in {verbs[0] for verbs in VERBS if verbs}:
        assert verb in done.stdout
    assert done.stderr == ""


# What is promised


def test_every_public_name_resolves_and_is_documented():
    assert sanctions_model.__all__ == sorted(sanctions_model.__all__, key=str)
    assert len(set(sanctions_model.__all__)) == len(sanctions_model.__all__)
    for name, item in (PUBLIC | ROOMS).items():
        assert inspect.getdoc(item), name
    assert set(sanctions_model.__all__) <= set(dir(sanctions_model))


def test_every_flat_name_is_the_one_of_its_file():
    """Of the package itself: an import of its own may stand before a public name."""
    for name in set(sanctions_model.__all__) - set(ROOMS):
        found = getattr(sanctions_model, name)
        assert found.__module__.startswith("sanctions_model."), name


def test_few_names_stand_flat():
    assert len(set(sanctions_model.__all__) - set(ROOMS)) <= 82


def test_the_designs_of_a_scenario_s_file_stand_flat():
    """Every model that checks a table of them, found from the scenario's own fields."""

    def models(own):
        found = {own.__name__} if hasattr(own, "model_fields") else set()
        below = get_args(own) or [f.annotation for f in getattr(own, "model_fields", {}).values()]
        return found.union(*map(models, below))

    fields = sanctions_model.Scenario.model_fields
    stated = {"Scenario"}.union(*(models(fields[name].annotation) for name in DESIGNS))
    assert {"ReliefDesign", "Phase", "SnapBack", "AssetRelease"} < stated
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in stated:
            assert name in sanctions_model.__all__
            assert getattr(sanctions_model, name) is getattr(sanctions_model.scenarios, name)


def test_a_name_that_moved_to_its_room_is_found_with_a_warning_that_says_where():
    with pytest.warns(DeprecationWarning, match="is now sanctions_model.robustness.tipping_point"):
        found = sanctions_model.tipping_point
    assert found is sanctions_model.robustness.tipping_point
    with pytest.raises(AttributeError, match="tipping_pint"):
        _ = sanctions_model.tipping_pint


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    project = PACKAGE.parent / "pyproject.toml"
    if not project.exists():
        pytest.skip("not a checkout")
    stated = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    assert version("sanctions-model") == stated


def test_the_package_says_its_version_and_reads_it_only_when_asked():
    from importlib.metadata import version

    assert sanctions_model.__version__ == version("sanctions-model")
    assert call("--version").out == f"sanctions-model {sanctions_model.__version__}\n"
    assert "__version__" not in sanctions_model.__all__
    code = "import sys, sanctions_model; print('importlib.metadata' in sys.modules)"
    assert run_python(code) == "False"


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").exists()
    assert (PACKAGE / "__init__.pyi").exists()


def definitions(source):
    """Public functions and classes of a module, methods of public classes included."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                        yield f"{node.name}.{inner.name}", inner


def documented_parameters(docstring):
    """Names in the Parameters section of a numpydoc docstring; None without such a section."""
    lines = inspect.cleandoc(docstring).splitlines()
    underlined = [i for i, line in enumerate(lines) if line and set(line) == {"-"}]
    names, found = [], False
    for position, start in enumerate(underlined):
        if lines[start - 1] not in {"Parameters", "Other Parameters"}:
            continue
        found = True
        following = underlined[position + 1 :]
        end = following[0] - 1 if following else len(lines)
        for line in lines[start + 1 : end]:
            if line and not line.startswith(" "):
                names += line.partition(" : ")[0].split(", ")
    return names if found else None


def own_parameters(node):
    """Arguments of a function, fields of a class (arguments of its __init__ if it has one)."""
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                return own_parameters(inner)
        return [
            inner.target.id
            for inner in node.body
            if isinstance(inner, ast.AnnAssign)
            and not inner.target.id.startswith("_")
            and inner.target.id != "family"  # a prior's family is its class
        ]
    arguments = node.args
    return [
        argument.arg
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if argument.arg not in {"self", "cls"}
    ]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_documented_parameters_are_those_of_the_signature(source):
    module = importlib.import_module(module_name(source))
    for name, node in definitions(source):
        documented = documented_parameters(ast.get_docstring(node) or "")
        if documented is None:
            continue
        assert len(set(documented)) == len(documented), f"{source.name}: {name}"
        if isinstance(node, ast.ClassDef):  # may name what it inherits
            inherited = set(inspect.signature(getattr(module, name)).parameters)
            assert set(documented) <= inherited | set(own_parameters(node)), name
            assert set(own_parameters(node)) <= set(documented), f"{source.name}: {name}"
        elif name.partition(".")[0] in PUBLIC:
            assert sorted(documented) == sorted(own_parameters(node)), f"{source.name}: {name}"
        else:  # used in the house alone: may leave out what the signature says
            assert set(documented) <= set(own_parameters(node)), f"{source.name}: {name}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_functions_take_no_arguments_that_they_do_not_name(source):
    for name, node in definitions(source):
        if isinstance(node, ast.FunctionDef):
            assert node.args.kwarg is None, f"{source.name}: {name}"
            assert node.args.vararg is None, f"{source.name}: {name}"


def test_files_and_folders_stay_small_enough_to_read():
    lengths = {str(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    long = {path: length for path, length in lengths.items() if length > 450}
    assert long == {}, "move what is a subject of its own to a file of its own"
    files = Counter(
        str(path.parent) for path in SOURCES if path.stem.strip("_") not in {"init", "main"}
    )
    assert {folder: number for folder, number in files.items() if number > 12} == {}


def test_a_room_stands_on_one_of_twelve_floors():
    project = PACKAGE.parent / "pyproject.toml"
    if not project.exists():
        pytest.skip("not a checkout")
    contracts = tomllib.loads(project.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (floors,) = (contract["layers"] for contract in contracts if contract["id"] == "floors")
    assert len(floors) <= 12


# What asks a model, and the figures that still do; every other one draws what it is handed.
ASKS = {
    *("propagate", "respond", "simulate", "evaluate_history", "conditional_forecast", "episode"),
    *("total_effect", "channel_effects", "measure_effects", "link_effects", "lasting_effects"),
    *("counterfactual", "historical_decomposition", "impulse_response", "step_response"),
}
ASKING = {"standard.py", "diagram.py", "priors.py"}


def test_no_further_figure_asks_a_model():
    found = set()
    for source in SOURCES:
        if source.is_relative_to(PACKAGE / "plots"):
            calls = ast.walk(ast.parse(source.read_text("utf-8")))
            names = {getattr(c.func, "id", "") for c in calls if isinstance(c, ast.Call)}
            found |= {source.name} if names & ASKS else set()
    assert found == ASKING


# Where a sentence or table still rounds by itself; places in a drawing are no numbers to read.
ROUNDING = {
    "cli/parts/console.py": 1,
    "plots/scenarios.py": 1,
    "report/elsewhere.py": 1,
    "report/page/answers.py": 1,
    "report/page/page.py": 1,
    "report/page/sections.py": 1,
    "report/sections/elsewhere.py": 12,
    "report/sections/now.py": 1,
}
SPEAKING = {"cli", "plots", "queries", "report", "robustness", "scenarios"}
DRAWN = {"drawing.py", "still.py", "markup.py", "moved.py", "years.py"}


def test_no_further_sentence_rounds_a_number_by_itself():
    """`wording.py` says how many digits a number has; what is left may only become fewer."""
    found: Counter[str] = Counter()
    for source in SOURCES:
        room = source.relative_to(PACKAGE).parts[0]
        if room not in SPEAKING or source.name in DRAWN:
            continue
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            spec = ast.unparse(node.format_spec) if getattr(node, "format_spec", None) else ""
            if re.search(r"\.\d+[fge%]", spec):
                found[str(source.relative_to(PACKAGE))] += 1
    assert {name: n for name, n in found.items() if n > ROUNDING.get(name, 0)} == {}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_constant_replaces_another_of_its_name(source):
    named = Counter(
        name.id
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    )
    assert [name for name, times in named.items() if times > 1] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_say_what_they_are_and_export(source):
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), source.name
    for name, node in definitions(source):
        assert ast.get_docstring(node), f"{source.name}: {name}"


def module_name(source):
    dotted = ".".join(source.relative_to(PACKAGE.parent).with_suffix("").parts)
    return dotted.removesuffix(".__init__")


def modules():
    return [name for name in map(module_name, SOURCES) if not name.endswith("__main__")]


@pytest.mark.parametrize("name", modules())
def test_what_a_module_exports_exists(name):
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    for item in exported:
        assert hasattr(module, item), item
    # Names are listed where a file hands on what stands elsewhere; else the underscore says it.
    if Path(module.__file__).name != "__init__.py":
        assert exported or any(not name.startswith("_") for name in own_names(module))


def own_names(module):
    """Names that a file makes itself."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    return {
        name.id if isinstance(name, ast.Name) else name.name
        for node in tree.body
        for name in ast.walk(node)
        if isinstance(name, ast.FunctionDef | ast.ClassDef)
        or (isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
    }


def test_the_package_prints_nothing_and_evaluates_nothing():
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "eval", "exec"}, source.name
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "")]
                assert not {"pickle", "cloudpickle", "joblib"} & set(names), source.name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = sanctions_model.no_such_name


def test_every_error_has_the_one_root():
    from sanctions_model import errors

    assert issubclass(errors.SanctionsModelError, ValueError)
    for name in errors.__all__:
        item = getattr(errors, name)
        if name.endswith("Error"):
            assert issubclass(item, errors.SanctionsModelError), name


def test_packages_whose_next_major_may_break_us_are_bounded():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    needed = tomllib.loads(text)["project"]["dependencies"]
    bounded = {one.partition(">=")[0] for one in needed if ",<" in one}
    assert {"nutpie", "zarr", "xarray", "pandas", "numpy", "h5netcdf", "h5py", "pymc"} <= bounded
