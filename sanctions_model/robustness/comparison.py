"""Two fits side by side: what they answer, how far apart beyond sampling noise, and why.

Differences are of medians, second less first, each with its Monte-Carlo error: the fits are
independent, so squared errors add. What differs is looked up, not guessed: series, priors and
equations one by one. Which model predicts better is asked in `model_weights`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.families import Prior
from sanctions_model.queries.basis import Basis
from sanctions_model.queries.effects import reachable, total_effect
from sanctions_model.queries.reading.tables import lasting_effects
from sanctions_model.scm.interventions import Relief, require_horizon
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_column
from sanctions_model.scm.serialization import to_dict
from sanctions_model.summaries import ERRORS, interval, interval_rule, median_error, share_error
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import significant

_HORIZONS = (4, 8, 12, 20)
_SHOWN = ("median", "lower", "upper")
# Settings that change the draws but not the question.
_SETTINGS = ("settings", "sampler", "versions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two fits side by side.

    Parameters
    ----------
    names : tuple of str
        What the two are called.
    effects : pandas.DataFrame
        One row an outcome and horizon: the periods of the calendar that it is in either fit
        (``period_first``, ``period_second``), both medians with interval and Monte-Carlo error,
        both probabilities of a negative effect with theirs, what each rests on (`Basis.of`),
        ``difference`` (second less first), ``difference_error``, ``errors_apart`` (their ratio)
        and ``within_error``: less than two.
    links : pandas.DataFrame
        The same for the long-run effect of each link; not a number where a model lacks it.
    differs : pandas.DataFrame
        One row a difference: ``part`` (data, prior, equation, draws), ``item``, ``first``,
        ``second``.
    """

    names: tuple[str, str]
    effects: pd.DataFrame
    links: pd.DataFrame
    differs: pd.DataFrame


def compare(
    first: Fit,
    second: Fit,
    *,
    names: tuple[str, str] = ("first", "second"),
    relief: Relief | None = None,
    horizons: Sequence[int] = _HORIZONS,
    outcomes: Sequence[str] | None = None,
) -> Comparison:
    """Compare two fits: effects of relief, links, and what differs between them.

    Parameters
    ----------
    first, second : Fit
        Two fits, of other data, beliefs or equations as one likes.
    names : tuple of str
        What tables call the two.
    relief : Relief, optional
        Full relief of the first model's measures in four steps by default.
    horizons : sequence of int
        Periods from the start.
    outcomes : sequence of str, optional
        Outcomes that both models have; by default the headline ones, which must be the same.

    Returns
    -------
    Comparison
        Tables of effects, of links and of what differs.

    Raises
    ------
    QuestionError
        If the two have other headline outcomes, measures or period lengths.
    UnknownVariableError, NoCausalPathError
        If an outcome asked for is unknown to one of them or out of reach.
    """
    _require_same_measures(first.scm, second.scm)
    relief = first.scm.relief(relief)
    wanted = _common_outcomes(first.scm, second.scm, relief, outcomes)
    longest = require_horizon(list(horizons))
    one = _effects(first, relief, longest, horizons, wanted)
    two = _effects(second, relief, longest, horizons, wanted)
    return Comparison(
        names=names,
        effects=_side_by_side(one, two, ["outcome", "unit", "horizon"]),
        links=_side_by_side(_links(first), _links(second), ["link"]),
        differs=_differs(first, second),
    )


def _require_same_measures(first: StructuralCausalModel, second: StructuralCausalModel) -> None:
    if first.periods_per_year != second.periods_per_year:
        raise QuestionError(
            f"The fits have {first.periods_per_year} and {second.periods_per_year} periods a year; "
            "compare fits of one period length."
        )
    if set(first.measures) != set(second.measures):
        raise QuestionError(
            f"The fits have the measures {', '.join(first.measures)} and "
            f"{', '.join(second.measures)}; compare fits that lift the same measures."
        )


