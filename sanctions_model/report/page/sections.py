"""The report's sections, from what a journalist reads first to what a colleague checks last."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sanctions_model.inference.fit import data_checksum
from sanctions_model.plots.channels import channel_label
from sanctions_model.plots.parts.observed_past import period_name
from sanctions_model.plots.parts.signs import ASSUMED
from sanctions_model.queries.effects import CHAIN_PARTS
from sanctions_model.report.graph_choice import choice_sentences
from sanctions_model.report.lab.builder import builder_section
from sanctions_model.report.lab.paths import PATH_HORIZON, PATH_OUTCOMES
from sanctions_model.report.lab.still import still_fan
from sanctions_model.report.lab.story import story_section
from sanctions_model.report.lab.translated import spoken
from sanctions_model.report.page.answers import (
    BEHAVIOUR,
    CHANNEL_HORIZON,
    CHANNEL_OUTCOMES,
    TABLE_HORIZONS,
    Answers,
    dates,
    fans,
)
from sanctions_model.report.page.controls import futures_section, language_switch
from sanctions_model.report.page.ledger import diagnostics_section, graph_section, priors_section
from sanctions_model.report.page.markup import (
    Html,
    chart,
    charts_figure,
    english,
    folded,
    join,
    page_unit,
    parameter_words,
    table,
    tag,
    track,
)
from sanctions_model.report.page.mixtures import FutureEffects
from sanctions_model.report.page.sentences import findings, headline
from sanctions_model.report.page.words import dated_words, part_words, size_words
from sanctions_model.report.sections.background import background_section
from sanctions_model.wording import chance, chance_is, number, share_words, true_minus

_SHOWN_LINKS = 12
_FIRST = "gdp_level"
_OPEN = (0.2, 0.8)  # between these probabilities the sign is open
_ARTICLE = "On the Prospects for the Development of Russian-American Relations under Donald Trump."
_TITLE = "If sanctions on Russia are relieved, what follows?"


def _section(name: str, title: str, inside: Html) -> Html:
    """Return a section that the contents can link to."""
    return tag("section", [tag("h2", title), inside], attributes={"id": name})


def body(
    answers: Answers, futures: FutureEffects | None = None, validation: Path | None = None
) -> Html:
    """Return the page's visible part."""
    parts = {
        "summary": ("In short", _summary(answers)),
        "story": ("The chain, step by step", story_section(answers)),
        "claims": ("The article's claims, checked", _claims(answers)),
        "fans": ("How far and how fast", _fans(answers)),
        "explorer": ("Try your own relief", _explorer(answers)),
        **(
            {}
            if futures is None
            else {"futures": ("The futures, by your odds", futures_section(answers, futures))}
        ),
        "channels": ("Through which channel", _channels(answers)),
        "background": ("What stands behind it", background_section(answers.fit, validation)),
        "data": ("What is data and what is prior", _data(answers)),
        "graph": ("The causal graph", graph_section(answers)),
        "priors": ("Priors and their sources", priors_section(answers)),
        "diagnostics": ("Diagnostics", diagnostics_section(answers)),
        "caveats": ("What to keep in mind", _caveats(answers)),
    }
    links = [
        tag("li", tag("a", title, attributes={"href": f"#{name}"}))
        for name, (title, _) in parts.items()
    ]
    return join(
        [
            tag("a", "Skip to the content", attributes={"class": "skip", "href": "#summary"}),
            language_switch(),
            _header(answers),
            tag("nav", tag("ol", links), attributes={"aria-label": "Contents"}),
            tag("main", (_section(name, title, inside) for name, (title, inside) in parts.items())),
            _footer(answers),
        ]
    )


def _explorer(answers: Answers) -> Html:
    named = dates(answers.fit)
    asks = {
        name: answers.scm.variables[name].label
        for name in PATH_OUTCOMES
        if name in answers.outcomes and not answers.fit.is_prior_only
    }
    return builder_section(answers, named, asked=named[:PATH_HORIZON], asks=asks)


def contrast_words(answers: Answers) -> str:
    """Say what every effect on the page is measured against, and how it is summarised."""
    kind = answers.fit.drawn_from
    return (
        f"Effects compare full relief of all {len(answers.relief.measures)} measures in "
        f"{answers.relief.ramp} equal steps, one a {answers.scm.period_name}, with "
        f"sanctions unchanged as at the end of 2025. Numbers are {kind} medians; brackets and "
        f"shaded bands are {answers.rule}s."
    )


