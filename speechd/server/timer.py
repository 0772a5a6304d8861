"""A timer of the event loop that can be set anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timer:
    """At most one call that is to come; setting another takes its place.

    has_deadline: whether what is to come was set by `start_deadline`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.has_deadline = False
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """The clock by which it goes, in seconds."""
        return self._loop.time()

    def start(self, after_s: float, call: Callable[[], object]) -> None:
        """Have this called once the time has passed."""
        self.stop()
        self._handle = self._loop.call_later(after_s, call)

    def start_deadline(self, after_s: float, call: Callable[[], object]) -> None:
        """Have this called once the time has passed, unless there is a deadline already."""
        if not self.has_deadline:
            self.start(after_s, call)
            self.has_deadline = True

    def stop(self) -> None:
        """Have nothing called."""
        self.has_deadline = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
