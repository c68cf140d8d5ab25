"""From dated sanctions events to the five intensities.

Knows the arithmetic of the rule: anchors, steps, day weighting, reliefs, the cap, the US part. Does
not know what the intensities do to the economy: that is `sanctions_model.economies.growth`.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sanctions_model.data.sanctions.events import (
    EXPLICIT,
    ISSUERS,
    TOLERANCE,
    Component,
    Event,
    Measure,
    Rule,
    load_events,
    load_rule,
)
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError, shown

__all__ = [
    "Event",
    "Rule",
    "component_steps",
    "intensities",
    "issuer_levels",
    "load_events",
    "load_rule",
    "measure_steps",
]

# Below this level a US share would be a ratio of two roundings.
_SMALLEST_LEVEL = 1e-4


def _check_event(rule: Rule, event: Event) -> None:
    where = f"The event of {event.effective_date}, {event.issuer}, {event.event!r}, {event.measure}"
    interval = rule.interval(event.effective_date)
    group = f"{rule.anchor_dates[interval - 1]}..{rule.anchor_dates[interval]}"
    if event.anchor_group != group:
        raise ObservationError(
            f"{where}: anchor_group is {event.anchor_group!r}, but its effective date "
            f"lies in {group}; correct one of the two."
        )
    for name, _ in event.weights:
        component = rule.component(name)
        if component is None or component.measure != event.measure:
            own = [c.id for c in rule.components if c.measure == event.measure]
            raise ObservationError(
                f"{where}: weights name {name!r}, expected components of {event.measure}: "
                f"{', '.join(own)}."
            )
    if event.kind == "at cap" and event.effective_date <= rule.cap.date:
        raise ObservationError(
            f"{where}: kind 'at cap' is for days after {rule.cap.date}; use 'step'."
        )
    if event.kind in EXPLICIT:
        _check_explicit(rule, event, where)


def _check_explicit(rule: Rule, event: Event, where: str) -> None:
    ((name, size),) = event.weights
    for entry in rule.explicit:
        on, expected = (
            (entry.effective_date, entry.size)
            if event.kind == "relief"
            else (entry.back_on, -entry.size)
        )
        if entry.component == name and on == event.effective_date and size == expected:
            return
    raise ObservationError(
        f"{where}: no [[explicit]] entry of the rule has component {name}, this day and "
        f"size {size:g}; add it there with its reason, or correct the event."
    )


def _free_parts(rule: Rule, events: Iterable[Event]) -> dict[tuple[str, int], tuple[float, float]]:
    """Return (what the events of an interval share, sum of their raw weights) by component."""
    weights: defaultdict[tuple[str, int], float] = defaultdict(float)
    explicit: defaultdict[tuple[str, int], float] = defaultdict(float)
    for event in events:
        interval = rule.interval(event.effective_date)
        for name, number in event.weights:
            target = explicit if event.kind in EXPLICIT else weights
            target[name, interval] += number
    parts = {}
    for component in rule.components:
        for k in range(1, len(rule.anchor_dates)):
            change = (component.raw_values[k] - component.raw_values[k - 1]) / component.divisor
            key = (component.id, k)
            free = change - explicit[key]
            if weights[key] == 0 and abs(free) > TOLERANCE:
                raise ObservationError(
                    f"Component {component.id} changes by {change:g} between "
                    f"{rule.anchor_dates[k - 1]} and {rule.anchor_dates[k]}, but no event dates "
                    "that change; add an event with a weight for it, or hold the anchor value."
                )
            parts[key] = (free, weights[key])
    return parts


def measure_steps(rule: Rule, events: Iterable[Event]) -> pd.DataFrame:
    r"""Size of the step that each event adds to its measure.

    .. math::

        step(e) = \sum_c w_c \, free_{c,k} \, r_{e,c} / \sum_{e'} r_{e',c}, \quad
        free_{c,k} = s_{c,k} - s_{c,k-1} - explicit_{c,k}

    with ``s`` the raw value over the divisor, ``k`` the anchor interval that holds the effective
    date. A relief has its explicit size times the component's weight.

    `rule`: components, anchors, reliefs, US shares. Returns: one row an event, in the order given:
    ``date``, ``effective_date``, ``issuer``, ``event``, ``measure``, ``kind``, and ``step`` and
    ``us_step`` (share of the regime in force at the cap's date; ``us_step`` is what would vanish if
    the US alone lifted its part). Raises `ObservationError` if an event does not fit the rule, or a
    component changes without an event.

    ``us_step`` is the step times the component's US share on the effective date; "US alone" counts
    whole, "no US part" counts zero.
    """
    listed = list(events)
    parts = component_steps(rule, listed)
    size = parts[list(ISSUERS)].sum(axis=1).groupby(parts["event"]).sum()
    us_size = parts["us"].groupby(parts["event"]).sum()
    everyone = range(len(listed))
    left_out = {"weights", "attribution", "anchor_group", "note"}
    kept = pd.DataFrame([event.model_dump(exclude=left_out) for event in listed])
    return kept.assign(
        step=size.reindex(everyone, fill_value=0.0),
        us_step=us_size.reindex(everyone, fill_value=0.0),
    )


def component_steps(rule: Rule, events: Iterable[Event]) -> pd.DataFrame:
    """Size of the step that each event adds to each of its components, by issuer.

    `rule`: components, anchors, reliefs, shares of the issuers. Returns: one row an event and
    component: ``event`` (its position), ``component``, ``effective_date``, and in ``us``, ``eu``,
    ``uk``, ``others`` what would vanish of the measure if that issuer alone lifted its part. Raises
    `ObservationError` if an event does not fit the rule, or a component changes without an event.
    """
    listed = list(events)
    for event in listed:
        _check_event(rule, event)
    free = _free_parts(rule, listed)
    rows: list[dict[str, Any]] = []
    for position, event in enumerate(listed):
        interval = rule.interval(event.effective_date)
        for name, number in event.weights:
            component = rule.component(name)
            assert component is not None  # _check_event has seen to it
            share, total = free[name, interval]
            size = number if event.kind in EXPLICIT else share * number / total
            held = _held(rule, component, event)
            row = {"event": position, "component": name, "effective_date": event.effective_date}
            rows.append(row | {n: component.weight * size * held.get(n, 0.0) for n in ISSUERS})
    return pd.DataFrame(rows, columns=["event", "component", "effective_date", *ISSUERS])


def _held(rule: Rule, component: Component, event: Event) -> dict[str, float]:
    """Share of a step that each issuer holds; they add up to 1."""
    if event.attribution == "US alone":
        return {"us": 1.0}
    if event.attribution == "no US part":  # whoever took it holds it
        name = event.issuer.lower()
        return {name if name in ISSUERS else "others": 1.0}
    late = event.effective_date >= rule.us_share_break
    us = component.us_share_after if late else component.us_share_before
    return {"us": us} | {name: (1.0 - us) * part for name, part in component.rest.items()}


def issuer_levels(rule: Rule, events: Iterable[Event], day: dt.date) -> pd.DataFrame:
    """Part of each measure that each issuer holds on a day, component by component.

    `rule`: components, anchors, reliefs, shares of the issuers. `day`: steps count from their
    effective date on. Returns: index: the ids of the components. Columns ``us``, ``eu``, ``uk``,
    ``others``; the components of a measure add up to its level (share of the regime at the cap's
    date). Raises `ObservationError` if an event does not fit the rule.

    >>> held = issuer_levels(load_rule(), load_events(), dt.date(2026, 1, 1))
    >>> round(float(held.loc[["T1", "T2", "T3"]].to_numpy().sum()), 6)
    1.0
    """
    steps = component_steps(rule, events)
    found = steps[steps["effective_date"] <= day].groupby("component")[list(ISSUERS)].sum()
    return found.reindex([c.id for c in rule.components], fill_value=0.0)


def _in_force(index: pd.PeriodIndex, days: pd.DatetimeIndex) -> np.ndarray:
    """Share of each period's days on which each step is in force, shape (periods, events)."""
    day = np.timedelta64(1, "D")
    first = index.to_timestamp(how="start").to_numpy()[:, None]
    length = np.round((index.to_timestamp(how="end").to_numpy()[:, None] - first) / day)
    elapsed = (days.to_numpy()[None, :] - first) / day
    return np.asarray(np.clip((length - elapsed) / length, 0, 1))


