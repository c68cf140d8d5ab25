"""The data explorer: every bundled series above the five measures and the events behind them.

The page needs nothing from elsewhere: the script that draws comes with plotly and lies in the site.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

__all__ = ["SCRIPT", "page", "script"]

SCRIPT = "javascripts/plotly.js"
_DATA = Path(__file__).parents[2] / "data"
_TABLES = ("russia_quarterly", "russia_economy", "raw_quarterly")
_TITLE = f"""---
title: Data explorer
search:
  boost: 4
---

# Data explorer: every series, every measure, every event

Choose a series; below it the five measures (1 is the regime in force at the end of 2025) and a mark
for each dated event: point at one to read it. Drag to zoom, double-click to go back.

<script src="../{SCRIPT}"></script>
"""
_FIRST = "GDP growth"


@dataclass(frozen=True)
class _Series:
    name: str
    title: str
    unit: str
    about: str
    producer: str
    known: pd.Series


def script() -> str:
    """Return the script that the page draws with."""
    return get_plotlyjs()


def page() -> str:
    """Return the page in Markdown: the figure, then a table of what each series is."""
    shown = sorted(_series(_TABLES), key=lambda series: _FIRST not in series.title)
    measures = [series for series in _series(("measures",)) if series.title.endswith("measures")]
    drawn = _figure(shown, measures[:5], _events()).to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id="explorer",
        config={"responsive": True, "displaylogo": False},
    )
    rows = [
        f"| {s.title} | {s.unit} | {s.known.index[0]} to {s.known.index[-1]} | {s.producer} "
        f"| {s.about} |"
        for s in (*shown, *measures)
    ]
    head = ["## What each series is", "", "| series | unit | periods | producer | what it is |"]
    return "\n".join([_TITLE, f"<div>{drawn}</div>", "", *head, "|---|---|---|---|---|", *rows, ""])


def _series(tables: tuple[str, ...]) -> Iterator[_Series]:
    package = json.loads((_DATA / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["name"]: resource for resource in package["resources"]}
    for name in tables:
        table = pd.read_csv(_DATA / resources[name]["path"], index_col="quarter")
        for field in resources[name]["schema"]["fields"]:
            known = table[field["name"]].dropna() if field["name"] in table else pd.Series()
            if field["type"] == "number" and not known.empty and "ramp" not in field["name"]:
                words = (field[key].replace("|", "/") for key in ("title", "unit", "description"))
                yield _Series(field["name"], *words, field["producer"], known)


def _events() -> pd.DataFrame:
    """Return the events, one row a day and issuer, with what was adopted."""
    events = pd.read_csv(_DATA / "sanctions_events.csv", parse_dates=["effective_date"])
    by_day = events.groupby(["effective_date", "issuer"])["event"]
    return by_day.agg(lambda told: "<br>".join(dict.fromkeys(told))).reset_index()


def _figure(shown: list[_Series], measures: list[_Series], events: pd.DataFrame) -> go.Figure:
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.55, 0.27, 0.18], vertical_spacing=0.04
    )
    for series in shown:
        first = series is shown[0]
        figure.add_scatter(
            x=_dates(series.known), y=series.known, name=series.title, visible=first,
            line={"color": "#0072B2"}, showlegend=False, row=1, col=1,
        )  # fmt: skip
    for measure in measures:
        figure.add_scatter(
            x=_dates(measure.known), y=measure.known, name=measure.name, row=2, col=1
        )
    for issuer, own in events.groupby("issuer"):
        figure.add_scatter(
            x=own["effective_date"], y=[str(issuer)] * len(own), text=own["event"], mode="markers",
            marker={"symbol": "line-ns-open", "size": 10}, name=str(issuer), showlegend=False,
            hovertemplate="%{x|%d %B %Y}, %{y}<br>%{text}<extra></extra>", row=3, col=1,
        )  # fmt: skip
    rest = [True] * (len(figure.data) - len(shown))
    buttons = [
        {
            "label": f"{series.title}, {series.unit.partition(' (')[0]}",
            "method": "update",
            "args": [
                {"visible": [other is series for other in shown] + rest},
                {"yaxis.title.text": series.unit.partition(" (")[0]},
            ],
        }
        for series in shown
    ]
    menu = {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}
    menu |= {"pad": {"l": -45}, "font": {"size": 10}}  # as wide as a phone
    figure.update_layout(
        updatemenus=[menu],
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": "#767676"},
        height=640,
        margin={"l": 50, "r": 10, "t": 60, "b": 60},
        legend={"orientation": "h", "y": -0.06},
    )
    figure.update_yaxes(dtick=1, row=3)  # every issuer has its name
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.25)")
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.25)")
    figure.update_yaxes(title_text=shown[0].unit.partition(" (")[0], row=1, col=1)
    return figure


def _dates(values: pd.Series) -> pd.DatetimeIndex:
    return pd.PeriodIndex(values.index, freq="Q").to_timestamp()
