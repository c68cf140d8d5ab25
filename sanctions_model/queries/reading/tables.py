"""Tables of effects: every link, and relief by outcome, horizon and channel."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.families import Prior
from sanctions_model.inference.reweighted import Reweighted
from sanctions_model.inference.reweighting import weighted_interval
from sanctions_model.queries.basis import LINK_COLUMNS, Basis
from sanctions_model.queries.effects import (
    channel_effects,
    reachable,
    relief_subject,
    relief_words,
    total_effect,
)
from sanctions_model.queries.reading.percent import effects_in_percent, parts_in_percent
from sanctions_model.scm.equations import Linear, PartialAdjustment
from sanctions_model.scm.interventions import Relief, require_horizon
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.periods import period_column
from sanctions_model.summaries import interval, interval_rule, share_error, summary_errors

_KIND = "kind"
_SUMMARY = ("median", "lower", "upper")
_STANDING_RELIEFS = (Relief(depth=0.5), Relief())
_TOGETHER = 6  # outcomes whose draws are held at once
_RELIEF_HORIZONS = (4, 8, 12, 20)


def links_table(
    scm: StructuralCausalModel,
    priors: Mapping[str, Prior],
    prior_draws: xr.Dataset,
    draws: xr.Dataset | None,
    *,
    problem: Problem | None = None,
    basis: Basis | None = None,
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
    problem : Problem, optional
        What the draws belong to; without it ``likelihood_share`` is not a number.
    basis : Basis, optional
        Of these draws, where other tables of theirs read it too; made anew by default.

    Returns
    -------
    pandas.DataFrame
        Columns of ``links.csv``, a row for the short run of a link and one for its long run, where
        there is one.

    Raises
    ------
    QuestionError
        If the draws belong to another model.
    """
    rule = interval_rule()
    prior_effects = link_effects(scm, prior_draws)
    effects = None if draws is None else link_effects(scm, draws)
    before = interval(prior_effects, rule)
    after = None if effects is None else interval(effects, rule)
    basis = basis or Basis(problem, prior_draws, draws)
    rows = []
    for link in scm.links:
        prior = priors[link.label]
        for kind in ("short_run", "long_run"):
            where = {dims.LINK: link.label, _KIND: kind}
            if not np.isfinite(before.sel(where)).all():
                continue  # a variable that keeps all of itself has no long run
            row: dict[str, object] = {"link": link.label, "parent": link.parent}
            row |= {"child": link.child}
            row |= {"lag": link.lag, "unit": prior.unit, "kind": kind}
            row |= {f"prior_{n}": float(before.sel({**where, "summary": n})) for n in _SUMMARY}
            row |= {
                n: np.nan if after is None else float(after.sel({**where, "summary": n}))
                for n in _SUMMARY
            }
            own = None if effects is None else effects.sel(where)
            rests = basis.of(prior_effects.sel(where), own, by_group=False)
            row |= {column: rests[column] for column in LINK_COLUMNS}
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
    channels: bool = True,
    basis: Basis | None = None,
) -> pd.DataFrame:
    """Tabulate the effects of relief by outcome, depth, horizon and channel.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    reliefs : sequence of Relief
        Half and full relief of all measures in four steps by default.
    horizons : sequence of int
        Periods from the start.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.
    channels : bool
        Whether each total is split by channel; a row for each.
    basis : Basis, optional
        Of the same draws; without it the table does not say what the effects rest on.

    Returns
    -------
    pandas.DataFrame
        Columns of ``effects.csv``; effects on levels in percent; ``period`` is empty where
        the draws do not say when they start. The draws of the channels
        add up to the total, see `parts_in_percent`, and so do their ``mean``. Errors are
        Monte-Carlo standard errors. Without `basis` neither ``prior_median`` nor the columns that
        `Basis.of` returns.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach, or a horizon is below 1.
    """
    rule = interval_rule()
    longest, start = require_horizon(list(horizons)), draws.attrs.get(dims.Said.START)
    reliefs = [scm.relief(asked) for asked in reliefs]
    if not reliefs or len(set(reliefs)) < len(reliefs):
        raise QuestionError(
            f"The table has {len(reliefs)} reliefs, {'one of them twice' if reliefs else 'none'}; "
            "expected one or more, each once."
        )
    rows = []
    for relief in reliefs:
        wanted = reachable(scm, relief.measures, outcomes)
        split = channels and bool(scm.entries)  # a model may name no channels
        for outcome, learned, stated in _by_channel(
            scm, draws, relief, longest, wanted, basis, split=split
        ):
            named = [str(channel) for channel in learned[dims.CHANNEL].to_numpy()]
            asked_for = {dims.OUTCOME: [outcome], dims.HORIZON: list(horizons)}
            order = dims.HORIZON, dims.CHANNEL, dims.CHAIN, dims.DRAW
            # Plain arrays from here: a table of a thousand rows looks up a thousand labels.
            asked = [own.sel(asked_for) for own in (learned, stated)]
            after, before, shown, prior = (
                own.squeeze(dims.OUTCOME).transpose(*order).to_numpy()
                for own in (*asked, *(parts_in_percent(scm, own) for own in asked))
            )
            summary = interval(xr.DataArray(shown, dims=order), rule).to_numpy()
            middle = np.median(prior, axis=(-2, -1))
            for row_of, horizon in enumerate(horizons):
                for column, channel in enumerate(named):
                    at = row_of, column
                    row: dict[str, object] = {
                        "outcome": outcome,
                        "unit": scm.variables[outcome].unit,
                        "relief": relief.depth,
                        "horizon": horizon,
                        **period_column(start, horizon, scm.periods_per_year),
                        "channel": channel,
                    }
                    if basis is not None:
                        row["prior_median"] = float(middle[at])
                    row |= _summarised(shown[at], summary[at])
                    if basis is not None:
                        own = None if basis.draws is None else _plain(after[at])
                        row |= basis.of(_plain(before[at]), own)
                    rows.append(row | {"ci_prob": rule.prob, "ci_kind": rule.kind})
    table = pd.DataFrame(rows)
    largest = max(reliefs, key=lambda relief: relief.depth)
    table.attrs = {
        dims.Said.SUBJECT: relief_subject(scm, largest),
        dims.Said.QUESTION: relief_words(scm, largest, start=start),
    }
    table.attrs.update(dims.carried(draws.attrs))
    return table


