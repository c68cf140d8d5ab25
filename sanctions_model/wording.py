"""One vocabulary: numbers, units, probabilities and lists in words.

Knows no model: what a variable or a model calls itself are their own properties.
"""

import re
from collections.abc import Sequence

import numpy as np

__all__ = [
    "difference_unit",
    "in_words",
    "number",
    "probability_words",
    "share_words",
    "true_minus",
]


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


def difference_unit(unit: str, *, short: bool = False) -> str:
    """Return the unit of a difference: what is measured in % differs by percentage points (pp).

    Log points stay: a level's difference in them is read as %.

    Examples
    --------
    >>> difference_unit("% a year"), difference_unit("% a year", short=True)
    ('pp (% a year)', 'pp')
    """
    body = re.sub(r"\s*\(.*\)", "", unit)
    if "log points" in unit or not unit.startswith("%"):
        return body if short else unit
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
