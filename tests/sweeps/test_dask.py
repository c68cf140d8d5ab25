"""Sweeps on Dask: a real cluster of two worker processes on this machine."""

import os
import signal
import warnings
from pathlib import Path

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import MODEL, PRIORS, FakeSampler

from sanctions_model.errors import QuestionError
from sanctions_model.sweeps import DaskEngine, SweepDesign, run_sweep

# Dask's own machinery warns while it starts and stops.
pytestmark = pytest.mark.filterwarnings("ignore")

SHIFT = {
    "kind": "prior_shift",
    "name": "shift",
    "parameter": "trade -> growth",
    "values": [round(-0.6 + 0.02 * i, 2) for i in range(61)],
}


def design_of(*axes, **settings):
    given = {
        "label": "test",
        "relief": {"measures": ["trade"]},
        "axis": axes,
        "outcomes": ["output_level", "key_rate"],
        "kept_draws": 50,
        "sampling": {"draws": 1500, "tune": 500, "chains": 4},
    }
    return SweepDesign.model_validate(given | settings)


@pytest.fixture(scope="module")
def client():
    from distributed import Client, LocalCluster

    with (
        warnings.catch_warnings(),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as found,
    ):
        warnings.simplefilter("ignore")
        yield found


@pytest.fixture(scope="module")
def drawn():
    """A fit whose draws are independent ones of the prior."""
    from sanctions_model.inference.fit import fit

    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    return fit(
        MODEL, observations, PRIORS, draws=1000, tune=10, random_seed=3, sampler=FakeSampler([0])
    )


def sweep(design, folder, fitted, **settings):
    return run_sweep(
        design, folder, MODEL, fitted.problem.observations, PRIORS, given=fitted, **settings
    )


def test_two_workers_answer_as_this_process_does(tmp_path, drawn, client):
    design = design_of(SHIFT)
    here = sweep(design, tmp_path / "here", drawn)
    there = sweep(design, tmp_path / "there", drawn, engine=DaskEngine(client))
    assert (there["status"] == "done").all()
    xr.testing.assert_identical(here.drop_vars("seconds"), there.drop_vars("seconds"))


def test_a_worker_killed_in_mid_sweep_loses_nothing(tmp_path, drawn, client):
    design = design_of(SHIFT, random_seed=2)
    here = sweep(design, tmp_path / "here", drawn)
    killed = []

    def kill_one(done, total):
        if 0 < done < total and not killed:
            # A worker's own process: its nanny starts another in its place.
            (pid, *_) = client.run(os.getpid).values()
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            killed.append(pid)

    there = sweep(design, tmp_path / "there", drawn, engine=DaskEngine(client), progress=kill_one)
    assert killed
    assert (there["status"] == "done").all()
    xr.testing.assert_identical(here.drop_vars("seconds"), there.drop_vars("seconds"))


class Losing(DaskEngine):
    """Loses tasks of the first rounds, as the death of the worker that held their data does."""

    def __init__(self, client, rounds):
        super().__init__(client)
        self.rounds = iter([True] * rounds)

    def _sent(self, bench, batches):
        tasks = super()._sent(bench, batches)
        if next(self.rounds, False):
            self.client.cancel(list(tasks)[:2], force=True)
        return tasks


@pytest.mark.parametrize(("rounds", "lost"), [(1, 0), (9, 40)])
def test_points_whose_data_a_worker_took_along_are_sent_again(
    tmp_path, drawn, client, rounds, lost
):
    design = design_of(SHIFT)
    here = sweep(design, tmp_path / "here", drawn)
    there = sweep(design, tmp_path / "there", drawn, engine=Losing(client, rounds))
    assert int((there["status"] != "done").sum()) == lost
    if not lost:
        xr.testing.assert_identical(here.drop_vars("seconds"), there.drop_vars("seconds"))


def test_an_address_where_nobody_answers_is_refused(monkeypatch):
    import distributed

    def refuse(address, timeout):
        raise OSError(f"Timed out trying to connect to {address} after {timeout} s")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(QuestionError, match=r"No Dask scheduler answers at 'tcp://127.0.0.1:9'"):
        DaskEngine.connect("tcp://127.0.0.1:9")


@pytest.mark.slow
def test_workers_refit_to_the_same_bits(tmp_path, client):
    design = design_of({**SHIFT, "values": [0.0, 4.0, -4.0]}, base={"number": 1})
    observations = laboratory.study().observations
    here = run_sweep(design, tmp_path / "here", MODEL, observations, PRIORS)
    there = run_sweep(
        design, tmp_path / "there", MODEL, observations, PRIORS, engine=DaskEngine(client)
    )
    assert (there["route"] == here["route"]).all()
    assert "refit" in there["route"].to_numpy()
    np.testing.assert_array_equal(here["effect"], there["effect"])
    bases = [
        xr.open_dataset(Path(tmp_path, where, "bases", "000.nc")) for where in ("here", "there")
    ]
    for name in bases[0].data_vars:
        np.testing.assert_array_equal(bases[0][name], bases[1][name])
    for base in bases:
        base.close()
