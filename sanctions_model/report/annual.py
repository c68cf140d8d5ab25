"""Calendar years as people quote them: the outlook beside others', and what moved them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.outside_forecasts import (
    FORECASTERS,
    load_outside_forecasts,
    newest_forecasts,
)
from sanctions_model.economies.russia import YEARLY_TARGETS
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.annual_conditions import annual_conditions
from sanctions_model.queries.basis import BASIS_COLUMNS, Basis
from sanctions_model.queries.conditional import conditional_forecast
from sanctions_model.queries.effects import relief_paths, relief_subject, relief_words, total_effect
from sanctions_model.queries.forecasts import drivers_ahead, simulate
from sanctions_model.queries.reading.calendar_years import (
    DIFFERENCE,
    RELIEF,
    UNCHANGED,
    YEAR,
    calendar,
    quoted_words,
)
from sanctions_model.queries.reading.calendar_years import annual as annual_figures
from sanctions_model.queries.reading.findings import annual_finding, forces_finding
from sanctions_model.queries.reading.yearly_forces import FORCE
from sanctions_model.report.outside import rival_path
from sanctions_model.report.views import View
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule, summary_errors
from sanctions_model.wording import chance_is, figure

POLL, BANK = FORECASTERS["poll"], FORECASTERS["bank_of_russia"]
TARGET, RIVAL = "target", "nothing new"
_OURS = (UNCHANGED, RELIEF, DIFFERENCE)
# Years that are simulated at least: shocks depend on how many periods are drawn, and a brief of
# four years has to show the numbers of a table of five.
_SIMULATED = 5
# On a terminal all outcomes have to stand on one screen: the difference stands beside relief.
_SHORT = {POLL: "analysts' poll", BANK: "central bank"}


def annual_table(
    fit: Fit,
    relief: Relief,
    *,
    years: int,
    quoted: Mapping[str, tuple[str, str | None]],
    random_seed: int,
    baseline: Mapping[str, Mapping[int, float]] | None = None,
    basis: Basis | None = None,
) -> pd.DataFrame:
    """Tabulate yearly figures without relief, with it, and what to hold them against.

    `fit`: whose model, history and draws answer. `relief`: what is lifted in the second of the two
    futures; both meet the same shocks. `years`: calendar years, the one that has begun included.
    `quoted`: by outcome the statistic (`queries.calendar_years.Statistic`) and what the same figure
    is called in ``outside_forecasts.csv``, None where nobody forecasts it. A model that has none of
    these outcomes answers with its headline ones. `baseline`: somebody else's yearly figures, by
    outcome and year, that the future without relief meets; shocks bend so that they hold. Returns:
    one row an outcome, source and year: ``median``, ``lower``, ``upper`` of ours, the ends of their
    range for others (the median is its middle), ``published`` where it is theirs; the target where
    there is one, and a rival without a model: a rate stays at its last value, a level grows as it
    did on average. `basis`: of the fit's draws; with it the difference has its mean, Monte-Carlo
    errors and what it rests on, as columns of ``effects.csv``. Raises `QuestionError`,
    `UnknownVariableError`, `ObservationError` if the model has no measures, or no state to start
    from.
    """
    scm = fit.scm
    names = [name for name in quoted if name in scm.variables]
    names = names or [
        name for name in scm.wanted(None) if name in scm.observed or scm.is_level(name)
    ]
    asked = scm.relief(relief)
    statistics = {name: quoted[name][0] for name in names if name in quoted}
    horizon = (max(years, _SIMULATED) + 1) * scm.periods_per_year
    ahead = _Ahead(fit, asked, horizon, names, statistics, random_seed, baseline)
    found, plausibility = ahead.years(fit.draws)
    found = found.isel({YEAR: slice(years)})
    rests = None
    if basis is not None:
        before = found if basis.draws is None else ahead.years(basis.prior_draws)[0]
        rests = basis.beside(
            *(_difference(own.isel({YEAR: slice(years)})) for own in (before, found))
        )
    both = [found.isel({dims.SCENARIO: i}, drop=True) for i in (0, 1)]
    rows = []
    for source, values in zip(_OURS, (*both, _difference(found)), strict=True):
        rows += _rows(source, values, rests if source == DIFFERENCE else None)
    kept = [int(year) for year in found[YEAR].to_numpy()]
    beside = [_others(quoted, kept), _target(fit, names, horizon, kept)]
    beside.append(_rival(fit, names, statistics, horizon, kept))
    table = pd.concat([pd.DataFrame(rows), *(own for own in beside if len(own))])
    table.attrs = {
        "relief": relief_words(scm, asked, start=found.attrs[dims.Said.START]),
        dims.Said.SUBJECT: relief_subject(scm, asked),
        "plausibility": plausibility,
        **({} if rests is None else {"basis_rule": rests.attrs["basis_rule"]}),
        **found.attrs,
    }
    return table.reset_index(drop=True)


@dataclass(frozen=True)
class _Ahead:
    """The two futures that a table compares, for any draws."""

    fit: Fit
    relief: Relief
    horizon: int
    names: Sequence[str]
    statistics: Mapping[str, str]
    random_seed: int
    baseline: Mapping[str, Mapping[int, float]] | None

    def years(self, draws: xr.Dataset) -> tuple[xr.DataArray, float | None]:
        """Yearly figures without and with relief, and how plausible a baseline given is."""
        problem, scm, asked, horizon = self.fit.problem, self.fit.scm, self.relief, self.horizon
        last, names = problem.last_values, list(self.names)
        with_relief = relief_paths(scm, asked, horizon, last)
        without = relief_paths(scm, Relief(depth=0.0, measures=asked.measures), horizon, last)
        plausibility = None
        if self.baseline:
            given = annual_conditions(problem, draws, self.baseline, statistics=self.statistics)
            met = conditional_forecast(
                problem,
                draws,
                given,
                horizon=horizon,
                exogenous=without,
                random_seed=self.random_seed,
                outcomes=names,
            )
            plausibility = float(met["plausibility"].median())
            effect = total_effect(scm, draws, asked, horizon=horizon, outcomes=names)
            future = met["path"].reset_coords(drop=True)
            paths = xr.concat([future, future + effect.reset_coords(drop=True)], dims.SCENARIO)
            paths = paths.transpose(dims.OUTCOME, dims.SCENARIO, dims.HORIZON, ...)
            paths.attrs = dict(met.attrs)
        else:
            paths = simulate(
                problem,
                draws,
                horizon=horizon,
                exogenous={n: np.stack([without[n], with_relief[n]]) for n in asked.measures},
                random_seed=self.random_seed,
                outcomes=names,
            )
        return annual_figures(paths, problem, draws, statistics=self.statistics), plausibility


def _difference(found: xr.DataArray) -> xr.DataArray:
    one, other = (found.isel({dims.SCENARIO: i}, drop=True) for i in (1, 0))
    return one - other


def _rows(source: str, values: xr.DataArray, rests: xr.DataArray | None) -> list[dict[str, object]]:
    """Rows of one source; of a difference with Monte-Carlo errors and what it rests on."""
    summary = interval(values, interval_rule())
    rows = []
    for outcome in values[dims.OUTCOME].to_numpy():
        for year in values[YEAR].to_numpy():
            at = {dims.OUTCOME: outcome, YEAR: year}
            own, sizes = values.sel(at), summary.sel(at)
            row: dict[str, object] = {"outcome": str(outcome), "source": source}
            row |= {"statistic": str(own["statistic"].item()), "year": int(year)}
            row |= {n: float(sizes.sel(summary=n)) for n in ("median", "lower", "upper")}
            row |= {"prob_above": float((own > 0).mean()), "published": ""}
            if rests is not None:
                row |= {"mean": float(own.mean()), **summary_errors(own, sizes)}
                row |= {n: rests.sel(at)[n].item() for n in ("prior_median", *BASIS_COLUMNS)}
            rows.append(row)
    return rows


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


def _target(fit: Fit, names: Sequence[str], horizon: int, years: Sequence[int]) -> pd.DataFrame:
    """Yearly targets, as they stand at the end of each year."""
    last = fit.problem.cases.time.size - 1
    ahead, index = (
        drivers_ahead(fit.problem, last, horizon, {}),
        calendar(fit.problem, last, horizon),
    )
    rows = []
    for name, driver in YEARLY_TARGETS.items():
        if name not in names or driver not in ahead:
            continue
        path = dict(zip(index[-horizon:], np.asarray(ahead[driver]), strict=True))
        ends = {period.year: float(value) for period, value in path.items()}
        rows += [_plain_row(name, TARGET, "", year, ends[year]) for year in years]
    return pd.DataFrame(rows)


def _rival(
    fit: Fit,
    names: Sequence[str],
    statistics: Mapping[str, str],
    horizon: int,
    years: Sequence[int],
) -> pd.DataFrame:
    """Yearly figures of paths that no model made, by the same arithmetic as the model's."""
    problem = fit.problem
    last = problem.cases.time.size - 1
    one = fit.draws.isel({dims.CHAIN: [0], dims.DRAW: [0]})
    rows = []
    for name in names:
        path = rival_path(problem, name, last, horizon)
        if path is None:
            continue
        paths = xr.DataArray(
            path[None, None, :, None, None],
            dims=(dims.OUTCOME, dims.SCENARIO, dims.HORIZON, dims.CHAIN, dims.DRAW),
            coords={dims.OUTCOME: [name]},
            attrs={dims.Said.START: str(problem.cases.time[last])[:10]},
        )
        own = {name: statistics[name]} if name in statistics else {}
        found = annual_figures(paths, problem, one, statistics=own)
        said = str(found["statistic"].item())
        rows += [
            _plain_row(name, RIVAL, said, year, float(found.sel({YEAR: year}).item()))
            for year in years
        ]
    return pd.DataFrame(rows)


