"""Joins: the audio of segments, in order, becomes one flow of samples with the right silences and no clicks."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from speechd.audio.samples import SAMPLE_RATE, Audio, Samples
from speechd.audio.silence import faded, sound_bounds

HEAD_S: Final = 0.020
"""Seconds kept before the first sound of a segment, for onsets that are softer than sound."""

TAIL_S: Final = 0.050
"""Seconds kept after the last sound of a segment, for its decay."""

END_S: Final = 0.080
"""Seconds after the last sound of all: players cut the last buffer short."""


class Joined(NamedTuple):
    """A segment's share of the flow. samples: the silence before its sound, and the sound. offset: the sample of the
    whole flow at which the segment's own first sample lies, or would lie if it had not been trimmed (it may then be
    negative); with it, times within the segment become times within the flow."""

    samples: Samples
    offset: int


class SegmentJoiner:
    """Gives the samples to encode, each as soon as it is certain.

    Silence at the edges of a segment is trimmed and its cut edges are faded. Between the last window with
    sound of one segment and the first of the next lies exactly the gap asked for, but never less than the edges kept.
    Explicit pauses add up; at a boundary the longer of gap and pause counts, for both mean the same silence.

    Its state is the silence due since the last sound, how much of it was given already, and the length of the flow, in
    samples.
    """

    def __init__(self, volume: float = 1.0, sample_rate: int = SAMPLE_RATE) -> None:
        """volume: multiplies every sample. sample_rate: of all segments and of the flow, in Hz."""
        self._volume = np.float32(volume)
        self._rate = sample_rate
        self._gap = 0
        self._pause = 0
        self._given = 0
        self._length = 0

    @property
    def length_s(self) -> float:
        """Seconds of the flow so far."""
        return self._length / self._rate

    def add(self, audio: Audio, gap_s: float, volume: float = 1.0) -> Joined:
        """The silence still due, then this segment's sound. gap_s: seconds of silence that belong after it. volume:
        multiplies its samples."""
        samples = audio.samples
        gap = round(gap_s * self._rate)
        start, stop = sound_bounds(samples, self._rate)
        if start == stop:
            self._gap = max(self._gap, gap)
            return Joined(samples[:0], self._length)
        head, tail = min(round(HEAD_S * self._rate), start), min(round(TAIL_S * self._rate), len(samples) - stop)
        silence = self._silence(keep=head)
        offset = self._length - (start - head)
        sound = faded(samples[start - head : stop + tail], self._rate) * (self._volume * np.float32(volume))
        self._gap, self._pause, self._given = gap, 0, tail
        self._length += len(sound)
        return Joined(np.concatenate((silence, sound)), offset)

    def pause(self, duration_s: float) -> Samples:
        """Silence that can be sent already for an explicit pause here; the rest comes with the next sound."""
        self._pause += round(duration_s * self._rate)
        return self._silence(keep=round(HEAD_S * self._rate))

    def finish(self) -> Samples:
        """The silence at the end: what is left of explicit pauses, or of `END_S`; no gap follows the last sound."""
        self._gap = round(END_S * self._rate)
        return self._silence(keep=0)

    def _silence(self, *, keep: int) -> Samples:
        length = max(0, max(self._gap, self._pause) - self._given - keep)
        self._given += length
        self._length += length
        return np.zeros(length, dtype=np.float32)
