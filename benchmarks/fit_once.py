"""One whole fit in a process of its own: ``python -m benchmarks.fit_once MODEL DRAWS TUNE``.

Prints `FITTED` when the draws are there, then goes on to count and time gradients, and prints a
JSON object. MODEL is ``ours``, ``without_latent`` or ``by_hand``.

What is cached across processes: ours, numba keeps the one log density of every model, and nothing
else is compiled. By hand, PyTensor keeps the machine code that numba made of each operation
and of each whole graph under ``<base_compiledir>/numba`` and takes it from there. Paid again in
every process: PyTensor's rewriting of the graph, and numba's compilation of the two callbacks that
nutpie wraps around it (its closures change with each process, so numba does not cache them), into
which LLVM links and optimises all that came from the disk.
"""

import ctypes
import json
import statistics
import sys
import time
from typing import Any

import numpy as np

from benchmarks.common import FITTED, growth_problem
from benchmarks.without_latent import without_latent_states

CHAINS, SEED = 4, 1


def fit_ours(draws: int, tune: int, *, latent: bool = True) -> tuple[dict[str, float], Any]:
    """Fit through the library's own sampler; return wall times of the stages and nutpie's model."""
    from sanctions_model.inference.kernel.nutpie_adapter import kernel_model
    from sanctions_model.inference.samplers import Nutpie

    began = time.perf_counter()
    problem = growth_problem() if latent else without_latent_states(growth_problem())
    model = kernel_model(problem)
    done = time.perf_counter()
    Nutpie().sample(problem, draws=draws, tune=tune, chains=CHAINS, random_seed=SEED)
    sampled = time.perf_counter()
    return {"build_and_compile_s": done - began, "sample_s": sampled - done}, model


def fit_by_hand(draws: int, tune: int) -> tuple[dict[str, float], Any]:
    """Fit the model written by hand with nutpie as it comes; return wall times and its model."""
    import nutpie

    from benchmarks.by_hand import build_by_hand
    from sanctions_model.data.observations import load_observations
    from sanctions_model.economies.growth import growth_transmission
    from sanctions_model.inference.priors.ledger import load_priors

    began = time.perf_counter()
    compiled = nutpie.compile_pymc_model(
        build_by_hand(load_observations(scm=growth_transmission()), load_priors(economy="growth"))
    )
    done = time.perf_counter()
    nutpie.sample(compiled, draws=draws, tune=tune, chains=CHAINS, seed=SEED, progress_bar=False)
    sampled = time.perf_counter()
    return {"build_and_compile_s": done - began, "sample_s": sampled - done}, compiled


def gradient_seconds(compiled: Any, calls: int = 3000, repeats: int = 5) -> float:
    """Return the time of one evaluation of log density and gradient, by nutpie's own callback.

    Median over `repeats` of the mean over `calls`, one thread, at a starting point; includes about
    a microsecond for calling through ctypes.
    """
    function = compiled.compiled_logp_func.ctypes
    pointer = ctypes.POINTER(ctypes.c_double)
    point = np.ascontiguousarray(compiled.initial_point_func(SEED), dtype=float)
    gradient, density = np.zeros(compiled.n_dim), np.zeros(1)
    arguments = (
        compiled.n_dim,
        point.ctypes.data_as(pointer),
        gradient.ctypes.data_as(pointer),
        density.ctypes.data_as(pointer),
        ctypes.c_void_p(compiled.user_data.ctypes.data),
    )
    if function(*arguments) != 0:
        raise RuntimeError("The log density is not finite at the starting point.")
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        for _ in range(calls):
            function(*arguments)
        times.append((time.perf_counter() - began) / calls)
    return statistics.median(times)


def count_gradients(compiled: Any, draws: int, tune: int) -> dict[str, int]:
    """Sample once more, with the warm-up kept, and count gradient evaluations and divergences."""
    import nutpie

    tree = nutpie.sample(
        compiled,
        draws=draws,
        tune=tune,
        chains=CHAINS,
        seed=SEED,
        progress_bar=False,
        save_warmup=True,
    )
    steps = tree["sample_stats"]["n_steps"].sum() + tree["warmup_sample_stats"]["n_steps"].sum()
    return {
        "gradients": int(steps),
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
    }


def _nodes(compiled: Any) -> int:
    """Return the size of PyTensor's graph, 0 where there is none."""
    return 0 if compiled.logp_func is None else len(compiled.logp_func.maker.fgraph.apply_nodes)


def main(model: str, draws: int, tune: int) -> None:
    """Fit, say so, and describe."""
    if model == "by_hand":
        stages, compiled = fit_by_hand(draws, tune)
    else:
        stages, compiled = fit_ours(draws, tune, latent=model == "ours")
    print(FITTED, flush=True)
    details = {
        **stages,
        "gradient_us": 1e6 * gradient_seconds(compiled),
        **count_gradients(compiled, draws, tune),
        "parameters": int(compiled.n_dim),
        "graph_nodes": _nodes(compiled),
    }
    print(json.dumps(details))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
