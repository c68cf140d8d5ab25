"""What drawn futures do: the measures' paths pushed through the equations, draw by draw.

*Effect of a path*: ``E[y_h | do(measures follow the path)] - E[y_h | do(measures stay)]``.
Everything after the effective measures is linear, so it needs no shocks and no start. Three things
enter beside the measures: what asset prices see ahead of the law, what firms do not act on yet, and
shifts of levels, the rouble's at an announcement among them.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.economies.registry import economy_of
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.forecasts import drivers_ahead, last_known_period
from sanctions_model.scenarios.odds.drawn_designs import KINDS, NEED
from sanctions_model.scenarios.odds.regimes import FuturePaths, draw_scenario_paths
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scm.equations import Identity
from sanctions_model.scm.interventions import Intervention
from sanctions_model.scm.linear_form import LinearForm
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, linear_forms
from sanctions_model.scm.periods import period_after, with_periods
from sanctions_model.scm.serialization import content_hash, spec_hash
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.wording import upper_first

_RISK, _ROUBLE = "risk_premium", "rouble"
_UNCHANGED = "sanctions unchanged"
_WITHOUT = "the future without it"


def designed_effect(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    scenario: Scenario,
    *,
    horizon: int,
    random_seed: int,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Effect of a scenario's designs against the status quo, each draw with its own path.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    scenario : Scenario
        With designs.
    horizon : int
        Periods after the start, at least 1.
    random_seed : int
        Of the paths.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``; the attributes say what it is compared with
        (``against``) and hold a manifest as JSON.

    Raises
    ------
    QuestionError, UnknownVariableError
        As for `draw_scenario_paths` and `respond_to`.
    """
    drawn = draw_scenario_paths(
        scenario,
        paths=draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW],
        horizon=horizon,
        generator=generator_of(random_seed),
    )
    effect = respond_to(scm, draws, drawn.one_a_draw(), outcomes=outcomes)
    rests_on = {"scenario": content_hash(scenario.model_dump(mode="json"))}
    return effect.isel({dims.SCENARIO: 0}).assign_attrs(
        {
            dims.Said.SUBJECT: upper_first(scenario.label),
            dims.Said.AGAINST: against_designs(scm, scenario),
        },
        manifest=answer_manifest(scm, random_seed, rests_on),
    )


def answer_manifest(scm: StructuralCausalModel, random_seed: int, sha256: Mapping[str, str]) -> str:
    """Say as JSON what an answer rests on: version, seed, equations and hashes of its inputs.

    `sha256`: of what was read beside the model and its draws.
    """
    return json.dumps(
        {
            "version": version("sanctions-model"),
            "settings": {"random_seed": random_seed},
            "spec_sha256": spec_hash(scm),
            "sha256": dict(sha256),
        },
        sort_keys=True,
    )


