"""An encoder for audio at another sample rate than the server's own."""

from __future__ import annotations

from speechd.audio.resample import StreamResampler
from speechd.audio.samples import Samples
from speechd.encoders.base import Encoder


class ResamplingEncoder:
    """Gives another encoder, which it owns, the samples at that one's rate."""

    def __init__(self, encoder: Encoder, rate: int) -> None:
        """rate: of the samples that `encoder` takes, in Hz."""
        self._encoder = encoder
        self._resampler: StreamResampler | None = StreamResampler(rate)

    def encode(self, samples: Samples) -> bytes:
        if self._resampler is None:
            raise ValueError("this encoder is closed")
        return self._encoder.encode(self._resampler.add(samples))

    def finish(self) -> bytes:
        if self._resampler is None:
            raise ValueError("this encoder is closed")
        return self._encoder.encode(self._resampler.finish()) + self._encoder.finish()

    def close(self) -> None:
        self._resampler = None
        self._encoder.close()
