"""Whether anybody is still at the other end of a session, and whether it is used. Pure: no clock."""

from __future__ import annotations

import enum
import math
from typing import Final

PING_S: Final = 20.0
"""Time without a sign of the client after which it is asked for one."""

PONG_S: Final = 60.0
"""Time for the answer. It lies behind all audio that the client has not read, which may be `look_ahead_s` of it."""


class Verdict(enum.Enum):
    """What is to be done about a session's client."""

    NOTHING = enum.auto()
    ASK = enum.auto()
    GONE = enum.auto()
    IDLE = enum.auto()


class SignsOfLife:
    """When a client was last heard of, and when its session was last of use.

    in_use: whether it is of use now. Times are of any clock that does not jump, in seconds.
    """

    def __init__(self, now: float, idle_s: float) -> None:
        """idle_s: how long a session may be of no use."""
        self.in_use = False
        self._idle_s = idle_s
        self._heard_at = self._used_at = now

    def heard(self, now: float) -> None:
        """Take note that something came."""
        self._heard_at = now

    def used(self, now: float) -> None:
        """Take note that a whole message came, or that a use has begun or ended."""
        self._used_at = now

    def verdict(self, now: float) -> Verdict:
        """What is to be done now."""
        if now >= self._idle_at:
            return Verdict.IDLE
        if now >= self._heard_at + PING_S + PONG_S:
            return Verdict.GONE
        return Verdict.ASK if now >= self._heard_at + PING_S else Verdict.NOTHING

    def wait_s(self, now: float) -> float:
        """Seconds until there may be another verdict, or until it is to be asked again."""
        return min(PING_S - (now - self._heard_at) % PING_S, self._idle_at - now)

    @property
    def _idle_at(self) -> float:
        return math.inf if self.in_use else self._used_at + self._idle_s
