"""The vintages of the data that are known here, and what changed from one to the next."""

from itertools import pairwise

import pandas as pd

from sanctions_model.data.revisions import diff_vintages
from sanctions_model.data.vintages import list_vintages
from sanctions_model.inference.fit import Fit
from sanctions_model.report.page.markup import Html, join, table, tag
from sanctions_model.report.validation.words import rows_of
from sanctions_model.robustness.vintages import vintage_of

__all__ = ["changes_between", "vintages_section"]


def changes_between() -> pd.DataFrame:
    """Count what changed from each known vintage to the next.

    Returns
    -------
    pandas.DataFrame
        One row a step: ``old``, ``new``, ``periods`` (new ones, over all series), ``revised``
        (figures that differ as printed) and ``series`` in which any does. Empty where one vintage
        is known.

    Raises
    ------
    ObservationError
        If a vintage has been changed since it was written.
    """
    known = list_vintages()
    rows = []
    for old, new in pairwise(known):
        found = diff_vintages(old, new)
        rows.append(
            {
                "old": old.name,
                "new": new.name,
                "periods": int(found["n_new"].sum()),
                "revised": int(found["n_revised"].sum()),
                "series": int((found["n_revised"] > 0).sum()),
            }
        )
    return pd.DataFrame(rows, columns=["old", "new", "periods", "revised", "series"])


def vintages_section(fit: Fit) -> Html:
    """Return the section, or the sentence that one vintage is known."""
    own = tag("p", f"This fit is of the data {vintage_of(fit)}.")
    found = changes_between()
    if found.empty:
        return join(
            [
                own,
                tag(
                    "p",
                    [
                        "Only one vintage is known here, so that there is nothing to compare. ",
                        tag("code", "sanctions-model data update"),
                        " fetches another; a report made after it compares them.",
                    ],
                ),
            ]
        )
    return join(
        [
            own,
            table(
                "What changed from one vintage to the next",
                ["From", "To", "New figures", "Revised figures", "Series revised"],
                [
                    [r.old, r.new, str(r.periods), str(r.revised), str(r.series)]
                    for r in rows_of(found)
                ],
                numeric=range(2, 5),
                cards=True,
            ),
            tag(
                "p",
                [
                    "What that does to the answers takes a fit of each: ",
                    tag("code", "sanctions-model data compare"),
                    ".",
                ],
            ),
        ]
    )
