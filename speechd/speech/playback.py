"""The listener of a stream, as the server has to imagine it: plays from the first bytes on, in real time."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

STANDSTILL_WINDOW_S: Final = 120.0
"""Seconds over which a stream's playback is looked at: a pause of `write_timeout_s` is a small part of them."""

STANDSTILL_SHARE: Final = 0.75
"""Of these, what playback may stand still: a client that takes a stream at less than a quarter of playing time has no
listener. A slow network that manages to play at all takes all of it."""

DOWNLOAD_WINDOW_S: Final = 60.0
"""Seconds over which a whole reply's transfer is looked at."""

LEAST_BYTES_PER_S: Final = 4096.0
"""Bytes of a whole reply that a client is to take in a second: less than a modem of 1995 did."""


class PlaybackClock:
    """Moments are of one clock, in seconds, and never go back.

    began: when playback of the first byte would have begun if it had never stood still since; None before it.
    underrun_s: the worst wait after playback began. With t₀ the moment of the first bytes, the greatest of (tᵢ − t₀) −
    seconds of audio written before tᵢ, and at least 0; None before any second bytes, which alone can be late.
    standstill_s: how long playback has stood still because the client did not take what was there for it.
    """

    def __init__(self) -> None:
        self.underrun_s: float | None = None
        self.began: float | None = None
        self.standstill_s = 0.0
        self._audio_s = 0.0
        self._written = math.inf

    def write(self, now: float, audio_s: float) -> None:
        """Bytes are ready to be sent; with them the listener has `audio_s` in all."""
        if self.began is None:
            self.began = now
        else:
            self.underrun_s = max(self.underrun_s or 0.0, now - self.began - self._audio_s)
        self._written, self._audio_s = now, audio_s

    def take(self, now: float) -> None:
        """The client has taken what was written. By as much as it did so after it should have played it all, its
        playback has stood still: a client that pauses is not one that was kept waiting."""
        if self.began is not None and now > (waiting := max(self._written, self.began + self._audio_s)):
            self.began += now - waiting
            self.standstill_s += now - waiting
        self._written = math.inf


class Rate:
    """How fast a count grows. It holds two moments for each hundredth of the window at most."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, now: float, count: float) -> float | None:
        """The count is this now. Returns its growth in a second, since the last moment that is `window_s` ago or
        longer; None before there is one."""
        seen = self._seen
        while len(seen) > 1 and seen[1][0] <= now - self._window_s:
            seen.popleft()
        if not seen or now - seen[-1][0] >= self._window_s / 100:
            seen.append((now, count))
        began, before = seen[0]
        return (count - before) / (now - began) if now - began >= self._window_s else None


class Standstill:
    """Whether a stream has a listener, by how long its playback stands still for want of reading."""

    def __init__(self) -> None:
        self._rate = Rate(STANDSTILL_WINDOW_S)

    def is_too_long(self, now: float, standstill_s: float) -> bool:
        """It has stood still for so many seconds in all."""
        share = self._rate.add(now, standstill_s)
        return share is not None and share > STANDSTILL_SHARE


class Download:
    """Whether a whole reply has a reader, by the bytes that it takes."""

    def __init__(self) -> None:
        self._rate = Rate(DOWNLOAD_WINDOW_S)

    def is_too_slow(self, now: float, sent_bytes: int) -> bool:
        """So many bytes have been taken in all."""
        rate = self._rate.add(now, sent_bytes)
        return rate is not None and rate < LEAST_BYTES_PER_S