def _common_outcomes(
    first: StructuralCausalModel,
    second: StructuralCausalModel,
    relief: Relief,
    outcomes: Sequence[str] | None,
) -> list[str]:
    one, two = (reachable(scm, relief.measures, outcomes) for scm in (first, second))
    if set(one) != set(two):
        only = [sorted(set(one) - set(two)), sorted(set(two) - set(one))]
        raise QuestionError(
            f"The fits have different outcomes: only the first has {', '.join(only[0]) or 'none'}, "
            f"only the second {', '.join(only[1]) or 'none'}; name outcomes that both have."
        )
    units = {n: (first.variables[n].kept_unit, second.variables[n].kept_unit) for n in one}
    for name, (a, b) in units.items():
        if a != b:
            raise QuestionError(f"{name!r} is in {a!r} in one fit and in {b!r} in the other.")
    return one


def _summarised(values: xr.DataArray) -> dict[str, float]:
    summary, below = interval(values), (values < 0).transpose(dims.CHAIN, dims.DRAW)
    return {
        **{name: float(summary.sel(summary=name)) for name in _SHOWN},
        "error": median_error(values),
        "prob_below_zero": float(below.mean()),
        "prob_error": share_error(below.to_numpy()),
    }


def _effects(
    found: Fit, relief: Relief, longest: int, horizons: Sequence[int], outcomes: Sequence[str]
) -> pd.DataFrame:
    before, effect = (
        total_effect(found.scm, draws, relief, horizon=longest, outcomes=outcomes)
        for draws in (found.prior_draws, found.draws)
    )
    basis = Basis.of_fit(found)
    start, rows = found.draws.attrs.get(dims.Said.START), []
    for outcome in outcomes:
        for horizon in horizons:
            at = {dims.OUTCOME: outcome, dims.HORIZON: horizon}
            values, rests = effect.sel(at), basis.of(before.sel(at), effect.sel(at))
            variable = found.scm.variables[outcome]
            row = {"outcome": outcome, "unit": variable.unit, "horizon": horizon}
            row |= period_column(start, horizon, found.scm.periods_per_year)
            rows.append(row | _summarised(effect_in_percent(values, variable)) | rests)
    return pd.DataFrame(rows)


def _links(found: Fit) -> pd.DataFrame:
    effects = lasting_effects(found.scm, found.draws)
    return pd.DataFrame(
        [
            {"link": link.label, **_summarised(effects.sel({dims.LINK: link.label}))}
            for link in found.scm.links
        ]
    )


def _side_by_side(first: pd.DataFrame, second: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rule = interval_rule()
    table = first.merge(second, how="outer", on=keys, suffixes=("_first", "_second"), sort=False)
    dated = [name for name in table if str(name).startswith("period_")]
    table = table[[*keys, *dated, *(n for n in table if n not in {*keys, *dated})]]
    order = {key: position for position, key in enumerate(map(tuple, first[keys].to_numpy()))}
    rank = [order.get(tuple(row), len(order)) for row in table[keys].to_numpy()]
    table = table.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)
    table["difference"] = table["median_second"] - table["median_first"]
    table["difference_error"] = np.hypot(table["error_first"], table["error_second"])
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = table["difference"].abs() / table["difference_error"]
    table["errors_apart"] = np.where(table["difference"] == 0, 0.0, apart)
    table["within_error"] = table["errors_apart"] < ERRORS
    table["ci_prob"], table["ci_kind"] = rule.prob, rule.kind
    return table


def _differs(first: Fit, second: Fit) -> pd.DataFrame:
    rows = [
        *_data_differences(first, second),
        *_prior_differences(first.problem.absolute, second.problem.absolute),
        *_equation_differences(first.scm, second.scm),
        *_setting_differences(first.manifest, second.manifest),
    ]
    return pd.DataFrame(rows, columns=["part", "item", "first", "second"])


