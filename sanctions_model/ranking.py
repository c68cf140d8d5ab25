"""One table of what an answer rests on, and sentences that its numbers allow.

Factors of different kinds are put on one scale, the outcome's unit: a parameter at the ends of its
posterior interval, a link closed, a published figure taken in, another set of beliefs, other
equations or measures, a common cause as strong as the known driver. They say how far the median
would be elsewhere; they are no probabilities and do not add up.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sanctions_model.claims import Claim
from sanctions_model.confounding import TippingPoint, confounding_curve, tipping_point
from sanctions_model.implied import Observation, evidence_effects
from sanctions_model.sampling import Fit
from sanctions_model.sensitivity import (
    claim_effects,
    leave_one_link_out,
    parameter_swings,
    power_scaling,
)
from sanctions_model.summaries import data_share, interval, interval_rule

__all__ = ["COLUMNS", "fair_sentences", "rank_factors", "tornado"]


_FIGURE = "published figure"
COLUMNS = (
    "claim",
    "outcome",
    "horizon",
    "rank",
    "factor",
    "kind",
    "low",
    "high",
    "base",
    "swing",
    "data_share",
    "sign_assumed",
    "sources",
)


def rank_factors(
    found: Fit,
    claims: Mapping[str, Claim],
    *,
    observations: Mapping[str, Observation] | None = None,
    alternatives: pd.DataFrame | None = None,
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

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, widest swing first within each claim: ``low`` and ``high`` are medians
        of the effect, ``base`` that of the fit; one of the two equals ``base`` where a factor has
        one other value.
    """
    problem, draws = found.problem, found.draws
    effects = claim_effects(found.scm, draws, claims)
    base = {name: float(effects[name].median()) for name in claims}
    swings = parameter_swings(problem, found.prior_draws, draws, claims).to_dict("records")
    rows = [
        _entry(row, base, str(row["parameter"]), "parameter", [row["low"], row["high"]])
        | {name: row[name] for name in ("data_share", "sign_assumed", "sources")}
        for row in swings
    ]
    rows += [
        _entry(row, base, f"without {row['link']}", "link closed", [row["without"]])
        for row in leave_one_link_out(found.scm, draws, claims).to_dict("records")
    ]
    if observations:
        rows += [
            _entry(row | {"base": row["median"]}, base, f"figure {row['evidence']}", _FIGURE, [x])
            for row in evidence_effects(problem, draws, observations, claims).to_dict("records")
            if np.isfinite(x := row["with_median"])
        ]
    rows += _common_causes(found, claims, base)
    if alternatives is not None:
        known = alternatives[alternatives["claim"].isin(list(claims)) & alternatives["converged"]]
        rows += [
            _entry(row | {"base": base[row["claim"]]}, base, row["alternative"], row["kind"], [x])
            for row in known.to_dict("records")
            if (x := row["median"]) is not None and row["alternative"] != "consensus"
        ]
    table = pd.DataFrame(rows)
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
        "data_share": np.nan,
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
        row = {"claim": name, "outcome": claim.outcome, "horizon": claim.horizon}
        row |= {"base": medians[1]}
        factor = f"hidden cause as strong as {point.known}, in the sample"
        rows.append(_entry(row, base, factor, "common cause", [medians[0], medians[2]]))
    return rows


def tornado(ranking: pd.DataFrame, claim: str, *, most: int = 15) -> pd.DataFrame:
    """Return the widest factors of one claim as a tornado figure takes them.

    Parameters
    ----------
    ranking : pandas.DataFrame
        From `rank_factors`.
    claim : str
    most : int

    Returns
    -------
    pandas.DataFrame
        ``factor``, ``low``, ``high``, ``base``, widest first.
    """
    own = ranking[ranking["claim"] == claim].nsmallest(most, "rank")
    return own[["factor", "low", "high", "base"]].reset_index(drop=True)


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
    claims : mapping of str to Claim
    ranking : pandas.DataFrame
        From `rank_factors`.
    alternatives : pandas.DataFrame, optional
        From `compare_alternatives`.

    Returns
    -------
    list of str
        One sentence a claim; every number in it is computed.
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
        share = float(data_share(interval(before[name], rule), effect))
        prob = float((claim.sign * effects[name] > 0).mean())
        prior = float((claim.sign * before[name] > 0).mean())
        numbers = [float(effect.sel(summary=n)) for n in ("median", "lower", "upper")]
        variable = found.scm.variables[claim.outcome]
        unit = "pp" if variable.unit.startswith("% a ") else "%"
        own = ranking[(ranking["claim"] == name) & (ranking["kind"] == "parameter")]
        first = own.iloc[0]
        point = tipping_point(found.scm, found.draws, claim)
        higher = "higher" if claim.sign > 0 else "lower"
        text = (
            f"{variable.label[0].upper()}{variable.label[1:]}, {claim.horizon} {periods} after "
            f"full relief: {numbers[0]:+.1f} {unit} ({numbers[1]:+.1f} to {numbers[2]:+.1f}), "
            f"{higher} as the article says with probability {prob:.2f}, which was {prior:.2f} "
            f"before the data (data share of the size {share:+.2f}; power scaling "
            f"{_scaled(scaling, name)}); it rests most on the belief about "
            f"{first['factor']}, of which the data tell "
            f"{max(0.0, first['data_share']):.0%} and over which the median runs from "
            f"{first['low']:+.1f} to {first['high']:+.1f} {unit}"
            f"{_across(name, claim, unit, alternatives)}; a hidden cause of {point.strength:+.2g} "
            f"({point.unit}) in {point.equation}, credited to the measures in full, would leave it "
            f"as likely as not{_scale(point)}."
        )
        sentences.append(text)
    return sentences


def _scaled(scaling: "pd.Series[float]", name: str) -> str:
    return f"prior {scaling[name, 'prior']:.2f}, data {scaling[name, 'likelihood']:.2f}"


def _across(name: str, claim: Claim, unit: str, alternatives: pd.DataFrame | None) -> str:
    if alternatives is None:
        return ""
    own = alternatives[(alternatives["claim"] == name) & alternatives["converged"]]
    agree = int((claim.sign * own["median"] > 0).sum())
    return (
        f"; under {len(own)} sets of beliefs and equations the median runs from "
        f"{own['median'].min():+.1f} to {own['median'].max():+.1f} {unit} and has the article's "
        f"sign in {agree}"
    )


def _scale(point: TippingPoint) -> str:
    if not point.known:
        return ""
    return (
        f" ({point.known} is estimated at {point.known_median:+.2g}, {point.known_lower:+.2g} to "
        f"{point.known_upper:+.2g})"
    )
