"""The room's public names, where they live."""

__all__ = [
    "compare_sentences",
    "mix_sentences",
    "sector_sentences",
    "spread_sentences",
    "write_report",
]

from .page.page import write_report
from .scenarios import compare_sentences, mix_sentences, spread_sentences
from .sectors import sector_sentences
