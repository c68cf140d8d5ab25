"""What a sweep's folder holds, a zarr store of answers beside base fits, and reading it.

`writing` makes it. What is damaged is refused: chunks carry a checksum, and so do every point and
what is said of them; a point that is not as it was written is pending again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.scm.periods import period_after
from sanctions_model.scm.serialization import content_hash
from sanctions_model.summaries import IntervalRule
from sanctions_model.sweeps.design import Grid, Route, SweepDesign
from sanctions_model.sweeps.errors import from_first, summary_error

FORMAT_VERSION = 3
POINT = "point"
PERIOD = "period"
SUMMARY = ("median", "lower", "upper", "prob_below_zero")
PENDING, DONE, FAILED = 0, 1, 2
CHUNK = 200
TEXT = 300
ROUTES = [None, *Route]
NUMBERS = ("k_hat", "effective_size", "r_hat", "ess_bulk", "seconds")
ARRAYS = "sweep.zarr"
ABOUT = "sanctions_model"
SUM = "sum"
# What the readers of zarr raise at wrong bits, whatever they were reading.
_UNREADABLE = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError),
    *(ArithmeticError, MemoryError),
)


def layout(design: SweepDesign, outcomes: int) -> dict[str, tuple[Any, Any, dict[str, int]]]:
    """Type, value where nothing was written, and dims after the point's, of each array."""
    many = {dims.OUTCOME: outcomes}
    return {
        "effect": (np.float32, np.nan, {**many, dims.DRAW: design.kept_draws}),
        "effect_summary": (np.float64, np.nan, {**many, "summary": len(SUMMARY)}),
        "route": (np.int8, 0, {}),
        "base": (np.int16, -1, {}),
        "status": (np.int8, PENDING, {}),
        SUM: (np.uint64, 0, {}),
        **{name: (np.float64, np.nan, {}) for name in NUMBERS},
        **{name: (np.uint8, 0, {f"{name}_byte": TEXT}) for name in ("error", "note")},
    }


def _decode(rows: np.ndarray) -> np.ndarray:
    texts = [bytes(row).rstrip(b"\0").decode(errors="ignore") for row in rows]
    return np.array(texts, dtype=object)


def load_sweep(folder: Path | str) -> xr.Dataset:
    """Read the answers of a sweep, finished or not.

    Parameters
    ----------
    folder : path
        As `run_sweep` was given it.

    Returns
    -------
    xr.Dataset
        Grids have the axes as dimensions; lists and space-filling designs have ``point``, with the
        axes as coordinates along it; ``period`` is that of the calendar which the outcomes are read
        at, along the axis of horizons if there is one. ``effect`` has the stored draws,
        ``effect_summary`` median, bounds and probability below zero, both with dim ``outcome``, in
        the outcome's unit, ``summary_error`` their Monte-Carlo standard errors; ``route`` (empty
        where pending or failed), ``base``, ``k_hat``, ``effective_size``, ``r_hat``, ``ess_bulk``,
        ``seconds``, ``status`` (pending, done, failed), ``error`` and ``note`` have a value a
        point.

    Raises
    ------
    QuestionError
        If there is no sweep in the folder, or it is of another format.
    """
    folder = Path(folder)
    if not (folder / "identity.json").exists():
        raise QuestionError(
            f"There is no sweep in {folder}; make one with `sanctions-model sweep`."
        )
    design, about, arrays = read_store(folder)
    found = _flat(arrays, about)
    points = design.points()
    start, year = about.get("start"), about.get("periods_per_year", 0)  # older sweeps: neither
    if not isinstance(design.layout, Grid):
        values = {
            axis.name: (POINT, np.array([point[axis.name] for point in points]))
            for axis in design.axis
        }
        listed = found.assign_coords({POINT: np.arange(design.size), **values})
        return _dated(listed, design, start, year)
    names = [axis.name for axis in design.axis]
    coords = {axis.name: np.array(axis.levels) for axis in design.axis}
    shaped = {
        name: (
            (*names, *array.dims[1:]),
            array.to_numpy().reshape(*design.shape, *array.shape[1:]),
        )
        for name, array in found.data_vars.items()
    }
    rest = {name: c for name, c in found.coords.items() if name != POINT}
    gridded = xr.Dataset(shaped, coords={**coords, **rest}, attrs=found.attrs)
    return _dated(gridded, design, start, year)