def intensities(rule: Rule, events: Iterable[Event], index: pd.PeriodIndex) -> pd.DataFrame:
    """Intensity of the five measures in each period: the mean of the daily level.

    An event that takes effect on day ``d`` of a period of ``D`` days counts ``(D - d + 1) / D`` of
    its step in that period and its whole step after. Levels are cut to [0, cap] against rounding.

    Parameters
    ----------
    rule : Rule
        Components, anchors, reliefs, US shares, composite weightings.
    events : iterable of Event
        One for each event and measure.
    index : pandas.PeriodIndex
        Periods of any frequency of a day or longer. Before the first event the level is 0; after
        the last anchor date it stays.

    Returns
    -------
    pandas.DataFrame
        Index `index`. Columns ``trade``, ``finance``, ``energy``, ``transport``, ``assets`` (share
        of the regime in force at the cap's date), ``us_share_*`` (US part of each level, NaN where
        the level is 0.0001 or less), ``composite_*``, ``us_share_composite_*`` of the first one.

    Raises
    ------
    ObservationError
        If `index` is no PeriodIndex, or an event does not fit the rule.

    Examples
    --------
    >>> index = pd.period_range("2021Q4", "2022Q2", freq="Q")
    >>> intensities(load_rule(), load_events(), index)["trade"].round(2).tolist()
    [0.08, 0.2, 0.61]
    """
    if not isinstance(index, pd.PeriodIndex):
        raise ObservationError(
            f"The index is {shown(index)}; expected a pandas.PeriodIndex of periods."
        )
    steps = measure_steps(rule, events)
    force = _in_force(index, pd.DatetimeIndex(pd.to_datetime(steps["effective_date"])))
    levels, us_levels = pd.DataFrame(index=index), pd.DataFrame(index=index)
    for measure in MEASURES:
        rows = (steps["measure"] == measure).to_numpy()
        step = steps.loc[rows, ["step", "us_step"]].to_numpy(dtype=float)
        levels[measure] = np.clip(force[:, rows] @ step[:, 0], 0, rule.cap.level)
        us_levels[measure] = force[:, rows] @ step[:, 1]
    result = levels.copy()
    for measure in MEASURES:
        result[f"us_share_{measure}"] = _ratio(us_levels[measure], levels[measure])
    for name, weights in rule.composites.items():
        result[f"composite_{name}"] = _weigh(levels, weights)
    for name, weights in list(rule.composites.items())[:1]:
        us_level = _weigh(us_levels, weights)
        result[f"us_share_composite_{name}"] = _ratio(us_level, result[f"composite_{name}"])
    return result


def _weigh(levels: pd.DataFrame, weights: Mapping[Measure, float]) -> pd.Series:
    return sum((weights[m] * levels[m] for m in MEASURES), start=pd.Series(0.0, levels.index))


def _ratio(part: pd.Series, level: pd.Series) -> pd.Series:
    return (part / level.where(level > _SMALLEST_LEVEL)).astype(float)
