"""The sections of the validation report on back-tests: what was fed, predicted and missed."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from sanctions_model.data.evidence import Estimate, load_evidence
from sanctions_model.report.validation.words import (
    SERIES,
    converged_words,
    effect_words,
    markdown_table,
    number,
    rows_of,
    series_words,
    span,
    truth_of,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval_rule
from sanctions_model.validation.backtests import EXPORT_PRICE, NO_SANCTIONS
from sanctions_model.validation.misses import miss_pattern
from sanctions_model.validation.origins.rolling import MODEL, score_summary
from sanctions_model.validation.predictive import SERIAL
from sanctions_model.validation.stated_backtests import BackTest, load_back_tests
from sanctions_model.validation.windows import readjusted_within
from sanctions_model.wording import figure, percent

if TYPE_CHECKING:
    from sanctions_model.validation.run import Validation


def back_test_section(found: "Validation", name: str, pictures: Mapping[str, str]) -> str:
    """Return the section of a back-test in Markdown, empty where it was not run."""
    if f"backtest_{name}_annual" not in found.tables:
        return ""
    spec = load_back_tests()[name]
    annual = found.tables[f"backtest_{name}_annual"]
    quarterly = found.tables[f"backtest_{name}_quarterly"]
    others = {
        (row.forecaster, row.series, row.year): row
        for row in rows_of(annual[annual["forecaster"] != MODEL])
    }
    beside = [(NO_SANCTIONS, "without measures and war"), ("random walk", "random walk")]
    if spec.export_price is not None:
        beside.insert(0, (EXPORT_PRICE, "fed the price of Urals"))
    rows = []
    for row in rows_of(annual[annual["forecaster"] == MODEL]):
        line = {
            "series": SERIES[row.series].split(",")[0],
            "year": row.year,
            "figure": row.statistic,
            "outcome": number(row.outcome),
            "this model": span(row.median, row.lower, row.upper),
        }
        for who, title in beside:
            other = others.get((who, row.series, row.year))
            line[title] = "" if other is None else span(other.median, other.lower, other.upper)
        walk = others.get(("random walk", row.series, row.year))
        line["in words"] = back_test_sentence(row, walk)
        rows.append(line)
    scores = quarterly[quarterly["forecaster"] != NO_SANCTIONS]
    hits = {
        str(who): truth_of(group["inside"])
        for who, group in scores.groupby("forecaster", sort=False)
    }
    refits = annual[annual["forecaster"] == MODEL].assign(window=f"to {spec.train_end}")
    pivot = scores.pivot_table("crps", "series", "forecaster", sort=False)
    crps = pd.DataFrame(
        {"series": [SERIES[str(name)].split(",")[0] for name in pivot.index]}
        | {str(who): [number(v) for v in pivot[who]] for who in pivot.columns}
    )
    covered = "; ".join(
        f"{who} {number(own.mean())} of {own.size} quarterly outcomes" for who, own in hits.items()
    )
    adjusted = "; ".join(
        f"{SERIES[series].split(',')[0]}: {words}"
        for series, words in readjusted_within(spec.train_end).items()
        if words != "no season to adjust"
    )
    judged = "\n".join(
        f"- `{address}`: {prior.family} "
        f"{', '.join(f'{key} {value:g}' for key, value in prior.arguments.items())}, {prior.unit}. "
        f"Judgement: {prior.rationale}"
        for address, prior in spec.judgement.items()
    )
    bars = "\n".join(f"- {line}" for line in back_test_bars(name, annual))
    published = ""
    if spec.published:
        evidence = load_evidence()
        items = [evidence[source] for source in spec.published]
        published = (
            "Published at the time: "
            + "; ".join(
                f"{item.authors} ({item.year}), {_range(item)} {item.unit}" for item in items
            )
            + "."
        )
    return "\n\n".join(
        part
        for part in (
            f"## Back-test: {spec.title}",
            "The oil price, the five measures, the pandemic and war terms take their real paths "
            "(coefficients of terms that are 0 throughout the window stay at their priors); all "
            "else is predicted. Intercepts, scales and means come from the window.",
            " ".join(spec.comment.split()),
            bars,
            converged_words(refits, "window"),
            published,
            markdown_table(pd.DataFrame(rows)),
            _variants(spec, found.tables.get(f"backtest_{name}_variants")),
            f"Quarterly {interval_rule().percent} intervals held: {covered}. Mean CRPS of the "
            "quarterly predictions:",
            markdown_table(crps),
            f"Seasonal adjustment: {adjusted}.",
            f"Equations without data in the window take fixed arguments:\n\n{judged}"
            if judged
            else "",
            pictures.get(f"validation_{name}", ""),
        )
        if part
    )


def _variants(spec: BackTest, table: pd.DataFrame | None) -> str:
    if table is None:
        return ""
    year = int(table["year"].min())
    growth = table[(table["series"] == "gdp_growth") & (table["year"] == year)]
    rows, held, narrow = [], 0, 0
    for variant in spec.variant.values():
        by_who = {row.forecaster: row for row in rows_of(growth[growth["title"] == variant.title])}
        walk = by_who["random walk"]
        for who, fed in ((MODEL, "Brent"), (EXPORT_PRICE, "price of Urals")):
            if who not in by_who:
                continue
            own = by_who[who]
            inside = bool(own.lower <= own.outcome <= own.upper)
            held += inside
            narrow += inside and bool(own.width <= walk.width)
            rows.append(
                {
                    "changed": variant.title,
                    "fed": fed,
                    "this model": span(own.median, own.lower, own.upper),
                    "random walk": span(walk.median, walk.lower, walk.upper),
                    "in words": back_test_sentence(own, walk),
                }
            )
    why = "\n".join(
        f"- *{v.title}*: {' '.join(v.rationale.split())}" for v in spec.variant.values()
    )
    return "\n\n".join(
        (
            f"What the prediction of GDP growth in {year} hangs on: the same with one thing "
            "changed, stated after the test had failed. The rows say what would have been needed; "
            "they pass no test.",
            why,
            markdown_table(pd.DataFrame(rows)),
            f"Of these {len(rows)} intervals {held} hold the outcome, {narrow} of them without "
            "being wider than the random walk's in the same window.",
        )
    )


def _range(item: Estimate) -> str:
    low, high, value = (getattr(item, name) for name in ("lower", "upper", "value"))
    if value is not None:
        return number(value)
    return " to ".join(number(end) for end in (low, high) if end is not None)


_WALK = "random walk"
_LOWEST_GDP_2022 = -6.0


def back_test_sentence(row: Any, walk: Any | None) -> str:
    """Say whether an interval held the outcome, and how wide it is beside a random walk's."""
    if row.outcome < row.lower:
        said = "outside: came lower than the interval"
    elif row.outcome > row.upper:
        said = "outside: came higher than the interval"
    else:
        said = "held"
    if walk is None:
        return f"{said}."
    ratio = (row.upper - row.lower) / (walk.upper - walk.lower)
    walked = "held" if walk.lower <= row.outcome <= walk.upper else "failed"
    return f"{said}; {number(ratio)} times the random walk's width, which {walked}."


