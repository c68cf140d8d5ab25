"""What observations must be, whichever way they come to an estimation.

Knows periods, units and plausible ranges; refuses in one line that says what was got, what was
expected and what to do. Knows no files.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.data.tables import check_regular
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError, did_you_mean
from sanctions_model.scm.model import StructuralCausalModel

PERIODS_PER_YEAR = {"Q": 4, "M": 12}
_MEASURE_LIMITS = (0.0, 2.0)
_ENOUGH_FOR_A_PEAK = 8
_ENOUGH_TO_COMPARE = 8
_ALIKE = 0.8  # correlation from which on two series may be one
_PERIODS_OF_A_YEAR = 4
_SHIFTS = (-4, -3, -2, -1, 1, 2, 3, 4)
_RATIOS = (  # lower and upper end, and what it may be
    (3.0, 5.3, "annualised?"),
    (10.0, 14.0, "annualised?"),
    (0.19, 0.33, "a year's figure spread over its quarters?"),
    (0.007, 0.014, "fractions? multiply by 100"),
    (70.0, 140.0, "multiplied by 100?"),
)


def validate_observations(
    observations: xr.Dataset, scm: StructuralCausalModel, *, where: str = "the Dataset"
) -> None:
    """Refuse observations that the model cannot use; return nothing if all is well.

    Raises `ObservationError` if a variable is missing, a period is out of step, the frequency is
    not the model's, an exogenous variable has holes, or a value is infinite or implausible.

    >>> from sanctions_model.data.observations import load_observations
    >>> from sanctions_model.economies.registry import default_transmission
    >>> validate_observations(load_observations(), default_transmission())
    """
    require_series(observations, scm, where=where)
    require_plausible(observations, scm, where=where)


def require_series(
    observations: xr.Dataset, scm: StructuralCausalModel, *, where: str = "the Dataset"
) -> None:
    """Refuse observations whose periods or series are not those of a model, whatever their size.

    `observations`: with a coordinate ``time`` of first days; the attributes may be absent. Raises
    `ObservationError` if a variable is missing or not a series of numbers, a value is infinite, or
    the periods are not first days, in order, each there once, of the model's frequency.
    """
    if not isinstance(observations, xr.Dataset):
        got = "None" if observations is None else f"a {type(observations).__name__}"
        raise ObservationError(
            f"The observations are {got}; expected a Dataset as sm.load_observations returns it, "
            "which takes a file or a DataFrame."
        )
    periods = _validate_time(observations, scm, where)
    for name in (*scm.observed, *scm.exogenous):
        if name not in observations.data_vars:
            raise ObservationError(
                f"{where} has no variable {name!r}; expected one for each observed and exogenous "
                "variable, all NaN where there are no data."
                f"{did_you_mean(name, [str(k) for k in observations.data_vars])}"
            )
        array = observations[name]
        if array.dims != ("time",) or array.dtype.kind not in "fiu":
            raise ObservationError(
                f"{name!r} of {where} has dims {array.dims} and type {array.dtype}; expected dims "
                "('time',) and float64."
            )
        infinite = np.flatnonzero(np.isinf(array.to_numpy()))
        if infinite.size:
            raise ObservationError(
                f"{scm.variables[name].column!r} of {where} is infinite in "
                f"{periods[infinite[0]]}; expected a number or an empty cell."
            )


def require_plausible(
    observations: xr.Dataset, scm: StructuralCausalModel, *, where: str = "the Dataset"
) -> None:
    """Refuse series in other units than the model's.

    `observations`: that `require_series` let pass. Raises `ObservationError` if an exogenous
    variable has holes, or a value is implausible.
    """
    stamps = pd.DatetimeIndex(observations["time"].to_numpy())
    periods = stamps.to_period(frequency_of(scm))
    for name in (*scm.observed, *scm.exogenous):
        _validate_values(observations[name].to_numpy(), scm, name, periods, where)


def require_frequency(freq: str, scm: StructuralCausalModel, where: str) -> None:
    """Raise `ObservationError` if a frequency, Q or M, is not the model's."""
    if PERIODS_PER_YEAR[freq] != scm.periods_per_year:
        raise ObservationError(
            f"{where} has {PERIODS_PER_YEAR[freq]} periods a year, but the model is made for "
            f"{scm.periods_per_year}; give data of that frequency or another model."
        )


