"""Notebooks run from top to bottom, with few draws."""

from pathlib import Path

import nbclient
import nbformat
import pytest

import sanctions_model as sm

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def execute(name, monkeypatch, **environment):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, str(value))
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": NOTEBOOKS}}
    )
    client.execute()
    return [
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream" and output["name"] == "stdout"
    ]


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_histories_notebook_runs_on_a_fit(tmp_path, monkeypatch):
    fit = sm.sample_prior_predictive(
        sm.default_transmission(), sm.load_observations(), sm.load_priors(), draws=40
    )
    path = sm.save(fit, tmp_path / "prior.nc")
    texts = execute("histories.ipynb", monkeypatch, SANCTIONS_MODEL_FIT=path)
    assert any("Without the measures of 2022" in text for text in texts)


@pytest.mark.notebook
@pytest.mark.slow  # the split of the spread takes its thousand paths whatever the draws
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_futures_notebook_runs_on_a_fit(tmp_path, monkeypatch):
    fit = sm.sample_prior_predictive(
        sm.default_transmission(), sm.load_observations(), sm.load_priors(), draws=40
    )
    path = sm.save(fit, tmp_path / "prior.nc")
    texts = execute("futures.ipynb", monkeypatch, SANCTIONS_MODEL_FIT=path)
    assert any("ten points more for the reset" in text for text in texts)


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_quickstart_runs_with_few_draws(monkeypatch):
    texts = execute("quickstart.ipynb", monkeypatch, SANCTIONS_MODEL_DRAWS=50)
    assert any("Full relief makes consumer prices" in text for text in texts)
