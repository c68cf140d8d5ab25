"""Names that results share: of dimensions, none ever called ``variable``, and of attributes."""

from collections.abc import Mapping
from typing import Any

CHAIN = "chain"
DRAW = "draw"
TIME = "time"
HORIZON = "horizon"
LINK = "link"
EQUATION = "equation"
ADJUSTING = "adjusting"
PERSISTING = "persisting"
MEASURE = "measure"
CRISIS = "crisis"
OUTCOME = "outcome"
CHANNEL = "channel"
SCENARIO = "scenario"
CELL = "cell"
MISSING = "missing"


class Said:
    """Names of attributes: last known period, which fit, what acts, on what, against what."""

    START = "start"
    SOURCE = "source"
    SUBJECT = "subject"
    QUESTION = "contrast"
    AGAINST = "against"


def carried(attributes: Mapping[Any, Any]) -> dict[str, str]:
    """Return what a result of draws says of where it comes from."""
    told = (Said.START, Said.SOURCE, Said.AGAINST)
    return {name: str(attributes[name]) for name in told if name in attributes}
