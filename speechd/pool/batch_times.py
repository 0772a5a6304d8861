"""How long batches take, and when the next one is to be taken: decisions without any effect."""

from __future__ import annotations

import math
from typing import Final

DECAY: Final = 0.8
"""The factor by which a measurement loses weight with each later one: the last five or so count."""

LEAD_MARGIN: Final = 1.5
"""Times its usual length that a text half is given: the device would wait for one that comes late."""

LONGEST_LEAD_S: Final = 0.02
"""Seconds that a batch is taken early, at most: what that costs who comes just after it."""


class BatchTimes:
    """What the halves of a slot's batches took."""

    def __init__(self) -> None:
        self._audio_s = self._speech_s = self._text_s = self._count = 0.0

    def add(self, audio_s: float, text_s: float, speech_s: float) -> None:
        """Take a batch for a measure. audio_s: as predicted; text_s, speech_s: seconds of its halves."""
        self._audio_s = DECAY * self._audio_s + audio_s
        self._speech_s = DECAY * self._speech_s + speech_s
        self._text_s = DECAY * self._text_s + text_s
        self._count = DECAY * self._count + 1.0

    def speech_s(self, audio_s: float) -> float:
        """Seconds that a speech half should take; infinite while none was measured.

        In proportion to the audio. A smaller batch than those before it has a larger fixed cost than this says, by some
        milliseconds; of a larger one too much is expected, and then the next is not taken early.
        """
        return self._speech_s * audio_s / self._audio_s if self._audio_s else math.inf

    @property
    def lead_s(self) -> float:
        """Seconds before the end of a batch at which the next is to be taken, so that its text half is done by then."""
        return min(LONGEST_LEAD_S, LEAD_MARGIN * self._text_s / (self._count or 1.0))