def _dated(
    found: xr.Dataset, design: SweepDesign, start: str | None, periods_per_year: int
) -> xr.Dataset:
    """Name the period of the calendar that the outcomes are read at, along an axis of horizons."""
    if start is None or any(axis.name == PERIOD for axis in design.axis):
        return found
    along = next((axis.name for axis in design.axis if axis.kind == "horizon"), None)
    if along is None:
        return found.assign_coords({PERIOD: period_after(start, design.horizon, periods_per_year)})
    ahead = found[along].to_numpy().tolist()
    labels = [period_after(start, int(each), periods_per_year) for each in ahead]
    return found.assign_coords({PERIOD: (found[along].dims, labels)})


def read_store(folder: Path) -> tuple[SweepDesign, dict[str, Any], dict[str, np.ndarray]]:
    """Read the design, what is said of the arrays, and the arrays; all as they were written."""
    import zarr

    what = "its description"
    try:
        group = zarr.open_group(folder / ARRAYS, mode="r")
        about = json.loads(str(group.attrs[ABOUT]))
        version = about["format_version"]
        if version != FORMAT_VERSION:
            raise QuestionError(
                f"The sweep in {folder} has format_version {version}, "
                f"this version reads {FORMAT_VERSION}; make it anew in another folder."
            )
        if content_hash(about) != group.attrs["sha256"]:
            raise ValueError
        design = SweepDesign.model_validate(about["design"])
        arrays = {}
        for name, (dtype, _, rest) in layout(design, len(about["outcomes"])).items():
            what = f"its array {name!r}"
            array: Any = group[name]
            shape = (design.size, *rest.values())
            chunks = (min(design.size, CHUNK), *rest.values())
            if (array.dtype, array.shape, array.chunks) != (dtype, shape, chunks):
                raise ValueError
            arrays[name] = np.asarray(array[:])
    except QuestionError:
        raise
    except _UNREADABLE:
        raise QuestionError(
            f"The sweep in {folder} is damaged: {what} cannot be read, or is not as it was "
            "written; make it anew in another folder."
        ) from None
    return design, about, arrays


def point_sums(arrays: Mapping[str, np.ndarray], points: Iterable[int]) -> np.ndarray:
    """Return a checksum of all that is written of each point, its number included.

    zarr's own are of chunks, which may be lost, or be those of another array.

    `arrays`: those of `layout`, one row a point, in its types. `points`: the number of each row.
    Returns: shape ``(row,)``.
    """
    columns = [arrays[name] for name in sorted(arrays) if name != SUM]
    # Where nothing was written zarr gives one not-a-number for all of them.
    columns = [
        np.where(np.isnan(c), c.dtype.type(np.nan), c) if c.dtype.kind == "f" else c
        for c in columns
    ]
    sums = []
    for row, point in enumerate(points):
        content = b"".join(column[row].tobytes() for column in columns)
        found = hashlib.blake2b(content, digest_size=8, key=str(point).encode())
        sums.append(int.from_bytes(found.digest()))
    return np.array(sums, dtype=np.uint64)


