"""How long each question takes, and the same question asked through PyMC.

The counterfactual is "2014 to 2023 without sanctions", the conditional forecast a key rate of 14 %
for two years that all shocks absorb, the required relief that for a key rate below 10 % in some
quarter. The other side is `history_by_hand`.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from benchmarks.common import growth, growth_problem, peak_memory, seconds
from benchmarks.propagate import relief_paths
from sanctions_model.economies.russia import MEASURES
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.queries.conditional import Condition, conditional_forecast
from sanctions_model.queries.counterfactuals import counterfactual, episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.effects import channel_effects, total_effect
from sanctions_model.queries.forecasts import forecast_error_variance_decomposition, simulate
from sanctions_model.queries.required import Target, required_relief
from sanctions_model.scm.interventions import SetTo
from sanctions_model.scm.variables import Noise

OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble", "real_lending_rate")
DRAWS, PERIODS, SCENARIOS = 4000, 40, 100
SIZES = {"draws": (1000, 2000, 4000), "periods": (10, 20, 40), "scenarios": (25, 50, 100)}
FIRST = "2014Q1"  # no measure is in force before
LIFTED = tuple(SetTo(variable=name, value=0.0) for name in MEASURES)
HELD, QUARTERS = 14.0, 8  # the key rate of the conditional forecast, and how long
SEED = 1
TOLERANCE = 1e-6
STANDARD_ERRORS = 5.0  # 400 moments are compared


class DifferentAnswersError(AssertionError):
    """The two sides do not answer alike, so their times cannot be compared."""


@cache
def draws_of(count: int) -> xr.Dataset:
    """Return draws with completed cells; where they come from makes no difference to the time."""
    if count < DRAWS:
        return draws_of(DRAWS).isel(draw=slice(0, count))
    problem = growth_problem()
    drawn = sample_prior(problem.scm, problem.absolute, draws=count)
    return complete_from_prior(problem, drawn, SEED)


@cache
def gaussian_problem() -> Problem:
    """Return the same problem with Gaussian noise."""
    problem = growth_problem()
    entries = {k: v for k, v in problem.priors.entries.items() if k != "degrees_of_freedom"}
    return Problem.of(
        replace(problem.scm, noise=Noise.GAUSSIAN),
        problem.observations,
        problem.priors.model_copy(update={"entries": entries}),
    )


def _window(draws: xr.Dataset, periods: int) -> Any:
    end = str(pd.Period(FIRST, freq="Q") + periods - 1)
    return episode(growth_problem(), draws, start=FIRST, end=end)


def _conditional(
    draws: xr.Dataset, periods: int, outcomes: tuple[str, ...] | None = None
) -> xr.Dataset:
    return conditional_forecast(
        gaussian_problem(),
        draws.drop_vars("degrees_of_freedom"),
        [Condition(variable="key_rate", values=dict.fromkeys(range(1, QUARTERS + 1), HELD))],
        horizon=periods,
        random_seed=SEED,
        outcomes=outcomes,
    )


# By name: draws and periods to an answer, headline outcomes where they can be chosen.
QUESTIONS: dict[str, Callable[[xr.Dataset, int], object]] = {
    "counterfactual": lambda d, n: counterfactual(_window(d, n), interventions=LIFTED),
    "decomposition": lambda d, n: historical_decomposition(_window(d, n), outcomes=OUTCOMES),
    "decomposition_of_all": lambda d, n: historical_decomposition(_window(d, n)),
    "variance_decomposition": lambda d, n: forecast_error_variance_decomposition(
        growth_problem().scm, d, horizon=n
    ),
    "forecast": lambda d, n: simulate(growth_problem(), d, horizon=n, random_seed=SEED),
    "conditional_forecast": _conditional,
    "required_relief": lambda d, n: required_relief(
        growth_problem(),
        d,
        Target(outcome="key_rate", value=10.0, below=True, when=f"by {n}", probability=0.8),
        random_seed=SEED,
    ),
    "total_effect": lambda d, n: total_effect(growth_problem().scm, d, horizon=n),
    "channels": lambda d, n: channel_effects(growth_problem().scm, d, horizon=n),
}


def many_futures(draws: xr.Dataset, periods: int, scenarios: int) -> xr.DataArray:
    """Simulate many reliefs, all with the same shocks."""
    return simulate(
        growth_problem(),
        draws,
        horizon=periods,
        exogenous=relief_paths(scenarios, periods),
        random_seed=SEED,
        outcomes=OUTCOMES,
    )


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


class ByHand:
    """The three questions through PyMC; what it keeps is compiled and answers again."""

    def __init__(self, draws: xr.Dataset, periods: int) -> None:
        from benchmarks.history_by_hand import Past
        from benchmarks.period_by_hand import Draws, Step

        self.draws, self.periods = draws, periods
        self.scm, self.past = growth_problem().scm, Past.of(growth_problem(), draws)
        self.step = Step(Draws(draws, self.scm.centres))
        self.first = int(
            np.flatnonzero(growth_problem().cases.time == np.datetime64("2014-01-01"))[0]
        )
        self.window: Any = None
        self.shocks: Any = None

    @property
    def outside(self) -> np.ndarray:
        """What the drivers that are no measures were in the window."""
        return self.past.outside[self.first : self.first + self.periods]

    def abducted_window(self) -> None:
        """Abduct the shocks of the window and compile its model."""
        from benchmarks.history_by_hand import Window, abduct

        last = self.first + self.periods - 1
        self.shocks = abduct(self.step, self.past, self.first, last)
        nothing = dict.fromkeys(MEASURES, np.zeros(self.periods))
        self.window = Window(
            self.draws, self.scm.centres, self.past, self.first, do=nothing, outside=self.outside
        )

    def counterfactual(self) -> dict[str, np.ndarray]:
        """Answer from the start."""
        self.abducted_window()
        return self.again_counterfactual()

    def again_counterfactual(self) -> dict[str, np.ndarray]:
        """Answer with all compiled and the shocks known."""
        nothing = dict.fromkeys(MEASURES, np.zeros(self.periods))
        found: dict[str, np.ndarray] = self.window(
            measures=nothing, outside=self.outside, shocks=self.shocks
        )
        return found

    def decomposition(self) -> dict[str, dict[str, np.ndarray]]:
        """Answer from the start."""
        self.abducted_window()
        return self.again_decomposition()

    def again_decomposition(self) -> dict[str, dict[str, np.ndarray]]:
        """Answer with all compiled and the shocks known."""
        from benchmarks.history_by_hand import decompose

        return decompose(self.window, self.past, self.first, self.shocks)

    def conditional_forecast(self, shrink: float = 1.0) -> dict[str, np.ndarray]:
        """Answer from the start."""
        from benchmarks.history_by_hand import Window
        from benchmarks.period_by_hand import OUTSIDE

        goes_on = np.zeros((self.periods, len(OUTSIDE)))
        goes_on[:, OUTSIDE.index("war")] = 1.0
        self.window = Window(
            self.draws,
            self.scm.centres,
            self.past,
            len(self.past.measures),
            do=dict.fromkeys(MEASURES, np.ones(self.periods)),
            outside=goes_on,
        )
        return self.again_conditional_forecast(shrink)

    def again_conditional_forecast(self, shrink: float = 1.0) -> dict[str, np.ndarray]:
        """Answer with all compiled."""
        from benchmarks.history_by_hand import condition
        from benchmarks.period_by_hand import OBSERVED

        scale = shrink * self.step.draws.rows("scale", OBSERVED)
        generator = np.random.default_rng(SEED)
        return condition(self.window, scale, "key_rate", np.full(QUARTERS, HELD), generator)


def ours_again(draws: xr.Dataset, periods: int) -> dict[str, Callable[[], Any]]:
    """Return our three questions with the five outcomes, the window's shocks known."""
    past = _window(draws, periods)
    return {
        "counterfactual": lambda: counterfactual(past, interventions=LIFTED, outcomes=OUTCOMES),
        "decomposition": lambda: historical_decomposition(past, outcomes=OUTCOMES),
        "conditional_forecast": lambda: _conditional(draws, periods, OUTCOMES),
    }


