"""What a run of the benchmarks must show, and whether it does."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["TARGETS", "target_lines"]

_QUESTIONS = ("counterfactual", "conditional_forecast", "decomposition")

# Entry, words, where the figure stands in the entry's result, and the most it may be.
TARGETS: list[tuple[str, str, Callable[[Mapping[str, Any]], float], float]] = [
    ("import", "import of the usual names over import xarray", lambda r: r["ratio"], 1.3),
    ("job", "whole run, cold, over the commit before", lambda r: r["cold"]["ratio"], 0.25),
    ("job", "whole run, cold, s", lambda r: r["cold"]["ours_s"], 40.0),
    ("job", "whole run, warm, over the commit before", lambda r: r["warm"]["ratio"], 0.5),
    ("job", "whole run, warm, s", lambda r: r["warm"]["ours_s"], 20.0),
    ("fit", "whole fit, cold, over PyMC by hand", lambda r: r["ratio_cold"], 0.15),
    ("fit", "whole fit, warm, over PyMC by hand", lambda r: r["ratio"], 0.25),
    ("graph", "another graph: fit called to first draw, s", lambda r: r["seconds"], 1.0),
    *(
        ("questions", f"{name.replace('_', ' ')} asked again", lambda r, n=name: r[n]["ratio"], 1.0)
        for name in _QUESTIONS
    ),
    ("questions", "effects by channel, s", lambda r: r["channels_s"], 0.15),
    ("structure", "sweep point of another structure over a rebuild", lambda r: r["ratio"], 0.15),
    ("structure", "the same over the model by hand", lambda r: r["by_hand"]["ratio"], 0.15),
    ("sweep", "1,000 Sobol points over the user's loop", lambda r: r["ratio"], 0.002),
]


def target_lines(results: Mapping[str, Any]) -> list[str]:
    """Return a table of what was measured, at most how much was aimed at, and whether it is."""
    lines = ["", f"{'':52}{'measured':>10}{'at most':>10}"]
    for entry, words, figure, most in TARGETS:
        if entry in results:
            found = figure(results[entry])
            verdict = "met" if found <= most else "NOT MET"
            lines.append(f"{words:52}{found:10.3g}{most:10.3g}  {verdict}")
    return lines if len(lines) > 2 else []
