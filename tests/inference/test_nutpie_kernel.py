"""The kernel as nutpie's model: what is drawn, the same bits everywhere, nothing compiled twice."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_problem import make_problem, whole_series

from sanctions_model.inference.kernel import compiled
from sanctions_model.inference.kernel.inputs import central_point, free_parameters
from sanctions_model.inference.kernel.nutpie_adapter import kernel_model, load_kernel
from sanctions_model.inference.samplers import Nutpie
from sanctions_model.scm.parameters import parameter_coords, parameter_dims
from sanctions_model.scm.simulation.machine_code import kept
from sanctions_model.scm.variables import Noise

HERE = Path(__file__).parents[1]
SHORT = {"draws": 50, "tune": 100, "chains": 2, "seed": 3, "progress_bar": False}


@pytest.fixture(scope="module")
def drawn():
    import nutpie

    problem = make_problem()
    model = kernel_model(problem)
    return problem, nutpie.sample(model, store_unconstrained=True, save_warmup=False, **SHORT)


def test_draws_are_the_parameters_with_names_dims_and_labels(drawn):
    problem, tree = drawn
    posterior = tree["posterior"].to_dataset()
    coords = parameter_coords(problem.scm) | {"missing": problem.cases.missing_labels}
    wanted = parameter_dims(problem.scm) | {"missing_cell": "missing"}
    assert {name: array.dims for name, array in posterior.data_vars.items()} == {
        name: ("chain", "draw", dim) if dim else ("chain", "draw") for name, dim in wanted.items()
    }
    for dim, labels in coords.items():
        if labels:
            assert posterior[dim].to_numpy().tolist() == labels
    assert posterior.sizes["draw"] == 50


def test_each_free_number_has_its_label(drawn):
    problem, tree = drawn
    numbers = tree["sample_stats"]["unconstrained_draw"]
    labels = [*free_parameters(problem), *problem.cases.missing_labels]
    assert numbers["unconstrained_parameter"].to_numpy().tolist() == labels
    slope = tree["posterior"]["coefficient"].sel(link="output[1] -> price")
    np.testing.assert_array_equal(numbers.sel(unconstrained_parameter="output[1] -> price"), slope)


def test_known_parameters_are_drawn_at_their_values(drawn):
    _, tree = drawn
    assert (tree["posterior"]["coefficient"].sel(link="output[1] -> output") == 0.4).all()


def test_the_fields_of_nutpie_s_model_are_those_that_are_filled_in():
    from nutpie.compile_pymc import CompiledPyMCModel

    assert {field.name for field in dataclasses.fields(CompiledPyMCModel)} == {
        "dims",
        "reparameterized_names",
        "compiled_logp_func",
        "compiled_expand_func",
        "initial_point_func",
        "shared_data",
        "shared_var_keys",
        "user_data",
        "n_expanded",
        "shape_info",
        "logp_func",
        "expand_func",
        "_n_dim",
        "_shapes",
        "_coords",
        "_transform_adapt_args",
    }


def test_chains_start_in_the_middle_of_the_priors():
    problem = make_problem()
    start = kernel_model(problem).initial_point_func
    for seed in range(20):
        assert np.abs(start(seed) - central_point(problem)).max() <= 1.0
    np.testing.assert_array_equal(start(1), start(1))
    assert (start(1) != start(2)).all()


@pytest.mark.parametrize("adaptation", ["diag", "low_rank"])
def test_the_number_of_cores_changes_no_bit(adaptation):
    import nutpie

    model = kernel_model(make_problem())
    one, two = (
        nutpie.sample(model, adaptation=adaptation, cores=cores, **SHORT)["posterior"].to_dataset()
        for cores in (1, 2)
    )
    assert one.equals(two)


def test_another_graph_is_sampled_without_compiling_anything():
    import nutpie
    from numba.core import event

    load_kernel()
    problems = [
        make_problem(noise, series=series) for noise in Noise for series in (None, whole_series())
    ]
    with event.install_recorder("numba:compile") as recorder:
        for problem in problems:
            nutpie.sample(kernel_model(problem), **SHORT)
    assert recorder.buffer == []


def run_python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
        cwd=HERE,
    )
    return done.stdout.strip()


CODE = """
import sys, json, hashlib, nutpie
from small_problem import make_problem
from sanctions_model.inference.kernel.nutpie_adapter import kernel_model, load_kernel
model = kernel_model(make_problem())
tree = nutpie.sample(model, draws=50, tune=100, chains=2, seed=3, progress_bar=False)
draws = tree["posterior"]["coefficient"].to_numpy()
loaded = [name for name in ("pymc", "pytensor") if name in sys.modules]
hits = [function.cache_hits for function in load_kernel()]
print(json.dumps([hashlib.sha256(draws.tobytes()).hexdigest(), loaded, hits]))
"""


def test_a_new_process_finds_the_machine_code_and_needs_no_pytensor(drawn):
    load_kernel()
    digest, loaded, hits = json.loads(run_python(CODE))
    assert loaded == []
    assert hits == [1, 1]
    draws = drawn[1]["posterior"]["coefficient"].to_numpy()
    assert digest == hashlib.sha256(draws.tobytes()).hexdigest()


@pytest.mark.slow
def test_cold_caches_give_the_same_bits(tmp_path):
    cold, again = (json.loads(run_python(CODE, NUMBA_CACHE_DIR=str(tmp_path))) for _ in range(2))
    assert cold[2] == [0, 0]
    assert again[2] == [1, 1]
    assert cold[0] == again[0] == json.loads(run_python(CODE))[0]


def test_a_change_in_any_file_of_the_kernel_gives_another_program(monkeypatch, tmp_path):
    folder = Path(compiled.__file__).parent
    for file in folder.glob("*.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    known = compiled.program()
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    assert compiled.program() == known
    for file in tmp_path.glob("*.py"):
        before = file.read_bytes()
        file.write_bytes(before.replace(b"1", b"2") if b"1" in before else before + b"#")
        assert compiled.program() != known, file.name
        file.write_bytes(before)


def test_machine_code_is_kept_for_one_program(monkeypatch, tmp_path):
    from numba import cfunc, config, types

    def stamped(program):
        def plus_one(x):
            assert program
            return x + 1.0

        return plus_one

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    signature = types.double(types.double)
    hits = [kept(cfunc, signature, stamped(program)).cache_hits for program in (1, 1, 2)]
    assert hits == [0, 1, 0]


def test_a_mass_matrix_of_low_rank_is_not_computed_every_twenty_draws():
    # nutpie's own number cost two thirds of a fit; its `sample` has no argument for it.
    tree = Nutpie(low_rank=True).sample(make_problem(), draws=5, tune=5, chains=1, random_seed=1)
    used = json.loads(tree["sample_stats"].attrs["inference_library_settings"])
    assert used["adaptation"] == "low_rank"
    assert used["settings"]["adapt_options"]["mass_matrix_update_freq"] == 100
