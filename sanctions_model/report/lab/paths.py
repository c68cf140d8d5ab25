"""Simulated paths without relief, to which the page adds an effect and asks how likely it is."""

from typing import Any

from sanctions_model import dims
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.forecasts import simulate
from sanctions_model.report.page.compiled import packed_rows
from sanctions_model.units import in_log_points

PATH_OUTCOMES = ("key_rate", "inflation_yoy", "gdp_level")
PATH_HORIZON = 14


def paths_data(fit: Fit) -> dict[str, Any] | None:
    """Return one simulated path without relief for each draw, for the page's scripts.

    `fit`: its seed is that of the shocks. Returns: ``outcomes``, ``inLogs`` (whether a path is read
    as the percent that its log points are), ``horizon`` and ``rows`` of shape ``(outcome * period,
    draw)`` in the units of the model; None for a fit of the prior alone.
    """
    outcomes = [name for name in PATH_OUTCOMES if name in fit.scm.variables]
    if fit.is_prior_only or not outcomes:
        return None
    found = simulate(
        fit.problem,
        fit.draws,
        horizon=PATH_HORIZON,
        random_seed=int(fit.manifest["settings"]["random_seed"]),
        outcomes=outcomes,
    ).isel({dims.SCENARIO: 0})
    ordered = found.transpose(dims.OUTCOME, dims.HORIZON, dims.CHAIN, dims.DRAW).to_numpy()
    rows = ordered.reshape(len(outcomes) * PATH_HORIZON, -1)
    in_logs = [in_log_points(fit.scm.variables[name]) for name in outcomes]
    return {
        "outcomes": outcomes,
        "inLogs": in_logs,
        "horizon": PATH_HORIZON,
        "rows": packed_rows(rows),
    }
