"""Which cells of the data the likelihood uses, and which it completes.

Before a series starts and after it is discontinued, its equation uses the periods for which its
own value, lags and parents are there. Single holes and the ragged edge become cells with a
posterior, priced by every equation that reads them. This module knows no parameters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.observations import coverage
from sanctions_model.errors import ObservationError
from sanctions_model.scm.equations import Accumulator, LatentAdjustment
from sanctions_model.scm.graph import Edge
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.simulation.history import accumulated, lagged, read_by_states
from sanctions_model.scm.variables import Affine


@dataclass(frozen=True)
class Cases:
    """What the likelihood reads: fixed-shape arrays and the weights of available cells.

    Parameters
    ----------
    time : numpy.ndarray
        First day of each period, shape ``(T,)``.
    values : mapping of str to numpy.ndarray
        Observed and exogenous series, shape ``(T,)``, gaps filled with 0 (they carry no weight);
        before their first value those that a latent state reads hold it.
    complete : numpy.ndarray
        Where the equation's own value, lags and parents are there, whatever its start;
        ``(T, equation)``, boolean.
    weight : numpy.ndarray
        1 where the equation's own value, lags and parents are there, else 0; ``(T, equation)``.
    centres : mapping of str to float
        Mean of each centred parent over its equation's available periods, by link label.
    moments : mapping of str to tuple of float
        Mean and standard deviation of each equation's variable over its available periods; absent
        for equations without data.
    available : mapping of str to numpy.ndarray
        Where each variable of the model is known or completed, parameters apart; shape ``(T,)``.
    columns : tuple of str
        Stochastic variables, in the order of the columns of `weight`.
    missing : tuple of (str, int)
        Variable and period of each completed cell, in the order of ``missing_cell``.
    """

    time: np.ndarray
    values: Mapping[str, np.ndarray]
    complete: np.ndarray
    weight: np.ndarray
    centres: Mapping[str, float]
    moments: Mapping[str, tuple[float, float]]
    available: Mapping[str, np.ndarray]
    columns: tuple[str, ...]
    missing: tuple[tuple[str, int], ...] = ()

    @property
    def missing_labels(self) -> list[str]:
        """Labels of the completed cells, as in ``import_growth[2025-10-01]``."""
        return [f"{name}[{str(self.time[period])[:10]}]" for name, period in self.missing]

    @property
    def observed(self) -> np.ndarray:
        """1 where a cell is in the likelihood and was observed, not completed."""
        seen = self.weight.copy()
        for name, period in self.missing:
            seen[period, list(self.columns).index(name)] = 0.0
        return seen


def available_cases(scm: StructuralCausalModel, observations: xr.Dataset) -> Cases:
    """Find the periods that each equation can use, and its parents' means over them.

    `observations`: as `observations.load_observations` returns it, dim ``time``. Raises
    `ObservationError` if an exogenous variable has a gap, or there are fewer periods than the
    longest lag needs.
    """
    time = observations[dims.TIME].to_numpy()
    raw = {
        name: observations[name].to_numpy().astype(float)
        for name in (*scm.observed, *scm.exogenous)
    }
    if time.size < scm.longest_lag:
        raise ObservationError(
            f"The data have {time.size} periods, the model looks {scm.longest_lag} back; "
            f"expected at least {scm.longest_lag}."
        )
    seen = {name: np.isfinite(values) for name, values in raw.items()}
    for name in scm.exogenous:
        if not seen[name].all():
            raise ObservationError(
                f"The exogenous variable {name!r} lacks {int((~seen[name]).sum())} of {time.size} "
                "periods; expected a value for each, because every state that follows reads it."
            )
    values = {name: np.where(seen[name], raw[name], 0.0) for name in raw}
    for name in read_by_states(
        scm
    ):  # what precedes the first value holds it, as states are at rest
        if seen[name].any():
            first = int(np.argmax(seen[name]))
            values[name][:first] = values[name][first]
    # Centres and moments come from what was observed; completed cells add periods, not means.
    there, data_part = _known(scm, values, seen)
    used = _usable(scm, there, time)
    centres, moments = _means(scm, values, data_part, used)
    missing = _missing(scm, seen, used, time)
    if missing:
        completed = {name: mask.copy() for name, mask in seen.items()}
        for name, period in missing:
            completed[name][period] = True
        there, _ = _known(scm, values, completed)
        used = _usable(scm, there, time)
    return Cases(
        time=time,
        values=values,
        complete=np.stack(
            [
                there[name] & _all_there(there, equation.edges, time.size)
                for name, equation in scm.stochastic.items()
            ],
            axis=1,
        ),
        weight=np.stack([used[name] for name in scm.stochastic], axis=1).astype(float),
        centres=centres,
        moments=moments,
        available=there,
        columns=tuple(scm.stochastic),
        missing=missing,
    )


def _usable(
    scm: StructuralCausalModel, there: Mapping[str, np.ndarray], time: np.ndarray
) -> dict[str, np.ndarray]:
    """Periods for which an equation has its own value, its lags and its parents."""
    used = {}
    for name, equation in scm.stochastic.items():
        used[name] = there[name] & _all_there(there, equation.edges, time.size)
        if equation.start is not None:
            used[name] &= time >= np.datetime64(equation.start)
    return used


def _means(
    scm: StructuralCausalModel,
    values: Mapping[str, np.ndarray],
    data_part: Mapping[str, np.ndarray],
    used: Mapping[str, np.ndarray],
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    centres: dict[str, float] = {}
    moments: dict[str, tuple[float, float]] = {}
    outside = {*scm.exogenous, *scm.effective, *scm.latent}
    for name, equation in scm.stochastic.items():
        if not used[name].any():
            continue
        own = values[name][used[name]]
        moments[name] = (float(own.mean()), float(own.std()))
        for link in equation.links if equation.centred else ():
            if link.parent not in outside:
                parent = lagged(data_part[link.parent], link.lag)
                parent = parent * values[link.factor] if link.factor else parent
                centres[link.label] = float(parent[used[name]].mean())
    return centres, moments


def _missing(
    scm: StructuralCausalModel,
    seen: Mapping[str, np.ndarray],
    used: Mapping[str, np.ndarray],
    time: np.ndarray,
) -> tuple[tuple[str, int], ...]:
    """Return holes and ragged-edge cells that their own equation can price.

    A series whose last value is more than a year before the end counts as discontinued.
    """
    candidates = {
        (name, int(period))
        for name in scm.stochastic
        if used[name].any()
        for period in _gaps(seen[name], used[name], scm.periods_per_year)
    }
    while candidates:
        completed = {name: mask.copy() for name, mask in seen.items()}
        for name, period in candidates:
            completed[name][period] = True
        empty = {name: np.zeros(time.size) for name in seen}
        priced = _usable(scm, _known(scm, empty, completed)[0], time)
        kept = {(name, period) for name, period in candidates if priced[name][period]}
        if kept == candidates:
            break
        candidates = kept  # a cell that nothing prices leaves, and with it those that need it
    order = {name: position for position, name in enumerate(scm.graph.order)}
    return tuple(sorted(candidates, key=lambda cell: (cell[1], order[cell[0]])))


def _gaps(seen: np.ndarray, used: np.ndarray, periods_per_year: int) -> np.ndarray:
    first, last = np.flatnonzero(used)[0], np.flatnonzero(seen)[-1]
    end = seen.size if seen.size - 1 - last <= periods_per_year else last
    inside = np.zeros(seen.size, dtype=bool)
    inside[first:end] = True
    return np.flatnonzero(inside & ~seen)


def _known(
    scm: StructuralCausalModel, values: Mapping[str, np.ndarray], seen: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return where each variable is known, and what the data alone give of it.

    Latent states and parameter-dependent terms count as 0 in that part: any constant would do as
    a centre, and this one needs no parameters.
    """
    size = len(next(iter(values.values())))
    part = dict(values) | {name: np.zeros(size) for name in (*scm.effective, *scm.latent)}
    there = dict(seen) | {n: seen[equation.measure] for n, equation in scm.effective.items()}
    for name, equation in scm.unobserved.items():
        if isinstance(equation, LatentAdjustment):
            there[name] = _unbroken(_all_there(there, equation.links, size))
            continue
        if isinstance(equation, Accumulator):
            there[name] = _unbroken(_all_there(there, equation.edges[:-1], size))
            part[name] = accumulated(scm, values, name)
            continue
        there[name] = _all_there(there, equation.edges, size)
        part[name] = np.zeros(size)
        for edge, coefficient in zip(equation.edges, equation.terms.values(), strict=True):
            if not isinstance(coefficient, Affine):
                part[name] += coefficient * lagged(part[edge.parent], edge.lag)
    return there, part


