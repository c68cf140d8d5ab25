"""The brief within the page: what a printer gives in the place of the page, in each language."""

from sanctions_model.report.brief.facts import HEADLINE, Facts
from sanctions_model.report.brief.html import content
from sanctions_model.report.brief.language import LANGUAGES, load_language
from sanctions_model.report.brief.said import said
from sanctions_model.report.lab.still import still_fan
from sanctions_model.report.page.answers import dates, fans
from sanctions_model.report.page.markup import Html, join, tag


def printed_briefs(facts: Facts) -> Html:
    """Return the brief in every language; the page's style shows one, on paper alone."""
    fan = fans(facts.effect, facts.rule)[HEADLINE]
    named = dates(facts.fit)[: len(fan["median"])]
    briefs = []
    for code in LANGUAGES:
        language = load_language(code)
        picture = still_fan(fan, named, mark=language.mark)
        briefs.append(
            tag(
                "div",
                content(said(facts, language), picture),
                attributes={"class": "brief", "lang": code},
            )
        )
    return join(briefs)