def _gap(ours: xr.DataArray, by_hand: Mapping[str, np.ndarray]) -> float:
    """Return the largest difference of paths, ours having one chain."""
    return max(
        float(np.abs(ours.sel(outcome=name).to_numpy()[:, 0] - path).max())
        for name, path in by_hand.items()
    )


def _require(question: str, found: Mapping[str, float], allowed: float) -> None:
    if not max(found.values()) <= allowed:
        raise DifferentAnswersError(f"The two answers to {question} differ: {dict(found)}.")


def check_counterfactual(ours: xr.Dataset, by_hand: dict[str, np.ndarray]) -> dict[str, float]:
    """Compare the two histories; raise if they differ by more than 1e-6."""
    found = {"largest_difference": _gap(ours["counterfactual"], by_hand)}
    _require("counterfactual", found, TOLERANCE)
    return found


def check_decomposition(
    ours: xr.DataArray, by_hand: dict[str, dict[str, np.ndarray]]
) -> dict[str, float]:
    """Compare every part; raise if one differs by more than 1e-6.

    Parts that the other side leaves out must be 0 in ours.
    """
    left_out = [part for part in ours["part"].to_numpy() if part not in by_hand]
    found = {
        "largest_difference": max(_gap(ours.sel(part=n), part) for n, part in by_hand.items()),
        "largest_part_left_out": float(np.abs(ours.sel(part=left_out)).max()),
    }
    _require("decomposition", found, TOLERANCE)
    return found


