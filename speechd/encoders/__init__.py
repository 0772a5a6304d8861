"""The formats of a response, in one table, and an encoder for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from speechd.audio.samples import SAMPLE_RATE
from speechd.encoders import g711
from speechd.encoders.base import Encoder, Sink
from speechd.encoders.container import AAC, FLAC, OPUS, ContainerEncoder
from speechd.encoders.g711 import G711Encoder
from speechd.encoders.mp3 import BIT_RATES, Mp3Encoder
from speechd.encoders.raw import SAMPLE_BYTES, PcmEncoder, WavEncoder
from speechd.encoders.resampling import ResamplingEncoder

SAMPLE_RATES: Final = (8_000, 48_000)
"""Hz, the lowest and the highest that can be asked for: from telephony's to that of sound cards."""

MPEG_RATES: Final = tuple(BIT_RATES)
"""Hz, of MP3 (ISO/IEC 11172-3 and 13818-3), which AAC has, too (ISO/IEC 14496-3)."""

OPUS_RATES: Final = (8_000, 12_000, 16_000, 24_000, 48_000)
"""Hz, of what an Opus encoder takes (RFC 6716, section 2). Any of it is decoded to 48 kHz: a rate between them only
says how much of the spectrum is to be left, and the next one leaves it."""


class Opener(Protocol):
    """A constructor of encoders, for a whole or a streamed response of samples at `rate` Hz."""

    def __call__(self, *, whole: bool, sink: Sink | None, rate: int) -> Encoder: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format. media_type: the `Content-Type` of a response at the rate `sample_rate`, in Hz, which it has unless
    another is asked for. open: makes an encoder (see `open_encoder`). bytes_per_s: bytes of a second of audio at that
    rate: of every second if `is_raw`, else of speech on average. rates: in Hz, that its encoder takes, in order; none
    if it takes any. has_own_rate: it is decoded to a rate of its own, so that another can be asked for and is only how
    much of the spectrum is left. at_once_s: seconds of audio that it encodes in 2 ms on an ordinary core. If no more is
    all there is, nobody is to wait longer for a file that states its own length."""

    media_type: str
    open: Opener
    bytes_per_s: int
    is_raw: bool = False
    sample_rate: int = SAMPLE_RATE
    rates: tuple[int, ...] = ()
    has_own_rate: bool = False
    at_once_s: float = 10.0

    def media_type_at(self, rate: int) -> str:
        """The `Content-Type` of a response at this rate, in Hz, which it states where the bytes do not."""
        return self.media_type.replace(f"rate={self.sample_rate}", f"rate={rate}")

    def bytes_per_s_at(self, rate: int) -> int:
        """Bytes of a second of audio at this rate, in Hz."""
        return self.bytes_per_s * rate // self.sample_rate if self.is_raw else self.bytes_per_s

    def encoder_rate(self, rate: int) -> int:
        """The rate, in Hz, at which its encoder is given audio that is to have this one."""
        return min((taken for taken in self.rates if taken >= rate), default=rate)

    def has_rate(self, rate: int) -> bool:
        """Whether a response can have this rate, in Hz, which is within `SAMPLE_RATES`."""
        return not self.rates or self.has_own_rate or rate in self.rates


RAW_BYTES_PER_S: Final = SAMPLE_RATE * SAMPLE_BYTES


def _pcm(*, whole: bool, sink: Sink | None, rate: int) -> Encoder:
    return PcmEncoder()  # no header, hence no difference


def _ulaw(*, whole: bool, sink: Sink | None, rate: int) -> Encoder:
    return G711Encoder(g711.ulaw())


def _alaw(*, whole: bool, sink: Sink | None, rate: int) -> Encoder:
    return G711Encoder(g711.alaw())


def _telephony(name: str, open: Opener) -> Format:
    """The format of G.711 with this name among the media types of RTP (RFC 4856)."""
    rate = g711.SAMPLE_RATE
    return Format(f"audio/{name}; rate={rate}; channels=1", open, rate, is_raw=True, sample_rate=rate)


FORMATS: Final[Mapping[str, Format]] = {
    "mp3": Format("audio/mpeg", Mp3Encoder, 16_000, rates=MPEG_RATES, at_once_s=1.5),
    "opus": Format(
        "audio/ogg; codecs=opus",
        partial(ContainerEncoder, OPUS),
        8_000,
        rates=OPUS_RATES,
        has_own_rate=True,
        at_once_s=1.0,
    ),
    "aac": Format("audio/aac", partial(ContainerEncoder, AAC), 12_000, rates=MPEG_RATES, at_once_s=1.0),
    "flac": Format("audio/flac", partial(ContainerEncoder, FLAC), RAW_BYTES_PER_S // 2, at_once_s=3.0),
    "wav": Format("audio/wav", WavEncoder, RAW_BYTES_PER_S, is_raw=True),
    "pcm": Format(f"audio/pcm; rate={SAMPLE_RATE}; channels=1", _pcm, RAW_BYTES_PER_S, is_raw=True),
    "ulaw": _telephony("PCMU", _ulaw),
    "alaw": _telephony("PCMA", _alaw),
}
"""By OpenAI's name of the format, or for G.711 the usual one. The name is also the suffix of a file."""

OPENAI_FORMATS: Final = ("mp3", "opus", "aac", "flac", "wav", "pcm")
"""The formats that OpenAI's API has."""


def open_encoder(format: str, *, whole: bool, sink: Sink | None = None, rate: int | None = None) -> Encoder:
    """An encoder for one response in a format of `FORMATS`; it takes samples at `SAMPLE_RATE`.

    whole: the response is sent in one piece when it is complete, so the file can state its own length; `encode` may
    return b"" until `finish`. Otherwise bytes leave as early as the codec allows, and the first of them hold audio.
    sink: where a whole response is written that must be patched in the end, instead of being held and returned; what
    `encode` and `finish` return all the same is to be written there by the caller. rate: in Hz, of the
    response's audio, one that the format has (`Format.has_rate`); None for its own.
    """
    known = FORMATS[format]
    encoder_rate = known.encoder_rate(rate or known.sample_rate)
    encoder = known.open(whole=whole, sink=sink, rate=encoder_rate)
    return encoder if encoder_rate == SAMPLE_RATE else ResamplingEncoder(encoder, encoder_rate)
