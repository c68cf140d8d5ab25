"""Results as people read them: the few rows and words that fit a screen. Computes nothing new."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.data.observations import coverage
from sanctions_model.inference.fit import Fit
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule, probability
from sanctions_model.units import effect_in_percent, in_percent, percent_unit

__all__ = [
    "View",
    "at_dates_view",
    "claims_view",
    "comparison_view",
    "coverage_view",
    "decomposition_view",
    "diagnostics_line",
    "effects_view",
    "links_view",
    "nowcast_view",
    "over_time_view",
    "sanity_view",
    "summary_table",
    "variance_view",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A table as people read it, with its title and what its reader must know."""

    table: pd.DataFrame
    title: str
    caption: str = ""


def _rule(table: pd.DataFrame) -> str:
    kind = "equal-tailed" if table["ci_kind"].iloc[0] == "eti" else "highest-density"
    return f"Median and {100 * table['ci_prob'].iloc[0]:g} % {kind} interval."


def _size(median: float, lower: float, upper: float) -> str:
    if np.isnan(median):
        return ""
    digits = 2 if max(abs(lower), abs(upper)) < 10 else 1
    middle, low, high = (_no_minus_zero(f"{v:.{digits}f}") for v in (median, lower, upper))
    return f"{middle} ({low}; {high})"


def _no_minus_zero(text: str) -> str:
    return text.removeprefix("-") if float(text) == 0 else text


def coverage_view(observations: xr.Dataset, scm: StructuralCausalModel) -> View:
    """Which periods each series covers."""
    table = coverage(observations, scm).rename_axis("series").reset_index()
    return View(table=table, title="Data coverage")


def nowcast_view(table: pd.DataFrame, *, is_prior: bool) -> View:
    """Show the completed cells, a row a series and a column a period."""
    if not len(table):
        empty = pd.DataFrame({"series": ["none"]})
        return View(table=empty, title="Nowcast: no cell is missing where an equation needs it")
    periods = sorted(set(table["period"]))
    rows = []
    for _, own in table.groupby("series", sort=False):
        first = own.iloc[0]
        sizes = [_size(*row) for row in own[["median", "lower", "upper"]].to_numpy()]
        cells = dict(zip(own["period"], sizes, strict=True))
        rows.append(
            {
                "series, estimated": first["label"],
                "last figure": first["last_known"],
                **{f"{period} *": cells.get(period, "") for period in periods},
                "unit": first["unit"],
            }
        )
    source = "the prior" if is_prior else "the posterior"
    caption = f"* No figure yet (or a hole): {source} of the missing cell. {_rule(table)}"
    return View(
        table=pd.DataFrame(rows), title="Nowcast: missing cells, estimated", caption=caption
    )


