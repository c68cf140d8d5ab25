"""Tables of effects: every link, and relief by outcome, horizon and channel."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.queries.effects import channel_effects, link_effects, reachable
from sanctions_model.scm.interventions import Relief, require_horizon
from sanctions_model.inference.priors.families import Prior
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import data_share, interval, interval_rule, probability

__all__ = ["effects_table", "links_table"]

_KIND = "kind"
_SUMMARY = ("median", "lower", "upper")
_STANDING_RELIEFS = (Relief(depth=0.5), Relief())
_RELIEF_HORIZONS = (4, 8, 12, 20)


def links_table(
    scm: StructuralCausalModel,
    priors: Mapping[str, Prior],
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None,
) -> pd.DataFrame:
    """Tabulate every link's short-run and long-run effect, prior beside posterior.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    priors : mapping of str to Prior
        By address, for units, sources and assumed signs.
    prior_draws : xr.Dataset
        Prior draws, dims ``(chain, draw)``.
    draws : xr.Dataset or None
        Posterior draws; None leaves the posterior columns empty.

    Returns
    -------
    pandas.DataFrame
        Columns of ``links.csv``, two rows a link.

    Raises
    ------
    QuestionError
        If the draws belong to another model.
    """
    rule = interval_rule()
    before = interval(link_effects(scm, prior_draws), rule)
    after = None if draws is None else interval(link_effects(scm, draws), rule)
    share = None if after is None else data_share(before, after)
    rows = []
    for link in scm.links:
        prior = priors[link.label]
        for kind in ("short_run", "long_run"):
            where = {dims.LINK: link.label, _KIND: kind}
            row: dict[str, object] = {"link": link.label, "parent": link.parent}
            row |= {"child": link.child}
            row |= {"lag": link.lag, "unit": prior.unit, "kind": kind}
            row |= {f"prior_{n}": float(before.sel({**where, "summary": n})) for n in _SUMMARY}
            row |= {
                n: np.nan if after is None else float(after.sel({**where, "summary": n}))
                for n in _SUMMARY
            }
            row["data_share"] = np.nan if share is None else float(share.sel(where))
            row["sign_assumed"] = prior.sign != 0
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            sources = prior.sources
            row["sources"] = sources if isinstance(sources, str) else "; ".join(sources)
            rows.append(row)
    return pd.DataFrame(rows)


def effects_table(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    reliefs: Sequence[Relief] = _STANDING_RELIEFS,
    horizons: Sequence[int] = _RELIEF_HORIZONS,
    outcomes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Tabulate the effects of relief by outcome, depth, horizon and channel.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    reliefs : sequence of Relief
        Half and full relief of all measures in four steps by default.
    horizons : sequence of int
        Periods from the start.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    pandas.DataFrame
        Columns of ``effects.csv``.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach, or a horizon is below 1.
    """
    rule = interval_rule()
    longest = require_horizon(list(horizons))
    rows = []
    for relief in reliefs:
        wanted = reachable(scm, relief.measures, outcomes)
        for outcome in wanted:  # one at a time: the draws of all at once would not fit
            effect = channel_effects(scm, draws, relief, horizon=longest, outcomes=[outcome])
            effect = effect.sel(outcome=outcome, horizon=list(horizons))
            summary = interval(effect, rule)
            below = probability(effect < 0)
            for horizon in horizons:
                for channel in effect[dims.CHANNEL].to_numpy():
                    where = {dims.HORIZON: horizon, dims.CHANNEL: channel}
                    rows.append(
                        {
                            "outcome": outcome,
                            "unit": scm.variables[outcome].unit,
                            "relief": relief.depth,
                            "horizon": horizon,
                            "channel": str(channel),
                            **{n: float(summary.sel({**where, "summary": n})) for n in _SUMMARY},
                            "prob_below_zero": float(below.sel(where)),
                            "ci_prob": rule.prob,
                            "ci_kind": rule.kind,
                        }
                    )
    return pd.DataFrame(rows)
