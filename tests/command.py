"""The command line called in this process."""

import contextlib
import io
import logging
import math
import os
import re
import sys
import threading
from copy import deepcopy
from dataclasses import dataclass

import pytest
from hostile import require_clear

from sanctions_model.cli import app as cli
from sanctions_model.files import file_sha256
from sanctions_model.inference import storage


@dataclass(frozen=True)
class Done:
    """What a call of the command line left behind."""

    code: int
    out: str
    err: str

    @property
    def refusal(self):
        """The one line on stderr, without its prefix."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert line.startswith("error: ")
        return line.removeprefix("error: ")


def call(*arguments):
    """Run the command line in this process, its log handlers taken back afterwards."""
    out, err = io.StringIO(), io.StringIO()
    code = _run(arguments, out, err)
    return Done(code, out.getvalue(), err.getvalue())


def call_on_terminal(*arguments, columns=80):
    """Run the command line in this process, stdout and stderr on real terminals so wide."""
    with (
        _terminal(columns) as (out, told),
        _terminal(columns) as (err, noted),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(sys, "__stdout__", out)  # whose width Python asks for
        patched.delenv("COLUMNS", raising=False)
        patched.setenv("TERM", "xterm-256color")
        code = _run(arguments, out, err)
    return Done(code, "".join(told), "".join(noted))


def rows_of(text, columns=80):
    """Return how many rows of a terminal a text takes."""
    return sum(max(1, math.ceil(len(line) / columns)) for line in text.splitlines())


@contextlib.contextmanager
def _terminal(columns):
    """Give a stream onto a terminal, and the list that gets what came, without colours."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    came, found = [], []

    def read():
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while part := os.read(master, 65536):
                came.append(part)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        with os.fdopen(slave, "w", encoding="utf-8") as stream:
            yield stream, found
    finally:
        reader.join(10)
        os.close(master)
        text = b"".join(came).decode().replace("\r\n", "\n")
        found.append(re.sub(r"\x1b\[[0-9;]*m", "", text))


def _run(arguments, out, err):
    logger = logging.getLogger("sanctions_model")
    before = logger.handlers, logger.level, logger.propagate
    argv, code = sys.argv, 0
    try:
        sys.argv = ["sanctions-model", *map(str, arguments)]
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _files_read_once(),
        ):
            try:
                cli.main()
            except SystemExit as end:
                code = end.code or 0
    finally:
        sys.argv = argv
        logger.handlers, logger.level, logger.propagate = before
    return code


_READ = {}  # what files hold, by the hash of their bytes
_KEPT = 8


@contextlib.contextmanager
def _files_read_once():
    """Read a fit and all its copies only once; what was read is checked each time.

    A third of what a verb takes is netCDF. A file of other bytes is read; reading itself has its
    tests elsewhere.
    """
    read = storage._read

    def once(path):
        content = file_sha256(path)
        if content not in _READ:
            _READ[content] = read(path)
            for oldest in list(_READ)[:-_KEPT]:
                del _READ[oldest]
        described, groups = _READ[content]
        return deepcopy(described), {name: group.copy() for name, group in groups.items()}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storage, "_read", once)
        yield


def refused(*arguments):
    """Call with --quiet and return the refusal, which leaves one line and exit code 1."""
    done = call(*arguments, "--quiet")
    assert done.code == 1, done.err
    require_clear(done.refusal)
    return done.refusal


@contextlib.contextmanager
def files_of_at_most(size):
    """Let no file of this process grow beyond so many bytes, as on a disk that is full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
