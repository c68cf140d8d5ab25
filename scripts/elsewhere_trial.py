"""Put the panel model of liftings on trial: `python scripts/elsewhere_trial.py` (an hour and more).

Writes one table a trial to ``results/elsewhere`` and, when all are there, their summary to
``data/elsewhere_trial.csv``, which the validation report shows.
"""

import argparse
import sys
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binom

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere import load_episode_effects, load_relief_data
from sanctions_model.elsewhere.model.cells import OUTCOMES, build_cells
from sanctions_model.elsewhere.model.panel_model import compile_panel, covariates
from sanctions_model.elsewhere.prediction import LIFTINGS, PARAMETERS, predict
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
KINDS = ("folds", "placebo", "drop", "back", "panels")
COLUMNS = [
    *("trial", "case", "outcome", "n", "inside", "low", "high", "inside_without", "crps"),
    *("crps_without", "observed", "rank", "mean", "lower", "upper", "spread"),
    *("settlement", "settlement_lower", "settlement_upper"),
]
SETTLEMENT = "settlement, all senders"


def one_chain(posterior: xr.Dataset) -> xr.Dataset:
    """Put the draws of all chains into one, as `predict` takes them."""
    own = posterior[list(PARAMETERS)]
    chains = [own.isel(chain=c, drop=True) for c in range(own.sizes["chain"])]
    return xr.concat(chains, "draw", coords="minimal").drop_vars("draw").expand_dims("chain")


def population(posterior: xr.Dataset, label: str) -> pd.DataFrame:
    """Mean and spread of the effect of a full dose, and what is predicted for a settlement."""
    rows = []
    predicted = predict(LIFTINGS[SETTLEMENT], one_chain(posterior)).sel(horizon=3)
    for k, outcome in enumerate(OUTCOMES):
        row: dict[str, object] = {"trial": label, "outcome": outcome}
        lower, median, upper = predicted.sel(outcome=outcome).quantile([0.05, 0.5, 0.95])
        row |= {"settlement": float(median)}
        row |= {"settlement_lower": float(lower), "settlement_upper": float(upper)}
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

    @cached_property
    def base(self) -> xr.Dataset:
        """Draws with every episode in its place."""
        return sample_again(self.compiled, self.cells, self.z)

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
        oil = self.data.panel.groupby("iso3")["oil_exporter"].max()
        size = load_episode_effects().query("outcome == 'gdp'").set_index("episode")["median"].abs()
        largest = set(size.nlargest(5).index)
        kinds = {
            "without wars": lambda e: e.by_war,
            "without other governments": lambda e: e.by_regime_change,
            "without reimposed": lambda e: e.reimposed_year is not None,
            "without partial": lambda e: e.extent == "partial",
            "without oil exporters": lambda e: oil[e.iso3] == 1,
            "without the five largest": lambda e: e.episode_id in largest,
        }
        rows = [population(self.base, "all")]
        for label, belongs in kinds.items():
            dropped = [e.episode_id for e in self.cells.episodes if belongs(e)]
            posterior = sample_again(self.compiled, hidden(self.cells, dropped), self.z)
            rows.append(population(posterior, f"{label} ({len(dropped)})"))
            self.note(rows, "drop")

    def back(self) -> None:
        """Predict reimpositions."""
        self.note([after_reimposition(self.data, self.cells, self.base)], "back")

    def panels(self) -> None:
        """Recover effects from made-up panels."""
        rows = []
        for seed in range(PANELS):
            truth, level = prior_truth(self.cells, self.z, random_seed=seed)
            made = made_up(self.cells, self.base, level, random_seed=seed)
            found = sample_again(self.compiled, made, self.z)
            rows.append(rank_of_truth(found, truth).assign(panel=seed))
            self.note(rows, "panels")


def coverage(table: pd.DataFrame, trial: str) -> list[dict[str, object]]:
    """Share of predictions whose 90 % interval held what happened, by outcome and in all."""
    rows = []
    for outcome in (*dict.fromkeys(table["outcome"]), "all"):
        of = table if outcome == "all" else table[table["outcome"] == outcome]
        low, high = binom.interval(0.95, len(of), 0.9)
        row = {"trial": trial, "outcome": outcome, "n": len(of), "inside": of["inside"].mean()}
        row |= {"low": low / len(of), "high": high / len(of)}
        row["inside_without"] = of["inside_without"].mean()
        if outcome != "all":
            row |= {name: of[name].mean() for name in ("crps", "crps_without")}
        rows.append(row)
    return rows


def summary(folder: Path) -> pd.DataFrame:
    """Gather all trials: one row a trial, case and outcome."""
    found = {kind: pd.read_csv(folder / f"trial_{kind}.csv") for kind in KINDS}
    rows = coverage(found["folds"], "left out") + coverage(found["back"], "reimposed")
    iran = found["folds"].query("episode == 'IRN2016'")
    rows += [
        {"trial": "one episode", "case": row.episode, "outcome": row.outcome, "n": row.years}
        | {"observed": row.observed, "rank": row.rank, "mean": row.effect}
        for row in iran.itertuples()
    ]
    for outcome, of in found["placebo"].groupby("outcome", sort=False):
        zero = (of["effect_mean_lower"] <= 0) & (of["effect_mean_upper"] >= 0)
        row = {"trial": "placebo", "outcome": outcome, "n": len(of), "inside": zero.mean()}
        rows.append(row | {"mean": of["effect_mean"].mean(), "spread": of["effect_sd"].mean()})
    renamed = {"effect_mean": "mean", "effect_mean_lower": "lower", "effect_mean_upper": "upper"}
    renamed |= {"effect_sd": "spread", "trial": "case"}
    renamed |= {f"settlement{end}": f"settlement{end}" for end in ("", "_lower", "_upper")}
    dropped = found["drop"].rename(columns=renamed)
    rows += dropped[["outcome", *renamed.values()]].assign(trial="dropped").to_dict("records")
    ranks = found["panels"]
    row = {"trial": "made up", "n": len(ranks), "inside": ranks["inside"].mean()}
    rows.append(row | {"mean": ranks["rank"].mean(), "spread": ranks["rank"].std()})
    return pd.DataFrame(rows, columns=COLUMNS)


def main() -> None:
    """Run the trials that are asked for; all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/elsewhere"))
    parser.add_argument("--only", nargs="*", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    trials = Trials(options.out)
    for kind in options.only:
        getattr(trials, kind)()
    if all((options.out / f"trial_{kind}.csv").is_file() for kind in KINDS):
        file = data_path("relief_episodes.csv").parent / "elsewhere_trial.csv"
        summary(options.out).to_csv(file, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
