"""A model as JSON and back; what its hash sees and what not."""

import copy
import json
from dataclasses import replace

import pytest
from hypothesis import given
from laboratory import MODEL
from strategies import models

from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import SanctionsModelError, SpecError
from sanctions_model.scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.serialization import content_hash, from_dict, spec_hash, to_dict
from sanctions_model.scm.variables import Affine, Constant, Hold, Indicator, Noise, Path, Variable
from sanctions_model.units import logs_of


def variable(name):
    return Variable(name=name)


EVERYTHING = StructuralCausalModel(
    name="every kind there is",
    periods_per_year=12,
    noise=Noise.GAUSSIAN,
    equations=(
        Exogenous(variable=variable("measure"), continuation=Hold(1.0)),
        Exogenous(variable=variable("goal"), default=Constant(4.0), continuation=Hold()),
        Exogenous(
            variable=variable("flag"),
            default=Indicator("2020-04-01", "2020-06-30"),
            continuation=Path((1.0, 0.5, 0.0)),
        ),
        Exogenous(variable=variable("open_flag"), default=Indicator("2022-01-01")),
        AsymmetricAdjustment(variable=variable("effective"), measure="measure"),
        LatentAdjustment(variable=variable("state"), parents=("effective", "goal[2]")),
        Identity(
            variable=variable("mix"), terms={"state": -0.1, "y[3]": Affine("share", 1.0, -1.0)}
        ),
        PartialAdjustment(
            variable=Variable(
                name="y",
                label="an outcome",
                unit="% a year",
                source="nobody",
                column="y_pct",
                plausible=(-5.0, 1e3),
            ),
            parents=("flag", "open_flag"),
            start="2014-04-01",
        ),
        Linear(variable=variable("z"), parents=("z[2]", "mix", "y"), start="2015-01-01"),
    ),
    levels=(Level(variable=variable("y_level"), flow="y", sign=-1.0),),
    entries={"state": ("effective -> state",)},
    chain=("effective -> state", "state -> mix"),
    chain_offset=("mix -> z",),
    headline=("z", "y_level"),
    centres={"y -> z": 0.1 + 0.2},
)


def through_json(scm):
    return from_dict(json.loads(json.dumps(to_dict(scm))))


@pytest.mark.parametrize(
    "scm",
    [growth_transmission(), growth_transmission(12), MODEL, EVERYTHING],
    ids=["quarterly", "monthly", "laboratory", "everything"],
)
def test_a_model_survives_json(scm):
    again = through_json(scm)
    assert again == scm
    assert spec_hash(again) == spec_hash(scm)
    assert again.links == scm.links
    assert list(again.structural) == list(scm.structural)


@given(models())
def test_any_model_survives_json(scm):
    assert through_json(scm) == scm


def test_the_description_is_plain():
    def plain(value):
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(item) for key, item in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or isinstance(value, str | int | float)

    assert plain(to_dict(EVERYTHING))


def test_the_hash_does_not_see_centres():
    scm = growth_transmission()
    centred = scm.with_centres({"inflation_yoy -> key_rate": 7.3})
    assert centred != scm
    assert spec_hash(centred) == spec_hash(scm)
    assert through_json(centred).centres == centred.centres


def test_the_hash_is_the_same_in_every_process():
    assert spec_hash(EVERYTHING) == spec_hash(through_json(EVERYTHING))
    assert len(spec_hash(EVERYTHING)) == 64
    assert content_hash({"b": 1, "a": [1.5, None]}) == content_hash({"a": [1.5, None], "b": 1})


def with_equation(name, **changed):
    equations = tuple(
        replace(e, **changed) if e.variable.name == name else e for e in EVERYTHING.equations
    )
    return replace(EVERYTHING, equations=equations)


