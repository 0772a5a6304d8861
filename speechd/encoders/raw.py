"""Formats without a codec: bare PCM, and WAV."""

from __future__ import annotations

import io
import struct
from typing import Final

from speechd.audio.samples import SAMPLE_RATE, Samples, pcm16
from speechd.encoders.base import Sink

UNKNOWN_SIZE: Final = 0xFFFFFFFF
"""Both sizes in the header of a WAV stream whose length is not known yet; players then read to the end of it."""

SAMPLE_BYTES: Final = 2
"""Bytes of a sample."""


class PcmEncoder:
    """The encoder of signed 16-bit little-endian samples and nothing else."""

    def encode(self, samples: Samples) -> bytes:
        return pcm16(samples)

    def finish(self) -> bytes:
        return b""

    def close(self) -> None:
        """Give nothing back: there is nothing to hold."""


class WavEncoder:
    """The encoder of RIFF/WAVE (Microsoft and IBM, 1991) with one header: of unknown sizes, at once, if streamed; of
    the true sizes, in the end, if whole."""

    def __init__(self, *, whole: bool, sink: Sink | None = None, rate: int = SAMPLE_RATE) -> None:
        """rate: of the samples, in Hz."""
        self._rate = rate
        self._header_sent = False
        self._size = 0
        self._own = io.BytesIO() if whole and sink is None else None
        self._sink = self._own or sink if whole else None
        if self._sink is not None:
            self._sink.write(wav_header(0, rate))

    def encode(self, samples: Samples) -> bytes:
        pcm = pcm16(samples)
        if self._sink is not None:
            self._sink.write(pcm)
            self._size += len(pcm)
            return b""
        if self._header_sent or not pcm:
            return pcm
        self._header_sent = True
        return wav_header(UNKNOWN_SIZE, self._rate) + pcm

    def finish(self) -> bytes:
        if self._sink is None:
            return b"" if self._header_sent else wav_header(0, self._rate)
        self._sink.seek(0)
        self._sink.write(wav_header(self._size, self._rate))
        return self._own.getvalue() if self._own is not None else b""

    def close(self) -> None:
        if self._own is not None:
            self._own.close()


def wav_header(size: int, rate: int = SAMPLE_RATE) -> bytes:
    """The 44 bytes before `size` bytes of samples at `rate` Hz; `UNKNOWN_SIZE` if that is not known."""
    riff_size = size if size == UNKNOWN_SIZE else size + 36
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 16)
    return struct.pack("<4sI4s", b"RIFF", riff_size, b"WAVE") + fmt + struct.pack("<4sI", b"data", size)
