"""A fit as a file: the same answers after loading, and no file that is not what it claims."""

import gc
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import LIFTED

from sanctions_model.errors import FitFileError, SanctionsModelError
from sanctions_model.inference import storage
from sanctions_model.inference.fit import sample_prior_predictive
from sanctions_model.inference.storage import FORMAT_VERSION, load, save
from sanctions_model.queries.effects import channel_effects
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.tables import links_table
from sanctions_model.scm.serialization import to_dict
from sanctions_model.scm.variables import Variable


@pytest.fixture(scope="module")
def prior_file(tmp_path_factory):
    """A saved prior-only fit of the laboratory."""
    return save(laboratory.prior_only(), tmp_path_factory.mktemp("fits") / "posterior.nc")


@pytest.fixture
def copy(prior_file, tmp_path):
    """A file of its own, to be damaged."""
    return Path(shutil.copy(prior_file, tmp_path / "posterior.nc"))


def rewrite(path, edit):
    """Change the JSON description of a saved fit."""
    with h5py.File(path, "r+") as file:
        content = json.loads(file.attrs["sanctions_model"])
        changed = edit(content)
        file.attrs["sanctions_model"] = json.dumps(content if changed is None else changed)


def answers(fitted):
    """Something of everything that a fit is asked."""
    split = channel_effects(fitted.scm, fitted.draws, LIFTED, horizon=6)
    posterior = None if fitted.is_prior_only else fitted.draws
    links = links_table(fitted.scm, fitted.problem.absolute, fitted.prior_draws, posterior)
    future = simulate(
        fitted.problem, fitted.draws, horizon=4, random_seed=1, outcomes=["growth", "price_level"]
    )
    return split, links, future


# The same after loading


@pytest.mark.parametrize("which", ["posterior", "prior"])
def test_a_loaded_fit_gives_the_same_answers_bit_for_bit(which, tmp_path):
    fitted = laboratory.fitted() if which == "posterior" else laboratory.prior_only()
    path = save(fitted, tmp_path / "posterior.nc")
    again = load(path)
    assert again.is_prior_only == fitted.is_prior_only
    for before, after in zip(answers(fitted), answers(again), strict=True):
        assert before.equals(after)
    assert again.scm == fitted.scm
    assert again.problem.priors == fitted.problem.priors
    assert dict(again.manifest) == json.loads(json.dumps(dict(fitted.manifest)))
    assert again.diagnostics == fitted.diagnostics
    assert set(again.idata.children) == set(fitted.idata.children)
    for name, group in fitted.idata.children.items():
        xr.testing.assert_equal(group.to_dataset(), again.idata[name].to_dataset())
    assert again.problem.absolute == fitted.problem.absolute
    assert again.problem.cases.centres == fitted.problem.cases.centres
    assert again.problem.cases.missing == fitted.problem.cases.missing
    np.testing.assert_array_equal(again.problem.cases.weight, fitted.problem.cases.weight)
    xr.testing.assert_identical(again.problem.observations, fitted.problem.observations)


def test_a_saved_copy_of_a_loaded_fit_is_the_same_again(prior_file, tmp_path):
    once = load(prior_file)
    twice = load(save(once, tmp_path / "again.nc"))
    for name, group in once.idata.children.items():
        xr.testing.assert_identical(group.to_dataset(), twice.idata[name].to_dataset())
    assert dict(twice.manifest) == dict(once.manifest)


def test_a_file_that_says_units_as_earlier_versions_did_is_read(
    growth_problem, tmp_path, monkeypatch
):
    marks = {"growth": " (100 dlog)", "level": " (100 log points)", "": ""}
    scm, observations, priors = (
        growth_problem.scm,
        growth_problem.observations,
        growth_problem.priors,
    )
    fitted = sample_prior_predictive(scm, observations, priors, draws=4, random_seed=0)
    with monkeypatch.context() as earlier:
        earlier.setattr(Variable, "kept_unit", property(lambda own: own.unit + marks[own.logs]))
        path = save(fitted, tmp_path / "posterior.nc")
    assert "(100 dlog)" in xr.open_datatree(path).attrs["sanctions_model"]
    assert load(path).scm == scm


def test_warm_up_draws_are_not_saved(tmp_path):
    path = save(laboratory.fitted(), tmp_path / "posterior.nc")
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        assert not [name for name in tree.children if "warmup" in name or "tune" in name]
        assert tree["posterior"].sizes["draw"] == 1000
        assert tree["sample_stats"].sizes["draw"] == 1000
        assert "observations" in tree.children


