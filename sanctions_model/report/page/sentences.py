"""What the numbers say, in sentences: every figure and every judgement is computed.

Words follow the numbers: a claim of direction is made with its probability, and where prior and
data cannot tell, the sentence says so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.plots.channels import channel_label
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.report.page.answers import BEHAVIOUR, Answers, dates
from sanctions_model.report.page.words import part_words, size_words, unit_word
from sanctions_model.wording import (
    chance,
    chance_is,
    in_words,
    number,
    percent,
    probability_words,
    share_words,
    true_minus,
)

_YEARS_3, _YEARS_2, _YEAR = 12, 8, 4
_SPEAKS, _SILENT = 0.5, 0.3
# An effect on inflation that is this small a share of its largest is over.
_OVER = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the fit says.

    `topic`: what it is about, a few words. `text`: one to three sentences.
    """

    topic: str
    text: str


def findings(answers: Answers) -> list[Finding]:
    """Return what the fit says, for the outcomes that its model has."""
    makers: Iterable[tuple[tuple[str, ...], Callable[[Answers], Finding]]] = (
        (("price_level", "inflation_yoy"), _prices),
        (("price_level",), _price_channels),
        (("key_rate",), _key_rate),
        (("lending_rate",), _nominal_loans),
        (("real_lending_rate",), _real_loans),
        (("credit_level",), _credit),
        (("gdp_level",), _output),
        (("gdp_level",), _chain),
        (("gdp_level",), _output_channels),
        (("rouble",), _rouble),
        (("real_wage_level",), _wages),
        ((), _data),
        (("gdp_level",), _not_a_finding),
        ((), _target),
    )
    found = [make(answers) for needed, make in makers if set(needed) <= set(answers.outcomes)]
    return [finding for finding in found if finding.text]


def headline(answers: Answers) -> str:
    """Say the whole answer in a few sentences, as far as the model has the outcomes."""
    said = []
    if "price_level" in answers.outcomes:
        said.append(
            f"Full relief over a year makes consumer prices {_moved(answers, 'price_level')} after "
            "three years than they would be without it."
        )
    if "key_rate" in answers.outcomes:
        said.append(f"The key rate is {_moved(answers, 'key_rate')}.")
    if "gdp_level" in answers.outcomes:
        chain = answers.channel("gdp_level", _YEARS_3, "article_chain")
        of_it = (
            f", of which the article's own chain, cheaper imports to prices to rates to output, "
            f"carries {number(chain['median'])} %"
            if chain
            else ""
        )
        said.append(f"GDP is {_moved(answers, 'gdp_level')}{of_it}.")
    if "rouble" in answers.outcomes:
        stronger = answers.prob_above("rouble", _YEARS_3)
        open_sign = 0.2 < stronger < 0.8
        said.append(
            "The sign of the rouble's move is open."
            if open_sign
            else f"The rouble is {'stronger' if stronger > 0.5 else 'weaker'}."
        )
    return " ".join(said)


def _moved(answers: Answers, outcome: str) -> str:
    """Say by how much and in which direction, with its probability."""
    median, above = answers.median(outcome, _YEARS_3), answers.prob_above(outcome, _YEARS_3)
    direction, prob = ("higher", above) if median > 0 else ("lower", 1.0 - above)
    size = f"{number(abs(median), signed=False)} {unit_word(answers, outcome)}"
    return f"about {size} {direction} ({chance_is(prob)})"


def _prices(answers: Answers) -> Finding:
    path = answers.summary.sel({dims.OUTCOME: "inflation_yoy", "summary": "median"})
    values = path.to_numpy()
    peak = int(np.argmax(np.abs(values))) + 1
    largest, last = float(values[peak - 1]), float(values[-1])
    over = abs(last) < _OVER * abs(largest)
    named = dates(answers.fit)
    shape = (
        "one step of the price level, spread out, not another rate of inflation for good"
        if over
        else "the rate of inflation has not come back by then"
    )
    return Finding(
        topic="Prices",
        text=(
            f"Full relief over a year changes consumer prices by "
            f"{size_words(answers, 'price_level', _YEARS_3)} after three years. Year-on-year "
            f"inflation differs most in {named[peak - 1]}, by {number(largest)} pp, and by "
            f"{number(last)} pp in {named[-1]}: {shape}."
        ),
    )


def _entries(answers: Answers, outcome: str, horizon: int) -> list[tuple[str, dict[str, float]]]:
    """Parts by entry, largest median first, those without a path left out."""
    parts = [(name, dict(answers.channel(outcome, horizon, name))) for name in answers.scm.entries]
    there = [(name, part) for name, part in parts if part and any(part.values())]
    return sorted(there, key=lambda item: -abs(item[1]["median"]))


def _entry_label(answers: Answers, name: str) -> str:
    the = "the " if name in answers.scm.variables else ""
    return f"{the}{channel_label(answers.scm, name)}"