def _data_differences(first: Fit, second: Fit) -> list[dict[str, str]]:
    one, two = first.problem.cases, second.problem.cases
    spans = [
        f"{str(cases.time[0])[:10]} to {str(cases.time[-1])[:10]}, {cases.time.size} periods"
        for cases in (one, two)
    ]
    rows = []
    if not np.array_equal(one.time, two.time):
        rows.append(_row("data", "sample", *spans))
    common, here, there = np.intersect1d(one.time, two.time, return_indices=True)
    observed = [found.problem.observations for found in (first, second)]
    series = [{*found.scm.observed, *found.scm.exogenous} for found in (first, second)]
    for name in dict.fromkeys([*observed[0].data_vars, *observed[1].data_vars]):
        if not any(name in own for own in series):
            continue  # no model reads it
        if not all(name in own for own in series):
            has = ["there" if name in own else "not there" for own in series]
            rows.append(_row("data", str(name), *has))
            continue
        values = [
            data[name].to_numpy().astype(float)[where]
            for data, where in zip(observed, (here, there), strict=True)
        ]
        same = np.isclose(values[0], values[1], rtol=0, atol=1e-12, equal_nan=True)
        if not same.all():
            period = int(np.flatnonzero(~same)[0])
            when = str(common[period])[:10]
            shown = [f"{significant(x[period], 6)} in {when}" for x in values]
            rows.append(_row("data", f"{name} ({int((~same).sum())} periods)", *shown))
    return rows


def _prior_differences(
    first: Mapping[str, Prior], second: Mapping[str, Prior]
) -> list[dict[str, str]]:
    rows = []
    for address in dict.fromkeys([*first, *second]):
        words = [_belief(priors.get(address)) for priors in (first, second)]
        if words[0] != words[1]:
            rows.append(_row("prior", address, *words))
    return rows


def _belief(prior: Prior | None) -> str:
    if prior is None:
        return "not there"
    sizes = {name: significant(value, 4) for name, value in prior.arguments.items()}
    arguments = ", ".join(f"{name} {size}" for name, size in sizes.items())
    minus = "minus " if getattr(prior, "negative", False) else ""
    return f"{minus}{prior.family}({arguments})"


def _equation_differences(
    first: StructuralCausalModel, second: StructuralCausalModel
) -> list[dict[str, str]]:
    rows = []
    for name in dict.fromkeys([*first.by_name, *second.by_name]):
        own = [scm.by_name.get(name) for scm in (first, second)]
        if own[0] == own[1]:
            continue
        parents = [
            "not there"
            if equation is None
            else ", ".join(edge.label.split(" -> ")[0] for edge in equation.edges) or "no parents"
            for equation in own
        ]
        if parents[0] == parents[1]:
            parents = [type(equation).__name__ for equation in own]
        rows.append(_row("equation", name, *parents))
    whole = [to_dict(scm.with_centres({})) for scm in (first, second)]
    for key in ("noise", "levels", "entries", "chain", "chain_offset", "headline"):
        if whole[0].get(key) != whole[1].get(key):
            sizes = [_size(found.get(key)) for found in whole]
            rows.append(_row("equation", key, *sizes))
    return rows


def _size(value: object) -> str:
    return f"{len(value)} items" if isinstance(value, list | dict) else str(value)


def _setting_differences(
    first: Mapping[str, object], second: Mapping[str, object]
) -> list[dict[str, str]]:
    rows = []
    for key in _SETTINGS:
        one, two = first.get(key), second.get(key)
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            rows += [
                _row("draws", str(item), str(one.get(item)), str(two.get(item)))
                for item in dict.fromkeys([*one, *two])
                if one.get(item) != two.get(item)
            ]
        elif one != two:
            rows.append(_row("draws", key, str(one), str(two)))
    return rows


def _row(part: str, item: str, first: str, second: str) -> dict[str, str]:
    return {"part": part, "item": item, "first": first, "second": second}
