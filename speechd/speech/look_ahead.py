"""The look-ahead of a stream: how far it may run ahead of its client, and by when its client needs the next segment.

Two quantities decide, both in seconds of audio: how much was submitted to the pool, and how much the client took. No
I/O and no clock: moments are handed in, in seconds of one clock.
"""

from __future__ import annotations

from typing import Final

from speechd.pool.capacity import StreamBudget
from speechd.speech.playback import PlaybackClock

SEGMENTS_AHEAD: Final = 4
"""Segments of one stream that may be in the pool at once: its share of idle slots, and its rows in the queue."""

LEAST_S: Final = 2.7
"""Audio seconds that planning another segment takes at least: less credit than that does not do."""


class LookAhead:
    """One stream's. playback: its client's clock. arrival: by when the client needs its first segment."""

    def __init__(self, limit_s: float, arrival: float) -> None:
        """limit_s: seconds of audio that may be made beyond what the client took. arrival: of the request."""
        self.playback = PlaybackClock()
        self.arrival = arrival
        self._limit_s = limit_s
        self._submitted_s = 0.0
        self._taken_s = 0.0
        self._has_segments = False  # without one there is nothing to hear yet, even after a pause
        self._is_spoken = False  # there is audio of the first segment

    @property
    def has_segments(self) -> bool:
        """Whether a segment was submitted."""
        return self._has_segments

    def resume(self, arrival: float) -> None:
        """Begin anew: the client has heard all, and needs the next segment since `arrival`, before which its text was
        not there. It is a newcomer again."""
        self.arrival = arrival
        self._has_segments = self._is_spoken = False
        self.playback.stand_by()

    def submitted(self, duration_s: float) -> None:
        """Count a segment that is submitted now, of so many seconds as predicted."""
        self._has_segments = True
        self._submitted_s += duration_s

    def paused(self, duration_s: float) -> None:
        """Count a pause, which needs no synthesis."""
        self._submitted_s += duration_s

    def joined(self, audio_s: float, predicted_s: float) -> None:
        """Correct the prediction for a pause, a segment or a window of one: the `predicted_s` seconds that are to be
        expected no more have become `audio_s`, with the gap before them."""
        self._is_spoken = True
        self._submitted_s += audio_s - predicted_s

    def sent(self, now: float, audio_s: float) -> None:
        """Count bytes that are sent to the client now, with so many more seconds of audio."""
        self.playback.sent(now, audio_s)

    def received(self, now: float) -> None:
        """Note that the client has taken all that was sent."""
        self.playback.received(now)
        self._taken_s = max(self._taken_s, self.playback.sent_s)

    def withheld(self, encoded_s: float) -> None:
        """Note that of all `encoded_s` seconds of audio no bytes wait to be sent: what the client lacks of them is in
        its encoder, and needs no credit."""
        if self.playback.is_received:
            self._taken_s = encoded_s

    def deadline(self, now: float) -> float:
        """When a segment that is submitted now is needed: the client has then heard all that was submitted before."""
        if not self._has_segments:
            return self.arrival
        started_at = self.playback.started_at
        return (now - self.playback.sent_s if started_at is None else started_at) + self._submitted_s

    def credit_s(self, budget: StreamBudget) -> float:
        """Seconds of audio that may still be submitted."""
        return self._allowed_s(budget) - (self._submitted_s - self._taken_s)

    def may_plan(self, budget: StreamBudget, in_pool: int) -> bool:
        """Whether the next segment may be planned while `in_pool` others are in the pool."""
        # Pauses before the first segment are not sent before it, so that credit would never come. Behind it nothing
        # is planned until some of it is spoken: only then is it known when its client will run dry, and who listens.
        if not self._has_segments:
            return True
        return self._is_spoken and in_pool < SEGMENTS_AHEAD and self.credit_s(budget) > self._needed_s(budget)

    def room_s(self, budget: StreamBudget, encoded_s: float) -> float:
        """Seconds of audio that may be made of what was planned, beyond the `encoded_s` that are encoded, before the
        client takes more. What is made in one go may be somewhat longer."""
        return self._allowed_s(budget) - self._needed_s(budget) - (encoded_s - self._taken_s)

    def may_encode(self, budget: StreamBudget, encoded_s: float) -> bool:
        """Whether more of a pause may be encoded, after `encoded_s` seconds of audio. Speech had credit when it was
        submitted; a pause, which may be an hour, needs it when it is made."""
        return encoded_s - self._taken_s < self._allowed_s(budget)

    def _needed_s(self, budget: StreamBudget) -> float:
        return min(LEAST_S, self._allowed_s(budget) / 2)

    def _allowed_s(self, budget: StreamBudget) -> float:
        return min(self._limit_s, budget.look_ahead_s)
