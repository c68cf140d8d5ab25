"""Questions about past and future, asked of the transmission written out by hand in PyMC.

Each the fastest way that we could write and that still gives the same answer. The recursion over
the window is one `pytensor.scan`, with the shocks and the paths of the drivers as `pm.Data`, so
that one compiled function answers every question about one window:

- *counterfactual history*: a scan over the observed window leaves the shocks; the same window runs
  again with them and with the measures that `pm.do` sets;
- *historical decomposition*: one run a shock and one a driver, the others as before the window;
- *conditional forecast* (Gaussian shocks): one run without shocks gives the mean path, one a shock
  its impulse response; linear algebra in numpy bends the shocks so that the conditions hold, and
  one run more gives the futures. To sample the shocks with the conditions as near-exact
  observations would take one Markov chain for each draw of the parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr

from benchmarks.period_by_hand import (
    MEASURES,
    OBSERVED,
    OUTCOMES,
    OUTSIDE,
    RELIEVED,
    STATES,
    TARGET,
    Before,
    Draws,
    Step,
    levels_of,
    scan_abduction,
    scan_forward,
)
from sanctions_model.inference.conditioned import Problem

# The shocks of the others reach none of `OUTCOMES`.
REACHING = tuple(
    n for n in OBSERVED if n not in ("import_growth", "credit_growth", "real_wage_growth")
)


@dataclass(frozen=True, kw_only=True)
class Past:
    """The completed past as plain arrays.

    Parameters
    ----------
    measures, outside : numpy.ndarray
        Paths of `MEASURES` and `OUTSIDE`, shape ``(T, 5)`` and ``(T, 3)``.
    observed : numpy.ndarray
        Observed variables, shape ``(T, 9, draw)``; 0 where a series is not observed.
    """

    measures: np.ndarray
    outside: np.ndarray
    observed: np.ndarray

    @classmethod
    def of(cls, problem: Problem, draws: xr.Dataset) -> Self:
        """Take the data table, with the completed cells of each draw."""
        history = problem.history(draws)
        size = draws.sizes["chain"] * draws.sizes["draw"]
        length = problem.cases.time.size
        columns = [np.broadcast_to(history[n], (size, length)).T for n in OBSERVED]
        measures = np.stack([history[name] for name in MEASURES], axis=1)
        if measures[0].any() or np.any(np.diff(measures[:, : len(RELIEVED)], axis=0) < 0):
            raise NotImplementedError("measures in force at the start, or relieved in the sample")
        return cls(
            measures=measures,
            outside=np.stack([history[name] for name in OUTSIDE], axis=1),
            observed=np.stack(columns, axis=1),
        )


def start_of(step: Step, past: Past, first: int) -> Before:
    """Return the state before period `first` of the past."""
    d = step.draws

    def one(measure: Any, state: Any) -> Any:
        rho = d.rows("persistence", STATES)
        # No measure has been relieved: as effective as in force.
        return rho * state + (1.0 - rho) * step.targets(measure[: len(RELIEVED)], measure)

    latent = pytensor.scan(
        one,
        sequences=[pt.as_tensor(past.measures[:first])],
        outputs_info=[pt.zeros((len(STATES), d.size))],
        return_updates=False,
    )
    y = past.observed[:first]
    inflation, lending = (y[:, OBSERVED.index(name)] for name in ("inflation", "lending_rate"))
    year = np.stack([inflation[t - 3 : t + 1].sum(axis=0) for t in range(first - 5, first)])
    anchoring = d.scalar("anchoring")
    gap = STATES.index("technology_gap")
    effective = np.repeat(past.measures[first - 1, : len(RELIEVED), None], d.size, axis=1)
    return Before(
        effective=pt.as_tensor(effective),
        peak=pt.as_tensor(effective),
        state=latent[-1],
        observed=pt.as_tensor(y[-4:]),
        excess=y[-1, OBSERVED.index("gdp_growth")] + latent[-1, gap] - latent[-2, gap],
        real=pt.as_tensor(lending[-5:] - (anchoring * TARGET + (1.0 - anchoring) * year)),
    )


def abduct(step: Step, past: Past, first: int, last: int) -> np.ndarray:
    """Return the shocks of a window, shape ``(period, 9, draw)``; 0 where nothing was observed."""
    with pm.Model() as model:
        shocks = scan_abduction(
            step,
            start_of(step, past, first),
            pt.as_tensor(past.measures[first - 1 : last + 1]),
            pt.as_tensor(past.observed[first : last + 1]),
            pt.as_tensor(past.outside[first : last + 1]),
        )
        pm.Deterministic("abducted", shocks)
    found = model.compile_fn(model["abducted"], inputs=[], point_fn=False)()
    return np.asarray(found)


class Window:
    """A window of past or future periods as a PyMC model, compiled once.

    Parameters
    ----------
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    centres : mapping of str to float
    past : Past
    first : int
        Position of the window's first period; one after the last of the past for a forecast.
    do : mapping of str to numpy.ndarray
        A path of each measure over the window, set by `pm.do`.
    outside : numpy.ndarray
        Paths of `OUTSIDE`, shape ``(period, 3)``.
    """

    def __init__(
        self,
        draws: xr.Dataset,
        centres: Mapping[str, float],
        past: Past,
        first: int,
        *,
        do: Mapping[str, np.ndarray],
        outside: np.ndarray,
    ) -> None:
        step = Step(Draws(draws, centres))
        self.periods, self.size = len(outside), step.draws.size
        with pm.Model() as model:
            paths = [pm.Data(name, np.zeros(self.periods)) for name in MEASURES]
            drivers = pm.Data("drivers", outside)
            shocks = pm.Data("shocks", self.no_shocks())
            before = pt.as_tensor(past.measures[first - 1 : first])
            measures = pt.concatenate([before, pt.stack(paths, axis=1)])
            columns, real = scan_forward(
                step, start_of(step, past, first), measures, shocks, drivers
            )
            for name, path in levels_of(columns, real).items():
                pm.Deterministic(name, path)
        self.model = pm.do(model, dict(do))
        self._run = self.model.compile_fn(
            [self.model[name] for name in OUTCOMES], inputs=[], point_fn=False
        )

    def no_shocks(self) -> np.ndarray:
        """Return shocks of 0."""
        return np.zeros((self.periods, len(OBSERVED), self.size))

    def only(self, name: str, shocks: np.ndarray) -> np.ndarray:
        """Return the shocks of one equation, the others 0."""
        alone = self.no_shocks()
        alone[:, OBSERVED.index(name)] = shocks[:, OBSERVED.index(name)]
        return alone

    def __call__(
        self,
        *,
        measures: Mapping[str, np.ndarray] | None = None,
        outside: np.ndarray | None = None,
        shocks: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Run again; what is not given stays as in the last run.

        Returns
        -------
        dict of str to numpy.ndarray
            `OUTCOMES`, shape ``(period, draw)``.
        """
        changed = dict(measures or {})
        if outside is not None:
            changed["drivers"] = outside
        if shocks is not None:
            changed["shocks"] = shocks
        pm.set_data(changed, model=self.model)
        return dict(zip(OUTCOMES, self._run(), strict=True))


