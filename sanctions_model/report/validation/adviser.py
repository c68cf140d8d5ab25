"""What the validation report says to somebody who reads half a page of it.

Sentences follow from the numbers of the tables; the tables and their details come behind.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sanctions_model.report.validation.words import rows_of, truth_of
from sanctions_model.summaries import interval_rule
from sanctions_model.validation.origins.rolling import MODEL
from sanctions_model.validation.stated_backtests import load_back_tests
from sanctions_model.wording import percent

if TYPE_CHECKING:
    from sanctions_model.validation.run import Validation


def half_a_page(found: "Validation", picture: str) -> str:
    """Return the opening section in Markdown, with the picture of the published totals.

    `picture`: Markdown of the figure of the published totals, empty where there is none.
    """
    lines = "\n".join(f"- {line}" for line in _sentences(found))
    return f"""## In half a page

The model says what lifting sanctions would change. It was asked questions whose answers are \
known, and this is how it did, from what it does well to what nobody can test.

{lines}

What to do with that: use differences between a world with relief and one without, not \
forecasts; quote an effect with its interval and with what it rests on; and where the argument \
is about a size that is assumed, argue about the belief, because the data will not settle it.

{picture}"""


def _sentences(found: "Validation") -> Iterator[str]:
    tables = found.tables
    if "calibration" in tables:
        table = tables["calibration"]
        covered = int(truth_of(table["covers"]).sum())
        yield (
            f"**The arithmetic holds.** On {int(table['data_sets'].iloc[0])} invented histories "
            f"whose truth is known, intervals held it as often as they should for {covered} of "
            f"{len(table)} quantities."
        )
    cells = tables["predictive"]
    share = float((cells["coverage"] * cells["n"]).sum() / cells["n"].sum())
    yield (
        f"**The past is described.** Of {int(cells['n'].sum())} quarterly figures, each predicted "
        f"from what was known beside it, {percent(share)} lie in intervals that should hold "
        f"{interval_rule().percent}."
    )
    for name, spec in load_back_tests().items():
        if f"backtest_{name}_annual" in tables:
            annual = tables[f"backtest_{name}_annual"]
            own = rows_of(annual[annual["forecaster"] == MODEL])
            held = sum(bool(row.lower <= row.outcome <= row.upper) for row in own)
            met = "met" if held == len(own) else "met in part" if held else "missed"
            yield (
                f"**A crisis is {met}.** {spec.title}: {held} of {len(own)} yearly outcomes "
                f"lie in their {interval_rule().percent} intervals, some of which are wide."
            )
    totals = tables["totals"]
    answered = totals[totals["verdict"] != "not answered"]
    missed = answered[answered["verdict"] == "outside"]
    small = int((missed["size"] == "too small").sum())
    yield (
        f"**Other people's answers are often missed.** Of {len(answered)} published figures on "
        f"what sanctions or their end did, {len(missed)} lie outside; {small} of these misses are "
        "too small (picture)."
    )
    kinds = tables["headline"]["basis"].value_counts()
    decided, shared, left = (int(kinds.get(k, 0)) for k in ("identified", "mixed", "assumed"))
    yield (
        f"**Sizes are beliefs to a large part.** Of {len(tables['headline'])} headline effects the "
        f"data decide {decided}, share in {shared} and leave {left} to published estimates and "
        "judgement."
    )
    yield (
        "**Relief itself cannot be tested.** No large measure has ever been lifted in these data. "
        "What comes back, and how fast, is a belief, informed by other countries at best."
    )
