"""Reads and checks the rule of the measures and the dated events that it counts.

Knows what a valid rule and a valid event are; the arithmetic is in
`sanctions_model.data.sanctions.measures`.
"""

import bisect
import csv
import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from sanctions_model.data.bundled import data_path
from sanctions_model.data.fields import Number, Version
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError, did_you_mean, first_fault, reading_fault
from sanctions_model.files import toml_content

STEPS = ("step", "added step", "phase-in")
EXPLICIT = ("relief", "relief ends")
TOLERANCE = 1e-9
# Who imposes measures. Shares of a measure over these add up to the coalition.
ISSUERS = ("us", "eu", "uk", "others")


def _known_measure(name: str) -> str:
    if name not in MEASURES:
        raise ValueError(
            f"got {name!r}, expected one of {', '.join(MEASURES)}{did_you_mean(name, MEASURES)}"
        )
    return name


type Measure = Annotated[str, AfterValidator(_known_measure)]

# Below this level a US share would be a ratio of two roundings.
_SMALLEST_LEVEL = 1e-4


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Component(_Frozen):
    """One component of a measure: its weight, its raw values at the anchor dates, its issuers.

    `rest` splits what is not the United States' among the other issuers.
    """

    id: str
    measure: Measure
    weight: Number = Field(gt=0, le=1)
    divisor: Number = Field(gt=0)
    label: str
    kind: str
    raw_values: tuple[Annotated[Number, Field(ge=0)], ...]
    status: tuple[str, ...]
    us_share_before: Number = Field(ge=0, le=1)
    us_share_after: Number = Field(ge=0, le=1)
    us_share_status: str
    us_share_basis: str
    band_sd: Number = Field(ge=0)
    rest: Mapping[Literal["eu", "uk", "others"], Annotated[Number, Field(ge=0, le=1)]] = {
        "others": 1.0
    }
    rest_status: str = "J"
    rest_basis: str = ""


class Explicit(_Frozen):
    """A relief with a size of its own, in units of raw value / divisor."""

    component: str
    effective_date: dt.date
    size: Number = Field(lt=0)
    back_on: dt.date | None = None
    status: str
    reason: str


class EventClass(_Frozen):
    """What a raw weight `r` of an event stands for."""

    label: str
    r: Number | str
    examples: str


class Source(_Frozen):
    """Where a raw value comes from."""

    component: str
    date: str
    number: str
    source: str
    status: str


class Cap(_Frozen):
    """From the day after `date`, no step raises a measure above `level`."""

    date: dt.date
    level: Number = Field(gt=0)


class Band(_Frozen):
    """Spread of component and measure weights (Dirichlet concentration)."""

    weight_concentration: Number = Field(gt=0)


class Rule(_Frozen):
    """The rule: components, anchor dates, reliefs, US shares, composite weightings.

    The level of a measure at an anchor date is the sum over its components of
    ``weight * raw value / divisor``. It is 1 at the date of the cap by definition of the unit.
    """

    format_version: Version
    title: str
    unit: str
    anchor_dates: tuple[dt.date, ...] = Field(min_length=2)
    us_share_break: dt.date
    cap: Cap
    composites: Mapping[str, Mapping[Measure, Number]]
    band: Band
    event_classes: tuple[EventClass, ...] = ()
    explicit: tuple[Explicit, ...] = ()
    components: tuple[Component, ...] = Field(min_length=1)
    sources: tuple[Source, ...] = ()

    @model_validator(mode="after")
    def _check_anchors(self) -> Self:
        if list(self.anchor_dates) != sorted(set(self.anchor_dates)):
            raise ValueError("anchor_dates must rise from one to the next")
        if self.cap.date not in self.anchor_dates:
            raise ValueError(f"the cap's date {self.cap.date} is not among anchor_dates")
        for component in self.components:
            for name in ("raw_values", "status"):
                if (got := len(getattr(component, name))) != len(self.anchor_dates):
                    raise ValueError(
                        f"component {component.id} has {got} {name}, expected one for each of "
                        f"the {len(self.anchor_dates)} anchor_dates"
                    )
        return self

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if repeated := [k for k, n in Counter(c.id for c in self.components).items() if n > 1]:
            raise ValueError(f"component {repeated[0]} is there twice")
        totals: dict[str, float] = dict.fromkeys(MEASURES, 0.0)
        for component in self.components:
            totals[component.measure] += component.weight
        weightings = {f"components of {measure}": total for measure, total in totals.items()}
        weightings |= {f"the rest of {c.id}": sum(c.rest.values()) for c in self.components}
        for name, weights in self.composites.items():
            if set(weights) != set(MEASURES):
                raise ValueError(
                    f"composite {name} weighs {sorted(weights)}, expected {sorted(MEASURES)}"
                )
            weightings[f"composite {name}"] = sum(weights.values())
        for name, total in weightings.items():
            if abs(total - 1) > TOLERANCE:
                raise ValueError(f"the weights of {name} add up to {total:g}, expected 1")
        return self

    @model_validator(mode="after")
    def _check_cap(self) -> Self:
        at_cap = self.anchor_dates.index(self.cap.date)
        for measure in MEASURES:
            levels = self.anchor_levels(measure)
            if abs(levels[at_cap] - self.cap.level) > TOLERANCE:
                raise ValueError(
                    f"the level of {measure} on {self.cap.date} is {levels[at_cap]:g}, "
                    f"expected the cap's level {self.cap.level:g}: check raw_values and divisor"
                )
            if max(levels[at_cap:]) > self.cap.level + TOLERANCE:
                raise ValueError(
                    f"the level of {measure} rises above {self.cap.level:g} after the cap's date"
                )
        return self

    def component(self, name: str) -> Component | None:
        """Return the component of that id, or None."""
        return next((c for c in self.components if c.id == name), None)

    def anchor_levels(self, measure: Measure) -> list[float]:
        """Level of a measure at each anchor date (share of the regime at the cap's date)."""
        parts = [c for c in self.components if c.measure == measure]
        return [
            sum(c.weight * c.raw_values[k] / c.divisor for c in parts)
            for k in range(len(self.anchor_dates))
        ]

    def interval(self, day: dt.date) -> int:
        """Return the number k of the anchor interval of a day: after anchor k-1, up to anchor k."""
        if not self.anchor_dates[0] < day <= self.anchor_dates[-1]:
            raise ObservationError(
                f"the effective date {day} lies outside the anchor dates "
                f"{self.anchor_dates[0]} to {self.anchor_dates[-1]}; add an anchor date to the rule"
            )
        return bisect.bisect_left(self.anchor_dates, day)