def _header(answers: Answers) -> Html:
    manifest = answers.fit.manifest
    last = np.datetime64(manifest["data"]["last_period"])
    facts = (
        f"Fit of {str(manifest['created'])[:10]}, data to "
        f"{period_name(last, answers.scm.periods_per_year)}, "
        f"sanctions_model {manifest['versions']['sanctions-model']}."
    )
    prior_only = (
        tag(
            "p",
            "These are answers of the prior alone: no data were used.",
            attributes={"class": "warning"},
        )
        if answers.fit.is_prior_only
        else Html("")
    )
    return tag(
        "header",
        [
            tag("h1", _title(answers)),
            prior_only,
            tag("p", headline(answers), attributes={"class": "lead"}),
            tag("p", facts, attributes={"class": "meta"}),
            _first_chart(answers),
            tag(
                "p",
                "A political-science article expects that grey imports end, prices and the key "
                "rate fall, loans get cheaper, GDP grows, the rouble strengthens and incomes "
                "recover. This page says what a Bayesian causal model of that chain, with sourced "
                "priors and quarterly data, makes of it, and how sure one can be.",
            ),
        ],
    )


def _title(answers: Answers) -> str:
    """Say the finding in a line where the model has output, else ask the question."""
    if _FIRST not in answers.outcomes:
        return _TITLE
    median, above = (
        answers.median(_FIRST, CHANNEL_HORIZON),
        answers.prob_above(_FIRST, CHANNEL_HORIZON),
    )
    if _OPEN[0] < above < _OPEN[1]:
        return "It is open whether lifting all sanctions would raise Russia's GDP in three years"
    verb, prob = ("raise", above) if median > 0 else ("lower", 1.0 - above)
    return (
        f"Lifting all sanctions would {verb} Russia's GDP by about "
        f"{number(abs(median), signed=False)} % in three years ({chance_is(prob)})"
    )


def _first_chart(answers: Answers) -> Html:
    """Return the place of the picture that a reader sees first."""
    if _FIRST not in answers.outcomes:
        return Html("")
    caption = f"Effect of full relief on GDP. Line: median; bands: 50 % and {answers.rule}"
    caption += "." if answers.prior_effect is None else "; dashed: before the data."
    return charts_figure([_fan_chart(answers, "first", _FIRST, heading="h2")], caption)


def _summary(answers: Answers) -> Html:
    tiles = [_tile(answers, name) for name in CHANNEL_OUTCOMES if name in answers.outcomes]
    said = [
        join([tag("dt", finding.topic), tag("dd", finding.text)]) for finding in findings(answers)
    ]
    return join(
        [
            tag("p", contrast_words(answers)),
            tag("div", tiles, attributes={"class": "tiles"}),
            folded(
                f"All {len(said)} findings in sentences",
                tag("dl", said, attributes={"class": "findings"}),
            ),
        ]
    )


def _tile(answers: Answers, name: str) -> Html:
    words = size_words(answers, name, CHANNEL_HORIZON)
    middle, _, rest = words.partition(" (")
    higher = answers.prob_above(name, CHANNEL_HORIZON)
    direction, prob = ("higher", higher) if higher >= 0.5 else ("lower", 1.0 - higher)
    if name == "rouble":
        direction = "stronger" if direction == "higher" else "weaker"
    return tag(
        "div",
        [
            tag("span", answers.scm.variables[name].short_label, attributes={"class": "what"}),
            tag("strong", middle),
            tag("span", f"({rest}", attributes={"class": "range"}),
            tag(
                "span",
                f"{dated_words(answers, CHANNEL_HORIZON)}; {chance_is(prob, f'P({direction})')}",
                attributes={"class": "when"},
            ),
        ],
        attributes={"class": "tile"},
    )


def _claims(answers: Answers) -> Html:
    rows = [_claim_row(claim) for claim in answers.claims.to_dict("records")]
    columns = ["Claim", "P before → after the data", "P(matters)", "Rests on", "Verdict"]
    return join(
        [
            tag(
                "p",
                "Each claim is a question to the model: how probable was it under the prior, how "
                "probable is it after the data, and how probable is an effect that matters? The "
                "verdict ends with what the size rests on (identified by the data, mixed or "
                "assumed) and the information that the data added, 0 to 1.",
            ),
            folded(f"All {len(rows)} claims", _claims_table(answers, columns, rows), ample=True),
        ]
    )


