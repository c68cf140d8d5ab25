"""Results as people read them: the few rows and words that fit a screen. Computes nothing new."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.observations import coverage
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.basis import BASIS_COLUMNS
from sanctions_model.queries.reading.findings import part_words, parts_finding, variance_finding
from sanctions_model.queries.reading.headlines import (
    in_words_of,
    label_with_unit,
    main_outcomes,
    short_name,
)
from sanctions_model.queries.reading.percent import contributions_in_percent
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after
from sanctions_model.summaries import (
    IntervalRule,
    interval,
    interval_rule,
    mean_error,
    probability,
    share_error,
    summary_errors,
)
from sanctions_model.units import effect_in_percent, in_percent, percent_unit
from sanctions_model.wording import (
    decimals,
    error_words,
    figure,
    mass_words,
    percent,
    share_words,
    significant,
    upper_first,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A table as people read it.

    `table`: cells as they are read. `title`: what was found. `question`: what was asked, below the
    title. `caption`: what its reader must know, below the table. `most`: rows that a terminal shows
    unless all are asked for. `first`: columns in the order in which they get room; from the left by
    default. `aside`: columns that a terminal leaves out unless all are asked for.
    `source`: which fit and data it is of, below the caption.
    `grey`: by row, whether its difference is within two Monte-Carlo errors; a terminal greys it.
    """

    table: pd.DataFrame
    title: str
    question: str = ""
    caption: str = ""
    most: int | None = None
    first: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    grey: tuple[bool, ...] = ()
    source: str = ""


def interval_words(rule: IntervalRule) -> str:
    """Say what the cells of a table hold."""
    inside = mass_words(rule.prob)
    which = f"{inside} draws lie" if rule.kind == "eti" else f"the narrowest {inside} draws lie"
    return f"Median, and in brackets where {which}."


def _rule(table: pd.DataFrame) -> str:
    return interval_words(IntervalRule(table["ci_prob"].iloc[0], table["ci_kind"].iloc[0]))


def size_cell(median: float, lower: float, upper: float, *, signed: bool = False) -> str:
    """Write a median and its interval, as in ``-0.22 (-0.73; 0.26)``; signed, of an effect."""
    if np.isnan(median):
        return ""
    largest = max(abs(lower), abs(upper))
    digits = 2 if largest < 2 else 1 if largest < 100 else 0
    sign = "+" if signed else ""
    middle, low, high = (_no_signed_zero(f"{v:{sign}.{digits}f}") for v in (median, lower, upper))
    return f"{middle} ({low}; {high})"


def _no_signed_zero(text: str) -> str:
    return text.lstrip("+-") if float(text) == 0 else text


def coverage_view(observations: xr.Dataset, scm: StructuralCausalModel) -> View:
    """Which periods each series covers."""
    table = coverage(observations, scm).rename_axis("series").reset_index()
    shown = table.rename(columns={"n": "figures", "n_missing_inside": "holes"})
    shown["series"] = [scm.variables[str(name)].short_label for name in shown["series"]]
    newest, behind = table["last"].max(), int((table["last"] < table["last"].max()).sum())
    return View(
        table=shown,
        title=f"{len(table)} series to {newest}; {behind} of them lack its figure",
        question="Question: which periods does each series cover?",
    )


