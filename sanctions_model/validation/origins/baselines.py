"""Plain forecasters that the model has to beat: random walk, autoregression, Minnesota BVAR.

All are Bayesian, see the same series up to the same period, and know nothing of oil, measures or
other series than they name. *Random walk*: a rate stays where it was; the level behind a growth
rate moves on by its mean. *Autoregression*: two lags of the own series. Both have conjugate priors
and Gaussian errors, so that their posteriors are exact. *Minnesota*: a vector autoregression with
shrinkage (Giannone, Lenza and Primiceri 2015), by the package ``bvar`` of the extra ``bench``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sanctions_model.coercion import generator_of
from sanctions_model.errors import QuestionError
from sanctions_model.validation.origins.scoring import Mixture

_LAGS = 2
_LOOSE = 10.0
_PRIOR_FREEDOM = 2.0


@dataclass(frozen=True, kw_only=True)
class RivalPaths:
    """Simulated futures of one series with the density each value was drawn from.

    `paths`, `location`: shape ``(draw, horizon)``. `scale`: standard deviation of the errors, shape
    ``(draw,)``.
    """

    paths: np.ndarray
    location: np.ndarray
    scale: np.ndarray

    def at(self, horizon: int) -> Mixture:
        """Return the predictive distribution of a period, counted from 1."""
        return Mixture(
            location=self.location[:, horizon - 1],
            scale=self.scale,
            freedom=np.full(self.scale.size, np.inf),
            drawn=self.paths[:, horizon - 1],
        )


def _posterior(
    design: np.ndarray, outcome: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Posterior of a conjugate regression: mean, precision over error variance, sum, freedom.

    Prior: coefficients independent with ten times the deviation of outcome over regressor (ten
    deviations of the outcome for a constant), error variance around the outcome's with two degrees
    of freedom.
    """
    spread = max(float(outcome.std()), 1e-8)
    deviation = design.std(axis=0)
    width = _LOOSE / np.where(deviation < 1e-8, 1.0, deviation)
    precision = np.diag(1.0 / width**2) + design.T @ design
    mean = np.linalg.solve(precision, design.T @ outcome)
    rest = _PRIOR_FREEDOM * spread**2 + outcome @ outcome - mean @ precision @ mean
    return mean, precision, float(rest), _PRIOR_FREEDOM + outcome.size


