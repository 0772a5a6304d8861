"""Audio: mono samples, when what is in them sounds, and their form as PCM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

SAMPLE_RATE: Final = 24_000
"""Hz, of what is joined and encoded: what OpenAI's API reference ("Create speech") states for `pcm`, and Kokoro's."""

Samples = npt.NDArray[np.float32]
"""Mono samples, shape (n,), float32, nominally within [-1, 1]."""


class TokenTime(NamedTuple):
    """When a token of a segment sounds.

    token: its index among the segment's tokens (Kokoro: its phonemes); start_s, end_s: seconds from the first sample.
    """

    token: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """The audio of one segment.

    sample_rate: Hz; alignment: when each token sounds, in their order, or empty where the engine does not know.
    """

    samples: Samples
    sample_rate: int = SAMPLE_RATE
    alignment: tuple[TokenTime, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def pcm16(samples: Samples) -> bytes:
    """Signed 16-bit little-endian PCM; samples beyond [-1, 1] are clipped, never wrapped; NaN and inf are silence."""
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    scaled = np.clip(samples, -1.0, 1.0)
    scaled *= np.float32(32767.0)
    return np.rint(scaled, out=scaled).astype("<i2").tobytes()