def back_test_bars(name: str, annual: pd.DataFrame) -> list[str]:
    """Say how the model stands to the bars set before: the published failures of 2022."""
    if name != "war_of_2022":
        return []
    growth = annual[(annual["series"] == "gdp_growth") & (annual["year"] == 2022)]
    by_who = {row.forecaster: row for row in rows_of(growth)}
    calm, walk = by_who[NO_SANCTIONS], by_who[_WALK]
    walked = "held" if walk.lower <= walk.outcome <= walk.upper else "missed"
    lines = []
    for who, fed in ((MODEL, "Brent fed in"), (EXPORT_PRICE, "Price of Urals fed in")):
        if who not in by_who:
            continue
        own = by_who[who]
        held = bool(own.lower <= own.outcome <= own.upper)
        lines += [
            f"{fed}: median of annual GDP growth in 2022 not below {number(_LOWEST_GDP_2022)} %: "
            f"{number(own.median)} %, {_met(met=bool(own.median >= _LOWEST_GDP_2022))}.",
            f"{fed}: {interval_rule().percent} interval holds the outcome of "
            f"{number(own.outcome)} %: "
            f"{number(own.lower)} to {number(own.upper)} %, {_met(met=held)}.",
            f"{fed}: not wider than the random walk's: {number(own.width)} against "
            f"{number(walk.width)} points, {_met(met=bool(own.width <= walk.width))}.",
        ]
    return [
        *lines,
        f"The random walk's interval {walked} the outcome: {number(walk.lower)} to "
        f"{number(walk.upper)} %.",
        "The same fit with Brent, measures held at their last level and no war: "
        f"{span(calm.median, calm.lower, calm.upper)} %.",
    ]


