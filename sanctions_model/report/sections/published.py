"""Published effects beside the model's own for the same experiment, misses first."""

import pandas as pd

from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit
from sanctions_model.report.lab.translated import whole
from sanctions_model.report.page.markup import Html, join, table, tag
from sanctions_model.report.sections.links import source_links
from sanctions_model.summaries import interval_rule
from sanctions_model.validation.misses import miss_pattern
from sanctions_model.validation.published_effects import totals_table
from sanctions_model.wording import number, true_minus

_ORDER = {"hard": 0, "soft": 1, "": 2}


def published_section(fit: Fit) -> Html:
    """Return the section. Raises `QuestionError` if the model answers none of them."""
    found = totals_table(fit.scm, fit.prior_draws, fit.posterior_draws)
    answered = found[found["verdict"] != "not answered"]
    if answered.empty:
        raise QuestionError(f"The {fit.scm.name or 'model'} answers none of the published effects.")
    inside = int((answered["verdict"] == "inside").sum())
    said = (
        f"Of {len(answered)} published figures that the model can be asked, {inside} agree with "
        f"it and {len(answered) - inside} do not: a miss is hard from two standard deviations on, "
        f"else soft. {len(found) - len(answered)} more figures are not asked of it."
    )
    order = answered.sort_values("miss", key=lambda own: own.map(_ORDER), kind="stable")
    shown = table(
        f"Published effects and the model's, median and {interval_rule().percent} "
        "interval, misses first; z: distance in standard deviations",
        ["Effect", "Published", "This model", "z", "Verdict", "In sight for priors"],
        [_row(row) for _, row in order.iterrows()],
        numeric=(2, 3),
        cards=True,
    )
    return join([tag("p", said), tag("p", true_minus(miss_pattern(found))), shown])


def _row(row: pd.Series) -> list[str]:
    sources = source_links([name for name in str(row["evidence"]).split(", ") if name])
    bounds = f"{number(row['median'])} ({number(row['lower'])}; {number(row['upper'])})"
    verdict = "agrees" if row["verdict"] == "inside" else f"{row['miss']} miss, {row['size']}"
    return [
        str(row["title"]),
        join(
            [
                whole(str(row["published"])),
                " ",
                tag("span", ["[", sources, "]"], attributes={"lang": "en"}),
            ]
        ),
        f"{bounds} {row['unit']}",
        number(row["z"]),
        verdict,
        "yes" if row["used_for_priors"] else "no",
    ]
