"""Where points are answered: in this process, or on the workers of a Dask client.

A worker gets the model, the data and the design as JSON.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.serialization import content_hash, from_dict, to_dict
from sanctions_model.sweeps.design import SweepDesign
from sanctions_model.sweeps.settings import Setting
from sanctions_model.sweeps.workbench import Workbench
from sanctions_model.sweeps.writing import Answer, BaseFit

if TYPE_CHECKING:
    from distributed import Client

_BATCH = 20
_LARGE = "distributed.admin.large-graph-warning-threshold"
_WORKBENCHES: dict[str, Workbench] = {}


class Engine(Protocol):
    """A place where base fits are made and points answered."""

    def bases(self, bench: Workbench, numbers: Sequence[int]) -> Iterator[tuple[int, BaseFit]]:
        """Make base fits, in any order."""

    def answers(self, bench: Workbench, indices: Sequence[int]) -> Iterator[tuple[int, Answer]]:
        """Answer points of the design, in any order."""


@dataclass(frozen=True)
class InProcess:
    """The own process: nutpie's threads use the cores."""

    def bases(self, bench: Workbench, numbers: Sequence[int]) -> Iterator[tuple[int, BaseFit]]:
        """Make base fits one after the other."""
        for number in numbers:
            yield number, bench.make_base(number)

    def answers(self, bench: Workbench, indices: Sequence[int]) -> Iterator[tuple[int, Answer]]:
        """Answer points one after the other."""
        points = bench.design.points()
        for index in indices:
            yield index, bench.solve(points[index])


@dataclass(frozen=True)
class DaskEngine:
    """The workers of a Dask client; a task whose worker dies is done again by another.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster; its workers need this package in the same version.
    """

    client: "Client"

    @classmethod
    def connect(cls, address: str) -> "DaskEngine":
        """Connect to a scheduler.

        Raises
        ------
        QuestionError
            If Dask is not installed or nobody answers.
        """
        try:
            from distributed import Client
        except ImportError:
            raise QuestionError(
                "Dask is not installed; install sanctions-model[distributed]."
            ) from None
        try:
            return cls(Client(address, timeout=10))
        except (OSError, ValueError, TimeoutError) as error:
            raise QuestionError(
                f"No Dask scheduler answers at {address!r} ({error}); start one with "
                "`dask scheduler`, or leave --scheduler out."
            ) from None

    def bases(self, bench: Workbench, numbers: Sequence[int]) -> Iterator[tuple[int, BaseFit]]:
        """Make base fits, a task each.

        Raises
        ------
        QuestionError
            If the question has no answer as put.
        """
        text = _pack(bench.stated, bench.design)
        tasks = {
            self.client.submit(_base_task, text, number, pure=False): number for number in numbers
        }
        for task, found in self._finished(tasks):
            if isinstance(found, BaseException):
                raise QuestionError(f"Base fit {tasks[task]} failed: {found}.") from found
            yield tasks[task], found

    def answers(self, bench: Workbench, indices: Sequence[int]) -> Iterator[tuple[int, Answer]]:
        """Answer points in batches, a task each; those of a task that is lost stay pending."""
        import dask

        points = bench.design.points()
        batches = [list(indices[i : i + _BATCH]) for i in range(0, len(indices), _BATCH)]
        # Tasks hold what all need: what a worker takes along, Dask makes again; scattered data not.
        with dask.config.set({_LARGE: "1TiB"}):  # draws are large, and are sent once
            text = self.client.submit(_held, _pack(bench.stated, bench.design), pure=False)
            bases = [self.client.submit(_held, base, pure=False) for base in bench.bases]
        tasks = {
            self.client.submit(
                _answer_task, text, bases, [points[i] for i in batch], pure=False
            ): batch
            for batch in batches
        }
        for task, found in self._finished(tasks):
            for place, index in enumerate(tasks[task]):
                if isinstance(found, BaseException):
                    yield index, _lost(bench, found)
                else:
                    yield index, found[place]

    def _finished(self, tasks: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
        """Yield each task with its result or error as it ends; cancel the rest when left."""
        from distributed import as_completed

        try:
            for task in as_completed(list(tasks)):
                try:
                    found = task.exception() if task.status == "error" else task.result()
                except CancelledError as error:
                    found = error
                yield task, found
                task.release()
        finally:
            self.client.cancel(list(tasks))


def _lost(bench: Workbench, error: BaseException) -> Answer:
    outcomes = len(bench.outcomes)
    return Answer(
        summary=np.full((outcomes, 4), np.nan),
        draws=np.full((outcomes, bench.design.kept_draws), np.nan),
        route=None,
        error=f"lost with its worker: {error}",
        lost=True,
    )


def _held(content: Any) -> Any:
    return content


def _base_task(text: str, number: int) -> BaseFit:
    return _workbench(text).make_base(number)


def _answer_task(text: str, bases: list[BaseFit], points: list[Any]) -> list[Answer]:
    bench = _workbench(text)
    bench.bases = bases
    return [bench.solve(point) for point in points]


def _workbench(text: str) -> Workbench:
    """Return this process's workbench for a design, for all its tasks."""
    key = content_hash(text)
    if key not in _WORKBENCHES:
        _WORKBENCHES.clear()
        _WORKBENCHES[key] = _unpack(text)
    return _WORKBENCHES[key]


def _pack(stated: Setting, design: SweepDesign) -> str:
    data = stated.observations
    return json.dumps(
        {
            "spec": to_dict(stated.scm),
            "priors": stated.priors.model_dump(mode="json"),
            "time": [str(day) for day in data[dims.TIME].to_numpy()],
            "series": {name: data[name].to_numpy().tolist() for name in data.data_vars},
            "attrs": {k: v for k, v in data.attrs.items() if isinstance(v, str | int | float)},
            "design": design.plain(),
        }
    )


def _unpack(text: str) -> Workbench:
    content = json.loads(text)
    observations = xr.Dataset(
        {name: (dims.TIME, np.array(values)) for name, values in content["series"].items()},
        coords={dims.TIME: np.array(content["time"], dtype="datetime64[ns]")},
        attrs=content["attrs"],
    )
    design = SweepDesign.model_validate(content["design"])
    bare = Setting(
        scm=from_dict(content["spec"]),
        observations=observations,
        priors=Priors.model_validate(content["priors"]),
        futures={},
    )
    return Workbench(design=design, stated=design.stated(bare))
