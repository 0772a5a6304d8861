"""A circuit breaker (M. Nygard, "Release It!"): it spares a server that does not answer, and those who would wait."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Whether requests are sent."""

    CLOSED = "closed"
    """All are."""
    OPEN = "open"
    """None is, for a while after one was not answered."""
    HALF_OPEN = "half-open"
    """One at a time is, until one is answered."""


class CircuitBreaker:
    """Whether a request may be sent to a server. retry_s: how long the circuit is open, in seconds; 0: never.

    Moments are of one clock, in seconds.
    """

    def __init__(self, retry_s: float) -> None:
        self._retry_s = retry_s
        self._open_until: float | None = None
        self._is_trying = False

    def state(self, now: float) -> State:
        """The state at this moment."""
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if now < self._open_until else State.HALF_OPEN

    def allow(self, now: float) -> bool:
        """Whether a request may be sent. If so, `record` must be called when its result is known."""
        state = self.state(now)
        if state is not State.HALF_OPEN:
            return state is State.CLOSED
        allowed = not self._is_trying
        self._is_trying = True
        return allowed

    def record(self, now: float, *, answered: bool | None) -> None:
        """Take in the result of a request; None: it does not tell whether the server answers."""
        self._is_trying = False
        if answered:
            self._open_until = None
        elif answered is not None and self._retry_s:
            self._open_until = now + self._retry_s
