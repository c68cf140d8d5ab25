"""Claims, their chain and required relief, as people read them."""

import re
from collections.abc import Mapping

import pandas as pd

from sanctions_model import dims
from sanctions_model.economies.registry import economy_of
from sanctions_model.queries.chain import Chain
from sanctions_model.queries.claims import Claim
from sanctions_model.queries.reading.findings import (
    LIKELY,
    claims_finding,
    exceedance_finding,
    of_the_article,
    required_finding,
)
from sanctions_model.queries.reading.headlines import spoken_label
from sanctions_model.queries.required import RequiredRelief
from sanctions_model.report.views import View, size_cell
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after
from sanctions_model.summaries import interval_rule
from sanctions_model.wording import chance, mass_words, percent, share_words, upper_first

_SAYS = re.compile(r"\b(?:is|are|can|falls?|rises?|grows?|improves?)\b")


def in_words_of_the_model(
    claims: Mapping[str, Claim], scm: StructuralCausalModel
) -> dict[str, Claim]:
    """State the bundled claims, which speak of Russia, in the labels of a model of another country.

    `scm`: a bundled economy keeps the article's words.
    """
    if economy_of(scm) is not None:
        return dict(claims)
    return {
        name: claim.model_copy(update={"statement": _stated(claim, scm)})
        for name, claim in claims.items()
    }


def _stated(claim: Claim, scm: StructuralCausalModel) -> str:
    if claim.outcome not in scm.variables:
        return claim.statement  # refused by name where it is asked
    way = "higher" if claim.sign > 0 else "lower"
    return f"{upper_first(spoken_label(scm, claim.outcome))} is {way}."


def claims_view(table: pd.DataFrame, periods_per_year: int = 4) -> View:
    """Show claims with size, date and probability; the verdicts in words come last."""
    start = table.attrs.get(dims.Said.START)
    rows = []
    for row in table.to_dict("records"):
        after, before = chance(row["prob"]), chance(row["prob_prior"])
        size = size_cell(row["median"], row["lower"], row["upper"], signed=True)
        horizon = row["horizon"]
        rows.append(
            {
                "claim": _in_short(row["statement"]),
                "by": period_after(start, horizon, periods_per_year) if start else str(horizon),
                "change, % or pp": size,
                "P (before)": f"{after} ({before})".strip() if before else after,
                "verdict": row["verdict"],
            }
        )
    return View(
        table=pd.DataFrame(rows),
        title=claims_finding(table),
        question="Question: what of the article comes true once all measures go?"
        if of_the_article(table)
        else "Question: how likely are these claims?",
        caption=f"Likely: P of {LIKELY} or more; P before the data in brackets. Change: median "
        f"({mass_words(interval_rule().prob)} draws). Verdicts: --all.",
        aside=("verdict",),
    )


def exceedance_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Show how probable an effect is beyond nothing and beyond multiples of what matters.

    `scm`: names units and periods.
    """
    rows = []
    for _, own in table.groupby("claim", sort=False):
        first, after = own.iloc[0], own["prob"].fillna(own["prob_prior"])
        matters = float(own.loc[own["matters"], "size"].iloc[0])
        date = str(first["period"] or first["horizon"])
        unit = scm.effect_unit(str(first["outcome"]))
        multiples = own["size"] / matters
        rows.append(
            {"claim": _in_short(first["statement"]), "by": date, "size": f"{matters:g} {unit}"}
            | {
                _times(multiple): chance(float(prob))
                for multiple, prob in zip(multiples, after, strict=True)
            }
        )
    return View(
        table=pd.DataFrame(rows),
        first=("claim", "by", "size", *(_times(m) for m in _MULTIPLES_FIRST)),
        title=exceedance_finding(table),
        question="Question: how probable is an effect of at least this size?",
        caption="Size: the smallest that matters, which is judgement. P: of an effect of the "
        "claim's sign and at least so many times that size. Before the data: --csv.",
    )


_MULTIPLES_FIRST = (0.0, 1.0, 2.0, 0.5, 4.0)


def _times(multiple: float) -> str:
    return f"P {multiple:g}x" if multiple else "P any"


def _in_short(statement: str) -> str:
    """Return the clause of a claim that says what comes, without what leads to it."""
    clauses = statement.removeprefix("The ").rstrip(".").split(": ")
    said = next((c for c in reversed(clauses) if _SAYS.search(c)), clauses[0])
    return upper_first(said.removeprefix("the ").partition(" than they would")[0])


def chain_view(found: Chain, *, is_prior: bool) -> View:
    """Show the steps of the article's chain, each alone and given those before."""
    rows = [
        {
            "step": f"{place}. {_in_short(row['statement'])}",
            "P": chance(row["prob"]),
            "P given those before": chance(row["prob_given"]),
            "breaks here": percent(row["breaks_here"]),
            "P large": chance(row["prob_material"]),
        }
        for place, row in enumerate(found.steps.to_dict("records"), start=1)
    ]
    return View(
        table=pd.DataFrame(rows),
        title=found.sentences[0].partition(" (")[0],
        question="Question: does the article's chain hold as a whole, and where does it break?",
        caption=f"Shares of {'prior draws, no data used' if is_prior else 'draws'}. Breaks here: "
        "the first step that fails. P large: enough to matter, which is judgement.",
    )


def pairs_view(found: Chain) -> View:
    """Show the probability that two steps of the chain have their signs together."""
    pairs = found.pairs.map(chance).reset_index(drop=True)
    numbers = [str(place) for place in range(1, len(pairs) + 1)]
    pairs.columns = pd.Index(numbers)
    pairs.insert(0, "step", numbers)
    return View(table=pairs, title="Probability of two steps together, by number")


def required_view(
    found: RequiredRelief, scm: StructuralCausalModel, *, start: str, basis: str
) -> View:
    """Show how probable a target is at each depth of relief.

    `start`: first day of the last known period, from which the target's time counts. `basis`: the
    word for what the effect of the relief rests on.
    """
    rows = [
        {
            "relief": percent(depth),
            "probability": chance(prob),
            "two standard errors": share_words(2 * error),
            "enough": bool(prob >= found.target.probability),
        }
        for depth, prob, error in zip(
            found.depths[::10], found.probability[::10], found.standard_error[::10], strict=True
        )
    ]
    return View(
        table=pd.DataFrame(rows),
        title=required_finding(found, scm, start=start),
        question="Question: how much relief does the target need?",
        caption="Share of simulated futures that meet the target; every depth: --csv. What relief "
        f"does to {spoken_label(scm, found.target.outcome)} rests on: {basis} (identified by data, "
        "mixed or assumed).",
    )
