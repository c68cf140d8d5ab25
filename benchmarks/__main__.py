"""Run the benchmarks: ``python -m benchmarks [--only NAME] [--quick]`` from the repository root.

Without a name, those that have a target. Writes one JSON file, which a run by name adds to, and
prints a table. Times mean something on an idle machine only.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, load_average, machine
from benchmarks.fit import bench_fit
from benchmarks.propagate import bench_propagate
from benchmarks.queries import bench_queries, bench_questions
from benchmarks.scaling import bench_scaling
from benchmarks.startup import bench_import
from benchmarks.sweep import bench_refit, bench_reweight, bench_structure, bench_sweep
from benchmarks.targets import TARGETS, target_lines
from benchmarks.whole_job import bench_graph, bench_job

# Those that measure this process's own time come before those that only start others.
BENCHMARKS: dict[str, Callable[..., dict[str, Any]]] = {
    "import": bench_import,
    "graph": bench_graph,
    "questions": bench_questions,
    "sweep": bench_sweep,
    "structure": bench_structure,
    "job": bench_job,
    "fit": bench_fit,
    "propagate": bench_propagate,
    "refit": bench_refit,
    "reweight": bench_reweight,
    "scaling": bench_scaling,
    "queries": bench_queries,
}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="small sizes: does everything run?")
    parser.add_argument("--output", type=Path, help="default results/bench.json")
    options = parser.parse_args()
    name = "bench_quick.json" if options.quick else "bench.json"
    output = options.output or ROOT / "results" / name
    results: dict[str, Any] = {}
    if options.only and output.exists():
        results = json.loads(output.read_text(encoding="utf-8"))
    results |= {"machine": machine(), "quick": options.quick}
    with_target = [key for key in BENCHMARKS if key in {target[0] for target in TARGETS}]
    for key in options.only or with_target:
        print(f"{key} ...", flush=True)
        load, began = load_average(), time.perf_counter()
        found = BENCHMARKS[key](quick=options.quick)
        spent = {"load_average_at_start": load, "seconds_in_all": time.perf_counter() - began}
        results[key] = found | spent
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(table(results))
    print(f"\nWritten to {output.relative_to(ROOT) if output.is_relative_to(ROOT) else output}.")


def table(results: dict[str, Any]) -> str:
    """Return the results as text."""
    lines = [""]
    if results["quick"]:
        lines += ["Quick run: small sizes, the figures say nothing about speed.", ""]
    lines.append(f"{'':12}{'ours, s':>12}{'other, s':>12}{'ratio':>10}  against")
    for key in ("fit", "structure", "refit", "reweight", "propagate", "sweep", "import"):
        if key in results:
            row = results[key]
            lines.append(
                f"{key:12}{row['ours_s']:12.4g}{row['other_s']:12.4g}{row['ratio']:10.4g}"
                f"  {row['against']}"
            )
    lines += [*_fit_lines(results.get("fit")), *_propagate_lines(results.get("propagate"))]
    lines += _sweep_lines(results.get("refit"), results.get("sweep"))
    lines += _queries_lines(results.get("queries"))
    lines += _scaling_lines(results.get("scaling"))
    return "\n".join([*lines, *target_lines(results)])


def _sweep_lines(refit: dict[str, Any] | None, sweep: dict[str, Any] | None) -> list[str]:
    lines = []
    if refit is not None:
        cold = refit["cold_start"]
        lines += [
            "",
            f"refit: x {refit['ratio']:.3g} from a fit nearby, x {cold['ratio']:.3g} tuned in full "
            f"(at most {refit['ratio_required']}); limit {refit['limit_s']:.3g} s for "
            f"{refit['gradients']} gradients of {refit['gradient_us']:.0f} us, one thread a chain",
        ]
    if sweep is not None:
        by = ", ".join(f"{row['points']} {row['route']}" for row in sweep["routes"])
        checked = sweep["checked"]
        lines += [
            "",
            f"sweep: {sweep['points']} points ({by}), {sweep['failed']} failed, "
            f"{sweep['bytes_per_point'] / 1000:.3g} kB a point; the loop is extrapolated from "
            f"{sweep['extrapolated_from']} points",
            f"checked by refits: largest gap of {checked['comparisons']} means at "
            f"{checked['points']} points is "
            f"{checked['largest_gap_in_standard_errors']:.2f} standard errors",
        ]
    return lines


def _fit_lines(fit: dict[str, Any] | None) -> list[str]:
    if fit is None:
        return []
    head = ("warm, s", "cold, s", "compile", "sample", "gradients", "us each", "nodes")
    keys = ("warm_s", "cold_s", "build_and_compile_s", "sample_s")
    lines = ["", f"{'fit':16}" + "".join(f"{text:>11}" for text in head)]
    for model, run in fit["runs"].items():
        times = "".join(f"{run[key]:11.2f}" for key in keys)
        lines.append(
            f"{model:16}{times}{run['gradients']:11d}{run['gradient_us']:11.1f}"
            f"{run['graph_nodes']:11d}"
        )
    latent = fit["latent_states"]
    lines.append(
        f"latent states: sampling x {latent['sampling_ratio']:.2f} "
        f"(at most {latent['sampling_ratio_required']:.0f}), gradient x "
        f"{latent['gradient_ratio']:.2f}, gradients x {latent['gradients_ratio']:.2f}"
    )
    return lines


def _propagate_lines(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    strict = found["strict"]
    return [
        "",
        f"propagate: {found['paths']} paths in {found['respond_s']:.3g} s (respond), "
        f"{found['propagate_s']:.3g} s (propagate with shocks), "
        f"peak memory {found['peak_memory_gib']:.2f} GiB; "
        f"against one scan {strict['ratio']:.3g} ({strict['warm_s']:.3g} s a path)",
    ]


def _queries_lines(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    head = f"queries, {found['draws']} draws x {found['periods']} periods"
    lines = ["", f"{head:40}{'seconds':>9}{'slope in draws':>17}{'in periods':>12}"]
    for name, row in found["questions"].items():
        slopes = f"{row['draws']['slope']:17.2f}{row['periods']['slope']:12.2f}"
        lines.append(f"  {name:38}{row['draws']['seconds'][-1]:9.3f}{slopes}")
    scenarios = found["questions"]["forecast"]["scenarios"]
    lines.append(
        f"  forecast of {scenarios['size'][-1]} scenarios: {scenarios['seconds'][-1]:.2f} s, "
        f"slope in scenarios {scenarios['slope']:.2f}"
    )
    lines += ["", f"{'against PyMC':24}{'ours, s':>10}{'other, s':>10}{'ratio':>8}   asked again"]
    for name, row in found["compared"].items():
        again = row["strict"]
        lines.append(
            f"  {name:22}{row['ours_s']:10.3f}{row['other_s']:10.3f}{row['ratio']:8.3f}"
            f"{again['ours_s']:10.3f}{again['other_s']:10.3f}{again['ratio']:8.3f}"
        )
    memory = ", ".join(f"{name} {size:.2f}" for name, size in found["peak_memory_gib"].items())
    return [*lines, f"peak memory, GiB: {memory}"]


def _scaling_lines(scaling: dict[str, Any] | None) -> list[str]:
    if scaling is None:
        return []
    lines = [
        "",
        "scaling of respond (draws, periods, scenarios) and of a propagated sweep, seconds",
    ]
    for axis in ("draws", "periods", "scenarios", "points", "workers"):
        row = scaling[axis]
        cells = zip(row["size"], row["seconds"], strict=True)
        text = "".join(f"{size:>8}: {taken:<8.3g}" for size, taken in cells)
        lines.append(f"{axis:12}{text}  slope {row['slope']:.2f}")
    return lines


if __name__ == "__main__":
    main()
