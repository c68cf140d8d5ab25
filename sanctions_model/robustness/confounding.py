r"""How strong an unmeasured common cause of measures and outcome must be to overturn a claim.

A common cause ``u`` (mobilisation, fiscal impulse) that moves with the measures acts on the
outcome's own equation with strength ``b``, in the unit of that equation per full strength: the
unit in which the known driver ``war`` is estimated, so that its coefficient gives the scale.

*Full credit* (closed form): all that ``u`` did was put down to the measures, and would not go with
them. The true effect is ``E - b R`` with ``R`` the response of the outcome to ``u`` falling as the
measures do, draw by draw; the claim has probability one half at ``b = median(E / R)``. This is what
bias could do at worst, and holds for an answer that rests on the data alone.

*In the sample*: had ``u`` acted with strength ``b`` in the years of the data, what would the
posterior be? Importance weights give it, one draw's weight being the ratio of the likelihoods with
and without ``b u``. Where the answer rests on priors this curve is flat: no confounder in the data
overturns what the data did not say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import one_step_means, scales
from sanctions_model.inference.priors.families import student_t_log_density
from sanctions_model.inference.reweighting import (
    importance_weights,
    median_change_error,
    share_change_error,
    weighted_interval,
)
from sanctions_model.queries.claims import Claim, asked_of, claim_effect
from sanctions_model.scm.equations import Identity, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, stack_draws
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.scm.variables import Noise
from sanctions_model.summaries import (
    ERRORS,
    interval,
    interval_rule,
    median_error,
    share_error,
)
from sanctions_model.units import effect_in_percent

_POINTS = 17
_KNOWN = ("war", "war_pulse")  # what a driver of the war economy is called


@dataclass(frozen=True, slots=True, kw_only=True)
class TippingPoint:
    """Strength at which a claim is as likely as not.

    `equation`: equation that the common cause acts on; its unit is that of the strengths. `prob`:
    P(claim) without a common cause. `strength`: where P is one half with full credit. `known`:
    known driver of the same equation, empty if there is none. `known_median`, `known_lower`,
    `known_upper`: its coefficient, not a number if there is none. `prob_error`, `strength_error`:
    Monte-Carlo standard errors.
    """

    equation: str
    unit: str
    prob: float
    strength: float
    known: str
    known_median: float
    known_lower: float
    known_upper: float
    prob_error: float = np.nan
    strength_error: float = np.nan


def outcome_equation(scm: StructuralCausalModel, outcome: str) -> str:
    """Return the stochastic variable whose equation makes an outcome.

    A level's flow, or itself; where that is an identity of one such variable and its past, that
    variable.

    Raises `UnknownVariableError` if the model has no such outcome. Raises `QuestionError` if the
    outcome has no equation with shocks that a common cause could act on.
    """
    scm.require(outcome, "the claim")
    name = {level.variable.name: level.flow for level in scm.levels}.get(outcome, outcome)
    while isinstance(identity := scm.by_name.get(name), Identity):
        parents = {edge.parent for edge in identity.edges} - set(scm.exogenous)
        if len(parents) != 1:
            break
        (name,) = parents
    if name not in scm.stochastic:
        raise QuestionError(
            f"{outcome!r} has no equation of its own that a common cause could act on; ask about "
            f"one of {', '.join(scm.stochastic)} or their levels."
        )
    return name


def measures_path(problem: Problem) -> np.ndarray:
    """Return the mean of the measures over the sample, shape ``(time,)``: 1 is full strength."""
    measures, series = problem.scm.measures, problem.cases.values  # noqa: PD011
    if not measures:
        raise QuestionError("The model has no measures that a common cause could move with.")
    return np.asarray(np.mean([series[name] for name in measures], axis=0))


def tipping_point(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    claim: Claim,
    *,
    association: float = 1.0,
    known: str | None = None,
) -> TippingPoint:
    """Find the strength of a common cause that makes a claim as likely as not, with full credit.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    claim : Claim
        About an effect.
    association : float
        Change of the common cause, in units of its full strength, when the measures go from 0 to
        1; below 1 it moves with them in part, and must be so much stronger.
    known : str, optional
        Driver whose coefficient in the same equation gives the scale; that of the war economy by
        default.

    Returns
    -------
    TippingPoint
        The strength, in the unit of the equation that the common cause acts on.

    Raises
    ------
    QuestionError
        If the association is 0, or the outcome has no equation of its own.
    """
    equation = outcome_equation(scm, claim.outcome)
    by_chain = claim_effect(scm, draws, claim).transpose(dims.CHAIN, dims.DRAW)
    effect = _row(by_chain)
    ratio = effect / _credited(scm, draws, claim, equation, association)
    labels = [link.label for link in scm.links]
    drivers = _KNOWN if known is None else (known,)
    known = next((name for name in drivers if f"{name} -> {equation}" in labels), "")
    label = f"{known} -> {equation}"
    numbers = [np.nan] * 3
    if label in labels:
        summary = interval(draws["coefficient"].sel({dims.LINK: label}))
        numbers = [float(summary.sel(summary=n)) for n in ("median", "lower", "upper")]
    return TippingPoint(
        equation=equation,
        unit=scm.variables[equation].unit,
        prob=float(np.mean(claim.sign * effect > 0)),
        strength=float(np.median(ratio)),
        known=known,
        known_median=numbers[0],
        known_lower=numbers[1],
        known_upper=numbers[2],
        prob_error=share_error((claim.sign * by_chain > 0).to_numpy()),
        strength_error=median_error(by_chain.copy(data=ratio.reshape(by_chain.shape))),
    )


def _row(values: xr.DataArray) -> np.ndarray:
    return np.asarray(values.transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel())


def _credited(
    scm: StructuralCausalModel, draws: xr.Dataset, claim: Claim, equation: str, association: float
) -> np.ndarray:
    """Effect of a common cause of unit strength that falls as the measures do, ``(draw,)``."""
    if not np.isfinite(association) or association == 0:
        raise QuestionError(
            f"An association of {association}; expected a number other than 0: a cause that does "
            "not move with the measures cannot bias their effect."
        )
    fall = claim.relief.path(1.0, claim.horizon) - 1.0
    share = _direct_share(scm, draws, equation)
    response = respond(
        scm,
        draws,
        horizon=claim.horizon,
        shocks={
            equation: net_of_memory(
                scm, DrawParameters(scm, draws), equation, association * fall[:, None] * share
            )
        },
        outcomes=[claim.outcome],
    )
    return _row(response.isel({dims.OUTCOME: 0, dims.SCENARIO: 0, dims.HORIZON: -1}))


def _direct_share(scm: StructuralCausalModel, draws: xr.Dataset, equation: str) -> np.ndarray:
    """Return what of a coefficient acts at once: ``1 - rho`` for partial adjustment."""
    parameters = DrawParameters(scm, draws)
    if isinstance(scm.by_name[equation], PartialAdjustment):
        return np.asarray(1.0 - parameters.persistence(equation))
    return np.ones(parameters.size)


def net_of_memory(
    scm: StructuralCausalModel, parameters: DrawParameters, equation: str, added: np.ndarray
) -> np.ndarray:
    """Return the shocks that add something to an equation, where its errors persist.

    `equation`: stochastic variable. `added`: to its mean, shape ``(period, draw)``; nothing before
    the first period. Returns: shape ``(period, draw)``: less the share of last period's that an
    error would keep.
    """
    if equation not in scm.persisting:
        return added
    before = np.concatenate([np.zeros_like(added[:1]), added[:-1]])
    return np.asarray(added - parameters.error_persistence(equation) * before)


def common_cause_log_ratio(
    problem: Problem, draws: xr.Dataset, equation: str, path: np.ndarray, strength: float
) -> np.ndarray:
    """Log ratio of the likelihoods with and without a common cause in one equation.

    `equation`: stochastic variable. `path`: the common cause over the sample, shape ``(time,)``;
    its mean over the equation's periods is taken off, which the intercept would absorb. `strength`:
    its coefficient, in the unit of the equation. Returns: shape ``(chain * draw,)``. Raises
    `QuestionError` if the path does not have one finite value a period, or the equation no data.
    """
    return _Equation.of(problem, draws, equation, path).log_ratio(strength)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Equation:
    """What the likelihood of one equation needs, computed once for all strengths."""

    outcomes: np.ndarray  # (draw or 1, period)
    means: np.ndarray  # (draw, period)
    moved: np.ndarray  # (draw, period), by a common cause of strength 1
    scale: np.ndarray  # (draw, period or 1)
    freedom: np.ndarray  # (draw, 1)

    @classmethod
    def of(cls, problem: Problem, draws: xr.Dataset, equation: str, path: np.ndarray) -> Self:
        """Evaluate the equation over its periods."""
        cases = problem.cases
        column = cases.columns.index(equation)
        used = cases.weight[:, column] > 0
        if np.shape(path) != cases.time.shape or not np.isfinite(path).all():
            raise QuestionError(
                f"The common cause has shape {np.shape(path)}; expected {cases.time.size} finite "
                "values, one a period of the sample."
            )
        if not used.any():
            raise QuestionError(
                f"{equation!r} has no data that a common cause could have acted on."
            )
        centred = (path - path[used].mean())[:, None]
        added = centred * _direct_share(problem.scm, draws, equation)
        moved = net_of_memory(problem.scm, DrawParameters(problem.scm, draws), equation, added)
        every = scales(problem, draws)[:, :, column]
        scale = every[:, used] if every.shape[1] > 1 else every
        freedom = np.full_like(scale, np.inf)
        if problem.scm.noise is Noise.STUDENT_T:
            freedom = stack_draws(draws, "degrees_of_freedom")[column][:, None]
        return cls(
            outcomes=problem.outcomes(draws)[:, used, column],
            means=one_step_means(problem, draws)[:, used, column],
            moved=moved[used].T,
            scale=scale,
            freedom=freedom,
        )

    def log_ratio(self, strength: float) -> np.ndarray:
        """Return the log ratio of the likelihoods with and without the common cause."""
        before = student_t_log_density(self.outcomes, self.means, self.scale, self.freedom)
        shifted = self.means + strength * self.moved
        after = student_t_log_density(self.outcomes, shifted, self.scale, self.freedom)
        return np.asarray((after - before).sum(axis=1))


def confounding_curve(
    problem: Problem,
    draws: xr.Dataset,
    claim: Claim,
    *,
    strengths: Sequence[float] | None = None,
    path: np.ndarray | None = None,
    association: float = 1.0,
    known: str | None = None,
) -> pd.DataFrame:
    """Compute a claim's effect and probability against the strength of a common cause.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Posterior draws, dims ``(chain, draw)``.
    claim : Claim
        About an effect.
    strengths : sequence of float, optional
        In the unit of the outcome's equation; by default some 30 that hold the tipping point and
        the known driver's interval.
    path : numpy.ndarray, optional
        The common cause over the sample, shape ``(time,)``; the mean of the measures by default.
    association : float
        As for `tipping_point`.
    known : str, optional
        As for `tipping_point`.

    Returns
    -------
    pandas.DataFrame
        One row a strength: ``full_median``, ``full_lower``, ``full_upper``, ``full_prob`` (full
        credit); ``sample_median`` and so on (in the sample, not a number where the weights do not
        hold), ``sample_error`` and ``sample_prob_error``, the Monte-Carlo errors of what the cause
        moves that median and that probability by, ``k_hat``, ``used``.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError, ReweightingError
        If a name is unknown, an outcome is out of reach of the measures, the question has no
        answer as put, or the draws cannot be reweighted so far.
    """
    scm, rule = problem.scm, interval_rule()
    equation = outcome_equation(scm, claim.outcome)
    effect, unit = claim_effect(scm, draws, claim), scm.variables[claim.outcome]
    credited = _credited(scm, draws, claim, equation, association)
    if strengths is None:
        point = tipping_point(scm, draws, claim, association=association, known=known)
        tried = _default_strengths(point)
    else:
        tried = np.asarray(strengths, dtype=float)
    path = measures_path(problem) if path is None else path
    likelihood = _Equation.of(problem, draws, equation, path)
    values = _row(effect)
    tail = (1.0 - rule.prob) / 2.0
    holds = claim.sign * values > 0
    rows = []
    for strength in tried:
        true = values - strength * credited
        full = effect_in_percent(np.quantile(true, [0.5, tail, 1.0 - tail]), unit)
        row: dict[str, object] = {"strength": float(strength)}
        row |= dict(zip(("full_median", "full_lower", "full_upper"), map(float, full), strict=True))
        row["full_prob"] = float(np.mean(claim.sign * true > 0))
        weights = importance_weights(likelihood.log_ratio(float(strength)))
        shown = effect_in_percent(effect, unit)
        after = weighted_interval(shown, weights.weights, rule)
        found = {f"sample_{n}": float(after.sel(summary=n)) for n in ("median", "lower", "upper")}
        found["sample_prob"] = float(weights.weights @ holds)
        found["sample_prob_error"] = share_change_error(claim.sign * effect > 0, weights.weights)
        found["sample_error"] = median_change_error(shown, weights.weights)
        row |= found if weights.holds else dict.fromkeys(found, np.nan)
        row |= {"k_hat": weights.k_hat, "used": weights.holds}
        row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
        rows.append(row)
    return pd.DataFrame(rows)


def _default_strengths(point: TippingPoint) -> np.ndarray:
    """Wide enough for the known driver's interval, dense around the tipping point."""
    reach = [abs(point.strength), abs(point.known_lower), abs(point.known_upper)]
    limit = 1.5 * max(x for x in reach if np.isfinite(x))
    near = min(limit, 3.0 * abs(point.strength))
    wide, dense = np.linspace(-limit, limit, _POINTS), np.linspace(-near, near, _POINTS)
    return np.unique(np.concatenate([wide, dense]))


