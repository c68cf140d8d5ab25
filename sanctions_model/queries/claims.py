"""The article's claims as questions: probability, size, and what it rests on.

An *effect claim* says that relief moves an outcome in a direction: ``P(sign * effect_h > 0)``, and
``P(sign * effect_h > material)`` for the smallest size that matters. A *target claim* says that an
outcome is at a value when asked (in a period, by it, through a window, on average over one): the
share of paths, simulated with parameters and shocks under the relief, on which it is; its material
probability is that of the paths on which the relief makes the difference: met with it and not
without it, the shocks being the same. Levels differ in percent, and a target in percent meets
rates in percent, not in log points.

The contrast is relief of the measures in four steps against sanctions unchanged.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, ValidationError, model_validator

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.fields import Number, Whole
from sanctions_model.errors import ObservationError, QuestionError, first_fault
from sanctions_model.files import read_tables
from sanctions_model.inference.conditioned import Problem
from sanctions_model.queries.basis import BASIS_COLUMNS, Basis
from sanctions_model.queries.effects import channel_effects, relief_paths, total_effect
from sanctions_model.queries.estimands import StatedRelief
from sanctions_model.queries.forecasts import simulate
from sanctions_model.queries.reading.windows import WINDOW_FORMS, Window
from sanctions_model.scm.interventions import ALL_MEASURES, Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_column
from sanctions_model.summaries import (
    interval,
    interval_rule,
    probability,
    share_error,
    summary_errors,
)
from sanctions_model.units import effect_in_percent, in_percent
from sanctions_model.wording import chance, chance_is, error_words, percent, share_words

# The prior leaves no other sign when not one draw in a thousand has it.
_SIGN_ASSUMED = 0.999
_WELL_SUPPORTED = 0.95


class Claim(StatedRelief):
    """One claim, as ``claims.toml`` states it.

    Parameters
    ----------
    statement : str
        The claim in our own words.
    outcome : str
        Variable or level of the model.
    sign : int
        1 if the claim says higher, -1 if lower.
    horizon : int
        Periods after the start of the relief.
    material : float, optional
        Smallest size that matters, in the unit of the outcome; for effect claims.
    target : float, optional
        Value to be reached; for target claims. In percent where the outcome is in log points.
    when : str, optional
        For target claims: ``through 5-8``, ``on average over 5-8``, ``in 8`` or ``by 8``. Its last
        period is the horizon.
    step : int, optional
        Place of an effect claim in the chain that is asked as a whole; none by default.
    channel : str
        The part of the effect meant, ``total`` by default.
    depth, ramp, measures
        Of the relief, see `StatedRelief`.
    """

    statement: str = Field(min_length=1)
    outcome: str
    sign: Whole
    horizon: Whole = Field(ge=1)
    material: Number | None = Field(default=None, gt=0)
    target: Number | None = None
    when: str | None = None
    step: Whole | None = Field(default=None, ge=1)
    channel: str = "total"

    @model_validator(mode="after")
    def _one_kind(self) -> "Claim":
        if self.sign not in (-1, 1):
            raise ValueError(f"sign is {self.sign}, expected 1 (higher) or -1 (lower)")
        if (self.material is None) == (self.target is None):
            raise ValueError("expected either `material` (effect claim) or `target`")
        if self.target is None:
            if self.when is not None:
                raise ValueError("`when` belongs to a `target`; an effect has its horizon")
        elif self.step is not None:
            raise ValueError("`step` belongs to an effect claim; a target is no link of a chain")
        elif self.when is None:
            raise ValueError(f"a `target` needs `when`, one of {WINDOW_FORMS}")
        elif _window(self.when).last != self.horizon:
            raise ValueError(
                f"`when` is {self.when!r}; expected it to end at horizon {self.horizon}"
            )
        return self


def _window(when: str) -> Window:
    try:
        return Window.parse(when)
    except QuestionError as error:
        raise ValueError(str(error)) from None


def load_claims(path: Path | str | None = None) -> dict[str, Claim]:
    """Read a claims file.

    Parameters
    ----------
    path : path, optional
        A TOML file with one table ``[claim.NAME]`` a claim; the bundled one by default.

    Returns
    -------
    dict of str to Claim
        By name, in the order of the file.

    Raises
    ------
    QuestionError
        If the file is missing, no TOML or empty, or a claim is not well formed; the message names
        file, claim and reason.

    Examples
    --------
    >>> load_claims()["lower_prices"].sign
    -1
    """
    file = data_path("claims.toml") if path is None else Path(path)
    claims = {}
    for name, table in read_tables(file, "claim").items():
        try:
            claims[name] = Claim.model_validate(table)
        except ValidationError as error:
            fault = first_fault(error, Claim, whole="claim")
            raise QuestionError(f"{file.name}: [claim.{name}]: {fault}.") from None
    return claims


def scorecard(
    problem: Problem,
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None,
    claims: Mapping[str, Claim] | None = None,
    *,
    random_seed: int = 20260101,
    basis: Basis | None = None,
) -> pd.DataFrame:
    """Answer each claim under the prior and under the posterior.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    prior_draws : xr.Dataset
        Prior draws, dims ``(chain, draw)``.
    draws : xr.Dataset or None
        Posterior draws; None gives the prior's answer alone.
    claims : mapping of str to Claim, optional
        The bundled ones by default.
    random_seed : int
        For the shocks of target claims.
    basis : Basis, optional
        Of these draws, where other tables of theirs read it too; made anew by default.

    Returns
    -------
    pandas.DataFrame
        Columns of ``claims.csv``. ``information``, ``likelihood_share`` and ``basis`` are those of
        the effect, see `Basis`; ``sign_assumed`` is true where at least 999 of 1,000 prior draws
        have the same sign.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a claim names an outcome or channel that the model does not have, or one that relief
        does not reach.
    """
    claims = load_claims() if claims is None else claims
    if not claims:
        raise QuestionError("The table of claims is empty; give one or more, by name.")
    rule = interval_rule()
    period = {4: "quarter", 12: "month"}.get(problem.scm.periods_per_year, "period")
    basis = basis or Basis(problem, prior_draws, draws)
    start = (prior_draws if draws is None else draws).attrs.get(dims.Said.START)
    rows = []
    for name, claim in claims.items():
        before = _answer(problem, prior_draws, claim, random_seed)
        after = None if draws is None else _answer(problem, draws, claim, random_seed)
        prior_summary = interval(before["effect"], rule)
        shown = before if after is None else after
        summary = prior_summary if after is None else interval(after["effect"], rule)
        rests = basis.of(before["raw"], None if after is None else after["raw"])
        sign = float(probability(before["effect"] > 0))
        row = {
            "claim": name,
            "statement": claim.statement,
            "cause": _cause(claim),
            "outcome": claim.outcome,
            "horizon": claim.horizon,
            **period_column(start, claim.horizon, problem.scm.periods_per_year),
            "unit": problem.scm.variables[claim.outcome].unit,
            "prob_prior": before["prob"],
            "prob": np.nan if after is None else after["prob"],
            "prob_material": shown["prob_material"],
            "prior_median": float(prior_summary.sel(summary="median")),
            **{n: float(summary.sel(summary=n)) for n in ("median", "lower", "upper")},
            "prob_error": shown["prob_error"],
            **summary_errors(shown["effect"], summary),
            **{column: rests[column] for column in BASIS_COLUMNS},
            "sign_assumed": max(sign, 1 - sign) >= _SIGN_ASSUMED and claim.target is None,
            "verdict": "",
            "ci_prob": rule.prob,
            "ci_kind": rule.kind,
        }
        unanswered = shown.get("unanswered")
        row["verdict"] = (
            f"Not answered: {unanswered}"
            if unanswered
            else _verdict(
                claim,
                row | rests,
                prior_summary,
                shown.get("prob_without"),
                period,
                called=problem.scm.variables[claim.outcome].short_label,
            )
        )
        rows.append(row)
    table = pd.DataFrame(rows)
    table.attrs.update(dims.carried((prior_draws if draws is None else draws).attrs))
    return table


def asked_of(
    name: str, claim: Claim, scm: StructuralCausalModel, draws: xr.Dataset
) -> dict[str, object]:
    """Return what a row about a claim says first: ``claim``, ``outcome``, ``horizon``, ``period``.

    `draws`: say in their attributes when they start; without that ``period`` is empty.
    """
    dated = period_column(draws.attrs.get(dims.Said.START), claim.horizon, scm.periods_per_year)
    return {"claim": name, "outcome": claim.outcome, "horizon": claim.horizon, **dated}


def _cause(claim: Claim) -> str:
    which = "all measures" if claim.measures == ALL_MEASURES else ", ".join(claim.measures)
    size = "full relief" if claim.depth == 1 else f"relief of {100 * claim.depth:g} %"
    part = _part(claim)
    return f"{size} of {which} in {claim.ramp} steps{part and ','}{part}"


def _part(claim: Claim) -> str:
    names = {"article_chain": " along the article's chain alone"}
    channel = names.get(claim.channel, f" through {claim.channel} alone")
    return "" if claim.channel == "total" else channel


def _answer(problem: Problem, draws: xr.Dataset, claim: Claim, random_seed: int) -> dict[str, Any]:
    """Effect draws at the horizon, P(claim) and P(material)."""
    raw = claim_effect(problem.scm, draws, claim)
    effect = effect_in_percent(raw, problem.scm.variables[claim.outcome])
    if claim.target is not None:
        try:
            reached = _reaching(problem, draws, claim, claim.target, random_seed)
        except ObservationError as error:  # a table may lack the series that a path starts from
            reached = {"prob": np.nan, "prob_material": np.nan, "prob_error": np.nan}
            reached["unanswered"] = str(error)
        return {"effect": effect, "raw": raw, **reached}
    signed = claim.sign * effect
    return {
        "effect": effect,
        "raw": raw,
        "prob": float(probability(signed > 0)),
        "prob_error": _share_error(signed > 0),
        "prob_material": float(probability(signed > (claim.material or 0.0))),
    }


def claim_effect(scm: StructuralCausalModel, draws: xr.Dataset, claim: Claim) -> xr.DataArray:
    """Return the effect that a claim speaks of, at its horizon, under each draw.

    Returns: dims ``(chain, draw)``, in the unit of the outcome, of a level in log points: these are
    linear in what the effect is made of. `effect_in_percent` turns them into percent. Raises
    `UnknownVariableError`, `NoCausalPathError` or `QuestionError` if the claim names an outcome,
    measure or channel that the model does not have.
    """
    wanted, horizon = [claim.outcome], claim.horizon
    last = {dims.OUTCOME: 0, dims.HORIZON: -1}
    if claim.channel == "total":
        effect = total_effect(scm, draws, claim.relief, horizon=horizon, outcomes=wanted)
        return effect.isel(last)
    split = channel_effects(scm, draws, claim.relief, horizon=horizon, outcomes=wanted)
    channels = [str(name) for name in split[dims.CHANNEL].to_numpy()]
    if claim.channel not in channels:
        raise QuestionError(
            f"Unknown channel {claim.channel!r} in a claim; there is {', '.join(channels)}."
        )
    return split.sel(channel=claim.channel).isel(last)


def _reaching(
    problem: Problem, draws: xr.Dataset, claim: Claim, target: float, random_seed: int
) -> dict[str, Any]:
    """P(target reached) with and without the relief, on the same shocks."""
    scm, horizon, last = problem.scm, claim.horizon, problem.last_values
    stay = relief_paths(scm, Relief(depth=0.0, measures=claim.measures), horizon, last)
    lifted = relief_paths(scm, claim.relief, horizon, last)
    paths = simulate(
        problem,
        draws,
        horizon=claim.horizon,
        exogenous={name: np.stack([stay[name], lifted[name]]) for name in stay},
        random_seed=random_seed,
        outcomes=[claim.outcome],
    ).isel({dims.OUTCOME: 0}, drop=True)
    paths = in_percent(paths.transpose(dims.HORIZON, ...), scm.variables[claim.outcome])
    met = _window(claim.when or "").met(paths.to_numpy(), target, below=claim.sign < 0)
    reached = paths.isel({dims.HORIZON: 0}, drop=True).copy(data=met)
    without, with_relief = reached.isel({dims.SCENARIO: 0}), reached.isel({dims.SCENARIO: 1})
    return {
        "prob": float(probability(with_relief)),
        "prob_error": _share_error(with_relief),
        "prob_material": float(probability(with_relief & ~without)),
        "prob_without": float(probability(without)),
    }


def _share_error(holds: xr.DataArray) -> float:
    return share_error(holds.transpose(dims.CHAIN, dims.DRAW).to_numpy())


def _verdict(
    claim: Claim,
    row: Mapping[str, Any],
    prior: xr.DataArray,
    prob_without: float | None,
    period: str,
    *,
    called: str,
) -> str:
    """Say in a sentence or two what happens, when, how surely, by how much, on what basis."""
    prior_only = np.isnan(row["prob"])
    prob = row["prob_prior"] if prior_only else row["prob"]
    unit = _short_unit(row["unit"])
    digits = 1 if max(abs(row["lower"]), abs(row["upper"])) >= 1 else 2
    numbers = [f"{row[name]:+.{digits}f}" for name in ("median", "lower", "upper")]
    size = f"{numbers[0]} {unit} ({numbers[1]}; {numbers[2]}) after {claim.horizon} {period}s"
    middle = f"{float(prior.sel(summary='median')):+.{digits}f} {unit}"
    origin = _origin(row, middle, prior_only=prior_only)
    if prob_without is not None:
        side = "at or above" if claim.sign > 0 else "at or below"
        when = _window(claim.when or "").words(period)
        event = f"P({called} {side} {claim.target:g} {row['unit']} {when})"
        return (
            f"{chance_is(prob, event)} with relief, {chance(prob_without)} without: relief "
            f"makes the difference on {percent(row['prob_material'])} of the simulated paths. "
            f"Its own effect on the outcome is {size}{origin}."
        )
    material = f"beyond {claim.material:g} {unit} with {chance_is(row['prob_material'])}"
    word = "Sign assumed by the prior"
    if not row["sign_assumed"]:
        word = _word(prob, row["prob_prior"], prior_only=prior_only)
    event = f"{called} {'higher' if claim.sign > 0 else 'lower'}{_part(claim)}"
    return f"{word} ({chance_is(prob)}): {event}, {size}, {material}{origin}."


def _short_unit(unit: str) -> str:
    """Return the unit of a difference: rates differ by percentage points."""
    if unit.startswith("% a "):
        return "pp"
    return "points" if unit.startswith("% of") else unit.split(" (")[0]


def _word(prob: float, before: float, *, prior_only: bool) -> str:
    if prob >= _WELL_SUPPORTED and before >= _WELL_SUPPORTED and not prior_only:
        return "As sure before the data"
    steps = ((0.8, "Likely"), (0.6, "Weakly supported"), (0.4, "Open"))
    if prob >= _WELL_SUPPORTED:
        return "Well supported"
    return next((word for least, word in steps if prob >= least), "Not supported")


def _origin(row: Mapping[str, Any], middle: str, *, prior_only: bool) -> str:
    """Say where probability and size stood before the data, and what the size rests on."""
    if prior_only:
        return "; prior only, no data used: assumed"
    moved = f"; before the data {chance_is(row['prob_prior'])}"
    if np.isnan(row["information"]):
        return f"{moved}; the size is fixed by definition: assumed"
    error = error_words(2 * row["information_error"])
    gained = f"information gained {share_words(row['information'])} ± {error}"
    share = row["likelihood_share"]
    said = "" if np.isnan(share) else f", likelihood share {share_words(share)}"
    return f"{moved} and the median {middle}; size {row['basis']} ({gained}{said})"
