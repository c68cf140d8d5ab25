"""How often measures in force were lifted elsewhere: a constant rate a year, in closed form.

With n liftings in T years in force and the prior Gamma(1/2, rate 10 years) the rate is
Gamma(1/2 + n, 10 + T). The data hold liftings alone: sanctions that were never lifted add years and
no lifting, so that the rate is an upper bound.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from sanctions_model.elsewhere.episodes import Episode, load_episodes
from sanctions_model.summaries import interval_rule

_EVENTS, _YEARS = 0.5, 10.0
_GROUPS: dict[str, Callable[[Episode], bool]] = {
    "all": lambda episode: True,  # noqa: ARG005
    "trade and finance": lambda episode: bool(episode.trade and episode.financial),
    "several senders": lambda episode: bool(episode.multilateral),
    "no other government, no war's end": lambda e: not (e.by_regime_change or e.by_war),
}


def lifting_rate(episodes: Sequence[Episode] | None = None) -> pd.DataFrame:
    """Rate at which measures that were lifted one day had been lifted in a year, by group.

    Parameters
    ----------
    episodes : sequence of Episode, optional
        The bundled ones by default.

    Returns
    -------
    pandas.DataFrame
        One row a group: ``liftings``, ``years`` in force before them, the ``rate`` a year (median)
        with ``lower`` and ``upper`` (equal-tailed).

    Raises
    ------
    ObservationError
        If the bundled episodes cannot be read.

    Examples
    --------
    >>> lifting_rate().set_index("group").loc["trade and finance", "liftings"]
    np.int64(32)
    """
    from scipy.special import gammaincinv

    chosen = load_episodes() if episodes is None else episodes
    rows = []
    for name, belongs in _GROUPS.items():
        inside = [episode for episode in chosen if belongs(episode)]
        years = sum(max(e.lift_year - e.first_year, 0.5) for e in inside)
        below, up_to = interval_rule().tails
        tails = [below, 0.5, up_to]
        lower, median, upper = gammaincinv(_EVENTS + len(inside), tails) / (_YEARS + years)
        rows.append(
            {
                **{"group": name, "liftings": len(inside), "years": years},
                **{"rate": median, "lower": lower, "upper": upper},
            }
        )
    return pd.DataFrame(rows)
