"""Calendar years as people quote them: sanctions unchanged, with relief, what others forecast."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.outside_forecasts import (
    FORECASTERS,
    load_outside_forecasts,
    newest_forecasts,
)
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.annual_conditions import annual_conditions
from sanctions_model.queries.conditional import conditional_forecast
from sanctions_model.queries.effects import relief_paths, relief_subject, relief_words, total_effect
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.calendar_years import YEAR, Statistic
from sanctions_model.queries.reading.calendar_years import annual as annual_figures
from sanctions_model.report.views import View
from sanctions_model.scm.interventions import Relief
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.wording import chance_is, figure, finding

UNCHANGED, RELIEF, DIFFERENCE = "sanctions unchanged", "with relief", "difference"
POLL, BANK = FORECASTERS["poll"], FORECASTERS["bank_of_russia"]
_OURS = (UNCHANGED, RELIEF, DIFFERENCE)
# Years that are simulated at least: shocks depend on how many periods are drawn, and a brief of
# four years has to show the numbers of a table of five.
_SIMULATED = 5
# What the yearly figure of a level or a rate is, in the first column.
_QUOTED = {
    Statistic.GROWTH.words: " growth",
    Statistic.END.words: ", Dec",
    Statistic.MEAN.words: " mean",
}
# On a terminal all outcomes have to stand on one screen: the difference stands beside relief.
_SHORT = {RELIEF: "with relief", POLL: "analysts' poll", BANK: "central bank"}


def annual_table(
    fit: Fit,
    relief: Relief,
    *,
    years: int,
    quoted: Mapping[str, tuple[str, str | None]],
    random_seed: int,
    baseline: Mapping[str, Mapping[int, float]] | None = None,
) -> pd.DataFrame:
    """Tabulate yearly figures without relief, with it, and as others forecast them.

    `fit`: whose model, history and draws answer. `relief`: what is lifted in the second of the two
    futures; both meet the same shocks. `years`: calendar years, the one that has begun included.
    `quoted`: by outcome the statistic (`queries.calendar_years.Statistic`) and what the same figure
    is called in ``outside_forecasts.csv``, None where nobody forecasts it. A model that has none of
    these outcomes answers with its headline ones. `baseline`: somebody else's yearly figures, by
    outcome and year, that the future without relief meets; shocks bend so that they hold. Returns:
    one row an outcome, source and year: ``median``, ``lower``, ``upper`` of ours, the ends of their
    range for others (the median is its middle), ``published`` where it is theirs. Raises
    `QuestionError`, `UnknownVariableError`, `ObservationError` if the model has no measures, or no
    state to start from.
    """
    scm = fit.scm
    names = [name for name in quoted if name in scm.variables]
    names = names or [
        name for name in scm.wanted(None) if name in scm.observed or name in _levels(fit)
    ]
    horizon = (max(years, _SIMULATED) + 1) * scm.periods_per_year
    last = fit.problem.last_values
    asked = scm.relief(relief)
    with_relief = relief_paths(scm, asked, horizon, last)
    without = relief_paths(scm, Relief(depth=0.0, measures=asked.measures), horizon, last)
    statistics = {name: quoted[name][0] for name in names if name in quoted}
    plausibility = None
    if baseline:
        given = annual_conditions(fit.problem, fit.draws, baseline, statistics=statistics)
        met = conditional_forecast(
            fit.problem,
            fit.draws,
            given,
            horizon=horizon,
            exogenous=without,
            random_seed=random_seed,
            outcomes=names,
        )
        plausibility = float(met["plausibility"].median())
        effect = total_effect(scm, fit.draws, asked, horizon=horizon, outcomes=names)
        future = met["path"].reset_coords(drop=True)
        paths = xr.concat([future, future + effect.reset_coords(drop=True)], dims.SCENARIO)
        paths = paths.transpose(dims.OUTCOME, dims.SCENARIO, dims.HORIZON, ...)
        paths.attrs = dict(met.attrs)
    else:
        paths = simulate(
            fit.problem,
            fit.draws,
            horizon=horizon,
            exogenous={n: np.stack([without[n], with_relief[n]]) for n in asked.measures},
            random_seed=random_seed,
            outcomes=names,
        )
    found = annual_figures(paths, fit.problem, fit.draws, statistics=statistics)
    found = found.isel({YEAR: slice(years)})
    both = [found.isel({dims.SCENARIO: i}, drop=True) for i in (0, 1)]
    rows = []
    for source, values in zip(_OURS, (*both, both[1] - both[0]), strict=True):
        rows += _rows(source, values)
    table = pd.concat([pd.DataFrame(rows), _others(quoted, found[YEAR].to_numpy())])
    table.attrs = {
        "relief": relief_words(scm, asked, start=found.attrs[dims.Said.START]),
        dims.Said.SUBJECT: relief_subject(scm, asked),
        "plausibility": plausibility,
        **found.attrs,
    }
    return table.reset_index(drop=True)


def _levels(fit: Fit) -> set[str]:
    return {level.variable.name for level in fit.scm.levels}


def _rows(source: str, values: xr.DataArray) -> list[dict[str, object]]:
    summary = interval(values, interval_rule())
    return [
        {
            "outcome": str(outcome),
            "source": source,
            "statistic": str(values["statistic"].sel({dims.OUTCOME: outcome}).item()),
            "year": int(year),
            **{
                name: float(summary.sel({dims.OUTCOME: outcome, YEAR: year, "summary": name}))
                for name in ("median", "lower", "upper")
            },
            "prob_above": float((values.sel({dims.OUTCOME: outcome, YEAR: year}) > 0).mean()),
            "published": "",
        }
        for outcome in values[dims.OUTCOME].to_numpy()
        for year in values[YEAR].to_numpy()
    ]


def _others(
    quoted: Mapping[str, tuple[str, str | None]], years: Sequence[int] | np.ndarray
) -> pd.DataFrame:
    newest = newest_forecasts(load_outside_forecasts())
    called = {theirs: ours for ours, (_, theirs) in quoted.items() if theirs is not None}
    rows = newest[newest["variable"].isin(called) & newest["year"].isin(list(years))]
    return pd.DataFrame(
        {
            "outcome": rows["variable"].map(called),
            "source": rows["forecaster"].map(FORECASTERS),
            "statistic": "",
            "year": rows["year"],
            "median": (rows["low"] + rows["high"]) / 2,
            "lower": rows["low"],
            "upper": rows["high"],
            "published": rows["published"],
        }
    )


def annual_view(table: pd.DataFrame, fit: Fit) -> View:
    """Show years in columns: sanctions unchanged, relief with its difference, other forecasts."""
    years = sorted(table["year"].unique())
    rows = []
    for outcome in dict.fromkeys(table["outcome"]):
        own = table[table["outcome"] == outcome]
        if not own["source"].isin(_OURS).any():
            continue
        variable = fit.scm.variables[str(outcome)]
        unit = "%" if "%" in own["statistic"].iloc[0] else variable.short_unit
        unit = unit.removesuffix(" a year")  # an average of the year says so already
        name = variable.short_label.removesuffix(" level").split(" against ")[0]
        label = f"{name}{_QUOTED[own['statistic'].iloc[0]]}, {unit}"
        cells = {
            source: _cells(own[own["source"] == source].set_index("year"), years, source)
            for source in dict.fromkeys(own["source"])
        }
        change = cells.pop(DIFFERENCE)
        cells[RELIEF] = {y: f"{text} ({change[y]})" for y, text in cells[RELIEF].items()}
        for source, figures in cells.items():
            mine = label if source == UNCHANGED else f"  {_SHORT[source]}"
            rows.append({"of": label, "": mine} | figures)
    said = table.attrs
    given = said["plausibility"]
    asked = str(said["relief"]).removesuffix(f", against {UNCHANGED}")
    bent = ""
    if given is not None:
        bent = (
            f" Unchanged: the baseline given; our forecast strays as far with {chance_is(given)}."
        )
    return View(
        table=pd.DataFrame(rows),
        title=_finding(table, fit, years[-1]),
        question=f"Question: years with {asked}.",
        caption="Medians, first of sanctions unchanged; in brackets of the difference. Dec: "
        "December on December." + bent,
        aside=("of",),
    )


def _finding(table: pd.DataFrame, fit: Fit, year: int) -> str:
    """Say what relief does to the key rate in the last year, else to the first outcome."""
    rows = table[(table["source"] == DIFFERENCE) & (table["year"] == year)].to_dict("records")
    row = next((row for row in rows if row["outcome"] == "key_rate"), rows[0])
    label = fit.scm.variables[str(row["outcome"])].short_label.removesuffix(" level")
    before = "the average " if row["statistic"] == "average of the year" else "growth of "
    return finding(
        str(table.attrs[dims.Said.SUBJECT]),
        f"{before}{label}",
        "pp",
        f"in {year}",
        median=float(row["median"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        prob_above=float(row["prob_above"]),
    )


def _cells(own: pd.DataFrame, years: Sequence[int], source: str) -> dict[str, str]:
    cells = {}
    for year in years:
        if year not in own.index:
            cells[str(year)] = ""
            continue
        row = own.loc[year].to_dict()
        text = figure(row["median"], signed=source == DIFFERENCE)
        if source not in _OURS and row["lower"] != row["upper"]:
            text = f"{figure(row['lower'])}–{figure(row['upper'])}"
        cells[str(year)] = text
    return cells
