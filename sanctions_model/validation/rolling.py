"""Forecasts from rolling origins, beside plain rivals on the same data.

At each origin the model is refitted to the figures up to it (seasonal adjustment included) and
simulates one joint future for every draw: drivers held at their last value, terms of dated episodes
that have an end (the quarters of the pandemic) at 0, no later figure used.
Each value's density given the draw's own past is known, so that log scores are exact at every
horizon. The rivals are those of `rivals`, from the same series. The truth is the series as it is
known now, with the adjustment over the whole sample.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import SamplingSettings, refit
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.samplers import Sampler
from sanctions_model.scm.equations import Exogenous
from sanctions_model.scm.interventions import Intervention
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.propagate import draw_shocks, propagate, start_after
from sanctions_model.scm.variables import Indicator, Noise
from sanctions_model.validation.baselines import RivalPaths, autoregression, minnesota, random_walk
from sanctions_model.validation.scoring import Mixture
from sanctions_model.validation.windows import training_observations, training_problem

__all__ = [
    "MODEL",
    "RATES",
    "ModelPaths",
    "forecast_paths",
    "rival_paths",
    "rolling_scores",
    "score_summary",
]

MODEL = "this model"
# Series that are rates in % a year; the others are growth rates.
RATES = ("key_rate", "lending_rate")
_RIVALS = ("random walk", "autoregression", "Minnesota BVAR")


@dataclass(frozen=True, kw_only=True)
class ModelPaths:
    """Simulated futures of the observed series with the density each value was drawn from.

    Parameters
    ----------
    paths, location : mapping of str to numpy.ndarray
        By series, shape ``(draw, horizon)``; the location is the mean given the draw's own past
        and the parents of the same period.
    scale, freedom : mapping of str to numpy.ndarray
        By series, shape ``(draw,)``.
    """

    paths: Mapping[str, np.ndarray]
    location: Mapping[str, np.ndarray]
    scale: Mapping[str, np.ndarray]
    freedom: Mapping[str, np.ndarray]

    def at(self, name: str, horizon: int) -> Mixture:
        """Return the predictive distribution of a series in a period, counted from 1."""
        return Mixture(
            location=self.location[name][:, horizon - 1],
            scale=self.scale[name],
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

    Parameters
    ----------
    problem : Problem
        Of the window.
    draws : xr.Dataset
        Dims ``(chain, draw)``.
    last : int
        Position of the window's last period.
    horizon : int
    exogenous : mapping of str to numpy.ndarray, optional
        Paths of drivers, shape ``(horizon,)``. Of the others, a term that is 1 between two dates
        is 0: one quarter of a pandemic does not last. The rest stay at their value in `last`.
    interventions : sequence of Intervention
        What is fed in beside drivers, such as the oil price that came.
    random_seed : int

    Returns
    -------
    ModelPaths
        A series without a value before the origin starts from the mean of its equation.
    """
    scm = problem.scm
    known = problem.cases.values  # noqa: PD011 (a mapping, not a frame)
    history = {name: path[: last + 1] for name, path in known.items()}
    intercepts = DrawParameters(scm, draws)
    for name in scm.stochastic:
        if not problem.cases.available[name][: last + 1].any():
            level = float(np.median(intercepts.row("intercept", name)))
            history[name] = np.full(last + 1, level)
    held = {
        name: np.full(horizon, 0.0 if _ends(equation) else history[name][-1])
        for name, equation in scm.exogenous.items()
    }
    shocks = draw_shocks(scm, draws, horizon, random_seed)
    names = list(scm.stochastic)
    paths = propagate(
        scm,
        draws,
        horizon=horizon,
        exogenous=held | dict(exogenous or {}),
        start=start_after(scm, draws, history),
        shocks=shocks,
        interventions=interventions,
        outcomes=names,
    ).isel({dims.SCENARIO: 0})
    values = {
        name: paths.sel({dims.OUTCOME: name}).to_numpy().reshape(horizon, -1).T for name in names
    }
    heavy = scm.noise is Noise.STUDENT_T
    size = intercepts.size
    return ModelPaths(
        paths=values,
        location={name: values[name] - shocks[name].T for name in names},
        scale={name: intercepts.row("scale", name) for name in names},
        freedom={
            name: intercepts.row("degrees_of_freedom", name) if heavy else np.full(size, np.inf)
            for name in names
        },
    )


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
    series = {name: observations[name].to_numpy()[: last + 1] for name in scm.stochastic}
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
        The default transmission.
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
        `Nutpie` by default.

    Returns
    -------
    pandas.DataFrame
        One row a forecaster, series, origin and horizon: ``log_score``, ``crps``, ``pit`` and
        ``inside``, whether the 90 % interval held the outcome; ``converged`` is false where a
        refit of the model failed the gate.

    Raises
    ------
    QuestionError
        If an origin leaves no outcome to score.
    """
    settings = settings or SamplingSettings()
    index = [str(p) for p in pd.PeriodIndex(observations[dims.TIME].to_numpy(), freq="Q")]
    longest = max(horizons)
    rows = []
    for origin in origins:
        if notify is not None:
            notify(origin)
        window = training_observations(observations, scm, origin)
        last = index.index(origin)
        if last + min(horizons) >= len(index):
            raise QuestionError(f"The origin {origin} leaves no outcome to score.")
        problem = training_problem(scm, window, priors)
        again = refit(problem, settings, sampler=sampler, allow_unconverged=True)
        paths = forecast_paths(
            problem, again.posterior, last=last, horizon=longest, random_seed=settings.random_seed
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
            for name in scm.stochastic:
                outcome = float(observations[name].to_numpy()[last + horizon])
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
                        "converged": again.converged or forecaster != MODEL,
                        **_scores(mixture, outcome),
                    }
                    for forecaster, mixture in forecasts.items()
                ]
    return pd.DataFrame(rows)


def _scores(mixture: Mixture, outcome: float) -> dict[str, float | bool]:
    lower, upper = mixture.interval(0.9)
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
        ``n``, mean ``log_score`` and ``crps``, ``coverage`` of the 90 % interval, and for rivals
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