def frequency_of(scm: StructuralCausalModel) -> str:
    """Return Q for a model of quarters, M for one of months."""
    return next(freq for freq, count in PERIODS_PER_YEAR.items() if count == scm.periods_per_year)


def _validate_time(
    observations: xr.Dataset, scm: StructuralCausalModel, where: str
) -> pd.PeriodIndex:
    freq = observations.attrs.get("freq", frequency_of(scm))
    if freq not in PERIODS_PER_YEAR:
        raise ObservationError(
            f"{where} has the attribute freq = {freq!r}; expected 'Q' for quarters or 'M' for "
            "months."
        )
    require_frequency(freq, scm, where)
    stated = observations.attrs.get("periods_per_year", scm.periods_per_year)
    if stated != scm.periods_per_year:
        raise ObservationError(
            f"{where} has the attribute periods_per_year = {stated!r}; expected "
            f"{scm.periods_per_year}."
        )
    time = observations.coords.get("time")
    if time is None or time.dims != ("time",) or time.dtype.kind != "M" or time.size == 0:
        raise ObservationError(
            f"{where} has no coordinate 'time' of dates; expected the first day of each period."
        )
    stamps = pd.DatetimeIndex(time.to_numpy())
    if stamps.hasnans:
        raise ObservationError(
            f"A time of {where} is missing; expected the first day of every period."
        )
    periods = stamps.to_period(freq)
    if not (periods.to_timestamp(how="start") == stamps).all():
        raise ObservationError(
            f"The times of {where} are not first days of periods; expected such as "
            f"{periods[0].start_time.date()} for {periods[0]}."
        )
    if not periods.is_monotonic_increasing:
        raise ObservationError(f"The times of {where} are not in order; sort them by 'time'.")
    check_regular(periods, where)
    return periods


def _validate_values(
    values: np.ndarray,
    scm: StructuralCausalModel,
    name: str,
    periods: pd.PeriodIndex,
    where: str,
) -> None:
    variable = scm.variables[name]
    known = np.abs(values[np.isfinite(values)])
    least = variable.least_peak
    if least is not None and known.size >= _ENOUGH_FOR_A_PEAK and known.max() < least:
        if known.max() == 0:
            raise ObservationError(
                f"{variable.column!r} of {where} is 0 throughout; expected {variable.unit}: leave "
                "the column out, or its cells empty, where nothing is known."
            )
        raise ObservationError(
            f"No value of {variable.column!r} of {where} is beyond {known.max():g}; expected "
            f"{variable.unit}: it looks like fractions, multiply by 100."
        )
    if name in scm.exogenous and np.isnan(values).any():
        period = periods[np.flatnonzero(np.isnan(values))[0]]
        raise ObservationError(
            f"The exogenous variable {name!r} of {where} has no value in {period}; expected one in "
            "every period: fill it in, or drop the column for the default."
        )
    if name in scm.relieved or name in MEASURES:
        low, high = _MEASURE_LIMITS
        reason = "0 is no measure, 1 the regime in force at the end of 2025"
    elif variable.plausible is not None:
        low, high = variable.plausible
        reason = "it looks like another unit; convert it, or widen the variable's plausible range"
    else:
        return
    outside = np.flatnonzero((values < low) | (values > high))
    if outside.size:
        unit = f" {variable.unit}" if variable.unit else ""
        raise ObservationError(
            f"{variable.column!r} of {where} is {values[outside[0]]:g} in {periods[outside[0]]}; "
            f"expected {low:g} to {high:g}{unit}: {reason}."
        )


def odd_series(
    series: Mapping[str, np.ndarray], known: Mapping[str, np.ndarray], names: Iterable[str]
) -> list[str]:
    """Say which series do not look like what is known of them over the periods that overlap.

    `series`, `known`: by column, over the same periods, NaN where missing. `names`: columns to
    compare. Returns: one sentence a column that looks constant, padded with zeros, of another unit
    or sign, shifted, or like another column; nothing of the others.
    """
    found = [
        (name, _oddity(series[name], known, name)) for name in names if {name} <= series.keys()
    ]
    return [f"{name!r} {said}" for name, said in found if said]


