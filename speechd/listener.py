"""The listener of a stream, as the server has to imagine it: plays from the first bytes on, in real time."""

from __future__ import annotations

import math


class Listener:
    """Moments are of one clock, in seconds, and never go back.

    began: when playback of the first byte would have begun if it had never stood still since; None before it.
    underrun_s: the worst wait after playback began. With t₀ the moment of the first bytes, the greatest of (tᵢ − t₀) −
    seconds of audio written before tᵢ, and at least 0; None before any second bytes, which alone can be late.
    """

    def __init__(self) -> None:
        self.underrun_s: float | None = None
        self.began: float | None = None
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
        self._written = math.inf
