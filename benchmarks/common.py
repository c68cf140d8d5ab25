"""What the benchmarks share: fresh processes, medians, the bundled problem, the machine."""

import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from sanctions_model.data.observations import load_observations
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import load_priors

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("numpy", "xarray", "pandas", "pymc", "pytensor", "numba", "nutpie")
FITTED = "fitted"  # the line by which a fitting process says that it has its draws


@cache
def growth_problem() -> Problem:
    """Return the economy in growth rates, also written by hand in PyMC, with data and priors."""
    return Problem.of(
        growth_transmission(),
        load_observations(scm=growth_transmission()),
        load_priors(economy="growth"),
    )


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the median wall time of `repeats` calls; each result is dropped before the next."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - began)
        del result
    return statistics.median(times)


def run_python(
    arguments: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    until: str = "",
    folder: Path = ROOT,
) -> tuple[float, str]:
    """Run a fresh Python process.

    Parameters
    ----------
    arguments : list of str
        After ``python``.
    environment : mapping of str to str, optional
        On top of the present one.
    until : str
        Stop the clock when the process prints this line; at its end by default.
    folder : pathlib.Path
        Where it runs; the repository root by default.

    Returns
    -------
    seconds : float
        Wall time from starting the process.
    output : str
        All that it printed, `until` left out.

    Raises
    ------
    RuntimeError
        If the process fails; its error output goes to ours.
    """
    began = time.perf_counter()
    stopped = None
    lines = []
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | dict(environment or {}),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if until and line.strip() == until:
                stopped = time.perf_counter() - began
            else:
                lines.append(line)
    if process.returncode or (until and stopped is None):
        raise RuntimeError(f"{' '.join(command)} failed with code {process.returncode}.")
    return stopped or time.perf_counter() - began, "".join(lines)


def peak_memory(call: str) -> float:
    """Return the peak resident memory, GiB, of a fresh process that executes `call`."""
    report = "from benchmarks.common import report_peak_memory; report_peak_memory()"
    _, output = run_python(["-c", f"{call}; {report}"])
    return float(output)


def report_peak_memory() -> None:
    """Print this process's peak resident memory in GiB."""
    import resource

    status = Path("/proc/self/status")
    if status.exists():
        # Linux starts `ru_maxrss` of a child at the size of the process that started it.
        (peak,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        print(int(peak.split()[1]) / 2**20)
    else:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30)  # bytes on macOS


def growth(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the slope of log time on log size: 1 means in proportion."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def machine() -> dict[str, object]:
    """Return cores, processor, versions and the load before anything is measured."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "load_average_at_start": load_average(),
    }


def load_average() -> list[float] | None:
    """Return the load of the last 1, 5 and 15 minutes, None where the system has none."""
    return [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