def effects_beside(
    found: Reweighted,
    *,
    relief: Relief | None = None,
    horizons: Sequence[int] = _RELIEF_HORIZONS,
    outcomes: Sequence[str] | None = None,
    basis: Basis | None = None,
) -> pd.DataFrame:
    """Tabulate the effects of relief under the beliefs of a fit and under others.

    `found`: from `reweight`. `relief`: full relief of all measures in four steps by default.
    `basis`: of the fit's draws, where what each effect rests on is wanted too.
    Returns: a row an outcome and horizon: ``median``, ``lower``, ``upper`` and ``prob_below_zero``
    as fitted, the same with ``new_`` before, ``k_hat``, and with `basis` the columns of `Basis.of`
    of the effect as fitted; effects on levels in percent. Raises `UnknownVariableError`,
    `NoCausalPathError` or `QuestionError` if a name is unknown, an outcome is out of reach, or a
    horizon is below 1.
    """
    scm, draws, rule = found.base.scm, found.base.draws, interval_rule()
    asked, start = scm.relief(relief or Relief()), draws.attrs.get(dims.Said.START)
    wanted = reachable(scm, asked.measures, outcomes)
    effect = total_effect(
        scm, draws, asked, horizon=require_horizon(list(horizons)), outcomes=wanted
    ).sel({dims.HORIZON: list(horizons)})
    shown = effects_in_percent(scm, effect)
    weights = found.weights.weights
    stated = None
    if basis is not None:
        stated = total_effect(
            scm, basis.prior_draws, asked, horizon=max(horizons), outcomes=wanted
        ).transpose(..., dims.CHAIN, dims.DRAW)
    before, after = interval(shown, rule), weighted_interval(shown, weights, rule)
    below = (shown < 0).transpose(..., dims.CHAIN, dims.DRAW)
    rows = []
    for outcome in wanted:
        for horizon in horizons:
            where = {dims.OUTCOME: outcome, dims.HORIZON: horizon}
            row: dict[str, object] = {"outcome": outcome}
            row["unit"] = scm.variables[outcome].unit
            row |= {"relief": asked.depth, "horizon": horizon}
            row |= period_column(start, horizon, scm.periods_per_year)
            lower = below.sel(where).to_numpy().reshape(-1)
            for mark, summary, chance in (
                ("", before, float(lower.mean())),
                ("new_", after, float(lower @ weights)),
            ):
                own = summary.sel(where)
                row |= {f"{mark}{n}": float(own.sel(summary=n)) for n in _SUMMARY}
                row[f"{mark}prob_below_zero"] = chance
            row["k_hat"] = found.k_hat
            if basis is not None and stated is not None:
                row |= basis.of(stated.sel(where), effect.sel(where))
            rows.append(row | {"ci_prob": rule.prob, "ci_kind": rule.kind})
    table = pd.DataFrame(rows)
    table.attrs = {
        dims.Said.SUBJECT: relief_subject(scm, asked),
        dims.Said.QUESTION: relief_words(scm, asked, start=start),
    }
    table.attrs.update(dims.carried(draws.attrs))
    return table


def _plain(draws: np.ndarray) -> xr.DataArray:
    """Label the draws of one row, dims ``(chain, draw)``."""
    return xr.DataArray(draws, dims=(dims.CHAIN, dims.DRAW))


