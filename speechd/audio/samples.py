"""Audio: mono samples at one rate, and their form as PCM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

SAMPLE_RATE: Final = 24_000
"""Hz. Every engine delivers this rate and every encoder takes it: Kokoro's own, and the one OpenAI states for pcm."""

Samples = npt.NDArray[np.float32]
"""Mono samples, shape (n,), float32, nominally within [-1, 1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """What an engine returns for one segment: mono samples at `SAMPLE_RATE`."""

    samples: Samples

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


def pcm16(samples: Samples) -> bytes:
    """Signed 16-bit little-endian PCM; samples beyond [-1, 1] are clipped, never wrapped; NaN and inf are silence."""
    finite = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return (np.clip(finite, -1.0, 1.0) * 32767.0).round().astype("<i2").tobytes()
