"""The body of `POST /v1/audio/speech`: every field declared once, in `FIELDS`, and how a body becomes a request.

Names, ranges and errors follow OpenAI's API reference ("Create speech") and its Python SDK. Fields that are not known
here are ignored, because OpenAI's clients send whatever `extra_body` holds; but not those that would change what is
spoken (see `api/unsupported.py`).
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from speechd.api import languages
from speechd.api.available import Available
from speechd.api.extensions import (
    EXTENSION_FIELDS,
    PLAIN,
    SUBTITLES,
    VOICE_ALIASES,
    Extension,
    reading_of,
    reply_of,
)
from speechd.api.fields import REQUIRED, Boolean, Choice, Field, Integer, IntegerRange, Number, Text
from speechd.api.json_depth import check_depth
from speechd.api.languages import LanguageCode
from speechd.api.model_id import ModelId
from speechd.api.normalization_options import NormalizationOptions
from speechd.api.unsupported import refuse_unsupported
from speechd.api.voice_name import VoiceName
from speechd.encoders import FORMATS, MPEG_RATES, OPENAI_FORMATS, SAMPLE_RATES
from speechd.errors import InvalidRequest
from speechd.voices import Blend

SPEEDS: Final = (0.25, 4.0)
"""Lowest and highest speaking rate; 1 is the voice's own."""

MAX_SEED: Final = (1 << 56) - 1
"""Seeds are taken modulo this + 1, so that every integer is one."""

# Decimal strings within 0.25 to 4, and within 0 to 4; integers within 8000 to 48000.
_SPEED_WRITTEN: Final = r"0{0,9}(\.(2[5-9]|[3-9])[0-9]{0,9}|[123](\.[0-9]{0,9})?|4(\.0{0,9})?)"
_VOLUME_WRITTEN: Final = r"0{0,9}(\.[0-9]{1,9}|[0123](\.[0-9]{0,9})?|4(\.0{0,9})?)"
RATE: Final = IntegerRange(*SAMPLE_RATES, r"[89][0-9]{3}|[123][0-9]{4}|4[0-7][0-9]{3}|48000")


