"""The page on what fails: its words stand in `docs`, its numbers in the validation report."""

import re
from pathlib import Path

__all__ = ["filled"]

_MARK = re.compile(r"<!-- from (?P<page>\w+\.md): (?P<part>[\w ,]+) -->")
_OUTSIDE = "outside"
_KEPT = ("total", "published", "posterior", "unit", "verdict", "why")


def filled(text: str, docs: Path) -> str:
    """Return a page with each mark replaced by the part of another page that it names.

    `<!-- from validation.md: What failed -->` brings the section of that title;
    `<!-- from validation.md: outside -->` brings the rows of the published totals that the model
    misses, hard misses first.
    """

    def bring(mark: re.Match[str]) -> str:
        page = (docs / mark["page"]).read_text(encoding="utf-8")
        return _misses(page) if mark["part"] == _OUTSIDE else _section(page, mark["part"])

    return _MARK.sub(bring, text)


def _section(page: str, title: str) -> str:
    _, found, rest = page.partition(f"\n## {title}\n")
    if not found:
        raise ValueError(f"No section {title!r}; a page names it in a mark.")
    return rest.partition("\n## ")[0].strip()


def _misses(page: str) -> str:
    """Return the table of published totals with the rows outside alone, and how many they are."""
    lines = [line for line in _section(page, "Published totals").splitlines() if line[:1] == "|"]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    verdict = header.index("verdict")
    missed = [row for row in rows if row[verdict].startswith(_OUTSIDE)]
    missed.sort(key=lambda row: "hard" not in row[verdict])
    answered = [row for row in rows if not row[verdict].startswith("not")]
    kept = [header.index(name) for name in _KEPT]
    shown = [header, ["---"] * len(header), *missed]
    table = ["| " + " | ".join(row[i] for i in kept) + " |" for row in shown]
    said = (
        f"Of {len(answered)} published totals that it can answer, the model misses {len(missed)}."
    )
    return "\n".join([said, "", *table])
