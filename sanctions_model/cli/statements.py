"""Statements and dates on the command line: read before any work, told beside every table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sanctions_model.cli.parts.console import show
from sanctions_model.errors import QuestionError
from sanctions_model.report.views import View
from sanctions_model.wording import chance, decimals

if TYPE_CHECKING:
    import pandas as pd

    from sanctions_model.inference.fit import Fit
    from sanctions_model.scenarios.statements import Statement


def read_statements(
    texts: Sequence[str] | None, fitted: "Fit", outcomes: Sequence[str]
) -> "tuple[list[Statement], list[str]]":
    """Return the statements, and the outcomes asked for with those of the statements."""
    from sanctions_model.scenarios.effects import starting_day
    from sanctions_model.scenarios.statements import Statement

    scm = fitted.scm
    said = [" ".join(text.split()) for text in texts or []]
    for text in said:
        if said.count(text) > 1:
            raise QuestionError(f"--statement {text!r} is given twice; give it once.")
    for name in outcomes:
        scm.require(name, "the outcomes")

    def read(names: Sequence[str]) -> "list[Statement]":
        start = starting_day(fitted.problem, names)
        year = scm.periods_per_year
        return [
            Statement.parse(text, start=start, periods_per_year=year, example=names[0])
            for text in texts or []
        ]

    everything = list(dict.fromkeys([*outcomes, *(s.outcome for s in read(outcomes))]))
    for name in everything:
        scm.require(name, "the statements")
    # What the start needs to be known may change with the outcomes.
    return read(everything), everything


def with_statements(
    table: "pd.DataFrame", said: "pd.DataFrame", *, against: str = ""
) -> "pd.DataFrame":
    """Add a row a statement to a table that is written, and what its effects are compared with."""
    import pandas as pd

    if against:
        table = table.assign(against=[against if q == "effect" else "" for q in table["quantity"]])
    if not len(said):
        return table
    return pd.concat([table, said.assign(quantity="statement")], ignore_index=True)


def show_statements(said: "pd.DataFrame", *, as_json: bool) -> None:
    """Print the probabilities, if there are any and the table does not hold them."""
    if not len(said) or as_json:
        return
    numbers = said.select_dtypes("number").columns
    shown = said.assign(**{name: [decimals(v, 3) for v in said[name]] for name in numbers})
    words = {"standard_error": "error", **{n: n.replace("_", " ") for n in numbers[:-1]}}
    shown = shown.rename(columns=words)
    first = said.iloc[0]  # its last numbers are the probability, of the mixture if there is one
    unit = f", in {first['unit']}," if first["unit"] else ""
    title = f"“{first['statement']}”{unit} has probability {chance(float(first[numbers[-2]]))}"
    show(View(table=shown, title=title, question="Question: how probable is each statement?"))
