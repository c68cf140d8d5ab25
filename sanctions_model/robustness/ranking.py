"""One table of what an answer rests on, and sentences that its numbers allow.

Factors of different kinds are put on one scale, the outcome's unit: a parameter at the ends of its
posterior interval, a link closed, a published figure or the liftings elsewhere taken in, another
set of beliefs, other equations or measures, a common cause as strong as the known driver. They say
how far off the median would be; they are no probabilities and do not add up.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.inference.fit import Fit
from sanctions_model.queries.claims import Claim, asked_of
from sanctions_model.queries.reading.headlines import in_words_of
from sanctions_model.queries.reading.information import information
from sanctions_model.robustness.confounding import TippingPoint, confounding_curve, tipping_point
from sanctions_model.robustness.implied_evidence import Observation
from sanctions_model.robustness.observed_relief import liftings_effects
from sanctions_model.robustness.sensitivity import (
    claim_effects,
    leave_one_link_out,
    parameter_swings,
    power_scaling,
)
from sanctions_model.robustness.system_priors import evidence_effects
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule, median_error
from sanctions_model.wording import chance, figure, percent, share_words

_FIGURE = "published figure"
_LIFTINGS = "liftings elsewhere"
_WEIGHTS = {0.5: "liftings elsewhere, half their weight", 1.0: "liftings elsewhere, in full"}
_LIKELY = 0.8
COLUMNS = (
    "claim",
    "outcome",
    "horizon",
    "period",
    "rank",
    "factor",
    "kind",
    "low",
    "high",
    "base",
    "swing",
    "error",
    "information",
    "sign_assumed",
    "sources",
)


def rank_factors(
    found: Fit,
    claims: Mapping[str, Claim],
    *,
    observations: Mapping[str, Observation] | None = None,
    alternatives: pd.DataFrame | None = None,
    liftings: xr.DataArray | None = None,
) -> pd.DataFrame:
    """Rank what each claim's effect rests on.

    Parameters
    ----------
    found : Fit
        With a posterior.
    claims : mapping of str to Claim
        About total effects.
    observations : mapping of str to Observation, optional
        Published figures, taken in one at a time; none by default.
    alternatives : pandas.DataFrame, optional
        From `compare_alternatives`; refits are not made here. Those that did not converge are
        left out.
    liftings : xr.DataArray, optional
        What liftings elsewhere predict, as `elsewhere.predict` returns it, taken in with half
        their weight and with all of it; the base is the answer without them. None by default.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, widest swing first within each claim: ``low`` and ``high`` are medians
        of the effect, ``base`` that of the fit; one of the two equals ``base`` where a factor has
        one other value. ``error`` is the Monte-Carlo standard error of the swing, in which what
        the draws of both ends share cancels; of a common cause, whose two ends are weighed apart,
        the larger error of the two.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError, ReweightingError
        If a name is unknown, an outcome is out of reach of the measures, the question has no
        answer as put, or the draws cannot be reweighted so far.
    """
    problem, draws = found.problem, found.draws
    effects = claim_effects(found.scm, draws, claims)
    base = {name: float(effects[name].median()) for name in claims}
    swings = parameter_swings(problem, found.prior_draws, draws, claims).to_dict("records")
    rows = [
        _entry(row, base, str(row["parameter"]), "parameter", [row["low"], row["high"]])
        | {name: row[name] for name in ("error", "information", "sign_assumed", "sources")}
        for row in swings
    ]
    rows += [
        _entry(row, base, f"without {row['link']}", "link closed", [row["without"]])
        | {"error": row["error"]}
        for row in leave_one_link_out(found.scm, draws, claims).to_dict("records")
    ]
    if observations:
        titles = {name: f"published: {seen.quantity.label}" for name, seen in observations.items()}
        titles["all"] = "all published figures"
        rows += [
            _entry(row | {"base": row["median"]}, base, titles[row["evidence"]], _FIGURE, [x])
            | {"error": row["difference_error"]}
            for row in evidence_effects(problem, draws, observations, claims).to_dict("records")
            if np.isfinite(x := row["with_median"])
        ]
    if liftings is not None:
        rows += [
            _entry(row | {"base": row["median"]}, base, _WEIGHTS[row["power"]], _LIFTINGS, [x])
            | {"error": row["difference_error"]}
            for row in liftings_effects(
                found.scm, draws, liftings, claims, powers=tuple(_WEIGHTS)
            ).to_dict("records")
            if np.isfinite(x := row["with_median"])
        ]
    rows += _common_causes(found, claims, base)
    if alternatives is not None:
        own = {name: median_error(effects[name]) for name in claims}
        known = alternatives[alternatives["claim"].isin(list(claims)) & alternatives["converged"]]
        rows += [
            _entry(row | {"base": base[row["claim"]]}, base, row["alternative"], row["kind"], [x])
            | {"error": float(np.hypot(own[row["claim"]], row.get("median_error", np.nan)))}
            for row in known.to_dict("records")
            if (x := row["median"]) is not None and row["alternative"] != "consensus"
        ]
    table = pd.DataFrame(rows)
    # Refits of an older file may lack it, and the date is that of this fit.
    dated = {name: asked_of(name, claims[name], found.scm, draws)["period"] for name in claims}
    table["period"] = table["claim"].map(dated)
    table["swing"] = table["high"] - table["low"]
    position = table["claim"].map(list(claims).index)
    table = table.iloc[np.lexsort((-table["swing"], position))].reset_index(drop=True)
    table["rank"] = table.groupby("claim", sort=False).cumcount() + 1
    return table.reindex(columns=list(COLUMNS))


def _entry(
    row: Mapping[Any, Any],
    base: Mapping[str, float],
    factor: str,
    kind: str,
    ends: list[float],
) -> dict[str, Any]:
    """One factor, its ends moved to where the median of all draws is."""
    middle = base[row["claim"]]
    moved = [float(end) - float(row["base"]) + middle for end in ends]
    if len(moved) == 1:
        moved.append(middle)
    return {
        "claim": row["claim"],
        "outcome": row["outcome"],
        "horizon": row["horizon"],
        "factor": factor,
        "kind": kind,
        "low": min(moved),
        "high": max(moved),
        "base": middle,
        "error": np.nan,
        "information": np.nan,
        "sign_assumed": False,
        "sources": "",
    }


def _common_causes(
    found: Fit, claims: Mapping[str, Claim], base: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Let a common cause of the known driver's median strength act in the sample, either sign."""
    rows = []
    for name, claim in claims.items():
        point = tipping_point(found.scm, found.draws, claim)
        if not np.isfinite(point.known_median):
            continue
        size = abs(point.known_median)
        curve = confounding_curve(found.problem, found.draws, claim, strengths=[-size, 0.0, size])
        if not curve["used"].all():
            continue
        medians = curve["sample_median"].tolist()
        row = asked_of(name, claim, found.scm, found.draws) | {"base": medians[1]}
        factor = f"hidden cause as strong as {point.known}, in the sample"
        ends = _entry(row, base, factor, "common cause", [medians[0], medians[2]])
        rows.append(ends | {"error": float(curve["sample_error"].max())})
    return rows


