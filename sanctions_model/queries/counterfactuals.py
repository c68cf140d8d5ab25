"""What would have happened (rung 3): abduct the shocks that did, replay another history.

*Abduction*: for each draw the shock of an equation is ``y_t - E[y_t | parents]`` on the completed
history. *Counterfactual*: the same shocks, other measures or interventions or other shocks,
propagated through lags; ``difference = counterfactual - factual``. Where a series was not
observed (before it starts, say) its shock is taken as 0 in both histories: the difference is the
model's, the level is its mean path, and `attrs["not_observed"]` names the series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_names
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import one_step_means
from sanctions_model.scm.interventions import Intervention, SetTo, edit_words, require_changes
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.periods import period_after, period_labels, read_period
from sanctions_model.scm.simulation.history import evaluate_history
from sanctions_model.scm.simulation.propagate import (
    falling_shares,
    propagate,
    start_after,
    start_before,
)
from sanctions_model.scm.simulation.recursion import Start
from sanctions_model.wording import in_words


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A window of the past with the shocks that produced it.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    first, last : int
        Positions of the window's first and last period along time.
    start : Start
        State before the window.
    shocks : dict of str to numpy.ndarray
        In the units of the equations, shape ``(periods, chain * draw)``.
    exogenous : dict of str to numpy.ndarray
        What the drivers were, shape ``(periods,)``.
    known : dict of str to numpy.ndarray
        Where each stochastic variable was observed or completed, shape ``(periods,)``.
    """

    problem: Problem
    draws: xr.Dataset
    first: int
    last: int
    start: Start
    shocks: Mapping[str, np.ndarray]
    exogenous: Mapping[str, np.ndarray]
    known: Mapping[str, np.ndarray]

    def __repr__(self) -> str:
        """Say in a line which window it is."""
        first, last = (str(self.time[k])[:10] for k in (0, -1))
        rows = self.draws.sizes[dims.CHAIN] * self.draws.sizes[dims.DRAW]
        return (
            f"Episode({self.problem.scm.name or 'model'!r}: {first} to {last}, {self.periods} "
            f"periods, shocks of {len(self.shocks)} equations, {rows} draws)"
        )

    @property
    def time(self) -> np.ndarray:
        """First days of the window's periods."""
        return self.problem.cases.time[self.first : self.last + 1]

    @property
    def periods(self) -> int:
        """Length of the window."""
        return self.last - self.first + 1

    @cached_property
    def rows(self) -> DrawParameters:
        """The draws as rows, for every question that is asked about the window."""
        return DrawParameters(self.problem.scm, self.draws)

    def factual(self, outcomes: Sequence[str]) -> xr.DataArray:
        """Replay the window as it was, once for the outcomes; dims as of `replay`."""
        wanted = tuple(outcomes)
        if wanted not in self._replayed:
            self._replayed[wanted] = self.replay(wanted)
        return self._replayed[wanted].copy()

    @cached_property
    def _replayed(self) -> dict[tuple[str, ...], xr.DataArray]:
        return {}

    def replay(
        self,
        outcomes: Sequence[str],
        *,
        interventions: Sequence[Intervention] = (),
        shocks: Mapping[str, np.ndarray] | None = None,
    ) -> xr.DataArray:
        """Propagate through the window with its shocks, or others.

        Parameters
        ----------
        outcomes : sequence of str
            Variables or levels.
        interventions : sequence of Intervention
            Periods count from 1 within the window.
        shocks : mapping of str to numpy.ndarray, optional
            Shape ``(periods, chain * draw)``, in the units of the equations; those that happened
            by default.

        Returns
        -------
        xr.DataArray
            Dims ``(outcome, time, chain, draw)``; levels start from 0 before the window.

        Raises
        ------
        UnknownVariableError, QuestionError
            If a name is unknown, or a path or shock has another shape.
        """
        paths = propagate(
            self.problem.scm,
            self.rows,
            horizon=self.periods,
            exogenous=self.exogenous,
            start=self.start,
            shocks=self.shocks if shocks is None else shocks,
            interventions=interventions,
            outcomes=outcomes,
        )
        return over_time(paths.isel({dims.SCENARIO: 0}), self.time)


def over_time(paths: xr.DataArray, time: np.ndarray) -> xr.DataArray:
    """Name the periods of paths by their first days."""
    return paths.rename({dims.HORIZON: dims.TIME}).assign_coords({dims.TIME: time})


@dataclass(frozen=True)
class _Force:
    """Hold a variable at known values, shape ``(periods, draw)``; not a number leaves it free."""

    variable: str
    values: np.ndarray

    def apply(self, values: np.ndarray, period: int) -> np.ndarray:
        known = self.values[period - 1]
        return np.where(np.isnan(known), values, known)


