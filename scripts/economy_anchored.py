"""Print what docs/economy_anchored.md says of the anchored transmission, from a fit of it.

``python scripts/economy_anchored.py results/anchored`` after
``sanctions-model run --economy anchored --out results/anchored``. Medians and 5 to 95 %.
"""

import argparse
from pathlib import Path

import numpy as np
import xarray as xr

from sanctions_model.economies.russia import MEASURES
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.counterfactuals import counterfactual, episode
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.scm.interventions import SetTo
from sanctions_model.scm.simulation.propagate import propagate
from sanctions_model.workflow import load_results

LONG = 1000
RELIEF = ("gdp_level", "import_level", "price_level", "key_rate", "real_lending_rate", "rouble")


def spread(values: xr.DataArray | np.ndarray) -> str:
    """Median and 5 to 95 % of draws, in words."""
    low, middle, high = np.quantile(np.asarray(values), [0.05, 0.5, 0.95])
    return f"{middle:.2f} ({low:.2f}; {high:.2f})"


def at_rest(found: Fit) -> None:
    """Print where the economy goes, and what another target or a rate held for ever does."""
    few = found.draws.isel(draw=slice(0, 250))
    names = ["inflation_yoy", "key_rate", "real_lending_rate", "gdp_growth", "real_wage_growth"]
    end = propagate(found.scm, few, horizon=LONG, outcomes=names).isel(horizon=-1)
    for name in names:
        print(f"at rest, {name}: {spread(end.sel(outcome=name))}")
    higher = {"inflation_target": np.full(LONG, 10.0)}
    other = propagate(found.scm, few, horizon=LONG, exogenous=higher, outcomes=names[:2])
    for name in names[:2]:
        print(f"target 10, {name}: {spread(other.sel(outcome=name).isel(horizon=-1))}")
    for rate in (4.0, 21.0):
        held = [SetTo(variable="key_rate", value=rate)]
        path = propagate(found.scm, few, horizon=60, interventions=held, outcomes=["inflation_yoy"])
        print(f"key rate {rate:g} for 15 years, inflation: {spread(path.isel(horizon=-1))}")


def forecast(found: Fit) -> None:
    """Print calendar years from 2026 on: the data end in 2026Q1."""
    names = ["log_gdp", "inflation_yoy", "key_rate", "real_wage_level"]
    paths = simulate(found.problem, found.draws, horizon=19, random_seed=1, outcomes=names)
    paths = paths.isel(scenario=0) if "scenario" in paths.dims else paths
    rows = {
        n: paths.sel(outcome=n).transpose("horizon", ...).to_numpy().reshape(19, -1) for n in names
    }
    past = found.problem.cases.values["log_gdp"][-5:]
    gdp = np.exp(
        np.concatenate([np.tile(past[:, None], rows["log_gdp"].shape[1]), rows["log_gdp"]]) / 100
    )
    years = gdp.reshape(6, 4, -1).mean(axis=1)
    for position, year in enumerate(range(2026, 2031)):
        fourth = 4 * position + 2
        growth = 100 * (years[position + 1] / years[position] - 1)
        print(f"{year}: GDP {spread(growth)}, CPI {spread(rows['inflation_yoy'][fourth])}", end="")
        print(f", key rate in the fourth quarter {spread(rows['key_rate'][fourth])}", end="")
        if position:
            wages = rows["real_wage_level"]
            print(f", real wages {spread(wages[fourth] - wages[fourth - 4])}", end="")
        print()


def sanctions(found: Fit) -> None:
    """Print what measures did, against none from 2014 on."""
    past = episode(found.problem, found.draws, start="2014-01-01")
    none = [SetTo(variable=name, value=0.0) for name in MEASURES]
    names = ["log_gdp", "log_imports"]
    other = counterfactual(past, interventions=none, outcomes=names)["difference"]
    for name in names:
        for date in ("2014-10-01", "2022-04-01", "2022-10-01", "2023-10-01", "2025-10-01"):
            print(f"measures, {name}, {date}: {spread(-other.sel(outcome=name, time=date))}")


def relief(found: Fit) -> None:
    """Print what full relief does after 1 to 5 years, levels in %, with the chance of a rise."""
    effect = total_effect(found.scm, found.draws, horizon=20, outcomes=list(RELIEF))
    effect = effects_in_percent(found.scm, effect)
    for name in RELIEF:
        cells = [effect.sel(outcome=name, horizon=quarters) for quarters in (4, 8, 12, 20)]
        said = "; ".join(f"{spread(cell)} P {float((cell > 0).mean()):.2f}" for cell in cells)
        print(f"relief, {name}: {said}")


def main() -> None:
    """Read the folder of a run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of a run with --economy anchored")
    found = load_results(parser.parse_args().folder)
    print(f"diagnostics: {found.manifest['diagnostics']}")
    for part in (at_rest, forecast, sanctions, relief):
        part(found)


if __name__ == "__main__":
    main()
