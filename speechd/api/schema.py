"""The body of `POST /v1/audio/speech`: OpenAI's fields, the extensions, their ranges, and precise errors.

Field names, ranges and the wording of the errors follow OpenAI's API reference ("Create speech") and its Python SDK.
Fields that are not known here are ignored, as OpenAI's clients send whatever `extra_body` holds.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from speechd.encoders import FORMATS
from speechd.errors import InvalidRequest, NotFound
from speechd.languages.table import CODES
from speechd.voices import Blend, Catalogue

MODEL: Final = "kokoro"
MODELS: Final = {
    MODEL: "hexgrad",
    # OpenAI shuts its own down on 2027-01-06; clients written for them live on.
    "tts-1": "openai",
    "tts-1-hd": "openai",
    "tts-1-1106": "openai",
    "tts-1-hd-1106": "openai",
    "gpt-4o-mini-tts": "openai",
    "gpt-4o-mini-tts-2025-03-20": "openai",
    "gpt-4o-mini-tts-2025-12-15": "openai",
}
"""Model ids and whose they are. All of them name the one model that this server has."""

LANGUAGES: Final = CODES
"""Kokoro's one-letter language codes, and short forms, to the language tags used here."""

STREAM_FORMATS: Final = ("audio", "sse")
SPEEDS: Final = (0.25, 4.0)
MAX_INSTRUCTIONS: Final = 4096
"""Characters; OpenAI's limit."""


MAX_SEED: Final = (1 << 56) - 1
"""Seeds are used modulo this + 1, so that every integer is one."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A valid request.

    speed: 0.25 ... 4; volume: 0 ... 4, a factor on the samples; language: a BCP 47 tag; seed: None where it follows
    from the content; stream: whether bytes leave as they are made.
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


def parse(body: bytes, *, catalogue: Catalogue, max_input_chars: int) -> SpeechRequest:
    """A request from the bytes of a body; raises `InvalidRequest` (or `NotFound` for the model)."""
    fields = _object(body)
    sse = _choice(fields, "stream_format", STREAM_FORMATS, "audio") == "sse"
    stream = _boolean(fields, "stream", True)
    if sse and not stream:
        raise InvalidRequest("'stream' cannot be false when 'stream_format' is 'sse'.", param="stream")
    _text(
        fields, "instructions", MAX_INSTRUCTIONS, default=""
    )  # Kokoro takes none; their shape is checked all the same
    model = _model(_text(fields, "model", 256))
    input_ = _text(fields, "input", max_input_chars)
    if not input_.strip():
        raise InvalidRequest("'input' is empty: send the text to be spoken.", param="input", code="empty_input")
    blend = catalogue.parse(_voice(fields))
    return SpeechRequest(
        model=model,
        input=input_,
        blend=blend,
        format=_choice(fields, "response_format", tuple(FORMATS), "mp3"),
        speed=_number(fields, "speed", *SPEEDS),
        volume=_number(fields, "volume_multiplier", 0.0, 4.0),
        language=_language(fields, blend),
        seed=_seed(fields),
        sse=sse,
        stream=stream,
    )


def _object(body: bytes) -> Mapping[str, Any]:
    body = body.removeprefix(codecs.BOM_UTF8)  # which a parser may ignore (RFC 8259, section 8.1)
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(
            f"We could not parse the JSON body of your request: {error}", code="invalid_json"
        ) from None
    if not isinstance(fields, dict):
        raise InvalidRequest("The body of the request must be a JSON object.", code="invalid_json")
    if isinstance(fields.get("seed"), float):  # orjson's way with a decimal, and with an integer beyond 64 bits
        fields["seed"] = _exact(body).get("seed")
    return fields


def _exact(body: bytes) -> Mapping[str, Any]:
    """The fields of a body that has been parsed, with integers of any length."""
    try:
        fields = json.loads(body)
    except RecursionError:  # deeper than this parser goes; so much is nothing that is asked for here
        raise InvalidRequest("The body of the request is nested too deeply.", code="invalid_json") from None
    assert isinstance(fields, dict)
    return fields


def _wrong_type(name: str, expected: str, value: object) -> InvalidRequest:
    kinds = {str: "a string", bool: "a boolean", int: "an integer", float: "a decimal", list: "an array"}
    kind = kinds.get(type(value), "an object")
    return InvalidRequest(
        f"Invalid type for '{name}': expected {expected}, but got {kind} instead.", param=name, code="invalid_type"
    )


def _boolean(fields: Mapping[str, Any], name: str, default: bool) -> bool:
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise _wrong_type(name, "a boolean", value)
    return value


def _text(fields: Mapping[str, Any], name: str, limit: int, default: str | None = None) -> str:
    value = fields.get(name)
    if value is None:
        if default is None:
            raise InvalidRequest(
                f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter"
            )
        return default
    if not isinstance(value, str):
        raise _wrong_type(name, "a string", value)
    if len(value) > limit:
        raise InvalidRequest(
            f"Invalid '{name}': string too long. Expected a string with maximum length {limit}, "
            f"but got a string with length {len(value)} instead.",
            param=name,
            code="string_above_max_length",
        )
    return value


def _choice(fields: Mapping[str, Any], name: str, values: tuple[str, ...], default: str) -> str:
    value = _text(fields, name, 64, default)
    if value not in values:
        supported = ", ".join(f"'{known}'" for known in values)
        raise InvalidRequest(
            f"Invalid value: '{value}'. Supported values are: {supported}.", param=name, code="invalid_value"
        )
    return value


def _number(fields: Mapping[str, Any], name: str, least: float, most: float) -> float:
    value = fields.get(name)
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(name, "a decimal", value)
    if not math.isfinite(value) or not least <= value <= most:
        above = value > most
        raise InvalidRequest(
            f"Invalid '{name}': decimal {'above maximum' if above else 'below minimum'} value. Expected a value "
            f"{'<=' if above else '>='} {most if above else least}, but got {value} instead.",
            param=name,
            code=f"decimal_{'above_max' if above else 'below_min'}_value",
        )
    return float(value)


def _seed(fields: Mapping[str, Any]) -> int | None:
    value = fields.get("seed")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise _wrong_type("seed", "an integer", value)
    return None if value is None else value & MAX_SEED


def _model(value: str) -> str:
    if value not in MODELS:
        raise NotFound(
            f"The model '{value}' does not exist here. Available: {', '.join(MODELS)}.",
            param="model",
            code="model_not_found",
        )
    return value


def _voice(fields: Mapping[str, Any]) -> str:
    value = fields.get("voice")
    if isinstance(value, dict):  # OpenAI's form for custom voices: {"id": "..."}
        return _text({"voice.id": value.get("id")}, "voice.id", 512)
    return _text(fields, "voice", 512)


def _language(fields: Mapping[str, Any], blend: Blend) -> str:
    code = _text(fields, "lang_code", 16, "").lower().replace("_", "-")
    if not code:
        return blend.language
    language = LANGUAGES.get(code, code)
    if language not in LANGUAGES.values():
        known = ", ".join(sorted(set(LANGUAGES.values()) | set(LANGUAGES)))
        raise InvalidRequest(
            f"Invalid 'lang_code': '{code}'. Supported values are: {known}.", param="lang_code", code="invalid_value"
        )
    return language
