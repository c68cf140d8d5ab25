"""One vocabulary: numbers, units, probabilities and lists in words.

Knows no model: what a variable or a model calls itself are their own properties.

One rule for the minus sign. What is set for people to read has the true one, U+2212: the report,
the brief, figures, the tables of the docs and of the validation report (`true_minus` where a text
came from elsewhere). What a program may read has the hyphen that it parses: everything on a
terminal and in a pipe, each ``--format``, files of tables, JSON (`shell_minus`). Code shown in a
page stays as it is typed.
"""

import re
from collections.abc import Sequence

import numpy as np

from sanctions_model.units import Kept, logs_of, percent_unit

_QUARTERS = {"1": "early", "2": "mid", "3": "autumn", "4": "late"}
_MONTHS = ["January", "February", "March", "April", "May", "June"]
_MONTHS += ["July", "August", "September", "October", "November", "December"]
_VERBS = ("moves", "raises", "lowers")
_PAST_VERBS = ("would have moved", "would have raised", "would have lowered")
_COUNTED = (
    *("rate", "level", "wage", "premium", "gap", "rouble", "discount", "target", "deficit"),
    *("index", "disruption", "change", "need", "trend"),
)


def number(value: float, *, signed: bool = True) -> str:
    """Say a number with two significant digits and a true minus sign.

    Examples
    --------
    >>> number(-0.1689), number(28.47), number(0.0), number(3.2, signed=False)
    ('−0.17', '+28', '0', '3.2')
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.2g}")
    size = abs(rounded)
    digits = 0 if size >= 10 else 1 if size >= 1 else 2
    if size < 0.005:
        return "0.00"
    text = f"{rounded:+.{digits}f}" if signed else f"{rounded:.{digits}f}"
    return text.replace("-", "−")


def error_words(error: float) -> str:
    """Say a standard error after its ±: never as none where there is some; nothing for no number.

    Examples
    --------
    >>> error_words(0.0214), error_words(0.0031), error_words(1e-4), error_words(0.0)
    ('0.02', '0.003', '<0.001', '0')
    """
    if np.isnan(error):
        return ""
    if error == 0 or error >= 0.005:
        return number(error, signed=False)
    return f"{error:.3f}" if error >= 0.0005 else "<0.001"


def figure(value: float, *, signed: bool = False) -> str:
    """Say a yearly figure with one decimal and a true minus sign.

    Examples
    --------
    >>> figure(13.34), figure(-0.04), figure(0.26, signed=True), figure(-0.62)
    ('13.3', '0.0', '+0.3', '−0.6')
    """
    return decimals(value, 1, signed=signed)


def decimals(value: float, digits: int = 0, *, signed: bool = False) -> str:
    """Say a number with so many decimals, a count with none, and a true minus sign.

    Examples
    --------
    >>> decimals(1.0034, 3), decimals(-0.0004, 3), decimals(-0.2, 2, signed=True), decimals(1e4)
    ('1.003', '0.000', '−0.20', '10000')
    """
    text = f"{value:{'+' if signed else ''}.{digits}f}"
    return (text if text.strip("+-0.") else text.lstrip("+-")).replace("-", "−")


def significant(value: float, digits: int = 3) -> str:
    """Say a number with up to so many significant digits and a true minus sign.

    Examples
    --------
    >>> significant(-0.01234), significant(2.0), significant(123456.7, 4)
    ('−0.0123', '2', '1.235e+05')
    """
    return true_minus(f"{value:.{digits}g}")


def percent(share: float, digits: int = 0) -> str:
    """Say a share in percent.

    Examples
    --------
    >>> percent(0.574), percent(0.0384, 1), percent(-0.0004)
    ('57 %', '3.8 %', '0 %')
    """
    rounded = round(100 * share, digits) + 0.0  # no negative zero
    return f"{rounded:.{digits}f} %".replace("-", "−")


def difference_unit(unit: str | Kept, *, short: bool = False) -> str:
    """Return the unit of a difference: what is measured in % differs by percentage points (pp).

    A level's difference in log points is the one in % after `effect_in_percent`.

    Examples
    --------
    >>> difference_unit("% a year"), difference_unit("% a year", short=True)
    ('pp (% a year)', 'pp')
    >>> difference_unit("%, log level"), difference_unit("% a year, log change", short=True)
    ('%', 'pp')
    """
    words = percent_unit(unit)
    body = re.sub(r"\s*\(.*\)", "", words)
    if logs_of(unit) == "level" or not words.startswith("%"):
        return body if short else words
    if body == "%" or short:
        return "pp"
    return f"pp {body[2:]}" if body.startswith("% of ") else f"pp ({body})"


def probability_words(prob: float) -> str:
    """Say how sure a direction is.

    Examples
    --------
    >>> probability_words(0.97), probability_words(0.5)
    ('almost certainly', 'as likely as not')
    """
    steps = ((0.95, "almost certainly"), (0.8, "probably"), (0.6, "more likely than not"))
    found = next((words for least, words in steps if prob >= least), None)
    if found is not None:
        return found
    return "as likely as not" if prob >= 0.4 else "probably not" if prob >= 0.05 else "hardly"


def mass_words(prob: float) -> str:
    """Say the mass of an interval.

    Examples
    --------
    >>> mass_words(0.89), mass_words(0.5), mass_words(0.68)
    ('9 in 10', 'half of the', '68 in 100')
    """
    if prob == 0.5:
        return "half of the"
    tenths = round(10 * prob)
    return f"{tenths} in 10" if abs(prob - tenths / 10) < 0.015 else f"{100 * prob:.0f} in 100"


def true_minus(text: str) -> str:
    """Put a minus sign where a hyphen before a digit stands for one.

    Examples
    --------
    >>> true_minus("year-on-year -0.6")
    'year-on-year −0.6'
    """
    return re.sub(r"(?<![\w%])-(?=\d)", "−", text)


def page_minus(markdown: str) -> str:
    r"""Put true minus signs into a page in Markdown; blocks of code stay as they are typed.

    Examples
    --------
    >>> page_minus("fell by -2 %; `--size=-1`\n```\nx = -1\n```")
    'fell by −2 %; `--size=-1`\n```\nx = -1\n```'
    """
    parts = re.split(r"(```.*?```|`[^`\n]*`)", markdown, flags=re.DOTALL)
    return "".join(part if place % 2 else true_minus(part) for place, part in enumerate(parts))


def shell_minus(text: str) -> str:
    """Write a minus sign as a shell, a spreadsheet and LaTeX read it; pages have the true one.

    Examples
    --------
    >>> shell_minus("by −0.6 pp")
    'by -0.6 pp'
    """
    return text.replace("−", "-")


def undated(label: str) -> str:
    """Name what several dated parts are together.

    Examples
    --------
    >>> undated("trend growth from 2005Q1"), undated("pandemic in 2020Q2"), undated("war economy")
    ('trend growth', 'pandemic', 'war economy')
    """
    return re.sub(r",?(?: from| in)? \d{4}(?:Q\d)?$", "", label)


def in_words(names: Sequence[str]) -> str:
    """Join names as in ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def share_words(share: float) -> str:
    """Say a share with two digits; nothing where it is not a number.

    Examples
    --------
    >>> share_words(-0.17), share_words(float("nan"))
    ('−0.17', '')
    """
    if np.isnan(share):
        return ""
    return "0.00" if abs(share) < 0.005 else f"{share:.2f}".replace("-", "−")


