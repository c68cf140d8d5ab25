"""How long the library takes to import, against importing xarray, which it rests on."""

import statistics
from typing import Any

from benchmarks.common import run_python

OURS = (
    "from sanctions_model.scm.model import StructuralCausalModel; "
    "from sanctions_model.data.observations import load_observations"
)
OTHER = "import xarray"
REPEATS = 7


def bench_import(*, quick: bool) -> dict[str, Any]:
    """Wall time of a fresh process that imports model and observations, over one with xarray.

    Median of 7 processes each, taken in turn; ``bare_s`` is Python that imports nothing, and is
    part of both.
    """
    commands = {"ours": OURS, "other": OTHER, "bare": "pass"}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(2 if quick else REPEATS):
        for name, command in commands.items():
            times[name].append(run_python(["-c", command])[0])
    ours, other, bare = (statistics.median(times[name]) for name in commands)
    return {
        "ratio": ours / other,
        "ours_s": ours,
        "other_s": other,
        "against": "python -c 'import xarray', fresh processes",
        "bare_s": bare,
        "extra_s": ours - other,
    }
