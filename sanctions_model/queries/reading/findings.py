"""Findings of tables and splits in one sentence each, for titles; effects have `headline`."""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.queries.claims import load_claims
from sanctions_model.queries.reading.calendar_years import DIFFERENCE
from sanctions_model.queries.reading.headlines import (
    main_outcomes,
    short_name,
    spoken_label,
    when_words,
)
from sanctions_model.queries.reading.percent import contributions_in_percent
from sanctions_model.queries.reading.yearly_forces import FORCE, OWN_SHOCKS, START, TOTAL
from sanctions_model.queries.required import RequiredRelief, goal_words
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.wording import (
    finding,
    number,
    percent,
    undated,
    upper_first,
    with_article,
)

LIKELY = 0.8
_TITLE = ("gdp_level", "key_rate", "price_level", "inflation_yoy")


def claims_finding(table: pd.DataFrame) -> str:
    """Say how many claims are likely, how many of these before the data too, or by belief alone.

    >>> table = pd.DataFrame(
    ...     {"prob": [0.9, 0.5], "prob_prior": [0.5, 0.5], "sign_assumed": [True, False]}
    ... )
    >>> claims_finding(table)
    "1 of the article's 2 claims are likely, 1 of them by belief alone"
    >>> claims_finding(table.assign(claim=["mine", "yours"]))
    '1 of 2 claims are likely, 1 of them by belief alone'
    >>> claims_finding(table.assign(prob=0.9, prob_prior=[0.9, 0.5]))
    "2 of the article's 2 claims are likely, 1 of them before the data too, 1 by belief alone"
    """
    likely = table["prob"].fillna(table["prob_prior"]) >= LIKELY
    count = int(likely.sum())
    before = int((likely & (table["prob_prior"] >= LIKELY) & table["prob"].notna()).sum())
    by_belief = int((likely & table["sign_assumed"].astype(bool)).sum())
    before_words = "all" if before == count > 1 else str(before)
    said = [f"{before_words} of them before the data too"] if before else []
    if by_belief:
        said.append(f"{by_belief}{'' if said else ' of them'} by belief alone")
    whose = "the article's " if of_the_article(table) else ""
    return ", ".join([f"{count} of {whose}{len(table)} claims are likely", *said])


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
    known = xr.apply_ufunc(np.isfinite, means).any("shock")
    there = [str(n) for n in means[dims.OUTCOME].to_numpy() if known.sel(outcome=n).any()]
    if not there:
        return "0 outcomes are reached by a shock"
    name = main_outcomes(scm, there)[0]
    finite = known.sel(outcome=name).to_numpy()
    last = int(means[dims.HORIZON].to_numpy()[finite].max())
    own = means.sel(outcome=name, horizon=last).to_series()
    return (
        f"Shocks to {spoken_label(scm, str(own.idxmax()))} make {percent(own.max())} of what "
        f"forecasts of {spoken_label(scm, name)} miss "
        f"{when_words(shares.attrs, last, scm, before='in')}"
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
    there = xr.apply_ufunc(np.isfinite, own).any(dims.TIME)
    known = [p for p in own["part"].to_numpy() if p != "base" and there.sel(part=p)]
    if not known:
        return f"0 parts are known to have moved {spoken_label(scm, name)}"
    named = [undated(part_words(scm, str(part))) for part in known]
    together = own.sel(part=known).assign_coords(part=named).groupby("part").sum()
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
    total, entries = float(means["total"]), means[list(scm.entries)].dropna()
    if entries.empty:
        return f"0 channels are known to move {spoken_label(scm, name)}"
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


def annual_finding(table: pd.DataFrame, scm: StructuralCausalModel) -> str:
    """Say what relief does to the key rate in the last year, else to the first outcome.

    `table`: rows of `report.annual.annual_table`.
    """
    year = table["year"].max()
    rows = table[(table["source"] == DIFFERENCE) & (table["year"] == year)].to_dict("records")
    if not rows:
        return "0 years are compared with and without relief"
    row = next((row for row in rows if row["outcome"] == "key_rate"), rows[0])
    label = short_name(scm, str(row["outcome"]))
    before = "the average " if row["statistic"] == "average of the year" else "growth of "
    return finding(
        str(table.attrs[dims.Said.SUBJECT]),
        f"{before}{label}",
        "pp",
        f"in {year}",
        median=float(row["median"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        prob_above=float(row["prob_above"]),
    )


def forces_finding(forces: xr.DataArray, scm: StructuralCausalModel) -> str:
    """Say which force moved the first outcome most in one year, by its mean over the draws.

    Where shocks without a name moved it more in some year, the title says that it leaves them out.
    Of a model that names no force: in which year its shocks together moved it most.
    """
    name = str(forces[dims.OUTCOME].to_numpy()[0])
    there = [f for f in forces[FORCE].to_numpy() if f not in (TOTAL, START)]
    named = [f for f in there if f != OWN_SHOCKS] or there
    own = forces.sel(outcome=name, force=named).mean([dims.CHAIN, dims.DRAW])
    what = f"{'growth of ' if scm.is_level(name) else ''}{spoken_label(scm, name)}"
    means = own.to_series().dropna() if own.size else pd.Series(dtype=float)
    if means.empty:
        return f"0 forces are known to have moved {what}"
    at = int(means.abs().to_numpy().argmax())
    (force, year), size = means.index[at], float(means.iloc[at])
    if force == OWN_SHOCKS:
        return f"Shocks moved {what} most in {year}: by {number(size)} points"
    shocks = [f for f in there if f == OWN_SHOCKS]
    unnamed = forces.sel(outcome=name, force=shocks).mean([dims.CHAIN, dims.DRAW])
    beaten = bool((abs(unnamed) > abs(size)).any())
    mover = f"apart from {OWN_SHOCKS} {force}" if beaten else str(force)
    return f"{upper_first(mover)} moved {what} most: by {number(size)} points in {year}"


def required_finding(found: RequiredRelief, scm: StructuralCausalModel, *, start: str = "") -> str:
    """Say how much relief makes a target as probable as was asked.

    `start`: first day of the last known period; the target's time has dates with it.
    """
    return found.said(goal_words(found.target, scm, start))
