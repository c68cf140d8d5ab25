"""How long the main job takes, and another graph, against the last commit that compiled models."""

import contextlib
import io
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, growth_problem, run_python
from benchmarks.without_latent import without_latent_states
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import fit
from sanctions_model.inference.samplers import Nutpie

BEFORE = "444b01e9a0901e07742bfe35bf1eb1bfdef00389"  # the last commit that compiled each model
SECONDS = {"cold": 40.0, "warm": 20.0}  # aimed at, on a machine where `BEFORE` takes 187 and 42


def bench_job(*, quick: bool) -> dict[str, Any]:
    """Whole ``sanctions-model run``, tables and figures written, now over `BEFORE`.

    Fresh processes, each side its own cache of compiled code: empty at first (``cold``), then as
    the first run left it (``warm``). Each side fits its own default economy: today's has more
    equations. Needs the repository's history.
    """
    sides: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as place:
        before = Path(place) / "before"
        _check_out(BEFORE, before)
        for side, folder in (("before", before), ("now", ROOT)):
            cache = str(Path(place) / f"cache_{side}")
            environment = {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": cache}
            environment["PYTENSOR_FLAGS"] = f"base_compiledir={cache}"
            arguments = ["-m", "sanctions_model", "run", "-q", "--out", str(Path(place) / side)]
            if quick:
                arguments += ["--draws", "100", "--tune", "100", "--allow-unconverged"]
            sides[side] = {
                kind: run_python(arguments, environment=environment, folder=folder)[0]
                for kind in SECONDS
            }
    rows = {
        kind: {
            "ours_s": sides["now"][kind],
            "other_s": sides["before"][kind],
            "ratio": sides["now"][kind] / sides["before"][kind],
            "aimed_at_s": SECONDS[kind],
        }
        for kind in SECONDS
    }
    return {**rows, "against": f"the same command at {BEFORE[:7]}, each with its default economy"}


def _check_out(commit: str, folder: Path) -> None:
    packed = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


class FirstDraw(Exception):  # noqa: N818 (no error)
    """Carries out of a fit that the first draw is there."""


class _ToFirstDraw(Nutpie):
    """The default sampler, up to the first draw of one chain."""

    def sample(self, problem: Problem, **_: Any) -> Any:
        Nutpie().sample(problem, draws=1, tune=1, chains=1, random_seed=1)
        raise FirstDraw


def seconds_to_first_draw(problem: Problem) -> float:
    """Return the time from calling `fit` with a model's parts to its first draw."""
    began = time.perf_counter()
    with contextlib.suppress(FirstDraw):
        fit(problem.scm, problem.observations, problem.priors, sampler=_ToFirstDraw())
    return time.perf_counter() - began


def bench_graph(*, quick: bool) -> dict[str, Any]:
    """Another graph in the same process: from `sm.fit` called to the first draw, seconds.

    The first model of the process is fitted up to its first draw, then two others: without latent
    states and their parameters, and on half of the sample.
    """
    del quick
    problem = growth_problem()
    first = seconds_to_first_draw(problem)
    half = problem.observations.isel(time=slice(problem.observations.sizes["time"] // 2, None))
    others = [
        without_latent_states(problem),
        Problem.of(problem.scm.with_centres({}), half, problem.priors),
    ]
    taken = [seconds_to_first_draw(other) for other in others]
    return {"seconds": max(taken), "first_in_process_s": first, "others_s": taken}
