"""Sources as links: the studies behind a number, by their ids, with where they can be read."""

from collections.abc import Sequence

from sanctions_model.data.evidence import Estimate, load_evidence
from sanctions_model.report.page.markup import Html, join, tag


def linked(words: str, estimate: Estimate) -> Html:
    """Return words as a link to an estimate's source, or as they are where no address is known."""
    address = estimate.address
    if not address:
        return join([words])
    return tag("a", words, attributes={"href": address, "rel": "noopener noreferrer"})


def source_links(ids: Sequence[str]) -> Html:
    """Return the authors and years of estimates, each study once, as links.

    `ids`: of ``evidence.csv``.
    """
    known = load_evidence()
    named: dict[str, Estimate] = {}
    for estimate in (known[name] for name in ids):
        year = "" if estimate.year is None else f" {estimate.year}"
        named.setdefault(f"{estimate.authors}{year}", estimate)
    parts = [linked(words, estimate) for words, estimate in named.items()]
    return join([text for part in parts for text in ("; ", part)][1:])
