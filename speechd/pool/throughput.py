"""Throughput: how many seconds of audio each worker's slot synthesises in a second, as measured."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from speechd.shared_memory import shared_array

ASSUMED_THROUGHPUT: Final = 2.0
"""Audio seconds per second of a slot before any has been measured: about what stock Kokoro does on one core."""

DECAY: Final = 0.8
"""The factor by which a slot's measurement loses weight with each later one: the last five or so count."""


class Totals(NamedTuple):
    """The work of a slot since the server began: segments, seconds of audio, seconds of work."""

    segments: int
    audio_s: float
    busy_s: float


class Throughput:
    """An exponentially weighted average for each slot, which outlives its worker. Each slot writes its own row."""

    def __init__(self, rows: int) -> None:
        self._recent_audio_s = shared_array(np.float64, rows)
        self._recent_busy_s = shared_array(np.float64, rows)
        self._segments = shared_array(np.int64, rows)
        self._audio_s = shared_array(np.float64, rows)
        self._busy_s = shared_array(np.float64, rows)

    def seed_estimate(self, index: int, audio_s: float, busy_s: float) -> None:
        """Take a trial of slot `index`, which is not at work yet, for its throughput until that is known better: it
        made `audio_s` in `busy_s`. Without one, a server would admit more listeners at its start than it can feed."""
        if not self._recent_busy_s[index]:
            self._recent_audio_s[index], self._recent_busy_s[index] = audio_s, busy_s

    def add_measurement(
        self, index: int, audio_s: float, busy_s: float, thread_ratio: float = 1.0, *, had_room: bool = False
    ) -> None:
        """Take a segment for a measure: slot `index` has synthesised `audio_s` in `busy_s`, or the last part of it.

        thread_ratio: on how many times the threads that it has when all slots are at work. So much faster it was at
        most, which tells something of its throughput only if even so it was faster than it is known to be. had_room:
        whether its engine would have taken much more at once, and been the faster for it: then the same holds.
        """
        recent_audio_s, recent_busy_s = self._recent_audio_s[index], self._recent_busy_s[index]
        is_typical = thread_ratio == 1.0 and not had_room
        if is_typical or audio_s * recent_busy_s > busy_s * thread_ratio * recent_audio_s:
            self._recent_audio_s[index] = DECAY * recent_audio_s + audio_s
            self._recent_busy_s[index] = DECAY * recent_busy_s + busy_s * thread_ratio

    def add_work(self, index: int, audio_s: float, busy_s: float, *, segments: int = 1) -> None:
        """Count what slot `index` has done: audio and work, both in seconds, and the segments that ended with it."""
        self._segments[index] += segments
        self._audio_s[index] += audio_s
        self._busy_s[index] += busy_s

    @property
    def is_known(self) -> bool:
        """Whether any slot has been measured."""
        return bool(self._recent_busy_s.any())

    def per_slot(self) -> npt.NDArray[np.float64]:
        """Audio seconds that each slot synthesises in a second, shape (rows,). One that is not measured is taken for
        the mean of the others."""
        busy_s = self._recent_busy_s.copy()  # it is read more than once, and others write
        measured = busy_s > 0.0
        if measured.all():
            known: npt.NDArray[np.float64] = self._recent_audio_s / busy_s
            return known
        per_slot = self._recent_audio_s / np.where(measured, busy_s, 1.0)
        return np.where(measured, per_slot, per_slot[measured].mean() if measured.any() else ASSUMED_THROUGHPUT)

    def totals(self, index: int) -> Totals:
        """Return the work of slot `index`, and of those that had its row before."""
        return Totals(int(self._segments[index]), float(self._audio_s[index]), float(self._busy_s[index]))
