"""Trims the silence at both ends of a segment whose samples come in windows, and fades its edges."""

from __future__ import annotations

from typing import Final

import numpy as np

from speechd.audio.samples import Samples
from speechd.audio.silence import BLOCK_S, FADE_S, Powers, block_powers, fade_in, fade_out, first_sound, last_sound

HEAD_S: Final = 0.020
"""Seconds kept before the first sound of a segment, for onsets that are softer than sound."""

TAIL_S: Final = 0.050
"""Seconds kept after the last sound of a segment, for its decay."""

NOTHING: Final = np.zeros(0, np.float32)


class SegmentTrimmer:
    """Gives the samples that are kept of a segment, each as soon as it is certain that it is, and how it is faded.

    All of them together are the same, bit for bit, however the segment was cut into windows. What is silent is held
    back until sound follows, or the segment ends.

    start: the sample of the segment with which what is kept begins; None before sound was found. head, tail: samples
    kept before the first sound and, at the end, after the last.
    """

    def __init__(self, sample_rate: int) -> None:
        self.start: int | None = None
        self.head = 0
        self.tail = 0
        self._block = round(BLOCK_S * sample_rate)
        self._fade = round(FADE_S * sample_rate)
        self._most_head = round(HEAD_S * sample_rate)
        self._most_tail = round(TAIL_S * sample_rate)
        self._held = NOTHING  # from the sample `_held_at` of the segment on
        self._held_at = 0
        self._powers: Powers = NOTHING

    def add(self, samples: Samples, *, is_last: bool) -> Samples:
        """What is certain with the segment's next samples: what is returned is the caller's own."""
        self._held = np.concatenate((self._held, samples))
        self._measure(is_all=is_last)
        if self.start is None:
            self._find_start(is_all=is_last)
        if self.start is None:
            return NOTHING
        return self._end() if is_last else self._give(self._certain_end() - self._fade)

    @property
    def _length(self) -> int:
        """Samples of the segment that are known."""
        return self._held_at + len(self._held)

    def _measure(self, *, is_all: bool) -> None:
        known = len(self._powers) * self._block
        end = self._length if is_all else self._length // self._block * self._block
        fresh = self._held[known - self._held_at : end - self._held_at]
        self._powers = np.concatenate((self._powers, block_powers(fresh, self._block)))

    def _find_start(self, *, is_all: bool) -> None:
        first = first_sound(self._powers, is_all=is_all)
        if first is not None:
            self.head = min(self._most_head, first * self._block)
            self.start = first * self._block - self.head
            self._drop(self.start)

    def _certain_end(self) -> int:
        """Samples of the segment that are kept for certain: up to the last sound so far."""
        last = last_sound(self._powers)
        assert last is not None, "sound was found"
        return min(self._length, (last + 1) * self._block)

    def _give(self, end: int) -> Samples:
        """The samples up to this one. The first of them are given only once a whole fade is there for either edge."""
        assert self.start is not None
        is_first = self._held_at == self.start
        if end - self._held_at < (self._fade if is_first else 1):
            return NOTHING
        given = self._held[: end - self._held_at].copy()
        if is_first:
            fade_in(given, self._fade)
        self._drop(end)
        return given

    def _end(self) -> Samples:
        """All that is kept yet, faded at its end."""
        assert self.start is not None
        stop = self._certain_end()
        self.tail = min(self._most_tail, self._length - stop)
        is_first = self._held_at == self.start
        given = self._held[: stop + self.tail - self._held_at].copy()
        length = min(self._fade, len(given) // 2) if is_first else self._fade
        if is_first:
            fade_in(given, length)
        fade_out(given, length)
        return given

    def _drop(self, until: int) -> None:
        self._held = self._held[until - self._held_at :].copy()
        self._held_at = until
