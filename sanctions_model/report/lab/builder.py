"""The builder's controls: what is lifted, by whom, when, until when, and what is asked of it.

What the inputs do is in ``assets/builder.js``; their ids are the names in a link's fragment.
"""

from collections.abc import Mapping, Sequence

from sanctions_model.report.page.answers import HORIZON, Answers
from sanctions_model.report.page.controls import fieldset, panel, slider
from sanctions_model.report.page.markup import Html, folded, join, tag
from sanctions_model.wording import in_words

_LATEST_START, _LONGEST_RAMP = 8, 8
ISSUER_LABELS = {
    "us": "United States",
    "eu": "European Union",
    "uk": "United Kingdom",
    "others": "other countries",
}
_WORDS = {
    "in": "in",
    "by": "at some point up to",
    "through": "in every quarter from the start to",
    "on average over": "on average from the start to",
}


WITHOUT_SCRIPT = tag(
    "noscript",
    tag("p", "Sliders need a script, which does not run here; figures and tables do without."),
)


def choice(name: str, label: str, options: Mapping[str, str], value: str) -> Html:
    """Return a labelled list to choose from.

    `name`: its id. `options`: what a reader sees, by value. `value`: the one chosen at the start.
    """
    listed = [
        tag(
            "option",
            said,
            attributes={"value": key} | ({"selected": ""} if key == value else {}),
        )
        for key, said in options.items()
    ]
    return tag(
        "div",
        [
            tag("label", label, attributes={"for": name}),
            tag("select", listed, attributes={"id": name, "data-start": value}),
        ],
        attributes={"class": "choice"},
    )


def tick(name: str, label: str, *, checked: bool) -> Html:
    """Return a labelled box to tick."""
    given = {"type": "checkbox", "id": name} | ({"checked": ""} if checked else {})
    inside = [tag("input", attributes=given), tag("label", label, attributes={"for": name})]
    return tag("div", inside, attributes={"class": "tick"})


def builder_section(
    answers: Answers, dates: Sequence[str], *, asked: Sequence[str], asks: Mapping[str, str]
) -> Html:
    """Return the controls of a relief with the charts, the table and the questions that follow.

    `dates`: names of the periods. `asked`: names of the periods that statements can be about.
    `asks`: outcomes that statements can be about, and what they are called; empty where none can.
    """
    controls = (
        fieldset("How much of each measure is lifted", _depths(answers)),
        fieldset("When", _when(answers, dates)),
        folded("Each measure at its own time", join(_starts(answers, dates))),
        folded("Who lifts", join(_issuers())),
        folded("What else", join(_else(answers))),
    )
    keep = tag("button", "Keep to compare", attributes={"type": "button", "id": "keep"})
    caption = (
        "Effect of the relief as set, against sanctions unchanged. Line: median; dark band: 50 % "
        f"interval; light band: {answers.rule}; dashed: the setting that you kept; {HORIZON} "
        f"{answers.scm.period_name}s in all. Horizontal line: no effect."
    )
    return join(
        [
            tag(
                "p",
                "Set a relief: the model runs in this page, and charts and table follow at once. "
                "Keep a setting, change it, and compare; where the kept number is grey, the two "
                "differ by less than two Monte-Carlo errors.",
            ),
            WITHOUT_SCRIPT,
            tag("p", attributes={"id": "dial-light", "class": "light", "role": "status"}),
            panel(answers, "relief", controls, caption, more=(keep,)),
            _questions(asked, asks) if asks else Html(""),
        ]
    )


def _depths(answers: Answers) -> list[Html]:
    labels = {name: answers.scm.variables[name].label for name in answers.relief.measures}
    return [slider(f"relief-of-{name}", label) for name, label in labels.items()]


def _issuers() -> list[Html]:
    return [tick(f"by-{name}", label, checked=True) for name, label in ISSUER_LABELS.items()]


def _starts(answers: Answers, dates: Sequence[str]) -> list[Html]:
    starts = {"0": "with the others"}
    starts |= {str(at): dates[at - 1] for at in range(1, _LATEST_START + 1)}
    labels = {name: answers.scm.variables[name].short_label for name in answers.relief.measures}
    return [
        choice(f"start-of-{name}", f"{label}: from", starts, "0") for name, label in labels.items()
    ]


def _when(answers: Answers, dates: Sequence[str]) -> list[Html]:
    period = answers.scm.period_name
    undone = {"0": "never"} | {str(at): name for at, name in enumerate(dates, start=1) if at > 1}
    return [
        slider(
            "start", f"First {period} of the relief", low=1, high=_LATEST_START, step=1, value=1
        ),
        slider("ramp", f"Steps, one a {period}", low=1, high=_LONGEST_RAMP, step=1, value=4),
        choice("snap", "Undone for good in", undone, "0"),
    ]


def _else(answers: Answers) -> list[Html]:
    found = [
        slider("share", f"Recoverable share, all measures{_apart(answers)}", value=50),
        tick(
            "share-as-drawn",
            "as the model has it: uncertain, and known from the prior alone",
            checked=True,
        ),
    ]
    if "key_rate" in answers.outcomes:
        label = "The Bank of Russia leaves its key rate where it would be without relief"
        found.append(tick("held", label, checked=False))
    beliefs = slider(
        "dial", "Beliefs, from a sceptic's to an optimist's", low=-10, high=10, step=1, value=0
    )
    return [*found, beliefs]


def _apart(answers: Answers) -> str:
    """Name recoveries that are no measure's, which the slider leaves alone."""
    scm = answers.scm
    own = [name for name in scm.recoveries if name not in scm.measures]
    labels = [scm.variables[name].short_label if name in scm.variables else name for name in own]
    return f" ({in_words(labels)} apart)" if own else ""


def _questions(dates: Sequence[str], asks: Mapping[str, str]) -> Html:
    """Return what can be asked of the relief as set: how likely, and how much it takes."""
    named = {str(at): name for at, name in enumerate(dates, start=1)}
    value = {"type": "number", "id": "ask-value", "step": "0.5", "value": "10"}
    number = tag(
        "div",
        [
            tag("label", "Value, % or pp", attributes={"for": "ask-value"}),
            tag("input", attributes=value),
        ],
        attributes={"class": "choice"},
    )
    controls = [
        choice("ask-outcome", "How likely is it that", asks, next(iter(asks))),
        choice("ask-sign", "is", {"<=": "at most", ">=": "at least"}, "<="),
        number,
        choice("ask-word", "when", _WORDS, "in"),
        choice("ask-first", "start", named, "1"),
        choice("ask-last", "date", named, str(min(12, len(named)))),
        slider("ask-chance", "Chance that is wanted, %", low=5, high=95, step=5, value=50),
    ]
    answers = tag(
        "dl",
        [
            tag("dt", "In one line"),
            tag("dd", attributes={"id": "ask-statement", "lang": "en"}),
            tag("dt", "Chance"),
            tag("dd", attributes={"id": "ask-answer"}),
            tag("dt", "What it takes"),
            tag("dd", attributes={"id": "ask-relief"}),
        ],
        attributes={"class": "findings", "aria-live": "polite"},
    )
    form = tag(
        "form",
        fieldset("Ask a question about the path itself", controls),
        attributes={"id": "ask-controls", "class": "asking", "autocomplete": "off"},
    )
    return tag("div", [form, answers], attributes={"class": "questions"})
