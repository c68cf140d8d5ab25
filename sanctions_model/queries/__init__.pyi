"""The room's public names, where they live."""

__all__ = [
    "Basis",
    "Chain",
    "Claim",
    "Condition",
    "Episode",
    "RequiredRelief",
    "Statistic",
    "Target",
    "Window",
    "abduct",
    "annual",
    "annual_conditions",
    "chain_table",
    "channel_effects",
    "conditional_forecast",
    "counterfactual",
    "effects_table",
    "episode",
    "forecast_error_variance",
    "forecast_error_variance_decomposition",
    "headline",
    "historical_decomposition",
    "impulse_response",
    "link_effects",
    "links_table",
    "load_claims",
    "load_quantities",
    "measure_effects",
    "nowcast_table",
    "quantity_draws",
    "relief_frontier",
    "relief_paths",
    "required_relief",
    "scorecard",
    "simulate",
    "step_response",
    "total_effect",
]

from .annual_conditions import annual_conditions
from .basis import Basis
from .chain import Chain, chain_table
from .claims import Claim, load_claims, scorecard
from .conditional import Condition, conditional_forecast
from .counterfactuals import Episode, abduct, counterfactual, episode
from .decomposition import historical_decomposition
from .effects import channel_effects, measure_effects, relief_paths, total_effect
from .estimands import load_quantities, quantity_draws
from .forecasts import (
    forecast_error_variance,
    forecast_error_variance_decomposition,
    nowcast_table,
    simulate,
)
from .reading.calendar_years import Statistic, annual
from .reading.headlines import headline
from .reading.tables import effects_table, link_effects, links_table
from .reading.windows import Window
from .required import RequiredRelief, Target, relief_frontier, required_relief
from .responses import impulse_response, step_response
