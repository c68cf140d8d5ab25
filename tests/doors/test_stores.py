"""A sweep's folder, spoilt file by file: answers as they were, pending ones, or one line."""

import json
import shutil

import hostile
import laboratory
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laboratory import MODEL, PRIORS, FakeSampler

from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import fit
from sanctions_model.sweeps import SweepDesign, load_sweep, run_sweep
from sanctions_model.sweeps.store import points_table, routes_table

DESIGN = SweepDesign.model_validate(
    {
        "label": "Depth and belief",
        "relief": {"measures": ["trade"]},
        "outcomes": ["price_level"],
        "kept_draws": 40,
        "axis": [
            {"kind": "relief", "name": "depth", "argument": "depth", "values": [0.25, 1.0]},
            {
                "kind": "prior_shift",
                "name": "shift",
                "parameter": "trade -> growth",
                "values": [-0.02, 0.02],
            },
        ],
        "sampling": {"draws": 500, "tune": 100, "chains": 4, "warm_tune": 50},
    }
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished sweep: its folder, files, answers, and how to go on with it."""
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    base = fit(
        *(MODEL, observations, PRIORS),
        **{"draws": 500, "tune": 10, "random_seed": 3, "sampler": FakeSampler([0])},
    )

    def sweep(folder):
        return run_sweep(DESIGN, folder, MODEL, observations, PRIORS, given=base)

    folder = tmp_path_factory.mktemp("stores") / "whole"
    answers = sweep(folder)
    assert (answers["status"] == "done").all()
    assert (answers["route"] == "reweight").all()
    files = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return folder, {name: content for name, content in files.items() if content}, answers, sweep


def same_where_done(found, answers):
    done = (found["status"] == "done").to_numpy()
    for name in set(found.data_vars) - {"status", "seconds"}:
        kept = (data[name].to_numpy()[done] for data in (found, answers))
        np.testing.assert_array_equal(*kept, err_msg=name)
    return bool(done.all())


def entries(content, path=()):
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from entries(value, (*path, key))


OTHER = (None, True, "text", -1, 10**12, 1.5, [], {}, [1, "a"], "float32", {"a": 1}, "\u202e")


def spoilt(files, name):
    """Draw other bytes for a file, None to take it away."""
    content = files[name]
    kinds = [hostile.damaged(content), st.none(), st.sampled_from(sorted(files)).map(files.get)]
    if name.suffix == ".json":
        described = json.loads(content)
        changed = st.builds(
            lambda place, other: json.dumps(hostile.replaced(described, place, other)).encode(),
            st.sampled_from(list(entries(described))),
            st.sampled_from(OTHER),
        )
        kinds += [changed, st.sampled_from([b"[" * 100_000, b"null", b"[1]", b'"a"', b"1e999"])]
    return st.one_of(kinds)


@given(data=st.data())
@hostile.searched(40)
def test_a_spoilt_sweep_is_refused_or_answers_as_it_did(finished, tmp_path_factory, data):
    folder, files, answers, sweep = finished
    name = data.draw(st.sampled_from(sorted(files)))
    content = data.draw(spoilt(files, name))
    work = folder.with_name("work")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work)
    if content is None:
        (work / name).unlink()
    else:
        (work / name).write_bytes(content)
    if found := hostile.answer(load_sweep, work):
        same_where_done(found[0], answers)
        assert len(points_table(found[0])) == answers["status"].size
        assert len(routes_table(found[0]))
    if found := hostile.answer(sweep, work):
        assert same_where_done(found[0], answers)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("sweep.zarr/effect/c/0/0/0", "its array 'effect' cannot be read, or is not as it was"),
        ("sweep.zarr/route/zarr.json", "its array 'route' cannot be read"),
        ("sweep.zarr/zarr.json", "its description cannot be read"),
    ],
)
def test_a_damaged_array_is_named(finished, tmp_path, file, said):
    folder, _, _, sweep = finished
    shutil.copytree(folder, tmp_path / "work")
    (tmp_path / "work" / file).write_bytes(b"{}")
    for door in (load_sweep, sweep):
        with pytest.raises(QuestionError, match=said):
            door(tmp_path / "work")


def test_one_turned_bit_of_an_answer_is_noticed(finished, tmp_path):
    folder = finished[0]
    file = "sweep.zarr/effect_summary/c/0/0/0"
    shutil.copytree(folder, tmp_path / "work")
    content = bytearray((folder / file).read_bytes())
    content[20] ^= 1  # within the numbers: they stay numbers, of another size
    (tmp_path / "work" / file).write_bytes(bytes(content))
    with pytest.raises(QuestionError, match="'effect_summary' cannot be read, or is not as"):
        load_sweep(tmp_path / "work")


def test_a_base_fit_that_was_changed_answers_no_more_points(finished, tmp_path):
    folder, _, answers, sweep = finished
    work = tmp_path / "work"
    shutil.copytree(folder, work)
    (work / "sweep.zarr" / "status" / "c" / "0").unlink()  # every point is to be answered again
    base = work / "bases" / "000.nc"
    content = bytearray(base.read_bytes())
    content[len(content) // 2] ^= 64
    base.write_bytes(bytes(content))
    with pytest.raises(QuestionError, match=r"000.nc is damaged; take it away, and the sweep"):
        sweep(work)
    base.unlink()
    assert same_where_done(sweep(work), answers)


@pytest.mark.parametrize(
    ("array", "other"), [("k_hat", "effective_size"), ("k_hat", "seconds"), ("route", "status")]
)
def test_points_with_the_numbers_of_another_array_are_answered_again(
    finished, tmp_path, array, other
):
    folder, _, answers, sweep = finished
    work = tmp_path / "work"
    shutil.copytree(folder, work)
    arrays = work / "sweep.zarr"
    shutil.copy(arrays / other / "c" / "0", arrays / array / "c" / "0")
    assert (load_sweep(work)["status"] == "pending").all()
    assert same_where_done(sweep(work), answers)


@pytest.mark.parametrize(("old", "new"), [("0.89", "0.98"), ("price_level", "price_lever")])
def test_a_sweep_that_says_something_else_of_itself_is_noticed(finished, tmp_path, old, new):
    shutil.copytree(finished[0], tmp_path / "work")
    described = tmp_path / "work" / "sweep.zarr" / "zarr.json"
    text = described.read_text(encoding="utf-8")
    assert old in text
    described.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(QuestionError, match="its description cannot be read, or is not as it was"):
        load_sweep(tmp_path / "work")
