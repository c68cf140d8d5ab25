"""Calendar years of simulated paths: the yearly figures that people quote.

*growth*: the year's average level on that of the year before, in %. *end*: the level in the last
period of the year on that of the year before, in %. *mean*: average of the year. The known periods
of a year that has begun are those of the completed history of the same draw.
"""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.reading.headlines import short_name
from sanctions_model.scm.equations import Level
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.simulation.history import known_past

YEAR = "year"
# Whose yearly figures a table of two futures holds.
UNCHANGED, RELIEF, DIFFERENCE = "sanctions unchanged", "with relief", "difference"
_FREQUENCIES = {1: "Y", 4: "Q", 12: "M"}


class Statistic(StrEnum):
    """What is quoted of a year: ``GROWTH`` of averages, growth to its ``END``, or its ``MEAN``."""

    GROWTH = "growth"
    END = "end"
    MEAN = "mean"

    @classmethod
    def of(cls, name: str, stated: Mapping[str, str], *, is_level: bool) -> "Statistic":
        """Return the statistic stated for an outcome: levels grow, rates have a mean by default.

        Raises
        ------
        QuestionError
            If it is unknown, or does not fit a level or a rate.
        """
        text = stated.get(name, cls.GROWTH if is_level else cls.MEAN)
        if text not in list(cls):
            raise QuestionError(
                f"Statistic {text!r} of {name!r}; expected one of {', '.join(cls)}."
            )
        chosen = cls(text)
        if is_level == (chosen is cls.MEAN):
            expected = "growth or end" if is_level else "mean"
            kind = "level" if is_level else "rate"
            raise QuestionError(f"Statistic {text!r} of the {kind} {name!r}; expected {expected}.")
        return chosen

    @property
    def words(self) -> str:
        """The statistic in words, with its unit where it has one of its own."""
        return {
            Statistic.GROWTH: "average of the year on the year before, %",
            Statistic.END: "end of the year on the end of the year before, %",
            Statistic.MEAN: "average of the year",
        }[self]


# What the yearly figure of a level or a rate is called: in a table, and above a panel.
_QUOTED = {
    Statistic.GROWTH.words: (" growth", ", growth of the year's average"),
    Statistic.END.words: (", Dec", ", December on December"),
    Statistic.MEAN.words: (" mean", ", average of the year"),
}


def annual(
    paths: xr.DataArray,
    problem: Problem,
    draws: xr.Dataset,
    *,
    statistics: Mapping[str, str] | None = None,
) -> xr.DataArray:
    """Return yearly figures of simulated paths, whole calendar years only.

    Parameters
    ----------
    paths : xr.DataArray
        From `simulate`, dims ``(outcome, scenario, horizon, chain, draw)``; each outcome is a level
        in log points or a variable that is observed or made of observed ones.
    problem : Problem
        What the paths were simulated from: its history completes the first year.
    draws : xr.Dataset
        The parameter draws that the paths were simulated with.
    statistics : mapping of str to str, optional
        ``growth``, ``end`` or ``mean`` by outcome; levels grow and rates have a mean by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, scenario, year, chain, draw)``: growth in %, means in the unit of the
        variable; the coordinate ``statistic`` says in words which it is.

    Raises
    ------
    QuestionError
        If an outcome is neither a level nor observed, a statistic is unknown or does not fit the
        outcome, or no calendar year is whole.
    """
    scm = problem.scm
    levels = {level.variable.name: level for level in scm.levels}
    history = problem.history(draws)
    index = _periods(problem, paths)
    names = [str(name) for name in paths[dims.OUTCOME].to_numpy()]
    chosen = {name: Statistic.of(name, statistics or {}, is_level=name in levels) for name in names}
    shape = (paths.sizes[dims.SCENARIO], -1, paths.sizes[dims.HORIZON])
    found = []
    for name in names:
        own = paths.sel({dims.OUTCOME: name}).transpose(
            dims.SCENARIO, dims.CHAIN, dims.DRAW, dims.HORIZON
        )
        future = own.to_numpy().reshape(shape)
        level = levels.get(name)
        past = known_flow(scm, history, name)[..., : len(index) - future.shape[-1]]
        path = np.concatenate(
            [np.broadcast_to(past, (*future.shape[:2], past.shape[-1])), _flow(future, level)], -1
        )
        found.append(_yearly(path, index, chosen[name], future.shape[-1]))
    years = sorted(set.intersection(*(set(own) for own in found)))
    if not years:
        raise QuestionError(
            f"The horizon of {paths.sizes[dims.HORIZON]} {scm.periods_name} after "
            f"{paths.attrs['start']} holds no whole calendar year; ask for a longer one."
        )
    values = np.stack([np.stack([own[year] for year in years], axis=1) for own in found])
    chain, draw = (paths.sizes[dim] for dim in (dims.CHAIN, dims.DRAW))
    return xr.DataArray(
        values.reshape(*values.shape[:3], chain, draw),
        dims=(dims.OUTCOME, dims.SCENARIO, YEAR, dims.CHAIN, dims.DRAW),
        coords={
            dims.OUTCOME: names,
            dims.SCENARIO: paths[dims.SCENARIO].to_numpy()
            if dims.SCENARIO in paths.coords
            else np.arange(paths.sizes[dims.SCENARIO]),
            YEAR: years,
            "statistic": (dims.OUTCOME, [chosen[name].words for name in names]),
        },
        attrs=dict(paths.attrs),
        name="annual",
    )


