"""Relief observed elsewhere: what failed, the answer with it and without, the liftings as dots."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sanctions_model.elsewhere.prediction import (
    LIFTINGS,
    fit_summary,
    load_episode_effects,
    load_trial,
    predict,
    predictive_table,
    reliability,
)
from sanctions_model.elsewhere.reimposition import reimposition_hazard
from sanctions_model.inference.fit import Fit
from sanctions_model.report.page.markup import Html, charts_figure, join, table, tag
from sanctions_model.report.sections.drawing import Plane, shape, titled_chart
from sanctions_model.report.validation.elsewhere import elsewhere_failures
from sanctions_model.robustness.liftings_error import liftings_error
from sanctions_model.robustness.observed_relief import answer_after, with_liftings_elsewhere
from sanctions_model.summaries import interval_rule
from sanctions_model.wording import in_words, number, percent, true_minus

LIFTING = "settlement, all senders"
_YEAR = 3
_LABELS = {
    "gdp": "GDP, %",
    "imports": "imports, %",
    "inflation": "inflation, pp a year",
    "real_exchange_rate": "real exchange rate, %, up = stronger",
}
_CALLED = {
    "gdp_level": "GDP",
    "price_level": "prices",
    "import_level": "imports",
    "rouble": "rouble",
}
_FAR = 1.6  # times the widest interval shown: dots beyond stand at the edge


def elsewhere_section(fit: Fit) -> Html:
    """Return the section.

    Raises `SanctionsModelError` if the model lacks the levels that the liftings are compared by.
    """
    lifting = LIFTINGS[LIFTING]
    found = with_liftings_elsewhere(fit.scm, fit.draws, predict(lifting))
    errors = liftings_error(fit.scm, fit.draws, lifting).set_index("outcome")["median"]
    predicted = predictive_table()
    chosen = predicted[(predicted["lifting"] == LIFTING) & (predicted["year"] == _YEAR)]
    answer = answer_after(fit.scm, fit.draws, year=_YEAR)
    effects = load_episode_effects()
    charts = [
        titled_chart(
            _LABELS[str(row["outcome"])],
            _dots(
                effects[(effects["outcome"] == row["outcome"]) & (effects["cells"] > 0)],
                row,
                answer[str(row["outcome"])],
            ),
        )
        for row in chosen.to_dict("records")
    ]
    lifted = reimposition_hazard().iloc[0]
    rule = interval_rule()
    caption = (
        f"After {_YEAR} years. Dots: liftings elsewhere, medians, with {fit_summary()['interval']} "
        "intervals. Blue band: "
        f"{rule.percent} of what they predict for a country like Russia ({LIFTING}), dashed its "
        "median. Orange: full relief in this model. At the edge: beyond it."
    )
    return join(
        [
            tag("h3", "What failed"),
            tag("ul", (tag("li", true_minus(line)) for line in elsewhere_failures(load_trial()))),
            *(tag("p", sentence) for sentence in _said(found)),
            table(
                f"Full relief after 12 quarters without the liftings elsewhere and with them, "
                f"median and {rule}; error: of the median at power 1, from the draws shipped",
                ["Outcome", "Without", "Power 0.5", "Power 1", "Error", "Shift, sd", "k-hat"],
                [
                    _row(name, own, float(errors[str(name)]))
                    for name, own in found.groupby("outcome", sort=False)
                ],
                numeric=range(1, 7),
                cards=True,
            ),
            charts_figure(charts, caption),
            tag(
                "p",
                f"{int(lifted['reimposed'])} of {int(lifted['episodes'])} liftings were taken back "
                f"within five years. {reliability(fit_summary())} The liftings are off unless "
                "asked for: no number elsewhere on this page rests on them.",
            ),
        ]
    )


def _row(name: object, own: pd.DataFrame, error: float) -> list[str]:
    last = own.iloc[-1]
    cells = [
        f"{number(row['median'])} ({number(row['lower'])}; {number(row['upper'])})"
        if row["used"]
        else "refused: too few draws"
        for _, row in own.iterrows()
    ]
    beside = [number(error, signed=False), number(last["shift"])] if last["used"] else ["", ""]
    return [f"{_CALLED[str(name)]}, %", *cells, *beside, number(last["k_hat"])]


def _said(found: pd.DataFrame) -> list[str]:
    """Say what the liftings change and what they leave, at the largest power that holds."""
    held = found[found["used"]]
    power = held["power"].max()
    if not power > 0:
        return ["What they change is not answered: the draws are too far from them at any power."]
    last = held[held["power"] == power].set_index("outcome")
    after = last.to_dict("index")
    before = found[found["power"] == 0].set_index("outcome").to_dict("index")
    moved = str(last["narrower"].idxmax())
    open_signs = [
        _CALLED[str(name)]
        for name, row in after.items()
        if np.sign(row["lower"]) != np.sign(row["upper"])
    ]
    largest = float(last["shift"].abs().max())
    how = "in full" if power == 1 else f"with a power of {power:g}"
    sizes = ", and ".join(
        f"{_CALLED[name]} move by {_moves(after[name])} % in place of {_moves(before[name])} %"
        for name in dict.fromkeys((moved, "gdp_level"))
    ).replace("GDP move", "GDP moves")
    still = (
        f"the intervals of {in_words(open_signs)} include zero as before"
        if open_signs
        else "every sign is as clear as before"
    )
    return [
        f"What they change: counted {how}, {sizes}; the interval of {_CALLED[moved]} is "
        f"{percent(float(last['narrower'].max()))} narrower.",
        f"What they do not: no median moves by more than {number(largest, signed=False)} of a "
        f"standard deviation, and {still}.",
    ]


def _moves(row: Mapping[Any, Any]) -> str:
    return f"{number(row['median'])} ({number(row['lower'])}; {number(row['upper'])})"


def _dots(
    episodes: pd.DataFrame,
    predicted: dict[object, object],
    answer: tuple[float, float, float],
) -> Html:
    low, median, high = (float(str(predicted[part])) for part in ("lower", "median", "upper"))
    reach = _FAR * max(abs(value) for value in (low, high, *answer))
    ordered = episodes.sort_values("median")
    rows = len(ordered) + 4
    plane = Plane(across=(-reach, reach), down=(0.0, float(rows)), height=240)
    top, foot = plane.y(float(rows)), plane.y(0.0)

    def inside(value: float) -> float:
        return float(np.clip(value, -reach, reach))

    drawn = [
        shape(
            "rect",
            {
                "x": plane.x(low),
                "y": top,
                "width": plane.x(high) - plane.x(low),
                "height": foot - top,
                "fill": "var(--blue)",
                "fill-opacity": "0.18",
            },
        ),
        shape(
            "path",
            {
                "d": f"M{plane.x(median):.1f},{top:.1f}V{foot:.1f}",
                "stroke": "var(--blue)",
                "stroke-dasharray": "4 3",
            },
        ),
        shape("path", {"d": f"M{plane.x(0.0):.1f},{top:.1f}V{foot:.1f}", "stroke": "var(--grey)"}),
    ]
    spans = []
    for place, row in enumerate(ordered.to_dict("records"), start=1):
        y = plane.y(float(place))
        left, right = (plane.x(inside(float(row[part]))) for part in ("lower", "upper"))
        spans.append(f"M{left:.1f},{y:.1f}H{right:.1f}")
        said = f"{row['episode']}: {_moves(row)}"
        drawn.append(
            shape(
                "circle",
                {"cx": plane.x(inside(float(row["median"]))), "cy": y, "r": "2.2"},
                said=said,
            )
        )
    drawn.insert(
        3, shape("path", {"d": "".join(spans), "stroke": "var(--grey)", "stroke-width": "0.8"})
    )
    at = plane.y(rows - 1.0)
    ends = f"M{plane.x(answer[1]):.1f},{at:.1f}H{plane.x(answer[2]):.1f}"
    drawn += [
        shape("path", {"d": ends, "stroke": "#d55e00", "stroke-width": "3"}),
        shape("circle", {"cx": plane.x(answer[0]), "cy": at, "r": "4", "fill": "#d55e00"}),
    ]
    ticks = {value: number(value) for value in (-reach / _FAR, 0.0, reach / _FAR)}
    here = dict(zip(("median", "lower", "upper"), answer, strict=True))
    said = (
        f"{len(ordered)} liftings elsewhere predict {_moves(predicted)} for a country like Russia; "
        f"full relief in this model: {_moves(here)}"
    )
    return plane.picture(drawn, said, ticks, rows=False)