def _plain_row(
    outcome: str, source: str, statistic: str, year: int, value: float
) -> dict[str, object]:
    sizes = dict.fromkeys(("median", "lower", "upper"), value)
    row: dict[str, object] = {"outcome": outcome, "source": source, "statistic": statistic}
    return row | {"year": year} | sizes | {"published": ""}


def annual_view(table: pd.DataFrame, fit: Fit) -> View:
    """Show years in columns: sanctions unchanged, relief with its difference, other forecasts."""
    years = sorted(table["year"].unique())
    rows, plain = [], []
    for outcome in dict.fromkeys(table["outcome"]):
        own = table[table["outcome"] == outcome]
        if not own["source"].isin(_OURS).any():
            continue
        label = ", ".join(quoted_words(fit.scm, str(outcome), own["statistic"].iloc[0]))
        cells = {
            source: _cells(own[own["source"] == source].set_index("year"), years, source)
            for source in dict.fromkeys(own["source"])
        }
        change = cells.pop(DIFFERENCE)
        cells[RELIEF] = {y: f"{text} ({change[y]})" for y, text in cells[RELIEF].items()}
        # A screen holds every outcome with others' forecasts; what needs no forecaster comes after.
        plain += [
            {"of": label, "": f"{source}: {label}"} | cells.pop(source)
            for source in (TARGET, RIVAL)
            if source in cells
        ]
        for source, figures in cells.items():
            mine = label if source == UNCHANGED else f"  {_SHORT.get(source, source)}"
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
        table=pd.DataFrame([*rows, *plain]),
        title=annual_finding(table, fit.scm),
        question=f"Question: what will years be with {asked}?",
        caption="Medians, first of sanctions unchanged; in brackets of the difference. Dec: "
        "December on December. Nothing new: a rate stays, a level grows as so far." + bent,
        aside=("of",),
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
            label = f"{scm.variables[name].short_label}, {_year_unit(scm, name)}"
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


def _year_unit(scm: StructuralCausalModel, name: str) -> str:
    return "points of growth" if scm.is_level(name) else "average of the year"
