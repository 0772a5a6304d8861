"""The formats of a response, in one table, and an encoder for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from speechd.audio.samples import SAMPLE_RATE
from speechd.encoders.base import Encoder, Sink
from speechd.encoders.container import AAC, FLAC, MP3, OPUS, ContainerEncoder
from speechd.encoders.raw import SAMPLE_BYTES, PcmEncoder, WavEncoder


class Opener(Protocol):
    """A constructor of encoders, for a whole or a streamed response."""

    def __call__(self, *, whole: bool, sink: Sink | None) -> Encoder: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format. media_type: the `Content-Type` of a response. open: makes an encoder (see `open_encoder`). bytes_per_s:
    bytes of a second of audio: of every second if `is_raw`, else of speech on average."""

    media_type: str
    open: Opener
    bytes_per_s: int
    is_raw: bool = False


RAW_BYTES_PER_S: Final = SAMPLE_RATE * SAMPLE_BYTES

FORMATS: Final[Mapping[str, Format]] = {
    "mp3": Format("audio/mpeg", partial(ContainerEncoder, MP3), 16_000),
    "opus": Format("audio/ogg; codecs=opus", partial(ContainerEncoder, OPUS), 8_000),
    "aac": Format("audio/aac", partial(ContainerEncoder, AAC), 12_000),
    "flac": Format("audio/flac", partial(ContainerEncoder, FLAC), RAW_BYTES_PER_S // 2),
    "wav": Format("audio/wav", WavEncoder, RAW_BYTES_PER_S, is_raw=True),
    # No header, hence no difference.
    "pcm": Format(
        f"audio/pcm; rate={SAMPLE_RATE}; channels=1", lambda whole, sink: PcmEncoder(), RAW_BYTES_PER_S, is_raw=True
    ),
}
"""By OpenAI's name of the format, which is also the suffix of a file."""


def open_encoder(format: str, *, whole: bool, sink: Sink | None = None) -> Encoder:
    """An encoder for one response in a format of `FORMATS`.

    whole: the response is sent in one piece when it is complete, so the file can state its own length; `encode` may
    return b"" until `finish`. Otherwise bytes leave as early as the codec allows, and the first of them hold audio.
    sink: where a whole response is written that must be patched in the end, instead of being held and returned; what
    `encode` and `finish` return all the same is to be written there by the caller.
    """
    return FORMATS[format].open(whole=whole, sink=sink)
