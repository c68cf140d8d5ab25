"""What a figure of a forecast is drawn beside: target, others' forecasts, a plain rival."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.outside_forecasts import (
    FORECASTERS,
    load_outside_forecasts,
    newest_forecasts,
)
from sanctions_model.inference.conditioned import Problem
from sanctions_model.plots.parts.beside import Beside
from sanctions_model.queries.forecasts import drivers_ahead
from sanctions_model.queries.reading.headlines import label_with_unit
from sanctions_model.report.views import View
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after
from sanctions_model.scm.simulation.history import known_past
from sanctions_model.units import in_percent
from sanctions_model.wording import figure, in_words, upper_first

_RATE, _LEVEL = "no change", "past trend"
_MODEL, _TARGET = "this model", "target"
_COLUMNS = {
    _RATE: "nothing new",
    _LEVEL: "nothing new",
    FORECASTERS["poll"]: "poll",
    FORECASTERS["bank_of_russia"]: "central bank",
}


def forecast_beside(
    paths: xr.DataArray,
    problem: Problem,
    outcomes: Sequence[str],
    *,
    targets: Mapping[str, str],
    quoted: Mapping[str, tuple[str, str]],
) -> Beside:
    """Return what `plot_forecast` draws beside a forecast.

    `paths`: from `simulate`, for its start and its horizon. `problem`: whose past the rivals go on
    from. `outcomes`: rates and levels that are forecast. `targets`: by outcome the driver that is
    its target. `quoted`: by outcome ``end`` or ``mean``, and what the figure is called in
    ``outside_forecasts.csv``. Returns: the rival of a rate is its last value, that of a level its
    mean growth so far: the medians of the random walks of `validation.origins.baselines`. Raises
    `ObservationError` if the bundled table of forecasts is not usable.
    """
    scm, horizon = problem.scm, paths.sizes[dims.HORIZON]
    first = np.datetime64(str(paths.attrs[dims.Said.START]), "D")
    start = int(np.searchsorted(problem.cases.time.astype("datetime64[D]"), first))
    ahead = drivers_ahead(problem, start, horizon, {})
    rivals = {}
    for name in outcomes:
        path = rival_path(problem, name, start, horizon)
        if path is not None:
            words = _LEVEL if scm.is_level(name) else _RATE
            rivals[name] = (words, in_percent(path, scm.variables[name]))
    newest = newest_forecasts(load_outside_forecasts())
    called = {theirs: (ours, how) for ours, (how, theirs) in quoted.items() if ours in outcomes}
    rows = newest[newest["variable"].isin(called)]
    return Beside(
        targets={
            name: ahead[driver]
            for name, driver in targets.items()
            if name in outcomes and driver in ahead
        },
        rivals=rivals,
        others=pd.DataFrame(
            {
                "outcome": [called[name][0] for name in rows["variable"]],
                "source": rows["forecaster"].map(FORECASTERS).to_numpy(),
                "statistic": [called[name][1] for name in rows["variable"]],
                "year": rows["year"].to_numpy(),
                "lower": rows["low"].to_numpy(),
                "upper": rows["high"].to_numpy(),
                "published": rows["published"].to_numpy(),
            }
        ),
    )


def rival_path(problem: Problem, name: str, start: int, horizon: int) -> np.ndarray | None:
    """Return what follows where nothing new happens: a rate stays, a level grows as it did so far.

    `name`: a rate or a level. `start`: position of the last period that is known. Returns: shape
    ``(horizon,)`` in the model's unit, a level from 0; None where no past is observed.
    """
    level = {item.variable.name: item for item in problem.scm.levels}.get(name)
    past = known_past(problem.scm, _seen(problem), level.flow if level else name)
    if past is None:
        return None
    known = np.asarray(past)[: start + 1]
    known = known[np.isfinite(known)]
    if not known.size:
        return None
    if level is None:
        return np.full(horizon, known[-1])
    return np.asarray(level.sign * known.mean() * np.arange(1, horizon + 1))


def _seen(problem: Problem) -> dict[str, np.ndarray]:
    """Return the series with their gaps, which the likelihood's arrays fill with 0."""
    cases = problem.cases
    filled = cases.values  # noqa: PD011 (a mapping, not a frame)
    seen = {}
    for name, series in filled.items():
        there = cases.available.get(name, True)
        seen[name] = np.where(there, np.asarray(series, dtype=float), np.nan)
    for name, period in cases.missing:
        seen[name][period] = np.nan
    return seen


