"""Routes, answers and the store of sweeps, on the laboratory."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import MODEL, PRIORS

from sanctions_model.errors import ConvergenceError, QuestionError
from sanctions_model.queries.effects import total_effect
from sanctions_model.report import checks
from sanctions_model.scm.interventions import Relief
from sanctions_model.summaries import interval, median_error, share_error
from sanctions_model.sweeps import InProcess, SweepDesign, load_sweep, run_sweep
from sanctions_model.sweeps.design import Route
from sanctions_model.sweeps.settings import Setting
from sanctions_model.sweeps.workbench import Workbench

LINK = "trade -> growth"  # Normal(-1, 0.5) in the laboratory
DEPTHS = {"kind": "relief", "name": "depth", "argument": "depth", "values": [0.25, 1.0]}
HORIZONS = {"kind": "horizon", "name": "quarters", "values": [4, 8, 12]}
SHIFT = {"kind": "prior_shift", "name": "shift", "parameter": LINK}
SMALL = {"draws": 1500, "tune": 500, "chains": 4, "warm_tune": 150}


def design_of(*axes, **settings):
    given = {
        "label": "test",
        "relief": {"measures": ["trade"]},
        "axis": axes,
        "outcomes": ["price_level", "key_rate", "output_level"],
        "sampling": SMALL,
    }
    return SweepDesign.model_validate(given | settings)


@pytest.fixture(scope="session")
def lab():
    """The one fit of the session."""
    return laboratory.fitted()


@pytest.fixture(scope="session")
def drawn():
    """A fit whose draws are independent ones of the prior."""
    from laboratory import FakeSampler

    from sanctions_model.inference.fit import fit

    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    return fit(
        MODEL, observations, PRIORS, draws=1000, tune=10, random_seed=3, sampler=FakeSampler([0])
    )


def sweep(design, folder, fitted, **settings):
    return run_sweep(
        design, folder, MODEL, fitted.problem.observations, PRIORS, given=fitted, **settings
    )


def bench_of(design, fitted, **settings):
    bare = Setting(scm=MODEL, observations=fitted.problem.observations, priors=PRIORS, futures={})
    return Workbench(design=design, stated=design.stated(bare), **settings)


# Answers


def test_a_sweep_of_one_point_is_the_single_answer(tmp_path, drawn):
    design = design_of({**DEPTHS, "values": [1.0]}, kept_draws=4000)
    found = sweep(design, tmp_path / "one", drawn).isel(depth=0)
    effect = total_effect(
        drawn.scm,
        drawn.draws,
        Relief(measures=("trade",)),
        horizon=12,
        outcomes=["price_level", "key_rate", "output_level"],
    ).sel(horizon=12)
    assert str(found["route"].item()) == "propagate"
    np.testing.assert_allclose(
        found["effect_summary"].sel(summary=["median", "lower", "upper"]),
        interval(effect).sel(summary=["median", "lower", "upper"]),
        rtol=1e-12,
    )
    stacked = effect.transpose("outcome", "chain", "draw").to_numpy().reshape(3, -1)
    np.testing.assert_array_equal(found["effect"], stacked.astype(np.float32))
    for outcome in found["outcome"].to_numpy():
        own = effect.sel(outcome=outcome)
        errors = found["summary_error"].sel(outcome=outcome)
        assert float(errors.sel(summary="median")) == pytest.approx(median_error(own), rel=0.35)
        below = float(errors.sel(summary="prob_below_zero"))
        assert below == pytest.approx(share_error((own < 0).to_numpy()), rel=0.35)
    np.testing.assert_allclose(
        found["effect_summary"].sel(summary="prob_below_zero"), (stacked < 0).mean(axis=1)
    )


def test_a_printed_sweep_greys_the_points_that_are_not_told_from_the_first(
    tmp_path, drawn, monkeypatch
):
    design = design_of({**DEPTHS, "values": [1.0, 0.9, 0.5]}, outcomes=["key_rate", "price_level"])
    found = sweep(design, tmp_path / "grey", drawn)
    # The second point alone is near on both outcomes; the first is what the rest is held against.
    near = np.array([[True, True], [True, True], [True, False]])
    monkeypatch.setattr(checks, "from_first", lambda of: {"within_error": near})
    view = checks.sweep_view(found)
    assert view.grey == (False, True, False)
    assert len(view.aside) == 2
    assert (view.table[list(view.aside)].astype(float) > 0).all(axis=None)
    assert " differ from the first by at most two Monte-Carlo errors" in view.caption


def test_a_grid_of_depth_and_horizon_is_propagated_and_linear_in_depth(tmp_path, drawn):
    # The laboratory's direct link is linear in depth; the effective measure is not.
    design = design_of(DEPTHS, HORIZONS, outcomes=["key_rate"])
    found = sweep(design, tmp_path / "grid", drawn)
    assert dict(found.sizes) == {
        "depth": 2, "quarters": 3, "outcome": 1, "summary": 4, "draw": 400,
    }  # fmt: skip
    assert (found["route"] == "propagate").all()
    assert (found["status"] == "done").all()
    for depth in (0.25, 1.0):
        for horizon in (4, 8, 12):
            alone = total_effect(
                drawn.scm, drawn.draws, Relief(depth=depth, measures=("trade",)),
                horizon=horizon, outcomes=["key_rate"],
            ).sel(horizon=horizon)  # fmt: skip
            at = found.sel(depth=depth, quarters=horizon, outcome="key_rate", summary="median")
            assert float(at["effect_summary"]) == pytest.approx(float(alone.median()), rel=1e-12)


def test_a_known_share_that_the_data_cannot_see_is_propagated(tmp_path, drawn):
    from sanctions_model.scm.surgery import with_parameters

    share = "recoverable_share"
    known = {"kind": "known", "name": "share", "parameter": share, "values": [0.0, 1.0]}
    found = sweep(design_of(known), tmp_path / "known", drawn)
    assert (found["route"] == "propagate").all()
    for value in (0.0, 1.0):
        draws = with_parameters(drawn.scm, drawn.draws, {f"{share}[trade]": value})
        alone = total_effect(
            drawn.scm, draws, Relief(measures=("trade",)), horizon=12, outcomes=["price_level"]
        ).sel(horizon=12)
        at = found.sel(share=value, outcome="price_level", summary="median")
        assert float(at["effect_summary"]) == pytest.approx(float(alone.median()), rel=1e-12)


def test_odds_of_futures_mix_their_effects(tmp_path, drawn):
    futures = [
        {"name": "reset", "probability": 0.5, "measures": ["trade"]},
        {"name": "limited", "probability": 0.3, "depth": 0.5, "measures": ["trade"]},
    ]
    mix = {"kind": "mix", "name": "odds", "future": "reset", "values": [0.0, 0.5, 1.0]}
    design = design_of(mix, future=futures, outcomes=["price_level"], kept_draws=4000)
    found = sweep(design, tmp_path / "mix", drawn)

    def effect(depth):
        return total_effect(
            drawn.scm, drawn.draws, Relief(depth=depth, measures=("trade",)),
            horizon=12, outcomes=["price_level"],
        ).sel(horizon=12)  # fmt: skip

    sure = found.sel(odds=1.0, outcome="price_level", summary="median")["effect_summary"]
    assert float(sure) == pytest.approx(float(effect(1.0).median()), rel=1e-6)
    # Means mix linearly; nothing happens with the rest of the probability.
    expected = 0.5 * float(effect(1.0).mean()) + 0.3 * float(effect(0.5).mean())
    drawn_mean = float(found["effect"].sel(odds=0.5).mean())
    assert drawn_mean == pytest.approx(expected, rel=0.02)
    zeros = (found["effect"].sel(odds=0.5) == 0).mean()
    assert float(zeros) == pytest.approx(0.2, abs=0.001)


# Reweighting


def test_other_prior_arguments_are_reweighted_to_what_fresh_prior_draws_say(tmp_path, drawn):
    # The draws are prior draws, so that the reweighted answer is that of another prior.
    design = design_of({**SHIFT, "values": [-0.5, 0.0, 0.5]}, outcomes=["output_level"])
    found = sweep(design, tmp_path / "shift", drawn)
    assert found["route"].to_numpy().tolist() == ["reweight", "propagate", "reweight"]
    assert (found["k_hat"].isel(shift=[0, 2]) < 0.7).all()
    for shift in (-0.5, 0.5):
        moved = drawn.draws.copy(deep=True)
        moved["coefficient"].loc[{"link": LINK}] += shift * 0.5
        alone = total_effect(
            drawn.scm, moved, Relief(measures=("trade",)), horizon=12, outcomes=["output_level"]
        ).sel(horizon=12)
        at = found.sel(shift=shift, outcome="output_level")
        error = float(alone.std()) / np.sqrt(float(at["effective_size"]))
        median = float(at["effect_summary"].sel(summary="median"))
        assert median == pytest.approx(float(alone.median()), abs=4 * 1.25 * error)
        assert float(at["effect"].mean()) == pytest.approx(float(alone.mean()), abs=4 * error)
        assert int(at["base"]) == 0


def test_a_forced_reweighting_is_recorded_with_what_it_lacks(tmp_path, drawn):
    design = design_of({**SHIFT, "values": [4.0]}, route="reweight")
    found = sweep(design, tmp_path / "forced", drawn)
    assert found["route"].item() == "reweight"
    assert found["k_hat"].item() > 0.7 or found["effective_size"].item() < 400


def test_a_route_too_cheap_for_its_point_is_that_point_s_failure(tmp_path, drawn):
    design = design_of({**SHIFT, "values": [0.0, 0.5]}, route="propagate")
    found = sweep(design, tmp_path / "cheap", drawn)
    assert found["status"].to_numpy().tolist() == ["done", "failed"]
    assert "needs at least 'reweight'" in found["error"].to_numpy()[1]
    assert np.isnan(found["effect_summary"].isel(shift=1)).all()


def test_a_combination_that_cannot_be_is_recorded_and_does_not_lose_the_others(tmp_path, drawn):
    link = {"kind": "link", "name": "direct", "link": LINK, "values": [True, False]}
    width = {"kind": "prior_width", "name": "width", "parameter": LINK, "values": [1.0, 0.9]}
    # An absent link has no prior to narrow, but the axes act in a fixed order: beliefs first.
    found = sweep(design_of(width, link, route="reweight"), tmp_path / "both", drawn)
    status = found["status"]
    assert (status.sel(direct=True) == "done").all()
    assert (status.sel(direct=False) == "failed").all()
    assert "known value" in found["error"].sel(direct=False, width=1.0).item()


def test_the_nearest_base_is_the_one_with_the_likest_beliefs(drawn):
    design = design_of({**SHIFT, "values": [-1.0, 0.4]}, base={"points": [{"shift": 0.5}]})
    bench = bench_of(design, drawn)
    from sanctions_model.sweeps.run import _given

    own = _given(drawn)
    moved = own.posterior.copy(deep=True)
    moved["coefficient"].loc[{"link": LINK}] += 0.25
    bench.bases = [own, replace(own, point={"shift": 0.5}, posterior=moved)]
    near, far = bench.solve({"shift": 0.4}), bench.solve({"shift": -0.1})
    assert (near.base, far.base) == (1, 0)
    assert near.error == far.error == ""


def test_a_narrow_belief_is_answered_from_the_base_with_most_draws_for_it(drawn):
    """Moved by two standard deviations and narrow: the wide base has draws there, the other few."""
    place = {**SHIFT, "values": [2.0]}
    width = {"kind": "prior_width", "name": "width", "parameter": LINK, "values": [0.5, 2.0]}
    design = design_of(place, width, base={"points": [{"width": 2.0}]})
    bench = bench_of(design, drawn)
    from sanctions_model.sweeps.run import _given

    own = _given(drawn)
    wide = own.posterior.copy(deep=True)
    centre = wide["coefficient"].sel(link=LINK).mean()
    wide["coefficient"].loc[{"link": LINK}] = centre + 2 * (
        wide["coefficient"].sel(link=LINK) - centre
    )
    bench.bases = [own, replace(own, point={"width": 2.0}, posterior=wide)]
    found = bench.solve({"shift": 2.0, "width": 0.5})
    assert (found.base, found.error) == (1, "")
    assert found.effective_size > 400


# Refits


@pytest.fixture(scope="session")
def refitted(lab, tmp_path_factory):
    """Three far beliefs, each by reweighting or a refit, and the same by refits alone."""
    design = design_of({**SHIFT, "values": [-4.0, 0.5, 4.0]}, outcomes=["output_level"])
    folder = tmp_path_factory.mktemp("refit")
    free = sweep(design, folder / "free", lab)
    forced = sweep(design.model_copy(update={"route": Route.REFIT}), folder / "forced", lab)
    return design, free, forced


def test_beliefs_out_of_reach_fall_through_to_a_refit_that_says_why(refitted):
    _, free, _ = refitted
    assert free["route"].to_numpy().tolist() == ["refit", "reweight", "refit"]
    assert "k-hat" in free["note"].to_numpy()[0] or "sample size" in free["note"].to_numpy()[0]
    assert (free["r_hat"].isel(shift=[0, 2]) <= 1.01).all()
    assert np.isnan(free["r_hat"].isel(shift=1))


def test_reweighted_and_refitted_answers_agree_within_monte_carlo_error(refitted):
    _, free, forced = refitted
    assert (forced["route"] == "refit").all()
    one, other = free["effect"].isel(shift=1), forced["effect"].isel(shift=1)
    error = np.sqrt(
        float(other.var()) * (1 / free["effective_size"].isel(shift=1).item() + 1 / 400)
    )
    assert float(one.mean()) == pytest.approx(float(other.mean()), abs=4 * error)


def test_a_refit_by_fall_through_is_the_forced_one(refitted):
    _, free, forced = refitted
    for place in (0, 2):
        xr.testing.assert_identical(
            free["effect"].isel(shift=place), forced["effect"].isel(shift=place)
        )


def test_the_order_of_points_makes_no_difference(refitted, lab):
    design, _, forced = refitted
    bench = bench_of(design.model_copy(update={"route": Route.REFIT}), lab)
    from sanctions_model.sweeps.run import _given

    bench.bases = [_given(lab)]
    alone = bench.solve({"shift": 4.0})
    np.testing.assert_array_equal(
        alone.draws.astype(np.float32), forced["effect"].isel(shift=2).to_numpy()
    )


def test_questions_of_one_posterior_share_its_fit(lab, tmp_path):
    design = design_of({**SHIFT, "values": [4.0]}, DEPTHS, route="refit", outcomes=["output_level"])
    found = sweep(design, tmp_path / "shared", lab)
    assert (found["r_hat"] == found["r_hat"].isel(depth=0)).all()
    assert found["seconds"].to_numpy()[0, 1] < 0.5 * found["seconds"].to_numpy()[0, 0]


def test_a_warm_start_converges_with_a_short_tune_to_the_same_posterior(lab):
    from sanctions_model.inference.refits import SamplingSettings, refit

    problem = lab.problem
    cold = refit(problem, SamplingSettings(draws=1500, tune=500, random_seed=1), keep_start=True)
    warm = refit(
        problem,
        SamplingSettings(draws=1500, tune=500, random_seed=2),
        start=cold.start,
        warm_tune=150,
    )
    assert cold.start.positions.shape[0] == 400
    assert warm.diagnostics.failures == ()
    harvest = warm.posterior["intercept"].sel(equation="harvest")
    mean, covariance = laboratory.harvest_posterior(problem.observations)
    error = np.sqrt(covariance[0, 0] / 1000)
    assert float(harvest.mean()) == pytest.approx(mean[0], abs=4 * error)


def test_draws_that_never_converge_are_the_point_s_failure(lab, tmp_path, monkeypatch):
    from sanctions_model.sweeps import workbench

    def refuse(*_, **__):
        raise ConvergenceError("A refit did not converge: R-hat 1.5 (expected at most 1.01).")

    monkeypatch.setattr(workbench, "refit", refuse)
    design = design_of({**SHIFT, "values": [9.0, 0.1]})
    found = sweep(design, tmp_path / "lost", lab)
    assert found["status"].to_numpy().tolist() == ["failed", "done"]
    assert "R-hat 1.5" in found["error"].to_numpy()[0]
    assert "expected at" in found["note"].to_numpy()[0]


# The store


def test_a_finished_sweep_is_read_back_and_asks_nothing_anew(tmp_path, drawn):
    design = design_of(DEPTHS, HORIZONS)
    first = sweep(design, tmp_path / "store", drawn)

    class Idle(InProcess):
        def answers(self, bench, indices):
            raise AssertionError("nothing is left to answer")

    again = sweep(design, tmp_path / "store", drawn, engine=Idle())
    xr.testing.assert_identical(again, first)
    xr.testing.assert_identical(load_sweep(tmp_path / "store"), first)
    assert SweepDesign.from_toml(tmp_path / "store" / "design.toml") == design


class Stopping(InProcess):
    """Answers a few points and is interrupted."""

    def answers(self, bench, indices):
        for count, found in enumerate(super().answers(bench, indices)):
            if count == 2:
                raise KeyboardInterrupt
            yield found


def test_an_interrupted_sweep_continues_where_it_stopped(tmp_path, drawn):
    design = design_of(DEPTHS, HORIZONS)
    with pytest.raises(KeyboardInterrupt):
        sweep(design, tmp_path / "store", drawn, engine=Stopping())
    half = load_sweep(tmp_path / "store")
    assert (half["status"] == "done").sum() == 2
    told = []
    whole = sweep(
        design, tmp_path / "store", drawn, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]
    once = sweep(design, tmp_path / "other", drawn)
    xr.testing.assert_identical(whole.drop_vars("seconds"), once.drop_vars("seconds"))


@pytest.mark.parametrize("lost", ["effect", "effect_summary", "route", "status"])
def test_points_whose_chunk_is_lost_are_pending_and_answered_again(tmp_path, drawn, lost):
    design = design_of(DEPTHS, HORIZONS)
    once = sweep(design, tmp_path / "store", drawn)
    (array,) = [p for p in (tmp_path / "store").rglob(lost) if p.is_dir()]
    chunks = [p for p in array.rglob("*") if p.is_file() and p.name != "zarr.json"]
    assert chunks
    for chunk in chunks:
        chunk.unlink()
    assert (load_sweep(tmp_path / "store")["status"] == "pending").all()
    again = sweep(design, tmp_path / "store", drawn)
    assert (again["status"] == "done").all()
    xr.testing.assert_identical(again.drop_vars("seconds"), once.drop_vars("seconds"))


@pytest.mark.parametrize("damage", ["cut", "list"])
def test_a_damaged_store_is_refused_in_a_line(tmp_path, drawn, damage):
    design, folder = design_of(DEPTHS), tmp_path / "store"
    sweep(design, folder, drawn)
    if damage == "list":
        (folder / "identity.json").write_text("[1]", encoding="utf-8")
        with pytest.raises(QuestionError, match=r"identity.json is damaged .* another folder"):
            sweep(design, folder, drawn)
        return
    (array,) = [p for p in folder.rglob("effect") if p.is_dir()]
    (chunk,) = [p for p in array.rglob("*") if p.is_file() and p.name != "zarr.json"]
    chunk.write_bytes(chunk.read_bytes()[:9])
    with pytest.raises(QuestionError, match=r"is damaged: its array .effect. .* another folder"):
        load_sweep(folder)


def test_another_design_data_or_fit_is_not_mixed_in(tmp_path, drawn):
    design = design_of(DEPTHS)
    sweep(design, tmp_path / "store", drawn)
    with pytest.raises(QuestionError, match="made with another design"):
        sweep(design_of(HORIZONS), tmp_path / "store", drawn)
    data = drawn.problem.observations.copy(deep=True)
    data["weather"][3] += 1.0
    with pytest.raises(QuestionError, match="not one of this model, these data"):
        run_sweep(design, tmp_path / "store", MODEL, data, PRIORS, given=drawn)
    identity = tmp_path / "store" / "identity.json"
    content = json.loads(identity.read_text())
    for name in ("version", "data", "beliefs", "model", "given fit"):
        identity.write_text(json.dumps(content | {name: "other"}))
        with pytest.raises(QuestionError, match=f"made with another {name}"):
            sweep(design, tmp_path / "store", drawn)


def test_a_folder_of_something_else_is_left_alone(tmp_path, drawn):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(QuestionError, match=r"holds other files \(thesis.txt\)"):
        sweep(design_of(DEPTHS), tmp_path, drawn)
    with pytest.raises(QuestionError, match="There is no sweep in"):
        load_sweep(tmp_path)


HOLDER = """
import sys, time
import filelock
lock = filelock.FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_refused_until_the_first_dies(tmp_path, drawn):
    design = design_of(DEPTHS)
    (tmp_path / "store").mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "store" / ".lock")], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(QuestionError, match="Another process is writing"):
            sweep(design, tmp_path / "store", drawn)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert (sweep(design, tmp_path / "store", drawn)["status"] == "done").all()


