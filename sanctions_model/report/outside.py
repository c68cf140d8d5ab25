"""What a figure of a forecast is drawn beside: target, others' forecasts, a plain rival."""

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
from sanctions_model.inference.conditioned import Problem
from sanctions_model.plots.parts.beside import Beside
from sanctions_model.queries.forecasts import drivers_ahead
from sanctions_model.scm.simulation.history import known_past
from sanctions_model.units import in_percent

_RATE, _LEVEL = "no change", "past trend"


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
    levels = {level.variable.name for level in scm.levels}
    rivals = {}
    for name in outcomes:
        path = rival_path(problem, name, start, horizon)
        if path is not None:
            words = _LEVEL if name in levels else _RATE
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
