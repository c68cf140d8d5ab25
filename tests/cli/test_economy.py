"""The choice between the bundled transmissions."""

import json

from command import call, refused

from sanctions_model import workflow
from sanctions_model.cli.parts.changed_files import differences_from_files


def test_the_anchored_economy_runs_on_its_own_data_and_priors(tmp_path, few_outcomes):
    done = call(
        *("run", "--economy", "anchored", "--prior-only", "--draws", 20, "--chains", 1),
        *("--out", tmp_path, "--quiet", "--json"),
    )
    assert done.code == 0, done.err
    assert len(json.loads(done.out)) > 10  # every claim has an answer
    fitted = workflow.load_results(tmp_path)
    assert fitted.scm.name == "anchored transmission"
    assert fitted.manifest["inputs"]["economy"] == "anchored"
    assert fitted.manifest["priors"]["origin"] == "priors_anchored.toml"
    assert differences_from_files(fitted) == []


def test_an_economy_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    told = refused("run", "--economy", "ancored", "--out", tmp_path / "none")
    assert told.startswith("There is no economy 'ancored'; there is anchored, growth.")
    assert "Did you mean 'anchored'" in told
