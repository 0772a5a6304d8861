"""Audio of any sample rate at the one that is joined and encoded."""

from __future__ import annotations

from dataclasses import replace

from speechd.audio.samples import SAMPLE_RATE, Audio


def resampled(audio: Audio, rate: int = SAMPLE_RATE) -> Audio:
    """`audio` at `rate` Hz, band-limited (libsoxr, "high quality"); the same object where it has that rate already."""
    if audio.sample_rate == rate:
        return audio
    import soxr  # here, because most engines have the rate already

    return replace(audio, samples=soxr.resample(audio.samples, audio.sample_rate, rate), sample_rate=rate)
