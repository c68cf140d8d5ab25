"""The futures' odds after seeing what the measures have done: a filter by weighted paths.

Each quarter the future in force says, by its designs and by how long it has been in force, how the
composite of the measures changes; the status quo says not at all. Histories of futures drawn from
the first odds and the matrix are weighted by how near these changes come to the ones observed:
``P(future in force | measures so far)`` is the weighted share of histories in which it is in force.
Only changes count: a future that ends leaves the measures where they stand.
"""

import contextlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sanctions_model.coercion import as_number, generator_of
from sanctions_model.data.sanctions.events import load_events
from sanctions_model.data.sanctions.measures import intensities
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.scenarios.issuers import composite_weights, measures_rule
from sanctions_model.scenarios.library import ScenarioLibrary
from sanctions_model.scenarios.odds.regimes import draw_future_paths, draw_regimes, require_undated
from sanctions_model.scm.periods import read_day
from sanctions_model.wording import decimals

# The article was written at the end of 2024.
BEGUN = "2024-12-31"
# Stated by argument, before any result: an ordinary package of measures moves the composite by some
# hundredth, and the size of a step is judgement by about as much.
SPREAD = 0.01
_FEWEST = 200  # histories that a weighted share should rest on
_FARTHEST = -0.5 * 5.0**2  # five standard deviations a quarter, for the nearest of them


def observed_composite(since: str = BEGUN) -> pd.Series:
    """Return the composite of the measures by the dated events, 1 on the day on which it begins.

    Parameters
    ----------
    since : str
        A date; quarters after it follow, up to the rule's last anchor date.

    Returns
    -------
    pandas.Series
        Index: quarters. Means of the daily level, licences of a month included.

    Raises
    ------
    ObservationError
        If the bundled events do not fit the bundled rule.

    Examples
    --------
    >>> observed_composite().round(2).tolist()
    [1.04, 1.06, 1.07, 1.1, 1.11, 1.12]
    """
    rule = measures_rule()
    column = f"composite_{next(iter(rule.composites))}"
    day = pd.Period(read_day(since), freq="D")
    quarters = pd.period_range(day.asfreq("Q") + 1, rule.anchor_dates[-1], freq="Q")
    events = load_events()
    base = intensities(rule, events, pd.period_range(day, periods=1, freq="D"))[column].iloc[0]
    found = intensities(rule, events, quarters)[column].to_numpy(dtype=float) / float(base)
    return pd.Series(found, index=quarters, name="composite")


def filtered_odds(
    library: ScenarioLibrary,
    observed: pd.Series | Sequence[float] | None = None,
    *,
    spread: float = SPREAD,
    paths: int = 40_000,
    random_seed: int,
) -> pd.DataFrame:
    """Filter the odds of the futures through the measures observed since the process began.

    Parameters
    ----------
    library : ScenarioLibrary
        Its first odds and its matrix are the prior.
    observed : pandas.Series or sequence of float, optional
        Composite of the measures by quarter, 1 being its level when the process begins; by default
        `observed_composite()`.
    spread : float
        Standard deviation with which the change of a quarter is observed, above 0.
    paths : int
        Histories drawn from the process.
    random_seed : int
        Equal seeds give equal odds.

    Returns
    -------
    pandas.DataFrame
        Rows: the first odds (``before``), then one a quarter. Columns: the futures, rows sum to 1.
        ``attrs["paths"]`` is how many equally weighted histories the last row is worth.

    Raises
    ------
    QuestionError
        If the library has no process, nothing is observed, or no history comes near it.
    ObservationError
        If the bundled events do not fit the bundled rule.
    """
    seen = observed_composite() if observed is None else pd.Series(observed)
    process = library.process()
    require_undated(library)
    spread = as_number(spread, "The spread", expected="a finite number above 0")
    if not len(seen) or not np.isfinite(seen.to_numpy(dtype=float)).all() or spread <= 0:
        raise QuestionError("Odds are filtered through finite values with a spread above 0.")
    generator = generator_of(random_seed)
    share = (np.arange(paths) + 0.5) / paths  # exact up to rounding
    edges = np.cumsum(process.initial)
    first = np.minimum((share[:, None] >= edges).sum(axis=1), edges.size - 1)
    regime = draw_regimes(process, generator, first=first, horizon=len(seen))
    changes = _changes(library, regime, generator)
    observed_changes = np.diff(seen.to_numpy(dtype=float), prepend=1.0)
    misses = (changes - observed_changes[:, None]) / spread
    log_weight = -0.5 * np.cumsum(misses**2, axis=0)
    likely = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    worth = float(1.0 / (likely[-1] ** 2).sum())
    if worth < _FEWEST or log_weight[-1].max() < _FARTHEST * len(seen):
        raise QuestionError(
            f"{decimals(worth)} of {paths} histories come near the measures observed, too few; "
            "draw more of them, or give a larger spread."
        )
    rows = [list(process.initial)]
    for period, now in enumerate(regime):
        rows.append(np.bincount(now, likely[period], minlength=len(process.order)).tolist())
    found = pd.DataFrame(rows, columns=list(process.order), index=["before", *map(str, seen.index)])
    found.attrs = {"paths": worth}
    return found


def odds_by_spread(
    library: ScenarioLibrary, spread: float = SPREAD, *, random_seed: int
) -> pd.DataFrame:
    """Filter the odds with the spread, which is judgement, and with half and twice as much.

    `library`: its first odds and its matrix are the prior. `spread`: Standard deviation with which
    the change of a quarter is observed, above 0. `random_seed`: the histories are the same for each
    spread. Returns: ``spread``, ``quarter`` (``before`` and those observed) and a column a future;
    the spread itself first. Half or twice as much is left out where too few histories come near.
    Raises `QuestionError` as `filtered_odds`, of the spread itself.
    """
    found = [filtered_odds(library, spread=spread, random_seed=random_seed)]
    sizes = [spread]
    for other in (spread / 2, 2 * spread):
        with contextlib.suppress(QuestionError):
            found.append(filtered_odds(library, spread=other, random_seed=random_seed))
            sizes.append(other)
    return pd.concat(found, keys=sizes, names=["spread", "quarter"]).reset_index()


def _changes(
    library: ScenarioLibrary, regime: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw how the composite changes in each quarter of each history, shape ``(period, path)``."""
    horizon, paths = regime.shape
    weights = np.array([composite_weights()[name] for name in MEASURES])
    every = np.arange(len(library.process().order))[:, None] * np.ones(paths, dtype=int)
    drawn = draw_future_paths(
        library, first=every, horizon=horizon, generator=generator, transitions=False
    )
    composite = np.einsum("m,fmtp->ftp", weights, drawn.law)
    by_future = np.diff(composite, axis=1, prepend=1.0)
    age, found = np.zeros(paths, dtype=int), np.empty(regime.shape)
    each = np.arange(paths)
    for period, now in enumerate(regime):
        if period:
            age = np.where(now == regime[period - 1], age + 1, 0)
        found[period] = by_future[now, age, each]
    return found