def test_the_file_opens_in_arviz_without_the_package(prior_file):
    code = (
        "import sys, xarray as xr; "
        f"tree = xr.open_datatree({str(prior_file)!r}, engine='h5netcdf'); "
        "assert tree['prior']['coefficient'].sizes['draw'] == 2000; "
        "print('sanctions_model' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_loading_and_asking_import_no_sampler_and_no_plots(prior_file):
    code = f"""
import sys
from laboratory import LIFTED
from sanctions_model.queries.reading.tables import effects_table
from sanctions_model.inference.storage import load
fitted = load({str(prior_file)!r})
effects_table(fitted.scm, fitted.draws, reliefs=[LIFTED], horizons=[4])
heavy = ("pymc", "pytensor", "nutpie", "arviz", "matplotlib", "statsmodels")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
        env=os.environ,
    )
    assert done.stdout.strip() == "[]"


def test_periods_keep_their_first_day(prior_file):
    time = load(prior_file).problem.observations["time"]
    assert str(time.to_numpy()[0])[:10] == "2000-01-01"
    assert load(prior_file).problem.observations.attrs["freq"] == "Q"


def test_loading_leaves_the_file_free(copy):
    load(copy)
    copy.unlink()
    assert not copy.exists()


def test_a_path_may_be_a_string(prior_file):
    assert load(str(prior_file)).is_prior_only


# Writing


def test_saving_replaces_an_older_file_and_leaves_nothing_else(copy):
    fitted = laboratory.prior_only()
    assert save(fitted, copy) == copy
    assert [path.name for path in copy.parent.iterdir()] == ["posterior.nc"]
    assert load(copy).draws.equals(fitted.draws)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(28, "No space left on device"), FitFileError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (MemoryError(), MemoryError),
    ],
    ids=["full disk", "interrupted", "no memory"],
)
def test_an_interrupted_write_leaves_the_old_file_and_no_leftovers(
    copy, monkeypatch, error, raised
):
    before, plain = copy.read_bytes(), Path.write_bytes

    def half(path, content):
        plain(path, content[: len(content) // 2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(raised):
        save(laboratory.prior_only(), copy)
    assert copy.read_bytes() == before
    assert [path.name for path in copy.parent.iterdir()] == ["posterior.nc"]


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FitFileError, match=r"Cannot write .*: No space left on device"):
        save(laboratory.prior_only(), tmp_path / "posterior.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(FitFileError, match=r"Cannot write .*nowhere"):
        save(laboratory.prior_only(), tmp_path / "nowhere" / "posterior.nc")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "posterior.nc").mkdir()
    with pytest.raises(FitFileError, match=r"Cannot write .*posterior.nc"):
        save(laboratory.prior_only(), tmp_path / "posterior.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["posterior.nc"]


# Files that are no fit


def test_a_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(FitFileError, match=r"There is no fit at .*`sanctions-model run`"):
        load(tmp_path / "posterior.nc")
    with pytest.raises(FitFileError, match="There is no fit at"):
        load(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(copy, share):
    content = copy.read_bytes()
    copy.write_bytes(content[: int(share * len(content))])
    with pytest.raises(FitFileError, match=r"not a readable netCDF|is damaged") as refusal:
        load(copy)
    assert "\n" not in str(refusal.value)
    assert "synchronously" not in str(refusal.value)  # what h5py says of its own calls


def test_a_text_file_is_refused(tmp_path):
    path = tmp_path / "posterior.nc"
    path.write_text("quarter,inflation\n2020Q1,1.0\n", encoding="utf-8")
    with pytest.raises(FitFileError, match="is not a readable netCDF file"):
        load(path)


def test_a_foreign_netcdf_file_is_refused(tmp_path):
    path = tmp_path / "posterior.nc"
    xr.Dataset({"x": ("time", [1.0, 2.0])}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(FitFileError, match="is a netCDF file, but not a fit of sanctions_model"):
        load(path)


def test_another_format_version_is_refused_by_number(copy):
    rewrite(copy, lambda content: content.update(format_version=FORMAT_VERSION + 1))
    with pytest.raises(
        FitFileError, match=r"has format_version 2, this version reads 1; fit again"
    ):
        load(copy)


def test_a_description_that_is_no_json_is_refused(copy):
    with h5py.File(copy, "r+") as file:
        file.attrs["sanctions_model"] = "{'format_version': 1}"
    with pytest.raises(FitFileError, match="its description is no JSON"):
        load(copy)


@pytest.mark.parametrize("content", [[1], 1, "text", None], ids=str)
def test_a_description_that_is_no_object_is_refused(copy, content):
    with h5py.File(copy, "r+") as file:
        file.attrs["sanctions_model"] = json.dumps(content)
    with pytest.raises(FitFileError, match=r"posterior\.nc"):
        load(copy)


@pytest.mark.parametrize("key", ["spec", "spec_sha256", "priors", "manifest", "log_probability"])
def test_a_description_that_lacks_something_is_refused(copy, key):
    def edit(content):
        del content[key]

    rewrite(copy, edit)
    with pytest.raises(FitFileError, match=f"is damaged: it lacks '{key}'"):
        load(copy)


@pytest.mark.parametrize("group", ["prior", "observations"])
def test_a_file_that_lacks_a_group_is_refused(copy, group):
    with h5py.File(copy, "r+") as file:
        del file[group]
    with pytest.raises(FitFileError, match=r"is damaged|not a readable"):
        load(copy)


@pytest.mark.parametrize(
    ("group", "name"),
    [("prior", "coefficient"), ("prior", "scale"), ("prior", "missing_cell")],
)
def test_tampered_draws_are_refused(copy, group, name):
    with h5py.File(copy, "r+") as file:
        values = file[group][name]
        values[0, 0, 0] = values[0, 0, 0] * 1.01 + 1e-3
    with pytest.raises(
        FitFileError, match=r"the log probability of the first draw is -?[\d.]+, st"
    ):
        load(copy)


def test_tampered_posterior_draws_are_refused(tmp_path):
    path = save(laboratory.fitted(), tmp_path / "posterior.nc")
    with h5py.File(path, "r+") as file:
        file["posterior"]["persistence"][0, 0, 1] = 0.5
    with pytest.raises(FitFileError, match="the log probability of the first draw"):
        load(path)


@pytest.mark.parametrize("name", ["inflation", "weather", "trade"])
def test_tampered_data_are_refused(copy, name):
    with h5py.File(copy, "r+") as file:
        file["observations"][name][30] += 0.5
    with pytest.raises(FitFileError, match=r"the log probability of the first draw"):
        load(copy)


@pytest.mark.parametrize("value", [None, "high", float("nan"), 1e300])
def test_a_tampered_log_probability_is_refused(copy, value):
    rewrite(copy, lambda content: content.update(log_probability=value))
    with pytest.raises(FitFileError, match=r"posterior\.nc"):
        load(copy)


def damage(path, group, name, change):
    """Change an array of a saved fit as no sampler would."""
    with h5py.File(path, "r+") as file:
        values = file[group][name][...]
        file[group][name][...] = change(values)


def half_missing(values):
    values[:, 1::2] = np.nan
    return values


def later_times_100(values):
    values[:, 1:] *= 100
    return values


def negative(values):
    values[:, 1:] *= -1
    return values


def swapped(labels):
    return labels[[1, 0, *range(2, len(labels))]]


def nudged(values):
    values[:, -1] *= 1 + 1e-9
    return values


@pytest.mark.parametrize("with_sum", [True, False], ids=["with its sum", "of before the sum"])
@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("coefficient", half_missing, r"is nan in \d+ of \d+ prior draws"),
        ("scale", negative, r"'scale\[\w+\]' is -[\d.e-]+ in \d+ of \d+ prior draws"),
        ("persistence", later_times_100, r"within 0 and 1"),
        ("link", swapped, "have labels along 'link'"),
        ("missing", swapped, "have labels along 'missing'"),
        ("missing_cell", half_missing, "have estimates of missing figures that are not finite"),
    ],
)
def test_damaged_draws_beyond_the_first_are_refused(copy, name, change, said, with_sum):
    if not with_sum:
        rewrite(copy, lambda content: content.pop("content_sha256") and None)
        assert load(copy).is_prior_only
    damage(copy, "prior", name, change)
    with pytest.raises(FitFileError, match=said):
        load(copy)


@pytest.mark.parametrize(
    ("group", "name"), [("prior", "coefficient"), ("prior_predictive", "observed")]
)
def test_possible_values_that_were_not_written_are_refused_by_the_sum(copy, group, name):
    damage(copy, group, name, nudged)
    with pytest.raises(FitFileError, match="not as written"):
        load(copy)


def test_a_description_that_was_not_written_is_refused_by_the_sum(copy):
    rewrite(copy, lambda content: content["manifest"].update(created="yesterday"))
    with pytest.raises(FitFileError, match="not as written"):
        load(copy)


def test_a_file_that_declares_more_than_it_holds_is_refused_before_it_is_read(copy):
    with h5py.File(copy, "r+") as file:
        file["prior"].create_dataset("vast", shape=(2**33,), dtype="f8", chunks=(2**20,))
    with pytest.raises(FitFileError, match=r"declares 68\d+ MB"):
        load(copy)


def test_a_description_nested_without_end_is_refused(copy):
    with h5py.File(copy, "r+") as file:
        del file.attrs["sanctions_model"]
        file.attrs["sanctions_model"] = "[" * 20_000 + "]" * 20_000
    with pytest.raises(FitFileError, match="its description is no JSON"):
        load(copy)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # half-open files
@pytest.mark.parametrize("seed", range(12))
def test_wrong_bits_in_the_head_are_refused_in_one_line(copy, seed):
    generator = np.random.default_rng(seed)
    content = bytearray(copy.read_bytes())
    for place in generator.integers(0, 8_000, 40):
        content[place] ^= 1 << int(generator.integers(8))
    copy.write_bytes(content)
    with pytest.raises(FitFileError) as refusal:
        load(copy)
    assert "\n" not in str(refusal.value)
    del refusal
    gc.collect()


def change_lag(content):
    equation = next(e for e in content["spec"]["equations"] if e["variable"]["name"] == "inflation")
    equation["parents"][1] = "growth[2]"


def test_a_tampered_spec_is_refused(copy):
    rewrite(copy, change_lag)
    with pytest.raises(FitFileError, match=r"posterior\.nc"):
        load(copy)


def test_equations_without_effect_on_the_draws_are_proved_by_their_hash(copy):
    def edit(content):
        content["spec"]["headline"] = ["growth"]

    rewrite(copy, edit)
    with pytest.raises(FitFileError, match="equations do not have the hash that was stored"):
        load(copy)


@pytest.mark.parametrize(
    "edit",
    [
        lambda spec: spec.update(equations=[]),
        lambda spec: spec.update(equations=[3]),
        lambda spec: spec.update(noise="cauchy"),
        lambda spec: spec.update(levels=[None]),
        lambda spec: spec["equations"].pop(),
        lambda spec: spec["equations"][0].update(kind="Spline"),
        lambda spec: spec["equations"][0].update(speed=1),
        lambda spec: spec["equations"][0].update(variable="trade"),
        lambda spec: spec["equations"][4].update(parents=["nowhere"]),
        lambda spec: spec["equations"][4].update(parents=[1]),
    ],
)
def test_a_damaged_spec_is_refused_as_such(copy, edit):
    rewrite(copy, lambda content: edit(content["spec"]) and None)
    with pytest.raises(FitFileError, match=r"posterior\.nc"):
        load(copy)


def test_tampered_priors_are_refused(copy):
    def edit(content):
        content["priors"]["entries"]["coefficient"]["weather -> growth"]["sigma"] = 9.0

    rewrite(copy, edit)
    with pytest.raises(FitFileError, match="the log probability of the first draw"):
        load(copy)


@pytest.mark.parametrize(
    ("key", "value"), [("family", "Cauchy"), ("sigma", -1.0), ("speed", 1.0), ("mu", "half")]
)
def test_damaged_priors_are_refused_as_such(copy, key, value):
    def edit(content):
        content["priors"]["entries"]["coefficient"]["weather -> growth"][key] = value

    rewrite(copy, edit)
    with pytest.raises(FitFileError, match=r"posterior\.nc is damaged") as refusal:
        load(copy)
    assert "it lacks" not in str(refusal.value)  # nothing is missing: something is wrong


def test_no_part_of_the_file_is_pickled(prior_file):
    content = prior_file.read_bytes()
    assert b"pickle" not in content
    with h5py.File(prior_file) as file:
        assert set(json.loads(file.attrs["sanctions_model"])) == {
            "format_version",
            "spec",
            "spec_sha256",
            "priors",
            "manifest",
            "log_probability",
            "content_sha256",
        }


def test_the_stored_spec_is_the_model(prior_file):
    with h5py.File(prior_file) as file:
        stored = json.loads(file.attrs["sanctions_model"])["spec"]
    assert stored == to_dict(laboratory.prior_only().scm)
    assert storage.FORMAT_VERSION == 1


def test_a_fit_replaces_no_link_no_device_and_no_file_that_is_kept(tmp_path):
    fitted, kept = laboratory.prior_only(), tmp_path / "kept.nc"
    kept.write_text("mine", encoding="utf-8")
    kept.chmod(0o444)
    (tmp_path / "link.nc").symlink_to(kept)
    (tmp_path / "lost.nc").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.nc")
    before = sorted(path.name for path in tmp_path.iterdir())
    for name, said in (
        ("kept", "may not be written"),
        ("link", "a link or a device"),
        ("lost", "a link or a device"),
        ("pipe", "a link or a device"),
    ):
        with pytest.raises(SanctionsModelError, match=said):
            save(fitted, tmp_path / f"{name}.nc")
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert kept.read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "link.nc").is_symlink()
    with pytest.raises(FitFileError, match="Is a directory"):
        save(fitted, tmp_path)
