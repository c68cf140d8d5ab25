"""One scenario as people state it: interventions, conditions, or designs that are drawn.

Everything here is what was said; `regimes` draws it.
"""

from collections.abc import Collection
from dataclasses import fields
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, field_validator, model_validator

from sanctions_model.data.fields import Number, Version, Whole
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import Beta
from sanctions_model.queries.conditional import Condition
from sanctions_model.scenarios.quantities import (
    Amount,
    Quantity,
    Share,
    Stated,
    WholeMoment,
    counted,
    dated,
    require_within,
)
from sanctions_model.scenarios.relief import ReliefDesign, Tightening
from sanctions_model.scm.interventions import Intervention, ScaleBy, SetTo, ShiftBy
from sanctions_model.scm.periods import read_span

_HIGHEST = 2.0
DESIGNS = ("relief", "tightening", "level", "release_assets")
# Judgement, wide, no study found: a central bank that regains reserves may simply hold them, and
# under a budget rule sells what the budget needs.
_SOLD = Beta(alpha=2, beta=4, rationale="judgement: most of what is released is held, not sold")
_ASKED_BY = {
    "intervention": "ask a forecast, a counterfactual or the effect of interventions",
    "condition": "ask a conditional forecast (`forecast --file`)",
    "absorbing": "give it with conditions to a conditional forecast",
    "without_shocks": "ask a counterfactual (`counterfactual run --file`)",
    **dict.fromkeys(DESIGNS, "ask the effect of a scenario (`scenario run --file`)"),
}


class Edit(Stated):
    """A path of a variable.

    Parameters
    ----------
    kind : str
        ``set``, ``shift`` (to add) or ``scale`` (to multiply).
    variable : str
        Any variable of the model.
    value : float or tuple of float
        A number, or a path whose last value is held.
    start, stop : int or str
        First and last period, counted from 1 or of the calendar; without `stop` to the end.
    """

    kind: Literal["set", "shift", "scale"]
    variable: str
    value: Number | Annotated[tuple[Number, ...], Field(min_length=1)]
    start: WholeMoment = 1
    stop: WholeMoment | None = None


class _Set(Edit):
    kind: Literal["set"]


class _Shift(Edit):
    kind: Literal["shift"]


class _Scale(Edit):
    kind: Literal["scale"]


_KIND_OF = {SetTo: "set", ShiftBy: "shift", ScaleBy: "scale"}


def _as_tables(given: object) -> object:
    """Take interventions and conditions as questions take them for the tables that say the same."""
    if not isinstance(given, list | tuple):
        return given
    found: list[object] = []
    for one in given:
        if (kind := _KIND_OF.get(type(one))) is not None:
            found.append({"kind": kind} | {f.name: getattr(one, f.name) for f in fields(one)})
        elif isinstance(one, Condition):
            stated: dict[str, object] = {"variable": one.variable, "values": one.values}
            found.append(stated)
        else:
            found.append(one)
    return found


def _period(given: object) -> object:
    """Read a period as a key of a table, which is text."""
    text = str(given)
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    try:
        read_span(given)
    except QuestionError as error:
        raise ValueError(str(error)) from None
    return text


class ConditionEntry(Stated):
    """Values that a variable must have.

    Parameters
    ----------
    variable : str
        Any variable of the model.
    values : mapping of int or str to float
        By period, counted from 1 or of the calendar.
    """

    variable: str
    values: dict[Annotated[int | str, BeforeValidator(_period)], Number] = Field(min_length=1)


class LevelShift(Stated):
    """A level that moves by `size` in even parts from `start` to `stop`, whatever its own lag does.

    Parameters
    ----------
    variable : str
        A level, as in ``gdp_level``.
    size : Quantity
        Reached in the period `stop`, before feedback, in the unit of the level.
    start, stop : int or str
        Periods counted from when the future begins, or of the calendar.
    """

    variable: str
    size: Quantity
    start: WholeMoment = 1
    stop: WholeMoment

    @model_validator(mode="after")
    def _check(self) -> Self:
        first, last = self.start, self.stop
        if isinstance(first, int) and isinstance(last, int) and last < first:
            raise ValueError(f"start {self.start} lies after stop {self.stop}")
        return self


class AssetRelease(Stated):
    """Frozen reserves that are released into the external balance, in even parts.

    A flow of F billion dollars a quarter lowers the need of foreign exchange by 100 F / X log
    points, X being what goods exports earn in a quarter: a surplus of that size. What investors
    make of it is the measure `assets`, which a relief of component A1 lifts. Frozen reserves pay
    for nothing, so that a transfer takes nothing from the balance: it leaves less to release. What
    investors make of a transfer is a tightening of `assets`, which is stated beside it.

    Parameters
    ----------
    share : Quantity
        Share of the stock that is released, in [0, 1]; 0 for a transfer alone.
    transferred : Quantity
        Share of the stock that is handed to others before and never comes back, in [0, 1]; `share`
        is of the rest.
    start : int or str
        First period in which it flows, counted from when the future begins, or of the calendar.
    over : int
        Number of periods over which it flows.
    sold : Quantity
        Share of what is released that is sold for roubles, the rest being held: by default a Beta
        with mean 1/3, by judgement.
    stock : Quantity
        Frozen reserves in billion US dollars: 300 of 630 (Bozhechkova and Trunin 2022).
    exports : Quantity
        Goods exports in a period, billion US dollars: 105, the mean quarter of 2019, the last
        whole year in the data.
    """

    share: Share
    transferred: Share = 0
    start: WholeMoment = 1
    over: Whole = Field(default=4, ge=1)
    sold: Share = _SOLD
    stock: Amount = 300.0
    exports: Amount = 105.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("share", "transferred", "sold"):
            require_within(getattr(self, name), 0, 1, name, "it is a share")
        for name in ("stock", "exports"):
            require_within(getattr(self, name), 0, np.inf, name, "it is a sum of money")
        return self


