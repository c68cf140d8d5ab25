"""The sections that stand behind the answers, folded, each with what it needs or a line why not."""

from collections.abc import Callable
from pathlib import Path

from sanctions_model.errors import SanctionsModelError
from sanctions_model.inference.fit import Fit
from sanctions_model.report.page.markup import Html, english, folded, join, tag
from sanctions_model.report.sections.elsewhere import elsewhere_section
from sanctions_model.report.sections.moved import moved_section
from sanctions_model.report.sections.now import now_section
from sanctions_model.report.sections.pooled import pooled_section
from sanctions_model.report.sections.published import published_section
from sanctions_model.report.sections.tested import tested_section
from sanctions_model.report.sections.vintages import vintages_section
from sanctions_model.report.sections.years import years_section


def background_section(fit: Fit, validation: Path | None = None) -> Html:
    """Return all sections, folded.

    Returns: a section that this model cannot have is one line that says why.
    """
    sections: dict[str, tuple[str, Callable[[Fit], Html]]] = {
        "now": ("Where things stand: data, measures, events", now_section),
        "years": ("The years without relief, and what others forecast", years_section),
        "moved": ("What moved 2014 to 2016 and 2022 to 2025", moved_section),
        "tested": (
            "Tests on the past: what it would have said",
            lambda own: tested_section(own, validation),
        ),
        "published": ("Published effects: which agree and which do not", published_section),
        "elsewhere": ("What lifting did in other countries", elsewhere_section),
        "vintages": ("Vintages of the data compared", vintages_section),
        "pooled": ("Sectors and the whole as one premium", pooled_section),
    }
    return join(
        tag(
            "div",
            folded(title, _or_why_not(write, fit)),
            attributes={"id": name},
        )
        for name, (title, write) in sections.items()
    )


def _or_why_not(write: Callable[[Fit], Html], fit: Fit) -> Html:
    try:
        return write(fit)
    except SanctionsModelError as error:
        return tag("p", ["Not shown. ", english(str(error))])
