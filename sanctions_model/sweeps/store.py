"""Where a sweep's answers land: a folder with a zarr store, the base fits and a lock.

A point counts when its status is written, which is last; zarr replaces a chunk whole, so that a
killed process leaves only points that are there or not. The operating system frees the lock when
the process dies.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.files import locked, whole_file
from sanctions_model.inference.samplers import WarmStart
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval_rule
from sanctions_model.sweeps.design import Grid, Route, SweepDesign
from sanctions_model.sweeps.errors import from_first, summary_error

if TYPE_CHECKING:
    import zarr
from dataclasses import dataclass

import pandas as pd

from sanctions_model.sweeps.design import Point

__all__ = ["Answer", "BaseFit", "SweepStore", "load_sweep", "points_table", "routes_table"]

FORMAT_VERSION = 1
POINT = "point"
SUMMARY = ("median", "lower", "upper", "prob_below_zero")
_PENDING, _DONE, _FAILED = 0, 1, 2
_CHUNK = 200
_TEXT = 300
_ROUTES = [None, *Route]
_NUMBERS = ("k_hat", "effective_size", "r_hat", "ess_bulk", "seconds")
_ARRAYS = "sweep.zarr"


@dataclass(frozen=True, kw_only=True, eq=False)
class BaseFit:
    """A posterior that points are reweighted from.

    Parameters
    ----------
    point : Point
        Values of prior axes that it was fitted at; none for the stated beliefs.
    posterior : xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.
    efficiency : float
        Effective over actual number of draws, of the parameter that mixes worst.
    start : WarmStart or None
        For refits nearby; None where the draws were given.
    """

    point: Point
    posterior: xr.Dataset
    efficiency: float
    start: WarmStart | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What a sweep records of a point.

    Parameters
    ----------
    summary : numpy.ndarray
        Shape ``(outcome, 4)``: median, lower, upper, probability of a value below zero.
    draws : numpy.ndarray
        Shape ``(outcome, kept)``.
    route : Route or None
        None where the point failed before it had one.
    base : int
        Base fit that it rests on, -1 for none.
    k_hat, effective_size : float
        Of reweighting, not a number elsewhere.
    r_hat, ess_bulk : float
        Of the posterior's own fit, where it has one.
    seconds : float
    error : str
        Empty when answered.
    note : str
        Why cheaper routes did not hold.
    """

    summary: np.ndarray
    draws: np.ndarray
    route: Route | None
    base: int = -1
    k_hat: float = np.nan
    effective_size: float = np.nan
    r_hat: float = np.nan
    ess_bulk: float = np.nan
    seconds: float = 0.0
    error: str = ""
    note: str = ""


