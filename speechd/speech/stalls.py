"""Stalls: clients that take their speech too slowly to be listening to it."""

from __future__ import annotations

from collections import deque
from typing import Final

STANDSTILL_WINDOW_S: Final = 120.0
"""Seconds over which a stream's playback is looked at: a pause of `write_timeout_s` is a small part of them."""

STANDSTILL_SHARE: Final = 0.75
"""Of these, what playback may stand still: a client that takes a stream at less than a quarter of playing time has no
listener. A slow network that manages to play at all takes all of it."""

DOWNLOAD_WINDOW_S: Final = 60.0
"""Seconds over which the transfer of a whole response is looked at."""

MIN_BYTES_PER_S: Final = 4096.0
"""Bytes of a whole response that a client is to take in a second: less than a modem of 1995 did."""


class GrowthRate:
    """How fast a count grows. It holds a moment for each hundredth of the window at most, and one before it."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, now: float, count: float) -> float | None:
        """Note the count of this moment. Returns its growth in a second, since the last moment that is `window_s` ago
        or longer; None before there is one."""
        seen = self._seen
        while len(seen) > 1 and seen[1][0] <= now - self._window_s:
            seen.popleft()
        if not seen or now - seen[-1][0] >= self._window_s / 100:
            seen.append((now, count))
        began, before = seen[0]
        return (count - before) / (now - began) if now - began >= self._window_s else None


class StreamStall:
    """Whether a stream has a listener, by how long its playback stands still for want of reading."""

    def __init__(self) -> None:
        self._rate = GrowthRate(STANDSTILL_WINDOW_S)

    def is_stalled(self, now: float, standstill_s: float) -> bool:
        """Whether it stands still too much; by now it has done so for `standstill_s` seconds in all."""
        share = self._rate.add(now, standstill_s)
        return share is not None and share > STANDSTILL_SHARE


class DownloadStall:
    """Whether a whole response has a reader, by the bytes that it takes."""

    def __init__(self) -> None:
        self._rate = GrowthRate(DOWNLOAD_WINDOW_S)

    def is_stalled(self, now: float, sent_bytes: int) -> bool:
        """Whether it takes too few; by now it has taken `sent_bytes` in all."""
        rate = self._rate.add(now, sent_bytes)
        return rate is not None and rate < MIN_BYTES_PER_S
