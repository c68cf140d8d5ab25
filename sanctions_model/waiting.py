"""How far a long work is, said in a line now and then, with an estimate of what is left."""

import time
from collections.abc import Callable

# Whether to show a bar, or what to call with what is done and what there is in all.
type Progress = bool | Callable[[int, int], None]

_EVERY = 10.0
_MINUTE = 60.0


class Waiting:
    """Say every ten seconds how much is done, of how much, and how long the rest may take.

    The estimate takes the rest to go at the pace so far, counted from the first call.

    Parameters
    ----------
    say : callable
        Takes a line, as ``logger.info`` does.
    what : str
        What is counted, as in "draws".
    clock : callable
        Seconds that only grow.

    Examples
    --------
    >>> now = iter([0.0, 5.0, 12.0])
    >>> said = Waiting(print, "draws", clock=lambda: next(now))
    >>> for done in (0, 40, 100):
    ...     said(done, 400)
    draws: 100 of 400 done, about 36 s left
    """

    def __init__(
        self, say: Callable[[str], None], what: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say, self._what, self._clock = say, what, clock
        self._begun: tuple[float, int] | None = None
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Take how much is done, and say it where ten seconds have passed."""
        now = self._clock()
        if self._begun is None:
            self._begun, self._last = (now, done), now
            return
        start, before = self._begun
        if now - self._last < _EVERY or done >= total:
            return
        self._last = now
        left = ""
        if done > before:
            left = f", about {_span((now - start) / (done - before) * (total - done))} left"
        self._say(f"{self._what}: {done} of {total} done{left}")


def _span(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    minutes = seconds / _MINUTE
    return f"{minutes:.0f} min" if minutes < 2 * _MINUTE else f"{minutes / _MINUTE:.1f} h"
