"""The body of `POST /v1/audio/speech`: every field declared once, in `FIELDS`, and how a body becomes a request.

Names, ranges and errors follow OpenAI's API reference ("Create speech") and its Python SDK. Fields that are not known
here are ignored, because OpenAI's clients send whatever `extra_body` holds.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from speechd.api.extensions import (
    EXTENSION_FIELDS,
    PLAIN,
    SUBTITLES,
    VOICE_ALIASES,
    Extension,
    reading_of,
    reply_of,
)
from speechd.api.fields import REQUIRED, Boolean, Choice, Field, Integer, JsonSchema, Number, Text, missing
from speechd.encoders import FORMATS
from speechd.engines.base import Engine, SupportsPhonemes
from speechd.errors import InvalidRequest, NotFound
from speechd.languages.table import CODES
from speechd.text.markup.tags import Alias
from speechd.voices import Blend, Catalogue

OPENAI_MODELS: Final[Mapping[str, str]] = {
    # OpenAI shuts them down on 2027-01-06; clients written for them will remain in use.
    "tts-1": "openai",
    "tts-1-hd": "openai",
    "tts-1-1106": "openai",
    "tts-1-hd-1106": "openai",
    "gpt-4o-mini-tts": "openai",
    "gpt-4o-mini-tts-2025-03-20": "openai",
    "gpt-4o-mini-tts-2025-12-15": "openai",
}
"""OpenAI's model ids and their owner. All of them name the one model that a server has."""

SPEEDS: Final = (0.25, 4.0)
"""Lowest and highest speaking rate; 1 is the voice's own."""

MAX_SEED: Final = (1 << 56) - 1
"""Seeds are taken modulo this + 1, so that every integer is one."""


@dataclass(frozen=True, slots=True)
class Available:
    """What a server has to speak with. models: ids, the engine's before OpenAI's, and their owners. has_phonemes: its
    engine can be given phonemes, and times them."""

    models: Mapping[str, str]
    catalogue: Catalogue
    max_input_chars: int
    has_phonemes: bool = False

    @classmethod
    def of(cls, engine: Engine, catalogue: Catalogue, max_input_chars: int) -> Available:
        """What a server with this engine has."""
        return cls(
            {**engine.model_ids, **OPENAI_MODELS}, catalogue, max_input_chars, isinstance(engine, SupportsPhonemes)
        )

    def require_phonemes(self, param: str) -> None:
        """Raise `InvalidRequest` where the engine has no phonemes."""
        if not self.has_phonemes:
            raise InvalidRequest(
                f"'{param}' asks for phonemes, which this server's engine does not have: Kokoro has.",
                param=param,
                code="invalid_value",
            )

    def model(self, id: str) -> str:
        """The id, which must be one of the models; raises `NotFound`."""
        if id not in self.models:
            known = ", ".join(self.models)
            raise NotFound(
                f"The model '{id}' does not exist here. Available: {known}.",
                param="model",
                code="model_not_found",
            )
        return id


@dataclass(frozen=True, slots=True)
class ModelId:
    """The id of a model. Which ones there are depends on the engine."""

    def read(self, name: str, value: object) -> str:
        return Text(256).read(name, value)

    def schema(self) -> JsonSchema:
        return {"type": "string", "maxLength": 256}

    def values(self) -> str:
        names = ", ".join(f"`{id}`" for id in OPENAI_MODELS)
        return f"an id of `GET /v1/models`: the engine's, such as `kokoro`, or {names}"


@dataclass(frozen=True, slots=True)
class VoiceName:
    """A voice or a blend by name; or, as OpenAI has it for custom voices, an object with its `id`."""

    def read(self, name: str, value: object) -> str:
        if not isinstance(value, dict):
            return Text(512).read(name, value)
        if value.get("id") is None:
            raise missing(f"{name}.id")
        return Text(512).read(f"{name}.id", value["id"])

    def schema(self) -> JsonSchema:
        name = {"type": "string", "maxLength": 512}
        by_id = {"type": "object", "properties": {"id": name}, "required": ["id"]}
        return {"anyOf": [name, by_id]}

    def values(self) -> str:
        return (
            "an id of `GET /v1/audio/voices`, one of OpenAI's names such as `alloy`, "
            '`{"id": "…"}`, or a blend such as `af_bella(2)+af_sky(1)`'
        )


@dataclass(frozen=True, slots=True)
class LanguageCode:
    """A language by its tag, by Kokoro's letter or by a short form; letter case and `_` for `-` make no difference."""

    def read(self, name: str, value: object) -> str | None:
        code = Text(16).read(name, value).lower().replace("_", "-")
        if not code:
            return None
        language = CODES.get(code, code)
        if language not in CODES.values():
            raise InvalidRequest(
                f"Invalid '{name}': '{code}'. Supported values are: {', '.join(_language_codes())}.",
                param=name,
                code="invalid_value",
            )
        return language

    def schema(self) -> JsonSchema:
        return {"type": "string", "examples": _language_codes()}

    def values(self) -> str:
        return ", ".join(f"`{code}`" for code in _language_codes())


