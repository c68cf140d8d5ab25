"""How long one propagated path takes, against forward sampling in PyMC."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from benchmarks.common import growth_problem, peak_memory, seconds
from sanctions_model.economies.russia import MEASURES
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.scm.simulation.propagate import propagate, respond
from sanctions_model.scm.simulation.shocks import draw_shocks

OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble", "real_lending_rate")
DRAWS, PERIODS, SCENARIOS = 4000, 40, 100
RAMP = 4  # quarters that relief takes
TOLERANCE = 1e-6


class DifferentPathsError(AssertionError):
    """The two ways do not give the same path, so their times cannot be compared."""


def prior_draws(count: int) -> xr.Dataset:
    """Return draws of the parameters; where they come from makes no difference to the time."""
    problem = growth_problem()
    return sample_prior(problem.scm, problem.absolute, draws=count)


def relief_paths(scenarios: int, periods: int) -> dict[str, np.ndarray]:
    """Return relief of growing depth, a little different for each measure, within a year."""
    depth = np.linspace(0.0, 1.0, scenarios + 1)[1:, None]
    ramp = np.minimum(np.arange(1, periods + 1) / RAMP, 1.0)
    return {name: 1.0 - depth * (1.0 - 0.05 * i) * ramp for i, name in enumerate(MEASURES)}


def ours(draws: xr.Dataset, paths: Mapping[str, np.ndarray]) -> xr.DataArray:
    """Answer by the one public call that a question makes."""
    horizon = next(iter(paths.values())).shape[-1]
    scm = growth_problem().scm
    return respond(scm, draws, horizon=horizon, paths=paths, outcomes=OUTCOMES)


def check_same_paths(periods: int = 12, count: int = 20) -> dict[str, float]:
    """Compare paths of 20 draws without shocks, relief and then new sanctions; raise if unequal.

    The model by hand in both ways of writing it must agree with `propagate` within 1e-6, and
    `respond` with the difference of two paths.
    """
    from benchmarks.forward_by_hand import sample_forward

    scm, draws = growth_problem().scm, prior_draws(count)
    paths = {name: path[-1] for name, path in relief_paths(1, periods).items()}
    paths["trade"][periods // 2 :] = 0.6
    kept = {name: np.ones(periods) for name in MEASURES}
    settings = {"horizon": periods, "outcomes": OUTCOMES}
    path = propagate(scm, draws, exogenous=paths, **settings)
    base = propagate(scm, draws, exogenous=kept, **settings)
    response = respond(scm, draws, paths=paths, **settings)
    worst = {"respond": float(abs(path - base - response).max())}
    for way in ("scanned", "unrolled"):
        by_hand = sample_forward(draws, scm.centres, paths, way=way, noise=False)
        gaps = [
            np.abs(path.sel(outcome=name).to_numpy()[0, :, 0] - by_hand[name]).max()
            for name in OUTCOMES
        ]
        worst[way] = float(max(gaps))
    if not max(worst.values()) < TOLERANCE:
        raise DifferentPathsError(f"The paths differ: {worst}.")
    return worst


def other_seconds(draws: xr.Dataset, periods: int, way: str) -> dict[str, float]:
    """Time one path in PyMC: model built, measures set by `pm.do`, one forward sample.

    ``first_s`` is the first call in this process; ``warm_s`` the second, with another path, when
    all that PyTensor and numba keep in memory and on disk is there.
    """
    from benchmarks.forward_by_hand import sample_forward

    scm = growth_problem().scm
    times = []
    for scenario in (0, 1):
        paths = {name: path[scenario] for name, path in relief_paths(2, periods).items()}
        began = time.perf_counter()
        sample_forward(draws, scm.centres, paths, way=way)
        times.append(time.perf_counter() - began)
    return {"first_s": times[0], "warm_s": times[1]}


def bench_propagate(*, quick: bool) -> dict[str, Any]:
    """One path of 4,000 draws over 40 quarters, ours over PyMC's forward sampling.

    Ours: one call of `respond` for 100 relief paths and five outcomes of the whole default
    transmission, divided by 100 (median of 3 calls, warm). The other: one path, model building
    included, warm, `unrolled` (see `forward_by_hand`), the way in which every variable can be set
    by `pm.do` as it can in ours. ``strict`` compares with the fastest way found, `scanned`, which
    can set the measures alone. Both first have to give the same paths. ``propagate_s`` is the same
    100 paths in levels, with shocks, by `propagate`.
    """
    count, periods, scenarios = (400, 12, 10) if quick else (DRAWS, PERIODS, SCENARIOS)
    difference = check_same_paths()
    scm, draws = growth_problem().scm, prior_draws(count)
    paths = relief_paths(scenarios, periods)
    ours(draws, paths)
    respond_s = seconds(lambda: ours(draws, paths), 3)
    shocks = draw_shocks(scm, draws, periods, random_seed=1)
    propagate_s = seconds(
        lambda: propagate(
            scm, draws, horizon=periods, exogenous=paths, shocks=shocks, outcomes=OUTCOMES
        ),
        3,
    )
    memory = peak_memory(
        "from benchmarks.propagate import ours, prior_draws, relief_paths; "
        f"ours(prior_draws({count}), relief_paths({scenarios}, {periods}))"
    )
    scanned = other_seconds(draws, periods, "scanned")
    unrolled = other_seconds(draws, periods, "unrolled")
    per_path = respond_s / scenarios
    return {
        "ratio": per_path / unrolled["warm_s"],
        "ours_s": per_path,
        "other_s": unrolled["warm_s"],
        "against": f"one path of {count} draws x {periods} quarters by pm.do and forward sampling, "
        "periods unrolled, model building included, warm",
        "ratio_required": 0.01,
        "strict": {
            "ratio": per_path / scanned["warm_s"],
            "against": "the same by one pytensor.scan, in which pm.do reaches the measures alone",
            **scanned,
        },
        "unrolled": unrolled,
        "respond_s": respond_s,
        "propagate_s": propagate_s,
        "paths": scenarios,
        "peak_memory_gib": memory,
        "peak_memory_allowed_gib": 2.0,
        "same_paths": difference,
    }