def tipping_table(
    problem: Problem, draws: xr.Dataset, claims: Mapping[str, Claim], *, known: str | None = None
) -> pd.DataFrame:
    """Tabulate what it takes to bring each claim to one half.

    Parameters
    ----------
    problem, draws
        As for `confounding_curve`.
    claims : mapping of str to Claim
        By name, as `load_claims` returns them.
    known : str, optional
        As for `tipping_point`.

    Returns
    -------
    pandas.DataFrame
        One row a claim: ``prob``, ``tipping`` (full credit) with its unit, the known driver's
        coefficient, ``times_known`` (tipping over the larger end of the known interval),
        ``sample_prob`` (P had a common cause of the known driver's median strength, with the sign
        that speaks against the claim, acted in the sample as well) and its ``k_hat``;
        Monte-Carlo standard errors ``prob_error``, ``tipping_error`` and, of what that cause moves
        P by, ``sample_prob_error``, with ``within_error``: by less than two of them.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError, ReweightingError
        If a name is unknown, an outcome is out of reach of the measures, the question has no
        answer as put, or the draws cannot be reweighted so far.
    """
    rule = interval_rule()
    rows = []
    for name, claim in claims.items():
        point = tipping_point(problem.scm, draws, claim, known=known)
        strongest = max(abs(point.known_lower), abs(point.known_upper))
        tried = np.sign(point.strength) * abs(point.known_median)
        row = asked_of(name, claim, problem.scm, draws)
        row |= {"equation": point.equation, "unit": point.unit}
        row |= {"prob": point.prob, "prob_error": point.prob_error}
        row |= {"tipping": point.strength, "tipping_error": point.strength_error}
        row["known"] = point.known
        row |= {"known_median": point.known_median, "known_lower": point.known_lower}
        row |= {"known_upper": point.known_upper, "times_known": abs(point.strength) / strongest}
        tested = dict.fromkeys(("sample_prob", "sample_prob_error", "k_hat"), np.nan)
        if np.isfinite(tried):
            curve = confounding_curve(problem, draws, claim, strengths=[float(tried)], known=known)
            tested = {name: float(curve[name][0]) for name in tested}
        moved = abs(tested["sample_prob"] - point.prob)
        within = bool(moved < ERRORS * tested["sample_prob_error"])
        rows.append(
            row | tested | {"within_error": within} | {"ci_prob": rule.prob, "ci_kind": rule.kind}
        )
    return pd.DataFrame(rows)