def abduct(problem: Problem, draws: xr.Dataset) -> xr.DataArray:
    """Shocks that the observed and completed history implies.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``, with ``missing_cell`` where there is any.

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw, time, equation)``, in the units of the equations; not a number where
        the equation lacks its own value, its lags or its parents.

    Raises
    ------
    QuestionError
        If the draws belong to another model, or lack the completed cells of these data.
    """
    shocks = problem.outcomes(draws) - one_step_means(problem, draws)
    shocks = np.where(problem.cases.complete, shocks, np.nan)
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW], *shocks.shape[1:])
    return xr.DataArray(
        shocks.reshape(shape),
        dims=(dims.CHAIN, dims.DRAW, dims.TIME, dims.EQUATION),
        coords={dims.TIME: problem.cases.time, dims.EQUATION: list(problem.cases.columns)},
        name="shock",
    )


def episode(problem: Problem, draws: xr.Dataset, *, start: str, end: str | None = None) -> Episode:
    """Abduct a window of the past.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``, with ``missing_cell`` where there is any.
    start, end : str
        Dates within the first and last period, as in ``"2014-01-01"`` or ``"2014Q1"``; the end
        is the last period of the data by default.

    Returns
    -------
    Episode
        The shocks of the window, ready for `counterfactual` and `historical_decomposition`.

    Raises
    ------
    QuestionError
        If the window is not inside the data, or leaves no room for lags before it.
    """
    first, last = _window(problem, start, end)
    scm = problem.scm
    values, available = problem.history(draws), problem.cases.available
    history = _completed(problem, draws, values, last)
    parameters = DrawParameters(scm, draws)
    shares = falling_shares(scm, parameters, history)
    states, means = evaluate_history(scm, parameters, history, shares=shares)
    window, size = slice(first, last + 1), parameters.size
    shape = (size, last + 1 - first)
    shocks = {  # draws last in memory, too: a replay reads them period by period
        name: np.broadcast_to((history[name] - mean)[..., window], shape).T.copy()
        for name, mean in means.items()
    }
    return Episode(
        problem=problem,
        draws=draws,
        first=first,
        last=last,
        start=start_before(scm, states, first),
        shocks=shocks,
        exogenous={name: values[name][first : last + 1] for name in scm.exogenous},
        known={name: available[name][first : last + 1] for name in scm.stochastic},
    )


def _completed(
    problem: Problem, draws: xr.Dataset, values: Mapping[str, np.ndarray], last: int
) -> dict[str, np.ndarray]:
    """Fill the periods in which a series is not observed with its mean path, up to `last`."""
    scm, available = problem.scm, problem.cases.available
    history = {name: path[..., : last + 1] for name, path in values.items()}
    gaps = {name: np.flatnonzero(~available[name][: last + 1]) for name in scm.stochastic}
    lacking = [name for name, periods in gaps.items() if periods.size]
    if not lacking:
        return history
    # From the first period that has all lags, so that unknown series reach their mean path.
    origin = scm.longest_lag
    past = _filled(problem, {name: path[..., :origin] for name, path in values.items()}, origin)
    until = max(int(periods[-1]) for periods in gaps.values() if periods.size) + 1
    for name in lacking:
        history[name] = np.concatenate([past[name], history[name][..., origin:]], axis=-1)
    if until <= origin:
        return history
    span = slice(origin, until)
    forced = [
        _Force(
            name,
            np.where(available[name][span, None], np.atleast_2d(values[name])[:, span].T, np.nan),
        )
        for name in scm.stochastic
    ]
    found = propagate(
        scm,
        draws,
        horizon=until - origin,
        exogenous={name: values[name][span] for name in scm.exogenous},
        start=start_after(scm, draws, past),
        interventions=forced,
        outcomes=lacking,
    ).isel({dims.SCENARIO: 0})
    for name in lacking:
        path = found.sel({dims.OUTCOME: name}).to_numpy().reshape(until - origin, -1).T
        whole = np.broadcast_to(history[name], (len(path), last + 1)).copy()
        whole[:, span] = path
        history[name] = whole
    return history


def _filled(problem: Problem, past: Mapping[str, np.ndarray], length: int) -> dict[str, np.ndarray]:
    """Put the mean of a series where its first periods are not observed."""
    filled = dict(past)
    for name in problem.scm.stochastic:
        unknown = ~problem.cases.available[name][:length]
        mean = problem.cases.moments.get(name, (0.0, 1.0))[0]
        filled[name] = np.where(unknown, mean, past[name])
    return filled


def _window(problem: Problem, start: str, end: str | None) -> tuple[int, int]:
    year = problem.scm.periods_per_year
    periods = pd.DatetimeIndex(problem.cases.time).to_period("Q" if year == 4 else "M")
    lags = problem.scm.longest_memory
    if len(periods) <= lags:
        raise QuestionError(
            f"The data have {len(periods)} periods; a window needs more than {lags}, because "
            f"the model looks {lags} back."
        )
    inside = f"{periods[lags]} to {periods[-1]}"
    begins = read_period(start, year)
    ends = periods[-1] if end is None else read_period(end, year, end=True)
    if begins not in periods or ends not in periods:
        raise QuestionError(
            f"The window {begins} to {ends} is not inside the data; expected periods within "
            f"{inside}."
        )
    first, last = list(periods).index(begins), list(periods).index(ends)
    if last < first or first < lags:
        raise QuestionError(
            f"The window {start} to {end or periods[-1]} is empty or starts too early; expected "
            f"periods within {inside}."
        )
    return first, last