def tornado(ranking: pd.DataFrame, claim: str, *, most: int = 15) -> pd.DataFrame:
    """Return the widest factors of one claim as a tornado figure takes them.

    Parameters
    ----------
    ranking : pandas.DataFrame
        From `rank_factors`.
    claim : str
        Name of the claim, as in the ranking.
    most : int
        Number of factors at most.

    Returns
    -------
    pandas.DataFrame
        ``factor``, ``low``, ``high``, ``base``, ``error``, widest first.
    """
    own = ranking[ranking["claim"] == claim].nsmallest(most, "rank")
    return own[["factor", "low", "high", "base", "error"]].reset_index(drop=True)


def fair_sentences(
    found: Fit,
    claims: Mapping[str, Claim],
    ranking: pd.DataFrame,
    *,
    alternatives: pd.DataFrame | None = None,
) -> list[str]:
    """Say for each claim what was found, what it rests on and what would overturn it.

    Parameters
    ----------
    found : Fit
        Prior and posterior draws to speak of.
    claims : mapping of str to Claim
        By name, as `load_claims` returns them.
    ranking : pandas.DataFrame
        From `rank_factors`.
    alternatives : pandas.DataFrame, optional
        From `compare_alternatives`.

    Returns
    -------
    list of str
        One sentence a claim; every number in it is computed.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach of the measures, or the question has no
        answer as put.
    """
    rule = interval_rule()
    periods = {4: "quarters", 12: "months"}.get(found.scm.periods_per_year, "periods")
    effects = claim_effects(found.scm, found.draws, claims)
    before = claim_effects(found.scm, found.prior_draws, claims)
    likelihood = found.idata["log_likelihood"].to_dataset()["observed"]
    scaling = power_scaling(
        found.problem, found.draws, likelihood, claims, by_parameter=False
    ).set_index(["claim", "component"])["sensitivity"]
    sentences = []
    for name, claim in claims.items():
        effect = interval(effects[name], rule)
        gained = information(before[name], effects[name]).value
        prob = float((claim.sign * effects[name] > 0).mean())
        prior = float((claim.sign * before[name] > 0).mean())
        middle, low, high = (
            figure(float(effect.sel(summary=n)), signed=True) for n in ("median", "lower", "upper")
        )
        variable = found.scm.variables[claim.outcome]
        unit = "pp" if variable.unit.startswith("% a ") else "%"
        own = ranking[(ranking["claim"] == name) & (ranking["kind"] == "parameter")]
        first = own.iloc[0]
        point = tipping_point(found.scm, found.draws, claim)
        higher = "higher" if claim.sign > 0 else "lower"
        sentences.append(
            f"{variable.label[0].upper()}{variable.label[1:]}, {claim.horizon} {periods} after "
            f"full relief: {middle} {unit} ({low} to {high}), "
            f"{higher} as the article says with probability {chance(prob)}, after {chance(prior)} "
            f"before the data (information gained {share_words(gained)}; power scaling: "
            f"{_scaled(scaling, name)}); of all parameters it hangs most on "
            f"{_words(found.scm, first['factor'])}, on which the information gained is "
            f"{share_words(first['information'])}: over its interval the median runs from "
            f"{figure(first['low'], signed=True)} to {figure(first['high'], signed=True)} {unit}"
            f"{_across(name, unit, alternatives)}{_hidden(point)}."
        )
    return sentences


