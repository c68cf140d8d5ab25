"""The room's public names, where they live."""

__all__ = [
    "leave_one_out_cells",
    "load_back_tests",
    "load_published_totals",
    "placebo_reference",
    "predictive_table",
    "relief_quantities",
    "rolling_scores",
    "run_back_test",
    "sanity_checks",
    "score_summary",
    "simulation_based_calibration",
    "totals_table",
    "uniformity",
    "validate",
]

from .backtests import run_back_test
from .calibration import relief_quantities, simulation_based_calibration, uniformity
from .origins.rolling import rolling_scores, score_summary
from .placebos import placebo_reference
from .predictive import leave_one_out_cells, predictive_table
from .published_effects import load_published_totals, totals_table
from .run import validate
from .sanity import sanity_checks
from .stated_backtests import load_back_tests