def counterfactual(
    past: Episode,
    *,
    interventions: Sequence[Intervention] = (),
    without_shocks: Sequence[str] | Mapping[str, tuple[str, str]] = (),
    outcomes: Sequence[str] | None = None,
) -> xr.Dataset:
    """Replay a window with other measures, other policies or without some shocks.

    Parameters
    ----------
    past : Episode
        From `episode`.
    interventions : sequence of Intervention
        Periods count from 1 within the window.
    without_shocks : sequence of str or mapping of str to tuple of str
        Equations whose shocks are set to 0; with the first and the last period in which they are,
        as in ``{"key_rate": ("2022Q1", "2022Q2")}``, the whole window by default.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.Dataset
        ``factual``, ``counterfactual`` and ``difference``, dims ``(outcome, time, chain, draw)``.
        ``attrs["not_observed"]`` names the series that the window lacks, ``attrs["changed"]`` says
        what was changed.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown, a period is not inside the window, or nothing is changed.
    """
    scm = past.problem.scm
    if not interventions and not without_shocks:
        raise QuestionError("Nothing to change; give interventions or shocks to leave out.")
    require_changes(interventions, past.periods)
    if not isinstance(without_shocks, Mapping):
        without_shocks = as_names(without_shocks, "A shock to leave out")
    for name in without_shocks:
        scm.graph.require(name, "the shocks to leave out")
        if name not in scm.stochastic:
            raise QuestionError(f"{name!r} has no shocks; there is {', '.join(scm.stochastic)}.")
    wanted = scm.wanted(outcomes)
    factual = past.factual(wanted)
    shocks = {
        name: _left_out(past, name, path, without_shocks) if name in without_shocks else path
        for name, path in past.shocks.items()
    }
    other = past.replay(wanted, interventions=interventions, shocks=shocks)
    paths = {
        "factual": factual.variable,
        "counterfactual": other.variable,
        "difference": other.variable - factual.variable,
    }
    result = xr.Dataset(paths, coords=factual.coords)  # of one window: nothing to align
    lacking = [name for name, known in past.known.items() if not known.all()]
    changed = _changes(past, interventions)
    spans = _spans(without_shocks)
    changed += [
        f"no shocks to {name.replace('_', ' ')}"
        + (f" from {' to '.join(spans[name])}" if name in spans else "")
        for name in without_shocks
    ]
    result.attrs = {"not_observed": ", ".join(lacking), "changed": ", ".join(changed)}
    result.attrs |= dims.carried(past.draws.attrs)
    return result


def _changes(past: Episode, interventions: Sequence[Intervention]) -> list[str]:
    """Say what was changed; drivers that stay as they were before the window in one phrase."""
    scm = past.problem.scm
    day = str(past.problem.cases.time[past.first - 1])
    periods = period_labels(day, scm.periods_per_year, past.periods)
    held = [edit.variable for edit in interventions if _holds(past, edit)]
    changed = [
        edit_words(edit, periods, scm.measure_labels)
        for edit in interventions
        if not _holds(past, edit)
    ]
    if not held:
        return changed
    labels = [scm.variables[name].short_label for name in held]
    every = len(held) > 1 and set(held) == set(scm.measures)
    when = period_after(day, 0, scm.periods_per_year)
    return [f"{'all measures' if every else in_words(labels)} as in {when}", *changed]


def _holds(past: Episode, edit: Intervention) -> bool:
    """Return whether a driver is kept where it was before the window."""
    if not isinstance(edit, SetTo) or edit.variable not in past.problem.scm.exogenous:
        return False
    series = past.problem.cases.values[edit.variable]  # noqa: PD011 (a mapping, not a frame)
    before = float(series[past.first - 1])
    whole = edit.start == 1 and edit.stop is None and not isinstance(edit.value, tuple)
    return whole and edit.value == before


def _spans(
    without: Sequence[str] | Mapping[str, tuple[str, str]],
) -> Mapping[str, tuple[str, str]]:
    return without if isinstance(without, Mapping) else {}


def _left_out(
    past: Episode,
    name: str,
    path: np.ndarray,
    without: Sequence[str] | Mapping[str, tuple[str, str]],
) -> np.ndarray:
    """Return shocks that are 0 in the stated periods, in all of the window by default."""
    if name not in _spans(without):
        return np.zeros_like(path)
    span: object = _spans(without)[name]
    if not isinstance(span, tuple | list) or len(span) != 2:
        raise QuestionError(
            f"without_shocks of {name!r} is {span!r}; give its first and last period, as in "
            "('2022Q1', '2022Q2')."
        )
    first, last = _window(past.problem, *span)
    if first < past.first or last > past.last:
        raise QuestionError(
            f"The shocks to {name!r} are left out from {span[0]} to {span[1]}, outside the window "
            f"from {str(past.time[0])[:10]} to {str(past.time[-1])[:10]}."
        )
    found = path.copy()
    found[first - past.first : last + 1 - past.first] = 0.0
    return found
