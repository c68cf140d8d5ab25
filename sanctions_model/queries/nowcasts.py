"""The newest periods of late series, and holes inside: the posterior of the missing cells.

A completed cell is priced by every equation that reads it, so it is the model's view of a period
that has no figure yet, given all figures that there are. With prior draws it is the prior's view.
"""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.scm.parameters import stack_draws
from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.summaries import interval, interval_rule

__all__ = ["nowcast_table"]


def nowcast_table(problem: Problem, draws: xr.Dataset) -> pd.DataFrame:
    """Tabulate every completed cell.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``, with ``missing_cell``.

    Returns
    -------
    pandas.DataFrame
        ``series``, ``label``, ``period``, ``place`` ("newest" after the last figure, "hole"
        before it), ``median``, ``lower``, ``upper``, ``unit``, ``last_known`` (the last figure's
        period), ``ci_prob``, ``ci_kind``; no rows without completed cells.
    """
    rule = interval_rule()
    cases, scm = problem.cases, problem.scm
    periods = pd.PeriodIndex(cases.time, freq=str(problem.observations.attrs["freq"]))
    cells = stack_draws(draws, MISSING_CELL) if cases.missing else np.empty((0, 1))
    rows = []
    for (name, at), cell in zip(cases.missing, cells, strict=True):
        known = np.flatnonzero(np.isfinite(problem.observations[name].to_numpy()))
        summary = interval(xr.DataArray(cell[None, :], dims=("chain", "draw")), rule)
        variable = scm.variables[name]
        rows.append(
            {
                "series": name,
                "label": variable.label,
                "period": str(periods[at]),
                "place": "newest" if at > known[-1] else "hole",
                "median": float(summary.sel(summary="median")),
                "lower": float(summary.sel(summary="lower")),
                "upper": float(summary.sel(summary="upper")),
                "unit": variable.unit,
                "last_known": str(periods[known[-1]]),
                "ci_prob": rule.prob,
                "ci_kind": rule.kind,
            }
        )
    columns = ["series", "label", "period", "place", "median", "lower", "upper", "unit"]
    return pd.DataFrame(rows, columns=[*columns, "last_known", "ci_prob", "ci_kind"])
