"""Options that state what is done when: edits, conditions, files and horizons, with dates.

A period is a number counted from 1, the first one after the last known, or one of the calendar.
"""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.errors import QuestionError, SanctionsModelError
from sanctions_model.scm.periods import PERIOD

if TYPE_CHECKING:
    import xarray as xr

    from sanctions_model.scenarios.scenario import Scenario
    from sanctions_model.scm.interventions import Relief

EDITED = "the interventions"  # what edits without a file are called
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="variable=value, or variable=value@4-8 or @2027Q1-2028Q4 for these periods."
    ),
]
ShiftOption = Annotated[
    list[str] | None, typer.Option("--shift", help="Like --set, but adds to the variable.")
]
ScaleOption = Annotated[
    list[str] | None, typer.Option("--scale", help="Like --set, but multiplies the variable.")
]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="Scenario in TOML instead of options.")
]
HorizonOption = Annotated[
    str, typer.Option(help="Number of periods, or the last one, as in 2029Q4.")
]
StatementOption = Annotated[
    list[str] | None,
    typer.Option(
        "--statement",
        help="How probable is this, as in 'key_rate <= 10 by 2028Q4'; may be repeated.",
    ),
]

# Of rounding; no effect that is printed is as small.
_NOTHING = 1e-9
_ASSIGNMENT = re.compile(
    rf"(?P<variable>\w+)=(?P<value>[^@]+?)(?:@(?P<start>{PERIOD})(?:\s*-\s*(?P<stop>{PERIOD}))?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Assignment:
    """A variable, a value, and from when to when: None where the option does not say."""

    variable: str
    value: float
    start: int | str | None
    stop: int | str | None


def _assignment(text: str, option: str) -> _Assignment:
    match = _ASSIGNMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        value = float(match["value"])
    except ValueError:
        raise QuestionError(
            f"{option} {text}: expected variable=value or variable=value@first-last: a number, and "
            "periods as in @1-4 or @2027Q1-2027Q4."
        ) from None
    start, stop = _moment(match["start"]), _moment(match["stop"])
    return _Assignment(match["variable"], value, start, start if stop is None else stop)


def _moment(text: str | None) -> int | str | None:
    """Return a number of periods, or the period of the calendar as it is written."""
    if text is not None and text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    return text


def edited(
    setting: Sequence[str] | None,
    shift: Sequence[str] | None,
    scale: Sequence[str] | None,
    scenario: "Scenario | None" = None,
) -> "Scenario | None":
    """Return a scenario with the edits of --set, --shift and --scale added to its own."""
    found = scenario
    for kind, given in (("set", setting), ("shift", shift), ("scale", scale)):
        for text in given or []:
            own = _assignment(text, f"--{kind}")
            entry: dict[str, object] = {"kind": kind, "variable": own.variable, "value": own.value}
            entry |= {"start": 1 if own.start is None else own.start, "stop": own.stop}
            found = _with(found, "intervention", entry, f"--{kind} {text}")
    return found


def conditioned(
    given: Sequence[str] | None, start: str, periods_per_year: int, scenario: "Scenario | None"
) -> "Scenario | None":
    """Return a scenario with the conditions of --condition added, their periods counted."""
    from sanctions_model.scm.periods import periods_ahead

    found = scenario
    for text in given or []:
        own = _assignment(text, "--condition")
        if own.start is None:
            raise QuestionError(f"--condition {text}: say which periods, as in {text}@1-4.")
        first, last = (
            periods_ahead(when, start, periods_per_year, end=end) if isinstance(when, str) else when
            for when, end in ((own.start, False), (own.stop or own.start, True))
        )
        if last < first:
            raise QuestionError(f"--condition {text}: the periods run backwards.")
        entry: dict[str, object] = {
            "variable": own.variable,
            "values": dict.fromkeys(range(first, last + 1), own.value),
        }
        found = _with(found, "condition", entry, f"--condition {text}")
    return found


def _with(
    scenario: "Scenario | None", field: str, entry: dict[str, object], option: str
) -> "Scenario":
    from sanctions_model.scenarios.scenario import Scenario

    stated = {} if scenario is None else {n: v for n, v in scenario if getattr(scenario, n)}
    before = stated.get(field, ())
    try:
        return Scenario(**{"label": EDITED, **stated, field: (*before, entry)})
    except SanctionsModelError as error:
        reason = re.sub(rf"^Scenario: ({field}(\.\w+)+: )?", "", str(error))
        raise QuestionError(f"{option}: {reason}") from None


def asked_relief(depth: float, ramp: int = 4, measures: Sequence[str] | None = None) -> "Relief":
    """Return the relief that ``--relief``, ``--ramp``, ``--measure`` ask for, if it lifts any."""
    from sanctions_model.scm.interventions import ALL_MEASURES, Relief

    asked = Relief(depth=depth, ramp=ramp, measures=tuple(measures or ALL_MEASURES))
    if asked.depth == 0:
        raise QuestionError("--relief 0 lifts nothing; expected a share above 0, up to 1.")
    return asked


def require_change(effect: "xr.DataArray", what: str) -> None:
    """Refuse a question whose answer is that nothing moves, in any draw and period."""
    if bool((abs(effect) < _NOTHING).all()):
        raise QuestionError(
            f"With {what} none of the outcomes moves, in any draw and period; change something "
            "else, or ask for an outcome that it reaches."
        )


def read_horizon(text: str, start: str, periods_per_year: int) -> int:
    """Return the number of periods that ``--horizon`` asks for."""
    from sanctions_model.scm.periods import periods_ahead

    with contextlib.suppress(ValueError):
        count = int(text)
        if len(text) != len("2029"):
            return count
    try:
        return periods_ahead(text, start, periods_per_year, end=True)
    except QuestionError as error:
        raise QuestionError(f"--horizon {text}: {error}") from None