class Scenario(Stated):
    """A named set of interventions, conditions and shocks to leave out, as a TOML file states it.

    Parameters
    ----------
    format_version : int
        1, the version of this format; a file must state it.
    label : str
        What tables and figures call it.
    intervention : tuple
        ``kind`` is ``set``, ``shift`` or ``scale``; ``value`` a number or a path; ``start`` and
        ``stop`` periods counted from 1, or of the calendar; or `SetTo`, `ShiftBy`, `ScaleBy`.
    condition : tuple
        ``variable`` and ``values`` by period, for conditional forecasts; or `Condition`.
    absorbing : tuple of str
        Shocks that meet the conditions; all by default.
    without_shocks : tuple of str
        Equations whose shocks a counterfactual leaves out.
    description : str
        What is meant, and where it enters.
    relief, tightening, level, release_assets : tuple
        Designs drawn path by path: measures that are lifted, measures that are added, levels that
        shift, frozen reserves that are released. A scenario has these, or interventions and
        conditions.
    """

    format_version: Version = 1
    label: str = Field(min_length=1)
    intervention: tuple[Annotated[_Set | _Shift | _Scale, Field(discriminator="kind")], ...] = ()
    condition: tuple[ConditionEntry, ...] = ()
    absorbing: tuple[str, ...] | None = None
    without_shocks: tuple[str, ...] = ()
    description: str = ""
    relief: tuple[ReliefDesign, ...] = ()
    tightening: tuple[Tightening, ...] = ()
    level: tuple[LevelShift, ...] = ()
    release_assets: tuple[AssetRelease, ...] = ()

    _tables = field_validator("intervention", "condition", mode="before")(_as_tables)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for position, entry in enumerate(self.intervention):
            values = np.atleast_1d(entry.value)
            inside = (values >= 0) & (values <= _HIGHEST)
            if entry.variable in MEASURES and entry.kind == "set" and not inside.all():
                raise ValueError(
                    f"intervention.{position}: a path of {entry.variable!r} of "
                    f"{values[~inside][0]:g}; a measure lies between 0 and {_HIGHEST:g}"
                )
        for field in ("absorbing", "without_shocks"):
            named = getattr(self, field) or ()
            if twice := [name for name in named if named.count(name) > 1]:
                raise ValueError(f"{field} names {twice[0]!r} twice; name it once")
        if self.absorbing == ():
            raise ValueError("absorbing is empty; name shocks, or leave it out for all of them")
        lifted = {name for design in self.relief for name in design.reached}
        raised = [name for entry in self.tightening for name in entry.measures]
        both = sorted(lifted & set(raised))
        if both or len(set(raised)) < len(raised):
            twice = both or [name for name in raised if raised.count(name) > 1]
            raise ValueError(
                f"{twice[0]!r} is both lifted and tightened, or tightened twice; "
                "state one path for each measure"
            )
        if self.is_designed and (self.intervention or self.condition):
            raise ValueError(
                "designs (relief, tightening, level, release_assets) and interventions or "
                "conditions in one scenario; make it two"
            )
        return self

    @property
    def is_designed(self) -> bool:
        """Whether it has designs that are drawn path by path."""
        return any(getattr(self, name) for name in DESIGNS)

    @property
    def stated(self) -> tuple[str, ...]:
        """The fields that say what happens, of those that are set."""
        fields = ("intervention", "condition", "absorbing", "without_shocks")
        return tuple(name for name in (*fields, *DESIGNS) if getattr(self, name))

    def require_used(self, question: str, used: Collection[str]) -> None:
        """Refuse a scenario of which a question would use a part only, or nothing.

        Parameters
        ----------
        question : str
            What is asked, for the message.
        used : collection of str
            The fields that it takes into account.

        Raises
        ------
        QuestionError
            If another field is set, or none is.
        """
        unused = [name for name in self.stated if name not in used]
        if unused:
            raise QuestionError(
                f"{self.label!r} states {unused[0]!r}, which {question} does not use; "
                f"{_ASKED_BY[unused[0]]}, or leave it out."
            )
        if not self.stated:
            raise QuestionError(
                f"{self.label!r} changes nothing, so that {question} has nothing to answer; "
                f"state one of {', '.join(used)}."
            )

    def dated(self, start: str, periods_per_year: int) -> "Scenario":
        """Return the same with each period of the calendar counted from the start.

        Parameters
        ----------
        start : str
            First day of the last known period, as in ``attrs["start"]`` of a forecast.
        periods_per_year : int
            4 for quarters, 12 for months.

        Raises
        ------
        QuestionError
            If a period lies in the past, or phases overlap once they are counted.
        """
        return dated(self, start, periods_per_year)

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """The interventions as the kernel takes them.

        Raises
        ------
        QuestionError
            If one names a period of the calendar.
        """
        kinds: dict[str, type[SetTo | ShiftBy | ScaleBy]]
        kinds = {"set": SetTo, "shift": ShiftBy, "scale": ScaleBy}
        return tuple(
            kinds[entry.kind](
                variable=entry.variable,
                value=entry.value,
                start=counted(entry.start),
                stop=None if entry.stop is None else counted(entry.stop),
            )
            for entry in self.intervention
        )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions as `conditional_forecast` takes them.

        Raises
        ------
        QuestionError
            If one names a period of the calendar.
        """
        return tuple(
            Condition(variable=c.variable, values={counted(w): v for w, v in c.values.items()})
            for c in self.condition
        )
