"""Machine code that is kept, or not, and what is said while it is made."""

import logging

import pytest
from numba import cfunc, types
from numba.core import caching

from sanctions_model.scm.simulation import machine_code
from sanctions_model.scm.simulation.machine_code import announced, kept


def plus_one(x):
    return x + 1.0


def test_a_read_only_place_compiles_in_each_process(monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    keeping = cfunc(types.double(types.double), cache=True)
    with pytest.raises(RuntimeError, match="no locator available"):
        keeping(plus_one)
    function = kept(cfunc, types.double(types.double), plus_one)
    assert function.ctypes(1.0) == 2.0


def test_another_failure_is_not_taken_for_a_read_only_place():
    def fail(*_, **__):
        def compile_(callback):
            raise RuntimeError("something else")

        return compile_

    with pytest.raises(RuntimeError, match="something else"):
        kept(fail, None, plus_one)


def test_a_line_says_so_when_compiling_takes_a_while(monkeypatch, caplog):
    class Clock:
        """A timer that runs out when it is told to, unless it was stopped."""

        def __init__(self, patience, say, words):
            assert patience == 1.0
            self.say, self.words, self.stopped = say, words, False
            clocks.append(self)

        def start(self):
            pass

        def cancel(self):
            self.stopped = True

        def run_out(self):
            if not self.stopped:
                self.say(*self.words)

    clocks = []
    monkeypatch.setattr(machine_code.threading, "Timer", Clock)
    with caplog.at_level(logging.INFO, logger="sanctions_model"):
        with announced("what is there"):
            pass
        clocks[0].run_out()
        assert caplog.text == ""
        with announced("the log density"):
            clocks[1].run_out()
    assert "making ready the log density" in caplog.text
