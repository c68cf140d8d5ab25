"""The article's chain, step by step: what it expects and what the model says, a picture each.

Stands in the page as it is: no script draws it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.report.lab.still import still_fan
from sanctions_model.report.page.answers import CHANNEL_HORIZON, HORIZON, Answers, dates, fans
from sanctions_model.report.page.markup import Html, join, tag
from sanctions_model.report.page.words import size_words
from sanctions_model.wording import chance_is


class Step(NamedTuple):
    """One step of the chain: its name, and what the article expects of each outcome."""

    title: str
    expected: dict[str, tuple[int, str]]


STEPS = (
    Step("Grey imports", {"import_premium": (-1, "a lower premium on goods that come by detours")}),
    Step("Imports", {"import_level": (1, "more imports")}),
    Step("Prices", {"price_level": (-1, "lower prices than without relief")}),
    Step("Key rate", {"key_rate": (-1, "a lower key rate")}),
    Step("Credit", {"credit_level": (1, "more credit to firms")}),
    Step("Output", {"gdp_level": (1, "a higher GDP")}),
    Step(
        "Rouble and wages",
        {"rouble": (1, "a stronger rouble"), "real_wage_level": (1, "higher real wages")},
    ),
)


def story_section(answers: Answers) -> Html:
    """Return the steps whose outcomes the model has, as a strip that the keyboard can scroll."""
    scm = answers.scm
    within = {*answers.outcomes, *scm.entries}
    wanted = [name for step in STEPS for name in step.expected if name in within]
    draws = total_effect(scm, answers.fit.draws, answers.relief, horizon=HORIZON, outcomes=wanted)
    by_measure = draws.expand_dims(lifted=["all"])
    own = replace(answers, by_measure=by_measure, outcomes=tuple(wanted))
    drawn = fans(effects_in_percent(scm, draws), answers.rule)
    there = [step for step in STEPS if set(step.expected) & set(wanted)]
    names = [f"step-{at}" for at in range(1, len(there) + 1)]
    links = [
        tag("li", tag("a", step.title, attributes={"href": f"#{name}"}))
        for name, step in zip(names, there, strict=True)
    ]
    cards = [
        tag("li", _card(own, drawn, at, step), attributes={"id": name})
        for at, (name, step) in enumerate(zip(names, there, strict=True), start=1)
    ]
    return join(
        [
            tag("nav", tag("ol", links), attributes={"aria-label": "Steps of the chain"}),
            tag("ol", cards, attributes={"class": "story", "tabindex": "0"}),
        ]
    )


def _card(
    answers: Answers, drawn: dict[str, Mapping[str, list[float]]], at: int, step: Step
) -> Html:
    parts = [tag("h3", f"{at}. {step.title}")]
    named = dates(answers.fit)
    for name, (sign, expected) in step.expected.items():
        if name not in answers.outcomes:
            continue
        said = _sentence(answers, name, sign, expected, named[CHANNEL_HORIZON - 1])
        picture = tag(
            "div",
            still_fan(drawn[name], named),
            attributes={"role": "img", "aria-label": said},
        )
        parts.append(tag("div", [picture, tag("p", said)], attributes={"class": "part"}))
    return join(parts)


def _sentence(answers: Answers, name: str, sign: int, expected: str, date: str) -> str:
    above = answers.prob_above(name, CHANNEL_HORIZON)
    prob = above if sign > 0 else 1.0 - above
    return (
        f"The article expects {expected}. The model: {size_words(answers, name, CHANNEL_HORIZON)} "
        f"in {date}; {chance_is(prob, 'P(as expected)')}."
    )
