"""How the report says numbers, shares and probabilities. Computes nothing."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from sanctions_model.plots.parts.words import difference_unit, number
from sanctions_model.report.page.answers import Answers

__all__ = [
    "in_words",
    "part_words",
    "probability_words",
    "share_words",
    "size_words",
    "true_minus",
    "unit_word",
]


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


def true_minus(text: str) -> str:
    """Put a minus sign where a hyphen before a digit stands for one.

    Examples
    --------
    >>> true_minus("year-on-year -0.6")
    'year-on-year −0.6'
    """
    return re.sub(r"(?<!\w)-(?=\d)", "−", text)


def in_words(names: Sequence[str]) -> str:
    """Join names as in ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def share_words(share: float) -> str:
    """Say a probability or a share with two digits; nothing where it is not a number.

    Examples
    --------
    >>> share_words(-0.17), share_words(float("nan"))
    ('−0.17', '')
    """
    if np.isnan(share):
        return ""
    return "0.00" if abs(share) < 0.005 else f"{share:.2f}".replace("-", "−")


def unit_word(answers: Answers, outcome: str) -> str:
    """Return the unit of an outcome's differences, one word."""
    levels = {level.variable.name for level in answers.scm.levels}
    if outcome in levels:
        return "%"
    return difference_unit(answers.scm.variables[outcome].unit, short=True)


def size_words(answers: Answers, outcome: str, horizon: int) -> str:
    """Say an effect's median, unit and interval."""
    lower, upper = answers.bounds(outcome, horizon)
    middle = number(answers.median(outcome, horizon))
    return f"{middle} {unit_word(answers, outcome)} ({number(lower)}; {number(upper)})"


def part_words(part: Mapping[str, float]) -> str:
    """Say the median and the interval of a part of an effect."""
    return f"{number(part['median'])} ({number(part['lower'])}; {number(part['upper'])})"
