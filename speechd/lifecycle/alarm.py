"""A limit on the time of a call in the main thread of a process that must not have others (setitimer(2), SIGALRM)."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Final

AGAIN_S: Final = 0.1
"""From one attempt to the next: an exception that a signal's handler raises is lost where it meets a destructor."""


class AlarmExpired(Exception):
    """Raised in the call that is cut short."""


class Alarm:
    """A context manager that cuts short what runs in it, with `AlarmExpired`, after `seconds` or at `expire_now`.

    What keeps the interpreter to itself is cut when it lets go.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._runs = False

    def __enter__(self) -> None:
        self._runs = True
        self._before = signal.signal(signal.SIGALRM, self._expire)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN_S)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runs = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def expire_now(self) -> None:
        """Cut short what runs, if anything does. May be called by a signal's handler."""
        if self._runs:
            signal.setitimer(signal.ITIMER_REAL, 1e-3, AGAIN_S)

    def _expire(self, number: int, frame: FrameType | None) -> None:
        if self._runs:
            raise AlarmExpired("it was cut short")
