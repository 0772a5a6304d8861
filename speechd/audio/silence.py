"""Silence: where the sound in samples begins and ends, and edges without clicks."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.audio.samples import SAMPLE_RATE, Samples

BLOCK_S: Final = 0.010
"""Seconds: the resolution at which sound is told from silence. A period of the lowest voices fits in."""

SOUND_BELOW_PEAK: Final = 10**-4.5
"""Power ratio (-45 dB) to the loudest block above which a block is sound: so a quiet voice stays whole."""

SOUND_POWER: Final = (10**-7.0, 10**-5.0)
"""Mean squares (-70 and -50 dBFS). Below the first nothing is sound, above the second everything is."""

PEAK_S: Final = 0.3
"""Seconds from a block on within which the loudest one is looked for that the block is measured against, to see whether
sound begins with it. A syllable: longer, and the first sound would wait for what comes behind it."""

FADE_S: Final = 0.004
"""Seconds: short enough to spare a plosive, long enough to be no click."""

Powers = npt.NDArray[np.float32]
"""Mean squares of the blocks of samples, shape (blocks,)."""


def may_sound(samples: Samples) -> bool:
    """Whether there can be a block of sound in it, or in what it is a part of: False only if there is none for sure."""
    return bool(
        np.square(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)).max(initial=0.0) > SOUND_POWER[0] / 2
    )


def block_powers(samples: Samples, block: int) -> Powers:
    """The power of each block of so many samples; the last one is filled up with silence."""
    padded = np.zeros(-(-len(samples) // block) * block, dtype=np.float32)
    padded[: len(samples)] = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    powers: Powers = np.square(padded.reshape(-1, block)).mean(axis=1)
    return powers


def first_sound(powers: Powers, *, is_all: bool) -> int | None:
    """The block with which sound begins; None if there is no sound, or none that is certain yet.

    is_all: no blocks follow. The answer is the same however many of the blocks are known, once there is one.
    """
    ahead = round(PEAK_S / BLOCK_S)
    certain = len(powers) if is_all else len(powers) - ahead + 1
    if certain <= 0:
        return None
    peaks = np.maximum.accumulate(powers)
    until = np.minimum(np.arange(certain) + ahead, len(powers)) - 1
    sound = np.flatnonzero(powers[:certain] > _threshold(peaks[until]))
    return int(sound[0]) if sound.size else None


def last_sound(powers: Powers) -> int | None:
    """The last block that is sound, of all these; None if none is. Of more blocks it may be a later one."""
    sound = np.flatnonzero(powers > _threshold(powers.max(initial=0.0)))
    return int(sound[-1]) if sound.size else None


def sound_bounds(samples: Samples, sample_rate: int = SAMPLE_RATE) -> tuple[int, int]:
    """The samples `[start, stop)` from the first block that is sound to the last; (0, 0) if none is."""
    block = round(BLOCK_S * sample_rate)
    powers = block_powers(samples, block)
    first, last = first_sound(powers, is_all=True), last_sound(powers)
    if first is None or last is None:
        return 0, 0
    return first * block, min(len(samples), (last + 1) * block)


def fade_in(samples: Samples, length: int) -> None:
    """Let the first `length` samples rise as a raised cosine, in place."""
    samples[:length] *= _ramp(length)


def fade_out(samples: Samples, length: int) -> None:
    """Let the last `length` samples fall as a raised cosine, in place."""
    samples[len(samples) - length :] *= _ramp(length)[::-1]


def _threshold(peak: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.clip(np.asarray(peak) * SOUND_BELOW_PEAK, *SOUND_POWER)


def _ramp(length: int) -> Samples:
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