def chance(prob: float) -> str:
    """Say a probability with two digits, never as none or all; nothing where it is not a number.

    Draws are finitely many: a share that rounds to 0 or 1 is no certainty.

    Examples
    --------
    >>> chance(0.85), chance(0.996), chance(0.002), chance(float("nan"))
    ('0.85', '>0.99', '<0.01', '')
    """
    if np.isnan(prob):
        return ""
    return {"0.00": "<0.01", "1.00": ">0.99"}.get(text := f"{prob:.2f}", text)


def chance_is(prob: float, of: str = "P") -> str:
    """Say what a probability is.

    Examples
    --------
    >>> chance_is(0.85), chance_is(0.996, "P(higher)")
    ('P = 0.85', 'P(higher) > 0.99')
    """
    text = chance(prob)
    return f"{of} {text[0]} {text[1:]}" if text[:1] in "<>" else f"{of} = {text}"


def date_words(period: str) -> str:
    """Say a period as it is spoken.

    `period`: a year, quarter or month, as in ``2029Q1``; anything else is said as it is.

    Examples
    --------
    >>> date_words("2029Q1"), date_words("2029Q2"), date_words("2029-03"), date_words("2029")
    ('early 2029', 'mid-2029', 'March 2029', '2029')
    """
    if found := re.fullmatch(r"(\d{4})Q([1-4])", period):
        year, quarter = found.groups()
        return f"{_QUARTERS[quarter]}{'-' if quarter == '2' else ' '}{year}"
    if found := re.fullmatch(r"(\d{4})-(\d\d)", period):
        return f"{_MONTHS[int(found[2]) - 1]} {found[1]}"
    return period


