"""The fields of the endpoints under `/dev`, and their part of the OpenAPI description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from speechd.api import paths
from speechd.api.error_cases import Where
from speechd.api.fields import REQUIRED, Boolean, Field, JsonSchema, Number, Text
from speechd.api.languages import LanguageCode
from speechd.api.schema import FIELDS, INPUT, MODEL_ID, VOICE
from speechd.encoders import FORMATS

MAX_TURNS: Final = 1000
"""Turns of one dialogue."""

RETURN_TIMESTAMPS: Final = Field("return_timestamps", Boolean(), "whether words are timed", True)
PAUSE_BETWEEN_TURNS: Final = Field("pause_between_turns", Number(0.0, 10.0), "seconds between two turns", 0.0)
PHONEMES: Final = Field("phonemes", Text(), "Kokoro's phonemes", REQUIRED)
SSML_TEXT: Final = Field("text", Text(), "a document of SSML", REQUIRED)
SSML_VOICE: Final = Field("voice", Text(512), "the voice of what names none; without it, tags name no voices", "")
PHONEMIZE_TEXT: Final = Field("text", Text(), INPUT.meaning, REQUIRED)
PHONEMIZE_LANGUAGE: Final = Field("language", LanguageCode(), "the language", "en-us")

OWN_FIELDS: Final = frozenset(
    ("turns", "inputs", *(field.name for field in (RETURN_TIMESTAMPS, PAUSE_BETWEEN_TURNS, PHONEMES, SSML_TEXT)))
)
"""Names of fields that a request for speech does not have."""

_TURN: Final[JsonSchema] = {
    "type": "object",
    "required": ["voice", "text"],
    "properties": {"voice": {"type": "string", "maxLength": 512}, "text": {"type": "string", "minLength": 1}},
}
_TURNS: Final[JsonSchema] = {"type": "array", "items": _TURN, "minItems": 1, "maxItems": MAX_TURNS}

_SPEECH: Final = tuple(field for field in FIELDS if field not in (MODEL_ID, INPUT, VOICE))
_AUDIO: Final[JsonSchema] = {format.media_type: {} for format in FORMATS.values()}
_WORD: Final[JsonSchema] = {
    "type": "object",
    "properties": {
        "word": {"type": "string"},
        "start_time": {"type": "number"},
        "end_time": {"type": "number"},
        "voice": {"type": "string"},
    },
}
_CAPTIONED: Final[JsonSchema] = {
    "type": "object",
    "properties": {
        "audio": {"type": "string", "contentEncoding": "base64"},
        "audio_format": {"type": "string"},
        "timestamps": {"anyOf": [{"type": "array", "items": _WORD}, {"type": "null"}]},
    },
}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. request: the schema of its body, None without one. content: of its answer, by media type."""

    path: str
    summary: str
    request: JsonSchema | None
    content: JsonSchema
    where: Where = Where.SPEECH


def _object(fields: Sequence[Field[Any]], required: Sequence[str], **more: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "required": list(required),
        "properties": {field.name: field.schema() for field in fields} | more,
    }


def _json(**properties: JsonSchema) -> JsonSchema:
    return {"application/json": {"schema": {"type": "object", "properties": properties}}}


OPERATIONS: Final = (
    Operation(
        paths.CAPTIONED_SPEECH,
        "Speak a text, and say when each word sounds: lines of JSON, or with `stream` `false` one object",
        _object((*FIELDS, RETURN_TIMESTAMPS), ("input",)),
        {"application/json": {"schema": _CAPTIONED}},
    ),
    Operation(
        paths.DIALOGUE,
        "Speak turns, each with its voice",
        _object((*_SPEECH, PAUSE_BETWEEN_TURNS), ("turns",), turns=_TURNS),
        _AUDIO,
    ),
    Operation(
        paths.FROM_PHONEMES,
        "Speak phonemes",
        _object((PHONEMES, MODEL_ID, VOICE, *_SPEECH), ("phonemes",)),
        _AUDIO,
    ),
    Operation(
        paths.PHONEMIZE,
        "The phonemes of a text",
        _object((PHONEMIZE_TEXT, PHONEMIZE_LANGUAGE), ("text",)),
        _json(phonemes={"type": "string"}, tokens={"type": "array"}),
    ),
    Operation(
        paths.EXPLAIN,
        "The passages of a request for speech as they would be spoken, and the pauses between them",
        _object(FIELDS, ("input",)),
        _json(passages={"type": "array", "items": {"type": "object"}}),
    ),
    Operation(
        paths.SSML,
        "A document of SSML as text with tags",
        _object((SSML_TEXT, SSML_VOICE), ("text",)),
        _json(text={"type": "string"}),
    ),
    Operation(paths.SSML, "What of SSML is known", None, _json(elements={"type": "object"}), Where.MODELS),
)
"""All operations under `/dev`."""
