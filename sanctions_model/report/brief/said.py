"""The brief in one language: every sentence and cell, ready to be set on any surface.

A surface (page, picture, HTML) sets these texts and computes nothing, so that a number is the same
on all of them.
"""

from dataclasses import dataclass

from sanctions_model import dims
from sanctions_model.data.vintages import BUNDLED
from sanctions_model.plots.channels import channel_label
from sanctions_model.queries.reading.calendar_years import DIFFERENCE, RELIEF, UNCHANGED
from sanctions_model.report.annual import BANK, POLL
from sanctions_model.report.brief.facts import AUTHORS, HEADLINE, YEARLY, Facts
from sanctions_model.report.brief.language import Language
from sanctions_model.summaries import interval_rule
from sanctions_model.wording import difference_unit

_OPEN = (0.2, 0.8)  # between these probabilities the sign is open
_SOURCES = (
    (UNCHANGED, "unchanged"),
    (RELIEF, "relieved"),
    (DIFFERENCE, "difference"),
    (POLL, "poll"),
    (BANK, "bank"),
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the brief says in a language.

    `kicker`, `dated`, `title`, `odds`, `question`: from the top of the page. `fan`, `alt`: heading
    of the picture, and the picture in words. `after`: heading of the effects. `after_rows`: one row
    an outcome. `years`: heading of the calendar years. `year_groups`: one an outcome, over as many
    columns as there are years. `year_rows`: one row a source: its name, then its cells. `must`,
    `mind`, `failed`: a heading and its lines. `source`: where it comes from and how to cite it.
    """

    language: Language
    kicker: str
    dated: str
    title: str
    odds: str
    question: str
    fan: str
    alt: str
    after: str
    after_columns: list[str]
    after_rows: list[list[str]]
    years: str
    year_groups: list[str]
    year_columns: list[int]
    year_rows: list[list[str]]
    must: tuple[str, list[str]]
    mind: tuple[str, list[str]]
    failed: tuple[str, list[str]]
    source: list[str]


def said(facts: Facts, language: Language) -> Said:
    """Say the brief's facts in a language."""
    scm, say = facts.fit.scm, language
    period = language.period(facts.last_period)
    return Said(
        language=language,
        kicker=say("kicker"),
        dated=say(
            "dated",
            last=language.period(facts.first_period - 1),
            made=language.date(facts.made),
        ),
        title=_title(facts, language),
        odds=_odds(facts, language, period),
        question=say(
            "question",
            count=len(scm.relief().measures),
            start=language.period(facts.first_period),
            mass=f"{100 * facts.rule.prob:g}",
        ),
        fan=say("fan"),
        alt=say(
            "alt",
            start=language.period(facts.first_period),
            end=language.period(facts.first_period + facts.effect.sizes[dims.HORIZON] - 1),
            period=period,
            size=language.size(facts.after(HEADLINE).median),
            interval=_interval(facts, language, HEADLINE),
        ),
        after=say("after", period=period),
        after_columns=language.columns("after_columns"),
        after_rows=[_effect_row(facts, language, name) for name in facts.outcomes],
        years=say("years"),
        year_groups=[language.label("yearly", name, name) for name in _yearly(facts)],
        year_columns=facts.years,
        year_rows=[_year_row(facts, language, *source) for source in _SOURCES],
        must=(say("must"), _must(facts, language)),
        mind=(say("mind"), _mind(facts, language)),
        failed=(say("failed"), _failed(facts, language)),
        source=_source(facts, language),
    )


def _title(facts: Facts, language: Language) -> str:
    size, above = facts.after(HEADLINE).median, facts.prob_above(HEADLINE)
    if _OPEN[0] < above < _OPEN[1]:
        return language("title_open", size=language.size(size))
    return language(
        "title_up" if size > 0 else "title_down", size=language.size(abs(size), signed=False)
    )


def _odds(facts: Facts, language: Language, period: str) -> str:
    """Say the chances of the outcomes that the model has; one that it lacks has none."""

    def chance(outcome: str, *, above: bool) -> str:
        if outcome not in facts.outcomes:
            return str(language.texts["none"])
        prob = facts.prob_above(outcome)
        return language.chance(prob if above else 1.0 - prob)

    return language(
        "odds",
        period=period,
        gdp=chance("gdp_level", above=True),
        price=chance("price_level", above=False),
        rate=chance("key_rate", above=False),
        rouble=chance("rouble", above=True),
    )


def _interval(facts: Facts, language: Language, outcome: str) -> str:
    found = facts.after(outcome)
    return language.interval(language.effect(found.lower), language.effect(found.upper))


def _effect_row(facts: Facts, language: Language, outcome: str) -> list[str]:
    variable = facts.fit.scm.variables[outcome]
    found, above = facts.after(outcome), facts.prob_above(outcome)
    in_points = variable.logs != "level" and difference_unit(variable, short=True) == "pp"
    unit = language.texts["points" if in_points else "percent"]
    prob, direction = (above, "higher") if found.median > 0 else (1.0 - above, "lower")
    return [
        language.label("outcomes", outcome, variable.short_label),
        f"{language.effect(found.median)}{unit}",
        _interval(facts, language, outcome),
        language(direction, n=language.chance(prob)),
        language.label("basis", facts.rests_on[outcome], facts.rests_on[outcome]),
    ]


def _yearly(facts: Facts) -> list[str]:
    return [name for name in YEARLY if name in facts.fit.scm.variables]


def _year_row(facts: Facts, language: Language, source: str, key: str) -> list[str]:
    cells = [
        _year_cell(facts, language, outcome, source, year)
        for outcome in _yearly(facts)
        for year in facts.years
    ]
    return [language(key), *cells]


def _year_cell(facts: Facts, language: Language, outcome: str, source: str, year: int) -> str:
    found = facts.figure(outcome, source, year)
    if found is None:
        return str(language.texts["none"])
    outside = source in (POLL, BANK)
    if outside and found.lower != found.upper:
        return f"{language.figure(found.lower)}–{language.figure(found.upper)}"
    return language.figure(found.median, signed=source == DIFFERENCE)


def _must(facts: Facts, language: Language) -> list[str]:
    words = list(facts.rests_on.values())
    counts = {word: words.count(word) for word in ("identified", "mixed", "assumed")}
    low, high = facts.recoverable
    return [
        language("must_basis_mixed", all=len(words))
        if counts["mixed"] == len(words)
        else language("must_basis", all=len(words), **counts),
        language("must_share", low=language.share(low), high=language.share(high)),
        language("must_rest"),
    ]


def _mind(facts: Facts, language: Language) -> list[str]:
    size = language.size(facts.after(HEADLINE).median)
    other = {name: language.size(value) for name, value in facts.instead.items()}
    lines = [
        language("mind_half_share", other=other["half_share"], size=size),
        language("mind_half_speed", other=other["half_speed"]),
    ]
    if facts.channel:
        name = channel_label(facts.fit.scm, facts.channel)
        channel = language.label("channels", facts.channel, name)
        lines.append(language("mind_no_channel", channel=channel, other=other["no_channel"]))
    year = facts.years[0]
    path = facts.figure(HEADLINE, UNCHANGED, year)
    if path is not None:
        ends = language.range(language.figure(path.lower), language.figure(path.upper))
        lines.append(
            language("mind_baseline", year=year, range=ends + str(language.texts["percent"]))
        )
    seen = facts.elsewhere
    key = "mind_elsewhere_wide" if seen.lower < 0 < seen.upper else "mind_elsewhere"
    interval = language.interval(language.effect(seen.lower), language.effect(seen.upper))
    lines.append(language(key, size=language.size(seen.median), interval=interval))
    return lines


def _failed(facts: Facts, language: Language) -> list[str]:
    found = facts.failures
    back, published, beliefs = found.back_tests, found.published, found.beliefs
    return [
        language("missing_back_tests")
        if back is None
        else language(
            "failed_back_tests",
            outside=back.outside,
            tested=back.tested,
            level=f"{100 * interval_rule().prob:g}",
        ),
        language("missing_published")
        if published is None
        else language(
            "failed_published_all_small"
            if published.too_small == published.outside
            else "failed_published",
            outside=published.outside,
            answered=published.answered,
            small=published.too_small,
            rest=published.not_answered,
        ),
        language("missing_beliefs")
        if beliefs is None
        else language(
            "failed_beliefs",
            sceptic=language.size(beliefs.sceptic),
            optimist=language.size(beliefs.optimist),
        ),
    ]


def _source(facts: Facts, language: Language) -> list[str]:
    draws = facts.fit.draws
    others = language(
        "others",
        **{
            key: language.date(facts.published[source])
            if source in facts.published
            else language.texts["none"]
            for source, key in ((POLL, "poll"), (BANK, "bank"))
        },
    )
    if facts.unverified:
        others = f"{others}{language.texts['separator']}{language('unverified')}"
    kind = {"": "own_data", BUNDLED: "bundled_data"}.get(facts.vintage, "fetched_data")
    name = facts.fit.scm.name
    return [
        language(
            "source",
            model=language.label("models", name, name),
            draws=draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW],
            data=language(kind, vintage=facts.vintage),
            last=language.period(facts.first_period - 1),
            version=facts.version,
        ),
        others,
        language(
            "cite",
            authors=AUTHORS,
            year=facts.made[:4],
            version=facts.version,
            last=str(facts.first_period - 1),
            checksum=facts.checksum,
        ),
    ]