def _repeated(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Say which figure stands where no figure, or another one, seems to belong."""
    own = ours[np.isfinite(ours)]
    if own.size >= _ENOUGH_TO_COMPARE and np.ptp(own) == 0:
        return f"is {own[0]:g} in every period: a constant?"
    zeros = (ours == 0) & np.isfinite(theirs) & (theirs != 0)
    if zeros.sum() > 2 and _correlation(np.where(zeros, np.nan, ours), theirs) > _ALIKE:
        return (
            f"is 0 in {int(zeros.sum())} periods for which the bundled series has other figures: "
            "zeros for empty cells?"
        )
    return _same_to_the_end(ours, theirs)


def _oddity(ours: np.ndarray, known: Mapping[str, np.ndarray], name: str) -> str:
    theirs = known.get(name, np.full(ours.shape, np.nan))
    if said := _repeated(ours, theirs):
        return said
    alike = _correlation(ours, theirs)
    if np.isnan(alike):
        return ""
    if alike < -_ALIKE:
        return f"runs against the bundled series (correlation {alike:.2f}): the sign flipped?"
    later = {k: _correlation(ours, _shifted(theirs, k)) for k in _SHIFTS}
    best = max(later, key=lambda k: np.nan_to_num(later[k], nan=-1.0))
    if later[best] > 0.99 and 1 - later[best] < (1 - alike) / 5:
        way = "later" if best > 0 else "earlier"
        return f"is the bundled series {abs(best)} periods {way}: shifted dates?"
    over_a_year = _correlation(ours, _summed(theirs))
    if over_a_year > 0.99 and 1 - over_a_year < (1 - alike) / 5:
        return "is the bundled series summed over a year: growth on the year before?"
    if alike > _ALIKE:
        both = np.isfinite(ours) & np.isfinite(theirs)
        ratio = float((ours[both] @ theirs[both]) / (theirs[both] @ theirs[both]))
        if 0.6 < ratio < 1.6:
            return ""
        guess = next((g for low, high, g in _RATIOS if low < ratio < high), "another unit?")
        return f"has ratio {ratio:.2g} to the bundled series: {guess}"
    others = {other: _correlation(ours, values) for other, values in known.items() if other != name}
    like = max(others, key=lambda other: np.nan_to_num(others[other], nan=-1.0), default="")
    if like and others[like] > 0.97:
        return f"looks like the bundled {like!r} (correlation {others[like]:.2f}): swapped columns?"
    return ""


def _same_to_the_end(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Say over how many last periods a figure is repeated while the known series moves."""
    own = np.flatnonzero(np.isfinite(ours))
    if not own.size:
        return ""
    differs = own[ours[own] != ours[own[-1]]]
    start = differs[-1] + 1 if differs.size else 0
    span = slice(start, own[-1] + 1)
    moves = np.unique(theirs[span][np.isfinite(theirs[span])]).size > _PERIODS_OF_A_YEAR
    if not differs.size or not moves:
        return ""
    return (
        f"is {ours[own[-1]]:g} in its last {own[-1] + 1 - start} periods, in which the bundled "
        "series moves: the last figure filled in?"
    )


def _summed(values: np.ndarray) -> np.ndarray:
    """Return each period with those before it that make a year of quarters."""
    found = np.full(values.shape, np.nan)
    if values.size >= _PERIODS_OF_A_YEAR:
        windows = np.lib.stride_tricks.sliding_window_view(values, _PERIODS_OF_A_YEAR)
        found[_PERIODS_OF_A_YEAR - 1 :] = windows.sum(axis=1)
    return found


def _shifted(values: np.ndarray, by: int) -> np.ndarray:
    moved = np.full(values.shape, np.nan)
    if by > 0:
        moved[by:] = values[:-by]
    else:
        moved[:by] = values[-by:]
    return moved


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation over the periods that both have, NaN where they are too few or do not move."""
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < _ENOUGH_TO_COMPARE or np.ptp(one[both]) == 0 or np.ptp(other[both]) == 0:
        return float("nan")
    return float(np.corrcoef(one[both], other[both])[0, 1])
