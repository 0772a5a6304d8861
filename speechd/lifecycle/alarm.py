"""A limit on the time of a call in the main thread of a process that must not have others."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Final

AGAIN_S: Final = 0.1
"""From one attempt to the next: an exception that a signal's handler raises is lost where it meets a destructor."""


class TookTooLong(Exception):
    """The call was cut short."""


class TimeLimit:
    """As a context manager: what runs in it is cut short with `TookTooLong`, after `seconds` or at `cut`.

    By SIGALRM: what keeps the interpreter to itself is cut when it lets go.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._runs = False

    def __enter__(self) -> None:
        self._runs = True
        self._before = signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN_S)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runs = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def cut(self) -> None:
        """Cut short what runs, if anything does. May be called by a signal's handler."""
        if self._runs:
            signal.setitimer(signal.ITIMER_REAL, 1e-3, AGAIN_S)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._runs:
            raise TookTooLong("it was cut short")
