"""Lines of progress: what is done, of how much, and how long the rest may take."""

import re

import laboratory
import pytest
from command import call

from sanctions_model import waiting
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.samplers import Nutpie
from sanctions_model.waiting import Waiting


def test_a_line_comes_every_ten_seconds_with_an_estimate_at_the_pace_so_far():
    said, now = [], [100.0]
    tell = Waiting(said.append, "draws", clock=lambda: now[0])
    for seconds, done in ((0, 50), (9, 140), (11, 160), (15, 200), (22, 270), (4000, 999)):
        now[0] = 100.0 + seconds
        tell(done, 1000)
    assert said == [
        "draws: 160 of 1000 done, about 84 s left",  # 110 in 11 s, 840 to go
        "draws: 270 of 1000 done, about 73 s left",
        "draws: 999 of 1000 done, about 4 s left",
    ]
    now[0] += 60.0
    tell(1000, 1000)
    assert len(said) == 3  # what is done needs no estimate


def test_nothing_done_yet_has_no_estimate_and_long_waits_are_in_larger_units():
    said, now = [], [0.0]
    tell = Waiting(said.append, "points", clock=lambda: now[0])
    for seconds, done in ((0, 0), (20, 0), (600, 1), (36000, 3)):
        now[0] = float(seconds)
        tell(done, 10)
    assert said == [
        "points: 0 of 10 done",
        "points: 1 of 10 done, about 90 min left",
        "points: 3 of 10 done, about 23.3 h left",
    ]


def test_a_sampler_tells_draws_done_of_all_chains():
    observations = laboratory.observe(laboratory.draw_truth(4), 5)
    problem = Problem.of(laboratory.MODEL, observations, laboratory.PRIORS)
    told = []
    settings = {"draws": 400, "tune": 300, "chains": 2, "random_seed": 1}
    Nutpie().sample(problem, progress=lambda done, total: told.append((done, total)), **settings)
    assert {total for _, total in told} == {1400}
    done = [own for own, _ in told]
    assert done == sorted(done)
    assert 0 <= done[0] <= done[-1] <= 1400


@pytest.mark.slow
def test_sampling_says_how_far_it_is_where_there_is_no_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "_EVERY", 0.0)
    asked = ("run", "--draws", 25, "--tune", 60, "--chains", 2, "--allow-unconverged")
    done = call(*asked, "--economy", "growth", "--out", tmp_path / "fit")
    assert done.code == 0, done.err
    assert re.search(r"draws: \d+ of 170 done, about \d+ s left", done.err), done.err
    assert not re.search(r"[█━\r]", done.err)
