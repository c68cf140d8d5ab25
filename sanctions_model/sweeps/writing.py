"""Write a sweep: one process holds its folder, lands answers in chunks and keeps base fits.

A point counts when its checksum is written, which is last; zarr replaces a chunk whole, so that a
killed process leaves only points that are there or not. The operating system frees the lock when
the process dies.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from sanctions_model.errors import QuestionError, reading_fault
from sanctions_model.files import file_sha256, locked, whole_file, write_netcdf
from sanctions_model.inference.samplers import WarmStart
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.serialization import content_hash
from sanctions_model.summaries import IntervalRule, interval_rule
from sanctions_model.sweeps.design import Point, Route, SweepDesign
from sanctions_model.sweeps.store import (
    ABOUT,
    ARRAYS,
    CHUNK,
    DONE,
    FAILED,
    FORMAT_VERSION,
    NUMBERS,
    PENDING,
    POINT,
    ROUTES,
    SUM,
    TEXT,
    layout,
    point_sums,
    read_store,
    statuses,
)

if TYPE_CHECKING:
    import zarr


@dataclass(frozen=True, kw_only=True, eq=False)
class BaseFit:
    """A posterior that points are reweighted from.

    `point`: values of prior axes that it was fitted at; none for the stated beliefs. `posterior`:
    dims ``(chain, draw)`` plus each parameter's own. `efficiency`: effective over actual number of
    draws, of the parameter that mixes worst. `start`: for refits nearby; None where the draws were
    given.
    """

    point: Point
    posterior: xr.Dataset
    efficiency: float
    start: WarmStart | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What a sweep records of a point.

    `summary`: shape ``(outcome, 4)``: median, lower, upper, probability of a value below zero.
    `draws`: shape ``(outcome, kept)``. `route`: none where the point failed before it had one.
    `base`: base fit that it rests on, -1 for none. `k_hat`, `effective_size`: of reweighting, not a
    number elsewhere. `r_hat`, `ess_bulk`: of the posterior's own fit, where it has one. `error`:
    empty when answered. `note`: why cheaper routes did not hold. `lost`: the machine failed and not
    the point, which stays pending.
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
    lost: bool = False


class SweepStore:
    """A folder that a sweep writes to, held by this process alone. Use `SweepStore.open`."""

    def __init__(self, folder: Path, design: SweepDesign) -> None:
        self.folder = folder
        self.design = design

    @cached_property
    def _group(self) -> "zarr.Group":
        import zarr

        return zarr.open_group(self.folder / ARRAYS, mode="r+")

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path | str,
        design: SweepDesign,
        scm: StructuralCausalModel,
        outcomes: Sequence[str],
        identity: Mapping[str, str],
        start: str | None = None,
    ) -> "Iterator[SweepStore]":
        """Open a store, making it if there is none, and hold its lock.

        `scm`: for units. `identity`: what the answers depend on beside the design: hashes of data,
        beliefs, model and given draws, and the package's version. `start`: a day of the last known
        period, which horizons are counted from. Raises `QuestionError` if another
        process holds it, or it was made by another design, data set or version.
        """
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
                _create(folder, design, scm, outcomes, rule, start)
                (folder / "bases").mkdir(exist_ok=True)
                design.to_toml(folder / "design.toml")
                # The identity is written last: a store without one was never begun.
                with whole_file(folder / "identity.json") as part:
                    part.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
            yield cls(folder, design)

    def pending(self) -> list[int]:
        """Return the points that have no answer, unless the question has none as they put it.

        Raises `QuestionError` if the store is damaged.
        """
        status = statuses(read_store(self.folder)[2])
        return [int(i) for i in np.flatnonzero(status == PENDING)]

    def land(self, answers: Mapping[int, Answer]) -> None:
        """Write answers, chunk by chunk; the checksums of their points last."""
        for first in sorted({index // CHUNK for index in answers}):
            own = sorted(index for index in answers if index // CHUNK == first)
            self._land_chunk(np.array(own), [answers[index] for index in own])

    def _land_chunk(self, places: np.ndarray, answers: Sequence[Answer]) -> None:
        columns: dict[str, Any] = {
            "effect": np.stack([a.draws for a in answers]),
            "effect_summary": np.stack([a.summary for a in answers]),
            "route": np.array([ROUTES.index(a.route) for a in answers]),
            "base": np.array([a.base for a in answers]),
            "error": np.stack([_encode(a.error) for a in answers]),
            "note": np.stack([_encode(a.note) for a in answers]),
        }
        columns |= {name: np.array([getattr(a, name) for a in answers]) for name in NUMBERS}
        columns["status"] = np.array([_status(a) for a in answers])
        arrays: dict[str, Any] = {name: self._group[name] for name in (*columns, SUM)}
        columns = {name: values.astype(arrays[name].dtype) for name, values in columns.items()}
        for name, values in {**columns, SUM: point_sums(columns, places.tolist())}.items():
            arrays[name].oindex[places] = values

    def base(self, number: int) -> BaseFit | None:
        """Return a base fit of an earlier run, None if there is none.

        Raises `QuestionError` if its file is not the one that was written.
        """
        path = self._base_path(number)
        written = self._group.attrs.get(path.name)
        if written is None or not path.exists():
            return None
        if file_sha256(path) != written:
            raise QuestionError(f"{path} is damaged; take it away, and the sweep makes it anew.")
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
        path = self._base_path(number)
        write_netcdf(posterior, path)
        self._group.attrs[path.name] = file_sha256(path)

    def _base_path(self, number: int) -> Path:
        return self.folder / "bases" / f"{number:03d}.nc"


def _require_same(folder: Path, wanted: Mapping[str, str]) -> None:
    file = folder / "identity.json"
    if not file.exists():
        strangers = [p.name for p in folder.iterdir() if p.name not in {".lock", ARRAYS, "bases"}]
        if strangers and strangers != ["design.toml"]:
            raise QuestionError(
                f"{folder} holds other files ({strangers[0]}); give an empty or a new folder."
            )
        return
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("expected an object of hashes")
    except (OSError, ValueError, RecursionError) as error:
        raise QuestionError(
            f"{file} is damaged ({reading_fault(error)}); give another folder."
        ) from None
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
    start: str | None,
) -> None:
    import zarr
    from zarr.codecs import ZstdCodec

    group = zarr.open_group(folder / ARRAYS, mode="w")
    about = {
        "format_version": FORMAT_VERSION,
        "outcomes": list(outcomes),
        "units": [scm.variables[name].kept_unit for name in outcomes],
        "labels": [scm.variables[name].label for name in outcomes],
        "ci_prob": rule.prob,
        "ci_kind": rule.kind,
        "start": start,
        "periods_per_year": scm.periods_per_year,
        "design": design.plain(),
    }
    group.attrs.update({ABOUT: json.dumps(about), "sha256": content_hash(about)})
    for name, (dtype, fill, rest) in layout(design, len(outcomes)).items():
        group.create_array(
            name,
            shape=(design.size, *rest.values()),
            chunks=(min(design.size, CHUNK), *rest.values()),
            dtype=dtype,
            fill_value=fill,
            dimension_names=(POINT, *rest),
            compressors=ZstdCodec(checksum=True),
        )


def _status(answer: Answer) -> int:
    if answer.lost:
        return PENDING
    return FAILED if answer.error else DONE


def _encode(text: str) -> np.ndarray:
    """UTF-8 in a row of fixed length: zarr has no stable text type."""
    encoded = text.encode()[:TEXT]
    return np.frombuffer(encoded.ljust(TEXT, b"\0"), dtype=np.uint8)