def _parse_weights(text: object) -> object:
    if not isinstance(text, str):
        return text
    pairs = [part.partition(":") for part in text.split(";") if part]
    if any(not separator for _, separator, _ in pairs):
        raise ValueError(f"got {text!r}, expected component:number pairs such as 'T1:2;T2:0.5'")
    return tuple((name, number) for name, _, number in pairs)


class Event(_Frozen):
    """One dated event in one measure. `weights` holds (component, raw weight r) pairs."""

    date: dt.date
    effective_date: dt.date
    issuer: str
    event: str
    measure: Measure
    kind: Literal[
        "step",
        "added step",
        "phase-in",
        "relief",
        "relief ends",
        "authority only",
        "adopted only",
        "counted elsewhere",
        "at cap",
    ]
    weights: Annotated[tuple[tuple[str, float], ...], BeforeValidator(_parse_weights)]
    attribution: Literal["shared", "US alone", "no US part"]
    anchor_group: str
    note: str = ""

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if self.effective_date < self.date:
            raise ValueError(f"effective_date {self.effective_date} lies before date {self.date}")
        if self.kind in STEPS and (not self.weights or any(r <= 0 for _, r in self.weights)):
            raise ValueError(f"a {self.kind} needs weights above 0")
        if self.kind in EXPLICIT and len(self.weights) != 1:
            raise ValueError(f"a {self.kind} needs the explicit size of one component in weights")
        if self.kind not in STEPS + EXPLICIT and self.weights:
            raise ValueError(
                f"an event of kind {self.kind!r} has no step, so its weights must be empty"
            )
        return self


def load_rule(path: Path | str | None = None) -> Rule:
    """Read and check the rule.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        A TOML file; default the bundled ``measures_rule.toml``.

    Returns
    -------
    Rule
        Components with weights and dates, reliefs, shares of the United States, composites.

    Raises
    ------
    ObservationError
        If the file is missing, is no TOML or breaks the rule's own conditions; the message names
        the place and the reason.

    Examples
    --------
    >>> len(load_rule().components)
    16
    """
    file = data_path("measures_rule.toml") if path is None else Path(path)
    try:
        return Rule.model_validate(toml_content(file, "a measures rule", ObservationError))
    except ValidationError as error:
        raise ObservationError(
            f"The measures rule {file} cannot be used: {first_fault(error)}."
        ) from error


def load_events(path: Path | str | None = None) -> tuple[Event, ...]:
    """Read and check the dated sanctions events.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        A CSV file with the columns of `Event`; default the bundled ``sanctions_events.csv``.

    Returns
    -------
    tuple of Event
        One for each row: an event in one measure.

    Raises
    ------
    ObservationError
        If the file is missing or a row is wrong; the message names file, line and reason.

    Examples
    --------
    >>> load_events()[0].issuer
    'EU'
    """
    file = data_path("sanctions_events.csv") if path is None else Path(path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            rows = [(reader.line_num, row) for row in reader]
            header = reader.fieldnames or []
    except OSError as error:
        raise ObservationError(
            f"Cannot read the events {file}: {error.strerror}; give the path of a CSV file."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ObservationError(
            f"The events {file} are not a CSV file in UTF-8 ({reading_fault(error)}); "
            "save them as such."
        ) from error
    if missing := [name for name in Event.model_fields if name not in header]:
        raise ObservationError(
            f"The events {file} lack the column {missing[0]!r}; expected "
            f"{', '.join(Event.model_fields)}.{did_you_mean(missing[0], header)}"
        )
    events = []
    for line, row in rows:
        try:
            events.append(Event.model_validate(row))
        except ValidationError as error:
            raise ObservationError(
                f"The events {file} cannot be used: line {line}: {first_fault(error)}."
            ) from error
    if not events:
        raise ObservationError(f"The events {file} have no rows; expected one event in a line.")
    return tuple(events)