INPUT: Final = Field(
    "input",
    Text(),
    "the text to speak, at most `max_input_chars` characters; `[pause:0.5s]` is a pause of up to 30 s, and "
    "`[word](/ipa/)` gives a word its pronunciation",
    REQUIRED,
)
MODEL_ID: Final = Field("model", ModelId(), "the model; all ids name the one that this server has", REQUIRED)
VOICE: Final = Field("voice", VoiceName(), "the voice, or a blend of up to 8 with their weights", REQUIRED)
INSTRUCTIONS: Final = Field("instructions", Text(4096), "accepted and ignored: the model takes none", "")
RESPONSE_FORMAT: Final = Field(
    "response_format",
    Choice((*FORMATS, *SUBTITLES)),
    "the format of the audio; `vtt` and `srt` are its words as subtitles, without it; "
    "`pcm` is 16-bit little-endian, 24 kHz, mono, without a header",
    "mp3",
)
SPEED: Final = Field("speed", Number(*SPEEDS), "the speaking rate", 1.0)
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
LANG_CODE: Final = Field(
    "lang_code",
    LanguageCode(),
    "the language to speak, if it is not the voice's",
    None,
    default_meaning="the voice's",
    is_extension=True,
)
VOLUME_MULTIPLIER: Final = Field(
    "volume_multiplier", Number(0.0, 4.0), "a factor on the samples", 1.0, is_extension=True
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
    *(STREAM, LANG_CODE, VOLUME_MULTIPLIER, SEED),
    *EXTENSION_FIELDS,
)
"""All fields: OpenAI's, then the extensions."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A valid request.

    format: a key of `FORMATS`; speed: 0.25 to 4; volume: 0 to 4, a factor on the samples; language: a BCP 47 tag in
    lower case; seed: 0 to `MAX_SEED`, None where it follows from the content; sse: whether the reply is server-sent
    events; stream: whether bytes are sent as they are made.
    extension: what it asks of words and markup.
    """

    model: str
    input: str
    blend: Blend
    format: str
    speed: float
    volume: float
    language: str
    seed: int | None
    sse: bool
    stream: bool
    extension: Extension = PLAIN


def parse(body: bytes, available: Available) -> SpeechRequest:
    """A request from the bytes of a body. Raises `InvalidRequest`, or `NotFound` for the model."""
    fields = json_object(body)
    stream_format = STREAM_FORMAT.read(fields)
    sse = stream_format == "sse"
    stream = STREAM.read(fields)
    if sse and not stream:
        raise InvalidRequest("'stream' cannot be false when 'stream_format' is 'sse'.", param="stream")
    INSTRUCTIONS.read(fields)  # unused, but wrong ones are refused, as they are by OpenAI
    model = available.model(MODEL_ID.read(fields))
    input_ = Text(available.max_input_chars).read(INPUT.name, INPUT.read(fields))
    if not input_.strip():
        raise InvalidRequest("'input' is empty: send the text to be spoken.", param="input", code="empty_input")
    aliases = VOICE_ALIASES.read(fields)
    alias = aliases.get((name := VOICE.read(fields)).lower(), Alias(name))
    blend = available.catalogue.parse(alias.voice)
    format = RESPONSE_FORMAT.read(fields)
    reply, granularities = reply_of(fields, stream_format, format)
    speed, volume = SPEED.read(fields) * alias.rate, VOLUME_MULTIPLIER.read(fields)
    language = LANG_CODE.read(fields) or blend.language
    reading, bookmarks = reading_of(fields, input_, language, aliases)
    if "phoneme" in granularities:
        available.require_phonemes("timestamp_granularities")
    seed = SEED.read(fields)
    return SpeechRequest(
        model=model,
        input=input_,
        blend=blend,
        format="pcm" if format in SUBTITLES else format,
        speed=min(max(speed, SPEEDS[0]), SPEEDS[1]),
        volume=volume,
        language=language,
        seed=None if seed is None else seed & MAX_SEED,
        sse=sse,
        stream=stream,
        extension=Extension(reply, granularities, reading, tuple(bookmarks)),
    )


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
    if isinstance(fields.get(SEED.name), float):  # orjson's way with a decimal, and with an integer beyond 64 bits
        fields[SEED.name] = _exact(body).get(SEED.name)
    return fields


def _exact(body: bytes) -> Mapping[str, Any]:
    """The fields of a body that has been parsed before, with integers of any length."""
    try:
        fields = json.loads(body)
    except RecursionError:  # orjson nests deeper than json; nothing that is asked for here is so deep
        raise InvalidRequest("The body of the request is nested too deeply.", code="invalid_json") from None
    assert isinstance(fields, dict)
    return fields


def _language_codes() -> list[str]:
    return sorted({*CODES, *CODES.values()})