@pytest.mark.parametrize(
    "changed",
    [
        with_equation("z", parents=("z[1]", "mix", "y")),
        with_equation("z", parents=("z[2]", "mix", "y[1]")),
        with_equation("z", start=None),
        with_equation("y", parents=("open_flag", "flag")),
        with_equation("measure", continuation=Hold(0.5)),
        with_equation("flag", continuation=Path((1.0, 0.5))),
        with_equation("mix", terms={"state": -0.2, "y[3]": Affine("share", 1.0, -1.0)}),
        with_equation("mix", terms={"state": -0.1, "y[3]": Affine("share", 1.0, 1.0)}),
        replace(EVERYTHING, noise=Noise.STUDENT_T),
        replace(EVERYTHING, periods_per_year=4),
        replace(EVERYTHING, levels=(), headline=("z",)),
        replace(EVERYTHING, entries={}),
    ],
)
def test_the_hash_sees_every_change_of_the_equations(changed):
    assert spec_hash(changed) != spec_hash(EVERYTHING)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({}, "not one of a structural causal model"),
        ([], "not one of a structural causal model"),
        ({"kind": "Linear", "variable": {"kind": "Variable", "name": "y"}}, "not one of a struct"),
        ({"kind": "Spline"}, "Unknown kind 'Spline'"),
        ({"kind": "StructuralCausalModel"}, "does not fit: .*equations"),
        ({"kind": "StructuralCausalModel", "equations": [], "speed": 1}, "does not fit: .*speed"),
        ({"kind": "StructuralCausalModel", "equations": []}, "has no equations"),
    ],
)
def test_what_describes_no_model_is_refused(plain, message):
    with pytest.raises(SpecError, match=message):
        from_dict(plain)


@pytest.mark.parametrize(
    "changed",
    [
        {"noise": "cauchy"},
        {"equations": [3]},
        {"equations": 3},
        {"equations": ["Linear"]},
        {"levels": [1]},
        {"entries": 5},
        {"kind": ["StructuralCausalModel"]},
        {"periods_per_year": "four"},
    ],
    ids=str,
)
def test_a_damaged_description_is_refused_as_such(changed):
    with pytest.raises(SanctionsModelError):
        from_dict({**to_dict(EVERYTHING), **changed})


@pytest.mark.parametrize(
    ("text", "unit", "logs", "kept"),
    [
        ("% a month (100 dlog)", "% a month", "growth", "% a month, log change"),
        ("% (100 log points)", "%", "level", "%, log level"),
        ("100 log, 0 over 2021", "%, 0 over 2021", "level", "%, 0 over 2021, log level"),
        ("% a month, log change", "% a month", "growth", "% a month, log change"),
        ("log points", "log points", "", "log points"),
    ],
)
def test_a_unit_that_says_logs_becomes_words_and_a_property(text, unit, logs, kept):
    found = Variable(name="y", unit=text)
    assert (found.unit, found.logs, found.kept_unit) == (unit, logs, kept)
    assert replace(found, label="why").logs == logs
    assert logs_of(found) == logs_of(found.unit) == logs_of(kept) == logs_of(text) == logs
    assert logs_of(copy.deepcopy(found.unit)) == logs  # words alone would forget it
    assert Variable(name="y", unit=kept) == found


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("% a month (100 dlog)", "% a month, log change"),
        ("% (100 log points)", "%, log level"),
        ("100 log, 0 over 2021", "%, 0 over 2021, log level"),
    ],
)
def test_a_model_in_logs_is_written_in_words_and_read_as_files_of_before_have_it(before, words):
    scm = StructuralCausalModel(equations=(Linear(variable=Variable(name="y", unit=words)),))
    plain = to_dict(scm)
    assert plain["equations"][0]["variable"] == {
        **{"kind": "Variable", "name": "y", "label": "y", "unit": words},
        **{"source": "", "column": "y", "plausible": None, "least_peak": None},
    }
    assert from_dict(json.loads(json.dumps(plain))) == scm
    plain["equations"][0]["variable"]["unit"] = before
    assert from_dict(plain) == scm
    assert spec_hash(from_dict(plain)) == spec_hash(scm)


@pytest.mark.parametrize(
    "stated",
    [
        {"unit": "%", "logs": "logs"},
        {"unit": "pp", "logs": "growth"},
        {"unit": "% (100 log points)", "logs": "growth"},
    ],
)
def test_logs_that_contradict_the_unit_are_refused(stated):
    with pytest.raises(SpecError, match="expected a unit in % and logs="):
        Variable(name="y", **stated)