INPUT: Final = Field(
    "input",
    Text(),
    "the text to speak, at most `max_input_chars` characters; `[pause:0.5s]` is a pause of up to 30 s, and "
    "`[word](/ipa/)` gives a word its pronunciation",
    REQUIRED,
)
MODEL_ID: Final = Field(
    "model",
    ModelId(),
    "the model; all ids name the one that this server has",
    None,
    default_meaning="the engine's",
)
VOICE: Final = Field(
    "voice",
    VoiceName(),
    "the voice, or a blend of up to 8 with their weights; also as `speaker`",
    None,
    default_meaning="`default_voice` of the settings, which is Kokoro's `af_heart` by default",
    aliases=("speaker",),
)
INSTRUCTIONS: Final = Field("instructions", Text(4096), "accepted and ignored: the model takes none", "")
RESPONSE_FORMAT: Final = Field(
    "response_format",
    Choice((*FORMATS, *SUBTITLES)),
    "the format of the audio; `vtt` and `srt` are its words as subtitles, without it; "
    "`pcm` is 16-bit little-endian, 24 kHz, mono, without "
    "a header; `ulaw` and `alaw` are "
    "G.711, 8 kHz, without a header, and not OpenAI's",
    "mp3",
)
SPEED: Final = Field("speed", Number(*SPEEDS, written=_SPEED_WRITTEN), "the speaking rate", 1.0)
STREAM_FORMAT: Final = Field(
    "stream_format",
    Choice(("audio", "sse", "json")),
    "audio alone, server-sent events with the audio in base64, or all of it with timestamps as one JSON object",
    "audio",
)
STREAM: Final = Field(
    "stream",
    Boolean(),
    "`false`: the reply is sent whole, with `Content-Length`, true sizes in a WAV header and gapless MP3",
    True,
    is_extension=True,
)
SAMPLE_RATE: Final = Field(
    "sample_rate",
    RATE,
    f"the sample rate of the audio, in Hz; of `mp3` and `aac` one of {', '.join(map(str, MPEG_RATES))}; Opus is "
    "decoded to 48,000 whatever it is",
    None,
    default_meaning="24000; of `ulaw` and `alaw` 8000",
    is_extension=True,
)
LANG_CODE: Final = Field(
    "lang_code",
    LanguageCode(),
    "the language to speak, if it is not the voice's; also as `language`",
    None,
    default_meaning="the voice's",
    is_extension=True,
    aliases=("language",),
)
VOLUME_MULTIPLIER: Final = Field(
    "volume_multiplier",
    Number(0.0, 4.0, written=_VOLUME_WRITTEN),
    "a factor on the samples",
    1.0,
    is_extension=True,
)
NORMALIZATION: Final = Field(
    "normalization_options",
    NormalizationOptions(),
    "whether numbers, addresses and other written forms are turned into words; without that, the engine reads what it "
    "can",
    True,
    default_meaning="they are",
    is_extension=True,
)
DOWNLOAD_LINK: Final = Field(
    "return_download_link",
    Boolean(),
    "whether the reply is kept for a while: the header `X-Download-Path` has its path below `/v1`, where it is found "
    "once it is complete",
    False,
    is_extension=True,
)
RETURN_TIMING: Final = Field(
    "return_timing",
    Boolean(),
    "with `return_download_link`: whether it is kept as well when each sentence sounds, as JSON; the header "
    "`X-Timing-Path` has the path of that",
    False,
    is_extension=True,
)
SEED: Final = Field(
    "seed",
    Integer(),
    "the seed of what is random in the model; requests that are equal sound equal without it, too",
    None,
    default_meaning="follows from the request",
    is_extension=True,
)

FIELDS: Final[tuple[Field[Any], ...]] = (
    *(MODEL_ID, INPUT, VOICE, RESPONSE_FORMAT, SPEED, STREAM_FORMAT, INSTRUCTIONS),
    *(STREAM, SAMPLE_RATE, LANG_CODE, VOLUME_MULTIPLIER, SEED),
    *(NORMALIZATION, DOWNLOAD_LINK, RETURN_TIMING),
    *EXTENSION_FIELDS,
)
"""All fields: OpenAI's, then the extensions."""

_NAMES: Final = frozenset(name for field in FIELDS for name in (field.name, *field.aliases))


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A valid request.

    format: a key of `FORMATS`; sample_rate: in Hz, one that the format has; speed: 0.25 to 4; volume: 0 to 4, a factor
    on the samples; language: a BCP 47 tag in lower case; seed: 0 to `MAX_SEED`, None where it follows from the content;
    sse: whether the reply is server-sent events; stream: whether bytes are sent as they are made; normalize: whether
    written forms are turned into words; download: whether the reply is kept to be downloaded again; timing: and when
    its sentences sound; extension: what it asks of words and markup.
    """

    model: str
    input: str
    blend: Blend
    format: str
    sample_rate: int
    speed: float
    volume: float
    language: str
    seed: int | None
    sse: bool
    stream: bool
    normalize: bool
    download: bool
    timing: bool
    extension: Extension = PLAIN

    @property
    def is_portable(self) -> bool:
        """Whether a server that knows no more formats and rates than OpenAI's API would send the same."""
        is_openais = self.format in OPENAI_FORMATS and self.sample_rate == FORMATS[self.format].sample_rate
        return is_openais and self.normalize and not self.download and self.extension.is_plain


