"""The explorer's sliders and tables: native inputs with labels, made without a script.

What the inputs do is in ``assets/explorer.js``; their ids are the names in a link's fragment.
"""

from collections.abc import Sequence

from sanctions_model import dims
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.report.page.answers import Answers, dates
from sanctions_model.report.page.markup import (
    Html,
    chart,
    charts_figure,
    folded,
    join,
    page_unit,
    table,
    tag,
)
from sanctions_model.report.page.mixtures import FUTURE, FutureEffects
from sanctions_model.report.page.words import dated_words
from sanctions_model.summaries import interval
from sanctions_model.wording import number, true_minus

_TABLE_HORIZONS, _PROB_HORIZON = (4, 12, 20), 12
_LANGUAGES = {"en": "English", "ru": "Русский", "zh": "中文"}
_TABLE_TITLES = {"relief": "Your relief in numbers", "futures": "Your odds in numbers"}


def slider(
    name: str, label: str, *, low: int = 0, high: int = 100, step: int = 5, value: int = 100
) -> Html:
    """Return a labelled range input with a place for its value in words. `name`: its id."""
    attributes = {"type": "range", "id": name, "min": str(low), "max": str(high)}
    attributes |= {"step": str(step), "value": str(value)}
    return tag(
        "div",
        [
            tag("label", label, attributes={"for": name}),
            tag("input", attributes=attributes),
            tag("output", attributes={"id": f"{name}-value", "for": name}),
        ],
        attributes={"class": "slider"},
    )


def fieldset(legend: str, children: Sequence[str]) -> Html:
    """Return controls under one name."""
    return tag("fieldset", [tag("legend", legend), *children])


def futures_section(answers: Answers, futures: FutureEffects) -> Html:
    """Return each future's effects, and the sliders of the odds with the mixture that follows."""
    odds = [
        slider(f"odds-{at}", label, step=1, value=round(100 * share))
        for at, (label, share) in enumerate(zip(futures.labels, futures.odds, strict=True))
    ]
    caption = (
        "Effect when the futures come with your odds, against sanctions unchanged. "
        f"Line: median; dark band: 50 % interval; light band: {answers.rule} (of equal tails "
        f"in any case); horizontal axis: years. Parameters and the paths within each "
        "future are uncertain too."
    )
    return join(
        [
            tag(
                "p",
                "Politics decides which future comes: the sliders are your odds of how things "
                "begin, and shares follow so that they sum to 100 %. The table says what follows "
                "from each beginning; a future may turn into another, where its file says so.",
            ),
            folded(
                "What the odds say, in sentences",
                tag("ul", (tag("li", true_minus(sentence)) for sentence in futures.sentences)),
                ample=True,
            ),
            folded("Each future by itself", _futures_table(answers, futures), ample=True),
            folded(
                "The futures mixed by your odds",
                panel(answers, "futures", (fieldset("Odds", odds),), caption),
                ample=True,
            ),
        ]
    )


def _futures_table(answers: Answers, futures: FutureEffects) -> Html:
    at = futures.effect.sel({dims.HORIZON: _PROB_HORIZON})
    at = effects_in_percent(answers.scm, at)
    summary = interval(at, answers.rule)
    rows = []
    for position, label in enumerate(futures.labels):
        cells = []
        for outcome in answers.outcomes:
            found = summary.isel({FUTURE: position}).sel({dims.OUTCOME: outcome})
            median, lower, upper = (
                number(float(found.sel(summary=name))) for name in ("median", "lower", "upper")
            )
            cells.append(f"{median} ({lower}; {upper})")
        rows.append([label, *cells])
    columns = [
        f"{answers.scm.variables[name].short_label}, {page_unit(answers.scm, name)}"
        for name in answers.outcomes
    ]
    turned = [[column, *(row[at] for row in rows)] for at, column in enumerate(columns, start=1)]
    return table(
        f"Effect of each future in {dated_words(answers, _PROB_HORIZON)}, against "
        f"sanctions unchanged; median and {answers.rule}",
        ["Outcome", *futures.labels],
        turned,
        numeric=range(1, len(futures.labels) + 1),
        cards=True,
    )


def panel(
    answers: Answers,
    name: str,
    controls: tuple[Html, ...],
    caption: str,
    more: tuple[Html, ...] = (),
) -> Html:
    """Return a form of controls beside its charts, with a table and a link to the setting.

    `name`: begins the ids of its parts. `more`: further buttons.
    """
    buttons = tag(
        "p",
        [
            *more,
            tag("button", "Back to the start", attributes={"type": "reset"}),
            tag("a", "Link to this setting", attributes={"class": "setting", "href": "#"}),
        ],
        attributes={"class": "buttons"},
    )
    form = tag(
        "form",
        [*controls, buttons],
        attributes={"id": f"{name}-controls", "class": "controls", "autocomplete": "off"},
    )
    charts = [chart(answers.scm, f"{name}-{outcome}", outcome) for outcome in answers.outcomes]
    numbers = folded("The same in numbers", _live_table(answers, name), ample=True)
    return tag(
        "div",
        [form, charts_figure(charts, caption), numbers],
        attributes={"class": "explorer"},
    )


def _live_table(answers: Answers, name: str) -> Html:
    """Return a table that the script fills: one row an outcome, one column a horizon."""
    period = answers.scm.periods_name
    columns = [("size", horizon) for horizon in _TABLE_HORIZONS] + [("above", _PROB_HORIZON)]
    named = dates(answers.fit)
    words = {"size": "{1}, after {0} " + period, "above": "P(higher) in {1}"}
    head = [
        tag(
            "th",
            words[shows].format(horizon, named[horizon - 1]),
            attributes={"scope": "col", "class": "number"},
        )
        for shows, horizon in columns
    ]
    rows = []
    for outcome in answers.outcomes:
        cells = [
            tag(
                "td",
                attributes={
                    "class": "number",
                    "data-shows": shows,
                    "data-horizon": str(horizon),
                    "data-label": words[shows].format(horizon, named[horizon - 1]),
                },
            )
            for shows, horizon in columns
        ]
        label = answers.scm.variables[outcome].short_label
        rows.append(
            tag(
                "tr",
                [tag("th", label, attributes={"scope": "row"}), *cells],
                attributes={"id": f"{name}-row-{outcome}"},
            )
        )
    title = f"{_TABLE_TITLES[name]}: median and {answers.rule}"
    inside = tag(
        "table",
        [
            tag("caption", title),
            tag("thead", tag("tr", [tag("th", "Outcome", attributes={"scope": "col"}), *head])),
            tag("tbody", rows),
        ],
        attributes={"class": "cards"},
    )
    return tag(
        "div",
        inside,
        attributes={"class": "scroll", "tabindex": "0", "role": "region", "aria-label": title},
    )


def language_switch() -> Html:
    """Return the links to the page in each language."""
    links = [
        tag("a", name, attributes={"class": "language", "lang": code, "href": f"?lang={code}"})
        for code, name in _LANGUAGES.items()
    ]
    named = {"class": "languages", "aria-label": "English, русский, 中文"}
    return tag("nav", links, attributes=named)
