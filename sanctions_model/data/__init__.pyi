"""The room's public names, where they live."""

__all__ = [
    "TableMapping",
    "coverage",
    "diff_vintages",
    "find_vintage",
    "intensities",
    "load_events",
    "load_evidence",
    "load_mapping",
    "load_observations",
    "load_rule",
]

from .evidence import load_evidence
from .measures import intensities, load_events, load_rule
from .observations import coverage, load_observations
from .user_tables import TableMapping, load_mapping
from .vintages import diff_vintages, find_vintage