def past_years(
    problem: Problem, draws: xr.Dataset, statistics: Mapping[str, str], *, start: str
) -> xr.DataArray:
    """Return yearly figures of the past, by the same arithmetic as those of `annual`.

    `statistics`: of each outcome what is quoted of a year: ``growth``, ``end`` or ``mean``.
    `start`: the last period that is known, as paths state it. Returns: dims ``(outcome, year,
    chain, draw)``, NaN where a year of an outcome is not whole. Raises `QuestionError` if an
    outcome is neither a level nor observed.
    """
    scm, history = problem.scm, problem.history(draws)
    index = calendar(problem, _position(problem, start), 0)
    years = sorted(set(index.year))
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW])
    found = np.full((len(statistics), len(years), *shape), np.nan)
    for place, name in enumerate(statistics):
        how = Statistic.of(name, statistics, is_level=scm.is_level(name))
        past = known_flow(scm, history, name)[..., : len(index)]
        for year, value in _yearly(past, index, how, len(index)).items():
            found[place, years.index(year)] = np.broadcast_to(value, shape[0] * shape[1]).reshape(
                shape
            )
    return xr.DataArray(
        found,
        dims=(dims.OUTCOME, YEAR, dims.CHAIN, dims.DRAW),
        coords={dims.OUTCOME: list(statistics), YEAR: years},
    )


def quoted_words(
    scm: StructuralCausalModel, name: str, said: str, *, short: bool = True
) -> tuple[str, str]:
    """Return what a yearly figure is called, and its unit.

    `name`: a level or a rate. `said`: its statistic, as `Statistic.words` has it. `short`: as in a
    table, else as above a panel.
    """
    variable = scm.variables[name]
    unit = "%" if "%" in said else variable.short_unit
    label = short_name(scm, name)
    quoted = _QUOTED[said][not short]
    label = label.split(" against ")[0] if short else label
    return f"{label}{quoted}", unit.removesuffix(" a year")  # an average of a year says so


def calendar(problem: Problem, last: int, horizon: int) -> pd.PeriodIndex:
    """Return every period from the first of the data to ``horizon`` after the known ``last``."""
    frequency = _FREQUENCIES[problem.scm.periods_per_year]
    time = problem.cases.time
    first, end = (pd.Period(pd.Timestamp(time[at]), freq=frequency) for at in (0, last))
    return pd.period_range(first, end + horizon, freq=frequency)


def _periods(problem: Problem, paths: xr.DataArray) -> pd.PeriodIndex:
    """Every period from the first of the data to the last of the paths."""
    last = _position(problem, paths.attrs[dims.Said.START])
    return calendar(problem, last, paths.sizes[dims.HORIZON])


def _position(problem: Problem, start: str) -> int:
    return int(np.flatnonzero(problem.cases.time == np.datetime64(start))[0])


def known_flow(
    scm: StructuralCausalModel, history: Mapping[str, np.ndarray], name: str
) -> np.ndarray:
    """Return the known past of a variable, of a level its changes from period to period.

    `history`: from `Problem.history`. `name`: variable or level. Returns: shape ``(time,)`` or
    ``(chain * draw, time)``, in the unit of the variable. Raises `QuestionError` if it is neither
    observed nor made of observed series.
    """
    level = {item.variable.name: item for item in scm.levels}.get(name)
    past = known_past(scm, history, name if level is None else level.flow)
    if past is None:
        raise QuestionError(
            f"Yearly figures of {name!r}: neither it nor what it cumulates is observed or made of "
            "observed series alone."
        )
    return past if level is None else level.sign * past


def _flow(future: np.ndarray, level: Level | None) -> np.ndarray:
    """Return a level's changes from period to period, the first from 0; a rate as it is."""
    return future if level is None else np.diff(future, axis=-1, prepend=0.0)


def _yearly(
    path: np.ndarray, index: pd.PeriodIndex, statistic: Statistic, ahead: int
) -> dict[int, np.ndarray]:
    """Return the figure of each whole year that the future reaches into, ``(scenario, draw)``."""
    found = {}
    year_of = index.year.to_numpy()
    size = int(np.sum(year_of == year_of[len(year_of) // 2]))
    for year in np.unique(year_of[-ahead:]):
        now = np.flatnonzero(year_of == year)
        before = np.flatnonzero(year_of == year - 1)
        whole = now.size == size
        if statistic is Statistic.MEAN:
            value = path[..., now].mean(axis=-1) if whole else None
        elif not whole or before.size < size:
            value = None
        elif statistic is Statistic.END:
            value = 100.0 * np.expm1(path[..., now].sum(axis=-1) / 100.0)
        else:
            rates = path[..., before[0] : now[-1] + 1]
            level = np.exp(np.cumsum(rates, axis=-1) / 100.0)
            means = level[..., size:].mean(axis=-1) / level[..., :size].mean(axis=-1)
            value = 100.0 * (means - 1.0)
        if value is not None and np.isfinite(value).all():
            found[int(year)] = value
    return found
