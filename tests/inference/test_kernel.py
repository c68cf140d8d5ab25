"""The kernel's log density and gradient against the numpy density, PyMC and finite differences."""

import ctypes
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from oracle import close
from pytensor.compile.mode import Mode
from scipy import special
from small_problem import crisis_problem, learning_problem, make_problem, whole_series
from strategies import models, variable

from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.density import log_probability
from sanctions_model.inference.kernel import density as kernel
from sanctions_model.inference.kernel import likelihood
from sanctions_model.inference.kernel.inputs import (
    central_point,
    free_parameters,
    kernel_inputs,
    pack,
)
from sanctions_model.inference.kernel.nutpie_adapter import load_kernel
from sanctions_model.inference.priors.families import (
    Beta,
    BetaMixture,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    StudentT,
)
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.equations import Exogenous, LatentAdjustment, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, note_centres, parameter_coords, parameter_dims
from sanctions_model.scm.variables import Crisis, Hold, Noise

POINTS = 100
SLOW_BUT_UNCOMPILED = Mode("py", None)
REAL = ctypes.POINTER(ctypes.c_double)


class Compiled:
    """A problem's log density in machine code, called as nutpie calls it."""

    def __init__(self, problem):
        self.problem = problem
        self.block = pack(kernel_inputs(problem))
        self.size = central_point(problem).size
        self.density, self.values = (function.ctypes for function in load_kernel())

    def __call__(self, x):
        x, gradient, density = np.ascontiguousarray(x), np.full(self.size, np.nan), np.zeros(1)
        pointers = [array.ctypes.data_as(REAL) for array in (x, gradient, density)]
        assert self.density(self.size, *pointers, self.block.ctypes.data) == 0
        return density[0], gradient

    def natural(self, x):
        """All parameters in order, then the completed cells."""
        found = np.empty(len(self.problem.absolute) + len(self.problem.cases.missing))
        pointers = [np.ascontiguousarray(x).ctypes.data_as(REAL), found.ctypes.data_as(REAL)]
        assert self.values(self.size, found.size, *pointers, self.block.ctypes.data) == 0
        return found

    def points(self, number, seed=1):
        generator = np.random.default_rng(seed)
        centre = central_point(self.problem)
        return centre + generator.normal(0.0, 0.7, (number, centre.size))


def as_draws(problem, rows):
    """Rows of natural values as draws, one chain."""
    rows, scm = np.asarray(rows), problem.scm
    coords, arrays, start = parameter_coords(scm), {}, 0
    for name, dim in parameter_dims(scm).items():
        size = len(coords[dim]) if dim else 1
        part = rows[None, :, start : start + size]
        arrays[name] = (("chain", "draw", dim), part) if dim else (("chain", "draw"), part[..., 0])
        start += size
    if problem.cases.missing:
        arrays[MISSING_CELL] = (("chain", "draw", "missing"), rows[None, :, start:])
    used = {dim: labels for dim, labels in coords.items() if labels}
    return note_centres(scm, xr.Dataset(arrays, coords=used))


def natural_value(prior, x):
    """A parameter at x and the logarithm of its slope, by the transforms that PyMC documents."""
    lower, upper = prior.support
    match prior:
        case LogNormal():
            inner = Normal(mu=0, sigma=1, upper=np.log(prior.upper) if prior.upper else None)
            log, jacobian = natural_value(inner, x)
            return (-1 if prior.negative else 1) * np.exp(log), jacobian + log
        case Normal() | StudentT() if np.isinf([lower, upper]).all():
            return x, 0.0
        case _ if np.isinf(upper):
            return lower + np.exp(x), x
        case _ if np.isinf(lower):
            return upper - np.exp(x), x
    share = special.expit(x)
    return lower + (upper - lower) * share, np.log((upper - lower) * share * (1 - share))


def numpy_density(compiled, points):
    """The same density by the numpy code, with a Jacobian of this file's own."""
    problem = compiled.problem
    moments = np.array([problem.cases.moments[n] for n, _ in problem.cases.missing]).reshape(-1, 2)
    rows, jacobians = [], []
    free = free_parameters(problem)
    for x in points:
        values, jacobian = {}, 0.0
        for address, number in zip(free, x, strict=False):
            values[address], log_slope = natural_value(problem.absolute[address], number)
            jacobian += log_slope
        known = [
            values.get(a, getattr(problem.absolute[a], "value", 0)) for a in addresses(problem.scm)
        ]
        scale = np.where(moments[:, 1] > 0, moments[:, 1], 1.0)
        rows.append([*known, *(moments[:, 0] + scale * x[len(free) :])])
        jacobians.append(jacobian)
    close([compiled.natural(x) for x in points], rows, rtol=1e-12, atol=1e-12)
    return log_probability(problem, as_draws(problem, rows)) + jacobians