def _by_entry(answers: Answers, outcome: str, horizon: int) -> str:
    said = [
        f"{_entry_label(answers, name)} {part_words(part)}"
        for name, part in _entries(answers, outcome, horizon)
    ]
    return in_words(said) if said else ""


def _price_channels(answers: Answers) -> Finding:
    said = _by_entry(answers, "price_level", _YEARS_3)
    text = f"By channel, in % of the price level after three years: {said}." if said else ""
    return Finding(topic="What moves prices", text=text)


def _key_rate(answers: Answers) -> Finding:
    below = 1.0 - answers.prob_above("key_rate", _YEARS_3)
    premium = answers.channel("key_rate", _YEARS_3, "import_premium")
    risk = answers.channel("key_rate", _YEARS_3, "risk_premium")
    parts = ""
    if premium and risk:
        parts = (
            f" Of the change after three years the import premium, the article's own mechanism, "
            f"makes {part_words(premium)} pp; the risk premium (the neutral rate), which the "
            f"article does not mention, {part_words(risk)} pp."
        )
    return Finding(
        topic="Key rate",
        text=(
            f"The key rate changes by {size_words(answers, 'key_rate', _YEARS_2)} after two years "
            f"and {size_words(answers, 'key_rate', _YEARS_3)} after three; "
            f"{chance_is(below, 'P(lower)')}.{parts}"
        ),
    )


def _link(answers: Answers, link: str, kind: str) -> pd.Series | None:
    rows = answers.links[(answers.links["link"] == link) & (answers.links["kind"] == kind)]
    return None if rows.empty else rows.iloc[0]


def _nominal_loans(answers: Answers) -> Finding:
    column = "prior_median" if answers.fit.is_prior_only else "median"
    first = _link(answers, "key_rate -> lending_rate", "short_run")
    lasting = _link(answers, "key_rate -> lending_rate", "long_run")
    follows = ""
    if first is not None and lasting is not None:
        follows = (
            f" It follows the key rate by {share_words(first[column])} in the same quarter and "
            f"{share_words(lasting[column])} in the long run."
        )
    return Finding(
        topic="Loans, nominal",
        text=(
            f"The lending rate changes by {size_words(answers, 'lending_rate', _YEARS_2)} after "
            f"two years.{follows}"
        ),
    )


def _real_loans(answers: Answers) -> Finding:
    name = "real_lending_rate"
    dearer = [answers.prob_above(name, quarters) for quarters in (2, _YEAR)]
    soon = abs(answers.median(name, _YEAR)) < 0.25
    verdict = "hardly change in the first year" if soon else "change in the first year"
    return Finding(
        topic="Loans, real",
        text=(
            f"Real borrowing costs {verdict}: {size_words(answers, name, _YEAR)}; "
            f"{chance_is(dearer[0], 'P(dearer)')} after two quarters and {chance(dearer[1])} after "
            f"four. After three years the change is {size_words(answers, name, _YEARS_3)}."
        ),
    )


def _credit(answers: Answers) -> Finding:
    early, late = (answers.prob_above("credit_level", h) for h in (_YEARS_2, 20))
    support = "has support" if min(early, late) >= 0.8 else "has little support"
    return Finding(
        topic="Credit",
        text=(
            f"Real credit to firms changes by {size_words(answers, 'credit_level', _YEARS_2)} "
            f"after two years, {chance_is(early, 'P(more)')}; after five years "
            f"{chance_is(late, 'P(more)')}. The claim that credit expands {support}."
        ),
    )


def _output(answers: Answers) -> Finding:
    yearly = answers.median("gdp_level", _YEARS_3) / 3.0
    return Finding(
        topic="GDP",
        text=(
            f"The level of GDP changes by {size_words(answers, 'gdp_level', _YEAR)} after one "
            f"year, {size_words(answers, 'gdp_level', _YEARS_2)} after two and "
            f"{size_words(answers, 'gdp_level', _YEARS_3)} after three: about {number(yearly)} pp "
            "of growth a year for three years."
        ),
    )


def _chain(answers: Answers) -> Finding:
    chain = answers.channel("gdp_level", _YEARS_3, "article_chain")
    if not chain:
        return Finding(topic="The article's chain", text="")
    offset = answers.channel("gdp_level", _YEARS_3, "chain_offset")
    total = answers.median("gdp_level", _YEARS_3)
    share = f", {percent(chain['median'] / total)} of the median" if total else ""
    against = (
        f" Expected inflation falls with prices and works against it: {part_words(offset)} %."
        if offset
        else ""
    )
    return Finding(
        topic="The article's chain",
        text=(
            "Cheaper imports to prices to the key rate to loan rates to output, and nothing else, "
            f"carries {part_words(chain)} % of GDP after three years{share}.{against}"
        ),
    )


