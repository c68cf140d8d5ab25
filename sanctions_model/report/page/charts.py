"""Places for charts, which the page's scripts fill, under headings that name outcome and unit."""

import re
from collections.abc import Sequence

from sanctions_model.plots.parts.words import effect_unit, short_label
from sanctions_model.report.page.markup import Html, tag
from sanctions_model.scm.model import StructuralCausalModel

__all__ = ["chart", "charts_figure", "page_unit", "parameter_words"]


def page_unit(scm: StructuralCausalModel, outcome: str) -> str:
    """Return the unit of an outcome's differences, short: log points of a level are read as %."""
    return effect_unit(scm, outcome).split(" (")[0]


def chart(scm: StructuralCausalModel, place: str, outcome: str) -> Html:
    """Return a chart's place under its heading.

    Parameters
    ----------
    scm : StructuralCausalModel
    place : str
        Id by which the script finds it.
    outcome : str
    """
    label = short_label(scm.variables[outcome])
    unit = tag("span", f", {page_unit(scm, outcome)}", attributes={"class": "unit"})
    drawn = {"id": place, "class": "plot", "role": "img"}
    drawn["aria-label"] = f"{label}; the table of this section has the numbers"
    return tag(
        "div",
        [tag("h3", [label, unit]), tag("div", attributes=drawn)],
        attributes={"class": "chart"},
    )


def charts_figure(charts: Sequence[Html], caption: str, *, wide: bool = False) -> Html:
    """Return charts side by side with one caption that says contrast, horizon and interval."""
    return tag(
        "figure",
        # Focusable, because a narrow page shows the charts as a strip that scrolls sideways.
        [
            tag(
                "div",
                charts,
                attributes={"class": "charts wide" if wide else "charts", "tabindex": "0"},
            ),
            tag("figcaption", caption),
        ],
    )


def parameter_words(scm: StructuralCausalModel, address: str) -> str:
    """Return a parameter's address with the labels of its variables in the place of their names.

    Examples
    --------
    >>> from sanctions_model.transmission import default_transmission
    >>> parameter_words(default_transmission(), "depreciation[1] -> inflation")
    'rouble depreciation[1] → consumer price inflation'
    """
    labels = {name: short_label(variable) for name, variable in scm.variables.items()}
    said = re.sub(
        r"[A-Za-z_]\w*",
        lambda found: labels.get(found[0], found[0]),
        address,
    )
    return said.replace("->", "→").replace("_", " ")
