"""Put the panel model of liftings on trial: `python scripts/elsewhere_trial.py`.

Some thirty short samples, a third of an hour of processor time: two chains of 400 draws after
350, twice and then four times as many where R-hat of the population of effects is above 1.05 (the
gate of the fit itself is stricter). Every sample leaves a small table in ``results/elsewhere``; a
run that was stopped goes on from there. When all are there, their summary goes to
``data/elsewhere_trial.csv``, which the validation report shows. With ``--changing-scales`` the
trials are those of another model, and their summary stays in their folder.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binom

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere import (
    ReliefData,
    fit_summary,
    load_effect_draws,
    load_episode_effects,
    load_relief_data,
    predict,
)
from sanctions_model.elsewhere.left_out import (
    after_reimposition,
    predicted_outcomes,
    untouched_years,
)
from sanctions_model.elsewhere.model.cells import OUTCOMES, build_cells
from sanctions_model.elsewhere.model.fitting import input_hashes
from sanctions_model.elsewhere.model.panel_model import compile_panel, covariates
from sanctions_model.elsewhere.prediction import LIFTINGS, PARAMETERS
from sanctions_model.elsewhere.trial import (
    hidden,
    made_up,
    placebo_cells,
    prior_truth,
    rank_of_truth,
    sample_again,
)

FOLDS, PANELS = 5, 5
PLACEBOS = {"other countries": (0, 1, 4, 5, 6, 7), "other dates": (2, 3, 8, 9, 10, 11)}
DRAWS, TUNE = 400, 350
AGREED = 1.05
TAILS = (0.05, 0.95)
KINDS = ("folds", "placebo", "back", "panels", "drop", "years")
SHOWN = "IRN2016"
SETTLEMENT = "settlement, all senders"
MIXING = ("r_hat", "ess_bulk", "divergences")
COLUMNS = [
    *("trial", "case", "outcome", "n", "inside", "low", "high", "inside_without", "crps"),
    *("crps_without", "gain", "gain_error", "observed", "rank", "mean", "lower", "upper", "spread"),
    *("settlement", "settlement_lower", "settlement_upper", *MIXING),
]

Sampler = Callable[[Any, np.ndarray], xr.Dataset]


def one_chain(posterior: xr.Dataset) -> xr.Dataset:
    """Put the draws of all chains into one, as `predict` takes them."""
    own = posterior[list(PARAMETERS)]
    chains = [own.isel(chain=c, drop=True) for c in range(own.sizes["chain"])]
    chains = [chain.drop_vars("draw", errors="ignore") for chain in chains]
    return xr.concat(chains, "draw", coords="minimal").expand_dims("chain")


def population(posterior: xr.Dataset) -> pd.DataFrame:
    """Mean and spread of the effect of a full dose, and what is predicted for a settlement."""
    rows = []
    predicted = predict(LIFTINGS[SETTLEMENT], one_chain(posterior)).sel(horizon=3)
    for k, outcome in enumerate(OUTCOMES):
        row: dict[str, object] = {"outcome": outcome}
        lower, median, upper = predicted.sel(outcome=outcome).quantile([0.05, 0.5, 0.95])
        row |= {"settlement": float(median)}
        row |= {"settlement_lower": float(lower), "settlement_upper": float(upper)}
        values = posterior["effect_mean"].to_numpy().reshape(-1, len(OUTCOMES))[:, k]
        lower, median, upper = np.quantile(values, [0.05, 0.5, 0.95])
        row |= {"mean": median, "lower": lower, "upper": upper}
        row |= {"spread": float(np.median(posterior["effect_sd"].to_numpy()[..., k]))}
        rows.append(row)
    return pd.DataFrame(rows)


class Trials:
    """What the trials share; every sample leaves a table that a later run does not make again."""

    def __init__(
        self,
        out: Path,
        data: ReliefData | None = None,
        sampler: Sampler | None = None,
        *,
        changing_scales: bool = False,
    ) -> None:
        self.out, self.changing = out, {"changing_scales": changing_scales}
        self.data = load_relief_data() if data is None else data
        self.cells, self.z = build_cells(self.data, **self.changing), covariates(self.data)
        self.names = [episode.episode_id for episode in self.cells.episodes]
        self.sampler = sampler
        out.mkdir(parents=True, exist_ok=True)
        self._refuse_other_inputs()

    def _refuse_other_inputs(self) -> None:
        """Refuse a folder with tables of other data; they would be mixed with new ones."""
        file = self.out / "inputs.json"
        inputs = input_hashes() | {"sample": f"{DRAWS} after {TUNE}"}
        if any(self.changing.values()):
            inputs |= {"scales": "changing"}
        if file.is_file() and json.loads(file.read_text(encoding="utf-8")) != inputs:
            raise SystemExit(
                f"error: {self.out} has trials of other episodes, another panel or other samples; "
                "remove the folder, or name another with --out."
            )
        file.write_text(json.dumps(inputs), encoding="utf-8")

    @cached_property
    def compiled(self) -> Any:
        """The model, compiled once; other cells need no new compilation."""
        return compile_panel(self.cells, self.z)

    def sample(self, cells: Any, z: np.ndarray) -> xr.Dataset:
        """Draw with these cells."""
        if self.sampler is not None:
            return self.sampler(cells, z)
        for times in (1, 2, 4):
            found = sample_again(self.compiled, cells, z, draws=times * DRAWS, tune=times * TUNE)
            if found.attrs["r_hat"] <= AGREED:
                break
        return found

    @cached_property
    def base(self) -> xr.Dataset:
        """Draws with every episode in its place."""
        return self.sample(self.cells, self.z)

    def part(self, name: str, make: Callable[..., pd.DataFrame], *of: Any) -> None:
        """Make a table of something unless it is there, and write it whole."""
        file = self.out / f"{name}.csv"
        if file.is_file():
            sys.stdout.write(f"{name}: there already\n")
            return
        table = make(*of)
        table.to_csv(file.with_suffix(".part"), index=False, float_format="%.5g")
        file.with_suffix(".part").rename(file)
        sys.stdout.write(f"{name}: {len(table)} rows\n")
        sys.stdout.flush()

    def folds(self) -> None:
        """Hide a fifth of the episodes at a time and predict them."""
        order = np.random.default_rng(1).permutation(self.names)
        for number, fold in enumerate(np.array_split(order, FOLDS), start=1):
            self.part(f"folds_{number}", self._fold, list(fold))

    def _fold(self, names: list[str]) -> pd.DataFrame:
        posterior = self.sample(hidden(self.cells, names), self.z)
        return mixed(predicted_outcomes(self.cells, posterior, names), posterior)

    def placebo(self) -> None:
        """Move the episodes to where nothing was lifted, and predict a fifth of them, hidden."""
        for where, seeds in PLACEBOS.items():
            for seed in seeds:
                self.part(f"placebo_{seed}", self._placebo, where, seed)

    def _placebo(self, where: str, seed: int) -> pd.DataFrame:
        dates = where == "other dates"
        cells, moved = placebo_cells(self.data, dates=dates, random_seed=seed, **self.changing)
        fold = list(np.random.default_rng(seed).permutation(self.names))[: len(self.names) // FOLDS]
        posterior = self.sample(hidden(cells, fold), covariates(moved))
        parts = [population(posterior), predicted_outcomes(cells, posterior, fold)]
        return mixed(pd.concat(parts), posterior).assign(case=where)

    def back(self) -> None:
        """Predict reimpositions."""
        self.part("back", self._back)

    def _back(self) -> pd.DataFrame:
        return mixed(after_reimposition(self.data, self.cells, self.base), self.base)

    def years(self) -> None:
        """Predict all years that no lifting touches."""
        self.part("years", self._years)

    def _years(self) -> pd.DataFrame:
        return mixed(untouched_years(self.cells, self.base), self.base)

    def drop(self) -> None:
        """Hide kinds of episodes; all of them are those of the shipped fit."""
        oil = self.data.panel.groupby("iso3")["oil_exporter"].max()
        size = load_episode_effects().query("outcome == 'gdp'").set_index("episode")["median"].abs()
        largest = set(size.nlargest(5).index)
        kinds: dict[str, Callable[[Any], Any]] = {
            "without wars": lambda e: e.by_war,
            "without other governments": lambda e: e.by_regime_change,
            "without the five largest": lambda e: e.episode_id in largest,
            "without oil exporters": lambda e: oil[e.iso3] == 1,
            "without reimposed": lambda e: e.reimposed_year is not None,
            "without partial": lambda e: e.extent == "partial",
        }
        self.part("drop_0", self._drop, "all", [])
        for number, (label, belongs) in enumerate(kinds.items(), start=1):
            names = [e.episode_id for e in self.cells.episodes if belongs(e)]
            self.part(f"drop_{number}", self._drop, f"{label} ({len(names)})", names)

    def _drop(self, case: str, names: list[str]) -> pd.DataFrame:
        if names:
            posterior = self.sample(hidden(self.cells, names), self.z)
        elif any(self.changing.values()):
            posterior = self.base
        else:
            found = fit_summary()
            posterior = load_effect_draws().assign_attrs({name: found[name] for name in MIXING})
        return mixed(population(posterior), posterior).assign(case=case)

    def panels(self) -> None:
        """Recover effects from made-up panels."""
        for seed in range(PANELS):
            self.part(f"panels_{seed}", self._panel, seed)

    def _panel(self, seed: int) -> pd.DataFrame:
        truth, level = prior_truth(self.cells, self.z, random_seed=seed)
        made = made_up(self.cells, self.base, level, random_seed=seed)
        posterior = self.sample(made, self.z)
        return mixed(rank_of_truth(posterior, truth), posterior)


def mixed(table: pd.DataFrame, posterior: xr.Dataset) -> pd.DataFrame:
    """Put beside a table how its chains mixed."""
    return table.assign(**{name: posterior.attrs[name] for name in MIXING})


def worst(table: pd.DataFrame) -> dict[str, float]:
    """Worst mixing of the samples behind a table."""
    found = {"r_hat": table["r_hat"].max(), "ess_bulk": table["ess_bulk"].min()}
    return found | {"divergences": table["divergences"].max()}


def coverage(table: pd.DataFrame, trial: str) -> list[dict[str, object]]:
    """Share of predictions whose 90 % interval held what happened, and what the score gained.

    The gain is paired, prediction by prediction, so its error is that of a mean of differences.
    """
    rows = []
    for outcome in (*dict.fromkeys(table["outcome"]), "all"):
        of = table if outcome == "all" else table[table["outcome"] == outcome]
        low, high = binom.interval(0.95, len(of), 0.9)
        row: dict[str, object] = {"trial": trial, "outcome": outcome, "n": len(of)}
        row |= {"inside": of["inside"].mean(), "low": low / len(of), "high": high / len(of)}
        row["inside_without"] = of["inside_without"].mean()
        if outcome != "all":
            gain = of["crps_without"] - of["crps"]
            row |= {name: of[name].mean() for name in ("crps", "crps_without")}
            row |= {"gain": gain.mean(), "gain_error": gain.sem()}
        rows.append(row | worst(of))
    return rows


def single(table: pd.DataFrame, trial: str) -> list[dict[str, object]]:
    """Rows of one episode, as they are."""
    return [
        {"trial": trial, "case": row.episode, "outcome": row.outcome, "n": row.years}
        | {"inside": float(row.inside), "inside_without": float(row.inside_without)}
        | {
            "crps": row.crps,
            "crps_without": row.crps_without,
            "observed": row.observed,
            "rank": row.rank,
        }
        | {"mean": row.effect, "lower": row.lower, "upper": row.upper}
        for row in table[table["episode"] == SHOWN].itertuples()
    ]


def summary(folder: Path) -> pd.DataFrame:
    """Gather all trials: one row a trial, case and outcome."""
    found = {}
    for kind in KINDS:
        tables = {file.stem: pd.read_csv(file) for file in sorted(folder.glob(f"{kind}*.csv"))}
        found[kind] = pd.concat([table.assign(part=part) for part, table in tables.items()])
    folds, back, placebo = found["folds"], found["back"], found["placebo"]
    rows = coverage(folds, "left out") + coverage(back, "reimposed")
    for number, (_, fold) in enumerate(folds.groupby("part"), start=1):
        rows.append(coverage(fold, "fold")[-1] | {"case": f"{number}"})
    rows += single(folds, "one episode") + single(back, "one reimposition")
    for case, of in placebo.groupby("case", sort=False):
        effects, hid = of[of["episode"].isna()], of[of["episode"].notna()]
        hid = hid.assign(**{name: hid[name].astype(bool) for name in ("inside", "inside_without")})
        rows += [row | {"case": case} for row in coverage(hid, "placebo, left out")]
        rows += [row | {"case": case} for row in placebo_effects(effects)]
    rows += found["drop"].assign(trial="dropped").to_dict("records")
    rows += by_decade(found["years"])
    ranks = found["panels"]
    row = {"trial": "made up", "n": len(ranks), "inside": ranks["inside"].mean()}
    rows.append(row | {"mean": ranks["rank"].mean(), "spread": ranks["rank"].std()} | worst(ranks))
    return pd.DataFrame(rows, columns=COLUMNS)


def by_decade(table: pd.DataFrame) -> list[dict[str, object]]:
    """Coverage of years that no lifting touches, one year ahead and four, and four by decade."""
    rows = []
    decades = table["year"].floordiv(10).mul(10).astype(str) + "s"
    for outcome, of in table.groupby("outcome", sort=False):
        whole = {"one year": of["rank_1"], "four years": of["rank_4"]}
        for case, ranks in (*whole.items(), *of["rank_4"].groupby(decades)):
            inside = ranks.between(*TAILS).mean()
            row: dict[str, object] = {"trial": "untouched years", "case": case, "outcome": outcome}
            rows.append(row | {"n": len(ranks), "inside": inside} | worst(of))
    return rows


def placebo_effects(table: pd.DataFrame) -> Iterable[dict[str, object]]:
    """Mean effects of what did not happen: how often their 90 % interval holds 0, and how large."""
    for outcome, of in table.groupby("outcome", sort=False):
        zero = (of["lower"] <= 0) & (of["upper"] >= 0)
        row: dict[str, object] = {"trial": "placebo", "outcome": outcome, "n": len(of)}
        row |= {"inside": zero.mean(), "mean": of["mean"].mean(), "lower": of["mean"].min()}
        row |= {"upper": of["mean"].max(), "spread": of["spread"].mean()}
        yield row | {"settlement": of["settlement"].mean()} | worst(of)


def missing(folder: Path) -> list[str]:
    """Name the trials whose tables are not all there."""
    numbers = {"folds": FOLDS, "placebo": sum(map(len, PLACEBOS.values()))}
    numbers |= {"back": 1, "drop": 7, "panels": PANELS, "years": 1}
    return [kind for kind in KINDS if len(list(folder.glob(f"{kind}*.csv"))) < numbers[kind]]


def main() -> None:
    """Run the trials that are asked for; all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/elsewhere"))
    parser.add_argument("--only", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--changing-scales", action="store_true")
    options = parser.parse_args()
    trials = Trials(options.out, changing_scales=options.changing_scales)
    for kind in options.only:
        getattr(trials, kind)()
    if lacking := missing(options.out):
        sys.stdout.write(f"not run yet: {', '.join(lacking)}; the summary waits for them\n")
        return
    shipped = data_path("relief_episodes.csv").parent
    file = (options.out if options.changing_scales else shipped) / "elsewhere_trial.csv"
    summary(options.out).to_csv(file, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