def respond_to(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    paths: FuturePaths,
    *,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Effect of drawn paths against the status quo, draw by draw.

    Parameters
    ----------
    scm, draws
        As for `designed_effect`.
    paths : FuturePaths
        Without a dim for futures: every draw meets every path; with one: one path a draw.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, scenario, horizon, chain, draw)``; ``scenario`` counts paths or futures.
        With ``period`` beside the horizon where the draws say after which one it begins.

    Raises
    ------
    QuestionError
        If paths and draws differ in number, or the model lacks what a design acts on.
    UnknownVariableError
        If a name is unknown.
    """
    paired = paths.regime.ndim == 3
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    if paired and paths.paths != size:
        raise QuestionError(f"{paths.paths} paths of each future for {size} draws; one a draw.")
    given, idle = {}, []
    for position, name in enumerate(MEASURES):
        law, felt, priced = (getattr(paths, kind)[..., position, :, :] for kind in KINDS)
        if not ((law != 1).any() or (felt != 1).any() or (priced != 1).any()):
            continue
        if name not in scm.exogenous:
            idle.append(name)
            continue
        given[name] = priced if paired else priced.T
        for effective, equation in scm.effective.items():
            if equation.measure == name:
                given[effective] = felt if paired else felt.T
    if idle:
        raise QuestionError(f"The model has no measure {', '.join(idle)}, which a future moves.")
    _require_priced(scm, paths)
    effect = respond(
        scm,
        draws,
        horizon=paths.horizon,
        paths=given,
        baseline={name: 1.0 for name in given if name in scm.exogenous},
        shocks=_shocks(scm, draws, paths, paired=paired),
        outcomes=outcomes,
    )
    effect.attrs |= dims.carried(draws.attrs)
    return with_periods(effect.rename("effect"), scm.periods_per_year)


def _require_priced(scm: StructuralCausalModel, paths: FuturePaths) -> None:
    """Refuse to bring forward what is no asset price."""
    for position, name in enumerate(MEASURES):
        at = (..., position, slice(None), slice(None))
        if (paths.priced[at] == paths.law[at]).all():
            continue
        entering = {edge.child for edge in scm.graph.edges if edge.parent == name}
        # A risk premium that builds up has its entry one variable earlier, and says so.
        risk = {_RISK, *(x.split(" -> ")[-1] for x in scm.entries.get(_RISK, ()))}
        other = sorted(entering - risk - set(scm.effective))
        if other:
            raise QuestionError(
                f"An announcement brings forward what {name!r} does to the risk premium, but it "
                f"also enters {', '.join(other)}; leave the announcement out."
            )


def _shocks(
    scm: StructuralCausalModel, draws: xr.Dataset, paths: FuturePaths, *, paired: bool
) -> dict[str, np.ndarray]:
    """Shocks that make the shifts of levels and of the rouble, shape ``(scenario, period, draw)``.

    An equation with an own lag would carry a shock on; these are net of that.
    """
    wanted = {name: _drawn_last(path, paired=paired) for name, path in paths.growth.items()}
    if paths.rouble.any():
        shift = _rouble_shift(scm, draws, paths, paired=paired)
        wanted[_ROUBLE] = wanted.get(_ROUBLE, 0.0) + shift
    if not wanted:
        return {}
    forms = linear_forms(scm, DrawParameters(scm, draws), with_constants=False)
    levels = {level.variable.name: level for level in scm.levels}
    shocks: dict[str, np.ndarray] = {}
    for name, growth in wanted.items():
        if name == NEED:
            for child, shock in _through_children(scm, forms, name, growth).items():
                shocks[child] = shocks.get(child, 0.0) + shock
            continue
        if name not in levels:
            scm.require(name, "the shifts of levels")
            raise QuestionError(f"{name!r} is no level; expected one of {', '.join(levels)}.")
        flow = levels[name].flow
        shifted = _shifted_by(scm, forms, flow)
        at_once = respond(scm, draws, horizon=1, shocks={shifted: np.ones(1)}, outcomes=[flow])
        move = levels[name].sign * growth / at_once.to_numpy().reshape(-1)
        move = move if shifted == flow else move.cumsum(axis=1)
        shock = move
        for lag, weight in _read_through_identities(scm, forms, shifted).get(shifted, {}).items():
            shock = shock - weight * _lagged(move, lag)
        shocks[shifted] = shocks.get(shifted, 0.0) + shock
    return shocks


def _through_children(
    scm: StructuralCausalModel, forms: Mapping[str, LinearForm], name: str, shift: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the shocks that do to the readers of a variable what its shift would do."""
    if name not in scm.by_name:
        raise QuestionError(
            f"Reserves that are released ease {name!r}, which this economy lacks; ask the "
            "anchored economy (`run --economy anchored`)."
        )
    found: dict[str, np.ndarray] = {}
    for child in scm.stochastic:
        for term in forms[child].terms:
            if term.parent == name:
                found[child] = found.get(child, 0.0) + term.weight * _lagged(shift, term.lag)
    return found


def _shifted_by(scm: StructuralCausalModel, forms: Mapping[str, LinearForm], flow: str) -> str:
    """Return what a shock shifts a level through: its flow, or the state whose change this is."""
    if flow in scm.stochastic:
        return flow
    for name, weights in _read_through_identities(scm, forms, flow).items():
        if set(weights) == {0, 1} and np.all(weights[0] == -np.asarray(weights[1])):
            return name
    raise QuestionError(
        f"The level of {flow!r} has no equation to shift; expected a flow with a shock, or the "
        "change of a state with one."
    )


def _read_through_identities(
    scm: StructuralCausalModel, forms: Mapping[str, LinearForm], name: str
) -> dict[str, dict[int, Any]]:
    """Weights of variables with a shock by lag, identities in between written out."""
    found: dict[str, dict[int, Any]] = {}
    waiting = [(term.parent, term.lag, term.weight) for term in forms[name].terms]
    while waiting:
        parent, lag, weight = waiting.pop()
        if parent in scm.stochastic:
            own = found.setdefault(parent, {})
            own[lag] = own.get(lag, 0.0) + weight
        elif isinstance(scm.by_name[parent], Identity):
            waiting += [(t.parent, lag + t.lag, weight * t.weight) for t in forms[parent].terms]
    return found