def finite_differences(function, x, step=1e-4):
    """Derivatives of fourth order."""
    found = np.empty(x.size)
    for i, unit in enumerate(np.eye(x.size)):
        far = function(x - 2 * step * unit) - function(x + 2 * step * unit)
        near = function(x + step * unit) - function(x - step * unit)
        found[i] = (8 * near + far) / (12 * step)
    return found


def check_values(compiled, points):
    found = [compiled(x)[0] for x in points]
    np.testing.assert_allclose(found, numpy_density(compiled, points), rtol=1e-10)


def check_gradient(compiled, points):
    for x in points:
        found = compiled(x)[1]
        for step in (1e-4, 1e-6):  # a kink, where an effective intensity meets a bound, is narrow
            expected = finite_differences(lambda at: compiled(at)[0], x, step)
            room = 1e-6 * np.abs(expected) + 1e-7 * np.abs(expected).max()
            if (np.abs(found - expected) <= room).all():
                break
        else:
            np.testing.assert_array_less(np.abs(found - expected), room)


class ByPyMC:
    """Log density and gradient of the PyMC model, in the order of the kernel's numbers."""

    def __init__(self, problem, mode):
        from sanctions_model.inference.pymc_model import _groups, build

        model = build(problem)
        logp = model.logp()
        gradients = pt.grad(logp, model.value_vars)
        self.function = pytensor.function(
            model.value_vars, [logp, *gradients], mode=mode, on_unused_input="ignore"
        )
        groups = _groups(problem)
        free = free_parameters(problem)
        members = [
            [free.index(address) for address in groups[name.rpartition("_parameters")[0]].addresses]
            for name in (variable.name for variable in model.free_RVs)
            if name != f"{MISSING_CELL}_offset"
        ]
        if problem.cases.missing:
            members.append(list(range(len(free), len(free) + len(problem.cases.missing))))
        self.members = members

    def __call__(self, x):
        density, *parts = self.function(*(x[places] for places in self.members))
        gradient = np.empty(x.size)
        for places, part in zip(self.members, parts, strict=True):
            gradient[places] = part
        return float(density), gradient


def check_against_pymc(problem, points, mode=SLOW_BUT_UNCOMPILED):
    compiled, by_pymc = Compiled(problem), ByPyMC(problem, mode)
    # PyMC 6.4 has the root of 2 in single precision where it normalises a truncated normal: a
    # constant that no posterior sees, but in the ninth digit.
    constant = by_pymc(central_point(problem))[0] - compiled(central_point(problem))[0]
    assert abs(constant) < 1e-8 * len(problem.absolute)
    for x in compiled.points(points, seed=3):
        density, gradient = compiled(x)
        expected, expected_gradient = by_pymc(x)
        np.testing.assert_allclose(density, expected - constant, rtol=1e-10)
        size = np.abs(expected_gradient).max()
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-10, atol=1e-11 * size)


# The kinds of everything


@pytest.fixture(scope="module", params=[Noise.STUDENT_T, Noise.GAUSSIAN], ids=str)
def small(request):
    return make_problem(request.param)


def test_the_small_problem_has_parameters_of_every_kind(small):
    inputs = kernel_inputs(small)
    assert set(inputs.kind.tolist()) == set(range(7))
    assert {-1.0, 0.0, 1.0} == set(inputs.arguments[:, 4].tolist())
    assert len(inputs.reads) > 0
    assert (inputs.falling >= 0).any()
    assert inputs.lags.tolist() == [0, 1, 2]


def test_the_density_of_the_small_problem_is_that_of_numpy(small):
    compiled = Compiled(small)
    check_values(compiled, compiled.points(POINTS))


def test_its_gradient_is_that_of_finite_differences(small):
    compiled = Compiled(small)
    check_gradient(compiled, compiled.points(POINTS))


def test_it_is_the_density_of_the_pymc_model(small):
    check_against_pymc(small, POINTS)


def test_the_growth_economy_has_the_density_of_numpy(growth_problem):
    compiled = Compiled(growth_problem)
    check_values(compiled, compiled.points(POINTS))


def test_the_growth_economy_has_the_gradient_of_finite_differences(growth_problem):
    compiled = Compiled(growth_problem)
    check_gradient(compiled, compiled.points(5))


def test_the_growth_economy_has_density_and_gradient_of_its_pymc_model(growth_problem):
    check_against_pymc(growth_problem, POINTS)


