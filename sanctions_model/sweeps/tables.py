"""Tables of a sweep: how its points were answered, and the answers themselves."""

import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.sweeps.design import Route

__all__ = ["points_table", "routes_table"]

_KEPT = ("median", "lower", "upper", "prob_below_zero")


def routes_table(found: xr.Dataset) -> pd.DataFrame:
    """Tabulate points and seconds by route.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it.

    Returns
    -------
    pandas.DataFrame
        Columns ``route``, ``points``, ``seconds`` (sum), ``seconds_each`` (median), ``worst_k_hat``
        and ``smallest_effective_size``; a last row for points that failed, if any.
    """
    each = pd.DataFrame(
        {
            name: found[name].to_numpy().ravel()
            for name in ("route", "status", "seconds", "k_hat", "effective_size")
        }
    )
    rows = []
    for route in Route:
        own = each[(each["route"] == route.value) & (each["status"] == "done")]
        if len(own):
            rows.append(
                {
                    "route": route.value,
                    "points": len(own),
                    "seconds": own["seconds"].sum(),
                    "seconds_each": own["seconds"].median(),
                    "worst_k_hat": own["k_hat"].max(),
                    "smallest_effective_size": own["effective_size"].min(),
                }
            )
    for status in ("failed", "pending"):
        own = each[each["status"] == status]
        if len(own):
            rows.append({"route": status, "points": len(own), "seconds": own["seconds"].sum()})
    return pd.DataFrame(rows)


def points_table(found: xr.Dataset) -> pd.DataFrame:
    """Tabulate every point's answer, one row a point and outcome.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it.

    Returns
    -------
    pandas.DataFrame
        The axes, ``outcome``, ``unit``, ``median``, ``lower``, ``upper``, ``prob_below_zero``,
        ``route``, ``k_hat``, ``effective_size``, ``seconds``, ``status``, ``error``, ``ci_prob``
        and ``ci_kind``.
    """
    summary = found["effect_summary"].to_dataset(dim="summary")[list(_KEPT)]
    single = ["route", "k_hat", "effective_size", "seconds", "status", "error"]
    frame = xr.merge([summary, found[single]]).to_dataframe().reset_index()
    frame = frame.drop(columns=["label", "point"], errors="ignore")
    axes = [str(name) for name in found["status"].dims if name != "point"]
    axes += [
        str(name)
        for name in found.coords
        if found[name].dims == ("point",) and name not in ("point", *axes)
    ]
    return frame[[*axes, dims.OUTCOME, "unit", *_KEPT, *single]].assign(
        ci_prob=found.attrs["ci_prob"], ci_kind=found.attrs["ci_kind"]
    )
