"""How the page says sizes and their units. Computes nothing."""

from collections.abc import Mapping

from sanctions_model.report.page.answers import Answers, dates
from sanctions_model.wording import difference_unit, number


def unit_word(answers: Answers, outcome: str) -> str:
    """Return the unit of an outcome's differences, one word."""
    if answers.scm.is_level(outcome):
        return "%"
    return difference_unit(answers.scm.variables[outcome], short=True)


def dated_words(answers: Answers, horizon: int) -> str:
    """Say a horizon by its date, as in ``2029Q1, after 12 quarters``."""
    return f"{dates(answers.fit)[horizon - 1]}, after {horizon} {answers.scm.periods_name}"


def size_words(answers: Answers, outcome: str, horizon: int) -> str:
    """Say an effect's median, unit and interval."""
    lower, upper = answers.bounds(outcome, horizon)
    middle = number(answers.median(outcome, horizon))
    return f"{middle} {unit_word(answers, outcome)} ({number(lower)}; {number(upper)})"


def part_words(part: Mapping[str, float], middle: str = "median") -> str:
    """Say the median, or the mean (parts add up in these), and the interval of a part."""
    return f"{number(part[middle])} ({number(part['lower'])}; {number(part['upper'])})"