def test_a_model_without_missing_cells_or_latent_states_has_its_density():
    problem = make_problem(series=whole_series())
    compiled = Compiled(problem)
    assert not problem.cases.missing
    check_values(compiled, compiled.points(3))
    check_gradient(compiled, compiled.points(3))


# Random models


def random_problem(scm, seed):
    """Any model with priors of random families, and data with holes and measures that fall."""
    generator = np.random.default_rng(seed)

    def size():
        return float(generator.uniform(0.3, 2.0))

    def anywhere():
        middle = float(generator.normal())
        return [
            Normal(mu=middle, sigma=size()),
            Normal(mu=middle, sigma=size(), lower=middle - size(), upper=middle + size()),
            Normal(mu=middle, sigma=size(), lower=middle - size()),
            Normal(mu=middle, sigma=size(), upper=middle + size()),
            StudentT(nu=2 + size(), mu=middle, sigma=size()),
            LogNormal(median=size(), sigma=size()),
            LogNormal(median=size(), sigma=size(), negative=True),
            LogNormal(median=size(), sigma=size(), upper=3.0, negative=True),
            Fixed(value=middle),
        ][generator.integers(9)]

    def positive():
        return [
            HalfNormal(sigma=size()),
            LogNormal(median=size(), sigma=0.5),
            Gamma(alpha=1 + size(), beta=size()),
            Fixed(value=size()),
        ][generator.integers(4)]

    families = {
        "scale": positive,
        "degrees_of_freedom": lambda: Gamma(alpha=2.0, beta=0.1, shift=2.0),
        "persistence": lambda: Beta(alpha=1 + size(), beta=1 + size()),
        "error_persistence": lambda: Beta(alpha=1 + size(), beta=1 + size()),
        "recoverable_share": lambda: BetaMixture(
            weight=generator.uniform(0.1, 0.9),
            alpha=1 + size(),
            beta=1 + size(),
            other_alpha=size(),
            other_beta=1 + size(),
        ),
        "recovery_speed": lambda: Beta(alpha=1 + size(), beta=1 + size()),
        "crisis_multiplier": positive,
    }
    if seed % 2:
        windows = (
            Crisis("first", "2001-01-01", "2001-12-31"),
            Crisis("later", "2004-05-01", "2005-12-31"),
        )
        scm = replace(scm, crises=windows)
    priors = {a: families.get(name, anywhere)() for a, (name, _) in addresses(scm).items()}
    length = 30
    series = {name: np.round(generator.uniform(0, 1, length), 1) for name in scm.exogenous}
    for name in scm.observed:
        series[name] = generator.normal(size=length)
        if generator.uniform() < 0.6:
            series[name][generator.choice(np.arange(12, length), 2, replace=False)] = np.nan
    time = np.arange("2000-01", "2020-01", 3, dtype="datetime64[M]").astype("datetime64[ns]")
    observations = xr.Dataset(
        {name: ("time", path) for name, path in series.items()}, coords={"time": time[:length]}
    )
    return Problem.of(scm, observations, Priors.from_addresses(priors))


@pytest.fixture(scope="module")
def random_problems():
    """Thirty; collected first, because PyTensor changes what Hypothesis watches."""
    found = []

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(scm=models())
    def collect(scm):
        found.append(random_problem(scm, len(found)))

    collect()
    # Half of them with recursions behind recursions first, half without any first.
    by_depth = sorted(found, key=lambda problem: -kernel_inputs(problem).filters.shape[1])
    return by_depth[:15] + by_depth[-15:]


def test_random_models_are_of_all_sorts(random_problems):
    assert len(random_problems) == 30
    assert any(problem.cases.missing for problem in random_problems)
    assert any(problem.falling for problem in random_problems)
    assert any(kernel_inputs(problem).filters.shape[1] > 1 for problem in random_problems)
    assert any(kernel_inputs(problem).filters.size == 0 for problem in random_problems)
    assert any(problem.scm.persisting for problem in random_problems)


def test_random_models_have_the_density_of_numpy(random_problems):
    for problem in random_problems:
        compiled = Compiled(problem)
        check_values(compiled, compiled.points(POINTS))


