"""Other beliefs: refit and reweight against rebuilding, and a whole sweep against a user's loop."""

import os
import statistics
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from benchmarks.common import growth, growth_problem
from benchmarks.without_latent import without_latent_states
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit, fit
from sanctions_model.inference.refits import Refit, SamplingSettings, refit
from sanctions_model.inference.reweighting import (
    importance_weights,
    prior_log_ratio,
    weighted_interval,
)
from sanctions_model.inference.samplers import Nutpie
from sanctions_model.sweeps import SweepDesign, run_sweep
from sanctions_model.sweeps.store import routes_table

SEED = 1
LOOP_POINTS = 2
CHECKED_POINTS = 5
AXES: list[dict[str, Any]] = [
    {
        "kind": "prior_width",
        "name": "pass_through_width",
        "parameter": "import_premium_change -> inflation",
        "lower": 0.5,
        "upper": 2.0,
        "log": True,
    },
    {
        "kind": "prior_width",
        "name": "premium_width",
        "parameter": "effective_trade -> import_premium",
        "lower": 0.5,
        "upper": 2.0,
        "log": True,
    },
    {
        "kind": "prior_shift",
        "name": "technology_shift",
        "parameter": "effective_trade -> technology_gap",
        "lower": -1.0,
        "upper": 1.0,
    },
    {
        "kind": "prior_shift",
        "name": "exchange_rate_shift",
        "parameter": "depreciation -> inflation",
        "lower": -1.0,
        "upper": 1.0,
    },
]
OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble", "real_wage_level")


def design_of(number: int, *, draws: int, tune: int, bases: int = 3) -> SweepDesign:
    """Return a Sobol sweep over four prior arguments."""
    return SweepDesign.model_validate(
        {
            "label": f"{number} points over four prior arguments",
            "random_seed": SEED,
            "outcomes": OUTCOMES,
            "layout": {"kind": "sobol", "number": number},
            "base": {"number": bases},
            "sampling": {"draws": 2 * draws, "tune": tune},
            "axis": AXES,
        }
    )


def moved(problem: Problem, place: int = 0) -> Problem:
    """Return the problem with a little wider belief about the pass-through of the premium."""
    address = "import_premium_change -> inflation"
    prior = problem.priors.entries["coefficient"][address]
    factor = 0.95 - 0.01 * place
    changed = prior.model_copy(update={"alpha": prior.alpha * factor, "beta": prior.beta * factor})
    priors = problem.priors.replace({address: changed})
    return Problem.of(problem.scm, problem.observations, priors)


@cache
def warm() -> tuple[Fit, Refit]:
    """Fit the stated beliefs, and once more with what starts a fit nearby."""
    problem = growth_problem()
    stated = fit(problem.scm, problem.observations, problem.priors, random_seed=SEED)
    return stated, refit(problem, SamplingSettings(random_seed=SEED), keep_start=True)


def rebuild(problem: Problem, *, draws: int, tune: int, random_seed: int = SEED) -> float:
    """Do what a user's loop does at each point: build, sample with PyMC's own call, look at R-hat.

    `pm.sample(nuts_sampler="nutpie")` compiles anew each time, with all caches warm. R-hat and
    effective sizes are those of a refit's gate.
    """
    import pymc as pm

    from sanctions_model.inference.diagnostics import worst_mixing
    from sanctions_model.inference.pymc_model import build

    began = time.perf_counter()
    with build(problem):
        tree = pm.sample(
            draws=draws,
            tune=tune,
            chains=4,
            random_seed=random_seed,
            nuts_sampler="nutpie",
            progressbar=False,
            compute_convergence_checks=False,
        )
    worst_mixing(tree["posterior"].to_dataset())
    return time.perf_counter() - began


@cache
def rebuilt(count: int, draws: int, tune: int) -> list[float]:
    """Return the times of rebuild-and-sample, the first one (which fills caches) left out."""
    found = [
        rebuild(moved(growth_problem(), place), draws=draws, tune=tune, random_seed=SEED + place)
        for place in range(count + 1)
    ]
    return found[1:]


