"""The fields of the endpoints under `/dev`, and their part of the OpenAPI description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from speechd.api import paths
from speechd.api.error_cases import Where
from speechd.api.extensions import ALLOW_VOICE_TAGS, SSML, TIMESTAMP_GRANULARITIES, WORD_TIMESTAMPS
from speechd.api.fields import REQUIRED, Boolean, Field, JsonSchema, Number, Text
from speechd.api.languages import LanguageCode
from speechd.api.request_schema import REPLIES
from speechd.api.schema import FIELDS, INPUT, MODEL_ID, RESPONSE_FORMAT, STREAM_FORMAT, VOICE
from speechd.speech.caption_framing import KokoroFastApiLines, KokoroFastApiObject

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

NOT_BLANK: Final = r"\S"
"""Pattern of a text that is not blank."""

_TURN: Final[JsonSchema] = {
    "type": "object",
    "required": ["voice", "text"],
    "properties": {"voice": {"type": "string", "maxLength": 512}, "text": {"type": "string", "pattern": NOT_BLANK}},
}
_TURNS: Final[JsonSchema] = {"type": "array", "items": _TURN, "minItems": 1, "maxItems": MAX_TURNS}

_SPEECH: Final = tuple(field for field in FIELDS if field not in (MODEL_ID, INPUT, VOICE, SSML))
_TURNS_FIELDS: Final = tuple(field for field in _SPEECH if field != ALLOW_VOICE_TAGS)
_TIMED: Final = tuple(
    field for field in FIELDS if field not in (STREAM_FORMAT, TIMESTAMP_GRANULARITIES, WORD_TIMESTAMPS)
)
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
    """An operation. request: the schema of its body, None without one. content: of its answer, by media type.
    needs_phonemes: only some engines can do it."""

    path: str
    summary: str
    request: JsonSchema | None
    content: JsonSchema
    where: Where = Where.SPEECH
    needs_phonemes: bool = False


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
        _object((*_TIMED, RETURN_TIMESTAMPS), ("input",)),
        {KokoroFastApiObject.media_type: {"schema": _CAPTIONED}, KokoroFastApiLines.media_type: {"schema": _CAPTIONED}},
    ),
    Operation(
        paths.DIALOGUE,
        "Speak turns, each with its voice",
        _object((*_TURNS_FIELDS, PAUSE_BETWEEN_TURNS), ("turns",), turns=_TURNS),
        REPLIES,
    ),
    Operation(
        paths.FROM_PHONEMES,
        "Speak phonemes",
        _object((PHONEMES, MODEL_ID, VOICE, *_SPEECH), ("phonemes",)),
        REPLIES,
        needs_phonemes=True,
    ),
    Operation(
        paths.PHONEMIZE,
        "The phonemes of a text",
        _object((PHONEMIZE_TEXT, PHONEMIZE_LANGUAGE), ("text",)),
        _json(phonemes={"type": "string"}, tokens={"type": "array"}),
        needs_phonemes=True,
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


def with_values(body: JsonSchema, speech: JsonSchema) -> JsonSchema:
    """The schema of a body with the values that a server has. speech: the schema of its requests for speech."""
    declared = {field.name: field.schema() for field in FIELDS}
    known = speech["properties"]
    properties = {
        name: known[name] if schema == declared.get(name) else schema for name, schema in body["properties"].items()
    }
    if PHONEMES.name in properties:
        properties[PHONEMES.name] = properties[PHONEMES.name] | {"pattern": NOT_BLANK}
    if "turns" in properties:
        voice = next(named for named in known[VOICE.name]["anyOf"] if named.get("type") == "string")
        turn = _TURN | {"properties": _TURN["properties"] | {"voice": voice}}
        properties["turns"] = _TURNS | {"items": turn}
    contradiction = {"not": speech["not"]} if RESPONSE_FORMAT.name in properties else {}
    return body | {"properties": properties} | contradiction
