"""Findings of tables and splits in one sentence each, for titles; effects have `headline`."""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.queries.claims import load_claims
from sanctions_model.queries.reading.headlines import main_outcomes, spoken_label, when_words
from sanctions_model.queries.reading.percent import contributions_in_percent
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.wording import number, percent, undated, upper_first, with_article

LIKELY = 0.8
_TITLE = ("gdp_level", "key_rate", "price_level", "inflation_yoy")


def claims_finding(table: pd.DataFrame) -> str:
    """Say how many claims are likely, and how many of these by belief alone.

    >>> table = pd.DataFrame(
    ...     {"prob": [0.9, 0.5], "prob_prior": [0.5, 0.5], "sign_assumed": [True, False]}
    ... )
    >>> claims_finding(table)
    "1 of the article's 2 claims are likely, 1 of them by belief alone"
    >>> claims_finding(table.assign(claim=["mine", "yours"]))
    '1 of 2 claims are likely, 1 of them by belief alone'
    """
    likely = table["prob"].fillna(table["prob_prior"]) >= LIKELY
    by_belief = int((likely & table["sign_assumed"].astype(bool)).sum())
    belief = f", {by_belief} of them by belief alone" if by_belief else ""
    whose = "the article's " if of_the_article(table) else ""
    return f"{int(likely.sum())} of {whose}{len(table)} claims are likely{belief}"


def of_the_article(table: pd.DataFrame) -> bool:
    """Say whether the rows of a scorecard are claims of the article, not a reader's own."""
    if not {"claim", "statement"} <= set(table):
        return "claim" not in table
    stated = {name: claim.statement for name, claim in load_claims().items()}
    rows = table[["claim", "statement"]].itertuples(index=False)
    return all(stated.get(name) == statement for name, statement in rows)


def variance_finding(shares: xr.DataArray, scm: StructuralCausalModel) -> str:
    """Say whose shocks make forecasts of the first main outcome miss most.

    `shares`: dims ``(outcome, shock, horizon, chain, draw)``, 0 to 1.
    """
    means = shares.mean([dims.CHAIN, dims.DRAW])  # they add up
    # What no shock moves has no variance, and no shares.
    known = xr.apply_ufunc(np.isfinite, means).any(["shock", dims.HORIZON])
    there = [str(n) for n in means[dims.OUTCOME].to_numpy() if known.sel(outcome=n)]
    if not there:
        return "0 outcomes are reached by a shock"
    name, last = main_outcomes(scm, there)[0], int(shares[dims.HORIZON].max())
    own = means.sel(outcome=name, horizon=last).to_series()
    return (
        f"Shocks to {spoken_label(scm, str(own.idxmax()))} make {percent(own.max())} of what "
        f"forecasts of {spoken_label(scm, name)} miss after {scm.count_periods(last)}"
    )


def exceedance_finding(table: pd.DataFrame) -> str:
    """Say of how many claims the effect is likely large enough to matter."""
    marked = table[table["matters"]]
    prob = marked["prob"].fillna(marked["prob_prior"])
    return (
        f"{int((prob >= LIKELY).sum())} of {len(marked)} effects are likely large enough to matter"
    )


def parts_finding(parts: xr.DataArray, scm: StructuralCausalModel) -> str:
    """Say which part moved the first outcome of a historical decomposition most.

    `parts`: dims ``(outcome, part, time, chain, draw)``.
    """
    name = str(parts[dims.OUTCOME].to_numpy()[0])
    shown = contributions_in_percent(scm, parts.sel({dims.OUTCOME: [name]}))
    own = shown.isel({dims.OUTCOME: 0}).mean([dims.CHAIN, dims.DRAW])
    own = own.sel(part=[p for p in own["part"].to_numpy() if p != "base"])
    named = [undated(part_words(scm, str(part))) for part in own["part"].to_numpy()]
    together = own.assign_coords(part=named).groupby("part").sum()
    sizes = abs(together).mean(dims.TIME).to_series()
    unit = scm.effect_unit(name).replace("pp", "points")
    mover = upper_first(str(sizes.idxmax()))
    return (
        f"{mover} moved {spoken_label(scm, name)} most, "
        f"by {number(sizes.max(), signed=False)} {unit} on average"
    )


def part_words(scm: StructuralCausalModel, part: str) -> str:
    """Name a part of a decomposition: a driver, or the shocks to an equation."""
    if part not in scm.variables:
        return part.replace("_", " ")
    shocks = "shocks to " if part in scm.stochastic else ""
    return f"{shocks}{spoken_label(scm, part)}"


def channel_finding(effect: xr.DataArray, scm: StructuralCausalModel) -> str:
    """Say how much of an effect at one horizon comes through its largest channel, in means.

    `effect`: from `channel_effects`, at one horizon and in percent; dims ``(outcome, channel,
    chain, draw)``.
    """
    there = [str(n) for n in effect[dims.OUTCOME].to_numpy()]
    name = next((n for n in _TITLE if n in there), there[0])
    means = effect.sel(outcome=name).mean([dims.CHAIN, dims.DRAW]).to_series()  # they add up
    total, entries = float(means["total"]), means[list(scm.entries)]
    largest = str(entries.abs().idxmax())
    label = scm.variables[largest].short_label if largest in scm.variables else largest
    through = with_article(label.replace("_", " "))
    when = when_words(effect.attrs, int(effect[dims.HORIZON]), scm)
    unit = scm.effect_unit(name).split()[0]
    return (
        f"{effect.attrs.get(dims.Said.SUBJECT, 'Relief')} moves {spoken_label(scm, name)} by "
        f"{number(total)} {unit} on average {when}, {number(float(entries[largest]))} of it "
        f"through {through}"
    )
