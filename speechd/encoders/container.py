"""Formats that FFmpeg's libraries write: a codec in a container, through PyAV.

AAC (ISO/IEC 14496-3) in ADTS, Opus (RFC 6716) in Ogg (RFC 7845), FLAC (RFC 9639).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import Flags

from speechd.audio.samples import SAMPLE_RATE, Samples, pcm16
from speechd.encoders.base import Sink


@dataclass(frozen=True, slots=True)
class Codec:
    """FFmpeg's names of a container and an encoder, and their options: of all responses, and of streamed ones.

    bit_rate: bits of a second of audio at 24 kHz and above, at most; 0 without a choice. bits_per_sample: at lower
    rates, where less of the spectrum is left, and a codec may have no room for more.
    """

    container: str
    encoder: str
    bit_rate: int = 0
    bits_per_sample: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)
    streamed_options: Mapping[str, str] = field(default_factory=dict)
    streamed_container_options: Mapping[str, str] = field(default_factory=dict)

    def options_at(self, rate: int, *, whole: bool) -> dict[str, str]:
        """The encoder's options for samples at `rate` Hz."""
        bit_rate = min(self.bit_rate, round(self.bits_per_sample * rate))
        chosen = {"b": str(bit_rate)} if bit_rate else {}
        return chosen | dict(self.options) | ({} if whole else dict(self.streamed_options))


# Bit rates are transparent for mono speech. The figures are milliseconds of audio before the first bytes.
# On speech the "fast" search leaves less noise than the default (41 against 33 dB below), at a quarter of its cost; and
# less without temporal noise shaping (11.8 dB below what is masked, not 11.3), at a tenth less of the rest.
AAC: Final = Codec("adts", "aac", 96_000, 96_000 / SAMPLE_RATE, {"aac_coder": "fast", "aac_tns": "0"})
# libopus searches less at complexity 1, at little more than half the cost of FFmpeg's 10. On two minutes of speech that
# leaves noise 18.4 dB below what is masked, not 19.2. At 0 it would no longer look for onsets, and smear them.
OPUS: Final = Codec(
    "ogg",
    "libopus",
    64_000,
    64_000 / SAMPLE_RATE,
    {"compression_level": "1"},
    streamed_container_options={"page_duration": "20000"},  # µs; 40 ms, not 2 s
)
# 60 ms, not 100. On speech, frames so short are no larger together; and some players lose the last one.
FLAC: Final = Codec("flac", "flac", options={"frame_size": "1152"})

FLUSH_PACKETS: Final = cast(int, Flags.flush_packets.value)
"""The muxer's flag to write each packet at once."""

CONTAINER_OPTIONS: Final = {
    "fflags": "+bitexact",  # equal audio gives equal bytes: no random serial numbers, no versions
    "flush_packets": "0",  # but see `_flushing`
    "metadata_header_padding": "0",  # flac: 8 KiB by default
}


class ContainerEncoder:
    """One response through a codec and its muxer.

    Streamed, every packet leaves as soon as the codec has made it. Whole, the muxer patches its headers when it is
    closed (FLAC's length and MD5), and `finish` returns everything, unless that is in the sink.

    Every codec gets the very samples that `pcm` carries. After `close` a call raises `ValueError`.
    """

    def __init__(self, codec: Codec, *, whole: bool, sink: Sink | None = None, rate: int = SAMPLE_RATE) -> None:
        """rate: of the samples, in Hz."""
        self._rate = rate
        self._whole = whole
        self._own: io.BytesIO | None = None
        if sink is None or not whole:
            sink = self._own = io.BytesIO() if whole else _Pipe()
        container_options = CONTAINER_OPTIONS | ({} if whole else dict(codec.streamed_container_options))
        self._container = av.open(sink, "w", format=codec.container, container_options=container_options)
        options = codec.options_at(rate, whole=whole)
        stream = self._container.add_stream(codec.encoder, rate, options, layout="mono")
        assert isinstance(stream, AudioStream)
        self._stream: AudioStream | None = stream
        self._position = 0
        # Now, not with the first packet: flac's header must not take its MD5 from a codec that is already at its end.
        with self._flushing():
            self._container.start_encoding()
        self._header_size = sink.tell()

    def encode(self, samples: Samples) -> bytes:
        if len(samples):
            self._mux(_frame(samples, self._position, self._rate))
            self._position += len(samples)
        # A header does not leave alone: the first bytes mean that there is audio.
        if self._whole or self._own is None or self._own.tell() == self._header_size:
            return b""
        self._header_size = 0
        return self._take()

    def finish(self) -> bytes:
        self._mux(None)
        self._container.close()
        return self._take()

    def close(self) -> None:
        # Closing parts the container from its stream, which otherwise keep each other until a garbage collection.
        self._container.close()
        self._stream = None
        if self._own is not None:
            self._own.close()

    def _mux(self, frame: av.AudioFrame | None) -> None:
        if self._stream is None:
            raise ValueError("this encoder is closed")
        packets = self._stream.encode(frame)
        if packets:
            self._container.mux(packets[:-1])
            with self._flushing():
                self._container.mux(packets[-1])

    @contextmanager
    def _flushing(self) -> Iterator[None]:
        """What is muxed within is written at once. Each write is a call from C to Python, and waits for the event loop;
        so the packets of one call of `encode` are written together."""
        self._container.flags |= FLUSH_PACKETS
        yield
        self._container.flags &= ~FLUSH_PACKETS

    def _take(self) -> bytes:
        if self._own is None:
            return b""
        taken = self._own.getvalue()
        self._own.seek(0)
        self._own.truncate()
        return taken


class _Pipe(io.BytesIO):
    """A buffer that tells a muxer that what it has written is gone, so that it patches nothing."""

    def seekable(self) -> bool:
        return False


def _frame(samples: Samples, position: int, rate: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm16(samples), dtype="<i2")[np.newaxis], "s16", "mono")
    frame.sample_rate = rate
    frame.pts = position
    return frame
