"""Notebooks run from top to bottom, with few draws."""

from pathlib import Path

import nbclient
import nbformat
import pytest
from laboratory import FakeSampler

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


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_sweeps_notebook_runs_on_a_fit(tmp_path, monkeypatch):
    fit = sm.fit(
        sm.default_transmission(),
        sm.load_observations(),
        sm.load_priors(),
        draws=500,
        tune=10,
        sampler=FakeSampler([0]),  # draws of the prior in a posterior's place
    )
    path = sm.save(fit, tmp_path / "fit.nc")
    texts = execute("sweeps.ipynb", monkeypatch, SANCTIONS_MODEL_FIT=path)
    assert any("After three years full relief moves consumer prices" in text for text in texts)


@pytest.mark.slow
@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own machinery
def test_the_notebook_on_what_the_answers_rest_on_ends_in_three_sentences(tmp_path, monkeypatch):
    from test_cli_evidence import fit_of

    fit_of(sm.load_priors(), tmp_path / "fit", 1)
    path = tmp_path / "fit" / "posterior.nc"
    texts = execute("what_it_rests_on.ipynb", monkeypatch, SANCTIONS_MODEL_FIT=path)
    sentences = [line for line in "".join(texts).splitlines() if line.startswith("- ")]
    assert len(sentences) == 3
    assert all("as the article says with probability" in line for line in sentences)
