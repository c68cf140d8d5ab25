"""Where things stand: the last figures of each series, the measures, and the events behind them."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from sanctions_model.data.sanctions.events import Event, load_events
from sanctions_model.economies.russia import MEASURES
from sanctions_model.inference.fit import Fit
from sanctions_model.plots.parts.observed_past import decimal_years, observed_values, period_name
from sanctions_model.queries.reading.headlines import spoken_label
from sanctions_model.report.lab.translated import spoken
from sanctions_model.report.page.markup import Html, charts_figure, join, table
from sanctions_model.report.sections.drawing import COLOURS, Plane, key, shape, titled_chart
from sanctions_model.report.validation.words import rows_of
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.units import in_percent, percent_unit
from sanctions_model.wording import figure, number, share_words

SHOWN = (
    "gdp_level",
    "inflation_yoy",
    "key_rate",
    "lending_rate",
    "rouble",
    "import_level",
    "real_wage_level",
)
_DRAWN = ("gdp_level", "inflation_yoy", "key_rate", "rouble")
_SINCE, _LATEST = 2012, 8
_ON_YEAR = "% on the year before"


def observed_series(fit: Fit) -> pd.DataFrame:
    """Return what was observed of the outcomes, levels as the change on the year before.

    Returns: index of the periods' first days; a column an outcome, not a number where it is not
    observed; levels in % on the year before, rates in their own unit.
    """
    scm, time = fit.scm, fit.problem.cases.time
    lag, found = scm.periods_per_year, {}
    for name in SHOWN:
        if name not in scm.variables:
            continue
        values = observed_values(fit.problem, name, 0)
        if scm.is_level(name):
            change = np.full(values.size, np.nan)
            change[lag:] = values[lag:] - values[:-lag]
            values = in_percent(change, scm.variables[name].unit)
        if np.isfinite(values).any():
            found[name] = values
    return pd.DataFrame(found, index=pd.DatetimeIndex(time))


def series_now(fit: Fit) -> pd.DataFrame:
    """Tabulate the last figure of each outcome and the one of a year before.

    Returns: columns ``outcome``, ``unit``, ``period``, ``value``, ``year_before``.
    """
    scm = fit.scm
    rows = []
    for name, values in observed_series(fit).items():
        known = values.dropna()
        last = known.index[-1]
        before = values.reindex([last - pd.DateOffset(years=1)]).iloc[0]
        variable = scm.variables[str(name)]
        rows.append(
            {
                "outcome": str(name),
                "unit": _ON_YEAR if scm.is_level(str(name)) else percent_unit(variable.unit),
                "period": period_name(str(last.date()), scm.periods_per_year),
                "value": float(known.iloc[-1]),
                "year_before": float(before),
            }
        )
    return pd.DataFrame(rows)


def measures_now(fit: Fit) -> pd.DataFrame:
    """Tabulate the strength of each measure, as the model is fed it.

    Returns: columns ``measure``, ``period``, ``value``, ``year_before``.
    """
    scm, time = fit.scm, fit.problem.cases.time
    rows = []
    for name in scm.measures:
        values = fit.problem.observations[name].to_numpy().astype(float)
        rows.append(
            {
                "measure": name,
                "period": period_name(str(time[-1]), scm.periods_per_year),
                "value": float(values[-1]),
                "year_before": float(values[-1 - scm.periods_per_year]),
            }
        )
    return pd.DataFrame(rows)


def now_section(fit: Fit) -> Html:
    """Return the section: charts with marks of the events, last figures, measures, last events."""
    scm, series, last = fit.scm, series_now(fit), measures_now(fit)
    events = load_events() if set(scm.measures) == set(MEASURES) else ()
    labels = {name: _called(scm, name) for name in scm.variables}
    parts = [
        _charts(fit, events),
        table(
            "The last figures",
            ["Series", "Period", "Value", "A year before", "Unit"],
            [
                [labels[r.outcome], r.period, figure(r.value), _known(r.year_before), r.unit]
                for r in rows_of(series)
            ],
            numeric=(2, 3),
            cards=True,
        ),
        table(
            "Strength of the measures, 1 at the end of 2025",
            ["Measure", "Period", "Strength", "A year before"],
            [
                [labels[r.measure], r.period, share_words(r.value), share_words(r.year_before)]
                for r in rows_of(last)
            ],
            numeric=(2, 3),
            cards=True,
        ),
    ]
    if events:
        parts.append(_latest(events, labels))
    return join(parts)


def _called(scm: StructuralCausalModel, name: str) -> str:
    """Name a series as a table does."""
    return spoken_label(scm, name).removeprefix("the ")


def _known(value: float) -> str:
    return figure(value) if np.isfinite(value) else "not observed"


def _charts(fit: Fit, events: Sequence[Event]) -> Html:
    scm, per_year = fit.scm, fit.scm.periods_per_year
    years = decimal_years(fit.problem.cases.time, per_year)
    shown = years >= _SINCE
    if not shown.any():
        shown = np.ones_like(shown)
    span = (float(years[shown][0]), float(years[shown][-1]) + 0.25)
    marks = [event for event in events if span[0] <= _year_of(event) <= span[1]]
    ticks = {float(y): str(y) for y in range(int(np.ceil(span[0])), int(span[1]) + 1) if y % 4 == 0}
    drawn = []
    if scm.measures:
        values = {n: fit.problem.observations[n].to_numpy().astype(float) for n in scm.measures}
        top = max(1.0, *(float(v.max()) for v in values.values()))
        plane = Plane(across=span, down=(0.0, top))
        lines = [
            plane.line(years[shown], v[shown], COLOURS[at % len(COLOURS)])
            for at, v in enumerate(values.values())
        ]
        said = "Strength of the measures over time, 1 at the end of 2025; their table has the last"
        picture = plane.picture([*_marks(plane, marks), *lines], said, ticks)
        drawn.append(titled_chart("measures, 1 at the end of 2025", picture))
    found = observed_series(fit)
    for name in (n for n in _DRAWN if n in found):
        own = found[name].to_numpy()
        known = shown & np.isfinite(own)
        if not known.any():
            continue
        low, high = float(own[known].min()), float(own[known].max())
        plane = Plane(across=span, down=(min(0.0, low), max(0.0, high) or 1.0))
        line = plane.line(years[known], own[known], "var(--blue)")
        unit = _ON_YEAR if name in {x.variable.name for x in scm.levels} else "% a year"
        label = f"{_called(scm, name)}, {unit}"
        said = f"{label}: from {number(low)} to {number(high)}; the table has the last figure"
        drawn.append(titled_chart(label, plane.picture([*_marks(plane, marks), line], said, ticks)))
    colours = dict(zip((_called(scm, n) for n in scm.measures), COLOURS, strict=False))
    caption = (
        f"Observed figures. Marks at the foot: {len(_days(marks))} dated acts behind the measures."
        if marks
        else "Observed figures."
    )
    return join([charts_figure(drawn, caption), key(colours)])


def _year_of(event: Event) -> float:
    day = event.effective_date
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


def _marks(plane: Plane, events: Sequence[Event]) -> list[Html]:
    """One path for all: a stroke at the foot for each day."""
    foot = plane.y(plane.down[0])
    places = sorted({round(plane.x(_year_of(event))) for event in events})
    path = "".join(f"M{place},{foot:.0f}v-9" for place in places)
    return [shape("path", {"d": path, "stroke": "var(--faint)"})] if events else []


def _latest(events: Sequence[Event], labels: Mapping[str, str]) -> Html:
    ordered = sorted(_days(events).items(), reverse=True)[:_LATEST]
    return table(
        f"The last {len(ordered)} events behind the measures",
        ["Date", "Who", "What", "Measures", "Counted as"],
        [
            [
                str(day),
                issuer,
                spoken(what),
                ", ".join(labels.get(event.measure, event.measure) for event in found),
                ", ".join(dict.fromkeys(event.kind for event in found)),
            ]
            for (day, issuer, what), found in ordered
        ],
        cards=True,
    )


def _days(events: Sequence[Event]) -> dict[tuple[date, str, str], list[Event]]:
    """Put together what one act did to several measures."""
    found: dict[tuple[date, str, str], list[Event]] = {}
    for event in events:
        found.setdefault((event.date, event.issuer, event.event), []).append(event)
    return found
