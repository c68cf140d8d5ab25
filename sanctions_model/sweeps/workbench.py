"""Answer one point of a sweep by the cheapest route that holds.

Routes, the cheapest first: *propagate* the stated beliefs' draws when the posterior does not
change; *reweight* the nearest base fit when priors change alone; *refit* when data or equations
change. A route that does not hold falls through to the next. Base fits are settled before the
sweep starts: what a point's own fit finds serves no other belief, so that no answer depends on the
order of points.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError, ReweightingError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.refits import Refit, SamplingSettings, problem_structure, refit
from sanctions_model.inference.reweighting import (
    ImportanceWeights,
    changed_priors,
    effective_draws,
    importance_weights,
    prior_log_ratio,
    resample,
    weighted_interval,
)
from sanctions_model.inference.samplers import WarmStart
from sanctions_model.queries.effects import reachable, total_effect
from sanctions_model.scm.serialization import spec_hash
from sanctions_model.scm.surgery import with_parameters
from sanctions_model.summaries import interval
from sanctions_model.sweeps.axes import HorizonAxis, Known, Mix, ReliefAxis
from sanctions_model.sweeps.design import Point, Route, SweepDesign
from sanctions_model.sweeps.settings import Setting, unseen
from sanctions_model.sweeps.writing import Answer, BaseFit

_LOG = logging.getLogger(__name__)
_ROUTES = tuple(Route)
# Whatever goes wrong in one point is that point's: the others go on.
_FAILURES = (ValueError, ArithmeticError, LookupError, RuntimeError, TypeError, MemoryError)
_KEPT_POSTERIORS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sample:
    """Effects with their weights, and where they came from."""

    values: np.ndarray
    weights: np.ndarray | None
    route: Route
    base: int = -1
    k_hat: float = np.nan
    effective_size: float = np.nan
    r_hat: float = np.nan
    ess_bulk: float = np.nan


@dataclass(kw_only=True, eq=False)
class Workbench:
    """A design with its stated setting and base fits: answers points.

    `stated`: as `SweepDesign.stated` returns it. `bases`: filled by `make_base` in the order of
    `SweepDesign.base_points`.
    """

    design: SweepDesign
    stated: Setting
    bases: list[BaseFit] = field(default_factory=list)
    _posteriors: OrderedDict[Hashable, Refit] = field(default_factory=OrderedDict)
    _effects: OrderedDict[Hashable, np.ndarray] = field(default_factory=OrderedDict)
    _problems: dict[int, Problem] = field(default_factory=dict)

    @cached_property
    def outcomes(self) -> list[str]:
        """The outcomes that are reported."""
        scm = self.stated.scm
        reliefs = (scm.relief(future.relief) for future in self.stated.futures.values())
        measures = {name for relief in reliefs for name in relief.measures}
        return reachable(scm, sorted(measures), self.design.outcomes or None)

    def make_base(self, number: int) -> BaseFit:
        """Fit a base; the same wherever it is made."""
        point = self.design.base_points()[number]
        setting = self.design.setting(self.stated, point)
        if self.cheapest(setting) is Route.REFIT:
            raise QuestionError(
                f"The base {point} has other data or equations than the stated beliefs; "
                "bases differ in priors alone."
            )
        found = self._sampled(setting.problem, {"base": number}, None, keep_start=True)
        size = found.posterior.sizes[dims.CHAIN] * found.posterior.sizes[dims.DRAW]
        efficiency = min(1.0, found.diagnostics.ess_bulk / size)
        return BaseFit(
            point=point, posterior=found.posterior, efficiency=efficiency, start=found.start
        )

    def solve(self, point: Point) -> Answer:
        """Answer a point, or say why there is no answer."""
        began = time.perf_counter()
        notes: list[str] = []
        try:
            setting = self.design.setting(self.stated, point)
            sample = self._first_that_holds(setting, point, notes)
            answer = self._recorded(sample, point, notes)
        except _FAILURES as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            empty = np.full((len(self.outcomes), 4), np.nan)
            kept = np.full((len(self.outcomes), self.design.kept_draws), np.nan)
            answer = Answer(
                summary=empty, draws=kept, route=None, error=reason, note="; ".join(notes)
            )
        return replace(answer, seconds=time.perf_counter() - began)

    def cheapest(self, setting: Setting) -> Route:
        """Return the cheapest route that may hold for a setting."""
        problem, stated = setting.problem, self.stated.problem
        same_data = setting.observations is self.stated.observations or (
            setting.observations.equals(self.stated.observations)
        )
        same_model = setting.scm is self.stated.scm or (
            spec_hash(setting.scm) == spec_hash(self.stated.scm)
        )
        if not same_data or not same_model:
            return Route.REFIT
        if not changed_priors(stated.absolute, problem.absolute):
            return Route.PROPAGATE
        # Families may differ: importance weights need the support alone.
        return Route.REWEIGHT

    def _first_that_holds(self, setting: Setting, point: Point, notes: list[str]) -> _Sample:
        cheapest, forced = self.cheapest(setting), self.design.route
        if forced is not None:
            if _ROUTES.index(forced) < _ROUTES.index(cheapest):
                raise QuestionError(
                    f"The route {forced.value!r} is forced, but this point needs at least "
                    f"{cheapest.value!r}; force that, or leave the choice to the sweep."
                )
            return self._by(forced)(setting, point, notes)
        last: Exception | None = None
        for route in _ROUTES[_ROUTES.index(cheapest) :]:
            try:
                return self._by(route)(setting, point, notes)
            except ReweightingError as error:
                notes.append(str(error))
                last = error
        raise last or QuestionError("No route was tried.")

    def _by(self, route: Route) -> Callable[[Setting, Point, list[str]], _Sample]:
        return {
            Route.PROPAGATE: self._propagate,
            Route.REWEIGHT: self._reweight,
            Route.REFIT: self._refit,
        }[route]

    def _propagate(self, setting: Setting, point: Point, notes: list[str]) -> _Sample:
        del point, notes
        values, odds = self._of_base(0, setting)
        return _Sample(values=values, weights=odds, route=Route.PROPAGATE, base=0)

    def _reweight(self, setting: Setting, point: Point, notes: list[str]) -> _Sample:
        del point, notes
        number, weights = self._nearest(setting)
        if self.design.route is None:
            weights.require()
        values, odds = self._of_base(number, setting)
        mixed = weights.weights
        if odds is not None:
            mixed = (odds.reshape(-1, mixed.size) * mixed.size * mixed).ravel()
        return _Sample(
            values=values,
            weights=mixed,
            route=Route.REWEIGHT,
            base=number,
            k_hat=weights.k_hat,
            effective_size=weights.effective_size,
        )

    def _refit(self, setting: Setting, point: Point, notes: list[str]) -> _Sample:
        del notes
        asked = self._posterior_part(setting, point)
        key = tuple(sorted(asked.items()))
        if key not in self._posteriors:
            found = self._sampled(setting.problem, asked, self._start(setting))
            _keep(self._posteriors, key, found, _KEPT_POSTERIORS)
        found = self._posteriors[key]
        values, odds = self._effects_of(found.posterior, setting)
        return _Sample(
            values=values,
            weights=odds,
            route=Route.REFIT,
            r_hat=found.diagnostics.r_hat,
            ess_bulk=found.diagnostics.ess_bulk,
        )

    def _sampled(
        self,
        problem: Problem,
        content: object,
        start: WarmStart | None,
        *,
        keep_start: bool = False,
    ) -> Refit:
        settings = self.design.sampling
        return refit(
            problem,
            SamplingSettings(
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                random_seed=self.design.seed(content),
            ),
            start=start,
            warm_tune=settings.warm_tune,
            keep_start=keep_start,
        )

    def _posterior_part(self, setting: Setting, point: Point) -> Point:
        """Return the values that the posterior depends on; the others are the question's."""
        free = unseen(setting.problem)
        kept = {}
        for axis in self.design.axis:
            if axis.name not in point or isinstance(axis, ReliefAxis | Mix | HorizonAxis):
                continue
            if isinstance(axis, Known):
                own = axis.apply(self.stated, point[axis.name]).known  # type: ignore[arg-type]
                if set(own) <= free:
                    continue
            kept[axis.name] = point[axis.name]
        return kept

    def _nearest(self, setting: Setting) -> tuple[int, ImportanceWeights]:
        """Return the base whose draws speak best for a setting's beliefs, and their weights.

        That is the one with the most effective draws before smoothing. The variance of the log
        ratio, to second order twice the divergence of the two posteriors, misleads: in the tails
        of a wide base it is large although a narrow belief has draws enough there.
        """
        refusal: ReweightingError | None = None
        best: tuple[float, int, np.ndarray] | None = None
        for number, base in enumerate(self.bases):
            problem = self._base_problem(number)
            try:
                ratio = prior_log_ratio(
                    setting.scm, base.posterior, problem.absolute, setting.problem.absolute
                )
            except ReweightingError as error:
                refusal = error
                continue
            size = effective_draws(ratio)
            if best is None or size > best[0]:
                best = (size, number, ratio)
        if best is None:
            raise refusal or ReweightingError("There is no base fit; make one first.")
        efficiency = self.bases[best[1]].efficiency
        return best[1], importance_weights(best[2], relative_efficiency=efficiency)

    def _base_problem(self, number: int) -> Problem:
        if number not in self._problems:
            setting = self.design.setting(self.stated, self.bases[number].point)
            self._problems[number] = setting.problem
        return self._problems[number]

    def _start(self, setting: Setting) -> WarmStart | None:
        """Return the start of the nearest base, of the first one where the data differ.

        Another structure has no start nearby: its free numbers mean something else.
        """
        if problem_structure(setting.problem) != problem_structure(self.stated.problem):
            return None
        try:
            number = self._nearest(setting)[0]
        except ReweightingError:
            number = 0
        return self.bases[number].start if self.bases else None

    def _of_base(self, number: int, setting: Setting) -> tuple[np.ndarray, np.ndarray | None]:
        """Return effects at a base's draws; the same question is asked of them many times."""
        question = (number, str(setting.futures), setting.horizon, str(sorted(self._free(setting))))
        if question not in self._effects:
            if not self.bases:
                raise QuestionError("There is no base fit; make one first.")
            values, _ = self._effects_of(self.bases[number].posterior, setting)
            _keep(self._effects, question, values, max(8, len(self.bases)))
        size = _size(self.bases[number].posterior)
        return self._effects[question], _odds(setting, size)

    def _free(self, setting: Setting) -> list[tuple[str, float]]:
        """Return known values that the likelihood does not see: the question sets them."""
        free = unseen(setting.problem)
        return [(a, v) for a, v in setting.known.items() if a in free]

    def _effects_of(
        self, posterior: xr.Dataset, setting: Setting
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return effects, shape ``(outcome, future * draw)``, and their odds."""
        scm, outcomes = setting.problem.scm, self.outcomes
        known = dict(self._free(setting))
        draws = with_parameters(scm, posterior, known) if known else posterior
        parts = []
        for future in setting.futures.values():
            if future.relief.depth == 0:  # the end of an axis of depths, from which effects grow
                parts.append(np.zeros((len(outcomes), _size(posterior))))
                continue
            effect = total_effect(
                scm, draws, future.relief, horizon=setting.horizon, outcomes=outcomes
            )
            at = effect.isel({dims.HORIZON: -1}).transpose(dims.OUTCOME, dims.CHAIN, dims.DRAW)
            parts.append(at.to_numpy().reshape(len(outcomes), -1))
        if _nothing(setting) > 0:
            parts.append(np.zeros_like(parts[0]))
        return np.concatenate(parts, axis=1), _odds(setting, _size(posterior))

    def _recorded(self, sample: _Sample, point: Point, notes: list[str]) -> Answer:
        values, weights = sample.values, sample.weights
        draws = xr.DataArray(values[:, None, :], dims=(dims.OUTCOME, dims.CHAIN, dims.DRAW))
        kept = self.design.kept_draws
        if weights is None:
            found = interval(draws)
            below = (values < 0).mean(axis=1)
            places = np.linspace(0, values.shape[1] - 1, kept).round().astype(int)
            stored = values[:, places]
        else:
            found = weighted_interval(draws, weights)
            below = (values < 0) @ weights
            picked = resample(
                draws.to_dataset(name="effect"),
                weights,
                size=kept,
                random_seed=self.design.seed({"kept": point}),
            )
            stored = picked["effect"].transpose(dims.OUTCOME, ...).to_numpy()[:, 0]
        summary = np.concatenate([found.to_numpy(), below[:, None]], axis=1)
        return Answer(
            summary=summary,
            draws=stored,
            route=sample.route,
            base=sample.base,
            k_hat=sample.k_hat,
            effective_size=sample.effective_size,
            r_hat=sample.r_hat,
            ess_bulk=sample.ess_bulk,
            note="; ".join(notes),
        )


def _nothing(setting: Setting) -> float:
    """Return the probability of no relief at all."""
    left = 1.0 - sum(future.probability for future in setting.futures.values())
    return left if left > 1e-12 else 0.0


def _odds(setting: Setting, size: int) -> np.ndarray | None:
    """Return a weight for each effect by its future's probability; None where all are equal."""
    odds = [future.probability for future in setting.futures.values()]
    odds += [_nothing(setting)] if _nothing(setting) > 0 else []
    if len(odds) == 1:
        return None
    return np.repeat(np.array(odds) / sum(odds), size) / size


def _size(posterior: xr.Dataset) -> int:
    return posterior.sizes[dims.CHAIN] * posterior.sizes[dims.DRAW]


def _keep[K, V](cache: OrderedDict[K, V], key: K, value: V, number: int) -> None:
    """Remember a value, forgetting the oldest beyond a number."""
    cache[key] = value
    while len(cache) > number:
        cache.popitem(last=False)