def _drawn_last(path: np.ndarray, *, paired: bool) -> np.ndarray:
    """Put draws last: their own path, or the same for all."""
    return path if paired else path.T[..., None]


def _lagged(path: np.ndarray, lag: int) -> np.ndarray:
    """Shift a path of shape ``(scenario, period, draw)`` by some periods."""
    shifted = np.zeros_like(path)
    if lag < path.shape[1]:
        shifted[:, lag:] = path[:, : path.shape[1] - lag]
    return shifted


def _rouble_shift(
    scm: StructuralCausalModel, draws: xr.Dataset, paths: FuturePaths, *, paired: bool
) -> np.ndarray:
    """Return what tops the rouble's move at an announcement up to its stated size, and its fading.

    The model's own move in that period is what the risk premium brought forward does at once.
    """
    if not scm.is_level(_ROUBLE):
        raise QuestionError("An announcement shifts the rouble, a level that the model lacks.")
    announced = paths.rouble != 0
    shift = _drawn_last(paths.rouble, paired=paired)
    for position, name in enumerate(MEASURES):
        at = (..., position, slice(None), slice(None))
        early = (paths.priced[at] - paths.law[at]) * announced
        if early.any():
            at_once = _impact(scm, draws, name)
            shift = shift - at_once * _drawn_last(early, paired=paired)
    fading = shift.copy()
    for lag, share in enumerate(paths.fade, start=1):
        fading -= share * _lagged(shift, lag)
    return fading


def _impact(scm: StructuralCausalModel, draws: xr.Dataset, measure: str) -> np.ndarray:
    """Rouble's move in the same period per unit of a measure that firms do not feel yet."""
    stays = {name: np.ones(1) for name, e in scm.effective.items() if e.measure == measure}
    found = respond(
        scm,
        draws,
        horizon=1,
        paths={measure: np.full(1, 2.0), **stays},
        baseline={measure: 1.0},
        outcomes=[_ROUBLE],
    )
    return found.to_numpy().reshape(-1)


def starting_day(problem: Problem, outcomes: Sequence[str]) -> str:
    """Return the first day of the last known period, from which a future of the outcomes counts."""
    return str(problem.cases.time[last_known_period(problem, outcomes)])[:10]


def against_regime(scm: StructuralCausalModel) -> str:
    """Say what effects of futures are compared with: sanctions unchanged.

    In the bundled economies they are those of the end of 2025, where every measure is 1.
    """
    return _UNCHANGED if economy_of(scm) is None else f"{_UNCHANGED} as at the end of 2025"


def against_designs(scm: StructuralCausalModel, scenario: Scenario) -> str:
    """Say what the effect of a scenario's designs is compared with.

    Who moves more than measures is compared with a future without that, sanctions unchanged.
    """
    if economy_of(scm) is None:
        return _WITHOUT
    regime = against_regime(scm)
    return f"{_WITHOUT}, with {regime}" if scenario.level or scenario.release_assets else regime


def against_interventions(
    problem: Problem, edits: Sequence[Intervention], start: str, horizon: int
) -> str:
    """Say what interventions are compared with: the forecast without them, whose measures go on.

    `start`: first day of the last known period, after which the measures continue as declared.
    """
    scm = problem.scm
    if economy_of(scm) is None:
        return _WITHOUT
    last = int(np.flatnonzero(problem.cases.time == np.datetime64(start))[0])
    ahead = drivers_ahead(problem, last, horizon, {})
    stay = np.array([ahead[name] for name in scm.measures])
    if (stay == 1).all():
        regime = against_regime(scm)
    else:
        end = period_after(start, 0, scm.periods_per_year)
        regime = f"{_UNCHANGED} after {end}" if (np.ptp(stay, axis=1) == 0).all() else ""
        regime = regime or f"sanctions as they went on after {end}"
    only = {edit.variable for edit in edits} <= set(scm.measures)
    return regime if only else f"{_WITHOUT}, with {regime}"


def regime_of_today(problem: Problem, horizon: int) -> dict[str, np.ndarray]:
    """Return the measures' paths that effects are against: the regime of the end of 2025.

    Whenever the data end: a design states what becomes of that regime.
    """
    return {name: np.ones(horizon) for name in MEASURES if name in problem.scm.exogenous}
