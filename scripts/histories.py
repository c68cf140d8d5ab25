"""Write docs/histories.md: what moved each calendar year of 2014-16 and of 2022-25.

``python scripts/histories.py`` reads the fit in `results/russia`; numbers are means over its draws,
so that the parts add up. The sentences hold whatever the signs are.
"""

import argparse
from pathlib import Path

import xarray as xr

from sanctions_model.inference.fit import Fit
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.reading.yearly_forces import OWN_SHOCKS, TOTAL, yearly_forces
from sanctions_model.workflow import load_results

PAGE = Path(__file__).parent.parent / "docs" / "histories.md"
EPISODES = (("2014Q1", "2016Q4"), ("2022Q1", "2025Q4"))
OUTCOMES = {
    "gdp_level": "GDP, growth of the year in %",
    "price_level": "Consumer prices, average of the year on the year before, %",
    "import_level": "Goods imports in dollars, growth in %",
    "rouble": "Rouble against the dollar (+ = stronger), %",
    "key_rate": "Key rate, average of the year, %",
}
HEAD = """\
# What moved Russia in 2014-16 and 2022-25

Each year is what happened, split into what moved it: where the economy stood before the episode
and would have gone by itself, then sanctions, oil, monetary policy, war and budget, the rouble and
trade, the pandemic, the trend, and shocks that the model has no name for. The parts add up in every
draw of the posterior; shown are means. The verb prints the same, with `--csv` for the intervals,
which are wide:

```bash
sanctions-model counterfactual decompose --from 2014Q1 --to 2016Q4
```

This splits history by *the model\'s* equations. A large row of other shocks is a year that the
model does not explain.
"""


def means(found: Fit, start: str, end: str) -> xr.DataArray:
    """Return the means of the forces of an episode, dims ``(outcome, force, year)``."""
    past = episode(found.problem, found.draws, start=start, end=end)
    parts = historical_decomposition(past, outcomes=list(OUTCOMES))
    return yearly_forces(parts, found.problem, found.draws).mean(["chain", "draw"])


def said(value: float) -> str:
    """Say a number of points with its sign."""
    return f"{value:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")


def table(forces: xr.DataArray, outcome: str) -> list[str]:
    """Return the table of one outcome, in Markdown."""
    own = forces.sel(outcome=outcome)
    years = [str(year) for year in own["year"].to_numpy()]
    rows = [f"| {OUTCOMES[outcome]} | {' | '.join(years)} |", "|---" * (len(years) + 1) + "|"]
    for force in own["force"].to_numpy():
        cells = [said(float(value)) for value in own.sel(force=force)]
        if any(cell != "0.0" for cell in cells):
            bold = "**" if force == TOTAL else ""
            rows.append(f"| {bold}{force}{bold} | {' | '.join(cells)} |")
    return rows


def story_of_2014(forces: xr.DataArray) -> str:
    """Tell 2014 to 2016 in a few sentences."""

    def at(outcome: str, force: str, year: int) -> str:
        return said(float(forces.sel(outcome=outcome, force=force, year=year)))

    gdp, rouble, prices = "gdp_level", "rouble", "price_level"
    return (
        f"Output changed by {at(gdp, TOTAL, 2015)} % in 2015. Of that, cheaper oil is "
        f"{at(gdp, 'oil', 2015)} points, sanctions are {at(gdp, 'sanctions', 2015)}, and monetary "
        f"policy, after the rate had gone to 17 %, is {at(gdp, 'monetary policy', 2015)}; "
        f"{at(gdp, OWN_SHOCKS, 2015)} are shocks that the model does not explain. The "
        "rouble changed "
        f"by {at(rouble, TOTAL, 2015)} %, {at(rouble, 'oil', 2015)} of it with oil. Prices rose by "
        f"{at(prices, TOTAL, 2015)} %: {at(prices, 'oil', 2015)} points came with oil, through the "
        f"rouble, {at(prices, 'sanctions', 2015)} with sanctions. For the rouble it is a story of "
        "oil. Sanctions of 2014 are small beside it, as most studies find."
    )


def story_of_2022(forces: xr.DataArray) -> str:
    """Tell 2022 to 2025 in a few sentences."""

    def at(outcome: str, force: str, year: int) -> str:
        return said(float(forces.sel(outcome=outcome, force=force, year=year)))

    gdp, imports, rate, prices = "gdp_level", "import_level", "key_rate", "price_level"
    return (
        f"Output changed by {at(gdp, TOTAL, 2022)} % in 2022, with sanctions at "
        f"{at(gdp, 'sanctions', 2022)} points: deliveries stopped and were routed around "
        "within the "
        f"year, so that 2023 shows {at(gdp, 'sanctions', 2023)}. War and budget gave "
        f"{at(gdp, 'war and budget', 2023)} points in 2023 and "
        f"{at(gdp, 'war and budget', 2024)} in "
        f"2024; monetary policy moved 2025 by {at(gdp, 'monetary policy', 2025)}. Imports "
        "changed by "
        f"{at(imports, TOTAL, 2022)} % in 2022, {at(imports, 'sanctions', 2022)} of it "
        "with sanctions. "
        f"The key rate averaged {at(rate, TOTAL, 2024).removeprefix('+')} % in 2024; "
        f"{at(rate, 'monetary policy', 2024)} points of it are not what the rule asks for, and "
        f"{at(rate, 'war and budget', 2024)} are war and budget. Other shocks moved prices by "
        f"{at(prices, OWN_SHOCKS, 2022)} points in 2022 and output by "
        f"{at(gdp, OWN_SHOCKS, 2024)} in "
        "2024: that part the model does not explain."
    )


def page(found: Fit) -> str:
    """Return the page of a fit."""
    lines = [HEAD]
    stories = (story_of_2014, story_of_2022)
    for (start, end), story in zip(EPISODES, stories, strict=True):
        forces = means(found, start, end)
        lines += [f"## {start[:4]} to {end[:4]}", "", story(forces), ""]
        for outcome in OUTCOMES:
            lines += [*table(forces, outcome), ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("results/russia"))
    PAGE.write_text(page(load_results(parser.parse_args().folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
