"""How long a whole fit takes, against the same posterior written by hand in PyMC."""

import json
import statistics
import tempfile
from typing import Any

from benchmarks.common import FITTED, run_python

MODELS = ("ours", "by_hand", "without_latent")


def fit_processes(model: str, cache: str, *, draws: int, tune: int, warm: int) -> dict[str, Any]:
    """Time whole fits of one model, each in a fresh process, and describe the last.

    Measured: wall time from starting Python to having the draws (imports, data and priors read,
    model built, compiled, 4 chains sampled). The first run has an empty cache of compiled code
    (``cold_s``), the others find what it left (``warm_s``, median).
    """
    arguments = ["-m", "benchmarks.fit_once", model, str(draws), str(tune)]
    environment = {"PYTENSOR_FLAGS": f"base_compiledir={cache}", "NUMBA_CACHE_DIR": cache}
    times = []
    for _ in range(1 + warm):
        took, output = run_python(arguments, environment=environment, until=FITTED)
        times.append(took)
    return {"cold_s": times[0], "warm_s": statistics.median(times[1:]), **json.loads(output)}


def check_in_process() -> dict[str, float]:
    """Check that both models have the same posterior; see `check_same_posterior`."""
    from benchmarks.by_hand import build_by_hand
    from benchmarks.common import growth_problem
    from benchmarks.same_posterior import check_same_posterior
    from sanctions_model.inference.pymc_model import build

    problem = growth_problem()
    by_hand = build_by_hand(problem.observations, problem.priors)
    return check_same_posterior(problem, build(problem), by_hand)


def bench_fit(*, quick: bool) -> dict[str, Any]:
    """Whole fit with warm caches, ours over by hand; and what latent states cost.

    ``ratio`` compares whole processes, 4 x (1000 + 1000) draws, in a cache of
    compiled code of the benchmark's own. Before that, the two models' log densities are compared
    at random points, and the benchmark stops if they differ.
    ``latent_states`` gives, ours with latent states over ours without: sampling time, time of a
    gradient, and number of gradients.
    """
    difference = check_in_process()
    draws, tune, warm = (100, 100, 1) if quick else (1000, 1000, 1)
    with tempfile.TemporaryDirectory() as cache:
        found = {
            model: fit_processes(model, cache, draws=draws, tune=tune, warm=warm)
            for model in MODELS
        }
    ours, other, without = (found[model] for model in MODELS)
    return {
        "ratio": ours["warm_s"] / other["warm_s"],
        "ours_s": ours["warm_s"],
        "other_s": other["warm_s"],
        "against": "the same posterior by hand in PyMC, one distribution an equation, nutpie; "
        f"whole process, warm caches, 4 x ({tune} + {draws}) draws",
        "ratio_cold": ours["cold_s"] / other["cold_s"],
        "ratio_sampling": ours["sample_s"] / other["sample_s"],
        "ratio_gradient": ours["gradient_us"] / other["gradient_us"],
        "same_posterior": difference,
        "latent_states": {
            "sampling_ratio": ours["sample_s"] / without["sample_s"],
            "sampling_ratio_required": 8.0,
            "gradient_ratio": ours["gradient_us"] / without["gradient_us"],
            "gradients_ratio": ours["gradients"] / without["gradients"],
        },
        "runs": found,
    }