def beside_table(paths: xr.DataArray, scm: StructuralCausalModel, beside: Beside) -> pd.DataFrame:
    """Return what stands beside a forecast in numbers: one row an outcome, year and source.

    `paths`: of which the forecast is. `beside`: as `forecast_beside` returns it. Returns: columns
    ``quantity`` (who or what says it), ``outcome``, ``period`` (the last of the year, or the year
    where it is a mean), ``median``, ``lower``, ``upper`` (the ends of a published range), in
    percent. Years that the forecast covers to their end; its last period where nobody speaks of
    one.
    """
    rows = []
    for name in map(str, paths[dims.OUTCOME].to_numpy()):
        own = in_percent(paths.sel({dims.OUTCOME: name}), scm.variables[name])
        others = beside.others[beside.others["outcome"] == name]
        of_mean = bool((others["statistic"] == "mean").any())
        for year, label, when in _compared(paths, scm, of_mean=of_mean, several=len(others) > 0):
            said = [(_MODEL, [float(own.isel({dims.HORIZON: when}).mean(dims.HORIZON).median())])]
            said += [
                (str(row["source"]), [float(row["lower"]), float(row["upper"])])
                for row in others.to_dict("records")
                if row["year"] == year
            ]
            if name in beside.targets:
                said.append((_TARGET, [float(np.asarray(beside.targets[name])[when].mean())]))
            if name in beside.rivals:
                words, path = beside.rivals[name]
                said.append((words, [float(np.asarray(path)[when].mean())]))
            rows += [
                {"quantity": who, "outcome": name, "period": label, "median": float(np.mean(of))}
                | {"lower": min(of), "upper": max(of)}
                for who, of in said
            ]
    return pd.DataFrame(rows, columns=["quantity", "outcome", "period", "median", "lower", "upper"])


def _compared(
    paths: xr.DataArray, scm: StructuralCausalModel, *, of_mean: bool, several: bool
) -> list[tuple[int | None, str, np.ndarray]]:
    """Return years, what they are called and their periods; the last period where no year is."""
    start, size = str(paths.attrs[dims.Said.START]), scm.periods_per_year
    months = np.datetime64(start, "M") + 12 // size * paths[dims.HORIZON].to_numpy()
    years, month = months.astype("datetime64[Y]").astype(int) + 1970, months.astype(int) % 12
    is_end = month + 12 // size >= 12
    found: list[tuple[int | None, str, np.ndarray]] = []
    for at in np.flatnonzero(is_end):
        when = years == years[at] if of_mean else np.arange(len(years)) == at
        label = str(years[at]) if of_mean else period_after(start, int(at) + 1, size)
        if not of_mean or when.sum() == size:
            found.append((int(years[at]), label, when))
    last = len(years) - 1
    if not (found and several):
        found = [(None, period_after(start, last + 1, size), np.arange(len(years)) == last)]
    return found


def with_others(table: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of a forecast and below it what others say, as `beside_table` has it."""
    said = others[others["quantity"] != _MODEL]
    return pd.concat([table, said], ignore_index=True).astype({"horizon": "Int64"})


def beside_view(table: pd.DataFrame, scm: StructuralCausalModel, beside: Beside) -> View:
    """Show a forecast beside the poll, the central bank, the target and a plain rival.

    `table`: as `beside_table` returns it. `beside`: whose dates of publication are said.
    """
    rows = []
    for (name, period), own in table.groupby(["outcome", "period"], sort=False):
        said = {
            _COLUMNS.get(str(row["quantity"]), str(row["quantity"])): _span(row)
            for row in own.to_dict("records")
        }
        label = label_with_unit(scm, str(name), of_path=True)
        rows.append({"outcome": label, "when": period} | said)
    shown = beside.others[beside.others["source"].isin(list(table["quantity"]))]
    published = shown.groupby("source")["published"].max() if len(shown) else pd.Series(dtype=str)
    dates = "".join(f"{upper_first(str(who))} of {when}. " for who, when in published.items())
    view = pd.DataFrame(rows).fillna("")
    others = [name for name in view if name not in {"outcome", "when", _MODEL, "nothing new"}]
    return View(
        table=view,
        title=f"The forecast beside {in_words([*map(str, others), _RATE])}",
        question="Question: what do others say, and what if nothing new happens?",
        caption=f"{dates}A year alone: its mean. Nothing new: a rate stays, a level "
        "grows as it did so far.",
    )


def _span(row: Mapping[Any, Any]) -> str:
    lower, upper = float(row["lower"]), float(row["upper"])
    return figure(lower) if lower == upper else f"{figure(lower)}–{figure(upper)}"
