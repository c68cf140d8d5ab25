"""Every public name with arguments of a wrong kind: our own error, in one line, that says which."""

import inspect
import pickle
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import hostile
import numpy as np
import pandas as pd
import pytest
import typeguard
from laboratory import MODEL, pinned
from surface import PUBLIC

import sanctions_model as sm
from sanctions_model.doors import guarded
from sanctions_model.errors import QuestionError, SanctionsModelError

DRAWS = pinned()
WRONG = {
    "nothing": None,
    "number": 3,
    "text": "x",
    "list": [],
    "table": pd.DataFrame({"a": [1.0]}),
    "model": MODEL,
    "draws": DRAWS,
    "array": np.zeros(2),
    "object": object(),
}
# What nothing means for these is to fit or to read at length, as their defaults say.
AT_LENGTH = {"fit_relief"}


def is_asked(name, item):
    kinds = inspect.isclass(item) and issubclass(item, BaseException | Enum)
    return callable(item) and not kinds and name not in AT_LENGTH


ASKED = sorted(name for name, item in PUBLIC.items() if is_asked(name, item))


@pytest.mark.parametrize("name", ASKED)
def test_no_public_name_takes_what_is_of_a_wrong_kind(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    item = PUBLIC[name]
    first, *rest = inspect.signature(item).parameters.values() or [None]
    if first is None:
        return
    needed = [
        one
        for one in rest
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    for wrong in WRONG.values():
        asked = [one for one in (first, *needed) if one.kind is not one.KEYWORD_ONLY]
        named = {one.name: wrong for one in (first, *needed) if one.kind is one.KEYWORD_ONLY}
        with hostile.within():
            try:
                item(*[wrong for _ in asked], **named)
            except SanctionsModelError as error:
                hostile.require_clear(str(error))
            except TypeError as error:  # Python's own, of how it is called, or a figure's
                said = str(error)
                assert "positional argument" in said or "draws an effect, got" in said, said


SAID = [
    (lambda: sm.pin(None, {}), "pin: scm is nothing; expected StructuralCausalModel."),
    (lambda: sm.coverage("x", MODEL), "coverage: observations is 'x'; expected Dataset."),
    (
        lambda: sm.robustness.liftings_error("x", DRAWS, None),
        "liftings_error: scm is 'x'; expected StructuralCausalModel.",
    ),
    (
        lambda: sm.total_effect(DRAWS, MODEL),
        "total_effect: scm is of type Dataset; expected StructuralCausalModel.",
    ),
    (
        lambda: sm.total_effect(MODEL, DRAWS, "trade"),
        "total_effect: relief is 'trade'; expected Relief \\| None.",
    ),
    (
        lambda: sm.validation.score_summary(pd.DataFrame({"a": [1.0]})),
        "score_summary: the scores given has no 'forecaster'",
    ),
    (sm.Claim, "Claim: .*: it is missing"),
    (lambda: sm.Variable(name=None), "Variable: name is nothing; expected str."),
]


@pytest.mark.parametrize(("door", "said"), SAID)
def test_what_is_of_a_wrong_kind_is_named_with_what_was_expected(door, said):
    with pytest.raises(SanctionsModelError, match=said):
        door()


def test_a_fault_of_our_own_keeps_its_trace():
    def broken(number: float = 1.0):
        return {}["nothing"], number

    door = guarded(broken)
    with pytest.raises(KeyError):
        door(2.0)
    with pytest.raises(QuestionError, match="broken: number is 'two'; expected float"):
        door("two")


TAKEN = [
    (int, np.int64(3)),
    (float, np.float32(1.5)),
    (float | None, np.array(2.0)),
    (np.ndarray, [1.0, 2.0]),
    (Mapping[str, np.ndarray], {"a": [1.0]}),
    (Mapping[int, float], {np.int64(1): np.float32(2.0)}),
    (tuple[str, ...], ["a"]),
    (tuple[float, float], [1.0, 2.0]),
    (Sequence[str], np.array(["a"])),
    (Sequence[str] | None, pd.Index(["a"])),
    (Sequence[float], pd.Series([1.0])),
    (Sequence[str], "a"),
    (Iterable[float], iter([1.0])),
    (Mapping[str, "Prior"], {"a": 1.0}),  # noqa: F821 (a name that only type checkers know)
]
REFUSED = [
    (int, 2.5),
    (float, True),
    (np.ndarray, {"a": 1.0}),
    (Mapping[str, np.ndarray], {"a": None}),
    (tuple[str, ...], [1]),
    (Sequence[float], "a"),
    (Sequence[str], pd.DataFrame({"a": [1.0]})),
    (Iterable[str], 3),
]


def fails_whatever(hint):
    def broken(given):
        raise AttributeError("ours")

    broken.__annotations__["given"] = hint
    return guarded(broken)


@pytest.mark.parametrize(("hint", "given"), TAKEN)
@pytest.mark.filterwarnings("error")
def test_numbers_and_lists_of_any_library_are_not_blamed(hint, given):
    with pytest.raises(AttributeError, match="ours"):
        fails_whatever(hint)(given)


@pytest.mark.parametrize(("hint", "given"), REFUSED)
def test_what_no_library_takes_for_it_is_blamed(hint, given):
    with pytest.raises(QuestionError, match="broken: given is "):
        fails_whatever(hint)(given)
    ours = {check.__module__ for check in typeguard.checker_lookup_functions}
    assert "sanctions_model.doors" not in ours  # others' checks are as they were


def test_a_public_function_is_one_object_wherever_it_is_taken_from():
    from sanctions_model.scm import parameters

    assert sm.pin is sm.scm.pin is parameters.pin is sm.pin
    assert pickle.loads(pickle.dumps(sm.pin)) is sm.pin
    assert inspect.signature(sm.pin).parameters.keys() == {"scm", "values"}
