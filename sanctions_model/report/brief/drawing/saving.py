"""Saving the sheet and the picture of a language; equal figures are equal files."""

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from sanctions_model.files import whole_file
from sanctions_model.report.brief.drawing.card import DPI, card
from sanctions_model.report.brief.drawing.fonts import families
from sanctions_model.report.brief.drawing.sheet import sheet
from sanctions_model.report.brief.facts import Facts
from sanctions_model.report.brief.said import Said

__all__ = ["save_drawings"]


def save_drawings(facts: Facts, texts: Said, stem: Path) -> None:
    """Write the sheet (``.pdf``) and the picture (``.png``), each whole or not at all.

    Parameters
    ----------
    stem : Path
        The files' name without ending.

    Raises
    ------
    QuestionError
        If no font holds the language's letters.
    """
    # The fonts hold while lines are measured and while they are drawn.
    with rc_context({"font.family": families(texts.language)}):
        facts_of_pdf: dict[str, Any] = {"Title": texts.title}
        facts_of_pdf |= dict.fromkeys(("CreationDate", "Creator", "Producer"))
        _save(sheet(facts, texts), stem.with_suffix(".pdf"), facts_of_pdf)
        _save(card(facts, texts), stem.with_suffix(".png"), {"Software": None})


def _save(figure: Figure, path: Path, written: dict[str, Any]) -> None:
    with whole_file(path) as part:
        figure.savefig(part, format=path.suffix[1:], dpi=DPI, metadata=written)
