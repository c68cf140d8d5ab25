"""Sweep the strength of four beliefs and draw which of them moves the headline effects most.

Run from the repository root: ``python scripts/prior_strength.py [--out FOLDER]``. Uses the fit in
``results/russia`` for the stated beliefs where there is one. Continues where it stopped.
"""

import argparse
from pathlib import Path

import sanctions_model as sm
from sanctions_model.plots import plot_sweep_tornado, save_figures
from sanctions_model.sweeps import SweepDesign, run_sweep
from sanctions_model.sweeps.store import routes_table

HERE = Path(__file__).resolve().parent
FIT = HERE.parent / "results" / "russia" / "posterior.nc"


def main() -> None:
    """Run the sweep, print the routes and write the figure beside the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/sweeps/prior_strength"))
    parser.add_argument("--design", type=Path, default=HERE / "prior_strength.toml")
    options = parser.parse_args()
    fit = sm.load(FIT) if FIT.is_file() else None
    model, data = sm.growth_transmission(), sm.load_observations(scm=sm.growth_transmission())
    design = SweepDesign.from_toml(options.design)
    found = run_sweep(design, options.out, model, data, sm.load_priors(economy="growth"), given=fit)
    print(routes_table(found).to_string(index=False, float_format="%.3g"))
    spread = found["effect_summary"].sel(summary="median").quantile([0.05, 0.95], dim="point")
    for outcome in found["outcome"].to_numpy():
        low, high = spread.sel(outcome=outcome).to_numpy()
        unit = found["unit"].sel(outcome=outcome).item()
        print(f"{outcome}: nine in ten medians lie from {low:+.2f} to {high:+.2f} {unit}")
    (path,) = save_figures({"tornado": plot_sweep_tornado(found)}, options.out)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
