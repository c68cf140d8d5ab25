"""Run a sweep: check the design, make the base fits, answer every point, land the answers."""

import importlib.metadata
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import parameter_dims
from sanctions_model.scm.serialization import content_hash, spec_hash
from sanctions_model.sweeps.design import Route, SweepDesign
from sanctions_model.sweeps.engines import Engine, InProcess
from sanctions_model.sweeps.settings import Setting
from sanctions_model.sweeps.store import load_sweep
from sanctions_model.sweeps.workbench import Workbench
from sanctions_model.sweeps.writing import Answer, BaseFit, SweepStore

_LANDING_SECONDS = 5.0
_LANDING_POINTS = 200


def run_sweep(
    design: SweepDesign,
    folder: Path | str,
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    priors: Priors,
    *,
    given: Fit | None = None,
    engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Answer every point of a design by the cheapest route that holds, and store the answers.

    Parameters
    ----------
    design : SweepDesign
        Axes, layout and question, as `SweepDesign.from_toml` reads them.
    folder : path
        New, empty, or of this very sweep, which then continues where it stopped.
    scm : StructuralCausalModel
        The stated equations.
    observations : xr.Dataset
        Dim ``time``, as `load_observations` returns it.
    priors : Priors
        The stated beliefs, which the axes change.
    given : Fit, optional
        A fit of these, whose draws stand for the first base fit.
    engine : Engine, optional
        This process by default; `DaskEngine(client)` for any Dask cluster.
    progress : callable, optional
        Told how many points are answered, and of how many.

    Returns
    -------
    xr.Dataset
        As `load_sweep` reads it.

    Raises
    ------
    QuestionError
        If a value of the design does not fit the model, the folder belongs to another sweep or
        another process, or `given` is not a fit of this model, these data and beliefs.
    ConvergenceError
        If a base fit does not converge. A point that does not is recorded instead.
    """
    engine = engine or InProcess()
    bare = Setting(scm=scm, observations=observations, priors=priors, futures={})
    stated = design.stated(bare)
    design.check(stated)
    bench = Workbench(design=design, stated=stated)
    if given is not None:
        _require_same(given, stated.problem)
    identity = _identity(stated, given)
    start = str(stated.problem.cases.time[-1])[:10]
    with SweepStore.open(folder, design, scm, bench.outcomes, identity, start) as store:
        pending = store.pending()
        total = design.size
        if progress is not None:
            progress(total - len(pending), total)
        if pending:
            bench.bases = _bases(bench, store, engine, given)
            _answer_all(bench, store, engine, pending, progress)
    return load_sweep(folder)


def _answer_all(
    bench: Workbench,
    store: SweepStore,
    engine: Engine,
    pending: list[int],
    progress: Callable[[int, int], None] | None,
) -> None:
    """Answer the points and land them in batches; what is answered lands whatever happens."""
    ready: dict[int, Answer] = {}
    done, total = bench.design.size - len(pending), bench.design.size
    landed = time.monotonic()
    found: Iterator[tuple[int, Answer]] = engine.answers(bench, pending)
    try:
        with closing(found):  # type: ignore[type-var]
            for index, answer in found:
                ready[index] = answer
                done += not answer.lost
                if progress is not None:
                    progress(done, total)
                late = time.monotonic() - landed > _LANDING_SECONDS
                if late or len(ready) >= _LANDING_POINTS:
                    store.land(ready)
                    ready, landed = {}, time.monotonic()
    finally:
        store.land(ready)


def _bases(bench: Workbench, store: SweepStore, engine: Engine, given: Fit | None) -> list[BaseFit]:
    """Return the base fits: given, of an earlier run, or made now."""
    numbers = range(len(bench.design.base_points()))
    found = {number: base for number in numbers if (base := store.base(number)) is not None}
    if given is not None and 0 not in found:
        found[0] = _given(given)
        store.keep_base(0, found[0])
    needed = [number for number in numbers if number not in found]
    if needed and _no_base_needed(bench.design):
        return [found[number] for number in sorted(found)]
    for number, base in engine.bases(bench, needed):
        store.keep_base(number, base)
        found[number] = base
    return [found[number] for number in numbers]


def _no_base_needed(design: SweepDesign) -> bool:
    return design.route is Route.REFIT


def _given(fit: Fit) -> BaseFit:
    if fit.is_prior_only or fit.diagnostics is None:
        raise QuestionError("A sweep needs a fit with a posterior; these are prior draws.")
    draws = fit.draws
    size = draws.sizes[dims.CHAIN] * draws.sizes[dims.DRAW]
    efficiency = min(1.0, fit.diagnostics.ess_bulk / size)
    names = [n for n in draws.data_vars if n in {*parameter_dims(fit.scm), "missing_cell"}]
    return BaseFit(point={}, posterior=draws[names], efficiency=efficiency)


def _require_same(given: Fit, stated: Problem) -> None:
    own = given.problem
    same_data = own.observations.equals(stated.observations)
    if (
        not same_data
        or spec_hash(own.scm) != spec_hash(stated.scm)
        or _absolute(own) != _absolute(stated)
    ):
        raise QuestionError(
            "The fit given is not one of this model, these data and beliefs; "
            "give that fit's own, or leave the fit out."
        )


def _absolute(problem: Problem) -> dict[str, object]:
    return {a: (p.family, p.arguments) for a, p in problem.absolute.items()}


def _identity(stated: Setting, given: Fit | None) -> dict[str, str]:
    """Return what the answers depend on beside the design."""
    data = stated.observations
    series = {name: data[name].to_numpy().tolist() for name in sorted(map(str, data.data_vars))}
    times = [str(day) for day in data[dims.TIME].to_numpy()]
    draws = "none"
    if given is not None:
        first = np.ascontiguousarray(given.draws["intercept"].to_numpy())
        draws = content_hash(first.ravel().tolist())
    return {
        "version": importlib.metadata.version("sanctions-model"),
        "model": spec_hash(stated.scm),
        "data": content_hash([times, series]),
        "beliefs": content_hash(stated.priors.model_dump(mode="json", exclude={"origin"})),
        "given fit": draws,
    }
