"""Write into docs/howto/scenario.md what half and twice the stated delays of firms change.

``python scripts/delays.py`` reads the fit in `results/russia`. The delays are those of
`data/scenarios.toml`: over-compliance, and how late a step that opposition blocks is.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import xarray as xr

import sanctions_model as sm
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.families import Gamma, Prior
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.scenarios.library import ScenarioLibrary, load_scenarios
from sanctions_model.scenarios.relief import ReliefDesign

PAGE = Path(__file__).parent.parent / "docs" / "howto" / "scenario.md"
BEGIN, END = "<!-- from results: delays -->\n\n", "\n\n<!-- end of delays -->"
FACTORS = {0.5: "half the delays", 1.0: "as stated", 2.0: "twice"}
ALONE = "reset"  # the future that relieves most, when it is sure
SEED = 20260101
OUTCOMES = {"gdp_level": "GDP, %", "price_level": "consumer prices, %", "key_rate": "key rate, pp"}
ROWS = (
    ("four futures, article's odds", "gdp_level", (12, 20)),
    ("four futures, article's odds", "price_level", (20,)),
    ("four futures, article's odds", "key_rate", (20,)),
    ("rapprochement", "gdp_level", (12, 20)),
    ("rapprochement", "key_rate", (12,)),
)


def scaled(delay: float | Prior, factor: float) -> float | Prior:
    """Return a delay of so many times the length; drawn ones keep their shape."""
    if isinstance(delay, Gamma):
        return delay.model_copy(update={"beta": delay.beta / factor})
    if isinstance(delay, int | float):
        return delay * factor
    raise TypeError(f"a delay that is {delay!r}; expected a number or a Gamma: add its family here")


def with_delays(library: ScenarioLibrary, factor: float) -> ScenarioLibrary:
    """Return the scenarios with all delays of firms and of opposition so many times as long."""
    found = {
        name: scenario.model_copy(
            update={"relief": tuple(_design(own, factor) for own in scenario.relief)}
        )
        for name, scenario in library.scenarios.items()
    }
    return replace(library, scenarios=found)


def _design(design: ReliefDesign, factor: float) -> ReliefDesign:
    changed: dict[str, object] = {"over_compliance": scaled(design.over_compliance, factor)}
    if design.opposition is not None:
        delay = scaled(design.opposition.delay, factor)
        changed["opposition"] = design.opposition.model_copy(update={"delay": delay})
    return design.model_copy(update=changed)


def means(fit: Fit, library: ScenarioLibrary) -> dict[str, xr.DataArray]:
    """Return mean effects in percent, over the futures and with the first of them sure.

    Dims ``(outcome, horizon)``.
    """
    names = list(OUTCOMES)
    futures = sm.scenarios.compare_futures(
        fit.problem, fit.draws, library, outcomes=names, random_seed=SEED, transitions=True
    )
    odds = [float(futures["probability"].sel(scenario=ALONE))]
    mixed = sm.scenarios.expected_by_odds(futures, future=ALONE, odds=odds).isel(odds=0)
    alone = sm.scenarios.designed_effect(
        fit.scm,
        fit.draws,
        library.named(ALONE),
        horizon=20,
        random_seed=SEED,
        outcomes=names,
    )
    sure = effects_in_percent(fit.scm, alone).mean(["chain", "draw"])
    return {"four futures, article's odds": mixed, "rapprochement": sure}


def lines(found: dict[float, dict[str, xr.DataArray]]) -> list[str]:
    """Return the table in Markdown, from `means` by factor."""
    text = ["| | after | " + " | ".join(FACTORS[own] for own in found) + " |"]
    text.append("|---" * (2 + len(found)) + "|")
    for what, outcome, horizons in ROWS:
        for horizon in horizons:
            at = {"outcome": outcome, "horizon": horizon}
            cells = [f"{float(own[what].sel(at)):+z.2f}" for own in found.values()]
            name = f"{what}: {OUTCOMES[outcome]}"
            text.append(f"| {name} | {horizon // 4} years | {' | '.join(cells)} |")
    return text


def written(page: str, table: list[str]) -> str:
    """Return the page with the table between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"No place for the table; put {BEGIN.strip()} and {END.strip()} in it.")
    return before + begin + "\n".join(table) + end + after


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--results", type=Path, default=Path("results/russia"))
    fit = sm.load(parser.parse_args().results)
    library = load_scenarios()
    found = {factor: means(fit, with_delays(library, factor)) for factor in FACTORS}
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), lines(found)), encoding="utf-8")


if __name__ == "__main__":
    main()
