"""The door for tables: a CSV file becomes checked observations.

Knows columns and what stands in for those that are absent; a table that cannot be used is refused
in one line that says what was got, what was expected and what to do. Does not know how series are
made (`transformations`) or what they mean together (`economies`).
"""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.data.bundled import data_path
from sanctions_model.data.checks import (
    PERIODS_PER_YEAR,
    odd_series,
    require_frequency,
    validate_observations,
)
from sanctions_model.data.tables import frame_content, parse_table, read_content
from sanctions_model.economies.registry import ANCHORED, GROWTH, economy_of
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError, did_you_mean
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Constant, Indicator, Variable

if TYPE_CHECKING:  # these load pydantic, which importing this module need not
    from sanctions_model.data.user_tables import TableMapping
    from sanctions_model.data.vintages import Vintage

_LOG = logging.getLogger(__name__)

_BUNDLED = "russia_quarterly.csv"
_BUNDLED_MEASURES = "measures.csv"
_FURTHER = "russia_economy.csv"  # read for models that name series which the others lack
_RECOMPUTED_FROM = ("sanctions_events.csv", "measures_rule.toml")


def load_observations(
    path: Path | str | pd.DataFrame | None = None,
    *,
    scm: StructuralCausalModel | None = None,
    mapping: "TableMapping | None" = None,
) -> xr.Dataset:
    """Read and check the observations of a model.

    The first column (or one called quarter, month, period or date) holds the periods, as
    `read_span` reads them: ``2014Q1``, ``Q1 2014``, ``2014-01`` or dates. The other columns are
    found by a variable's column name or its name; they may be absent and may have empty cells. An
    exogenous variable that is absent takes its default; the five measures are then computed from
    the bundled events at the table's frequency.

    Parameters
    ----------
    path : pathlib.Path, str or pandas.DataFrame, optional
        A CSV or XLSX file as `tables.parse_table` reads it, a DataFrame with such columns (or with
        the periods as its index), or the folder of a vintage; default the bundled vintage of
        Russia's quarterly series.
    scm : StructuralCausalModel, optional
        The model that the observations are for; by default that of the anchored economy for a
        vintage, and of the growth economy for a table of your own.
    mapping : TableMapping, optional
        What the table calls things. For another country than Russia the bundled events and the war
        indicator do not apply: the table gives the measures, or the mapping names events and rule.

    Returns
    -------
    xarray.Dataset
        One variable for each observed and each exogenous variable of `scm`, dims ``(time,)``,
        float64, NaN where missing, attributes ``unit``, ``label``, ``source``. ``time`` is the
        first day of each period. Attributes: ``freq`` ("Q" or "M"), ``periods_per_year``,
        ``title``, ``source`` (file name), ``data_sha256`` (of the content of the files used),
        ``economy`` where the model is a bundled one and, of a vintage, ``vintage`` (its name) and
        ``vintage_sha256``.

    Raises
    ------
    ObservationError
        If the table cannot be used as it is.

    Examples
    --------
    >>> observations = load_observations()
    >>> observations.attrs["freq"], float(observations["key_rate"].sel(time="2015-01-01"))
    ('Q', 15.5333)
    """
    vintage, file, content = _opened(path)
    index, columns = parse_table(content, file.name)
    used, digest = [file.name], hashlib.sha256(content)
    if vintage is not None:
        further = vintage.path(_FURTHER)
        if scm is None:
            scm = (ANCHORED if further.is_file() else GROWTH).transmission()
        for extra in (vintage.path(_BUNDLED_MEASURES), further):
            if extra == further and not (further.is_file() and _lacks(columns, scm)):
                continue
            content = read_content(extra)
            columns |= {
                name: values.reindex(index)
                for name, values in parse_table(content, extra.name)[1].items()
            }
            used.append(extra.name)
            digest.update(content)
    freq = str(index.freqstr)[0]
    scm = GROWTH.transmission(PERIODS_PER_YEAR[freq]) if scm is None else scm
    require_frequency(freq, scm, file.name)
    if mapping is not None:
        scm = mapping.relabel(scm)
        columns = _mapped(columns, mapping, scm, index, file.name)
        digest.update(mapping.model_dump_json(exclude={"events", "rule"}).encode())
    series, recomputed = _series(index, columns, scm, file.name, mapping)
    if recomputed:
        for source in _measure_files(mapping):
            used.append(source.name)
            digest.update(read_content(source))
    if vintage is None:
        _log_unknown(columns, scm, file.name)
    dataset = xr.Dataset(
        {
            name: ("time", values, _attributes(scm.variables[name]))
            for name, values in series.items()
        },
        coords={"time": index.to_timestamp(how="start").to_numpy().astype("datetime64[ns]")},
        attrs={
            "title": f"Observations for the {scm.name or 'model'}",
            "source": ", ".join(used),
            "data_sha256": digest.hexdigest(),
            "freq": freq,
            "periods_per_year": PERIODS_PER_YEAR[freq],
            **_named(scm, vintage),
        },
    )
    validate_observations(dataset, scm, where=file.name)
    if vintage is None and freq == "Q" and (mapping is None or mapping.is_home):
        _log_odd(dataset, scm, index, file.name)
    return dataset