def _output_channels(answers: Answers) -> Finding:
    said = _by_entry(answers, "gdp_level", _YEARS_3)
    if not said:
        return Finding(topic="What moves GDP", text="")
    text = f"By channel, in % of GDP after three years: {said}."
    largest = _entries(answers, "gdp_level", _YEARS_3)[0][0]
    shares = _shares_into(answers, largest)
    if shares.size:
        text += (
            f" On the links into the largest, {_entry_label(answers, largest)}, the data say "
            f"{'little' if shares.max() <= _SILENT else 'something'}: information gained "
            f"{share_words(shares.min())} to {share_words(shares.max())}."
        )
    return Finding(topic="What moves GDP", text=text)


def _shares_into(answers: Answers, entry: str) -> np.ndarray:
    links = [link for link in answers.scm.entries[entry] if link in answers.parameters.index]
    shares = answers.parameters.loc[links, "information"].to_numpy(dtype=float)
    return shares[np.isfinite(shares)]


def _rouble(answers: Answers) -> Finding:
    stronger = answers.prob_above("rouble", _YEARS_2)
    at = answers.by_measure.sel({dims.OUTCOME: ["rouble"], dims.HORIZON: _YEARS_2})
    at = effects_in_percent(answers.scm, at).isel({dims.OUTCOME: 0})
    moves = {
        name: float(at.sel(lifted=name).median((dims.CHAIN, dims.DRAW)))
        for name in answers.relief.measures
    }
    signs = {value > 0 for value in moves.values()}
    order = " Which measures go first decides the sign." if len(signs) > 1 else ""
    listed = in_words([f"{name} {number(value)}" for name, value in moves.items()])
    return Finding(
        topic="Rouble",
        text=(
            f"The rouble changes by {size_words(answers, 'rouble', _YEARS_2)} after two years; it "
            f"is {probability_words(stronger)} stronger, {chance_is(stronger)}. Lifted alone, the "
            f"measures move it by (medians, %): {listed}.{order}"
        ),
    )


def _wages(answers: Answers) -> Finding:
    prob = answers.prob_above("real_wage_level", _YEARS_2)
    return Finding(
        topic="Purchasing power",
        text=(
            f"Real wages change by {size_words(answers, 'real_wage_level', _YEARS_2)} after two "
            f"years and {size_words(answers, 'real_wage_level', _YEARS_3)} after three; after two "
            f"they are {probability_words(prob)} higher, {chance_is(prob)}."
        ),
    )


def _data(answers: Answers) -> Finding:
    if answers.fit.is_prior_only:
        text = "Prior only: no data were used beyond means and scales of the series."
        return Finding(topic="Data and prior", text=text)
    behaviour = answers.parameters[answers.parameters["group"].isin(BEHAVIOUR)]
    shares = behaviour["information"]
    speak, silent = int((shares > _SPEAKS).sum()), int((shares <= _SILENT).sum())
    recovery = behaviour.loc[behaviour["group"].str.startswith("recover"), "information"]
    on_recovery = ""
    if recovery.size:
        why = (
            ", because no measure with slow relief has ever fallen in the sample"
            if not answers.fit.problem.falling
            else ""
        )
        on_recovery = (
            " On how much of a measure's effect relief undoes, and how fast, the information "
            f"gained is at most {share_words(float(recovery.max()))}{why}: there the answers "
            "restate published estimates and judgement."
        )
    return Finding(
        topic="Data and prior",
        text=(
            f"Of the {len(shares)} parameters of behaviour (links, persistence, recovery) the data "
            f"say much on {speak} (information above {_SPEAKS}) and little on {silent} "
            f"({_SILENT} or less).{on_recovery}"
        ),
    )


def _not_a_finding(answers: Answers) -> Finding:
    if answers.prior_effect is None:
        return Finding(topic="A warning", text="")
    where = {dims.OUTCOME: "gdp_level", dims.HORIZON: _YEARS_3}
    before = float(_share_above(answers.prior_effect.sel(where)))
    after = answers.prob_above("gdp_level", _YEARS_3)
    moved = after - before
    verdict = (
        "The data have hardly moved it: it is a statement about published estimates, not a finding"
        if abs(moved) < 0.1
        else "The data have moved it"
    )
    return Finding(
        topic="A warning",
        text=(
            f"{chance_is(after, 'P(GDP higher after three years)')}; it was {chance(before)} "
            f"before the data. {verdict}."
        ),
    )


def _share_above(draws: xr.DataArray) -> float:
    return float((draws > 0).mean())


def _target(answers: Answers) -> Finding:
    rows = answers.claims[answers.claims["claim"] == "inflation_at_target"]
    text = "" if rows.empty else true_minus(str(rows.iloc[0]["verdict"]))
    return Finding(topic="Inflation target", text=text)