def nowcast_view(table: pd.DataFrame, *, is_prior: bool) -> View:
    """Show the completed cells, a row a series and a column a period."""
    if not len(table):
        empty = pd.DataFrame({"series": ["none"]})
        return View(table=empty, title="0 figures are missing where an equation needs one")
    periods = sorted(set(table["period"]))
    rows = []
    for _, own in table.groupby("series", sort=False):
        first = own.iloc[0]
        sizes = [size_cell(*row) for row in own[["median", "lower", "upper"]].to_numpy()]
        cells = dict(zip(own["period"], sizes, strict=True))
        rows.append(
            {
                "series, estimated": _named(first["label"], first["unit"]),
                "last figure": first["last_known"],
                **{f"{period} *": cells.get(period, "") for period in periods},
            }
        )
    source = "the prior" if is_prior else "the fit"
    last = table.iloc[-1]
    unit = percent_unit(last["unit"])
    # What the newest period lacks comes first.
    shown = pd.DataFrame(rows)
    lacks = shown[f"{periods[-1]} *"] != ""
    shown = pd.concat([shown[lacks], shown[~lacks]], ignore_index=True)
    return View(
        table=shown,
        first=(*shown.columns[:2], *reversed(shown.columns[2:])),
        title=f"{upper_first(last['label'].partition(',')[0])} in {last['period']} is estimated at "
        f"{figure(last['median'])} {unit}; {len(table)} figures are not out yet",
        question=f"Question: what does {source} expect of figures that are not out?",
        caption=f"* Estimated. {_rule(table)}",
    )