def _opened(path: Path | str | pd.DataFrame | None) -> "tuple[Vintage | None, Path, bytes]":
    """Return the vintage if it is one, the name of the table, and its content."""
    if isinstance(path, pd.DataFrame):
        return None, Path("the DataFrame"), frame_content(path)
    if path is not None and not isinstance(path, str | Path):
        raise ObservationError(
            f"Observations are read from a table, and this is a {type(path).__name__}; give the "
            "name of a CSV or XLSX file, or a DataFrame."
        )
    vintage = _vintage(path)
    file = Path(path or "") if vintage is None else vintage.path(_BUNDLED)
    return vintage, file, read_content(file)


def _named(scm: StructuralCausalModel, vintage: "Vintage | None") -> dict[str, str]:
    """Return vintage and economy of observations, where they have a name."""
    named = {} if vintage is None else {"vintage": vintage.name, "vintage_sha256": vintage.sha256}
    economy = economy_of(scm)
    return named if economy is None else {**named, "economy": economy.name}


def coverage(observations: xr.Dataset, scm: StructuralCausalModel) -> pd.DataFrame:
    """Where each observed series starts, ends and has holes.

    Parameters
    ----------
    observations : xarray.Dataset
        As `load_observations` returns it.
    scm : StructuralCausalModel
        The model that the observations are for.

    Returns
    -------
    pandas.DataFrame
        Index: observed variables. ``first``, ``last`` (periods as text, empty without data), ``n``
        (values) and ``n_missing_inside`` (empty cells between first and last).

    Examples
    --------
    >>> from sanctions_model.economies.registry import default_transmission
    >>> coverage(load_observations(), default_transmission()).loc["inflation", "first"]
    '2005Q1'
    """
    periods = pd.PeriodIndex(observations["time"].to_numpy(), freq=observations.attrs["freq"])
    rows = {}
    for name in scm.observed:
        known = np.flatnonzero(np.isfinite(observations[name].to_numpy()))
        first, last = (known[0], known[-1]) if known.size else (0, -1)
        rows[name] = {
            "first": str(periods[first]) if known.size else "",
            "last": str(periods[last]) if known.size else "",
            "n": int(known.size),
            "n_missing_inside": int(last - first + 1 - known.size),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _vintage(path: Path | str | None) -> "Vintage | None":
    """Return the vintage that a path names, None for a table of the user's own."""
    from sanctions_model.data.vintages import bundled_vintage, load_vintage

    if path is None:
        return bundled_vintage()
    return load_vintage(path) if Path(path).is_dir() else None


def _find(variable: Variable, columns: Mapping[str, pd.Series], where: str) -> np.ndarray | None:
    names = [name for name in dict.fromkeys((variable.column, variable.name)) if name in columns]
    if len(names) > 1:
        raise ObservationError(
            f"{where} gives {variable.name!r} twice, as {names[0]!r} and {names[1]!r}; keep one."
        )
    return columns[names[0]].to_numpy(dtype=float) if names else None


def _measure_files(mapping: "TableMapping | None") -> tuple[Path, Path]:
    """Return the events and the rule that measures are computed from."""
    events, rule = (data_path(name) for name in _RECOMPUTED_FROM)
    if mapping is None:
        return events, rule
    return mapping.events or events, mapping.rule or rule


def _mapped(
    columns: Mapping[str, pd.Series],
    mapping: "TableMapping",
    scm: StructuralCausalModel,
    index: pd.PeriodIndex,
    where: str,
) -> dict[str, pd.Series]:
    """Return the columns under the model's names, with what the mapping says of the country."""
    found = mapping.rename(columns, scm, where)
    target = mapping.inflation_target
    if target is not None and not _names(scm.variables["inflation_target"]) & set(found):
        found["inflation_target"] = pd.Series(float(target), index)
    if mapping.is_home:
        return found
    if "war" in scm.exogenous and not _names(scm.variables["war"]) & set(found):
        _LOG.info("%s has no war indicator: 0 throughout for %s.", where, mapping.country)
        found["war"] = pd.Series(0.0, index)
    absent = [
        name
        for name in MEASURES
        if name in scm.exogenous and not _names(scm.variables[name]) & set(found)
    ]
    if absent and mapping.events is None:
        raise ObservationError(
            f"{where} is of {mapping.country} and has no column for {', '.join(absent)}, and the "
            "bundled events are those against Russia; add the columns (0 where there was no "
            "measure), or name your own events and rule in the mapping."
        )
    return found


def _lacks(columns: Mapping[str, pd.Series], scm: StructuralCausalModel) -> bool:
    """Whether a model observes a series, or needs a driver, that the columns do not hold."""
    needed = [n for n, e in scm.exogenous.items() if e.default is None]
    return any(not _names(scm.variables[n]) & set(columns) for n in (*scm.observed, *needed))


def _names(variable: Variable) -> set[str]:
    return {variable.name, variable.column}


def _series(
    index: pd.PeriodIndex,
    columns: Mapping[str, pd.Series],
    scm: StructuralCausalModel,
    where: str,
    mapping: "TableMapping | None",
) -> tuple[dict[str, np.ndarray], bool]:
    """Return the values of each variable, and whether measures were computed from events."""
    found = {
        name: _find(scm.variables[name], columns, where) for name in (*scm.observed, *scm.exogenous)
    }
    absent = [name for name in scm.observed if found[name] is None]
    if len(absent) == len(scm.observed):
        wanted = [scm.variables[name].column for name in scm.observed]
        raise ObservationError(
            f"{where} has none of the model's series, but {', '.join(map(repr, columns))}; "
            f"expected some of {', '.join(wanted)}: rename the columns, or give a mapping "
            "(--mapping) that says what yours are called."
        )
    if absent:
        wanted = [scm.variables[name].column for name in absent]
        _LOG.info("%s has no column for %s: taken as not observed.", where, ", ".join(wanted))
    from_events = [
        name
        for name, exogenous in scm.exogenous.items()
        if found[name] is None and exogenous.default is None and name in MEASURES
    ]
    if from_events:
        # Most tables hold their measures: what reads events loads where some do not.
        from sanctions_model.data.sanctions.measures import intensities, load_events, load_rule

        events, rule = _measure_files(mapping)
        bundled = mapping is None or mapping.events is None
        origin = "the bundled events" if bundled else f"the events of {events.name}"
        _LOG.info("%s has no %s: from %s.", where, ", ".join(from_events), origin)
        computed = intensities(load_rule(rule), load_events(events), index)
        found |= {name: computed[name].to_numpy() for name in from_events}
    series = {}
    for name, values in found.items():
        if values is not None:
            series[name] = values
        elif name in scm.exogenous:
            series[name] = _default(name, scm, index, where)
        else:
            series[name] = np.full(len(index), np.nan)
    return series, bool(from_events)


def _default(
    name: str, scm: StructuralCausalModel, index: pd.PeriodIndex, where: str
) -> np.ndarray:
    match scm.exogenous[name].default:
        case Constant(value=value):
            return np.full(len(index), float(value))
        case Indicator(start=start, end=end):
            first = index.to_timestamp(how="start")
            inside = first >= pd.Timestamp(start)
            if end is not None:
                inside &= first <= pd.Timestamp(end)
            return inside.astype(float)
        case _:
            raise ObservationError(
                f"{where} has no column for the exogenous variable {name!r}, which has no default; "
                f"add a column {scm.variables[name].column!r}, or give the variable a default."
            )


def _log_unknown(columns: Mapping[str, pd.Series], scm: StructuralCausalModel, where: str) -> None:
    variables = [scm.variables[name] for name in (*scm.observed, *scm.exogenous)]
    known = {name for variable in variables for name in (variable.column, variable.name)}
    if unknown := [name for name in columns if name not in known]:
        hints = "".join(
            f" {name!r}:{hint}" for name in unknown if (hint := did_you_mean(name, sorted(known)))
        )
        _LOG.warning("%s: ignored unknown columns: %s.%s", where, ", ".join(unknown), hints)


def _log_odd(
    observations: xr.Dataset, scm: StructuralCausalModel, index: pd.PeriodIndex, where: str
) -> None:
    """Say which series of a table of Russia do not look like the bundled ones."""
    known: dict[str, np.ndarray] = {}
    vintage = _vintage(None)
    assert vintage is not None
    for name in (_BUNDLED, _FURTHER):
        columns = parse_table(read_content(vintage.path(name)), name)[1]
        known |= {n: c.reindex(index).to_numpy(dtype=float) for n, c in columns.items()}
    ours = {scm.variables[name].column: observations[name].to_numpy() for name in scm.observed}
    for said in odd_series(ours, known, ours):
        _LOG.warning("%s: %s", where, said)


def _attributes(variable: Variable) -> dict[str, str]:
    return {"unit": variable.kept_unit, "label": variable.label, "source": variable.source}
