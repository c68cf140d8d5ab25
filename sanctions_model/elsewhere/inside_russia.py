r"""Relief inside Russia: bans that it lifted and days of news, as checks of single links.

Two bans say how much of a lost trade comes back and when, which the model believes of the trade
measures by ``recoverable_share`` and ``recovery_speed``: of n quarters after the lifting

.. math:: s \, (1 - (1 - v)^n)

with s the share and v the speed. News of relief says what asset prices do at an announcement. Both
are compared with the model's beliefs; neither enters them.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from sanctions_model.coercion import generator_of
from sanctions_model.data.bundled import read_like_bundled
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.summaries import interval_rule

# The last year that traded freely before the ban, the first full quarter after its lifting.
_BANS = {"georgian_wine": (2005, 2013, 3), "turkish_tomatoes": (2015, 2018, 1)}
_MOVES = ("usd_rub_pct", "yield_1y_pp", "shares_pct", "brent_pct")


def load_bans(path: Path | str | None = None) -> pd.DataFrame:
    """Return what is known of import bans that Russia lifted.

    Parameters
    ----------
    path : path, optional
        The bundled ``data/relief_inside_russia.csv`` by default.

    Returns
    -------
    pandas.DataFrame
        One row a figure: ``case``, ``item``, ``year``, ``value``, ``unit``, ``producer``,
        ``source`` (where it was read), ``obtained``, ``url`` of the source.

    Raises
    ------
    ObservationError
        If the package has no such file.
    """
    return read_like_bundled("relief_inside_russia.csv", path)


def load_news_days(path: Path | str | None = None) -> pd.DataFrame:
    """Return days of news on sanctions with the moves of prices around them.

    Parameters
    ----------
    path : path, optional
        The bundled ``data/news_days.csv`` by default.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``kind``, ``event``; moves of ``usd_rub_pct`` over four fixings (up = weaker
        rouble), ``brent_pct``, ``yield_1y_pp`` and ``shares_pct`` to two days after;
        ``confounded_by``, empty where nothing else of that size was seen.

    Raises
    ------
    ObservationError
        If the package has no such file.
    """
    table = read_like_bundled("news_days.csv", path)
    words = [name for name in table if name not in _MOVES]
    return table.assign(**table[words].astype(object).fillna(""))


def share_back(
    share: np.ndarray | None = None, speed: np.ndarray | None = None, *, random_seed: int = 20260101
) -> pd.DataFrame:
    """Compare the trade that came back after two bans with what the model believes.

    Parameters
    ----------
    share, speed : numpy.ndarray, optional
        Draws of the share that relief gives back in the end, and of the part of the distance gone
        each quarter, shape ``(draw,)``; the bundled priors of the trade measures by default.
    random_seed : int
        For draws of the priors.

    Returns
    -------
    pandas.DataFrame
        One row a case and year: ``seen``, deliveries as a share of those of the last year before
        the ban; ``median``, ``lower``, ``upper`` of the model's share, averaged over the quarters
        of the year; ``rank``, the probability that the model gives to less than was seen.

    Raises
    ------
    ObservationError, PriorError
        If the bundled files are missing.

    Examples
    --------
    >>> share_back().columns.tolist()[:3]
    ['case', 'year', 'seen']
    """
    if share is None or speed is None:
        rng, priors = generator_of(random_seed), load_priors()
        share = priors["recoverable_share[trade]"].sample(rng, 20_000)
        speed = priors["recovery_speed[trade]"].sample(rng, 20_000)
    figures = load_bans().query("item == 'delivered_to_russia'")
    rows = []
    for case, (before, first_year, first_quarter) in _BANS.items():
        delivered = figures[figures["case"] == case].set_index("year")["value"]
        for year in delivered.index[delivered.index >= first_year]:
            quarters = 4 * (int(year) - first_year) + np.arange(1, 5) - first_quarter + 1
            gone = 1 - (1 - speed[:, None]) ** np.maximum(quarters, 0)
            back = share * gone.mean(axis=1)
            seen = float(delivered[year] / delivered[before])
            below, up_to = interval_rule().tails
            lower, median, upper = np.quantile(back, [below, 0.5, up_to])
            row = {"case": case, "year": int(year), "seen": seen, "median": median}
            rows.append(row | {"lower": lower, "upper": upper, "rank": float((back < seen).mean())})
    return pd.DataFrame(rows)


def news_moves(days: pd.DataFrame | None = None) -> pd.DataFrame:
    """Average the moves of prices around news on sanctions, by kind of news.

    Parameters
    ----------
    days : pandas.DataFrame, optional
        As `load_news_days` returns them; days on which something else moved as much are left out.

    Returns
    -------
    pandas.DataFrame
        One row a kind and price: ``days``, ``mean``, ``error`` (standard error of the mean),
        ``median``.

    Raises
    ------
    ObservationError
        If the bundled file is missing.
    """
    days = load_news_days() if days is None else days
    clear = days[days["confounded_by"] == ""]
    rows = []
    for kind, group in clear.groupby("kind"):
        for name in _MOVES:
            values = group[name].dropna()
            row = {"kind": kind, "move": name, "days": len(values), "mean": values.mean()}
            rows.append(row | {"error": values.sem(), "median": values.median()})
    return pd.DataFrame(rows)
