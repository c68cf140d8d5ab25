"""What moved each calendar year of the past, in a table and in sentences."""

import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.queries.reading.calendar_years import YEAR
from sanctions_model.queries.reading.findings import forces_finding
from sanctions_model.queries.reading.yearly_forces import FORCE
from sanctions_model.report.views import View
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.wording import figure


def forces_table(forces: xr.DataArray) -> pd.DataFrame:
    """Tabulate what moved each year: mean, median and interval, one row a cell.

    `forces`: from `yearly_forces`, dims ``(outcome, force, year, chain, draw)``. Returns: columns
    outcome, force, year, statistic, mean (means add up), median, lower, upper, ci_prob and ci_kind;
    points of growth for levels, the unit of the variable for rates.
    """
    rule = interval_rule()
    summary = interval(forces, rule).rename("value").to_dataset(dim="summary")
    means = forces.mean([dims.CHAIN, dims.DRAW]).rename("mean")
    table = xr.merge([means, summary]).to_dataframe().reset_index()
    columns = ["outcome", "force", "year", "statistic", "mean", "median", "lower", "upper"]
    order = {str(force): at for at, force in enumerate(forces[FORCE].to_numpy())}
    table = table[columns].sort_values(
        ["outcome", "force", "year"], key=lambda own: own.map(order) if own.name == FORCE else own
    )
    return table.reset_index(drop=True).assign(ci_prob=rule.prob, ci_kind=rule.kind)


def forces_view(forces: xr.DataArray, scm: StructuralCausalModel) -> View:
    """Show forces as rows and years as columns, means over the draws.

    `forces`: from `yearly_forces`. `scm`: names the outcomes.
    """
    means = forces.mean([dims.CHAIN, dims.DRAW])
    outcomes = [str(name) for name in means[dims.OUTCOME].to_numpy()]
    rows = []
    for name in outcomes:
        own = means.sel(outcome=name)
        for force in own[FORCE].to_numpy():
            years = {
                str(year): figure(float(own.sel({FORCE: force, YEAR: year})), signed=True)
                for year in own[YEAR].to_numpy()
            }
            label = f"{scm.variables[name].short_label}, {_unit(scm, name)}"
            rows.append({"outcome": label, "moved by": str(force), **years})
    table = pd.DataFrame(rows)
    subject = ""
    said: tuple[str, ...] = ("outcome", "moved by")
    if len(outcomes) == 1:
        subject = f", {table['outcome'].iloc[0]}"
        table, said = table.drop(columns="outcome"), said[1:]
    return View(
        table=table,
        first=(*said, *sorted((str(year) for year in means[YEAR].to_numpy()), reverse=True)),
        title=forces_finding(forces, scm),
        question=f"Question: what moved each calendar year{subject}?",
        caption="Means over the draws, which add up to what happened. Another outcome: --outcome; "
        "every driver and shock: --parts; intervals: --csv.",
    )


def _unit(scm: StructuralCausalModel, name: str) -> str:
    return "points of growth" if scm.is_level(name) else "average of the year"