def _summarised(values: np.ndarray, summary: np.ndarray) -> dict[str, object]:
    """Median, mean, interval and P(below 0) of an effect, with their Monte-Carlo errors."""
    below = values < 0
    middle, lower, upper = summary
    return {
        "median": float(middle),
        "mean": float(values.mean()),
        "lower": float(lower),
        "upper": float(upper),
        "prob_below_zero": float(below.mean()),
        **summary_errors(_plain(values), xr.DataArray(summary, dims="summary")),
        "prob_error": share_error(below),
    }


def _by_channel(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    relief: Relief,
    horizon: int,
    wanted: Sequence[str],
    basis: Basis | None,
    *,
    split: bool,
) -> Iterator[tuple[str, xr.DataArray, xr.DataArray]]:
    """Yield each outcome with its effects by channel under the draws and under the prior's.

    Not split, the total alone. A few outcomes are propagated together: the draws of all at once
    would not fit.
    """

    def effects(of: xr.Dataset, some: tuple[str, ...]) -> xr.DataArray:
        if split:
            return channel_effects(scm, of, relief, horizon=horizon, outcomes=some)
        total = total_effect(scm, of, relief, horizon=horizon, outcomes=some)
        return total.expand_dims({dims.CHANNEL: ["total"]})

    learned = basis is not None and basis.draws is not None
    for some in batched(wanted, _TOGETHER):
        after = effects(draws, some)
        before = effects(basis.prior_draws, some) if basis is not None and learned else after
        for outcome in some:
            own = {dims.OUTCOME: [outcome]}
            yield outcome, after.sel(own), before.sel(own)


def link_effects(
    scm: StructuralCausalModel, draws: xr.Dataset, *, horizon: int | None = None
) -> xr.DataArray:
    """Effect of each link on its child, other parents held.

    For partial adjustment with long-run effect ``theta`` and persistence ``rho``: short run
    ``(1 - rho) theta``, after h periods ``(1 - rho**h) theta``, long run ``theta``. A linear
    equation gives ``b`` at once and ``b / (1 - sum of own lags)`` in the long run, not a number
    where the own lags sum to 1; so does a direct link of partial adjustment, whose own lag is
    ``rho``.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    horizon : int, optional
        Adds the kind ``cumulative``: the effect after this many periods of a permanent change
        (partial adjustment only).

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw, link, kind)``, in units of the child per unit of the parent.

    Raises
    ------
    QuestionError
        If the horizon is below 1.
    """
    parameters = DrawParameters(scm, draws)
    kinds = ["short_run", "long_run"]
    if horizon is not None:
        horizon = require_horizon(horizon)
        kinds.append("cumulative")
    values = np.empty((len(scm.links), len(kinds), parameters.size))
    for position, link in enumerate(scm.links):
        coefficient = parameters.coefficient(link.label)
        equation = scm.by_name[link.child]
        if isinstance(equation, Linear):
            own = [
                parameters.coefficient(e.label) for e in equation.links if e.parent == link.child
            ]
            left = np.broadcast_to(1.0 - sum(own), coefficient.shape)
            # A variable that keeps all of itself goes nowhere in the long run.
            found = [coefficient, coefficient / np.where(left == 0.0, np.nan, left)]
            # A linear equation has no one rate of approach: the response tells the path.
            found += [np.full(parameters.size, np.nan)] * (len(kinds) - 2)
        else:
            rho = parameters.persistence(link.child)
            if isinstance(equation, PartialAdjustment) and link.label in equation.direct:
                coefficient = coefficient / (1.0 - rho)
            found = [(1.0 - rho) * coefficient, coefficient]
            if horizon is not None:
                found.append((1.0 - rho**horizon) * coefficient)
        values[position] = np.stack(found)
    return xr.DataArray(
        values.reshape(*values.shape[:2], *parameters.shape),
        dims=(dims.LINK, _KIND, dims.CHAIN, dims.DRAW),
        coords={dims.LINK: [link.label for link in scm.links], _KIND: kinds},
        name="link_effect",
    ).transpose(dims.CHAIN, dims.DRAW, dims.LINK, _KIND)


def lasting_effects(scm: StructuralCausalModel, draws: xr.Dataset) -> xr.DataArray:
    """Effect of each link that lasts: its long run, or what it adds at once where there is none.

    A variable that keeps all of itself, such as an exchange rate that follows a random walk, never
    comes to rest: what one period's cause adds to it stays.

    Returns: dims ``(chain, draw, link)``, in units of the child per unit of the parent.
    """
    effects = link_effects(scm, draws)
    long_run = effects.sel({_KIND: "long_run"}, drop=True)
    return long_run.fillna(effects.sel({_KIND: "short_run"}, drop=True))
