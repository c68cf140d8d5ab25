"""Labels that are spoken, and fits that were saved with former ones."""

import json
import re

import pytest
import xarray as xr
from saved_fits import fit_of

import sanctions_model as sm
from sanctions_model.cli.parts.changed_files import differences_from_files
from sanctions_model.economies.registry import ANCHORED, GROWTH
from sanctions_model.economies.words import _FORMER, _PARAMETERS, with_labels_of_today
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.queries.reading.headlines import in_words_of
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.serialization import from_dict, spec_hash, to_dict

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
    assert not set(labels) & set(_FORMER)


def test_words_are_of_parameters_that_there_are():
    assert set(_PARAMETERS) <= {*ECONOMIES[0].scalars, *ECONOMIES[1].scalars}


def relabelled(scm, labels):
    """Return the model with other labels, by the description that files hold."""
    text = json.dumps(to_dict(scm))
    for old, new in labels.items():
        text = text.replace(f'"label": {json.dumps(old)}', f'"label": {json.dumps(new)}')
    return from_dict(json.loads(text))


@pytest.mark.parametrize("economy", [ANCHORED, GROWTH], ids=lambda economy: economy.name)
def test_a_model_with_former_labels_gets_those_of_today(economy):
    scm = economy.transmission()
    former = relabelled(scm, {new: old for old, new in _FORMER.items()})
    assert spec_hash(former) != spec_hash(scm)
    assert spec_hash(with_labels_of_today(former)) == spec_hash(scm)


def test_a_label_of_ones_own_and_another_model_stay():
    own = relabelled(ECONOMIES[0], {"key rate": "policy rate"})
    assert with_labels_of_today(own) is own
    former = next(iter(_FORMER))
    other = sm.StructuralCausalModel(
        equations=(sm.scm.Linear(variable=sm.Variable(name="x", label=former)),)
    )
    assert with_labels_of_today(other) is other


def test_a_fit_saved_with_former_labels_is_read_in_those_of_today(tmp_path, monkeypatch):
    """No command says that its equations differ, and saving it again keeps what it holds."""
    with monkeypatch.context() as earlier:
        scm = relabelled(GROWTH.transmission(), {new: old for old, new in _FORMER.items()})
        earlier.setattr(sm, "growth_transmission", lambda: scm)
        fit_of(load_priors(economy="growth"), tmp_path / "old", 1)
    with xr.open_datatree(tmp_path / "old" / "posterior.nc") as held:
        assert "change of the premium" in json.dumps(dict(held.attrs), default=str)
    read = sm.load(tmp_path / "old")
    assert read.scm.variables["import_premium_change"].label == "change in the import premium"
    assert differences_from_files(read) == []
    sm.save(read, tmp_path / "again.nc")
    assert spec_hash(sm.load(tmp_path / "again.nc").scm) == spec_hash(read.scm)
