"""Calendar years without relief, beside what others forecast and a plain rival."""

import pandas as pd

from sanctions_model.economies.russia import ANNUAL
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.reading.calendar_years import UNCHANGED
from sanctions_model.queries.reading.headlines import spoken_label
from sanctions_model.report.annual import BANK, POLL, RIVAL, TARGET, annual_table
from sanctions_model.report.page.markup import Html, charts_figure, join, table, tag
from sanctions_model.report.sections.drawing import Plane, shape, titled_chart
from sanctions_model.scm.interventions import Relief
from sanctions_model.summaries import interval_rule
from sanctions_model.validation.origins.past_forecasts import past_forecast_errors
from sanctions_model.wording import figure, upper_first

_YEARS = 4  # as the brief has them
_OUTCOMES = ("gdp_level", "price_level", "key_rate", "rouble")
_QUOTED = {
    "gdp_growth": "GDP, average of the year on the year before",
    "inflation_december": "consumer prices, December on December",
    "key_rate_average": "key rate, average of the year",
    "usd_rub_average": "dollar in roubles, average of the year",
}
_FORECASTERS = {"poll": "analysts' poll", "bank_of_russia": "the Bank of Russia"}
_AHEAD = {0: "the same year", 1: "later years"}
_OTHERS = {POLL: "#d55e00", BANK: "#009e73", TARGET: "var(--ink)", RIVAL: "var(--grey)"}
# Marks without a range: a dash and a cross.
_MARKS = {TARGET: "M{left:.1f},{at:.1f}h8", RIVAL: "M{left:.1f},{at:.1f}h8m-4,-4v8"}


def years_table(fit: Fit) -> pd.DataFrame:
    """Tabulate yearly figures with sanctions unchanged, and what stands beside them.

    Returns: rows of `annual_table` without those of relief. Raises `SanctionsModelError` if the
    model cannot forecast.
    """
    quoted = {name: ANNUAL[name] for name in _OUTCOMES if name in fit.scm.variables}
    found = annual_table(
        fit,
        fit.scm.relief(Relief()),
        years=_YEARS,
        quoted=quoted,
        random_seed=int(fit.manifest["settings"]["random_seed"]),
    )
    return found[found["source"].isin([UNCHANGED, *_OTHERS])].reset_index(drop=True)


def years_section(fit: Fit) -> Html:
    """Return the section: a chart an outcome and one table."""
    found = years_table(fit)
    years = sorted(int(year) for year in found["year"].unique())
    names = list(dict.fromkeys(found["outcome"]))
    charts, rows = [], []
    for name in names:
        own = found[found["outcome"] == name]
        label = spoken_label(fit.scm, str(name)).removeprefix("the ")
        said = own.loc[own["source"] == UNCHANGED, "statistic"].iloc[0]
        unit = "" if "%" in said else f", {fit.scm.variables[str(name)].short_unit}"
        charts.append(titled_chart(label, _chart(own, years, label)))
        for source in dict.fromkeys(own["source"]):
            mine = own[own["source"] == source].set_index("year")
            cells = [_cell(mine.loc[year]) if year in mine.index else "" for year in years]
            rows.append([f"{label}, {said}{unit}", _called(str(source), mine), *cells])
    rule = interval_rule()
    caption = (
        f"Sanctions unchanged: dot and bar are median and {rule}. Orange: the analysts' poll; "
        "green: the Bank of Russia; dash: the target; grey cross: nothing new."
    )
    return join(
        [
            tag(
                "p",
                "Relief is measured against this baseline, so that what it is stands here, beside "
                "what others forecast. The poll is of analysts, by the Bank of Russia, as is the "
                f"Bank's own table. “{upper_first(RIVAL)}” is no model: a rate stays where it was "
                "last, a level grows as it did on average since the data begin. All "
                "forecasts but ours are central figures or ranges without a stated probability.",
            ),
            charts_figure(charts, caption),
            table(
                f"Calendar years with sanctions unchanged, median and {rule}, and others' figures",
                ["Outcome", "Who", *map(str, years)],
                rows,
                numeric=range(2, 2 + len(years)),
                cards=True,
            ),
            *_past_errors(),
        ]
    )


def _past_errors() -> list[Html]:
    """Return how far the others' past forecasts were off, beside no model for the same cases."""
    found = past_forecast_errors()
    rows = [
        [
            _QUOTED[row["variable"]],
            _FORECASTERS[row["forecaster"]],
            _AHEAD[row["ahead"]],
            str(row["n"]),
            str(row["years"]),
            figure(row["mean_error"], signed=True),
            figure(row["absolute_error"]),
            figure(row["rival_error"]),
        ]
        for row in found.to_dict("records")
    ]
    return [
        table(
            "How far others' forecasts of past years were off, and no model for the same cases",
            ["Outcome", "Who", "Of", "Forecasts", "Years", "Bias", "Mean error", "No model"],
            rows,
            numeric=range(3, 8),
            cards=True,
        ),
        tag(
            "p",
            "Errors are in percentage points, of the dollar in % of its price; of a range the "
            "middle counts. Bias: forecast less outcome. Mean error: without its sign. No model: "
            "output and prices go on as they grew on average, the key rate and the dollar stay "
            "where they were last. Forecasts of one year hang together, and the years are few, "
            "2022 among them. Our own past forecasts stand in the tests on the past; they begin "
            "from whole quarters, so that these tables are not one contest.",
        ),
    ]


def _called(source: str, rows: pd.DataFrame) -> str:
    dates = sorted({str(date) for date in rows["published"] if date})
    return f"{source}, {dates[-1]}" if dates else source


def _cell(row: pd.Series) -> str:
    low, high = float(row["lower"]), float(row["upper"])
    if row["source"] == UNCHANGED:
        return f"{figure(row['median'])} ({figure(low)}; {figure(high)})"
    return figure(low) if low == high else f"{figure(low)} to {figure(high)}"


def _chart(own: pd.DataFrame, years: list[int], label: str) -> Html:
    low, high = min(0.0, float(own["lower"].min())), max(0.0, float(own["upper"].max()))
    plane = Plane(across=(years[0] - 0.6, years[-1] + 0.6), down=(low, high or 1.0))
    drawn = []
    for row in own.to_dict("records"):
        ours = row["source"] == UNCHANGED
        colour = "var(--blue)" if ours else _OTHERS[str(row["source"])]
        shift = -0.2 if ours else 0.12 * list(_OTHERS).index(str(row["source"]))
        x, at = plane.x(row["year"] + shift), plane.y(float(row["median"]))
        ends = f"M{x:.1f},{plane.y(float(row['lower'])):.1f}V{plane.y(float(row['upper'])):.1f}"
        if row["source"] in _MARKS:
            mark = _MARKS[str(row["source"])].format(left=x - 4, at=at)
            drawn.append(shape("path", {"d": mark, "stroke": colour, "stroke-width": "1.5"}))
            continue
        drawn += [
            shape("path", {"d": ends, "stroke": colour, "stroke-width": "2.5"}),
            shape("circle", {"cx": x, "cy": at, "r": "3.5", "fill": colour}),
        ]
    first = own[own["source"] == UNCHANGED].iloc[0]
    said = (
        f"{label} with sanctions unchanged: {_cell(first)} in {first['year']}, beside others' "
        "forecasts; the table has the numbers"
    )
    return plane.picture(drawn, said, {float(year): str(year) for year in years})
