"""Joins: the audio of segments, in order, becomes one flow of samples with the right silences and no clicks."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from speechd.audio.samples import SAMPLE_RATE, Audio, Samples
from speechd.audio.trimmer import HEAD_S, SegmentTrimmer

END_S: Final = 0.080
"""Seconds after the last sound of all: players cut the last buffer short."""


class Joined(NamedTuple):
    """A window's share of the flow. samples: the silence before its sound, and the sound, as far as they are certain.
    offset: the sample of the whole flow at which the first sample of its segment lies, or would lie if it had not been
    trimmed (it may then be negative); with it, times within the segment become times within the flow. None while that
    is not known."""

    samples: Samples
    offset: int | None


class SegmentJoiner:
    """Gives the samples to encode, each as soon as it is certain: the same ones, however segments are cut into windows.

    Silence at the edges of a segment is trimmed and its cut edges are faded; within it nothing is changed. Between the
    last block with sound of one segment and the first of the next lies exactly the gap asked for, but never less than
    the edges kept. Explicit pauses add up; at a boundary the longer of gap and pause counts, for both mean the same
    silence.

    Its state is the silence due since the last sound, how much of it was given already, the length of the flow, in
    samples, and what is held back of a segment that has begun.
    """

    def __init__(self, volume: float = 1.0, sample_rate: int = SAMPLE_RATE) -> None:
        """volume: multiplies every sample. sample_rate: of all segments and of the flow, in Hz."""
        self._volume = np.float32(volume)
        self._rate = sample_rate
        self._gap = 0
        self._pause = 0
        self._given = 0
        self._length = 0
        self._trimmer = SegmentTrimmer(sample_rate)
        self._offset: int | None = None
        self._has_sound = False

    @property
    def length_s(self) -> float:
        """Seconds of the flow so far."""
        return self._length / self._rate

    @property
    def has_sound(self) -> bool:
        """Whether there was any sound in what was joined."""
        return self._has_sound

    def add(self, audio: Audio, gap_s: float, volume: float = 1.0, *, is_last: bool = True) -> Joined:
        """The silence still due, then this segment's sound, or what is certain of both with another window of it.

        gap_s: seconds of silence that belong after the segment. volume: multiplies its samples. is_last: no other
        window of the segment follows.
        """
        trimmer = self._trimmer
        sound = trimmer.add(audio.samples, is_last=is_last) * (self._volume * np.float32(volume))
        silence = np.zeros(0, np.float32)
        if self._offset is None and trimmer.start is not None:
            silence = self._silence(keep=trimmer.head)
            self._offset = self._length - trimmer.start
            self._has_sound = True
        self._length += len(sound)
        joined = Joined(np.concatenate((silence, sound)), self._offset)
        return self._end(joined, round(gap_s * self._rate)) if is_last else joined

    def pause(self, duration_s: float) -> Samples:
        """Silence that can be sent already for an explicit pause here; the rest comes with the next sound."""
        self._pause += round(duration_s * self._rate)
        return self._silence(keep=round(HEAD_S * self._rate))

    def flush(self, silence_s: float = END_S) -> Samples:
        """Silence behind the last sound, as at the end, though more may follow: so many seconds of it, or what is left
        of them. What a boundary asks for besides comes with the next sound. Nothing before any sound."""
        if not self._has_sound:
            return np.zeros(0, np.float32)
        return self._give(max(0, round(silence_s * self._rate) - self._given))

    def rest(self, duration_s: float) -> None:
        """Count silence that is not of the flow, but was heard: a gap or a pause is the shorter for it. Only between
        segments."""
        due = max(self._gap, self._pause) - self._given
        self._given += max(0, min(due, round(duration_s * self._rate)))

    def finish(self) -> Samples:
        """The silence at the end: what is left of explicit pauses, or of `END_S`; no gap follows the last sound."""
        self._gap = round(END_S * self._rate)
        return self._silence(keep=0)

    def _end(self, joined: Joined, gap: int) -> Joined:
        """End the segment, of which this is the last share."""
        offset, tail = self._offset, self._trimmer.tail
        self._offset, self._trimmer = None, SegmentTrimmer(self._rate)
        if offset is None:  # no sound in it
            self._gap = max(self._gap, gap)
            return joined._replace(offset=self._length)
        self._gap, self._pause, self._given = gap, 0, tail
        return joined

    def _silence(self, *, keep: int) -> Samples:
        return self._give(max(0, max(self._gap, self._pause) - self._given - keep))

    def _give(self, length: int) -> Samples:
        self._given += length
        self._length += length
        return np.zeros(length, dtype=np.float32)
