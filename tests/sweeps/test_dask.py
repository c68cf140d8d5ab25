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


@pytest.mark.parametrize("at_once", [1, 2])
def test_workers_killed_in_mid_sweep_lose_nothing(tmp_path, drawn, client, at_once):
    design = design_of(SHIFT, random_seed=2)
    here = sweep(design, tmp_path / "here", drawn)
    killed = []

    def kill(done, total):
        if 0 < done < total and not killed:
            # The workers' own processes, with all that they hold: nannies start others instead.
            killed.extend(list(client.run(os.getpid).values())[:at_once])
            for pid in killed:
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    there = sweep(design, tmp_path / "there", drawn, engine=DaskEngine(client), progress=kill)
    assert len(killed) == at_once
    assert (there["status"] == "done").all()
    xr.testing.assert_identical(here.drop_vars("seconds"), there.drop_vars("seconds"))


class Cancelling(DaskEngine):
    """Cancels a task as another user of the cluster may."""

    def _finished(self, tasks):
        self.client.cancel(list(tasks)[:1], force=True)
        return super()._finished(tasks)


def test_points_cancelled_by_others_stay_pending_with_the_reason_and_are_asked_again(
    tmp_path, drawn, client
):
    counted = []
    found = sweep(
        design_of(SHIFT),
        tmp_path / "lost",
        drawn,
        engine=Cancelling(client),
        progress=lambda done, total: counted.append((done, total)),
    )
    lost = (found["status"] == "pending").to_numpy()
    assert lost.sum() == 20
    assert counted[-1] == (41, 61)
    assert all("lost with its worker" in str(why) for why in found["error"].to_numpy()[lost])
    assert (found["status"].to_numpy()[~lost] == "done").all()
    again = sweep(design_of(SHIFT), tmp_path / "lost", drawn)
    whole = sweep(design_of(SHIFT), tmp_path / "whole", drawn)
    xr.testing.assert_identical(again.drop_vars("seconds"), whole.drop_vars("seconds"))


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
