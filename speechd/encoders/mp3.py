"""MP3 (ISO/IEC 11172-3 and 13818-3) in bare frames, by LAME.

Not through PyAV: its packages bring a LAME that was compiled without optimisation, which takes three and a half times
as long for the same bits.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import lameenc

from speechd.audio.samples import SAMPLE_RATE, Samples, pcm16
from speechd.encoders.base import Sink
from speechd.encoders.mp3_tag import frame_bytes, length_tag

BIT_RATES: Final[Mapping[int, int]] = {
    8_000: 40,
    11_025: 56,
    12_000: 64,
    16_000: 80,
    22_050: 112,
    24_000: 128,
    32_000: 128,
    44_100: 128,
    48_000: 128,
}
"""kbit/s by sample rate in Hz, of all rates that MP3 has: transparent for mono speech at 24 kHz, and as many bits for a
sample below that, where less of the spectrum is left."""

QUALITY: Final = 7
"""LAME's, 0 to 9. It takes two thirds of the time of LAME's default, whose noise shaping does speech no good at this
bit rate: on two minutes of it there is less noise in every respect (`python -m bench.encoders`)."""

CLOSED: Final = "this encoder is closed"


class Mp3Encoder:
    """One response. Streamed, frames leave as LAME has made them. Whole, a tag comes first that states the length and
    what is padding, so that it decodes to the very samples; it is written in the end.

    After `close` a call raises `ValueError`.
    """

    def __init__(self, *, whole: bool, sink: Sink | None = None, rate: int = SAMPLE_RATE) -> None:
        """rate: of the samples, in Hz, one of `BIT_RATES`."""
        self._rate, self._bit_rate = rate, 1000 * BIT_RATES[rate]
        self._lame: lameenc.Encoder | None = _lame(rate, BIT_RATES[rate])
        self._samples = self._size = 0
        self._header = b""
        self._own = io.BytesIO() if whole and sink is None else None
        self._sink = self._own or sink if whole else None

    def encode(self, samples: Samples) -> bytes:
        if self._lame is None:
            raise ValueError(CLOSED)
        if not len(samples):
            return b""
        self._samples += len(samples)
        return self._write(bytes(self._lame.encode(pcm16(samples))))

    def finish(self) -> bytes:
        if self._lame is None:
            raise ValueError(CLOSED)
        if not self._samples:  # LAME has no end without a beginning
            return b""
        rest = self._write(bytes(self._lame.flush()))
        if self._sink is None:
            return rest
        self._sink.seek(0)
        self._sink.write(length_tag(self._header, self._rate, self._bit_rate, self._size, self._samples))
        return self._own.getvalue() if self._own is not None else b""

    def close(self) -> None:
        self._lame = None
        if self._own is not None:
            self._own.close()

    def _write(self, frames: bytes) -> bytes:
        """Write frames behind the place of the tag, or return them where there is none."""
        if self._sink is None or not frames:
            return frames
        if not self._header:
            self._header = frames[:4]
            self._sink.write(bytes(frame_bytes(self._rate, self._bit_rate)))
        self._sink.write(frames)
        self._size += len(frames)
        return b""


def _lame(rate: int, kbits: int) -> lameenc.Encoder:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(rate)
    encoder.set_out_sample_rate(rate)  # else LAME chooses one that suits the bit rate
    encoder.set_channels(1)
    encoder.set_bit_rate(kbits)
    encoder.set_quality(QUALITY)
    return encoder
