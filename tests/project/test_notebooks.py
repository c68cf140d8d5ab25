"""Notebooks: each runs from top to bottom with few draws, and is written as a notebook should be.

Every file of the folder is found by itself. In the default suite a notebook's cells run in this
process, on one small fit made once (``SANCTIONS_MODEL_FIT``), with few draws
(``SANCTIONS_MODEL_DRAWS``), and where it samples a posterior it gets draws from its prior: nothing
is compiled. The slow tests run the same files in a kernel, sampling for real.
"""

import ast
import hashlib
import re
from pathlib import Path

import nbformat
import pytest
from laboratory import FakeSampler

import sanctions_model as sm

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
FEW = "50"
# These ask for more draws than the small fit has, or for minutes; each has a test of its own.
ON_MORE_DRAWS = {"elsewhere", "futures", "sweeps", "what_it_rests_on"}
ALIKE = [name for name in NOTEBOOKS if name not in ON_MORE_DRAWS]


def cells(name, kind="code"):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def python(cell):
    """The Python of a cell: the kernel's own commands left out."""
    return "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))


def fingerprints():
    """Content of every file that a notebook might write into by mistake."""
    folders = (FOLDER, ROOT / "data", ROOT / "docs")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if ".ipynb_checkpoints" not in path.parts
    }


@pytest.fixture
def surroundings(small_fit, monkeypatch):
    monkeypatch.setenv("SANCTIONS_MODEL_FIT", str(small_fit))
    monkeypatch.setenv("SANCTIONS_MODEL_DRAWS", FEW)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(FOLDER)
    before = fingerprints()
    yield
    assert fingerprints() == before


def run_here(name, capsys):
    """Run a notebook in this process; return the last line that it prints."""
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    namespace = {"__name__": "__main__"}
    for position, cell in enumerate(cells(name)):
        exec(compile(python(cell), f"{name}, code cell {position + 1}", "exec"), namespace)
    plt.close("all")
    return capsys.readouterr().out.strip().splitlines()[-1]


@pytest.mark.notebook
@pytest.mark.parametrize("name", ALIKE)
def test_a_notebook_runs_from_top_to_bottom(name, surroundings, nothing_is_sampled, capsys):
    assert re.search(r"\d", run_here(name, capsys))


@pytest.mark.notebook
def test_the_notebook_on_liftings_elsewhere_weighs_a_fit(
    surroundings, nothing_is_sampled, tmp_path, monkeypatch, capsys
):
    fit = sm.SanctionsModel().sample_prior_predictive(draws=2000)
    monkeypatch.setenv("SANCTIONS_MODEL_FIT", str(sm.save(fit, tmp_path / "prior.nc")))
    answer = run_here("elsewhere", capsys)
    assert "is undone within five years with probability 0.31" in answer
    assert re.search(r"moves GDP by [+-]\d", answer)


@pytest.mark.slow
@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
@pytest.mark.parametrize("name", ALIKE)
def test_a_notebook_runs_in_a_kernel(name, surroundings, small_fit, monkeypatch):
    assert re.search(r"\d", execute(name, monkeypatch, small_fit)[-1])


def execute(name, monkeypatch, fit):
    """Run a notebook in a kernel on a fit; return what it prints."""
    import nbclient

    monkeypatch.setenv("SANCTIONS_MODEL_FIT", str(fit))
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": FOLDER}}
    nbclient.NotebookClient(notebook, timeout=900, resources=resources).execute()
    return [
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream" and output["name"] == "stdout"
    ]


def growth_fit(path, draws):
    """Save a fit with all that a fit has, its few draws of the prior in a posterior's place."""
    scm = sm.growth_transmission()
    fit = sm.fit(
        scm,
        sm.load_observations(scm=scm),
        sm.load_priors(economy="growth"),
        draws=draws,
        tune=10,
        sampler=FakeSampler([0]),
        allow_unconverged=True,
    )
    return sm.save(fit, path)


@pytest.mark.notebook
@pytest.mark.slow  # the split of the spread takes its thousand paths whatever the draws
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_futures_notebook_runs_on_a_fit(tmp_path, monkeypatch):
    path = growth_fit(tmp_path / "fit.nc", draws=20)
    texts = execute("futures", monkeypatch, path)
    assert any("ten points more for the reset" in text for text in texts)


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_sweeps_notebook_runs_on_a_fit(tmp_path, monkeypatch):
    path = growth_fit(tmp_path / "fit.nc", draws=500)
    texts = execute("sweeps", monkeypatch, path)
    assert any("After three years full relief moves consumer prices" in text for text in texts)


