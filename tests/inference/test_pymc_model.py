"""The PyMC model against a sum written with scipy and loops; nothing is compiled to machine code.

Graphs are evaluated node by node in Python: seconds instead of minutes.
"""

from functools import reduce

import numpy as np
import pymc as pm
import pytensor
import pytest
from oracle import Judge, close
from pytensor.compile.mode import Mode
from pytensor.graph.rewriting.basic import node_rewriter, out2in
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.scalar.basic import Add, Mul
from pytensor.tensor.elemwise import Elemwise
from small_problem import LENGTH, TABLES, make_problem, small_scm, small_series, whole_series

from sanctions_model.inference.pymc_model import build
from sanctions_model.scm.parameters import parameter_dims
from sanctions_model.scm.variables import Noise

SLOW_BUT_UNCOMPILED = Mode("py", None)


@node_rewriter([Elemwise])
def pairwise(fgraph, node):
    """Split long sums and products, which numpy takes no more than 32 operands of."""
    if len(node.inputs) > 2 and isinstance(node.op.scalar_op, Add | Mul):
        return [reduce(node.op, node.inputs)]
    return None


def evaluator(model):
    """A function from a point to the log density and every parameter by address."""
    names = [variable.name for variable in model.deterministics]
    outputs = [model.logp(jacobian=False), *model.replace_rvs_by_values(model.deterministics)]
    outputs = rewrite_graph(outputs, include=(), custom_rewrite=out2in(pairwise))
    function = pytensor.function(
        model.value_vars, outputs, mode=SLOW_BUT_UNCOMPILED, on_unused_input="ignore"
    )

    def evaluate(point):
        density, *arrays = function(**point)
        values = {}
        for name, array in zip(names, arrays, strict=True):
            dim = (model.named_vars_to_dims.get(name) or [None])[0]
            if dim is None:
                values[name] = float(array)
                continue
            for label, value in zip(model.coords[dim], array, strict=True):
                values[label if dim == "link" else f"{name}[{label}]"] = float(value)
        return float(density), values

    return evaluate


def random_points(model, number, seed):
    generator = np.random.default_rng(seed)
    start = model.initial_point()
    for _ in range(number):
        yield {
            name: value + generator.normal(0, 0.5, np.shape(value)) for name, value in start.items()
        }


def check(model, judge, *, points=3):
    evaluate = evaluator(model)
    densities = []
    for point in random_points(model, points, 5):
        density, values = evaluate(point)
        close(density, judge.joint(values), rtol=1e-9)
        densities.append(density)
    assert len(set(densities)) == points


@pytest.fixture(scope="module", params=[Noise.STUDENT_T, Noise.GAUSSIAN], ids=str)
def small(request):
    problem = make_problem(request.param)
    return problem, build(problem)


def judge_of(problem, series=None, tables=TABLES):
    series = small_series() if series is None else series
    return Judge(small_scm(problem.scm.noise), series, problem.cases.time, tables)


def test_the_log_density_is_a_sum_written_with_scipy(small):
    problem, model = small
    check(model, judge_of(problem))


def test_the_log_density_of_the_growth_economy_is_a_sum_written_with_scipy(growth_judge):
    problem, _, judge = growth_judge
    check(build(problem), judge, points=2)


def test_parameters_have_the_same_names_and_dims_everywhere(small):
    problem, model = small
    names = {variable.name for variable in model.deterministics}
    assert names == {*parameter_dims(problem.scm), "missing_cell"}
    for name, dim in parameter_dims(problem.scm).items():
        assert (model.named_vars_to_dims.get(name) or (None,)) == (dim,)
    assert model.named_vars_to_dims["observed"] == ("time", "equation")
    assert model.coords["equation"] == ("price", "output", "silent")
    assert model.named_vars_to_dims["missing_cell"] == ("missing",)
    assert list(model.coords["missing"]) == problem.cases.missing_labels


def test_without_holes_there_are_no_cells_to_complete():
    problem = make_problem(series=whole_series())
    model = build(problem)
    assert "missing_cell" not in model.named_vars
    check(model, judge_of(problem, whole_series()), points=1)


@pytest.mark.parametrize("noise", list(Noise))
def test_predictions_are_drawn_for_every_cell(noise):
    model = build(make_problem(noise, series=whole_series()))
    observed = pm.draw(model["observed"], random_seed=3, mode=SLOW_BUT_UNCOMPILED)
    assert observed.shape == (LENGTH, 3)
    assert np.isfinite(observed).all()
    assert len(np.unique(observed)) == observed.size