def parse(body: bytes, available: Available) -> SpeechRequest:
    """A request from the bytes of a body. Raises `InvalidRequest`, or `NotFound` for the model."""
    fields = json_object(body)
    stream_format, stream = _streaming(fields)
    INSTRUCTIONS.read(fields)  # unused, but wrong ones are refused, as they are by OpenAI
    aliases = {**available.named, **VOICE_ALIASES.read(fields)}
    voice = VOICE.read(fields)
    meant, rate = available.meant(voice, aliases)
    model, blend = available.resolve(MODEL_ID.read(fields), None if voice is None else meant)
    input_ = _input(fields, available)
    language = languages.spoken(LANG_CODE.read(fields), blend.language)
    response_format = RESPONSE_FORMAT.read(fields)
    format = "pcm" if response_format in SUBTITLES else response_format
    reply, granularities = reply_of(fields, stream_format, response_format)
    reading, bookmarks = reading_of(fields, input_, language, aliases)
    if "phoneme" in granularities:
        available.require_phonemes("timestamp_granularities")
    if more := fields.keys() - _NAMES:
        refuse_unsupported(fields, more, format)
    seed = SEED.read(fields)
    return SpeechRequest(
        model=model,
        input=input_,
        blend=blend,
        format=format,
        sample_rate=sample_rate(fields, format),
        speed=min(max(SPEED.read(fields) * rate, SPEEDS[0]), SPEEDS[1]),
        volume=VOLUME_MULTIPLIER.read(fields),
        language=language,
        seed=None if seed is None else seed & MAX_SEED,
        sse=stream_format == "sse",
        stream=stream,
        normalize=NORMALIZATION.read(fields),
        download=DOWNLOAD_LINK.read(fields),
        timing=RETURN_TIMING.read(fields) and DOWNLOAD_LINK.read(fields),
        extension=Extension(reply, granularities, reading, tuple(bookmarks)),
    )


def _streaming(fields: Mapping[str, Any]) -> tuple[str, bool]:
    """How the reply is framed, and whether it is streamed."""
    stream_format, stream = STREAM_FORMAT.read(fields), STREAM.read(fields)
    if stream_format == "sse" and not stream:
        raise InvalidRequest("'stream' cannot be false when 'stream_format' is 'sse'.", param="stream")
    return stream_format, stream


def _input(fields: Mapping[str, Any], available: Available) -> str:
    text = Text(available.max_input_chars).read(INPUT.name, INPUT.read(fields))
    if not text.strip():
        raise InvalidRequest("'input' is empty: send the text to be spoken.", param="input", code="empty_input")
    return text


def sample_rate(fields: Mapping[str, Any], format: str) -> int:
    """The sample rate of a response in this format, in Hz. Raises `InvalidRequest`."""
    known = FORMATS[format]
    rate = SAMPLE_RATE.read(fields) or known.sample_rate
    if not known.has_rate(rate):
        rates = ", ".join(map(str, known.rates))
        any_rate = ", ".join(name for name, other in FORMATS.items() if other.has_rate(rate))
        raise InvalidRequest(
            f"Invalid '{SAMPLE_RATE.name}': {rate}. Supported values for the response_format '{format}' are: {rates}. "
            f"With any rate from {SAMPLE_RATES[0]} to {SAMPLE_RATES[1]} there are: {any_rate}.",
            param=SAMPLE_RATE.name,
            code="invalid_value",
        )
    return rate


def json_object(body: bytes) -> Mapping[str, Any]:
    """The fields of a body. Raises `InvalidRequest` for one that is no JSON object."""
    body = body.removeprefix(codecs.BOM_UTF8)  # which a parser may ignore (RFC 8259, section 8.1)
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(
            f"We could not parse the JSON body of your request: {error}", code="invalid_json"
        ) from None
    if not isinstance(fields, dict):
        raise InvalidRequest("The body of the request must be a JSON object.", code="invalid_json")
    check_depth("The body of the request", body, fields)
    if isinstance(fields.get(SEED.name), float):  # orjson's way with a decimal, and with an integer beyond 64 bits
        exact = json.loads(body)[SEED.name]
        fields[SEED.name] = exact & MAX_SEED if isinstance(exact, int) else exact
    return fields