class SweepStore:
    """A folder that a sweep writes to, held by this process alone.

    Use `SweepStore.open`.
    """

    def __init__(self, folder: Path, group: "zarr.Group", design: SweepDesign) -> None:
        self.folder = folder
        self.design = design
        self._group = group

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path | str,
        design: SweepDesign,
        scm: StructuralCausalModel,
        outcomes: Sequence[str],
        identity: Mapping[str, str],
    ) -> "Iterator[SweepStore]":
        """Open a store, making it if there is none, and hold its lock.

        Parameters
        ----------
        folder : path
        design : SweepDesign
        scm : StructuralCausalModel
            For units.
        outcomes : sequence of str
        identity : mapping of str to str
            What the answers depend on beside the design: hashes of data, beliefs, model and given
            draws, and the package's version.

        Raises
        ------
        QuestionError
            If another process holds it, or it was made by another design, data set or version.
        """
        import zarr

        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise QuestionError(f"Cannot make {folder}: {error.strerror}.") from None
        with locked(folder):
            rule = interval_rule()
            wanted = {**identity, "design": design.sha256, "interval": f"{rule.prob} {rule.kind}"}
            _require_same(folder, wanted)
            if not (folder / "identity.json").exists():
                _create(folder, design, scm, outcomes, rule)
                (folder / "bases").mkdir(exist_ok=True)
                design.to_toml(folder / "design.toml")
                # The identity is written last: a store without one was never begun.
                with whole_file(folder / "identity.json") as part:
                    part.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
            yield cls(folder, zarr.open_group(folder / _ARRAYS, mode="r+"), design)

    def pending(self) -> list[int]:
        """Return the points that have no answer and no reason why not."""
        needed = ("status", "route", "effect", "effect_summary")
        status = _status({name: np.asarray(self._array(name)[:]) for name in needed})
        return [int(i) for i in np.flatnonzero(status == _PENDING)]

    def land(self, answers: Mapping[int, Answer]) -> None:
        """Write answers, chunk by chunk; their status last."""
        for first in sorted({index // _CHUNK for index in answers}):
            own = sorted(index for index in answers if index // _CHUNK == first)
            self._land_chunk(np.array(own), [answers[index] for index in own])

    def _land_chunk(self, places: np.ndarray, answers: Sequence[Answer]) -> None:
        columns: dict[str, Any] = {
            "effect": np.stack([a.draws for a in answers]).astype(np.float32),
            "effect_summary": np.stack([a.summary for a in answers]),
            "route": np.array([_ROUTES.index(a.route) for a in answers], dtype=np.int8),
            "base": np.array([a.base for a in answers], dtype=np.int16),
            "error": np.stack([_encode(a.error) for a in answers]),
            "note": np.stack([_encode(a.note) for a in answers]),
        }
        columns |= {name: np.array([getattr(a, name) for a in answers]) for name in _NUMBERS}
        columns["status"] = np.array([_FAILED if a.error else _DONE for a in answers], np.int8)
        for name, values in columns.items():
            self._array(name).oindex[places] = values

    def _array(self, name: str) -> Any:
        return self._group[name]

    def base(self, number: int) -> BaseFit | None:
        """Return a base fit of an earlier run, None if there is none."""
        path = self._base_path(number)
        if not path.exists():
            return None
        with xr.open_dataset(path, engine="h5netcdf") as found:
            posterior = found.load()
        content = json.loads(posterior.attrs.pop("base"))
        start = None
        if "start" in posterior:
            positions = posterior["start"].to_numpy()
            start = WarmStart(positions=positions)
            posterior = posterior.drop_vars("start")
        return BaseFit(
            point=content["point"],
            posterior=posterior,
            efficiency=content["efficiency"],
            start=start,
        )

    def keep_base(self, number: int, base: BaseFit) -> None:
        """Write a base fit, whole or not at all."""
        content: dict[str, Any] = {"point": base.point, "efficiency": base.efficiency}
        posterior = base.posterior.copy()
        if base.start is not None:
            posterior["start"] = (("position", "dimension"), base.start.positions)
        posterior.attrs = {"base": json.dumps(content)}
        with whole_file(self._base_path(number)) as part:
            posterior.to_netcdf(part, engine="h5netcdf")

    def _base_path(self, number: int) -> Path:
        return self.folder / "bases" / f"{number:03d}.nc"


def _require_same(folder: Path, wanted: Mapping[str, str]) -> None:
    file = folder / "identity.json"
    if not file.exists():
        strangers = [p.name for p in folder.iterdir() if p.name not in {".lock", _ARRAYS, "bases"}]
        if strangers and strangers != ["design.toml"]:
            raise QuestionError(
                f"{folder} holds other files ({strangers[0]}); give an empty or a new folder."
            )
        return
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("expected an object of hashes")
    except (OSError, ValueError) as error:
        raise QuestionError(f"{file} is damaged ({error}); give another folder.") from None
    differ = sorted(k for k in {*wanted, *found} if wanted.get(k) != found.get(k))
    if differ:
        raise QuestionError(
            f"The sweep in {folder} was made with another {', '.join(differ)}; "
            "answers of the two would be mixed. Give another folder."
        )


def _create(
    folder: Path,
    design: SweepDesign,
    scm: StructuralCausalModel,
    outcomes: Sequence[str],
    rule: IntervalRule,
) -> None:
    import zarr

    size, kept = design.size, design.kept_draws
    group = zarr.open_group(folder / _ARRAYS, mode="w")
    group.attrs["sanctions_model"] = json.dumps(
        {
            "format_version": FORMAT_VERSION,
            "outcomes": list(outcomes),
            "units": [scm.variables[name].kept_unit for name in outcomes],
            "labels": [scm.variables[name].label for name in outcomes],
            "ci_prob": rule.prob,
            "ci_kind": rule.kind,
            "design": design.plain(),
        }
    )
    chunk = min(size, _CHUNK)

    def add(name: str, dtype: Any, fill: Any, rest: dict[str, int]) -> None:
        group.create_array(
            name,
            shape=(size, *rest.values()),
            chunks=(chunk, *rest.values()),
            dtype=dtype,
            fill_value=fill,
            dimension_names=(POINT, *rest),
        )

    many = {dims.OUTCOME: len(outcomes)}
    add("effect", np.float32, np.nan, {**many, dims.DRAW: kept})
    add("effect_summary", np.float64, np.nan, {**many, "summary": len(SUMMARY)})
    add("route", np.int8, 0, {})
    add("base", np.int16, -1, {})
    add("status", np.int8, _PENDING, {})
    for name in _NUMBERS:
        add(name, np.float64, np.nan, {})
    for name in ("error", "note"):
        add(name, np.uint8, 0, {f"{name}_byte": _TEXT})


def _encode(text: str) -> np.ndarray:
    """UTF-8 in a row of fixed length: zarr has no stable text type."""
    encoded = text.encode()[:_TEXT]
    return np.frombuffer(encoded.ljust(_TEXT, b"\0"), dtype=np.uint8)


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
        Grids have the axes as dimensions; lists and space-filling designs have ``point``, with
        the axes as coordinates along it. ``effect`` has the stored draws, ``effect_summary``
        median, bounds and probability below zero, both with dim ``outcome``, in the outcome's
        unit, ``summary_error`` their Monte-Carlo standard errors; ``route`` (empty where
        pending or failed), ``base``, ``k_hat``, ``effective_size``,
        ``r_hat``, ``ess_bulk``, ``seconds``, ``status`` (pending, done, failed), ``error`` and
        ``note`` have a value a point.

    Raises
    ------
    QuestionError
        If there is no sweep in the folder, or it is of another format.
    """
    import zarr

    folder = Path(folder)
    if not (folder / "identity.json").exists():
        raise QuestionError(
            f"There is no sweep in {folder}; make one with `sanctions-model sweep`."
        )
    try:
        group = zarr.open_group(folder / _ARRAYS, mode="r")
        content = json.loads(str(group.attrs["sanctions_model"]))
        version = content["format_version"]
        if version != FORMAT_VERSION:
            raise QuestionError(
                f"The sweep in {folder} has format_version {version}, "
                f"this version reads {FORMAT_VERSION}."
            )
        design = SweepDesign.model_validate(content["design"])
        arrays = {name: np.asarray(array[:]) for name, array in group.arrays()}
        found = _flat(arrays, content)
    except QuestionError:
        raise
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:100]
        raise QuestionError(
            f"The sweep in {folder} is damaged ({reason}); make it anew in another folder."
        ) from None
    points = design.points()
    if not isinstance(design.layout, Grid):
        values = {
            axis.name: (POINT, np.array([point[axis.name] for point in points]))
            for axis in design.axis
        }
        return found.assign_coords({POINT: np.arange(design.size), **values})
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
    return xr.Dataset(shaped, coords={**coords, **rest}, attrs=found.attrs)


def _status(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return each point's status; one whose answer was lost with a chunk is pending again."""
    status = arrays["status"].copy()
    there = arrays["route"] > 0
    for name in ("effect", "effect_summary"):
        there &= np.isfinite(arrays[name]).all(axis=tuple(range(1, arrays[name].ndim)))
    status[(status == _DONE) & ~there] = _PENDING
    return status


def _flat(arrays: Mapping[str, np.ndarray], content: Mapping[str, Any]) -> xr.Dataset:
    route = np.array(["" if r is None else r.value for r in _ROUTES], dtype=object)
    status = np.array(["pending", "done", "failed"], dtype=object)
    single = {name: (POINT, arrays[name]) for name in (*_NUMBERS, "base")}
    single |= {name: (POINT, _decode(arrays[name])) for name in ("error", "note")}
    rule = IntervalRule(content["ci_prob"], content["ci_kind"])
    return xr.Dataset(
        {
            "effect": ((POINT, dims.OUTCOME, dims.DRAW), arrays["effect"]),
            "effect_summary": ((POINT, dims.OUTCOME, "summary"), arrays["effect_summary"]),
            "summary_error": ((POINT, dims.OUTCOME, "summary"), summary_error(arrays, rule.tails)),
            "route": (POINT, route[arrays["route"]]),
            "status": (POINT, status[_status(arrays)]),
            **single,
        },
        coords={
            dims.OUTCOME: content["outcomes"],
            "unit": (dims.OUTCOME, content["units"]),
            "label": (dims.OUTCOME, content["labels"]),
            "summary": list(SUMMARY),
        },
        attrs={
            "label": content["design"]["label"],
            "ci_prob": content["ci_prob"],
            "ci_kind": content["ci_kind"],
            "design": json.dumps(content["design"]),
        },
    )


_KEPT = ("median", "lower", "upper", "prob_below_zero")
_ERRORS = {name: f"{name.partition('_')[0]}_error" for name in _KEPT}


def routes_table(found: xr.Dataset) -> pd.DataFrame:
    """Tabulate points and seconds by route.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it.

    Returns
    -------
    pandas.DataFrame
        Columns ``route``, ``points``, ``seconds`` (sum), ``seconds_each`` (median), ``worst_k_hat``
        and ``smallest_effective_size``; a last row for points that failed, if any.
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

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it.

    Returns
    -------
    pandas.DataFrame
        The axes, ``outcome``, ``unit``, ``median``, ``lower``, ``upper``, ``prob_below_zero`` with
        the Monte-Carlo standard errors ``median_error``, ``lower_error``, ``upper_error`` and
        ``prob_error``; ``from_first``, the median less the first point's, its standard error
        ``from_first_error`` (what points of the same draws share cancels) and ``within_error``:
        the difference is at most two of them; ``route``, ``k_hat``, ``effective_size``,
        ``seconds``, ``status``, ``error``, ``ci_prob`` and ``ci_kind``.
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
        if found[name].dims == ("point",) and name not in ("point", *axes)
    ]
    kept = [*_KEPT, *_ERRORS.values(), *apart]
    return frame[[*axes, dims.OUTCOME, "unit", *kept, *single]].assign(
        ci_prob=found.attrs["ci_prob"], ci_kind=found.attrs["ci_kind"]
    )
