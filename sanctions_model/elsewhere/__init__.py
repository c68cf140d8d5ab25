"""Relief observed elsewhere: liftings of sanctions in other countries, as data and as a model.

Knows episodes, a panel of countries and what they say of the next lifting; knows no Russia but the
covariates that it predicts for and two bans of its own. Answers come from files, without PyMC.
"""

from sanctions_model.doors import guarded
from sanctions_model.elsewhere.base_rates import lifting_rate
from sanctions_model.elsewhere.episodes import Episode, episodes_table, load_episodes
from sanctions_model.elsewhere.futures import announced_move, liftings_by_future
from sanctions_model.elsewhere.gsdb import read_gsdb
from sanctions_model.elsewhere.inside_russia import (
    load_bans,
    load_news_days,
    news_moves,
    share_back,
)
from sanctions_model.elsewhere.model.fitting import ReliefFit, fit_relief, write_relief_files
from sanctions_model.elsewhere.panel import ReliefData, load_country_panel, load_relief_data
from sanctions_model.elsewhere.prediction import (
    Lifting,
    fit_summary,
    liftings_like_russia,
    load_effect_draws,
    load_episode_effects,
    predict,
    predictive_table,
)
from sanctions_model.elsewhere.reimposition import reimposition_hazard, snap_back_hazard
from sanctions_model.elsewhere.simple import change_around

__all__ = [
    "Episode",
    "Lifting",
    "ReliefData",
    "ReliefFit",
    "announced_move",
    "change_around",
    "episodes_table",
    "fit_relief",
    "fit_summary",
    "lifting_rate",
    "liftings_by_future",
    "liftings_like_russia",
    "load_bans",
    "load_country_panel",
    "load_effect_draws",
    "load_episode_effects",
    "load_episodes",
    "load_news_days",
    "load_relief_data",
    "news_moves",
    "predict",
    "predictive_table",
    "read_gsdb",
    "reimposition_hazard",
    "share_back",
    "snap_back_hazard",
    "write_relief_files",
]

globals().update({name: guarded(globals()[name]) for name in __all__})