def decompose(
    window: Window, past: Past, first: int, shocks: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Return the parts of a window's history: base, each shock's, each moving driver's."""
    span = slice(first, first + window.periods)
    held = np.repeat(past.measures[first - 1 : first], window.periods, axis=0)
    held_outside = np.repeat(past.outside[first - 1 : first], window.periods, axis=0)
    still = {name: held[:, i] for i, name in enumerate(MEASURES)}
    base = window(measures=still, outside=held_outside, shocks=window.no_shocks())
    parts = {"base": base}
    for i, name in enumerate(MEASURES):
        path = past.measures[span, i]
        if np.any(path != held[:, i]):
            parts[name] = _less(window(measures={**still, name: path}), base)
    for i, name in enumerate(OUTSIDE):
        if np.any(past.outside[span, i] != held_outside[:, i]):
            moved = held_outside.copy()
            moved[:, i] = past.outside[span, i]
            parts[name] = _less(window(measures=still, outside=moved), base)
    for name in REACHING:
        alone = window.only(name, shocks)
        parts[name] = _less(window(measures=still, outside=held_outside, shocks=alone), base)
    return parts


def _less(paths: Mapping[str, np.ndarray], base: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: path - base[name] for name, path in paths.items()}


def condition(
    window: Window, scale: np.ndarray, on: str, values: np.ndarray, generator: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw futures in which an outcome takes given values in the first periods.

    Parameters
    ----------
    window : Window
        Of the future.
    scale : numpy.ndarray
        Standard deviation of each shock, shape ``(9, draw)``.
    on : str
        One of `OUTCOMES`.
    values : numpy.ndarray
        Shape ``(k,)``, for the periods 1 to k; all shocks up to then bend.
    generator : numpy.random.Generator

    Returns
    -------
    dict of str to numpy.ndarray
        `OUTCOMES`, shape ``(period, draw)``.
    """
    count = len(values)
    mean = window(shocks=window.no_shocks())
    pulse = np.ones((window.periods, len(OBSERVED), window.size))
    pulse[1:] = 0.0
    responses = np.zeros((window.size, count, len(REACHING), count))
    for j, name in enumerate(REACHING):
        impulse = (window(shocks=window.only(name, pulse))[on] - mean[on])[:count]
        for period in range(count):
            responses[:, period, j, : period + 1] = impulse[: period + 1][::-1].T
    matrix = responses.reshape(window.size, count, -1)
    drawn = scale * generator.standard_normal((window.periods, *scale.shape))
    rows = [OBSERVED.index(name) for name in REACHING]
    early = drawn[:count, rows].transpose(2, 1, 0).reshape(window.size, -1)
    variance = np.repeat(scale[rows].T ** 2, count, axis=1)
    weighted = matrix.transpose(0, 2, 1) * variance[:, :, None]
    short = values - mean[on][:count].T - np.einsum("nkj,nj->nk", matrix, early)
    pulled = np.linalg.solve(matrix @ weighted, short[..., None])
    early = early + (weighted @ pulled)[..., 0]
    drawn[:count, rows] = early.reshape(window.size, len(rows), count).transpose(2, 1, 0)
    return window(shocks=drawn)