def comparison_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Show effects under two vintages, and the shares of revisions and of new periods."""
    cumulated = {level.flow for level in scm.levels if level.variable.name in set(table["outcome"])}
    rows = table[~table["outcome"].isin(cumulated)]  # its level is there
    parts = {
        "change": ("change", "monte_carlo_error"),
        "of it revised": ("due_to_revisions", "error_revisions"),
        "of it new": ("due_to_new_periods", "error_new_periods"),
    }
    shown = pd.DataFrame(
        {
            "outcome": [scm.variables[str(name)].label for name in rows["outcome"]],
            "unit": rows["unit"],
            "after": rows["horizon"],
            "old": [_size(*row) for row in rows[["old", "old_lower", "old_upper"]].to_numpy()],
            "new": [_size(*row) for row in rows[["new", "new_lower", "new_upper"]].to_numpy()],
            **{
                name: [f"{value:+.3f} ± {error:.3f}" for value, error in rows[[*pair]].to_numpy()]
                for name, pair in parts.items()
            },
            **{
                name: [
                    "" if np.isnan(value) else f"{value:.2f} ± {error:.2f}"
                    for value, error in rows[[column, "error_share"]].to_numpy()
                ]
                for name, column in (
                    ("share revised", "share_revisions"),
                    ("share new", "share_new_periods"),
                )
            },
        }
    )
    clear = int(rows["share_revisions"].notna().sum())
    caption = (
        f"Old: {table['old_vintage'].iloc[0]}; new: {table['new_vintage'].iloc[0]}. {_rule(table)} "
        f"± is the Monte-Carlo error, two standard errors: {clear} of {len(rows)} changes are "
        "beyond it, and only those have shares, which lie outside 0 to 1 where revised history and "
        "new periods work against each other."
    )
    return View(table=shown, title="Effects of relief under two vintages", caption=caption)


def diagnostics_line(fitted: Fit) -> str:
    """Convergence in one line."""
    found = fitted.diagnostics
    if found is None:
        return "prior only: no data used beyond scales and means, nothing sampled"
    refitted = fitted.manifest.get("refitted_at_target_accept")
    again = f", after a refit at target_accept {refitted}" if refitted else ""
    return (
        f"diagnostics: {found.divergences} divergences, R-hat {found.r_hat:.3f}, "
        f"bulk ESS {found.ess_bulk:.0f}, tail ESS {found.ess_tail:.0f}, "
        f"{found.explosive} explosive draws{again}"
    )


def links_view(table: pd.DataFrame) -> View:
    """Long-run effect of every link, prior beside posterior."""
    rows = table[table["kind"] == "long_run"]
    shown = pd.DataFrame(
        {
            "link": rows["link"],
            "prior": [
                _size(*row)
                for row in rows[["prior_median", "prior_lower", "prior_upper"]].to_numpy()
            ],
            "posterior": [_size(*row) for row in rows[["median", "lower", "upper"]].to_numpy()],
            "information": [_share(value) for value in rows["information"]],
            "rests on": rows["basis"],
            "sign": [
                "fixed" if low == high else "assumed by the prior" if assumed else ""
                for low, high, assumed in rows[
                    ["prior_lower", "prior_upper", "sign_assumed"]
                ].itertuples(index=False)
            ],
        }
    )
    caption = _rule(table) + (
        " Information gained from the data, 0 to 1; 0 means the answer is prior."
    )
    return View(table=shown, title="Links: long-run effect", caption=caption)


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.2f}"


def effects_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Total effects of the largest relief in the table, by outcome and horizon."""
    depth = table["relief"].max()
    rows = table[(table["relief"] == depth) & (table["channel"] == "total")]
    horizons = sorted(rows["horizon"].unique())
    last = horizons[-1]
    shown = []
    cumulated = {level.flow for level in scm.levels if level.variable.name in set(rows["outcome"])}
    for outcome, own in rows.groupby("outcome", sort=False):
        if outcome in cumulated:
            continue  # its level is there; the growth rate is in effects.csv
        by_horizon = own.set_index("horizon")
        cells = {
            f"after {h}": _size(*by_horizon.loc[h, ["median", "lower", "upper"]]) for h in horizons
        }
        below = by_horizon.loc[last, "prob_below_zero"]
        basis = {"rests on": by_horizon.loc[last, "basis"]} if "basis" in rows else {}
        variable = scm.variables[str(outcome)]
        shown.append(
            {
                "outcome": f"{variable.short_label}, {percent_unit(variable.short_unit)}",
                **cells,
                f"P(below 0) after {last}": f"{below:.2f}",
                **basis,
            }
        )
    period = {4: "quarters", 12: "months"}.get(scm.periods_per_year, "periods")
    return View(
        table=pd.DataFrame(shown),
        title=f"Effect of lifting {100 * depth:g} % of the measures, {period} after the start",
        caption=_rule(table) + " Against sanctions unchanged. "
        f"What the effect after {last} rests on: identified by data, mixed or assumed. Channels "
        "and Monte-Carlo errors are in effects.csv.",
    )


def claims_view(table: pd.DataFrame) -> View:
    """Claims with their probability before and after the data, and the verdict."""
    shown = pd.DataFrame(
        {
            "claim": table["statement"],
            "P before": [f"{value:.2f}" for value in table["prob_prior"]],
            "P after": ["" if np.isnan(v) else f"{v:.2f}" for v in table["prob"]],
            "verdict": table["verdict"],
        }
    )
    caption = _rule(table) + " P before and after the data; the horizon is in the verdict."
    return View(table=shown, title="The article's claims", caption=caption)