SLOW_SWEEP = """
import sys, time
sys.path.insert(0, sys.argv[1])
import laboratory
from laboratory import MODEL, PRIORS, FakeSampler
from sanctions_model.inference.fit import fit
from sanctions_model.sweeps import InProcess, SweepDesign, run_sweep
from sanctions_model.sweeps import run

run._LANDING_POINTS = 2

class Slow(InProcess):
    def answers(self, bench, indices):
        for found in super().answers(bench, indices):
            time.sleep(0.1)
            yield found

observations = laboratory.observe(laboratory.draw_truth(2), 3)
drawn = fit(MODEL, observations, PRIORS, draws=1000, tune=10, random_seed=3,
            sampler=FakeSampler([0]))
run_sweep(SweepDesign.from_toml(sys.argv[2]), sys.argv[3], MODEL, observations, PRIORS,
          given=drawn, engine=Slow())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_sweep_loses_nothing_that_had_landed(tmp_path, drawn):
    depths = {**DEPTHS, "values": [round(0.02 * i, 2) for i in range(1, 51)]}
    design = design_of(depths, outcomes=["key_rate"])
    file = design.to_toml(tmp_path / "design.toml")
    tests = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_SWEEP, tests, str(file), str(tmp_path / "store")]
    )
    deadline = time.monotonic() + 120
    landed = 0
    while landed < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
        assert process.poll() is None, "the sweep ended before it was killed"
        if (tmp_path / "store" / "identity.json").exists():
            landed = int((load_sweep(tmp_path / "store")["status"] == "done").sum())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    half = load_sweep(tmp_path / "store")
    done = (half["status"] == "done").to_numpy()
    assert 4 <= done.sum() < 50
    whole = sweep(design, tmp_path / "store", drawn)
    assert (whole["status"] == "done").all()
    xr.testing.assert_identical(half["effect"][done], whole["effect"][done])
    xr.testing.assert_identical(half["seconds"][done], whole["seconds"][done])
    once = sweep(design, tmp_path / "once", drawn)
    xr.testing.assert_identical(whole["effect"], once["effect"])


def test_a_base_fit_comes_back_from_disk_as_it_was(tmp_path, drawn):
    from sanctions_model.inference.samplers import WarmStart
    from sanctions_model.sweeps.run import _given
    from sanctions_model.sweeps.writing import SweepStore

    design = design_of(DEPTHS)
    base = replace(_given(drawn), start=WarmStart(positions=np.arange(12.0).reshape(3, 4)))
    with SweepStore.open(tmp_path / "s", design, MODEL, ["key_rate"], {}) as store:
        assert store.base(0) is None
        store.keep_base(0, base)
        again = store.base(0)
    assert (again.point, again.efficiency) == (base.point, base.efficiency)
    np.testing.assert_array_equal(again.start.positions, base.start.positions)
    xr.testing.assert_equal(again.posterior, base.posterior)


# Data and structure: what needs which route


@pytest.mark.parametrize(
    ("axis", "value", "route"),
    [
        (DEPTHS, 0.5, Route.PROPAGATE),
        ({**SHIFT, "values": [1.0]}, 1.0, Route.REWEIGHT),
        ({**SHIFT, "values": [0.0]}, 0.0, Route.PROPAGATE),
        ({"kind": "window", "name": "w", "edge": "first", "values": ["2002-01-01"]},
         "2002-01-01", Route.REFIT),
        ({"kind": "window", "name": "w", "edge": "last", "values": ["2015-01-01"]},
         "2015-01-01", Route.REFIT),
        ({"kind": "noise", "name": "w", "values": ["gaussian"]}, "gaussian", Route.REFIT),
    ],
)  # fmt: skip
def test_the_cheapest_route_follows_from_what_changes(drawn, axis, value, route):
    design = design_of(axis)
    bench = bench_of(design, drawn)
    setting = design.setting(bench.stated, {axis["name"]: value})
    assert bench.cheapest(setting) is route


def test_another_structure_is_refitted(lab, tmp_path):
    link = {"kind": "link", "name": "direct", "link": LINK, "values": [True, False]}
    found = sweep(design_of(link), tmp_path / "structure", lab)
    assert found["route"].to_numpy().tolist() == ["propagate", "refit"]
    assert (found["status"] == "done").all()
    effect = found["effect_summary"].sel(outcome="output_level", summary="median")
    # Without the direct link relief no longer lifts output at once.
    assert float(effect.sel(direct=False)) < float(effect.sel(direct=True))


@pytest.mark.slow
def test_twenty_points_of_a_sobol_sweep_agree_with_refits(lab, tmp_path):
    """Reweighting from a few spread bases against a refit of each point."""
    design = design_of(
        {**SHIFT, "lower": -1.0, "upper": 1.0},
        {"kind": "prior_width", "name": "width", "parameter": LINK, "lower": 0.5, "upper": 2.0},
        {"kind": "prior_shift", "name": "pass", "parameter": "premium -> inflation",
         "lower": -1.0, "upper": 1.0},
        {"kind": "prior_width", "name": "pass_width", "parameter": "premium -> inflation",
         "lower": 0.5, "upper": 2.0},
        layout={"kind": "sobol", "number": 20},
        base={"number": 5},
        sampling={"draws": 1000, "tune": 1000},
    )  # fmt: skip
    ours = sweep(design, tmp_path / "ours", lab)
    refits = sweep(
        design.model_copy(update={"route": Route.REFIT}), tmp_path / "refits", lab,
    )  # fmt: skip
    assert (ours["status"] == "done").all()
    assert (ours["route"] == "reweight").mean() > 0.5
    size = ours["effective_size"].fillna(400).clip(max=400)
    error = refits["effect"].std("draw") * np.sqrt(1 / size + 1 / 400)
    gap = abs(ours["effect"].mean("draw") - refits["effect"].mean("draw")) / error
    assert float(gap.max()) < 4.5  # 60 comparisons
