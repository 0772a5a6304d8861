"""Silence: where the sound in samples begins and ends, and edges without clicks."""

from __future__ import annotations

from typing import Final

import numpy as np

from speechd.audio.samples import SAMPLE_RATE, Samples

WINDOW_S: Final = 0.010
"""Seconds: the resolution at which sound is told from silence. A period of the lowest voices fits in."""

SOUND_BELOW_PEAK: Final = 10**-4.5
"""Power ratio (-45 dB) to the loudest window above which a window is sound: so a quiet voice stays whole."""

SOUND_POWER: Final = (10**-7.0, 10**-5.0)
"""Mean squares (-70 and -50 dBFS). Below the first nothing is sound, above the second everything is."""

FADE_S: Final = 0.004
"""Seconds: short enough to spare a plosive, long enough to be no click."""


def has_sound(samples: Samples, sample_rate: int = SAMPLE_RATE) -> bool:
    """Whether anything in it can be heard."""
    start, stop = sound_bounds(samples, sample_rate)
    return start < stop


def sound_bounds(samples: Samples, sample_rate: int = SAMPLE_RATE) -> tuple[int, int]:
    """The samples `[start, stop)` from the first window that is sound to the last; (0, 0) if none is."""
    window = round(WINDOW_S * sample_rate)
    padded = np.zeros(-(-len(samples) // window) * window, dtype=np.float32)
    padded[: len(samples)] = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    power = np.square(padded.reshape(-1, window)).mean(axis=1)
    threshold = np.clip(power.max(initial=0.0) * SOUND_BELOW_PEAK, *SOUND_POWER)
    sound = np.flatnonzero(power > threshold)
    if not sound.size:
        return 0, 0
    return int(sound[0]) * window, min(len(samples), (int(sound[-1]) + 1) * window)


def faded(samples: Samples, sample_rate: int = SAMPLE_RATE) -> Samples:
    """A copy whose first and last `FADE_S` seconds (half of the whole, if that is less) follow a raised cosine."""
    length = min(round(FADE_S * sample_rate), len(samples) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
    out = samples.copy()
    out[:length] *= ramp
    out[len(out) - length :] *= ramp[::-1]
    return out
