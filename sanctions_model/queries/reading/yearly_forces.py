"""What moved each calendar year of a history, in few words: sanctions, oil, policy, own shocks.

Adds up the parts of a historical decomposition by the model's own groups of forces and reads them
by year. Computes no part of its own.
"""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.reading.calendar_years import YEAR, known_flow
from sanctions_model.scm.model import StructuralCausalModel

FORCE = "force"
START, OWN_SHOCKS, TOTAL = "where it stood before", "other shocks", "what happened"


def yearly_forces(parts: xr.DataArray, problem: Problem, draws: xr.Dataset) -> xr.DataArray:
    """Return by how much each force moved each calendar year of a window.

    A part of the growth of a level is its share of the change of the log times the growth in %, the
    logarithmic mean Divisia index (Ang 2015, Energy Policy 86): exact, and no part is left over.
    The average of the year is the geometric one.

    `problem`: what was decomposed: its history completes the year before. `draws`: the parameter
    draws of the decomposition. Returns: dims ``(outcome, force, year, chain, draw)``, whole years
    of the window alone. ``force`` is ``what happened``, ``where it stood before`` (no driver moves
    and no shock comes), each of the model's forces and ``other shocks``; all but the first add up
    to the first. A level's figure is points of the growth of its average of the year, a rate's its
    average in its own unit; the coordinate ``statistic`` says which. Raises `QuestionError` if the
    window holds no whole year, or an outcome has no history.
    """
    scm = problem.scm
    grouped = _by_force(parts.reset_coords(drop=True), scm)
    start = pd.Timestamp(grouped["time"].to_numpy()[0])
    years = _whole_years(pd.DatetimeIndex(grouped["time"].to_numpy()), scm.periods_per_year)
    if not years:
        raise QuestionError(
            f"The window from {start:%Y-%m} holds no whole calendar year; ask for a longer one."
        )
    levels = {level.variable.name: level for level in scm.levels}
    history = problem.history(draws)
    figures, said = [], []
    for name in map(str, grouped[dims.OUTCOME].to_numpy()):
        own = grouped.sel({dims.OUTCOME: name})
        means = own.groupby("time.year").mean("time").sel(year=years)
        if name not in levels:
            figures.append(_with_total(means))
            said.append("average of the year")
            continue
        flow = known_flow(scm, history, name)
        before = _before(flow, pd.DatetimeIndex(problem.cases.time), start, own)
        changes = means - xr.concat([before, means.isel(year=slice(None, -1))], YEAR).assign_coords(
            {YEAR: years}
        )
        total = changes.sum(FORCE)
        figures.append(_with_total(changes * _percent_of_log(total)))
        said.append("points of the growth of the average of the year")
    names = pd.Index(grouped[dims.OUTCOME].to_numpy(), dtype=object, name=dims.OUTCOME)
    return (
        xr.concat(figures, names, coords="minimal")
        .assign_coords(statistic=(dims.OUTCOME, said))
        .transpose(dims.OUTCOME, FORCE, YEAR, dims.CHAIN, dims.DRAW)
        .rename("contribution")
    )


def _by_force(parts: xr.DataArray, scm: StructuralCausalModel) -> xr.DataArray:
    """Sum the parts by the model's forces; what none names is a shock of its own."""
    present = [str(part) for part in parts["part"].to_numpy()]
    named = {name for names in scm.forces.values() for name in names}
    groups = {
        START: ["base"],
        **{force: [n for n in names if n in present] for force, names in scm.forces.items()},
        OWN_SHOCKS: [n for n in present if n != "base" and n not in named],
    }
    kept = {force: names for force, names in groups.items() if names}
    sums = [parts.sel(part=names).sum("part") for names in kept.values()]
    return xr.concat(sums, pd.Index(list(kept), dtype=object, name=FORCE), coords="minimal")


def _whole_years(time: pd.DatetimeIndex, size: int) -> list[int]:
    counts = time.year.value_counts()
    return sorted(int(str(year)) for year, count in counts.items() if count == size)


def _before(
    flow: np.ndarray, time: pd.DatetimeIndex, start: pd.Timestamp, own: xr.DataArray
) -> xr.DataArray:
    """Return the average of the year before the first whole one, from the known past.

    The level is 0 in the period before the window, as in the decomposition; only where it stood
    before has such a past.
    """
    first = int(time.get_indexer(pd.DatetimeIndex([start]))[0])
    size = int(np.sum(time.year == time.year[first]))
    wanted = own["time"].to_numpy()
    year = _whole_years(pd.DatetimeIndex(wanted), size)[0] - 1
    at = np.flatnonzero(time.year == year)
    if at.size < size:
        raise QuestionError(f"The year {year} is not whole in the data; start a year later.")
    inside = at[at >= first]
    past = at[at < first]
    steps = flow[..., : int(time.size)]
    # Backwards from 0 in the last period before the window.
    levels = -np.flip(np.cumsum(np.flip(steps[..., past[0] + 1 : first], -1), -1), -1)
    levels = (
        np.concatenate([levels, np.zeros((*levels.shape[:-1], 1))], -1) if past.size else levels
    )
    sums = levels.sum(-1).reshape(-1)
    shape = (own.sizes[dims.CHAIN], own.sizes[dims.DRAW])
    known = np.broadcast_to(sums, shape[0] * shape[1]).reshape(shape)
    within = own.isel(time=slice(0, inside.size)).sum("time")
    base = xr.DataArray(known, dims=(dims.CHAIN, dims.DRAW))
    is_start = xr.DataArray(
        (own[FORCE].to_numpy() == START).astype(float), dims=FORCE, coords={FORCE: own[FORCE]}
    )
    return ((within + base * is_start) / size).expand_dims({YEAR: [year]})


def _percent_of_log(total: xr.DataArray) -> xr.DataArray:
    """% per log point at a change of ``total``: (exp(x) - 1) / x, 1 at 0."""
    flat = total == 0.0
    changes = total.where(~flat, 1.0)
    per_log = changes.copy(data=100.0 * np.expm1(changes.to_numpy() / 100.0)) / changes
    return per_log.where(~flat, 1.0)


def _with_total(parts: xr.DataArray) -> xr.DataArray:
    total = parts.sum(FORCE).expand_dims({FORCE: [TOTAL]})
    return xr.concat([total, parts], FORCE, coords="minimal")
