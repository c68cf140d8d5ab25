"""Somebody else's calendar years as conditions on a forecast.

Knows how growth of a year, growth to its end and its average are sums of what comes each period.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from sanctions_model.coercion import as_number
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.conditional import Combination
from sanctions_model.queries.forecasts import starting_state
from sanctions_model.queries.reading.calendar_years import Statistic, calendar, known_flow


def annual_conditions(
    problem: Problem,
    draws: xr.Dataset,
    figures: Mapping[str, Mapping[int, float]],
    *,
    statistics: Mapping[str, str] | None = None,
) -> list[Combination]:
    """State yearly figures as conditions for `conditional_forecast`.

    Parameters
    ----------
    problem : Problem
        Its history completes the year that has begun and the year before.
    draws : xr.Dataset
        The parameter draws that the forecast is made with.
    figures : mapping of str to mapping of int to float
        By level or variable, by calendar year: growth in %, averages in the variable's unit.
    statistics : mapping of str to str, optional
        ``growth``, ``end`` or ``mean`` by outcome; levels grow and rates have a mean by default.

    Returns
    -------
    list of Combination
        One a figure, in calendar order.

    Raises
    ------
    QuestionError
        If a year is over, a figure is not a number, or an outcome has no history.

    Notes
    -----
    Growth of a year is that of its geometric average, which differs from growth of the average by
    half the difference of the variances of the log within the two years: 0.01 points where output
    swings by 1 %.
    """
    scm = problem.scm
    history = problem.history(draws)
    names = list(figures)
    _, last = starting_state(problem, draws, names)
    rows = []
    for name, years in figures.items():
        scm.require(name, "the baseline")
        chosen = Statistic.of(name, statistics or {}, is_level=scm.is_level(name))
        past = known_flow(scm, history, name)[..., : last + 1]
        for year, given in years.items():
            what = f"{name} in {year}"
            value = as_number(given, f"The baseline of {what}")
            rows.append((int(year), name, _combination(problem, name, chosen, year, value, past)))
    return [row for *_, row in sorted(rows, key=lambda item: item[:2])]


def _combination(
    problem: Problem, name: str, statistic: Statistic, year: int, value: float, past: np.ndarray
) -> Combination:
    size = problem.scm.periods_per_year
    known = past.shape[-1]
    index = calendar(problem, known - 1, size * max(year + 2 - first_open_year(problem), 1))
    now = np.flatnonzero(index.year == year)
    before = np.flatnonzero(index.year == year - 1)
    if now.size < size or now[-1] < known:
        raise QuestionError(
            f"The baseline of {name} for {year}: that year is over or outside the data; expected "
            f"a year that ends after {index[known - 1]}."
        )
    if statistic is Statistic.MEAN:
        weights = {int(at): 1.0 / size for at in now}
        series, target = past, value
    else:
        if before.size < size:
            raise QuestionError(
                f"The baseline of {name} for {year} needs the whole year before in the data."
            )
        if value <= -100.0:
            raise QuestionError(f"The baseline of {name} for {year} is {value} %, below -100 %.")
        target = 100.0 * np.log1p(value / 100.0)
        if statistic is Statistic.END:
            weights = {int(now[-1]): 1.0, int(before[-1]): -1.0}
        else:
            weights = {int(at): 1.0 / size for at in now}
            weights |= {int(at): -1.0 / size for at in before}
        # The level is 0 in the last known period, as in a forecast.
        changes = np.flip(np.cumsum(np.flip(past[..., 1:], -1), -1), -1)
        series = np.concatenate([-changes, np.zeros((*past.shape[:-1], 1))], -1)
    settled = sum(
        (weight * series[..., at] for at, weight in weights.items() if at < known),
        start=np.zeros(past.shape[:-1]),
    )
    terms = {(name, at - known + 1): weight for at, weight in weights.items() if at >= known}
    return Combination(terms=terms, value=target - settled, words=f"{name} in {year}")


def first_open_year(problem: Problem) -> int:
    """Return the calendar year of the first period after the data."""
    return int(calendar(problem, len(problem.cases.time) - 1, 1)[-1].year)
