"""Labels that are spoken, and fits that were saved with others."""

import json
import re
from dataclasses import replace

import pytest
from saved_fits import fit_of

import sanctions_model as sm
from sanctions_model.cli.parts.changed_files import differences_from_files
from sanctions_model.economies.registry import ANCHORED, GROWTH
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.queries.reading.headlines import in_words_of
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.serialization import equations_hash, from_dict, spec_hash, to_dict

# What nobody says aloud, as labels or names of parameters once were.
UNSPOKEN = re.compile(
    r"\b(finance|assets) measures|adapted to|routed around|index of|\bless\b|change of|at rest|"
    r"at disruption|persistence|trend growth \d|that \w+ follow|for each|mean of a quarter|_"
)
ECONOMIES = [ANCHORED.transmission(), GROWTH.transmission(), GROWTH.transmission(12)]


@pytest.mark.parametrize("scm", ECONOMIES, ids=lambda scm: f"{scm.name} {scm.periods_per_year}")
def test_every_label_and_parameter_is_spoken(scm):
    labels = [variable.label for variable in scm.variables.values()]
    said = [*labels, *(in_words_of(scm, address) for address in addresses(scm))]
    assert [words for words in said if UNSPOKEN.search(words)] == []
    assert len(set(labels)) == len(labels)


def test_a_label_of_no_parameter_is_refused_with_the_nearest():
    scm = ECONOMIES[0]
    wrong = {"need_at_rst": "normal need"}
    with pytest.raises(sm.UnknownVariableError, match="need_at_rest"):
        replace(scm, parameter_labels=wrong)


def relabelled(scm, labels):
    """Return the model with other labels, by the description that files hold."""
    text = json.dumps(to_dict(scm))
    for old, new in labels.items():
        text = text.replace(f'"label": {json.dumps(old)}', f'"label": {json.dumps(new)}')
    return from_dict(json.loads(text))


@pytest.mark.parametrize("scm", ECONOMIES, ids=lambda scm: f"{scm.name} {scm.periods_per_year}")
def test_what_variables_are_called_is_no_equation(scm):
    other = replace(relabelled(scm, {"oil discount": "discount of oil"}), parameter_labels={})
    assert spec_hash(other) != spec_hash(scm)
    assert equations_hash(other) == equations_hash(scm)
    moved = replace(scm, noise=sm.scm.Noise.GAUSSIAN)
    assert equations_hash(moved) != equations_hash(scm)


def test_a_fit_saved_with_other_labels_keeps_them_and_is_of_the_same_equations(
    tmp_path, monkeypatch
):
    """No command says that its equations differ."""
    former = {"change in the import premium": "change of the premium"}
    with monkeypatch.context() as earlier:
        scm = relabelled(GROWTH.transmission(), former)
        earlier.setattr(sm, "growth_transmission", lambda: scm)
        fit_of(load_priors(economy="growth"), tmp_path / "old", 1)
    read = sm.load(tmp_path / "old")
    assert read.scm.variables["import_premium_change"].label == "change of the premium"
    assert differences_from_files(read) == []
