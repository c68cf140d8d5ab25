"""The room's public names, where they live."""

__all__ = [
    "Announcement",
    "AssetRelease",
    "FuturePaths",
    "FutureProcess",
    "LevelShift",
    "Opposition",
    "Phase",
    "PooledPremium",
    "ReliefDesign",
    "Scenario",
    "ScenarioLibrary",
    "SnapBack",
    "Statement",
    "Tightening",
    "Unpredictability",
    "compare_futures",
    "designed_effect",
    "draw_future_paths",
    "draw_scenario_paths",
    "expected_by_odds",
    "filtered_odds",
    "issuer_shares",
    "load_output_losses",
    "load_scenario",
    "load_scenarios",
    "load_sectors",
    "mixture",
    "observed_composite",
    "output_table",
    "pool_premium",
    "pooled_effects",
    "probabilities",
    "respond_to",
    "reweighted",
    "scenario_forecast",
    "scenario_keys",
    "scenario_schema",
    "scenario_template",
    "sector_premiums",
    "sector_table",
    "spread_split",
    "statement_probabilities",
]

from .effects import designed_effect, respond_to
from .forecast import scenario_forecast
from .issuers import issuer_shares
from .keys import scenario_keys, scenario_schema, scenario_template
from .library import (
    FutureProcess,
    ScenarioLibrary,
    load_scenario,
    load_scenarios,
    probabilities,
)
from .odds.filtering import filtered_odds, observed_composite
from .odds.mixture import compare_futures, expected_by_odds, mixture, reweighted
from .odds.regimes import FuturePaths, draw_future_paths, draw_scenario_paths
from .odds.variance import spread_split
from .relief import (
    Announcement,
    Opposition,
    Phase,
    ReliefDesign,
    SnapBack,
    Tightening,
    Unpredictability,
)
from .scenario import AssetRelease, LevelShift, Scenario
from .sectors import (
    PooledPremium,
    load_output_losses,
    load_sectors,
    output_table,
    pool_premium,
    pooled_effects,
    sector_premiums,
    sector_table,
)
from .statements import Statement, statement_probabilities