def bench_refit(*, quick: bool) -> dict[str, Any]:
    """Refit with other prior arguments, ours over rebuild-and-sample, in this warm process.

    ``ratio`` is that of the start from a fit nearby (its draws as first points, a short tune);
    ``cold_start`` tunes in full. Both pass the convergence gate, or the benchmark stops. The
    physical limit is gradients x leapfrog steps: `gradient_us` x ``gradients``.
    """
    from benchmarks.fit_once import gradient_seconds
    from sanctions_model.inference.kernel.nutpie_adapter import kernel_model

    draws, tune, repeats = (200, 200, 1) if quick else (1000, 1000, 3)
    _, base = warm()
    problem = growth_problem()
    settings = {"draws": max(draws, 400), "tune": tune}

    def times(start: Any) -> list[float]:
        taken = []
        for place in range(repeats):
            changed = moved(problem, place)
            began = time.perf_counter()
            refit(changed, SamplingSettings(random_seed=SEED + place, **settings), start=start)
            taken.append(time.perf_counter() - began)
        return taken

    ours, cold = (statistics.median(times(start)) for start in (base.start, None))
    other = statistics.median(rebuilt(1 if quick else LOOP_POINTS, draws, tune))
    steps = _gradients(base.start, settings)
    gradient = gradient_seconds(kernel_model(problem))
    cores = min(4, os.cpu_count() or 1)  # one thread a chain
    return {
        "ratio": ours / other,
        "ours_s": ours,
        "other_s": other,
        "against": "build and pm.sample(nuts_sampler='nutpie') of the same model, "
        f"4 x ({tune} + {draws}) draws, same process, warm caches",
        "ratio_required": 0.25,
        "ratio_aimed_at": 0.15,
        "cold_start": {"ratio": cold / other, "ours_s": cold},
        "gradients": steps,
        "gradient_us": 1e6 * gradient,
        "limit_s": steps * gradient / cores,
    }


def _gradients(start: Any, settings: dict[str, int]) -> int:
    """Count gradient evaluations of kept draws of a warm-started refit."""
    tree = Nutpie().sample(
        moved(growth_problem()),
        draws=settings["draws"],
        tune=150,
        chains=4,
        random_seed=SEED,
        start=start,
    )
    return int(tree["sample_stats"]["n_steps"].sum())


def bench_structure(*, quick: bool) -> dict[str, Any]:
    """Answer a sweep point whose structure is another: a refit over rebuild-and-sample.

    The other structure has no latent states; both sides tune in full. The rebuilt model is this
    library's `pm.Model`, whose likelihood is the kernel: it finds compiled what the rebuilt default
    left. ``by_hand`` is the same question of a user who has PyMC alone: the structure with latent
    states, written by hand, compiled and sampled, caches warm.
    """
    from benchmarks.fit_once import fit_by_hand

    draws, tune = (200, 200) if quick else (1000, 1000)
    rebuilt(1 if quick else LOOP_POINTS, draws, tune)
    other = without_latent_states(growth_problem())
    settings = SamplingSettings(random_seed=SEED, draws=max(draws, 400), tune=tune)
    began = time.perf_counter()
    refit(other, settings)
    ours = time.perf_counter() - began
    theirs = rebuild(other, draws=draws, tune=tune)
    began = time.perf_counter()
    refit(growth_problem(), settings)
    latent = time.perf_counter() - began
    fit_by_hand(draws, tune)  # fills its caches
    by_hand = sum(fit_by_hand(draws, tune)[0].values())
    return {
        "ratio": ours / theirs,
        "ours_s": ours,
        "other_s": theirs,
        "against": "build and pm.sample(nuts_sampler='nutpie') of the same model, same process",
        "by_hand": {"ratio": latent / by_hand, "ours_s": latent, "other_s": by_hand},
    }


def bench_reweight(*, quick: bool) -> dict[str, Any]:
    """Answer another belief from the draws at hand, over rebuild-and-sample.

    Ours: log ratios of 4,000 draws, smoothing, weighted median and interval of five outcomes;
    median of 20 calls. ``limit_s`` is the time to copy the bytes of the effects once.
    """
    from sanctions_model.queries.effects import total_effect

    stated, _ = warm()
    problem = growth_problem()
    effect = total_effect(problem.scm, stated.draws, horizon=12, outcomes=OUTCOMES)
    effect = effect.isel(horizon=-1).copy()
    changed = [moved(problem, place) for place in range(5)]

    def answer(other: Problem) -> xr.DataArray:
        ratio = prior_log_ratio(problem.scm, stated.draws, problem.absolute, other.absolute)
        weights = importance_weights(ratio)
        weights.require()
        return weighted_interval(effect, weights.weights)

    answer(changed[0])
    taken = []
    for place in range(20):
        began = time.perf_counter()
        answer(changed[place % 5])
        taken.append(time.perf_counter() - began)
    values = effect.to_numpy()
    began = time.perf_counter()
    values.copy()
    copied = time.perf_counter() - began
    draws, tune = (200, 200) if quick else (1000, 1000)
    other = statistics.median(rebuilt(1 if quick else LOOP_POINTS, draws, tune))
    return {
        "ratio": statistics.median(taken) / other,
        "ours_s": statistics.median(taken),
        "other_s": other,
        "against": "build and pm.sample(nuts_sampler='nutpie') of the same model, warm",
        "ratio_required": 0.002,
        "limit_s": copied,
    }


