"""Put the panel model of liftings on trial: `python scripts/elsewhere_trial.py` (an hour and more).

Writes one table a trial to ``results/elsewhere``; ``docs/elsewhere.md`` quotes them.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.elsewhere import load_relief_data
from sanctions_model.elsewhere.cells import OUTCOMES, build_cells
from sanctions_model.elsewhere.panel_model import compile_panel, covariates
from sanctions_model.elsewhere.trial import (
    after_reimposition,
    hidden,
    made_up,
    placebo_cells,
    predicted_outcomes,
    prior_truth,
    rank_of_truth,
    sample_again,
)

FOLDS, PANELS, PLACEBOS = 5, 5, 4


def population(posterior: xr.Dataset, label: str) -> pd.DataFrame:
    """Mean and spread of the effect of a full dose, one row an outcome."""
    rows = []
    for k, outcome in enumerate(OUTCOMES):
        row: dict[str, object] = {"trial": label, "outcome": outcome}
        for name in ("effect_mean", "effect_sd"):
            values = posterior[name].to_numpy().reshape(-1, len(OUTCOMES))[:, k]
            lower, median, upper = np.quantile(values, [0.05, 0.5, 0.95])
            row |= {name: median, f"{name}_lower": lower, f"{name}_upper": upper}
        rows.append(row | {"divergences": posterior.attrs["divergences"]})
    return pd.DataFrame(rows)


class Trials:
    """The compiled model with what the trials share; each writes its table as it grows."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.data = load_relief_data()
        self.cells, self.z = build_cells(self.data), covariates(self.data)
        self.names = [episode.episode_id for episode in self.cells.episodes]
        self.compiled = compile_panel(self.cells, self.z)

    def note(self, rows: list[pd.DataFrame], name: str) -> None:
        """Write the rows so far."""
        table = pd.concat(rows)
        table.to_csv(self.out / f"trial_{name}.csv", index=False, float_format="%.5g")
        sys.stdout.write(f"{name}: {len(table)} rows\n")
        sys.stdout.flush()

    def folds(self) -> None:
        """Hide a fifth of the episodes at a time and predict them."""
        order, rows = np.random.default_rng(1).permutation(self.names), []
        for fold in np.array_split(order, FOLDS):
            posterior = sample_again(self.compiled, hidden(self.cells, list(fold)), self.z)
            rows.append(predicted_outcomes(self.cells, posterior, list(fold)))
            self.note(rows, "folds")

    def placebo(self) -> None:
        """Move the episodes to countries and years without one."""
        rows = []
        for seed in range(PLACEBOS):
            cells, moved = placebo_cells(self.data, random_seed=seed)
            posterior = sample_again(self.compiled, cells, covariates(moved))
            rows.append(population(posterior, f"placebo {seed}"))
            self.note(rows, "placebo")

    def drop(self) -> None:
        """Hide kinds of episodes."""
        kinds = {
            "without wars": lambda e: e.by_war,
            "without other governments": lambda e: e.by_regime_change,
            "without reimposed": lambda e: e.reimposed_year is not None,
            "without partial": lambda e: e.extent == "partial",
        }
        rows = [population(sample_again(self.compiled, self.cells, self.z), "all")]
        for label, belongs in kinds.items():
            dropped = [e.episode_id for e in self.cells.episodes if belongs(e)]
            posterior = sample_again(self.compiled, hidden(self.cells, dropped), self.z)
            rows.append(population(posterior, f"{label} ({len(dropped)})"))
            self.note(rows, "drop")

    def back(self) -> None:
        """Predict reimpositions, and recover effects from made-up panels."""
        base = sample_again(self.compiled, self.cells, self.z)
        self.note([after_reimposition(self.data, self.cells, base)], "back")
        rows = []
        for seed in range(PANELS):
            truth, level = prior_truth(self.cells, self.z, random_seed=seed)
            made = made_up(self.cells, base, level, random_seed=seed)
            found = sample_again(self.compiled, made, self.z)
            rows.append(rank_of_truth(found, truth).assign(panel=seed))
            self.note(rows, "panels")


def main() -> None:
    """Run the trials that are asked for; all by default."""
    kinds = ("folds", "placebo", "drop", "back")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/elsewhere"))
    parser.add_argument("--only", nargs="*", choices=kinds, default=kinds)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    trials = Trials(options.out)
    for kind in options.only:
        getattr(trials, kind)()


if __name__ == "__main__":
    main()
