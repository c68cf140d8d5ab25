"""Conditional forecasts: futures in which some variables take given values.

For one draw of the parameters the future is ``y = m + R e``: its mean path given the shocks that
are free, plus responses to the shocks that absorb the conditions. The conditions ``C y = c`` are
imposed jointly: with Gaussian shocks ``e | C y = c`` is Gaussian in closed form (Waggoner and Zha
1999, Review of Economics and Statistics 81; Antolín-Díaz, Petrella and Rubio-Ramírez 2021,
Journal of Monetary Economics 117). A Student-t shock is a Gaussian one with a random precision, so
Gibbs steps alternate between the precisions and the Gaussian draw; the conditions hold exactly
after each. Parameters keep their posterior: the conditions are a scenario, not data.

Far in the tails of Student-t shocks, which of two shocks absorbs a condition mixes slowly: 60 steps
are within Monte-Carlo error for conditions of some 5 scales, and put too little weight on the
likelier shock beyond 10 (0.945 instead of 0.972 at 20 scales with 3 degrees of freedom); raise
`gibbs_steps` there and look at the plausibility first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_array, as_names, as_number, as_paths, as_whole, generator_of
from sanctions_model.errors import QuestionError, shown
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.forecasts import (
    continuation_words,
    drivers_ahead,
    settled,
    starting_state,
)
from sanctions_model.scm.interventions import require_horizon
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.periods import with_periods
from sanctions_model.scm.simulation.conditioned_shocks import (
    draw_conditioned,
    feasible_root,
    plausibility_of,
)
from sanctions_model.scm.simulation.propagate import continuation_paths, propagate, respond
from sanctions_model.scm.simulation.shocks import draw_crises, draw_shocks
from sanctions_model.scm.variables import Noise
from sanctions_model.wording import figure

# Draws solved at once: their response matrices stay within some 100 MiB.
_MOST_RESPONSES = 200_000_000  # numbers of 8 bytes
_BLOCK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Values that a variable or level takes in some future periods.

    Parameters
    ----------
    variable : str
        A variable with an equation of its own, or a level.
    values : mapping of int to float
        By period, counted from 1, the first one after the start of the forecast.

    Raises
    ------
    QuestionError
        If there are no values, a period is below 1 or a value is not finite.
    """

    variable: str
    values: Mapping[int, float]

    def __post_init__(self) -> None:
        what = f"the condition on {shown(self.variable)}"
        if not isinstance(self.values, Mapping):
            raise QuestionError(
                f"Of {what} the values are {shown(self.values)}; give them by period, as in "
                f"values={{1: {shown(self.values)}}}."
            )
        if not self.values:
            raise QuestionError(f"The condition on {self.variable!r} has no values; give some.")
        checked = {}
        for given, value in self.values.items():
            period = as_whole(given, f"A period of {what}")
            if period < 1:
                raise QuestionError(
                    f"A condition on {self.variable!r} in period {period}, which is past; "
                    "expected periods from 1, the first one after the start."
                )
            checked[period] = as_number(
                value, f"The condition on {self.variable!r} in period {period}"
            )
        object.__setattr__(self, "values", checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """A weighted sum over variables and periods that takes a given value.

    `terms`: weights by variable or level and period, counted from 1. `value`: what the sum is; by
    draw, shape ``(chain * draw,)``, where it depends on the draw. `words`: what it stands for, in
    messages. Raises `QuestionError` if there are no terms.
    """

    terms: Mapping[tuple[str, int], float]
    value: float | np.ndarray
    words: str

    def __post_init__(self) -> None:
        if not self.terms:
            raise QuestionError(f"The condition on {self.words} has no terms; give some.")


def conditional_forecast(
    problem: Problem,
    draws: xr.Dataset,
    conditions: Sequence[Condition | Combination],
    *,
    horizon: int,
    absorbing: Sequence[str] | None = None,
    exogenous: Mapping[str, np.ndarray] | None = None,
    random_seed: int,
    outcomes: Sequence[str] | None = None,
    gibbs_steps: int = 60,
) -> xr.Dataset:
    """Draw futures that meet hard conditions, one for each draw of the parameters.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``; none is dropped.
    conditions : sequence of Condition or Combination
        Values of variables in single periods, or of sums over several (`annual_conditions`). None
        gives the unconditional forecast with the same seed.
    horizon : int
        Periods after the start.
    absorbing : sequence of str, optional
        Equations whose shocks bend so that the conditions hold; all of them by default.
    exogenous : mapping of str to numpy.ndarray, optional
        Paths of shape ``(horizon,)`` of drivers; the others take their declared continuation.
    random_seed : int
        Of the shocks.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.
    gibbs_steps : int
        For Student-t shocks.

    Returns
    -------
    xr.Dataset
        ``path``, dims ``(outcome, horizon, chain, draw)``, its ``mean`` and standard deviation
        ``sd`` over draws, ``shock``, dims ``(equation, horizon, chain, draw)``: the shocks that
        bent so that the conditions hold, in units of their equations, and ``plausibility``, dims
        ``(chain, draw)``: share of unconditional futures of that draw whose conditioned values
        lie at least as far from their mean, in the metric of the shocks. Small values say that
        the scenario needs shocks that rarely happen.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is unknown or exogenous, a period is outside the horizon, a cell is given twice,
        or the absorbing shocks cannot meet the conditions.
    ObservationError
        If the data nowhere give the state that a future starts from.
    """
    horizon = require_horizon(horizon)
    gibbs_steps = as_whole(gibbs_steps, "gibbs_steps", least=1)
    exogenous = as_paths(exogenous, "exogenous")
    for name, path in exogenous.items():
        if as_array(path, f"The path of {name!r}").ndim != 1:
            raise QuestionError(
                f"The path of {name!r} has shape {np.shape(path)}; a conditional forecast takes "
                "one path a driver."
            )
    scm = problem.scm
    cells, sums = _cells(scm, conditions, horizon)
    shocked = as_names(scm.stochastic if absorbing is None else absorbing, "An absorbing shock")
    for name in shocked:
        if name not in scm.stochastic:
            scm.require(name, "the absorbing shocks")
            raise QuestionError(f"{name!r} has no shock; there is {', '.join(scm.stochastic)}.")
    if cells and not shocked:
        raise QuestionError("Conditions, but no shock to meet them; name absorbing shocks.")
    wanted = scm.wanted(outcomes)
    involved = list(dict.fromkeys([*wanted, *(name for name, _ in cells)]))
    start, last = starting_state(problem, draws, involved)
    drivers = drivers_ahead(problem, last, horizon, exogenous or {})
    times = draw_crises(scm, draws, horizon, random_seed)
    shocks = draw_shocks(scm, draws, horizon, random_seed, times=times)
    rows = DrawParameters(scm, draws)
    shape, size = rows.shape, rows.size
    plausibility = np.ones(size)
    if cells:
        last_met = max(period for _, period in cells)
        _require_room(size * len(cells) * len(shocked) * last_met, len(cells), last_met)
        free = {name: path for name, path in shocks.items() if name not in shocked}
        mean = propagate(
            scm,
            rows,
            horizon=horizon,
            exogenous=drivers,
            start=start,
            shocks=free,
            outcomes=list(dict.fromkeys(name for name, _ in cells)),
        ).isel({dims.SCENARIO: 0})
        reached = np.stack(
            [
                mean.sel({dims.OUTCOME: name, dims.HORIZON: period}).to_numpy().ravel()
                for name, period in cells
            ]
        )
        weights = np.array([[one.terms.get(cell, 0.0) for cell in cells] for one in sums])
        gap = (
            np.stack([np.broadcast_to(one.value, size) for one in sums], 1) - (weights @ reached).T
        )
        responses = _responses(scm, rows, cells, shocked, _factors(scm, exogenous or {}, horizon))
        responses = np.einsum("kc,ncsp->nksp", weights, responses)
        bent, plausibility = _absorb(
            scm, rows, responses, gap, shocks, shocked, times, random_seed, gibbs_steps
        )
        shocks = {**shocks, **bent}
    paths = propagate(
        scm,
        rows,
        horizon=horizon,
        exogenous=drivers,
        start=start,
        shocks=shocks,
        outcomes=wanted,
    ).isel({dims.SCENARIO: 0})
    result = xr.Dataset(
        {
            "path": paths,
            "mean": paths.mean([dims.CHAIN, dims.DRAW]),
            "sd": paths.std([dims.CHAIN, dims.DRAW]),
            "shock": (
                (dims.EQUATION, dims.HORIZON, dims.CHAIN, dims.DRAW),
                np.reshape([shocks[name] for name in shocked], (-1, horizon, *shape)),
            ),
            "plausibility": ((dims.CHAIN, dims.DRAW), plausibility.reshape(shape)),
        },
        coords={dims.EQUATION: shocked},
    )
    result.attrs = dims.carried(draws.attrs) | {
        dims.Said.START: str(problem.cases.time[last])[:10],
        "absorbing": ", ".join(shocked),
        "continuation": continuation_words(settled(problem), exogenous or {}),
        "conditions": len(sums),
    }
    return with_periods(result, scm.periods_per_year)


def _require_room(numbers: int, cells: int, last: int) -> None:
    """Refuse conditions whose responses to all shocks before them would fill the memory."""
    if numbers > _MOST_RESPONSES:
        raise QuestionError(
            f"{cells} conditioned values up to period {last} need {figure(8 * numbers / 1e9)} GB; "
            f"expected at most {figure(8 * _MOST_RESPONSES / 1e9)}: state fewer or earlier ones, "
            "name fewer absorbing shocks, or use fewer draws."
        )


def _cells(
    scm: StructuralCausalModel, conditions: Sequence[Condition | Combination], horizon: int
) -> tuple[list[tuple[str, int]], list[Combination]]:
    """Return what is conditioned on, cell by cell, and the sums over the cells."""
    sums: list[Combination] = []
    taken: set[tuple[str, int]] = set()
    for condition in conditions:
        if isinstance(condition, Combination):
            for name, period in condition.terms:
                _require_reachable(scm, name, period, horizon)
            sums.append(condition)
            continue
        name = condition.variable
        for period, value in condition.values.items():
            _require_reachable(scm, name, period, horizon)
            if (name, period) in taken:
                raise QuestionError(
                    f"Two conditions on {name!r} in period {period}; keep one of them."
                )
            scm.variables[name].require_plausible(value, f"A condition in period {period}")
            taken.add((name, period))
            words = f"{name!r} in period {period}"
            sums.append(Combination(terms={(name, period): 1.0}, value=value, words=words))
    sums.sort(key=lambda one: max((period, name) for name, period in one.terms))
    cells = sorted(
        {cell for one in sums for cell in one.terms}, key=lambda cell: (cell[1], cell[0])
    )
    return cells, sums


def _require_reachable(scm: StructuralCausalModel, name: str, period: int, horizon: int) -> None:
    scm.require(name, "the conditions")
    if name in scm.exogenous or name in scm.effective or name in scm.latent:
        raise QuestionError(
            f"No shock moves {name!r}, so no shock can meet a condition on it; "
            "give drivers a path by `exogenous`."
        )
    if period > horizon:
        raise QuestionError(
            f"A condition on {name!r} in period {period}, but the horizon is {horizon}; "
            "lengthen the horizon or drop it."
        )


def _factors(
    scm: StructuralCausalModel, exogenous: Mapping[str, np.ndarray], horizon: int
) -> dict[str, float]:
    """Level of what multiplies links; a shock does the same in every period only if it stays."""
    paths = continuation_paths(scm, horizon, {}) | dict(exogenous)
    for name in scm.factors:
        if np.ptp(paths[name]) > 0:
            raise QuestionError(
                f"{name!r} multiplies a link and moves within the horizon; a conditional forecast "
                "needs links that stay as they are."
            )
    return {name: float(paths[name][0]) for name in scm.factors}


def _responses(
    scm: StructuralCausalModel,
    rows: DrawParameters,
    cells: Sequence[tuple[str, int]],
    shocked: Sequence[str],
    factors: Mapping[str, float],
) -> np.ndarray:
    """Effect of each absorbing shock of each period on each cell: ``(draw, cell, shock, period)``.

    Shocks after the last condition meet none and stay as drawn.
    """
    last = max(period for _, period in cells)
    names = list(dict.fromkeys(name for name, _ in cells))
    pulse = np.zeros((last, 1))
    pulse[0] = 1.0
    found = np.zeros((rows.size, len(cells), len(shocked), last))
    for position, shock in enumerate(shocked):
        impulse = respond(
            scm, rows, horizon=last, shocks={shock: pulse}, baseline=factors, outcomes=names
        )
        values = impulse.isel({dims.SCENARIO: 0}).to_numpy().reshape(len(names), last, -1)
        for row, (name, period) in enumerate(cells):
            # A shock of period s acts on period h as a shock of period 1 does on h - s + 1.
            found[:, row, position, :period] = values[names.index(name), :period][::-1].T
    return found


def _absorb(
    scm: StructuralCausalModel,
    parameters: DrawParameters,
    responses: np.ndarray,
    gap: np.ndarray,
    shocks: Mapping[str, np.ndarray],
    shocked: Sequence[str],
    times: np.ndarray,
    random_seed: int,
    gibbs_steps: int,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw the absorbing shocks given that they close the gap."""
    size, count, _, last = responses.shape
    generator = generator_of(random_seed, [1])
    scale = np.stack([parameters.row("scale", name) for name in shocked], axis=1)
    freedom = np.full_like(scale, np.inf)
    if scm.noise is Noise.STUDENT_T:
        freedom = np.stack([parameters.row("degrees_of_freedom", name) for name in shocked], axis=1)
    bent = np.stack([shocks[name][:last] for name in shocked], axis=0).transpose(2, 0, 1).copy()
    plausibility = np.empty(size)
    for first in range(0, size, _BLOCK):
        rows = slice(first, first + _BLOCK)
        flat = responses[rows].reshape(-1, count, len(shocked) * last)
        width = (scale[rows, :, None] * times.T[rows, None, :last]).reshape(len(flat), -1)
        tails = np.repeat(freedom[rows, :, None], last, axis=2).reshape(len(flat), -1)
        root = feasible_root(flat, width, shocked)
        unconditional = bent[rows].reshape(len(flat), -1)
        plausibility[rows] = plausibility_of(flat, width, tails, gap[rows], root, generator)
        drawn = draw_conditioned(
            flat, width, tails, gap[rows], unconditional, generator, gibbs_steps
        )
        bent[rows] = drawn.reshape(-1, len(shocked), last)
    return {
        name: np.concatenate([bent[:, position].T, shocks[name][last:]], axis=0)
        for position, name in enumerate(shocked)
    }, plausibility
