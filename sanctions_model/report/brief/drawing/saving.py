"""Saving the sheet and the picture of a language; equal figures are equal files."""

from pathlib import Path

from matplotlib import rc_context

from sanctions_model.files import whole_file
from sanctions_model.plots.parts.style import figure_bytes
from sanctions_model.report.brief.drawing.card import DPI, card
from sanctions_model.report.brief.drawing.fonts import families
from sanctions_model.report.brief.drawing.sheet import sheet
from sanctions_model.report.brief.facts import Facts
from sanctions_model.report.brief.said import Said


def save_drawings(facts: Facts, texts: Said, stem: Path) -> None:
    """Write the sheet (``.pdf``) and the picture (``.png``), each whole or not at all.

    `stem`: the files' name without ending. Raises `QuestionError` if no font holds the language's
    letters.
    """
    # The fonts hold while lines are measured and while they are drawn.
    with rc_context({"font.family": families(texts.language)}):
        drawn = {
            ".pdf": figure_bytes(sheet(facts, texts), "pdf", dpi=DPI, title=texts.title),
            ".png": figure_bytes(card(facts, texts), "png", dpi=DPI),
        }
    for ending, content in drawn.items():
        with whole_file(stem.with_suffix(ending)) as part:
            part.write_bytes(content)
