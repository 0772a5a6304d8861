"""The playback clock of a stream: where its client's player is, by what was sent and taken."""

from __future__ import annotations

import math


class PlaybackClock:
    """A player that starts with the first bytes and plays in real time. Moments are of one clock, in seconds, and never
    go back.

    started_at: when playback of the first byte would have begun if it had never stood still since; None before it, and
    while it is to begin again.
    sent_s: seconds of audio that were sent in all. is_received: the client has taken all of them.
    underrun_s: the worst wait after playback began. With t₀ the moment of the first bytes, the greatest of (tᵢ − t₀) −
    seconds of audio sent before tᵢ, and at least 0; None before any second bytes, which alone can be late.
    standstill_s: how long playback has stood still because the client did not take what was there for it.
    """

    def __init__(self) -> None:
        self.started_at: float | None = None
        self.sent_s = 0.0
        self.underrun_s: float | None = None
        self.standstill_s = 0.0
        self._last_sent = math.inf

    @property
    def is_received(self) -> bool:
        """Whether the client has taken all that was sent."""
        return self._last_sent == math.inf

    @property
    def ends_at(self) -> float | None:
        """When all that was sent will have been played; None while nothing is played."""
        return None if self.started_at is None else self.started_at + self.sent_s

    def played_s(self, now: float) -> float:
        """Seconds of audio that can have been played by now."""
        if self.started_at is None:
            return self.sent_s
        return min(self.sent_s, now - self.started_at)

    def is_dry(self, now: float) -> bool:
        """Whether all that was sent was taken, and can have been played."""
        return self.is_received and self.played_s(now) == self.sent_s

    def stand_by(self) -> None:
        """Note that a player that is dry has nothing to wait for yet: it begins again with the next bytes, which are
        not late."""
        self.started_at = None

    def sent(self, now: float, audio_s: float) -> None:
        """Count bytes that are sent now, with `audio_s` more seconds of audio."""
        if self.started_at is None:
            self.started_at = now - self.sent_s
        else:
            self.underrun_s = max(self.underrun_s or 0.0, now - self.started_at - self.sent_s)
        self._last_sent = now
        self.sent_s += audio_s

    def received(self, now: float) -> None:
        """Note that the client has taken what was sent. By as much as it did so after it should have played it all, its
        playback has stood still: a client that pauses is not one that was kept waiting."""
        if self.started_at is not None and now > (waiting := max(self._last_sent, self.started_at + self.sent_s)):
            self.started_at += now - waiting
            self.standstill_s += now - waiting
        self._last_sent = math.inf
