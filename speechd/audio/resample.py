"""Audio of one sample rate at another: the engine's at the one that is joined, and that at the one that is sent."""

from __future__ import annotations

from dataclasses import replace

from speechd.audio.samples import SAMPLE_RATE, Audio, Samples


def resampled(audio: Audio, rate: int = SAMPLE_RATE) -> Audio:
    """`audio` at `rate` Hz, band-limited (libsoxr, "high quality"); the same object where it has that rate already."""
    if audio.sample_rate == rate:
        return audio
    import soxr  # here, because most engines have the rate already

    return replace(audio, samples=soxr.resample(audio.samples, audio.sample_rate, rate), sample_rate=rate)


class StreamResampler:
    """Changes the rate of samples that come piece by piece, as if they had come at once (libsoxr, "high quality").

    It holds some milliseconds back, which `finish` gives. Ratio and length are exact: a second stays a second.
    """

    def __init__(self, rate: int, *, source_rate: int = SAMPLE_RATE) -> None:
        """rate: Hz, of what it gives; source_rate: of what it is given."""
        import soxr

        self._stream = soxr.ResampleStream(source_rate, rate, 1, dtype="float32")

    def add(self, samples: Samples) -> Samples:
        """The samples that are certain after these."""
        out: Samples = self._stream.resample_chunk(samples)
        return out

    def finish(self) -> Samples:
        """The rest. Nothing may be added afterwards."""
        import numpy as np

        out: Samples = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
        return out
