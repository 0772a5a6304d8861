"""Audio: mono samples, and the few operations on them that joins and encoders need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

SAMPLE_RATE: Final = 24_000
"""Hz, of what is joined and encoded: what OpenAI's API reference ("Create speech") states for `pcm`, and Kokoro's."""

WINDOW: Final = SAMPLE_RATE // 100
"""Samples (10 ms): the resolution at which sound is told from silence. A period of the lowest voices fits in."""

SOUND_BELOW_PEAK: Final = 10**-4.5
"""Power ratio (-45 dB) to the loudest window above which a window is sound: so a quiet voice stays whole."""

SOUND_POWER: Final = (10**-7.0, 10**-5.0)
"""Mean squares (-70 and -50 dBFS). Below the first nothing is sound, above the second everything is."""

FADE: Final = SAMPLE_RATE // 250
"""Samples (4 ms): short enough to spare a plosive, long enough to be no click."""

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
    finite = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return (np.clip(finite, -1.0, 1.0) * 32767.0).round().astype("<i2").tobytes()


def has_sound(samples: Samples) -> bool:
    """Whether anything in it can be heard."""
    start, stop = sound_bounds(samples)
    return start < stop


def sound_bounds(samples: Samples) -> tuple[int, int]:
    """The samples `[start, stop)` from the first window that is sound to the last; (0, 0) if none is."""
    padded = np.zeros(-(-len(samples) // WINDOW) * WINDOW, dtype=np.float32)
    padded[: len(samples)] = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    power = np.square(padded.reshape(-1, WINDOW)).mean(axis=1)
    threshold = np.clip(power.max(initial=0.0) * SOUND_BELOW_PEAK, *SOUND_POWER)
    sound = np.flatnonzero(power > threshold)
    if not sound.size:
        return 0, 0
    return int(sound[0]) * WINDOW, min(len(samples), (int(sound[-1]) + 1) * WINDOW)


def faded(samples: Samples) -> Samples:
    """A copy whose first and last `FADE` samples (half of the whole, if that is less) follow a raised cosine."""
    length = min(FADE, len(samples) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
    out = samples.copy()
    out[:length] *= ramp
    out[len(out) - length :] *= ramp[::-1]
    return out