def _named(label: str, unit: str) -> str:
    return f"{label.partition(',')[0]}, {percent_unit(unit)}"


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
            "old": [size_cell(*row) for row in rows[["old", "old_lower", "old_upper"]].to_numpy()],
            "new": [size_cell(*row) for row in rows[["new", "new_lower", "new_upper"]].to_numpy()],
            **{
                name: [
                    # The minus of the cells beside it.
                    f"{decimals(value, 3, signed=True)} ± {decimals(error, 3)}".replace("−", "-")
                    for value, error in rows[[*pair]].to_numpy()
                ]
                for name, pair in parts.items()
            },
            **{
                name: [
                    "" if np.isnan(value) else f"{share_words(value)} ± {error_words(error)}"
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
    return View(
        table=shown,
        title=f"{clear} of {len(rows)} effects of relief differ between two vintages by more than "
        "chance",
        question="Question: what did revised history and new periods do to the answers?",
        caption=caption,
        grey=tuple(rows["within_error"]),
    )


def diagnostics_line(fitted: Fit) -> str:
    """Convergence in one line."""
    found = fitted.diagnostics
    if found is None:
        return "prior only: no data used beyond scales and means, nothing sampled"
    refitted = fitted.manifest.get("refitted_at_target_accept")
    again = f", after a refit at target_accept {refitted}" if refitted else ""
    return (
        f"diagnostics: {found.divergences} divergences, R-hat {decimals(found.r_hat, 3)}, "
        f"bulk ESS {decimals(found.ess_bulk)}, tail ESS {decimals(found.ess_tail)}, "
        f"{found.explosive} explosive draws{again}"
    )


def links_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Long-run effect of every link that is not fixed, prior beside posterior."""
    rows = table[table["kind"] == "long_run"]
    rows = rows[rows["prior_lower"] < rows["prior_upper"]]
    told = rows["basis"].value_counts()
    shown = pd.DataFrame(
        {
            "link": [in_words_of(scm, str(link)) for link in rows["link"]],
            "prior": [
                size_cell(*row)
                for row in rows[["prior_median", "prior_lower", "prior_upper"]].to_numpy()
            ],
            "posterior": [size_cell(*row) for row in rows[["median", "lower", "upper"]].to_numpy()],
            "information": [share_words(value) for value in rows["information"]],
            "rests on": rows["basis"],
            "sign": ["assumed by the prior" if assumed else "" for assumed in rows["sign_assumed"]],
            "address": rows["link"],
        }
    )
    caption = _rule(table) + (
        " Information gained from the data, 0 to 1; 0 means the answer is prior."
    )
    return View(
        table=shown,
        title=f"Of {len(rows)} links {told.get('identified', 0)} are settled by the data, "
        f"{told.get('mixed', 0)} by data and beliefs, {told.get('assumed', 0)} by beliefs alone",
        question="Question: how much does each link move in the long run?",
        caption=caption,
        aside=("address",),
    )


_EFFECTS = ("effect", "difference")


def in_percent_by_outcome(
    array: xr.DataArray, scm: StructuralCausalModel, *, is_effect: bool
) -> xr.DataArray:
    """Turn what is in log points into percent, outcome by outcome."""
    convert = effect_in_percent if is_effect else in_percent
    names = [str(name) for name in array["outcome"].to_numpy()]
    found = [convert(array.sel(outcome=[n]), scm.variables[n]) for n in names]
    return xr.concat(found, dim="outcome", coords="different", compat="equals").transpose(
        *array.dims
    )


def summary_table(arrays: Mapping[str, xr.DataArray], scm: StructuralCausalModel) -> pd.DataFrame:
    """Tabulate median and interval of each array over its dims, one row a cell.

    `arrays`: dims ``outcome``, ``chain`` and ``draw`` plus any others; the key becomes the column
    ``quantity``. Log points become percent: of a path all, of an ``effect`` or ``difference`` those
    on levels, of a ``contribution`` so that parts add up (`contributions_in_percent`); a ``share``
    stays as it is. An effect has its mean, the probability that it is below zero, the Monte-Carlo
    standard errors of all of these, and what it rests on where that stands beside it
    (`Basis.beside`).
    """
    rule = interval_rule()
    frames = []
    for name, array in arrays.items():
        if name == "share":
            own = array
        elif name == "contribution":
            own = contributions_in_percent(scm, array)
        else:
            own = in_percent_by_outcome(array, scm, is_effect=name in _EFFECTS)
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
        if name in (*_EFFECTS, "contribution"):
            frame["mean"] = _flat(own.mean(("chain", "draw")), keep)
        if name in _EFFECTS:
            frame["prob_below_zero"] = _flat(probability(own < 0), keep)
            frame = frame.join(_errors(own, summary, keep))
            if "basis" in array.coords:
                before = in_percent_by_outcome(array["prior_median"], scm, is_effect=True)
                frame["prior_median"] = _flat(before, keep)
                frame = frame.assign(**{n: _flat(array[n], keep) for n in BASIS_COLUMNS})
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    return table.assign(ci_prob=rule.prob, ci_kind=rule.kind)


def _errors(own: xr.DataArray, summary: xr.DataArray, keep: Sequence[Hashable]) -> pd.DataFrame:
    """Monte-Carlo standard errors of what a table says of each cell of an effect."""
    draws, said = own.transpose(*keep, "chain", "draw"), summary.transpose(*keep, "summary")
    return pd.DataFrame(
        [
            summary_errors(draws[at], said[at])
            | {
                "mean_error": mean_error(draws[at]),
                "prob_error": share_error(draws[at].to_numpy() < 0),
            }
            for at in np.ndindex(*(own.sizes[dim] for dim in keep))
        ]
    )


def _flat(array: xr.DataArray, keep: Sequence[Hashable]) -> np.ndarray:
    return np.asarray(array.transpose(*keep)).reshape(-1)


def date_columns(
    attributes: Mapping[Hashable, Any], scm: StructuralCausalModel, horizons: Sequence[int]
) -> dict[int, str]:
    """Name horizons by their dates, or count them where no start is known."""
    start = attributes.get(dims.Said.START)
    return {
        h: period_after(start, h, scm.periods_per_year) if start else f"{scm.period_name} {h}"
        for h in horizons
    }


def variance_view(shares: xr.DataArray, scm: StructuralCausalModel, most: int = 2) -> View:
    """Show whose shocks make forecasts miss: of the main outcomes, the largest shares.

    `shares`: dims ``(outcome, shock, horizon, chain, draw)``, 0 to 1. `most`: shocks an outcome.
    """
    last, year = int(shares["horizon"].max()), scm.periods_per_year
    wanted = sorted({h for h in (1, year, 3 * year, last) if h <= last})
    means = 100 * shares.mean(["chain", "draw"])
    there = [str(n) for n in means["outcome"].to_numpy() if np.isfinite(means.sel(outcome=n)).any()]
    main = main_outcomes(scm, there)
    dated = date_columns(shares.attrs, scm, wanted)
    rows = []
    for outcome in [*main, *(name for name in there if name not in main)]:
        own = means.sel(outcome=outcome)
        order = own.sel(horizon=last).to_series().sort_values(ascending=False).index[:most]
        for position, shock in enumerate(order):
            called = "" if position else _told_apart(scm, outcome, there)
            shown = {"outcome": called, "shocks to": _short_of(scm, str(shock))}
            cells = {
                when: percent(float(own.sel(horizon=h, shock=shock)) / 100)
                for h, when in dated.items()
            }
            rows.append(shown | cells)
    return View(
        table=pd.DataFrame(rows),
        title=variance_finding(shares, scm),
        question="Question: whose shocks make forecasts miss?",
        caption=f"Means, which add up to 100 %; the {most} largest of each outcome, parameters "
        "given.",
        most=most * len(main),
    )


def _told_apart(scm: StructuralCausalModel, name: str, others: Sequence[str]) -> str:
    """Return what an outcome is called beside others: a level and its growth may share a name."""
    called = short_name(scm, name)
    same = [other for other in others if other != name and short_name(scm, other) == called]
    return scm.variables[name].label if same else called


def _short_of(scm: StructuralCausalModel, name: str) -> str:
    return scm.variables[name].short_label


def _period(value: object, scm: StructuralCausalModel) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.to_period("Q" if scm.periods_per_year == 4 else "M"))
    return str(value)


def decomposition_view(parts: xr.DataArray, scm: StructuralCausalModel) -> View:
    """Mean size of each part's contribution over the window, largest first, with the last one."""
    means = contributions_in_percent(scm, parts).mean(["chain", "draw"])
    first, last = (_period(pd.Timestamp(means["time"].to_numpy()[at]), scm) for at in (0, -1))
    rows: list[dict[str, str]] = []
    for outcome in means["outcome"].to_numpy():
        own = means.sel(outcome=outcome)
        moved = own.sel(part=[p for p in own["part"].to_numpy() if p != "base"])
        sizes = abs(moved).mean("time").to_series().sort_values(ascending=False)
        rows.extend(
            {
                "outcome": label_with_unit(scm, str(outcome)),
                "moved by": part_words(scm, str(part)),
                "on average": share_words(sizes[part]),
                f"in {last}": decimals(float(moved.sel(part=part).isel(time=-1)), 2, signed=True),
            }
            for part in sizes.index[:6]
        )
    return View(
        table=pd.DataFrame(rows),
        title=f"{parts_finding(parts, scm)}, {first} to {last}",
        question="Question: what moved the outcomes in these years?",
        caption="Means, which add up: % of a level, points of a rate (pp); all parts: --csv.",
    )


def sanity_view(table: pd.DataFrame) -> View:
    """Sanity checks with their bounds, what is outside first named in the caption."""
    limits = table[["lower_bound", "upper_bound"]].to_numpy(dtype=float)
    bounds = [_bounds(low, high) for low, high in limits]
    shown = table[["check", "what", "source"]].assign(
        value=[significant(value) if np.isfinite(value) else "" for value in table["value"]],
        bounds=bounds,
        inside=np.where(
            table["inside"], "inside", np.where(table["asked"], "OUTSIDE", "not asked")
        ),
        note=table["note"],
    )
    outside = table["asked"] & ~table["inside"]
    silent = int((~table["asked"]).sum())
    return View(
        table=shown.iloc[np.argsort(~outside.to_numpy(), kind="stable")],
        title=f"{int(outside.sum())} of {len(table) - silent} sanity checks are out of their bounds"
        + (f", {silent} not asked of this model" if silent else ""),
        question="Question: are sizes, spreads and signs plausible?",
        caption="Intervals: from 5 to 95 % of the draws, as the bounds were stated.",
        aside=("note", "source"),
        most=12,
    )


def _bounds(low: float, high: float) -> str:
    if np.isinf(low) and np.isinf(high):
        return ""
    if np.isinf(low):
        return f"at most {high:g}"
    return f"at least {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