def _words(scm: StructuralCausalModel, factor: str) -> str:
    """Say a link or a parameter in labels, within a sentence."""
    parent, arrow, child = factor.partition(" -> ")
    first = in_words_of(scm, parent)
    return f"the effect of the {first} on {in_words_of(scm, child)}" if arrow else f"the {first}"


def _scaled(scaling: "pd.Series[float]", name: str) -> str:
    prior, data = (share_words(scaling[name, part]) for part in ("prior", "likelihood"))
    return f"prior {prior}, data {data}"


def _across(name: str, unit: str, alternatives: pd.DataFrame | None) -> str:
    if alternatives is None:
        return ""
    own = alternatives[(alternatives["claim"] == name) & alternatives["converged"]]
    ends = own.loc[[own["median"].idxmin(), own["median"].idxmax()]]
    (low, high), (least, most) = ends["median"], ends["alternative"]
    likely = int((own["prob"] > _LIKELY).sum())
    return (
        f"; under {len(own)} sets of beliefs and equations it runs from "
        f"{figure(low, signed=True)} ({least}) to {figure(high, signed=True)} {unit} ({most}), and "
        f"the article's direction has more than {_LIKELY:g} in {likely} of them"
    )


def _hidden(point: TippingPoint) -> str:
    """Say how little or how much a hidden cause must do, against the known driver."""
    if not point.known:
        return ""
    strongest = max(abs(point.known_lower), abs(point.known_upper))
    return (
        f"; a hidden cause {percent(abs(point.strength) / strongest)} as strong as {point.known} "
        "may have been, credited to the measures in full, would leave it as likely as not"
    )