def statuses(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return each point's status; one that is not as it was written is pending again."""
    status = arrays["status"]
    written = arrays[SUM] == point_sums(arrays, range(status.size))
    return np.where(written, status, PENDING)


def _flat(arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> xr.Dataset:
    route = np.array(["" if r is None else r.value for r in ROUTES], dtype=object)
    status = np.array(["pending", "done", "failed"], dtype=object)
    single = {name: (POINT, arrays[name]) for name in (*NUMBERS, "base")}
    single |= {name: (POINT, _decode(arrays[name])) for name in ("error", "note")}
    rule = IntervalRule(about["ci_prob"], about["ci_kind"])
    return xr.Dataset(
        {
            "effect": ((POINT, dims.OUTCOME, dims.DRAW), arrays["effect"]),
            "effect_summary": ((POINT, dims.OUTCOME, "summary"), arrays["effect_summary"]),
            "summary_error": ((POINT, dims.OUTCOME, "summary"), summary_error(arrays, rule.tails)),
            "route": (POINT, route[arrays["route"]]),
            "status": (POINT, status[statuses(arrays)]),
            **single,
        },
        coords={
            dims.OUTCOME: about["outcomes"],
            "unit": (dims.OUTCOME, about["units"]),
            "label": (dims.OUTCOME, about["labels"]),
            "summary": list(SUMMARY),
        },
        attrs={
            "label": about["design"]["label"],
            "ci_prob": about["ci_prob"],
            "ci_kind": about["ci_kind"],
            "design": json.dumps(about["design"]),
        },
    )


_KEPT = ("median", "lower", "upper", "prob_below_zero")
_ERRORS = {name: f"{name.partition('_')[0]}_error" for name in _KEPT}


def routes_table(found: xr.Dataset) -> pd.DataFrame:
    """Tabulate points and seconds by route.

    Returns: columns ``route``, ``points``, ``seconds`` (sum), ``seconds_each`` (median),
    ``worst_k_hat`` and ``smallest_effective_size``; a last row for points that failed, if any.
    """
    each = pd.DataFrame(
        {
            name: found[name].to_numpy().ravel()
            for name in ("route", "status", "seconds", "k_hat", "effective_size")
        }
    )
    rows = []
    for route in Route:
        own = each[(each["route"] == route.value) & (each["status"] == "done")]
        if len(own):
            rows.append(
                {
                    "route": route.value,
                    "points": len(own),
                    "seconds": own["seconds"].sum(),
                    "seconds_each": own["seconds"].median(),
                    "worst_k_hat": own["k_hat"].max(),
                    "smallest_effective_size": own["effective_size"].min(),
                }
            )
    for status in ("failed", "pending"):
        own = each[each["status"] == status]
        if len(own):
            rows.append({"route": status, "points": len(own), "seconds": own["seconds"].sum()})
    return pd.DataFrame(rows)


def points_table(found: xr.Dataset) -> pd.DataFrame:
    """Tabulate every point's answer, one row a point and outcome.

    Returns: the axes, the ``period`` of the calendar that outcomes are read at, ``outcome``,
    ``unit``, ``median``, ``lower``, ``upper``, ``prob_below_zero`` with the Monte-Carlo standard
    errors ``median_error``, ``lower_error``, ``upper_error`` and ``prob_error``; ``from_first``,
    the median less the first point's, its standard error ``from_first_error`` (what points of the
    same draws share cancels) and ``within_error``: the difference is at most two of them;
    ``route``, ``k_hat``, ``effective_size``, ``seconds``, ``status``, ``error``, ``ci_prob`` and
    ``ci_kind``.
    """
    summary = found["effect_summary"].to_dataset(dim="summary")[list(_KEPT)]
    errors = found["summary_error"].to_dataset(dim="summary").rename(_ERRORS)
    points = found["status"]
    apart = {
        name: ((*points.dims, dims.OUTCOME), values.reshape(*points.shape, -1))
        for name, values in from_first(found).items()
    }
    single = ["route", "k_hat", "effective_size", "seconds", "status", "error"]
    merged = xr.merge([summary, errors, found[single].assign(apart)])
    frame = merged.to_dataframe().reset_index().drop(columns=["label", "point"], errors="ignore")
    axes = [str(name) for name in found["status"].dims if name != "point"]
    axes += [
        str(name)
        for name in found.coords
        if found[name].dims == ("point",) and name not in (POINT, PERIOD, *axes)
    ]
    if PERIOD in found.coords and PERIOD not in axes:
        axes.append(PERIOD)
    kept = [*_KEPT, *_ERRORS.values(), *apart]
    return frame[[*axes, dims.OUTCOME, "unit", *kept, *single]].assign(
        ci_prob=found.attrs["ci_prob"], ci_kind=found.attrs["ci_kind"]
    )