@pytest.mark.slow
@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_notebook_on_what_the_answers_rest_on_ends_in_three_sentences(tmp_path, monkeypatch):
    path = growth_fit(tmp_path / "fit.nc", draws=60)
    texts = execute("what_it_rests_on", monkeypatch, path)
    sentences = [line for line in "".join(texts).splitlines() if line.startswith("- ")]
    assert len(sentences) == 3
    assert all("as the article says with probability" in line for line in sentences)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_the_script_beside_it(name):
    script = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    parts = re.split(r"^# %%(?: \[(markdown)\])?$\n?", script, flags=re.MULTILINE)[1:]
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    written = [
        re.sub(r"^# ?", "", body, flags=re.MULTILINE) if kind else body.replace("# %mat", "%mat")
        for kind, body in zip(parts[::2], parts[1::2], strict=True)
    ]
    assert [text.strip() for text in written] == [cell.source.strip() for cell in notebook.cells]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_was_executed_in_order(name):
    counts = [cell.execution_count for cell in cells(name)]
    assert counts == list(range(1, len(counts) + 1))
    shown = [output["output_type"] for cell in cells(name) for output in cell.outputs]
    assert "error" not in shown
    assert "stream" in shown


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_opens_with_a_question_and_closes_with_numbers_from_variables(name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    title = notebook.cells[0].source.splitlines()[0]
    assert title.startswith("# "), title
    assert title.endswith("?"), title
    printed = [
        node.args[0]
        for cell in cells(name)[-3:]
        for node in ast.walk(ast.parse(python(cell)))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    answer = printed[-1]
    assert any(
        isinstance(node, ast.FormattedValue | ast.Attribute | ast.Name) for node in ast.walk(answer)
    )


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_light(name):
    for cell in cells(name):
        for node in ast.walk(ast.parse(python(cell))):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 10, node.name
        assert "filterwarnings" not in cell.source
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 1_500_000


WITHOUT_DATA = {"your_graph"}  # nothing is fitted there, so that nothing is predicted


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_has_all_that_a_reader_looks_for(name):
    text = " ".join(" ".join(cell.source.split()) for cell in cells(name, "markdown"))
    parts = ["**Takes**", "**You learn**", "## An exercise", "## Where to go on"]
    if name not in WITHOUT_DATA:
        code = text + "".join(cell.source for cell in cells(name))
        for part in ("prior.predictive", "posterior.predictive", "diagnostics|r_hat"):
            assert re.search(part, code, re.IGNORECASE), part
    assert [part for part in parts if part not in text] == []
    assert 800 <= len(text.split()) <= 1500
    drawn = [
        i for i, c in enumerate(cells(name)) for o in c.outputs if "image/png" in o.get("data", "")
    ]
    assert drawn[0] <= 2  # data, or the graph, before any answer


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_where_a_notebook_leads_on_is_linked_and_there(name):
    text = "".join(cell.source + "\n" for cell in cells(name, "markdown"))
    (onward,) = re.findall(r"## Where to go on\n\n(.*?)\n(?:\n|$)", text, re.DOTALL)
    targets = re.findall(r"\[`[^`]+`\]\(([^)]+)\)", onward)
    assert targets
    assert [target for target in targets if not (FOLDER / target).exists()] == []
    bare = set(re.findall(r"(?<!\[)`([\w/.]+)`", onward))
    assert not bare & set(NOTEBOOKS)
    assert not any(word.endswith(".md") for word in bare)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_a_notebook_shows_is_the_same_in_every_run(name):
    drawn_by_lot = r"[0-9a-f]{8}-[0-9a-f]{4}-|T_[0-9a-f]{5}|\b0x[0-9a-f]{6}"
    told_by_a_clock = r"\bseconds(_each)?\b|\d{2}:\d{2}:\d{2}"
    for cell in cells(name):
        for output in cell.outputs:
            shown = {"text": output.get("text", "")} | output.get("data", {})
            text = "".join(body for kind, body in shown.items() if not kind.startswith("image"))
            assert not re.findall(f"{drawn_by_lot}|{told_by_a_clock}", text), cell.source


def test_the_notebooks_are_there():
    expected = {"quickstart", "chain_and_priors", "effects_and_channels", "histories"}
    assert expected | {"your_country", "your_graph"} <= set(NOTEBOOKS)
