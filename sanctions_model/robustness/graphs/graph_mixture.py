"""The answer with the choice of the model in it: one mixture over graphs and sets of priors.

The stated graph is asked with every set of priors, the other graphs (equations, measures) with the
stated priors. Each graph has a weight, which its sets of priors share equally. By the law of total
variance the variance of the mixture is that between graphs, that between sets of priors within a
graph, and that of the parameters within a model:

.. math:: V = V_g E[y|g] + E_g V_p E[y|g, p] + E V[y|g, p]

Models are known by their median and bounds, each side of the median a half of a normal, which is
exact for a normal and keeps the skew of what is not.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.reweighting import weighted_interval
from sanctions_model.summaries import IntervalRule
from sanctions_model.wording import decimals, number, percent

STATED = "stated"
_STATED_PRIORS, _PRIORS = "consensus", "prior set"
_POINTS = 4001


def graph_mixture(
    table: pd.DataFrame, *, scores: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Mix the answers of all graphs and sets of priors into one.

    Parameters
    ----------
    table : pandas.DataFrame
        From `compare_alternatives`, the set of priors ``consensus`` (the stated one) among them;
        models that did not converge are left out.
    scores : mapping of str to float, optional
        Weights of graphs from their scores (`loo_weights`), the stated one as ``stated``; a graph
        without a score has none. Adds rows beside those of equal weights.

    Returns
    -------
    pandas.DataFrame
        One row a claim and weighting (``equal``, ``scores``): ``alone_median``, ``alone_lower`` and
        ``alone_upper`` of the stated model, ``median``, ``lower`` and ``upper`` of the mixture,
        ``share_graph``, ``share_priors`` and ``share_parameters`` of its variance, which sum to 1,
        ``graphs`` and ``models``.

    Raises
    ------
    QuestionError
        If the stated model is not there or did not converge, or no graph has a score above 0.
    """
    rows = []
    for claim, every in table.groupby("claim", sort=False):
        own = every[every["converged"].astype(bool)]
        alone = own[own["alternative"] == _STATED_PRIORS]
        if alone.empty:
            raise QuestionError(
                f"No converged answer of {_STATED_PRIORS!r} to {claim!r}; expected one row of the "
                "stated model for each claim, as `compare_alternatives` writes it."
            )
        first = alone.iloc[0]
        for name, given in (("equal", None), ("scores", scores)):
            if name == "scores" and given is None:
                continue
            rows.append(
                {
                    "claim": str(claim),
                    "weights": name,
                    **{f"alone_{n}": float(first[n]) for n in ("median", "lower", "upper")},
                    **_mixed(own, _weights(own, given)),
                    "ci_prob": float(first["ci_prob"]),
                    "ci_kind": "eti",
                }
            )
    return pd.DataFrame(rows)


def _graph(row: Mapping[Hashable, Any]) -> str:
    return STATED if row["kind"] == _PRIORS else str(row["alternative"])


def _weights(own: pd.DataFrame, scores: Mapping[str, float] | None) -> np.ndarray:
    """Weight of each model: its graph's, shared equally among the graph's sets of priors."""
    graphs = [_graph(row) for row in own.to_dict("records")]
    each = dict.fromkeys(graphs, 1.0) if scores is None else {g: scores.get(g, 0.0) for g in graphs}
    total = sum(each.values())
    if total <= 0.0:
        raise QuestionError(
            f"No graph of {', '.join(each)} has a score above 0; give weights by these names."
        )
    return np.array([each[graph] / total / graphs.count(graph) for graph in graphs])


def _mixed(own: pd.DataFrame, weights: np.ndarray) -> dict[str, float]:
    rule = IntervalRule(float(own["ci_prob"].iloc[0]), "eti")
    values = np.stack([_quantiles(row, rule) for row in own.to_dict("records")])
    flat = xr.DataArray(values.reshape(1, -1), dims=(dims.CHAIN, dims.DRAW))
    summary = weighted_interval(flat, np.repeat(weights / _POINTS, _POINTS))
    means, spread = values.mean(axis=1), values.var(axis=1)
    graphs = np.array([_graph(row) for row in own.to_dict("records")])
    total_mean = float(weights @ means)
    between_graphs = between_priors = 0.0
    for graph in dict.fromkeys(graphs):
        inside = graphs == graph
        mass = float(weights[inside].sum())
        if mass == 0.0:
            continue
        middle = float(weights[inside] @ means[inside]) / mass
        between_graphs += mass * (middle - total_mean) ** 2
        between_priors += float(weights[inside] @ (means[inside] - middle) ** 2)
    parts = np.array([between_graphs, between_priors, float(weights @ spread)])
    shares = parts / parts.sum() if parts.sum() > 0 else np.full(3, np.nan)
    return {
        **{n: float(summary.sel(summary=n)) for n in ("median", "lower", "upper")},
        **dict(
            zip(
                ("share_graph", "share_priors", "share_parameters"), map(float, shares), strict=True
            )
        ),
        "graphs": int(np.unique(graphs[weights > 0]).size),
        "models": int((weights > 0).sum()),
    }


def _quantiles(row: Mapping[Hashable, Any], rule: IntervalRule) -> np.ndarray:
    """Equally likely values of an answer of which median and bounds are known."""
    from scipy.special import ndtri

    median, lower, upper = (float(str(row[name])) for name in ("median", "lower", "upper"))
    scores = ndtri((np.arange(_POINTS) + 0.5) / _POINTS)
    wide = float(ndtri(rule.tails[1]))
    side = np.where(scores > 0, upper - median, median - lower)
    return np.asarray(median + scores / wide * side)


def mixture_sentence(row: Mapping[str, object], unit: str) -> str:
    """Say what the choice of the model adds to an interval.

    Parameters
    ----------
    row : mapping of str to object
        A row of `graph_mixture`.
    unit : str
        Of the effect, as a reader reads it.

    Returns
    -------
    str
        Both intervals, then whose choice the variance of the wider one is.

    Examples
    --------
    >>> row = dict(alone_median=1.0, alone_lower=0.5, alone_upper=1.5, graphs=4, models=8)
    >>> row |= dict(median=1.1, lower=-0.2, upper=2.0, weights="equal")
    >>> row |= dict(share_graph=0.2, share_priors=0.5, share_parameters=0.3)
    >>> mixture_sentence(row, "%")[:61]
    '+1.0 % (+0.50; +1.5) in the stated model, +1.1 % (−0.20; +2.0'
    """
    value = {name: float(str(found)) for name, found in row.items() if name not in _TEXTS}
    alone, mixed = (
        f"{number(value[f'{kind}median'])} {unit} ({number(value[f'{kind}lower'])}; "
        f"{number(value[f'{kind}upper'])})"
        for kind in ("alone_", "")
    )
    how = "weighed equally" if row["weights"] == "equal" else "weighed by their scores"
    graph, priors, parameters = (
        percent(value[f"share_{name}"]) for name in ("graph", "priors", "parameters")
    )
    return (
        f"{alone} in the stated model, {mixed} over {decimals(value['graphs'])} graphs and "
        f"{decimals(value['models'])} models, graphs {how}. Of that variance {graph} is the choice "
        f"of the graph, {priors} that of the priors, {parameters} the parameters."
    )


_TEXTS = {"claim", "outcome", "weights", "ci_kind"}
