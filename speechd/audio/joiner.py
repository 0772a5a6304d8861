"""Joins: the audio of segments, in order, becomes one flow of samples with the right silences and no clicks."""

from __future__ import annotations

from typing import Final

import numpy as np

from speechd.audio.samples import SAMPLE_RATE, Audio, Samples, faded, sound_bounds
from speechd.text.passages import Boundary

HEAD: Final = SAMPLE_RATE * 20 // 1000
"""Samples (20 ms) kept before the first sound of a segment, for onsets that are softer than sound."""

TAIL: Final = SAMPLE_RATE * 50 // 1000
"""Samples (50 ms) kept after the last sound of a segment, for its decay."""

END: Final = SAMPLE_RATE * 80 // 1000
"""Samples (80 ms) after the last sound of all: players cut the last buffer short."""

GAP_S: Final = {
    Boundary.WORD: 0.0,
    Boundary.CLAUSE: 0.12,
    Boundary.SENTENCE: 0.3,
    Boundary.PARAGRAPH: 0.55,
}
"""Seconds from the last sound of a segment to the first of the next, at speed 1."""


def gap_s(boundary: Boundary) -> float:
    """The silence that a boundary in the text asks for, in seconds at speed 1."""
    return GAP_S[boundary]


class SegmentJoiner:
    """Gives the samples to encode, each as soon as it is certain.

    Silence at the edges of a segment is trimmed and its cut edges are faded. Between the last window with
    sound of one segment and the first of the next lies exactly the gap asked for, but never less than the edges kept.
    Explicit pauses add up; at a boundary the longer of gap and pause counts, for both mean the same silence.

    Its state is the silence due since the last sound, and how much of it was given already, in samples.
    """

    def __init__(self, speed: float = 1.0, volume: float = 1.0) -> None:
        """speed: gaps (not pauses, which are in seconds) shrink by it. volume: multiplies every sample."""
        self._speed = speed
        self._volume = np.float32(volume)
        self._gap = 0
        self._pause = 0
        self._given = 0

    def push(self, audio: Audio, gap_s: float) -> Samples:
        """The silence still due, then this segment's sound. gap_s: the gap after it, in seconds at speed 1."""
        samples = audio.samples
        gap = round(gap_s / self._speed * SAMPLE_RATE)
        start, stop = sound_bounds(samples)
        if start == stop:
            self._gap = max(self._gap, gap)
            return samples[:0]
        head, tail = min(HEAD, start), min(TAIL, len(samples) - stop)
        silence = self._silence(keep=head)
        sound = faded(samples[start - head : stop + tail]) * self._volume
        self._gap, self._pause, self._given = gap, 0, tail
        return np.concatenate((silence, sound))

    def pause(self, duration_s: float) -> Samples:
        """Silence that can be sent already for an explicit pause here; the rest comes with the next sound."""
        self._pause += round(duration_s * SAMPLE_RATE)
        return self._silence(keep=HEAD)

    def finish(self) -> Samples:
        """The silence at the very end: what is left of explicit pauses, or of `END`. No gap follows the last sound."""
        self._gap = END
        return self._silence(keep=0)

    def _silence(self, *, keep: int) -> Samples:
        length = max(0, max(self._gap, self._pause) - self._given - keep)
        self._given += length
        return np.zeros(length, dtype=np.float32)
