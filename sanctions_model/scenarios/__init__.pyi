"""The room's public names, where they live."""

__all__ = [
    "FuturePaths",
    "FutureProcess",
    "ReliefDesign",
    "Scenario",
    "ScenarioLibrary",
    "Statement",
    "Tightening",
    "compare_futures",
    "designed_effect",
    "draw_future_paths",
    "draw_scenario_paths",
    "expected_by_odds",
    "load_scenario",
    "load_scenarios",
    "load_sectors",
    "mixture",
    "probabilities",
    "respond_to",
    "reweighted",
    "sector_premiums",
    "sector_table",
    "spread_split",
    "statement_probabilities",
]

from .effects import Scenario, designed_effect, load_scenario, respond_to
from .library import FutureProcess, ScenarioLibrary, load_scenarios
from .mixture import compare_futures, expected_by_odds, mixture, probabilities, reweighted
from .regimes import FuturePaths, draw_future_paths, draw_scenario_paths
from .relief import ReliefDesign, Tightening
from .sectors import load_sectors, sector_premiums, sector_table
from .statements import Statement, statement_probabilities
from .variance import spread_split
