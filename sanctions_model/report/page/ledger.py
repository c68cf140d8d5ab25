"""What a colleague checks: the graph, every prior with its sources, diagnostics."""

import html
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sanctions_model.data.evidence import load_evidence
from sanctions_model.errors import UnknownVariableError
from sanctions_model.plots import plot_graph, plot_prior_posterior
from sanctions_model.plots.parts.style import figure_bytes
from sanctions_model.report.lab.translated import spoken, whole
from sanctions_model.report.ledgers import priors_view
from sanctions_model.report.page.answers import Answers
from sanctions_model.report.page.markup import (
    Html,
    english,
    folded,
    join,
    parameter_words,
    table,
    tag,
)
from sanctions_model.report.page.slim import slim_svg, svg_address
from sanctions_model.report.sections.links import linked
from sanctions_model.report.views import diagnostics_line
from sanctions_model.validation.sanity import sanity_checks
from sanctions_model.wording import number, share_words, significant, true_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OUTSIDE = "OUTSIDE"
_JUDGEMENT = "judgement"
# What the column of the file says, in words.
_STATUS = {
    "seen": "seen in the source",
    "second_hand": "second hand",
    "own_calculation": "own calculation",
    "qualitative": "no number",
}


def picture(figure: "Figure", description: str) -> Html:
    """Return a matplotlib figure as a vector picture inside the page."""
    source = svg_address(slim_svg(figure_bytes(figure, letters=True)))
    # The address holds nothing that an attribute cannot; escaped, it were a quarter longer.
    image = Html(f'<img src="{source}" alt="{html.escape(description)}" lang="en">')
    return tag(
        "div",
        image,
        attributes={
            "class": "picture",
            "tabindex": "0",
            "role": "region",
            "aria-label": description,
        },
    )


def graph_section(answers: Answers) -> Html:
    """Return the causal graph with effects on its links."""
    drawn = plot_graph(
        answers.scm,
        answers.fit.draws,
        priors=answers.fit.problem.absolute,
        drawn_from=answers.fit.drawn_from,
    )
    shown = picture(drawn, "The causal graph with long-run effects on its links")
    return folded("The graph of the model, a large picture", shown)


def priors_section(answers: Answers) -> Html:
    """Return the ledger of priors, prior against posterior, and the published estimates."""
    fit = answers.fit
    view = priors_view(fit.problem.priors, answers.scm)
    rows = [_prior_row(row, answers) for row in view.table.to_dict("records")]
    ledger = table(
        f"Every prior with its posterior (median, {answers.rule}), rationale and sources",
        ["Parameter", "Prior", "Unit", "Posterior", "Information", "Rationale", "Sources"],
        rows,
        numeric=(4,),
        cards=True,
    )
    drawn = plot_prior_posterior(
        answers.scm,
        fit.prior_draws,
        fit.posterior_draws,
        fit.problem.absolute,
    )
    return join(
        [
            tag(
                "p",
                "Each parameter has a prior with a rationale and the ids of published estimates, "
                "or the word judgement. A sign marked as assumed is set by the prior.",
            ),
            tag("details", [tag("summary", f"All {len(rows)} priors"), ledger]),
            tag(
                "details",
                [
                    tag("summary", "Prior against posterior, picture"),
                    picture(drawn, "Prior and posterior of every link's effect"),
                ],
            ),
            tag("details", [tag("summary", "The published estimates"), _evidence()]),
        ]
    )


def _prior_row(row: Mapping[Hashable, Any], answers: Answers) -> list[str]:
    address, parameters = str(row["parameter"]), answers.parameters
    words = parameter_words(answers.scm, address)
    shown = address.replace("->", "→")
    said, share = "fixed", ""
    if address in parameters.index:
        columns = ["median", "lower", "upper", "information"]
        row_values = parameters.loc[[address], columns].to_numpy(dtype=float)[0]
        median, lower, upper, known = (float(value) for value in row_values)
        said = "" if np.isnan(median) else f"{number(median)} ({number(lower)}; {number(upper)})"
        share = share_words(known)
    return [
        join([tag("span", spoken(words)), " ", tag("code", shown, attributes={"lang": "en"})]),
        join([english(str(row["prior"])), "; sign assumed" if row["sign"] else ""]),
        whole(str(row["unit"])),
        said,
        share,
        whole(str(row["rationale"])),
        _sources(str(row["sources"])),
    ]


def _sources(said: str) -> Html:
    """Return ids of published estimates as they are, and the word judgement in every language."""
    ids = [name for name in said.split(", ") if name != _JUDGEMENT]
    if len(ids) == len(said.split(", ")):
        return english(said)
    return join([english(", ".join(ids)), ", " if ids else "", _JUDGEMENT])


def _evidence() -> Html:
    evidence = load_evidence()
    frame = evidence.to_frame().reset_index()
    rows = []
    for row in frame.astype(object).where(frame.notna(), "").to_dict("records"):
        between = f" ({row['lower']}; {row['upper']})" if row["lower"] != "" else ""
        year = f" ({row['year']})" if row["year"] != "" else ""
        rows.append(
            [
                english(str(row["id"])),
                english(
                    linked(
                        f"{row['authors']}{year}. {row['title']}. {row['venue']}.",
                        evidence[str(row["id"])],
                    )
                ),
                english(str(row["link"]).replace("->", "→")),
                english(f"{row['value']}{between} {row['unit']}".strip()),
                english(str(row["horizon"])),
                _STATUS[str(row["status"])],
            ]
        )
    return table(
        "Published estimates, as far as they were seen",
        ["Id", "Source", "Link", "Value", "Horizon", "Status"],
        rows,
        cards=True,
    )


def diagnostics_section(answers: Answers) -> Html:
    """Return convergence and the sanity checks."""
    line = diagnostics_line(answers.fit)
    return join([tag("p", f"{line[0].upper()}{line[1:]}."), _checks(answers)])


def _checks(answers: Answers) -> Html:
    fit = answers.fit
    try:
        checks = sanity_checks(fit.problem, fit.prior_draws, fit.posterior_draws)
    except UnknownVariableError:
        # The ranges are of single links of one economy; for another they say nothing.
        return tag("p", f"No sanity checks: their ranges are not stated for {fit.scm.name}.")
    rows = [
        [
            tag("span", spoken(str(check.check))),
            join(
                [
                    tag("span", f"{check.source}:"),
                    " ",
                    tag("span", spoken(true_minus(str(check.what)))),
                ]
            ),
            significant(value),
            "inside" if check.inside else _OUTSIDE,
            spoken(true_minus(str(check.note))),
        ]
        for check, value in zip(checks.itertuples(), checks["value"].tolist(), strict=True)
    ]
    outside = [row for row in rows if row[3] == _OUTSIDE]
    said = (
        f"Of {len(rows)} checks of what economists expect, {len(rows) - len(outside)} lie inside "
        f"their bounds and {len(outside)} outside{':' if outside else '.'}"
    )
    return join(
        [
            tag("p", said),
            folded(
                f"The {len(outside)} outside their bounds",
                tag("ul", (tag("li", [row[0], ", ", row[1], f" ({row[2]})"]) for row in outside)),
            ),
            tag(
                "details",
                [
                    tag("summary", "All sanity checks"),
                    table(
                        "Sanity checks, intervals from 5 to 95 %",
                        ["Check", "What", "Value", "Result", "Note"],
                        rows,
                        numeric=(2,),
                        cards=True,
                    ),
                ],
            ),
        ]
    )
