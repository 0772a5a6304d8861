"""The formats of a reply, in one table, and an encoder for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from speechd.audio import SAMPLE_RATE
from speechd.encoders.base import Encoder
from speechd.encoders.container import AAC, FLAC, MP3, OPUS, ContainerEncoder
from speechd.encoders.raw import PcmEncoder, WavEncoder


class Opener(Protocol):
    """Makes an encoder, for a whole or a streamed reply."""

    def __call__(self, *, whole: bool) -> Encoder: ...


@dataclass(frozen=True, slots=True)
class Format:
    """media_type: the `Content-Type` of a reply. open: makes an encoder (see `open_encoder`)."""

    media_type: str
    open: Opener


FORMATS: Final[Mapping[str, Format]] = {
    "mp3": Format("audio/mpeg", partial(ContainerEncoder, MP3)),
    "opus": Format("audio/ogg; codecs=opus", partial(ContainerEncoder, OPUS)),
    "aac": Format("audio/aac", partial(ContainerEncoder, AAC)),
    "flac": Format("audio/flac", partial(ContainerEncoder, FLAC)),
    "wav": Format("audio/wav", WavEncoder),
    "pcm": Format(f"audio/pcm; rate={SAMPLE_RATE}; channels=1", lambda whole: PcmEncoder()),  # no header, no difference
}
"""By OpenAI's name of the format, which is also the suffix of a file."""


def open_encoder(format: str, *, whole: bool) -> Encoder:
    """An encoder for one reply in a format of `FORMATS`.

    whole: the reply is sent in one piece when it is complete, so the file can state its own length; `encode` may return
    b"" until `finish`. Otherwise bytes leave as early as the codec allows, and the first of them hold audio.
    """
    return FORMATS[format].open(whole=whole)