_EFFECTS = ("effect", "difference")
_ADDING = ("contribution", "share")


def _percent(array: xr.DataArray, scm: StructuralCausalModel, *, is_effect: bool) -> xr.DataArray:
    """Turn what is in log points into percent, outcome by outcome."""
    convert = effect_in_percent if is_effect else in_percent
    names = [str(name) for name in array["outcome"].to_numpy()]
    found = [convert(array.sel(outcome=[n]), scm.variables[n].unit) for n in names]
    return xr.concat(found, dim="outcome", coords="different", compat="equals").transpose(
        *array.dims
    )


def summary_table(arrays: Mapping[str, xr.DataArray], scm: StructuralCausalModel) -> pd.DataFrame:
    """Tabulate median and interval of each array over its dims, one row a cell.

    Parameters
    ----------
    arrays : mapping of str to xr.DataArray
        Dims ``outcome``, ``chain`` and ``draw`` plus any others; the key becomes the column
        ``quantity``. Log points become percent: of a path all, of an ``effect`` or ``difference``
        those on levels; a ``contribution`` stays in log points, which add up, a ``share`` as it is.
    scm : StructuralCausalModel
        Says in which units the outcomes are.
    """
    rule = interval_rule()
    frames = []
    for name, array in arrays.items():
        adds_up = name in _ADDING
        own = array if adds_up else _percent(array, scm, is_effect=name in _EFFECTS)
        summary = interval(own, rule).rename("value")
        keep = [dim for dim in summary.dims if dim != "summary"]
        frame = summary.to_dataset(dim="summary").to_dataframe().reset_index()
        frame = frame[[*keep, "median", "lower", "upper"]]
        frame.insert(0, "quantity", name)
        if "period" in array.coords and "horizon" in keep:
            periods = dict(
                zip(array["horizon"].to_numpy(), array["period"].to_numpy(), strict=True)
            )
            frame.insert(1 + len(keep), "period", frame["horizon"].map(periods))
        if name in _EFFECTS:
            frame["mean"] = _flat(own.mean(("chain", "draw")), keep)
            frame["prob_below_zero"] = _flat(probability(own < 0), keep)
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    return table.assign(ci_prob=rule.prob, ci_kind=rule.kind)


def _flat(array: xr.DataArray, keep: Sequence[Hashable]) -> np.ndarray:
    return np.asarray(array.transpose(*keep)).reshape(-1)


def over_time_view(
    array: xr.DataArray, scm: StructuralCausalModel, title: str, *, quantity: str
) -> View:
    """Outcomes in columns, periods in rows (at most some twenty of them), in percent.

    Parameters
    ----------
    array : xr.DataArray
    scm : StructuralCausalModel
    title : str
    quantity : str
        What it is, as for `summary_table`: ``path``, ``effect`` or ``difference``.
    """
    table = summary_table({quantity: array}, scm)
    axis = "time" if "time" in table else "horizon"
    periods = list(dict.fromkeys(table[axis]))
    step = max(1, round(len(periods) / 20))
    shown = periods[::step] if periods[-1] in periods[::step] else [*periods[::step], periods[-1]]
    dates = dict(zip(table[axis], table["period"], strict=True)) if "period" in table else {}
    columns: dict[str, list[str]] = {
        "period" if dates else axis: [_period(dates.get(value, value), scm) for value in shown]
    }
    for outcome, own in table.groupby("outcome", sort=False):
        by_period = own.set_index(axis)
        variable = scm.variables[str(outcome)]
        columns[f"{variable.label}, {percent_unit(variable.unit)}"] = [
            _size(*by_period.loc[value, ["median", "lower", "upper"]]) for value in shown
        ]
    return View(table=pd.DataFrame(columns), title=title, caption=_rule(table))


