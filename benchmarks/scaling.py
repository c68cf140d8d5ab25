"""How time grows: of a propagation with its sizes, of a sweep with points and Dask workers."""

from typing import Any

from benchmarks.common import growth, seconds
from benchmarks.propagate import ours, prior_draws, relief_paths
from benchmarks.sweep import seconds_by_points, seconds_by_workers

BASE = {"draws": 4000, "periods": 40, "scenarios": 50}
SWEEPS = {"draws": (1000, 2000, 4000, 8000), "periods": (20, 40, 80), "scenarios": (25, 50, 100)}


def bench_scaling(*, quick: bool) -> dict[str, Any]:
    """Seconds of one call of `respond`, five outcomes, along one axis at a time.

    The others stay at 4,000 draws, 40 periods and 50 scenarios; median of 3 calls. ``slope`` is
    that of log time on log size: 1 means in proportion. ``points`` and ``workers``: seconds of a
    sweep over depths of relief, each point propagated, answers on disk.
    """
    shrink = 10 if quick else 1
    found: dict[str, Any] = {"base": BASE, "divided_draws_by": shrink}
    for axis, sizes in SWEEPS.items():
        taken = [_one(BASE | {axis: size}, shrink, repeats=1 if quick else 3) for size in sizes]
        found[axis] = {"size": list(sizes), "seconds": taken, "slope": growth(sizes, taken)}
    found["points"] = seconds_by_points(quick=quick)
    found["workers"] = seconds_by_workers(quick=quick)
    return found


def _one(size: dict[str, int], shrink: int, repeats: int) -> float:
    draws = prior_draws(size["draws"] // shrink)
    paths = relief_paths(size["scenarios"], size["periods"])
    ours(draws, {name: path[:1] for name, path in paths.items()})
    return seconds(lambda: ours(draws, paths), repeats)
