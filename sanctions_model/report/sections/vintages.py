"""The vintages of the data that are known here, and what changed from one to the next."""

from itertools import pairwise

import pandas as pd

from sanctions_model.data.vintages import BUNDLED, diff_vintages, list_vintages
from sanctions_model.inference.fit import Fit, data_checksum
from sanctions_model.plots.parts.observed_past import period_name
from sanctions_model.report.page.markup import Html, join, table, tag
from sanctions_model.report.validation.words import rows_of


def changes_between() -> pd.DataFrame:
    """Count what changed from each known vintage to the next.

    Returns: one row a step: ``old``, ``new``, ``periods`` (new ones, over all series), ``revised``
    (figures that differ as printed) and ``series`` in which any does. Empty where one vintage is
    known. Raises `ObservationError` if a vintage has been changed since it was written.
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
    own = _data_of(fit)
    found = changes_between()
    if found.empty:
        return join(
            [
                own,
                tag(
                    "p",
                    [
                        "Only one vintage is known here, so that there is nothing to compare. ",
                        tag("code", "sanctions-model data update", attributes={"lang": "en"}),
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
                    tag("code", "sanctions-model data compare", attributes={"lang": "en"}),
                ],
            ),
        ]
    )


def _data_of(fit: Fit) -> Html:
    """Say in words which data the fit is of, and give their checksum in small print."""
    data = fit.manifest["data"]
    vintage = (fit.manifest.get("inputs") or {}).get("vintage")
    if vintage is None:
        kind = "data of one's own"
    else:
        name = str(vintage["name"])
        kind = (
            "the data that came with the program"
            if name == BUNDLED
            else f"the data fetched on {name}"
        )
    last = period_name(str(data["last_period"]), fit.scm.periods_per_year)
    digest = data_checksum(fit.manifest)
    return tag(
        "p",
        [
            f"This fit is of {kind}, to {last}.",
            " ",
            tag(
                "small",
                ["Data checksum: ", tag("code", digest, attributes={"lang": "en"})],
            ),
        ],
    )