def _met(*, met: bool) -> str:
    return "met" if met else "**not met**"


def failures(found: "Validation") -> Iterator[str]:
    """Yield one sentence for each thing that failed or cannot be shown."""
    tables = found.tables
    yield (
        "No measure of the bundled history falls but assets in 2019: recovery is not tested, and "
        "the effects of relief rest on the effects of imposition times a prior."
    )
    for name in load_back_tests():
        if f"backtest_{name}_annual" in tables:
            yield from _missed(name, tables[f"backtest_{name}_annual"], found.fit.scm)
    cells = tables["predictive"]
    lasting = cells[cells["serial_p_value"] < SERIAL]
    if len(lasting):
        listed = ", ".join(
            f"{series_words(str(row.series), found.fit.scm)} ({number(row.neighbours, sign=True)})"
            for row in rows_of(lasting)
        )
        yield (
            f"Errors of neighbouring quarters hang together, rejected at {percent(SERIAL)}: "
            f"{listed}; intervals a few quarters ahead may be too narrow there."
        )
    if "rolling" in tables:
        yield from _beaten(score_summary(tables["rolling"]), found.fit.scm)
    if "calibration" in tables:
        table = tables["calibration"]
        outside = [str(row.quantity) for row in rows_of(table) if str(row.inside) != "True"]
        expected = 0.01 * len(table)
        yield (
            f"Calibration: {len(outside)} of {len(table)} quantities outside their 99 % band "
            f"({figure(expected)} expected by chance), with {int(table['data_sets'].iloc[0])} data "
            "sets, too few to see small faults."
        )
    else:
        yield "Calibration of the default model was left out of this run."
    totals = tables["totals"]
    beyond = rows_of(totals[totals["verdict"] == "outside"])
    if beyond:
        listed = ", ".join(
            f"{row.title[0].lower()}{row.title[1:]} ({row.number})" for row in beyond
        )
        yield f"Published totals outside: {listed}; the table says why."
        yield f"The sides of these misses. {miss_pattern(totals)}"
    poor = tables["headline"][tables["headline"]["basis"] == "assumed"]
    if len(poor):
        listed = "; ".join(
            effect_words(row.outcome, row.horizon, found.fit.scm) for row in rows_of(poor)
        )
        yield f"Assumed (the data tell next to nothing about it): {listed}."


def _missed(name: str, annual: pd.DataFrame, scm: StructuralCausalModel) -> Iterator[str]:
    own = annual[annual["forecaster"] == MODEL]
    title = load_back_tests()[name].title
    missed = [
        f"{series_words(row.series, scm)} {row.year} ({number(row.outcome)} against "
        f"{span(row.median, row.lower, row.upper)})"
        for row in rows_of(own)
        if not row.lower <= row.outcome <= row.upper
    ]
    level = interval_rule().percent
    if missed:
        yield f"{title}: yearly outcomes outside the {level} interval: {', '.join(missed)}."
    else:
        yield f"{title}: all {len(own)} yearly outcomes inside the {level} intervals."
    walk = annual[annual["forecaster"] == _WALK].set_index(["series", "year"])["width"]
    wider = [
        f"{series_words(row.series, scm)} {row.year}"
        for row in rows_of(own)
        if (row.series, row.year) in walk.index and row.width > walk.loc[row.series, row.year]
    ]
    if wider:
        yield f"{title}: intervals wider than the random walk's for {', '.join(wider)}."
    for line in back_test_bars(name, annual):
        if "not met" in line:
            yield f"{title}: {line}"


def _beaten(summary: pd.DataFrame, scm: StructuralCausalModel) -> Iterator[str]:
    lost = summary[(summary["forecaster"] != MODEL) & (summary["lead"] < 0)]
    clear = lost[lost["lead"] < -2 * lost["lead_error"]]
    if len(lost):
        listed = ", ".join(
            f"{series_words(row.series, scm)} {row.horizon} ahead by the {row.forecaster}"
            for row in rows_of(lost)
        )
        yield (
            f"Rolling origins: beaten in {len(lost)} of "
            f"{len(summary[summary['forecaster'] != MODEL])} comparisons of log scores "
            f"({len(clear)} by more than two standard errors), 1 or 4 quarters ahead: {listed}."
        )