def check_conditional_forecast(
    ours: xr.Dataset, by_hand: dict[str, np.ndarray], other: ByHand
) -> dict[str, float]:
    """Compare means exactly and both moments of the draws within Monte-Carlo error.

    With shocks ten billion times smaller, both sides give the conditional mean of each draw of the
    parameters, which does not depend on the size that all scales have in common. Means and
    variances of the deviations from it are then compared over all draws, by outcome and period.
    """
    shrink = 1e-10
    small = other.draws.assign(scale=shrink * other.draws["scale"])
    mean = _conditional(small, other.periods, OUTCOMES)["path"]
    exact = {
        "largest_difference_of_means": _gap(mean, other.again_conditional_forecast(shrink)),
        "largest_miss_of_conditions": max(
            float(np.abs(path[:QUARTERS] - HELD).max())
            for path in (ours["path"].sel(outcome="key_rate").to_numpy(), by_hand["key_rate"])
        ),
    }
    _require("conditional forecast", exact, TOLERANCE)
    errors = {"means_standard_errors": 0.0, "variances_standard_errors": 0.0}
    for name in OUTCOMES:
        centre = mean.sel(outcome=name).to_numpy()[:, 0]
        one = ours["path"].sel(outcome=name).to_numpy()[:, 0] - centre
        two = by_hand[name] - centre
        moving = slice(QUARTERS if name == "key_rate" else 0, None)
        for power, key in ((1, "means_standard_errors"), (2, "variances_standard_errors")):
            apart = _standard_errors(one[moving] ** power, two[moving] ** power)
            errors[key] = max(errors[key], float(np.abs(apart).max(initial=0.0)))
    _require("conditional forecast", errors, STANDARD_ERRORS)
    return exact | errors


