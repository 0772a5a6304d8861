"""The listener of a stream, as the server has to imagine it: plays from the first bytes on, in real time."""

from __future__ import annotations

import math


class Listener:
    """Moments are of one clock, in seconds, and never go back.

    underrun_s: the worst wait after playback began. With t₀ the moment of the first bytes, the greatest of (tᵢ − t₀) −
    seconds of audio written before tᵢ, and at least 0; None before any second bytes, which alone can be late.
    """

    def __init__(self) -> None:
        self.underrun_s: float | None = None
        self._began = math.nan
        self._audio_s = 0.0
        self._written = math.inf

    def write(self, now: float, audio_s: float) -> None:
        """Bytes are ready to be sent; with them the listener has `audio_s` in all."""
        if math.isnan(self._began):
            self._began = now
        else:
            self.underrun_s = max(self.underrun_s or 0.0, now - self._began - self._audio_s)
        self._written, self._audio_s = now, audio_s

    def take(self, now: float) -> None:
        """The client has taken what was written. By as much as it did so after it should have played it all, its
        playback has stood still: a client that pauses is not one that was kept waiting."""
        ran_dry = self._began + self._audio_s
        if now > (waited_for_client_since := max(self._written, ran_dry)):
            self._began += now - waited_for_client_since
        self._written = math.inf