def _claims_table(answers: Answers, columns: list[str], rows: list[list[str]]) -> Html:
    caption = (
        f"Claims, effects with {answers.rule}s. ○ before, ● after the data. † The prior "
        "assumes the sign: its probability is no finding."
    )
    return table(caption, columns, rows, numeric=(2, 3), cards=True)


def _claim_row(claim: Mapping[Hashable, Any]) -> list[str]:
    before, after = float(claim["prob_prior"]), float(claim["prob"])
    return [
        f"{claim['statement']}{' ' + ASSUMED if claim['sign_assumed'] else ''}",
        track(before, before if np.isnan(after) else after),
        chance(float(claim["prob_material"])),
        str(claim["basis"]),
        folded("in words", tag("span", true_minus(str(claim["verdict"])))),
    ]


def _fan_chart(answers: Answers, place: str, name: str, *, heading: str = "h3") -> Html:
    """Return the place of a fan, with one that stands still where no script runs."""
    still = still_fan(fans(answers.effect, answers.rule)[name], dates(answers.fit))
    named = f"{place}-{name}"
    said = f"{size_words(answers, name, CHANNEL_HORIZON)} in {_said_in(answers)}"
    return chart(answers.scm, named, name, heading=heading, finding=said, still=still)


def _said_in(answers: Answers) -> str:
    """Say the period of which sentences and names of pictures speak."""
    return dates(answers.fit)[CHANNEL_HORIZON - 1]


def _fans(answers: Answers) -> Html:
    dashed = "" if answers.prior_effect is None else f" Dashed: the prior's {answers.rule}."
    caption = (
        f"{contrast_words(answers)} Dark band: 50 % interval.{dashed} pp: percentage points; "
        "levels in percent."
    )
    charts = [_fan_chart(answers, "fan", name) for name in answers.outcomes]
    return join(
        [
            charts_figure(charts, caption),
            folded("The same in numbers", _effects_table(answers)),
        ]
    )


def _effects_table(answers: Answers) -> Html:
    rows = []
    for name in answers.outcomes:
        sizes = [size_words(answers, name, horizon) for horizon in TABLE_HORIZONS]
        higher = answers.prob_above(name, CHANNEL_HORIZON)
        rows.append([answers.scm.variables[name].short_label, *sizes, chance(higher)])
    columns = [
        "Outcome",
        *(dated_words(answers, horizon) for horizon in TABLE_HORIZONS),
        f"P(higher) in {_said_in(answers)}",
    ]
    return table(
        f"Effect of full relief, median and {answers.rule}",
        columns,
        rows,
        numeric=range(1, len(columns)),
        cards=True,
    )


def _channels(answers: Answers) -> Html:
    charts = [
        chart(answers.scm, f"channels-{name}", name, finding=_largest_part(answers, name))
        for name in CHANNEL_OUTCOMES
        if name in answers.outcomes
    ]
    caption = (
        f"{contrast_words(answers)} In {dated_words(answers, CHANNEL_HORIZON)}. Grey: the "
        "total. Blue: its parts by channel, the first variable behind the measures; bars are "
        "means, in which they add up to the total. Green: another split of the same "
        "total: along the article's chain alone, the line through expected inflation that works "
        "against it, and the remainder."
    )
    return join(
        [
            charts_figure(charts, caption, wide=True),
            folded("The same in numbers", _channels_table(answers)),
        ]
    )


def _largest_part(answers: Answers, outcome: str) -> str:
    parts = {
        channel: answers.channel(outcome, CHANNEL_HORIZON, channel)
        for channel in answers.scm.entries
    }
    largest = max(parts, key=lambda channel: abs(parts[channel]["mean"]))
    label = channel_label(answers.scm, largest)
    return f"most through {label}, {part_words(parts[largest], 'mean')}"


