r"""How often lifted measures came back: a constant hazard by group, in closed form.

With n reimpositions in T years at risk and the prior Gamma(1/2, rate 10 years), the hazard is
Gamma(1/2 + n, 10 + T): before any data one in twenty a year, worth half an event. Years at risk run
from the lifting to the reimposition or to the last year that was looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from sanctions_model.elsewhere.episodes import Episode, load_episodes
from sanctions_model.errors import QuestionError, did_you_mean
from sanctions_model.summaries import interval_rule

_EVENTS, _YEARS = 0.5, 10.0
LAST_YEAR = 2025
GROUPS: dict[str, Callable[[Episode], bool]] = {
    "all": lambda episode: True,  # noqa: ARG005
    "lifted in full": lambda episode: episode.extent == "full",
    "lifted in part": lambda episode: episode.extent == "partial",
    "several senders": lambda episode: episode.multilateral,
    "one sender": lambda episode: not episode.multilateral,
    "settlement": lambda episode: episode.ended_how.startswith("settlement"),
    "policy change": lambda episode: episode.ended_how == "policy_change",
    "sender's decision": lambda episode: episode.ended_how == "sender_decision",
    "other government, war's end": lambda e: e.by_regime_change or e.by_war,
}


def _at_risk(episode: Episode, years: int | None, last_year: int) -> tuple[float, int]:
    """Years at risk and whether it was imposed again, within some years."""
    until = last_year if episode.reimposed_year is None else episode.reimposed_year
    time, event = max(until - episode.lift_year, 0.5), episode.reimposed_year is not None
    if years is not None and time > years:
        return float(years), 0
    return time, int(event)


def _totals(episodes: Sequence[Episode], years: int | None, last_year: int) -> tuple[float, int]:
    pairs = [_at_risk(episode, years, last_year) for episode in episodes]
    return sum(time for time, _ in pairs), sum(event for _, event in pairs)


def reimposition_hazard(
    episodes: Sequence[Episode] | None = None,
    *,
    years: int | None = 5,
    last_year: int = LAST_YEAR,
) -> pd.DataFrame:
    """Hazard of reimposition by group of episodes.

    Parameters
    ----------
    episodes : sequence of Episode, optional
        The bundled ones by default.
    years : int or None
        Years after the lifting that count; all if None.
    last_year : int
        Until when reimpositions were looked for.

    Returns
    -------
    pandas.DataFrame
        One row a group: ``episodes``, ``reimposed``, ``years_at_risk``, the ``hazard`` a year with
        ``lower`` and ``upper`` (equal-tailed), ``within_3`` and ``within_5``: probability, the
        hazard averaged out, that it is imposed again within so many years.

    Raises
    ------
    ObservationError
        If the bundled episodes cannot be read.

    Examples
    --------
    >>> reimposition_hazard(years=None).set_index("group").loc["all", "reimposed"]
    np.int64(12)
    """
    from scipy.special import gammaincinv

    chosen = load_episodes() if episodes is None else episodes
    rows = []
    for name, belongs in GROUPS.items():
        inside = [episode for episode in chosen if belongs(episode)]
        time, events = _totals(inside, years, last_year)
        shape, rate = _EVENTS + events, _YEARS + time
        lower_tail, upper_tail = interval_rule().tails
        tails = [lower_tail, 0.5, upper_tail]
        lower, median, upper = gammaincinv(shape, tails) / rate
        rows.append(
            {
                **{"group": name, "episodes": len(inside), "reimposed": events},
                **{"years_at_risk": time, "hazard": median, "lower": lower, "upper": upper},
                **{f"within_{n}": 1 - (rate / (rate + n)) ** shape for n in (3, 5)},
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapBackHazard:
    """Probability a period that a lifting is undone, as scenarios take it.

    `alpha`, `beta`: of a Beta distribution: ``hazard = { family = "Beta", alpha = ..., beta = ...
    }``. `source`: what it was counted from.
    """

    alpha: float
    beta: float
    source: str

    @property
    def mean(self) -> float:
        """Mean probability a period."""
        return self.alpha / (self.alpha + self.beta)


def snap_back_hazard(
    group: str = "all",
    episodes: Sequence[Episode] | None = None,
    *,
    periods_per_year: int = 4,
    years: int | None = 5,
    last_year: int = LAST_YEAR,
) -> SnapBackHazard:
    """Return how often lifted measures came back, as the hazard of a scenario's snap-back.

    Parameters
    ----------
    group : str
        One of `GROUPS`, as in ``"lifted in part"``.
    episodes : sequence of Episode, optional
        The bundled ones by default.
    periods_per_year : int
        Periods of the scenarios.
    years, last_year
        As for `reimposition_hazard`.

    Returns
    -------
    SnapBackHazard
        With the mean and, but for a part in a hundred, the spread of the hazard's posterior.

    Raises
    ------
    QuestionError
        If there is no such group.
    ObservationError
        If the bundled episodes cannot be read.

    Examples
    --------
    >>> round(snap_back_hazard("lifted in part").mean, 3)
    0.019
    """
    if group not in GROUPS:
        raise QuestionError(
            f"Unknown group {group!r}; there is {', '.join(GROUPS)}.{did_you_mean(group, GROUPS)}"
        )
    chosen = load_episodes() if episodes is None else episodes
    inside = [episode for episode in chosen if GROUPS[group](episode)]
    time, events = _totals(inside, years, last_year)
    alpha = _EVENTS + events
    within = "" if years is None else f" within {years} years"
    return SnapBackHazard(
        alpha=alpha,
        beta=periods_per_year * (_YEARS + time) - alpha,
        source=f"{len(inside)} liftings elsewhere ({group}), {events} imposed again{within}",
    )
