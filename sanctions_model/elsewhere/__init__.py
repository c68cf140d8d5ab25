"""Relief observed elsewhere: liftings of sanctions in other countries, as data and as a model.

Knows episodes, a panel of countries and what they say of the next lifting; knows no Russia but the
covariates that it predicts for. Answers come from files, without PyMC.
"""

from sanctions_model.elsewhere.episodes import Episode, episodes_table, load_episodes
from sanctions_model.elsewhere.gsdb import read_gsdb
from sanctions_model.elsewhere.panel import ReliefData, load_country_panel, load_relief_data

__all__ = [
    "Episode",
    "ReliefData",
    "episodes_table",
    "load_country_panel",
    "load_episodes",
    "load_relief_data",
    "read_gsdb",
]