def bench_sweep(*, quick: bool) -> dict[str, Any]:
    """Sweep 1,000 Sobol points over four prior arguments, ours over the loop a user would write.

    Ours: whole: base fits, every point, answers on disk. The loop is
    extrapolated from 2 measured points of rebuild-and-sample. 5 points are answered by refits
    as well: the largest gap between means in Monte-Carlo standard errors.
    """
    number, draws, tune = (24, 200, 200) if quick else (1000, 1000, 1000)
    warm()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        took, found = _timed(design_of(number, draws=draws, tune=tune), folder / "a")
        routes = routes_table(found)
        stored = sum(f.stat().st_size for f in (folder / "a" / "sweep.zarr").rglob("*"))
        checked = _checked(found, folder / "b", draws=draws, tune=tune, quick=quick)
    count = 1 if quick else LOOP_POINTS
    loop = rebuilt(count, draws, tune)
    other = number * statistics.mean(loop)
    return {
        "ratio": took / other,
        "ours_s": took,
        "other_s": other,
        "against": f"a loop of build and pm.sample(nuts_sampler='nutpie'), extrapolated from "
        f"{count} measured points to {number}",
        "ratio_required": 0.02,
        "extrapolated_from": count,
        "loop_seconds": loop,
        "points": number,
        "routes": routes.to_dict(orient="records"),
        "failed": int((found["status"] == "failed").sum()),
        "bytes_per_point": stored / number,
        "checked": checked,
    }


def _timed(design: SweepDesign, folder: Path, **settings: Any) -> tuple[float, xr.Dataset]:
    problem = growth_problem()
    began = time.perf_counter()
    found = run_sweep(
        design,
        folder,
        problem.scm.with_centres({}),
        problem.observations,
        problem.priors,
        **settings,
    )
    return time.perf_counter() - began, found


def _checked(
    found: xr.Dataset, folder: Path, *, draws: int, tune: int, quick: bool
) -> dict[str, Any]:
    """Refit randomly chosen points and compare means in Monte-Carlo standard errors."""
    count = 2 if quick else CHECKED_POINTS
    places = np.random.default_rng(SEED).choice(found.sizes["point"], count, replace=False)
    chosen = found.isel(point=places)
    points = [{axis["name"]: float(chosen[axis["name"]][i]) for axis in AXES} for i in range(count)]
    design = SweepDesign.model_validate(
        design_of(count, draws=draws, tune=tune, bases=1).plain()
        | {"layout": {"kind": "list", "points": points}, "route": "refit"}
    )
    took, refits = _timed(design, folder)
    size = chosen["effective_size"].fillna(400).clip(max=400)
    error = refits["effect"].std("draw") * np.sqrt((1 / size).to_numpy()[:, None] + 1 / 400)
    gap = (chosen["effect"].mean("draw").to_numpy() - refits["effect"].mean("draw")) / error
    return {
        "points": count,
        "seconds": took,
        "largest_gap_in_standard_errors": float(abs(gap).max()),
        "comparisons": int(gap.size),
    }


def _depths(number: int) -> SweepDesign:
    """Return a grid of depths, every point of which is propagated."""
    return SweepDesign.model_validate(
        {
            "label": "depth",
            "random_seed": SEED,
            "outcomes": OUTCOMES,
            "axis": [
                {
                    "kind": "relief",
                    "name": "depth",
                    "argument": "depth",
                    "values": np.linspace(0, 1, number).round(4).tolist(),
                }
            ],
        }
    )


def seconds_by_points(*, quick: bool) -> dict[str, Any]:
    """Time propagated grids of several sizes in this process."""
    stated, _ = warm()
    sizes = [5, 10, 20] if quick else [50, 100, 200, 400]
    with tempfile.TemporaryDirectory() as place:
        taken = [_timed(_depths(size), Path(place) / str(size), given=stated)[0] for size in sizes]
    return {"size": sizes, "seconds": taken, "slope": growth(sizes, taken)}


def seconds_by_workers(*, quick: bool) -> dict[str, Any]:
    """Time one propagated grid on one and on two Dask workers of one thread."""
    from distributed import Client, LocalCluster

    from sanctions_model.sweeps import DaskEngine

    stated, _ = warm()
    design = _depths(20 if quick else 400)
    sizes, taken = [1, 2], []
    for workers in sizes:
        with (
            tempfile.TemporaryDirectory() as place,
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as local,
            Client(local) as client,
        ):
            engine = DaskEngine(client)
            # The first sweep pays for imports and for sending the draws; the second is timed.
            _timed(design, Path(place) / "first", given=stated, engine=engine)
            taken.append(_timed(design, Path(place) / "second", given=stated, engine=engine)[0])
    return {"points": design.size, "size": sizes, "seconds": taken, "slope": growth(sizes, taken)}
