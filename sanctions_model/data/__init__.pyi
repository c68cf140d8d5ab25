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
    "load_outside_forecasts",
    "load_rule",
    "newest_forecasts",
]

from .evidence import load_evidence
from .observations import coverage, load_observations
from .outside_forecasts import load_outside_forecasts, newest_forecasts
from .sanctions.measures import intensities, load_events, load_rule
from .user_tables import TableMapping, load_mapping
from .vintages import diff_vintages, find_vintage