def with_article(label: str) -> str:
    """Put "the" before what is counted in the singular.

    Examples
    --------
    >>> with_article("key rate"), with_article("GDP"), with_article("rouble against the dollar")
    ('the key rate', 'GDP', 'the rouble against the dollar')
    >>> with_article("policy by the key rate"), with_article("change in the key rate")
    ('policy by the key rate', 'the change in the key rate')
    """
    head = re.split(r" (?:against|of|to|in|by|before|above|for|plus|per) ", label)[0]
    return f"the {label}" if head.split()[-1] in _COUNTED else label


def finding(
    subject: str,
    what: str,
    unit: str,
    when: str,
    *,
    median: float,
    lower: float,
    upper: float,
    prob_above: float,
    past: bool = False,
) -> str:
    """Say what something does to an outcome: direction, size, date, and whether it may be nothing.

    `subject`: what does it, as the subject of a sentence. `what`, `unit`: the outcome and the unit
    of its differences. `when`: as in "by early 2029". `median`, `lower`, `upper`: of the effect, in
    `unit`. `prob_above`: probability that the effect is above zero. `past`: whether it would have
    been, not will be.

    Examples
    --------
    >>> size = {"median": -0.2, "lower": -0.5, "upper": 0.1, "prob_above": 0.1}
    >>> finding("Half relief", "the key rate", "pp", "by early 2029", **size)
    'Half relief lowers the key rate by 0.20 pp by early 2029; it could be nothing'
    >>> size["median"] = float("nan")
    >>> finding("Half relief", "the key rate", "pp", "by early 2029", **size)
    'There are 0 draws with a number for what half relief does to the key rate by early 2029'
    """
    if np.isnan(median):
        does = "would have done" if past else "does"
        said = f"what {lower_first(subject)} {does} to {what} {when}"
        return f"There are 0 draws with a number for {said}"
    moves, raises, lowers = _PAST_VERBS if past else _VERBS
    unit = f" {unit}" if unit else ""
    size = number(abs(median), signed=False)
    if size in {"0", "0.00"}:
        return f"{subject} {moves} {what} by less than 0.01{unit} {when}"
    verb, sure = (raises, prob_above) if median > 0 else (lowers, 1.0 - prob_above)
    if sure < 0.6:
        return (
            f"Whether {lower_first(subject)} {raises} or {lowers.split()[-1]} {what} is open: "
            f"{number(median)}{unit} {when}, from {number(lower)} to {number(upper)}"
        )
    doubt = f"; it could {'' if sure >= 0.8 else 'well '}be nothing" if lower <= 0 <= upper else ""
    return f"{subject} {verb} {what} by {size}{unit} {when}{doubt}"


def upper_first(text: str) -> str:
    """Begin a sentence with a text.

    Examples
    --------
    >>> upper_first("key rate of 5 %")
    'Key rate of 5 %'
    """
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Lower a first letter that only the beginning of a sentence has raised.

    Examples
    --------
    >>> lower_first("Half relief"), lower_first("GDP")
    ('half relief', 'GDP')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