def at_dates_view(
    array: xr.DataArray, scm: StructuralCausalModel, title: str, horizons: Sequence[int] = ()
) -> View:
    """Effects: outcomes in rows, in columns the first period, a year, three years, the last."""
    summary = interval(_percent(array, scm, is_effect=True), interval_rule())
    last = int(array["horizon"].max())
    year = scm.periods_per_year
    wanted = horizons or sorted({h for h in (1, year, 3 * year, last) if h <= last})
    rows = []
    for outcome in array["outcome"].to_numpy():
        own = summary.sel(outcome=outcome)
        cells = {
            f"{scm.period_name} {h}": _size(
                *(float(own.sel(horizon=h, summary=n)) for n in ("median", "lower", "upper"))
            )
            for h in wanted
        }
        label = scm.variables[str(outcome)].short_label
        rows.append({"outcome": f"{label}, {percent_unit(scm.effect_unit(str(outcome)))}", **cells})
    return View(table=pd.DataFrame(rows), title=title, caption=f"Median and {interval_rule()}.")


def variance_view(shares: xr.DataArray, scm: StructuralCausalModel, most: int = 3) -> View:
    """Largest shares of each outcome's forecast-error variance, by the equation of the shocks."""
    last = int(shares["horizon"].max())
    wanted = sorted(
        {h for h in (1, scm.periods_per_year, 3 * scm.periods_per_year, last) if h <= last}
    )
    medians = 100 * shares.median(["chain", "draw"])
    rows = []
    for outcome in medians["outcome"].to_numpy():
        own = medians.sel(outcome=outcome)
        order = own.sel(horizon=last).to_series().sort_values(ascending=False).index[:most]
        for position, shock in enumerate(order):
            label = scm.variables[str(outcome)].short_label
            cells = {
                f"{scm.period_name} {h}": f"{float(own.sel(horizon=h, shock=shock)):.0f} %"
                for h in wanted
            }
            shown = {"outcome": "" if position else label}
            rows.append(shown | {"shocks to": scm.variables[str(shock)].short_label} | cells)
    return View(
        table=pd.DataFrame(rows),
        title="Whose shocks make forecasts miss",
        caption=f"Posterior medians; the {most} largest of each outcome, parameters given.",
    )


def _period(value: object, scm: StructuralCausalModel) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.to_period("Q" if scm.periods_per_year == 4 else "M"))
    return str(value)


def decomposition_view(parts: xr.DataArray, scm: StructuralCausalModel) -> View:
    """Mean size of each part's contribution over the window, largest first, with the last one."""
    medians = parts.median(["chain", "draw"])
    rows = []
    for outcome in medians["outcome"].to_numpy():
        own = medians.sel(outcome=outcome)
        moved = own.sel(part=[p for p in own["part"].to_numpy() if p != "base"])
        sizes = abs(moved).mean("time").to_series().sort_values(ascending=False)
        rows += [
            {
                "outcome": scm.variables[str(outcome)].label,
                "part": part,
                "mean size": float(sizes[part]),
                "at the end": float(moved.sel(part=part).isel(time=-1)),
            }
            for part in sizes.index[:8]
        ]
    return View(
        table=pd.DataFrame(rows),
        title="Largest contributions: shocks by their equation, and drivers",
        caption="Posterior medians, in the unit of the outcome; all parts are in --csv.",
    )


def sanity_view(table: pd.DataFrame) -> View:
    """Sanity checks with their bounds, what is outside first named in the caption."""
    limits = table[["lower_bound", "upper_bound"]].to_numpy(dtype=float)
    bounds = [_bounds(low, high) for low, high in limits]
    shown = table[["check", "what", "source"]].assign(
        value=[f"{value:.3g}" if np.isfinite(value) else "" for value in table["value"]],
        bounds=bounds,
        inside=np.where(
            table["inside"], "inside", np.where(table["asked"], "OUTSIDE", "not asked")
        ),
        note=table["note"],
    )
    outside = int((table["asked"] & ~table["inside"]).sum())
    silent = int((~table["asked"]).sum())
    return View(
        table=shown,
        title=f"Sanity checks: {len(table) - outside - silent} inside, {outside} outside"
        + (f", {silent} not asked of this model" if silent else ""),
        caption="Intervals are 5-95 % equal-tailed here, as the bounds were stated.",
    )


def _bounds(low: float, high: float) -> str:
    if np.isinf(low) and np.isinf(high):
        return ""
    if np.isinf(low):
        return f"at most {high:g}"
    return f"at least {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