def _regression(
    design: np.ndarray, outcome: np.ndarray, draws: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw coefficients, ``(draw, regressor)``, and error deviations, ``(draw,)``."""
    mean, precision, rest, freedom = _posterior(design, outcome)
    variance = rest / generator.chisquare(freedom, draws)
    root = np.linalg.cholesky(np.linalg.inv(precision))
    noise = generator.standard_normal((draws, mean.size)) @ root.T
    return mean + np.sqrt(variance)[:, None] * noise, np.sqrt(variance)


def random_walk(
    series: np.ndarray, *, horizon: int, is_growth: bool, draws: int = 2000, random_seed: int = 0
) -> RivalPaths:
    """Forecast by a random walk: of a rate itself, or of the level behind a growth rate.

    `series`: up to the origin, shape ``(time,)``; not a number where missing. `is_growth`: whether
    the series is a growth rate; its level then walks with drift. Raises `QuestionError` if the
    series has fewer than four values.
    """
    generator = generator_of(random_seed)
    known = _known(series)
    if is_growth:
        drift, scale = _regression(np.ones((known.size, 1)), known, draws, generator)
        location = np.repeat(drift, horizon, axis=1)
        shocks = scale[:, None] * generator.standard_normal((draws, horizon))
        return RivalPaths(paths=location + shocks, location=location, scale=scale)
    steps = np.diff(known)
    _, scale = _regression(np.zeros((steps.size, 0)), steps, draws, generator)
    shocks = scale[:, None] * generator.standard_normal((draws, horizon))
    values = known[-1] + np.cumsum(shocks, axis=1)
    return RivalPaths(paths=values, location=values - shocks, scale=scale)


def autoregression(
    series: np.ndarray, *, horizon: int, draws: int = 2000, random_seed: int = 0
) -> RivalPaths:
    """Forecast by an autoregression of two lags with a constant.

    `series`: up to the origin, shape ``(time,)``; not a number where missing. Raises
    `QuestionError` if the series has fewer than four values.
    """
    generator = generator_of(random_seed)
    known = _known(series)
    design = np.stack([np.ones(known.size - _LAGS), known[1:-1], known[:-2]], axis=1)
    weights, scale = _regression(design, known[_LAGS:], draws, generator)
    return _iterate(
        lambda past: weights[:, 0] + weights[:, 1] * past[-1] + weights[:, 2] * past[-2],
        [np.full(draws, known[-2]), np.full(draws, known[-1])],
        scale[:, None] * generator.standard_normal((draws, horizon)),
        scale,
    )


def _iterate(
    mean: Callable[[Sequence[np.ndarray]], np.ndarray],
    past: list[np.ndarray],
    shocks: np.ndarray,
    scale: np.ndarray,
) -> RivalPaths:
    path, locations = list(past), []
    for step in range(shocks.shape[1]):
        location = mean(path)
        locations.append(location)
        path.append(location + shocks[:, step])
    return RivalPaths(
        paths=np.stack(path[len(past) :], axis=1),
        location=np.stack(locations, axis=1),
        scale=scale,
    )


def leave_one_out(
    series: np.ndarray, *, is_growth: bool, draws: int = 1000, random_seed: int = 0
) -> dict[str, dict[int, Mixture]]:
    """Forecast each value from its own past with parameters learned from all other values.

    `series`: shape ``(time,)``; not a number where missing. `is_growth`: whether the series is a
    growth rate. `draws`, `random_seed`: for the simulated values that CRPS needs; the densities are
    exact. Returns: by rival and position along time, where the value and its lags are known.
    """
    generator = generator_of(random_seed)
    values = np.asarray(series, dtype=float)
    position = np.arange(values.size)
    before = {
        lag: np.concatenate([np.full(lag, np.nan), values[:-lag]]) for lag in range(1, _LAGS + 1)
    }
    constant = np.ones((values.size, 1))
    walk = (constant, values) if is_growth else (np.zeros((values.size, 0)), values - before[1])
    own = (np.column_stack([constant, before[1], before[2]]), values)
    found: dict[str, dict[int, Mixture]] = {}
    for rival, (design, outcome), shift in (
        ("random walk", walk, np.zeros(values.size) if is_growth else before[1]),
        ("autoregression", own, np.zeros(values.size)),
    ):
        used = np.isfinite(outcome) & np.isfinite(design).all(axis=1)
        found[rival] = {}
        for place in position[used]:
            others = used & (position != place)
            mean, precision, rest, freedom = _posterior(design[others], outcome[others])
            row = design[place]
            spread = rest / freedom * (1.0 + row @ np.linalg.solve(precision, row))
            location, scale = float(row @ mean + shift[place]), float(np.sqrt(spread))
            found[rival][int(place)] = Mixture(
                location=np.full(draws, location),
                scale=np.full(draws, scale),
                freedom=np.full(draws, freedom),
                drawn=location + scale * generator.standard_t(freedom, draws),
            )
    return found


def minnesota(
    series: Mapping[str, np.ndarray],
    *,
    horizon: int,
    in_levels: Sequence[str] = (),
    lags: int = _LAGS,
    draws: int = 2000,
    random_seed: int = 0,
) -> dict[str, RivalPaths]:
    """Forecast several series together by a Minnesota-type vector autoregression.

    `series`: up to the origin, shape ``(time,)``; periods in which one is missing are left out from
    the front. `in_levels`: series whose own first lag is shrunk towards 1; the others' towards 0.
    Returns: by series. Raises `QuestionError` if the package ``bvar`` is not installed, or a series
    has gaps inside.
    """
    try:
        from bvar import BVAR, NaturalConjugate
    except ImportError:
        raise QuestionError(
            "The Minnesota rival needs the package bvar; install the extra: "
            "pip install 'sanctions-model[bench]'."
        ) from None
    import pandas as pd

    names = list(series)
    values = np.stack([series[name] for name in names], axis=1)
    complete = np.isfinite(values).all(axis=1)
    first, last = np.flatnonzero(complete)[[0, -1]]
    if not complete[first : last + 1].all() or last != len(values) - 1:
        raise QuestionError("A series has no value inside the sample or at the origin.")
    frame = pd.DataFrame(
        values[first:], pd.period_range("2000Q1", periods=len(values) - first, freq="Q"), names
    )
    kinds = {name: "levels" if name in in_levels else "log_diff" for name in names}
    model = BVAR(n_lags=lags, model=NaturalConjugate(), stationary=False, random_state=random_seed)
    model.sample(frame, N_draws=draws, progressbar=False, data_transformation=kinds)
    count = len(names)
    weights = np.asarray(model.beta).reshape(draws, count, -1)
    covariance = np.asarray(model.sigma).reshape(draws, count, count)
    generator = generator_of(random_seed)
    shocks = np.einsum(
        "dij,dhj->dhi",
        np.linalg.cholesky(covariance),
        generator.standard_normal((draws, horizon, count)),
    )
    past = [np.repeat(row[None], draws, axis=0) for row in values[-lags:]]
    locations, path = [], list(past)
    for step in range(horizon):
        regressors = np.concatenate([np.ones((draws, 1)), *path[: -lags - 1 : -1]], axis=1)
        locations.append(np.einsum("dik,dk->di", weights, regressors))
        path.append(locations[-1] + shocks[:, step])
    simulated, means = np.stack(path[lags:], axis=1), np.stack(locations, axis=1)
    return {
        name: RivalPaths(
            paths=simulated[:, :, position],
            location=means[:, :, position],
            scale=np.sqrt(covariance[:, position, position]),
        )
        for position, name in enumerate(names)
    }


def _known(series: np.ndarray) -> np.ndarray:
    known = np.asarray(series, dtype=float)
    known = known[np.isfinite(known)]
    if known.size < _LAGS + 2:
        raise QuestionError(f"A series of {known.size} values; a rival needs at least {_LAGS + 2}.")
    return known
