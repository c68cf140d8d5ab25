"""Forecasts from rolling origins, beside plain rivals on the same data.

At each origin the model is refitted to the figures up to it (seasonal adjustment included) and
simulates one joint future for every draw: drivers held at their last value, terms of dated episodes
that have an end (the quarters of the pandemic) at 0, no later figure used.
Each value's density given the draw's own past is known, so that log scores are exact at every
horizon. The rivals are those of `rivals`, from the same series. The truth is the series as it is
known now, with the adjustment over the whole sample.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.refits import SamplingSettings, refit
from sanctions_model.inference.samplers import Sampler, sampler_for
from sanctions_model.scm.equations import Exogenous, PartialAdjustment
from sanctions_model.scm.interventions import Intervention
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.simulation.history import flows_of
from sanctions_model.scm.simulation.propagate import propagate, respond, start_after
from sanctions_model.scm.simulation.shocks import draw_crises, draw_shocks
from sanctions_model.scm.variables import Decay, Grow, Hold, Indicator, Noise, continued
from sanctions_model.summaries import interval_rule
from sanctions_model.validation.origins.baselines import (
    RivalPaths,
    autoregression,
    minnesota,
    random_walk,
)
from sanctions_model.validation.origins.scoring import Mixture
from sanctions_model.validation.windows import (
    as_known_at,
    clocks_ahead,
    scored_series,
    series_in,
    training_observations,
    training_problem,
)

MODEL = "this model"
# Series that are rates in % a year; the others are growth rates.
RATES = ("key_rate", "lending_rate")
_RIVALS = ("random walk", "autoregression", "Minnesota BVAR")


@dataclass(frozen=True, kw_only=True)
class ModelPaths:
    """Simulated futures of the scored series with the density each value was drawn from.

    `paths`, `location`: by series, shape ``(draw, horizon)``; the location is the mean given the
    draw's own past and all shocks of the same period but the series' own, or the largest of those
    it is made of. `scale`: by series, shape ``(draw, horizon)``: larger where a crisis was drawn.
    `freedom`: by series, shape ``(draw,)``.
    """

    paths: Mapping[str, np.ndarray]
    location: Mapping[str, np.ndarray]
    scale: Mapping[str, np.ndarray]
    freedom: Mapping[str, np.ndarray]

    def at(self, name: str, horizon: int) -> Mixture:
        """Return the predictive distribution of a series in a period, counted from 1."""
        return Mixture(
            location=self.location[name][:, horizon - 1],
            scale=self.scale[name][:, horizon - 1],
            freedom=self.freedom[name],
            drawn=self.paths[name][:, horizon - 1],
        )


def forecast_paths(
    problem: Problem,
    draws: xr.Dataset,
    *,
    last: int,
    horizon: int,
    exogenous: Mapping[str, np.ndarray] | None = None,
    interventions: Sequence[Intervention] = (),
    random_seed: int,
) -> ModelPaths:
    """Simulate every observed series from the end of a training window.

    `problem`: of the window. `draws`: dims ``(chain, draw)``. `exogenous`: paths of drivers, shape
    ``(horizon,)``. Of the others, a term that is 1 between two dates is 0: one quarter of a
    pandemic does not last; one that grows, decays or is 0 onward does so. The rest stay at their
    value in `last`. `interventions`: what is fed in beside drivers, such as the oil price that
    came. Returns: a series without a value before the origin starts from the mean of its equation.
    """
    scm = problem.scm
    known = problem.cases.values  # noqa: PD011 (a mapping, not a frame)
    history = {name: path[: last + 1] for name, path in known.items()}
    parameters = DrawParameters(scm, draws)
    silent = [n for n in scm.stochastic if not problem.cases.available[n][: last + 1].any()]
    for name in silent:
        level = float(np.median(parameters.row("intercept", name)))
        history[name] = np.full(last + 1, level)
    held = {
        name: _held(equation, float(history[name][-1]), horizon)
        for name, equation in scm.exogenous.items()
    }
    paths_of = held | dict(exogenous or {})
    for name, level in _ordinary(scm, draws, history, silent, paths_of).items():
        history[name] = np.full(last + 1, level)
    times = draw_crises(scm, draws, horizon, random_seed)
    shocks = draw_shocks(scm, draws, horizon, random_seed, times=times)
    names = scored_series(scm)
    paths = propagate(
        scm,
        draws,
        horizon=horizon,
        exogenous=paths_of,
        start=start_after(scm, draws, history),
        shocks=shocks,
        interventions=interventions,
        outcomes=names,
    ).isel({dims.SCENARIO: 0})
    values = {
        name: paths.sel({dims.OUTCOME: name}).to_numpy().reshape(horizon, -1).T for name in names
    }
    own = {name: _own_shock(scm, draws, name) for name in names}
    heavy = scm.noise is Noise.STUDENT_T
    infinite = np.full(parameters.size, np.inf)
    return ModelPaths(
        paths=values,
        location={n: values[n] - (size * shocks[of]).T for n, (of, size) in own.items()},
        scale={
            n: (np.abs(size) * parameters.row("scale", of) * times).T
            for n, (of, size) in own.items()
        },
        freedom={
            name: parameters.row("degrees_of_freedom", of) if heavy else infinite
            for name, (of, _) in own.items()
        },
    )


def _own_shock(scm: StructuralCausalModel, draws: xr.Dataset, name: str) -> tuple[str, np.ndarray]:
    """Return the shock that moves a series most in its own period, and by how much, by draw."""
    parameters = DrawParameters(scm, draws)
    if name in scm.stochastic:
        return name, np.ones(parameters.size)
    parents = {series for series, lag in flows_of(scm, name) if lag == 0} & set(scm.stochastic)
    found = {}
    for cause in sorted(parents):
        moved = respond(scm, draws, horizon=1, shocks={cause: np.ones(1)}, outcomes=[name])
        found[cause] = moved.to_numpy().ravel()
    largest = max(
        found, key=lambda n: float(np.median(np.abs(found[n]) * parameters.row("scale", n)))
    )
    return largest, found[largest]


def _held(equation: Exogenous, last: float, horizon: int) -> np.ndarray:
    """Return what a driver is taken to be after a window, from nothing but its last value."""
    match equation.continuation:
        case Grow() | Decay():
            return continued(equation.continuation, horizon, last)
        case Hold(value=0.0):
            return np.zeros(horizon)
    return np.full(horizon, 0.0 if _ends(equation) else last)


def _ordinary(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    history: Mapping[str, np.ndarray],
    silent: Sequence[str],
    exogenous: Mapping[str, np.ndarray],
) -> dict[str, float]:
    """Return where series without data would rest, from where their equations pull them to.

    A centred equation has its level as its intercept; of another the pull tells it.
    """
    asked = [
        name
        for name in silent
        if isinstance(equation := scm.by_name[name], PartialAdjustment) and not equation.centred
    ]
    if not asked:
        return {}
    # A series without data has no error that could persist.
    calm = replace(
        scm,
        equations=tuple(
            replace(equation, persistent_errors=False)
            if isinstance(equation, PartialAdjustment) and name in asked
            else equation
            for name, equation in scm.by_name.items()
        ),
    )
    after = propagate(
        calm,
        draws,
        horizon=1,
        exogenous={name: path[:1] for name, path in exogenous.items()},
        start=start_after(scm, draws, history),
        outcomes=asked,
    ).isel({dims.SCENARIO: 0, dims.HORIZON: 0})
    parameters, found = DrawParameters(scm, draws), {}
    for name in asked:
        kept = parameters.persistence(name)
        now = after.sel({dims.OUTCOME: name}).to_numpy().ravel()
        found[name] = float(np.median((now - kept * history[name][-1]) / (1.0 - kept)))
    return found


def _ends(equation: Exogenous) -> bool:
    return isinstance(equation.default, Indicator) and equation.default.end is not None


def rival_paths(
    observations: xr.Dataset,
    scm: StructuralCausalModel,
    *,
    last: int,
    horizon: int,
    draws: int,
    random_seed: int,
    with_minnesota: bool = True,
) -> dict[str, dict[str, RivalPaths]]:
    """Forecasts of the rivals from the same window, by rival and series.

    A series of fewer than twelve values has no rival; the vector autoregression takes the series
    that start with the sample.
    """
    series = {n: series_in(observations, scm, n)[: last + 1] for n in scored_series(scm)}
    series = {name: path for name, path in series.items() if np.isfinite(path).sum() >= 12}
    options = {"horizon": horizon, "draws": draws, "random_seed": random_seed}
    found: dict[str, dict[str, RivalPaths]] = {
        _RIVALS[0]: {
            name: random_walk(path, is_growth=name not in RATES, **options)
            for name, path in series.items()
        },
        _RIVALS[1]: {name: autoregression(path, **options) for name, path in series.items()},
    }
    if with_minnesota:
        whole = {
            name: path
            for name, path in series.items()
            if np.isfinite(path[2:]).all() and path.size >= 12
        }
        found[_RIVALS[2]] = minnesota(
            whole, in_levels=[name for name in RATES if name in whole], **options
        )
    return found


def rolling_scores(
    observations: xr.Dataset,
    scm: StructuralCausalModel,
    priors: Priors,
    *,
    origins: Sequence[str],
    horizons: Sequence[int] = (1, 4),
    settings: SamplingSettings | None = None,
    with_minnesota: bool = True,
    notify: Callable[[str], None] | None = None,
    sampler: Sampler | None = None,
) -> pd.DataFrame:
    """Score the model and its rivals from each origin.

    Parameters
    ----------
    observations : xr.Dataset
        The bundled table.
    scm : StructuralCausalModel
        Whose equations are asked.
    priors : Priors
        Beliefs about the parameters, as `load_priors` returns them.
    origins : sequence of str
        Last quarters of the windows.
    horizons : sequence of int
        Quarters ahead.
    settings : SamplingSettings, optional
        Draws, tuning draws, chains and seed of each refit.
    with_minnesota : bool
        Whether the vector autoregression takes part.
    notify : callable, optional
        Called with each origin before it is fitted.
    sampler : Sampler, optional
        That of `sampler_for` by default.

    Returns
    -------
    pandas.DataFrame
        One row a forecaster, series, origin and horizon: ``log_score``, ``crps``, ``pit`` and
        ``inside``, whether the interval held the outcome; ``converged`` is false where a
        refit of the model failed the gate.

    Raises
    ------
    QuestionError
        If an origin leaves no outcome to score.
    """
    settings = settings or SamplingSettings()
    index = [str(p) for p in pd.PeriodIndex(observations[dims.TIME].to_numpy(), freq="Q")]
    longest = max(horizons)
    outcomes = {name: series_in(observations, scm, name) for name in scored_series(scm)}
    rows = []
    for origin in origins:
        if notify is not None:
            notify(origin)
        last = index.index(origin)
        if last + min(horizons) >= len(index):
            raise QuestionError(f"The origin {origin} leaves no outcome to score.")
        window = training_observations(observations, scm, origin)
        then, seen, beliefs = as_known_at(scm, window, priors, last)
        problem = training_problem(then, seen, beliefs)
        again = refit(
            problem, settings, sampler=sampler or sampler_for(scm), allow_unconverged=True
        )
        paths = forecast_paths(
            problem,
            again.posterior,
            last=last,
            horizon=longest,
            exogenous=clocks_ahead(scm, seen, last, longest),
            random_seed=settings.random_seed,
        )
        rivals = rival_paths(
            window,
            scm,
            last=last,
            horizon=longest,
            draws=settings.draws * settings.chains,
            random_seed=settings.random_seed,
            with_minnesota=with_minnesota,
        )
        for horizon in horizons:
            if last + horizon >= len(index):
                continue
            for name, came in outcomes.items():
                outcome = float(came[last + horizon])
                if not np.isfinite(outcome):
                    continue
                forecasts = {MODEL: paths.at(name, horizon)}
                forecasts |= {
                    rival: own[name].at(horizon) for rival, own in rivals.items() if name in own
                }
                rows += [
                    {
                        "forecaster": forecaster,
                        "series": name,
                        "origin": origin,
                        "horizon": horizon,
                        "period": index[last + horizon],
                        "converged": again.converged or forecaster != MODEL,
                        **_scores(mixture, outcome),
                    }
                    for forecaster, mixture in forecasts.items()
                ]
    return pd.DataFrame(rows)


def _scores(mixture: Mixture, outcome: float) -> dict[str, float | bool]:
    lower, upper = mixture.interval(interval_rule().prob)
    return {
        "log_score": mixture.log_score(outcome),
        "crps": mixture.crps(outcome),
        "pit": mixture.transform(outcome),
        "inside": bool(lower <= outcome <= upper),
    }


def score_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean scores by series, horizon and forecaster, with the model's lead over each rival.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row an outcome and forecaster, as `rolling_scores` gives them.

    Returns
    -------
    pandas.DataFrame
        ``n``, mean ``log_score`` and ``crps``, ``coverage`` of the interval, and for rivals
        ``lead`` and ``lead_error``: mean of the model's log score less theirs on the same
        outcomes, and its standard error (outcomes taken as independent, which several quarters
        ahead they are not).
    """
    keys = ["series", "horizon", "origin"]
    own = scores[scores["forecaster"] == MODEL].set_index(keys)["log_score"]
    rows = []
    for (series, horizon, forecaster), group in scores.groupby(
        ["series", "horizon", "forecaster"], sort=False
    ):
        lead = (
            own.loc[pd.MultiIndex.from_frame(group[keys])].to_numpy()
            - group["log_score"].to_numpy()
        )
        rows.append(
            {
                "series": series,
                "horizon": horizon,
                "forecaster": forecaster,
                "n": len(group),
                "log_score": group["log_score"].mean(),
                "crps": group["crps"].mean(),
                "coverage": group["inside"].mean(),
                "lead": lead.mean() if forecaster != MODEL else np.nan,
                "lead_error": lead.std(ddof=1) / np.sqrt(len(group))
                if forecaster != MODEL and len(group) > 1
                else np.nan,
            }
        )
    return pd.DataFrame(rows)