def _standard_errors(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    error = np.sqrt((one.var(axis=1) + two.var(axis=1)) / one.shape[1])
    return np.asarray((one.mean(axis=1) - two.mean(axis=1)) / error)


def compare(draws: xr.Dataset, periods: int, repeats: int) -> dict[str, dict[str, Any]]:
    """Ask three questions on both sides, check the answers, and time them."""
    other = ByHand(draws, periods)
    again = ours_again(draws, periods)
    from_start: dict[str, Callable[[], Any]] = {
        "counterfactual": lambda: counterfactual(
            _window(draws, periods), interventions=LIFTED, outcomes=OUTCOMES
        ),
        "decomposition": lambda: historical_decomposition(
            _window(draws, periods), outcomes=OUTCOMES
        ),
        "conditional_forecast": again["conditional_forecast"],
    }
    checks: dict[str, Callable[..., dict[str, float]]] = {
        "counterfactual": check_counterfactual,
        "decomposition": check_decomposition,
        "conditional_forecast": lambda a, b: check_conditional_forecast(a, b, other),
    }
    found = {}
    for name, check in checks.items():
        first_s, _ = _timed(getattr(other, name))
        warm_s, answer = _timed(getattr(other, name))
        agreement = check(from_start[name](), answer)
        again_s = seconds(getattr(other, f"again_{name}"), repeats)
        ours_s, ours_again_s = (seconds(calls[name], repeats) for calls in (from_start, again))
        found[name] = {
            "ratio": ours_s / warm_s,
            "ours_s": ours_s,
            "other_s": warm_s,
            "other_first_s": first_s,
            "strict": {
                "ratio": ours_again_s / again_s,
                "ours_s": ours_again_s,
                "other_s": again_s,
                "against": "the compiled functions called again, the shocks known to both sides",
            },
            "agreement": agreement,
        }
    return found


def bench_questions(*, quick: bool) -> dict[str, Any]:
    """Three questions asked again, ours over PyMC's own compiled functions; and channels.

    4,000 draws, 40 periods, five outcomes, the shocks of the window known to both sides; median of
    25 calls each, in turn. The two sides first have to give the same answer. ``channels_s`` is all
    headline outcomes by channel.
    """
    shrink, repeats = (10, 1) if quick else (1, 25)
    draws = draws_of(DRAWS // shrink)
    other, again = ByHand(draws, PERIODS), ours_again(draws, PERIODS)
    other.abducted_window()
    checks: dict[str, Callable[..., dict[str, float]]] = {
        "counterfactual": check_counterfactual,
        "decomposition": check_decomposition,
        "conditional_forecast": lambda a, b: check_conditional_forecast(a, b, other),
    }
    found: dict[str, Any] = {}
    for name, check in checks.items():
        ask = getattr(other, f"again_{name}")
        answer = other.conditional_forecast() if name == "conditional_forecast" else ask()
        agreement = check(again[name](), answer)
        turns = [(seconds(again[name], 1), seconds(ask, 1)) for _ in range(repeats)]
        ours, theirs = (statistics.median(side) for side in zip(*turns, strict=True))
        found[name] = {"ratio": ours / theirs, "ours_s": ours, "other_s": theirs} | agreement
    channels = lambda: QUESTIONS["channels"](draws, PERIODS)  # noqa: E731
    channels()
    return found | {"channels_s": seconds(channels, repeats)}


def scale_up(shrink: int, repeats: int) -> dict[str, Any]:
    """Time each question along draws and periods, and futures along scenarios."""
    found: dict[str, Any] = {}
    for name, ask in QUESTIONS.items():
        found[name] = {}
        for axis in ("draws", "periods"):
            taken = []
            for size in SIZES[axis]:
                given = {"draws": DRAWS, "periods": PERIODS} | {axis: size}
                draws = draws_of(given["draws"] // shrink)
                taken.append(_seconds_of(ask, draws, given["periods"], repeats))
            slope = growth(SIZES[axis], taken)
            found[name][axis] = {"size": list(SIZES[axis]), "seconds": taken, "slope": slope}
    draws = draws_of(DRAWS // shrink)
    taken = [
        seconds(lambda count=count: many_futures(draws, PERIODS, count), 1)
        for count in SIZES["scenarios"]
    ]
    slope = growth(SIZES["scenarios"], taken)
    found["forecast"]["scenarios"] = {
        "size": list(SIZES["scenarios"]),
        "seconds": taken,
        "slope": slope,
    }
    return found


def _seconds_of(
    ask: Callable[[xr.Dataset, int], object], draws: xr.Dataset, periods: int, repeats: int
) -> float:
    ask(draws, periods)
    return seconds(lambda: ask(draws, periods), repeats)


def bench_queries(*, quick: bool) -> dict[str, Any]:
    """Each question on 4,000 draws and 40 periods, and three of them through PyMC.

    Ours: median of 3 calls, from the draws to the answer, with the headline outcomes
    (``questions``, at three sizes each with the slope of log time on log size), the decomposition
    also with all sixteen, or with the five of the other side (``compared``). The other: model
    building and compiling included, warm, that is with all that PyTensor and numba keep on disk and
    in memory; ``other_first_s`` is the first call in this process. ``strict`` compares repeated
    questions, compiled and with the shocks of the window known. The two sides first have to give
    the same answer. Peak memory is that of a fresh process with 100 scenarios of 40 periods and
    five outcomes, and with the 101 depths of a required relief.
    """
    shrink, repeats = (10, 1) if quick else (1, 3)
    compared = compare(draws_of(DRAWS // shrink), PERIODS, repeats)
    questions = scale_up(shrink, repeats)
    count = DRAWS // shrink
    start = "from benchmarks.queries import QUESTIONS, draws_of, many_futures; "
    memory = {
        "futures_of_scenarios": peak_memory(
            f"{start}many_futures(draws_of({count}), {PERIODS}, {SCENARIOS})"
        ),
        "required_relief": peak_memory(
            f"{start}QUESTIONS['required_relief'](draws_of({count}), {PERIODS})"
        ),
        "decomposition": peak_memory(
            f"{start}QUESTIONS['decomposition_of_all'](draws_of({count}), {PERIODS})"
        ),
    }
    return {
        "draws": count,
        "periods": PERIODS,
        "slowest_s": max(row["draws"]["seconds"][-1] for row in questions.values()),
        "compared": compared,
        "questions": questions,
        "peak_memory_gib": memory,
        "peak_memory_allowed_gib": 2.0,
    }