def _unbroken(there: np.ndarray) -> np.ndarray:
    """From the first period that is there up to the first gap after it."""
    begun = np.logical_or.accumulate(there)
    return there & ~np.logical_or.accumulate(begun & ~there)


def _all_there(there: Mapping[str, np.ndarray], edges: Iterable[Edge], size: int) -> np.ndarray:
    everywhere = np.ones(size, dtype=bool)
    for edge in edges:
        shifted = np.zeros(size, dtype=bool)
        shifted[edge.lag :] = there[edge.parent][: size - edge.lag]
        everywhere &= shifted
    return everywhere


def table_use(observations: xr.Dataset, scm: StructuralCausalModel) -> pd.DataFrame:
    """Tabulate what each observed series covers and what its equation makes of it.

    Returns: one row an observed variable: ``series``, ``column``, ``first``, ``last``, ``n``,
    ``n_missing_inside``, ``n_completed`` (cells that become parameters), ``n_used`` (periods in the
    equation's likelihood) and ``use``: "estimated", or "prior only" with the reason. Raises
    `ObservationError` if there are fewer periods than the model looks back.
    """
    cases = available_cases(scm, observations)
    used = dict(zip(cases.columns, np.asarray(cases.observed.sum(axis=0), int), strict=True))
    completed = [name for name, _ in cases.missing]
    table = coverage(observations, scm)
    empty = {name for name in scm.observed if not table.loc[name, "n"]}
    rows = [
        {"series": name, "column": scm.variables[name].column}
        | table.loc[name].to_dict()
        | {
            "n_completed": completed.count(name),
            "n_used": used[name],
            "use": _use(scm, name, used[name], empty),
        }
        for name in scm.observed
    ]
    return pd.DataFrame(rows)


def _use(scm: StructuralCausalModel, name: str, used: int, empty: set[str]) -> str:
    if used:
        return "estimated"
    if name in empty:
        return "prior only: no figures"
    needed = [parent for parent in _observed_behind(scm, name) if parent in empty]
    if needed:
        return f"prior only: needs {', '.join(needed)}"
    return "prior only: no period with its own value, lags and parents after its equation's start"


def _observed_behind(scm: StructuralCausalModel, name: str) -> list[str]:
    """Return the observed variables that an equation's parents are made of."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    waiting = [edge.parent for edge in scm.by_name[name].edges]
    while waiting:
        parent = waiting.pop(0)
        if parent in seen:
            continue  # latent states have themselves among their parents
        seen.add(parent)
        if parent in scm.observed:
            found[parent] = None
        elif parent in scm.unobserved:
            waiting += [edge.parent for edge in scm.by_name[parent].edges]
    found.pop(name, None)
    return list(found)
