"""The sections of the validation report on back-tests: what was fed, predicted and missed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sanctions_model.validation.backtest_files import BackTest, load_back_tests
from sanctions_model.validation.backtests import EXPORT_PRICE, NO_SANCTIONS
from sanctions_model.data.evidence import Estimate, load_evidence
from sanctions_model.validation.rolling import MODEL
from sanctions_model.validation.windows import readjusted_within
from sanctions_model.report.validation.verdicts import back_test_bars, back_test_sentence
from sanctions_model.validation_words import SERIES, markdown_table, number, rows_of, span, truth_of

if TYPE_CHECKING:
    from sanctions_model.validation.run import Validation

__all__ = ["back_test_section"]


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
            published,
            markdown_table(pd.DataFrame(rows)),
            _variants(spec, found.tables.get(f"backtest_{name}_variants")),
            f"Quarterly 90 % intervals held: {covered}. Mean CRPS of the quarterly predictions:",
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