def test_random_models_have_the_gradient_of_finite_differences(random_problems):
    for problem in random_problems:
        compiled = Compiled(problem)
        check_gradient(compiled, compiled.points(POINTS // 10))


def test_a_problem_with_crises_has_density_and_gradient_of_its_pymc_model():
    check_against_pymc(crisis_problem(), 20)


def test_a_problem_whose_states_read_cells_has_density_and_gradient_of_its_pymc_model():
    check_against_pymc(learning_problem(), 20)


def test_some_random_models_have_density_and_gradient_of_their_pymc_models(random_problems):
    for problem in random_problems[::10]:
        check_against_pymc(problem, 10)


@pytest.mark.slow
def test_random_models_have_density_and_gradient_of_their_pymc_models(random_problems):
    for problem in random_problems:
        check_against_pymc(problem, POINTS)


# Extremes


def test_many_degrees_of_freedom_are_gaussian():
    tails = likelihood._tails.py_func
    for nu in (150.0, 199.999, 200.0, 1e3):
        exact = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
        slope = 0.5 * (special.digamma((nu + 1) / 2) - special.digamma(nu / 2)) - 0.5 / nu
        value, found = tails(nu)
        close(value, exact, rtol=1e-13)
        np.testing.assert_allclose(found, slope, rtol=1e-9)
    value, slope = tails(1e7)
    close(value, -0.5 * np.log(2 * np.pi) - 0.25e-7, rtol=1e-15)
    np.testing.assert_allclose(slope, 0.25e-14, rtol=1e-6)


@pytest.mark.parametrize("x", [0.3, 1.0, 2.5, 9.99, 10.0, 120.0])
def test_the_digamma_function_is_that_of_scipy(x):
    close(likelihood._digamma.py_func(x), special.digamma(x), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("far", [1e3, np.nan, np.inf])
def test_a_point_without_a_density_ends_a_trajectory_and_not_the_sampling(small, far):
    compiled = Compiled(small)
    x, gradient, density = np.full(compiled.size, far), np.zeros(compiled.size), np.zeros(1)
    pointers = [array.ctypes.data_as(REAL) for array in (x, gradient, density)]
    assert compiled.density(compiled.size, *pointers, compiled.block.ctypes.data) in (3, 4)
    assert compiled.density(compiled.size - 1, *pointers, compiled.block.ctypes.data) == -1


# A wrong gradient


def in_python(source):
    """The kernel's own text run by Python."""
    module = ModuleType("kernel_in_python")
    module.compiled = lambda function: function
    exec(compile(source, "kernel_in_python", "exec"), module.__dict__)
    return module


OWN = re.compile(r"^from sanctions_model.inference.kernel.(?:compiled|likelihood) import .*$", re.M)
SOURCE = OWN.sub("", "".join(Path(m.__file__).read_text("utf-8") for m in (likelihood, kernel)))
# Each statement that adds to a derivative, and each value or slope that the backward pass reads.
TERM = re.compile(
    r"^ +(?:gradient\[|above\[|by_\w+(?:\[.*\])? [+-]=|found\[k\] [+=]|d_s\w+ = \(|carried = "
    r"|_add_times\(weights\[k\], row)"
)
TERMS = [i for i, line in enumerate(SOURCE.splitlines()) if TERM.match(line)]


def evaluate_with(module, problem, x):
    gradient = np.zeros(x.size)
    return module.log_density(kernel_inputs(problem), x, gradient), gradient


def error(found, expected):
    return np.max(np.abs(found - expected) / (1.0 + np.abs(expected)))


def nested():
    """A latent state that adjusts to another, one recursion over the other; once with a factor."""
    return StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            Exogenous(variable=variable("s"), continuation=Hold(1.0)),
            LatentAdjustment(variable=variable("inner"), parents=("x",)),
            LatentAdjustment(variable=variable("outer"), parents=("inner[1]",)),
            Linear(variable=variable("y"), parents=("outer", "outer * s", "y[1]")),
        )
    )


def test_a_gradient_that_lacks_a_term_is_found():
    problems = [*(crisis_problem(noise) for noise in Noise), random_problem(nested(), 5)]
    problems.append(learning_problem())
    points = [central_point(problem) + 0.1 for problem in problems]
    whole, differences = in_python(SOURCE), []
    for problem, x in zip(problems, points, strict=True):
        differences.append(
            finite_differences(lambda at, p=problem: evaluate_with(whole, p, at)[0], x)
        )
        assert error(evaluate_with(whole, problem, x)[1], differences[-1]) < 1e-6
    assert len(TERMS) > 20
    lines = SOURCE.splitlines()
    for term in TERMS:
        indent = re.match(" *", lines[term]).group()
        broken = in_python("\n".join([*lines[:term], f"{indent}pass", *lines[term + 1 :]]))
        errors = [
            error(evaluate_with(broken, problem, x)[1], expected)
            for problem, x, expected in zip(problems, points, differences, strict=True)
        ]
        assert max(errors) > 1e-4, lines[term]
