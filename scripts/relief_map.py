"""Map the effect of relief over its depth and the share of the damage that can be undone.

Run from the repository root: ``python scripts/relief_map.py [--out FOLDER]``. Needs the fit in
``results/russia`` (``make run``), compiles nothing and takes seconds.
"""

import argparse
from pathlib import Path

import sanctions_model as sm
from sanctions_model.plots import plot_response_surface, save_figures
from sanctions_model.sweeps import SweepDesign, run_sweep

HERE = Path(__file__).resolve().parent
FIT = HERE.parent / "results" / "russia" / "posterior.nc"


def main() -> None:
    """Run the sweep, print its corners and write the figure beside the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/sweeps/relief_map"))
    parser.add_argument("--fit", type=Path, default=FIT)
    options = parser.parse_args()
    fit = sm.load(options.fit)
    problem = fit.problem
    design = SweepDesign.from_toml(HERE / "relief_map.toml")
    found = run_sweep(
        design, options.out, problem.scm, problem.observations, problem.priors, given=fit
    )
    depth, share = (axis.name for axis in design.axis)
    for outcome in found["outcome"].to_numpy():
        full = found["effect_summary"].sel({depth: 1.0, "outcome": outcome, "summary": "median"})
        none, whole = full.sel({share: 0.0}).item(), full.sel({share: 1.0}).item()
        unit = found["unit"].sel(outcome=outcome).item()
        print(f"{outcome}: full relief {none:+.2f} if nothing can be undone, {whole:+.2f} {unit}")
    (path,) = save_figures({"surface": plot_response_surface(found, depth, share)}, options.out)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
