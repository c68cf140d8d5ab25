"""The command line called in this process."""

import contextlib
import io
import logging
import sys
from dataclasses import dataclass

from hostile import require_clear

from sanctions_model.cli import app as cli


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
    logger = logging.getLogger("sanctions_model")
    before = logger.handlers, logger.level, logger.propagate
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    code = 0
    try:
        sys.argv = ["sanctions-model", *map(str, arguments)]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
            except SystemExit as end:
                code = end.code or 0
    finally:
        sys.argv = argv
        logger.handlers, logger.level, logger.propagate = before
    return Done(code, out.getvalue(), err.getvalue())


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