def _channels_table(answers: Answers) -> Html:
    shown = [name for name in CHANNEL_OUTCOMES if name in answers.outcomes]
    rows = []
    for channel in ("total", *answers.scm.entries, *CHAIN_PARTS):
        parts = [answers.channel(name, CHANNEL_HORIZON, channel) for name in shown]
        if any(any(part.values()) for part in parts):
            cells = [
                part_words(part, "mean") if any(part.values()) else "no path" for part in parts
            ]
            rows.append([channel_label(answers.scm, channel), *cells])
    columns = [
        f"{answers.scm.variables[name].short_label}, {page_unit(answers.scm, name)}"
        for name in shown
    ]
    return table(
        f"Parts of the effect in {dated_words(answers, CHANNEL_HORIZON)}, mean and "
        f"{answers.rule}: by channel, then along the article's chain",
        ["Part", *columns],
        rows,
        numeric=range(1, len(shown) + 1),
        cards=True,
    )


def _data(answers: Answers) -> Html:
    if answers.fit.is_prior_only:
        return tag("p", "Prior only: nothing on this page is data.")
    behaviour = answers.parameters[answers.parameters["group"].isin(BEHAVIOUR)]
    shares = behaviour["information"].dropna().sort_values(ascending=False)
    shares.index = [parameter_words(answers.scm, str(address)) for address in shares.index]
    informed, silent = shares.head(_SHOWN_LINKS), shares.tail(_SHOWN_LINKS)
    chosen = [] if answers.choice is None else choice_sentences(answers.choice, answers.scm)
    return join(
        [
            folded(
                "What the choice of graph and priors adds",
                join(tag("p", true_minus(sentence)) for sentence in chosen),
                ample=True,
            )
            if chosen
            else Html(""),
            tag(
                "p",
                "The information gained on a parameter is 1 − exp(−2 KL), KL from its prior to its "
                "posterior: 0 means that the data said nothing, and near 1 they say nearly all. "
                "Shown are the parameters of behaviour: "
                "links, persistence, recovery; all are in the ledger below.",
            ),
            folded(
                f"The {_SHOWN_LINKS} best and the {_SHOWN_LINKS} least known",
                tag(
                    "div",
                    [
                        _shares("What the data know most about", informed),
                        _shares("What the data know least about", silent),
                    ],
                    attributes={"class": "pair"},
                ),
            ),
        ]
    )


def _shares(caption: str, shares: "pd.Series[float]") -> Html:
    rows = []
    for parameter, share in shares.items():
        width = min(100.0, max(0.0, 100.0 * share))
        filled = tag("i", attributes={"style": f"width:{width:.0f}%"})
        bar = tag("span", filled, attributes={"class": "bar", "aria-hidden": "true"})
        shown = tag("span", [bar, share_words(share)], attributes={"class": "nowrap"})
        rows.append([spoken(str(parameter)), shown])
    return table(caption, ["Parameter", "Information"], rows)


def _caveats(answers: Answers) -> Html:
    points = [
        "No measure with slow relief has fallen in the sample, so the data say next to nothing on "
        "how fast and how far relief undoes a measure, nor on the premium, the technology gap and "
        "the risk premium. Those parts restate published estimates and judgement.",
        "Where the prior sets a sign, its probability is an assumption and is marked so.",
        "War, mobilisation and fiscal impulse coincide with the measures after 2022; one dummy "
        "keeps them apart as far as quarterly data can, which is not far.",
        "Imports are dollar values: read volume as value less premium.",
        "Effects on levels are the percent by which the level differs: 55 log points less are 42 % "
        "less. Effects by measure add up in log points, in percent only nearly.",
        "Effects are differences between two worlds, not forecasts: what relief adds, whatever "
        "else happens.",
        "While a slider of the relief moves, the charts follow some of the draws; at rest all of "
        "them, so that table and charts agree with the tables above.",
    ]
    if answers.fit.problem.falling:
        points = points[1:]
    return tag("ul", (tag("li", point) for point in points))


def _footer(answers: Answers) -> Html:
    manifest = answers.fit.manifest
    settings, versions = manifest["settings"], manifest["versions"]
    last = period_name(manifest["data"]["last_period"], answers.scm.periods_per_year)
    said = (
        f"Made by sanctions_model {versions['sanctions-model']} from a fit of "
        f"{manifest['created']} (seed {settings['random_seed']}, {settings.get('chains', 1)} "
        f"chains of {settings['draws']} draws; data to {last}, data checksum "
        f"{data_checksum(manifest)}; checksum of the priors "
        f"{str(manifest['priors']['sha256'])[:12]}). The Russian and Chinese texts were checked "
        "for the same numbers by a program, not yet by a native reader. The article: "
        "B. P. Guseletov,"
    )
    return tag("footer", tag("p", [said, " ", english(_ARTICLE)]))
